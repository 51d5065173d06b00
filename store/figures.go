package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// FigureFilter says what figures are about.
type FigureFilter struct {
	Span   casefile.FigureSpan
	Unit   string // and everything below it
	Origin string
}

// Figures are the numbers of a span. What they say of a past day stays true whatever happens
// to a case later: who is responsible, how it stands and by when it is due are as they were
// then.
type Figures struct {
	Lamps       []LampPoint
	Standing    []StandingCount
	Punctuality []RuleKept
	Petitions   []PetitionCount
	Ratings     []RatingCount
}

// LampPoint is how many open cases had which lamp at the end of a day.
type LampPoint struct {
	Day                calendar.Date
	Green, Yellow, Red int64
}

// StandingCount is how many cases were open at the end of the span, by stage, lamp and age.
type StandingCount struct {
	Stage casefile.Stage
	Lamp  casefile.Lamp
	Age   int // place in casefile.AgeClasses
	Cases int64
}

// RuleKept is how a unit kept the terms of a rule.
type RuleKept struct {
	Rule, Unit string
	casefile.Punctuality
}

// PetitionCount is what came in by a channel with a purpose, in the span and in the same
// span of the year before.
type PetitionCount struct {
	Channel, Purpose string
	Now, Before      Petitions
}

// Petitions are counted cases and the persons on them, and how the cases' terms to settle
// were kept.
type Petitions struct {
	Registered, RegisteredPersons int64
	Closed, ClosedPersons         int64
	Settled                       casefile.Punctuality
}

// RatingCount is what petitioners said of an office or a unit.
type RatingCount struct {
	Office                             bool // of the petition office, not of the responsible unit
	Unit                               string
	Satisfied, Basically, Dissatisfied int64
}

// Figures counts what the actor may know of: what belonged to the units of their area and,
// of a leader, the cases in which they sit or stand in now. What accuses the actor is in no
// figure.
func (s *Store) Figures(ctx context.Context, by casefile.Actor, f FigureFilter, r casefile.Rules) (figures Figures, err error) {
	c := counter{by: by, filter: f, rules: r}
	// One snapshot, so that the tables agree with each other.
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) (err error) {
		for _, count := range []func() error{
			func() error { figures.Lamps, err = c.lamps(ctx, tx); return err },
			func() error { figures.Standing, err = c.standing(ctx, tx); return err },
			func() error { figures.Punctuality, err = c.punctuality(ctx, tx); return err },
			func() error { figures.Petitions, err = c.petitions(ctx, tx); return err },
			func() error { figures.Ratings, err = c.ratings(ctx, tx); return err },
		} {
			if err := count(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Figures{}, fmt.Errorf("count figures: %w", err)
	}
	return figures, nil
}

// counter counts what one actor may know of.
type counter struct {
	by     casefile.Actor
	filter FigureFilter
	rules  casefile.Rules
}

// stood narrows rows of case_id, unit, office and origin, as they were then, to the
// counter's.
func (c counter) stood() where {
	w := c.answered()
	alternatives := []string{`unit = ANY(@my_area)`, `office = ANY(@my_area)`}
	if c.by.Role == casefile.Leader {
		w.args["me"] = c.by.ID
		seats := []string{`upper = @me`, `lower = @me`}
		if principals := c.rules.Directory.Principals(c.by.ID, c.rules.Now); len(principals) > 0 {
			w.args["principals"] = principals
			seats = append(seats, `(`+asUpper+`)`, `(`+asLower+`)`)
		}
		alternatives = []string{`unit = ANY(@my_area)`, `case_id IN (SELECT id FROM cases WHERE ` + strings.Join(seats, ` OR `) + `)`}
	}
	if len(w.either) > 0 {
		w.either = [][]string{alternatives}
	}
	if c.filter.Origin != "" {
		w.add(`origin = @origin`, "origin", c.filter.Origin)
	}
	return w
}

// answered narrows rows of case_id and of the unit that answered for it then.
func (c counter) answered() where {
	d := c.rules.Directory
	w := where{args: pgx.NamedArgs{"accused": c.by.ID, "accused_units": above(d, c.by.Unit)}}
	w.add(`case_id NOT IN (
		SELECT id FROM cases WHERE accused_official = @accused AND accused_official <> ''
		UNION ALL SELECT id FROM cases WHERE accused_unit = ANY(@accused_units))`, "", nil)
	mine := area(d, c.by.Unit)
	switch c.by.Role {
	case casefile.Supervisor, casefile.Inspector, casefile.Registrar:
		mine = area(d, d.Area(c.by.Unit))
	case casefile.Auditor:
		mine = nil
	case casefile.Leader, casefile.Officer, casefile.Admin, casefile.System, casefile.Former, casefile.Complainant:
	}
	// Who is above all units sees every case: no condition serves best.
	if c.by.Role != casefile.Auditor && len(mine) < len(d.Units) {
		w.args["my_area"] = mine
		w.either = append(w.either, []string{`unit = ANY(@my_area)`})
	}
	if c.filter.Unit != "" {
		w.add(`unit = ANY(@units)`, "units", area(d, c.filter.Unit))
	}
	return w
}

// ofOrigin narrows rows that have no origin of their own.
func (c counter) ofOrigin(w *where) {
	if c.filter.Origin != "" {
		w.add(`case_id IN (SELECT id FROM cases WHERE origin = @origin)`, "origin", c.filter.Origin)
	}
}

// span adds the instants of a span, and of the same one a year before.
func (c counter) span(w *where) {
	before := c.filter.Span.YearBefore()
	w.args["from"], w.args["until"] = c.filter.Span.From.Start(), c.filter.Span.End(c.rules.Now)
	w.args["from_before"], w.args["until_before"] = before.From.Start(), before.End(c.rules.Now.AddDate(-1, 0, 0))
}

// lamps counts in one pass. A row is open at the points after its beginning, up to its end;
// so the cases open at a point are those that have begun before it without those that have
// ended before it. The same goes for the points from which on it is yellow, or red.
func (c counter) lamps(ctx context.Context, tx pgx.Tx) ([]LampPoint, error) {
	points := c.filter.Span.Points(c.rules.Now)
	at := make([]time.Time, len(points))
	lamps := make([]LampPoint, len(points))
	for i, p := range points {
		at[i], lamps[i].Day = p.At, p.Day
	}
	w := c.stood()
	w.add(`from_at < @last AND until_at >= @first`, "points", at)
	w.args["first"], w.args["last"] = at[0], at[len(at)-1]
	// width_bucket says how many points lie at or before an instant.
	sql := `
		SELECT CASE WHEN grouping(began) = 0 THEN 0 WHEN grouping(yellow) = 0 THEN 1 WHEN grouping(red) = 0 THEN 2 ELSE 3 END,
			coalesce(began, yellow, red, ended), count(*)
		FROM (
			SELECT began, least(ended, greatest(began, yellow)) AS yellow, least(ended, greatest(began, red)) AS red, ended
			FROM (
				SELECT width_bucket(from_at, @points::timestamptz[]) AS began, width_bucket(until_at, @points::timestamptz[]) AS ended,
					width_bucket(least(yellow_at, red_at), @points::timestamptz[]) AS yellow, width_bucket(red_at, @points::timestamptz[]) AS red
				FROM standings` + w.String() + `
			) AS placed
		) AS spans GROUP BY GROUPING SETS ((began), (yellow), (red), (ended))`
	type change struct {
		What, Place int
		Cases       int64
	}
	changes, err := collect[change](ctx, tx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("lamps: %w", err)
	}
	const began, yellow, red, ended = 0, 1, 2, 3
	by := [4][]int64{}
	for what := range by {
		by[what] = make([]int64, len(points)+1)
	}
	for _, ch := range changes {
		by[ch.What][ch.Place] += ch.Cases
	}
	var sum [4]int64
	for i := range points {
		for what := range by {
			sum[what] += by[what][i]
		}
		l := &lamps[i]
		l.Red = sum[red] - sum[ended]
		l.Yellow = sum[yellow] - sum[red]
		l.Green = sum[began] - sum[yellow]
	}
	return lamps, nil
}

func (c counter) standing(ctx context.Context, tx pgx.Tx) ([]StandingCount, error) {
	points := c.filter.Span.Points(c.rules.Now)
	last := points[len(points)-1]
	w := c.stood()
	w.add(`from_at < @at AND until_at >= @at`, "at", last.At)
	w.args["day"] = last.Day.String()
	bounds := make([]int, 0, len(casefile.AgeClasses))
	for _, a := range casefile.AgeClasses {
		bounds = append(bounds, a.From)
	}
	w.args["ages"] = bounds
	sql := `
		SELECT stage, CASE WHEN red_at < @at THEN 'red' WHEN yellow_at < @at THEN 'yellow' ELSE 'green' END AS lamp,
			greatest(width_bucket(@day::text::date - received_on, @ages::int[]) - 1, 0) AS age, count(*)
		FROM standings` + w.String() + ` GROUP BY 1, 2, 3`
	found, err := collect[StandingCount](ctx, tx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("standing: %w", err)
	}
	return found, nil
}

// kept are the three columns of a casefile.Punctuality, of terms judged in a span that is
// open at its beginning, as those of target sheets are: what ends with a day is missed at
// the beginning of the next.
func kept(suffix string) string {
	in := `judged_at > @from` + suffix + ` AND judged_at <= @until` + suffix
	return `
		count(*) FILTER (WHERE ` + in + ` AND judged_at < due_at),
		count(*) FILTER (WHERE ` + in + ` AND judged_at = due_at AND least(fed_back_at, stopped_at) <= @until` + suffix + `),
		count(*) FILTER (WHERE ` + in + ` AND judged_at = due_at AND least(fed_back_at, stopped_at) > @until` + suffix + `)`
}

// fulfilled finds terms that were judged: missed, or stopped by what fulfils them.
const fulfilled = `(judged_at = due_at OR judged_at = fed_back_at OR (rule, stop) IN (SELECT * FROM unnest(@rules::text[], @stops::text[])))`

// fulfil adds which events fulfil which rules, of those that are wanted.
func (c counter) fulfil(w *where, wanted func(rule string) bool) {
	rules, stops, known := []string{}, []string{}, []string{}
	for _, k := range c.rules.Policy.Clocks {
		if !wanted(k.ID) {
			continue
		}
		known = append(known, k.ID)
		for _, stop := range casefile.Fulfils(k) {
			rules, stops = append(rules, k.ID), append(stops, stop)
		}
	}
	w.add(fulfilled, "known", known)
	w.conditions = append(w.conditions, `rule = ANY(@known)`)
	w.args["rules"], w.args["stops"] = rules, stops
}

func (c counter) punctuality(ctx context.Context, tx pgx.Tx) ([]RuleKept, error) {
	w := c.answered()
	c.ofOrigin(&w)
	c.span(&w)
	c.fulfil(&w, func(string) bool { return true })
	w.add(`judged_at > @from AND judged_at <= @until`, "", nil)
	sql := `SELECT rule, unit, ` + kept("") + ` FROM terms` + w.String() + ` GROUP BY rule, unit ORDER BY rule, unit`
	rows, err := tx.Query(ctx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("punctuality: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k RuleKept, err error) {
		return k, row.Scan(&k.Rule, &k.Unit, &k.OnTime, &k.Late, &k.Running)
	})
	if err != nil {
		return nil, fmt.Errorf("punctuality: %w", err)
	}
	return found, nil
}

// either is the condition that an instant lies in the span or in that of the year before.
func either(column string) string {
	return `(` + column + ` >= @from AND ` + column + ` < @until OR ` + column + ` >= @from_before AND ` + column + ` < @until_before)`
}

func (c counter) petitions(ctx context.Context, tx pgx.Tx) ([]PetitionCount, error) {
	byKind := map[[2]string]*PetitionCount{}
	of := func(channel, purpose string) *PetitionCount {
		key := [2]string{channel, purpose}
		if byKind[key] == nil {
			byKind[key] = &PetitionCount{Channel: channel, Purpose: purpose}
		}
		return byKind[key]
	}
	const counts = `
		count(*) FILTER (WHERE at >= @from AND at < @until), coalesce(sum(headcount) FILTER (WHERE at >= @from AND at < @until), 0)::bigint,
		count(*) FILTER (WHERE at >= @from_before AND at < @until_before), coalesce(sum(headcount) FILTER (WHERE at >= @from_before AND at < @until_before), 0)::bigint`
	// The unit and office of a registration are those that it had then.
	registered := `
		SELECT channel, purpose, ` + counts + ` FROM (
			SELECT c.id AS case_id, c.registered_at AS at, c.channel, c.purpose, c.headcount, c.origin, coalesce(s.unit, c.unit) AS unit, coalesce(s.office, c.office) AS office
			FROM cases c LEFT JOIN standings s ON s.case_id = c.id AND s.from_at = c.registered_at WHERE ` + either("c.registered_at") + `
		) AS registered`
	// Closed is what still was at the end of the span.
	closed := `
		SELECT channel, purpose, ` + counts + ` FROM (
			SELECT e.case_id, e.from_at AS at, c.channel, c.purpose, c.headcount, c.origin, e.unit, e.office
			FROM endings e JOIN cases c ON c.id = e.case_id
			WHERE e.stage = 'closed' AND (e.from_at >= @from AND e.from_at < @until AND e.until_at >= @until OR e.from_at >= @from_before AND e.from_at < @until_before AND e.until_at >= @until_before)
		) AS closed`
	for _, q := range []struct {
		sql string
		to  func(p *Petitions) (cases, persons *int64)
	}{
		{registered, func(p *Petitions) (cases, persons *int64) { return &p.Registered, &p.RegisteredPersons }},
		{closed, func(p *Petitions) (cases, persons *int64) { return &p.Closed, &p.ClosedPersons }},
	} {
		w := c.stood()
		c.span(&w)
		rows, err := tx.Query(ctx, q.sql+w.String()+` GROUP BY channel, purpose`, w.args)
		if err != nil {
			return nil, fmt.Errorf("petitions: %w", err)
		}
		var channel, purpose string
		var now, persons, before, personsBefore int64
		_, err = pgx.ForEachRow(rows, []any{&channel, &purpose, &now, &persons, &before, &personsBefore}, func() error {
			p := of(channel, purpose)
			c, n := q.to(&p.Now)
			*c, *n = now, persons
			c, n = q.to(&p.Before)
			*c, *n = before, personsBefore
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("petitions: %w", err)
		}
	}
	if err := c.settled(ctx, tx, of); err != nil {
		return nil, err
	}
	counted := make([]PetitionCount, 0, len(byKind))
	for _, p := range byKind {
		counted = append(counted, *p)
	}
	slices.SortFunc(counted, func(a, b PetitionCount) int {
		return strings.Compare(a.Channel+"\x00"+a.Purpose, b.Channel+"\x00"+b.Purpose)
	})
	return counted, nil
}

// settled counts how the terms to settle were kept.
func (c counter) settled(ctx context.Context, tx pgx.Tx, of func(channel, purpose string) *PetitionCount) error {
	w := c.answered()
	c.ofOrigin(&w)
	c.span(&w)
	c.fulfil(&w, func(rule string) bool { return slices.Contains(casefile.Settlement, rule) })
	w.add(`(judged_at > @from AND judged_at <= @until OR judged_at > @from_before AND judged_at <= @until_before)`, "", nil)
	sql := `
		SELECT c.channel, c.purpose, ` + kept("") + `, ` + kept("_before") + `
		FROM (SELECT case_id, judged_at, due_at, fed_back_at, stopped_at FROM terms` + w.String() + `) AS judged JOIN cases c ON c.id = judged.case_id GROUP BY 1, 2`
	rows, err := tx.Query(ctx, sql, w.args)
	if err != nil {
		return fmt.Errorf("settled: %w", err)
	}
	var channel, purpose string
	var now, before casefile.Punctuality
	_, err = pgx.ForEachRow(rows, []any{&channel, &purpose, &now.OnTime, &now.Late, &now.Running, &before.OnTime, &before.Late, &before.Running}, func() error {
		p := of(channel, purpose)
		p.Now.Settled, p.Before.Settled = now, before
		return nil
	})
	if err != nil {
		return fmt.Errorf("settled: %w", err)
	}
	return nil
}

// ratings counts what was rated, of the office and unit that it was about then.
func (c counter) ratings(ctx context.Context, tx pgx.Tx) ([]RatingCount, error) {
	w := c.answered()
	c.ofOrigin(&w)
	c.span(&w)
	sql := `
		SELECT of_office, unit, count(*) FILTER (WHERE rating = 'satisfied'), count(*) FILTER (WHERE rating = 'basically_satisfied'), count(*) FILTER (WHERE rating = 'dissatisfied')
		FROM (
			SELECT l.case_id, r.of_office, r.rating, CASE WHEN r.of_office THEN coalesce(s.office, c.office) ELSE coalesce(s.unit, c.unit) END AS unit
			FROM ledger l JOIN cases c ON c.id = l.case_id
			LEFT JOIN LATERAL (SELECT unit, office FROM standings WHERE case_id = l.case_id AND from_at <= l.at ORDER BY from_at DESC LIMIT 1) AS s ON true
			CROSS JOIN LATERAL (VALUES (true, l.body::jsonb->>'office_rating'), (false, l.body::jsonb->>'unit_rating')) AS r (of_office, rating)
			WHERE l.kind = 'rated' AND l.at >= @from AND l.at < @until AND r.rating <> ''
		) AS rated` + w.String() + ` GROUP BY of_office, unit ORDER BY of_office DESC, unit`
	found, err := collect[RatingCount](ctx, tx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("ratings: %w", err)
	}
	return found, nil
}
