package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/api"
)

// served brings a case to a served opinion and gives its receipt out.
func (w *world) served(changes ...m) (id string, shown m) {
	w.t.Helper()
	id = w.register(changes...)
	given := w.receipt("p-registrar", id, m{})
	w.command("p-registrar", id, "forward", nil)
	w.command("a-nc-officer", id, "accept", m{"text": "秘密一"})
	w.command("p-supervisor", id, "assign", m{"upper": "p-vice", "lower": "a-vice"})
	w.command("p-vice", id, "acknowledge", nil)
	w.command("a-vice", id, "acknowledge", nil)
	w.command("p-supervisor", id, "supervise", m{"reason": "shirking", "text": "秘密二"})
	w.command("a-vice", id, "act", m{"act": "meet", "text": "秘密三"})
	w.command("a-nc-officer", id, "report", m{"text": "秘密四"})
	hash := w.command("a-nc-officer", id, "opine", m{"result": "reject", "text": "秘密五"}).str("opinion.hash")
	w.command("a-vice", id, "sign", m{"hash": hash})
	w.command("p-vice", id, "sign", m{"hash": hash})
	w.command("a-nc-officer", id, "serve", m{"means": "direct"})
	return id, m{"code": given.str("code"), "secret": given.str("secret")}
}

func with(shown m, more m) m {
	all := m{}
	for _, part := range []m{shown, more} {
		for k, v := range part {
			all[k] = v
		}
	}
	return all
}

// leaks are what a petitioner's page may never have: who works on the case, anybody's
// words, and how offices supervise each other.
func leaks(t *testing.T, body string) {
	t.Helper()
	for _, o := range officials {
		for _, word := range []string{o.Name, o.ID, o.Post} {
			if word != "承办人" && strings.Contains(body, word) {
				t.Errorf("%q leaks: %s", word, body)
			}
		}
	}
	for _, word := range []string{"秘密", "农业补贴", "贺某某", "13900000002", "第九委", "督办", "shirking", "supervis", "督查", "包案", "领导", "签批", "自然资源"} {
		for line := range strings.SplitSeq(body, `"`) {
			if strings.Contains(line, word) && !strings.Contains(line, "由其及时督办") {
				t.Errorf("%q leaks: %s", word, line)
			}
		}
	}
}

// The petitioner sees what has happened from outside, in either language, and nothing of
// who did it or how.
func TestLookupLeaksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, shown := w.served(m{"purpose": "accusation", "accused_unit": "a-zr"})
	const path = "/api/v1/public/lookup"
	zh := w.do("", "POST", path, shown).want(t, 200, "")
	en := w.do("", "POST", path, shown, "Accept-Language", "en").want(t, 200, "")
	leaks(t, string(zh.body))
	leaks(t, string(en.body))
	if zh.str("stage") != "answered" || zh.str("office") != "地区信访局" || zh.str("unit") != "甲县农业农村局" || zh.get("may_rate") != true || zh.get("may_ask_review") != true {
		t.Errorf("%s", zh.body)
	}
	kinds := []string{}
	for _, each := range zh.get("milestones").([]any) {
		kinds = append(kinds, each.(m)["kind"].(string))
	}
	if !slices.Equal(kinds, []string{"registered", "forwarded", "accepted", "served"}) {
		t.Errorf("milestones %v", kinds)
	}
	if strings.Contains(en.str("now"), "已") || !strings.Contains(zh.str("now"), "书面答复") {
		t.Errorf("%q, %q", zh.str("now"), en.str("now"))
	}
	for _, typed := range []m{
		{"code": strings.ToLower(shown["code"].(string)), "secret": shown["secret"]},
		{"code": strings.ReplaceAll(shown["code"].(string), "-", ""), "secret": " " + shown["secret"].(string)[:4] + " " + shown["secret"].(string)[4:]},
	} {
		w.do("", "POST", path, typed).want(t, 200, "")
	}
	if strings.Contains(w.logged(), shown["secret"].(string)) || strings.Contains(w.logged(), shown["code"].(string)) {
		t.Error("code or secret was logged")
	}
}

// Unknown codes, wrong secrets and receipts that were given anew have one answer; slips of
// the pen are said to be such.
func TestLookupRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	first := w.receipt("p-registrar", id, m{})
	second := w.receipt("p-registrar", id, m{"reissue": true})
	other := w.receipt("p-registrar", w.register(m{"title": "另一件"}), m{})
	const path = "/api/v1/public/lookup"
	var bodies []string
	for _, shown := range []m{
		{"code": "2222-2222-2222", "secret": "12345678"}, // its check sign is right, and nobody has it
		{"code": first.str("code"), "secret": first.str("secret")},
		{"code": first.str("code"), "secret": other.str("secret")},
		{"code": other.str("code"), "secret": second.str("secret")},
	} {
		for _, address := range []string{path, path + "/rating", path + "/review"} {
			body := shown
			switch address {
			case path + "/rating":
				body = with(shown, m{"office_rating": "satisfied", "unit_rating": "satisfied"})
			case path + "/review":
				body = with(shown, m{"text": "不服"})
			}
			a := w.do("", "POST", address, body).want(t, 403, "receipt_wrong")
			bodies = append(bodies, strings.ReplaceAll(string(a.body), address, ""))
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(bodies)))) != 1 {
		t.Errorf("answers differ: %q", bodies)
	}
	a := w.do("", "POST", path, m{"code": "2222-2222-2223", "secret": "1234"}).want(t, 422, "invalid_fields")
	if got := a.fields(); !slices.Equal(got, []string{"code:not_a_code", "secret:not_a_secret"}) {
		t.Errorf("%v", got)
	}
	w.do("", "POST", path, m{}).want(t, 422, "invalid_fields")
	w.do("", "POST", path, with(m{"code": second.str("code"), "secret": second.str("secret")}, m{"x": 1})).want(t, 422, "invalid_fields")
	w.do("", "POST", path, m{"code": second.str("code"), "secret": second.str("secret")}).want(t, 200, "")
	// Nobody's token helps, and no query is read.
	w.do("p-registrar", "POST", path, m{"code": second.str("code"), "secret": "00000000"}).want(t, 403, "receipt_wrong")
	w.do("", "GET", path+"?code="+second.str("code"), nil).want(t, 405, "method_not_allowed")
}

// Ten wrong secrets and an address waits, in every process; the petitioner elsewhere does
// not. Behind a proxy it is the address that the proxy has seen.
func TestLookupLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BehindProxy = true
	w = w.at(begin)
	another := w.at(begin) // a second process
	given := w.receipt("p-registrar", w.register(), m{})
	shown := m{"code": given.str("code"), "secret": given.str("secret")}
	wrong := with(shown, m{"secret": "00000000"})
	const path = "/api/v1/public/lookup"
	for i := range 10 {
		each := w
		if i%2 == 1 {
			each = another
		}
		each.do("", "POST", path, wrong, "X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.9", i)).want(t, 403, "receipt_wrong")
	}
	blocked := another.do("", "POST", path, shown, "X-Forwarded-For", "203.0.113.9").want(t, 429, "too_many_requests")
	if after := blocked.header.Get("Retry-After"); len(after) < 2 || !strings.Contains(blocked.str("detail"), "分钟后再试") {
		t.Errorf("after %q: %s", after, blocked.body)
	}
	w.do("", "POST", path, shown, "X-Forwarded-For", "203.0.113.9, 198.51.100.7").want(t, 200, "")
	w.do("", "POST", path, shown).want(t, 200, "")
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		remote, forwarded string
		behind            bool
		want              string
	}{
		{"192.0.2.1:1234", "203.0.113.9", false, "192.0.2.1"},
		{"192.0.2.1:1234", "203.0.113.9", true, "203.0.113.9"},
		{"192.0.2.1:1234", "1.1.1.1, 203.0.113.9", true, "203.0.113.9"},
		{"192.0.2.1:1234", "nonsense", true, "192.0.2.1"},
		{"192.0.2.1:1234", "", true, "192.0.2.1"},
		{"192.0.2.1", "", false, "192.0.2.1"},
		{"[2001:db8:1:2:3::4]:80", "", false, "2001:db8:1:2::"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := api.Address(r, c.behind); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// The petitioner rates once and asks for a review, by code and secret; what they do is on
// record as theirs, and the office sees it.
func TestPetitionerActs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, shown := w.served()
	const path = "/api/v1/public/lookup"
	rating := with(shown, m{"office_rating": "satisfied", "unit_rating": "basically_satisfied", "text": "谢谢"})
	w.do("", "POST", path+"/rating", with(shown, m{"office_rating": "good"})).want(t, 422, "invalid_fields")
	w.do("", "POST", path+"/rating", with(rating, m{"on": "2026-09-01"})).want(t, 422, "invalid_fields")
	rated := w.do("", "POST", path+"/rating", rating, "Idempotency-Key", "r1").want(t, 200, "")
	if rated.get("may_rate") != false {
		t.Errorf("%s", rated.body)
	}
	if again := w.do("", "POST", path+"/rating", rating, "Idempotency-Key", "r1").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Error("the same again is not the same")
	}
	w.do("", "POST", path+"/rating", rating).want(t, 409, "already_rated")

	w.do("", "POST", path+"/review", with(shown, m{"text": "不服", "unit": "p"})).want(t, 422, "invalid_fields") // not theirs to choose
	w.do("", "POST", path+"/review", shown).want(t, 422, "invalid_fields")
	asked := w.do("", "POST", path+"/review", with(shown, m{"text": "补贴面积算错了"})).want(t, 200, "")
	if asked.str("stage") != "reviewing" || strings.Contains(string(asked.body), "面积") {
		t.Errorf("%s", asked.body)
	}
	if last := w.last("p-registrar", id); last["kind"] != "review_asked" || last["role"] != "petitioner" || last["actor"] != id || last["unit"] != "a" || last["text"] != "补贴面积算错了" {
		t.Errorf("%v", last)
	}
	w.do("", "POST", path+"/review", with(shown, m{"text": "不服"})).want(t, 409, "wrong_stage")
	w.do("p-registrar", "GET", "/api/v1/cases/"+id, nil).want(t, 200, "")
}

// After the 30 days the petitioner is told so with the rule, and a clerk can still record
// the request; a closed case is no other.
func TestPetitionerAsksTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, shown := w.served()
	w.command("p-supervisor", id, "release", m{"text": "已核查"})
	w.command("p-supervisor", id, "close", nil)
	late := w.at(time.Date(2026, 10, 8, 16, 0, 0, 0, time.UTC)) // the 9th begins in China
	const path = "/api/v1/public/lookup"
	refused := late.do("", "POST", path+"/review", with(shown, m{"text": "不服"})).want(t, 409, "review_too_late")
	if !strings.Contains(refused.str("detail"), "2026年10月8日") || !strings.Contains(refused.str("rule"), "第三十五条") {
		t.Errorf("%s", refused.body)
	}
	seen := late.do("", "POST", path, shown).want(t, 200, "")
	if seen.str("stage") != "closed" || seen.get("may_ask_review") != false {
		t.Errorf("%s", seen.body)
	}
	w.do("", "POST", path+"/review", with(shown, m{"text": "不服"})).want(t, 200, "") // in time
}

// A petitioner's receipt opens nothing else.
func TestReceiptOpensNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, shown := w.served()
	ctx := api.AsPetitioner(t.Context(), id)
	for _, path := range []string{"/api/v1/cases/" + id, "/api/v1/cases/" + id + "/events", "/api/v1/me", "/api/v1/cases"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		w.send(r).want(t, 401, "unauthenticated")
	}
	body, _ := json.Marshal(shown)
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/cases/"+id+"/commands/rate", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w.send(r).want(t, 401, "unauthenticated")
}
