package calendar_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
)

func TestDue(t *testing.T) {
	const cd, wd, month = calendar.CalendarDay, calendar.WorkingDay, calendar.Month
	for _, test := range []struct {
		name                string
		from                string
		n                   int
		unit                calendar.Unit
		internal, statutory string
		provisional         bool
	}{
		// The golden vectors; 2023 is not an embedded year.
		{"sixty days", "2023-10-01", 60, cd, "2023-11-30", "2023-11-30", true},
		{"ends in the Spring Festival", "2026-02-03", 15, cd, "2026-02-18", "2026-02-24", false},
		{"ends on a make-up Saturday", "2026-01-30", 15, cd, "2026-02-14", "2026-02-14", false},
		{"over a make-up Saturday and the Spring Festival", "2026-02-12", 5, wd, "2026-02-26", "2026-02-26", false},
		{"over two holidays", "2026-09-24", 5, wd, "2026-10-09", "2026-10-09", false},
		{"over Labour Day", "2026-04-30", 3, wd, "2026-05-08", "2026-05-08", false},

		{"ends on a weekend", "2026-03-06", 15, cd, "2026-03-21", "2026-03-23", false},
		{"rolls onto a make-up Sunday", "2026-09-04", 15, cd, "2026-09-19", "2026-09-20", false},
		{"starts on a rest day", "2026-10-03", 1, wd, "2026-10-08", "2026-10-08", false},
		{"make-up day is the next working day", "2026-02-13", 1, wd, "2026-02-14", "2026-02-14", false},
		{"one calendar day", "2026-03-02", 1, cd, "2026-03-03", "2026-03-03", false},
		{"leap day", "2024-02-14", 15, cd, "2024-02-29", "2024-02-29", false},

		{"last settled December day", "2026-12-03", 15, cd, "2026-12-18", "2026-12-18", false},
		{"rolls into late December", "2026-12-05", 15, cd, "2026-12-20", "2026-12-21", true},
		{"late December", "2026-12-07", 15, cd, "2026-12-22", "2026-12-22", true},
		{"late December, next year loaded", "2025-12-07", 15, cd, "2025-12-22", "2025-12-22", false},
		{"late December on the way does not matter to calendar days", "2025-12-01", 60, cd, "2026-01-30", "2026-01-30", false},
		{"into the next year", "2026-11-23", 60, cd, "2027-01-22", "2027-01-22", true},
		{"onto New Year 2027", "2026-12-17", 15, cd, "2027-01-01", "2027-01-04", true},
		{"working days up to 18 December", "2026-12-11", 5, wd, "2026-12-18", "2026-12-18", false},
		{"working days past 20 December", "2026-12-11", 6, wd, "2026-12-21", "2026-12-21", true},
		{"out of an unloaded year", "2023-12-29", 3, wd, "2024-01-04", "2024-01-04", true},
		{"calendar days out of an unloaded year", "2023-12-29", 6, cd, "2024-01-04", "2024-01-04", false},

		// 民法典202.
		{"two months", "2026-03-10", 2, month, "2026-05-10", "2026-05-11", false},
		{"two months, make-up Saturday", "2026-03-09", 2, month, "2026-05-09", "2026-05-09", false},
		{"no corresponding day", "2026-12-31", 2, month, "2027-02-28", "2027-03-01", true},
		{"no corresponding day, leap year", "2023-12-31", 2, month, "2024-02-29", "2024-02-29", false},
		{"from a leap day", "2024-02-29", 12, month, "2025-02-28", "2025-02-28", false},
		{"from the last of a short month", "2025-02-28", 2, month, "2025-04-28", "2025-04-28", false},
		{"one month into a holiday", "2026-09-02", 1, month, "2026-10-02", "2026-10-08", false},
		{"no months", "2026-02-15", 0, month, "2026-02-15", "2026-02-24", false},

		{"no days, working day", "2026-02-11", 0, cd, "2026-02-11", "2026-02-11", false},
		{"no days, rest day", "2026-02-15", 0, cd, "2026-02-15", "2026-02-24", false},
		{"no working days, rest day", "2026-02-15", 0, wd, "2026-02-24", "2026-02-24", false},
		{"no working days, working day", "2026-02-11", 0, wd, "2026-02-11", "2026-02-11", false},
		{"negative counts as none", "2026-02-11", -5, wd, "2026-02-11", "2026-02-11", false},
		{"unknown unit counts calendar days", "2026-02-03", 15, "fortnight", "2026-02-18", "2026-02-24", false},
		{"too long is cut", "2026-01-01", 1 << 40, cd, "2036-01-09", "2036-01-09", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := calendar.Default()
			want := calendar.Due{
				Internal: date(test.internal), Statutory: date(test.statutory),
				Provisional: test.provisional, Calendar: c.Version(),
			}
			if got := c.Due(date(test.from), test.n, test.unit); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	none := calendar.Due{Calendar: calendar.Default().Version()}
	for _, unit := range []calendar.Unit{cd, wd} {
		if got := calendar.Default().Due(calendar.Date{}, 15, unit); got != none {
			t.Errorf("from none: %+v", got)
		}
	}
}

func TestHours(t *testing.T) {
	c := calendar.Default()
	for _, test := range []struct {
		name, from string
		n          int
		day, ends  string
	}{
		{"within a day", "2026-11-24T15:30:00+08:00", 2, "2026-11-24", "2026-11-24T09:30:00Z"},
		{"over midnight", "2026-11-24T23:10:00+08:00", 2, "2026-11-25", "2026-11-24T17:10:00Z"},
		{"up to midnight is the day that ends then", "2026-11-24T22:00:00+08:00", 2, "2026-11-24", "2026-11-24T16:00:00Z"},
		{"over a holiday", "2026-09-30T18:00:00+08:00", 48, "2026-10-02", "2026-10-02T10:00:00Z"},
		{"from elsewhere", "2026-11-24T00:30:00-05:00", 1, "2026-11-24", "2026-11-24T06:30:00Z"},
		{"over the end of a leap February", "2024-02-29T23:59:59+08:00", 1, "2024-03-01", "2024-02-29T16:59:59Z"},
		{"no hours", "2026-11-24T15:30:00+08:00", 0, "2026-11-24", "2026-11-24T07:30:00Z"},
	} {
		from, err := time.Parse(time.RFC3339, test.from)
		if err != nil {
			t.Fatal(err)
		}
		due := c.End(from, calendar.Period{Length: test.n, Unit: calendar.Hour, More: 3})
		if due.Internal != date(test.day) || due.Statutory != date(test.day) || due.At.Format(time.RFC3339) != test.ends || due.Provisional {
			t.Errorf("%s: %+v, want %s at %s", test.name, due, test.day, test.ends)
		}
		if !due.InternalEnd().Equal(due.At) || !due.StatutoryEnd().Equal(due.At) {
			t.Errorf("%s: ends %v and %v", test.name, due.InternalEnd(), due.StatutoryEnd())
		}
	}
	if due := c.End(time.Time{}, calendar.Period{Length: 2, Unit: calendar.Hour}); !due.IsZero() || !due.InternalEnd().IsZero() {
		t.Errorf("from none: %+v", due)
	}
}

// What an extension or a suspension adds comes after the months, and is rolled with them.
func TestMore(t *testing.T) {
	for _, test := range []struct {
		from                string
		p                   calendar.Period
		internal, statutory string
	}{
		{"2026-12-31", calendar.Period{Length: 2, Unit: calendar.Month, More: 30}, "2027-03-30", "2027-03-30"},
		{"2026-07-02", calendar.Period{Length: 2, Unit: calendar.Month, More: 30}, "2026-10-02", "2026-10-08"},
		{"2026-02-12", calendar.Period{Length: 3, Unit: calendar.WorkingDay, More: 2}, "2026-02-26", "2026-02-26"},
		{"2026-01-31", calendar.Period{Length: 10, Unit: calendar.CalendarDay, More: 5}, "2026-02-15", "2026-02-24"},
	} {
		if due := calendar.Default().End(date(test.from).At(17, 0), test.p); due.Internal != date(test.internal) || due.Statutory != date(test.statutory) {
			t.Errorf("%s, %+v: %+v", test.from, test.p, due)
		}
	}
}

func TestDueText(t *testing.T) {
	c := calendar.Default()
	days, hours := c.Due(date("2026-02-03"), 15, calendar.CalendarDay), c.End(date("2026-02-03").At(9, 5), calendar.Period{Length: 2, Unit: calendar.Hour})
	if days.String() != "2026-02-24" || hours.String() != "2026-02-03 11:05" {
		t.Errorf("%s, %s", days, hours)
	}
	b, err := json.Marshal(days)
	if err != nil || strings.Contains(string(b), `"at"`) {
		t.Errorf("days: %s, %v", b, err) // as they have always been recorded
	}
	var back calendar.Due
	if b, err = json.Marshal(hours); err != nil || json.Unmarshal(b, &back) != nil || !back.Equal(hours) || back.Equal(days) {
		t.Errorf("hours: %s, %v, %+v", b, err, back)
	}
}

func TestAddWorkingDays(t *testing.T) {
	for _, test := range []struct {
		from        string
		n           int
		want        string
		provisional bool
	}{
		{"2026-10-03", 0, "2026-10-03", false},
		{"2026-10-09", -7, "2026-09-22", false},
		{"2026-02-26", -5, "2026-02-12", false},
		{"2026-03-02", -1, "2026-02-28", false},
		{"2026-03-01", -1, "2026-02-28", false},
		{"2026-12-21", -1, "2026-12-18", false},
		{"2027-01-04", -1, "2026-12-31", true},
		{"2024-01-02", -1, "2023-12-29", true},
	} {
		if got, provisional := calendar.Default().AddWorkingDays(date(test.from), test.n); got != date(test.want) || provisional != test.provisional {
			t.Errorf("%s %+d: %v, %v, want %s, %v", test.from, test.n, got, provisional, test.want, test.provisional)
		}
	}
	if got, _ := calendar.Default().AddWorkingDays(calendar.Date{}, 5); !got.IsZero() {
		t.Errorf("from none: %v", got)
	}
}

func TestYear2026(t *testing.T) {
	c := calendar.Default()
	work := 0
	var makeUp []string
	for d := date("2026-01-01"); d.Year == 2026; d = d.AddDays(1) {
		if c.Day(d).Work {
			work++
		}
		if c.Day(d).Kind == calendar.KindMakeUp {
			makeUp = append(makeUp, d.String())
		}
	}
	if work != 248 {
		t.Errorf("%d working days, want 248", work)
	}
	want := []string{"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}
	if diff := cmp.Diff(want, makeUp); diff != "" {
		t.Errorf("make-up days (-want +got):\n%s", diff)
	}
}

func TestDay(t *testing.T) {
	for _, want := range []calendar.Day{
		{Date: date("2026-11-23"), Work: true, Kind: calendar.KindWorkday},
		{Date: date("2026-11-22"), Kind: calendar.KindWeekend},
		{Date: date("2026-10-05"), Kind: calendar.KindHoliday, Name: "国庆节"},
		{Date: date("2026-10-04"), Kind: calendar.KindHoliday, Name: "国庆节"},
		{Date: date("2026-10-10"), Work: true, Kind: calendar.KindMakeUp, Name: "国庆节"},
		{Date: date("2026-12-20"), Kind: calendar.KindWeekend},
		{Date: date("2026-12-21"), Work: true, Kind: calendar.KindWorkday, Provisional: true},
		{Date: date("2025-12-31"), Work: true, Kind: calendar.KindWorkday},
		{Date: date("2027-01-01"), Kind: calendar.KindHoliday, Name: "元旦", Provisional: true},
		{Date: date("2027-05-02"), Kind: calendar.KindHoliday, Name: "劳动节", Provisional: true},
		{Date: date("2027-05-03"), Work: true, Kind: calendar.KindWorkday, Provisional: true},
		{Date: date("2027-10-03"), Kind: calendar.KindHoliday, Name: "国庆节", Provisional: true},
		{Date: date("2027-10-09"), Kind: calendar.KindWeekend, Provisional: true},
		{},
	} {
		if got := calendar.Default().Day(want.Date); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	due := calendar.Default().Due(date("2026-11-23"), 60, calendar.CalendarDay)
	due.Calendar = "v"
	text, err := json.Marshal(due)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"internal":"2027-01-22","statutory":"2027-01-22","provisional":true,"calendar":"v"}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}

	explanation := calendar.Default().Explain(date("2026-02-12"), 5, calendar.WorkingDay)
	text, err = json.Marshal(explanation)
	if err != nil {
		t.Fatal(err)
	}
	var back calendar.Explanation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(explanation, back); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
}

func TestExplain(t *testing.T) {
	const cd, wd = calendar.CalendarDay, calendar.WorkingDay
	const start, startEN = "（开始的当日不计入，参照《民法典》第二百零一条），", " (the start day is not counted: Civil Code, art. 201, by analogy), "
	for _, test := range []struct {
		name             string
		from             string
		n                int
		unit             calendar.Unit
		chinese, english string
	}{
		{
			"rolled", "2026-02-03", 15, cd,
			"自2026年2月3日（周二）的次日起算15日" + start + "期限届满日为2026年2月18日（周三），适逢春节假期，" +
				"参照《民法典》第二百零三条顺延至休息日结束后的第一个工作日2026年2月24日（周二）；" +
				"顺延跳过2026年2月18日（周三）至2月23日（周一）春节假期6天。法定期限：2026年2月24日（周二）；内部期限：2026年2月18日（周三）。",
			"Counting 15 calendar days from the day after 2026-02-03 (Tue)" + startEN + "the period ends on 2026-02-18 (Wed), " +
				"a rest day (Spring Festival), and rolls forward to the first working day after it, 2026-02-24 (Tue) (art. 203, by analogy). " +
				"Rest days passed over: 2026-02-18 (Wed) to 2026-02-23 (Mon), Spring Festival, 6 days. " +
				"Statutory due date: 2026-02-24 (Tue); internal due date: 2026-02-18 (Wed).",
		},
		{
			"make-up day", "2026-01-30", 15, cd,
			"自2026年1月30日（周五）的次日起算15日" + start + "期限届满日为2026年2月14日（周六），该日为春节调休上班日，计为工作日，不顺延。" +
				"法定期限、内部期限均为2026年2月14日（周六）。",
			"Counting 15 calendar days from the day after 2026-01-30 (Fri)" + startEN + "the period ends on 2026-02-14 (Sat), " +
				"a make-up working day for Spring Festival, so it does not roll. Statutory and internal due date: 2026-02-14 (Sat).",
		},
		{
			"rolled onto a make-up day", "2026-09-04", 15, cd,
			"自2026年9月4日（周五）的次日起算15日" + start + "期限届满日为2026年9月19日（周六），适逢周末，" +
				"参照《民法典》第二百零三条顺延至休息日结束后的第一个工作日2026年9月20日（周日），该日为国庆节调休上班日；" +
				"顺延跳过2026年9月19日（周六）周末1天。法定期限：2026年9月20日（周日）；内部期限：2026年9月19日（周六）。",
			"Counting 15 calendar days from the day after 2026-09-04 (Fri)" + startEN + "the period ends on 2026-09-19 (Sat), " +
				"a rest day (weekend), and rolls forward to the first working day after it, 2026-09-20 (Sun), a make-up working day for National Day " +
				"(art. 203, by analogy). Rest days passed over: 2026-09-19 (Sat), weekend, 1 day. " +
				"Statutory due date: 2026-09-20 (Sun); internal due date: 2026-09-19 (Sat).",
		},
		{
			"holiday joined to a weekend", "2024-05-25", 14, cd,
			"自2024年5月25日（周六）的次日起算14日" + start + "期限届满日为2024年6月8日（周六），适逢周末，" +
				"参照《民法典》第二百零三条顺延至休息日结束后的第一个工作日2024年6月11日（周二）；" +
				"顺延跳过2024年6月8日（周六）至6月10日（周一）端午节假期及周末3天。法定期限：2024年6月11日（周二）；内部期限：2024年6月8日（周六）。",
			"Counting 14 calendar days from the day after 2024-05-25 (Sat)" + startEN + "the period ends on 2024-06-08 (Sat), " +
				"a rest day (weekend), and rolls forward to the first working day after it, 2024-06-11 (Tue) (art. 203, by analogy). " +
				"Rest days passed over: 2024-06-08 (Sat) to 2024-06-10 (Mon), Dragon Boat Festival and weekend, 3 days. " +
				"Statutory due date: 2024-06-11 (Tue); internal due date: 2024-06-08 (Sat).",
		},
		{
			"working days", "2026-02-12", 5, wd,
			"自2026年2月12日（周四）的次日起算5个工作日" + start + "第5个工作日为2026年2月26日（周四）。" +
				"其间的休息日不计：2026年2月15日（周日）至2月23日（周一）春节假期9天。调休上班日计为工作日：2026年2月14日（周六）春节调休。" +
				"法定期限、内部期限均为2026年2月26日（周四）。",
			"Counting 5 working days from the day after 2026-02-12 (Thu)" + startEN + "working day 5 is 2026-02-26 (Thu). " +
				"Rest days not counted: 2026-02-15 (Sun) to 2026-02-23 (Mon), Spring Festival, 9 days. " +
				"Make-up working days counted: 2026-02-14 (Sat) for Spring Festival. Statutory and internal due date: 2026-02-26 (Thu).",
		},
		{
			"weekends in one number, provisional, late December", "2026-11-23", 30, wd,
			"自2026年11月23日（周一）的次日起算30个工作日" + start + "第30个工作日为2027年1月5日（周二）。" +
				"其间的休息日不计：2027年1月1日（周五）至1月3日（周日）元旦假期及周末3天、其他周末共10天。" +
				"法定期限、内部期限均为2027年1月5日（周二）。" +
				"以上日期为暂定：2027年放假安排尚未公布或尚未载入，该安排还可能调整2026年12月21日起的上班日，载入后重新计算。",
			"Counting 30 working days from the day after 2026-11-23 (Mon)" + startEN + "working day 30 is 2027-01-05 (Tue). " +
				"Rest days not counted: 2027-01-01 (Fri) to 2027-01-03 (Sun), New Year's Day and weekend, 3 days; 10 other weekend days. " +
				"Statutory and internal due date: 2027-01-05 (Tue). " +
				"Provisional: no holiday list of 2027 has been published or loaded; it can still change days from 2026-12-21 on. " +
				"The dates are computed again when it is loaded.",
		},
		{
			"provisional", "2026-11-23", 60, cd,
			"自2026年11月23日（周一）的次日起算60日" + start + "期限届满日为2027年1月22日（周五），是工作日，不顺延。" +
				"法定期限、内部期限均为2027年1月22日（周五）。以上日期为暂定：2027年放假安排尚未公布或尚未载入，载入后重新计算。",
			"Counting 60 calendar days from the day after 2026-11-23 (Mon)" + startEN + "the period ends on 2027-01-22 (Fri), a working day, so it does not roll. " +
				"Statutory and internal due date: 2027-01-22 (Fri). Provisional: no holiday list of 2027 has been published or loaded. " +
				"The dates are computed again when it is loaded.",
		},
		{
			"months", "2026-09-02", 1, calendar.Month,
			"自2026年9月2日（周三）的次日起算1个月" + start + "到期月的对应日为2026年10月2日（周五）（参照《民法典》第二百零二条），适逢国庆节假期，" +
				"参照《民法典》第二百零三条顺延至休息日结束后的第一个工作日2026年10月8日（周四）；" +
				"顺延跳过2026年10月2日（周五）至10月7日（周三）国庆节假期6天。法定期限：2026年10月8日（周四）；内部期限：2026年10月2日（周五）。",
			"Counting 1 month from the day after 2026-09-02 (Wed)" + startEN + "the period ends on the corresponding day, 2026-10-02 (Fri) (art. 202, by analogy), " +
				"a rest day (National Day), and rolls forward to the first working day after it, 2026-10-08 (Thu) (art. 203, by analogy). " +
				"Rest days passed over: 2026-10-02 (Fri) to 2026-10-07 (Wed), National Day, 6 days. " +
				"Statutory due date: 2026-10-08 (Thu); internal due date: 2026-10-02 (Fri).",
		},
		{
			"months without the corresponding day", "2025-12-31", 4, calendar.Month,
			"自2025年12月31日（周三）的次日起算4个月" + start + "到期月没有对应日，以月末日2026年4月30日（周四）为最后一日（参照《民法典》第二百零二条），是工作日，不顺延。" +
				"法定期限、内部期限均为2026年4月30日（周四）。",
			"Counting 4 months from the day after 2025-12-31 (Wed)" + startEN + "the period ends on the last day of its month, which has no corresponding day, " +
				"2026-04-30 (Thu) (art. 202, by analogy), a working day, so it does not roll. Statutory and internal due date: 2026-04-30 (Thu).",
		},
		{
			"hours", "2026-11-24", 30, calendar.Hour,
			"自2026年11月24日（周二）00:00起算30小时（参照《民法典》第二百零一条第二款），连续计算，不扣除休息日和非工作时间，至2026年11月25日（周三）06:00届满，不顺延。",
			"A period of 30 hours from 2026-11-24 (Tue) 00:00 (Civil Code, art. 201(2), by analogy) runs on without regard to rest days and office hours " +
				"and ends at 2026-11-25 (Wed) 06:00; it does not roll.",
		},
		{
			"only weekends", "2026-06-22", 20, wd,
			"自2026年6月22日（周一）的次日起算20个工作日" + start + "第20个工作日为2026年7月20日（周一）。" +
				"其间的休息日不计：周末共8天。法定期限、内部期限均为2026年7月20日（周一）。",
			"Counting 20 working days from the day after 2026-06-22 (Mon)" + startEN + "working day 20 is 2026-07-20 (Mon). " +
				"Rest days not counted: 8 weekend days. Statutory and internal due date: 2026-07-20 (Mon).",
		},
		{
			"a past year", "2022-12-01", 1, wd,
			"自2022年12月1日（周四）的次日起算1个工作日" + start + "第1个工作日为2022年12月2日（周五）。" +
				"法定期限、内部期限均为2022年12月2日（周五）。以上日期为暂定：2022年放假安排未载入，载入后重新计算。",
			"Counting 1 working day from the day after 2022-12-01 (Thu)" + startEN + "working day 1 is 2022-12-02 (Fri). " +
				"Statutory and internal due date: 2022-12-02 (Fri). Provisional: no holiday list of 2022 is loaded. The dates are computed again when it is loaded.",
		},
		{
			"no days", "2026-02-11", 0, cd,
			"期限为0日，自2026年2月11日（周三）起算，当日即届满，是工作日，不顺延。法定期限、内部期限均为2026年2月11日（周三）。",
			"A period of 0 calendar days from 2026-02-11 (Wed) ends on the same day, a working day, so it does not roll. Statutory and internal due date: 2026-02-11 (Wed).",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := calendar.Default().Explain(date(test.from), test.n, test.unit)
			if diff := cmp.Diff(test.chinese, x.Chinese); diff != "" {
				t.Errorf("Chinese (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.english, x.English); diff != "" {
				t.Errorf("English (-want +got):\n%s", diff)
			}
		})
	}
	extended := calendar.Default().ExplainEnd(date("2026-07-02").Start(), calendar.Period{Length: 2, Unit: calendar.Month, More: 29})
	if !strings.Contains(extended.Chinese, "另加延长或中止的29日，至2026年10月1日（周四），适逢国庆节假期") ||
		!strings.Contains(extended.English, "with the 29 days of an extension or a suspension, on 2026-10-01 (Thu), a rest day") {
		t.Errorf("more days: %s %s", extended.Chinese, extended.English)
	}
	if x := calendar.Default().Explain(calendar.Date{}, 5, wd); x.Chinese == "" || x.English == "" || len(x.Skipped) != 0 {
		t.Errorf("from none: %+v", x)
	}
	if x := calendar.Default().Explain(date("2026-01-01"), 1<<40, "?"); x.Length != calendar.MaxLength || x.Unit != cd || x.Due.Internal.DaysSince(x.From) != x.Length {
		t.Errorf("an absurd request: %+v", x)
	}
}

func TestDefault(t *testing.T) {
	c := calendar.Default()
	if diff := cmp.Diff([]int{2024, 2025, 2026}, c.Years()); diff != "" {
		t.Error(diff)
	}
	if v := c.Version(); !strings.HasPrefix(v, "2024-2026-") || len(v) != 16 {
		t.Errorf("version %q", v)
	}
	for year, number := range map[int]string{2024: "国办发明电〔2023〕7号", 2025: "国办发明电〔2024〕12号", 2026: "国办发明电〔2025〕7号", 2027: ""} {
		if source := c.Source(year); !strings.Contains(source, number) || (source == "") != (number == "") {
			t.Errorf("source of %d: %q", year, source)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	want := calendar.Default().Explain(date("2026-02-12"), 60, calendar.WorkingDay)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := calendar.Default()
			for range 50 {
				if diff := cmp.Diff(want, c.Explain(date("2026-02-12"), 60, calendar.WorkingDay)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkDay(b *testing.B) {
	c, d := calendar.Default(), date("2026-10-05")
	for b.Loop() {
		c.Day(d)
	}
}

func BenchmarkDue(b *testing.B) {
	c, d := calendar.Default(), date("2026-02-03")
	for _, unit := range []calendar.Unit{calendar.CalendarDay, calendar.WorkingDay} {
		b.Run(string(unit), func(b *testing.B) {
			for b.Loop() {
				c.Due(d, 15, unit)
			}
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	c, d := calendar.Default(), date("2026-02-03")
	for b.Loop() {
		c.Explain(d, 60, calendar.WorkingDay)
	}
}

func TestUnitValid(t *testing.T) {
	for unit, want := range map[calendar.Unit]bool{"calendar_day": true, "working_day": true, "month": true, "hour": true, "": false, "day": false, "Working_Day": false} {
		if unit.Valid() != want {
			t.Errorf("%q: %v", unit, !want)
		}
	}
}
