package activities

import (
	"context"
	"errors"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/store"
)

// ended is why a reception day is not told after all: it was cancelled or swapped since.
const ended = "reception_ended"

// planReceptions fixes what leaders are on the reception days that begin, and plans the
// letters before those that come: of the day itself and, later, of its appointments. Each
// is planned once for each reader; who goes on leave in between brings in new ones.
func (a *Activities) planReceptions(ctx context.Context, rules casefile.Rules, now time.Time) error {
	const farthest = 62 // days: offsets are shorter
	today := calendar.DateOf(now)
	if err := a.Store.FixReceptions(ctx, today); err != nil {
		return err
	}
	if a.Post.Mail == nil || !rules.Policy.Delivery.Hours(now, rules.Calendar) {
		return nil
	}
	days, _, err := a.Store.Receptions(ctx, store.ReceptionFilter{From: now, Until: today.AddDays(farthest).End()})
	if err != nil {
		return err
	}
	rules.Now = now
	var letters []store.ReceptionLetter
	for _, day := range days {
		stage := "tell"
		switch rule := rules.Policy.Reception; {
		case !day.Stands() || casefile.TellOn(day, rule.Tell, rules.Calendar).After(today) && casefile.TellOn(day, rule.List, rules.Calendar).After(today):
			continue
		case !casefile.TellOn(day, rule.List, rules.Calendar).After(today):
			stage = "list" // which says all that the first one does
		}
		for _, official := range casefile.ReceptionTold(day, rules) {
			if rules.Directory.Officials[official].Email != "" {
				letters = append(letters, store.ReceptionLetter{Reception: day.ID, Stage: stage, Official: official})
			}
		}
	}
	return a.Store.PlanReceptionLetters(ctx, letters, now)
}

// reception writes the letter of a day. How many have an appointment is for the leader
// who receives and the office; who they are is in no letter.
func (p *post) reception(ctx context.Context, m store.Message, l notify.Letter, reader casefile.Official) (notify.Letter, string, error) {
	day, err := p.Store.Reception(ctx, m.About)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return l, ended, nil
	case err != nil:
		return l, "", err
	case !day.Stands():
		return l, ended, nil
	case !l.At.Before(day.From):
		return l, outdated, nil
	}
	d := p.rules.Directory
	leader := d.Officials[day.Leader]
	l.Reception = &notify.Reception{
		Leader: leader.Name, Post: leader.Post, From: day.From, Until: day.Until, Place: day.Place, Office: d.Units[day.Office].Name,
		Mine: reader.ID == day.Leader, Away: casefile.AwayOn(day, d),
	}
	for _, form := range p.rules.Policy.Forms {
		if form.ID == day.Form {
			l.Reception.Form = form.Name
		}
	}
	if l.Site != "" {
		l.Reception.Link = strings.TrimSuffix(l.Site, "/") + "/receptions/" + day.ID
	}
	if casefile.SeesAppointments(day, actorOf(reader)) {
		progress, err := p.Store.Progress(ctx, actorOf(reader), day.ID)
		if err != nil {
			return l, "", err
		}
		l.Reception.Booked = progress.Booked
	}
	return l, "", nil
}
