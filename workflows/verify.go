package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The activities of Verify.
const (
	VerifyPartActivity = "VerifyPart" // compares the next cases
	VerifyEndActivity  = "VerifyEnd"  // compares what is no single case's, and keeps the result
)

// VerifyHeartbeat is how long a part may be silent before another worker begins it anew.
const VerifyHeartbeat = 15 * time.Second

// VerifyState is how far a run of Verify has come. What differs lies in the store.
type VerifyState struct {
	BeganAt     time.Time `json:"began_at,omitzero"` // the database's time
	After       string    `json:"after,omitempty"`   // id of the last case that was looked at
	Cases       int       `json:"cases"`
	Differences int       `json:"differences"`
	Done        bool      `json:"done,omitempty"` // no case is left
}

// Verify compares ledger, rows and workflows of every case, part by part, run by a Schedule
// each night. A worker that is lost costs its part, which another begins anew.
func Verify(ctx workflow.Context, state VerifyState) (VerifyState, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Hour,
		HeartbeatTimeout:    VerifyHeartbeat,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute}, // until the run's time is over
	})
	for !state.Done {
		if err := workflow.ExecuteActivity(ctx, VerifyPartActivity, state).Get(ctx, &state); err != nil {
			return state, err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && !state.Done {
			return state, workflow.NewContinueAsNewError(ctx, VerifyType, state)
		}
	}
	err := workflow.ExecuteActivity(ctx, VerifyEndActivity, state).Get(ctx, &state)
	return state, err
}
