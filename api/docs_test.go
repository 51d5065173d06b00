package api_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestDocsPage: everything that is in the document is on the page, all its links lead
// somewhere on it, and it loads nothing.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	a := w.do("", "GET", "/api/v1/docs", nil).want(t, 200, "")
	page := string(a.body)
	if got := a.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	c := contractFile(t)
	for path := range c.Paths {
		if !strings.Contains(page, "<code>"+path+"</code>") {
			t.Errorf("the page lacks %s", path)
		}
	}
	for name, s := range c.Components.Schemas {
		if !strings.Contains(page, `id="schema-`+name+`"`) {
			t.Errorf("the page lacks %s", name)
		}
		for field := range s.Properties {
			if !strings.Contains(page, "<code>"+field+"</code>") {
				t.Errorf("the page lacks %s.%s", name, field)
			}
		}
	}
	for _, p := range c.Problems {
		if !strings.Contains(page, `id="problem-`+p.Code+`"`) {
			t.Errorf("the page lacks %s", p.Code)
		}
	}
	for _, link := range regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		anchor, inside := strings.CutPrefix(link[1], "#")
		if inside && !strings.Contains(page, `id="`+anchor+`"`) || !inside && link[1] != "openapi.yaml" {
			t.Errorf("a link leads to %s", link[1])
		}
	}
	if loads := regexp.MustCompile(`<(script|img|link|iframe|object)|url\(|@import| on\w+=| src=|style="`).FindString(page); loads != "" {
		t.Errorf("the page has %q", loads)
	}
	csp := a.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "style-src 'sha256-") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy = %q", csp)
	}
	if a := w.do("", "GET", "/api/v1/openapi.yaml", nil); string(a.body) != source(t, "openapi.yaml") || !strings.HasPrefix(a.header.Get("Content-Type"), "application/yaml") {
		t.Error("openapi.yaml is not served as it is")
	}
}
