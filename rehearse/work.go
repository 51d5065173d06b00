package rehearse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
)

// Receive has a case registered when its time of receipt comes.
func (p *People) Receive(c Petition) {
	p.agenda.add(c.Registration.ReceivedAt, func(ctx context.Context) error { return p.tolerate(ctx, p.register(ctx, c)) })
}

// register enters a case as a clerk would.
func (p *People) register(ctx context.Context, c Petition) error {
	r := c.Registration
	body := map[string]any{
		"origin": r.Origin, "channel": r.Channel, "purpose": r.Purpose, "category": r.Category, "unit": r.Unit, "received_at": r.ReceivedAt.Format(time.RFC3339),
		"headcount": r.Headcount, "repeated": r.Repeated, "key": r.Key, "difficult": r.Difficult, "title": c.Title, "text": c.Text, "petitioner": c.Petitioner,
	}
	for name, v := range map[string]string{"reference": r.Reference, "campaign": r.Campaign, "accused_unit": r.AccusedUnit, "accused_official": r.AccusedOfficial} {
		if v != "" {
			body[name] = v
		}
	}
	if r.Simple {
		body["simple"] = true
	}
	if r.Representatives > 0 {
		body["representatives"] = r.Representatives
	}
	by, key := c.By, c.Key
	if by == "" {
		by = p.first("registrar")
	}
	if key == "" {
		key = r.Reference
	}
	var answer summary
	if err := p.api.post(ctx, p.accounts[by].Token, "/cases", key, body, &answer); err != nil {
		return asked("register", err)
	}
	p.mu.Lock()
	p.fates[answer.ID] = c.fate
	p.mu.Unlock()
	if c.fate.linked {
		return p.link(ctx, by, answer)
	}
	return nil
}

// link joins the case to an earlier one of the same unit.
func (p *People) link(ctx context.Context, by string, c summary) error {
	earlier, err := p.api.list(ctx, p.accounts[by].Token, "?limit=5&sort=registered&unit="+c.Unit)
	if err != nil {
		return err
	}
	for _, e := range earlier.Cases {
		if e.ID != c.ID {
			return p.give(ctx, by, c.ID, "link", map[string]any{"earlier": e.ID, "text": "与此前登记的事项为同一诉求，予以关联。"})
		}
	}
	return nil
}

// give gives a command in somebody's name.
func (p *People) give(ctx context.Context, by, id, command string, body map[string]any) error {
	return p.api.command(ctx, p.accounts[by].Token, id, command, body)
}

// too gives a command beside the one that a task asks for: whether it is refused makes
// no difference to that.
func (p *People) too(ctx context.Context, by, id, command string, body map[string]any) error {
	return p.tolerate(ctx, p.give(ctx, by, id, command, body))
}

// first is the first account of a role.
func (p *People) first(role string) string {
	return p.lowest(func(a Account) bool { return a.Role == role })
}

// of is the first account of a role in a unit.
func (p *People) of(unit, role string) string {
	return p.lowest(func(a Account) bool { return a.Role == role && a.Unit == unit })
}

// head is the first leader of a unit, who is its head.
func (p *People) head(unit string) string { return p.of(unit, "leader") }

// convener is who is in charge of petition work in an area.
func (p *People) convener(area string) string {
	return p.lowest(func(a Account) bool {
		return a.Role == "leader" && a.Unit == area && strings.Contains(a.Portfolio, "信访")
	})
}

func (p *People) lowest(is func(Account) bool) string {
	var ids []string
	for id, a := range p.accounts {
		if is(a) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return slices.Min(ids)
}

// phrase is one of some words, fixed for the case.
func (p *People) phrase(id, what string) string {
	all := words[what]
	return all[p.dice("phrase", what, id).IntN(len(all))]
}

// do does one task.
func (p *People) do(ctx context.Context, id string, t task, hurried bool) error {
	command, body := t.Do, map[string]any{}
	if _, ok := words[t.Do]; ok {
		body["text"] = p.phrase(t.Case.ID, t.Do)
	}
	f, c := p.fate(t.Case.ID), t.Case
	switch t.Do {
	case "assign":
	case "acknowledge":
		p.standIn(body, t)
	case "forward":
		return p.passOn(ctx, id, c, f)
	case "accept":
		if f.objection != "" && !hurried && p.once(c.ID, "object") {
			return p.give(ctx, id, c.ID, "object", map[string]any{"text": p.phrase(c.ID, "object")})
		}
		if hurried {
			body["on"] = p.earlier(c.ReceivedOn)
		}
	case "decide_objection":
		if body["outcome"] = f.objection; f.objection == "" {
			body["outcome"] = "rejected"
		}
	case "act":
		body["act"] = []string{"read_file", "receive", "meet", "site_visit", "meeting", "instruct"}[p.dice("act", id, c.ID, calendar.DateOf(p.clock.Now()).String()).IntN(6)]
		body["text"] = p.phrase(c.ID+id, body["act"].(string))
		if err := p.lead(ctx, id, c, f); err != nil {
			return err
		}
	case "feed_back":
		if err := p.channel(ctx, id, c.ID, body); err != nil {
			return err
		}
		if err := p.askTerm(ctx, c, f); err != nil {
			return err
		}
	case "opine":
		if stop, err := p.handle(ctx, id, t, f, hurried); stop || err != nil {
			return err
		}
		if body["result"] = []string{"support", "explain", "reject"}[p.dice("result", c.ID).IntN(3)]; body["result"] == "support" && p.dice("term", c.ID).IntN(2) == 0 {
			body["days"] = 15 + p.dice("days", c.ID).IntN(46)
		}
		body["text"] = p.phrase(c.ID, body["result"].(string))
	case "sign":
		p.standIn(body, t)
		full, err := p.api.get(ctx, p.accounts[id].Token, c.ID)
		if err != nil {
			return err
		}
		if c.Stage == "opined" && full.Opinion.Version == 1 && p.dice("return", id, c.ID).IntN(8) == 0 {
			command, body["text"] = "return", p.phrase(c.ID, "return")
		} else {
			body["hash"] = full.Opinion.Hash
		}
	case "serve":
		body["means"] = p.means(c.ID)
	case "resolve":
		if f.money > 0 {
			body["money"] = f.money
		}
	case "accept_review", "conclude_review":
		return p.review(ctx, id, c, f, t.Do, body)
	case "grant_term":
		switch { // of the first two one is refused and one granted, whoever they are
		case p.once("refuse_term"):
			command = "refuse_term"
		case p.once("grant_term"):
		case f.askedTerm != "":
			command = f.askedTerm
		}
		body["text"] = p.phrase(c.ID, command)
	case "answer_suggestion":
		if stop, err := p.answer(ctx, id, c.ID, f, body); stop || err != nil {
			return err
		}
	case "release":
		if c.Stage != "served" {
			return nil // the matter is not settled yet
		}
	case "report", "execute", "close":
	default:
		return fmt.Errorf("nobody knows how to %s", t.Do)
	}
	if err := p.give(ctx, id, c.ID, command, body); err != nil {
		return err
	}
	switch command {
	case "serve":
		p.answered(c, f)
	case "close":
		p.lookBack(c, f)
	}
	return nil
}

// standIn says for whom a deputy does a task.
func (p *People) standIn(body map[string]any, t task) {
	if t.For != "" {
		body["for"] = t.For
	}
}

func (p *People) means(id string) string {
	return []string{"direct", "mail", "electronic"}[p.dice("means", id).IntN(3)]
}

// passOn forwards or commissions a case, or ends it where it belongs elsewhere.
func (p *People) passOn(ctx context.Context, id string, c summary, f fate) error {
	text := func(of string) map[string]any { return map[string]any{"text": p.phrase(c.ID, of)} }
	switch f.entry {
	case "decline":
		body := text("decline")
		body["reason"] = []string{"not_competent", "legal_route", "in_hand", "unclear"}[p.dice("decline", c.ID).IntN(4)]
		return p.give(ctx, id, c.ID, "decline", body)
	case "divert":
		n := p.dice("divert", c.ID).IntN(4)
		body := text("divert")
		body["route"] = []string{"judicial", "arbitration", "party", "administrative"}[n]
		body["organ"] = []string{"人民法院", "劳动人事争议仲裁委员会", "上级党组织", "行政复议机关"}[n]
		return p.give(ctx, id, c.ID, "divert", body)
	}
	command, body := "forward", text("forward")
	if f.entry == "commission" {
		command, body = "commission", text("commission")
		body["days"] = 30 + p.dice("commission", c.ID).IntN(4)*10
	}
	if f.objection == "upheld" && !p.once(c.ID, "passed on") && p.once(c.ID, "elsewhere") { // where no other unit can take it, it stays
		unit, err := p.elsewhere(ctx, c)
		if err != nil {
			return err
		}
		body["unit"] = unit
	}
	p.once(c.ID, "passed on")
	if err := p.give(ctx, id, c.ID, command, body); err != nil {
		return err
	}
	if f.joined {
		return p.too(ctx, id, c.ID, "join", map[string]any{"unit": p.sibling(c.Unit, c.ID), "text": p.phrase(c.ID, "join")})
	}
	return nil
}

// elsewhere finds another unit for a case that was given back, and has its leaders take
// the seats of those of the first.
func (p *People) elsewhere(ctx context.Context, c summary) (string, error) {
	unit := p.sibling(c.Unit, c.ID)
	for _, seat := range []*seat{c.Leaders.Upper, c.Leaders.Lower} {
		if seat == nil {
			continue
		}
		from := p.accounts[seat.Official]
		if !strings.Contains(from.Unit, "-") || from.Unit == unit {
			continue // the authority's leaders are in charge of every unit
		}
		to := p.lowest(func(a Account) bool { return a.Role == "leader" && a.Unit == unit && a.Level == from.Level })
		if err := p.too(ctx, p.of(c.Office, "supervisor"), c.ID, "hand_over", map[string]any{
			"from": seat.Official, "to": to, "reason": "other", "decided_by": p.convener(areaOf(c.Office)), "text": p.phrase(c.ID, "hand_over"),
		}); err != nil {
			return "", err
		}
	}
	return unit, nil
}

// sibling is another unit of the same authority that has officers.
func (p *People) sibling(unit, id string) string {
	var units []string
	for _, a := range p.accounts {
		if a.Role == "officer" && a.Unit != unit && areaOf(a.Unit) == areaOf(unit) && !slices.Contains(units, a.Unit) {
			units = append(units, a.Unit)
		}
	}
	slices.Sort(units)
	return units[p.dice("sibling", id).IntN(len(units))]
}

// lead is what a leader does beside a personal act: an instruction, or a meeting.
func (p *People) lead(ctx context.Context, id string, c summary, f fate) error {
	if p.dice("instruct", id, c.ID).IntN(6) == 0 && p.once(c.ID, id, "instruct") {
		if err := p.too(ctx, id, c.ID, "instruct", map[string]any{"text": p.phrase(c.ID, "instruct_words")}); err != nil {
			return err
		}
	}
	if f.meeting != "" && c.Stage != "registered" && c.Stage != "forwarded" && p.once(c.ID, "submit") {
		return p.too(ctx, id, c.ID, "submit", map[string]any{"meeting": f.meeting, "text": p.phrase(c.ID, "submit")})
	}
	return nil
}

// channel finds which channel of supervision waits for the unit's answer.
func (p *People) channel(ctx context.Context, id, of string, body map[string]any) error {
	full, err := p.api.get(ctx, p.accounts[id].Token, of)
	if err != nil {
		return err
	}
	for _, ch := range full.Channels {
		if ch.ReleasedAt == nil && ch.FedBackAt == nil {
			body["channel"] = ch.Channel
		}
	}
	return nil
}

// askTerm has the head of the unit ask for more time for what was ordered.
func (p *People) askTerm(ctx context.Context, c summary, f fate) error {
	if f.askedTerm == "" {
		return nil
	}
	for _, k := range c.Clocks {
		if slices.Contains([]string{"SUP-1", "SUP-2", "ASSIGN-RESULT", "LISTED", "ORDER"}, k.ID) && k.Extended == 0 && !k.Overdue && p.once(c.ID, "ask_term", k.ID) {
			return p.too(ctx, p.head(c.Unit), c.ID, "ask_term", map[string]any{"clock": k.ID, "days": 10 + 5*p.dice("term", c.ID).IntN(3), "text": p.phrase(c.ID, "ask_term")})
		}
	}
	return nil
}

// handle is what an officer does before the opinion. stop says that the opinion has to
// wait.
func (p *People) handle(ctx context.Context, id string, t task, f fate, hurried bool) (stop bool, err error) {
	c := t.Case
	if f.fallsBack && p.once(c.ID, "fall_back") {
		return true, p.too(ctx, id, c.ID, "fall_back", map[string]any{"text": p.phrase(c.ID, "fall_back")})
	}
	if err := p.askTerm(ctx, c, f); err != nil {
		return true, err
	}
	if f.heard && p.once(c.ID, "hear") {
		if err := p.too(ctx, id, c.ID, "hear", map[string]any{"text": p.phrase(c.ID, "hear")}); err != nil {
			return true, err
		}
	}
	if f.mediated != "" && p.once(c.ID, "mediate") {
		if err := p.too(ctx, id, c.ID, "mediate", map[string]any{"outcome": f.mediated, "text": p.phrase(c.ID, "mediate")}); err != nil {
			return true, err
		}
	}
	inTime := slices.ContainsFunc(c.Clocks, func(k clock) bool { return k.ID == "HANDLE" && !k.Overdue && k.Extended == 0 })
	if p.wantsMore(id, c.ID) && inTime && !hurried && p.once(c.ID, "extend") {
		return true, p.extend(ctx, id, t)
	}
	return false, nil
}

// earlier is some day between the receipt and today, as a paper may bear it.
func (p *People) earlier(received calendar.Date) calendar.Date {
	today := calendar.DateOf(p.clock.Now())
	return received.AddDays(min(10, today.DaysSince(received)))
}

// wantsMore reports whether an officer asks for more time to settle a case: some do, and
// half of the slow ones.
func (p *People) wantsMore(officer, id string) bool {
	return p.fate(id).extended || p.temperOf(officer) == slow && p.dice("extend", id).IntN(2) == 0
}

// extend has the head of the officer's unit grant a slow officer more time.
func (p *People) extend(ctx context.Context, officer string, t task) error {
	head := p.head(p.accounts[officer].Unit)
	if head == "" {
		return nil
	}
	return p.give(ctx, head, t.Case.ID, "extend", map[string]any{
		"days": 30, "requested_by": officer, "told_on": calendar.DateOf(p.clock.Now()).String(), "told_by": "mail", "text": "案情复杂，需补充鉴定材料。",
	})
}

// answer registers the answer to a suggestion. stop says that there is none to answer.
func (p *People) answer(ctx context.Context, id, of string, f fate, body map[string]any) (stop bool, err error) {
	full, err := p.api.get(ctx, p.accounts[id].Token, of)
	if err != nil {
		return true, err
	}
	for _, s := range full.Suggestions {
		if s.Outcome == nil {
			body["number"], body["outcome"] = s.Number, f.adopted
			if f.adopted == "" {
				body["outcome"] = "adopted"
			}
			body["text"] = p.phrase(of, body["outcome"].(string))
			return false, nil
		}
	}
	return true, nil
}
