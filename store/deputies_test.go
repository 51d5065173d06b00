package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"shuangze/casefile"
	"shuangze/store"
)

// stands says whether an official stands in for who holds this seat of the case, by the
// words of the rule.
func (d *desk) stands(c casefile.Case, seat, other casefile.Seat, who string) bool {
	by := d.actor(who)
	o, ok := d.rules.Directory.Deputy(seat.Official, d.now)
	return ok && o.ID == who && other.Official != who && !slices.Contains(other.Hands, who) && !slices.Contains(c.Recused, who) &&
		c.AccusedOfficial != who && !d.rules.Directory.Under(by.Unit, c.AccusedUnit)
}

// Deputies see the cases of whom they stand in for, and find in their inbox what they
// may do there, while the leave lasts: the core's answers and the store's are the same.
func TestDeputiesInTheStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	ids := d.crowd(120, rand.New(rand.NewPCG(26, 14)))
	begin := d.now
	bureau := "o045" // head of another bureau of the city, who sees nothing of 漠河市人社局
	for i, l := range []casefile.Leave{{Official: lower, Deputy: upper}, {Official: lower, Deputy: bureau}, {Official: upper, Deputy: bureau}} {
		l.ID, l.Reason = fmt.Sprint("leave-", i), "training"
		l.From, l.Until = begin.AddDate(0, 0, 7*i), begin.AddDate(0, 0, 7*(i+1))
		if _, err := d.enter(l, super); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if d.rules.Directory, err = d.store.Directory(ctx); err != nil {
		t.Fatal(err)
	}
	// In the second week the deputy takes cases up for the lower leader, and withdraws
	// from another.
	d.now = begin.AddDate(0, 0, 8)
	acted := 0
	for _, id := range ids {
		if acted < 1 && d.try(id, bureau, casefile.Command{Kind: casefile.Acknowledge}) == nil {
			acted++
		}
	}
	const withdraw = `UPDATE cases SET state = jsonb_set(state, '{recused}', '["o045"]') WHERE id = (SELECT max(id) FROM cases WHERE open AND upper = $1 AND NOT state->'lower' ? 'hands')`
	d.sql(withdraw, upper)

	found := map[string]int{}
	for week := range 4 {
		d.now = begin.AddDate(0, 0, 7*week)
		d.rules.Now = d.now
		o := oracle{rules: d.rules, now: d.now}
		for _, id := range ids {
			row, err := d.store.Case(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			o.rows = append(o.rows, row)
		}
		for _, who := range []string{upper, lower, bureau, "o036", "o049"} {
			by := d.actor(who)
			list, err := d.store.Cases(ctx, by, store.Filter{Sort: "due", Limit: 200}, d.now)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range list.Rows {
				got = append(got, r.Case.ID)
			}
			if want := o.list(by, store.Filter{Sort: "due"}); !slices.Equal(got, want) || list.Total != len(want) {
				t.Errorf("week %d: %s sees %d, %v, want %v", week, who, list.Total, got, want)
			}

			var want []string
			for _, r := range o.rows {
				for _, task := range casefile.Waiting(r.Case) {
					switch c := r.Case; {
					case task.From.After(d.now):
					case task.Official == who && c.AccusedOfficial != who && !d.rules.Directory.Under(by.Unit, c.AccusedUnit):
						want = append(want, fmt.Sprint(c.ID, " ", task.Do, " "))
					case !slices.Contains([]casefile.Kind{casefile.Acknowledge, casefile.Sign, casefile.Return}, task.Do):
					case task.Official == c.Upper.Official && d.stands(c, c.Upper, c.Lower, who), task.Official == c.Lower.Official && d.stands(c, c.Lower, c.Upper, who):
						want = append(want, fmt.Sprint(c.ID, " ", task.Do, " ", task.Official))
						found[fmt.Sprint("week ", week, ": ", who, " for ", task.Official)]++
						if casefile.Permit(c, task.Do, by, d.rules) != nil {
							t.Errorf("week %d: %s waits for %s, who may not do it", week, task.Do, who)
						}
					}
				}
			}
			tasks, total, err := d.store.Inbox(ctx, by, d.rules.Policy.Deputies, d.now, 1000)
			if err != nil {
				t.Fatal(err)
			}
			got = nil
			for _, w := range tasks {
				got = append(got, fmt.Sprint(w.Case.ID, " ", w.Do, " ", w.For))
			}
			if !sameSet(got, want) || total != len(want) {
				t.Errorf("week %d: inbox of %s: %d of %v, want %v", week, who, total, got, want)
			}
			none, _, err := d.store.Inbox(ctx, by, []string{}, d.now, 1000)
			if err != nil || slices.ContainsFunc(none, func(w store.Waiting) bool { return w.For != "" }) {
				t.Errorf("week %d: %s may do nothing for anybody, but finds it: %v", week, who, err)
			}
		}
	}
	for _, line := range []string{"week 1: o045 for o043", "week 2: o045 for o038"} {
		if found[line] == 0 {
			t.Errorf("nothing was found for %q: %v", line, found)
		}
	}
	if acted == 0 {
		t.Error("the deputy acted in no case")
	}
}

// A deputy is told, and it is on record for whom.
func TestDeputyIsToldInTheStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	l := casefile.Leave{ID: "leave", Official: lower, Deputy: "o045", From: d.now, Until: d.now.AddDate(0, 0, 7), Reason: "holiday"}
	if _, err := d.enter(l, super); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.rules.Directory, err = d.store.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.onTheSpot("case")
	for who, want := range map[string][]string{"o045": {"assigned " + lower}, lower: nil, upper: {"assigned "}} {
		notices, err := d.store.Notices(t.Context(), d.actor(who), 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range notices {
			got = append(got, n.Kind+" "+n.For)
		}
		if slices.Compare(got, want) != 0 {
			t.Errorf("%s is told %v, want %v", who, got, want)
		}
	}
}
