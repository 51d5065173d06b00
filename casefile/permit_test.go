package casefile_test

import (
	"slices"
	"strings"
	"testing"

	. "shuangze/casefile"
)

func TestSees(t *testing.T) {
	everybody := append([]string{"colleague", "other-upper", "commissioner"}, cast...)
	for _, test := range []struct {
		name   string
		change func(*Registration)
		blind  []string
	}{
		{"a case of the bureau", func(*Registration) {}, []string{"other-officer", "other-head", "admin"}},
		{"a case of the other bureau", func(r *Registration) { r.Unit = "C-zr" }, []string{"officer", "colleague", "head", "admin"}},
		{
			"an accusation of the other bureau, which handles nothing of it",
			func(r *Registration) { r.Purpose, r.AccusedUnit = "accusation", "C-zr" },
			[]string{"other-officer", "other-head", "admin"},
		},
		{
			"an accusation of a leader who would see it",
			func(r *Registration) { r.Purpose, r.AccusedOfficial = "accusation", "upper" },
			[]string{"other-officer", "other-head", "upper", "admin"},
		},
		{
			"an accusation of an officer of the bureau itself",
			func(r *Registration) { r.Purpose, r.AccusedOfficial = "accusation", "officer" },
			[]string{"officer", "other-officer", "other-head", "admin"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).register(test.change)
			for _, who := range everybody {
				blind := slices.Contains(test.blind, who)
				by := d.actor(who)
				if Sees(d.c, by, d.rules) == blind {
					t.Errorf("%s sees it: %v", who, !blind)
				}
				if blind && SeesPetitioner(d.c, by, d.rules) {
					t.Errorf("%s sees the petitioner, but not the case", who)
				}
				if !blind {
					continue
				}
				// Not even that there is such a case.
				for _, kind := range append(Kinds(), Tick) {
					if got := answer(d, who, kind); got != "case_not_found" {
						t.Errorf("%s by %s: %s", kind, who, got)
					}
				}
			}
		})
	}
}

// Who complained is shown to those who handle the case or answer for it, nobody else.
func TestSeesPetitioner(t *testing.T) {
	office, bureau := []string{"clerk", "supervisor"}, []string{"officer", "colleague", "head"}
	for state, want := range map[string][]string{
		"registered": slices.Concat(office, bureau),
		"direct":     slices.Concat(office, bureau, []string{"county-clerk", "county-supervisor"}),
		"led":        slices.Concat(office, bureau, []string{"upper", "lower"}),
		"supervised": slices.Concat(office, bureau, []string{"upper", "lower"}),
		"dual":       slices.Concat(office, bureau, []string{"upper", "lower", "inspector"}),
		"closed":     slices.Concat(office, bureau, []string{"upper", "lower"}),
	} {
		d := newDesk(t).reach(state)
		d.rules.Directory.Units["C-dc"] = Unit{Code: "C-dc", Kind: SupervisionOfficeKind, Level: "section", Parent: "C"}
		d.rules.Directory.Officials["county-inspector"] = Official{ID: "county-inspector", Unit: "C-dc", Role: Inspector}
		for id := range d.rules.Directory.Officials {
			if got := SeesPetitioner(d.c, d.actor(id), d.rules); got != slices.Contains(want, id) {
				t.Errorf("%s: %s sees the petitioner: %v", state, id, got)
			}
		}
		if SeesPetitioner(d.c, Clockwork, d.rules) {
			t.Errorf("%s: the clock sees the petitioner", state)
		}
	}
}

// A leader who sits in a case sees it, wherever it lies.
func TestSeatedSees(t *testing.T) {
	d := newDesk(t).reach("led")
	moved := d.rules.Directory.Officials["lower"]
	moved.Unit = "C-zr" // transferred since
	d.rules.Directory.Officials["lower"] = moved
	if !Sees(d.c, d.actor("lower"), d.rules) {
		t.Error("a seated leader can't see the case any more")
	}
	d.moves("lower acknowledge")
}

// An accusation is neither given to the accused unit, nor taken down by its people.
func TestAccusationIsNotHandledByTheAccused(t *testing.T) {
	for _, test := range []struct {
		name, who string
		change    func(*Registration)
		want      []string
	}{
		{"to the accused unit", "clerk", func(r *Registration) { r.AccusedUnit = "C-rs" }, []string{"unit accused"}},
		{"to a part of it", "clerk", func(r *Registration) { r.AccusedUnit = "C" }, []string{"unit accused"}},
		{"by its own clerk", "county-clerk", func(r *Registration) { r.AccusedUnit = "C-xf" }, []string{"accused_unit recused"}},
		{"by a clerk under it", "county-clerk", func(r *Registration) { r.AccusedUnit = "C" }, []string{"unit accused", "accused_unit recused"}},
		{"by the accused", "clerk", func(r *Registration) { r.AccusedOfficial = "clerk" }, []string{"accused_unit recused"}},
		{"by the accused unit's officer", "officer", func(r *Registration) { r.AccusedUnit = "C-rs" }, []string{"unit accused", "accused_unit recused"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			cmd := d.command(Register)
			cmd.Registration.Purpose = "accusation"
			test.change(cmd.Registration)
			same(t, "fields", test.want, problems(d.refuse(test.who, cmd, "invalid_fields")))
		})
	}
	d := newDesk(t).register(func(r *Registration) { r.Purpose, r.AccusedUnit = "accusation", "C-zr" })
	same(t, "forwarded to it", []string{"unit accused"}, problems(d.refuse("clerk", Command{Kind: Forward, Unit: "C-zr"}, "invalid_fields")))
}

// Nobody whom the case accuses is ever told of it, by whatever step or command.
func TestTheAccusedIsNotTold(t *testing.T) {
	for _, accused := range []string{"officer", "head", "supervisor", "inspector", "convener"} {
		d := newDesk(t).register(func(r *Registration) { r.AccusedOfficial = accused })
		by := func(who, other string) string {
			if who == accused {
				return other
			}
			return who
		}
		d.rules.Directory.Officials["deputy"] = Official{ID: "deputy", Unit: "P-xf", Role: Supervisor}
		officer, supervisor := by("officer", "colleague"), by("supervisor", "deputy")
		told := 0
		watch := func() {
			for _, n := range d.last.Notices {
				told++
				if n.To == accused {
					t.Errorf("%s was told of %s", accused, show(n))
				}
			}
		}
		give := func(moves ...string) {
			for _, m := range moves {
				d.moves(m)
				watch()
			}
		}
		give("clerk forward", officer+" accept", supervisor+" assign", "lower acknowledge", "upper acknowledge", officer+" opine", "lower return", supervisor+" supervise")
		cmd := d.command(Escalate)
		cmd.DecidedBy = "commissioner"
		d.do(supervisor, cmd)
		watch()
		for range 40 {
			d.now = d.last.Next.At
			give("clock tick")
		}
		if told < 50 {
			t.Errorf("%s: only %d notices", accused, told)
		}
	}
}

func TestPermitNamesTheRule(t *testing.T) {
	d := newDesk(t).reach("opined")
	d.rules.Policy.Deputies = nil
	refusal := Permit(d.c, Sign, d.actor("supervisor"), d.rules)
	if refusal == nil || refusal.Reason != Forbidden || refusal.Rule != "一案双责：由包案领导本人签批" ||
		refusal.Chinese != "这一操作只能由本案包案领导进行" || refusal.English != "only one of the case's two leaders may do this" {
		t.Errorf("%s", show(refusal))
	}
	d.rules.Policy.Deputies = []string{"sign"}
	refusal = Permit(d.c, Sign, d.actor("supervisor"), d.rules)
	if refusal == nil || refusal.Chinese != "这一操作只能由本案包案领导或请假包案领导的代理人进行" ||
		refusal.English != "only one of the case's two leaders or the deputy of one who is on leave may do this" {
		t.Errorf("%s", show(refusal))
	}
	refusal = Permit(d.c, Serve, d.actor("auditor"), d.rules)
	if refusal == nil || refusal.English != "only an officer of the responsible unit or a clerk of the petition office in charge may do this" {
		t.Errorf("%s", show(refusal))
	}
	if refusal := Permit(d.c, Sign, d.actor("upper"), d.rules); refusal != nil {
		t.Errorf("%s", show(refusal))
	}
}

// A refusal says where the case stands and, where it was overtaken, by what.
func TestOvertook(t *testing.T) {
	for _, test := range []struct {
		state, who string
		kind       Kind
		says       string
		by         EventKind // empty: it was never possible
	}{
		{"forwarded", "clerk", Forward, "本案现在是“已转送、交办”，不能再转送", EventForwarded},
		{"handling", "clerk", Forward, "本案现在是“办理中”，不能再转送", EventForwarded},
		{"declined", "clerk", Forward, "本案现在是“不予受理”，不能再转送", EventDeclined},
		{"handling", "clerk", Close, "本案现在是“办理中”，到“已送达，待结案”时才能结案", ""},
		{"handling", "clerk", Rate, "本案现在是“办理中”，到“已送达，待结案”或“已结案”时才能登记满意度评价", ""},
		{"supported", "clerk", Close, "处理意见支持信访请求，执行完毕后方可结案", ""},
		{"opined", "upper", Sign, "须由下级包案领导先签批", ""},
		{"half-signed", "lower", Sign, "您已签批这一版处理意见", EventSigned},
		{"signed", "upper", Sign, "本案现在是“已签批，待送达”，不能签批", EventSigned},
		{"led", "supervisor", Assign, "已确定两名包案领导，更换须办理移交", EventAssigned},
		{"sent-back", "supervisor", Urge, "该事项尚未转送责任单位，应先转送", EventObjectionDecided},
		{"reopened", "clerk", Close, "本案现在是“办理中”，到“已送达，待结案”时才能结案", EventClosed},
	} {
		d := newDesk(t).reach(test.state)
		by := d.actor(test.who)
		if refusal := Refusal(d.c, test.kind, by, d.rules, d.now); refusal == nil || refusal.Chinese != test.says {
			t.Errorf("%s: %s by %s: %s, want %s", test.state, test.kind, test.who, show(refusal), test.says)
		}
		if e, ok := Overtook(d.events, test.kind, by); ok != (test.by != "") || e.Kind != test.by && ok {
			t.Errorf("%s: %s by %s was overtaken by %s (%v), want %s", test.state, test.kind, test.who, e.Kind, ok, test.by)
		}
	}
	d := newDesk(t).reach("registered")
	if e, ok := Overtook(d.events, Forward, d.actor("clerk")); ok {
		t.Errorf("possible, yet overtaken by %s", show(e))
	}
	if got := Refusal(d.c, Rate, PetitionerOf(d.c.ID), d.rules, d.now); got == nil || strings.Contains(got.Chinese, "“") {
		t.Errorf("the petitioner is told of the stages inside: %s", show(got))
	}
}
