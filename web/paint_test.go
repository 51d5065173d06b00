package web_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
	"shuangze/store/storetest"
)

// spread registers cases in as many units, from three months back to now, some of which
// have gone a part of their way.
func (w *site) spread(n int) {
	w.t.Helper()
	units, people := prefecture()
	officer := map[string]string{}
	for _, o := range people {
		if o.Role == casefile.Officer {
			officer[o.Unit] = o.ID
		}
	}
	units = slices.DeleteFunc(units, func(u casefile.Unit) bool { return officer[u.Code] == "" })
	for i := range n {
		unit := units[i*len(units)/n].Code
		received := begin.AddDate(0, 0, -i*90/n).Format("2006-01-02")
		origin := []string{"petition", "self_found"}[i%2]
		var leaders map[string]any
		if parts := strings.Split(unit, "-"); i%2 > 0 && parts[0] == "a" {
			origin, leaders = "province", map[string]any{"upper": "upper", "lower": "lower"}
		} else if i%2 > 0 && len(parts) == 3 {
			leaders = map[string]any{"upper": "p-" + parts[1] + "-0", "lower": unit + "-0"}
		}
		var c struct {
			ID string `json:"id"`
		}
		w.give("clerk", "/cases", map[string]any{
			"origin": origin, "channel": []string{"letter", "visit", "telephone"}[i%3], "purpose": "appeal", "category": "labour",
			"unit": unit, "received_at": received, "title": title, "text": "请求补缴养老保险。", "petitioner": map[string]any{"name": petitionerName},
		}, &c)
		w.do("clerk", c.ID, "forward", nil)
		if i%4 > 0 {
			w.do(officer[unit], c.ID, "accept", map[string]any{"text": "予以受理"})
		}
		if leaders != nil {
			w.do("supervisor", c.ID, "assign", leaders)
		}
		if leaders != nil && i%4 == 1 {
			w.do("supervisor", c.ID, "supervise", map[string]any{"reason": "shirking", "days": 15, "text": "请于十五日内办结。"})
		}
	}
}

// BenchmarkFirstPaint measures in a real browser how long it takes from asking for a page
// until something of it is seen, with a hundred thousand open cases, as many that have
// ended, and the directory of a large prefecture.
func BenchmarkFirstPaint(b *testing.B) {
	w := emptySite(b, &big)
	stop := w.start(begin, nil)
	id := w.peopled()
	w.spread(200)
	stop() // the copies have no workflows, and nobody is to start them meanwhile
	b.Cleanup(w.serve(begin, nil))
	db, err := pgx.Connect(b.Context(), w.database)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(context.Background())
	var open, ended int
	counted := func() {
		if err := db.QueryRow(b.Context(), `SELECT count(*) FILTER (WHERE open), count(*) FILTER (WHERE NOT open) FROM cases`).Scan(&open, &ended); err != nil {
			b.Fatal(err)
		}
	}
	counted()
	storetest.Multiply(b, db, 100_000/open, 100_000/ended)
	counted()
	b.Logf("%d open cases, %d that have ended", open, ended)
	browser := openChrome(b, 1440, 900)
	for _, who := range []struct {
		official string
		pages    []string
	}{
		{"supervisor", []string{"/desk", "/board", "/board?unit=a", "/cases", "/cases?overdue=true", "/cases/" + id, "/cases/" + id + "/do/hand_over", "/cases/new", "/supervision", "/campaigns", "/receptions", "/targets", "/figures", "/admin/directory", "/admin/leaves/new"}},
		{"upper", []string{"/desk", "/board", "/cases/" + id + "/do/sign"}},
		{"p-x03-xf-0", []string{"/desk", "/board", "/cases"}},
		{"admin", []string{"/admin/accounts", "/admin/audit", "/admin/engine", "/admin/rules"}},
	} {
		browser.as(w.url, w.browse(who.official))
		for _, page := range who.pages {
			name := who.official + page
			b.Run(name, func(b *testing.B) {
				var paints, answers []float64
				for b.Loop() {
					paint, answer := browser.paint(w.url + page)
					paints, answers = append(paints, paint), append(answers, answer)
				}
				b.ReportMetric(median(paints), "ms/paint")
				b.ReportMetric(median(answers), "ms/answer")
			})
		}
	}
}

// paint opens a page and says after how many milliseconds something was painted, and after
// how many the server's answer began.
func (b *chrome) paint(address string) (painted, answered float64) {
	b.t.Helper()
	var times []float64
	b.run(chromedp.Navigate(address), chromedp.Poll(`(() => {
		const paint = performance.getEntriesByName("first-contentful-paint")[0];
		return paint && [paint.startTime, performance.getEntriesByType("navigation")[0].responseStart];
	})()`, &times))
	return times[0], times[1]
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
