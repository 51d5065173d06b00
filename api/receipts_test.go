package api_test

import (
	"strings"
	"sync"
	"testing"
)

// The receipt (查询凭证): who may give it, that its secret is told once, and that a second
// one has to be wished for.
func TestReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.PublicURL = "https://xf.example/"
	w = w.at(begin)
	id := w.register()
	address := "/api/v1/cases/" + id + "/receipt"

	first := w.receipt("p-registrar", id, m{})
	code, secret := first.str("code"), first.str("secret")
	if first.str("address") != "https://xf.example/lookup?code="+code || first.str("issued_by") != "p-registrar" || strings.Contains(first.str("address"), secret) {
		t.Errorf("%s", first.body)
	}
	w.do("p-registrar", "POST", address, nil).want(t, 409, "receipt_issued")
	second := w.receipt("p-supervisor", id, m{"reissue": true})
	if second.str("code") != code || second.str("secret") == secret || second.get("number") != 2.0 {
		t.Errorf("%s after %s", second.body, first.body)
	}
	list := w.do("p-registrar", "GET", address, nil).want(t, 200, "")
	if n := len(list.get("receipts").([]any)); n != 2 || strings.Contains(string(list.body), second.str("secret")) {
		t.Errorf("%s", list.body)
	}
	for _, leak := range []string{secret, second.str("secret")} {
		if strings.Contains(w.logged(), leak) {
			t.Error("a secret was logged")
		}
	}
	w.do("p-registrar", "POST", address, m{"reissue": "yes", "x": 1}).want(t, 422, "invalid_fields")
	w.do("", "POST", address, m{}).want(t, 401, "unauthenticated")
	w.do("p-registrar", "POST", "/api/v1/cases/nothing/receipt", m{}).want(t, 404, "case_not_found")
}

// receipt gives a receipt out. Its code is no problem's.
func (w *world) receipt(official, id string, body m) answer {
	w.t.Helper()
	a := w.do(official, "POST", "/api/v1/cases/"+id+"/receipt", body)
	if a.status != 201 {
		w.t.Fatalf("no receipt: %d %s", a.status, a.body)
	}
	return a
}

func TestReceiptPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	forwarded := w.register(m{"petitioner": nil})
	direct := w.do("a-nc-officer", "POST", "/api/v1/cases", registration(m{"origin": "self_found"})).want(t, 201, "").str("id")
	accusing := w.register(m{"purpose": "accusation", "unit": "a-zr", "accused_unit": "a-nc"})
	for _, each := range []struct {
		by, id string
		status int
		code   string
	}{
		{"a-nc-officer", forwarded, 403, "receipt_not_permitted"},
		{"a-nc-head", forwarded, 403, "receipt_not_permitted"},
		{"auditor", forwarded, 403, "receipt_not_permitted"},
		{"p-inspector", forwarded, 403, "receipt_not_permitted"},
		{"a-registrar", forwarded, 403, "receipt_not_permitted"}, // below the office in charge
		{"b-registrar", forwarded, 404, "case_not_found"},
		{"a-nc-officer", accusing, 404, "case_not_found"},
		{"p-registrar", forwarded, 201, ""}, // nobody's name is known
		{"a-nc-officer", direct, 201, ""},
		{"p-registrar", accusing, 201, ""},
	} {
		a := w.do(each.by, "POST", "/api/v1/cases/"+each.id+"/receipt", m{})
		if a.status != each.status || a.str("code") != each.code && each.status != 201 {
			t.Errorf("%s: %d %s, want %d %s", each.by, a.status, a.body, each.status, each.code)
		}
		if a.status > 201 {
			w.do(each.by, "GET", "/api/v1/cases/"+each.id+"/receipt", nil).want(t, each.status, each.code)
		}
	}
}

// Of two clerks at once one gives the receipt; the other is told.
func TestReceiptsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	var all sync.WaitGroup
	statuses := make(chan int, 8)
	for range 8 {
		all.Go(func() { statuses <- w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/receipt", m{}).status })
	}
	all.Wait()
	close(statuses)
	count := map[int]int{}
	for s := range statuses {
		count[s]++
	}
	if count[201] != 1 || count[409] != 7 {
		t.Errorf("answers: %v", count)
	}
}
