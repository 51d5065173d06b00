package api_test

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/casefile"
)

// TestBadRegistrations: everything that is wrong is named at once, and nothing is
// written. No engine runs here: none is asked.
func TestBadRegistrations(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for name, test := range map[string]struct {
		body any
		want []string
	}{
		"empty": {m{}, []string{
			"category:required", "channel:required", "origin:required", "purpose:required", "received_at:required", "text:required", "title:required", "unit:required",
		}},
		"nothing at all": {"", []string{
			"category:required", "channel:required", "origin:required", "purpose:required", "received_at:required", "text:required", "title:required", "unit:required",
		}},
		"nulls": {m{"title": nil, "text": nil, "petitioner": nil, "headcount": nil, "repeated": nil}, []string{
			"category:required", "channel:required", "origin:required", "purpose:required", "received_at:required", "text:required", "title:required", "unit:required",
		}},
		"wrong types": {registration(m{
			"title": 7, "text": []any{}, "headcount": "three", "repeated": "yes", "key": 1, "petitioner": "贺某", "received_at": 20260831, "unit": m{}, "upper": true,
		}), []string{
			"headcount:wrong_type", "key:wrong_type", "petitioner:wrong_type", "received_at:wrong_type", "repeated:wrong_type", "text:wrong_type",
			"title:wrong_type", "unit:wrong_type", "upper:wrong_type",
		}},
		"unknown": {registration(m{"photo": "x", "location": "x", "id_number": "x", "petitioner": m{"name": "贺某", "risk": 5, "Phone": "1"}}), []string{
			"id_number:unknown_field", "location:unknown_field", "petitioner.Phone:unknown_field", "petitioner.risk:unknown_field", "photo:unknown_field",
		}},
		"no numbers": {registration(m{"petitioner": m{"name": "贺某", "phone": "abc", "identity": "123"}}), []string{
			"petitioner.identity:not_an_identity_number", "petitioner.phone:not_a_phone",
		}},
		"a mistyped digit": {registration(m{"petitioner": m{"name": "贺某", "identity": "110101199001011234"}}), []string{"petitioner.identity:not_an_identity_number"}},
		"other case":       {registration(m{"Title": "x", "ORIGIN": "x"}), []string{"ORIGIN:unknown_field", "Title:unknown_field"}},
		"too long": {registration(m{
			"title": strings.Repeat("题", 201), "text": strings.Repeat("文", 20_001), "reference": strings.Repeat("x", 101), "campaign": strings.Repeat("x", 101),
			"petitioner": m{"name": strings.Repeat("名", 101), "phone": strings.Repeat("1", 51), "address": strings.Repeat("址", 301)},
		}), []string{
			"campaign:too_long", "petitioner.address:too_long", "petitioner.name:too_long", "petitioner.phone:too_long", "reference:too_long", "text:too_long", "title:too_long",
		}},
		"control characters": {registration(m{"title": "a\x00b", "text": "a\x1b[31m", "reference": "a\nb", "campaign": "a\u0085b", "petitioner": m{"name": "a\tb"}}), []string{
			"campaign:invalid_character", "petitioner.name:invalid_character", "reference:invalid_character", "text:invalid_character", "title:invalid_character",
		}},
		"half a character":   {strings.Replace(string(encode(t, registration())), "甲县：", `\ud83d`, 1), []string{"title:invalid_character"}},
		"not in the lists":   {registration(m{"origin": "moon", "channel": "smoke", "purpose": "申诉求决", "category": "农业农村"}), []string{"category:not_in_list", "channel:not_in_list", "origin:not_in_list", "purpose:not_in_list"}},
		"future":             {registration(m{"received_at": "2027-01-01"}), []string{"received_at:in_future"}},
		"long ago":           {registration(m{"received_at": "1999-01-01"}), []string{"received_at:too_old"}},
		"no zone":            {registration(m{"received_at": "2026-08-31T10:00:00"}), []string{"received_at:not_a_time"}},
		"no such day":        {registration(m{"received_at": "2026-02-30"}), []string{"received_at:not_a_time"}},
		"persons":            {registration(m{"headcount": 0}), []string{"headcount:out_of_range"}},
		"many persons":       {registration(m{"headcount": 1e30}), []string{"headcount:wrong_type"}},
		"half a person":      {registration(m{"headcount": 1.5}), []string{"headcount:wrong_type"}},
		"unknown unit":       {registration(m{"accused_unit": "nowhere"}), []string{"accused_unit:unknown_unit"}},
		"an office":          {registration(m{"unit": "a-xf"}), []string{"unit:not_responsible"}},
		"accused unit":       {registration(m{"accused_unit": "a-nc", "accused_official": "nobody"}), []string{"accused_official:unknown_official", "unit:accused"}},
		"duplicate":          {`{"title": "甲", "title": "乙"}`, []string{"category:required", "channel:required", "origin:required", "purpose:required", "received_at:required", "text:required", "title:duplicate_field", "unit:required"}},
		"inner duplicate":    {strings.Replace(string(encode(t, registration())), `"name":`, `"name":"甲","name":`, 1), []string{"petitioner.name:duplicate_field"}},
		"only white space":   {registration(m{"title": " \t ", "text": "\n"}), []string{"text:required", "title:required"}},
		"everything at once": {registration(m{"title": 7, "photo": 1, "unit": "a-xf", "origin": nil}), []string{"origin:required", "photo:unknown_field", "title:wrong_type", "unit:not_responsible"}},
	} {
		a := w.do("p-registrar", "POST", "/api/v1/cases", test.body)
		if a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
			continue
		}
		if diff := cmp.Diff(test.want, a.fields()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := w.list("p-registrar", "", 10); len(got) != 0 {
		t.Errorf("registered all the same: %v", got)
	}
	w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"upper": "p-leader", "lower": "p-leader"})).want(t, 403, "not_permitted")
	a := w.do("p-supervisor", "POST", "/api/v1/cases", registration(m{"upper": "p-leader", "lower": "p-leader"})).want(t, 422, "invalid_fields")
	if diff := cmp.Diff([]string{"lower:same_person", "lower:wrong_level"}, a.fields()); diff != "" {
		t.Error(diff)
	}
	w.do("p-leader", "POST", "/api/v1/cases", registration()).want(t, 403, "not_permitted")
	w.do("auditor", "POST", "/api/v1/cases", registration()).want(t, 403, "not_permitted")
	w.do("b-registrar", "POST", "/api/v1/cases", registration()).want(t, 422, "invalid_fields")
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for name, body := range map[string]string{
		"cut off": `{"title": "甲"`, "a list": `[]`, "a string": `"x"`, "null": `null`, "a number": `7`, "trailing": `{} {}`, "trailing comma": `{"title": "甲",}`,
		"single quotes": `{'title': 'x'}`, "a form": `title=x`, "latin-1": "{\"title\": \"\xe9\"}", "deep": `{"title":` + strings.Repeat("[", 100_000),
		"bare word": `{"title": yes}`, "comment": `{/* */}`, "utf-16": "\xff\xfe{\x00}\x00",
	} {
		a := w.do("p-registrar", "POST", "/api/v1/cases", body)
		if a.status != 400 || a.str("code") != "malformed_json" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := w.do("p-registrar", "POST", "/api/v1/cases", "{\"title\": \"甲\",\n \"text\": yes}"); a.str("detail") != "请求内容不是有效的 JSON：请核对第2行第9个字符附近的逗号、冒号、引号和括号" {
		t.Errorf("%s", a.body)
	}
	w.do("p-registrar", "POST", "/api/v1/cases", strings.NewReader(`{"text": "`+strings.Repeat("x", 1<<20)+`"}`)).want(t, 413, "body_too_large")
	for _, mediaType := range []string{"application/x-www-form-urlencoded", "text/plain", "application/xml", "nonsense", "application/json; charset=gbk", "application/json;;"} {
		w.do("p-registrar", "POST", "/api/v1/cases", "{}", "Content-Type", mediaType).want(t, 415, "unsupported_media_type")
	}
	w.do("p-registrar", "POST", "/api/v1/cases", "{}", "Content-Encoding", "gzip").want(t, 415, "unsupported_media_type")
	w.do("p-registrar", "POST", "/api/v1/cases", "{}", "Content-Type", "application/json; charset=UTF-8").want(t, 422, "invalid_fields")
	a := w.do("p-registrar", "POST", "/api/v1/cases", "{}", "Content-Type", "").want(t, 422, "invalid_fields")
	if len(a.fields()) == 0 {
		t.Error("no fields")
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for _, key := range []string{"", " ", "a b", "a\tb", "键", "a\x7f", strings.Repeat("k", 201), "a\r\nX-Admin: yes", "\x00"} {
		a := w.do("p-registrar", "POST", "/api/v1/cases", registration(), "Idempotency-Key", key).want(t, 422, "invalid_fields")
		if diff := cmp.Diff([]string{"Idempotency-Key:invalid_key"}, a.fields()); diff != "" {
			t.Error(diff)
		}
		if a.header.Get("X-Admin") != "" {
			t.Error("a header was injected")
		}
	}
	// Over a real connection the same is stopped before it gets here.
	server := httptest.NewServer(w.handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("POST /api/v1/cases HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\x00b\r\nContent-Length: 2\r\n\r\n{}")); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 12)
	if _, err := conn.Read(reply); err != nil {
		t.Fatal(err)
	}
	if string(reply) != "HTTP/1.1 400" {
		t.Errorf("answered %q", reply)
	}
}

// TestBadCommands: refusals come before a text is written or the engine is asked.
func TestBadCommands(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.seed("new", opening(begin, "p-registrar", nil))
	handling := func(id string, more ...given) {
		w.seed(id, append([]given{
			opening(begin, "p-registrar", nil),
			then(begin, "p-supervisor", casefile.Assign, func(c *casefile.Command) { c.Upper, c.Lower = "a-vice", "a-nc-head" }),
			then(begin, "a-nc-officer", casefile.Accept, nil),
		}, more...)...)
	}
	handling("handling")
	handling("acknowledged", then(begin, "a-vice", casefile.Acknowledge, nil))
	w = w.at(begin.Add(time.Minute))
	for _, test := range []struct {
		official, id, command string
		body                  any
		status                int
		code                  string
		fields                []string
	}{
		{"p-registrar", "new", "nonsense", m{}, 404, "unknown_command", nil},
		{"p-registrar", "new", "tick", m{}, 404, "unknown_command", nil},
		{"p-registrar", "new", "register", registration(), 404, "unknown_command", nil},
		{"p-registrar", "new", "Forward", m{}, 404, "unknown_command", nil},
		{"p-registrar", "none", "forward", m{}, 404, "case_not_found", nil},
		{"p-inspector", "new", "forward", m{}, 403, "not_permitted", nil},
		{"p-registrar", "new", "assign", m{}, 403, "not_permitted", nil},
		{"p-registrar", "new", "forward", m{"unit": 7, "on": "soon", "x": 1}, 422, "invalid_fields", []string{"on:not_a_date", "unit:wrong_type", "x:unknown_field"}},
		{"p-registrar", "new", "forward", m{"on": "2027-01-01", "unit": "p-dc"}, 422, "invalid_fields", []string{"on:in_future", "unit:not_responsible"}},
		{"p-registrar", "new", "decline", m{"organ": strings.Repeat("机", 101)}, 422, "invalid_fields", []string{"organ:too_long", "reason:required", "text:required"}},
		{"p-supervisor", "new", "assign", m{"upper": "a-vice"}, 422, "invalid_fields", []string{"lower:required"}},
		{"p-supervisor", "new", "assign", m{"upper": "b-leader", "lower": "a-nc-officer"}, 422, "invalid_fields", []string{"lower:not_a_leader", "upper:out_of_area"}},
		{"p-supervisor", "new", "supervise", m{"reason": "mood"}, 409, "not_forwarded", nil},
		{"p-supervisor", "new", "urge", m{"text": "请抓紧"}, 409, "not_forwarded", nil},
		{"p-supervisor", "handling", "supervise", m{"reason": "mood", "days": 99}, 422, "invalid_fields", []string{"days:out_of_range", "reason:not_in_list", "text:required"}},
		{"p-supervisor", "new", "escalate", m{"ground": "key", "decided_by": "p-leader", "text": "x"}, 409, "not_supervised", nil},
		{"p-supervisor", "new", "close", m{}, 409, "wrong_stage", nil},
		{"p-supervisor", "handling", "assign", m{"bad": 1}, 409, "already_assigned", nil},
		{"a-vice", "handling", "act", m{"act": "meet", "text": "x"}, 409, "not_acknowledged", nil},
		{"a-vice", "acknowledged", "act", m{"act": "nap"}, 422, "invalid_fields", []string{"act:not_in_list", "text:required"}},
		{"a-vice", "acknowledged", "sign", m{"hash": "x"}, 409, "wrong_stage", nil},
		{"a-vice", "handling", "sign", "{", 400, "malformed_json", nil},
		{"a-nc-officer", "handling", "opine", m{"result": "maybe", "text": 5}, 422, "invalid_fields", []string{"result:not_in_list", "text:wrong_type"}},
		{
			"a-nc-head", "handling", "extend",
			m{"days": 31, "requested_by": "a-nc-head", "told_on": "2020-01-01", "told_by": "rumour"},
			422, "invalid_fields",
			[]string{"days:out_of_range", "requested_by:same_person", "text:required", "told_by:not_in_list", "told_on:before_receipt"},
		},
		{"a-nc-officer", "handling", "extend", m{}, 403, "not_permitted", nil},
	} {
		a := w.do(test.official, "POST", "/api/v1/cases/"+test.id+"/commands/"+test.command, test.body)
		if a.status != test.status || a.str("code") != test.code {
			t.Errorf("%s %s %s: %d %s", test.official, test.command, test.id, a.status, a.body)
			continue
		}
		if diff := cmp.Diff(append([]string{}, test.fields...), a.fields()); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.command, test.id, diff)
		}
		switch a.status {
		case 403:
			if a.str("rule") == "" {
				t.Errorf("%s %s: no rule forbids it", test.command, test.id)
			}
		case 409:
			if _, ok := a.json["commands"].([]any); !ok {
				t.Errorf("%s %s: does not say which commands are possible", test.command, test.id)
			}
		}
	}
	a := w.do("p-supervisor", "POST", "/api/v1/cases/new/commands/close", m{}, "Accept-Language", "en")
	if diff := cmp.Diff([]string{"accept", "decline", "forward", "assign", "receive", "divert", "link", "correct", "commission", "suggest", "mark_urgent", "reroute", "enlist"}, a.strings("commands")); diff != "" {
		t.Errorf("commands of a conflict (-want +got):\n%s", diff)
	}
	w.do("p-supervisor", "GET", "/api/v1/cases/handling/proposal", nil).want(t, 409, "already_assigned")
	w.do("a-nc-officer", "GET", "/api/v1/cases/new/proposal", nil).want(t, 403, "not_permitted")
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for _, id := range []string{"x", "%00", "..%2f..%2fetc", "a%20b", "'%20OR%201=1", "%ff", strings.Repeat("x", 500), "🙂"} {
		for _, rest := range []string{"", "/events", "/workflow", "/proposal"} {
			w.do("p-supervisor", "GET", "/api/v1/cases/"+id+rest, nil).want(t, 404, "case_not_found")
		}
		w.do("p-supervisor", "POST", "/api/v1/cases/"+id+"/commands/accept", nil).want(t, 404, "case_not_found")
	}
	for _, path := range []string{"/", "/api", "/api/v1", "/api/v1/", "/api/v1/cases/", "/api/v2/cases", "/api/v1/problems/none", "/favicon.ico"} {
		w.do("p-supervisor", "GET", path, nil).want(t, 404, "no_such_address")
	}
	for path, allow := range map[string]string{
		"/api/v1/cases": "GET, POST, HEAD", "/api/v1/cases/x": "GET, HEAD", "/api/v1/cases/x/commands/accept": "GET, POST, HEAD", "/healthz": "GET, HEAD",
	} {
		a := w.do("p-supervisor", "DELETE", path, nil).want(t, 405, "method_not_allowed")
		if got := a.header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow = %q, want %q", path, got, allow)
		}
	}
	if a := w.do("", "GET", "/api/v1/problems/wrong_stage", nil); a.status != http.StatusSeeOther || a.header.Get("Location") != "/api/v1/docs#problem-wrong_stage" {
		t.Errorf("problem's address: %d %s", a.status, a.header.Get("Location"))
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for header, english := range map[string]bool{
		"": false, "zh-CN": false, "en": true, "en-GB,en;q=0.9": true, "zh-CN,zh;q=0.9,en;q=0.8": false, "en;q=0.1,zh;q=0.9": false, "fr": false, "de,en;q=0.5": true,
		"*": false, ";;;": false, strings.Repeat("x", 5000): false,
	} {
		a := w.do("p-registrar", "POST", "/api/v1/cases", m{}, "Accept-Language", header).want(t, 422, "invalid_fields")
		detail, tag := "有填写内容需要更正", "zh-CN"
		if english {
			detail, tag = "some fields need correcting", "en"
		}
		if a.str("detail") != detail || a.header.Get("Content-Language") != tag {
			t.Errorf("%q: %q in %q", header, a.str("detail"), a.header.Get("Content-Language"))
		}
	}
	en := w.do("", "GET", "/api/v1/deadline?rule=HANDLE&from=2026-11-23", nil, "Accept-Language", "en").want(t, 200, "")
	if !strings.HasPrefix(en.str("explanation"), "Counting 60 calendar days") {
		t.Error(en.str("explanation"))
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for _, test := range []struct {
		rule, from, internal, statutory string
		provisional                     bool
	}{
		{"HANDLE", "2026-11-23", "2027-01-22", "2027-01-22", true},
		{"EXT-HANDLE", "2026-09-01", "2026-10-01", "2026-10-08", false},
		{"HANDLE", "2026-08-02", "2026-10-01", "2026-10-08", false}, // rolls over the national holiday
		{"DUAL-WHEN", "2026-09-01", "2026-09-04", "2026-09-04", false},
		{"ACC-TRANSFER", "2026-09-01", "2026-09-16", "2026-09-16", false},
		{"DUTY-PERFORM", "2026-08-02", "2026-10-02", "2026-10-08", false},
		{"DUTY-PERFORM", "2026-06-30T23:30:00Z", "2026-09-01", "2026-09-01", false}, // in China it is July
	} {
		a := w.do("", "GET", "/api/v1/deadline?rule="+test.rule+"&from="+test.from, nil).want(t, 200, "")
		if a.str("internal_due") != test.internal || a.str("statutory_due") != test.statutory || a.get("provisional") != test.provisional || a.str("explanation") == "" {
			t.Errorf("%v: %s", test, a.body)
		}
	}
	for query, want := range map[string][]string{
		"":                                       {"from:required", "rule:required"},
		"rule=X&from=yesterday":                  {"from:not_a_date", "rule:not_in_list"},
		"rule=HANDLE&from=1989-12-31":            {"from:out_of_range"},
		"rule=HANDLE&from=2101-01-01":            {"from:out_of_range"},
		"rule=HANDLE&from=2026-11-23&days=3":     {"days:unknown_field"},
		"rule=HANDLE&rule=CLOSE&from=2026-11-23": {"rule:duplicate_field"},
	} {
		a := w.do("", "GET", "/api/v1/deadline?"+query, nil).want(t, 422, "invalid_fields")
		if diff := cmp.Diff(want, a.fields()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	for from, want := range map[string]string{
		"2026-11-24T23:10:00%2B08:00": "2026-11-24T17:10:00Z",
		"2026-11-24T23:10:00+08:00":   "2026-11-24T17:10:00Z", // as people paste it
		"2026-11-24":                  "2026-11-23T18:00:00Z",
	} {
		a := w.do("", "GET", "/api/v1/deadline?rule=URGENT-REPORT&from="+from, nil).want(t, 200, "")
		if a.str("due_at") != want || a.str("from_at") == "" || a.str("unit") != "hour" {
			t.Errorf("%s: %s", from, a.body)
		}
	}
	for _, from := range []string{"1990-01-01", "2100-12-31"} {
		w.do("", "GET", "/api/v1/deadline?rule=EXT-HANDLE&from="+from, nil).want(t, 200, "")
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	a := w.do("", "GET", "/api/v1/policy", nil).want(t, 200, "")
	var got struct {
		Version string
		Clocks  []struct{ ID, Source, Basis string }
		Steps   []struct{ ID, At, Repeat string }
		Day     struct{ Starts, Spread string }

		Calendar struct {
			Version string
			Years   []struct {
				Year   int
				Source string
			}
		}
	}
	if err := json.NewDecoder(bytes.NewReader(a.body)).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Version != w.rules().Policy.Version || len(got.Clocks) != len(w.rules().Policy.Clocks) || got.Day.Starts != "08:30" || got.Steps[0].At != "-7wd" {
		t.Errorf("policy: %+v", got)
	}
	if got.Calendar.Version != w.rules().Calendar.Version() || len(got.Calendar.Years) != len(w.rules().Calendar.Years()) || got.Calendar.Years[0].Source == "" {
		t.Errorf("calendar: %+v", got.Calendar)
	}
}
