package casefile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	. "shuangze/casefile"
	"shuangze/policy"
)

// The golden vectors of the field study, by the clocks they belong to.
func TestDueDates(t *testing.T) {
	for _, test := range []struct {
		name, state, at, move         string
		clock                         string
		internal, statutory, yellowOn string
	}{
		{"15 days end in the Spring Festival", "registered", "2026-02-03 10:00", "clerk forward", "ACC-TRANSFER", "2026-02-18", "2026-02-24", "2026-02-12"},
		{"15 days end on a make-up Saturday", "registered", "2026-01-30 10:00", "clerk forward", "ACC-TRANSFER", "2026-02-14", "2026-02-14", "2026-02-11"},
		{"5 working days over a make-up Saturday and the Festival", "supervised", "2026-02-12 10:00", "officer serve", "REL-1", "2026-02-26", "2026-02-26", "2026-02-25"},
		{"5 working days over two holidays", "supervised", "2026-09-24 10:00", "officer serve", "REL-1", "2026-10-09", "2026-10-09", "2026-10-08"},
		{"3 working days over Labour Day", "new", "2026-04-30 10:00", "clerk register", "DUAL-WHEN", "2026-05-08", "2026-05-08", "2026-05-07"},
		{"60 days end on a Saturday", "forwarded", "2026-09-01 10:00", "officer accept", "HANDLE", "2026-10-31", "2026-11-02", "2026-10-28"},
		{"60 days from just before midnight", "forwarded", "2026-09-01 23:59", "officer accept", "HANDLE", "2026-10-31", "2026-11-02", "2026-10-28"},
		{"60 days end before National Day", "forwarded", "2026-07-30 10:00", "officer accept", "HANDLE", "2026-09-28", "2026-09-28", "2026-09-22"},
		{"60 days end on National Day", "forwarded", "2026-08-02 10:00", "officer accept", "HANDLE", "2026-10-01", "2026-10-08", "2026-09-28"},
		{"30 days", "handling", "2026-09-01 10:00", "supervisor assign", "DUAL-ACT/upper", "2026-10-01", "2026-10-08", "2026-09-28"},
		{"10 working days to close", "signed", "2026-09-21 10:00", "officer serve", "CLOSE", "2026-10-12", "2026-10-12", "2026-10-10"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).at(test.at)
			d.now = d.now.Add(-time.Hour)
			d.reach(test.state)
			if test.clock == "REL-1" {
				d.moves("officer opine", "lower sign", "upper sign")
			}
			d.at(test.at).moves(test.move)
			d.want(test.clock, test.at[:10], test.internal, test.statutory)
			if k := d.clock(test.clock); k.YellowOn != day(test.yellowOn) || k.Due.Provisional || k.Due.Calendar != calendar.Default().Version() {
				t.Errorf("%s: yellow on %v, %+v", test.clock, k.YellowOn, k.Due)
			}
		})
	}
}

func TestHandleCountsFrom(t *testing.T) {
	for _, test := range []struct {
		name, at, on string
		from         string
	}{
		{"the day of acceptance", "2026-09-10 10:00", "", "2026-09-10"},
		{"the day on paper", "2026-09-14 10:00", "2026-09-10", "2026-09-10"},
		{"the last day of the term", "2026-09-16 23:59", "", "2026-09-16"},
		{"the day acceptance was due, if it comes late", "2026-09-17 00:00", "", "2026-09-16"},
		{"the day acceptance was due, if it comes months late", "2026-12-20 10:00", "", "2026-09-16"},
		{"the paper's day even if it is entered late", "2026-12-20 10:00", "2026-09-11", "2026-09-11"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).reach("forwarded") // on 2026-09-01: the notice of acceptance is due on 16 September
			cmd := d.command(Accept)
			if test.on != "" {
				cmd.On = day(test.on)
			}
			d.at(test.at).do("officer", cmd)
			if k := d.clock("HANDLE"); k.From != day(test.from) || k.Due.Internal != day(test.from).AddDays(60) {
				t.Errorf("from %v to %v, want from %s", k.From, k.Due.Internal, test.from)
			}
			if acc := d.clock("ACC-TRANSFER"); acc.Running() || !acc.MetAt.Equal(d.now) {
				t.Errorf("ACC-TRANSFER: %s", show(acc))
			}
		})
	}
}

// Between the internal and the statutory due date a notice is late by our count: the
// sixty days are not lengthened by a holiday.
func TestHandleCountsFromTheInternalDate(t *testing.T) {
	d := newDesk(t).at("2026-02-03 10:00").reach("forwarded")
	d.want("ACC-TRANSFER", "2026-02-03", "2026-02-18", "2026-02-24")
	d.at("2026-02-24 10:00").moves("officer accept").want("HANDLE", "2026-02-18", "2026-04-19", "2026-04-20")
}

// A unit that received what is another's passes it on: its own term is met, and the
// other's counts from then (条例第23条).
func TestDirectPetitionPassedOn(t *testing.T) {
	d := newDesk(t).reach("direct").at("2026-09-14 10:00")
	d.do("county-clerk", Command{Kind: Forward, Unit: "C-zr"})
	if k := d.clock("ACC-DIRECT"); k.Running() || k.Who != "C-rs" || k.Lamp(d.now) == Red {
		t.Errorf("%s", show(k))
	}
	d.want("ACC-TRANSFER", "2026-09-14", "2026-09-29", "2026-09-29")
	if k := d.clock("ACC-TRANSFER"); k.Who != "C-zr" {
		t.Errorf("%s", show(k))
	}
	d.at("2026-09-21 10:00").moves("other-officer accept").want("HANDLE", "2026-09-21", "2026-11-20", "2026-11-20")
}

// Suggestions and accusations have no 60 days (条例第29条, 第30条); the leaders' clocks run.
func TestOnlyAppealsHaveSixtyDays(t *testing.T) {
	for purpose, want := range map[string]bool{"appeal": true, "suggestion": false, "accusation": false} {
		d := newDesk(t)
		cmd := d.command(Register)
		cmd.Registration.Purpose = purpose
		d.do("clerk", cmd).moves("clerk forward", "officer accept", "supervisor assign")
		if _, ok := d.c.Clock("HANDLE"); ok != want {
			t.Errorf("%s: HANDLE %v", purpose, ok)
		}
		if d.last.Next.At.IsZero() {
			t.Errorf("%s: nothing is planned", purpose)
		}
		if !want {
			d.refuse("head", d.command(Extend), "nothing_to_extend")
		}
	}
}

func TestWhichClocksRegistrationStarts(t *testing.T) {
	for _, test := range []struct {
		name, who string
		reachable bool
		want      []string
	}{
		{"through the office", "clerk", true, []string{"REG-FORWARD", "DUAL-WHEN"}},
		{"through the office, anonymous", "clerk", false, []string{"REG-FORWARD", "DUAL-WHEN"}},
		{"by the unit itself", "officer", true, []string{"ACC-DIRECT", "DUAL-WHEN"}},
		{"by the unit itself, anonymous", "officer", false, []string{"DUAL-WHEN"}}, // 条例第23条第2款
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			cmd := d.command(Register)
			cmd.Registration.Reachable = test.reachable
			cmd.Registration.ReceivedAt = d.now.AddDate(0, 0, -3)
			d.do(test.who, cmd)
			var got []string
			for _, k := range d.c.Clocks {
				got = append(got, k.ID)
				// The law counts from receipt, our own term from the entry.
				want := map[string]string{"DUAL-WHEN": "2026-09-01"}[k.ID]
				if want == "" {
					want = "2026-08-29"
				}
				started := d.now
				if want != "2026-09-01" {
					started = day(want).Start()
				}
				if k.From != day(want) || !k.StartedAt.Equal(started) || !k.Running() {
					t.Errorf("%s", show(k))
				}
			}
			same(t, "clocks", test.want, got)
		})
	}
}

func TestExtension(t *testing.T) {
	// Accepted on 1 September: due on 31 October, a Saturday, by law on 2 November.
	for _, test := range []struct {
		name, at string
		days     int
		refused  string
		due, law string
	}{
		{"by 30 days", "2026-10-20 10:00", 30, "", "2026-11-30", "2026-11-30"},
		{"by one day", "2026-10-20 10:00", 1, "", "2026-11-01", "2026-11-02"},
		{"on the first day", "2026-09-01 10:00", 30, "", "2026-11-30", "2026-11-30"},
		{"on the last day by law", "2026-11-02 23:59", 30, "", "2026-11-30", "2026-11-30"},
		{"after it", "2026-11-03 00:00", 30, "overdue", "2026-10-31", "2026-11-02"},
		{"by 31 days", "2026-10-20 10:00", 31, "invalid_fields", "2026-10-31", "2026-11-02"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).reach("acknowledged").at(test.at)
			cmd := d.command(Extend)
			cmd.Days = test.days
			if test.refused != "" {
				d.refuse("head", cmd, test.refused)
				d.want("HANDLE", "2026-09-01", test.due, test.law)
				return
			}
			d.do("head", cmd)
			d.want("HANDLE", "2026-09-01", test.due, test.law)
			e := d.events[len(d.events)-1]
			if e.Kind != EventExtended || e.Rule != "EXT-HANDLE" || e.Clock != "HANDLE" || e.Actor.ID != "head" || e.RequestedBy != "officer" || e.ToldBy != "direct" || e.Document == nil {
				t.Errorf("%s", show(e))
			}
			// 60 + 30 days are never exceeded: once is once.
			d.refuse("head", cmd, "already_extended")
			if k := d.clock("HANDLE"); k.Extended != test.days || k.Due.Internal.DaysSince(k.From) != 60+test.days {
				t.Errorf("%s", show(k))
			}
		})
	}
	d := newDesk(t).reach("acknowledged")
	for _, who := range []string{"officer", "colleague", "upper", "lower", "other-head", "supervisor", "clerk", "convener"} {
		if got := answer(d, who, Extend); got == "ok" {
			t.Errorf("extended by %s", who)
		}
	}
}

// An extension has reminders of its own, and the old due date no consequences.
func TestExtensionMovesTheSteps(t *testing.T) {
	d := newDesk(t).reach("acknowledged").until("2026-10-29 10:00").moves("head extend").until("2026-12-01 23:00")
	same(t, "steps", []string{
		"2026-10-22 08:30 reminded HANDLE REM-T7",
		"2026-10-28 08:30 reminded HANDLE REM-T3",
		"2026-10-29 10:00 extended HANDLE ",
		"2026-11-19 08:30 reminded HANDLE REM-T7",
		"2026-11-25 08:30 reminded HANDLE REM-T3",
		"2026-11-27 08:30 reminded HANDLE REM-T1",
		"2026-12-01 08:30 urged HANDLE URGE-0",
	}, d.log("HANDLE"))
}

// A local policy may grant less than the statute.
func TestExtensionByLocalPolicy(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	d.rules.Policy.Clocks = slices.Clone(d.rules.Policy.Clocks)
	for i, k := range d.rules.Policy.Clocks {
		if k.ID == "HANDLE" {
			k.Extend = &policy.Extend{ID: "EXT-LOCAL", Days: 10, Source: "x", Basis: policy.Local}
			d.rules.Policy.Clocks[i] = k
		}
	}
	cmd := d.command(Extend)
	cmd.Days = 11
	same(t, "fields", []string{"days out_of_range"}, problems(d.refuse("head", cmd, "invalid_fields")))
	cmd.Days = 10
	d.do("head", cmd).want("HANDLE", "2026-09-01", "2026-11-10", "2026-11-10")
}

func TestLamps(t *testing.T) {
	// Internal due date Saturday 31 October, statutory Monday 2 November.
	k := newDesk(t).reach("handling").clock("HANDLE")
	for _, test := range []struct {
		at      string
		lamp    Lamp
		overdue bool
		late    int
	}{
		{"2026-09-01 10:00", Green, false, 0},
		{"2026-10-27 23:59", Green, false, 0},
		{"2026-10-28 00:00", Yellow, false, 0},
		{"2026-10-31 23:59", Yellow, false, 0},
		{"2026-11-01 00:00", Red, false, 0},
		{"2026-11-02 23:59", Red, false, 0},
		{"2026-11-03 00:00", Red, true, 1},
		{"2027-11-02 12:00", Red, true, 365},
	} {
		now := moment(test.at)
		if got, overdue, late := k.Lamp(now), k.Overdue(now), k.LateDays(now); got != test.lamp || overdue != test.overdue || late != test.late {
			t.Errorf("%s: %s, overdue %v by %d, want %s, %v by %d", test.at, got, overdue, late, test.lamp, test.overdue, test.late)
		}
	}
}

// A stopped clock keeps the lamp it stopped with: one met in time is green for ever,
// one met late red for ever, whatever day it is read on.
func TestLampFreezesWhenMet(t *testing.T) {
	for _, test := range []struct {
		name, servedAt string
		lamp           Lamp
		overdue        bool
		late           int
	}{
		{"in time", "2026-10-20 10:00", Green, false, 0},
		{"in time while yellow", "2026-10-31 23:59", Green, false, 0},
		{"after the internal date", "2026-11-01 00:00", Red, false, 0},
		{"after the statutory date", "2026-11-05 10:00", Red, true, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).reach("signed").at(test.servedAt).moves("officer serve")
			k := d.clock("HANDLE")
			for _, later := range []time.Time{d.now, d.now.AddDate(0, 2, 0), d.now.AddDate(10, 0, 0)} {
				if got := k.Lamp(later); got != test.lamp {
					t.Errorf("%s on %s, want %s", got, clock(later), test.lamp)
				}
				if k.Overdue(later) != test.overdue || k.LateDays(later) != test.late {
					t.Errorf("overdue %v by %d on %s", k.Overdue(later), k.LateDays(later), clock(later))
				}
			}
		})
	}
}

func TestLampOfTheCase(t *testing.T) {
	d := newDesk(t).reach("led")
	lamp := func(at string, want Lamp) {
		t.Helper()
		if got := d.c.Lamp(moment(at)); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
	// The leaders are to acknowledge within three working days: the most pressing clock.
	lamp("2026-09-02 12:00", Green)
	lamp("2026-09-03 12:00", Yellow)
	lamp("2026-09-05 00:00", Red)
	d.at("2026-09-05 00:00").moves("upper acknowledge", "lower acknowledge")
	lamp("2026-09-05 00:00", Green) // what was done late is done

	d = newDesk(t).reach("closed")
	lamp("2026-09-01 10:00", Green)
	lamp("2036-09-01 10:00", Green) // a closed case does not turn red later
	for _, k := range d.c.Clocks {
		if k.Running() {
			t.Errorf("%s still runs", k.ID)
		}
	}
}

// What ended late stays red, and what ended is said to have ended.
func TestLampOfAnEndedCase(t *testing.T) {
	d := newDesk(t).reach("registered").at("2026-10-20 10:00").moves("clerk decline")
	if got := d.c.Lamp(d.now.AddDate(1, 0, 0)); got != Red {
		t.Errorf("declined a month late: %s", got)
	}
	if k := d.clock("REG-FORWARD"); !k.MetAt.Equal(d.now) || !k.Overdue(d.now) {
		t.Errorf("%s", show(k))
	}
	d = newDesk(t).reach("served-dual").moves("supervisor release", "inspector release", "supervisor close")
	if k := d.clock("DUAL-ACT/upper"); k.Running() || k.MetAt.IsZero() {
		t.Errorf("the personal acts end with the case: %s", show(k))
	}
	// A clock that the end of the case stopped was not met.
	d = newDesk(t).reach("registered").moves("supervisor assign", "clerk decline")
	if k := d.clock("DUAL-ACK/lower"); k.Running() || !k.MetAt.IsZero() || !k.EndedAt.Equal(d.now) || k.Lamp(d.now.AddDate(1, 0, 0)) != Green {
		t.Errorf("%s", show(k))
	}
}

// A clock that is met and started anew by one event forgets that it was late; the
// ledger does not: the due date stands in the event before, the act in the one after.
func TestLatenessOfARestartedClock(t *testing.T) {
	d := newDesk(t).reach("acknowledged").until("2026-10-20 10:00").moves("upper act")
	i := len(d.events) - 1
	acted := d.events[i]
	if acted.Kind != EventActed {
		t.Fatalf("%s", show(acted))
	}
	for i--; !slices.ContainsFunc(d.events[i].Clocks, func(k Clock) bool { return k.ID == "DUAL-ACT/upper" }); i-- {
	}
	for _, k := range d.events[i].Clocks {
		if k.ID == "DUAL-ACT/upper" && k.LateDays(acted.At) != 12 { // since 8 October
			t.Errorf("%s", show(k))
		}
	}
	d.want("DUAL-ACT/upper", "2026-10-20", "2026-11-19", "2026-11-19")
}

// A due date in a year without a list is provisional. When the list is loaded it is
// computed anew, with a logged event, and never silently.
func TestNewCalendar(t *testing.T) {
	d := newDesk(t).at("2026-12-09 10:00").reach("handling")
	d.want("HANDLE", "2026-12-09", "2027-02-07", "2027-02-08")
	if k := d.clock("HANDLE"); !k.Due.Provisional {
		t.Fatalf("%s is not provisional", show(k))
	}
	d.moves("clock tick")
	if len(d.last.Events) > 0 {
		t.Errorf("no new calendar, but %s", show(d.last.Events))
	}

	d.rules.Calendar = withYear2027(t)
	d.moves("clock tick")
	if len(d.last.Events) != 1 {
		t.Fatalf("%s", show(d.last.Events))
	}
	e := d.last.Events[0]
	if e.Kind != EventRecalculated || e.Actor != Clockwork || e.Rule != "rules 0, calendar "+d.rules.Calendar.Version() || len(e.Clocks) == 0 {
		t.Errorf("%s", show(e))
	}
	for _, k := range e.Clocks {
		if k.Due.Calendar != d.rules.Calendar.Version() {
			t.Errorf("%s", show(k))
		}
	}
	same(t, "told that a date has moved", []string{"clerk", "colleague", "officer", "supervisor"}, d.told(EventRecalculated, ""))
	// The Spring Festival: over the holiday to the Saturday worked for it.
	d.want("HANDLE", "2026-12-09", "2027-02-07", "2027-02-13")
	if k := d.clock("HANDLE"); k.Due.Provisional {
		t.Errorf("%s is still provisional", show(k))
	}
	d.moves("clock tick")
	if len(d.last.Events) > 0 {
		t.Errorf("computed twice: %s", show(d.last.Events))
	}
	d.until("2027-02-14 12:00")
	if got := d.log("HANDLE"); got[len(got)-1] != "2027-02-14 08:30 urged HANDLE URGE-0" {
		t.Errorf("%q", got)
	}
}

// A date that only becomes final is logged, but nobody need be told.
func TestNewCalendarThatMovesNothing(t *testing.T) {
	d := newDesk(t).at("2026-11-23 10:00").reach("handling")
	d.rules.Calendar = withYear2027(t)
	d.moves("clock tick").want("HANDLE", "2026-11-23", "2027-01-22", "2027-01-22")
	if len(d.last.Events) != 1 || d.last.Events[0].Kind != EventRecalculated || len(d.last.Notices) > 0 || d.clock("HANDLE").Due.Provisional {
		t.Errorf("%s", show(d.last))
	}
}

// A list that leaves a date alone leaves no trace.
func TestNewCalendarLeavesFinalDates(t *testing.T) {
	d := newDesk(t).reach("handling")
	before := d.clock("HANDLE")
	d.rules.Calendar = withYear2027(t)
	d.moves("clock tick")
	same(t, "HANDLE", before, d.clock("HANDLE"))
	if len(d.last.Events) > 0 {
		t.Errorf("%s", show(d.last.Events))
	}
}

func TestTickWithNothingDue(t *testing.T) {
	for _, s := range states {
		if !s.stage.Open() {
			continue
		}
		d := newDesk(t).reach(s.name)
		before := show(d.c)
		d.moves("clock tick")
		if len(d.last.Events) > 0 || len(d.last.Notices) > 0 || show(d.c) != before {
			t.Errorf("%s: %s", s.name, show(d.last.Events))
		}
		if d.last.Next != NextStep(d.c, d.rules, d.now) || !d.last.Next.At.After(d.now) {
			t.Errorf("%s: next %s", s.name, show(d.last.Next))
		}
	}
}

// A petition entered years after it came gives each step of its clocks once.
func TestOldPetition(t *testing.T) {
	for who, want := range map[string][]string{
		"clerk": {"2026-09-01 10:00 reported_up REG-FORWARD UP-OFFICE"},
		"officer": {
			"2026-09-01 10:00 urged ACC-DIRECT URGE-0",
			"2026-09-01 10:00 supervised ACC-DIRECT SUP-1",
			"2026-09-01 10:00 urged ACC-DIRECT URGE-5",
		},
	} {
		d := newDesk(t)
		cmd := d.command(Register)
		cmd.Registration.ReceivedAt = d.now.AddDate(-15, 0, 0)
		d.do(who, cmd)
		if len(d.last.Events) != 1 {
			t.Errorf("%s: %s", who, show(d.last.Events))
		}
		d.moves("clock tick")
		got := d.log("REG-FORWARD", "ACC-DIRECT", "DUAL-WHEN")
		for i, line := range got {
			got[i], _, _ = strings.Cut(line, "#") // of a step that repeats only the last time is taken
		}
		same(t, who, want, got)
		if !d.last.Next.At.After(d.now) {
			t.Errorf("%s: next %s", who, show(d.last.Next))
		}
	}
}

// A local policy's own clocks and steps: calendar days before the due date count from
// the internal one, and nothing starts at the end of a case.
func TestLocalClock(t *testing.T) {
	d := newDesk(t)
	p := d.rules.Policy
	p.Steps = append(slices.Clone(p.Steps), policy.Step{
		ID: "REM-2D", At: policy.Offset{Days: -2, Unit: calendar.CalendarDay}, Do: policy.Remind, To: []policy.Recipient{policy.ToOfficers},
	})
	p.Clocks = append(slices.Clone(p.Clocks), policy.Clock{
		ID: "ARCHIVE", Bearer: policy.OfUnit, Starts: []string{"accepted", "closed", "declined"}, Stops: []string{"served"},
		Length: 60, Unit: calendar.CalendarDay, Steps: []string{"REM-2D"},
	})
	d.reach("signed").until("2026-11-01 10:00")
	d.want("ARCHIVE", "2026-09-01", "2026-10-31", "2026-11-02")
	same(t, "steps", []string{"2026-10-29 08:30 reminded ARCHIVE REM-2D"}, d.log("ARCHIVE"))
	d.moves("officer serve", "supervisor close")
	if k := d.clock("ARCHIVE"); k.Running() || k.StartedAt.Equal(d.now) {
		t.Errorf("%s", show(k))
	}
}

// Each case has its own share of the spread, the same for all its steps.
func TestSpread(t *testing.T) {
	opening := moment("2026-09-03 08:30")
	shares := map[time.Duration]bool{}
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		d := newDesk(t)
		d.rules.Policy = policy.Default()
		d.c.ID = id
		d.moves("clerk register")
		share := d.last.Next.At.Sub(opening)
		if share < 0 || share >= time.Duration(policy.Default().Day.Spread) {
			t.Errorf("%s: next at %s", id, clock(d.last.Next.At))
		}
		shares[share] = true
		d.now = d.last.Next.At
		d.moves("clock tick")
		if again := d.last.Next.At.Sub(opening.AddDate(0, 0, 2)); again != share {
			t.Errorf("%s: first %v, then %v after opening", id, share, again)
		}
	}
	if len(shares) < 6 {
		t.Errorf("only %d different shares of 8", len(shares))
	}
}
