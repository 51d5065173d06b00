package casefile

import "slices"

// standsIn lists the seats in which the actor stands in for a leader on leave, now.
// Nobody does who holds the other seat, has ever acted in it or has withdrawn from the
// case, or whom it accuses: two seats are always two persons.
func standsIn(c Case, by Actor, r Rules) []SeatName {
	if Accuses(c, by.ID, by.Unit, r.Directory) || slices.Contains(c.Recused, by.ID) {
		return nil
	}
	if _, sits := c.SeatOf(by.ID); sits {
		return nil
	}
	var seats []SeatName
	for _, pair := range [][2]SeatName{{Upper, Lower}, {Lower, Upper}} {
		seat, other := c.Seat(pair[0]), c.Seat(pair[1])
		o, ok := r.Directory.Deputy(seat.Official, r.Now)
		if ok && o.ID == by.ID && !slices.Contains(other.Hands, by.ID) {
			seats = append(seats, pair[0])
		}
	}
	return seats
}

// DeputyTold is who is told of the case in an official's place, while they are on leave.
// Of a seat that is who can act in it; of anything else, who may see the case anyway.
func DeputyTold(c Case, official string, r Rules) (deputy string, ok bool) {
	o, ok := r.Directory.Deputy(official, r.Now)
	if !ok {
		return "", false
	}
	by := Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
	if name, sits := c.SeatOf(official); sits {
		return o.ID, slices.Contains(standsIn(c, by, r), name)
	}
	return o.ID, Sees(c, by, r)
}

// inSeat reports whether the actor holds a seat or stands in for who does.
func inSeat(c Case, by Actor, r Rules) bool {
	_, sits := c.SeatOf(by.ID)
	return sits || len(standsIn(c, by, r)) > 0
}

// stances lists as whom the actor can give a command: as themselves or, of a deputy and
// a command that deputies may give, as each leader they stand in for. The conditions of
// the command table are asked of that leader's seat.
func stances(c Case, kind Kind, by Actor, r Rules) []Actor {
	var leaders []Actor
	if slices.Contains(r.Policy.Deputies, string(kind)) {
		for _, name := range standsIn(c, by, r) {
			o := r.Directory.Officials[c.Seat(name).Official]
			leaders = append(leaders, Actor{ID: o.ID, Role: o.Role, Unit: o.Unit})
		}
	}
	if len(leaders) == 0 {
		return []Actor{by}
	}
	return leaders
}

// StandsInFor lists the leaders on leave for whom the actor would give a command of the case
// now. Who stands in for both has to say for which.
func StandsInFor(c Case, kind Kind, by Actor, r Rules) []string {
	leaders := []string{}
	for _, as := range stances(c, kind, by, r) {
		if as.ID != by.ID {
			leaders = append(leaders, as.ID)
		}
	}
	return leaders
}

// actsAs is the one as whom the command is given. Who stands in for both leaders says
// for which; having acted in one seat, they can't act in the other any more.
func actsAs(c Case, cmd Command, kind Kind, r Rules) (Actor, *Error) {
	all := stances(c, kind, cmd.Actor, r)
	var v invalid
	if cmd.For == "" {
		if len(all) == 1 {
			return all[0], nil
		}
		v.add("for", "required", "您同时代理两名包案领导，请选定代理哪一位；此后不能再代理另一位",
			"you stand in for both leaders: say for which; after that you can't act for the other")
		return Actor{}, v.err()
	}
	i := slices.IndexFunc(all, func(as Actor) bool { return as.ID == cmd.For && as.ID != cmd.Actor.ID })
	if i < 0 {
		v.add("for", "no_deputy", "您现在不是此人在本案中的代理人", "you are not this leader's deputy in the case now")
		return Actor{}, v.err()
	}
	return all[i], nil
}

// principal is the leader on leave for whom the actor gives the command, "" when they
// give it for themselves.
func (d *decision) principal() string {
	if d.as.ID == d.cmd.Actor.ID {
		return ""
	}
	return d.as.ID
}
