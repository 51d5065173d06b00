package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"shuangze/casefile"
)

// queueTerms records what events did to the runs of a case's clocks, and whether the case
// has ended. c is the case after them.
func queueTerms(batch *pgx.Batch, c casefile.Case, events []casefile.Event) {
	for _, e := range events {
		queueRuns(batch, c, e)
	}
	queueEnding(batch, c)
}

// queueEnding records whether the case has ended.
func queueEnding(batch *pgx.Batch, c casefile.Case) {
	at := c.LastAt
	switch {
	case c.Stage == casefile.Reviewing: // what is reviewed stays ended until the review undoes it
	case c.Stage.Open():
		batch.Queue(`UPDATE endings SET until_at = $2 WHERE case_id = $1 AND until_at = 'infinity'`, c.ID, at)
	default:
		const sql = `
			INSERT INTO endings (case_id, stage, unit, office, from_at, origin, channel, purpose, headcount) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
			WHERE NOT EXISTS (SELECT 1 FROM endings WHERE case_id = $1 AND until_at = 'infinity')`
		batch.Queue(sql, c.ID, string(c.Stage), c.Unit, c.Office, at, c.Origin, c.Channel, c.Purpose, c.Headcount)
	}
}

// queueRuns records what one event did.
func queueRuns(batch *pgx.Batch, c casefile.Case, e casefile.Event) {
	id := c.ID
	if e.Kind == casefile.EventFedBack {
		const sql = `
			UPDATE terms SET fed_back_at = $2
			WHERE case_id = $1 AND rule = ANY($3) AND stopped_at = 'infinity' AND fed_back_at = 'infinity'`
		batch.Queue(sql, id, e.At, casefile.SupervisionTerms[e.Channel])
	}
	if len(e.Late) > 0 {
		clocks := make([]string, len(e.Late))
		for i, l := range e.Late {
			clocks[i] = l.Clock
		}
		batch.Queue(`UPDATE terms SET late = true WHERE case_id = $1 AND clock = ANY($2) AND stopped_at = 'infinity'`, id, clocks)
	}
	n := len(e.Clocks)
	if n == 0 {
		return
	}
	triggers := e.Triggers()
	trigger := triggers[len(triggers)-1]
	clocks, started, rules, whose, who := make([]string, n), make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n)
	due, stopped, stops := make([]pgtype.Timestamptz, n), make([]pgtype.Timestamptz, n), make([]string, n)
	for i, k := range e.Clocks {
		clocks[i], started[i], rules[i], whose[i], who[i] = k.ID, k.StartedAt, k.Rule, string(k.Whose), k.Who
		due[i], stopped[i] = endless(k.Due.StatutoryEnd()), endless(time.Time{})
		switch {
		case !k.MetAt.IsZero():
			stopped[i], stops[i] = endless(k.MetAt), trigger
		case !k.EndedAt.IsZero():
			stopped[i], stops[i] = endless(k.EndedAt), "ended"
		case !k.SuspendedSince.IsZero():
			due[i] = endless(time.Time{})
		}
	}
	// A clock that was met and started anew in one event stands in it as the new one alone.
	const before = `
		UPDATE terms t SET stopped_at = $2, stop = $3 FROM unnest($4::text[], $5::timestamptz[]) AS k (clock, started_at)
		WHERE t.case_id = $1 AND t.clock = k.clock AND t.started_at <> k.started_at AND t.stopped_at = 'infinity'`
	batch.Queue(before, id, e.At, trigger, clocks, started)
	const upsert = `
		INSERT INTO terms (case_id, clock, started_at, rule, whose, who, unit, due_at, stopped_at, stop, origin, channel, purpose)
		SELECT $1, k.clock, k.started_at, k.rule, k.whose, k.who,
			CASE WHEN k.whose = 'leader' THEN coalesce((SELECT unit FROM officials WHERE id = k.who), '') ELSE k.who END, k.due_at, k.stopped_at, k.stop, $10, $11, $12
		FROM unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[])
			AS k (clock, started_at, rule, whose, who, due_at, stopped_at, stop)
		ON CONFLICT (case_id, clock, started_at) DO UPDATE SET
			who    = CASE WHEN terms.late THEN terms.who ELSE excluded.who END,
			unit   = CASE WHEN terms.late OR terms.who = excluded.who THEN terms.unit ELSE excluded.unit END,
			due_at = CASE WHEN terms.late THEN terms.due_at ELSE excluded.due_at END,
			stopped_at = excluded.stopped_at, stop = excluded.stop
		WHERE (terms.who, terms.due_at, terms.stopped_at) IS DISTINCT FROM (excluded.who, excluded.due_at, excluded.stopped_at)`
	batch.Queue(upsert, id, clocks, started, rules, whose, who, due, stopped, stops, c.Origin, c.Channel, c.Purpose)
}

// endless is a time as an array of times takes it; the zero time is infinity.
func endless(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// fillTerms records what the ledger held before there were terms, or standings. It does
// nothing where there are any.
func (s *Store) fillTerms(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE terms, endings, ratings, registrations, standings, lamps IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("lock terms: %w", err)
		}
		var terms, standings bool
		const filled = `SELECT EXISTS (SELECT 1 FROM terms), EXISTS (SELECT 1 FROM standings)`
		if err := tx.QueryRow(ctx, filled).Scan(&terms, &standings); err != nil || terms && standings {
			return err
		}
		return replay(ctx, tx, func(batch *pgx.Batch, c casefile.Case, e casefile.Event) {
			if !terms {
				queueTerms(batch, c, []casefile.Event{e})
			}
			if !standings {
				queueStanding(batch, c, []casefile.Event{e})
			}
		})
	})
}

// replay queues, for each event of every case and in the ledger's order, what is derived
// from it; c is the case after it.
func replay(ctx context.Context, tx pgx.Tx, queue func(batch *pgx.Batch, c casefile.Case, e casefile.Event)) error {
	cases, err := ids(ctx, tx, `SELECT id FROM cases ORDER BY id`)
	if err != nil {
		return fmt.Errorf("list cases: %w", err)
	}
	for _, id := range cases {
		rows, err := collect[Recorded](ctx, tx, selectLedger, id, 0)
		if err != nil {
			return fmt.Errorf("read ledger of %s: %w", id, err)
		}
		batch := &pgx.Batch{}
		var c casefile.Case
		for _, r := range rows {
			e, err := r.Event()
			if err != nil {
				return err
			}
			c = casefile.Apply(c, e)
			queue(batch, c, e)
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("replay terms of %s: %w", id, err)
		}
	}
	return nil
}

// WrongTerms lists the cases whose terms, standings and whatever else scores and figures are
// counted from are not what their ledger says. Nothing is changed: the ledger is replayed
// into temporary tables.
func (s *Store) WrongTerms(ctx context.Context) (wrong []string, err error) {
	// A connection of its own, whose statements mean these tables by their names; the
	// transaction can write to no others.
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("compare terms with the ledger: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	const instead = `
		CREATE TEMPORARY TABLE terms (LIKE public.terms INCLUDING ALL);
		CREATE TEMPORARY TABLE endings (LIKE public.endings INCLUDING ALL);
		CREATE TEMPORARY TABLE ratings (LIKE public.ratings INCLUDING ALL);
		CREATE TEMPORARY TABLE registrations (LIKE public.registrations INCLUDING ALL);
		CREATE TEMPORARY TABLE lamps (LIKE public.lamps INCLUDING ALL);
		CREATE TEMPORARY TABLE standings (LIKE public.standings INCLUDING ALL)`
	if _, err := conn.Exec(ctx, instead); err != nil {
		return nil, fmt.Errorf("compare terms with the ledger: %w", err)
	}
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		err := replay(ctx, tx, func(batch *pgx.Batch, c casefile.Case, e casefile.Event) {
			queueTerms(batch, c, []casefile.Event{e})
			queueStanding(batch, c, []casefile.Event{e})
		})
		if err != nil {
			return err
		}
		// In which unit a leader was at the time is not in the ledger.
		const terms = `SELECT case_id, clock, started_at, rule, whose, who, CASE WHEN whose = 'leader' THEN '' ELSE unit END, due_at, fed_back_at, stopped_at, stop, late, origin, channel, purpose FROM `
		differ := []string{`SELECT case_id FROM ((` + terms + `public.terms EXCEPT ` + terms + `pg_temp.terms) UNION ALL (` + terms + `pg_temp.terms EXCEPT ` + terms + `public.terms)) AS d`}
		for _, table := range []string{"endings", "ratings", "registrations", "standings", "lamps"} {
			public, temp := `TABLE public.`+table, `TABLE pg_temp.`+table
			differ = append(differ, `SELECT case_id FROM ((`+public+` EXCEPT `+temp+`) UNION ALL (`+temp+` EXCEPT `+public+`)) AS d`)
		}
		wrong, err = ids(ctx, tx, strings.Join(differ, ` UNION `)+` ORDER BY 1`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("compare terms with the ledger: %w", err)
	}
	return wrong, nil
}
