package calendar_test

import (
	"strings"
	"time"

	"shuangze/calendar"
)

// The oracle knows the notices as the State Council wrote them (ranges of days), walks one day at a
// time over instants at noon, and shares no code and no data with the package.

// notices has, by year, the rest days "month.day-month.day" and the make-up working days.
var notices = map[int]struct{ off, work string }{
	2024: {
		off:  "1.1-1.1 2.10-2.17 4.4-4.6 5.1-5.5 6.10-6.10 9.15-9.17 10.1-10.7",
		work: "2.4 2.18 4.7 4.28 5.11 9.14 9.29 10.12",
	},
	2025: {
		off:  "1.1-1.1 1.28-2.4 4.4-4.6 5.1-5.5 5.31-6.2 10.1-10.8",
		work: "1.26 2.8 4.27 9.28 10.11",
	},
	2026: {
		off:  "1.1-1.3 2.15-2.23 4.4-4.6 5.1-5.5 6.19-6.21 9.25-9.27 10.1-10.7",
		work: "1.4 2.14 2.28 5.9 9.20 10.10",
	},
}

// fixedByLaw are the rest days of a year without a notice.
const fixedByLaw = "1.1-1.1 5.1-5.2 10.1-10.3"

func noon(d calendar.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC)
}

func monthDay(year int, s string) time.Time {
	t, err := time.Parse("1.2", s)
	if err != nil {
		panic(err)
	}
	return time.Date(year, t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
}

func inRanges(t time.Time, ranges string) bool {
	for r := range strings.FieldsSeq(ranges) {
		first, last, _ := strings.Cut(r, "-")
		if !t.Before(monthDay(t.Year(), first)) && !t.After(monthDay(t.Year(), last)) {
			return true
		}
	}
	return false
}

func oracleWork(t time.Time) bool {
	n, ok := notices[t.Year()]
	if !ok {
		n.off = fixedByLaw
	}
	for s := range strings.FieldsSeq(n.work) {
		if t.Equal(monthDay(t.Year(), s)) {
			return true
		}
	}
	return !inRanges(t, n.off) && t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

func oracleProvisional(t time.Time) bool {
	if _, ok := notices[t.Year()]; !ok {
		return true
	}
	_, next := notices[t.Year()+1]
	return !next && t.After(time.Date(t.Year(), 12, 20, 23, 0, 0, 0, time.UTC))
}

func oracleDue(from calendar.Date, n int, unit calendar.Unit) calendar.Due {
	var provisional bool
	look := func(t time.Time) bool {
		provisional = provisional || oracleProvisional(t)
		return oracleWork(t)
	}
	day := noon(from)
	if unit == calendar.WorkingDay {
		for n > 0 {
			day = day.Add(24 * time.Hour)
			if look(day) {
				n--
			}
		}
		return calendar.Due{Internal: calendar.DateOf(day), Statutory: calendar.DateOf(day), Provisional: provisional}
	}
	if unit == calendar.Month {
		day = oracleMonths(day, n)
		n = 0
	}
	for ; n > 0; n-- {
		day = day.Add(24 * time.Hour)
	}
	internal := day
	for !look(day) {
		day = day.Add(24 * time.Hour)
	}
	return calendar.Due{Internal: calendar.DateOf(internal), Statutory: calendar.DateOf(day), Provisional: provisional}
}

// oracleMonths walks to the day with the same number in the nth month after, or to the last day
// before that month is over.
func oracleMonths(from time.Time, n int) time.Time {
	day := from
	for passed := 0; passed < n || day.Day() != from.Day(); {
		next := day.Add(24 * time.Hour)
		if next.Day() == 1 {
			if passed == n {
				return day
			}
			passed++
		}
		day = next
	}
	return day
}

// oracleHours lets the minutes pass one by one on a clock in China, and says on which day the last of
// them lies.
func oracleHours(from time.Time, n int) (end time.Time, day calendar.Date) {
	year, month, dom := from.Add(8 * time.Hour).UTC().Date()
	for range n * 60 {
		year, month, dom = from.Add(8*time.Hour + time.Minute - time.Nanosecond).UTC().Date()
		from = from.Add(time.Minute)
	}
	return from, calendar.Date{Year: year, Month: month, Day: dom}
}
