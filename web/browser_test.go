package web_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chrome is a real browser, with one page open.
type chrome struct {
	t       testing.TB
	ctx     context.Context
	wide    int64
	asked   string // the last question that a page asked
	refuses bool   // answers with no
	shots   int
}

// openChrome starts Chromium with a window of so many CSS pixels.
func openChrome(t testing.TB, wide, high int64) *chrome {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing; make test installs it: ", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("accept-lang", "zh-CN"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	b := &chrome{t: t, wide: wide}
	// It fails to start now and then on a machine that does much else.
	for try := 1; ; try++ {
		ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
		t.Cleanup(cancel)
		ctx, cancel = chromedp.NewContext(ctx)
		t.Cleanup(cancel)
		b.ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
		t.Cleanup(cancel)
		err := chromedp.Run(b.ctx, emulation.SetDeviceMetricsOverride(wide, high, 2, wide < 600))
		if err == nil {
			break
		}
		if try == 3 {
			t.Fatal(err)
		}
		t.Logf("Chromium, try %d: %v", try, err)
	}
	chromedp.ListenTarget(b.ctx, func(event any) {
		if dialog, ok := event.(*cdppage.EventJavascriptDialogOpening); ok {
			b.asked = dialog.Message
			go func() { _ = chromedp.Run(b.ctx, cdppage.HandleJavaScriptDialog(!b.refuses)) }()
		}
	})
	return b
}

func (b *chrome) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// as makes the visitor of a site the one of another browser.
func (b *chrome) as(site string, other *browser) {
	b.t.Helper()
	at, err := url.Parse(site + "/lookup/case") // cookies of the site, and of that part
	if err != nil {
		b.t.Fatal(err)
	}
	b.run(network.ClearBrowserCookies())
	for _, c := range other.http.Jar.Cookies(at) {
		b.run(network.SetCookie(c.Name, c.Value).WithURL(site))
	}
}

// signIn takes one of a trial's accounts.
func (b *chrome) signIn(w *site, official string) {
	b.t.Helper()
	button := `button[value="` + official + `"]`
	b.run(chromedp.Navigate(w.url+"/sign-in"), chromedp.Evaluate(`document.querySelector('`+button+`').closest("details").open = true`, nil),
		chromedp.Click(button, chromedp.ByQuery), chromedp.WaitVisible(`nav`, chromedp.ByQuery))
}

// fits checks that nothing is wider than the window and that buttons can be touched. It
// keeps a picture of the page with the test's output.
func (b *chrome) fits() {
	b.t.Helper()
	var wide int64
	var low float64
	b.run(chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide),
		chromedp.Evaluate(`Math.min(1000, ...[...document.querySelectorAll("main .button, main button")].map(b => b.getBoundingClientRect().height))`, &low))
	if wide > b.wide || low < 40 {
		b.t.Errorf("%d px wide in a window of %d; lowest button: %v px", wide, b.wide, low)
	}
	b.keep()
}

// keep puts a picture of the page into the test's output: go test -artifacts.
func (b *chrome) keep() {
	b.t.Helper()
	var shot []byte
	b.run(chromedp.FullScreenshot(&shot, 100))
	b.shots++
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), fmt.Sprintf("%s-%02d-%d.png", strings.ReplaceAll(b.t.Name(), "/", "-"), b.shots, b.wide)), shot, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for a condition, asked by script: after a return by the back button the
// driver's own picture of the page is out of date.
func (b *chrome) until(condition string) {
	b.t.Helper()
	for met := false; !met; { // while the page changes there is none to ask
		if b.ctx.Err() != nil {
			b.t.Fatalf("never: %s", condition)
		}
		_ = chromedp.Run(b.ctx, chromedp.Evaluate(condition+` && document.readyState === "complete"`, &met))
	}
}

// A leader acknowledges and signs on a telephone, in a real browser: with touch-sized
// buttons, nothing wider than the screen, and the question before the signature.
func TestLeaderOnTelephone(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	at := w.url + "/cases/" + id
	b := openChrome(t, 375, 812)
	b.signIn(w, "lower")
	b.run(chromedp.WaitVisible(`.tasks .button`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`.tasks .button`, chromedp.ByQuery), chromedp.WaitVisible(`form.form button`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Click(`form.form button`, chromedp.ByQuery), chromedp.WaitVisible(`.done`, chromedp.ByQuery))
	w.do("officer", id, "accept", map[string]any{"text": "予以受理"})
	w.do("officer", id, "opine", map[string]any{"result": "explain", "text": "经查，予以解释。"})
	var text, done string
	var again bool
	b.run(chromedp.Navigate(at), chromedp.WaitVisible(`.line svg`, chromedp.ByQuery))
	b.fits()
	b.run(chromedp.Navigate(at+"/do/sign"), chromedp.Text(`.paper`, &text, chromedp.ByQuery), chromedp.Click(`form.form button`, chromedp.ByQuery),
		chromedp.WaitVisible(`.done`, chromedp.ByQuery), chromedp.Text(`.done`, &done, chromedp.ByQuery))
	if text != "经查，予以解释。" || done != "已完成：签批。" || !strings.Contains(b.asked, "确认签批") {
		t.Errorf("text %q, done %q, asked %q", text, done, b.asked)
	}
	// The back button shows the form from the browser's memory, or that it is done with.
	// Whoever can press again, presses again.
	b.run(chromedp.Evaluate(`void setTimeout(() => history.back())`, nil))
	b.until(`location.pathname.endsWith("/do/sign")`)
	b.run(chromedp.Evaluate(`document.querySelector("form.form") !== null`, &again))
	if again {
		b.run(chromedp.Evaluate(`void setTimeout(() => document.querySelector("form.form button").click())`, nil))
		b.until(`document.querySelector(".done") !== null`)
	} else {
		b.until(`document.querySelector(".notice") !== null`)
	}
	if n := w.count(id, "signed"); n != 1 {
		t.Errorf("%d signatures", n)
	}
}
