// Package web is the console: pages for people, drawn by the server. It is a client of the
// API inside the same process and knows no rule and no query that the API lacks.
package web

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"shuangze/api"
	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/store"
)

// Config is what the console needs. API and Auth must be set.
type Config struct {
	API   http.Handler
	Auth  *auth.Auth
	Clock casetime.Clock // the time that cases live in
	// Trial offers every account of the directory without a password: for sample data alone.
	Trial bool
	// BehindProxy trusts X-Forwarded-Proto to say that the browser came by TLS, and the
	// last of X-Forwarded-For to say from where.
	BehindProxy bool
	// Provider vouches for officials beside passwords; nil: there is none.
	Provider *auth.Provider
	Log      *slog.Logger // nil: slog.Default()
}

type console struct {
	Config
	api    client
	assets assets
	pages  map[lang]*pages
	mux    *chi.Mux
}

// New returns the handler of every page.
func New(c Config) (http.Handler, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &console{Config: c, api: newClient(c.API)}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(s.assets); err != nil {
		return nil, err
	}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error { return errForeign }))
	s.mux = s.routes()
	return s.secure(guard.Handler(s.mux)), nil
}

// routes is the whole console.
func (s *console) routes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	r.NotFound(s.handle(func(http.ResponseWriter, *http.Request) error { return errNoPage }))
	r.MethodNotAllowed(s.handle(func(http.ResponseWriter, *http.Request) error { return errMethod }))
	r.Get("/", s.handle(s.getHome))
	r.Get("/assets/{name}", s.handle(s.getAsset))
	r.Post("/language", s.handle(s.postLanguage))
	r.Get("/sign-in", s.handle(s.getSignIn))
	r.Post("/sign-in", s.handle(s.postSignIn))
	r.Get("/sign-in/provider", s.handle(s.getProvider))
	r.Get("/sign-in/provider/return", s.handle(s.getVouched))
	r.Get("/deadline", s.handle(s.getDeadline))
	r.Get("/lookup", s.handle(s.getLookup))
	r.Post("/lookup", s.handle(s.postLookup))
	r.Get("/lookup/case", s.admitted(s.getStanding))
	r.Get("/lookup/rate", s.admitted(s.getRate))
	r.Post("/lookup/rate", s.admitted(s.postRate))
	r.Get("/lookup/review", s.admitted(s.getReview))
	r.Post("/lookup/review", s.admitted(s.postReview))
	r.Post("/lookup/end", s.handle(s.postLookupEnd))

	r.Post("/directory/suggestions", s.signed(s.postSuggest))
	r.Post("/sign-out", s.handle(s.postSignOut))
	r.Get("/account", s.signed(s.getAccount))
	r.Post("/account/password", s.signed(s.postPassword))
	r.Post("/account/sessions", s.signed(s.postSessions))
	r.Get("/desk", s.signed(s.getDesk))
	r.Get("/figures", s.signed(s.getFigures))
	r.Get("/figures/report", s.signed(s.getReport))
	r.Get("/figures/files/{table}.csv", s.signed(s.getFigureFile))
	r.Get("/cases", s.signed(s.getCases))
	r.Get("/cases/new", s.signed(s.getRegistration))
	r.Post("/cases/new", s.signed(s.postRegistration))
	r.Post("/cases/new/earlier", s.signed(s.postEarlier))
	r.Post("/cases/new/drafts", s.signed(s.postDraftEnd))
	r.Get("/cases/{id}", s.signed(s.getCase))
	r.Get("/cases/{id}/receipt", s.signed(s.getReceipt))
	r.Post("/cases/{id}/receipt", s.signed(s.postReceipt))
	r.Get("/cases/{id}/events/{seq}", s.signed(s.getEvent))
	r.Get("/cases/{id}/print", s.signed(s.getPrint))
	r.Get("/cases/{id}/clocks/{clock}", s.signed(s.getClock))
	r.Get("/cases/{id}/do/{command}", s.signed(s.getCommand))
	r.Post("/cases/{id}/do/{command}", s.signed(s.postCommand))

	r.Get("/admin", s.signed(s.getAdmin))
	r.Get("/admin/directory", s.signed(s.getDirectory))
	r.Get("/admin/units/new", s.signed(s.getUnit))
	r.Post("/admin/units/new", s.signed(s.postUnit))
	r.Get("/admin/units/{code}", s.signed(s.getUnit))
	r.Post("/admin/units/{code}", s.signed(s.postUnit))
	r.Get("/admin/units/{code}/end", s.signed(s.getUnitEnd))
	r.Post("/admin/units/{code}/end", s.signed(s.postUnitEnd))
	r.Get("/admin/officials/new", s.signed(s.getOfficialForm))
	r.Post("/admin/officials/new", s.signed(s.postOfficial))
	r.Get("/admin/officials/{id}", s.signed(s.getOfficial))
	r.Get("/admin/officials/{id}/change", s.signed(s.getOfficialForm))
	r.Post("/admin/officials/{id}/change", s.signed(s.postOfficial))
	r.Post("/admin/officials/{id}/end", s.signed(s.postOfficialEnd))
	r.Get("/admin/officials/{id}/handover", s.signed(s.getHandover))
	r.Post("/admin/officials/{id}/handover", s.signed(s.postHandover))
	r.Get("/admin/leaves", s.signed(s.getLeaves))
	r.Get("/admin/leaves/new", s.signed(s.getLeaveForm))
	r.Post("/admin/leaves/new", s.signed(s.postLeave))
	r.Post("/admin/leaves/{id}/end", s.signed(s.postLeaveEnd))
	r.Get("/admin/accounts", s.signed(s.getAccounts))
	r.Post("/admin/accounts/{official}/password", s.signed(s.postPasswordOf))
	r.Post("/admin/accounts/{official}/sign-out", s.signed(s.postSignOutOf))
	r.Get("/admin/tokens", s.signed(s.getTokens))
	r.Get("/admin/tokens/new", s.signed(s.getTokenForm))
	r.Post("/admin/tokens/new", s.signed(s.postToken))
	r.Post("/admin/tokens/{id}/revoke", s.signed(s.postTokenRevoke))
	r.Get("/admin/channels", s.signed(s.getChannels))
	r.Get("/admin/channels/new", s.signed(s.getChannelForm))
	r.Post("/admin/channels/new", s.signed(s.postChannel))
	r.Post("/admin/channels/{id}/test", s.signed(s.postChannelTest))
	r.Post("/admin/channels/{id}/rotate", s.signed(s.postChannelRotate))
	r.Post("/admin/channels/{id}/remove", s.signed(s.postChannelRemove))
	r.Get("/admin/engine", s.signed(s.getEngine))
	r.Get("/admin/audit", s.signed(s.getAudit))
	r.Get("/admin/rules", s.signed(s.getRules))
	r.Get("/admin/rules/{version}", s.signed(s.getPublication))
	r.Get("/admin/rules/draft/{kind}", s.signed(s.getDraft))
	r.Post("/admin/rules/draft/{kind}", s.signed(s.postDraft))
	r.Post("/admin/rules/draft/{kind}/publish", s.signed(s.postPublish))

	r.Get("/board", s.signed(s.getBoard))
	r.Get("/cases.csv", s.signed(s.getTable))
	r.Get("/cases/filters", s.signed(s.toList))
	r.Post("/cases/filters", s.signed(s.postFilter))
	r.Get("/broadcasts", s.signed(s.getBroadcasts))
	r.Get("/broadcasts/new", s.signed(s.getBulk))
	r.Post("/broadcasts/new", s.signed(s.postBulk))
	r.Get("/broadcasts/{id}", s.signed(s.getBroadcast))
	r.Post("/broadcasts/{id}/cancel", s.signed(s.postBroadcastCancel))

	r.Get("/supervision", s.signed(s.getSupervision))
	r.Get("/campaigns", s.signed(s.getCampaigns))
	r.Get("/campaigns/new", s.signed(s.getNewCampaign))
	r.Post("/campaigns/new", s.signed(s.postCampaign))
	r.Get("/campaigns/{id}", s.signed(s.getCampaign))
	r.Get("/campaigns/{id}/targets", s.signed(s.getCampaignTargets))
	r.Post("/campaigns/{id}/targets", s.signed(s.postCampaignTargets))
	r.Get("/campaigns/{id}/end", s.signed(s.getCampaignEnd))
	r.Post("/campaigns/{id}/end", s.signed(s.postCampaignEnd))
	r.Get("/receptions", s.signed(s.getReceptions))
	r.Get("/receptions/public", s.handle(s.getSchedule))
	r.Get("/receptions/new", s.signed(s.getNewReception))
	r.Post("/receptions/new", s.signed(s.postReception))
	r.Get("/receptions/{id}", s.signed(s.getReception))
	r.Post("/receptions/{id}/publish", s.signed(s.postReceptionNote("publish")))
	r.Post("/receptions/{id}/hold", s.signed(s.postReceptionNote("hold")))
	r.Get("/receptions/{id}/cancel", s.signed(s.getReceptionCancel))
	r.Post("/receptions/{id}/cancel", s.signed(s.postReceptionCancel))
	r.Get("/receptions/{id}/swap", s.signed(s.getReceptionSwap))
	r.Post("/receptions/{id}/swap", s.signed(s.postReceptionSwap))
	r.Get("/receptions/{id}/book", s.signed(s.getBooking))
	r.Post("/receptions/{id}/book", s.signed(s.postBooking))
	r.Post("/receptions/{id}/appointments/{appointment}", s.signed(s.postAppointmentEnd))
	r.Get("/targets", s.signed(s.getTargets))
	r.Get("/targets/new", s.signed(s.getNewTarget))
	r.Post("/targets/new", s.signed(s.postTarget))
	r.Get("/targets/{id}", s.signed(s.getTarget))
	r.Get("/targets/{id}/revise", s.signed(s.getTargetRevise))
	r.Post("/targets/{id}/revise", s.signed(s.postTargetRevise))
	r.Get("/targets/{id}/sign", s.signed(s.getTargetAct("sign")))
	r.Post("/targets/{id}/sign", s.signed(s.postTargetAct("sign")))
	r.Get("/targets/{id}/close", s.signed(s.getTargetAct("close")))
	r.Post("/targets/{id}/close", s.signed(s.postTargetAct("close")))
	r.Get("/targets/{id}/items/{item}", s.signed(s.getTargetCases))
	return r
}

// secure sets the headers that every answer has. Pages are kept nowhere; assets say
// otherwise of themselves.
func (s *console) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if s.byTLS(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		from := *r
		from.RemoteAddr = api.Address(r, s.BehindProxy)
		next.ServeHTTP(w, &from)
	})
}

// byTLS reports whether the browser came by TLS, as far as can be known.
func (s *console) byTLS(r *http.Request) bool {
	return r.TLS != nil || s.BehindProxy && r.Header.Get("X-Forwarded-Proto") == "https"
}

// visitor is whoever is signed in.
type visitor struct {
	casefile.Official
	session store.Session
}

type visitorKey struct{}

func visitorOf(r *http.Request) *visitor {
	v, _ := r.Context().Value(visitorKey{}).(*visitor)
	return v
}

// patience is how long a database may take to say who is signed in.
const patience = 5 * time.Second

// known finds out who is signed in, if anybody is.
func (s *console) known(r *http.Request) (*http.Request, error) {
	cookie, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return r, nil //nolint:nilerr // nobody
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	session, o, err := s.Auth.Who(ctx, cookie.Value)
	switch {
	case errors.Is(err, auth.ErrSignedOut):
		return r, nil
	case err != nil:
		return r, err
	}
	return withVisitor(r, &visitor{o, session}), nil
}

// signed is handle for pages of those who are signed in. Others sign in first and come
// back; what they had typed comes along.
func (s *console) signed(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		if v := visitorOf(r); v != nil && mustChange(v, r.URL.Path) {
			if r.Method == http.MethodPost {
				return errTemporary
			}
			http.Redirect(w, r, "/account", http.StatusSeeOther)
			return nil
		} else if v != nil {
			return fn(w, r)
		}
		if r.Method == http.MethodPost {
			return s.expired(w, r)
		}
		to := "/sign-in"
		if next := local(r.URL.RequestURI()); next != "/desk" {
			to += "?next=" + url.QueryEscape(next)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	})
}

// maxForm bounds what a form can bring: 20,000 characters of text, percent-encoded.
const maxForm = 1 << 20

// handle makes a handler of a function that may fail: the one place where errors become
// pages and, when they are ours, are logged.
func (s *console) handle(fn func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				s.Log.ErrorContext(r.Context(), "panic", "panic", v, "stack", string(debug.Stack()))
				s.fail(w, r, errors.New("panic"))
			}
		}()
		// The form first: when nobody can be found out now, what was typed is shown all the same.
		unread := false
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			unread = parseForm(r) != nil
		}
		known, err := s.known(r)
		if err == nil && unread {
			err = errForm
		}
		if err == nil && visitorOf(known) != nil {
			var tidy string
			if known.Method == http.MethodPost {
				err = s.settle(known, known.PostForm)
			} else if tidy, err = s.settled(known); tidy != "" {
				http.Redirect(w, known, tidy, http.StatusSeeOther)
				return
			}
		}
		if err == nil {
			err = fn(w, known)
		}
		if err != nil {
			s.fail(w, known, err)
		}
	}
}

// parseForm reads a form, with the files that come with it.
func parseForm(r *http.Request) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return r.ParseMultipartForm(maxForm) //nolint:gosec // handle bounds the body
	}
	return r.ParseForm()
}

type problemPage struct {
	page
	Problem *problem
	Detail  string
	Texts   []string // that came with the form: no page has them again
}

// fail shows a refusal as a page.
func (s *console) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody reads it
	}
	var p *problem
	if !errors.As(err, &p) {
		s.Log.ErrorContext(r.Context(), "internal error", "error", err)
		p = errInternal
		if store.Unavailable(err) || errors.Is(err, context.DeadlineExceeded) {
			p = errAway
		}
	}
	if p.Status == http.StatusUnauthorized {
		p = errInternal // the API always knows whom this process lets in
	}
	if p.after != "" {
		w.Header().Set("Retry-After", p.after)
	}
	page := problemPage{page: s.page(r, p.heading(langOf(r))), Problem: p, Detail: p.detail(langOf(r))}
	if p != errForeign { // what another site sends is not shown as if it were ours
		page.Texts = textsIn(r)
	}
	if len(page.Texts) > 0 {
		page.Back = "" // a change of language would lose them
	}
	page.Public = strings.HasPrefix(r.URL.Path, "/lookup")
	if shown := s.show(w, r, p.Status, "problem", page); shown != nil {
		s.Log.ErrorContext(r.Context(), "internal error", "error", shown)
		http.Error(w, strconv.Itoa(p.Status), p.Status)
	}
}

func (s *console) getHome(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/desk", http.StatusSeeOther)
	return nil
}

// longestAddress is the longest, in bytes, that anybody is sent on to or back to: a list
// with all its filters is far shorter.
const longestAddress = 4000

// local is an address of this site to go on to; anything else, and what would leave it, is
// the desk.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > longestAddress || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/desk"
	}
	return to
}

// postLanguage keeps the language that somebody chose.
func (s *console) postLanguage(w http.ResponseWriter, r *http.Request) error {
	l := chinese
	if r.PostForm.Get("to") == string(english) {
		l = english
	}
	http.SetCookie(w, &http.Cookie{
		Name: "language", Value: string(l), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.byTLS(r),
	})
	http.Redirect(w, r, local(r.PostForm.Get("back")), http.StatusSeeOther)
	return nil
}

func withVisitor(r *http.Request, v *visitor) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
}
