package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Waiting is a task that waits for somebody, with its case.
type Waiting struct {
	Row
	Do  casefile.Kind
	For string     // the leader on leave for whom it is to be done; "" for a task of one's own
	Due *time.Time // the instant by which; nil when no clock runs for it
}

// accusing finds the cases that accuse the caller or the caller's unit. Nothing of
// them is ever shown to those (条例第30条第3款), though they may work where it is handled.
const accusing = `(
	SELECT id FROM cases WHERE accused_official = @me AND accused_official <> ''
	UNION ALL
	SELECT id FROM cases WHERE accused_unit = ANY(@above_me) AND accused_unit <> '')`

// Inbox lists what waits for the actor now, the most pressing first, at most limit;
// total counts all of it. To a deputy it also shows what waits for the leaders on leave,
// of the commands that deputies may give; those leaders still see it too.
func (s *Store) Inbox(ctx context.Context, by casefile.Actor, deputies []string, now time.Time, limit int) (waiting []Waiting, total int, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	args := pgx.NamedArgs{"me": by.ID, "unit": by.Unit, "role": string(by.Role), "above_me": above(d, by.Unit), "now": now, "limit": limit}
	tasks := `
		SELECT case_id, do_what, due, '' AS for_whom FROM tasks WHERE official = @me AND official <> '' AND from_at <= @now
		UNION ALL
		SELECT case_id, do_what, due, '' FROM tasks WHERE unit = @unit AND role = @role AND unit <> '' AND from_at <= @now`
	if principals := d.Principals(by.ID, now); len(principals) > 0 {
		args["principals"], args["deputies"] = principals, deputies
		tasks += `
		UNION ALL
		SELECT t.case_id, t.do_what, t.due, t.official FROM tasks t JOIN cases ON id = t.case_id
		WHERE t.official = ANY(@principals) AND t.official <> '' AND t.from_at <= @now AND t.do_what = ANY(@deputies)
			AND (t.official = upper AND ` + asUpper + ` OR t.official = lower AND ` + asLower + `)`
	}
	sql := ` FROM (` + tasks + `) AS t WHERE case_id NOT IN ` + accusing
	if err := s.pool.QueryRow(ctx, `SELECT count(*)`+sql, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count inbox: %w", err)
	}
	rows, err := s.pool.Query(ctx, `SELECT c.state, c.title, CASE WHEN c.wake_at < 'infinity' THEN c.wake_at END, t.do_what, t.for_whom, t.due
		FROM (SELECT *`+sql+` ORDER BY due NULLS LAST, case_id LIMIT @limit) AS t JOIN cases c ON c.id = t.case_id
		ORDER BY t.due NULLS LAST, c.id, t.do_what, t.for_whom`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list inbox: %w", err)
	}
	waiting, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w Waiting, err error) {
		w.Row, err = scanRow(trailing{row, []any{&w.Do, &w.For, &w.Due}})
		return w, err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list inbox: %w", err)
	}
	return waiting, total, nil
}

// trailing scans further columns after those the reader of a row knows.
type trailing struct {
	pgx.CollectableRow
	more []any
}

func (t trailing) Scan(dest ...any) error { return t.CollectableRow.Scan(append(dest, t.more...)...) }

// Duty is a running clock that somebody bears, with its case.
type Duty struct {
	Row
	Clock string // id of the clock in the case
}

// Duties lists the running clocks that the actor, or the actor's office or unit,
// bears: the board on which one's own lateness shows. The most pressing first, at
// most limit; total counts all, red those whose internal due date has passed.
func (s *Store) Duties(ctx context.Context, by casefile.Actor, now time.Time, limit int) (duties []Duty, total, red int, err error) {
	whose, who := bears(by)
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, 0, 0, err
	}
	args := pgx.NamedArgs{"whose": whose, "who": who, "me": by.ID, "above_me": above(d, by.Unit), "now": now, "limit": limit}
	const mine = ` FROM clocks WHERE who = @who AND whose = @whose AND case_id NOT IN ` + accusing
	err = s.pool.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE red_at <= @now)`+mine, args).Scan(&total, &red)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("count duties: %w", err)
	}
	rows, err := s.pool.Query(ctx, `SELECT c.state, c.title, CASE WHEN c.wake_at < 'infinity' THEN c.wake_at END, k.id
		FROM (SELECT *`+mine+` ORDER BY red_at, case_id LIMIT @limit) AS k JOIN cases c ON c.id = k.case_id
		ORDER BY k.red_at, c.id`, args)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("list duties: %w", err)
	}
	duties, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Duty, err error) {
		d.Row, err = scanRow(trailing{row, []any{&d.Clock}})
		return d, err
	})
	if err != nil {
		return nil, 0, 0, fmt.Errorf("list duties: %w", err)
	}
	return duties, total, red, nil
}

// bears says which clocks are an actor's own.
func bears(by casefile.Actor) (whose, who string) {
	switch by.Role {
	case casefile.Leader:
		return "leader", by.ID
	case casefile.Officer:
		return "unit", by.Unit
	case casefile.Registrar, casefile.Supervisor:
		return "petition_office", by.Unit
	case casefile.Inspector:
		return "supervision_office", by.Unit
	case casefile.Admin, casefile.Auditor, casefile.System, casefile.Former, casefile.Complainant: // none
	}
	return "", ""
}

// Notice is something a person was to be told.
type Notice struct {
	Case   string
	Number string
	Title  string
	Kind   string
	Step   string
	For    string // the leader on leave in whose place the deputy was told
	At     time.Time
}

// Notices lists the latest notices to the actor.
func (s *Store) Notices(ctx context.Context, by casefile.Actor, limit int) ([]Notice, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	return collect[Notice](ctx, s.pool, `
		SELECT n.case_id, c.number, c.title, n.kind, n.step, n.for_official, n.at
		FROM notices n JOIN cases c ON c.id = n.case_id WHERE n.official = @me AND n.case_id NOT IN `+accusing+`
		ORDER BY n.at DESC, n.case_id, n.seq DESC LIMIT @limit`, pgx.NamedArgs{"me": by.ID, "above_me": above(d, by.Unit), "limit": limit})
}
