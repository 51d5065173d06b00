package importer_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/embedded/embeddedtest"
	"shuangze/importer"
	"shuangze/policy"
	"shuangze/sample"
	"shuangze/store"
)

func TestMain(m *testing.M) { embeddedtest.Main(m, embeddedtest.Options{}) }

const bom = "\ufeff"

// nobody is a directory before the first import.
func nobody() *casefile.Directory {
	return &casefile.Directory{Units: map[string]casefile.Unit{}, Officials: map[string]casefile.Official{}}
}

// directory is the sample's.
func directory(t *testing.T) *casefile.Directory {
	t.Helper()
	d := nobody()
	units, problems, err := importer.Units(bytes.NewReader(sample.Units), policy.Default(), d)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	for _, u := range units {
		d.Units[u.Code] = u
	}
	officials, problems, err := importer.Officials(bytes.NewReader(sample.Officials), policy.Default(), d)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	for _, o := range officials {
		d.Officials[o.ID] = o
	}
	d.Campaigns = map[string]casefile.Campaign{}
	for _, name := range []string{sample.Campaign, "另一会战"} {
		d.Campaigns[name] = casefile.Campaign{
			ID: name, Name: name, Office: "2327-xf", Start: calendar.Date{Year: 2026, Month: 9, Day: 1}, End: calendar.Date{Year: 2027, Month: 3, Day: 31},
		}
	}
	return d
}

// places says where problems are, as "3 level" for line and column.
func places(problems []importer.Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, strings.TrimSpace(fmt.Sprint(p.Line, " ", p.Column)))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// worded fails the test unless each problem is said in both languages.
func worded(t *testing.T, problems []importer.Problem) {
	t.Helper()
	for _, p := range problems {
		if p.Message.Chinese == "" || p.Message.English == "" {
			t.Errorf("line %d, %s: %+v", p.Line, p.Column, p.Message)
		}
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	d := directory(t)
	if len(d.Units) != 66 || len(d.Officials) != 162 {
		t.Errorf("%d units and %d officials, want 66 and 162", len(d.Units), len(d.Officials))
	}
	cases, problems, err := readCases(t, sample.Cases)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	origins := map[string]int{}
	references := map[string]bool{}
	for _, c := range cases {
		origins[c.Registration.Origin]++
		references[c.Registration.Reference] = true
		if c.Registration.Campaign != sample.Campaign || c.Title == "" || c.Text == "" {
			t.Errorf("line %d: %+v", c.Line, c)
		}
	}
	if want := map[string]int{"province": 17, "self_found": 45}; !cmp.Equal(origins, want) || len(references) != 62 {
		t.Errorf("%v, %d references; want %v and 62", origins, len(references), want)
	}
	first, err := importer.FirstReceipt(sample.Cases)
	if err != nil || !first.Equal(slices.MinFunc(cases, func(a, b importer.Case) int {
		return a.Registration.ReceivedAt.Compare(b.Registration.ReceivedAt)
	}).Registration.ReceivedAt) {
		t.Errorf("first receipt %v, %v", first, err)
	}
}

// The clerk of the prefecture's office imports, at the end of 2026.
func readCases(t *testing.T, file []byte) ([]importer.Case, []importer.Problem, error) {
	t.Helper()
	rules := casefile.Rules{Policy: policy.Default(), Calendar: calendar.Default(), Directory: directory(t)}
	clerk := casefile.Actor{ID: "o007", Role: casefile.Registrar, Unit: "2327-xf"}
	return importer.Cases(bytes.NewReader(file), rules, clerk, sample.Campaign, calendar.Date{Year: 2026, Month: 12, Day: 31}.At(12, 0))
}

const caseHeading = "reference,origin,received_at,channel,unit,category,purpose,title,text"

func TestCases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file  string
		lines []int    // of the good rows
		bad   []string // line and column
	}{
		"plain":           {caseHeading + "\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n", []int{2}, nil},
		"byte order mark": {bom + caseHeading + "\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n", []int{2}, nil},
		"Windows lines":   {bom + caseHeading + "\r\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\r\n", []int{2}, nil},
		"Chinese words":   {caseHeading + "\n甲1,省交办,2026-09-01T08:30:00+08:00,走访,232701-rs,劳动和社会保障,求决,标题,正文\n", []int{2}, nil},
		"English words":   {caseHeading + "\n甲1,found by own screening,2026-09-01,letter,232701-rs,health,accusation,标题,正文\n", []int{2}, nil},
		"other order":     {"text,title,purpose,category,unit,channel,received_at,origin,reference\n正文,标题,appeal,labour,232701-rs,visit,2026-09-01,province,甲1\n", []int{2}, nil},
		"blanks":          {" " + strings.ReplaceAll(caseHeading, ",", " , ") + "\n 甲1 , province , 2026-09-01 ,visit,232701-rs,labour,appeal,标题,正文\n", []int{2}, nil},
		"empty":           {caseHeading + "\n", nil, nil},
		// Quotes, commas and line breaks within a field; the lines of the file stay right.
		"quoted": {caseHeading + "\n" +
			"甲1,province,2026-09-01,visit,232701-rs,labour,appeal,\"标题，含\"\"引号\"\",和逗号\",\"第一行\n第二行\n第三行\"\n" +
			"甲2,nowhere,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n" +
			"\n" +
			"甲3,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n", []int{2, 7}, []string{"5 origin"}},
		"every field wrong": {caseHeading + ",headcount,key\n,x,yesterday,x,x,x,x,,,many,perhaps\n", nil, []string{
			"2 category", "2 channel", "2 headcount", "2 key", "2 origin", "2 purpose", "2 received_at", "2 reference", "2 text", "2 title",
		}},
		"every field missing": {caseHeading + "\n,,,,,,,,\n", nil, []string{
			"2 category", "2 channel", "2 origin", "2 purpose", "2 received_at", "2 reference", "2 text", "2 title",
		}},
		// What only the core can tell, under the column it is about.
		"by the core": {
			caseHeading + ",headcount\n" +
				"甲1,province,2027-01-01,visit,232701-rs,labour,appeal,标题,正文,1\n" +
				"甲2,province,2026-09-01,visit,nowhere,labour,appeal,标题,正文,1\n" +
				"甲3,province,2026-09-01,visit,2327-xf,labour,appeal,标题,正文,0\n", nil,
			[]string{"2 received_at", "3 unit", "4 headcount", "4 unit"},
		},
		"the same reference": {caseHeading + "\n" +
			"甲1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n" +
			"甲1,province,2026-09-02,visit,232701-rs,labour,appeal,标题,正文\n", []int{2}, []string{"3 reference"}},
		"too long":     {caseHeading + "\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal," + strings.Repeat("长", 201) + ",正文\n", nil, []string{"2 title"}},
		"just as long": {caseHeading + "\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal," + strings.Repeat("长", 200) + ",正文\n", []int{2}, nil},
		"columns too many and too few": {caseHeading + "\n" +
			"甲1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文,多\n" +
			"甲2,province\n" +
			"甲3,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n", []int{4}, []string{"2", "3"}},
		"not UTF-8": {caseHeading + "\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal,\xb1\xea\xcc\xe2,正文\n", nil, []string{"2 title"}},
	} {
		cases, problems, err := readCases(t, []byte(c.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var lines []int
		for _, got := range cases {
			lines = append(lines, got.Line)
		}
		if !slices.Equal(lines, c.lines) || !slices.Equal(places(problems), c.bad) {
			t.Errorf("%s: good lines %v, problems at %q; want %v and %q", name, lines, places(problems), c.lines, c.bad)
		}
		worded(t, problems)
	}
}

// What is read is what stands there.
func TestCaseFields(t *testing.T) {
	t.Parallel()
	file := bom + caseHeading + ",headcount,petitioner_name,petitioner_phone,petitioner_address,key,difficult,repeated,campaign\n" +
		"甲1,省交办,2026-09-09T13:48:00+08:00,来访,232701-rs,劳动和社会保障,申诉求决,标题,\"一\n二\",48,彭某,13900000001,第9委26号,是,no,1,另一会战\n" +
		"甲2,petition,2026-09-09,letter,232701-rs,labour,appeal,标题,正文,,,,,,,,\n"
	got, problems, err := readCases(t, []byte(file))
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	received := calendar.Date{Year: 2026, Month: time.September, Day: 9}
	want := []importer.Case{
		{
			Line: 2, Title: "标题", Text: "一\n二", Petitioner: store.Petitioner{Name: "彭某", Phone: "13900000001", Address: "第9委26号"},
			Registration: casefile.Registration{
				Reference: "甲1", Origin: "province", Channel: "visit", Purpose: "appeal", Category: "labour", Campaign: "另一会战", Headcount: 48,
				Repeated: true, Key: true, Reachable: true, ReceivedAt: received.At(13, 48), Unit: "232701-rs",
			},
		},
		{
			Line: 4, Title: "标题", Text: "正文",
			Registration: casefile.Registration{
				Reference: "甲2", Origin: "petition", Channel: "letter", Purpose: "appeal", Category: "labour", Campaign: sample.Campaign, Headcount: 1,
				ReceivedAt: received.Start(), Unit: "232701-rs",
			},
		},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Excel in China saves CSV in GBK: the same is read from it. A file in UTF-8 with some bytes
// broken is not taken for GBK, but told line by line.
func TestEncodings(t *testing.T) {
	t.Parallel()
	want, problems, err := readCases(t, sample.Cases)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes(bytes.TrimPrefix(sample.Cases, []byte(bom)))
	if err != nil {
		t.Fatal(err)
	}
	got, problems, err := readCases(t, gbk)
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); err != nil || len(problems) > 0 || diff != "" {
		t.Errorf("%v %v (-want +got):\n%s", problems, err, diff)
	}
	broken := bytes.Replace(sample.Cases, []byte("农业补贴"), []byte("农\xff业补贴"), 1)
	if _, problems, err := readCases(t, broken); err != nil || len(problems) != 1 || problems[0].Message.English != "is not UTF-8" {
		t.Errorf("%v %v", problems, err)
	}
}

// A file whose columns are not what they should be is refused as a whole.
func TestHeading(t *testing.T) {
	t.Parallel()
	row := "\n甲1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n"
	for name, c := range map[string]struct{ file, want string }{
		"nothing":        {"", "the file is empty"},
		"only a mark":    {bom, "the file is empty"},
		"unknown":        {caseHeading + ",colour" + row, `unknown column "colour"`},
		"missing":        {strings.Replace(caseHeading, ",title", "", 1) + row, `column "title" is missing`},
		"twice":          {caseHeading + ",title" + row, `column "title" stands twice`},
		"another file's": {string(sample.Units), `unknown column "code"`},
		"open quote":     {caseHeading + "\n\"甲1,province\n", "line 2, byte"},
		"stray quote":    {caseHeading + "\n甲\"1,province,2026-09-01,visit,232701-rs,labour,appeal,标题,正文\n", "line 2, byte 4: a quotation mark"},
		"UTF-16":         {"\xff\xfec\x00o\x00", "the file is in UTF-16"},
		"no text":        {caseHeading + "\n\xff\xff\xff\xff\n", "neither in UTF-8 nor in GBK"},
	} {
		cases, problems, err := readCases(t, []byte(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) || len(cases)+len(problems) > 0 {
			t.Errorf("%s: %d cases, %v, %v; want %q", name, len(cases), problems, err, c.want)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	const heading = "code,name,kind,level,parent\n"
	known := nobody()
	known.Units["P"] = casefile.Unit{Code: "P", Name: "地区", Kind: casefile.Authority, Level: "prefecture"}
	known.Units["E"] = casefile.Unit{Code: "E", Name: "已撤并的局", Kind: casefile.Department, Level: "county", Parent: "P", EndedOn: calendar.Date{Year: 2026, Month: time.January, Day: 1}}
	for name, c := range map[string]struct {
		file string
		good []string
		bad  []string
	}{
		"one that has ended":      {"E,局,department,county,P\n", nil, []string{"2 code"}},
		"below one that has":      {"E-1,科,department,section,E\n", nil, []string{"2 parent"}},
		"below a known one":       {"C,县,authority,county,P\n", []string{"C"}, nil},
		"parent further down":     {"C-rs,局,department,section,C\nC,县,authority,county,P\n", []string{"C-rs", "C"}, nil},
		"no parent":               {"Q,另一地区,authority,prefecture,\n", []string{"Q"}, nil},
		"unknown parent":          {"C,县,authority,county,X\n", nil, []string{"2 parent"}},
		"its own parent":          {"C,县,authority,county,C\n", nil, []string{"2 parent"}},
		"a circle":                {"A,甲,authority,county,B\nB,乙,authority,county,A\n", nil, []string{"2 parent", "3 parent"}},
		"wrong kind and level":    {"C,县,castle,royal,P\n", nil, []string{"2 kind", "2 level"}},
		"required":                {",,,,\n", nil, []string{"2 code", "2 kind", "2 level", "2 name"}},
		"twice":                   {"C,县,authority,county,P\nC,另一县,authority,county,P\n", []string{"C"}, []string{"3 code"}},
		"parent is a bad row":     {"C,县,castle,county,P\nC-rs,局,department,section,C\nC-rs-1,科,department,staff,C-rs\n", nil, []string{"2 kind", "3 parent", "4 parent"}},
		"parent was known before": {"P,地区,castle,prefecture,\nC,县,authority,county,P\n", []string{"C"}, []string{"2 kind"}},
	} {
		units, problems, err := importer.Units(strings.NewReader(heading+c.file), policy.Default(), known)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var good []string
		for _, u := range units {
			good = append(good, u.Code)
			if name == "twice" && u.Name != "县" {
				t.Errorf("%s: the bad row %+v is taken for the good one", name, u)
			}
		}
		if !slices.Equal(good, c.good) || !slices.Equal(places(problems), c.bad) {
			t.Errorf("%s: good %v, problems at %q; want %v and %q", name, good, places(problems), c.good, c.bad)
		}
		worded(t, problems)
	}
	if len(known.Units) != 2 {
		t.Errorf("reading a file changed the directory: %v", known.Units)
	}
}

func TestOfficials(t *testing.T) {
	t.Parallel()
	file := "role,unit,level,post,name,id\n" + // optional columns may be left out
		"officer,232701-rs,staff,承办人,李某,x1\n" +
		"king,nowhere,royal,,," + "\n" +
		"leader,232701-rs,section,局长,廉某,x1\n"
	known := directory(t)
	known.Units["ended"] = casefile.Unit{Code: "ended", EndedOn: calendar.Date{Year: 2026, Month: time.January, Day: 1}}
	file += "officer,ended,staff,承办人,严某,x2\n"
	officials, problems, err := importer.Officials(strings.NewReader(file), policy.Default(), known)
	if err != nil {
		t.Fatal(err)
	}
	want := []casefile.Official{{ID: "x1", Name: "李某", Post: "承办人", Level: "staff", Unit: "232701-rs", Role: casefile.Officer}}
	if diff := cmp.Diff(want, officials); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := places(problems), []string{"3 id", "3 level", "3 name", "3 post", "3 role", "3 unit", "4 id", "5 unit"}; !slices.Equal(got, want) {
		t.Errorf("problems at %q, want %q", got, want)
	}
	worded(t, problems)
}

// A second import of the same directory changes nothing; of a changed one only what has
// changed is counted.
func TestSecondImport(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), embeddedtest.Database(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	load := func(units, officials []byte) (changedUnits, changedOfficials int) {
		t.Helper()
		d, err := s.Directory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		u, problems, err := importer.Units(bytes.NewReader(units), policy.Default(), d)
		if err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		if changedUnits, err = s.SaveUnits(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		if d, err = s.Directory(t.Context()); err != nil {
			t.Fatal(err)
		}
		o, problems, err := importer.Officials(bytes.NewReader(officials), policy.Default(), d)
		if err != nil || len(problems) > 0 {
			t.Fatal(problems, err)
		}
		if changedOfficials, err = s.SaveOfficials(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		return changedUnits, changedOfficials
	}
	if u, o := load(sample.Units, sample.Officials); u != 66 || o != 162 {
		t.Errorf("first: %d units and %d officials, want 66 and 162", u, o)
	}
	if u, o := load(sample.Units, sample.Officials); u != 0 || o != 0 {
		t.Errorf("second: %d units and %d officials changed", u, o)
	}
	moved := bytes.Replace(sample.Officials, []byte("行署专员"), []byte("行署代专员"), 1)
	renamed := bytes.Replace(sample.Units, []byte("林业集团公司"), []byte("林业集团"), 1)
	if u, o := load(renamed, moved); u != 1 || o != 1 {
		t.Errorf("changed files: %d units and %d officials, want 1 and 1", u, o)
	}
}
