package worker_test

import (
	"bytes"
	"strings"
	"testing"

	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/importer"
	"shuangze/sample"
)

// The campaign's 62 cases come in through the engine like any other, and a second import
// of the same file changes nothing.
func TestImportCases(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Rehearsal(september(1, 10).AddDate(0, 3, 0), 1)) // the last of them came in November
	o.staff()
	campaign := o.campaign(sample.Campaign)
	by, rules := o.actor(clerk), o.rules()
	load := func(file []byte) importer.Result {
		t.Helper()
		cases, problems, err := importer.Cases(bytes.NewReader(file), rules, by, sample.Campaign, o.acts.Clock.Now())
		if err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		done := make(chan struct{}, len(cases))
		result, err := importer.Register(t.Context(), o.store, o.engine, by, cases, func() { done <- struct{}{} })
		if err != nil {
			t.Fatal(err)
		}
		if len(done) != len(cases) {
			t.Errorf("%d cases were reported done, want %d", len(done), len(cases))
		}
		return result
	}

	if got, want := load(sample.Cases), (importer.Result{Registered: 62}); got != want {
		t.Errorf("first import: %+v, want %+v", got, want)
	}
	texts := o.sql(`SELECT 1 FROM documents`)
	if got, want := load(sample.Cases), (importer.Result{Known: 62}); got != want {
		t.Errorf("second import: %+v, want %+v", got, want)
	}
	if n := o.sql(`SELECT 1 FROM documents`); n != texts {
		t.Errorf("the second import left %d texts", n-texts)
	}
	// A longer file brings only what is new.
	longer := append(bytes.TrimRight(sample.Cases, "\n"), strings.Replace(lastRow(t), "045", "046", 1)...)
	if got, want := load(longer), (importer.Result{Registered: 1, Known: 62}); got != want {
		t.Errorf("import of a file with one row more: %+v, want %+v", got, want)
	}

	origins := map[string]int{}
	ids, err := o.store.LedgerCases(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		c := o.read(id)
		origins[c.Origin]++
		if n := kinds(o.events(id))[casefile.EventRegistered]; n != 1 || c.CampaignCode() != campaign || c.Petitioner == "" {
			t.Errorf("case %s: registered %d times, campaign %q, petitioner %q", c.Number, n, c.CampaignCode(), c.Petitioner)
		}
	}
	if origins["province"] != 17 || origins["self_found"] != 46 {
		t.Errorf("origins: %v, want 17 from the province and 45 and one found", origins)
	}
	o.verified()
}

// lastRow is the sample's last case, on a line of its own.
func lastRow(t *testing.T) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(sample.Cases)), "\n")
	last := lines[len(lines)-1]
	if !strings.Contains(last, "045") {
		t.Fatalf("the last row is not number 045: %s", last)
	}
	return "\n" + last + "\n"
}
