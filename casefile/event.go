package casefile

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// EventKind names what has happened.
type EventKind string

// What a person's command leaves.
const (
	EventRegistered   EventKind = "registered"
	EventAccepted     EventKind = "accepted"
	EventDeclined     EventKind = "declined"
	EventForwarded    EventKind = "forwarded"
	EventAssigned     EventKind = "assigned"
	EventAcknowledged EventKind = "acknowledged"
	EventActed        EventKind = "acted"
	EventReported     EventKind = "reported"
	EventExtended     EventKind = "extended"
	EventOpined       EventKind = "opined"
	EventSigned       EventKind = "signed"
	EventReturned     EventKind = "returned"
	EventServed       EventKind = "served"
	EventClosed       EventKind = "closed"
	EventSupervised   EventKind = "supervised" // also the clock's
	EventEscalated    EventKind = "escalated"  // also the clock's
	EventReleased     EventKind = "released"
	EventDiverted     EventKind = "diverted"
	EventHandedOver   EventKind = "handed_over"
	EventReceived     EventKind = "received"

	EventSuspended      EventKind = "suspended"
	EventResumed        EventKind = "resumed" // also the clock's
	EventHeard          EventKind = "heard"
	EventMediated       EventKind = "mediated"
	EventSubmitted      EventKind = "submitted"
	EventResolved       EventKind = "resolved"
	EventExecuted       EventKind = "executed"
	EventReviewAsked    EventKind = "review_asked"
	EventReviewAccepted EventKind = "review_accepted"
	EventReviewDeclined EventKind = "review_declined"
	EventReviewed       EventKind = "reviewed"
	EventRated          EventKind = "rated"
	EventReopened       EventKind = "reopened"
	EventLinked         EventKind = "linked"
	EventCorrected      EventKind = "corrected"

	EventCommissioned       EventKind = "commissioned"
	EventObjected           EventKind = "objected"
	EventObjectionDecided   EventKind = "objection_decided"
	EventJoined             EventKind = "joined"
	EventFellBack           EventKind = "fell_back" // also the clock's
	EventInstructed         EventKind = "instructed"
	EventFedBack            EventKind = "fed_back"
	EventTermAsked          EventKind = "term_asked"
	EventTermGranted        EventKind = "term_granted"
	EventTermRefused        EventKind = "term_refused"
	EventTalked             EventKind = "talked"
	EventCirculated         EventKind = "circulated"
	EventListed             EventKind = "listed"
	EventOrdered            EventKind = "ordered"
	EventSuggested          EventKind = "suggested"
	EventSuggestionAnswered EventKind = "suggestion_answered"

	EventMarkedUrgent   EventKind = "marked_urgent"
	EventUrgentReported EventKind = "urgent_reported"
	EventRerouted       EventKind = "rerouted"

	EventEnlisted EventKind = "enlisted"
	EventDelisted EventKind = "delisted"
	EventPlanned  EventKind = "planned"
)

// What the clock leaves.
const (
	EventReminded     EventKind = "reminded"
	EventUrged        EventKind = "urged" // also a person's
	EventReportedUp   EventKind = "reported_up"
	EventSuppressed   EventKind = "suppressed"   // a step was left out; Reason says why
	EventRecalculated EventKind = "recalculated" // other rules came into force
	EventCampaignOver EventKind = "campaign_over"
)

// Why a step was left out.
const (
	Superseded        = "superseded"         // a later step of the same clock was due too
	Explained         = "explained"          // the unit has reported since
	AlreadySupervised = "already_supervised" // the channel was open already
	NoOffice          = "no_office"          // the directory has no supervision office
)

// Event is something that has happened to a case. It is recorded once and never
// changed; the fields that its kind does not use are left out.
type Event struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"` // when it was recorded
	Kind    EventKind `json:"kind"`
	Actor   Actor     `json:"actor"`
	For     string    `json:"for,omitempty"` // the leader on leave for whom the actor, as deputy, did it
	Command string    `json:"command"`
	Rule    string    `json:"rule"` // the rule or step behind it, or the command's kind

	On        calendar.Date `json:"on,omitzero"`         // when it was done, if not on the day of recording
	CountFrom calendar.Date `json:"count_from,omitzero"` // day 0 of the clocks it starts, if not On
	Since     time.Time     `json:"since,omitzero"`      // the instant from which hours count, if not At
	Document  *Document     `json:"document,omitempty"`
	Case      *Case         `json:"case,omitempty"` // of registered: how the case begins

	Unit         string        `json:"unit,omitempty"`
	UnitLevel    string        `json:"unit_level,omitempty"`
	Organ        string        `json:"organ,omitempty"`
	Organs       []string      `json:"organs,omitempty"` // told of an urgent matter
	Upper        *Seat         `json:"upper,omitempty"`
	Lower        *Seat         `json:"lower,omitempty"`
	Why          *policy.Text  `json:"why,omitempty"` // of a proposed pair
	Seat         SeatName      `json:"seat,omitempty"`
	Act          string        `json:"act,omitempty"`
	Days         int           `json:"days,omitempty"`
	RequestedBy  string        `json:"requested_by,omitempty"`
	ToldOn       calendar.Date `json:"told_on,omitzero"`
	ToldBy       string        `json:"told_by,omitempty"`
	Result       string        `json:"result,omitempty"`
	Hash         string        `json:"hash,omitempty"`
	Means        string        `json:"means,omitempty"`
	Channel      ChannelName   `json:"channel,omitempty"`
	Letter       string        `json:"letter,omitempty"`
	Reason       string        `json:"reason,omitempty"`
	Ground       string        `json:"ground,omitempty"`
	DecidedBy    string        `json:"decided_by,omitempty"`
	From         string        `json:"from,omitempty"`
	To           string        `json:"to,omitempty"`
	Route        string        `json:"route,omitempty"`
	Until        calendar.Date `json:"until,omitzero"` // by when the unit can object
	Suggestion   string        `json:"suggestion,omitempty"`
	Number       int           `json:"number,omitempty"`  // of the suggestion
	Earlier      string        `json:"earlier,omitempty"` // the case it was linked to
	Corrected    []string      `json:"corrected,omitempty"`
	Petitioner   string        `json:"petitioner,omitempty"` // key of the sealed record that took the former one's place
	Reachable    bool          `json:"reachable,omitempty"`
	Campaign     string        `json:"campaign,omitempty"` // id
	Outcome      string        `json:"outcome,omitempty"`
	Meeting      string        `json:"meeting,omitempty"`
	Money        int64         `json:"money,omitempty"`  // yuan
	Review       *Review       `json:"review,omitempty"` // of review_asked: how the round begins
	OfficeRating string        `json:"office_rating,omitempty"`
	UnitRating   string        `json:"unit_rating,omitempty"`
	Late         []Late        `json:"late,omitempty"`  // the clocks that stopped too late
	Clock        string        `json:"clock,omitempty"` // the clock a step belongs to
	Step         string        `json:"step,omitempty"`
	Reception    string        `json:"reception,omitempty"`   // the reception day of a visit
	Receiver     string        `json:"receiver,omitempty"`    // who received on it
	Appointment  string        `json:"appointment,omitempty"` // the visitor's, if they had one

	Clocks []Clock `json:"clocks,omitempty"` // every clock it changed, as it is now
}

// Triggers are the names by which policy's clocks know the event: its kind and, of some,
// also what kind of it.
func (e Event) Triggers() []string {
	kind := string(e.Kind)
	switch e.Kind {
	case EventReleased, EventFedBack:
		return []string{kind + "/" + string(e.Channel)}
	case EventReviewAsked:
		return []string{kind, kind + "/" + e.Review.Round}
	case EventReviewed, EventObjectionDecided:
		return []string{kind, kind + "/" + e.Outcome}
	case EventRerouted:
		return []string{kind, kind + "/" + e.Route}
	case EventMarkedUrgent, EventUrgentReported:
		if e.Unit != "" {
			return []string{kind, kind + "/" + string(policy.OfUnit)}
		}
		return []string{kind, kind + "/" + string(policy.OfPetitionOffice)}
	default:
		return []string{kind}
	}
}

// Apply folds an event into the case. It never fails and decides nothing.
func Apply(c Case, e Event) Case {
	before := c
	c.Clocks, c.Channels = slices.Clone(c.Clocks), slices.Clone(c.Channels)
	switch e.Kind {
	case EventRegistered:
		c = *e.Case
	case EventForwarded, EventCommissioned:
		c.Stage, c.Unit, c.UnitLevel = Forwarded, e.Unit, e.UnitLevel
		c.Direct, c.ObjectUntil = false, e.Until
	case EventObjected:
		c.ObjectedAt = e.At
	case EventObjectionDecided:
		c.ObjectedAt, c.ObjectUntil = time.Time{}, calendar.Date{}
		if e.Outcome == "upheld" {
			c.Stage = Registered
		}
	case EventAccepted:
		c.Stage, c.AcceptedFrom, c.ObjectedAt = Handling, e.CountFrom, time.Time{}
		c.takeRoute(e.Route)
	case EventRerouted:
		c.takeRoute(e.Route)
	case EventMarkedUrgent:
		c.Urgent = &Urgency{KnownAt: e.Since, MarkedAt: e.At, By: e.Actor.ID, Unit: e.Unit}
	case EventUrgentReported:
		c.urgentReported(e)
	case EventJoined:
		c.CoUnits = append(slices.Clone(c.CoUnits), e.Unit)
	case EventFellBack:
		c.Track = ""
	case EventInstructed:
		c.UrgedAt = e.At
	case EventFedBack:
		c.ReportedAt = e.At
		for i := range c.Channels {
			if c.Channels[i].Name == e.Channel {
				c.Channels[i].FedBackAt = e.At
			}
		}
	case EventTermAsked:
		c.TermRequest = &TermRequest{e.Clock, e.Days, e.Actor.ID}
	case EventTermGranted, EventTermRefused:
		c.TermRequest = nil
	case EventSuggested:
		c.Suggestions = append(slices.Clone(c.Suggestions), Suggestion{Number: e.Number, Kind: e.Suggestion, Organ: e.Organ})
	case EventSuggestionAnswered:
		c.Suggestions = slices.Clone(c.Suggestions)
		c.Suggestions[e.Number-1].Outcome = e.Outcome
	case EventDeclined:
		c.Stage, c.ClosedAt = Declined, e.At
	case EventDiverted:
		c.Stage, c.ClosedAt = Diverted, e.At
	case EventHandedOver:
		c.handOver(e)
	case EventReceived:
		c.Receptions = append(slices.Clone(c.Receptions), e.Reception)
		if !c.Led() {
			c.Receiver = e.Receiver
		}
	case EventAssigned:
		c.Upper, c.Lower = *e.Upper, *e.Lower
	case EventAcknowledged:
		c.seat(e.Seat).AcknowledgedAt = e.At
	case EventActed:
		c.seat(e.Seat).acted(e)
	case EventReported:
		c.ReportedAt = e.At
	case EventOpined:
		version := 1
		if c.Opinion != nil {
			version = c.Opinion.Version + 1
		}
		c.Stage, c.Opinion = Opined, &Opinion{version, *e.Document, e.Result, e.Days, e.At}
		c.unsign()
	case EventSigned:
		s := c.seat(e.Seat)
		s.SignedAt, s.SignedHash = e.At, e.Hash
		s.acted(e)
		if c.Stage == Opined && c.signed() {
			c.Stage = Signed
		}
	case EventReturned:
		c.Stage = Handling
		c.seat(e.Seat).acted(e)
		c.unsign()
	case EventServed:
		c.Stage, c.Served, c.ExecutedAt = Served, &Service{e.On, e.Means}, time.Time{}
	case EventClosed:
		c.Stage, c.ClosedAt = Closed, e.At
	case EventSupervised, EventEscalated, EventListed:
		c.openChannel(e)
	case EventOrdered:
		if !c.OnChannel(JointMeeting).Open() {
			c.openChannel(e)
		}
	case EventReleased:
		for i := range c.Channels {
			if c.Channels[i].Name == e.Channel {
				c.Channels[i].ReleasedAt = e.At
			}
		}
	case EventUrged:
		c.UrgedAt = e.At
	case EventSuspended:
		c.Suspension = &Suspension{e.Reason, e.DecidedBy, calendar.DateOf(e.At), nil}
		for _, k := range e.Clocks {
			if !k.SuspendedSince.IsZero() {
				c.Suspension.Clocks = append(c.Suspension.Clocks, k.ID)
			}
		}
	case EventResumed:
		c.Suspension = nil
	case EventSubmitted:
		c.Meetings = append(slices.Clone(c.Meetings), Meeting{Meeting: e.Meeting, SubmittedAt: e.At})
	case EventResolved:
		c.Meetings = slices.Clone(c.Meetings)
		m := c.awaited()
		m.On, m.Money, m.Decision = e.On, e.Money, e.Document
	case EventExecuted:
		c.ExecutedAt = e.At
	case EventReviewAsked:
		c.Stage, c.ClosedAt = Reviewing, time.Time{}
		c.Reviews = append(slices.Clone(c.Reviews), *e.Review)
	case EventReviewAccepted:
		c.Reviews = slices.Clone(c.Reviews)
		c.Reviews[len(c.Reviews)-1].AcceptedAt = e.At
	case EventReviewDeclined:
		c.Reviews = slices.Clone(c.Reviews)
		r := &c.Reviews[len(c.Reviews)-1]
		r.DeclinedAt, c.Stage = e.At, r.From
		if !c.Stage.Open() {
			c.ClosedAt = e.At
		}
	case EventReviewed:
		c.Reviews = slices.Clone(c.Reviews)
		c.reviewed(e)
		c.inherit(e)
	case EventRated:
		c.Ratings = append(slices.Clone(c.Ratings), Rating{c.Opinion.Version, e.OfficeRating, e.UnitRating, e.At})
	case EventReopened:
		c.Reopened++
		c.Outdated = len(c.Reviews)
		c.again()
		c.inherit(e)
	case EventLinked:
		c.Earlier, c.Repeated = append(slices.Clone(c.Earlier), e.Earlier), true
	case EventCorrected:
		if slices.Contains(e.Corrected, "title") {
			c.Titled = e.Document.ID
		}
		if e.Petitioner != "" {
			c.Petitioner, c.Reachable = e.Petitioner, e.Reachable
		}
	case EventEnlisted:
		c.Enlistments = append(slices.Clone(c.Enlistments), Enlistment{Campaign: e.Campaign, At: e.At, Plan: e.Document})
	case EventDelisted, EventPlanned, EventCampaignOver:
		c.Enlistments = slices.Clone(c.Enlistments)
		c.listed(e)
	case EventTalked, EventCirculated, EventHeard, EventMediated, EventExtended, EventReminded, EventReportedUp, EventSuppressed, EventRecalculated:
		// What they change are clocks, if anything.
	}
	if s := c.seat(e.Seat); e.Seat != "" && e.Kind != EventHandedOver && !slices.Contains(s.Hands, e.Actor.ID) {
		s.Hands = append(slices.Clone(s.Hands), e.Actor.ID)
	}
	if !c.Stage.Open() {
		c.Suspension = nil
	}
	c.Late = slices.Concat(c.Late, e.Late)
	if t := c.TermRequest; t != nil {
		was, _ := c.Clock(t.Clock)
		if slices.ContainsFunc(e.Clocks, func(k Clock) bool {
			return k.ID == t.Clock && (!k.Running() || !k.StartedAt.Equal(was.StartedAt))
		}) {
			c.TermRequest = nil // the term that it was about is over
		}
	}
	for _, k := range e.Clocks {
		if i := slices.IndexFunc(c.Clocks, func(x Clock) bool { return x.ID == k.ID }); i >= 0 {
			c.Clocks[i] = k
		} else {
			c.Clocks = append(c.Clocks, k)
		}
	}
	c.onList(before, e)
	c.Seq, c.LastAt = e.Seq, e.At
	return c
}

// Fold applies events in order.
func Fold(c Case, events []Event) Case {
	for _, e := range events {
		c = Apply(c, e)
	}
	return c
}

func (c *Case) seat(name SeatName) *Seat {
	if name == Upper {
		return &c.Upper
	}
	return &c.Lower
}

// signed reports whether both leaders have signed the present opinion.
func (c *Case) signed() bool { return !c.Upper.SignedAt.IsZero() && !c.Lower.SignedAt.IsZero() }

// acted notes a leader's own act. What a deputy does is none.
func (s *Seat) acted(e Event) {
	if e.For == "" {
		s.LastActAt = e.At
	}
}

// unsign voids both signatures: they were on another text.
func (c *Case) unsign() {
	for _, s := range []*Seat{&c.Upper, &c.Lower} {
		s.SignedAt, s.SignedHash = time.Time{}, ""
	}
}

func (c *Case) openChannel(e Event) {
	switch e.Ground {
	case "key":
		c.Key = true
	case "difficult":
		c.Difficult = true
	}
	office := c.Office // which also works for the joint meeting
	if e.Channel == SupervisionOffice {
		office = c.SupervisionOffice
	}
	ch := Channel{
		Name: e.Channel, Office: office, Letter: e.Letter, Letters: c.OnChannel(e.Channel).Letters + 1,
		Reason: e.Reason, OpenedAt: e.At, Document: e.Document,
	}
	i := slices.IndexFunc(c.Channels, func(x Channel) bool { return x.Name == e.Channel })
	if i < 0 {
		c.Channels = append(c.Channels, ch)
	} else {
		c.Channels[i] = ch
	}
}

// Equal reports whether two cases are the same, whatever way their times were read.
func Equal(a, b Case) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
