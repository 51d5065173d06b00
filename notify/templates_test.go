package notify_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The letters as people get them, in both languages.
func TestLetters(t *testing.T) {
	t.Parallel()
	templates := notify.DefaultTemplates()
	for _, l := range notify.Languages {
		for _, kind := range notify.Kinds {
			for i, sample := range notify.Samples(kind, l) {
				m, err := templates.Compose(sample)
				if err != nil {
					t.Fatal(err)
				}
				name := string(l) + "-" + string(kind) + []string{"", "-bare"}[i]
				golden(t, name+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
				golden(t, name+".html", m.HTML)
				if strings.Contains(m.Text+m.HTML+m.Subject, "<no value>") || strings.Contains(m.HTML, "ZgotmplZ") {
					t.Errorf("%s has a hole: %s", name, m.HTML)
				}
			}
		}
		m, err := templates.Group(notify.Samples(notify.Notices, l)[0], 2048)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, string(l)+"-group.txt", m.Text)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-golden +got):\n%s", name, diff)
	}
}

// A group's text keeps the platform's limit; what is left out is counted.
func TestGroupKeepsTheLimit(t *testing.T) {
	t.Parallel()
	letter := notify.Samples(notify.Notices, notify.Chinese)[0]
	for range 6 {
		letter.Items = append(letter.Items, letter.Items...)
	}
	all := letter.Total()
	number := regexp.MustCompile(`另有(\d+)件`)
	for _, most := range []int{300, 1000, 2048, 20_000, 100_000} {
		m, err := notify.DefaultTemplates().Group(letter, most)
		if err != nil || len(m.Text) > most {
			t.Fatalf("%d bytes where %d fit, %v", len(m.Text), most, err)
		}
		if left := number.FindString(m.Text); left == "" || !strings.Contains(m.Text, "258件事项有新情况") || all != 258 {
			t.Errorf("of %d at most %d bytes: %q in\n%s", all, most, left, m.Text)
		}
	}
}

// An operator's files lie over the built-in ones, one by one.
func TestLoadTemplates(t *testing.T) {
	t.Parallel()
	own := fstest.MapFS{
		"zh/digest.txt": {Data: []byte(`{{define "subject"}}早上好，{{.To.Name}}{{end}}{{.Total}}项待办`)},
		".git/config":   {Data: []byte("x")},
		"zh/.keep":      {},
	}
	templates, err := notify.LoadTemplates(own)
	if err != nil {
		t.Fatal(err)
	}
	m, err := templates.Compose(notify.Samples(notify.Digest, notify.Chinese)[0])
	if err != nil || m.Subject != "早上好，马某" || m.Text != "6项待办\n" || !strings.Contains(m.HTML, "您有6项待办") {
		t.Errorf("%q %q, %v", m.Subject, m.Text, err)
	}
	if m, err = templates.Compose(notify.Samples(notify.Notices, notify.Chinese)[0]); err != nil || !strings.Contains(m.Text, "新情况") {
		t.Errorf("what was not replaced: %q, %v", m.Text, err)
	}
}

// What is wrong with an operator's file is said before any letter is written, with file
// and line.
func TestLoadTemplatesRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, content, want string }{
		"unknown file":     {"zh/digets.txt", "x", "zh/digets.txt: is none of the templates"},
		"unknown language": {"fr/digest.txt", "x", "fr/digest.txt: is none of the templates"},
		"syntax":           {"zh/digest.txt", "a\nb\n{{if}}", "zh/digest.txt:3"},
		"syntax in a part": {"en/parts.html", "\n{{end}}", "en/parts.html:2"},
		"unknown field":    {"en/notices.html", "\n\n{{.Petitioner}}", "en/notices.html:3"},
		"unknown function": {"en/notices.txt", "\n{{phone .To}}", "en/notices.txt:2"},
		"in a branch":      {"zh/notices.txt", "{{define \"subject\"}}x{{end}}\n{{range .Items}}{{if eq .Lamp \"red\"}}{{.Title}}{{end}}{{end}}", "zh/notices.txt:2"},
		"no subject":       {"zh/board.txt", "text", "subject"},
		"empty subject":    {"zh/board.txt", `{{define "subject"}} {{end}}text`, "zh/board.txt: the subject is empty"},
		"open quote":       {"zh/board.html", `<p style="{{.ID}}>`, "zh/board.html"},
		"group":            {"zh/group.txt", `{{.Sum}}`, "zh/group.txt:1"},
	} {
		_, err := notify.LoadTemplates(fstest.MapFS{c.file: {Data: []byte(c.content)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, err := notify.LoadTemplates(fstest.MapFS{"zh/digest.txt": {Data: []byte("{{")}, "en/board.html": {Data: []byte("{{")}})
	if err == nil || !strings.Contains(err.Error(), "zh/digest.txt:1") || !strings.Contains(err.Error(), "en/board.html:1") {
		t.Errorf("two mistakes: %v", err)
	}
}

// What people write into names is text in a page, and no line of a header.
func TestLettersEscape(t *testing.T) {
	t.Parallel()
	letter := notify.Samples(notify.Notices, notify.English)[1]
	letter.To.Name = "<script>alert(1)</script>"
	letter.Items[0].Number = "x\r\nBcc: somebody@else.example"
	m, err := notify.DefaultTemplates().Compose(letter)
	if err != nil || strings.Contains(m.HTML, "<script>") || strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("%q\n%s\n%v", m.Subject, m.HTML, err)
	}
}

var words = regexp.MustCompile(`([a-z])([A-Z])`)

// Every kind of event has its word, and so has every task that a case can wait for.
func TestWords(t *testing.T) {
	t.Parallel()
	for file, pattern := range map[string]string{
		"../casefile/event.go": `Event\w+ +EventKind = "(\w+)"`,
		"../casefile/inbox.go": `(?:Do: |do = |do, clock = |do, clock := c\.Review\(\), |atUnit\(|atOffice\()([A-Z]\w+)`,
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(string(raw), -1)
		if len(found) < 10 {
			t.Errorf("%s: only %d found", file, len(found))
		}
		for _, match := range found {
			code := strings.ToLower(words.ReplaceAllString(match[1], "${1}_$2"))
			if !notify.Named(code) {
				t.Errorf("%s has no word", code)
			}
		}
	}
}

// Two events that read the same, as when both leaders are silent, are one line; machines
// get both.
func TestLettersSayThingsOnce(t *testing.T) {
	t.Parallel()
	silent := notify.Happening{Seq: 7, Kind: casefile.EventReportedUp, Code: "UP-LEADER", Step: policy.Text{Chinese: "包案领导逾期上报", English: "a leader's silence"}, At: time.Date(2026, 3, 5, 0, 30, 2, 0, time.UTC)}
	other, later := silent, silent
	other.Seq, other.At = 8, silent.At.Add(time.Second)
	later.Seq, later.At = 9, silent.At.Add(24*time.Hour)
	letter := notify.Samples(notify.Notices, notify.Chinese)[0]
	letter.Items = letter.Items[:1]
	letter.Items[0].Happened = []notify.Happening{silent, other, later}
	m, err := notify.DefaultTemplates().Compose(letter)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{"text": m.Text, "page": m.HTML} {
		if n := strings.Count(body, "包案领导逾期上报"); n != 2 {
			t.Errorf("%s says it %d times, want once for each day:\n%s", name, n, body)
		}
	}
}
