package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"shuangze/web"
)

// served brings a case to a served opinion and gives its receipt out.
func (w *site) served(title string) (id, code, secret string) {
	w.t.Helper()
	id = w.register(title)
	var receipt struct{ Code, Secret string }
	w.give("clerk", "/cases/"+id+"/receipt", map[string]any{}, &receipt)
	w.do("officer", id, "accept", nil)
	for _, leader := range []string{"upper", "lower"} {
		w.do(leader, id, "acknowledge", nil)
	}
	var c struct {
		Opinion struct{ Hash string }
	}
	w.give("officer", "/cases/"+id+"/commands/opine", map[string]any{"result": "reject", "text": "秘密的意见全文"}, &c)
	for _, leader := range []string{"lower", "upper"} {
		w.do(leader, id, "sign", map[string]any{"hash": c.Opinion.Hash})
	}
	w.do("officer", id, "serve", map[string]any{"means": "direct"})
	return id, receipt.Code, receipt.Secret
}

// A petitioner looks up, rates and asks for a review by pages alone; nothing of the inside
// shows, and the pages lead nowhere else.
func TestPetitionersWay(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id, code, secret := w.served(title)
	b := w.browse("")
	form := b.get("/lookup?code="+code).want(200, `value="`+code+`"`, "查询我的信访事项")
	if strings.Contains(form.body, `href="/sign-in"`) || strings.Contains(form.body, `href="/deadline"`) {
		t.Error("the officials' head is shown")
	}
	if got := form.header.Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("an address with a code goes to other sites: %s", got)
	}
	b.post("/lookup", url.Values{"code": {code[:13] + "2"}, "secret": {"123"}}).want(422, `id="code-wrong"`, `id="secret-wrong"`)
	b.post("/lookup", url.Values{"code": {code}, "secret": {"00000000"}}).want(403, "查询码或查询密码不正确", `value="`+code+`"`)
	page := b.post("/lookup", url.Values{"code": {strings.ToLower(code)}, "secret": {secret[:4] + " " + secret[4:]}}).want(200,
		"已作出书面答复", longName, "申请复查", "2026年10月8日", "满意度评价", "受理。", "结束查询")
	if page.at != "/lookup/case" || strings.Contains(page.at, code) {
		t.Errorf("at %s", page.at)
	}
	for _, secret := range []string{"何甲", "马己", "贺某某", "13900000002", "秘密", "补贴", title, "督办中", "领导负责", code, secret} {
		if strings.Contains(page.body, secret) {
			t.Errorf("%q leaks", secret)
		}
	}

	rate := b.get("/lookup/rate").want(200, longName, "地区信访局", "退回重新办理一次", "新的书面答复送达后，您可以自收到之日起30日内对它申请复查", "请先申请复查、复核，再作评价")
	b.post("/lookup/rate", rate.form("/lookup/rate", url.Values{"unit_rating": {"satisfied"}, "text": {"<b>好</b>"}})).want(422,
		`id="office_rating-wrong"`, `value="satisfied" checked`, "&lt;b&gt;好&lt;/b&gt;")
	b.post("/lookup/rate", rate.form("/lookup/rate", url.Values{"office_rating": {"satisfied"}, "unit_rating": {"satisfied"}})).want(200, "已收到您的评价", "收到满意度评价")
	b.get("/lookup/rate").want(200, "现在不能评价")
	other := rate.form("/lookup/rate", url.Values{"office_rating": {"satisfied"}, "unit_rating": {"satisfied"}})
	other.Set("key", "another")
	b.post("/lookup/rate", other).want(409, "本次答复已评价")

	review := b.get("/lookup/review").want(200, "申请复查")
	b.post("/lookup/review", url.Values{"text": {" "}}).want(422, `id="text-wrong"`)
	check := b.post("/lookup/review", review.form("/lookup/review", url.Values{"text": {"面积\n算<错>了"}})).want(200, "请核对您的申请", "算&lt;错&gt;了")
	if n := w.count(id, "review_asked"); n != 0 {
		t.Fatal("it was sent unconfirmed")
	}
	change := check.form("/lookup/review", url.Values{"change": {"yes"}})
	b.post("/lookup/review", change).want(200, "面积\n算&lt;错&gt;了</textarea>")
	confirmed := check.form("/lookup/review", url.Values{"confirmed": {"yes"}})
	for range 2 {
		b.post("/lookup/review", confirmed).want(200, "已收到您的申请", "正在复查", "甲县党委政府", "作出复查意见")
	}
	if n := w.count(id, "review_asked"); n != 1 {
		t.Errorf("%d requests", n)
	}
	w.browse("clerk").get("/cases/"+id).want(200, "信访人", "申请复查、复核", "算&lt;错&gt;了")

	if end := b.post("/lookup/end", nil).want(200, "查询已结束"); end.at != "/lookup?ended=yes" {
		t.Errorf("at %s", end.at)
	}
	b.get("/lookup/case").want(200, "15分钟后自动结束")
}

// Who is dissatisfied was told what it leads to, and is told while the matter is handled
// again why no review can be asked for.
func TestDissatisfiedPetitioner(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	_, code, secret := w.served(title)
	b := w.browse("")
	b.post("/lookup", url.Values{"code": {code}, "secret": {secret}}).want(200, "申请复查", "退回重新办理一次")
	rate := b.get("/lookup/rate").want(200, "提交前请了解", "退回重新办理一次", "不能对它申请复查、复核")
	again := b.post("/lookup/rate", rate.form("/lookup/rate", url.Values{"office_rating": {"satisfied"}, "unit_rating": {"dissatisfied"}})).want(200,
		"已收到您的评价", "本事项正在重新办理", "现在不能对它申请复查、复核", "新的书面答复送达后")
	if strings.Contains(again.body, `href="/lookup/review"`) || strings.Contains(again.body, `href="/lookup/rate"`) {
		t.Error("something is offered that is refused")
	}
}

// A pass is over after a quarter of an hour, and at once when a new receipt is given; it
// goes to no other page and opens none.
func TestPassEnds(t *testing.T) {
	t.Parallel()
	w := newSite(t, func(c *web.Config) { c.BehindProxy = true })
	id, code, secret := w.served(title)
	b := w.browse("")
	shown := url.Values{"code": {code}, "secret": {secret}}
	b.post("/lookup", shown).want(200, "已作出书面答复")
	if got := b.get("/cases/" + id); !strings.HasPrefix(got.at, "/sign-in") {
		t.Errorf("at %s", got.at)
	}
	w.auth.Now = func() time.Time { return time.Now().Add(15*time.Minute + time.Second) }
	for _, path := range []string{"/lookup/case", "/lookup/rate", "/lookup/review"} {
		if got := b.get(path).want(200, "15分钟后自动结束"); got.at != "/lookup?ended=time" {
			t.Errorf("%s: at %s", path, got.at)
		}
	}
	b.post("/lookup/rate", url.Values{"office_rating": {"satisfied"}, "unit_rating": {"satisfied"}}).want(401, "15分钟后自动结束", "您填写的内容已保留")
	if w.count(id, "rated") != 0 {
		t.Error("rated without a pass")
	}
	w.auth.Now = nil
	b.post("/lookup", shown).want(200, "已作出书面答复")
	w.give("clerk", "/cases/"+id+"/receipt", map[string]any{"reissue": true}, nil)
	if got := b.get("/lookup/case"); got.at != "/lookup?ended=time" {
		t.Errorf("with a former receipt at %s", got.at)
	}

	// By TLS the cookie says so; it is for these pages alone.
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var receipt struct{ Code, Secret string }
	w.give("clerk", "/cases/"+id+"/receipt", map[string]any{"reissue": true}, &receipt)
	got := b.post("/lookup", url.Values{"code": {receipt.Code}, "secret": {receipt.Secret}}, "X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9")
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"__Secure-receipt=", "Path=/lookup", "HttpOnly", "Secure", "SameSite=Strict", "Max-Age=900"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("no %s in %s", part, cookie)
		}
	}
	for _, forged := range []string{"", "x", strings.Repeat("x", 2000), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/lookup/case", nil)
		r.Header.Set("Cookie", "receipt="+forged)
		if got := w.browse("").send(r); got.at != "/lookup?ended=time" {
			t.Errorf("%.10s: at %s", forged, got.at)
		}
	}
}

// Too many wrong tries wait, at the look-up and at the sign-in, by the address that the
// proxy has seen.
func TestTriesWait(t *testing.T) {
	t.Parallel()
	w := newSite(t, func(c *web.Config) { c.BehindProxy = true })
	_, code, secret := w.served(title)
	b := w.browse("")
	from := []string{"X-Forwarded-For", "198.51.100.1, 203.0.113.9"}
	for range 10 {
		b.post("/lookup", url.Values{"code": {code}, "secret": {"00000000"}}, from...).want(403)
	}
	if got := b.post("/lookup", url.Values{"code": {code}, "secret": {secret}}, from...).want(429, "输入错误次数过多"); got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	b.post("/lookup", url.Values{"code": {code}, "secret": {secret}}, "X-Forwarded-For", "203.0.113.10").want(200, "已作出书面答复")
	for range 100 {
		b.post("/sign-in", url.Values{"account": {"nobody"}, "password": {"wrong password"}}, from...).want(422)
	}
	if got := b.post("/sign-in", url.Values{"account": {"nobody"}, "password": {"wrong password"}}, from...).want(429, "从您所在的网络"); got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// On a telephone: look up, rate, ask for a review.
func TestPetitionerOnTelephone(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id, code, secret := w.served(title)
	b := openChrome(t, 375, 812)
	var at, done string
	b.run(chromedp.Navigate(w.url+"/lookup?code="+code), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.SendKeys(`#secret`, secret, chromedp.ByQuery), chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.way`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`a[href="/lookup/rate"]`, chromedp.ByQuery), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`input[name="office_rating"][value="satisfied"]`, chromedp.ByQuery), chromedp.Click(`input[name="unit_rating"][value="basically_satisfied"]`, chromedp.ByQuery),
		chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery),
		chromedp.Click(`a[href="/lookup/review"]`, chromedp.ByQuery), chromedp.WaitVisible(`#text`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.SendKeys(`#text`, "补贴面积算错了。", chromedp.ByQuery), chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`button[name="confirmed"]`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`button[name="confirmed"]`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery), chromedp.Location(&at))
	if !strings.Contains(done, "已收到您的申请") || !strings.HasPrefix(at, w.url+"/lookup/case") {
		t.Errorf("%q at %s", done, at)
	}
	b.fits()
	if w.count(id, "rated") != 1 || w.count(id, "review_asked") != 1 {
		t.Error("not on record")
	}
}
