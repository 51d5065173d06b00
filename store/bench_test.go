package store_test

import (
	"math/rand/v2"
	"testing"

	"shuangze/casefile"
	"shuangze/store"
	"shuangze/store/storetest"
)

// BenchmarkBoard measures what the console's board and lists ask of a store with a hundred
// thousand open cases and as many that have ended.
func BenchmarkBoard(b *testing.B) {
	d := newDesk(b)
	d.crowd(250, rand.New(rand.NewPCG(26, 15)))
	var open, ended int
	const sql = `SELECT count(*) FILTER (WHERE open), count(*) FILTER (WHERE NOT open) FROM cases`
	counted := func() {
		if err := d.store.Pool().QueryRow(b.Context(), sql).Scan(&open, &ended); err != nil {
			b.Fatal(err)
		}
	}
	counted()
	storetest.Multiply(b, d.connection(), 100_000/open, 100_000/ended)
	counted()
	b.Logf("%d open cases, %d that have ended", open, ended)
	for _, who := range []struct{ name, id string }{{"prefecture", super}, {"county", "o041"}, {"leader", upper}} {
		by := d.actor(who.id)
		for name, ask := range map[string]func() error{
			"board": func() error {
				_, err := d.store.Board(b.Context(), by, "", d.now)
				return err
			},
			"overdue": func() error {
				_, err := d.store.Cases(b.Context(), by, store.Filter{Overdue: true, Sort: "due", Limit: 50}, d.now)
				return err
			},
			"red": func() error {
				_, err := d.store.Cases(b.Context(), by, store.Filter{Lamp: casefile.Red, Sort: "due", Limit: 50}, d.now)
				return err
			},
		} {
			b.Run(who.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if err := ask(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
