package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"shuangze/workflows"
)

// rounds is a broadcast whose batches come to f; it counts what else is done.
type rounds struct {
	env                          *testsuite.TestWorkflowEnvironment
	batches, cancelled, finished int
}

func newRounds(batch func(r *rounds) (more bool, err error)) *rounds {
	var suite testsuite.WorkflowTestSuite
	r := &rounds{env: suite.NewTestWorkflowEnvironment()}
	r.env.RegisterWorkflowWithOptions(workflows.Broadcast, workflow.RegisterOptions{Name: workflows.BroadcastType})
	r.env.RegisterActivityWithOptions(func(context.Context, string) (bool, error) {
		r.batches++
		return batch(r)
	}, activity.RegisterOptions{Name: workflows.BroadcastBatchActivity})
	r.env.RegisterActivityWithOptions(func(context.Context, string, workflows.Cancellation) error {
		r.cancelled++
		return nil
	}, activity.RegisterOptions{Name: workflows.BroadcastCancelActivity})
	r.env.RegisterActivityWithOptions(func(context.Context, string) error {
		r.finished++
		return nil
	}, activity.RegisterOptions{Name: workflows.BroadcastFinishActivity})
	return r
}

var input = workflows.BroadcastInput{ID: "b", Kind: "urge", Total: 9000}

// A long broadcast goes on in a new run, which knows which one it is.
func TestBroadcastContinues(t *testing.T) {
	t.Parallel()
	r := newRounds(func(r *rounds) (bool, error) {
		r.env.SetContinueAsNewSuggested(r.batches == 3)
		return true, nil
	})
	r.env.ExecuteWorkflow(workflows.BroadcastType, input)
	var again *workflow.ContinueAsNewError
	if err := r.env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("the run ends with %v", err)
	}
	var next workflows.BroadcastInput
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil || next != input {
		t.Errorf("the new run starts with %+v, %v", next, err)
	}
	if r.batches != 3 || r.finished != 0 {
		t.Errorf("%d batches, finished %d times", r.batches, r.finished)
	}
}

// The last batch ends it, also where a new run is suggested.
func TestBroadcastEnds(t *testing.T) {
	t.Parallel()
	r := newRounds(func(r *rounds) (bool, error) {
		r.env.SetContinueAsNewSuggested(r.batches == 3)
		return r.batches < 3, nil
	})
	r.env.ExecuteWorkflow(workflows.BroadcastType, input)
	if err := r.env.GetWorkflowError(); err != nil || r.batches != 3 || r.finished != 1 {
		t.Errorf("%v; %d batches, finished %d times", err, r.batches, r.finished)
	}
}

// Cancelled while a batch fails again and again, it doesn't wait for that to end.
func TestBroadcastCancelledInOutage(t *testing.T) {
	t.Parallel()
	r := newRounds(func(*rounds) (bool, error) { return false, errors.New("the engine is away") })
	a := &answer{}
	r.env.RegisterDelayedCallback(func() {
		r.env.UpdateWorkflow(workflows.CancelUpdate, "cancel", a, workflows.Cancellation{By: "o010"})
	}, 20*time.Second) // the test environment gives up after ten attempts
	r.env.ExecuteWorkflow(workflows.BroadcastType, input)
	if err := r.env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if !a.done.Load() || a.err != nil || r.cancelled != 1 || r.finished != 1 || r.batches < 2 {
		t.Errorf("done %t, %v; noted %d times, finished %d times after %d attempts", a.done.Load(), a.err, r.cancelled, r.finished, r.batches)
	}
}
