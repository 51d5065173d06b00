package casefile_test

import (
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

func administration() casefile.Rules {
	return casefile.Rules{Policy: policy.Default(), Now: time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC), Directory: &casefile.Directory{
		Units: map[string]casefile.Unit{
			"a":    {Code: "a", Name: "甲县", Kind: casefile.Authority, Level: "county"},
			"a-nc": {Code: "a-nc", Name: "农业农村局", Kind: casefile.Department, Level: "section", Parent: "a"},
		},
		Officials: map[string]casefile.Official{
			"root":   {ID: "root", Name: "陶戊", Post: "管理员", Level: "staff", Unit: "a", Role: casefile.Admin},
			"lead":   {ID: "lead", Name: "马己", Post: "副县长", Level: "county", Unit: "a", Role: casefile.Leader},
			"deputy": {ID: "deputy", Name: "施癸", Post: "副书记", Level: "county", Unit: "a", Role: casefile.Leader},
			"gone":   {ID: "gone", Name: "何甲", Post: "局长", Level: "section", Unit: "a-nc", Role: casefile.Former},
		},
		Leaves: map[string][]casefile.Leave{"other": {{Deputy: "deputy", From: time.Date(2026, 9, 10, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 9, 12, 0, 0, 0, 0, time.UTC)}}},
		Load:   map[string]int{"lead": 2},
	}}
}

// Who may look after the system, and who may look at it.
func TestAdministrationIsPermitted(t *testing.T) {
	t.Parallel()
	for _, role := range append(casefile.Roles, casefile.System, casefile.Former) {
		by := casefile.Actor{ID: "x", Role: role, Unit: "a"}
		if got, want := casefile.PermitAdministration(by) == nil, role == casefile.Admin; got != want {
			t.Errorf("%s administers: %v", role, got)
		}
		if got, want := casefile.PermitInspection(by) == nil, role == casefile.Admin || role == casefile.Auditor; got != want {
			t.Errorf("%s inspects: %v", role, got)
		}
	}
}

func TestEndOfficial(t *testing.T) {
	t.Parallel()
	r := administration()
	root := casefile.Actor{ID: "root", Role: casefile.Admin, Unit: "a"}
	for id, want := range map[string]string{"lead": "leader_has_cases", "deputy": "stands_in", "gone": "official_ended", "root": "own_account"} {
		if _, err := casefile.EndOfficial(r.Directory.Officials[id], root, r); err == nil || err.Code != want {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
	if _, err := casefile.EndOfficial(r.Directory.Officials["lead"], casefile.Actor{ID: "lead", Role: casefile.Leader}, r); err == nil || err.Reason != casefile.Forbidden {
		t.Errorf("a leader ends themselves: %v", err)
	}
	r.Directory.Load, r.Now = nil, time.Date(2026, 9, 13, 0, 0, 0, 0, time.UTC)
	for _, id := range []string{"lead", "deputy"} {
		if o, err := casefile.EndOfficial(r.Directory.Officials[id], root, r); err != nil || o.Role != casefile.Former || o.Name == "" {
			t.Errorf("%s: %+v, %v", id, o, err)
		}
	}
}

func TestEnterOfficial(t *testing.T) {
	t.Parallel()
	r := administration()
	root := casefile.Actor{ID: "root", Role: casefile.Admin, Unit: "a"}
	lead := r.Directory.Officials["lead"]
	for name, c := range map[string]struct {
		change func(*casefile.Official)
		isNew  bool
		want   string // code, or the field that is wrong
	}{
		"another post":                      {func(o *casefile.Official) { o.Post, o.Portfolio = "县长", "农业" }, false, ""},
		"another unit, with open cases":     {func(o *casefile.Official) { o.Unit = "a-nc" }, false, "leader_has_cases"},
		"another level, with open cases":    {func(o *casefile.Official) { o.Level = "section" }, false, "leader_has_cases"},
		"no leader any more, with cases":    {func(o *casefile.Official) { o.Role = casefile.Officer }, false, "leader_has_cases"},
		"an id that is taken":               {func(*casefile.Official) {}, true, "id"},
		"an id that can't be in an address": {func(o *casefile.Official) { o.ID = "a/b" }, true, "id"},
		"a role that nobody has":            {func(o *casefile.Official) { o.Role = casefile.System }, false, "role"},
		"left, by a change":                 {func(o *casefile.Official) { o.Role = casefile.Former }, false, "role"},
		"no such unit":                      {func(o *casefile.Official) { o.Unit = "moon" }, false, "unit"},
		"no address":                        {func(o *casefile.Official) { o.Email = "x@y" }, false, "email"},
		"two addresses":                     {func(o *casefile.Official) { o.Email = "x@y.cn,z@y.cn" }, false, "email"},
		"the own role":                      {func(o *casefile.Official) { *o = r.Directory.Officials["root"]; o.Role = casefile.Auditor }, false, "role"},
	} {
		o := lead
		c.change(&o)
		err := casefile.EnterOfficial(o, c.isNew, root, r)
		switch {
		case c.want == "" && err != nil, c.want != "" && err == nil:
			t.Errorf("%s: %v", name, err)
		case err != nil && err.Code != c.want && (len(err.Fields) != 1 || err.Fields[0].Field != c.want):
			t.Errorf("%s: %+v, want %s", name, err, c.want)
		}
	}
	gone := r.Directory.Officials["gone"]
	gone.Role = casefile.Leader
	if err := casefile.EnterOfficial(gone, false, root, r); err != nil {
		t.Errorf("back in office: %v", err)
	}
}

func TestEnterUnit(t *testing.T) {
	t.Parallel()
	r := administration()
	root := casefile.Actor{ID: "root", Role: casefile.Admin, Unit: "a"}
	for name, c := range map[string]struct {
		u     casefile.Unit
		isNew bool
		field string
	}{
		"new":           {casefile.Unit{Code: "a-jy", Name: "教育局", Kind: casefile.Department, Level: "section", Parent: "a"}, true, ""},
		"taken":         {casefile.Unit{Code: "a-nc", Name: "教育局", Kind: casefile.Department, Level: "section", Parent: "a"}, true, "code"},
		"below itself":  {casefile.Unit{Code: "a", Name: "甲县", Kind: casefile.Authority, Level: "county", Parent: "a-nc"}, false, "parent"},
		"its own above": {casefile.Unit{Code: "a", Name: "甲县", Kind: casefile.Authority, Level: "county", Parent: "a"}, false, "parent"},
		"no name":       {casefile.Unit{Code: "b", Kind: casefile.Authority, Level: "county"}, true, "name"},
	} {
		err := casefile.EnterUnit(c.u, c.isNew, root, r)
		if (err == nil) != (c.field == "") || err != nil && (len(err.Fields) != 1 || err.Fields[0].Field != c.field) {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if err := casefile.EnterUnit(casefile.Unit{}, true, casefile.Actor{Role: casefile.Supervisor}, r); err == nil || err.Reason != casefile.Forbidden {
		t.Errorf("%v", err)
	}
}

// 撤并: while anything is a unit's to do it can't be ended, and all that holds it is said at
// once; then it ends with its day and its successor, and keeps its name.
func TestEndUnit(t *testing.T) {
	t.Parallel()
	r := administration()
	root := casefile.Actor{ID: "root", Role: casefile.Admin, Unit: "a"}
	d, on := r.Directory, calendar.Date{Year: 2026, Month: time.August, Day: 31}
	d.Units["a-zr"] = casefile.Unit{Code: "a-zr", Name: "自然资源局", Kind: casefile.Department, Level: "section", Parent: "a"}
	d.Units["a-xf"] = casefile.Unit{Code: "a-xf", Name: "信访局", Kind: casefile.PetitionOfficeKind, Level: "section", Parent: "a"}
	d.Units["a-old"] = casefile.Unit{Code: "a-old", Name: "畜牧局", Kind: casefile.Department, Level: "section", Parent: "a-nc", EndedOn: on}
	d.Campaigns = map[string]casefile.Campaign{
		"runs": {Name: "积案化解会战", Office: "a-xf", End: calendar.Date{Year: 2026, Month: time.December, Day: 31}},
		"over": {Name: "去年会战", Office: "a-xf", End: calendar.Date{Year: 2025, Month: time.December, Day: 31}},
	}
	for name, c := range map[string]struct {
		unit, successor string
		on              calendar.Date
		left            casefile.Burden
		by              casefile.Actor
		want            string   // code, or the field that is wrong and how
		held            []string // that is said to hold it
	}{
		"no administrator":                  {unit: "a-nc", on: on, by: casefile.Actor{ID: "s", Role: casefile.Supervisor, Unit: "a-xf"}, want: "not_permitted"},
		"ended already":                     {unit: "a-old", on: on, by: root, want: "unit_ended"},
		"no day":                            {unit: "a-nc", by: root, want: "on required"},
		"tomorrow":                          {unit: "a-nc", on: calendar.DateOf(r.Now).AddDays(1), by: root, want: "on in_future"},
		"no such successor":                 {unit: "a-nc", on: on, successor: "moon", by: root, want: "successor unknown_unit"},
		"succeeded by itself":               {unit: "a-nc", on: on, successor: "a-nc", by: root, want: "successor circle"},
		"succeeded by what is below it":     {unit: "a", on: on, successor: "a-nc", by: root, want: "successor circle"},
		"succeeded by one that has ended":   {unit: "a-nc", on: on, successor: "a-old", by: root, want: "successor circle"},
		"by another that has ended":         {unit: "a-zr", on: on, successor: "a-old", by: root, want: "successor unit_ended"},
		"a bureau by a petition office":     {unit: "a-nc", on: on, successor: "a-xf", by: root, want: "successor wrong_kind"},
		"a petition office by a bureau":     {unit: "a-xf", on: on, successor: "a-nc", by: root, want: "successor wrong_kind"},
		"with open cases":                   {unit: "a-nc", on: on, left: casefile.Burden{Cases: 3}, by: root, want: "unit_in_use", held: []string{"未办结信访事项3件", "3 open cases"}},
		"that supervises":                   {unit: "a-nc", on: on, left: casefile.Burden{Supervised: 2}, by: root, want: "unit_in_use", held: []string{"正在督办的信访事项2件"}},
		"with reception days":               {unit: "a-xf", on: on, left: casefile.Burden{Receptions: 1}, by: root, want: "unit_in_use", held: []string{"领导接待日1个"}},
		"with a campaign":                   {unit: "a-xf", on: on, by: root, want: "unit_in_use", held: []string{"会战1个（积案化解会战）"}},
		"with officials and units below it": {unit: "a", on: on, left: casefile.Burden{Cases: 1}, by: root, want: "unit_in_use", held: []string{"未办结信访事项1件", "在任人员3名（施癸、马己、陶戊）", "下级单位3个"}},
		"the last of its officials left":    {unit: "a-nc", on: on, by: root},
		"merged, today":                     {unit: "a-nc", on: calendar.DateOf(r.Now), successor: "a-zr", by: root},
	} {
		u, err := casefile.EndUnit(d.Units[c.unit], c.on, c.successor, c.left, c.by, r)
		got := ""
		switch {
		case err != nil && len(err.Fields) > 0:
			got = err.Fields[0].Field + " " + err.Fields[0].Code
		case err != nil:
			got = err.Code
		case u.EndedOn != c.on || u.Successor != c.successor || u.Name != d.Units[c.unit].Name || !u.Ended():
			t.Errorf("%s: %+v", name, u)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, held := range c.held {
			if !strings.Contains(err.Chinese+err.English, held) {
				t.Errorf("%s: not said is %q in %s %s", name, held, err.Chinese, err.English)
			}
		}
	}
}

// Nothing new comes to a unit that has ended: no official, no unit below it; a change makes
// it stand again. Who takes over is found through any number of mergers.
func TestEndedUnit(t *testing.T) {
	t.Parallel()
	r := administration()
	root := casefile.Actor{ID: "root", Role: casefile.Admin, Unit: "a"}
	d, on := r.Directory, calendar.Date{Year: 2026, Month: time.August, Day: 31}
	for _, u := range []casefile.Unit{
		{Code: "a-nc", Name: "农业农村局", Kind: casefile.Department, Level: "section", Parent: "a", EndedOn: on, Successor: "a-zr"},
		{Code: "a-zr", Name: "自然资源局", Kind: casefile.Department, Level: "section", Parent: "a", EndedOn: on},
		{Code: "a-xf", Name: "信访局", Kind: casefile.PetitionOfficeKind, Level: "section", Parent: "a", EndedOn: on},
		{Code: "x", Name: "互相承接", Kind: casefile.Department, Level: "section", EndedOn: on, Successor: "y"},
		{Code: "y", Name: "互相承接", Kind: casefile.Department, Level: "section", EndedOn: on, Successor: "x"},
	} {
		d.Units[u.Code] = u
	}
	for unit, want := range map[string]string{"a": "a", "a-zr": "a", "a-nc": "a", "x": "", "moon": "moon"} {
		if got := d.Heir(unit); got != want {
			t.Errorf("for %s acts %q, want %q", unit, got, want)
		}
	}
	if office := d.Office("a", casefile.PetitionOfficeKind); office != "" {
		t.Errorf("the office in charge is %s, which has ended", office)
	}
	wrong := func(what string, err *casefile.Error, want string) {
		t.Helper()
		if err == nil || len(err.Fields) != 1 || err.Fields[0].Field+" "+err.Fields[0].Code != want {
			t.Errorf("%s: %+v", what, err)
		}
	}
	wrong("a new unit below it", casefile.EnterUnit(casefile.Unit{Code: "n", Name: "新", Kind: casefile.Department, Level: "section", Parent: "a-nc"}, true, root, r), "parent unit_ended")
	wrong("a new official", casefile.EnterOfficial(casefile.Official{ID: "n", Name: "新", Post: "局长", Level: "section", Unit: "a-nc", Role: casefile.Leader}, true, root, r), "unit unit_ended")
	back := d.Officials["gone"]
	back.Role = casefile.Leader
	wrong("back in it", casefile.EnterOfficial(back, false, root, r), "unit unit_ended")
	again := d.Units["a-nc"]
	again.EndedOn, again.Successor = calendar.Date{}, ""
	if err := casefile.EnterUnit(again, false, root, r); err != nil {
		t.Errorf("it can't stand again: %v", err)
	}
}
