package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"shuangze/calendar"
	"shuangze/casefile"
)

// FigureFilter says what figures are about.
type FigureFilter struct {
	Span   casefile.FigureSpan
	Unit   string // and everything below it
	Origin string
	// UnitsOf is the rule of whose punctuality the units are told; of others then the sum.
	// Empty: of all.
	UnitsOf string
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
	var c counter
	terms := func(ctx context.Context, tx pgx.Tx) (err error) {
		figures.Punctuality, err = c.punctuality(ctx, tx)
		return err
	}
	others := func(ctx context.Context, tx pgx.Tx) (err error) {
		if figures.Lamps, err = c.lamps(ctx, tx); err != nil {
			return err
		}
		if figures.Standing, err = c.standing(ctx, tx); err != nil {
			return err
		}
		if figures.Petitions, err = c.petitions(ctx, tx); err != nil {
			return err
		}
		figures.Ratings, err = c.ratings(ctx, tx)
		return err
	}
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) (err error) {
		if _, err := tx.Exec(ctx, inMemory); err != nil {
			return err
		}
		if c, err = count(ctx, tx, by, f, r); err != nil {
			return err
		}
		second, end, err := s.sharing(ctx, tx)
		if err != nil {
			return err
		}
		if second == nil {
			if err := terms(ctx, tx); err != nil {
				return err
			}
			return others(ctx, tx)
		}
		defer end()
		// Terms take as long as all others together.
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return terms(ctx, second) })
		g.Go(func() error { return others(ctx, tx) })
		return g.Wait()
	})
	if err != nil {
		return Figures{}, fmt.Errorf("count figures: %w", err)
	}
	return figures, nil
}

// snapshot is one for all that is counted, so that the tables agree with each other.
var snapshot = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// inMemory lets a hundred thousand rows be counted as they come. Sorted first, or handed on
// between processes, they take twice as long; so they do where a plan is kept for any units,
// whose units are then gone through one by one for each row.
const inMemory = `SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL plan_cache_mode = force_custom_plan`

// soonFree is how long a second connection is waited for: to have one and wait for another
// must not stop requests for good that do the same.
const soonFree = 50 * time.Millisecond

// sharing begins a second transaction that sees what tx sees; it is nil when all
// connections are taken.
func (s *Store) sharing(ctx context.Context, tx pgx.Tx) (second pgx.Tx, end func(), err error) {
	var seen string
	if err := tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&seen); err != nil {
		return nil, nil, fmt.Errorf("export a snapshot: %w", err)
	}
	soon, cancel := context.WithTimeout(ctx, soonFree)
	defer cancel()
	conn, err := s.pool.Acquire(soon)
	if err != nil {
		return nil, nil, ctx.Err()
	}
	if second, err = conn.BeginTx(ctx, snapshot); err != nil {
		conn.Release()
		return nil, nil, fmt.Errorf("share a snapshot: %w", err)
	}
	end = func() {
		_ = second.Rollback(context.WithoutCancel(ctx)) // it has only read
		conn.Release()
	}
	if _, err := second.Exec(ctx, `SET TRANSACTION SNAPSHOT '`+seen+`'; `+inMemory); err != nil {
		end()
		return nil, nil, fmt.Errorf("share a snapshot: %w", err)
	}
	return second, end, nil
}

// counter counts what one actor may know of.
type counter struct {
	by      casefile.Actor
	filter  FigureFilter
	rules   casefile.Rules
	accused []string // cases that accuse the actor: few, and none of most
}

// count prepares to count what an actor may know of.
func count(ctx context.Context, tx pgx.Tx, by casefile.Actor, f FigureFilter, r casefile.Rules) (counter, error) {
	const sql = `
		SELECT id FROM cases WHERE accused_official = $1 AND accused_official <> ''
		UNION SELECT id FROM cases WHERE accused_unit = ANY($2)`
	accused, err := ids(ctx, tx, sql, by.ID, above(r.Directory, by.Unit))
	if err != nil {
		return counter{}, fmt.Errorf("look for what accuses: %w", err)
	}
	return counter{by, f, r, accused}, nil
}

// stood narrows rows of case_id, unit, office and origin, as they were then, to the
// counter's.
func (c counter) stood() where {
	w := c.answered()
	alternatives := []string{`unit = ANY(@my_area)`, `office = ANY(@my_area)`}
	if c.by.Role == casefile.Leader {
		w.args["me"] = c.by.ID
		seats := []string{`upper = @me`, `lower = @me`} // each is looked up in its own index
		if principals := c.rules.Directory.Principals(c.by.ID, c.rules.Now); len(principals) > 0 {
			w.args["principals"] = principals
			seats = append(seats, asUpper, asLower)
		}
		alternatives = []string{`unit = ANY(@my_area)`, `case_id IN (SELECT id FROM cases WHERE ` + strings.Join(seats, ` UNION ALL SELECT id FROM cases WHERE `) + `)`}
	}
	if len(w.either) > 0 {
		w.either = [][]string{alternatives}
	}
	return w
}

// answered narrows rows of case_id, origin and the unit that answered for it then.
func (c counter) answered() where {
	d := c.rules.Directory
	w := where{args: pgx.NamedArgs{}}
	if len(c.accused) > 0 {
		w.add(`case_id <> ALL(@accused)`, "accused", c.accused)
	}
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
	if c.filter.Origin != "" {
		w.add(`origin = @origin`, "origin", c.filter.Origin)
	}
	return w
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
		SELECT width_bucket(from_at, @points::timestamptz[]), width_bucket(until_at, @points::timestamptz[]),
			width_bucket(least(yellow_at, red_at), @points::timestamptz[]), width_bucket(red_at, @points::timestamptz[]), count(*)
		FROM lamps` + w.String() + ` GROUP BY 1, 2, 3, 4`
	type alike struct {
		Began, Ended, Yellow, Red int
		Cases                     int64
	}
	rows, err := collect[alike](ctx, tx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("lamps: %w", err)
	}
	const began, yellow, red, ended = 0, 1, 2, 3
	by := [4][]int64{}
	for what := range by {
		by[what] = make([]int64, len(points)+1)
	}
	for _, r := range rows {
		by[began][r.Began] += r.Cases
		by[yellow][min(r.Ended, max(r.Began, r.Yellow))] += r.Cases
		by[red][min(r.Ended, max(r.Began, r.Red))] += r.Cases
		by[ended][r.Ended] += r.Cases
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

// outcome is how a term ended that was judged in a span, which is open at its beginning, as
// those of target sheets are: what ends with a day is missed at the beginning of the next.
// It is one of these or, of what was on time, the event that stopped it: whether that
// fulfilled the duty or took it away the policy says.
func outcome(until string) string {
	return `CASE WHEN judged_at = due_at THEN CASE WHEN least(fed_back_at, stopped_at) <= ` + until + ` THEN '` + missed + `' ELSE '` + running + `' END
		WHEN judged_at = fed_back_at THEN '` + answered + `' ELSE stop END`
}

const (
	missed   = "+missed"
	running  = "+running"
	answered = "+answered"
)

// judged is how so many terms of a rule were kept that ended in one way; ok is false when
// the duty was taken away, which counts nowhere.
func (c counter) judged(rule, outcome string, terms int64) (p casefile.Punctuality, ok bool) {
	switch outcome {
	case missed:
		p.Late = terms
	case running:
		p.Running = terms
	default:
		k, known := c.rules.Policy.Clock(rule)
		if outcome != answered && (!known || !slices.Contains(casefile.Fulfils(k), outcome)) {
			return p, false
		}
		p.OnTime = terms
	}
	return p, true
}

func (c counter) punctuality(ctx context.Context, tx pgx.Tx) ([]RuleKept, error) {
	w := c.answered()
	c.span(&w)
	w.add(`rule = ANY(@known)`, "known", c.known())
	w.add(`judged_at > @from AND judged_at <= @until`, "", nil)
	unit := `unit`
	if c.filter.UnitsOf != "" {
		w.args["units_of"] = c.filter.UnitsOf
		unit = `CASE WHEN rule = @units_of THEN unit ELSE '' END`
	}
	sql := `SELECT rule, ` + unit + `, ` + outcome("@until") + `, count(*) FROM terms` + w.String() + ` GROUP BY 1, 2, 3 ORDER BY 1, 2`
	rows, err := tx.Query(ctx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("punctuality: %w", err)
	}
	found := []RuleKept{}
	var rule, who, how string
	var terms int64
	_, err = pgx.ForEachRow(rows, []any{&rule, &who, &how, &terms}, func() error {
		p, ok := c.judged(rule, how, terms)
		if n := len(found); !ok {
			return nil
		} else if n > 0 && found[n-1].Rule == rule && found[n-1].Unit == who {
			found[n-1].Punctuality = found[n-1].Add(p)
		} else {
			found = append(found, RuleKept{rule, who, p})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("punctuality: %w", err)
	}
	return found, nil
}

// known are the policy's rules. What ran by others before is in no figure.
func (c counter) known() (rules []string) {
	for _, k := range c.rules.Policy.Clocks {
		rules = append(rules, k.ID)
	}
	return rules
}

// inBoth asks of the span and of the one a year before, in which @from and @until have
// "_before" to their names: {} stands for it.
func inBoth(sql string) string {
	return strings.ReplaceAll(sql, `{}`, ``) + ` UNION ALL ` + strings.ReplaceAll(sql, `{}`, `_before`)
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
	for _, q := range []struct {
		table, within string
		to            func(p *Petitions) (cases, persons *int64)
	}{
		{
			`registrations`, `at >= @from{} AND at < @until{}`,
			func(p *Petitions) (cases, persons *int64) { return &p.Registered, &p.RegisteredPersons },
		},
		{ // what still was at the end of the span
			`endings`, `stage = 'closed' AND from_at >= @from{} AND from_at < @until{} AND until_at >= @until{}`,
			func(p *Petitions) (cases, persons *int64) { return &p.Closed, &p.ClosedPersons },
		},
	} {
		w := c.stood()
		c.span(&w)
		w.add(q.within, "", nil)
		sql := `SELECT '{}', channel, purpose, count(*), sum(headcount)::bigint FROM ` + q.table + w.String() + ` GROUP BY channel, purpose`
		rows, err := tx.Query(ctx, inBoth(sql), w.args)
		if err != nil {
			return nil, fmt.Errorf("petitions: %w", err)
		}
		var span, channel, purpose string
		var cases, persons int64
		_, err = pgx.ForEachRow(rows, []any{&span, &channel, &purpose, &cases, &persons}, func() error {
			in := of(channel, purpose)
			p := &in.Now
			if span != "" {
				p = &in.Before
			}
			counted, came := q.to(p)
			*counted, *came = cases, persons
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
	c.span(&w)
	w.add(`rule = ANY(@settlement)`, "settlement", slices.DeleteFunc(c.known(), func(rule string) bool { return !slices.Contains(casefile.Settlement, rule) }))
	w.add(`judged_at > @from{} AND judged_at <= @until{}`, "", nil)
	sql := `SELECT '{}', rule, ` + outcome("@until{}") + `, channel, purpose, count(*) FROM terms` + w.String() + ` GROUP BY 2, 3, 4, 5`
	rows, err := tx.Query(ctx, inBoth(sql), w.args)
	if err != nil {
		return fmt.Errorf("settled: %w", err)
	}
	var span, rule, how, channel, purpose string
	var terms int64
	_, err = pgx.ForEachRow(rows, []any{&span, &rule, &how, &channel, &purpose, &terms}, func() error {
		kept, ok := c.judged(rule, how, terms)
		if !ok {
			return nil
		}
		if p := of(channel, purpose); span == "" {
			p.Now.Settled = p.Now.Settled.Add(kept)
		} else {
			p.Before.Settled = p.Before.Settled.Add(kept)
		}
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
	c.span(&w)
	w.add(`rating <> ''`, "", nil)
	sql := `
		SELECT of_office, unit, count(*) FILTER (WHERE rating = 'satisfied'), count(*) FILTER (WHERE rating = 'basically_satisfied'), count(*) FILTER (WHERE rating = 'dissatisfied')
		FROM (
			SELECT case_id, origin, true AS of_office, office AS unit, office_rating AS rating FROM ratings WHERE at >= @from AND at < @until
			UNION ALL SELECT case_id, origin, false, unit, unit_rating FROM ratings WHERE at >= @from AND at < @until
		) AS rated` + w.String() + ` GROUP BY of_office, unit ORDER BY of_office DESC, unit`
	found, err := collect[RatingCount](ctx, tx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("ratings: %w", err)
	}
	return found, nil
}
