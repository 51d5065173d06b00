package worker_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/workflows"
)

// A worker died between the commit and its report: the workflow doesn't know of the
// opinion yet. A leader who has seen it signs, and is not told to wait for a timer.
func TestStaleWorkflowTakesWhatTheLedgerAllows(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Clock{})
	o.staff()
	id := uuid.NewString()
	first := o.registration()
	first.Registration.OnTheSpot, first.Upper, first.Lower = true, upper, lower
	o.do(id, super, first)
	o.do(id, lower, casefile.Command{Kind: casefile.Acknowledge})

	opinion := o.text("支持信访人的请求")
	state, err := o.engine.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.acts.Execute(t.Context(), workflows.ExecuteInput{Case: state.Case, Command: casefile.Command{
		ID: uuid.NewString(), Kind: casefile.Opine, Actor: o.actor(handling), Result: "explain", Text: opinion,
	}}); err != nil {
		t.Fatal(err)
	}
	sign := casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()}
	var refusal *casefile.Error
	if err := o.try(id, lower, sign); !errors.As(err, &refusal) || refusal.Code != "wrong_stage" {
		t.Fatalf("the workflow knows of the opinion already: %v", err)
	}
	sign.Seen = o.read(id).Seq
	if c := o.do(id, lower, sign); c.Lower.SignedAt.IsZero() {
		t.Error("not signed")
	}
	o.verified()
}

// Two different registrations come at once for one case, the first refused: the second
// is not lost with it.
func TestRegistrationBehindARefusedOne(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Clock{})
	id := uuid.NewString()
	bad, good := o.registration(), o.registration()
	bad.Registration.Unit = "no-such-unit"
	answers := make(chan error, 2)
	for _, cmd := range []casefile.Command{bad, good} {
		go func() { answers <- o.try(id, clerk, cmd) }()
	}
	o.staff() // both wait for it, in one workflow task or two
	for range 2 {
		var refusal *casefile.Error
		if err := <-answers; err != nil && !errors.As(err, &refusal) {
			t.Error(err)
		}
	}
	if c := o.read(id); c.Stage != casefile.Registered {
		t.Errorf("stage %q, want registered", c.Stage)
	}
	o.verified()
}
