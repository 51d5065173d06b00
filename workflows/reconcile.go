package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// ReconcileActivity wakes stalled cases and sweeps unused texts.
const ReconcileActivity = "Reconcile"

// Reconcile is the net under the timers, run by a Schedule: whatever happened to a
// timer or a workflow, a planned step is missed by minutes, never for good. Its
// result is how many cases it woke.
func Reconcile(ctx workflow.Context) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute,
		HeartbeatTimeout:    30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3}, // the next run comes in a minute
	})
	var woken int
	err := workflow.ExecuteActivity(ctx, ReconcileActivity).Get(ctx, &woken)
	return woken, err
}
