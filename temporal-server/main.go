// Command temporal-server runs a stock Temporal server, its four services and its web UI,
// in one process with its data in Postgres.
//
// It exists so that shuangze's embedded default and its tests need no Temporal installation.
// It is a module of its own because the server brings some 400 modules that the product
// itself must not depend on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	uiversion "github.com/temporalio/ui-server/v2/server/version"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/headers"
)

// options is the command line.
type options struct {
	postgres      *url.URL
	frontendPort  int // 0: any free one
	uiPort        int // 0: any free one
	logLevel      string
	historyShards int
	retention     time.Duration
	attributes    attributes
}

func main() {
	// Whoever started us reads the ready line from stdout. Libraries print there too, so
	// they get stderr instead.
	stdout := os.Stdout
	os.Stdout = os.Stderr

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	opts, err := parse(os.Args[1:], stdout)
	switch {
	case errors.Is(err, errAnswered):
		return
	case err == nil:
		err = run(ctx, opts, stdout)
	}
	if ctx.Err() != nil {
		return // asked to stop: what that broke off is no failure
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "temporal-server: %v\n", err)
		os.Exit(1)
	}
}

// postgresEnv is the environment's way to give --postgres.
const postgresEnv = "TEMPORAL_SERVER_POSTGRES"

// errAnswered says that the command line asked only for text, which has been written.
var errAnswered = errors.New("answered")

func parse(args []string, stdout io.Writer) (options, error) {
	var (
		opts        = options{attributes: attributes{}}
		postgresURL string
		version     bool
	)
	flags := flag.NewFlagSet("temporal-server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&postgresURL, "postgres", "", "`URL` of the Postgres server, postgres://user:password@host:port/ (default $"+postgresEnv+", which hides the password from the process list); its user must be able to create databases unless temporal and temporal_visibility exist")
	flags.IntVar(&opts.frontendPort, "frontend-port", 0, "loopback `port` of the gRPC frontend; 0 takes a free one")
	flags.IntVar(&opts.uiPort, "ui-port", 0, "loopback `port` of the web UI; 0 takes a free one")
	flags.StringVar(&opts.logLevel, "log-level", "warn", "least `level` that is logged: debug, info, warn or error")
	flags.IntVar(&opts.historyShards, "history-shards", 4, "`number` of history shards; fixed at the first start, ignored at later ones")
	flags.DurationVar(&opts.retention, "retention", 30*24*time.Hour, "how long the default namespace keeps closed workflows, a `duration` of whole hours or more")
	flags.Var(opts.attributes, "search-attribute", "custom search attribute of the default namespace, `Name=Type`, repeatable; types: "+strings.Join(attributeTypes(), ", "))
	flags.BoolVar(&version, "version", false, "print the versions and exit")

	err := flags.Parse(args)
	if postgresURL == "" {
		postgresURL = os.Getenv(postgresEnv)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(stdout, "Usage: temporal-server --postgres URL [flags]")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return opts, errAnswered
	case err != nil:
		return opts, err
	case version:
		fmt.Fprintf(stdout, "temporal-server %s (ui %s)\n", headers.ServerVersion, uiversion.UIVersion)
		return opts, errAnswered
	case flags.NArg() > 0:
		return opts, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case postgresURL == "":
		return opts, errors.New("--postgres URL or $" + postgresEnv + " is required")
	case opts.historyShards < 1:
		return opts, fmt.Errorf("--history-shards %d: must be at least 1", opts.historyShards)
	case opts.retention < time.Hour:
		return opts, fmt.Errorf("--retention %s: Temporal keeps closed workflows for an hour at least", opts.retention)
	}
	switch opts.logLevel {
	case "debug", "info", "warn", "error":
	default:
		return opts, fmt.Errorf("--log-level %q: must be debug, info, warn or error", opts.logLevel)
	}
	if opts.postgres, err = url.Parse(postgresURL); err != nil {
		// url.Error quotes the whole URL, password included.
		return opts, errors.New("--postgres: not a URL")
	}
	if opts.postgres.Scheme != "postgres" && opts.postgres.Scheme != "postgresql" {
		return opts, fmt.Errorf("--postgres: want postgres://user:password@host:port/, not a %q URL", opts.postgres.Scheme)
	}
	return opts, nil
}

// attributes is the flag.Value of --search-attribute.
type attributes map[string]enumspb.IndexedValueType

func (a attributes) String() string { return "" }

func (a attributes) Set(s string) error {
	name, typeName, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("want Name=Type")
	}
	t, ok := enumspb.IndexedValueType_shorthandValue[typeName]
	if !ok || t == int32(enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED) {
		return fmt.Errorf("no search attribute type %q", typeName)
	}
	a[name] = enumspb.IndexedValueType(t)
	return nil
}

func attributeTypes() []string {
	var names []string
	for t := enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED + 1; ; t++ {
		if _, ok := enumspb.IndexedValueType_name[int32(t)]; !ok {
			return names
		}
		names = append(names, t.String())
	}
}
