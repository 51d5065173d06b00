package worker_test

import (
	"runtime"
	"testing"

	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/casetime"
)

// How long a clerk waits for a new case: Temporal on Postgres, one worker, one caller.
func BenchmarkRegister(b *testing.B) {
	o := open(b, casetime.Clock{})
	o.staff()
	register := o.registration()
	o.do("warm", clerk, register)
	for b.Loop() {
		if err := o.try(uuid.NewString(), clerk, register); err != nil {
			b.Fatal(err)
		}
	}
}

// How long somebody waits for a command to a case that a worker has in memory.
func BenchmarkCommand(b *testing.B) {
	o := open(b, casetime.Clock{})
	o.staff()
	o.do("case", clerk, o.registration())
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	report := o.report("正在核实")
	o.do("case", handling, report)
	for b.Loop() {
		if err := o.try("case", handling, report); err != nil {
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
	report := o.report("正在核实")
	b.SetParallelism(callers)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		id := <-cases
		for pb.Next() {
			if err := o.try(id, handling, report); err != nil {
				b.Error(err)
			}
		}
		cases <- id
	})
}
