// Package activities does what workflows need done: decide a command and write what
// comes of it, look after cases whose timer was missed, and tell people.
package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/store"
	"shuangze/workflows"
)

// Activities holds what the activities need. Its methods are registered by name.
type Activities struct {
	Store  *store.Store
	Clock  casetime.Clock
	Engine workflows.Engine
	Post   Post
	Log    *slog.Logger
}

// brokenType is the type of the application error that says that trying again won't help.
const brokenType = "broken"

// Execute decides a command and writes what comes of it, in one transaction. It
// first catches up with the ledger: a worker may have died after the commit and
// before Temporal heard of it. A command found there is answered from there, never
// decided again.
func (a *Activities) Execute(ctx context.Context, in workflows.ExecuteInput) (workflows.ExecuteResult, error) {
	var result workflows.ExecuteResult
	err := a.Store.InCase(ctx, in.Case.ID, func(tx *store.CaseTx) (err error) {
		result, err = a.execute(ctx, tx, in.Case, in.Command)
		return err
	})
	var refusal *casefile.Error
	switch {
	case errors.As(err, &refusal):
		result.Refusal = refusal
	case errors.Is(err, store.ErrBroken):
		return workflows.ExecuteResult{}, temporal.NewNonRetryableApplicationError(err.Error(), brokenType, err)
	case err != nil:
		return workflows.ExecuteResult{}, fmt.Errorf("execute %s of case %s: %w", in.Command.Kind, in.Case.ID, err)
	}
	return result, nil
}

func (a *Activities) execute(ctx context.Context, tx *store.CaseTx, c casefile.Case, cmd casefile.Command) (workflows.ExecuteResult, error) {
	missed, done, err := tx.EventsAfter(ctx, c.Seq, cmd.ID)
	if err != nil {
		return workflows.ExecuteResult{}, err
	}
	result := workflows.ExecuteResult{Events: missed}
	c = casefile.Fold(c, missed)
	proposes := cmd.Kind == casefile.Assign && cmd.Upper == "" && cmd.Lower == ""
	rules, err := tx.Rules(ctx, proposes)
	if err != nil {
		return result, err
	}
	if cmd.Reception != "" {
		day, err := tx.Reception(ctx, cmd.Reception)
		switch {
		case err == nil:
			rules.Reception = &day
		case !errors.Is(err, store.ErrNotFound):
			return result, err
		}
	}
	now := a.Clock.Now()
	result.Alarm = a.alarm(casefile.NextStep(c, rules, now))
	if done {
		return result, nil
	}
	if cmd.Kind == casefile.Register && cmd.Registration != nil && c.Stage == casefile.New {
		if cmd, err = a.number(ctx, tx, cmd, rules.Directory, now); err != nil {
			return result, err
		}
	}
	out, err := casefile.Decide(c, cmd, rules, now)
	if err != nil {
		return result, err
	}
	result.Alarm = a.alarm(out.Next)
	if len(out.Events) == 0 {
		return result, tx.Reschedule(ctx, c, out)
	}
	result.Events = slices.Concat(missed, out.Events)
	err = tx.Append(ctx, casefile.Fold(c, out.Events), out, cmd.Fingerprint)
	switch {
	case errors.Is(err, store.ErrReference):
		result.Events = missed
		return result, casefile.DuplicateReference()
	case errors.Is(err, store.ErrAppointment):
		result.Events = missed
		return result, casefile.UnknownAppointment()
	}
	return result, err
}

// number gives a registration its official number. It is taken back with the
// transaction when the registration is refused.
func (a *Activities) number(ctx context.Context, tx *store.CaseTx, cmd casefile.Command, d *casefile.Directory, now time.Time) (casefile.Command, error) {
	office := casefile.RegisteringOffice(cmd, d)
	number, err := tx.Number(ctx, office, calendar.DateOf(now).Year)
	if err != nil {
		return cmd, err
	}
	r := *cmd.Registration
	r.Number = number
	cmd.Registration = &r
	return cmd, nil
}

// alarm turns the next step into the real instant at which its timer must ring.
func (a *Activities) alarm(next casefile.Next) workflows.Alarm {
	if next.At.IsZero() {
		return workflows.Alarm{}
	}
	return workflows.Alarm{At: a.Clock.Real(next.At), For: next.Clock + " " + next.Step}
}

// grace is how late a wake-up may be before the net takes over.
const grace = time.Minute

// Reconcile gives a tick to every open case that should have woken up more than a
// minute ago or whose provisional due dates wait for another calendar, starting its
// workflow anew from the ledger where none runs. It returns how many it woke. Broadcasts
// that have no workflow get theirs too.
func (a *Activities) Reconcile(ctx context.Context) (int, error) {
	const batch = 1000
	rules, err := a.Store.Rules(ctx)
	if err != nil {
		return 0, err
	}
	stalled, err := a.Store.Stalled(ctx, a.Clock.Case(time.Now().Add(-grace)), rules.Calendar.Version(), batch)
	if err != nil {
		return 0, err
	}
	woken := 0
	for _, id := range stalled {
		activity.RecordHeartbeat(ctx, woken)
		// One case that can't be woken must not keep the others asleep.
		if err := a.wake(ctx, id); err != nil {
			a.Log.ErrorContext(ctx, "wake stalled case", "case", id, "error", err)
			continue
		}
		woken++
	}
	if err := ctx.Err(); err != nil {
		return woken, err
	}
	return woken, errors.Join(a.restart(ctx), a.Store.Sweep(ctx, a.Clock.Now()))
}

func (a *Activities) wake(ctx context.Context, id string) error {
	row, err := a.Store.Case(ctx, id)
	if err != nil {
		return err
	}
	tick := casefile.Command{ID: fmt.Sprintf("reconcile-%d-%d", row.Case.Seq, time.Now().UnixNano()), Kind: casefile.Tick, Actor: casefile.Clockwork}
	_, err = a.Engine.Resume(ctx, row.Case, tick)
	return err
}
