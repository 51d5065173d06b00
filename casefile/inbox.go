package casefile

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Task is something that waits for a person (Official) or for whoever holds a
// role in a unit.
type Task struct {
	Do       Kind         `json:"do"`
	Official string       `json:"official,omitempty"`
	Role     Role         `json:"role,omitempty"`
	Unit     string       `json:"unit,omitempty"`
	From     time.Time    `json:"from"` // from when on it is shown
	Due      calendar.Due `json:"due,omitzero"`
}

// settling are the clocks by which the unit's answer is due; one of them runs at a time.
var settling = []string{"HANDLE", "DUTY-PERFORM", "SIMPLE-HANDLE", "REDO"}

// WaitsFor lists which of the commands that the actor can give the case waits for: first
// what stands on their own desk, then what it waits for from others; the most pressing first.
func WaitsFor(c Case, by Actor, r Rules, now time.Time) []Kind {
	if now.Before(c.LastAt) {
		now = c.LastAt // who has just done something asked a moment before
	}
	r.Now = now
	var leaders []string // in whose place the actor stands
	for _, name := range standsIn(c, by, r) {
		leaders = append(leaders, c.Seat(name).Official)
	}
	rank := func(t Task) (rank int) {
		mine := t.Official == by.ID || slices.Contains(leaders, t.Official)
		if t.Official == "" {
			mine = t.Role == by.Role && t.Unit == by.Unit
		}
		if !mine {
			rank += 2
		}
		if t.Due.IsZero() {
			rank++
		}
		return rank
	}
	tasks := slices.DeleteFunc(Waiting(c), func(t Task) bool { return t.From.After(now) })
	slices.SortStableFunc(tasks, func(a, b Task) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Due.InternalEnd().Compare(b.Due.InternalEnd()))
	})
	kinds, can := []Kind{}, Available(c, by, r, now)
	for _, t := range tasks {
		if slices.Contains(can, t.Do) && !slices.Contains(kinds, t.Do) {
			kinds = append(kinds, t.Do)
		}
	}
	return kinds
}

// Waiting lists what the case waits for, in its present state.
func Waiting(c Case) []Task {
	if !c.Stage.Open() {
		return nil
	}
	var tasks []Task
	// The first of the clocks that runs is the one that the task is due by.
	add := func(t Task, clocks ...string) {
		for _, id := range clocks {
			if k, ok := c.Clock(id); ok && k.Running() {
				t.Due = k.Due
				break
			}
		}
		if t.From.IsZero() {
			t.From = c.RegisteredAt
		}
		tasks = append(tasks, t)
	}
	atOffice := func(do Kind, role Role) Task { return Task{Do: do, Role: role, Unit: c.Office} }
	atUnit := func(do Kind) Task { return Task{Do: do, Role: Officer, Unit: c.Unit} }

	sign := func(clocks ...string) {
		seat := c.Lower
		if !seat.SignedAt.IsZero() {
			seat = c.Upper
		}
		if !seat.AcknowledgedAt.IsZero() {
			add(Task{Do: Sign, Official: seat.Official, From: c.Opinion.At}, clocks...)
		}
	}

	switch c.Stage {
	case Registered:
		if c.unforwarded() {
			add(atOffice(Forward, Registrar), "REG-FORWARD")
		} else {
			add(atUnit(Accept), "ACC-DIRECT")
		}
	case Forwarded:
		add(atUnit(Accept), "ACC-TRANSFER")
		if !c.ObjectedAt.IsZero() {
			t := atOffice(DecideObjection, Registrar)
			t.From = c.ObjectedAt
			add(t, "ACC-OBJECT-DECIDE")
		}
	case Handling:
		if c.Led() {
			add(atUnit(Opine), settling...)
		}
	case Opined:
		sign(settling...)
	case Signed:
		add(atUnit(Serve), settling...)
	case Served:
		switch {
		case !c.signed():
			sign("CLOSE")
		case c.unexecuted():
			add(atUnit(Execute), "OPINION-EXEC")
		case mayEnd(c, Actor{}, time.Time{}) == nil && len(c.unanswered()) == 0:
			add(atOffice(Close, Supervisor), "CLOSE")
		}
	case Reviewing:
		r, do, clock := c.Review(), ConcludeReview, "REVIEW-DO"
		if r.Round == RecheckRound {
			clock = "RECHECK-DO"
		}
		if r.AcceptedAt.IsZero() {
			do, clock = AcceptReview, "REVIEW-ACC"
		}
		if r.Office != "" {
			add(Task{Do: do, Role: Supervisor, Unit: r.Office}, clock)
		} else {
			add(Task{Do: do, Role: Officer, Unit: r.Unit}, clock)
		}
	case New, Closed, Declined, Diverted:
	}
	for _, whose := range c.Urgent.WaitsFor() {
		if whose == policy.OfUnit {
			add(Task{Do: ReportUrgent, Role: Officer, Unit: c.Urgent.Unit, From: c.Urgent.MarkedAt}, "URGENT-REPORT-UNIT")
			continue
		}
		for _, role := range []Role{Registrar, Supervisor} { // who is there, at whatever hour
			t := atOffice(ReportUrgent, role)
			t.From = c.Urgent.MarkedAt
			add(t, "URGENT-REPORT", "URGENT-REPORT-UP")
		}
	}
	if m := c.awaited(); m != nil {
		t := atOffice(Resolve, Supervisor)
		t.From = m.SubmittedAt
		add(t)
	}
	if !c.Led() {
		add(atOffice(Assign, Supervisor), "DUAL-WHEN")
	}
	for _, name := range []SeatName{Upper, Lower} {
		seat := c.Seat(name)
		if seat.Official != "" && seat.AcknowledgedAt.IsZero() {
			add(Task{Do: Acknowledge, Official: seat.Official, From: seat.AssignedAt}, "DUAL-ACK/"+string(name))
		} else if k, ok := c.Clock("DUAL-ACT/" + string(name)); ok && k.Running() {
			add(Task{Do: Act, Official: seat.Official, From: k.YellowFrom()}, k.ID)
		}
	}
	for _, n := range c.unanswered() {
		add(atOffice(AnswerSuggestion, Supervisor), "SUGGEST-FEEDBACK/"+strconv.Itoa(n))
	}
	if t := c.TermRequest; t != nil {
		k, _ := c.Clock(t.Clock)
		switch k.Grantor {
		case PetitionOffice:
			add(atOffice(GrantTerm, Supervisor), t.Clock)
		case SupervisionOffice:
			add(Task{Do: GrantTerm, Role: Inspector, Unit: c.SupervisionOffice}, t.Clock)
		case JointMeeting: // its convener is told; whose inbox that is only the directory knows
		}
	}
	// The unit answers each channel that supervises it, and reports when it was urged.
	for _, ch := range c.Channels {
		if ch.Open() {
			term, own, t := "SUP-1", "REL-1", Task{Do: Release, Role: Supervisor, Unit: ch.Office, From: ch.OpenedAt}
			switch ch.Name {
			case PetitionOffice:
			case SupervisionOffice:
				term, own, t.Role = "SUP-2", "REL-2", Inspector
			case JointMeeting:
				term, own = "LISTED", ""
			}
			if ch.FedBackAt.IsZero() && !c.unforwarded() {
				add(Task{Do: FeedBack, Role: Officer, Unit: c.Unit, From: ch.OpenedAt}, term)
			}
			if ch.Name == JointMeeting {
				continue // its convener releases it when the office says so
			}
			if !c.settled() {
				continue // it is the unit's turn
			}
			if k, ok := c.Clock(own); ok && k.Running() {
				term = own
			}
			add(t, term)
		}
	}
	if k, ok := c.Clock(CampaignReport); c.unforwarded() {
		return tasks // no unit has got it, so none has anything to report
	} else if c.UrgedAt.After(c.ReportedAt) {
		add(Task{Do: Report, Role: Officer, Unit: c.Unit, From: c.UrgedAt}, "SUP-1")
	} else if ok && k.Running() {
		add(Task{Do: Report, Role: Officer, Unit: c.Unit, From: k.YellowFrom()}, k.ID)
	}
	return tasks
}
