package web_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A leader sees what they answer for though nothing of it waits for them.
func TestDeskShowsWhatOneLeads(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	id := w.register(title)
	w.do("upper", id, "acknowledge", nil)
	desk := w.browse("upper").get("/desk").want(200, "我包案的事项", "/cases?leader=upper&amp;open=true", "没有亮红灯")
	if strings.Contains(w.browse("clerk").get("/desk").body, "我包案的事项") {
		t.Error("a clerk leads nothing")
	}
	desk.want(200)
	w.browse("upper").get("/cases?leader=upper&open=true").want(200, title)
}

// Whatever waits can be reached from the desk, page by page, each task once.
func TestDeskByPages(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	for i := range 27 {
		w.give("clerk", "/cases", map[string]any{
			"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc", "received_at": "2026-08-31",
			"title": fmt.Sprintf("第%02d件", i), "text": "补贴未发。", "petitioner": map[string]any{"name": petitionerName},
		}, nil)
	}
	clerk := w.browse("clerk")
	first := clerk.get("/desk").want(200, "其余的", "本页自第1件起，共27件")
	second := clerk.get("/desk?page=2").want(200, "更急的", "本页自第26件起，共27件")
	seen := map[string]int{}
	task := regexp.MustCompile(`第\d\d件<`)
	for _, page := range []shown{first, second} {
		list, _, _ := strings.Cut(page.body, "正在计时的责任")
		for _, found := range task.FindAllString(list, -1) {
			seen[found]++
		}
	}
	for i := range 27 {
		if n := seen[fmt.Sprintf("第%02d件<", i)]; n != 1 {
			t.Errorf("task %d is shown %d times", i, n)
		}
	}
	for _, odd := range []string{"0", "-1", "x", "999", "2147483648000"} {
		clerk.get("/desk?page=" + url.QueryEscape(odd)).want(200)
	}
}

// A database that says nothing at all is told from one that is slow: the page comes, and says so.
func TestFrozenDatabase(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := w.browse("clerk")
	b.get("/desk").want(200)
	// Whoever is signed in can't be looked up while somebody holds the table.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	db, err := pgx.Connect(ctx, w.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	tx, err := db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	b.get("/desk").want(503, "暂时没有应答")
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	b.get("/desk").want(200)
	w.log.Reset() // that it was away is logged, as it should be
}
