package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"shuangze/casefile"
)

// ErrUnavailable says that Temporal or a worker did not answer in time. Whether the command
// was taken is unknown; giving it again with the same id is safe and tells.
var ErrUnavailable = errors.New("the engine did not answer in time")

// ErrNoWorkflow says that no workflow runs for the case.
var ErrNoWorkflow = errors.New("no workflow runs for this case")

// Engine is how everything outside the workflows reaches them.
type Engine struct {
	Temporal client.Client
	// Patience is how long a command may take; 0 means ten seconds.
	Patience time.Duration
}

// Register starts a case's workflow with its first command. A refusal is an
// *casefile.Error.
func (e Engine) Register(ctx context.Context, caseID string, cmd casefile.Command) (Answer, error) {
	return e.start(ctx, CaseInput{Case: casefile.Case{ID: caseID}}, cmd)
}

// Command gives a command to a running case. ErrNoWorkflow when there is none.
func (e Engine) Command(ctx context.Context, caseID string, cmd casefile.Command) (Answer, error) {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	return insist(ctx, func() (client.WorkflowUpdateHandle, error) {
		return e.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			WorkflowID: CaseWorkflowID(caseID), UpdateID: cmd.ID, UpdateName: CommandUpdate, Args: []any{cmd}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
	})
}

// Resume gives a command to a case that the ledger knows, starting its workflow anew
// from there if none runs.
func (e Engine) Resume(ctx context.Context, c casefile.Case, cmd casefile.Command) (Answer, error) {
	return e.start(ctx, CaseInput{Case: c}, cmd)
}

func (e Engine) start(ctx context.Context, in CaseInput, cmd casefile.Command) (Answer, error) {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	return insist(ctx, func() (client.WorkflowUpdateHandle, error) {
		start := e.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: CaseWorkflowID(in.Case.ID), TaskQueue: TaskQueue,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, // Postgres refuses a second registration
			TypedSearchAttributes:    attributes(in.Case, cmd),
			StaticSummary:            summary(in.Case, cmd),
		}, CaseType, in)
		return e.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start,
			UpdateOptions: client.UpdateWorkflowOptions{
				WorkflowID: CaseWorkflowID(in.Case.ID), UpdateID: cmd.ID, UpdateName: CommandUpdate, Args: []any{cmd}, WaitForStage: client.WorkflowUpdateStageCompleted,
			},
		})
	})
}

// Broadcast starts the workflow of a broadcast that stands in the store, unless it runs
// already.
func (e Engine) Broadcast(ctx context.Context, in BroadcastInput) error {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	_, err := e.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: BroadcastWorkflowID(in.ID), TaskQueue: TaskQueue, StaticSummary: fmt.Sprintf("%s · %d", in.Kind, in.Total),
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, // it may have been ended by hand
	}, BroadcastType, in)
	if err != nil {
		return classify(ctx, err)
	}
	return nil
}

// CancelBroadcast stops a broadcast and returns when nothing of it is under way any
// more. ErrNoWorkflow when it has ended.
func (e Engine) CancelBroadcast(ctx context.Context, id, by string) error {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	handle, err := e.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: BroadcastWorkflowID(id), UpdateName: CancelUpdate, Args: []any{Cancellation{By: by}}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return classify(ctx, err)
	}
	return nil
}

// State asks a case's running workflow for its state.
func (e Engine) State(ctx context.Context, caseID string) (State, error) {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	var state State
	value, err := e.Temporal.QueryWorkflow(ctx, CaseWorkflowID(caseID), "", StateQuery)
	if err != nil {
		return state, classify(ctx, err)
	}
	return state, value.Get(&state)
}

func (e Engine) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	patience := e.Patience
	if patience == 0 {
		patience = 10 * time.Second
	}
	return context.WithTimeout(ctx, patience)
}

// attributes are those with which a case is expected to come out of its first
// command, so that they rarely need setting again.
func attributes(c casefile.Case, cmd casefile.Command) temporal.SearchAttributes {
	s := shownOf(c)
	if cmd.Registration != nil {
		s.unit, s.stage = cmd.Registration.Unit, casefile.Registered
		if cmd.Registration.OnTheSpot {
			s.stage = casefile.Handling
		}
	}
	return temporal.NewSearchAttributes(CaseStage.ValueSet(string(s.stage)), CaseUnit.ValueSet(s.unit), CaseSupervision.ValueSet(string(s.supervision)))
}

func summary(c casefile.Case, cmd casefile.Command) string {
	if cmd.Registration != nil {
		return cmd.Registration.Origin + " → " + cmd.Registration.Unit
	}
	return c.Number + " → " + c.Unit
}

// insist gives a command again that the engine has dropped: a workflow that ends with a
// command, just when its timer rings or another command comes, fails its task, and the
// server drops what was in it. The command may stand in the ledger by then; given again
// with its id it is answered from there.
func insist(ctx context.Context, give func() (client.WorkflowUpdateHandle, error)) (Answer, error) {
	const pause = 20 * time.Millisecond
	for {
		handle, err := give()
		a, err := answer(ctx, handle, err)
		var dropped *serviceerror.WorkflowNotReady
		if !errors.As(err, &dropped) {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, err
		case <-time.After(pause):
		}
	}
}

func answer(ctx context.Context, handle client.WorkflowUpdateHandle, err error) (Answer, error) {
	var a Answer
	if err == nil {
		err = handle.Get(ctx, &a)
	}
	if err != nil {
		return a, classify(ctx, err)
	}
	if a.Refusal != nil {
		return a, a.Refusal
	}
	return a, nil
}

// classify sorts the engine's errors into refusals, a missing workflow, and an
// engine that is away.
func classify(ctx context.Context, err error) error {
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && refused.Type() == RefusalType {
		var refusal *casefile.Error
		if refused.Details(&refusal) == nil && refusal != nil {
			return refusal
		}
	}
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return ErrNoWorkflow
	}
	var (
		timeout     *client.WorkflowUpdateServiceTimeoutOrCanceledError
		unavailable *serviceerror.Unavailable
		deadline    *serviceerror.DeadlineExceeded
		exhausted   *serviceerror.ResourceExhausted
		dropped     *serviceerror.WorkflowNotReady
	)
	if ctx.Err() != nil || errors.As(err, &dropped) || errors.As(err, &timeout) || errors.As(err, &unavailable) || errors.As(err, &deadline) || errors.As(err, &exhausted) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// Running reports whether a workflow runs for the case.
func (e Engine) Running(ctx context.Context, caseID string) (bool, error) {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	d, err := e.Temporal.DescribeWorkflowExecution(ctx, CaseWorkflowID(caseID), "")
	if err != nil {
		if err = classify(ctx, err); errors.Is(err, ErrNoWorkflow) {
			return false, nil
		}
		return false, err
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}
