package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// Staff names whoever holds a role in a unit.
func Staff(unit string, role casefile.Role) policy.Text {
	if !slices.Contains([]casefile.Role{casefile.Registrar, casefile.Supervisor, casefile.Inspector, casefile.Officer}, role) {
		return policy.Text{Chinese: unit, English: unit}
	}
	word := role.Name()
	return policy.Text{Chinese: unit + word.Chinese, English: unit + ", " + word.English}
}

// day writes a day as people do.
func (l Language) day(d calendar.Date) string {
	switch {
	case d.IsZero():
		return ""
	case l == English:
		return fmt.Sprintf("%s %d %s %d", d.Weekday().String()[:3], d.Day, d.Month.String()[:3], d.Year)
	}
	return d.Chinese()
}

// due writes by when something is due: a day or, where there is an instant, that.
func (l Language) due(d calendar.Date, at time.Time) string {
	if at.IsZero() {
		return l.day(d)
	}
	return l.day(calendar.DateOf(at)) + " " + at.In(calendar.Zone).Format("15:04")
}

// by is due without the year.
func (l Language) by(d calendar.Date, at time.Time) string {
	if at.IsZero() {
		return l.short(d)
	}
	return l.moment(at)
}

// short writes a day without its year.
func (l Language) short(d calendar.Date) string {
	if l == English {
		return fmt.Sprintf("%d %s", d.Day, d.Month.String()[:3])
	}
	return fmt.Sprintf("%d月%d日", int(d.Month), d.Day)
}

// moment writes an instant in China's time.
func (l Language) moment(t time.Time) string {
	return l.short(calendar.DateOf(t)) + " " + t.In(calendar.Zone).Format("15:04")
}

// what says what has happened: the step's name where there is one, and the word before
// it unless the name says it already.
func (l Language) what(h Happening) string {
	word, step := l.Of(h.Kind.Name()), l.Of(h.Step)
	switch {
	case step == "":
		return word
	case strings.Contains(step, word):
		return step
	case l == English:
		return word + ": " + step
	}
	return word + "：" + step
}

// plural picks the form of an English word that goes with a number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
