package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// atOnce calls f n times at the same moment.
func atOnce(n int, f func(i int) answer) []answer {
	answers := make([]answer, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			answers[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return answers
}

// outcomes counts the answers by status and code.
func outcomes(answers []answer) map[string]int {
	count := map[string]int{}
	for _, a := range answers {
		count[strings.TrimSpace(fmt.Sprint(a.status, " ", a.str("code")))]++
	}
	return count
}

func (w *world) events(id string) []string {
	w.t.Helper()
	kinds := []string{}
	for _, e := range w.do("p-supervisor", "GET", "/api/v1/cases/"+id+"/events", nil).want(w.t, 200, "").get("events").([]any) {
		kinds = append(kinds, e.(m)["kind"].(string))
	}
	return kinds
}

func TestSameRequestAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.token("p-registrar")
	answers := atOnce(10, func(int) answer {
		return w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"reference": "省〔2026〕1号"}), "Idempotency-Key", "k")
	})
	if diff := cmp.Diff(map[string]int{"201": 10}, outcomes(answers)); diff != "" {
		t.Fatalf("ten times the same registration:\n%s", diff)
	}
	id := answers[0].str("id")
	for _, a := range answers {
		if string(a.body) != string(answers[0].body) {
			t.Errorf("answered differently:\n%s\n%s", a.body, answers[0].body)
		}
	}
	if got := w.list("p-supervisor", "", 10); !slices.Equal(got, []string{id}) {
		t.Errorf("cases: %v", got)
	}
	answers = atOnce(10, func(int) answer {
		return w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/forward", m{"text": "请依法办理"}, "Idempotency-Key", "k")
	})
	if diff := cmp.Diff(map[string]int{"200": 10}, outcomes(answers)); diff != "" {
		t.Fatalf("ten times the same command:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"registered", "forwarded"}, w.events(id)); diff != "" {
		t.Error(diff)
	}
	// Without a key each is a request of its own: one is carried out.
	w.token("a-nc-officer")
	answers = atOnce(5, func(int) answer {
		return w.do("a-nc-officer", "POST", "/api/v1/cases/"+id+"/commands/accept", nil)
	})
	if diff := cmp.Diff(map[string]int{"200": 1, "409 wrong_stage": 4}, outcomes(answers)); diff != "" {
		t.Error(diff)
	}
}

func TestReusedKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	register := func(official string, changes m) answer {
		return w.do(official, "POST", "/api/v1/cases", registration(changes), "Idempotency-Key", "k")
	}
	id := register("p-registrar", m{}).want(t, 201, "").str("id")
	register("p-registrar", m{"title": "另一件"}).want(t, 422, "idempotency_key_reused")
	if other := register("p-supervisor", m{}).want(t, 201, "").str("id"); other == id {
		t.Error("two persons' keys are one")
	}
	forward := func(body m) answer {
		return w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/forward", body, "Idempotency-Key", "k")
	}
	forward(m{}).want(t, 200, "")
	forward(m{"text": "另外"}).want(t, 422, "idempotency_key_reused")
	w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/decline", m{"text": "不属于"}, "Idempotency-Key", "k").want(t, 422, "idempotency_key_reused")

	// Different requests under one key at once: one of them is carried out, and only
	// its sender is told so.
	w.token("a-nc-officer")
	w.command("a-nc-officer", id, "accept", nil)
	answers := atOnce(8, func(i int) answer {
		return w.do("a-nc-officer", "POST", "/api/v1/cases/"+id+"/commands/report", m{"text": fmt.Sprintf("报告%d", i)}, "Idempotency-Key", "report")
	})
	if diff := cmp.Diff(map[string]int{"200": 1, "422 idempotency_key_reused": 7}, outcomes(answers)); diff != "" {
		t.Error(diff)
	}
	if got := w.events(id); slices.Index(got, "reported") < 0 || len(got) != 4 {
		t.Errorf("events: %v", got)
	}
}

func TestTwoSignersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	w.command("p-supervisor", id, "assign", m{"upper": "p-vice", "lower": "a-vice"})
	w.command("p-registrar", id, "accept", nil)
	w.command("p-vice", id, "acknowledge", nil)
	w.command("a-vice", id, "acknowledge", nil)
	hash := w.command("a-nc-officer", id, "opine", m{"result": "explain", "text": "处理意见"}).str("opinion.hash")
	sign := func(official string) answer {
		return w.do(official, "POST", "/api/v1/cases/"+id+"/commands/sign", m{"hash": hash})
	}
	answers := atOnce(6, func(i int) answer { return sign([]string{"p-vice", "a-vice"}[i%2]) })
	count := outcomes(answers)
	if count["200"] < 1 || count["200"] > 2 {
		t.Errorf("outcomes: %v", count)
	}
	for outcome := range count {
		if !slices.Contains([]string{"200", "409 lower_signs_first", "409 already_signed", "409 wrong_stage"}, outcome) {
			t.Errorf("outcomes: %v", count)
		}
	}
	if count["200"] == 1 {
		sign("p-vice").want(t, 200, "")
	}
	signed := 0
	for _, kind := range w.events(id) {
		if kind == "signed" {
			signed++
		}
	}
	a := w.do("p-supervisor", "GET", "/api/v1/cases/"+id, nil)
	if signed != 2 || a.str("stage") != "signed" || a.get("leaders.upper.signed_at") == nil || a.get("leaders.lower.signed_at") == nil {
		t.Errorf("%d signatures, stage %s", signed, a.str("stage"))
	}
}

// TestRefusedByTheEngine: what only the transaction can know is refused the same way,
// leaves nothing behind, and the number it would have had is not lost.
func TestRefusedByTheEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(m{"reference": "省〔2026〕1号"})
	a := w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"reference": "省〔2026〕1号"}), "Idempotency-Key", "k").want(t, 422, "invalid_fields")
	if diff := cmp.Diff([]string{"reference:duplicate"}, a.fields()); diff != "" {
		t.Error(diff)
	}
	// Corrected, the same key may be used again: nothing was done under it.
	a = w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"reference": "省〔2026〕2号"}), "Idempotency-Key", "k").want(t, http.StatusCreated, "")
	if a.str("number") != "p-xf-2026-000002" {
		t.Errorf("number %s: a refusal took one", a.str("number"))
	}
	// Two with one reference at once: one wins.
	answers := atOnce(4, func(int) answer {
		return w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"reference": "省〔2026〕3号"}))
	})
	if diff := cmp.Diff(map[string]int{"201": 1, "422 invalid_fields": 3}, outcomes(answers)); diff != "" {
		t.Error(diff)
	}
	if next := w.do("p-registrar", "POST", "/api/v1/cases", registration()).want(t, 201, "").str("number"); next != "p-xf-2026-000004" {
		t.Errorf("number %s, want p-xf-2026-000004", next)
	}
}

// A token or an endpoint that is asked for twice under one key is one, and its secret is the
// same both times: whoever sees only the second answer has it too.
func TestSecretsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		path, secret string
		body, other  m
	}{
		{"/api/v1/tokens", "token", m{"official": "a-vice", "days": 30}, m{"official": "a-leader", "days": 30}},
		{"/api/v1/endpoints", "secret", m{"kind": "webhook", "url": "https://oa.example/hook"}, m{"kind": "webhook", "url": "https://other.example/hook"}},
	} {
		ask := func(key string, body m) answer { return w.do("admin", "POST", c.path, body, "Idempotency-Key", key) }
		first, again, another := ask("once", c.body).want(t, 201, ""), ask("once", c.body).want(t, 201, ""), ask("twice", c.body).want(t, 201, "")
		if again.header.Get("Idempotent-Replay") != "true" || again.str("id") != first.str("id") || again.str(c.secret) != first.str(c.secret) || len(first.str(c.secret)) < 40 {
			t.Errorf("%s: first %s, then %s", c.path, first.body, again.body)
		}
		if another.str("id") == first.str("id") || another.str(c.secret) == first.str(c.secret) || another.header.Get("Idempotent-Replay") != "" {
			t.Errorf("%s: another key gives %s", c.path, another.body)
		}
		ask("once", c.other).want(t, 422, "idempotency_key_reused")
	}
	token := w.do("admin", "POST", "/api/v1/tokens", m{"official": "a-vice", "days": 30}, "Idempotency-Key", "once").str("token")
	if o, err := w.store.Holder(t.Context(), token, time.Now()); err != nil || o.ID != "a-vice" {
		t.Errorf("the token is %v's: %v", o, err)
	}
	acts := w.do("admin", "GET", "/api/v1/audit?what=token_issued", nil).want(t, 200, "").get("acts").([]any)
	if len(acts) != 2 {
		t.Errorf("%d tokens on record, want 2", len(acts))
	}
}
