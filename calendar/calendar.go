// Package calendar counts the days of Chinese petition procedure: rest days, make-up working days
// (调休) and due dates. All days are China's.
//
// Rest days are announced, not computed: the State Council's office publishes a list for each year
// in the autumn before. The lists known when this was built are embedded; an operator can replace
// one or add a year with a file (see [Load]). A day no published list covers is estimated, and
// everything that depends on it is marked provisional. Nothing here fails for want of a list and
// nothing is silently final.
//
// The Regulations on petition work (信访工作条例) do not say how days are counted. The Civil Code
// is applied by analogy: the start day is not counted (民法典201), a month ends on its corresponding
// day or, where there is none, on the month's last (民法典202), and a last day that is a legal rest
// day gives way to the first day after the rest (民法典203). "日" are calendar days, because
// 条例23(3) uses "15日" beside "5个工作日". Hours run on from the instant at which they begin.
package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Unit is what a length of time is counted in.
type Unit string

// The units a deadline can be counted in.
const (
	CalendarDay Unit = "calendar_day" // 日
	WorkingDay  Unit = "working_day"  // 工作日
	Month       Unit = "month"        // 月
	Hour        Unit = "hour"         // 小时: runs on, whatever the day and the opening hours
)

// Units lists them.
var Units = []Unit{CalendarDay, WorkingDay, Month, Hour}

// Valid reports whether u is one of the units.
func (u Unit) Valid() bool { return slices.Contains(Units, u) }

// MaxLength is the longest count of days; a longer one is cut to it, and so is one of as many months
// or hours. No deadline of the procedure comes near: whoever reads lengths from outside refuses
// longer ones.
const MaxLength = 3660

// clamp cuts a length to what is counted.
func (u Unit) clamp(n int) int {
	most := MaxLength
	switch u {
	case Month:
		most = MaxLength / 30
	case Hour:
		most = MaxLength * 24
	case CalendarDay, WorkingDay:
	}
	return min(max(n, 0), most)
}

// Period is how long something may take.
type Period struct {
	Length int
	Unit   Unit
	// More are days added at the end, for an extension or a suspension: working days to a period of
	// working days, calendar days to one of calendar days or months. Hours have none.
	More int
}

// Kind says what sort of day a day is.
type Kind string

// The kinds of day.
const (
	KindWorkday Kind = "workday" // Monday to Friday
	KindWeekend Kind = "weekend" // Saturday or Sunday
	KindHoliday Kind = "holiday" // on a list as a rest day, weekday or not
	KindMakeUp  Kind = "make_up" // a Saturday or Sunday worked in exchange (调休上班)
)

// Day is what the calendar knows of one day.
type Day struct {
	Date Date `json:"date"`
	Work bool `json:"work"`
	Kind Kind `json:"kind"`
	// Name is the holiday the day belongs to, as the notice has it (国庆节); also of a make-up day.
	Name string `json:"name,omitempty"`
	// Provisional: no published list settles this day yet, so it may still change.
	Provisional bool `json:"provisional,omitempty"`
}

// Due is the end of a period: a last day or, where hours are counted, an instant. Whatever the unit,
// lamps and lateness are judged by InternalEnd and StatutoryEnd alone.
type Due struct {
	// Internal is the day by plain counting. The officials' lamps use it: rolling over rest days
	// would give them longer than the rule says.
	Internal Date `json:"internal"`
	// Statutory is the day by law, moved past legal rest days (民法典203). It is a working day, never
	// before Internal, and the same as Internal when working days are counted.
	Statutory Date `json:"statutory"`
	// At is the instant, in UTC, at which a period of hours ends; both days are then the one in whose
	// course, or at whose end, it does. Zero where days are counted.
	At time.Time `json:"at,omitzero"`
	// Provisional: a day the result depends on is not settled by a published list, so the result is
	// computed anew when the list is loaded.
	Provisional bool `json:"provisional,omitempty"`
	// Calendar is the Version of the calendar that gave the result.
	Calendar string `json:"calendar"`
}

// InternalEnd is the instant, in UTC, from which on the period has passed by plain counting: the
// officials' lamps are red.
func (d Due) InternalEnd() time.Time { return d.end(d.Internal) }

// StatutoryEnd is the instant, in UTC, from which on the period has passed by law.
func (d Due) StatutoryEnd() time.Time { return d.end(d.Statutory) }

func (d Due) end(day Date) time.Time {
	if !d.At.IsZero() {
		return d.At
	}
	return day.End()
}

// DayBefore returns the day in China that ends at an instant or, within a day, that day: what ends
// with it is shown as due then.
func DayBefore(end time.Time) Date {
	if end.IsZero() {
		return Date{}
	}
	return DateOf(end.Add(-time.Nanosecond))
}

// IsZero reports whether there is no due date.
func (d Due) IsZero() bool { return d.Internal.IsZero() }

// Equal reports whether two due dates are the same and came about with the same calendar.
func (d Due) Equal(e Due) bool {
	sameInstant := d.At.Equal(e.At)
	d.At, e.At = time.Time{}, time.Time{}
	return sameInstant && d == e
}

// String returns the statutory end as 2006-01-02, of hours as 2006-01-02 15:04 in China.
func (d Due) String() string {
	if !d.At.IsZero() {
		return d.At.In(Zone).Format("2006-01-02 15:04")
	}
	return d.Statutory.String()
}

// Calendar knows the rest days. It never changes once loaded and may be used from many goroutines.
type Calendar struct {
	version string
	sources map[int]string // by loaded year
	listed  map[Date]mark
}

// mark is what a list says of a day.
type mark struct {
	work bool
	name string
}

// newCalendar joins the lists of single years.
func newCalendar(lists map[int]list) *Calendar {
	c := &Calendar{sources: make(map[int]string), listed: make(map[Date]mark)}
	// In the order of years, because a list may change the last days of December before it and the
	// later notice prevails.
	for _, year := range slices.Sorted(maps.Keys(lists)) {
		c.sources[year] = lists[year].source
		for _, e := range lists[year].entries {
			c.listed[e.date] = e.mark
		}
	}
	c.version = c.fingerprint()
	return c
}

func (c *Calendar) fingerprint() string {
	h := sha256.New()
	years := c.Years()
	fmt.Fprintln(h, years)
	for _, d := range slices.SortedFunc(maps.Keys(c.listed), Date.Compare) {
		fmt.Fprintf(h, "%v %v %q\n", d, c.listed[d].work, c.listed[d].name)
	}
	return fmt.Sprintf("%d-%d-%s", years[0], years[len(years)-1], hex.EncodeToString(h.Sum(nil))[:6])
}

// Version identifies the loaded days: it is short and stable and changes when any loaded day does.
// It begins with the first and last loaded year, as in "2024-2026-1f3c9a".
func (c *Calendar) Version() string { return c.version }

// Years returns the years whose list is loaded, in order.
func (c *Calendar) Years() []int { return slices.Sorted(maps.Keys(c.sources)) }

// Source returns the notice the list of a year was taken from, and "" for a year not loaded.
func (c *Calendar) Source(year int) string { return c.sources[year] }

// Changes lists the days, of the years for which either has a list, that are worked by one
// and not by the other, as after has them.
func Changes(before, after *Calendar) []Day {
	changes := []Day{}
	years := append(before.Years(), after.Years()...)
	first := Date{slices.Min(years) - 1, time.December, lastSettledDecember + 1}
	last := Date{slices.Max(years), time.December, 31}
	for d := first; !d.After(last); d = d.AddDays(1) {
		if day := after.Day(d); day.Work != before.Day(d).Work {
			changes = append(changes, day)
		}
	}
	return changes
}

func (c *Calendar) loaded(year int) bool {
	_, ok := c.sources[year]
	return ok
}

// lastSettledDecember is the last day of December that the following year's list leaves alone. That
// list may put a New Year rest or make-up day into the year before it (2006-12-30 was worked by the
// list of 2007).
const lastSettledDecember = 20

func settledByNextYear(d Date) bool {
	return d.Month == time.December && d.Day > lastSettledDecember
}

// unpublished returns the year whose list could still change d, and 0 when d is settled.
func (c *Calendar) unpublished(d Date) int {
	switch {
	case !c.loaded(d.Year):
		return d.Year
	case settledByNextYear(d) && !c.loaded(d.Year+1):
		return d.Year + 1
	}
	return 0
}

// fixedHoliday names the statutory holidays with a fixed date in the Gregorian calendar
// (全国年节及纪念日放假办法 of 2024-11-10, Art 2). The others follow the lunar calendar and the
// solar terms, and every holiday grows by 调休: only a list knows those.
func fixedHoliday(d Date) string {
	switch {
	case d.Month == time.January && d.Day == 1:
		return "元旦"
	case d.Month == time.May && d.Day <= 2:
		return "劳动节"
	case d.Month == time.October && d.Day <= 3:
		return "国庆节"
	}
	return ""
}

// Day returns what is known of d. In a year without a list, weekends and the statutory holidays with
// a fixed date are rest days, and every day is provisional. None gives the zero Day.
func (c *Calendar) Day(d Date) Day {
	if d.IsZero() {
		return Day{}
	}
	day := Day{Date: d, Work: true, Kind: KindWorkday, Provisional: c.unpublished(d) != 0}
	if m, ok := c.listed[d]; ok {
		day.Work, day.Name, day.Kind = m.work, m.name, KindHoliday
		if m.work {
			day.Kind = KindMakeUp
		}
		return day
	}
	if name := fixedHoliday(d); name != "" && !c.loaded(d.Year) {
		day.Work, day.Name, day.Kind = false, name, KindHoliday
		return day
	}
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		day.Work, day.Kind = false, KindWeekend
	}
	return day
}

// AddWorkingDays returns the nth working day after d, or before it when n is negative, and whether a
// day looked at on the way is provisional. d itself is not counted; n = 0 returns d, working day or
// not. |n| is cut to MaxLength.
func (c *Calendar) AddWorkingDays(d Date, n int) (Date, bool) {
	return c.count(d, min(max(n, -MaxLength), MaxLength), ignore)
}

// Due returns the end of a period of n units that starts on from. The start day is not counted
// (民法典201); hours count from its beginning.
//
// A period of 0 days ends on from itself, rolled forward when it is a rest day. A negative n counts
// as 0, one above MaxLength as MaxLength, an unknown unit as calendar days, and from = none gives no
// dates: callers check what they are given, and this never panics.
func (c *Calendar) Due(from Date, n int, unit Unit) Due {
	return c.End(from.Start(), Period{Length: n, Unit: unit})
}

// End is Due for a period that starts at an instant: hours count from it, days and months from its
// day in China. The zero time gives no dates.
func (c *Calendar) End(from time.Time, p Period) Due {
	return c.due(from, p, ignore)
}

func ignore(Day) {}

// due shows visit, in order, each day the result depends on: every day counted for working days, and
// the last day and those it rolls over for calendar days and months. Hours depend on none.
func (c *Calendar) due(from time.Time, p Period, visit func(Day)) Due {
	due := Due{Calendar: c.version}
	day, n := DateOf(from), p.Unit.clamp(p.Length)
	switch {
	case day.IsZero():
		return due
	case p.Unit == Hour:
		due.At = from.UTC().Add(time.Duration(n) * time.Hour)
		due.Internal = DayBefore(due.At)
		due.Statutory = due.Internal
		return due
	case p.Unit == WorkingDay && n+clampMore(p.More) > 0:
		due.Internal, due.Provisional = c.count(day, n+clampMore(p.More), visit)
		due.Statutory = due.Internal
		return due
	case p.Unit == Month:
		due.Internal = day.AddMonths(n)
	default:
		due.Internal = day.AddDays(n)
	}
	due.Internal = due.Internal.AddDays(clampMore(p.More))
	due.Statutory, due.Provisional = c.roll(due.Internal, visit)
	if p.Unit == WorkingDay {
		due.Internal = due.Statutory
	}
	return due
}

func clampMore(n int) int { return CalendarDay.clamp(n) }

// count steps to the nth working day from d, backwards when n is negative.
//
// It ends: a year of which no list is loaded has working days, and there is a last loaded year.
func (c *Calendar) count(d Date, n int, visit func(Day)) (_ Date, provisional bool) {
	if d.IsZero() {
		return d, false
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		d = d.AddDays(step)
		day := c.Day(d)
		visit(day)
		provisional = provisional || day.Provisional
		if day.Work {
			n--
		}
	}
	return d, provisional
}

// roll returns d if it is a working day and otherwise the first one after it (民法典203). It ends for
// the reason count does.
func (c *Calendar) roll(d Date, visit func(Day)) (_ Date, provisional bool) {
	for {
		day := c.Day(d)
		visit(day)
		provisional = provisional || day.Provisional
		if day.Work {
			return d, provisional
		}
		d = d.AddDays(1)
	}
}
