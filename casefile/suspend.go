package casefile

import (
	"slices"
	"time"

	"shuangze/calendar"
)

// Suspension is the time in which some of a case's clocks stand still.
type Suspension struct {
	Reason    string        `json:"reason"` // of the policy's suspensions
	DecidedBy string        `json:"decided_by"`
	Since     calendar.Date `json:"since"`
	Clocks    []string      `json:"clocks"`
}

// Span is a time that a clock does not count: the days after From, up to and with Until.
type Span struct {
	From  calendar.Date `json:"from"`
	Until calendar.Date `json:"until"`
}

// suspended is how many of a clock's own days its suspensions have taken.
func (k Clock) suspended(cal *calendar.Calendar) int {
	n := 0
	for _, s := range k.Spans {
		if k.Unit != calendar.WorkingDay {
			n += s.Until.DaysSince(s.From)
			continue
		}
		for day := s.From.AddDays(1); !day.After(s.Until); day = day.AddDays(1) {
			if cal.Day(day).Work {
				n++
			}
		}
	}
	return n
}

// suspendable lists the running clocks that can stand still for a reason, or for any
// where it is empty: never one that is late already.
func (c Case) suspendable(reason string, now time.Time) []Clock {
	var clocks []Clock
	for _, k := range c.Clocks {
		fits := slices.Contains(k.Suspendable, reason) || reason == "" && len(k.Suspendable) > 0
		if fits && k.Ticking() && !k.Overdue(now) {
			clocks = append(clocks, k)
		}
	}
	return clocks
}

// suspend lets clocks stand still: for a reason that the policy knows, by the authority
// of a leader, for a length that is fixed at once. Of a statute's clocks only that of the
// recheck can, for a hearing (条例第36条).
func suspend(d *decision) *Error {
	var v invalid
	reason, ok := d.rules.Policy.Suspension(d.cmd.Reason)
	if !ok {
		v.oneOf("reason", d.cmd.Reason, d.rules.Policy.SuspensionIDs())
	}
	if ok && (d.cmd.Days < 1 || d.cmd.Days > reason.Days) {
		v.add("days", "out_of_range", "中止期限应为1至%d日", "the suspension must be 1 to %d days", reason.Days)
	}
	by := d.rules.Directory.Officials[d.cmd.DecidedBy]
	switch {
	case d.cmd.DecidedBy == "":
		v.required("decided_by", true)
	case d.cmd.DecidedBy == d.cmd.Actor.ID:
		v.add("decided_by", "same_person", "申请人与批准人不能是同一人", "who asks for it can't grant it")
	case by.Role != Leader || !d.rules.Directory.Under(d.bearerOfSuspension(), by.Unit):
		v.add("decided_by", "not_entitled", "须由办理机关或其上级的领导决定", "it takes the decision of a leader of the organ that handles the case, or of one above it")
	case Accuses(d.c, by.ID, by.Unit, d.rules.Directory):
		v.add("decided_by", "recused", "此人应当回避", "this leader must withdraw")
	}
	d.needText(&v)
	if ok && len(d.c.suspendable(reason.ID, d.now)) == 0 {
		v.add("reason", "not_the_case", "本案没有因此可以中止的期限", "the case has no time limit that this reason suspends")
	}
	if err := v.err(); err != nil {
		return err
	}
	clocks := d.c.suspendable(reason.ID, d.now)
	for i := range clocks {
		clocks[i].SuspendedSince = d.now
	}
	d.tell(d.emit(Event{
		Kind: EventSuspended, Document: d.text(), Reason: d.cmd.Reason, Days: d.cmd.Days, DecidedBy: d.cmd.DecidedBy, Clocks: clocks,
	}), []string{d.c.Upper.Official, d.c.Lower.Official})
	return nil
}

// bearerOfSuspension is the organ whose time is suspended: the one that reviews, while
// it does, else the responsible unit.
func (d *decision) bearerOfSuspension() string {
	if d.c.Stage == Reviewing && d.c.Review().Unit != "" {
		return d.c.Review().Unit
	}
	return d.c.Unit
}

func suspended(c Case, _ Actor, _ time.Time) *Error {
	if c.Suspension == nil {
		return conflict("not_suspended", "本案没有中止的期限", "no time limit of the case is suspended")
	}
	return nil
}

func notSuspended(c Case, _ Actor, now time.Time) *Error {
	if c.Suspension != nil {
		return conflict("already_suspended", "本案期限已中止，请先恢复", "the case is suspended already; resume it first")
	}
	if len(c.suspendable("", now)) == 0 {
		return conflict("nothing_to_suspend", "本案没有可以中止的期限", "the case has no time limit that can be suspended")
	}
	return nil
}

func resume(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	d.resume(Event{Kind: EventResumed, Document: d.text()})
	return nil
}

// resume lets the suspended clocks go on with exactly the days they had left.
func (d *decision) resume(e Event) {
	for _, id := range d.c.Suspension.Clocks {
		k, ok := d.c.Clock(id)
		if !ok || !k.Running() || k.SuspendedSince.IsZero() {
			continue
		}
		rule, _ := d.rules.Policy.Clock(k.Rule)
		if i := slices.IndexFunc(e.Clocks, func(x Clock) bool { return x.ID == id }); i >= 0 {
			k = e.Clocks[i]
			e.Clocks = slices.Delete(e.Clocks, i, i+1)
		}
		e.Clocks = append(e.Clocks, d.due(d.goOn(k), rule))
	}
	d.emit(e)
}

// goOn ends a clock's suspension.
func (d *decision) goOn(k Clock) Clock {
	k.Spans = append(slices.Clone(k.Spans), Span{calendar.DateOf(k.SuspendedSince), d.today()})
	k.SuspendedSince = time.Time{}
	return k
}
