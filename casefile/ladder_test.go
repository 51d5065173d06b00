package casefile_test

import (
	"testing"

	. "shuangze/casefile"
)

// The ladder a unit climbs by its silence: reminders before the internal due date,
// urging, supervision and dual supervision after the statutory one, all by itself.
func TestLadderOfSilence(t *testing.T) {
	d := newDesk(t).reach("acknowledged") // accepted on 1 September: internal 31 October, a Saturday; statutory 2 November
	d.until("2026-12-24 12:00")
	same(t, "steps", []string{
		"2026-10-22 08:30 reminded HANDLE REM-T7",
		"2026-10-28 08:30 reminded HANDLE REM-T3",
		"2026-10-30 08:30 reminded HANDLE REM-T1",
		"2026-11-03 08:30 urged HANDLE URGE-0",     // the day after
		"2026-11-05 08:30 supervised HANDLE SUP-1", // three working days after; its own term is 20 November
		"2026-11-09 08:30 urged HANDLE URGE-5",     // five, and every five from there
		"2026-11-16 08:30 urged HANDLE URGE-5#2",
		"2026-11-17 08:30 reminded SUP-1 REM-T3",
		"2026-11-19 08:30 reminded SUP-1 REM-T1",
		"2026-11-21 08:30 escalated SUP-1 SUP-2", // the day after the term of SUP-1; its own is 21 December
		"2026-11-21 08:30 reported_up SUP-1 UP-UNIT",
		"2026-11-23 08:30 urged HANDLE URGE-5#3",
		"2026-11-30 08:30 urged HANDLE URGE-5#4",
		"2026-12-04 08:30 reported_up SUP-1 UP-UNIT#2",
		"2026-12-07 08:30 urged HANDLE URGE-5#5",
		"2026-12-10 08:30 reminded SUP-2 REM-T7",
		"2026-12-14 08:30 urged HANDLE URGE-5#6",
		"2026-12-16 08:30 reminded SUP-2 REM-T3",
		"2026-12-18 08:30 reported_up SUP-1 UP-UNIT#3",
		"2026-12-18 08:30 reminded SUP-2 REM-T1",
		"2026-12-21 08:30 urged HANDLE URGE-5#7",
		"2026-12-22 08:30 urged SUP-2 URGE-0",
		"2026-12-22 08:30 reported_up SUP-2 UP-UNIT",
	}, d.log("HANDLE", "SUP-1", "SUP-2"))

	d.want("SUP-1", "2026-11-05", "2026-11-20", "2026-11-20")
	d.want("SUP-2", "2026-11-21", "2026-12-21", "2026-12-21")
	for name, letter := range map[ChannelName]string{PetitionOffice: "地信〔2026〕1号-督1", SupervisionOffice: "地信〔2026〕1号-督查1"} {
		if ch := d.c.OnChannel(name); !ch.Open() || ch.Letter != letter || ch.Reason != "overdue" {
			t.Errorf("%s", show(ch))
		}
	}
	if d.c.Supervision() != Dual || d.c.Lamp(d.now) != Red {
		t.Errorf("%s, %s", d.c.Supervision(), d.c.Lamp(d.now))
	}
	for _, e := range d.events {
		if e.Step != "" && (e.Actor != Clockwork || e.Rule == "" || e.Command == "") {
			t.Errorf("nobody or nothing stands behind %s", show(e))
		}
	}
}

// Whom each rung tells.
func TestWhoIsTold(t *testing.T) {
	for _, test := range []struct {
		at, clock string
		kind      EventKind
		want      []string
	}{
		{"2026-10-22 08:30", "HANDLE", EventReminded, []string{"colleague", "officer"}},
		{"2026-10-28 08:30", "HANDLE", EventReminded, []string{"colleague", "head", "officer"}},
		{"2026-10-30 08:30", "HANDLE", EventReminded, []string{"colleague", "head", "lower", "officer", "upper"}},
		{"2026-11-03 08:30", "HANDLE", EventUrged, []string{"clerk", "colleague", "head", "officer", "supervisor"}},
		{"2026-11-05 08:30", "HANDLE", EventSupervised, []string{"colleague", "head", "lower", "officer", "upper"}},
		{"2026-11-09 08:30", "HANDLE", EventUrged, []string{"clerk", "colleague", "head", "lower", "officer", "supervisor", "upper"}},
		{"2026-11-21 08:30", "SUP-1", EventEscalated, []string{"clerk", "colleague", "head", "inspector", "lower", "officer", "supervisor", "upper"}},
		{"2026-12-22 08:30", "SUP-2", EventReportedUp, []string{"convener", "inspector", "upper"}},
	} {
		d := newDesk(t).reach("acknowledged")
		for _, e := range []string{"2026-09-25 10:00", "2026-10-20 10:00", "2026-11-10 10:00", "2026-12-01 10:00"} {
			if e < test.at { // the leaders do their part, and are not told of themselves
				d.until(e).moves("upper act", "lower act")
			}
		}
		d.until(test.at)
		same(t, test.at, test.want, d.told(test.kind, test.clock))
		for _, n := range d.last.Notices {
			if e := d.last.Events[n.Seq-d.last.Events[0].Seq]; e.Seq != n.Seq || e.Kind != n.Kind || e.Step != n.Step {
				t.Errorf("%s: the notice %s is not of its event %s", test.at, show(n), show(e))
			}
		}
	}
}

// After an outage only the last reminder of those missed is sent, or none if the date
// has passed; every rung of the ladder is taken, and what it starts counts from today.
func TestOutage(t *testing.T) {
	for _, test := range []struct {
		name, back string
		want       []string
	}{
		{"before the due date", "2026-10-29 14:00", []string{
			"2026-10-29 14:00 suppressed HANDLE REM-T7: superseded",
			"2026-10-29 14:00 reminded HANDLE REM-T3",
		}},
		{"until after supervision", "2026-11-06 14:00", []string{
			"2026-11-06 14:00 suppressed HANDLE REM-T7: superseded",
			"2026-11-06 14:00 suppressed HANDLE REM-T3: superseded",
			"2026-11-06 14:00 suppressed HANDLE REM-T1: superseded",
			"2026-11-06 14:00 urged HANDLE URGE-0",
			"2026-11-06 14:00 supervised HANDLE SUP-1",
		}},
		{"for weeks", "2026-12-01 14:00", []string{
			"2026-12-01 14:00 suppressed HANDLE REM-T7: superseded",
			"2026-12-01 14:00 suppressed HANDLE REM-T3: superseded",
			"2026-12-01 14:00 suppressed HANDLE REM-T1: superseded",
			"2026-12-01 14:00 urged HANDLE URGE-0",
			"2026-12-01 14:00 supervised HANDLE SUP-1",
			"2026-12-01 14:00 urged HANDLE URGE-5#4", // the last of four; the others are not made up for
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).reach("acknowledged").at(test.back).moves("clock tick")
			same(t, "steps", test.want, d.log("HANDLE", "SUP-1", "SUP-2"))
			if k, ok := d.c.Clock("SUP-1"); ok && k.From.String() != test.back[:10] {
				t.Errorf("the unit gets no term of its own: %s", show(k))
			}
			if !d.last.Next.At.After(d.now) {
				t.Errorf("next %s", show(d.last.Next))
			}
		})
	}
}

// The steps that are due are taken before any person's command, however late it comes:
// nobody overtakes the ladder.
func TestLateCommandDoesNotOvertakeTheLadder(t *testing.T) {
	d := newDesk(t).reach("signed").at("2026-11-06 14:00").moves("officer serve")
	var kinds []string
	for _, e := range d.last.Events {
		if e.Clock == "HANDLE" || e.Clock == "" {
			kinds = append(kinds, string(e.Kind))
		}
	}
	same(t, "events", []string{"suppressed", "suppressed", "suppressed", "urged", "supervised", "served"}, kinds)
	// Supervised in the same breath, so the office has to check and release it.
	if k := d.clock("REL-1"); !k.Running() {
		t.Errorf("%s", show(k))
	}
}

// A refusal leaves nothing behind, not even the steps that were due.
func TestRefusalTakesNoSteps(t *testing.T) {
	d := newDesk(t).reach("acknowledged").at("2026-11-06 14:00")
	out, refusal := d.try("officer", d.command(Serve))
	if refusal == nil || len(out.Events) > 0 || len(out.Notices) > 0 {
		t.Fatalf("%s, %s", show(refusal), show(out))
	}
	if d.moves("clock tick"); len(d.last.Events) == 0 {
		t.Error("the tick finds nothing to do")
	}
}

// A unit that has explained itself since the due date is not named in a circular; it
// is urged and supervised all the same.
func TestReportSpares(t *testing.T) {
	for _, test := range []struct {
		name, reported string
		want           []string
	}{
		{"reported after the due date", "2026-11-04 10:00", []string{
			"2026-11-03 08:30 urged HANDLE URGE-0",
			"2026-11-05 08:30 supervised HANDLE SUP-1",
			"2026-11-09 08:30 suppressed HANDLE URGE-5: explained",
			"2026-11-16 08:30 urged HANDLE URGE-5#2", // an explanation lasts for one circular
		}},
		{"reported between two circulars", "2026-11-10 10:00", []string{
			"2026-11-03 08:30 urged HANDLE URGE-0",
			"2026-11-05 08:30 supervised HANDLE SUP-1",
			"2026-11-09 08:30 urged HANDLE URGE-5",
			"2026-11-16 08:30 suppressed HANDLE URGE-5#2: explained",
		}},
		{"reported while there was still time", "2026-11-02 23:59", []string{
			"2026-11-03 08:30 urged HANDLE URGE-0",
			"2026-11-05 08:30 supervised HANDLE SUP-1",
			"2026-11-09 08:30 urged HANDLE URGE-5",
			"2026-11-16 08:30 urged HANDLE URGE-5#2",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).reach("acknowledged").until(test.reported).moves("officer report").until("2026-11-16 12:00")
			same(t, "steps", test.want, d.log("HANDLE")[3:])
		})
	}
}

// A case that is supervised already is not supervised twice.
func TestAlreadySupervised(t *testing.T) {
	d := newDesk(t).reach("acknowledged").until("2026-11-02 10:00").moves("supervisor supervise", "supervisor escalate").until("2026-11-20 12:00")
	same(t, "steps", []string{
		"2026-11-03 08:30 urged HANDLE URGE-0",
		"2026-11-05 08:30 suppressed HANDLE SUP-1: already_supervised",
		"2026-11-09 08:30 urged HANDLE URGE-5",
		"2026-11-12 08:30 reminded SUP-1 REM-T3",
		"2026-11-16 08:30 urged HANDLE URGE-5#2",
		"2026-11-16 08:30 reminded SUP-1 REM-T1",
		"2026-11-18 08:30 suppressed SUP-1 SUP-2: already_supervised",
		"2026-11-18 08:30 reported_up SUP-1 UP-UNIT",
	}, d.log("HANDLE", "SUP-1")[3:])
	if ch := d.c.OnChannel(PetitionOffice); ch.Letters != 1 || ch.Reason != "shirking" {
		t.Errorf("%s", show(ch))
	}
}

// A leader's silence is reminded of and then reported upward, again and again.
func TestLeadersSilence(t *testing.T) {
	d := newDesk(t).reach("led").moves("lower acknowledge").until("2026-09-19 12:00") // a Saturday
	same(t, "not acknowledged", []string{
		"2026-09-03 08:30 reminded DUAL-ACK/upper REM-LEADER",
		"2026-09-05 08:30 reported_up DUAL-ACK/upper UP-LEADER",
		"2026-09-18 08:30 reported_up DUAL-ACK/upper UP-LEADER#2",
	}, d.log("DUAL-ACK/upper", "DUAL-ACK/lower"))

	// Thirty days without a personal act end on 1 October, by law on the 8th.
	d = newDesk(t).reach("acknowledged").until("2026-09-20 10:00").moves("lower act").until("2026-10-09 12:00")
	same(t, "no personal act", []string{
		"2026-09-28 08:30 reminded DUAL-ACT/upper REM-LEADER-3",
		"2026-09-30 08:30 reminded DUAL-ACT/upper REM-LEADER",
		"2026-10-09 08:30 reported_up DUAL-ACT/upper UP-LEADER",
	}, d.log("DUAL-ACT/upper", "DUAL-ACT/lower"))
	same(t, "told", []string{"clerk", "convener", "supervisor", "upper"}, d.told(EventReportedUp, "DUAL-ACT/upper"))
	d.want("DUAL-ACT/lower", "2026-09-20", "2026-10-20", "2026-10-20")
	if k := d.clock("DUAL-ACT/upper"); k.Who != "upper" || k.Lamp(d.now) != Red {
		t.Errorf("%s", show(k))
	}
}

// Signing and returning are personal acts too.
func TestWhatCountsAsPersonalAct(t *testing.T) {
	d := newDesk(t).reach("opined").at("2026-09-10 10:00").moves("lower sign").at("2026-09-12 10:00").moves("upper return")
	d.want("DUAL-ACT/lower", "2026-09-10", "2026-10-10", "2026-10-10")
	d.want("DUAL-ACT/upper", "2026-09-12", "2026-10-12", "2026-10-12")
}

// The supervisor is supervised: what the petition office and the supervision office
// miss turns red for them and goes to the convener.
func TestOfficesOwnDuties(t *testing.T) {
	for _, test := range []struct {
		clock, state, whose string
		due                 string // internal
		steps               []string
		told                []string
	}{
		{"REG-FORWARD", "registered", "P-xf", "2026-09-16", []string{
			"2026-09-15 08:30 reminded REG-FORWARD REM-OFFICE",
			"2026-09-17 08:30 reported_up REG-FORWARD UP-OFFICE",
		}, []string{"clerk", "convener", "supervisor"}},
		{"DUAL-WHEN", "handling", "P-xf", "2026-09-04", []string{
			"2026-09-03 08:30 reminded DUAL-WHEN REM-OFFICE",
			"2026-09-05 08:30 reported_up DUAL-WHEN UP-OFFICE",
			"2026-09-18 08:30 reported_up DUAL-WHEN UP-OFFICE#2",
		}, []string{"clerk", "convener", "supervisor"}},
		{"REL-1", "supervised", "P-xf", "2026-09-08", []string{
			"2026-09-07 08:30 reminded REL-1 REM-OFFICE",
			"2026-09-09 08:30 reported_up REL-1 UP-OFFICE",
			"2026-09-22 08:30 reported_up REL-1 UP-OFFICE#2", // Sunday the 20th is worked
		}, []string{"clerk", "convener", "supervisor"}},
		{"REL-2", "dual", "P-dc", "2026-09-08", []string{
			"2026-09-07 08:30 reminded REL-2 REM-SUPERVISION",
			"2026-09-09 08:30 reported_up REL-2 UP-SUPERVISION",
			"2026-09-22 08:30 reported_up REL-2 UP-SUPERVISION#2", // Sunday the 20th is worked
		}, []string{"convener", "inspector"}},
		{"CLOSE", "acknowledged", "P-xf", "2026-09-15", []string{
			"2026-09-14 08:30 reminded CLOSE REM-OFFICE",
			"2026-09-16 08:30 reported_up CLOSE UP-OFFICE",
		}, []string{"clerk", "convener", "supervisor"}},
	} {
		t.Run(test.clock, func(t *testing.T) {
			d := newDesk(t).reach(test.state)
			if d.c.Led() {
				d.moves("officer opine", "lower sign", "upper sign", "officer serve")
			}
			d.until("2026-09-24 12:00")
			same(t, "steps", test.steps, d.log(test.clock))
			k := d.clock(test.clock)
			if k.Who != test.whose || k.Due.Internal.String() != test.due || k.Lamp(d.now) != Red || d.c.Lamp(d.now) != Red {
				t.Errorf("%s", show(k))
			}
			// Whom the first report upward tells.
			d = newDesk(t).reach(test.state)
			if d.c.Led() {
				d.moves("officer opine", "lower sign", "upper sign", "officer serve")
			}
			d.until(test.steps[1][:16])
			same(t, "told", test.told, d.told(EventReportedUp, test.clock))
		})
	}
}
