package casefile_test

import (
	"testing"

	. "shuangze/casefile"
)

// signed lists who has signed the present opinion.
func signed(c Case) string {
	s := ""
	for _, seat := range []Seat{c.Lower, c.Upper} {
		if !seat.SignedAt.IsZero() {
			s += seat.Official + " "
		}
	}
	return s
}

func TestSigning(t *testing.T) {
	d := newDesk(t).reach("opined")
	same(t, "told of the opinion", []string{"lower"}, d.told(EventOpined, ""))
	d.refuse("upper", d.command(Sign), "lower_signs_first")
	d.moves("lower sign")
	same(t, "told of the first signature", []string{"upper"}, d.told(EventSigned, ""))
	d.refuse("lower", d.command(Sign), "already_signed")
	if d.c.Stage != Opined || signed(d.c) != "lower " {
		t.Errorf("%s, signed by %s", d.c.Stage, signed(d.c))
	}
	d.moves("upper sign")
	if d.c.Stage != Signed || signed(d.c) != "lower upper " {
		t.Errorf("%s, signed by %s", d.c.Stage, signed(d.c))
	}
	for _, seat := range []Seat{d.c.Upper, d.c.Lower} {
		if seat.SignedHash != d.c.Opinion.Hash() {
			t.Errorf("%s", show(seat))
		}
	}
}

// A signature is on the text that was read.
func TestSigningTheWrongText(t *testing.T) {
	d := newDesk(t).reach("half-signed")
	for _, hash := range []string{"hash of something else", "hash of Opinion", " hash of opinion"} {
		d.refuse("upper", Command{Kind: Sign, Hash: hash}, "opinion_changed")
	}
	// A new version with the same result is another text.
	read := d.command(Sign)
	again := d.command(Opine)
	again.Text = doc("opinion, corrected")
	d.do("officer", again)
	if d.c.Stage != Opined || d.c.Opinion.Version != 2 || signed(d.c) != "" {
		t.Errorf("version %d in stage %s, signed by %s", d.c.Opinion.Version, d.c.Stage, signed(d.c))
	}
	d.refuse("lower", read, "opinion_changed")
	d.moves("lower sign", "upper sign")
}

func TestReturning(t *testing.T) {
	for _, who := range []string{"upper", "lower"} {
		d := newDesk(t).reach("half-signed").moves(who + " return")
		if d.c.Stage != Handling || signed(d.c) != "" {
			t.Errorf("returned by %s: %s, signed by %s", who, d.c.Stage, signed(d.c))
		}
		same(t, "told", []string{"colleague", "officer"}, d.told(EventReturned, ""))
		if k := d.clock("HANDLE"); !k.Running() || k.From != day("2026-09-01") {
			t.Errorf("the sixty days run on: %s", show(k))
		}
		// Even the same text is signed anew.
		d.moves("officer opine")
		if d.c.Opinion.Version != 2 {
			t.Errorf("version %d", d.c.Opinion.Version)
		}
		d.refuse("upper", d.command(Sign), "lower_signs_first")
		d.moves("lower sign", "upper sign", "officer serve")
	}
}

// Nobody signs for both: whoever sits in one seat is not in the other, whatever they ask.
func TestNobodySignsForBoth(t *testing.T) {
	d := newDesk(t).reach("opined")
	for range 3 {
		for _, who := range cast {
			if who == "lower" || who == "upper" {
				continue
			}
			if answer(d, who, Sign) == "ok" {
				t.Errorf("%s signed", who)
			}
		}
		if d.c.Lower.SignedAt.IsZero() {
			d.moves("lower sign")
		}
	}
	for _, e := range d.events {
		if e.Kind == EventSigned && e.Actor.ID != d.c.Seat(e.Seat).Official {
			t.Errorf("%s", show(e))
		}
	}
}

func TestServing(t *testing.T) {
	d := newDesk(t).reach("signed").at("2026-10-12 10:00")
	cmd := d.command(Serve)
	cmd.Means, cmd.On = "mail", day("2026-10-09")
	d.do("officer", cmd)
	same(t, "service", &Service{On: day("2026-10-09"), Means: "mail"}, d.c.Served)
	if k := d.clock("HANDLE"); k.Running() || k.Overdue(d.now) {
		t.Errorf("%s", show(k))
	}
	d.want("CLOSE", "2026-10-12", "2026-10-26", "2026-10-26") // from the day the office could know
}

// A signature is on the text under its outcome: what was read as a refusal is not signed as
// a support that was drafted meanwhile in the same words, nor with another term.
func TestSignatureIsOnTheOutcomeToo(t *testing.T) {
	draft := func(d *desk, result string, days int) {
		d.do("officer", Command{Kind: Opine, Result: result, Days: days, Text: doc("the same words")})
	}
	d := newDesk(t).reach("opined")
	draft(d, "reject", 0)
	read := d.command(Sign)
	for _, another := range []struct {
		result string
		days   int
	}{{"explain", 0}, {"support", 30}, {"support", 60}} {
		draft(d, another.result, another.days)
		d.refuse("lower", read, "opinion_changed")
		read = d.command(Sign)
	}
	d.do("lower", read)
}
