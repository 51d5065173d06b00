package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The administrator keeps the directory on pages: adds, changes, ends; a leader with cases
// stays until a supervisor has handed them over.
func TestDirectoryPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	b := w.browse("admin")
	b.get("/admin/directory").want(200, "地委行署", "新增单位")
	b.get("/admin/directory?unit=a").want(200, longName, "马己", "甲县副县长", "变更本单位")
	b.get("/admin/directory?q=农业").want(200, longName, "金壬")
	b.get("/admin/directory?q=nothing").want(200, "没有符合条件的人员或单位")
	b.get("/admin/directory?former=1").want(200, "没有已离任的人员")
	b.get("/admin/directory?unit=none").want(404)

	unit := b.get("/admin/units/new?parent=a").want(200, `value="a" selected`)
	typed := url.Values{"code": {"a jy"}, "name": {"甲县教育局"}, "kind": {"department"}, "parent": {"a"}}
	again := b.post("/admin/units/new", unit.form("/admin/units/new", typed)).want(422, `id="code-wrong"`, `id="level-wrong"`, "此项必填", `value="甲县教育局"`, `value="department" checked`)
	typed.Set("code", "a-jy")
	typed.Set("level", "section")
	b.post("/admin/units/new", again.form("/admin/units/new", typed)).want(200, "已新增", "甲县教育局")
	b.post("/admin/units/a-jy", b.get("/admin/units/a-jy").want(200).form("/admin/units/a-jy", url.Values{"name": {"甲县教育体育局"}, "kind": {"department"}, "level": {"section"}, "parent": {"a"}})).want(200, "已保存", "甲县教育体育局")

	person := url.Values{"id": {"jy"}, "name": {"严戊"}, "post": {"教育局长"}, "unit": {"a-jy"}, "level": {"section"}, "role": {"leader"}, "email": {"x"}}
	form := b.get("/admin/officials/new?unit=a-jy").want(200).form("/admin/officials/new", person)
	form = b.post("/admin/officials/new", form).want(422, "应为电子邮箱地址", `value="严戊"`).form("/admin/officials/new", person)
	form.Set("email", "jy@shuangze.example")
	b.post("/admin/officials/new", form).want(200, "已新增", "严戊", "jy@shuangze.example")
	b.post("/admin/officials/new", form).want(200, "已新增") // the same form twice
	change := b.get("/admin/officials/jy/change").want(200, `value="教育局长"`).form("/admin/officials/jy/change", person)
	change.Set("post", "教育局局长")
	change.Del("email")
	b.post("/admin/officials/jy/change", change).want(200, "已保存", "教育局局长")
	b.post("/admin/officials/jy/end", nil).want(200, "已办理离任", "重新任职")
	b.get("/admin/directory?former=1").want(200, "严戊")

	b.get("/admin/officials/lower").want(200, "在包的", "章己 信访局局长")
	b.post("/admin/officials/lower/end", nil).want(409, "此人还包有1件未办结事项", "章己 信访局局长")
	b.get("/admin/officials/lower/handover").want(404)
	supervisor := w.browse("supervisor")
	const at = "/admin/officials/lower/handover"
	hand := supervisor.get(at).want(200, "施癸").form(at, url.Values{"to": {"deputy"}, "reason": {"transfer"}, "decided_by": {"upper"}})
	supervisor.post(at, hand).want(422, "此项必填", `value="deputy" selected`)
	hand.Set("text", "因工作调动")
	supervisor.post(at, hand).want(200, "移交已下达")
	for w.count(id, "handed_over") == 0 { // the broadcast goes case by case
		if t.Context().Err() != nil {
			t.Fatal("it never was")
		}
	}
	b.post("/admin/officials/lower/end", nil).want(200, "已办理离任")

	for _, who := range []string{"supervisor", "auditor", "upper"} {
		b := w.browse(who)
		b.get("/admin/units/new").want(404)
		b.get("/admin/officials/upper/change").want(404)
		b.post("/admin/officials/upper/end", nil).want(403)
	}
	if got := supervisor.get("/admin/directory?unit=a").want(200); strings.Contains(got.body, "新增人员") {
		t.Error("a supervisor is offered to add officials")
	}
}

// 撤并: what holds a unit is said beside the form; ended, it is shown as that, offered for
// nothing new, and can stand again.
func TestUnitEndPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := w.browse("admin")
	b.get("/admin/directory?unit=a-nc").want(200, "/admin/units/a-nc/end")
	form := b.get("/admin/units/a-nc/end").want(200, `value="2026-09-01"`, "没有，由上级单位承接", `value="a-zr"`)
	if strings.Contains(form.body, `<option value="a-nc"`) {
		t.Error("it is offered to itself")
	}
	b.post("/admin/units/a-nc/end", form.form("/admin/units/a-nc/end", url.Values{"on": {"2026-12-01"}, "successor": {"a-zr"}})).want(422, `id="on-wrong"`, "不能晚于今天", `value="a-zr" selected`)
	b.post("/admin/units/a-nc/end", form.form("/admin/units/a-nc/end", url.Values{"on": {"2026-08-31"}})).want(409, "该单位还不能撤并", "未办结信访事项1件", "在任人员2名（金壬、冯辛）", `value="2026-08-31"`)
	b.get("/admin/units/none/end").want(404)

	b.post("/admin/officials/outsider/end", nil).want(200, "已办理离任")
	ended := b.post("/admin/units/a-zr/end", b.get("/admin/units/a-zr/end").form("/admin/units/a-zr/end", url.Values{"on": {"2026-08-31"}, "successor": {"a-nc"}})).
		want(200, "已办理撤并", "已撤并", "2026年8月31日", "/admin/directory?unit=a-nc", "恢复本单位")
	for _, word := range []string{"新增人员", "/admin/units/a-zr/end"} {
		if strings.Contains(ended.body, word) {
			t.Errorf("%s is still offered", word)
		}
	}
	b.get("/admin/directory?unit=a").want(200, "已撤并")
	w.browse("supervisor").get("/cases").want(200, "甲县自然资源局（已撤并）") // its past can be looked for
	for _, page := range []string{"/admin/officials/new", "/admin/units/new", "/admin/units/a-nc/end"} {
		if strings.Contains(b.get(page).want(200).body, `<option value="a-zr"`) {
			t.Errorf("%s offers it", page)
		}
	}
	again := b.get("/admin/units/a-zr").want(200, "恢复单位", "已于2026年8月31日")
	b.post("/admin/units/a-zr", again.form("/admin/units/a-zr", url.Values{"name": {"甲县自然资源局"}, "kind": {"department"}, "level": {"section"}, "parent": {"a"}})).want(200, "已保存", "/admin/units/a-zr/end")
	w.browse("supervisor").get("/admin/units/a-zr/end").want(404)
}

// A supervisor enters a leave and ends it; a leader enters their own from the account.
func TestLeavePages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("supervisor")
	b.get("/admin/leaves").want(200, "还没有请假记录")
	form := b.get("/admin/leaves/new?official=lower").want(200, `value="lower" selected`).form("/admin/leaves/new",
		url.Values{"official": {"lower"}, "deputy": {"lower"}, "from": {"2026-09-07"}, "until": {"2026-09-01"}, "reason": {"training"}})
	form = b.post("/admin/leaves/new", form).want(422, `id="until-wrong"`, `value="2026-09-07"`, `value="2026-09-01"`, `value="training" checked`).form("/admin/leaves/new", form)
	form.Set("until", "2026-09-11")
	form.Set("deputy", "deputy")
	page := b.post("/admin/leaves/new", form).want(200, "请假已登记", "马己", "2026年9月7日 周一", "2026年9月11日 周五", "施癸", "学习培训", "取消请假")
	b.post("/admin/leaves/new", form).want(200, "请假已登记") // the same form twice
	if n := strings.Count(page.body, "未开始"); n != 1 {
		t.Errorf("%d leaves", n)
	}
	b.get("/admin/leaves?on=2026-09-11").want(200, "马己")
	b.get("/admin/leaves?on=2026-09-12").want(200, "这一天没有人请假")
	b.get("/admin/leaves?on=x").want(422)
	if got := w.browse("clerk").get("/admin/leaves").want(200, "马己"); strings.Contains(got.body, "学习培训") || strings.Contains(got.body, "取消请假") {
		t.Error("a clerk is told why")
	}
	_, rest, _ := strings.Cut(page.body, `action="/admin/leaves/`)
	id, _, _ := strings.Cut(rest, "/end")
	b.post("/admin/leaves/"+id+"/end", nil).want(200, "请假已结束", "已取消")
	b.post("/admin/leaves/"+id+"/end", nil).want(200, "请假已结束")

	own := w.browse("lower")
	own.get("/account").want(200, "我的请假与代理")
	form = own.get("/admin/leaves/new").want(200, "马己 · 甲县副县长").form("/admin/leaves/new", url.Values{"deputy": {"deputy"}, "from": {"2026-09-01"}, "until": {"2026-09-02"}, "reason": {"illness"}})
	own.post("/admin/leaves/new", form).want(200, "请假已登记", "正在请假", "提前结束")
	w.browse("upper").post("/admin/leaves/new", form).want(403)
}

// The administrator enters a leave in a real browser, on a telephone.
func TestAdministratorEntersLeave(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := openChrome(t, 375, 812)
	b.signIn(w, "admin")
	var done string
	b.run(chromedp.Navigate(w.url+"/admin/directory?unit=a"), chromedp.WaitVisible(`.sections`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Navigate(w.url+"/admin/officials/lower"), chromedp.WaitVisible(`.facts`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Navigate(w.url+"/admin/leaves/new?official=lower"), chromedp.WaitVisible(`#deputy`, chromedp.ByQuery),
		chromedp.SetValue(`#deputy`, "deputy", chromedp.ByQuery), chromedp.SetValue(`#from`, "2026-09-07", chromedp.ByQuery), chromedp.SetValue(`#until`, "2026-09-11", chromedp.ByQuery),
		chromedp.Click(`input[value="holiday"]`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	b.fits()
	if done != "请假已登记。" {
		t.Errorf("done %q", done)
	}
}
