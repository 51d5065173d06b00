// Package casetime tells the time that cases live in. Normally that is the real
// time; in a rehearsal it starts where the rehearsal wants and runs faster, so that
// a year can be watched in minutes through the same code.
package casetime

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// Clock turns real instants into case time and back. The zero Clock is real time.
type Clock struct {
	RealStart time.Time `json:"real_start"`
	CaseStart time.Time `json:"case_start"`
	Rate      float64   `json:"rate"` // seconds of case time in a real second
}

// Rehearsal starts a clock now that shows start and runs at rate.
func Rehearsal(start time.Time, rate float64) Clock {
	return Clock{RealStart: time.Now().UTC(), CaseStart: start.UTC(), Rate: rate}
}

// IsReal reports whether case time is real time.
func (c Clock) IsReal() bool { return c.Rate == 0 }

// Now is the present in case time.
func (c Clock) Now() time.Time { return c.Case(time.Now()) }

// Case turns a real instant into case time.
func (c Clock) Case(t time.Time) time.Time {
	if c.IsReal() {
		return t.UTC()
	}
	return c.CaseStart.Add(time.Duration(float64(t.Sub(c.RealStart)) * c.Rate))
}

// Real turns an instant of case time into the real one at which it comes.
func (c Clock) Real(t time.Time) time.Time {
	if c.IsReal() || t.IsZero() {
		return t.UTC()
	}
	return c.RealStart.Add(time.Duration(float64(t.Sub(c.CaseStart)) / c.Rate))
}

// Four digits of days are no overflow.
var rateForm = regexp.MustCompile(`^(\d{1,4})([dh])=(.+)$`)

// ParseRate reads a rehearsal's speed, such as "1d=2s": a day of case time in two
// real seconds.
func ParseRate(s string) (float64, error) {
	m := rateForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not a speed such as 1d=2s", s)
	}
	span, err := time.ParseDuration(m[1] + "h")
	if err != nil {
		return 0, fmt.Errorf("%q: %w", s, err)
	}
	if m[2] == "d" {
		span *= 24
	}
	real, err := time.ParseDuration(m[3])
	if err != nil || real < time.Millisecond || span <= 0 {
		return 0, fmt.Errorf("%q is not a speed such as 1d=2s", s)
	}
	return float64(span) / float64(real), nil
}

// String is the form in which Parse reads the clock; empty for real time.
func (c Clock) String() string {
	if c.IsReal() {
		return ""
	}
	b, _ := json.Marshal(c) // plain data always encodes
	return string(b)
}

// Parse reads what String wrote.
func Parse(s string) (Clock, error) {
	var c Clock
	if s == "" {
		return c, nil
	}
	if err := json.Unmarshal([]byte(s), &c); err != nil || c.Rate <= 0 {
		return Clock{}, fmt.Errorf("%q is not a rehearsal clock", s)
	}
	return c, nil
}
