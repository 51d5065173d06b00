package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// ReceptionsTx is the schedule of reception days, locked, in one transaction: nobody else
// changes it, the leaves or the directory until it is over, so what was checked still
// holds when it is written.
type ReceptionsTx struct {
	s         *Store
	tx        pgx.Tx
	Directory *casefile.Directory
}

// InReceptions runs fn with the schedule locked. What fn wrote is committed when it
// returns nil and is undone otherwise.
func (s *Store) InReceptions(ctx context.Context, fn func(*ReceptionsTx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM settings WHERE name = 'directory_version' FOR UPDATE`); err != nil {
			return fmt.Errorf("lock schedule: %w", err)
		}
		d, err := s.directoryIn(ctx, tx)
		if err != nil {
			return err
		}
		return fn(&ReceptionsTx{s, tx, d})
	})
}

// Entered finds the days that a request entered before, as they are now. ErrNotFound when
// there are none, ErrOtherRequest when another request did.
func (t *ReceptionsTx) Entered(ctx context.Context, request, fingerprint string) ([]casefile.Reception, error) {
	if err := madeBy(ctx, t.tx, fingerprint, `SELECT fingerprint FROM receptions WHERE request = $1 LIMIT 1`, request); err != nil {
		return nil, err
	}
	return receptionsIn(ctx, t.tx, ` WHERE request = $1 ORDER BY from_at, id`, request)
}

// Standing lists the days of these leaders that stand and that are not over before the
// given time.
func (t *ReceptionsTx) Standing(ctx context.Context, after time.Time, leaders ...string) ([]casefile.Reception, error) {
	return receptionsIn(ctx, t.tx, ` WHERE leader = ANY($1) AND until_at > $2 AND ended_at IS NULL ORDER BY from_at, id`, leaders, after)
}

// Enter writes new days; request is the id of what entered them.
func (t *ReceptionsTx) Enter(ctx context.Context, days []casefile.Reception, request, fingerprint string) error {
	batch := &pgx.Batch{}
	for _, r := range days {
		batch.Queue(`
			INSERT INTO receptions (id, office, leader, from_at, until_at, place, form, slots, instead, entered_by, entered_at, request, fingerprint, published_by, published_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, nullif($14, ''), $15)`,
			r.ID, r.Office, r.Leader, r.From, r.Until, r.Place, r.Form, r.Slots, r.Instead, r.EnteredBy, r.EnteredAt, request, fingerprint, r.PublishedBy, never(r.PublishedAt))
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("enter reception days: %w", err)
	}
	return nil
}

// Reception is Store.Reception in this transaction, with the id and the fingerprint of the
// request that ended it, if one did.
func (t *ReceptionsTx) Reception(ctx context.Context, id string) (r casefile.Reception, endCommand, fingerprint string, err error) {
	if r, err = reception(ctx, t.tx, id); err != nil {
		return r, "", "", err
	}
	const sql = `SELECT coalesce(end_command, ''), end_fingerprint FROM receptions WHERE id = $1`
	if err := t.tx.QueryRow(ctx, sql, id).Scan(&endCommand, &fingerprint); err != nil {
		return r, "", "", fmt.Errorf("look up reception day: %w", err)
	}
	return r, endCommand, fingerprint, nil
}

// Note writes that a day was published or held.
func (t *ReceptionsTx) Note(ctx context.Context, r casefile.Reception) error {
	const sql = `UPDATE receptions SET published_by = nullif($2, ''), published_at = $3, held_by = nullif($4, ''), held_at = $5 WHERE id = $1`
	if _, err := t.tx.Exec(ctx, sql, r.ID, r.PublishedBy, never(r.PublishedAt), r.HeldBy, never(r.HeldAt)); err != nil {
		return fmt.Errorf("note of reception day: %w", err)
	}
	return nil
}

// End writes how days were cancelled or swapped; command and fingerprint are those of the
// request that did it.
func (t *ReceptionsTx) End(ctx context.Context, command, fingerprint string, days ...casefile.Reception) error {
	for _, r := range days {
		const sql = `UPDATE receptions SET ended_by = $2, ended_at = $3, swapped = $4, reason = $5, short_notice = $6, end_command = $7, end_fingerprint = $8 WHERE id = $1`
		if _, err := t.tx.Exec(ctx, sql, r.ID, r.EndedBy, r.EndedAt, r.Swapped, r.Reason, r.Short, command, fingerprint); err != nil {
			return fmt.Errorf("end reception day: %w", err)
		}
	}
	return nil
}

// Instead lists the days that a request put in the place of others, in no order.
func (t *ReceptionsTx) Instead(ctx context.Context, command string) ([]casefile.Reception, error) {
	return receptionsIn(ctx, t.tx, ` WHERE request = $1 AND instead <> '' ORDER BY from_at, id`, command)
}

// Move takes the open appointments of a day to the one that takes its place.
func (t *ReceptionsTx) Move(ctx context.Context, from, to string) error {
	if _, err := t.tx.Exec(ctx, `UPDATE appointments SET reception = $2 WHERE reception = $1 AND state = 'booked'`, from, to); err != nil {
		return fmt.Errorf("move appointments: %w", err)
	}
	return nil
}

// ReceptionFilter narrows a list of reception days; zero fields don't.
type ReceptionFilter struct {
	Office    string
	Leader    string
	Leaders   []string // of any of these; nil: all
	From      time.Time
	Until     time.Time
	Public    bool // published and standing
	Published bool // published, or the days of Visible's leaders
	Visible   []string
	Cursor    string
	Limit     int
}

// Receptions lists reception days, the earliest first, a page at a time; next is the
// cursor of the following page, empty at the end. ErrCursor when the cursor is none.
func (s *Store) Receptions(ctx context.Context, f ReceptionFilter) (days []casefile.Reception, next string, err error) {
	conditions := []string{"true"}
	args := pgx.NamedArgs{"limit": f.Limit + 1}
	add := func(condition, name string, value any) {
		conditions = append(conditions, condition)
		args[name] = value
	}
	if f.Office != "" {
		add(`office = @office`, "office", f.Office)
	}
	if f.Leader != "" {
		add(`leader = @leader`, "leader", f.Leader)
	}
	if f.Leaders != nil {
		add(`leader = ANY(@leaders)`, "leaders", f.Leaders)
	}
	if !f.From.IsZero() {
		add(`from_at >= @from`, "from", f.From)
	}
	if !f.Until.IsZero() {
		add(`from_at < @until`, "until", f.Until)
	}
	if f.Public {
		conditions = append(conditions, `published_at IS NOT NULL AND ended_at IS NULL`)
	}
	if f.Published {
		add(`(published_at IS NOT NULL OR leader = ANY(@visible))`, "visible", f.Visible)
	}
	if f.Cursor != "" {
		raw, broken := base64.RawURLEncoding.DecodeString(f.Cursor)
		at, id, ok := strings.Cut(string(raw), " ")
		after, err := time.Parse(time.RFC3339Nano, at)
		if broken != nil || !ok || err != nil || strings.ContainsRune(id, 0) || !utf8.ValidString(id) {
			return nil, "", ErrCursor
		}
		add(`(from_at, id) > (@after, @after_id)`, "after", after)
		args["after_id"] = id
	}
	limit := ` ORDER BY from_at, id`
	if f.Limit > 0 {
		limit += ` LIMIT @limit`
	}
	days, err = receptionsIn(ctx, s.pool, ` WHERE `+strings.Join(conditions, ` AND `)+limit, args)
	if err == nil && f.Limit > 0 && len(days) > f.Limit {
		days = days[:f.Limit]
		last := days[f.Limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte(last.From.UTC().Format(time.RFC3339Nano) + " " + last.ID))
	}
	return days, next, err
}

// Reception returns a reception day. ErrNotFound when there is none.
func (s *Store) Reception(ctx context.Context, id string) (casefile.Reception, error) {
	return reception(ctx, s.pool, id)
}

// Reception is Store.Reception as of this transaction.
func (t *CaseTx) Reception(ctx context.Context, id string) (casefile.Reception, error) {
	return reception(ctx, t.tx, id)
}

func reception(ctx context.Context, q querier, id string) (casefile.Reception, error) {
	days, err := receptionsIn(ctx, q, ` WHERE id = $1`, id)
	if err == nil && len(days) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return casefile.Reception{}, err
	}
	return days[0], nil
}

func receptionsIn(ctx context.Context, q querier, rest string, args ...any) ([]casefile.Reception, error) {
	rows, err := q.Query(ctx, `
		SELECT id, office, leader, from_at, until_at, place, form, slots, instead, coalesce(name, ''), coalesce(post, ''), coalesce(portfolio, ''),
			entered_by, entered_at, coalesce(published_by, ''), published_at, coalesce(held_by, ''), held_at,
			coalesce(ended_by, ''), ended_at, swapped, reason, short_notice,
			(SELECT count(*) FROM cases c WHERE c.receptions @> ARRAY[receptions.id] AND c.receptions <> '{}')
				+ (SELECT count(*) FROM appointments a WHERE a.reception = receptions.id AND a.state = 'came' AND a.case_id = '')
		FROM receptions`+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read reception days: %w", err)
	}
	days, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r casefile.Reception, err error) {
		var published, held, ended *time.Time
		err = row.Scan(&r.ID, &r.Office, &r.Leader, &r.From, &r.Until, &r.Place, &r.Form, &r.Slots, &r.Instead, &r.Name, &r.Post, &r.Portfolio,
			&r.EnteredBy, &r.EnteredAt, &r.PublishedBy, &published, &r.HeldBy, &held, &r.EndedBy, &ended, &r.Swapped, &r.Reason, &r.Short, &r.Visits)
		for _, at := range []struct {
			from *time.Time
			to   *time.Time
		}{{published, &r.PublishedAt}, {held, &r.HeldAt}, {ended, &r.EndedAt}} {
			if at.from != nil {
				*at.to = *at.from
			}
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read reception days: %w", err)
	}
	return days, nil
}

// FixReceptions keeps the name, post and portfolio of the leaders of all days up to this
// one as they stand now. What was fixed stays.
func (s *Store) FixReceptions(ctx context.Context, today calendar.Date) error {
	const sql = `
		UPDATE receptions r SET name = o.name, post = o.post, portfolio = o.portfolio
		FROM officials o WHERE o.id = r.leader AND r.name IS NULL AND r.ended_at IS NULL AND r.from_at < $1`
	if _, err := s.pool.Exec(ctx, sql, today.End()); err != nil {
		return fmt.Errorf("fix reception days: %w", err)
	}
	return nil
}

// ReceptionLetter is a letter to somebody about a reception day; of each stage one.
type ReceptionLetter struct {
	Reception string
	Stage     string // "tell" or "list"
	Official  string
}

// PlanReceptionLetters plans these letters by mail, those that were not planned before.
func (s *Store) PlanReceptionLetters(ctx context.Context, letters []ReceptionLetter, now time.Time) error {
	if len(letters) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, l := range letters {
		batch.Queue(`
			INSERT INTO messages (id, kind, channel, recipient, about, planned_at, next_at)
			VALUES ('reception-' || $1 || '-' || $2 || '-' || $3, 'reception', '`+Mail+`', $3, $2, $4, $4) ON CONFLICT DO NOTHING`,
			l.Stage, l.Reception, l.Official, now)
	}
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("plan letters of reception days: %w", err)
	}
	return nil
}

// Progress is how far the follow-up of a reception day has come.
type Progress struct {
	Visits int // cases that were brought on it
	Open   int // those of them that have no final result
	Booked int // appointments of which it is not on record whether the visitor came
	Came   int // visitors with an appointment who came, and whose visit is no case yet
	Taken  int // appointments that were not cancelled
}

// Progress counts what is left to do of a reception day, as if no case accused the actor.
func (s *Store) Progress(ctx context.Context, by casefile.Actor, id string) (p Progress, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return p, err
	}
	const sql = `
		WITH visits AS (SELECT id, open FROM cases WHERE receptions @> ARRAY[@day] AND receptions <> '{}' AND id NOT IN ` + accusing + `)
		SELECT (SELECT count(*) FROM visits), (SELECT count(*) FROM visits WHERE open),
			count(*) FILTER (WHERE state = 'booked'), count(*) FILTER (WHERE state = 'came' AND case_id = ''), count(*) FILTER (WHERE state <> 'cancelled')
		FROM appointments WHERE reception = @day AND case_id NOT IN ` + accusing
	args := pgx.NamedArgs{"day": id, "me": by.ID, "above_me": above(d, by.Unit)}
	err = s.pool.QueryRow(ctx, sql, args).Scan(&p.Visits, &p.Open, &p.Booked, &p.Came, &p.Taken)
	if err != nil {
		return p, fmt.Errorf("count visits of reception day: %w", err)
	}
	return p, nil
}
