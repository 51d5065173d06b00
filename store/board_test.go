package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"shuangze/casefile"
	"shuangze/store"
)

// Each number of the board is the total of the list that it leads to: for everybody, of all
// units and of one.
func TestBoard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.crowd(200, rand.New(rand.NewPCG(26, 14)))
	leave := casefile.Leave{ID: "leave", Official: lower, Deputy: "o045", From: d.now, Until: d.now.AddDate(0, 0, 7), Reason: "holiday"}
	if _, err := d.enter(leave, super); err != nil {
		t.Fatal(err)
	}
	d.reorganise()
	rows := 0
	for _, who := range []string{clerk, super, inspect, "o003", upper, lower, "o040", "o041", "o045", "o046", handling, "o161", "o162"} {
		by := d.actor(who)
		total := func(f store.Filter) int {
			t.Helper()
			f.Open, f.Sort, f.Limit = true, "due", 1
			page, err := d.store.Cases(t.Context(), by, f, d.now)
			if err != nil {
				t.Fatal(err)
			}
			return page.Total
		}
		counts := func(f store.Filter) (n store.Counts) {
			t.Helper()
			n.Open = total(f)
			for to, set := range map[*int]func(*store.Filter){
				&n.Red:        func(f *store.Filter) { f.Lamp = casefile.Red },
				&n.Yellow:     func(f *store.Filter) { f.Lamp = casefile.Yellow },
				&n.Green:      func(f *store.Filter) { f.Lamp = casefile.Green },
				&n.Overdue:    func(f *store.Filter) { f.Overdue = true },
				&n.Supervised: func(f *store.Filter) { f.Supervised = true },
				&n.Dual:       func(f *store.Filter) { f.Supervision = casefile.Dual },
			} {
				narrow := f
				set(&narrow)
				*to = total(narrow)
			}
			return n
		}
		for _, unit := range []string{"", "232701", "232721-rs"} {
			b, err := d.store.Board(t.Context(), by, unit, d.now)
			if err != nil {
				t.Fatal(err)
			}
			if want := counts(store.Filter{Unit: unit}); b.All != want {
				t.Errorf("%s, unit %q: %+v, want %+v", who, unit, b.All, want)
			}
			for code, got := range b.Units {
				if unit != "" && !d.rules.Directory.Under(code, unit) {
					continue // those above have only the part that lies in the unit
				}
				if want := counts(store.Filter{Unit: code}); got != want {
					t.Errorf("%s, unit %q: %s has %+v, want %+v", who, unit, code, got, want)
				}
			}
			for id, got := range b.Leaders {
				if want := counts(store.Filter{Unit: unit, Leader: id}); got != want {
					t.Errorf("%s, unit %q: %s carries %+v, want %+v", who, unit, id, got, want)
				}
			}
			rows += len(b.Units) + len(b.Leaders)
		}
	}
	if rows < 300 {
		t.Errorf("%d rows: the cases prove too little", rows)
	}
}

func TestSavedFilters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	save := func(official, id, name, query string) (store.SavedFilter, bool) {
		t.Helper()
		f, ok, err := d.store.SaveFilter(ctx, official, store.SavedFilter{ID: id, Name: name, Query: query}, 2, d.now)
		if err != nil {
			t.Fatal(err)
		}
		return f, ok
	}
	if f, ok := save(super, "1", "逾期", "overdue=true"); !ok || f.ID != "1" {
		t.Errorf("saved: %+v, %v", f, ok)
	}
	save(super, "2", "红灯", "lamp=red")
	save(clerk, "3", "逾期", "overdue=true")
	if f, ok := save(super, "4", "逾期", "overdue=true&unit=232701"); !ok || f != (store.SavedFilter{ID: "1", Name: "逾期", Query: "overdue=true&unit=232701"}) {
		t.Errorf("saved anew: %+v, %v", f, ok)
	}
	if _, ok := save(super, "5", "第三个", "lamp=green"); ok {
		t.Error("one more than is allowed was saved")
	}
	if err := d.store.DropFilter(ctx, clerk, "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("somebody else's was dropped: %v", err)
	}
	if err := d.store.DropFilter(ctx, super, "2"); err != nil {
		t.Error(err)
	}
	got, err := d.store.SavedFilters(ctx, super)
	if err != nil || len(got) != 1 || got[0].Query != "overdue=true&unit=232701" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Of an export stands who took it, when, by which conditions, and how long it was.
func TestExportIsLogged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 3 {
		d.do(fmt.Sprintf("case-%d", i), clerk, d.registration())
	}
	gone := errors.New("the reader has gone")
	err := d.store.Export(t.Context(), d.actor(super), store.Filter{Sort: "due"}, "unit=232701", d.now, func(store.Row) error { return gone })
	if !errors.Is(err, gone) {
		t.Error(err)
	}
	var logged string
	const sql = `SELECT concat_ws(' ', official, query, cases, at = $1) FROM exports`
	if err := d.store.Pool().QueryRow(t.Context(), sql, d.now).Scan(&logged); err != nil || logged != super+" unit=232701 3 t" {
		t.Errorf("logged %q, %v", logged, err)
	}
}
