package casefile_test

import (
	"strings"
	"testing"

	. "shuangze/casefile"
)

// register enters a case of these particulars through the prefecture's office.
func (d *desk) register(change func(*Registration)) *desk {
	d.t.Helper()
	cmd := d.command(Register)
	change(cmd.Registration)
	return d.do("clerk", cmd)
}

// The levels of the pair follow from where the case comes from.
func TestPairFollowsOrigin(t *testing.T) {
	for origin, want := range map[string][2]string{
		"province":   {"prefecture", "county"},
		"prefecture": {"county", "section"},
		"self_found": {"county", "section"},
		"petition":   {"county", "section"},
	} {
		d := newDesk(t).register(func(r *Registration) { r.Origin = origin })
		d.do("supervisor", Command{Kind: Assign})
		if d.c.Upper.Level != want[0] || d.c.Lower.Level != want[1] || !d.c.Led() {
			t.Errorf("%s: %s and %s", origin, show(d.c.Upper), show(d.c.Lower))
		}
		for _, seat := range []Seat{d.c.Upper, d.c.Lower} {
			if o := d.rules.Directory.Officials[seat.Official]; o.Level != seat.Level || !seat.AssignedAt.Equal(d.now) {
				t.Errorf("%s: %s", origin, show(seat))
			}
		}
	}
}

func TestPropose(t *testing.T) {
	for _, test := range []struct {
		name, category string
		load           map[string]int
		gone           []string
		upper, lower   string
		why            []string
	}{
		{
			name: "by portfolio, though others carry less", category: "labour",
			load: map[string]int{"upper": 5, "head": 7}, upper: "upper", lower: "head",
			why: []string{"副县长, in charge of the matter by portfolio, carries 5 open cases", "局长, leads the responsible unit, carries 7", "副县长，分管人社、民政", "局长，责任单位领导"},
		},
		{
			name: "another portfolio", category: "land",
			load: map[string]int{"other-upper": 9}, upper: "other-upper", lower: "head",
			why: []string{"副县长, in charge of the matter by portfolio, carries 9"},
		},
		{
			name: "nobody's portfolio: the fewest cases", category: "health",
			load: map[string]int{"upper": 2, "other-upper": 3}, upper: "upper", lower: "head",
			why: []string{"副县长, suitable, though not by portfolio, carries 2 open cases, the fewest of 2 who suit as well"},
		},
		{
			name: "as many cases: by id, always the same", category: "health",
			upper: "other-upper", lower: "head",
			why: []string{"carries 0 open cases, the fewest of 2 who suit as well"},
		},
		{
			name: "the unit has no leader of that level", category: "labour", gone: []string{"head"},
			upper: "upper", lower: "lower",
			why: []string{"县府办主任, suitable, though not by portfolio"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).register(func(r *Registration) { r.Category = test.category })
			d.rules.Directory.Load = test.load
			for _, id := range test.gone {
				delete(d.rules.Directory.Officials, id)
			}
			p, err := Propose(d.c, d.rules)
			if err != nil {
				t.Fatal(show(err))
			}
			if p.Upper.ID != test.upper || p.Lower.ID != test.lower {
				t.Errorf("%s and %s", p.Upper.ID, p.Lower.ID)
			}
			for _, part := range append(test.why, "地区一案双责制度") {
				if !strings.Contains(p.Why.Chinese+p.Why.English, part) {
					t.Errorf("does not say %q:\n%s\n%s", part, p.Why.Chinese, p.Why.English)
				}
			}
			// What is proposed is what assigning without names does, and the event says why.
			d.do("supervisor", Command{Kind: Assign})
			e := d.last.Events[len(d.last.Events)-1]
			if e.Upper.Official != test.upper || e.Lower.Official != test.lower || e.Why == nil || *e.Why != p.Why {
				t.Errorf("%s", show(e))
			}
		})
	}
}

// The proposal tells the truth about how many cases its leader carries.
func TestProposalCountsOnlyEquals(t *testing.T) {
	d := newDesk(t).register(func(r *Registration) { r.Category = "labour" })
	d.rules.Directory.Load = map[string]int{"upper": 5} // other-upper carries none, but has another portfolio
	p, err := Propose(d.c, d.rules)
	if err != nil {
		t.Fatal(show(err))
	}
	if !strings.Contains(p.Why.English, "副县长, in charge of the matter by portfolio, carries 5 open cases, the fewest of 1 who suit as well") {
		t.Error(p.Why.English)
	}
}

func TestNoPair(t *testing.T) {
	d := newDesk(t).register(func(*Registration) {})
	for id, o := range d.rules.Directory.Officials {
		if o.Level == "section" {
			delete(d.rules.Directory.Officials, id)
		}
	}
	if _, err := Propose(d.c, d.rules); err == nil || err.Code != "no_suitable_leader" {
		t.Errorf("%s", show(err))
	}
	d.rules.Directory.Officials = town().Officials
	d.refuse("supervisor", Command{Kind: Assign, Upper: "upper"}, "invalid_fields")

	d.rules.Policy.Pairs = nil
	d.refuse("supervisor", Command{Kind: Assign}, "no_pair")
	d.refuse("supervisor", Command{Kind: Assign, Upper: "upper", Lower: "lower"}, "no_pair")
}

// Leaders that somebody named are not explained; both are told, and their clocks run.
func TestAssign(t *testing.T) {
	d := newDesk(t).reach("handling").moves("supervisor assign")
	e := d.last.Events[0]
	if e.Why != nil || e.Actor.ID != "supervisor" {
		t.Errorf("%s", show(e))
	}
	same(t, "told", []string{"lower", "upper"}, d.told(EventAssigned, ""))
	for _, id := range []string{"DUAL-ACK", "DUAL-ACT"} {
		for seat, who := range map[string]string{"/upper": "upper", "/lower": "lower"} {
			if k := d.clock(id + seat); k.Who != who || !k.Running() {
				t.Errorf("%s", show(k))
			}
		}
	}
	if k := d.clock("DUAL-WHEN"); k.Running() {
		t.Errorf("%s", show(k))
	}
	d.refuse("supervisor", Command{Kind: Assign, Upper: "other-upper", Lower: "head"}, "already_assigned")
}

// The leaders are named for a unit; once they are, the case goes only to one that both
// can lead a case of.
func TestUnitStaysOnceLed(t *testing.T) {
	d := newDesk(t).reach("registered").moves("supervisor assign")
	d.refuse("clerk", Command{Kind: Forward, Unit: "P-xf"}, "invalid_fields")
	d.c.Lower.Official = "head"
	same(t, "fields", []string{"unit led"}, problems(d.refuse("clerk", Command{Kind: Forward, Unit: "C-zr"}, "invalid_fields")))
	d.c.Lower.Official = "lower"
	if _, refusal := d.try("clerk", Command{Kind: Forward, Unit: "C-zr"}); refusal != nil {
		t.Errorf("both leaders could lead a case of that unit: %s", show(refusal))
	}
	d.do("clerk", Command{Kind: Forward, Unit: "C-rs"})
	if d.c.Unit != "C-rs" || d.c.UnitLevel != "section" || d.c.Stage != Forwarded {
		t.Errorf("%s", show(d.c))
	}
}

// Nobody whom the case accuses, nor anybody of the accused unit, leads it (条例第28条第3款).
func TestRecusal(t *testing.T) {
	d := newDesk(t).register(func(r *Registration) { r.Purpose, r.AccusedOfficial = "accusation", "upper" })
	p, err := Propose(d.c, d.rules)
	if err != nil || p.Upper.ID != "other-upper" {
		t.Errorf("proposed %s, %s", p.Upper.ID, show(err))
	}
	same(t, "fields", []string{"upper recused"}, problems(d.refuse("supervisor", Command{Kind: Assign, Upper: "upper", Lower: "lower"}, "invalid_fields")))

	d = newDesk(t).register(func(r *Registration) { r.Purpose, r.AccusedOfficial = "accusation", "head" })
	if p, err := Propose(d.c, d.rules); err != nil || p.Lower.ID != "lower" {
		t.Errorf("proposed %s, %s", p.Lower.ID, show(err))
	}

	// Of a whole unit: a province case whose lower leader would be of the accused county.
	d = newDesk(t)
	d.rules.Directory.Units["P-rs"] = Unit{Code: "P-rs", Kind: Department, Level: "county", Parent: "P"}
	d.rules.Directory.Officials["director"] = Official{ID: "director", Unit: "P-rs", Role: Leader, Level: "county", Post: "局长"}
	d.register(func(r *Registration) {
		r.Purpose, r.Origin, r.Unit, r.AccusedUnit = "accusation", "province", "P-rs", "C"
	})
	same(t, "fields", []string{"lower recused"}, problems(d.refuse("supervisor", Command{Kind: Assign, Upper: "convener", Lower: "upper"}, "invalid_fields")))
	d.do("supervisor", Command{Kind: Assign})
	if d.c.Lower.Official != "director" {
		t.Errorf("%s", show(d.c.Lower))
	}
}

// One command can register, accept on the spot and name the leaders: all of it or none.
func TestRegistrationWithMore(t *testing.T) {
	kinds := func(d *desk) (kinds []EventKind) {
		for _, e := range d.last.Events {
			kinds = append(kinds, e.Kind)
			if e.Command != d.last.Events[0].Command || e.Document != nil {
				t.Errorf("%s", show(e))
			}
		}
		return kinds
	}
	d := newDesk(t)
	cmd := d.command(Register)
	cmd.Registration.OnTheSpot, cmd.Upper, cmd.Lower = true, "upper", "lower"
	d.do("supervisor", cmd)
	same(t, "events", []EventKind{EventRegistered, EventAccepted, EventAssigned}, kinds(d))
	if d.c.Stage != Handling || !d.c.Led() || d.c.Seq != 3 || d.c.Petition != cmd.Text {
		t.Errorf("%s", show(d.c))
	}
	for _, id := range []string{"REG-FORWARD", "DUAL-WHEN"} {
		if k := d.clock(id); k.Running() || k.Lamp(d.now) != Green {
			t.Errorf("%s", show(k))
		}
	}
	d.want("HANDLE", "2026-09-01", "2026-10-31", "2026-11-02")

	// An officer accepts on the spot what came to the own unit.
	d = newDesk(t)
	cmd = d.command(Register)
	cmd.Registration.OnTheSpot = true
	d.do("officer", cmd)
	same(t, "events", []EventKind{EventRegistered, EventAccepted}, kinds(d))
	if k := d.clock("ACC-DIRECT"); k.Running() || !d.c.Direct || d.c.Office != "C-xf" {
		t.Errorf("%s", show(d.c))
	}

	// Naming leaders is the supervisor's, also at registration.
	for _, who := range []string{"clerk", "officer", "county-clerk"} {
		cmd := newDesk(t).command(Register)
		cmd.Upper, cmd.Lower = "upper", "lower"
		newDesk(t).refuse(who, cmd, "not_permitted")
	}
	cmd.Upper, cmd.Lower = "upper", "upper"
	same(t, "fields", []string{"lower wrong_level", "lower same_person"}, problems(newDesk(t).refuse("supervisor", cmd, "invalid_fields")))
}
