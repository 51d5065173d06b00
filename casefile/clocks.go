package casefile

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// clockChanges works out which clocks an event stops and starts; c is the case
// with the event already folded in.
func (d *decision) clockChanges(c Case, e Event) []Clock {
	var changed []Clock
	triggers := e.Triggers()
	touches := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(triggers, name) })
	}
	for _, rule := range d.rules.Policy.Clocks {
		if e.For != "" && inPerson(rule) {
			continue // a leader's own act can't be done by a deputy (亲自办理)
		}
		for _, seat := range seatsOf(rule, e) {
			id := clockID(rule, seat, e)
			k, ok := c.Clock(id)
			running := ok && k.Running()
			if running && touches(rule.Stops) {
				k = d.stopped(k, rule)
				switch {
				case e.Kind == EventRerouted:
					k.EndedAt = d.now // nothing was done, another time limit holds
				case e.Actor == Clockwork && e.Clock == k.ID && k.Overdue(d.now):
					k.MetAt = k.Due.InternalEnd().Add(-time.Microsecond) // an outage is nobody's lateness
				default:
					k.MetAt = d.now
				}
				if over := d.rules.Directory.Campaigns[e.Campaign].OverAt(); e.Kind == EventCampaignOver && over.Before(d.now) {
					k.MetAt = over.Add(-time.Microsecond) // whenever the case takes note of it
				}
				changed, running = append(changed, k), false
			}
			if !running && c.Stage.Open() && touches(rule.Starts) && d.applies(rule, c) {
				changed = append(changed, d.start(rule, seat, c, e))
			}
		}
	}
	if !c.Stage.Open() {
		for _, k := range c.Clocks {
			if k.Running() && !slices.ContainsFunc(changed, func(x Clock) bool { return x.ID == k.ID }) {
				rule, _ := d.rules.Policy.Clock(k.Rule)
				k = d.stopped(k, rule)
				k.EndedAt = d.now
				changed = append(changed, k)
			}
		}
	}
	return latest(changed)
}

// stopped makes a clock ready to be judged: what was suspended counts no days.
func (d *decision) stopped(k Clock, rule policy.Clock) Clock {
	if k.SuspendedSince.IsZero() {
		return k
	}
	return d.due(d.goOn(k), rule)
}

// inPerson reports whether a clock asks for leaders' own acts.
func inPerson(rule policy.Clock) bool {
	return rule.Bearer == policy.OfLeader && slices.Contains(rule.Stops, string(EventActed))
}

// latest keeps the last of the changes to each clock: one that was met and started
// anew in one event is simply the new one, the old one stands in the ledger.
func latest(changed []Clock) []Clock {
	var kept []Clock
	for i, k := range changed {
		if !slices.ContainsFunc(changed[i+1:], func(x Clock) bool { return x.ID == k.ID }) {
			kept = append(kept, k)
		}
	}
	return kept
}

// seatsOf lists for which seats an event touches a rule's clock: "" where the
// clock is nobody's in person, both where the event is about both.
func seatsOf(rule policy.Clock, e Event) []SeatName {
	switch {
	case rule.Bearer != policy.OfLeader:
		return []SeatName{""}
	case e.Seat != "":
		return []SeatName{e.Seat}
	case e.Kind == EventHandedOver: // by who received the case, and nobody sits yet
		return nil
	}
	return []SeatName{Upper, Lower}
}

func clockID(rule policy.Clock, seat SeatName, e Event) string {
	switch {
	case rule.Bearer == policy.OfAddressee:
		return rule.ID + "/" + strconv.Itoa(e.Number)
	case seat == "":
		return rule.ID
	}
	return rule.ID + "/" + string(seat)
}

func (d *decision) applies(rule policy.Clock, c Case) bool {
	narrowed := func(to []string, is string) bool { return len(to) > 0 && !slices.Contains(to, is) }
	if narrowed(rule.Purposes, c.Purpose) || narrowed(rule.Origins, c.Origin) ||
		narrowed(rule.OfficeLevels, d.rules.Directory.Units[d.rules.Directory.Area(c.Office)].Level) {
		return false
	}
	holds := map[policy.Condition]bool{
		policy.ThroughOffice:    !c.Direct,
		policy.Direct:           c.Direct,
		policy.Reachable:        c.Reachable,
		policy.UnderPetition:    c.OnChannel(PetitionOffice).Open(),
		policy.UnderSupervision: c.OnChannel(SupervisionOffice).Open(),
		policy.Supported:        c.unexecuted(),
		policy.Settled:          !c.unexecuted(),
		policy.OnSimple:         c.Track == Simple,
		policy.OnOrdinary:       c.Track != Simple,
		policy.Accepted:         !c.AcceptedFrom.IsZero(),
		policy.ByPetition:       c.Route != Duty,
		policy.ByDuty:           c.Route == Duty,
		policy.InCampaign:       c.reportsWeekly(),
	}
	return !slices.ContainsFunc(rule.When, func(w policy.Condition) bool { return !holds[w] })
}

func (d *decision) start(rule policy.Clock, seat SeatName, c Case, e Event) Clock {
	k := Clock{
		ID: clockID(rule, seat, e), Rule: rule.ID, Whose: rule.Bearer, Who: bearer(rule, seat, c, e), Grantor: ChannelName(rule.Grantor),
		Length: rule.Length, Unit: rule.Unit, StartedAt: d.now,
	}
	if rule.Extend != nil {
		k.Extendable = rule.Extend.Days
	}
	for _, s := range d.rules.Policy.Suspensions {
		if slices.Contains(s.Clocks, rule.ID) {
			k.Suspendable = append(k.Suspendable, s.ID)
		}
	}
	if before, ok := d.c.Clock(k.ID); ok {
		if e.Kind == EventRerouted {
			before.EndedAt = time.Time{}
			return before // back on a route it goes on as if it had never left it
		}
		k.Missed = before.Missed
		if before.Lamp(d.now) == Red {
			k.Missed++ // starting anew doesn't make it undone
		}
	}
	switch {
	case rule.From == policy.Recorded:
		k.From = calendar.DateOf(d.now)
	case rule.From == policy.Received:
		k.From = c.unitReceived()
	case k.Unit == calendar.Hour && !e.Since.IsZero():
		k.From, k.StartedAt = calendar.DateOf(e.Since), e.Since
	case k.Unit == calendar.Hour:
		k.From = calendar.DateOf(d.now) // a day on paper has no hour
	case !e.CountFrom.IsZero():
		k.From = e.CountFrom
	case !e.On.IsZero():
		k.From = e.On
	default:
		k.From = calendar.DateOf(d.now)
	}
	if before, ok := d.c.Clock(k.ID); ok && rule.Bearer == policy.OfLeader && k.Who == before.Who && k.From.Before(before.From) {
		k.From = before.From // an act of an earlier day takes no time back
	}
	if k.From != calendar.DateOf(k.StartedAt) {
		k.StartedAt = k.From.Start()
	}
	if e.Days > 0 && rule.OwnTerm > 0 {
		k.Length = min(e.Days, rule.OwnTerm)
	}
	k = d.due(k, rule)
	if e.Kind == EventRerouted && k.Overdue(d.now) {
		d.inTime(&k) // a correction makes nobody late
	}
	return k
}

// inTime gives a clock that another route starts, and that would have run out already, the
// dates of the one that the route stops, if that has not.
func (d *decision) inTime(k *Clock) {
	for _, old := range d.c.Clocks {
		rule, _ := d.rules.Policy.Clock(old.Rule)
		byRoute := slices.ContainsFunc(rule.Stops, func(stop string) bool { return strings.HasPrefix(stop, string(EventRerouted)) })
		if old.Running() && byRoute && !old.Overdue(d.now) {
			k.Due, k.YellowOn, k.YellowAt, k.Taken = old.Due, old.YellowOn, old.YellowAt, nil
		}
	}
}

// dates computes a clock's dates from its length.
func (d *decision) dates(k Clock, rule policy.Clock) Clock {
	k.Due = d.rules.Calendar.End(k.StartedAt, k.period(d.rules.Calendar))
	if k.Unit == calendar.Hour {
		k.YellowAt = k.Due.InternalEnd().Add(-time.Duration(rule.Yellow) * time.Hour)
		k.YellowOn = calendar.DateOf(k.YellowAt)
		return k
	}
	k.YellowAt = time.Time{}
	k.YellowOn, _ = d.rules.Calendar.AddWorkingDays(k.Due.Internal, -rule.Yellow)
	return k
}

// due gives a clock its dates and drops the reminders whose time is past: nobody is
// reminded of last week.
func (d *decision) due(k Clock, rule policy.Clock) Clock {
	k = d.dates(k, rule)
	for _, p := range d.planned(k) {
		if p.step.Do == policy.Remind && !p.at.After(d.now) {
			k = k.take(p)
		}
	}
	return k
}

// period is how long the clock runs, with all that it was given since.
func (k Clock) period(cal *calendar.Calendar) calendar.Period {
	return calendar.Period{Length: k.Length, Unit: k.Unit, More: k.Extended + k.suspended(cal)}
}

func bearer(rule policy.Clock, seat SeatName, c Case, e Event) string {
	switch rule.Bearer {
	case policy.OfPetitionOffice:
		return c.Office
	case policy.OfSupervisionOffice:
		return c.SupervisionOffice
	case policy.OfLeader:
		return c.Seat(seat).Official
	case policy.OfAddressee:
		return e.Organ
	case policy.OfReviewer:
		return c.Review().who()
	case policy.OfUnit:
	}
	return c.Unit
}

// plannedStep is a step of a running clock that has not been taken.
type plannedStep struct {
	at    time.Time
	since time.Time // when it came round before; the first time, when the clock was due
	clock string
	step  policy.Step
	id    string // "URGE-5", then "URGE-5#2", …
}

// planned lists a running clock's next occurrence of each step not yet taken.
func (d *decision) planned(k Clock) []plannedStep {
	rule, ok := d.rules.Policy.Clock(k.Rule)
	if !ok || !k.Ticking() {
		return nil
	}
	var plan []plannedStep
	for _, id := range rule.Steps {
		step, ok := d.rules.Policy.Step(id)
		if !ok {
			continue
		}
		base := occasion{k.Due.Statutory, k.Due.StatutoryEnd()}
		if step.At.Sign() <= 0 {
			base = occasion{k.Due.Internal, k.Due.InternalEnd()}
		}
		n := occurrences(k, id)
		if n > 0 && step.Repeat.IsZero() {
			continue
		}
		on, since := d.shift(base, step.At), k.Due.StatutoryEnd()
		for range n {
			on, since = d.shift(on, step.Repeat), on.at
		}
		if !step.Repeat.IsZero() {
			// After an outage only the last of the missed repetitions is taken.
			for {
				next := d.shift(on, step.Repeat)
				if next.at.After(d.now) {
					break
				}
				on, since, n = next, on.at, n+1
			}
		}
		p := plannedStep{on.at, since, k.ID, step, occurrenceID(id, n+1)}
		plan = append(plan, p)
	}
	return plan
}

// occasion is when something falls due: on which day, and from which instant on.
type occasion struct {
	day calendar.Date
	at  time.Time
}

// shift is when a step comes that is so far from an occasion: on a day at the hour at
// which this case's steps are taken, by the hour to the minute.
func (d *decision) shift(from occasion, by policy.Offset) occasion {
	if by.InHours() {
		at := from.at.Add(by.Time)
		return occasion{calendar.DateOf(at), at}
	}
	day := by.From(from.day, d.rules.Calendar)
	return occasion{day, d.stepTime(day)}
}

// occurrenceID names the nth time a step is taken: "URGE-5", then "URGE-5#2", …
func occurrenceID(step string, n int) string {
	if n == 1 {
		return step
	}
	return step + "#" + strconv.Itoa(n)
}

// occurrences is how many times a step has come round on this clock.
func occurrences(k Clock, step string) int {
	for _, t := range k.Taken {
		if t == step {
			return 1
		}
		if n, ok := strings.CutPrefix(t, step+"#"); ok {
			count, _ := strconv.Atoi(n) // we wrote it
			return count
		}
	}
	return 0
}

// take marks a step as taken; of one that repeats only the last time is kept.
func (k Clock) take(p plannedStep) Clock {
	kept := make([]string, 0, len(k.Taken)+1)
	for _, t := range k.Taken {
		if t != p.step.ID && !strings.HasPrefix(t, p.step.ID+"#") {
			kept = append(kept, t)
		}
	}
	kept = append(kept, p.id)
	k.Taken = kept
	return k
}

// stepTime is when on a day this case's steps are taken: when offices open, plus
// the case's own share of the spread.
func (d *decision) stepTime(day calendar.Date) time.Time {
	at := d.rules.Policy.Day.At(day)
	if spread := time.Duration(d.rules.Policy.Day.Spread); spread > 0 {
		h := fnv.New64a() // 32 bits of nanoseconds are four seconds
		h.Write([]byte(d.c.ID))
		at = at.Add(time.Duration(h.Sum64() % uint64(spread))).Truncate(time.Second)
	}
	return at
}

// Next is the next step that a case's clocks have planned; the zero value when
// none is, which only an ended case may have.
type Next struct {
	At    time.Time `json:"at,omitzero"`
	Clock string    `json:"clock,omitempty"`
	Step  string    `json:"step,omitempty"`
}

// Planned is a step that a clock of the case will take.
type Planned struct {
	Clock string
	Step  string
	Due   time.Time // when the clock's time is, or was, over by law
	At    time.Time
}

// Plan lists the next occurrence of every step that is still to be taken, the earliest
// first. Only an ended case has none.
func Plan(c Case, rules Rules, now time.Time) []Planned {
	d := decision{c: c, rules: rules, now: now}
	var plan []Planned
	for _, p := range d.plan() {
		k, _ := c.Clock(p.clock)
		plan = append(plan, Planned{p.clock, p.id, k.Due.StatutoryEnd(), p.at})
	}
	return plan
}

// NextStep finds the earliest planned step of the case.
func NextStep(c Case, rules Rules, now time.Time) Next { return first(Plan(c, rules, now)) }

func first(plan []Planned) Next {
	if len(plan) == 0 {
		return Next{}
	}
	step, _, _ := strings.Cut(plan[0].Step, "#")
	return Next{plan[0].At, plan[0].Clock, step}
}

// plan lists every clock's planned steps, the earliest first.
func (d *decision) plan() []plannedStep {
	var all []plannedStep
	for _, k := range d.c.Clocks {
		all = append(all, d.planned(k)...)
	}
	slices.SortStableFunc(all, func(a, b plannedStep) int { return a.at.Compare(b.at) })
	return all
}
