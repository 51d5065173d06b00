package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/casefile"
)

const broadcasts = "/api/v1/broadcasts"

// order orders a broadcast that must be taken, and returns its id.
func (w *world) order(official string, body m) string {
	w.t.Helper()
	a := w.do(official, "POST", broadcasts, body).want(w.t, http.StatusAccepted, "")
	if a.header.Get("Location") != broadcasts+"/"+a.str("id") {
		w.t.Errorf("ordered: %s, at %s", a.body, a.header.Get("Location"))
	}
	return a.str("id")
}

// over waits until a broadcast has ended and returns it, by its result each case's code.
func (w *world) over(official, id string) (ended answer, results map[string]string) {
	w.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		ended = w.do(official, "GET", broadcasts+"/"+id+"?limit=200", nil).want(w.t, 200, "")
		if ended.str("state") != "running" {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("the broadcast doesn't end: %s", ended.body)
		}
	}
	results = map[string]string{}
	for _, c := range ended.get("cases").([]any) {
		row := c.(m)
		code, _ := row["code"].(string)
		results[row["case"].(string)] = strings.TrimSpace(row["result"].(string) + " " + code)
	}
	return ended, results
}

// count is one of a broadcast's counts.
func (a answer) count(result string) int {
	n, _ := a.get("results." + result).(float64)
	return int(n)
}

// A campaign's cases get their leaders in one go, one of whom then leaves.
func TestBroadcastWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.campaign("百日会战")
	campaign := m{"campaign": "百日会战"}
	first, second := w.register(campaign), w.register(campaign, m{"unit": "a-zr", "category": "land"})
	led := w.register(campaign)
	w.command("p-registrar", led, "forward", nil)
	w.command("p-supervisor", led, "assign", m{"upper": "p-vice", "lower": "a-vice"})
	ended := w.register(campaign)
	w.command("p-registrar", ended, "decline", m{"reason": "not_competent", "text": "不属于受理范围"})
	w.register() // of no campaign

	assign := m{"command": "assign", "filter": campaign, "dry_run": true}
	a := w.do("p-supervisor", "POST", broadcasts, assign).want(t, 200, "")
	if a.get("total") != 3.0 || a.get("accepted") != 2.0 || a.get("refused") != 1.0 {
		t.Errorf("dry run: %s", a.body)
	}
	refused := a.get("refusals").([]any)[0].(m)
	if refused["case"] != led || refused["code"] != "already_assigned" || refused["detail"] == "" || refused["title"] != "甲县：农业补贴发放错误" {
		t.Errorf("dry run refuses %v", refused)
	}
	if list := w.do("p-supervisor", "GET", broadcasts, nil).want(t, 200, ""); len(list.get("broadcasts").([]any)) != 0 {
		t.Errorf("the dry run left something: %s", list.body)
	}
	delete(assign, "dry_run")
	id := w.order("p-supervisor", assign)
	done, results := w.over("p-supervisor", id)
	if diff := cmp.Diff(map[string]string{first: "done", second: "done", led: "refused already_assigned"}, results); diff != "" {
		t.Errorf("assigned:\n%s", diff)
	}
	if done.str("state") != "done" || done.count("done") != 2 || done.count("refused") != 1 || done.get("total") != 3.0 || done.str("ordered_by.name") != "章己" ||
		done.str("filter.campaign") != "百日会战" || done.get("ended_at") == nil {
		t.Errorf("at the end: %s", done.body)
	}
	upper := w.do("p-supervisor", "GET", "/api/v1/cases/"+first, nil).want(t, 200, "").str("leaders.upper.official")
	if upper != "p-vice" && upper != "p-leader" {
		t.Errorf("the proposed leader is %q", upper)
	}

	// Only for the seat at that level can the new one stand in.
	handOver := m{"command": "hand_over", "filter": m{"leader": "a-vice"}, "body": m{
		"from": "a-vice", "to": "a-leader", "reason": "transfer", "decided_by": "p-leader", "text": "因工作调动移交", "on": "2026-09-01",
	}}
	id = w.order("p-supervisor", handOver)
	a, results = w.over("p-supervisor", id)
	if a.count("done") == 0 || a.count("done") != len(results) || a.str("text") != "因工作调动移交" || a.str("body.on") != "2026-09-01" || a.get("body.text") != nil {
		t.Errorf("handed over: %v: %s", results, a.body)
	}
	for _, c := range a.get("cases").([]any) {
		row := c.(m)
		events := w.do("p-supervisor", "GET", "/api/v1/cases/"+row["case"].(string)+"/events", nil).want(t, 200, "").get("events").([]any)
		e := events[int(row["seq"].(float64))-1].(m)
		if e["kind"] != "handed_over" || e["actor"] != "p-supervisor" || e["command"] != row["command_id"] || e["text"] != "因工作调动移交" {
			t.Errorf("in the case: %v", e)
		}
	}

	// The supervision office urges, in English.
	id = w.order("p-inspector", m{"command": "urge", "body": m{"text": "请抓紧办理"}, "cases": []string{led, led, ended}})
	w.over("p-inspector", id)
	a = w.do("p-inspector", "GET", broadcasts+"/"+id+"?result=refused", nil, "Accept-Language", "en").want(t, 200, "")
	if rows := a.get("cases").([]any); len(rows) != 1 || rows[0].(m)["detail"] != "the case is now “declined”; “Urge” is not possible any more" {
		t.Errorf("refused: %s", a.body)
	}
	if list := w.do("p-supervisor", "GET", broadcasts, nil).want(t, 200, "").get("broadcasts").([]any); len(list) != 3 || list[0].(m)["id"] != id {
		t.Errorf("the list: %v", list)
	}
}

// TestBroadcastInput: what is wrong with an order is said of its fields, and nothing is
// written.
func TestBroadcastInput(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	urge := func(changes m) m {
		body := m{"command": "urge", "body": m{"text": "请抓紧办理"}, "cases": []string{"led"}}
		for k, v := range changes {
			body[k] = v
		}
		return body
	}
	many := make([]string, 10_001)
	for i := range many {
		many[i] = "x"
	}
	for _, test := range []struct {
		name string
		body any
		want []string
	}{
		{"nothing", m{}, []string{"cases:required", "command:required"}},
		{"a command for one case alone", urge(m{"command": "close"}), []string{"command:not_in_list"}},
		{"no text", urge(m{"body": m{}}), []string{"body.text:required"}},
		{"no body", urge(m{"body": nil}), []string{"body.text:required"}},
		{"a blank text", urge(m{"body": m{"text": " "}}), []string{"body.text:required"}},
		{"another command's field", urge(m{"body": m{"text": "x", "reason": "other"}}), []string{"body.reason:unknown_field"}},
		{"a body that is none", urge(m{"body": []int{1}}), []string{"body:wrong_type"}},
		{"a reason of no list", urge(m{"command": "supervise", "body": m{"text": "x", "reason": "why"}}), []string{"body.reason:not_in_list"}},
		{"cases and filter", urge(m{"filter": m{"unit": "a"}}), []string{"filter:not_both"}},
		{"no cases", urge(m{"cases": []string{}}), []string{"cases:no_cases"}},
		{"too many", urge(m{"cases": many}), []string{"cases:too_many_cases"}},
		{"unknown cases", urge(m{"cases": []string{"led", "nothing", "nothing"}}), []string{"cases:unknown_case"}},
		{"cases that are none", urge(m{"cases": []string{"../led"}}), []string{"cases:unknown_case"}},
		{"a list that is none", urge(m{"cases": "led"}), []string{"cases:wrong_type"}},
		{"a filter that finds nothing", urge(m{"cases": nil, "filter": m{"stage": "closed"}}), []string{"filter:no_cases"}},
		{"a filter of nothing", urge(m{"cases": nil, "filter": m{}}), []string{"filter:required"}},
		{"a mistyped filter", urge(m{"cases": nil, "filter": m{"units": "a"}}), []string{"filter.units:unknown_field"}},
		{
			"a filter's values", urge(m{"cases": nil, "filter": m{"unit": "nowhere", "lamp": "blue", "overdue": "yes", "due_before": "soon"}}),
			[]string{"filter.due_before:not_a_date", "filter.lamp:not_in_list", "filter.overdue:wrong_type", "filter.unit:unknown_unit"},
		},
		{"a filter's page", urge(m{"cases": nil, "filter": m{"unit": "a", "limit": "1"}}), []string{"filter.limit:unknown_field"}},
		{"a flag", urge(m{"dry_run": "yes"}), []string{"dry_run:wrong_type"}},
		{"a field of nothing", urge(m{"when": "now"}), []string{"when:unknown_field"}},
	} {
		a := w.do("p-supervisor", "POST", broadcasts, test.body).want(t, 422, "invalid_fields")
		if diff := cmp.Diff(test.want, a.fields()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	w.do("p-supervisor", "POST", broadcasts, urge(m{"cases": []string{"declined"}})).want(t, 409, "no_case_takes_it")
	w.do("p-supervisor", "POST", broadcasts, "[]").want(t, 400, "malformed_json")
	w.do("p-supervisor", "POST", broadcasts, urge(nil), "Idempotency-Key", "a b").want(t, 422, "invalid_fields")
	for query, want := range map[string]string{"?limit=0": "limit:out_of_range", "?cursor=x": "cursor:not_a_cursor", "?page=1": "page:unknown_field"} {
		if got := w.do("p-supervisor", "GET", broadcasts+query, nil).want(t, 422, "invalid_fields").fields(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", query, got)
		}
	}
	if a := w.do("p-supervisor", "GET", broadcasts, nil).want(t, 200, ""); len(a.get("broadcasts").([]any)) != 0 {
		t.Errorf("something was written: %s", a.body)
	}
}

// Who may order, see and cancel. Each case asks for itself besides.
func TestBroadcastPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	urge := m{"command": "urge", "body": m{"text": "请抓紧办理"}, "filter": m{"unit": "a"}}
	own := w.do("a-registrar", "POST", "/api/v1/cases", registration()).want(t, 201, "").str("id")
	w.command("a-registrar", own, "forward", nil)
	handedDown := w.register() // the prefecture's office is in charge
	w.command("p-registrar", handedDown, "forward", nil)
	accusing := w.do("p-registrar", "POST", "/api/v1/cases", registration(m{
		"purpose": "accusation", "unit": "a-zr", "accused_official": "a-supervisor",
	})).want(t, 201, "").str("id")
	for _, o := range officials {
		a := w.do(o.ID, "POST", broadcasts, m{"command": "urge", "body": m{"text": "请抓紧办理"}, "filter": m{"unit": "a"}, "dry_run": true})
		if may := o.Role == casefile.Supervisor || o.Role == casefile.Inspector; !may {
			a.want(t, 403, "not_permitted")
		} else if a.status == 403 {
			t.Errorf("%s may not urge", o.ID)
		}
	}
	w.do("p-inspector", "POST", broadcasts, m{"command": "assign", "filter": m{"unit": "a"}}).want(t, 403, "not_permitted")

	// A county's supervisor has no power over a case of the prefecture's, and doesn't know
	// of the one that accuses.
	id := w.order("a-supervisor", urge)
	_, results := w.over("a-supervisor", id)
	if diff := cmp.Diff(map[string]string{own: "done", handedDown: "refused not_permitted"}, results); diff != "" {
		t.Errorf("the county's broadcast:\n%s", diff)
	}
	if a := w.do("a-supervisor", "GET", broadcasts+"/"+id+"?result=refused", nil); a.get("cases").([]any)[0].(m)["rule"] == nil {
		t.Errorf("no rule is named: %s", a.body)
	}
	w.do("a-supervisor", "POST", broadcasts, m{"command": "urge", "body": m{"text": "x"}, "cases": []string{accusing}}).want(t, 422, "invalid_fields")

	// Nor does it show in a broadcast of somebody else's.
	whole := w.order("p-supervisor", urge)
	if _, results = w.over("auditor", whole); len(results) != 3 {
		t.Errorf("the auditor sees %v", results)
	}
	for who, sees := range map[string][]string{
		"p-supervisor": {whole, id}, "auditor": {whole, id}, "a-supervisor": {id}, "b-supervisor": {}, "a-registrar": {}, "p-inspector": {}, "admin": {}, "p-leader": {},
	} {
		got := []string{}
		for _, b := range w.do(who, "GET", broadcasts, nil).want(t, 200, "").get("broadcasts").([]any) {
			got = append(got, b.(m)["id"].(string))
		}
		if diff := cmp.Diff(sees, got); diff != "" {
			t.Errorf("%s sees:\n%s", who, diff)
		}
		for _, b := range []string{whole, id} {
			status, code := 404, "broadcast_not_found"
			if slices.Contains(sees, b) {
				status, code = 200, ""
			}
			w.do(who, "GET", broadcasts+"/"+b, nil).want(t, status, code)
			switch {
			case status == 404:
			case who == "auditor":
				status, code = 403, "not_permitted"
			default:
				status, code = 409, "broadcast_ended"
			}
			w.do(who, "POST", broadcasts+"/"+b+"/cancel", nil).want(t, status, code)
		}
	}
	w.do("p-supervisor", "GET", broadcasts+"/nothing", nil).want(t, 404, "broadcast_not_found")
	w.do("p-supervisor", "GET", broadcasts+"/..%2f", nil).want(t, 404, "broadcast_not_found")
	for query, want := range map[string]string{"?result=lost": "result:not_in_list", "?cursor=-1": "cursor:not_a_cursor"} {
		if got := w.do("p-supervisor", "GET", broadcasts+"/"+id+query, nil).want(t, 422, "invalid_fields").fields(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", query, got)
		}
	}
}

// A broadcast over the accused's own broadcast: what came to accuse them later is gone
// from it.
func TestBroadcastHidesAccusations(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.seed("plain", opening(begin, "p-registrar", nil), then(begin, "p-registrar", casefile.Forward, nil))
	w.seed("accusing", opening(begin, "p-registrar", func(r *casefile.Registration) { r.Purpose, r.AccusedOfficial = "accusation", "p-supervisor" }),
		then(begin, "p-registrar", casefile.Forward, nil))
	id := w.order("p-inspector", m{"command": "urge", "body": m{"text": "请抓紧办理"}, "cases": []string{"accusing", "plain"}})
	for who, want := range map[string]int{"p-inspector": 2, "auditor": 2, "p-supervisor": 1} {
		a := w.do(who, "GET", broadcasts+"/"+id, nil).want(t, 200, "")
		if n := len(a.get("cases").([]any)); n != want || a.get("total") != float64(want) || a.count("pending") != want || strings.Contains(string(a.body), "accusing") != (want == 2) {
			t.Errorf("%s sees %d cases: %s", who, n, a.body)
		}
	}
}

// In pages, however its results change meanwhile.
func TestBroadcastPages(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	var want []string
	for i := range 7 {
		want = append(want, fmt.Sprintf("case-%d", i))
		w.seed(want[i], opening(begin, "p-registrar", nil), then(begin, "p-registrar", casefile.Forward, nil))
	}
	id := w.order("p-supervisor", m{"command": "urge", "body": m{"text": "请抓紧办理"}, "cases": want})
	for _, limit := range []int{1, 3, 7, 8} {
		var got []string
		for cursor := ""; ; {
			a := w.do("p-supervisor", "GET", fmt.Sprintf("%s/%s?limit=%d&cursor=%s", broadcasts, id, limit, cursor), nil).want(t, 200, "")
			for _, c := range a.get("cases").([]any) {
				got = append(got, c.(m)["case"].(string))
			}
			if cursor = a.str("next_cursor"); cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pages of %d:\n%s", limit, diff)
		}
	}
}

// The same request is one broadcast, however often it comes.
func TestBroadcastOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	w.command("p-registrar", id, "forward", nil)
	w.token("p-supervisor")
	urge := m{"command": "urge", "body": m{"text": "请抓紧办理"}, "filter": m{"stage": "forwarded"}}
	ask := func(body m) answer { return w.do("p-supervisor", "POST", broadcasts, body, "Idempotency-Key", "k") }
	urge["total"] = 2
	ask(urge).want(t, 409, "selection_moved")
	urge["total"] = 1
	answers := atOnce(8, func(int) answer { return ask(urge) })
	if diff := cmp.Diff(map[string]int{"202": 8}, outcomes(answers)); diff != "" {
		t.Fatal(diff)
	}
	w.over("p-supervisor", answers[0].str("id"))
	// Nothing is in that stage any more; the same request is the same broadcast still.
	w.command("a-nc-officer", id, "accept", nil)
	again := ask(urge).want(t, 202, "")
	if again.header.Get("Idempotent-Replay") != "true" || again.str("id") != answers[0].str("id") || again.str("state") != "done" {
		t.Errorf("again: %s", again.body)
	}
	ask(m{"command": "urge", "body": m{"text": "另外"}, "cases": []string{id}}).want(t, 422, "idempotency_key_reused")
	if n := slices.Index(w.events(id), "urged"); n < 0 || slices.Contains(w.events(id)[n+1:], "urged") {
		t.Errorf("events: %v", w.events(id))
	}
	if list := w.do("p-supervisor", "GET", broadcasts, nil).get("broadcasts").([]any); len(list) != 1 {
		t.Errorf("%d broadcasts", len(list))
	}
}

func TestBroadcastCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var cases []string
	for i := range 80 { // without workflows: they get them on the way
		cases = append(cases, fmt.Sprintf("case-%02d", i))
		w.seed(cases[i], opening(begin, "p-registrar", nil), then(begin, "p-registrar", casefile.Forward, nil))
	}
	id := w.order("p-inspector", m{"command": "urge", "body": m{"text": "请抓紧办理"}, "cases": cases})
	for w.do("p-inspector", "GET", broadcasts+"/"+id, nil).count("done") == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	a := w.do("p-supervisor", "POST", broadcasts+"/"+id+"/cancel", nil, "Idempotency-Key", "c").want(t, 200, "")
	if a.str("state") != "cancelled" || a.str("cancelled_by") != "p-supervisor" || a.count("skipped") == 0 || a.count("done")+a.count("skipped") != 80 {
		t.Errorf("cancelled: %s", a.body)
	}
	for range 2 {
		again := w.do("p-inspector", "POST", broadcasts+"/"+id+"/cancel", m{}).want(t, 200, "")
		if string(again.body) != string(a.body) {
			t.Errorf("cancelled again:\n%s\n%s", again.body, a.body)
		}
	}
	w.do("p-inspector", "POST", broadcasts+"/"+id+"/cancel", m{"why": "x"}).want(t, 422, "invalid_fields")
	_, results := w.over("p-inspector", id)
	for c, result := range results {
		if slices.Contains(w.events(c), "urged") != (result == "done") {
			t.Errorf("%s is %s: %v", c, result, w.events(c))
		}
	}
}

// Without the engine a broadcast is taken all the same: it stands in the store.
func TestBroadcastWithoutEngine(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.seed("plain", opening(begin, "p-registrar", nil), then(begin, "p-registrar", casefile.Forward, nil))
	id := w.order("p-supervisor", m{"command": "urge", "body": m{"text": "请抓紧办理"}, "cases": []string{"plain"}})
	a := w.do("p-supervisor", "GET", broadcasts+"/"+id, nil).want(t, 200, "")
	if a.str("state") != "running" || a.count("pending") != 1 || !strings.Contains(w.logged(), "broadcast will start later") {
		t.Errorf("%s, logged %s", a.body, w.logged())
	}
	w.do("p-supervisor", "POST", broadcasts+"/"+id+"/cancel", nil).want(t, 503, "engine_unavailable")
}
