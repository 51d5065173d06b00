package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/api"
	"shuangze/casefile"
)

// TestVisibility: for every official and every case, the list (SQL) shows just what
// the core (Sees) lets them see, and nothing else leads to the rest.
func TestVisibility(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	cases := []casefile.Case{
		w.seed("accuses-unit", opening(begin, "a-registrar", func(r *casefile.Registration) {
			r.Unit, r.Purpose, r.AccusedUnit = "a-zr", "accusation", "a-nc"
		})),
		w.seed("accuses-official", opening(begin, "a-registrar", func(r *casefile.Registration) {
			r.Purpose, r.AccusedOfficial = "accusation", "a-nc-officer"
		}), then(begin, "a-registrar", casefile.Forward, nil)),
		w.seed("accuses-county", opening(begin, "p-registrar", func(r *casefile.Registration) {
			r.Unit, r.Purpose, r.AccusedUnit = "p-rs", "accusation", "a"
		})),
		w.seed("accuses-inspectors", opening(begin, "a-registrar", func(r *casefile.Registration) {
			r.Purpose, r.AccusedUnit = "accusation", "a-dc"
		}), then(begin, "a-registrar", casefile.Forward, nil), then(begin, "a-supervisor", casefile.Supervise, func(c *casefile.Command) { c.Reason, c.Text.ID = "other", "t" }),
			then(begin, "a-supervisor", casefile.Escalate, func(c *casefile.Command) { c.Ground, c.DecidedBy, c.Text.ID = "key", "a-leader", "t" })),
		w.seed("accuses-leader", opening(begin, "p-registrar", func(r *casefile.Registration) {
			r.Unit, r.Purpose, r.AccusedOfficial = "b-nc", "accusation", "b-nc-head"
		})),
		w.seed("direct", opening(begin, "p-rs-officer", func(r *casefile.Registration) { r.Unit = "p-rs" })),
	}
	for _, id := range []string{"late", "yellow", "green", "led", "supervised", "declined"} {
		row, err := w.store.Case(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, row.Case)
	}
	rules := w.rules()
	seen := 0
	for _, o := range officials {
		by := as(o.ID)
		var want []string
		for _, c := range cases {
			if casefile.Sees(c, by, rules) {
				want = append(want, c.ID)
			}
		}
		seen += len(want)
		got := slices.DeleteFunc(w.list(o.ID, "", 200), func(id string) bool { return id == "100%_done" })
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-Sees +list):\n%s", o.ID, diff)
		}
		for _, c := range cases {
			path := "/api/v1/cases/" + c.ID
			if slices.Contains(want, c.ID) {
				a := w.do(o.ID, "GET", path, nil).want(t, 200, "")
				if shown, may := a.get("petitioner") != nil, casefile.SeesPetitioner(c, by, rules); shown != may {
					t.Errorf("%s: petitioner of %s shown %v, want %v", o.ID, c.ID, shown, may)
				}
				w.do(o.ID, "GET", path+"/events", nil).want(t, 200, "")
				continue
			}
			for _, address := range []string{"", "/events", "/workflow", "/proposal"} {
				w.do(o.ID, "GET", path+address, nil).want(t, 404, "case_not_found")
			}
			for _, command := range []string{"accept", "report", "nonsense"} {
				w.do(o.ID, "POST", path+"/commands/"+command, m{}).want(t, 404, "case_not_found")
			}
		}
		// What waits, is due or was told leads to no case that isn't seen.
		for _, address := range []string{"/api/v1/me/inbox", "/api/v1/me/duties"} {
			body := w.do(o.ID, "GET", address, nil).want(t, 200, "").body
			for _, c := range cases {
				if !slices.Contains(want, c.ID) && (bytes.Contains(body, []byte(`"id":"`+c.ID+`"`)) || bytes.Contains(body, []byte(`"case":"`+c.ID+`"`))) {
					t.Errorf("%s of %s shows %s", address, o.ID, c.ID)
				}
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d pairs of official and case see each other: the test shows nothing", seen)
	}
	// The same by name, so that a mistake in Sees itself would show.
	for _, id := range []string{"a-nc-officer", "a-nc-second", "a-nc-head", "a-inspector", "b-leader", "admin"} {
		if slices.Contains(w.list(id, "", 200), "accuses-unit") != (id == "a-inspector") {
			t.Errorf("accuses-unit in the list of %s", id)
		}
	}
	if slices.Contains(w.list("a-nc-officer", "", 200), "accuses-official") || !slices.Contains(w.list("a-nc-second", "", 200), "accuses-official") {
		t.Error("the accused officer's case must be hidden from the accused, not from the colleague")
	}
	inbox := w.do("a-nc-second", "GET", "/api/v1/me/inbox", nil)
	if !bytes.Contains(inbox.body, []byte("accuses-official")) {
		t.Error("the colleague's inbox lacks the case")
	}
	hidden := w.do("auditor", "GET", "/api/v1/cases/accuses-unit", nil)
	for _, field := range []string{"petitioner", "accused_unit", "accused_official"} {
		if hidden.get(field) != nil {
			t.Errorf("the auditor sees %s", field)
		}
	}
	if got := w.do("a-registrar", "GET", "/api/v1/cases/accuses-unit", nil); got.str("petitioner.name") != "贺某某" || got.str("accused_unit") != "a-nc" {
		t.Errorf("the clerk sees petitioner %v, accused %v", got.get("petitioner"), got.get("accused_unit"))
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	valid := w.token("p-supervisor")
	_, expired, err := w.store.NewToken(t.Context(), "p-supervisor", time.Now().Add(-2*time.Hour), time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	old, revoked, err := w.store.NewToken(t.Context(), "p-supervisor", time.Now(), time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.RevokeToken(t.Context(), old.ID, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string][]string{
		"none": nil, "empty": {""}, "unknown": {"Bearer sz_UNKNOWN"}, "expired": {"Bearer " + expired}, "revoked": {"Bearer " + revoked},
		"no scheme": {valid}, "basic": {"Basic " + valid}, "two": {"Bearer " + valid, "Bearer " + valid}, "cut": {"Bearer " + valid[:20]},
		"long": {"Bearer sz_" + strings.Repeat("A", 10_000)}, "not ours": {"Bearer eyJhbGciOiJIUzI1NiJ9"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/me", nil)
		if header != nil {
			r.Header["Authorization"] = header
		}
		a := w.send(r).want(t, 401, "unauthenticated")
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", name)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/api/v1/me", nil)
	r.Header.Set("Authorization", "bearer "+valid)
	a := w.send(r).want(t, 200, "")
	if a.str("official.id") != "p-supervisor" || a.str("unit.name") != "地区信访局" {
		t.Errorf("me = %s", a.body)
	}
	for _, path := range []string{
		"/api/v1/me/inbox", "/api/v1/me/duties", "/api/v1/units", "/api/v1/officials", "/api/v1/cases", "/api/v1/cases/x", "/api/v1/cases/x/events",
		"/api/v1/cases/x/workflow", "/api/v1/cases/x/proposal",
	} {
		w.do("", "GET", path, nil).want(t, 401, "unauthenticated")
	}
	w.do("", "POST", "/api/v1/cases", m{}).want(t, 401, "unauthenticated")
	w.do("", "POST", "/api/v1/cases/x/commands/accept", m{}).want(t, 401, "unauthenticated")
	for _, path := range []string{
		"/healthz", "/metrics", "/api/v1/openapi.yaml", "/api/v1/docs", "/api/v1/policy", "/api/v1/deadline?rule=HANDLE&from=2026-11-23",
	} {
		w.do("", "GET", path, nil).want(t, 200, "")
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	if got := w.do("a-nc-officer", "GET", "/api/v1/units?under=a", nil).want(t, 200, ""); got.get("total") != 5.0 {
		t.Errorf("units below a: %s", got.body)
	}
	if got := w.do("a-nc-officer", "GET", "/api/v1/units?kind=supervision_office", nil); got.get("total") != 3.0 {
		t.Errorf("supervision offices: %s", got.body)
	}
	if got := w.do("a-nc-officer", "GET", "/api/v1/officials?unit=a&role=leader&level=county", nil); got.get("total") != 2.0 {
		t.Errorf("leaders of a: %s", got.body)
	}
	if body := w.do("p-supervisor", "GET", "/api/v1/officials", nil).body; bytes.Contains(body, []byte("example")) {
		t.Error("e-mail addresses are shown to a supervisor")
	}
	if body := w.do("admin", "GET", "/api/v1/officials", nil).body; !bytes.Contains(body, []byte("p-registrar@shuangze.example")) {
		t.Error("the administrator sees no e-mail address")
	}
	a := w.do("admin", "GET", "/api/v1/officials?unit=nowhere&role=king&level=7&x=1", nil).want(t, 422, "invalid_fields")
	if diff := cmp.Diff([]string{"level:not_in_list", "role:not_in_list", "unit:unknown_unit", "x:unknown_field"}, a.fields()); diff != "" {
		t.Error(diff)
	}
	w.do("admin", "GET", "/api/v1/units?kind=zoo&under=x", nil).want(t, 422, "invalid_fields")
}

// Whoever types a part of a name finds what was meant, the nearest first, a page at a time.
func TestDirectorySearch(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	ids := func(path, list, id string) (all []string) {
		t.Helper()
		for {
			a := w.do("a-nc-officer", "GET", path, nil).want(t, 200, "")
			var page struct {
				Total int     `json:"total"`
				Next  *string `json:"next_cursor"`
				Rows  []map[string]any
			}
			if err := json.Unmarshal(bytes.Replace(a.body, []byte(`"`+list+`"`), []byte(`"Rows"`), 1), &page); err != nil {
				t.Fatal(err)
			}
			for _, row := range page.Rows {
				all = append(all, row[id].(string))
			}
			if page.Next == nil {
				if page.Total != len(all) {
					t.Errorf("%s: %d of %d", path, len(all), page.Total)
				}
				return all
			}
			path, _, _ = strings.Cut(path, "&cursor=")
			path += "&cursor=" + *page.Next
		}
	}
	units := func(query string) []string { return ids("/api/v1/units?"+query, "units", "code") }
	people := func(query string) []string { return ids("/api/v1/officials?"+query, "officials", "id") }

	whole := units("near=a-nc")
	if !slices.Equal(units("near=a-nc&limit=3"), whole) {
		t.Error("the pages are not the list")
	}
	if whole[0] != "a-nc" || whole[1] != "a" || slices.Index(whole, "a-xf") > slices.Index(whole, "p") || slices.Index(whole, "p") > slices.Index(whole, "b") {
		t.Errorf("not the nearest first: %v", whole)
	}
	if got := units("kind=petition_office,supervision_office&under=p"); len(got) != 6 {
		t.Errorf("offices: %v", got)
	}
	if got := units("q=a"); got[0] != "a" || !strings.HasPrefix(got[1], "a-") {
		t.Errorf("not what is called so first: %v", got)
	}
	if got := people("q=甲县农业+承办人"); !slices.Equal(got, []string{"a-nc-officer", "a-nc-second"}) {
		t.Errorf("by unit and post: %v", got)
	}
	if got := people("under=a&role=leader"); !slices.Contains(got, "a-nc-head") || slices.Contains(got, "p-leader") {
		t.Errorf("leaders below a: %v", got)
	}
	if got := people("unit=a&serving=true&q=nobody"); got != nil {
		t.Errorf("%v", got)
	}
	a := w.do("admin", "GET", "/api/v1/officials?limit=201&near=x&under=y&serving=no", nil).want(t, 422, "invalid_fields")
	if diff := cmp.Diff([]string{"limit:out_of_range", "near:unknown_unit", "serving:not_in_list", "under:unknown_unit"}, a.fields()); diff != "" {
		t.Error(diff)
	}
	w.do("admin", "GET", "/api/v1/units?limit=2&cursor=x", nil).want(t, 422, "invalid_fields")
	w.do("admin", "GET", "/api/v1/units?cursor=2", nil).want(t, 422, "invalid_fields")
}

// Whoever has the directory as it is needn't be told it again; what administrators alone
// are told is another thing than what others are.
func TestDirectoryUnchanged(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	tag := w.do("auditor", "GET", "/api/v1/officials", nil).want(t, 200, "").header.Get("ETag")
	full := w.do("admin", "GET", "/api/v1/officials", nil).want(t, 200, "").header.Get("ETag")
	if tag == "" || tag == full {
		t.Fatalf("tags %s and %s", tag, full)
	}
	if a := w.do("auditor", "GET", "/api/v1/officials", nil, "If-None-Match", full+", "+tag).want(t, 304, ""); len(a.body) > 0 || a.header.Get("ETag") != tag {
		t.Errorf("%s %s", a.header.Get("ETag"), a.body)
	}
	w.do("auditor", "GET", "/api/v1/officials", nil, "If-None-Match", full).want(t, 200, "")
	w.do("admin", "POST", "/api/v1/units", m{"code": "a-jy", "name": "甲县教育局", "kind": "department", "level": "section", "parent": "a"}).want(t, 201, "a-jy")
	w.do("auditor", "GET", "/api/v1/officials", nil, "If-None-Match", tag).want(t, 200, "")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.config.Registry = nil
	w.config.Limits = api.Limits{Requests: 3, Failures: 2}
	w.handler = api.New(w.config)
	for range 3 {
		w.do("p-supervisor", "GET", "/api/v1/me", nil).want(t, 200, "")
	}
	a := w.do("p-supervisor", "GET", "/api/v1/me", nil).want(t, 429, "too_many_requests")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.do("a-supervisor", "GET", "/api/v1/me", nil).want(t, 200, "") // another token has its own
	for range 2 {
		w.do("", "GET", "/api/v1/me", nil).want(t, 401, "unauthenticated")
	}
	a = w.do("", "GET", "/api/v1/me", nil).want(t, 429, "too_many_requests")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.do("a-supervisor", "GET", "/api/v1/me", nil).want(t, 200, "") // from the same address
}

// The hall's visitors use up what one address may ask without a token: whoever is signed in
// at the console there goes on working, within a limit of their own.
func TestPublicLimitSparesOfficials(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.config.Registry = nil
	w.config.Limits = api.Limits{Requests: 3, Public: 2}
	w.handler = api.New(w.config)
	for range 2 {
		w.do("", "GET", "/api/v1/policy", nil).want(t, 200, "")
	}
	w.do("", "GET", "/api/v1/policy", nil).want(t, 429, "too_many_requests")
	console := api.As(t.Context(), casefile.Official{ID: "p-supervisor", Role: casefile.Supervisor, Unit: "p-xf"})
	for _, want := range []int{200, 200, 200, 429} {
		got := httptest.NewRecorder()
		w.handler.ServeHTTP(got, httptest.NewRequestWithContext(console, "GET", "/api/v1/policy", nil))
		if got.Code != want {
			t.Errorf("%d, want %d: %s", got.Code, want, got.Body)
		}
	}
}

// TestNothingLeaks: neither the log nor the metrics know a person, a search or a token.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register(m{"petitioner": m{"name": "独孤求是", "phone": "13977777777", "address": "松鼠胡同"}, "text": "内容里的秘密"})
	w.do("p-registrar", "GET", "/api/v1/cases/"+id, nil).want(t, 200, "")
	w.do("p-registrar", "GET", "/api/v1/cases?q=searchword", nil).want(t, 200, "")
	w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"petitioner": m{"name": strings.Repeat("独孤", 90)}})).want(t, 422, "invalid_fields")
	metrics := string(w.do("", "GET", "/metrics", nil).body)
	for _, want := range []string{
		`shuangze_http_requests_total{method="POST",route="/api/v1/cases",status="201"} 1`, `route="/api/v1/cases/{id}"`, "shuangze_cases_open 1", "shuangze_cases_overdue 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	log := w.logged()
	if !strings.Contains(log, `"route":"/api/v1/cases/{id}"`) || !strings.Contains(log, `"official":"p-registrar"`) {
		t.Errorf("the log lacks the requests:\n%s", log)
	}
	for _, secret := range []string{"独孤", "13977777777", "松鼠", "秘密", "searchword", w.token("p-registrar")} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
		if strings.Contains(metrics, secret) {
			t.Errorf("the metrics have %q", secret)
		}
	}
	if strings.Contains(metrics, id) {
		t.Error("the metrics have a case's id")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for _, path := range []string{
		"/api/v1/policy", "/api/v1/nowhere", "/api/v1/docs", "/healthz", "/metrics", "/api/v1/me", "/api/v1/problems/wrong_stage", "/api/v1/feeds/none.ics", "/api/v1/feeds/" + w.feed("p-leader") + ".ics", "/api/v1/public/receptions", "/api/v1/cases.csv",
	} {
		who := ""
		if strings.HasSuffix(path, ".csv") {
			who = "p-supervisor"
		}
		h := w.do(who, "GET", path, nil).header
		for name, want := range map[string]string{"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
			if path == "/api/v1/docs" && name == "Cache-Control" {
				want = "no-cache" // the same for everybody, and asked for anew
			}
			if h.Get(name) != want {
				t.Errorf("%s: %s = %q", path, name, h.Get(name))
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("%s: Content-Security-Policy = %q", path, csp)
		}
	}
	if a := w.do("", "HEAD", "/api/v1/policy", nil); a.status != http.StatusOK {
		t.Errorf("HEAD answered %d", a.status)
	}
}

// feed is the secret of a new calendar feed.
func (w *world) feed(official string) string {
	w.t.Helper()
	secret, err := w.store.NewFeed(w.t.Context(), official, "zh", w.config.Clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}
