package activities

import (
	"context"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"shuangze/notify"
	"shuangze/store"
	"shuangze/verify"
	"shuangze/workflows"
)

// verifyPart is how many cases are looked at in one activity, and silentAfter how many
// attempts at it fail before a workflow that doesn't answer is a difference: its worker may
// just have been lost, but one that never answers must not keep the others unverified.
const (
	verifyPart  = 500
	silentAfter = 3
)

// VerifyPart compares ledger, rows and workflow of the next cases and notes where they
// differ.
func (a *Activities) VerifyPart(ctx context.Context, state workflows.VerifyState) (workflows.VerifyState, error) {
	if state.BeganAt.IsZero() {
		now, err := a.Store.Now(ctx)
		if err != nil {
			return state, err
		}
		state.BeganAt = now
	}
	defer alive(ctx)()
	v, found := a.verifier(ctx)
	last, checked, err := v.Cases(ctx, state.After, verifyPart)
	if err != nil {
		return state, err
	}
	if err := a.Store.NoteDifferences(ctx, *found...); err != nil {
		return state, err
	}
	state.After, state.Done = last, last == ""
	state.Cases, state.Differences = state.Cases+checked, state.Differences+len(*found)
	return state, nil
}

// VerifyEnd compares what is no single case's and keeps what the run found.
func (a *Activities) VerifyEnd(ctx context.Context, state workflows.VerifyState) (workflows.VerifyState, error) {
	defer alive(ctx)()
	v, found := a.verifier(ctx)
	if err := v.Rest(ctx); err != nil {
		return state, err
	}
	if err := a.Store.NoteDifferences(ctx, *found...); err != nil {
		return state, err
	}
	now, err := a.Store.Now(ctx)
	if err != nil {
		return state, err
	}
	state.Differences += len(*found)
	return state, a.Store.SaveVerification(ctx, store.Verification{
		Run: activity.GetInfo(ctx).WorkflowExecution.RunID, BeganAt: state.BeganAt, EndedAt: now, Cases: state.Cases, Differences: state.Differences,
	})
}

// alive tells Temporal until it is stopped that the worker lives: how long one case or
// query takes says nothing of that.
func alive(ctx context.Context) (stop func()) {
	ctx, stop = context.WithCancel(ctx)
	go func() {
		for wait(ctx, workflows.VerifyHeartbeat/3) == nil {
			heartbeat(ctx, "verifying")
		}
	}()
	return stop
}

// verifier compares, and logs what it finds.
func (a *Activities) verifier(ctx context.Context) (v *verify.Verifier, found *[]store.Difference) {
	found = &[]store.Difference{}
	return &verify.Verifier{
		Store: a.Store, Engine: a.Engine, Clock: a.Clock, Silence: activity.GetInfo(ctx).Attempt > silentAfter,
		Report: func(d verify.Difference) {
			a.Log.ErrorContext(ctx, "verify", "case", d.Case, "where", d.What, "difference", d.Detail)
			*found = append(*found, store.Difference{Case: d.Case, Place: d.What, About: d.About()})
		},
	}, found
}

// planVerified plans the letters about what verify has found, and about one that is
// overdue. It goes by real time, and not with the schedule of Verify, which may be what is
// amiss.
func (a *Activities) planVerified(ctx context.Context, now time.Time) error {
	if a.Post.Mail == nil {
		return nil
	}
	_, overdue, err := a.unverified(ctx)
	if err != nil {
		return err
	}
	return a.Store.PlanVerificationLetters(ctx, overdue, now)
}

func (a *Activities) unverified(ctx context.Context) (since time.Time, overdue bool, err error) {
	if since, err = a.Store.UnverifiedSince(ctx); err != nil {
		return since, false, err
	}
	now, err := a.Store.Now(ctx)
	return since, verify.Overdue(since, now), err
}

// verified writes the letter about the last verification.
func (p *post) verified(ctx context.Context, m store.Message, l notify.Letter) (notify.Letter, string, error) {
	since, overdue, err := p.unverified(ctx)
	if err != nil {
		return l, "", err
	}
	l.Verification = &notify.Verification{Overdue: m.About == store.VerifyOverdue, Since: since}
	if l.Site != "" {
		l.Verification.Link = strings.TrimSuffix(l.Site, "/") + "/admin/engine"
	}
	if l.Verification.Overdue {
		if !overdue {
			return l, settled, nil
		}
		return l, "", nil
	}
	last, err := p.Store.LastVerification(ctx)
	if err != nil {
		return l, "", err
	}
	if last.Differences == 0 {
		return l, settled, nil
	}
	l.Verification.Cases, l.Verification.Differences = last.Cases, last.Differences
	return l, "", nil
}
