package casefile_test

import (
	"encoding/json"
	"testing"
	"time"

	. "shuangze/casefile"
)

// CAMP: a case in a campaign is reported on every week; a missing report is reminded of,
// reported upward, and its lateness is a fact.
func TestCAMPWeeklyReport(t *testing.T) {
	d := newDesk(t).reach("enlisted")
	d.want("CAMP-REPORT", "2026-09-01", "2026-09-08", "2026-09-08")
	d.until("2026-09-07 10:00")
	same(t, "reminded", []string{"2026-09-07 08:30 reminded CAMP-REPORT REM-REPORT"}, d.log("CAMP-REPORT"))
	same(t, "told", []string{"colleague", "officer"}, d.told(EventReminded, "CAMP-REPORT"))

	d.at("2026-09-08 17:00").moves("officer report")
	d.want("CAMP-REPORT", "2026-09-08", "2026-09-15", "2026-09-15")
	same(t, "facts of lateness", 0, len(d.c.Late))

	d.events = nil
	d.until("2026-09-16 10:00")
	same(t, "late", []string{
		"2026-09-14 08:30 reminded CAMP-REPORT REM-REPORT",
		"2026-09-16 08:30 reported_up CAMP-REPORT UP-REPORT",
	}, d.log("CAMP-REPORT"))
	same(t, "told", []string{"clerk", "colleague", "head", "lower", "officer", "supervisor", "upper"}, d.told(EventReportedUp, "CAMP-REPORT"))
	d.at("2026-09-18 09:00").moves("officer report")
	same(t, "facts of lateness", []Late{{
		Clock: "CAMP-REPORT", Whose: "unit", Who: "C-rs", Upper: "upper", Lower: "lower", From: day("2026-09-15"), Until: day("2026-09-18"),
	}}, d.c.Late)

	d.moves("officer opine", "lower sign", "upper sign", "officer serve")
	if k := d.clock("CAMP-REPORT"); k.Running() || k.Overdue(d.now) {
		t.Errorf("after service: %s", show(k))
	}
	d.moves("officer report") // of the execution, say: nothing is due to the campaign any more
	if d.clock("CAMP-REPORT").Running() {
		t.Error("a report after service starts another week")
	}
	list, _ := d.c.Enlisted()
	same(t, "reports", `[{"due":"2026-09-08","made_at":"2026-09-08T09:00:00Z"},{"due":"2026-09-15","made_at":"2026-09-18T01:00:00Z"}]`, show(list.Reports))
}

// CAMP: the unit reports from when it has the case; what is sent back is the office's
// again, and what is sent on is the new unit's.
func TestCAMPReportsAreOfWhoHasTheCase(t *testing.T) {
	d := newDesk(t).reach("registered").moves("clerk enlist")
	if k, ok := d.c.Clock("CAMP-REPORT"); ok {
		t.Fatalf("the unit does not have the case, but: %s", show(k))
	}
	d.at("2026-09-02 10:00").moves("clerk forward")
	d.want("CAMP-REPORT", "2026-09-02", "2026-09-09", "2026-09-09")
	d.at("2026-09-03 10:00").moves("officer object", "clerk decide_objection")
	if d.clock("CAMP-REPORT").Running() {
		t.Error("the case was sent back, and its unit still reports")
	}
	d.at("2026-09-04 10:00").do("clerk", Command{Kind: Forward, Unit: "C-zr"})
	if k := d.clock("CAMP-REPORT"); k.Who != "C-zr" || !k.Running() {
		t.Errorf("sent on: %s", show(k))
	}
	list, _ := d.c.Enlisted()
	same(t, "reports", `[{"due":"2026-09-11"}]`, show(list.Reports))
}

// CAMP: before the campaign begins nothing is due to it.
func TestCAMPWeekCountsFromTheFirstDay(t *testing.T) {
	d := newDesk(t).reach("acknowledged")
	c := d.rules.Directory.Campaigns["drive"]
	c.Start = day("2026-09-14")
	d.rules.Directory.Campaigns["drive"] = c
	d.moves("supervisor enlist")
	d.want("CAMP-REPORT", "2026-09-14", "2026-09-21", "2026-09-21")
	d.at("2026-09-02 10:00").moves("officer report")
	d.want("CAMP-REPORT", "2026-09-14", "2026-09-21", "2026-09-21")
}

// CAMP: a case leaves by one command, with a reason, and owes no report any more; it can
// come back.
func TestCAMPDelist(t *testing.T) {
	d := newDesk(t).reach("enlisted")
	d.refuse("supervisor", d.command(Enlist), "already_enlisted")
	d.refuse("county-supervisor", d.command(Delist), "not_permitted")
	d.at("2026-09-03 10:00").moves("supervisor delist")
	if _, on := d.c.Enlisted(); on || d.c.CampaignCode() != "" || d.clock("CAMP-REPORT").Running() {
		t.Errorf("after delisting: %s", show(d.c.Enlistments))
	}
	same(t, "reports", 0, len(d.c.Enlistments[0].Reports))
	d.refuse("supervisor", d.command(Delist), "not_enlisted")
	d.refuse("officer", d.command(MakePlan), "not_enlisted")
	d.at("2026-09-04 10:00").moves("supervisor enlist")
	d.want("CAMP-REPORT", "2026-09-04", "2026-09-11", "2026-09-11")
	same(t, "times on the list", 2, len(d.c.Enlistments))
}

// CAMP: when the campaign is over, by its last day or because it was ended, so are its
// reports. The case stays on the list, and can be put on another's.
func TestCAMPOver(t *testing.T) {
	for _, early := range []bool{false, true} {
		d := newDesk(t).reach("enlisted")
		c := d.rules.Directory.Campaigns["drive"]
		over := moment("2026-09-11 00:00")
		c.End = day("2026-09-10")
		if early {
			over = moment("2026-09-10 15:00")
			c.End, c.EndedBy, c.EndedAt = day("2026-12-31"), "supervisor", over
		}
		d.until("2026-09-10 14:00") // the report of the 8th is missing
		d.rules.Directory.Campaigns["drive"] = c
		d.until("2026-10-09 10:00")
		k := d.clock("CAMP-REPORT")
		if k.Running() || !k.Overdue(d.now) || !k.MetAt.Equal(over.Add(-time.Microsecond)) {
			t.Errorf("early %v: %s", early, show(k))
		}
		same(t, "facts of lateness", []Late{{
			Clock: "CAMP-REPORT", Whose: "unit", Who: "C-rs", Upper: "upper", Lower: "lower", From: day("2026-09-08"), Until: day("2026-09-10"),
		}}, d.c.Late[:1])
		if d.c.CampaignCode() != "drive" {
			t.Errorf("it is on the list of %q", d.c.CampaignCode())
		}
		d.refuse("supervisor", d.command(Delist), "campaign_over")
		d.refuse("officer", d.command(MakePlan), "campaign_over")
		d.moves("officer report") // in its own right; no week begins
		if d.clock("CAMP-REPORT").Running() {
			t.Error("a report to a campaign that is over is due")
		}
		d.rules.Directory.Campaigns["next"] = Campaign{ID: "next", Name: "下一会战", Office: "P-xf", Start: day("2026-10-01"), End: day("2026-12-31")}
		d.do("supervisor", Command{Kind: Enlist, Campaign: "下一会战"})
		same(t, "list", "next", d.c.CampaignCode())
	}
}

// CAMP: a registration that names a campaign puts the case on its list at once; an
// officer's can't.
func TestCAMPRegistration(t *testing.T) {
	for _, named := range []string{"drive", "积案化解会战"} {
		d := newDesk(t)
		cmd := d.command(Register)
		cmd.Registration.Campaign, cmd.Registration.OnTheSpot = named, true
		for _, who := range []string{"officer", "county-clerk"} {
			want := "campaign not_own_campaign"
			if named != "drive" {
				want = "campaign unknown_campaign"
			}
			same(t, who, []string{want}, problems(d.refuse(who, cmd, "invalid_fields"))[:1])
		}
		d.do("clerk", cmd)
		list, on := d.c.Enlisted()
		if !on || list.Campaign != "drive" || list.Plan != nil || d.c.CampaignName != "" {
			t.Errorf("registered with %s: %s", named, show(d.c))
		}
		d.want("CAMP-REPORT", "2026-09-01", "2026-09-08", "2026-09-08")
		d.moves("officer plan")
		if list, _ = d.c.Enlisted(); list.Plan == nil || list.Plan.ID != "plan" {
			t.Errorf("planned: %s", show(list))
		}
	}
}

// CAMP: a name of two campaigns is none; the own office's comes first.
func TestCAMPNames(t *testing.T) {
	d := newDesk(t).reach("direct")
	county := d.rules.Directory.Campaigns["county-drive"]
	county.Name = "积案化解会战"
	d.rules.Directory.Campaigns["county-drive"] = county
	for who, want := range map[string]string{"supervisor": "drive", "county-supervisor": "county-drive"} {
		out, refusal := d.try(who, Command{Kind: Enlist, Campaign: "积案化解会战"})
		if refusal != nil || out.Events[0].Campaign != want {
			t.Errorf("%s: %s %s", who, show(out.Events), show(refusal))
		}
	}
	// The county's campaign is for cases of the county.
	d = newDesk(t)
	cmd := d.command(Register)
	cmd.Registration.Unit = "P"
	d.do("clerk", cmd)
	same(t, "fields", []string{"campaign out_of_area"}, problems(d.refuse("supervisor", Command{Kind: Enlist, Campaign: "county-drive"}, "invalid_fields")))
	same(t, "fields", []string{"campaign not_own_campaign"}, problems(newDesk(t).reach("direct").refuse("county-supervisor", Command{Kind: Enlist, Campaign: "drive"}, "invalid_fields")))
}

// CAMP: a case stands concluded from its closing until it is taken up again.
func TestCAMPConcluded(t *testing.T) {
	d := newDesk(t).reach("enlisted").moves("officer opine", "lower sign", "upper sign", "officer serve")
	d.at("2026-09-03 10:00").moves("supervisor close")
	d.at("2026-09-10 10:00").moves("supervisor reopen")
	d.want("CAMP-REPORT", "2026-09-10", "2026-09-17", "2026-09-17")
	d.at("2026-09-11 10:00").moves("supervisor release", "officer opine", "lower sign", "upper sign", "officer serve", "supervisor close")
	list, _ := d.c.Enlisted()
	same(t, "concluded", `[{"at":"2026-09-03T02:00:00Z","until":"2026-09-10T02:00:00Z"},{"at":"2026-09-11T02:00:00Z"}]`, show(list.Concluded))
	d.at("2026-09-12 10:00").moves("supervisor delist") // a closed case can leave too
	d.at("2026-09-14 10:00").moves("supervisor reopen")
	same(t, "concluded", list.Concluded, d.c.Enlistments[0].Concluded)
}

// CAMP: what was recorded before campaigns were kept folds as it did, and is found by its
// name until the case is put on a list.
func TestCAMPNameOnRecord(t *testing.T) {
	d := newDesk(t).reach("handling")
	var before map[string]any
	if err := json.Unmarshal([]byte(show(d.events[0])), &before); err != nil {
		t.Fatal(err)
	}
	before["case"].(map[string]any)["campaign"] = "百日会战"
	var e Event
	if err := json.Unmarshal([]byte(show(before)), &e); err != nil {
		t.Fatal(err)
	}
	d.c = Fold(Apply(Case{ID: "case-1"}, e), d.events[1:])
	if d.c.CampaignName != "百日会战" || d.c.CampaignCode() != "百日会战" || len(d.c.Enlistments) > 0 {
		t.Fatalf("folds to %s", show(d.c))
	}
	d.moves("supervisor enlist")
	if d.c.CampaignName != "百日会战" || d.c.CampaignCode() != "drive" {
		t.Errorf("enlisted: %s", show(d.c))
	}
	d.moves("supervisor delist")
	same(t, "after delisting", "", d.c.CampaignCode())
}

func TestOpenCampaign(t *testing.T) {
	good := Campaign{Name: "冬季会战", About: "化解积案", Start: day("2026-09-07"), End: day("2026-11-30"), Targets: []Target{
		{Kind: TargetShare, Value: 90}, {Kind: TargetConcluded, Origin: "province", Value: 17},
	}}
	with := func(change func(*Campaign)) Campaign {
		c := good
		change(&c)
		return c
	}
	targets := func(list ...Target) Campaign { return with(func(c *Campaign) { c.Targets = list }) }
	many := make([]Target, 21)
	for _, test := range []struct {
		name, by string
		campaign Campaign
		want     []string
	}{
		{"by a supervisor", "supervisor", good, nil},
		{"by a county's supervisor", "county-supervisor", good, nil},
		{"by a clerk", "clerk", good, []string{"campaign_not_permitted"}},
		{"by an inspector", "inspector", good, []string{"campaign_not_permitted"}},
		{"by a leader", "convener", good, []string{"campaign_not_permitted"}},
		{"by an administrator", "admin", good, []string{"campaign_not_permitted"}},
		{"of nothing", "supervisor", Campaign{}, []string{"name required", "about required", "start required", "end required"}},
		{"of one day", "supervisor", with(func(c *Campaign) { c.End = c.Start }), nil},
		{"begun already", "supervisor", with(func(c *Campaign) { c.Start = day("2026-03-01") }), nil},
		{"begun long ago", "supervisor", with(func(c *Campaign) { c.Start = day("2025-08-30") }), []string{"start too_old"}},
		{"over before it begins", "supervisor", with(func(c *Campaign) { c.End = day("2026-09-06") }), []string{"end not_after_start"}},
		{"over yesterday", "supervisor", with(func(c *Campaign) { c.Start, c.End = day("2026-08-01"), day("2026-08-31") }), []string{"end in_past"}},
		{"for ever", "supervisor", with(func(c *Campaign) { c.End = day("2029-12-31") }), []string{"end out_of_range"}},
		{"of a name that there is", "supervisor", with(func(c *Campaign) { c.Name = "积案化解会战" }), []string{"name duplicate"}},
		{"of another office's name", "county-supervisor", with(func(c *Campaign) { c.Name = "积案化解会战" }), nil},
		{"of last year's name", "supervisor", with(func(c *Campaign) { c.Name = "去年会战" }), nil},
		{"without targets", "supervisor", targets(), nil},
		{"with too many", "supervisor", targets(many...), []string{"targets too_many"}},
		{"with one of no kind", "supervisor", targets(Target{Value: 1}), []string{"targets required"}},
		{"with one that is none", "supervisor", targets(Target{Kind: "happiness", Value: 1}), []string{"targets not_in_list"}},
		{"of an unknown origin", "supervisor", targets(Target{Kind: TargetShare, Origin: "moon", Value: 1}), []string{"targets unknown_origin"}},
		{"more than all", "supervisor", targets(Target{Kind: TargetShare, Value: 101}), []string{"targets out_of_range"}},
		{"none", "supervisor", targets(Target{Kind: TargetConcluded}), []string{"targets out_of_range"}},
		{"the same twice", "supervisor", targets(Target{Kind: TargetShare, Value: 80}, Target{Kind: TargetShare, Value: 90}), []string{"targets duplicate"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			d.rules.Now = d.now
			c, refusal := OpenCampaign(test.campaign, d.actor(test.by), d.rules)
			same(t, "refused", test.want, refused(refusal))
			if refusal == nil && (c.Office != d.actor(test.by).Unit || c.OpenedBy != test.by || !c.OpenedAt.Equal(d.now) || c.EndedBy != "") {
				t.Errorf("opened as %s", show(c))
			}
		})
	}
}

// TARGET-NO: no number of petitions, of visits or of people kept from them is a target,
// and the refusal says why.
func TestTARGETNO(t *testing.T) {
	d := newDesk(t)
	d.rules.Now = d.now
	for _, kind := range []string{"visits", "petitions", "fewer_petitions", "Beijing_visits", "Skip-Level", "进京上访数", "越 级 访", "息访率", "息诉罢访", "信访量下降", "来访批次", "稳控率"} {
		for _, change := range []func() *Error{
			func() *Error {
				_, refusal := OpenCampaign(Campaign{Name: "会战", About: "化解", Start: day("2026-09-01"), End: day("2026-12-01"), Targets: []Target{{Kind: kind, Value: 1}}}, d.actor("supervisor"), d.rules)
				return refusal
			},
			func() *Error {
				_, refusal := ChangeTargets(d.rules.Directory.Campaigns["drive"], []Target{{Kind: kind, Value: 1}}, "上级要求", d.actor("supervisor"), d.rules)
				return refusal
			},
		} {
			same(t, kind, []string{"targets red_line"}, refused(change()))
		}
	}
}

// CAMP: targets change before the campaign is over, with a reason, by who runs it.
func TestChangeTargetsAndEnd(t *testing.T) {
	d := newDesk(t)
	d.rules.Now = d.now
	drive := d.rules.Directory.Campaigns["drive"]
	drive.Targets = []Target{{Kind: TargetConcluded, Value: 62}}
	share := []Target{{Kind: TargetShare, Value: 90}}
	for _, test := range []struct {
		name, by, reason string
		campaign         Campaign
		targets          []Target
		want             []string
	}{
		{"by the office", "supervisor", "增加案件", drive, share, nil},
		{"by the office above", "supervisor", "增加案件", d.rules.Directory.Campaigns["county-drive"], share, nil},
		{"by the office below", "county-supervisor", "增加案件", drive, share, []string{"campaign_not_permitted"}},
		{"by a clerk", "clerk", "增加案件", drive, share, []string{"campaign_not_permitted"}},
		{"to none", "supervisor", "改为只看质量", drive, nil, nil},
		{"without a reason", "supervisor", "", drive, share, []string{"reason required"}},
		{"to what they are", "supervisor", "增加案件", drive, drive.Targets, []string{"same_targets"}},
		{"after its last day", "supervisor", "增加案件", d.rules.Directory.Campaigns["past"], share, []string{"campaign_over"}},
		{"after its end", "supervisor", "增加案件", d.rules.Directory.Campaigns["ended"], share, []string{"campaign_over"}},
	} {
		_, refusal := ChangeTargets(test.campaign, test.targets, test.reason, d.actor(test.by), d.rules)
		same(t, test.name, test.want, refused(refusal))
	}
	for name, test := range map[string]struct {
		by, campaign, want string
	}{
		"by the office":       {"supervisor", "drive", ""},
		"after its last day":  {"supervisor", "past", ""},
		"twice":               {"supervisor", "ended", "campaign_over"},
		"by the office below": {"county-supervisor", "drive", "campaign_not_permitted"},
		"by the auditor":      {"auditor", "drive", "campaign_not_permitted"},
	} {
		c, refusal := EndCampaign(d.rules.Directory.Campaigns[test.campaign], d.actor(test.by), d.rules)
		if test.want != "" {
			same(t, name, []string{test.want}, refused(refusal))
		} else if refusal != nil || c.EndedBy != test.by || !c.Over(d.now) {
			t.Errorf("%s: %s %s", name, show(c), show(refusal))
		}
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		target           Target
		cases, concluded int
		over             bool
		want             TargetState
	}{
		{Target{Kind: TargetConcluded, Value: 17}, 62, 16, false, TargetOpen},
		{Target{Kind: TargetConcluded, Value: 17}, 62, 17, false, TargetMet},
		{Target{Kind: TargetConcluded, Value: 17}, 62, 16, true, TargetMissed},
		{Target{Kind: TargetShare, Value: 90}, 62, 55, true, TargetMissed}, // 55.8 are 56
		{Target{Kind: TargetShare, Value: 90}, 62, 56, true, TargetMet},
		{Target{Kind: TargetShare, Value: 100}, 62, 61, false, TargetOpen},
		{Target{Kind: TargetShare, Value: 1}, 1, 0, false, TargetOpen},
		{Target{Kind: TargetShare, Value: 50}, 0, 0, false, TargetOpen},
		{Target{Kind: TargetShare, Value: 50}, 0, 0, true, TargetMissed},
	} {
		if got := test.target.Judge(test.cases, test.concluded, test.over); got != test.want {
			t.Errorf("%+v with %d of %d, over %v: %s, want %s", test.target, test.concluded, test.cases, test.over, got, test.want)
		}
	}
}

func TestSeesCampaigns(t *testing.T) {
	d := newDesk(t)
	for office, want := range map[string][]string{
		"P-xf": {"clerk", "supervisor", "inspector", "auditor"},
		"C-xf": {"clerk", "supervisor", "county-clerk", "county-supervisor", "inspector", "auditor"},
	} {
		var got []string
		for _, who := range cast {
			if SeesCampaigns(office, d.actor(who), d.rules) {
				got = append(got, who)
			}
		}
		same(t, office, want, got)
	}
}
