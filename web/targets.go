package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// sheet is a yearly target sheet (目标责任状) as the API gives it.
type sheet struct {
	ID       string         `json:"id"`
	Year     int            `json:"year"`
	Unit     string         `json:"unit"`
	UnitName string         `json:"unit_name"`
	Office   string         `json:"office"`
	State    string         `json:"state"`
	InForce  *int           `json:"in_force"`
	ClosedAt *time.Time     `json:"closed_at"`
	Versions []sheetVersion `json:"versions"`
	Commands []string       `json:"commands"`
}

// Can reports whether the reader can do this with it.
func (s sheet) Can(command string) bool { return slices.Contains(s.Commands, command) }

// StateName is the word for its state.
func (s sheet) StateName() policy.Text { return casefile.SheetStateName(s.State) }

// Latest is the version that was drafted last.
func (s sheet) Latest() sheetVersion { return s.Versions[len(s.Versions)-1] }

type sheetVersion struct {
	Version   int             `json:"version"`
	Hash      string          `json:"hash"`
	DraftedBy string          `json:"drafted_by"`
	DraftedAt time.Time       `json:"drafted_at"`
	Upper     *sheetSignature `json:"upper"`
	Head      *sheetSignature `json:"head"`
	Items     []sheetItem     `json:"items"`
}

type sheetSignature struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

type sheetItem struct {
	Number int                 `json:"number"`
	Metric string              `json:"metric"`
	Name   string              `json:"name"`
	Target casefile.Hundredths `json:"target"`
	Weight casefile.Hundredths `json:"weight"`
	Bound  string              `json:"-"` // the target in words
}

type sheetScore struct {
	Version int                  `json:"version"`
	AsOf    time.Time            `json:"as_of"`
	Score   *casefile.Hundredths `json:"score"`
	Items   []sheetPoints        `json:"items"`
}

type sheetPoints struct {
	sheetItem
	Numerator   int64                `json:"numerator"`
	Denominator int64                `json:"denominator"`
	Value       *casefile.Hundredths `json:"value"`
	Met         *bool                `json:"met"`
	Points      *casefile.Hundredths `json:"points"`
	Formula     string               `json:"-"`
	Unit        string               `json:"-"`
}

// Reached reports whether the target is met.
func (p sheetPoints) Reached() bool { return p.Met != nil && *p.Met }

type metric struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Formula string              `json:"formula"`
	Unit    casefile.MetricUnit `json:"unit"`
}

func (s *console) metrics(by caller) ([]metric, error) {
	var list struct {
		Metrics []metric `json:"metrics"`
	}
	return list.Metrics, s.api.get(by, "/target-metrics", &list)
}

// bound puts a target into words: percent at least, or a count at most.
func bound(metrics []metric, item sheetItem) (words string, of metric) {
	if i := slices.IndexFunc(metrics, func(m metric) bool { return m.ID == item.Metric }); i >= 0 {
		of = metrics[i]
	}
	if of.Unit == casefile.Count {
		return "≤ " + item.Target.String(), of
	}
	return "≥ " + item.Target.String() + "%", of
}

type targetsPage struct {
	page
	Year   int
	Years  []int
	Unit   field
	Sheets []sheet
	Total  int
	Drafts bool // the reader may draft one
	Next   string
}

// getTargets lists the target sheets of a year.
func (s *console) getTargets(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := targetsPage{page: s.page(r, by.lang.t("目标责任状", "Target sheets")), Drafts: by.who.Role == casefile.Supervisor}
	p.At, p.Year = "targets", p.Today.Year
	if y, err := strconv.Atoi(query.Get("year")); err == nil && y > 0 && y < 10_000 {
		p.Year = y
	}
	p.Years = []int{p.Today.Year + 1, p.Today.Year, p.Today.Year - 1, p.Today.Year - 2}
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	p.Unit = by.lang.filterAmong("unit", by.lang.t("单位", "Unit"), query, among("/units", "kind", responsible))
	if err := s.offer(by, words, &p.Unit); err != nil {
		return err
	}
	asked := url.Values{"year": {itoa(p.Year)}, "limit": {itoa(pageLength)}}
	if p.Unit.Value != "" && p.Unit.Wrong == "" {
		asked.Set("unit", p.Unit.Value)
	}
	if c := query.Get("cursor"); c != "" {
		asked.Set("cursor", c)
	}
	var found struct {
		Sheets     []sheet `json:"target_sheets"`
		Total      int     `json:"total"`
		NextCursor *string `json:"next_cursor"`
	}
	if err := s.api.get(by, "/target-sheets?"+asked.Encode(), &found); err != nil {
		return err
	}
	p.Sheets, p.Total = found.Sheets, found.Total
	if found.NextCursor != nil {
		asked.Set("cursor", *found.NextCursor)
		asked.Del("limit")
		p.Next = "/targets?" + asked.Encode()
	}
	return s.show(w, r, p.Unit.status(), "targets", p)
}

type targetSheetPage struct {
	page
	Sheet sheet
	Score sheetScore
}

// sheetPath is the API's address of the sheet that a page is about, sheetAt the page's.
func sheetPath(r *http.Request) string {
	return "/target-sheets/" + url.PathEscape(chi.URLParam(r, "id"))
}

func sheetAt(id string) string { return "/targets/" + url.PathEscape(id) }

// readSheet reads a sheet with its figures in words.
func (s *console) readSheet(r *http.Request) (sheet, sheetScore, error) {
	by := callerOf(r)
	var whole struct {
		sheet
		Score sheetScore `json:"score"`
	}
	if err := s.api.get(by, sheetPath(r), &whole); err != nil {
		return whole.sheet, whole.Score, err
	}
	metrics, err := s.metrics(by)
	if err != nil {
		return whole.sheet, whole.Score, err
	}
	for i, item := range whole.Score.Items {
		words, m := bound(metrics, item.sheetItem)
		whole.Score.Items[i].Bound, whole.Score.Items[i].Formula = words, m.Formula
		if m.Unit != casefile.Count {
			whole.Score.Items[i].Unit = "%"
		}
	}
	for _, v := range whole.Versions {
		for i, item := range v.Items {
			v.Items[i].Bound, _ = bound(metrics, item)
		}
	}
	return whole.sheet, whole.Score, nil
}

// getTarget shows a sheet: items, score, versions and signatures.
func (s *console) getTarget(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	var p targetSheetPage
	var err error
	if p.Sheet, p.Score, err = s.readSheet(r); err != nil {
		return err
	}
	p.page = s.page(r, fmt.Sprintf("%d · %s", p.Sheet.Year, p.Sheet.UnitName))
	p.At, p.Back = "targets", r.URL.Path
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	for i, v := range p.Sheet.Versions {
		p.Sheet.Versions[i].DraftedBy = names.Name(v.DraftedBy)
	}
	slices.Reverse(p.Sheet.Versions)
	switch r.URL.Query().Get("done") {
	case "drafted":
		p.Done = by.lang.t("目标责任状已起草，请双方签订。", "The sheet is drafted; both are to sign it.")
	case "signed":
		p.Done = by.lang.t("已签订。", "Signed.")
	case "closed":
		p.Done = by.lang.t("年终考核已完成，得分不再变动。", "The sheet is closed; its score stands.")
	}
	return s.show(w, r, http.StatusOK, "target", p)
}

// itemColumns are the columns of a sheet's rows.
var itemColumns = []string{"metric", "name", "target", "weight"}

// itemRows are the lines for a sheet's items, some empty ones behind those typed.
func (l lang) itemRows(typed []map[string]string, metrics []metric) rows {
	var choices []choice
	for _, m := range metrics {
		choices = append(choices, choice{m.ID, m.Name})
	}
	made := rows{
		Name: "items", Label: l.t("目标", "Targets"),
		Hint: l.t("目标值：率填百分数（至少），件数填上限；权重合计须为100。不得以信访数量、越级访、息访率设定目标。空行不计。",
			"The target is a percentage at least, or a number at most; the weights add up to 100. None may count petitions or visits. Empty rows don't count."),
		Columns: []string{l.t("指标", "Metric"), l.t("名称（不填即用指标名称）", "Name (empty: the metric's)"), l.t("目标值", "Target"), l.t("权重", "Weight")},
	}
	for i := range min(max(len(typed)+2, 5), casefile.MostTargets) {
		row := map[string]string{}
		if i < len(typed) {
			row = typed[i]
		}
		var cells []field
		for n, name := range itemColumns {
			id := fmt.Sprintf("items.%d.%s", i, name)
			f := field{ID: id, Name: id, Label: made.Columns[n], Control: "number", Value: row[name]}
			switch name {
			case "metric":
				f.Control, f.Groups = "select", []group{{Choices: choices}}
			case "name":
				f.Control = "line"
			}
			cells = append(cells, f)
		}
		made.Lines = append(made.Lines, cells)
	}
	return made
}

// itemBody is what the API takes of them.
func itemBody(typed []map[string]string) []map[string]any {
	items := []map[string]any{}
	for _, row := range typed {
		item := map[string]any{"metric": row["metric"]}
		if row["name"] != "" {
			item["name"] = row["name"]
		}
		for _, name := range []string{"target", "weight"} {
			if v := row[name]; v != "" {
				item[name] = v
				var h casefile.Hundredths
				if h.UnmarshalJSON([]byte(v)) == nil {
					item[name] = h
				}
			}
		}
		items = append(items, item)
	}
	return items
}

// total is the sum of the weights that are numbers.
func total(typed []map[string]string) string {
	var sum, h casefile.Hundredths
	for _, row := range typed {
		if h.UnmarshalJSON([]byte(row["weight"])) == nil {
			sum += h
		}
	}
	return sum.String()
}

// itemsForm shows a form of items.
func (s *console) itemsForm(w http.ResponseWriter, r *http.Request, p formPage, filled []map[string]string, refused *problem) error {
	metrics, err := s.metrics(callerOf(r))
	if err != nil {
		return err
	}
	p.At = "targets"
	return s.rowsForm(w, r, rowsPage{formPage: p, Rows: p.Lang.itemRows(filled, metrics), Sum: true, Total: total(filled), More: true}, refused)
}

// newTarget is the form that drafts a sheet.
func (s *console) newTarget(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by := callerOf(r)
	l := by.lang
	p := formPage{
		page: s.page(r, l.t("起草目标责任状", "Draft a target sheet")), Crumbs: []link{{"/targets", l.t("目标责任状", "Target sheets")}}, Action: "/targets/new",
		Submit: l.t("起草", "Draft it"), Cancel: "/targets",
	}
	p.Fields = []field{
		{Name: "year", Label: l.t("年度", "Year"), Hint: l.t("本年或下一年", "this one or the next"), Control: "number", Value: itoa(p.Today.Year), Required: true},
		{Name: "unit", Label: l.t("单位", "Unit"), Control: "select", Required: true, Among: amongResponsible},
	}
	return s.itemsForm(w, r, p, typedRows(typedIn(r), "items", itemColumns...), refused)
}

func (s *console) getNewTarget(w http.ResponseWriter, r *http.Request) error {
	return s.newTarget(w, r, nil)
}

func (s *console) postTarget(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm
	if typed.Get("more") != "" {
		return s.newTarget(w, r, nil)
	}
	body := bodyOf(typed, "unit")
	if v := line(typed, "year"); v != "" {
		body["year"] = counted(v)
	}
	body["items"] = itemBody(typedRows(typed, "items", itemColumns...))
	var drafted sheet
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/target-sheets", typed.Get("key"), body, &drafted); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.newTarget(w, r, refused)
	}
	http.Redirect(w, r, sheetAt(drafted.ID)+"?done=drafted", http.StatusSeeOther)
	return nil
}

// reviseTarget is the form that drafts another version.
func (s *console) reviseTarget(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by := callerOf(r)
	var current sheet
	if err := s.api.get(by, sheetPath(r), &current); err != nil {
		return err
	}
	filled := typedRows(typedIn(r), "items", itemColumns...)
	if filled == nil && r.Method != http.MethodPost {
		metrics, err := s.metrics(by)
		if err != nil {
			return err
		}
		for _, item := range current.Latest().Items {
			name := item.Name
			if _, m := bound(metrics, item); m.Name == name {
				name = ""
			}
			filled = append(filled, map[string]string{"metric": item.Metric, "name": name, "target": item.Target.String(), "weight": item.Weight.String()})
		}
	}
	l, at := by.lang, sheetAt(current.ID)
	p := formPage{
		page: s.page(r, l.t("修订目标责任状", "Draft a new version")), Crumbs: []link{{"/targets", l.t("目标责任状", "Target sheets")}, {at, fmt.Sprintf("%d %s", current.Year, current.UnitName)}},
		Lead:   fmt.Sprintf("%d · %s", current.Year, current.UnitName),
		Notes:  []string{l.t("双方签订新版之前，已签订的版本继续有效。", "What was signed stays in force until both have signed the new version.")},
		Action: at + "/revise", Submit: l.t("起草新版", "Draft the new version"), Cancel: at,
	}
	return s.itemsForm(w, r, p, filled, refused)
}

func (s *console) getTargetRevise(w http.ResponseWriter, r *http.Request) error {
	return s.reviseTarget(w, r, nil)
}

func (s *console) postTargetRevise(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm
	if typed.Get("more") != "" {
		return s.reviseTarget(w, r, nil)
	}
	body := map[string]any{"items": itemBody(typedRows(typed, "items", itemColumns...))}
	if _, err := s.api.call(callerOf(r), http.MethodPost, sheetPath(r)+"/versions", typed.Get("key"), body, nil); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.reviseTarget(w, r, refused)
	}
	http.Redirect(w, r, sheetAt(chi.URLParam(r, "id"))+"?done=drafted", http.StatusSeeOther)
	return nil
}

type targetActPage struct {
	formPage
	Sheet   sheet
	Version sheetVersion
}

// actOnTarget is the form that signs or closes a sheet, under what is signed or closed.
func (s *console) actOnTarget(w http.ResponseWriter, r *http.Request, what string, refused *problem) error {
	by := callerOf(r)
	current, _, err := s.readSheet(r)
	if err != nil {
		return err
	}
	l, at := by.lang, sheetAt(current.ID)
	title := l.t("签订目标责任状", "Sign the sheet")
	p := targetActPage{Sheet: current, Version: current.Latest()}
	if what == "close" {
		title = l.t("年终考核", "Close the sheet")
		for _, v := range current.Versions {
			if current.InForce != nil && v.Version == *current.InForce {
				p.Version = v
			}
		}
	}
	p.formPage = formPage{
		page: s.page(r, title), Crumbs: []link{{"/targets", l.t("目标责任状", "Target sheets")}, {at, fmt.Sprintf("%d %s", current.Year, current.UnitName)}},
		Action: at + "/" + what, Submit: title, Cancel: at, Key: keyOf(typedIn(r), refused), Problem: refused,
	}
	p.At = "targets"
	if what == "sign" {
		p.Fields = []field{{Name: "hash", Control: "hidden", Value: p.Version.Hash}}
		p.Confirm = l.t("确认签订？签订后不能撤回。", "Sign it? It can't be taken back.")
	} else {
		p.Notes = []string{l.t("按年末的数据记录得分，此后不再变动。", "The figures as of the end of the year go on record for good.")}
		p.Confirm = l.t("确认考核？不能撤回。", "Close it? It can't be taken back.")
	}
	status := http.StatusOK
	if refused != nil {
		status = refused.Status
	}
	return s.show(w, r, status, "target-act", p)
}

func (s *console) getTargetAct(what string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return s.actOnTarget(w, r, what, nil) }
}

func (s *console) postTargetAct(what string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		body := bodyOf(r.PostForm, "hash")
		if _, err := s.api.call(callerOf(r), http.MethodPost, sheetPath(r)+"/"+what, r.PostForm.Get("key"), body, nil); err != nil {
			refused, err := refusal(err)
			if err != nil {
				return err
			}
			return s.actOnTarget(w, r, what, refused)
		}
		http.Redirect(w, r, sheetAt(chi.URLParam(r, "id"))+"?done="+map[string]string{"sign": "signed", "close": "closed"}[what], http.StatusSeeOther)
		return nil
	}
}

type targetCasesPage struct {
	page
	Sheet  sheet
	Item   sheetPoints
	Good   string
	Cases  []targetCase
	Total  int
	Next   string
	Within string // the page's own address
}

type targetCase struct {
	Case     string         `json:"case"`
	Number   string         `json:"number"`
	Title    string         `json:"title"`
	JudgedAt time.Time      `json:"judged_at"`
	Due      *calendar.Date `json:"due"`
	Good     bool           `json:"good"`
}

// getTargetCases shows the cases behind an item's figures, what was missed first.
func (s *console) getTargetCases(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	current, score, err := s.readSheet(r)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(chi.URLParam(r, "item"))
	if err != nil || number < 1 || number > len(score.Items) {
		return errNoPage
	}
	p := targetCasesPage{page: s.page(r, by.lang.t("指标明细", "The cases behind the figures")), Sheet: current, Item: score.Items[number-1], Good: query.Get("good")}
	p.At, p.Within = "targets", fmt.Sprintf("%s/items/%d", sheetAt(current.ID), number)
	asked := url.Values{"limit": {itoa(pageLength)}}
	for _, name := range []string{"good", "cursor"} {
		if v := query.Get(name); v != "" {
			asked.Set(name, v)
		}
	}
	var found struct {
		Cases      []targetCase `json:"cases"`
		Total      int          `json:"total"`
		NextCursor *string      `json:"next_cursor"`
	}
	if err := s.api.get(by, fmt.Sprintf("%s/items/%d/cases?%s", sheetPath(r), number, asked.Encode()), &found); err != nil {
		return err
	}
	p.Cases, p.Total = found.Cases, found.Total
	if found.NextCursor != nil {
		asked.Set("cursor", *found.NextCursor)
		asked.Del("limit")
		p.Next = p.Within + "?" + asked.Encode()
	}
	return s.show(w, r, http.StatusOK, "target-cases", p)
}
