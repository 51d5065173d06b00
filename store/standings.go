package store

import (
	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// queueStanding records how a case was registered, what was rated by these events, and how
// it stands since; c is the case after them. Of what happened at one instant the last
// counts, whether it came by one command or by more, so that the ledger replayed gives the
// same rows.
func queueStanding(batch *pgx.Batch, c casefile.Case, events []casefile.Event) {
	for _, e := range events {
		if e.Kind == casefile.EventRated {
			const rated = `INSERT INTO ratings (case_id, seq, at, unit, office, origin, office_rating, unit_rating) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
			batch.Queue(rated, c.ID, e.Seq, e.At, c.Unit, c.Office, c.Origin, e.OfficeRating, e.UnitRating)
		}
	}
	queueLamps(batch, c)
	if c.LastAt.Equal(c.RegisteredAt) {
		const registered = `
			INSERT INTO registrations (case_id, at, unit, office, origin, channel, purpose, headcount) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (case_id) DO UPDATE SET unit = excluded.unit`
		batch.Queue(registered, c.ID, c.RegisteredAt, c.Unit, c.Office, c.Origin, c.Channel, c.Purpose, c.Headcount)
	}
	at := c.LastAt
	batch.Queue(`DELETE FROM standings WHERE case_id = $1 AND from_at >= $2`, c.ID, at)
	batch.Queue(`UPDATE standings SET until_at = 'infinity' WHERE case_id = $1 AND until_at >= $2 AND until_at < 'infinity'`, c.ID, at)
	if !c.Stage.Open() {
		batch.Queue(`UPDATE standings SET until_at = $2 WHERE case_id = $1 AND until_at = 'infinity'`, c.ID, at)
		return
	}
	p := project(c)
	stands := []any{c.ID, at, string(c.Stage), c.Unit, c.Office, c.Origin, instant(p.yellow), instant(p.red)}
	const changed = `
		UPDATE standings SET until_at = $2
		WHERE case_id = $1 AND until_at = 'infinity' AND (stage, unit, office, origin, yellow_at, red_at) <> ($3, $4, $5, $6, $7::timestamptz, $8::timestamptz)`
	batch.Queue(changed, stands...)
	const insert = `
		INSERT INTO standings (case_id, from_at, stage, unit, office, origin, yellow_at, red_at, received_on)
		SELECT $1, $2, $3, $4, $5, $6, $7::timestamptz, $8::timestamptz, $9::text::date
		WHERE NOT EXISTS (SELECT 1 FROM standings WHERE case_id = $1 AND until_at = 'infinity')`
	batch.Queue(insert, append(stands, c.ReceivedOn.String())...)
}

// queueLamps records which lamp a case shows since its last event. A row goes on with the
// case's new dates where nothing that it says of the time before changes by them: a date
// after its end is none, so that the ledger replayed gives the same rows here too.
func queueLamps(batch *pgx.Batch, c casefile.Case) {
	at := c.LastAt
	const end = `UPDATE lamps SET until_at = $2, yellow_at = CASE WHEN yellow_at < $2 THEN yellow_at ELSE 'infinity' END, red_at = CASE WHEN red_at < $2 THEN red_at ELSE 'infinity' END
		WHERE case_id = $1 AND until_at = 'infinity'`
	batch.Queue(`DELETE FROM lamps WHERE case_id = $1 AND from_at >= $2`, c.ID, at)
	batch.Queue(`UPDATE lamps SET until_at = 'infinity' WHERE case_id = $1 AND until_at >= $2 AND until_at < 'infinity'`, c.ID, at)
	if !c.Stage.Open() {
		batch.Queue(end, c.ID, at)
		return
	}
	p := project(c)
	shows := []any{c.ID, at, c.Unit, c.Office, c.Origin, instant(p.yellow), instant(p.red)}
	const goOn = `
		UPDATE lamps SET yellow_at = $6::timestamptz, red_at = $7::timestamptz
		WHERE case_id = $1 AND until_at = 'infinity' AND (unit, office, origin) = ($3, $4, $5)
			AND least(yellow_at, $2) = least($6::timestamptz, $2) AND least(red_at, $2) = least($7::timestamptz, $2)`
	batch.Queue(goOn, shows...)
	batch.Queue(end+` AND (unit, office, origin, yellow_at, red_at) <> ($3, $4, $5, $6::timestamptz, $7::timestamptz)`, shows...)
	const insert = `
		INSERT INTO lamps (case_id, from_at, unit, office, origin, yellow_at, red_at)
		SELECT $1, $2, $3, $4, $5, $6::timestamptz, $7::timestamptz
		WHERE NOT EXISTS (SELECT 1 FROM lamps WHERE case_id = $1 AND until_at = 'infinity')`
	batch.Queue(insert, shows...)
}
