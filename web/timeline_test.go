package web

import (
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

// Late is what the law calls so. 60 days from 3 August 2026 end in the holidays of National
// Day, on 2 October; by law on the 8th, the first working day after them.
func TestLateIsByLaw(t *testing.T) {
	moment := func(s string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	date := func(s string) calendar.Date { return calendar.DateOf(moment(s + " 00:00")) }
	handle := calendar.Due{Internal: date("2026-10-02"), Statutory: date("2026-10-08")}
	report := calendar.Due{Internal: date("2026-09-01"), Statutory: date("2026-09-01"), At: moment("2026-09-01 10:00")}
	for _, c := range []struct {
		due              calendar.Due
		at               string
		chinese, english string
		done             string
	}{
		{handle, "2026-10-02 23:59", "今天到期", "due today", "按期完成"},
		{handle, "2026-10-03 00:00", "超内部期限1天", "1 day past the internal date", "已办，超内部期限1天"},
		{handle, "2026-10-08 23:59", "超内部期限6天", "6 days past the internal date", "已办，超内部期限6天"},
		{handle, "2026-10-09 00:00", "逾期1天", "1 day late", "已办，逾期1天"},
		{handle, "2026-10-10 00:00", "逾期2天", "2 days late", "已办，逾期2天"},
		{report, "2026-09-01 09:59", "今天到期", "due today", "按期完成"},
		{report, "2026-09-01 10:00", "逾期1小时", "1 hour late", "已办，逾期1小时"},
		{report, "2026-09-01 11:00", "逾期2小时", "2 hours late", "已办，逾期2小时"},
		{report, "2026-09-02 10:30", "逾期25小时", "25 hours late", "已办，逾期25小时"},
	} {
		at := moment(c.at)
		today := calendar.DateOf(at)
		view := func(k casefile.Clock, now time.Time) clock {
			v := clock{InternalDue: k.Due.Internal, StatutoryDue: k.Due.Statutory, Lamp: k.Lamp(now), LateDays: k.LateDays(now), LateHours: k.LateHours(now)}
			if !k.MetAt.IsZero() {
				v.MetAt = &k.MetAt
			}
			return v
		}
		running := view(casefile.Clock{Due: c.due}, at)
		if got := chinese.stands(running, today); got != c.chinese {
			t.Errorf("%s: %s, want %s", c.at, got, c.chinese)
		}
		if got := english.stands(running, today); got != c.english {
			t.Errorf("%s: %s, want %s", c.at, got, c.english)
		}
		met := view(casefile.Clock{Due: c.due, MetAt: at}, at.AddDate(0, 1, 0))
		if got := (wording{lang: chinese}).state(met, today.AddDays(31)); got != c.done {
			t.Errorf("met at %s: %s, want %s", c.at, got, c.done)
		}
	}
}
