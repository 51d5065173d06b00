package casefile

import (
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Meeting is a case's submission for collective decision (一案双责：提请集体研究), with
// what was decided, once it was.
type Meeting struct {
	Meeting     string        `json:"meeting"` // of the policy's meetings
	SubmittedAt time.Time     `json:"submitted_at"`
	On          calendar.Date `json:"on,omitzero"`     // of the decision
	Money       int64         `json:"money,omitempty"` // yuan
	Decision    *Document     `json:"decision,omitempty"`
}

// awaited is the submission that has not been decided on; nil when there is none.
func (c Case) awaited() *Meeting {
	if n := len(c.Meetings); n > 0 && c.Meetings[n-1].On.IsZero() {
		return &c.Meetings[n-1]
	}
	return nil
}

func notSubmitted(c Case, _ Actor, _ time.Time) *Error {
	if c.awaited() != nil {
		return conflict("already_submitted", "本案已提请集体研究，尚待决定", "the case has been submitted to a meeting that has not decided yet")
	}
	return nil
}

func submitted(c Case, _ Actor, _ time.Time) *Error {
	if c.awaited() == nil {
		return conflict("not_submitted", "本案没有待决定的集体研究事项", "the case is before no meeting")
	}
	return nil
}

// hear records a hearing (听证), mediate an attempt at mediation (调解).
func hear(d *decision) *Error {
	var v invalid
	d.needText(&v)
	e := Event{Kind: EventHeard, Document: d.text(), On: d.on(&v)}
	if err := v.err(); err != nil {
		return err
	}
	d.emit(e)
	return nil
}

// MediationOutcomes are how a mediation can end.
var MediationOutcomes = []string{"agreement", "partial", "failed"}

func mediate(d *decision) *Error {
	var v invalid
	v.oneOf("outcome", d.cmd.Outcome, MediationOutcomes)
	d.needText(&v)
	e := Event{Kind: EventMediated, Document: d.text(), Outcome: d.cmd.Outcome, On: d.on(&v)}
	if err := v.err(); err != nil {
		return err
	}
	d.emit(e)
	return nil
}

// submit puts the case before a meeting; the meeting's decision comes with resolve.
func submit(d *decision) *Error {
	var v invalid
	v.oneOf("meeting", d.cmd.Meeting, policy.IDs(d.rules.Policy.Meetings))
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventSubmitted, Document: d.text(), Meeting: d.cmd.Meeting}
	if name, sits := d.c.SeatOf(d.cmd.Actor.ID); sits {
		e.Seat = name
	}
	d.tell(d.emit(e), append(d.officialsOf(d.c.Office, Supervisor), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// maxMoney is the most that a decision can grant, in yuan: beyond it a figure is a slip.
const maxMoney = 100_000_000_000

// resolve records what a meeting decided: date, decision and money.
func resolve(d *decision) *Error {
	var v invalid
	d.needText(&v)
	on := d.on(&v)
	if on.Before(calendar.DateOf(d.c.awaited().SubmittedAt)) && !on.Before(d.c.ReceivedOn) {
		v.add("on", "before_submission", "日期不能早于提请之日", "the date lies before the case was submitted")
	}
	if d.cmd.Money < 0 || d.cmd.Money > maxMoney {
		v.add("money", "out_of_range", "金额应为0至%d元", "the money must be 0 to %d yuan", int64(maxMoney))
	}
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventResolved, Document: d.text(), Meeting: d.c.awaited().Meeting, On: on, Money: d.cmd.Money}
	d.tell(d.emit(e), append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}

// unexecuted reports whether the opinion supports the claim and was not carried out.
func (c Case) unexecuted() bool {
	return c.Opinion != nil && c.Opinion.Result == "support" && c.ExecutedAt.IsZero()
}

// settled reports whether nothing is left to do but to check: the opinion was delivered,
// with both signatures, and carried out where it supports the claim.
func (c Case) settled() bool { return c.Stage == Served && c.signed() && !c.unexecuted() }

func toExecute(c Case, _ Actor, _ time.Time) *Error {
	if !c.unexecuted() {
		return conflict("nothing_to_execute", "没有待执行的处理意见", "no opinion waits to be carried out")
	}
	return nil
}

// toClose says what is still missing: both signatures on the present opinion, its
// execution, the release by every channel.
func toClose(c Case, by Actor, now time.Time) *Error {
	switch {
	case !c.signed():
		return conflict("not_signed", "两名包案领导尚未签批变更后的意见", "the two leaders have not both signed the changed opinion")
	case c.unexecuted():
		return conflict("not_executed", "处理意见支持信访请求，执行完毕后方可结案", "the opinion supports the claim; the case can be closed when it has been carried out")
	}
	if len(c.unanswered()) > 0 {
		return conflict("suggestion_open", "所提建议尚未反馈，不能结案", "a suggestion has not been answered; the case can't be closed")
	}
	return mayEnd(c, by, now)
}

// execute records that a supported opinion has been carried out (条例第32条第2款：督促执行).
func execute(d *decision) *Error {
	var v invalid
	d.needText(&v)
	on := d.on(&v)
	if d.c.Served != nil && on.Before(d.c.Served.On) && !on.Before(d.c.ReceivedOn) {
		v.add("on", "before_service", "日期不能早于送达之日", "the date lies before the opinion was delivered")
	}
	if err := v.err(); err != nil {
		return err
	}
	e := Event{Kind: EventExecuted, Document: d.text(), On: on, CountFrom: d.today()}
	d.tell(d.emit(e), append(d.officialsOf(d.c.Office, Supervisor), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}
