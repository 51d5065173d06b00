package worker_test

import (
	"runtime"
	"testing"

	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/rules"
)

// How long a clerk waits for a new case, its text included: Temporal on Postgres, one
// worker, one caller.
func BenchmarkRegister(b *testing.B) {
	o := open(b, casetime.Clock{})
	o.staff()
	o.do("warm", clerk, o.registration())
	for b.Loop() {
		if err := o.try(uuid.NewString(), clerk, o.registration()); err != nil {
			b.Fatal(err)
		}
	}
}

// How long somebody waits for a command to a case that a worker has in memory, its text
// included.
func BenchmarkCommand(b *testing.B) {
	o := open(b, casetime.Clock{})
	o.staff()
	o.do("case", clerk, o.registration())
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	for b.Loop() {
		if err := o.try("case", handling, o.report("正在核实")); err != nil {
			b.Fatal(err)
		}
	}
}

// The same with a case for each of many callers, which shows what a worker gets through.
func BenchmarkCommandParallel(b *testing.B) {
	const callers = 16
	o := open(b, casetime.Clock{})
	o.staff()
	cases := make(chan string, callers*runtime.GOMAXPROCS(0))
	for range cap(cases) {
		id := uuid.NewString()
		o.do(id, clerk, o.registration())
		o.do(id, clerk, casefile.Command{Kind: casefile.Forward})
		cases <- id
	}
	b.SetParallelism(callers)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		id := <-cases
		for pb.Next() {
			report := casefile.Command{Kind: casefile.Report}
			var err error
			if report.Text, err = o.store.WriteText(b.Context(), "", "正在核实", handling); err == nil {
				err = o.try(id, handling, report)
			}
			if err != nil {
				b.Error(err)
			}
		}
		cases <- id
	})
}

// How long a preview of other rules takes with a thousand open cases, all of which move.
func BenchmarkPreviewOfRules(b *testing.B) {
	const cases = 1000
	o := open(b, autumn())
	o.staff()
	o.onTheSpot("case")
	columns := o.columns()
	o.sql(`
		INSERT INTO cases (`+columns+`) SELECT `+columns+` FROM (
			SELECT (jsonb_populate_record(c, jsonb_build_object('id', c.id || n, 'number', c.number || '-' || n))).* FROM cases c, generate_series(2, $1::int) AS n
		) AS copies`, cases)
	draft := withLengths(b, map[string]int{"HANDLE": 40})
	for b.Loop() {
		p, err := rules.Try(b.Context(), o.store, draft, o.acts.Clock.Now(), 100)
		if err != nil || p.Moved != cases {
			b.Fatal(p.Moved, err)
		}
	}
}
