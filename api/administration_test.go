package api_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/store"
)

// Units and officials are added, changed and ended by the administrator alone; each act is
// on record without what anything was.
func TestDirectoryIsChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unit := m{"code": "a-jy", "name": "甲县教育局", "kind": "department", "level": "section", "parent": "a"}
	w.do("admin", "POST", "/api/v1/units", unit).want(t, 201, "a-jy")
	if a := w.do("admin", "POST", "/api/v1/units", unit).want(t, 201, "a-jy"); a.header.Get("Idempotent-Replay") != "true" {
		t.Error("the same unit again is no replay")
	}
	if a := w.do("admin", "POST", "/api/v1/units", m{"code": "a-jy", "name": "另一个", "kind": "x", "level": "y", "parent": "moon"}).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"code:taken", "kind:not_in_list", "level:not_in_list", "parent:unknown_unit"}) {
		t.Errorf("%v", a.fields())
	}
	w.do("admin", "POST", "/api/v1/units/a", m{"name": "甲县党委政府", "kind": "authority", "level": "county", "parent": "a-jy"}).want(t, 422, "invalid_fields")
	w.do("admin", "POST", "/api/v1/units/none", m{"name": "x", "kind": "department", "level": "section"}).want(t, 404, "unit_not_found")
	official := m{"id": "a-jy-head", "name": "严戊", "post": "教育局长", "level": "section", "unit": "a-jy", "role": "leader", "email": "a-jy-head@shuangze.example"}
	w.do("admin", "POST", "/api/v1/officials", official).want(t, 201, "")
	if a := w.do("admin", "POST", "/api/v1/officials", m{"id": "a b", "email": "x"}).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"email:not_an_address", "id:invalid_id", "level:required", "name:required", "post:required", "role:required", "unit:required"}) {
		t.Errorf("%v", a.fields())
	}
	change := m{"name": "严戊", "post": "教育局局长", "level": "section", "unit": "a-jy", "role": "leader"}
	w.do("admin", "POST", "/api/v1/officials/a-jy-head", change).want(t, 200, "")
	if list := w.do("p-supervisor", "GET", "/api/v1/officials?q=教育", nil).want(t, 200, ""); list.get("total") != 1.0 || strings.Contains(string(list.body), "shuangze.example") {
		t.Errorf("%s", list.body)
	}
	if list := w.do("p-supervisor", "GET", "/api/v1/units?q=A-JY", nil).want(t, 200, ""); list.get("total") != 1.0 {
		t.Errorf("%s", list.body)
	}
	for _, o := range officials {
		if o.ID != "admin" {
			w.do(o.ID, "POST", "/api/v1/units", unit).want(t, 403, "not_permitted")
			w.do(o.ID, "POST", "/api/v1/units/a", unit).want(t, 403, "not_permitted")
			w.do(o.ID, "POST", "/api/v1/officials", official).want(t, 403, "not_permitted")
			w.do(o.ID, "POST", "/api/v1/officials/a-jy-head", change).want(t, 403, "not_permitted")
			w.do(o.ID, "POST", "/api/v1/officials/a-jy-head/end", nil).want(t, 403, "not_permitted")
		}
	}
	// A leader who carries a case stays until it is handed over.
	id := w.register()
	w.command("p-registrar", id, "forward", nil)
	w.command("p-supervisor", id, "assign", m{"upper": "p-vice", "lower": "a-vice"})
	w.do("admin", "POST", "/api/v1/officials/p-vice/end", nil).want(t, 409, "leader_has_cases")
	moved := m{"name": "何甲", "post": "行署副专员", "level": "county", "unit": "a", "role": "leader"}
	w.do("admin", "POST", "/api/v1/officials/p-vice", moved).want(t, 409, "leader_has_cases")
	moved["level"], moved["unit"], moved["portfolio"] = "prefecture", "p", "教育"
	if a := w.do("admin", "POST", "/api/v1/officials/p-vice", moved).want(t, 200, ""); a.get("open_cases") != 1.0 {
		t.Errorf("%s", a.body)
	}
	if a := w.do("p-registrar", "GET", "/api/v1/officials/p-vice", nil).want(t, 200, ""); a.get("open_cases") != nil {
		t.Errorf("%s", a.body)
	}
	w.do("admin", "POST", "/api/v1/officials/none/end", nil).want(t, 404, "official_not_found")
	w.do("admin", "POST", "/api/v1/officials/admin/end", nil).want(t, 409, "own_account")

	// Who has left can do nothing more, and stays a name.
	token := w.token("a-jy-head")
	if err := w.store.SavePassword(t.Context(), "a-jy-head", "$argon2id$x", false, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if a := w.do("admin", "POST", "/api/v1/officials/a-jy-head/end", nil).want(t, 200, ""); a.str("role") != "former" || a.str("name") != "严戊" {
		t.Errorf("%s", a.body)
	}
	if _, err := w.store.Holder(t.Context(), token, time.Now()); err == nil {
		t.Error("the token is still valid")
	}
	w.do("admin", "POST", "/api/v1/officials/a-jy-head/end", nil).want(t, 409, "official_ended")
	w.do("admin", "POST", "/api/v1/accounts/a-jy-head/password", nil).want(t, 404, "official_not_found")
	if list := w.do("auditor", "GET", "/api/v1/officials?role=former", nil).want(t, 200, ""); list.get("total") != 1.0 {
		t.Errorf("%s", list.body)
	}
	w.do("admin", "POST", "/api/v1/officials/a-jy-head", change).want(t, 200, "") // back again
}

// 撤并: a unit ends with a day and a successor once nothing is its to do any more; what holds
// it is said. Nothing new comes to it, its past stays, and a change makes it stand again.
func TestUnitIsEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	w.command("p-registrar", id, "forward", nil)
	const address = "/api/v1/units/a-nc/end"
	end := m{"on": "2026-08-31", "successor": "a-jy"}
	for _, o := range officials {
		if o.ID != "admin" {
			w.do(o.ID, "POST", address, end).want(t, 403, "not_permitted")
		}
	}
	w.do("admin", "POST", "/api/v1/units/none/end", end).want(t, 404, "unit_not_found")
	if a := w.do("admin", "POST", address, m{"on": "2027-01-01", "successor": "a-jy", "reason": "x"}).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"on:in_future", "reason:unknown_field", "successor:unknown_unit"}) {
		t.Errorf("%v", a.fields())
	}
	w.do("admin", "POST", "/api/v1/units", m{"code": "a-jy", "name": "甲县农业农村和畜牧局", "kind": "department", "level": "section", "parent": "a"}).want(t, 201, "a-jy")
	held := w.do("admin", "POST", address, end).want(t, 409, "unit_in_use").str("detail")
	if !strings.Contains(held, "未办结信访事项1件") || !strings.Contains(held, "在任人员") {
		t.Error(held)
	}
	w.command("p-registrar", id, "decline", m{"reason": "legal_route", "text": "已由法院受理。"})
	for _, o := range officials {
		if o.Unit == "a-nc" {
			w.do("admin", "POST", "/api/v1/officials/"+o.ID+"/end", nil).want(t, 200, "")
		}
	}
	ended := w.do("admin", "POST", address, end).want(t, 200, "a-nc")
	if ended.str("ended_on") != "2026-08-31" || ended.str("successor") != "a-jy" || ended.str("code") != "a-nc" || ended.str("name") == "" {
		t.Errorf("%s", ended.body)
	}
	w.do("admin", "POST", address, end).want(t, 409, "unit_ended")

	if a := w.do("p-registrar", "POST", "/api/v1/cases", registration()).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"unit:unit_ended"}) {
		t.Errorf("%v", a.fields())
	}
	if a := w.do("admin", "POST", "/api/v1/officials", m{"id": "new", "name": "严戊", "post": "局长", "level": "section", "unit": "a-nc", "role": "leader"}).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"unit:unit_ended"}) {
		t.Errorf("%v", a.fields())
	}
	if list := w.do("p-supervisor", "GET", "/api/v1/cases?unit=a-nc", nil).want(t, 200, ""); list.get("total") != 1.0 {
		t.Errorf("its past: %s", list.body)
	}
	if got := w.do("p-supervisor", "GET", "/api/v1/cases/"+id, nil).want(t, 200, ""); got.str("unit_name") == "" || got.str("unit") != "a-nc" {
		t.Errorf("its past: %s", got.body)
	}
	for query, want := range map[string]float64{"": 1, "&standing=true": 0} {
		if list := w.do("p-registrar", "GET", "/api/v1/units?q=a-nc"+query, nil).want(t, 200, ""); list.get("total") != want {
			t.Errorf("units%s: %s", query, list.body)
		}
	}
	if list := w.do("auditor", "GET", "/api/v1/audit?what=unit_ended", nil).want(t, 200, ""); len(list.get("acts").([]any)) != 1 {
		t.Errorf("on record: %s", list.body)
	}
	again := w.do("admin", "POST", "/api/v1/units/a-nc", m{"name": "甲县农业农村局", "kind": "department", "level": "section", "parent": "a"}).want(t, 200, "a-nc")
	if again.get("ended_on") != nil || again.get("successor") != nil {
		t.Errorf("it stands again as %s", again.body)
	}
	w.register()
}

// Passwords and tokens are shown once, to the administrator; the auditor sees who has any.
func TestAccountsAndTokens(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.do("admin", "POST", "/api/v1/accounts/none/password", nil).want(t, 404, "official_not_found")
	set := w.do("admin", "POST", "/api/v1/accounts/p-vice/password", nil).want(t, 200, "")
	if password := set.str("password"); len(password) < 20 {
		t.Errorf("%s", set.body)
	}
	_, _, err := w.store.NewSession(t.Context(), "p-vice", "a browser", "", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	state := func() m {
		t.Helper()
		list, _ := w.do("auditor", "GET", "/api/v1/accounts", nil).want(t, 200, "").get("accounts").([]any)
		for _, one := range list {
			if a := one.(m); a["official"] == "p-vice" {
				return a
			}
		}
		t.Fatal("p-vice has no account")
		return nil
	}
	if a := state(); a["password"] != true || a["temporary"] != true || a["sessions"] != 1.0 || a["signed_in_at"] == nil || a["tokens"] != 0.0 {
		t.Errorf("%v", a)
	}
	if a := w.do("auditor", "GET", "/api/v1/accounts?limit=2", nil).want(t, 200, ""); len(a.get("accounts").([]any)) != 2 || a.get("next_cursor") != "2" {
		t.Errorf("%s", a.body)
	}
	if a := w.do("auditor", "GET", "/api/v1/accounts?q=p-vice", nil).want(t, 200, ""); a.get("total") != 1.0 || a.get("next_cursor") != nil {
		t.Errorf("%s", a.body)
	}
	w.do("auditor", "GET", "/api/v1/accounts?cursor=2", nil).want(t, 422, "invalid_fields")
	w.do("admin", "POST", "/api/v1/accounts/p-vice/sign-out", nil).want(t, 204, "")
	if a := state(); a["sessions"] != 0.0 {
		t.Errorf("%v", a)
	}
	w.do("admin", "POST", "/api/v1/accounts/none/sign-out", nil).want(t, 404, "official_not_found")

	if a := w.do("admin", "POST", "/api/v1/tokens", m{"official": "none", "days": 400}).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"days:out_of_range", "official:unknown_official"}) {
		t.Errorf("%v", a.fields())
	}
	issued := w.do("admin", "POST", "/api/v1/tokens", m{"official": "p-vice", "days": 30}).want(t, 201, "")
	secret := issued.str("token")
	if o, err := w.store.Holder(t.Context(), secret, time.Now()); err != nil || o.ID != "p-vice" {
		t.Errorf("%v, %v", o, err)
	}
	list := w.do("auditor", "GET", "/api/v1/tokens", nil).want(t, 200, "")
	if !strings.Contains(string(list.body), issued.str("id")) || strings.Contains(string(list.body), secret) {
		t.Errorf("%s", list.body)
	}
	w.do("admin", "DELETE", "/api/v1/tokens/"+issued.str("id"), nil).want(t, 204, "")
	w.do("admin", "DELETE", "/api/v1/tokens/"+issued.str("id"), nil).want(t, 404, "token_not_found")
	if _, err := w.store.Holder(t.Context(), secret, time.Now()); err == nil {
		t.Error("a revoked token is valid")
	}
	for _, who := range []string{"auditor", "p-supervisor", "p-leader"} {
		w.do(who, "POST", "/api/v1/accounts/p-vice/password", nil).want(t, 403, "not_permitted")
		w.do(who, "POST", "/api/v1/accounts/p-vice/sign-out", nil).want(t, 403, "not_permitted")
		w.do(who, "POST", "/api/v1/tokens", m{"official": "p-vice"}).want(t, 403, "not_permitted")
		w.do(who, "DELETE", "/api/v1/tokens/x", nil).want(t, 403, "not_permitted")
		if who != "auditor" {
			w.do(who, "GET", "/api/v1/accounts", nil).want(t, 403, "not_permitted")
			w.do(who, "GET", "/api/v1/tokens", nil).want(t, 403, "not_permitted")
		}
	}
	if log := w.logged(); strings.Contains(log, secret) || strings.Contains(log, set.str("password")) {
		t.Error("the log has a secret")
	}
}

// How the engine does is for administrators and auditors, and is said while it is away too.
func TestEngineState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register()
	began, err := w.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		w.store.NoteDifferences(t.Context(), store.Difference{Case: "c1", Place: "workflow"}, store.Difference{Place: "store", About: "register p-xf 2026"}),
		w.store.SaveVerification(t.Context(), store.Verification{Run: "first", BeganAt: began, EndedAt: began, Cases: 1, Differences: 2}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var got answer
	for got.get("cases.workflows") != 1.0 { // Temporal's lists lag
		if t.Context().Err() != nil {
			t.Fatalf("%s", got.body)
		}
		got = w.do("auditor", "GET", "/api/v1/engine", nil).want(t, 200, "")
	}
	if got.get("cases.open") != 1.0 || got.str("versions.postgres") == "" || got.str("versions.temporal") == "" || got.get("verification.cases") != 1.0 || got.get("engine_away") != false {
		t.Errorf("%s", got.body)
	}
	if list, _ := got.get("schedules").([]any); len(list) != 3 {
		t.Errorf("%s", got.body)
	}
	found, _ := got.get("verification.found").([]any)
	if len(found) != 2 || found[0].(m)["about"] != "register p-xf 2026" || found[0].(m)["case"] != nil || found[1].(m)["case"] != "c1" || got.get("verification_overdue") != false {
		t.Errorf("%s", got.body)
	}
	if err := w.store.SaveVerification(t.Context(), store.Verification{Run: "second", BeganAt: began.Add(-28 * time.Hour), EndedAt: began.Add(-27 * time.Hour), Cases: 1}); err != nil {
		t.Fatal(err)
	}
	if got := w.do("admin", "GET", "/api/v1/engine", nil).want(t, 200, ""); got.get("verification_overdue") != false { // by when the latest ended
		t.Errorf("%s", got.body)
	}
	for _, who := range []string{"p-supervisor", "p-leader", "a-nc-officer", "p-registrar"} {
		w.do(who, "GET", "/api/v1/engine", nil).want(t, 403, "not_permitted")
	}
}

// The auditor finds who did what, page by page; the administrator what concerns the
// administration. Texts and petitioners are in none of it.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	w.command("p-registrar", id, "forward", nil)
	accused := w.register(m{"purpose": "accusation", "accused_official": "auditor", "unit": "p-rs"})
	w.do("p-registrar", "POST", "/api/v1/cases/earlier", m{"phone": "13900000002"}).want(t, 200, "")
	w.do("p-supervisor", "GET", "/api/v1/cases.csv?overdue=true&q=2026", nil).want(t, 200, "")
	w.do("admin", "POST", "/api/v1/accounts/p-vice/password", nil).want(t, 200, "")
	w.do("p-supervisor", "POST", "/api/v1/leaves", m{"official": "p-vice", "deputy": "p-leader", "from": "2026-09-02", "until": "2026-09-04", "reason": "illness"}).want(t, 201, "")
	find := func(who, query string) (list []string) {
		t.Helper()
		next := ""
		for {
			a := w.do(who, "GET", "/api/v1/audit?limit=2&"+query+next, nil).want(t, 200, "")
			if s := string(a.body); strings.Contains(s, "贺某某") || strings.Contains(s, "补贴") || strings.Contains(s, "illness") || strings.Contains(s, accused) {
				t.Errorf("%s", s)
			}
			acts, _ := a.get("acts").([]any)
			for _, one := range acts {
				act := one.(m)
				list = append(list, act["official"].(string)+" "+act["what"].(string))
			}
			if a.str("next_cursor") == "" {
				return list
			}
			next = "&cursor=" + a.str("next_cursor")
		}
	}
	all := find("auditor", "")
	for _, want := range []string{"p-registrar registered", "p-registrar forwarded", "admin password_set", "p-supervisor leave_entered"} {
		if !slices.Contains(all, want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
	if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("something is there twice: %q", all)
	}
	for query, want := range map[string]string{
		"case=" + id + "&what=forwarded": "p-registrar forwarded",
		"official=admin":                 "admin password_set",
		"source=administration&what=leave_entered&from=2026-09-01&until=2026-09-02": "p-supervisor leave_entered",
	} {
		if got := find("auditor", query); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", query, got)
		}
	}
	for query, want := range map[string]m{
		"source=searches": {"official": "p-registrar", "what": "petitioner_searched", "subject": "2", "fields": []any{"phone"}},
		"source=exports":  {"official": "p-supervisor", "what": "exported", "subject": "0", "fields": []any{"overdue=true", "q=2026"}},
	} {
		a := w.do("auditor", "GET", "/api/v1/audit?"+query, nil).want(t, 200, "")
		acts, _ := a.get("acts").([]any)
		if len(acts) != 1 {
			t.Fatalf("%s: %s", query, a.body)
		}
		for field, value := range want {
			if got := acts[0].(m)[field]; !reflect.DeepEqual(got, value) {
				t.Errorf("%s: %s is %v, want %v", query, field, got, value)
			}
		}
	}
	if got := find("auditor", "until=2026-08-01"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	for _, what := range find("admin", "") {
		if !strings.HasPrefix(what, "admin ") && !strings.HasPrefix(what, "p-supervisor leave") {
			t.Errorf("the administrator sees %q", what)
		}
	}
	if got := find("admin", "source=cases"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if a := w.do("auditor", "GET", "/api/v1/audit?source=x&from=y&cursor=z", nil).want(t, 422, "invalid_fields"); len(a.fields()) != 3 {
		t.Errorf("%v", a.fields())
	}
	for _, who := range []string{"p-supervisor", "p-registrar", "p-leader", "a-nc-officer"} {
		w.do(who, "GET", "/api/v1/audit", nil).want(t, 403, "not_permitted")
	}
}
