package casefile_test

import (
	"slices"
	"testing"

	. "shuangze/casefile"
)

// DUAL-FINAL: a leader is dropped by a recorded handover only, and the new one begins
// where a leader begins.
func TestDualFinalHandover(t *testing.T) {
	d := newDesk(t).reach("half-signed")
	memo := d.command(HandOver)
	memo.From, memo.To, memo.Reason = "lower", "head", "transfer"
	d.at("2026-09-03 10:00").do("supervisor", memo)
	e := d.events[len(d.events)-1]
	if e.Kind != EventHandedOver || e.From != "lower" || e.To != "head" || e.Reason != "transfer" || e.DecidedBy != "convener" || e.Document == nil || e.On.IsZero() {
		t.Errorf("the handover says %s", show(e))
	}
	if d.c.Lower.Official != "head" || d.c.Lower.Level != "section" || !d.c.Lower.AcknowledgedAt.IsZero() || !d.c.Lower.SignedAt.IsZero() {
		t.Errorf("the new leader begins with %s", show(d.c.Lower))
	}
	for _, id := range []string{"DUAL-ACK/lower", "DUAL-ACT/lower"} {
		if k, _ := d.c.Clock(id); !k.Running() || k.Who != "head" || k.From.String() != "2026-09-03" {
			t.Errorf("%s of the new leader: %s", id, show(k))
		}
	}
	if k, _ := d.c.Clock("DUAL-ACT/upper"); k.Who != "upper" {
		t.Errorf("the other leader's clock: %s", show(k))
	}
	told := []string{}
	for _, n := range d.last.Notices {
		told = append(told, n.To)
	}
	if !slices.Equal(told, []string{"head", "lower"}) {
		t.Errorf("told are %v", told)
	}
	d.refuse("lower", d.command(Sign), "not_permitted")
	d.refuse("head", d.command(Sign), "not_acknowledged")
	d.moves("head acknowledge", "head sign", "upper sign")
	if d.c.Stage != Signed {
		t.Errorf("stage %s after both have signed", d.c.Stage)
	}
}

// Nobody acts in both seats, not even one after the other.
func TestHandoverNeverGivesBothSeats(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	// Were the ranks changed meanwhile, the level alone would not keep them apart.
	o := d.rules.Directory.Officials["upper"]
	memo := d.command(HandOver)
	d.do("supervisor", memo) // upper → other-upper
	o.Level = "section"
	d.rules.Directory.Officials["upper"] = o
	back := d.command(HandOver)
	back.From, back.To = "lower", "upper"
	if refusal := d.refuse("supervisor", back, "invalid_fields"); refusal.Fields[0].Code != "other_seat" {
		t.Errorf("refused as %s", show(refusal))
	}
	both := d.command(HandOver)
	both.From, both.To = "lower", d.c.Upper.Official
	if refusal := d.refuse("supervisor", both, "invalid_fields"); refusal.Fields[0].Code != "same_person" {
		t.Errorf("refused as %s", show(refusal))
	}
}

// DUAL-RECUSE, 条例第28条第3款: who has withdrawn doesn't come back.
func TestArticle28RecusedLeaderStaysAway(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	memo := d.command(HandOver)
	memo.Reason = "recusal"
	d.do("supervisor", memo)
	back := d.command(HandOver)
	back.From, back.To = "other-upper", "upper"
	if refusal := d.refuse("supervisor", back, "invalid_fields"); refusal.Fields[0].Code != "recused" {
		t.Errorf("refused as %s", show(refusal))
	}
}

// What the old leader missed stays the old leader's.
func TestHandoverKeepsLateness(t *testing.T) {
	d := newDesk(t).reach("led").until("2026-09-20 10:00") // acknowledgement was due on 4 September
	d.do("supervisor", d.command(HandOver))
	i := slices.IndexFunc(d.c.Late, func(l Late) bool { return l.Clock == "DUAL-ACK/upper" })
	if i < 0 {
		t.Fatalf("no lateness is on record: %s", show(d.c.Late))
	}
	if l := d.c.Late[i]; l.Who != "upper" || l.Upper != "upper" || l.From.String() != "2026-09-04" || l.Until.String() != "2026-09-20" {
		t.Errorf("on record is %s", show(l))
	}
	if k, _ := d.c.Clock("DUAL-ACK/upper"); k.Who != "other-upper" || k.Overdue(d.now) {
		t.Errorf("the new leader's clock is %s", show(k))
	}
}

// 条例第31条第1至4项: the matter is left to its own procedure, and the case ends.
func TestArticle31Divert(t *testing.T) {
	d := newDesk(t).reach("handling")
	for _, route := range Routes {
		cmd := d.command(Divert)
		cmd.Route = route
		if _, refusal := d.try("clerk", cmd); refusal != nil {
			t.Errorf("%s: %s", route, show(refusal))
		}
	}
	d.do("clerk", d.command(Divert))
	e := d.events[len(d.events)-1]
	if d.c.Stage != Diverted || e.Route != "judicial" || e.Organ == "" || e.Document == nil || !NextStep(d.c, d.rules, d.now).At.IsZero() {
		t.Errorf("in stage %s after %s", d.c.Stage, show(e))
	}
	newDesk(t).reach("supervised").refuse("clerk", d.command(Divert), "still_supervised")
}

// An urged unit has something to report.
func TestUrge(t *testing.T) {
	d := newDesk(t).reach("handling").moves("supervisor urge")
	if !slices.ContainsFunc(Waiting(d.c), func(t Task) bool { return t.Do == Report && t.Role == Officer }) {
		t.Errorf("waiting is %s", show(Waiting(d.c)))
	}
	if !d.c.UrgedAt.Equal(d.now) || len(d.last.Notices) == 0 {
		t.Errorf("urged at %v, told %v", d.c.UrgedAt, d.last.Notices)
	}
}

// Before a case is forwarded its delay is the petition office's own (条例第22条): the unit that
// never got it is neither urged nor supervised for it, and owes no report. The unit that
// received it itself has it.
func TestNoUnitAnswersForWhatItNeverGot(t *testing.T) {
	for _, state := range []string{"registered", "sent-back", "urgent"} {
		d := newDesk(t).reach(state).until("2026-10-20 09:00") // long after REG-FORWARD
		for _, kind := range []Kind{Urge, Supervise} {
			refusal := d.refuse("supervisor", d.command(kind), "not_forwarded")
			if refusal.Chinese != "该事项尚未转送责任单位，应先转送" || !slices.Contains(refusal.Commands, Forward) {
				t.Errorf("%s in %s: %s", kind, state, show(refusal))
			}
		}
		d.do("convener", d.command(Instruct)) // is for the office, which has the case
		for _, task := range Waiting(d.c) {
			if task.Unit == d.c.Unit {
				t.Errorf("%s: the unit is asked for %s", state, show(task))
			}
		}
	}
	d := newDesk(t).reach("registered").moves("clerk forward", "supervisor supervise", "officer object", "clerk decide_objection")
	d.refuse("supervisor", d.command(Urge), "not_forwarded")
	d.refuse("supervisor", d.command(Escalate), "not_forwarded")
	for _, kind := range []Kind{Talk, Circulate, List, Order} {
		d.refuse("convener", d.command(kind), "not_forwarded")
	}
	if slices.ContainsFunc(Waiting(d.c), func(t Task) bool { return t.Do == FeedBack }) {
		t.Errorf("who gave it back is asked for feedback: %s", show(Waiting(d.c)))
	}
	d = newDesk(t).reach("direct")
	d.moves("county-supervisor urge", "county-supervisor supervise")
}

// A leader who leaves has cases of several offices. The authority above them decides for
// all: that of an office below it or of one beside it never does.
func TestAuthorityAboveDecides(t *testing.T) {
	d := newDesk(t)
	d.do("county-clerk", d.command(Register)).moves("county-supervisor assign", "county-clerk forward")
	if d.c.Office != "C-xf" || d.c.Upper.Official != "upper" {
		t.Fatalf("the case is of %s, led by %s", d.c.Office, d.c.Upper.Official)
	}
	memo := d.command(HandOver)
	memo.From, memo.To, memo.DecidedBy = "upper", "other-upper", "head"
	same(t, "the head of a department", []string{"decided_by not_entitled"}, problems(d.refuse("supervisor", memo, "invalid_fields")))
	memo.DecidedBy = "convener"
	d.do("supervisor", memo)
	if d.c.Upper.Official != "other-upper" {
		t.Errorf("%s", show(d.c.Upper))
	}
}
