package store_test

import (
	"testing"
	"time"

	"shuangze/casefile"
)

// Every step of a case stands in one row: planned, then done or left out, or cancelled
// when its clock stops. Of an open case something is always planned.
func TestSteps(t *testing.T) {
	d := newDesk(t)
	d.onTheSpot("late")
	count := func() map[string]int {
		t.Helper()
		steps, err := d.store.Steps(t.Context(), "late")
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]int{}
		for _, s := range steps {
			states[s.State]++
			if (s.State == "done" || s.State == "suppressed") != (s.Seq != nil) || (s.State == "suppressed") != (s.Why != "") {
				t.Errorf("%+v", s)
			}
		}
		return states
	}
	if got := count(); got["planned"] == 0 || got["done"] > 0 {
		t.Errorf("at the beginning: %v", got)
	}
	d.now = d.now.AddDate(0, 0, 120) // long overdue
	if err := d.try("late", "", casefile.Command{Kind: casefile.Tick}); err != nil {
		t.Fatal(err)
	}
	got := count()
	if got["planned"] == 0 || got["done"] == 0 || got["suppressed"] == 0 {
		t.Errorf("after 120 days: %v", got)
	}
	silent := func() []string {
		t.Helper()
		ids, err := d.store.Silent(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if ids := silent(); len(ids) > 0 {
		t.Errorf("silent: %v", ids)
	}
	d.sql(`DELETE FROM steps WHERE state = 'planned'`)
	if ids := silent(); len(ids) != 1 || ids[0] != "late" {
		t.Errorf("silent: %v", ids)
	}
	d.now = d.now.Add(time.Hour)
	d.close("late")
	if after := count(); after["planned"] > 0 || after["done"] < got["done"] {
		t.Errorf("after the end: %v", after)
	}
	if ids := silent(); len(ids) > 0 {
		t.Errorf("an ended case is silent: %v", ids)
	}
}
