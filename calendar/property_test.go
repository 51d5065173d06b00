package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"shuangze/calendar"
)

// dates draws days around the loaded years, and often their edges and long holidays.
var dates = rapid.Custom(func(t *rapid.T) calendar.Date {
	near := rapid.SampledFrom([]string{
		"2023-12-25", "2024-02-10", "2024-09-28", "2025-01-20", "2025-09-28", "2026-01-01",
		"2026-02-10", "2026-05-01", "2026-09-20", "2026-12-10", "2027-01-01", "2027-05-01",
	}).Draw(t, "near")
	if rapid.Bool().Draw(t, "edge") {
		return date(near).AddDays(rapid.IntRange(-20, 20).Draw(t, "offset"))
	}
	return date("2022-01-01").AddDays(rapid.IntRange(0, 7*365).Draw(t, "day"))
})

// units are those that end on a day.
var units = rapid.SampledFrom([]calendar.Unit{calendar.CalendarDay, calendar.WorkingDay, calendar.Month})

// lengths are mostly those of real deadlines.
var lengths = rapid.OneOf(rapid.IntRange(0, 90), rapid.IntRange(0, 800))

func TestDayAgreesWithOracle(t *testing.T) {
	c := calendar.Default()
	for d := date("2023-01-01"); d.Before(date("2028-03-01")); d = d.AddDays(1) {
		day := c.Day(d)
		if day.Work != oracleWork(noon(d)) || day.Provisional != oracleProvisional(noon(d)) {
			t.Errorf("Day(%v) = %+v; oracle: work %v, provisional %v", d, day, oracleWork(noon(d)), oracleProvisional(noon(d)))
		}
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		ok := map[calendar.Kind]bool{
			calendar.KindWorkday: day.Work && !weekend && day.Name == "",
			calendar.KindWeekend: !day.Work && weekend && day.Name == "",
			calendar.KindHoliday: !day.Work && day.Name != "",
			calendar.KindMakeUp:  day.Work && weekend && day.Name != "",
		}
		if !ok[day.Kind] {
			t.Errorf("Day(%v) = %+v, which does not hold together", d, day)
		}
	}
}

func TestDueAgreesWithOracle(t *testing.T) {
	c := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		from, unit := dates.Draw(t, "from"), units.Draw(t, "unit")
		n := lengths.Draw(t, "n")
		switch unit {
		case calendar.WorkingDay:
			n++ // of 0 working days the oracle knows nothing
		case calendar.Month:
			n %= 37
		}
		want := oracleDue(from, n, unit)
		want.Calendar = c.Version()
		if got := c.Due(from, n, unit); got != want {
			t.Fatalf("Due(%v, %d, %s) = %+v, want %+v", from, n, unit, got, want)
		}
	})
}

func TestHoursAgreeWithOracle(t *testing.T) {
	c := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		from := dates.Draw(t, "from").Start().Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute)
		if rapid.IntRange(0, 3).Draw(t, "full hour") == 0 {
			from = from.Truncate(time.Hour) // often up to midnight
		}
		n := rapid.IntRange(1, 100).Draw(t, "n")
		end, day := oracleHours(from, n)
		due := c.End(from, calendar.Period{Length: n, Unit: calendar.Hour})
		if !due.At.Equal(end) || due.Internal != day || due.Statutory != day || due.Provisional || due.Calendar != c.Version() {
			t.Fatalf("%v + %d hours = %+v, want %v on %v", from, n, due, end, day)
		}
		if due.At.After(day.End()) || !due.At.After(day.Start()) {
			t.Fatalf("%v does not lie in %v", due.At, day)
		}
	})
}

func TestMonthsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := dates.Draw(t, "d"), rapid.IntRange(0, 60).Draw(t, "n")
		end := d.AddMonths(n)
		last := end.AddDays(1).Month != end.Month
		if months := (end.Year-d.Year)*12 + int(end.Month) - int(d.Month); months != n || end.Day != d.Day && (!last || end.Day > d.Day) {
			t.Fatalf("%v + %d months = %v", d, n, end)
		}
		if d.AddDays(1).AddMonths(n).Before(end) {
			t.Fatalf("a day later it ends earlier: %v, %d", d, n)
		}
	})
}

func TestDueProperties(t *testing.T) {
	c := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		from, unit, n := dates.Draw(t, "from"), units.Draw(t, "unit"), lengths.Draw(t, "n")
		due := c.Due(from, n, unit)
		if due.Internal.Before(from) || due.Statutory.Before(due.Internal) {
			t.Fatalf("out of order: %v, %+v", from, due)
		}
		if !c.Day(due.Statutory).Work {
			t.Fatalf("statutory %v is a rest day", due.Statutory)
		}
		if unit == calendar.WorkingDay && due.Internal != due.Statutory {
			t.Fatalf("working days, yet %+v", due)
		}
		for _, later := range []calendar.Due{c.Due(from, n+1, unit), c.Due(from.AddDays(1), n, unit)} {
			if later.Internal.Before(due.Internal) || later.Statutory.Before(due.Statutory) {
				t.Fatalf("a longer or later period ends earlier: %+v after %+v", later, due)
			}
		}
		if end := due.Statutory.End(); calendar.DateOf(end.Add(-time.Nanosecond)) != due.Statutory || calendar.DateOf(end) != due.Statutory.AddDays(1) {
			t.Fatalf("End of %v is %v", due.Statutory, end)
		}
	})
}

func TestAddWorkingDaysProperties(t *testing.T) {
	c := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		d, n := dates.Draw(t, "d"), rapid.IntRange(1, 300).Draw(t, "n")
		forth, _ := c.AddWorkingDays(d, n)
		back, _ := c.AddWorkingDays(forth, -n)
		// Counting back from a working day ends on d, or on the last working day before a rest day d.
		want := d
		for !c.Day(want).Work {
			want = want.AddDays(-1)
		}
		if back != want {
			t.Fatalf("%v + %d = %v, - %d = %v, want %v", d, n, forth, n, back, want)
		}
		if next, _ := c.AddWorkingDays(d, n+1); !next.After(forth) {
			t.Fatalf("%v + %d = %v, + %d = %v", d, n, forth, n+1, next)
		}
		worked := 0
		for x := d.AddDays(1); !x.After(forth); x = x.AddDays(1) {
			if c.Day(x).Work {
				worked++
			}
		}
		if worked != n {
			t.Fatalf("%d working days after %v up to %v, want %d", worked, d, forth, n)
		}
	})
}

func TestExplainProperties(t *testing.T) {
	c := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		from, unit, n := dates.Draw(t, "from"), units.Draw(t, "unit"), lengths.Draw(t, "n")
		x := c.Explain(from, n, unit)
		if x.Due != c.Due(from, n, unit) {
			t.Fatalf("Explain.Due = %+v, Due = %+v", x.Due, c.Due(from, n, unit))
		}
		for i, d := range x.Skipped {
			if d.Work || d != c.Day(d.Date) || d.Date.Before(from) || !d.Date.Before(x.Due.Statutory) {
				t.Fatalf("skipped %+v on the way from %v to %+v", d, from, x.Due)
			}
			if i > 0 && !d.Date.After(x.Skipped[i-1].Date) {
				t.Fatalf("skipped out of order: %v", x.Skipped)
			}
		}
		for _, d := range x.MakeUp {
			if d.Kind != calendar.KindMakeUp || d != c.Day(d.Date) {
				t.Fatalf("make-up %+v", d)
			}
		}
		if unit == calendar.WorkingDay && n > 0 && x.Due.Statutory.DaysSince(from) != n+len(x.Skipped) {
			t.Fatalf("%d days on the way, %d counted and %d skipped", x.Due.Statutory.DaysSince(from), n, len(x.Skipped))
		}
		if unit != calendar.WorkingDay && x.Due.Statutory.DaysSince(x.Due.Internal) != len(x.Skipped) {
			t.Fatalf("rolled %d days, skipped %d", x.Due.Statutory.DaysSince(x.Due.Internal), len(x.Skipped))
		}
	})
}

func TestDateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := dates.Draw(t, "d"), rapid.IntRange(-5000, 5000).Draw(t, "n")
		e := d.AddDays(n)
		if e.DaysSince(d) != n || e.AddDays(-n) != d {
			t.Fatalf("%v + %d = %v, %d days later", d, n, e, e.DaysSince(d))
		}
		if e.After(d) != (n > 0) || e.Before(d) != (n < 0) || e.Compare(d) != -d.Compare(e) {
			t.Fatalf("%v compared with %v", e, d)
		}
		if p, err := calendar.ParseDate(d.String()); p != d || err != nil {
			t.Fatalf("ParseDate(%q) = %v, %v", d.String(), p, err)
		}
		at := d.Start().Add(time.Duration(rapid.Int64Range(0, int64(24*time.Hour)-1).Draw(t, "ns")))
		if calendar.DateOf(at) != d {
			t.Fatalf("DateOf(%v) = %v, want %v", at, calendar.DateOf(at), d)
		}
	})
}
