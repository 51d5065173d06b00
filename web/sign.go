package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/policy"
)

func (s *console) cookieName(r *http.Request) string {
	if s.byTLS(r) {
		return "__Host-session"
	}
	return "session"
}

// enter gives the browser an official's session.
func (s *console) enter(w http.ResponseWriter, r *http.Request, official, secret string) error {
	author, err := s.Auth.Store.SealAuthor(officialAuthor + official)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(r), Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.byTLS(r),
	})
	http.SetCookie(w, &http.Cookie{
		Name: s.authorCookie(r), Value: author, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.byTLS(r),
	})
	return nil
}

// Authors of what is typed: officials, and petitioners by their case.
const (
	officialAuthor = "official:"
	caseAuthor     = "case:"
)

// authorCookie keeps who is signed in beyond the session: what is typed in a form belongs
// to them alone, also when the session has ended. It opens nothing.
func (s *console) authorCookie(r *http.Request) string {
	if s.byTLS(r) {
		return "__Host-author"
	}
	return "author"
}

// sealedAuthor is the browser's author as its cookie has it; empty: unknown.
func (s *console) sealedAuthor(r *http.Request) string {
	cookie, err := r.Cookie(s.authorCookie(r))
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (s *console) leave(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.byTLS(r),
	})
}

// knownFor is how long a browser in which somebody has signed in is taken for theirs.
const knownFor = 90 * 24 * time.Hour

// knownCookie says that an account has signed in in this browser; it signs nobody in.
func (s *console) knownCookie(r *http.Request, value string) *http.Cookie {
	name := "known"
	if s.byTLS(r) {
		name = "__Host-known"
	}
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(knownFor.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.byTLS(r),
	}
}

// arrival is how a browser comes to the door.
func (s *console) arrival(r *http.Request) auth.Visit {
	by := auth.Visit{Address: r.RemoteAddr, Agent: r.UserAgent()}
	if cookie, err := r.Cookie(s.knownCookie(r, "").Name); err == nil {
		by.Known = cookie.Value
	}
	return by
}

type signInPage struct {
	page
	Next    string
	Account string
	Wrong   string
	Expired bool
	Typed   []typed // what somebody had typed when their session ended
	Author  string  // who, sealed: it is given back to nobody else
	People  []roleGroup
	// Provider is the identity provider's name; empty: there is none.
	Provider string
}

// typed is a field of a form on its way through the sign-in page.
type typed struct{ Name, Value string }

// roleGroup is a trial's accounts of one role.
type roleGroup struct {
	Role   casefile.Role
	Offers []offer
	More   int // that are not shown
}

// mostOffers is how many accounts of a role a trial offers.
const mostOffers = 90

type offer struct{ ID, Name, Post, Unit string }

// typedPrefix keeps the fields of another form apart from the sign-in form's own.
const typedPrefix = "typed."

func (s *console) signInPage(r *http.Request) (signInPage, error) {
	p := signInPage{page: s.page(r, langOf(r).t("登录", "Sign in"))}
	if s.Provider != nil {
		p.Provider = s.Provider.Name
	}
	if !s.Trial {
		return p, nil
	}
	d, err := s.Auth.Directory(r.Context())
	if err != nil {
		return p, err
	}
	for _, role := range casefile.Roles {
		g := roleGroup{Role: role}
		for _, o := range d.Officials {
			if o.Role == role {
				g.Offers = append(g.Offers, offer{o.ID, o.Name, o.Post, d.Units[o.Unit].Name})
			}
		}
		slices.SortFunc(g.Offers, func(a, b offer) int { return cmp.Compare(a.ID, b.ID) })
		if g.More = len(g.Offers) - mostOffers; g.More > 0 {
			g.Offers = g.Offers[:mostOffers]
		}
		if len(g.Offers) > 0 {
			p.People = append(p.People, g)
		}
	}
	return p, nil
}

func (s *console) getSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if visitorOf(r) != nil {
		http.Redirect(w, r, local(next), http.StatusSeeOther)
		return nil
	}
	p, err := s.signInPage(r)
	if err != nil {
		return err
	}
	if next != "" {
		p.Next = local(next)
	}
	return s.show(w, r, http.StatusOK, "signin", p)
}

// expired lets somebody sign in whose session ended while they typed. The form is not
// carried out: it comes back as it was, to be sent once more.
func (s *console) expired(w http.ResponseWriter, r *http.Request) error {
	p, err := s.signInPage(r)
	if err != nil {
		return err
	}
	p.Next, p.Expired = formOf(r.URL.Path), true
	if p.Author = s.sealedAuthor(r); p.Author != "" && s.keepsTyped(p.Next) {
		p.Typed = carried(r.PostForm)
	} else if !s.mux.Match(chi.NewRouteContext(), http.MethodGet, p.Next) {
		p.Next = "/account"
	}
	return s.show(w, r, http.StatusUnauthorized, "signin", p)
}

// carried are the fields of a form as another page takes them along.
func carried(form url.Values) (all []typed) {
	for name, values := range form {
		for _, value := range values {
			all = append(all, typed{name, value})
		}
	}
	slices.SortStableFunc(all, func(a, b typed) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// brought are the fields of another form that this one took along.
func brought(form url.Values) url.Values {
	kept := url.Values{}
	for name, values := range form {
		if field, ok := strings.CutPrefix(name, typedPrefix); ok {
			kept[field] = values
		}
	}
	return kept
}

func (s *console) postSignIn(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	account, l := strings.TrimSpace(form.Get("account")), langOf(r)
	kept := brought(form)
	var secret, known string
	var err error
	by := s.arrival(r)
	if trial := form.Get("trial"); trial != "" && s.Trial {
		account = trial
		secret, err = s.Auth.SignInTrial(r.Context(), account, by)
	} else if form.Get("continue") != "" { // signed in on another page meanwhile
		if err = errNotYet; visitorOf(r) != nil {
			return s.goOn(w, r, local(form.Get("next")), kept)
		}
	} else {
		secret, known, err = s.Auth.SignIn(r.Context(), account, form.Get("password"), by)
	}
	var blocked *auth.BlockedError
	var wrong string
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, errNotYet):
		wrong = l.t("您还没有在另一页登录。", "You have not signed in on the other page yet.")
	case errors.As(err, &blocked) && blocked.Address:
		status = http.StatusTooManyRequests
		retryAfter(w, blocked.Until)
		wrong = l.of(policy.Text{
			Chinese: "从您所在的网络输错口令的次数过多，请于" + l.moment(blocked.Until) + "后再试。",
			English: "Too many wrong passwords came from your network: try again after " + l.moment(blocked.Until) + ".",
		})
	case errors.As(err, &blocked):
		retryAfter(w, blocked.Until)
		wrong = l.of(policy.Text{
			Chinese: "口令连续输错，账号暂停登录至" + l.moment(blocked.Until) + "。",
			English: "Too many wrong passwords: this account can sign in again from " + l.moment(blocked.Until) + ".",
		})
	case errors.Is(err, auth.ErrWrong):
		wrong = l.t("账号或口令不正确，请重新输入。", "The account or its password is wrong. Try again.")
	case err != nil:
		return err
	}
	next := local(form.Get("next"))
	if wrong != "" {
		p, err := s.signInPage(r)
		if err != nil {
			return err
		}
		p.Account, p.Wrong, p.Next = account, wrong, form.Get("next")
		p.Typed, p.Author = carried(kept), form.Get("author")
		return s.show(w, r, status, "signin", p)
	}
	if old := visitorOf(r); old != nil {
		if err := s.Auth.SignOut(r.Context(), old.ID, old.session.ID); err != nil {
			return err
		}
	}
	session, o, err := s.Auth.Who(r.Context(), secret)
	if err != nil {
		return err
	}
	if err := s.enter(w, r, o.ID, secret); err != nil {
		return err
	}
	if known != "" {
		http.SetCookie(w, s.knownCookie(r, known))
	}
	return s.goOn(w, withVisitor(r, &visitor{o, session}), next, kept)
}

var errNotYet = errors.New("not signed in yet")

// goOn takes somebody who has signed in to where they wanted to go, or to the form that
// they were filling in. At a desk that many use it may be somebody else by now, who gets
// nothing of it.
func (s *console) goOn(w http.ResponseWriter, r *http.Request, next string, kept url.Values) error {
	path := formOf(next)
	switch v := visitorOf(r); {
	case len(kept) == 0:
		http.Redirect(w, r, next, http.StatusSeeOther)
	case s.Auth.Store.Author(r.PostForm.Get("author")) != officialAuthor+v.ID:
		http.Redirect(w, r, "/desk", http.StatusSeeOther)
	case mustChange(v, path):
		s.fail(w, r, errTemporary)
	case s.keepsTyped(path):
		s.mux.ServeHTTP(w, refilled(r, path, kept))
	default:
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
	return nil
}

// retryAfter says for how many seconds there is nothing to try.
func retryAfter(w http.ResponseWriter, until time.Time) {
	w.Header().Set("Retry-After", strconv.Itoa(max(int(time.Until(until).Seconds())+1, 1)))
}

func (s *console) postSignOut(w http.ResponseWriter, r *http.Request) error {
	return s.signOut(w, r, false)
}

type accountPage struct {
	page
	Official  official
	Unit      unit
	Sessions  []sessionView
	Wrong     map[string]string
	Temporary bool // the password is one that must be changed first
}

type sessionView struct {
	ID      string
	Agent   string
	Created time.Time
	Seen    time.Time
	Current bool
}

func (s *console) accountPage(r *http.Request) (accountPage, error) {
	v := visitorOf(r)
	p := accountPage{page: s.page(r, langOf(r).t("我的账号", "My account")), Wrong: map[string]string{}}
	p.At, p.Temporary = "account", v.session.Temporary
	var me struct {
		Official official `json:"official"`
		Unit     unit     `json:"unit"`
	}
	if err := s.api.get(callerOf(r), "/me", &me); err != nil {
		return p, err
	}
	p.Official, p.Unit = me.Official, me.Unit
	sessions, err := s.Auth.Sessions(r.Context(), v.ID)
	if err != nil {
		return p, err
	}
	for _, each := range sessions {
		p.Sessions = append(p.Sessions, sessionView{each.ID, browser(each.Agent), each.CreatedAt, each.SeenAt, each.ID == v.session.ID})
	}
	return p, nil
}

// browser is what people call a browser that says of itself what it is.
func browser(agent string) string {
	find := func(names ...string) string {
		for _, name := range names {
			if strings.Contains(agent, name) {
				return name
			}
		}
		return ""
	}
	program := strings.TrimSuffix(find("Edg", "Firefox", "MicroMessenger", "Chrome", "Safari"), "/")
	if program == "Edg" {
		program = "Edge"
	}
	on := find("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")
	if program == "" {
		return agent
	}
	return strings.TrimSuffix(program+" · "+on, " · ")
}

func (s *console) getAccount(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accountPage(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "session" {
		p.Done = p.Lang.t("该处已退出登录。", "That session has ended.")
	}
	return s.show(w, r, http.StatusOK, "account", p)
}

// postPassword changes the password of who is signed in. Tries at the old one count as at the
// sign-in, so that it can't be guessed here either; a trial's account may have none.
func (s *console) postPassword(w http.ResponseWriter, r *http.Request) error {
	v, form, l := visitorOf(r), r.PostForm, langOf(r)
	p, err := s.accountPage(r)
	if err != nil {
		return err
	}
	err = s.Auth.Confirm(r.Context(), v.ID, form.Get("old"), s.arrival(r))
	var blocked *auth.BlockedError
	switch {
	case errors.Is(err, auth.ErrWrong):
		p.Wrong["old"] = l.t("现用口令不正确", "this is not the present password")
	case errors.As(err, &blocked):
		retryAfter(w, blocked.Until)
		p.Wrong["old"] = l.t("口令连续输错，请于"+l.moment(blocked.Until)+"后再试", "too many wrong passwords; try again after "+l.moment(blocked.Until))
	case err != nil:
		return err
	}
	if form.Get("new") != form.Get("again") {
		p.Wrong["again"] = l.t("两次输入不一致", "the two are not the same")
	}
	if form.Get("new") == form.Get("old") && p.Wrong["old"] == "" {
		p.Wrong["new"] = l.t("新口令不能与现用口令相同", "the new password is the present one")
	}
	if len(p.Wrong) == 0 {
		var weak *auth.WeakError
		err := s.Auth.SetPassword(r.Context(), v.ID, form.Get("new"))
		switch {
		case errors.As(err, &weak):
			p.Wrong["new"] = l.of(weak.Text)
		case err != nil:
			return err
		}
	}
	if len(p.Wrong) > 0 {
		return s.show(w, r, http.StatusUnprocessableEntity, "account", p)
	}
	s.leave(w, r)
	next, err := s.signInPage(r)
	if err != nil {
		return err
	}
	next.Who, next.Account = nil, v.ID
	next.Done = l.t("口令已更改，所有地方均已退出登录。请用新口令登录。", "The password was changed and you are signed out everywhere. Sign in with the new one.")
	return s.show(w, r, http.StatusOK, "signin", next)
}

// postSessions ends one session, or all of them.
func (s *console) postSessions(w http.ResponseWriter, r *http.Request) error {
	v, id := visitorOf(r), r.PostForm.Get("session")
	if id == "" || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
		return errForm
	}
	if id == "all" || id == v.session.ID {
		return s.signOut(w, r, id == "all")
	}
	if err := s.Auth.SignOut(r.Context(), v.ID, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/account?done=session", http.StatusSeeOther)
	return nil
}
