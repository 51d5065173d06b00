package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"shuangze/casefile"
	"shuangze/store"
)

// A reception day from its entry to a visit that was kept, by pages alone; the public reads
// what it must and nothing else.
func TestReceptionPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("clerk")
	b.get("/receptions").want(200, "这段时间没有接待日", "/receptions/new", "接访频次", "何甲")
	empty := b.get("/receptions/new").want(200, "定点接访")
	b.post("/receptions/new", empty.form("/receptions/new", url.Values{
		"leader": {"upper"}, "series.every": {"week"}, "series.day": {"9"}, "from": {"11:00"}, "until": {"10:00"}, "place": {"信访<大厅>"}, "slots": {"多"},
	})).want(422, `id="form-wrong"`, `id="slots-wrong"`, "信访&lt;大厅&gt;", `value="upper" selected`, `value="week" checked`, `value="11:00"`)
	series := url.Values{
		"leader": {"upper"}, "series.every": {"week"}, "series.day": {"3"}, "series.step": {"1"}, "series.first": {"2026-09-01"}, "series.last": {"2026-09-30"},
		"from": {"09:00"}, "until": {"11:30"}, "place": {"地区信访局接待大厅"}, "form": {"fixed"}, "publish": {"true"},
	}
	month := b.post("/receptions/new", empty.form("/receptions/new", series)).want(200, "接待日已安排", "2026年9月2日 周三", "2026年9月30日 周三", "09:00–11:30", "已公示")
	b.get("/receptions?view=week&on=2026-09-09").want(200, "2026年9月9日 周三")
	var day string
	for part := range strings.SplitSeq(month.body, `class="title" href="`) {
		if to, _, ok := strings.Cut(part, `"`); ok && strings.HasSuffix(to, "-02") {
			day = to
		}
	}
	b.get(day).want(200, "何甲", "行署副专员", "农业", "还没有预约", day+"/swap", day+"/cancel", day+"/book")

	// An appointment, and whom it concerns.
	form := b.get(day + "/book").want(200)
	b.post(day+"/book", form.form(day+"/book", url.Values{"name": {"贺某某"}})).want(422, `id="topic-wrong"`, `value="贺某某"`)
	b.post(day+"/book", form.form(day+"/book", url.Values{"name": {"贺某某"}, "phone": {"13900000002"}, "topic": {"补贴"}})).want(200, "预约已登记", "贺某某", "13900000002", "/cases/new?reception=", "取消预约")
	for _, other := range []string{"inspector", "lower", "outsider"} {
		if strings.Contains(w.browse(other).get(day).want(200, "何甲").body, "贺某某") {
			t.Errorf("%s sees who comes", other)
		}
	}
	w.browse("upper").get(day).want(200, "贺某某")
	public := w.browse("").get("/receptions/public").want(200, "领导接待日安排", "2026年9月9日 周三", "何甲", "行署副专员", "农业", "地区信访局接待大厅", "定点接访")
	for _, word := range []string{"贺某某", "upper", "clerk", "葛癸", "13900000002"} {
		if strings.Contains(public.body, word) {
			t.Errorf("the public reads %s", word)
		}
	}
	w.browse("").get("/receptions/public?on=2027-06-01").want(200, "没有公示的接待日")

	// It is not cancelled over somebody's head, but swapped; the appointment goes along.
	cancel := b.get(day + "/cancel").want(200)
	b.post(day+"/cancel", cancel.form(day+"/cancel", url.Values{"reason": {"illness"}})).want(409, "尚有预约", `value="illness" checked`)
	swap := b.get(day + "/swap").want(200)
	b.post(day+"/swap", swap.form(day+"/swap", url.Values{"reason": {"illness"}, "leader": {"lower"}})).want(422, `id="leader-wrong"`, "同级")
	swapped := b.post(day+"/swap", swap.form(day+"/swap", url.Values{"reason": {"illness"}, "on": {"2026-09-10"}})).want(200, "已调换为这一日", "2026年9月10日", "贺某某")
	now, _, _ := strings.Cut(swapped.at, "?")
	b.get(day).want(200, "已调换", "因病")
	_, rest, _ := strings.Cut(swapped.body, now+"/appointments/")
	appointment, _, _ := strings.Cut(rest, `"`)
	b.post(now+"/appointments/"+appointment, url.Values{"state": {"came"}}).want(409, "接待尚未开始")
	b.post(now+"/appointments/"+appointment, url.Values{"state": {"cancelled"}}).want(200, "姓名已不保存", "已取消")
	if strings.Contains(b.get(now).body, "贺某某") {
		t.Error("the name is still there")
	}
	cancel = b.get(now + "/cancel").want(200)
	b.post(now+"/cancel", cancel.form(now+"/cancel", url.Values{"reason": {"duty"}})).want(200, "接待日已取消", "公务")
	b.post(now+"/hold", nil).want(409, "已取消")
	w.browse("outsider").post("/receptions/new", series).want(403)
}

// What is recorded on a later day only that the leader received is marked as that, in the
// list too.
func TestReceptionHeldLate(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	past := casefile.Reception{
		ID: "past", Office: "p-xf", Leader: "upper", From: begin.AddDate(0, 0, -5), Until: begin.AddDate(0, 0, -5).Add(2 * time.Hour),
		Place: "接待大厅", Form: "fixed", EnteredBy: "clerk", EnteredAt: begin.AddDate(0, 0, -20),
	}
	today := past
	today.ID, today.From, today.Until = "today", begin.Add(-time.Hour), begin.Add(time.Hour)
	if err := w.store.InReceptions(t.Context(), func(tx *store.ReceptionsTx) error {
		return tx.Enter(t.Context(), []casefile.Reception{past, today}, "request", "fingerprint")
	}); err != nil {
		t.Fatal(err)
	}
	b := w.browse("clerk")
	for id, late := range map[string]bool{"past": true, "today": false} {
		page := b.post("/receptions/"+id+"/hold", nil).want(200, "已登记领导到场接访", "接访登记于")
		if strings.Contains(page.body, "事后登记") != late {
			t.Errorf("%s is marked as recorded later: %v\n%s", id, !late, page.text())
		}
	}
	b.get("/receptions?on=2026-08-27").want(200, "事后登记")
}

// A clerk enters a day and makes an appointment in a real browser.
func TestReceptionInBrowser(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := openChrome(t, 375, 812)
	b.signIn(w, "clerk")
	var done string
	b.run(chromedp.Navigate(w.url+"/receptions/new"), chromedp.WaitVisible(`form.form`, chromedp.ByQuery),
		chromedp.SetValue(`#leader`, "upper", chromedp.ByQuery), chromedp.SetValue(`#on`, "2026-09-15", chromedp.ByQuery),
		chromedp.SetValue(`[name="from"]`, "09:00", chromedp.ByQuery), chromedp.SetValue(`[name="until"]`, "11:00", chromedp.ByQuery),
		chromedp.SendKeys(`#place`, "接待大厅", chromedp.ByQuery), chromedp.Click(`input[name="form"][value="fixed"]`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`form.form .act button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`.agenda .title`, chromedp.ByQuery), chromedp.WaitVisible(`a[href$="/book"]`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`a[href$="/book"]`, chromedp.ByQuery), chromedp.WaitVisible(`#topic`, chromedp.ByQuery),
		chromedp.SendKeys(`#name`, "贺某某", chromedp.ByQuery), chromedp.SendKeys(`#topic`, "补贴", chromedp.ByQuery),
		chromedp.Click(`form.form .act button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	b.fits()
	if done != "预约已登记。" {
		t.Error(done)
	}
}
