package rehearse

import (
	"context"
	"maps"
	"slices"

	"shuangze/calendar"
)

// offices lets the petition offices and the conveners of the joint meetings look through
// what is supervised, on the first working day of each week.
func (p *People) offices(ctx context.Context, day calendar.Date) error {
	if !p.once("week", day.AddDays(-(int(day.Weekday())+6)%7).String()) {
		return nil
	}
	if err := p.decide(ctx); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(p.accounts)) {
		a := p.accounts[id]
		if a.Role != "supervisor" || id != p.of(a.Unit, "supervisor") {
			continue
		}
		for _, supervision := range []string{"petition_office", "dual", "joint_meeting"} {
			cases, err := p.api.list(ctx, a.Token, "?limit=200&supervision="+supervision)
			if err := p.tolerate(ctx, err); err != nil {
				return err
			}
			for _, c := range cases.Cases {
				if c.Office != a.Unit {
					continue // a lower office's own
				}
				if err := p.lookAt(ctx, id, c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lookAt is what an office does with one supervised case.
func (p *People) lookAt(ctx context.Context, id string, c summary) error {
	f := p.fate(c.ID)
	if f.suggested != "" && p.once(c.ID, "suggest") {
		if err := p.too(ctx, id, c.ID, "suggest", map[string]any{"suggestion": f.suggested, "unit": c.Unit, "text": p.phrase(c.ID, f.suggested)}); err != nil {
			return err
		}
	}
	if f.expertise && p.once(c.ID, "expertise") {
		if err := p.too(ctx, id, c.ID, "suspend", map[string]any{
			"reason": "expertise", "days": 15 + p.dice("expertise", c.ID).IntN(20), "decided_by": p.head(c.Unit), "text": p.phrase(c.ID, "expertise"),
		}); err != nil {
			return err
		}
	}
	if c.Supervision == "petition_office" {
		return nil
	}
	return p.meeting(ctx, c)
}

// meeting is what the convener of the joint meeting does with a case that stays late:
// each week something heavier, beginning with what the meeting finds fit. What the meeting has listed it releases once the matter
// was answered, and it answers requests for more time.
func (p *People) meeting(ctx context.Context, c summary) error {
	convener := p.convener(areaOf(c.Office))
	if convener == "" || p.onLeave(convener) {
		return nil
	}
	full, err := p.api.get(ctx, p.accounts[convener].Token, c.ID)
	if err != nil {
		return p.tolerate(ctx, err)
	}
	for _, ch := range full.Channels {
		if ch.Channel == "joint_meeting" && ch.ReleasedAt == nil {
			switch {
			case c.Stage == "served":
				return p.too(ctx, convener, c.ID, "release", map[string]any{"text": p.phrase(c.ID, "release")})
			case full.TermRequest != nil && slices.Contains([]string{"LISTED", "ORDER"}, full.TermRequest.Clock):
				return p.too(ctx, convener, c.ID, "grant_term", nil)
			}
		}
	}
	if !c.Late || c.Stage != "handling" {
		return nil
	}
	measures := []string{"talk", "circulate", "list", "order"}
	for _, measure := range measures[p.dice("measure", c.ID).IntN(len(measures)):] {
		if p.once(c.ID, measure) {
			body := map[string]any{"text": p.phrase(c.ID, measure)}
			if measure == "order" {
				body["days"] = 20
			}
			return p.too(ctx, convener, c.ID, measure, body)
		}
	}
	return nil
}

// decide plays the leaders' decision on what is both key and difficult: supervised by
// the petition office, and by the supervision office as well.
func (p *People) decide(ctx context.Context) error {
	supervisor := p.first("supervisor")
	if supervisor == "" {
		return nil
	}
	list, err := p.api.list(ctx, p.accounts[supervisor].Token, "?stage=handling&limit=200")
	if err != nil {
		return p.tolerate(ctx, err)
	}
	for _, c := range list.Cases {
		if !c.Key || !c.Difficult || c.Supervision == "dual" {
			continue
		}
		if c.Supervision == "none" {
			if err := p.too(ctx, supervisor, c.ID, "supervise", map[string]any{"reason": "other", "text": "重点疑难案件，请认真办理并按期反馈。"}); err != nil {
				return err
			}
		}
		if err := p.too(ctx, supervisor, c.ID, "escalate", map[string]any{
			"ground": "key", "decided_by": p.convener(areaOf(c.Office)), "text": "经领导研究决定，移交党委督查室双重督办。",
		}); err != nil {
			return err
		}
	}
	return nil
}
