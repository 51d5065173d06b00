package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"shuangze/casefile"
	"shuangze/workflows"
)

// What the real server can't be made to do at will. All else is tested on it, in worker.

// execute stands for the rules and the database.
type execute func(context.Context, workflows.ExecuteInput) (workflows.ExecuteResult, error)

// stage sets up a Case workflow whose commands come to f.
func stage(t *testing.T, f execute) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(workflows.Case, workflow.RegisterOptions{Name: workflows.CaseType})
	env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: workflows.ExecuteActivity})
	return env
}

// answer is what became of an update.
type answer struct {
	refused error
	done    atomic.Bool
	got     workflows.Answer
	err     error
}

func (a *answer) Accept()          {}
func (a *answer) Reject(err error) { a.refused = err }
func (a *answer) Complete(got any, err error) {
	a.got, _ = got.(workflows.Answer)
	a.err = err
	a.done.Store(true)
}

func give(env *testsuite.TestWorkflowEnvironment, after time.Duration, id string, kind casefile.Kind) *answer {
	a := &answer{}
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(workflows.CommandUpdate, id, a, casefile.Command{Kind: kind, Actor: casefile.Actor{ID: "o007", Role: casefile.Registrar}})
	}, after)
	return a
}

var registered = casefile.Case{ID: "case", Stage: casefile.Registered, Unit: "232701-rs", Number: "2327-xf-2026-000001"}

func event(c casefile.Case, kind casefile.EventKind) []casefile.Event {
	e := casefile.Event{Seq: c.Seq + 1, Kind: kind}
	if kind == casefile.EventRegistered {
		e.Case = &registered
	}
	return []casefile.Event{e}
}

// A worker whose clock is behind the server's finds nothing to do when the timer rings.
// It looks again every second, and not as fast as it can.
func TestEarlyTick(t *testing.T) {
	t.Parallel()
	const behind = 30 * time.Second
	var env *testsuite.TestWorkflowEnvironment
	var due time.Time
	ticks := 0
	env = stage(t, func(_ context.Context, in workflows.ExecuteInput) (workflows.ExecuteResult, error) {
		if in.Command.Kind == casefile.Register {
			due = env.Now().Add(time.Hour)
			return workflows.ExecuteResult{Events: event(in.Case, casefile.EventRegistered), Alarm: workflows.Alarm{At: due, For: "REM"}}, nil
		}
		if ticks++; ticks > 1000 {
			return workflows.ExecuteResult{Events: event(in.Case, casefile.EventDeclined)}, nil
		}
		if env.Now().Add(-behind).Before(due) {
			return workflows.ExecuteResult{Alarm: workflows.Alarm{At: due, For: "REM"}}, nil
		}
		return workflows.ExecuteResult{Events: event(in.Case, casefile.EventDeclined)}, nil
	})
	give(env, 0, "first", casefile.Register)
	env.ExecuteWorkflow(workflows.CaseType, workflows.CaseInput{Case: casefile.Case{ID: "case"}})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if want := int(behind/time.Second) + 1; ticks < 2 || ticks > want {
		t.Errorf("%d ticks until the worker's clock had come so far, want at most %d", ticks, want)
	}
}

// When the local attempts are used up an ordinary activity goes on, with the same
// command, and the caller gets its answer.
func TestFallback(t *testing.T) {
	t.Parallel()
	local, ordinary := 0, 0
	env := stage(t, func(ctx context.Context, in workflows.ExecuteInput) (workflows.ExecuteResult, error) {
		if in.Command.ID != "first" {
			return workflows.ExecuteResult{}, fmt.Errorf("command %s", in.Command.ID)
		}
		if activity.GetInfo(ctx).IsLocalActivity {
			local++
			return workflows.ExecuteResult{}, errors.New("no database")
		}
		if ordinary++; ordinary < 5 {
			return workflows.ExecuteResult{}, errors.New("no database yet")
		}
		return workflows.ExecuteResult{Events: append(event(in.Case, casefile.EventRegistered), casefile.Event{Seq: 2, Kind: casefile.EventDeclined})}, nil
	})
	a := give(env, 0, "first", casefile.Register)
	env.ExecuteWorkflow(workflows.CaseType, workflows.CaseInput{Case: casefile.Case{ID: "case"}})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	if local == 0 || local > 3 || ordinary != 5 {
		t.Errorf("%d local attempts and %d ordinary, want some three and 5", local, ordinary)
	}
	if a.err != nil || a.got.Seq != 2 {
		t.Errorf("the answer is %+v, %v", a.got, a.err)
	}
	var stage casefile.Stage
	if err := env.GetWorkflowResult(&stage); err != nil || stage != casefile.Declined {
		t.Errorf("the result is %q, %v", stage, err)
	}
}

// A new run begins only when every command taken in has its answer, and takes along
// what they changed.
func TestNewRunWaits(t *testing.T) {
	t.Parallel()
	env := stage(t, nil)
	alarm := workflows.Alarm{At: env.Now().Add(90 * 24 * time.Hour).UTC(), For: "HANDLE REM-T7"}
	env = stage(t, func(_ context.Context, in workflows.ExecuteInput) (workflows.ExecuteResult, error) {
		if in.Command.ID == "slow" {
			env.SetContinueAsNewSuggested(true) // from here on, while two commands wait
			time.Sleep(50 * time.Millisecond)
		}
		return workflows.ExecuteResult{Events: event(in.Case, casefile.EventReported), Alarm: alarm}, nil
	})
	forwarded := registered
	forwarded.Stage, forwarded.Seq = casefile.Forwarded, 7
	var answers []*answer
	for _, id := range []string{"slow", "second", "third"} {
		answers = append(answers, give(env, 0, id, casefile.Report))
	}
	env.ExecuteWorkflow(workflows.CaseType, workflows.CaseInput{Case: forwarded, Alarm: alarm})
	for i, a := range answers {
		if !a.done.Load() || a.err != nil || a.refused != nil || a.got.Seq != int64(8+i) {
			t.Errorf("command %d: done %t, %+v, %v, %v", i, a.done.Load(), a.got, a.err, a.refused)
		}
	}
	var again *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatalf("the run ends with %v", err)
	}
	var next workflows.CaseInput
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil {
		t.Fatal(err)
	}
	if next.Case.Seq != 10 || next.Case.Stage != casefile.Forwarded || next.Alarm != alarm {
		t.Errorf("the new run starts with %+v", next)
	}
}

// The validator refuses what the stage doesn't allow, but never the clock's tick.
func TestValidator(t *testing.T) {
	t.Parallel()
	var env *testsuite.TestWorkflowEnvironment
	executed := 0
	env = stage(t, func(_ context.Context, in workflows.ExecuteInput) (workflows.ExecuteResult, error) {
		executed++
		return workflows.ExecuteResult{Events: event(in.Case, casefile.EventDeclined)}, nil
	})
	refused := give(env, 0, "sign", casefile.Sign)
	unknown := give(env, 0, "unknown", "forget")
	tick := give(env, time.Minute, "tick", casefile.Tick)
	env.ExecuteWorkflow(workflows.CaseType, workflows.CaseInput{Case: registered})
	if refused.refused == nil || unknown.refused == nil || refused.done.Load() || unknown.done.Load() {
		t.Errorf("refused with %v and %v", refused.refused, unknown.refused)
	}
	if tick.refused != nil || !tick.done.Load() || executed != 1 {
		t.Errorf("the tick: refused %v, done %t, %d executed", tick.refused, tick.done.Load(), executed)
	}

	// Not even where no case is known: its registration may be in the ledger.
	env = stage(t, func(_ context.Context, in workflows.ExecuteInput) (workflows.ExecuteResult, error) {
		return workflows.ExecuteResult{Events: append(event(in.Case, casefile.EventRegistered), casefile.Event{Seq: 2, Kind: casefile.EventDeclined})}, nil
	})
	tick = give(env, 0, "tick", casefile.Tick)
	env.ExecuteWorkflow(workflows.CaseType, workflows.CaseInput{Case: casefile.Case{ID: "case"}})
	if tick.refused != nil || tick.got.Seq != 2 {
		t.Errorf("the tick of an unknown case: refused %v, %+v", tick.refused, tick.got)
	}
}
