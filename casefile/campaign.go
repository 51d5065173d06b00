package casefile

import (
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Campaign is a list of cases that a petition office has taken up to settle between two
// days (会战、专项): some handed down, some found by its own screening. Only the store
// makes one; it stays when it is over.
type Campaign struct {
	ID     string
	Name   string
	About  string // what it is about
	Office string // petition office that runs it
	Start  calendar.Date
	End    calendar.Date // the last day; by its end the targets are judged

	Targets []Target // as they stand now

	OpenedBy string
	OpenedAt time.Time
	EndedBy  string    // who ended it, early or after its last day; "" when nobody did
	EndedAt  time.Time // when; zero when nobody did
}

// OverAt is the instant from which the campaign is over: the end of its last day, or
// when it was ended before that.
func (c Campaign) OverAt() time.Time {
	end := c.End.End()
	if !c.EndedAt.IsZero() && c.EndedAt.Before(end) {
		return c.EndedAt
	}
	return end
}

// Over reports whether the campaign is over at that instant.
func (c Campaign) Over(at time.Time) bool { return !at.Before(c.OverAt()) }

// Target is what a campaign is to reach by the end of its last day.
type Target struct {
	Kind   string `json:"kind"`             // one of TargetKinds
	Origin string `json:"origin,omitempty"` // of which cases; empty: of all
	Value  int    `json:"value"`
}

// The kinds of targets.
const (
	TargetConcluded = "concluded"       // so many cases are closed
	TargetShare     = "concluded_share" // so many of a hundred cases are closed
)

// TargetKinds is the closed list of what a campaign can aim at: matters settled. The
// number of petitions or visits is none, and never becomes one (条例第39条第1款; TARGET-NO).
var TargetKinds = []string{TargetConcluded, TargetShare}

// maxTargets bounds the targets of a campaign, maxTarget one of them.
const (
	maxTargets = 20
	maxTarget  = 100_000
)

// TargetState says how a campaign stands to a target.
type TargetState string

// The states of a target.
const (
	TargetMet    TargetState = "met"
	TargetOpen   TargetState = "open"   // not yet met, and there is time left
	TargetMissed TargetState = "missed" // the campaign is over
)

// Need is how many cases must be concluded for the target, of so many listed.
func (t Target) Need(cases int) int {
	if t.Kind == TargetShare {
		return (cases*t.Value + 99) / 100
	}
	return t.Value
}

// Judge says how a target stands: so many of its cases are listed, so many concluded.
// Without a case nothing is met.
func (t Target) Judge(cases, concluded int, over bool) TargetState {
	switch {
	case cases > 0 && concluded >= t.Need(cases):
		return TargetMet
	case over:
		return TargetMissed
	}
	return TargetOpen
}

// RunsCampaigns reports whether the actor may open, change and end the campaigns of an
// office: its supervisors and those of the offices above it.
func RunsCampaigns(office string, by Actor, r Rules) bool {
	return by.Role == Supervisor && presides(by.Unit, office, r)
}

// SeesCampaigns reports whether the actor may know of an office's campaigns: the clerks
// and supervisors of that office and of those above it, the supervision office of the
// area and those above it, and the auditor. A leader sees those in which they carry a
// case, and of these only the own cases; which these are the store knows.
func SeesCampaigns(office string, by Actor, r Rules) bool {
	switch by.Role {
	case Auditor:
		return true
	case Registrar, Supervisor, Inspector:
		return presides(by.Unit, office, r)
	case Officer, Leader, Admin, System, Former, Complainant:
	}
	return false
}

func notTheirCampaign() *Error {
	return forbidden("campaign_not_permitted", "会战由组织会战的信访部门管理",
		"会战只能由组织会战的信访部门督办人员或其上级信访部门督办人员管理",
		"a campaign is run by a supervisor of the petition office whose it is, or of one above it")
}

func campaignOver() *Error {
	return conflict("campaign_over", "该会战已经结束", "the campaign is over")
}

// The longest that a campaign lasts, and how long before its entry it can have begun, in
// days.
const (
	longestCampaign = 1100
	begunBefore     = 366
)

// OpenCampaign checks a campaign that somebody wants to open and completes it with their
// office, who did, and when (Rules.Now). Name, About, Start, End and Targets are the
// caller's. The directory must be locked until it is written.
func OpenCampaign(c Campaign, by Actor, r Rules) (Campaign, *Error) {
	if by.Role != Supervisor {
		return Campaign{}, notTheirCampaign()
	}
	c.Office = by.Unit
	today := calendar.DateOf(r.Now)
	var v invalid
	v.required("name", c.Name == "")
	v.required("about", c.About == "")
	v.required("start", c.Start.IsZero())
	v.required("end", c.End.IsZero())
	for _, other := range r.Directory.Campaigns {
		if c.Name != "" && other.Name == c.Name && other.Office == c.Office && !other.Over(r.Now) {
			v.add("name", "duplicate", "本部门已有同名会战正在进行", "this office has a campaign of this name that is not over")
		}
	}
	if !c.Start.IsZero() && c.Start.Before(today.AddDays(-begunBefore)) {
		v.add("start", "too_old", "会战开始日期不能早于一年以前", "the campaign can't have begun more than a year ago")
	}
	switch {
	case c.Start.IsZero() || c.End.IsZero():
	case c.End.Before(c.Start):
		v.add("end", "not_after_start", "结束日期不能早于开始日期", "the campaign must not end before it begins")
	case c.End.Before(today):
		v.add("end", "in_past", "结束日期不能早于今天", "the campaign must not end before today")
	case c.End.After(c.Start.AddDays(longestCampaign)):
		v.add("end", "out_of_range", "会战最长%d日", "a campaign lasts %d days at most", longestCampaign)
	}
	c.Targets = v.targets(c.Targets, r)
	if err := v.err(); err != nil {
		return Campaign{}, err
	}
	c.OpenedBy, c.OpenedAt = by.ID, r.Now.UTC().Truncate(time.Microsecond) // as Postgres keeps it
	return c, nil
}

// targets checks targets and puts them in order.
func (v *invalid) targets(targets []Target, r Rules) []Target {
	if len(targets) > maxTargets {
		v.add("targets", "too_many", "目标不得超过%d项", "there can be %d targets at most", maxTargets)
		return nil
	}
	targets = append([]Target{}, targets...)
	for i, t := range targets {
		switch {
		case t.Kind == "":
			v.add("targets", "required", "每项目标须填写 kind", "each target needs its kind")
		case !slices.Contains(TargetKinds, t.Kind):
			if !refuseRedLine(v, "targets", t.Kind, r) {
				v.choice("targets", strings.Join(TargetKinds, ", "))
			}
		case t.Origin != "" && !policy.Has(r.Policy.Origins, t.Origin):
			v.add("targets", "unknown_origin", "来源不在代码表中："+strings.Join(policy.IDs(r.Policy.Origins), ", "), "an origin is none of: "+strings.Join(policy.IDs(r.Policy.Origins), ", "))
		case t.Kind == TargetShare && (t.Value < 1 || t.Value > 100):
			v.add("targets", "out_of_range", "化解率应为百分之1至100", "a share must be 1 to 100 of a hundred")
		case t.Value < 1 || t.Value > maxTarget:
			v.add("targets", "out_of_range", "件数应为1至%d", "a number of cases must be 1 to %d", maxTarget)
		case slices.ContainsFunc(targets[:i], func(o Target) bool { return o.Kind == t.Kind && o.Origin == t.Origin }):
			v.add("targets", "duplicate", "同一来源的同类目标只能有一项", "there are two targets of the same kind for the same cases")
		}
	}
	slices.SortFunc(targets, func(a, b Target) int {
		return strings.Compare(a.Kind+"\x00"+a.Origin, b.Kind+"\x00"+b.Origin)
	})
	return targets
}

// ChangeTargets checks targets that are to take the place of a campaign's, before it is
// over and with a reason, and returns them in order.
func ChangeTargets(c Campaign, targets []Target, reason string, by Actor, r Rules) ([]Target, *Error) {
	if !RunsCampaigns(c.Office, by, r) {
		return nil, notTheirCampaign()
	}
	if c.Over(r.Now) {
		return nil, campaignOver()
	}
	var v invalid
	v.required("reason", reason == "")
	targets = v.targets(targets, r)
	if err := v.err(); err != nil {
		return nil, err
	}
	if slices.Equal(targets, c.Targets) {
		return nil, conflict("same_targets", "目标没有变化", "these are the campaign's targets already")
	}
	return targets, nil
}

// EndCampaign ends a campaign now. What is still open stays on its list.
func EndCampaign(c Campaign, by Actor, r Rules) (Campaign, *Error) {
	if !RunsCampaigns(c.Office, by, r) {
		return Campaign{}, notTheirCampaign()
	}
	if c.EndedBy != "" {
		return Campaign{}, campaignOver()
	}
	c.EndedBy, c.EndedAt = by.ID, r.Now.UTC().Truncate(time.Microsecond)
	return c, nil
}

// CampaignCommands lists what the actor can do with a campaign now: set_targets, end.
func CampaignCommands(c Campaign, by Actor, r Rules) []string {
	can := []string{}
	if RunsCampaigns(c.Office, by, r) && !c.Over(r.Now) {
		can = append(can, "set_targets")
	}
	if _, err := EndCampaign(c, by, r); err == nil {
		can = append(can, "end")
	}
	return can
}

// campaign finds a campaign by its id or, of those that are not over and that the actor's
// office presides over, by its name: the own office's before one below.
func (d *Directory) campaign(named string, by Actor, r Rules) (Campaign, bool) {
	if c, ok := d.Campaigns[named]; ok {
		return c, true
	}
	var own, below []Campaign
	for _, c := range d.Campaigns {
		switch {
		case c.Name != named || c.Over(r.Now) || !presides(by.Unit, c.Office, r):
		case c.Office == by.Unit:
			own = append(own, c)
		default:
			below = append(below, c)
		}
	}
	if len(own) == 0 {
		own = below
	}
	if len(own) != 1 {
		return Campaign{}, false
	}
	return own[0], true
}

// Enlistment is a case's time on the list of a campaign.
type Enlistment struct {
	Campaign   string       `json:"campaign"`
	At         time.Time    `json:"at"`
	DelistedAt time.Time    `json:"delisted_at,omitzero"`
	OverAt     time.Time    `json:"over_at,omitzero"` // when the case took note that the campaign was over
	Plan       *Document    `json:"plan,omitempty"`   // 化解方案, the last one
	Concluded  []Conclusion `json:"concluded,omitempty"`
	Reports    []ReportDue  `json:"reports,omitempty"`
}

// Conclusion is a time in which the case stood closed.
type Conclusion struct {
	At    time.Time `json:"at"`
	Until time.Time `json:"until,omitzero"` // when it was taken up again
}

// ReportDue is a weekly report that is or was due; MadeAt is zero until it is made.
type ReportDue struct {
	Due    calendar.Date `json:"due"`
	MadeAt time.Time     `json:"made_at,omitzero"`
}

// CampaignReport is the id of the clock of the weekly reports.
const CampaignReport = "CAMP-REPORT"

// Enlisted is the case's latest time on a campaign's list, unless it was taken off: the
// campaign may be over. ok is false when it is on no list.
func (c Case) Enlisted() (e Enlistment, ok bool) {
	if n := len(c.Enlistments); n > 0 && c.Enlistments[n-1].DelistedAt.IsZero() {
		return c.Enlistments[n-1], true
	}
	return Enlistment{}, false
}

// inCampaign reports whether the case is on the list of a campaign of which it does not
// know that it is over.
func (c Case) inCampaign() bool {
	e, ok := c.Enlisted()
	return ok && e.OverAt.IsZero()
}

// CampaignCode is what lists find the case by: the id of the campaign on whose list it
// is or, of a case registered before campaigns were kept, the name that it has on record.
func (c Case) CampaignCode() string {
	if e, ok := c.Enlisted(); ok {
		return e.Campaign
	}
	if len(c.Enlistments) > 0 {
		return ""
	}
	return c.CampaignName
}

// reportsWeekly reports whether the unit has the case, has not served its opinion, and so
// reports every week to the campaign that it is in.
func (c Case) reportsWeekly() bool {
	switch c.Stage {
	case Registered:
		return c.inCampaign() && c.Direct
	case Forwarded, Handling, Opined, Signed:
		return c.inCampaign()
	default:
		return false
	}
}

// onList keeps the case's time on the list in step with an event that is being folded in:
// whether the case stands concluded, and which weekly reports were due and made. before
// is the case before the event.
func (c *Case) onList(before Case, e Event) {
	if !before.inCampaign() && e.Kind != EventEnlisted {
		return
	}
	n := len(c.Enlistments) - 1
	list := c.Enlistments[n]
	last := len(list.Concluded) - 1
	stands := last >= 0 && list.Concluded[last].Until.IsZero()
	switch concluded := c.Stage == Closed; {
	case concluded && !stands:
		list.Concluded = append(slices.Clone(list.Concluded), Conclusion{At: e.At})
	case !concluded && stands:
		list.Concluded = slices.Clone(list.Concluded)
		list.Concluded[last].Until = e.At
	}
	was, _ := before.Clock(CampaignReport)
	if k, ok := c.Clock(CampaignReport); ok && slices.ContainsFunc(e.Clocks, func(x Clock) bool { return x.ID == CampaignReport }) {
		list.Reports = reports(list.Reports, was, k, e)
	}
	c.Enlistments = slices.Clone(c.Enlistments)
	c.Enlistments[n] = list
}

// reports is the list of weekly reports after an event that changed their clock from was
// to k.
func reports(list []ReportDue, was, k Clock, e Event) []ReportDue {
	list = slices.Clone(list)
	last := len(list) - 1
	ran := was.ID != "" && was.Running()
	ends := ran && (!k.Running() || e.Kind == EventReported || !k.StartedAt.Equal(was.StartedAt) || k.From != was.From)
	begins := k.Running() && (ends || !ran)
	switch {
	case ends && last >= 0 && e.Kind == EventReported:
		list[last].MadeAt = e.At
	case ends && last >= 0 && e.At.Before(was.Due.Statutory.End()):
		list = list[:last] // nobody owes it any more
	case !ends && !begins && last >= 0 && k.Running():
		list[last].Due = k.Due.Statutory // computed anew
	}
	if begins {
		list = append(list, ReportDue{Due: k.Due.Statutory})
	}
	return list
}

func notInCampaign(c Case, _ Actor, _ time.Time) *Error {
	if c.inCampaign() {
		return conflict("already_enlisted", "本案已列入会战，一案同时只能列入一个会战", "the case is on a campaign's list; it can be on one at a time")
	}
	return nil
}

func nowInCampaign(c Case, _ Actor, _ time.Time) *Error {
	switch e, ok := c.Enlisted(); {
	case !ok:
		return conflict("not_enlisted", "本案未列入会战", "the case is on no campaign's list")
	case !e.OverAt.IsZero():
		return campaignOver()
	}
	return nil
}

// campaignFor finds the campaign that a command names and notes why it can't be that one:
// it must be run by the actor's office or one below, not be over, and the case's unit must
// lie in its area.
func (d *decision) campaignFor(v *invalid, named, unit string) Campaign {
	c, known := d.rules.Directory.campaign(named, d.cmd.Actor, d.rules)
	_, someUnit := d.rules.Directory.Units[unit] // what is wrong with it is said already
	switch {
	case named == "":
		v.required("campaign", true)
	case !known:
		v.add("campaign", "unknown_campaign", "没有这个会战（填写会战标识，或本部门正在进行的会战的名称）", "there is no such campaign: give its id, or the name of one of this office that is not over")
	case !presides(d.cmd.Actor.Unit, c.Office, d.rules):
		v.add("campaign", "not_own_campaign", "该会战不由本部门组织", "another office runs this campaign")
	case c.Over(d.now):
		v.add("campaign", "campaign_over", "该会战已经结束", "the campaign is over")
	case someUnit && !d.rules.Directory.Under(unit, d.rules.Directory.Area(c.Office)):
		v.add("campaign", "out_of_area", "责任单位不在组织会战的信访部门管辖范围内", "the case's unit is not in the area of the office that runs the campaign")
	}
	return c
}

// enlist puts the case on a campaign's list. Before the campaign begins no report is due
// to it, so the week counts from its first day.
func enlist(d *decision) *Error {
	var v invalid
	named := d.cmd.Campaign
	if d.cmd.Kind == Register {
		named = d.cmd.Registration.Campaign
	}
	c := d.campaignFor(&v, named, d.c.Unit)
	if err := v.err(); err != nil {
		return err
	}
	e := d.emit(Event{Kind: EventEnlisted, Document: d.text(), Campaign: c.ID, CountFrom: d.notBefore(c)})
	d.tell(e, append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// notBefore is the campaign's first day if that is still to come.
func (d *decision) notBefore(c Campaign) calendar.Date {
	if c.Start.After(d.today()) {
		return c.Start
	}
	return calendar.Date{}
}

// delist takes the case off the list; that of a campaign that is over stays as it is.
func delist(d *decision) *Error {
	list, _ := d.c.Enlisted()
	if c, ok := d.rules.Directory.Campaigns[list.Campaign]; ok && c.Over(d.now) {
		return campaignOver() // a closed case has not taken note of it
	}
	if err := d.textGiven(); err != nil {
		return err
	}
	e := d.emit(Event{Kind: EventDelisted, Document: d.text(), Campaign: list.Campaign})
	d.tell(e, append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// makePlan records how the case is to be settled (化解方案); a later one takes its place.
func makePlan(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	list, _ := d.c.Enlisted()
	e := d.emit(Event{Kind: EventPlanned, Document: d.text(), Campaign: list.Campaign})
	d.tell(e, append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// noteCampaignOver takes note that the campaign on whose list the case is, is over: its
// weekly reports end with it.
func (d *decision) noteCampaignOver() {
	list, ok := d.c.Enlisted()
	c, known := d.rules.Directory.Campaigns[list.Campaign]
	if !ok || !known || !list.OverAt.IsZero() || !c.Over(d.now) {
		return
	}
	d.emit(Event{Kind: EventCampaignOver, Actor: Clockwork, Rule: "campaign " + c.ID, Campaign: c.ID, On: calendar.DateOf(c.OverAt().Add(-time.Microsecond))})
}

// listed folds what happens to a case on a list.
func (c *Case) listed(e Event) {
	list := &c.Enlistments[len(c.Enlistments)-1]
	switch e.Kind {
	case EventDelisted:
		list.DelistedAt = e.At
	case EventPlanned:
		list.Plan = e.Document
	case EventCampaignOver:
		list.OverAt = e.At
	default:
	}
}
