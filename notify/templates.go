package notify

import (
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	text "text/template"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

//go:embed templates
var embedded embed.FS

// Templates compose messages from letters. They are safe for concurrent use.
type Templates struct {
	texts map[string]*text.Template // by file
	pages map[string]*html.Template
}

// The files of a language beside one .txt and one .html for each kind of letter: what
// the others share, and what is said to a group.
const (
	partsText = "parts.txt"
	partsPage = "parts.html"
	groupText = "group.txt"
)

// DefaultTemplates returns the built-in templates.
var DefaultTemplates = sync.OnceValue(func() *Templates {
	t, err := LoadTemplates(nil)
	if err != nil {
		panic(fmt.Sprintf("built-in templates: %v", err)) // a broken build, caught by the first test
	}
	return t
})

// LoadTemplates returns the built-in templates with those of an operator laid over
// them: a file of the same name, such as zh/notices.html, replaces one; nil leaves them
// as they are. Each is tried with every sample letter, so that a mistake is found now
// and not in the night. The error joins everything that is wrong, with file and line.
func LoadTemplates(overlay fs.FS) (*Templates, error) {
	files, err := readFiles(overlay)
	if err != nil {
		return nil, err
	}
	t := &Templates{texts: map[string]*text.Template{}, pages: map[string]*html.Template{}}
	var wrong []error
	said := map[string]bool{} // what is wrong with the parts comes up with every file
	for _, name := range slices.Sorted(files.names) {
		if err := t.parse(files, name); err != nil && !said[err.Error()] {
			said[err.Error()] = true
			wrong = append(wrong, err)
		}
	}
	if len(wrong) == 0 {
		wrong = t.try()
	}
	return t, errors.Join(wrong...)
}

// files are the templates' sources by name.
type files map[string]string

func (f files) names(yield func(string) bool) {
	for name := range f {
		if !yield(name) {
			return
		}
	}
}

func readFiles(overlay fs.FS) (files, error) {
	built, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, err
	}
	all := files{}
	if err := all.read(built, func(string) error { return nil }); err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	if overlay == nil {
		return all, nil
	}
	var wrong []error
	known := slices.Sorted(all.names)
	err = all.read(overlay, func(name string) error {
		if !slices.Contains(known, name) {
			wrong = append(wrong, fmt.Errorf("%s: is none of the templates: %s", name, strings.Join(known, ", ")))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	return all, errors.Join(wrong...)
}

// read adds every file of the tree but hidden ones.
func (f files) read(tree fs.FS, check func(name string) error) error {
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f[name] = string(content)
		return check(name)
	})
}

// parse reads one file together with its language's parts.
func (t *Templates) parse(f files, name string) (err error) {
	dir, base := path.Split(name)
	l := Language(path.Clean(dir))
	parts := dir + partsText
	if strings.HasSuffix(base, ".html") {
		parts = dir + partsPage
		page := html.New(name).Option("missingkey=error").Funcs(html.FuncMap(l.functions()))
		if name != parts {
			if _, err := page.New(parts).Parse(f[parts]); err != nil {
				return err
			}
		}
		t.pages[name], err = page.Parse(f[name])
		return err
	}
	plain := text.New(name).Option("missingkey=error").Funcs(text.FuncMap(l.functions()))
	if name != parts {
		if _, err := plain.New(parts).Parse(f[parts]); err != nil {
			return err
		}
	}
	t.texts[name], err = plain.Parse(f[name])
	return err
}

// functions are what templates can call.
func (l Language) functions() map[string]any {
	return map[string]any{
		"text":        l.Of,
		"happening":   func(k casefile.EventKind) string { return l.Of(k.Name()) },
		"what":        l.what,
		"plural":      plural,
		"doing":       func(k casefile.Kind) string { return l.Of(k.Duty()) },
		"lamp":        func(v casefile.Lamp) string { return l.Of(v.Name()) },
		"supervision": l.supervision,
		"day":         l.day,
		"short":       l.short,
		"moment":      l.moment,
		"clock":       func(t time.Time) string { return t.In(calendar.Zone).Format("15:04") },
		"due":         l.due,
		"by":          l.by,
		"today":       calendar.DateOf,
	}
}

// supervision is who supervises a case; of one that nobody does, nothing is said.
func (l Language) supervision(v casefile.Supervision) string {
	if v == casefile.NotSupervised {
		return ""
	}
	return l.Of(v.Name())
}

// view is a letter as templates see it.
type view struct {
	Letter
	Items []itemView
}

type itemView struct {
	Item
	Link string // of its case; empty where the installation has no address
}

func viewOf(l Letter) view {
	v := view{Letter: l, Items: make([]itemView, len(l.Items))}
	for i, item := range l.Items {
		item.Happened = once(item.Happened)
		v.Items[i] = itemView{Item: item}
		if l.Site != "" {
			v.Items[i].Link = strings.TrimSuffix(l.Site, "/") + "/cases/" + item.Case
		}
	}
	return v
}

// once leaves out what would read the same as what stands before it: that both leaders
// are silent, say, is two events with the same words.
func once(happened []Happening) []Happening {
	var told []Happening
	for _, h := range happened {
		same := func(was Happening) bool {
			return was.Kind == h.Kind && was.Step == h.Step && was.For == h.For && was.At.Truncate(time.Minute).Equal(h.At.Truncate(time.Minute))
		}
		if !slices.ContainsFunc(told, same) {
			told = append(told, h)
		}
	}
	return told
}

// Compose writes a letter to a person.
func (t *Templates) Compose(l Letter) (Message, error) {
	m := Message{ID: l.ID, To: l.To, At: l.At}
	name := string(l.To.Language) + "/" + string(l.Kind)
	plain, page := t.texts[name+".txt"], t.pages[name+".html"]
	if plain == nil || page == nil {
		return m, fmt.Errorf("there are no templates %s", name)
	}
	v := viewOf(l)
	var err error
	if m.Subject, err = execute(plain, "subject", v); err != nil {
		return m, err
	}
	if m.Subject = strings.Join(strings.Fields(m.Subject), " "); m.Subject == "" {
		return m, fmt.Errorf("%s.txt: the subject is empty", name)
	}
	if m.Text, err = execute(plain, plain.Name(), v); err != nil {
		return m, err
	}
	var b strings.Builder
	if err := page.Execute(&b, v); err != nil {
		return m, fmt.Errorf("compose: %w", err)
	}
	m.HTML = tidy(b.String())
	return m, nil
}

// Group writes a letter as one short text for a group's robot, of at most so many
// bytes. What does not fit is left out and counted.
func (t *Templates) Group(l Letter, most int) (Message, error) {
	m := Message{ID: l.ID, At: l.At}
	name := string(l.To.Language) + "/" + groupText
	plain := t.texts[name]
	if plain == nil {
		return m, fmt.Errorf("there is no template %s", name)
	}
	for {
		var err error
		if m.Text, err = execute(plain, plain.Name(), viewOf(l)); err != nil {
			return m, err
		}
		if len(m.Text) <= most || len(l.Items) == 0 {
			m.Subject, _, _ = strings.Cut(m.Text, "\n")
			return m, nil
		}
		keep := len(l.Items) * most / (len(m.Text) + 1) // at least one less
		l.More += len(l.Items) - keep
		l.Items = l.Items[:keep]
	}
}

func execute(t *text.Template, name string, v view) (string, error) {
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name, v); err != nil {
		return "", fmt.Errorf("compose: %w", err)
	}
	return tidy(b.String()), nil
}

var gaps = regexp.MustCompile(`\n[ \t]*(\n[ \t]*)+\n`)

// tidy removes what template actions leave behind: blank lines beyond one, and blanks at
// the ends.
func tidy(s string) string {
	return strings.TrimSpace(gaps.ReplaceAllString(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n")) + "\n"
}

// try composes every sample in every language.
func (t *Templates) try() (wrong []error) {
	for _, l := range Languages {
		for _, kind := range Kinds {
			for _, letter := range Samples(kind, l) {
				if _, err := t.Compose(letter); err != nil {
					wrong = append(wrong, err)
				}
			}
		}
		for _, letter := range append(Samples(Notices, l), Letter{Kind: Test, To: Person{Language: l}}) {
			if _, err := t.Group(letter, maxGroup); err != nil {
				wrong = append(wrong, err)
			}
		}
	}
	return wrong
}
