package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"shuangze/casefile"
)

// ExecuteActivity decides a command and writes what came of it.
const ExecuteActivity = "Execute"

// Case carries one case from registration until it is closed or declined. Commands
// come as Updates, the clock's own tick from the one timer. Its result is the stage
// in which the case ended, New if its registration was refused.
func Case(ctx workflow.Context, in CaseInput) (casefile.Stage, error) {
	r := &caseRun{c: in.Case, next: in.Alarm, mu: workflow.NewMutex(ctx), revived: in.Case.Stage != casefile.New && !in.Case.Stage.Open()}
	if err := r.setup(ctx); err != nil {
		return "", err
	}
	return r.run(ctx)
}

type caseRun struct {
	c        casefile.Case
	next     Alarm // the recorded wake-up
	alarm    alarm // the timer that stands for it
	commands int   // taken in since the start
	revived  bool  // started with a case that had ended, for a command that came after
	mu       workflow.Mutex
	shown    shown
}

// shown is what the search attributes say now.
type shown struct {
	stage       casefile.Stage
	unit        string
	supervision casefile.Supervision
}

func (r *caseRun) setup(ctx workflow.Context) error {
	r.shown = shownIn(ctx)
	r.describe(ctx)
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return State{r.c, r.next}, nil }); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, CommandUpdate, r.command, workflow.UpdateHandlerOptions{
		Description: "A person's command to the case.",
		// Refuses what the case is in no state for before it costs any history; never the
		// clock's tick, for that is how a workflow that is behind the ledger catches up.
		Validator: func(ctx workflow.Context, cmd casefile.Command) error {
			if cmd.Kind == casefile.Tick {
				return nil
			}
			if cmd.Seen > r.c.Seq {
				return nil // the ledger is ahead of this workflow: Execute will catch up first
			}
			if refusal := casefile.Admit(r.c, cmd); refusal != nil {
				return temporal.NewNonRetryableApplicationError(refusal.English, RefusalType, nil, refusal)
			}
			return nil
		},
	})
}

// RefusalType is the type of the application error in which a validator refuses; its
// details are the *casefile.Error.
const RefusalType = "refused"

func (r *caseRun) run(ctx workflow.Context) (casefile.Stage, error) {
	if r.revived {
		// The command comes with the start. Where it doesn't, there is nothing to do.
		if _, err := workflow.AwaitWithTimeout(ctx, time.Minute, func() bool { return r.commands > 0 }); err != nil {
			return r.c.Stage, err
		}
	}
	for {
		if err := workflow.Await(ctx, func() bool {
			return r.ended() || r.alarm.rang || r.alarm.at != r.next.At || r.full(ctx)
		}); err != nil {
			return r.c.Stage, err
		}
		switch {
		case r.ended():
			if err := r.settle(ctx); err != nil {
				return r.c.Stage, err
			}
			if r.ended() { // a second registration may have been waiting behind a refused one
				return r.c.Stage, nil
			}
		case r.alarm.rang:
			rang := r.alarm.at
			r.alarm = alarm{}
			if err := r.tick(ctx); err != nil {
				if ctx.Err() != nil {
					return r.c.Stage, err
				}
				// It can't be done until somebody mends the store; the case is not given up.
				workflow.GetLogger(ctx).Error("tick", "case", r.c.ID, "error", err)
				r.next.At = workflow.Now(ctx).Add(time.Hour)
			}
			if r.next.At.Equal(rang) {
				// The worker's clock is behind the server's: its time has not come there.
				r.alarm.set(ctx, r.next, early)
			}
		case r.alarm.at != r.next.At:
			r.alarm.set(ctx, r.next, 0)
		case r.full(ctx):
			if err := r.settle(ctx); err != nil {
				return r.c.Stage, err
			}
			if r.ended() {
				return r.c.Stage, nil
			}
			return "", workflow.NewContinueAsNewError(ctx, CaseType, CaseInput{r.c, r.next})
		}
	}
}

// ended reports whether nothing more can come: the case is over, or its very first
// command, the registration, was refused.
func (r *caseRun) ended() bool {
	if r.c.Stage == casefile.New {
		return r.commands > 0
	}
	return !r.c.Stage.Open()
}

func (r *caseRun) full(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// settle waits until every command taken in has been answered.
func (r *caseRun) settle(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// command is the Update handler; the Update's id is the command's. What follows an @
// tells a new attempt at a command that was refused from the first, whose answer
// Temporal would only give again.
func (r *caseRun) command(ctx workflow.Context, cmd casefile.Command) (Answer, error) {
	cmd.ID, _, _ = strings.Cut(workflow.GetCurrentUpdateInfo(ctx).ID, "@")
	result, err := r.execute(ctx, cmd)
	if err != nil {
		return Answer{}, err
	}
	return Answer{r.c.Seq, result.Refusal}, nil
}

// tick is the clock's own command.
func (r *caseRun) tick(ctx workflow.Context) error {
	_, err := r.execute(ctx, casefile.Command{ID: fmt.Sprintf("tick-%d", r.c.Seq), Kind: casefile.Tick, Actor: casefile.Clockwork})
	return err
}

// execute has one command at a time decided and folds in what came of it. The
// local activity answers in a millisecond; when the database is away for longer an
// ordinary activity waits for it, so that the history doesn't grow meanwhile.
func (r *caseRun) execute(ctx workflow.Context, cmd casefile.Command) (ExecuteResult, error) {
	var result ExecuteResult
	if err := r.mu.Lock(ctx); err != nil {
		return result, err
	}
	defer r.mu.Unlock()
	in := ExecuteInput{r.c, cmd}
	summary := fmt.Sprintf("%s · %s", cmd.Kind, cmd.Actor.ID)
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 5 * time.Second,
		StartToCloseTimeout:    3 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, MaximumAttempts: 3},
		Summary:                summary,
	})
	err := workflow.ExecuteLocalActivity(local, ExecuteActivity, in).Get(ctx, &result)
	var broken *temporal.ApplicationError
	if err != nil && ctx.Err() == nil && (!errors.As(err, &broken) || !broken.NonRetryable()) {
		ordinary := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 30 * time.Second,
			RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 30 * time.Second},
			Summary:             summary,
		})
		err = workflow.ExecuteActivity(ordinary, ExecuteActivity, in).Get(ctx, &result)
	}
	r.commands++
	if err != nil {
		return result, err
	}
	r.c = casefile.Fold(r.c, result.Events)
	r.next = result.Alarm
	r.show(ctx)
	return result, nil
}

// show brings what the Temporal UI says of a running case up to date; an ended one
// shows by its result.
func (r *caseRun) show(ctx workflow.Context) {
	r.describe(ctx)
	now := shownOf(r.c)
	if now == r.shown || !r.c.Stage.Open() {
		return
	}
	r.shown = now
	// It fails only for reserved names, which these are not.
	_ = workflow.UpsertTypedSearchAttributes(ctx, CaseStage.ValueSet(string(now.stage)), CaseUnit.ValueSet(now.unit),
		CaseSupervision.ValueSet(string(now.supervision)))
}

// shownIn reads the attributes that the workflow was started with.
func shownIn(ctx workflow.Context) shown {
	set := workflow.GetTypedSearchAttributes(ctx)
	stage, _ := set.GetKeyword(CaseStage)
	unit, _ := set.GetKeyword(CaseUnit)
	supervision, _ := set.GetKeyword(CaseSupervision)
	return shown{casefile.Stage(stage), unit, casefile.Supervision(supervision)}
}

func shownOf(c casefile.Case) shown { return shown{c.Stage, c.Unit, c.Supervision()} }

func (r *caseRun) describe(ctx workflow.Context) {
	lines := []string{
		"**" + r.c.Number + "** · " + string(r.c.Stage) + " · " + r.c.Unit + " · supervision: " + string(r.c.Supervision()),
		"leaders: " + r.c.Upper.Official + ", " + r.c.Lower.Official,
	}
	for _, k := range r.c.Clocks {
		if k.Running() {
			lines = append(lines, k.ID+" due "+k.Due.String())
		}
	}
	workflow.SetCurrentDetails(ctx, strings.Join(lines, "\n\n"))
}

// alarm is the case's one timer. It is replaced only when the wake-up time changes.
type alarm struct {
	at     time.Time
	rang   bool
	cancel workflow.CancelFunc
}

// early is how long the alarm waits before it rings again where it rang too early.
const early = time.Second

// set replaces the timer; it rings at the time of next, but not before least has passed.
func (a *alarm) set(ctx workflow.Context, next Alarm, least time.Duration) {
	if a.cancel != nil {
		a.cancel()
	}
	*a = alarm{at: next.At}
	if next.At.IsZero() {
		return
	}
	ctx, a.cancel = workflow.WithCancel(ctx)
	timer := workflow.NewTimerWithOptions(ctx, max(next.At.Sub(workflow.Now(ctx)), least), workflow.TimerOptions{Summary: next.For})
	workflow.Go(ctx, func(ctx workflow.Context) {
		// A cancelled timer belongs to an alarm that has been replaced.
		if timer.Get(ctx, nil) == nil && a.at.Equal(next.At) {
			a.rang = true
		}
	})
}
