package casefile

import (
	"slices"
	"time"

	"shuangze/calendar"
)

// LeaveReasons are why a leader is away. A code, no words: nobody's illness is told in
// the directory.
var LeaveReasons = []string{"holiday", "business_trip", "training", "illness", "other"}

// longestLeave is in calendar days. Who is away for longer hands the cases over.
const longestLeave = 366

// KeepsLeaves reports whether the actor may enter and end an official's leaves:
// the administrator, a supervisor in whose office's area the official works, and
// leaders their own.
func KeepsLeaves(o Official, by Actor, d *Directory) bool {
	switch by.Role {
	case Admin:
		return true
	case Supervisor:
		return d.Under(o.Unit, d.Area(by.Unit))
	case Leader:
		return o.ID == by.ID
	default:
		return false
	}
}

func notTheirLeave() *Error {
	return forbidden("leave_not_permitted", "一案双责：请假由本人或信访部门登记",
		"请假只能由本人、其所在地区的信访部门督办人员或系统管理员登记",
		"a leave is entered by the leader on leave, a supervisor of the petition office of the area, or the administrator")
}

// EnterLeave checks a leave that somebody wants to enter and completes it with who did,
// and when (Rules.Now). Official, Deputy, From, Until and Reason must be set. The
// directory must be locked until it is written.
func EnterLeave(l Leave, by Actor, r Rules) (Leave, *Error) {
	d := r.Directory
	o, known := d.Officials[l.Official]
	if !slices.Contains([]Role{Admin, Supervisor, Leader}, by.Role) || known && !KeepsLeaves(o, by, d) {
		return Leave{}, notTheirLeave()
	}
	l.From, l.Until = l.From.UTC().Truncate(time.Microsecond), l.Until.UTC().Truncate(time.Microsecond) // as Postgres keeps it
	var v invalid
	isLeader(&v, "official", l.Official, d)
	v.oneOf("reason", l.Reason, LeaveReasons)
	checkInterval(&v, l, r.Now)
	isLeader(&v, "deputy", l.Deputy, d)
	if err := v.err(); err != nil {
		return Leave{}, err
	}
	checkDeputy(&v, o, d.Officials[l.Deputy], by, r)
	checkOverlaps(&v, l, d)
	if err := v.err(); err != nil {
		return Leave{}, err
	}
	l.Planned, l.EnteredBy, l.EnteredAt = l.Until, by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return l, nil
}

func isLeader(v *invalid, field, official string, d *Directory) {
	o, known := d.Officials[official]
	switch {
	case official == "":
		v.required(field, true)
	case !known:
		v.add(field, "unknown_official", "名录中没有此人", "there is no such official")
	case o.Role != Leader:
		v.add(field, "not_a_leader", "此人不是领导干部", "this official is not a leader")
	}
}

// checkInterval lets a leave begin earlier today, never on an earlier day: what was
// done then was not done by a deputy.
func checkInterval(v *invalid, l Leave, now time.Time) {
	v.required("from", l.From.IsZero())
	v.required("until", l.Until.IsZero())
	if l.From.IsZero() || l.Until.IsZero() {
		return
	}
	switch {
	case l.From.Before(calendar.DateOf(now).Start()):
		v.add("from", "in_past", "请假不能从今天以前开始", "a leave can't begin before today")
	case !l.Until.After(l.From):
		v.add("until", "not_after_from", "结束时间须晚于开始时间", "the leave must end after it begins")
	case !l.Until.After(now):
		v.add("until", "in_past", "结束时间须晚于现在", "the leave must end after now")
	case l.Until.After(l.From.AddDate(0, 0, longestLeave)):
		v.add("until", "out_of_range", "请假最长%d日，更长的须办理移交", "a leave lasts %d days at most; for longer the cases are handed over", longestLeave)
	}
}

// checkDeputy requires a leader of the same unit and of the same level, or one above or
// below. For the head of a unit, who may have no colleague of that level, the office
// can name a leader of another unit of the same authority (党委政府).
func checkDeputy(v *invalid, o, deputy Official, by Actor, r Rules) {
	d := r.Directory
	apart := r.Policy.Rank(o.Level) - r.Policy.Rank(deputy.Level)
	isHead := slices.ContainsFunc(d.Heads(o.Unit, r.Policy), func(head Official) bool { return head.ID == o.ID })
	switch {
	case deputy.ID == o.ID:
		v.add("deputy", "same_person", "代理人不能是本人", "nobody is their own deputy")
	case apart < -1 || apart > 1:
		v.add("deputy", "wrong_level", "代理人须为同级或相邻层级的领导", "the deputy must be of the same level, or one above or below")
	case deputy.Unit == o.Unit:
	case !isHead || d.Area(deputy.Unit) != d.Area(o.Unit):
		v.add("deputy", "not_in_unit", "代理人须为本单位领导；单位负责人的代理人可由信访部门在同一党委政府的其他单位中指定",
			"the deputy must be a leader of the same unit; for the head of a unit the office may name one of another unit of the same authority")
	case by.ID == o.ID:
		v.add("deputy", "office_names", "其他单位的代理人须由信访部门登记", "a deputy of another unit is named by the petition office")
	}
}

// checkOverlaps keeps a leader from two leaves at once, and deputies from being away:
// there are no chains.
func checkOverlaps(v *invalid, l Leave, d *Directory) {
	var twice, standsIn, deputyAway bool
	for _, leaves := range d.Leaves {
		for _, other := range leaves {
			if other.Cancelled() || !l.From.Before(other.Until) || !other.From.Before(l.Until) {
				continue
			}
			twice = twice || other.Official == l.Official
			standsIn = standsIn || other.Deputy == l.Official
			deputyAway = deputyAway || other.Official == l.Deputy
		}
	}
	switch {
	case twice:
		v.add("from", "overlapping_leave", "与本人另一请假时间重叠", "the leader is on leave already for part of that time")
	case standsIn:
		v.add("from", "is_deputy", "此人在该时段正代理他人，须先结束该代理", "the leader stands in for somebody for part of that time; end that leave first")
	}
	if deputyAway {
		v.add("deputy", "deputy_on_leave", "代理人在该时段也请假", "the deputy is on leave for part of that time")
	}
}

// EndLeave ends a leave now, or cancels one that has not begun. What was done in it
// stays as it was done.
func EndLeave(l Leave, by Actor, r Rules) (Leave, *Error) {
	if !KeepsLeaves(r.Directory.Officials[l.Official], by, r.Directory) {
		return Leave{}, notTheirLeave()
	}
	now := r.Now.UTC().Truncate(time.Microsecond)
	if l.EndedBy != "" || !now.Before(l.Until) {
		return Leave{}, conflict("leave_over", "该请假已经结束或取消", "this leave is over, or was cancelled")
	}
	l.EndedBy, l.EndedAt, l.Until = by.ID, now, now
	if now.Before(l.From) {
		l.Until = l.From
	}
	return l, nil
}
