// Package verify compares what the ledger, the case rows and the workflows say of
// every case. It changes nothing.
package verify

import (
	"context"
	"errors"
	"fmt"
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

// All checks every case and reports each difference as it is found. It returns how
// many cases it checked and how many differences it found.
func All(ctx context.Context, s *store.Store, engine workflows.Engine, clock casetime.Clock, report func(Difference)) (checked, differences int, err error) {
	var mu sync.Mutex
	note := func(d Difference) {
		mu.Lock()
		defer mu.Unlock()
		differences++
		report(d)
	}
	const page, parallel = 500, 8
	for after := ""; ; {
		ids, err := s.LedgerCases(ctx, after, page)
		if err != nil {
			return checked, differences, fmt.Errorf("list cases: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(parallel)
		for _, id := range ids {
			g.Go(func() error {
				found, err := steady(gctx, s, engine, id)
				for _, d := range found {
					note(d)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return checked, differences, err
		}
		checked += len(ids)
		after = ids[len(ids)-1]
	}
	gaps, err := s.Gaps(ctx)
	if err != nil {
		return checked, differences, fmt.Errorf("check registers: %w", err)
	}
	for _, gap := range gaps {
		note(Difference{"", "store", gap})
	}
	wrong, err := s.WrongTerms(ctx)
	if err != nil {
		return checked, differences, err
	}
	for _, id := range wrong {
		note(Difference{id, "store", "its terms, endings or standings, from which scores and figures are counted, are not what the ledger says"})
	}
	stalled, err := s.Stalled(ctx, clock.Case(time.Now().Add(-late)), "", 100)
	if err != nil {
		return checked, differences, fmt.Errorf("check planned steps: %w", err)
	}
	for _, id := range stalled {
		note(Difference{id, "store", "its planned step has passed and was not taken"})
	}
	silent, err := s.Silent(ctx, 100)
	if err != nil {
		return checked, differences, fmt.Errorf("look for silent cases: %w", err)
	}
	for _, id := range silent {
		note(Difference{id, "store", "it is open and nothing is planned for it"})
	}
	return checked, differences, nil
}

// steady checks a case again when something differs, for it may have moved between the two
// looks, and when its workflow doesn't answer, for its worker may just have been lost.
func steady(ctx context.Context, s *store.Store, engine workflows.Engine, id string) (found []Difference, err error) {
	const looks = 3
	for look := range looks {
		if look > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(200 * time.Millisecond):
			}
		}
		found, err = one(ctx, s, engine, id)
		if err == nil && len(found) == 0 || err != nil && !errors.Is(err, workflows.ErrUnavailable) {
			return nil, err
		}
	}
	return found, err
}

func one(ctx context.Context, s *store.Store, engine workflows.Engine, id string) ([]Difference, error) {
	c, differences, err := s.Audit(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("audit case %s: %w", id, err)
	}
	var found []Difference
	for _, d := range differences {
		found = append(found, Difference{id, "store", d})
	}
	running, err := engine.Running(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("look at workflow of case %s: %w", id, err)
	}
	switch {
	case running && !c.Stage.Open():
		found = append(found, Difference{id, "workflow", fmt.Sprintf("runs although the case is %s", c.Stage)})
	case !running && c.Stage.Open():
		found = append(found, Difference{id, "workflow", fmt.Sprintf("does not run although the case is %s", c.Stage)})
	case running:
		state, err := engine.State(ctx, id)
		if errors.Is(err, workflows.ErrNoWorkflow) {
			break // ended between the two looks; the next try will see
		}
		if errors.Is(err, workflows.ErrUnavailable) {
			return nil, fmt.Errorf("ask workflow of case %s: %w", id, err)
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
