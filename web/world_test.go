package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/net/html"

	"shuangze/activities"
	"shuangze/api"
	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded/embeddedtest"
	"shuangze/store"
	"shuangze/web"
	"shuangze/worker"
	"shuangze/workflows"
)

func TestMain(m *testing.M) {
	embeddedtest.Main(m, embeddedtest.Options{
		SearchAttributes: map[string]string{"CaseStage": "Keyword", "CaseUnit": "Keyword", "CaseSupervision": "Keyword"},
	})
}

const longName = "甲县历史遗留企业改制职工安置与社会保险关系接续工作领导小组办公室（县农业农村局加挂）"

// Of the person whose case it is; neither may stand in an address or a page's title.
const petitionerName, petitionerPhone = "贺某某", "13900000002"

var officials = []casefile.Official{
	{ID: "clerk", Name: "葛癸", Post: "信访局工作人员", Level: "section", Unit: "p-xf", Role: casefile.Registrar},
	{ID: "supervisor", Name: "章己", Post: "信访局局长", Level: "county", Unit: "p-xf", Role: casefile.Supervisor},
	{ID: "inspector", Name: "花丁", Post: "督查室主任", Level: "county", Unit: "p-dc", Role: casefile.Inspector},
	{ID: "upper", Name: "何甲", Post: "行署副专员", Level: "prefecture", Unit: "p", Role: casefile.Leader, Portfolio: "农业"},
	{ID: "lower", Name: "马己", Post: "甲县副县长", Level: "county", Unit: "a", Role: casefile.Leader, Portfolio: "农业"},
	{ID: "deputy", Name: "施癸", Post: "甲县副书记", Level: "county", Unit: "a", Role: casefile.Leader, Portfolio: "信访、政法"},
	{ID: "convener", Name: "严丙", Post: "地委副书记", Level: "prefecture", Unit: "p", Role: casefile.Leader, Portfolio: "信访"},
	{ID: "head", Name: "金壬", Post: "农业农村局长", Level: "section", Unit: "a-nc", Role: casefile.Leader},
	{ID: "officer", Name: "冯辛", Post: "承办人", Level: "staff", Unit: "a-nc", Role: casefile.Officer},
	{ID: "admin", Name: "陶戊", Post: "系统管理员", Level: "section", Unit: "p-xf", Role: casefile.Admin},
	{ID: "auditor", Name: "姜戊", Post: "审计人员", Level: "section", Unit: "p", Role: casefile.Auditor},
	{ID: "outsider", Name: "袁乙", Post: "承办人", Level: "staff", Unit: "a-zr", Role: casefile.Officer},
}

var directory = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	s, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	if _, err := s.SaveUnits(ctx, units); err != nil {
		return err
	}
	_, err = s.SaveOfficials(ctx, officials)
	return err
}}

var units = []casefile.Unit{
	{Code: "p", Name: "地委行署", Kind: casefile.Authority, Level: "prefecture"},
	{Code: "p-xf", Name: "地区信访局", Kind: casefile.PetitionOfficeKind, Level: "prefecture", Parent: "p"},
	{Code: "p-dc", Name: "地委督查室", Kind: casefile.SupervisionOfficeKind, Level: "prefecture", Parent: "p"},
	{Code: "a", Name: "甲县党委政府", Kind: casefile.Authority, Level: "county", Parent: "p"},
	{Code: "a-nc", Name: longName, Kind: casefile.Department, Level: "section", Parent: "a"},
	{Code: "a-zr", Name: "甲县自然资源局", Kind: casefile.Department, Level: "section", Parent: "a"},
}

var key = store.NewKey()

func open(ctx context.Context, url string) (*store.Store, error) {
	keys, err := store.ParseKeys(key)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, url, keys)
}

// begin is when cases live in tests: a working Tuesday.
var begin = time.Date(2026, time.September, 1, 2, 0, 0, 0, time.UTC)

// site is a whole system with its console.
type site struct {
	t      testing.TB
	store  *store.Store
	engine workflows.Engine
	auth   *auth.Auth
	clock  casetime.Clock
	api    http.Handler
	url    string
	log    *bytes.Buffer
	given  map[string]bool // texts that somebody entered

	database string // its address
}

func newSite(t testing.TB, change func(*web.Config)) *site {
	t.Helper()
	w := emptySite(t, &directory)
	t.Cleanup(w.start(begin, change))
	return w
}

// emptySite is a database with a directory, and a Temporal namespace.
func emptySite(t testing.TB, directory *embeddedtest.Template) *site {
	t.Helper()
	address := directory.Database(t)
	s, err := open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	temporal, err := client.Dial(client.Options{HostPort: embeddedtest.Temporal(t).Address, Namespace: embeddedtest.Namespace(t), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temporal.Close)
	return &site{t: t, store: s, auth: &auth.Auth{Store: s}, engine: workflows.Engine{Temporal: temporal}, log: &bytes.Buffer{}, given: map[string]bool{}, database: address}
}

// start lets a worker and the console run, from a moment on.
func (w *site) start(begin time.Time, change func(*web.Config)) (stop func()) {
	t, quiet := w.t, slog.New(slog.DiscardHandler)
	t.Helper()
	closeSite := w.serve(begin, change)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- worker.Run(ctx, w.engine.Temporal, &activities.Activities{Store: w.store, Clock: w.clock, Engine: w.engine, Log: quiet}, quiet)
	}()
	return func() {
		closeSite()
		cancel()
		if err := <-done; err != nil && !strings.Contains(err.Error(), context.Canceled.Error()) { // a short test ends while it starts
			t.Errorf("worker: %v", err)
		}
	}
}

// serve lets the console run, without a worker.
func (w *site) serve(begin time.Time, change func(*web.Config)) (stop func()) {
	t, quiet, clock := w.t, slog.New(slog.DiscardHandler), casetime.Rehearsal(begin, 1)
	t.Helper()
	w.clock = clock
	// A walk through every page is faster than anybody.
	w.api = api.New(api.Config{Limits: api.Limits{Requests: 100_000, Public: 100_000}, Store: w.store, Engine: w.engine, Clock: clock, Log: quiet})
	config := web.Config{API: w.api, Auth: w.auth, Clock: clock, Trial: true, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	if change != nil {
		change(&config)
	}
	pages, err := web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pages)
	w.url = server.URL
	return func() {
		server.Close()
		if strings.Contains(w.log.String(), "level=ERROR") {
			t.Errorf("logged: %s", w.log)
		}
	}
}

// register brings a case to the officer, led and forwarded, by the API.
func (w *site) register(title string) string {
	w.t.Helper()
	return w.registerOn("2026-08-31", title)
}

func (w *site) registerOn(received, title string) string {
	w.t.Helper()
	var c struct {
		ID string `json:"id"`
	}
	w.give("clerk", "/cases", map[string]any{
		"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": received,
		"title": title, "text": "信访人反映农业补贴发放错误。", "petitioner": map[string]any{"name": petitionerName, "phone": petitionerPhone},
	}, &c)
	w.do("clerk", c.ID, "forward", nil)
	w.do("supervisor", c.ID, "assign", nil)
	return c.ID
}

func (w *site) do(official, id, command string, body map[string]any) {
	w.t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	w.give(official, "/cases/"+id+"/commands/"+command, body, nil)
}

func (w *site) give(official, path string, body map[string]any, answer any) {
	w.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.keep(body)
	w.call(official, http.MethodPost, path, b, answer)
}

// keep remembers what texts there are.
func (w *site) keep(v any) {
	switch v := v.(type) {
	case string:
		w.given[v] = true
	case map[string]any:
		for _, part := range v {
			w.keep(part)
		}
	case []map[string]any:
		for _, part := range v {
			w.keep(part)
		}
	}
}

// stored is what the database has, row by row.
func (w *site) stored(query string) string {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(w.t.Context())
	rows, err := conn.Query(w.t.Context(), "SELECT q::text FROM ("+query+") AS q")
	if err != nil {
		w.t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(found, "\n")
}

func (w *site) read(official, path string, answer any) {
	w.t.Helper()
	w.call(official, http.MethodGet, path, nil, answer)
}

func (w *site) call(official, method, path string, body []byte, answer any) {
	w.t.Helper()
	o, err := w.auth.Account(w.t.Context(), official)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(api.As(w.t.Context(), o), method, "/api/v1"+path, bytes.NewReader(body))
	got := httptest.NewRecorder()
	w.api.ServeHTTP(got, r)
	if got.Code >= 300 {
		w.t.Fatalf("%s %s: %d %s", official, path, got.Code, got.Body)
	}
	if answer != nil {
		if err := json.Unmarshal(got.Body.Bytes(), answer); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *site) count(id, kind string) (n int) {
	w.t.Helper()
	ledger, err := w.store.Ledger(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range ledger {
		e, err := row.Event()
		if err != nil {
			w.t.Fatal(err)
		}
		if string(e.Kind) == kind {
			n++
		}
	}
	return n
}

// browser is somebody at the console, without scripts.
type browser struct {
	t    testing.TB
	url  string
	http *http.Client
}

// browse is a browser in which an official is signed in ("" for nobody).
func (w *site) browse(official string) *browser {
	w.t.Helper()
	jar, _ := cookiejar.New(nil)
	b := &browser{w.t, w.url, &http.Client{Jar: jar}}
	if official != "" {
		b.post("/sign-in", url.Values{"trial": {official}}).want(200)
	}
	return b
}

// shown is a page as it came.
type shown struct {
	t      testing.TB
	status int
	at     string // the address where one ended up
	header http.Header
	body   string
}

func (b *browser) get(path string) shown {
	b.t.Helper()
	r, _ := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	return b.send(r)
}

func (b *browser) post(path string, form url.Values, header ...string) shown {
	b.t.Helper()
	r, _ := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) shown {
	b.t.Helper()
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	s := shown{b.t, res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(body)}
	guarded(b.t, r.URL.Path, s.header)
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		wellFormed(b.t, r.URL.Path, s.body)
	}
	return s
}

func (s shown) want(status int, words ...string) shown {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("%s: %d, want %d\n%s", s.at, s.status, status, s.text())
	}
	for _, w := range words {
		if !strings.Contains(s.body, w) {
			s.t.Errorf("%s: no %q in\n%s", s.at, w, s.text())
		}
	}
	return s
}

var tags = regexp.MustCompile(`(?s)<head>.*</head>|<[^>]*>|\n\s*\n`)

func (s shown) text() string { return tags.ReplaceAllString(s.body, " ") }

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// form is what the page's own form sends, hidden fields first.
func (s shown) form(action string, typed url.Values) url.Values {
	s.t.Helper()
	_, rest, ok := strings.Cut(s.body, `action="`+action+`"`)
	if !ok {
		s.t.Fatalf("%s: no form to %s in\n%s", s.at, action, s.text())
	}
	rest, _, _ = strings.Cut(rest, "</form>")
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(rest, -1) {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	for name, v := range typed {
		values[name] = v
	}
	return values
}

// urged counts how often people, not the clock, have urged a case.
func (w *site) urged(id string) (n int) {
	w.t.Helper()
	ledger, err := w.store.Ledger(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range ledger {
		e, err := row.Event()
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Kind == casefile.EventUrged && e.Actor != casefile.Clockwork {
			n++
		}
	}
	return n
}
