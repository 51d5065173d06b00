package web_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"shuangze/auth"
	"shuangze/web"
)

// identity is a real OpenID Connect provider with a sign-in page of its own, and a site
// that trusts it.
type identity struct {
	*site
	provider string
	away     atomic.Bool
	keeps    atomic.Bool // it can't be told that somebody signs out

	mu   sync.Mutex
	left []string // who signed out there, at which client
}

// clients is the provider's memory, in which ours has a place to come back to after signing
// out: the example's clients have none.
type clients struct {
	*storage.Storage
	p    *identity
	home string
}

type leavable struct {
	op.Client
	home string
}

func (c leavable) PostLogoutRedirectURIs() []string { return []string{c.home} }

func (c clients) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	found, err := c.Storage.GetClientByClientID(ctx, id)
	return leavable{found, c.home}, err
}

func (c clients) TerminateSession(ctx context.Context, user, id string) error {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.left = append(c.p.left, user+"@"+id)
	return c.Storage.TerminateSession(ctx, user, id)
}

func (p *identity) gone() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.left)
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
		if p.keeps.Load() && r.URL.Path == "/.well-known/openid-configuration" {
			whole := httptest.NewRecorder()
			handler.ServeHTTP(whole, r)
			described := map[string]any{}
			if err := json.Unmarshal(whole.Body.Bytes(), &described); err != nil {
				t.Error(err)
			}
			delete(described, "end_session_endpoint")
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(described); err != nil {
				t.Error(err)
			}
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.provider = server.URL
	trusted := &auth.Provider{Issuer: server.URL, ClientID: "shuangze", ClientSecret: "its secret", Name: "市统一身份平台"}
	p.site = newSite(t, func(c *web.Config) { c.Provider, c.Trial = trusted, false })
	trusted.Return, trusted.Left = p.url+"/sign-in/provider/return", p.url+"/sign-in"

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
	handler = exampleop.SetupServer(server.URL, clients{storage.NewStorageWithClients(known, map[string]*storage.Client{
		"shuangze": storage.WebClient("shuangze", "its secret", trusted.Return),
	}), p, trusted.Left}, slog.New(slog.DiscardHandler), false)
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
	b.get(p.through(b, "upper")).want(200)
	if err := p.auth.SignOut(t.Context(), "upper", ""); err != nil {
		t.Fatal(err)
	}
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

// Whoever signed in by the provider signs out there too, in a real browser, and comes back;
// by the button in the head and everywhere at once.
func TestSignOutByProvider(t *testing.T) {
	p := newIdentity(t)
	p.away.Store(false)
	chrome := openChrome(t, 375, 812)
	for n, out := range []chromedp.Action{
		chromedp.Click(`form[action="/sign-out"] button`, chromedp.ByQuery),
		chromedp.Tasks{chromedp.Navigate(p.url + "/account"), chromedp.Click(`button[value="all"]`, chromedp.ByQuery)},
	} {
		var at string
		chrome.run(chromedp.Navigate(p.url+"/desk"), chromedp.Click(`.provider a`, chromedp.ByQuery),
			chromedp.SendKeys(`input[name="username"]`, "upper", chromedp.ByQuery), chromedp.SendKeys(`input[name="password"]`, "secret upper\r", chromedp.ByQuery),
			chromedp.WaitVisible(`nav`, chromedp.ByQuery), out, chromedp.WaitVisible(`#account`, chromedp.ByQuery), chromedp.Location(&at))
		if at != p.url+"/sign-in" || len(p.gone()) != n+1 || p.gone()[n] != "upper@shuangze" {
			t.Errorf("ended up at %s; signed out there: %q", at, p.gone())
		}
		// Going back shows nothing any more.
		var shown string
		chrome.run(chromedp.Navigate(p.url+"/desk"), chromedp.WaitVisible(`#account`, chromedp.ByQuery), chromedp.Text(`header`, &shown, chromedp.ByQuery))
		if strings.Contains(shown, "何甲") {
			t.Errorf("still there: %s", shown)
		}
	}

	// Here the session has ended before anything is asked of the provider.
	b := p.browse("")
	b.get(p.through(b, "upper")).want(200)
	p.away.Store(true)
	got := b.post("/sign-out", nil).want(200, "您已退出本系统", "正在退出", `http-equiv="refresh"`)
	if next := b.get("/desk"); !strings.HasPrefix(next.at, "/sign-in") {
		t.Errorf("still signed in at %s", next.at)
	}
	if !strings.Contains(got.body, "post_logout_redirect_uri="+url.QueryEscape(p.url+"/sign-in")) || !strings.Contains(got.body, "id_token_hint=") {
		t.Errorf("%s", got.body)
	}

	// The id token is not kept in clear, and no longer than the session.
	p.away.Store(false)
	b = p.browse("")
	b.get(p.through(b, "upper")).want(200)
	sessions, err := p.auth.Sessions(t.Context(), "upper")
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%+v, %v", sessions, err)
	}
	token, err := p.store.IDToken(t.Context(), sessions[0].ID)
	if err != nil || strings.Count(token, ".") != 2 {
		t.Errorf("%q, %v", token, err)
	}
	if raw := p.stored("SELECT * FROM sessions"); len(raw) < 100 || strings.Contains(raw, strings.Split(token, ".")[1]) || strings.Contains(raw, hex.EncodeToString([]byte(token))[:40]) {
		t.Errorf("in clear: %s", raw)
	}
	b.post("/sign-out", nil)
	if raw := p.stored("SELECT * FROM sessions"); raw != "" {
		t.Errorf("kept: %s", raw)
	}
}

// A provider that can't be told keeps people signed in, and the page says so; whoever signed
// in with a password has nothing to do with it.
func TestSignOutHereAlone(t *testing.T) {
	p := newIdentity(t)
	p.away.Store(false)
	p.keeps.Store(true)
	b := p.browse("")
	b.get(p.through(b, "upper")).want(200)
	got := b.post("/sign-out", nil).want(200, "您已退出本系统", "市统一身份平台", "可能仍处于登录状态")
	if strings.Contains(got.body, "refresh") || strings.Contains(got.body, "何甲") || len(p.gone()) != 0 {
		t.Errorf("%s", got.body)
	}
	if next := b.get("/desk"); !strings.HasPrefix(next.at, "/sign-in") {
		t.Errorf("still signed in at %s", next.at)
	}
	b.post("/language", url.Values{"to": {"en"}})
	b.get(p.through(b, "upper")).want(200)
	b.post("/account/sessions", url.Values{"session": {"all"}}).want(200, "You are signed out here", "may still be signed in")

	if err := p.auth.SetPassword(t.Context(), "upper", "a long password"); err != nil {
		t.Fatal(err)
	}
	b.post("/sign-in", url.Values{"account": {"upper"}, "password": {"a long password"}}).want(200)
	if got := b.post("/sign-out", nil).want(200); got.at != "/sign-in" {
		t.Errorf("ended up at %s", got.at)
	}
}
