package web_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A case is filed on paper: from its beginning, with what its reader may see and nothing
// that only a screen has.
func TestPrint(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.peopled()
	got := w.browse("supervisor").get("/cases/"+id+"/print").want(200, "信访事项办理情况", "何甲", "马己", "请写明计划的时间。", petitionerName, "已列入明年四月的计划。", "制表：章己")
	if first, last := strings.Index(got.body, ">登记<"), strings.LastIndex(got.body, ">拟出处理意见书<"); first < 0 || first > last {
		t.Errorf("the story does not begin at its beginning: %d, %d", first, last)
	}
	w.browse("outsider").get("/cases/"+id+"/print").want(404, "没有这个信访事项")

	b := openChrome(t, 1200, 900)
	b.signIn(w, "supervisor")
	var pdf []byte
	b.run(chromedp.Navigate(w.url+"/cases/"+id+"/print"), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(false).Do(ctx)
		return err
	}))
	// A4 in points, on every sheet.
	if n := strings.Count(string(pdf), "/MediaBox [0 0 594.95996 841.91998]"); n == 0 || n > 4 {
		t.Errorf("%d sheets of A4", n)
	}
	if at := os.Getenv("PDF"); at != "" {
		_ = os.WriteFile(at, pdf, 0o644)
	}
}
