package casefile_test

import (
	"testing"
	"time"

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
