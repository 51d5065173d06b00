package casefile

import (
	"slices"

	"shuangze/calendar"
	"shuangze/policy"
)

// A visit on a reception day becomes a case, or is noted in one that is open. The leader
// who received answers for it (接待领导负责督促落实): they take the seat of their level, and
// naming the leaders can't put them aside.

// visit checks the reception day that a command names, for a case as it would be with
// it, and returns the day. What is wrong is noted at the field "reception".
func (d *decision) visit(v *invalid, c Case) Reception {
	const field = "reception"
	if d.cmd.Reception == "" {
		if d.cmd.Appointment != "" {
			v.add("appointment", "not_here", "须同时填写接待日", "give its reception day too")
		}
		return Reception{}
	}
	day := d.rules.Reception
	if day == nil || day.ID != d.cmd.Reception || !keepsOffice(d.cmd.Actor, day.Office, d.rules) {
		v.add(field, "unknown_reception", "本信访部门没有这个接待日", "this petition office has no such reception day")
		return Reception{}
	}
	switch {
	case !day.Stands():
		v.add(field, "not_the_case", "该接待日已取消或已调换", "this reception day was cancelled or swapped")
	case d.now.Before(day.From):
		v.add(field, "in_future", "该接待日尚未开始", "this reception day has not begun")
	case v.err() == nil:
		c.Receiver = day.Leader
		if why := unreceived(c, d.rules); why != nil {
			v.add(field, "receiver_unsuited",
				"接访领导不能包案："+why.Chinese+"。请改为按来访登记，或由能包案的领导在其接待日接访",
				"the leader who received can't lead the case: "+why.English+". Register it as a visit without the reception day, or have it received by a leader who can")
		}
	}
	return *day
}

// unreceived says why the receiver of a case can't take a seat in it: a field error
// without its field, or nil.
func unreceived(c Case, r Rules) *FieldError {
	o := r.Directory.Officials[c.Receiver]
	received := c
	c.Receiver = ""
	pair, err := pairFor(c, r)
	if err != nil {
		return &FieldError{Code: "not_the_case", Chinese: err.Chinese, English: err.English}
	}
	if _, ok := withReceiver(pair, o.Level, r.Policy); o.Role == Leader && !ok {
		return &FieldError{Code: "wrong_level", Chinese: "其级别低于本案包案领导的级别", English: "their level is below the two that lead it"}
	}
	if slices.Contains(c.Recused, o.ID) {
		return &FieldError{Code: "recused", Chinese: "此人已在本案中回避", English: "this official has withdrawn from the case"}
	}
	return unsuited(received, o, o.Level, r)
}

// withReceiver is the pair of levels for a case whose receiver has this level: the
// policy's where it has that level, else the receiver's own and the one below. Who is
// below the policy's pair can't lead the case.
func withReceiver(pair policy.Pair, level string, p *policy.Policy) (policy.Pair, bool) {
	switch {
	case level == pair.Upper || level == pair.Lower:
		return pair, true
	case p.Rank(level) < p.Rank(pair.Upper):
		return pair, false
	}
	i := slices.IndexFunc(p.Levels, func(l policy.Level) bool { return l.ID == level })
	if i < 0 || i+1 == len(p.Levels) {
		return pair, false
	}
	return policy.Pair{Upper: level, Lower: p.Levels[i+1].ID, Source: "《信访工作条例》第十八条（接访领导包案）", Basis: policy.Practice}, true
}

// received notes a visit on a reception day in an open case.
func received(d *decision) *Error {
	var v invalid
	c := d.c
	day := d.visit(&v, c)
	v.required("reception", d.cmd.Reception == "")
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	switch _, sits := c.SeatOf(day.Leader); {
	case slices.Contains(c.Receptions, day.ID):
		return conflict("already_received", "本案已登记在该接待日", "the case stands on this reception day already")
	case c.Led() && !sits:
		return conflict("others_lead",
			"本案已有两名包案领导。请先将其中一席移交（hand_over）给接访领导；级别不符的，登记新事项并与本案关联（link）",
			"the case has its two leaders. Hand one seat over to the leader who received (hand_over) first; where the level does not fit, register a new case and link it to this one")
	case !c.Led() && c.Receiver != "" && c.Receiver != day.Leader:
		return conflict("others_lead",
			"本案已由另一位领导接访并负责。请先将其责任移交（hand_over）给这位接访领导", "another leader has received the case and answers for it. Hand it over to this one (hand_over) first")
	}
	e := d.emit(Event{
		Kind: EventReceived, Document: d.text(), Reception: day.ID, Receiver: day.Leader, Appointment: d.cmd.Appointment, On: calendar.DateOf(day.From),
	})
	d.tell(e, []string{day.Leader})
	return nil
}

// seatReceiver puts the leader who received into the pair that somebody names, where that
// seat was left out, and refuses a pair without them.
func (d *decision) seatReceiver(v *invalid, pair policy.Pair, upper, lower *string) *Error {
	c := d.c
	if c.Receiver == "" {
		return nil
	}
	if unreceived(c, d.rules) != nil {
		return receiverUnsuited(c)
	}
	field, seat := "lower", lower
	if d.rules.Directory.Officials[c.Receiver].Level == pair.Upper {
		field, seat = "upper", upper
	}
	switch *seat {
	case "":
		*seat = c.Receiver
	case c.Receiver:
	default:
		v.add(field, "not_the_receiver", "此席须由接访领导担任；更换须先移交（hand_over）", "this seat is the receiving leader's; it takes a handover (hand_over) first to change that")
	}
	return nil
}

// receiverUnsuited refuses to name leaders for a case whose receiver can't be one any
// more: it was forwarded elsewhere, say, or they have left.
func receiverUnsuited(c Case) *Error {
	return conflict("receiver_unsuited",
		"接访领导"+c.Receiver+"已不能包本案，请先将其责任移交（hand_over）给合适的领导",
		"the leader who received, "+c.Receiver+", can't lead the case any more: hand it over (hand_over) to one who can first")
}
