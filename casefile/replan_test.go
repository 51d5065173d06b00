package casefile_test

import (
	"slices"
	"testing"

	. "shuangze/casefile"
	"shuangze/policy"
)

// lengths is the built-in policy with other lengths of some clocks.
func lengths(days map[string]int) *policy.Policy {
	p := *builtin()
	p.Clocks = slices.Clone(p.Clocks)
	for i := range p.Clocks {
		if n, ok := days[p.Clocks[i].ID]; ok {
			p.Clocks[i].Length = n
		}
	}
	return &p
}

// New rules move what runs, before whatever comes first, and tell those whom it concerns.
func TestReplan(t *testing.T) {
	d := newDesk(t).at("2026-03-05 10:00").reach("handling")
	d.want("HANDLE", "2026-03-05", "2026-05-04", "2026-05-06")
	old := d.rules
	d.rules.Policy, d.rules.Version = lengths(map[string]int{"HANDLE": 45}), 3
	before := PreviewRules(d.c, old, d.rules, d.now)
	d.moves("officer report").want("HANDLE", "2026-03-05", "2026-04-19", "2026-04-20")

	e := d.last.Events[0]
	if e.Kind != EventRecalculated || e.Actor != Clockwork || e.Rule != "rules 3, calendar "+d.rules.Calendar.Version() || len(d.last.Events) != 2 {
		t.Errorf("%s", show(d.last.Events))
	}
	told := d.told(EventRecalculated, "")
	same(t, "told", []string{"clerk", "colleague", "officer", "supervisor"}, told)
	same(t, "previewed as told", told, before.Told)
	if len(before.Shifts) != 1 || before.Shifts[0].To != d.clock("HANDLE").Due || before.Shifts[0].Kept != "" || !before.Touched {
		t.Errorf("%s", show(before))
	}
	d.moves("clock tick")
	if len(d.last.Events) > 0 || PreviewRules(d.c, d.rules, d.rules, d.now).Touched {
		t.Errorf("moved twice: %s", show(d.last.Events))
	}
}

// A broadcast's command does the same in the name of whoever published the rules.
func TestReplanByBroadcast(t *testing.T) {
	d := newDesk(t).at("2026-03-05 10:00").reach("handling")
	d.rules.Policy = lengths(map[string]int{"HANDLE": 45})
	d.do("admin", Command{Kind: Replan, Text: doc("缩短期限")})
	if e := d.last.Events[0]; len(d.last.Events) != 1 || e.Kind != EventRecalculated || e.Actor.ID != "admin" || e.Document == nil {
		t.Errorf("%s", show(d.last.Events))
	}
	d.do("admin", Command{Kind: Replan})
	if len(d.last.Events) > 0 {
		t.Errorf("nothing is left to move: %s", show(d.last.Events))
	}
}

// No new rule makes anybody late, and none undoes lateness.
func TestReplanLeavesLateness(t *testing.T) {
	for _, c := range []struct {
		name, on string
		days     int
		internal string
		kept     string
	}{
		{"in time by both", "2026-04-10 10:00", 45, "2026-04-19", ""},
		{"would be late", "2026-04-24 10:00", 45, "2026-05-04", KeptInTime},
		{"would be red by the internal date alone", "2026-04-20 10:00", 45, "2026-05-04", KeptInTime},
		{"late already", "2026-05-08 10:00", 45, "2026-05-04", KeptLate},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t).at("2026-03-05 10:00").reach("handling").until(c.on)
			was := d.clock("HANDLE")
			before := d.rules
			d.rules.Policy = lengths(map[string]int{"HANDLE": c.days})
			shifts := PreviewRules(d.c, before, d.rules, d.now).Shifts
			d.moves("clock tick")
			is := d.clock("HANDLE")
			if is.Due.Internal.String() != c.internal || is.Overdue(d.now) != was.Overdue(d.now) {
				t.Errorf("due %s, want %s", is.Due.Internal, c.internal)
			}
			if len(shifts) != 1 || shifts[0].Kept != c.kept {
				t.Errorf("%s, want it kept because %q", show(shifts), c.kept)
			}
		})
	}
}

// A provisional date founded no lateness: when the list gives another, that one holds, and
// what follows on running out comes anew by it.
func TestReplanOfProvisionalLateness(t *testing.T) {
	d := newDesk(t).at("2026-12-09 10:00").reach("handling").until("2027-02-10 12:00")
	if k := d.clock("HANDLE"); !k.Due.Provisional || !k.Overdue(d.now) || urgings(d) != 1 {
		t.Fatalf("%s", show(k))
	}
	d.rules.Calendar = withYear2027(t)
	d.moves("clock tick").want("HANDLE", "2026-12-09", "2027-02-07", "2027-02-13")
	if k := d.clock("HANDLE"); k.Overdue(d.now) || k.Due.Provisional || len(d.c.Late) > 0 {
		t.Errorf("%s, late %s", show(k), show(d.c.Late))
	}
	d.until("2027-02-14 12:00")
	if urgings(d) != 2 {
		t.Errorf("urged %d times, want once more by the new date", urgings(d))
	}
}

// The clock of a local rule that was withdrawn ends; its lateness stays on record.
func TestReplanEndsWithdrawnRules(t *testing.T) {
	for _, late := range []bool{false, true} {
		d := newDesk(t).at("2026-03-05 10:00")
		without := d.rules
		p := *builtin()
		own, _ := p.Clock("DUAL-WHEN")
		own.ID, own.Stops = "OWN", []string{"closed"}
		p.Clocks = append(slices.Clone(p.Clocks), own)
		d.rules.Policy = &p
		d.reach("handling")
		if late {
			d.until("2026-03-20 10:00")
		}
		shifts := PreviewRules(d.c, d.rules, without, d.now).Shifts
		if len(shifts) != 1 || shifts[0].Clock != "OWN" || shifts[0].Kept != Withdrawn {
			t.Errorf("%s", show(shifts))
		}
		d.rules = without
		d.moves("clock tick")
		k := d.clock("OWN")
		facts := slices.ContainsFunc(d.c.Late, func(l Late) bool { return l.Clock == "OWN" })
		if k.Running() || !k.MetAt.IsZero() || k.Overdue(d.now) != late || facts != late {
			t.Errorf("late %t: %s, %s", late, show(k), show(d.c.Late))
		}
	}
}

func urgings(d *desk) (n int) {
	for _, e := range d.events {
		if e.Kind == EventUrged && e.Clock == "HANDLE" {
			n++
		}
	}
	return n
}

// A term that a letter has set stays, whatever the policy's own becomes.
func TestReplanLeavesTermsSetByLetters(t *testing.T) {
	d := newDesk(t).at("2026-03-05 10:00").reach("handling")
	d.do("supervisor", Command{Kind: Supervise, Reason: "shirking", Days: 10, Text: doc("督办函")})
	was := d.clock("SUP-1")
	d.rules.Policy = lengths(map[string]int{"SUP-1": 5})
	d.moves("clock tick")
	same(t, "SUP-1", was, d.clock("SUP-1"))
}

// What was extended keeps its date: the petitioner was told of it (条例第34条). So it does
// where the rules had been kept from it before.
func TestReplanKeepsWhatWasGranted(t *testing.T) {
	d := newDesk(t).at("2026-03-05 10:00").reach("handling")
	d.do("head", d.command(Extend))
	was := d.clock("HANDLE")
	d.rules.Policy = lengths(map[string]int{"HANDLE": 50})
	d.moves("clock tick")
	same(t, "extended before", was.Due, d.clock("HANDLE").Due)

	d = newDesk(t).at("2026-03-05 10:00").reach("handling").until("2026-04-24 10:00")
	d.rules.Policy = lengths(map[string]int{"HANDLE": 45})
	d.moves("clock tick")
	d.do("head", d.command(Extend))
	was = d.clock("HANDLE")
	d.moves("clock tick")
	same(t, "extended after", was.Due, d.clock("HANDLE").Due)
}

// Rules that reach a case only after midnight find it as it was when they came into force.
func TestReplanReachesACaseLater(t *testing.T) {
	d := newDesk(t).at("2026-03-05 10:00").reach("handling").until("2026-05-06 23:50")
	d.rules.Policy, d.rules.Since, d.rules.Version = lengths(map[string]int{"HANDLE": 80}), d.now, 1
	d.at("2026-05-07 00:10").moves("clock tick")
	if k := d.clock("HANDLE"); k.Overdue(d.now) || k.Length != 80 {
		t.Errorf("%s", show(k))
	}
}
