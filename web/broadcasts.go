package web

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/policy"
)

// bulkCommands are what the list offers for many cases at once: all that can be ordered so,
// what is done most often first.
var bulkCommands = []casefile.Kind{casefile.Urge, casefile.Assign, casefile.HandOver, casefile.Supervise, casefile.Enlist}

// bulkPage is an order for many cases: its form, and what would come of it.
type bulkPage struct {
	page
	Command casefile.Kind
	Key     string // with which it is ordered: the same form twice does one thing
	Cases   []string
	All     bool     // all that fit, in place of those named
	Asked   string   // the part of the list's address that says what fits
	Said    []string // the same in words
	Fields  []field
	Problem *problem
	Trial   *trial // as tried out; nil while the form is filled in
	Moved   int    // how many it was about when it was tried out before; 0: as many
}

// Wrong are the fields that must be corrected.
func (p bulkPage) Wrong() []field { return wrongOf(p.Fields) }

// Says is what was filled into a field, in words; nil for an empty one that means nothing.
func (p bulkPage) Says(f field) *fact {
	said := cmp.Or(f.Says(), f.Blank)
	if said == "" {
		return nil
	}
	return &fact{f.Label, said}
}

// List is the address of the list that the cases were chosen from.
func (p bulkPage) List() string {
	values, _ := url.ParseQuery(p.Asked)
	return listAt(values)
}

// trial is what would come of an order.
type trial struct {
	Total    int           `json:"total"`
	Accepted int           `json:"accepted"`
	Refused  int           `json:"refused"`
	Refusals []caseOutcome `json:"refusals"`
}

// caseOutcome is what became, or would become, of one case of an order.
type caseOutcome struct {
	Case   string         `json:"case"`
	Number string         `json:"number"`
	Title  string         `json:"title"`
	Result string         `json:"result"`
	Detail string         `json:"detail"`
	Fields []fieldProblem `json:"fields"`
	At     *time.Time     `json:"at"`
}

// Why is the reason of a refusal, with what is wrong in its fields.
func (o caseOutcome) Why() string {
	said := []string{o.Detail}
	for _, f := range o.Fields {
		said = append(said, f.Message)
	}
	return strings.Join(said, " ")
}

// postBulk takes an order step by step: the form, the trial, the order itself. What is
// ordered is what was shown: when by now other cases fit, it is shown anew.
func (s *console) postBulk(w http.ResponseWriter, r *http.Request) error {
	by, form := callerOf(r), r.PostForm
	kind, step := casefile.Kind(form.Get("command")), form.Get("step")
	if !slices.Contains(bulkCommands, kind) {
		return errNoPage
	}
	p, err := s.bulkPage(r, kind, form)
	if err != nil {
		return err
	}
	if !p.All && len(p.Cases) == 0 {
		p.Problem = refuse(http.StatusUnprocessableEntity, "no_cases", policy.Text{Chinese: "没有选择", English: "Nothing is chosen"}, policy.Text{
			Chinese: "没有选中任何信访事项，请返回列表勾选。", English: "No case is chosen. Go back to the list and tick some.",
		})
		p.Problem.Detail = p.Problem.detail(by.lang)
		return s.show(w, r, http.StatusUnprocessableEntity, "bulk", p)
	}
	if step == "" || step == "form" {
		return s.show(w, r, http.StatusOK, "bulk", p)
	}
	order := p.order(form)
	if seen, err := strconv.Atoi(form.Get("total")); err == nil && step == "order" {
		// The API looks for the key first: what this form has ordered may have changed which
		// cases fit, and whether they would take it again.
		order["total"] = seen
		var made broadcast
		_, err := s.api.call(by, http.MethodPost, "/broadcasts", p.Key, order, &made)
		var refused *problem
		switch {
		case err == nil:
			http.Redirect(w, r, "/broadcasts/"+url.PathEscape(made.ID), http.StatusSeeOther)
			return nil
		case errors.As(err, &refused) && refused.Code == "selection_moved":
			p.Moved = seen
		case errors.As(err, &refused) && refused.Code == "no_case_takes_it": // the trial says why
		default:
			return s.refusedOrder(w, r, p, err)
		}
		delete(order, "total")
	}
	order["dry_run"] = true
	var tried trial
	if _, err := s.api.call(by, http.MethodPost, "/broadcasts", "", order, &tried); err != nil {
		return s.refusedOrder(w, r, p, err)
	}
	p.Trial = &tried
	return s.show(w, r, http.StatusOK, "bulk", p)
}

// getBulk shows an order's form again to whoever had to sign in while they filled it in;
// otherwise orders begin at the list.
func (s *console) getBulk(w http.ResponseWriter, r *http.Request) error {
	typed, again := typedAgain(r)
	kind := casefile.Kind(typed.Get("command"))
	if !again || !slices.Contains(bulkCommands, kind) {
		return s.toList(w, r)
	}
	p, err := s.bulkPage(r, kind, typed)
	if err != nil {
		return err
	}
	p.Back, p.Done = "", p.Lang.signedInAgain()
	return s.show(w, r, http.StatusOK, "bulk", p)
}

// refusedOrder shows the form again with what is wrong.
func (s *console) refusedOrder(w http.ResponseWriter, r *http.Request, p bulkPage, err error) error {
	refused, err := refusal(err)
	if refused == nil {
		return err
	}
	p.Trial, p.Problem = nil, refused
	if refused.Code == "idempotency_key_reused" {
		p.Key = rand.Text()
	}
	for i := range refused.Fields {
		refused.Fields[i].Field = strings.TrimPrefix(refused.Fields[i].Field, "body.")
	}
	place(refused, in(p.Fields))
	return s.show(w, r, refused.Status, "bulk", p)
}

// bulkPage prepares an order's form, filled in with what was typed.
func (s *console) bulkPage(r *http.Request, kind casefile.Kind, form url.Values) (bulkPage, error) {
	by := callerOf(r)
	p := bulkPage{page: s.page(r, by.lang.t("批量", "Many cases: ")+by.lang.of(kind.Name())), Command: kind, Key: form.Get("key"), Cases: form["case"], All: form.Get("all") != ""}
	p.At = "cases"
	if p.Key == "" {
		p.Key = rand.Text()
	}
	query, _ := url.ParseQuery(form.Get("asked"))
	values, _ := askedFor(query)
	p.Asked = values.Encode()
	var shown listPage
	if err := s.filters(&shown, by, values); err != nil {
		return p, err
	}
	p.Said = shown.Words(values)
	b := formMaker{shown.words, caseView{}, kind, by}
	fields, _ := casefile.Fields(kind)
	for _, f := range fields {
		made, ok := b.field(f, form.Get(f.Name))
		if !ok {
			continue
		}
		switch f.Name {
		case "from":
			made.Control, made.Among, made.Groups = "select", amongLeaders, nil
			if made.Value == "" {
				made.Value = values.Get("leader")
			}
		case "upper", "lower":
			made.Blank, made.Hint = b.t("各件按建议确定", "as proposed for each case"), b.t("两项都不选，即按级别、分管和在办件数逐件建议", "choose neither to take what level, portfolio and open cases propose for each")
		case "campaign":
			running, err := s.running(by)
			if err != nil {
				return p, err
			}
			if made.Groups = []group{{Choices: running}}; len(running) == 0 {
				made.Hint = b.t("没有进行中的会战，请先发起", "no campaign is under way; open one first")
			}
		}
		p.Fields = append(p.Fields, made)
	}
	return p, s.offerAll(by, p.Fields)
}

// Words are a list's conditions, each as it is called in the form.
func (p listPage) Words(values url.Values) (said []string) {
	if q := values.Get("q"); q != "" {
		said = append(said, p.words.t("“"+q+"”", "“"+q+"”"))
	}
	for _, f := range p.Filters {
		if f.Value != "" {
			said = append(said, f.Label+p.words.t("：", ": ")+f.Says())
		}
	}
	for _, f := range p.Flags {
		if f.Set {
			said = append(said, f.Label)
		}
	}
	if d := values.Get("due_before"); d != "" {
		said = append(said, p.words.t("法定期限早于"+d, "due before "+d))
	}
	return said
}

// order is what the API is asked: the command with its fields, and for which cases.
func (p bulkPage) order(form url.Values) map[string]any {
	fields, _ := casefile.Fields(p.Command)
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	body := bodyOf(form, names...)
	if days, given := body["days"].(string); given {
		body["days"] = counted(days)
	}
	order := map[string]any{"command": p.Command, "body": body}
	if !p.All {
		order["cases"] = p.Cases
		return order
	}
	values, _ := url.ParseQuery(p.Asked)
	filter := map[string]any{}
	for _, name := range conditions {
		switch v := values.Get(name); {
		case v == "":
		case slices.Contains([]string{"open", "overdue", "supervised", "urgent"}, name):
			filter[name] = v == "true"
		default:
			filter[name] = v
		}
	}
	order["filter"] = filter
	return order
}

// broadcast is an order as it stands.
type broadcast struct {
	ID        string        `json:"id"`
	Command   casefile.Kind `json:"command"`
	Text      *string       `json:"text"`
	OrderedBy struct {
		Official string `json:"official"`
		Name     string `json:"name"`
	} `json:"ordered_by"`
	CreatedAt   time.Time  `json:"created_at"`
	State       string     `json:"state"`
	EndedAt     *time.Time `json:"ended_at"`
	CancelledBy *string    `json:"cancelled_by"`
	Total       int        `json:"total"`
	Results     struct {
		Pending int `json:"pending"`
		Done    int `json:"done"`
		Refused int `json:"refused"`
		Failed  int `json:"failed"`
		Skipped int `json:"skipped"`
	} `json:"results"`
}

// Running reports whether some case has not had its turn.
func (b broadcast) Running() bool { return b.State == "running" }

// Part is how much of a hundred so many cases are.
func (b broadcast) Part(n int) int {
	if b.Total == 0 {
		return 0
	}
	return n * 100 / b.Total
}

// Answered is how many cases have had their turn.
func (b broadcast) Answered() int { return b.Total - b.Results.Pending }

// broadcastWords are the states of an order and the results of its cases.
var broadcastWords = map[string]policy.Text{
	"running":   {Chinese: "进行中", English: "under way"},
	"done":      {Chinese: "已完成", English: "done"},
	"cancelled": {Chinese: "已取消", English: "cancelled"},
	"pending":   {Chinese: "待办", English: "waiting"},
	"refused":   {Chinese: "被拒绝", English: "refused"},
	"failed":    {Chinese: "未应答", English: "no answer"},
	"skipped":   {Chinese: "已跳过", English: "skipped"},
}

// State is the order's in words.
func (p broadcastPage) State() string { return p.Lang.of(broadcastWords[p.Broadcast.State]) }

// Word is a case's result in words.
func (p broadcastPage) Word(code string) string { return p.Lang.resultWord(code) }

// Word is an order's state in words.
func (p broadcastsPage) Word(code string) string { return p.Lang.of(broadcastWords[code]) }

// resultWord is a case's result in words.
func (l lang) resultWord(code string) string {
	if code == "done" {
		return l.t("已执行", "carried out")
	}
	return l.of(broadcastWords[code])
}

type broadcastsPage struct {
	page
	Broadcasts []broadcast
	Next       string
	Later      bool
}

// getBroadcasts lists the orders that the reader may know of, the newest first.
func (s *console) getBroadcasts(w http.ResponseWriter, r *http.Request) error {
	by, cursor := callerOf(r), r.URL.Query().Get("cursor")
	p := broadcastsPage{page: s.page(r, by.lang.t("批量操作", "Broadcasts")), Later: cursor != ""}
	p.At = "cases"
	query := url.Values{"limit": {"30"}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	var got struct {
		Broadcasts []broadcast `json:"broadcasts"`
		NextCursor *string     `json:"next_cursor"`
	}
	if err := s.api.get(by, "/broadcasts?"+query.Encode(), &got); err != nil {
		return err
	}
	if p.Broadcasts = got.Broadcasts; got.NextCursor != nil {
		p.Next = "/broadcasts?cursor=" + url.QueryEscape(*got.NextCursor)
	}
	return s.show(w, r, http.StatusOK, "broadcasts", p)
}

type broadcastPage struct {
	page
	Broadcast broadcast
	Cases     []caseOutcome
	Results   []resultLink
	Result    string // the result that is looked at; empty: all
	Cancel    bool   // the reader may stop it
	Stopped   string // who did
	Next      string
	Here      string // this page's address
}

// resultLink is how many cases have a result, and the address of these.
type resultLink struct {
	Code, Label, To string
	N               int
}

// getBroadcast shows how far an order has come, and what became of each case.
func (s *console) getBroadcast(w http.ResponseWriter, r *http.Request) error {
	by, id, result, cursor := callerOf(r), url.PathEscape(chi.URLParam(r, "id")), r.URL.Query().Get("result"), r.URL.Query().Get("cursor")
	p := broadcastPage{page: s.page(r, ""), Result: result, Here: r.URL.RequestURI()}
	p.At = "cases"
	query := url.Values{"limit": {"50"}}
	if result != "" {
		query.Set("result", result)
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	var got struct {
		broadcast
		Cases      []caseOutcome `json:"cases"`
		NextCursor *string       `json:"next_cursor"`
	}
	if err := s.api.get(by, "/broadcasts/"+id+"?"+query.Encode(), &got); err != nil {
		return err
	}
	b := got.broadcast
	p.Broadcast, p.Cases = b, got.Cases
	p.Title = by.lang.t("批量", "Many cases: ") + by.lang.of(b.Command.Name())
	// Who else may is the API's to say; these it lets.
	p.Cancel = b.Running() && (by.who.Role == casefile.Supervisor || b.OrderedBy.Official == by.who.ID)
	for _, n := range []struct {
		code string
		n    int
	}{{"done", b.Results.Done}, {"refused", b.Results.Refused}, {"failed", b.Results.Failed}, {"pending", b.Results.Pending}, {"skipped", b.Results.Skipped}} {
		if n.n > 0 {
			p.Results = append(p.Results, resultLink{n.code, by.lang.resultWord(n.code), "/broadcasts/" + id + "?result=" + n.code, n.n})
		}
	}
	if got.NextCursor != nil {
		query.Del("limit")
		query.Set("cursor", *got.NextCursor)
		p.Next = "/broadcasts/" + id + "?" + query.Encode()
	}
	if b.CancelledBy != nil {
		names, err := s.api.directory(by)
		if err != nil {
			return err
		}
		p.Stopped = names.Name(*b.CancelledBy)
	}
	return s.show(w, r, http.StatusOK, "broadcast", p)
}

// postBroadcastCancel stops an order; what was done stays done.
func (s *console) postBroadcastCancel(w http.ResponseWriter, r *http.Request) error {
	at := "/broadcasts/" + url.PathEscape(chi.URLParam(r, "id"))
	_, err := s.api.call(callerOf(r), http.MethodPost, at+"/cancel", "", map[string]any{}, nil)
	if refused, _ := refusal(err); refused != nil && refused.Code == "broadcast_ended" {
		err = nil // the page says so
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, at, http.StatusSeeOther)
	return nil
}

// toList leads back to the list whoever comes to an address that only takes forms.
func (s *console) toList(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/cases", http.StatusSeeOther)
	return nil
}
