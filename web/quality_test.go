package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"
)

// everybody who looks at the pages, with the addresses that no link leads to. Pages that
// links lead to, from the desk on, are found by themselves.
var everybody = []struct {
	official string // "" for nobody
	from     []string
}{
	{"", []string{"/sign-in", "/sign-in?next=%2Fcases", "/deadline", "/deadline?rule=HANDLE&from=2026-09-01", "/deadline?rule=NONE&from=2026-09-01"}},
	{"supervisor", []string{"/desk", "/cases?q=nothing", "/cases?lamp=blue", "/cases?limit=2", "/nowhere"}},
	{"clerk", []string{"/desk"}},
	{"officer", []string{"/desk"}},
	{"upper", []string{"/desk"}},
	{"lower", []string{"/desk"}},
	{"outsider", []string{"/desk", "/cases", "/cases/none"}},
	{"inspector", []string{"/desk"}},
	{"deputy", []string{"/desk"}},
	{"convener", []string{"/desk"}},
	{"head", []string{"/desk"}},
	{"admin", []string{"/desk"}},
	{"auditor", []string{"/desk"}},
}

// refused are forms that come back with what is wrong beside each field.
var refused = []struct{ official, path, form string }{
	{"supervisor", "/cases/{id}/do/hand_over", "form.form"},
	{"supervisor", "/cases/{id}/do/supervise", "form.form"},
	{"supervisor", "/account", "form.form"},
	{"", "/sign-in", "form.form"},
}

// peopled gives a site cases in several states: at its beginning, in its leaders' hands,
// with an opinion that was returned once and waits for signatures, late and supervised, and closed.
func (w *site) peopled() (signing string) {
	w.t.Helper()
	w.register(title)
	signing = w.register("乙村道路多年失修，反映后无人答复")
	closed := w.register("要求补发二〇二五年草场补贴")
	for _, id := range []string{signing, closed} {
		w.do("upper", id, "acknowledge", nil)
		w.do("lower", id, "acknowledge", nil)
		w.do("officer", id, "accept", map[string]any{"text": "予以受理"})
		w.do("lower", id, "act", map[string]any{"act": "site_visit", "text": "到现场查看，与村干部和信访人见面。"})
		w.do("officer", id, "opine", map[string]any{"result": "explain", "text": "经查，道路年久失修属实。\n\n已列入明年计划。"})
	}
	w.do("lower", signing, "return", map[string]any{"text": "请写明计划的时间。"})
	w.do("officer", signing, "opine", map[string]any{"result": "explain", "text": "经查，道路年久失修属实。\n\n已列入明年四月的计划。"})
	for _, leader := range []string{"lower", "upper"} {
		var c struct {
			Opinion struct {
				Hash string `json:"hash"`
			} `json:"opinion"`
		}
		w.read(leader, "/cases/"+closed, &c)
		w.do(leader, closed, "sign", map[string]any{"hash": c.Opinion.Hash})
	}
	w.do("officer", closed, "serve", map[string]any{"means": "direct"})
	w.do("supervisor", closed, "close", nil)
	late := w.registerOn("2026-06-01", "欠发工程款，多次催要未果")
	w.do("supervisor", late, "supervise", map[string]any{"reason": "overdue", "days": 15, "text": "请于十五日内办结并报结果。"})
	return signing
}

// shape is an address without its ids: pages of one shape come from one template and one
// state of affairs.
func shape(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	parts := strings.Split(u.Path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			parts[i] = "*"
		}
	}
	var names []string
	for name, values := range u.Query() {
		if values[0] != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(parts, "/") + "?" + strings.Join(names, "&")
}

// visit is a page that a walk came to.
type visit struct {
	address string
	body    string
	parts   []string // what the page is made of, each with its shape
}

// walk follows every link of the site from some addresses, three to a shape beside these.
// A link that leads nowhere is an error.
func (b *browser) walk(from []string) (found []visit) {
	b.t.Helper()
	type step struct{ from, to string }
	var queue []step
	for _, address := range from {
		queue = append(queue, step{"", address})
	}
	seen, times := map[string]bool{}, map[string]int{}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if seen[next.to] || next.from != "" && times[shape(next.to)] == 3 {
			continue
		}
		seen[next.to] = true
		if next.from != "" {
			times[shape(next.to)]++
		}
		got := b.get(next.to)
		if next.from != "" && got.status != http.StatusOK {
			b.t.Errorf("%s leads to %s, which is %d", next.from, next.to, got.status)
		}
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			continue
		}
		doc, err := html.Parse(strings.NewReader(got.body))
		if err != nil {
			b.t.Fatal(err)
		}
		page := visit{address: next.to, body: got.body}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			page.parts = append(page.parts, shape(next.to)+" "+n.Data+"."+attr(n, "class"))
			if to, _, _ := strings.Cut(attr(n, "href"), "#"); n.Data == "a" && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/api/") {
				queue = append(queue, step{next.to, to})
			}
		}
		found = append(found, page)
	}
	return found
}

// Every page that anybody can come to is whole, tells those who don't see it what it is,
// can be read in both languages, in the light and in the dark, on a telephone and on a
// wide screen, and loads nothing but its two files.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	w := emptySite(t, &directory)
	cases := w.lived()
	t.Cleanup(w.start(begin, nil))
	signing := w.peopled()
	words := w.dictionary()
	known, examined := map[string]bool{}, 0
	for _, who := range everybody {
		t.Run("as "+who.official, func(t *testing.T) { // a browser each, which ends with it
			b, english, examiner := w.browse(who.official), w.browse(who.official), newExaminer(t, w.url)
			b.t, english.t = t, t
			english.post("/language", url.Values{"to": {"en"}})
			examiner.as(w.url, b)
			from := who.from
			if who.official == "supervisor" {
				from = append(slices.Clone(from), cases...)
			}
			for _, page := range b.walk(from) {
				if !slices.Contains(cases, page.address) && !slices.ContainsFunc(page.parts, func(part string) bool { return !known[part] }) {
					continue // nothing in it that was not looked at
				}
				for _, part := range page.parts {
					known[part] = true
				}
				examined++
				words.inChinese(t, page.address, page.body)
				words.inEnglish(t, page.address, english.get(page.address).body)
				examiner.examine(who.official, page.address, "", examined)
				if at := slices.Index(cases, page.address); at >= 0 {
					examiner.keep()
					if who.official == "supervisor" {
						says(t, states[at].name, page.body, states[at].shows)
					}
				}
			}
		})
	}
	t.Run("as a petitioner", func(t *testing.T) {
		examiner := newExaminer(t, w.url)
		for i, at := range cases {
			b, english := w.petitioner(strings.TrimPrefix(at, "/cases/")), w.browse("")
			b.t, english.t = t, t
			english.http.Jar = b.http.Jar
			page := b.get("/lookup/case").want(http.StatusOK)
			words.inChinese(t, at, page.body)
			says(t, states[i].name, page.body, states[i].tells)
			examiner.as(w.url, b)
			examiner.examine("a petitioner", "/lookup/case", "", i)
			examiner.keep()
			english.post("/language", url.Values{"to": {"en"}})
			words.inEnglish(t, at, english.get("/lookup/case").body)
		}
	})
	examiner := newExaminer(t, w.url)
	for i, form := range refused {
		examiner.as(w.url, w.browse(form.official))
		examiner.examine(form.official, strings.ReplaceAll(form.path, "{id}", signing), form.form, i)
	}
	t.Logf("%d pages examined", examined+len(refused))
}

// examiner looks at pages in a real browser.
type examiner struct {
	*chrome
	url     string
	loaded  int
	refused []string // what the browser would not do, or a script's failure
}

func newExaminer(t *testing.T, site string) *examiner {
	t.Helper()
	scripts, err := filepath.Glob("../.cache/axe-core-*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal("axe-core is missing; make test fetches it, and so does make axe")
	}
	script, err := os.ReadFile(scripts[0])
	if err != nil {
		t.Fatal(err)
	}
	e := &examiner{chrome: openChrome(t, 1440, 900), url: site}
	chromedp.ListenTarget(e.ctx, func(event any) {
		switch event := event.(type) {
		case *network.EventRequestWillBeSent:
			if event.Type != network.ResourceTypeDocument && !strings.HasPrefix(event.Request.URL, "data:") {
				e.loaded++
			}
		case *log.EventEntryAdded:
			if event.Entry.Source != log.SourceNetwork { // of pages that are refusals
				e.refused = append(e.refused, event.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			e.refused = append(e.refused, event.ExceptionDetails.Text)
		}
	})
	e.run(network.Enable(), network.SetCacheDisabled(true), log.Enable(), runtime.Enable(),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(string(script)).Do(ctx)
			return err
		}))
	return e
}

// view is how a page is looked at.
type view struct {
	language, scheme string
	wide             int64
}

// views are those in which pages are examined, in turn: each page in both languages, in the
// light and in the dark, on a telephone and on a wide screen.
var views = [][2]view{
	{{"zh", "light", 1440}, {"en", "dark", 375}},
	{{"zh", "dark", 375}, {"en", "light", 1440}},
}

// examine looks at a page in the views whose turn it is. Given a form, it is sent as it is
// first, without what browsers themselves would ask for.
func (e *examiner) examine(official, address, form string, turn int) {
	e.t.Helper()
	for _, view := range views[turn%2] {
		name := fmt.Sprintf("%s as %q, %s %s %d", address, official, view.language, view.scheme, view.wide)
		e.wide, e.loaded = view.wide, 0
		e.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: view.scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // colours are as they stay
		}), e.window(view.wide), network.SetCookie("language", view.language).WithURL(e.url), chromedp.Navigate(e.url+address))
		if form == "" && e.loaded > maxLoads {
			e.t.Errorf("%s: %d files loaded", name, e.loaded)
		}
		if form != "" {
			e.run(chromedp.Evaluate(`window.stays = true; document.querySelector("`+form+`").submit()`, nil))
			e.until(`!window.stays && document.querySelector(".errors") !== null`)
		}
		var findings []finding
		e.run(chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => { d.open = true })`, nil))
		for _, wide := range []int64{375 + 1440 - view.wide, view.wide} {
			var overflow int64
			if e.run(e.window(wide), chromedp.Evaluate(`document.documentElement.scrollWidth`, &overflow)); overflow > wide {
				e.t.Errorf("%s: %d px wide in a window of %d", name, overflow, wide)
			}
		}
		e.run(chromedp.Evaluate(axe, &findings, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		for _, f := range findings {
			e.t.Errorf("%s: %s (%s): %s", name, f.Rule, f.Impact, strings.Join(f.Where, " | "))
		}
		for _, text := range e.refused {
			e.t.Errorf("%s: %s", name, text)
		}
		e.refused = nil
	}
}

func (e *examiner) window(wide int64) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(wide, 900, 1, wide < 600)
}

// finding is a rule of axe-core that a page breaks.
type finding struct {
	Rule   string   `json:"rule"`
	Impact string   `json:"impact"`
	Where  []string `json:"where"`
}

const axe = `axe.run(document, {
	resultTypes: ["violations"],
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}).then(r => r.violations.map(v => ({rule: v.id, impact: v.impact, where: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary.split("\n").slice(1).join(" "))})))`
