package casefile_test

import (
	"slices"
	"testing"
	"time"

	"shuangze/calendar"
	. "shuangze/casefile"
	"shuangze/policy"
)

// 条例第25条: the office reports within two hours of knowing, by night too, to everybody
// whom the article names.
func TestArticle25UrgentReport(t *testing.T) {
	d := newDesk(t).reach("registered").at("2026-09-30 23:10") // the eve of National Day
	cmd := d.command(MarkUrgent)
	cmd.KnownAt = moment("2026-09-30 22:40")
	d.do("clerk", cmd)
	k := d.clock("URGENT-REPORT")
	if k.Whose != policy.OfPetitionOffice || k.Who != "P-xf" || !k.StartedAt.Equal(cmd.KnownAt) || !k.Due.At.Equal(moment("2026-10-01 00:40")) {
		t.Fatalf("%s", show(k))
	}
	same(t, "told at once", []string{"colleague", "head", "officer", "supervisor"}, d.told(EventMarkedUrgent, ""))
	for at, want := range map[string]Lamp{"2026-09-30 23:39": Green, "2026-09-30 23:40": Yellow, "2026-10-01 00:39": Yellow, "2026-10-01 00:40": Red} {
		if got := k.Lamp(moment(at)); got != want || k.Overdue(moment(at)) != (want == Red) {
			t.Errorf("%s: %s, overdue %v", at, got, k.Overdue(moment(at)))
		}
	}

	// Half an hour before, to the minute, the office is reminded; nobody reports.
	d.until("2026-10-01 00:10")
	same(t, "reminded", []string{"clerk", "supervisor"}, d.told(EventReminded, "URGENT-REPORT"))
	d.until("2026-10-01 00:41")
	same(t, "missed", []string{"clerk", "convener", "head", "supervisor"}, d.told(EventReportedUp, "URGENT-REPORT"))
	d.until("2026-10-02 10:00")
	same(t, "steps", []string{
		"2026-10-01 00:10 reminded URGENT-REPORT REM-URGENT",
		"2026-10-01 00:41 reported_up URGENT-REPORT UP-URGENT",
		"2026-10-02 00:41 reported_up URGENT-REPORT UP-URGENT#2",
	}, d.log("URGENT-REPORT"))

	// Not without everybody whom the office has to tell.
	report := d.command(ReportUrgent)
	report.Organs = []string{"authority", "departments", "joint_meeting"}
	refusal := d.refuse("clerk", report, "invalid_fields")
	same(t, "incomplete", "还须报告或者通报：上一级信访部门、国家信访局（条例第二十五条）", refusal.Fields[0].Chinese)
	report.Organs = append(slices.Clone(UrgentOrgans), "newspaper")
	same(t, "unknown", []string{"organs not_in_list"}, problems(d.refuse("clerk", report, "invalid_fields")))
	d.refuse("officer", d.command(ReportUrgent), "not_permitted") // it is the office's to report
	d.refuse("clerk", d.command(Decline), "urgent_unreported")
	d.refuse("clerk", d.command(MarkUrgent), "already_urgent")

	d.do("supervisor", d.command(ReportUrgent))
	k = d.clock("URGENT-REPORT")
	if !k.Overdue(d.now) || k.LateDays(d.now) != 2 || k.Running() {
		t.Errorf("%s is late by %d days", show(k), k.LateDays(d.now))
	}
	if len(d.c.Late) != 1 || d.c.Late[0].Clock != "URGENT-REPORT" || !d.c.Late[0].FromAt.Equal(moment("2026-10-01 00:40")) || d.c.Late[0].Until != day("2026-10-02") {
		t.Errorf("%s", show(d.c.Late))
	}
	if r := d.c.Urgent.Reports; len(r) != 1 || r[0].By != "supervisor" || len(r[0].Organs) != 5 || len(d.c.Urgent.WaitsFor()) != 0 {
		t.Errorf("%s", show(d.c.Urgent))
	}
	d.refuse("clerk", d.command(ReportUrgent), "already_reported")

	// Something new can happen: a second mark, and a second report, which is in time.
	d.moves("clerk mark_urgent", "clerk report_urgent", "clerk decline")
	if k = d.clock("URGENT-REPORT"); k.Overdue(d.now) || k.Missed != 1 || d.c.Lamp(d.now) != Red {
		t.Errorf("a report in time wiped the late one: %s", show(k))
	}
}

// Reported in time there is nothing to tell upward, ever.
func TestUrgentReportInTime(t *testing.T) {
	d := newDesk(t).reach("urgent").until("2026-09-01 11:59").moves("clerk report_urgent").until("2026-09-10 10:00")
	if k := d.clock("URGENT-REPORT"); k.Overdue(d.now) || k.Lamp(d.now) != Green || len(d.c.Late) != 0 {
		t.Errorf("%s, %s", show(k), show(d.c.Late))
	}
	same(t, "steps", []string{"2026-09-01 11:30 reminded URGENT-REPORT REM-URGENT"}, d.log("URGENT-REPORT"))
}

// 条例第25条: a unit that comes to know of it reports to those of its own level; the office,
// which hears of it then, to those above.
func TestArticle25UnitReports(t *testing.T) {
	d := newDesk(t).reach("direct").at("2026-09-01 15:00")
	cmd := d.command(MarkUrgent)
	cmd.KnownAt = moment("2026-09-01 12:00")
	d.do("officer", cmd)
	unit, up := d.clock("URGENT-REPORT-UNIT"), d.clock("URGENT-REPORT-UP")
	if unit.Who != "C-rs" || !unit.Due.At.Equal(moment("2026-09-01 14:00")) || !unit.Overdue(d.now) {
		t.Errorf("the unit: %s", show(unit))
	}
	if up.Who != "C-xf" || !up.Due.At.Equal(moment("2026-09-01 17:00")) || up.Overdue(d.now) {
		t.Errorf("the office heard of it at three: %s", show(up))
	}
	if _, ok := d.c.Clock("URGENT-REPORT"); ok {
		t.Error("the office reports to its own level as well")
	}
	d.until("2026-09-01 15:00")
	same(t, "late at once", []string{"colleague", "county-clerk", "county-supervisor", "head", "officer"}, d.told(EventReportedUp, "URGENT-REPORT-UNIT"))

	report := d.command(ReportUrgent)
	report.Organs = []string{"upper_office", "national_bureau"}
	same(t, "the unit's own level", []string{"organs incomplete"}, problems(d.refuse("officer", report, "invalid_fields")))
	d.do("county-clerk", report)
	report.Organs = []string{"authority", "joint_meeting", "departments"}
	d.refuse("other-officer", report, "case_not_found")
	d.do("colleague", report)
	if !d.clock("URGENT-REPORT-UP").MetAt.Equal(d.now) || !d.clock("URGENT-REPORT-UNIT").MetAt.Equal(d.now) || len(d.c.Urgent.WaitsFor()) != 0 {
		t.Errorf("%s", show(d.c.Urgent))
	}
	if len(d.c.Late) != 1 || d.c.Late[0].Who != "C-rs" {
		t.Errorf("%s", show(d.c.Late))
	}
}

// What a unit has to report stays its duty when the case goes to another one, and it
// sees the case until it has.
func TestUrgentReportStaysWithItsUnit(t *testing.T) {
	d := newDesk(t).reach("direct").moves("officer mark_urgent")
	cmd := d.command(Forward)
	cmd.Unit = "C-zr"
	d.do("county-clerk", cmd)
	if !Sees(d.c, d.actor("officer"), d.rules) || !slices.Contains(d.c.Parties(), "C-rs") {
		t.Fatal("the unit can't see what it has to report")
	}
	d.refuse("officer", d.command(Accept), "not_permitted")
	d.moves("officer report_urgent")
	if Sees(d.c, d.actor("officer"), d.rules) {
		t.Error("it still sees what is not its own any more")
	}
}

// A registration brings the mark along; the hours count from when it became known.
func TestUrgentRegistration(t *testing.T) {
	register := func(change func(*Command)) (*desk, *Error) {
		d := newDesk(t)
		cmd := d.command(Register)
		cmd.Registration.ReceivedAt, cmd.Registration.Urgent, cmd.KnownAt = moment("2026-09-01 08:00"), true, moment("2026-09-01 08:05")
		change(&cmd)
		if _, refusal := d.try("clerk", cmd); refusal != nil {
			return d, refusal
		}
		return d.do("clerk", cmd), nil
	}
	d, _ := register(func(cmd *Command) { cmd.Registration.OnTheSpot = true })
	if !d.clock("URGENT-REPORT").Due.At.Equal(moment("2026-09-01 10:05")) || d.c.Stage != Handling || d.c.Urgent.By != "clerk" {
		t.Errorf("%s", show(d.c))
	}
	for name, test := range map[string]struct {
		change func(*Command)
		want   string
	}{
		"without the time":   {func(cmd *Command) { cmd.KnownAt = time.Time{} }, "known_at required"},
		"in the future":      {func(cmd *Command) { cmd.KnownAt = moment("2026-09-01 10:01") }, "known_at in_future"},
		"before the receipt": {func(cmd *Command) { cmd.KnownAt = moment("2026-08-31 23:59") }, "known_at before_receipt"},
		"without the mark":   {func(cmd *Command) { cmd.Registration.Urgent = false }, "known_at not_here"},
	} {
		_, refusal := register(test.change)
		if refusal == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		same(t, name, []string{test.want}, problems(refusal))
	}
}

// Whoever is accused never hears of it, urgent or not (条例第30条第3款).
func TestUrgentAccusation(t *testing.T) {
	d := newDesk(t)
	cmd := d.command(Register)
	cmd.Registration.Purpose, cmd.Registration.AccusedOfficial, cmd.Registration.Urgent, cmd.KnownAt = "accusation", "head", true, d.now
	d.do("clerk", cmd)
	same(t, "marked", []string{"colleague", "officer", "supervisor"}, d.told(EventMarkedUrgent, ""))
	d.until("2026-09-01 12:01")
	same(t, "missed", []string{"clerk", "convener", "supervisor"}, d.told(EventReportedUp, "URGENT-REPORT"))
	d.refuse("head", d.command(ReportUrgent), "case_not_found")
}

// A local clock in hours: from the receipt to the second, whatever the day; an operator's
// own ladder by the hour.
func TestLocalClockInHours(t *testing.T) {
	d := newDesk(t)
	p := d.rules.Policy
	p.Clocks = append(slices.Clone(p.Clocks), policy.Clock{
		ID: "CALL-BACK", Bearer: policy.OfPetitionOffice, Starts: []string{"registered"}, Stops: []string{"forwarded"}, Length: 24, Unit: calendar.Hour, Yellow: 4,
		Steps: []string{"HURRY"},
	})
	p.Steps = append(slices.Clone(p.Steps), policy.Step{
		ID: "HURRY", At: offset(t, "+90m"), Repeat: offset(t, "+6h"), Do: policy.Urge, To: []policy.Recipient{policy.ToBearer},
	})
	cmd := d.command(Register)
	cmd.Registration.ReceivedAt = moment("2026-09-01 09:20")
	d.do("clerk", cmd)
	if k := d.clock("CALL-BACK"); k.Due.String() != "2026-09-02 09:20" || !k.YellowFrom().Equal(moment("2026-09-02 05:20")) || k.YellowOn != day("2026-09-02") {
		t.Errorf("%s", show(k))
	}
	d.until("2026-09-02 23:00")
	same(t, "steps", []string{
		"2026-09-02 10:50 urged CALL-BACK HURRY", "2026-09-02 16:50 urged CALL-BACK HURRY#2", "2026-09-02 22:50 urged CALL-BACK HURRY#3",
	}, d.log("CALL-BACK"))
	// After an outage only the last of the missed repetitions is taken.
	d.at("2026-09-04 23:00").moves("clock tick")
	same(t, "after an outage", []string{"2026-09-04 23:00 urged CALL-BACK HURRY#11"}, d.log("CALL-BACK")[3:])
}

func offset(t *testing.T, s string) policy.Offset {
	o, err := policy.ParseOffset(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// What becomes urgent while a closed case is reviewed is reported before the review ends it
// again.
func TestUrgentDuringReview(t *testing.T) {
	for _, kind := range []Kind{ConcludeReview, DeclineReview} {
		d := newDesk(t).reach("closed").moves("clerk ask_review")
		if kind == ConcludeReview {
			d.moves("county-clerk accept_review")
		}
		d.moves("clerk mark_urgent")
		d.refuse("county-clerk", d.command(kind), "urgent_unreported")
		d.moves("clerk report_urgent").do("county-clerk", d.command(kind))
		if d.c.Stage.Open() {
			t.Errorf("%s leaves it %s", kind, d.c.Stage)
		}
	}
}
