package embedded

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

var attributes = map[string]string{"Unit": "Keyword", "Seq": "Int"}

// startTemporal starts a server for the rest of the test.
func startTemporal(t *testing.T, p *Postgres) *Temporal {
	t.Helper()
	s, err := StartTemporal(t.Context(), TemporalOptions{PostgresURL: p.URL(""), SearchAttributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

// dial connects and makes sure that it is this server that answers.
func dial(t *testing.T, s *Temporal) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.Address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	info, err := c.WorkflowService().GetClusterInfo(t.Context(), &workflowservice.GetClusterInfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if info.GetClusterId() != s.ClusterID {
		t.Errorf("cluster %s answers for %s", info.GetClusterId(), s.ClusterID)
	}
	return c
}

func TestTemporal(t *testing.T) {
	t.Parallel()
	p := startIn(t, filepath.Join(t.TempDir(), "postgres"))
	first := startTemporal(t, p)
	c := dial(t, first)
	requireLoopback(t, first.PID())

	got, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: "default"})
	if err != nil {
		t.Fatal(err)
	}
	for name, typeName := range attributes {
		if got := got.GetCustomAttributes()[name].String(); got != typeName {
			t.Errorf("search attribute %s has type %q, want %s", name, got, typeName)
		}
	}
	if _, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "left", TaskQueue: "none"}, "any"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/healthz", "/api/v1/namespaces/default/workflows/left"} {
		resp, err := http.Get("http://" + first.UIAddress + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the web UI answers %s with %s", path, resp.Status)
		}
	}
	stop(t, first)
	if first.Err() != nil || first.ExitCode() != 0 {
		t.Errorf("after Stop: Err() = %v, ExitCode() = %d", first.Err(), first.ExitCode())
	}

	second := startTemporal(t, p)
	if second.ClusterID != first.ClusterID {
		t.Errorf("cluster id %s after the restart, before it was %s", second.ClusterID, first.ClusterID)
	}
	if _, err := dial(t, second).DescribeWorkflowExecution(t.Context(), "left", ""); err != nil {
		t.Errorf("the workflow from before the restart: %v", err)
	}

	kill(t, second.process)
	third := startTemporal(t, p)
	if _, err := dial(t, third).DescribeWorkflowExecution(t.Context(), "left", ""); err != nil {
		t.Errorf("the workflow from before the kill: %v", err)
	}
}

func TestTemporalSideBySide(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	a := startTemporal(t, startIn(t, filepath.Join(dir, "a")))
	b := startTemporal(t, startIn(t, filepath.Join(dir, "b")))
	if a.ClusterID == b.ClusterID {
		t.Errorf("two servers with cluster id %s", a.ClusterID)
	}
	dial(t, a)
	dial(t, b)
}

func TestTemporalRefusals(t *testing.T) {
	t.Parallel()
	p := startIn(t, publicTemp(t))
	startTemporal(t, p)
	for _, test := range []struct {
		name string
		opts TemporalOptions
		want string
	}{
		{"frontend port taken", TemporalOptions{PostgresURL: p.URL(""), FrontendPort: takenPort(t)}, "the frontend port is not to be had: "},
		{"UI port taken", TemporalOptions{PostgresURL: p.URL(""), UIPort: takenPort(t)}, "the ui port is not to be had: "},
		{"second server on one database", TemporalOptions{PostgresURL: p.URL("")}, "another temporal-server is using them"},
		{"unknown type", TemporalOptions{PostgresURL: p.URL(""), SearchAttributes: map[string]string{"A": "Colour"}}, `no search attribute type "Colour"`},
		{"no Postgres", TemporalOptions{PostgresURL: "postgres://postgres:x@127.0.0.1:1/"}, "connect to Postgres: "},
		{"no program", TemporalOptions{Binary: "/nonexistent/temporal-server"}, "no such file"},
	} {
		s, err := StartTemporal(t.Context(), test.opts)
		if err == nil {
			stop(t, s)
			t.Errorf("%s: it starts", test.name)
			continue
		}
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want it to say %q", test.name, err, test.want)
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := StartTemporal(ctx, TemporalOptions{PostgresURL: p.URL("")}); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("cancelled start: %v", err)
	}
}

func TestFindTemporalServer(t *testing.T) {
	t.Setenv("SHUANGZE_TEMPORAL_SERVER", "/nonexistent/temporal-server")
	if path, err := FindTemporalServer(); err == nil || !strings.Contains(err.Error(), "/nonexistent") {
		t.Errorf("FindTemporalServer() = %q, %v", path, err)
	}
	t.Setenv("SHUANGZE_TEMPORAL_SERVER", "")

	root := t.TempDir()
	sub := filepath.Join(root, "a", "b")
	for _, dir := range []string{sub, filepath.Join(root, "bin")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(sub)
	if path, err := FindTemporalServer(); err == nil || !strings.Contains(err.Error(), "run make build first") {
		t.Errorf("FindTemporalServer() = %q, %v", path, err)
	}
	want := filepath.Join(root, "bin", "temporal-server")
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if path, err := FindTemporalServer(); err != nil || path != want {
		t.Errorf("FindTemporalServer() = %q, %v; want %s", path, err, want)
	}
}

func TestTemporalOutlivesPostgres(t *testing.T) {
	t.Parallel()
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	opts := PostgresOptions{Dir: publicTemp(t), Port: port}
	before, err := StartPostgres(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	s := startTemporal(t, before)
	c := dial(t, s)
	kill(t, before.process)
	after, err := StartPostgres(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	// Cleanups run last to first, and Temporal should stop before Postgres.
	t.Cleanup(func() { stop(t, after) })
	t.Cleanup(func() { stop(t, s) })
	waitUntil(t, "Temporal is back with its Postgres", func() bool {
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "none"}, "any")
		return err == nil
	})
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}
