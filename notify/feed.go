package notify

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// Entry is a day, or an instant, in a calendar feed at which a case's clock is due, or a
// reception day.
type Entry struct {
	Case, Clock string // ids; together they are one entry, wherever its day moves
	Seq         int64  // of the case, which counts the changes
	Changed     time.Time
	Number      string
	About       policy.Text
	Unit        string
	Name        policy.Text // the clock's
	Due         calendar.Date
	At          time.Time // the instant, of a clock in hours; zero: the day
	Lamp        casefile.Lamp
	Link        string
	// From and Until are of what has its hours, a reception day, which has Place and
	// no Number; both zero of a whole day.
	From, Until time.Time
	Place       string
}

// Feed writes entries as a calendar that any program can subscribe to (RFC 5545). The
// same entries give the same bytes: nothing in it is of now.
func Feed(l Language, entries []Entry) []byte {
	var f feed
	f.line("BEGIN", "VCALENDAR")
	f.line("VERSION", "2.0")
	f.line("PRODID", "-//Shuangze//"+l.Of(policy.Text{Chinese: "信访督办//ZH", English: "Petition supervision//EN"}))
	f.line("CALSCALE", "GREGORIAN")
	f.line("METHOD", "PUBLISH")
	f.line("X-WR-CALNAME", escape(l.Of(policy.Text{Chinese: "信访督办期限", English: "Petition deadlines"})))
	f.line("X-WR-TIMEZONE", "Asia/Shanghai")
	f.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	for _, e := range entries {
		f.line("BEGIN", "VEVENT")
		f.line("UID", escape(e.Case+"/"+e.Clock+"@shuangze"))
		f.line("DTSTAMP", stamp(e.Changed))
		f.line("LAST-MODIFIED", stamp(e.Changed))
		f.line("SEQUENCE", strconv.FormatInt(e.Seq, 10))
		switch {
		case !e.From.IsZero():
			f.line("DTSTART", stamp(e.From))
			f.line("DTEND", stamp(e.Until))
		case !e.At.IsZero():
			f.line("DTSTART", stamp(e.At)) // and ends with it
		default:
			// A whole day, wherever the reader is; the end is the day after.
			f.line("DTSTART;VALUE=DATE", basic(e.Due))
			f.line("DTEND;VALUE=DATE", basic(e.Due.AddDays(1)))
		}
		if e.From.IsZero() {
			f.line("SUMMARY", escape(l.Of(e.Name)+" · "+e.Number))
			f.line("DESCRIPTION", escape(l.Of(e.About)+"\n"+e.Unit+"\n"+l.Of(e.Lamp.Name())))
		} else {
			f.line("SUMMARY", escape(l.Of(e.Name)))
			f.line("LOCATION", escape(e.Place))
			f.line("DESCRIPTION", escape(l.Of(e.About)+"\n"+e.Unit))
		}
		if e.Link != "" {
			f.line("URL", e.Link)
		}
		if e.From.IsZero() {
			f.line("TRANSP", "TRANSPARENT")
		}
		f.line("END", "VEVENT")
	}
	f.line("END", "VCALENDAR")
	return []byte(f.String())
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

func basic(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func escape(s string) string { return escaper.Replace(s) }

type feed struct{ strings.Builder }

// maxLine is how long a line may be, in bytes without its end.
const maxLine = 75

// line writes a content line, folded between characters where it is too long.
func (f *feed) line(name, value string) {
	rest, room := name+":"+value, maxLine
	for len(rest) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(rest[cut]) {
			cut--
		}
		f.WriteString(rest[:cut])
		f.WriteString("\r\n ")
		rest, room = rest[cut:], maxLine-1 // the blank counts
	}
	f.WriteString(rest)
	f.WriteString("\r\n")
}
