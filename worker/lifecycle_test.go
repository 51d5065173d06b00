package worker_test

import (
	"testing"

	"github.com/google/uuid"

	"shuangze/casetime"
)

// A case costs at most the 58 history events of the design's trial: registration,
// two acknowledgements, opinion, two signatures, service, closure.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Clock{})
	o.staff()
	id := uuid.NewString()
	o.onTheSpot(id)
	o.settle(id)
	o.close(id)
	events := o.history(id)
	if len(events) > 58 {
		for _, e := range events {
			t.Log(e.GetEventId(), e.GetEventType())
		}
		t.Errorf("%d history events, want at most 58", len(events))
	}
	t.Logf("%d history events", len(events))
	o.verified()
}
