package casefile_test

import (
	"testing"

	. "shuangze/casefile"
)

// Both channels of dual supervision must release before the case can close, in either
// order; a release closes nothing.
func TestBothChannelsRelease(t *testing.T) {
	for _, order := range [][2]string{{"supervisor", "inspector"}, {"inspector", "supervisor"}} {
		d := newDesk(t).reach("served-dual")
		if d.c.Supervision() != Dual {
			t.Fatalf("%s", d.c.Supervision())
		}
		d.refuse("supervisor", d.command(Close), "still_supervised")
		d.moves(order[0] + " release")
		want := map[string]Supervision{"supervisor": Dual, "inspector": ByPetitionOffice}[order[0]]
		if d.c.Supervision() != want || d.c.Stage != Served {
			t.Errorf("%s first: %s, stage %s", order[0], d.c.Supervision(), d.c.Stage)
		}
		d.refuse(order[0], d.command(Release), "no_open_channel")
		d.refuse("supervisor", d.command(Close), "still_supervised")
		d.moves(order[1] + " release")
		if d.c.Supervision() != NotSupervised || d.c.Stage != Served {
			t.Errorf("after both: %s, stage %s", d.c.Supervision(), d.c.Stage)
		}
		d.moves("supervisor close")
		same(t, "told", []string{"lower", "upper"}, d.told(EventClosed, ""))
		for _, ch := range d.c.Channels {
			if ch.Open() || ch.ReleasedAt.IsZero() {
				t.Errorf("%s", show(ch))
			}
		}
	}
}

// Service ends the unit's terms; from then on it is each office's turn to release.
func TestReleaseStopsItsClocks(t *testing.T) {
	running := func(d *desk) (ids []string) {
		for _, k := range d.c.Clocks {
			switch k.ID {
			case "SUP-1", "SUP-2", "REL-1", "REL-2":
				if k.Running() {
					ids = append(ids, k.ID)
				}
			}
		}
		return ids
	}
	d := newDesk(t).reach("dual").moves("officer opine", "lower sign", "upper sign", "officer serve")
	same(t, "served", []string{"REL-1", "REL-2"}, running(d))
	d.moves("supervisor release")
	same(t, "released by the petition office", []string{"REL-2"}, running(d))
	d.moves("inspector release")
	same(t, "released by both", []string(nil), running(d))

	// Released before the opinion was served: nothing is left to check afterwards.
	d = newDesk(t).reach("supervised").moves("supervisor release", "officer opine", "lower sign", "upper sign", "officer serve")
	same(t, "not supervised", []string(nil), running(d))
}

func TestSupervision(t *testing.T) {
	d := newDesk(t).reach("handling")
	cmd := d.command(Supervise)
	cmd.Days = 5
	d.do("supervisor", cmd)
	d.want("SUP-1", "2026-09-01", "2026-09-06", "2026-09-07") // the letter's own, shorter term
	if k := d.clock("SUP-1"); k.Who != "C-rs" || k.Length != 5 {
		t.Errorf("%s", show(k))
	}
	ch := d.c.OnChannel(PetitionOffice)
	if ch.Office != "P-xf" || ch.Letter != "地信〔2026〕1号-督1" || ch.Reason != "shirking" || ch.Document == nil {
		t.Errorf("%s", show(ch))
	}
	same(t, "told", []string{"colleague", "officer"}, d.told(EventSupervised, ""))

	// For a second time: a new letter and a new term.
	d.moves("supervisor release").at("2026-09-10 10:00").moves("supervisor supervise")
	if ch := d.c.OnChannel(PetitionOffice); ch.Letter != "地信〔2026〕1号-督2" || ch.Letters != 2 || !ch.Open() {
		t.Errorf("%s", show(ch))
	}
	d.want("SUP-1", "2026-09-10", "2026-09-25", "2026-09-28")
}

func TestEscalation(t *testing.T) {
	for _, test := range []struct {
		name, ground string
		before       func(*desk)
		refused      string
	}{
		{"key", "key", func(*desk) {}, ""},
		{"difficult", "difficult", func(*desk) {}, ""},
		{"term not passed", "term_passed", func(d *desk) { d.until("2026-09-16 23:59") }, "ground not_the_case"},
		{"term passed", "term_passed", func(d *desk) { d.until("2026-09-17 00:00") }, ""}, // half past eight it goes by itself
		{"supervised once", "repeated", func(*desk) {}, "ground not_the_case"},
		{"supervised twice", "repeated", func(d *desk) { d.moves("supervisor release", "supervisor supervise") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).reach("supervised")
			test.before(d)
			cmd := d.command(Escalate)
			cmd.Ground = test.ground
			if test.refused != "" {
				same(t, "fields", []string{test.refused}, problems(d.refuse("supervisor", cmd, "invalid_fields")))
				return
			}
			d.do("supervisor", cmd)
			same(t, "told", []string{"inspector", "lower", "upper"}, d.told(EventEscalated, ""))
			if d.c.Supervision() != Dual || d.c.Key != (test.ground == "key") || d.c.Difficult != (test.ground == "difficult") {
				t.Errorf("%s, key %v, difficult %v", d.c.Supervision(), d.c.Key, d.c.Difficult)
			}
			ch := d.c.OnChannel(SupervisionOffice)
			if ch.Office != "P-dc" || ch.Letter != "地信〔2026〕1号-督查1" || !ch.Open() {
				t.Errorf("%s", show(ch))
			}
			if e := d.last.Events[len(d.last.Events)-1]; e.DecidedBy != "convener" || e.Ground != test.ground {
				t.Errorf("%s", show(e))
			}
		})
	}
}

// Dual supervision comes on top of an active first channel, never alone.
func TestEscalationNeedsSupervision(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	d.refuse("supervisor", d.command(Escalate), "not_supervised")
	d.moves("supervisor supervise", "supervisor release")
	d.refuse("supervisor", d.command(Escalate), "not_supervised")
	d.moves("supervisor supervise", "supervisor escalate")
	d.refuse("supervisor", d.command(Escalate), "already_dual")
	// The first channel released, the second still open: supervised anew, it can't be
	// escalated a second time.
	d.moves("supervisor release")
	d.refuse("supervisor", d.command(Escalate), "already_dual")
	d.moves("inspector release")
	d.refuse("supervisor", d.command(Escalate), "not_supervised")
	d.moves("supervisor supervise", "supervisor escalate")
	if ch := d.c.OnChannel(SupervisionOffice); ch.Letter != "地信〔2026〕1号-督查2" {
		t.Errorf("%s", show(ch))
	}
}

// The decision is a leader's of the office's own authority, and not one the case accuses.
func TestWhoDecidesEscalation(t *testing.T) {
	for who, want := range map[string]string{
		"convener": "", "commissioner": "",
		"upper": "decided_by not_entitled", "clerk": "decided_by not_entitled", "inspector": "decided_by not_entitled", "nobody": "decided_by not_entitled",
	} {
		d := newDesk(t).reach("supervised")
		cmd := d.command(Escalate)
		cmd.DecidedBy = who
		if want == "" {
			d.do("supervisor", cmd)
			continue
		}
		same(t, who, []string{want}, problems(d.refuse("supervisor", cmd, "invalid_fields")))
	}
	d := newDesk(t)
	cmd := d.command(Register)
	cmd.Registration.Purpose, cmd.Registration.AccusedOfficial = "accusation", "commissioner"
	d.do("clerk", cmd).moves("clerk forward", "officer accept", "supervisor supervise")
	cmd = d.command(Escalate)
	cmd.DecidedBy = "commissioner"
	same(t, "accused", []string{"decided_by recused"}, problems(d.refuse("supervisor", cmd, "invalid_fields")))
}
