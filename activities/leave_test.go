package activities_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify/notifytest"
	"shuangze/rules"
	"shuangze/store"
)

// leave enters a leave of a leader from midnight of a day of September to that of
// another.
func (d *postDesk) leave(official, deputy string, from, until int) {
	d.t.Helper()
	day := func(n int) time.Time { return calendar.Date{Year: 2026, Month: time.September, Day: n}.Start() }
	err := d.Store.InLeaves(d.t.Context(), func(tx *store.LeavesTx) error {
		return tx.Enter(d.t.Context(), casefile.Leave{
			ID: official, Official: official, Deputy: deputy, From: day(from), Until: day(until), Planned: day(until), Reason: "other", EnteredBy: official, EnteredAt: d.Clock.Now(),
		}, "test")
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// Who stands in at the time of telling is told, whether the leave began or ended since;
// whoever is on leave gets no daily letter, the deputy's has what is to be done for them.
func TestDeliverToDeputies(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{
		{ID: "vice", Name: "范某", Unit: "C", Role: casefile.Leader, Level: "county", Email: "vice@shuangze.example"},
	}); err != nil {
		t.Fatal(err)
	}
	local := "delivery: {urgent: []}"
	if _, err := rules.Publish(t.Context(), d.Store, d.Engine, rules.Draft{Policy: &local}, "calm", "", casefile.Actor{}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	d.at(1, 20, 0)
	c := d.forwarded("a")
	c = d.do(c, "super", casefile.Command{Kind: casefile.Assign, Upper: "upper", Lower: "lower"})
	d.leave("upper", "vice", 2, 3)
	d.deliver()
	d.lettersFrom("2026-09-01")
	d.at(2, 8, 30)
	d.deliver()
	texts := func(to string) string {
		var all []string
		for _, m := range d.post.To(to + "@shuangze.example") {
			all = append(all, m.Subject+"\n"+m.Text)
		}
		return strings.Join(all, "\n")
	}
	if got := texts("upper"); got != "" {
		t.Errorf("who is on leave is told\n%s", got)
	}
	for _, want := range []string{c.Number, "确定包案领导（您代理崔某）", "请您代崔某签收", "9月2日待办1项", "签收（代理崔某）"} {
		if !strings.Contains(texts("vice"), want) {
			t.Errorf("the deputy is not told %q:\n%s", want, texts("vice"))
		}
	}
	if states := d.states("a"); !slices.Contains(states, "upper mail sent") {
		t.Errorf("deliveries %q", states)
	}
	list, err := d.Store.Deliveries(t.Context(), "a")
	if err != nil || !slices.ContainsFunc(list, func(x store.Delivered) bool {
		return x.Official == "upper" && x.Recipient == "vice" && x.For == "upper"
	}) {
		t.Errorf("%+v, %v", list, err)
	}
	told := len(d.post.To("vice@shuangze.example"))
	d.at(2, 20, 0)
	d.do(c, "super", casefile.Command{Kind: casefile.Supervise, Reason: "overdue", Text: d.text("督办函")})
	d.deliver()
	d.at(3, 8, 30)
	d.deliver()
	if n := len(d.post.To("vice@shuangze.example")); n != told {
		t.Errorf("the deputy is told after the leave:\n%s", texts("vice"))
	}
	if got := texts("upper"); !strings.Contains(got, "督办") || strings.Contains(got, "代理") || !strings.Contains(got, "9月3日待办") {
		t.Errorf("who is back is told\n%s", got)
	}
}
