package policy_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"shuangze/calendar"
	"shuangze/policy"
)

func TestDefaultNamesItsSources(t *testing.T) {
	p := policy.Default()
	if len(p.Clocks) < 12 || len(p.Steps) < 15 {
		t.Fatalf("%d clocks, %d steps: the file was cut short", len(p.Clocks), len(p.Steps))
	}
	named := func(what, id string, n policy.Text) {
		if n.Chinese == "" || n.English == "" {
			t.Errorf("%s %s lacks a name in one language", what, id)
		}
	}
	sourced := func(what, id, source string, basis policy.Basis) {
		if source == "" || basis == "" {
			t.Errorf("%s %s: source %q, basis %q", what, id, source, basis)
		}
	}
	for _, c := range p.Clocks {
		named("clock", c.ID, c.Name)
		sourced("clock", c.ID, c.Source, c.Basis)
		if c.Extend != nil {
			sourced("extension", c.Extend.ID, c.Extend.Source, c.Extend.Basis)
		}
	}
	for _, s := range p.Steps {
		named("step", s.ID, s.Name)
		sourced("step", s.ID, s.Source, s.Basis)
		if len(s.To) == 0 {
			t.Errorf("step %s tells nobody", s.ID)
		}
	}
	for _, pair := range p.Pairs {
		sourced("pair", pair.Upper, pair.Source, pair.Basis)
	}
	for list, codes := range map[string][]policy.Code{
		"origins": p.Origins, "channels": p.Channels, "purposes": p.Purposes, "reasons": p.Reasons, "acts": p.Acts,
	} {
		for _, c := range codes {
			named(list, c.ID, c.Name)
		}
	}
	for _, c := range p.Categories {
		named("category", c.ID, c.Name)
	}
}

// The statute's figures, against the table of the field study.
func TestDefaultStatutes(t *testing.T) {
	for _, want := range []struct {
		id     string
		length int
		unit   calendar.Unit
		source string
	}{
		{"REG-FORWARD", 15, calendar.CalendarDay, "《信访工作条例》第二十二条第一款"},
		{"ACC-DIRECT", 15, calendar.CalendarDay, "《信访工作条例》第二十三条第二款"},
		{"ACC-TRANSFER", 15, calendar.CalendarDay, "《信访工作条例》第二十三条第三款"},
		{"HANDLE", 60, calendar.CalendarDay, "《信访工作条例》第三十四条"},
		{"DUTY-PERFORM", 2, calendar.Month, "《行政诉讼法》第四十七条、《信访工作条例》第三十一条第五项；法律、法规另有规定的从其规定"},
	} {
		c, ok := policy.Default().Clock(want.id)
		if !ok || c.Basis != policy.Statute || c.Length != want.length || c.Unit != want.unit || c.Source != want.source {
			t.Errorf("%s: %+v, want %d %ss of %s", want.id, c, want.length, want.unit, want.source)
		}
	}
	ext, of, ok := policy.Default().Extension("EXT-HANDLE")
	if !ok || ext.Days != 30 || ext.Basis != policy.Statute || of.ID != "HANDLE" {
		t.Errorf("EXT-HANDLE: %+v of %s, %v", ext, of.ID, ok)
	}
	if _, _, ok := policy.Default().Extension("EXT-NONE"); ok {
		t.Error("found an extension that is not there")
	}
}

func TestFind(t *testing.T) {
	p := policy.Default()
	if c, ok := p.Category("land"); !ok || c.Name.Chinese != "自然资源" {
		t.Errorf("land: %+v, %v", c, ok)
	}
	if s, ok := p.Step("URGE-5"); !ok || s.Do != policy.Urge || !s.UnlessReported {
		t.Errorf("URGE-5: %+v, %v", s, ok)
	}
	for what, found := range map[string]bool{
		"category": second(p.Category("nowhere")), "step": second(p.Step("nowhere")), "clock": second(p.Clock("nowhere")),
	} {
		if found {
			t.Errorf("found a %s that is not there", what)
		}
	}
	if !policy.Has(p.Acts, "meet") || policy.Has(p.Acts, "约见") {
		t.Error("Has goes by id alone")
	}
}

func second[T any](_ T, ok bool) bool { return ok }

func TestLookup(t *testing.T) {
	p := policy.Default()
	for _, test := range []struct {
		list []policy.Code
		word string
		want string
	}{
		{p.Purposes, "申诉求决", "appeal"},
		{p.Purposes, "求决", "appeal"},
		{p.Purposes, " 求决\n", "appeal"},
		{p.Purposes, "揭发控告", "accusation"},
		{p.Purposes, "意见建议", "suggestion"},
		{p.Purposes, "建议意见", "suggestion"},
		{p.Purposes, "appeal", "appeal"},
		{p.Purposes, "appeal for settlement", "appeal"},
		{p.Purposes, "咨询", ""},
		{p.Purposes, "", ""},
		{p.Channels, "走访", "visit"},
		{p.Channels, "来访", "visit"},
		{p.Channels, "书信", "letter"},
		{p.Channels, "电话", "telephone"},
		{p.Channels, "网络", "online"},
		{p.Channels, "传真", "fax"},
		{p.Origins, "省交办", "province"},
		{p.Acts, "阅卷", "read_file"},
		{p.Acts, "约见", "meet"},
		{p.Reasons, "推诿、敷衍、拖延", "shirking"},
	} {
		if got, ok := policy.Lookup(test.list, test.word); got != test.want || ok != (test.want != "") {
			t.Errorf("%q: %q, %v, want %q", test.word, got, ok, test.want)
		}
	}
	for word, want := range map[string]string{"劳动和社会保障": "labour", "\tlabour\n": "labour", "forestry": "forestry", "林业": "forestry", "林": ""} {
		if got, ok := p.LookupCategory(word); got != want || ok != (want != "") {
			t.Errorf("category %q: %q, %v, want %q", word, got, ok, want)
		}
	}
}

// No word may stand for two entries of one list, or an import would guess.
func TestWordsAreUnambiguous(t *testing.T) {
	p := policy.Default()
	lists := map[string][]policy.Code{
		"origins": p.Origins, "channels": p.Channels, "purposes": p.Purposes, "reasons": p.Reasons, "acts": p.Acts,
	}
	for _, c := range p.Categories {
		lists["categories"] = append(lists["categories"], policy.Code{ID: c.ID, Name: c.Name})
	}
	for name, list := range lists {
		owner := map[string]string{}
		for _, c := range list {
			for _, word := range append([]string{c.ID, c.Name.Chinese, c.Name.English}, c.Also...) {
				if other, ok := owner[word]; ok && other != c.ID {
					t.Errorf("%s: %q stands for %s and %s", name, word, other, c.ID)
				}
				owner[word] = c.ID
			}
		}
	}
}

func TestRank(t *testing.T) {
	p := policy.Default()
	for level, want := range map[string]int{"province": 5, "prefecture": 4, "county": 3, "section": 2, "staff": 1, "": 0, "village": 0} {
		if got := p.Rank(level); got != want {
			t.Errorf("rank of %q: %d, want %d", level, got, want)
		}
	}
}

func TestPairFor(t *testing.T) {
	p := *policy.Default()
	check := func(origin, unitLevel, upper, lower string) {
		t.Helper()
		pair, ok := p.PairFor(origin, unitLevel)
		if pair.Upper != upper || pair.Lower != lower || ok != (upper != "") {
			t.Errorf("%s at a %s unit: %s and %s, %v, want %s and %s", origin, unitLevel, pair.Upper, pair.Lower, ok, upper, lower)
		}
	}
	check("province", "section", "prefecture", "county")
	check("province", "county", "prefecture", "county")
	check("prefecture", "section", "county", "section")
	check("self_found", "section", "county", "section")
	check("petition", "", "county", "section")
	check("nowhere", "section", "", "")

	// The first pair that fits holds: one for a unit's level goes before the general one.
	p.Pairs = slices.Insert(slices.Clone(p.Pairs), 0, policy.Pair{
		Origins: []string{"petition"}, UnitLevels: []string{"prefecture"}, Upper: "prefecture", Lower: "county",
	})
	check("petition", "prefecture", "prefecture", "county")
	check("petition", "section", "county", "section")
}

func TestOffset(t *testing.T) {
	cal := calendar.Default()
	for _, test := range []struct {
		text, written string
		want          policy.Offset
		from, to      calendar.Date
	}{
		{"-7wd", "-7wd", policy.Offset{Days: -7, Unit: calendar.WorkingDay}, calendar.Date{Year: 2026, Month: 10, Day: 9}, calendar.Date{Year: 2026, Month: 9, Day: 22}},
		{"+1d", "+1d", policy.Offset{Days: 1, Unit: calendar.CalendarDay}, calendar.Date{Year: 2026, Month: 9, Day: 30}, calendar.Date{Year: 2026, Month: 10, Day: 1}},
		{"3wd", "+3wd", policy.Offset{Days: 3, Unit: calendar.WorkingDay}, calendar.Date{Year: 2026, Month: 9, Day: 30}, calendar.Date{Year: 2026, Month: 10, Day: 10}},
		{"0d", "+0d", policy.Offset{Unit: calendar.CalendarDay}, calendar.Date{Year: 2026, Month: 10, Day: 1}, calendar.Date{Year: 2026, Month: 10, Day: 1}},
		{"-30d", "-30d", policy.Offset{Days: -30, Unit: calendar.CalendarDay}, calendar.Date{Year: 2026, Month: 3, Day: 1}, calendar.Date{Year: 2026, Month: 1, Day: 30}},
		{text: "-30m", written: "-30m", want: policy.Offset{Unit: calendar.Hour, Time: -30 * time.Minute}},
		{text: "+90m", written: "+90m", want: policy.Offset{Unit: calendar.Hour, Time: 90 * time.Minute}},
		{text: "120m", written: "+2h", want: policy.Offset{Unit: calendar.Hour, Time: 2 * time.Hour}},
		{text: "0h", written: "+0h", want: policy.Offset{Unit: calendar.Hour}},
	} {
		got, err := policy.ParseOffset(test.text)
		if err != nil || got != test.want || got.String() != test.written {
			t.Errorf("%s: %v (%q), %v, want %v (%q)", test.text, got, got, err, test.want, test.written)
		}
		if test.from.IsZero() {
			continue
		}
		if to := got.From(test.from, cal); to != test.to {
			t.Errorf("%s from %v: %v, want %v", test.text, test.from, to, test.to)
		}
	}
	for _, bad := range []string{"", "7", "wd", "--7wd", "+ 1d", "1w", "1000d", "1.5d", "30s", "1h30m", "1d ", "７wd"} {
		if got, err := policy.ParseOffset(bad); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func TestValuesRoundTrip(t *testing.T) {
	inDays := rapid.Custom(func(t *rapid.T) policy.Offset {
		return policy.Offset{
			Days: rapid.IntRange(-999, 999).Draw(t, "days"),
			Unit: rapid.SampledFrom([]calendar.Unit{calendar.CalendarDay, calendar.WorkingDay}).Draw(t, "unit"),
		}
	})
	inHours := rapid.Custom(func(t *rapid.T) policy.Offset {
		return policy.Offset{Unit: calendar.Hour, Time: time.Duration(rapid.IntRange(-999, 999).Draw(t, "minutes")) * time.Minute}
	})
	type values struct {
		At     policy.Offset    `json:"at"`
		Starts policy.TimeOfDay `json:"starts"`
		Spread policy.Duration  `json:"spread"`
	}
	rapid.Check(t, func(t *rapid.T) {
		want := values{
			At:     rapid.OneOf(inDays, inHours).Draw(t, "at"),
			Starts: policy.TimeOfDay{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")},
			Spread: policy.Duration(rapid.Int64().Draw(t, "spread")),
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got values
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if got != want {
			t.Fatalf("%s: %+v, want %+v", data, got, want)
		}
	})
	for _, bad := range []string{`{"starts": "24:00"}`, `{"starts": "8h"}`, `{"starts": ""}`, `{"spread": "30"}`, `{"spread": "half an hour"}`, `{"at": "soon"}`} {
		if err := json.Unmarshal([]byte(bad), new(values)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestWorkDayAt(t *testing.T) {
	at := policy.Default().Day.At(calendar.Date{Year: 2026, Month: 10, Day: 9})
	if diff := cmp.Diff("2026-10-09T00:30:00Z", at.Format("2006-01-02T15:04:05Z07:00")); diff != "" {
		t.Error(diff) // 08:30 in China, whatever zone the host is in
	}
}
