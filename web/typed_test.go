package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shuangze/web"
)

// Nobody loses what they have typed, and nobody else gets it.

// refusing puts an API in front of the real one that answers requests to some addresses by
// a refusal, as long as it is told to.
func refusing(status int, answer string, to func(*http.Request) bool) (on *atomic.Bool, change func(*web.Config)) {
	on = &atomic.Bool{}
	return on, func(c *web.Config) {
		api := c.API
		c.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !on.Load() || !to(r) {
				api.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(answer))
		})
	}
}

const away = `{"status":503,"code":"database_unavailable","title":"暂时不可用","detail":"数据库暂时没有应答"}`

// lost fails when a page has what it must not.
func (s shown) without(words ...string) shown {
	s.t.Helper()
	for _, w := range words {
		if strings.Contains(s.body, w) {
			s.t.Errorf("%s: %q in\n%s", s.at, w, s.text())
		}
	}
	return s
}

// A look-up that ends while somebody types costs them nothing; with another's receipt
// nothing of it shows.
func TestPassEndsWhileTyping(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id, code, secret := w.served(title)
	_, otherCode, otherSecret := w.served("别的事项")
	b := w.browse("")
	b.post("/lookup", url.Values{"code": {code}, "secret": {secret}}).want(200)
	review := b.get("/lookup/review").want(200).form("/lookup/review", url.Values{"text": {"写了一小时的\n<理由>"}})
	w.auth.Now = func() time.Time { return time.Now().Add(16 * time.Minute) }
	again := b.post("/lookup/review", review).want(401, "您填写的内容已保留", "没有提交")
	w.auth.Now = nil
	again = b.post("/lookup", again.form("/lookup", url.Values{"code": {code}, "secret": {"00000000"}})).want(403, "您填写的内容已保留")
	b.post("/lookup", again.form("/lookup", url.Values{"code": {otherCode}, "secret": {otherSecret}})).want(200).without("写了一小时的")
	b.get("/lookup/review").want(200).without("写了一小时的")
	form := b.post("/lookup", again.form("/lookup", url.Values{"code": {code}, "secret": {secret}})).want(200, "您填写的内容都在", "写了一小时的\n&lt;理由&gt;</textarea>")
	filled := form.form("/lookup/review", url.Values{"text": review["text"]})
	if filled.Get("key") != review.Get("key") {
		t.Error("the key is another")
	}
	check := b.post("/lookup/review", filled).want(200, "请核对您的申请")
	b.post("/lookup/review", check.form("/lookup/review", url.Values{"confirmed": {"yes"}})).want(200, "已收到您的申请")
	if n := w.count(id, "review_asked"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// A petitioner's form comes back with its text and key whatever refuses it.
func TestPetitionersWayThroughAnOutage(t *testing.T) {
	t.Parallel()
	down, change := refusing(503, away, func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/public/") })
	w := newSite(t, change)
	id, code, secret := w.served(title)
	b := w.browse("")
	b.post("/lookup", url.Values{"code": {code}, "secret": {secret}}).want(200)
	form := b.get("/lookup/review").want(200).form("/lookup/review", url.Values{"text": {"写了很久的理由"}})
	down.Store(true)
	got := b.post("/lookup/review", form).want(503, "数据库暂时没有应答", "写了很久的理由</textarea>", form.Get("key"))
	down.Store(false)
	confirmed := b.post("/lookup/review", got.form("/lookup/review", url.Values{"text": form["text"]})).want(200, "请核对").form("/lookup/review", url.Values{"confirmed": {"yes"}})
	down.Store(true)
	got = b.post("/lookup/review", confirmed).want(503, "写了很久的理由", form.Get("key"))
	if got.header.Get("Retry-After") != "30" {
		t.Error("no Retry-After")
	}
	down.Store(false)
	b.post("/lookup/review", confirmed).want(200, "已收到您的申请")
	if n := w.count(id, "review_asked"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// What an official has typed is on the page that refuses it: the case has gone to others,
// it isn't theirs to do, nothing answers. Keys and other hidden fields are not.
func TestFieldErrorsShowTexts(t *testing.T) {
	t.Parallel()
	down, change := refusing(503, away, func(*http.Request) bool { return true })
	w := newSite(t, change)
	at := "/cases/" + w.register(title) + "/do/"
	typed := url.Values{"text": {"经查，\n<补贴>少发"}, "key": {"the-forms-key"}, "reason": {"transfer"}}
	const shown = "经查，\n&lt;补贴&gt;少发"
	w.browse("outsider").post(at+"report", typed).want(404, "您填写的内容", shown).without("the-forms-key", "transfer", `action="/language"`)
	w.browse("officer").post(at+"assign", typed).want(403, shown)
	w.browse("officer").post("/nowhere", typed).want(404, shown)
	b := w.browse("officer")
	w.browse("officer").post(at+"report", typed, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").want(403).without(shown)
	clerk := w.browse("clerk")
	down.Store(true)
	b.post(at+"report", typed).want(503, shown)
	clerk.post("/cases/new", begun(nil)).want(503, "补贴&lt;少发&gt;两年")
	b.get(at + "report").want(503).without("您填写的内容")
}

// At a counter that many use, what one has typed is given to nobody else.
func TestSessionEndsWhileTypingForAnother(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	at := "/cases/" + w.register(title) + "/do/report"
	b := w.browse("officer")
	form := b.get(at).want(200).form(at, url.Values{"text": {"反映同事的问题"}})
	if err := w.auth.SignOut(t.Context(), "officer", ""); err != nil {
		t.Fatal(err)
	}
	page := b.post(at, form).want(401, "您填写的内容已保留")
	got := b.post("/sign-in", page.form("/sign-in", url.Values{"trial": {"supervisor"}})).want(200).without("反映同事的问题")
	if got.at != "/desk" {
		t.Errorf("at %s", got.at)
	}
	made := page.form("/sign-in", url.Values{"trial": {"supervisor"}})
	made.Set("author", "made up")
	b.post("/sign-in", made).want(200).without("反映同事的问题")
	b.post("/sign-in", page.form("/sign-in", url.Values{"trial": {"officer"}})).want(200, "已重新登录", "反映同事的问题", form.Get("key"))
}

// A temporary password shows no form of a case, also to who had begun one; what was typed
// can be copied.
func TestTemporaryPasswordShowsNoForm(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	w.do("lower", id, "acknowledge", nil)
	at := "/cases/" + id + "/do/act"
	b := w.browse("lower")
	form := b.get(at).want(200).form(at, url.Values{"text": {"写了很久的办理情况"}})
	password, err := w.auth.SetTemporary(t.Context(), "lower", nil)
	if err != nil {
		t.Fatal(err)
	}
	again := b.post(at, form).want(401).form("/sign-in", url.Values{"account": {"lower"}, "password": {password}})
	b.post("/sign-in", again).want(403, "请先更改口令", "写了很久的办理情况").without(title, `action="`+at+`"`)
	b.post(at, form).want(403, "请先更改口令", "写了很久的办理情况").without(title)
	w.browse("").post("/sign-in", url.Values{"account": {"lower"}, "password": {password}, "next": {at}, "typed.a": {"b"}}).want(200, "您用的是临时口令").without(title)
}

// A temporary password is not changed to itself.
func TestSamePassword(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	password, err := w.auth.SetTemporary(t.Context(), "lower", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := w.browse("")
	page := b.post("/sign-in", url.Values{"account": {"lower"}, "password": {password}}).want(200, "您用的是临时口令")
	b.post("/account/password", page.form("/account/password", url.Values{"old": {password}, "new": {password}, "again": {password}})).want(422, "不能与现用口令相同")
	b.post("/account/password", page.form("/account/password", url.Values{"old": {password}, "new": {password + "x"}, "again": {password + "x"}})).want(200, "口令已更改")
}

// Whoever makes up a link fills in nothing but what a form takes from its address.
func TestFieldErrorsOfAddresses(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	w.do("lower", id, "acknowledge", nil)
	at := "/cases/" + id + "/do/act"
	w.browse("admin").get("/admin/officials/upper/change?role=admin&email=evil@x.cn&key=evil").want(200, "何甲").without(`value="evil`, `value="admin" checked`)
	w.browse("admin").get("/admin/officials/new?unit=a-zr&name=evil").want(200, `<option value="a-zr" selected>`).without(`value="evil`)
	w.browse("lower").get(at+"?text=evil&key=evil").want(200).without(`value="evil`, "evil</textarea>")
	w.browse("admin").get("/admin/rules/draft/policy?policy=evil").want(200).without("evil</textarea>")
}

// Whoever stands in for both leaders is asked for which.
func TestDeputyOfBoth(t *testing.T) {
	t.Parallel()
	on, change := refusing(422, `{"status":422,"code":"invalid_fields","detail":"有字段需要更正","fields":[{"field":"for","message":"您同时代理两名包案领导"}]}`,
		func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/commands/acknowledge") })
	w := newSite(t, change)
	at := "/cases/" + w.register(title) + "/do/acknowledge"
	b := w.browse("lower")
	form := b.get(at).want(200).form(at, nil)
	on.Store(true)
	b.post(at, form).want(422, `<input type="radio" name="for" value="upper">`, `<input type="radio" name="for" value="lower">`, `id="for-wrong"`).without(`type="hidden" name="for"`)
}

// Whoever stands in for a leader is told so before anything is done, and who does for both
// is asked for which at once.
func TestStandsInFor(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.registerWith("要求补发草场补贴", "origin", "petition")
	w.do("clerk", id, "forward", nil)
	w.do("supervisor", id, "assign", map[string]any{"upper": "lower", "lower": "head"})
	leave := func(official string) {
		t.Helper()
		w.give("supervisor", "/leaves", map[string]any{"official": official, "deputy": "deputy", "from": "2026-09-01", "until": "2026-09-08", "reason": "training"}, nil)
	}
	at, b := "/cases/"+id+"/do/acknowledge", w.browse("deputy")
	leave("lower")
	b.get(at).want(200, "您作为代理人，代", "马己").without(`name="for" value="head"`)
	leave("head")
	page := b.get(at).want(200, `<input type="radio" name="for" value="lower"`, `<input type="radio" name="for" value="head"`)
	b.post(at, page.form(at, url.Values{"for": {"head"}})).want(200, "（代金壬）")
	b.get(at).want(409)
}

// An order sent twice is one, also where it changes which cases fit and would take it.
func TestBulkTwice(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	ids := w.overdue(2)
	b := w.browse("supervisor")
	const at = "/broadcasts/new"
	for _, id := range ids {
		w.do("supervisor", id, "assign", map[string]any{"upper": "upper", "lower": "lower"})
	}
	for _, order := range []url.Values{
		{"command": {"hand_over"}, "from": {"lower"}, "to": {"deputy"}, "reason": {"transfer"}, "decided_by": {"upper"}, "text": {"因工作调动"}},
	} {
		order.Set("step", "try")
		order.Set("all", "yes")
		order.Set("asked", "overdue=true&leader=lower")
		form := b.post(at, order).want(200, "2 件").form(at, url.Values{"step": {"order"}})
		first := b.post(at, form).want(200, "/ 2 件")
		for range 100 {
			if strings.Contains(b.get(first.at).body, "已完成") {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		b.get(first.at).want(200, "已完成")
		if again := b.post(at, form).want(200); again.at != first.at {
			t.Errorf("%s: first at %s, then at %s", order.Get("command"), first.at, again.at)
		}
		b.get(first.at).want(200, "已执行 2")
	}
}

// A draft of rules outlives a session that ends on its preview.
func TestPublishYearAfterSignIn(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("admin")
	const at = "/admin/rules/draft/year"
	publish := b.post(at, nextYear(nil)).want(200, "试算结果").form(at+"/publish", url.Values{"text": {"通知已公布"}})
	if err := w.auth.SignOut(t.Context(), "admin", ""); err != nil {
		t.Fatal(err)
	}
	page := b.post(at+"/publish", publish).want(401, "您填写的内容已保留")
	draft := b.post("/sign-in", page.form("/sign-in", url.Values{"trial": {"admin"}})).want(200, "已重新登录", `value="`+nextYear(nil).Get("year")+`"`, "元旦")
	again := nextYear(url.Values{"text": draft.form(at, nil)["text"]})
	b.post(at, again).want(200, "试算结果", "通知已公布</textarea>")
}
