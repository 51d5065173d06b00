package notify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuangze/notify"
)

// verify is what a receiver does, written from the text of Standard Webhooks: one of
// the signatures must be right.
func verify(secret string, r *http.Request, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	h := hmac.New(sha256.New, key)
	io.WriteString(h, r.Header.Get("webhook-id")+"."+r.Header.Get("webhook-timestamp")+"."+string(body))
	want := h.Sum(nil)
	for one := range strings.SplitSeq(r.Header.Get("webhook-signature"), " ") {
		version, signature, _ := strings.Cut(one, ",")
		got, err := base64.StdEncoding.DecodeString(signature)
		if err == nil && version == "v1" && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// A receiver can check a webhook with the new secret and, while a rotation lasts, with
// the one before.
func TestWebhook(t *testing.T) {
	t.Parallel()
	before, now, stranger := notify.NewSecret(), notify.NewSecret(), notify.NewSecret()
	var request *http.Request
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	letter := notify.Samples(notify.Notices, notify.Chinese)[0]
	if err := (notify.Poster{}).Webhook(t.Context(), receiver.URL+"/hook?x=1", []string{now, before}, letter); err != nil {
		t.Fatal(err)
	}
	if !verify(before, request, body) || !verify(now, request, body) || verify(stranger, request, body) || verify(now, request, append(body, ' ')) {
		t.Errorf("signature %s", request.Header.Get("webhook-signature"))
	}
	if request.Header.Get("webhook-id") != letter.ID || request.Header.Get("Content-Type") != "application/json; charset=utf-8" || request.URL.RawQuery != "x=1" {
		t.Errorf("headers %v, address %s", request.Header, request.URL)
	}
	stamp, err := strconv.ParseInt(request.Header.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(stamp, 0)).Abs() > 5*time.Minute {
		t.Errorf("timestamp %d is not of now, %v", stamp, err)
	}
	var message struct {
		Type string
		Data []struct {
			Number string
			Due    *string
			DueAt  string `json:"due_at"`
			Events []struct{ Kind, Step string }
		}
	}
	if err := json.Unmarshal(body, &message); err != nil {
		t.Fatal(err)
	}
	if message.Type != "shuangze.notices" || len(message.Data) != 4 || message.Data[0].DueAt != "" || message.Data[3].DueAt != "2026-11-22T22:20:00Z" || message.Data[0].Number != "2327-xf-2026-000017" ||
		*message.Data[0].Due != "2026-11-03" || message.Data[0].Events[1].Kind != "escalated" || message.Data[0].Events[1].Step != "SUP-2" {
		t.Errorf("body %s", body)
	}
	if err := (notify.Poster{}).Webhook(t.Context(), receiver.URL, []string{now}, letter); err != nil || verify(before, request, body) || !verify(now, request, body) {
		t.Errorf("after the rotation: %v", err)
	}
}

// What receivers answer, and what follows for trying again.
func TestWebhookRefused(t *testing.T) {
	t.Parallel()
	asked := 0 // after a redirect
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(elsewhere.Close)
	hung := make(chan struct{})
	t.Cleanup(func() { close(hung) })
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, c := range map[string]struct {
		receiver  http.HandlerFunc
		permanent bool
		gone      bool
	}{
		"500": {status(500), false, false},
		"503": {status(503), false, false},
		"408": {status(408), false, false},
		"429": {status(429), false, false},
		"400": {status(400), true, false},
		"404": {status(404), true, false},
		"410": {status(410), true, true},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, true, false},
		"slow": {func(http.ResponseWriter, *http.Request) { <-hung }, false, false},
		"slow body": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-hung
		}, false, false},
		"dropped": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			receiver := httptest.NewServer(c.receiver)
			t.Cleanup(receiver.CloseClientConnections)
			poster := notify.Poster{}
			if strings.HasPrefix(name, "slow") {
				poster.Timeout = 200 * time.Millisecond
			}
			err := poster.Webhook(t.Context(), receiver.URL+"/secret-path", []string{notify.NewSecret()}, notify.Samples(notify.Notices, notify.Chinese)[0])
			if err == nil || errors.Is(err, notify.ErrPermanent) != c.permanent || errors.Is(err, notify.ErrGone) != c.gone {
				t.Errorf("%v: permanent should be %t, gone %t", err, c.permanent, c.gone)
			}
			if err != nil && strings.Contains(err.Error(), "secret-path") {
				t.Errorf("the error shows the address: %v", err)
			}
		})
	}
	if asked != 0 {
		t.Error("a redirect was followed")
	}
}

// An endless answer is not read to its end.
func TestWebhookAnswersTooMuch(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		block := make([]byte, 64<<10)
		for r.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	t.Cleanup(receiver.Close)
	if err := (notify.Poster{}).Webhook(t.Context(), receiver.URL, nil, notify.Samples(notify.Notices, notify.Chinese)[0]); err != nil {
		t.Error(err)
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://oa.example/hook?key=1": true, "http://10.0.0.5:8080/hook": true,
		"ftp://oa.example": false, "https://": false, "https://user:pw@oa.example/": false, "hook": false, "https://oa.example/%zz": false,
	} {
		if err := notify.CheckAddress(address); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
	err := (notify.Poster{}).Webhook(t.Context(), "ftp://oa.example", nil, notify.Samples(notify.Notices, notify.Chinese)[0])
	if !errors.Is(err, notify.ErrPermanent) {
		t.Errorf("posting to no web address: %v", err)
	}
}
