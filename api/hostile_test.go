package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

// unheard is what nobody types: no text at all, far too much of it, and numbers and days
// beyond what can be counted.
var unheard = []string{
	"\x00", "a\x00b", "\xff", "\xed\xa0\x80", "\u202e\uffff", strings.Repeat("长", 3000), "-1", "99999999999999999999", "1e400", "NaN",
	"0000-00-00", "9999-12-31", "10000-01-01", "0001-01-01", "-0001-01-01", "9999-12-31T23:59:59+08:00", "'; --", "../../etc/passwd", "{{.}}", "[", "eyJh", "%",
}

var (
	inPath     = regexp.MustCompile(`\{[^}]*\}`)
	parameters = regexp.MustCompile(`name: ([a-z_]+)[\s,]+in: query`)
)

// Whatever stands in an address, nothing breaks: it is refused, or finds nothing.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	names := map[string]bool{}
	for _, found := range parameters.FindAllStringSubmatch(contractText(t), -1) {
		names[found[1]] = true
	}
	if len(names) < 30 {
		t.Fatalf("the contract has %d parameters", len(names))
	}
	sent := 0
	for path, methods := range contractFile(t).Paths {
		if path == "/metrics" || path == "/readyz" || path == "/api/v1/engine" { // which ask what is away here
			continue
		}
		for method := range methods {
			method = strings.ToUpper(method)
			who := "p-supervisor"
			switch {
			case strings.Contains(path, "/accounts"), strings.Contains(path, "/tokens"), strings.Contains(path, "/endpoints"), strings.Contains(path, "/engine"), method != http.MethodGet && strings.Contains(path, "/officials"), method != http.MethodGet && strings.Contains(path, "/units"):
				who = "admin"
			case strings.Contains(path, "/public/"), strings.Contains(path, "/feeds/"):
				who = ""
			}
			for _, hostile := range unheard {
				to := inPath.ReplaceAllString(path, url.PathEscape(hostile))
				if method == http.MethodGet {
					to += "?" + everywhere(names, hostile)
				} else if to == path {
					continue
				}
				a := w.do(who, method, to, nil)
				if sent++; a.status >= http.StatusInternalServerError {
					t.Errorf("%s %s with %.20q: %d %s", method, path, hostile, a.status, a.body)
				}
				if method != http.MethodGet {
					continue
				}
				for name := range names { // one by one, where another would be refused first
					if hostile == "\x00" || hostile == "\xff" || hostile == "9999-12-31" || hostile == "99999999999999999999" {
						to := inPath.ReplaceAllString(path, "x") + "?" + url.Values{name: {hostile}}.Encode()
						if a := w.do(who, method, to, nil); a.status >= http.StatusInternalServerError {
							t.Errorf("%s %s: %d %s", method, to, a.status, a.body)
						}
						sent++
					}
				}
			}
		}
	}
	t.Logf("%d requests", sent)
	if log := w.logged(); strings.Contains(log, "internal error") || strings.Contains(log, "panic") {
		t.Errorf("logged: %.2000s", log)
	}
}

func contractText(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func everywhere(names map[string]bool, value string) string {
	values := url.Values{}
	for name := range names {
		values.Set(name, value)
	}
	return values.Encode()
}

// Whatever stands in a body, nothing breaks.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	fields := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^\s+([a-z_]+): \{(?:type|\$ref|allOf|oneOf)`).FindAllStringSubmatch(contractText(t), -1) {
		fields[found[1]] = true
	}
	if len(fields) < 100 {
		t.Fatalf("the contract has %d fields", len(fields))
	}
	values := []any{"a\x00b", "\ufffd", strings.Repeat("长", 30_000), -1, 1e300, "9999-12-31", "9999-12-31T23:59:59+08:00", "0001-01-01", []any{}, []any{"a\x00b"}, m{}, m{"name": "a\x00b"}, nil, true, []any{nil}, []any{m{}}}
	for path, methods := range contractFile(t).Paths {
		for method := range methods {
			if method = strings.ToUpper(method); method == http.MethodGet || method == http.MethodDelete {
				continue
			}
			for _, who := range []string{"p-supervisor", "admin", ""} {
				for _, value := range values {
					body := m{}
					for name := range fields {
						body[name] = value
					}
					a := w.do(who, method, inPath.ReplaceAllString(path, "x"), body, "Idempotency-Key", fmt.Sprintf("k-%p", &value))
					if a.status >= http.StatusInternalServerError && a.status != http.StatusServiceUnavailable {
						t.Errorf("%s %s by %q with %.30v: %d %s", method, path, who, value, a.status, a.body)
					}
				}
			}
		}
	}
	if log := w.logged(); strings.Contains(log, "internal error") || strings.Contains(log, "panic") {
		t.Errorf("logged: %.2000s", log)
	}
}
