package web_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// onPaper prints a page on A4 and returns how many sheets it takes and what can be read on
// them. With PDFS the sheets are kept there, to be looked at.
func (b *chrome) onPaper(name, address string) (sheets int, text string) {
	b.t.Helper()
	var pdf []byte
	b.run(chromedp.Navigate(address), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).WithPaperWidth(8.27).WithPaperHeight(11.69).Do(ctx)
		return err
	}), emulation.SetEmulatedMedia().WithMedia("print"), chromedp.Evaluate(`document.body.innerText`, &text), emulation.SetEmulatedMedia())
	if at := os.Getenv("PDFS"); at != "" {
		if err := os.WriteFile(filepath.Join(at, name+".pdf"), pdf, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return strings.Count(string(pdf), "/MediaBox"), text
}

// What a petitioner takes home on paper says what it is of, and as of when, and has nothing
// that only a screen has.
func TestPetitionersPaper(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	_, code, secret := w.served(title)
	w.give("clerk", "/receptions", map[string]any{"leader": "upper", "series": map[string]any{"every": "week", "day": 3, "step": 1, "first": "2026-09-01", "last": "2026-09-30"}, "from": "09:00", "until": "11:30", "place": "地区信访局接待大厅", "form": "fixed", "publish": true}, nil)
	chrome := openChrome(t, 375, 812)
	look := func() {
		chrome.run(chromedp.Navigate(w.url+"/lookup?code="+code), chromedp.SendKeys(`#secret`, secret, chromedp.ByQuery), chromedp.Click(`form[action="/lookup"] button`, chromedp.ByQuery), chromedp.WaitVisible(`.stand`, chromedp.ByQuery))
	}
	look()
	for _, l := range []struct {
		lang            string
		stand, schedule []string
	}{
		{"zh", []string{"信访事项办理情况", "打印于 2026年9月1日", "已作出书面答复", "2026年10月8日"}, []string{"领导接待日安排", "何甲", "2026年9月30日 周三", "打印于 2026年9月1日"}},
		{"en", []string{"How your petition stands", "printed on Tue 1 Sep 2026", "Thu 8 Oct 2026"}, []string{"When leaders receive", "何甲", "Wed 30 Sep 2026", "Printed on Tue 1 Sep 2026"}},
	} {
		if l.lang == "en" {
			chrome.run(chromedp.Navigate(w.url+"/lookup/case"), chromedp.Click(`form[action="/language"] button`, chromedp.ByQuery), chromedp.WaitVisible(`html[lang="en"] .stand`, chromedp.ByQuery))
		}
		for address, want := range map[string][]string{"/lookup/case": l.stand, "/receptions/public": l.schedule} {
			sheets, text := chrome.onPaper(strings.ReplaceAll(address[1:], "/", "-")+"-"+l.lang, w.url+address)
			if sheets != 1 {
				t.Errorf("%s takes %d sheets", address, sheets)
			}
			for _, words := range want {
				if !strings.Contains(text, words) {
					t.Errorf("%s on paper has no %q:\n%s", address, words, text)
				}
			}
			for _, button := range []string{"结束查询", "End the look-up", "English", "下月", "Later", "跳到正文", "登录", "Sign in", code, secret} {
				if strings.Contains(text, button) {
					t.Errorf("%s on paper has %q:\n%s", address, button, text)
				}
			}
		}
	}

	// Nothing is left behind: after the end, going back shows the form and not the case.
	var shown string
	chrome.run(chromedp.Navigate(w.url+"/lookup/case"), chromedp.Click(`form[action="/lookup/end"] button`, chromedp.ByQuery), chromedp.WaitVisible(`#code`, chromedp.ByQuery),
		chromedp.NavigateBack(), chromedp.WaitReady(`main`, chromedp.ByQuery), chromedp.Text(`main`, &shown, chromedp.ByQuery))
	if strings.Contains(shown, "8 Oct 2026") || !strings.Contains(shown, "Query code") {
		t.Errorf("after going back: %s", shown)
	}
}

// Going back after signing out shows nothing of a case, in a real browser.
func TestBackAfterSignOut(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	chrome := openChrome(t, 1200, 900)
	chrome.signIn(w, "clerk")
	var shown string
	chrome.run(chromedp.Navigate(w.url+"/cases/"+id), chromedp.WaitVisible(`nav`, chromedp.ByQuery), chromedp.Click(`form[action="/sign-out"] button`, chromedp.ByQuery), chromedp.WaitVisible(`#account`, chromedp.ByQuery),
		chromedp.NavigateBack(), chromedp.WaitReady(`main`, chromedp.ByQuery), chromedp.Text(`body`, &shown, chromedp.ByQuery))
	if strings.Contains(shown, petitionerName) || strings.Contains(shown, title) || strings.Contains(shown, "葛癸\n") {
		t.Errorf("after going back: %s", shown)
	}
}

// A right of which the time is over says so, in both languages, and its form is refused; what
// the office may do after that, it does.
func TestReviewAfterTheTime(t *testing.T) {
	t.Parallel()
	w := emptySite(t, &directory)
	stop := w.start(begin, nil)
	id, code, secret := w.served(title)
	stop()
	t.Cleanup(w.start(begin.AddDate(0, 0, 60), nil))
	b := w.browse("")
	page := b.post("/lookup", url.Values{"code": {code}, "secret": {secret}}).want(200, "届满", "期限已过")
	if strings.Contains(page.body, `href="/lookup/review"`) {
		t.Error("it is offered all the same")
	}
	b.get("/lookup/review").want(200)
	b.post("/lookup/review", url.Values{"text": {"面积算错了"}, "confirmed": {"yes"}, "key": {"late"}}).want(409)
	b.post("/language", url.Values{"to": {"en"}})
	b.get("/lookup/case").want(200, "ended on", "The time is over")
	b.post("/lookup/review", url.Values{"text": {"面积算错了"}, "confirmed": {"yes"}, "key": {"late-too"}}).want(http.StatusConflict)
	if n := w.count(id, "review_asked"); n != 0 {
		t.Errorf("%d requests", n)
	}
}
