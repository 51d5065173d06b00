package worker_test

import (
	"testing"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/workflows"
)

// history reads a case's whole history.
func (o *office) history(id string) []*history.HistoryEvent {
	o.t.Helper()
	var events []*history.HistoryEvent
	it := o.temporal.GetWorkflowHistory(o.t.Context(), workflows.CaseWorkflowID(id), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			o.t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

func TestLifecycle(t *testing.T) {
	o := open(t, casetime.Clock{})
	o.staff()
	id := uuid.NewString()
	first := o.registration()
	first.Registration.OnTheSpot = true
	first.Upper, first.Lower = upper, lower
	o.do(id, super, first)
	o.do(id, lower, casefile.Command{Kind: casefile.Acknowledge})
	o.do(id, upper, casefile.Command{Kind: casefile.Acknowledge})
	opinion := o.text("支持信访人的请求")
	o.do(id, handling, casefile.Command{Kind: casefile.Opine, Result: "support", Text: opinion})
	o.do(id, lower, casefile.Command{Kind: casefile.Sign, Hash: opinion.Hash})
	o.do(id, upper, casefile.Command{Kind: casefile.Sign, Hash: opinion.Hash})
	o.do(id, handling, casefile.Command{Kind: casefile.Serve, Means: "direct"})
	c := o.do(id, super, casefile.Command{Kind: casefile.Close})
	if c.Stage != casefile.Closed {
		t.Errorf("stage = %s, want closed", c.Stage)
	}
	// The floor that the design's trial set for eight commands.
	if events := o.history(id); len(events) > 58 {
		for _, e := range events {
			t.Log(e.GetEventId(), e.GetEventType())
		}
		t.Errorf("%d history events, want at most 58", len(events))
	} else {
		t.Logf("%d history events", len(events))
	}
	o.verified()
}
