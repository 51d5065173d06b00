package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A local file may ask leaders to receive more often than the nation does, never less.
func TestReceptionFrequency(t *testing.T) {
	const rule = `frequencies:
  - {id: RECV-PREFECTURE, level: prefecture, days: 1, per: quarter, source: 某省细则, basis: local}
`
	for name, test := range map[string]struct{ old, with, want string }{
		"the same":                 {"", "", ""},
		"more of them":             {"days: 1", "days: 2", ""},
		"every month":              {"per: quarter", "per: month", ""},
		"every week":               {"per: quarter", "per: week", ""},
		"every year":               {"per: quarter", "per: year", "only ask for more"},
		"four a year, in one go":   {"days: 1, per: quarter", "days: 4, per: year", "only ask for more"},
		"none":                     {"days: 1", "days: 0", "days: must be 1 to 91 days a quarter"},
		"too many":                 {"days: 1", "days: 92", "days: must be 1 to 91 days a quarter"},
		"no period":                {"per: quarter", "per: day", `"day" is none of`},
		"of another level":         {"level: prefecture", "level: section", "is about the level prefecture"},
		"for a level of their own": {"id: RECV-PREFECTURE, level: prefecture", "id: RECV-SECTION, level: section", ""},
		"twice for a level":        {"id: RECV-PREFECTURE", "id: RECV-ALSO", "prefecture has a rule already, RECV-PREFECTURE"},
		"for no level":             {"id: RECV-PREFECTURE, level: prefecture", "id: RECV-X, level: village", `no such level "village"`},
		"without a source":         {"某省细则", `""`, "source: is missing"},
	} {
		p, err := overlay("local.yaml", []byte(strings.Replace(rule, test.old, test.with, 1)))
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want == "":
			if f, ok := p.Frequency("county"); !ok || f.ID != "RECV-COUNTY" {
				t.Errorf("%s: the county's rule is %v", name, f)
			}
		case err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "local.yaml:2: "):
			t.Errorf("%s: %v, want %q in line 2", name, err, test.want)
		}
	}
	if f, ok := Default().Frequency("section"); ok {
		t.Errorf("section leaders receive at any time, not by %v", f)
	}
}

// What a local file leaves out of the reception days stays; an offset lies before the day.
func TestReceptionOverlay(t *testing.T) {
	p, err := overlay("local.yaml", []byte("reception: {slots: 4, absence: -3wd, strict: true}\nforms:\n  - {id: video, name: {zh: 视频接访, en: by video}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default().Reception
	want.Slots, want.Strict = 4, true
	want.Absence, _ = ParseOffset("-3wd")
	if diff := cmp.Diff(want, p.Reception); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"fixed", "invited", "carried", "video"}, IDs(p.Forms)); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []string{"slots: 0", "slots: 201", "publish: 0d", "tell: +1d", "list: -61d", "absence: 5d"} {
		if _, err := overlay("local.yaml", []byte("reception:\n  "+wrong+"\n")); err == nil || !strings.HasPrefix(err.Error(), "local.yaml:2: ") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
