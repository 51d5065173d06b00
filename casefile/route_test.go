package casefile_test

import (
	"slices"
	"strings"
	"testing"

	. "shuangze/casefile"
	"shuangze/policy"
)

// DUTY-PERFORM (行政诉讼法47, 条例31(5)): two months from the day on which the unit got the
// request, in place of the 60 days from acceptance; served in time they are met.
func TestDutyPerform(t *testing.T) {
	d := newDesk(t).reach("forwarded").at("2026-09-10 10:00").moves("officer duty")
	d.want("DUTY-PERFORM", "2026-09-01", "2026-11-01", "2026-11-02") // a Sunday
	if _, ok := d.c.Clock("HANDLE"); ok || d.c.Route != Duty {
		t.Errorf("HANDLE runs on the route %q", d.c.Route)
	}
	d.refuse("head", d.command(Extend), "nothing_to_extend")
	d.moves("supervisor assign", "upper acknowledge", "lower acknowledge", "officer opine", "lower sign", "upper sign")
	for _, task := range Waiting(d.c) {
		if task.Do == Serve && task.Due.Internal != day("2026-11-01") {
			t.Errorf("%s", show(task))
		}
	}
	d.moves("officer serve")
	if k := d.clock("DUTY-PERFORM"); k.MetAt.IsZero() || k.Overdue(d.now) {
		t.Errorf("%s", show(k))
	}
	d.moves("supervisor reopen").refuse("clerk", d.command(Reroute), "already_answered") // it has a term of its own now
}

// From which day the two months count.
func TestDutyCountsFromTheRequest(t *testing.T) {
	direct := newDesk(t)
	cmd := direct.command(Register)
	cmd.Registration.ReceivedAt, cmd.Registration.OnTheSpot, cmd.Route = moment("2026-08-31 09:00"), true, Duty
	direct.do("officer", cmd).want("DUTY-PERFORM", "2026-08-31", "2026-10-31", "2026-11-02")

	// Stated at registration, it holds when the unit accepts without a word.
	forwarded := newDesk(t)
	cmd.Registration.OnTheSpot = false
	forwarded.do("clerk", cmd).at("2026-09-03 10:00").moves("clerk forward", "officer accept")
	forwarded.want("DUTY-PERFORM", "2026-09-03", "2026-11-03", "2026-11-03")

	// The unit knows better.
	other := newDesk(t)
	accept := other.do("clerk", cmd).moves("clerk forward").command(Accept)
	accept.Route = "petition"
	other.do("officer", accept).want("HANDLE", "2026-09-01", "2026-10-31", "2026-11-02")
}

func TestDutyRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Command)
		want   string
	}{
		"no such route":    {func(cmd *Command) { cmd.Route = "judicial" }, "route not_in_list"},
		"an accusation":    {func(cmd *Command) { cmd.Registration.Purpose = "accusation" }, "route not_the_case"},
		"the simple track": {func(cmd *Command) { cmd.Registration.Simple = true }, "route on_simple_track"},
	} {
		d := newDesk(t)
		cmd := d.command(Register)
		cmd.Route = Duty
		test.change(&cmd)
		same(t, name, []string{test.want}, problems(d.refuse("clerk", cmd, "invalid_fields")))
	}
	d := newDesk(t).reach("handling")
	cmd := d.command(Reroute)
	cmd.Route = "petition"
	same(t, "as it is", []string{"route same_route"}, problems(d.refuse("clerk", cmd, "invalid_fields")))
	d.refuse("officer", d.command(Reroute), "not_permitted")
	newDesk(t).reach("simple").refuse("clerk", d.command(Reroute), "on_simple_track")
}

// A correction of the route switches the time limits. It gives nobody a day: each counts
// from its own legal day, an extension stays granted once, and what was late stays so.
func TestRouteCorrected(t *testing.T) {
	d := newDesk(t).reach("extended").until("2026-10-10 10:00").moves("clerk reroute")
	handle := d.clock("HANDLE")
	if handle.Running() || !handle.MetAt.IsZero() || !handle.EndedAt.Equal(d.now) {
		t.Errorf("it ends, but nothing was done: %s", show(handle))
	}
	d.want("DUTY-PERFORM", "2026-09-01", "2026-11-01", "2026-11-02")
	if k := d.clock("DUTY-PERFORM"); slices.Contains(k.Taken, "URGE-0") {
		t.Errorf("%s", show(k))
	}

	// Late on this route, and back on the other.
	d.until("2026-11-04 10:00").moves("supervisor reroute")
	late := d.c.Late
	if i := slices.IndexFunc(late, func(l Late) bool { return l.Clock == "DUTY-PERFORM" }); i < 0 || late[i].From != day("2026-11-02") || late[i].Until != day("2026-11-04") {
		t.Fatalf("%s", show(late))
	}
	again := d.clock("HANDLE")
	if !again.Running() || again.Extended != 30 || again.Due.Internal != handle.Due.Internal || !slices.Equal(again.Taken, handle.Taken) {
		t.Errorf("%s, before it was %s", show(again), show(handle))
	}
	d.refuse("head", d.command(Extend), "already_extended")
	d.until("2026-11-05 10:00").moves("clerk reroute") // and over again: it is as late as it was
	if k := d.clock("DUTY-PERFORM"); !k.Overdue(d.now) || k.Due.Statutory != day("2026-11-02") {
		t.Errorf("%s", show(k))
	}
	if kept := d.c.Late[:len(late)]; show(kept) != show(late) {
		t.Errorf("lateness was rewritten: %s, then %s", show(late), show(kept))
	}
}

// The story of a clock in months, and of one in hours, in both languages.
func TestStoriesOfMonthsAndHours(t *testing.T) {
	d := newDesk(t).reach("duty").moves("officer mark_urgent")
	months, _ := TellClock(d.events, "DUTY-PERFORM", d.rules)
	hours, _ := TellClock(d.events, "URGENT-REPORT-UNIT", d.rules)
	for text, want := range map[string]string{
		months.Text.Chinese: "2个月（开始的当日不计入，参照《民法典》第二百零一条），到期月的对应日为2026年11月1日（周日）",
		months.Text.English: "2 months from the day after 2026-09-01 (Tue)",
		hours.Text.Chinese:  "自2026年9月1日（周二）10:00起算2小时",
		hours.Text.English:  "ends at 2026-09-01 (Tue) 12:00",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

// REG-FORWARD-SPLIT (国信发〔2014〕16号第六条): by the level of the office, only for matters of
// the national bureau, only with the profile; the fifteen days run beside it.
func TestRegForwardSplit(t *testing.T) {
	split, err := policy.Load("reg-forward-split")
	if err != nil {
		t.Fatal(err)
	}
	if !policy.Has(split.Origins, "national") || !slices.Contains(HandedDownOrigins, "national") {
		t.Error("what the national bureau hands down counts as handed down")
	}
	register := func(p *policy.Policy, origin, who string) *desk {
		d := newDesk(t)
		d.rules.Policy = p
		cmd := d.command(Register)
		cmd.Registration.Origin = origin
		return d.do(who, cmd)
	}
	forwarding := func(d *desk) (ids []string) {
		for _, k := range d.c.Clocks {
			if strings.HasPrefix(k.Rule, "REG-FORWARD") {
				ids = append(ids, k.ID+" "+k.Due.Internal.String())
			}
		}
		return ids
	}
	same(t, "prefecture", []string{"REG-FORWARD 2026-09-16", "REG-FORWARD-PREFECTURE 2026-09-04"}, forwarding(register(split, "national", "clerk")))
	same(t, "county", []string{"REG-FORWARD 2026-09-16", "REG-FORWARD-COUNTY 2026-09-05"}, forwarding(register(split, "national", "county-clerk")))
	same(t, "another origin", []string{"REG-FORWARD 2026-09-16"}, forwarding(register(split, "petition", "clerk")))

	d := register(split, "national", "clerk").until("2026-09-07 09:00")
	if len(d.log("REG-FORWARD-PREFECTURE")) == 0 {
		t.Error("nobody was told that it is late")
	}
	d.moves("clerk forward")
	if k := d.clock("REG-FORWARD-PREFECTURE"); k.Running() || !k.Overdue(d.now) {
		t.Errorf("%s", show(k))
	}
	cmd := d.command(Assign)
	cmd.Upper, cmd.Lower = "convener", "upper" // as for the province: prefecture and county
	d.do("supervisor", cmd)

	d = newDesk(t)
	cmd = d.command(Register)
	cmd.Registration.Origin = "national"
	same(t, "off by default", []string{"origin not_in_list"}, problems(d.refuse("clerk", cmd, "invalid_fields")))
}

// A correction of the route makes nobody late: where the other time limit would have passed
// already, that of the route so far goes on.
func TestReroutingMakesNobodyLate(t *testing.T) {
	d := newDesk(t).at("2026-09-01 10:00").reach("handling")
	d.do("head", d.command(Extend))
	handle := d.clock("HANDLE")
	d.until("2026-11-09 10:00")
	if d.clock("HANDLE").Overdue(d.now) {
		t.Fatal("late already")
	}
	d.do("clerk", Command{Kind: Reroute, Route: "duty", Text: doc("更正")})
	k := d.clock("DUTY-PERFORM")
	if k.Overdue(d.now) || k.Due != handle.Due || len(d.c.Late) > 0 {
		t.Errorf("%s, late %s", show(k), show(d.c.Late))
	}
	d.moves("clock tick")
	if d.clock("DUTY-PERFORM").Due != handle.Due || d.c.Supervision() != NotSupervised {
		t.Errorf("then %s", show(d.last.Events))
	}
}
