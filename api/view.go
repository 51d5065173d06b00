package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// What a case looks like in JSON. Every field is always there: null is none.

// summary is a case as lists show it: no text, and nothing of who complained.
type summary struct {
	ID           string               `json:"id"`
	Number       string               `json:"number"`
	Reference    *string              `json:"reference"`
	Title        string               `json:"title"`
	Origin       string               `json:"origin"`
	Channel      string               `json:"channel"`
	Purpose      string               `json:"purpose"`
	Category     string               `json:"category"`
	Campaign     *campaignRef         `json:"campaign"`
	Headcount    int                  `json:"headcount"`
	Repeated     bool                 `json:"repeated"`
	Collective   bool                 `json:"collective"`
	SkipLevel    bool                 `json:"skip_level"`
	Key          bool                 `json:"key"`
	Difficult    bool                 `json:"difficult"`
	Urgent       bool                 `json:"urgent"`
	Stage        casefile.Stage       `json:"stage"`
	Lamp         casefile.Lamp        `json:"lamp"`
	Late         bool                 `json:"late"`
	Office       string               `json:"office"`
	Unit         string               `json:"unit"`
	UnitName     string               `json:"unit_name"`
	Direct       bool                 `json:"direct"`
	ReceivedOn   calendar.Date        `json:"received_on"`
	RegisteredAt time.Time            `json:"registered_at"`
	ClosedAt     *time.Time           `json:"closed_at"`
	Leaders      leaders              `json:"leaders"`
	Supervision  casefile.Supervision `json:"supervision"`
	Clocks       []clockView          `json:"clocks"`
	Next         *nextView            `json:"next"`
	Commands     []casefile.Kind      `json:"commands"`
}

// caseView is a case whole.
type caseView struct {
	summary
	Text            *string               `json:"text"`
	Petitioner      *store.Petitioner     `json:"petitioner"`
	AccusedUnit     *string               `json:"accused_unit"`
	AccusedOfficial *string               `json:"accused_official"`
	Opinion         *opinionView          `json:"opinion"`
	Served          *casefile.Service     `json:"served"`
	ExecutedAt      *time.Time            `json:"executed_at"`
	Suspension      *casefile.Suspension  `json:"suspension"`
	Meetings        []meetingView         `json:"meetings"`
	Reviews         []reviewView          `json:"reviews"`
	Ratings         []casefile.Rating     `json:"ratings"`
	Rights          []rightView           `json:"rights"`
	Reopened        int                   `json:"reopened"`
	Final           bool                  `json:"final"`
	Representatives int                   `json:"representatives"`
	Earlier         []string              `json:"earlier"`
	Track           string                `json:"track"`
	Route           string                `json:"route"`
	Urgency         *urgencyView          `json:"urgency"`
	CoUnits         []string              `json:"co_units"`
	ObjectUntil     *calendar.Date        `json:"object_until"`
	ObjectedAt      *time.Time            `json:"objected_at"`
	TermRequest     *casefile.TermRequest `json:"term_request"`
	Suggestions     []suggestionView      `json:"suggestions"`
	Receptions      []string              `json:"receptions"`
	Receiver        *string               `json:"receiver"`
	Channels        []channelView         `json:"channels"`
	Enlistments     []enlistmentView      `json:"enlistments"`
	WaitsFor        []casefile.Kind       `json:"waits_for"`
}

type leaders struct {
	Upper *seatView `json:"upper"`
	Lower *seatView `json:"lower"`
}

type seatView struct {
	Official       string     `json:"official"`
	Name           string     `json:"name"`
	Post           string     `json:"post"`
	Level          string     `json:"level"`
	AssignedAt     time.Time  `json:"assigned_at"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	SignedAt       *time.Time `json:"signed_at"`
	LastActAt      *time.Time `json:"last_act_at"`
}

type clockView struct {
	ID             string          `json:"id"`
	Rule           string          `json:"rule"`
	Name           string          `json:"name"`
	Source         string          `json:"source"`
	Basis          policy.Basis    `json:"basis"`
	Bearer         bearerView      `json:"bearer"`
	From           calendar.Date   `json:"from"`
	Length         int             `json:"length"`
	Unit           calendar.Unit   `json:"unit"`
	StartedAt      time.Time       `json:"started_at"`
	InternalDue    calendar.Date   `json:"internal_due"`
	StatutoryDue   calendar.Date   `json:"statutory_due"`
	DueAt          *time.Time      `json:"due_at"`
	Provisional    bool            `json:"provisional"`
	YellowOn       calendar.Date   `json:"yellow_on"`
	ExtendedDays   int             `json:"extended_days"`
	SuspendedSince *time.Time      `json:"suspended_since"`
	Suspensions    []casefile.Span `json:"suspensions"`
	MetAt          *time.Time      `json:"met_at"`
	EndedAt        *time.Time      `json:"ended_at"`
	Lamp           casefile.Lamp   `json:"lamp"`
	Overdue        bool            `json:"overdue"`
	LateDays       int             `json:"late_days"`
	LateHours      int             `json:"late_hours"`
}

// urgencyView is what there is to report of an urgent matter, and what has been.
type urgencyView struct {
	KnownAt  time.Time          `json:"known_at"`
	MarkedAt time.Time          `json:"marked_at"`
	MarkedBy string             `json:"marked_by"`
	Unit     *string            `json:"unit"`
	WaitsFor []policy.Bearer    `json:"waits_for"`
	Reports  []urgentReportView `json:"reports"`
}

type urgentReportView struct {
	Whose  policy.Bearer `json:"whose"`
	By     string        `json:"by"`
	At     time.Time     `json:"at"`
	Organs []string      `json:"organs"`
	Text   *string       `json:"text"`
}

func (v viewer) urgency(u *casefile.Urgency, texts map[string]store.Text) *urgencyView {
	if u == nil {
		return nil
	}
	view := &urgencyView{u.KnownAt.UTC(), u.MarkedAt.UTC(), u.By, text(u.Unit), append([]policy.Bearer{}, u.WaitsFor()...), []urgentReportView{}}
	for _, r := range u.Reports {
		view.Reports = append(view.Reports, urgentReportView{r.Whose, r.By, r.At.UTC(), r.Organs, words(texts, &r.Document)})
	}
	return view
}

type bearerView struct {
	Whose policy.Bearer `json:"whose"`
	Who   string        `json:"who"`
}

type nextView struct {
	At    time.Time `json:"at"`
	Step  string    `json:"step"`
	Clock string    `json:"clock"`
}

type meetingView struct {
	Meeting     string         `json:"meeting"`
	SubmittedAt time.Time      `json:"submitted_at"`
	On          *calendar.Date `json:"on"`
	Money       int64          `json:"money"`
	Decision    *string        `json:"decision"`
}

type reviewView struct {
	Round      string         `json:"round"`
	Unit       *string        `json:"unit"`
	Organ      *string        `json:"organ"`
	Level      string         `json:"level"`
	AskedOn    calendar.Date  `json:"asked_on"`
	AcceptedAt *time.Time     `json:"accepted_at"`
	DeclinedAt *time.Time     `json:"declined_at"`
	Outcome    *string        `json:"outcome"`
	RepliedOn  *calendar.Date `json:"replied_on"`
}

type rightView struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Source      string        `json:"source"`
	Until       calendar.Date `json:"until"`
	Provisional bool          `json:"provisional"`
}

type suggestionView struct {
	Number  int     `json:"number"`
	Kind    string  `json:"kind"`
	Organ   string  `json:"organ"`
	Outcome *string `json:"outcome"`
}

type opinionView struct {
	Version int       `json:"version"`
	Result  string    `json:"result"`
	Days    *int      `json:"days"`
	Hash    string    `json:"hash"`
	Text    *string   `json:"text"`
	At      time.Time `json:"at"`
}

type channelView struct {
	Channel    casefile.ChannelName `json:"channel"`
	Office     string               `json:"office"`
	Letter     string               `json:"letter"`
	Letters    int                  `json:"letters"`
	Reason     *string              `json:"reason"`
	Text       *string              `json:"text"`
	OpenedAt   time.Time            `json:"opened_at"`
	FedBackAt  *time.Time           `json:"fed_back_at"`
	Clock      *string              `json:"clock"`
	Due        *calendar.Date       `json:"due"`
	Lamp       *casefile.Lamp       `json:"lamp"`
	ReleasedAt *time.Time           `json:"released_at"`
}

// viewer is who looks, when, and by which rules.
type viewer struct {
	by    casefile.Actor
	rules casefile.Rules
	now   time.Time
	lang  lang
}

func (a *api) viewer(r *http.Request) (viewer, error) {
	rules, err := a.rules(r.Context())
	return viewer{actorOf(r), rules, rules.Now, languageOf(r)}, err
}

func (v viewer) summary(row store.Row) summary {
	c := row.Case
	s := summary{
		ID: c.ID, Number: c.Number, Reference: text(c.Reference), Title: row.Title, Origin: c.Origin, Channel: c.Channel, Purpose: c.Purpose,
		Category: c.Category, Campaign: v.campaignOf(c), Headcount: c.Headcount, Repeated: c.Repeated, Collective: c.Collective, SkipLevel: c.SkipLevel, Key: c.Key, Difficult: c.Difficult, Urgent: c.Urgent != nil,
		Stage: c.Stage, Lamp: c.Lamp(v.now), Office: c.Office, Unit: c.Unit, UnitName: v.rules.Directory.Units[c.Unit].Name, Direct: c.Direct,
		ReceivedOn: c.ReceivedOn, RegisteredAt: c.RegisteredAt.UTC(), ClosedAt: instant(c.ClosedAt),
		Leaders: leaders{v.seat(c.Upper), v.seat(c.Lower)}, Supervision: c.Supervision(), Clocks: []clockView{},
		Commands: casefile.Available(c, v.by, v.rules, v.now),
	}
	for _, k := range c.Clocks {
		s.Late = s.Late || k.Overdue(v.now)
		s.Clocks = append(s.Clocks, v.clock(k))
	}
	if next := casefile.NextStep(c, v.rules, v.now); !next.At.IsZero() {
		s.Next = &nextView{next.At.UTC(), next.Step, next.Clock}
	}
	return s
}

func (v viewer) seat(s casefile.Seat) *seatView {
	if s.Official == "" {
		return nil
	}
	o := v.rules.Directory.Officials[s.Official]
	return &seatView{
		Official: s.Official, Name: o.Name, Post: o.Post, Level: s.Level, AssignedAt: s.AssignedAt.UTC(),
		AcknowledgedAt: instant(s.AcknowledgedAt), SignedAt: instant(s.SignedAt), LastActAt: instant(s.LastActAt),
	}
}

func (v viewer) clock(k casefile.Clock) clockView {
	rule, _ := v.rules.Policy.Clock(k.Rule) // a rule that was dropped since has no name any more
	return clockView{
		ID: k.ID, Rule: k.Rule, Name: v.lang.of(rule.Name), Source: rule.Source, Basis: rule.Basis, Bearer: bearerView{k.Whose, k.Who},
		From: k.From, Length: k.Length, Unit: k.Unit, StartedAt: k.StartedAt.UTC(),
		InternalDue: k.Due.Internal, StatutoryDue: k.Due.Statutory, DueAt: instant(k.Due.At), Provisional: k.Due.Provisional, YellowOn: k.YellowOn, ExtendedDays: k.Extended,
		SuspendedSince: instant(k.SuspendedSince), Suspensions: append([]casefile.Span{}, k.Spans...), MetAt: instant(k.MetAt), EndedAt: instant(k.EndedAt),
		Lamp: k.Lamp(v.now), Overdue: k.Overdue(v.now), LateDays: k.LateDays(v.now), LateHours: k.LateHours(v.now),
	}
}

// whole is the case with its texts and, for those who handle it, who complained.
func (a *api) whole(ctx context.Context, v viewer, row store.Row) (caseView, error) {
	c := row.Case
	view := caseView{summary: v.summary(row), Served: c.Served, Channels: []channelView{}}
	texts, err := a.Store.Texts(ctx, c.ID)
	if err != nil {
		return view, err
	}
	view.Text = words(texts, &c.Petition)
	if o := c.Opinion; o != nil {
		view.Opinion = &opinionView{o.Version, o.Result, number(o.Days), o.Hash(), words(texts, &o.Document), o.At.UTC()}
	}
	v.after(&view, c, texts)
	view.WaitsFor = casefile.WaitsFor(c, v.by, v.rules, v.now)
	view.Enlistments = []enlistmentView{}
	for _, e := range c.Enlistments {
		view.Enlistments = append(view.Enlistments, v.enlistment(e, texts))
	}
	for _, ch := range c.Channels {
		view.Channels = append(view.Channels, v.channel(c, ch, texts))
	}
	if !casefile.SeesPetitioner(c, v.by, v.rules) {
		return view, nil
	}
	view.AccusedUnit, view.AccusedOfficial = text(c.AccusedUnit), text(c.AccusedOfficial)
	if c.Petitioner == "" {
		return view, nil
	}
	p, err := a.Store.ReadPetitioner(ctx, c, v.by.ID, v.now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return view, nil
	case errors.Is(err, store.ErrSealed):
		// The case can be worked on without; that the key is lost is the operator's to mend.
		a.Log.ErrorContext(ctx, "petitioner can't be shown", "case", c.ID, "error", err)
		return view, nil
	}
	view.Petitioner = &p
	return view, err
}

// after fills in what came beside and after the main way.
func (v viewer) after(view *caseView, c casefile.Case, texts map[string]store.Text) {
	view.ExecutedAt, view.Suspension, view.Reopened, view.Final = instant(c.ExecutedAt), c.Suspension, c.Reopened, c.Final
	view.Receptions, view.Receiver = append([]string{}, c.Receptions...), text(c.Receiver)
	view.Representatives, view.Earlier = c.Representatives, append([]string{}, c.Earlier...)
	view.Meetings, view.Reviews, view.Ratings, view.Rights = []meetingView{}, []reviewView{}, append([]casefile.Rating{}, c.Ratings...), []rightView{}
	view.Track, view.CoUnits, view.ObjectUntil, view.ObjectedAt = cmp.Or(c.Track, "ordinary"), append([]string{}, c.CoUnits...), day(c.ObjectUntil), instant(c.ObjectedAt)
	view.Route, view.Urgency = cmp.Or(c.Route, casefile.HandlingRoutes[0]), v.urgency(c.Urgent, texts)
	view.TermRequest, view.Suggestions = c.TermRequest, []suggestionView{}
	for _, s := range c.Suggestions {
		view.Suggestions = append(view.Suggestions, suggestionView{s.Number, s.Kind, s.Organ, text(s.Outcome)})
	}
	for _, m := range c.Meetings {
		view.Meetings = append(view.Meetings, meetingView{m.Meeting, m.SubmittedAt.UTC(), day(m.On), m.Money, words(texts, m.Decision)})
	}
	for _, r := range c.Reviews {
		view.Reviews = append(view.Reviews, reviewView{
			r.Round, text(r.Unit), text(r.Organ), r.Level, r.AskedOn, instant(r.AcceptedAt), instant(r.DeclinedAt), text(r.Outcome), day(r.RepliedOn),
		})
	}
	for _, right := range casefile.Rights(c, v.rules) {
		w, _ := v.rules.Policy.Window(right.ID)
		view.Rights = append(view.Rights, rightView{right.ID, v.lang.of(w.Name), w.Source, right.Until.Statutory, right.Until.Provisional})
	}
}

// clockOf says which clock is the term of a channel's letter.
var clockOf = map[casefile.ChannelName]string{casefile.PetitionOffice: "SUP-1", casefile.SupervisionOffice: "SUP-2", casefile.JointMeeting: "LISTED"}

func (v viewer) channel(c casefile.Case, ch casefile.Channel, texts map[string]store.Text) channelView {
	view := channelView{
		Channel: ch.Name, Office: ch.Office, Letter: ch.Letter, Letters: ch.Letters, Reason: text(ch.Reason), Text: words(texts, ch.Document),
		OpenedAt: ch.OpenedAt.UTC(), FedBackAt: instant(ch.FedBackAt), ReleasedAt: instant(ch.ReleasedAt),
	}
	if k, ok := c.Clock(clockOf[ch.Name]); ok {
		lamp := k.Lamp(v.now)
		view.Clock, view.Due, view.Lamp = &k.ID, &k.Due.Internal, &lamp
	}
	return view
}

// eventView is a row of a case's ledger.
type eventView struct {
	Seq     int64              `json:"seq"`
	At      time.Time          `json:"at"`
	Kind    casefile.EventKind `json:"kind"`
	Actor   string             `json:"actor"`
	Role    casefile.Role      `json:"role"`
	For     string             `json:"for,omitempty"`
	Command string             `json:"command"`
	Rule    string             `json:"rule"`
	Text    *string            `json:"text"`
	Clocks  []movedClock       `json:"clocks"`
	Hash    string             `json:"hash"`

	On           calendar.Date        `json:"on,omitzero"`
	Unit         string               `json:"unit,omitempty"`
	Organ        string               `json:"organ,omitempty"`
	Organs       []string             `json:"organs,omitempty"`
	KnownAt      *time.Time           `json:"known_at,omitempty"`
	Upper        string               `json:"upper,omitempty"`
	Lower        string               `json:"lower,omitempty"`
	Why          string               `json:"why,omitempty"`
	Seat         casefile.SeatName    `json:"seat,omitempty"`
	Act          string               `json:"act,omitempty"`
	Days         int                  `json:"days,omitempty"`
	RequestedBy  string               `json:"requested_by,omitempty"`
	ToldOn       calendar.Date        `json:"told_on,omitzero"`
	ToldBy       string               `json:"told_by,omitempty"`
	Result       string               `json:"result,omitempty"`
	SignedHash   string               `json:"signed_hash,omitempty"`
	Means        string               `json:"means,omitempty"`
	Channel      casefile.ChannelName `json:"channel,omitempty"`
	Letter       string               `json:"letter,omitempty"`
	Reason       string               `json:"reason,omitempty"`
	Ground       string               `json:"ground,omitempty"`
	DecidedBy    string               `json:"decided_by,omitempty"`
	From         string               `json:"from,omitempty"`
	To           string               `json:"to,omitempty"`
	Route        string               `json:"route,omitempty"`
	Until        calendar.Date        `json:"until,omitzero"`
	Suggestion   string               `json:"suggestion,omitempty"`
	Number       int                  `json:"number,omitempty"`
	Earlier      string               `json:"earlier,omitempty"`
	Corrected    []string             `json:"corrected,omitempty"`
	Title        string               `json:"title,omitempty"`
	Campaign     string               `json:"campaign,omitempty"`
	Outcome      string               `json:"outcome,omitempty"`
	Meeting      string               `json:"meeting,omitempty"`
	Money        int64                `json:"money,omitempty"`
	Round        string               `json:"round,omitempty"`
	OfficeRating string               `json:"office_rating,omitempty"`
	UnitRating   string               `json:"unit_rating,omitempty"`
	Late         []casefile.Late      `json:"late,omitempty"`
	Clock        string               `json:"clock,omitempty"`
	Step         string               `json:"step,omitempty"`
	Reception    string               `json:"reception,omitempty"`
	Receiver     string               `json:"receiver,omitempty"`
	Appointment  string               `json:"appointment,omitempty"`
}

// movedClock is a clock as an event left it, in short.
type movedClock struct {
	ID           string        `json:"id"`
	InternalDue  calendar.Date `json:"internal_due"`
	StatutoryDue calendar.Date `json:"statutory_due"`
	DueAt        *time.Time    `json:"due_at"`
	Provisional  bool          `json:"provisional"`
	ExtendedDays int           `json:"extended_days"`
	MetAt        *time.Time    `json:"met_at"`
	EndedAt      *time.Time    `json:"ended_at"`
}

// event shows a ledger row. How the case began (Event.Case) is left out: it says whom
// the case accuses.
func (v viewer) event(row store.Recorded, e casefile.Event, texts map[string]store.Text) eventView {
	view := eventView{
		Seq: e.Seq, At: e.At.UTC(), Kind: e.Kind, Actor: e.Actor.ID, Role: e.Actor.Role, For: e.For, Command: e.Command, Rule: e.Rule,
		Text: words(texts, e.Document), Clocks: []movedClock{}, Hash: hex.EncodeToString(row.Hash),
		On: e.On, Unit: e.Unit, Organ: e.Organ, Seat: e.Seat, Act: e.Act, Days: e.Days, RequestedBy: e.RequestedBy, ToldOn: e.ToldOn, ToldBy: e.ToldBy,
		Result: e.Result, SignedHash: e.Hash, Means: e.Means, Channel: e.Channel, Letter: e.Letter, Reason: e.Reason, Ground: e.Ground,
		DecidedBy: e.DecidedBy, From: e.From, To: e.To, Route: e.Route, Until: e.Until, Suggestion: e.Suggestion, Number: e.Number, Earlier: e.Earlier, Campaign: e.Campaign, Outcome: e.Outcome, Meeting: e.Meeting, Money: e.Money, OfficeRating: e.OfficeRating, UnitRating: e.UnitRating, Late: e.Late, Clock: e.Clock, Step: e.Step,
		Reception: e.Reception, Receiver: e.Receiver, Appointment: e.Appointment,
	}
	view.Organs, view.Corrected = e.Organs, e.Corrected
	if e.Document != nil {
		view.Title = texts[e.Document.ID].Title
	}
	if e.Kind == casefile.EventMarkedUrgent {
		view.KnownAt = instant(e.Since)
	}
	if r := e.Review; r != nil {
		view.Round, view.Unit, view.Organ = r.Round, r.Unit, r.Organ
	}
	if e.Case != nil {
		view.Text, view.Title, view.Unit = words(texts, &e.Case.Petition), texts[e.Case.Petition.ID].Title, e.Case.Unit
	}
	if e.Upper != nil && e.Lower != nil {
		view.Upper, view.Lower = e.Upper.Official, e.Lower.Official
	}
	if e.Why != nil {
		view.Why = v.lang.of(*e.Why)
	}
	for _, k := range e.Clocks {
		view.Clocks = append(view.Clocks, movedClock{
			k.ID, k.Due.Internal, k.Due.Statutory, instant(k.Due.At), k.Due.Provisional, k.Extended, instant(k.MetAt), instant(k.EndedAt),
		})
	}
	return view
}

// text is a string in JSON, null when there is none.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// day is a day in JSON, null when there is none; number likewise.
func day(d calendar.Date) *calendar.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func number(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// instant is a time in JSON, null when it has not come.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// words are the words of a document, null when there is none.
func words(texts map[string]store.Text, doc *casefile.Document) *string {
	if doc == nil {
		return nil
	}
	if t, ok := texts[doc.ID]; ok {
		return &t.Body
	}
	return nil
}
