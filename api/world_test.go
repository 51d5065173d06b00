package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"shuangze/activities"
	"shuangze/api"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded/embeddedtest"
	"shuangze/store"
	"shuangze/worker"
	"shuangze/workflows"
)

func TestMain(m *testing.M) {
	embeddedtest.Main(m, embeddedtest.Options{
		SearchAttributes: map[string]string{"CaseStage": "Keyword", "CaseUnit": "Keyword", "CaseSupervision": "Keyword"},
	})
}

// units are a prefecture with two counties below it.
var units = []casefile.Unit{
	{Code: "p", Name: "地委行署", Kind: casefile.Authority, Level: "prefecture"},
	{Code: "p-xf", Name: "地区信访局", Kind: casefile.PetitionOfficeKind, Level: "prefecture", Parent: "p"},
	{Code: "p-dc", Name: "地委督查室", Kind: casefile.SupervisionOfficeKind, Level: "prefecture", Parent: "p"},
	{Code: "p-rs", Name: "地区人社局", Kind: casefile.Department, Level: "prefecture", Parent: "p"},
	{Code: "a", Name: "甲县党委政府", Kind: casefile.Authority, Level: "county", Parent: "p"},
	{Code: "a-xf", Name: "甲县信访局", Kind: casefile.PetitionOfficeKind, Level: "county", Parent: "a"},
	{Code: "a-dc", Name: "甲县督查室", Kind: casefile.SupervisionOfficeKind, Level: "county", Parent: "a"},
	{Code: "a-nc", Name: "甲县农业农村局", Kind: casefile.Department, Level: "section", Parent: "a"},
	{Code: "a-zr", Name: "甲县自然资源局", Kind: casefile.Department, Level: "section", Parent: "a"},
	{Code: "b", Name: "乙县党委政府", Kind: casefile.Authority, Level: "county", Parent: "p"},
	{Code: "b-xf", Name: "乙县信访局", Kind: casefile.PetitionOfficeKind, Level: "county", Parent: "b"},
	{Code: "b-dc", Name: "乙县督查室", Kind: casefile.SupervisionOfficeKind, Level: "county", Parent: "b"},
	{Code: "b-nc", Name: "乙县农业农村局", Kind: casefile.Department, Level: "section", Parent: "b"},
}

// officials: their ids say where they are and what they do.
var officials = []casefile.Official{
	{ID: "p-registrar", Name: "葛癸", Post: "信访局工作人员", Level: "section", Unit: "p-xf", Role: casefile.Registrar, Email: "p-registrar@shuangze.example"},
	{ID: "p-supervisor", Name: "章己", Post: "信访局局长", Level: "county", Unit: "p-xf", Role: casefile.Supervisor},
	{ID: "p-inspector", Name: "花丁", Post: "督查室主任", Level: "county", Unit: "p-dc", Role: casefile.Inspector},
	{ID: "p-leader", Name: "范丙", Post: "地委副书记", Level: "prefecture", Unit: "p", Role: casefile.Leader, Portfolio: "信访、政法"},
	{ID: "p-vice", Name: "何甲", Post: "行署副专员", Level: "prefecture", Unit: "p", Role: casefile.Leader, Portfolio: "农业、人社"},
	{ID: "p-rs-officer", Name: "史戊", Post: "承办人", Level: "staff", Unit: "p-rs", Role: casefile.Officer},
	{ID: "p-rs-head", Name: "曹甲", Post: "人社局长", Level: "county", Unit: "p-rs", Role: casefile.Leader},
	{ID: "a-registrar", Name: "华乙", Post: "信访局工作人员", Level: "staff", Unit: "a-xf", Role: casefile.Registrar},
	{ID: "a-supervisor", Name: "任庚", Post: "信访局局长", Level: "section", Unit: "a-xf", Role: casefile.Supervisor},
	{ID: "a-inspector", Name: "喻丁", Post: "督查室主任", Level: "section", Unit: "a-dc", Role: casefile.Inspector},
	{ID: "a-leader", Name: "施癸", Post: "甲县副书记", Level: "county", Unit: "a", Role: casefile.Leader, Portfolio: "信访、政法"},
	{ID: "a-vice", Name: "马己", Post: "甲县副县长", Level: "county", Unit: "a", Role: casefile.Leader, Portfolio: "农业、自然资源"},
	{ID: "a-nc-head", Name: "金壬", Post: "农业农村局长", Level: "section", Unit: "a-nc", Role: casefile.Leader},
	{ID: "a-nc-officer", Name: "冯辛", Post: "承办人", Level: "staff", Unit: "a-nc", Role: casefile.Officer},
	{ID: "a-nc-second", Name: "谢乙", Post: "承办人", Level: "staff", Unit: "a-nc", Role: casefile.Officer},
	{ID: "a-zr-head", Name: "秦戊", Post: "自然资源局长", Level: "section", Unit: "a-zr", Role: casefile.Leader},
	{ID: "a-zr-officer", Name: "袁乙", Post: "承办人", Level: "staff", Unit: "a-zr", Role: casefile.Officer},
	{ID: "b-registrar", Name: "周庚", Post: "信访局工作人员", Level: "staff", Unit: "b-xf", Role: casefile.Registrar},
	{ID: "b-supervisor", Name: "陈戊", Post: "信访局局长", Level: "section", Unit: "b-xf", Role: casefile.Supervisor},
	{ID: "b-leader", Name: "史壬", Post: "乙县副书记", Level: "county", Unit: "b", Role: casefile.Leader, Portfolio: "信访"},
	{ID: "b-nc-head", Name: "苗辛", Post: "农业农村局长", Level: "section", Unit: "b-nc", Role: casefile.Leader},
	{ID: "b-nc-officer", Name: "吕壬", Post: "承办人", Level: "staff", Unit: "b-nc", Role: casefile.Officer},
	{ID: "admin", Name: "陶戊", Post: "系统管理员", Level: "staff", Unit: "p", Role: casefile.Admin},
	{ID: "auditor", Name: "岑甲", Post: "审计员", Level: "staff", Unit: "p", Role: casefile.Auditor},
}

var key = store.NewKey()

func openStore(ctx context.Context, url string) (*store.Store, error) {
	keys, err := store.ParseKeys(key)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, url, keys)
}

// directory is a database with the schema, the units and the officials.
var directory = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	s, err := openStore(ctx, url)
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

// begin is when cases live in tests: a working Tuesday.
var begin = time.Date(2026, time.September, 1, 2, 0, 0, 0, time.UTC)

// world is a whole system: database, engine, worker and interface.
type world struct {
	t       testing.TB
	store   *store.Store
	config  api.Config
	handler http.Handler
	log     *bytes.Buffer // guarded by logMu
	logMu   *sync.Mutex
	tokens  map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := newStoreWorld(t)
	temporal, err := client.Dial(client.Options{
		HostPort: embeddedtest.Temporal(t).Address, Namespace: embeddedtest.Namespace(t), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temporal.Close)
	w.config.Engine = workflows.Engine{Temporal: temporal}
	w.handler = api.New(w.config)
	work(t, w)
	return w
}

// newStoreWorld is a world whose engine is at a port where nothing listens.
func newStoreWorld(t *testing.T) *world {
	t.Helper()
	s, err := openStore(t.Context(), directory.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: s, log: &bytes.Buffer{}, logMu: &sync.Mutex{}, tokens: map[string]string{}}
	w.config = api.Config{
		Store: s, Engine: workflows.Engine{Temporal: nowhere, Patience: 2 * time.Second},
		Clock: casetime.Rehearsal(begin, 1), Log: slog.New(slog.NewJSONHandler(&lockedWriter{w.log, w.logMu}, nil)),
		Limits: api.Limits{Requests: 100_000, Failures: 100_000, Public: 100_000},
	}
	w.handler = api.New(w.config)
	return w
}

type lockedWriter struct {
	b  *bytes.Buffer
	mu *sync.Mutex
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (w *world) logged() string {
	w.logMu.Lock()
	defer w.logMu.Unlock()
	return w.log.String()
}

// rules are those in force.
func (w *world) rules() casefile.Rules {
	w.t.Helper()
	r, err := w.store.Rules(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// work runs a worker until the test ends.
func work(t *testing.T, w *world) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- worker.Run(ctx, w.config.Engine.Temporal, &activities.Activities{
			Store: w.store, Clock: w.config.Clock, Engine: w.config.Engine, Log: w.config.Log,
		}, w.config.Log)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && !strings.Contains(err.Error(), context.Canceled.Error()) { // a short test ends while it starts
			t.Errorf("worker: %v", err)
		}
	})
}

// at is the same world seen at another time.
func (w *world) at(now time.Time) *world {
	later := *w
	later.config.Clock = casetime.Rehearsal(now, 1)
	later.config.Registry = prometheus.NewRegistry()
	later.handler = api.New(later.config)
	return &later
}

func (w *world) token(official string) string {
	w.t.Helper()
	if w.tokens[official] == "" {
		_, secret, err := w.store.NewToken(w.t.Context(), official, time.Now(), time.Hour, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		w.tokens[official] = secret
	}
	return w.tokens[official]
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any // of a JSON object
}

// str is a value inside the answer, by names and indexes: "leaders.upper.official".
func (a answer) get(path string) any {
	var v any = a.json
	for name := range strings.SplitSeq(path, ".") {
		switch inner := v.(type) {
		case map[string]any:
			v = inner[name]
		default:
			return nil
		}
	}
	return v
}

func (a answer) str(path string) string {
	s, _ := a.get(path).(string)
	return s
}

// do asks as an official ("" for nobody). body is sent as JSON; a string as it is.
// The answer is checked against openapi.yaml.
func (w *world) do(official, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case io.Reader:
		reader = b
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, reader)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if official != "" {
		r.Header.Set("Authorization", "Bearer "+w.token(official))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header[http.CanonicalHeaderKey(headers[i])] = append(r.Header[http.CanonicalHeaderKey(headers[i])][:0:0], headers[i+1])
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	result := recorder.Result()
	a := answer{status: result.StatusCode, header: result.Header, body: recorder.Body.Bytes()}
	_ = json.Unmarshal(a.body, &a.json)
	conforms(w.t, r, sent, a)
	return a
}

// conforms checks an answer, and a request that was carried out, against openapi.yaml.
func conforms(t testing.TB, r *http.Request, sent []byte, a answer) {
	t.Helper()
	if a.status == http.StatusNotFound && a.str("code") == "no_such_address" && !strings.HasPrefix(r.URL.Path, "/api/v1/problems/") ||
		a.status == http.StatusMethodNotAllowed || r.Method == http.MethodHead {
		return // what is not in the document
	}
	if mediaType := a.header.Get("Content-Type"); !strings.Contains(mediaType, "json") {
		return
	}
	plain := httptest.NewRequest(r.Method, "http://localhost"+r.URL.RequestURI(), bytes.NewReader(sent))
	plain.Header = r.Header
	ok, problems := contract().ValidateHttpResponse(plain, &http.Response{
		StatusCode: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
	})
	if a.status < 300 && len(sent) > 0 {
		fits, more := contract().ValidateHttpRequest(plain)
		ok, problems = ok && fits, append(problems, more...)
	}
	if ok {
		return
	}
	for _, p := range problems {
		t.Errorf("%s %s: %d is not what openapi.yaml says: %s %s", r.Method, r.URL.Path, a.status, p.Message, p.Reason)
		for _, s := range p.SchemaValidationErrors {
			t.Errorf("  %s: %s", s.KeywordLocation, s.Reason)
		}
	}
	t.Logf("%s", a.body)
}

var contract = sync.OnceValue(func() validator.Validator {
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		panic(err)
	}
	doc, err := libopenapi.NewDocument(raw)
	if err != nil {
		panic(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		panic(errs[0])
	}
	return v
})

// want fails the test unless the answer has this status and, for a problem, code.
func (a answer) want(t testing.TB, status int, code string) answer {
	t.Helper()
	if a.status != status || a.str("code") != code {
		t.Fatalf("answered %d %q, want %d %q: %s", a.status, a.str("code"), status, code, a.body)
	}
	return a
}

// fields are the fields a problem names, with their codes: "unit:required".
func (a answer) fields() []string {
	list := []string{}
	fields, _ := a.json["fields"].([]any)
	for _, f := range fields {
		m, _ := f.(map[string]any)
		list = append(list, m["field"].(string)+":"+m["code"].(string))
	}
	slices.Sort(list)
	return list
}

func (a answer) strings(path string) []string {
	list := []string{}
	values, _ := a.get(path).([]any)
	for _, v := range values {
		list = append(list, v.(string))
	}
	return list
}

// m is a JSON object.
type m = map[string]any

// registration is a body that a registrar of the prefecture can send.
func registration(changes ...m) m {
	body := m{
		"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc",
		"received_at": "2026-08-31T10:58:00+08:00", "title": "甲县：农业补贴发放错误", "text": "信访人反映农业补贴发放错误，请求依法处理。",
		"petitioner": m{"name": "贺某某", "phone": "13900000002", "address": "甲县第九委10号"},
	}
	for _, change := range changes {
		for name, v := range change {
			if v == nil {
				delete(body, name)
			} else {
				body[name] = v
			}
		}
	}
	return body
}

// register registers a case and returns its id.
func (w *world) register(changes ...m) string {
	w.t.Helper()
	a := w.do("p-registrar", "POST", "/api/v1/cases", registration(changes...))
	return a.want(w.t, http.StatusCreated, "").str("id")
}

// command gives a command that must succeed.
func (w *world) command(official, id, command string, body m) answer {
	w.t.Helper()
	if body == nil {
		body = m{}
	}
	return w.do(official, "POST", "/api/v1/cases/"+id+"/commands/"+command, body).want(w.t, http.StatusOK, "")
}
