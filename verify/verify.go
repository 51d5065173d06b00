// Package verify compares what the ledger, the case rows and the workflows say of
// every case. It changes nothing.
package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/store"
	"shuangze/workflows"
)

// Difference is something on which two of the three do not agree.
type Difference struct {
	Case   string // id, empty where no single case is meant
	What   string // "store" or "workflow"
	Detail string
}

// late is how far behind its planned step, in real time, an open case may be before
// that is a difference: the net under the timers looks every minute.
const late = 3 * time.Minute

// About says what a difference is of where no single case is meant: the register, or the
// row, that its detail begins with.
func (d Difference) About() string {
	if d.Case != "" {
		return ""
	}
	about, _, _ := strings.Cut(d.Detail, ": ")
	return about
}

// Within is how long the next run may keep people waiting: each day has one, and it may
// take its time.
const Within = 26 * time.Hour

// Overdue reports whether nothing was verified for too long.
func Overdue(since, now time.Time) bool { return now.Sub(since) > Within }

// Verifier compares. Each difference is reported as it is found, one at a time.
type Verifier struct {
	Store  *store.Store
	Engine workflows.Engine
	Clock  casetime.Clock
	Report func(Difference)
	// Silence takes a workflow that doesn't answer for a difference, where the engine
	// itself does; otherwise it is an error, and the same may be tried again.
	Silence bool

	mu sync.Mutex
}

func (v *Verifier) report(d Difference) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Report(d)
}

// All checks every case and all else. It returns how many cases it checked.
func (v *Verifier) All(ctx context.Context) (checked int, err error) {
	for after := ""; ; {
		last, n, err := v.Cases(ctx, after, page)
		if checked += n; err != nil {
			return checked, err
		}
		if last == "" {
			return checked, v.Rest(ctx)
		}
		after = last
	}
}

// page is how many cases are listed at once, and parallel how many are looked at.
const page, parallel = 500, 8

// Cases checks the cases whose ids come after one, at most so many. last is where to go on
// from; empty: there was none left.
func (v *Verifier) Cases(ctx context.Context, after string, limit int) (last string, checked int, err error) {
	ids, err := v.Store.LedgerCases(ctx, after, limit)
	if err != nil {
		return "", 0, fmt.Errorf("list cases: %w", err)
	}
	if len(ids) == 0 {
		return "", 0, nil
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, id := range ids {
		g.Go(func() error {
			found, err := v.steady(gctx, id)
			for _, d := range found {
				v.report(d)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return "", 0, err
	}
	return ids[len(ids)-1], len(ids), nil
}

// Rest checks what is no single case's, and what one query finds for all.
func (v *Verifier) Rest(ctx context.Context) error {
	gaps, err := v.Store.Gaps(ctx)
	if err != nil {
		return fmt.Errorf("check registers: %w", err)
	}
	for _, gap := range gaps {
		v.report(Difference{"", "store", gap})
	}
	wrong, err := v.Store.WrongTerms(ctx)
	if err != nil {
		return err
	}
	for _, id := range wrong {
		v.report(Difference{id, "store", "its terms, endings or standings, from which scores and figures are counted, are not what the ledger says"})
	}
	stalled, err := v.Store.Stalled(ctx, v.Clock.Case(time.Now().Add(-late)), "", 100)
	if err != nil {
		return fmt.Errorf("check planned steps: %w", err)
	}
	for _, id := range stalled {
		v.report(Difference{id, "store", "its planned step has passed and was not taken"})
	}
	silent, err := v.Store.Silent(ctx, 100)
	if err != nil {
		return fmt.Errorf("look for silent cases: %w", err)
	}
	for _, id := range silent {
		v.report(Difference{id, "store", "it is open and nothing is planned for it"})
	}
	return nil
}

// steady checks a case again when something differs, for it may have moved between the two
// looks, and when its workflow doesn't answer, for its worker may just have been lost.
func (v *Verifier) steady(ctx context.Context, id string) (found []Difference, err error) {
	const looks = 3
	for look := range looks {
		if look > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(200 * time.Millisecond):
			}
		}
		found, err = v.one(ctx, id)
		if err == nil && len(found) == 0 || err != nil && !errors.Is(err, workflows.ErrUnavailable) {
			return nil, err
		}
	}
	if v.Silence && errors.Is(err, errSilent) {
		return []Difference{{id, "workflow", "does not answer"}}, nil
	}
	return found, err
}

// errSilent says that a workflow doesn't answer although the engine does.
var errSilent = errors.New("the workflow does not answer")

func (v *Verifier) one(ctx context.Context, id string) ([]Difference, error) {
	c, differences, err := v.Store.Audit(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("audit case %s: %w", id, err)
	}
	var found []Difference
	for _, d := range differences {
		found = append(found, Difference{id, "store", d})
	}
	running, err := v.Engine.Running(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("look at workflow of case %s: %w", id, err)
	}
	switch {
	case running && !c.Stage.Open():
		found = append(found, Difference{id, "workflow", fmt.Sprintf("runs although the case is %s", c.Stage)})
	case !running && c.Stage.Open():
		found = append(found, Difference{id, "workflow", fmt.Sprintf("does not run although the case is %s", c.Stage)})
	case running:
		state, err := v.Engine.State(ctx, id)
		if errors.Is(err, workflows.ErrNoWorkflow) {
			break // ended between the two looks; the next try will see
		}
		if errors.Is(err, workflows.ErrUnavailable) {
			return nil, fmt.Errorf("%w: case %s: %w", errSilent, id, err)
		}
		if err != nil {
			found = append(found, Difference{id, "workflow", fmt.Sprintf("can't say its state: %v", err)})
			break
		}
		found = append(found, compare(c, state)...)
	}
	return found, nil
}

// compare holds a workflow's state against the case as the ledger folds.
func compare(c casefile.Case, state workflows.State) []Difference {
	switch {
	case state.Case.Seq != c.Seq:
		return []Difference{{c.ID, "workflow", fmt.Sprintf("is at event %d, the ledger at %d", state.Case.Seq, c.Seq)}}
	case !casefile.Equal(state.Case, c):
		return []Difference{{c.ID, "workflow", "its state is not what the ledger folds to"}}
	case state.Alarm.At.IsZero():
		return []Difference{{c.ID, "workflow", "no wake-up is planned"}}
	}
	return nil
}
