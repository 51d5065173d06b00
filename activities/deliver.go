package activities

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/store"
)

// Post is what people are told by.
type Post struct {
	Mail      Mailer            // nil: nothing goes by mail, and nothing is planned to
	Templates *notify.Templates // nil: the built-in ones
	Poster    notify.Poster
	Site      string          // address of the installation, for links; empty: none
	Language  notify.Language // of mails; empty: Chinese
	// Spread is over how much real time a run's messages are spread, so that a morning's
	// mails don't come in one second; each recipient has a fixed place in it.
	Spread time.Duration
}

// Mailer sends a composed message. Its errors are those of package notify.
type Mailer interface {
	Send(ctx context.Context, m notify.Message) error
}

// Deliver tells people what concerns them: it plans what was noticed since the last run,
// gathers what is due into one message a recipient and channel, adds the daily and
// weekly letters, and sends. It returns how many messages it sent. One that fails never
// keeps back another.
func (a *Activities) Deliver(ctx context.Context) (int, error) {
	if !a.Clock.IsReal() && a.Clock.Rate > 1 {
		return a.deliverFast(ctx)
	}
	return a.deliverOnce(ctx)
}

// deliverFast makes up for a rehearsal's speed: to the minute between two runs belong
// many hours, of each of which people are told.
func (a *Activities) deliverFast(ctx context.Context) (sent int, err error) {
	const run = 65 * time.Second // beyond the next run's minute, so that it follows at once
	period := max(time.Duration(float64(time.Hour)/a.Clock.Rate), 20*time.Millisecond)
	for end := time.Now().Add(run); ; {
		next := time.Now().Add(period)
		n, err := a.deliverOnce(ctx)
		sent += n
		if err != nil || next.After(end) {
			return sent, err
		}
		if err := wait(ctx, time.Until(next)); err != nil {
			return sent, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (a *Activities) deliverOnce(ctx context.Context) (int, error) {
	if err := a.planNotices(ctx); err != nil {
		return 0, err
	}
	now := a.Clock.Now()
	if _, err := a.Store.Gather(ctx, now); err != nil {
		return 0, err
	}
	rules, err := a.Store.Rules(ctx)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(a.planLetters(ctx, rules, now), a.planReceptions(ctx, rules, now), a.planVerified(ctx, now)); err != nil {
		return 0, err
	}
	return a.send(ctx, rules)
}

// planNotices decides for every new notice by which channels, to whom and when it goes.
func (a *Activities) planNotices(ctx context.Context) error {
	const batch = 1000
	rules, err := a.Store.Rules(ctx)
	if err != nil {
		return err
	}
	endpoints, err := a.Store.Endpoints(ctx)
	if err != nil {
		return err
	}
	endpoints = slices.DeleteFunc(endpoints, func(e store.Endpoint) bool { return e.DisabledAt != nil })
	for n := batch; n == batch; {
		n, err = a.Store.PlanNotices(ctx, batch, func(told []store.Told) []store.Delivery {
			var list []store.Delivery
			for _, t := range told {
				list = append(list, a.deliveries(ctx, t, rules, endpoints)...)
			}
			return list
		})
		if err != nil {
			return err
		}
		heartbeat(ctx, "planning")
	}
	return nil
}

func (a *Activities) deliveries(ctx context.Context, t store.Told, rules casefile.Rules, endpoints []store.Endpoint) []store.Delivery {
	var list []store.Delivery
	d := rules.Directory
	when, urgent := a.when(t, rules), rules.Policy.Delivery.AtAnyHour(t.Kind, t.Step)
	rules.Now = when
	if reader, principal := a.reader(ctx, t, rules); a.Post.Mail != nil && d.Officials[reader].Email != "" {
		told := t
		told.For = principal
		list = append(list, store.Delivery{Told: told, Channel: store.Mail, Recipient: reader, PlannedAt: when, Urgent: urgent})
	}
	for _, e := range endpoints {
		if e.Unit != "" && e.Unit != d.Officials[t.Official].Unit {
			continue
		}
		once := t
		once.Official, once.For = "", "" // however many people of the group it is for
		planned := store.Delivery{Told: once, Channel: e.ID, PlannedAt: when, Urgent: urgent}
		if e.Kind == string(notify.WebhookEndpoint) {
			planned.PlannedAt, planned.Urgent = t.At, true // machines don't sleep
		}
		list = append(list, planned)
	}
	return list
}

// reader says who gets a notice, and for whom, when it is told, which is the rules' now:
// who stands in for a leader who is on leave by then. Whom the core chose when it happened stays unless a leave has
// begun or ended since; a deputy who may not know of the case is never chosen.
func (a *Activities) reader(ctx context.Context, t store.Told, rules casefile.Rules) (reader, principal string) {
	d := rules.Directory
	leader := cmp.Or(t.For, t.Official)
	before, wasAway := d.Deputy(leader, t.At)
	now, away := d.Deputy(leader, rules.Now)
	switch {
	case !away && t.For == "", away && wasAway && before.ID == now.ID: // as it was
		return t.Official, t.For
	case !away:
		return leader, ""
	}
	row, err := a.Store.Case(ctx, t.CaseID)
	if err != nil {
		a.Log.ErrorContext(ctx, "who stands in", "case", t.CaseID, "official", leader, "error", err)
		return t.Official, t.For
	}
	if deputy, ok := casefile.DeputyTold(row.Case, leader, rules); ok {
		return deputy, leader
	}
	return leader, ""
}

// stale is how long after a notice its telling may go by when it was written; after a
// longer outage the hour it is now decides.
const stale = 15 * time.Minute

func (a *Activities) when(t store.Told, rules casefile.Rules) time.Time {
	at := t.At
	if now := a.Clock.Now(); now.Sub(at) > stale {
		at = now
	}
	return rules.Policy.Delivery.When(t.Kind, t.Step, at, rules.Calendar)
}

// planLetters plans the daily letters on working days, and the weekly ones on the first
// of a week, when their hour has come. Those of a day that was missed are left out.
func (a *Activities) planLetters(ctx context.Context, rules casefile.Rules, now time.Time) error {
	hours, today := rules.Policy.Delivery, calendar.DateOf(now)
	if a.Post.Mail == nil || !hours.Hours(now, rules.Calendar) {
		return nil
	}
	if !now.Before(hours.Digest.At(today)) {
		if err := a.Store.PlanLetters(ctx, string(notify.Digest), today, now); err != nil {
			return err
		}
	}
	if !now.Before(hours.Board.At(today)) && opensWeek(today, rules.Calendar) {
		return a.Store.PlanLetters(ctx, string(notify.Weekly), today, now)
	}
	return nil
}

// opensWeek reports whether no day of the week before this one was worked.
func opensWeek(today calendar.Date, cal *calendar.Calendar) bool {
	for d := today; d.Weekday() != time.Monday; {
		if d = d.AddDays(-1); cal.Day(d).Work {
			return false
		}
	}
	return true
}

// heartbeat tells Temporal that the work goes on; outside an activity it does nothing.
func heartbeat(ctx context.Context, what string) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, what)
	}
}

// whileWorking is a context that ends when the worker is told to stop, so that nothing
// new is begun then; what is under way goes on with the activity's own.
func whileWorking(ctx context.Context) (context.Context, context.CancelFunc) {
	working, cancel := context.WithCancel(ctx)
	if activity.IsActivity(ctx) {
		go func() {
			select {
			case <-activity.GetWorkerStopChannel(ctx):
				cancel()
			case <-working.Done():
			}
		}()
	}
	return working, cancel
}

// send attempts every message that is due, several at a time, each recipient at its own
// place in the spread.
func (a *Activities) send(ctx context.Context, rules casefile.Rules) (int, error) {
	const batch, together, longest = 1000, 8, 4 * time.Minute
	now := a.Clock.Now()
	due, err := a.Store.DueMessages(ctx, now, rules.Policy.Delivery.Hours(now, rules.Calendar), batch)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	// Few messages need little time.
	span := min(a.Post.Spread, time.Duration(len(due))*time.Second)
	place := func(m store.Message) time.Duration {
		h := fnv.New64a()
		_, _ = h.Write([]byte(m.Channel + " " + m.Recipient)) // never fails
		return time.Duration(float64(h.Sum64()>>11) / (1 << 53) * float64(span))
	}
	slices.SortStableFunc(due, func(x, y store.Message) int { return cmp.Compare(place(x), place(y)) })

	rules.Now = now
	p := &post{Activities: a, rules: rules}
	var group errgroup.Group
	group.SetLimit(together)
	start := time.Now()
	working, cancel := whileWorking(ctx)
	defer cancel()
	for _, m := range due {
		if time.Since(start) > longest || wait(working, time.Until(start.Add(place(m)))) != nil {
			break // what is left is due again
		}
		heartbeat(ctx, "sending")
		group.Go(func() error {
			if err := p.attempt(ctx, m); err != nil {
				a.Log.ErrorContext(ctx, "message", "id", m.ID, "channel", m.Channel, "recipient", m.Recipient, "error", err)
			}
			return nil // the others go on
		})
	}
	_ = group.Wait() // what fails is logged
	return int(p.sent.Load()), ctx.Err()
}

// post is one run's sending.
type post struct {
	*Activities
	rules casefile.Rules
	sent  atomic.Int64
	away  atomic.Int64 // how often in a row the mail server was
}

// patience is how often in a row a mail server may be away before a run lets it be.
const patience = 3

// attempt makes one attempt at a message. An error is ours, not the channel's.
func (p *post) attempt(ctx context.Context, m store.Message) error {
	if m.Channel == store.Mail && (p.Post.Mail == nil || p.away.Load() >= patience) {
		return nil // not attempted, and due again with the next run
	}
	now := p.Clock.Now()
	if ok, err := p.Store.Claim(ctx, m.ID, now, now.Add(backoff(m.Attempts))); err != nil || !ok {
		return err
	}
	letter, why, err := p.letter(ctx, m, now)
	if err != nil {
		return errors.Join(err, p.Store.PutOff(ctx, m.ID, "it could not be composed"))
	}
	if why != "" {
		return p.Store.Finish(ctx, m.ID, store.DeliverySuppressed, why, now)
	}
	err = p.deliver(ctx, m, letter)
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping; the attempt is written
	}
	now = p.Clock.Now()
	switch {
	case err == nil:
		p.sent.Add(1)
		return p.Store.Finish(ctx, m.ID, store.DeliverySent, "", now)
	case errors.Is(err, notify.ErrPermanent):
		return p.Store.Finish(ctx, m.ID, store.DeliveryFailed, err.Error(), now)
	case now.Sub(m.PlannedAt) > time.Duration(p.rules.Policy.Delivery.GiveUp):
		return p.Store.Finish(ctx, m.ID, store.DeliveryFailed, "given up: "+err.Error(), now)
	}
	p.Log.WarnContext(ctx, "message put off", "id", m.ID, "channel", m.Channel, "recipient", m.Recipient, "attempts", m.Attempts+1, "error", err)
	return p.Store.PutOff(ctx, m.ID, err.Error())
}

// backoff is how long after an attempt the next comes: a minute, two, four, at most an
// hour.
func backoff(attempts int) time.Duration { return min(time.Minute<<min(attempts, 6), time.Hour) }

// deliver sends a letter by the message's channel and keeps the books of endpoints.
func (p *post) deliver(ctx context.Context, m store.Message, l notify.Letter) error {
	if m.Channel == store.Mail {
		message, err := p.Post.templates().Compose(l)
		if err != nil {
			return err
		}
		err = p.Post.Mail.Send(ctx, message)
		if errors.Is(err, notify.ErrUnreachable) {
			p.away.Add(1)
		} else {
			p.away.Store(0)
		}
		return err
	}
	e, line, err := p.Store.Endpoint(ctx, m.Channel)
	if err != nil {
		return err // without its key it may come back
	}
	now := p.Clock.Now()
	err = p.Post.Poster.Say(ctx, notify.EndpointKind(e.Kind), line.Address, e.Secrets(line, now), l, p.Post.templates())
	switch {
	case err == nil && e.FailingSince != nil:
		if failed := p.Store.EndpointWorked(ctx, e.ID); failed != nil { // the message went, whatever the books say
			p.Log.ErrorContext(ctx, "endpoint works again", "endpoint", e.ID, "error", failed)
		}
		return nil
	case err == nil, ctx.Err() != nil:
		return err
	}
	now = p.Clock.Now()
	before := now.Add(-time.Duration(p.rules.Policy.Delivery.GiveUp))
	if errors.Is(err, notify.ErrGone) {
		before = now
	}
	if off, failed := p.Store.EndpointFailed(ctx, e.ID, err.Error(), now, before, p.Post.Mail != nil); failed != nil {
		return errors.Join(err, failed)
	} else if off {
		p.Log.WarnContext(ctx, "endpoint switched off", "endpoint", e.ID, "kind", e.Kind, "error", err)
	}
	return err
}

func (by Post) templates() *notify.Templates {
	if by.Templates == nil {
		return notify.DefaultTemplates()
	}
	return by.Templates
}
