package web_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// dictionary is what pages show in the language in which it was written: names, titles,
// what somebody entered, the legal sources of rules.
type dictionary struct{ replace *strings.Replacer }

var source = regexp.MustCompile(`source: ([^,\n]+)`)

func (w *site) dictionary() dictionary {
	w.t.Helper()
	policy, err := os.ReadFile("../policy/default.yaml")
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, m := range source.FindAllStringSubmatch(string(policy), -1) {
		all = append(all, m[1])
	}
	for _, u := range units {
		all = append(all, u.Name)
	}
	for _, o := range officials {
		all = append(all, o.Name, o.Post, o.Portfolio, o.ID)
	}
	for text := range w.given {
		all = append(append(all, text), strings.Split(text, "\n")...)
	}
	all = slices.DeleteFunc(all, func(s string) bool { return utf8.RuneCountInString(s) < 2 })
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(all))
	for _, text := range slices.Compact(all) {
		pairs = append(pairs, text, "")
	}
	return dictionary{strings.NewReplacer(pairs...)}
}

var (
	han   = regexp.MustCompile(`[\p{Han}，。；：、（）！？]+`)
	latin = regexp.MustCompile(`[A-Za-z]{2,}`)
	// What stands in either language: documents, numbers of cases and letters, ids, addresses,
	// versions, products, keys, quotations, conditions as addresses have them, the other language's name.
	inEither = regexp.MustCompile(`《[^》]*》(第[^\s，。；：、（）]*[条款项])*|国务院办公厅关于.*通知（[^）]*）|https?://\S+|\d*[a-z]*(-[a-z]+)+[-\d]*(\p{Han}+\d+)?|[A-Z]+(-[A-Z0-9]+)+|“[^”]*”|不在可选范围内：[\w, -]+|\w*=[\w,.-]*|x+……|` +
		`\d{4}-\d{4}-\w+|[\d.]+ \(Debian [^)]*\)|[\dA-Z]{4}-[\dA-Z]{4}-[\dA-Z]{4}|\w*\d\w*|CSV|PDF|JSON|YAML|Ctrl|Webhook|https?|(shuangze )?verify|Temporal|Postgres|reconcile|deliver|Go http client|中文|English`)
)

func (d dictionary) inEnglish(t *testing.T, at, page string) {
	t.Helper()
	for _, text := range d.foreign(t, page, "zh-CN", han) {
		t.Errorf("%s in English has %s", at, text)
	}
}

func (d dictionary) inChinese(t *testing.T, at, page string) {
	t.Helper()
	for _, text := range d.foreign(t, page, "en", latin) {
		t.Errorf("%s in Chinese has %s", at, text)
	}
}

// foreign are the words in a page's other language where nobody entered them, each with
// where it stands.
func (d dictionary) foreign(t *testing.T, page, other string, words *regexp.Regexp) (found []string) {
	t.Helper()
	for _, text := range texts(t, page, other) {
		if left := words.FindString(inEither.ReplaceAllString(d.replace.Replace(text), "")); left != "" {
			found = append(found, fmt.Sprintf("%q: %s", left, text))
		}
	}
	return found
}

// What the checks of languages find, and what they leave alone.
func TestForeignWords(t *testing.T) {
	t.Parallel()
	d := dictionary{strings.NewReplacer("张三", "", "Water Bureau", "")}
	for _, c := range []struct {
		page             string
		chinese, english int // words that don't belong there
	}{
		{`<p>已受理</p>`, 0, 1},
		{`<p>Accepted</p>`, 1, 0},
		{`<p>已 accepted</p>`, 1, 1},
		{`<p>张三 Water Bureau p-xf-2026-000001 《信访工作条例》第二十三条第三款</p>`, 0, 0},
		{`<p title="Close"><img alt="关闭"><b aria-label="Open">1</b><input placeholder="number"></p>`, 3, 1},
		{`<p lang="en">English text</p><p lang="zh-CN">另一种语言</p>`, 0, 0},
		{`<code>SELECT</code><textarea>我写的 text</textarea><script>let a</script>`, 0, 0},
	} {
		if got := d.foreign(t, c.page, "en", latin); len(got) != c.chinese {
			t.Errorf("%s in Chinese: %q", c.page, got)
		}
		if got := d.foreign(t, c.page, "zh-CN", han); len(got) != c.english {
			t.Errorf("%s in English: %q", c.page, got)
		}
	}
}

// says checks that a page has words, in the order of its parts.
func says(t *testing.T, name, page string, words []string) {
	t.Helper()
	all := strings.Join(texts(t, page, "en"), " ")
	for _, text := range words {
		if !strings.Contains(all, text) {
			t.Errorf("%s: nothing says %q", name, text)
		}
	}
}

// texts are what a page says, in words and in attributes that are read out, but for what
// is marked as another language.
func texts(t *testing.T, page, other string) (all []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var read func(n *html.Node)
	read = func(n *html.Node) {
		if n.Type == html.ElementNode && (attr(n, "lang") == other || slices.Contains([]string{"code", "script", "pre", "textarea"}, n.Data) || strings.Contains(attr(n, "class"), "paper")) {
			return
		}
		if text := strings.TrimSpace(n.Data); n.Type == html.TextNode && text != "" {
			all = append(all, text)
		}
		for _, name := range []string{"aria-label", "title", "alt", "placeholder"} {
			if value := attr(n, name); n.Type == html.ElementNode && value != "" {
				all = append(all, value)
			}
		}
		for c := range n.ChildNodes() {
			read(c)
		}
	}
	read(doc)
	return all
}
