package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// Mail is the channel that goes by mail. The other channels are endpoints, by id.
const Mail = "mail"

// DeliveryState is how far a delivery, or a message, has come.
type DeliveryState string

// The states.
const (
	DeliveryPlanned    DeliveryState = "planned"
	DeliverySent       DeliveryState = "sent"
	DeliverySuppressed DeliveryState = "suppressed" // it had lost its point
	DeliveryFailed     DeliveryState = "failed"     // for good
)

// DeliveryStates lists them.
var DeliveryStates = []DeliveryState{DeliveryPlanned, DeliverySent, DeliverySuppressed, DeliveryFailed}

// Told is a notice that is to be told: who is to learn what of which case.
type Told struct {
	CaseID   string
	Seq      int64
	Official string // whom it is for; of an endpoint's delivery empty
	For      string // the leader on leave in whose place they are told
	Kind     string
	Step     string
	At       time.Time
}

// Delivery is one notice on its way by one channel.
type Delivery struct {
	Told
	Channel   string
	Recipient string    // who gets it; empty of endpoints
	PlannedAt time.Time // not before
	Urgent    bool      // it goes at any hour
}

// PlanNotices plans the deliveries of notices that were written since the last time, the
// oldest first and at most limit, and returns how many notices there were. plan says
// what each leads to; a notice for which it finds no channel is done with.
func (s *Store) PlanNotices(ctx context.Context, limit int, plan func([]Told) []Delivery) (int, error) {
	n := 0
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		told, err := collect[Told](ctx, tx, `
			SELECT case_id, seq, official, for_official, kind, step, at FROM notices WHERE NOT planned
			ORDER BY at, case_id, seq, official LIMIT $1 FOR UPDATE SKIP LOCKED`, limit)
		if err != nil || len(told) == 0 {
			return err
		}
		n = len(told)
		batch := &pgx.Batch{}
		for _, d := range plan(told) {
			batch.Queue(`
				INSERT INTO deliveries (case_id, seq, official, channel, recipient, for_official, kind, step, at, planned_at, urgent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
				ON CONFLICT DO NOTHING`, d.CaseID, d.Seq, d.Official, d.Channel, d.Recipient, d.For, d.Kind, d.Step, d.At, d.PlannedAt, d.Urgent)
		}
		for _, t := range told {
			batch.Queue(`UPDATE notices SET planned = true WHERE case_id = $1 AND seq = $2 AND official = $3`, t.CaseID, t.Seq, t.Official)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("plan notices: %w", err)
	}
	return n, nil
}

// Gather makes a message of all that is to be told by now to one recipient by one
// channel, and returns how many there are. A message's id is made of what it tells.
func (s *Store) Gather(ctx context.Context, now time.Time) (int, error) {
	const sql = `
		WITH due AS (
			SELECT case_id, seq, official, channel, recipient, urgent FROM deliveries
			WHERE state = 'planned' AND message IS NULL AND planned_at <= $1 FOR UPDATE SKIP LOCKED
		), gathered AS (
			INSERT INTO messages (id, kind, channel, recipient, urgent, planned_at, next_at)
			SELECT encode(sha256(convert_to(channel || ' ' || recipient || ' ' || string_agg(case_id || ' ' || seq || ' ' || official, ' ' ORDER BY case_id, seq, official), 'UTF8')), 'hex'),
				'notices', channel, recipient, bool_or(urgent), $1, $1 FROM due GROUP BY channel, recipient
			RETURNING id, channel, recipient
		), set AS (
			UPDATE deliveries d SET message = g.id FROM due, gathered g
			WHERE (d.case_id, d.seq, d.official, d.channel) = (due.case_id, due.seq, due.official, due.channel)
				AND (g.channel, g.recipient) = (due.channel, due.recipient)
		)
		SELECT count(*) FROM gathered`
	var n int
	if err := s.pool.QueryRow(ctx, sql, now).Scan(&n); err != nil {
		return 0, fmt.Errorf("gather messages: %w", err)
	}
	return n, nil
}

// audiences finds who gets a daily or weekly letter: whoever has something to do, deputies
// what a leader on leave has, and the leaders who carry cases.
var audiences = map[string]string{
	"digest": `
		EXISTS (SELECT 1 FROM tasks t WHERE t.official = o.id AND t.official <> '' AND t.from_at <= @now)
		OR EXISTS (SELECT 1 FROM tasks t WHERE t.unit = o.unit AND t.role = o.role AND t.unit <> '' AND t.from_at <= @now)
		OR EXISTS (SELECT 1 FROM leaves v JOIN tasks t ON t.official = v.official
			WHERE v.deputy = o.id AND v.from_at <= @now AND v.until_at > @now AND t.official <> '' AND t.from_at <= @now)`,
	"board": `
		o.role = 'leader' AND (EXISTS (SELECT 1 FROM cases c WHERE c.open AND c.upper = o.id) OR EXISTS (SELECT 1 FROM cases c WHERE c.open AND c.lower = o.id))`,
}

// PlanLetters plans the daily letter ("digest") or the weekly one ("board") of a day by
// mail, to everybody who gets one, has an address and is not on leave. A day's are
// planned once.
func (s *Store) PlanLetters(ctx context.Context, kind string, day calendar.Date, now time.Time) error {
	args := pgx.NamedArgs{"kind": kind, "setting": "planned_" + kind, "text": day.String(), "day": day.At(12, 0), "now": now}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// The days' names sort as the days do.
		tag, err := tx.Exec(ctx, `
			INSERT INTO settings (name, value) VALUES (@setting, @text)
			ON CONFLICT (name) DO UPDATE SET value = @text WHERE settings.value < @text`, args)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO messages (id, kind, channel, recipient, day, planned_at, next_at)
			SELECT @kind || '-' || @text || '-' || o.id, @kind, '`+Mail+`', o.id, @day, @now, @now
			FROM officials o WHERE o.email <> '' AND (`+audiences[kind]+`)
				AND NOT EXISTS (SELECT 1 FROM leaves v WHERE v.official = o.id AND v.from_at <= @now AND v.until_at > @now) ON CONFLICT DO NOTHING`, args)
		return err
	})
	if err != nil {
		return fmt.Errorf("plan %s of %s: %w", kind, day, err)
	}
	return nil
}

// Message is what goes out at once by one channel to one recipient.
type Message struct {
	ID        string
	Kind      string
	Channel   string
	Recipient string
	About     string
	Attempts  int
	PlannedAt time.Time
}

// DueMessages lists the messages that are to be attempted now, those waiting longest
// first. Outside working hours only the urgent are.
func (s *Store) DueMessages(ctx context.Context, now time.Time, hours bool, limit int) ([]Message, error) {
	messages, err := collect[Message](ctx, s.pool, `
		SELECT id, kind, channel, recipient, about, attempts, planned_at FROM messages
		WHERE state = 'planned' AND next_at <= $1 AND (urgent OR $2) ORDER BY next_at, id LIMIT $3`, now, hours, limit)
	if err != nil {
		return nil, fmt.Errorf("list due messages: %w", err)
	}
	return messages, nil
}

// Claim writes an attempt before it is made, and when the next may be should this one
// come to nothing. ok is false when somebody else makes it.
func (s *Store) Claim(ctx context.Context, id string, now, next time.Time) (ok bool, err error) {
	tag, err := s.pool.Exec(ctx, `UPDATE messages SET attempts = attempts + 1, next_at = $3 WHERE id = $1 AND state = 'planned' AND next_at <= $2`, id, now, next)
	if err != nil {
		return false, fmt.Errorf("claim message: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// Tiding is a notice in a message, with its case as it is now and the event it is of.
type Tiding struct {
	Row
	Told
	Event casefile.Event
}

// Tidings lists what a message tells, by case and in the order it happened. What was
// suppressed is left out.
func (s *Store) Tidings(ctx context.Context, message string) ([]Tiding, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT c.state, c.title, CASE WHEN c.wake_at < 'infinity' THEN c.wake_at END, d.case_id, d.seq, d.official, d.for_official, d.kind, d.step, d.at, l.body
		FROM deliveries d JOIN cases c ON c.id = d.case_id JOIN ledger l ON l.case_id = d.case_id AND l.seq = d.seq
		WHERE d.message = $1 AND d.state = 'planned' ORDER BY d.case_id, d.seq, d.official`, message)
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	tidings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Tiding, err error) {
		var recorded Recorded
		t.Row, err = scanRow(trailing{row, []any{&t.CaseID, &t.Seq, &t.Official, &t.For, &t.Kind, &t.Step, &t.At, &recorded.Body}})
		if err != nil {
			return t, err
		}
		t.Event, err = recorded.Event()
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	return tidings, nil
}

// Suppression says why a notice is not told after all.
type Suppression struct {
	Told
	Reason string
}

// Suppress leaves notices out of a message.
func (s *Store) Suppress(ctx context.Context, message string, list []Suppression, now time.Time) error {
	batch := &pgx.Batch{}
	for _, x := range list {
		batch.Queue(`
			UPDATE deliveries SET state = 'suppressed', reason = $5, done_at = $6
			WHERE message = $1 AND case_id = $2 AND seq = $3 AND official = $4 AND state = 'planned'`, message, x.CaseID, x.Seq, x.Official, x.Reason, now)
	}
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("suppress notices: %w", err)
	}
	return nil
}

// Finish records how a message ended, with the reason or the error. It holds for every notice in it that was not suppressed.
func (s *Store) Finish(ctx context.Context, message string, state DeliveryState, why string, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return finish(ctx, tx, `id = $4`, state, why, now, message)
	})
	if err != nil {
		return fmt.Errorf("finish message: %w", err)
	}
	return nil
}

// finish ends the planned messages that a condition on $4 finds, with their deliveries.
func finish(ctx context.Context, tx pgx.Tx, condition string, state DeliveryState, why string, now time.Time, arg any) error {
	_, err := tx.Exec(ctx, `
		WITH done AS (
			UPDATE messages SET state = $1, error = $2, done_at = $3 WHERE state = 'planned' AND `+condition+` RETURNING id
		)
		UPDATE deliveries SET state = $1, done_at = $3, reason = CASE WHEN $1 = 'suppressed' THEN $2 ELSE '' END
		WHERE message IN (SELECT id FROM done) AND state = 'planned'`, string(state), why, now, arg)
	return err
}

// PutOff records why an attempt came to nothing. When the next may be was written with
// the attempt.
func (s *Store) PutOff(ctx context.Context, message, why string) error {
	if _, err := s.pool.Exec(ctx, `UPDATE messages SET error = $2 WHERE id = $1 AND state = 'planned'`, message, why); err != nil {
		return fmt.Errorf("put off message: %w", err)
	}
	return nil
}

// Delivered is how far a notice has come.
type Delivered struct {
	Delivery
	State    DeliveryState
	Reason   string
	DoneAt   *time.Time
	Message  string // id; empty until it is due
	Attempts int
	NextAt   *time.Time // of the next attempt
	Error    string     // of the last one
}

// Deliveries lists how far every notice of a case has come, the oldest first.
func (s *Store) Deliveries(ctx context.Context, caseID string) ([]Delivered, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT d.case_id, d.seq, d.official, d.for_official, d.kind, d.step, d.at, d.channel, d.recipient, d.planned_at, d.state, d.reason, d.done_at,
			coalesce(m.id, ''), coalesce(m.attempts, 0), CASE WHEN m.state = 'planned' AND d.state = 'planned' THEN m.next_at END,
			CASE WHEN d.state = 'suppressed' THEN '' ELSE coalesce(m.error, '') END
		FROM deliveries d LEFT JOIN messages m ON m.id = d.message WHERE d.case_id = $1 ORDER BY d.seq, d.official, d.channel`, caseID)
	if err != nil {
		return nil, fmt.Errorf("list deliveries of %s: %w", caseID, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Delivered, err error) {
		err = row.Scan(&d.CaseID, &d.Seq, &d.Official, &d.For, &d.Kind, &d.Step, &d.At, &d.Channel, &d.Recipient, &d.PlannedAt, &d.State, &d.Reason, &d.DoneAt,
			&d.Message, &d.Attempts, &d.NextAt, &d.Error)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries of %s: %w", caseID, err)
	}
	return list, nil
}

// Tally counts open cases by lamp, lateness and supervision.
type Tally struct{ Open, Green, Yellow, Red, Overdue, Supervised, Dual int }

// Tallies counts the open cases that a leader carries, and those of the leader's unit and
// everything below it. What accuses the leader is in neither.
func (s *Store) Tallies(ctx context.Context, by casefile.Actor, now time.Time) (carried, led Tally, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return carried, led, err
	}
	args := pgx.NamedArgs{"me": by.ID, "area": area(d, by.Unit), "above_me": above(d, by.Unit), "now": now}
	count := func(to *Tally, condition string) error {
		return s.pool.QueryRow(ctx, `
			SELECT count(*), count(*) FILTER (WHERE yellow_at > @now AND red_at > @now), count(*) FILTER (WHERE yellow_at <= @now AND red_at > @now),
				count(*) FILTER (WHERE red_at <= @now), count(*) FILTER (WHERE overdue_at <= @now),
				count(*) FILTER (WHERE supervision <> 'none'), count(*) FILTER (WHERE supervision = 'dual')
			FROM cases WHERE open AND id NOT IN `+accusing+` AND `+condition, args).
			Scan(&to.Open, &to.Green, &to.Yellow, &to.Red, &to.Overdue, &to.Supervised, &to.Dual)
	}
	if err := count(&carried, `(upper = @me OR lower = @me)`); err != nil {
		return carried, led, fmt.Errorf("count carried cases: %w", err)
	}
	if err := count(&led, `unit = ANY(@area)`); err != nil {
		return carried, led, fmt.Errorf("count led cases: %w", err)
	}
	return carried, led, nil
}
