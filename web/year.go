package web

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shuangze/calendar"
)

// lineProblem is what is wrong in a line of something typed; 0 is the whole.
type lineProblem struct {
	Field   string
	Line    int
	Column  int // 0: the whole line
	Message string
	Text    string // of the line
}

// dayLine is a line of days as the State Council's notice has them and people type them:
// "1月1日至3日 元旦", "2027-02-05 至 2027-02-11 春节".
var dayLine = regexp.MustCompile(`^(?:(\d{4})\s*[-年])?\s*(\d{1,2})\s*[-月]\s*(\d{1,2})\s*日?(?:（[^）]*）)?(?:\s*(?:至|到|—|–|~|～|to)\s*(?:(?:(\d{4})\s*[-年])?\s*(\d{1,2})\s*[-月])?\s*(\d{1,2})\s*日?(?:（[^）]*）)?)?[\s，,：:、]+(\S.*)$`)

// longestRest is how many days in a row one line can stand for.
const longestRest = 31

// yearList makes a year's calendar file of what was typed: a line of it for each line, so
// that the API's problems can be shown where they were typed.
type yearList struct {
	year, source, off, work string
	problems                []lineProblem
}

// json is the file. The first line has the year and the source, the rest days begin on the
// second, and one line lies between them and the days worked.
func (y *yearList) json(l lang) json.RawMessage {
	var b strings.Builder
	source, _ := json.Marshal(y.source) // a string always encodes
	year := y.year
	if _, err := strconv.Atoi(year); err != nil {
		year = strconv.Quote(year)
	}
	fmt.Fprintf(&b, `{"year": %s, "source": %s, "off": [`, year, source)
	y.days(&b, l, "off", y.off)
	b.WriteString("\n], \"work\": [")
	y.days(&b, l, "work", y.work)
	b.WriteString("]}")
	return json.RawMessage(b.String())
}

func (y *yearList) days(b *strings.Builder, l lang, field, typed string) {
	first := true
	for i, line := range lines(typed) {
		b.WriteString("\n")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		days, name, ok := y.read(line)
		if !ok {
			y.problems = append(y.problems, lineProblem{Field: field, Line: i + 1, Message: l.t("应写作“日期 名称”，如“1月1日至3日 元旦”", "write the days and the name, such as “2027-01-01 to 2027-01-03 元旦”"), Text: line})
			continue
		}
		named, _ := json.Marshal(name)
		for _, day := range days {
			if !first {
				b.WriteString(", ")
			}
			first = false
			fmt.Fprintf(b, `{"date": %q, "name": %s}`, day, named)
		}
	}
}

// read reads the days of a line. A day that does not exist is passed on as it is: the API
// says so.
func (y *yearList) read(line string) (days []string, name string, ok bool) {
	m := dayLine.FindStringSubmatch(line)
	if m == nil {
		return nil, "", false
	}
	number := func(s string, otherwise int) int {
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
		return otherwise
	}
	year := number(m[1], number(y.year, 0))
	from := calendar.Date{Year: year, Month: time.Month(number(m[2], 0)), Day: number(m[3], 0)}
	name = strings.TrimSpace(m[7])
	if m[6] == "" {
		return []string{from.String()}, name, true
	}
	to := calendar.Date{Year: number(m[4], from.Year), Month: time.Month(number(m[5], int(from.Month))), Day: number(m[6], 0)}
	for _, d := range []calendar.Date{from, to} {
		if _, err := calendar.ParseDate(d.String()); err != nil {
			return []string{d.String()}, name, true
		}
	}
	if n := to.DaysSince(from); n < 0 || n > longestRest {
		return nil, "", false
	}
	for d := from; !d.After(to); d = d.AddDays(1) {
		days = append(days, d.String())
	}
	return days, name, true
}

// where is the field and its line that a line of the file was made of.
func (y *yearList) where(line int) (field string, at int) {
	switch off := len(lines(y.off)); {
	case line <= 1:
		return "", 0
	case line <= 1+off:
		return "off", line - 1
	default:
		return "work", line - off - 2
	}
}

func lines(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") }

// lineOf is a line of something typed, as far as there is room for it.
func lineOf(typed string, line int) string {
	all := lines(typed)
	if line < 1 || line > len(all) {
		return ""
	}
	text := []rune(strings.TrimSpace(all[line-1]))
	const room = 80
	if len(text) > room {
		return string(text[:room]) + "…"
	}
	return string(text)
}
