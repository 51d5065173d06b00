package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/casefile"
)

// spread is a set of cases unlike each other, for the lists.
func spread(w *world) {
	day := func(n int) time.Time { return begin.AddDate(0, 0, n) }
	campaign := w.campaign("百日会战")
	// Late: registered in June and never forwarded.
	w.seed("late", opening(day(-80), "a-registrar", func(r *casefile.Registration) { r.Reference = "甲〔2026〕1号" }))
	// Yellow: three working days are nearly over.
	w.seed("yellow", opening(day(-2), "b-registrar", func(r *casefile.Registration) { r.Unit = "b-nc"; r.Origin = "self_found" }))
	w.seed("green", opening(day(0), "p-registrar", func(r *casefile.Registration) { r.Origin = "province"; r.Campaign = campaign }))
	w.seed("100%_done", opening(day(0).Add(time.Minute), "p-registrar", func(r *casefile.Registration) { r.Unit = "p-rs"; r.Reachable = false }))
	w.seed("led", opening(day(0).Add(2*time.Minute), "a-registrar", nil),
		then(day(0).Add(2*time.Minute), "a-registrar", casefile.Forward, nil),
		then(day(0).Add(3*time.Minute), "a-supervisor", casefile.Assign, func(c *casefile.Command) { c.Upper, c.Lower = "a-leader", "a-nc-head" }))
	w.seed("supervised", opening(day(0).Add(4*time.Minute), "a-registrar", nil),
		then(day(0).Add(4*time.Minute), "a-registrar", casefile.Forward, nil),
		then(day(0).Add(5*time.Minute), "a-supervisor", casefile.Supervise, func(c *casefile.Command) { c.Reason, c.Text.ID = "other", "text" }))
	w.seed("declined", opening(day(0).Add(6*time.Minute), "a-registrar", nil),
		then(day(0).Add(7*time.Minute), "a-registrar", casefile.Decline, func(c *casefile.Command) { c.Reason, c.Text.ID = "unclear", "text" }))
}

func TestFilters(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	w = w.at(begin.Add(time.Hour))
	for query, want := range map[string][]string{
		"":                            {"100%_done", "declined", "green", "late", "led", "supervised", "yellow"},
		"stage=registered":            {"100%_done", "green", "late", "yellow"},
		"stage=forwarded":             {"led", "supervised"},
		"stage=declined":              {"declined"},
		"stage=declined&lamp=green":   {"declined"},
		"stage=closed":                {},
		"open=true":                   {"100%_done", "green", "late", "led", "supervised", "yellow"},
		"open=true&stage=declined":    {},
		"supervised=true":             {"supervised"},
		"lamp=red":                    {"late"},
		"lamp=yellow":                 {"yellow"},
		"lamp=green":                  {"100%_done", "green", "led", "supervised"},
		"overdue=true":                {"late"},
		"origin=province":             {"green"},
		"origin=self_found":           {"yellow"},
		"unit=b-nc":                   {"yellow"},
		"unit=a":                      {"declined", "green", "late", "led", "supervised"},
		"leader=a-leader":             {"led"},
		"leader=a-nc-head":            {"led"},
		"supervision=petition_office": {"supervised"},
		"supervision=dual":            {},
		"campaign=" + url.QueryEscape("百日会战"): {"green"},
		"campaign=" + url.QueryEscape("另一会战"): {},
		"due_before=2026-08-01":               {"late"},
		"due_before=2026-09-02":               {"late"},
		"due_before=2026-09-03":               {"late", "yellow"},
		"q=gre":                               {"green"},
		"q=GRE":                               {"green"},
		"q=" + url.QueryEscape("%"):           {"100%_done"},
		"q=_":                                 {"100%_done"},
		"q=" + url.QueryEscape(`\`):           {},
		"q=" + url.QueryEscape("'; DROP TABLE cases; --"): {},
		"q=" + url.QueryEscape("甲〔2026〕1号"):               {"late"},
		"q=" + url.QueryEscape("  000001 "):               {"green", "late", "yellow"}, // each office's first
		"q=" + url.QueryEscape("ｂ－ＸＦ－２０２６－０００００１"):        {"yellow"},
		"q=" + url.QueryEscape("２０２６〕1号"):                 {"late"},
		"q=b-xf-2026-000001":                              {"yellow"},
		"unit=a&origin=petition&lamp=green":               {"led", "supervised"},
	} {
		got := w.list("p-supervisor", query, 200)
		slices.Sort(got)
		if diff := cmp.Diff(want, append([]string{}, got...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for i := range 23 {
		// In groups with the same due date, so that the order within them counts.
		w.seed(fmt.Sprintf("case-%02d", i), opening(begin.AddDate(0, 0, -i/5), "a-registrar", nil))
	}
	w.seed("ended", opening(begin.AddDate(0, 0, -3), "a-registrar", nil),
		then(begin, "a-registrar", casefile.Decline, func(c *casefile.Command) { c.Reason, c.Text.ID = "unclear", "text" }))
	for _, sort := range []string{"due", "-due", "registered", "-registered"} {
		whole := w.list("a-registrar", "sort="+sort, 200)
		if len(whole) != 24 {
			t.Fatalf("sort=%s lists %d cases, want 24", sort, len(whole))
		}
		for _, limit := range []int{1, 5, 7, 23, 24} {
			if diff := cmp.Diff(whole, w.list("a-registrar", "sort="+sort, limit)); diff != "" {
				t.Errorf("sort=%s in pages of %d (-whole +pages):\n%s", sort, limit, diff)
			}
		}
	}
	forward, back := w.list("a-registrar", "sort=registered", 9), w.list("a-registrar", "sort=-registered", 9)
	slices.Reverse(back)
	if diff := cmp.Diff(forward, back); diff != "" {
		t.Errorf("registered and -registered are not each other's reverse:\n%s", diff)
	}

	// A case that comes in between two pages neither repeats nor hides another.
	first := w.do("a-registrar", "GET", "/api/v1/cases?sort=registered&limit=10", nil).want(t, 200, "")
	w.seed("newcomer", opening(begin.AddDate(0, 0, -10), "a-registrar", nil))
	second := w.do("a-registrar", "GET", "/api/v1/cases?sort=registered&limit=10&cursor="+first.str("next_cursor"), nil).want(t, 200, "")
	if got := second.get("cases").([]any)[0].(m)["id"]; got != forward[10] {
		t.Errorf("the second page begins with %v, want %s", got, forward[10])
	}
	if got := second.get("total"); got != 25.0 {
		t.Errorf("total = %v after the newcomer, want 25", got)
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for query, want := range map[string][]string{
		"stage=asleep&lamp=blue":         {"lamp:not_in_list", "stage:not_in_list"},
		"overdue=false":                  {"overdue:not_in_list"},
		"origin=x":                       {"origin:not_in_list"},
		"unit=nowhere&leader=nobody":     {"leader:unknown_official", "unit:unknown_unit"},
		"supervision=x&sort=name":        {"sort:not_in_list", "supervision:not_in_list"},
		"due_before=tomorrow":            {"due_before:not_a_date"},
		"due_before=2026-02-30":          {"due_before:not_a_date"},
		"cursor=abc":                     {"cursor:not_a_cursor"},
		"cursor=" + url.QueryEscape("'"): {"cursor:not_a_cursor"},
		"limit=0":                        {"limit:out_of_range"},
		"limit=201":                      {"limit:out_of_range"},
		"limit=many":                     {"limit:out_of_range"},
		"stgae=closed":                   {"stgae:unknown_field"},
		"stage=closed&stage=signed":      {"stage:duplicate_field"},
		"q=%00":                          {"q:invalid_character"},
		"q=%ff":                          {"q:invalid_character"},
		"campaign=a%0Ab":                 {"campaign:invalid_character"},
		"q=" + string(slices.Repeat([]byte("x"), 101)): {"q:too_long"},
	} {
		a := w.do("p-supervisor", "GET", "/api/v1/cases?"+query, nil).want(t, 422, "invalid_fields")
		if diff := cmp.Diff(want, a.fields()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	// A cursor of another order is refused, not misread.
	spread(w)
	cursor := w.do("p-supervisor", "GET", "/api/v1/cases?limit=1&sort=due", nil).str("next_cursor")
	w.do("p-supervisor", "GET", "/api/v1/cases?limit=1&sort=registered&cursor="+cursor, nil).want(t, 422, "invalid_fields")
}

func TestDutiesShowTheSupervisorsOwnLateness(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	w = w.at(begin.Add(time.Hour))
	a := w.do("a-supervisor", "GET", "/api/v1/me/duties", nil).want(t, 200, "")
	if a.get("red") != 2.0 || a.get("total").(float64) < 3 {
		t.Errorf("red %v of %v", a.get("red"), a.get("total"))
	}
	first := a.get("duties").([]any)[0].(m)
	if first["clock"].(m)["lamp"] != "red" || first["case"].(m)["id"] != "late" || first["clock"].(m)["bearer"].(m)["who"] != "a-xf" {
		t.Errorf("the first duty is %v", first["clock"])
	}
}

// TestInboxLamps: a task is as pressing as the clock it is due with.
func TestInboxLamps(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	w = w.at(begin.Add(time.Hour))
	a := w.do("a-registrar", "GET", "/api/v1/me/inbox", nil).want(t, 200, "")
	first := a.get("tasks").([]any)[0].(m)
	if first["do"] != "forward" || first["lamp"] != "red" || first["due"] != "2026-06-28" || first["case"].(m)["id"] != "late" {
		t.Errorf("the first task is %v %v %v", first["do"], first["lamp"], first["due"])
	}
	if total := a.get("total"); total != 1.0 {
		t.Errorf("total = %v, want 1", total)
	}
}

// TestWhatTheClockDoes: the steps that nobody gave show in the events, the notices
// and the case.
func TestWhatTheClockDoes(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	tick := func(days int) given {
		return given{begin.AddDate(0, 0, days), casefile.Command{Kind: casefile.Tick, Actor: casefile.Clockwork}}
	}
	w.seed("slow", opening(begin, "a-registrar", nil), then(begin, "a-registrar", casefile.Accept, nil),
		tick(10), tick(52), tick(63), tick(66), tick(75), tick(90))
	w = w.at(begin.AddDate(0, 0, 90).Add(time.Minute))
	kinds := w.events("slow")
	for _, kind := range []string{"reminded", "urged", "supervised", "escalated", "reported_up"} {
		if !slices.Contains(kinds, kind) {
			t.Errorf("the events lack %s: %v", kind, kinds)
		}
	}
	a := w.do("a-supervisor", "GET", "/api/v1/cases/slow", nil).want(t, 200, "")
	if a.str("supervision") != "dual" || a.str("lamp") != "red" || a.get("late") != true || len(a.get("channels").([]any)) != 2 {
		t.Errorf("the case: %s", a.body)
	}
	if handle := clockOf(a, "HANDLE"); handle["overdue"] != true || handle["late_days"] != 28.0 {
		t.Errorf("HANDLE: overdue %v, %v days late", handle["overdue"], handle["late_days"])
	}
	inbox := w.do("a-nc-officer", "GET", "/api/v1/me/inbox", nil).want(t, 200, "")
	if len(inbox.get("notices").([]any)) == 0 {
		t.Error("the officer was told nothing")
	}
	var do []any
	for _, task := range inbox.get("tasks").([]any) {
		do = append(do, task.(m)["do"])
	}
	if !slices.Contains(do, any("report")) {
		t.Errorf("no report waits: %v", do)
	}
}
