package worker_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"go.temporal.io/api/enums/v1"

	"shuangze/casefile"
)

// What the stage doesn't allow is refused before it costs any history.
func TestRefusedByStage(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	before := o.history("case")
	for _, c := range []struct {
		code, by string
		cmd      casefile.Command
	}{
		{"wrong_stage", handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: o.text("支持")}},
		{"wrong_stage", lower, casefile.Command{Kind: casefile.Sign, Hash: "x"}},
		{"wrong_stage", super, casefile.Command{Kind: casefile.Close}},
		{"no_open_channel", super, casefile.Command{Kind: casefile.Release, Text: o.text("已落实")}},
		{"not_supervised", super, casefile.Command{Kind: casefile.Escalate, Ground: "key"}},
		{"already_registered", clerk, o.registration()},
		{"unknown_command", clerk, casefile.Command{Kind: "forget"}},
	} {
		if c.cmd.Kind == casefile.Register {
			// Under the id of a case that is there.
			c.cmd.Actor, c.cmd.ID = o.actor(c.by), "again"
			_, err := o.engine.Register(t.Context(), "case", c.cmd)
			var refusal *casefile.Error
			if !errors.As(err, &refusal) || refusal.Code != c.code {
				t.Errorf("a second registration: %v, want %s", err, c.code)
			}
			continue
		}
		refusal := o.refused(c.code, "case", c.by, c.cmd)
		if refusal.Chinese == "" || refusal.English == "" {
			t.Errorf("%s: the refusal has no words: %+v", c.cmd.Kind, refusal)
		}
	}
	if after := o.history("case"); len(after) != len(before) {
		t.Errorf("refusals left %d events in the history", len(after)-len(before))
	}
	if c := o.read("case"); c.Seq != 1 {
		t.Errorf("the case is at event %d", c.Seq)
	}
	o.verified()
}

// What only the rules can refuse leaves no trace in the ledger.
func TestRefusedByRules(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	before, timers := o.read("case"), count(o.history("case"), enums.EVENT_TYPE_TIMER_STARTED)
	o.refused("invalid_fields", "case", clerk, casefile.Command{Kind: casefile.Forward, Unit: "nowhere"})
	o.refused("not_permitted", "case", clerk, casefile.Command{Kind: casefile.Assign})
	o.refused("invalid_fields", "case", super, casefile.Command{Kind: casefile.Assign, Upper: upper})
	o.refused("invalid_fields", "case", clerk, casefile.Command{Kind: casefile.Decline})
	if after := o.read("case"); !casefile.Equal(after, before) {
		t.Errorf("a refused command changed the case: %+v", after)
	}
	if n := len(o.events("case")); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	if n := count(o.history("case"), enums.EVENT_TYPE_TIMER_STARTED); n != timers {
		t.Errorf("refusals started %d timers", n-timers)
	}
	o.verified()
}

// Registration numbers have no gap, although some registrations are refused after they
// had been given one: by two offices, all at once.
func TestGaplessNumbers(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	first := o.registration()
	first.Registration.Reference = "来文1号"
	o.do("first", clerk, first)

	want := map[string]int{"2327-xf": 1}
	var all []func() error
	for i := range 40 {
		cmd, by, office := o.registration(), clerk, "2327-xf"
		if i%2 == 0 {
			by, office = countyClerk, "232701-xf"
		}
		switch i % 5 {
		case 3:
			cmd.Registration.Unit = "nowhere"
		case 4:
			cmd.Registration.Reference = "来文1号" // the first case has it
		default:
			want[office]++
		}
		all = append(all, func() error {
			err := o.try(fmt.Sprintf("case-%d", i), by, cmd)
			var refusal *casefile.Error
			if i%5 >= 3 {
				if !errors.As(err, &refusal) || refusal.Code != "invalid_fields" {
					return fmt.Errorf("registration %d: %w, want it refused", i, err)
				}
				return nil
			}
			return err
		})
	}
	for _, err := range atOnce(all...) {
		if err != nil {
			t.Error(err)
		}
	}

	got := map[string][]string{}
	ids, err := o.store.LedgerCases(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		c := o.read(id)
		got[c.Office] = append(got[c.Office], c.Number)
	}
	for _, office := range slices.Sorted(maps.Keys(want)) {
		var numbers []string
		for n := range want[office] {
			numbers = append(numbers, fmt.Sprintf("%s-2026-%06d", office, n+1))
		}
		if slices.Sort(got[office]); !slices.Equal(got[office], numbers) {
			t.Errorf("numbers of %s: %v, want %v", office, got[office], numbers)
		}
	}
	o.verified()
}
