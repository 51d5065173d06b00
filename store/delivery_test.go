package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// plan plans every notice by mail at once, to whom it is for.
func (d *desk) plan() int {
	d.t.Helper()
	n, err := d.store.PlanNotices(d.t.Context(), 1000, func(told []store.Told) []store.Delivery {
		var list []store.Delivery
		for _, t := range told {
			list = append(list, store.Delivery{Told: t, Channel: store.Mail, Recipient: t.Official, PlannedAt: t.At})
		}
		return list
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func (d *desk) due() []store.Message {
	d.t.Helper()
	list, err := d.store.DueMessages(d.t.Context(), d.now, true, 100)
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

// Notices of several cases to one reader are one message; each is told once.
func TestMessages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, id := range []string{"a", "b"} {
		d.do(id, clerk, d.registration())
		d.do(id, clerk, casefile.Command{Kind: casefile.Forward}) // the officers are told
	}
	if n := d.plan(); n == 0 || d.plan() != 0 {
		t.Errorf("%d notices were planned, and then again some", n)
	}
	gather := func(at time.Time) int {
		t.Helper()
		n, err := d.store.Gather(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := gather(d.now.Add(-time.Minute)); n != 0 {
		t.Errorf("%d messages before their time", n)
	}
	officers := len(d.rules.Directory.Find(func(o casefile.Official) bool { return o.Unit == "232701-rs" && o.Role == casefile.Officer }))
	if n := gather(d.now); n != officers || gather(d.now) != 0 {
		t.Errorf("%d messages to %d officers", n, officers)
	}
	m := d.due()[0]
	tidings, err := d.store.Tidings(ctx, m.ID)
	if err != nil || len(tidings) != 2 || tidings[0].CaseID != "a" || tidings[1].Case.ID != "b" || tidings[0].Event.Kind != casefile.EventForwarded {
		t.Fatalf("the message tells %+v, %v", tidings, err)
	}
	// An attempt is written before it is made, by one alone.
	next := d.now.Add(time.Minute)
	won := make(chan bool, 8)
	var all sync.WaitGroup
	for range cap(won) {
		all.Go(func() {
			ok, err := d.store.Claim(ctx, m.ID, d.now, next)
			if err != nil {
				t.Error(err)
			}
			won <- ok
		})
	}
	all.Wait()
	close(won)
	if n := len(slices.Collect(func(yield func(bool) bool) {
		for ok := range won {
			if ok && !yield(ok) {
				return
			}
		}
	})); n != 1 {
		t.Errorf("%d won the same attempt", n)
	}
	if err := d.store.PutOff(ctx, m.ID, "greylisted"); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(d.due(), func(x store.Message) bool { return x.ID == m.ID }) {
		t.Error("the message is due again at once")
	}
	d.now = next
	if i := slices.IndexFunc(d.due(), func(x store.Message) bool { return x.ID == m.ID }); i < 0 || d.due()[i].Attempts != 1 {
		t.Errorf("due later: %+v", d.due())
	}
	// One of the two is left out, the other goes.
	if err := d.store.Suppress(ctx, m.ID, []store.Suppression{{Told: tidings[0].Told, Reason: "closed"}}, d.now); err != nil {
		t.Fatal(err)
	}
	if rest, err := d.store.Tidings(ctx, m.ID); err != nil || len(rest) != 1 || rest[0].CaseID != "b" {
		t.Errorf("left: %+v, %v", rest, err)
	}
	if err := d.store.Finish(ctx, m.ID, store.DeliverySent, "", d.now); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"a": "suppressed closed 1", "b": "sent  1"} {
		list, err := d.store.Deliveries(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if got := fmt.Sprint(x.State, " ", x.Reason, " ", x.Attempts); x.Recipient == m.Recipient && (got != want || x.DoneAt == nil || x.NextAt != nil || x.Message != m.ID || x.Error != "") {
				t.Errorf("case %s: %+v, want %s", id, x, want)
			}
		}
	}
	// What is done stays as it is.
	if err := d.store.Finish(ctx, m.ID, store.DeliveryFailed, "too late", d.now); err != nil {
		t.Fatal(err)
	}
	if ok, err := d.store.Claim(ctx, m.ID, d.now.AddDate(1, 0, 0), d.now); ok || err != nil {
		t.Errorf("a message that was sent is attempted: %v", err)
	}
	if list, err := d.store.Deliveries(ctx, "b"); err != nil || !slices.ContainsFunc(list, func(x store.Delivered) bool { return x.State == store.DeliverySent }) {
		t.Errorf("%+v, %v", list, err)
	}
}

// The same set of notices has the same message id, in any database.
func TestMessageID(t *testing.T) {
	t.Parallel()
	var ids []string
	for range 2 {
		d := newDesk(t)
		d.do("a", clerk, d.registration())
		d.do("a", clerk, casefile.Command{Kind: casefile.Forward})
		d.plan()
		if _, err := d.store.Gather(t.Context(), d.now); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.due()[0].ID)
	}
	if ids[0] != ids[1] || len(ids[0]) != 64 {
		t.Errorf("ids %v", ids)
	}
}

// A day's letters are planned once: to whoever has something to do, and to the leaders
// who carry cases.
func TestPlanLetters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.onTheSpot("a")
	today := calendar.DateOf(d.now)
	for _, day := range []calendar.Date{today, today, today.AddDays(-1), today.AddDays(1)} {
		for _, kind := range []string{"digest", "board"} {
			if err := d.store.PlanLetters(t.Context(), kind, day, d.now); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := map[string][]string{}
	for _, m := range d.due() {
		if m.ID != m.Kind+"-"+today.String()+"-"+m.Recipient && m.ID != m.Kind+"-"+today.AddDays(1).String()+"-"+m.Recipient {
			t.Errorf("id %s", m.ID)
		}
		got[m.Kind] = append(got[m.Kind], m.Recipient)
	}
	for kind, want := range map[string][]string{"digest": {upper, lower, d.officer("232701-rs")}, "board": {upper, lower}} {
		for _, id := range want {
			if n := strings.Count(strings.Join(got[kind], " "), id); n != 2 {
				t.Errorf("%s: %s gets %d on two days, of %v", kind, id, n, got[kind])
			}
		}
	}
	if len(got["board"]) != 4 || slices.Contains(got["digest"], inspect) {
		t.Errorf("letters %v", got)
	}
}

func TestTallies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.onTheSpot("a")
	d.onTheSpot("b")
	carried, led, err := d.store.Tallies(t.Context(), d.actor(lower), d.now)
	if want := (store.Tally{Open: 2, Green: 2}); err != nil || carried != want || led != want {
		t.Errorf("carried %+v, led %+v, %v", carried, led, err)
	}
	d.now = d.now.AddDate(0, 0, 90)
	d.do("a", "", casefile.Command{Kind: casefile.Tick})
	carried, _, err = d.store.Tallies(t.Context(), d.actor(upper), d.now)
	if err != nil || carried.Open != 2 || carried.Red != 2 || carried.Overdue != 2 || carried.Supervised != 1 {
		t.Errorf("three months later: %+v, %v", carried, err)
	}
	other := d.rules.Directory.Find(func(o casefile.Official) bool { return o.Role == casefile.Leader && o.Unit == "232721-nc" })[0]
	if carried, led, err = d.store.Tallies(t.Context(), d.actor(other.ID), d.now); err != nil || carried != (store.Tally{}) || led != (store.Tally{}) {
		t.Errorf("a stranger: %+v, %+v, %v", carried, led, err)
	}
}
