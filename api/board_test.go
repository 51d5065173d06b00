package api_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/api"
	"shuangze/casefile"
)

// Each number on the board is the total of the list that it leads to.
func TestBoard(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	w = w.at(begin.Add(time.Hour))
	narrow := map[string]string{"open": "", "red": "&lamp=red", "yellow": "&lamp=yellow", "green": "&lamp=green", "overdue": "&overdue=true", "supervised": "&supervised=true", "dual": "&supervision=dual"}
	check := func(who, filter string, row m) {
		t.Helper()
		for name, more := range narrow {
			if want := len(w.list(who, "open=true"+filter+more, 200)); int(row[name].(float64)) != want {
				t.Errorf("%s, %s: %v %s, want %d", who, filter, row[name], name, want)
			}
		}
	}
	for who, leaders := range map[string][]string{
		"p-supervisor": {"a-leader", "a-nc-head"}, "p-registrar": {"a-leader", "a-nc-head"}, "p-inspector": {"a-leader", "a-nc-head"}, "auditor": {"a-leader", "a-nc-head"},
		"a-supervisor": {"a-leader", "a-nc-head"}, "b-supervisor": {}, "p-leader": {"a-leader", "a-nc-head"}, "a-leader": {"a-leader", "a-nc-head"}, "a-vice": {"a-nc-head"}, "a-nc-head": {"a-nc-head"}, "b-leader": {},
	} {
		b := w.do(who, "GET", "/api/v1/board", nil).want(t, 200, "")
		check(who, "", b.get("all").(m))
		shown := []string{}
		for _, row := range b.get("leaders").([]any) {
			id := row.(m)["official"].(string)
			shown = append(shown, id)
			check(who, "&leader="+id, row.(m))
		}
		slices.Sort(shown)
		if diff := cmp.Diff(leaders, shown); diff != "" {
			t.Errorf("%s compares (-want +got):\n%s", who, diff)
		}
		for _, row := range b.get("units").([]any) {
			check(who, "&unit="+row.(m)["unit"].(string), row.(m))
		}
	}
	b := w.do("p-supervisor", "GET", "/api/v1/board?unit=a", nil).want(t, 200, "")
	check("p-supervisor", "&unit=a", b.get("all").(m))
	if first := b.get("units").([]any)[0].(m); first["overdue"] != 1.0 || b.str("unit") != "a" {
		t.Errorf("what is late does not come first: %v", first)
	}
	w.do("p-supervisor", "GET", "/api/v1/board?unit=x&lamp=red", nil).want(t, 422, "invalid_fields")
	for _, who := range []string{"a-nc-officer", "admin"} {
		if a := w.do(who, "GET", "/api/v1/board", nil).want(t, 403, "not_permitted"); a.str("rule") == "" {
			t.Errorf("%s: %s", who, a.body)
		}
	}
}

// 条例第30条第3款: a board counts nothing that accuses its reader.
func TestBoardOfTheAccused(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.seed("accuses-leader", opening(begin, "p-registrar", func(r *casefile.Registration) {
		r.Unit, r.Purpose, r.AccusedOfficial = "b-nc", "accusation", "b-leader"
	}))
	for who, want := range map[string]float64{"b-supervisor": 1, "b-leader": 0, "p-leader": 1} {
		b := w.do(who, "GET", "/api/v1/board", nil).want(t, 200, "")
		if b.get("all.open") != want || len(b.get("units").([]any)) > 0 != (want > 0) {
			t.Errorf("%s: %s", who, b.body)
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	spread(w)
	for i, title := range []string{"=1+1", "+86", "-3", "@SUM(A1)", "\"引号\", 逗号"} {
		w.seed(title, opening(begin.Add(time.Duration(i)*time.Minute), "b-registrar", func(r *casefile.Registration) { r.Unit = "b-nc" }))
	}
	table := func(who, query string, headers ...string) [][]string {
		t.Helper()
		a := w.do(who, "GET", "/api/v1/cases.csv?"+query, nil, headers...).want(t, 200, "")
		body, marked := strings.CutPrefix(string(a.body), "\ufeff")
		if !marked || a.header.Get("Content-Type") != "text/csv; charset=utf-8" || a.header.Get("Content-Disposition") != `attachment; filename="cases-2026-09-01.csv"` {
			t.Errorf("%v %q", a.header, body)
		}
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	got := table("p-supervisor", "unit=b&sort=registered&columns=title,number")
	want := [][]string{
		{"登记编号", "标题"},
		{"b-xf-2026-000001", "yellow"},
		{"b-xf-2026-000002", "'=1+1"},
		{"b-xf-2026-000003", "'+86"},
		{"b-xf-2026-000004", "'-3"},
		{"b-xf-2026-000005", "'@SUM(A1)"},
		{"b-xf-2026-000006", "\"引号\", 逗号"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	whole := table("p-supervisor", "", "Accept-Language", "en")
	if len(whole) != 13 || len(whole[0]) != len(casefile.Columns) || whole[0][0] != "Number" {
		t.Errorf("%d rows, first %v", len(whole), whole[0])
	}
	for _, row := range whole {
		if line := strings.Join(row, " "); strings.Contains(line, "贺某某") || strings.Contains(line, "13900000002") {
			t.Errorf("the petitioner is in it: %s", line)
		}
	}
	for _, row := range table("p-supervisor", "overdue=true&columns=title,lamp,due,stage,unit,upper,office,received,origin,category,marks")[1:] {
		if diff := cmp.Diff([]string{"late", "红灯", "2026-06-17", "已登记", "甲县农业农村局", "", "甲县信访局", "2026-06-13", "群众来信来访", "农业农村"}, row[:10]); diff != "" {
			t.Error(diff)
		}
	}
	if rows := table("b-nc-officer", "lamp=red"); len(rows) != 1 {
		t.Errorf("nothing fits, but: %v", rows)
	}
	if a := w.do("p-supervisor", "GET", "/api/v1/cases.csv?columns=title,petitioner&limit=3", nil).want(t, 422, "invalid_fields"); !slices.Equal(a.fields(), []string{"columns:not_in_list", "limit:unknown_field"}) {
		t.Errorf("%v", a.fields())
	}
	if n := strings.Count(w.logged(), `"route":"/api/v1/cases.csv"`); n != 5 {
		t.Errorf("%d requests in the log", n)
	}
}

func TestSavedFilters(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	const at = "/api/v1/me/filters"
	a := w.do("p-supervisor", "POST", at, m{"name": " 逾期未督办 ", "query": "supervision=none&overdue=true&unit=&sort=-due&columns=title,due"}).want(t, 201, "")
	if a.str("name") != "逾期未督办" || a.str("query") != "columns="+url.QueryEscape("title,due")+"&overdue=true&sort=-due&supervision=none" {
		t.Errorf("saved: %s", a.body)
	}
	again := w.do("p-supervisor", "POST", at, m{"name": "逾期未督办", "query": "overdue=true"}).want(t, 201, "")
	if again.str("id") != a.str("id") {
		t.Errorf("saved anew: %s", again.body)
	}
	w.do("p-supervisor", "POST", at, m{"name": "红灯", "query": "lamp=red"}).want(t, 201, "")
	list := w.do("p-supervisor", "GET", at, nil).want(t, 200, "").get("filters").([]any)
	if len(list) != 2 {
		t.Errorf("%v", list)
	}
	if others := w.do("b-supervisor", "GET", at, nil).want(t, 200, "").get("filters").([]any); len(others) != 0 {
		t.Errorf("somebody else sees %v", others)
	}
	for _, bad := range []struct {
		body   m
		fields []string
	}{
		{m{}, []string{"name:required", "query:required"}},
		{m{"name": strings.Repeat("长", 31), "query": "lamp=blue&unit=x&page=2&cursor=abc"}, []string{"name:too_long", "query.cursor:unknown_field", "query.lamp:not_in_list", "query.page:unknown_field", "query.unit:unknown_unit"}},
		{m{"name": "a\u0007b", "query": "sort="}, []string{"name:invalid_character", "query:required"}},
		{m{"name": "a", "query": "q=%zz"}, []string{"query:malformed_query"}},
		{m{"name": "a", "query": "overdue=true", "owner": "x"}, []string{"owner:unknown_field"}},
	} {
		if diff := cmp.Diff(bad.fields, w.do("p-supervisor", "POST", at, bad.body).want(t, 422, "invalid_fields").fields()); diff != "" {
			t.Errorf("%v:\n%s", bad.body, diff)
		}
	}
	for i := range 18 {
		w.do("p-supervisor", "POST", at, m{"name": fmt.Sprint(i), "query": "overdue=true"}).want(t, 201, "")
	}
	w.do("p-supervisor", "POST", at, m{"name": "还有一个", "query": "overdue=true"}).want(t, 409, "too_many_filters")
	w.do("b-supervisor", "DELETE", at+"/"+a.str("id"), nil).want(t, 404, "filter_not_found")
	w.do("p-supervisor", "DELETE", at+"/"+a.str("id"), nil).want(t, 204, "")
	w.do("p-supervisor", "DELETE", at+"/"+a.str("id"), nil).want(t, 404, "filter_not_found")
	w.do("p-supervisor", "POST", at, m{"name": "还有一个", "query": "overdue=true"}).want(t, 201, "")
}

// Nothing in a file is taken for a formula, and words are otherwise as they were.
func TestPlain(t *testing.T) {
	for word, want := range map[string]string{
		"": "", "甲县": "甲县", "办结=60日": "办结=60日", "=1+1": "'=1+1", "\u3000@SUM(A1)": "'\u3000@SUM(A1)", "+86": "'+86", "-2": "'-2", "\t=1": "'\t=1", "＝1": "'＝1", "\u3000=1": "'\u3000=1",
	} {
		if got := api.Plain(word); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
