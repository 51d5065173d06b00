package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"shuangze/casefile"
	"shuangze/store"
	"shuangze/workflows"
)

// How a broadcast goes about it: so many cases in one activity, so long from one to the
// next at least (20 a second), so long for a case to answer, and so often.
const (
	broadcastBatch    = 50
	broadcastPace     = time.Second / 20
	broadcastPatience = 10 * time.Second // less than workflows.BroadcastHeartbeat
	broadcastAttempts = 5
)

// BroadcastBatch gives a broadcast's command to the next cases whose turn it is, and says
// whether more may be left. A case's refusal is its result. When the engine or the
// database doesn't answer the batch fails, and its next attempt goes on with the others.
func (a *Activities) BroadcastBatch(ctx context.Context, id string) (more bool, err error) {
	b, err := a.Store.Broadcast(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, temporal.NewNonRetryableApplicationError("there is no broadcast "+id, brokenType, err)
	}
	if err != nil {
		return false, err
	}
	pace := time.NewTicker(broadcastPace)
	defer pace.Stop()
	for range broadcastBatch {
		next, err := a.Store.NextOfBroadcast(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		activity.RecordHeartbeat(ctx, next.Position)
		// What is begun comes to a result, whatever is cancelled meanwhile.
		if err := a.broadcast(context.WithoutCancel(ctx), b, next); err != nil {
			return false, err
		}
		select {
		case <-pace.C:
		case <-activity.GetWorkerStopChannel(ctx):
			return true, nil // another worker goes on
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return true, nil
}

// broadcast gives a broadcast's command to one case and records what became of it.
func (a *Activities) broadcast(ctx context.Context, b store.Broadcast, next store.BroadcastCase) error {
	err := a.give(ctx, b, next)
	var refusal *casefile.Error
	var broken *temporal.ApplicationError
	next.At = a.Clock.Now()
	switch {
	case err == nil:
		next.Result = store.Done
	case errors.As(err, &refusal):
		next.Result, next.Refusal = store.Refused, refusal
	case errors.As(err, &broken) && broken.Type() == brokenType:
		next.Result, next.Refusal = store.Failed, casefile.LedgerBroken()
	default:
		if missed := a.Store.MissBroadcast(ctx, b.ID, next.Position); missed != nil {
			return errors.Join(err, missed)
		}
		// Where the engine answers for a case that never does, the case must not hold up
		// the broadcast for ever.
		if next.Attempts+1 < broadcastAttempts {
			return err
		}
		if _, away := a.Engine.Running(ctx, next.Case); away != nil {
			return err
		}
		next.Result, next.Refusal = store.Failed, casefile.NoAnswer()
	}
	if next.Result == store.Failed {
		a.Log.ErrorContext(ctx, "broadcast to case", "broadcast", b.ID, "case", next.Case, "error", err)
	}
	return a.Store.AnswerBroadcast(ctx, b.ID, next)
}

// give gives a broadcast's command to a case that does not have it yet.
func (a *Activities) give(ctx context.Context, b store.Broadcast, next store.BroadcastCase) error {
	// The case may have ended since it had it, and would then refuse it.
	_, _, err := a.Store.Command(ctx, next.Case, next.Command)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	row, err := a.Store.Case(ctx, next.Case)
	if err != nil {
		return err
	}
	cmd := b.Command
	cmd.ID, cmd.Seen = next.Command, row.Case.Seq
	if cmd.Text, err = a.Store.CopyText(ctx, cmd.Text, cmd.ID); err != nil {
		return err
	}
	engine := a.Engine
	engine.Patience = min(cmp.Or(engine.Patience, broadcastPatience), broadcastPatience)
	_, err = engine.Command(ctx, next.Case, cmd)
	if !errors.Is(err, workflows.ErrNoWorkflow) {
		return err
	}
	// One that has ended refuses; one that should have a workflow gets it back.
	if row, err = a.Store.Case(ctx, next.Case); err != nil {
		return err
	}
	if refusal := casefile.Admit(row.Case, cmd); refusal != nil {
		return refusal
	}
	_, err = engine.Resume(ctx, row.Case, cmd)
	return err
}

// BroadcastCancel notes who cancelled a broadcast that still runs.
func (a *Activities) BroadcastCancel(ctx context.Context, id string, by workflows.Cancellation) error {
	return a.Store.CancelBroadcast(ctx, id, by.By, a.Clock.Now())
}

// BroadcastFinish ends a broadcast; what is left of a cancelled one is skipped.
func (a *Activities) BroadcastFinish(ctx context.Context, id string) error {
	return a.Store.FinishBroadcast(ctx, id, a.Clock.Now())
}

// restart starts the workflow of every broadcast that runs and has none.
func (a *Activities) restart(ctx context.Context) error {
	running, err := a.Store.RunningBroadcasts(ctx)
	if err != nil {
		return err
	}
	for _, b := range running {
		if err := a.Engine.Broadcast(ctx, workflows.BroadcastInput{ID: b.ID, Kind: b.Command.Kind, Total: b.Total}); err != nil {
			return fmt.Errorf("start broadcast %s: %w", b.ID, err)
		}
	}
	return nil
}
