package casefile

import (
	"time"

	"shuangze/calendar"
)

// Duty is the route of a case in which the law asks the unit to act: to deal with what is
// unlawful, or to protect (条例第31条第5项). The zero value is the route of an opinion
// (第6项), with its 60 days.
const Duty = "duty"

// HandlingRoutes are the routes by which the unit itself settles an appeal: 信访程序、查处违法
// 或者履行保护职责. The others of 条例第31条 lead elsewhere, see Routes.
var HandlingRoutes = []string{"petition", Duty}

// takeRoute notes the route that was stated, if one was.
func (c *Case) takeRoute(route string) {
	switch route {
	case Duty:
		c.Route = Duty
	case "petition":
		c.Route = ""
	}
}

// checkRoute checks the route that a command states, if it does.
func (d *decision) checkRoute(v *invalid, purpose string, simple bool) {
	if d.cmd.Route == "" {
		return
	}
	v.oneOf("route", d.cmd.Route, HandlingRoutes)
	switch {
	case d.cmd.Route != Duty:
	case purpose != "appeal":
		v.add("route", "not_the_case", "只有申诉求决事项有履行职责的途径（条例第三十一条第五项）", "only an appeal can ask a unit to perform a duty")
	case simple:
		v.add("route", "on_simple_track", "履行职责的事项不适用简易办理", "a duty is not performed on the simple track")
	}
}

// unitReceived is the day on which the responsible unit got the matter: its own receipt
// or, of what was forwarded, that; of what the office accepted for it, the office's.
func (c Case) unitReceived() calendar.Date {
	if k, ok := c.Clock("ACC-TRANSFER"); ok && !c.Direct {
		return k.From
	}
	return c.ReceivedOn
}

// notAnswered keeps the route of what was answered: what is handled again has a term of
// its own.
func notAnswered(c Case, _ Actor, _ time.Time) *Error {
	switch {
	case c.Purpose != "appeal":
		return conflict("no_route", "只有申诉求决事项区分办理途径", "only appeals have routes")
	case c.Track == Simple:
		return conflict("on_simple_track", "简易办理的事项须先转为普通程序", "the case is on the simple track; it has to fall back to the ordinary one first")
	}
	for _, id := range []string{"HANDLE", "DUTY-PERFORM"} {
		if k, ok := c.Clock(id); ok && !k.MetAt.IsZero() {
			return conflict("already_answered", "本案已答复，办理途径不再更正", "the case has been answered; its route is not corrected any more")
		}
	}
	return nil
}

// reroute corrects the route. The time limit of the former ends unmet, late if it was,
// and that of the new one counts from its own legal day, as if it had been stated at once.
func reroute(d *decision) *Error {
	var v invalid
	v.required("route", d.cmd.Route == "")
	d.checkRoute(&v, d.c.Purpose, d.c.Track == Simple)
	d.needText(&v)
	after := d.c
	if after.takeRoute(d.cmd.Route); len(v.fields) == 0 && after.Route == d.c.Route {
		v.add("route", "same_route", "本案已是这一办理途径", "the case is on this route already")
	}
	if err := v.err(); err != nil {
		return err
	}
	d.tell(d.emit(Event{Kind: EventRerouted, Document: d.text(), Route: d.cmd.Route, CountFrom: d.c.AcceptedFrom}), d.everybody())
	return nil
}
