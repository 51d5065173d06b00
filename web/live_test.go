package web_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// hurried lets what a page does after some seconds happen at once, and counts how often it
// was done to its end.
const hurried = `
	window.rounds = 0
	const after = window.setTimeout
	window.setTimeout = (done, wait, ...with_) => wait < 2000 ? after(done, wait, ...with_) : after(async () => { await done(...with_); window.rounds++ }, 20)`

// The board is drawn anew by itself, but never under the hands of somebody who is at it, nor
// for those who want nothing to move.
func TestBoardIsDrawnAnew(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	w.register(title)
	b := openChrome(t, 1280, 900)
	b.signIn(w, "supervisor")
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(hurried).Do(ctx)
		return err
	}))
	moving := func(preference string) {
		b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: preference}}))
	}
	js := func(script string) func() {
		return func() { b.run(chromedp.Evaluate(script, nil)) }
	}
	for name, guard := range map[string]struct{ begin, end func() }{
		"somebody has the focus in it":   {js(`document.querySelector("#board table a").focus()`), js(`document.activeElement.blur()`)},
		"somebody has marked something":  {js(`getSelection().selectAllChildren(document.querySelector("h1"))`), js(`getSelection().removeAllRanges()`)},
		"nothing is to move":             {func() { moving("reduce") }, func() { moving("no-preference") }},
		"nobody looks":                   {js(`Object.defineProperty(document, "hidden", {value: true, configurable: true})`), js(`delete document.hidden`)},
		"a form of it is on its way":     {js(`document.querySelector("#board").append(document.createElement("form")); document.querySelector("#board form").dataset.sent = "yes"`), js(`document.querySelector("#board form").remove()`)},
		"the focus comes while it loads": {js(`window.askedFor = fetch; window.fetch = async (...of) => { const answer = await askedFor(...of); if (window.fetch !== askedFor) document.querySelector("#board table a").focus(); return answer }`), js(`window.fetch = askedFor; document.activeElement.blur()`)},
		"the site does not answer":       {js(`window.askedFor = fetch; window.fetch = async () => { throw new Error("away") }`), js(`window.fetch = askedFor`)},
		"the page is refused":            {js(`window.askedFor = fetch; window.fetch = async () => askedFor("/nowhere")`), js(`window.fetch = askedFor`)},
	} {
		t.Log(name)
		b.run(chromedp.Navigate(w.url+"/board"), chromedp.WaitVisible(`#board`, chromedp.ByQuery))
		guard.begin()
		b.run(chromedp.Evaluate(`window.rounds = 0`, nil))
		b.until(`window.rounds > 1`) // the one that had begun is over
		b.run(chromedp.Evaluate(`document.querySelector("#board").dataset.kept = "yes"; window.rounds = 0`, nil))
		b.until(`window.rounds > 2`)
		var kept bool
		if b.run(chromedp.Evaluate(`document.querySelector("#board").dataset.kept === "yes"`, &kept)); !kept {
			t.Errorf("it is drawn anew though %s", name)
		}
		guard.end()
		b.until(`document.querySelector("#board").dataset.kept !== "yes"`)
	}
}
