package web_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A leader acknowledges and signs on a telephone, in a real browser: with touch-sized
// buttons, nothing wider than the screen, and the question before the signature.
func TestLeaderOnTelephone(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing; make test installs it: ", err)
	}
	w := newSite(t, nil)
	id := w.register(title)
	at := w.url + "/cases/" + id
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("accept-lang", "zh-CN"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	var asked string
	chromedp.ListenTarget(ctx, func(event any) {
		if dialog, ok := event.(*cdppage.EventJavascriptDialogOpening); ok {
			asked = dialog.Message
			go func() { _ = chromedp.Run(ctx, cdppage.HandleJavaScriptDialog(true)) }()
		}
	})
	run := func(actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatal(err)
		}
	}
	fits := func() {
		t.Helper()
		var wide bool
		var low float64
		run(chromedp.Evaluate(`document.documentElement.scrollWidth > 375`, &wide),
			chromedp.Evaluate(`Math.min(...[...document.querySelectorAll("main .button, main button")].map(b => b.getBoundingClientRect().height))`, &low))
		if wide || low < 40 {
			t.Errorf("wider than the screen: %v; lowest button: %v px", wide, low)
		}
	}
	run(emulation.SetDeviceMetricsOverride(375, 812, 2, true), chromedp.Navigate(w.url+"/sign-in"),
		chromedp.Evaluate(`document.querySelector('button[value="lower"]').closest("details").open = true`, nil),
		chromedp.Click(`button[value="lower"]`, chromedp.ByQuery), chromedp.WaitVisible(`.tasks .button`, chromedp.ByQuery))
	fits()
	run(chromedp.Click(`.tasks .button`, chromedp.ByQuery), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	fits()
	run(chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery))
	w.do("officer", id, "accept", map[string]any{"text": "予以受理"})
	w.do("officer", id, "opine", map[string]any{"result": "explain", "text": "经查，予以解释。"})
	var text, done string
	var again bool
	run(chromedp.Navigate(at), chromedp.WaitVisible(`.line svg`, chromedp.ByQuery))
	fits()
	run(chromedp.Navigate(at+"/do/sign"), chromedp.Text(`.paper`, &text, chromedp.ByQuery), chromedp.Click(`form.form button`, chromedp.ByQuery),
		chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	if text != "经查，予以解释。" || done != "已完成：签批。" || !strings.Contains(asked, "确认签批") {
		t.Errorf("text %q, done %q, asked %q", text, done, asked)
	}
	// The back button shows the form from the browser's memory, or that it is done with.
	// Whoever can press again, presses again.
	// (By script: after such a return the driver's own picture of the page is out of date.)
	until := func(condition string) {
		t.Helper()
		for met := false; !met; { // while the page changes there is none to ask
			if ctx.Err() != nil {
				t.Fatalf("never: %s", condition)
			}
			_ = chromedp.Run(ctx, chromedp.Evaluate(condition+` && document.readyState === "complete"`, &met))
		}
	}
	run(chromedp.Evaluate(`void setTimeout(() => history.back())`, nil))
	until(`location.pathname.endsWith("/do/sign")`)
	run(chromedp.Evaluate(`document.querySelector("form.form") !== null`, &again))
	if again {
		run(chromedp.Evaluate(`void setTimeout(() => document.querySelector("form.form button").click())`, nil))
		until(`document.querySelector(".done") !== null`)
	} else {
		until(`document.querySelector(".notice") !== null`)
	}
	if n := w.count(id, "signed"); n != 1 {
		t.Errorf("%d signatures", n)
	}
}
