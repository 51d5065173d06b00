package store_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
	"shuangze/store/storetest"
)

// TestPlans asks everything a desk shows of a store with a hundred thousand cases and
// looks at how Postgres finds it: never by reading a whole table, and a total never by
// reading a whole index, but where it is about all cases.
func TestPlans(t *testing.T) {
	d, asked := archive(t)
	ctx := t.Context()
	leave := casefile.Leave{ID: "leave", Official: lower, Deputy: "o045", From: d.now, Until: d.now.AddDate(0, 0, 7), Reason: "holiday"}
	if _, err := d.enter(leave, super); err != nil {
		t.Fatal(err)
	}
	rules := d.rules
	rules.Now = d.now
	year := casefile.FigureSpan{From: date(t, "2026-01-01"), Until: date(t, "2026-11-30")}
	for who, id := range map[string]string{
		"prefecture office": super, "supervision office": inspect, "auditor": "o162",
		"county office": "o041", "county leader": upper, "bureau leader": lower, "officer": handling, "deputy": "o045",
	} {
		by := d.actor(id)
		seesAll := slices.Contains([]string{"prefecture office", "supervision office", "auditor"}, who)
		list := func(f store.Filter) func() error {
			f.Limit = 50
			return func() error {
				_, err := d.store.Cases(ctx, by, f, d.now)
				return err
			}
		}
		for question, ask := range map[string]func() error{
			"all":                   list(store.Filter{Sort: "due"}),
			"newest":                list(store.Filter{Sort: "-registered"}),
			"overdue":               list(store.Filter{Sort: "due", Overdue: true}),
			"red":                   list(store.Filter{Sort: "due", Lamp: casefile.Red}),
			"yellow":                list(store.Filter{Sort: "due", Lamp: casefile.Yellow}),
			"handling":              list(store.Filter{Sort: "due", Stage: casefile.Handling}),
			"supervised":            list(store.Filter{Sort: "due", Supervision: casefile.Dual}),
			"supervised by anybody": list(store.Filter{Sort: "due", Supervised: true}),
			"campaign":              list(store.Filter{Sort: "due", Campaign: "drive"}),
			"open":                  list(store.Filter{Sort: "due", Open: true}),
			"campaigns": func() error {
				_, _, err := d.store.Campaigns(ctx, by, calendar.Date{}, "", 50, rules)
				return err
			},
			"progress": func() error {
				_, err := d.store.CampaignProgress(ctx, by, rules.Directory.Campaigns["drive"], rules)
				return err
			},
			"cases of a campaign": func() error {
				_, _, _, err := d.store.CampaignCases(ctx, by, "drive", "", 50, rules)
				return err
			},
			"urgent": list(store.Filter{Sort: "due", Urgent: true}),
			"unit":   list(store.Filter{Sort: "due", Unit: "232701-rs"}),
			"leader": list(store.Filter{Sort: "due", Leader: upper}),
			// Words of three characters and more; shorter ones are not in the index.
			"words":     list(store.Filter{Sort: "due", Query: "罕见的标题"}),
			"number":    list(store.Filter{Sort: "due", Query: "000777"}),
			"reception": list(store.Filter{Sort: "due", Reception: "day"}),
			"earlier of two characters": func() error {
				_, err := d.store.Earlier(ctx, by, store.Likeness{Title: "罕见"}, d.now)
				return err
			},
			"earlier by part of a title": func() error {
				_, err := d.store.Earlier(ctx, by, store.Likeness{Title: "罕见的标题"}, d.now)
				return err
			},
			"follow-up": func() error {
				_, err := d.store.Progress(ctx, d.actor(super), "day")
				return err
			},
			"earlier": func() error {
				_, err := d.store.Earlier(ctx, by, store.Likeness{Phone: "13900000002", Identity: "110101199001011237"}, d.now)
				return err
			},
			"board": func() error {
				_, err := d.store.Board(ctx, by, "", d.now)
				return err
			},
			"board of a unit": func() error {
				_, err := d.store.Board(ctx, by, "232701", d.now)
				return err
			},
			"selection": func() error {
				_, _, err := d.store.Select(ctx, by, store.Filter{Leader: upper}, d.now, 50)
				return err
			},
			"seen": func() error {
				_, err := d.store.Seen(ctx, by, []string{"case-0001", "case-0002-7"}, d.now)
				return err
			},
			"inbox": func() error {
				_, _, err := d.store.Inbox(ctx, by, d.rules.Policy.Deputies, d.now, 50)
				return err
			},
			"duties": func() error {
				_, _, _, err := d.store.Duties(ctx, by, d.now, 50)
				return err
			},
			"stalled": func() error {
				_, err := d.store.Stalled(ctx, d.now.AddDate(0, -1, 0), d.rules.Calendar.Version(), 1000)
				return err
			},
			"metrics": func() error {
				_, _, err := d.store.CountOpen(ctx, d.now)
				return err
			},
			"targets": func() error {
				items := make([]casefile.TargetItem, len(casefile.Metrics))
				for i, m := range casefile.Metrics {
					items[i].Metric = m.ID
				}
				_, err := d.store.TargetTallies(ctx, casefile.TargetSheet{Year: 2026, Unit: "232701-zr"}, items, d.now)
				return err
			},
			"cases of a target": func() error {
				sheet, item := casefile.TargetSheet{Year: 2026, Unit: "232701-zr"}, casefile.TargetItem{Metric: "settled_on_time"}
				_, _, err := d.store.TargetCases(ctx, sheet, 1, item, by, store.TargetFilter{Limit: 50}, d.now)
				return err
			},
			"figures": func() error {
				_, err := d.store.Figures(ctx, by, store.FigureFilter{Span: year}, rules)
				return err
			},
			"figures of a unit": func() error {
				_, err := d.store.Figures(ctx, by, store.FigureFilter{Span: year, Unit: "232701"}, rules)
				return err
			},
			"figures of an origin": func() error {
				_, err := d.store.Figures(ctx, by, store.FigureFilter{Span: year, Origin: "province"}, rules)
				return err
			},
			"load": func() error {
				_, err := d.store.WithLoad(ctx, d.rules.Directory)
				return err
			},
		} {
			if id == handling && (question == "progress" || question == "cases of a campaign") {
				continue // no officer may ask
			}
			asked.take()
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			queries := asked.take()
			if len(queries) == 0 {
				t.Errorf("%s of %s: nothing was asked", question, who)
			}
			for _, q := range queries {
				d.explain(q).walk(func(n node) {
					big := slices.Contains([]string{"cases", "tasks", "clocks", "terms", "endings", "ledger", "enlistments", "standings", "registrations"}, n.Relation)
					if n.Type == "Seq Scan" && big {
						t.Errorf("%s of %s: reads all %s:\n%s", question, who, n.Relation, q.SQL)
					}
					// Who sees everything has all cases counted, in the smallest index there
					// is; the open ones have indexes of their own, and the urgent ones, which are few.
					about := n.Index == "cases_urgent" || seesAll && (question == "all" || question == "newest") || question == "load" || question == "metrics"
					// The open cases lie in indexes that hold no others, and all that is asked of them.
					openOnly := slices.Contains([]string{"cases_board", "cases_red", "cases_yellow"}, n.Index) && n.Type == "Index Only Scan"
					about = about || openOnly && (question == "open" || strings.HasPrefix(question, "board"))
					about = about || n.Index == "cases_judged" // made for being joined with a year's cases of a unit
					counts := strings.Contains(q.SQL, "count(*)")
					if counts && big && strings.HasPrefix(n.Type, "Index") && n.Condition == "" && !about {
						t.Errorf("%s of %s: counts through all of %s:\n%s", question, who, n.Index, q.SQL)
					}
				})
			}
		}
	}
}

// archive is a store with a hundred thousand cases, one in ten of them open, and what is
// asked of it.
func archive(t *testing.T) (*desk, *asked) {
	t.Helper()
	d := newDesk(t)
	d.crowd(250, rand.New(rand.NewPCG(26, 13)))
	storetest.Multiply(t, d.connection(), 55, 1400)
	var cases, open int
	if err := d.store.Pool().QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE open) FROM cases`).Scan(&cases, &open); err != nil {
		t.Fatal(err)
	}
	if cases < 100_000 || open < cases/20 || open > cases/5 {
		t.Errorf("%d cases, %d of them open: not what the plans are to be looked at with", cases, open)
	}
	return d, d.watch()
}

// watch notes what is asked of the store from now on.
func (d *desk) watch() *asked {
	d.t.Helper()
	a := &asked{}
	config := d.store.Pool().Config()
	config.ConnConfig.Tracer = a
	watched, err := store.OpenPool(d.t.Context(), config)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(watched.Close)
	d.store = watched
	return a
}

// asked keeps the queries of a store.
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

// take returns the questions since the last take, without what begins and ends transactions.
func (a *asked) take() []pgx.TraceQueryStartData {
	a.mu.Lock()
	defer a.mu.Unlock()
	queries := slices.DeleteFunc(a.queries, func(q pgx.TraceQueryStartData) bool {
		return slices.Contains([]string{"begin", "set", "commit", "rollback"}, strings.ToLower(strings.Fields(q.SQL)[0]))
	})
	a.queries = nil
	return queries
}

// node is a part of a plan, as EXPLAIN gives it.
type node struct {
	Type      string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	Index     string `json:"Index Name"`
	Condition string `json:"Index Cond"`
	Plans     []node `json:"Plans"`
}

func (n node) walk(visit func(node)) {
	visit(n)
	for _, p := range n.Plans {
		p.walk(visit)
	}
}

// explain asks how a query is answered, with the very arguments it had.
func (d *desk) explain(q pgx.TraceQueryStartData) node {
	d.t.Helper()
	tx, err := d.store.Pool().Begin(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(d.t.Context(), store.InMemory); err != nil {
		d.t.Fatal(err)
	}
	var raw []byte
	if err := tx.QueryRow(d.t.Context(), `EXPLAIN (FORMAT JSON) `+q.SQL, q.Args...).Scan(&raw); err != nil {
		d.t.Fatalf("explain %s: %v", q.SQL, err)
	}
	var plans []struct {
		Plan node `json:"Plan"`
	}
	if err := json.Unmarshal(raw, &plans); err != nil || len(plans) != 1 {
		d.t.Fatalf("plan %s: %v", raw, err)
	}
	return plans[0].Plan
}
