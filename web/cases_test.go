package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// A case with texts as long as they may be, and as much in its story as years bring, opens
// at once (guarded holds each page to 100 KB); every word of it is a link away.
func TestLongCase(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	long := func(end string) string { return strings.Repeat("经查阅台账并实地走访，", 1800) + end }
	var c struct {
		ID string `json:"id"`
	}
	w.give("clerk", "/cases", map[string]any{
		"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": "2026-08-31",
		"title": title, "text": long("所诉到此为止"), "petitioner": map[string]any{"name": petitionerName, "phone": petitionerPhone},
	}, &c)
	w.do("clerk", c.ID, "forward", nil)
	w.do("supervisor", c.ID, "assign", nil)
	w.do("upper", c.ID, "acknowledge", nil)
	w.do("lower", c.ID, "acknowledge", nil)
	w.do("officer", c.ID, "accept", nil)
	for i := range 40 {
		w.do("supervisor", c.ID, "urge", map[string]any{"text": long(fmt.Sprintf("第%02d次催办", i))})
	}
	w.do("officer", c.ID, "opine", map[string]any{"result": "explain", "text": long("意见到此为止")})

	b, at := w.browse("supervisor"), "/cases/"+c.ID
	page := b.get(at).want(200, "查看全文", "文书", at+"/events/1", "更早的经过")
	for _, end := range []string{"到此为止", "次催办"} {
		if strings.Contains(page.body, end) {
			t.Errorf("%q is shown though it stands at the end of a long text", end)
		}
	}
	b.get(at+"/events/1").want(200, "所诉到此为止", "登记")
	_, rest, _ := strings.Cut(page.body, at+"?before=")
	before, _, _ := strings.Cut(rest, "#")
	b.get(at+"?before="+before).want(200, "回到最近的经过", ">确定包案领导<")
	last := w.count(c.ID, "registered") // 1: what its number is known by
	for seq := last; seq < 100 && b.get(fmt.Sprintf("%s/events/%d", at, seq)).status == 200; seq++ {
		last = seq
	}
	b.get(fmt.Sprintf("%s/events/%d", at, last)).want(200, "意见到此为止", "拟出处理意见书")
	for _, wrong := range []string{"0", "x", fmt.Sprint(last + 1)} {
		b.get(at + "/events/" + wrong).want(404)
	}
	w.browse("outsider").get(at + "/events/1").want(404)
}

// The highlighted button is what the desk says: a clerk is led to forward, never to accept
// for the unit, which would set its 60 days running without a forward.
func TestHighlightedCommand(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	var c struct {
		ID string `json:"id"`
	}
	w.give("clerk", "/cases", map[string]any{
		"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": "2026-08-31",
		"title": title, "text": "信访人反映。", "petitioner": map[string]any{"name": petitionerName},
	}, &c)
	at, b := "/cases/"+c.ID, w.browse("clerk")
	b.get("/desk").want(200, `href="`+at+`/do/forward"`)
	main := func(who, command string) {
		t.Helper()
		page := w.browse(who).get(at).want(200)
		if command != "" {
			page.want(200, `<a class="button" href="`+at+`/do/`+command+`"`)
		} else if strings.Contains(page.body, `<a class="button" href="`+at+`/do/`) {
			t.Errorf("%s is led to something", who)
		}
	}
	main("clerk", "forward")
	b.get(at).want(200, `<a class="button second" href="`+at+`/do/accept"`)
	main("supervisor", "assign")
	w.do("clerk", c.ID, "forward", nil)
	main("clerk", "")
	main("officer", "accept")
}

// Who comes too late is told who did it and when, and finds no form to send again; who comes
// too early, what is missing.
func TestRefusedPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	var c struct {
		ID string `json:"id"`
	}
	w.give("clerk", "/cases", map[string]any{
		"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": "2026-08-31",
		"title": title, "text": "信访人反映。", "petitioner": map[string]any{"name": petitionerName},
	}, &c)
	at, b := "/cases/"+c.ID+"/do/", w.browse("clerk")
	w.browse("supervisor").get(at+"urge").want(409, "该事项尚未转送责任单位，应先转送")
	form := b.get(at+"forward").want(200).form(at+"forward", nil)
	form.Set("text", "请依法办理")
	w.do("supervisor", c.ID, "forward", nil)
	late := b.post(at+"forward", form).want(409, "没有执行", "已由章己于2026年9月1日", "转送", "请依法办理", "查看该事项")
	if strings.Contains(late.body, `action="`+at+`forward"`) {
		t.Error("the form is still there")
	}
	b.get(at+"forward").want(409, "已由章己于2026年9月1日")
	b.get(at+"close").want(409, "到“已送达，待结案”时才能结案")
	w.browse("officer").get(at+"forward").want(403, "这一操作只能由")
	for _, said := range []shown{late, b.get(at + "close")} {
		if strings.Contains(said.body, "可能已经办过") {
			t.Error("it guesses")
		}
	}
}

// A condition that is none is named, with what can be asked for, in words.
func TestWrongConditions(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := w.browse("supervisor")
	for path, want := range map[string][]string{
		"/cases?lamp=purple":       {"灯：没有“purple”这一项，可选：红灯、黄灯、绿灯"},
		"/cases?overdue=false":     {"已逾期：没有“false”这一项，可选：勾选（只看已逾期的）"},
		"/cases?sort=name":         {"排序：没有“name”这一项，可选：先到期的在前、"},
		"/supervision?lamp=purple": {"灯：没有“purple”这一项，可选：红灯、黄灯、绿灯"},
		"/board?unit=zzz":          {"责任单位：名录中没有“zzz”这个单位，请从看板上的单位中选择"},
	} {
		page := b.get(path).want(422, want...)
		if heading, _, _ := strings.Cut(page.body, "</h1>"); strings.Contains(heading, `<span class="count">`) && strings.HasPrefix(path, "/cases") {
			t.Errorf("%s counts what it does not list", path)
		}
	}
}
