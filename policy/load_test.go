package policy

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A complete HANDLE clock for a local file; the tests change single lines of it.
const handle = `clocks:
  - id: HANDLE
    name: {zh: 办结, en: settle}
    source: 某地办法第三条
    basis: local
    bearer: unit
    starts: [accepted, fell_back, rerouted/petition]
    stops: [served, rerouted/duty]
    purposes: [appeal]
    length: 45
    unit: calendar_day
    yellow: 5
    extend: {id: EXT-HANDLE, days: 15, source: 某地办法第四条, basis: local}
    steps: [URGE-0, URGE-5]
    when: [ordinary, accepted, petition]
`

// duty is DUTY-PERFORM in whole.
const duty = `clocks:
  - id: DUTY-PERFORM
    name: {zh: 履行, en: perform}
    source: 某地办法第五条
    basis: local
    bearer: unit
    starts: [accepted, rerouted/duty]
    stops: [served, rerouted/petition]
    from: received
    when: [accepted, duty]
    length: 2
    unit: month
    yellow: 3
    purposes: [appeal]
    steps: [URGE-0, URGE-5]
`

// with returns the HANDLE clock with one line of it replaced; an empty line drops it.
func with(old, line string) string {
	if !strings.Contains(handle, old+"\n") {
		panic("no such line: " + old)
	}
	if line == "" {
		return strings.Replace(handle, "    "+old+"\n", "", 1)
	}
	return strings.Replace(handle, old+"\n", line+"\n", 1)
}

func TestOverlayMerges(t *testing.T) {
	p, err := overlay("local.yaml", []byte(`
version: "2026.1-X"
day: {spread: 10m}
origins:
  - {id: hotline, name: {zh: 热线转办, en: from the hotline}}
purposes:
  - {id: appeal, name: {zh: 求决, en: appeal}, also: [诉求]}
pairs:
  - {origins: [province, prefecture, self_found, petition, hotline], upper: county, lower: section, source: 某地办法, basis: local}
steps:
  - {id: URGE-0, name: {zh: 催办, en: urging}, source: 某地办法, basis: local, at: +2d, do: urge, to: [officers]}
`+handle))
	if err != nil {
		t.Fatal(err)
	}
	base := Default()
	if p.Version != "2026.1-X" || p.Name != base.Name {
		t.Errorf("version %q, name %v", p.Version, p.Name)
	}
	if p.Day.Starts != base.Day.Starts || p.Day.Spread == base.Day.Spread {
		t.Errorf("day: %v; what the file leaves out of it stays", p.Day)
	}
	// Entries are replaced where they stand, new ones come last, the others stay.
	if len(p.Origins) != len(base.Origins)+1 || p.Origins[len(base.Origins)].ID != "hotline" {
		t.Errorf("origins: %v", p.Origins)
	}
	if diff := cmp.Diff(base.Purposes[1:], p.Purposes[1:]); diff != "" || p.Purposes[0].Name.Chinese != "求决" {
		t.Errorf("purposes: %v", p.Purposes)
	}
	if len(p.Pairs) != 1 {
		t.Errorf("pairs are replaced whole: %v", p.Pairs)
	}
	if s, _ := p.Step("URGE-0"); s.At.Days != 2 {
		t.Errorf("URGE-0: %v", s)
	}
	c, _ := p.Clock("HANDLE")
	if len(p.Clocks) != len(base.Clocks) || c.Length != 45 || c.Extend.Days != 15 || c.Basis != Local {
		t.Errorf("HANDLE: %+v", c)
	}
	if diff := cmp.Diff(Default(), base); diff != "" {
		t.Errorf("the base was changed:\n%s", diff)
	}
}

// What a deputy may do is replaced whole; left out it stays, empty it is nothing.
func TestOverlayOfDeputies(t *testing.T) {
	for file, want := range map[string][]string{
		"version: x":         {"acknowledge", "sign", "return"},
		"deputies: [return]": {"return"},
		"deputies: []":       {},
	} {
		p, err := overlay("local.yaml", []byte(file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if diff := cmp.Diff(want, p.Deputies); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// A local file adds to what no target may be about, and takes nothing away (TARGET-NO).
func TestOverlayOfTargetNo(t *testing.T) {
	t.Parallel()
	base := Default().TargetNo
	for file, want := range map[string][]string{
		"target_no: []":             base,
		"target_no: [零信访]":          append(slices.Clone(base), "零信访"),
		"target_no: [息访, 零信访, 零信访]": append(slices.Clone(base), "零信访"),
	} {
		p, err := overlay("local.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.TargetNo); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	if _, err := overlay("local.yaml", []byte("version: a\ntarget_no: [' - ']")); err == nil || !strings.Contains(err.Error(), `local.yaml:2: target_no: " - " is no word`) {
		t.Errorf("a word without letters: %v", err)
	}
}

func TestOverlayOfNothingIsTheDefault(t *testing.T) {
	want := Default()
	want.Version += "+local"
	for _, empty := range []string{"", "\n", "# nothing yet\n", "---\n", "null\n"} {
		got, err := overlay("local.yaml", []byte(empty))
		if err != nil {
			t.Errorf("%q: %v", empty, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s", empty, diff)
		}
	}
}

// What a local file may do to a clock of the statute.
func TestOverlayMayShortenAStatute(t *testing.T) {
	for name, file := range map[string]string{
		"shorter":                       handle,
		"as long, as the statute's own": strings.Replace(with("length: 45", "length: 60"), "basis: local", "basis: statute", 1),
		"shorter to a day":              with("length: 45", "length: 1"),
		"no extension":                  with("extend: {id: EXT-HANDLE, days: 15, source: 某地办法第四条, basis: local}", ""),
		"earlier yellow":                with("yellow: 5", "yellow: 10"),
		"in months, never longer":       strings.Replace(with("length: 45", "length: 1"), "calendar_day", "month", 1),
		"in days, never longer":         strings.NewReplacer("length: 2", "length: 59", "unit: month", "unit: calendar_day").Replace(duty),
		"in hours, never longer": strings.NewReplacer("length: 45", "length: 1440", "calendar_day", "hour", "    extend: {id: EXT-HANDLE, days: 15, source: 某地办法第四条, basis: local}\n", "",
			"[URGE-0, URGE-5]", "[REM-URGENT, UP-URGENT]").Replace(handle),
	} {
		if _, err := overlay("local.yaml", []byte(file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOverlayProblems(t *testing.T) {
	const law, extension = "《信访工作条例》第三十四条", "extend: {id: EXT-HANDLE, days: 15, source: 某地办法第四条, basis: local}"
	step := func(fields string) string {
		return "steps:\n  - {id: URGE-9, source: x, basis: local, to: [officers], " + fields + "}\n"
	}
	for _, test := range []struct {
		name string
		file string
		want []string
	}{
		// A local file may not give an official more time than the statute.
		{"longer", with("length: 45", "length: 61"), []string{
			"local.yaml:10: HANDLE: length: 61 is longer than the 60 of " + law + "; a local policy may only shorten it",
		}},
		{"as long, but not the statute", with("length: 45", "length: 60"), []string{
			"local.yaml:5: HANDLE: basis: the limit is the statute's own",
		}},
		{"other unit", with("unit: calendar_day", "unit: working_day"), []string{
			"local.yaml:11: HANDLE: unit: 45 working_days can be longer than the 60 calendar_days of " + law + "; a local policy may only shorten them",
		}},
		{"as many months as can be longer", strings.Replace(with("length: 45", "length: 2"), "calendar_day", "month", 1), []string{
			"local.yaml:11: HANDLE: unit: 2 months can be longer than the 60 calendar_days of " + law + "; a local policy may only shorten them",
		}},
		{"more hours than the days have", strings.NewReplacer("length: 45", "length: 1441", "calendar_day", "hour", "    extend: {id: EXT-HANDLE, days: 15, source: 某地办法第四条, basis: local}\n", "", "[URGE-0, URGE-5]", "[UP-URGENT]").Replace(handle), []string{
			"local.yaml:11: HANDLE: unit: 1441 hours can be longer than the 60 calendar_days of " + law + "; a local policy may only shorten them",
		}},
		{"days that can be longer than two months", strings.NewReplacer("length: 2", "length: 60", "unit: month", "unit: calendar_day").Replace(duty), []string{
			"local.yaml:12: DUTY-PERFORM: unit: 60 calendar_days can be longer than the 2 months of 《行政诉讼法》第四十七条、《信访工作条例》第三十一条第五项；法律、法规另有规定的从其规定; a local policy may only shorten them",
		}},
		{"other origins", with("purposes: [appeal]", "purposes: [appeal]\n    origins: [province]"), []string{
			"local.yaml:7: HANDLE: starts: what starts and stops the clock of " + law + " can't be changed",
		}},
		{"other offices", with("purposes: [appeal]", "purposes: [appeal]\n    office_levels: [county]"), []string{
			"local.yaml:7: HANDLE: starts: what starts and stops the clock of " + law + " can't be changed",
		}},
		{"other start", with("starts: [accepted, fell_back, rerouted/petition]", "starts: [assigned]"), []string{
			"local.yaml:7: HANDLE: starts: what starts and stops the clock of " + law + " can't be changed",
		}},
		{"other stop", with("stops: [served, rerouted/duty]", "stops: [opined]"), []string{
			"local.yaml:7: HANDLE: starts: what starts and stops the clock of " + law + " can't be changed",
		}},
		{"other day 0", with("stops: [served, rerouted/duty]", "stops: [served, rerouted/duty]\n    from: recorded"), []string{
			"local.yaml:7: HANDLE: starts: what starts and stops the clock of " + law + " can't be changed",
		}},
		{"fewer cases", with("when: [ordinary, accepted, petition]", "when: [ordinary, accepted, petition, direct]"), []string{
			"local.yaml:7: HANDLE: starts: what starts and stops the clock of " + law + " can't be changed",
		}},
		{"other bearer", with("bearer: unit", "bearer: leader"), []string{
			"local.yaml:6: HANDLE: bearer: " + law + " puts the duty on the unit",
		}},
		{"longer extension", with(extension, "extend: {id: EXT-HANDLE, days: 31, source: x, basis: local}"), []string{
			"local.yaml:13: HANDLE: extend: 31 days are more than the 30 of " + law,
		}},
		{"extension where there is none", strings.NewReplacer("HANDLE", "ACC-DIRECT", "[accepted, fell_back, rerouted/petition]", "[registered]", "[served, rerouted/duty]", "[accepted, declined, forwarded, commissioned, diverted]",
			"purposes: [appeal]", "from: ''", "[ordinary, accepted, petition]", "[direct, reachable]", "length: 45", "length: 10").Replace(handle), []string{
			"local.yaml:13: ACC-DIRECT: extend: 《信访工作条例》第二十三条第二款 knows no extension",
		}},

		// Deputies.
		{"a personal act delegated", "\ndeputies: [sign, act]\n", []string{
			"local.yaml:2: deputies: act is the leader's own and can't be delegated (亲自办理)",
		}},
		{"others' commands delegated", "deputies: [extend, sing]", []string{
			`local.yaml:1: deputies: "extend" is none of [acknowledge sign return]`,
			`local.yaml:1: deputies: "sing" is none of [acknowledge sign return]`,
		}},

		// Clocks.
		{"nothing but an id", "\nclocks:\n  - id: NEW\n", []string{
			"local.yaml:3: NEW: source: is missing",
			`local.yaml:3: NEW: basis: "" is none of [statute national local practice default]`,
			`local.yaml:3: NEW: bearer: "" is nobody who can bear a duty`,
			"local.yaml:3: NEW: starts: names no event",
			"local.yaml:3: NEW: stops: names no event",
			`local.yaml:3: NEW: unit: "" is none of [calendar_day working_day month hour]`,
			"local.yaml:3: NEW: length: must be 1 to 366 days, is 0",
			"local.yaml:3: NEW: steps: none of them repeats while the clock is overdue",
		}},
		{"words that are none", strings.NewReplacer("HANDLE", "NEW", "[accepted, fell_back, rerouted/petition]", "[begun, accepted]", "[served, rerouted/duty]", "[done, over]", "[appeal]", "[hope]",
			"length: 45", "length: 400\n    from: yesterday", "[ordinary, accepted, petition]", "[sunny]", "yellow: 5", "yellow: 61", "days: 15", "days: 0", "[URGE-0, URGE-5]", "[URGE-0, URGE-9]").Replace(handle), []string{
			`local.yaml:7: NEW: starts: no such event "begun"`,
			`local.yaml:8: NEW: stops: no such event "done"`,
			`local.yaml:8: NEW: stops: no such event "over"`,
			`local.yaml:16: NEW: when: no such condition "sunny"`,
			`local.yaml:9: NEW: purposes: no such purpose "hope"`,
			`local.yaml:11: NEW: from: "yesterday": leave it out or write "recorded" or "received"`,
			"local.yaml:10: NEW: length: must be 1 to 366 days, is 400",
			"local.yaml:13: NEW: yellow: must be 0 to 60 working days, is 61",
			"local.yaml:14: NEW: extend: must be 1 to 366 days, is 0",
			`local.yaml:15: NEW: steps: no such step "URGE-9"`,
			"local.yaml:15: NEW: steps: none of them repeats while the clock is overdue",
		}},
		{"two clocks, each with a problem", handle + strings.NewReplacer("clocks:\n", "", "HANDLE", "NEW", "length: 45", "length: 0", "calendar_day", "fortnight").Replace(handle), []string{
			`local.yaml:25: NEW: unit: "fortnight" is none of [calendar_day working_day month hour]`,
			"local.yaml:24: NEW: length: must be 1 to 366 days, is 0",
		}},
		{"hours with what is counted in days", strings.NewReplacer("HANDLE", "NEW", "calendar_day", "hour", "yellow: 5", "yellow: 61\n    own_term: 3\n    grantor: petition_office", "length: 45", "length: 9000",
			"purposes: [appeal]", "origins: [moon]\n    office_levels: [moon]").Replace(handle), []string{
			`local.yaml:9: NEW: origins: no such origin "moon"`,
			`local.yaml:10: NEW: office_levels: no such level "moon"`,
			"local.yaml:12: NEW: unit: a clock in hours can't be extended: days are no part of it",
			"local.yaml:14: NEW: own_term: is a number of days; a clock in hours has none",
			"local.yaml:11: NEW: length: must be 1 to 8784 hours, is 9000",
			"local.yaml:13: NEW: yellow: must be 0 to 60 hours, is 61",
			"local.yaml:17: NEW: steps: URGE-0 is taken by the day (+1d), but the clock is one of hours",
			"local.yaml:17: NEW: steps: URGE-5 is taken by the day (+5wd), but the clock is one of hours",
		}},
		{"months with a term of their own", strings.NewReplacer("HANDLE", "NEW", "calendar_day", "month", "length: 45", "length: 13\n    own_term: 60", "[URGE-0, URGE-5]", "[UP-URGENT]").Replace(handle), []string{
			"local.yaml:11: NEW: own_term: is a number of days; a clock in months has none",
			"local.yaml:10: NEW: length: must be 1 to 12 months, is 13",
			"local.yaml:15: NEW: steps: UP-URGENT is taken by the hour (+1m), but the clock is none of hours",
		}},
		{"hours suspended", "suspensions:\n  - {id: strike, name: {zh: x, en: y}, source: x, basis: local, days: 5, clocks: [URGENT-REPORT]}\n", []string{
			"local.yaml:2: strike: clocks: URGENT-REPORT runs in hours, which nothing suspends",
		}},
		{"a right of hours", "windows:\n  - {id: CALL, name: {zh: x, en: y}, source: x, basis: local, length: 5, unit: hour}\n", []string{
			`local.yaml:2: CALL: unit: "hour": a right ends with a day, so it is counted in one of [calendar_day working_day month]`,
		}},

		// Steps.
		{"step without anything", "steps:\n  - {id: URGE-9}\n", []string{
			"local.yaml:2: URGE-9: source: is missing",
			`local.yaml:2: URGE-9: basis: "" is none of [statute national local practice default]`,
			`local.yaml:2: URGE-9: do: "" is none of [remind urge supervise escalate report_up resume fall_back]`,
			"local.yaml:2: URGE-9: at: is missing",
			"local.yaml:2: URGE-9: to: tells nobody",
		}},
		{"reminder after the due date", step("at: +1d, do: remind"), []string{
			"local.yaml:2: URGE-9: at: a reminder comes before the due date, everything else after it",
		}},
		{"urging before the due date", step("at: -1d, do: urge"), []string{
			"local.yaml:2: URGE-9: at: a reminder comes before the due date, everything else after it",
		}},
		{"supervised again and again", step("at: +1d, do: supervise, repeat: +5wd"), []string{
			"local.yaml:2: URGE-9: repeat: only an urging or a report upward repeats, after a day or more, of a clock in hours after an hour or more",
		}},
		{"repeated backwards", step("at: +1d, do: urge, repeat: -5wd"), []string{
			"local.yaml:2: URGE-9: repeat: only an urging or a report upward repeats, after a day or more, of a clock in hours after an hour or more",
		}},
		{"repeated by the minute", step("at: +1m, do: urge, repeat: +10m"), []string{
			"local.yaml:2: URGE-9: repeat: only an urging or a report upward repeats, after a day or more, of a clock in hours after an hour or more",
		}},
		{"hours repeated by days", step("at: +1h, do: urge, repeat: +1d"), []string{
			"local.yaml:2: URGE-9: repeat: +1h and +1d are not counted alike",
		}},
		{"reminder at an hour after the due date", step("at: +30m, do: remind"), []string{
			"local.yaml:2: URGE-9: at: a reminder comes before the due date, everything else after it",
		}},
		{"told to nobody there is", strings.Replace(step("at: +1d, do: urge"), "[officers]", "[officers, mayor]", 1), []string{
			`local.yaml:2: URGE-9: to: "mayor" is none of [officers unit_head upper lower bearer petition_office supervision_office convener reviewer]`,
		}},

		// Levels and pairs.
		{"pair of the same level", "pairs:\n  - {origins: [province], upper: county, lower: county, source: x, basis: local}\n  - origins: [prefecture, self_found, petition]\n    upper: county\n    lower: staff\n    source: x\n    basis: local\n", []string{
			`local.yaml:2: upper: upper "county" and lower "county" must be adjacent levels of the policy`,
			`local.yaml:4: upper: upper "county" and lower "staff" must be adjacent levels of the policy`,
		}},
		{"pair upside down", "pairs:\n  - {origins: [province, prefecture, self_found, petition], upper: section, lower: county, source: x, basis: local}\n", []string{
			`local.yaml:2: upper: upper "section" and lower "county" must be adjacent levels of the policy`,
		}},
		{"pair of unknown levels and origin, without a source", "pairs:\n  - {origins: [province, prefecture, self_found, petition, moon], upper: moon, lower: county}\n", []string{
			`local.yaml:2: upper: upper "moon" and lower "county" must be adjacent levels of the policy`,
			`local.yaml:2: origins: no such origin "moon"`,
			`local.yaml:2: basis: "" is none of [statute national local practice default]`,
			"local.yaml:2: source: is missing",
		}},
		{"origin that nobody leads", "origins:\n  - {id: province, name: {zh: 省, en: p}}\n  - {id: hotline, name: {zh: 热线, en: h}}\n", []string{
			`local.yaml:3: hotline: no pair of levels leads cases of origin "hotline"`,
		}},
		{"levels that the pairs don't know", "name: {zh: x, en: y}\nlevels:\n  - {id: county, name: {zh: x, en: y}}\n  - {id: section, name: {zh: x, en: y}}\n", []string{
			`local.yaml:1: upper: upper "prefecture" and lower "county" must be adjacent levels of the policy`,
		}},

		// The file itself.
		{"ids missing and twice", "acts:\n  - {id: sleep, name: {zh: x, en: y}}\n  - {name: {zh: x, en: y}}\n  - {id: sleep, name: {zh: x, en: y}}\nreasons:\n  -\n  - {id: late}\n  - {id: late}\n", []string{
			"local.yaml:6: reasons: id is missing",
			`local.yaml:8: reasons: id "late" stands twice`,
			"local.yaml:3: acts: id is missing",
			`local.yaml:4: acts: id "sleep" stands twice`,
		}},
		{"day", "day:\n  starts: \"09:00\"\n  spread: 13h\n", []string{"local.yaml:3: spread: must be between 0 and 12h"}},
		{"delivery", "delivery:\n  from: \"18:30\"\n  board: \"19:00\"\n  urgent: [urged, visited]\n  give_up: 10m\n", []string{
			"local.yaml:2: until: must be later than from",
			"local.yaml:2: digest: 08:30 is not between from and until",
			"local.yaml:3: board: 19:00 is not between from and until",
			`local.yaml:4: urgent: nobody is told of "visited"`,
			"local.yaml:5: give_up: must be between 1h and 720h",
		}},
		{"unknown fields and wrong types together", "version: [1]\ncolour: red\nday: {starts: noon, spread: soon, ends: never}\nsteps:\n  - {id: X, at: soon, repeat: later}\n  - id: Y\n    at: -7wd\n    how: loudly\nclocks:\n  - {id: Z, length: many}\n", []string{
			"local.yaml:1: cannot unmarshal !!seq into string",
			"local.yaml:2: field colour not found in type policy.Policy",
			`local.yaml:3: "noon" is not a time of day such as 08:30`,
			`local.yaml:3: "soon" is not a duration such as 30m`,
			"local.yaml:3: field ends not found in type policy.WorkDay",
			`local.yaml:5: "soon" is not an offset such as -7wd or +1d, or in hours -30m or +1h`,
			`local.yaml:5: "later" is not an offset such as -7wd or +1d, or in hours -30m or +1h`,
			"local.yaml:8: field how not found in type policy.Step",
			"local.yaml:10: cannot unmarshal !!str `many` into int",
			"local.yaml:6: Y: source: is missing",
			`local.yaml:6: Y: basis: "" is none of [statute national local practice default]`,
			`local.yaml:6: Y: do: "" is none of [remind urge supervise escalate report_up resume fall_back]`,
			"local.yaml:7: Y: at: a reminder comes before the due date, everything else after it",
			"local.yaml:6: Y: to: tells nobody",
		}},
		{"key twice", "version: a\nversion: b\n", []string{`local.yaml:2: mapping key "version" already defined at line 1`}},
		{"a list", "- a\n- b\n", []string{"local.yaml:1: cannot unmarshal !!seq into policy.Policy"}},
		{"tab", "version: a\nday:\n\tstarts: \"08:00\"\n", []string{"local.yaml:3: found character that cannot start any token"}},
		{"unclosed", "version: a\npairs: [\n", []string{"local.yaml:2: did not find expected node content"}},
		{"not UTF-8", "version: \xff\n", []string{"local.yaml:1: invalid leading UTF-8 octet"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := overlay("local.yaml", []byte(test.file))
			if err == nil {
				t.Fatalf("was loaded:\n%s", test.file)
			}
			if diff := cmp.Diff(test.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("(-want +got)\n%s\nfile:\n%s", diff, test.file)
			}
			if p := (FileError{}); !errors.As(err, &p) || p.File != "local.yaml" {
				t.Errorf("no FileError of the file: %#v", err)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	if p, err := Load(""); err != nil || p.Version != Default().Version {
		t.Errorf("no file: %v, %v", p, err)
	}
	path := filepath.Join(t.TempDir(), "county.yaml")
	if _, err := Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(with("length: 45", "length: 99")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.HasPrefix(err.Error(), "county.yaml:10: HANDLE: length: 99 ") {
		t.Errorf("too long: %v", err)
	}
	if err := os.WriteFile(path, []byte(handle), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Load(path); err != nil || p.Version != Default().Version+"+local" {
		t.Errorf("loaded: %v, %v", p, err)
	}
}

// The profiles that come with the program load by their name.
func TestProfiles(t *testing.T) {
	if diff := cmp.Diff([]string{"reg-forward-split"}, Profiles()); diff != "" {
		t.Fatal(diff)
	}
	p, err := Load("reg-forward-split")
	if err != nil {
		t.Fatal(err)
	}
	base := Default()
	if p.Version == base.Version || len(p.Clocks) != len(base.Clocks)+4 || len(p.Origins) != len(base.Origins)+1 {
		t.Errorf("%s: %d clocks, %d origins", p.Version, len(p.Clocks), len(p.Origins))
	}
	for level, want := range map[string]int{"national": 5, "province": 3, "prefecture": 3, "county": 4} {
		var got []int
		for _, k := range p.Clocks {
			if len(k.OfficeLevels) > 0 && k.OfficeLevels[0] == level {
				got = append(got, k.Length)
			}
		}
		if diff := cmp.Diff([]int{want}, got); diff != "" {
			t.Errorf("%s: %s", level, diff)
		}
	}
	for _, k := range base.Clocks {
		if len(k.OfficeLevels) > 0 {
			t.Errorf("%s is on by itself", k.ID)
		}
	}
	if _, ok := Profile("../default"); ok {
		t.Error("a file that is no profile was read")
	}
	// As a file of one's own it is the same.
	data, _ := Profile("reg-forward-split")
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if q, err := Load(path); err != nil || cmp.Diff(p, q) != "" {
		t.Errorf("from a file: %v", err)
	}
}

// Whatever an operator writes, loading it neither panics nor weakens a statute, and
// every problem names a line of the file.
func FuzzOverlay(f *testing.F) {
	f.Add("")
	f.Add(handle)
	f.Add(with("length: 45", "length: 61"))
	f.Add("a: &a {id: X}\nclocks: [*a, <<: *a, 1, [], {id: [3]}, null]\n")
	f.Add("pairs: [{origins: [province]}]\nlevels: [{id: county}]\nday: {starts: noon}\n---\n- x")
	f.Fuzz(func(t *testing.T, data string) {
		p, err := overlay("local.yaml", []byte(data))
		if err != nil {
			lines := strings.Count(data, "\n") + strings.Count(data, "\r") + strings.Count(data, "\u0085") + strings.Count(data, "\u2028") + strings.Count(data, "\u2029") + 1
			var joined interface{ Unwrap() []error }
			if !errors.As(err, &joined) {
				t.Fatalf("not a list of problems: %v", err)
			}
			for _, e := range joined.Unwrap() {
				if p := (FileError{}); !errors.As(e, &p) || p.Line < 1 || p.Line > lines || p.Message == "" {
					t.Errorf("%#v is not on one of %d lines", e, lines)
				}
			}
			return
		}
		for _, law := range Default().Clocks {
			k, _ := p.Clock(law.ID)
			if law.Basis != Statute {
				continue
			}
			if k.Length > law.Length || k.Unit != law.Unit || k.Extend != nil && (law.Extend == nil || k.Extend.Days > law.Extend.Days) {
				t.Errorf("%s became longer: %+v", law.ID, k)
			}
		}
	})
}
