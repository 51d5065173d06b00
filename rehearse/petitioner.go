package rehearse

import (
	"context"
	"time"
)

// inDays is nine in the morning, some days from now.
func (p *People) inDays(days int) time.Time { return p.clock.Now().AddDate(0, 0, days) }

// answered is what a petitioner does with an opinion that was delivered: rate it, or ask
// for a review. The office's clerk enters both.
func (p *People) answered(c summary, f fate) {
	days := 3 + p.dice("petitioner", c.ID).IntN(18)
	clerk := p.of(c.Office, "registrar")
	rating, first := f.rating, p.once(c.ID, "answered")
	if !first && rating == "dissatisfied" {
		rating = "basically_satisfied" // done again, and better
	}
	if rating != "" {
		office := "satisfied"
		if rating == "dissatisfied" {
			office = "basically_satisfied"
		}
		p.agenda.add(p.inDays(days), func(ctx context.Context) error {
			return p.too(ctx, clerk, c.ID, "rate", map[string]any{"office_rating": office, "unit_rating": rating, "text": p.phrase(c.ID, "rate_"+rating)})
		})
	}
	p.askReview(c, f, days)
}

// askReview has the petitioner ask for the next round, if there is to be one.
func (p *People) askReview(c summary, f fate, days int) {
	p.mu.Lock()
	round := p.rounds[c.ID]
	p.mu.Unlock()
	if round >= len(f.reviews) {
		return
	}
	clerk, area := p.of(c.Office, "registrar"), areaOf(c.Unit)
	p.agenda.add(p.inDays(days), func(ctx context.Context) error {
		body := map[string]any{"text": p.phrase(c.ID, "ask_review")}
		highest := len(area) == shortest(p.accounts)
		switch recheck := round > 0 && f.reviews[round-1] == "uphold"; {
		case highest && recheck:
			return nil // the directory knows nobody above the province
		case highest:
			body["organ"] = "省级主管部门"
		case recheck:
			body["unit"] = area[:shortest(p.accounts)]
		default:
			body["unit"] = area
		}
		return p.too(ctx, clerk, c.ID, "ask_review", body)
	})
}

// review is what the reviewing organ does: it accepts or declines, hears where there is
// to be a hearing, and concludes.
func (p *People) review(ctx context.Context, id string, c summary, f fate, do string, body map[string]any) error {
	p.mu.Lock()
	round := p.rounds[c.ID]
	p.mu.Unlock()
	outcome := "uphold"
	if round < len(f.reviews) {
		outcome = f.reviews[round]
	}
	next := func() {
		p.mu.Lock()
		p.rounds[c.ID]++
		p.mu.Unlock()
	}
	if do == "accept_review" {
		if outcome != "decline" {
			return p.give(ctx, id, c.ID, do, body)
		}
		if err := p.give(ctx, id, c.ID, "decline_review", map[string]any{"text": p.phrase(c.ID, "decline_review")}); err != nil {
			return err
		}
		next()
		return nil
	}
	full, err := p.api.get(ctx, p.accounts[id].Token, c.ID)
	if err != nil {
		return err
	}
	now := full.Reviews[len(full.Reviews)-1]
	if f.hearing && now.Round == "recheck" {
		if stop, err := p.hearing(ctx, id, full, now.Unit); stop || err != nil {
			return err
		}
	}
	body["outcome"], body["means"], body["text"] = outcome, p.means(c.ID), p.phrase(c.ID, outcome)
	if outcome == "change" {
		body["result"] = "support"
	}
	if err := p.give(ctx, id, c.ID, do, body); err != nil {
		return err
	}
	next()
	if outcome == "uphold" {
		p.askReview(c, f, 5+p.dice("recheck", c.ID).IntN(20))
	}
	return nil
}

// hearing lets the recheck's time stand still, and go on again when the hearing was
// held. Some forget to say so: then the clock goes on by itself. stop says that the
// conclusion has to wait.
func (p *People) hearing(ctx context.Context, id string, c summary, unit string) (stop bool, err error) {
	if p.once(c.ID, "hearing") {
		decider := p.head(unit)
		if decider == "" {
			decider = p.head(c.Unit)
		}
		return true, p.too(ctx, id, c.ID, "suspend", map[string]any{
			"reason": "hearing", "days": 20 + p.dice("hearing", c.ID).IntN(20), "decided_by": decider, "text": p.phrase(c.ID, "suspend"),
		})
	}
	if !p.once(c.ID, "heard") {
		return false, nil
	}
	if err := p.too(ctx, id, c.ID, "hear", map[string]any{"text": p.phrase(c.ID, "hear")}); err != nil {
		return true, err
	}
	if c.Suspension == nil || p.dice("forgets", c.ID).IntN(3) == 0 {
		return c.Suspension != nil, nil
	}
	return false, p.too(ctx, id, c.ID, "resume", map[string]any{"text": p.phrase(c.ID, "resume")})
}

// lookBack has the office look at a closed case again, where it is to find something.
func (p *People) lookBack(c summary, f fate) {
	if f.reopened == "" || !p.once(c.ID, "reopen") {
		return
	}
	p.agenda.add(p.inDays(15), func(ctx context.Context) error {
		return p.too(ctx, p.of(c.Office, "supervisor"), c.ID, "reopen", map[string]any{"reason": f.reopened, "text": p.phrase(c.ID, "reopen")})
	})
}
