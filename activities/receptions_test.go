package activities_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify/notifytest"
	"shuangze/policy"
	"shuangze/store"
)

// receives enters a reception day of the upper leader in September 2026.
func (d *postDesk) receives(id string, on int) casefile.Reception {
	d.t.Helper()
	rules, err := d.Store.Rules(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	rules.Now = d.Clock.Now()
	days, refusal := casefile.ScheduleReceptions(casefile.Schedule{
		ID: id, Leader: "upper", On: calendar.Date{Year: 2026, Month: time.September, Day: on}, From: policy.TimeOfDay{Hour: 9}, Until: policy.TimeOfDay{Hour: 12},
		Place: "县信访局接待室", Form: "fixed",
	}, casefile.Actor{ID: "super", Role: casefile.Supervisor, Unit: "C-xf"}, rules, nil)
	if refusal != nil {
		d.t.Fatalf("%v %v", refusal, refusal.Fields)
	}
	err = d.Store.InReceptions(d.t.Context(), func(tx *store.ReceptionsTx) error { return tx.Enter(d.t.Context(), days, id, "x") })
	if err != nil {
		d.t.Fatal(err)
	}
	return days[0]
}

// letters are the subjects of what somebody was sent.
func (d *postDesk) letters(official string) (subjects []string) {
	for _, m := range d.post.To(official + "@shuangze.example") {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

// RECV-NOTIFY: the leader is told of the day five days before and of its appointments one
// day before, each once, in working hours; who comes is in no letter.
func TestDeliverReception(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	day := d.receives("day", 15)
	told := func(when string, on, hour, minute, want int) {
		t.Helper()
		d.at(on, hour, minute)
		d.deliver()
		d.deliver()
		if got := d.letters("upper"); len(got) != want {
			t.Errorf("%s: %d letters, want %d: %q", when, len(got), want, got)
		}
	}
	told("six days before", 9, 10, 0, 0)
	told("by night", 10, 7, 0, 0)
	told("five days before", 10, 8, 31, 1)
	told("the day after", 11, 9, 0, 1)
	topic := d.text("反映张某的事")
	d.sql(`INSERT INTO appointments (id, reception, topic, sealed, state, booked_by, booked_at, fingerprint)
		VALUES ('a', '` + day.ID + `', '` + topic.ID + `', 'x', 'booked', 'super', now(), 'x')`)
	told("one day before", 14, 8, 31, 2)
	told("on the day", 15, 8, 31, 2)
	told("after it", 16, 8, 31, 2)
	if subject := d.letters("upper")[0]; subject != "【演练】【信访督办】9月15日 09:00领导接待日" {
		t.Errorf("the subject is %q", subject)
	}
	mails := d.post.To("upper@shuangze.example")
	if text := mails[1].Text; !strings.Contains(text, "已有1件预约") || !strings.Contains(text, "县信访局接待室") || strings.Contains(text+mails[1].HTML, "张某") {
		t.Errorf("the list is told as\n%s", text)
	}
	if others := len(d.post.Mails()) - 2; others != 0 {
		t.Errorf("%d letters to others", others)
	}
}

// A day that was cancelled or swapped is not told, not even when its letter was planned.
func TestDeliverNoEndedReception(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	day := d.receives("day", 15)
	d.at(10, 9, 0)
	if err := d.Store.PlanReceptionLetters(t.Context(), []store.ReceptionLetter{{Reception: "day", Stage: "tell", Official: "upper"}}, d.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	day.EndedBy, day.EndedAt, day.Reason = "upper", d.Clock.Now(), "illness"
	if err := d.Store.InReceptions(t.Context(), func(tx *store.ReceptionsTx) error { return tx.End(t.Context(), "x", "", day) }); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{10, 14} {
		d.at(at, 9, 0)
		d.deliver()
	}
	if got := d.letters("upper"); len(got) > 0 {
		t.Errorf("told is %q", got)
	}
}

// A leader on leave is not told; the deputy is, and the office, for somebody must swap
// the day. A leave that is entered late tells them when it is.
func TestDeliverReceptionOfOneOnLeave(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{})
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{
		{ID: "deputy", Name: "章某", Unit: "C", Role: casefile.Leader, Level: "county", Email: "deputy@shuangze.example"},
	}); err != nil {
		t.Fatal(err)
	}
	d.receives("day", 15)
	d.at(10, 9, 0)
	d.deliver()
	if got := d.letters("upper"); len(got) != 1 || len(d.post.Mails()) != 1 {
		t.Fatalf("told is %q", got)
	}
	l := casefile.Leave{ID: "leave", Official: "upper", Deputy: "deputy", From: calendar.Date{Year: 2026, Month: time.September, Day: 11}.Start(), Reason: "illness", EnteredBy: "super", EnteredAt: d.Clock.Now()}
	l.Until = l.From.AddDate(0, 0, 7)
	l.Planned = l.Until
	if err := d.Store.InLeaves(t.Context(), func(tx *store.LeavesTx) error { return tx.Enter(t.Context(), l, "x") }); err != nil {
		t.Fatal(err)
	}
	d.at(11, 9, 0)
	d.deliver()
	d.deliver()
	if got := d.letters("upper"); len(got) != 1 {
		t.Errorf("who is on leave is told %q", got)
	}
	for _, who := range []string{"deputy", "super"} {
		if got := d.letters(who); !slices.Equal(got, []string{"【演练】【信访督办】崔某请假，请调换9月15日 09:00领导接待日"}) {
			t.Errorf("%s is told %q", who, got)
		}
	}
}
