package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"shuangze/casefile"
)

// begun is what a clerk has filled in; the rest of the form has its defaults.
func begun(more url.Values) url.Values {
	form := url.Values{
		"channel": {"visit"}, "received_at": {"2026-09-01"}, "origin": {"petition"}, "petitioner.name": {"贺某某"}, "petitioner.phone": {"139-0000-0002"},
		"headcount": {"1"}, "title": {"反映农业补贴发放错误"}, "text": {"信访人反映补贴<少发>两年。\n请求补发。"}, "purpose": {"appeal"}, "category": {"agriculture"}, "unit": {"a-nc"},
	}
	for name, values := range more {
		form[name] = values
	}
	return form
}

var caseAt = regexp.MustCompile(`^/cases/([0-9a-f-]{36})`)

// A clerk registers with a form: what is wrong stands beside its field, all at once, and
// what was typed is still there.
func TestRegistration(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("clerk")
	const at = "/cases/new"
	page := b.get(at).want(200, "登记信访事项", `value="visit" checked`, `value="petition" checked`, `value="2026-09-01"`, "5人以上为集体信访", `<option value="a-nc">`)
	for _, none := range []string{`name="upper"`, `name="campaign"`, "未登记的草稿"} {
		if strings.Contains(page.body, none) {
			t.Errorf("the clerk's form has %s", none)
		}
	}
	if len(page.body) > 100_000 {
		t.Errorf("%d bytes", len(page.body))
	}
	got := b.post(at, page.form(at, begun(url.Values{"received_at": {"2026-09-30"}, "headcount": {"许多"}, "representatives": {"9"}, "title": {""}, "unit": {""}, "urgent": {"true"}, "known_at": {"2026-08-01T10:00"}}))).want(422,
		"尚未登记", `id="received_at-wrong"`, `id="headcount-wrong"`, `id="representatives-wrong"`, `id="title-wrong"`, `id="unit-wrong"`, `id="known_at-wrong"`, `<a href="#title">`,
		`value="许多"`, "信访人反映补贴&lt;少发&gt;两年。\n请求补发。", `value="139-0000-0002"`, `name="urgent" value="true" checked`, `value="2026-08-01T10:00"`)
	if strings.Contains(got.body, `action="/language"`) {
		t.Error("a change of language would lose what was typed")
	}
	form := got.form(at, begun(nil))
	done := b.post(at, form).want(200, "已登记，编号", "反映农业补贴发放错误", "贺某某")
	id := caseAt.FindStringSubmatch(done.at)
	if id == nil {
		t.Fatalf("ended up at %s", done.at)
	}
	if again := b.post(at, form).want(200); caseAt.FindStringSubmatch(again.at)[1] != id[1] {
		t.Error("the same form again is another case")
	}
	// Who may not register has no form, and no way to it.
	if got := w.browse("upper").get("/desk").want(200); strings.Contains(got.body, `href="/cases/new"`) {
		t.Error("a leader is led to the registration")
	}
	w.browse("upper").get(at).want(403)
	w.browse("upper").post(at, begun(nil)).want(403)
}

// Each field of a registration has its place in the form of those who may fill it in.
func TestRegistrationFields(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	const at = "/cases/new"
	page := w.browse("supervisor").get(at).want(200).body
	fields, _ := casefile.Fields(casefile.Register)
	for _, f := range fields {
		if f.Name != "petitioner" && !strings.Contains(page, ` name="`+f.Name+`"`) {
			t.Errorf("the form has no %s", f.Name)
		}
	}
	b := w.browse("supervisor")
	form := b.get(at).want(200).form(at, begun(url.Values{
		"headcount": {"８"}, "representatives": {"5"}, "key": {"true"}, "difficult": {"true"}, "urgent": {"true"}, "known_at": {"2026-09-01T09:30"}, "repeated": {"true"}, "on_the_spot": {"true"},
		"origin": {"province"}, "reference": {"省信交〔2026〕1号"}, "upper": {"upper"}, "lower": {"lower"}, "petitioner.identity": {"110101199001011237"}, "petitioner.address": {"甲县某镇某村"},
	}))
	got := b.post(at, form).want(200, "已受理", "收到处理意见书后不服的")
	id := caseAt.FindStringSubmatch(got.at)
	if id == nil {
		t.Fatalf("ended up at %s: %s", got.at, got.text())
	}
	b.get(id[0]).want(200, "重大紧急", "重点", "难点", "集体访", "何甲", "马己", "甲县某镇某村", "省信交〔2026〕1号", "重大紧急事项报告")
	if n := w.count(id[1], "accepted"); n != 1 {
		t.Error("it was not accepted on the spot")
	}
	// An officer registers what came to the own unit.
	o := w.browse("officer")
	page = o.get(at).want(200, `<option value="a-nc" selected>`).body
	if strings.Contains(page, `name="channel" value="reception"`) || strings.Contains(page, `name="upper"`) {
		t.Error("an officer is offered what only an office has")
	}
	got = o.post(at, o.get(at).form(at, begun(nil))).want(200, "反映农业补贴发放错误")
	if caseAt.FindString(got.at) == "" {
		t.Errorf("ended up at %s", got.at)
	}
}

// Likely earlier cases stand beside the form, and are linked with the registration. What
// is ticked comes back with a refused form without another search.
func TestRegistrationEarlier(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	first := w.register(title)
	other := w.register("反映河道采砂破坏堤防")
	const at = "/cases/new"
	b := w.browse("clerk")
	b.post(at+"/earlier", url.Values{"petitioner.phone": {" "}}).want(200, "填写电话、身份证号或标题后")
	part := b.post(at+"/earlier", url.Values{"petitioner.phone": {"139 0000 0002"}}).want(200, title, "反映河道采砂破坏堤防", "同一信访人", `value="`+first+`"`)
	if strings.Contains(part.body, "<html") || strings.Contains(part.body, "贺某某") {
		t.Error("the part is a page, or names the petitioner")
	}
	page := b.get(at)
	page = b.post(at, page.form(at, begun(url.Values{"do": {"earlier"}}))).want(200, title, "补贴&lt;少发&gt;两年", `value="139-0000-0002"`)
	page = b.post(at, page.form(at, begun(url.Values{"earlier": {first}, "title": {""}}))).want(422, title, `value="`+first+`" checked`)
	if strings.Contains(page.body, other) {
		t.Error("it was searched for again, and that is on record")
	}
	got := b.post(at, page.form(at, begun(url.Values{"earlier": {first}}))).want(200)
	id := caseAt.FindStringSubmatch(got.at)
	if id == nil {
		t.Fatalf("ended up at %s", got.at)
	}
	if n := w.count(id[1], "linked"); n != 1 {
		t.Errorf("linked %d times", n)
	}
	// What can't be linked is no reason not to register; the page says so.
	b.post(at, b.get(at).form(at, begun(url.Values{"earlier": {"nowhere"}}))).want(200, "未能关联")
	w.browse("upper").post(at+"/earlier", url.Values{"title": {"补贴"}}).want(403)
}

// What was typed is kept: on the server as a draft, of the clerk alone, until it is
// registered; and through a session that ends.
func TestRegistrationDrafts(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	const at = "/cases/new"
	b := w.browse("clerk")
	typed := begun(url.Values{"do": {"draft"}, "title": {"写了一半"}, "headcount": {""}, "unit": {""}, "repeated": {"true"}, "key": {"true"}})
	saved := b.post(at, b.get(at).form(at, typed)).want(200, "草稿，保存于", "写了一半", "补贴&lt;少发&gt;两年", `value="139-0000-0002"`, `name="repeated" value="true" checked`, `name="key" value="true" checked`, `name="headcount" value=""`)
	if !strings.HasPrefix(saved.at, at+"?draft=") {
		t.Fatalf("at %s", saved.at)
	}
	b.get(at).want(200, "未登记的草稿", `href="`+saved.at+`"`, "写了一半")
	if got := w.browse("supervisor").get(at); strings.Contains(got.body, "写了一半") {
		t.Error("another sees it")
	}
	w.browse("supervisor").get(saved.at).want(404, "没有这份草稿")
	got := b.post(at, saved.form(at, begun(nil))).want(200, "反映农业补贴发放错误")
	if caseAt.FindString(got.at) == "" {
		t.Fatalf("at %s", got.at)
	}
	b.get(saved.at).want(404)
	if got := b.get(at); strings.Contains(got.body, "未登记的草稿") {
		t.Error("the draft is still there after the registration")
	}
	// Ten at most; nothing that was typed is lost by that.
	for i := range 10 {
		b.post(at, url.Values{"draft": {fmt.Sprint("d", i)}, "do": {"draft"}, "title": {"第几份"}}).want(200)
	}
	b.post(at, b.get(at).form(at, typed)).want(409, "草稿最多保存10份", "写了一半", "尚未登记")
	b.post(at+"/drafts", url.Values{"draft": {"d3"}}).want(200)
	form := b.get(at).form(at, typed)
	if err := w.auth.SignOut(t.Context(), "clerk", ""); err != nil {
		t.Fatal(err)
	}
	signIn := b.post(at, form).want(401, "您填写的内容已保留")
	back := b.post("/sign-in", signIn.form("/sign-in", url.Values{"trial": {"clerk"}})).want(200, "已重新登录", "写了一半", "补贴&lt;少发&gt;两年", `name="key" value="true" checked`)
	got = b.post(at, back.form(at, begun(nil))).want(200, "反映农业补贴发放错误")
	if caseAt.FindString(got.at) == "" {
		t.Errorf("at %s", got.at)
	}
}

// A visit on a reception day comes with its day and, of an appointment, with who came.
func TestRegistrationOfVisit(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	var made struct {
		Receptions []struct {
			ID string `json:"id"`
		} `json:"receptions"`
	}
	w.give("clerk", "/receptions", map[string]any{"leader": "upper", "on": "2026-09-15", "from": "09:00", "until": "11:30", "place": "信访局接待室", "form": "fixed", "publish": true}, &made)
	day := made.Receptions[0].ID
	var booked struct {
		ID string `json:"id"`
	}
	w.give("clerk", "/receptions/"+day+"/appointments", map[string]any{"name": "彭某某", "phone": "13900000007", "topic": "农业补贴\n少发两年"}, &booked)
	b := w.browse("clerk")
	at := "/cases/new?reception=" + day + "&appointment=" + booked.ID
	page := b.get(at).want(200, `name="channel" value="reception" checked`, `<option value="`+day+`" selected>`, `value="2026-09-15"`, `name="appointment" value="`+booked.ID+`"`,
		`value="彭某某"`, `value="13900000007"`, "农业补贴\n少发两年")
	// The day has not begun: that is said at its field, and the appointment is not lost.
	b.post("/cases/new", page.form("/cases/new", begun(url.Values{"channel": {"reception"}, "reception": {day}, "received_at": {"2026-09-01"}}))).want(422,
		`id="reception-wrong"`, "该接待日尚未开始", `name="appointment" value="`+booked.ID+`"`)
	b.get("/cases/new?reception="+day+"&appointment=none").want(200, `name="appointment" value=""`)
	b.get("/cases/new?reception=none").want(404)
}

// What was misheard is put right in a form that has what is registered; what is wrong in it
// stands beside its field, with what was typed.
func TestCorrectForm(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	b := w.browse("clerk")
	at := "/cases/" + id + "/do/correct"
	b.get("/cases/"+id).want(200, at)
	page := b.get(at).want(200, `value="`+title+`"`, `value="`+petitionerName+`"`, `value="`+petitionerPhone+`"`, "更正原因")
	wrong := b.post(at, page.form(at, url.Values{"petitioner.name": {"何某某"}, "petitioner.phone": {"139x"}, "title": {""}, "text": {"听错"}})).
		want(422, "不像电话号码", `value="139x"`, `value="何某某"`, `id="title-wrong"`, "听错")
	right := url.Values{"petitioner.name": {"何某某"}, "petitioner.phone": {"13900000005"}, "title": {"要求补发退耕还林补贴"}, "text": {"听错"}}
	b.post(at, wrong.form(at, right)).
		want(200, "要求补发退耕还林补贴", "何某某", "13900000005", "更正登记", "标题、姓名、电话", "听错")
	right.Set("text", "再看")
	b.post(at, b.get(at).form(at, right)).want(409, "没有需要更正的内容", "再看")
	w.browse("officer").get(at).want(403)
	b.get("/cases/"+id+"/print").want(200, "更正登记", "标题、姓名、电话")
	if got := w.petitioner(id).get("/lookup/case").want(200); strings.Contains(got.body, "听错") {
		t.Error("a petitioner reads the office's reasons")
	}
}
