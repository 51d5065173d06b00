package casefile

import (
	"slices"
	"strconv"
	"time"

	"shuangze/policy"
)

// advance takes every step whose time has come, in order. It runs before each
// command too, so that no act, however late, overtakes the ladder.
func (d *decision) advance() {
	d.noteCampaignOver()
	d.replan()
	for {
		plan := d.plan()
		if len(plan) == 0 || plan[0].at.After(d.now) {
			return
		}
		d.take(plan[0])
	}
}

// take takes one step or, where it has lost its point, records why not.
func (d *decision) take(p plannedStep) {
	k, _ := d.c.Clock(p.clock)
	later := d.laterIsDue(k, p)
	k = k.take(p)
	e := Event{Actor: Clockwork, Rule: k.Rule, Clock: k.ID, Step: p.id, Clocks: []Clock{k}}
	suppress := func(why string) {
		e.Kind, e.Reason = EventSuppressed, why
		d.emit(e)
	}
	if later {
		suppress(Superseded)
		return
	}
	switch p.step.Do {
	case policy.Remind:
		e.Kind = EventReminded
	case policy.Urge:
		if p.step.UnlessReported && !d.c.ReportedAt.Before(p.since) {
			suppress(Explained)
			return
		}
		e.Kind = EventUrged
	case policy.Supervise:
		if d.c.OnChannel(PetitionOffice).Open() {
			suppress(AlreadySupervised)
			return
		}
		e.Kind, e.Channel, e.Reason = EventSupervised, PetitionOffice, "overdue"
		e.Letter = d.letter(PetitionOffice)
	case policy.Escalate:
		switch {
		case d.c.OnChannel(SupervisionOffice).Open():
			suppress(AlreadySupervised)
			return
		case d.c.SupervisionOffice == "":
			suppress(NoOffice) // a channel that nobody can release would never close
			return
		}
		e.Kind, e.Channel, e.Reason, e.Ground = EventEscalated, SupervisionOffice, "overdue", "term_passed"
		e.Letter = d.letter(SupervisionOffice)
	case policy.ReportUp:
		e.Kind = EventReportedUp
	case policy.FallBack:
		e.Kind, e.CountFrom = EventFellBack, d.c.AcceptedFrom
	case policy.Resume:
		e.Kind = EventResumed
		d.resume(e)
		d.tell(e, d.recipients(p.step.To, k))
		return
	}
	d.emit(e)
	d.tell(e, d.recipients(p.step.To, k))
}

// laterIsDue reports whether a reminder has lost its point because its clock's next
// step is due too, as after a long outage. Rungs of the ladder are never left out
// for that.
func (d *decision) laterIsDue(k Clock, p plannedStep) bool {
	if p.step.Do != policy.Remind {
		return false
	}
	for _, q := range d.planned(k) {
		if q.id != p.id && q.at.After(p.at) && !q.at.After(d.now) {
			return true
		}
	}
	return false
}

// letter numbers a supervision letter after its case.
func (d *decision) letter(name ChannelName) string {
	mark := map[ChannelName]string{PetitionOffice: "督", SupervisionOffice: "督查", JointMeeting: "挂"}[name]
	return d.c.Number + "-" + mark + strconv.Itoa(d.c.OnChannel(name).Letters+1)
}

// Notice is what one person is to be told; it is written with its event.
type Notice struct {
	To   string    `json:"to"`            // official
	For  string    `json:"for,omitempty"` // the leader on leave in whose place the deputy is told
	Seq  int64     `json:"seq"`
	Kind EventKind `json:"kind"`
	Step string    `json:"step,omitempty"`
}

// tell writes a notice of the last event to each of these people once, but never
// to whoever did it and never to anybody whom the case accuses. Instead of a leader on
// leave the deputy is told, unless the deputy may not know of the case or did it: then
// the leader is, for somebody must be.
func (d *decision) tell(e Event, to []string) {
	slices.Sort(to)
	to = slices.DeleteFunc(slices.Compact(to), func(id string) bool {
		return id == "" || id == e.Actor.ID || Accuses(d.c, id, d.rules.Directory.Officials[id].Unit, d.rules.Directory)
	})
	var told []Notice
	add := func(n Notice) {
		if !slices.ContainsFunc(told, func(other Notice) bool { return other.To == n.To }) {
			told = append(told, n)
		}
	}
	var away []Notice
	for _, id := range to {
		n := Notice{To: id, Seq: d.c.Seq, Kind: e.Kind, Step: e.Step}
		if deputy, ok := DeputyTold(d.c, id, d.rules); ok && deputy != e.Actor.ID {
			n.To, n.For = deputy, id
			away = append(away, n)
			continue
		}
		add(n)
	}
	for _, n := range away { // who is told on their own account is not told again
		add(n)
	}
	d.notices = append(d.notices, told...)
}

// recipients resolves the groups of a step to officials.
func (d *decision) recipients(groups []policy.Recipient, k Clock) []string {
	dir, c := d.rules.Directory, d.c
	var to []string
	people := func(officials []Official) {
		for _, o := range officials {
			to = append(to, o.ID)
		}
	}
	for _, group := range groups {
		switch group {
		case policy.ToOfficers:
			people(dir.staff(c.Unit, Officer))
		case policy.ToUnitHead:
			people(dir.Heads(c.Unit, d.rules.Policy))
		case policy.ToUpper:
			to = append(to, c.Upper.Official)
		case policy.ToLower:
			to = append(to, c.Lower.Official)
		case policy.ToBearer:
			to = append(to, d.bearers(k)...)
		case policy.ToPetitionOffice:
			people(dir.staff(c.Office, Supervisor, Registrar))
		case policy.ToSupervisionOffice:
			people(dir.staff(c.SupervisionOffice, Inspector))
		case policy.ToReviewer:
			to = append(to, d.reviewers()...)
		case policy.ToConvener:
			people(dir.conveners(c.Office))
		}
	}
	return to
}

// bearers lists who can do what a clock asks for.
func (d *decision) bearers(k Clock) []string {
	switch k.Whose {
	case policy.OfLeader:
		return []string{k.Who}
	case policy.OfUnit:
		return d.officialsOf(k.Who, Officer)
	case policy.OfPetitionOffice:
		return append(d.officialsOf(k.Who, Registrar), d.officialsOf(k.Who, Supervisor)...)
	case policy.OfSupervisionOffice:
		return d.officialsOf(k.Who, Inspector)
	case policy.OfReviewer:
		return d.reviewers()
	case policy.OfAddressee:
	}
	return nil
}

// LateDays is on the how-manieth day after its statutory due date a clock stopped or,
// still running, it is now; 0 if it was in time. Of a clock in hours it is the
// how-manieth 24 hours.
func (k Clock) LateDays(now time.Time) int {
	if !k.Overdue(now) {
		return 0
	}
	if !k.Running() {
		now = k.judgedAt(now)
	}
	return 1 + int(now.Sub(k.Due.StatutoryEnd())/(24*time.Hour))
}

// LateHours is the same of a clock in hours, in hours begun; 0 of any other.
func (k Clock) LateHours(now time.Time) int {
	if k.Due.At.IsZero() || !k.Overdue(now) {
		return 0
	}
	return 1 + int(k.judgedAt(now).Sub(k.Due.At)/time.Hour)
}
