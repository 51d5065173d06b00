package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A misheard name, a mistyped number and a wrong title are put right: lists and look-ups
// follow, the story says what was changed, and nobody's data stands in the ledger.
func TestCorrect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register(m{"petitioner": m{"name": "贺某某", "phone": "13900000002", "address": "甲县第九委10号"}})
	at := "/api/v1/cases/" + id + "/commands/correct"
	right := m{"title": "甲县：退耕还林补贴未发", "petitioner": m{"name": "何某某", "phone": "13900000003", "address": "甲县第九委10号"}, "text": "登记时听错"}
	for _, who := range []string{"a-nc-officer", "p-inspector", "p-vice", "b-supervisor"} {
		if got := w.do(who, "POST", at, right); got.status != 403 && got.status != 404 {
			t.Errorf("%s corrects: %d %s", who, got.status, got.body)
		}
	}
	for body, field := range map[string]m{
		"petitioner.phone:not_a_phone": {"petitioner": m{"name": "何某某", "phone": "139abc"}, "text": "x"},
		"title:required":               {"title": " ", "text": "x"},
		"text:required":                {"title": "新标题"},
	} {
		if got := w.do("p-registrar", "POST", at, field).want(t, 422, "invalid_fields").fields(); !slices.Contains(got, body) {
			t.Errorf("%v, want %s", got, body)
		}
	}
	w.do("p-registrar", "POST", at, m{"title": "甲县：农业补贴发放错误", "petitioner": m{"name": "贺某某", "phone": "13900000002", "address": "甲县第九委10号"}, "text": "x"}).want(t, 409, "nothing_corrected")
	w.do("p-registrar", "POST", at, right, "Idempotency-Key", "once").want(t, 200, "")
	if again := w.do("p-registrar", "POST", at, right, "Idempotency-Key", "once").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Error("corrected twice")
	}
	c := w.do("p-supervisor", "GET", "/api/v1/cases/"+id, nil).want(t, 200, "")
	if c.str("title") != "甲县：退耕还林补贴未发" || c.str("petitioner.name") != "何某某" || c.str("petitioner.phone") != "13900000003" || c.str("text") != "信访人反映农业补贴发放错误，请求依法处理。" {
		t.Errorf("corrected: %s", c.body)
	}
	found := func(query string) int {
		t.Helper()
		return int(w.do("p-supervisor", "GET", "/api/v1/cases?q="+query, nil).want(t, 200, "").get("total").(float64))
	}
	if found("%E9%80%80%E8%80%95%E8%BF%98%E6%9E%97") != 1 || found("%E5%8F%91%E6%94%BE%E9%94%99%E8%AF%AF") != 0 { // 退耕还林, 发放错误
		t.Error("the list is searched by the former title")
	}
	for phone, want := range map[string]int{"13900000002": 0, "13900000003": 1} {
		if got := w.do("p-registrar", "POST", "/api/v1/cases/earlier", m{"phone": phone}).want(t, 200, "").get("cases").([]any); len(got) != want {
			t.Errorf("%d earlier cases by %s, want %d", len(got), phone, want)
		}
	}
	events := w.do("auditor", "GET", "/api/v1/cases/"+id+"/events", nil).want(t, 200, "").get("events").([]any)
	first, last := events[0].(m), events[len(events)-1].(m)
	if first["title"] != "甲县：农业补贴发放错误" || last["kind"] != "corrected" || last["title"] != "甲县：退耕还林补贴未发" || fmt.Sprint(last["corrected"]) != "[title name phone]" || last["text"] != "登记时听错" {
		t.Errorf("events: %v, %v", first, last)
	}
	rows, err := w.store.Ledger(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, word := range []string{"何某某", "13900000003", "退耕"} {
			if strings.Contains(row.Body, word) {
				t.Errorf("the ledger has %s: %s", word, row.Body)
			}
		}
	}
	// The title alone: who complained stays as they are; and it outlives the next command.
	w.command("p-supervisor", id, "correct", m{"title": "甲县：退耕还林补贴少发", "text": "更正为少发"})
	w.command("p-registrar", id, "forward", nil)
	if c := w.do("p-supervisor", "GET", "/api/v1/cases/"+id, nil).want(t, 200, ""); c.str("title") != "甲县：退耕还林补贴少发" || c.str("petitioner.name") != "何某某" {
		t.Errorf("corrected again: %s", c.body)
	}
}
