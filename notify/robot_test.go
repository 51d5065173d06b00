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
	"strings"
	"testing"

	"shuangze/notify"
)

// platform is a robot's server: it checks what it gets as the platform does and gives an
// answer.
func platform(t *testing.T, kind notify.EndpointKind, secret string, status int, answer string, text *string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var body struct {
			MsgType   string `json:"msgtype"`
			LarkType  string `json:"msg_type"`
			Text      struct{ Content string }
			Content   struct{ Text string }
			Timestamp string
			Sign      string
		}
		if err := json.Unmarshal(raw, &body); err != nil || r.Method != http.MethodPost || r.URL.Query().Get("key") != "k" {
			t.Errorf("%s %s: %s", r.Method, r.URL, raw)
		}
		mac := func(key, data string) string {
			h := hmac.New(sha256.New, []byte(key))
			io.WriteString(h, data)
			return base64.StdEncoding.EncodeToString(h.Sum(nil))
		}
		*text = body.Text.Content
		got, want := "", ""
		switch q := r.URL.Query(); kind {
		case notify.DingTalk:
			got, want = q.Get("sign"), mac(secret, q.Get("timestamp")+"\n"+secret)
			if len(q.Get("timestamp")) != 13 && secret != "" {
				t.Errorf("timestamp %q is not in milliseconds", q.Get("timestamp"))
			}
		case notify.Lark:
			*text = body.Content.Text
			got, want = body.Sign, mac(body.Timestamp+"\n"+secret, "")
		}
		if secret != "" && got != want {
			t.Errorf("%s: signed %q, want %q", kind, got, want)
		}
		if form := body.MsgType + body.LarkType; form != "text" {
			t.Errorf("%s: form %q", kind, form)
		}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/send?key=k"
}

// The three platforms' forms and signatures, and what their own codes mean.
func TestRobots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind      notify.EndpointKind
		secret    string
		status    int
		answer    string
		ok        bool
		permanent bool
	}{
		{notify.WeCom, "", 200, `{"errcode":0,"errmsg":"ok"}`, true, false},
		{notify.WeCom, "", 200, `{"errcode":45009,"errmsg":"api freq out of limit"}`, false, false},
		{notify.WeCom, "", 200, `{"errcode":93000,"errmsg":"invalid webhook url"}`, false, true},
		{notify.WeCom, "", 200, `<html>a proxy's page</html>`, false, false},
		{notify.WeCom, "", 502, `bad gateway`, false, false},
		{notify.DingTalk, "", 200, `{"errcode":0,"errmsg":"ok"}`, true, false},
		{notify.DingTalk, "SEC+a/b=", 200, `{"errcode":0,"errmsg":"ok"}`, true, false},
		{notify.DingTalk, "SEC", 200, `{"errcode":410100,"errmsg":"send too fast"}`, false, false},
		{notify.DingTalk, "SEC", 200, `{"errcode":310000,"errmsg":"sign not match"}`, false, true},
		{notify.Lark, "", 200, `{"code":0,"msg":"success","data":{}}`, true, false},
		{notify.Lark, "lark", 200, `{"StatusCode":0,"StatusMessage":"success","code":0,"msg":"success"}`, true, false},
		{notify.Lark, "lark", 200, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`, false, true},
		{notify.Lark, "lark", 400, `{"code":11232,"msg":"frequency limited"}`, false, false},
		{notify.Lark, "lark", 400, `{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}`, false, true},
		{notify.Lark, "lark", 404, `not found`, false, true},
	} {
		var text string
		address := platform(t, c.kind, c.secret, c.status, c.answer, &text)
		letter := notify.Samples(notify.Notices, notify.Chinese)[0]
		err := (notify.Poster{}).Robot(t.Context(), c.kind, address, c.secret, letter, notify.DefaultTemplates())
		if (err == nil) != c.ok || errors.Is(err, notify.ErrPermanent) != c.permanent {
			t.Errorf("%s answering %s: %v", c.kind, c.answer, err)
		}
		if !strings.Contains(text, "2327-xf-2026-000017") || strings.Contains(text, "同志") {
			t.Errorf("%s: the group reads %q", c.kind, text)
		}
	}
	var text string
	address := platform(t, notify.WeCom, "", 200, `{"errcode":0}`, &text)
	letter := notify.Letter{ID: "x", Kind: notify.Test, To: notify.Person{Language: notify.English}}
	if err := (notify.Poster{}).Robot(t.Context(), notify.WeCom, address, "", letter, notify.DefaultTemplates()); err != nil || !strings.Contains(text, "A test") {
		t.Errorf("a test says %q: %v", text, err)
	}
	if err := (notify.Poster{}).Robot(t.Context(), "slack", address, "", letter, notify.DefaultTemplates()); !errors.Is(err, notify.ErrPermanent) {
		t.Errorf("an unknown robot: %v", err)
	}
}
