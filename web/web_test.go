package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"shuangze/web"
)

const title = "甲县：关于农业补贴发放错误并要求补发、追究有关人员责任的信访事项（第二次来访）"

// A case goes from the leaders' acknowledgement to the signed opinion by pages alone.
func TestMainWay(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	at := "/cases/" + id
	do := func(official, command string, typed url.Values) {
		t.Helper()
		b := w.browse(official)
		form := b.get(at + "/do/" + command).want(200)
		got := b.post(at+"/do/"+command, form.form(at+"/do/"+command, typed)).want(200)
		if got.at != at+"?done="+command {
			t.Fatalf("%s %s: ended up at %s: %s", official, command, got.at, got.text())
		}
	}
	upper := w.browse("upper")
	upper.get("/desk").want(200, title, longName, at+"/do/acknowledge", "签收", "剩余3天", "2026年9月4日 周五")
	for _, leader := range []string{"upper", "lower"} {
		do(leader, "acknowledge", nil)
	}
	do("officer", "accept", url.Values{"text": {"予以受理"}})
	do("officer", "opine", url.Values{"result": {"support"}, "days": {"30"}, "text": {"经查，补贴确有错发。\n\n予以补发。"}})
	upper.get(at+"/do/sign").want(409, "现在不能进行") // the lower leader signs first
	upper.get("/desk").want(200, "没有需要您办理的事项")
	lower := w.browse("lower")
	page := lower.get(at+"/do/sign").want(200, "经查，补贴确有错发。\n\n予以补发。", "您签批的就是以上结论和全文")
	form := page.form(at+"/do/sign", nil)
	if len(form.Get("hash")) != 64 || form.Get("key") == "" {
		t.Fatalf("%v", form)
	}
	// Ten clicks at once, and the page's form again after the answer, are one signature.
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { lower.post(at+"/do/sign", form).want(200, "已完成：签批") })
	}
	all.Wait()
	lower.post(at+"/do/sign", form).want(200, "已完成：签批")
	if n := w.count(id, "signed"); n != 1 {
		t.Errorf("%d signatures", n)
	}
	// Whoever comes back to the form, is told; with a new key too.
	lower.get(at+"/do/sign").want(409, "这一操作现在不能进行", "查看该事项")
	lower.post(at+"/do/sign", url.Values{"key": {"another"}, "hash": form["hash"]}).want(409, "您已签批这一版处理意见")
	do("upper", "sign", nil)
	do("officer", "serve", url.Values{"means": {"direct"}})
	w.browse("clerk").get(at).want(200, "已送达，待结案", "贺某某", "经查，补贴确有错发。", "支持诉求", "何甲", "马己", "直接送达（当面）", "剩余")
	w.browse("outsider").get(at).want(404, "没有这个信访事项")
	w.browse("outsider").get("/cases").want(200, "还没有您可以查看的事项")
}

// What is wrong stands beside its field, and what was typed is still there.
func TestFieldErrors(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	at := "/cases/" + w.register(title)
	b := w.browse("supervisor")
	path := at + "/do/hand_over"
	typed := url.Values{"from": {"lower"}, "reason": {"transfer"}, "on": {"gestern"}, "text": {"因<b>工作</b>调动\n\"移交\""}}
	got := b.post(path, b.get(path).want(200).form(path, typed)).want(422,
		`id="to-wrong"`, `id="on-wrong"`, "应为日期", `aria-invalid="true"`, `<a href="#to">`, `value="lower" checked`, `value="transfer" checked`, "因&lt;b&gt;工作&lt;/b&gt;调动\n&#34;移交&#34;")
	if strings.Contains(got.body, `action="/language"`) {
		t.Error("a change of language would lose what was typed")
	}
	b.post(at+"/do/supervise", url.Values{"reason": {"overdue"}, "days": {"viele"}, "text": {"请办理"}}).want(422, `id="days-wrong"`, "应为整数", `value="viele"`)
	b.get(at + "/do/register").want(404)
	b.get(at + "/do/nonsense").want(404)
	b.get("/cases/none/do/sign").want(404)
	b.get("/nowhere").want(404, "没有这个页面")
	w.browse("officer").post(at+"/do/assign", nil).want(403)
}

// A session that ends while somebody types costs them nothing.
func TestSessionEndsWhileTyping(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	at := "/cases/" + id + "/do/report"
	b := w.browse("officer")
	form := b.get(at).want(200).form(at, url.Values{"text": {"写了很久的\n一段<话>"}})
	if err := w.auth.SignOut(t.Context(), "officer", ""); err != nil {
		t.Fatal(err)
	}
	signIn := b.post(at, form).want(401, "登录已过期", "您填写的内容已保留")
	if n := w.count(id, "reported"); n != 0 {
		t.Fatal("it was carried out for nobody")
	}
	again := signIn.form("/sign-in", url.Values{"account": {"officer"}, "password": {"wrong password"}})
	signIn = b.post("/sign-in", again).want(422, "账号或口令不正确")
	again = signIn.form("/sign-in", url.Values{"trial": {"officer"}})
	back := b.post("/sign-in", again).want(200, "已重新登录", "写了很久的\n一段&lt;话&gt;")
	form = back.form(at, url.Values{"text": {"写了很久的\n一段<话>"}})
	b.post(at, form).want(200, "已完成：报告进展", "一段&lt;话&gt;")
	if n := w.count(id, "reported"); n != 1 {
		t.Errorf("%d reports", n)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newSite(t, func(c *web.Config) { c.Trial = false })
	const password = "一句很长的口令 abc"
	if err := w.auth.SetPassword(t.Context(), "upper", password); err != nil {
		t.Fatal(err)
	}
	b := w.browse("")
	page := b.get("/cases?lamp=red").want(200, "登录")
	if strings.Contains(page.body, "示例账号") {
		t.Error("only a trial offers accounts")
	}
	b.post("/sign-in", url.Values{"trial": {"upper"}}).want(422)
	got := b.post("/sign-in", page.form("/sign-in", url.Values{"account": {"upper"}, "password": {"not it at all"}})).want(422, `value="upper"`, "账号或口令不正确")
	if strings.Contains(got.body, "not it at all") {
		t.Error("the password is shown")
	}
	got = b.post("/sign-in", got.form("/sign-in", url.Values{"account": {" upper "}, "password": {password}})).want(200)
	if got.at != "/cases?lamp=red" {
		t.Errorf("ended up at %s", got.at)
	}
	for _, foreign := range []string{"//evil.example/", "https://evil.example/", `/\evil.example`, "javascript:alert(1)", "evil", "/\t/evil.example"} {
		if got := w.browse("").post("/sign-in", url.Values{"account": {"upper"}, "password": {password}, "next": {foreign}}).want(200); got.at != "/desk" {
			t.Errorf("%q leads to %s", foreign, got.at)
		}
	}
	account := b.get("/account").want(200, "何甲", "当前")
	if n := strings.Count(account.body, "令其退出"); n != 6 {
		t.Errorf("%d other sessions", n)
	}
	b.post("/account/password", url.Values{"old": {"wrong"}, "new": {"short"}, "again": {"other"}}).want(422, "现用口令不正确", "两次输入不一致")
	b.post("/account/password", url.Values{"old": {password}, "new": {"short"}, "again": {"short"}}).want(422, "口令应为10至200个字符")
	b.post("/account/password", url.Values{"old": {password}, "new": {"a new password"}, "again": {"a new password"}}).want(200, "口令已更改")
	if got := b.get("/desk"); !strings.HasPrefix(got.at, "/sign-in") {
		t.Errorf("still signed in at %s", got.at)
	}
	b.post("/sign-in", url.Values{"account": {"upper"}, "password": {"a new password"}}).want(200)
	if got := b.post("/account/sessions", url.Values{"session": {"all"}}); got.at != "/sign-in" {
		t.Errorf("%s", got.at)
	}
	stranger := w.browse("")
	for _, account := range []string{"upper", "nobody"} { // what is said doesn't tell them from each other
		for range 5 {
			stranger.post("/sign-in", url.Values{"account": {account}, "password": {"guess guess guess"}}).want(422, "账号或口令不正确")
		}
		got := stranger.post("/sign-in", url.Values{"account": {account}, "password": {"a new password"}}).want(422, "账号暂停登录至")
		if got.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", account)
		}
	}
	// Where the account has signed in before it still does.
	b.post("/sign-in", url.Values{"account": {"upper"}, "password": {"a new password"}}).want(200, "待办")

	// The old password is no easier to guess at a session that was left open.
	for range 4 { // after the one above
		b.post("/account/password", url.Values{"old": {"guess guess guess"}, "new": {"another password"}, "again": {"another password"}}).want(422, "现用口令不正确")
	}
	if got := b.post("/account/password", url.Values{"old": {"a new password"}, "new": {"another password"}, "again": {"another password"}}).want(422, "口令连续输错"); got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// Each sign-in begins a session of its own, whatever the browser brought along; the one
// before ends.
func TestSessionFixation(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("upper")
	at, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	session := func() string {
		for _, c := range b.http.Jar.Cookies(at) {
			if c.Name == "session" {
				return c.Value
			}
		}
		return ""
	}
	planted := session()
	b.post("/sign-in", url.Values{"trial": {"lower"}}).want(200)
	if session() == planted {
		t.Error("the session was taken over")
	}
	thief := w.browse("")
	thief.http.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: planted}})
	if got := thief.get("/desk"); !strings.HasPrefix(got.at, "/sign-in") {
		t.Error("the session before goes on")
	}
	mine := session()
	b.post("/sign-out", nil).want(200)
	thief.http.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: mine}})
	if got := thief.get("/desk"); !strings.HasPrefix(got.at, "/sign-in") {
		t.Error("the session goes on after signing out")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newSite(t, func(c *web.Config) { c.BehindProxy = true })
	b := w.browse("upper")
	for _, path := range []string{"/desk", "/nowhere", "/assets/none"} { // the others stand in guarded
		got := b.get(path)
		if got.header.Get("Content-Type") != "text/html; charset=utf-8" || got.header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	page := b.get("/sign-in").body
	for _, asset := range []string{"app.css", "app.js"} {
		base, ext, _ := strings.Cut(asset, ".")
		_, rest, _ := strings.Cut(page, "/assets/"+base+".")
		for !strings.HasPrefix(rest[13:], ext) {
			_, rest, _ = strings.Cut(rest, "/assets/"+base+".")
		}
		got := b.get("/assets/" + base + "." + rest[:12] + "." + ext).want(200)
		if got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %v", asset, got.header)
		}
	}
	b.get("/assets/app.css").want(404)

	cookie := func(headers ...string) *http.Cookie {
		t.Helper()
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/sign-in", strings.NewReader("trial=upper"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if len(res.Cookies()) != 2 || !strings.HasSuffix(res.Cookies()[1].Name, "author") {
			t.Fatalf("%v", res.Header)
		}
		return res.Cookies()[0]
	}
	if c := cookie(); c.Name != "session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" {
		t.Errorf("%v", c)
	}
	if c := cookie("X-Forwarded-Proto", "https"); c.Name != "__Host-session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || !c.Secure || c.Path != "/" {
		t.Errorf("%v", c)
	}
}

// Another site can't act for whoever is signed in here.
func TestForeignOrigin(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	b := w.browse("upper")
	at := "/cases/" + id + "/do/acknowledge"
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		b.post(at, url.Values{"key": {"k"}}, header...).want(403, "请求来自其他网站")
	}
	if n := w.count(id, "acknowledged"); n != 0 {
		t.Error("carried out all the same")
	}
	b.post(at, url.Values{"key": {"k"}}, "Sec-Fetch-Site", "same-origin").want(200, "已完成：签收")
}

// Every page is there in both languages, and one language at a time.
func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	at := "/cases/" + w.register(title)
	b := w.browse("supervisor")
	pages := []string{"/desk", "/cases/new", at + "/receipt", "/cases", "/cases?q=nothing", "/cases?lamp=blue", "/account", "/deadline", "/deadline?rule=HANDLE&from=2026-09-01", "/deadline?rule=NONE&from=x", at, at + "/clocks/DUAL-ACK%2Fupper", at + "/clocks/NONE", "/nowhere"}
	for _, c := range []string{"supervise", "urge", "hand_over", "divert", "decline", "receive", "join", "link", "suggest", "submit", "mediate", "enlist", "mark_urgent"} {
		pages = append(pages, at+"/do/"+c)
	}
	for _, path := range pages {
		if got := b.get(path); !strings.Contains(got.body, `<html lang="zh-CN">`) || got.header.Get("Content-Language") != "zh-CN" || !strings.Contains(got.body, "退出") {
			t.Errorf("%s is not Chinese", path)
		}
	}
	b.get("/deadline?rule=HANDLE&from=2026-09-01").want(200, "2026年10月31日 周六")
	b.get("/deadline?rule=NONE&from=x").want(422, `id="rule-wrong"`, `id="from-wrong"`)
	b.get("/cases?lamp=blue").want(422, "查询条件需要更正")
	b.get("/cases?q=nothing").want(200, "没有符合条件的事项")
	b.get(at+"/clocks/DUAL-ACK%2Fupper").want(200, "包案领导签收", "何甲", "起算")
	b.get(at + "/clocks/NONE").want(404)
	if got := b.post("/language", url.Values{"to": {"en"}, "back": {"/cases?lamp=green"}}).want(200); got.at != "/cases?lamp=green" {
		t.Errorf("back at %s", got.at)
	}
	for _, path := range pages {
		if got := b.get(path); !strings.Contains(got.body, `<html lang="en">`) || got.header.Get("Content-Language") != "en" || !strings.Contains(got.body, "Sign out") || strings.Contains(got.body, "退出") {
			t.Errorf("%s is not English", path)
		}
	}
	b.get(at).want(200, "the two leaders", "days left", "Tue 15 Sep 2026")
}

// Nobody's name stands in an address or in a page's title.
func TestTitles(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	at := "/cases/" + w.register("贺某某反映的问题")
	b := w.browse("clerk")
	for _, path := range []string{at, at + "/do/link", at + "/clocks/REG-FORWARD", "/desk", "/cases"} {
		_, rest, _ := strings.Cut(b.get(path).body, "<title>")
		if head, _, _ := strings.Cut(rest, "</title>"); strings.Contains(head, "贺某某") || head == "" {
			t.Errorf("%s: %s", path, head)
		}
	}
}

// A deputy is shown whom they act for, and both are on record.
func TestDeputy(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	w.give("lower", "/leaves", map[string]any{"official": "lower", "deputy": "deputy", "from": "2026-09-01", "until": "2026-09-10", "reason": "holiday"}, nil)
	b := w.browse("deputy")
	at := "/cases/" + id + "/do/acknowledge"
	b.get("/desk").want(200, "代 马己", at+"?for=lower")
	page := b.get(at+"?for=lower").want(200, "您作为代理人", "马己")
	b.post(at, page.form(at, nil)).want(200, "已完成：签收", "施癸", "（代马己）")
}

// An account whose session has run out is asked to sign in, and comes back.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("upper")
	w.auth.Now = func() time.Time { return time.Now().Add(13 * time.Hour) }
	if got := b.get("/cases"); got.at != "/sign-in?next=%2Fcases" {
		t.Errorf("at %s", got.at)
	}
}

// Who doesn't agree returns the opinion on the page on which it is signed; the next version
// shows what was changed.
func TestReturnedOpinion(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	at := "/cases/" + id + "/do/"
	w.do("upper", id, "acknowledge", nil)
	w.do("lower", id, "acknowledge", nil)
	w.do("officer", id, "accept", map[string]any{"text": "予以受理"})
	w.do("officer", id, "opine", map[string]any{"result": "support", "days": 30, "text": "经查，补贴错发三百元。\n\n予以补发。"})
	lower := w.browse("lower")
	page := lower.get(at+"sign").want(200, "不同意？", `action="`+at+`return"`)
	if strings.Contains(page.body, "<details class=\"changes\"") {
		t.Error("there is no earlier version")
	}
	lower.post(at+"return", page.form(at+"return", url.Values{"text": {""}})).want(422, `id="text-wrong"`, "经查，补贴错发三百元。")
	lower.post(at+"return", page.form(at+"return", url.Values{"text": {"金额须核对"}})).want(200, "已完成：退回")
	w.do("officer", id, "opine", map[string]any{"result": "support", "days": 30, "text": "经查，补贴错发五百元。\n\n予以补发。"})
	lower.get(at+"sign").want(200, "与第1稿相比", "补贴错发<del>三</del><ins>五</ins>百元", "经查，补贴错发五百元。\n\n予以补发。")
	// The same words under another outcome are another opinion.
	read := lower.get(at+"sign").form(at+"sign", nil)
	w.do("officer", id, "opine", map[string]any{"result": "reject", "text": "经查，补贴错发五百元。\n\n予以补发。"})
	lower.post(at+"sign", read).want(409, "不是处理意见书的当前版本", "结论：不予支持", "结论有改动：原为支持诉求，30日内履行，现为不予支持。")
	lower.get("/cases/"+id).want(200, "文书", `/events/`, "《信访工作条例》")
}
