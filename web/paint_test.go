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

// spread registers cases in as many units, each of which goes a part of its way: one in six
// to its end.
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
		var c struct {
			ID      string `json:"id"`
			Opinion struct {
				Hash string `json:"hash"`
			} `json:"opinion"`
			Leaders struct {
				Upper, Lower struct {
					Official string `json:"official"`
				}
			} `json:"leaders"`
		}
		w.give("clerk", "/cases", map[string]any{
			"origin": []string{"petition", "province", "self_found"}[i%3], "channel": []string{"letter", "visit", "telephone"}[i/3%3], "purpose": "appeal", "category": "labour",
			"unit": unit, "received_at": "2026-08-31", "title": title, "text": "请求补缴养老保险。", "petitioner": map[string]any{"name": petitionerName},
		}, &c)
		w.do("clerk", c.ID, "forward", nil)
		if i%6 > 0 {
			w.do(officer[unit], c.ID, "accept", map[string]any{"text": "予以受理"})
		}
		if parts := strings.Split(unit, "-"); i%6 < 2 || parts[0] == "p" && len(parts) < 3 {
			continue
		}
		w.do("supervisor", c.ID, "assign", nil)
		if i%6 == 2 {
			w.do("supervisor", c.ID, "supervise", map[string]any{"reason": "shirking", "days": 15, "text": "请于十五日内办结。"})
		}
		if i%6 < 5 {
			continue
		}
		w.read("supervisor", "/cases/"+c.ID, &c)
		leaders := []string{c.Leaders.Lower.Official, c.Leaders.Upper.Official}
		for _, leader := range leaders {
			w.do(leader, c.ID, "acknowledge", nil)
		}
		w.do(officer[unit], c.ID, "opine", map[string]any{"result": "explain", "text": "经查，予以解释。"})
		w.read(officer[unit], "/cases/"+c.ID, &c)
		for _, leader := range leaders {
			w.do(leader, c.ID, "sign", map[string]any{"hash": c.Opinion.Hash})
		}
		w.do(officer[unit], c.ID, "serve", map[string]any{"means": "direct"})
		w.do("supervisor", c.ID, "close", nil)
		w.do("clerk", c.ID, "rate", map[string]any{"office_rating": "satisfied", "unit_rating": "basically_satisfied"})
	}
}

// BenchmarkFirstPaint measures in a real browser how long it takes from asking for a page
// until something of it is seen, with a hundred thousand open cases, as many that have
// ended, and the directory of a large prefecture.
func BenchmarkFirstPaint(b *testing.B) {
	w := emptySite(b, &big)
	stop := w.start(begin, nil)
	id := w.peopled()
	w.spread(300)
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
	paints(b, w, id)
}

// paints measures every page.
func paints(b *testing.B, w *site, id string) {
	browser := openChrome(b, 1440, 900)
	for _, who := range []struct {
		official string
		pages    []string
	}{
		{"supervisor", []string{"/desk", "/board", "/board?unit=a", "/cases", "/cases?overdue=true", "/cases/" + id, "/cases/" + id + "/do/hand_over", "/cases/new", "/supervision", "/campaigns", "/receptions", "/targets", "/figures", "/admin/directory", "/admin/leaves/new"}},
		{"upper", []string{"/desk", "/board", "/cases/" + id + "/do/sign"}},
		{"p-x03-xf-0", []string{"/desk", "/board", "/cases", "/figures"}},
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
