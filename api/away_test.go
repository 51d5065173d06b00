package api_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"shuangze/api"
	"shuangze/casetime"
	"shuangze/embedded"
	"shuangze/embedded/embeddedtest"
	"shuangze/workflows"
)

func TestEngineAway(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.seed("case", opening(begin, "p-registrar", nil))
	w = w.at(begin.Add(time.Minute))
	for _, a := range []answer{
		w.do("p-registrar", "POST", "/api/v1/cases", registration(), "Idempotency-Key", "k"),
		w.do("p-registrar", "POST", "/api/v1/cases/case/commands/forward", m{}),
		w.do("p-registrar", "GET", "/api/v1/cases/case/workflow", nil),
		w.do("", "GET", "/readyz", nil),
	} {
		a.want(t, 503, "engine_unavailable")
		if a.header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After = %q", a.header.Get("Retry-After"))
		}
	}
	// Refusals don't need it.
	w.do("p-registrar", "POST", "/api/v1/cases", m{}).want(t, 422, "invalid_fields")
	w.do("p-supervisor", "POST", "/api/v1/cases/case/commands/close", m{}).want(t, 409, "wrong_stage")
	if got := w.list("p-registrar", "", 10); len(got) != 1 {
		t.Errorf("cases: %v", got)
	}
	w.do("", "GET", "/healthz", nil).want(t, 200, "")
}

// TestNoWorker: the engine takes the command but nobody works on it. The caller hears
// in time that it may be repeated; when a worker comes, it is carried out once.
func TestNoWorker(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	temporal, err := client.Dial(client.Options{
		HostPort: embeddedtest.Temporal(t).Address, Namespace: embeddedtest.Namespace(t), Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temporal.Close)
	w.config.Registry = nil
	w.config.Engine = workflows.Engine{Temporal: temporal, Patience: 700 * time.Millisecond}
	w.handler = api.New(w.config)
	register := func() answer {
		return w.do("p-registrar", "POST", "/api/v1/cases", registration(), "Idempotency-Key", "k")
	}
	register().want(t, 503, "engine_unavailable")
	w.do("", "GET", "/readyz", nil).want(t, 200, "")
	work(t, w)
	deadline := time.Now().Add(20 * time.Second)
	a := register()
	for ; a.status == 503 && time.Now().Before(deadline); a = register() {
	}
	id := a.want(t, 201, "").str("id")
	if got := w.events(id); len(got) != 1 {
		t.Errorf("events: %v", got)
	}
	if got := w.list("p-registrar", "", 10); len(got) != 1 {
		t.Errorf("cases: %v", got)
	}
}

// TestDatabaseAway takes the database away and brings it back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	port, err := embedded.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	start := func() *embedded.Postgres {
		t.Helper()
		p, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Dir: dir, Port: port})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	stop := func(p *embedded.Postgres) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	postgres := start()
	if err := postgres.CreateDatabase(t.Context(), "shuangze"); err != nil {
		t.Fatal(err)
	}
	if err := directory.SetUp(t.Context(), postgres.URL("shuangze")); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(t.Context(), postgres.URL("shuangze"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := newStoreWorld(t)
	w.store, w.config.Store, w.config.Registry = s, s, prometheus.NewRegistry()
	w.config.Clock = casetime.Rehearsal(begin.Add(time.Minute), 1)
	w.handler = api.New(w.config)
	w.seed("case", opening(begin, "p-registrar", nil))
	w.do("p-registrar", "GET", "/api/v1/cases/case", nil).want(t, 200, "")

	stop(postgres)
	for _, a := range []answer{
		w.do("p-registrar", "GET", "/api/v1/cases/case", nil),
		w.do("p-registrar", "GET", "/api/v1/cases", nil),
		w.do("p-registrar", "POST", "/api/v1/cases", registration()),
		w.do("p-registrar", "POST", "/api/v1/cases/case/commands/forward", m{}),
		w.do("p-registrar", "GET", "/api/v1/me/inbox", nil),
		w.do("", "GET", "/readyz", nil),
		w.do("", "GET", "/api/v1/policy", nil),
		w.do("", "GET", "/api/v1/deadline?rule=HANDLE&from=2026-11-23", nil),
	} {
		a.want(t, 503, "database_unavailable")
		if a.header.Get("Retry-After") != "2" {
			t.Errorf("Retry-After = %q", a.header.Get("Retry-After"))
		}
	}
	for _, path := range []string{"/healthz", "/metrics", "/api/v1/docs"} {
		w.do("", "GET", path, nil).want(t, 200, "")
	}
	postgres = start()
	defer stop(postgres)
	w.do("p-registrar", "GET", "/api/v1/cases/case", nil).want(t, 200, "")
}
