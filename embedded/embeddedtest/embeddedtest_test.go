package embeddedtest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"shuangze/embedded/embeddedtest"
)

func TestMain(m *testing.M) {
	embeddedtest.Main(m, embeddedtest.Options{
		SearchAttributes: map[string]string{"Unit": "Keyword"},
	})
}

func query(t *testing.T, url, sql string) (string, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var s string
	err = conn.QueryRow(t.Context(), sql).Scan(&s)
	return s, err
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	a, b := embeddedtest.Database(t), embeddedtest.Database(t)
	if a == b {
		t.Fatalf("two databases at %s", a)
	}
	if got, err := query(t, a, "SHOW timezone"); err != nil || got != "UTC" {
		t.Errorf("timezone = %q, %v; want UTC", got, err)
	}
	if got, err := query(t, a, "SHOW server_encoding"); err != nil || got != "UTF8" {
		t.Errorf("server_encoding = %q, %v; want UTF8", got, err)
	}
}

var filled = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE TABLE t AS SELECT 'from the template' AS s")
	return err
}}

func TestTemplate(t *testing.T) {
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A change in one copy would be seen by the other.
			const move = "WITH moved AS (DELETE FROM t RETURNING s) SELECT s FROM moved"
			got, err := query(t, filled.Database(t), move)
			if err != nil || got != "from the template" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	unit := temporal.NewSearchAttributeKeyKeyword("Unit")
	namespaces := []string{"default", embeddedtest.Namespace(t), embeddedtest.Namespace(t)}
	for _, namespace := range namespaces {
		c, err := client.Dial(client.Options{
			HostPort:  embeddedtest.Temporal(t).Address,
			Namespace: namespace,
			Logger:    log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		w := worker.New(c, "queue", worker.Options{})
		w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			return workflow.UpsertTypedSearchAttributes(ctx, unit.ValueSet("after"))
		}, workflow.RegisterOptions{Name: "touch"})
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		defer w.Stop()

		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			TaskQueue:             "queue",
			TypedSearchAttributes: temporal.NewSearchAttributes(unit.ValueSet("before")),
		}, "touch")
		if err != nil {
			t.Fatalf("start in %s: %v", namespace, err)
		}
		if err := run.Get(t.Context(), nil); err != nil {
			t.Fatalf("run in %s: %v", namespace, err)
		}
		count := func() int64 {
			got, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
				Namespace: namespace,
				Query:     "Unit = 'after' AND WorkflowId = '" + run.GetID() + "'",
			})
			if err != nil {
				t.Fatal(err)
			}
			return got.GetCount()
		}
		// The list of workflows is written a little later than the workflow.
		for deadline := time.Now().Add(5 * time.Second); count() != 1; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d workflows with the search attribute in %s, want 1", count(), namespace)
			}
		}
	}
}
