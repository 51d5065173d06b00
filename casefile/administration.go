package casefile

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// PermitAdministration says whether the actor may change the directory, accounts, tokens
// and endpoints: nil, or Forbidden.
func PermitAdministration(by Actor) *Error {
	if by.Role == Admin {
		return nil
	}
	return forbidden("not_permitted", "名录、账号、令牌和推送端点由系统管理员维护",
		"这一操作只能由系统管理员进行", "only an administrator may do this")
}

// PermitInspection says whether the actor may see who has which account or token, how the
// engine does, and who did what: nil, or Forbidden.
func PermitInspection(by Actor) *Error {
	if by.Role == Admin || by.Role == Auditor {
		return nil
	}
	return forbidden("not_permitted", "账号、运行状态和操作记录由系统管理员和审计人员查看",
		"只有系统管理员和审计人员可以查看", "only administrators and auditors may see this")
}

// InspectsCases reports whether whoever may see what was done (PermitInspection) may see it
// of cases too: the auditor, not the administrator, who sees no case.
func InspectsCases(by Actor) bool { return by.Role == Auditor }

// The longest that the directory's texts may be, in characters.
const (
	longestID   = 40
	longestName = 100
)

// directoryID is what ids of units and officials are made of: they stand in addresses.
var directoryID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]*$`)

func (v *invalid) id(field, id string) {
	switch {
	case id == "":
		v.required(field, true)
	case len(id) > longestID || !directoryID.MatchString(id):
		v.add(field, "invalid_id", "应由字母、数字、点、横线组成，最长%d个字符", "has letters, digits, dots and dashes, %d at most", longestID)
	}
}

func (v *invalid) short(field, value string, required bool) {
	switch {
	case value == "":
		v.required(field, required)
	case utf8.RuneCountInString(value) > longestName:
		v.add(field, "too_long", "不得超过%d字", "must not be longer than %d characters", longestName)
	}
}

// EnterUnit checks a unit that somebody wants to add or, where isNew is false, to change.
// The directory must be locked until it is written.
func EnterUnit(u Unit, isNew bool, by Actor, r Rules) *Error {
	if err := PermitAdministration(by); err != nil {
		return err
	}
	d := r.Directory
	var v invalid
	v.id("code", u.Code)
	if _, known := d.Units[u.Code]; known && isNew {
		v.add("code", "taken", "已有单位使用此代码", "another unit has this code")
	}
	v.short("name", u.Name, true)
	v.oneOf("kind", u.Kind, UnitKinds)
	v.oneOf("level", u.Level, r.Policy.LevelIDs())
	if u.Parent != "" {
		_, known := d.Units[u.Parent]
		switch {
		case !known:
			v.add("parent", "unknown_unit", "名录中没有这个单位", "there is no such unit")
		case d.Under(u.Parent, u.Code):
			v.add("parent", "circle", "单位不能隶属于自己或自己的下级", "a unit can't be below itself")
		}
	}
	return v.err()
}

// EnterOfficial checks an official whom somebody wants to add or, where isNew is false, to
// change. A leader who carries open cases (Directory.Load) keeps unit, level and role until
// they are handed over: the two that lead a case are of adjacent levels to its end.
func EnterOfficial(o Official, isNew bool, by Actor, r Rules) *Error {
	if err := PermitAdministration(by); err != nil {
		return err
	}
	d := r.Directory
	before, known := d.Officials[o.ID]
	var v invalid
	v.id("id", o.ID)
	if known && isNew {
		v.add("id", "taken", "已有人员使用此编号", "another official has this id")
	}
	v.short("name", o.Name, true)
	v.short("post", o.Post, true)
	v.oneOf("level", o.Level, r.Policy.LevelIDs())
	if _, ok := d.Units[o.Unit]; !ok {
		if o.Unit == "" {
			v.required("unit", true)
		} else {
			v.add("unit", "unknown_unit", "名录中没有这个单位", "there is no such unit")
		}
	}
	v.oneOf("role", string(o.Role), roleIDs())
	v.short("portfolio", o.Portfolio, false)
	v.short("email", o.Email, false)
	if name, host, ok := strings.Cut(o.Email, "@"); o.Email != "" && (!ok || name == "" || !strings.Contains(host, ".") || strings.ContainsAny(o.Email, " <>,;\"")) {
		v.add("email", "not_an_address", "应为电子邮箱地址", "must be an e-mail address")
	}
	if known && o.ID == by.ID && o.Role != before.Role {
		v.add("role", "own_account", "不能改变自己的角色", "nobody changes their own role")
	}
	if err := v.err(); err != nil {
		return err
	}
	if known && before.Role == Leader && (o.Role != before.Role || o.Unit != before.Unit || o.Level != before.Level) {
		return freeToGo(before, r)
	}
	return nil
}

func roleIDs() []string {
	ids := make([]string, len(Roles))
	for i, role := range Roles {
		ids[i] = string(role)
	}
	return ids
}

// EndOfficial makes an official a former one: who has left keeps their name on record, signs
// in no more and is named for nothing. A leader first hands the open cases over.
func EndOfficial(o Official, by Actor, r Rules) (Official, *Error) {
	if err := PermitAdministration(by); err != nil {
		return o, err
	}
	switch {
	case o.Role == Former:
		return o, conflict("official_ended", "此人已经离任", "this official has left already")
	case o.ID == by.ID:
		return o, conflict("own_account", "不能结束自己的任职，请由另一名管理员办理", "nobody ends their own account; another administrator does")
	}
	if err := freeToGo(o, r); err != nil {
		return o, err
	}
	o.Role = Former
	return o, nil
}

// freeToGo refuses while a leader carries open cases or stands in for somebody.
func freeToGo(o Official, r Rules) *Error {
	if n := r.Directory.Load[o.ID]; n > 0 {
		e := conflict("leader_has_cases", "", "")
		e.Chinese, e.English = sprintBoth("此人还包有%d件未办结事项，须先由信访部门督办人员移交", "this leader still carries %d open cases; a supervisor of the petition office hands them over first", n)
		return e
	}
	for _, leaves := range r.Directory.Leaves {
		for _, l := range leaves {
			if l.Deputy == o.ID && !l.Cancelled() && r.Now.Before(l.Until) {
				return conflict("stands_in", "此人正在或将要代理他人，须先结束该请假", "this official stands in for somebody; end that leave first")
			}
		}
	}
	return nil
}
