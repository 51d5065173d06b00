package casefile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Reception is a day, or part of one, on which a leader receives petitioners (领导接待日,
// 条例第18条). It is never deleted: it is cancelled, or swapped for others that say whose
// place they take.
type Reception struct {
	ID     string
	Office string // petition office that keeps it
	Leader string
	From   time.Time // both on one day in China
	Until  time.Time
	Place  string
	Form   string // one of the policy's Forms
	Slots  int    // appointments it takes; 0: as many as the policy says
	// Instead is the day whose place it takes, "" where it takes none.
	Instead string

	// Name, Post and Portfolio are the leader's as they stood on the day: they are fixed
	// when it begins, until then they are the directory's.
	Name, Post, Portfolio string

	EnteredBy   string
	EnteredAt   time.Time
	PublishedBy string    // "" while it is not public
	PublishedAt time.Time // zero while it is not public
	HeldBy      string    // who recorded that the leader received, "" while nobody did
	HeldAt      time.Time // when that was recorded

	EndedBy string // who cancelled or swapped it, "" where nobody did
	EndedAt time.Time
	Swapped bool   // not cancelled
	Reason  string // why, one of AbsenceReasons
	Short   bool   // that was said later than the policy asks

	// Visits are those that the day has had so far: that became a case, or whose appointment
	// was kept. Only the store counts them.
	Visits int
}

// AbsenceReasons are why a leader does not come on a reception day. A code, no words, as
// of leaves.
var AbsenceReasons = []string{"duty", "business_trip", "leave", "illness", "emergency", "mistake", "other"}

// ReceptionState is how far a reception day has come.
type ReceptionState string

// The states.
const (
	ReceptionPlanned   ReceptionState = "planned"
	ReceptionCurrent   ReceptionState = "current"
	ReceptionHeld      ReceptionState = "held"
	ReceptionMissed    ReceptionState = "missed" // it is over, and nobody recorded that the leader received
	ReceptionCancelled ReceptionState = "cancelled"
	ReceptionSwapped   ReceptionState = "swapped"
)

// ReceptionStates lists them.
var ReceptionStates = []ReceptionState{ReceptionPlanned, ReceptionCurrent, ReceptionHeld, ReceptionMissed, ReceptionCancelled, ReceptionSwapped}

// Stands reports whether the day was neither cancelled nor swapped.
func (r Reception) Stands() bool { return r.EndedBy == "" }

// On is the day in China.
func (r Reception) On() calendar.Date { return calendar.DateOf(r.From) }

// HeldLate reports whether it was recorded on a later day only that the leader received.
func (r Reception) HeldLate() bool {
	return !r.HeldAt.IsZero() && calendar.DateOf(r.HeldAt).After(r.On())
}

// State is how far it has come.
func (r Reception) State(now time.Time) ReceptionState {
	switch {
	case r.Swapped:
		return ReceptionSwapped
	case !r.Stands():
		return ReceptionCancelled
	case !r.HeldAt.IsZero():
		return ReceptionHeld
	case now.Before(r.From):
		return ReceptionPlanned
	case now.Before(r.Until):
		return ReceptionCurrent
	}
	return ReceptionMissed
}

// Publication says whether a day was made public before it, as it must be.
type Publication string

// What can be said of it.
const (
	PublishedInTime Publication = "in_time"
	PublishedLate   Publication = "late"
	NotYetPublished Publication = "pending"
	NotPublished    Publication = "missing" // and it should be by now
)

// Publications lists them.
var Publications = []Publication{PublishedInTime, PublishedLate, NotYetPublished, NotPublished}

// Published judges the publication of a day.
func Published(r Reception, rules Rules) Publication {
	last := rules.Policy.Reception.Publish.From(r.On(), rules.Calendar)
	after := func(at time.Time) bool { return calendar.DateOf(at).After(last) }
	switch {
	case !r.PublishedAt.IsZero() && after(r.PublishedAt):
		return PublishedLate
	case !r.PublishedAt.IsZero():
		return PublishedInTime
	case after(rules.Now):
		return NotPublished
	}
	return NotYetPublished
}

// TellOn is the day on which something is told that an offset puts before a reception
// day: where that is a rest day, the working day before.
func TellOn(r Reception, before policy.Offset, cal *calendar.Calendar) calendar.Date {
	on := before.From(r.On(), cal)
	if !cal.Day(on).Work {
		on, _ = cal.AddWorkingDays(on, -1)
	}
	return on
}

// Series is a rule by which reception days recur: on a day of every so many months, or a
// weekday of every so many weeks.
type Series struct {
	Every string // "month" or "week"
	Step  int    // every so many of them
	Day   int    // of the month, whose last day where it has no such one; or of the week, from Monday, 1
	First calendar.Date
	Last  calendar.Date
}

// Recurrences are what a series can go by.
var Recurrences = []string{"month", "week"}

// Dates lists the days of a series in order. One that falls on a rest day is put off to
// the next working day (遇节假日顺延); two that come to fall on one day are one.
func (s Series) Dates(cal *calendar.Calendar) []calendar.Date {
	var dates []calendar.Date
	add := func(on calendar.Date) (more bool) {
		if on.After(s.Last) {
			return false
		}
		if rolled := cal.Due(on, 0, calendar.CalendarDay).Statutory; !on.Before(s.First) && !slices.Contains(dates, rolled) {
			dates = append(dates, rolled)
		}
		return true
	}
	if s.Every == "week" {
		monday := s.First.AddDays(-(int(s.First.Weekday()) + 6) % 7)
		for on := monday.AddDays(s.Day - 1); add(on); on = on.AddDays(7 * s.Step) {
		}
		return dates
	}
	for n := 0; ; n += s.Step {
		month := time.Date(s.First.Year, s.First.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		length := month.AddDate(0, 1, -1).Day()
		if !add(calendar.Date{Year: month.Year(), Month: month.Month(), Day: min(s.Day, length)}) {
			return dates
		}
	}
}

// longestSeries is in calendar days, from the first to the last.
const longestSeries = 366

func (s Series) check(v *invalid) {
	v.oneOf("series.every", s.Every, Recurrences)
	most := map[string]int{"week": 7}[s.Every]
	if most == 0 {
		most = 31
	}
	if s.Day < 1 || s.Day > most {
		v.add("series.day", "out_of_range", "应为1至%d", "must be 1 to %d", most)
	}
	if s.Step < 1 || s.Step > 52 {
		v.add("series.step", "out_of_range", "应为1至52", "must be 1 to 52")
	}
	v.required("series.first", s.First.IsZero())
	v.required("series.last", s.Last.IsZero())
	switch {
	case s.First.IsZero() || s.Last.IsZero():
	case s.Last.Before(s.First):
		v.add("series.last", "not_after_from", "不得早于第一日", "must not lie before the first day")
	case s.Last.DaysSince(s.First) > longestSeries:
		v.add("series.last", "out_of_range", "最长%d日", "a series lasts %d days at most", longestSeries)
	}
}

// Schedule is what somebody enters: one reception day (On), or a series of them.
type Schedule struct {
	ID     string // of the day; of a series' days the beginning of it
	Leader string
	On     calendar.Date
	Series *Series
	From   policy.TimeOfDay
	Until  policy.TimeOfDay
	Place  string
	Form   string
	Slots  int
	// Publish makes them public at once.
	Publish bool
}

// keepsOffice reports whether the actor is a clerk or supervisor of this petition office,
// or of one above it.
func keepsOffice(by Actor, office string, r Rules) bool {
	return (by.Role == Registrar || by.Role == Supervisor) && presides(by.Unit, office, r)
}

// SeesReception reports whether the actor may know of a day that is not public, and of
// how a leader keeps to the days: the offices in whose area the leader works, the leader,
// and leaders and auditors above.
func SeesReception(leader Official, by Actor, d *Directory) bool {
	switch by.Role {
	case Registrar, Supervisor, Inspector:
		return d.Under(leader.Unit, d.Area(by.Unit))
	case Leader:
		return leader.ID == by.ID || d.Under(leader.Unit, by.Unit)
	case Auditor:
		return true
	case Officer, Admin, System, Former, Complainant:
	}
	return false
}

// SeesAppointments reports whether the actor may see who has an appointment: the clerks
// and supervisors of the office that keeps the day, and the leader who receives.
func SeesAppointments(r Reception, by Actor) bool {
	return (by.Role == Registrar || by.Role == Supervisor) && by.Unit == r.Office || by.ID == r.Leader
}

const receptionRule = "《信访工作条例》第十八条：领导干部定期接待来访，由信访部门安排、公布"

func notTheirReception() *Error {
	return forbidden("reception_not_permitted", receptionRule,
		"接待日由该地区信访部门的登记或督办人员安排；领导本人只能说明不能到场",
		"reception days are kept by the clerks and supervisors of the petition office of the area; the leader can only say that they can't come")
}

// ScheduleReceptions checks reception days that somebody wants to enter and returns them
// complete. standing are the days that the leader has around that time. The directory
// must be locked until they are written.
func ScheduleReceptions(s Schedule, by Actor, r Rules, standing []Reception) ([]Reception, *Error) {
	d := r.Directory
	o, known := d.Officials[s.Leader]
	office := by.Role == Registrar || by.Role == Supervisor
	if !office || known && !d.Under(o.Unit, d.Area(by.Unit)) {
		return nil, notTheirReception()
	}
	var v invalid
	isLeader(&v, "leader", s.Leader, d)
	v.oneOf("form", s.Form, policy.IDs(r.Policy.Forms))
	v.required("place", s.Place == "")
	if s.Slots < 0 || s.Slots > policy.MaxSlots {
		v.add("slots", "out_of_range", "应为1至%d", "must be 1 to %d", policy.MaxSlots)
	}
	checkHours(&v, s.From, s.Until)
	var dates []calendar.Date
	switch {
	case s.Series == nil && s.On.IsZero():
		v.required("on", true)
	case s.Series == nil:
		dates = []calendar.Date{s.On}
	case !s.On.IsZero():
		v.add("on", "not_here", "日期与周期规则只能填写一项", "give either a date or a series")
	default:
		if s.Series.check(&v); v.err() == nil {
			if dates = s.Series.Dates(r.Calendar); len(dates) == 0 {
				v.add("series", "out_of_range", "此规则在所填日期之间没有接待日", "the rule has no day between these dates")
			}
		}
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	now := r.Now.UTC().Truncate(time.Microsecond) // as Postgres keeps it
	days := make([]Reception, len(dates))
	for i, on := range dates {
		day := Reception{
			ID: s.ID, Office: by.Unit, Leader: s.Leader, From: s.From.At(on), Until: s.Until.At(on), Place: s.Place, Form: s.Form, Slots: s.Slots,
			EnteredBy: by.ID, EnteredAt: now,
		}
		if s.Series != nil {
			day.ID = fmt.Sprintf("%s-%02d", s.ID, i+1)
		}
		if s.Publish {
			day.PublishedBy, day.PublishedAt = by.ID, now
		}
		days[i] = day
	}
	when := "on"
	if s.Series != nil {
		when = "series"
	}
	checkDays(&v, when, "leader", days, standing, r)
	return days, v.err()
}

func checkHours(v *invalid, from, until policy.TimeOfDay) {
	none := policy.TimeOfDay{}
	v.required("from", from == none)
	v.required("until", until == none)
	if from != none && until != none && (until.Hour < from.Hour || until.Hour == from.Hour && until.Minute <= from.Minute) {
		v.add("until", "not_after_from", "结束时间须晚于开始时间", "the reception must end after it begins")
	}
}

// farthest is how many days ahead a reception day can be entered.
const farthest = 2 * 366

// checkDays refuses days in the past, and days on which the leader is somewhere else:
// nobody is in two places at once.
func checkDays(v *invalid, when, who string, days, standing []Reception, r Rules) {
	var past, far, twice, away []string
	for i, day := range days {
		on := day.On().String()
		if !day.From.After(r.Now) {
			past = append(past, on)
		}
		if day.On().DaysSince(calendar.DateOf(r.Now)) > farthest {
			far = append(far, on)
		}
		meets := func(other Reception) bool {
			return other.Stands() && other.Leader == day.Leader && day.From.Before(other.Until) && other.From.Before(day.Until)
		}
		if slices.ContainsFunc(standing, meets) || slices.ContainsFunc(days[:i], meets) {
			twice = append(twice, on)
		}
		if AwayOn(day, r.Directory) {
			away = append(away, on)
		}
	}
	if len(past) > 0 {
		v.add(when, "in_past", "接待时间须晚于现在："+strings.Join(past, "、"), "the reception must begin after now: "+strings.Join(past, ", "))
	}
	if len(far) > 0 {
		v.add(when, "out_of_range", "不能安排两年以后的接待日："+strings.Join(far, "、"), "lies more than two years ahead: "+strings.Join(far, ", "))
	}
	if len(twice) > 0 {
		v.add(who, "two_places", "该领导同一时间已有接待安排："+strings.Join(twice, "、"), "the leader receives elsewhere at that time: "+strings.Join(twice, ", "))
	}
	if len(away) > 0 {
		v.add(who, "on_leave", "该领导此时请假："+strings.Join(away, "、"), "the leader is on leave then: "+strings.Join(away, ", "))
	}
}

// PublishReception makes a day public; one that is public already stays as it is.
func PublishReception(day Reception, by Actor, r Rules) (Reception, *Error) {
	switch {
	case !keepsOffice(by, day.Office, r):
		return day, notTheirReception()
	case !day.PublishedAt.IsZero():
		return day, nil
	case !day.Stands():
		return day, receptionEnded()
	}
	day.PublishedBy, day.PublishedAt = by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return day, nil
}

// HoldReception records that the leader received on the day; once it is recorded it
// stays. A day that is over without it counts as missed.
func HoldReception(day Reception, by Actor, r Rules) (Reception, *Error) {
	switch {
	case !keepsOffice(by, day.Office, r):
		return day, notTheirReception()
	case !day.HeldAt.IsZero():
		return day, nil
	case !day.Stands():
		return day, receptionEnded()
	case r.Now.Before(day.From):
		return day, conflict("reception_not_begun", "接待尚未开始", "the reception has not begun")
	}
	day.HeldBy, day.HeldAt = by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return day, nil
}

func receptionEnded() *Error {
	return conflict("reception_ended", "该接待日已取消、已调换或已举行", "this reception day was cancelled, swapped or held")
}

// Swap is how a leader who can't come is made good for: by another leader, on another
// day, or by the leader of another day, who comes on this one (With).
type Swap struct {
	ID     string // of the day that takes the place; With's gets "-with" behind it
	Reason string
	Leader string // who receives instead, "" for the same
	On     calendar.Date
	From   policy.TimeOfDay // zero: the same time of day
	Until  policy.TimeOfDay
	Place  string // "" for the same
	With   *Reception
}

// absent ends a day for a leader who does not come. It is said by the leader or the
// office, and how long before it is written down: what comes late is recorded as late,
// or, where the policy is strict, left to the office to record. A day on which somebody
// was received stays.
func absent(day Reception, reason string, by Actor, r Rules) (Reception, *Error) {
	office := keepsOffice(by, day.Office, r)
	switch {
	case !office && by.ID != day.Leader:
		return day, notTheirReception()
	case !day.Stands() || !day.HeldAt.IsZero() || !r.Now.Before(day.Until):
		return day, receptionEnded()
	}
	rule := r.Policy.Reception
	last := rule.Absence.From(day.On(), r.Calendar)
	day.Short = calendar.DateOf(r.Now).After(last)
	if day.Short && rule.Strict && !office {
		return day, conflict("notice_too_short",
			fmt.Sprintf("最迟应于%s说明不能到场；现须由信访部门登记并调换", last), fmt.Sprintf("this had to be said by %s; now the petition office has to record it, and to swap the day", last))
	}
	if day.Visits > 0 {
		return day, receptionVisited()
	}
	day.Reason, day.EndedBy, day.EndedAt = reason, by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return day, nil
}

func receptionVisited() *Error {
	return conflict("reception_visited", "该接待日已有来访登记，不能再取消或调换；领导到场的，请登记已接访",
		"somebody was received on this day: it can't be cancelled or swapped any more; record that it was held")
}

// CancelReception ends a day without another in its place. booked is how many
// appointments on it are open: whoever has one must be told first.
func CancelReception(day Reception, reason string, booked int, by Actor, r Rules) (Reception, *Error) {
	day, err := absent(day, reason, by, r)
	if err != nil {
		return day, err
	}
	var v invalid
	if v.oneOf("reason", reason, AbsenceReasons); v.err() != nil {
		return day, v.err()
	}
	if booked > 0 {
		return day, conflict("appointments_open", "该接待日尚有预约：请先告知来访人并取消其预约，或改为调换",
			"the day has appointments: tell the visitors and cancel these first, or swap the day instead")
	}
	return day, nil
}

// ReceptionCommands lists what the actor can do with a day now: publish, hold, cancel, swap,
// book. Cancelling asks for a reason, and that nobody has an appointment.
func ReceptionCommands(day Reception, by Actor, r Rules) []string {
	can := []string{}
	if _, err := PublishReception(day, by, r); err == nil && day.PublishedAt.IsZero() {
		can = append(can, "publish")
	}
	if _, err := HoldReception(day, by, r); err == nil && day.HeldAt.IsZero() {
		can = append(can, "hold")
	}
	if _, err := absent(day, "", by, r); err == nil {
		can = append(can, "swap", "cancel")
	}
	if KeepsAppointments(day, by) && day.Stands() && r.Now.Before(day.Until) {
		can = append(can, "book")
	}
	return can
}

// SwapReception ends a day and puts another in its place, two for two with With. standing
// are the days that those who come have around that time. It returns the days ended and,
// in the same order, those that take their places: appointments move along.
func SwapReception(day Reception, s Swap, by Actor, r Rules, standing []Reception) (ended, instead []Reception, refusal *Error) {
	if day, refusal = absent(day, s.Reason, by, r); refusal != nil {
		return nil, nil, refusal
	}
	if s.With != nil && s.With.Visits > 0 {
		return nil, nil, receptionVisited()
	}
	var v invalid
	v.oneOf("reason", s.Reason, AbsenceReasons)
	next := day.successor(s.ID, by, r)
	ended, instead = []Reception{day}, []Reception{next}
	if s.With != nil {
		other := *s.With
		if s.Leader != "" || !s.On.IsZero() || s.From != (policy.TimeOfDay{}) || s.Until != (policy.TimeOfDay{}) || s.Place != "" {
			v.add("with", "not_here", "与另一接待日互换时不能再填写领导、时间、地点", "two days that change places keep their times and places")
		}
		switch {
		case !other.Stands() || !other.HeldAt.IsZero() || !r.Now.Before(other.From) || other.Office != day.Office || other.Leader == day.Leader:
			v.add("with", "not_the_case", "须为同一信访部门安排的、另一领导的、尚未开始的接待日", "must be a day of another leader, kept by the same office, that has not begun")
		default:
			second := other.successor(s.ID+"-with", by, r)
			instead[0].Leader, second.Leader = other.Leader, day.Leader
			other.Reason, other.EndedBy, other.EndedAt = s.Reason, by.ID, day.EndedAt
			ended, instead = append(ended, other), append(instead, second)
		}
	} else {
		to := &instead[0]
		if s.Leader != "" {
			to.Leader = s.Leader
		}
		if s.Place != "" {
			to.Place = s.Place
		}
		on, from, until := day.On(), clockTime(day.From), clockTime(day.Until)
		if !s.On.IsZero() {
			on = s.On
		}
		if s.From != (policy.TimeOfDay{}) {
			from = s.From
		}
		if s.Until != (policy.TimeOfDay{}) {
			until = s.Until
		}
		checkHours(&v, from, until)
		to.From, to.Until = from.At(on), until.At(on)
		if to.Leader == day.Leader && to.From.Equal(day.From) && to.Until.Equal(day.Until) {
			v.add("leader", "required", "请填写由谁代替、改在何时，或与哪个接待日互换", "say who comes instead, or when, or with which day it changes places")
		}
	}
	checkSubstitutes(&v, ended, instead, r)
	if err := v.err(); err != nil {
		return nil, nil, err
	}
	for i := range ended {
		ended[i].Swapped = true
	}
	others := slices.DeleteFunc(slices.Clone(standing), func(x Reception) bool {
		return slices.ContainsFunc(ended, func(e Reception) bool { return e.ID == x.ID })
	})
	checkDays(&v, "on", "leader", instead, others, r)
	return ended, instead, v.err()
}

// checkSubstitutes requires of who comes for another leader that they have the same
// level and work in the office's area: a reception is not handed down.
func checkSubstitutes(v *invalid, ended, instead []Reception, r Rules) {
	for i, day := range instead {
		if day.Leader == ended[i].Leader {
			continue
		}
		o, known := r.Directory.Officials[day.Leader]
		switch {
		case !known || o.Role != Leader:
			isLeader(v, "leader", day.Leader, r.Directory)
		case o.Level != r.Directory.Officials[ended[i].Leader].Level:
			v.add("leader", "wrong_level", "须由同级领导代替接访", "must be a leader of the same level")
		case !r.Directory.Under(o.Unit, r.Directory.Area(day.Office)):
			v.add("leader", "out_of_area", "此人不在该信访部门所在地区工作", "this leader does not work in the office's area")
		}
	}
}

// successor is the day that takes the place of one; it is public if that one was.
func (r Reception) successor(id string, by Actor, rules Rules) Reception {
	now := rules.Now.UTC().Truncate(time.Microsecond)
	next := Reception{
		ID: id, Office: r.Office, Leader: r.Leader, From: r.From, Until: r.Until, Place: r.Place, Form: r.Form, Slots: r.Slots, Instead: r.ID,
		EnteredBy: by.ID, EnteredAt: now,
	}
	if !r.PublishedAt.IsZero() {
		next.PublishedBy, next.PublishedAt = by.ID, now
	}
	return next
}

func clockTime(t time.Time) policy.TimeOfDay {
	minutes := int(t.Sub(calendar.DateOf(t).Start()).Minutes())
	return policy.TimeOfDay{Hour: minutes / 60, Minute: minutes % 60}
}

// ReceptionDuty is how a leader keeps to the reception days of one period.
type ReceptionDuty struct {
	Leader Official
	Rule   policy.Frequency
	From   calendar.Date // first day of the period
	Until  calendar.Date // its last
	// Planned are the days that stand, Held those of them on which the leader received,
	// Missed those that are over without it.
	Planned, Held, Missed int
}

// Lamp is red when the period is over and the leader received too seldom, yellow while
// there are too few days left in it that stand.
func (u ReceptionDuty) Lamp(now time.Time) Lamp {
	switch {
	case u.Held >= u.Rule.Days:
		return Green
	case !now.Before(u.Until.End()):
		return Red
	case u.Planned-u.Missed < u.Rule.Days:
		return Yellow
	}
	return Green
}

// ReceptionDuties counts, for each leader of a party committee or government for whom the
// policy has a rule, the reception days of each period that has a day from first to
// last, the earliest first.
func ReceptionDuties(leaders []Official, days []Reception, first, last calendar.Date, r Rules) []ReceptionDuty {
	duties := []ReceptionDuty{}
	for _, o := range leaders {
		rule, ok := r.Policy.Frequency(o.Level)
		if !ok || o.Role != Leader || r.Directory.Units[o.Unit].Kind != Authority {
			continue
		}
		for from := periodStart(first, rule.Per); !from.After(last); {
			next := periodNext(from, rule.Per)
			duty := ReceptionDuty{Leader: o, Rule: rule, From: from, Until: next.AddDays(-1)}
			for _, day := range days {
				if day.Leader != o.ID || day.On().Before(from) || !day.On().Before(next) || !day.Stands() {
					continue
				}
				duty.Planned++
				switch day.State(r.Now) {
				case ReceptionHeld:
					duty.Held++
				case ReceptionMissed:
					duty.Missed++
				default: // is still to come
				}
			}
			duties = append(duties, duty)
			from = next
		}
	}
	slices.SortStableFunc(duties, func(a, b ReceptionDuty) int { return a.From.Compare(b.From) })
	return duties
}

func periodStart(on calendar.Date, per policy.Period) calendar.Date {
	switch per {
	case policy.Weekly:
		return on.AddDays(-(int(on.Weekday()) + 6) % 7)
	case policy.Monthly:
		on.Day = 1
	case policy.Quarterly:
		on.Day, on.Month = 1, (on.Month-1)/3*3+1
	case policy.Yearly:
		on.Day, on.Month = 1, time.January
	}
	return on
}

func periodNext(from calendar.Date, per policy.Period) calendar.Date {
	months := map[policy.Period]int{policy.Monthly: 1, policy.Quarterly: 3, policy.Yearly: 12}[per]
	if months == 0 {
		return from.AddDays(7)
	}
	next := time.Date(from.Year, from.Month+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	return calendar.Date{Year: next.Year(), Month: next.Month(), Day: 1}
}

// ReceptionTold lists who is told of a day before it: the leader who receives; of one who
// is on leave, now or then, the deputy; and where the leader will be away on the day, the
// office's staff as well, for somebody must swap it.
func ReceptionTold(day Reception, r Rules) []string {
	var told []string
	add := func(o Official) {
		if !slices.Contains(told, o.ID) {
			told = append(told, o.ID)
		}
	}
	if _, away := r.Directory.onLeave(day.Leader, r.Now); !away {
		add(r.Directory.Officials[day.Leader])
	}
	for _, at := range []time.Time{r.Now, day.From} {
		if deputy, ok := r.Directory.Deputy(day.Leader, at); ok {
			add(deputy)
		}
	}
	if AwayOn(day, r.Directory) {
		for _, o := range r.Directory.staff(day.Office, Registrar, Supervisor) {
			add(o)
		}
	}
	return told
}

// AwayOn reports whether the leader who is to receive will be on leave.
func AwayOn(day Reception, d *Directory) bool {
	return slices.ContainsFunc(d.Leaves[day.Leader], func(l Leave) bool { return day.From.Before(l.Until) && l.From.Before(day.Until) })
}
