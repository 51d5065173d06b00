package casefile

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

func TestAgeClassOf(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]int{-1: 0, 0: 0, 15: 0, 16: 1, 30: 1, 31: 2, 60: 2, 61: 3, 90: 3, 91: 4, 4000: 4} {
		if got := AgeClassOf(days); got != want {
			t.Errorf("%d days are of class %d, want %d", days, got, want)
		}
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, before, want int64
		ok                bool
	}{
		{173, 142, 218, true}, // the seed's 173 against 142: +21.8 %
		{69, 78, -115, true},  // 69 against 78: −11.5 %
		{1, 3, -667, true},    // rounded, not cut
		{2, 3, -333, true},
		{0, 4, -1000, true},
		{4, 4, 0, true},
		{5, 0, 0, false},
	} {
		if got, ok := Change(c.now, c.before); got != c.want || ok != c.ok {
			t.Errorf("%d after %d: %d %v, want %d %v", c.now, c.before, got, ok, c.want, c.ok)
		}
	}
}

func TestShareIsNeverRoundedUp(t *testing.T) {
	t.Parallel()
	if got, ok := (Punctuality{OnTime: 9999, Late: 1}).Share(); got != 99_99 || !ok {
		t.Errorf("%v %v", got, ok)
	}
	if got, ok := (Punctuality{OnTime: 99_999, Running: 1}).Share(); got != 99_99 || !ok {
		t.Errorf("one of a hundred thousand was late: %v %v", got, ok)
	}
	if _, ok := (Punctuality{}).Share(); ok {
		t.Error("nothing was judged")
	}
}

// Every built-in clock has an event that fulfils its duty, and each of them stops it.
func TestFulfils(t *testing.T) {
	t.Parallel()
	for _, rule := range policy.Default().Clocks {
		events := Fulfils(rule)
		if len(events) == 0 {
			t.Errorf("nothing fulfils %s", rule.ID)
		}
		for _, e := range events {
			kind, _, _ := strings.Cut(e, "/")
			if !slices.Contains(rule.Stops, e) && !slices.Contains(rule.Stops, kind) && !slices.ContainsFunc(Metrics, func(m Metric) bool { return slices.Contains(m.Clocks, rule.ID) }) {
				t.Errorf("%s fulfils %s and doesn't stop it", e, rule.ID)
			}
			if slices.Contains(takesAway, kind) {
				t.Errorf("%s takes %s away", e, rule.ID)
			}
		}
	}
	local := policy.Clock{ID: "LOCAL", Stops: []string{"served", "reviewed", "handed_over", "rerouted/duty"}}
	if got := Fulfils(local); !slices.Equal(got, []string{"served", "reviewed/uphold", "reviewed/change", "reviewed/set_aside", "reviewed/redo"}) {
		t.Errorf("a local rule: %v", got)
	}
}

func TestFigurePoints(t *testing.T) {
	t.Parallel()
	day := func(s string) calendar.Date {
		d, err := calendar.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	now := day("2026-09-16").At(10, 0) // a Wednesday
	for _, c := range []struct {
		from, until string
		n           int
		second      string
		last        string
		end         time.Time
	}{
		{"2026-09-01", "2026-09-05", 5, "2026-09-02", "2026-09-05", day("2026-09-06").Start()},
		{"2026-09-10", "2026-09-30", 7, "2026-09-11", "2026-09-16", now.Add(time.Microsecond)},
		{"2026-09-16", "2026-09-16", 1, "", "2026-09-16", now.Add(time.Microsecond)},
		{"2026-01-01", "2026-12-31", 37 + 1, "2026-01-11", "2026-09-16", now.Add(time.Microsecond)}, // 37 Sundays from 4 January to 13 September
		{"2025-01-01", "2025-12-31", 52 + 1, "2025-01-12", "2025-12-31", day("2026-01-01").Start()},
	} {
		points := FigureSpan{day(c.from), day(c.until)}.Points(now)
		last := points[len(points)-1]
		if len(points) != c.n || last.Day != day(c.last) || !last.At.Equal(c.end) || c.second != "" && points[1].Day != day(c.second) {
			t.Errorf("%s to %s: %d points, %v", c.from, c.until, len(points), points)
		}
	}
	leap := FigureSpan{day("2024-02-29"), day("2024-03-31")}.YearBefore()
	if leap.From != day("2023-02-28") || leap.Until != day("2023-03-31") {
		t.Errorf("the year before: %v", leap)
	}
	today := day("2026-09-16")
	for span, want := range map[FigureSpan]string{
		{day("2026-09-17"), day("2026-09-20")}: "from", {day("2026-09-10"), day("2026-09-09")}: "until", {day("2023-01-01"), day("2026-09-01")}: "until",
	} {
		if e := span.Check(today); e == nil || len(e.Fields) != 1 || e.Fields[0].Field != want {
			t.Errorf("%v: %v", span, e)
		}
	}
	if e := (FigureSpan{day("2024-01-01"), day("2026-12-31")}).Check(today); e != nil {
		t.Errorf("three years: %v", e.Fields)
	}
}
