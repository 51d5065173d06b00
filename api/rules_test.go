package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"shuangze/casefile"
)

// shorter is a local policy with 40 days to settle in the place of 60.
const shorter = `
clocks:
  - {id: HANDLE, name: {zh: 办结, en: settle the matter}, source: 《信访工作条例》第三十四条, basis: statute, bearer: unit,
     starts: [accepted, fell_back, rerouted/petition], stops: [served, rerouted/duty], when: [ordinary, accepted, petition], purposes: [appeal], length: 40, unit: calendar_day, yellow: 3,
     extend: {id: EXT-HANDLE, days: 30, source: 《信访工作条例》第三十四条, basis: statute}, steps: [REM-T7, REM-T3, REM-T1, URGE-0, SUP-1, URGE-5]}
`

// list2027 is a year's list as the tests of the calendar have it.
func list2027(t *testing.T) json.RawMessage {
	t.Helper()
	list, err := os.ReadFile("../calendar/testdata/2027.json")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Rules are tried out first: which cases move, by how much, who would be told. Published,
// they reach the open cases by one broadcast, and what was said comes true.
func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.register(m{"on_the_spot": true})
	w.register(m{"on_the_spot": true})

	preview := w.do("admin", "POST", "/api/v1/rules/preview", m{"policy": shorter, "years": []json.RawMessage{list2027(t)}})
	preview.want(t, 200, "")
	var p struct {
		Changes []struct{ List, ID string }
		Days    []struct{ Date string }
		Cases   struct{ Open, Touched, Moved int }
		Clocks  struct{ Earlier, Later, Kept int }
		Told    []string
		Moves   []struct {
			Case, Clock string
			Days        int
			From, To    struct{ Statutory string }
		}
	}
	preview.into(t, &p)
	if len(p.Changes) != 2 || p.Changes[1].List != "clocks" || p.Changes[1].ID != "HANDLE" || len(p.Days) == 0 {
		t.Errorf("changes %+v, %d days", p.Changes, len(p.Days))
	}
	if p.Cases.Open != 2 || p.Cases.Touched != 2 || p.Cases.Moved != 2 || p.Clocks.Earlier != 2 || len(p.Told) == 0 {
		t.Errorf("%+v %+v, told %v", p.Cases, p.Clocks, p.Told)
	}
	for _, move := range p.Moves {
		if move.Clock != "HANDLE" || move.Days >= 0 {
			t.Errorf("%+v", move)
		}
	}
	published := w.do("admin", "POST", "/api/v1/rules", m{"policy": shorter, "years": []json.RawMessage{list2027(t)}, "text": "缩短办理期限"}, "Idempotency-Key", "july")
	published.want(t, 201, "")
	broadcast := "/api/v1/broadcasts/" + published.str("broadcast")
	w.over("admin", published.str("broadcast"))
	var b struct {
		Command string
		Filter  struct{ Rules int }
		Results struct{ Done int }
	}
	w.do("p-supervisor", "GET", broadcast, nil).into(t, &b)
	if b.Command != "replan" || b.Filter.Rules != 1 || b.Results.Done != 2 {
		t.Errorf("%+v", b)
	}
	moved := map[string]string{}
	for _, move := range p.Moves {
		moved[move.Case] = move.To.Statutory
	}
	for id, due := range moved {
		var c struct {
			Clocks []struct {
				ID           string `json:"id"`
				StatutoryDue string `json:"statutory_due"`
			}
		}
		w.do("p-registrar", "GET", "/api/v1/cases/"+id, nil).into(t, &c)
		for _, k := range c.Clocks {
			if k.ID == "HANDLE" && k.StatutoryDue != due {
				t.Errorf("%s is due on %s, the preview said %s", id, k.StatutoryDue, due)
			}
		}
	}
	// The story names who put them in force; the case takes its commands as before.
	story := w.do("p-registrar", "GET", "/api/v1/cases/"+one+"/clocks/HANDLE", nil)
	if !strings.Contains(string(story.body), "陶戊") {
		t.Errorf("the clock's story does not name the administrator: %s", story.body)
	}

	again := w.do("admin", "POST", "/api/v1/rules", m{"policy": shorter, "years": []json.RawMessage{list2027(t)}, "text": "缩短办理期限"}, "Idempotency-Key", "july")
	again.want(t, 201, "")
	if again.header.Get("Idempotent-Replay") != "true" || again.str("broadcast") != published.str("broadcast") {
		t.Errorf("repeated: %s", again.body)
	}
	w.do("admin", "POST", "/api/v1/rules", m{"policy": shorter, "text": "再来一次"}).want(t, 409, "rules_in_force")
	w.do("admin", "POST", "/api/v1/rules", m{"policy": "", "text": "另一件事"}, "Idempotency-Key", "july").want(t, 422, "idempotency_key_reused")
	var history struct {
		Version      int
		Calendar     string
		Publications []struct{ By, Text string }
	}
	w.do("auditor", "GET", "/api/v1/rules", nil).into(t, &history)
	if history.Version != 1 || !strings.HasPrefix(history.Calendar, "2024-2027-") || len(history.Publications) != 1 || history.Publications[0].By != "admin" {
		t.Errorf("%+v", history)
	}
}

// Rules that are no rules are refused with each problem and its line, and nobody but the
// administrator puts any in force.
func TestRulesRefused(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for _, o := range officials {
		if o.Role != casefile.Admin {
			w.do(o.ID, "POST", "/api/v1/rules", m{"policy": shorter, "text": "x"}).want(t, 403, "not_permitted")
			w.do(o.ID, "POST", "/api/v1/rules/preview", m{"policy": shorter}).want(t, 403, "not_permitted")
		}
	}
	w.do("", "GET", "/api/v1/rules", nil).want(t, 401, "unauthenticated")
	for _, bad := range []struct {
		body  m
		field string
		says  string
	}{
		{m{"policy": strings.Replace(shorter, "length: 40", "length: 61", 1)}, "policy", "61 is longer than the 60"},
		{m{"policy": "clocks: ["}, "policy", `"line":1`},
		{m{"policy": "version: a\n colour: red"}, "policy", `"line":2`},
		{m{"policy": "colour: red"}, "policy", `"line":1,"column":1`},
		{m{"policy": 7}, "policy", "must be text"},
		{m{"years": []m{{"year": 2027, "source": "s", "off": []m{}, "work": []m{}}}}, "years", "off: 0 days"},
		{m{"years": []any{"2027"}}, "years", "want an object"},
		{m{"years": m{}}, "years", "must be a list"},
		{m{"policy": "", "after": "x"}, "after", "must be a whole number"},
	} {
		for _, path := range []string{"/api/v1/rules", "/api/v1/rules/preview"} {
			bad.body["text"] = "试一试"
			a := w.do("admin", "POST", path, bad.body, "Accept-Language", "en")
			a.want(t, 422, "invalid_fields")
			if !strings.Contains(string(a.body), bad.says) || !strings.Contains(string(a.body), `"field":"`+bad.field+`"`) {
				t.Errorf("%v: %s", bad.body, a.body)
			}
		}
	}
	lines := w.do("admin", "POST", "/api/v1/rules/preview", "{\"years\": [{\"year\": 2027,\n\"source\": \"s\", \"off\": [],\n\"work\": [{\"date\": \"2027-02-01\", \"name\": \"春节\"}]}]}").want(t, 422, "invalid_fields")
	if !strings.Contains(string(lines.body), `2027-02-01 不是周六或周日，只有周末才能调为工作日","line":3}`) {
		t.Errorf("%s", lines.body)
	}
	w.do("admin", "POST", "/api/v1/rules", m{"policy": shorter}).want(t, 422, "invalid_fields")
	w.do("admin", "POST", "/api/v1/rules", m{"policy": shorter, "text": "试一试", "after": 1}).want(t, 409, "rules_moved")
	if p, err := w.store.InForce(t.Context()); err != nil || p.Version != 0 {
		t.Errorf("in force: %+v, %v", p, err)
	}
}

// into reads an answer's body, whatever else is in it.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatal(err)
	}
}
