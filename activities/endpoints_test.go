package activities_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/notify/notifytest"
	"shuangze/store"
)

// receiver is a webhook's or robot's server.
type receiver struct {
	mu     sync.Mutex
	status int
	bodies []string
	signed []string
	url    string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.bodies, r.signed = append(r.bodies, string(body)), append(r.signed, q.Header.Get("webhook-signature"))
		w.WriteHeader(r.status)
		io.WriteString(w, `{"errcode":0}`)
	}))
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// take returns what has come since the last time.
func (r *receiver) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	bodies := r.bodies
	r.bodies = nil
	return bodies
}

func (d *postDesk) endpoint(kind notify.EndpointKind, unit, url string) string {
	d.t.Helper()
	line := store.Line{Address: url}
	if kind.Signs() {
		line.Secret = notify.NewSecret()
	}
	id, err := d.Store.AddEndpoint(d.t.Context(), store.Endpoint{Kind: string(kind), Unit: unit, Language: "zh", Host: "127.0.0.1", CreatedAt: d.Clock.Now()}, line, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return id
}

// sealed gives the desk's store a key, for endpoints.
func (d *postDesk) sealed() *postDesk {
	d.t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	if err != nil {
		d.t.Fatal(err)
	}
	s, err := store.Open(d.t.Context(), d.url, keys)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(s.Close)
	d.Store = s
	return d
}

// A webhook is told at any hour, a group in working hours of what concerns its unit,
// each once however many people it is for; no group ever hears of an accusation.
func TestDeliverToEndpoints(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{}).sealed()
	hook, own, other := newReceiver(t), newReceiver(t), newReceiver(t)
	hookID := d.endpoint(notify.WebhookEndpoint, "", hook.url)
	ownID := d.endpoint(notify.WeCom, "C-rs", own.url)
	d.endpoint(notify.WeCom, "C-xf", other.url)
	d.at(1, 20, 0)
	c := d.forwarded("a")
	cmd := d.registration("")
	cmd.Registration.AccusedUnit, cmd.Registration.Purpose = "C-dc", "accusation"
	d.do(casefile.Case{ID: "accusing"}, "clerk", cmd)
	accusing := d.do(d.row("accusing").Case, "clerk", casefile.Command{Kind: casefile.Forward})
	d.deliver()
	if got := hook.take(); len(got) != 1 || strings.Count(got[0], c.Number) != 1 || !strings.Contains(got[0], `"kind":"forwarded"`) {
		t.Errorf("the webhook got %q", got)
	}
	if got := own.take(); len(got) != 0 {
		t.Errorf("the group got %q in the evening", got)
	}
	d.at(2, 8, 30)
	d.deliver()
	got := own.take()
	if len(got) != 1 || strings.Count(got[0], c.Number) != 1 || strings.Contains(got[0], accusing.Number) {
		t.Errorf("the group got %q", got)
	}
	var said struct{ Text struct{ Content string } }
	if err := json.Unmarshal([]byte(got[0]), &said); err != nil || !strings.Contains(said.Text.Content, "等待县人社局承办人受理告知") {
		t.Errorf("the group reads %q, %v", said.Text.Content, err)
	}
	if len(hook.take()) != 0 || len(other.take()) != 0 {
		t.Error("told twice, or the wrong group")
	}
	d.wantStates("a", endpointStates(hookID, ownID, "sent")...)
	d.wantStates("accusing", endpointStates(hookID, ownID, "suppressed accusation_to_group")...)
}

func endpointStates(hook, own, ownState string) []string {
	list := []string{hook + " sent", own + " " + ownState}
	if own < hook {
		list[0], list[1] = list[1], list[0]
	}
	return append(list, "officer mail sent", "second mail sent")
}

// A webhook that fails is tried again; one that fails for days, or says that it is gone,
// is switched off, and administrators are told.
func TestDeliverToFailingEndpoint(t *testing.T) {
	t.Parallel()
	d := newPostDesk(t, &notifytest.Post{}).sealed()
	hook, gone := newReceiver(t), newReceiver(t)
	hook.answer(http.StatusInternalServerError)
	id := d.endpoint(notify.WebhookEndpoint, "", hook.url)
	d.forwarded("a")
	d.deliver()
	e, _, err := d.Store.Endpoint(t.Context(), id)
	if err != nil || e.FailingSince == nil || e.DisabledAt != nil || !strings.Contains(e.Error, "500") {
		t.Fatalf("%+v, %v", e, err)
	}
	hook.answer(http.StatusOK)
	d.at(1, 10, 2)
	d.deliver()
	if e, _, err = d.Store.Endpoint(t.Context(), id); err != nil || e.FailingSince != nil || len(hook.take()) != 2 {
		t.Errorf("once it works: %+v, %v", e, err)
	}
	// After a rotation both secrets sign, for a while.
	if err := d.Store.Rotate(t.Context(), id, notify.NewSecret(), d.Clock.Now().Add(time.Hour), nil); err != nil {
		t.Fatal(err)
	}
	d.forwarded("b")
	d.deliver()
	d.at(1, 12, 0)
	d.forwarded("c")
	d.deliver()
	if n := len(hook.signed); n != 4 || len(strings.Fields(hook.signed[2])) != 2 || len(strings.Fields(hook.signed[3])) != 1 {
		t.Errorf("signatures %q", hook.signed)
	}
	hook.answer(http.StatusBadGateway)
	d.forwarded("d")
	for _, day := range []int{1, 2, 3} {
		d.at(day, 13, 0)
		d.deliver()
	}
	if e, _, err = d.Store.Endpoint(t.Context(), id); err != nil || e.DisabledAt != nil {
		t.Errorf("off after two days: %+v, %v", e, err)
	}
	d.at(4, 14, 0)
	d.deliver()
	d.deliver() // the letters to administrators
	if e, _, err = d.Store.Endpoint(t.Context(), id); err != nil || e.DisabledAt == nil {
		t.Errorf("still on: %+v, %v", e, err)
	}
	if got := strings.Join(d.subjects("admin"), " | "); !strings.Contains(got, id) || strings.Count(got, "停用") != 1 {
		t.Errorf("administrators are told %s", got)
	}
	if list, err := d.Store.Deliveries(t.Context(), "d"); err != nil || list[0].Channel != id || list[0].State != store.DeliverySuppressed || list[0].Reason != "endpoint_disabled" {
		t.Errorf("%+v, %v", list, err)
	}
	hook.take()
	d.forwarded("e")
	d.deliver()
	if got := hook.take(); len(got) != 0 {
		t.Errorf("what is off got %q", got)
	}
	gone.answer(http.StatusGone)
	goneID := d.endpoint(notify.WebhookEndpoint, "", gone.url)
	d.forwarded("f")
	d.deliver()
	if e, _, err = d.Store.Endpoint(t.Context(), goneID); err != nil || e.DisabledAt == nil || len(gone.take()) != 1 {
		t.Errorf("gone, but on: %+v, %v", e, err)
	}
}
