package casefile

import (
	"slices"
	"time"

	"shuangze/policy"
)

// commission is forwarding with a term: the unit reports the result within the days that
// the order sets (交办).
func commission(d *decision) *Error {
	var v invalid
	d.ownTerm(&v, "ASSIGN-RESULT", "交办期限")
	d.needText(&v)
	return d.pass(&v, EventCommissioned)
}

// pass sends the case to its unit, or to another one.
func (d *decision) pass(v *invalid, kind EventKind) *Error {
	unit := d.cmd.Unit
	if unit == "" {
		unit = d.c.Unit
	}
	d.checkUnit(v, unit, d.c.AccusedUnit)
	if d.c.Direct && unit == d.c.Unit {
		v.add("unit", "own_unit", "该单位已直接收到本事项，无须转送", "the unit received the petition itself")
	}
	if _, known := d.rules.Directory.Units[unit]; known && unit != d.c.Unit {
		if !d.rules.Directory.Under(unit, d.rules.Directory.Area(d.c.Office)) {
			v.add("unit", "out_of_area", "责任单位不在本部门管辖范围内", "the unit is not in this office's area")
		}
		if d.c.Led() && !d.leads(unit) {
			v.add("unit", "led", "已确定的包案领导不能负责该单位，请先办理移交", "the leaders who are named can't lead a case of that unit; hand the seats over first")
		}
	}
	e := Event{Kind: kind, Document: d.text(), On: d.on(v), Days: d.cmd.Days, Unit: unit, UnitLevel: d.rules.Directory.Units[unit].Level}
	if w, ok := d.rules.Policy.Window("ACC-OBJECT"); ok {
		e.Until = d.rules.Calendar.Due(d.today(), w.Length, w.Unit).Statutory
	}
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(e), d.officialsOf(unit, Officer))
	return nil
}

// leads reports whether the two named leaders can lead a case of this unit as well.
func (d *decision) leads(unit string) bool {
	pair, ok := d.rules.Policy.PairFor(d.c.Origin, d.rules.Directory.Units[unit].Level)
	return ok && pair.Upper == d.c.Upper.Level && pair.Lower == d.c.Lower.Level &&
		d.rules.Directory.Under(unit, d.rules.Directory.Officials[d.c.Upper.Official].Unit) &&
		d.rules.Directory.Under(unit, d.rules.Directory.Officials[d.c.Lower.Official].Unit)
}

// canObject reports whether the unit can still say that the matter is not its own.
func canObject(c Case, _ Actor, now time.Time) *Error {
	switch {
	case !c.ObjectedAt.IsZero():
		return conflict("already_objected", "已提出异议，等待转送、交办机关决定", "an objection waits for the sender's decision")
	case c.ObjectUntil.IsZero():
		return conflict("objection_decided", "异议已有决定，不能再次提出", "the objection has been decided; there is no second one")
	case !now.Before(c.ObjectUntil.End()):
		return conflict("objection_too_late", "异议应在收到之日起5个工作日内提出（条例第二十三条第三款）", "an objection has to be raised within 5 working days of receipt")
	}
	return nil
}

// object says that what was forwarded is not the unit's to handle (条例第23条第3款); the
// sender decides, and until then the unit's time runs on.
func object(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventObjected, Document: d.text(), Organ: d.cmd.Organ}), d.officialsOf(d.c.Office, Registrar))
	return nil
}

func objected(c Case, _ Actor, _ time.Time) *Error {
	if c.ObjectedAt.IsZero() {
		return conflict("no_objection", "没有待决定的异议", "there is no objection to decide on")
	}
	return nil
}

// ObjectionOutcomes are what a sender can decide on an objection: 同意退回、不同意.
var ObjectionOutcomes = []string{"upheld", "rejected"}

// decideObjection takes the case back, to be forwarded anew from that day on, or leaves
// it where it is.
func decideObjection(d *decision) *Error {
	var v invalid
	v.oneOf("outcome", d.cmd.Outcome, ObjectionOutcomes)
	d.needText(&v)
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventObjectionDecided, Document: d.text(), Outcome: d.cmd.Outcome}), d.officialsOf(d.c.Unit, Officer))
	return nil
}

// join gives the case a further unit that handles it together with the responsible one,
// which keeps the lead and its deadlines.
func join(d *decision) *Error {
	var v invalid
	d.checkUnit(&v, d.cmd.Unit, d.c.AccusedUnit)
	if d.cmd.Unit != "" && (d.cmd.Unit == d.c.Unit || slices.Contains(d.c.CoUnits, d.cmd.Unit)) {
		v.add("unit", "takes_part", "该单位已参与办理", "the unit handles the case already")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventJoined, Document: d.text(), Unit: d.cmd.Unit}),
		append(d.officialsOf(d.cmd.Unit, Officer), d.officialsOf(d.c.Unit, Officer)...))
	return nil
}

// Simple is the track for what can be settled at once (简易办理); the zero value is the
// ordinary one.
const Simple = "simple"

func onSimpleTrack(c Case, _ Actor, _ time.Time) *Error {
	if c.Track != Simple {
		return conflict("not_simple", "本案未适用简易办理", "the case is not on the simple track")
	}
	return nil
}

// fallBack moves a case to the ordinary track. Its 60 days count from the day on which
// it was accepted.
func fallBack(d *decision) *Error {
	if err := d.textGiven(); err != nil {
		return err
	}
	e := Event{Kind: EventFellBack, CountFrom: d.c.AcceptedFrom, Document: d.text()}
	d.tell(d.emit(e), d.recipients([]policy.Recipient{policy.ToOfficers, policy.ToPetitionOffice}, Clock{}))
	return nil
}
