package worker_test

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/verify"
	"shuangze/workflows"
)

// differs fails the test unless verify finds this, and nothing of another case.
func (o *office) differs(id, what, detail string) {
	o.t.Helper()
	found := o.differences()
	ok := false
	for _, d := range found {
		ok = ok || d.Case == id && d.What == what && strings.Contains(d.Detail, detail)
		if d.Case != id {
			o.t.Errorf("verify: %+v", d)
		}
	}
	if !ok {
		o.t.Errorf("verify finds %+v, want %q of case %q in the %s", found, detail, id, what)
	}
}

// Each fault beside a case that is well.
func TestVerifyNotices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm           func(*office)
		what, detail   string
		ofNoSingleCase bool
	}{
		"no workflow": {func(o *office) {
			o.lose("bad")
		}, "workflow", "does not run although the case is registered", false},
		"a workflow too many": {func(o *office) {
			o.do("bad", clerk, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: o.text("不属于受理范围")})
			o.impostor("bad")
		}, "workflow", "runs although the case is declined", false},
		"a workflow that says nothing": {func(o *office) {
			o.lose("bad")
			o.sql(`UPDATE cases SET wake_at = '2027-01-01' WHERE id = 'bad'`)
			o.impostor("bad")
		}, "workflow", "can't say its state", false},
		"a workflow behind the ledger": {func(o *office) {
			o.unheard(o.state("bad").Case, clerk, casefile.Command{Kind: casefile.Forward})
		}, "workflow", "is at event 1, the ledger at 2", false},
		"a term that has been changed": {func(o *office) {
			o.sql(`UPDATE terms SET due_at = due_at + interval '1 day' WHERE case_id = 'bad' AND clock = 'REG-FORWARD'`)
		}, "store", "its terms, endings or standings", false},
		"a step that was not taken": {func(o *office) {
			o.sql(`UPDATE cases SET wake_at = '2020-01-01' WHERE id = 'bad'`)
		}, "store", "its planned step has passed", false},
		"a silent case": {func(o *office) {
			o.sql(`DELETE FROM steps WHERE case_id = 'bad'`)
		}, "store", "nothing is planned for it", false},
		"a row without a ledger": {func(o *office) {
			o.sql(`INSERT INTO cases SELECT 'odd', seq, 'odd', NULL, title, origin, campaign, office, unit, accused_unit, accused_official, stage, false, supervision,
				upper, lower, registered_at, yellow_at, red_at, overdue_at, final_lamp, wake_at, calendar, state FROM cases WHERE id = 'bad'`)
		}, "store", "case odd: has a row but no ledger", true},
		"a number left out": {func(o *office) {
			o.sql(`UPDATE registers SET last = last + 1`)
		}, "store", "last number is 3, but 2 cases have one", true},
		"a changed row": {func(o *office) {
			o.sql(`UPDATE cases SET unit = '232701-zj' WHERE id = 'bad'`)
		}, "store", `unit is "232701-zj" where the ledger folds to "232701-rs"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t, autumn())
			o.staff()
			o.do("good", clerk, o.registration())
			o.do("bad", clerk, o.registration())
			o.verified()
			c.harm(o)
			id := "bad"
			if c.ofNoSingleCase {
				id = ""
			}
			o.differs(id, c.what, c.detail)
		})
	}
}

// impostor runs a workflow of another make under a case's id.
func (o *office) impostor(id string) {
	o.t.Helper()
	sleeper := func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }
	w := sdkworker.New(o.temporal, "impostors", sdkworker.Options{})
	w.RegisterWorkflowWithOptions(sleeper, workflow.RegisterOptions{Name: "Sleeper"})
	if err := w.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(w.Stop)
	options := client.StartWorkflowOptions{ID: workflows.CaseWorkflowID(id), TaskQueue: "impostors"}
	if _, err := o.temporal.ExecuteWorkflow(o.t.Context(), options, "Sleeper"); err != nil {
		o.t.Fatal(err)
	}
}

// In a rehearsal the five minutes that a step may be late are over in an instant. A case
// whose steps are all taken is not late for that.
func TestVerifyInRehearsal(t *testing.T) {
	t.Parallel()
	o := rehearse(t, 50*time.Millisecond)
	o.staff()
	for _, id := range []string{"a", "b", "c"} {
		o.do(id, clerk, o.registration())
	}
	for range 5 {
		for _, d := range o.differences() {
			if strings.Contains(d.Detail, "planned step") {
				t.Errorf("verify: %+v", d)
			}
		}
	}
}

// Verify changes nothing, and counts what it has seen.
func TestVerifyCounts(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Clock{})
	o.staff()
	for _, id := range []string{"a", "b"} {
		o.do(id, clerk, o.registration())
	}
	before := len(o.history("a"))
	differences := 0
	v := &verify.Verifier{Store: o.store, Engine: o.engine, Clock: o.acts.Clock, Report: func(verify.Difference) { differences++ }}
	checked, err := v.All(t.Context())
	if checked != 2 || differences != 0 || err != nil {
		t.Errorf("%d checked, %d differences, %v; want 2, 0 and none", checked, differences, err)
	}
	if after := len(o.history("a")); after != before {
		t.Errorf("verify left %d events in a history", after-before)
	}
}
