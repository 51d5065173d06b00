package web

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

// row is one clock on the time line. Places are per cent of its width: so the picture fits
// a telephone without its text becoming small.
type row struct {
	clock
	Bearer   string
	Bar      stretch
	Over     stretch // past the statutory due date
	Extended stretch // what an extension has added
	Still    []stretch
	Yellow   string
	Due      string
	Legal    string // the statutory due date, where it is another
	Steps    []mark
	End      string // where it stopped
	State    string
	Explains string // shown on hovering; a tap leads to the whole story
}

type stretch struct{ X, Width string }

type mark struct{ X, Label string }

func itoa(n int) string { return strconv.Itoa(n) }

// timeline lays a case's clocks out from the first start to the last due date or today.
// Those that run come first.
func timeline(clocks []clock, steps []step, today calendar.Date, w wording) (rows []row, months []mark, now string) {
	if len(clocks) == 0 {
		return nil, nil, ""
	}
	first, last := clocks[0].From, today.AddDays(1)
	for _, k := range clocks {
		if k.From.Before(first) {
			first = k.From
		}
		for _, d := range []calendar.Date{k.StatutoryDue, k.InternalDue, stopped(k, today)} {
			if d.After(last) {
				last = d
			}
		}
	}
	scale := float64(max(last.DaysSince(first)+2, 1))
	at := func(d calendar.Date) float64 { return min(max(float64(d.DaysSince(first)+1)*100/scale, 0), 100) }
	x := func(d calendar.Date) string { return percent(at(d)) }
	between := func(a, b calendar.Date) stretch {
		if !a.Before(b) {
			return stretch{}
		}
		return stretch{percent(at(a)), percent(at(b) - at(a))}
	}
	for _, k := range clocks {
		end := stopped(k, today)
		r := row{clock: k, Bearer: w.Name(k.Bearer.Who), Yellow: x(k.YellowOn), Due: x(k.InternalDue), State: w.state(k, today), Explains: w.explains(k)}
		r.Bar = between(k.From, k.InternalDue)
		if end.After(k.StatutoryDue) {
			r.Over = between(k.StatutoryDue, end)
		}
		if k.ExtendedDays > 0 {
			r.Extended = between(k.InternalDue.AddDays(-k.ExtendedDays), k.InternalDue)
		}
		if k.StatutoryDue != k.InternalDue {
			r.Legal = x(k.StatutoryDue)
		}
		for _, s := range k.Suspensions {
			r.Still = append(r.Still, between(s.From, s.Until))
		}
		if k.SuspendedSince != nil {
			r.Still = append(r.Still, between(calendar.DateOf(*k.SuspendedSince), end.AddDays(1)))
		}
		if !k.Running() {
			r.End = x(end)
		}
		for _, s := range steps {
			if s.Clock == k.ID && (s.State == "planned" || s.State == "done") {
				r.Steps = append(r.Steps, mark{x(calendar.DateOf(s.At)), w.step(s.Step) + w.t("，", ", ") + w.moment(s.At)})
			}
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if a.Running() != b.Running() {
			if a.Running() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.InternalDue.DaysSince(first), b.InternalDue.DaysSince(first))
	})
	return rows, axis(first, last, x, w), x(today)
}

// axis marks the beginnings of months, not more than fit.
func axis(first, last calendar.Date, x func(calendar.Date) string, w wording) (months []mark) {
	every := max(1, (last.DaysSince(first)/30+4)/5)
	d := calendar.Date{Year: first.Year, Month: first.Month, Day: 1}
	for i := 0; !d.After(last); i++ {
		if i%every == 0 && d.After(first) && last.DaysSince(d) > 6 {
			label := fmt.Sprintf("%d月", int(d.Month))
			if w.lang == english {
				label = d.Month.String()[:3]
			}
			if d.Month == time.January {
				label = w.t(fmt.Sprintf("%d年", d.Year), strconv.Itoa(d.Year))
			}
			months = append(months, mark{x(d), label})
		}
		d = calendar.DateOf(time.Date(d.Year, d.Month+1, 1, 12, 0, 0, 0, calendar.Zone))
	}
	return months
}

// stopped is the day by which a clock is drawn: when it was met or ended, or today.
func stopped(k clock, today calendar.Date) calendar.Date {
	switch {
	case k.MetAt != nil:
		return calendar.DateOf(*k.MetAt)
	case k.EndedAt != nil:
		return calendar.DateOf(*k.EndedAt)
	}
	return today
}

// explains says what a clock is by.
func (w wording) explains(k clock) string {
	text := k.Source
	if basis := w.basis(k.Basis); !strings.Contains(text, basis) { // some sources say it themselves
		text += w.t("（", " (") + basis + w.t("）", ")")
	}
	text += w.t("：自", ": from ") + w.due(k.From, k.Since()) + w.t("起", ", ") + w.length(k.Length, k.Unit)
	if k.ExtendedDays > 0 {
		text += w.t("，延期"+itoa(k.ExtendedDays)+"日", ", extended by "+itoa(k.ExtendedDays)+" days")
	}
	return text + w.t("，到期", "; due ") + w.due(k.InternalDue, k.DueAt)
}

// step is a step's name. One that comes round again has its number behind a "#".
func (w wording) step(id string) string {
	id, _, _ = strings.Cut(id, "#")
	for _, s := range w.rules.Steps {
		if s.ID == id {
			return w.of(s.Name)
		}
	}
	return id
}

// state says how a clock stands.
func (w wording) state(k clock, today calendar.Date) string {
	switch {
	case k.MetAt != nil && k.Lamp == casefile.Red:
		return w.t("已办，", "done, ") + w.stands(k, stopped(k, today))
	case k.MetAt != nil:
		return w.t("按期完成", "done in time")
	case k.EndedAt != nil:
		return w.t("已终止", "ended")
	}
	return w.stands(k, today)
}

func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }
