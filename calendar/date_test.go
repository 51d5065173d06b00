package calendar_test

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata" // zones must be there whatever the host has

	"shuangze/calendar"
)

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	if got, want := date("2026-11-23"), (calendar.Date{Year: 2026, Month: time.November, Day: 23}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, s := range []string{
		"", "2026-1-2", "2026-02-30", "2026-13-01", "2025-02-29", "26-01-01", "2026/01/01", "20260101",
		" 2026-01-01", "2026-01-01 ", "2026-01-01T00:00:00Z", "-2026-01-01", "0000-01-01", "２０２６-01-01",
	} {
		if d, err := calendar.ParseDate(s); err == nil || !d.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v", s, d, err)
		}
	}
}

func TestDateJSON(t *testing.T) {
	type doc struct {
		Day  calendar.Date  `json:"day"`
		None calendar.Date  `json:"none"`
		Omit calendar.Date  `json:"omit,omitzero"`
		Ptr  *calendar.Date `json:"ptr"`
	}
	in := doc{Day: date("2026-11-23")}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"day":"2026-11-23","none":"","ptr":null}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	out := doc{None: date("2020-01-01")}
	if err := json.Unmarshal(text, &out); err != nil || out != in {
		t.Errorf("read back %+v, %v", out, err)
	}

	keyed, err := json.Marshal(map[calendar.Date]int{date("2026-01-02"): 1})
	if err != nil || string(keyed) != `{"2026-01-02":1}` {
		t.Errorf("as a key: %s, %v", keyed, err)
	}
	for _, s := range []string{`"2026-02-30"`, `"x"`, `20260101`, `{}`} {
		d := date("2026-01-01")
		if err := json.Unmarshal([]byte(s), &d); err == nil || d != date("2026-01-01") {
			t.Errorf("Unmarshal(%s): %v, %v", s, d, err)
		}
	}
	for _, d := range []calendar.Date{{Year: 2026, Month: 2, Day: 30}, {Year: 2026, Month: 13, Day: 1}, {Year: 10000, Month: 1, Day: 1}, {Day: 1}} {
		if text, err := d.MarshalText(); err == nil {
			t.Errorf("MarshalText(%#v) = %s", d, text)
		}
	}
}

func TestNone(t *testing.T) {
	var none calendar.Date
	if !none.IsZero() || none.String() != "" || !none.AddDays(5).IsZero() || !none.AddMonths(5).IsZero() || !none.Before(date("0001-01-01")) {
		t.Error("the zero Date is not none")
	}
	if !none.Start().IsZero() || !none.End().IsZero() || !calendar.DateOf(time.Time{}).IsZero() {
		t.Error("none has instants")
	}
}

func TestAddMonths(t *testing.T) {
	for _, test := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-15", 2, "2026-03-15"},
		{"2026-01-31", 1, "2026-02-28"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2100-01-31", 1, "2100-02-28"},
		{"2026-08-31", 1, "2026-09-30"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-12-01", 1, "2027-01-01"},
		{"2026-05-31", 0, "2026-05-31"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-01-10", -13, "2024-12-10"},
	} {
		if got := date(test.from).AddMonths(test.n); got != date(test.want) {
			t.Errorf("%s + %d months = %v, want %s", test.from, test.n, got, test.want)
		}
	}
}

func TestInstants(t *testing.T) {
	d := date("2026-02-28")
	for _, test := range []struct {
		name string
		got  time.Time
		want string
	}{
		{"start", d.Start(), "2026-02-27T16:00:00Z"},
		{"end", d.End(), "2026-02-28T16:00:00Z"},
		{"at", d.At(9, 30), "2026-02-28T01:30:00Z"},
		{"end of year", date("2026-12-31").End(), "2026-12-31T16:00:00Z"},
		// China kept summer time then; the package does not, and says so.
		{"summer 1988", date("1988-07-01").Start(), "1988-06-30T16:00:00Z"},
	} {
		if got := test.got.Format(time.RFC3339); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if d.End() != d.AddDays(1).Start() {
		t.Error("a day does not end where the next begins")
	}
}

// The day in China must not depend on where the program or its user is, least of all in the hours
// around a change of clocks there.
func TestDateOfElsewhere(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	time.Local = newYork

	for _, test := range []struct {
		at   time.Time
		want string
	}{
		// Clocks went forward on 2026-03-08 at 02:00 and back on 2026-11-01 at 02:00.
		{time.Date(2026, 3, 7, 10, 59, 59, 0, newYork), "2026-03-07"},
		{time.Date(2026, 3, 7, 11, 0, 0, 0, newYork), "2026-03-08"},
		{time.Date(2026, 3, 8, 1, 59, 59, 0, newYork), "2026-03-08"},
		{time.Date(2026, 3, 8, 11, 59, 59, 0, newYork), "2026-03-08"},
		{time.Date(2026, 3, 8, 12, 0, 0, 0, newYork), "2026-03-09"},
		{time.Date(2026, 10, 31, 11, 59, 59, 0, time.Local), "2026-10-31"},
		{time.Date(2026, 10, 31, 12, 0, 0, 0, time.Local), "2026-11-01"},
		{time.Date(2026, 11, 1, 10, 59, 59, 0, time.Local), "2026-11-01"},
		{time.Date(2026, 11, 1, 11, 0, 0, 0, time.Local), "2026-11-02"},
		{time.Date(2026, 12, 31, 15, 59, 59, 0, time.UTC), "2026-12-31"},
		{time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC), "2027-01-01"},
	} {
		if got := calendar.DateOf(test.at); got != date(test.want) {
			t.Errorf("DateOf(%v) = %v, want %s", test.at, got, test.want)
		}
	}
	// Every day of those weeks has its own 24 hours.
	for d := date("2026-03-01"); d.Before(date("2026-11-15")); d = d.AddDays(1) {
		if d.End().Sub(d.Start()) != 24*time.Hour || d.AddDays(1).DaysSince(d) != 1 || calendar.DateOf(d.Start().Local()) != d {
			t.Errorf("%v: %v to %v", d, d.Start(), d.End())
		}
	}
}
