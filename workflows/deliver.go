package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// DeliverActivity sends what people are to be told.
const DeliverActivity = "Deliver"

// Deliver tells people what concerns them, run by a Schedule. What a run leaves undone
// the next finds: its plan and its attempts lie in the store. Its result is how many
// messages it sent.
func Deliver(ctx workflow.Context) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute,
		HeartbeatTimeout:    2 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1}, // the next run comes in a minute
	})
	var sent int
	err := workflow.ExecuteActivity(ctx, DeliverActivity).Get(ctx, &sent)
	return sent, err
}
