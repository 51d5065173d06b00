package casefile

import (
	"slices"
	"time"

	"shuangze/policy"
)

// instruct records a leader's written instruction on the case (批示).
func instruct(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	e := Event{Kind: EventInstructed, Document: d.text()}
	if name, sits := d.c.SeatOf(d.cmd.Actor.ID); sits {
		e.Seat = name
	}
	d.tell(d.emit(e), d.everybody())
	return nil
}

// everybody is who handles the case and answers for it.
func (d *decision) everybody() []string {
	return d.recipients([]policy.Recipient{policy.ToOfficers, policy.ToUnitHead, policy.ToUpper, policy.ToLower, policy.ToPetitionOffice}, Clock{})
}

// feedBack answers a channel of supervision.
func feedBack(d *decision) *Error {
	var v invalid
	var open []string
	for _, ch := range d.c.Channels {
		if ch.Open() {
			open = append(open, string(ch.Name))
		}
	}
	v.oneOf("channel", string(d.cmd.Channel), open)
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventFedBack, Document: d.text(), Channel: d.cmd.Channel}), d.channelStaff(d.cmd.Channel))
	return nil
}

// channelStaff lists who works a channel of supervision.
func (d *decision) channelStaff(name ChannelName) []string {
	group := map[ChannelName]policy.Recipient{
		PetitionOffice: policy.ToPetitionOffice, SupervisionOffice: policy.ToSupervisionOffice, JointMeeting: policy.ToConvener,
	}[name]
	return d.recipients([]policy.Recipient{group}, Clock{})
}

// unitSupervised is anyChannelOpen of a case that a unit has: nobody is called in, named or
// listed for what went back to the petition office.
func unitSupervised(c Case, by Actor, now time.Time) *Error {
	if err := anyChannelOpen(c, by, now); err != nil {
		return err
	}
	return withSomebody(c, by, now)
}

func anyChannelOpen(c Case, _ Actor, _ time.Time) *Error {
	if c.Supervision() == NotSupervised {
		return conflict("not_under_supervision", "本案不在督办中", "the case is not under supervision")
	}
	return nil
}

// TermRequest asks for more time than a letter or order has set.
type TermRequest struct {
	Clock string `json:"clock"`
	Days  int    `json:"days"` // calendar days
	By    string `json:"by"`
}

// lengthenable lists the clocks whose term whoever set it can lengthen: once, and only
// before it has passed.
func (c Case) lengthenable(now time.Time) []string {
	var ids []string
	for _, k := range c.Clocks {
		if k.Grantor != "" && k.Extended == 0 && k.Ticking() && !k.Overdue(now) {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func canAskTerm(c Case, _ Actor, now time.Time) *Error {
	switch {
	case c.TermRequest != nil:
		return conflict("term_asked", "已申请延期，等待答复", "a request for more time waits for its answer")
	case len(c.lengthenable(now)) == 0:
		return conflict("no_term_to_lengthen", "没有可以申请延期的督办、交办期限，或期限已过", "there is no term that could be lengthened, or it has passed")
	}
	return nil
}

// maxTerm is the most calendar days by which a letter's term can be lengthened.
const maxTerm = 90

// askTerm asks whoever set a term for more time: before it has passed, by the head of the
// unit, with the reason (督查通行做法). The term runs on until there is an answer.
func askTerm(d *decision) *Error {
	var v invalid
	v.oneOf("clock", d.cmd.Clock, d.c.lengthenable(d.now))
	if d.cmd.Days < 1 || d.cmd.Days > maxTerm {
		v.add("days", "out_of_range", "延长应为1至%d日", "the extension must be 1 to %d days", maxTerm)
	}
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	k, _ := d.c.Clock(d.cmd.Clock)
	d.tell(d.emit(Event{Kind: EventTermAsked, Document: d.text(), Clock: d.cmd.Clock, Days: d.cmd.Days}), d.channelStaff(k.Grantor))
	return nil
}

func termAsked(c Case, by Actor, _ time.Time) *Error {
	if c.TermRequest == nil {
		return conflict("no_term_asked", "没有待答复的延期申请", "no request for more time waits for an answer")
	}
	if k, _ := c.Clock(c.TermRequest.Clock); k.Grantor != channelOf(by) {
		return conflict("not_grantor", "延期由开出督办、交办的部门答复", "the answer is up to whoever set the term")
	}
	return nil
}

// grantTerm lengthens the term that was asked about, by the days asked for or fewer. It
// was asked for in time, so that a late answer makes nobody late.
func grantTerm(d *decision) *Error {
	var v invalid
	asked := d.c.TermRequest
	days := d.cmd.Days
	if days == 0 {
		days = asked.Days
	}
	if days < 1 || days > asked.Days {
		v.add("days", "out_of_range", "延长应为1至%d日", "the extension must be 1 to %d days", asked.Days)
	}
	if err := v.err(); err != nil {
		return err
	}
	k, _ := d.c.Clock(asked.Clock)
	rule, _ := d.rules.Policy.Clock(k.Rule)
	k.Extended, k.Taken = days, nil
	k = d.due(k, rule)
	d.tell(d.emit(Event{Kind: EventTermGranted, Document: d.text(), Clock: k.ID, Days: days, RequestedBy: asked.By, Clocks: []Clock{k}}), d.everybody())
	return nil
}

func refuseTerm(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	asked := d.c.TermRequest
	d.tell(d.emit(Event{Kind: EventTermRefused, Document: d.text(), Clock: asked.Clock, RequestedBy: asked.By}), append(d.everybody(), asked.By))
	return nil
}

// The measures of the joint meeting (条例第39条第3款), each heavier than the one before:
// talk (约谈), circulate (通报), list (挂牌督办), order (责令限期整改). The last two open the
// joint meeting's own channel, which it alone releases.

func talk(d *decision) *Error { return d.measure(&invalid{}, Event{Kind: EventTalked}) }

func circulate(d *decision) *Error { return d.measure(&invalid{}, Event{Kind: EventCirculated}) }

func list(d *decision) *Error {
	var v invalid
	d.term(&v, "LISTED")
	return d.measure(&v, Event{Kind: EventListed, Channel: JointMeeting, Days: d.cmd.Days, Letter: d.letter(JointMeeting)})
}

func order(d *decision) *Error {
	var v invalid
	d.ownTerm(&v, "ORDER", "整改期限")
	return d.measure(&v, Event{Kind: EventOrdered, Channel: JointMeeting, Days: d.cmd.Days, Letter: d.letter(JointMeeting)})
}

// measure records a measure of the joint meeting, unless v or its text says no.
func (d *decision) measure(v *invalid, e Event) *Error {
	d.needText(v)
	if err := v.err(); err != nil {
		return err
	}
	e.Document = d.text()
	d.tell(d.emit(e), d.everybody())
	return nil
}

func notListed(c Case, by Actor, now time.Time) *Error {
	if c.OnChannel(JointMeeting).Open() {
		return conflict("already_listed", "联席会议已挂牌或责令整改", "the joint meeting has listed the case, or ordered it to be corrected, already")
	}
	return unitSupervised(c, by, now)
}

// SuggestionKinds are the three suggestions of 条例第40条: 改进工作、完善政策、追究责任.
var SuggestionKinds = []string{"improvement", "policy", "accountability"}

// Suggestion is one of them, and its answer.
type Suggestion struct {
	Number  int    `json:"number"` // from 1
	Kind    string `json:"kind"`
	Organ   string `json:"organ"` // unit code or the name of an organ outside the directory
	Outcome string `json:"outcome,omitempty"`
}

// SuggestionOutcomes are what an organ can make of a suggestion.
var SuggestionOutcomes = []string{"adopted", "partly_adopted", "not_adopted"}

// suggest sends one of the three suggestions; the organ has to answer in writing within
// the term (条例第40条第4款).
func suggest(d *decision) *Error {
	var v invalid
	v.oneOf("suggestion", d.cmd.Suggestion, SuggestionKinds)
	unit := d.cmd.Unit
	if unit != "" {
		v.stands("unit", unit, d.rules.Directory)
	}
	organ := unit
	switch {
	case unit == "" && d.cmd.Organ == "":
		v.add("unit", "required", "须写明建议对象：名录中的单位（unit）或其名称（organ）", "name the organ: a unit of the directory, or its name in organ")
	case unit != "" && d.cmd.Organ != "":
		v.add("organ", "only_one", "单位与机关名称只填一项", "give either the unit or the organ's name")
	case unit == "":
		organ = d.cmd.Organ
	}
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventSuggested, Document: d.text(), Suggestion: d.cmd.Suggestion, Number: len(d.c.Suggestions) + 1, Organ: organ}
	d.tell(d.emit(e), d.recipients([]policy.Recipient{policy.ToUpper, policy.ToLower}, Clock{}))
	return nil
}

// unanswered lists the numbers of the suggestions that wait for an answer.
func (c Case) unanswered() []int {
	var numbers []int
	for _, s := range c.Suggestions {
		if s.Outcome == "" {
			numbers = append(numbers, s.Number)
		}
	}
	return numbers
}

func suggested(c Case, _ Actor, _ time.Time) *Error {
	if len(c.unanswered()) == 0 {
		return conflict("no_suggestion", "没有待反馈的建议", "no suggestion waits for an answer")
	}
	return nil
}

// answerSuggestion records an organ's answer; one that doesn't adopt gives its reasons.
func answerSuggestion(d *decision) *Error {
	var v invalid
	if !slices.Contains(d.c.unanswered(), d.cmd.Number) {
		v.add("number", "not_in_list", "没有这一编号的待反馈建议", "no suggestion of this number waits for an answer")
	}
	v.oneOf("outcome", d.cmd.Outcome, SuggestionOutcomes)
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	s := d.c.Suggestions[d.cmd.Number-1]
	e := Event{Kind: EventSuggestionAnswered, Document: d.text(), Suggestion: s.Kind, Number: s.Number, Outcome: d.cmd.Outcome, Organ: s.Organ}
	d.tell(d.emit(e), d.recipients([]policy.Recipient{policy.ToPetitionOffice, policy.ToUpper, policy.ToLower}, Clock{}))
	return nil
}
