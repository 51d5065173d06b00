package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A target sheet is drafted, refused where it counts petitions, signed by two, revised, and
// leads to the cases behind its figures.
func TestTargetPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := w.browse("supervisor")
	b.get("/targets").want(200, "没有这一年度的目标责任状", "/targets/new")
	form := b.get("/targets/new").want(200, `value="2026"`, "按期受理率")
	items := func(weights ...string) url.Values {
		return url.Values{
			"unit": {"a-nc"}, "year": {"2026"},
			"items.0.metric": {"accepted_on_time"}, "items.0.target": {"100"}, "items.0.weight": {weights[0]},
			"items.2.metric": {"settled_on_time"}, "items.2.name": {"按期<办结>"}, "items.2.target": {"95.5"}, "items.2.weight": {weights[1]},
		}
	}
	b.post("/targets/new", form.form("/targets/new", items("60", "30"))).want(422, "各项权重之和应为100，现为90", "<output>90</output>", "按期&lt;办结&gt;", `value="settled_on_time" selected`)
	bad := items("60", "四十")
	bad.Set("items.0.name", "进京访控制数")
	b.post("/targets/new", form.form("/targets/new", bad)).want(422, `id="items.0.name-wrong"`, "不得以信访数量", `id="items.1.weight-wrong"`, `value="四十"`)
	more := items("60", "40")
	more.Set("more", "yes")
	b.post("/targets/new", form.form("/targets/new", more)).want(200, "<output>100</output>", `value="95.5"`)
	page := b.post("/targets/new", form.form("/targets/new", items("60", "40"))).want(200, "已起草", longName, "≥ 95.5%", "按期&lt;办结&gt;", "未签", "不计分")
	at, _, _ := strings.Cut(page.at, "?")
	b.get("/targets?unit=a-nc").want(200, longName, "起草")
	b.get(at+"/items/1").want(200, "按期受理率", "没有您可以查看的事项")
	b.get(at + "/items/9").want(404)
	b.get(at+"/close").want(200, "年末")
	b.post(at+"/close", url.Values{"key": {"k"}}).want(409, "考核年度尚未结束")
	w.browse("outsider").get(at).want(404)

	for _, leader := range []string{"upper", "head"} {
		l := w.browse(leader)
		l.get(at).want(200, at+"/sign")
		sign := l.get(at+"/sign").want(200, "≥ 95.5%")
		l.post(at+"/sign", sign.form(at+"/sign", nil)).want(200, "已签订。")
	}
	b.get(at).want(200, "已签订", "何甲", "金壬")
	revise := b.get(at+"/revise").want(200, `value="95.5"`, "<output>100</output>")
	b.post(at+"/revise", revise.form(at+"/revise", url.Values{"items.0.metric": {"executed"}, "items.0.target": {"90"}, "items.0.weight": {"100"}})).want(200, "第2版", "处理意见执行率", "按期&lt;办结&gt;")
	w.browse("head").post(at+"/revise", url.Values{"items.0.metric": {"executed"}}).want(403)
}

// The weights are added up as a supervisor types them.
func TestTargetsInBrowser(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := openChrome(t, 375, 812)
	b.signIn(w, "supervisor")
	var sum, done string
	b.run(chromedp.Navigate(w.url+"/targets/new"), chromedp.WaitVisible(`form.form`, chromedp.ByQuery), chromedp.SetValue(`#unit`, "a-nc", chromedp.ByQuery))
	for i, metric := range []string{"accepted_on_time", "settled_on_time"} {
		name := func(column string) string { return `[name="items.` + string(rune('0'+i)) + `.` + column + `"]` }
		b.run(chromedp.SetValue(name("metric"), metric, chromedp.ByQuery), chromedp.SendKeys(name("target"), "90", chromedp.ByQuery), chromedp.SendKeys(name("weight"), "50", chromedp.ByQuery))
	}
	b.fits()
	b.run(chromedp.Text(`.sum output`, &sum, chromedp.ByQuery), chromedp.Click(`form.form .act button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	b.fits()
	if sum != "100" || !strings.HasPrefix(done, "目标责任状已起草") {
		t.Errorf("sum %s, %s", sum, done)
	}
}
