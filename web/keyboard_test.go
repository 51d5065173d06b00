package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// goUntil presses Tab until what has the focus fits a selector, which must be seen then.
func (b *chrome) goUntil(selector string) {
	b.t.Helper()
	for range 60 {
		var there, seen bool
		b.run(chromedp.Evaluate(`document.activeElement.matches('`+selector+`')`, &there))
		if there {
			b.run(chromedp.Evaluate(`(() => {
				const at = document.activeElement.getBoundingClientRect(), style = getComputedStyle(document.activeElement)
				return at.width > 0 && at.bottom > 0 && at.top < innerHeight && at.left >= 0 && at.right <= innerWidth && style.outlineStyle !== "none"
			})()`, &seen))
			if !seen {
				b.t.Errorf("%s has the focus and nobody sees it", selector)
			}
			return
		}
		b.keys(kb.Tab)
	}
	b.t.Fatalf("Tab never comes to %s", selector)
}

// enter presses Enter as a keyboard does: what the key does by itself swallows the character.
func (b *chrome) enter() {
	b.t.Helper()
	for _, kind := range []input.KeyType{input.KeyRawDown, input.KeyChar, input.KeyUp} {
		key := input.DispatchKeyEvent(kind).WithKey("Enter").WithCode("Enter").WithWindowsVirtualKeyCode(13).WithNativeVirtualKeyCode(13)
		if kind == input.KeyChar {
			key = key.WithText("\r").WithUnmodifiedText("\r")
		}
		b.run(key)
	}
}

// A leader takes note of a case, reads the opinion and signs it by the keyboard alone, in a
// window as narrow as a telephone; whoever says no when asked once more has done nothing.
func TestLeaderSignsByKeyboard(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	b := openChrome(t, 375, 812)
	b.run(emulation.SetDeviceMetricsOverride(375, 812, 1, false)) // with a keyboard, not by touch
	b.signIn(w, "lower")
	b.goUntil(`a.skip`)
	b.keys(kb.Enter)
	b.until(`location.hash === "#main"`)
	b.keys(kb.Tab)
	var first string
	if b.run(chromedp.Evaluate(`document.activeElement.closest("main") ? "main" : document.activeElement.outerHTML`, &first)); first != "main" {
		t.Errorf("after the link over the head comes %s", first)
	}
	b.goUntil(`.tasks .button`)
	b.keys(kb.Enter)
	b.until(`document.querySelector("form.form") !== null`)
	b.goUntil(`form.form button`)
	b.keys(kb.Enter)
	b.until(`document.querySelector(".done") !== null`)

	w.do("officer", id, "accept", map[string]any{"text": "予以受理"})
	w.do("officer", id, "opine", map[string]any{"result": "explain", "text": "经查，予以解释。"})
	b.run(chromedp.Navigate(w.url + "/desk"))
	b.goUntil(`.tasks a[href$="/do/sign"]`)
	b.keys(kb.Enter)
	b.until(`document.querySelector(".paper") !== null`)
	b.refuses = true
	b.goUntil(`form.form[data-confirm] button`)
	b.keys(kb.Enter)
	var left bool
	b.run(chromedp.Evaluate(`document.activeElement.matches("form.form[data-confirm] button") && !document.activeElement.form.dataset.sent`, &left))
	if n := w.count(id, "signed"); n != 0 || !left || !strings.Contains(b.asked, "确认签批") {
		t.Errorf("asked %q and told no: %d signatures, at the button still: %v", b.asked, n, left)
	}
	b.refuses = false
	b.keys(kb.Enter)
	b.until(`document.querySelector(".done") !== null`)
	if n := w.count(id, "signed"); n != 1 {
		t.Errorf("%d signatures", n)
	}
}

// Each form that is refused has the focus on what is wrong, from where a link leads to each
// field: what is typed next goes there.
func TestRefusedFormHasTheFocus(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	b := openChrome(t, 1440, 900)
	b.signIn(w, "supervisor")
	for _, path := range []string{"/cases/" + id + "/do/suggest", "/receptions/new", "/campaigns/new", "/targets/new", "/admin/leaves/new"} {
		b.run(chromedp.Evaluate(`void setTimeout(() => location.assign("`+path+`"))`, nil))
		b.until(`location.pathname === "` + path + `" && document.querySelector("form.form") !== null && document.querySelector(".errors") === null`)
		b.run(chromedp.Evaluate(`void setTimeout(() => { const form = document.querySelector("form.form"); form.noValidate = true; form.requestSubmit(form.querySelector(".act button:not([name])")) })`, nil))
		b.until(`document.querySelector(".errors") !== null`)
		var focus string
		b.run(chromedp.Evaluate(`document.activeElement.className`, &focus))
		if focus != "errors" {
			t.Errorf("%s: the focus is on %q", path, focus)
		}
		var links int
		b.run(chromedp.Evaluate(`document.querySelectorAll(".errors a").length`, &links))
		if links == 0 {
			t.Errorf("%s: nothing leads to what is wrong", path)
			continue
		}
		b.keys(kb.Tab)
		b.enter()
		b.until(`document.querySelector(":target") !== null`)
		b.keys(kb.Tab)
		var there bool
		b.run(chromedp.Evaluate(`(() => {
			const field = document.querySelector(":target"), at = document.activeElement
			return field !== null && (field === at || field.contains(at) || (field.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING) > 0)
		})()`, &there))
		if !there {
			t.Errorf("%s: the link leads to no field", path)
		}
	}
}
