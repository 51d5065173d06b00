package web

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shuangze/calendar"
)

// span writes days as first and last; the tests below read so.
func spans(days []restDay) string {
	var all []string
	for i, d := range days {
		if i > 0 && days[i-1].Work == d.Work && days[i-1].On.AddDays(1) == d.On {
			all[len(all)-1] = strings.Split(all[len(all)-1], "…")[0] + "…" + d.On.String()
			continue
		}
		kind := "off "
		if d.Work {
			kind = "work "
		}
		all = append(all, kind+d.Name+" "+d.On.String())
	}
	return strings.Join(all, "; ")
}

// Paragraphs as the State Council's notices have had them over the years, and what people type.
func TestRestDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		year int
		work bool
		line string
		want string
	}{
		{2021, false, "一、元旦：2021年1月1日至3日放假，共3天。", "off 元旦 2021-01-01…2021-01-03"},
		{2021, false, "二、春节：2月11日至17日放假调休，共7天。2月7日（星期日）、2月20日（星期六）上班。", "off 春节 2021-02-11…2021-02-17; work 春节 2021-02-07; work 春节 2021-02-20"},
		{2023, false, "一、元旦：2022年12月31日至2023年1月2日放假调休，共3天。", "off 元旦 2022-12-31…2023-01-02"},
		{2024, false, "一、元旦：1月1日放假，与周末连休。", "off 元旦 2024-01-01"},
		{2024, false, "二、春节：2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息。", "off 春节 2024-02-10…2024-02-17; work 春节 2024-02-04; work 春节 2024-02-18"},
		{2025, false, "一、元旦：1月1日（周三）放假1天，不调休。", "off 元旦 2025-01-01"},
		{2025, false, "二、春节：1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。1月26日（周日）、2月8日（周六）上班。", "off 春节 2025-01-28…2025-02-04; work 春节 2025-01-26; work 春节 2025-02-08"},
		{2025, false, "六、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。", "off 国庆节、中秋节 2025-10-01…2025-10-08; work 国庆节、中秋节 2025-09-28; work 国庆节、中秋节 2025-10-11"},
		{2027, false, "1、元旦：１月１日（周五）至３日（周日）放假调休，共３天。", "off 元旦 2027-01-01…2027-01-03"},
		{2027, false, "（一）元旦: 1月1日(周五)放假1天，1月2日、3日放假。", "off 元旦 2027-01-01…2027-01-03"},
		{2027, false, "1月1日至3日 元旦", "off 元旦 2027-01-01…2027-01-03"},
		{2027, false, "1月1日元旦", "off 元旦 2027-01-01"},
		{2027, false, "元旦：1月1日、2日、3日", "off 元旦 2027-01-01…2027-01-03"},
		{2027, false, "2027-02-05 至 2027-02-11 春节", "off 春节 2027-02-05…2027-02-11"},
		{2027, false, "10月1日-7日 国庆节", "off 国庆节 2027-10-01…2027-10-07"},
		{2027, true, "2月14日（周日）、2月20日（周六） 春节", "work 春节 2027-02-14; work 春节 2027-02-20"},
		{2027, true, "2027年2月14日 春节", "work 春节 2027-02-14"},
	} {
		days, wrong := chinese.restDays(c.line, c.year, c.work)
		if got := spans(days); got != c.want || wrong != "" {
			t.Errorf("%s: %s %s, want %s", c.line, got, wrong, c.want)
		}
	}
}

// What a line gets wrong is said in the words of the line.
func TestRestDaysThatAreWrong(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"元旦放假":          "没有写明是什么节日",
		"元旦":            "应写作“日期 名称”",
		"1月1日至3日":       "应写作“日期 名称”",
		"1月1日至3日 元旦 2月": "应写作",
		"2月":            "应写作",
		"3日 元旦":         "没有写月份",
		"2月30日 春节":      "没有2027年2月30日这一天",
		"1月3日至1日 元旦":    "“1月3日至1日”的起止日期有误",
		"元旦：1月1日（周四）至3日（周日）放假调休，共3天。":    "2027年1月1日是周五，不是“周四”",
		"元旦：1月1日至3日放假调休，共4天。":            "写明共4天，列出的是3天",
		"元旦：1月1日放假2天。":                   "写明放假2天，列出的是1天",
		"元旦：1月1日至3日放假。1月4日。":             "“1月4日”没有写明是放假还是上班",
		"元旦：其中1月1日放假。":                   "读不懂“其中1月1日放假”",
		"元旦：放假。":                         "读不懂“放假”",
		"春节：2月5日至11日放假，共7天。2月14日（周六）上班。": "2027年2月14日是周日，不是“周六”",
	} {
		if days, wrong := chinese.restDays(line, 2027, false); !strings.Contains(wrong, want) || len(days) > 0 && wrong != "" && strings.HasPrefix(line, "元旦：") {
			t.Errorf("%s: %q, want %q", line, wrong, want)
		}
		if _, wrong := english.restDays(line, 2027, false); wrong == "" || wrong == want {
			t.Errorf("%s in English: %q", line, wrong)
		}
	}
}

// Whatever stretch is written in the notice's way is read as it was meant; nothing typed
// makes it fail.
func TestRestDaysAtRandom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := calendar.Date{Year: 2027, Month: 1, Day: 1}.AddDays(rapid.IntRange(0, 330).Draw(t, "from"))
		to := from.AddDays(rapid.IntRange(0, 9).Draw(t, "days"))
		weekday := func(d calendar.Date) string { return "（" + weekdays[d.Weekday()] + "）" }
		last := fmt.Sprintf("%d日", to.Day)
		if to.Month != from.Month || rapid.Bool().Draw(t, "month") {
			last = fmt.Sprintf("%d月%d日", int(to.Month), to.Day)
		}
		line := fmt.Sprintf("三、清明节：%d月%d日%s至%s%s放假调休，共%d天。", int(from.Month), from.Day, weekday(from), last, weekday(to), to.DaysSince(from)+1)
		days, wrong := chinese.restDays(line, 2027, false)
		if wrong != "" || len(days) != to.DaysSince(from)+1 || days[0].On != from || days[len(days)-1].On != to || days[0].Name != "清明节" || days[0].Work {
			t.Fatalf("%s: %v %s", line, days, wrong)
		}
		noise := rapid.StringOf(rapid.SampledFrom([]rune("一、：1234567890年月日至放假上班共天，。（）周 -x"))).Draw(t, "noise")
		if days, wrong := chinese.restDays(noise, 2027, false); len(days) == 0 && wrong == "" && !strings.Contains(noise, "放假") && !strings.Contains(noise, "上班") {
			t.Fatalf("%q says nothing", noise)
		}
	})
}
