package worker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.yaml.in/yaml/v3"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/rules"
	"shuangze/store"
)

// ladderDay is how long a day takes on the way up the ladder: long enough for a busy
// machine to take the steps of different days on different days.
const ladderDay = 300 * time.Millisecond

// hurried shortens limits, so that the ladder is climbed in a month of case time.
func (o *office) hurried() {
	o.t.Helper()
	o.publish(withLengths(o.t, map[string]int{"HANDLE": 20, "SUP-1": 8, "SUP-2": 8}))
}

// withLengths is a local policy with other lengths of some clocks.
func withLengths(t testing.TB, lengths map[string]int) rules.Draft {
	t.Helper()
	var local struct {
		Clocks []policy.Clock `yaml:"clocks"`
	}
	for _, c := range policy.Default().Clocks {
		if n, ok := lengths[c.ID]; ok {
			c.Length = n
			local.Clocks = append(local.Clocks, c)
		}
	}
	if len(local.Clocks) != len(lengths) {
		t.Fatalf("the policy has not all of %v", lengths)
	}
	file, err := yaml.Marshal(local)
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	return rules.Draft{Policy: &text, Reason: "缩短期限"}
}

// publish puts rules in force, as the administrator.
func (o *office) publish(d rules.Draft) store.Publication {
	o.t.Helper()
	p, err := rules.Publish(o.t.Context(), o.store, o.engine, d, uuid.NewString(), "", o.actor("o161"), o.acts.Clock.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// rules are those in force.
func (o *office) rules() casefile.Rules {
	o.t.Helper()
	r, err := o.store.Rules(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// silence registers a case whose unit says nothing until both offices supervise it, and
// then settles it.
func (o *office) silence(id string) {
	o.t.Helper()
	o.onTheSpot(id)
	o.until("dual supervision", func() bool { return o.read(id).Supervision() == casefile.Dual })
	o.settle(id)
	o.do(id, super, casefile.Command{Kind: casefile.Release, Text: o.text("已落实")})
	o.do(id, inspect, casefile.Command{Kind: casefile.Release, Text: o.text("已核查")})
	o.close(id)
}

func TestLadder(t *testing.T) {
	t.Parallel()
	o := rehearse(t, ladderDay)
	o.hurried()
	o.staff()
	o.silence("silent")
	events := o.events("silent")

	for clock, want := range map[string][]string{
		"HANDLE": {"REM-T7", "REM-T3", "REM-T1", "URGE-0", "SUP-1", "URGE-5"},
		"SUP-1":  {"REM-T3", "REM-T1", "SUP-2"},
	} {
		// Nobody is reminded of what was past when the clock started; on a busy machine a
		// rung can come so late that this happens to the next clock.
		past := started(events, clock).Taken
		want = slices.DeleteFunc(want, func(step string) bool { return slices.Contains(past, step) })
		var taken []string
		for _, e := range events {
			if e.Clock == clock && e.Step != "" {
				taken = append(taken, e.Step)
			}
		}
		if len(taken) < len(want) || !slices.Equal(taken[:len(want)], want) {
			t.Errorf("steps of %s: %v, want %v, each once and in order", clock, taken, want)
		}
		if slices.Sort(taken); len(slices.Compact(slices.Clone(taken))) != len(taken) {
			t.Errorf("steps of %s: one was taken twice: %v", clock, taken)
		}
	}

	var rungs []casefile.EventKind
	for i, e := range events {
		switch {
		case e.Clock != "HANDLE" && e.Clock != "SUP-1":
			continue
		case e.Kind == casefile.EventSuppressed && e.Reason != casefile.Superseded && e.Reason != casefile.Explained:
			t.Errorf("event %d: %s of %s is left out: %s", e.Seq, e.Step, e.Clock, e.Reason)
		case e.Kind == casefile.EventUrged && e.Step == "URGE-0", e.Kind == casefile.EventSupervised, e.Kind == casefile.EventEscalated:
			rungs = append(rungs, e.Kind)
		}
		if planned := o.plannedDay(events[:i], e); e.At.Before(o.rules().Policy.Day.At(planned)) {
			t.Errorf("event %d: %s of %s was taken at %v, but is planned for %s", e.Seq, e.Step, e.Clock, e.At, planned)
		}
	}
	if want := []casefile.EventKind{casefile.EventUrged, casefile.EventSupervised, casefile.EventEscalated}; !slices.Equal(rungs, want) {
		t.Errorf("rungs: %v, want %v", rungs, want)
	}
	oneTimer(t, o.history("silent"))
	o.verified()
}

// started is a clock as it was when it started.
func started(events []casefile.Event, clock string) casefile.Clock {
	for _, e := range events {
		for _, k := range e.Clocks {
			if k.ID == clock {
				return k
			}
		}
	}
	return casefile.Clock{}
}

// plannedDay is the day for which the policy plans the first occurrence of a step.
func (o *office) plannedDay(before []casefile.Event, e casefile.Event) calendar.Date {
	o.t.Helper()
	k, ok := casefile.Fold(casefile.Case{}, before).Clock(e.Clock)
	if !ok {
		o.t.Fatalf("event %d: no clock %s runs", e.Seq, e.Clock)
	}
	step, ok := o.rules().Policy.Step(e.Step)
	if !ok {
		return k.Due.Statutory // a repetition: later than anything before it
	}
	base := k.Due.Statutory
	if step.At.Days <= 0 {
		base = k.Due.Internal
	}
	return step.At.From(base, o.rules().Calendar)
}

// oneTimer fails the test if at any time a case had more than one timer.
func oneTimer(t *testing.T, events []*history.HistoryEvent) {
	t.Helper()
	running := 0
	for _, e := range events {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_TIMER_STARTED:
			running++
		case enums.EVENT_TYPE_TIMER_CANCELED, enums.EVENT_TYPE_TIMER_FIRED:
			running--
		}
		if running < 0 || running > 1 {
			t.Fatalf("%d timers at event %d", running, e.GetEventId())
		}
	}
}

// The timer is replaced when the wake-up changes, and only then.
func TestTimerIsKept(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	before := o.history("case")
	alarm := o.state("case").Alarm
	for range 3 {
		o.do("case", handling, o.report("正在核实"))
	}
	after := o.history("case")
	started := enums.EVENT_TYPE_TIMER_STARTED
	if n := count(after, started) - count(before, started); n != 0 {
		t.Errorf("three reports started %d timers", n)
	}
	if now := o.state("case").Alarm; now != alarm {
		t.Errorf("three reports moved the wake-up from %v to %v", alarm, now)
	}

	// Until the leaders are named, and then until they have acknowledged, their clocks
	// have the next step.
	o.do("case", super, casefile.Command{Kind: casefile.Assign, Upper: upper, Lower: lower})
	o.do("case", upper, casefile.Command{Kind: casefile.Acknowledge})
	o.do("case", lower, casefile.Command{Kind: casefile.Acknowledge})
	last := o.history("case")
	if now := o.state("case").Alarm; !now.At.After(alarm.At) {
		t.Errorf("the acknowledgements left the wake-up at %v", alarm)
	}
	if n := count(last, started) - count(after, started); n != 1 {
		t.Errorf("one move of the wake-up started %d timers", n)
	}
	oneTimer(t, last)
}
