package api

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shuangze/casetime"
	"shuangze/store"
)

// metrics counts requests by route, method and status, never by who or about what.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	handler  http.Handler
}

func newMetrics(registry *prometheus.Registry, s *store.Store, clock casetime.Clock) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shuangze_http_requests_total", Help: "Requests answered.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shuangze_http_request_duration_seconds", Help: "How long requests took.",
			Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "shuangze_http_requests_in_flight", Help: "Requests being answered."}),
		handler:  promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}),
	}
	registry.MustRegister(m.requests, m.seconds, m.inFlight, caseGauges{s, clock})
	return m
}

// caseGauges count the cases when they are asked for. A database that is away or slow
// leaves them out.
type caseGauges struct {
	store *store.Store
	clock casetime.Clock
}

var (
	openCases    = prometheus.NewDesc("shuangze_cases_open", "Cases that are not closed.", nil, nil)
	overdueCases = prometheus.NewDesc("shuangze_cases_overdue", "Open cases past a statutory due date.", nil, nil)
)

func (g caseGauges) Describe(ch chan<- *prometheus.Desc) {
	ch <- openCases
	ch <- overdueCases
}

func (g caseGauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	open, overdue, err := g.store.CountOpen(ctx, g.clock.Now())
	if err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(openCases, prometheus.GaugeValue, float64(open))
	ch <- prometheus.MustNewConstMetric(overdueCases, prometheus.GaugeValue, float64(overdue))
}

// caller is filled in by authenticate, for the log.
type caller struct{ official string }

type callerKey struct{}

func noteCaller(r *http.Request, official string) {
	if c, ok := r.Context().Value(callerKey{}).(*caller); ok {
		c.official = official
	}
}

// observe counts and logs each request: the route as it is registered, never an
// address with ids or search words in it, and no body.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a.metrics.inFlight.Inc()
		defer a.metrics.inFlight.Dec()
		who := &caller{}
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, who))
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			status := max(seen.Status(), http.StatusOK) // 0: nothing was written
			method, route, took := methodOf(r), routeOf(r), time.Since(start)
			a.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
			a.metrics.seconds.WithLabelValues(method, route).Observe(took.Seconds())
			a.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", method), slog.String("route", route),
				slog.Int("status", status), slog.Duration("took", took), slog.String("official", who.official))
		}()
		next.ServeHTTP(seen, r)
	})
}

// routeOf is the pattern of the route that answered.
func routeOf(r *http.Request) string {
	if route := chi.RouteContext(r.Context()).RoutePattern(); route != "" {
		return route
	}
	return "none"
}

// methodOf is the method, if it is one: a caller can make up any number of others.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}
