// Package embeddedtest gives tests a real Postgres and a real Temporal server.
//
// Both are started when a test first asks for them, shared by the tests of a package, and
// stopped at its end. Each test gets a database, and if it likes a namespace, of its own,
// so that tests may run in parallel. A package that uses it has
//
//	func TestMain(m *testing.M) { embeddedtest.Main(m, embeddedtest.Options{}) }
package embeddedtest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"shuangze/embedded"
)

// Options say what the servers of a package's tests have.
type Options struct {
	// SearchAttributes are the custom ones of namespace default and of each that Namespace
	// makes: name to type, as in embedded.TemporalOptions.
	SearchAttributes map[string]string
}

// servers are the shared ones. dir is set by Main.
var servers struct {
	dir     string
	options Options

	postgresOnce sync.Once
	postgres     *embedded.Postgres
	postgresErr  error

	temporalOnce sync.Once
	temporal     *embedded.Temporal
	temporalErr  error
}

// Main runs a package's tests, stops the servers they have used and ends the process.
func Main(m *testing.M, opts Options) {
	os.Exit(run(m, opts))
}

func run(m *testing.M, opts Options) (code int) {
	dir, err := os.MkdirTemp("", "shuangze-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "embeddedtest:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	// So that Postgres's own user can get to its folder where the tests run as root.
	if err := os.Chmod(dir, 0o711); err != nil {
		fmt.Fprintln(os.Stderr, "embeddedtest:", err)
		return 1
	}
	servers.dir, servers.options = dir, opts
	defer stop()
	return m.Run()
}

// stop ends the servers, Temporal before what it stores its data in.
func stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if servers.temporal != nil {
		if err := servers.temporal.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "embeddedtest:", err)
		}
	}
	if servers.postgres != nil {
		if err := servers.postgres.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "embeddedtest:", err)
		}
	}
}

// Postgres returns the shared server. It is not durable; see embedded.PostgresOptions.
func Postgres(t testing.TB) *embedded.Postgres {
	t.Helper()
	requireMain(t)
	servers.postgresOnce.Do(func() {
		servers.postgres, servers.postgresErr = embedded.StartPostgres(context.Background(), embedded.PostgresOptions{
			Dir: filepath.Join(servers.dir, "postgres"),
		})
	})
	if servers.postgresErr != nil {
		t.Fatal(servers.postgresErr)
	}
	return servers.postgres
}

// Temporal returns the shared server, which keeps its data in the shared Postgres.
func Temporal(t testing.TB) *embedded.Temporal {
	t.Helper()
	postgres := Postgres(t)
	servers.temporalOnce.Do(func() {
		servers.temporal, servers.temporalErr = embedded.StartTemporal(context.Background(), embedded.TemporalOptions{
			PostgresURL:      postgres.URL(""),
			SearchAttributes: servers.options.SearchAttributes,
			LogFile:          filepath.Join(servers.dir, "temporal.log"),
		})
	})
	if servers.temporalErr != nil {
		t.Fatal(servers.temporalErr)
	}
	return servers.temporal
}

// requireMain fails a test whose servers nobody would stop.
func requireMain(t testing.TB) {
	t.Helper()
	if servers.dir == "" {
		t.Fatal("embeddedtest: call Main from the package's TestMain")
	}
}

// names makes what a test creates on a server unlike all else there.
var names atomic.Int64

// Database returns the URL of an empty database for this test, dropped at its end.
func Database(t testing.TB) string {
	t.Helper()
	return createDatabase(t, "template0")
}

// Template is a database that is set up once for a package's tests, by its migrations
// say, and copied for each test. It is usually a variable of the test package.
type Template struct {
	// SetUp fills the empty database at url. It must leave no connection open.
	SetUp func(ctx context.Context, url string) error

	once sync.Once
	name string
	err  error
}

// Database returns the URL of a copy for this test, dropped at its end.
func (tm *Template) Database(t testing.TB) string {
	t.Helper()
	postgres := Postgres(t)
	tm.once.Do(func() {
		ctx := context.Background()
		tm.name = fmt.Sprintf("template_%d", names.Add(1))
		if tm.err = postgres.CreateDatabase(ctx, tm.name); tm.err == nil {
			tm.err = tm.SetUp(ctx, postgres.URL(tm.name))
		}
	})
	if tm.err != nil {
		t.Fatalf("set up the template database: %v", tm.err)
	}
	return createDatabase(t, tm.name)
}

func createDatabase(t testing.TB, template string) string {
	t.Helper()
	postgres := Postgres(t)
	name := fmt.Sprintf("test_%d", names.Add(1))
	exec(t, postgres, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { exec(t, postgres, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return postgres.URL(name)
}

// exec runs a statement on the server as a whole.
func exec(t testing.TB, postgres *embedded.Postgres, stmt string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, postgres.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, stmt); err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
}

// Namespace registers a namespace for this test, with the search attributes of Options,
// and returns its name once every service of Temporal knows it. That takes half a second;
// a test that needs no list of workflows can as well use namespace default with a task
// queue and workflow ids of its own.
func Namespace(t testing.TB) string {
	t.Helper()
	temporal := Temporal(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	name := fmt.Sprintf("test-%d", names.Add(1))
	c, err := client.DialContext(ctx, client.Options{HostPort: temporal.Address, Namespace: name, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatalf("connect to Temporal: %v", err)
	}
	defer c.Close()
	if _, err := c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        name,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}); err != nil {
		t.Fatalf("register namespace %s: %v", name, err)
	}
	attributes := map[string]enumspb.IndexedValueType{}
	for name, typeName := range servers.options.SearchAttributes {
		at, err := enumspb.IndexedValueTypeFromString(typeName)
		if err != nil {
			t.Fatalf("search attribute %s: %v", name, err)
		}
		attributes[name] = at
	}
	if len(attributes) > 0 {
		if _, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace:        name,
			SearchAttributes: attributes,
		}); err != nil {
			t.Fatalf("add search attributes to namespace %s: %v", name, err)
		}
	}
	// temporal-server's services read their namespaces anew every 250 ms.
	time.Sleep(500 * time.Millisecond)
	return name
}
