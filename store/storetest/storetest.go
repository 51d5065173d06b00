// Package storetest fills stores for tests and benchmarks.
package storetest

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// filled are the tables that Multiply writes to.
var filled = []string{"cases", "tasks", "clocks", "enlistments", "terms", "endings", "standings", "lamps", "registrations", "ratings"}

// Multiply makes so many copies of each open case of a database and of each that has ended:
// their rows as lists and counts read them, without events or texts. The ended ones spread over three years. The open ones are as old as they can be at
// their stage, some longer: one in twelve is late, and those of which the original is.
func Multiply(t testing.TB, db *pgx.Conn, open, ended int) {
	t.Helper()
	ctx := t.Context()
	do := func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	// Millions of rows: indexes are built once, of what is there then, and no copy is looked
	// up because a row refers to it.
	const built = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)
		AND indexname NOT IN (SELECT conname FROM pg_constraint)`
	rows, err := db.Query(ctx, built, filled)
	if err != nil {
		t.Fatal(err)
	}
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, SQL string }])
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range indexes {
		do(`DROP INDEX ` + index.Name)
	}
	do(`SET session_replication_role = replica`)
	do(`SET maintenance_work_mem = '256MB'`)
	// How long ago a copy's life lies before the original's. red_at - last is the time that
	// an open case has left.
	do(fmt.Sprintf(`
		CREATE TABLE copies AS SELECT id, g, CASE
			WHEN NOT open THEN g * 433 %% 1095 * interval '1 day'
			WHEN red_at = 'infinity' OR red_at <= last.at THEN last.at - now.at + g %% 30 * interval '1 day'
			ELSE last.at - now.at + (g * 37 %% 109) * (red_at - last.at) / 100 END AS ago
		FROM cases, LATERAL (SELECT max(at) AS at FROM ledger WHERE case_id = cases.id) AS last, (SELECT max(at) AS at FROM ledger) AS now,
			LATERAL generate_series(1, CASE WHEN open THEN %d ELSE %d END) AS g`, open, ended))
	for _, sql := range []string{
		`INSERT INTO cases (id, seq, number, reference, title, origin, campaign, office, unit, accused_unit, accused_official, stage, open, supervision, upper, lower,
			registered_at, yellow_at, red_at, overdue_at, final_lamp, wake_at, calendar, state, parties, receptions, urgent)
		SELECT id || '-' || g, seq, number || '-' || g, reference || '-' || g, CASE WHEN g = 17 THEN '罕见的标题' ELSE title END,
			origin, campaign, office, unit, accused_unit, accused_official, stage, open, supervision, upper, lower,
			registered_at - ago, yellow_at - ago, red_at - ago, overdue_at - ago, final_lamp, wake_at - ago, calendar, state, parties, receptions, hashtext(id || '-' || g) % 200 = 0
		FROM cases JOIN copies USING (id)`,
		`INSERT INTO tasks SELECT case_id || '-' || g, do_what, official, role, unit, from_at - ago, (due - ago)::date FROM tasks JOIN copies ON copies.id = case_id`,
		`INSERT INTO clocks SELECT case_id || '-' || g, clocks.id, whose, who, yellow_at - ago, red_at - ago FROM clocks JOIN copies ON copies.id = case_id`,
		`INSERT INTO enlistments SELECT case_id || '-' || g, n, CASE WHEN g % 10 = 0 THEN campaign ELSE 'other-' || g % 40 END, enlisted_at, delisted_at, planned, concluded_at, concluded_until,
			report_due, report_made, submitted, decided, money, origin, stage, office, unit, accused_unit, accused_official, upper, lower
		FROM enlistments JOIN copies ON copies.id = case_id`,
		`INSERT INTO terms (case_id, clock, started_at, rule, whose, who, unit, due_at, fed_back_at, stopped_at, stop, late, origin, channel, purpose)
		SELECT case_id || '-' || g, clock, started_at - ago, rule, whose, who, unit, due_at - ago, fed_back_at - ago, stopped_at - ago, stop, late, origin, channel, purpose FROM terms JOIN copies ON copies.id = case_id`,
		`INSERT INTO endings (case_id, stage, unit, office, from_at, until_at, origin, channel, purpose, headcount)
		SELECT case_id || '-' || g, stage, unit, office, from_at - ago, until_at - ago, origin, channel, purpose, headcount FROM endings JOIN copies ON copies.id = case_id`,
		`INSERT INTO standings (case_id, from_at, until_at, stage, unit, office, origin, received_on, yellow_at, red_at)
		SELECT case_id || '-' || g, from_at - ago, until_at - ago, stage, unit, office, origin, (received_on - ago)::date, yellow_at - ago, red_at - ago FROM standings JOIN copies ON copies.id = case_id`,
		`INSERT INTO lamps (case_id, from_at, until_at, unit, office, origin, yellow_at, red_at)
		SELECT case_id || '-' || g, from_at - ago, until_at - ago, unit, office, origin, yellow_at - ago, red_at - ago FROM lamps JOIN copies ON copies.id = case_id`,
		`INSERT INTO registrations SELECT case_id || '-' || g, at - ago, unit, office, origin, channel, purpose, headcount FROM registrations JOIN copies ON copies.id = case_id`,
		`INSERT INTO ratings SELECT case_id || '-' || g, seq, at - ago, unit, office, origin, office_rating, unit_rating FROM ratings JOIN copies ON copies.id = case_id`,
		`DROP TABLE copies`,
	} {
		do(sql)
	}
	do(`RESET session_replication_role`)
	for _, index := range indexes {
		do(index.SQL)
	}
	for _, table := range filled {
		do(`VACUUM (ANALYZE) ` + table)
	}
}
