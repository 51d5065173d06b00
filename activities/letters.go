package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/policy"
	"shuangze/store"
)

// Why something is not told after all.
const (
	closed       = "closed"         // the case has ended since
	settled      = "settled"        // what was reminded of was done since
	accuses      = "accuses_reader" // 条例第30条第3款
	noPerson     = "no_such_person"
	noAddress    = "no_address"
	noEndpoint   = "endpoint_removed"
	nothing      = "nothing_to_tell"
	outdated     = "outdated" // a daily letter, the day after
	accusesGroup = "accusation_to_group"
)

// longest is how many cases a letter lists; of the others it says how many there are.
const longest = 50

// letter writes what a message tells, as things are at this moment. A reason says that
// there is nothing to tell any more.
func (p *post) letter(ctx context.Context, m store.Message, now time.Time) (l notify.Letter, reason string, err error) {
	l = notify.Letter{ID: m.ID, Kind: notify.Kind(m.Kind), At: now, Site: p.Post.Site, Rehearsal: !p.Clock.IsReal()}
	var reader casefile.Official
	var endpoint store.Endpoint
	if m.Channel == store.Mail {
		var ok bool
		if reader, ok = p.rules.Directory.Officials[m.Recipient]; !ok {
			return l, noPerson, nil
		}
		if reader.Email == "" {
			return l, noAddress, nil
		}
		l.To = notify.Person{ID: reader.ID, Name: reader.Name, Email: reader.Email, Language: cmp.Or(p.Post.Language, notify.Chinese)}
	} else {
		if endpoint, _, err = p.Store.Endpoint(ctx, m.Channel); err != nil {
			return l, "", err
		}
		l.To.Language = notify.Language(endpoint.Language)
	}
	switch l.Kind {
	case notify.Notices:
		err = p.notices(ctx, m, &l, reader, endpoint)
	case notify.Digest:
		if calendar.DateOf(m.PlannedAt) != calendar.DateOf(now) {
			return l, outdated, nil
		}
		err = p.digest(ctx, &l, reader)
	case notify.Weekly:
		err = p.board(ctx, &l, reader)
	case notify.ReceptionDay:
		return p.reception(ctx, m, l, reader)
	case notify.EndpointOff:
		return p.endpointOff(ctx, m, l)
	case notify.Verified:
		return p.verified(ctx, m, l)
	case notify.Test: // is never planned
	}
	if err == nil && len(l.Items) == 0 && l.Board == nil {
		reason = nothing
	}
	if over := len(l.Items) - longest; over > 0 {
		l.Items, l.More = l.Items[:longest], l.More+over
	}
	return l, reason, err
}

// notices lists the cases of a message, the most pressing first. What has lost its point
// since is suppressed, with the reason.
func (p *post) notices(ctx context.Context, m store.Message, l *notify.Letter, reader casefile.Official, e store.Endpoint) error {
	tidings, err := p.Store.Tidings(ctx, m.ID)
	if err != nil {
		return err
	}
	var left []store.Suppression
	for _, t := range tidings {
		if why := p.pointless(t, reader, e); why != "" {
			left = append(left, store.Suppression{Told: t.Told, Reason: why})
			continue
		}
		h := notify.Happening{Seq: t.Seq, Kind: t.Event.Kind, Code: t.Step, At: t.At, For: p.rules.Directory.Officials[t.For].Name}
		code, _, _ := strings.Cut(t.Step, "#") // of a step that repeats, whichever time it is
		if step, ok := p.rules.Policy.Step(code); ok {
			h.Step = step.Name
		}
		if last := len(l.Items) - 1; last >= 0 && l.Items[last].Case == t.CaseID {
			if was := &l.Items[last].Happened; (*was)[len(*was)-1].Seq != h.Seq { // else told on their own account too
				*was = append(*was, h)
			}
			continue
		}
		clock := t.Event.Clock
		if clock == "" && t.Event.Kind == casefile.EventRecalculated && len(t.Event.Clocks) > 0 {
			clock = t.Event.Clocks[0].ID // the news is its new date
		}
		item := p.item(t.Case, l.At, clock, reader)
		item.Happened = []notify.Happening{h}
		l.Items = append(l.Items, item)
	}
	if len(left) > 0 {
		if err := p.Store.Suppress(ctx, m.ID, left, l.At); err != nil {
			return err
		}
	}
	slices.SortStableFunc(l.Items, pressing)
	return nil
}

// pointless says why a notice is not to be told any more.
func (p *post) pointless(t store.Tiding, reader casefile.Official, e store.Endpoint) string {
	c, d := t.Case, p.rules.Directory
	switch k, timed := c.Clock(t.Event.Clock); {
	case reader.ID != "" && casefile.Accuses(c, reader.ID, reader.Unit, d), e.Unit != "" && casefile.Accuses(c, "", e.Unit, d):
		return accuses
	case e.ID != "" && e.Kind != string(notify.WebhookEndpoint) && (c.AccusedUnit != "" || c.AccusedOfficial != ""):
		return accusesGroup // nobody knows who else reads there
	case !c.Stage.Open() && t.At.Before(c.ClosedAt): // the end itself is news
		return closed
	case t.Event.Kind == casefile.EventReminded && timed && !k.Running():
		return settled
	}
	return ""
}

// item shows a case as it is now, with the time limit that the letter is about or, if
// none is, the most pressing one.
func (p *post) item(c casefile.Case, now time.Time, clock string, reader casefile.Official) notify.Item {
	category, _ := p.rules.Policy.Category(c.Category)
	item := notify.Item{
		Case: c.ID, Number: c.Number, About: category.Name, Unit: p.rules.Directory.Units[c.Unit].Name,
		Lamp: c.Lamp(now), Supervision: c.Supervision(), Turns: p.turns(c, now, reader),
	}
	k, ok := c.Clock(clock)
	if !ok || !k.Ticking() {
		k, ok = mostPressing(c)
	}
	if ok {
		p.limit(&item, k, now)
	}
	return item
}

// limit shows a time limit.
func (p *post) limit(item *notify.Item, k casefile.Clock, now time.Time) {
	rule, _ := p.rules.Policy.Clock(k.Rule) // one that was dropped since has no name any more
	item.Clock, item.Due, item.DueAt, item.Lamp = rule.Name, k.Due.Internal, k.Due.At, k.Lamp(now)
	item.LateDays, item.LateHours = k.LateDays(now), k.LateHours(now)
}

func mostPressing(c casefile.Case) (first casefile.Clock, ok bool) {
	for _, k := range c.Clocks {
		if k.Ticking() && (!ok || k.Due.InternalEnd().Before(first.Due.InternalEnd())) {
			first, ok = k, true
		}
	}
	return first, ok
}

// turns says what the case waits for now, what waits for the reader first.
func (p *post) turns(c casefile.Case, now time.Time, reader casefile.Official) []notify.Turn {
	var turns []notify.Turn
	principals := p.rules.Directory.Principals(reader.ID, now)
	for _, t := range casefile.Waiting(c) {
		if t.From.After(now) {
			continue
		}
		turn := notify.Turn{Do: t.Do, Due: t.Due.Internal, At: t.Due.At, Late: late(t.Due.InternalEnd(), now), Mine: reader.ID != "" && (t.Official == reader.ID || t.Official == "" && t.Unit == reader.Unit && t.Role == reader.Role)}
		if slices.Contains(principals, t.Official) && slices.Contains(p.rules.Policy.Deputies, string(t.Do)) {
			turn.Mine, turn.For = true, p.rules.Directory.Officials[t.Official].Name
		}
		if t.Official != "" {
			name := p.rules.Directory.Officials[t.Official].Name
			turn.Who = policy.Text{Chinese: name, English: name}
		} else {
			turn.Who = notify.Staff(p.rules.Directory.Units[t.Unit].Name, t.Role)
		}
		turns = append(turns, turn)
	}
	slices.SortStableFunc(turns, func(x, y notify.Turn) int {
		if x.Mine != y.Mine {
			return map[bool]int{true: -1, false: 1}[x.Mine]
		}
		return cmp.Or(x.Due.Compare(y.Due), x.At.Compare(y.At))
	})
	return turns
}

// late reports whether the end of a time limit, if there is one, has passed.
func late(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }

// pressing orders items: red before yellow before green, then by due date, none last.
func pressing(x, y notify.Item) int {
	rank := map[casefile.Lamp]int{casefile.Red: 0, casefile.Yellow: 1, casefile.Green: 2}
	if x.Due.IsZero() != y.Due.IsZero() {
		return map[bool]int{true: 1, false: -1}[x.Due.IsZero()]
	}
	return cmp.Or(cmp.Compare(rank[x.Lamp], rank[y.Lamp]), x.Due.Compare(y.Due), x.DueAt.Compare(y.DueAt), cmp.Compare(x.Number, y.Number))
}

// digest lists what waits for the reader, the most pressing first.
func (p *post) digest(ctx context.Context, l *notify.Letter, reader casefile.Official) error {
	waiting, total, err := p.Store.Inbox(ctx, actorOf(reader), p.rules.Policy.Deputies, l.At, longest)
	if err != nil {
		return err
	}
	l.More = total - len(waiting)
	for _, w := range waiting {
		item := p.item(w.Case, l.At, "", reader)
		turn := notify.Turn{Do: w.Do, Mine: true, For: p.rules.Directory.Officials[w.For].Name}
		if w.Due != nil {
			turn.Due, turn.Late = calendar.DayBefore(*w.Due), late(*w.Due, l.At)
			if k, ok := w.Case.DueBy(*w.Due, l.At); ok {
				turn.At = k.Due.At
				p.limit(&item, k, l.At)
			}
		}
		item.Turns = []notify.Turn{turn}
		l.Items = append(l.Items, item)
	}
	return nil
}

// board shows a leader the cases carried, in numbers and the most pressing by name.
func (p *post) board(ctx context.Context, l *notify.Letter, reader casefile.Official) error {
	const shown = 20
	by := actorOf(reader)
	carried, led, err := p.Store.Tallies(ctx, by, l.At)
	if err != nil || carried.Open == 0 {
		return err
	}
	l.Board = &notify.Board{Carried: notify.Count(carried), Led: notify.Count(led)}
	page, err := p.Store.Cases(ctx, by, store.Filter{Leader: reader.ID, Sort: store.Sorts[0], Limit: shown}, l.At)
	if err != nil {
		return err
	}
	for _, row := range page.Rows {
		if row.Case.Stage.Open() {
			l.Items = append(l.Items, p.item(row.Case, l.At, "", reader))
		}
	}
	slices.SortStableFunc(l.Items, pressing)
	return nil
}

func (p *post) endpointOff(ctx context.Context, m store.Message, l notify.Letter) (notify.Letter, string, error) {
	list, err := p.Store.Endpoints(ctx)
	if err != nil {
		return l, "", fmt.Errorf("endpoint %s: %w", m.About, err)
	}
	i := slices.IndexFunc(list, func(e store.Endpoint) bool { return e.ID == m.About })
	if i < 0 {
		return l, noEndpoint, nil
	}
	e := list[i]
	if e.DisabledAt == nil || e.FailingSince == nil {
		return l, settled, nil // it works again
	}
	l.Endpoint = &notify.Endpoint{ID: e.ID, Kind: e.Kind, Name: e.Name, Since: *e.FailingSince, Error: e.Error}
	return l, "", nil
}

func actorOf(o casefile.Official) casefile.Actor {
	return casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
}
