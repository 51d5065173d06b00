package casefile

import (
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Outcome is what a command leads to: the events to record, whom to tell, what the case's
// clocks have planned, and the first of that.
type Outcome struct {
	Events  []Event
	Notices []Notice
	Plan    []Planned
	Next    Next
}

// Decide works out what a command leads to. The steps whose time has come are
// taken first. A refusal is an *Error and leaves nothing behind, not even those
// steps: they come again with the clock's own tick.
func Decide(c Case, cmd Command, rules Rules, now time.Time) (Outcome, error) {
	d := &decision{c: c, cmd: cmd, rules: rules, now: now.UTC().Truncate(time.Microsecond)} // as Postgres keeps it
	if d.now.Before(c.LastAt) {
		d.now = c.LastAt // another worker's clock is ahead of this one's
	}
	d.rules.Now = d.now
	if c.Stage.Open() {
		d.advance()
	}
	for _, kind := range cmd.kinds() {
		s, ok := specOf(kind)
		if !ok {
			return Outcome{}, Permit(d.c, kind, cmd.Actor, d.rules)
		}
		if err := Permit(d.c, kind, cmd.Actor, d.rules); err != nil {
			return Outcome{}, err
		}
		var err *Error
		if d.as, err = actsAs(d.c, cmd, kind, d.rules); err != nil {
			return Outcome{}, err
		}
		if err := admits(d.c, s, d.as, d.now); err != nil {
			err.Commands = Available(d.c, cmd.Actor, d.rules, d.now)
			return Outcome{}, err
		}
		if s.decide == nil {
			continue
		}
		if err := s.decide(d); err != nil {
			if err.Reason == Conflict {
				err.Commands = Available(d.c, cmd.Actor, d.rules, d.now)
			}
			return Outcome{}, err
		}
	}
	plan := Plan(d.c, d.rules, d.now)
	return Outcome{d.events, d.notices, plan, first(plan)}, nil
}

// kinds lists what a command does in order: a registration can bring the mark of an
// urgent matter, acceptance on the spot and the two leaders along, and put the case
// on a campaign's list.
func (cmd Command) kinds() []Kind {
	kinds := []Kind{cmd.Kind}
	if cmd.Kind == Register && cmd.Registration != nil {
		if cmd.Registration.Urgent {
			kinds = append(kinds, MarkUrgent)
		}
		if cmd.Registration.OnTheSpot {
			kinds = append(kinds, Accept)
		}
		if cmd.Upper != "" || cmd.Lower != "" {
			kinds = append(kinds, Assign)
		}
		if cmd.Registration.Campaign != "" {
			kinds = append(kinds, Enlist)
		}
	}
	return kinds
}

// decision is a command being decided: the case as it becomes, event by event.
type decision struct {
	c       Case
	cmd     Command
	as      Actor // whose seat it is: cmd.Actor or, of a deputy, the leader on leave
	rules   Rules
	now     time.Time
	events  []Event
	notices []Notice
}

// emit records an event and moves the case and its clocks on. It returns the event as
// it was recorded.
func (d *decision) emit(e Event) Event {
	e.Seq, e.At, e.Command = d.c.Seq+1, d.now, d.cmd.ID
	if e.Actor == (Actor{}) {
		e.Actor = d.cmd.Actor
	}
	if e.Rule == "" {
		e.Rule = string(d.cmd.Kind)
	}
	e.Clocks = latest(append(e.Clocks, d.clockChanges(Apply(d.c, e), e)...))
	e.Late = d.late(e.Kind, e.Clocks)
	d.c = Apply(d.c, e)
	d.events = append(d.events, e)
	return e
}

// text is the command's document, if it has one.
func (d *decision) text() *Document {
	if d.cmd.Text == (Document{}) || d.cmd.Kind == Register {
		return nil
	}
	t := d.cmd.Text
	return &t
}

func (d *decision) today() calendar.Date { return calendar.DateOf(d.now) }

// on is the day an act was done on paper; v notes a day that can't be. It can start
// a clock earlier, but never meet one: what is entered late is late.
func (d *decision) on(v *invalid) calendar.Date {
	on := d.cmd.On
	switch {
	case on.IsZero():
		return d.today()
	case on.After(d.today()):
		v.add("on", "in_future", "日期不能晚于今天", "the date lies in the future")
	case on.Before(d.c.ReceivedOn):
		v.add("on", "before_receipt", "日期不能早于收到信访事项之日", "the date lies before the petition was received")
	}
	return on
}

// needText requires the command's text.
func (d *decision) needText(v *invalid) { v.required("text", d.cmd.Text == Document{}) }

// textGiven refuses a command whose text is all that it needs, and is missing.
func (d *decision) textGiven() *Error {
	var v invalid
	d.needText(&v)
	return v.err()
}

func register(d *decision) *Error {
	var v invalid
	r := d.cmd.Registration
	if r == nil {
		r = &Registration{}
	}
	p := d.rules.Policy
	v.oneOf("origin", r.Origin, policy.IDs(p.Origins))
	v.oneOf("channel", r.Channel, policy.IDs(p.Channels))
	v.oneOf("purpose", r.Purpose, policy.IDs(p.Purposes))
	v.oneOf("category", r.Category, p.CategoryIDs())
	d.needText(&v)
	if r.Headcount < 1 || r.Headcount > 100_000 {
		v.add("headcount", "out_of_range", "人数应为1至100000", "the number of persons must be 1 to 100000")
	}
	switch {
	case r.ReceivedAt.IsZero():
		v.required("received_at", true)
	case r.ReceivedAt.After(d.now):
		v.add("received_at", "in_future", "收到时间不能晚于现在", "the time of receipt lies in the future")
	case r.ReceivedAt.Before(d.now.AddDate(-20, 0, 0)):
		v.add("received_at", "too_old", "收到时间不能早于二十年前", "the time of receipt lies more than twenty years back")
	}
	if r.Simple && (r.Purpose != "appeal" || r.Repeated) {
		v.add("simple", "not_the_case", "简易办理只适用于初次申诉求决事项", "the simple track is for appeals raised for the first time")
	}
	d.checkUnit(&v, r.Unit, r.AccusedUnit)
	d.checkAccused(&v, r)
	d.checkRoute(&v, r.Purpose, r.Simple)
	switch {
	case r.Urgent:
		d.knownAt(&v, calendar.DateOf(r.ReceivedAt))
	case !d.cmd.KnownAt.IsZero():
		v.add("known_at", "not_here", "仅重大紧急事项填写获知时间", "only an urgent matter has a time at which it became known")
	}
	c := Case{
		ID: d.c.ID, Number: r.Number, Reference: r.Reference, Origin: r.Origin, Channel: r.Channel, Purpose: r.Purpose,
		Category: r.Category, Headcount: r.Headcount, Repeated: r.Repeated, Key: r.Key, Difficult: r.Difficult,
		Unit: r.Unit, UnitLevel: d.rules.Directory.Units[r.Unit].Level, Reachable: r.Reachable,
		AccusedUnit: r.AccusedUnit, AccusedOfficial: r.AccusedOfficial,
		Stage: Registered, ReceivedOn: calendar.DateOf(r.ReceivedAt), RegisteredAt: d.now, Petition: d.cmd.Text,
		Petitioner: r.Petitioner,
	}
	if r.Simple {
		c.Track = Simple
	}
	c.takeRoute(d.cmd.Route)
	c.Office = RegisteringOffice(d.cmd, d.rules.Directory)
	if d.cmd.Actor.Role == Officer {
		c.Direct = true
		if r.Unit != d.cmd.Actor.Unit && r.Unit != "" {
			v.add("unit", "not_own_unit", "承办人只能登记本单位直接收到的信访事项", "an officer registers only what the own unit received")
		}
	} else if area := d.rules.Directory.Area(c.Office); c.UnitLevel != "" && !d.rules.Directory.Under(r.Unit, area) {
		v.add("unit", "out_of_area", "责任单位不在本部门管辖范围内", "the unit is not in this office's area")
	}
	if r.Unit != "" && d.rules.Directory.Units[c.Office].Kind != PetitionOfficeKind {
		v.add("unit", "no_petition_office", "名录中没有主管的信访部门", "no petition office in the directory is in charge")
	}
	d.gathering(&v, &c, r)
	if r.Campaign != "" {
		d.campaignFor(&v, r.Campaign, r.Unit)
	}
	c.SupervisionOffice = d.rules.Directory.Office(c.Office, SupervisionOfficeKind)
	day := d.visit(&v, c)
	switch {
	case r.Channel == "reception" && d.cmd.Reception == "" && r.Reference == "":
		v.required("reception", true) // what was handed down, somebody else has received
	case r.Channel != "reception" && d.cmd.Reception != "":
		v.add("channel", "not_the_case", "接待日的来访，渠道应为领导接访（reception）", "a visit on a reception day comes by the channel reception")
	case day.ID != "" && !r.ReceivedAt.IsZero() && c.ReceivedOn != day.On():
		v.add("received_at", "not_on_the_day", "收到时间应在接待日当天", "must lie on the reception day")
	}
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventRegistered, On: c.ReceivedOn, Since: r.ReceivedAt.UTC().Truncate(time.Microsecond), Case: &c}
	if day.ID != "" {
		c.Receptions, c.Receiver = []string{day.ID}, day.Leader
		e.Reception, e.Receiver, e.Appointment = day.ID, day.Leader, d.cmd.Appointment
	}
	d.emit(e)
	d.tell(e, []string{c.Receiver})
	return nil
}

// RegisteringOffice is the petition office in charge of a new case: the clerk's own
// or, of a petition that a unit received itself, the one that serves the unit.
func RegisteringOffice(cmd Command, d *Directory) string {
	if cmd.Actor.Role == Officer {
		return d.Office(cmd.Actor.Unit, PetitionOfficeKind)
	}
	return cmd.Actor.Unit
}

func (d *decision) checkUnit(v *invalid, unit, accusedUnit string) {
	u := d.rules.Directory.Units[unit]
	switch {
	case unit == "":
		v.required("unit", true)
	case !d.rules.Directory.Stands(unit):
		v.stands("unit", unit, d.rules.Directory)
	case u.Kind == PetitionOfficeKind || u.Kind == SupervisionOfficeKind:
		v.add("unit", "not_responsible", "信访部门、督查室不能作为责任单位", "a petition or supervision office can't be the responsible unit")
	case accusedUnit != "" && d.rules.Directory.Under(unit, accusedUnit):
		v.add("unit", "accused", "不得将检举控告交由被检举控告的单位办理（条例第三十条第三款）", "an accusation must not be handled by the accused unit")
	}
}

func (d *decision) checkAccused(v *invalid, r *Registration) {
	if _, ok := d.rules.Directory.Units[r.AccusedUnit]; r.AccusedUnit != "" && !ok {
		v.add("accused_unit", "unknown_unit", "名录中没有这个单位", "there is no such unit")
	}
	if _, ok := d.rules.Directory.Officials[r.AccusedOfficial]; r.AccusedOfficial != "" && !ok {
		v.add("accused_official", "unknown_official", "名录中没有此人", "there is no such official")
	}
	if Accuses(Case{AccusedUnit: r.AccusedUnit, AccusedOfficial: r.AccusedOfficial}, d.cmd.Actor.ID, d.cmd.Actor.Unit, d.rules.Directory) {
		v.add("accused_unit", "recused", "登记人属于被检举控告的单位，应当回避", "the clerk is of the accused unit and must withdraw")
	}
}

// accept starts the 60 days. A notice that comes after its own term doesn't move
// them: they then run from the day on which it was due.
func accept(d *decision) *Error {
	var v invalid
	e := Event{Kind: EventAccepted, Document: d.text(), Route: d.cmd.Route, On: d.on(&v)}
	d.checkRoute(&v, d.c.Purpose, d.c.Track == Simple)
	if err := v.err(); err != nil {
		return err
	}
	e.CountFrom = e.On
	for _, k := range d.c.Clocks {
		rule, _ := d.rules.Policy.Clock(k.Rule)
		if k.Running() && slices.Contains(rule.Stops, string(EventAccepted)) && k.Due.Internal.Before(e.CountFrom) {
			e.CountFrom = k.Due.Internal
		}
	}
	d.emit(e)
	if d.cmd.Actor.Role != Officer {
		d.tell(e, d.officialsOf(d.c.Unit, Officer))
	}
	return nil
}

func decline(d *decision) *Error {
	var v invalid
	v.oneOf("reason", d.cmd.Reason, policy.IDs(d.rules.Policy.DeclineReasons))
	d.needText(&v)
	if len([]rune(d.cmd.Organ)) > 100 {
		v.add("organ", "too_long", "不得超过100字", "must not be longer than 100 characters")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventDeclined, Document: d.text(), Reason: d.cmd.Reason, Organ: d.cmd.Organ})
	return nil
}

func forward(d *decision) *Error {
	var v invalid
	return d.pass(&v, EventForwarded)
}

func acknowledge(d *decision) *Error {
	name, _ := d.c.SeatOf(d.as.ID)
	d.emit(Event{Kind: EventAcknowledged, Seat: name, For: d.principal()})
	return nil
}

func act(d *decision) *Error {
	var v invalid
	v.oneOf("act", d.cmd.Act, policy.IDs(d.rules.Policy.Acts))
	d.needText(&v)
	on := d.on(&v)
	name, _ := d.c.SeatOf(d.cmd.Actor.ID)
	if on.Before(calendar.DateOf(d.c.Seat(name).AssignedAt)) {
		v.add("on", "before_assignment", "日期不能早于确定包案领导之日", "the date lies before the leader was named")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventActed, Document: d.text(), Seat: name, Act: d.cmd.Act, On: on})
	return nil
}

func report(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	e := Event{Kind: EventReported, Document: d.text()}
	if list, ok := d.c.Enlisted(); ok {
		e.CountFrom = d.notBefore(d.rules.Directory.Campaigns[list.Campaign])
	}
	d.emit(e)
	return nil
}

// extend lengthens the time to settle (条例第34条): once, before it is due, by the
// head of the unit and on somebody else's request, and only when the petitioner
// has been told why.
func extend(d *decision) *Error {
	i := slices.IndexFunc(d.c.Clocks, func(k Clock) bool { return k.Extendable > 0 && k.Running() })
	k := d.c.Clocks[i] // notExtended has seen it
	rule, _ := d.rules.Policy.Clock(k.Rule)
	most := k.Extendable
	if rule.Extend != nil {
		most = min(most, rule.Extend.Days)
	}
	var v invalid
	if d.cmd.Days < 1 || d.cmd.Days > most {
		v.add("days", "out_of_range", "延长应为1至%d日", "the extension must be 1 to %d days", most)
	}
	by := d.rules.Directory.Officials[d.cmd.RequestedBy]
	switch {
	case d.cmd.RequestedBy == "":
		v.required("requested_by", true)
	case d.cmd.RequestedBy == d.cmd.Actor.ID:
		v.add("requested_by", "same_person", "申请人与批准人不能是同一人", "who asks for it can't grant it")
	case by.Unit != d.c.Unit:
		v.add("requested_by", "not_in_unit", "申请人须是责任单位的人员", "it is asked for by somebody of the responsible unit")
	}
	v.oneOf("told_by", d.cmd.ToldBy, Means)
	switch {
	case d.cmd.ToldOn.IsZero():
		v.add("told_on", "required", "须先书面告知信访人延期理由", "the petitioner must have been told the reasons first")
	case d.cmd.ToldOn.After(d.today()):
		v.add("told_on", "in_future", "日期不能晚于今天", "the date lies in the future")
	case d.cmd.ToldOn.Before(d.c.ReceivedOn):
		v.add("told_on", "before_receipt", "日期不能早于收到信访事项之日", "the date lies before the petition was received")
	}
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	k.Extended = d.cmd.Days
	k.Taken = nil // a new due date has its own reminders; nothing after the old one was taken yet
	k = d.due(k, rule)
	d.emit(Event{
		Kind: EventExtended, Rule: extensionID(rule), Document: d.text(), Clock: k.ID, Days: d.cmd.Days,
		RequestedBy: d.cmd.RequestedBy, ToldOn: d.cmd.ToldOn, ToldBy: d.cmd.ToldBy, Clocks: []Clock{k},
	})
	return nil
}

// extensionID is the rule behind an extension; the clock's own where a local policy
// has meanwhile done away with it.
func extensionID(rule policy.Clock) string {
	if rule.Extend == nil {
		return rule.ID
	}
	return rule.Extend.ID
}

func opine(d *decision) *Error {
	var v invalid
	v.oneOf("result", d.cmd.Result, Results)
	switch {
	case d.cmd.Days < 0 || d.cmd.Days > 366:
		v.add("days", "out_of_range", "执行期限应为1至366日", "the term for carrying it out must be 1 to 366 days")
	case d.cmd.Days > 0 && d.cmd.Result != "support":
		v.add("days", "not_here", "仅支持信访请求的处理意见有执行期限", "only an opinion that supports the claim has a term")
	}
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventOpined, Document: d.text(), Result: d.cmd.Result, Days: d.cmd.Days}), []string{d.c.Lower.Official})
	return nil
}

func sign(d *decision) *Error {
	var v invalid
	v.required("hash", d.cmd.Hash == "")
	if err := v.err(); err != nil {
		return err
	}
	if d.cmd.Hash != d.c.Opinion.Hash() {
		return conflict("opinion_changed", "签批的不是处理意见书的当前版本，请阅读当前版本后再签批", "the opinion is not the text you read; read it again before you sign")
	}
	name, _ := d.c.SeatOf(d.as.ID)
	e := d.emit(Event{Kind: EventSigned, Seat: name, For: d.principal(), Hash: d.cmd.Hash})
	if name == Lower {
		d.tell(e, []string{d.c.Upper.Official})
	}
	return nil
}

func returnOpinion(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	name, _ := d.c.SeatOf(d.as.ID)
	d.tell(d.emit(Event{Kind: EventReturned, Document: d.text(), Seat: name, For: d.principal()}), d.officialsOf(d.c.Unit, Officer))
	return nil
}

func serve(d *decision) *Error {
	var v invalid
	v.oneOf("means", d.cmd.Means, Means)
	on := d.on(&v)
	if on.Before(calendar.DateOf(d.c.Upper.SignedAt)) && !on.Before(d.c.ReceivedOn) {
		v.add("on", "before_signature", "日期不能早于签批之日", "the date lies before the leaders signed")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventServed, Means: d.cmd.Means, On: on, CountFrom: d.today(), Days: d.c.Opinion.Days})
	return nil
}

func closeCase(d *decision) *Error {
	d.tell(d.emit(Event{Kind: EventClosed, Document: d.text()}), []string{d.c.Upper.Official, d.c.Lower.Official})
	return nil
}

func supervise(d *decision) *Error {
	var v invalid
	v.oneOf("reason", d.cmd.Reason, policy.IDs(d.rules.Policy.Reasons))
	d.needText(&v)
	d.term(&v, "SUP-1")
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{
		Kind: EventSupervised, Document: d.text(), Channel: PetitionOffice, Reason: d.cmd.Reason, Days: d.cmd.Days,
		Letter: d.letter(PetitionOffice),
	}), append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// term checks the letter's own term: a supervisor may set a shorter one.
func (d *decision) term(v *invalid, clock string) {
	rule, _ := d.rules.Policy.Clock(clock)
	if d.cmd.Days < 0 || d.cmd.Days > rule.OwnTerm {
		v.add("days", "out_of_range", "期限应为1至%d日，留空则为%d日", "the term must be 1 to %d days; left out it is %d", rule.OwnTerm, rule.Length)
	}
}

// ownTerm requires the term that a command sets for a clock itself, in calendar days.
func (d *decision) ownTerm(v *invalid, clock, zh string) {
	if rule, _ := d.rules.Policy.Clock(clock); d.cmd.Days < 1 || d.cmd.Days > rule.OwnTerm {
		v.add("days", "out_of_range", zh+"应为1至%d日", "the term must be 1 to %d days", rule.OwnTerm)
	}
}

// escalate hands a supervised case to the supervision office as well, by a
// leader's decision: it is key or difficult, its term has passed, or it is
// supervised for the second time.
func escalate(d *decision) *Error {
	var v invalid
	v.oneOf("ground", d.cmd.Ground, Grounds)
	d.needText(&v)
	d.term(&v, "SUP-2")
	d.decidedBy(&v)
	k, _ := d.c.Clock("SUP-1")
	switch {
	case d.cmd.Ground == "term_passed" && !k.Overdue(d.now):
		v.add("ground", "not_the_case", "督办期限尚未届满", "the term of the supervision has not passed")
	case d.cmd.Ground == "repeated" && d.c.OnChannel(PetitionOffice).Letters < 2:
		v.add("ground", "not_the_case", "本案督办不足两次", "the case has not been supervised twice")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{
		Kind: EventEscalated, Document: d.text(), Channel: SupervisionOffice, Ground: d.cmd.Ground, DecidedBy: d.cmd.DecidedBy, Days: d.cmd.Days,
		Letter: d.letter(SupervisionOffice),
	}), append(d.officialsOf(d.c.SupervisionOffice, Inspector), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

func release(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventReleased, Document: d.text(), Channel: channelOf(d.cmd.Actor)})
	return nil
}

func (d *decision) officialsOf(unit string, role Role) []string {
	var to []string
	for _, o := range d.rules.Directory.staff(unit, role) {
		to = append(to, o.ID)
	}
	return to
}
