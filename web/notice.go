package web

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shuangze/calendar"
)

// restDay is a day that a line about a year's rest days names.
type restDay struct {
	On   calendar.Date
	Name string // of the holiday
	Work bool   // a weekend day worked
}

var (
	// A line of the notice is numbered and begins with the holiday: "一、元旦：…".
	numbered = regexp.MustCompile(`^(?:[（(](?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)][、．]?|(?:[一二三四五六七八九十]{1,3}|\d{1,2})[、．])\s*`)
	headed   = regexp.MustCompile(`^([^\d：:，。；]{1,20})[：:]\s*`)

	// A day, or the first and the last one: "2027年1月1日（周五）至3日（周日）", "2027-02-05 至 2027-02-11".
	daysWritten = regexp.MustCompile(dayWritten + `(?:\s*(?:至|到|—+|–|-|~|～|to)\s*` + dayWritten + `)?`)

	weekdayWritten = regexp.MustCompile(`(?:周|星期)([一二三四五六日天])`)
	countWritten   = regexp.MustCompile(`^(?:放假)?(?:调休)?共?\s*(\d+)\s*天`)
	between        = regexp.MustCompile(`^[\s、，,和及]*$`)
)

// dayWritten has year, month and day, or the day alone, and what stands in brackets behind.
const dayWritten = `(?:(?:(\d{4})\s*[-年]\s*)?(\d{1,2})\s*[-月]\s*(\d{1,2})\s*日?|(\d{1,2})\s*日)(?:\s*[（(]([^）)]*)[）)])?`

const digits = "0123456789"

// longestRest is how many days in a row one line can stand for.
const longestRest = 31

// restDays reads a line of the State Council's notice as it stands ("一、元旦：1月1日（周五）
// 至3日（周日）放假调休，共3天。1月4日（周一）上班。"), or of days and a holiday ("1月1日至3日
// 元旦"), which are worked where work says so. What the notice says twice must agree: weekdays
// with dates, numbers of days with what is listed. wrong says what is not as it should be.
func (l lang) restDays(line string, year int, work bool) (days []restDay, wrong string) {
	line = numbered.ReplaceAllString(strings.TrimSpace(strings.Map(narrow, line)), "")
	name := ""
	if m := headed.FindStringSubmatch(line); m != nil {
		name, line = strings.TrimSpace(m[1]), line[len(m[0]):]
	}
	if !strings.Contains(line, "放假") && !strings.Contains(line, "上班") {
		on, rest, wrong := l.daysIn(line, year)
		if rest = strings.Trim(rest, " \t　，,：:、。"); name == "" {
			name, rest = rest, ""
		}
		if wrong == "" && (len(on) == 0 || name == "" || rest != "" || strings.ContainsAny(name, digits)) {
			wrong = l.t("应写作“日期 名称”，如“1月1日至3日 元旦”，或照抄放假通知的一条", "write the days and the name, such as “2027-01-01 to 2027-01-03 元旦”, or a paragraph of the notice as it stands")
		}
		return asRest(on, name, work), wrong
	}
	if name == "" {
		return nil, l.t("没有写明是什么节日，如“元旦：1月1日放假”", "no holiday is named, as in “元旦：1月1日放假”")
	}
	for sentence := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune("。；;", r) }) {
		if strings.HasPrefix(strings.TrimSpace(sentence), "鼓励") {
			continue // is no rest day by law
		}
		said, off := "", 0
		for _, part := range atCommas(sentence) {
			verb := strings.Index(part, "放假")
			atWork := verb < 0
			if atWork {
				verb = strings.Index(part, "上班")
			}
			if verb < 0 {
				if m := countWritten.FindStringSubmatch(part); m != nil && said == "" {
					if m[1] != itoa(off) {
						return nil, l.t(fmt.Sprintf("写明共%s天，列出的是%d天", m[1], off), fmt.Sprintf("says %s days in all and lists %d", m[1], off))
					}
				} else if said != "" || strings.ContainsAny(part, digits) {
					said += part + "、"
				}
				continue
			}
			on, rest, wrong := l.daysIn(said+part[:verb], year)
			switch {
			case wrong != "":
				return nil, wrong
			case len(on) == 0 || !between.MatchString(rest):
				return nil, l.t("读不懂“"+strings.TrimSpace(part)+"”", "can't read “"+strings.TrimSpace(part)+"”")
			}
			if m := countWritten.FindStringSubmatch(part[verb:]); m != nil && m[1] != itoa(len(on)) {
				return nil, l.t(fmt.Sprintf("写明放假%s天，列出的是%d天", m[1], len(on)), fmt.Sprintf("says %s days and lists %d", m[1], len(on)))
			}
			days = append(days, asRest(on, name, atWork)...)
			if said = ""; !atWork {
				off += len(on)
			}
		}
		if said != "" {
			said = strings.TrimSpace(strings.TrimSuffix(said, "、"))
			return nil, l.t("“"+said+"”没有写明是放假还是上班", "“"+said+"” does not say whether it is off (放假) or worked (上班)")
		}
	}
	return days, ""
}

// narrow makes digits and signs of full width those of half width.
func narrow(r rune) rune {
	switch {
	case r >= '０' && r <= '９':
		return r - '０' + '0'
	case r == '　' || r == '\u00a0':
		return ' '
	case r == '－':
		return '-'
	}
	return r
}

// atCommas splits a sentence at its commas, but for those in brackets.
func atCommas(sentence string) []string {
	depth := 0
	return strings.FieldsFunc(sentence, func(r rune) bool {
		switch r {
		case '（', '(':
			depth++
		case '）', ')':
			depth--
		}
		return depth <= 0 && (r == '，' || r == ',')
	})
}

func asRest(on []calendar.Date, name string, work bool) (days []restDay) {
	for _, d := range on {
		days = append(days, restDay{d, name, work})
	}
	return days
}

// daysIn reads all days of a text; rest is what else it says.
func (l lang) daysIn(text string, year int) (days []calendar.Date, rest, wrong string) {
	last, at := calendar.Date{Year: year}, 0
	var said strings.Builder
	for _, m := range daysWritten.FindAllStringSubmatchIndex(text, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return text[m[2*i]:m[2*i+1]]
		}
		said.WriteString(text[at:m[0]])
		at = m[1]
		from, wrong := l.dayOf(group(1), group(2), group(3)+group(4), group(5), last)
		if wrong != "" {
			return nil, "", wrong
		}
		to := from
		if day := group(8) + group(9); day != "" {
			if to, wrong = l.dayOf(group(6), group(7), day, group(10), from); wrong != "" {
				return nil, "", wrong
			}
		}
		if n := to.DaysSince(from); n < 0 || n >= longestRest {
			return nil, "", l.t("“"+strings.TrimSpace(text[m[0]:m[1]])+"”的起止日期有误", "“"+strings.TrimSpace(text[m[0]:m[1]])+"” does not end soon after it begins")
		}
		for d := from; !d.After(to); d = d.AddDays(1) {
			days = append(days, d)
		}
		last = to
	}
	return days, said.String() + text[at:], ""
}

// dayOf is a day as it is written; what is left out is that of the day before it in the text.
func (l lang) dayOf(year, month, day, brackets string, before calendar.Date) (calendar.Date, string) {
	d := before
	for _, part := range []struct {
		text string
		set  func(n int)
	}{
		{year, func(n int) { d.Year = n }},
		{month, func(n int) { d.Month = time.Month(n) }},
		{day, func(n int) { d.Day = n }},
	} {
		if part.text != "" {
			n, _ := strconv.Atoi(part.text) // up to four digits
			part.set(n)
		}
	}
	if d.Month == 0 {
		return d, l.t("“"+day+"”没有写月份", "“"+day+"” has no month")
	}
	if _, err := calendar.ParseDate(d.String()); err != nil {
		return d, l.t(fmt.Sprintf("没有%d年%d月%d日这一天", d.Year, int(d.Month), d.Day), "there is no day "+d.String())
	}
	if m := weekdayWritten.FindStringSubmatch(brackets); m != nil && !strings.HasSuffix(strings.Replace(weekdays[d.Weekday()], "天", "日", 1), strings.Replace(m[1], "天", "日", 1)) {
		is := weekdays[d.Weekday()]
		return d, l.t(fmt.Sprintf("%d年%d月%d日是%s，不是“%s”", d.Year, int(d.Month), d.Day, is, m[0]), fmt.Sprintf("%s is a %s, not “%s”", d, d.Weekday(), m[0]))
	}
	return d, ""
}
