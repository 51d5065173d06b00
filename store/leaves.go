package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// ErrOtherRequest says that a request's id belongs to another request.
var ErrOtherRequest = errors.New("this id belongs to another request")

// madeBy checks that what sql finds the fingerprint of was made by this very request.
// ErrNotFound when nothing was made, ErrOtherRequest when another request did.
func madeBy(ctx context.Context, q querier, fingerprint, sql string, args ...any) error {
	var theirs string
	err := q.QueryRow(ctx, sql, args...).Scan(&theirs)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return fmt.Errorf("look up request: %w", err)
	case theirs != fingerprint:
		return ErrOtherRequest
	}
	return nil
}

// done is madeBy where all that is asked is whether it was.
func done(err error) (bool, error) {
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// LeavesTx is the directory, locked, in one transaction: no other leave is entered or
// ended until it is over, so what was checked still holds when it is written.
type LeavesTx struct {
	tx        pgx.Tx
	Directory *casefile.Directory
}

// InLeaves runs fn with the directory locked. What fn wrote is committed when it
// returns nil, and every process reads the directory anew; otherwise it is undone.
func (s *Store) InLeaves(ctx context.Context, fn func(*LeavesTx) error) error {
	return s.inDirectory(ctx, func(tx pgx.Tx, d *casefile.Directory) error { return fn(&LeavesTx{tx, d}) })
}

// Entered finds a leave that was entered under this id before, as it was then.
// ErrNotFound when there is none, ErrOtherRequest when another request did.
func (t *LeavesTx) Entered(ctx context.Context, id, fingerprint string) (casefile.Leave, error) {
	if err := madeBy(ctx, t.tx, fingerprint, `SELECT fingerprint FROM leaves WHERE id = $1`, id); err != nil {
		return casefile.Leave{}, err
	}
	l, err := leave(ctx, t.tx, id)
	l.Until, l.EndedBy, l.EndedAt = l.Planned, "", time.Time{}
	return l, err
}

// Enter writes a new leave.
func (t *LeavesTx) Enter(ctx context.Context, l casefile.Leave, fingerprint string) error {
	const sql = `
		INSERT INTO leaves (id, official, deputy, from_at, until_at, planned_until, reason, entered_by, entered_at, fingerprint)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	_, err := t.tx.Exec(ctx, sql, l.ID, l.Official, l.Deputy, l.From, l.Until, l.Planned, l.Reason, l.EnteredBy, l.EnteredAt, fingerprint)
	if err != nil {
		return fmt.Errorf("enter leave: %w", err)
	}
	return countUp(ctx, t.tx)
}

// Leave is Store.Leave in this transaction, with the id of the request that ended
// it, if one did.
func (t *LeavesTx) Leave(ctx context.Context, id string) (l casefile.Leave, endCommand string, err error) {
	if l, err = leave(ctx, t.tx, id); err != nil {
		return l, "", err
	}
	if err := t.tx.QueryRow(ctx, `SELECT coalesce(end_command, '') FROM leaves WHERE id = $1`, id).Scan(&endCommand); err != nil {
		return l, "", fmt.Errorf("look up leave: %w", err)
	}
	return l, endCommand, nil
}

// End writes how a leave was ended; command is the id of the request that did it.
func (t *LeavesTx) End(ctx context.Context, l casefile.Leave, command string) error {
	const sql = `UPDATE leaves SET until_at = $2, ended_by = $3, ended_at = $4, end_command = $5 WHERE id = $1`
	if _, err := t.tx.Exec(ctx, sql, l.ID, l.Until, l.EndedBy, l.EndedAt, command); err != nil {
		return fmt.Errorf("end leave: %w", err)
	}
	return countUp(ctx, t.tx)
}

// LeaveFilter narrows a list of leaves; zero fields don't.
type LeaveFilter struct {
	Official string // on leave or deputy
	// From and Until narrow it to leaves that cover an instant of [From, Until).
	From, Until time.Time
	Limit       int
}

// Leaves lists leaves, cancelled ones too unless an interval is asked for, the latest
// first, at most Limit; total counts all.
func (s *Store) Leaves(ctx context.Context, f LeaveFilter) (leaves []casefile.Leave, total int, err error) {
	conditions := []string{"true"}
	args := pgx.NamedArgs{"official": f.Official, "from": f.From, "until": f.Until, "limit": f.Limit}
	if f.Official != "" {
		conditions = append(conditions, `(official = @official OR deputy = @official)`)
	}
	if !f.From.IsZero() {
		conditions = append(conditions, `tstzrange(from_at, until_at) && tstzrange(@from, @until)`)
	}
	where := ` WHERE ` + strings.Join(conditions, ` AND `)
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM leaves`+where, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count leaves: %w", err)
	}
	leaves, err = leavesIn(ctx, s.pool, where+` ORDER BY from_at DESC, id LIMIT @limit`, args)
	return leaves, total, err
}

// Leave returns a leave. ErrNotFound when there is none.
func (s *Store) Leave(ctx context.Context, id string) (casefile.Leave, error) {
	return leave(ctx, s.pool, id)
}

func leave(ctx context.Context, q querier, id string) (casefile.Leave, error) {
	leaves, err := leavesIn(ctx, q, ` WHERE id = $1`, id)
	if err == nil && len(leaves) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return casefile.Leave{}, err
	}
	return leaves[0], nil
}

func leavesIn(ctx context.Context, q querier, rest string, args ...any) ([]casefile.Leave, error) {
	rows, err := q.Query(ctx, `SELECT id, official, deputy, from_at, until_at, planned_until, reason, entered_by, entered_at, coalesce(ended_by, ''), ended_at FROM leaves`+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	leaves, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l casefile.Leave, err error) {
		var ended *time.Time
		err = row.Scan(&l.ID, &l.Official, &l.Deputy, &l.From, &l.Until, &l.Planned, &l.Reason, &l.EnteredBy, &l.EnteredAt, &l.EndedBy, &ended)
		if ended != nil {
			l.EndedAt = *ended
		}
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	return leaves, nil
}
