// Package api is the REST interface under /api/v1: JSON in, one call to the engine
// or the store, JSON out. No rule lives here; casefile decides.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
	"github.com/prometheus/client_golang/prometheus"

	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/notify"
	"shuangze/store"
	"shuangze/workflows"
)

// Config is what the interface needs. Store and Engine must be set.
type Config struct {
	Store  *store.Store
	Engine workflows.Engine
	Clock  casetime.Clock
	// PublicURL is this installation's address for people, for links; empty: none.
	PublicURL string
	Version   string            // the program's
	Templates *notify.Templates // nil: the built-in ones
	Poster    notify.Poster
	Log       *slog.Logger         // nil: slog.Default()
	Registry  *prometheus.Registry // what /metrics shows, and where New adds its own; nil: a new one
	Limits    Limits
	// BehindProxy takes the address that the proxy in front adds to X-Forwarded-For for
	// that of the caller.
	BehindProxy bool
}

// Limits bound what one caller may ask in ten seconds; zero fields take the defaults.
type Limits struct {
	Requests int // with one token; 1000
	Failures int // with tokens that aren't valid, from one address; 100
	Public   int // without a token, of what lies in the database, from one address; 300
}

// window is the time that Limits are counted in.
const window = 10 * time.Second

// patience bounds a whole request. It is longer than the engine's, which answers with
// a better reason.
const patience = 30 * time.Second

// tablePatience is the same for a list taken out whole, over a slow line too.
const tablePatience = 10 * time.Minute

type api struct {
	Config
	metrics  *metrics
	requests *httprate.RateLimiter
	failures *httprate.RateLimiter
	public   *httprate.RateLimiter
	docs     *docs
	auth     *auth.Auth // of petitioners, who look up their case
}

// New returns the handler of /api/v1 and of /healthz, /readyz and /metrics.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Templates == nil {
		c.Templates = notify.DefaultTemplates()
	}
	if c.Limits.Requests == 0 {
		c.Limits.Requests = 1000
	}
	if c.Limits.Failures == 0 {
		c.Limits.Failures = 100
	}
	if c.Limits.Public == 0 {
		c.Limits.Public = 300
	}
	a := &api{
		Config:   c,
		metrics:  newMetrics(c.Registry, c.Store, c.Clock),
		requests: httprate.NewRateLimiter(c.Limits.Requests, window),
		failures: httprate.NewRateLimiter(c.Limits.Failures, window),
		public:   httprate.NewRateLimiter(c.Limits.Public, window),
		docs:     newDocs(),
		auth:     &auth.Auth{Store: c.Store},
	}
	return a.routes()
}

// routes is the whole surface. openapi.yaml describes it; a test holds the two
// together.
func (a *api) routes() *chi.Mux {
	r := chi.NewRouter()
	r.Use(a.observe, secure, middleware.GetHead)
	r.NotFound(a.handle(func(http.ResponseWriter, *http.Request) error { return errNoRoute }))
	r.MethodNotAllowed(a.handle(func(_ http.ResponseWriter, q *http.Request) error { return wrongMethod(r, q) }))

	soon := bound(patience)
	r.With(soon).Get("/healthz", a.handle(a.getHealth))
	r.With(soon).Get("/readyz", a.handle(a.getReady))
	r.With(soon).Method(http.MethodGet, "/metrics", a.metrics.handler)

	r.Route("/api/v1", func(r chi.Router) {
		r.Get("/openapi.yaml", a.handle(a.getOpenAPI))
		r.Get("/docs", a.handle(a.getDocs))
		r.Get("/problems/{code}", a.handle(a.getProblem))
		r.Group(func(r chi.Router) {
			r.Use(soon, a.limitPublic)
			r.Get("/deadline", a.handle(a.getDeadline))
			r.Get("/policy", a.handle(a.getPolicy))
			r.Get("/public/receptions", a.handle(a.getPublicReceptions))
			r.Get("/feeds/{secret}.ics", a.handle(a.getFeed))
			r.Post("/public/lookup", a.handle(a.postLookup))
			r.Post("/public/lookup/rating", a.handle(a.postRating))
			r.Post("/public/lookup/review", a.handle(a.postReview))
		})

		r.Group(func(r chi.Router) {
			r.Use(bound(tablePatience), a.authenticate)
			r.Get("/cases.csv", a.handle(a.getTable))
		})

		r.Group(func(r chi.Router) {
			r.Use(soon, a.authenticate)
			r.Get("/me", a.handle(a.getMe))
			r.Get("/me/inbox", a.handle(a.getInbox))
			r.Get("/me/duties", a.handle(a.getDuties))
			r.Get("/me/filters", a.handle(a.getFilters))
			r.Post("/me/filters", a.handle(a.postFilter))
			r.Delete("/me/filters/{id}", a.handle(a.deleteFilter))
			r.Post("/me/feed", a.handle(a.postFeed))
			r.Delete("/me/feed", a.handle(a.deleteFeed))
			r.Get("/me/drafts", a.handle(a.getDrafts))
			r.Get("/me/drafts/{id}", a.handle(a.getDraft))
			r.Put("/me/drafts/{id}", a.handle(a.putDraft))
			r.Delete("/me/drafts/{id}", a.handle(a.deleteDraft))
			r.Get("/units", a.handle(a.getUnits))
			r.Post("/units", a.handle(a.postUnit))
			r.Post("/units/{code}", a.handle(a.postUnitChange))
			r.Post("/units/{code}/end", a.handle(a.postUnitEnd))
			r.Get("/officials", a.handle(a.getOfficials))
			r.Post("/officials", a.handle(a.postOfficial))
			r.Get("/officials/{id}", a.handle(a.getOfficial))
			r.Post("/officials/{id}", a.handle(a.postOfficialChange))
			r.Post("/officials/{id}/end", a.handle(a.postOfficialEnd))
			r.Get("/accounts", a.handle(a.getAccounts))
			r.Post("/accounts/{official}/password", a.handle(a.postAccountPassword))
			r.Post("/accounts/{official}/sign-out", a.handle(a.postSignOut))
			r.Get("/audit", a.handle(a.getAudit))
			r.Get("/engine", a.handle(a.getEngine))
			r.Get("/tokens", a.handle(a.getTokens))
			r.Post("/tokens", a.handle(a.postToken))
			r.Delete("/tokens/{id}", a.handle(a.deleteToken))
			r.Get("/leaves", a.handle(a.getLeaves))
			r.Post("/leaves", a.handle(a.postLeave))
			r.Get("/leaves/{id}", a.handle(a.getLeave))
			r.Post("/leaves/{id}/end", a.handle(a.postLeaveEnd))
			r.Get("/target-metrics", a.handle(a.getTargetMetrics))
			r.Get("/target-sheets", a.handle(a.getTargetSheets))
			r.Post("/target-sheets", a.handle(a.postTargetSheet))
			r.Get("/target-sheets/{id}", a.handle(a.getTargetSheet))
			r.Post("/target-sheets/{id}/versions", a.handle(a.postTargetVersion))
			r.Post("/target-sheets/{id}/sign", a.handle(a.postTargetSign))
			r.Post("/target-sheets/{id}/close", a.handle(a.postTargetClose))
			r.Get("/target-sheets/{id}/items/{item}/cases", a.handle(a.getTargetCases))
			r.Get("/receptions", a.handle(a.getReceptions))
			r.Post("/receptions", a.handle(a.postReceptions))
			r.Get("/receptions/duties", a.handle(a.getReceptionDuties))
			r.Get("/receptions/{id}", a.handle(a.getReception))
			r.Post("/receptions/{id}/publish", a.handle(a.note(casefile.PublishReception)))
			r.Post("/receptions/{id}/hold", a.handle(a.note(casefile.HoldReception)))
			r.Post("/receptions/{id}/cancel", a.handle(a.postReceptionCancel))
			r.Post("/receptions/{id}/swap", a.handle(a.postReceptionSwap))
			r.Get("/receptions/{id}/appointments", a.handle(a.getAppointments))
			r.Post("/receptions/{id}/appointments", a.handle(a.postAppointment))
			r.Post("/receptions/{id}/appointments/{appointment}/end", a.handle(a.postAppointmentEnd))
			r.Get("/board", a.handle(a.getBoard))
			r.Get("/cases", a.handle(a.getCases))
			r.Post("/cases", a.handle(a.postCase))
			r.Post("/cases/earlier", a.handle(a.postEarlier))
			r.Get("/supervision", a.handle(a.getSupervision))
			r.Get("/cases/{id}", a.handle(a.getCase))
			r.Get("/cases/{id}/events", a.handle(a.getEvents))
			r.Get("/cases/{id}/deliveries", a.handle(a.getDeliveries))
			r.Get("/cases/{id}/clocks/{clock}", a.handle(a.getClock))
			r.Get("/cases/{id}/steps", a.handle(a.getSteps))
			r.Get("/cases/{id}/workflow", a.handle(a.getWorkflow))
			r.Get("/cases/{id}/proposal", a.handle(a.getProposal))
			r.Get("/cases/{id}/commands/{command}", a.handle(a.getCommand))
			r.Post("/cases/{id}/commands/{command}", a.handle(a.postCommand))
			r.Get("/cases/{id}/receipt", a.handle(a.getReceipts))
			r.Post("/cases/{id}/receipt", a.handle(a.postReceipt))
			r.Get("/rules", a.handle(a.getRules))
			r.Get("/rules/{version}", a.handle(a.getPublication))
			r.Post("/rules", a.handle(a.postRules))
			r.Post("/rules/preview", a.handle(a.postRulesPreview))
			r.Get("/campaigns", a.handle(a.getCampaigns))
			r.Post("/campaigns", a.handle(a.postCampaign))
			r.Get("/campaigns/{id}", a.handle(a.getCampaign))
			r.Get("/campaigns/{id}/cases", a.handle(a.getCampaignCases))
			r.Post("/campaigns/{id}/targets", a.handle(a.postTargets))
			r.Post("/campaigns/{id}/end", a.handle(a.postCampaignEnd))
			r.Get("/figures", a.handle(a.getFigures))
			r.Get("/figures/work", a.handle(a.getWork))
			r.Get("/endpoints", a.handle(a.getEndpoints))
			r.Post("/endpoints", a.handle(a.postEndpoint))
			r.Delete("/endpoints/{id}", a.handle(a.deleteEndpoint))
			r.Post("/endpoints/{id}/rotate", a.handle(a.postRotate))
			r.Post("/endpoints/{id}/test", a.handle(a.postTest))
			r.Get("/broadcasts", a.handle(a.getBroadcasts))
			r.Post("/broadcasts", a.handle(a.postBroadcast))
			r.Get("/broadcasts/{id}", a.handle(a.getBroadcast))
			r.Post("/broadcasts/{id}/cancel", a.handle(a.postCancel))
		})
	})
	return r
}

// bound ends the work for a request whose caller has waited long enough.
func bound(patience time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), patience)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// secure sets the headers that every answer has: nothing here is to be kept, framed or
// run by a browser.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// rules is what the core decides by, as of now.
func (a *api) rules(ctx context.Context) (casefile.Rules, error) {
	rules, err := a.Store.Rules(ctx)
	rules.Now = a.Clock.Now()
	return rules, err
}
