// Package storetest fills stores for tests and benchmarks.
package storetest

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Multiply makes so many copies of each open case of a database and of each that has ended:
// their rows as lists and counts read them, without events or texts.
func Multiply(t testing.TB, db *pgx.Conn, open, ended int) {
	t.Helper()
	for _, sql := range []string{
		fmt.Sprintf(`CREATE TABLE copies AS SELECT id, g FROM cases, generate_series(1, CASE WHEN open THEN %d ELSE %d END) g`, open, ended),
		`INSERT INTO cases SELECT id || '-' || g, seq, number || '-' || g, reference || '-' || g, CASE WHEN g = 17 THEN '罕见的标题' ELSE title END,
			origin, campaign, office, unit, accused_unit, accused_official, stage, open, supervision, upper, lower, registered_at - g * interval '1 hour',
			yellow_at, red_at, overdue_at + g * interval '1 second', final_lamp, wake_at + g * interval '1 minute', calendar, state
		FROM cases JOIN copies USING (id)`,
		`INSERT INTO tasks SELECT case_id || '-' || g, do_what, official, role, unit, from_at, due FROM tasks JOIN copies ON copies.id = case_id`,
		`INSERT INTO clocks SELECT case_id || '-' || g, clocks.id, whose, who, yellow_at, red_at FROM clocks JOIN copies ON copies.id = case_id`,
		`INSERT INTO enlistments SELECT case_id || '-' || g, n, CASE WHEN g % 10 = 0 THEN campaign ELSE 'other-' || g % 40 END, enlisted_at, delisted_at, planned, concluded_at, concluded_until,
			report_due, report_made, submitted, decided, money, origin, stage, office, unit, accused_unit, accused_official, upper, lower
		FROM enlistments JOIN copies ON copies.id = case_id`,
		`VACUUM (ANALYZE) enlistments`,
		`UPDATE cases SET urgent = true WHERE hashtext(id) % 200 = 0`,
		`INSERT INTO terms (case_id, clock, started_at, rule, whose, who, unit, due_at, stopped_at, stop)
		SELECT case_id || '-' || g, clock, started_at, rule, whose, who, unit, due_at, stopped_at, stop FROM terms JOIN copies ON copies.id = case_id`,
		`INSERT INTO endings SELECT case_id || '-' || g, stage, unit, office, from_at, until_at FROM endings JOIN copies ON copies.id = case_id`,
		`INSERT INTO standings SELECT case_id || '-' || g, from_at, until_at, stage, unit, office, origin, received_on, yellow_at, red_at FROM standings JOIN copies ON copies.id = case_id`,
		`VACUUM (ANALYZE) standings`, `VACUUM (ANALYZE) terms`, `VACUUM (ANALYZE) endings`, `VACUUM (ANALYZE) ledger`,
		`VACUUM (ANALYZE) cases`, `VACUUM (ANALYZE) tasks`, `VACUUM (ANALYZE) clocks`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}
