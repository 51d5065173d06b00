package casefile

import (
	"fmt"
	"time"

	"shuangze/calendar"
)

// The rounds in which a petitioner can have an opinion looked at again.
const (
	ReviewRound  = "review"  // 复查（条例第35条）
	RecheckRound = "recheck" // 复核（条例第36条）
)

// Review is one round: who looks at the opinion again, since when, and what came of it.
type Review struct {
	Round string `json:"round"`
	// Unit is the reviewing organ's code, or Organ its name where the directory has none.
	Unit  string `json:"unit,omitempty"`
	Organ string `json:"organ,omitempty"`
	Level string `json:"level"` // one above the organ whose opinion or review it is
	// Office is the petition office that records for the organ, where it has no officers.
	Office string `json:"office,omitempty"`

	AskedOn     calendar.Date `json:"asked_on"`
	AcceptedAt  time.Time     `json:"accepted_at,omitzero"`
	DeclinedAt  time.Time     `json:"declined_at,omitzero"`
	ConcludedAt time.Time     `json:"concluded_at,omitzero"`
	Outcome     string        `json:"outcome,omitempty"` // one of ReviewOutcomes
	RepliedOn   calendar.Date `json:"replied_on,omitzero"`
	From        Stage         `json:"from"` // the stage that it began in
}

// ReviewOutcomes are what a review or recheck can come to: 维持、变更、撤销、责令重新办理.
var ReviewOutcomes = []string{"uphold", "change", "set_aside", "redo"}

// Review is the case's last round; the zero value when there was none.
func (c Case) Review() Review {
	if len(c.Reviews) == 0 {
		return Review{}
	}
	return c.Reviews[len(c.Reviews)-1]
}

// who names the reviewing organ as the bearer of its clocks.
func (r Review) who() string {
	if r.Unit != "" {
		return r.Unit
	}
	return r.Organ
}

// nextRound is the round that the petitioner can ask for now, and above whose level the
// organ must stand. A round that was declined doesn't count, nor one before the case was
// taken up again: the answer that comes then is a new one. Final cases have none.
func (c Case) nextRound() (round, above string) {
	round, above = ReviewRound, c.UnitLevel
	for _, r := range c.Reviews[c.Outdated:] {
		switch r.Outcome {
		case "uphold", "change":
			round, above = RecheckRound, r.Level
		case "set_aside", "redo":
			round, above = ReviewRound, c.UnitLevel // the new opinion can be reviewed in its turn
		}
	}
	return round, above
}

// Right is a term within which somebody can still do something.
type Right struct {
	ID    string        `json:"id"` // of the policy's windows
	From  calendar.Date `json:"from"`
	Until calendar.Due  `json:"until"`
}

// Rights lists the rights that are open, used or not: they are never anybody's lateness.
func Rights(c Case, r Rules) []Right {
	var rights []Right
	add := func(id string, from calendar.Date) {
		if w, ok := r.Policy.Window(id); ok {
			rights = append(rights, Right{id, from, r.Calendar.Due(from, w.Length, w.Unit)})
		}
	}
	if c.Final || c.Served == nil || c.Stage != Served && c.Stage != Closed {
		return nil
	}
	last := c.Review()
	switch round, _ := c.nextRound(); {
	case round == ReviewRound:
		add("REVIEW-REQ", c.Served.On)
	case !last.RepliedOn.IsZero():
		add("RECHECK-REQ", last.RepliedOn)
	}
	return rights
}

func notFinal(c Case, _ Actor, _ time.Time) *Error {
	if c.Final {
		return conflict("final", "复核意见作出后，同一事实和理由不再受理（条例第三十六条）；有新的事实的，另行登记并关联本案", "after a recheck the same facts and reasons are not taken up again; register new facts as a case of its own, linked to this one")
	}
	return nil
}

// inTime refuses the petitioner's own request for a review or recheck when the 30 days,
// moved past rest days, are over: whoever has a reason to be late must be heard by
// somebody, and a clerk can record it. A provisional date keeps nobody out.
func inTime(c Case, r Rules) *Error {
	for _, right := range Rights(c, r) {
		if right.Until.Provisional || r.Now.Before(right.Until.StatutoryEnd()) {
			continue
		}
		err := conflict("review_too_late", "", "")
		w, _ := r.Policy.Window(right.ID)
		err.Rule = w.Source
		err.Chinese = fmt.Sprintf("%s的期限（收到书面答复之日起%d日，%s）已于%s届满。因不可抗力等正当理由未能按期提出的，请到信访部门当面说明，由其登记。",
			w.Name.Chinese, w.Length, w.Source, right.Until.Statutory.Chinese())
		err.English = fmt.Sprintf("the time to %s (%d days from the written reply, %s) ended on %s; if something kept you, tell the petition office in person, which can record your request",
			w.Name.English, w.Length, w.Source, right.Until.Statutory)
		return err
	}
	return nil
}

// reviewer is the organ of a level to which the petitioner's own request goes, who need
// not know it: the authority (党委政府) above the unit or, where the directory has none
// or the case accuses it, the level by its name, for the office to fill in.
func (d *decision) reviewer(level string) (unit, organ string) {
	dir, unit := d.rules.Directory, d.c.Unit
	for range len(dir.Units) {
		unit = dir.Units[unit].Parent
		u := dir.Units[unit]
		accused := d.c.AccusedUnit != "" && dir.Under(unit, d.c.AccusedUnit)
		if u.Level == level && u.Kind == Authority && !u.Ended() && !accused && (len(dir.staff(unit, Officer)) > 0 || dir.Office(unit, PetitionOfficeKind) != "") {
			return unit, ""
		}
	}
	if level == "" {
		return "", ""
	}
	return "", levelName(d.rules.Policy, level).Chinese + "复查复核机关"
}

// askReview records that the petitioner asks for a review or, after one, a recheck, by
// the organ exactly one level up. Whether a request that a clerk records came in time is
// for that organ to say: it can't be kept from it.
func askReview(d *decision) *Error {
	var v invalid
	round, above := d.c.nextRound()
	r := Review{Round: round, Unit: d.cmd.Unit, Organ: d.cmd.Organ, AskedOn: d.on(&v), From: d.c.Stage}
	p, dir := d.rules.Policy, d.rules.Directory
	for _, l := range p.Levels {
		if p.Rank(l.ID) == p.Rank(above)+1 {
			r.Level = l.ID
		}
	}
	if d.cmd.Actor.Role == Complainant {
		if err := inTime(d.c, d.rules); err != nil {
			return err
		}
		r.AskedOn = d.today()
		r.Unit, r.Organ = d.reviewer(r.Level)
	}
	u := dir.Units[r.Unit]
	switch {
	case r.Unit == "" && r.Organ == "":
		v.add("unit", "required", "须写明复查、复核机关：名录中的单位（unit）或其名称（organ）", "name the reviewing organ: a unit of the directory, or its name in organ")
	case r.Unit != "" && r.Organ != "":
		v.add("organ", "only_one", "单位与机关名称只填一项", "give either the unit or the organ's name")
	case r.Level == "":
		v.add("unit", "no_level_above", "该单位之上没有可以复查、复核的机关", "there is no level above that could review it")
	case r.Unit != "" && !dir.Stands(r.Unit):
		v.stands("unit", r.Unit, dir)
	case r.Unit != "" && u.Level != r.Level:
		v.add("unit", "wrong_level", "须由上一级机关（%[1]s）复查、复核（条例第三十五条、第三十六条）", "the review belongs to the organ one level up (%[2]s)", levelName(p, r.Level).Chinese, levelName(p, r.Level).English)
	case r.Unit != "" && !dir.Under(d.c.Unit, dir.Area(r.Unit)):
		v.add("unit", "out_of_area", "责任单位不在该机关管辖范围内", "the responsible unit is not in this organ's area")
	case r.Unit != "" && d.c.AccusedUnit != "" && dir.Under(r.Unit, d.c.AccusedUnit):
		v.add("unit", "accused", "不得将检举控告交由被检举控告的单位办理（条例第三十条第三款）", "an accusation must not be handled by the accused unit")
	}
	switch {
	case r.Unit == "":
		r.Office = d.c.Office
	case dir.Stands(r.Unit) && len(dir.staff(r.Unit, Officer)) == 0:
		if r.Office = dir.Office(r.Unit, PetitionOfficeKind); r.Office == "" {
			v.add("unit", "no_petition_office", "名录中没有主管的信访部门", "no petition office in the directory is in charge")
		}
	}
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventReviewAsked, Document: d.text(), On: r.AskedOn, Review: &r}
	d.tell(d.emit(e), append(d.reviewers(), d.officialsOf(d.c.Unit, Officer)...))
	return nil
}

// reviewers lists who records for the reviewing organ.
func (d *decision) reviewers() []string {
	r := d.c.Review()
	return append(d.officialsOf(r.Unit, Officer), d.officialsOf(r.Office, Supervisor)...)
}

func reviewPending(c Case, _ Actor, _ time.Time) *Error {
	if !c.Review().AcceptedAt.IsZero() {
		return conflict("already_accepted", "复查复核申请已受理", "the request for review has been accepted already")
	}
	return nil
}

func reviewAccepted(c Case, _ Actor, _ time.Time) *Error {
	if c.Review().AcceptedAt.IsZero() {
		return conflict("review_not_accepted", "请先受理复查复核申请", "accept the request for review first")
	}
	return nil
}

func acceptReview(d *decision) *Error {
	d.emit(Event{Kind: EventReviewAccepted, Document: d.text()})
	return nil
}

// declineReview refuses a round in writing; the case goes on where it stood.
func declineReview(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	if err := d.reported(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventReviewDeclined, Document: d.text(), CountFrom: d.today()}), d.officialsOf(d.c.Office, Supervisor))
	return nil
}

// concludeReview records the reply, as it was delivered to the petitioner. Upheld, the
// opinion stands; changed, the reply is the opinion; set aside or to be done again, the
// unit handles the matter anew. After a recheck that leaves an opinion the case is final.
func concludeReview(d *decision) *Error {
	var v invalid
	v.oneOf("outcome", d.cmd.Outcome, ReviewOutcomes)
	v.oneOf("means", d.cmd.Means, Means)
	if d.cmd.Outcome == "change" {
		v.oneOf("result", d.cmd.Result, Results)
	} else if d.cmd.Result != "" {
		v.add("result", "not_here", "仅变更时填写", "only a change has a new result")
	}
	if d.cmd.Days < 0 || d.cmd.Days > 366 {
		v.add("days", "out_of_range", "期限应为1至366日", "the term must be 1 to 366 days")
	}
	d.needText(&v)
	on := d.on(&v)
	if on.Before(d.c.Review().AskedOn) && !on.Before(d.c.ReceivedOn) {
		v.add("on", "before_request", "日期不能早于申请之日", "the date lies before the request")
	}
	if err := v.err(); err != nil {
		return err
	}
	if d.cmd.Outcome == "uphold" {
		if err := d.reported(); err != nil {
			return err
		}
	}
	e := Event{
		Kind: EventReviewed, Document: d.text(), Outcome: d.cmd.Outcome, Result: d.cmd.Result, Days: d.cmd.Days, Means: d.cmd.Means,
		On: on, CountFrom: d.today(),
	}
	if e.Outcome != "uphold" {
		e = d.inherited(e)
	}
	e = d.emit(e)
	d.tell(e, append(append(d.officialsOf(d.c.Unit, Officer), d.officialsOf(d.c.Office, Supervisor)...), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// reported refuses to end a closed case again by its review while the report of an urgent
// matter, marked meanwhile, is missing.
func (d *decision) reported() *Error {
	if d.c.Review().From.Open() || len(d.c.Urgent.WaitsFor()) == 0 {
		return nil
	}
	return unreported()
}

// reviewed folds the conclusion of a round into the case.
func (c *Case) reviewed(e Event) {
	r := &c.Reviews[len(c.Reviews)-1]
	r.ConcludedAt, r.Outcome, r.RepliedOn = e.At, e.Outcome, e.On
	switch e.Outcome {
	case "uphold":
		c.Stage = r.From
		if !c.Stage.Open() {
			c.ClosedAt = e.At
		}
	case "change":
		c.Stage, c.Served, c.ExecutedAt = Served, &Service{e.On, e.Means}, time.Time{}
		c.Opinion = &Opinion{c.Opinion.Version + 1, *e.Document, e.Result, e.Days, e.At}
		c.unsign() // the two leaders answer for the new text too
	case "set_aside", "redo":
		c.again()
		return
	}
	c.Final = r.Round == RecheckRound
}

// again sends the case back to be handled anew; its past stays in the ledger.
func (c *Case) again() {
	c.Stage, c.ClosedAt, c.Served, c.ExecutedAt = Handling, time.Time{}, nil, time.Time{}
	c.unsign()
}

// Satisfaction lists the grades of a rating (满意度评价).
var Satisfaction = []string{"satisfied", "basically_satisfied", "dissatisfied"}

// Rating is what the petitioner thinks of one service: of the petition office and of the
// responsible unit, separately.
type Rating struct {
	Version int       `json:"version"` // of the opinion; each is rated once
	Office  string    `json:"office"`
	Unit    string    `json:"unit"`
	At      time.Time `json:"at"`
}

func notRated(c Case, _ Actor, _ time.Time) *Error {
	if n := len(c.Ratings); n > 0 && c.Ratings[n-1].Version == c.Opinion.Version {
		return conflict("already_rated", "本次答复已评价", "this opinion has been rated already")
	}
	return nil
}

// rate records the petitioner's satisfaction. The first time that the unit's work leaves
// the petitioner dissatisfied the case is reopened by itself, as a second supervision;
// afterwards a supervisor decides. What is final stays final.
func rate(d *decision) *Error {
	var v invalid
	v.oneOf("office_rating", d.cmd.OfficeRating, Satisfaction)
	v.oneOf("unit_rating", d.cmd.UnitRating, Satisfaction)
	if err := v.err(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventRated, Document: d.text(), OfficeRating: d.cmd.OfficeRating, UnitRating: d.cmd.UnitRating})
	if d.cmd.UnitRating == "dissatisfied" && d.c.ratingReopens() {
		d.reopen("dissatisfied", nil)
	}
	return nil
}

// ratingReopens reports whether dissatisfaction with the unit sends the case back by itself.
func (c Case) ratingReopens() bool { return !c.Final && c.Reopened == 0 }

// ReopenReasons are why a case is taken up again: 不满意、回访发现未落实、核查发现问题、新的事实.
var ReopenReasons = []string{"dissatisfied", "not_executed", "false_report", "wrong_opinion"}

// reopenCase takes a served or closed case up again.
func reopenCase(d *decision) *Error {
	var v invalid
	v.oneOf("reason", d.cmd.Reason, ReopenReasons)
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	d.reopen(d.cmd.Reason, d.text())
	return nil
}

// inherited gives a case whose unit was merged or abolished since it ended to whoever took
// over (Directory.Heir), unless the case accuses them.
func (d *decision) inherited(e Event) Event {
	dir := d.rules.Directory
	heir := dir.Heir(d.c.Unit)
	if heir != d.c.Unit && heir != "" && (d.c.AccusedUnit == "" || !dir.Under(heir, d.c.AccusedUnit)) {
		e.Unit, e.UnitLevel = heir, dir.Units[heir].Level
	}
	return e
}

// inherit folds in who took over from the unit, if somebody did.
func (c *Case) inherit(e Event) {
	if e.Unit != "" {
		c.Unit, c.UnitLevel = e.Unit, e.UnitLevel
	}
}

// reopen sends the case back to be handled anew, under the petition office's supervision.
func (d *decision) reopen(reason string, why *Document) {
	e := d.emit(d.inherited(Event{Kind: EventReopened, Document: why, Reason: reason}))
	told := append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official)
	d.tell(e, told)
	if d.c.OnChannel(PetitionOffice).Open() {
		return
	}
	if reason == "dissatisfied" {
		reason = "other" // no list of reasons to supervise has it; the other three it has
	}
	d.tell(d.emit(Event{Kind: EventSupervised, Channel: PetitionOffice, Reason: reason, Letter: d.letter(PetitionOffice)}), told)
}
