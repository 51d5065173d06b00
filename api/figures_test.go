package api_test

import (
	"slices"
	"testing"
)

const figures = "/api/v1/figures"

// What a supervisor reads of cases that the API itself has brought on their way.
func TestFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	letter := w.register(m{"channel": "letter"})
	w.register(m{"headcount": 4})
	w.register(m{"unit": "b-nc", "origin": "province", "accused_official": nil})
	w.command("p-registrar", letter, "forward", nil)
	w.command("p-supervisor", letter, "supervise", m{"reason": "shirking", "text": "请说明"}).want(t, 200, "")
	a := w.do("p-supervisor", "GET", figures, nil).want(t, 200, "")
	if a.str("from") != "2026-01-01" || a.str("as_of") != a.str("until") || a.get("unit") != nil {
		t.Errorf("the span: %s", a.body)
	}
	points := a.get("lamps").([]any)
	if last := points[len(points)-1].(map[string]any); last["green"] != 3.0 || last["red"] != 0.0 {
		t.Errorf("lamps: %v", last)
	}
	kinds := a.get("petitions.kinds").([]any)
	if len(kinds) != 2 {
		t.Fatalf("kinds: %v", kinds)
	}
	first, second := kinds[0].(map[string]any), kinds[1].(map[string]any)
	if now := first["now"].(map[string]any); first["channel"] != "letter" || now["registered"] != 1.0 || now["registered_persons"] != nil {
		t.Errorf("letters have no persons: %v", first)
	}
	if now := second["now"].(map[string]any); second["channel"] != "visit" || now["registered"] != 2.0 || now["registered_persons"] != 5.0 || !slices.Equal(second["units"].([]any), []any{"group", "person"}) {
		t.Errorf("visits have groups and persons: %v", second)
	}
	// The units of one rule alone: the sums are the same.
	whole, part := a.get("punctuality").([]any), w.do("p-supervisor", "GET", figures+"?units_of=REG-FORWARD", nil).want(t, 200, "").get("punctuality").([]any)
	if len(whole) == 0 || len(part) != len(whole) {
		t.Fatalf("%d rules with the units of one, %d with those of all", len(part), len(whole))
	}
	for i := range whole {
		all, one := whole[i].(map[string]any), part[i].(map[string]any)
		units := len(all["units"].([]any))
		if all["rule"] != "REG-FORWARD" {
			units = 0
		}
		if one["rule"] != all["rule"] || one["judged"] != all["judged"] || one["share"] != all["share"] || len(one["units"].([]any)) != units {
			t.Errorf("%v with the units of one rule is %v", all, one)
		}
	}
	green := func(who, query string) float64 {
		t.Helper()
		points := w.do(who, "GET", figures+query, nil).want(t, 200, "").get("lamps").([]any)
		return points[len(points)-1].(map[string]any)["green"].(float64)
	}
	for _, c := range []struct {
		who, query string
		want       float64
	}{
		{"p-supervisor", "?unit=b", 1},
		{"p-supervisor", "?origin=province", 3},
		{"p-supervisor", "?origin=petition", 0},
		{"p-supervisor", "?from=2026-08-01&until=2026-08-15", 0},
		{"p-inspector", "", 3},
		{"auditor", "", 3},
		{"a-supervisor", "", 2},
		{"a-nc-head", "", 2},
		{"b-leader", "", 1},
		{"b-leader", "?unit=a", 0},
		{"p-rs-head", "", 0},
	} {
		if got := green(c.who, c.query); got != c.want {
			t.Errorf("%s counts %v with %q, want %v", c.who, got, c.query, c.want)
		}
	}
	for _, who := range []string{"p-registrar", "a-nc-officer", "admin"} {
		w.do(who, "GET", figures, nil).want(t, 403, "figures_not_permitted")
	}
	for query, field := range map[string]string{
		"?from=2030-01-01": "from", "?from=2026-08-20&until=2026-08-01": "until", "?from=2020-01-01": "until", "?unit=none": "unit", "?origin=none": "origin", "?units_of=none": "units_of", "?from=x": "from",
		"?from=2030-01-01&until=2030-02-01": "from", "?rank=unit": "rank",
	} {
		if got := w.do("p-supervisor", "GET", figures+query, nil).want(t, 422, "invalid_fields").fields(); !slices.ContainsFunc(got, func(f string) bool { return len(f) >= len(field) && f[:len(field)] == field }) {
			t.Errorf("%s: %v", query, got)
		}
	}
}

// Nothing of a case that accuses somebody is in a figure that they read.
func TestFiguresOfTheAccused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(m{"purpose": "accusation", "accused_official": "a-nc-head", "unit": "a-zr"})
	for who, want := range map[string]float64{"p-supervisor": 1, "a-leader": 1, "a-nc-head": 0} {
		points := w.do(who, "GET", figures, nil).want(t, 200, "").get("lamps").([]any)
		if got := points[len(points)-1].(map[string]any)["green"]; got != want {
			t.Errorf("%s counts %v", who, got)
		}
	}
}
