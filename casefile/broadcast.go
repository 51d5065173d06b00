package casefile

import "slices"

// broadcasts says which commands can be given to many cases in one go, and by whom: the
// one list of them. Nothing that takes a judgement on each case is among them.
var broadcasts = []struct {
	kind Kind
	by   []Role
}{
	{Assign, []Role{Supervisor}},          // a campaign's cases get their leaders
	{HandOver, []Role{Supervisor}},        // a leader leaves
	{Urge, []Role{Supervisor, Inspector}}, // 条例第40条
	{Supervise, []Role{Supervisor}},       // 条例第40条
	{Enlist, []Role{Supervisor}},          // a campaign gets its list
}

// Broadcasts lists the commands that can be given to many cases in one go.
func Broadcasts() []Kind {
	var kinds []Kind
	for _, b := range broadcasts {
		kinds = append(kinds, b.kind)
	}
	return kinds
}

// PermitBroadcast says whether the actor may order this command for many cases: nil, or
// Forbidden. Each case asks for itself besides, by Permit.
func PermitBroadcast(kind Kind, by Actor) *Error {
	s, _ := specOf(kind)
	for _, b := range broadcasts {
		if b.kind == kind && slices.Contains(b.by, by.Role) {
			return nil
		}
	}
	return forbidden("not_permitted", s.rule,
		"批量操作只能由信访部门督办人员进行，批量催办也可由督查人员进行", "only supervisors may order this for many cases; inspectors may urge")
}

// PermitPublish says whether the actor may put rules in force: nil, or Forbidden.
func PermitPublish(by Actor) *Error {
	if by.Role == Admin {
		return nil
	}
	return forbidden("not_permitted", "节假日安排与政策的新版本由系统管理员发布",
		"规则只能由系统管理员试算和发布", "only the administrator may try out rules and put them in force")
}

// SeesBroadcast reports whether the actor may know of a broadcast that somebody else
// ordered: supervisors in whose area that person's office lies, and the auditor. Of its
// cases each sees those that Sees allows.
func SeesBroadcast(orderedBy, by Actor, d *Directory) bool {
	switch by.Role {
	case Auditor:
		return true
	case Supervisor:
		return d.Under(orderedBy.Unit, d.Area(by.Unit))
	case Registrar, Inspector, Officer, Leader, Admin, System, Former, Complainant:
	}
	return orderedBy.ID == by.ID
}

// PermitCancel says whether the actor may cancel a broadcast: whoever ordered it, and the
// supervisors who may know of it.
func PermitCancel(orderedBy, by Actor, d *Directory) *Error {
	if orderedBy.ID == by.ID || by.Role == Supervisor && SeesBroadcast(orderedBy, by, d) {
		return nil
	}
	return forbidden("not_permitted", "批量操作由下达人或其上级信访部门督办人员取消",
		"批量操作只能由下达人或其上级信访部门督办人员取消", "only who ordered it, or a supervisor above, may cancel it")
}

// NoAnswer is the result of a command that was given to a case in vain, again and again,
// while others answered.
func NoAnswer() *Error {
	return conflict("no_answer", "该信访事项的流程没有应答，是否已执行不明，请查看该事项", "the case's workflow did not answer; whether it was done is unknown: look at the case")
}

// LedgerBroken is the result of a command to a case whose ledger does not go with its
// workflow. Trying again won't help; an operator must see to it.
func LedgerBroken() *Error {
	return conflict("ledger_broken", "该信访事项的台账与流程不一致，须由管理员处理", "the case's ledger does not go with its workflow; an operator must see to it")
}
