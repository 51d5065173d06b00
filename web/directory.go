package web

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/policy"
)

type directoryPage struct {
	adminPage
	Unit      *unit  // whose page it is; nil at the top
	Heir      string // the name of who took over from it
	KindName  policy.Text
	Above     []unit // from the top down
	Below     []unitLine
	Officials []officialLine
	Query     string
	Former    bool // those who have left are shown

	UnitsTotal, OfficialsTotal int
	NextUnits, NextOfficials   string // addresses of what comes after; empty: nothing does
}

// Found reports whether there is anything to show.
func (p directoryPage) Found() bool { return p.UnitsTotal+p.OfficialsTotal > 0 }

type unitLine struct {
	unit
	KindName  policy.Text
	Officials int // in it and below it
}

type officialLine struct {
	official
	UnitName string
}

// getDirectory shows the units as a tree to walk down, the officials of each, or what a
// search finds.
func (s *console) getDirectory(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := directoryPage{adminPage: s.adminPage(r, "directory", by.lang.t("名录", "Directory")), Query: strings.TrimSpace(query.Get("q")), Former: query.Get("former") != ""}
	all, err := s.api.directory(by)
	if err != nil {
		return err
	}
	p.Done = doneText(by.lang, query.Get("done"))
	tree, code := treeOf(all), query.Get("unit")
	if p.Query == "" && !p.Former {
		if err := p.look(tree, code, query); err != nil {
			return err
		}
		if code == "" {
			return s.show(w, r, http.StatusOK, "directory", p)
		}
	} else if !p.Former {
		var found struct {
			Units []unit `json:"units"`
			Total int    `json:"total"`
		}
		asked := url.Values{"q": {p.Query}, "limit": {itoa(directoryLength)}, "cursor": query["units"]}
		if err := s.api.get(by, "/units?"+asked.Encode(), &found); err != nil {
			return err
		}
		for _, u := range found.Units {
			p.Below = append(p.Below, tree.line(u))
		}
		p.UnitsTotal, p.NextUnits = found.Total, p.next(query, "units", found.Total)
	}
	var staff struct {
		Officials []official `json:"officials"`
		Total     int        `json:"total"`
	}
	asked := url.Values{"limit": {itoa(directoryLength)}, "cursor": query["officials"]}
	switch {
	case p.Former:
		asked.Set("role", string(casefile.Former))
	case p.Query == "":
		asked.Set("unit", code)
		asked.Set("serving", "true")
	}
	if p.Query != "" {
		asked.Set("q", p.Query)
	}
	if err := s.api.get(by, "/officials?"+asked.Encode(), &staff); err != nil {
		return err
	}
	for _, o := range staff.Officials {
		line := officialLine{official: o}
		if p.Unit == nil {
			line.UnitName = all.Name(o.Unit)
		}
		p.Officials = append(p.Officials, line)
	}
	p.OfficialsTotal, p.NextOfficials = staff.Total, p.next(query, "officials", staff.Total)
	return s.show(w, r, http.StatusOK, "directory", p)
}

// directoryLength is how many units, and how many officials, a page of the directory has.
const directoryLength = 50

// offset is where a part of the page begins.
func offset(query url.Values, part string) int {
	n, _ := strconv.Atoi(query.Get(part))
	return max(n, 0)
}

// next is the address of what comes after in a part of the page, the units or the
// officials; empty at its end.
func (p directoryPage) next(query url.Values, part string, total int) string {
	to := offset(query, part) + directoryLength
	if to >= total {
		return ""
	}
	next := maps.Clone(query)
	next.Del("done")
	next.Set(part, itoa(to))
	return "/admin/directory?" + next.Encode() + "#" + part
}

// look is at one unit, or at the top, with what is right below.
func (p *directoryPage) look(tree tree, code string, query url.Values) error {
	if code != "" {
		at, ok := tree.byCode[code]
		if !ok {
			return errNoPage
		}
		p.Unit, p.KindName, p.Heir = &at, casefile.UnitKindName(at.Kind), tree.byCode[at.Successor].Name
		for up := at.Parent; up != "" && len(p.Above) < len(tree.byCode); up = tree.byCode[up].Parent {
			p.Above = append(p.Above, tree.byCode[up])
		}
		slices.Reverse(p.Above)
	}
	below := tree.below[code]
	from := min(offset(query, "units"), len(below))
	for _, u := range below[from:min(from+directoryLength, len(below))] {
		p.Below = append(p.Below, tree.line(u))
	}
	p.UnitsTotal, p.NextUnits = len(below), p.next(query, "units", len(below))
	return nil
}

// tree is the units by what is above them.
type tree struct {
	byCode map[string]unit
	below  map[string][]unit
	staff  map[string]int // officials of a unit itself
}

func treeOf(d directory) tree {
	t := tree{map[string]unit{}, map[string][]unit{}, map[string]int{}}
	for _, u := range d.Units {
		t.byCode[u.Code] = u
	}
	for _, u := range d.Units {
		up := u.Parent
		if _, ok := t.byCode[up]; !ok {
			up = ""
		}
		t.below[up] = append(t.below[up], u)
	}
	for _, list := range t.below {
		slices.SortStableFunc(list, func(a, b unit) int { // the ended last
			if a.Ended() != b.Ended() {
				return map[bool]int{true: 1, false: -1}[a.Ended()]
			}
			return cmp.Or(cmp.Compare(slices.Index(casefile.UnitKinds, a.Kind), slices.Index(casefile.UnitKinds, b.Kind)), cmp.Compare(a.Code, b.Code))
		})
	}
	for _, o := range d.Officials {
		if o.Role != casefile.Former {
			t.staff[o.Unit]++
		}
	}
	return t
}

func (t tree) line(u unit) unitLine {
	return unitLine{u, casefile.UnitKindName(u.Kind), t.count(u.Code, len(t.byCode))}
}

// count is how many officials there are in a unit and below it.
func (t tree) count(code string, deep int) int {
	n := t.staff[code]
	if deep > 0 { // a circle must not hang us
		for _, u := range t.below[code] {
			n += t.count(u.Code, deep-1)
		}
	}
	return n
}

// doneText is what has just been done, of the things that these pages do.
func doneText(l lang, done string) string {
	switch done {
	case "added":
		return l.t("已新增。", "Added.")
	case "changed":
		return l.t("已保存。", "Saved.")
	case "ended":
		return l.t("已办理离任：其账号、令牌均已停用，姓名仍留在记录中。", "They have left: account and tokens are off, the name stays on record.")
	case "unit_ended":
		return l.t("已办理撤并：名称和以往事项仍可查询，不再接收事项和人员。", "It has ended: its name and its past stay, no case and no official comes to it any more.")
	case "leave":
		return l.t("请假已登记。", "The leave is entered.")
	case "leave_ended":
		return l.t("请假已结束。", "The leave has ended.")
	case "signed_out":
		return l.t("已在所有地方退出登录。", "They are signed out everywhere.")
	case "revoked":
		return l.t("令牌已吊销。", "The token is revoked.")
	case "removed":
		return l.t("已删除。", "Removed.")
	case "handed":
		return l.t("移交已下达，逐件办理中。", "The handover is ordered and goes case by case.")
	}
	return ""
}

// entry is a form of the administration.
func (s *console) entry(r *http.Request, title string, back link) formPage {
	p := formPage{page: s.page(r, title), Crumbs: []link{back}, Cancel: back.To, Action: r.URL.Path}
	p.At = "admin"
	return p
}

// sent sends what was typed to the API and goes on, or shows the form again with what was
// wrong.
func (s *console) sent(w http.ResponseWriter, r *http.Request, p formPage, path string, body any, next string) error {
	if _, err := s.api.call(callerOf(r), http.MethodPost, path, r.PostForm.Get("key"), body, nil); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.form(w, r, p, refused)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// filled is what the fields of a form have, without those left empty.
func filled(r *http.Request, p formPage) map[string]any {
	var names []string
	for _, f := range p.Fields {
		names = append(names, f.Name)
	}
	return bodyOf(r.PostForm, names...)
}

// unitLink leads to a unit's page; to the whole directory for none.
func (w wording) unitLink(code string) link {
	if code == "" {
		return link{"/admin/directory", w.t("名录", "Directory")}
	}
	return link{"/admin/directory?unit=" + url.QueryEscape(code), w.Name(code)}
}

func (w wording) levels() []group {
	var g group
	for _, level := range w.rules.Levels {
		g.Choices = append(g.Choices, choice{level.ID, w.of(level.Name)})
	}
	return []group{g}
}

// administered is what the forms of the directory are made of, for an administrator.
func (s *console) administered(r *http.Request) (wording, error) {
	by := callerOf(r)
	if by.who.Role != casefile.Admin {
		return wording{}, errNoPage // nothing is offered that the API would refuse
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return wording{}, err
	}
	names, err := s.api.directory(by)
	return wording{by.lang, rules, names}, err
}

func (s *console) unitForm(r *http.Request, code string) (formPage, error) {
	words, err := s.administered(r)
	if err != nil {
		return formPage{}, err
	}
	isNew := code == ""
	u := unit{Parent: r.URL.Query().Get("parent")}
	if !isNew {
		i := slices.IndexFunc(words.Units, func(u unit) bool { return u.Code == code })
		if i < 0 {
			return formPage{}, errNoPage
		}
		u = words.Units[i]
	}
	var kinds group
	for _, kind := range casefile.UnitKinds {
		kinds.Choices = append(kinds.Choices, choice{kind, words.of(casefile.UnitKindName(kind))})
	}
	fields := []field{
		{Name: "name", Label: words.t("名称", "Name"), Control: "line", Value: u.Name, Required: true},
		{Name: "kind", Label: words.t("种类", "Kind"), Control: "radio", Value: u.Kind, Required: true, Groups: []group{kinds}},
		{Name: "level", Label: words.t("级别", "Level"), Control: "select", Value: u.Level, Required: true, Groups: words.levels()},
		{Name: "parent", Label: words.t("上级单位", "Unit above"), Control: "select", Value: u.Parent, Hint: words.t("最高一级不选", "none for the topmost"), Among: amongStanding},
	}
	p := s.entry(r, words.t("变更单位", "Change a unit"), words.unitLink(code))
	p.Submit = words.t("保存", "Save")
	if isNew {
		p = s.entry(r, words.t("新增单位", "Add a unit"), words.unitLink(u.Parent))
		p.Submit = words.t("新增", "Add")
		fields = append([]field{{Name: "code", Label: words.t("代码", "Code"), Control: "line", Required: true, Hint: words.t("字母、数字、点、横线，如 232721-nc；以后不能更改", "letters, digits, dots and dashes, such as 232721-nc; it stays")}}, fields...)
	} else {
		p.Lead = u.Name + " · " + u.Code
	}
	if u.Ended() {
		p.Title, p.Submit = words.t("恢复单位", "Let a unit stand again"), words.t("恢复", "Let it stand again")
		p.Notes = []string{words.t("该单位已于"+words.day(u.EndedOn)+"撤并。保存后恢复，可以重新接收事项和人员。", "It was ended on "+words.day(u.EndedOn)+". Saved, it stands again and can get cases and officials.")}
	}
	p.Fields = fields
	return p, nil
}

// unitEndForm ends a unit (撤并).
func (s *console) unitEndForm(r *http.Request) (formPage, error) {
	words, err := s.administered(r)
	if err != nil {
		return formPage{}, err
	}
	code := chi.URLParam(r, "code")
	i := slices.IndexFunc(words.Units, func(u unit) bool { return u.Code == code })
	if i < 0 {
		return formPage{}, errNoPage
	}
	p := s.entry(r, words.t("撤并单位", "End a unit"), words.unitLink(code))
	p.Lead = words.Units[i].Name + " · " + code
	p.Notes = []string{words.t("撤并前，未办结事项须办完，人员须调离或离任，下级单位须先撤并或改隶。撤并后名称和以往事项仍可查询；以后重新办理的事项由承接单位办理，没有承接单位的由上级单位办理。",
		"First its open cases are settled, its officials move or leave, and the units below it end or get another one above. Its name and its past stay; what is taken up again later goes to the successor or, without one, to the unit above.")}
	p.Submit, p.Confirm = words.t("撤并", "End it"), words.t("确认撤并这个单位？", "End this unit?")
	p.Fields = []field{
		{Name: "on", Label: words.t("撤并日期", "Ended on"), Control: "date", Required: true, Value: p.Today.String()},
		{Name: "successor", Label: words.t("承接单位", "Successor"), Control: "select", Blank: words.t("没有，由上级单位承接", "none: the unit above takes over"), Among: amongStanding, Except: code},
	}
	return p, nil
}

func (s *console) getUnitEnd(w http.ResponseWriter, r *http.Request) error {
	p, err := s.unitEndForm(r)
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

func (s *console) postUnitEnd(w http.ResponseWriter, r *http.Request) error {
	p, err := s.unitEndForm(r)
	if err != nil {
		return err
	}
	code := url.PathEscape(chi.URLParam(r, "code"))
	return s.sent(w, r, p, "/units/"+code+"/end", filled(r, p), "/admin/directory?done=unit_ended&unit="+url.QueryEscape(chi.URLParam(r, "code")))
}

func (s *console) getUnit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.unitForm(r, chi.URLParam(r, "code"))
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

func (s *console) postUnit(w http.ResponseWriter, r *http.Request) error {
	code := chi.URLParam(r, "code")
	p, err := s.unitForm(r, code)
	if err != nil {
		return err
	}
	body := filled(r, p)
	if code == "" {
		to, _ := body["parent"].(string)
		return s.sent(w, r, p, "/units", body, "/admin/directory?done=added&unit="+url.QueryEscape(to))
	}
	return s.sent(w, r, p, "/units/"+url.PathEscape(code), body, "/admin/directory?done=changed&unit="+url.QueryEscape(code))
}

func (s *console) officialForm(r *http.Request, id string) (formPage, error) {
	words, err := s.administered(r)
	if err != nil {
		return formPage{}, err
	}
	isNew := id == ""
	o := official{Unit: r.URL.Query().Get("unit")}
	if !isNew {
		if err := s.api.get(callerOf(r), "/officials/"+url.PathEscape(id), &o); err != nil {
			return formPage{}, err
		}
	}
	var roles group
	for _, role := range casefile.Roles {
		roles.Choices = append(roles.Choices, choice{string(role), words.of(role.Name())})
	}
	fields := []field{
		{Name: "name", Label: words.t("姓名", "Name"), Control: "line", Value: o.Name, Required: true},
		{Name: "post", Label: words.t("职务", "Post"), Control: "line", Value: o.Post, Required: true},
		{Name: "unit", Label: words.t("单位", "Unit"), Control: "select", Value: o.Unit, Required: true, Among: amongStanding},
		{Name: "level", Label: words.t("级别", "Level"), Control: "select", Value: o.Level, Required: true, Groups: words.levels()},
		{Name: "role", Label: words.t("角色", "Role"), Control: "radio", Value: string(o.Role), Required: true, Groups: []group{roles}},
		{Name: "portfolio", Label: words.t("分管", "Portfolio"), Control: "line", Value: o.Portfolio, Hint: words.t("领导分管的工作，如“农业、信访”", "what a leader is in charge of, such as “农业、信访”")},
		{Name: "email", Label: words.t("电子邮箱", "E-mail"), Control: "line", Value: o.Email, Hint: words.t("通知发往此处", "where notices go")},
	}
	p := s.entry(r, words.t("变更人员", "Change an official"), link{"/admin/officials/" + url.PathEscape(id), o.Name})
	p.Submit = words.t("保存", "Save")
	if isNew {
		p = s.entry(r, words.t("新增人员", "Add an official"), words.unitLink(o.Unit))
		p.Submit = words.t("新增", "Add")
		fields = append([]field{{Name: "id", Label: words.t("账号", "Account"), Control: "line", Required: true, Hint: words.t("登录所用，字母、数字、点、横线；以后不能更改", "to sign in with: letters, digits, dots and dashes; it stays")}}, fields...)
	} else {
		p.Lead = o.Name + " · " + o.ID
	}
	p.Fields = fields
	return p, nil
}

func (s *console) getOfficialForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.officialForm(r, chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

func (s *console) postOfficial(w http.ResponseWriter, r *http.Request) error {
	id := chi.URLParam(r, "id")
	p, err := s.officialForm(r, id)
	if err != nil {
		return err
	}
	body := filled(r, p)
	if id == "" {
		added, _ := body["id"].(string)
		return s.sent(w, r, p, "/officials", body, "/admin/officials/"+url.PathEscape(added)+"?done=added")
	}
	return s.sent(w, r, p, "/officials/"+url.PathEscape(id), body, "/admin/officials/"+url.PathEscape(id)+"?done=changed")
}

type officialPage struct {
	adminPage
	Official  official
	OpenCases int
	Unit      string
	LevelName string
	Leaves    []leaveLine
	Problem   *problem
	Handlers  []string // who can hand the cases over
}

// Left reports whether the official has left.
func (p officialPage) Left() bool { return p.Official.Role == casefile.Former }

// HandsOver reports whether the reader can hand the official's cases over.
func (p officialPage) HandsOver() bool {
	return p.Who.Role == casefile.Supervisor && p.OpenCases > 0
}

func (s *console) officialPage(r *http.Request) (officialPage, error) {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	var one struct {
		official
		OpenCases int `json:"open_cases"`
	}
	if err := s.api.get(by, "/officials/"+id, &one); err != nil {
		return officialPage{}, err
	}
	p := officialPage{adminPage: s.adminPage(r, "directory", by.lang.t("人员", "Official")), Official: one.official, OpenCases: one.OpenCases}
	p.Back = r.URL.Path
	rules, err := s.api.policy(by)
	if err != nil {
		return p, err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	p.Unit = names.Name(one.Unit)
	for _, level := range rules.Levels {
		if level.ID == one.Level {
			p.LevelName = by.lang.of(level.Name)
		}
	}
	if one.Role == casefile.Leader {
		if p.Leaves, _, err = s.leaves(by, "official="+id); err != nil {
			return p, err
		}
	}
	if p.OpenCases > 0 {
		for _, o := range names.Officials {
			if o.Role == casefile.Supervisor && len(p.Handlers) < 5 && treeOf(names).covers(o.Unit, one.Unit) {
				p.Handlers = append(p.Handlers, o.Name+" "+o.Post)
			}
		}
	}
	return p, nil
}

// covers reports whether an office's area, the unit above it, has the unit in it.
func (t tree) covers(office, unit string) bool {
	area := t.byCode[office].Parent
	for range len(t.byCode) + 1 {
		if unit == area {
			return area != ""
		}
		unit = t.byCode[unit].Parent
	}
	return false
}

func (s *console) getOfficial(w http.ResponseWriter, r *http.Request) error {
	p, err := s.officialPage(r)
	if err != nil {
		return err
	}
	p.Done = doneText(p.Lang, r.URL.Query().Get("done"))
	return s.show(w, r, http.StatusOK, "official", p)
}

// postOfficialEnd ends an official; one who carries cases hands them over first.
func (s *console) postOfficialEnd(w http.ResponseWriter, r *http.Request) error {
	id := url.PathEscape(chi.URLParam(r, "id"))
	_, err := s.api.call(callerOf(r), http.MethodPost, "/officials/"+id+"/end", "", nil, nil)
	var refused *problem
	switch {
	case err == nil:
		http.Redirect(w, r, "/admin/officials/"+id+"?done=ended", http.StatusSeeOther)
		return nil
	case !errors.As(err, &refused) || refused.Status != http.StatusConflict:
		return err
	}
	p, err := s.officialPage(r)
	if err != nil {
		return err
	}
	p.Problem = refused
	return s.show(w, r, refused.Status, "official", p)
}

// handoverForm is the order that hands every open case of a leader over to another.
func (s *console) handoverForm(r *http.Request) (formPage, official, error) {
	by, id := callerOf(r), chi.URLParam(r, "id")
	var leader official
	if err := s.api.get(by, "/officials/"+url.PathEscape(id), &leader); err != nil {
		return formPage{}, leader, err
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return formPage{}, leader, err
	}
	var reasons group
	for _, c := range casefile.Choices(casefile.HandOver, "reason", rules) {
		reasons.Choices = append(reasons.Choices, choice{c.ID, by.lang.of(c.Name)})
	}
	p := s.entry(r, by.lang.t("移交全部在包事项", "Hand all cases over"), link{"/admin/officials/" + url.PathEscape(id), leader.Name})
	p.Lead, p.Submit = leader.Name+" · "+leader.Post, by.lang.t("移交", "Hand over")
	p.Confirm = by.lang.t("确认移交？逐件记入台账，不能撤回。", "Hand them over? It goes on record case by case and can't be taken back.")
	p.Fields = []field{
		{Name: "to", Label: by.lang.t("接任领导", "Leader who takes them"), Control: "select", Required: true, Hint: by.lang.t("须与原领导同级，并分管有关单位；不合条件的事项会逐件说明", "of the same level and in charge of the units; cases that can't go there are named one by one"), Among: among("/officials", "role", string(casefile.Leader), "level", leader.Level), Near: leader.Unit, Except: leader.ID},
		{Name: "reason", Label: by.lang.t("原因", "Reason"), Control: "radio", Required: true, Groups: []group{reasons}},
		{Name: "decided_by", Label: by.lang.t("作出决定的领导", "Leader who decided"), Control: "select", Required: true, Among: amongLeaders, Near: leader.Unit, Except: leader.ID},
		{Name: "text", Label: by.lang.t("情况说明", "Account"), Control: "lines", Required: true},
	}
	return p, leader, nil
}

func (s *console) getHandover(w http.ResponseWriter, r *http.Request) error {
	if visitorOf(r).Role != casefile.Supervisor {
		return errNoPage
	}
	p, _, err := s.handoverForm(r)
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

func (s *console) postHandover(w http.ResponseWriter, r *http.Request) error {
	p, leader, err := s.handoverForm(r)
	if err != nil {
		return err
	}
	inner := filled(r, p)
	inner["from"] = leader.ID
	body := map[string]any{"command": casefile.HandOver, "body": inner, "filter": map[string]any{"leader": leader.ID}}
	_, err = s.api.call(callerOf(r), http.MethodPost, "/broadcasts", r.PostForm.Get("key"), body, nil)
	if err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		for i := range refused.Fields {
			refused.Fields[i].Field = strings.TrimPrefix(refused.Fields[i].Field, "body.")
		}
		return s.form(w, r, p, refused)
	}
	http.Redirect(w, r, "/admin/officials/"+url.PathEscape(leader.ID)+"?done=handed", http.StatusSeeOther)
	return nil
}
