package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"shuangze/casefile"
	"shuangze/store"
)

// order writes a broadcast that urges these cases.
func (d *desk) order(id, by string, cases ...string) store.Broadcast {
	d.t.Helper()
	b := store.Broadcast{
		ID: id, Words: "请尽快办理并报告进展", Selection: json.RawMessage(`{"cases": 1}`), CreatedAt: d.now,
		Command: casefile.Command{Kind: casefile.Urge, Actor: d.actor(by), Fingerprint: "print", Days: 3},
	}
	if created, err := d.store.CreateBroadcast(d.t.Context(), b, cases); err != nil || !created {
		d.t.Fatalf("create broadcast: %t, %v", created, err)
	}
	return d.broadcast(id)
}

func (d *desk) broadcast(id string) store.Broadcast {
	d.t.Helper()
	b, err := d.store.Broadcast(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

// results lists what became of each case of a broadcast.
func (d *desk) results(id string) map[string]store.BroadcastResult {
	d.t.Helper()
	rows, err := d.store.BroadcastCases(d.t.Context(), d.actor("o162"), id, "", 0, 1000, d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	results := map[string]store.BroadcastResult{}
	for _, r := range rows {
		results[r.Case] = r.Result
	}
	return results
}

// urge carries a broadcast's command out on a case, as Execute does, and returns its seq.
func (d *desk) urge(b store.Broadcast, id string) int64 {
	d.t.Helper()
	doc, err := d.store.CopyText(d.t.Context(), b.Command.Text, store.BroadcastCommandID(b.ID, id))
	if err != nil {
		d.t.Fatal(err)
	}
	cmd := casefile.Command{ID: doc.ID, Kind: casefile.Urge, Text: doc}
	return d.do(id, super, cmd).Seq
}

func TestBroadcastIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.onTheSpot("one")
	d.onTheSpot("two")
	b := d.order("b", super, "two", "one")
	want := store.Broadcast{
		ID: "b", Words: "请尽快办理并报告进展", Total: 2, State: store.BroadcastRunning, CreatedAt: d.now,
		Command: casefile.Command{Kind: casefile.Urge, Actor: d.actor(super), Fingerprint: "print", Days: 3, Text: b.Command.Text},
	}
	if diff := cmp.Diff(want, b, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Selection" }, cmp.Ignore())); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if b.Command.Text.ID == "" || len(b.Command.Text.Hash) != 64 {
		t.Errorf("text %+v", b.Command.Text)
	}
	// A second one with its id changes nothing.
	again := b
	again.Words = "另外"
	if created, err := d.store.CreateBroadcast(ctx, again, []string{"one"}); err != nil || created {
		t.Errorf("created again: %t, %v", created, err)
	}
	if diff := cmp.Diff(b, d.broadcast("b")); diff != "" {
		t.Error(diff)
	}
	if _, err := d.store.Broadcast(ctx, "other"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown broadcast: %v", err)
	}
	// In the order in which they were given.
	next, err := d.store.NextOfBroadcast(ctx, "b")
	if err != nil || next.Case != "two" || next.Command != store.BroadcastCommandID("b", "two") {
		t.Errorf("first comes %+v, %v", next, err)
	}
	if running, err := d.store.RunningBroadcasts(ctx); err != nil || len(running) != 1 {
		t.Errorf("running: %v, %v", running, err)
	}
}

// Each case has its own copy of the text. What no event refers to is swept, but not the
// broadcast's own.
func TestBroadcastText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.onTheSpot("one")
	d.onTheSpot("two")
	b := d.order("b", super, "one", "two")
	d.urge(b, "one")
	for range 2 { // the second copy is the first
		if doc, err := d.store.CopyText(ctx, b.Command.Text, "unused"); err != nil || doc != (casefile.Document{ID: "unused", Hash: b.Command.Text.Hash}) {
			t.Errorf("copy: %+v, %v", doc, err)
		}
	}
	d.sql(`UPDATE documents SET created_at = now() - interval '2 days'`)
	if err := d.store.Sweep(ctx, d.now); err != nil {
		t.Fatal(err)
	}
	if words := d.broadcast("b").Words; words != b.Words {
		t.Errorf("the broadcast's text after the sweep: %q", words)
	}
	texts, err := d.store.Texts(ctx, "one")
	if err != nil {
		t.Fatal(err)
	}
	if text := texts[store.BroadcastCommandID("b", "one")]; text.Body != b.Words || text.Author != super {
		t.Errorf("the case's text: %+v", text)
	}
	d.urge(b, "two") // the copy that was swept comes again
	if doc, err := d.store.CopyText(ctx, casefile.Document{}, "none"); err != nil || doc != (casefile.Document{}) {
		t.Errorf("a copy of no text: %+v, %v", doc, err)
	}
	if _, err := d.store.CopyText(ctx, casefile.Document{ID: "gone", Hash: "x"}, "new"); !errors.Is(err, store.ErrBroken) {
		t.Errorf("a copy of a text that is gone: %v", err)
	}
}

// What stands in the ledger is done, whatever else is said of it; and a result stays.
func TestBroadcastAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, id := range []string{"done", "refused", "failed", "unheard", "late", "never"} {
		d.onTheSpot(id)
	}
	b := d.order("b", super, "done", "refused", "failed", "unheard", "late", "never")
	answer := func(position int, result store.BroadcastResult, refusal *casefile.Error) {
		t.Helper()
		if err := d.store.AnswerBroadcast(ctx, "b", store.BroadcastCase{Position: position, Result: result, Refusal: refusal, At: d.now}); err != nil {
			t.Fatal(err)
		}
	}
	stage := &casefile.Error{Reason: casefile.Conflict, Code: "wrong_stage", Chinese: "不能", English: "no"}
	seq := d.urge(b, "done")
	answer(1, store.Done, nil)
	answer(2, store.Refused, stage)
	answer(2, store.Failed, casefile.NoAnswer()) // another attempt of the same activity
	answer(3, store.Failed, casefile.NoAnswer())
	d.urge(b, "unheard")
	answer(4, store.Refused, stage)
	if err := d.store.FinishBroadcast(ctx, "b", d.now); err != nil {
		t.Fatal(err)
	}
	if got := d.broadcast("b"); got.State != store.BroadcastRunning || !got.EndedAt.IsZero() {
		t.Errorf("with two to go it is %s", got.State)
	}
	if err := d.store.CancelBroadcast(ctx, "b", inspect, d.now); err != nil {
		t.Fatal(err)
	}
	if next, err := d.store.NextOfBroadcast(ctx, "b"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the cancellation comes %+v, %v", next, err)
	}
	d.urge(b, "late") // given before the cancellation, not yet heard of
	for range 2 {
		if err := d.store.FinishBroadcast(ctx, "b", d.now); err != nil {
			t.Fatal(err)
		}
		if err := d.store.CancelBroadcast(ctx, "b", super, d.now.Add(time.Hour)); err != nil { // too late
			t.Fatal(err)
		}
	}
	want := map[string]store.BroadcastResult{
		"done": store.Done, "refused": store.Refused, "failed": store.Failed, "unheard": store.Done, "late": store.Done, "never": store.Skipped,
	}
	if diff := cmp.Diff(want, d.results("b")); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	got := d.broadcast("b")
	if got.State != store.BroadcastCancelled || got.CancelledBy != inspect || !got.CancelledAt.Equal(d.now) || got.EndedAt.IsZero() {
		t.Errorf("at the end: %+v", got)
	}
	rows, err := d.store.BroadcastCases(ctx, d.actor("o162"), "b", store.Refused, 0, 10, d.now)
	if err != nil || len(rows) != 1 || rows[0].Refusal == nil || rows[0].Refusal.Code != "wrong_stage" || rows[0].Refusal.Chinese != "不能" {
		t.Errorf("refused: %+v, %v", rows, err)
	}
	rows, err = d.store.BroadcastCases(ctx, d.actor("o162"), "b", store.Done, 0, 10, d.now)
	if err != nil || len(rows) != 3 || rows[0].Seq != seq || rows[0].Refusal != nil || rows[1].Refusal != nil {
		t.Errorf("done: %+v, %v; want the first at %d", rows, err, seq)
	}
	if running, err := d.store.RunningBroadcasts(ctx); err != nil || len(running) != 0 {
		t.Errorf("running: %v, %v", running, err)
	}
}

// TestBroadcastProperty: whatever happens in whatever order, each case ends with exactly
// one result, and that result is "done" if and only if the ledger has the command.
func TestBroadcastProperty(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	var cases []string
	for i := range 6 {
		cases = append(cases, fmt.Sprintf("case-%d", i))
		d.onTheSpot(cases[i])
	}
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		id := fmt.Sprintf("b%d", n)
		b := d.order(id, super, cases...)
		written := map[string]bool{}
		cancelled := false
		for range rapid.IntRange(0, 40).Draw(r, "steps") {
			at := rapid.IntRange(0, len(cases)-1).Draw(r, "case")
			var err error
			switch rapid.SampledFrom([]string{"give", "unheard", "refuse", "fail", "miss", "finish", "cancel"}).Draw(r, "step") {
			case "give", "unheard":
				next, none := d.store.NextOfBroadcast(ctx, id)
				if none != nil {
					continue
				}
				d.urge(b, next.Case)
				written[next.Case] = true
				if at > 0 { // else the worker died before it could say so
					err = d.store.AnswerBroadcast(ctx, id, store.BroadcastCase{Position: next.Position, Result: store.Done, At: d.now})
				}
			case "refuse":
				err = d.store.AnswerBroadcast(ctx, id, store.BroadcastCase{Position: at + 1, Result: store.Refused, Refusal: casefile.LedgerBroken(), At: d.now})
			case "fail":
				err = d.store.AnswerBroadcast(ctx, id, store.BroadcastCase{Position: at + 1, Result: store.Failed, Refusal: casefile.NoAnswer(), At: d.now})
			case "miss":
				err = d.store.MissBroadcast(ctx, id, at+1)
			case "finish":
				err = d.store.FinishBroadcast(ctx, id, d.now)
			case "cancel":
				if cancelled = d.broadcast(id).State == store.BroadcastRunning || cancelled; cancelled {
					err = d.store.CancelBroadcast(ctx, id, super, d.now)
				}
			}
			if err != nil {
				r.Fatal(err)
			}
		}
		for { // the worker comes back
			next, err := d.store.NextOfBroadcast(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				break
			}
			if err != nil {
				r.Fatal(err)
			}
			d.urge(b, next.Case)
			written[next.Case] = true
			if err := d.store.AnswerBroadcast(ctx, id, store.BroadcastCase{Position: next.Position, Result: store.Done, At: d.now}); err != nil {
				r.Fatal(err)
			}
		}
		if err := d.store.FinishBroadcast(ctx, id, d.now); err != nil {
			r.Fatal(err)
		}
		if got := d.broadcast(id).State; got == store.BroadcastRunning || got == store.BroadcastCancelled && !cancelled {
			r.Errorf("it is %s at the end, cancelled %t", got, cancelled)
		}
		results := d.results(id)
		for _, c := range cases {
			if result := results[c]; result == store.Pending || (result == store.Done) != written[c] || result == store.Skipped && !cancelled {
				r.Errorf("%s is %s, in the ledger %t", c, result, written[c])
			}
		}
	})
}

// Who may know of a broadcast, in SQL as in the core, and of which of its cases.
func TestBroadcastLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	accusing := d.registration()
	accusing.Registration.Purpose, accusing.Registration.AccusedOfficial = "accusation", "o041"
	cases := []casefile.Case{d.onTheSpot("one"), d.do("accusing", super, accusing), d.onTheSpot("three")}
	orderedBy := []string{super, inspect, "o041", super, super, "o161"} // the last is the administrator, who sees no case
	for i, by := range orderedBy {
		d.now = d.now.Add(time.Duration(i/2) * time.Minute) // some at the same moment
		d.order(fmt.Sprintf("b%d", i), by, "one", "accusing", "three")
	}
	for _, o := range d.rules.Directory.Officials {
		by := d.actor(o.ID)
		var want, got []string
		for i := len(orderedBy) - 1; i >= 0; i-- {
			if casefile.SeesBroadcast(d.actor(orderedBy[i]), by, d.rules.Directory) {
				want = append(want, fmt.Sprintf("b%d", i))
			}
		}
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			page, next, err := d.store.Broadcasts(ctx, by, cursor, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range page {
				got = append(got, b.ID)
				counted, shown := 3, 0
				if o.ID == "o041" {
					counted = 2
				}
				for _, c := range cases {
					if casefile.Sees(c, by, d.rules) {
						shown++
					}
				}
				rows, err := d.store.BroadcastCases(ctx, by, b.ID, "", 0, 10, d.now)
				if err != nil || len(rows) != shown || b.Results[store.Pending] != counted {
					t.Errorf("%s is shown %d cases, counts %v, %v; want %d of %d", o.ID, len(rows), b.Results, err, shown, counted)
				}
			}
			cursor = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (%s) sees (-core +store):\n%s", o.ID, o.Role, diff)
		}
	}
	if rows, err := d.store.BroadcastCases(ctx, d.actor(super), "b0", "", 2, 10, d.now); err != nil || len(rows) != 1 || rows[0].Case != "three" || !rows[0].At.IsZero() {
		t.Errorf("after the second: %+v, %v", rows, err)
	}
	for _, cursor := range []string{"x", "ZHVlIGluZmluaXR5IG9uZQ", "YnJvYWRjYXN0cyBpbmZpbml0eSBvbmU"} {
		if _, _, err := d.store.Broadcasts(ctx, d.actor(super), cursor, 2); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %s: %v", cursor, err)
		}
	}
}

// A selection is the list without the ended cases.
func TestSelect(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	all := d.crowd(60, rand.New(rand.NewPCG(3, 1)))
	for _, who := range []string{super, inspect, "o041", upper, handling, "o162"} {
		by := d.actor(who)
		for _, f := range []store.Filter{{}, {Overdue: true}, {Leader: upper}, {Campaign: "会战"}, {Stage: casefile.Declined}, {Lamp: casefile.Red}} {
			f.Sort, f.Limit = "due", 1000
			page, err := d.store.Cases(ctx, by, f, d.now)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, row := range page.Rows {
				if row.Case.Stage.Open() {
					want = append(want, row.Case.ID)
				}
			}
			got, total, err := d.store.Select(ctx, by, f, d.now, 1000)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil || total != len(want) {
				t.Errorf("%s selects by %+v: total %d, %v (-list +selection):\n%s", who, f, total, err, diff)
			}
			first, total, err := d.store.Select(ctx, by, f, d.now, 2)
			if err != nil || total != len(want) || len(first) != min(2, len(want)) {
				t.Errorf("%s: the first two are %v of %d, %v", who, first, total, err)
			}
		}
		page, err := d.store.Cases(ctx, by, store.Filter{Sort: "due", Limit: 1000}, d.now)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := d.store.Seen(ctx, by, append(all, "nothing", all[0]), d.now)
		if err != nil || len(seen) != len(page.Rows) {
			t.Errorf("%s sees %d of all cases, %v; the list has %d", who, len(seen), err, len(page.Rows))
		}
	}
	var got []string
	err := d.store.EachCase(ctx, []string{all[7], "nothing", all[2], all[5]}, func(row store.Row) bool {
		got = append(got, row.Case.ID)
		return len(got) < 2
	})
	if diff := cmp.Diff([]string{all[7], all[2]}, got); diff != "" || err != nil {
		t.Errorf("each case: %v\n%s", err, diff)
	}
}
