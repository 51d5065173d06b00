package web

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

type commandPage struct {
	page
	Case     caseView
	Command  casefile.Kind
	Key      string // with which the form is sent: the same form twice does one thing
	Fields   []field
	Problem  *problem
	Offered  bool   // the case takes the command now
	Why      string // it doesn't: what is missing, or who did what meanwhile
	Rule     string // that keeps it to others
	ForName  string
	Proposal *proposal
	Earlier  int           // version of the opinion that was returned before this one; 0: none
	Changes  []change      // from it to this
	Outcome  string        // of the opinion: its result and term, in words
	Was      string        // the earlier version's, where it was another
	Or       *otherCommand // what the reader can do instead, on the same page
}

// otherCommand is a second, shorter form: to return what one doesn't sign.
type otherCommand struct {
	Command casefile.Kind
	Key     string
	Fields  []field
}

// Weighty commands are asked for once more where there is a script.
func (p commandPage) Weighty() bool {
	return slices.Contains([]casefile.Kind{casefile.Sign, casefile.Close, casefile.Decline, casefile.Divert, casefile.HandOver}, p.Command)
}

// Shows reports whether the form is beside the opinion's text.
func (p commandPage) ShowsOpinion() bool {
	return p.Case.Opinion != nil && (p.Command == casefile.Sign || p.Command == casefile.Return || p.Command == casefile.Serve)
}

// ShowsPetition reports whether the form is beside what the petitioner asks for.
func (p commandPage) ShowsPetition() bool {
	return slices.Contains([]casefile.Kind{casefile.Acknowledge, casefile.Sign, casefile.Return, casefile.Opine, casefile.Act}, p.Command)
}

// askFor lets whoever stands in for both leaders say for which.
func (p *commandPage) askFor() {
	for i, f := range p.Fields {
		if f.Name == "for" && f.Control != "radio" {
			p.Fields[i].Control, p.Fields[i].Label, p.Fields[i].Required = "radio", p.Lang.t("代哪一位包案领导", "For which leader"), true
			p.Fields[i].Groups = []group{{Choices: p.Case.seats()}}
		}
	}
}

// Hash is the opinion's, in groups that people can compare.
func (p commandPage) Hash() string {
	if p.Case.Opinion == nil {
		return ""
	}
	var groups []string
	for part := range slices.Chunk([]byte(p.Case.Opinion.Hash), 8) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, " ")
}

// Wrong are the fields that must be corrected.
func (p commandPage) Wrong() []field { return wrongOf(p.Fields) }

type proposal struct {
	Upper candidate `json:"upper"`
	Lower candidate `json:"lower"`
	Why   string    `json:"why"`
}

type candidate struct {
	Official  string `json:"official"`
	Name      string `json:"name"`
	Post      string `json:"post"`
	OpenCases int    `json:"open_cases"`
}

// field is one control of a form.
type field struct {
	ID                string // in the page
	Name, Label, Hint string
	Control           string // hidden, line, lines, note, code, date, time, moment, number, select, radio, checks or check
	Blank             string // what a select says when nothing is chosen, if not that something is to be
	Value, Wrong      string
	Values            []string // of checks
	Most              int      // characters in a line; 0: 100
	Required          bool
	Groups            []group

	// Of a choice out of the directory (pick.go).
	Among     string   // all who can be chosen, as an address of the API
	Near      string   // the unit whose people and units come first; empty: the reader's own
	First     []string // ids that come before these
	Except    string   // an id that is not offered
	Text      string   // what stands in the line
	Suggested []string
	Like      []pick // whom what was typed may mean
}

// Says is the field's value in words.
func (f field) Says() string {
	for _, g := range f.Groups {
		for _, c := range g.Choices {
			if c.Value == f.Value {
				return c.Label
			}
		}
	}
	return cmp.Or(f.Text, f.Value)
}

// Sole reports whether what was typed may mean one of them only.
func (f field) Sole() bool { return len(f.Like) == 1 }

// Has reports whether a box is ticked.
func (f field) Has(value string) bool { return slices.Contains(f.Values, value) }

// group is a part of a list, under a heading unless that is empty.
type group struct {
	Label   string
	Choices []choice
}

// getCommand shows a command's form. The address says for whom it is given, if not for
// oneself.
func (s *console) getCommand(w http.ResponseWriter, r *http.Request) error {
	typed, again := typedAgain(r)
	if !again {
		typed = url.Values{}
		if leader := r.URL.Query().Get("for"); leader != "" {
			typed.Set("for", leader)
		}
	}
	p, err := s.commandPage(r, typed)
	if err != nil {
		return err
	}
	p.Key = keyOf(typed, nil)
	if again {
		return s.show(w, r, http.StatusOK, "command", p)
	}
	status := http.StatusOK
	if !p.Offered {
		status = http.StatusConflict
		if p.Rule != "" {
			status = http.StatusForbidden
		}
	}
	return s.show(w, r, status, "command", p)
}

// postCommand gives a command. When it is refused the form comes back with what was typed.
func (s *console) postCommand(w http.ResponseWriter, r *http.Request) error {
	by, id, kind := callerOf(r), chi.URLParam(r, "id"), casefile.Kind(chi.URLParam(r, "command"))
	fields, ok := casefile.Fields(kind)
	if !ok || kind == casefile.Register {
		return errNoPage
	}
	form := r.PostForm
	body := map[string]any{}
	if kind == casefile.Correct && form.Has("title") && form.Has("petitioner.name") { // what is empty in the form is to be empty
		body["title"], body["petitioner"] = strings.TrimSpace(form.Get("title")), petitioner(form, true)
	}
	for _, f := range fields {
		value := strings.TrimSpace(form.Get(f.Name))
		if value == "" {
			continue
		}
		body[f.Name] = value
		switch control(kind, f.Name) {
		case "checks":
			body[f.Name] = form[f.Name]
		case "number":
			body[f.Name] = counted(value)
		case "moment": // by the clocks on the walls in China
			if at, err := time.ParseInLocation("2006-01-02T15:04", value, calendar.Zone); err == nil {
				body[f.Name] = at.Format(time.RFC3339)
			}
		}
	}
	if number, ok := body["earlier"].(string); ok {
		body["earlier"] = s.caseOf(by, number)
	}
	_, err := s.api.call(by, http.MethodPost, "/cases/"+url.PathEscape(id)+"/commands/"+url.PathEscape(string(kind)), form.Get("key"), body, nil)
	if err == nil {
		http.Redirect(w, r, "/cases/"+url.PathEscape(id)+"?done="+url.QueryEscape(string(kind)), http.StatusSeeOther)
		return nil
	}
	refused, err := refusal(err)
	if refused == nil {
		return err
	}
	if refused.Code == "opinion_changed" { // the page shows the new text: the next signature is on that, and another
		form.Del("hash")
		form.Del("key")
	}
	p, err := s.commandPage(r, form)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(refused.Fields, func(f fieldProblem) bool { return f.Field == "for" }) {
		p.askFor()
	}
	p.Problem, p.Key = refused, keyOf(form, refused)
	place(refused, in(p.Fields))
	return s.show(w, r, refused.Status, "command", p)
}

// caseOf is the id of the case with a registration number; anything else is left as it is,
// for the API to judge.
func (s *console) caseOf(by caller, number string) string {
	var found list
	if err := s.api.get(by, "/cases?limit=10&q="+url.QueryEscape(number), &found); err != nil {
		return number
	}
	for _, c := range found.Cases {
		if c.Number == number {
			return c.ID
		}
	}
	return number
}

// commandPage prepares a command's form, filled in with what was typed.
func (s *console) commandPage(r *http.Request, typed url.Values) (commandPage, error) {
	by, id, kind := callerOf(r), url.PathEscape(chi.URLParam(r, "id")), casefile.Kind(chi.URLParam(r, "command"))
	p := commandPage{page: s.page(r, by.lang.of(kind.Name())), Command: kind}
	p.At = "cases"
	fields, ok := casefile.Fields(kind)
	if !ok || kind == casefile.Register {
		return p, errNoPage
	}
	if err := s.api.get(by, "/cases/"+id, &p.Case); err != nil {
		return p, err
	}
	p.Title += " · " + p.Case.Number
	if p.Offered = slices.Contains(p.Case.Commands, kind); !p.Offered {
		var why *problem
		switch err := s.api.get(by, "/cases/"+id+"/commands/"+url.PathEscape(string(kind)), nil); {
		case err == nil:
			p.Offered = true // since a moment ago
		case !errors.As(err, &why):
			return p, err
		default:
			p.Why, p.Rule = why.Detail, why.Rule
		}
	}
	var as struct {
		For []string `json:"for"`
	}
	if p.Offered && by.who.Role == casefile.Leader && slices.Contains(fields, casefile.Field{Name: "for"}) {
		if err := s.api.get(by, "/cases/"+id+"/commands/"+url.PathEscape(string(kind)), &as); err != nil && !errors.As(err, new(*problem)) {
			return p, err
		}
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return p, err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	b := formMaker{wording{by.lang, rules, names}, p.Case, kind, by}
	for _, f := range fields {
		if f.Name == "petitioner" || kind == casefile.Correct && f.Name == "title" {
			p.Fields = append(p.Fields, b.registration(f.Name, typed)...)
		} else if made, ok := b.field(f, typed.Get(f.Name)); ok {
			made.Values = typed[f.Name]
			p.Fields = append(p.Fields, made)
		}
	}
	if leader := typed.Get("for"); leader != "" {
		p.ForName = names.Name(leader)
	} else if len(as.For) == 1 {
		p.ForName = names.Name(as.For[0])
	} else if len(as.For) > 1 {
		p.askFor()
	}
	if kind == casefile.Assign && p.Offered {
		var proposed proposal
		switch err := s.api.get(by, "/cases/"+id+"/proposal", &proposed); {
		case err == nil:
			p.Proposal = &proposed
		case !errors.As(err, new(*problem)):
			return p, err
		}
	}
	if o := p.Case.Opinion; o != nil {
		days := 0
		if o.Days != nil {
			days = *o.Days
		}
		p.Outcome = b.outcome(o.Result, days)
	}
	switch kind {
	case casefile.Sign:
		if slices.Contains(p.Case.Commands, casefile.Return) {
			p.Or = b.other(casefile.Return, typed)
		}
		err = s.changes(by, &p, b.wording)
	case casefile.Return:
		err = s.changes(by, &p, b.wording)
	case casefile.Receive:
		err = s.receptions(by, &p)
	case casefile.Enlist:
		err = s.campaigns(by, &p)
	default:
	}
	if err != nil {
		return p, err
	}
	for i, f := range p.Fields {
		if p.Proposal != nil && f.Name == "upper" {
			p.Fields[i].First = []string{p.Proposal.Upper.Official}
		} else if p.Proposal != nil && f.Name == "lower" {
			p.Fields[i].First = []string{p.Proposal.Lower.Official}
		}
	}
	return p, s.offerAll(by, p.Fields)
}

// other makes the form of a second command on the page; whoever acts for a leader does so
// in both.
func (b formMaker) other(kind casefile.Kind, typed url.Values) *otherCommand {
	b.kind = kind
	o := &otherCommand{Command: kind, Key: rand.Text()}
	fields, _ := casefile.Fields(kind)
	for _, f := range fields {
		value := ""
		if f.Name == "for" {
			value = typed.Get("for")
		}
		if made, ok := b.field(f, value); ok {
			made.ID = string(kind) + "-" + f.Name
			o.Fields = append(o.Fields, made)
		}
	}
	return o
}

// changes compares the opinion with the version before it.
func (s *console) changes(by caller, p *commandPage, w wording) error {
	o := p.Case.Opinion
	if o == nil || o.Version < 2 || o.Text == nil {
		return nil
	}
	var story struct {
		Events []event `json:"events"`
	}
	if err := s.api.get(by, "/cases/"+p.Case.ID+"/events", &story); err != nil {
		return err
	}
	var versions []event
	for _, e := range story.Events {
		if e.Kind == casefile.EventOpined && e.Text != nil {
			versions = append(versions, e)
		}
	}
	if n := len(versions); n > 1 {
		was, is := versions[n-2], versions[n-1]
		p.Earlier, p.Changes = o.Version-1, compare(*was.Text, *is.Text)
		if before := w.outcome(was.Result, was.Days); before != w.outcome(is.Result, is.Days) {
			p.Was = before
		}
	}
	return nil
}

// outcome is an opinion's result, with the term within which it is carried out.
func (w wording) outcome(result string, days int) string {
	words := w.code(casefile.Choices(casefile.Opine, "result", w.rules), result)
	if days > 0 {
		words += w.t("，"+itoa(days)+"日内履行", ", to be carried out within "+itoa(days)+" days")
	}
	return words
}

// campaigns offers the campaigns (会战) that a case can be put into; whether it may be is
// the API's to say.
func (s *console) campaigns(by caller, p *commandPage) error {
	running, err := s.running(by)
	p.offer("campaign", running)
	return err
}

// running are the campaigns that are not over.
func (s *console) running(by caller) (all []choice, err error) {
	type campaign struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		OfficeName string `json:"office_name"`
	}
	running, err := listed[campaign](s.api, by, "/campaigns?open=true", "campaigns")
	for _, c := range running {
		all = append(all, choice{c.ID, c.Name + " · " + c.OfficeName})
	}
	return all, err
}

// receptions offers the reception days that a visit can have been on.
func (s *console) receptions(by caller, p *commandPage) error {
	days, err := s.receptionDays(by, p.Today)
	p.offer("reception", days)
	return err
}

// receptionDays are those of the caller's own office in the last month, the latest first.
func (s *console) receptionDays(by caller, today calendar.Date) (all []choice, err error) {
	days, err := listed[reception](s.api, by, "/receptions?office="+url.QueryEscape(by.who.Unit)+"&from="+today.AddDays(-31).String()+"&until="+today.String(), "receptions")
	for _, d := range slices.Backward(days) {
		if d.State != casefile.ReceptionCancelled && d.State != casefile.ReceptionSwapped {
			all = append(all, choice{d.ID, strings.TrimSpace(by.lang.day(d.On) + " " + d.Name + " " + d.Place)})
		}
	}
	return all, err
}

// offer gives a field something to choose from.
func (p *commandPage) offer(name string, choices []choice) {
	for i := range p.Fields {
		if p.Fields[i].Name == name {
			p.Fields[i].Groups = []group{{Choices: choices}}
		}
	}
}

// formMaker makes the controls of a command's form.
type formMaker struct {
	wording
	c    caseView
	kind casefile.Kind
	by   caller
}

// control says how a field is filled in.
func control(kind casefile.Kind, name string) string {
	switch name {
	case "text":
		return "lines"
	case "on", "told_on":
		return "date"
	case "days", "money":
		return "number"
	case "number":
		if kind == casefile.AnswerSuggestion {
			return "number"
		}
	case "known_at":
		return "moment"
	case "organs":
		return "checks"
	case "hash", "for":
		return "hidden"
	case "organ", "earlier":
		return "line"
	case "unit", "upper", "lower", "to", "from", "decided_by", "requested_by", "clock", "channel", "reception", "campaign":
		return "select"
	}
	return "radio"
}

// field makes a control; ok is false for what these pages leave out: who had an
// appointment is for the reception's own page.
func (b formMaker) field(f casefile.Field, value string) (field, bool) {
	if f.Name == "appointment" {
		return field{}, false
	}
	made := field{ID: f.Name, Name: f.Name, Label: b.label(f.Name), Hint: b.hint(f.Name), Control: control(b.kind, f.Name), Value: value, Required: f.Required}
	switch f.Name {
	case "hash":
		if b.c.Opinion != nil && value == "" {
			made.Value = b.c.Opinion.Hash
		}
	case "number":
		made.Control, made.Groups = "radio", []group{{Choices: b.suggestions()}}
	case "unit":
		made.Among, made.Near = amongResponsible, b.c.Unit
	case "upper", "lower", "to", "decided_by":
		made.Among, made.Near = amongLeaders, b.c.Unit
	case "requested_by":
		made.Among, made.Except = among("/officials", "serving", "true", "unit", b.c.Unit), b.by.who.ID
	case "from":
		made.Control, made.Groups = "radio", []group{{Choices: b.c.seats()}}
	case "clock":
		made.Groups = []group{{Choices: b.clocks()}}
	case "channel":
		made.Control, made.Groups = "radio", []group{{Choices: b.channels()}}
	default:
		if made.Control == "radio" || made.Control == "checks" {
			var g group
			for _, c := range casefile.Choices(b.kind, f.Name, b.rules) {
				g.Choices = append(g.Choices, choice{c.ID, b.of(c.Name)})
			}
			made.Groups = []group{g}
		}
	}
	return made, true
}

// registration makes the fields of a correction, filled in with what is registered.
func (b formMaker) registration(name string, typed url.Values) (fields []field) {
	add := func(name, value string, most int) {
		if typed.Has(name) {
			value = typed.Get(name)
		}
		fields = append(fields, field{ID: name, Name: name, Label: b.registered(strings.TrimPrefix(name, "petitioner.")), Control: "line", Value: value, Most: most, Required: name == "title"})
	}
	if name == "title" {
		add("title", b.c.Title, 200)
		return fields
	}
	var who petitionerView
	if b.c.Petitioner != nil {
		who = *b.c.Petitioner
	}
	add("petitioner.name", who.Name, 100)
	add("petitioner.phone", who.Phone, 50)
	add("petitioner.identity", who.Identity, 50)
	add("petitioner.address", who.Address, 300)
	return fields
}

// registered is what a part of a registration is called.
func (w wording) registered(name string) string {
	switch name {
	case "title":
		return w.t("标题", "Title")
	case "name":
		return w.t("姓名", "Name")
	case "phone":
		return w.t("电话", "Telephone")
	case "identity":
		return w.t("身份证号", "Identity number")
	}
	return w.t("住址", "Address")
}

// seats are the two leaders.
func (c caseView) seats() (all []choice) {
	for _, seat := range []*seat{c.Leaders.Upper, c.Leaders.Lower} {
		if seat != nil {
			all = append(all, choice{seat.Official, seat.Name + " " + seat.Post})
		}
	}
	return all
}

func (b formMaker) suggestions() (all []choice) {
	for _, s := range b.c.Suggestions {
		if s.Outcome == nil {
			all = append(all, choice{itoa(s.Number), itoa(s.Number) + " · " + b.code(casefile.Choices(casefile.Suggest, "suggestion", b.rules), s.Kind) + " · " + b.Name(s.Organ)})
		}
	}
	return all
}

func (b formMaker) clocks() (all []choice) {
	for _, k := range b.c.Clocks {
		if k.Running() {
			all = append(all, choice{k.ID, k.Name + " · " + b.day(k.InternalDue)})
		}
	}
	return all
}

func (b formMaker) channels() (all []choice) {
	for _, ch := range b.c.Channels {
		if ch.ReleasedAt == nil {
			all = append(all, choice{string(ch.Channel), b.of(ch.Channel.Name()) + " · " + ch.Letter})
		}
	}
	return all
}

// label is what a field is called in a form.
func (b formMaker) label(name string) string {
	switch name {
	case "text":
		return b.textLabel()
	case "on":
		return b.t("办理日期", "Day on which it was done")
	case "unit":
		return b.t("单位", "Unit")
	case "organ":
		return b.t("有权处理的机关", "Competent organ")
	case "upper":
		return b.t("上级包案领导", "Upper leader")
	case "lower":
		return b.t("下级包案领导", "Lower leader")
	case "act":
		return b.t("办理方式", "What was done")
	case "days":
		return b.t("天数", "Days")
	case "requested_by":
		return b.t("申请人", "Requested by")
	case "told_on":
		return b.t("告知信访人日期", "Day on which the petitioner was told")
	case "told_by":
		return b.t("告知方式", "How the petitioner was told")
	case "result":
		return b.t("处理结论", "Result")
	case "means":
		return b.t("送达方式", "Means of service")
	case "reason":
		return b.t("原因", "Reason")
	case "ground":
		return b.t("依据", "Ground")
	case "decided_by":
		return b.t("作出决定的领导", "Leader who decided")
	case "from":
		return b.t("移出领导", "Leader who gives up the seat")
	case "to":
		return b.t("接任领导", "Leader who takes it")
	case "route":
		if b.kind != casefile.Divert {
			return b.t("办理途径", "Route")
		}
		return b.t("法定途径", "Legal route")
	case "outcome":
		return b.t("结果", "Outcome")
	case "meeting":
		return b.t("会议", "Meeting")
	case "money":
		return b.t("资金（元）", "Money (yuan)")
	case "office_rating":
		return b.t("对信访部门的评价", "Rating of the petition office")
	case "unit_rating":
		return b.t("对责任单位的评价", "Rating of the unit")
	case "channel":
		return b.t("反馈给", "Feedback to")
	case "clock":
		return b.t("期限", "Time limit")
	case "suggestion":
		return b.t("建议种类", "Kind of suggestion")
	case "number":
		return b.t("建议", "Suggestion")
	case "earlier":
		return b.t("此前信访事项的登记编号", "Registration number of the earlier case")
	case "campaign":
		return b.t("会战", "Campaign")
	case "known_at":
		return b.t("获知时间", "When it became known")
	case "organs":
		return b.t("已报告、通报", "Told")
	case "reception":
		return b.t("接待日", "Reception day")
	}
	return name
}

func (b formMaker) textLabel() string {
	switch b.kind {
	case casefile.Opine:
		return b.t("处理意见书全文", "The opinion in full")
	case casefile.Return:
		return b.t("退回意见", "What is to be changed")
	case casefile.Urge, casefile.Supervise, casefile.Escalate, casefile.Talk, casefile.Circulate, casefile.List, casefile.Order, casefile.Instruct:
		return b.t("要求", "What is asked for")
	case casefile.Decline, casefile.Divert, casefile.Object, casefile.Reopen, casefile.Suspend, casefile.Extend, casefile.AskTerm, casefile.RefuseTerm:
		return b.t("理由", "Reasons")
	case casefile.Resolve:
		return b.t("决定内容", "The decision")
	case casefile.Correct:
		return b.t("更正原因", "Why it is corrected")
	default:
		return b.t("情况说明", "Account")
	}
}

func (b formMaker) hint(name string) string {
	switch name {
	case "on":
		return b.t("今天办的可不填", "Leave empty if it was today")
	case "days":
		return b.t("按日历天计", "Calendar days")
	case "upper", "lower":
		return b.t("两项都不选，即采用上面的建议", "Choose neither to take the proposal above")
	case "unit":
		if b.kind == casefile.Forward || b.kind == casefile.Commission {
			return b.t("不选即为"+b.c.UnitName, "Leave it for "+b.c.UnitName)
		}
	}
	return ""
}

// invalid is a refusal of fields.
func invalid(err error) (*problem, bool) {
	var p *problem
	ok := errors.As(err, &p) && p.Status == http.StatusUnprocessableEntity
	return p, ok
}
