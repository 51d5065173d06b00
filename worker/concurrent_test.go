package worker_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/workflows"
)

// atOnce runs functions at the same time and returns what each returned.
func atOnce(fs ...func() error) []error {
	errs := make([]error, len(fs))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() {
			<-start
			errs[i] = f()
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// Ten people press the same button, or one presses it ten times.
func TestSameCommandAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	register := o.registration()
	register.ID, register.Actor = uuid.NewString(), o.actor(clerk)
	forward := casefile.Command{ID: uuid.NewString(), Kind: casefile.Forward, Actor: o.actor(clerk)}
	for _, give := range []func() (workflows.Answer, error){
		func() (workflows.Answer, error) { return o.engine.Register(t.Context(), "case", register) },
		func() (workflows.Answer, error) { return o.engine.Command(t.Context(), "case", forward) },
	} {
		answers := make([]workflows.Answer, 10)
		var all []func() error
		for i := range answers {
			all = append(all, func() (err error) {
				answers[i], err = give()
				return err
			})
		}
		for i, err := range atOnce(all...) {
			if err != nil || answers[i] != answers[0] {
				t.Errorf("answer %d is %+v, %v; the first was %+v", i, answers[i], err, answers[0])
			}
		}
	}
	o.caughtUp("case", casefile.EventRegistered, casefile.EventForwarded)
}

// Both leaders sign at once. The lower's comes through in any case; the upper's waits
// for it or is refused, and nothing is half done.
func TestBothLeadersAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("case")
	opinion := o.text("支持信访人的请求")
	o.do("case", handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	sign := casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()}
	errs := atOnce(
		func() error { return o.try("case", upper, sign) },
		func() error { return o.try("case", lower, sign) },
	)
	if errs[1] != nil {
		t.Errorf("the lower leader's signature: %v", errs[1])
	}
	var refusal *casefile.Error
	switch {
	case errs[0] == nil:
	case errors.As(errs[0], &refusal) && refusal.Code == "lower_signs_first":
		o.do("case", upper, sign)
	default:
		t.Errorf("the upper leader's signature: %v", errs[0])
	}
	events := o.events("case")
	last := events[len(events)-2:]
	if last[0].Seat != casefile.Lower || last[1].Seat != casefile.Upper || kinds(events)[casefile.EventSigned] != 2 {
		t.Errorf("signatures of %s, then %s; %d in all", last[0].Seat, last[1].Seat, kinds(events)[casefile.EventSigned])
	}
	if c := o.read("case"); c.Stage != casefile.Signed {
		t.Errorf("the case is %s", c.Stage)
	}
	o.verified()
}

// Different commands at once: each is carried out, one after the other.
func TestDifferentCommandsAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("case")
	before := o.read("case").Seq
	act := casefile.Command{Kind: casefile.Act, Act: "receive", Text: o.text("接访")}
	report := o.report("正在核实")
	errs := atOnce(
		func() error { return o.try("case", upper, act) },
		func() error { return o.try("case", lower, act) },
		func() error { return o.try("case", handling, report) },
		func() error {
			return o.try("case", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: report.Text})
		},
	)
	for i, err := range errs {
		if err != nil {
			t.Errorf("command %d: %v", i, err)
		}
	}
	c := o.read("case")
	if c.Seq != before+4 {
		t.Errorf("the case is at event %d, want %d", c.Seq, before+4)
	}
	if c.Upper.LastActAt.IsZero() || c.Lower.LastActAt.IsZero() || c.ReportedAt.IsZero() || c.Supervision() != casefile.ByPetitionOffice {
		t.Errorf("a change is lost: %+v", c)
	}
	o.verified()
}

// Of two who decline and accept at once one is told that it can't be done any more.
func TestExclusiveCommandsAtOnce(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	decline := casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: o.text("应依法通过诉讼解决")}
	accept := casefile.Command{Kind: casefile.Accept}
	won, lost := 0, 0
	for _, err := range atOnce(
		func() error { return o.try("case", clerk, decline) },
		func() error { return o.try("case", super, accept) },
	) {
		var refusal *casefile.Error
		switch {
		case err == nil:
			won++
		case errors.As(err, &refusal), errors.Is(err, workflows.ErrNoWorkflow):
			lost++ // a declined case has no workflow any more
		default:
			t.Error(err)
		}
	}
	if won != 1 || lost != 1 {
		t.Errorf("%d won and %d lost", won, lost)
	}
	if n := len(o.events("case")); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
	o.verified()
}

// Temporal answers an update's id as it did before, also when it was a refusal. What
// follows an @ makes it another attempt at the same command, which is done once.
func TestAttempts(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	o.staff()
	o.do("case", clerk, o.registration())
	wrong := casefile.Command{ID: "forward@1", Kind: casefile.Forward, Unit: "nowhere"}
	o.refused("invalid_fields", "case", clerk, wrong)
	right := casefile.Command{ID: "forward@1", Kind: casefile.Forward}
	o.refused("invalid_fields", "case", clerk, right) // the first attempt's answer
	right.ID = "forward@2"
	o.do("case", clerk, right)
	o.do("case", handling, casefile.Command{Kind: casefile.Accept})
	report := o.report("正在核实")
	for _, report.ID = range []string{"report@3", "report@4", "report"} {
		o.do("case", handling, report)
	}
	var commands []string
	for _, e := range o.events("case")[1:] {
		if e.Kind != casefile.EventAccepted {
			commands = append(commands, e.Command)
		}
	}
	if want := []string{"forward", "report"}; !slices.Equal(commands, want) {
		t.Errorf("commands in the ledger: %v, want %v", commands, want)
	}
	o.verified()
}
