package casetime

import (
	"math"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{
		"1d=2s":       43_200,
		"1d=24h":      1,
		"1h=1s":       3_600,
		"2d=1s":       172_800,
		"12h=500ms":   86_400,
		"1d=1ms":      86_400_000,
		"365d=1m":     525_600,
		"9999d=1h":    239_976,
		"1d=1h30m":    16,
		"0012h=500ms": 86_400,
	} {
		if got, err := ParseRate(s); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "1d", "=2s", "1d=", "d=2s", "1d=2", "1d=-2s", "-1d=2s", "0d=2s", "1d=0s", "1d=1us", "1w=2s", "1.5d=2s", "1d=2s ", " 1d=2s", "1d = 2s",
		"500000d=1s", // would overflow
		"99999999999999999999d=1s",
	} {
		if got, err := ParseRate(s); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", s, got)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range []Clock{{}, Rehearsal(time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC), 43_200), Rehearsal(time.Now(), 0.5)} {
		back, err := Parse(c.String())
		if err != nil || !back.RealStart.Equal(c.RealStart) || !back.CaseStart.Equal(c.CaseStart) || back.Rate != c.Rate {
			t.Errorf("%+v comes back as %+v, %v", c, back, err)
		}
		if back.IsReal() != (c.Rate == 0) {
			t.Errorf("%+v: real %t", back, back.IsReal())
		}
	}
	for _, s := range []string{"?", "{}", `{"rate":-1}`, `{"rate":0}`, `[]`, `"1d=2s"`} {
		if c, err := Parse(s); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", s, c)
		}
	}
}

// Timers are set by Real and judged by Case: a timer that rings when it should must not
// find that its time has not come.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC)
	for _, rate := range []float64{0, 1, 43_200, 86_400_000, 0.25, 24 * 3600 / 0.05} {
		c := Clock{RealStart: start.AddDate(0, 3, 0), CaseStart: start, Rate: rate}
		if rate == 0 {
			c = Clock{}
		}
		var before time.Time
		for day := range 3 * 365 {
			at := start.Add(time.Duration(day) * 24 * time.Hour).Add(8*time.Hour + 30*time.Minute + 17*time.Second)
			real := c.Real(at)
			// A float has 53 bits: exact to some nanoseconds of real time in three years.
			if d := c.Case(real).Sub(at); math.Abs(float64(d)) > max(rate, 1)*16 {
				t.Errorf("rate %v: %v comes back %v off", rate, at, d)
			}
			if !real.After(before) {
				t.Errorf("rate %v: day %d comes at %v, the day before at %v", rate, day, real, before)
			}
			before = real
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 8, 31, 16, 0, 0, 0, time.UTC)
	c := Rehearsal(start, 43_200) // a day in two seconds
	if got := c.Case(c.RealStart); !got.Equal(start) {
		t.Errorf("starts at %v, want %v", got, start)
	}
	if got, want := c.Case(c.RealStart.Add(3*time.Second)), start.Add(36*time.Hour); !got.Equal(want) {
		t.Errorf("after three seconds it is %v, want %v", got, want)
	}
	if got := c.Case(c.RealStart.Add(-time.Second)); !got.Before(start) {
		t.Errorf("before its start it shows %v", got)
	}
	if now := c.Now(); now.Before(start) || now.Location() != time.UTC {
		t.Errorf("now %v", now)
	}
	if !c.Real(time.Time{}).IsZero() {
		t.Error("no time becomes one")
	}
	// Case time goes forward, however often one looks.
	last := c.Now()
	for range 1000 {
		now := c.Now()
		if now.Before(last) {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
	real := Clock{}
	if at := time.Now(); !real.Case(at).Equal(at) || !real.Real(at).Equal(at) || real.String() != "" {
		t.Errorf("real time is not what it is: %v", real)
	}
}
