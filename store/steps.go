package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Step is something that a clock planned, and what became of it.
type Step struct {
	Clock string
	Step  string
	Due   time.Time // when its clock's time is, or was, over by law
	At    time.Time
	State string // planned, done, suppressed or cancelled
	Why   string
	Seq   *int64 // the event that it left
}

// queueSteps records the steps that events took or left out, and what is planned now.
// What was planned before and is no longer, its clock stopped or moved, is cancelled.
func queueSteps(batch *pgx.Batch, c casefile.Case, events []casefile.Event, plan []casefile.Planned) {
	const taken = `
		INSERT INTO steps (case_id, clock, step, due, at, state, why, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (case_id, clock, step, due) DO UPDATE SET at = $5, state = $6, why = $7, seq = $8 WHERE steps.seq IS NULL`
	for _, e := range events {
		i := slices.IndexFunc(e.Clocks, func(k casefile.Clock) bool { return k.ID == e.Clock })
		if e.Step == "" || i < 0 {
			continue
		}
		state, why := "done", ""
		if e.Kind == casefile.EventSuppressed {
			state, why = "suppressed", e.Reason
		}
		batch.Queue(taken, c.ID, e.Clock, e.Step, e.Clocks[i].Due.StatutoryEnd(), e.At, state, why, e.Seq)
	}
	n := len(plan)
	clocks, names, dues, times := make([]string, n), make([]string, n), make([]time.Time, n), make([]time.Time, n)
	for i, p := range plan {
		clocks[i], names[i], dues[i], times[i] = p.Clock, p.Step, p.Due, p.At
	}
	const cancel = `
		UPDATE steps SET state = 'cancelled' WHERE case_id = $1 AND state = 'planned'
			AND (clock, step, due) NOT IN (SELECT * FROM unnest($2::text[], $3::text[], $4::timestamptz[]))`
	batch.Queue(cancel, c.ID, clocks, names, dues)
	const write = `
		INSERT INTO steps (case_id, clock, step, due, at, state) SELECT $1, p.*, 'planned' FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) AS p
		ON CONFLICT (case_id, clock, step, due) DO UPDATE SET at = excluded.at, state = 'planned'
			WHERE steps.state = 'cancelled' OR steps.state = 'planned' AND steps.at <> excluded.at`
	batch.Queue(write, c.ID, clocks, names, dues, times)
}

// Steps lists a case's steps in the order in which they were or are to be taken.
func (s *Store) Steps(ctx context.Context, id string) ([]Step, error) {
	steps, err := collect[Step](ctx, s.pool, `SELECT clock, step, due, at, state, why, seq FROM steps WHERE case_id = $1 ORDER BY at, clock, step`, id)
	if err != nil {
		return nil, fmt.Errorf("read steps of %s: %w", id, err)
	}
	return steps, nil
}

// Silent lists open cases for which nothing is planned; there must be none.
func (s *Store) Silent(ctx context.Context, limit int) ([]string, error) {
	const sql = `
		SELECT id FROM cases c WHERE open AND NOT EXISTS (SELECT 1 FROM steps WHERE case_id = c.id AND state = 'planned')
		ORDER BY id LIMIT $1`
	return ids(ctx, s.pool, sql, limit)
}
