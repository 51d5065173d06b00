package worker_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"

	"shuangze/casefile"
	"shuangze/workflows"
)

// A case that has more history than the server likes goes on in a new run, and nobody
// notices: some seven hundred reports, several at a time, across the boundary.
func TestNewRun(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	first := o.run("case")
	early := o.report("正在核实")
	early.ID = uuid.NewString()
	o.do("case", handling, early)
	alarm := o.state("case").Alarm

	const atATime = 4
	given := 1
	for o.run("case") == first {
		if given > 2000 {
			t.Fatalf("after %d reports and %d history events the case is in its first run", given, len(o.history("case")))
		}
		var g errgroup.Group
		for range atATime {
			g.Go(func() error {
				for range 10 {
					if err := o.try("case", handling, casefile.Command{Kind: casefile.Report, Text: early.Text}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		given += atATime * 10
	}
	t.Logf("%d reports, %d history events", given, len(o.historyOf(workflows.CaseWorkflowID("case"), first)))

	state := o.state("case")
	if n := kinds(o.events("case"))[casefile.EventReported]; n != given {
		t.Errorf("%d reports in the ledger, want %d", n, given)
	}
	if row := o.read("case"); !casefile.Equal(state.Case, row) {
		t.Errorf("the new run's state is not the case (-row +state):\n%s", cmp.Diff(row, state.Case))
	}
	if state.Alarm != alarm {
		t.Errorf("the wake-up is %v in the new run, was %v", state.Alarm, alarm)
	}
	run := o.history("case")
	if n := count(run, enums.EVENT_TYPE_TIMER_STARTED); n != 1 {
		t.Errorf("the new run has started %d timers, want 1", n)
	}
	oneTimer(t, run)

	// What Temporal knew of the first run's commands is gone; the ledger is not.
	o.do("case", handling, early)
	if n := kinds(o.events("case"))[casefile.EventReported]; n != given {
		t.Errorf("%d reports after the first was repeated, want %d", n, given)
	}
	o.attributes("case", map[string]string{"CaseStage": "forwarded", "CaseUnit": "232701-rs", "CaseSupervision": "none"})
	o.do("case", handling, casefile.Command{Kind: casefile.Accept})
	o.attributes("case", map[string]string{"CaseStage": "handling", "CaseUnit": "232701-rs", "CaseSupervision": "none"})
	o.verified()
}

// attributes fails the test unless the case's workflow has these search attributes.
func (o *office) attributes(id string, want map[string]string) {
	o.t.Helper()
	d, err := o.temporal.DescribeWorkflowExecution(o.t.Context(), workflows.CaseWorkflowID(id), "")
	if err != nil {
		o.t.Fatal(err)
	}
	got := map[string]string{}
	for name, payload := range d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields() {
		if _, ours := want[name]; ours {
			var value string
			if err := converter.GetDefaultDataConverter().FromPayload(payload, &value); err != nil {
				o.t.Fatal(err)
			}
			got[name] = value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		o.t.Errorf("search attributes (-want +got):\n%s", diff)
	}
}
