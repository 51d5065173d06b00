package activities_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"

	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/notify/notifytest"
	"shuangze/rules"
	"shuangze/workflows"
)

// subjects are the subjects of the mails to an address so far.
func (d *postDesk) subjects(to string) []string {
	var list []string
	for _, m := range d.post.To(to + "@shuangze.example") {
		list = append(list, m.Subject)
	}
	return list
}

// The daily letter comes on working days at its hour, once, to whoever has something to
// do; the weekly one on the first working day of the week, to leaders who carry cases.
func TestDeliverLetters(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	c := d.forwarded("a")
	c = d.do(c, "super", casefile.Command{Kind: casefile.Assign, Upper: "upper", Lower: "lower"})
	d.at(1, 10, 1)
	d.deliver()
	d.lettersFrom("2026-09-01")
	before := len(d.post.Mails())
	for _, at := range [][3]int{{2, 8, 29}, {1, 20, 0}, {5, 10, 0}, {6, 10, 0}} { // early, in the evening, at the weekend
		d.at(at[0], at[1], at[2])
		d.deliver()
	}
	if n := len(d.post.Mails()) - before; n != 0 {
		t.Errorf("%d letters at no hour for them: %q", n, d.subjects("upper"))
	}
	for _, minute := range []int{30, 31, 59} {
		d.at(7, 8, minute) // a Monday
		d.deliver()
	}
	got := strings.Join(d.subjects("upper"), " | ")
	if strings.Count(got, "9月7日待办1项") != 1 || strings.Count(got, "包案周报（9月7日）：在办1件") != 1 {
		t.Errorf("the upper leader got %s", got)
	}
	if got := strings.Join(d.subjects("officer"), " | "); strings.Count(got, "9月7日待办1项") != 1 || strings.Contains(got, "周报") {
		t.Errorf("the officer got %s", got)
	}
	if got := d.subjects("admin"); len(got) != 0 {
		t.Errorf("the administrator got %q", got)
	}
	d.at(8, 8, 45)
	d.deliver()
	got = strings.Join(d.subjects("upper"), " | ")
	if strings.Count(got, "待办") != 2 || strings.Count(got, "周报") != 1 {
		t.Errorf("by Tuesday the upper leader got %s", got)
	}
	mails := d.post.To("upper@shuangze.example")
	for _, m := range mails {
		if strings.Contains(m.Subject, "待办") && (!strings.Contains(m.Text, "签收") || !strings.Contains(m.Text, c.Number)) {
			t.Errorf("the daily letter:\n%s", m.Text)
		}
		if strings.Contains(m.Raw+m.Text, "养老") {
			t.Errorf("the letter tells too much:\n%s", m.Text)
		}
	}
}

// Yesterday's daily letter is not sent today, nor one to whom nothing is left to do.
func TestDeliverOutdatedLetters(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	there := d.Post.Mail
	away, err := notify.NewMailer("smtp://127.0.0.1:1", "office@shuangze.example")
	if err != nil {
		t.Fatal(err)
	}
	c := d.forwarded("a")
	d.deliver()
	d.lettersFrom("2026-09-01")
	d.Post.Mail = away
	d.at(2, 8, 30)
	d.deliver()
	d.Post.Mail = there
	d.at(3, 8, 30)
	d.deliver()
	if got := strings.Join(d.subjects("officer"), " | "); strings.Contains(got, "9月2日待办") || !strings.Contains(got, "9月3日待办") {
		t.Errorf("the officer got %s", got)
	}
	d.Post.Mail = away
	d.at(4, 8, 30)
	d.deliver()
	d.do(c, "officer", casefile.Command{Kind: casefile.Accept})
	d.Post.Mail = there
	d.at(4, 9, 0)
	d.deliver()
	if got := strings.Join(d.subjects("officer"), " | "); strings.Contains(got, "9月4日待办") {
		t.Errorf("the officer has nothing to do and got %s", got)
	}
}

// A step that comes round again is told by the same name as the first time.
func TestRepeatedStepHasItsName(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	c := d.forwarded("a")
	c = d.do(c, "super", casefile.Command{Kind: casefile.Assign, Upper: "upper", Lower: "lower"})
	for i, day := range []int{7, 22} { // neither leader acknowledges
		d.at(day, 10, 0)
		c = d.do(c, "", casefile.Command{Kind: casefile.Tick})
		d.deliver()
		var told string
		for _, m := range d.post.To("upper@shuangze.example") {
			told += m.Text
		}
		if n := strings.Count(told, "包案领导逾期上报"); n != i+1 {
			t.Errorf("on 9-%d told %d times by name:\n%s", day, n, told)
		}
	}
}

// away is an engine that starts nothing.
type away struct{ client.Client }

func (away) ExecuteWorkflow(context.Context, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
	return nil, errors.New("away")
}

// Who is told that a date was computed anew is shown the date that moved, not another one
// that is more pressing.
func TestLetterShowsTheDateThatMoved(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	c := d.forwarded("a")
	c = d.do(c, "super", casefile.Command{Kind: casefile.Assign, Upper: "upper", Lower: "lower"})
	c = d.do(c, "officer", casefile.Command{Kind: casefile.Accept})
	d.deliver()
	raw, err := os.ReadFile("../rehearse/july.yaml")
	if err != nil {
		t.Fatal(err)
	}
	local := string(raw)
	if _, err := rules.Publish(t.Context(), d.Store, workflows.Engine{Temporal: away{}}, rules.Draft{Policy: &local}, "july", "", casefile.Actor{}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	d.do(c, "", casefile.Command{Kind: casefile.Tick})
	d.deliver()
	mails := d.post.To("upper@shuangze.example")
	if len(mails) == 0 {
		t.Fatal("nobody was told")
	}
	last := mails[len(mails)-1].Text
	if !strings.Contains(last, "期限重新计算") || !strings.Contains(last, "办结：2026年10月21日（周三）到期") {
		t.Errorf("told:\n%s", last)
	}
}
