package casefile_test

import (
	"slices"
	"testing"
	"time"

	. "shuangze/casefile"
	"shuangze/policy"
)

// leaveNow puts an official on leave for this day and the next.
func (d *desk) leaveNow(official, deputy string) *desk {
	d.t.Helper()
	return d.leave(official, deputy, "2026-09-01 00:00", "2026-09-03 00:00")
}

// A deputy signs for the leader on leave: both are on record, the personal act is still
// to be done by the leader, and the other seat is out of reach for good.
func TestDeputySigns(t *testing.T) {
	d := newDesk(t).reach("opined").leaveNow("lower", "other-head")
	before := d.clock("DUAL-ACT/lower")
	d.at("2026-09-02 09:00").moves("other-head sign")
	e := d.events[len(d.events)-1]
	if e.Kind != EventSigned || e.Actor.ID != "other-head" || e.For != "lower" || e.Seat != Lower {
		t.Errorf("on record is %s", show(e))
	}
	if s := d.c.Lower; s.Official != "lower" || !s.SignedAt.Equal(d.now) || !s.LastActAt.IsZero() || !slices.Contains(s.Hands, "other-head") {
		t.Errorf("the seat is %s", show(s))
	}
	if after := d.clock("DUAL-ACT/lower"); show(after) != show(before) || !after.Running() || after.Who != "lower" {
		t.Errorf("the leader's own act was %s, is %s", show(before), show(after))
	}
	d.refuse("other-head", d.command(Sign), "already_signed")

	// Not as a deputy,
	d.leaveNow("upper", "other-head")
	upper := d.command(Sign)
	upper.For = "upper"
	if refusal := d.refuse("other-head", upper, "invalid_fields"); problems(refusal)[0] != "for no_deputy" {
		t.Errorf("refused as %s", show(refusal))
	}
	// nor when the first leave is over,
	d.rules.Directory.Leaves["lower"] = nil
	for _, kind := range []Kind{Sign, Return} {
		if got := answer(d, "other-head", kind); got != "case_not_found" {
			t.Errorf("%s in the other seat: %s", kind, got)
		}
	}
	// nor by a handover.
	promoted := d.rules.Directory.Officials["other-head"]
	promoted.Level, promoted.Unit = "county", "C"
	d.rules.Directory.Officials["other-head"] = promoted
	memo := d.command(HandOver)
	memo.From, memo.To = "upper", "other-head"
	if refusal := d.refuse("supervisor", memo, "invalid_fields"); refusal.Fields[0].Code != "other_seat" {
		t.Errorf("refused as %s", show(refusal))
	}
}

// A deputy who took the case up for the leader can return the opinion for them.
func TestDeputyAcknowledgesAndReturns(t *testing.T) {
	d := newDesk(t).reach("opined-unread").leaveNow("upper", "other-upper").moves("other-upper acknowledge")
	if k := d.clock("DUAL-ACK/upper"); k.Running() {
		t.Errorf("acknowledged by the deputy, but %s", show(k))
	}
	d.refuse("upper", d.command(Acknowledge), "already_acknowledged")
	d.moves("other-upper return")
	if e := d.events[len(d.events)-1]; e.For != "upper" || e.Actor.ID != "other-upper" || d.c.Stage != Handling || !d.c.Upper.LastActAt.IsZero() {
		t.Errorf("on record is %s", show(e))
	}
}

// The leader on leave can still act, and what both do counts once.
func TestLeaderOnLeaveActsToo(t *testing.T) {
	d := newDesk(t).reach("opined").leaveNow("lower", "other-head").moves("lower act", "lower sign")
	if e := d.events[len(d.events)-1]; e.For != "" || e.Actor.ID != "lower" || d.c.Lower.LastActAt.IsZero() {
		t.Errorf("on record is %s", show(e))
	}
	d.refuse("other-head", d.command(Sign), "already_signed")
}

// The interval is half-open, to the instant.
func TestDeputyInTheIntervalOnly(t *testing.T) {
	d := newDesk(t).reach("opined").leave("lower", "other-head", "2026-09-07 12:00", "2026-09-14 12:00")
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{moment("2026-09-07 12:00").Add(-time.Microsecond), "case_not_found"},
		{moment("2026-09-07 12:00"), "ok"},
		{moment("2026-09-14 12:00").Add(-time.Microsecond), "ok"},
		{moment("2026-09-14 12:00"), "case_not_found"},
	} {
		d.now = test.at
		if got := answer(d, "other-head", Sign); got != test.want {
			t.Errorf("%s: %s, want %s", test.at, got, test.want)
		}
		offered := slices.Contains(Available(d.c, d.actor("other-head"), d.rules, d.now), Sign)
		if offered != (test.want == "ok") {
			t.Errorf("%s: offered %v", test.at, offered)
		}
		d.rules.Now = d.now
		for _, sees := range []bool{Sees(d.c, d.actor("other-head"), d.rules), SeesPetitioner(d.c, d.actor("other-head"), d.rules)} {
			if sees != (test.want == "ok") {
				t.Errorf("%s: sees %v", test.at, sees)
			}
		}
	}
}

// A deputy does what the policy lets deputies do, and never the leader's own act.
func TestDeputyDoesWhatThePolicySays(t *testing.T) {
	for _, delegated := range [][]string{nil, {"sign"}, {"return"}, policy.Delegable} {
		d := newDesk(t).reach("opined").leaveNow("lower", "other-head")
		d.rules.Policy.Deputies = delegated
		for _, kind := range Kinds() {
			cmd := d.command(kind)
			_, refusal := d.try("other-head", cmd)
			if want := slices.Contains(delegated, string(kind)) && kind != Acknowledge; want != (refusal == nil) {
				t.Errorf("%v: %s by the deputy: %s", delegated, kind, show(refusal))
			}
		}
		d.refuse("other-head", d.command(Act), "not_permitted")
	}
}

// Two seats are always two persons, whoever is on leave.
func TestDeputyIsNeverInBothSeats(t *testing.T) {
	// A leader of the case stands in for the other in nothing.
	d := newDesk(t).reach("half-signed").leaveNow("upper", "lower")
	d.refuse("lower", d.command(Sign), "already_signed")
	cmd := d.command(Sign)
	cmd.For = "upper"
	d.refuse("lower", cmd, "invalid_fields")

	// Who stands in for both chooses one.
	d = newDesk(t).reach("opined-unread").leaveNow("upper", "other-upper").leaveNow("lower", "other-upper")
	if got := Available(d.c, d.actor("other-upper"), d.rules, d.now); !slices.Equal(got, []Kind{Acknowledge}) {
		t.Errorf("available are %v", got)
	}
	if refusal := d.refuse("other-upper", d.command(Acknowledge), "invalid_fields"); problems(refusal)[0] != "for required" {
		t.Errorf("refused as %s", show(refusal))
	}
	chosen := d.command(Acknowledge)
	chosen.For = "upper"
	d.do("other-upper", chosen)
	chosen.For = "lower"
	if refusal := d.refuse("other-upper", chosen, "invalid_fields"); problems(refusal)[0] != "for no_deputy" {
		t.Errorf("refused as %s", show(refusal))
	}
	d.moves("lower acknowledge", "lower sign", "other-upper sign") // for upper, without saying so
	if e := d.events[len(d.events)-1]; e.For != "upper" || d.c.Stage != Signed {
		t.Errorf("on record is %s", show(e))
	}
}

// Whom the case accuses, and who has withdrawn from it, stands in for nobody.
func TestDeputyAccusedOrWithdrawn(t *testing.T) {
	d := newDesk(t).register(func(r *Registration) { r.Purpose, r.AccusedOfficial = "accusation", "other-upper" })
	d.moves("clerk forward", "officer accept", "supervisor assign").leaveNow("upper", "other-upper")
	if got := answer(d, "other-upper", Acknowledge); got != "case_not_found" {
		t.Errorf("the accused takes the case up: %s", got)
	}

	d = newDesk(t).reach("acknowledged")
	memo := d.command(HandOver)
	memo.Reason = "recusal"
	d.do("supervisor", memo).leaveNow("other-upper", "upper")
	d.refuse("upper", d.command(Acknowledge), "not_permitted")
}

// Who names somebody they don't stand in for is told so.
func TestDeputyOfNobody(t *testing.T) {
	d := newDesk(t).reach("opined").leaveNow("lower", "other-head")
	for who, principal := range map[string]string{"other-head": "upper", "lower": "lower", "upper": "lower"} {
		cmd := d.command(Return)
		cmd.For = principal
		if refusal := d.refuse(who, cmd, "invalid_fields"); problems(refusal)[0] != "for no_deputy" {
			t.Errorf("%s for %s: %s", who, principal, show(refusal))
		}
	}
}

// What can be delegated are leaders' commands, and never their own acts.
func TestDelegable(t *testing.T) {
	d := newDesk(t).reach("opined")
	for _, command := range policy.Delegable {
		if _, ok := Fields(Kind(command)); !ok || command == string(Act) {
			t.Errorf("%s can be delegated", command)
		}
		for _, o := range d.rules.Directory.Officials {
			_, sits := d.c.SeatOf(o.ID)
			if permitted := Permit(d.c, Kind(command), d.actor(o.ID), d.rules) == nil; permitted != sits {
				t.Errorf("%s by %s: %v", command, o.ID, permitted)
			}
		}
	}
}

// Before it costs history, a workflow can't tell a deputy; it lets them through.
func TestAdmitLetsDeputiesThrough(t *testing.T) {
	d := newDesk(t).reach("opined").leaveNow("upper", "other-upper").moves("lower sign")
	cmd := d.from("other-upper", d.command(Sign))
	if refusal := Admit(d.c, cmd); refusal != nil {
		t.Errorf("%s", show(refusal))
	}
	d.do("other-upper", d.command(Sign))
	if refusal := Admit(d.c, cmd); refusal == nil || refusal.Code != "wrong_stage" {
		t.Errorf("%s", show(refusal))
	}
}

// Who is on leave is not reminded; the deputy is, in their place, unless the deputy may
// not know of the case.
func TestDeputyIsTold(t *testing.T) {
	whom := func(d *desk) []string {
		told := []string{}
		for _, n := range d.last.Notices {
			line := n.To
			if n.For != "" {
				line += " for " + n.For
			}
			told = append(told, line)
		}
		slices.Sort(told)
		return told
	}
	opine := func(d *desk) *desk { return d.moves("officer opine") } // the lower leader is told

	same(t, "nobody on leave", []string{"lower"}, whom(opine(newDesk(t).reach("acknowledged"))))
	same(t, "on leave", []string{"other-head for lower"}, whom(opine(newDesk(t).reach("acknowledged").leaveNow("lower", "other-head"))))

	d := newDesk(t).reach("acknowledged").leaveNow("lower", "other-head")
	same(t, "back again", []string{"lower"}, whom(opine(d.at("2026-09-03 00:00"))))

	d = newDesk(t).reach("acknowledged").leaveNow("lower", "upper")
	same(t, "the deputy holds the other seat", []string{"lower"}, whom(opine(d)))

	d = newDesk(t).register(func(r *Registration) { r.Purpose, r.AccusedUnit = "accusation", "C-zr" })
	d.moves("clerk forward", "officer accept", "supervisor assign").leaveNow("lower", "other-head")
	same(t, "the deputy is of the accused unit", []string{"lower"}, whom(opine(d)))

	// Not of the case's leaders, but of others who are told: the deputy has to see the case.
	d = newDesk(t).reach("acknowledged").leave("head", "other-head", "2026-09-01 00:00", "2027-01-01 00:00").
		leave("upper", "lower", "2026-09-01 00:00", "2027-01-01 00:00")
	d.until("2026-10-28 09:00") // REM-T3 of HANDLE
	same(t, "the deputy sees nothing of the unit", []string{"colleague", "head", "officer"}, whom(d))
	d = newDesk(t).reach("acknowledged").leave("head", "upper", "2026-09-01 00:00", "2027-01-01 00:00").until("2026-10-28 09:00")
	same(t, "the deputy sees the case", []string{"colleague", "officer", "upper for head"}, whom(d))
	d.until("2026-10-30 09:00") // REM-T1, to both leaders and the head
	same(t, "once each", []string{"colleague", "lower", "officer", "upper"}, whom(d))
}

// The leader's clock goes on running, the deputy is reminded of it, and what becomes
// late is the leader's.
func TestLeaderOnLeaveBecomesLate(t *testing.T) {
	d := newDesk(t).reach("led").leave("upper", "other-upper", "2026-09-01 12:00", "2026-12-01 00:00")
	d.until("2026-09-03 09:00")
	same(t, "reminded", []string{"other-upper"}, d.told(EventReminded, "DUAL-ACK/upper"))
	same(t, "reminded", []string{"lower"}, d.told(EventReminded, "DUAL-ACK/lower"))
	d.until("2026-09-05 09:00")
	if k := d.clock("DUAL-ACK/upper"); k.Who != "upper" || !k.Running() {
		t.Errorf("the clock is %s", show(k))
	}
	d.at("2026-09-10 09:00").moves("other-upper acknowledge")
	if i := slices.IndexFunc(d.c.Late, func(l Late) bool { return l.Clock == "DUAL-ACK/upper" }); i < 0 || d.c.Late[i].Who != "upper" {
		t.Errorf("late is %s", show(d.c.Late))
	}
}
