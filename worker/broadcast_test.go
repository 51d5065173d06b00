package worker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
	"shuangze/store"
	"shuangze/workflows"
)

// received registers so many cases that their unit received itself, and returns their ids.
func (o *office) received(n int) []string {
	o.t.Helper()
	var cases []string
	for i := range n {
		id := fmt.Sprintf("case-%03d", i)
		o.do(id, handling, o.registration())
		cases = append(cases, id)
	}
	return cases
}

// write writes a broadcast to the store without starting it.
func (o *office) write(by string, cmd casefile.Command, words string, cases []string) workflows.BroadcastInput {
	o.t.Helper()
	in := workflows.BroadcastInput{ID: uuid.NewString(), Kind: cmd.Kind, Total: len(cases)}
	cmd.Actor = o.actor(by)
	b := store.Broadcast{ID: in.ID, Command: cmd, Words: words, Selection: json.RawMessage(`{}`), CreatedAt: o.acts.Clock.Now()}
	if created, err := o.store.CreateBroadcast(o.t.Context(), b, cases); err != nil || !created {
		o.t.Fatalf("write broadcast: %t, %v", created, err)
	}
	return in
}

// order writes a broadcast and starts it.
func (o *office) order(by string, cmd casefile.Command, words string, cases []string) string {
	o.t.Helper()
	in := o.write(by, cmd, words, cases)
	if err := o.engine.Broadcast(o.t.Context(), in); err != nil {
		o.t.Fatal(err)
	}
	return in.ID
}

var urge = casefile.Command{Kind: casefile.Urge}

func (o *office) broadcast(id string) store.Broadcast {
	o.t.Helper()
	b, err := o.store.Broadcast(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	if b.Results, err = o.store.BroadcastResults(o.t.Context(), o.actor(super), id); err != nil {
		o.t.Fatal(err)
	}
	return b
}

// over waits until a broadcast has ended.
func (o *office) over(id string) (ended store.Broadcast) {
	o.t.Helper()
	o.until("the broadcast ends", func() bool {
		ended = o.broadcast(id)
		return ended.State != store.BroadcastRunning
	})
	return ended
}

// under waits until a broadcast has come to so many results.
func (o *office) under(id string, results int) {
	o.t.Helper()
	o.until(fmt.Sprintf("%d cases have a result", results), func() bool {
		b := o.broadcast(id)
		if b.State != store.BroadcastRunning {
			o.t.Fatalf("it is %s before %d cases have a result", b.State, results)
		}
		return b.Total-b.Results[store.Pending] >= results
	})
}

// consistent fails the test unless every case of a broadcast has one result, and the
// ledger has the command exactly where it says so, once and by whoever ordered it.
func (o *office) consistent(id string) map[string]store.BroadcastCase {
	o.t.Helper()
	b := o.broadcast(id)
	rows, err := o.store.BroadcastCases(o.t.Context(), o.actor(super), id, "", 0, 10_000, time.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	if len(rows) != b.Total {
		o.t.Errorf("%d rows of %d", len(rows), b.Total)
	}
	results := map[string]store.BroadcastCase{}
	for _, row := range rows {
		results[row.Case] = row
		given := 0
		for _, e := range o.events(row.Case) {
			if e.Command != row.Command {
				continue
			}
			given++
			if e.Actor != b.Command.Actor || e.Seq != row.Seq {
				o.t.Errorf("%s: given by %v as event %d, want %v and %d", row.Case, e.Actor, e.Seq, b.Command.Actor, row.Seq)
			}
		}
		done := 0
		if row.Result == store.Done {
			done = 1
		}
		if given != done || row.Result == store.Pending || row.At.IsZero() || (row.Refusal == nil) != (row.Result == store.Done || row.Result == store.Skipped) {
			o.t.Errorf("%s is %s (%+v) at %v and has the command %d times", row.Case, row.Result, row.Refusal, row.At, given)
		}
	}
	o.verified()
	return results
}

// Some cases take it, some can't: each has its own result, and none stops the others. A
// case that has lost its workflow gets it back.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	cases := o.received(3)
	o.onTheSpot("led")
	o.do("declined", clerk, o.registration())
	o.do("declined", clerk, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: o.text("不属于")})
	o.do("lost", clerk, o.registration())
	if err := o.temporal.TerminateWorkflow(t.Context(), workflows.CaseWorkflowID("lost"), "", "a test"); err != nil {
		t.Fatal(err)
	}
	cases = append(cases, "led", "declined", "lost")

	assigned := o.order(super, casefile.Command{Kind: casefile.Assign}, "", cases)
	if b := o.over(assigned); b.State != store.BroadcastDone || b.EndedAt.IsZero() {
		t.Errorf("the assignment is %s", b.State)
	}
	for id, row := range o.consistent(assigned) {
		want := map[string]string{"led": "already_assigned", "declined": "wrong_stage"}[id]
		if want == "" && row.Result == store.Done && o.read(id).Led() {
			continue
		}
		if row.Result != store.Refused || row.Refusal.Code != want || row.Refusal.Chinese == "" || row.Refusal.English == "" {
			t.Errorf("%s is %s, %+v; want %q", id, row.Result, row.Refusal, want)
		}
	}

	// A leader leaves. The text becomes each case's own.
	leaves := o.read("led").Upper.Official
	id := o.order(super, casefile.Command{
		Kind: casefile.HandOver, From: leaves, To: "o037", Reason: "transfer", DecidedBy: convener,
	}, "因工作调动移交", []string{"led", "case-000"})
	o.over(id)
	for c, row := range o.consistent(id) {
		if row.Result == store.Refused && row.Refusal.Fields == nil {
			t.Errorf("%s refuses without the fields: %+v", c, row.Refusal)
		}
		if row.Result != store.Done {
			continue
		}
		e := o.events(c)[row.Seq-1]
		texts, err := o.store.Texts(t.Context(), c)
		if err != nil || e.Document == nil || texts[e.Document.ID].Body != "因工作调动移交" {
			t.Errorf("%s: %+v, %v", c, e.Document, err)
		}
	}

	// Who may not is refused by each case.
	id = o.order(countyClerk, urge, "请抓紧办理", cases[:2])
	if b := o.over(id); b.Results[store.Refused] != 2 {
		t.Errorf("by a clerk: %v", b.Results)
	}
	o.consistent(id)
}

// A broadcast whose workflow was never started, or is gone, is found by the net.
func TestBroadcastReconciled(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	in := o.write(super, urge, "请抓紧办理", o.received(2))
	o.reconcile()
	if b := o.over(in.ID); b.Results[store.Done] != 2 {
		t.Errorf("%+v", b.Results)
	}
	o.consistent(in.ID)
	// Started once more, it finds nothing to do.
	if err := o.engine.Broadcast(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if err := o.temporal.GetWorkflow(t.Context(), workflows.BroadcastWorkflowID(in.ID), "").Get(t.Context(), nil); err != nil {
		t.Error(err)
	}
	o.consistent(in.ID)
}

// TestBroadcastKill kills the worker in the middle of a broadcast, twice: each case has
// the command exactly once.
func TestBroadcastKill(t *testing.T) {
	t.Parallel()
	const cases = 90
	o := open(t, autumn())
	w := o.startProcess()
	defer func() { w.kill(t) }()
	id := o.order(super, urge, "请抓紧办理", o.received(cases))
	for _, results := range []int{10, 60} {
		o.under(id, results)
		w.kill(t)
		w = o.startProcess()
	}
	if b := o.over(id); b.State != store.BroadcastDone || b.Results[store.Done] != cases {
		t.Errorf("it is %s with %v", b.State, b.Results)
	}
	o.consistent(id)
}

// What was given stays given, the rest is skipped.
func TestBroadcastCancel(t *testing.T) {
	t.Parallel()
	const cases = 70
	o := open(t, autumn())
	o.staff()
	id := o.order(super, urge, "请抓紧办理", o.received(cases))
	o.under(id, 5)
	errs := atOnce(
		func() error { return o.engine.CancelBroadcast(t.Context(), id, inspect) },
		func() error { return o.engine.CancelBroadcast(t.Context(), id, inspect) },
	)
	b := o.broadcast(id)
	for _, err := range errs {
		if err != nil && !errors.Is(err, workflows.ErrNoWorkflow) || errs[0] != nil && errs[1] != nil {
			t.Errorf("cancel: %v", errs)
		}
	}
	if b.State != store.BroadcastCancelled || b.CancelledBy != inspect || b.CancelledAt.IsZero() {
		t.Errorf("cancelled: %+v", b)
	}
	if b.Results[store.Done] < 5 || b.Results[store.Skipped] == 0 || b.Results[store.Done]+b.Results[store.Skipped] != cases {
		t.Errorf("results: %v", b.Results)
	}
	o.consistent(id)
	if err := o.engine.CancelBroadcast(t.Context(), id, super); !errors.Is(err, workflows.ErrNoWorkflow) {
		t.Errorf("cancel it afterwards: %v", err)
	}
}

// Two at once over the same cases: both urge, but only one of two assigns.
func TestBroadcastsAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	cases := o.received(25)
	assign := casefile.Command{Kind: casefile.Assign}
	ids := []string{
		o.order(super, urge, "请抓紧办理", cases), o.order(inspect, urge, "督查室催办", cases),
		o.order(super, assign, "", cases), o.order(super, assign, "", cases),
	}
	var results []map[string]store.BroadcastCase
	for _, id := range ids {
		o.over(id)
		results = append(results, o.consistent(id))
	}
	for _, c := range cases {
		n := kinds(o.events(c))
		if n[casefile.EventUrged] != 2 || n[casefile.EventAssigned] != 1 {
			t.Errorf("%s: %v", c, n)
		}
		for i, r := range results[:2] {
			if r[c].Result != store.Done {
				t.Errorf("%s in broadcast %d is %s", c, i, r[c].Result)
			}
		}
		one, other := results[2][c], results[3][c]
		if one.Result == other.Result {
			t.Errorf("%s: both are %s", c, one.Result)
		}
	}
}

// The database goes away in the middle and comes back.
func TestBroadcastOutage(t *testing.T) {
	t.Parallel()
	const cases = 40
	o, db := openApart(t)
	o.acts.Engine.Patience = 2 * time.Second
	o.staff()
	id := o.order(super, urge, "请抓紧办理", o.received(cases))
	o.under(id, 5)
	db.stop()
	db.start()
	o.until("the broadcast ends", func() bool {
		b, err := o.store.Broadcast(t.Context(), id) // connections from before fail once
		return err == nil && b.State != store.BroadcastRunning
	})
	if b := o.over(id); b.Results[store.Done] != cases {
		t.Errorf("after the outage: %v", b.Results)
	}
	o.consistent(id)
}

// A case that never answers is given up after some attempts; the others have long been
// done.
func TestBroadcastStuck(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.acts.Engine.Patience = time.Second
	o.staff()
	cases := o.received(3)
	conn, err := pgx.Connect(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `BEGIN; SELECT 1 FROM cases WHERE id = 'case-000' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	id := o.order(super, urge, "请抓紧办理", cases)
	if b := o.over(id); b.State != store.BroadcastDone || b.Results[store.Done] != 2 || b.Results[store.Failed] != 1 {
		t.Errorf("it is %s with %v", b.State, b.Results)
	}
	rows, err := o.store.BroadcastCases(t.Context(), o.actor(super), id, store.Failed, 0, 10, time.Now())
	if err != nil || len(rows) != 1 || rows[0].Case != "case-000" || rows[0].Refusal == nil || rows[0].Refusal.Code != "no_answer" {
		t.Errorf("failed: %+v, %v", rows, err)
	}
}

// A case whose ledger was cut off can't be mended by trying.
func TestBroadcastBroken(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	cases := o.received(2)
	o.restore(func() { o.do(cases[0], super, casefile.Command{Kind: casefile.Assign}) })
	id := o.order(super, urge, "请抓紧办理", cases)
	if b := o.over(id); b.Results[store.Done] != 1 || b.Results[store.Failed] != 1 {
		t.Errorf("results: %v", b.Results)
	}
	rows, err := o.store.BroadcastCases(t.Context(), o.actor(super), id, store.Failed, 0, 10, time.Now())
	if err != nil || len(rows) != 1 || rows[0].Refusal.Code != "ledger_broken" || rows[0].Attempts != 0 {
		t.Errorf("failed: %+v, %v", rows, err)
	}
}

// A worker died when the case had the command and nobody had noted it; meanwhile the case
// has ended. It is done all the same, and by whom it was ordered.
func TestBroadcastUnheard(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	cases := o.received(1)
	in := o.write(super, urge, "请抓紧办理", cases)
	given := casefile.Command{Kind: casefile.Urge, ID: store.BroadcastCommandID(in.ID, cases[0]), Text: o.text("请抓紧办理")}
	seq := o.do(cases[0], super, given).Seq
	o.do(cases[0], clerk, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: o.text("不属于")})
	if err := o.engine.Broadcast(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	o.over(in.ID)
	if row := o.consistent(in.ID)[cases[0]]; row.Result != store.Done || row.Seq != seq {
		t.Errorf("%+v, want it done at %d", row, seq)
	}
}

// Several broadcasts at once over overlapping cases, single commands between them, workers
// killed and one broadcast cancelled, all at random: each case has each command at most
// once, its result says which, and nothing is left waiting.
func TestBroadcastsAtRandom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // chance that can be repeated
			o := open(t, autumn())
			w := o.startProcess()
			defer func() { w.kill(t) }()
			cases := o.received(24)
			for _, id := range cases[:8] {
				o.do(id, super, casefile.Command{Kind: casefile.Assign})
			}
			led := o.read(cases[0]).Upper.Official
			commands := []casefile.Command{
				urge,
				{Kind: casefile.Assign},
				{Kind: casefile.Supervise, Reason: "shirking"},
				{Kind: casefile.HandOver, From: led, To: "o037", Reason: "transfer", DecidedBy: convener},
			}
			var orders []string
			for range 5 {
				chosen := slices.Clone(cases)
				dice.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
				orders = append(orders, o.order(super, commands[dice.IntN(len(commands))], "请抓紧办理", chosen[:1+dice.IntN(len(chosen))]))
			}
			for range 4 {
				switch id := cases[dice.IntN(len(cases))]; dice.IntN(3) {
				case 0:
					w.kill(t)
					w = o.startProcess()
				case 1:
					err := o.try(id, clerk, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: o.text("不属于")})
					var refusal *casefile.Error
					if err != nil && !errors.As(err, &refusal) && !errors.Is(err, workflows.ErrNoWorkflow) {
						t.Fatal(err)
					}
				case 2:
					if err := o.engine.CancelBroadcast(t.Context(), orders[dice.IntN(len(orders))], super); err != nil && !errors.Is(err, workflows.ErrNoWorkflow) {
						t.Fatal(err)
					}
				}
			}
			for _, id := range orders {
				if b := o.over(id); b.Results[store.Pending] != 0 || b.Results[store.Failed] != 0 || b.State == store.BroadcastDone && b.Results[store.Skipped] != 0 {
					t.Errorf("%s is %s with %v", b.Command.Kind, b.State, b.Results)
				}
				o.consistent(id)
			}
		})
	}
}
