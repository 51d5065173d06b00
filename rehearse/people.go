// Package rehearse plays the officials of a rehearsal: a seeded mix of prompt, slow
// and failing people who work through the API like anybody else.
package rehearse

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"shuangze/calendar"
	"shuangze/casetime"
	"shuangze/importer"
)

// Account is an official who can sign in.
type Account struct {
	Token     string `json:"token"`
	Role      string `json:"role"`
	Name      string `json:"name"`
	Post      string `json:"post"`
	Level     string `json:"level"`
	Unit      string `json:"unit"`
	Portfolio string `json:"portfolio"`
}

// People are the officials of an installation, played by a script.
type People struct {
	api      client
	accounts map[string]Account
	seed     uint64
	clock    casetime.Clock
	agenda   agenda

	mu      sync.Mutex
	seen    map[string]time.Time // when a task was first seen, in case time
	refused map[string]int       // refusals, by command and code
	fates   map[string]fate      // of the cases that the script has registered
	done    map[string]bool      // what is done once
	away    map[string]span      // leaders on leave
	rounds  map[string]int       // of review that a case has had
	amiss   []string             // what should not have happened

	days int // played
}

type span struct{ from, until time.Time }

// New makes the people of an installation. api is where it answers.
func New(api string, accounts map[string]Account, seed uint64, clock casetime.Clock) *People {
	return &People{
		api: newClient(api), accounts: accounts, seed: seed, clock: clock,
		seen: map[string]time.Time{}, refused: map[string]int{}, fates: map[string]fate{}, done: map[string]bool{}, away: map[string]span{}, rounds: map[string]int{},
	}
}

// temper is how somebody works.
type temper int

const (
	prompt temper = iota
	slow
	failing
)

// temperOf is fixed for a person and seed: of ten, six are prompt and three slow.
func (p *People) temperOf(id string) temper {
	switch n := p.dice("temper", id).IntN(10); {
	case n < 6:
		return prompt
	case n < 9:
		return slow
	}
	return failing
}

// dice are fixed for what they are thrown for, whenever they are thrown.
func (p *People) dice(what ...string) *rand.Rand {
	h := fnv.New64a()
	for _, w := range what {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(p.seed, h.Sum64())) //nolint:gosec // a rehearsal wants repeatable chance
}

// patience is after how many days somebody does a task, from and to, by temper.
var patience = map[string][3][2]int{
	"forward":     {{1, 3}, {5, 14}, {16, 20}},
	"accept":      {{2, 8}, {10, 14}, {17, 30}},
	"assign":      {{0, 1}, {1, 3}, {4, 6}},
	"acknowledge": {{0, 1}, {2, 4}, {7, 20}},
	"act":         {{0, 2}, {2, 5}, {10, 30}},
	"opine":       {{15, 35}, {44, 64}, {80, 100}},
	"sign":        {{0, 2}, {3, 6}, {8, 15}},
	"serve":       {{1, 2}, {3, 6}, {8, 12}},
	"report":      {{1, 2}, {4, 7}, {20, 30}},
	"release":     {{1, 3}, {3, 6}, {7, 10}},
	"close":       {{1, 4}, {6, 10}, {14, 18}},

	"execute":           {{5, 20}, {15, 34}, {40, 60}},
	"feed_back":         {{2, 5}, {8, 13}, {17, 25}},
	"resolve":           {{5, 12}, {14, 25}, {30, 40}},
	"decide_objection":  {{1, 2}, {3, 5}, {6, 9}},
	"accept_review":     {{1, 2}, {2, 4}, {5, 8}},
	"conclude_review":   {{10, 22}, {22, 30}, {33, 45}},
	"grant_term":        {{0, 2}, {3, 5}, {6, 10}},
	"answer_suggestion": {{10, 20}, {20, 32}, {35, 50}},
}

// patienceOf is how long this person leaves this task of this case.
func (p *People) patienceOf(id string, t task) time.Duration {
	span, ok := patience[t.Do]
	if !ok {
		return 0
	}
	from, to := span[p.temperOf(id)][0], span[p.temperOf(id)][1]
	switch {
	case t.Do == "opine" && t.Case.Supervision == "dual":
		from, to = 3, 12 // even the failing wake up under dual supervision
	case t.Do == "opine" && p.fate(t.Case.ID).simple:
		from, to = 2, 9
	case t.Do == "opine" && p.did(t.Case.ID, "extend"):
		from, to = 8, 20
	case t.Do == "opine" && p.wantsMore(id, t.Case.ID):
		from, to = 15, 35 // while there is still time to ask for more
	case t.Do == "accept" && p.fate(t.Case.ID).objection != "":
		from, to = 1, 3 // it has five working days
	}
	days := from + p.dice("patience", id, t.Case.ID, t.Do).IntN(to-from+1)
	return time.Duration(days) * 24 * time.Hour
}

// Run plays the people until the end of a day of case time, and for at least so many
// days. On each working day they come at nine, do what is on the agenda, and work through
// their desks. onDay is called at the start of each day that is played. Where the machine
// is too slow for a day's work, the people fall behind and miss days; the clock does not
// wait.
func (p *People) Run(ctx context.Context, until calendar.Date, least int, onDay func(calendar.Date)) error {
	for day := calendar.DateOf(p.clock.Now()); !day.After(until) || p.days < least; day = p.next(day) {
		if err := wait(ctx, p.clock.Real(day.At(9, 0))); err != nil {
			return err
		}
		onDay(day)
		p.days++
		if !calendar.Default().Day(day).Work {
			continue
		}
		if err := p.agenda.do(ctx, p.clock.Now); err != nil {
			return err
		}
		if err := p.work(ctx, false); err != nil {
			return err
		}
		if err := p.offices(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

// next is the day after, or today where that has passed.
func (p *People) next(day calendar.Date) calendar.Date {
	next, today := day.AddDays(1), calendar.DateOf(p.clock.Now())
	if today.After(next) {
		return today
	}
	return next
}

// agenda is what is to be done at some time, beside the desks.
type agenda struct {
	mu      sync.Mutex
	entries []entry // by time
}

type entry struct {
	at time.Time
	do func(context.Context) error
}

// add enters something for an instant of case time.
func (a *agenda) add(at time.Time, do func(context.Context) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i, _ := slices.BinarySearchFunc(a.entries, at, func(e entry, at time.Time) int {
		if e.at.After(at) {
			return 1
		}
		return -1 // after those of the same instant
	})
	a.entries = slices.Insert(a.entries, i, entry{at, do})
}

// do does what has become due, in order.
func (a *agenda) do(ctx context.Context, now func() time.Time) error {
	for {
		a.mu.Lock()
		if len(a.entries) == 0 || a.entries[0].at.After(now()) {
			a.mu.Unlock()
			return nil
		}
		next := a.entries[0]
		a.entries = a.entries[1:]
		a.mu.Unlock()
		if err := next.do(ctx); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Morning lets everybody work through the desk a few times at once: each case comes
// as far as chance takes it.
func (p *People) Morning(ctx context.Context) error {
	for range 6 {
		if err := p.work(ctx, true); err != nil {
			return err
		}
	}
	return p.decide(ctx)
}

// once reports whether this is the first time that something is asked for.
func (p *People) once(what ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := strings.Join(what, " ")
	first := !p.done[key]
	p.done[key] = true
	return first
}

// did reports whether something was done that is done once.
func (p *People) did(what ...string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done[strings.Join(what, " ")]
}

// fate is what becomes of a case.
func (p *People) fate(id string) fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fates[id]
}

// onLeave reports whether a leader is away.
func (p *People) onLeave(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	leave, now := p.away[id], p.clock.Now()
	return !now.Before(leave.from) && now.Before(leave.until)
}

// Refused counts what the people tried and were refused, by command and code.
func (p *People) Refused() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.refused)
}

// Days is how many days the people have come to, of those that have passed.
func (p *People) Days() int { return p.days }

// Amiss lists what should not have happened, in words.
func (p *People) Amiss() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.amiss)
}

func (p *People) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.amiss = append(p.amiss, fmt.Sprintf(format, args...))
}

// work has everybody look at the desk and do what they are patient with no longer;
// hurried, they do most things at once.
func (p *People) work(ctx context.Context, hurried bool) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(6)
	for _, id := range slices.Sorted(maps.Keys(p.accounts)) {
		if role := p.accounts[id].Role; role == "admin" || role == "auditor" || p.onLeave(id) {
			continue
		}
		g.Go(func() error {
			inbox, err := p.api.inbox(ctx, p.accounts[id].Token)
			if err != nil {
				return p.tolerate(ctx, err)
			}
			for _, t := range inbox.Tasks {
				if (hurried && p.dice("hurry", t.Case.ID, t.Do).IntN(10) < 8) || (!hurried && p.ripe(id, t)) {
					if err := p.tolerate(ctx, p.do(ctx, id, t, hurried)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// ripe reports whether this person has left the task long enough.
func (p *People) ripe(id string, t task) bool {
	key := id + " " + t.Case.ID + " " + t.Do
	now, patience := p.clock.Now(), p.patienceOf(id, t)
	p.mu.Lock()
	defer p.mu.Unlock()
	first, ok := p.seen[key]
	if !ok {
		p.seen[key] = now
		first = now
	}
	if now.Sub(first) < patience {
		return false
	}
	delete(p.seen, key) // should it come back, it is seen anew
	return true
}

// tolerate counts refusals and passing unavailability; only what ends the rehearsal
// comes back.
func (p *People) tolerate(ctx context.Context, err error) error {
	var refused *problem
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, &refused) {
		p.mu.Lock()
		p.refused[strings.TrimSpace(refused.asked+" "+refused.Code)]++
		p.mu.Unlock()
		return nil
	}
	return fmt.Errorf("rehearsal: %w", err)
}

// Start is the beginning of the day before the first case of a file was received.
func Start(csv []byte) (time.Time, error) {
	first, err := importer.FirstReceipt(csv)
	if err != nil {
		return time.Time{}, err
	}
	return calendar.DateOf(first).AddDays(-1).Start(), nil
}
