package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var secret = regexp.MustCompile(`<dt>查询密码</dt><dd><b class="code">([^<]+)</b>`)

// A receipt is given once: number, office, what was received, what the law promises next,
// the code and the secret. The secret is shown then and never again, and stands in no
// address, neither of the page nor of the QR code.
func TestReceipt(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("clerk")
	const form = "/cases/new"
	page := b.post(form, b.get(form).form(form, begun(nil))).want(200, "已登记，编号", "地区信访局", "信访事项登记回执", "反映农业补贴发放错误", "贺某某",
		"最迟2026年9月16日 周三", "转送、交办", "15日内", "书面告知您是否受理", "60日内", "《信访工作条例》第三十四条", "30日内", "复查", "/cases/new?channel=visit&amp;origin=petition")
	at, _, _ := strings.Cut(page.at, "?")
	if !strings.HasSuffix(at, "/receipt") || strings.Contains(page.body, "查询密码</dt>") {
		t.Fatalf("at %s", page.at)
	}
	b.get("/cases/new?channel=letter&origin=province").want(200, `value="letter" checked`, `value="province" checked`)
	given := b.post(at, page.form(at, nil)).want(201, "查询密码只在这一页显示这一次", `<svg viewBox="-4 -4`, w.url+"/lookup?code=")
	first := secret.FindStringSubmatch(given.body)
	if first == nil || strings.Contains(given.at, first[1]) || strings.Count(given.body, first[1]) != 1 {
		t.Fatalf("the secret: %v", first)
	}
	// Sent twice it ends nothing; whoever wants a new one has to say so.
	again := b.post(at, page.form(at, nil)).want(409, "本案已发放查询凭证", "重新发放查询凭证")
	if got := b.get(at).want(200, "查询凭证已于", "葛癸"); strings.Contains(got.body, first[1]) {
		t.Error("the secret is shown again")
	}
	second := secret.FindStringSubmatch(b.post(at, again.form(at, nil)).want(201).body)
	if second == nil || second[1] == first[1] {
		t.Errorf("%v, %v", first, second)
	}
	b.get(strings.TrimSuffix(at, "/receipt")).want(200, `href="`+at+`"`)
	// Nobody gives one but the office in charge.
	for who, status := range map[string]int{"upper": 403, "officer": 403, "outsider": 404} {
		w.browse(who).get(at).want(status)
		w.browse(who).post(at, url.Values{}).want(status)
		if got := w.browse(who).get(strings.TrimSuffix(at, "/receipt")); strings.Contains(got.body, at) {
			t.Errorf("%s is led to it", who)
		}
	}
}

// What a unit received itself it answers for itself; a suggestion has no 60 days.
func TestReceiptOfUnit(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	o := w.browse("officer")
	const form = "/cases/new"
	page := o.post(form, o.get(form).form(form, begun(nil))).want(200, longName, "书面告知您是否受理", "60日内")
	if strings.Contains(page.body, "转送、交办") {
		t.Error("it is passed on to nobody")
	}
	page = o.post(form, o.get(form).form(form, begun(url.Values{"purpose": {"suggestion"}, "title": {"关于农机补贴的建议"}}))).want(200, "书面告知您是否受理")
	if strings.Contains(page.body, "60日内") {
		t.Error("a suggestion has no 60 days")
	}
}
