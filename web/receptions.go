package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// reception is a leader's reception day (领导接待日) as the API gives it.
type reception struct {
	ID          string                  `json:"id"`
	Office      string                  `json:"office"`
	Leader      string                  `json:"leader"`
	Name        string                  `json:"name"`
	Post        string                  `json:"post"`
	Portfolio   string                  `json:"portfolio"`
	On          calendar.Date           `json:"on"`
	From        time.Time               `json:"from"`
	Until       time.Time               `json:"until"`
	RestDay     bool                    `json:"rest_day"`
	Provisional bool                    `json:"provisional"`
	Place       string                  `json:"place"`
	FormName    string                  `json:"form_name"`
	Slots       int                     `json:"slots"`
	State       casefile.ReceptionState `json:"state"`
	Publication casefile.Publication    `json:"publication"`
	PublishedAt *time.Time              `json:"published_at"`
	Instead     *string                 `json:"instead"`
	HeldAt      *time.Time              `json:"held_at"`
	HeldLate    bool                    `json:"held_late"`
	EndedAt     *time.Time              `json:"ended_at"`
	Reason      *string                 `json:"reason"`
	ShortNotice bool                    `json:"short_notice"`
	Commands    []string                `json:"commands"`
}

// Can reports whether the reader can do this with it.
func (d reception) Can(command string) bool { return slices.Contains(d.Commands, command) }

// Stands reports whether it was neither cancelled nor swapped.
func (d reception) Stands() bool {
	return d.State != casefile.ReceptionCancelled && d.State != casefile.ReceptionSwapped
}

// Why is the reason for which the leader does not come, in words.
func (d reception) Why(l lang) string {
	if d.Reason == nil {
		return ""
	}
	return wording{lang: l}.code(casefile.AbsenceCodes, *d.Reason)
}

// dayOf are the reception days of one day.
type dayOf struct {
	On   calendar.Date
	Days []reception
}

func byDay(days []reception) (all []dayOf) {
	for _, d := range days {
		if n := len(all); n == 0 || all[n-1].On != d.On {
			all = append(all, dayOf{On: d.On})
		}
		all[len(all)-1].Days = append(all[len(all)-1].Days, d)
	}
	return all
}

type receptionsPage struct {
	page
	View        string // month or week
	From, Until calendar.Date
	Before      string // address of the span before
	After       string
	Other       string // of the other view
	Days        []dayOf
	Total       int
	Keeps       bool // the reader may enter days
	Leader      field
	Duties      []receptionDuty
	Next        string
}

type receptionDuty struct {
	Name    string        `json:"name"`
	Post    string        `json:"post"`
	Source  string        `json:"source"`
	From    calendar.Date `json:"from"`
	Until   calendar.Date `json:"until"`
	Due     int           `json:"due"`
	Planned int           `json:"planned"`
	Held    int           `json:"held"`
	Missed  int           `json:"missed"`
	Lamp    casefile.Lamp `json:"lamp"`
}

// span is the month or week in which a day lies.
func span(view string, on calendar.Date) (from, until calendar.Date) {
	if view == "week" {
		from = on.AddDays(-(int(on.Weekday()) + 6) % 7)
		return from, from.AddDays(6)
	}
	from = calendar.Date{Year: on.Year, Month: on.Month, Day: 1}
	next := from.AddDays(31)
	return from, calendar.Date{Year: next.Year, Month: next.Month, Day: 1}.AddDays(-1)
}

// spanned reads which month or week somebody wants to see: this one unless they say so.
func spanned(r *http.Request, today calendar.Date) (view string, on calendar.Date) {
	view, on = "month", today
	if r.URL.Query().Get("view") == "week" {
		view = "week"
	}
	if d, err := calendar.ParseDate(r.URL.Query().Get("on")); err == nil {
		on = d
	}
	return view, on
}

// getReceptions shows the reception days of a month or a week, and who receives often
// enough.
func (s *console) getReceptions(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := receptionsPage{page: s.page(r, by.lang.t("领导接待日", "Reception days")), Leader: by.lang.filterAmong("leader", by.lang.t("接访领导", "Leader"), query, amongLeaders)}
	p.At, p.Keeps = "receptions", by.who.Role == casefile.Registrar || by.who.Role == casefile.Supervisor
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	if err := s.offer(by, words, &p.Leader); err != nil {
		return err
	}
	view, on := spanned(r, p.Today)
	p.View = view
	p.From, p.Until = span(view, on)
	address := func(view string, on calendar.Date) string {
		q := url.Values{"view": {view}, "on": {on.String()}}
		if p.Leader.Value != "" && p.Leader.Wrong == "" {
			q.Set("leader", p.Leader.Value)
		}
		return "/receptions?" + q.Encode()
	}
	p.Before, p.After = address(view, p.From.AddDays(-1)), address(view, p.Until.AddDays(1))
	p.Other = address(map[string]string{"month": "week", "week": "month"}[view], on)
	asked := url.Values{"from": {p.From.String()}, "until": {p.Until.String()}}
	if p.Leader.Value != "" && p.Leader.Wrong == "" {
		asked.Set("leader", p.Leader.Value)
	}
	var duties struct {
		Duties []receptionDuty `json:"duties"`
	}
	if err := s.api.get(by, "/receptions/duties?"+asked.Encode(), &duties); err != nil {
		return err
	}
	p.Duties = duties.Duties
	asked.Set("limit", "100")
	if c := query.Get("cursor"); c != "" {
		asked.Set("cursor", c)
	}
	var found struct {
		Receptions []reception `json:"receptions"`
		NextCursor *string     `json:"next_cursor"`
	}
	if err := s.api.get(by, "/receptions?"+asked.Encode(), &found); err != nil {
		return err
	}
	p.Days, p.Total = byDay(found.Receptions), len(found.Receptions)
	if found.NextCursor != nil {
		p.Next = address(view, on) + "&cursor=" + url.QueryEscape(*found.NextCursor)
	}
	if query.Get("done") == "entered" {
		p.Done = by.lang.t("接待日已安排。", "The days are entered.")
		p.Back = address(view, on)
	}
	return s.show(w, r, p.Leader.status(), "receptions", p)
}

type receptionPage struct {
	page
	Day          reception
	FollowUp     *followUp
	Appointments []appointment
	Keeps        bool // the reader makes and ends appointments
	Why          string
	Key          string
}

type followUp struct {
	Done   bool      `json:"done"`
	Visits int       `json:"visits"`
	Open   int       `json:"open"`
	Booked int       `json:"booked"`
	Came   int       `json:"came"`
	Taken  int       `json:"taken"`
	Cases  []summary `json:"cases"`
}

type appointment struct {
	ID       string                    `json:"id"`
	Name     *string                   `json:"name"`
	Phone    *string                   `json:"phone"`
	Address  *string                   `json:"address"`
	Topic    *string                   `json:"topic"`
	State    casefile.AppointmentState `json:"state"`
	Case     *string                   `json:"case"`
	BookedAt time.Time                 `json:"booked_at"`
}

// Begun reports whether it can be said by now who came.
func (p receptionPage) Begun() bool { return p.Day.State != casefile.ReceptionPlanned }

// receptionPath is the API's address of the day that a page is about.
func receptionPath(r *http.Request) string {
	return "/receptions/" + url.PathEscape(chi.URLParam(r, "id"))
}

// getReception shows a day: who receives, what became of the visits and, to those who may
// see it, who comes.
func (s *console) getReception(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	var whole struct {
		reception
		FollowUp *followUp `json:"follow_up"`
	}
	if err := s.api.get(by, receptionPath(r), &whole); err != nil {
		return err
	}
	d := whole.reception
	p := receptionPage{page: s.page(r, by.lang.t("接待日 ", "Reception day ")+d.On.String()), Day: d, FollowUp: whole.FollowUp, Why: d.Why(by.lang), Key: keyOf(nil, nil)}
	p.At, p.Back = "receptions", r.URL.Path
	p.Keeps = by.who.Unit == d.Office && (by.who.Role == casefile.Registrar || by.who.Role == casefile.Supervisor)
	if p.Keeps || by.who.ID == d.Leader {
		var list struct {
			Appointments []appointment `json:"appointments"`
		}
		if err := s.api.get(by, receptionPath(r)+"/appointments", &list); err != nil {
			return err
		}
		p.Appointments = list.Appointments
	}
	switch r.URL.Query().Get("done") {
	case "publish":
		p.Done = by.lang.t("已公示。", "It is public.")
	case "hold":
		p.Done = by.lang.t("已登记领导到场接访。", "It is on record that the leader received.")
	case "cancel":
		p.Done = by.lang.t("接待日已取消。", "The day is cancelled.")
	case "swap":
		p.Done = by.lang.t("已调换为这一日，预约随之转来。", "This day takes its place; the appointments came along.")
	case "book":
		p.Done = by.lang.t("预约已登记。", "The appointment is made.")
	case "appointment":
		p.Done = by.lang.t("已登记。", "It is on record.")
	}
	return s.show(w, r, http.StatusOK, "reception", p)
}

// postReceptionNote publishes a day, or records that the leader received.
func (s *console) postReceptionNote(what string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.api.call(callerOf(r), http.MethodPost, receptionPath(r)+"/"+what, "", map[string]any{}, nil); err != nil {
			return err
		}
		http.Redirect(w, r, receptionPath(r)+"?done="+what, http.StatusSeeOther)
		return nil
	}
}

// postAppointmentEnd records what became of an appointment.
func (s *console) postAppointmentEnd(w http.ResponseWriter, r *http.Request) error {
	path := receptionPath(r) + "/appointments/" + url.PathEscape(chi.URLParam(r, "appointment")) + "/end"
	if _, err := s.api.call(callerOf(r), http.MethodPost, path, "", map[string]any{"state": r.PostForm.Get("state")}, nil); err != nil {
		return err
	}
	http.Redirect(w, r, receptionPath(r)+"?done=appointment#appointments", http.StatusSeeOther)
	return nil
}

// newReception is the form that enters one day or a series.
func (s *console) newReception(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by := callerOf(r)
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	l := by.lang
	var forms []choice
	for _, f := range words.rules.Forms {
		forms = append(forms, choice{f.ID, l.of(f.Name)})
	}
	p := formPage{
		page: s.page(r, l.t("安排接待日", "Enter reception days")), Crumbs: []link{{"/receptions", l.t("领导接待日", "Reception days")}}, Action: "/receptions/new",
		Submit: l.t("安排", "Enter"), Cancel: "/receptions",
		Fields: []field{
			{Name: "leader", Label: l.t("接访领导", "Leader who receives"), Control: "select", Required: true, Among: amongLeaders},
			{Name: "on", Label: l.t("日期", "Day"), Hint: l.t("只安排一天时填写；周期安排见下", "for one day; a series is below"), Control: "date"},
			{Name: "series.every", Label: l.t("周期", "Series"), Control: "radio", Groups: []group{{Choices: []choice{
				{"", l.t("只这一天", "this day only")}, {"month", l.t("按月：每隔几个月的某日", "by month: a day of every so many months")}, {"week", l.t("按周：每隔几周的某个星期几", "by week: a weekday of every so many weeks")},
			}}}},
			{Name: "series.day", Label: l.t("每月几日，或星期几", "Day of the month, or of the week"), Hint: l.t("按月填1至31；按周填1至7，1为星期一。遇休息日顺延", "1 to 31, or 1 to 7 from Monday; a day of rest is put off"), Control: "number"},
			{Name: "series.step", Label: l.t("每隔", "Every"), Hint: l.t("1为每月、每周，2为隔月、隔周", "1 for each month or week, 2 for every second"), Control: "number"},
			{Name: "series.first", Label: l.t("周期自", "The series from"), Control: "date"},
			{Name: "series.last", Label: l.t("周期至", "to"), Hint: l.t("最长366日", "366 days at most"), Control: "date"},
			{Name: "from", Label: l.t("开始时间", "From"), Control: "time", Required: true},
			{Name: "until", Label: l.t("结束时间", "Until"), Control: "time", Required: true},
			{Name: "place", Label: l.t("地点", "Place"), Control: "line", Required: true},
			{Name: "form", Label: l.t("接访形式", "Form"), Control: "radio", Required: true, Groups: []group{{Choices: forms}}},
			{Name: "slots", Label: l.t("预约名额", "Appointments"), Hint: l.t("不填即按规定", "leave empty for what the rules say"), Control: "number"},
			{Name: "publish", Label: l.t("立即公示", "Publish at once"), Hint: l.t("姓名、职务、分管、时间、地点和形式向社会公开", "name, post, portfolio, time, place and form become public"), Control: "check"},
		},
	}
	p.At = "receptions"
	return s.form(w, r, p, refused)
}

func (s *console) getNewReception(w http.ResponseWriter, r *http.Request) error {
	return s.newReception(w, r, nil)
}

func (s *console) postReception(w http.ResponseWriter, r *http.Request) error {
	typed := r.PostForm
	body := bodyOf(typed, "leader", "on", "from", "until", "place", "form")
	if v := line(typed, "slots"); v != "" {
		body["slots"] = counted(v)
	}
	if typed.Get("publish") == "true" {
		body["publish"] = true
	}
	if every := line(typed, "series.every"); every != "" {
		series := map[string]any{"every": every}
		for _, name := range []string{"first", "last"} {
			if v := line(typed, "series."+name); v != "" {
				series[name] = v
			}
		}
		for _, name := range []string{"day", "step"} {
			if v := line(typed, "series."+name); v != "" {
				series[name] = counted(v)
			}
		}
		body["series"] = series
	}
	var entered struct {
		Receptions []reception `json:"receptions"`
	}
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/receptions", typed.Get("key"), body, &entered); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		for i, f := range refused.Fields {
			if f.Field == "series" { // of the series as a whole
				refused.Fields[i].Field = "series.every"
			}
		}
		return s.newReception(w, r, refused)
	}
	http.Redirect(w, r, "/receptions?done=entered&on="+entered.Receptions[0].On.String(), http.StatusSeeOther)
	return nil
}

// aboutDay begins a form about a day.
func (s *console) aboutDay(r *http.Request, title string) (formPage, reception, error) {
	by := callerOf(r)
	var d reception
	if err := s.api.get(by, receptionPath(r), &d); err != nil {
		return formPage{}, d, err
	}
	l, at := by.lang, receptionPath(r)
	p := formPage{
		page: s.page(r, title), Crumbs: []link{{"/receptions", l.t("领导接待日", "Reception days")}, {at, l.day(d.On)}},
		Lead: l.day(d.On) + " · " + d.Name + " " + d.Post + " · " + d.Place, Action: r.URL.Path, Submit: title, Cancel: at,
	}
	p.At = "receptions"
	return p, d, nil
}

func absenceField(l lang) field {
	var reasons []choice
	for _, c := range casefile.AbsenceCodes {
		reasons = append(reasons, choice{c.ID, l.of(c.Name)})
	}
	return field{Name: "reason", Label: l.t("领导不能到场的原因", "Why the leader does not come"), Control: "radio", Required: true, Groups: []group{{Choices: reasons}}}
}

func (s *console) cancelForm(w http.ResponseWriter, r *http.Request, refused *problem) error {
	l := langOf(r)
	p, _, err := s.aboutDay(r, l.t("取消接待日", "Cancel the day"))
	if err != nil {
		return err
	}
	p.Fields = []field{absenceField(l)}
	p.Notes = []string{l.t("有预约的，请先告知来访人并取消预约，或改为调换。取消后不能恢复。", "Whoever has an appointment is told first, or the day is swapped instead. It can't be taken back.")}
	p.Confirm = l.t("确认取消这个接待日？", "Cancel this day?")
	return s.form(w, r, p, refused)
}

func (s *console) getReceptionCancel(w http.ResponseWriter, r *http.Request) error {
	return s.cancelForm(w, r, nil)
}

func (s *console) postReceptionCancel(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.api.call(callerOf(r), http.MethodPost, receptionPath(r)+"/cancel", r.PostForm.Get("key"), bodyOf(r.PostForm, "reason"), nil); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.cancelForm(w, r, refused)
	}
	http.Redirect(w, r, receptionPath(r)+"?done=cancel", http.StatusSeeOther)
	return nil
}

func (s *console) swapForm(w http.ResponseWriter, r *http.Request, refused *problem) error {
	by := callerOf(r)
	l := by.lang
	p, d, err := s.aboutDay(r, l.t("调换接待日", "Swap the day"))
	if err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	now := names.officials[d.Leader]
	days, err := listed[reception](s.api, by, "/receptions?office="+url.QueryEscape(d.Office)+"&from="+p.Today.String()+"&until="+p.Today.AddDays(120).String(), "receptions")
	if err != nil {
		return err
	}
	var others group
	for _, o := range days {
		if o.State == casefile.ReceptionPlanned && o.Leader != d.Leader {
			others.Choices = append(others.Choices, choice{o.ID, l.day(o.On) + " " + o.Name + " " + o.Place})
		}
	}
	p.Notes = []string{l.t("由谁代替、改在何时何地，或与哪一天互换：填需要变的即可。预约随之转去。", "Say who comes instead, or when and where, or with which day it changes places. Appointments move along.")}
	p.Fields = []field{
		absenceField(l),
		{Name: "leader", Label: l.t("代替的领导", "Leader who comes instead"), Hint: l.t("同级领导", "of the same level"), Control: "select", Blank: l.t("本人", "the same"), Among: among("/officials", "role", string(casefile.Leader), "level", now.Level), Near: now.Unit},
		{Name: "on", Label: l.t("改在", "Other day"), Control: "date"},
		{Name: "from", Label: l.t("开始时间", "From"), Control: "time"},
		{Name: "until", Label: l.t("结束时间", "Until"), Control: "time"},
		{Name: "place", Label: l.t("地点", "Place"), Control: "line"},
		{Name: "with", Label: l.t("与另一接待日互换", "Changes places with"), Control: "select", Blank: l.t("不互换", "none"), Groups: []group{others}},
	}
	return s.form(w, r, p, refused)
}

func (s *console) getReceptionSwap(w http.ResponseWriter, r *http.Request) error {
	return s.swapForm(w, r, nil)
}

func (s *console) postReceptionSwap(w http.ResponseWriter, r *http.Request) error {
	var instead struct {
		Receptions []reception `json:"receptions"`
	}
	body := bodyOf(r.PostForm, "reason", "leader", "on", "from", "until", "place", "with")
	if _, err := s.api.call(callerOf(r), http.MethodPost, receptionPath(r)+"/swap", r.PostForm.Get("key"), body, &instead); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.swapForm(w, r, refused)
	}
	http.Redirect(w, r, "/receptions/"+url.PathEscape(instead.Receptions[0].ID)+"?done=swap", http.StatusSeeOther)
	return nil
}

func (s *console) bookForm(w http.ResponseWriter, r *http.Request, refused *problem) error {
	l := langOf(r)
	p, _, err := s.aboutDay(r, l.t("登记预约", "Make an appointment"))
	if err != nil {
		return err
	}
	p.Notes = []string{l.t("只登记姓名、联系方式和反映的问题。办完或取消后不再保存姓名和联系方式。", "Name, contact and topic, nothing else; name and contact are not kept once it is over.")}
	p.Fields = []field{
		{Name: "name", Label: l.t("姓名", "Name"), Control: "line", Required: true},
		{Name: "phone", Label: l.t("电话", "Telephone"), Control: "line", Most: 30},
		{Name: "address", Label: l.t("住址", "Address"), Control: "line"},
		{Name: "topic", Label: l.t("反映的问题", "Topic"), Control: "note", Required: true},
	}
	return s.form(w, r, p, refused)
}

func (s *console) getBooking(w http.ResponseWriter, r *http.Request) error {
	return s.bookForm(w, r, nil)
}

func (s *console) postBooking(w http.ResponseWriter, r *http.Request) error {
	body := bodyOf(r.PostForm, "name", "phone", "address", "topic")
	if _, err := s.api.call(callerOf(r), http.MethodPost, receptionPath(r)+"/appointments", r.PostForm.Get("key"), body, nil); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.bookForm(w, r, refused)
	}
	http.Redirect(w, r, receptionPath(r)+"?done=book#appointments", http.StatusSeeOther)
	return nil
}

// schedulePage is what the public reads.
type schedulePage struct {
	page
	From, Until   calendar.Date
	Before, After string
	Days          []publicDay
	Next          string
}

type publicDay struct {
	On   calendar.Date
	Days []publicReception
}

type publicReception struct {
	Name      string        `json:"name"`
	Post      string        `json:"post"`
	Portfolio string        `json:"portfolio"`
	On        calendar.Date `json:"on"`
	From      time.Time     `json:"from"`
	Until     time.Time     `json:"until"`
	Place     string        `json:"place"`
	Form      string        `json:"form"`
}

// getSchedule is the public schedule (公示) of a month from today on: for anybody, to print.
func (s *console) getSchedule(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := schedulePage{page: s.page(r, by.lang.t("领导接待日安排", "When leaders receive"))}
	p.At = "receptions"
	_, on := spanned(r, p.Today)
	p.From, p.Until = span("month", on)
	p.Before, p.After = "/receptions/public?on="+p.From.AddDays(-1).String(), "/receptions/public?on="+p.Until.AddDays(1).String()
	asked := url.Values{"from": {p.From.String()}, "until": {p.Until.String()}, "limit": {"100"}}
	if c := r.URL.Query().Get("cursor"); c != "" {
		asked.Set("cursor", c)
	}
	var found struct {
		Receptions []publicReception `json:"receptions"`
		NextCursor *string           `json:"next_cursor"`
	}
	if err := s.api.get(by, "/public/receptions?"+asked.Encode(), &found); err != nil {
		return err
	}
	for _, d := range found.Receptions {
		if n := len(p.Days); n == 0 || p.Days[n-1].On != d.On {
			p.Days = append(p.Days, publicDay{On: d.On})
		}
		p.Days[len(p.Days)-1].Days = append(p.Days[len(p.Days)-1].Days, d)
	}
	if found.NextCursor != nil {
		p.Next = "/receptions/public?" + url.Values{"on": {cmp.Or(r.URL.Query().Get("on"), p.From.String())}, "cursor": {*found.NextCursor}}.Encode()
	}
	return s.show(w, r, http.StatusOK, "schedule", p)
}
