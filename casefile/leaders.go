package casefile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shuangze/policy"
)

// Proposal is a pair of leaders for a case and the reason for each.
type Proposal struct {
	Upper Official
	Lower Official
	Why   policy.Text
}

// Propose finds the pair that suits a case best: of the two adjacent levels that
// its origin asks for, responsible for its unit, not recused; by portfolio first,
// then whoever carries the fewest open cases. Rules.Directory.Load must be filled.
func Propose(c Case, r Rules) (Proposal, *Error) {
	pair, err := pairFor(c, r)
	if err != nil {
		return Proposal{}, err
	}
	var p Proposal
	var why [2]policy.Text
	for i, seat := range []struct {
		level string
		to    *Official
	}{{pair.Upper, &p.Upper}, {pair.Lower, &p.Lower}} {
		suitable := suitable(c, seat.level, r)
		if r.Directory.Officials[c.Receiver].Level == seat.level && c.Receiver != "" {
			suitable = slices.DeleteFunc(suitable, func(o Official) bool { return o.ID != c.Receiver })
			if len(suitable) == 0 {
				return Proposal{}, receiverUnsuited(c)
			}
		}
		if len(suitable) == 0 {
			name := levelName(r.Policy, seat.level)
			return Proposal{}, conflict("no_suitable_leader",
				"名录中没有合适的"+name.Chinese+"领导可以包案", "the directory has no suitable leader of level "+name.English)
		}
		*seat.to = suitable[0]
		why[i] = explain(c, suitable, r)
	}
	p.Why = policy.Text{
		Chinese: fmt.Sprintf("上级：%s；下级：%s（%s）", why[0].Chinese, why[1].Chinese, pair.Source),
		English: fmt.Sprintf("upper: %s; lower: %s (%s)", why[0].English, why[1].English, pair.Source),
	}
	return p, nil
}

func pairFor(c Case, r Rules) (policy.Pair, *Error) {
	pair, ok := r.Policy.PairFor(c.Origin, c.UnitLevel)
	if !ok {
		return pair, conflict("no_pair", "政策没有规定这类案件由哪两级领导包案", "the policy names no pair of levels for such a case")
	}
	if c.Receiver != "" {
		if pair, ok = withReceiver(pair, r.Directory.Officials[c.Receiver].Level, r.Policy); !ok {
			return pair, receiverUnsuited(c)
		}
	}
	return pair, nil
}

// suitable lists who could lead at this level, the best first.
func suitable(c Case, level string, r Rules) []Official {
	found := r.Directory.Find(func(o Official) bool { return unsuited(c, o, level, r) == nil })
	slices.SortStableFunc(found, func(a, b Official) int {
		if n := cmp.Compare(distance(c, a, r), distance(c, b, r)); n != 0 {
			return n
		}
		return cmp.Compare(r.Directory.Load[a.ID], r.Directory.Load[b.ID])
	})
	return found
}

// distance is 0 for a leader to whom the matter belongs by office or portfolio.
func distance(c Case, o Official, r Rules) int {
	if o.Unit == c.Unit || inPortfolio(c, o, r) {
		return 0
	}
	return 1
}

func inPortfolio(c Case, o Official, r Rules) bool {
	category, _ := r.Policy.Category(c.Category)
	return slices.ContainsFunc(category.Portfolio, func(word string) bool { return strings.Contains(o.Portfolio, word) })
}

func explain(c Case, among []Official, r Rules) policy.Text {
	o := among[0]
	load := r.Directory.Load[o.ID]
	equals := 0 // who suit as well as the best
	for _, other := range among {
		if distance(c, other, r) == distance(c, o, r) {
			equals++
		}
	}
	zh, en := "分管领导之外的适合人选", "suitable, though not by portfolio"
	switch {
	case o.ID == c.Receiver:
		return policy.Text{Chinese: o.Post + "，接访领导", English: o.Post + ", who received it on a reception day"}
	case inPortfolio(c, o, r):
		zh, en = "分管"+o.Portfolio, "in charge of the matter by portfolio"
	case o.Unit == c.Unit:
		zh, en = "责任单位领导", "leads the responsible unit"
	}
	return policy.Text{
		Chinese: fmt.Sprintf("%s，%s，在包案件%d件，%d名同等适合人选中最少", o.Post, zh, load, equals),
		English: fmt.Sprintf("%s, %s, carries %d open cases, the fewest of %d who suit as well", o.Post, en, load, equals),
	}
}

// unsuited says why an official can't lead this case at this level: a field error
// without its field, or nil.
func unsuited(c Case, o Official, level string, r Rules) *FieldError {
	want := levelName(r.Policy, level)
	switch {
	case o.ID == "":
		return &FieldError{Code: "unknown_official", Chinese: "名录中没有此人", English: "there is no such official"}
	case o.Role != Leader:
		return &FieldError{Code: "not_a_leader", Chinese: "此人不是领导干部", English: "this official is not a leader"}
	case o.Level != level:
		return &FieldError{Code: "wrong_level", Chinese: "本案须由" + want.Chinese + "领导担任", English: "this seat needs a leader of level " + want.English}
	case Accuses(c, o.ID, o.Unit, r.Directory):
		return &FieldError{Code: "recused", Chinese: "此人属于被检举控告的单位或本人被检举控告，应当回避（条例第二十八条第三款）", English: "this official is accused in the case, or of the accused unit, and must withdraw"}
	case slices.Contains(c.otherHands(level), o.ID):
		return &FieldError{Code: "other_seat", Chinese: "此人已在本案另一包案席位履职，同一人不得先后担任两席", English: "this official has acted in the other seat of the case; nobody may hold both, not even one after the other"}
	case c.Stage == Registered && c.Led() && !r.Directory.Under(o.Unit, r.Directory.Area(c.Office)),
		(c.Stage != Registered || !c.Led()) && !r.Directory.Under(c.Unit, o.Unit):
		return &FieldError{Code: "out_of_area", Chinese: "责任单位不在此人的职责范围内", English: "the responsible unit is not in this leader's charge"}
	}
	return nil
}

func levelName(p *policy.Policy, id string) policy.Text {
	for _, l := range p.Levels {
		if l.ID == id {
			return l.Name
		}
	}
	return policy.Text{Chinese: id, English: id}
}

// assign names the two leaders: those given, or the proposed pair.
func assign(d *decision) *Error {
	pair, err := pairFor(d.c, d.rules)
	if err != nil {
		return err
	}
	upper, lower := d.cmd.Upper, d.cmd.Lower
	e := Event{Kind: EventAssigned, Document: d.text()}
	if upper == "" && lower == "" {
		p, err := Propose(d.c, d.rules)
		if err != nil {
			return err
		}
		upper, lower, e.Why = p.Upper.ID, p.Lower.ID, &p.Why
	}
	var v invalid
	if err := d.seatReceiver(&v, pair, &upper, &lower); err != nil {
		return err
	}
	for _, seat := range []struct{ field, official, level string }{{"upper", upper, pair.Upper}, {"lower", lower, pair.Lower}} {
		if seat.official == "" {
			v.add(seat.field, "required", "两名包案领导须同时确定", "name both leaders, or neither to have a pair proposed")
		} else if why := unsuited(d.c, d.rules.Directory.Officials[seat.official], seat.level, d.rules); why != nil {
			v.add(seat.field, why.Code, why.Chinese, why.English)
		}
	}
	if upper != "" && upper == lower {
		v.add("lower", "same_person", "两名包案领导不能是同一人", "the two leaders must be two persons")
	}
	if err := v.err(); err != nil {
		return err
	}
	e.Upper = &Seat{Official: upper, Level: pair.Upper, AssignedAt: d.now}
	e.Lower = &Seat{Official: lower, Level: pair.Lower, AssignedAt: d.now}
	d.emit(e)
	d.tell(Event{Kind: EventAssigned, Actor: d.cmd.Actor}, []string{upper, lower})
	return nil
}
