package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// span is what a metric is asked of: the units that answer for it, and the time in which it
// was judged, after from, up to and with until.
type span struct {
	units       []string
	from, until time.Time
}

// spanOf is a sheet's: its unit with all that is below it.
func spanOf(s casefile.TargetSheet, d *casefile.Directory, now time.Time) span {
	from, until := s.Span(now)
	return span{area(d, s.Unit), from, until}
}

// Who misses a date of 31 December has missed it when that day has ended, at the very
// beginning of the next year: so the spans are open at their beginning.
const (
	judgedTerms = `
		SELECT case_id, clock AS term, judged_at, due_at, judged_at < due_at AS good
		FROM terms
		WHERE rule = ANY(@clocks) AND terms.unit = ANY(@charged) AND judged_at > @from AND judged_at <= @until
			AND (judged_at = due_at OR judged_at = fed_back_at OR stop = ANY(@done))`

	handedDown = `
		SELECT j.* FROM (` + judgedTerms + `) j JOIN cases c ON c.id = j.case_id
		WHERE CASE WHEN j.term = 'ASSIGN-RESULT' THEN c.office <> ALL(@charged) ELSE c.origin = ANY(@origins) END`

	// What was closed in the span and still was at its end; what was open and past its
	// time at its end, and at its beginning.
	judgedStock = `
		WITH closed AS (
			SELECT case_id, from_at FROM endings
			WHERE stage = 'closed' AND endings.unit = ANY(@charged) AND from_at > @from AND from_at <= @until AND until_at > @until
		), missed AS (
			SELECT case_id, min(due_at) AS due_at FROM terms
			WHERE rule = ANY(@clocks) AND terms.unit = ANY(@charged) AND stopped_at >= due_at AND stopped_at > @until AND due_at <= @until GROUP BY case_id
		), old AS (
			SELECT case_id, min(due_at) AS due_at FROM terms
			WHERE rule = ANY(@clocks) AND terms.unit = ANY(@charged) AND stopped_at >= due_at AND stopped_at > @from AND due_at <= @from GROUP BY case_id
		), gone AS (
			SELECT case_id FROM endings WHERE stage = ANY(@gone) AND endings.unit = ANY(@charged) AND from_at <= @until
		)
		SELECT c.id AS case_id, '' AS term, coalesce(closed.from_at, missed.due_at, old.due_at) AS judged_at, coalesce(old.due_at, missed.due_at) AS due_at,
			closed.case_id IS NOT NULL AS good
		FROM (SELECT case_id FROM closed UNION SELECT case_id FROM missed UNION SELECT case_id FROM old) j JOIN cases c ON c.id = j.case_id
			LEFT JOIN closed ON closed.case_id = c.id LEFT JOIN missed ON missed.case_id = c.id LEFT JOIN old ON old.case_id = c.id
		WHERE c.purpose = 'appeal'
			AND c.id NOT IN (SELECT case_id FROM gone)
			AND CASE WHEN old.case_id IS NOT NULL OR c.campaign <> '' THEN 'backlog' WHEN c.repeated THEN 'repeated' ELSE 'first' END = @stock`

	judgedReviews = `
		SELECT l.case_id, l.kind AS term, l.at AS judged_at, NULL::timestamptz AS due_at, l.body::jsonb->>'outcome' = 'uphold' AS good
		FROM ledger l JOIN cases c ON c.id = l.case_id
		WHERE l.kind = 'reviewed' AND l.at > @from AND l.at <= @until AND c.unit = ANY(@charged)`

	judgedRatings = `
		SELECT l.case_id, l.kind AS term, l.at AS judged_at, NULL::timestamptz AS due_at, l.body::jsonb->>@rating <> 'dissatisfied' AS good
		FROM ledger l JOIN cases c ON c.id = l.case_id
		WHERE l.kind = 'rated' AND l.at > @from AND l.at <= @until AND CASE WHEN @rating = 'office_rating' THEN c.office ELSE c.unit END = ANY(@charged)`

	judgedRated = `
		SELECT e.case_id, '' AS term, e.from_at AS judged_at, NULL::timestamptz AS due_at,
			EXISTS (SELECT 1 FROM ledger l WHERE l.case_id = e.case_id AND l.kind = 'rated' AND l.at <= @until) AS good
		FROM endings e
		WHERE e.stage = 'closed' AND e.office = ANY(@charged) AND e.from_at > @from AND e.from_at <= @until AND e.until_at > @until`
)

// judged is the query of everything that a metric has judged, one row each, and its
// arguments.
func judged(m casefile.Metric, s span) (sql string, args pgx.NamedArgs) {
	args = pgx.NamedArgs{"charged": s.units, "from": s.from, "until": s.until}
	switch m.Counts {
	case casefile.CountsTerms:
		args["clocks"], args["done"] = m.Clocks, m.Done
		if !m.HandedDown {
			return judgedTerms, args
		}
		args["origins"] = casefile.HandedDownOrigins
		return handedDown, args
	case casefile.CountsStock:
		args["clocks"], args["stock"] = m.Clocks, string(m.Stock)
		args["gone"] = []string{string(casefile.Declined), string(casefile.Diverted)}
		return judgedStock, args
	case casefile.CountsReviews:
		return judgedReviews, args
	case casefile.CountsRatings:
		args["rating"] = "unit_rating"
		if m.Office {
			args["rating"] = "office_rating"
		}
		return judgedRatings, args
	case casefile.CountsRated:
	}
	return judgedRated, args
}

// tally counts a metric.
func tally(ctx context.Context, q querier, m casefile.Metric, s span) (casefile.Tally, error) {
	sql, args := judged(m, s)
	var t casefile.Tally
	var good int64
	err := q.QueryRow(ctx, `SELECT count(*) FILTER (WHERE good), count(*) FROM (`+sql+`) AS judged`, args).Scan(&good, &t.Denominator)
	if err != nil {
		return t, fmt.Errorf("count %s: %w", m.ID, err)
	}
	if t.Numerator = good; m.Unit == casefile.Count {
		t.Numerator = t.Denominator - good
	}
	return t, nil
}

// TargetTallies counts the items of a sheet as of now or, after its year, as of its end.
// Of a closed sheet ClosedScore has the figures.
func (s *Store) TargetTallies(ctx context.Context, sheet casefile.TargetSheet, items []casefile.TargetItem, now time.Time) ([]casefile.Tally, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	return tallies(ctx, s.pool, items, spanOf(sheet, d, now))
}

func tallies(ctx context.Context, q querier, items []casefile.TargetItem, of span) ([]casefile.Tally, error) {
	counted := make([]casefile.Tally, len(items))
	for i, item := range items {
		m, ok := casefile.MetricOf(item.Metric)
		if !ok {
			return nil, fmt.Errorf("%w: no metric %q", ErrBroken, item.Metric)
		}
		var err error
		if counted[i], err = tally(ctx, q, m, of); err != nil {
			return nil, err
		}
	}
	return counted, nil
}

// TargetCase is one thing that was judged for an item, in a case that its reader may see.
type TargetCase struct {
	Case     string
	Number   string
	Title    string
	Term     string // the clock; "" where the case as a whole was judged
	JudgedAt time.Time
	DueAt    *time.Time // end of the statutory due date
	Good     bool
}

// TargetFilter narrows and pages a list of what was judged.
type TargetFilter struct {
	Good   *bool
	Offset int
	Limit  int
}

// TargetCases lists what was judged for an item, what was missed first, the latest first,
// of the cases that the actor may see; total counts all that f.Good asks for, seen or not.
// number is the item's, from 1: of a closed sheet what was recorded is listed.
func (s *Store) TargetCases(ctx context.Context, sheet casefile.TargetSheet, number int, item casefile.TargetItem, by casefile.Actor, f TargetFilter, now time.Time) (found []TargetCase, total int, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	m, ok := casefile.MetricOf(item.Metric)
	if !ok {
		return nil, 0, fmt.Errorf("%w: no metric %q", ErrBroken, item.Metric)
	}
	sql, args := judged(m, spanOf(sheet, d, now))
	if sheet.ClosedBy != "" {
		sql, args = `SELECT case_id, term, judged_at, due_at, good FROM target_cases WHERE sheet = @sheet AND item = @item`, pgx.NamedArgs{"sheet": sheet.ID, "item": number}
	}
	narrow := ``
	if f.Good != nil {
		narrow, args["good"] = ` WHERE good = @good`, *f.Good
	}
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM (`+sql+`) AS judged`+narrow, args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count cases of %s: %w", m.ID, err)
	}
	w := where{args: args}
	w.sees(by, d, now)
	w.args["offset"], w.args["limit"] = f.Offset, f.Limit
	rows, err := collect[TargetCase](ctx, s.pool, `
		SELECT id, number, title, judged.term, judged.judged_at, judged.due_at, judged.good
		FROM (SELECT * FROM (`+sql+`) AS all_judged`+narrow+`) AS judged JOIN cases ON id = judged.case_id`+w.String()+`
		ORDER BY judged.good, judged.judged_at DESC, id, judged.term OFFSET @offset LIMIT @limit`, w.args)
	if err != nil {
		return nil, 0, fmt.Errorf("list cases of %s: %w", m.ID, err)
	}
	return rows, total, nil
}
