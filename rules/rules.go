// Package rules shows what another policy or another year's rest days would do to the open
// cases, and puts them in force.
package rules

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/workflows"
)

// Draft is what somebody wants in force.
type Draft struct {
	Policy *string  // local policy file, in the place of the one in force; nil: that one
	Years  []string // rest days of years, as calendar.Load reads them; other years stay as they are
	Reason string
	After  *int // the version in force that it was tried out on; nil: whichever is
}

// ErrUnchanged says that a draft is in force already.
var ErrUnchanged = errors.New("these rules are in force already")

// ErrMoved says that a draft was tried out on rules that are in force no more.
var ErrMoved = errors.New("other rules have come into force since the draft was tried out")

// over is the draft as a whole publication, after the one in force.
func (d Draft) over(now store.Publication) (store.Publication, error) {
	next := store.Publication{Version: now.Version + 1, Policy: now.Policy, Reason: d.Reason}
	if d.Policy != nil {
		next.Policy = *d.Policy
	}
	lists := map[int]string{}
	for _, list := range slices.Concat(now.Years, d.Years) {
		var of struct {
			Year int `json:"year"`
		}
		_ = json.Unmarshal([]byte(list), &of) // the calendar says what is wrong with it
		lists[of.Year] = list
	}
	for _, year := range slices.Sorted(maps.Keys(lists)) {
		next.Years = append(next.Years, lists[year])
	}
	if next.Policy == now.Policy && slices.Equal(next.Years, now.Years) {
		return next, ErrUnchanged
	}
	return next, nil
}

// Shift is what a draft changes of one clock.
type Shift struct {
	casefile.Shift
	Case   string
	Number string
	Told   []string // officials who are told of what moves in the case
}

// Preview is what a draft would do.
type Preview struct {
	Before, After casefile.Rules

	Open    int      // cases
	Touched []string // open cases whose clocks or plans change
	Moved   int      // cases of which a date moves
	Earlier int      // clocks whose statutory or, that being equal, internal due date moves
	Later   int
	Kept    int      // clocks that stay as they are
	Told    []string // officials who would be told, each once
	Shifts  []Shift  // the first of them, at most as many as were asked for
	Total   int      // how many shifts there are
}

// Differs reports whether the draft has anything that is not in force.
func (p Preview) Differs() bool {
	return p.Before.Calendar.Version() != p.After.Calendar.Version() || len(policy.Changes(p.Before.Policy, p.After.Policy)) > 0
}

// Try previews a draft at an instant of case time, showing so many shifts. Errors: what is wrong with the draft, as
// store.Publication.Rulebook has it.
func Try(ctx context.Context, s *store.Store, d Draft, now time.Time, most int) (Preview, error) {
	inForce, err := s.InForce(ctx)
	if err != nil {
		return Preview{}, err
	}
	before, err := s.Rules(ctx)
	if err != nil {
		return Preview{}, err
	}
	next, err := d.over(inForce)
	if err != nil && !errors.Is(err, ErrUnchanged) {
		return Preview{}, err
	}
	return preview(next, before, now, most, func(fn func(store.Row)) error { return s.EachOpen(ctx, fn) })
}

func preview(next store.Publication, before casefile.Rules, now time.Time, most int, eachOpen func(func(store.Row)) error) (Preview, error) {
	after, err := next.Rulebook()
	if err != nil {
		return Preview{}, err
	}
	after.Directory = before.Directory
	p := Preview{Before: before, After: after}
	told := map[string]bool{}
	err = eachOpen(func(row store.Row) {
		p.Open++
		r := casefile.PreviewRules(row.Case, before, after, now)
		if r.Touched {
			p.Touched = append(p.Touched, row.Case.ID)
		}
		moves := false
		for _, shift := range r.Shifts {
			p.Total++
			switch by := days(shift); {
			case shift.Kept != "":
				p.Kept++
			case by < 0:
				p.Earlier++
			default:
				p.Later++
			}
			moves = moves || shift.Kept == ""
			if len(p.Shifts) < most {
				p.Shifts = append(p.Shifts, Shift{shift, row.Case.ID, row.Case.Number, r.Told})
			}
		}
		if moves {
			p.Moved++
		}
		for _, id := range r.Told {
			told[id] = true
		}
	})
	p.Told = slices.Sorted(maps.Keys(told))
	return p, err
}

// days is by how many calendar days a clock moves, or would.
func days(s casefile.Shift) int {
	if by := s.To.Statutory.DaysSince(s.From.Statutory); by != 0 {
		return by
	}
	return s.To.Internal.DaysSince(s.From.Internal)
}

// Days is by how many calendar days the clock moves, or would: its statutory due date or,
// that being equal, the internal one.
func (s Shift) Days() int { return days(s.Shift) }

// Publish puts a draft in force and orders the broadcast that takes it to the open cases it
// touches. id, fingerprint and by are of the request that asks for it; at is case time.
// Errors: ErrUnchanged, ErrMoved, and those of Try. The broadcast begins later when the engine is
// away.
func Publish(ctx context.Context, s *store.Store, engine workflows.Engine, d Draft, id, fingerprint string, by casefile.Actor, at time.Time) (store.Publication, error) {
	var next store.Publication
	var p Preview
	err := s.InPublication(ctx, func(tx *store.PublishTx) error {
		var err error
		if next, err = tx.Publication(ctx, id); !errors.Is(err, store.ErrNotFound) {
			return err // the same request came twice at once
		}
		inForce, err := tx.InForce(ctx)
		if err != nil {
			return err
		}
		if d.After != nil && *d.After != inForce.Version {
			return ErrMoved
		}
		if next, err = d.over(inForce); err != nil {
			return err
		}
		next.ID, next.Fingerprint, next.By, next.At = id, fingerprint, by.ID, at.UTC().Truncate(time.Microsecond) // as Postgres keeps it
		before, err := tx.Rules(ctx)
		if err != nil {
			return err
		}
		if p, err = preview(next, before, at, 0, func(fn func(store.Row)) error { return tx.EachOpen(ctx, fn) }); err != nil {
			return err
		}
		next, err = tx.Publish(ctx, next, by, p.Touched)
		return err
	})
	if err != nil || len(p.Touched) == 0 {
		return next, err
	}
	// It stands in the store: when the engine is away, the net under the timers starts it.
	_ = engine.Broadcast(ctx, workflows.BroadcastInput{ID: next.Broadcast, Kind: casefile.Replan, Total: len(p.Touched)})
	return next, nil
}
