package worker_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"shuangze/casefile"
	"shuangze/workflows"
)

// unheard carries out a command as a worker that dies after Postgres has committed: the
// ledger has it, Temporal has not. The update itself is lost too.
func (o *office) unheard(c casefile.Case, by string, cmd casefile.Command) casefile.Command {
	o.t.Helper()
	cmd.ID, cmd.Actor = uuid.NewString(), o.actor(by)
	result, err := o.acts.Execute(o.t.Context(), workflows.ExecuteInput{Case: c, Command: cmd})
	if err != nil {
		o.t.Fatal(err)
	}
	if result.Refusal != nil {
		o.t.Fatalf("%s: %v", cmd.Kind, result.Refusal)
	}
	return cmd
}

// caughtUp fails the test unless the case has exactly these events, in this order, and
// everybody knows them.
func (o *office) caughtUp(id string, want ...casefile.EventKind) {
	o.t.Helper()
	var got []casefile.EventKind
	for _, e := range o.events(id) {
		got = append(got, e.Kind)
	}
	if len(got) != len(want) {
		o.t.Fatalf("events %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			o.t.Fatalf("events %v, want %v", got, want)
		}
	}
	if state := o.state(id); state.Case.Seq != int64(len(want)) {
		o.t.Errorf("the workflow is at event %d, want %d", state.Case.Seq, len(want))
	}
	o.verified()
}

func TestCatchUpBySameCommand(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	forward := o.unheard(o.state("case").Case, clerk, casefile.Command{Kind: casefile.Forward})
	if seq := o.state("case").Case.Seq; seq != 1 {
		t.Fatalf("the workflow is at event %d before it has heard anything", seq)
	}
	for range 2 {
		if c := o.do("case", clerk, forward); c.Stage != casefile.Forwarded || c.Seq != 2 {
			t.Errorf("the case is %s at event %d, want forwarded at 2", c.Stage, c.Seq)
		}
	}
	o.caughtUp("case", casefile.EventRegistered, casefile.EventForwarded)
}

func TestCatchUpByAnotherCommand(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	report := o.unheard(o.state("case").Case, handling, o.report("正在核实"))
	o.do("case", handling, casefile.Command{Kind: casefile.Accept})
	// The caller who never got an answer asks again, when Temporal has never seen this id
	// and the workflow is long past it.
	o.do("case", handling, report)
	o.caughtUp("case", casefile.EventRegistered, casefile.EventForwarded, casefile.EventReported, casefile.EventAccepted)
}

// A refused command brings what the workflow has missed along all the same.
func TestCatchUpByRefusedCommand(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	o.unheard(o.state("case").Case, clerk, casefile.Command{Kind: casefile.Forward})
	o.refused("wrong_stage", "case", clerk, casefile.Command{Kind: casefile.Forward})
	o.caughtUp("case", casefile.EventRegistered, casefile.EventForwarded)
}

// Nobody gives a command any more: the case's own clock finds what was missed.
func TestCatchUpByTimer(t *testing.T) {
	t.Parallel()
	o := rehearse(t, time.Second) // the leaders are asked for on the third morning
	o.staff()
	o.do("case", clerk, o.registration())
	o.unheard(o.state("case").Case, clerk, casefile.Command{Kind: casefile.Forward})
	o.until("the clock has ticked", func() bool { return o.state("case").Case.Seq > 2 })
	if got := o.events("case"); got[1].Kind != casefile.EventForwarded || got[2].Actor != casefile.Clockwork {
		t.Errorf("events %v and %v after the registration, want forwarded and the clock's", got[1].Kind, got[2].Kind)
	}
	if n := kinds(o.events("case"))[casefile.EventForwarded]; n != 1 {
		t.Errorf("forwarded %d times", n)
	}
	o.do("case", handling, casefile.Command{Kind: casefile.Accept})
	o.verified()
}

// A workflow that is behind refuses what its old stage doesn't allow, for that is all it
// knows. The net's tick brings it up to date.
func TestCatchUpByNet(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("case")
	opinion := o.text("支持信访人的请求")
	o.unheard(o.state("case").Case, handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	sign := casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()}
	o.refused("wrong_stage", "case", lower, sign)
	tick := casefile.Command{ID: "net", Kind: casefile.Tick, Actor: casefile.Clockwork}
	if _, err := o.engine.Resume(t.Context(), o.read("case"), tick); err != nil {
		t.Fatal(err)
	}
	o.do("case", lower, sign)
	if c := o.state("case").Case; c.Stage != casefile.Opined || c.Lower.SignedAt.IsZero() {
		t.Errorf("the workflow has the case as %s, lower signature at %v", c.Stage, c.Lower.SignedAt)
	}
	o.verified()
}

// The registration itself was committed and never heard of: the workflow stands there
// without a case. The net fills it.
func TestCatchUpOfRegistration(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	none := casefile.Case{ID: "case"}
	o.unheard(none, clerk, o.registration())
	empty := client.StartWorkflowOptions{ID: workflows.CaseWorkflowID("case"), TaskQueue: workflows.TaskQueue}
	if _, err := o.temporal.ExecuteWorkflow(t.Context(), empty, workflows.CaseType, workflows.CaseInput{Case: none}); err != nil {
		t.Fatal(err)
	}
	o.sql(`UPDATE cases SET wake_at = $1`, o.acts.Clock.Now().Add(-time.Hour))
	if woken := o.reconcile(); woken != 1 {
		t.Errorf("%d cases woken, want 1", woken)
	}
	o.caughtUp("case", casefile.EventRegistered)
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	o.caughtUp("case", casefile.EventRegistered, casefile.EventForwarded)
}

// restore puts an older database back, as of the case's first event.
func (o *office) restore(then func()) {
	o.t.Helper()
	o.sql(`CREATE TABLE backup AS SELECT * FROM cases; CREATE TABLE stood AS SELECT * FROM standings; CREATE TABLE came AS SELECT * FROM registrations; CREATE TABLE shone AS SELECT * FROM lamps`)
	then()
	o.sql(`ALTER TABLE ledger DISABLE TRIGGER append_only; DELETE FROM ledger WHERE seq > 1; ALTER TABLE ledger ENABLE TRIGGER append_only`)
	o.sql(`DELETE FROM tasks; DELETE FROM clocks; DELETE FROM standings; DELETE FROM cases`)
	columns := o.columns()
	o.sql(`INSERT INTO cases (` + columns + `) SELECT ` + columns + ` FROM backup; INSERT INTO standings SELECT * FROM stood;
		INSERT INTO registrations SELECT * FROM came; INSERT INTO lamps SELECT * FROM shone`)
}

// The workflow knows of more than an older database has. What is asked then fails, once
// and with the reason, and writes nothing.
func TestOlderDatabase(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	o.restore(func() { o.do("case", clerk, casefile.Command{Kind: casefile.Forward}) })
	before := len(o.history("case"))

	err := o.try("case", handling, casefile.Command{Kind: casefile.Accept})
	var refusal *casefile.Error
	if err == nil || errors.As(err, &refusal) || errors.Is(err, workflows.ErrUnavailable) || !strings.Contains(err.Error(), "older database") {
		t.Errorf("a command: %v, want a failure that gives the reason", err)
	}
	if n := len(o.events("case")); n != 1 {
		t.Errorf("%d events in the ledger, want 1", n)
	}
	if grown := len(o.history("case")) - before; grown > 8 {
		t.Errorf("the failure left %d history events", grown)
	}
	o.differs("case", "workflow", "is at event 2, the ledger at 1")
}

// Such a workflow does not give its case up: it looks again every hour. When an operator
// has decided for the database and ended it, the net starts another from there.
func TestOlderDatabaseKept(t *testing.T) {
	t.Parallel()
	o := rehearse(t, time.Second) // the leaders are asked for on the third morning
	o.staff()
	o.do("case", clerk, o.registration())
	o.restore(func() { o.do("case", clerk, casefile.Command{Kind: casefile.Forward}) })
	timers := count(o.history("case"), enums.EVENT_TYPE_TIMER_STARTED)
	o.until("the workflow has looked and will again", func() bool { return count(o.history("case"), enums.EVENT_TYPE_TIMER_STARTED) > timers })
	if running, err := o.engine.Running(t.Context(), "case"); err != nil || !running {
		t.Fatalf("the workflow runs: %t, %v", running, err)
	}
	if alarm := o.state("case").Alarm.At; time.Until(alarm) < 50*time.Minute {
		t.Errorf("it looks again at %v, now is %v", alarm, time.Now())
	}
	o.lose("case")
	if woken := o.reconcile(); woken != 1 {
		t.Errorf("%d cases woken, want 1", woken)
	}
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	if n := kinds(o.events("case"))[casefile.EventForwarded]; n != 1 {
		t.Errorf("forwarded %d times", n)
	}
	o.verified()
}
