package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// supervise puts a case under dual supervision, instructed and answered once.
func (w *site) supervise(id string) {
	w.do("supervisor", id, "supervise", map[string]any{"reason": "overdue", "days": 15, "text": "请于十五日内查清并反馈。"})
	w.do("supervisor", id, "escalate", map[string]any{"ground": "key", "decided_by": "upper", "days": 30, "text": "重点事项，双重督办。"})
	w.do("officer", id, "feed_back", map[string]any{"channel": "petition_office", "text": "正在核实。"})
	w.do("upper", id, "instruct", map[string]any{"text": "请<抓紧>办理。" + strings.Repeat("务必查清。", 60)})
}

// Both channels stand side by side, with what the reader may do; what the own office has
// missed stands above.
func TestSupervisionPage(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	empty := w.browse("inspector")
	empty.get("/desk").want(200, `href="/supervision"`)
	empty.get("/supervision").want(200, "没有正在督办的事项", "本部门没有逾期未办的责任")
	id := w.register(title)
	w.supervise(id)
	w.give("clerk", "/cases", map[string]any{
		"origin": "province", "channel": "letter", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": "2026-07-01",
		"title": "迟迟未转送的事项", "text": "信访人反映。", "petitioner": map[string]any{"name": "贺某某", "phone": "13900000002"},
	}, nil)
	at := "/cases/" + id + "/do/"
	page := empty.get("/supervision?supervision=dual&unit=a").want(200, title, "信访部门督办", "督查室督办", "剩余15天", "剩余30天", "2026年9月16日", "请&lt;抓紧&gt;办理", "……", "请于十五日内查清并反馈", at+"release", at+"urge")
	if strings.Contains(page.body, at+"supervise") || strings.Contains(page.body, strings.Repeat("务必查清。", 50)) {
		t.Error("a command of somebody else, or a whole text")
	}
	b := w.browse("supervisor")
	b.get("/supervision").want(200, "本部门逾期未办", "迟迟未转送的事项", "逾期", "/do/forward", at+"release")
	b.get("/supervision?q=nothing").want(200, "没有符合条件的督办事项")
	b.get("/supervision?supervision=none&lamp=blue").want(422, "查询条件需要更正")
	w.do("inspector", id, "release", map[string]any{"text": "已核查。"})
	b.get("/supervision").want(200, "已解除")
	if strings.Contains(w.browse("officer").get("/desk").body, `href="/supervision"`) {
		t.Error("offered to an officer")
	}
	w.browse("").get("/supervision").want(200, "登录")
}

// An inspector releases the own channel from the list, on a telephone.
func TestInspectorOnTelephone(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	w.supervise(id)
	b := openChrome(t, 375, 812)
	b.signIn(w, "inspector")
	b.run(chromedp.Navigate(w.url+"/supervision"), chromedp.WaitVisible(`.lanes`, chromedp.ByQuery))
	b.fits()
	var done string
	b.run(chromedp.Click(`.links a[href$="/release"]`, chromedp.ByQuery), chromedp.WaitVisible(`form.form`, chromedp.ByQuery), chromedp.SendKeys(`#text`, "已核查，予以解除。", chromedp.ByQuery),
		chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	if done != "已完成：解除督办。" || w.count(id, "released") != 1 {
		t.Errorf("%q", done)
	}
}
