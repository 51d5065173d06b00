package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Audit compares what the store holds of a case with what its ledger says, and
// returns the case as the ledger folds and every difference, in words.
func (s *Store) Audit(ctx context.Context, id string) (c casefile.Case, differences []string, err error) {
	rows, err := s.Ledger(ctx, id)
	if err != nil {
		return c, nil, err
	}
	note := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	if err := CheckChain(id, rows); err != nil {
		note("ledger: %v", err)
	}
	if c, err = Fold(rows); err != nil {
		note("ledger: %v", err)
		return c, differences, nil
	}
	for _, r := range rows {
		if e, err := r.Event(); err == nil && e.Command != r.Command {
			note("ledger: row %d is filed under another command than its event's", r.Seq) // and would be found, or not, by that
		}
	}
	want := derive(c)
	got, err := s.columns(ctx, id)
	if err != nil {
		return c, nil, err
	}
	want.Wake, want.Title = got.Wake, got.Title // not in the ledger
	for _, d := range want.unlike(got) {
		note("case row: %s", d)
	}
	if c.Stage.Open() && got.Wake == nil {
		note("silent: the case is open and no step is planned")
	}
	texts, err := s.Texts(ctx, id)
	if err != nil {
		return c, nil, err
	}
	for _, doc := range documents(rows) {
		t, ok := texts[doc.ID]
		hash := sha256.Sum256([]byte(t.Body))
		switch {
		case !ok:
			note("text %s is missing", doc.ID)
		case t.Hash != doc.Hash || hex.EncodeToString(hash[:]) != doc.Hash:
			note("text %s has been changed since it was referred to", doc.ID)
		}
	}
	return c, differences, nil
}

// unlike names each column in which another row differs.
func (e columns) unlike(other columns) (differences []string) {
	want, got := reflect.ValueOf(e), reflect.ValueOf(other)
	for i := range want.NumField() {
		a, _ := json.Marshal(want.Field(i).Interface()) // plain data always encodes
		b, _ := json.Marshal(got.Field(i).Interface())
		if !bytes.Equal(a, b) {
			name := strings.ToLower(want.Type().Field(i).Name)
			differences = append(differences, fmt.Sprintf("%s is %s where the ledger folds to %s", name, b, a))
		}
	}
	return differences
}

func documents(rows []Recorded) []casefile.Document {
	var docs []casefile.Document
	for _, r := range rows {
		e, err := r.Event()
		if err != nil {
			continue // noted by the fold
		}
		if e.Document != nil {
			docs = append(docs, *e.Document)
		}
		if e.Case != nil {
			docs = append(docs, e.Case.Petition)
		}
	}
	return docs
}

// columns is a case row as it stands, with what is derived beside it.
type columns struct {
	Seq                            int64
	Number, Reference, Title       string
	Origin, Campaign, Office, Unit string
	AccusedUnit, AccusedOfficial   string
	Registered                     time.Time
	Stage                          string
	Open                           bool
	Supervision, Upper, Lower      string
	Yellow, Red, Overdue, Wake     *time.Time
	FinalLamp, Calendar            string
	Urgent                         bool
	Parties, Receptions            []string
	Tasks, Clocks                  []string
	Enlistments                    []string
	State                          casefile.Case
}

func derive(c casefile.Case) columns {
	p := project(c)
	e := columns{
		Seq: c.Seq, Number: c.Number, Reference: c.Reference, Origin: c.Origin, Campaign: c.CampaignCode(), Office: c.Office, Unit: c.Unit,
		AccusedUnit: c.AccusedUnit, AccusedOfficial: c.AccusedOfficial, Registered: c.RegisteredAt,
		Stage: string(c.Stage), Open: c.Stage.Open(), Supervision: string(c.Supervision()), Upper: c.Upper.Official, Lower: c.Lower.Official,
		Yellow: finite(p.yellow), Red: finite(p.red), Overdue: finite(p.overdue), FinalLamp: string(p.finalLamp), Calendar: p.calendar, Parties: c.Parties(), Receptions: c.Receptions, Urgent: c.Urgent != nil, State: c,
	}
	for _, t := range casefile.Waiting(c) {
		due := ""
		if !t.Due.IsZero() {
			due = stamp(t.Due.InternalEnd())
		}
		e.Tasks = append(e.Tasks, fmt.Sprintf("%s %s%s%s %s %s", t.Do, t.Official, t.Role, t.Unit, stamp(t.From), due))
	}
	for _, k := range c.Clocks {
		if k.Ticking() {
			e.Clocks = append(e.Clocks, fmt.Sprintf("%s %s %s %s %s", k.ID, k.Whose, k.Who, stamp(k.YellowFrom()), stamp(k.Due.InternalEnd())))
		}
	}
	for _, list := range enlistments(c) {
		e.Enlistments = append(e.Enlistments, list.line(c))
	}
	slices.Sort(e.Tasks)
	slices.Sort(e.Clocks)
	return e
}

// stampFormat ends the call of to_char that writes an instant as stamp does.
const stampFormat = `, 'YYYY-MM-DD HH24:MI:SS.US')`

// stamp writes an instant as the query of columns does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000000") }

func finite(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Store) columns(ctx context.Context, id string) (columns, error) {
	var e columns
	var state []byte
	const sql = `
		SELECT seq, number, coalesce(reference, ''), title, origin, campaign, office, unit, accused_unit, accused_official, registered_at,
			stage, open, supervision, upper, lower,
			CASE WHEN yellow_at < 'infinity' THEN yellow_at END, CASE WHEN red_at < 'infinity' THEN red_at END,
			CASE WHEN overdue_at < 'infinity' THEN overdue_at END, CASE WHEN wake_at < 'infinity' THEN wake_at END, final_lamp, calendar, parties, receptions, urgent, state,
			ARRAY(SELECT concat_ws(' ', do_what, official || role || unit, to_char(from_at` + stampFormat + `, coalesce(to_char(due` + stampFormat + `, '')) FROM tasks WHERE case_id = cases.id),
			ARRAY(SELECT concat_ws(' ', id, whose, who, to_char(yellow_at` + stampFormat + `, to_char(red_at` + stampFormat + `) FROM clocks k WHERE case_id = cases.id),
			` + enlistmentLines + `
		FROM cases WHERE id = $1`
	err := s.pool.QueryRow(ctx, sql, id).Scan(&e.Seq, &e.Number, &e.Reference, &e.Title, &e.Origin, &e.Campaign, &e.Office, &e.Unit,
		&e.AccusedUnit, &e.AccusedOfficial, &e.Registered, &e.Stage, &e.Open, &e.Supervision, &e.Upper, &e.Lower, &e.Yellow, &e.Red, &e.Overdue, &e.Wake, &e.FinalLamp, &e.Calendar, &e.Parties, &e.Receptions, &e.Urgent, &state, &e.Tasks, &e.Clocks, &e.Enlistments)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, nil // a ledger without a row: everything differs
	}
	if err != nil {
		return e, fmt.Errorf("read row of case %s: %w", id, err)
	}
	for _, t := range []*time.Time{&e.Registered, e.Yellow, e.Red, e.Overdue, e.Wake} {
		if t != nil {
			*t = t.UTC()
		}
	}
	slices.Sort(e.Tasks)
	slices.Sort(e.Clocks)
	for _, list := range []*[]string{&e.Parties, &e.Receptions, &e.Tasks, &e.Clocks, &e.Enlistments} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	_ = json.Unmarshal(state, &e.State) // what can't be decoded is not what the ledger folds to
	return e, nil
}

// LedgerCases lists the cases that have ledger rows, in order, those after the given
// one.
func (s *Store) LedgerCases(ctx context.Context, after string, limit int) ([]string, error) {
	return ids(ctx, s.pool, `SELECT DISTINCT case_id FROM ledger WHERE case_id > $1 ORDER BY case_id LIMIT $2`, after, limit)
}

// Gaps lists the registers whose numbers are not one to the last without a gap, case
// rows that no ledger stands behind, and ledger rows whose columns are not their
// event's.
func (s *Store) Gaps(ctx context.Context) ([]string, error) {
	const sql = `
		SELECT 'register ' || r.office || ' ' || r.year || ': last number is ' || r.last || ', but ' || count(c.number) || ' cases have one'
		FROM registers r LEFT JOIN cases c ON starts_with(c.number, r.office || '-' || r.year || '-')
		GROUP BY r.office, r.year, r.last HAVING count(c.number) <> r.last
		UNION ALL
		SELECT 'case ' || c.id || ': has a row but no ledger' FROM cases c WHERE NOT EXISTS (SELECT 1 FROM ledger l WHERE l.case_id = c.id)
		UNION ALL
		SELECT 'case ' || case_id || ': columns of event ' || seq || ' are not what the event says' FROM ledger, LATERAL (SELECT body::jsonb AS e) AS b
		WHERE (seq, kind, command, at) IS DISTINCT FROM ((e ->> 'seq')::bigint, e ->> 'kind', e ->> 'command', (e ->> 'at')::timestamptz)`
	return ids(ctx, s.pool, sql)
}

// Count says how often something has happened and in how many cases.
type Count struct {
	What  string // the kind of thing, such as "event" or "late"
	Name  string
	Times int
	Cases int
}

// Tally counts what the ledger, the case rows, the broadcasts and the messages say of all
// cases: events by kind, and those that a deputy has left; steps taken and left out;
// lateness by whose duty it was; suspensions; outcomes of reviews; broadcasts and what
// became of their cases; letters by kind and state, and why notices were not told.
func (s *Store) Tally(ctx context.Context) ([]Count, error) {
	return collect[Count](ctx, s.pool, `
		WITH e AS (SELECT case_id, kind, body::jsonb AS e FROM ledger)
		SELECT 'event', kind, count(*)::int, count(DISTINCT case_id)::int FROM e GROUP BY kind
		UNION ALL SELECT 'deputy', kind, count(*)::int, count(DISTINCT case_id)::int FROM e WHERE e ? 'for' GROUP BY kind
		UNION ALL SELECT 'step', split_part(e ->> 'clock', '/', 1) || ' ' || split_part(e ->> 'step', '#', 1), count(*)::int, count(DISTINCT case_id)::int
		FROM e WHERE e ? 'step' AND kind <> 'suppressed' GROUP BY 2
		UNION ALL SELECT 'left out', e ->> 'reason', count(*)::int, count(DISTINCT case_id)::int FROM e WHERE kind = 'suppressed' GROUP BY 2
		UNION ALL SELECT 'late', (l ->> 'whose') || ' ' || split_part(l ->> 'clock', '/', 1), count(*)::int, count(DISTINCT case_id)::int
		FROM e, jsonb_array_elements(e -> 'late') AS l GROUP BY 2
		UNION ALL SELECT 'suspension', e ->> 'reason', count(*)::int, count(DISTINCT case_id)::int FROM e WHERE kind = 'suspended' GROUP BY 2
		UNION ALL SELECT 'review', e ->> 'outcome', count(*)::int, count(DISTINCT case_id)::int FROM e WHERE kind = 'reviewed' GROUP BY 2
		UNION ALL SELECT 'stage', stage, count(*)::int, count(*)::int FROM cases GROUP BY 2
		UNION ALL SELECT 'supervision', supervision, count(*)::int, count(*)::int FROM cases GROUP BY 2
		UNION ALL SELECT 'broadcast', kind || ' ' || result, count(DISTINCT broadcast)::int, count(DISTINCT case_id)::int
		FROM broadcasts b JOIN broadcast_cases c ON c.broadcast = b.id GROUP BY 2
		UNION ALL SELECT 'letter', m.kind || ' ' || m.state, count(DISTINCT m.id)::int, count(DISTINCT d.case_id)::int
		FROM messages m LEFT JOIN deliveries d ON d.message = m.id GROUP BY 2
		UNION ALL SELECT 'not told', reason, count(*)::int, count(DISTINCT case_id)::int FROM deliveries WHERE state = 'suppressed' GROUP BY 2
		ORDER BY 1, 3 DESC, 2`)
}
