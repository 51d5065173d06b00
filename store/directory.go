package store

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// cache keeps what was read last and the version it had.
type cache[T any] struct {
	mu      sync.Mutex
	version string
	value   *T
}

// The lock is not held while something is read: who waits for it may hold the connection
// that the reader needs.

func (c *cache[T]) at(version string) *T {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version {
		return nil
	}
	return c.value
}

func (c *cache[T]) keep(version string, value *T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version, c.value = version, value
}

// querier is what both a pool and a transaction can do.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// inDirectory runs fn in one transaction with the directory locked.
func (s *Store) inDirectory(ctx context.Context, fn func(pgx.Tx, *casefile.Directory) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM settings WHERE name = 'directory_version' FOR UPDATE`); err != nil {
			return fmt.Errorf("lock directory: %w", err)
		}
		d, err := s.directoryIn(ctx, tx)
		if err != nil {
			return err
		}
		return fn(tx, d)
	})
}

// Directory returns the units, the officials and their leaves, and the campaigns. It must
// not be changed; it is read anew only when an import, a leave or a campaign has changed
// it.
func (s *Store) Directory(ctx context.Context) (*casefile.Directory, error) {
	return s.directoryIn(ctx, s.pool)
}

func (s *Store) directoryIn(ctx context.Context, q querier) (*casefile.Directory, error) {
	var version string
	if err := q.QueryRow(ctx, `SELECT value FROM settings WHERE name = 'directory_version'`).Scan(&version); err != nil {
		return nil, fmt.Errorf("read directory version: %w", err)
	}
	return s.directoryAt(ctx, q, version)
}

func (s *Store) directoryAt(ctx context.Context, q querier, version string) (*casefile.Directory, error) {
	if d := s.directory.at(version); d != nil {
		return d, nil
	}
	d := &casefile.Directory{Version: version, Units: map[string]casefile.Unit{}, Officials: map[string]casefile.Official{}, Leaves: map[string][]casefile.Leave{}, Campaigns: map[string]casefile.Campaign{}}
	units, err := unitsIn(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	for _, u := range units {
		d.Units[u.Code] = u
	}
	officials, err := collect[casefile.Official](ctx, q, `SELECT id, name, post, level, unit, role, portfolio, email FROM officials`)
	if err != nil {
		return nil, fmt.Errorf("read officials: %w", err)
	}
	for _, o := range officials {
		d.Officials[o.ID] = o
	}
	leaves, err := leavesIn(ctx, q, ` WHERE until_at > from_at ORDER BY from_at`)
	if err != nil {
		return nil, err
	}
	for _, l := range leaves {
		d.Leaves[l.Official] = append(d.Leaves[l.Official], l)
	}
	campaigns, err := campaignsIn(ctx, q, "")
	if err != nil {
		return nil, err
	}
	for _, c := range campaigns {
		d.Campaigns[c.ID] = c
	}
	s.directory.keep(version, d)
	return d, nil
}

func unitsIn(ctx context.Context, q querier) ([]casefile.Unit, error) {
	rows, err := q.Query(ctx, `SELECT code, name, kind, level, parent, ended_on, coalesce(successor, '') FROM units`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (u casefile.Unit, err error) {
		var ended *time.Time
		err = row.Scan(&u.Code, &u.Name, &u.Kind, &u.Level, &u.Parent, &ended, &u.Successor)
		if ended != nil {
			u.EndedOn = calendar.DateOf(*ended) // midnight in UTC is the same day in China
		}
		return u, err
	})
}

func collect[T any](ctx context.Context, q querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

// WithLoad returns a copy of the directory that also counts the open cases each
// leader carries.
func (s *Store) WithLoad(ctx context.Context, d *casefile.Directory) (*casefile.Directory, error) {
	return withLoad(ctx, s.pool, d)
}

func withLoad(ctx context.Context, q querier, d *casefile.Directory) (*casefile.Directory, error) {
	type load struct {
		Leader string
		Cases  int
	}
	const sql = `
		SELECT leader, count(*)::int FROM (
			SELECT upper AS leader FROM cases WHERE overdue_at < 'infinity' AND upper <> ''
			UNION ALL
			SELECT lower FROM cases WHERE overdue_at < 'infinity' AND lower <> ''
		) AS seats GROUP BY leader`
	loads, err := collect[load](ctx, q, sql)
	if err != nil {
		return nil, fmt.Errorf("count leaders' cases: %w", err)
	}
	loaded := *d
	loaded.Load = map[string]int{}
	for _, l := range loads {
		loaded.Load[l.Leader] = l.Cases
	}
	return &loaded, nil
}

const (
	saveUnit = `
		INSERT INTO units (code, name, kind, level, parent, ended_on, successor) VALUES ($1, $2, $3, $4, $5, $6::text::date, nullif($7, ''))
		ON CONFLICT (code) DO UPDATE SET name = $2, kind = $3, level = $4, parent = $5, ended_on = $6::text::date, successor = nullif($7, '')
		WHERE (units.name, units.kind, units.level, units.parent, units.ended_on, units.successor) IS DISTINCT FROM ($2, $3, $4, $5, $6::text::date, nullif($7, ''))`
	saveOfficial = `
		INSERT INTO officials (id, name, post, level, unit, role, portfolio, email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET name = $2, post = $3, level = $4, unit = $5, role = $6, portfolio = $7, email = $8
		WHERE (officials.name, officials.post, officials.level, officials.unit, officials.role, officials.portfolio, officials.email)
			IS DISTINCT FROM ($2, $3, $4, $5, $6, $7, $8)`
)

func unitValues(u casefile.Unit) []any {
	var ended *string
	if u.Ended() {
		on := u.EndedOn.String()
		ended = &on
	}
	return []any{u.Code, u.Name, u.Kind, u.Level, u.Parent, ended, u.Successor}
}

func officialValues(o casefile.Official) []any {
	return []any{o.ID, o.Name, o.Post, o.Level, o.Unit, string(o.Role), o.Portfolio, o.Email}
}

// SaveUnits writes units, new and changed, and reports how many of them changed
// anything.
func (s *Store) SaveUnits(ctx context.Context, units []casefile.Unit) (changed int, err error) {
	return s.saveDirectory(ctx, saveUnit, len(units), func(i int) []any { return unitValues(units[i]) })
}

// SaveOfficials writes officials like SaveUnits writes units.
func (s *Store) SaveOfficials(ctx context.Context, officials []casefile.Official) (changed int, err error) {
	return s.saveDirectory(ctx, saveOfficial, len(officials), func(i int) []any { return officialValues(officials[i]) })
}

func (s *Store) saveDirectory(ctx context.Context, sql string, n int, row func(int) []any) (changed int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for i := range n {
			batch.Queue(sql, row(i)...)
		}
		results := tx.SendBatch(ctx, batch)
		for range n {
			tag, err := results.Exec()
			if err != nil {
				_ = results.Close()
				return err
			}
			changed += int(tag.RowsAffected())
		}
		if err := results.Close(); err != nil {
			return err
		}
		if changed > 0 {
			return countUp(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("save directory: %w", err)
	}
	return changed, nil
}

// countUp makes every process read the directory anew.
func countUp(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `UPDATE settings SET value = (value::bigint + 1)::text WHERE name = 'directory_version'`); err != nil {
		return fmt.Errorf("count up directory version: %w", err)
	}
	return nil
}

// area lists a unit and everything below it.
func area(d *casefile.Directory, unit string) []string {
	var codes []string
	for code := range maps.Keys(d.Units) {
		if d.Under(code, unit) {
			codes = append(codes, code)
		}
	}
	return codes
}

// above lists a unit and every unit over it.
func above(d *casefile.Directory, unit string) []string {
	codes := []string{}
	for code := range maps.Keys(d.Units) {
		if d.Under(unit, code) {
			codes = append(codes, code)
		}
	}
	return codes
}
