package casefile_test

import (
	"testing"

	"pgregory.net/rapid"

	"shuangze/calendar"
	. "shuangze/casefile"
)

// Of a statute's clocks only the recheck's stands still, and only for a hearing; it then
// goes on with the days it had left, by itself on the last day of the suspension.
func TestArticle36HearingSuspendsTheRecheck(t *testing.T) {
	d := newDesk(t).reach("rechecking") // asked on 1 September
	d.at("2026-09-05 15:00").moves("supervisor suspend")
	if d.clock("RECHECK-DO").SuspendedSince.IsZero() || !d.clock("SUSPENSION").Running() {
		t.Fatalf("%s", show(d.c.Clocks))
	}
	if d.c.Lamp(moment("2027-05-01 10:00")) == Green {
		t.Error("the suspension itself is not watched")
	}
	d.until("2026-09-26 09:00")
	d.want("RECHECK-DO", "2026-09-01", "2026-10-21", "2026-10-21") // 30 days and 20
	last := d.events[len(d.events)-1]
	if last.Kind != EventResumed || clock(last.At) != "2026-09-25 08:30" || d.c.Suspension != nil {
		t.Errorf("%s at %s", last.Kind, clock(last.At))
	}
	if len(d.c.Late) != 0 {
		t.Errorf("a suspension that ran out is nobody's lateness: %s", show(d.c.Late))
	}
	d.moves("supervisor suspend").at("2026-09-28 10:00").moves("supervisor resume")
	d.want("RECHECK-DO", "2026-09-01", "2026-10-23", "2026-10-23") // two days more
}

func TestSuspensionRefused(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	d.refuse("officer", d.command(Suspend), "nothing_to_suspend") // HANDLE is the statute's
	d = newDesk(t).reach("supervised")
	for want, change := range map[string]func(*Command){
		"reason not_in_list":      func(c *Command) { c.Reason = "rain" },
		"reason not_the_case":     func(c *Command) { c.Reason = "hearing" },
		"days out_of_range":       func(c *Command) { c.Days = 61 },
		"decided_by not_entitled": func(c *Command) { c.DecidedBy = "other-head" },
		"decided_by required":     func(c *Command) { c.DecidedBy = "" },
		"decided_by same_person":  func(c *Command) { c.DecidedBy = "officer" },
	} {
		cmd := d.command(Suspend)
		change(&cmd)
		same(t, want, []string{want}, problems(d.refuse("officer", cmd, "invalid_fields")))
	}
	d.at("2026-10-20 10:00").moves("officer suspend")
	if !d.clock("SUP-1").SuspendedSince.IsZero() || d.clock("SUP-2").SuspendedSince.IsZero() {
		t.Error("what is late already stands still")
	}
}

// A suspension moves a due date by the days it took, calendar or working ones, and no
// more; one that ends on the day it began moves nothing.
func TestSuspensionTakesExactlyItsDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(t)
		p := *d.rules.Policy
		p.Clocks = append(p.Clocks[:0:0], p.Clocks...)
		unit := rapid.SampledFrom([]calendar.Unit{calendar.CalendarDay, calendar.WorkingDay}).Draw(t, "unit")
		for i := range p.Clocks {
			if p.Clocks[i].ID == "SUP-1" {
				p.Clocks[i].Unit, p.Clocks[i].Length = unit, 30
			}
		}
		d.rules.Policy = &p
		d.reach("supervised")
		before := d.clock("SUP-1")
		left := func(k Clock, on calendar.Date) (days int) {
			for day := on.AddDays(1); !day.After(k.Due.Internal); day = day.AddDays(1) {
				if unit == calendar.CalendarDay || d.rules.Calendar.Day(day).Work {
					days++
				}
			}
			return days
		}
		d.now = d.now.AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "after"))
		since := calendar.DateOf(d.now)
		had := left(before, since)
		cmd := d.command(Suspend)
		cmd.Days = 60
		d.do("officer", cmd)
		d.now = d.now.AddDate(0, 0, rapid.IntRange(0, 59).Draw(t, "for"))
		d.moves("officer resume")
		after := d.clock("SUP-1")
		if has := left(after, calendar.DateOf(d.now)); has != had {
			t.Fatalf("had %d days left on %s, has %d on %s", had, since, has, calendar.DateOf(d.now))
		}
		if !after.SuspendedSince.IsZero() || d.c.Suspension != nil {
			t.Fatalf("still suspended: %s", show(after))
		}
	})
}

// The meeting's decision has its date and money on record; a second submission waits for
// the first one's decision.
func TestDecisionMeeting(t *testing.T) {
	d := newDesk(t).reach("submitted")
	d.refuse("lower", d.command(Submit), "already_submitted")
	cmd := d.command(Resolve)
	cmd.On = calendar.Date{Year: 2026, Month: 8, Day: 31}
	same(t, "fields", []string{"on before_receipt"}, problems(d.refuse("upper", cmd, "invalid_fields")))
	cmd.On, cmd.Money = calendar.Date{}, -1
	same(t, "fields", []string{"money out_of_range"}, problems(d.refuse("upper", cmd, "invalid_fields")))
	d.moves("upper resolve")
	if m := d.c.Meetings[0]; m.Money != 4_380_000 || m.On.IsZero() || m.Decision == nil {
		t.Errorf("%s", show(m))
	}
	d.refuse("upper", d.command(Resolve), "not_submitted")
}
