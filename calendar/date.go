package calendar

import (
	"cmp"
	"fmt"
	"time"
)

// Zone is China's time. It is fixed at UTC+8 and not read from the host's time zone data: China has
// kept no summer time since 1991, and hosts with other (or no) data must compute the same days.
var Zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is a day in China, without a time. It is comparable; the zero Date means "none" and comes
// before every other date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day it is in China at the instant t, none for the zero time.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return civil(t.In(Zone))
}

// ParseDate reads a date written as 2006-01-02, and nothing else.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() == 0 {
		return Date{}, fmt.Errorf("date %q: want an existing day written as 2006-01-02", s)
	}
	return civil(t), nil
}

func civil(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// utc stands for d in arithmetic: in UTC every day has 24 hours.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// IsZero reports whether d is none.
func (d Date) IsZero() bool { return d == Date{} }

// String returns d as 2006-01-02, and "" for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText writes d as 2006-01-02 and none as "". A day that does not exist is an error, so that
// 30 February is found where it is written and not where it is read.
func (d Date) MarshalText() ([]byte, error) {
	s := d.String()
	if s == "" {
		return []byte{}, nil
	}
	if _, err := ParseDate(s); err != nil {
		return nil, err
	}
	return []byte(s), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// AddDays returns the day n calendar days after d, or before it when n is negative. None stays none.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	return civil(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// AddMonths returns the corresponding day n months after d or, in a month without that day, its last
// (民法典202). None stays none.
func (d Date) AddMonths(n int) Date {
	if d.IsZero() {
		return d
	}
	first := civil(time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC))
	last := first.AddDays(31)
	last = last.AddDays(-last.Day) // of the month: the 31st day after its first lies in the next
	return Date{first.Year, first.Month, min(d.Day, last.Day)}
}

// DaysSince returns the number of calendar days from e to d, negative when d is before e.
func (d Date) DaysSince(e Date) int {
	return int((d.utc().Unix() - e.utc().Unix()) / (24 * 60 * 60))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Compare returns -1, 0 or +1 as d is before, the same as or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is a later day than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// At returns the instant, in UTC, at which clocks in China show hour:minute on d. It is the zero time
// for none.
func (d Date) At(hour, minute int) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, Zone).UTC()
}

// Start returns the first instant of d in China, in UTC.
func (d Date) Start() time.Time { return d.At(0, 0) }

// End returns 24:00 of d in China, which is the Start of the next day: what is due on d is late from
// this instant on (民法典203(2); an earlier close of business is not ours to know).
func (d Date) End() time.Time { return d.At(24, 0) }
