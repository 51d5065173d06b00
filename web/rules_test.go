package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// next are the rest days of 2027 as somebody types them; the notice is made up.
const (
	restDays = `1月1日至3日 元旦
2027年2月5日至12日 春节
2027-04-03 至 2027-04-05 清明节
5月1日至5日 劳动节
6月9日 端午节
9月15日至17日 中秋节
10月1日至7日 国庆节
`
	// The same in the notice's own sentences.
	notice = `一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。
二、春节：2月5日（周五）至12日（周五）放假调休，共8天。2月14日（周日）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。
五、端午节：6月9日（周三）放假1天，不调休。
六、中秋节：9月15日（周三）至17日（周五）放假调休，共3天。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）上班。`
	workDays = "2月14日 春节\n9月26日 国庆节\n"
)

func nextYear(change url.Values) url.Values {
	typed := url.Values{"year": {"2027"}, "source": {"虚构，仅供测试"}, "off": {restDays}, "work": {workDays}}
	for name, v := range change {
		typed[name] = v
	}
	return typed
}

// A year is tried out, shows which cases would move, and is published; the page then has it.
func TestPublishYear(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := w.browse("admin")
	b.get("/admin/rules").want(200, "国家基准", "2027年", "暂定", "还没有发布过规则")
	const at = "/admin/rules/draft/year"
	form := b.get(at+"?year=2027").want(200, `value="2027"`)
	preview := b.post(at, form.form(at, nextYear(nil))).want(200, "尚未发布", "2027年2月5日 周五", "春节", "发布理由")
	if got := b.get("/admin/rules"); strings.Contains(got.body, "虚构") {
		t.Error("a preview publishes")
	}
	publish := preview.form(at+"/publish", url.Values{"text": {""}})
	again := b.post(at+"/publish", publish).want(422, "没有发布", "此项必填", "2027年2月5日 周五")
	publish = again.form(at+"/publish", url.Values{"text": {"国务院办公厅已公布"}})
	if got := b.post(at+"/publish", publish).want(200, "第1版规则已生效", "虚构，仅供测试", "陶戊", "国务院办公厅已公布"); got.at != "/admin/rules?done=1" {
		t.Errorf("at %s", got.at)
	}
	b.post(at+"/publish", publish).want(200, "第1版规则已生效") // the same form twice
	b.get("/admin/rules/1").want(200, "2027年2月14日 周日", "上班", "无地方政策")
	b.get("/admin/rules/2").want(404)
	b.get(at+"?year=2027").want(200, "2027-02-05 至 2027-02-12 春节")
	b.post(at, nextYear(nil)).want(200, "没有需要发布的")
	b.post(at, nextYear(url.Values{"off": {notice}, "work": {""}})).want(200, "没有需要发布的") // says the same
	// What was tried out on rules that are in force no more is looked at again first.
	publish.Set("draft", `{"policy":"people: {collective: 6}"}`)
	publish.Set("key", "another")
	b.post("/admin/rules/draft/policy/publish", publish).want(409, "请重新试算", "人数", "5", "6", `name="after" value="1"`)
}

// What is wrong in a file is said line by line, in both languages, and what was typed stays.
func TestRulesThatAreWrong(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("admin")
	const year, local = "/admin/rules/draft/year", "/admin/rules/draft/policy"
	b.post(year, nextYear(url.Values{"off": {"元旦放假\n" + restDays}, "work": {"2月14日 春节\n\n2月"}})).want(422, "放假的日子，第1行", "元旦放假", "调休上班的日子，第3行", "应写作", "2027-04-03 至 2027-04-05 清明节", `id="off-wrong"`)
	b.post(year, nextYear(url.Values{"work": {"2月14日 春节\n\n2月15日 春节"}, "off": {strings.Replace(restDays, "9月15日", "2月30日", 1)}})).want(422,
		"放假的日子，第6行", "没有2027年2月30日这一天")
	b.post(year, nextYear(url.Values{"work": {"2月14日 春节\n\n2月15日 春节"}})).want(422, "调休上班的日子，第3行", "2027-02-15 不是周六或周日", "2月15日 春节")
	b.post(year, nextYear(url.Values{"off": {notice}, "work": {"\n2月14日 春节"}})).want(422, "调休上班的日子，第2行", "2027年2月14日 周日已经列出")
	b.post(year, nextYear(url.Values{"off": {strings.Replace(notice, "1月1日（周五）", "1月1日（周四）", 1)}, "work": {""}})).want(422, "放假的日子，第1行", "2027年1月1日是周五，不是“周四”")
	b.post(year, nextYear(url.Values{"off": {strings.Replace(restDays, "10月1日至7日", "10月2日至7日", 1)}})).want(422, "缺少法定假日 2027-10-01（国庆节）")
	b.post(year, nextYear(url.Values{"year": {"x"}, "source": {""}})).want(422, "年度：应为数字", "来源：应写明")
	policyFile := "clocks:\r\n  - {id: HANDLE, length: 400, unit: calendar_day}\r\ncolour: red"
	b.post(local, url.Values{"policy": {policyFile}}).want(422, "第2行", "HANDLE：length：应为1至366日，现为400", "第3行", "colour: red")
	b.post("/language", url.Values{"to": {"en"}})
	b.post(local, url.Values{"policy": {policyFile}}).want(422, "line 2", "HANDLE: length: must be 1 to 366 days, is 400")
	// What the file's own language refuses is said in the reader's, with its place.
	if en := b.post(local, url.Values{"policy": {"clocks:\n  - {id: HANDLE, length: many}"}}).want(422, "line 2, character 26"); strings.Contains(en.body, "应为") {
		t.Error(en.text())
	}
	b.post("/language", url.Values{"to": {"zh"}})
	for typed, said := range map[string]string{
		"clocks:\n  - {id: HANDLE, length: many}": "HANDLE：length：应为整数，而不是“many”",
		"people: {colective: 5}":                  "没有“colective”这一项",
		"day:\n\tstarts: x":                       "不是有效的 YAML：此处的字符不能这样用",
	} {
		page := b.post(local, url.Values{"policy": {typed}}).want(422, said)
		for _, word := range []string{"unmarshal", "not found", "cannot"} {
			if strings.Contains(page.body, word) {
				t.Errorf("%s: the parser's words: %s", typed, page.text())
			}
		}
	}
	b.get("/admin/rules/draft/none").want(404)
}

// A file can be given in the place of what is typed.
func TestRulesFromFile(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("admin")
	send := func(path, content string) shown {
		t.Helper()
		const mark = "----x"
		body := "--" + mark + "\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\nold\r\n--" + mark +
			"\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" + content + "\r\n--" + mark + "--\r\n"
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary="+mark)
		return b.send(r)
	}
	send("/admin/rules/draft/policy", "\ufeffpeople: {collective: 7}\r\n").want(200, "人数", "7")
	send("/admin/rules/draft/policy", "people:\n  collective: 1\n").want(422, "第2行", "应为2以上", "people:\n  collective: 1")
	send("/admin/rules/draft/year", "{").want(422, "第1行第2个字符", "不是有效的JSON：内容不完整")
	send("/admin/rules/draft/year", "{\"year\": 2027,\n \"off\": [}").want(422, "第2行第10个字符", "不是有效的JSON：“}”不应出现在这里")
	send("/admin/rules/draft/year", "\xff\xfe").want(422, "不是UTF-8")
	send("/admin/rules/draft/year", "{\"year\": 2027,\n\"source\": \"s\",\n\"off\": [],\n\"work\": 7}").want(422, "第4行")
}

// Only the administrator publishes; the auditor reads what was.
func TestRulesAreTheAdministrators(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	if got := w.browse("auditor").get("/admin/rules").want(200, "发布记录"); strings.Contains(got.body, "修改地方政策") {
		t.Error("the auditor is offered to publish")
	}
	for _, who := range []string{"auditor", "supervisor", "clerk", "upper"} {
		b := w.browse(who)
		b.post("/admin/rules/draft/policy", url.Values{"policy": {"people: {collective: 7}"}}).want(403, "只能由系统管理员")
		b.post("/admin/rules/draft/policy/publish", url.Values{"draft": {`{"policy":""}`}, "text": {"x"}}).want(403)
	}
	w.browse("clerk").get("/admin").want(404)
}

// The administrator publishes a year in a real browser: nothing is wider than the screen,
// and the question names what moves.
func TestAdministratorPublishes(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := openChrome(t, 375, 812)
	b.signIn(w, "admin")
	var done string
	b.run(chromedp.Navigate(w.url+"/admin/rules"), chromedp.WaitVisible(`.sections`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Navigate(w.url+"/admin/rules/draft/year?year=2027"), chromedp.WaitVisible(`#off`, chromedp.ByQuery),
		chromedp.SetValue(`#source`, "虚构，仅供测试", chromedp.ByQuery), chromedp.SetValue(`#off`, restDays, chromedp.ByQuery), chromedp.SetValue(`#work`, workDays, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.figures`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.SetValue(`#text`, "国务院办公厅已公布", chromedp.ByQuery), chromedp.Click(`form.form button`, chromedp.ByQuery),
		chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	if done != "第1版规则已生效。" || !strings.Contains(b.asked, "确认发布") {
		t.Errorf("done %q, asked %q", done, b.asked)
	}
}
