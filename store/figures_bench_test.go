package store_test

import (
	"math/rand/v2"
	"testing"

	"shuangze/casefile"
	"shuangze/store"
)

// BenchmarkFigures counts the figures of a year in a store with a hundred thousand cases of
// three years, one in ten of them open.
func BenchmarkFigures(b *testing.B) {
	d := newDesk(b)
	d.crowd(250, rand.New(rand.NewPCG(26, 18)))
	for _, sql := range []string{
		`CREATE TABLE copies AS SELECT id, g, CASE WHEN open THEN interval '0' ELSE (g % 1000) * interval '1 day' END AS ago
		FROM cases, generate_series(1, CASE WHEN open THEN 55 ELSE 1400 END) g`,
		`INSERT INTO cases SELECT id || '-' || g, seq, number || '-' || g, NULL, title, origin, campaign, office, unit, accused_unit, accused_official, stage, open, supervision, upper, lower,
			registered_at - ago, yellow_at, red_at, overdue_at, final_lamp, wake_at, calendar, state FROM cases JOIN copies USING (id)`,
		`INSERT INTO terms (case_id, clock, started_at, rule, whose, who, unit, due_at, fed_back_at, stopped_at, stop, late)
		SELECT case_id || '-' || g, clock, started_at - ago, rule, whose, who, unit, due_at - ago, fed_back_at - ago, stopped_at - ago, stop, late FROM terms JOIN copies ON copies.id = case_id`,
		`INSERT INTO endings SELECT case_id || '-' || g, stage, unit, office, from_at - ago, until_at - ago FROM endings JOIN copies ON copies.id = case_id`,
		`INSERT INTO standings SELECT case_id || '-' || g, from_at - ago, until_at - ago, stage, unit, office, origin, received_on - ago, yellow_at - ago, red_at - ago FROM standings JOIN copies ON copies.id = case_id`,
		`VACUUM (ANALYZE) cases`, `VACUUM (ANALYZE) terms`, `VACUUM (ANALYZE) endings`, `VACUUM (ANALYZE) standings`,
	} {
		d.sql(sql)
	}
	var cases, open, standings, terms int
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
