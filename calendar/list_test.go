package calendar

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// testList is the made-up list of 2027 as a value that tests change and write out.
func testList(t testing.TB) map[string]any {
	t.Helper()
	data, err := os.ReadFile("testdata/2027.json")
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func with(t testing.TB, key, date, name string) map[string]any {
	v := testList(t)
	v[key] = append(v[key].([]any), map[string]any{"date": date, "name": name})
	return v
}

// text lays a list out with one field or day a line, as json.MarshalIndent does, so lines are known.
func text(t testing.TB, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func mustLoad(t testing.TB, files map[string]string) *Calendar {
	t.Helper()
	c, err := Load(write(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadNextYear(t *testing.T) {
	c := mustLoad(t, map[string]string{"2027.json": text(t, testList(t))})
	if diff := cmp.Diff([]int{2024, 2025, 2026, 2027}, c.Years()); diff != "" {
		t.Error(diff)
	}
	if v := c.Version(); v == Default().Version() || !strings.HasPrefix(v, "2024-2027-") {
		t.Errorf("version %q, before %q", v, Default().Version())
	}

	from := mustDate("2026-12-08")
	before, after := Default().Due(from, 60, CalendarDay), c.Due(from, 60, CalendarDay)
	want := Due{Internal: mustDate("2027-02-06"), Statutory: mustDate("2027-02-14"), Calendar: c.Version()}
	if after != want {
		t.Errorf("with the list: %+v, want %+v", after, want)
	}
	if before.Internal != want.Internal || before.Statutory != mustDate("2027-02-08") || !before.Provisional {
		t.Errorf("without it: %+v", before)
	}
	// The list also settles the December before it, and the one at its own end stays open.
	if day := c.Day(mustDate("2026-12-31")); day.Provisional || !day.Work {
		t.Errorf("2026-12-31: %+v", day)
	}
	if !c.Day(mustDate("2027-12-21")).Provisional || c.Day(mustDate("2027-12-20")).Provisional {
		t.Error("the end of 2027")
	}
	if x := c.Explain(mustDate("2026-11-23"), 30, WorkingDay); x.Due.Provisional || strings.Contains(x.Chinese, "暂定") {
		t.Errorf("%+v", x)
	}
}

func TestLoadPrecedingDecember(t *testing.T) {
	v := with(t, "off", "2026-12-31", "元旦")
	v["work"] = append(v["work"].([]any), map[string]any{"date": "2026-12-26", "name": "元旦"})
	c := mustLoad(t, map[string]string{"2027.json": text(t, v)})
	for _, want := range []Day{
		{Date: mustDate("2026-12-26"), Work: true, Kind: KindMakeUp, Name: "元旦"},
		{Date: mustDate("2026-12-31"), Kind: KindHoliday, Name: "元旦"},
		{Date: mustDate("2026-12-30"), Work: true, Kind: KindWorkday},
	} {
		if got := c.Day(want.Date); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if due := c.Due(mustDate("2026-12-16"), 15, CalendarDay); due.Statutory != mustDate("2027-01-04") || due.Provisional {
		t.Errorf("%+v", due)
	}
}

func TestLoadReplacesEmbeddedYear(t *testing.T) {
	data, err := os.ReadFile("data/2026.json")
	if err != nil {
		t.Fatal(err)
	}
	same := mustLoad(t, map[string]string{"2026.json": string(data)})
	if same.Version() != Default().Version() {
		t.Error("the same days have another version")
	}
	// A day added in the middle of the year, as 2015-09-03 was.
	extra := strings.Replace(string(data), `"off": [`, `"off": [{"date": "2026-09-03", "name": "抗战胜利纪念日"},`, 1)
	c := mustLoad(t, map[string]string{"2026.json": "\ufeff" + strings.ReplaceAll(extra, "\n", "\r\n")})
	if day := c.Day(mustDate("2026-09-03")); day.Work || day.Name != "抗战胜利纪念日" || day.Provisional {
		t.Errorf("%+v", day)
	}
	if c.Version() == Default().Version() {
		t.Error("another day, the same version")
	}
	if Default().Day(mustDate("2026-09-03")).Kind != KindWorkday {
		t.Error("loading changed the default calendar")
	}
}

func TestLoadGap(t *testing.T) {
	v := testList(t)
	shift := func(key string) (out []any) {
		for _, e := range v[key].([]any) {
			e := e.(map[string]any)
			out = append(out, map[string]any{"date": "2021" + e["date"].(string)[4:], "name": e["name"]}) // same weekdays as 2027
		}
		return out
	}
	c := mustLoad(t, map[string]string{"2021.json": text(t, map[string]any{"year": 2021, "source": "x", "off": shift("off"), "work": shift("work")})})
	if diff := cmp.Diff([]int{2021, 2024, 2025, 2026}, c.Years()); diff != "" {
		t.Error(diff)
	}
	for day, want := range map[string]bool{"2021-06-01": false, "2021-12-20": false, "2021-12-21": true, "2022-06-01": true, "2023-12-31": true, "2024-01-01": false} {
		if got := c.Day(mustDate(day)).Provisional; got != want {
			t.Errorf("%s: provisional %v, want %v", day, got, want)
		}
	}
}

// The lists of one directory are all checked and all problems come back together.
func TestLoadReportsEverything(t *testing.T) {
	dir := write(t, map[string]string{
		"2027.json": `{
  "year": 2028,
  "source": " ",
  "off": [
    {"date": "2027-02-30", "name": "春节"},
    {"date": "2027-10-01", "name": ""},
    {"date": "2027-10-01", "name": "国庆节"}
  ],
  "work": [
    {"date": "2027-02-10", "name": "春节"},
    {"date": "2027-10-01"},
    "2027-10-09"
  ],
  "wrok": []
}`,
		"2028.json":          "{\n\"year\": 2028,\n\"off\" [",
		"2029.json":          `{"year": 2029, "source": "x", "off": [], "work": []}`,
		"calendar-2030.json": "{}",
		"2031.JSON":          "{}",
		".2032.json":         "not ours",
		"2033.json~":         "not ours",
		"README.md":          "not ours",
	})
	_, err := Load(dir)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"2027.json:2: year: 2028 does not go with the name of the file",
		"2027.json:3: source: want",
		`2027.json:5: off: date "2027-02-30"`,
		`2027.json:6: off: name ""`,
		"2027.json:7: off: 2027-10-01 is already on line 6",
		"2027.json:10: work: 2027-02-10 is a Wednesday",
		`2027.json:11: work: want {"date"`,
		`2027.json:12: work: want {"date"`,
		`2027.json:14: unknown field "wrok"`,
		"2028.json:3: invalid character '['",
		"2029.json: off: 2029-01-01 (元旦) is missing",
		"2029.json: off: 2029-10-03 (国庆节) is missing",
		"2029.json: off: 0 days, but the law gives 13",
		"calendar-2030.json: not named after its year",
		"2031.JSON: not named after its year",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among the problems:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "not ours") || strings.Contains(err.Error(), "2032") {
		t.Errorf("other people's files:\n%v", err)
	}
	if file, ok := errors.AsType[*FileError](err); !ok || file.File == "" {
		t.Errorf("no FileError in %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	set := func(key string, value any) map[string]any {
		v := testList(t)
		v[key] = value
		return v
	}
	without := func(key string) map[string]any {
		v := testList(t)
		delete(v, key)
		return v
	}
	var weekends []any
	for d := mustDate("2027-01-01"); d.Year == 2027; d = d.AddDays(1) {
		if w := d.Weekday(); w == time.Saturday || w == time.Sunday || fixedHoliday(d) != "" {
			weekends = append(weekends, map[string]any{"date": d.String(), "name": "周末"})
		}
	}
	for _, test := range []struct {
		name, content, want string
	}{
		{"empty file", "", "unexpected end"},
		{"no object", "[]", "want an object"},
		{"null", "null", "want an object"},
		{"more after the end", text(t, testList(t)) + "{}", "after top-level value"},
		{"GBK", "{\"year\": 2027, \"source\": \"\xb9\xfa\"}", "not UTF-8"},
		{"no year", text(t, without("year")), `"year" is missing`},
		{"no source", text(t, without("source")), `"source" is missing`},
		{"no off", text(t, without("off")), `"off" is missing`},
		{"no work", text(t, without("work")), `"work" is missing`},
		{"year as text", text(t, set("year", "2027")), "want a number"},
		{"year with a fraction", text(t, set("year", 2027.5)), "want a number"},
		{"off as an object", text(t, set("off", map[string]any{})), "want a list"},
		{"work null", text(t, set("work", nil)), "want a list"},
		{"source as a number", text(t, set("source", 1)), "want the notice"},
		{"field twice", `{"year": 2027, "year": 2027, "source": "x", "off": [], "work": []}`, `"year" is there twice`},
		{"field of a day unknown", strings.Replace(text(t, testList(t)), `"name"`, `"title"`, 1), `want {"date"`},
		{"day in two lists", text(t, with(t, "work", "2027-01-02", "元旦")), "is already on line"},
		{"another year", text(t, with(t, "off", "2028-01-01", "元旦")), "2028-01-01 is neither in 2027"},
		{"early in the December before", text(t, with(t, "off", "2026-12-20", "元旦")), "2026-12-20 is neither in 2027"},
		{"two years before", text(t, with(t, "off", "2025-12-31", "元旦")), "2025-12-31 is neither in 2027"},
		{"name of two lines", text(t, with(t, "off", "2027-03-01", "元\n旦")), "want the name of a holiday"},
		{"endless name", text(t, with(t, "off", "2027-03-01", strings.Repeat("节", 21))), "want the name of a holiday"},
		{"statutory holiday missing", strings.Replace(text(t, testList(t)), "2027-05-02", "2027-05-06", 1), "2027-05-02 (劳动节) is missing"},
		{"every weekend", text(t, set("off", weekends)), "not every weekend"},
		{"too large", strings.Repeat(" ", maxFile+1), "want at most"},
		{"nested without end", strings.Repeat("[", 20000), "exceeded max depth"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Load(write(t, map[string]string{"2027.json": test.content})); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	t.Run("year out of range", func(t *testing.T) {
		if _, err := Load(write(t, map[string]string{"1999.json": `{"year": 1999, "source": "x", "off": [], "work": []}`})); err == nil || !strings.Contains(err.Error(), "1999 is not in 2008 to 2199") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no directory", func(t *testing.T) {
		if _, err := Load(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("directory named as a list", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "2027.json"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoadNothing(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		c, err := Load(dir)
		if err != nil || c.Version() != Default().Version() {
			t.Errorf("Load(%q): %v, %v", dir, c, err)
		}
	}
}

// Mounted configuration comes as symbolic links to files in a hidden directory.
func TestLoadSymlink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "..data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..data", "2027.json"), []byte(text(t, testList(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..data", "2027.json"), filepath.Join(dir, "2027.json")); err != nil {
		t.Fatal(err)
	}
	c, err := Load(dir)
	if err != nil || !c.loaded(2027) {
		t.Errorf("%v", err)
	}
}

// As many rest days as a list may have, in one stretch, in every year: counting still ends.
func TestOddListsDoNotHang(t *testing.T) {
	files := make(map[string]string)
	for year := 2027; year <= 2040; year++ {
		var off []any
		used := make(map[Date]bool)
		add := func(d Date) {
			if !used[d] && len(off) < maxOff {
				used[d] = true
				off = append(off, map[string]any{"date": d.String(), "name": "假"})
			}
		}
		for _, d := range fixedHolidays(year) {
			add(d)
		}
		for d := (Date{year, 1, 1}); len(off) < maxOff; d = d.AddDays(1) {
			add(d)
		}
		files[fmt.Sprintf("%d.json", year)] = text(t, map[string]any{"year": year, "source": "x", "off": off, "work": []any{}})
	}
	c := mustLoad(t, files)
	due := c.Due(mustDate("2026-12-31"), 1, CalendarDay)
	if want := mustDate("2027-04-06"); due.Statutory != want {
		t.Errorf("rolled to %v, want %v", due.Statutory, want)
	}
	for _, n := range []int{-MaxLength * 2, MaxLength * 2} {
		if d, _ := c.AddWorkingDays(mustDate("2033-06-01"), n); d.IsZero() {
			t.Error("no end")
		}
	}
}

func TestVersionChangesWithAnyDay(t *testing.T) {
	seen := map[string]string{Default().Version(): "embedded"}
	note := func(name string, v map[string]any) {
		version := mustLoad(t, map[string]string{"2027.json": text(t, v)}).Version()
		if other, ok := seen[version]; ok {
			t.Errorf("%s and %s are both %s", name, other, version)
		}
		seen[version] = name
	}
	note("as is", testList(t))
	note("day more", with(t, "off", "2027-03-01", "节"))
	note("same day, other name", with(t, "off", "2027-03-01", "日"))
	note("working Saturday more", with(t, "work", "2027-03-06", "节"))
	note("December before", with(t, "off", "2026-12-31", "元旦"))

	// The order of the days and the words of the source are no change.
	v := testList(t)
	v["source"] = "other words"
	off := v["off"].([]any)
	off[0], off[5] = off[5], off[0]
	if got := mustLoad(t, map[string]string{"2027.json": text(t, v)}).Version(); seen[got] != "as is" {
		t.Errorf("version %s of the same days", got)
	}
}

func FuzzParseList(f *testing.F) {
	for _, name := range []string{"data/2024.json", "data/2025.json", "data/2026.json", "testdata/2027.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"year": 2027, "source": "x", "off": [{"date": "2027-01-01", "name": "元旦"}, 1, {}], "work": [[], null]}`))
	f.Add([]byte(`{"year": 2027, "off": {"off": []}, "off": []}`))
	f.Add([]byte("\ufeff {"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, errs := parseList("2027.json", data)
		lines := strings.Count(string(data), "\n") + 1
		for _, err := range errs {
			file, ok := errors.AsType[*FileError](err)
			if !ok || file.Line < 0 || file.Line > lines || !strings.HasPrefix(file.Error(), "2027.json") {
				t.Fatalf("a problem without its place: %#v", err)
			}
		}
		if len(errs) > 0 {
			return
		}
		c := newCalendar(map[int]list{2027: l})
		for _, e := range l.entries {
			day := c.Day(e.date)
			if day.Work != e.work || day.Name != e.name || day.Provisional != (e.date.Year != 2027 || settledByNextYear(e.date)) {
				t.Fatalf("%+v from %+v", day, e)
			}
			x := c.Explain(e.date, 1, CalendarDay)
			if !c.Day(x.Due.Statutory).Work || x.Due.Statutory.DaysSince(e.date) > 200 || x.Chinese == "" {
				t.Fatalf("%+v", x)
			}
		}
	})
}

// A file that is no JSON is said to be none with the place where it ceases to be, in both
// languages; the parser's own words are in the English alone.
func TestNoJSON(t *testing.T) {
	for content, want := range map[string]string{
		"":                        "1:1 不是有效的JSON：内容不完整，请核对结尾的引号和括号",
		"{\n\"source\": \"国务院办公厅": "2:18 不是有效的JSON：内容不完整，请核对结尾的引号和括号",
		"{\n\"source\": \"国庆\" x": "2:16 不是有效的JSON：“x”不应出现在这里，请核对它前面的逗号、冒号、引号和括号",
		"{\"year\": 2027,}":       "1:15 不是有效的JSON：“}”不应出现在这里，请核对它前面的逗号、冒号、引号和括号",
		"{\"off\"：[]}":            "1:7 不是有效的JSON：“：”不应出现在这里，请核对它前面的逗号、冒号、引号和括号",
	} {
		_, err := With([]byte(content))
		e, ok := errors.AsType[*FileError](err)
		if !ok {
			t.Errorf("%q: %v", content, err)
			continue
		}
		if got := fmt.Sprintf("%d:%d %s", e.Line, e.Column, e.Chinese); got != want || e.Err.Error() == "" || strings.Contains(e.Err.Error(), "EXTRA") {
			t.Errorf("%q: %s (%v), want %s", content, got, e.Err, want)
		}
	}
}
