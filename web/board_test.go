package web_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"shuangze/casefile"
)

// overdue registers cases that came months ago and were never forwarded.
func (w *site) overdue(count int) (ids []string) {
	w.t.Helper()
	for i := range count {
		var c struct {
			ID string `json:"id"`
		}
		w.give("clerk", "/cases", map[string]any{
			"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": "2026-06-01",
			"title": fmt.Sprintf("逾期事项%02d", i+1), "text": "信访人反映农业补贴发放错误。", "petitioner": map[string]any{"name": "贺某某", "phone": "13900000002"},
		}, &c)
		w.do("clerk", c.ID, "forward", nil)
		w.do("officer", c.ID, "accept", map[string]any{"on": "2026-06-02"})
		ids = append(ids, c.ID)
	}
	return ids
}

var boardLink = regexp.MustCompile(`<a href="(/cases\?[^"]*)"(?: class="[^"]*")?>(\d+)</a>`)

// Each number on the board leads to a list of so many cases.
func TestBoard(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	ids := w.overdue(3)
	w.do("supervisor", ids[0], "assign", map[string]any{"upper": "upper", "lower": "lower"})
	w.do("supervisor", w.register("在督的一件"), "supervise", map[string]any{"reason": "overdue", "text": "请办理"})
	w.register(title)
	for who, leaders := range map[string]bool{"supervisor": true, "inspector": true, "auditor": true, "upper": true} {
		b := w.browse(who)
		page := b.get("/board").want(200, "看板", "按责任单位", longName, "逾期事项01", "停止自动刷新", `data-live="60"`)
		if strings.Contains(page.body, "按包案领导") != leaders {
			t.Errorf("%s: leaders are compared: %v", who, !leaders)
		}
		links := boardLink.FindAllStringSubmatch(page.body, -1)
		if len(links) < 10 {
			t.Errorf("%s: %d numbers", who, len(links))
		}
		for _, link := range links {
			list := b.get(strings.ReplaceAll(link[1], "&amp;", "&")).want(200)
			if !strings.Contains(list.body, `<span class="count">`+link[2]+`</span>`) {
				t.Errorf("%s: %s of %s, but %s", who, link[2], link[1], list.text())
			}
		}
	}
	if page := w.browse("lower").get("/board").want(200, "马己"); strings.Contains(page.body, "何甲</a>") {
		t.Error("a leader sees how one above stands")
	}
	b := w.browse("supervisor")
	b.get("/board?unit=a-nc").want(200, "上一级", longName)
	b.get("/board?unit=a-zr&live=off").want(200, "没有未结的信访事项", "自动刷新")
	b.get("/board?unit=nowhere").want(422)
	if page := w.browse("officer").get("/desk").want(200); strings.Contains(page.body, `href="/board"`) {
		t.Error("an officer is led to the board")
	}
	w.browse("officer").get("/board").want(403, "看板供信访部门")
	if page := b.get("/board?live=off"); strings.Contains(page.body, "data-live") {
		t.Error("it refreshes all the same")
	}
	if n := len(b.get("/board").body); n > 100_000 {
		t.Errorf("%d bytes", n)
	}
}

// What a list shows and how stands in its address: conditions, order, columns.
func TestList(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.overdue(2)
	w.register(title)
	b := w.browse("supervisor")
	got := b.get("/cases?q=&lamp=red&stage=&overdue=true&sort=due&col=title&col=received&col=origin").want(200, "逾期事项01", "收到日期", "2026年6月1日", "省")
	if got.at != "/cases?columns="+url.QueryEscape("title,received,origin")+"&lamp=red&overdue=true" || strings.Contains(got.body, title) || strings.Contains(got.body, "上级包案领导</th>") {
		t.Errorf("%s: %s", got.at, got.text())
	}
	all := "/cases?columns=title,number,lamp,due,stage,supervision,unit,upper,lower,office,received,origin,category,campaign,reference,marks"
	b.get(all).want(200, "地区信访局", "农业农村", "何甲", "马己")
	b.get("/cases?due_before=2026-08-10&open=true").want(200, "逾期事项02", `value="2026-08-10"`)
	if page := b.get("/cases?due_before=gestern&unit=nowhere").want(422, "due_before", "unit"); strings.Contains(page.body, "/cases.csv") {
		t.Error("a list that there is none of is offered as a table")
	}
	b.get("/cases?columns=petitioner").want(200, "逾期事项01")
	if page := w.browse("officer").get("/cases").want(200, title); strings.Contains(page.body, `type="checkbox" name="case"`) {
		t.Error("an officer can choose many cases")
	}

	// The same, as a table.
	table := b.get("/cases.csv?overdue=true&columns=title,received").want(200)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 || !slices.ContainsFunc(rows, func(row []string) bool { return slices.Equal(row, []string{"逾期事项01", "2026-06-01"}) }) || table.header.Get("Content-Type") != "text/csv; charset=utf-8" ||
		!strings.HasPrefix(table.header.Get("Content-Disposition"), "attachment") || table.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v %v %v", err, rows, table.header)
	}
	b.get("/cases.csv?lamp=blue").want(422)
	w.browse("").get("/cases.csv").want(200, "登录")

	// And kept under a name.
	page := b.get("/cases?overdue=true&sort=-due").want(200)
	saved := b.post("/cases/filters", page.form("/cases/filters", url.Values{"name": {"我的<逾期>"}})).want(200, "条件已保存", "我的&lt;逾期&gt;", `aria-current="true"`)
	b.get("/board").want(200, `<a href="/cases?overdue=true&amp;sort=-due">我的&lt;逾期&gt;</a>`)
	page.want(200, `href="/cases.csv?overdue=true&amp;sort=-due"`)
	b.post("/cases/filters", page.form("/cases/filters", url.Values{"name": {strings.Repeat("长", 31)}})).want(422, "不得超过30字", strings.Repeat("长", 31))
	if strings.Contains(w.browse("inspector").get("/cases").body, "我的&lt;逾期&gt;") {
		t.Error("somebody else sees it")
	}
	id := regexp.MustCompile(`name="drop" value="([^"]+)"`).FindStringSubmatch(saved.body)[1]
	if got := b.post("/cases/filters", url.Values{"drop": {id}, "query": {"overdue=true"}}).want(200, "条件已删除"); strings.Contains(got.body, "我的&lt;逾期&gt;") {
		t.Error("it is still there")
	}
	b.post("/cases/filters", url.Values{"drop": {id}}).want(200, "条件已删除")
}

// Many cases at once: what is wrong is said, what would come of it is shown, what is
// ordered is what was shown, and twice the same form is one order.
func TestBulk(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	ids := w.overdue(2)
	b := w.browse("supervisor")
	const at = "/broadcasts/new"
	b.post(at, url.Values{"command": {"urge"}, "asked": {"overdue=true"}}).want(422, "没有选中任何信访事项")
	b.post(at, url.Values{"command": {"close"}, "case": ids}).want(404)
	form := b.post(at, url.Values{"command": {"urge"}, "all": {"yes"}, "asked": {"overdue=true&unit=a"}}).want(200, "全部符合条件的未结事项", "已逾期", "甲县党委政府").form(at, nil)
	form.Set("step", "try")
	b.post(at, form).want(422, "此项必填", `id="text-wrong"`)
	form.Set("text", "请一周内报告<进展>")
	trial := b.post(at, form).want(200, "可以执行", "请一周内报告&lt;进展&gt;", "催办 2 件")
	form = trial.form(at, url.Values{"step": {"order"}})

	// Meanwhile another case fits.
	more := w.overdue(1)
	moved := b.post(at, form).want(200, "符合条件的事项有变化", "2 → 3", "没有执行")
	if w.urged(ids[0]) != 0 {
		t.Fatal("something was done")
	}
	form = moved.form(at, url.Values{"step": {"order"}})
	first := b.post(at, form).want(200, "批量催办", "/ 3 件")
	if again := b.post(at, form).want(200); again.at != first.at || !strings.HasPrefix(first.at, "/broadcasts/") {
		t.Errorf("ordered at %s, then at %s", first.at, again.at)
	}
	for b.get(first.at).want(200); !strings.Contains(b.get(first.at).body, "已完成"); {
	}
	b.get(first.at).want(200, "已执行 3", "请一周内报告&lt;进展&gt;")
	b.get(first.at+"?result=refused").want(200, "没有这样的事项")
	b.get("/broadcasts").want(200, "催办", "章己", first.at)
	b.post(first.at+"/cancel", nil).want(200, "已完成")
	for _, id := range append(ids, more...) {
		if n := w.urged(id); n != 1 {
			t.Errorf("%s was urged %d times", id, n)
		}
	}

	// Whoever has to sign in meanwhile finds what was chosen and typed.
	form = url.Values{"command": {"supervise"}, "case": ids, "step": {"try"}, "reason": {"overdue"}, "text": {"写了很久的要求"}}
	if err := w.auth.SignOut(t.Context(), "supervisor", ""); err != nil {
		t.Fatal(err)
	}
	signIn := b.post(at, form).want(401, "您填写的内容已保留")
	kept := signIn.form("/sign-in", url.Values{"trial": {"supervisor"}})
	kept["typed.case"] = ids
	b.post("/sign-in", kept).want(200, "已重新登录", "写了很久的要求", "<b>2</b>", ids[1])

	// A case that can't take it is shown with the reason; the rest goes through.
	w.do("supervisor", ids[0], "assign", map[string]any{"upper": "upper", "lower": "lower"})
	form = url.Values{"command": {"hand_over"}, "case": ids, "step": {"try"}, "from": {"lower"}, "to": {"deputy"}, "reason": {"transfer"}, "decided_by": {"upper"}, "text": {"因工作调动"}}
	trial = b.post(at, form).want(200, "移交 1 件", "不能执行的事项及原因", "马己", "施癸")
	form = trial.form(at, url.Values{"step": {"order"}})
	form["case"] = ids
	done := b.post(at, form).want(200, "批量移交")
	for !strings.Contains(b.get(done.at).body, "已完成") {
	}
	b.get(done.at+"?result=refused").want(200, "被拒绝 1", "逾期事项02")
	w.browse("officer").post(at, url.Values{"command": {"urge"}, "case": ids, "step": {"try"}, "text": {"请办理"}}).want(403)
	w.browse("inspector").get(done.at).want(404)
	w.browse("lower").get("/broadcasts").want(200, "还没有批量操作")
}

// Many cases get their leaders, each those proposed for it, and are put into a campaign
// (会战), step by step as an urge is; what can't take it is shown with the reason.
func TestBulkAssignAndEnlist(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	ids := w.overdue(3)
	b := w.browse("supervisor")
	const at = "/broadcasts/new"
	order := func(command string, typed url.Values, tried string) shown {
		t.Helper()
		form := b.post(at, url.Values{"command": {command}, "case": ids}).want(200).form(at, typed)
		form["case"], form["step"] = ids, []string{"try"}
		form = b.post(at, form).want(200, tried).form(at, url.Values{"case": ids, "step": {"order"}})
		done := b.post(at, form).want(200)
		for !strings.Contains(b.get(done.at).body, "已完成") {
		}
		return b.get(done.at)
	}
	list := b.get("/cases?overdue=true").want(200)
	for _, kind := range casefile.Broadcasts() {
		list.want(200, `name="command" value="`+string(kind)+`"`)
	}
	if body := w.browse("inspector").get("/cases?overdue=true").want(200).body; strings.Contains(body, `value="assign"`) || strings.Contains(body, `value="enlist"`) {
		t.Error("an inspector is offered more than to urge")
	}

	w.do("supervisor", ids[0], "assign", map[string]any{"upper": "upper", "lower": "deputy"})
	b.post(at, url.Values{"command": {"assign"}, "case": ids, "step": {"try"}, "upper": {"upper"}}).want(200, "可以执行</dt><dd>0", "何甲")
	done := order("assign", nil, "各件按建议确定").want(200, "已执行 2", "被拒绝 1")
	b.get(done.at+"?result=refused").want(200, "逾期事项")
	b.get("/cases/"+ids[1]).want(200, "何甲", "马己")
	if n := w.count(ids[0], "assigned"); n != 1 {
		t.Errorf("it was assigned %d times", n)
	}

	b.post(at, url.Values{"command": {"enlist"}, "case": ids}).want(200, "没有进行中的会战")
	var campaign struct {
		ID string `json:"id"`
	}
	w.give("supervisor", "/campaigns", map[string]any{"name": "积案化解会战", "about": "省交办积案。", "start": "2026-09-01", "end": "2026-12-31"}, &campaign)
	b.post(at, url.Values{"command": {"enlist"}, "case": ids, "step": {"try"}}).want(422, `id="campaign-wrong"`)
	order("enlist", url.Values{"campaign": {campaign.ID}, "text": {"逾期未结，列入会战。"}}, "积案化解会战").want(200, "已执行 3")
	for _, id := range ids {
		if n := w.count(id, "enlisted"); n != 1 {
			t.Errorf("%s was enlisted %d times", id, n)
		}
	}
	b.get("/campaigns/"+campaign.ID).want(200, "逾期事项01", "逾期事项03")
}

// A supervisor finds ten overdue cases on the board and urges them, in a real browser.
func TestSupervisorUrgesTen(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	ids := w.overdue(10)
	w.register(title)
	for _, wide := range []int64{1440, 375} {
		b := openChrome(t, wide, 900)
		b.signIn(w, "supervisor")
		b.run(chromedp.Navigate(w.url+"/board"), chromedp.WaitVisible(`.figures`, chromedp.ByQuery))
		b.fits()
		b.run(chromedp.Click(`.figures a.is-red[href*="overdue"]`, chromedp.ByQuery), chromedp.WaitVisible(`.list`, chromedp.ByQuery))
		b.fits()
		var rows int
		var said string
		b.run(chromedp.Evaluate(`document.querySelectorAll("[name=case]").length`, &rows))
		if wide > 600 {
			b.run(chromedp.Click(`#every`, chromedp.ByQuery))
		} else {
			b.run(chromedp.Evaluate(`document.querySelectorAll("[name=case]").forEach((c) => c.click())`, nil))
		}
		b.run(chromedp.Text(`.chosen output`, &said, chromedp.ByQuery), chromedp.Click(`button[value="urge"]`, chromedp.ByQuery), chromedp.WaitVisible(`textarea`, chromedp.ByQuery))
		b.fits()
		if rows != 10 || said != "已选 10 件" {
			t.Errorf("%d rows, said %q", rows, said)
		}
		b.run(chromedp.SendKeys(`textarea`, "请三日内报告办理进展。", chromedp.ByQuery), chromedp.Click(`button[value="try"]`, chromedp.ByQuery), chromedp.WaitVisible(`button[value="order"]`, chromedp.ByQuery))
		b.fits()
		b.run(chromedp.Click(`button[value="order"]`, chromedp.ByQuery), chromedp.WaitVisible(`.meter`, chromedp.ByQuery))
		b.fits()
		// The page follows by itself until all is done.
		b.until(`!document.querySelector("[data-live]") && document.querySelector("h1 .tag").textContent === "已完成"`)
	}
	for _, id := range ids {
		if n := w.urged(id); n != 2 {
			t.Errorf("%s was urged %d times", id, n)
		}
	}
}
