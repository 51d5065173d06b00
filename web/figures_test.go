package web_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Figures in forms: for those who may read them, with the filters in the address, in both
// languages, each table as a file.
func TestFigures(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("supervisor")
	b.get("/figures").want(200, "这一期间没有可统计的事项。")
	first, _ := w.register(title), w.register(title)
	w.do("upper", first, "acknowledge", nil)
	page := b.get("/figures").want(200, `<a href="/figures" aria-current="page">统计</a>`, "绿灯 2", "来访", "2 批次", "2 人次", "不用于评分和排名",
		"登记并转送交办", "100%（2/2）", "包案领导签收", `role="img"`)
	if strings.Contains(page.body, "style=") {
		t.Error("a style that the policy of content forbids")
	}
	if len(page.body) > 100_000 {
		t.Errorf("%d bytes", len(page.body))
	}
	b.get("/figures?unit=a-zr&from=2026-08-01&until=2026-09-01").want(200, `value="a-zr" selected`, `value="2026-08-01"`, "清除条件")
	b.get("/figures?rule=REG-FORWARD").want(200, `value="REG-FORWARD" selected`, "地区信访局")
	b.get("/figures?rule=SUSPENSION").want(200, "所选期限在这一期间没有数据")
	b.get("/figures?from=2026-09-02&until=2026-09-01").want(422, "查询条件需要更正")
	b.get("/figures?from=x").want(422, "应为日期")
	b.get("/figures/files/none.csv").want(404)
	b.get("/figures/files/lamps.csv?from=x").want(422)
	for _, who := range []string{"clerk", "officer"} {
		if got := w.browse(who).get("/figures").want(403, "统计由信访部门督办人员"); strings.Contains(got.body, `href="/figures"`) {
			t.Errorf("%s is led to figures", who)
		}
	}
	w.browse("head").get("/figures").want(200, "绿灯 2")

	file := b.get("/figures/files/channels.csv").want(200)
	if file.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(file.body, "\ufeff") || !strings.Contains(file.header.Get("Content-Disposition"), "shuangze-channels-2026-01-01") {
		t.Errorf("%v", file.header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := `[[信访形式 计数单位 登记 上年同期 同比 办结 上年同期 同比 按期办结率 上年同期] [来访 批次 2 0 — 0 0 — — —] [来访 人次 2 0 — 0 0 —  ]]`
	if got := fmt.Sprint(rows); got != want {
		t.Errorf("%s", got)
	}

	b.post("/language", map[string][]string{"to": {"en"}})
	english := b.get("/figures").want(200, "Lamps over time", "Punctuality", "2 groups", "2 persons", "no ranking", "green 2")
	for _, word := range []string{"以表格查看", "批次", "按期", "登记", "绿灯"} {
		if strings.Contains(english.body, word) {
			t.Errorf("%s is not English", word)
		}
	}
}

// The year in sentences: each number with its unit, and whether it is more or less.
func TestYearlyReport(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	w.do("supervisor", id, "supervise", map[string]any{"reason": "shirking", "days": 15, "text": "请说明"})
	w.do("supervisor", id, "suggest", map[string]any{"suggestion": "policy", "organ": "省农业农村厅", "text": "完善补贴政策"})
	w.do("supervisor", id, "answer_suggestion", map[string]any{"number": 1, "outcome": "adopted", "text": "已采纳"})
	w.do("officer", id, "accept", map[string]any{"text": "受理"})
	w.do("upper", id, "submit", map[string]any{"meeting": "executive", "text": "提请研究"})
	w.do("supervisor", id, "resolve", map[string]any{"money": 120000, "text": "同意"})
	b := w.browse("supervisor")
	b.get("/figures/report").want(200, "转送1次、涉及1件；督办1次、涉及1件。", "建议1项（上年同期0项）；收到反馈1项，其中采纳1项、部分采纳0项、未采纳0项。", "提请集体研究1次，作出决定1次，落实资金120000元", "涉及领域", "农业农村", longName)
	for file, line := range map[string]string{
		"categories": "农业农村,1,0,—", "matters": longName + ",1,0,—", "accused": "单位,", "measures": "督办,1,0,—,1,0,—", "suggestions": "完善政策,1,0,—,1,0,0", "meetings": "政府常务会,1,0,—,1,0,—",
	} {
		b.get("/figures/files/"+file+".csv?from=2026-01-01&until=2026-12-31").want(200, line)
	}
	b.get("/figures/report").want(200, "2026年信访工作报告", "年度未满", "来访：登记1批次（上年同期无）；办结0批次（上年同期无）。", "来访：登记1人次（上年同期无）",
		"登记并转送交办应完成1项，按期1项，按期率100%", "未办结1件，其中绿灯1件、黄灯0件、红灯0件。", "本年没有信访人作出评价", "year=2025")
	b.get("/figures/report?year=2025").want(200, "2025年信访工作报告", "本年没有登记或办结的信访事项", "年末未办结事项", "未办结0件", "本年没有转送、交办和督办", "本年没有提出建议", "本年没有提请集体研究")
	b.get("/figures/report?year=2026&unit=a-zr").want(200, "甲县自然资源局", "未办结0件")
	for _, year := range []string{"1999", "2027", "x", "-1"} {
		b.get("/figures/report?year=" + year).want(404)
	}
	w.browse("officer").get("/figures/report").want(403)
	b.post("/language", map[string][]string{"to": {"en"}})
	b.get("/figures/report").want(200, "Report on petition work in 2026", "visit: registered 1 group (none the year before)", "of 1 due, 1 on time (100%)", "forwarded 1 time of 1 case; supervised 1 time of 1 case.", "1 answered: 1 adopted", "with 120000 yuan")
}

// What a chart shows is what its table says, and fits a telephone.
func TestFiguresInABrowser(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	for range 3 {
		w.register(title)
	}
	b := openChrome(t, 375, 812)
	b.signIn(w, "supervisor")
	for _, language := range []string{"zh", "en"} {
		if language == "en" {
			b.run(chromedp.Click(`button[name="to"][value="en"]`, chromedp.ByQuery), chromedp.WaitVisible(`html[lang="en"] main`, chromedp.ByQuery))
		}
		b.run(chromedp.Navigate(w.url+"/figures"), chromedp.WaitVisible(`#lamps-chart svg`, chromedp.ByQuery))
		b.fits()
		// Of each line the parts' titles, against the numbers of the row in the table.
		const differences = `(() => {
			const wrong = [], numbers = text => (text.match(/\d+$/) || [""])[0]
			for (const [chart, table] of [["stages", "stages"], ["ages", "ages"]]) {
				const lines = [...document.querySelectorAll("#" + chart + "-chart li")], rows = [...document.querySelectorAll("#" + table + "-table tbody tr")]
				if (lines.length !== rows.length || lines.length === 0) wrong.push(chart + ": " + lines.length + " lines, " + rows.length + " rows")
				lines.forEach((line, i) => {
					const shown = [...line.querySelectorAll("rect:not(.rail)")].map(r => r.className.baseVal + numbers(r.querySelector("title").textContent)).sort().join()
					const cells = [...rows[i].querySelectorAll("td")].map(c => c.textContent)
					const told = ["fill-green" + cells[0], "fill-yellow" + cells[1], "fill-red" + cells[2]].filter(c => !c.endsWith("0") || /[1-9]0$/.test(c)).sort().join()
					if (shown !== told || line.querySelector(".bar-name").textContent !== rows[i].querySelector("th").textContent) wrong.push(shown + " / " + told)
				})
			}
			const last = [...document.querySelectorAll("#lamps-table tbody tr:last-child td")].map(c => c.textContent)
			const key = [...document.querySelectorAll("#lamps-chart .key span")].map(s => numbers(s.textContent))
			if (last.slice(0, 3).join() !== key.join() || last[3] !== document.querySelector("#lamps-chart text").textContent) wrong.push("lamps " + last + " / " + key)
			const colour = getComputedStyle(document.querySelector("#lamps-chart path")).fill
			if (colour === "rgb(0, 0, 0)") wrong.push("no colours")
			return wrong.join("; ")
		})()`
		var wrong string
		b.run(chromedp.Evaluate(differences, &wrong))
		if wrong != "" {
			t.Errorf("%s: %s", language, wrong)
		}
	}
}
