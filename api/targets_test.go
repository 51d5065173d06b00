package api_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/casefile"
)

func targets(items ...m) []m { return items }

func target(metric string, of, weight any) m {
	return m{"metric": metric, "target": of, "weight": weight}
}

// A sheet from its draft by the office to the closing act: drafted once for each request,
// signed by two persons on what they read, revised and signed again, scored from the
// ledger, closed with figures that nothing changes.
func TestTargetSheets(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	const address = "/api/v1/target-sheets"
	draft := m{"year": 2026, "unit": "a", "items": targets(target("settled_on_time", 100, 62.5), target("overturned", 0, 37.5))}
	w.do("", "POST", address, draft).want(t, 401, "unauthenticated")
	w.do("p-registrar", "POST", address, draft).want(t, 403, "targets_not_permitted")
	w.do("p-supervisor", "POST", address, "{").want(t, 400, "malformed_json")
	for name, test := range map[string]struct {
		body any
		want []string
	}{
		"nothing": {m{}, []string{"items:out_of_range", "unit:required", "year:required"}},
		"red lines": {
			m{"year": 2026, "unit": "a", "items": targets(target("visits", 1, 50), m{"metric": "executed", "name": "进京访控制", "target": 1, "weight": 50})},
			[]string{"items.0.metric:red_line", "items.1.name:red_line"},
		},
		"weights":   {m{"year": 2026, "unit": "a", "items": targets(target("executed", 90, 99.99))}, []string{"items:not_100"}},
		"no number": {m{"year": 2026, "unit": "a", "items": targets(target("executed", 1.234, 100))}, []string{"items.0.target:wrong_type"}},
		"no object": {m{"year": 2026, "unit": "a", "items": []any{1}}, []string{"items.0:wrong_type", "items.0.metric:required", "items.0.weight:out_of_range"}},
		"unknown":   {m{"year": 2026, "unit": "a", "items": targets(m{"metric": "executed", "target": 1, "weight": 100, "visits": 1})}, []string{"items.0.visits:unknown_field"}},
	} {
		got := w.do("p-supervisor", "POST", address, test.body).want(t, 422, "invalid_fields").fields()
		slices.Sort(test.want)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	first := w.do("p-supervisor", "POST", address, draft, "Idempotency-Key", "mine").want(t, 201, "")
	sheet := address + "/" + first.str("id")
	if first.header.Get("Location") != sheet || first.str("state") != "draft" || first.get("score.score") != nil {
		t.Errorf("drafted as %s", first.body)
	}
	if again := w.do("p-supervisor", "POST", address, draft, "Idempotency-Key", "mine").want(t, 201, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Error("the same request again is a new one")
	}
	w.do("p-supervisor", "POST", address, m{"year": 2027, "unit": "a", "items": draft["items"]}, "Idempotency-Key", "mine").want(t, 422, "idempotency_key_reused")
	w.do("p-supervisor", "POST", address, draft).want(t, 409, "sheet_exists")

	hash := func() string {
		versions := w.do("p-supervisor", "GET", sheet, nil).get("versions").([]any)
		return versions[len(versions)-1].(m)["hash"].(string)
	}
	sign := func(who, hash string, headers ...string) answer {
		return w.do(who, "POST", sheet+"/sign", m{"hash": hash}, headers...)
	}
	w.do("p-supervisor", "POST", sheet+"/sign", m{"hash": hash()}).want(t, 403, "targets_not_signed_by_you")
	sign("p-leader", "x").want(t, 409, "sheet_changed")
	if got := sign("p-leader", hash(), "Idempotency-Key", "s").want(t, 200, ""); got.str("state") != "half_signed" {
		t.Errorf("signed once: %s", got.body)
	}
	if again := sign("p-leader", hash(), "Idempotency-Key", "s").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Error("the same signature again is a new one")
	}
	sign("p-leader", "another hash", "Idempotency-Key", "s").want(t, 422, "idempotency_key_reused")
	sign("p-vice", hash()).want(t, 409, "sheet_signed")
	if got := sign("a-leader", hash()).want(t, 200, ""); got.str("state") != "in_force" || got.get("in_force") != 1.0 {
		t.Errorf("signed twice: %s", got.body)
	}
	revised := w.do("p-supervisor", "POST", sheet+"/versions", m{"items": targets(target("settled_on_time", 80, 60), target("overturned", 0, 40))}).want(t, 200, "")
	if revised.get("in_force") != 1.0 || revised.get("score.version") != 1.0 {
		t.Errorf("revised: %s", revised.body)
	}
	sign("p-leader", hash()).want(t, 200, "")
	if got := sign("a-vice", hash()).want(t, 200, ""); got.get("in_force") != 2.0 {
		t.Errorf("signed again: %s", got.body)
	}

	// One case is late, one accuses the county's leader.
	w.seed("late", opening(begin, "a-registrar", nil), then(begin, "a-registrar", casefile.Forward, nil), then(begin, "a-nc-officer", casefile.Accept, nil))
	w.seed("hidden", opening(begin, "a-registrar", func(r *casefile.Registration) { r.AccusedOfficial = "a-leader" }),
		then(begin, "a-registrar", casefile.Forward, nil), then(begin, "a-nc-officer", casefile.Accept, nil))
	later := w.at(begin.AddDate(0, 0, 90))
	for who, seen := range map[string]int{"a-leader": 1, "a-vice": 2, "p-leader": 2, "p-supervisor": 2, "a-supervisor": 2, "auditor": 2} {
		got := later.do(who, "GET", sheet, nil).want(t, 200, "")
		if got.get("score.score") != 0.0 {
			t.Errorf("%s reads %s", who, got.body)
		}
		cases := later.do(who, "GET", sheet+"/items/1/cases", nil).want(t, 200, "")
		if n := len(cases.get("cases").([]any)); n != seen || cases.get("total") != 2.0 {
			t.Errorf("%s sees %s", who, cases.body)
		}
	}
	for _, who := range []string{"a-nc-officer", "a-nc-head", "a-registrar", "p-registrar", "p-inspector", "b-leader", "b-supervisor", "admin"} {
		for _, path := range []string{"", "/items/1/cases"} {
			later.do(who, "GET", sheet+path, nil).want(t, 404, "sheet_not_found")
		}
		later.do(who, "POST", sheet+"/close", m{}).want(t, 404, "sheet_not_found")
		if got := later.do(who, "GET", address+"?year=2026", nil).want(t, 200, ""); got.get("total") != 0.0 {
			t.Errorf("%s lists %s", who, got.body)
		}
	}
	page := later.do("p-supervisor", "GET", sheet+"/items/1/cases?limit=1&good=false", nil).want(t, 200, "")
	next := later.do("p-supervisor", "GET", sheet+"/items/1/cases?limit=1&good=false&cursor="+page.str("next_cursor"), nil).want(t, 200, "")
	if next.get("next_cursor") != nil || len(next.get("cases").([]any)) != 1 {
		t.Errorf("the second page is %s", next.body)
	}
	for _, unit := range []string{"b", "a-nc"} {
		w.do("p-supervisor", "POST", address, m{"year": 2026, "unit": unit, "items": draft["items"]}).want(t, 201, "")
	}
	list, cursor, listed := address+"?year=2026&limit=2", "", map[any]bool{}
	for _, size := range []int{2, 1} {
		got := w.do("p-supervisor", "GET", list+cursor, nil).want(t, 200, "")
		for _, sheet := range got.get("target_sheets").([]any) {
			listed[sheet.(m)["id"]] = true
		}
		if n := len(got.get("target_sheets").([]any)); n != size || got.get("total") != 3.0 || (got.get("next_cursor") == nil) != (size == 1) {
			t.Errorf("a page of %d sheets: %s", n, got.body)
		}
		if size == 2 {
			cursor = "&cursor=" + got.str("next_cursor")
		}
	}
	if len(listed) != 3 {
		t.Errorf("two pages have the sheets %v", listed)
	}
	for _, cursor := range []string{"x", "0", "-2"} {
		w.do("p-supervisor", "GET", list+"&cursor="+cursor, nil).want(t, 422, "invalid_fields")
	}
	later.do("p-supervisor", "GET", sheet+"/items/3/cases", nil).want(t, 404, "item_not_found")
	later.do("p-supervisor", "GET", sheet+"/items/1/cases?cursor=x", nil).want(t, 422, "invalid_fields")
	w.do("p-supervisor", "GET", address+"/nothing", nil).want(t, 404, "sheet_not_found")

	w.do("p-supervisor", "POST", sheet+"/close", m{}).want(t, 409, "year_not_over")
	after := w.at(time.Date(2027, time.January, 4, 2, 0, 0, 0, time.UTC))
	after.do("p-supervisor", "POST", sheet+"/versions", m{"items": draft["items"]}).want(t, 409, "year_over")
	after.do("a-supervisor", "POST", sheet+"/close", m{}).want(t, 403, "targets_not_permitted")
	closed := after.do("p-supervisor", "POST", sheet+"/close", m{}).want(t, 200, "")
	if closed.str("state") != "closed" || closed.str("score.as_of") != "2026-12-31T16:00:00Z" || closed.get("score.score") != 0.0 {
		t.Errorf("closed as %s", closed.body)
	}
	after.do("p-supervisor", "POST", sheet+"/close", m{}).want(t, 409, "sheet_closed")
	if got := after.do("a-leader", "GET", sheet+"/items/1/cases", nil).want(t, 200, ""); len(got.get("cases").([]any)) != 1 {
		t.Errorf("of the closed sheet the accused sees %s", got.body)
	}
	if got := w.do("a-nc-officer", "GET", "/api/v1/target-metrics", nil).want(t, 200, ""); len(got.get("metrics").([]any)) != len(casefile.Metrics) {
		t.Errorf("the metrics are %s", got.body)
	}
}
