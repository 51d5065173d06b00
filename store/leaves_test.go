package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/casefile"
	"shuangze/store"
)

// enter enters a leave by the core's rules, as the API does.
func (d *desk) enter(l casefile.Leave, by string) (casefile.Leave, error) {
	rules := d.rules
	rules.Now = d.now
	err := d.store.InLeaves(d.t.Context(), func(tx *store.LeavesTx) error {
		rules.Directory = tx.Directory
		entered, refusal := casefile.EnterLeave(l, d.actor(by), rules)
		if refusal != nil {
			return refusal
		}
		l = entered
		return tx.Enter(d.t.Context(), l, "fingerprint of "+l.ID)
	})
	return l, err
}

func (d *desk) end(id, by string) error {
	rules := d.rules
	rules.Now = d.now
	return d.store.InLeaves(d.t.Context(), func(tx *store.LeavesTx) error {
		l, _, err := tx.Leave(d.t.Context(), id)
		if err != nil {
			return err
		}
		ended, refusal := casefile.EndLeave(l, d.actor(by), rules)
		if refusal != nil {
			return refusal
		}
		return tx.End(d.t.Context(), ended, "end of "+id)
	})
}

// week is a leave of the upper leader in the desk's next week.
func (d *desk) week(id string) casefile.Leave {
	from := d.now.AddDate(0, 0, 7)
	return casefile.Leave{ID: id, Official: upper, Deputy: deputy, From: from, Until: from.AddDate(0, 0, 7), Reason: "holiday"}
}

const deputy = "o036" // another leader of 漠河市

// A leave is entered, seen by every process, ended early or cancelled, and never gone.
func TestLeaves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	before := d.rules.Directory
	l, err := d.enter(d.week("first"), super)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := d.store.Directory(ctx)
	if err != nil || dir == before {
		t.Fatalf("the directory is not read anew: %v", err)
	}
	if o, ok := dir.Deputy(upper, l.From); !ok || o.ID != deputy {
		t.Errorf("%q stands in when it begins", o.ID)
	}
	if o, ok := dir.Deputy(upper, l.Until); ok {
		t.Errorf("%q stands in when it is over", o.ID)
	}

	d.now = l.From.Add(36 * time.Hour)
	if err := d.end("first", super); err != nil {
		t.Fatal(err)
	}
	if dir, err = d.store.Directory(ctx); err != nil {
		t.Fatal(err)
	}
	if _, ok := dir.Deputy(upper, d.now.Add(-time.Microsecond)); !ok {
		t.Error("what was a leave is none any more")
	}
	if o, ok := dir.Deputy(upper, d.now); ok {
		t.Errorf("%s stands in although the leave was ended", o.ID)
	}
	var refusal *casefile.Error
	if err := d.end("first", super); !errors.As(err, &refusal) || refusal.Code != "leave_over" {
		t.Errorf("ended twice: %v", err)
	}

	second, err := d.enter(d.week("second"), super)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.end("second", upper); err != nil {
		t.Fatal(err)
	}
	third, err := d.enter(d.week("third"), upper) // the time of one that was cancelled is free
	if err != nil {
		t.Fatal(err)
	}
	l.Until, l.EndedBy, l.EndedAt = d.now, super, d.now
	second.Until, second.EndedBy, second.EndedAt = second.From, upper, d.now

	for name, test := range map[string]struct {
		filter store.LeaveFilter
		want   []casefile.Leave
		total  int
	}{
		"all":              {store.LeaveFilter{}, []casefile.Leave{second, third, l}, 3},
		"of the leader":    {store.LeaveFilter{Official: upper}, []casefile.Leave{second, third, l}, 3},
		"of the deputy":    {store.LeaveFilter{Official: deputy}, []casefile.Leave{second, third, l}, 3},
		"of another":       {store.LeaveFilter{Official: lower}, []casefile.Leave{}, 0},
		"the latest":       {store.LeaveFilter{Limit: 1}, []casefile.Leave{second}, 3},
		"on its last day":  {store.LeaveFilter{From: d.now.Add(-time.Hour), Until: d.now.Add(time.Hour)}, []casefile.Leave{l}, 1},
		"after its end":    {store.LeaveFilter{From: d.now, Until: d.now.Add(time.Hour)}, []casefile.Leave{}, 0},
		"before its start": {store.LeaveFilter{From: l.From.Add(-time.Hour), Until: l.From}, []casefile.Leave{}, 0},
		"in the new week":  {store.LeaveFilter{From: third.From, Until: third.From.Add(time.Hour)}, []casefile.Leave{third}, 1},
	} {
		if test.filter.Limit == 0 {
			test.filter.Limit = 10
		}
		got, total, err := d.store.Leaves(ctx, test.filter)
		if err != nil || total != test.total {
			t.Errorf("%s: %d in all, want %d: %v", name, total, test.total, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	for _, sql := range []string{
		`DELETE FROM leaves`, `TRUNCATE leaves`, `UPDATE leaves SET reason = 'other'`, `UPDATE leaves SET until_at = from_at WHERE id = 'third'`,
		`UPDATE leaves SET ended_by = 'o010', ended_at = now(), end_command = 'x' WHERE id = 'first'`,
		`UPDATE leaves SET ended_by = 'o010', ended_at = now(), end_command = 'x', deputy = 'o043' WHERE id = 'third'`,
	} {
		if _, err := d.store.Pool().Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), "never deleted") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// Whatever the program might do, the database takes no two leaves of one leader that
// overlap.
func TestLeavesOverlapInTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	insert := func(id string, from, until time.Time) error {
		return d.store.InLeaves(t.Context(), func(tx *store.LeavesTx) error {
			l := casefile.Leave{ID: id, Official: upper, Deputy: deputy, From: from, Until: until, Planned: until, Reason: "other", EnteredBy: super, EnteredAt: d.now}
			return tx.Enter(t.Context(), l, "")
		})
	}
	day := 24 * time.Hour
	if err := insert("a", d.now, d.now.Add(7*day)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		from, until time.Duration
		refused     bool
	}{
		"within": {day, 2 * day, true}, "around": {-day, 9 * day, true}, "over its end": {7*day - time.Microsecond, 9 * day, true},
		"before": {-3 * day, 0, false}, "after": {7 * day, 8 * day, false},
	} {
		err := insert(name, d.now.Add(test.from), d.now.Add(test.until))
		if overlaps := err != nil && strings.Contains(err.Error(), "leaves_one_at_a_time"); overlaps != test.refused || !test.refused && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := insert("backwards", d.now.Add(20*day), d.now.Add(19*day)); err == nil {
		t.Error("a leave ends before it begins")
	}
}

// Of several who enter the same leader's leave, or a circle of deputies, at once one is
// first, and the others are told why not.
func TestLeavesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	type result struct {
		id  string
		err error
	}
	results := make(chan result)
	leaves := []casefile.Leave{}
	for i := range 6 {
		l := d.week(fmt.Sprint("leave-", i))
		if i%2 == 1 {
			l.Official, l.Deputy = l.Deputy, l.Official
		}
		leaves = append(leaves, l)
	}
	for _, l := range leaves {
		go func() {
			_, err := d.enter(l, super)
			results <- result{l.ID, err}
		}()
	}
	var entered []string
	for range leaves {
		r := <-results
		var refusal *casefile.Error
		switch {
		case r.err == nil:
			entered = append(entered, r.id)
		case !errors.As(r.err, &refusal) || refusal.Reason != casefile.Invalid:
			t.Errorf("%s: %v", r.id, r.err)
		}
	}
	if len(entered) != 1 {
		t.Errorf("entered are %v", entered)
	}
	if _, total, err := d.store.Leaves(context.Background(), store.LeaveFilter{Limit: 1}); total != 1 || err != nil {
		t.Errorf("%d leaves, %v", total, err)
	}
}

// The same request again finds what it did, another under its id does not.
func TestLeaveAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l, err := d.enter(d.week("leave"), super)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.end("leave", super); err != nil {
		t.Fatal(err)
	}
	err = d.store.InLeaves(t.Context(), func(tx *store.LeavesTx) error {
		again, err := tx.Entered(t.Context(), "leave", "fingerprint of leave")
		if diff := cmp.Diff(l, again); diff != "" || err != nil {
			t.Errorf("again: %v\n%s", err, diff)
		}
		if _, err := tx.Entered(t.Context(), "leave", "another"); !errors.Is(err, store.ErrOtherRequest) {
			t.Errorf("another request: %v", err)
		}
		if _, err := tx.Entered(t.Context(), "other", "another"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a new request: %v", err)
		}
		if _, command, err := tx.Leave(t.Context(), "leave"); command != "end of leave" || err != nil {
			t.Errorf("ended by the request %q, %v", command, err)
		}
		if _, _, err := tx.Leave(t.Context(), "nothing"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no leave: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
