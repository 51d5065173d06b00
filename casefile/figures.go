package casefile

import (
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// CountUnit is in what petitions are counted. Numbers in different units are never added.
type CountUnit string

// The units (信访统计): letters and the like by the piece, visits by the group that came and
// by its persons.
const (
	Items   CountUnit = "item"   // 件次
	Groups  CountUnit = "group"  // 批次
	Persons CountUnit = "person" // 人次
)

// CountedIn lists the units in which petitions of a channel are counted.
func CountedIn(channel string) []CountUnit {
	if channel == "visit" || channel == "reception" {
		return []CountUnit{Groups, Persons}
	}
	return []CountUnit{Items}
}

// AgeClass is a class of open cases by the days since they were received; To is -1 where
// it has no end.
type AgeClass struct{ From, To int }

// AgeClasses go by the article's own terms: 15 days to forward, 60 to settle, 30 more.
var AgeClasses = []AgeClass{{0, 15}, {16, 30}, {31, 60}, {61, 90}, {91, -1}}

// AgeClassOf is the place in AgeClasses of a case so many days old. A day of receipt that
// lies ahead counts as today.
func AgeClassOf(days int) int {
	return slices.IndexFunc(AgeClasses, func(a AgeClass) bool { return a.To < 0 || days <= a.To })
}

// Punctuality is how the terms of one rule were kept that were judged in a span: each once,
// on the day on which its duty was done or its time was over.
type Punctuality struct {
	OnTime  int64
	Late    int64 // missed, and since done or taken away
	Running int64 // missed, and still running when the span ended
}

// Judged is how many terms there were.
func (p Punctuality) Judged() int64 { return p.OnTime + p.Late + p.Running }

// Add is both together. They must be of one rule, or of rules that ask the same of the same
// bearer.
func (p Punctuality) Add(q Punctuality) Punctuality {
	return Punctuality{p.OnTime + q.OnTime, p.Late + q.Late, p.Running + q.Running}
}

// Share is the percentage that was on time, decimals beyond the second cut off; ok is false
// where nothing was judged.
func (p Punctuality) Share() (share Hundredths, ok bool) { return ShareOf(p.OnTime, p.Judged()) }

// ShareOf is what percentage a part is of the whole, decimals beyond the second cut off; ok
// is false where there is no whole.
func ShareOf(part, whole int64) (share Hundredths, ok bool) {
	if whole == 0 {
		return 0, false
	}
	return Hundredths(part * int64(hundred) / whole), true
}

// Measures are the events that a report counts as what was done (条例第四十一条: 转送、交办、
// 督办), in the order in which they are told.
var Measures = []EventKind{
	EventForwarded, EventCommissioned, EventUrged, EventSupervised, EventEscalated, EventTalked, EventCirculated, EventListed, EventOrdered, EventReleased,
}

// Compared is a number of a span and of the same span a year before.
type Compared struct {
	Now    int64 `json:"now"`
	Before int64 `json:"before"`
}

// Add is both together. They must be counted in the same unit.
func (c Compared) Add(d Compared) Compared { return Compared{c.Now + d.Now, c.Before + d.Before} }

// Some reports whether there was anything in either span.
func (c Compared) Some() bool { return c.Now != 0 || c.Before != 0 }

// Change is by how many tenths of a per cent a number has changed, rounded (同比); ok is
// false where it was nothing before.
func Change(now, before int64) (tenths int64, ok bool) {
	if before == 0 {
		return 0, false
	}
	double := (now - before) * 2000 / before // twice, for the rounding
	if double < 0 {
		return (double - 1) / 2, true
	}
	return (double + 1) / 2, true
}

// takesAway are the events that stop a clock without its duty having been done: somebody
// else has it now, or it is no longer asked for.
var takesAway = []string{
	string(EventHandedOver), string(EventFellBack), string(EventRerouted), string(EventReopened), string(EventReviewAsked), string(EventDelisted), string(EventCampaignOver), "objection_decided/upheld",
}

// fulfilled are the events that fulfil a rule's duty, where not all that stop its clock do;
// of the rules of metrics the metrics say so.
var fulfilled = map[string][]string{
	"DUAL-WHEN":         {"assigned"},
	"ACC-OBJECT-DECIDE": {"objection_decided/upheld", "objection_decided/rejected"},
	"OPINION-EXEC":      {"executed"},
	"SUSPENSION":        {"resumed"},
	"CAMP-REPORT":       {"reported"},
}

// Fulfils lists the events, as the terms of the store name them, that fulfil the duty of a
// rule's clock. What else stops it takes the duty away and counts nowhere.
func Fulfils(rule policy.Clock) []string {
	for _, m := range Metrics {
		if m.Counts == CountsTerms && slices.Contains(m.Clocks, rule.ID) {
			return m.Done
		}
	}
	if events, ok := fulfilled[rule.ID]; ok {
		return events
	}
	var events []string
	for _, stop := range rule.Stops {
		kind, _, _ := strings.Cut(stop, "/")
		switch {
		case slices.Contains(takesAway, kind) || slices.Contains(takesAway, stop):
		case stop == string(EventReviewed): // terms have the outcome with it
			for _, outcome := range ReviewOutcomes {
				events = append(events, stop+"/"+outcome)
			}
		default:
			events = append(events, stop)
		}
	}
	return events
}

// Settlement are the clocks of a case's settling, by which 按期办结 is judged.
var Settlement = settlement

// FigureSpan is the time that figures are about: whole days, up to now where its last day
// is not over.
type FigureSpan struct{ From, Until calendar.Date }

// longestFigures bounds a span, in days: three years.
const longestFigures = 1100

// eachDay is up to how many days figures have a point for each day; a longer span has one
// for each week.
const eachDay = 62

// Check says what is wrong with a span, as of today.
func (s FigureSpan) Check(today calendar.Date) *Error {
	var v invalid
	switch {
	case s.From.After(today):
		v.add("from", "in_future", "不能晚于今天", "must not lie in the future")
	case s.Until.Before(s.From):
		v.add("until", "not_after_from", "不能早于起始日期", "must not lie before the first day")
	case s.Until.DaysSince(s.From) > longestFigures:
		v.add("until", "out_of_range", "统计期间最长为三年", "at most three years can be asked for at once")
	}
	return v.err()
}

// End is the instant before which the span ends. What was true at that very instant is not
// part of it: a term that ends with a day is not missed on that day.
func (s FigureSpan) End(now time.Time) time.Time {
	if end := s.Until.End(); !end.After(now) {
		return end
	}
	return now.Add(time.Microsecond) // what has just happened counts
}

// YearBefore is the same span of the year before.
func (s FigureSpan) YearBefore() FigureSpan {
	return FigureSpan{yearBefore(s.From), yearBefore(s.Until)}
}

func yearBefore(d calendar.Date) calendar.Date {
	d.Year--
	if d.Month == time.February && d.Day == 29 {
		d.Day = 28
	}
	return d
}

// FigurePoint is a day at whose end cases are looked at; before At the day is over, or it is
// now.
type FigurePoint struct {
	Day calendar.Date
	At  time.Time
}

// Points are the days at whose end cases are looked at: each, or of a longer span each
// Sunday and the last.
func (s FigureSpan) Points(now time.Time) []FigurePoint {
	last, end := s.Until, s.End(now)
	if today := calendar.DateOf(now); last.After(today) {
		last = today
	}
	daily := s.Until.DaysSince(s.From) < eachDay
	var points []FigurePoint
	for d := s.From; d.Before(last); d = d.AddDays(1) {
		if daily || d.Weekday() == time.Sunday {
			points = append(points, FigurePoint{d, d.End()})
		}
	}
	return append(points, FigurePoint{last, end})
}

// ReadsFigures says why somebody may not read figures: they are for those who supervise
// others' work.
func ReadsFigures(by Actor) *Error {
	switch by.Role {
	case Supervisor, Inspector, Leader, Auditor:
		return nil
	case Registrar, Officer, Admin, System, Former, Complainant:
	}
	return forbidden("figures_not_permitted", "统计由督办人员、督查人员、领导和审计人员查看",
		"统计由信访部门督办人员、督查人员、领导和审计人员查看", "figures are for supervisors, inspectors, leaders and auditors")
}
