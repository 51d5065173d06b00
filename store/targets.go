package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// TargetsTx is one target sheet, locked, in one transaction.
type TargetsTx struct {
	s  *Store
	tx pgx.Tx
}

// InTargets runs fn with the sheet of this id locked, if there is one. What fn wrote is
// committed when it returns nil and is undone otherwise.
func (s *Store) InTargets(ctx context.Context, id string, fn func(*TargetsTx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM target_sheets WHERE id = $1 FOR UPDATE`, id); err != nil {
			return fmt.Errorf("lock target sheet %s: %w", id, err)
		}
		return fn(&TargetsTx{s, tx})
	})
}

// Sheet is Store.TargetSheet in this transaction.
func (t *TargetsTx) Sheet(ctx context.Context, id string) (casefile.TargetSheet, error) {
	return targetSheet(ctx, t.tx, id)
}

// Drafted finds a sheet that was drafted under this id before. ErrNotFound when there is
// none, ErrOtherRequest when another request did.
func (t *TargetsTx) Drafted(ctx context.Context, id, fingerprint string) (casefile.TargetSheet, error) {
	if err := madeBy(ctx, t.tx, fingerprint, `SELECT fingerprint FROM target_sheets WHERE id = $1`, id); err != nil {
		return casefile.TargetSheet{}, err
	}
	return targetSheet(ctx, t.tx, id)
}

// TargetCommand is what is kept of a request that changes a sheet: its id and its
// fingerprint.
func TargetCommand(id, fingerprint string) string { return id + " " + fingerprint }

// Done reports whether a request has already had its effect on the sheet. ErrOtherRequest
// when another one had, under the same id.
func (t *TargetsTx) Done(ctx context.Context, id, command string) (bool, error) {
	const sql = `
		SELECT c FROM (
			SELECT unnest(ARRAY[command, upper_command, head_command]) AS c FROM target_versions WHERE sheet = $1
			UNION ALL SELECT close_command FROM target_sheets WHERE id = $1
		) AS given WHERE split_part(c, ' ', 1) = split_part($2, ' ', 1)`
	return done(madeBy(ctx, t.tx, command, sql, id, command))
}

// Draft writes a new sheet with its first version. created is false when there is one of
// this office for this unit and year already; nothing is then written.
func (t *TargetsTx) Draft(ctx context.Context, sheet casefile.TargetSheet, fingerprint, command string) (created bool, err error) {
	const sql = `
		INSERT INTO target_sheets (id, year, unit, office, fingerprint) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`
	tag, err := t.tx.Exec(ctx, sql, sheet.ID, sheet.Year, sheet.Unit, sheet.Office, fingerprint)
	if err != nil {
		return false, fmt.Errorf("write target sheet: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	return true, t.Revise(ctx, sheet.ID, sheet.Latest(), command)
}

// Revise writes a new version.
func (t *TargetsTx) Revise(ctx context.Context, id string, v casefile.TargetVersion, command string) error {
	items, err := json.Marshal(v.Items)
	if err != nil {
		return err
	}
	const sql = `
		INSERT INTO target_versions (sheet, version, items, hash, drafted_by, drafted_at, command) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	if _, err := t.tx.Exec(ctx, sql, id, v.Number, string(items), v.Hash, v.DraftedBy, v.DraftedAt, command); err != nil {
		return fmt.Errorf("write version of target sheet %s: %w", id, err)
	}
	return nil
}

// Sign writes a signature on a version.
func (t *TargetsTx) Sign(ctx context.Context, id string, version int, seat casefile.TargetSeat, official string, at time.Time, command string) error {
	sql := `UPDATE target_versions SET upper_by = $3, upper_at = $4, upper_command = $5 WHERE sheet = $1 AND version = $2`
	if seat == casefile.HeadSeat {
		sql = `UPDATE target_versions SET head_by = $3, head_at = $4, head_command = $5 WHERE sheet = $1 AND version = $2`
	}
	if _, err := t.tx.Exec(ctx, sql, id, version, official, at, command); err != nil {
		return fmt.Errorf("sign target sheet %s: %w", id, err)
	}
	return nil
}

// Close counts the items of a version as of the end of the sheet's year and records the
// figures, with all that was judged.
func (t *TargetsTx) Close(ctx context.Context, sheet casefile.TargetSheet, v casefile.TargetVersion, by string, at time.Time, command string) error {
	d, err := t.s.directoryIn(ctx, t.tx)
	if err != nil {
		return err
	}
	of := spanOf(sheet, d, at)
	counted, err := tallies(ctx, t.tx, v.Items, of)
	if err != nil {
		return err
	}
	points := make([]casefile.Points, len(v.Items))
	for i, item := range v.Items {
		points[i] = casefile.PointsOf(item, counted[i])
		var earned *int64
		if points[i].Scored() {
			earned = (*int64)(&points[i].Points)
		}
		_, err := t.tx.Exec(ctx, `INSERT INTO target_results (sheet, item, numerator, denominator, points) VALUES ($1, $2, $3, $4, $5)`,
			sheet.ID, i+1, counted[i].Numerator, counted[i].Denominator, earned)
		if err != nil {
			return fmt.Errorf("record result: %w", err)
		}
		m, _ := casefile.MetricOf(item.Metric) // tallies has found it
		sql, args := judged(m, of)
		args["sheet"], args["item"] = sheet.ID, i+1
		_, err = t.tx.Exec(ctx, `
			INSERT INTO target_cases (sheet, item, case_id, term, judged_at, due_at, good)
			SELECT @sheet, @item, case_id, term, judged_at, due_at, good FROM (`+sql+`) AS judged`, args)
		if err != nil {
			return fmt.Errorf("record cases of %s: %w", m.ID, err)
		}
	}
	var score *int64
	if total, ok := casefile.Score(v.Items, points); ok {
		score = (*int64)(&total)
	}
	const sql = `UPDATE target_sheets SET closed_by = $2, closed_at = $3, closed_version = $4, score = $5, close_command = $6 WHERE id = $1`
	if _, err := t.tx.Exec(ctx, sql, sheet.ID, by, at, v.Number, score, command); err != nil {
		return fmt.Errorf("close target sheet %s: %w", sheet.ID, err)
	}
	return nil
}

// ClosedScore is what the closing act of a sheet recorded: each item's points, and the
// score; ok is false when nothing could be scored.
func (s *Store) ClosedScore(ctx context.Context, sheet casefile.TargetSheet, items []casefile.TargetItem) (points []casefile.Points, score casefile.Hundredths, ok bool, err error) {
	rows, err := s.pool.Query(ctx, `SELECT numerator, denominator, coalesce(points, 0) FROM target_results WHERE sheet = $1 ORDER BY item`, sheet.ID)
	if err != nil {
		return nil, 0, false, fmt.Errorf("read results of target sheet %s: %w", sheet.ID, err)
	}
	points, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p casefile.Points, err error) {
		var t casefile.Tally
		var earned int64
		if err := row.Scan(&t.Numerator, &t.Denominator, &earned); err != nil {
			return p, err
		}
		p.Tally, p.Points = t, casefile.Hundredths(earned)
		return p, nil
	})
	if err != nil {
		return nil, 0, false, fmt.Errorf("read results of target sheet %s: %w", sheet.ID, err)
	}
	if len(points) != len(items) {
		return nil, 0, false, fmt.Errorf("%w: target sheet %s has %d results for %d items", ErrBroken, sheet.ID, len(points), len(items))
	}
	for i, p := range points {
		points[i] = casefile.PointsOf(items[i], p.Tally)
		points[i].Points = p.Points // as recorded
	}
	var recorded *int64
	if err := s.pool.QueryRow(ctx, `SELECT score FROM target_sheets WHERE id = $1`, sheet.ID).Scan(&recorded); err != nil {
		return nil, 0, false, fmt.Errorf("read score of target sheet %s: %w", sheet.ID, err)
	}
	if recorded != nil {
		score, ok = casefile.Hundredths(*recorded), true
	}
	return points, score, ok, nil
}

// TargetSheet returns a sheet with all its versions. ErrNotFound when there is none.
func (s *Store) TargetSheet(ctx context.Context, id string) (casefile.TargetSheet, error) {
	return targetSheet(ctx, s.pool, id)
}

func targetSheet(ctx context.Context, q querier, id string) (casefile.TargetSheet, error) {
	sheets, err := targetSheets(ctx, q, `s.id = $1`, id)
	if err == nil && len(sheets) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return casefile.TargetSheet{}, err
	}
	return sheets[0], nil
}

// TargetSheets lists the sheets of a year, by unit.
func (s *Store) TargetSheets(ctx context.Context, year int) ([]casefile.TargetSheet, error) {
	return targetSheets(ctx, s.pool, `s.year = $1`, year)
}

func targetSheets(ctx context.Context, q querier, which string, args ...any) ([]casefile.TargetSheet, error) {
	rows, err := q.Query(ctx, `
		SELECT s.id, s.year, s.unit, s.office, coalesce(s.closed_by, ''), s.closed_at, coalesce(s.closed_version, 0),
			v.version, v.items, v.hash, v.drafted_by, v.drafted_at, coalesce(v.upper_by, ''), v.upper_at, coalesce(v.head_by, ''), v.head_at
		FROM target_sheets s JOIN target_versions v ON v.sheet = s.id WHERE `+which+` ORDER BY s.unit, s.office, v.version`, args...)
	if err != nil {
		return nil, fmt.Errorf("read target sheets: %w", err)
	}
	defer rows.Close()
	var sheets []casefile.TargetSheet
	for rows.Next() {
		var s casefile.TargetSheet
		var v casefile.TargetVersion
		var items []byte
		var closed, upper, head *time.Time
		err := rows.Scan(&s.ID, &s.Year, &s.Unit, &s.Office, &s.ClosedBy, &closed, &s.Closed,
			&v.Number, &items, &v.Hash, &v.DraftedBy, &v.DraftedAt, &v.Upper.Official, &upper, &v.Head.Official, &head)
		if err != nil {
			return nil, fmt.Errorf("read target sheets: %w", err)
		}
		if err := json.Unmarshal(items, &v.Items); err != nil {
			return nil, fmt.Errorf("decode items of target sheet %s: %w", s.ID, err)
		}
		s.ClosedAt, v.Upper.At, v.Head.At = at(closed), at(upper), at(head)
		if n := len(sheets); n == 0 || sheets[n-1].ID != s.ID {
			sheets = append(sheets, s)
		}
		last := &sheets[len(sheets)-1]
		last.Versions = append(last.Versions, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read target sheets: %w", err)
	}
	return sheets, nil
}

// at is a time that may be null; null is the zero time.
func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
