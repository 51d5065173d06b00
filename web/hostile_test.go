package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"shuangze/casefile"
	"shuangze/web"
)

// unheard is what nobody types: no text at all, far too much of it, and numbers and days
// beyond what can be counted.
var unheard = []string{
	"\x00", "a\x00b", "\xff", "\xed\xa0\x80", "\u202e\uffff", strings.Repeat("长", 600), "-1", "99999999999999999999", "1e400",
	"0000-00-00", "9999-12-31", "10000-01-01", "0001-01-01", "9999-12-31T23:59", "9999-12", "'; --", "<script>alert(1)</script>", "{{.}}", "[", "%",
}

var (
	inRoute  = regexp.MustCompile(`\{[^}]*\}`)
	controls = regexp.MustCompile(`<(?:input|select|textarea|button)[^>]* name="([^"]+)"`)
)

// Whatever stands in an address or in a form's fields, no page breaks, and each answer has
// the headers that all have (send looks).
func TestHostileInput(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	case1 := w.register(title)
	w.do("upper", case1, "acknowledge", nil)
	ids := map[string]string{"{id}": case1, "{official}": "upper", "{code}": "a-nc", "{kind}": "policy", "{command}": "act", "{clock}": "HANDLE", "{table}": "lamps", "{version}": "1", "{name}": "app.css", "{item}": "1", "{appointment}": "1", "{event}": "1", "{document}": "1"}
	filled := func(route, value string) string {
		return inRoute.ReplaceAllStringFunc(route, func(name string) string {
			if value != "" {
				return url.PathEscape(value)
			}
			if id, ok := ids[name]; ok {
				return id
			}
			return "x"
		})
	}
	people := map[string]*browser{}
	for _, who := range []string{"", "supervisor", "admin", "clerk", "upper", "officer"} {
		people[who] = w.browse(who)
	}
	people["petitioner"] = w.petitioner(case1)

	// The names of all fields that any page has.
	names := map[string]bool{"q": true, "next": true, "cursor": true, "done": true, "ended": true, "code": true, "year": true, "unit": true, "from": true, "until": true, "month": true, "rule": true, "lamp": true, "sort": true, "columns": true, "limit": true, "text": true, "key": true, "hash": true, "draft": true, "session": true, "trial": true, "typed.text": true, "confirmed": true, "change": true, "case": true, "cases": true, "token": true}
	for _, route := range web.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet || strings.HasPrefix(path, "/assets") {
			continue
		}
		for _, b := range people {
			for _, found := range controls.FindAllStringSubmatch(b.get(filled(path, "")).body, -1) {
				names[found[1]] = true
			}
		}
	}
	if len(names) < 80 {
		t.Errorf("the pages have %d fields", len(names))
	}
	order := make([]string, 0, len(names))
	for name := range names {
		order = append(order, name)
	}
	slices.Sort(order)

	sent := 0
	send := func(b *browser, who, method, path string, values url.Values) {
		t.Helper()
		body := ""
		if method == http.MethodPost {
			body = values.Encode()
		} else {
			path += "?" + values.Encode()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := b.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		guarded(t, r.URL.Path, res.Header)
		if sent++; res.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s %.200s as %q with %.60q: %d", method, path, who, body, res.StatusCode)
		}
	}
	everything := func(value string) url.Values {
		all := url.Values{}
		for _, name := range order {
			all.Set(name, value)
		}
		delete(all, "trial") // which changes who is there
		delete(all, "continue")
		return all
	}
	for _, route := range web.Routes() {
		method, path, _ := strings.Cut(route, " ")
		who := []string{"supervisor"}
		switch {
		case path == "/sign-out", path == "/account/sessions", path == "/account/password", path == "/lookup/end":
			continue // those leave
		case strings.HasPrefix(path, "/lookup"):
			who = []string{"petitioner"}
		case strings.HasPrefix(path, "/admin"):
			who = []string{"admin"}
		case strings.HasPrefix(path, "/cases/new"), strings.HasPrefix(path, "/receptions"):
			who = []string{"clerk", ""}
		}
		for _, hostile := range unheard {
			for _, who := range who {
				send(people[who], who, method, filled(path, ""), everything(hostile))
				if strings.Contains(path, "{") {
					send(people[who], who, method, filled(path, hostile), nil)
				}
			}
		}
	}
	for _, kind := range casefile.Kinds() {
		for _, who := range []string{"supervisor", "officer", "upper", "clerk"} {
			for _, hostile := range unheard {
				send(people[who], who, http.MethodPost, "/cases/"+case1+"/do/"+string(kind), everything(hostile))
			}
		}
	}
	t.Logf("%d fields, %d requests", len(order), sent)

	// Those that change who is there, one by one.
	for _, path := range []string{"/account/sessions", "/account/password"} {
		for _, hostile := range unheard {
			if got := people["upper"].post(path, url.Values{"session": {hostile}, "old": {hostile}, "new": {hostile}, "again": {hostile}}); got.status >= http.StatusInternalServerError {
				t.Errorf("%s with %.20q: %d", path, hostile, got.status)
			}
		}
	}
	for _, hostile := range unheard {
		for _, form := range []url.Values{{"account": {hostile}, "password": {hostile}}, {"trial": {hostile}}, {"continue": {hostile}, "next": {hostile}}} {
			if got := w.browse("").post("/sign-in", form); got.status >= http.StatusInternalServerError {
				t.Errorf("sign-in with %.40q: %d", form.Encode(), got.status)
			}
		}
	}
}

// Headers and bodies that no browser sends break nothing either.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	send := func(method, path, body string, header ...string) shown {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header[http.CanonicalHeaderKey(header[i])] = []string{header[i+1]}
		}
		return w.browse("").send(r)
	}
	send(http.MethodPost, "/sign-in", "trial=upper", "User-Agent", "\xff\xfe browser").want(200)
	send(http.MethodPost, "/sign-in", "trial=upper", "User-Agent", strings.Repeat("长", 5000)).want(200)
	send(http.MethodPost, "/sign-in", "trial=%zz").want(400, "无法读取")
	send(http.MethodPost, "/sign-in", "trial=upper", "Content-Type", "text/plain").want(422)
	send(http.MethodPost, "/sign-in", strings.Repeat("x", 2<<20)).want(400, "无法读取")
	send(http.MethodPost, "/sign-in", "x", "Content-Type", "multipart/form-data; boundary=x").want(400, "无法读取")
	send(http.MethodGet, "/desk", "", "Cookie", "session=\xff; language=\xff; known=.").want(200)
	send(http.MethodGet, "/lookup/case", "", "Cookie", "receipt="+strings.Repeat("A", 4000)).want(200)
	send(http.MethodGet, "/sign-in/provider/return?code=%00&state=%00", "", "Cookie", "handshake=e30").want(404) // no provider
	send(http.MethodGet, "/sign-in", "", "Accept-Language", strings.Repeat("zh-", 3000)).want(200)
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodTrace, http.MethodOptions, "X"} {
		send(method, "/desk", "").want(405)
	}

	// A form with files has its bound too.
	b := w.browse("supervisor")
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, err := parts.CreateFormFile("file", "a\x00.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(bytes.Repeat([]byte("a: b\n"), 400_000)); err != nil {
		t.Fatal(err)
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/admin/rules/draft/policy", &form)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", parts.FormDataContentType())
	b.send(r).want(400, "无法读取")
}

// Answers that are no pages have the headers of pages: redirects, tables, refusals at the
// door; and none may be stored. Behind a proxy that ends TLS each cookie is for TLS alone.
func TestHeadersOfEveryKind(t *testing.T) {
	t.Parallel()
	w := newSite(t, func(c *web.Config) { c.BehindProxy = true })
	b := w.browse("supervisor")
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, asked := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{http.MethodGet, "/", 303, "text/html"},
		{http.MethodHead, "/desk", 200, "text/html"},
		{http.MethodGet, "/cases.csv", 200, "text/csv"},
		{http.MethodGet, "/cases.csv?lamp=blue", 422, "text/html"},
		{http.MethodGet, "/figures/files/none.csv", 404, "text/html"},
		{http.MethodGet, "/sign-in/provider", 404, "text/html"},
		{http.MethodGet, "/lookup/case", 303, "text/html"},
		{http.MethodDelete, "/desk", 405, "text/html"},
		{http.MethodPost, "/language", 303, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), asked.method, w.url+asked.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		got := b.send(r)
		if got.status != asked.status || !strings.HasPrefix(got.header.Get("Content-Type"), asked.kind) {
			t.Errorf("%s %s: %d %s", asked.method, asked.path, got.status, got.header.Get("Content-Type"))
		}
	}
	if got := b.post("/desk", nil, "Origin", "https://evil.example"); got.status != 403 {
		t.Errorf("from elsewhere: %d", got.status)
	}

	for path, form := range map[string]url.Values{
		"/sign-in": {"trial": {"upper"}}, "/sign-out": {}, "/language": {"to": {"en"}}, "/lookup/end": {},
	} {
		got := w.browse("")
		got.http.CheckRedirect = b.http.CheckRedirect
		answer := got.post(path, form, "X-Forwarded-Proto", "https")
		cookies := answer.header.Values("Set-Cookie")
		if len(cookies) == 0 {
			t.Errorf("%s sets no cookie", path)
		}
		for _, cookie := range cookies {
			if !strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "; HttpOnly") || !strings.Contains(cookie, "; SameSite=") || strings.Contains(cookie, "Domain=") {
				t.Errorf("%s: %s", path, cookie)
			}
		}
		if answer.header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no Strict-Transport-Security", path)
		}
	}
	if err := w.auth.SetPassword(t.Context(), "upper", "a long password"); err != nil {
		t.Fatal(err)
	}
	known := w.browse("")
	known.http.CheckRedirect = b.http.CheckRedirect
	if cookies := known.post("/sign-in", url.Values{"account": {"upper"}, "password": {"a long password"}}, "X-Forwarded-Proto", "https").header.Values("Set-Cookie"); len(cookies) != 3 || !strings.HasPrefix(cookies[1], "__Host-author=") || !strings.HasPrefix(cookies[2], "__Host-known=") || !strings.Contains(cookies[2], "; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Strict") {
		t.Errorf("%q", cookies)
	}

	// Whoever is sent on stays here.
	for _, foreign := range []string{"//evil.example", "/\\evil.example", "https:evil.example", "/%0d%0aLocation:evil", "/%5cevil.example", "/.//evil.example", "/..//evil.example", "/\x00", "/" + strings.Repeat("x", 5000), "javascript:alert(1)", " //evil.example", "/%2f/evil.example"} {
		for path, form := range map[string]url.Values{"/language": {"back": {foreign}}, "/sign-in": {"trial": {"upper"}, "next": {foreign}}} {
			answer := w.browse("")
			answer.http.CheckRedirect = b.http.CheckRedirect
			at, err := url.Parse(answer.post(path, form).header.Get("Location"))
			if err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(at.Path, "/") || strings.HasPrefix(at.Path, "//") && at.RawPath == "" || len(at.Path) > 4000 {
				t.Errorf("%s with %.30q leads to %s, %v", path, foreign, at, err)
			}
		}
	}
}
