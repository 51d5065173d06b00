package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/api"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// client speaks to the API inside this process. It keeps the directory as it was last
// told, and asks each time whether that still holds.
type client struct {
	handler http.Handler
	kept    *keptDirectories
}

func newClient(handler http.Handler) client { return client{handler, &keptDirectories{}} }

// caller is for whom the API is asked, and in which language.
type caller struct {
	ctx  context.Context
	who  *visitor // nil: nobody
	lang lang
	from string // address
	// complainant is the id of the case whose receipt the browser has shown; empty: none.
	complainant string
}

func callerOf(r *http.Request) caller {
	return caller{ctx: r.Context(), who: visitorOf(r), lang: langOf(r), from: r.RemoteAddr}
}

func (c client) get(by caller, path string, answer any) error {
	_, err := c.call(by, http.MethodGet, path, "", nil, answer)
	return err
}

// call asks the API. replayed: the same was asked before, and done then. Refusals are
// *problem.
func (c client) call(by caller, method, path, key string, body, answer any) (replayed bool, err error) {
	headers := http.Header{}
	if key != "" {
		headers.Set("Idempotency-Key", key)
	}
	got, err := c.ask(by, method, path, headers, body)
	if err != nil {
		return false, err
	}
	if answer != nil {
		if err := json.Unmarshal(got.body.Bytes(), answer); err != nil {
			return false, fmt.Errorf("read the API's answer: %w", err)
		}
	}
	return got.header.Get("Idempotent-Replay") != "", nil
}

// ask asks the API and gives its answer, which is no refusal.
func (c client) ask(by caller, method, path string, headers http.Header, body any) (*response, error) {
	r, err := request(by, method, path, body)
	if err != nil {
		return nil, err
	}
	for name := range headers {
		r.Header.Set(name, headers.Get(name))
	}
	got := &response{header: http.Header{}, status: http.StatusOK}
	c.handler.ServeHTTP(got, r)
	return got, got.refusal()
}

// relay hands on what the API answers while it writes it. Refusals are *problem, and
// nothing has been written then.
func (c client) relay(w http.ResponseWriter, by caller, path string) error {
	r, err := request(by, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	got := &response{header: http.Header{}, status: http.StatusOK, to: w}
	c.handler.ServeHTTP(got, r)
	return got.refusal()
}

// request is what the API is asked.
func request(by caller, method, path string, body any) (*http.Request, error) {
	var sent []byte
	var err error
	if raw, ok := body.(json.RawMessage); ok {
		sent = raw // its lines are counted
	} else if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
	}
	ctx := context.WithValue(by.ctx, chi.RouteCtxKey, (*chi.Context)(nil)) // the page's own is not the API's
	if by.who != nil {
		ctx = api.As(ctx, by.who.Official)
	}
	if by.complainant != "" {
		ctx = api.AsPetitioner(ctx, by.complainant)
	}
	r, err := http.NewRequestWithContext(ctx, method, "/api/v1"+path, bytes.NewReader(sent))
	if err != nil {
		return nil, fmt.Errorf("ask the API: %w", err)
	}
	r.RemoteAddr = by.from
	r.Header.Set("Accept-Language", by.lang.tag())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// response keeps the API's answer; one that is no refusal goes on to a reader, if there is
// one, as it comes.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
	to     http.ResponseWriter
	begun  bool
}

func (r *response) Header() http.Header    { return r.header }
func (r *response) WriteHeader(status int) { r.status = status }

// Unwrap lets the API say how long the reader may take.
func (r *response) Unwrap() http.ResponseWriter { return r.to }

func (r *response) Write(b []byte) (int, error) {
	if r.to == nil || r.status >= http.StatusBadRequest {
		return r.body.Write(b)
	}
	if !r.begun {
		for _, name := range []string{"Content-Type", "Content-Language", "Content-Disposition"} {
			r.to.Header().Set(name, r.header.Get(name))
		}
		r.begun = true
	}
	return r.to.Write(b)
}

// refusal is the *problem that the API answered with; nil when it did what was asked.
func (r *response) refusal() error {
	if r.status < http.StatusBadRequest {
		return nil
	}
	p := &problem{}
	if json.Unmarshal(r.body.Bytes(), p) != nil || p.Status == 0 {
		return fmt.Errorf("the API answers %d", r.status)
	}
	p.after = r.header.Get("Retry-After")
	return p
}

// problem is a refusal: the API's, in the caller's language, or the console's own in both.
type problem struct {
	Status   int             `json:"status"`
	Code     string          `json:"code"`
	Title    string          `json:"title"`
	Detail   string          `json:"detail"`
	Rule     string          `json:"rule"`
	Fields   []fieldProblem  `json:"fields"`
	Commands []casefile.Kind `json:"commands"`
	own      [2]policy.Text  // heading and sentence
	after    string          // seconds to wait
}

type fieldProblem struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line"`   // of a file that the field has; 0: none
	Column  int    `json:"column"` // in that line; 0: the whole of it
}

func (p *problem) Error() string { return p.Code }

func (p *problem) heading(l lang) string {
	if p.Title != "" {
		return p.Title
	}
	return l.of(p.own[0])
}

func (p *problem) detail(l lang) string {
	if p.Detail != "" {
		return p.Detail
	}
	return l.of(p.own[1])
}

func refuse(status int, code string, heading, sentence policy.Text) *problem {
	return &problem{Status: status, Code: code, own: [2]policy.Text{heading, sentence}}
}

// The console's own refusals.
var (
	errNoPage = refuse(http.StatusNotFound, "no_such_address", policy.Text{Chinese: "没有这个页面", English: "There is no such page"},
		policy.Text{Chinese: "地址可能有误，或页面已不存在。", English: "The address may be wrong, or the page is gone."})
	errMethod = refuse(http.StatusMethodNotAllowed, "method_not_allowed", policy.Text{Chinese: "此地址不能这样使用", English: "This address can't be used like this"},
		policy.Text{Chinese: "请从页面上的链接或按钮重新进入。", English: "Start again from a link or button on a page."})
	errForeign = refuse(http.StatusForbidden, "foreign_origin", policy.Text{Chinese: "请求来自其他网站", English: "The request came from another site"},
		policy.Text{Chinese: "为您的安全，未予执行。请从本系统的页面上操作。", English: "For your safety nothing was done. Use the pages of this site."})
	errTemporary = refuse(http.StatusForbidden, "temporary_password", policy.Text{Chinese: "请先更改口令", English: "Change your password first"},
		policy.Text{Chinese: "您用的是临时口令，更改后才能办理，刚才的操作没有执行。", English: "Yours is a temporary password. Nothing was done: change it, then go on."})
	errForm = refuse(http.StatusBadRequest, "malformed_form", policy.Text{Chinese: "提交的内容无法读取", English: "The form could not be read"},
		policy.Text{Chinese: "内容过大或不完整，请返回后重试。", English: "It was too large or incomplete. Go back and try again."})
	errInternal = refuse(http.StatusInternalServerError, "internal_error", policy.Text{Chinese: "系统出错", English: "Something went wrong"},
		policy.Text{Chinese: "系统内部错误，已记录。请稍后再试，仍不行请联系管理员。", English: "An internal error; it has been logged. Try again later, or ask the administrator."})
	errAway = refuse(http.StatusServiceUnavailable, "database_unavailable", policy.Text{Chinese: "暂时不可用", English: "Not available for the moment"},
		policy.Text{Chinese: "数据库暂时没有应答，请稍后再试。", English: "The database does not answer for the moment; try again shortly."})
)

// What the pages read of the API's answers.

type summary struct {
	ID        string  `json:"id"`
	Number    string  `json:"number"`
	Reference *string `json:"reference"`
	Title     string  `json:"title"`
	Origin    string  `json:"origin"`
	Channel   string  `json:"channel"`
	Purpose   string  `json:"purpose"`
	Category  string  `json:"category"`
	Campaign  *struct {
		Name string `json:"name"`
	} `json:"campaign"`
	Headcount   int                  `json:"headcount"`
	Repeated    bool                 `json:"repeated"`
	Collective  bool                 `json:"collective"`
	SkipLevel   bool                 `json:"skip_level"`
	Key         bool                 `json:"key"`
	Difficult   bool                 `json:"difficult"`
	Urgent      bool                 `json:"urgent"`
	Stage       casefile.Stage       `json:"stage"`
	Lamp        casefile.Lamp        `json:"lamp"`
	Late        bool                 `json:"late"`
	Office      string               `json:"office"`
	Unit        string               `json:"unit"`
	UnitName    string               `json:"unit_name"`
	Direct      bool                 `json:"direct"`
	ReceivedOn  calendar.Date        `json:"received_on"`
	Supervision casefile.Supervision `json:"supervision"`
	Leaders     struct {
		Upper *seat `json:"upper"`
		Lower *seat `json:"lower"`
	} `json:"leaders"`
	Clocks   []clock         `json:"clocks"`
	Commands []casefile.Kind `json:"commands"`
}

type seat struct {
	Official       string     `json:"official"`
	Name           string     `json:"name"`
	Post           string     `json:"post"`
	AssignedAt     time.Time  `json:"assigned_at"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	SignedAt       *time.Time `json:"signed_at"`
	LastActAt      *time.Time `json:"last_act_at"`
}

type clock struct {
	ID     string       `json:"id"`
	Rule   string       `json:"rule"`
	Name   string       `json:"name"`
	Source string       `json:"source"`
	Basis  policy.Basis `json:"basis"`
	Bearer struct {
		Whose policy.Bearer `json:"whose"`
		Who   string        `json:"who"`
	} `json:"bearer"`
	From           calendar.Date   `json:"from"`
	Length         int             `json:"length"`
	Unit           calendar.Unit   `json:"unit"`
	InternalDue    calendar.Date   `json:"internal_due"`
	StatutoryDue   calendar.Date   `json:"statutory_due"`
	DueAt          *time.Time      `json:"due_at"` // where it is due at an instant
	Provisional    bool            `json:"provisional"`
	YellowOn       calendar.Date   `json:"yellow_on"`
	ExtendedDays   int             `json:"extended_days"`
	SuspendedSince *time.Time      `json:"suspended_since"`
	Suspensions    []casefile.Span `json:"suspensions"`
	MetAt          *time.Time      `json:"met_at"`
	EndedAt        *time.Time      `json:"ended_at"`
	Lamp           casefile.Lamp   `json:"lamp"`
	Overdue        bool            `json:"overdue"`
	LateDays       int             `json:"late_days"`
	LateHours      int             `json:"late_hours"` // of a clock in hours
}

// Path is the clock's id as a part of an address.
func (k clock) Path() string { return url.PathEscape(k.ID) }

// Since is the instant from which a clock in hours runs, nil of any other.
func (k clock) Since() *time.Time {
	if k.Unit != calendar.Hour || k.DueAt == nil {
		return nil
	}
	since := k.DueAt.Add(-time.Duration(k.Length) * time.Hour)
	return &since
}

// Running reports whether the clock has neither been met nor ended.
func (k clock) Running() bool { return k.MetAt == nil && k.EndedAt == nil }

// Next is the running clock of a case that is due first.
func (s summary) Next() *clock {
	var next *clock
	for i, k := range s.Clocks {
		if k.Running() && k.SuspendedSince == nil && (next == nil || k.InternalDue.Before(next.InternalDue)) {
			next = &s.Clocks[i]
		}
	}
	return next
}

// clock is the clock with an id; nil where there is none.
func (s summary) clock(id string) *clock {
	i := slices.IndexFunc(s.Clocks, func(k clock) bool { return k.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Clocks[i]
}

// NameOf is the leader's name who holds a seat of the case.
func (s summary) NameOf(official string) string {
	for _, seat := range []*seat{s.Leaders.Upper, s.Leaders.Lower} {
		if seat != nil && seat.Official == official {
			return seat.Name
		}
	}
	return official
}

type caseView struct {
	summary
	WaitsFor   []casefile.Kind `json:"waits_for"`
	Text       *string         `json:"text"`
	Petitioner *petitionerView `json:"petitioner"`
	Opinion    *struct {
		Version int       `json:"version"`
		Result  string    `json:"result"`
		Days    *int      `json:"days"`
		Hash    string    `json:"hash"`
		Text    *string   `json:"text"`
		At      time.Time `json:"at"`
	} `json:"opinion"`
	Track      string `json:"track"`
	Route      string `json:"route"`
	Suspension *struct {
		Reason string `json:"reason"`
	} `json:"suspension"`
	Channels []struct {
		Channel    casefile.ChannelName `json:"channel"`
		Letter     string               `json:"letter"`
		Due        *calendar.Date       `json:"due"`
		OpenedAt   time.Time            `json:"opened_at"`
		ReleasedAt *time.Time           `json:"released_at"`
	} `json:"channels"`
	Suggestions []struct {
		Number  int     `json:"number"`
		Kind    string  `json:"kind"`
		Organ   string  `json:"organ"`
		Outcome *string `json:"outcome"`
	} `json:"suggestions"`
	Rights []struct {
		Name   string        `json:"name"`
		Source string        `json:"source"`
		Until  calendar.Date `json:"until"`
	} `json:"rights"`
}

type petitionerView struct {
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Address  string `json:"address"`
	Identity string `json:"identity"`
}

type event struct {
	Seq          int64                `json:"seq"`
	At           time.Time            `json:"at"`
	Kind         casefile.EventKind   `json:"kind"`
	Actor        string               `json:"actor"`
	Role         casefile.Role        `json:"role"`
	For          string               `json:"for"`
	Rule         string               `json:"rule"`
	Text         *string              `json:"text"`
	On           calendar.Date        `json:"on"`
	Unit         string               `json:"unit"`
	Organ        string               `json:"organ"`
	Upper        string               `json:"upper"`
	Lower        string               `json:"lower"`
	Why          string               `json:"why"`
	Seat         casefile.SeatName    `json:"seat"`
	Act          string               `json:"act"`
	Days         int                  `json:"days"`
	Result       string               `json:"result"`
	Means        string               `json:"means"`
	Channel      casefile.ChannelName `json:"channel"`
	Letter       string               `json:"letter"`
	Reason       string               `json:"reason"`
	Ground       string               `json:"ground"`
	DecidedBy    string               `json:"decided_by"`
	From         string               `json:"from"`
	To           string               `json:"to"`
	Route        string               `json:"route"`
	Organs       []string             `json:"organs"`
	Outcome      string               `json:"outcome"`
	Meeting      string               `json:"meeting"`
	Money        int64                `json:"money"`
	OfficeRating string               `json:"office_rating"`
	UnitRating   string               `json:"unit_rating"`
	Suggestion   string               `json:"suggestion"`
	Corrected    []string             `json:"corrected"`
	Title        string               `json:"title"`
	Clock        string               `json:"clock"`
	Step         string               `json:"step"`
	Until        calendar.Date        `json:"until"`
	Receiver     string               `json:"receiver"`
}

type task struct {
	Do    casefile.Kind  `json:"do"`
	For   string         `json:"for"` // empty: nobody
	Due   *calendar.Date `json:"due"`
	DueAt *time.Time     `json:"due_at"`
	Clock string         `json:"clock"` // id of the time limit; empty: none
	Lamp  casefile.Lamp  `json:"lamp"`
	Case  summary        `json:"case"`
}

// Limit is the time limit that the task is due by; nil: none.
func (t task) Limit() *clock { return t.Case.clock(t.Clock) }

type notice struct {
	Case   string             `json:"case"`
	Number string             `json:"number"`
	Title  string             `json:"title"`
	Kind   casefile.EventKind `json:"kind"`
	At     time.Time          `json:"at"`
}

type inbox struct {
	Tasks   []task   `json:"tasks"`
	Total   int      `json:"total"`
	Notices []notice `json:"notices"`
}

type duty struct {
	Clock clock   `json:"clock"`
	Case  summary `json:"case"`
}

type duties struct {
	Duties []duty `json:"duties"`
	Total  int    `json:"total"`
	Red    int    `json:"red"`
}

type step struct {
	Clock string        `json:"clock"`
	Step  string        `json:"step"`
	Due   calendar.Date `json:"due"`
	At    time.Time     `json:"at"`
	State string        `json:"state"`
}

type story struct {
	Clock       clock           `json:"clock"`
	Moves       []casefile.Move `json:"moves"`
	RestDays    []calendar.Day  `json:"rest_days"`
	MakeUpDays  []calendar.Day  `json:"make_up_days"`
	Calendar    string          `json:"calendar"`
	Explanation string          `json:"explanation"`
}

type list struct {
	Cases      []summary `json:"cases"`
	Total      int       `json:"total"`
	NextCursor *string   `json:"next_cursor"`
}

type official struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Post      string        `json:"post"`
	Level     string        `json:"level"`
	Unit      string        `json:"unit"`
	Role      casefile.Role `json:"role"`
	Portfolio string        `json:"portfolio"`
	Email     string        `json:"email"` // for the administrator alone
}

type unit struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Level  string `json:"level"`
	Parent string `json:"parent"`

	EndedOn   calendar.Date `json:"ended_on"`
	Successor string        `json:"successor"`
}

// Ended reports whether the unit was merged or abolished.
func (u unit) Ended() bool { return !u.EndedOn.IsZero() }

// directory is who and what is behind ids and codes. It is the same for many requests and
// never changed.
type directory struct {
	Officials []official
	Units     []unit
	officials map[string]official
	units     map[string]unit
}

// keptDirectories are directories as the API gave them, the latest last, each with its tag.
// Administrators are told more than others, so there are two of each version.
type keptDirectories struct {
	sync.Mutex
	directories []tagged
}

type tagged struct {
	directory
	tag string
}

// mostKept is how many directories are kept: those of two versions.
const mostKept = 4

// directory is the whole directory. While it stays the same it is neither written nor read
// anew: of ten thousand officials that alone would take a tenth of a second.
func (c client) directory(by caller) (directory, error) {
	c.kept.Lock()
	known := slices.Clone(c.kept.directories)
	c.kept.Unlock()
	var tags []string
	for _, d := range known {
		tags = append(tags, d.tag)
	}
	asked := http.Header{}
	if len(tags) > 0 {
		asked.Set("If-None-Match", strings.Join(tags, ", "))
	}
	got, err := c.ask(by, http.MethodGet, "/officials", asked, nil)
	if err != nil {
		return directory{}, err
	}
	tag := got.header.Get("ETag")
	if i := slices.Index(tags, tag); i >= 0 && got.status == http.StatusNotModified {
		return known[i].directory, nil
	}
	var all struct {
		Officials []official `json:"officials"`
		Units     []unit     `json:"units"`
	}
	if err := json.Unmarshal(got.body.Bytes(), &all); err != nil {
		return directory{}, fmt.Errorf("read the API's answer: %w", err)
	}
	if err := c.get(by, "/units", &all); err != nil { // of a later version, perhaps: the next request has another tag then
		return directory{}, err
	}
	d := directory{all.Officials, all.Units, map[string]official{}, map[string]unit{}}
	for _, o := range d.Officials {
		d.officials[o.ID] = o
	}
	for _, u := range d.Units {
		d.units[u.Code] = u
	}
	c.kept.Lock()
	defer c.kept.Unlock()
	if !slices.ContainsFunc(c.kept.directories, func(k tagged) bool { return k.tag == tag }) {
		c.kept.directories = append(c.kept.directories, tagged{d, tag})
	}
	if n := len(c.kept.directories); n > mostKept {
		c.kept.directories = slices.Clone(c.kept.directories[n-mostKept:])
	}
	return d, nil
}

// Name is the name of an official or a unit; of one that is unknown, the code.
func (d directory) Name(code string) string {
	if o, ok := d.officials[code]; ok {
		return o.Name
	}
	if u, ok := d.units[code]; ok {
		return u.Name
	}
	return code
}

// listed is a list of the API from its beginning to its end. The address has a condition
// already; field is the list's name in the answers.
func listed[T any](c client, by caller, address, field string) (all []T, err error) {
	for cursor := ""; ; {
		var page map[string]json.RawMessage
		if err := c.get(by, address+"&limit=200"+cursor, &page); err != nil {
			return nil, err
		}
		var some []T
		var next *string
		if err := errors.Join(json.Unmarshal(page[field], &some), json.Unmarshal(page["next_cursor"], &next)); err != nil {
			return nil, fmt.Errorf("read %s: %w", field, err)
		}
		if all = append(all, some...); next == nil {
			return all, nil
		}
		cursor = "&cursor=" + url.QueryEscape(*next)
	}
}

func (c client) policy(by caller) (*policy.Policy, error) {
	p := &policy.Policy{}
	return p, c.get(by, "/policy", p)
}
