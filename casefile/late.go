package casefile

import (
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Late is a fact that nothing undoes: a clock ran past its statutory due date. It is
// recorded with the event that ended the lateness, and stays whatever becomes of the
// case, the calendar or the policy.
type Late struct {
	Clock string        `json:"clock"`
	Whose policy.Bearer `json:"whose"`
	Who   string        `json:"who"`             // unit, office or leader that bore the duty
	Upper string        `json:"upper,omitempty"` // the leaders in the two seats at that time
	Lower string        `json:"lower,omitempty"`
	From  calendar.Date `json:"from"` // the statutory due date that was missed
	// FromAt is the instant that was missed, of a clock in hours.
	FromAt time.Time     `json:"from_at,omitzero"`
	Until  calendar.Date `json:"until"` // the day on which it ended
}

// late lists the overdue clocks that an event ends, or starts anew for somebody.
func (d *decision) late(kind EventKind, changed []Clock) []Late {
	var facts []Late
	for _, k := range d.c.Clocks {
		i := slices.IndexFunc(changed, func(x Clock) bool { return x.ID == k.ID })
		if i < 0 || !k.Running() || !k.Overdue(d.now) {
			continue
		}
		after := changed[i]
		if kind == EventRecalculated && after.Running() {
			continue // other rules are no end of anybody's lateness
		}
		if after.Running() && after.Due.Equal(k.Due) && after.Who == k.Who {
			continue // a step was taken; it is as late as before
		}
		if after.Extended > k.Extended {
			continue // asked for in time
		}
		if !after.Running() && !after.Overdue(d.now) {
			continue // it ended by itself, in time
		}
		facts = append(facts, Late{
			Clock: k.ID, Whose: k.Whose, Who: k.Who, Upper: d.c.Upper.Official, Lower: d.c.Lower.Official,
			From: k.Due.Statutory, FromAt: k.Due.At, Until: calendar.DateOf(after.judgedAt(d.now)),
		})
	}
	return facts
}
