// Package casefile is the functional core: what a petition case is, which
// commands it takes, which events they leave, whose duty each clock is and who
// may do what. It is pure: no clock, no I/O, no Temporal, no SQL. Decide says
// what a command leads to, Apply folds an event into the case.
package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Stage is how far a case has come.
type Stage string

// The stages, in the order of the main way.
const (
	New        Stage = ""           // not yet registered
	Registered Stage = "registered" // 已登记
	Forwarded  Stage = "forwarded"  // 已转送、交办
	Handling   Stage = "handling"   // 已受理，办理中
	Opined     Stage = "opined"     // 处理意见待签批
	Signed     Stage = "signed"     // 已签批，待送达
	Served     Stage = "served"     // 已送达，待结案
	Reviewing  Stage = "reviewing"  // 复查、复核中
	Closed     Stage = "closed"     // 已结案
	Declined   Stage = "declined"   // 不予受理
	Diverted   Stage = "diverted"   // 已导入法定途径
)

// Stages lists every stage a registered case can be in.
var Stages = []Stage{Registered, Forwarded, Handling, Opined, Signed, Served, Reviewing, Closed, Declined, Diverted}

// Open reports whether a case in this stage still has duties running.
func (s Stage) Open() bool { return s != New && s != Closed && s != Declined && s != Diverted }

// Lamp is the colour of a clock or a case: 绿灯、黄灯、红灯.
type Lamp string

// The lamps, the least pressing first.
const (
	Green  Lamp = "green"
	Yellow Lamp = "yellow"
	Red    Lamp = "red"
)

// Supervision says who is supervising a case now.
type Supervision string

// The kinds of supervision.
const (
	NotSupervised    Supervision = "none"
	ByPetitionOffice Supervision = "petition_office" // 督办
	Dual             Supervision = "dual"            // 双重督办
	ByJointMeeting   Supervision = "joint_meeting"   // 联席会议挂牌督办
)

// Supervisions lists those of a case that is supervised, the heaviest first.
var Supervisions = []Supervision{Dual, ByPetitionOffice, ByJointMeeting}

// Document is a text that lies in the store: commands and events carry only its
// id and hash.
type Document struct {
	ID   string `json:"id"`
	Hash string `json:"hash"` // SHA-256 of its bytes, in hex
}

// Case is the state of one petition case, folded from its events.
type Case struct {
	ID  string `json:"id"`
	Seq int64  `json:"seq"` // of the last event

	Number          string   `json:"number"`              // official registration number
	Reference       string   `json:"reference,omitempty"` // the number of whoever handed it down
	Origin          string   `json:"origin"`
	Channel         string   `json:"channel"`
	Purpose         string   `json:"purpose"`
	Category        string   `json:"category"`
	CampaignName    string   `json:"campaign,omitempty"` // on record from before campaigns were kept
	Headcount       int      `json:"headcount"`          // persons who came or signed
	Repeated        bool     `json:"repeated,omitempty"`
	Collective      bool     `json:"collective,omitempty"`
	Representatives int      `json:"representatives,omitempty"` // who came for a collective petition
	SkipLevel       bool     `json:"skip_level,omitempty"`      // raised past the level above the responsible one
	Earlier         []string `json:"earlier,omitempty"`         // cases of the same matter
	Key             bool     `json:"key,omitempty"`             // 重点
	Difficult       bool     `json:"difficult,omitempty"`       // 难点
	Urgent          *Urgency `json:"urgent,omitempty"`          // 重大紧急 (条例第25条)

	Office            string   `json:"office"`             // petition office in charge
	SupervisionOffice string   `json:"supervision_office"` // beside it, for dual supervision
	Unit              string   `json:"unit"`               // responsible unit
	UnitLevel         string   `json:"unit_level"`
	CoUnits           []string `json:"co_units,omitempty"`     // which handle it together with the responsible one
	Direct            bool     `json:"direct,omitempty"`       // the unit received it itself
	Reachable         bool     `json:"reachable"`              // name and address are known
	AccusedUnit       string   `json:"accused_unit,omitempty"` // of an accusation
	AccusedOfficial   string   `json:"accused_official,omitempty"`

	Track        string        `json:"track,omitempty"` // Simple, or empty: the ordinary one
	Route        string        `json:"route,omitempty"` // Duty, or empty: settled by an opinion
	Stage        Stage         `json:"stage"`
	ReceivedOn   calendar.Date `json:"received_on"`
	RegisteredAt time.Time     `json:"registered_at"`
	Petition     Document      `json:"petition"`
	Titled       string        `json:"titled,omitempty"`     // id of the document that has its title, if not the petition
	Petitioner   string        `json:"petitioner,omitempty"` // key of the sealed record in the store

	Upper Seat `json:"upper"`
	Lower Seat `json:"lower"`

	Recused []string `json:"recused,omitempty"` // leaders who have withdrawn

	Receptions []string `json:"receptions,omitempty"` // the reception days that it was brought on
	Receiver   string   `json:"receiver,omitempty"`   // the leader who received it, or took over from them before it had its two leaders

	ObjectUntil  calendar.Date `json:"object_until,omitzero"`  // by which the unit can object to the forwarding
	ObjectedAt   time.Time     `json:"objected_at,omitzero"`   // until it is decided
	AcceptedFrom calendar.Date `json:"accepted_from,omitzero"` // day 0 of the time to settle
	TermRequest  *TermRequest  `json:"term_request,omitempty"`
	Suggestions  []Suggestion  `json:"suggestions,omitempty"`

	Opinion    *Opinion    `json:"opinion,omitempty"`
	Served     *Service    `json:"served,omitempty"`
	ExecutedAt time.Time   `json:"executed_at,omitzero"` // the present opinion, if it supports the claim
	Meetings   []Meeting   `json:"meetings,omitempty"`
	Reviews    []Review    `json:"reviews,omitempty"`
	Ratings    []Rating    `json:"ratings,omitempty"`
	Reopened   int         `json:"reopened,omitempty"` // times
	Outdated   int         `json:"outdated,omitempty"` // of the reviews, the first ones: their answers no longer hold
	Final      bool        `json:"final,omitempty"`    // rechecked: the same facts are not taken up again
	Suspension *Suspension `json:"suspension,omitempty"`

	Enlistments []Enlistment `json:"enlistments,omitempty"` // on the lists of campaigns; the last one may go on

	Late     []Late    `json:"late,omitempty"`
	Clocks   []Clock   `json:"clocks,omitempty"`
	Channels []Channel `json:"channels,omitempty"`

	LastAt     time.Time `json:"last_at"`              // of the last event
	UrgedAt    time.Time `json:"urged_at,omitzero"`    // last urging or instruction
	ReportedAt time.Time `json:"reported_at,omitzero"` // last report of the unit
	ClosedAt   time.Time `json:"closed_at,omitzero"`   // closed or declined
}

// SeatName is one of the two leaders' seats.
type SeatName string

// The two seats of 一案双责.
const (
	Upper SeatName = "upper" // 上级包案领导
	Lower SeatName = "lower" // 下级包案领导
)

// Seat is a leader's place in a case.
type Seat struct {
	Official       string    `json:"official,omitempty"`
	Level          string    `json:"level,omitempty"`
	AssignedAt     time.Time `json:"assigned_at,omitzero"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	SignedAt       time.Time `json:"signed_at,omitzero"` // on the present opinion
	SignedHash     string    `json:"signed_hash,omitempty"`
	LastActAt      time.Time `json:"last_act_at,omitzero"`
	// Hands are all who have ever acted in this seat, deputies too: none of them may act
	// in the other.
	Hands []string `json:"hands,omitempty"`
}

// Opinion is the 信访处理意见书 in its present version.
type Opinion struct {
	Version  int       `json:"version"`
	Document Document  `json:"document"`
	Result   string    `json:"result"`         // one of Results
	Days     int       `json:"days,omitempty"` // within which the unit carries it out, in calendar days
	At       time.Time `json:"at"`
}

// Hash is what a signature is on: the text together with its result and term, so that
// nobody's signature comes to stand under another outcome. SHA-256, in hex.
func (o Opinion) Hash() string {
	sum := sha256.Sum256([]byte(o.Result + "\n" + strconv.Itoa(o.Days) + "\n" + o.Document.Hash))
	return hex.EncodeToString(sum[:])
}

// Results are the outcomes an opinion can have (条例第32条).
var Results = []string{"support", "explain", "reject"}

// Service is the opinion's delivery to the petitioner (送达).
type Service struct {
	On    calendar.Date `json:"on"`
	Means string        `json:"means"` // one of Means
}

// Means are the ways of delivering a document.
var Means = []string{"direct", "mail", "electronic"}

// ChannelName is one of the channels of supervision.
type ChannelName string

// The two channels of 双重督办, and that of the joint meeting.
const (
	PetitionOffice    ChannelName = "petition_office"
	SupervisionOffice ChannelName = "supervision_office"
	JointMeeting      ChannelName = "joint_meeting" // 挂牌督办、责令整改（条例第39条第3款）
)

// Channel is one channel of supervision of a case; it stays after its release.
type Channel struct {
	Name       ChannelName `json:"name"`
	Office     string      `json:"office"` // code of the office that supervises
	Letter     string      `json:"letter"` // number of the 督办函 or 督查通知
	Letters    int         `json:"letters"`
	Reason     string      `json:"reason"`
	OpenedAt   time.Time   `json:"opened_at"`
	FedBackAt  time.Time   `json:"fed_back_at,omitzero"` // the unit's last answer
	ReleasedAt time.Time   `json:"released_at,omitzero"`
	Document   *Document   `json:"document,omitempty"`
}

// Open reports whether the channel has not been released.
func (ch Channel) Open() bool { return ch.Letters > 0 && ch.ReleasedAt.IsZero() }

// OnChannel returns the channel of this name, the zero Channel if it was never opened.
func (c Case) OnChannel(name ChannelName) Channel {
	for _, ch := range c.Channels {
		if ch.Name == name {
			return ch
		}
	}
	return Channel{}
}

// Supervision says who supervises the case now. While the supervision office's
// channel is open the supervision is dual, whichever was released first.
func (c Case) Supervision() Supervision {
	switch {
	case c.OnChannel(SupervisionOffice).Open():
		return Dual
	case c.OnChannel(PetitionOffice).Open():
		return ByPetitionOffice
	case c.OnChannel(JointMeeting).Open():
		return ByJointMeeting
	}
	return NotSupervised
}

// Seat returns the seat of this name.
func (c Case) Seat(name SeatName) Seat {
	if name == Upper {
		return c.Upper
	}
	return c.Lower
}

// SeatOf returns the seat this official holds.
func (c Case) SeatOf(official string) (SeatName, bool) {
	switch {
	case official == "":
		return "", false
	case c.Upper.Official == official:
		return Upper, true
	case c.Lower.Official == official:
		return Lower, true
	}
	return "", false
}

// unforwarded reports whether the petition office still has the case: no unit has got it, or
// the one that had it gave it back.
func (c Case) unforwarded() bool { return c.Stage == Registered && !c.Direct }

// Led reports whether both seats are taken.
func (c Case) Led() bool { return c.Upper.Official != "" && c.Lower.Official != "" }

// Clock returns the case's clock with this id.
func (c Case) Clock(id string) (Clock, bool) {
	i := slices.IndexFunc(c.Clocks, func(k Clock) bool { return k.ID == id })
	if i < 0 {
		return Clock{}, false
	}
	return c.Clocks[i], true
}

// DueBy is the most pressing of the running clocks whose time is over, by plain counting,
// at an instant: the one that a task due by then is about.
func (c Case) DueBy(end, now time.Time) (pressing Clock, ok bool) {
	for _, k := range c.Clocks {
		if k.Running() && k.Due.InternalEnd().Equal(end) && (!ok || worse(k.Lamp(now), pressing.Lamp(now)) != pressing.Lamp(now)) {
			pressing, ok = k, true
		}
	}
	return pressing, ok
}

// Lamp is the lamp of the case: of an open one the most pressing of its running
// clocks, of an ended one the worst that any of its clocks came to.
func (c Case) Lamp(now time.Time) Lamp {
	worst := Green
	for _, k := range c.Clocks {
		if k.Ticking() || !c.Stage.Open() {
			worst = worse(worst, k.Lamp(now))
		}
		if k.Missed > 0 && !c.Stage.Open() {
			worst = Red
		}
	}
	return worst
}

func worse(a, b Lamp) Lamp {
	order := []Lamp{Green, Yellow, Red}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

// Clock is a running or stopped clock of a case. Its due dates were computed when
// it started and are recorded with it.
type Clock struct {
	ID    string        `json:"id"` // the rule, with "/upper" or "/lower" for a leader's clock
	Rule  string        `json:"rule"`
	Whose policy.Bearer `json:"whose"`
	Who   string        `json:"who"` // unit code or official

	From      calendar.Date `json:"from"` // day 0
	Length    int           `json:"length"`
	Unit      calendar.Unit `json:"unit"`
	StartedAt time.Time     `json:"started_at"` // on day 0; hours count from it
	Due       calendar.Due  `json:"due"`
	YellowOn  calendar.Date `json:"yellow_on"`
	YellowAt  time.Time     `json:"yellow_at,omitzero"` // of a clock in hours
	Extended  int           `json:"extended,omitempty"` // calendar days granted
	// Extendable is how many calendar days may be granted, 0 where none.
	Extendable int `json:"extendable,omitempty"`
	// Suspendable are the reasons, of the policy's suspensions, for which it can stand still.
	Suspendable []string `json:"suspendable,omitempty"`
	// Grantor is the channel whose people can lengthen the term, once, when asked in time.
	Grantor ChannelName `json:"grantor,omitempty"`
	Missed  int         `json:"missed,omitempty"` // times it ran out before it was started anew

	SuspendedSince time.Time `json:"suspended_since,omitzero"`
	Spans          []Span    `json:"spans,omitempty"` // in which it did not count
	MetAt          time.Time `json:"met_at,omitzero"`
	EndedAt        time.Time `json:"ended_at,omitzero"` // stopped without being met: the case ended
	Taken          []string  `json:"taken,omitempty"`   // steps taken or left out, by id; repeats as "URGE-5#2"
}

// Running reports whether the clock still runs.
func (k Clock) Running() bool { return k.MetAt.IsZero() && k.EndedAt.IsZero() }

// Ticking reports whether the clock runs and is not suspended.
func (k Clock) Ticking() bool { return k.Running() && k.SuspendedSince.IsZero() }

// YellowFrom is the instant from which on the lamp is yellow.
func (k Clock) YellowFrom() time.Time {
	if !k.YellowAt.IsZero() {
		return k.YellowAt
	}
	return k.YellowOn.Start()
}

// judgedAt is the instant by which the clock is judged: when it stopped or was
// suspended, or now.
func (k Clock) judgedAt(now time.Time) time.Time {
	switch {
	case !k.MetAt.IsZero():
		return k.MetAt
	case !k.EndedAt.IsZero():
		return k.EndedAt
	case !k.SuspendedSince.IsZero():
		return k.SuspendedSince
	}
	return now
}

// Lamp shows how pressing the clock is, by the internal due date. A stopped clock
// is green if it was in time and stays red if it was not.
func (k Clock) Lamp(now time.Time) Lamp {
	at := k.judgedAt(now)
	switch {
	case !at.Before(k.Due.InternalEnd()):
		return Red
	case k.Ticking() && !at.Before(k.YellowFrom()):
		return Yellow
	}
	return Green
}

// Overdue reports whether the statutory due date has passed, or had when the
// clock stopped.
func (k Clock) Overdue(now time.Time) bool { return !k.judgedAt(now).Before(k.Due.StatutoryEnd()) }
