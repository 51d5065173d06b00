// Package policy holds the rules of petition supervision as data: deadlines,
// reminders, the ladder of escalation, who leads a case, and the code lists.
// The built-in file is default.yaml; an operator lays a local file over it with
// Load. Nothing here decides; casefile does, with these rules in hand.
package policy

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
)

// Text is a name in both languages of the product.
type Text struct {
	Chinese string `yaml:"zh" json:"zh"`
	English string `yaml:"en" json:"en"`
}

// Basis says what kind of authority stands behind a rule.
type Basis string

// The kinds of authority, strongest first. Only Statute is protected: a local
// policy can't lengthen it.
const (
	Statute  Basis = "statute"  // 《信访工作条例》 or another law
	National Basis = "national" // a national document below a statute
	Local    Basis = "local"    // a local rule
	Practice Basis = "practice" // common practice, no document
	OurOwn   Basis = "default"  // our own choice
)

var bases = []Basis{Statute, National, Local, Practice, OurOwn}

// Policy is one complete, validated set of rules. It is not changed after Load.
type Policy struct {
	Version        string     `yaml:"version" json:"version"`
	Name           Text       `yaml:"name" json:"name"`
	People         People     `yaml:"people" json:"people"`
	Day            WorkDay    `yaml:"day" json:"day"`
	Levels         []Level    `yaml:"levels" json:"levels"`
	Origins        []Code     `yaml:"origins" json:"origins"`
	Channels       []Code     `yaml:"channels" json:"channels"`
	Purposes       []Code     `yaml:"purposes" json:"purposes"`
	Categories     []Category `yaml:"categories" json:"categories"`
	Reasons        []Code     `yaml:"reasons" json:"reasons"`
	Acts           []Code     `yaml:"acts" json:"acts"`
	Meetings       []Code     `yaml:"meetings" json:"meetings"`
	DeclineReasons []Code     `yaml:"decline_reasons" json:"decline_reasons"`
	Pairs          []Pair     `yaml:"pairs" json:"pairs"`
	Clocks         []Clock    `yaml:"clocks" json:"clocks"`
	Steps          []Step     `yaml:"steps" json:"steps"`

	Deputies    []string     `yaml:"deputies" json:"deputies"` // commands that a deputy may give for a leader on leave; of Delegable
	Suspensions []Suspension `yaml:"suspensions" json:"suspensions"`
	Windows     []Window     `yaml:"windows" json:"windows"`
	Forms       []Code       `yaml:"forms" json:"forms"` // of reception days
	Frequencies []Frequency  `yaml:"frequencies" json:"frequencies"`
	Reception   Reception    `yaml:"reception" json:"reception"`
	Delivery    Delivery     `yaml:"delivery" json:"delivery"`
	// TargetNo are words of what no yearly target may be about (TARGET-NO). A local file
	// adds to them, and takes none away.
	TargetNo []string `yaml:"target_no" json:"target_no"`
}

// People says how many make a petition a collective one, and how many may come for them.
type People struct {
	Collective      int `yaml:"collective" json:"collective"`
	Representatives int `yaml:"representatives" json:"representatives"`
}

// Suspension is a reason for which clocks stand still, and for how long at most.
type Suspension struct {
	ID     string   `yaml:"id" json:"id"`
	Name   Text     `yaml:"name" json:"name"`
	Source string   `yaml:"source" json:"source"`
	Basis  Basis    `yaml:"basis" json:"basis"`
	Clocks []string `yaml:"clocks" json:"clocks"` // a statute's only where a statute says so
	Days   int      `yaml:"days" json:"days"`     // calendar days at most
}

// Window is a right that has to be used within a term. Nobody is late who doesn't.
type Window struct {
	ID     string        `yaml:"id" json:"id"`
	Name   Text          `yaml:"name" json:"name"`
	Source string        `yaml:"source" json:"source"`
	Basis  Basis         `yaml:"basis" json:"basis"`
	Length int           `yaml:"length" json:"length"` // in Unit; the day it opens is not counted
	Unit   calendar.Unit `yaml:"unit" json:"unit"`
}

// WorkDay says when on a day the clock's own steps are taken.
type WorkDay struct {
	Starts TimeOfDay `yaml:"starts" json:"starts"`
	// Spread delays each case's steps by a fixed part of this, so that
	// thousands of cases due on one day don't wake in one second.
	Spread Duration `yaml:"spread" json:"spread"`
}

// Delivery says when people are told, by the clocks on the walls in China.
type Delivery struct {
	From  TimeOfDay `yaml:"from" json:"from"` // working hours: nobody is told by night
	Until TimeOfDay `yaml:"until" json:"until"`
	// Digest and Board are when the daily and the weekly letters go out, on working days.
	Digest TimeOfDay `yaml:"digest" json:"digest"`
	Board  TimeOfDay `yaml:"board" json:"board"`
	// Urgent are the kinds of events, and the steps, of which people are told at any hour.
	Urgent []string `yaml:"urgent" json:"urgent"`
	// GiveUp is after how long a message is given up that can't be delivered, and after
	// how long an endpoint is switched off that fails.
	GiveUp Duration `yaml:"give_up" json:"give_up"`
}

// Code is one entry of a code list. Also are other words accepted on import.
type Code struct {
	ID   string   `yaml:"id" json:"id"`
	Name Text     `yaml:"name" json:"name"`
	Also []string `yaml:"also,omitempty" json:"also,omitempty"`
}

// Level is a rank of leaders and units; the list runs from the highest down, and
// neighbours in it are adjacent levels.
type Level struct {
	ID   string `yaml:"id" json:"id"`
	Name Text   `yaml:"name" json:"name"`
}

// Category is a content class. Portfolio lists the words in a leader's portfolio
// (分管) that make the leader the natural one for it.
type Category struct {
	ID        string   `yaml:"id" json:"id"`
	Name      Text     `yaml:"name" json:"name"`
	Portfolio []string `yaml:"portfolio" json:"portfolio"`
}

// Pair says of which levels the two leaders of a case are. The first pair that
// fits the case's origin and its unit's level holds.
type Pair struct {
	Origins    []string `yaml:"origins" json:"origins"`
	UnitLevels []string `yaml:"unit_levels,omitempty" json:"unit_levels,omitempty"` // empty: any
	Upper      string   `yaml:"upper" json:"upper"`
	Lower      string   `yaml:"lower" json:"lower"`
	Source     string   `yaml:"source" json:"source"`
	Basis      Basis    `yaml:"basis" json:"basis"`
}

// Bearer names whose duty a clock is.
type Bearer string

// Whose duty a clock can be.
const (
	OfUnit              Bearer = "unit"
	OfPetitionOffice    Bearer = "petition_office"
	OfSupervisionOffice Bearer = "supervision_office"
	OfLeader            Bearer = "leader"    // one clock for each seat
	OfReviewer          Bearer = "reviewer"  // the organ that reviews or rechecks
	OfAddressee         Bearer = "addressee" // the organ that a suggestion went to; one clock for each
)

// Clock is a rule about time: which event starts it, which stops it, how long it
// may run, and what happens before and after it is due.
type Clock struct {
	ID     string `yaml:"id" json:"id"`
	Name   Text   `yaml:"name" json:"name"`
	Source string `yaml:"source" json:"source"`
	Basis  Basis  `yaml:"basis" json:"basis"`

	Bearer Bearer `yaml:"bearer" json:"bearer"`
	// Starts and Stops name events; Triggers lists them.
	Starts []string `yaml:"starts" json:"starts"`
	Stops  []string `yaml:"stops" json:"stops"`
	// From says which day is day 0: the legal date of the event (empty), "recorded",
	// the day it was entered, or "received", the day on which the unit got the matter.
	// Hours count from the instant behind the event or, "recorded", from its entry.
	From string `yaml:"from,omitempty" json:"from,omitempty"`
	// When narrows the cases to which the rule applies; all must hold.
	When     []Condition `yaml:"when,omitempty" json:"when,omitempty"`
	Purposes []string    `yaml:"purposes,omitempty" json:"purposes,omitempty"` // empty: all
	Origins  []string    `yaml:"origins,omitempty" json:"origins,omitempty"`   // empty: all
	// OfficeLevels are the levels of the authority (党委政府) whose petition office is
	// in charge; empty: all.
	OfficeLevels []string `yaml:"office_levels,omitempty" json:"office_levels,omitempty"`

	Length int           `yaml:"length" json:"length"` // in Unit; the start day is not counted
	Unit   calendar.Unit `yaml:"unit" json:"unit"`
	// Yellow is how long before the internal due date the lamp turns yellow: working
	// days, of a clock in hours hours.
	Yellow int     `yaml:"yellow" json:"yellow"`
	Extend *Extend `yaml:"extend,omitempty" json:"extend,omitempty"`
	// OwnTerm is the longest term, in days of Unit, that the starting event may set
	// itself, in place of Length; 0: none.
	OwnTerm int `yaml:"own_term,omitempty" json:"own_term,omitempty"`
	// Grantor names the channel that can lengthen the clock when asked before it is due.
	Grantor string   `yaml:"grantor,omitempty" json:"grantor,omitempty"`
	Steps   []string `yaml:"steps" json:"steps"`
	// Petitioner is what the petitioner is told of the clock; nil: it is none of theirs.
	// A clock that takes the place of a built-in one keeps its words unless it has others.
	Petitioner *ForPetitioner `yaml:"petitioner,omitempty" json:"petitioner,omitempty"`
}

// ForPetitioner is a clock in the words of the petitioner's page.
type ForPetitioner struct {
	Next   Text `yaml:"next" json:"next"`                        // what is to be done by the due date
	Missed Text `yaml:"missed,omitempty" json:"missed,omitzero"` // what they can do when it is missed, beside what they always can
}

// Extend says how a clock may be extended: once, before it is due.
type Extend struct {
	ID     string `yaml:"id" json:"id"`
	Days   int    `yaml:"days" json:"days"` // calendar days at most
	Source string `yaml:"source" json:"source"`
	Basis  Basis  `yaml:"basis" json:"basis"`
}

// Triggers are the events that can start or stop a clock: the kinds of
// casefile's events, some also with the channel, round or outcome behind a stroke.
var Triggers = []string{
	"registered", "forwarded", "accepted", "declined", "assigned", "acknowledged", "acted", "reported",
	"extended", "opined", "signed", "returned", "served", "supervised", "escalated",
	"released/petition_office", "released/supervision_office", "closed", "diverted", "handed_over",
	"suspended", "resumed", "heard", "mediated", "submitted", "resolved", "executed",
	"review_asked", "review_asked/review", "review_asked/recheck", "review_accepted", "review_declined",
	"reviewed", "reviewed/uphold", "reviewed/change", "reviewed/set_aside", "reviewed/redo", "rated", "reopened", "linked",
	"commissioned", "objected", "objection_decided", "objection_decided/upheld", "objection_decided/rejected", "joined", "fell_back",
	"instructed", "fed_back/petition_office", "fed_back/supervision_office", "fed_back/joint_meeting", "term_asked", "term_granted", "term_refused",
	"talked", "circulated", "listed", "ordered", "suggested", "suggestion_answered", "released/joint_meeting", "received",
	"marked_urgent", "marked_urgent/petition_office", "marked_urgent/unit", "urgent_reported", "urgent_reported/petition_office", "urgent_reported/unit",
	"rerouted", "rerouted/petition", "rerouted/duty",
	"enlisted", "delisted", "planned", "campaign_over",
}

// Delegable are the commands of a leader that a deputy can give. What a leader must do
// in person (亲自办理) is not among them.
var Delegable = []string{"acknowledge", "sign", "return"}

// The values of Clock.From that count from another day than the event's own: that of its
// entry, and that on which the responsible unit got the matter.
const (
	Recorded = "recorded"
	Received = "received"
)

// Told are the kinds of events that somebody can be told of: the triggers, and what the
// clock leaves.
func Told() []string {
	kinds := slices.DeleteFunc(slices.Clone(Triggers), func(t string) bool { return strings.Contains(t, "/") })
	return append(kinds, "released", "reminded", "urged", "reported_up", "recalculated")
}

// Condition narrows a clock to some cases. The list is closed: casefile knows
// how to test each.
type Condition string

// The conditions a clock can have.
const (
	ThroughOffice    Condition = "through_office"    // the petition office received it
	Direct           Condition = "direct"            // the responsible unit received it
	Reachable        Condition = "reachable"         // name and address are known (条例第23条第2款)
	UnderPetition    Condition = "under_petition"    // the petition office's channel is open
	UnderSupervision Condition = "under_supervision" // the supervision office's channel is open
	Supported        Condition = "supported"         // the opinion supports the claim and waits to be carried out
	Settled          Condition = "settled"           // nothing of the opinion is left to be carried out
	OnSimple         Condition = "simple"            // the simple track
	OnOrdinary       Condition = "ordinary"          // the ordinary one
	Accepted         Condition = "accepted"          // the notice of acceptance has been given
	ByPetition       Condition = "petition"          // the matter is settled by an opinion (条例第31条第6项)
	ByDuty           Condition = "duty"              // the law asks the unit to act (条例第31条第5项)
	InCampaign       Condition = "in_campaign"       // on the list of a campaign that is not over; the unit has the case and has not served its opinion
)

var conditions = []Condition{
	ThroughOffice, Direct, Reachable, UnderPetition, UnderSupervision, Supported, Settled, OnSimple, OnOrdinary, Accepted, ByPetition, ByDuty, InCampaign,
}

// Action is what a step does.
type Action string

// The actions, in the order of the ladder.
const (
	Remind    Action = "remind"
	Urge      Action = "urge"
	Supervise Action = "supervise" // open the petition office's channel
	Escalate  Action = "escalate"  // open the supervision office's channel too
	ReportUp  Action = "report_up" // tell the superior of whoever is silent
	Resume    Action = "resume"    // let the suspended clocks go on
	FallBack  Action = "fall_back" // from the simple track to the ordinary one
)

// ends reports whether an action ends its clock.
func (a Action) ends() bool { return a == Resume || a == FallBack }

var actions = []Action{Remind, Urge, Supervise, Escalate, ReportUp, Resume, FallBack}

// Recipient is a group of people a step is told to.
type Recipient string

// Who can be told.
const (
	ToOfficers          Recipient = "officers"
	ToUnitHead          Recipient = "unit_head"
	ToUpper             Recipient = "upper"
	ToLower             Recipient = "lower"
	ToBearer            Recipient = "bearer" // whose clock it is: the leader, the unit's officers, the office's staff
	ToPetitionOffice    Recipient = "petition_office"
	ToSupervisionOffice Recipient = "supervision_office"
	ToConvener          Recipient = "convener" // 联席会议召集人: the leader in charge of petition work
	ToReviewer          Recipient = "reviewer" // who records for the organ that reviews or rechecks
)

var recipients = []Recipient{ToOfficers, ToUnitHead, ToUpper, ToLower, ToBearer, ToPetitionOffice, ToSupervisionOffice, ToConvener, ToReviewer}

// Step is something that happens by itself at a time relative to a clock's due
// date: before it (a reminder) or after it (a rung of the ladder).
type Step struct {
	ID     string      `yaml:"id" json:"id"`
	Name   Text        `yaml:"name" json:"name"`
	Source string      `yaml:"source" json:"source"`
	Basis  Basis       `yaml:"basis" json:"basis"`
	At     Offset      `yaml:"at" json:"at"`
	Repeat Offset      `yaml:"repeat,omitempty" json:"repeat,omitzero"` // again and again while the clock runs
	Do     Action      `yaml:"do" json:"do"`
	To     []Recipient `yaml:"to" json:"to"`
	// UnlessReported leaves the step out when the unit has reported since the
	// due date, that is, has explained itself.
	UnlessReported bool `yaml:"unless_reported,omitempty" json:"unless_reported,omitempty"`
}

// Clock returns the rule with this id.
func (p *Policy) Clock(id string) (Clock, bool) {
	return find(p.Clocks, id, func(c Clock) string { return c.ID })
}

// Step returns the step with this id.
func (p *Policy) Step(id string) (Step, bool) {
	return find(p.Steps, id, func(s Step) string { return s.ID })
}

// Suspension returns the reason for suspension with this id.
func (p *Policy) Suspension(id string) (Suspension, bool) {
	return find(p.Suspensions, id, func(s Suspension) string { return s.ID })
}

// Window returns the window with this id.
func (p *Policy) Window(id string) (Window, bool) {
	return find(p.Windows, id, func(w Window) string { return w.ID })
}

// Category returns the content class with this id.
func (p *Policy) Category(id string) (Category, bool) {
	return find(p.Categories, id, func(c Category) string { return c.ID })
}

// Extension returns the extension rule with this id and the clock it belongs to.
func (p *Policy) Extension(id string) (Extend, Clock, bool) {
	for _, c := range p.Clocks {
		if c.Extend != nil && c.Extend.ID == id {
			return *c.Extend, c, true
		}
	}
	return Extend{}, Clock{}, false
}

// Has reports whether a code list has this id.
func Has(list []Code, id string) bool {
	return slices.ContainsFunc(list, func(c Code) bool { return c.ID == id })
}

// IDs lists the ids of a code list.
func IDs(list []Code) []string { return each(list, func(c Code) string { return c.ID }) }

// SuspensionIDs lists the reasons for which clocks can stand still.
func (p *Policy) SuspensionIDs() []string {
	return each(p.Suspensions, func(s Suspension) string { return s.ID })
}

// LevelIDs lists the ids of the levels, the highest first.
func (p *Policy) LevelIDs() []string { return each(p.Levels, func(l Level) string { return l.ID }) }

// CategoryIDs lists the ids of the content classes.
func (p *Policy) CategoryIDs() []string {
	return each(p.Categories, func(c Category) string { return c.ID })
}

func each[T any](list []T, id func(T) string) []string {
	ids := make([]string, len(list))
	for i, x := range list {
		ids[i] = id(x)
	}
	return ids
}

// Lookup finds the id in a code list for a word as people write it: the id, a
// name in either language, or one of the other accepted words.
func Lookup(list []Code, word string) (string, bool) {
	word = strings.TrimSpace(word)
	for _, c := range list {
		if word == c.ID || word == c.Name.Chinese || word == c.Name.English || slices.Contains(c.Also, word) {
			return c.ID, true
		}
	}
	return "", false
}

// LookupCategory is Lookup for content classes.
func (p *Policy) LookupCategory(word string) (string, bool) {
	word = strings.TrimSpace(word)
	for _, c := range p.Categories {
		if word == c.ID || word == c.Name.Chinese || word == c.Name.English {
			return c.ID, true
		}
	}
	return "", false
}

// Rank is a level's place counted from the lowest (1) up; 0 for a level the
// policy does not know. Adjacent levels differ by one.
func (p *Policy) Rank(level string) int {
	for i, l := range p.Levels {
		if l.ID == level {
			return len(p.Levels) - i
		}
	}
	return 0
}

// PairFor returns the pair of levels for a case of this origin at a unit of this
// level.
func (p *Policy) PairFor(origin, unitLevel string) (Pair, bool) {
	for _, pair := range p.Pairs {
		if slices.Contains(pair.Origins, origin) && (len(pair.UnitLevels) == 0 || slices.Contains(pair.UnitLevels, unitLevel)) {
			return pair, true
		}
	}
	return Pair{}, false
}

func find[T any](list []T, id string, key func(T) string) (T, bool) {
	for _, x := range list {
		if key(x) == id {
			return x, true
		}
	}
	var none T
	return none, false
}

// Change is one entry of a policy that another has otherwise.
type Change struct {
	List   string          `json:"list"`         // clocks, steps, …
	ID     string          `json:"id,omitempty"` // of an entry that has one; else the list changes as a whole
	Before json.RawMessage `json:"before"`       // null: there was none
	After  json.RawMessage `json:"after"`        // null: there is none any more
}

// Changes lists what is otherwise in the policy after than in the one before, in the order
// of their fields.
func Changes(before, after *Policy) []Change {
	changes := []Change{}
	x, y := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range x.NumField() {
		name := x.Type().Field(i).Tag.Get("json")
		was, ids := entries(x.Field(i))
		is, more := entries(y.Field(i))
		ids = append(ids, more...)
		for n, id := range ids {
			if slices.Index(ids, id) == n && !bytes.Equal(was[id], is[id]) {
				changes = append(changes, Change{name, id, was[id], is[id]})
			}
		}
	}
	return changes
}

// entries are a field's entries by id, in JSON and in order; of a field whose entries have
// none the whole, under no id.
func entries(field reflect.Value) (byID map[string]json.RawMessage, ids []string) {
	byID = map[string]json.RawMessage{}
	add := func(id string, v reflect.Value) {
		raw, _ := json.Marshal(v.Interface()) // plain data, which can't fail
		byID[id], ids = raw, append(ids, id)
	}
	if field.Kind() != reflect.Slice || field.Type().Elem().Kind() != reflect.Struct || !hasID(field.Type().Elem()) {
		add("", field)
		return byID, ids
	}
	for i := range field.Len() {
		add(field.Index(i).FieldByName("ID").String(), field.Index(i))
	}
	return byID, ids
}

func hasID(entry reflect.Type) bool {
	_, ok := entry.FieldByName("ID")
	return ok
}

// At returns the instant on this day at which the clock's steps are taken.
func (w WorkDay) At(d calendar.Date) time.Time { return d.At(w.Starts.Hour, w.Starts.Minute) }

// At returns the instant on this day.
func (t TimeOfDay) At(d calendar.Date) time.Time { return d.At(t.Hour, t.Minute) }

// Hours reports whether it is working hours at this instant.
func (d Delivery) Hours(at time.Time, cal *calendar.Calendar) bool {
	day := calendar.DateOf(at)
	return cal.Day(day).Work && !at.Before(d.From.At(day)) && at.Before(d.Until.At(day))
}

// AtAnyHour reports whether people are told of an event of this kind, left by this step
// if by any, by night and on rest days too.
func (d Delivery) AtAnyHour(kind, step string) bool {
	step, _, _ = strings.Cut(step, "#") // a repetition's number
	return slices.Contains(d.Urgent, kind) || step != "" && slices.Contains(d.Urgent, step)
}

// When returns the instant from which on somebody may be told of what happened at this
// one: at once within working hours or if it is urgent, else when the next begin.
func (d Delivery) When(kind, step string, at time.Time, cal *calendar.Calendar) time.Time {
	if d.AtAnyHour(kind, step) || d.Hours(at, cal) {
		return at
	}
	day := calendar.DateOf(at)
	if !cal.Day(day).Work || !at.Before(d.From.At(day)) {
		day, _ = cal.AddWorkingDays(day, 1)
	}
	return d.From.At(day)
}
