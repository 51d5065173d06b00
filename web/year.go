package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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

// yearList makes a year's calendar file of what was typed.
type yearList struct {
	year, source, off, work string
	problems                []lineProblem

	places []lineProblem // of each line of the file: where it was typed
}

// json is the file, each day on a line of its own, so that the API's problems can be shown
// where they were typed. A year that is no number is passed on: the API says so.
func (y *yearList) json(l lang) json.RawMessage {
	days := map[bool][]string{} // by whether they are worked
	places := map[bool][]lineProblem{}
	seen := map[calendar.Date]lineProblem{}
	number, err := strconv.Atoi(y.year)
	year, off, work := y.year, y.off, y.work
	if err != nil { // then no day can be told
		year, off, work = strconv.Quote(year), "", ""
	}
	for _, box := range []struct {
		field, typed string
		work         bool
	}{{"off", off, false}, {"work", work, true}} {
		for i, line := range lines(box.typed) {
			at := lineProblem{Field: box.field, Line: i + 1, Text: lineOf(box.typed, i+1)}
			if strings.TrimSpace(line) == "" {
				continue
			}
			read, wrong := l.restDays(line, number, box.work)
			for _, d := range read {
				if first, ok := seen[d.On]; ok {
					wrong = l.day(d.On) + l.t("已经列出："+first.Text, " stands already: "+first.Text)
				}
				seen[d.On] = at
				item, _ := json.Marshal(map[string]string{"date": d.On.String(), "name": d.Name}) // strings always encode
				days[d.Work], places[d.Work] = append(days[d.Work], "\n"+string(item)), append(places[d.Work], at)
			}
			if wrong != "" {
				at.Message = wrong
				y.problems = append(y.problems, at)
			}
		}
	}
	source, _ := json.Marshal(y.source)
	y.places = slices.Concat([]lineProblem{{}}, places[false], []lineProblem{{}}, places[true])
	return json.RawMessage(fmt.Sprintf(`{"year": %s, "source": %s, "off": [`, year, source) + strings.Join(days[false], ",") +
		"\n], \"work\": [" + strings.Join(days[true], ",") + "]}")
}

// where is the place that a line of the file was made of; of the whole, none.
func (y *yearList) where(line int) lineProblem {
	if line < 1 || line > len(y.places) {
		return lineProblem{}
	}
	return y.places[line-1]
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
