package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

// An administrator adds, tests, rotates and removes endpoints; nobody else even sees
// them, and no answer shows an address or, a second time, a secret.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	var status atomic.Int64
	var mu sync.Mutex
	var signatures []string
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		signatures = append(signatures, r.Header.Get("webhook-signature"))
		if !bytes.Contains(body, []byte(`"type":"shuangze.test"`)) {
			t.Errorf("the receiver got %s", body)
		}
		rw.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(receiver.Close)

	added := w.do("admin", "POST", "/api/v1/endpoints", m{"kind": "webhook", "url": receiver.URL + "/hidden", "name": "办公系统", "unit": "a-nc"}).want(t, http.StatusCreated, "")
	path := added.header.Get("Location")
	secret := added.str("secret")
	if path != "/api/v1/endpoints/"+added.str("id") || !strings.HasPrefix(secret, "whsec_") || added.str("language") != "zh" || added.str("unit") != "a-nc" || !strings.HasPrefix(added.str("host"), "127.0.0.1:") {
		t.Errorf("added: %s at %s", added.body, path)
	}
	hidden := func(a answer) {
		t.Helper()
		if bytes.Contains(a.body, []byte("hidden")) || bytes.Contains(a.body, []byte(secret)) {
			t.Errorf("it shows too much: %s", a.body)
		}
	}
	hidden(w.do("admin", "GET", "/api/v1/endpoints", nil).want(t, http.StatusOK, ""))

	status.Store(http.StatusInternalServerError)
	if a := w.do("admin", "POST", path+"/test", nil).want(t, http.StatusOK, ""); a.get("reached") != false || !strings.Contains(a.str("error"), "500") {
		t.Errorf("a test that fails: %s", a.body)
	}
	now := w.config.Clock.Now()
	if off, err := w.store.EndpointFailed(t.Context(), added.str("id"), "500", now, now, false); !off || err != nil {
		t.Fatal(off, err)
	}
	status.Store(http.StatusOK)
	if a := w.do("admin", "POST", path+"/test", nil).want(t, http.StatusOK, ""); a.get("reached") != true || a.get("error") != nil {
		t.Errorf("a test that succeeds: %s", a.body)
	}
	if list, err := w.store.Endpoints(t.Context()); err != nil || list[0].DisabledAt != nil {
		t.Errorf("still off: %+v, %v", list, err)
	}

	rotated := w.do("admin", "POST", path+"/rotate", nil).want(t, http.StatusOK, "")
	if rotated.str("secret") == secret || rotated.str("previous_until") == "" {
		t.Errorf("rotated: %s", rotated.body)
	}
	w.do("admin", "POST", path+"/test", nil).want(t, http.StatusOK, "")
	w.at(begin.Add(8*24*time.Hour)).do("admin", "POST", path+"/test", nil).want(t, http.StatusOK, "")
	var counts []int
	for _, s := range signatures {
		counts = append(counts, len(strings.Fields(s)))
	}
	if !slices.Equal(counts, []int{1, 1, 2, 1}) {
		t.Errorf("signatures: %v", counts)
	}

	for _, official := range []string{"p-supervisor", "auditor", "p-leader"} {
		for method, at := range map[string]string{"GET": "/api/v1/endpoints", "POST": path + "/test", "DELETE": path} {
			hidden(w.do(official, method, at, nil).want(t, http.StatusForbidden, "not_permitted"))
		}
		w.do(official, "POST", "/api/v1/endpoints", m{"kind": "webhook", "url": "https://oa.example/"}).want(t, http.StatusForbidden, "not_permitted")
	}
	w.do("", "GET", "/api/v1/endpoints", nil).want(t, http.StatusUnauthorized, "unauthenticated")
	if a := w.do("admin", "DELETE", path, nil); a.status != http.StatusNoContent || len(a.body) != 0 {
		t.Errorf("removed: %d %s", a.status, a.body)
	}
	for method, at := range map[string]string{"DELETE": path, "POST": path + "/test"} {
		w.do("admin", method, at, nil).want(t, http.StatusNotFound, "endpoint_not_found")
	}
	w.do("admin", "POST", "/api/v1/endpoints/x/rotate", nil).want(t, http.StatusNotFound, "endpoint_not_found")
	if a := w.do("admin", "PUT", path, nil); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "DELETE" {
		t.Errorf("PUT: %d, Allow %q", a.status, a.header.Get("Allow"))
	}
	if log := w.logged(); strings.Contains(log, "hidden") || strings.Contains(log, secret) || strings.Contains(log, added.str("id")) {
		t.Errorf("the log shows too much: %s", log)
	}
}

// What is wrong with an endpoint is said field by field; each kind takes its own secret.
func TestEndpointFields(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for name, c := range map[string]struct {
		body   m
		fields []string
	}{
		"nothing":                      {m{}, []string{"kind:required", "url:required"}},
		"unknown":                      {m{"kind": "slack", "url": "ftp://x", "unit": "moon", "language": "fr", "colour": 1}, []string{"colour:unknown_field", "kind:not_in_list", "language:not_in_list", "unit:unknown_unit", "url:not_an_address"}},
		"a password":                   {m{"kind": "webhook", "url": "https://u:p@oa.example/"}, []string{"url:not_an_address"}},
		"an own secret of a webhook":   {m{"kind": "webhook", "url": "https://oa.example/", "secret": "x"}, []string{"secret:not_taken"}},
		"a secret of a WeCom robot":    {m{"kind": "wecom", "url": "https://oa.example/", "secret": "x"}, []string{"secret:not_taken"}},
		"an address that is too long":  {m{"kind": "lark", "url": "https://oa.example/" + strings.Repeat("x", 1000)}, []string{"url:too_long"}},
		"an address that is no string": {m{"kind": "lark", "url": 1}, []string{"url:wrong_type"}},
	} {
		a := w.do("admin", "POST", "/api/v1/endpoints", c.body).want(t, http.StatusUnprocessableEntity, "invalid_fields")
		if got := a.fields(); !slices.Equal(got, c.fields) {
			t.Errorf("%s: %v, want %v", name, got, c.fields)
		}
	}
	robot := w.do("admin", "POST", "/api/v1/endpoints", m{"kind": "dingtalk", "url": "https://oapi.example/robot?access_token=x", "secret": "SEC1", "language": "en"}).want(t, http.StatusCreated, "")
	if robot.get("secret") != nil {
		t.Errorf("it repeats the platform's secret: %s", robot.body)
	}
	path := robot.header.Get("Location")
	if a := w.do("admin", "POST", path+"/rotate", m{}).want(t, http.StatusUnprocessableEntity, "invalid_fields"); !slices.Equal(a.fields(), []string{"secret:required"}) {
		t.Errorf("%v", a.fields())
	}
	if a := w.do("admin", "POST", path+"/rotate", m{"secret": "SEC2"}).want(t, http.StatusOK, ""); a.get("secret") != nil || a.get("previous_until") != nil {
		t.Errorf("rotated: %s", a.body)
	}
	if _, line, err := w.store.Endpoint(t.Context(), robot.str("id")); err != nil || line.Secret != "SEC2" || line.Previous != "" {
		t.Errorf("%+v, %v", line, err)
	}
	wecom := w.do("admin", "POST", "/api/v1/endpoints", m{"kind": "wecom", "url": "https://qyapi.example/send?key=x"}).want(t, http.StatusCreated, "")
	w.do("admin", "POST", wecom.header.Get("Location")+"/rotate", m{}).want(t, http.StatusConflict, "no_secret")
	hook := w.do("admin", "POST", "/api/v1/endpoints", m{"kind": "webhook", "url": "https://oa.example/"}).want(t, http.StatusCreated, "")
	w.do("admin", "POST", hook.header.Get("Location")+"/rotate", m{"secret": "x"}).want(t, http.StatusUnprocessableEntity, "invalid_fields")
}

// A calendar program reads its owner's deadlines by the secret address, until it ends.
func TestFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register(m{"origin": "petition", "unit": "a-nc", "on_the_spot": true})
	w.command("p-supervisor", id, "assign", m{"upper": "a-vice", "lower": "a-nc-head"})
	number := w.do("p-supervisor", "GET", "/api/v1/cases/"+id, nil).str("number")

	address := w.do("a-nc-head", "POST", "/api/v1/me/feed", nil, "Accept-Language", "en").want(t, http.StatusCreated, "").str("address")
	path, ok := strings.CutPrefix(address, "http://example.com")
	if !ok || !strings.HasSuffix(path, ".ics") {
		t.Fatalf("address %s", address)
	}
	a := w.do("", "GET", path, nil)
	feed := strings.ReplaceAll(string(a.body), "\r\n ", "")
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/calendar; charset=utf-8" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", a.status, a.header)
	}
	for _, want := range []string{"UID:" + id + "/HANDLE@shuangze\r\n", "UID:" + id + "/DUAL-ACK/lower@shuangze\r\n", "SUMMARY:settle the matter · " + number, "DTSTART;VALUE=DATE:20261031"} {
		if !strings.Contains(feed, want) {
			t.Errorf("no %q in\n%s", want, feed)
		}
	}
	for _, never := range []string{"农业补贴", "贺某某", "DUAL-ACK/upper"} {
		if strings.Contains(feed, never) {
			t.Errorf("%q is in the feed:\n%s", never, feed)
		}
	}
	if again := w.do("", "GET", path, nil); !bytes.Equal(again.body, a.body) {
		t.Error("the same deadlines give another feed")
	}
	officer := w.do("a-nc-officer", "POST", "/api/v1/me/feed", nil).want(t, http.StatusCreated, "").str("address")
	if a := w.do("", "GET", strings.TrimPrefix(officer, "http://example.com"), nil); !strings.Contains(string(a.body), "SUMMARY:办结 · ") || strings.Contains(string(a.body), "DUAL-ACK") {
		t.Errorf("the officer's feed:\n%s", a.body)
	}
	w.do("", "GET", "/api/v1/feeds/guessed.ics", nil).want(t, http.StatusNotFound, "feed_not_found")
	if a := w.do("a-nc-head", "DELETE", "/api/v1/me/feed", nil); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.do("", "GET", path, nil).want(t, http.StatusNotFound, "feed_not_found")
	w.do("", "POST", "/api/v1/me/feed", nil).want(t, http.StatusUnauthorized, "unauthenticated")
	secret := strings.TrimSuffix(path[strings.LastIndex(path, "/")+1:], ".ics")
	if log := w.logged(); strings.Contains(log, secret) || !strings.Contains(log, "/api/v1/feeds/{secret}.ics") {
		t.Error("the log shows the secret, or nothing at all")
	}
	w.config.PublicURL = "https://xf.example/"
	if a := w.at(begin).do("p-leader", "POST", "/api/v1/me/feed", nil); !strings.HasPrefix(a.str("address"), "https://xf.example/api/v1/feeds/") {
		t.Errorf("address %s", a.str("address"))
	}
}

// An accusation is in no feed of whom it accuses.
func TestFeedOfTheAccused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register(m{"purpose": "accusation", "unit": "a-zr", "accused_unit": "a-nc"})
	w.command("p-registrar", id, "forward", nil)
	for official, sees := range map[string]bool{"a-zr-officer": true, "a-nc-officer": false, "a-nc-head": false} {
		address := w.do(official, "POST", "/api/v1/me/feed", nil).want(t, http.StatusCreated, "").str("address")
		a := w.do("", "GET", strings.TrimPrefix(address, "http://example.com"), nil)
		if strings.Contains(string(a.body), id) != sees {
			t.Errorf("%s sees it: %t\n%s", official, !sees, a.body)
		}
	}
}

// Supervisors and auditors see who was told, and how.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t) // a worker would plan the notices itself
	id := w.seed("case", opening(begin, "p-registrar", nil), then(begin, "p-registrar", casefile.Forward, nil)).ID
	if _, err := w.store.PlanNotices(t.Context(), 100, func(told []store.Told) []store.Delivery {
		var list []store.Delivery
		for _, x := range told {
			list = append(list, store.Delivery{Told: x, Channel: store.Mail, Recipient: x.Official, PlannedAt: x.At})
		}
		return list
	}); err != nil {
		t.Fatal(err)
	}
	for _, official := range []string{"p-supervisor", "auditor"} {
		a := w.do(official, "GET", "/api/v1/cases/"+id+"/deliveries", nil).want(t, http.StatusOK, "")
		list, _ := a.get("deliveries").([]any)
		if len(list) != 2 {
			t.Fatalf("%s sees %s", official, a.body)
		}
		first, _ := list[0].(m)
		if first["official"] != "a-nc-officer" || first["channel"] != "mail" || first["state"] != "planned" || first["kind"] != string(casefile.EventForwarded) {
			t.Errorf("%s sees %v", official, first)
		}
	}
	w.do("a-nc-officer", "GET", "/api/v1/cases/"+id+"/deliveries", nil).want(t, http.StatusForbidden, "not_permitted")
	w.do("b-supervisor", "GET", "/api/v1/cases/"+id+"/deliveries", nil).want(t, http.StatusNotFound, "case_not_found")
}
