package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Counts are of open cases: by lamp, and those past a statutory due date or supervised.
// Dual supervision is in Supervised too.
type Counts struct {
	Open, Red, Yellow, Green, Overdue, Supervised, Dual int
}

func (t *Counts) add(n Counts) {
	t.Open += n.Open
	t.Red += n.Red
	t.Yellow += n.Yellow
	t.Green += n.Green
	t.Overdue += n.Overdue
	t.Supervised += n.Supervised
	t.Dual += n.Dual
}

// Board counts the open cases by unit, each with everything below it, and by leader, each
// with the cases of both seats.
type Board struct {
	All     Counts
	Units   map[string]Counts
	Leaders map[string]Counts
}

// Board counts the open cases that the actor may see, of a unit and everything below it
// or, without one, of all. Each number is the total of the list by the same conditions.
func (s *Store) Board(ctx context.Context, by casefile.Actor, unit string, now time.Time) (Board, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return Board{}, err
	}
	w := where{args: pgx.NamedArgs{}}
	w.add(`open`, "", nil)
	w.sees(by, d, now)
	w.filter(Filter{Unit: unit}, d, now)
	const counts = `SELECT unit, upper, lower, count(*), count(*) FILTER (WHERE red_at <= @now),
		count(*) FILTER (WHERE red_at > @now AND yellow_at <= @now), count(*) FILTER (WHERE red_at > @now AND yellow_at > @now),
		count(*) FILTER (WHERE overdue_at <= @now), count(*) FILTER (WHERE supervision <> 'none'), count(*) FILTER (WHERE supervision = 'dual')
		FROM cases WHERE `
	var parts []string
	for _, part := range w.parts() {
		parts = append(parts, counts+strings.Join(part, ` AND `)+` GROUP BY unit, upper, lower`)
	}
	rows, err := s.pool.Query(ctx, strings.Join(parts, ` UNION ALL `), w.args)
	if err != nil {
		return Board{}, fmt.Errorf("count the board: %w", err)
	}
	b := Board{Units: map[string]Counts{}, Leaders: map[string]Counts{}}
	var at, upper, lower string
	var n Counts
	_, err = pgx.ForEachRow(rows, []any{&at, &upper, &lower, &n.Open, &n.Red, &n.Yellow, &n.Green, &n.Overdue, &n.Supervised, &n.Dual}, func() error {
		b.All.add(n)
		for range len(d.Units) { // bounded: a circle in the directory must not hang us
			sum(b.Units, at, n)
			if at = d.Units[at].Parent; at == "" {
				break
			}
		}
		sum(b.Leaders, upper, n)
		sum(b.Leaders, lower, n)
		return nil
	})
	if err != nil {
		return Board{}, fmt.Errorf("count the board: %w", err)
	}
	delete(b.Leaders, "") // a seat that is not taken yet
	return b, nil
}

func sum(to map[string]Counts, key string, n Counts) {
	t := to[key]
	t.add(n)
	to[key] = t
}

// SavedFilter is a list that somebody wants to see again.
type SavedFilter struct {
	ID, Name string
	Query    string // the conditions, as they stand in an address
}

// SavedFilters lists the actor's, by name.
func (s *Store) SavedFilters(ctx context.Context, official string) ([]SavedFilter, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name, query FROM saved_filters WHERE official = $1 ORDER BY name`, official)
	if err != nil {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	saved, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SavedFilter])
	if err != nil {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	return saved, nil
}

// SaveFilter keeps a filter under its name; one that had the name before gives way and
// leaves its id. ok is false when the official has as many as most already.
func (s *Store) SaveFilter(ctx context.Context, official string, f SavedFilter, most int, now time.Time) (saved SavedFilter, ok bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Whoever saves twice at once waits for themselves: the limit holds.
		if _, err := tx.Exec(ctx, `SELECT 1 FROM officials WHERE id = $1 FOR NO KEY UPDATE`, official); err != nil {
			return err
		}
		var others int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM saved_filters WHERE official = $1 AND name <> $2`, official, f.Name).Scan(&others); err != nil {
			return err
		}
		if ok = others < most; !ok {
			return nil
		}
		const upsert = `INSERT INTO saved_filters (id, official, name, query, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (official, name) DO UPDATE SET query = $4, created_at = $5 RETURNING id, name, query`
		return tx.QueryRow(ctx, upsert, f.ID, official, f.Name, f.Query, now).Scan(&saved.ID, &saved.Name, &saved.Query)
	})
	if err != nil {
		return SavedFilter{}, false, fmt.Errorf("save filter: %w", err)
	}
	return saved, ok, nil
}

// DropFilter deletes a filter of the official. ErrNotFound when there is none.
func (s *Store) DropFilter(ctx context.Context, official, id string) error {
	done, err := s.pool.Exec(ctx, `DELETE FROM saved_filters WHERE official = $1 AND id = $2`, official, id)
	if err != nil {
		return fmt.Errorf("drop filter: %w", err)
	}
	if done.RowsAffected() == 0 {
		return ErrNotFound
	}
	return nil
}

// Export gives every case that a filter finds among those the actor may see to fn, in the
// filter's order. That it was taken, by which conditions (query) and how long it was, is
// logged before the first.
func (s *Store) Export(ctx context.Context, by casefile.Actor, f Filter, query string, now time.Time, fn func(Row) error) error {
	d, err := s.Directory(ctx)
	if err != nil {
		return err
	}
	w := where{args: pgx.NamedArgs{}}
	w.sees(by, d, now)
	w.filter(f, d, now)
	var total int
	if err := s.pool.QueryRow(ctx, w.total(), w.args).Scan(&total); err != nil {
		return fmt.Errorf("count cases: %w", err)
	}
	if _, err := s.pool.Exec(ctx, `INSERT INTO exports (official, at, query, cases) VALUES ($1, $2, $3, $4)`, by.ID, now, query, total); err != nil {
		return fmt.Errorf("log the export: %w", err)
	}
	rows, err := s.pool.Query(ctx, selectRow+w.String()+f.order(), w.args)
	if err != nil {
		return fmt.Errorf("export cases: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return fmt.Errorf("export cases: %w", err)
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("export cases: %w", err)
	}
	return nil
}
