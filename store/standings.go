package store

import (
	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// queueStanding records how a case stands since its last event; c is the case after it. Of
// what happened at one instant the last counts, whether it came by one command or by more,
// so that the ledger replayed gives the same rows.
func queueStanding(batch *pgx.Batch, c casefile.Case) {
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
