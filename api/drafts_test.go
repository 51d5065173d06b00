package api_test

import (
	"fmt"
	"testing"
)

// What a clerk has begun is kept as it was typed, for that clerk alone.
func TestDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const at = "/api/v1/me/drafts"
	typed := m{"title": "反映河道采砂", "petitioner.name": "彭某某", "headcount": "许多", "received_at": "gestern", "text": "", "earlier": "a b"}
	saved := w.do("p-registrar", "PUT", at+"/one", m{"fields": typed}).want(t, 200, "")
	if saved.get("id") != "one" || saved.get("title") != "反映河道采砂" || saved.get("fields") != nil {
		t.Errorf("%s", saved.body)
	}
	w.do("p-registrar", "PUT", at+"/one", m{"fields": m{"title": "反映河道采砂", "petitioner.name": "彭某某"}}).want(t, 200, "")
	got := w.do("p-registrar", "GET", at+"/one", nil).want(t, 200, "").get("fields").(m)
	if len(got) != 2 || got["petitioner.name"] != "彭某某" {
		t.Errorf("%v", got)
	}
	// Another's is none of theirs: the same id is another draft.
	w.do("p-supervisor", "GET", at+"/one", nil).want(t, 404, "draft_not_found")
	w.do("p-supervisor", "PUT", at+"/one", m{"fields": m{"title": "另一件"}}).want(t, 200, "")
	w.do("p-supervisor", "DELETE", at+"/one", nil).want(t, 204, "")
	if n := len(w.do("p-registrar", "GET", at, nil).want(t, 200, "").get("drafts").([]any)); n != 1 {
		t.Errorf("%d drafts", n)
	}
	// Only what a registration has.
	w.do("p-registrar", "PUT", at+"/two", m{"fields": m{"risk": "high"}}).want(t, 422, "invalid_fields")
	w.do("p-registrar", "PUT", at+"/two", m{"fields": m{"headcount": 3}}).want(t, 422, "invalid_fields")
	w.do("p-registrar", "PUT", at+"/two", m{"fields": m{}}).want(t, 422, "invalid_fields")
	w.do("p-registrar", "PUT", at+"/-", m{"fields": typed}).want(t, 404, "draft_not_found")
	for i := range 9 {
		w.do("p-registrar", "PUT", fmt.Sprint(at, "/more-", i), m{"fields": typed}).want(t, 200, "")
	}
	w.do("p-registrar", "PUT", at+"/eleventh", m{"fields": typed}).want(t, 409, "too_many_drafts")
	for range 2 {
		w.do("p-registrar", "DELETE", at+"/one", nil).want(t, 204, "")
	}
	w.do("p-registrar", "GET", at+"/one", nil).want(t, 404, "draft_not_found")
	for _, who := range []string{"p-inspector", "a-leader", "auditor"} {
		w.do(who, "GET", at, nil).want(t, 403, "not_permitted")
		w.do(who, "PUT", at+"/one", m{"fields": typed}).want(t, 403, "not_permitted")
	}
}
