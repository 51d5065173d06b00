package casefile_test

import (
	"slices"
	"testing"
	"time"

	"shuangze/calendar"
	. "shuangze/casefile"
)

// A leader's long silence stays on the case when a later act starts the clock anew:
// closing it all does not turn the lamp green.
func TestLatenessOutlivesRestart(t *testing.T) {
	d := newDesk(t).reach("acknowledged").until("2026-10-20 10:00")
	d.moves("upper act", "lower act", "officer opine", "lower sign", "upper sign", "officer serve", "supervisor close")
	if k := d.clock("DUAL-ACT/upper"); k.Missed != 1 {
		t.Errorf("%s", show(k))
	}
	if lamp := d.c.Lamp(d.now); lamp != Red {
		t.Errorf("lamp %s, want red", lamp)
	}
}

// An act entered late counts from its own day, but never takes back the time that a
// later act gave, nor lies before the leader was named.
func TestBackdatedAct(t *testing.T) {
	d := newDesk(t).reach("acknowledged").at("2026-09-20 10:00").moves("lower act").at("2026-09-22 10:00")
	assigned := calendar.DateOf(d.c.Lower.AssignedAt)
	cmd := d.command(Act)
	cmd.On = day("2026-09-10")
	d.do("lower", cmd)
	d.want("DUAL-ACT/lower", "2026-09-20", "2026-10-20", "2026-10-20")
	cmd.On = day("2026-09-21")
	d.do("upper", cmd)
	d.want("DUAL-ACT/upper", "2026-09-21", "2026-10-21", "2026-10-21")
	cmd.On = assigned.AddDays(-1)
	refusal := d.refuse("upper", cmd, "invalid_fields")
	if f := refusal.Fields[0]; f.Field != "on" || f.Code != "before_assignment" && f.Code != "before_receipt" {
		t.Errorf("%+v", f)
	}
}

// Where the directory has no supervision office nobody could release its channel: the
// case is not handed to nobody, and the convener is told.
func TestNoSupervisionOffice(t *testing.T) {
	d := newDesk(t)
	delete(d.rules.Directory.Units, "P-dc")
	delete(d.rules.Directory.Officials, "inspector")
	d.reach("supervised").until("2026-12-01 12:00")
	if d.c.Supervision() != ByPetitionOffice {
		t.Errorf("supervision %s", d.c.Supervision())
	}
	if !slices.ContainsFunc(d.events, func(e Event) bool { return e.Kind == EventSuppressed && e.Reason == NoOffice }) {
		t.Error("nothing says why it was not handed over")
	}
	d.refuse("supervisor", d.command(Escalate), "no_supervision_office")
}

// Two workers' clocks may differ: what is recorded later never bears an earlier time.
func TestTimeNeverGoesBack(t *testing.T) {
	d := newDesk(t).reach("handling")
	before := d.c.LastAt
	d.now = before.Add(-time.Hour)
	d.moves("officer report")
	if !d.c.LastAt.Equal(before) {
		t.Errorf("recorded at %s after %s", clock(d.c.LastAt), clock(before))
	}
}

// Accepted without ever having been forwarded, the 60 days run from the day on which
// the office ought to have forwarded it.
func TestLateAcceptanceByTheOffice(t *testing.T) {
	d := newDesk(t).reach("registered")
	due := d.clock("REG-FORWARD").Due.Internal
	d.until(due.AddDays(30).String() + " 10:00").moves("clerk accept")
	if from := d.clock("HANDLE").From; from != due {
		t.Errorf("HANDLE counts from %s, want %s", from, due)
	}
}

// A refusal by the command itself says what is possible too.
func TestConflictNamesCommands(t *testing.T) {
	d := newDesk(t).reach("opined")
	cmd := d.command(Sign)
	cmd.Hash = "of another text"
	if refusal := d.refuse("lower", cmd, "opinion_changed"); !slices.Contains(refusal.Commands, Sign) {
		t.Errorf("%s", show(refusal))
	}
}

// A forwarded matter is handed back only with the sender's consent, and a supervised
// one is not ended before it is released.
func TestDecliningIsNoWayOut(t *testing.T) {
	d := newDesk(t).reach("forwarded")
	d.refuse("officer", d.command(Decline), "not_permitted")
	d.moves("supervisor supervise")
	d.refuse("clerk", d.command(Decline), "still_supervised")
	d.moves("supervisor release", "clerk decline")
}

// The petitioner's thirty days can't begin before the opinion was signed.
func TestServedBeforeSigned(t *testing.T) {
	d := newDesk(t).reach("half-signed").at("2026-09-10 10:00").moves("upper sign")
	cmd := d.command(Serve)
	cmd.On = day("2026-09-09")
	same(t, "fields", []string{"on before_signature"}, problems(d.refuse("officer", cmd, "invalid_fields")))
	cmd.On = day("2026-09-10")
	d.do("officer", cmd)
}

// Forwarding doesn't take time from the unit, nor give it to one that has it already.
func TestForwardingDates(t *testing.T) {
	d := newDesk(t).reach("registered").at("2026-09-10 10:00")
	cmd := d.command(Forward)
	cmd.On = day("2026-09-02")
	d.do("clerk", cmd).want("ACC-TRANSFER", "2026-09-10", "2026-09-25", "2026-09-28")
	d = newDesk(t).reach("direct")
	cmd = Command{Kind: Forward}
	same(t, "fields", []string{"unit own_unit"}, problems(d.refuse("clerk", cmd, "invalid_fields")))
}

// When the office accepts, the unit hears of it: its sixty days have begun.
func TestUnitHearsOfAcceptance(t *testing.T) {
	d := newDesk(t).reach("registered").moves("clerk accept")
	same(t, "told", []string{"colleague", "officer"}, d.told(EventAccepted, ""))
}

// What can't be extended is not offered.
func TestExtensionIsOffered(t *testing.T) {
	offered := func(d *desk) bool {
		return slices.Contains(Available(d.c, d.actor("head"), d.rules, d.now), Extend)
	}
	d := newDesk(t).reach("acknowledged")
	if !offered(d) {
		t.Error("not offered in time")
	}
	if d.until("2026-11-10 10:00"); offered(d) {
		t.Error("offered after the due date")
	}
}
