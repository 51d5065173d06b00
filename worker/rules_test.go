package worker_test

import (
	"testing"

	"go.temporal.io/api/enums/v1"

	"shuangze/casefile"
)

// A case goes on with a worker that has other rules: what was decided stays decided,
// and the history replays.
func TestChangedRules(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	old := o.staff()
	before := o.onTheSpot("case")
	o.do("case", handling, o.report("正在核实"))
	old.Stop()

	o.acts.Policy = withLengths(t, map[string]int{"HANDLE": 20, "DUAL-ACT": 7})
	o.staff()
	after := o.do("case", handling, o.report("正在研究处理方案"))
	for _, id := range []string{"HANDLE", "DUAL-ACT/upper", "DUAL-ACT/lower"} {
		was, _ := before.Clock(id)
		if is, _ := after.Clock(id); was.Due != is.Due || is.Due.Internal.IsZero() {
			t.Errorf("%s was due %v and is due %v under the new rules", id, was.Due, is.Due)
		}
	}
	// A clock that starts now goes by the new rules.
	opinion := o.text("支持信访人的请求")
	o.do("case", handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	signed := o.do("case", lower, casefile.Command{Kind: casefile.Sign, Hash: opinion.Hash})
	if k, _ := signed.Clock("DUAL-ACT/lower"); k.Length != 7 {
		t.Errorf("the clock of the lower leader's act is %d days long, want 7", k.Length)
	}
	o.do("case", upper, casefile.Command{Kind: casefile.Sign, Hash: opinion.Hash})
	o.do("case", handling, casefile.Command{Kind: casefile.Serve, Means: "mail"})
	o.close("case")
	if k, _ := o.onTheSpot("new").Clock("HANDLE"); k.Length != 20 {
		t.Errorf("a new case has %d days, want 20", k.Length)
	}

	events := o.history("case")
	for _, e := range events {
		if failed := e.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			t.Errorf("event %d: the workflow task failed: %v", e.GetEventId(), failed.GetFailure().GetMessage())
		}
	}
	// The second worker had nothing of the first one's in memory.
	workers := map[string]bool{}
	for _, e := range events {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_STARTED {
			workers[e.GetWorkflowTaskStartedEventAttributes().GetIdentity()] = true
		}
	}
	if len(workers) != 2 {
		t.Errorf("%d workers had a part in the case, want 2", len(workers))
	}
	o.verified()
}
