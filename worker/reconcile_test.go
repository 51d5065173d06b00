package worker_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/rules"
	"shuangze/store"
)

// A case whose workflow has vanished gets it back from the ledger.
func TestReconcileLostWorkflow(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("lost")
	o.onTheSpot("well")
	well := o.run("well")
	before := o.read("lost")
	o.lose("lost")
	if found := o.differences(); len(found) == 0 {
		t.Error("verify finds nothing wrong with a case that has no workflow")
	}
	if woken := o.reconcile(); woken != 1 {
		t.Errorf("%d cases woken, want 1", woken)
	}
	if state := o.state("lost").Case; !casefile.Equal(state, before) {
		t.Errorf("the new workflow's state is not the case (-want +got):\n%s", cmp.Diff(before, state))
	}
	row, err := o.store.Case(t.Context(), "lost")
	if err != nil {
		t.Fatal(err)
	}
	if !row.Wake.After(o.acts.Clock.Now()) {
		t.Errorf("the wake-up stays at %v", row.Wake)
	}
	if o.run("well") != well {
		t.Error("a case that was well has a new run")
	}
	o.attributes("lost", map[string]string{"CaseStage": "handling", "CaseUnit": "232701-rs", "CaseSupervision": "none"})
	if woken := o.reconcile(); woken != 0 {
		t.Errorf("%d cases woken the second time", woken)
	}
	o.settle("lost")
	o.close("lost")
	o.verified()
}

// A case that is ticked too early, or for nothing, plans its step as before.
func TestReconcileStaleWakeUp(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	planned, err := o.store.Case(t.Context(), "case")
	if err != nil {
		t.Fatal(err)
	}
	history := len(o.events("case"))
	for range 2 {
		o.sql(`UPDATE cases SET wake_at = $1`, o.acts.Clock.Now().Add(-2*time.Hour))
		if woken := o.reconcile(); woken != 1 {
			t.Errorf("%d cases woken, want 1", woken)
		}
		if row, err := o.store.Case(t.Context(), "case"); err != nil || !row.Wake.Equal(planned.Wake) {
			t.Errorf("the wake-up is %v, was %v: %v", row.Wake, planned.Wake, err)
		}
	}
	if n := len(o.events("case")); n != history {
		t.Errorf("ticks for nothing left %d events", n-history)
	}
	o.verified()
}

// One case that can't be woken keeps no other asleep.
func TestReconcileGoesOn(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	for _, id := range []string{"a", "b", "c"} {
		o.do(id, clerk, o.registration())
		o.lose(id)
	}
	// The worst first: its row is no case any more.
	o.sql(`UPDATE cases SET state = '"?"', wake_at = '2020-01-01' WHERE id = 'a'`)
	if woken := o.reconcile(); woken != 2 {
		t.Errorf("%d cases woken, want 2", woken)
	}
	for _, id := range []string{"b", "c"} {
		if running, err := o.engine.Running(t.Context(), id); err != nil || !running {
			t.Errorf("case %s: running %t, %v", id, running, err)
		}
	}
}

// A due date in a year whose rest days were not published is computed anew when they
// are, and the case says so.
func TestReconcileNewCalendar(t *testing.T) {
	t.Parallel()
	var published struct {
		Off []struct {
			Date calendar.Date `json:"date"`
		} `json:"off"`
	}
	list, err := os.ReadFile("../calendar/testdata/2027.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(list, &published); err != nil {
		t.Fatal(err)
	}
	with2027, err := calendar.With(list)
	if err != nil {
		t.Fatal(err)
	}

	o := open(t, autumn())
	old := o.staff()
	// Sixty days before a rest day that weekends alone don't tell.
	restDay := published.Off[len(published.Off)-1].Date
	for _, off := range published.Off {
		if guess := calendar.Default().Day(off.Date); guess.Work {
			restDay = off.Date
			break
		}
	}
	o.acts.Clock.CaseStart = restDay.AddDays(-60).At(10, 0)
	before := o.onTheSpot("case")
	o.onTheSpot("ended")
	o.settle("ended")
	o.close("ended")
	ended := o.read("ended")
	was, _ := before.Clock("HANDLE")
	if !was.Due.Provisional || was.Due.Statutory != restDay {
		t.Fatalf("due %+v, want it provisional on %s", was.Due, restDay)
	}
	if woken := o.reconcile(); woken != 0 {
		t.Errorf("%d cases woken although no list is new", woken)
	}
	old.Stop()

	// The broadcast has no worker yet; the net alone would do.
	o.publish(rules.Draft{Years: []string{string(list)}})
	o.staff()
	o.until("the new date", func() bool {
		o.reconcile()
		is, _ := o.read("case").Clock("HANDLE")
		return !is.Due.Provisional
	})
	is, _ := o.read("case").Clock("HANDLE")
	if is.Due != with2027.Due(was.From, was.Length, was.Unit) || is.Due.Provisional || !is.Due.Statutory.After(restDay) {
		t.Errorf("due %+v, want it final and after the rest on %s", is.Due, restDay)
	}
	events := o.events("case")
	if last := events[len(events)-1]; last.Kind != casefile.EventRecalculated {
		t.Errorf("the last event is %s by %s, want recalculated", last.Kind, last.Actor.ID)
	}
	if state := o.state("case"); !casefile.Equal(state.Case, o.read("case")) {
		t.Error("the workflow does not know the new due date")
	}
	if now := o.read("ended"); !casefile.Equal(now, ended) {
		t.Error("a case that has ended was recalculated")
	}
	if woken := o.reconcile(); woken != 0 {
		t.Errorf("%d cases woken the second time", woken)
	}
	o.verified()
}

// Texts and petitioners that no event came to refer to go after a day, others never.
func TestSweep(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	person := store.Petitioner{Name: "彭某", Phone: "13900000001"}
	petitioner := func() string {
		key, err := o.store.WritePetitioner(t.Context(), person)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	cmd := o.registration()
	cmd.Registration.Petitioner = petitioner()
	c := o.do("case", clerk, cmd)
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward, Text: o.text("转送函")})
	o.text("无人引用")
	petitioner()
	o.sql(`UPDATE documents SET created_at = created_at - interval '25 hours'`)
	o.sql(`UPDATE petitioners SET created_at = created_at - interval '25 hours'`)
	o.text("刚刚写下")
	petitioner()

	o.reconcile()
	for table, want := range map[string]int{"documents": 3, "petitioners": 2} {
		if n := o.sql(`SELECT 1 FROM ` + table); n != want {
			t.Errorf("%d rows left in %s, want %d", n, table, want)
		}
	}
	if p, err := o.store.ReadPetitioner(t.Context(), c, clerk, time.Now()); err != nil || p != person {
		t.Errorf("the case's petitioner is %+v, %v", p, err)
	}
	o.verified()
}
