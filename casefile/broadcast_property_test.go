package casefile_test

import (
	"slices"
	"testing"

	. "shuangze/casefile"

	"pgregory.net/rapid"
)

// TestBroadcastsAtRandom gives one command to several cases in all sorts of states, by
// people who may and may not, between other commands to each: a case's refusal touches
// neither it nor the others, trying out says what giving does, and a leader who has left
// leads nothing that did not say why.
func TestBroadcastsAtRandom(t *testing.T) {
	given := map[Kind]int{}
	rapid.Check(t, func(t *rapid.T) {
		first := newDesk(t)
		lives := make([]*life, rapid.IntRange(2, 5).Draw(t, "cases"))
		for i := range lives {
			d := newDesk(t)
			d.rules, d.now = first.rules, first.now
			lives[i] = &life{desk: d, t: t, stopped: map[string]Clock{}, known: map[string]bool{}}
			if rapid.Bool().Draw(t, "ready made") {
				lives[i].reach(rapid.SampledFrom(states[1:]).Draw(t, "state").name)
			}
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				lives[i].wait()
				lives[i].step()
			}
		}
		now := slices.MaxFunc(lives, func(a, b *life) int { return a.now.Compare(b.now) }).now
		for range rapid.IntRange(1, 4).Draw(t, "broadcasts") {
			kind := rapid.SampledFrom(append(Broadcasts(), Replan)).Draw(t, "kind")
			by := rapid.SampledFrom([]string{"supervisor", "supervisor", "supervisor", "inspector", "clerk", "county-supervisor"}).Draw(t, "by")
			cmd := lives[0].command(kind)
			switch kind {
			case Replan:
				by = "admin"
				p := lives[0].otherLengths()
				for _, l := range lives {
					l.rules.Policy = p
				}
			case Assign:
				cmd.Upper, cmd.Lower = "", ""
			case HandOver:
				led := slices.IndexFunc(lives, func(l *life) bool { return l.c.Led() && l.c.Stage.Open() })
				cmd = lives[max(led, 0)].command(HandOver) // one of them at least should take it
				cmd.Reason = rapid.SampledFrom(HandoverReasons).Draw(t, "reason")
			default:
			}
			permitted := kind == Replan || PermitBroadcast(kind, lives[0].actor(by)) == nil
			for _, l := range lives {
				l.now = now
				cmd.Seen = l.c.Seq
				before := show(l.c)
				_, tried := l.try(by, cmd)
				refusal := l.give(by, cmd)
				if show(tried) != show(refusal) {
					t.Fatalf("%s was tried with %s and given with %s", kind, show(tried), show(refusal))
				}
				if refusal != nil && show(l.c) != before {
					t.Fatalf("a refused %s changed the case", kind)
				}
				if refusal == nil {
					given[kind]++
					if !permitted && kind != Enlist { // a clerk puts single cases on a list
						t.Fatalf("%s may not order %s for many, but each case takes it", by, kind)
					}
				}
				if kind == HandOver && refusal == nil && (l.c.Upper.Official == cmd.From || l.c.Lower.Official == cmd.From) {
					t.Fatalf("%s has left and still leads: %s", cmd.From, show(l.c))
				}
				if kind == Replan && l.c.Stage.Open() && (refusal != nil || PreviewRules(l.c, l.rules, l.rules, l.now).Touched) {
					t.Fatalf("the new rules did not reach the case: %s", show(refusal))
				}
			}
		}
		for _, l := range lives {
			l.checkHistory()
		}
	})
	for _, kind := range append(Broadcasts(), Replan) {
		if given[kind] == 0 {
			t.Errorf("no case ever took %s: this tests less than it says", kind)
		}
	}
}
