package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"shuangze/store"
	"shuangze/web"
)

func between(s, before, after string) string {
	_, rest, _ := strings.Cut(s, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

// A temporary password is shown once and opens nothing but the page where it is changed.
func TestTemporaryPassword(t *testing.T) {
	t.Parallel()
	w := newSite(t, func(c *web.Config) { c.Trial = false })
	if err := w.auth.SetPassword(t.Context(), "admin", "a long password"); err != nil {
		t.Fatal(err)
	}
	signIn := func(who, password string) *browser {
		b := w.browse("")
		b.post("/sign-in", url.Values{"account": {who}, "password": {password}}).want(200)
		return b
	}
	admin := signIn("admin", "a long password")
	admin.get("/admin/accounts").want(200, "何甲", "无口令", "设临时口令")
	set := admin.post("/admin/accounts/upper/password", nil).want(200, "只显示这一次", "何甲")
	password := between(set.body, `aria-labelledby="secret-name">`, "<")
	admin.get("/admin/accounts?q=何甲").want(200, "临时口令", "尚未用口令登录")
	admin.get("/admin/accounts?q=nobody").want(200, "没有符合条件的账号")
	upper := signIn("upper", password)
	for _, path := range []string{"/desk", "/cases", "/admin/leaves"} {
		if got := upper.get(path).want(200, "您用的是临时口令"); got.at != "/account" {
			t.Errorf("%s leads to %s", path, got.at)
		}
	}
	upper.post("/account/password", url.Values{"old": {password}, "new": {"one of my own"}, "again": {"one of my own"}}).want(200, "口令已更改")
	upper = signIn("upper", "one of my own")
	if got := upper.get("/desk").want(200); got.at != "/desk" {
		t.Errorf("at %s", got.at)
	}
	admin.post("/admin/accounts/upper/sign-out", nil).want(200, "已在所有地方退出登录")
	if got := upper.get("/desk"); !strings.HasPrefix(got.at, "/sign-in") {
		t.Errorf("still signed in at %s", got.at)
	}
	admin.post("/admin/accounts/none/password", nil).want(404)
	for range 5 {
		w.browse("").post("/sign-in", url.Values{"account": {"upper"}, "password": {"wrong wrong wrong"}})
	}
	admin.get("/admin/accounts?q=upper").want(200, "暂停至")
}

func TestTokenPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("admin")
	b.get("/admin/tokens").want(200, "还没有签发过令牌")
	form := b.get("/admin/tokens/new").want(200).form("/admin/tokens/new", url.Values{"days": {"9999"}})
	b.post("/admin/tokens/new", form).want(422, "此项必填", "应为1至366日", `value="9999"`)
	form.Set("official", "upper")
	form.Set("days", "30")
	issued := b.post("/admin/tokens/new", form).want(200, "只显示这一次", "何甲")
	secret := between(issued.body, `aria-labelledby="secret-name">`, "<")
	if !strings.HasPrefix(secret, "sz_") {
		t.Fatalf("%q", secret)
	}
	list := b.get("/admin/tokens").want(200, "有效", "何甲")
	if strings.Contains(list.body, secret) {
		t.Error("the list shows a token")
	}
	id := between(list.body, `action="/admin/tokens/`, "/revoke")
	w.browse("auditor").post("/admin/tokens/"+id+"/revoke", nil).want(403)
	b.post("/admin/tokens/"+id+"/revoke", nil).want(200, "令牌已吊销", "已吊销")
	if got := w.browse("auditor").get("/admin/tokens").want(200, "已吊销"); strings.Contains(got.body, "签发令牌") {
		t.Error("the auditor is offered to issue tokens")
	}
	w.browse("supervisor").get("/admin/tokens").want(403)
	w.browse("supervisor").get("/admin/accounts").want(403)
}

// A channel is added, tested against a receiver on this machine, and removed, in a real
// browser.
func TestAdministratorTestsChannel(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	var status, got atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "shuangze.test") {
			got.Add(1)
		}
		rw.WriteHeader(int(status.Load()))
	}))
	t.Cleanup(receiver.Close)
	b := openChrome(t, 375, 812)
	b.signIn(w, "admin")
	var secret, text string
	b.run(chromedp.Navigate(w.url+"/admin/channels"), chromedp.WaitVisible(`.empty`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Navigate(w.url+"/admin/channels/new"), chromedp.WaitVisible(`#url`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`input[value="webhook"]`, chromedp.ByQuery), chromedp.SetValue(`#url`, receiver.URL+"/nobody-knows", chromedp.ByQuery), chromedp.SetValue(`#name`, "办公系统", chromedp.ByQuery),
		chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.secret code`, chromedp.ByQuery), chromedp.Text(`.secret code`, &secret, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Navigate(w.url+"/admin/channels"), chromedp.Click(`form[action$="/test"] button`, chromedp.ByQuery), chromedp.WaitVisible(`.errors`, chromedp.ByQuery), chromedp.Text(`.errors`, &text, chromedp.ByQuery))
	if !strings.HasPrefix(secret, "whsec_") || !strings.Contains(text, "没有送达") || !strings.Contains(text, "503") {
		t.Errorf("secret %q, text %q", secret, text)
	}
	status.Store(http.StatusOK)
	b.run(chromedp.Click(`form[action$="/test"] button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &text, chromedp.ByQuery))
	b.fits()
	if text != "办公系统：测试消息已送达。" || got.Load() != 2 {
		t.Errorf("text %q, %d messages", text, got.Load())
	}
	admin := w.browse("admin")
	list := admin.get("/admin/channels").want(200, "办公系统", "网络钩子", "正常")
	if strings.Contains(list.body, "nobody-knows") || strings.Contains(list.body, secret) {
		t.Error("the list shows too much")
	}
	id := between(list.body, `action="/admin/channels/`, "/test")
	admin.post("/admin/channels/"+id+"/rotate", nil).want(200, "whsec_", "新旧密钥同时签名")
	admin.get("/admin/channels").want(200, "旧密钥同时签名至")
	b.run(chromedp.Navigate(w.url+"/admin/channels"), chromedp.Click(`form[action$="/remove"] button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery))
	if !strings.Contains(b.asked, "删除") {
		t.Errorf("asked %q", b.asked)
	}
	form := admin.get("/admin/channels/new").form("/admin/channels/new", url.Values{"kind": {"lark"}, "url": {"ftp://x"}})
	admin.post("/admin/channels/new", form).want(422, "应为 http 或 https 地址", `value="ftp://x"`)
	form.Set("url", receiver.URL)
	form.Set("secret", "x")
	admin.post("/admin/channels/new", form).want(200, "已新增", "飞书群机器人")
	id = between(admin.get("/admin/channels").body, `action="/admin/channels/`, "/test")
	again := admin.post("/admin/channels/"+id+"/rotate", nil).want(200, "平台给出的新密钥")
	admin.post("/admin/channels/"+id+"/rotate", again.form("/admin/channels/"+id+"/rotate", url.Values{"secret": {""}})).want(422, "此项必填")
	admin.post("/admin/channels/"+id+"/rotate", url.Values{"secret": {"y"}}).want(200, "已保存")
	for _, who := range []string{"auditor", "supervisor"} {
		w.browse(who).get("/admin/channels").want(403)
	}
}

func TestEnginePage(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	w.browse("admin").get("/admin/engine").want(200, "还没有核验过", "Postgres", "补漏", "投递通知")
	w.browse("auditor").get("/admin/engine").want(200)
	w.browse("supervisor").get("/admin/engine").want(403)

	now, err := w.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := now.Add(-27 * time.Hour)
	for _, err := range []error{
		w.store.NoteDifferences(t.Context(), store.Difference{Case: "c-bad", Place: "workflow"}, store.Difference{Place: "store", About: "register p-xf 2026"}),
		w.store.SaveVerification(t.Context(), store.Verification{Run: "night", BeganAt: ended, EndedAt: ended, Cases: 7, Differences: 2}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got := w.browse("admin").get("/admin/engine").want(200, "2 处不一致", "核验已逾期", "c-bad", "register p-xf 2026", "每日核验")
	if !strings.Contains(got.body, `lamp-red`) {
		t.Error("not in red")
	}
}

func TestAuditPage(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	w.browse("admin").post("/admin/accounts/upper/sign-out", nil).want(200)
	got := w.browse("auditor").get("/admin/audit").want(200, "登记", "转送", "葛癸", "令其全部退出", "何甲 upper")
	if strings.Contains(got.body, "补贴") || strings.Contains(got.body, "贺某某") {
		t.Error("a title or a petitioner")
	}
	if got := w.browse("admin").get("/admin/audit").want(200, "令其全部退出"); strings.Contains(got.body, "转送") {
		t.Error("the administrator sees what was done in cases")
	}
	w.browse("auditor").get("/admin/audit?official=clerk&source=cases&from=2026-09-01&until=2026-09-01").want(200, "登记")
	// One kind of act alone, kept in the address, whatever is asked for next.
	only := w.browse("auditor").get("/admin/audit?what=forwarded").want(200, `value="forwarded" selected`, `<optgroup label="系统管理"`)
	if _, list, _ := strings.Cut(only.body, "<tbody>"); !strings.Contains(list, "转送") || strings.Contains(list, "登记") || strings.Contains(list, "令其全部退出") {
		t.Errorf("only what was forwarded: %s", only.text())
	}
	w.browse("auditor").get("/admin/audit?what=closed").want(200, `value="closed" selected`, "没有符合条件的记录")
	if got := w.browse("admin").get("/admin/audit?what=signed_out").want(200, `value="signed_out" selected`, "何甲 upper"); strings.Contains(got.body, `value="forwarded"`) || strings.Contains(got.body, `value="exported"`) {
		t.Error("the administrator is offered what is done in cases")
	}
	for i := range 51 {
		if err := w.store.EndSession(t.Context(), "nobody", "none", &store.Administered{At: begin.Add(time.Duration(i) * time.Second), By: "admin", Act: store.TokenIssued, Subject: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	first := w.browse("admin").get("/admin/audit?what=token_issued").want(200)
	next := regexp.MustCompile(`href="(/admin/audit\?cursor=[^"]*)" rel="next"`).FindStringSubmatch(first.body)
	if len(next) == 0 || strings.Count(first.body, "<td>签发令牌</td>") != 50 {
		t.Fatalf("the first page: %s", first.text())
	}
	if second := w.browse("admin").get(html.UnescapeString(next[1])).want(200, `value="token_issued" selected`); strings.Count(second.body, "<td>签发令牌</td>") != 1 {
		t.Errorf("the second page: %s", second.text())
	}
	w.browse("auditor").get("/admin/audit?until=2026-01-01").want(200, "没有符合条件的记录")
	w.browse("auditor").get("/admin/audit?from=x").want(422)
	w.browse("supervisor").get("/admin/audit").want(403)
}

// What was typed in a form of the administration outlives an ended session.
func TestAdministrationFormsSurvive(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("admin")
	form := b.get("/admin/units/new").want(200).form("/admin/units/new", url.Values{"code": {"a-jy"}, "name": {"甲县教育局"}, "kind": {"department"}, "level": {"section"}, "parent": {"a"}})
	if err := w.auth.SignOut(t.Context(), "admin", ""); err != nil {
		t.Fatal(err)
	}
	signIn := b.post("/admin/units/new", form).want(401, "登录已过期")
	back := b.post("/sign-in", signIn.form("/sign-in", url.Values{"trial": {"admin"}})).want(200, "已重新登录", `value="甲县教育局"`)
	form = back.form("/admin/units/new", form)
	b.post("/admin/units/new", form).want(200, "已新增", "甲县教育局")
}

// Every page of the administration is there in both languages, one at a time, and small.
func TestLanguagesOfAdministration(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.give("supervisor", "/leaves", map[string]any{"official": "lower", "deputy": "deputy", "from": "2026-09-01", "until": "2026-09-10", "reason": "holiday"}, nil)
	b := w.browse("admin")
	for _, l := range []string{"zh", "en"} {
		b.post("/language", url.Values{"to": {l}}).want(200)
		for _, path := range []string{
			"/admin/directory", "/admin/directory?unit=a", "/admin/directory?q=a", "/admin/units/new", "/admin/units/a", "/admin/officials/new", "/admin/officials/lower", "/admin/officials/lower/change",
			"/admin/leaves", "/admin/leaves/new", "/admin/accounts", "/admin/tokens", "/admin/tokens/new", "/admin/rules", "/admin/rules/draft/year", "/admin/rules/draft/policy", "/admin/channels", "/admin/channels/new", "/admin/engine", "/admin/audit",
		} {
			got := b.get(path).want(200)
			if len(got.body) > 100_000 || l == "en" && (strings.Contains(got.body, "退出") || strings.Contains(got.body, "查询")) || l == "zh" && strings.Contains(got.body, "Sign out") {
				t.Errorf("%s in %s: %d bytes, or another language", path, l, len(got.body))
			}
		}
	}
}
