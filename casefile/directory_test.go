package casefile_test

import (
	"testing"

	. "shuangze/casefile"
)

func TestUnder(t *testing.T) {
	d := town()
	for _, test := range []struct {
		unit, area string
		want       bool
	}{
		{"C-rs", "C-rs", true},
		{"C-rs", "C", true},
		{"C-rs", "P", true},
		{"C", "C-rs", false},
		{"C-rs", "C-zr", false},
		{"P-xf", "C", false},
		{"X", "P", false},
		{"", "P", false},
		{"C-rs", "", false},
		{"", "", false},
	} {
		if got := d.Under(test.unit, test.area); got != test.want {
			t.Errorf("%q under %q: %v", test.unit, test.area, got)
		}
	}
}

func TestAreaAndOffice(t *testing.T) {
	d := town()
	for _, test := range []struct{ unit, area, petition, supervision string }{
		{"C-rs", "C", "C-xf", "P-dc"}, // the county has no supervision office of its own
		{"C", "C", "C-xf", "P-dc"},
		{"C-xf", "C", "C-xf", "P-dc"},
		{"P-xf", "P", "P-xf", "P-dc"},
		{"P", "P", "P-xf", "P-dc"},
		{"X", "", "", ""},
		{"", "", "", ""},
	} {
		if got := d.Area(test.unit); got != test.area {
			t.Errorf("%q lies in %q, want %q", test.unit, got, test.area)
		}
		if got := d.Office(test.unit, PetitionOfficeKind); got != test.petition {
			t.Errorf("petition office of %q: %q, want %q", test.unit, got, test.petition)
		}
		if got := d.Office(test.unit, SupervisionOfficeKind); got != test.supervision {
			t.Errorf("supervision office of %q: %q, want %q", test.unit, got, test.supervision)
		}
	}
	d.Units["stray"] = Unit{Code: "stray", Kind: Department} // of no authority
	d.Units["lost"] = Unit{Code: "lost", Kind: PetitionOfficeKind}
	if got := d.Office("stray", PetitionOfficeKind); got != "" {
		t.Errorf("a unit of no authority has the office %q", got)
	}
}

// A circle in the directory hangs nothing.
func TestCircle(t *testing.T) {
	d := &Directory{Units: map[string]Unit{
		"A": {Code: "A", Kind: Authority, Parent: "B"},
		"B": {Code: "B", Kind: Authority, Parent: "A"},
		"c": {Code: "c", Kind: Department, Parent: "d"},
		"d": {Code: "d", Kind: Department, Parent: "c"},
	}}
	if d.Under("A", "X") || !d.Under("A", "B") || d.Area("c") != "" || d.Office("A", PetitionOfficeKind) != "" || d.Office("c", PetitionOfficeKind) != "" {
		t.Error("found something in a circle")
	}
}

func TestHeads(t *testing.T) {
	d := newDesk(t)
	ids := func(unit string) (ids []string) {
		for _, o := range d.rules.Directory.Heads(unit, d.rules.Policy) {
			ids = append(ids, o.ID)
		}
		return ids
	}
	same(t, "of the bureau", []string{"head"}, ids("C-rs"))
	same(t, "of the county, not its office director", []string{"other-upper", "upper"}, ids("C"))
	same(t, "of an office without leaders", []string(nil), ids("P-dc"))
	same(t, "of no unit", []string(nil), ids(""))
}

func TestRegisteringOffice(t *testing.T) {
	d := newDesk(t)
	for who, want := range map[string]string{"clerk": "P-xf", "county-clerk": "C-xf", "supervisor": "P-xf", "officer": "C-xf"} {
		if got := RegisteringOffice(d.from(who, d.command(Register)), d.rules.Directory); got != want {
			t.Errorf("%s registers with %s, want %s", who, got, want)
		}
		if d := newDesk(t).moves(who + " register"); d.c.Office != want || d.c.SupervisionOffice != "P-dc" || d.c.Direct != (who == "officer") {
			t.Errorf("registered by %s: %s", who, show(d.c))
		}
	}
}
