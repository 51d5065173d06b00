package casefile_test

import (
	"slices"
	"testing"

	"shuangze/calendar"
	. "shuangze/casefile"
)

// What is forwarded can be objected to within 5 working days; the sender decides, and
// what comes back is to be forwarded anew within 15 days from then.
func TestArticle23Objection(t *testing.T) {
	d := newDesk(t).reach("forwarded") // Tuesday 1 September
	if d.c.ObjectUntil.String() != "2026-09-08" {
		t.Errorf("objections until %s", d.c.ObjectUntil)
	}
	late := *d
	late.at("2026-09-09 00:00").refuse("officer", d.command(Object), "objection_too_late")
	d.at("2026-09-08 23:59").moves("officer object")
	d.want("ACC-OBJECT-DECIDE", "2026-09-08", "2026-09-11", "2026-09-11")
	if !d.clock("ACC-TRANSFER").Running() {
		t.Error("the unit's own time must run on until the objection is decided")
	}
	d.refuse("officer", d.command(Object), "already_objected")
	d.at("2026-09-10 10:00").moves("clerk decide_objection")
	if d.c.Stage != Registered || d.clock("ACC-TRANSFER").Running() {
		t.Errorf("sent back: %s", d.c.Stage)
	}
	d.want("REG-FORWARD", "2026-09-10", "2026-09-25", "2026-09-28") // 中秋节

	d = newDesk(t).reach("objected")
	cmd := d.command(DecideObjection)
	cmd.Outcome = "rejected"
	d.do("clerk", cmd)
	if d.c.Stage != Forwarded || !d.clock("ACC-TRANSFER").Running() {
		t.Errorf("rejected: %s", d.c.Stage)
	}
	d.refuse("officer", d.command(Object), "objection_decided")
}

// A commission has the term that its order sets; whoever set it can lengthen it once,
// when the head of the unit asks before it has passed.
func TestArticle22CommissionWithATerm(t *testing.T) {
	d := newDesk(t).reach("registered")
	cmd := d.command(Commission)
	for _, days := range []int{0, -1, 367} {
		cmd.Days = days
		same(t, "fields", []string{"days out_of_range"}, problems(d.refuse("clerk", cmd, "invalid_fields")))
	}
	d.moves("clerk commission", "officer accept")
	d.want("ASSIGN-RESULT", "2026-09-01", "2026-10-16", "2026-10-16")
	d.want("HANDLE", "2026-09-01", "2026-10-31", "2026-11-02")
	d.at("2026-10-16 10:00").moves("head ask_term").at("2026-10-19 09:30")
	if !d.clock("ASSIGN-RESULT").Overdue(d.now) {
		t.Fatal("the old date should have passed")
	}
	d.moves("supervisor grant_term")
	d.want("ASSIGN-RESULT", "2026-09-01", "2026-10-26", "2026-10-26")
	if len(d.c.Late) > 0 {
		t.Errorf("asked for in time, and late: %s", show(d.c.Late))
	}
	d.refuse("head", Command{Kind: AskTerm, Clock: "ASSIGN-RESULT", Days: 5, Text: doc("again")}, "no_term_to_lengthen")
}

// Of several units one has the lead and its deadlines; officers of the others see the
// case and report, and nothing else.
func TestSeveralUnits(t *testing.T) {
	d := newDesk(t).reach("joined")
	who := d.actor("other-officer")
	if !Sees(d.c, who, d.rules) {
		t.Fatal("the unit that joined does not see the case")
	}
	if got := Available(d.c, who, d.rules, d.now); !slices.Equal(got, []Kind{Report}) {
		t.Errorf("the unit that joined can %v", got)
	}
	same(t, "fields", []string{"unit takes_part"}, problems(d.refuse("clerk", Command{Kind: Join, Unit: "C-rs"}, "invalid_fields")))
	for _, k := range d.c.Clocks {
		if k.Who == "C-zr" {
			t.Errorf("%s is the duty of the unit that joined", k.ID)
		}
	}
}

// The simple track: forwarded in 1 working day, accepted in 3, settled in 10; on its last
// day it falls back by itself, and the 60 days count from the first acceptance.
func TestSimpleTrack(t *testing.T) {
	d := newDesk(t).reach("new")
	cmd := d.command(Register)
	cmd.Registration.Simple, cmd.Registration.Repeated = true, true
	same(t, "fields", []string{"simple not_the_case"}, problems(d.refuse("clerk", cmd, "invalid_fields")))
	d.moves("clerk quick")
	d.want("SIMPLE-PASS", "2026-09-01", "2026-09-02", "2026-09-02")
	d.at("2026-09-02 10:00").moves("clerk forward")
	d.want("SIMPLE-ACC", "2026-09-02", "2026-09-07", "2026-09-07")
	d.at("2026-09-03 10:00").moves("officer accept")
	d.want("SIMPLE-HANDLE", "2026-09-03", "2026-09-17", "2026-09-17")
	if _, ok := d.c.Clock("HANDLE"); ok {
		t.Error("both tracks at once")
	}
	d.until("2026-09-17 09:00")
	if last := d.events[len(d.events)-1]; last.Kind != EventFellBack || last.Actor != Clockwork {
		t.Fatalf("%s", show(last))
	}
	d.want("HANDLE", "2026-09-03", "2026-11-02", "2026-11-02")
	if d.c.Track != "" || len(d.c.Late) > 0 || d.clock("SIMPLE-HANDLE").Lamp(d.now) != Green {
		t.Errorf("falling back is nobody's lateness: %s", show(d.c.Late))
	}
	// Also when the machine was away for days.
	d = newDesk(t).reach("simple").at("2026-09-28 10:00")
	d.do("clock", Command{Kind: Tick})
	if d.c.Track != "" || len(d.c.Late) > 0 || d.clock("SIMPLE-HANDLE").Overdue(d.now) {
		t.Errorf("an outage made somebody late: %s", show(d.c.Late))
	}
	// By hand, before it was accepted.
	d = newDesk(t).reach("new").moves("clerk quick", "clerk fall_back", "clerk forward", "officer accept")
	if !d.clock("HANDLE").Running() || d.clock("HANDLE").From != calendar.DateOf(d.now) {
		t.Errorf("%s", show(d.c.Clocks))
	}
}

// The joint meeting's measures, by its convener alone; what it has listed only it releases,
// and the case closes when every channel has.
func TestArticle39JointMeeting(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	for _, kind := range []Kind{Talk, Circulate, List, Order} {
		d.refuse("convener", d.command(kind), "not_under_supervision")
		d.refuse("commissioner", d.command(kind), "not_permitted")
	}
	d.moves("supervisor supervise", "convener talk", "convener circulate", "convener list")
	d.want("LISTED", "2026-09-01", "2026-10-01", "2026-10-08") // 国庆节
	d.refuse("convener", d.command(List), "already_listed")
	d.moves("convener order")
	d.want("ORDER", "2026-09-01", "2026-09-16", "2026-09-16")
	if len(d.c.Channels) != 2 || d.c.OnChannel(JointMeeting).Letters != 1 {
		t.Errorf("%s", show(d.c.Channels))
	}
	feedback := d.command(FeedBack)
	feedback.Channel = JointMeeting
	d.do("officer", feedback)
	if d.clock("ORDER").Running() || !d.clock("LISTED").Running() {
		t.Error("the answer ends the order's term, and only that")
	}
	feedback.Channel = SupervisionOffice
	same(t, "fields", []string{"channel not_in_list"}, problems(d.refuse("officer", feedback, "invalid_fields")))
	d.moves("officer opine", "lower sign", "upper sign", "officer serve", "supervisor release")
	if d.c.Supervision() != ByJointMeeting {
		t.Errorf("supervised by %s", d.c.Supervision())
	}
	d.refuse("supervisor", d.command(Close), "still_supervised")
	d.refuse("supervisor", d.command(Release), "no_open_channel")
	d.moves("convener release", "supervisor close")
}

// Each suggestion has its own term for the answer, and the case waits for it.
func TestArticle40Suggestions(t *testing.T) {
	d := newDesk(t).reach("suggested").at("2026-09-05 10:00")
	second := d.command(Suggest)
	second.Suggestion, second.Unit, second.Organ = "policy", "", "省医疗保障局"
	d.do("supervisor", second)
	d.want("SUGGEST-FEEDBACK/1", "2026-09-01", "2026-10-01", "2026-10-08")
	d.want("SUGGEST-FEEDBACK/2", "2026-09-05", "2026-10-05", "2026-10-08")
	if who := d.clock("SUGGEST-FEEDBACK/2").Who; who != "省医疗保障局" {
		t.Errorf("the answer is owed by %s", who)
	}
	d.moves("officer opine", "lower sign", "upper sign", "officer serve")
	d.refuse("supervisor", d.command(Close), "suggestion_open")
	answer := d.command(AnswerSuggestion)
	answer.Number = 3
	same(t, "fields", []string{"number not_in_list"}, problems(d.refuse("supervisor", answer, "invalid_fields")))
	d.moves("supervisor answer_suggestion")
	if d.clock("SUGGEST-FEEDBACK/2").Running() || !d.clock("SUGGEST-FEEDBACK/1").Running() {
		t.Error("the wrong clock stopped")
	}
	d.moves("supervisor answer_suggestion", "supervisor close")
}

// An instruction asks the unit for a report, like an urging.
func TestInstruction(t *testing.T) {
	d := newDesk(t).reach("acknowledged").moves("convener instruct")
	reports := func() bool {
		return slices.ContainsFunc(Waiting(d.c), func(t Task) bool { return t.Do == Report && t.Unit == "C-rs" })
	}
	if !reports() {
		t.Errorf("nobody has to report: %s", show(Waiting(d.c)))
	}
	d.at("2026-09-02 10:00").moves("officer report")
	if reports() {
		t.Error("the report still waits")
	}
}
