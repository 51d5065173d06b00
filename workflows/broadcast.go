package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The activities of a broadcast.
const (
	BroadcastBatchActivity  = "BroadcastBatch"  // gives the command to the next cases
	BroadcastCancelActivity = "BroadcastCancel" // notes that it is cancelled
	BroadcastFinishActivity = "BroadcastFinish" // ends it
)

// BroadcastHeartbeat is how long a batch may be silent before another worker takes it up.
const BroadcastHeartbeat = 15 * time.Second

// Broadcast gives one command to a selection of cases, batch by batch. The selection and
// what became of each case lie in the store, and so does whose turn it is: whatever
// happens to a worker, the next one goes on from there.
func Broadcast(ctx workflow.Context, in BroadcastInput) error {
	r := &broadcastRun{in: in}
	if err := r.setup(ctx); err != nil {
		return err
	}
	return r.run(ctx)
}

type broadcastRun struct {
	in        BroadcastInput
	batches   workflow.Context // of the batches alone
	stop      workflow.CancelFunc
	cancelled bool
	finished  bool
}

func (r *broadcastRun) setup(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 15 * time.Minute,
		HeartbeatTimeout:    BroadcastHeartbeat,
		WaitForCancellation: true, // what it has in hand comes to a result
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 30 * time.Second},
	})
	r.batches, r.stop = workflow.WithCancel(ctx)
	return workflow.SetUpdateHandlerWithOptions(ctx, CancelUpdate, r.cancel, workflow.UpdateHandlerOptions{
		Description: "No further case gets the command; answered when nothing is under way any more.",
	})
}

func (r *broadcastRun) run(ctx workflow.Context) error {
	for more := true; more && !r.cancelled; {
		err := workflow.ExecuteActivity(r.batches, BroadcastBatchActivity, r.in.ID).Get(ctx, &more)
		if err != nil && !r.cancelled {
			return err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && more && !r.cancelled {
			settled := func() bool { return workflow.AllHandlersFinished(ctx) || r.cancelled }
			if err := workflow.Await(ctx, settled); err != nil {
				return err
			}
			if !r.cancelled {
				return workflow.NewContinueAsNewError(ctx, BroadcastType, r.in)
			}
		}
	}
	if err := workflow.ExecuteActivity(quick(ctx), BroadcastFinishActivity, r.in.ID).Get(ctx, nil); err != nil {
		return err
	}
	r.finished = true
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// cancel is the handler of CancelUpdate.
func (r *broadcastRun) cancel(ctx workflow.Context, by Cancellation) error {
	if err := workflow.ExecuteActivity(quick(ctx), BroadcastCancelActivity, r.in.ID, by).Get(ctx, nil); err != nil {
		return err
	}
	r.cancelled = true
	r.stop()
	return workflow.Await(ctx, func() bool { return r.finished })
}

// quick is for activities that write one thing.
func quick(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 30 * time.Second},
	})
}
