package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"shuangze/casefile"
	"shuangze/policy"
)

// listPage is the list of cases, with everything that narrows and orders it in its address.
type listPage struct {
	page
	words     wording
	List      list
	Filters   []field
	Flags     []flag
	Query     string
	DueBefore string
	Sort      string
	Sorts     []choice
	Columns   []column // all that can be shown
	Address   string   // of this list, from its beginning
	Asked     string   // the part of the address that says what is shown
	Saved     []savedFilter
	Narrow    bool   // some filter is set
	Next      string // address of the next page
	Later     bool   // this is not the first one
	Fields    []fieldProblem
	Bulk      []casefile.Kind // what the reader can do with many at once
	Fitting   int             // open cases that fit; 0 where they can't be taken all at once
	Name      string          // typed for a filter that was not saved
	Unsaved   string          // and why it was not
}

// filter is a field of a list's form, by which the list is narrowed.
func (l lang) filter(name, label string, asked url.Values, choices ...choice) field {
	return field{ID: "f-" + name, Name: name, Label: label, Control: "select", Blank: l.t("不限", "any"), Value: asked.Get(name), Groups: []group{{Choices: choices}}}
}

// filterAmong is one by a unit or somebody of the directory.
func (l lang) filterAmong(name, label string, asked url.Values, all string) field {
	f := l.filter(name, label, asked)
	f.Among = all
	return f
}

type choice struct{ Value, Label string }

// flag is a condition that holds or is not asked for.
type flag struct {
	Name, Label string
	Set         bool
}

// column is one that the list can show.
type column struct {
	policy.Code
	Shown bool
}

type savedFilter struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Query string `json:"query"`
}

// To is the filter's list.
func (f savedFilter) To() string { return "/cases?" + f.Query }

// conditions are the parameters of a list's address that say which cases it shows.
var conditions = []string{"q", "stage", "lamp", "open", "overdue", "supervised", "urgent", "origin", "unit", "leader", "supervision", "campaign", "reception", "due_before"}

// usual are the columns that a list shows when nobody has chosen others.
var usual = []string{"title", "lamp", "due", "stage", "unit", "upper", "lower"}

// Table is the address of the list as a table.
func (p listPage) Table() string { return "/cases.csv?" + p.Asked }

// Shows reports whether a column is among those shown.
func (p listPage) Shows(id string) bool {
	return slices.ContainsFunc(p.Columns, func(c column) bool { return c.ID == id && c.Shown })
}

// Shown are the columns beside the title, in their order.
func (p listPage) Shown() []column {
	return slices.DeleteFunc(slices.Clone(p.Columns), func(c column) bool { return !c.Shown || c.ID == "title" })
}

// Chosen counts the conditions that are set.
func (p listPage) Chosen() (n int) {
	values, _ := url.ParseQuery(p.Asked)
	for _, name := range conditions {
		if values.Has(name) {
			n++
		}
	}
	return n
}

// Origin is where a case came from, in words.
func (p listPage) Origin(c summary) string { return p.words.code(p.words.rules.Origins, c.Origin) }

// Office is the name of a case's petition office.
func (p listPage) Office(c summary) string { return p.words.Name(c.Office) }

// Class is a case's category, in words.
func (p listPage) Class(c summary) string { return p.words.category(c.Category) }

// askedFor takes what a list's address asks for and leaves out the rest. tidy is false when
// the address can be put more shortly.
func askedFor(query url.Values) (values url.Values, tidy bool) {
	values, tidy = url.Values{}, true
	for _, name := range append(slices.Clone(conditions), "sort", "columns") {
		if v := strings.TrimSpace(query.Get(name)); v != "" {
			values.Set(name, v)
		} else if query.Has(name) {
			tidy = false
		}
	}
	if boxes, ok := query["col"]; ok { // as the form sends them
		values.Set("columns", strings.Join(boxes, ","))
		tidy = false
	}
	if chosen := strings.Split(values.Get("columns"), ","); len(chosen) == len(usual) && !slices.ContainsFunc(usual, func(c string) bool { return !slices.Contains(chosen, c) }) {
		values.Del("columns")
	}
	if values.Get("sort") == "due" {
		values.Del("sort")
	}
	return values, tidy
}

// getCases lists cases. What is asked for stands in the address, so that a list can be kept
// and sent on.
func (s *console) getCases(w http.ResponseWriter, r *http.Request) error {
	values, tidy := askedFor(r.URL.Query())
	if !tidy {
		http.Redirect(w, r, listAt(values), http.StatusSeeOther)
		return nil
	}
	p, status, err := s.listPage(r, values, r.URL.Query().Get("cursor"))
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("done") {
	case "saved":
		p.Done = p.Lang.t("条件已保存。", "The filter is saved.")
	case "dropped":
		p.Done = p.Lang.t("条件已删除。", "The filter is gone.")
	}
	return s.show(w, r, status, "cases", p)
}

// listAt is the address of a list.
func listAt(values url.Values) string {
	if len(values) == 0 {
		return "/cases"
	}
	return "/cases?" + values.Encode()
}

func (s *console) listPage(r *http.Request, values url.Values, cursor string) (p listPage, status int, err error) {
	by := callerOf(r)
	p = listPage{page: s.page(r, by.lang.t("信访事项", "Cases")), Address: listAt(values), Asked: values.Encode()}
	p.At, status = "cases", http.StatusOK
	p.Query, p.DueBefore, p.Sort, p.Later = values.Get("q"), values.Get("due_before"), cmp.Or(values.Get("sort"), "due"), cursor != ""
	p.Narrow = p.Chosen() > 0
	columns := usual
	if chosen := values.Get("columns"); chosen != "" {
		columns = append(strings.Split(chosen, ","), "title")
	}
	for _, c := range casefile.Columns {
		p.Columns = append(p.Columns, column{c, slices.Contains(columns, c.ID)})
	}
	narrow := url.Values{}
	for _, name := range conditions {
		if v := values.Get(name); v != "" {
			narrow.Set(name, v)
		}
	}
	query := url.Values{"sort": {p.Sort}}
	for name := range narrow {
		query.Set(name, narrow.Get(name))
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	if err := s.api.get(by, "/cases?"+query.Encode(), &p.List); err != nil {
		refused, ok := invalid(err)
		if !ok {
			return p, 0, err
		}
		p.Fields, status = refused.Fields, refused.Status
	}
	if err := s.filters(&p, by, values); err != nil {
		return p, 0, err
	}
	if p.List.NextCursor != nil {
		next := url.Values{"cursor": {*p.List.NextCursor}}
		for name := range values {
			next.Set(name, values.Get(name))
		}
		p.Next = "/cases?" + next.Encode()
	}
	if status == http.StatusOK {
		err = s.bulk(&p, by, narrow)
	}
	return p, status, err
}

// bulk offers what the reader can do with many cases at once, and counts honestly how many
// "all" would be: only open ones, and only where something says which.
func (s *console) bulk(p *listPage, by caller, narrow url.Values) error {
	actor := casefile.Actor{ID: by.who.ID, Role: by.who.Role, Unit: by.who.Unit}
	for _, kind := range bulkCommands {
		if casefile.PermitBroadcast(kind, actor) == nil {
			p.Bulk = append(p.Bulk, kind)
		}
	}
	narrow.Del("open")
	if len(p.Bulk) == 0 || len(narrow) == 0 {
		return nil
	}
	narrow.Set("open", "true")
	narrow.Set("limit", "1")
	var open list
	if err := s.api.get(by, "/cases?"+narrow.Encode(), &open); err != nil {
		return err
	}
	p.Fitting = open.Total
	return nil
}

// filters prepares what a list can be narrowed and ordered by.
func (s *console) filters(p *listPage, by caller, values url.Values) error {
	rules, err := s.api.policy(by)
	if err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	p.words = wording{by.lang, rules, names}
	if p.Saved, err = s.saved(by); err != nil {
		return err
	}
	l := by.lang
	codes := func(list []policy.Code) (all []choice) {
		for _, c := range list {
			all = append(all, choice{c.ID, l.of(c.Name)})
		}
		return all
	}
	stages, lamps, supervisions := []choice{}, []choice{}, []choice{}
	for _, v := range casefile.Stages {
		stages = append(stages, choice{string(v), l.of(v.Name())})
	}
	for _, v := range []casefile.Lamp{casefile.Red, casefile.Yellow, casefile.Green} {
		lamps = append(lamps, choice{string(v), l.of(v.Name())})
	}
	for _, v := range append(slices.Clone(casefile.Supervisions), casefile.NotSupervised) {
		supervisions = append(supervisions, choice{string(v), l.of(v.Name())})
	}
	p.Filters = []field{
		l.filter("lamp", l.t("灯", "Lamp"), values, lamps...),
		l.filter("stage", l.t("环节", "Stage"), values, stages...),
		l.filter("supervision", l.t("督办", "Supervision"), values, supervisions...),
		l.filterAmong("unit", l.t("责任单位", "Unit"), values, among("/units")),
		l.filterAmong("leader", l.t("包案领导", "Leader"), values, amongLeaders),
		l.filter("origin", l.t("来源", "Origin"), values, codes(rules.Origins)...),
	}
	if c := values.Get("campaign"); c != "" { // reached by links alone
		p.Filters = append(p.Filters, l.filter("campaign", l.t("会战", "Campaign"), values, choice{c, s.campaignName(by, c)}))
	}
	if c := values.Get("reception"); c != "" {
		p.Filters = append(p.Filters, l.filter("reception", l.t("接待日", "Reception day"), values, choice{c, l.t("所选接待日", "the one chosen")}))
	}
	if err := s.offerAll(by, p.Filters); err != nil {
		return err
	}
	for _, f := range []flag{
		{"open", l.t("未结", "open"), false}, {"overdue", l.t("已逾期", "overdue"), false}, {"supervised", l.t("在督", "supervised"), false}, {"urgent", l.t("重大紧急", "urgent"), false},
	} {
		f.Set = values.Get(f.Name) == "true"
		p.Flags = append(p.Flags, f)
	}
	p.Sorts = []choice{
		{"due", l.t("先到期的在前", "due first")},
		{"-due", l.t("后到期的在前", "due last")},
		{"-registered", l.t("新登记的在前", "newest first")},
		{"registered", l.t("早登记的在前", "oldest first")},
	}
	asked := append(slices.Clone(p.Filters), l.filter("sort", "", values, p.Sorts...))
	for _, f := range p.Flags {
		asked = append(asked, l.filter(f.Name, f.Label, values, choice{"true", l.t("勾选（只看"+f.Label+"的）", "ticked (only "+f.Label+" ones)")}))
	}
	p.Fields = l.clarified(p.Fields, asked)
	return nil
}

// campaignName is a campaign's name, by its id or by the name that a case has on record.
func (s *console) campaignName(by caller, id string) string {
	var c struct {
		Name string `json:"name"`
	}
	if err := s.api.get(by, "/campaigns/"+url.PathEscape(id), &c); err != nil {
		return id
	}
	return c.Name
}

func (s *console) saved(by caller) ([]savedFilter, error) {
	var saved struct {
		Filters []savedFilter `json:"filters"`
	}
	return saved.Filters, s.api.get(by, "/me/filters", &saved)
}

// postFilter keeps what a list asks for under a name, or forgets it.
func (s *console) postFilter(w http.ResponseWriter, r *http.Request) error {
	by, form := callerOf(r), r.PostForm
	query, _ := url.ParseQuery(form.Get("query"))
	values, _ := askedFor(query)
	done := "saved"
	var err error
	if id := form.Get("drop"); id != "" {
		done = "dropped"
		_, err = s.api.call(by, http.MethodDelete, "/me/filters/"+url.PathEscape(id), "", nil, nil)
		var gone *problem
		if errors.As(err, &gone) && gone.Status == http.StatusNotFound {
			err = nil
		}
	} else {
		_, err = s.api.call(by, http.MethodPost, "/me/filters", "", map[string]any{"name": form.Get("name"), "query": values.Encode()}, nil)
	}
	if err != nil {
		refused, other := refusal(err)
		if refused == nil {
			return other
		}
		p, _, err := s.listPage(r, values, "")
		if err != nil {
			return err
		}
		p.Back, p.Name, p.Unsaved = "", form.Get("name"), refused.Detail
		if len(refused.Fields) > 0 {
			p.Unsaved = refused.Fields[0].Message
		}
		return s.show(w, r, refused.Status, "cases", p)
	}
	values.Set("done", done)
	http.Redirect(w, r, listAt(values), http.StatusSeeOther)
	return nil
}

// getTable hands on a list as a table.
func (s *console) getTable(w http.ResponseWriter, r *http.Request) error {
	values, _ := askedFor(r.URL.Query())
	return s.api.relay(w, callerOf(r), "/cases.csv?"+values.Encode())
}
