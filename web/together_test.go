package web_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

const send = `void setTimeout(() => document.querySelector("form.form button").click())`

// Two leaders press the same button at the same moment, each on their own machine.
func TestTwoLeadersAtOnce(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	at := w.url + "/cases/" + id
	upper, lower := openChrome(t, 375, 812), openChrome(t, 1440, 900)
	upper.signIn(w, "upper")
	lower.signIn(w, "lower")
	for _, b := range []*chrome{upper, lower} {
		b.run(chromedp.Navigate(at+"/do/acknowledge"), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	}
	for _, b := range []*chrome{upper, lower} {
		b.run(chromedp.Evaluate(send, nil))
	}
	for _, b := range []*chrome{upper, lower} {
		b.until(`document.querySelector(".done") !== null`)
	}
	if n := w.count(id, "acknowledged"); n != 2 {
		t.Errorf("%d acknowledgements", n)
	}

	// While one reads the opinion it is returned by the other and written anew: what is
	// signed is what was read, or nothing.
	w.do("officer", id, "accept", map[string]any{"text": "予以受理"})
	w.do("officer", id, "opine", map[string]any{"result": "explain", "text": "经查，予以解释。"})
	lower.run(chromedp.Navigate(at+"/do/sign"), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	w.do("lower", id, "return", map[string]any{"text": "请写明依据"})
	w.do("officer", id, "opine", map[string]any{"result": "explain", "text": "经查，依《办法》第九条予以解释。"})
	lower.run(chromedp.Evaluate(send, nil))
	lower.until(`document.querySelector(".errors") !== null`)
	var text string
	lower.run(chromedp.Text(`.paper`, &text, chromedp.ByQuery))
	if n := w.count(id, "signed"); n != 0 || text != "经查，依《办法》第九条予以解释。" {
		t.Errorf("%d signatures; the page shows %q", n, text)
	}
	lower.run(chromedp.Evaluate(send, nil)) // now it has been read
	lower.until(`document.querySelector(".done") !== null`)
	if n := w.count(id, "signed"); n != 1 {
		t.Errorf("%d signatures", n)
	}
}

// The session ends while somebody types: they sign in, and go on where they were.
func TestExpiredSessionInBrowser(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	b := openChrome(t, 1440, 900)
	b.signIn(w, "officer")
	const typed = "第一行\n第二行<b>"
	b.run(chromedp.Navigate(w.url+"/cases/"+id+"/do/report"), chromedp.SendKeys(`textarea`, typed, chromedp.ByQuery))
	if err := w.auth.SignOut(t.Context(), "officer", ""); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Evaluate(send, nil), chromedp.WaitReady(`button[value="officer"]`, chromedp.ByQuery),
		chromedp.Evaluate(`void setTimeout(() => document.querySelector('button[value="officer"]').click())`, nil))
	b.until(`document.querySelector("form.form textarea") !== null`)
	var kept string
	b.run(chromedp.Value(`form.form textarea`, &kept, chromedp.ByQuery), chromedp.Evaluate(send, nil))
	b.until(`location.search === "?done=report"`) // the page before says that something is done, too
	if n := w.count(id, "reported"); kept != typed || n != 1 {
		t.Errorf("kept %q; %d reports", kept, n)
	}
}
