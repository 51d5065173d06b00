package activities_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuangze/activities"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded/embeddedtest"
	"shuangze/store"
	"shuangze/workflows"
)

// Execute on a real database, without workflows around it; with them it is tested in
// worker.

func TestMain(m *testing.M) { embeddedtest.Main(m, embeddedtest.Options{}) }

// town is a county with its petition office and a bureau.
var town = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	if _, err := s.SaveUnits(ctx, []casefile.Unit{
		{Code: "C", Name: "县", Kind: casefile.Authority, Level: "county"},
		{Code: "C-xf", Name: "县信访局", Kind: casefile.PetitionOfficeKind, Level: "section", Parent: "C"},
		{Code: "C-dc", Name: "县督查室", Kind: casefile.SupervisionOfficeKind, Level: "section", Parent: "C"},
		{Code: "C-rs", Name: "县人社局", Kind: casefile.Department, Level: "section", Parent: "C"},
	}); err != nil {
		return err
	}
	_, err = s.SaveOfficials(ctx, []casefile.Official{
		{ID: "clerk", Name: "葛某", Unit: "C-xf", Role: casefile.Registrar, Level: "staff"},
		{ID: "super", Name: "戚某", Unit: "C-xf", Role: casefile.Supervisor, Level: "section"},
		{ID: "upper", Name: "崔某", Unit: "C", Role: casefile.Leader, Level: "county", Portfolio: "人社"},
		{ID: "lower", Name: "廉某", Unit: "C-rs", Role: casefile.Leader, Level: "section"},
		{ID: "officer", Name: "李某", Unit: "C-rs", Role: casefile.Officer, Level: "staff"},
	})
	return err
}}

type desk struct {
	t   *testing.T
	url string // of the database
	*activities.Activities
}

// newDesk opens a desk on a Tuesday morning of 2026; a day takes two seconds.
func newDesk(t *testing.T) desk {
	t.Helper()
	url := town.Database(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	start := calendar.Date{Year: 2026, Month: time.September, Day: 1}.At(10, 0)
	return desk{t, url, &activities.Activities{
		Store: s, Clock: casetime.Rehearsal(start, 43_200), Log: slog.New(slog.DiscardHandler),
	}}
}

// give executes a command as a workflow that knows the case so far would.
func (d desk) give(c casefile.Case, by string, cmd casefile.Command) workflows.ExecuteResult {
	d.t.Helper()
	dir, err := d.Store.Directory(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	o := dir.Officials[by]
	cmd.Actor = casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
	if by == "" {
		cmd.Actor = casefile.Clockwork
	}
	if cmd.ID == "" {
		cmd.ID = uuid.NewString()
	}
	result, err := d.Execute(d.t.Context(), workflows.ExecuteInput{Case: c, Command: cmd})
	if err != nil {
		d.t.Fatal(err)
	}
	return result
}

func (d desk) registration(reference string) casefile.Command {
	d.t.Helper()
	text, err := d.Store.WriteText(d.t.Context(), "养老保险补缴", "请求补缴", "clerk")
	if err != nil {
		d.t.Fatal(err)
	}
	return casefile.Command{Kind: casefile.Register, Text: text, Registration: &casefile.Registration{
		Reference: reference, Origin: "petition", Channel: "visit", Purpose: "appeal", Category: "labour", Headcount: 1, Reachable: true,
		ReceivedAt: d.Clock.Now().Add(-time.Hour), Unit: "C-rs",
	}}
}

func (d desk) row(id string) store.Row {
	d.t.Helper()
	row, err := d.Store.Case(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return row
}

// What is answered is what is written: events, case row and wake-up.
func TestExecute(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	result := d.give(casefile.Case{ID: "case"}, "clerk", d.registration("来文1号"))
	row := d.row("case")
	if c := casefile.Fold(casefile.Case{ID: "case"}, result.Events); result.Refusal != nil || !casefile.Equal(c, row.Case) {
		t.Errorf("the answer folds to %+v, the row has %+v; refused: %v", c, row.Case, result.Refusal)
	}
	// The timer's instant is real, the row's is the case's.
	if late := d.Clock.Case(result.Alarm.At).Sub(row.Wake); late < -time.Second || late > time.Second {
		t.Errorf("the timer rings at %v, when it is %v for the case; planned is %v", result.Alarm.At, d.Clock.Case(result.Alarm.At), row.Wake)
	}
	if result.Alarm.For == "" || row.Case.Number != "C-xf-2026-000001" {
		t.Errorf("alarm for %q, number %s", result.Alarm.For, row.Case.Number)
	}
}

// A refusal says why and leaves nothing; the wake-up that is planned stays.
func TestExecuteRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if r := d.give(casefile.Case{ID: "none"}, "officer", d.registration("")); r.Refusal != nil || len(r.Events) != 1 {
		t.Errorf("an officer registers what the own bureau received: %+v", r.Refusal)
	}
	if r := d.give(casefile.Case{ID: "refused"}, "upper", d.registration("")); r.Refusal == nil || r.Refusal.Reason != casefile.Forbidden || len(r.Events) != 0 {
		t.Errorf("a leader registers: %+v, %d events", r.Refusal, len(r.Events))
	}
	first := d.give(casefile.Case{ID: "case"}, "clerk", d.registration("来文1号"))
	c := d.row("case").Case
	r := d.give(c, "clerk", casefile.Command{Kind: casefile.Forward, Unit: "nowhere"})
	if r.Refusal == nil || len(r.Events) != 0 || r.Alarm != first.Alarm {
		t.Errorf("refusal %v, %d events, alarm %v; it was %v", r.Refusal, len(r.Events), r.Alarm, first.Alarm)
	}
	// Only the database knows that another case has the reference.
	r = d.give(casefile.Case{ID: "double"}, "clerk", d.registration("来文1号"))
	if r.Refusal == nil || len(r.Refusal.Fields) != 1 || r.Refusal.Fields[0].Field != "reference" || len(r.Events) != 0 {
		t.Errorf("a reference given twice: %+v, %d events", r.Refusal, len(r.Events))
	}
	if got := d.row("case").Case; !casefile.Equal(got, c) {
		t.Errorf("a refusal changed the case: %+v", got)
	}
	// The refused took no number.
	d.give(casefile.Case{ID: "next"}, "clerk", d.registration(""))
	if n := d.row("next").Case.Number; n != "C-xf-2026-000003" {
		t.Errorf("number %s, want the third", n)
	}
}

// A pair is proposed by load, which only the database knows.
func TestExecuteProposes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(casefile.Case{ID: "case"}, "clerk", d.registration(""))
	r := d.give(d.row("case").Case, "super", casefile.Command{Kind: casefile.Assign})
	c := d.row("case").Case
	if r.Refusal != nil || c.Upper.Official != "upper" || c.Lower.Official != "lower" || r.Events[0].Why == nil {
		t.Errorf("proposed %s and %s; refused: %v", c.Upper.Official, c.Lower.Official, r.Refusal)
	}
	if r = d.give(c, "super", casefile.Command{Kind: casefile.Assign}); r.Refusal == nil || r.Refusal.Code != "already_assigned" {
		t.Errorf("a second pair: %+v", r.Refusal)
	}
}

// A tick that finds nothing due leaves no event and puts the wake-up right.
func TestExecuteTick(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Clock.Rate = 1
	first := d.give(casefile.Case{ID: "case"}, "clerk", d.registration(""))
	before := d.row("case")
	r := d.give(before.Case, "", casefile.Command{Kind: casefile.Tick})
	if after := d.row("case"); len(r.Events) != 0 || r.Alarm != first.Alarm || !after.Wake.Equal(before.Wake) || after.Case.Seq != 1 {
		t.Errorf("%d events, alarm %v, wake-up %v", len(r.Events), r.Alarm, after.Wake)
	}
}

// A database from before what Temporal knows is not written to.
func TestExecuteOnOldDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.give(casefile.Case{ID: "case"}, "clerk", d.registration(""))
	ahead := d.row("case").Case
	ahead.Seq = 5
	cmd := casefile.Command{ID: "x", Kind: casefile.Forward, Actor: casefile.Actor{ID: "clerk", Role: casefile.Registrar, Unit: "C-xf"}}
	_, err := d.Execute(t.Context(), workflows.ExecuteInput{Case: ahead, Command: cmd})
	if err == nil || !strings.Contains(err.Error(), "ends before event 5") {
		t.Errorf("a ledger that is shorter than the case: %v", err)
	}
	if c := d.row("case").Case; c.Seq != 1 {
		t.Errorf("the case is at event %d", c.Seq)
	}
}
