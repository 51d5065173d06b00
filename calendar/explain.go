package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Explanation says how a due date came about, for a person who doubts it.
type Explanation struct {
	From   Date `json:"from"`
	Length int  `json:"length"`
	Unit   Unit `json:"unit"`
	// More are the days of an extension or a suspension that were added to months.
	More int `json:"more,omitempty"`
	// FromAt is the instant from which hours were counted.
	FromAt time.Time `json:"from_at,omitzero"`
	Due    Due       `json:"due"`
	// Skipped are the rest days passed over: in a count of working days all on the way, in one of
	// calendar days or months those at its end that the statutory date rolled over.
	Skipped []Day `json:"skipped,omitempty"`
	// MakeUp are the Saturdays and Sundays that counted as working days, or ended the rolling.
	MakeUp  []Day  `json:"make_up,omitempty"`
	Chinese string `json:"chinese"`
	English string `json:"english"`
	// WhyProvisional says by which list the dates can still change, in words for anybody;
	// empty when by none.
	WhyProvisional, WhyProvisionalEnglish string `json:"-"`
}

// Explain is Due with its reasons. Length and Unit are those counted with, after the cuts Due makes.
func (c *Calendar) Explain(from Date, n int, unit Unit) Explanation {
	return c.ExplainEnd(from.Start(), Period{Length: n, Unit: unit})
}

// ExplainEnd is End with its reasons.
func (c *Calendar) ExplainEnd(from time.Time, p Period) Explanation {
	x := Explanation{From: DateOf(from), Length: p.Unit.clamp(p.Length), Unit: p.Unit}
	switch p.Unit {
	case Month:
		x.More = clampMore(p.More)
	case Hour:
		x.FromAt = from.UTC()
	case CalendarDay, WorkingDay:
		x.Length += clampMore(p.More)
	default:
		x.Unit = CalendarDay
	}
	var missing gaps
	x.Due = c.due(from, p, func(d Day) {
		switch {
		case !d.Work:
			x.Skipped = append(x.Skipped, d)
		case d.Kind == KindMakeUp:
			x.MakeUp = append(x.MakeUp, d)
		}
		if year := c.unpublished(d.Date); year != 0 {
			missing.add(d.Date, year)
		}
	})
	if from.IsZero() {
		x.Chinese, x.English = "起算日未定，期限无法计算。", "There is no start day, so there is no due date."
		return x
	}
	years := c.Years()
	zh, en := missing.why(years[len(years)-1])
	x.WhyProvisional, x.WhyProvisionalEnglish = missing.plain()
	x.Chinese, x.English = x.chinese()+zh, x.english()+en
	return x
}

// The texts below name the source of each step, because the paragraph is what is shown to a unit
// that disputes its deadline.

func (x *Explanation) chinese() string {
	if x.Unit == Hour {
		return fmt.Sprintf("自%s起算%d小时（参照《民法典》第二百零一条第二款），连续计算，不扣除休息日和非工作时间，至%s届满，不顺延。",
			zhMoment(x.FromAt), x.Length, zhMoment(x.Due.At))
	}
	var b strings.Builder
	internal, statutory := x.Due.Internal.Chinese(), x.Due.Statutory.Chinese()
	unit := map[Unit]string{CalendarDay: "日", WorkingDay: "个工作日", Month: "个月"}[x.Unit]
	if x.Length == 0 {
		fmt.Fprintf(&b, "期限为0%s，自%s起算，当日即届满", unit, x.From.Chinese())
	} else {
		fmt.Fprintf(&b, "自%s的次日起算%d%s（开始的当日不计入，参照《民法典》第二百零一条），", x.From.Chinese(), x.Length, unit)
	}

	switch {
	case x.Unit == WorkingDay && x.Length > 0:
		fmt.Fprintf(&b, "第%d个工作日为%s。", x.Length, internal)
		if len(x.Skipped) > 0 {
			fmt.Fprintf(&b, "其间的休息日不计：%s。", zhRuns(x.Skipped))
		}
		if len(x.MakeUp) > 0 {
			fmt.Fprintf(&b, "调休上班日计为工作日：%s。", zhMakeUp(x.MakeUp))
		}
	default:
		switch {
		case x.Length > 0 && x.Unit == Month:
			b.WriteString(x.zhMonth())
		case x.Length > 0:
			fmt.Fprintf(&b, "期限届满日为%s", internal)
		}
		switch {
		case len(x.Skipped) > 0:
			fmt.Fprintf(&b, "，适逢%s，参照《民法典》第二百零三条顺延至休息日结束后的第一个工作日%s", zhLabel(x.Skipped[:1]), statutory)
			if len(x.MakeUp) > 0 {
				fmt.Fprintf(&b, "，该日为%s", zhMakeUpLabel(x.MakeUp[0]))
			}
			fmt.Fprintf(&b, "；顺延跳过%s。", zhRuns(x.Skipped))
		case len(x.MakeUp) > 0:
			fmt.Fprintf(&b, "，该日为%s，计为工作日，不顺延。", zhMakeUpLabel(x.MakeUp[0]))
		default:
			b.WriteString("，是工作日，不顺延。")
		}
	}

	if x.Due.Internal == x.Due.Statutory {
		fmt.Fprintf(&b, "法定期限、内部期限均为%s。", statutory)
	} else {
		fmt.Fprintf(&b, "法定期限：%s；内部期限：%s。", statutory, internal)
	}
	return b.String()
}

// zhMonth says on which day months end, before any rolling.
func (x *Explanation) zhMonth() string {
	end := x.From.AddMonths(x.Length)
	s := "到期月的对应日为" + end.Chinese() + "（参照《民法典》第二百零二条）"
	if end.Day != x.From.Day {
		s = "到期月没有对应日，以月末日" + end.Chinese() + "为最后一日（参照《民法典》第二百零二条）"
	}
	if x.More > 0 {
		s += fmt.Sprintf("，另加延长或中止的%d日，至%s", x.More, x.Due.Internal.Chinese())
	}
	return s
}

func (x *Explanation) english() string {
	if x.Unit == Hour {
		return fmt.Sprintf("A period of %s from %s (Civil Code, art. 201(2), by analogy) runs on without regard to rest days and office hours and ends at %s; it does not roll.",
			plural(x.Length, "hour"), enMoment(x.FromAt), enMoment(x.Due.At))
	}
	var b strings.Builder
	internal, statutory := enDate(x.Due.Internal), enDate(x.Due.Statutory)
	unit := map[Unit]string{CalendarDay: "calendar day", WorkingDay: "working day", Month: "month"}[x.Unit]
	if x.Length == 0 {
		fmt.Fprintf(&b, "A period of 0 %ss from %s ends on the same day", unit, enDate(x.From))
	} else {
		fmt.Fprintf(&b, "Counting %s from the day after %s (the start day is not counted: Civil Code, art. 201, by analogy), ",
			plural(x.Length, unit), enDate(x.From))
	}

	switch {
	case x.Unit == WorkingDay && x.Length > 0:
		fmt.Fprintf(&b, "working day %d is %s.", x.Length, internal)
		if len(x.Skipped) > 0 {
			fmt.Fprintf(&b, " Rest days not counted: %s.", enRuns(x.Skipped))
		}
		if len(x.MakeUp) > 0 {
			fmt.Fprintf(&b, " Make-up working days counted: %s.", enMakeUp(x.MakeUp))
		}
	default:
		switch {
		case x.Length > 0 && x.Unit == Month:
			b.WriteString(x.enMonth())
		case x.Length > 0:
			fmt.Fprintf(&b, "the period ends on %s", internal)
		}
		switch {
		case len(x.Skipped) > 0:
			fmt.Fprintf(&b, ", a rest day (%s), and rolls forward to the first working day after it, %s", enLabel(x.Skipped[:1]), statutory)
			if len(x.MakeUp) > 0 {
				fmt.Fprintf(&b, ", a %s", enMakeUpLabel(x.MakeUp[0]))
			}
			fmt.Fprintf(&b, " (art. 203, by analogy). Rest days passed over: %s.", enRuns(x.Skipped))
		case len(x.MakeUp) > 0:
			fmt.Fprintf(&b, ", a %s, so it does not roll.", enMakeUpLabel(x.MakeUp[0]))
		default:
			b.WriteString(", a working day, so it does not roll.")
		}
	}

	if x.Due.Internal == x.Due.Statutory {
		fmt.Fprintf(&b, " Statutory and internal due date: %s.", statutory)
	} else {
		fmt.Fprintf(&b, " Statutory due date: %s; internal due date: %s.", statutory, internal)
	}
	return b.String()
}

// enMonth is zhMonth in English.
func (x *Explanation) enMonth() string {
	end := x.From.AddMonths(x.Length)
	s := "the period ends on the corresponding day, " + enDate(end) + " (art. 202, by analogy)"
	if end.Day != x.From.Day {
		s = "the period ends on the last day of its month, which has no corresponding day, " + enDate(end) + " (art. 202, by analogy)"
	}
	if x.More > 0 {
		s += fmt.Sprintf(" and, with the %s of an extension or a suspension, on %s", plural(x.More, "day"), enDate(x.Due.Internal))
	}
	return s
}

// run is a stretch of rest days without a working day between them.
type run []Day

func (r run) first() Date { return r[0].Date }
func (r run) last() Date  { return r[len(r)-1].Date }

// holidays returns the names in the run, each once, and whether it has nameless weekend days as well.
func (r run) holidays() (names []string, weekend bool) {
	for _, d := range r {
		switch {
		case d.Kind == KindWeekend:
			weekend = true
		case !slices.Contains(names, d.Name):
			names = append(names, d.Name)
		}
	}
	return names, weekend
}

// maxWeekends is how many plain weekends a sentence lists before it only gives their number. The
// holidays are always listed: nobody doubts that a Sunday was not counted.
const maxWeekends = 3

// runs groups consecutive days, with plain weekends apart when they are too many to list.
func runs(days []Day) (listed []run, weekends int) {
	var all []run
	for i, d := range days {
		if i == 0 || days[i-1].Date.AddDays(1) != d.Date {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], d)
	}
	plain := 0
	for _, r := range all {
		if names, _ := r.holidays(); len(names) == 0 {
			plain++
		} else {
			listed = append(listed, r)
		}
	}
	if plain <= maxWeekends {
		return all, 0
	}
	for _, r := range all {
		if names, _ := r.holidays(); len(names) == 0 {
			weekends += len(r)
		}
	}
	return listed, weekends
}

func zhRuns(days []Day) string {
	listed, weekends := runs(days)
	var parts []string
	for _, r := range listed {
		s := r.first().Chinese()
		switch {
		case r.last() == r.first():
		case r.last().Year == r.first().Year:
			s += "至" + zhMonthDay(r.last())
		default:
			s += "至" + r.last().Chinese()
		}
		parts = append(parts, fmt.Sprintf("%s%s%d天", s, zhLabel(r), len(r)))
	}
	if weekends > 0 {
		other := ""
		if len(parts) > 0 {
			other = "其他"
		}
		parts = append(parts, fmt.Sprintf("%s周末共%d天", other, weekends))
	}
	return strings.Join(parts, "、")
}

func zhLabel(r run) string {
	names, weekend := r.holidays()
	switch {
	case len(names) == 0:
		return "周末"
	case weekend:
		return strings.Join(names, "、") + "假期及周末"
	}
	return strings.Join(names, "、") + "假期"
}

func zhMakeUp(days []Day) string {
	var parts []string
	for _, d := range days {
		parts = append(parts, d.Date.Chinese()+d.Name+"调休")
	}
	return strings.Join(parts, "、")
}

func zhMakeUpLabel(d Day) string { return d.Name + "调休上班日" }

// Chinese writes a day as people do: 2026年3月5日（周四）.
func (d Date) Chinese() string { return fmt.Sprintf("%d年%s", d.Year, zhMonthDay(d)) }

func zhMonthDay(d Date) string {
	return fmt.Sprintf("%d月%d日（周%s）", d.Month, d.Day, [...]string{"日", "一", "二", "三", "四", "五", "六"}[d.Weekday()])
}

func zhMoment(t time.Time) string { return DateOf(t).Chinese() + t.In(Zone).Format("15:04") }

func enRuns(days []Day) string {
	listed, weekends := runs(days)
	var parts []string
	for _, r := range listed {
		s := enDate(r.first())
		if r.last() != r.first() {
			s += " to " + enDate(r.last())
		}
		parts = append(parts, fmt.Sprintf("%s, %s, %s", s, enLabel(r), plural(len(r), "day")))
	}
	if weekends > 0 {
		other := ""
		if len(parts) > 0 {
			other = "other "
		}
		parts = append(parts, plural(weekends, other+"weekend day"))
	}
	return strings.Join(parts, "; ")
}

func enLabel(r run) string {
	names, weekend := r.holidays()
	if weekend {
		names = append(names, "weekend")
	}
	for i, name := range names {
		names[i] = enName(name)
	}
	return strings.Join(names, " and ")
}

func enMakeUp(days []Day) string {
	var parts []string
	for _, d := range days {
		parts = append(parts, fmt.Sprintf("%s for %s", enDate(d.Date), enName(d.Name)))
	}
	return strings.Join(parts, "; ")
}

func enMakeUpLabel(d Day) string { return "make-up working day for " + enName(d.Name) }

func enDate(d Date) string { return fmt.Sprintf("%v (%s)", d, d.Weekday().String()[:3]) }

func enMoment(t time.Time) string { return enDate(DateOf(t)) + " " + t.In(Zone).Format("15:04") }

var englishNames = map[string]string{
	"元旦":  "New Year's Day",
	"春节":  "Spring Festival",
	"清明节": "Tomb-Sweeping Day",
	"劳动节": "Labour Day",
	"端午节": "Dragon Boat Festival",
	"中秋节": "Mid-Autumn Festival",
	"国庆节": "National Day",
}

// enName leaves a name it does not know in Chinese: an operator's file can have any.
func enName(name string) string {
	if s, ok := englishNames[name]; ok {
		return s
	}
	return name
}

func plural(n int, noun string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// gaps are the years whose missing lists make a result provisional.
type gaps struct {
	years    []int
	december int // a loaded year, when the next list can still change its last days
}

func (g *gaps) add(d Date, year int) {
	if !slices.Contains(g.years, year) {
		g.years = append(g.years, year)
	}
	if d.Year != year {
		g.december = d.Year
	}
}

// why returns the sentences that say why a result is provisional, empty when it is not. A year after
// the last loaded one is most likely not announced yet, one before it only not loaded here.
func (g *gaps) why(lastLoaded int) (chinese, english string) {
	if len(g.years) == 0 {
		return "", ""
	}
	var zh, en []string
	if years := before(g.years, lastLoaded); len(years) > 0 {
		zh = append(zh, join(years, "、")+"年放假安排未载入")
		en = append(en, "no holiday list of "+join(years, ", ")+" is loaded")
	}
	if years := after(g.years, lastLoaded); len(years) > 0 {
		zh = append(zh, join(years, "、")+"年放假安排尚未公布或尚未载入")
		en = append(en, "no holiday list of "+join(years, ", ")+" has been published or loaded")
	}
	if g.december != 0 {
		from := Date{g.december, time.December, lastSettledDecember + 1}
		zh = append(zh, fmt.Sprintf("该安排还可能调整%d年%d月%d日起的上班日", from.Year, from.Month, from.Day))
		en = append(en, fmt.Sprintf("it can still change days from %v on", from))
	}
	return "以上日期为暂定：" + strings.Join(zh, "，") + "，载入后重新计算。",
		" Provisional: " + strings.Join(en, "; ") + ". The dates are computed again when it is loaded."
}

// plain says the same in words for anybody, in a sentence each.
func (g *gaps) plain() (chinese, english string) {
	if len(g.years) == 0 {
		return "", ""
	}
	zh, en := "暂定日期："+join(g.years, "、")+"年的节假日安排尚未公布", "Provisional: the rest days of "+join(g.years, ", ")+" have not been published"
	if from := lastSettledDecember + 1; g.december != 0 {
		zh += fmt.Sprintf("，其中可能调整%d年12月%d日至31日的休息日和上班日", g.december, from)
		en += fmt.Sprintf("; they can still change %d to 31 December %d", from, g.december)
	}
	return zh + "。公布后重新计算。", en + ". The date is computed again when they are."
}

func before(years []int, limit int) []int {
	return slices.DeleteFunc(slices.Clone(years), func(y int) bool { return y > limit })
}

func after(years []int, limit int) []int {
	return slices.DeleteFunc(slices.Clone(years), func(y int) bool { return y <= limit })
}

func join(years []int, sep string) string {
	parts := make([]string, len(years))
	for i, y := range years {
		parts[i] = strconv.Itoa(y)
	}
	return strings.Join(parts, sep)
}
