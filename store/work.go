package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Work is what came in and what the offices did in a span and in the same one a year before
// (条例第四十一条). Cases are counted once; measures each time they were taken, and by cases.
type Work struct {
	Categories []Counted         // by what they are about, in the policy's order
	Units      []Counted         // by the unit responsible when they were registered
	Accused    []Counted         // accusations, by the unit accused or that of the official accused
	Repeated   casefile.Compared // cases about a matter that was raised before
	Groups     casefile.Compared // collective visits
	Persons    casefile.Compared // who came on these
	Measures   []Measure
	Money      casefile.Compared // yuan, that meetings decided upon
}

// Counted is how many cases of one thing were registered.
type Counted struct {
	ID string
	casefile.Compared
}

// Measure is something that was done. What says of which kind it was: of a suggestion its
// kind, of its answer the kind and the outcome, of a meeting which.
type Measure struct {
	Kind  casefile.EventKind
	What  string
	Times casefile.Compared
	Cases casefile.Compared
}

// Work counts what the actor may know of, by the rules of [Store.Figures].
func (s *Store) Work(ctx context.Context, by casefile.Actor, f FigureFilter, r casefile.Rules) (work Work, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		c, err := count(ctx, tx, by, f, r)
		if err != nil {
			return err
		}
		if err := c.matters(ctx, tx, &work); err != nil {
			return err
		}
		return c.measures(ctx, tx, &work)
	})
	if err != nil {
		return Work{}, fmt.Errorf("count work: %w", err)
	}
	return work, nil
}

// either is the condition that an instant lies in the span or in that of the year before.
func either(column string) string {
	return `(` + column + ` >= @from AND ` + column + ` < @until OR ` + column + ` >= @from_before AND ` + column + ` < @until_before)`
}

// matters counts what was registered, in one pass: by category, by unit, by whom it accuses,
// what was raised before, and collective visits.
func (c counter) matters(ctx context.Context, tx pgx.Tx, work *Work) error {
	w := c.stood()
	c.span(&w)
	sql := `
		SELECT coalesce(category, ''), coalesce(unit, ''), coalesce(accused_unit, ''), coalesce(accused_official, ''), coalesce(repeated, false), coalesce(collective, false),
			grouping(category, unit, accused_unit, repeated, collective),
			count(*) FILTER (WHERE now), count(*) FILTER (WHERE NOT now), coalesce(sum(headcount) FILTER (WHERE now), 0)::bigint, coalesce(sum(headcount) FILTER (WHERE NOT now), 0)::bigint
		FROM (
			SELECT r.case_id, r.at >= @from AS now, c.category, c.accused_unit, c.accused_official, c.repeated, r.headcount, r.origin,
				c.collective AND r.channel IN ('visit', 'reception') AS collective, r.unit, r.office
			FROM registrations r JOIN cases c ON c.id = r.case_id WHERE ` + either("r.at") + `
		) AS registered` + w.String() + ` GROUP BY GROUPING SETS ((category), (unit), (accused_unit, accused_official), (repeated), (collective))`
	rows, err := tx.Query(ctx, sql, w.args)
	if err != nil {
		return fmt.Errorf("matters: %w", err)
	}
	const byCategory, byUnit, byAccused, byRepeated = 0b01111, 0b10111, 0b11011, 0b11101 // a bit for each that is left out
	categories, units, accused := map[string]casefile.Compared{}, map[string]casefile.Compared{}, map[string]casefile.Compared{}
	var category, unit, accusedUnit, official string
	var repeated, collective bool
	var by int
	var cases, persons casefile.Compared
	_, err = pgx.ForEachRow(rows, []any{&category, &unit, &accusedUnit, &official, &repeated, &collective, &by, &cases.Now, &cases.Before, &persons.Now, &persons.Before}, func() error {
		switch {
		case by == byCategory:
			categories[category] = cases
		case by == byUnit:
			units[unit] = cases
		case by == byAccused:
			if accusedUnit == "" {
				accusedUnit = c.rules.Directory.Officials[official].Unit
			}
			if accusedUnit != "" {
				accused[accusedUnit] = accused[accusedUnit].Add(cases)
			}
		case by == byRepeated:
			if repeated {
				work.Repeated = cases
			}
		case collective:
			work.Groups, work.Persons = cases, persons
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("matters: %w", err)
	}
	for _, known := range c.rules.Policy.Categories {
		if n := categories[known.ID]; n.Some() {
			work.Categories = append(work.Categories, Counted{known.ID, n})
		}
	}
	work.Units, work.Accused = mostFirst(units), mostFirst(accused)
	return nil
}

// mostFirst sorts what was counted: the article asks for the organs complained of most.
func mostFirst(counted map[string]casefile.Compared) (all []Counted) {
	for id, n := range counted {
		if n.Some() {
			all = append(all, Counted{id, n})
		}
	}
	slices.SortFunc(all, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(b.Now, a.Now), cmp.Compare(b.Before, a.Before), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// measures counts what was done, of cases as they were then.
func (c counter) measures(ctx context.Context, tx pgx.Tx, work *Work) error {
	w := c.stood()
	c.span(&w)
	w.args["kinds"] = append(slices.Clone(casefile.Measures), casefile.EventSuggested, casefile.EventSuggestionAnswered, casefile.EventSubmitted, casefile.EventResolved)
	sql := `
		SELECT kind, what, count(*) FILTER (WHERE now), count(*) FILTER (WHERE NOT now), count(DISTINCT case_id) FILTER (WHERE now), count(DISTINCT case_id) FILTER (WHERE NOT now),
			coalesce(sum(money) FILTER (WHERE now), 0)::bigint, coalesce(sum(money) FILTER (WHERE NOT now), 0)::bigint
		FROM (
			SELECT l.case_id, l.at >= @from AS now, l.kind, c.origin, coalesce(s.unit, c.unit) AS unit, coalesce(s.office, c.office) AS office,
				CASE l.kind
					WHEN 'suggested' THEN l.body::jsonb->>'suggestion'
					WHEN 'suggestion_answered' THEN concat(l.body::jsonb->>'suggestion', '/', l.body::jsonb->>'outcome')
					WHEN 'submitted' THEN l.body::jsonb->>'meeting'
					WHEN 'resolved' THEN l.body::jsonb->>'meeting'
					ELSE ''
				END AS what,
				CASE l.kind WHEN 'resolved' THEN (l.body::jsonb->>'money')::bigint END AS money
			FROM ledger l JOIN cases c ON c.id = l.case_id
			LEFT JOIN LATERAL (SELECT unit, office FROM standings WHERE case_id = l.case_id AND from_at <= l.at ORDER BY from_at DESC LIMIT 1) AS s ON true
			WHERE l.kind = ANY(@kinds) AND ` + either("l.at") + `
		) AS done` + w.String() + ` GROUP BY kind, what`
	rows, err := tx.Query(ctx, sql, w.args)
	if err != nil {
		return fmt.Errorf("measures: %w", err)
	}
	var m Measure
	var money casefile.Compared
	_, err = pgx.ForEachRow(rows, []any{&m.Kind, &m.What, &m.Times.Now, &m.Times.Before, &m.Cases.Now, &m.Cases.Before, &money.Now, &money.Before}, func() error {
		work.Measures = append(work.Measures, m)
		work.Money = work.Money.Add(money)
		return nil
	})
	if err != nil {
		return fmt.Errorf("measures: %w", err)
	}
	return nil
}
