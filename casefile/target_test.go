package casefile_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	. "shuangze/casefile"
	"shuangze/policy"
)

// halves are two targets that add up.
func halves() []TargetItem {
	return []TargetItem{
		{Metric: "first_settled", Target: 90_00, Weight: 50_00},
		{Metric: "overturned", Target: 0, Weight: 50_00},
	}
}

func (d *desk) actorRules(who string) (Actor, Rules) {
	d.rules.Now = d.now
	return d.actor(who), d.rules
}

// draft drafts a sheet of the county for 2026.
func (d *desk) draft(items ...TargetItem) TargetSheet {
	d.t.Helper()
	by, r := d.actorRules("supervisor")
	s, err := DraftTargets(TargetSheet{ID: "sheet", Year: 2026, Unit: "C"}, items, by, r)
	if err != nil {
		d.t.Fatal(show(err))
	}
	return s
}

// signed is a sheet's latest version signed by those who are named.
func (d *desk) signed(s TargetSheet, who ...string) TargetSheet {
	d.t.Helper()
	for _, name := range who {
		by, r := d.actorRules(name)
		seat, err := SignTargets(s, s.Latest().Hash, by, r)
		if err != nil {
			d.t.Fatal(show(err))
		}
		v := &s.Versions[len(s.Versions)-1]
		if seat == HeadSeat {
			v.Head = Signature{name, d.now}
		} else {
			v.Upper = Signature{name, d.now}
		}
	}
	return s
}

func refusedAs(err *Error) []string {
	if err == nil {
		return nil
	}
	if len(err.Fields) == 0 {
		return []string{err.Code}
	}
	var fields []string
	for _, f := range err.Fields {
		fields = append(fields, f.Field+" "+f.Code)
	}
	return fields
}

func TestDraftTargets(t *testing.T) {
	for _, test := range []struct {
		name, by string
		sheet    TargetSheet
		items    []TargetItem
		want     []string
	}{
		{"a county", "supervisor", TargetSheet{Year: 2026, Unit: "C"}, halves(), nil},
		{"next year's", "supervisor", TargetSheet{Year: 2027, Unit: "C"}, halves(), nil},
		{"a bureau of a county below", "supervisor", TargetSheet{Year: 2026, Unit: "C-rs"}, halves(), nil},
		{"a bureau by its county", "county-supervisor", TargetSheet{Year: 2026, Unit: "C-rs"}, halves(), nil},
		{"by a clerk", "clerk", TargetSheet{Year: 2026, Unit: "C"}, halves(), []string{"targets_not_permitted"}},
		{"by a leader", "convener", TargetSheet{Year: 2026, Unit: "C"}, halves(), []string{"targets_not_permitted"}},
		{"the own authority", "county-supervisor", TargetSheet{Year: 2026, Unit: "C"}, halves(), []string{"unit out_of_area"}},
		{"one above", "county-supervisor", TargetSheet{Year: 2026, Unit: "P"}, halves(), []string{"unit out_of_area"}},
		{"nobody to sign", "supervisor", TargetSheet{Year: 2026, Unit: "C-xf"}, halves(), []string{"unit no_head"}},
		{"nothing", "supervisor", TargetSheet{}, nil, []string{"year required", "unit required", "items out_of_range"}},
		{"last year's", "supervisor", TargetSheet{Year: 2025, Unit: "x"}, halves(), []string{"year out_of_range", "unit unknown_unit"}},
		{"weights that don't add up", "supervisor", TargetSheet{Year: 2026, Unit: "C"}, []TargetItem{
			{Metric: "first_settled", Target: 90_00, Weight: 33_33},
			{Metric: "repeated_settled", Target: 80_00, Weight: 33_33},
			{Metric: "backlog_settled", Target: 70_00, Weight: 33_33},
		}, []string{"items not_100"}},
		{"weights that do", "supervisor", TargetSheet{Year: 2026, Unit: "C"}, []TargetItem{
			{Metric: "first_settled", Target: 90_00, Weight: 33_33},
			{Metric: "repeated_settled", Target: 80_00, Weight: 33_33},
			{Metric: "backlog_settled", Target: 70_00, Weight: 33_34},
		}, nil},
		{"wrong items", "supervisor", TargetSheet{Year: 2026, Unit: "C"}, []TargetItem{
			{Metric: "first_settled", Target: 0, Weight: 50_00},
			{Metric: "first_settled", Target: 100_01, Weight: 50_00},
			{Metric: "overturned", Target: 50, Weight: 0},
			{Target: 1, Weight: 1},
			{Metric: "speed", Target: 1, Weight: 1},
		}, []string{
			"items.0.target out_of_range", "items.1.metric stands_twice", "items.1.target out_of_range",
			"items.2.target out_of_range", "items.2.weight out_of_range", "items.3.metric required", "items.4.metric not_in_list",
		}},
	} {
		d := newDesk(t)
		by, r := d.actorRules(test.by)
		s, err := DraftTargets(test.sheet, test.items, by, r)
		same(t, test.name, test.want, refusedAs(err))
		if err == nil && (s.Office != by.Unit || s.Latest().Number != 1 || len(s.Latest().Hash) != 64 || s.Latest().DraftedBy != by.ID) {
			t.Errorf("%s: drafted as %+v", test.name, s)
		}
	}
}

// TARGET-NO: neither as a metric nor under another name, and a local policy can only add
// words.
func TestTargetNo(t *testing.T) {
	d := newDesk(t)
	p := *d.rules.Policy
	p.TargetNo = append(slices.Clone(p.TargetNo), "零信访")
	d.rules.Policy = &p
	by, r := d.actorRules("supervisor")
	draft := func(metric, name string) []string {
		items := halves()
		items[0].Metric, items[0].Name = metric, name
		_, err := DraftTargets(TargetSheet{Year: 2026, Unit: "C"}, items, by, r)
		return refusedAs(err)
	}
	for _, metric := range []string{"进京访", "visits", "skip_level_visits", "息访率", "VETO", "越级访扣分", "number of petitions"} {
		same(t, metric, []string{"items.0.metric red_line"}, draft(metric, ""))
	}
	for _, name := range []string{
		"进京访控制", "进 京 访", "进·京·访", "赴省上访批次", "息访率", "信访量下降", "越级走访扣分", "信访数量一票否决", "ｖｉｓｉｔｓ to Beijing", "Skip-Level petitions",
		"重点人员稳控", "零信访单位",
	} {
		same(t, name, []string{"items.0.name red_line"}, draft("first_settled", name))
	}
	for _, name := range []string{"", "初信初访化解", "群众来信来访按期答复", "重信重访化解率", "Settled in time"} {
		same(t, name, []string(nil), draft("first_settled", name))
	}
	for _, m := range Metrics {
		for _, words := range []policy.Text{m.Name, m.Formula} {
			for _, text := range []string{words.Chinese, words.English, m.ID} {
				if got := draft("first_settled", text); len(got) > 0 {
					t.Errorf("%s: %q crosses the red line", m.ID, text)
				}
			}
		}
	}
}

func TestMetricsAreWhole(t *testing.T) {
	ids := MetricIDs()
	slices.Sort(ids)
	if len(slices.Compact(ids)) != len(Metrics) {
		t.Error("an id stands twice")
	}
	for _, m := range Metrics {
		for _, text := range []string{m.Name.Chinese, m.Name.English, m.Formula.Chinese, m.Formula.English, m.Source, string(m.Basis)} {
			if text == "" {
				t.Errorf("%s lacks something: %+v", m.ID, m)
			}
		}
		for _, id := range m.Clocks {
			if _, ok := builtin().Clock(id); !ok {
				t.Errorf("%s: there is no clock %s", m.ID, id)
			}
		}
		for _, event := range m.Done {
			stops := slices.ContainsFunc(m.Clocks, func(id string) bool {
				k, _ := builtin().Clock(id)
				return slices.Contains(k.Stops, event)
			})
			if !stops {
				t.Errorf("%s: %s stops none of its clocks", m.ID, event)
			}
		}
	}
}

// Two persons sign, in either order, what they have read; then nothing of it changes.
func TestSignTargets(t *testing.T) {
	d := newDesk(t)
	s := d.draft(halves()...)
	sign := func(s TargetSheet, who, hash string) []string {
		by, r := d.actorRules(who)
		_, err := SignTargets(s, hash, by, r)
		return refusedAs(err)
	}
	for _, who := range []string{"supervisor", "head", "lower", "auditor", "officer"} {
		same(t, who, []string{"targets_not_signed_by_you"}, sign(s, who, s.Latest().Hash))
	}
	same(t, "no hash", []string{"hash required"}, sign(s, "upper", ""))
	same(t, "another text", []string{"sheet_changed"}, sign(s, "upper", "x"))
	s = d.signed(s, "upper")
	if _, ok := s.InForce(); ok {
		t.Error("it is in force with one signature")
	}
	same(t, "another head", []string{"sheet_signed"}, sign(s, "other-upper", s.Latest().Hash))
	s = d.signed(s, "convener")
	if v, ok := s.InForce(); !ok || v.Number != 1 || v.Upper.Official != "convener" || v.Head.Official != "upper" {
		t.Errorf("in force is %+v", v)
	}

	by, r := d.actorRules("supervisor")
	items := halves()
	items[0].Target = 80_00
	v, err := ReviseTargets(s, items, by, r)
	if err != nil || v.Number != 2 || v.Hash == s.Latest().Hash {
		t.Fatalf("revised as %+v: %v", v, err)
	}
	read := s.Latest().Hash
	s.Versions = append(s.Versions, v)
	if inForce, _ := s.InForce(); inForce.Number != 1 || s.Scored().Number != 1 {
		t.Error("the signed version is not in force any more")
	}
	same(t, "the old text", []string{"sheet_changed"}, sign(s, "upper", read))
	s = d.signed(s, "commissioner", "other-upper")
	if inForce, _ := s.InForce(); inForce.Number != 2 {
		t.Error("the new version is not in force")
	}
	_, err = ReviseTargets(s, halves()[:1], by, r)
	same(t, "a version that does not add up", []string{"items not_100"}, refusedAs(err))
	clerk, r := d.actorRules("county-supervisor")
	_, err = ReviseTargets(s, items, clerk, r)
	same(t, "a version by the office below", []string{"targets_not_permitted"}, refusedAs(err))
}

// After the year nothing is changed or signed; then it is closed, once.
func TestCloseTargets(t *testing.T) {
	d := newDesk(t)
	draft := d.draft(halves()...)
	s := d.signed(d.draft(halves()...), "convener", "upper")
	shut := func(s TargetSheet, who string) []string {
		by, r := d.actorRules(who)
		_, err := CloseTargets(s, by, r)
		return refusedAs(err)
	}
	d.at("2026-12-31 23:59")
	same(t, "in the year", []string{"year_not_over"}, shut(s, "supervisor"))
	d.at("2027-01-01 00:00")
	same(t, "by a leader", []string{"targets_not_permitted"}, shut(s, "convener"))
	same(t, "by the office below", []string{"targets_not_permitted"}, shut(s, "county-supervisor"))
	same(t, "never signed", []string{"sheet_not_in_force"}, shut(draft, "supervisor"))
	same(t, "in force", []string(nil), shut(s, "supervisor"))
	by, r := d.actorRules("supervisor")
	_, err := ReviseTargets(s, halves(), by, r)
	same(t, "changed after the year", []string{"year_over"}, refusedAs(err))
	by, r = d.actorRules("upper")
	_, err = SignTargets(draft, draft.Latest().Hash, by, r)
	same(t, "signed after the year", []string{"year_over"}, refusedAs(err))
	s.ClosedBy = "supervisor"
	same(t, "closed", []string{"sheet_closed"}, shut(s, "supervisor"))
}

func TestSeesTargets(t *testing.T) {
	d := newDesk(t)
	county, bureau := TargetSheet{Unit: "C", Office: "P-xf"}, TargetSheet{Unit: "C-rs", Office: "C-xf"}
	for who, want := range map[string][2]bool{
		"supervisor": {true, true}, "county-supervisor": {true, true}, "convener": {true, true}, "upper": {true, true},
		"head": {false, true}, "officer": {false, true}, "other-head": {false, false}, "other-officer": {false, false},
		"auditor": {true, true}, "clerk": {false, false}, "county-clerk": {false, false}, "inspector": {false, false}, "admin": {false, false},
	} {
		by := d.actor(who)
		if got := [2]bool{SeesTargets(county, by, d.rules.Directory), SeesTargets(bureau, by, d.rules.Directory)}; got != want {
			t.Errorf("%s sees the county's and the bureau's: %v, want %v", who, got, want)
		}
	}
}

func TestSpanOfTargets(t *testing.T) {
	s := TargetSheet{Year: 2026}
	for now, want := range map[string][2]string{
		"2025-12-01 10:00": {"2026-01-01 00:00", "2026-01-01 00:00"},
		"2026-09-01 10:00": {"2026-01-01 00:00", "2026-09-01 10:00"},
		"2027-03-01 10:00": {"2026-01-01 00:00", "2027-01-01 00:00"},
	} {
		from, until := s.Span(moment(now))
		if !from.Equal(moment(want[0])) || !until.Equal(moment(want[1])) {
			t.Errorf("at %s: %s to %s", now, clock(from), clock(until))
		}
	}
}

func TestPoints(t *testing.T) {
	percent := TargetItem{Metric: "first_settled", Target: 90_00, Weight: 30_00}
	count := TargetItem{Metric: "overturned", Target: 2_00, Weight: 30_00}
	none := TargetItem{Metric: "overturned", Weight: 30_00}
	for _, test := range []struct {
		item          TargetItem
		tally         Tally
		value, points string
		met           bool
	}{
		{percent, Tally{9, 10}, "90", "30", true},
		{percent, Tally{10, 10}, "100", "30", true},
		{percent, Tally{8, 10}, "80", "26.66", false}, // 26.666…: cut off
		{percent, Tally{0, 10}, "0", "0", false},
		{percent, Tally{8999, 10_000}, "89.99", "29.99", false},
		{percent, Tally{899_999, 1_000_000}, "89.99", "29.99", false}, // never the whole weight below the target
		{percent, Tally{0, 0}, "0", "0", false},
		{count, Tally{0, 5}, "0", "30", true},
		{count, Tally{2, 5}, "2", "30", true},
		{count, Tally{3, 5}, "3", "20", false},
		{none, Tally{0, 5}, "0", "30", true},
		{none, Tally{1, 5}, "1", "0", false},
	} {
		p := PointsOf(test.item, test.tally)
		if p.Value.String() != test.value || p.Points.String() != test.points || p.Met != test.met || p.Scored() != (test.tally.Denominator > 0) {
			t.Errorf("%+v of %s: value %s, points %s, met %v", test.tally, test.item.Metric, p.Value, p.Points, p.Met)
		}
	}
	items := []TargetItem{{Metric: "first_settled", Target: 90_00, Weight: 40_00}, {Metric: "overturned", Weight: 60_00}}
	score := func(first, second Tally) string {
		total, ok := Score(items, []Points{PointsOf(items[0], first), PointsOf(items[1], second)})
		if !ok {
			return "none"
		}
		return total.String()
	}
	same(t, "all scored", "76", score(Tally{36, 100}, Tally{0, 1}))
	same(t, "one has nothing to judge", "40", score(Tally{36, 100}, Tally{}))
	same(t, "neither has", "none", score(Tally{}, Tally{}))
}

// However a sheet is made up: its score is 0 to 100, 100 when all targets are met, and no
// better figure ever brings fewer points.
func TestScoreProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		metrics := rapid.SliceOfNDistinct(rapid.SampledFrom(MetricIDs()), 1, 10, rapid.ID).Draw(t, "metrics")
		left := Hundredths(100_00)
		var items []TargetItem
		var tallies []Tally
		for i, id := range metrics {
			m, _ := MetricOf(id)
			item := TargetItem{Metric: id, Weight: left}
			if rest := Hundredths(len(metrics) - 1 - i); rest > 0 {
				item.Weight = Hundredths(rapid.Int64Range(1, int64(left-rest)).Draw(t, "weight"))
			}
			left -= item.Weight
			if m.Unit == Count {
				item.Target = 100 * Hundredths(rapid.Int64Range(0, 50).Draw(t, "target"))
			} else {
				item.Target = Hundredths(rapid.Int64Range(1, 100_00).Draw(t, "target"))
			}
			of := rapid.Int64Range(0, 1_000_000).Draw(t, "denominator")
			items, tallies = append(items, item), append(tallies, Tally{rapid.Int64Range(0, of).Draw(t, "numerator"), of})
		}
		d := newDesk(t)
		by, r := d.actorRules("supervisor")
		if _, err := DraftTargets(TargetSheet{Year: 2026, Unit: "C"}, items, by, r); err != nil {
			t.Fatalf("%+v is refused: %s", items, show(err))
		}
		score := func() (Hundredths, bool) {
			points := make([]Points, len(items))
			met := true
			for i := range items {
				points[i] = PointsOf(items[i], tallies[i])
				if points[i].Points < 0 || points[i].Points > items[i].Weight || points[i].Met != (points[i].Points == items[i].Weight) {
					t.Fatalf("%+v of %+v earns %+v", tallies[i], items[i], points[i])
				}
				met = met && (points[i].Met || !points[i].Scored())
			}
			total, ok := Score(items, points)
			if total < 0 || total > 100_00 || ok && met != (total == 100_00) {
				t.Fatalf("the score is %s, met %v", total, met)
			}
			return total, ok
		}
		before, scored := score()
		i := rapid.IntRange(0, len(items)-1).Draw(t, "better")
		m, _ := MetricOf(items[i].Metric)
		if tallies[i].Denominator == 0 {
			return
		}
		if m.Unit == Count {
			tallies[i].Numerator = rapid.Int64Range(0, tallies[i].Numerator).Draw(t, "fewer")
		} else {
			tallies[i].Numerator = rapid.Int64Range(tallies[i].Numerator, tallies[i].Denominator).Draw(t, "more")
		}
		if after, ok := score(); !scored || !ok || after < before {
			t.Fatalf("a better figure takes the score from %s to %s", before, after)
		}
	})
}

func TestHundredths(t *testing.T) {
	for text, want := range map[string]Hundredths{"0": 0, "90": 90_00, "12.5": 12_50, "33.33": 33_33, "0.01": 1, "100.00": 100_00} {
		var h Hundredths
		if err := json.Unmarshal([]byte(text), &h); err != nil || h != want {
			t.Errorf("%s reads as %d, %v", text, h, err)
		}
		back, err := json.Marshal(h)
		if err != nil || string(back) != strings.TrimSuffix(text, ".00") {
			t.Errorf("%s is written %s, %v", text, back, err)
		}
	}
	for _, text := range []string{`"5"`, "-1", "1e1", "1.234", "true", "99999999999999999999"} {
		var h Hundredths
		if err := json.Unmarshal([]byte(text), &h); err == nil {
			t.Errorf("%s reads as %s", text, h)
		}
	}
}

// The documents say the same of every metric.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Metrics {
		row := "| `" + m.ID + "` | " + m.Name.Chinese + " | " + m.Formula.Chinese + " | " + m.Source + "; " + string(m.Basis) + " |"
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/policy.md lacks %s", row)
		}
	}
}
