package store_test

import (
	"testing"
	"time"

	"shuangze/casefile"
	"shuangze/store"
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

// A clock in hours can run twice on one day; each run has its own steps.
func TestStepsOfHours(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.do("urgent", clerk, d.registration())
	organs := casefile.UrgentOrgans
	for range 2 {
		d.do("urgent", clerk, casefile.Command{Kind: casefile.MarkUrgent, KnownAt: d.now})
		d.now = d.now.Add(100 * time.Minute) // past the reminder
		if err := d.try("urgent", "", casefile.Command{Kind: casefile.Tick}); err != nil {
			t.Fatal(err)
		}
		c = d.do("urgent", clerk, casefile.Command{Kind: casefile.ReportUrgent, Organs: organs, Text: d.text("已报告")})
	}
	steps, err := d.store.Steps(t.Context(), "urgent")
	if err != nil {
		t.Fatal(err)
	}
	reminders := 0
	for _, s := range steps {
		if s.Step == "REM-URGENT" && s.State == "done" {
			reminders++
		}
	}
	if k, _ := c.Clock("URGENT-REPORT"); reminders != 2 || k.Overdue(d.now) {
		t.Errorf("%d reminders in %+v", reminders, steps)
	}
	page, err := d.store.Cases(t.Context(), d.actor(clerk), store.Filter{Urgent: true, Sort: "due", Limit: 5}, d.now)
	if err != nil || page.Total != 1 || page.Rows[0].Case.ID != "urgent" {
		t.Errorf("urgent cases: %+v, %v", page, err)
	}
	if _, differences, err := d.store.Audit(t.Context(), "urgent"); err != nil || len(differences) > 0 {
		t.Errorf("%v, %v", differences, err)
	}
}
