package notify_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/policy"
)

func entry() notify.Entry {
	return notify.Entry{
		Case: "c1", Clock: "HANDLE", Seq: 7, Changed: time.Date(2026, 9, 1, 16, 30, 0, 0, time.UTC), Number: "C-xf-2026-000001",
		About: policy.Text{Chinese: "劳动和社会保障", English: "labour"}, Unit: "县人社局; 甲, 乙", Name: policy.Text{Chinese: "办结", English: "settle"},
		Due: calendar.Date{Year: 2026, Month: time.December, Day: 31}, Lamp: casefile.Red, Link: "https://shuangze.example/cases/c1",
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	for _, l := range notify.Languages {
		urgent := entry() // a time limit in hours ends at an instant
		urgent.Clock, urgent.Name = "URGENT-REPORT", policy.Text{Chinese: "重大紧急事项报告", English: "report an urgent matter"}
		urgent.At = urgent.Due.At(17, 30)
		golden(t, string(l)+"-feed.ics", string(notify.Feed(l, []notify.Entry{entry(), urgent})))
	}
	day := notify.Entry{
		Case: "reception", Clock: "r1", Changed: entry().Changed, Name: policy.Text{Chinese: "领导接待日", English: "reception day"}, Unit: "县信访局", Place: "接待室; 一楼",
		About: policy.Text{Chinese: "定点接访", English: "at a fixed place"}, From: calendar.Date{Year: 2026, Month: time.December, Day: 15}.At(9, 0),
		Until: calendar.Date{Year: 2026, Month: time.December, Day: 15}.At(11, 30), Link: "https://shuangze.example/receptions/r1",
	}
	golden(t, "zh-reception.ics", string(notify.Feed(notify.Chinese, []notify.Entry{day})))
	if lines := unfold(t, notify.Feed(notify.English, []notify.Entry{day})); lines["DTSTART"] != "20261215T010000Z" || lines["DTEND"] != "20261215T033000Z" || lines["SUMMARY"] != "reception day" {
		t.Errorf("a reception day is %v", lines)
	}
	moved := entry()
	moved.Due, moved.Seq = moved.Due.AddDays(30), 8
	before, after := unfold(t, notify.Feed(notify.Chinese, []notify.Entry{entry()})), unfold(t, notify.Feed(notify.Chinese, []notify.Entry{moved}))
	if before["UID"] != after["UID"] || before["SEQUENCE"] == after["SEQUENCE"] || before["DTSTART;VALUE=DATE"] != "20261231" || after["DTEND;VALUE=DATE"] != "20270131" {
		t.Errorf("a moved entry: %v, before %v", after, before)
	}
}

// unfold reads lines as RFC 5545 has them: CRLF, at most 75 bytes, folded by a blank.
func unfold(t interface {
	Helper()
	Errorf(string, ...any)
}, raw []byte,
) map[string]string {
	t.Helper()
	if !bytes.HasSuffix(raw, []byte("END:VCALENDAR\r\n")) || strings.Contains(strings.ReplaceAll(string(raw), "\r\n", ""), "\n") {
		t.Errorf("lines don't end in CRLF: %q", raw)
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("%d bytes in %q", len(line), line)
		}
	}
	lines := map[string]string{}
	for line := range strings.SplitSeq(strings.ReplaceAll(string(raw), "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		lines[name] = value
	}
	return lines
}

// Whatever is in an entry comes out of a reader as it was.
func TestFeedFolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := entry()
		e.Name.Chinese = rapid.StringMatching(`[ -~一-龥，。；😀\n]{0,200}`).Draw(t, "name")
		e.Number = rapid.StringMatching(`[a-z0-9-]{1,60}`).Draw(t, "number")
		summary := unfold(t, notify.Feed(notify.Chinese, []notify.Entry{e}))["SUMMARY"]
		if got := strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n").Replace(summary); got != e.Name.Chinese+" · "+e.Number {
			t.Errorf("%q came out as %q", e.Name.Chinese+" · "+e.Number, got)
		}
	})
}
