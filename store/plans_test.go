package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
	"shuangze/store"
)

// asked keeps what queries a store makes.
type asked struct {
	mu      sync.Mutex
	queries []pgx.TraceQueryStartData
}

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queries = append(a.queries, q)
	return ctx
}

func (a *asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (a *asked) take() []pgx.TraceQueryStartData {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := a.queries
	a.queries = nil
	return taken
}

// node is a part of a plan, as EXPLAIN gives it.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Plan Rows"`
	Plans    []node  `json:"Plans"`
}

func (n node) walk(visit func(node)) {
	visit(n)
	for _, p := range n.Plans {
		p.walk(visit)
	}
}

// archive is a store with a hundred thousand cases, one in ten of them open.
func archive(t *testing.T) (*desk, *asked) {
	t.Helper()
	d := newDesk(t)
	d.crowd(400, rand.New(rand.NewPCG(26, 13)))
	start := time.Now()
	for _, sql := range []string{
		`CREATE TEMP TABLE copies AS SELECT id, g FROM cases, generate_series(1, CASE WHEN open THEN 35 ELSE 900 END) g`,
		`INSERT INTO cases SELECT id || '-' || g, seq, number || '-' || g, reference || '-' || g, title, origin, campaign, office, unit, accused_unit, accused_official,
			stage, open, supervision, upper, lower, registered_at - g * interval '1 hour', yellow_at, red_at, overdue_at + g * interval '1 second',
			final_lamp, wake_at + g * interval '1 minute', calendar, state
		FROM cases JOIN copies USING (id)`,
		`INSERT INTO tasks SELECT case_id || '-' || g, do_what, official, role, tasks.unit, from_at, due FROM tasks JOIN copies ON id = case_id`,
		`INSERT INTO clocks SELECT case_id || '-' || g, clocks.id, whose, who, yellow_at, red_at FROM clocks JOIN copies ON copies.id = case_id`,
		`VACUUM (ANALYZE) cases`, `VACUUM (ANALYZE) tasks`, `VACUUM (ANALYZE) clocks`,
	} {
		d.sql(sql)
	}
	t.Log(time.Since(start))
	var cases, open int
	if err := d.store.Pool().QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE open) FROM cases`).Scan(&cases, &open); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cases, %d of them open", cases, open)
	config := d.store.Pool().Config()
	a := &asked{}
	config.ConnConfig.Tracer = a
	watched, err := store.OpenPool(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watched.Close)
	d.store = watched
	return d, a
}

func TestPlans(t *testing.T) {
	d, a := archive(t)
	ctx := t.Context()
	viewers := map[string]string{
		"prefecture office": super, "county office": "o041", "officer": handling, "county leader": upper, "bureau leader": lower, "auditor": "o162", "inspector": inspect,
	}
	for _, who := range []string{"prefecture office", "county office", "officer", "county leader", "bureau leader", "auditor", "inspector"} {
		by := d.actor(viewers[who])
		list := func(f store.Filter) func() error {
			return func() error {
				f.Limit = 50
				_, err := d.store.Cases(ctx, by, f, d.now)
				return err
			}
		}
		questions := map[string]func() error{
			"overdue":    list(store.Filter{Overdue: true, Sort: "due"}),
			"red":        list(store.Filter{Lamp: casefile.Red, Sort: "due"}),
			"yellow":     list(store.Filter{Lamp: casefile.Yellow, Sort: "due"}),
			"all":        list(store.Filter{Sort: "due"}),
			"newest":     list(store.Filter{Sort: "-registered"}),
			"supervised": list(store.Filter{Supervision: casefile.Dual, Sort: "due"}),
			"handling":   list(store.Filter{Stage: casefile.Handling, Sort: "due"}),
			"leader":     list(store.Filter{Leader: upper, Sort: "due"}),
			"campaign":   list(store.Filter{Campaign: "会战", Sort: "due"}),
			"unit":       list(store.Filter{Unit: "232701-rs", Sort: "due"}),
			"words":      list(store.Filter{Query: "宅基地"}),
			"inbox": func() error {
				_, _, err := d.store.Inbox(ctx, by, d.now, 50)
				return err
			},
			"duties": func() error {
				_, _, _, err := d.store.Duties(ctx, by, d.now, 50)
				return err
			},
			"stalled": func() error {
				_, err := d.store.Stalled(ctx, d.now, "2024-2026-none", 100)
				return err
			},
			"load": func() error { _, err := d.store.WithLoad(ctx, d.rules.Directory); return err },
		}
		var names []string
		for n := range questions {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, name := range names {
			a.take()
			start := time.Now()
			if err := questions[name](); err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			var desc []string
			for _, q := range a.take() {
				if !strings.Contains(q.SQL, "SELECT") || strings.Contains(q.SQL, "directory_version") || strings.Contains(q.SQL,"FROM units") || strings.Contains(q.SQL, "FROM officials") {
					continue
				}
				var plans []struct{ Plan node }
				var raw []byte
				if err := d.store.Pool().QueryRow(ctx, "EXPLAIN (FORMAT JSON) "+q.SQL, q.Args...).Scan(&raw); err != nil {
					t.Fatal(err, q.SQL)
				}
				if err := json.Unmarshal(raw, &plans); err != nil {
					t.Fatal(err)
				}
				plans[0].Plan.walk(func(n node) {
					if n.Relation != "" || n.Index != "" {
						desc = append(desc, fmt.Sprintf("%s %s %s %.0f", n.Type, n.Relation, n.Index, n.Rows))
					}
				})
				desc = append(desc, "|")
			}
			a.take()
			t.Log(who, name, took.Round(100*time.Microsecond), desc)
		}
	}
}
