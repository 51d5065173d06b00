package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Verification is what a run of verify found; its instants are real time.
type Verification struct {
	Run         string
	BeganAt     time.Time
	EndedAt     time.Time
	Cases       int
	Differences int
}

// Difference is where two of ledger, rows and workflow do not agree.
type Difference struct {
	Case    string // id, empty where no single case is meant
	Place   string // "store" or "workflow"
	About   string // where no single case is meant: what is
	FoundAt time.Time
}

// Now is the database's time: real, and the same for all workers.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
		return now, fmt.Errorf("ask the time: %w", err)
	}
	return now, nil
}

// NoteDifferences keeps what a run of verify has found so far; the same once more is no
// mistake.
func (s *Store) NoteDifferences(ctx context.Context, found ...Difference) error {
	batch := &pgx.Batch{}
	for _, d := range found {
		batch.Queue(`
			INSERT INTO differences (case_id, place, about) VALUES ($1, $2, $3)
			ON CONFLICT (case_id, place, about) DO UPDATE SET seen_at = now()`, d.Case, d.Place, d.About)
	}
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("note differences: %w", err)
	}
	return nil
}

// SaveVerification keeps what a run of verify found, once. What it has not found again is
// forgotten.
func (s *Store) SaveVerification(ctx context.Context, v Verification) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const sql = `INSERT INTO verifications (run, began_at, ended_at, cases, differences) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (run) DO NOTHING`
		if _, err := tx.Exec(ctx, sql, v.Run, v.BeganAt, v.EndedAt, v.Cases, v.Differences); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM differences WHERE seen_at < $1`, v.BeganAt)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep verification: %w", err)
	}
	return nil
}

// LastVerification is the latest run of verify. ErrNotFound when there was none.
func (s *Store) LastVerification(ctx context.Context) (Verification, error) {
	found, err := collect[Verification](ctx, s.pool, `SELECT coalesce(run, ''), began_at, ended_at, cases, differences FROM verifications ORDER BY id DESC LIMIT 1`)
	if err != nil {
		return Verification{}, fmt.Errorf("read verification: %w", err)
	}
	if len(found) == 0 {
		return Verification{}, ErrNotFound
	}
	return found[0], nil
}

// Differences lists what was found since an instant, at most so many.
func (s *Store) Differences(ctx context.Context, since time.Time, limit int) ([]Difference, error) {
	list, err := collect[Difference](ctx, s.pool, `
		SELECT case_id, place, about, found_at FROM differences WHERE seen_at >= $1 ORDER BY found_at, case_id, place, about LIMIT $2`, since, limit)
	if err != nil {
		return nil, fmt.Errorf("list differences: %w", err)
	}
	return list, nil
}

// UnverifiedSince is the end of the last run of verify, or when the first was to be waited
// for; real time.
func (s *Store) UnverifiedSince(ctx context.Context) (since time.Time, err error) {
	const sql = `SELECT coalesce((SELECT max(ended_at) FROM verifications), (SELECT value::timestamptz FROM settings WHERE name = 'verified_from'))`
	if err := s.pool.QueryRow(ctx, sql).Scan(&since); err != nil {
		return since, fmt.Errorf("when verify ran: %w", err)
	}
	return since, nil
}

// What a letter about verify is about.
const (
	VerifyDiffers = "differences"
	VerifyOverdue = "overdue"
)

// PlanVerificationLetters plans a mail to every administrator about differences that none
// was told of, and one, where verify is overdue, for each time that it becomes so.
func (s *Store) PlanVerificationLetters(ctx context.Context, overdue bool, now time.Time) error {
	args := pgx.NamedArgs{"now": now, "admin": string(casefile.Admin), "mail": Mail}
	const letter = `
		INSERT INTO messages (id, kind, channel, recipient, about, urgent, planned_at, next_at)
		SELECT 'verification-' || @about || '-' || (SELECT coalesce(max(id), 0) FROM verifications) || '-' || o.id, 'verification', @mail, o.id, @about, true, @now, @now
		FROM officials o WHERE o.role = @admin AND o.email <> '' ON CONFLICT DO NOTHING`
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Those of a run that is under way are told with all the others, when it has ended.
		told, err := tx.Exec(ctx, `UPDATE differences SET told = true WHERE NOT told AND seen_at <= (SELECT max(ended_at) FROM verifications)`)
		if err != nil {
			return err
		}
		if args["about"] = VerifyDiffers; told.RowsAffected() > 0 {
			if _, err := tx.Exec(ctx, letter, args); err != nil {
				return err
			}
		}
		if args["about"] = VerifyOverdue; overdue {
			_, err = tx.Exec(ctx, letter, args)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("plan letters about verify: %w", err)
	}
	return nil
}
