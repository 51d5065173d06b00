package worker_test

import (
	"testing"

	"go.temporal.io/api/enums/v1"

	"shuangze/casefile"
	"shuangze/store"
)

// Rules put in force while a case is open move what they can without making anybody late,
// by one broadcast in the name of whoever published them; what was decided stays decided,
// and the history replays.
func TestChangedRules(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	old := o.staff()
	before := o.onTheSpot("case")
	o.do("case", handling, o.report("正在核实"))
	old.Stop()

	published := o.publish(withLengths(t, map[string]int{"HANDLE": 20, "DUAL-ACT": 7}))
	o.staff()
	o.until("the broadcast's end", func() bool {
		b, err := o.store.Broadcast(t.Context(), published.Broadcast)
		return err == nil && b.State == store.BroadcastDone
	})
	after := o.read("case")
	for id, days := range map[string]int{"HANDLE": 20, "DUAL-ACT/upper": 7, "DUAL-ACT/lower": 7} {
		was, _ := before.Clock(id)
		if is, _ := after.Clock(id); is.Due != o.rules().Calendar.Due(was.From, days, was.Unit) || is.Due == was.Due {
			t.Errorf("%s was due %v and is due %v under the new rules", id, was.Due, is.Due)
		}
	}
	moves := 0
	for _, e := range o.events("case") {
		if e.Kind == casefile.EventRecalculated {
			moves++
			if e.Actor.ID != "o161" || e.Document == nil || e.Rule != "rules 1, calendar "+o.rules().Calendar.Version() {
				t.Errorf("recalculated by %s under %q with the text %v", e.Actor.ID, e.Rule, e.Document)
			}
		}
	}
	if moves != 1 {
		t.Errorf("recalculated %d times, want once", moves)
	}
	// A clock that starts now goes by the new rules.
	opinion := o.text("支持信访人的请求")
	o.do("case", handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	signed := o.do("case", lower, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	if k, _ := signed.Clock("DUAL-ACT/lower"); k.Length != 7 {
		t.Errorf("the clock of the lower leader's act is %d days long, want 7", k.Length)
	}
	o.do("case", upper, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
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
