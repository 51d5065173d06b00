package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
)

// Everything listens here, nothing on any other address.
const loopback = "127.0.0.1"

// stopTimeout bounds a clean stop. Temporal loses nothing when it is cut short: what it
// has acknowledged is in Postgres.
const stopTimeout = 4500 * time.Millisecond

// ready is the one line on stdout.
type ready struct {
	Ready     bool   `json:"ready"`
	Frontend  string `json:"frontend"`   // host:port of the gRPC frontend
	UI        string `json:"ui"`         // host:port of the web UI
	ClusterID string `json:"cluster_id"` // what GetClusterInfo answers; stays with the databases
}

// run serves until ctx ends and then stops cleanly, with whatever error if that was before
// it could serve. It writes the ready line to stdout once clients can use the default
// namespace and its search attributes.
func run(ctx context.Context, opts options, stdout io.Writer) error {
	ports, err := reservePorts(opts.frontendPort, opts.uiPort)
	if err != nil {
		return err
	}
	defer ports.release(slices.Collect(maps.Keys(ports))...)

	logger, quiet := newLogger(opts.logLevel)
	conn, err := lock(ctx, opts.postgres)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := setUpDatabase(ctx, conn, opts.postgres, mainDatabase, mainSchema, logger); err != nil {
		return err
	}
	if err := setUpDatabase(ctx, conn, opts.postgres, visibilityDatabase, visibilitySchema, logger); err != nil {
		return err
	}

	ports.release(frontend, history, matching, worker)
	server, err := newServer(opts, ports, logger)
	if err != nil {
		return fmt.Errorf("assemble the Temporal server: %w", err)
	}
	// Start and Stop take no context, so they run beside the signal and the clock.
	started := make(chan error, 1)
	go func() { started <- server.Start() }()
	select {
	case err := <-started:
		if err != nil {
			return fmt.Errorf("start the Temporal server: %w", err)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() {
		quiet()
		stopped := make(chan struct{})
		go func() {
			_ = server.Stop() // always nil
			close(stopped)
		}()
		select {
		case <-stopped:
		case <-time.After(stopTimeout):
		}
	}()

	clusterID, err := setUpNamespace(ctx, ports.address(frontend), opts)
	if err != nil {
		return err
	}
	ports.release(webUI)
	ui, err := startUI(ctx, ports.address(frontend), ports.number(webUI))
	if err != nil {
		return err
	}
	defer ui.Stop()

	line := ready{Ready: true, Frontend: ports.address(frontend), UI: ports.address(webUI), ClusterID: clusterID}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("announce that the server is ready: %w", err)
	}
	<-ctx.Done()
	return nil
}

// newLogger logs to stderr. From quiet on it logs next to nothing: at a stop each service
// complains that it can no longer reach the others.
func newLogger(level string) (logger log.Logger, quiet func()) {
	atomic := zap.NewAtomicLevel()
	_ = atomic.UnmarshalText([]byte(level)) // parse has checked it
	zl := log.BuildZapLogger(log.Config{Level: level}).WithOptions(zap.IncreaseLevel(atomic))
	return log.NewZapLogger(zl), func() { atomic.SetLevel(zap.FatalLevel) }
}

// The listeners of this process. What Temporal can do without (ring membership, pprof,
// metrics, the HTTP API) has none.
type service string

const (
	frontend service = "frontend"
	history  service = "history"
	matching service = "matching"
	worker   service = "worker"
	webUI    service = "ui"
)

// ports holds a free port for each service, by an open listener until release.
type ports map[service]*net.TCPListener

// reservePorts opens the two given ports, and any free one for a zero and for the others.
func reservePorts(frontendPort, uiPort int) (ports, error) {
	p := ports{}
	for name, port := range map[service]int{frontend: frontendPort, webUI: uiPort, history: 0, matching: 0, worker: 0} {
		l, err := listen(port)
		if err != nil {
			p.release(slices.Collect(maps.Keys(p))...)
			return nil, fmt.Errorf("the %s port is not to be had: %w", name, err)
		}
		p[name] = l.(*net.TCPListener)
	}
	return p, nil
}

// listen opens a loopback port; for 0 a free one from below those that the kernel gives to
// outgoing connections, which would take it in the moment between release and use.
func listen(port int) (net.Listener, error) {
	if port != 0 {
		return net.Listen("tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	}
	const from, to, tries = 15_000, 32_000, 100
	var err error
	for range tries {
		var l net.Listener
		if l, err = listen(from + rand.IntN(to-from)); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// release closes listeners, for the server opens its own.
func (p ports) release(services ...service) {
	for _, s := range services {
		_ = p[s].Close()
	}
}

func (p ports) number(s service) int     { return p[s].Addr().(*net.TCPAddr).Port }
func (p ports) address(s service) string { return p[s].Addr().String() }

func newServer(opts options, p ports, logger log.Logger) (temporal.Server, error) {
	const store, visibility, clusterName = "default", "visibility", "active"

	services := map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, s := range []service{frontend, history, matching, worker} {
		services[string(s)] = config.Service{RPC: config.RPC{GRPCPort: p.number(s), BindOnIP: loopback}}
		hosts[primitives.ServiceName(s)] = static.SingleLocalHost(p.address(s))
	}
	cfg := &config.Config{
		Services: services,
		Persistence: config.Persistence{
			DefaultStore:     store,
			VisibilityStore:  visibility,
			NumHistoryShards: int32(opts.historyShards),
			DataStores: map[string]config.DataStore{
				store:      {SQL: storeConfig(opts.postgres, mainDatabase, mainConns)},
				visibility: {SQL: storeConfig(opts.postgres, visibilityDatabase, visibilityConns)},
			},
		},
		// The cluster's id is made up by the server at the first start and kept in Postgres.
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: p.address(frontend)},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: p.address(frontend)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
		}},
	}
	return temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithDynamicConfigClient(dynamicConfig()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
}

// cacheRefresh is how long a service may not know of a new namespace or search attribute.
// Upstream's two seconds are meant for many hosts on one database.
const cacheRefresh = 250 * time.Millisecond

// dynamicConfig is where this server differs from upstream's defaults. Updates and
// update-with-start are on by default.
func dynamicConfig() dynamicconfig.StaticClient {
	const plenty = 100_000
	return dynamicconfig.StaticClient{
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): cacheRefresh,

		// One partition a queue: with one matching host more of them only add a hop, and
		// let tasks wait in one while the pollers wait in another.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		// Rate limits protect the tenants of a shared cluster from each other. Here there
		// is one, and the machine is the limit.
		dynamicconfig.FrontendRPS.Key():                                                        plenty,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                                 plenty,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key():                plenty,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():                       1000,
		dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key():                        1000,
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): 1000,
		dynamicconfig.FrontendGlobalNamespaceNamespaceReplicationInducingAPIsRPS.Key():         1000,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                                          plenty,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                                          plenty,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                                           plenty,
	}
}
