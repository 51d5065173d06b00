package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// What every answer and every page owes its reader. Each page that any test asks for is
// held to it.

const (
	maxPage  = 100_000 // bytes
	maxLoads = 2       // files beside the page itself
)

// guarded checks the headers that every answer has.
func guarded(t testing.TB, path string, h http.Header) {
	t.Helper()
	for name, value := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if h.Get(name) != value {
			t.Errorf("%s: %s: %q, want %q", path, name, h.Get(name), value)
		}
	}
	if !strings.HasPrefix(path, "/assets/") && h.Get("Cache-Control") != "no-store" {
		t.Errorf("%s may be stored: %s", path, h.Get("Cache-Control"))
	}
}

// void elements have no end.
var void = map[string]bool{"meta": true, "link": true, "input": true, "br": true, "hr": true, "img": true, "col": true}

// element is a tag inside another.
type element struct{ tag, in string }

// wellFormed checks a page: every element is closed in order and stands where browsers
// leave it, ids occur once and what refers to one finds it, controls, links and buttons
// have names, headings go down by one, and nothing is loaded from elsewhere.
func wellFormed(t testing.TB, path, body string) {
	t.Helper()
	if len(body) > maxPage {
		t.Errorf("%s: %d bytes", path, len(body))
	}
	if strings.Contains(body, "no value") || strings.Contains(body, "ZgotmplZ") {
		t.Errorf("%s: a template has left something unfilled", path)
	}
	if !strings.HasPrefix(body, "<!doctype html>") { // a part, which a script puts into a page
		body = `<!doctype html><html lang="en"><head><title>page</title></head><body><main><h1>page</h1><h2>part</h2>` + body + `</main></body></html>`
	}
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var built []element
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			built = append(built, element{strings.ToLower(n.Data), strings.ToLower(n.Parent.Data)})
		}
	}
	written := writtenElements(t, path, body)
	for i := range min(len(written), len(built)) {
		if written[i] != built[i] {
			t.Fatalf("%s: browsers make <%s> in <%s> of what is written as <%s> in <%s>", path, built[i].tag, built[i].in, written[i].tag, written[i].in)
		}
	}
	if len(written) != len(built) {
		t.Fatalf("%s: %d elements are written, browsers make %d", path, len(written), len(built))
	}
	speaks(t, path, doc)
}

// writtenElements lists a page's elements as they are written.
func writtenElements(t testing.TB, path, body string) (all []element) {
	t.Helper()
	opened := []string{""}
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		tag, in := string(name), opened[len(opened)-1]
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			all = append(all, element{tag, in})
			if kind == html.StartTagToken && !void[tag] {
				opened = append(opened, tag)
			}
		case html.EndTagToken:
			if in != tag {
				t.Fatalf("%s: </%s> closes %v", path, tag, opened[1:])
			}
			opened = opened[:len(opened)-1]
		}
	}
	if len(opened) > 1 {
		t.Errorf("%s: left open: %v", path, opened[1:])
	}
	return all
}

// speaks checks what a page says of itself to those who don't see it, and that nothing
// personal stands in an address.
func speaks(t testing.TB, path string, doc *html.Node) {
	t.Helper()
	wrong := func(format string, args ...any) {
		t.Helper()
		t.Errorf(path+": "+format, args...)
	}
	ids, refers, labelled := map[string]int{}, []string{}, map[string]bool{}
	mains, loads, level := 0, 0, 0
	count := map[string]int{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "label" {
			labelled[attr(n, "for")] = true
		}
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "for" || a.Key == "aria-labelledby" || a.Key == "aria-describedby" || a.Key == "aria-controls" || a.Key == "list":
				refers = append(refers, strings.Fields(a.Val)...)
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				wrong("%s has the attribute %s, which the policy forbids", n.Data, a.Key)
			case a.Key == "src" || a.Key == "href" || a.Key == "action":
				switch {
				case strings.HasPrefix(a.Val, "#"):
					refers = append(refers, a.Val[1:])
				case strings.HasPrefix(attr(n, "rel"), "external "): // on to the identity provider
				case !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "data:image/svg+xml"):
					wrong("%s leads elsewhere: %s", n.Data, a.Val)
				case personal(a.Val):
					wrong("an address says more than ids: %s", a.Val)
				}
			}
		}
		switch n.Data {
		case "html":
			if l := attr(n, "lang"); l != "zh-CN" && l != "en" {
				wrong("its language is %q", l)
			}
		case "title":
			if n.Parent.Data == "head" && (strings.TrimSpace(text(n)) == "" || strings.Contains(text(n), petitionerName)) {
				wrong("its title is %q", text(n))
			}
		case "main":
			mains++
		case "h1", "h2", "h3", "h4", "h5", "h6":
			deep := int(n.Data[1] - '0')
			if deep > level+1 {
				wrong("after h%d comes %s: %s", level, n.Data, text(n))
			}
			if level = deep; strings.TrimSpace(text(n)) == "" {
				wrong("an empty %s", n.Data)
			}
		case "style", "script":
			if attr(n, "src") == "" {
				wrong("%s inside the page", n.Data)
			}
			loads++
		case "link":
			if attr(n, "rel") == "stylesheet" {
				loads++
			}
		case "img":
			if !has(n, "alt") {
				wrong("a picture without words: %s", attr(n, "src"))
			}
			loads++
		case "input", "select", "textarea":
			kind := attr(n, "type")
			if kind != "hidden" && !has(n, "hidden") && !labelled[attr(n, "id")] && attr(n, "aria-label") == "" && attr(n, "aria-labelledby") == "" && inside(n, "label") == nil {
				wrong("%s %q has no label", n.Data, attr(n, "name"))
			}
			if kind == "radio" {
				if set := inside(n, "fieldset"); set == nil || first(set, "legend") == nil {
					wrong("the choice %q stands in no fieldset with a legend", attr(n, "name"))
				}
			}
		case "a", "button":
			if strings.TrimSpace(text(n)) == "" && attr(n, "aria-label") == "" {
				wrong("%s without a name: %s", n.Data, attr(n, "href"))
			}
		case "table":
			if first(n, "th") == nil {
				wrong("a table without heads")
			}
		case "li":
			if !slices.Contains([]string{"ul", "ol", "menu"}, n.Parent.Data) {
				wrong("li in %s", n.Parent.Data)
			}
		}
	}
	if mains != 1 || count["h1"] != 1 || count["title"] == 0 {
		wrong("%d main, %d h1, %d title", mains, count["h1"], count["title"])
	}
	if loads > maxLoads {
		wrong("it loads %d files", loads)
	}
	for id, n := range ids {
		if n > 1 || id == "" {
			wrong("%d elements have the id %q", n, id)
		}
	}
	for _, id := range refers {
		if id != "" && ids[id] != 1 {
			wrong("something refers to %q, which is not there", id)
		}
	}
}

// personal reports whether an address has a name or a telephone number in it. Ids and codes
// are Latin; what somebody searches for is theirs to show.
func personal(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true
	}
	q := u.Query()
	q.Del("q")
	readable := u.Path + " " + q.Encode()
	for _, values := range q {
		readable += strings.Join(values, " ")
	}
	return strings.ContainsFunc(readable, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(readable, petitionerPhone)
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// first is the first element of a kind inside another, or nil.
func first(n *html.Node, tag string) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			return d
		}
	}
	return nil
}

// inside is the nearest element of a kind around another, or nil.
func inside(n *html.Node, tag string) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == tag {
			return p
		}
	}
	return nil
}
