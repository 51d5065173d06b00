package casefile_test

import (
	"slices"
	"strings"
	"testing"

	. "shuangze/casefile"
	"shuangze/policy"
)

func (d *desk) petitioner(cmd Command) (Outcome, error) {
	cmd.Actor, cmd.ID = PetitionerOf(d.c.ID), "petitioner's"
	return Decide(d.c, cmd, d.rules, d.now)
}

func (d *desk) stands() Standing {
	r := d.rules
	r.Now = d.now
	return StandingOf(d.c, d.events, r)
}

func told(s Standing) (list []string) {
	for _, m := range s.Milestones {
		list = append(list, m.On.String()+" "+m.Text.Chinese)
		if m.Text.English == "" || strings.Contains(m.Text.Chinese+m.Text.English, "%!") {
			list = append(list, "broken: "+m.Text.English)
		}
	}
	return list
}

// 条例第21条第2款: the petitioner can look up what becomes of the matter: from outside,
// with the next date and what to do when it is missed.
func TestArticle21Standing(t *testing.T) {
	d := newDesk(t).moves("clerk register")
	s := d.stands()
	if s.Stage != InRegistration || s.Unit != "" || len(s.Next) != 1 || s.Next[0].Clock != "REG-FORWARD" || s.Next[0].By != "地区信访局" {
		t.Errorf("registered: %s", show(s))
	}
	if !strings.Contains(s.Next[0].Missed.Chinese, "上一级信访部门") {
		t.Errorf("of an office that is late: %s", s.Next[0].Missed.Chinese)
	}
	d.at("2026-09-02 10:00").moves("clerk forward")
	d.at("2026-09-03 10:00").moves("officer accept", "supervisor assign", "upper acknowledge", "lower acknowledge", "supervisor supervise", "head extend")
	s = d.stands()
	if s.Stage != InHandling || s.Unit != "县人社局" || len(s.Next) != 1 || s.Next[0].Clock != "HANDLE" || s.Next[0].Due.String() != "2026-12-02" {
		t.Errorf("handled: %s", show(s))
	}
	want := []string{
		"2026-09-01 地区信访局收到您的信访事项。", "2026-09-02 地区信访局转交县人社局办理。", "2026-09-03 县人社局受理。",
		"2026-09-03 办理期限延长30日，至2026年12月2日（周三），理由已书面告知您。",
	}
	same(t, "told", want, told(s))
	// Drafting and signing don't show.
	before := show(s)
	d.moves("officer opine", "lower sign")
	if now := show(d.stands()); now != before {
		t.Errorf("a draft shows: %s", now)
	}
	d.until("2026-12-05 12:00")
	if late := d.stands().Next[0]; !late.Overdue || late.LateDays != 3 {
		t.Errorf("late: %s", show(late))
	}
}

// What the petitioner does is theirs alone: of this case, nothing else, with no official's
// id; and whoever acts in another case's name gets nowhere.
func TestPetitionerMayRateAndAskAlone(t *testing.T) {
	d := newDesk(t).reach("served")
	for _, kind := range Kinds() {
		allowed := kind == Rate || kind == AskReview
		if got := Permit(d.c, kind, PetitionerOf(d.c.ID), d.rules) == nil; got != allowed {
			t.Errorf("%s: %v", kind, got)
		}
		if Permit(d.c, kind, PetitionerOf("case-2"), d.rules) == nil {
			t.Errorf("%s of another case", kind)
		}
	}
	if Sees(d.c, PetitionerOf(d.c.ID), d.rules) || SeesPetitioner(d.c, PetitionerOf(d.c.ID), d.rules) {
		t.Error("the petitioner is shown the case from inside")
	}
	same(t, "available", []Kind{AskReview, Rate}, Available(d.c, PetitionerOf(d.c.ID), d.rules, d.now))
	for _, stage := range []string{"registered", "handling", "opined"} {
		early := newDesk(t).reach(stage)
		if s := early.stands(); s.MayRate || s.MayAsk {
			t.Errorf("%s: %s", stage, show(s))
		}
	}
}

// 条例第35条、第36条: within 30 days, moved past rest days, the petitioner's own request goes
// to the organ one level up by itself. Later it is refused in so many words; a clerk can
// still record it.
func TestArticles35And36PetitionerAsks(t *testing.T) {
	d := newDesk(t).reach("served") // the 30 days end on 8 October, after the holidays
	ask := Command{Kind: AskReview, Text: doc("reasons")}
	d.at("2026-10-08 23:59")
	out, err := d.petitioner(ask)
	if err != nil {
		t.Fatal(err)
	}
	e := out.Events[len(out.Events)-1]
	if e.Review.Unit != "C" || e.Review.Organ != "" || e.Review.Level != "county" || e.Actor.Role != Complainant {
		t.Errorf("%s", show(e))
	}
	if s := d.stands(); !s.MayAsk || !s.Rights[0].Open {
		t.Errorf("%s", show(s.Rights))
	}
	d.at("2026-10-09 00:00")
	_, err = d.petitioner(ask)
	refusal, _ := err.(*Error) //nolint:errorlint // as it is
	if refusal == nil || refusal.Code != "review_too_late" || !strings.Contains(refusal.Chinese, "2026年10月8日") || !strings.Contains(refusal.Rule, "第三十五条") {
		t.Fatalf("late: %v", err)
	}
	if s := d.stands(); s.MayAsk || s.Rights[0].Open {
		t.Errorf("%s", show(s.Rights))
	}
	d.moves("clerk ask_review", "county-supervisor accept_review", "county-supervisor conclude_review")
	out, err = d.petitioner(ask)
	if err != nil {
		t.Fatal(err)
	}
	if r := out.Events[len(out.Events)-1].Review; r.Round != RecheckRound || r.Unit != "P" {
		t.Errorf("the recheck: %s", show(r))
	}
}

// An organ that the directory lacks is named by its level; one that is accused reviews
// nothing.
func TestPetitionerAsksWhereNobodyIs(t *testing.T) {
	d := newDesk(t).reach("served")
	d.moves("clerk ask_review", "county-supervisor accept_review", "county-supervisor conclude_review", "clerk ask_review", "supervisor decline_review")
	d.c.UnitLevel = "prefecture"
	d.c.Reviews = nil
	out, err := d.petitioner(Command{Kind: AskReview, Text: doc("reasons")})
	if err != nil {
		t.Fatal(err)
	}
	if r := out.Events[len(out.Events)-1].Review; r.Unit != "" || r.Organ != "省部级复查复核机关" || r.Office != "P-xf" {
		t.Errorf("%s", show(r))
	}
	d.c.UnitLevel, d.c.AccusedUnit = "section", "C"
	out, err = d.petitioner(Command{Kind: AskReview, Text: doc("reasons")})
	if err != nil {
		t.Fatal(err)
	}
	if r := out.Events[len(out.Events)-1].Review; r.Unit != "" || r.Organ != "县处级复查复核机关" {
		t.Errorf("accused: %s", show(r))
	}
}

// Each reply is rated once, whoever records it; dissatisfied, the case is handled again.
func TestPetitionerRatesOnce(t *testing.T) {
	d := newDesk(t).reach("served")
	rate := Command{Kind: Rate, OfficeRating: "satisfied", UnitRating: "dissatisfied"}
	out, err := d.petitioner(rate)
	if err != nil {
		t.Fatal(err)
	}
	d.c, d.events = Fold(d.c, out.Events), append(d.events, out.Events...)
	if d.c.Stage != Handling || d.c.Reopened != 1 {
		t.Errorf("dissatisfied: %s", d.c.Stage)
	}
	told := told(d.stands())
	if len(told) < 2 || !strings.HasSuffix(told[len(told)-2], "收到满意度评价。") || !strings.HasSuffix(told[len(told)-1], "重新办理。") {
		t.Errorf("%q", told)
	}
	d = newDesk(t).reach("served")
	d.moves("clerk rate")
	if _, err := d.petitioner(rate); err == nil || !strings.Contains(err.Error(), "already_rated") {
		t.Errorf("twice: %v", err)
	}
}

// The petitioner is told of duties toward them, never of how leaders and offices watch
// each other.
func TestStandingHasNothingInternal(t *testing.T) {
	told := []string{}
	for _, k := range builtin().Clocks {
		if k.Petitioner == nil {
			continue
		}
		told = append(told, k.ID)
		if !slices.Contains([]policy.Bearer{policy.OfUnit, policy.OfPetitionOffice, policy.OfReviewer}, k.Bearer) {
			t.Errorf("%s is the duty of a %s", k.ID, k.Bearer)
		}
	}
	same(t, "clocks", []string{
		"REG-FORWARD", "ACC-DIRECT", "ACC-TRANSFER", "HANDLE", "DUTY-PERFORM", "OPINION-EXEC", "REVIEW-DO", "RECHECK-DO", "REDO",
		"SIMPLE-ACC", "SIMPLE-ACC-DIRECT", "SIMPLE-HANDLE",
	}, told)
}

// Before a petitioner says that they are dissatisfied they are told what it leads to, and
// while the matter is handled again, why the right to a review is gone.
func TestStandingDissatisfied(t *testing.T) {
	says := func(state string, now Standing, want ...string) {
		t.Helper()
		for _, text := range []policy.Text{now.Dissatisfied, now.NoRights} {
			if strings.Contains(text.Chinese+text.English, "%!") || (text.Chinese == "") != (text.English == "") {
				t.Errorf("%s: %s", state, show(text))
			}
		}
		for _, part := range want {
			if !strings.Contains(now.Dissatisfied.Chinese+now.NoRights.Chinese, part) {
				t.Errorf("%s: no %q in %s%s", state, part, now.Dissatisfied.Chinese, now.NoRights.Chinese)
			}
		}
	}
	d := newDesk(t).reach("served")
	s := d.stands()
	says("served", s, "退回重新办理一次", "不能对它申请复查、复核", "30日内对它申请复查", "先申请复查、复核，再作评价")
	if s.NoRights.Chinese != "" || len(s.Rights) != 1 {
		t.Errorf("served: %s", show(s))
	}
	bad := Command{Kind: Rate, OfficeRating: "satisfied", UnitRating: "dissatisfied"}
	d.do("clerk", bad)
	s = d.stands()
	says("handled again", s, "正在重新办理", "现在不能对它申请复查、复核", "30日内对它申请复查")
	if len(s.Rights) > 0 || s.MayAsk || s.Dissatisfied.Chinese != "" {
		t.Errorf("handled again: %s", show(s))
	}
	d.moves("officer opine", "lower sign", "upper sign", "officer serve")
	s = d.stands()
	says("answered again", s, "已经重新办理过一次", "由信访部门核查后决定", "不受影响")
	if s.NoRights.Chinese != "" || len(s.Rights) != 1 || !s.MayAsk {
		t.Errorf("answered again: %s", show(s))
	}
	d.do("clerk", bad)
	if s = d.stands(); len(s.Rights) != 1 || !s.MayAsk || s.Stage != Answered {
		t.Errorf("dissatisfied once more: %s", show(s))
	}
	says("final", newDesk(t).reach("final").stands(), "不再引起重新办理")
	if s = newDesk(t).reach("handling").stands(); s.NoRights.Chinese != "" || s.Dissatisfied.Chinese != "" {
		t.Errorf("never answered: %s", show(s))
	}
}

// A date late in December is settled by the next year's list, not by its own year's.
func TestStandingProvisional(t *testing.T) {
	for _, test := range []struct{ received, want string }{
		{"2026-09-01 10:00", ""},
		{"2026-12-09 10:00", "暂定日期：2027年的节假日安排尚未公布，其中可能调整2026年12月21日至31日的休息日和上班日。公布后重新计算。"}, // due on the 24th
		{"2026-12-25 10:00", "暂定日期：2027年的节假日安排尚未公布。公布后重新计算。"},
	} {
		s := newDesk(t).at(test.received).moves("clerk register").stands()
		if len(s.Next) != 1 || s.Next[0].Provisional.Chinese != test.want || (s.Next[0].Provisional.English == "") != (test.want == "") {
			t.Errorf("%s: %s", test.received, show(s.Next))
		}
	}
	s := newDesk(t).at("2026-11-23 10:00").reach("served").stands() // the 30 days end on 23 December
	if len(s.Rights) != 1 || !strings.Contains(s.Rights[0].Provisional.Chinese, "2027年") {
		t.Errorf("%s", show(s.Rights))
	}
}
