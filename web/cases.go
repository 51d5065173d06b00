package web

import (
	"errors"
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

// How much of a long story a case's page shows, so that it opens at once on a telephone: the
// last events, the beginnings of long texts in characters, the last documents. The rest is a
// link away.
const (
	mostEvents  = 30
	mostOfEvent = 300
	mostOfText  = 1000
	mostPapers  = 50
)

type casePage struct {
	page
	Case     caseView
	Petition excerpt
	Opinion  excerpt
	Total    int         // events in all
	Before   int64       // of the story: the events before this one; 0: the last
	Earlier  int64       // where the part before it begins; 0: there is none
	Events   []eventView // all of them
	Rows     []row       // of the time line
	Months   []mark
	Now      string
	Facts    []fact
	Papers   []eventView // events that came with a text, the last of them
	Mine     []offered
	More     []offered // what is seldom wanted
	Result   string    // of the opinion, in words
	Gives    bool      // the reader can give the petitioner a receipt
}

// excerpt is a text or, of a long one, its beginning and the address of the whole.
type excerpt struct{ Text, Whole string }

func beginning(text string, most int, whole string) excerpt {
	if short := shortened(text, most); short != text {
		return excerpt{short, whole}
	}
	return excerpt{Text: text}
}

// offered is a command that the reader can give. The first is what the case waits for.
type offered struct {
	Kind  casefile.Kind
	First bool
}

// offers puts what a case waits for before the other commands that the reader can give. Only
// the most pressing is highlighted, as on the desk.
func offers(waitsFor, commands []casefile.Kind) []offered {
	var all []offered
	for i, k := range waitsFor {
		all = append(all, offered{k, i == 0})
	}
	for _, k := range commands {
		if !slices.Contains(waitsFor, k) {
			all = append(all, offered{k, false})
		}
	}
	return all
}

// fact is a line of the case's particulars.
type fact struct{ Label, Value string }

// eventView is an event in words.
type eventView struct {
	event
	Who     string
	ForName string
	ByClock bool
	Facts   []fact
	Excerpt excerpt // of its text
}

// getCase shows a case: head, time limits, opinion, story, and what its reader may do.
func (s *console) getCase(w http.ResponseWriter, r *http.Request) error {
	p, err := s.casePage(r)
	if err != nil {
		return err
	}
	if kind := casefile.Kind(r.URL.Query().Get("done")); kind != "" && kind.Name().Chinese != string(kind) {
		p.Done = p.Lang.t("已完成："+kind.Name().Chinese+"。", "Done: "+kind.Name().English+".")
	}
	p.tell(r.URL.Query().Get("before"))
	return s.show(w, r, http.StatusOK, "case", p)
}

// tell leaves of the story the part that the page shows.
func (p *casePage) tell(before string) {
	if n, err := strconv.ParseInt(before, 10, 64); err == nil && n > 1 {
		p.Before = n
		p.Events = slices.DeleteFunc(p.Events, func(e eventView) bool { return e.Seq >= n })
	}
	if len(p.Events) > mostEvents {
		p.Events = p.Events[:mostEvents]
		p.Earlier = p.Events[mostEvents-1].Seq
	}
	p.Papers = p.Papers[:min(len(p.Papers), mostPapers)]
}

type eventPage struct {
	page
	Case  summary
	Event eventView
}

// getEvent shows one event of a case with its text in full.
func (s *console) getEvent(w http.ResponseWriter, r *http.Request) error {
	p, err := s.casePage(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Events, func(e eventView) bool { return strconv.FormatInt(e.Seq, 10) == chi.URLParam(r, "seq") })
	if i < 0 {
		return errNoPage
	}
	e := p.Events[i]
	p.Title = p.Lang.of(e.Kind.Name()) + " · " + p.Case.Number
	return s.show(w, r, http.StatusOK, "event", eventPage{p.page, p.Case.summary, e})
}

type printPage struct {
	casePage
	DrawnAt time.Time
}

// getPrint shows a case as a paper to be filed: what is known of it, from its beginning.
func (s *console) getPrint(w http.ResponseWriter, r *http.Request) error {
	p, err := s.casePage(r)
	if err != nil {
		return err
	}
	slices.Reverse(p.Events)
	return s.show(w, r, http.StatusOK, "print", printPage{p, s.Clock.Now()})
}

func (s *console) casePage(r *http.Request) (p casePage, err error) {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	if err := s.api.get(by, "/cases/"+id, &p.Case); err != nil {
		return p, err
	}
	p.page = s.page(r, by.lang.t("信访事项 ", "Case ")+p.Case.Number)
	p.At = "cases"
	p.Back = r.URL.Path // not what was done
	var events struct {
		Events []event `json:"events"`
	}
	var steps struct {
		Steps []step `json:"steps"`
	}
	if err := s.api.get(by, "/cases/"+id+"/events", &events); err != nil {
		return p, err
	}
	if err := s.api.get(by, "/cases/"+id+"/steps", &steps); err != nil {
		return p, err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return p, err
	}
	words := wording{by.lang, rules, names}
	p.Rows, p.Months, p.Now = timeline(p.Case.Clocks, steps.Steps, p.Today, words)
	for _, e := range slices.Backward(events.Events) {
		v := words.event(e)
		if e.Text != nil {
			whole := "/cases/" + id + "/events/" + strconv.FormatInt(e.Seq, 10)
			v.Excerpt = beginning(*e.Text, mostOfEvent, whole)
			switch {
			case e.Kind == casefile.EventRegistered:
				p.Petition = beginning(*e.Text, mostOfText, whole)
			case e.Kind == casefile.EventOpined && p.Opinion.Text == "":
				p.Opinion = beginning(*e.Text, mostOfText, whole)
			}
			if e.Kind != casefile.EventRegistered {
				p.Papers = append(p.Papers, v)
			}
		}
		p.Events = append(p.Events, v)
	}
	p.Total = len(p.Events)
	p.Facts = words.facts(p.Case)
	if slices.Contains([]casefile.Role{casefile.Registrar, casefile.Supervisor, casefile.Officer}, by.who.Role) {
		err := s.api.get(by, "/cases/"+id+"/receipt", nil)
		if p.Gives = err == nil; err != nil && !errors.As(err, new(*problem)) {
			return p, err
		}
	}
	if p.Mine = offers(p.Case.WaitsFor, p.Case.Commands); len(p.Mine) > 6 {
		p.Mine, p.More = p.Mine[:5], p.Mine[5:]
	}
	if o := p.Case.Opinion; o != nil {
		p.Result = words.code(casefile.Choices(casefile.Opine, "result", rules), o.Result)
	}
	return p, nil
}

// wording puts codes into words.
type wording struct {
	lang
	rules *policy.Policy
	directory
}

// code finds the word of a code in a list of the policy or the program.
func (w wording) code(list []policy.Code, id string) string {
	for _, c := range list {
		if c.ID == id {
			return w.of(c.Name)
		}
	}
	return id
}

func (w wording) category(id string) string {
	for _, c := range w.rules.Categories {
		if c.ID == id {
			return w.of(c.Name)
		}
	}
	return id
}

// facts are a case's particulars.
func (w wording) facts(c caseView) []fact {
	unit := c.UnitName
	if w.units[c.Unit].Ended() {
		unit += w.t("（已撤并）", " (ended)")
	}
	facts := []fact{
		{w.t("责任单位", "Unit responsible"), unit},
		{w.t("主管信访部门", "Office in charge"), w.Name(c.Office)},
		{w.t("收到", "Received"), w.day(c.ReceivedOn)},
		{w.t("来源", "Origin"), w.code(w.rules.Origins, c.Origin) + " · " + w.code(w.rules.Channels, c.Channel)},
		{w.t("类别", "Class"), w.category(c.Category) + " · " + w.code(w.rules.Purposes, c.Purpose)},
	}
	if c.Reference != nil {
		facts = append(facts, fact{w.t("来文编号", "Reference"), *c.Reference})
	}
	if c.Campaign != nil {
		facts = append(facts, fact{w.t("会战", "Campaign"), c.Campaign.Name})
	}
	if p := c.Petitioner; p != nil && p.Name != "" {
		facts = append(facts, fact{w.t("信访人", "Petitioner"), p.Name})
		if p.Phone != "" {
			facts = append(facts, fact{w.t("电话", "Telephone"), p.Phone})
		}
		if p.Address != "" {
			facts = append(facts, fact{w.t("住址", "Address"), p.Address})
		}
	}
	return facts
}

// event puts an event into words: who, and what belongs to it.
func (w wording) event(e event) eventView {
	v := eventView{event: e, Who: w.Name(e.Actor), ByClock: e.Role == casefile.System}
	if e.For != "" {
		v.ForName = w.Name(e.For)
	}
	add := func(zh, en, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{w.t(zh, en), value})
		}
	}
	kind := commandOf[e.Kind]
	coded := func(field, id string) string { return w.code(casefile.Choices(kind, field, w.rules), id) }
	named := func(id string) string {
		if id == "" {
			return ""
		}
		return w.Name(id)
	}
	if e.Step != "" {
		add("步骤", "Step", w.step(e.Step))
	}
	if e.Kind == casefile.EventForwarded || e.Kind == casefile.EventCommissioned || e.Kind == casefile.EventJoined || e.Kind == casefile.EventReviewAsked {
		add("单位", "Unit", named(e.Unit))
	}
	add("机关", "Organ", e.Organ)
	add("上级包案领导", "Upper leader", named(e.Upper))
	add("下级包案领导", "Lower leader", named(e.Lower))
	add("理由", "Why these two", e.Why)
	add("方式", "Act", coded("act", e.Act))
	if e.Days > 0 {
		add("天数", "Days", w.t(itoa(e.Days)+"日", itoa(e.Days)))
	}
	add("结论", "Result", w.code(casefile.Choices(casefile.Opine, "result", w.rules), e.Result))
	add("送达方式", "Means", w.code(casefile.Choices(casefile.Serve, "means", w.rules), e.Means))
	if e.Channel != "" {
		add("督办", "Supervision", w.of(e.Channel.Name()))
	}
	add("文号", "Letter", e.Letter)
	if e.Kind == casefile.EventSuppressed {
		add("原因", "Reason", w.of(casefile.LeftOutName(e.Reason)))
	} else {
		add("原因", "Reason", coded("reason", e.Reason))
	}
	add("依据", "Ground", w.code(casefile.Choices(casefile.Escalate, "ground", w.rules), e.Ground))
	add("决定人", "Decided by", named(e.DecidedBy))
	add("移交", "Handed over", arrow(named(e.From), named(e.To)))
	for _, organ := range e.Organs {
		add("已报告", "Told", w.code(casefile.Choices(casefile.ReportUrgent, "organs", w.rules), organ))
	}
	add("途径", "Route", coded("route", e.Route))
	add("结果", "Outcome", coded("outcome", e.Outcome))
	add("会议", "Meeting", w.code(w.rules.Meetings, e.Meeting))
	add("对信访部门", "Of the petition office", w.code(casefile.Choices(casefile.Rate, "office_rating", w.rules), e.OfficeRating))
	add("对责任单位", "Of the unit", w.code(casefile.Choices(casefile.Rate, "unit_rating", w.rules), e.UnitRating))
	add("建议", "Suggestion", coded("suggestion", e.Suggestion))
	add("接访领导", "Received by", named(e.Receiver))
	if e.Kind == casefile.EventCorrected {
		var what []string
		for _, name := range e.Corrected {
			what = append(what, w.registered(name))
		}
		add("更正", "Corrected", strings.Join(what, w.t("、", ", ")))
		add("标题更正为", "The title now", e.Title)
	}
	if !e.On.IsZero() && e.On != calendar.DateOf(e.At) {
		add("发生于", "Done on", w.day(e.On))
	}
	return v
}

func arrow(from, to string) string {
	if from == "" || to == "" {
		return ""
	}
	return from + " → " + to
}

// commandOf is the command behind an event, for the lists that its codes are from.
var commandOf = map[casefile.EventKind]casefile.Kind{
	casefile.EventDeclined: casefile.Decline, casefile.EventActed: casefile.Act, casefile.EventSupervised: casefile.Supervise, casefile.EventEscalated: casefile.Supervise,
	casefile.EventHandedOver: casefile.HandOver, casefile.EventSuspended: casefile.Suspend, casefile.EventReopened: casefile.Reopen, casefile.EventDiverted: casefile.Divert,
	casefile.EventRerouted: casefile.Reroute, casefile.EventAccepted: casefile.Accept, casefile.EventMediated: casefile.Mediate, casefile.EventReviewed: casefile.ConcludeReview, casefile.EventObjectionDecided: casefile.DecideObjection,
	casefile.EventSuggested: casefile.Suggest, casefile.EventSuggestionAnswered: casefile.AnswerSuggestion,
}

type clockPage struct {
	page
	Case   caseView
	Story  story
	Moves  []moveView
	Bearer string
}

type moveView struct {
	casefile.Move
	Name string
}

// getClock tells how a due date came about.
func (s *console) getClock(w http.ResponseWriter, r *http.Request) error {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	clock, err := url.PathUnescape(chi.URLParam(r, "clock"))
	if err != nil {
		return errNoPage
	}
	p := clockPage{page: s.page(r, by.lang.t("期限说明", "How the date came about"))}
	p.At = "cases"
	if err := s.api.get(by, "/cases/"+id, &p.Case); err != nil {
		return err
	}
	if err := s.api.get(by, "/cases/"+id+"/clocks/"+url.PathEscape(clock), &p.Story); err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	p.Bearer = names.Name(p.Story.Clock.Bearer.Who)
	for _, m := range p.Story.Moves {
		p.Moves = append(p.Moves, moveView{m, names.Name(m.By)})
	}
	return s.show(w, r, http.StatusOK, "clock", p)
}
