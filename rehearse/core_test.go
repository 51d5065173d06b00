package rehearse

import (
	"bytes"
	"testing"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/importer"
	"shuangze/policy"
	"shuangze/sample"
)

// The core would register every case that is made up, by whoever is to enter it.
func TestCoreTakesPetitions(t *testing.T) {
	t.Parallel()
	rules := casefile.Rules{Policy: policy.Default(), Calendar: calendar.Default(), Directory: &casefile.Directory{Units: map[string]casefile.Unit{}, Officials: map[string]casefile.Official{}}}
	units, problems, err := importer.Units(bytes.NewReader(sample.Units), rules.Policy, rules.Directory)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	for _, u := range units {
		rules.Directory.Units[u.Code] = u
	}
	officials, problems, err := importer.Officials(bytes.NewReader(sample.Officials), rules.Policy, rules.Directory)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	accounts := map[string]Account{}
	for _, o := range officials {
		rules.Directory.Officials[o.ID] = o
		accounts[o.ID] = Account{Role: string(o.Role), Name: o.Name, Post: o.Post, Level: o.Level, Unit: o.Unit, Portfolio: o.Portfolio}
	}
	for i, p := range petitions(1, 2026, 400, accounts) {
		r, by := p.Registration, accounts[p.By]
		r.Reachable = p.Petitioner.Reachable()
		cmd := casefile.Command{
			ID: "c", Kind: casefile.Register, Actor: casefile.Actor{ID: p.By, Role: casefile.Role(by.Role), Unit: by.Unit},
			Registration: &r, Text: casefile.Document{ID: "d", Hash: "d"},
		}
		if _, err := casefile.Decide(casefile.Case{ID: "c"}, cmd, rules, r.ReceivedAt); err != nil {
			t.Errorf("case %d, by %s for %s: %v %+v", i, p.By, r.Unit, err, r)
		}
	}
}
