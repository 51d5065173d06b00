package web_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"shuangze/auth"
	"shuangze/web"
)

// identity is a real OpenID Connect provider with a sign-in page of its own, and a site
// that trusts it.
type identity struct {
	*site
	provider string
	away     atomic.Bool
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	p := &identity{}
	p.away.Store(true)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.provider = server.URL
	trusted := &auth.Provider{Issuer: server.URL, ClientID: "shuangze", ClientSecret: "its secret", Name: "市统一身份平台"}
	p.site = newSite(t, func(c *web.Config) { c.Provider, c.Trial = trusted, false })
	trusted.Return = p.url + "/sign-in/provider/return"

	users := map[string]storage.User{}
	for _, id := range []string{"upper", "stranger"} {
		users[id] = storage.User{ID: id, Username: id, Password: "secret " + id}
	}
	b, err := json.Marshal(users)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "users.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := storage.StoreFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	handler = exampleop.SetupServer(server.URL, storage.NewStorageWithClients(known, map[string]*storage.Client{
		"shuangze": storage.WebClient("shuangze", "its secret", trusted.Return),
	}), slog.New(slog.DiscardHandler), false)
	return p
}

// through is where the provider sends a browser back to, once somebody has signed in there.
func (p *identity) through(b *browser, who string) string {
	p.t.Helper()
	res, err := b.http.Get(p.url + "/sign-in/provider?next=/cases")
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	id := res.Request.URL.Query().Get("authRequestID")
	if !strings.HasPrefix(res.Request.URL.String(), p.provider) || id == "" {
		p.t.Fatalf("sent to %s", res.Request.URL)
	}
	var back string
	b.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if back = r.URL.String(); strings.HasPrefix(back, p.url) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { b.http.CheckRedirect = nil }()
	res, err = b.http.PostForm(p.provider+"/login/username", url.Values{"id": {id}, "username": {who}, "password": {"secret " + who}})
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	return strings.TrimPrefix(back, p.url)
}

// An official signs in at the identity provider's own page, in a real browser. That the
// provider was away before, costs nothing.
func TestSignInByProvider(t *testing.T) {
	p := newIdentity(t)
	b := p.browse("")
	b.get("/sign-in/provider").want(502, "身份平台没有应答")
	p.away.Store(false)

	chrome := openChrome(t, 375, 812)
	var at, head string
	chrome.run(chromedp.Navigate(p.url+"/cases?lamp=red"), chromedp.Click(`.provider a`, chromedp.ByQuery),
		chromedp.SendKeys(`input[name="username"]`, "upper", chromedp.ByQuery), chromedp.SendKeys(`input[name="password"]`, "secret upper\r", chromedp.ByQuery),
		chromedp.WaitVisible(`nav`, chromedp.ByQuery), chromedp.Location(&at), chromedp.Text(`.tools`, &head, chromedp.ByQuery))
	if at != p.url+"/cases?lamp=red" || !strings.Contains(head, "何甲") {
		t.Errorf("ended up at %s as %q", at, head)
	}

	// Whoever typed when their session ended signs in on another page and goes on.
	id := p.register(title)
	p.do("upper", id, "acknowledge", nil)
	form := "/cases/" + id + "/do/act"
	page := b.post(form, url.Values{"text": {"写了很久"}}).want(401, "市统一身份平台", `target="_blank"`)
	_, again, _ := strings.Cut(page.body, `class="provider"`)
	page.body = again
	typed := page.form("/sign-in", url.Values{"continue": {"yes"}})
	b.post("/sign-in", typed).want(422, "您还没有在另一页登录", "写了很久")
	if got := b.get(p.through(b, "upper")).want(200); got.at != "/cases" {
		t.Errorf("ended up at %s", got.at)
	}
	b.post("/sign-in", typed).want(200, "已重新登录", "写了很久")

	back := p.through(b, "upper")
	p.away.Store(true) // while they were there
	b.get(back).want(502, "身份平台没有应答")
}

func TestNotVouched(t *testing.T) {
	p := newIdentity(t)
	p.away.Store(false)
	for name, test := range map[string]struct {
		who  string
		turn func(back *url.URL) string
		want string
	}{
		"unknown here":    {"stranger", (*url.URL).String, "名录中没有您"},
		"another state":   {"upper", func(u *url.URL) string { return u.Path + "?code=" + u.Query().Get("code") + "&state=other" }, "未能通过身份平台登录"},
		"a made-up code":  {"upper", func(u *url.URL) string { return u.Path + "?code=other&state=" + u.Query().Get("state") }, "未能通过身份平台登录"},
		"cancelled there": {"upper", func(u *url.URL) string { return u.Path + "?error=access_denied&state=" + u.Query().Get("state") }, "未能通过身份平台登录"},
		"nothing at all":  {"upper", func(u *url.URL) string { return u.Path }, "未能通过身份平台登录"},
	} {
		b := p.browse("")
		back, err := url.Parse(p.through(b, test.who))
		if err != nil {
			t.Fatal(err)
		}
		if got := b.get(test.turn(back)); got.status != 403 || !strings.Contains(got.body, test.want) {
			t.Errorf("%s: %d %s", name, got.status, got.text())
		}
		b.get(back.String()).want(403) // what failed, and what was used, is good for nothing more
		if got := b.get("/desk"); !strings.HasPrefix(got.at, "/sign-in") {
			t.Errorf("%s: signed in all the same", name)
		}
	}

	// Somebody else's way back signs nobody in: it belongs to the browser that began it.
	mine, theirs := p.browse(""), p.browse("")
	back := p.through(theirs, "upper")
	p.through(mine, "upper")
	mine.get(back).want(403, "未能通过身份平台登录")
	theirs.get(back).want(200)
	theirs.get(back).want(403) // once
}
