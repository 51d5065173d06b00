package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// campaign is a campaign (会战) as the API gives it.
type campaign struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	About      string        `json:"about"`
	OfficeName string        `json:"office_name"`
	Start      calendar.Date `json:"start"`
	End        calendar.Date `json:"end"`
	State      string        `json:"state"`
	Targets    []target      `json:"targets"`
	OpenedAt   time.Time     `json:"opened_at"`
	EndedAt    *time.Time    `json:"ended_at"`
	Commands   []string      `json:"commands"`
}

// Can reports whether the reader can do this with it.
func (c campaign) Can(command string) bool { return slices.Contains(c.Commands, command) }

// StateName is the word for its state.
func (c campaign) StateName() policy.Text { return casefile.CampaignStateName(c.State) }

type target struct {
	Kind   string  `json:"kind"`
	Origin *string `json:"origin"`
	Value  int     `json:"value"`
}

// target puts a target into words.
func (w wording) target(t target) string {
	of := w.t("全部", "all")
	if t.Origin != nil {
		of = w.code(w.rules.Origins, *t.Origin)
	}
	if t.Kind == casefile.TargetShare {
		return fmt.Sprintf("%s · %s ≥ %d%%", of, w.of(casefile.TargetKindName(t.Kind)), t.Value)
	}
	return fmt.Sprintf("%s · %s ≥ %d", of, w.of(casefile.TargetKindName(t.Kind)), t.Value)
}

type campaignsPage struct {
	page
	Campaigns []campaign
	Opens     bool // the reader may open one
	Next      string
	Later     bool
}

// getCampaigns lists campaigns, the newest first.
func (s *console) getCampaigns(w http.ResponseWriter, r *http.Request) error {
	by, cursor := callerOf(r), r.URL.Query().Get("cursor")
	p := campaignsPage{page: s.page(r, by.lang.t("会战", "Campaigns")), Opens: by.who.Role == casefile.Supervisor, Later: cursor != ""}
	p.At = "campaigns"
	var found struct {
		Campaigns  []campaign `json:"campaigns"`
		NextCursor *string    `json:"next_cursor"`
	}
	if err := s.api.get(by, "/campaigns?"+paged(cursor), &found); err != nil {
		return err
	}
	p.Campaigns = found.Campaigns
	if found.NextCursor != nil {
		p.Next = "/campaigns?cursor=" + url.QueryEscape(*found.NextCursor)
	}
	return s.show(w, r, http.StatusOK, "campaigns", p)
}

// pageLength is how many lines a list has.
const pageLength = 25

// paged asks for a page of a list from a cursor on.
func paged(cursor string) string {
	asked := url.Values{"limit": {itoa(pageLength)}}
	if cursor != "" {
		asked.Set("cursor", cursor)
	}
	return asked.Encode()
}

type campaignPage struct {
	page
	Campaign  campaign
	Progress  campaignProgress
	Standings []standing
	Weeks     []week // the last ones
	Earlier   []week
	Changes   []targetChange
	Cases     []enlisted
	Total     int
	Next      string
	Later     bool
}

type campaignProgress struct {
	AsOf      time.Time `json:"as_of"`
	OwnCases  bool      `json:"own_cases"`
	Cases     int       `json:"cases"`
	Concluded int       `json:"concluded"`
	Before    int       `json:"concluded_before"`
	Open      int       `json:"open"`
	Unled     int       `json:"without_leaders"`
	Unplanned int       `json:"without_plan"`
	Submitted int       `json:"submitted"`
	Decided   int       `json:"decided"`
	Money     int64     `json:"money"`
	Standings []struct {
		Origin string         `json:"origin"`
		Stage  casefile.Stage `json:"stage"`
		Cases  int            `json:"cases"`
	} `json:"standings"`
	Weeks   []week        `json:"weeks"`
	Targets []targetState `json:"targets"`
}

// Wan is the money in units of ten thousand yuan, as reports have it.
func (p campaignProgress) Wan() string {
	return strconv.FormatFloat(float64(p.Money)/10_000, 'f', -1, 64)
}

type targetState struct {
	target
	Cases     int                  `json:"cases"`
	Concluded int                  `json:"concluded"`
	Needed    int                  `json:"needed"`
	State     casefile.TargetState `json:"state"`
	Words     string               `json:"-"`
}

// Bar is how far it has come, in hundredths of what is needed.
func (t targetState) Bar() int { return share(t.Concluded, t.Needed) }

// Lamp is the colour of the bar.
func (t targetState) Lamp() casefile.Lamp {
	switch t.State {
	case casefile.TargetMet:
		return casefile.Green
	case casefile.TargetMissed:
		return casefile.Red
	case casefile.TargetOpen:
	}
	return casefile.Yellow
}

// share is n of all in hundredths, never more than all of it.
func share(n, all int) int {
	if all <= 0 {
		return 0
	}
	return min(100, n*100/all)
}

type week struct {
	Monday    calendar.Date `json:"monday"`
	Sunday    calendar.Date `json:"sunday"`
	Concluded int           `json:"concluded"`
	Total     int           `json:"total"`
	Reports   struct {
		Due     int `json:"due"`
		InTime  int `json:"in_time"`
		Late    int `json:"late"`
		Missing int `json:"missing"`
	} `json:"reports"`
	Bar int `json:"-"` // of all cases, in hundredths
}

// standing is how the cases of an origin stand.
type standing struct {
	Origin string
	Stages []stageCount
	Cases  int
}

type stageCount struct {
	Stage casefile.Stage
	Cases int
}

type targetChange struct {
	Targets []target  `json:"targets"`
	Reason  *string   `json:"reason"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Words   []string  `json:"-"`
}

type enlisted struct {
	summary
	EnlistedAt time.Time `json:"enlisted_at"`
	Planned    bool      `json:"planned"`
	Meetings   int       `json:"meetings"`
	Reports    []struct {
		Due    calendar.Date `json:"due"`
		MadeAt *time.Time    `json:"made_at"`
		Late   bool          `json:"late"`
	} `json:"reports"`
}

// Missed counts the weekly reports that were due and were not made.
func (e enlisted) Missed() (n int) {
	for _, r := range e.Reports {
		if r.MadeAt == nil && r.Late {
			n++
		}
	}
	return n
}

// weeksShown is how many weeks stand open in the table.
const weeksShown = 8

// getCampaign shows a campaign: targets, progress week by week, and its cases.
func (s *console) getCampaign(w http.ResponseWriter, r *http.Request) error {
	by, id, cursor := callerOf(r), url.PathEscape(chi.URLParam(r, "id")), r.URL.Query().Get("cursor")
	var p campaignPage
	var whole struct {
		campaign
		TargetChanges []targetChange   `json:"target_changes"`
		Progress      campaignProgress `json:"progress"`
	}
	if err := s.api.get(by, "/campaigns/"+id, &whole); err != nil {
		return err
	}
	p.Campaign, p.Progress, p.Changes, p.Later = whole.campaign, whole.Progress, whole.TargetChanges, cursor != ""
	p.page = s.page(r, p.Campaign.Name)
	p.At, p.Back = "campaigns", r.URL.Path
	var cases struct {
		Cases      []enlisted `json:"cases"`
		Total      int        `json:"total"`
		NextCursor *string    `json:"next_cursor"`
	}
	if err := s.api.get(by, "/campaigns/"+id+"/cases?"+paged(cursor), &cases); err != nil {
		return err
	}
	p.Cases, p.Total = cases.Cases, cases.Total
	if cases.NextCursor != nil {
		p.Next = "/campaigns/" + id + "?" + url.Values{"cursor": {*cases.NextCursor}}.Encode() + "#cases"
	}
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	for i, t := range p.Progress.Targets {
		p.Progress.Targets[i].Words = words.target(t.target)
	}
	for i, c := range p.Changes {
		p.Changes[i].By = words.Name(c.By)
		for _, t := range c.Targets {
			p.Changes[i].Words = append(p.Changes[i].Words, words.target(t))
		}
	}
	for _, each := range p.Progress.Standings {
		origin := words.code(words.rules.Origins, each.Origin)
		i := slices.IndexFunc(p.Standings, func(s standing) bool { return s.Origin == origin })
		if i < 0 {
			i, p.Standings = len(p.Standings), append(p.Standings, standing{Origin: origin})
		}
		p.Standings[i].Stages = append(p.Standings[i].Stages, stageCount{each.Stage, each.Cases})
		p.Standings[i].Cases += each.Cases
	}
	p.Weeks = p.Progress.Weeks
	for i := range p.Weeks {
		p.Weeks[i].Bar = share(p.Weeks[i].Total, p.Progress.Cases)
	}
	slices.Reverse(p.Weeks) // this week first
	if len(p.Weeks) > weeksShown {
		p.Weeks, p.Earlier = p.Weeks[:weeksShown], p.Weeks[weeksShown:]
	}
	switch r.URL.Query().Get("done") {
	case "opened":
		p.Done = by.lang.t("会战已发起。", "The campaign is open.")
	case "targets":
		p.Done = by.lang.t("目标已更改。", "The targets are changed.")
	case "ended":
		p.Done = by.lang.t("会战已结束。", "The campaign has ended.")
	}
	return s.show(w, r, http.StatusOK, "campaign", p)
}

// wording is what puts codes into words for a reader.
func (s *console) wording(by caller) (wording, error) {
	rules, err := s.api.policy(by)
	if err != nil {
		return wording{}, err
	}
	names, err := s.api.directory(by)
	return wording{by.lang, rules, names}, err
}

// rowsPage is a form with rows that are all alike.
type rowsPage struct {
	formPage
	Rows      rows
	More      bool   // another row can be asked for
	Sum       bool   // weights are added up, where there is a script as one types
	Total     string // of the weights, as they were sent
	RowsWrong string
}

// Ordinal is a line's number as people count.
func (rowsPage) Ordinal(i int) int { return i + 1 }

// rows are the lines of a form, and what their columns are called.
type rows struct {
	Name    string // of the field in the API
	Label   string
	Hint    string
	Columns []string
	Lines   [][]field
}

// Wrong are the fields that must be corrected.
func (p rowsPage) Wrong() []field {
	wrong := wrongOf(p.Fields)
	if p.RowsWrong != "" {
		wrong = append(wrong, field{ID: p.Rows.Name, Label: p.Rows.Label, Wrong: p.RowsWrong})
	}
	for _, l := range p.Rows.Lines {
		wrong = append(wrong, wrongOf(l)...)
	}
	return wrong
}

// typedRows are the rows that were filled in, close together.
func typedRows(typed url.Values, name string, columns ...string) (filled []map[string]string) {
	for i := range 2 * casefile.MostTargets {
		row, empty := map[string]string{}, true
		for _, c := range columns {
			v := line(typed, fmt.Sprintf("%s.%d.%s", name, i, c))
			row[c], empty = v, empty && v == ""
		}
		if !empty {
			filled = append(filled, row)
		}
	}
	return filled
}

// rowsForm shows a form with rows, or shows it again after a refusal.
func (s *console) rowsForm(w http.ResponseWriter, r *http.Request, p rowsPage, refused *problem) error {
	typed, status := typedIn(r), http.StatusOK
	p.Fields, p.Key = fill(p.Fields, typed), keyOf(typed, refused)
	if err := s.offerAll(callerOf(r), p.Fields); err != nil {
		return err
	}
	if p.Problem = refused; refused != nil {
		status = refused.Status
		p.placeRows(refused)
		place(refused, in(p.Fields))
	}
	return s.show(w, r, status, "rows", p)
}

// placeRows takes the problems of rows out of a refusal and puts them beside their fields.
func (p *rowsPage) placeRows(refused *problem) {
	refused.Fields = slices.DeleteFunc(slices.Clone(refused.Fields), func(f fieldProblem) bool {
		if f.Field != p.Rows.Name && !strings.HasPrefix(f.Field, p.Rows.Name+".") {
			return false
		}
		for _, l := range p.Rows.Lines {
			for i := range l {
				if l[i].Name == f.Field {
					l[i].Wrong = f.Message
					return true
				}
			}
		}
		p.RowsWrong = strings.TrimSpace(p.RowsWrong + " " + f.Message)
		return true
	})
}

// targetRows are the lines for a campaign's targets: those typed, and some empty ones.
func (w wording) targetRows(typed []map[string]string) rows {
	kinds, origins := []choice{}, []choice{}
	for _, k := range casefile.TargetKinds {
		kinds = append(kinds, choice{k, w.of(casefile.TargetKindName(k))})
	}
	for _, o := range w.rules.Origins {
		origins = append(origins, choice{o.ID, w.of(o.Name)})
	}
	made := rows{
		Name: "targets", Label: w.t("目标", "Targets"),
		Hint: w.t("化解率填百分数（1至100），化解件数填件数；不选来源即为全部。不得以信访数量为目标。空行不计。",
			"a share is of a hundred, a number is of cases; without an origin it is of all. The number of petitions is no target. Empty rows don't count."),
		Columns: []string{w.t("目标", "Target"), w.t("来源", "Origin"), w.t("数值", "Value")},
	}
	for i := range len(typed) + 2 {
		row := map[string]string{}
		if i < len(typed) {
			row = typed[i]
		}
		cell := func(name, label, control string, choices []choice) field {
			id := fmt.Sprintf("targets.%d.%s", i, name)
			return field{ID: id, Name: id, Label: label, Control: control, Value: row[name], Groups: []group{{Choices: choices}}}
		}
		origin := cell("origin", made.Columns[1], "select", origins)
		origin.Blank = w.t("全部", "all")
		made.Lines = append(made.Lines, []field{cell("kind", made.Columns[0], "select", kinds), origin, cell("value", made.Columns[2], "number", nil)})
	}
	return made
}

// targetBody is what the API takes of them.
func targetBody(typed []map[string]string) []map[string]any {
	targets := []map[string]any{}
	for _, row := range typed {
		t := map[string]any{"kind": row["kind"], "value": counted(row["value"])}
		if row["value"] == "" {
			delete(t, "value")
		}
		if row["origin"] != "" {
			t["origin"] = row["origin"]
		}
		targets = append(targets, t)
	}
	return targets
}

func (w wording) campaignFields() []field {
	return []field{
		{Name: "name", Label: w.t("名称", "Name"), Control: "line", Required: true},
		{Name: "about", Label: w.t("内容", "What it is about"), Hint: w.t("哪些事项、怎样化解；不写信访人姓名", "which cases, and how; no petitioner's name"), Control: "note", Required: true},
		{Name: "start", Label: w.t("开始", "First day"), Control: "date", Required: true},
		{Name: "end", Label: w.t("结束", "Last day"), Hint: w.t("到这一天结束时评判目标", "the targets are judged by its end"), Control: "date", Required: true},
	}
}

// newCampaign is the form that opens a campaign.
func (s *console) newCampaign(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by := callerOf(r)
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	l := by.lang
	p := rowsPage{formPage: formPage{
		page: s.page(r, l.t("发起会战", "Open a campaign")), Crumbs: []link{{"/campaigns", l.t("会战", "Campaigns")}}, Action: "/campaigns/new",
		Submit: l.t("发起会战", "Open the campaign"), Cancel: "/campaigns", Fields: words.campaignFields(),
	}, Rows: words.targetRows(typedRows(typedIn(r), "targets", "kind", "origin", "value"))}
	p.At = "campaigns"
	return s.rowsForm(w, r, p, refused)
}

func (s *console) getNewCampaign(w http.ResponseWriter, r *http.Request) error {
	return s.newCampaign(w, r, nil)
}

func (s *console) postCampaign(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm
	body := bodyOf(typed, "name", "about", "start", "end")
	body["targets"] = targetBody(typedRows(typed, "targets", "kind", "origin", "value"))
	var opened campaign
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/campaigns", typed.Get("key"), body, &opened); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.newCampaign(w, r, refused)
	}
	http.Redirect(w, r, "/campaigns/"+url.PathEscape(opened.ID)+"?done=opened", http.StatusSeeOther)
	return nil
}

// campaignTargets is the form that changes a campaign's targets.
func (s *console) campaignTargets(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	var c campaign
	if err := s.api.get(by, "/campaigns/"+id, &c); err != nil {
		return err
	}
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	filled := typedRows(typedIn(r), "targets", "kind", "origin", "value")
	if r.Method != http.MethodPost && filled == nil {
		for _, t := range c.Targets {
			row := map[string]string{"kind": t.Kind, "value": itoa(t.Value)}
			if t.Origin != nil {
				row["origin"] = *t.Origin
			}
			filled = append(filled, row)
		}
	}
	l := by.lang
	p := rowsPage{formPage: formPage{
		page: s.page(r, l.t("更改目标", "Change the targets")), Crumbs: []link{{"/campaigns", l.t("会战", "Campaigns")}, {"/campaigns/" + id, c.Name}}, Lead: c.Name,
		Action: "/campaigns/" + id + "/targets", Submit: l.t("更改目标", "Change the targets"), Cancel: "/campaigns/" + id,
		Fields: []field{{Name: "reason", Label: l.t("更改理由", "Why they are changed"), Control: "note", Required: true}},
	}, Rows: words.targetRows(filled)}
	p.At = "campaigns"
	return s.rowsForm(w, r, p, refused)
}

func (s *console) getCampaignTargets(w http.ResponseWriter, r *http.Request) error {
	return s.campaignTargets(w, r, nil)
}

func (s *console) postCampaignTargets(w http.ResponseWriter, r *http.Request) error {
	typed, id := r.PostForm, url.PathEscape(chi.URLParam(r, "id"))
	body := bodyOf(typed, "reason")
	body["targets"] = targetBody(typedRows(typed, "targets", "kind", "origin", "value"))
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/campaigns/"+id+"/targets", typed.Get("key"), body, nil); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.campaignTargets(w, r, refused)
	}
	http.Redirect(w, r, "/campaigns/"+id+"?done=targets", http.StatusSeeOther)
	return nil
}

// endCampaign asks whether a campaign is to end.
func (s *console) endCampaign(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	var c campaign
	if err := s.api.get(by, "/campaigns/"+id, &c); err != nil {
		return err
	}
	l := by.lang
	p := formPage{
		page: s.page(r, l.t("结束会战", "End the campaign")), Crumbs: []link{{"/campaigns", l.t("会战", "Campaigns")}, {"/campaigns/" + id, c.Name}}, Lead: c.Name,
		Notes:  []string{l.t("结束后目标按此刻评判，不再报周报告；未结事项仍在名单上，照常办理。不能撤回。", "The targets are judged by now, and no weekly report is due any more. What is open stays on the list and goes on. It can't be taken back.")},
		Action: "/campaigns/" + id + "/end", Submit: l.t("结束会战", "End the campaign"), Cancel: "/campaigns/" + id,
		Confirm: l.t("确认结束会战？不能撤回。", "End the campaign? It can't be taken back."),
	}
	p.At = "campaigns"
	return s.form(w, r, p, refused)
}

func (s *console) getCampaignEnd(w http.ResponseWriter, r *http.Request) error {
	return s.endCampaign(w, r, nil)
}

func (s *console) postCampaignEnd(w http.ResponseWriter, r *http.Request) error {
	id := url.PathEscape(chi.URLParam(r, "id"))
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/campaigns/"+id+"/end", r.PostForm.Get("key"), map[string]any{}, nil); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.endCampaign(w, r, refused)
	}
	http.Redirect(w, r, "/campaigns/"+id+"?done=ended", http.StatusSeeOther)
	return nil
}
