package activities_test

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jackc/pgx/v5"

	"shuangze/activities"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/notify"
	"shuangze/notify/notifytest"
	"shuangze/store"
)

// postDesk is a desk whose people have addresses and a mail server. Its time stands where
// the test puts it.
type postDesk struct {
	desk
	post *notifytest.Post
}

func newPostDesk(t *testing.T, post *notifytest.Post) *postDesk {
	t.Helper()
	d := &postDesk{newDesk(t), post.Open(t, false, false)}
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{
		{ID: "upper", Name: "崔某", Unit: "C", Role: casefile.Leader, Level: "county", Portfolio: "人社", Email: "upper@shuangze.example"},
		{ID: "lower", Name: "廉某", Unit: "C-rs", Role: casefile.Leader, Level: "section", Email: "lower@shuangze.example"},
		{ID: "officer", Name: "李某", Unit: "C-rs", Role: casefile.Officer, Level: "staff", Email: "officer@shuangze.example"},
		{ID: "second", Name: "卞某", Unit: "C-rs", Role: casefile.Officer, Level: "staff", Email: "second@shuangze.example"},
		{ID: "super", Name: "戚某", Unit: "C-xf", Role: casefile.Supervisor, Level: "section", Email: "super@shuangze.example"},
		{ID: "admin", Name: "陶某", Unit: "C", Role: casefile.Admin, Level: "staff", Email: "admin@shuangze.example"},
	}); err != nil {
		t.Fatal(err)
	}
	mailer, err := notify.NewMailer("smtp://"+d.post.Address, "office@shuangze.example")
	if err != nil {
		t.Fatal(err)
	}
	mailer.TLS = &tls.Config{RootCAs: d.post.Roots, MinVersion: tls.VersionTLS12}
	d.Post = activities.Post{Mail: mailer, Site: "https://shuangze.example"}
	d.at(1, 10, 0)
	d.lettersFrom("9999-12-31")
	return d
}

// lettersFrom says which day's daily and weekly letters were planned last.
func (d *postDesk) lettersFrom(day string) {
	d.t.Helper()
	for _, kind := range []notify.Kind{notify.Digest, notify.Weekly} {
		if err := d.Store.SaveSetting(d.t.Context(), "planned_"+string(kind), day); err != nil {
			d.t.Fatal(err)
		}
	}
}

// at puts the time to a day of September 2026, the first of which is a Tuesday.
func (d *postDesk) at(day, hour, minute int) {
	d.Clock = casetime.Rehearsal(calendar.Date{Year: 2026, Month: time.September, Day: day}.At(hour, minute), 1)
}

// deliver runs once and returns how many messages were sent.
func (d *postDesk) deliver() int {
	d.t.Helper()
	n, err := d.Deliver(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// forwarded is a case of which both officers are told.
func (d *postDesk) forwarded(id string) casefile.Case {
	d.t.Helper()
	d.do(casefile.Case{ID: id}, "clerk", d.registration(""))
	return d.do(d.row(id).Case, "clerk", casefile.Command{Kind: casefile.Forward})
}

// do gives a command that must not be refused.
func (d *postDesk) do(c casefile.Case, by string, cmd casefile.Command) casefile.Case {
	d.t.Helper()
	if r := d.give(c, by, cmd); r.Refusal != nil {
		d.t.Fatalf("%s: %v %v", cmd.Kind, r.Refusal, r.Refusal.Fields)
	}
	return d.row(c.ID).Case
}

// sql does what no part of the program does.
func (d *postDesk) sql(sql string) {
	d.t.Helper()
	conn, err := pgx.Connect(d.t.Context(), d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close(d.t.Context())
	if _, err := conn.Exec(d.t.Context(), sql); err != nil {
		d.t.Fatal(err)
	}
}

func (d *postDesk) text(words string) casefile.Document {
	d.t.Helper()
	doc, err := d.Store.WriteText(d.t.Context(), "", words, "test")
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

// states are a case's deliveries: "officer mail sent".
func (d *postDesk) states(id string) []string {
	d.t.Helper()
	list, err := d.Store.Deliveries(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	var states []string
	for _, x := range list {
		states = append(states, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", x.Official, x.Channel, x.State, x.Reason)))
	}
	return states
}

func (d *postDesk) wantStates(id string, want ...string) {
	d.t.Helper()
	if got := d.states(id); !slices.Equal(got, want) {
		d.t.Errorf("case %s: deliveries %q, want %q", id, got, want)
	}
}

// What happened to several cases comes in one mail, to each who is to know, once.
func TestDeliver(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	a, b := d.forwarded("a"), d.forwarded("b")
	if n := d.deliver(); n != 2 {
		t.Errorf("%d messages to two officers", n)
	}
	mails := d.post.To("officer@shuangze.example")
	if len(mails) != 1 || len(d.post.Mails()) != 2 || len(d.post.To("second@shuangze.example")) != 1 {
		t.Fatalf("%d mails, %d of them to the officer", len(d.post.Mails()), len(mails))
	}
	text := mails[0].Text
	for _, part := range []string{a.Number, b.Number, "李某同志", "转送", "县人社局", "请您受理告知", "9月16日", "https://shuangze.example/cases/a", "这是演练"} {
		if !strings.Contains(text, part) || !strings.Contains(part, "同志") && part != "这是演练" && !strings.Contains(mails[0].HTML, strings.TrimPrefix(part, "请您")) {
			t.Errorf("%q is missing in:\n%s\n%s", part, text, mails[0].HTML)
		}
	}
	// Nothing of what was complained of, or by whom.
	if strings.Contains(mails[0].Raw+text+mails[0].HTML, "养老保险") || strings.Contains(text, "请求补缴") {
		t.Errorf("the mail tells too much:\n%s", text)
	}
	if d.deliver() != 0 || len(d.post.Mails()) != 2 {
		t.Error("told twice")
	}
	d.wantStates("a", "officer mail sent", "second mail sent")
	if list, err := d.Store.Deliveries(t.Context(), "a"); err != nil || "<"+list[0].Message+"@shuangze.example>" != mails[0].Header.Get("Message-ID") {
		t.Errorf("the mail's id is %s, recorded is %+v, %v", mails[0].Header.Get("Message-ID"), list, err)
	}
}

// What isn't urgent waits for the next working day's hours; what is doesn't.
func TestDeliverHours(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	d.at(4, 19, 0) // a Friday
	c := d.forwarded("a")
	if n := d.deliver(); n != 0 {
		t.Errorf("%d messages in the evening", n)
	}
	d.at(5, 3, 0)
	d.do(c, "super", casefile.Command{Kind: casefile.Supervise, Reason: "overdue", Text: d.text("督办函")})
	if n := d.deliver(); n != 2 || len(d.post.Mails()) != 2 || !strings.Contains(d.post.Mails()[0].Subject, "督办") {
		t.Errorf("%d messages, %d mails about the supervision at night", n, len(d.post.Mails()))
	}
	for _, hour := range []int{9, 23} {
		d.at(6, hour, 0) // a Sunday
		if n := d.deliver(); n != 0 {
			t.Errorf("%d messages on a Sunday", n)
		}
	}
	d.at(7, 8, 30)
	d.deliver()
	d.wantStates("a", "officer mail sent", "second mail sent", "officer mail sent", "second mail sent")
}

// Of a grave and urgent matter people are told at once, whatever the day and the hour.
func TestDeliverUrgent(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	d.at(4, 19, 0) // a Friday
	c := d.forwarded("a")
	d.deliver()
	d.at(5, 23, 30)
	d.do(c, "super", casefile.Command{Kind: casefile.MarkUrgent, KnownAt: d.Clock.Now()})
	if n := d.deliver(); n == 0 || !strings.Contains(d.post.Mails()[0].Subject, "标明重大紧急") {
		t.Errorf("%d messages on a Saturday night: %v", n, d.post.Mails())
	}
}

// Each case is looked at again at the moment of sending.
func TestDeliverLooksAgain(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	d.at(1, 20, 0)
	d.forwarded("closed")
	d.forwarded("moved")
	cmd := d.registration("")
	cmd.Registration.AccusedUnit, cmd.Registration.Purpose = "C-dc", "accusation"
	d.do(casefile.Case{ID: "accusing"}, "clerk", cmd)
	d.do(d.row("accusing").Case, "clerk", casefile.Command{Kind: casefile.Forward})
	d.deliver()
	d.do(d.row("closed").Case, "clerk", casefile.Command{Kind: casefile.Decline, Reason: "unclear", Text: d.text("反映事项不具体")})
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{
		{ID: "second", Name: "卞某", Unit: "C-dc", Role: casefile.Inspector, Level: "staff", Email: "second@shuangze.example"},
	}); err != nil {
		t.Fatal(err)
	}
	d.at(2, 8, 30)
	d.deliver()
	d.wantStates("closed", "officer mail suppressed closed", "second mail suppressed closed")
	d.wantStates("moved", "officer mail sent", "second mail sent")
	d.wantStates("accusing", "officer mail sent", "second mail suppressed accuses_reader")
	accusing := d.row("accusing").Case.Number
	for _, m := range d.post.To("second@shuangze.example") {
		if strings.Contains(m.Text, accusing) {
			t.Errorf("who is of the accused unit is told:\n%s", m.Text)
		}
	}
}

// A reminder of what was done since is left out.
func TestDeliverSettledReminder(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	c := d.forwarded("a")
	d.deliver()
	d.at(7, 20, 0) // 7 working days before the 16th
	c = d.do(c, "", casefile.Command{Kind: casefile.Tick})
	d.do(c, "officer", casefile.Command{Kind: casefile.Accept})
	d.at(8, 9, 0)
	d.deliver()
	list, err := d.Store.Deliveries(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	reminders := 0
	for _, x := range list {
		if x.Kind == string(casefile.EventReminded) && x.Step == "REM-T7" {
			if reminders++; x.State != store.DeliverySuppressed || x.Reason != "settled" {
				t.Errorf("%+v", x)
			}
		}
	}
	if reminders != 2 {
		t.Errorf("%d reminders in %+v", reminders, list)
	}
}

// A server that wants to be asked again is asked again, by whoever runs then.
func TestDeliverGreylisted(t *testing.T) {
	t.Parallel()
	var calm atomic.Bool
	said := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.NoEnhancedCode, Message: "greylisted, try again"}
	d := newPostDesk(t, &notifytest.Post{Rcpt: func(string, int) error {
		if calm.Load() {
			return nil
		}
		return said
	}})
	d.forwarded("a")
	if n := d.deliver() + d.deliver(); n != 0 {
		t.Errorf("%d messages sent", n)
	}
	list, err := d.Store.Deliveries(t.Context(), "a")
	if err != nil || list[0].State != store.DeliveryPlanned || list[0].Attempts != 1 || !strings.Contains(list[0].Error, "greylisted") || list[0].NextAt == nil {
		t.Fatalf("%+v, %v", list[0], err)
	}
	calm.Store(true)
	again := &postDesk{desk{t, d.url, &activities.Activities{
		Store: d.Store, Clock: d.Clock, Engine: d.Engine, Log: d.Log, Post: d.Post,
	}}, d.post}
	again.at(1, 10, 0)
	if n := again.deliver(); n != 0 {
		t.Errorf("%d messages sent before their time", n)
	}
	again.at(1, 10, 2)
	if n := again.deliver(); n != 2 || len(d.post.Mails()) != 2 {
		t.Errorf("%d messages, %d mails after a restart", n, len(d.post.Mails()))
	}
	if list, err = d.Store.Deliveries(t.Context(), "a"); err != nil || list[0].State != store.DeliverySent || list[0].Attempts != 2 || list[0].Error != "" {
		t.Errorf("%+v, %v", list[0], err)
	}
}

// Whoever can't be reached, or isn't there any more, keeps nothing from the others.
func TestDeliverFailures(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{Rcpt: func(to string, _ int) error {
		if strings.HasPrefix(to, "second") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.NoEnhancedCode, Message: "no such user"}
		}
		return nil
	}})
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{
		{ID: "gone", Name: "某", Unit: "C-rs", Role: casefile.Officer, Level: "staff", Email: "gone@shuangze.example"},
		{ID: "moved", Name: "某", Unit: "C-rs", Role: casefile.Officer, Level: "staff", Email: "moved@shuangze.example"},
		{ID: "wrong", Name: "某", Unit: "C-rs", Role: casefile.Officer, Level: "staff", Email: "wrong"},
		{ID: "mute", Name: "某", Unit: "C-rs", Role: casefile.Officer, Level: "staff"},
	}); err != nil {
		t.Fatal(err)
	}
	d.at(1, 20, 0)
	d.forwarded("a")
	d.deliver()
	d.sql(`DELETE FROM officials WHERE id = 'gone'`)
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{{ID: "moved", Name: "某", Unit: "C-rs", Role: casefile.Officer, Level: "staff"}}); err != nil {
		t.Fatal(err)
	}
	d.at(2, 8, 30)
	d.deliver()
	d.wantStates("a", "gone mail suppressed no_such_person", "moved mail suppressed no_address", "officer mail sent", "second mail failed", "wrong mail failed")
	list, err := d.Store.Deliveries(t.Context(), "a")
	if err != nil || !strings.Contains(list[3].Error, "no such user") || list[3].Attempts != 1 || strings.Contains(list[3].Error, "@") {
		t.Errorf("%+v, %v", list, err)
	}
}

// A mail server that is away is let be after a few attempts; nothing is lost, and what
// can't be delivered for days is given up.
func TestDeliverServerAway(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	there := d.Post.Mail
	away, err := notify.NewMailer("smtp://127.0.0.1:1", "office@shuangze.example")
	if err != nil {
		t.Fatal(err)
	}
	d.Post.Mail = away
	var people []casefile.Official
	for i := range 40 {
		people = append(people, casefile.Official{ID: fmt.Sprint("x", i), Name: "某", Unit: "C-rs", Role: casefile.Officer, Level: "staff", Email: fmt.Sprintf("x%d@shuangze.example", i)})
	}
	if _, err := d.Store.SaveOfficials(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	d.forwarded("a")
	d.deliver()
	attempted := 0
	list, err := d.Store.Deliveries(t.Context(), "a")
	if err != nil || len(list) != 42 {
		t.Fatal(len(list), err)
	}
	for _, x := range list {
		attempted += x.Attempts
	}
	if attempted < 3 || attempted > 20 {
		t.Errorf("%d attempts at a server that is away", attempted)
	}
	d.Post.Mail = there
	d.at(1, 10, 5)
	if n := d.deliver(); n != 42 || len(d.post.Mails()) != 42 {
		t.Errorf("%d messages, %d mails once it is back", n, len(d.post.Mails()))
	}
	d.Post.Mail = away
	d.forwarded("b")
	for _, day := range []int{1, 2, 3, 4, 7} {
		d.at(day, 11, 0)
		d.deliver()
	}
	states := d.states("b")
	if n := len(slices.DeleteFunc(slices.Clone(states), func(s string) bool { return !strings.HasSuffix(s, "failed") })); n < 3 {
		t.Errorf("%d given up: %q", n, states)
	}
}

// Without a mail server nothing is planned to go by mail, and nothing comes later.
func TestDeliverWithoutMail(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	mail := d.Post.Mail
	d.Post.Mail = nil
	d.forwarded("a")
	d.deliver()
	d.wantStates("a")
	d.Post.Mail = mail
	d.deliver()
	if mails := d.post.Mails(); len(mails) != 0 {
		t.Errorf("told later: %+v", mails)
	}
}
