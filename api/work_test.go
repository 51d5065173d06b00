package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the yearly report says, of cases that the API itself has brought on their way: of the
// whole prefecture, of one county, and to whom one of them accuses.
func TestWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.register(m{"channel": "letter", "category": "land", "repeated": true})
	w.register(m{"headcount": 6, "representatives": 3})
	w.register(m{"unit": "b-nc"})
	w.register(m{"purpose": "accusation", "accused_official": "a-nc-head", "unit": "a-zr"})
	w.command("p-registrar", first, "commission", m{"text": "请查清并报结果", "days": 40})
	w.command("p-supervisor", first, "supervise", m{"reason": "shirking", "text": "请说明"})
	w.command("p-supervisor", first, "escalate", m{"ground": "key", "decided_by": "p-leader", "text": "双重督办"})
	w.command("p-leader", first, "talk", m{"text": "约谈"})
	w.command("p-supervisor", first, "suggest", m{"suggestion": "accountability", "unit": "a-nc", "text": "建议追究责任"})
	w.command("p-supervisor", first, "answer_suggestion", m{"number": 1, "outcome": "not_adopted", "text": "未采纳"})
	type counts map[string]any
	read := func(who, query string) counts {
		t.Helper()
		a := w.do(who, "GET", "/api/v1/figures/work"+query, nil).want(t, 200, "")
		got := counts{"repeated": a.get("repeated.now"), "groups": a.get("collective.groups.now"), "persons": a.get("collective.persons.now"), "money": a.get("money.now")}
		for _, list := range []struct{ name, of, n string }{
			{"categories", "category", "cases"},
			{"units", "unit", "cases"},
			{"accused", "unit", "cases"},
			{"measures", "kind", "times"},
			{"meetings", "meeting", "submitted"},
			{"suggestions", "suggestion", "made"},
			{"suggestions", "suggestion", "not_adopted"},
			{"suggestions", "suggestion", "adopted"},
		} {
			for _, line := range a.get(list.name).([]any) {
				line := line.(m)
				if n := line[list.n].(m)["now"]; n != 0.0 {
					got[list.name+" "+line[list.of].(string)+" "+list.n] = n
				}
			}
		}
		return got
	}
	ofA := counts{
		"repeated": 1.0, "groups": 1.0, "persons": 6.0, "money": 0.0,
		"categories land cases": 1.0, "categories agriculture cases": 2.0,
		"units a-nc cases": 2.0, "units a-zr cases": 1.0, "accused a-nc cases": 1.0,
		"measures commissioned times": 1.0, "measures supervised times": 1.0, "measures escalated times": 1.0, "measures talked times": 1.0,
		"suggestions accountability made": 1.0, "suggestions accountability not_adopted": 1.0,
	}
	all := counts{}
	for name, n := range ofA {
		all[name] = n
	}
	all["categories agriculture cases"], all["units b-nc cases"] = 3.0, 1.0
	ofB := counts{"repeated": 0.0, "groups": 0.0, "persons": 0.0, "money": 0.0, "categories agriculture cases": 1.0, "units b-nc cases": 1.0}
	accused := counts{}
	for name, n := range ofA {
		if name != "units a-zr cases" && name != "accused a-nc cases" {
			accused[name] = n
		}
	}
	accused["categories agriculture cases"] = 1.0
	for _, c := range []struct {
		who, query string
		want       counts
	}{
		{"p-supervisor", "", all},
		{"auditor", "", all},
		{"p-supervisor", "?unit=b", ofB},
		{"a-supervisor", "", ofA},
		{"b-supervisor", "", ofB},
		{"a-nc-head", "", accused},
	} {
		if diff := cmp.Diff(c.want, read(c.who, c.query)); diff != "" {
			t.Errorf("%s reads with %q (-want +got):\n%s", c.who, c.query, diff)
		}
	}
	for _, who := range []string{"p-registrar", "a-nc-officer", "admin"} {
		w.do(who, "GET", "/api/v1/figures/work", nil).want(t, 403, "figures_not_permitted")
	}
	w.do("p-supervisor", "GET", "/api/v1/figures/work?from=2026-08-20&until=2026-08-01", nil).want(t, 422, "invalid_fields")
}
