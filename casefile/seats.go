package casefile

import (
	"slices"

	"shuangze/calendar"
)

// HandoverReasons are why a leader gives a case up.
var HandoverReasons = []string{"transfer", "left_office", "recusal", "illness", "other"}

// handOver gives a leader's seat to another: the only way in which a case changes its
// leaders before its final result. The memo is the text; both are named, with the
// reason, the date and who decided it. The new leader acknowledges anew.
func handOver(d *decision) *Error {
	var v invalid
	v.oneOf("reason", d.cmd.Reason, HandoverReasons)
	d.needText(&v)
	on := d.on(&v)
	name, sits := d.c.SeatOf(d.cmd.From)
	receiver := !d.c.Led() && d.cmd.From != "" && d.cmd.From == d.c.Receiver
	switch {
	case d.cmd.From == "":
		v.required("from", true)
	case receiver:
	case !sits:
		v.add("from", "not_seated", "此人不是本案包案领导", "this official is none of the case's leaders")
	default:
		if on.Before(calendar.DateOf(d.c.Seat(name).AssignedAt)) {
			v.add("on", "before_assignment", "日期不能早于确定包案领导之日", "the date lies before the leader was named")
		}
	}
	switch {
	case d.cmd.To == "":
		v.required("to", true)
	case d.cmd.To == d.c.Upper.Official || d.cmd.To == d.c.Lower.Official || receiver && d.cmd.To == d.c.Receiver:
		v.add("to", "same_person", "此人已是本案包案领导", "this official is one of the case's leaders already")
	case receiver:
		successor := d.c
		successor.Receiver = d.cmd.To
		if why := unreceived(successor, d.rules); why != nil {
			v.add("to", why.Code, why.Chinese, why.English)
		}
	case sits:
		if why := unsuited(d.c, d.rules.Directory.Officials[d.cmd.To], d.c.Seat(name).Level, d.rules); why != nil {
			v.add("to", why.Code, why.Chinese, why.English)
		} else if slices.Contains(d.c.Recused, d.cmd.To) {
			v.add("to", "recused", "此人已在本案中回避", "this official has withdrawn from the case")
		}
	}
	d.decidedBy(&v)
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{
		Kind: EventHandedOver, Document: d.text(), Seat: name, From: d.cmd.From, To: d.cmd.To, Reason: d.cmd.Reason,
		DecidedBy: d.cmd.DecidedBy, On: on,
	}), []string{d.cmd.From, d.cmd.To})
	return nil
}

// decidedBy requires the decision of a leader of the office's own authority, or of one
// above it, who has no part in what is complained of.
func (d *decision) decidedBy(v *invalid) {
	by := d.rules.Directory.Officials[d.cmd.DecidedBy]
	switch {
	case d.cmd.DecidedBy == "":
		v.required("decided_by", true)
	case by.Role != Leader || d.rules.Directory.Area(by.Unit) != by.Unit || !d.rules.Directory.Under(d.c.Office, by.Unit):
		v.add("decided_by", "not_entitled", "须由同级或上级党委政府领导决定", "it takes the decision of a leader of the office's own authority, or of one above it")
	case Accuses(d.c, by.ID, by.Unit, d.rules.Directory):
		v.add("decided_by", "recused", "此人应当回避", "this leader must withdraw")
	}
}

// handOver seats the new leader. What the old one signed of an opinion that still
// waits for a signature is void: the new one answers for it.
func (c *Case) handOver(e Event) {
	old := c.Seat(e.Seat)
	if e.Reason == "recusal" {
		c.Recused = append(slices.Clone(c.Recused), e.From)
	}
	if e.Seat == "" { // nobody sits yet: the new one answers for the visit
		c.Receiver = e.To
		return
	}
	if c.Stage == Opined {
		c.unsign()
	}
	s := Seat{Official: e.To, Level: old.Level, AssignedAt: e.At, Hands: old.Hands}
	if c.Stage != Opined {
		s.SignedAt, s.SignedHash = old.SignedAt, old.SignedHash
	}
	*c.seat(e.Seat) = s
}

// otherHands lists who has acted in the seat that is not of this level.
func (c Case) otherHands(level string) []string {
	var others []string
	for _, s := range []Seat{c.Upper, c.Lower} {
		if s.Level != level {
			others = append(others, s.Hands...)
		}
	}
	return others
}

// Routes are the procedures that a claim can belong to instead (条例第31条): of courts,
// procuratorates and police; arbitration; of the party; administrative ones.
var Routes = []string{"judicial", "arbitration", "party", "administrative"}

// divert leaves the matter to the procedure that the law has for it (条例第31条第1至4项);
// the petitioner is told which, and where.
func divert(d *decision) *Error {
	var v invalid
	v.oneOf("route", d.cmd.Route, Routes)
	v.required("organ", d.cmd.Organ == "")
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	d.emit(Event{Kind: EventDiverted, Document: d.text(), Route: d.cmd.Route, Organ: d.cmd.Organ})
	return nil
}

// urge asks the unit to get on with it, and to say how far it is.
func urge(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventUrged, Document: d.text()}), append(d.officialsOf(d.c.Unit, Officer), d.c.Upper.Official, d.c.Lower.Official))
	return nil
}
