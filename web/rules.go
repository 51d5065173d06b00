package web

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

type rulesPage struct {
	adminPage
	InForce      rulesInForce
	Policy       policy.Text
	Years        []ruleYear
	Publications []publication
}

type rulesInForce struct {
	Version  int    `json:"version"`
	Policy   string `json:"policy"`
	Calendar string `json:"calendar"`
}

// ruleYear is a year's rest days: those of a notice or, as long as there is none, counted
// from weekends and fixed holidays.
type ruleYear struct {
	Year      int    `json:"year"`
	Source    string `json:"source"`
	Published bool   `json:"-"`
}

type publication struct {
	Version   int               `json:"version"`
	Text      string            `json:"text"`
	By        string            `json:"by"`
	At        time.Time         `json:"at"`
	Broadcast string            `json:"broadcast"`
	Policy    string            `json:"policy"`
	Years     []json.RawMessage `json:"years"`
	ByName    string            `json:"-"`
}

// getRules shows what is in force: the years' rest days, the policy, and who put it there.
func (s *console) getRules(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := rulesPage{adminPage: s.adminPage(r, "rules", by.lang.t("规则", "Rules"))}
	p.Back = r.URL.Path // not what was done
	var inForce struct {
		Name     policy.Text `json:"name"`
		Calendar struct {
			Years []ruleYear `json:"years"`
		} `json:"calendar"`
	}
	var history struct {
		rulesInForce
		Publications []publication `json:"publications"`
	}
	if err := s.api.get(by, "/policy", &inForce); err != nil {
		return err
	}
	if err := s.api.get(by, "/rules", &history); err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	p.InForce, p.Policy, p.Publications = history.rulesInForce, inForce.Name, history.Publications
	for i := range p.Publications {
		p.Publications[i].ByName = names.Name(p.Publications[i].By)
	}
	for _, y := range inForce.Calendar.Years {
		y.Published = true
		p.Years = append(p.Years, y)
	}
	for _, next := range []int{p.Today.Year, p.Today.Year + 1} {
		if !slices.ContainsFunc(p.Years, func(y ruleYear) bool { return y.Year == next }) {
			p.Years = append(p.Years, ruleYear{Year: next})
		}
	}
	slices.SortFunc(p.Years, func(a, b ruleYear) int { return b.Year - a.Year })
	if done, err := strconv.Atoi(r.URL.Query().Get("done")); err == nil {
		p.Done = by.lang.t("第"+itoa(done)+"版规则已生效。", "Version "+itoa(done)+" of the rules is in force.")
	}
	return s.show(w, r, http.StatusOK, "rules", p)
}

type publicationPage struct {
	adminPage
	Publication publication
	Progress    *progress
	Lists       []yearDays
}

// progress is how far a publication has come to the open cases.
type progress struct {
	State   string `json:"state"`
	Total   int    `json:"total"`
	Results struct {
		Pending int `json:"pending"`
		Done    int `json:"done"`
		Refused int `json:"refused"`
		Failed  int `json:"failed"`
		Skipped int `json:"skipped"`
	} `json:"results"`
}

// yearDays is a year's list for people to read.
type yearDays struct {
	Year   int        `json:"year"`
	Source string     `json:"source"`
	Off    []namedDay `json:"off"`
	Work   []namedDay `json:"work"`
}

type namedDay struct {
	Date calendar.Date `json:"date"`
	Name string        `json:"name"`
}

// getPublication shows what was put in force, by whom and why.
func (s *console) getPublication(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := publicationPage{adminPage: s.adminPage(r, "rules", by.lang.t("发布的规则", "Rules that were published"))}
	if err := s.api.get(by, "/rules/"+url.PathEscape(chi.URLParam(r, "version")), &p.Publication); err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	p.Publication.ByName = names.Name(p.Publication.By)
	for _, raw := range p.Publication.Years {
		var days yearDays
		if err := json.Unmarshal(raw, &days); err != nil {
			return err
		}
		p.Lists = append(p.Lists, days)
	}
	if p.Publication.Broadcast != "" {
		// Who may know of it is the API's to say; to others it isn't there.
		var reached progress
		switch err := s.api.get(by, "/broadcasts/"+url.PathEscape(p.Publication.Broadcast), &reached); {
		case err == nil:
			p.Progress = &reached
		case !errors.As(err, new(*problem)):
			return err
		}
	}
	return s.show(w, r, http.StatusOK, "publication", p)
}

type draftPage struct {
	adminPage
	Kind    string // "year" or "policy"
	Fields  []field
	Problem *problem
	Lines   []lineProblem
}

// getDraft shows the form for a year's rest days or for a local policy.
func (s *console) getDraft(w http.ResponseWriter, r *http.Request) error {
	p, err := s.draftPage(r, chi.URLParam(r, "kind"), typedIn(r))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "draft", p)
}

func (s *console) draftPage(r *http.Request, kind string, typed url.Values) (draftPage, error) {
	by := callerOf(r)
	l := by.lang
	p := draftPage{Kind: kind}
	typed = drafted(typed)
	switch kind {
	case "year":
		p.adminPage = s.adminPage(r, "rules", l.t("年度节假日安排", "A year's rest days"))
		given := yearDays{Year: p.Today.Year + 1}
		if year, err := strconv.Atoi(r.URL.Query().Get("year")); err == nil {
			given.Year = year
		}
		if err := s.publishedYear(by, &given); err != nil {
			return p, err
		}
		p.Fields = fill([]field{
			{Name: "year", Label: l.t("年度", "Year"), Control: "number", Value: itoa(given.Year), Required: true},
			{Name: "source", Label: l.t("依据的通知", "Notice"), Control: "line", Value: given.Source, Required: true, Hint: l.t("国务院办公厅通知的名称和文号", "title and number of the State Council's notice")},
			{Name: "off", Label: l.t("放假的日子", "Days off"), Control: "lines", Value: typedDays(given.Off), Required: true, Hint: l.t("照抄国务院办公厅通知的各条即可，每行一条，其中的上班日一并读取。也可每行写一天或一段和节日名称，如“1月1日至3日 元旦”，节假日中的周末也要列入。", "Paste the notice’s paragraphs as they stand, one a line; the days worked are read from them too. Or a day or a stretch of days on each line, then the holiday, such as “2027-01-01 to 2027-01-03 元旦”, weekends inside it too.")},
			{Name: "work", Label: l.t("调休上班的日子", "Weekend days worked"), Control: "lines", Value: typedDays(given.Work), Hint: l.t("上面各条没有写到的，每行一天，如“2月14日 春节”。", "Those that do not stand above, a day on each line, such as “2027-02-14 春节”.")},
		}, typed)
	case "policy":
		p.adminPage = s.adminPage(r, "rules", l.t("地方政策", "Local policy"))
		local, err := s.localPolicy(by)
		if err != nil {
			return p, err
		}
		p.Fields = fill([]field{{Name: "policy", Label: l.t("地方政策文件（YAML）", "Local policy file (YAML)"), Control: "code", Value: local, Hint: l.t("只写与国家基准不同的部分；清空即恢复国家基准。", "Only what differs from the national baseline; empty to return to it.")}}, typed)
	default:
		return p, errNoPage
	}
	if why := typed.Get("text"); why != "" {
		p.Fields = append(p.Fields, field{Name: "text", Control: "hidden", Value: why})
	}
	return p, nil
}

// publishedYear fills in a year's list that was put in force here before.
func (s *console) publishedYear(by caller, given *yearDays) error {
	now, err := s.inForce(by)
	if err != nil {
		return err
	}
	for _, raw := range now.Years {
		var days yearDays
		if err := json.Unmarshal(raw, &days); err != nil {
			return err
		}
		if days.Year == given.Year {
			*given = days
		}
	}
	return nil
}

func (s *console) localPolicy(by caller) (string, error) {
	now, err := s.inForce(by)
	return now.Policy, err
}

// inForce is the publication in force; an empty one where the program's own rules are.
func (s *console) inForce(by caller) (publication, error) {
	var now rulesInForce
	var p publication
	if err := s.api.get(by, "/rules", &now); err != nil || now.Version == 0 {
		return p, err
	}
	return p, s.api.get(by, "/rules/"+itoa(now.Version), &p)
}

// typedDays writes days as the form takes them: a stretch of one name on one line.
func typedDays(days []namedDay) string {
	var b strings.Builder
	for i := 0; i < len(days); {
		last := i
		for last+1 < len(days) && days[last+1].Name == days[i].Name && days[last+1].Date == days[last].Date.AddDays(1) {
			last++
		}
		b.WriteString(days[i].Date.String())
		if last > i {
			b.WriteString(" 至 " + days[last].Date.String())
		}
		b.WriteString(" " + days[i].Name + "\n")
		i = last + 1
	}
	return b.String()
}

// drafted are the fields of a draft that was sent to be published: the form has them one by
// one, and why it is published beside them.
func drafted(sent url.Values) url.Values {
	var draft struct {
		Policy *string    `json:"policy"`
		Years  []yearDays `json:"years"`
	}
	if json.Unmarshal([]byte(sent.Get("draft")), &draft) != nil {
		return sent
	}
	fields := url.Values{}
	if why := sent.Get("text"); why != "" {
		fields.Set("text", why)
	}
	if draft.Policy != nil {
		fields.Set("policy", *draft.Policy)
	}
	for _, y := range draft.Years {
		fields.Set("year", itoa(y.Year))
		fields.Set("source", y.Source)
		fields.Set("off", typedDays(y.Off))
		fields.Set("work", typedDays(y.Work))
	}
	return fields
}

type previewPage struct {
	adminPage
	Fields  []field
	Problem *problem
	Key     string
	Kind    string
	Draft   string // as it is sent again to publish it
	Preview rulesPreview
	Changes []ruleChange
	Days    []dayChange
	Told    []string // names
	Moves   []ruleMove
}

type rulesPreview struct {
	InForce rulesInForce    `json:"in_force"`
	Next    rulesInForce    `json:"next"`
	Changes []policy.Change `json:"changes"`
	Days    []calendar.Day  `json:"days"`
	Cases   struct {
		Open    int `json:"open"`
		Touched int `json:"touched"`
		Moved   int `json:"moved"`
	} `json:"cases"`
	Clocks struct {
		Earlier int `json:"earlier"`
		Later   int `json:"later"`
		Kept    int `json:"kept"`
	} `json:"clocks"`
	Told  []string `json:"told"`
	Moves []struct {
		Number string       `json:"number"`
		Rule   string       `json:"rule"`
		From   calendar.Due `json:"from"`
		To     calendar.Due `json:"to"`
		Days   int          `json:"days"`
		Kept   string       `json:"kept"`
		Told   []string     `json:"told"`
	} `json:"moves"`
	MoreMoves int `json:"more_moves"`
}

// Wrong are the fields that must be corrected.
func (p previewPage) Wrong() []field { return wrongOf(p.Fields) }

// Idle reports that the draft changes nothing.
func (p previewPage) Idle() bool { return len(p.Preview.Changes) == 0 && len(p.Preview.Days) == 0 }

// dayChange is a day that is one of rest or work by the draft and is not now.
type dayChange struct {
	calendar.Day
	Was string
}

// ruleMove is a clock of an open case that a draft moves, or would.
type ruleMove struct {
	Number, Clock string
	From, To      calendar.Date
	By            string
	Earlier       bool
	Kept          string
	Told          []string
}

// postDraft tries a draft out: what is wrong with it, or what it would do.
func (s *console) postDraft(w http.ResponseWriter, r *http.Request) error {
	by, form, kind := callerOf(r), r.PostForm, chi.URLParam(r, "kind")
	for _, name := range []string{"off", "work", "policy", "source"} {
		if form.Has(name) {
			form.Set(name, strings.ReplaceAll(form.Get(name), "\r\n", "\n"))
		}
	}
	p, err := s.draftPage(r, kind, form)
	if err != nil {
		return err
	}
	file, given, err := uploaded(r, by.lang)
	if refused := new(problem); errors.As(err, &refused) {
		p.Problem = refused
		return s.show(w, r, refused.Status, "draft", p)
	} else if err != nil {
		return err
	}
	draft := map[string]any{}
	y := yearList{year: strings.TrimSpace(form.Get("year")), source: strings.TrimSpace(form.Get("source")), off: form.Get("off"), work: form.Get("work")}
	switch {
	case kind == "policy" && given:
		form.Set("policy", file)
		p, err = s.draftPage(r, kind, form)
		draft["policy"] = file
	case kind == "policy":
		draft["policy"] = form.Get("policy")
	case given:
		draft["years"] = []json.RawMessage{json.RawMessage(file)}
		if !json.Valid([]byte(file)) { // nor could the API be asked
			_, wrong := calendar.With([]byte(file))
			if e, ok := errors.AsType[*calendar.FileError](wrong); ok {
				p.Lines = []lineProblem{{Field: "file", Line: e.Line, Column: e.Column, Message: by.lang.t(e.Chinese, "not valid JSON: "+e.Err.Error()), Text: lineOf(file, e.Line)}}
			}
		}
	default:
		draft["years"] = []json.RawMessage{y.json(by.lang)}
		p.Lines = y.problems
	}
	if err != nil {
		return err
	}
	if len(p.Lines) > 0 {
		p.lines(by.lang)
		return s.show(w, r, http.StatusUnprocessableEntity, "draft", p)
	}
	preview, err := s.tryOut(r, kind, draft)
	refused, ok := invalid(err)
	switch {
	case err == nil:
		return s.show(w, r, http.StatusOK, "preview", preview)
	case !ok:
		return err
	}
	for _, wrong := range refused.Fields {
		one := lineProblem{Field: "policy", Line: wrong.Line, Column: wrong.Column, Message: wrong.Message, Text: lineOf(form.Get("policy"), wrong.Line)}
		switch {
		case kind == "year" && given:
			one.Field, one.Text = "file", lineOf(file, wrong.Line)
		case kind == "year":
			one = y.where(wrong.Line)
			one.Message = wrong.Message
		}
		p.Lines = append(p.Lines, one)
	}
	p.lines(by.lang)
	return s.show(w, r, http.StatusUnprocessableEntity, "draft", p)
}

// lines says at the head of the form, and beside the fields, that lines must be corrected.
func (p *draftPage) lines(l lang) {
	p.Problem = refuse(http.StatusUnprocessableEntity, "invalid_fields", policy.Text{}, policy.Text{Chinese: "有内容需要更正，尚未试算。", English: "Some lines need correcting; nothing was tried out."})
	p.Problem.Detail = p.Problem.detail(l)
	for i := range p.Fields {
		if slices.ContainsFunc(p.Lines, func(one lineProblem) bool { return one.Field == p.Fields[i].Name }) {
			p.Fields[i].Wrong = l.t("有需要更正的行，见上", "some lines need correcting, see above")
		}
	}
}

// mostFile is how long a file can be, in bytes, far above any real one.
const mostFile = 256 << 10

func refuseFile(why string) *problem {
	return &problem{Status: http.StatusUnprocessableEntity, Code: "invalid_fields", Detail: why}
}

// uploaded is the text of the file that came with a form; given is false without one.
func uploaded(r *http.Request, l lang) (text string, given bool, err error) {
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) || err == nil && header.Size == 0 {
		return "", false, nil
	}
	if err != nil {
		return "", false, errForm
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, mostFile+1))
	switch {
	case err != nil:
		return "", false, errForm
	case len(data) > mostFile:
		return "", false, refuseFile(l.t("所选文件过大（最多256 KiB）", "the file is too large (256 KiB at most)"))
	case !utf8.Valid(data):
		return "", false, refuseFile(l.t("所选文件不是UTF-8编码的文本", "the file is no text in UTF-8"))
	}
	return strings.ReplaceAll(string(bytes.TrimPrefix(data, []byte("\ufeff"))), "\r\n", "\n"), true, nil
}

// encoded is a draft as the API takes it, a year's lines as they were typed.
func encoded(draft map[string]any) (json.RawMessage, error) {
	years, ok := draft["years"].([]json.RawMessage)
	if !ok || len(years) != 1 {
		return json.Marshal(draft)
	}
	rest := map[string]any{}
	for name, v := range draft {
		if name != "years" {
			rest[name] = v
		}
	}
	others, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 {
		others = []byte("{")
	} else {
		others = append(others[:len(others)-1], ',')
	}
	return slices.Concat(others, []byte(`"years": [`), years[0], []byte("]}")), nil
}

// tryOut shows what a draft would do.
func (s *console) tryOut(r *http.Request, kind string, draft map[string]any) (previewPage, error) {
	by := callerOf(r)
	l := by.lang
	p := previewPage{adminPage: s.adminPage(r, "rules", l.t("试算结果", "What the rules would do")), Kind: kind}
	p.Back = ""
	sent, err := encoded(draft)
	if err != nil {
		return p, err
	}
	if _, err := s.api.call(by, http.MethodPost, "/rules/preview", "", sent, &p.Preview); err != nil {
		return p, err
	}
	compact, err := json.Marshal(draft)
	if err != nil {
		return p, err
	}
	p.Draft = string(compact)
	p.Fields = fill([]field{{Name: "text", Label: l.t("发布理由", "Why"), Control: "lines", Required: true, Hint: l.t("记入发布记录，如：国务院办公厅已公布2027年节假日安排。", "Kept with the publication, such as: the State Council has published the rest days of 2027.")}}, r.PostForm)
	p.Key = rand.Text()
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return p, err
	}
	for _, id := range p.Preview.Told {
		p.Told = append(p.Told, names.Name(id))
	}
	for _, change := range p.Preview.Changes {
		p.Changes = append(p.Changes, l.change(change))
	}
	for _, day := range p.Preview.Days {
		was := l.t("休息", "off")
		if !day.Work {
			was = l.t("上班", "worked")
		}
		p.Days = append(p.Days, dayChange{day, was})
	}
	for _, m := range p.Preview.Moves {
		move := ruleMove{Number: m.Number, Clock: m.Rule, From: m.From.Statutory, To: m.To.Statutory, Earlier: m.Days < 0}
		if k, ok := rules.Clock(m.Rule); ok {
			move.Clock = l.of(k.Name)
		}
		if move.From == move.To {
			move.From, move.To = m.From.Internal, m.To.Internal
		}
		move.By = l.by(m.Days)
		switch m.Kept {
		case casefile.KeptLate:
			move.Kept = l.t("已经逾期，保持不变", "late already: stays")
		case casefile.KeptInTime:
			move.Kept = l.t("否则即告逾期，保持不变", "would be late at once: stays")
		case casefile.Withdrawn:
			move.Kept = l.t("规则撤销，期限终止", "its rule is withdrawn: it ends")
		}
		for _, id := range m.Told {
			move.Told = append(move.Told, names.Name(id))
		}
		p.Moves = append(p.Moves, move)
	}
	return p, nil
}

// by says by how many days something moves.
func (l lang) by(days int) string {
	n := max(days, -days)
	switch {
	case days == 0:
		return ""
	case l == english && days < 0:
		return itoa(n) + " " + plural(n, "day", "days") + " earlier"
	case l == english:
		return itoa(n) + " " + plural(n, "day", "days") + " later"
	case days < 0:
		return "提前" + itoa(n) + "天"
	}
	return "推后" + itoa(n) + "天"
}

// postPublish puts in force what was tried out just before.
func (s *console) postPublish(w http.ResponseWriter, r *http.Request) error {
	by, form, kind := callerOf(r), r.PostForm, chi.URLParam(r, "kind")
	draft := map[string]any{}
	if json.Unmarshal([]byte(form.Get("draft")), &draft) != nil || kind != "year" && kind != "policy" {
		return errForm
	}
	body := map[string]any{"text": strings.TrimSpace(form.Get("text"))}
	for _, name := range []string{"policy", "years"} {
		if v, ok := draft[name]; ok {
			body[name] = v
		}
	}
	if after, err := strconv.Atoi(form.Get("after")); err == nil {
		body["after"] = after
	}
	var published publication
	_, err := s.api.call(by, http.MethodPost, "/rules", form.Get("key"), body, &published)
	var refused *problem
	switch {
	case err == nil:
		http.Redirect(w, r, "/admin/rules?done="+itoa(published.Version), http.StatusSeeOther)
		return nil
	case !errors.As(err, &refused) || refused.Status == http.StatusForbidden:
		return err
	}
	// Tried out anew: what it would do may be something else by now.
	p, err := s.tryOut(r, kind, draft)
	if err != nil {
		return err
	}
	p.Problem, p.Key = refused, keyOf(form, refused)
	place(refused, in(p.Fields))
	return s.show(w, r, refused.Status, "preview", p)
}
