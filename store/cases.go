package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/width"

	"shuangze/calendar"
	"shuangze/casefile"
)

// Row is a case with what only the store knows of it.
type Row struct {
	Case  casefile.Case
	Title string
	Wake  time.Time // zero: nothing is planned
}

// queueCase writes the case row and what is derived from it.
func queueCase(batch *pgx.Batch, c casefile.Case, next casefile.Next) {
	state, err := json.Marshal(c)
	if err != nil {
		panic(err) // plain data always encodes
	}
	p := project(c)
	const upsert = `
		INSERT INTO cases (id, seq, number, reference, title, origin, campaign, office, unit, accused_unit, accused_official, stage, open, supervision,
			upper, lower, registered_at, yellow_at, red_at, overdue_at, final_lamp, wake_at, calendar, parties, receptions, urgent, state)
		VALUES (@id, @seq, @number, nullif(@reference, ''), coalesce((SELECT title FROM documents WHERE id = @petition), ''), @origin, @campaign, @office, @unit,
			@accused_unit, @accused_official, @stage, @open, @supervision,
			@upper, @lower, @registered_at, @yellow_at, @red_at, @overdue_at, @final_lamp, @wake_at, @calendar, @parties, @receptions, @urgent, @state)
		ON CONFLICT (id) DO UPDATE SET seq = @seq, title = EXCLUDED.title, campaign = @campaign, unit = @unit, stage = @stage, open = @open, supervision = @supervision, upper = @upper, lower = @lower,
			yellow_at = @yellow_at, red_at = @red_at, overdue_at = @overdue_at, final_lamp = @final_lamp, wake_at = @wake_at, calendar = @calendar, parties = @parties,
			receptions = @receptions, urgent = @urgent, state = @state`
	batch.Queue(upsert, pgx.NamedArgs{
		"id": c.ID, "seq": c.Seq, "number": c.Number, "reference": c.Reference, "petition": cmp.Or(c.Titled, c.Petition.ID), "origin": c.Origin, "campaign": c.CampaignCode(),
		"office": c.Office, "unit": c.Unit, "accused_unit": c.AccusedUnit, "accused_official": c.AccusedOfficial,
		"stage": string(c.Stage), "open": c.Stage.Open(), "supervision": string(c.Supervision()), "upper": c.Upper.Official, "lower": c.Lower.Official,
		"registered_at": c.RegisteredAt, "yellow_at": instant(p.yellow), "red_at": instant(p.red), "overdue_at": instant(p.overdue),
		"final_lamp": string(p.finalLamp), "wake_at": instant(next.At), "calendar": p.calendar, "parties": append([]string{}, c.Parties()...), "receptions": append([]string{}, c.Receptions...), "urgent": c.Urgent != nil, "state": string(state),
	})
	queueEnlistments(batch, c)
	batch.Queue(`DELETE FROM tasks WHERE case_id = $1`, c.ID)
	for _, t := range casefile.Waiting(c) {
		batch.Queue(`INSERT INTO tasks (case_id, do_what, official, role, unit, from_at, due) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			c.ID, string(t.Do), t.Official, string(t.Role), t.Unit, t.From, never(t.Due.InternalEnd()))
	}
	batch.Queue(`DELETE FROM clocks WHERE case_id = $1`, c.ID)
	for _, k := range c.Clocks {
		if k.Ticking() {
			batch.Queue(`INSERT INTO clocks (case_id, id, whose, who, yellow_at, red_at) VALUES ($1, $2, $3, $4, $5, $6)`,
				c.ID, k.ID, string(k.Whose), k.Who, k.YellowFrom(), k.Due.InternalEnd())
		}
	}
}

// projection is what lists ask of a case's clocks; zero times are never.
type projection struct {
	yellow, red, overdue time.Time
	finalLamp            casefile.Lamp
	calendar             string
}

func project(c casefile.Case) projection {
	var p projection
	if !c.Stage.Open() {
		p.finalLamp = c.Lamp(c.ClosedAt)
		return p
	}
	earlier := func(t *time.Time, at time.Time) {
		if t.IsZero() || at.Before(*t) {
			*t = at
		}
	}
	for _, k := range c.Clocks {
		if k.Ticking() {
			earlier(&p.yellow, k.YellowFrom())
			earlier(&p.red, k.Due.InternalEnd())
			earlier(&p.overdue, k.Due.StatutoryEnd())
			if k.Due.Provisional {
				p.calendar = k.Due.Calendar
			}
		}
	}
	return p
}

// never is an instant, NULL for the zero time.
func never(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

const selectRow = `SELECT state, title, CASE WHEN wake_at < 'infinity' THEN wake_at END FROM cases`

func scanRow(row pgx.CollectableRow) (Row, error) {
	var r Row
	var state []byte
	var wake *time.Time
	if err := row.Scan(&state, &r.Title, &wake); err != nil {
		return r, err
	}
	if wake != nil {
		r.Wake = *wake
	}
	return r, json.Unmarshal(state, &r.Case)
}

// Case returns a case. ErrNotFound when there is none.
func (s *Store) Case(ctx context.Context, id string) (Row, error) {
	rows, err := s.pool.Query(ctx, selectRow+` WHERE id = $1`, id)
	if err != nil {
		return Row{}, fmt.Errorf("read case %s: %w", id, err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRow)
	if errors.Is(err, pgx.ErrNoRows) {
		return Row{}, ErrNotFound
	}
	if err != nil {
		return Row{}, fmt.Errorf("read case %s: %w", id, err)
	}
	return r, nil
}

// HasReference reports whether a case is registered under this reference.
func (s *Store) HasReference(ctx context.Context, reference string) (bool, error) {
	var known bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM cases WHERE reference = $1)`, reference).Scan(&known); err != nil {
		return false, fmt.Errorf("look up reference: %w", err)
	}
	return known, nil
}

// Filter says which cases a list is about; zero fields don't narrow it.
type Filter struct {
	Stage       casefile.Stage
	Lamp        casefile.Lamp // of open cases, unless Stage names an ended one
	Open        bool          // has not ended
	Overdue     bool          // a statutory due date has passed
	Origin      string
	Unit        string // and everything below it
	Leader      string
	Supervision casefile.Supervision
	Supervised  bool          // by anybody
	Campaign    string        // id or name
	Reception   string        // a reception day that it was brought on
	Urgent      bool          // marked as grave and urgent
	DueBefore   calendar.Date // the next statutory due date lies before this day
	Query       string        // part of number, reference or title
	Sort        string        // one of Sorts
	Cursor      string        // of the page before
	Limit       int
}

// Sorts are the orders of a list: by the next statutory due date, or by registration.
var Sorts = []string{"due", "-due", "registered", "-registered"}

// column is what the list is ordered by, before the id.
func (f Filter) column() string {
	if strings.HasSuffix(f.Sort, "registered") {
		return "registered_at"
	}
	return "overdue_at"
}

func (f Filter) descends() bool { return strings.HasPrefix(f.Sort, "-") }

func (f Filter) order() string {
	if f.descends() {
		return ` ORDER BY ` + f.column() + ` DESC, id DESC`
	}
	return ` ORDER BY ` + f.column() + `, id`
}

// ErrCursor says that a cursor is not one that this list gave.
var ErrCursor = errors.New("not a cursor of this list")

// Page is part of a list; Next is the cursor of the following part, empty at the end.
type Page struct {
	Rows  []Row
	Total int
	Next  string
}

// Cases lists the cases that the actor may see.
func (s *Store) Cases(ctx context.Context, by casefile.Actor, f Filter, now time.Time) (Page, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return Page{}, err
	}
	w := where{args: pgx.NamedArgs{}}
	w.sees(by, d, now)
	w.filter(f, d, now)
	var page Page
	if err := s.pool.QueryRow(ctx, w.total(), w.args).Scan(&page.Total); err != nil {
		return Page{}, fmt.Errorf("count cases: %w", err)
	}
	column, less := f.column(), ">"
	if f.descends() {
		less = "<"
	}
	if f.Cursor != "" {
		key, id, err := parseCursor(f.Cursor, f.Sort)
		if err != nil {
			return Page{}, err
		}
		w.add(`(`+column+`, id) `+less+` (@cursor_key::timestamptz, @cursor_id)`, "cursor_key", key)
		w.args["cursor_id"] = id
	}
	w.args["limit"] = f.Limit + 1
	rows, err := s.pool.Query(ctx, selectRow+w.String()+f.order()+` LIMIT @limit`, w.args)
	if err != nil {
		return Page{}, fmt.Errorf("list cases: %w", err)
	}
	if page.Rows, err = pgx.CollectRows(rows, scanRow); err != nil {
		return Page{}, fmt.Errorf("list cases: %w", err)
	}
	if len(page.Rows) > f.Limit {
		page.Rows = page.Rows[:f.Limit]
		last := page.Rows[f.Limit-1].Case
		key := last.RegisteredAt.Format(time.RFC3339Nano)
		if column == "overdue_at" {
			key = infinity
			if p := project(last); !p.overdue.IsZero() {
				key = p.overdue.Format(time.RFC3339Nano)
			}
		}
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(f.Sort + " " + key + " " + last.ID))
	}
	return page, nil
}

// Select lists the ids of the open cases that a filter finds among those the actor may
// see, the most pressing first, at most limit; total counts all of them.
func (s *Store) Select(ctx context.Context, by casefile.Actor, f Filter, now time.Time, limit int) (found []string, total int, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, 0, err
	}
	w := where{args: pgx.NamedArgs{"limit": limit}}
	w.sees(by, d, now)
	w.filter(f, d, now)
	w.add(`open`, "", nil)
	if err := s.pool.QueryRow(ctx, w.total(), w.args).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count selected cases: %w", err)
	}
	if found, err = ids(ctx, s.pool, `SELECT id FROM cases`+w.String()+` ORDER BY overdue_at, id LIMIT @limit`, w.args); err != nil {
		return nil, 0, fmt.Errorf("select cases: %w", err)
	}
	return found, total, nil
}

// Seen lists those of the ids that belong to cases the actor may see.
func (s *Store) Seen(ctx context.Context, by casefile.Actor, of []string, now time.Time) ([]string, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	w := where{args: pgx.NamedArgs{}}
	w.sees(by, d, now)
	w.add(`id = ANY(@ids)`, "ids", of)
	seen, err := ids(ctx, s.pool, `SELECT id FROM cases`+w.String(), w.args)
	if err != nil {
		return nil, fmt.Errorf("look for cases: %w", err)
	}
	return seen, nil
}

// EachCase gives the cases with these ids to fn in this order, one at a time, until it
// returns false. Ids without a case are left out.
func (s *Store) EachCase(ctx context.Context, of []string, fn func(Row) (more bool)) error {
	const sql = `
		SELECT c.state, c.title, CASE WHEN c.wake_at < 'infinity' THEN c.wake_at END
		FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) JOIN cases c ON c.id = asked.id ORDER BY n`
	rows, err := s.pool.Query(ctx, sql, of)
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return fmt.Errorf("read cases: %w", err)
		}
		if !fn(r) {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	return nil
}

func parseCursor(cursor, sort string) (key, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", "", ErrCursor
	}
	parts := strings.Split(string(raw), " ")
	if len(parts) != 3 || parts[0] != sort {
		return "", "", ErrCursor
	}
	if _, err := time.Parse(time.RFC3339Nano, parts[1]); err != nil && parts[1] != infinity {
		return "", "", ErrCursor
	}
	return parts[1], parts[2], nil
}

// where gathers conditions and their arguments.
type where struct {
	conditions []string
	either     [][]string // of each of these groups one must hold as well
	args       pgx.NamedArgs
}

func (w *where) add(condition, name string, value any) {
	w.conditions = append(w.conditions, condition)
	if name != "" {
		w.args[name] = value
	}
}

func (w *where) String() string {
	all := slices.Clone(w.conditions)
	for _, group := range w.either {
		all = append(all, `(`+strings.Join(group, ` OR `)+`)`)
	}
	if len(all) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(all, ` AND `)
}

// parts are the conditions without alternatives. Postgres would look for "one or the
// other" in the table, so each alternative is asked for by itself, in its own index,
// without what those before it have found.
func (w *where) parts() [][]string {
	parts := [][]string{w.conditions}
	for _, group := range w.either {
		var split [][]string
		for _, part := range parts {
			for i, alternative := range group {
				own := append(slices.Clone(part), alternative)
				for _, counted := range group[:i] {
					own = append(own, `NOT `+counted)
				}
				split = append(split, own)
			}
		}
		parts = split
	}
	return parts
}

// total counts the cases.
func (w *where) total() string {
	var counts []string
	for _, part := range w.parts() {
		counts = append(counts, `(SELECT count(*) FROM cases WHERE `+strings.Join(part, ` AND `)+`)`)
	}
	return `SELECT ` + strings.Join(counts, ` + `)
}

// sees narrows to what casefile.Sees allows, in SQL; a test holds the two together.
func (w *where) sees(by casefile.Actor, d *casefile.Directory, now time.Time) {
	within := func(area []string, alternatives ...string) {
		w.args["my_area"] = area
		// Who is above all units sees every case: no condition serves best.
		if len(area) < len(d.Units) {
			w.either = append(w.either, alternatives)
		}
	}
	switch by.Role {
	case casefile.Auditor:
	case casefile.Registrar, casefile.Supervisor, casefile.Inspector:
		within(area(d, d.Area(by.Unit)), `unit = ANY(@my_area)`, `office = ANY(@my_area)`)
	case casefile.Officer:
		w.args["my_unit"] = by.Unit
		w.either = append(w.either, []string{`unit = @my_unit`, `parties @> ARRAY[@my_unit]`})
	case casefile.Leader:
		alternatives := []string{`unit = ANY(@my_area)`, `upper = @me`, `lower = @me`}
		if principals := d.Principals(by.ID, now); len(principals) > 0 {
			w.args["principals"] = principals
			alternatives = append(alternatives, `(`+asUpper+`)`, `(`+asLower+`)`)
		}
		within(area(d, by.Unit), alternatives...)
	default:
		w.add(`false`, "", nil)
	}
	w.unaccused(by, d)
}

// unaccused leaves out what accuses the actor.
func (w *where) unaccused(by casefile.Actor, d *casefile.Directory) {
	w.args["me"] = by.ID
	w.add(`accused_official <> @me`, "", nil)
	w.add(`accused_unit <> ALL(@above_me)`, "above_me", above(d, by.Unit))
}

// asUpper and asLower find the cases in which the caller stands in for the leader on
// leave who holds that seat: not those in whose other seat the caller sits or has ever
// acted, or from which the caller has withdrawn. They are casefile's standsIn in SQL.
const (
	asUpper = `upper = ANY(@principals) AND lower <> @me AND NOT coalesce(state->'lower'->'hands', '[]') ? @me AND ` + notRecused
	asLower = `lower = ANY(@principals) AND upper <> @me AND NOT coalesce(state->'upper'->'hands', '[]') ? @me AND ` + notRecused

	notRecused = `NOT coalesce(state->'recused', '[]') ? @me`
)

func (w *where) filter(f Filter, d *casefile.Directory, now time.Time) {
	w.args["now"] = now
	if f.Stage != "" {
		w.add(`stage = @stage`, "stage", string(f.Stage))
	}
	ended := f.Stage != "" && !f.Stage.Open()
	switch {
	case f.Lamp == "":
	case ended:
		w.add(`final_lamp = @lamp`, "lamp", string(f.Lamp))
	case f.Lamp == casefile.Red:
		w.add(`open AND red_at <= @now`, "", nil)
	case f.Lamp == casefile.Yellow:
		w.add(`open AND red_at > @now AND yellow_at <= @now`, "", nil)
	case f.Lamp == casefile.Green:
		w.add(`open AND red_at > @now AND yellow_at > @now`, "", nil)
	}
	if f.Open {
		w.add(`open`, "", nil)
	}
	if f.Overdue {
		w.add(`overdue_at <= @now`, "", nil)
	}
	if f.Origin != "" {
		w.add(`origin = @origin`, "origin", f.Origin)
	}
	if f.Unit != "" {
		w.add(`unit = ANY(@units)`, "units", append(area(d, f.Unit), f.Unit))
	}
	if f.Leader != "" {
		w.args["leader"] = f.Leader
		w.either = append(w.either, []string{`upper = @leader`, `lower = @leader`})
	}
	if f.Supervision != "" {
		w.add(`supervision = @supervision`, "supervision", string(f.Supervision))
		if f.Supervision != casefile.NotSupervised {
			w.add(`supervision <> 'none'`, "", nil) // lets the partial index serve
		}
	}
	if f.Supervised {
		// By its values, for the index begins with them.
		w.add(`supervision = ANY(@supervisions) AND supervision <> 'none'`, "supervisions", casefile.Supervisions)
	}
	if f.Campaign != "" {
		if codes := campaignCodes(f.Campaign, d); len(codes) == 1 {
			w.add(`campaign = @campaign AND campaign <> ''`, "campaign", f.Campaign)
		} else {
			w.add(`campaign = ANY(@campaigns) AND campaign <> ''`, "campaigns", codes)
		}
	}
	if f.Reception != "" {
		w.add(`receptions @> ARRAY[@reception] AND receptions <> '{}'`, "reception", f.Reception)
	}
	if f.Urgent {
		w.add(`urgent`, "", nil)
	}
	if !f.DueBefore.IsZero() {
		w.add(`overdue_at <= @due_before`, "due_before", f.DueBefore.Start()) // due on the day before at the latest
	}
	if f.Query != "" {
		// As it was typed and, full-width letters and digits being common, in half width.
		w.add(`(title ILIKE @like OR title ILIKE @narrow OR number ILIKE @narrow OR reference ILIKE @like OR reference ILIKE @narrow)`, "like", within(f.Query))
		w.args["narrow"] = within(width.Fold.String(f.Query))
	}
}

// within is the pattern of what has a text in it, for LIKE.
func within(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// Stalled lists open cases whose wake-up passed before the given time, or whose
// provisional due dates wait for another calendar than this (empty: any will do): what
// the net under the timers must wake. At most limit, the longest overdue first.
func (s *Store) Stalled(ctx context.Context, before time.Time, calendarVersion string, limit int) ([]string, error) {
	// "Less or greater" finds by the index what "not equal" would have to look through.
	const sql = `
		SELECT id FROM (
			SELECT id, wake_at FROM cases WHERE open AND wake_at < $1
			UNION
			SELECT id, wake_at FROM cases WHERE calendar <> '' AND calendar < $2
			UNION
			SELECT id, wake_at FROM cases WHERE calendar <> '' AND calendar > $2 AND $2 <> ''
		) AS stalled ORDER BY wake_at, id LIMIT $3`
	return ids(ctx, s.pool, sql, before, calendarVersion, limit)
}

func ids(ctx context.Context, q querier, sql string, args ...any) ([]string, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
