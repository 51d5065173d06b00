package rehearse

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
	"shuangze/policy"
)

// The policy of July is the built-in one but for the ten days: whoever changes the
// built-in rule changes it there too.
func TestJulyShortensOneLimit(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("july.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(policy.Default().Clocks)
	for i := range want {
		if want[i].ID == "HANDLE" {
			want[i].Length -= 10
		}
	}
	if diff := cmp.Diff(want, p.Clocks); diff != "" {
		t.Errorf("(-built-in +july)\n%s", diff)
	}
}

// However few cases there are, each rare fate is somebody's.
func TestFewCasesHaveEverything(t *testing.T) {
	t.Parallel()
	var p People
	p.seed = 1
	var reviews, entries []string
	meetings, objections := map[string]bool{}, map[string]bool{}
	for _, f := range fates(p.dice("test"), 50) {
		entries = append(entries, f.entry)
		reviews = append(reviews, f.reviews...)
		meetings[f.meeting], objections[f.objection] = true, true
	}
	for _, want := range []string{"commission", "decline", "divert", ""} {
		if !slices.Contains(entries, want) {
			t.Errorf("no case is passed on by %q", want)
		}
	}
	for _, want := range []string{"uphold", "change", "set_aside", "redo"} {
		if !slices.Contains(reviews, want) {
			t.Errorf("no review comes to %q", want)
		}
	}
	if len(meetings) != 5 || len(objections) != 3 {
		t.Errorf("meetings %v, objections %v", meetings, objections)
	}
}

// Made-up cases are of the year, of nobody, and the same for the same seed.
func TestPetitions(t *testing.T) {
	t.Parallel()
	accounts := map[string]Account{}
	for id, a := range map[string]Account{
		"o1": {Role: "registrar", Unit: "23-xf"}, "o2": {Role: "registrar", Unit: "2301-xf"}, "o3": {Role: "officer", Unit: "23-zj"}, "o4": {Role: "leader", Unit: "2301-mz", Level: "section"},
	} {
		accounts[id] = a
	}
	for _, f := range fields {
		for _, unit := range []string{"23-" + f.above, "2301-" + f.county} {
			accounts["of "+unit] = Account{Role: "officer", Unit: unit}
		}
	}
	one, again := petitions(7, 2026, 200, accounts), petitions(7, 2026, 200, accounts)
	keys := map[string]bool{}
	for i, p := range one {
		if p.Title != again[i].Title || p.Text != again[i].Text || p.Petitioner != again[i].Petitioner || p.By != again[i].By {
			t.Errorf("case %d is another the second time", i)
		}
		if day := calendar.DateOf(p.Registration.ReceivedAt); day.Year != 2026 {
			t.Errorf("received on %s", day)
		}
		if keys[p.Key] || p.By == "" || p.Title == "" || p.Text == "" {
			t.Errorf("%+v", p)
		}
		keys[p.Key] = true
		if r := p.Registration; r.AccusedOfficial != "" && accounts[r.AccusedOfficial].Unit == r.Unit || r.AccusedUnit != "" && r.AccusedUnit == r.Unit {
			t.Errorf("accused and responsible at once: %+v", r)
		}
	}
}
