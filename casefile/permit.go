package casefile

import (
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// relation is how somebody stands to a case. Who may give a command is said in
// relations, never in names.
type relation struct {
	chinese, english string
	holds            func(Case, Actor, Rules) bool
}

var (
	anyClerk = relation{"信访部门登记人员", "a clerk of a petition office", func(_ Case, by Actor, r Rules) bool {
		return by.Role == Registrar
	}}
	anySupervisor = relation{"信访部门督办人员", "a supervisor of a petition office", func(_ Case, by Actor, r Rules) bool {
		return by.Role == Supervisor
	}}
	anyOfficer = relation{"直接收到的单位承办人", "an officer of the unit that received it", func(_ Case, by Actor, r Rules) bool {
		return by.Role == Officer
	}}
	clerk = relation{"主办信访部门登记人员", "a clerk of the petition office in charge", func(c Case, by Actor, r Rules) bool {
		return by.Role == Registrar && presides(by.Unit, c.Office, r)
	}}
	supervisor = relation{"主办信访部门督办人员", "a supervisor of the petition office in charge", func(c Case, by Actor, r Rules) bool {
		return by.Role == Supervisor && presides(by.Unit, c.Office, r)
	}}
	inspector = relation{"党委督查室督查人员", "an inspector of the supervision office", func(c Case, by Actor, r Rules) bool {
		return by.Role == Inspector && presides(by.Unit, c.SupervisionOffice, r)
	}}
	campaigner = relation{"组织会战的信访部门督办人员", "a supervisor of the petition office that runs the campaign", func(c Case, by Actor, r Rules) bool {
		list, ok := c.Enlisted()
		return supervisor.holds(c, by, r) && (!ok || RunsCampaigns(r.Directory.Campaigns[list.Campaign].Office, by, r))
	}}
	receivingOfficer = relation{"直接收到的责任单位承办人", "an officer of the unit that received it itself", func(c Case, by Actor, r Rules) bool {
		return c.Direct && officer.holds(c, by, r)
	}}
	officer = relation{"责任单位承办人", "an officer of the responsible unit", func(c Case, by Actor, _ Rules) bool {
		return by.Role == Officer && by.Unit == c.Unit
	}}
	head = relation{"责任单位负责人", "the head of the responsible unit", func(c Case, by Actor, r Rules) bool {
		return slices.ContainsFunc(r.Directory.Heads(c.Unit, r.Policy), func(o Official) bool { return o.ID == by.ID })
	}}
	reviewing = relation{"复查复核机关的承办人", "who records for the reviewing organ", func(c Case, by Actor, r Rules) bool {
		now := c.Review()
		if c.Stage != Reviewing {
			return false
		}
		if by.Role == Officer {
			return by.Unit == now.Unit && by.Unit != ""
		}
		return (by.Role == Registrar || by.Role == Supervisor) && presides(by.Unit, now.Office, r)
	}}
	seated = relation{"本案包案领导", "one of the case's two leaders", func(c Case, by Actor, _ Rules) bool {
		_, ok := c.SeatOf(by.ID)
		return ok
	}}
	deputy = relation{"请假包案领导的代理人", "the deputy of one who is on leave", func(c Case, by Actor, r Rules) bool {
		return len(standsIn(c, by, r)) > 0
	}}
	urgentOfficer = relation{"报告重大紧急事项的单位承办人", "an officer of the unit that has to report the urgent matter", func(c Case, by Actor, _ Rules) bool {
		return by.Role == Officer && c.Urgent != nil && c.Urgent.Unit != "" && by.Unit == c.Urgent.Unit
	}}
	coOfficer = relation{"协办单位承办人", "an officer of a unit that handles the case together with the responsible one", func(c Case, by Actor, _ Rules) bool {
		return by.Role == Officer && slices.Contains(c.CoUnits, by.Unit)
	}}
	convener = relation{"联席会议召集人", "the convener of the joint meeting", func(c Case, by Actor, r Rules) bool {
		return slices.ContainsFunc(r.Directory.conveners(c.Office), func(o Official) bool { return o.ID == by.ID })
	}}
	publisher = relation{"发布规则的管理员", "the administrator who has put new rules in force", func(_ Case, by Actor, _ Rules) bool {
		return by.Role == Admin
	}}
	petitioner = relation{"本案信访人", "the case's petitioner", func(c Case, by Actor, _ Rules) bool {
		return c.Stage != New && by == PetitionerOf(c.ID)
	}}
	clockwork = relation{"计时器", "the clock", func(_ Case, by Actor, _ Rules) bool { return by.Role == System }}
)

// presides reports whether an office is the one in charge or one above it.
func presides(office, inCharge string, r Rules) bool {
	return office == inCharge || inCharge != "" && r.Directory.Under(inCharge, r.Directory.Area(office))
}

// Permit says whether the actor may ever give this command to this case, whatever
// its stage: nil, or a refusal that names the rule (Forbidden), or NotFound where
// even the case's existence is none of the actor's business.
func Permit(c Case, kind Kind, by Actor, r Rules) *Error {
	s, ok := specOf(kind)
	if !ok {
		return &Error{Reason: NotFound, Code: "unknown_command", Chinese: "没有这个操作", English: "there is no such command"}
	}
	// Who need not see the case: the petitioner sees only how it stands (StandingOf).
	blind := by.Role == System || kind == Replan && by.Role == Admin || petitioner.holds(c, by, r)
	if !blind && c.Stage != New && !Sees(c, by, r) {
		return &Error{Reason: NotFound, Code: "case_not_found", Chinese: "没有这个信访事项", English: "there is no such case"}
	}
	var zh, en []string
	holders := s.by
	if slices.Contains(r.Policy.Deputies, string(kind)) {
		holders = append(slices.Clone(holders), deputy)
	}
	for _, rel := range holders {
		if rel.holds(c, by, r) {
			return nil
		}
		zh, en = append(zh, rel.chinese), append(en, rel.english)
	}
	return forbidden("not_permitted", s.rule,
		"这一操作只能由"+listed(zh)+"进行", "only "+strings.Join(en, " or ")+" may do this")
}

// listed joins names in Chinese: 甲、乙或丙.
func listed(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], "、") + "或" + names[last]
}

// Sees reports whether the actor may know of the case: whoever has a part in it,
// the offices above it and the auditor. The accused and their unit never see an
// accusation (条例第30条第3款).
func Sees(c Case, by Actor, r Rules) bool {
	if Accuses(c, by.ID, by.Unit, r.Directory) {
		return false
	}
	switch by.Role {
	case Auditor, System:
		return true
	case Registrar, Supervisor, Inspector:
		area := r.Directory.Area(by.Unit)
		return r.Directory.Under(c.Unit, area) || r.Directory.Under(c.Office, area)
	case Officer:
		return by.Unit == c.Unit || slices.Contains(c.Parties(), by.Unit)
	case Leader:
		return inSeat(c, by, r) || r.Directory.Under(c.Unit, by.Unit)
	case Admin, Former, Complainant:
	}
	return false
}

// Parties are the units that have a part in the case beside the responsible one.
func (c Case) Parties() []string {
	units := slices.Clone(c.CoUnits)
	for _, r := range c.Reviews {
		if r.Unit != "" && !slices.Contains(units, r.Unit) {
			units = append(units, r.Unit)
		}
	}
	if slices.Contains(c.Urgent.WaitsFor(), policy.OfUnit) && !slices.Contains(units, c.Urgent.Unit) && c.Urgent.Unit != c.Unit {
		units = append(units, c.Urgent.Unit) // the case was forwarded, but the report is still that unit's
	}
	return units
}

// SeesPetitioner reports whether the actor may see who complained: only those who
// handle the case or answer for it, and the supervision office once it is called in.
func SeesPetitioner(c Case, by Actor, r Rules) bool {
	if !Sees(c, by, r) {
		return false
	}
	switch by.Role {
	case Registrar, Supervisor:
		return presides(by.Unit, c.Office, r)
	case Inspector:
		return c.OnChannel(SupervisionOffice).Letters > 0 && presides(by.Unit, c.SupervisionOffice, r)
	case Officer:
		return true // Sees lets in only those of units that handle or review the case
	case Leader:
		return inSeat(c, by, r) || by.Unit == c.Unit
	case Admin, Auditor, System, Former, Complainant:
	}
	return false
}

// Accuses reports whether the case accuses this official, of this unit, or the unit:
// nothing of it may reach them (条例第30条第3款).
func Accuses(c Case, official, unit string, d *Directory) bool {
	return c.AccusedOfficial != "" && official == c.AccusedOfficial ||
		c.AccusedUnit != "" && d.Under(unit, c.AccusedUnit)
}

// admits says whether the case is in a stage and state to take the command.
func admits(c Case, s spec, by Actor, now time.Time) *Error {
	if !slices.Contains(s.from, c.Stage) {
		if s.kind == Register {
			return conflict("already_registered", "本事项已登记", "the case is registered already")
		}
		return wrongStage(c, s, by)
	}
	if s.ready != nil {
		return s.ready(c, by, now)
	}
	return nil
}

// wrongStage says where the case stands and where the command belongs. Petitioners are not
// told how far their answer is (Standing).
func wrongStage(c Case, s spec, by Actor) *Error {
	if by.Role == Complainant {
		return conflict("wrong_stage", "信访事项当前环节不能进行这一操作", "this is not possible in the case's present stage")
	}
	do, at := s.kind.Name(), c.Stage.Name()
	var zh, en []string
	past := false
	for _, stage := range s.from {
		if name := stage.Name(); c.Stage.Open() && slices.Index(Stages, stage) > slices.Index(Stages, c.Stage) {
			zh, en = append(zh, "“"+name.Chinese+"”"), append(en, "“"+name.English+"”")
		} else {
			past = true
		}
	}
	switch {
	case past && len(zh) > 0:
		return conflict("wrong_stage", "本案现在是“"+at.Chinese+"”，不能"+do.Chinese, "the case is now “"+at.English+"”; “"+do.English+"” is not possible in it")
	case len(zh) > 0:
		return conflict("wrong_stage", "本案现在是“"+at.Chinese+"”，到"+listed(zh)+"时才能"+do.Chinese,
			"the case is now “"+at.English+"”; “"+do.English+"” is possible once it is "+strings.Join(en, " or "))
	}
	return conflict("wrong_stage", "本案现在是“"+at.Chinese+"”，不能再"+do.Chinese, "the case is now “"+at.English+"”; “"+do.English+"” is not possible any more")
}

// Overtook finds what happened meanwhile: the event since which the case does not take the
// command from this actor. ok is false where it never took it, or still does.
func Overtook(events []Event, kind Kind, by Actor) (last Event, ok bool) {
	s, known := specOf(kind)
	if !known {
		return last, false
	}
	var c Case
	took := false
	for _, e := range events {
		c = Apply(c, e)
		of := s
		if _, sits := c.SeatOf(by.ID); !sits && slices.Contains(policy.Delegable, string(kind)) {
			of.ready = nil // as in Admit
		}
		takes := admits(c, of, by, e.At) == nil
		if took && !takes {
			last, ok = e, true
		} else if takes {
			ok = false
		}
		took = takes
	}
	return last, ok
}

// Admit refuses a command for which the case is in no stage or state, before it
// costs anything. It is a cheap first look: Decide has the last word.
func Admit(c Case, cmd Command) *Error {
	s, ok := specOf(cmd.Kind)
	if !ok {
		return &Error{Reason: NotFound, Code: "unknown_command", Chinese: "没有这个操作", English: "there is no such command"}
	}
	if _, sits := c.SeatOf(cmd.Actor.ID); !sits && slices.Contains(policy.Delegable, string(cmd.Kind)) {
		s.ready = nil // a deputy's, perhaps: in whose seat, only the directory tells
	}
	return admits(c, s, cmd.Actor, c.LastAt)
}

// Available lists what the actor can do with the case now.
func Available(c Case, by Actor, r Rules, now time.Time) []Kind {
	kinds := []Kind{}
	for _, s := range table {
		if s.kind.given() && s.kind != Register && slices.Contains(s.from, c.Stage) && Refusal(c, s.kind, by, r, now) == nil {
			kinds = append(kinds, s.kind)
		}
	}
	return kinds
}

// Refusal says why the actor can't give the command to the case now, whatever its fields;
// nil: they can.
func Refusal(c Case, kind Kind, by Actor, r Rules, now time.Time) *Error {
	r.Now = now
	if err := Permit(c, kind, by, r); err != nil {
		return err
	}
	s, _ := specOf(kind) // Permit has seen it
	var refusal *Error
	for _, as := range stances(c, kind, by, r) {
		if refusal = admits(c, s, as, now); refusal == nil {
			return nil
		}
	}
	return refusal
}

// Rules is everything Decide goes by beside the case itself.
type Rules struct {
	Version   int       // of the publication in force; 0: the built-in rules
	Since     time.Time // when it came into force; zero: always
	Policy    *policy.Policy
	Calendar  *calendar.Calendar
	Directory *Directory
	Now       time.Time // by which leaves are judged; Decide and Available set it themselves
	// Reception is the reception day that the command names, if it names one.
	Reception *Reception
}
