package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"shuangze/auth"
	"shuangze/policy"
	"shuangze/store"
)

// How long somebody may take at the identity provider.
const awayFor = 10 * time.Minute

var (
	errProviderAway = refuse(http.StatusBadGateway, "provider_away", policy.Text{Chinese: "身份平台没有应答", English: "The identity provider does not answer"},
		policy.Text{Chinese: "请稍后再试，或用账号和口令登录。", English: "Try again shortly, or sign in with account and password."})
	errNotVouched = refuse(http.StatusForbidden, "not_vouched", policy.Text{Chinese: "未能通过身份平台登录", English: "You were not signed in"},
		policy.Text{Chinese: "身份平台没有确认您的身份，或者登录用时过长。请重新登录。", English: "The identity provider did not confirm who you are, or it took too long. Please sign in again."})
	errStranger = refuse(http.StatusForbidden, "unknown_official", policy.Text{Chinese: "名录中没有您", English: "You are not in the directory"},
		policy.Text{Chinese: "身份平台已确认您的身份，但本系统的名录中没有此人。请联系管理员。", English: "The identity provider knows you, but this system's directory does not. Ask the administrator."})
)

func (s *console) handshakeCookie(r *http.Request) string {
	if s.byTLS(r) {
		return "__Host-handshake"
	}
	return "handshake"
}

// getProvider sends a browser to the identity provider.
func (s *console) getProvider(w http.ResponseWriter, r *http.Request) error {
	if s.Provider == nil {
		return errNoPage
	}
	address, h, err := s.Provider.Begin(local(r.URL.Query().Get("next")))
	if err != nil {
		return s.providerFailed(r, err)
	}
	kept, err := json.Marshal(h)
	if err != nil {
		return err
	}
	s.keepHandshake(w, r, base64.RawURLEncoding.EncodeToString(kept), awayFor)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

func (s *console) keepHandshake(w http.ResponseWriter, r *http.Request, value string, until time.Duration) {
	age := int(until.Seconds())
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ // Lax: the provider sends the browser back
		Name: s.handshakeCookie(r), Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.byTLS(r),
	})
}

// getVouched takes a browser that comes back from the identity provider.
func (s *console) getVouched(w http.ResponseWriter, r *http.Request) error {
	if s.Provider == nil {
		return errNoPage
	}
	var h auth.Handshake
	if cookie, err := r.Cookie(s.handshakeCookie(r)); err == nil {
		if kept, err := base64.RawURLEncoding.DecodeString(cookie.Value); err == nil && json.Unmarshal(kept, &h) != nil {
			h = auth.Handshake{}
		}
	}
	s.keepHandshake(w, r, "", 0) // it is good for once
	query := r.URL.Query()
	official, idToken, err := s.Provider.Finish(r.Context(), h, query.Get("state"), query.Get("code"))
	if err != nil {
		return s.providerFailed(r, err)
	}
	if _, err := s.Auth.Account(r.Context(), official); errors.Is(err, store.ErrNotFound) {
		s.Log.WarnContext(r.Context(), "the identity provider vouched for somebody unknown", "claim", s.Provider.Claim)
		return errStranger
	} else if err != nil {
		return err
	}
	secret, err := s.Auth.Begin(r.Context(), official, r.UserAgent(), idToken)
	if err != nil {
		return err
	}
	if old := visitorOf(r); old != nil {
		if err := s.Auth.SignOut(r.Context(), old.ID, old.session.ID); err != nil {
			return err
		}
	}
	if err := s.enter(w, r, official, secret); err != nil {
		return err
	}
	http.Redirect(w, r, local(h.Next), http.StatusSeeOther)
	return nil
}

// providerFailed logs why nobody was signed in: the page doesn't say.
func (s *console) providerFailed(r *http.Request, err error) error {
	s.Log.WarnContext(r.Context(), "sign-in by the identity provider failed", "error", err)
	if errors.Is(err, auth.ErrProviderAway) {
		return errProviderAway
	}
	return errNotVouched
}

// ProviderAddress is where the sign-in page's button leads; empty: there is no provider.
func (p signInPage) ProviderAddress() string {
	if p.Provider == "" {
		return ""
	}
	return "/sign-in/provider?next=" + url.QueryEscape(p.Next)
}

// signedOutPage says that somebody is signed out here, and takes them on to the provider.
type signedOutPage struct {
	page
	Provider string
}

// signOut ends a session, or all of whose it is. Here it has ended whatever becomes of the
// rest: whom the identity provider vouched for goes on to it, or is told that it can't be
// told. A form may lead to nowhere else (form-action), so it is a page that leads there.
func (s *console) signOut(w http.ResponseWriter, r *http.Request, everywhere bool) error {
	s.leave(w, r)
	v := visitorOf(r)
	if v == nil {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	idToken, err := s.Auth.Leave(r.Context(), v.session, everywhere)
	if err != nil {
		return err
	}
	if idToken == "" || s.Provider == nil {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	p := signedOutPage{page: s.page(r, langOf(r).t("已退出", "Signed out")), Provider: s.Provider.Name}
	p.Who = nil
	if p.Onward, err = s.Provider.SignOut(idToken); err != nil {
		s.Log.WarnContext(r.Context(), "sign-out at the identity provider", "error", err)
	}
	return s.show(w, r, http.StatusOK, "signedout", p)
}
