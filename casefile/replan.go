package casefile

import (
	"fmt"
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Why a clock keeps its dates although the rules now in force are others.
const (
	Withdrawn  = "withdrawn"     // its rule is no more: it ends
	KeptLate   = "already_late"  // it has run out: lateness is a fact that no rule undoes
	KeptInTime = "would_be_late" // it would have run out already: no new rule makes anybody late
)

// Shift is what the rules now in force change of a running clock's dates.
type Shift struct {
	Clock string
	Rule  string
	From  calendar.Due
	To    calendar.Due // what the rules give, kept or not
	Kept  string       // why it does not move; empty: it does
}

// RulesPreview is what rules would do to a case that has not met them.
type RulesPreview struct {
	Shifts []Shift
	Told   []string // officials who would be told
	// Touched: the case's clocks or what they have planned would not stay as they are.
	Touched bool
}

// PreviewRules says what rules would do to a case that lives by the rules before; nothing
// that is due is taken. Both need a directory.
func PreviewRules(c Case, before, rules Rules, now time.Time) RulesPreview {
	d := &decision{c: c, rules: rules, now: now}
	d.rules.Now = now
	shifts := d.replan()
	r := RulesPreview{Shifts: shifts, Touched: len(d.events) > 0}
	for _, n := range d.notices {
		r.Told = append(r.Told, n.To)
	}
	r.Touched = r.Touched || NextStep(c, before, now) != NextStep(d.c, rules, now)
	return r
}

// replan computes the running clocks anew where other rules are in force than those they
// were computed by. It records that and, if a date moves, tells those whom it concerns; it
// returns the dates that move, or would.
func (d *decision) replan() []Shift {
	changed, shifts := d.anew()
	if len(changed) == 0 {
		return shifts
	}
	e := Event{
		Kind: EventRecalculated, Actor: Clockwork, Clocks: changed,
		Rule: fmt.Sprintf("rules %d, calendar %s", d.rules.Version, d.rules.Calendar.Version()),
	}
	if d.cmd.Kind == Replan {
		e.Actor, e.Document = d.cmd.Actor, d.text()
	}
	d.emit(e)
	if slices.ContainsFunc(shifts, func(s Shift) bool { return s.Kept == "" }) {
		d.tell(e, d.recipients([]policy.Recipient{policy.ToOfficers, policy.ToUpper, policy.ToLower, policy.ToPetitionOffice}, Clock{}))
	}
	return shifts
}

// anew computes the running clocks by the rules in force: those of which anything
// changes, and the dates that move or would.
func (d *decision) anew() (changed []Clock, shifts []Shift) {
	for _, k := range d.c.Clocks {
		if !k.Running() {
			continue
		}
		rule, ok := d.rules.Policy.Clock(k.Rule)
		if !ok {
			ended := k
			ended.EndedAt = d.now
			changed, shifts = append(changed, ended), append(shifts, Shift{k.ID, k.Rule, k.Due, k.Due, Withdrawn})
			continue
		}
		after, kept := d.replanned(k, rule)
		if s := (Shift{k.ID, k.Rule, k.Due, d.dates(d.measured(k, rule), rule).Due, kept}); kept != "" || moved(k.Due, after.Due) {
			shifts = append(shifts, s)
		}
		if moved(k.Due, after.Due) || after.Due.Provisional != k.Due.Provisional || k.Due.Provisional && after.Due.Calendar != k.Due.Calendar ||
			!after.YellowFrom().Equal(k.YellowFrom()) || after.Extendable != k.Extendable {
			changed = append(changed, after)
		}
	}
	return changed, shifts
}

func moved(from, to calendar.Due) bool {
	return !from.InternalEnd().Equal(to.InternalEnd()) || !from.StatutoryEnd().Equal(to.StatutoryEnd())
}

// measured gives a clock the length that the rule has now. A term that an event can set
// itself stays, and one that was extended: they stand in a letter.
func (d *decision) measured(k Clock, rule policy.Clock) Clock {
	if rule.OwnTerm == 0 && k.Extended == 0 {
		k.Length, k.Unit = rule.Length, rule.Unit
	}
	if k.Extendable > 0 && rule.Extend != nil {
		k.Extendable = rule.Extend.Days
	}
	return k
}

// replanned is a running clock by the rules in force, and why it keeps its dates if it
// does. Whether it had run out is judged by when the rules came into force, however much
// later they reach the case. A date that was provisional was nobody's lateness: it gives
// way to the one by the published list.
func (d *decision) replanned(k Clock, rule policy.Clock) (after Clock, kept string) {
	after = d.dates(d.measured(k, rule), rule)
	since := d.now
	if s := d.rules.Since; !s.IsZero() && s.Before(since) {
		since = s
	}
	switch {
	case !moved(k.Due, after.Due):
		return after, ""
	case !k.Due.Provisional && (k.Overdue(since) || k.Overdue(d.now) && after.Overdue(d.now)):
		return k, KeptLate
	case !k.Overdue(d.now) && after.Overdue(d.now), k.Lamp(d.now) != Red && after.Lamp(d.now) == Red:
		k.Due.Provisional, k.Due.Calendar = after.Due.Provisional, after.Due.Calendar
		return k, KeptInTime
	case k.Overdue(d.now) && !after.Overdue(d.now):
		after.Taken = nil // what followed on its running out may come again
	}
	return d.due(after, rule), ""
}
