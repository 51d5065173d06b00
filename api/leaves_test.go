package api_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// leave is a body that a supervisor of the county can send.
func leave(official, deputy string, changes ...m) m {
	body := m{"official": official, "deputy": deputy, "from": "2026-09-01", "until": "2026-09-08", "reason": "training"}
	for _, change := range changes {
		for name, v := range change {
			body[name] = v
		}
	}
	return body
}

// inbox lists what waits for somebody in a case, as "sign for a-vice".
func (w *world) inbox(official, id string) []string {
	w.t.Helper()
	list := []string{}
	tasks, _ := w.do(official, "GET", "/api/v1/me/inbox", nil).want(w.t, 200, "").get("tasks").([]any)
	for _, task := range tasks {
		of := task.(m)
		if of["case"].(m)["id"] != id {
			continue
		}
		line := of["do"].(string)
		if principal, ok := of["for"].(string); ok {
			line += " for " + principal
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return list
}

func (w *world) last(official, id string) m {
	w.t.Helper()
	events, _ := w.do(official, "GET", "/api/v1/cases/"+id+"/events", nil).want(w.t, 200, "").get("events").([]any)
	return events[len(events)-1].(m)
}

// TestDeputyWay takes a case to both signatures while one leader is on leave: the deputy
// takes it up and signs for them, both are on record, and the other seat stays closed.
func TestDeputyWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register(m{"origin": "self_found"})
	w.command("p-registrar", id, "forward", nil)
	w.command("a-nc-officer", id, "accept", nil)
	w.command("p-supervisor", id, "assign", m{"upper": "a-vice", "lower": "a-nc-head"})
	address := "/api/v1/cases/" + id
	w.do("a-zr-head", "GET", address, nil).want(t, 404, "case_not_found")

	entered := w.do("a-supervisor", "POST", "/api/v1/leaves", leave("a-nc-head", "a-zr-head")).want(t, 201, "")
	w.do("a-zr-head", "GET", address, nil).want(t, 200, "")
	if got := w.inbox("a-zr-head", id); !slices.Equal(got, []string{"acknowledge for a-nc-head"}) {
		t.Errorf("the deputy's inbox has %v", got)
	}
	if got := w.inbox("a-nc-head", id); !slices.Equal(got, []string{"acknowledge"}) {
		t.Errorf("the leader's inbox has %v", got)
	}
	w.command("a-zr-head", id, "acknowledge", nil)
	w.command("a-vice", id, "acknowledge", nil)
	w.do("a-zr-head", "POST", address+"/commands/act", m{"act": "meet", "text": "约见信访人"}).want(t, 403, "not_permitted")

	hash := w.command("a-nc-officer", id, "opine", m{"result": "support", "text": "予以支持。"}).str("opinion.hash")
	notices, _ := w.do("a-zr-head", "GET", "/api/v1/me/inbox", nil).get("notices").([]any)
	if len(notices) == 0 || notices[0].(m)["kind"] != "opined" || notices[0].(m)["for"] != "a-nc-head" {
		t.Errorf("the deputy is told %v", notices)
	}
	signed := w.command("a-zr-head", id, "sign", m{"hash": hash, "for": "a-nc-head"})
	if signed.str("leaders.lower.official") != "a-nc-head" || signed.str("leaders.lower.signed_at") == "" || signed.get("leaders.lower.last_act_at") != nil {
		t.Errorf("the seat is %v", signed.get("leaders.lower"))
	}
	if e := w.last("a-zr-head", id); e["kind"] != "signed" || e["actor"] != "a-zr-head" || e["for"] != "a-nc-head" || e["seat"] != "lower" {
		t.Errorf("on record is %v", e)
	}

	// The other seat is out of reach, also when its leader goes on leave.
	w.do("a-supervisor", "POST", "/api/v1/leaves", leave("a-vice", "a-zr-head")).want(t, 201, "")
	refused := w.do("a-zr-head", "POST", address+"/commands/sign", m{"hash": hash, "for": "a-vice"}).want(t, 422, "invalid_fields")
	if got := refused.fields(); !slices.Equal(got, []string{"for:no_deputy"}) {
		t.Errorf("refused are %v", got)
	}
	w.do("a-zr-head", "POST", address+"/commands/sign", m{"hash": hash}).want(t, 409, "already_signed")
	if got := w.inbox("a-zr-head", id); len(got) > 0 {
		t.Errorf("the deputy's inbox has %v", got)
	}
	end := "/api/v1/leaves/" + entered.str("id") + "/end"
	w.do("a-nc-head", "POST", end, nil).want(t, 200, "")
	w.do("a-zr-head", "GET", address, nil).want(t, 404, "case_not_found")
	if stage := w.command("a-vice", id, "sign", m{"hash": hash}).str("stage"); stage != "signed" {
		t.Errorf("in stage %s", stage)
	}
}

// Who stands in for both leaders says for which, once and for all.
func TestDeputyOfBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register(m{"origin": "self_found"})
	w.command("p-supervisor", id, "assign", m{"upper": "a-vice", "lower": "a-nc-head"})
	for _, leader := range []string{"a-vice", "a-nc-head"} {
		w.do("admin", "POST", "/api/v1/leaves", leave(leader, "a-zr-head")).want(t, 201, "")
	}
	if got := w.inbox("a-zr-head", id); !slices.Equal(got, []string{"acknowledge for a-nc-head", "acknowledge for a-vice"}) {
		t.Errorf("the deputy's inbox has %v", got)
	}
	address := "/api/v1/cases/" + id + "/commands/acknowledge"
	refused := w.do("a-zr-head", "POST", address, m{}).want(t, 422, "invalid_fields")
	if got := refused.fields(); !slices.Equal(got, []string{"for:required"}) {
		t.Errorf("refused are %v", got)
	}
	w.command("a-zr-head", id, "acknowledge", m{"for": "a-vice"})
	refused = w.do("a-zr-head", "POST", address, m{"for": "a-nc-head"}).want(t, 422, "invalid_fields")
	if got := refused.fields(); !slices.Equal(got, []string{"for:no_deputy"}) {
		t.Errorf("refused are %v", got)
	}
}

// Leaves are entered and ended by those who may, once for each request, and shown to
// everybody; why, only to those who keep them.
func TestLeaves(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	const address = "/api/v1/leaves"
	w.do("", "POST", address, leave("a-vice", "a-leader")).want(t, 401, "unauthenticated")
	w.do("a-registrar", "POST", address, leave("a-vice", "a-leader")).want(t, 403, "leave_not_permitted")
	w.do("b-supervisor", "POST", address, leave("a-vice", "a-leader")).want(t, 403, "leave_not_permitted")
	w.do("a-leader", "POST", address, leave("a-vice", "a-leader")).want(t, 403, "leave_not_permitted")
	w.do("a-vice", "POST", address, "{").want(t, 400, "malformed_json")
	for name, test := range map[string]struct {
		body m
		want []string
	}{
		"nothing":      {m{}, []string{"deputy:required", "from:required", "official:required", "reason:required", "until:required"}},
		"wrong fields": {leave("a-vice", "a-leader", m{"from": "soon", "days": 3}), []string{"days:unknown_field", "from:not_a_time"}},
		"wrong people": {leave("a-vice", "a-nc-officer"), []string{"deputy:not_a_leader"}},
		"oneself":      {leave("a-vice", "a-vice"), []string{"deputy:same_person"}},
		"elsewhere":    {leave("a-vice", "b-leader"), []string{"deputy:not_in_unit"}},
		"the past":     {leave("a-vice", "a-leader", m{"from": "2026-08-31"}), []string{"from:in_past"}},
	} {
		a := w.do("a-supervisor", "POST", address, test.body).want(t, 422, "invalid_fields")
		if diff := cmp.Diff(test.want, a.fields()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	first := w.do("a-vice", "POST", address, leave("a-vice", "a-leader"), "Idempotency-Key", "mine").want(t, 201, "")
	id := first.str("id")
	if got := first.header.Get("Location"); got != address+"/"+id {
		t.Errorf("Location = %q", got)
	}
	for name, want := range map[string]string{
		"from": "2026-08-31T16:00:00Z", "until": "2026-09-07T16:00:00Z", "planned_until": "2026-09-07T16:00:00Z", "state": "current", "reason": "training",
		"official_name": "马己", "deputy_name": "施癸", "entered_by": "a-vice",
	} {
		if got := first.str(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	again := w.do("a-vice", "POST", address, leave("a-vice", "a-leader"), "Idempotency-Key", "mine").want(t, 201, "")
	if again.header.Get("Idempotent-Replay") != "true" || cmp.Diff(first.json, again.json) != "" {
		t.Errorf("the same again is answered %v %s", again.header, again.body)
	}
	w.do("a-vice", "POST", address, leave("a-vice", "a-leader", m{"until": "2026-09-09"}), "Idempotency-Key", "mine").want(t, 422, "idempotency_key_reused")
	twice := w.do("a-vice", "POST", address, leave("a-vice", "a-leader")).want(t, 422, "invalid_fields")
	if got := twice.fields(); !slices.Equal(got, []string{"from:overlapping_leave"}) {
		t.Errorf("twice: %v", got)
	}
	chain := w.do("a-leader", "POST", address, leave("a-leader", "a-vice")).want(t, 422, "invalid_fields")
	if got := chain.fields(); !slices.Equal(got, []string{"deputy:deputy_on_leave", "from:is_deputy"}) {
		t.Errorf("a chain: %v", got)
	}

	later := w.do("a-supervisor", "POST", address, leave("a-vice", "a-leader", m{"from": "2026-09-08T00:00:00+08:00", "until": "2026-09-10T12:00:00+08:00"})).want(t, 201, "")
	for who, reason := range map[string]any{
		"a-vice": "training", "a-supervisor": "training", "p-supervisor": "training", "admin": "training", "auditor": "training",
		"a-leader": nil, "b-supervisor": nil, "a-nc-officer": nil,
	} {
		if got := w.do(who, "GET", address+"/"+id, nil).want(t, 200, "").get("reason"); got != reason {
			t.Errorf("%s reads the reason %v", who, got)
		}
	}
	w.do("a-vice", "GET", address+"/nothing", nil).want(t, 404, "leave_not_found")
	w.do("a-vice", "GET", address+"/%2e%2e", nil).want(t, 404, "leave_not_found")

	end := func(who, id string, headers ...string) answer {
		return w.do(who, "POST", address+"/"+id+"/end", m{}, headers...)
	}
	end("a-leader", id).want(t, 403, "leave_not_permitted")
	end("a-vice", "nothing").want(t, 404, "leave_not_found")
	w.do("a-vice", "POST", address+"/"+id+"/end", m{"on": "2026-09-02"}).want(t, 422, "invalid_fields")
	ended := end("a-vice", id, "Idempotency-Key", "back").want(t, 200, "")
	if ended.str("state") != "over" || ended.str("ended_by") != "a-vice" || ended.str("until") != ended.str("ended_at") || ended.str("planned_until") != "2026-09-07T16:00:00Z" {
		t.Errorf("ended as %s", ended.body)
	}
	if again := end("a-vice", id, "Idempotency-Key", "back").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" || cmp.Diff(ended.json, again.json) != "" {
		t.Errorf("the same again is answered %s", again.body)
	}
	end("a-vice", id).want(t, 409, "leave_over")
	if again := w.do("a-vice", "POST", address, leave("a-vice", "a-leader"), "Idempotency-Key", "mine").want(t, 201, ""); again.get("ended_at") != nil {
		t.Errorf("the first request again is answered %s", again.body)
	}
	if cancelled := end("p-supervisor", later.str("id")).want(t, 200, ""); cancelled.str("state") != "cancelled" || cancelled.str("until") != cancelled.str("from") {
		t.Errorf("cancelled as %s", cancelled.body)
	}
}

func TestListOfLeaves(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	const address = "/api/v1/leaves"
	enter := func(official, deputy, from, until string) string {
		return w.do("p-supervisor", "POST", address, leave(official, deputy, m{"from": from, "until": until})).want(t, 201, "").str("id")
	}
	a := enter("a-vice", "a-leader", "2026-09-07", "2026-09-14")
	b := enter("p-vice", "p-leader", "2026-09-10T12:00:00+08:00", "2026-09-11T12:00:00+08:00")
	c := enter("a-leader", "a-vice", "2026-09-14", "2026-09-15")
	gone := enter("p-vice", "p-leader", "2026-09-12", "2026-09-13")
	w.do("p-supervisor", "POST", address+"/"+gone+"/end", nil).want(t, 200, "")
	for query, want := range map[string][]string{
		"":                               {c, gone, b, a},
		"?official=a-vice":               {c, a},
		"?official=b-leader":             {},
		"?on=2026-09-06":                 {},
		"?on=2026-09-07":                 {a},
		"?on=2026-09-11":                 {b, a},
		"?on=2026-09-12":                 {a},
		"?on=2026-09-14":                 {c},
		"?on=2026-09-10&official=a-vice": {a},
		"?limit=1":                       {c},
	} {
		got := []string{}
		list := w.do("a-registrar", "GET", address+query, nil).want(t, 200, "")
		for _, l := range list.get("leaves").([]any) {
			got = append(got, l.(m)["id"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
		if total := int(list.get("total").(float64)); total != len(want) && query != "?limit=1" || query == "?limit=1" && total != 4 {
			t.Errorf("%s: %d in all", query, total)
		}
	}
	for query, want := range map[string]string{
		"?official=nobody": "official:unknown_official", "?on=today": "on:not_a_date", "?limit=0": "limit:out_of_range", "?unit=a": "unit:unknown_field",
	} {
		if got := w.do("a-registrar", "GET", address+query, nil).want(t, 422, "invalid_fields").fields(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", query, got)
		}
	}
	// As days go by.
	for at, want := range map[string]string{"2026-09-06T15:59:59Z": "planned", "2026-09-06T16:00:00Z": "current", "2026-09-13T16:00:00Z": "over"} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if at == "2026-09-06T15:59:59Z" {
			now = now.Add(-time.Minute) // the clock runs meanwhile
		}
		if got := w.at(now).do("a-registrar", "GET", address+"/"+a, nil).want(t, http.StatusOK, "").str("state"); got != want {
			t.Errorf("at %s it is %s, want %s", at, got, want)
		}
	}
}
