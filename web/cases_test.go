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
