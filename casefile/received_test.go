package casefile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "shuangze/casefile"
)

// receivedBy sets the reception day that the next command names: this leader's, today.
func (d *desk) receivedBy(leader string) *desk {
	d.rules.Reception = &Reception{ID: "day", Office: "P-xf", Leader: leader, From: d.now.Add(-time.Hour), Until: d.now.Add(time.Hour)}
	return d
}

// visit is the registration of a visit on the reception day.
func (d *desk) visit(change func(*Registration)) Command {
	cmd := d.command(Register)
	cmd.Reception, cmd.Registration.Channel = "day", "reception"
	if change != nil {
		change(cmd.Registration)
	}
	return cmd
}

// RECV-CASE: a visit becomes a case, and who received takes the seat of their level; the
// other is proposed as always.
func TestReceivedTakesTheSeat(t *testing.T) {
	for _, test := range []struct{ name, leader, origin, upper, lower string }{
		{"the upper of the policy's pair", "other-upper", "petition", "other-upper", "head"},
		{"its lower one", "head", "petition", "upper", "head"},
		{"the lower one, where the province handed it down", "other-upper", "province", "commissioner", "other-upper"},
		{"above the pair: the receiver and the level below", "convener", "petition", "convener", "upper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).receivedBy(test.leader)
			d.do("clerk", d.visit(func(r *Registration) { r.Origin = test.origin }))
			if d.c.Receiver != test.leader || !slices.Equal(d.c.Receptions, []string{"day"}) {
				t.Fatalf("received by %s on %v", d.c.Receiver, d.c.Receptions)
			}
			same(t, "told", []string{test.leader}, d.told(EventRegistered, ""))
			d.do("supervisor", Command{Kind: Assign})
			if d.c.Upper.Official != test.upper || d.c.Lower.Official != test.lower {
				t.Errorf("led by %s and %s, want %s and %s", d.c.Upper.Official, d.c.Lower.Official, test.upper, test.lower)
			}
			if why := d.events[len(d.events)-1].Why; !strings.Contains(why.Chinese, "接访领导") || !strings.Contains(why.English, "received") {
				t.Errorf("proposed because %v", why)
			}
		})
	}
}

// Naming the leaders can't put the receiver aside; it takes a handover that is on record.
func TestReceivedIsNotPutAside(t *testing.T) {
	d := newDesk(t).receivedBy("other-upper")
	d.do("clerk", d.visit(nil))
	refusal := d.refuse("supervisor", Command{Kind: Assign, Upper: "upper", Lower: "lower"}, "invalid_fields")
	same(t, "fields", []string{"upper not_the_receiver"}, problems(refusal))
	refusal = d.refuse("supervisor", Command{Kind: Assign, Upper: "other-upper"}, "invalid_fields")
	same(t, "fields", []string{"lower required"}, problems(refusal))
	d.moves("clerk forward", "officer accept")

	memo := Command{Kind: HandOver, From: "other-upper", To: "upper", Reason: "transfer", DecidedBy: "convener", Text: doc("memo")}
	for _, to := range []string{"nobody", "officer", "other-upper", "other-head"} {
		wrong := memo
		wrong.To = to
		d.refuse("supervisor", wrong, "invalid_fields")
	}
	d.refuse("clerk", memo, "not_permitted")
	d.do("supervisor", memo)
	e := d.events[len(d.events)-1]
	if e.Kind != EventHandedOver || e.Seat != "" || d.c.Receiver != "upper" || d.c.Led() || len(e.Clocks) > 0 {
		t.Fatalf("handed over as %s", show(e))
	}
	d.do("supervisor", Command{Kind: Assign, Lower: "lower"}) // the receiver's own seat may be left out
	if d.c.Upper.Official != "upper" || d.c.Lower.Official != "lower" {
		t.Errorf("led by %s and %s", d.c.Upper.Official, d.c.Lower.Official)
	}
}

// Who has withdrawn does not come back by another reception day.
func TestReceivedAndRecused(t *testing.T) {
	d := newDesk(t).receivedBy("other-upper")
	d.do("clerk", d.visit(nil))
	d.do("supervisor", Command{Kind: HandOver, From: "other-upper", To: "upper", Reason: "recusal", DecidedBy: "convener", Text: doc("memo")})
	if !slices.Contains(d.c.Recused, "other-upper") {
		t.Fatalf("withdrawn have %v", d.c.Recused)
	}
	d.receivedBy("other-upper").rules.Reception.ID = "later"
	refusal := d.refuse("clerk", Command{Kind: Receive, Reception: "later", Text: doc("visit")}, "invalid_fields")
	same(t, "fields", []string{"reception receiver_unsuited"}, problems(refusal))
	back := Command{Kind: HandOver, From: "upper", To: "other-upper", Reason: "transfer", DecidedBy: "convener", Text: doc("memo")}
	same(t, "fields", []string{"to recused"}, problems(d.refuse("supervisor", back, "invalid_fields")))
}

// A leader who received and can't take a seat: the refusal says so, and what to do.
func TestReceiverUnsuited(t *testing.T) {
	for _, test := range []struct {
		name, leader string
		change       func(*Registration)
		says         string
	}{
		{"below the pair", "lower", func(r *Registration) { r.Origin = "province" }, "级别低于"},
		{"not in charge of the unit", "other-head", nil, "不在此人的职责范围内"},
		{"accused", "upper", func(r *Registration) { r.Purpose, r.AccusedOfficial = "accusation", "upper" }, "应当回避"},
		{"of the accused unit", "head", func(r *Registration) { r.Purpose, r.Unit, r.AccusedUnit = "accusation", "C", "C-rs" }, "应当回避"},
		{"no leader any more", "officer", nil, "不是领导干部"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).receivedBy(test.leader)
			refusal := d.refuse("clerk", d.visit(test.change), "invalid_fields")
			same(t, "fields", []string{"reception receiver_unsuited"}, problems(refusal))
			if f := refusal.Fields[0]; !strings.Contains(f.Chinese, test.says) || !strings.Contains(f.Chinese, "请改为按来访登记") || !strings.Contains(f.English, "Register it as a visit") {
				t.Errorf("%s says %s %s", f.Code, f.Chinese, f.English)
			}
		})
	}
	// One who can't any more when the leaders are to be named: the case went elsewhere.
	d := newDesk(t).receivedBy("head")
	d.do("clerk", d.visit(nil))
	d.do("clerk", Command{Kind: Forward, Unit: "C-zr"})
	for _, cmd := range []Command{{Kind: Assign}, {Kind: Assign, Upper: "upper", Lower: "other-head"}} {
		if refusal := d.refuse("supervisor", cmd, "receiver_unsuited"); !strings.Contains(refusal.Chinese, "移交（hand_over）") {
			t.Errorf("says %s", refusal.Chinese)
		}
	}
	d.do("supervisor", Command{Kind: HandOver, From: "head", To: "other-head", Reason: "transfer", DecidedBy: "convener", Text: doc("memo")})
	d.do("supervisor", Command{Kind: Assign})
	if d.c.Lower.Official != "other-head" {
		t.Errorf("led by %s and %s", d.c.Upper.Official, d.c.Lower.Official)
	}
}

// A visit on a reception day is registered with that day, on that day, by its office.
func TestVisitIsOfItsDay(t *testing.T) {
	for _, test := range []struct {
		name, by string
		day      func(*desk)
		cmd      func(*Command)
		want     []string
	}{
		{"as it should be", "clerk", nil, nil, nil},
		{"by the county's clerk", "county-clerk", nil, nil, []string{"reception unknown_reception"}},
		{"by an officer", "officer", nil, nil, []string{"reception unknown_reception"}},
		{"on a day that is none", "clerk", func(d *desk) { d.rules.Reception = nil }, nil, []string{"reception unknown_reception"}},
		{"on a cancelled day", "clerk", func(d *desk) { d.rules.Reception.EndedBy = "clerk" }, nil, []string{"reception not_the_case"}},
		{"before it", "clerk", func(d *desk) { d.rules.Reception.From = d.now.Add(time.Second) }, nil, []string{"reception in_future"}},
		{"of the day before", "clerk", func(d *desk) { d.rules.Reception.From = d.now.AddDate(0, 0, -1) }, nil, []string{"received_at not_on_the_day"}},
		{"entered the day after", "clerk", func(d *desk) { d.rules.Reception.From = d.now.AddDate(0, 0, -1) }, func(c *Command) {
			c.Registration.ReceivedAt = c.Registration.ReceivedAt.AddDate(0, 0, -1)
		}, nil},
		{"without the day", "clerk", nil, func(c *Command) { c.Reception = "" }, []string{"reception required"}},
		{"without the day, but received by who handed it down", "clerk", nil, func(c *Command) { c.Reception, c.Registration.Reference = "", "省信〔2026〕1号" }, nil},
		{"an appointment without its day", "clerk", nil, func(c *Command) {
			c.Reception, c.Appointment, c.Registration.Channel = "", "a", "visit"
		}, []string{"appointment not_here"}},
		{"by another channel", "clerk", nil, func(c *Command) { c.Registration.Channel = "visit" }, []string{"channel not_the_case"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).receivedBy("upper")
			if test.day != nil {
				test.day(d)
			}
			cmd := d.visit(nil)
			if test.cmd != nil {
				test.cmd(&cmd)
			}
			_, refusal := d.try(test.by, cmd)
			same(t, "refused", test.want, refused(refusal))
		})
	}
}

// A visit in a case that is open already: its leaders receive, or the one who received
// takes a seat first.
func TestReceiveInAnOpenCase(t *testing.T) {
	visit := Command{Kind: Receive, Reception: "day", Text: doc("visit"), Appointment: "a"}

	d := newDesk(t).reach("handling").receivedBy("other-upper")
	d.do("clerk", visit)
	e := d.events[len(d.events)-1]
	if e.Kind != EventReceived || e.Reception != "day" || e.Receiver != "other-upper" || e.Appointment != "a" || d.c.Receiver != "other-upper" {
		t.Fatalf("received as %s", show(e))
	}
	same(t, "told", []string{"other-upper"}, d.told(EventReceived, ""))
	d.refuse("clerk", visit, "already_received")
	d.receivedBy("upper").rules.Reception.ID = "later"
	later := visit
	later.Reception = "later"
	if refusal := d.refuse("clerk", later, "others_lead"); !strings.Contains(refusal.Chinese, "hand_over") {
		t.Errorf("says %s", refusal.Chinese)
	}

	d = newDesk(t).reach("acknowledged").receivedBy("lower")
	d.do("supervisor", visit)
	if d.c.Lower.Official != "lower" || d.c.Receiver != "" || !slices.Equal(d.c.Receptions, []string{"day"}) {
		t.Errorf("%s", show(d.c))
	}

	d = newDesk(t).reach("acknowledged").receivedBy("other-upper")
	if refusal := d.refuse("clerk", visit, "others_lead"); !strings.Contains(refusal.Chinese, "hand_over") || !strings.Contains(refusal.Chinese, "link") {
		t.Errorf("says %s", refusal.Chinese)
	}
	d.do("supervisor", Command{Kind: HandOver, From: "upper", To: "other-upper", Reason: "transfer", DecidedBy: "convener", Text: doc("memo")})
	d.do("clerk", visit)

	d = newDesk(t).reach("closed").receivedBy("upper")
	d.refuse("clerk", visit, "wrong_stage")
}

// A visit is the clerk's record: it is no personal act of the leader's (DUAL-ACT).
func TestReceivedIsNoPersonalAct(t *testing.T) {
	d := newDesk(t).reach("acknowledged").receivedBy("upper")
	before := d.clock("DUAL-ACT/upper")
	d.at("2026-09-03 10:00").receivedBy("upper").do("clerk", Command{Kind: Receive, Reception: "day", Text: doc("visit")})
	if now := d.clock("DUAL-ACT/upper"); now.From != before.From || !now.Running() || !d.c.Upper.LastActAt.IsZero() {
		t.Errorf("the clock is %s", show(now))
	}
}
