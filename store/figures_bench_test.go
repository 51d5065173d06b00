package store_test

import (
	"math/rand/v2"
	"testing"

	"shuangze/casefile"
	"shuangze/store"
	"shuangze/store/storetest"
)

// BenchmarkFigures counts the figures of a year in a store with a hundred thousand open
// cases and as many that have ended in three years.
func BenchmarkFigures(b *testing.B) {
	d := newDesk(b)
	d.crowd(250, rand.New(rand.NewPCG(26, 18)))
	var open, ended int
	if err := d.store.Pool().QueryRow(b.Context(), `SELECT count(*) FILTER (WHERE open), count(*) FILTER (WHERE NOT open) FROM cases`).Scan(&open, &ended); err != nil {
		b.Fatal(err)
	}
	storetest.Multiply(b, d.connection(), 100_000/open, 100_000/ended)
	var cases, standings, terms int
	const size = `SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM cases WHERE open), (SELECT count(*) FROM standings), (SELECT count(*) FROM terms)`
	if err := d.store.Pool().QueryRow(b.Context(), size).Scan(&cases, &open, &standings, &terms); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d cases, %d open, %d standings, %d terms", cases, open, standings, terms)
	for name, c := range map[string]struct {
		by string
		f  store.FigureFilter
	}{
		"prefecture":       {super, store.FigureFilter{}},
		"one county of it": {super, store.FigureFilter{Unit: "232701"}},
		"one origin":       {super, store.FigureFilter{Origin: "province"}},
		"county leader":    {upper, store.FigureFilter{}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if got := d.figures(c.by, "2026-01-01", "2026-11-30", c.f); len(got.Lamps) == 0 || len(got.Punctuality) == 0 {
					b.Fatal("nothing was counted")
				}
			}
		})
	}
	rules := d.rules
	rules.Now = d.now
	span := casefile.FigureSpan{From: date(b, "2026-01-01"), Until: date(b, "2026-11-30")}
	for name, count := range d.store.FigureParts(d.actor(super), store.FigureFilter{Span: span}, rules) {
		b.Run("part/"+name, func(b *testing.B) {
			for b.Loop() {
				if err := count(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
