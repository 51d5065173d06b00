package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A campaign from its opening to its end by pages alone.
func TestCampaignPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("supervisor")
	b.get("/campaigns").want(200, "没有会战", "/campaigns/new")
	empty := b.get("/campaigns/new").want(200)
	b.post("/campaigns/new", empty.form("/campaigns/new", url.Values{
		"name": {"积<案>化解"}, "start": {"2026-09-01"}, "targets.1.kind": {"concluded_share"}, "targets.1.value": {"多"}, "targets.2.kind": {"concluded_share"},
	})).want(422, `id="about-wrong"`, `id="end-wrong"`, `id="targets.0.value-wrong"`, `value="多"`, "积&lt;案&gt;化解", `value="concluded_share" selected`)
	typed := url.Values{"name": {"积案化解会战"}, "about": {"省交办和自查积案。"}, "start": {"2026-09-01"}, "end": {"2026-12-31"}, "targets.0.kind": {"concluded_share"}, "targets.0.value": {"90"}}
	form := empty.form("/campaigns/new", typed)
	page := b.post("/campaigns/new", form).want(200, "会战已发起", "积案化解会战", "剩余121天", "化解率 ≥ 90%", "名单上还没有事项")
	if again := b.post("/campaigns/new", form).want(200); again.at != page.at {
		t.Errorf("%s, then %s", page.at, again.at)
	}
	at, _, _ := strings.Cut(page.at, "?")
	id := w.register(title)
	w.do("supervisor", id, "enlist", map[string]any{"campaign": strings.TrimPrefix(at, "/campaigns/"), "text": "列入会战。"})
	b.get(at).want(200, title, longName, "每周进展", "2026年8月31日", "/targets", "/end")
	w.browse("upper").get(at).want(200, "以下只计您包案的事项", title)
	w.browse("outsider").get(at).want(404)

	change := b.get(at+"/targets").want(200, `value="90"`)
	b.post(at+"/targets", change.form(at+"/targets", url.Values{"targets.0.kind": {"concluded_share"}, "targets.0.value": {"95"}})).want(422, `id="reason-wrong"`, `value="95"`)
	b.post(at+"/targets", change.form(at+"/targets", url.Values{"targets.0.kind": {"concluded_share"}, "targets.0.value": {"95"}, "reason": {"省里要求"}})).want(200, "目标已更改", "≥ 95%", "目标调整", "省里要求", "≥ 90%")
	w.browse("clerk").post(at+"/targets", url.Values{"reason": {"x"}}).want(403)

	// A session that ends meanwhile costs nothing.
	typed = change.form(at+"/targets", url.Values{"targets.0.kind": {"concluded_share"}, "targets.0.value": {"96"}, "reason": {"又一次"}})
	if err := w.auth.SignOut(t.Context(), "supervisor", ""); err != nil {
		t.Fatal(err)
	}
	signIn := b.post(at+"/targets", typed).want(401, "您填写的内容已保留")
	b.post("/sign-in", signIn.form("/sign-in", url.Values{"trial": {"supervisor"}})).want(200, "已重新登录", `value="96"`, "又一次")

	end := b.get(at+"/end").want(200, "不能撤回")
	b.post(at+"/end", end.form(at+"/end", nil)).want(200, "会战已结束", "未完成")
	if strings.Contains(b.get(at).body, at+"/end") {
		t.Error("it can be ended twice")
	}
	b.post(at+"/end", url.Values{"key": {"other"}}).want(409, "该会战已经结束")
	b.get("/campaigns").want(200, "积案化解会战", "已结束")
}

// A supervisor opens a campaign in a real browser.
func TestCampaignInBrowser(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := openChrome(t, 1280, 900)
	b.signIn(w, "supervisor")
	var done string
	b.run(chromedp.Navigate(w.url+"/campaigns/new"), chromedp.WaitVisible(`form.form`, chromedp.ByQuery),
		chromedp.SendKeys(`#name`, "百日会战", chromedp.ByQuery), chromedp.SendKeys(`#about`, "积案。", chromedp.ByQuery),
		chromedp.SetValue(`#start`, "2026-09-01", chromedp.ByQuery), chromedp.SetValue(`#end`, "2026-12-09", chromedp.ByQuery),
		chromedp.SetValue(`[name="targets.0.kind"]`, "concluded", chromedp.ByQuery), chromedp.SetValue(`[name="targets.0.value"]`, "45", chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`form.form .act button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	b.fits()
	if done != "会战已发起。" {
		t.Error(done)
	}
}
