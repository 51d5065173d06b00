package casefile

import (
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Urgency is what makes a matter grave and urgent (条例第25条): since when it is known, who
// has to report it, and what has been reported.
type Urgency struct {
	KnownAt  time.Time `json:"known_at"`
	MarkedAt time.Time `json:"marked_at"`
	By       string    `json:"by"` // official
	// Unit came to know of it and has to report it; empty where the petition office did.
	Unit    string         `json:"unit,omitempty"`
	Reports []UrgentReport `json:"reports,omitempty"`
}

// UrgentReport is a report of an urgent matter, as it was made.
type UrgentReport struct {
	Whose    policy.Bearer `json:"whose"` // unit or petition_office
	By       string        `json:"by"`    // official
	At       time.Time     `json:"at"`
	Organs   []string      `json:"organs"` // of UrgentOrgans
	Document Document      `json:"document"`
}

// WaitsFor lists who has not reported yet: nobody of a matter that is not urgent.
func (u *Urgency) WaitsFor() []policy.Bearer {
	if u == nil {
		return nil
	}
	whose := []policy.Bearer{policy.OfPetitionOffice}
	if u.Unit != "" {
		whose = append(whose, policy.OfUnit)
	}
	return slices.DeleteFunc(whose, func(b policy.Bearer) bool {
		return slices.ContainsFunc(u.Reports, func(r UrgentReport) bool { return r.Whose == b })
	})
}

// UrgentOrgans are those who are told of an urgent matter (条例第25条): 本级党委和政府、有关主管
// 部门、本级联席会议办公室、上一级信访部门、国家信访局.
var UrgentOrgans = []string{"authority", "departments", "joint_meeting", "upper_office", "national_bureau"}

var organNames = map[string]policy.Text{
	"authority":       {Chinese: "本级党委和政府", English: "the party committee and government"},
	"departments":     {Chinese: "有关主管部门", English: "the departments concerned"},
	"joint_meeting":   {Chinese: "本级信访工作联席会议办公室", English: "the joint meeting's office"},
	"upper_office":    {Chinese: "上一级信访部门", English: "the petition office one level up"},
	"national_bureau": {Chinese: "国家信访局", English: "the national bureau"},
}

// mustTell lists whom a report has to be made to: a unit tells those of its own level, a
// petition office also those above it and, of what a unit reports itself, only these.
func (u *Urgency) mustTell(whose policy.Bearer) []string {
	switch {
	case whose == policy.OfUnit:
		return UrgentOrgans[:3]
	case u.Unit != "":
		return UrgentOrgans[3:]
	}
	return UrgentOrgans
}

// reporterOf says whose report somebody makes.
func reporterOf(by Actor) policy.Bearer {
	if by.Role == Officer {
		return policy.OfUnit
	}
	return policy.OfPetitionOffice
}

func noReportPending(c Case, _ Actor, _ time.Time) *Error {
	if len(c.Urgent.WaitsFor()) > 0 {
		return conflict("already_urgent", "本案已标明重大紧急，尚待报告", "the case is marked urgent already; its report is still to be made")
	}
	return nil
}

func reportPending(c Case, by Actor, _ time.Time) *Error {
	switch {
	case c.Urgent == nil:
		return conflict("not_urgent", "本案未标明重大紧急", "the case is not marked urgent")
	case !slices.Contains(c.Urgent.WaitsFor(), reporterOf(by)):
		return conflict("already_reported", "重大紧急事项已报告", "the urgent matter has been reported already")
	}
	return nil
}

// knownAt checks when an urgent matter became known: its hours count from then.
func (d *decision) knownAt(v *invalid, received calendar.Date) {
	switch at := d.cmd.KnownAt.Truncate(time.Microsecond); { // as Postgres keeps it
	case at.IsZero():
		v.required("known_at", true)
	case at.After(d.now):
		v.add("known_at", "in_future", "获知时间不能晚于现在", "the time at which it became known lies in the future")
	case calendar.DateOf(at).Before(received):
		v.add("known_at", "before_receipt", "获知时间不能早于收到信访事项之日", "it can't have become known before the petition was received")
	}
}

// markUrgent marks a grave and urgent matter. Whoever came to know of it has to report it:
// a unit whose officer marks it, else the petition office. Of what a unit marks the office
// hears at once, and tells those above it. Once it was reported it can be marked anew.
func markUrgent(d *decision) *Error {
	var v invalid
	d.knownAt(&v, d.c.ReceivedOn)
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventMarkedUrgent, Document: d.text(), Since: d.cmd.KnownAt.UTC().Truncate(time.Microsecond)}
	if reporterOf(d.cmd.Actor) == policy.OfUnit {
		e.Unit = d.c.Unit
	}
	d.tell(d.emit(e), d.everybody())
	return nil
}

// reportUrgent records the report of an urgent matter: made to everybody whom the article
// names, with what was said. Like every act it counts when it is recorded.
func reportUrgent(d *decision) *Error {
	var v invalid
	whose := reporterOf(d.cmd.Actor)
	organs := slices.Compact(slices.Sorted(slices.Values(d.cmd.Organs)))
	unknown := slices.ContainsFunc(organs, func(o string) bool { return !slices.Contains(UrgentOrgans, o) })
	var zh, en []string
	for _, o := range d.c.Urgent.mustTell(whose) {
		if !slices.Contains(organs, o) {
			zh, en = append(zh, organNames[o].Chinese), append(en, organNames[o].English)
		}
	}
	switch {
	case len(organs) == 0:
		v.required("organs", true)
	case unknown:
		v.choice("organs", strings.Join(UrgentOrgans, ", "))
	case len(zh) > 0:
		v.add("organs", "incomplete", "还须报告或者通报：%[1]s（条例第二十五条）", "also to be told: %[2]s (art. 25)", strings.Join(zh, "、"), strings.Join(en, ", "))
	}
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventUrgentReported, Document: d.text(), Organs: organs}
	if whose == policy.OfUnit {
		e.Unit = d.c.Urgent.Unit
	}
	d.tell(d.emit(e), d.everybody())
	return nil
}

// urgentReported folds a report into the case.
func (c *Case) urgentReported(e Event) {
	u := *c.Urgent
	r := UrgentReport{Whose: policy.OfPetitionOffice, By: e.Actor.ID, At: e.At, Organs: e.Organs, Document: *e.Document}
	if e.Unit != "" {
		r.Whose = policy.OfUnit
	}
	u.Reports = append(slices.Clone(u.Reports), r)
	c.Urgent = &u
}
