package casefile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"shuangze/calendar"
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
	switch {
	case u.Parent == "":
	case d.Under(u.Parent, u.Code):
		v.add("parent", "circle", "单位不能隶属于自己或自己的下级", "a unit can't be below itself")
	default:
		v.stands("parent", u.Parent, d)
	}
	return v.err()
}

// stands notes a unit that is not in the directory, or that was merged or abolished.
func (v *invalid) stands(field, unit string, d *Directory) {
	switch u, known := d.Units[unit]; {
	case !known:
		v.add(field, "unknown_unit", "名录中没有这个单位", "there is no such unit")
	case u.Ended():
		v.add(field, "unit_ended", "该单位已于%[1]s撤并", "this unit was ended on %[2]s", u.EndedOn.Chinese(), u.EndedOn)
	}
}

// Burden is what there is still to do for a unit, beside what the directory says.
type Burden struct {
	Cases      int // open ones that it handles, is in charge of or has a part in
	Supervised int // open ones of others that it supervises
	Receptions int // reception days that it keeps and that are to come
}

// EndUnit makes a unit one that was merged or abolished (撤并) on a day, and its successor the
// one named, if any. It keeps its name and its past; nothing new comes to it. It is refused,
// with all that holds it, while anything is still the unit's to do. The directory must be
// locked, and no command be under way, until it is written.
func EndUnit(u Unit, on calendar.Date, successor string, left Burden, by Actor, r Rules) (Unit, *Error) {
	if err := PermitAdministration(by); err != nil {
		return u, err
	}
	if u.Ended() {
		return u, conflict("unit_ended", "该单位已经撤并", "this unit was ended already")
	}
	d := r.Directory
	var v invalid
	switch {
	case on.IsZero():
		v.required("on", true)
	case on.After(calendar.DateOf(r.Now)):
		v.add("on", "in_future", "撤并日期不能晚于今天", "must not lie in the future")
	}
	office := func(kind string) string {
		if kind == PetitionOfficeKind || kind == SupervisionOfficeKind {
			return kind
		}
		return ""
	}
	switch {
	case successor == "":
	case d.Under(successor, u.Code):
		v.add("successor", "circle", "承接单位不能是该单位自己或其下级", "the successor can't be the unit itself or below it")
	case d.Stands(successor) && office(d.Units[successor].Kind) != office(u.Kind):
		v.add("successor", "wrong_kind", "信访部门、督查室只能由同类单位承接，其他单位不能由其承接", "an office is succeeded by an office of the same kind, and succeeds no other unit")
	default:
		v.stands("successor", successor, d)
	}
	if err := v.err(); err != nil {
		return u, err
	}
	if zh, en := heldBy(u, left, r); len(zh) > 0 {
		e := conflict("unit_in_use", "", "")
		e.Chinese, e.English = "该单位还不能撤并，须先办完或移交："+strings.Join(zh, "；"), "this unit can't be ended yet; first settle or move "+strings.Join(en, "; ")
		return u, e
	}
	u.EndedOn, u.Successor = on, successor
	return u, nil
}

// heldBy lists in words what is still a unit's to do.
func heldBy(u Unit, left Burden, r Rules) (zh, en []string) {
	add := func(n int, chinese, english string, named ...string) {
		if n == 0 {
			return
		}
		about := ""
		if len(named) > 0 {
			about = strings.Join(named[:min(len(named), 3)], "、")
			if len(named) > 3 {
				about += "…"
			}
		}
		chinese, english = fmt.Sprintf(chinese, n), fmt.Sprintf(english, n)
		if about != "" {
			chinese, english = chinese+"（"+about+"）", english+" ("+about+")"
		}
		zh, en = append(zh, chinese), append(en, english)
	}
	var people, below, campaigns []string
	for _, o := range r.Directory.Find(func(o Official) bool { return o.Unit == u.Code && o.Role != Former }) {
		people = append(people, o.Name)
	}
	for _, other := range r.Directory.Units {
		if other.Parent == u.Code && !other.Ended() {
			below = append(below, other.Name)
		}
	}
	for _, c := range r.Directory.Campaigns {
		if c.Office == u.Code && !c.Over(r.Now) {
			campaigns = append(campaigns, c.Name)
		}
	}
	slices.Sort(below)
	slices.Sort(campaigns)
	add(left.Cases, "未办结信访事项%d件", "%d open cases")
	add(left.Supervised, "正在督办的信访事项%d件", "%d cases under its supervision")
	add(len(people), "在任人员%d名", "%d officials", people...)
	add(len(below), "下级单位%d个", "%d units below it", below...)
	add(len(campaigns), "正在进行或将要开始的会战%d个", "%d campaigns that are not over", campaigns...)
	add(left.Receptions, "尚未举行的领导接待日%d个", "%d reception days to come")
	return zh, en
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
	if v.required("unit", o.Unit == ""); o.Unit != "" {
		v.stands("unit", o.Unit, d)
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
