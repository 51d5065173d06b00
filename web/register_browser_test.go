package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keys types as at a keyboard, into whatever has the focus.
func (b *chrome) keys(all ...string) {
	b.t.Helper()
	for _, k := range all {
		b.run(chromedp.KeyEvent(k))
	}
}

// focus is the name of the control that has the focus, or what it is.
func (b *chrome) focus() (name string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(`document.activeElement.name || document.activeElement.id || document.activeElement.tagName`, &name))
	return name
}

// goTo presses Tab until a control has the focus.
func (b *chrome) goTo(name string) {
	b.t.Helper()
	for range 40 {
		if b.focus() == name {
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("Tab never comes to %s", name)
}

// A clerk registers by the keyboard alone, corrects what was wrong, finds the case that
// came before and links it.
func TestClerkRegistersByKeyboard(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	first := w.register(title)
	b := openChrome(t, 1440, 900)
	b.signIn(w, "clerk")
	b.run(chromedp.Navigate(w.url+"/cases/new"), chromedp.WaitVisible(`form.register`, chromedp.ByQuery))
	b.fits()
	var hidden int
	b.run(chromedp.Evaluate(`[...document.querySelectorAll("[data-when]")].filter(p => p.hidden).length`, &hidden))
	if hidden != 6 { // reception, representatives, reference, the accused two, known_at
		t.Errorf("%d fields are hidden", hidden)
	}
	b.goTo("channel")
	b.keys(kb.Enter)
	if at := b.focus(); at != "received_at" {
		t.Errorf("Enter goes from the channel to %s", at)
	}
	b.goTo("headcount")
	b.keys(kb.Backspace, "6", kb.Enter)
	if at := b.focus(); at != "representatives" {
		t.Errorf("Enter goes from a headcount of 6 to %s", at)
	}
	b.keys("9", kb.Enter)
	b.goTo("petitioner.name")
	b.keys("贺某某", kb.Enter, "13900000002", kb.Enter)
	b.until(`document.querySelector("#earlier input") !== null`)
	b.goTo("title")
	b.keys("反映农业补贴", kb.Tab, "少发两年。", kb.Enter, "请求补发。")
	b.goTo("earlier")
	b.keys(" ")
	b.run(chromedp.KeyEvent("\r", chromedp.KeyModifiers(2))) // Ctrl+Enter
	b.until(`document.querySelector(".errors") !== null`)
	var wrong, text, focused, ticked string
	b.run(chromedp.Evaluate(`[...document.querySelectorAll("[aria-invalid]")].map(c => c.name).join(" ")`, &wrong), chromedp.Value(`#text`, &text, chromedp.ByQuery),
		chromedp.Evaluate(`document.activeElement.className`, &focused), chromedp.Evaluate(`document.querySelector("#earlier input:checked").value`, &ticked))
	if ticked != first {
		t.Errorf("ticked is %s, not %s", ticked, first)
	}
	if wrong != "representatives category unit" || text != "少发两年。\n请求补发。" || focused != "errors" {
		t.Errorf("wrong: %s; text %q; focus on %q", wrong, text, focused)
	}
	b.keys(kb.Tab, kb.Enter) // the first of the errors leads to its field
	b.until(`document.querySelector("#representatives:target") !== null`)
	b.goTo("representatives")
	b.keys(kb.End, kb.Backspace, "5")
	b.goTo("category")
	b.keys("农")
	b.goTo("unit")
	b.keys("甲")
	b.goTo("on_the_spot")
	b.keys(kb.Tab, kb.Enter)
	b.until(`(location.pathname.endsWith("/receipt") || document.querySelector(".errors li") !== null && !document.querySelector("#representatives:target"))`)
	var at, done, receipt, ratio string
	b.run(chromedp.Evaluate(`document.querySelector(".errors")?.innerText ?? ""`, &receipt))
	if receipt != "" {
		t.Fatal(receipt)
	}
	b.run(chromedp.Location(&at), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	if focus := b.focus(); !strings.HasPrefix(done, "已登记") || focus != "BUTTON" {
		t.Errorf("done: %q, focus on %s", done, focus)
	}
	b.keys(kb.Enter)
	b.until(`document.querySelector(".key-box svg path") !== null`)
	b.fits()
	b.run(chromedp.Text(`.receipt`, &receipt, chromedp.ByQuery), chromedp.Evaluate(`(() => { const s = document.querySelector(".key-box svg").getBoundingClientRect(); return s.width + " " + s.height })()`, &ratio))
	for _, want := range []string{"地区信访局", "贺某某", "反映农业补贴", "2026年9月16日", "15日内", "60日内", "30日内", "查询码", "/lookup?code="} {
		if !strings.Contains(receipt, want) {
			t.Errorf("the receipt has no %q: %s", want, receipt)
		}
	}
	if ratio != "136 136" {
		t.Errorf("the QR code is %s px", ratio)
	}
	if n := w.count(caseAt.FindStringSubmatch(strings.TrimPrefix(at, w.url))[1], "linked"); n != 1 {
		t.Errorf("linked %d times to %s", n, first)
	}
}

// What was typed outlives the page: leaving it saves a draft, which is offered again.
func TestDraftOutlivesThePage(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := openChrome(t, 375, 812)
	b.signIn(w, "clerk")
	b.run(chromedp.Navigate(w.url+"/cases/new"), chromedp.WaitVisible(`form.register`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.SendKeys(`#title`, "写了一半的标题", chromedp.ByQuery), chromedp.SendKeys(`#petitioner-name`, "贺某某", chromedp.ByQuery),
		chromedp.Click(`input[name=purpose][value=accusation]`, chromedp.ByQuery), chromedp.Navigate(w.url+"/desk"))
	for saved := false; !saved; { // it is on its way when the page is gone
		b.run(chromedp.Navigate(w.url+"/cases/new"), chromedp.Evaluate(`document.querySelector(".drafts") !== null`, &saved))
	}
	var title, name, shown string
	b.run(chromedp.Click(`.drafts summary`, chromedp.ByQuery), chromedp.Click(`.drafts a`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery),
		chromedp.Value(`#title`, &title, chromedp.ByQuery), chromedp.Value(`#petitioner-name`, &name, chromedp.ByQuery),
		chromedp.Evaluate(`[...document.querySelectorAll("[data-when]")].filter(p => !p.hidden).map(p => p.dataset.when).join(" ")`, &shown))
	if title != "写了一半的标题" || name != "贺某某" || shown != "purpose=accusation purpose=accusation" {
		t.Errorf("title %q, name %q, shown: %s", title, name, shown)
	}
	b.fits()
}

// An answer that comes late takes away no tick that was made meanwhile.
func TestRegistrationKeepsTicks(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := openChrome(t, 1440, 900)
	b.signIn(w, "clerk")
	typed := func(id, value string) chromedp.Action {
		return chromedp.Evaluate(`{const c = document.getElementById("`+id+`"); c.value = "`+value+`"; c.dispatchEvent(new Event("change", {bubbles: true})); 0}`, nil)
	}
	b.run(chromedp.Navigate(w.url+"/cases/new"), chromedp.WaitVisible(`form.register`, chromedp.ByQuery),
		typed("petitioner-phone", petitionerPhone), chromedp.WaitVisible(`#earlier input`, chromedp.ByQuery),
		chromedp.Evaluate(`window.real = window.fetch; window.fetch = (...asked) => new Promise((done) => window.answer = () => done(window.real(...asked))); 0`, nil),
		typed("title", "农业补贴"), chromedp.Click(`#earlier input`, chromedp.ByQuery),
		chromedp.Evaluate(`window.before = document.querySelector("#earlier input"); window.answer(); 0`, nil))
	b.until(`document.querySelector("#earlier input") !== window.before`)
	var ticked bool
	b.run(chromedp.Evaluate(`document.querySelector("#earlier input").checked`, &ticked))
	if !ticked {
		t.Error("the tick is gone")
	}
}
