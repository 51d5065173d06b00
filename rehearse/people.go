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
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"shuangze/calendar"
	"shuangze/casetime"
	"shuangze/importer"
)

// Account is an official who can sign in.
type Account struct {
	Token string `json:"token"`
	Role  string `json:"role"`
	Name  string `json:"name"`
	Post  string `json:"post"`
	Unit  string `json:"unit"`
}

// People are the officials of an installation, played by a script.
type People struct {
	api      client
	accounts map[string]Account
	seed     uint64
	clock    casetime.Clock

	mu      sync.Mutex
	seen    map[string]time.Time // when a task was first seen, in case time
	refused map[string]int       // refusals by code
}

// New makes the people of an installation. api is where it answers.
func New(api string, accounts map[string]Account, seed uint64, clock casetime.Clock) *People {
	return &People{api: newClient(api), accounts: accounts, seed: seed, clock: clock, seen: map[string]time.Time{}, refused: map[string]int{}}
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
}

// patienceOf is how long this person leaves this task of this case.
func (p *People) patienceOf(id string, t task) time.Duration {
	span, ok := patience[t.Do]
	if !ok {
		return 0
	}
	from, to := span[p.temperOf(id)][0], span[p.temperOf(id)][1]
	if t.Do == "opine" && t.Case.Supervision == "dual" {
		from, to = 3, 12 // even the failing wake up under dual supervision
	}
	days := from + p.dice("patience", id, t.Case.ID, t.Do).IntN(to-from+1)
	return time.Duration(days) * 24 * time.Hour
}

// Run plays the people for a number of days of case time: each case is registered
// when its time of receipt comes. onDay is called at the start of each day.
func (p *People) Run(ctx context.Context, cases []importer.Case, days int, onDay func(calendar.Date)) error {
	cases = slices.Clone(cases)
	slices.SortFunc(cases, func(a, b importer.Case) int { return a.Registration.ReceivedAt.Compare(b.Registration.ReceivedAt) })
	first := calendar.DateOf(p.clock.Now())
	for n := range days {
		day := first.AddDays(n)
		if err := wait(ctx, p.clock.Real(day.At(9, 0))); err != nil {
			return err
		}
		onDay(day)
		for len(cases) > 0 && !cases[0].Registration.ReceivedAt.After(p.clock.Now()) {
			if err := p.register(ctx, cases[0]); err != nil {
				return err
			}
			cases = cases[1:]
		}
		if err := p.work(ctx, false); err != nil {
			return err
		}
		if err := p.decide(ctx); err != nil {
			return err
		}
	}
	return nil
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

// Refused counts what the people tried and were refused, by code.
func (p *People) Refused() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.refused)
}

// work has everybody look at the desk and do what they are patient with no longer;
// hurried, they do most things at once.
func (p *People) work(ctx context.Context, hurried bool) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(6)
	for _, id := range slices.Sorted(maps.Keys(p.accounts)) {
		if role := p.accounts[id].Role; role == "admin" || role == "auditor" {
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
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	first, ok := p.seen[key]
	if !ok {
		p.seen[key] = now
		first = now
	}
	if now.Sub(first) < p.patienceOf(id, t) {
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
		p.refused[refused.Code]++
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
