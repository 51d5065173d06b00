package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"shuangze/activities"
	"shuangze/api"
	"shuangze/auth"
	"shuangze/web"
	"shuangze/worker"
)

type apiCommand struct {
	connection
	letters
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080" env:"SHUANGZE_LISTEN"`
	Trial  bool   `help:"Offer every account on the sign-in page, without a password: for sample data alone."`
	provider
	BehindProxy bool `help:"Trust X-Forwarded-Proto and X-Forwarded-For: a proxy in front ends TLS and sets them." env:"SHUANGZE_BEHIND_PROXY"`
}

func (c *apiCommand) Run(env *environment) error {
	templates, err := c.load()
	if err != nil {
		return err
	}
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	listener, err := (&net.ListenConfig{}).Listen(env.ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	interfaces := api.New(api.Config{
		Version: version,
		Store:   s.store, Engine: s.engine(), Clock: s.clock, Log: env.log,
		PublicURL: c.PublicURL, Templates: templates, BehindProxy: c.BehindProxy,
	})
	vouching, err := c.vouching(c.PublicURL)
	if err != nil {
		return err
	}
	pages, err := web.New(web.Config{
		API: interfaces, Auth: &auth.Auth{Store: s.store}, Clock: s.clock, Trial: c.Trial, BehindProxy: c.BehindProxy, Provider: vouching, Log: env.log,
	})
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	server := &http.Server{
		Handler:           split(interfaces, pages),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	env.log.InfoContext(env.ctx, "api is listening", "address", listener.Addr().String())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-env.ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(env.ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// split gives programs the API and people the console.
func split(interfaces, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/api", strings.HasPrefix(path, "/api/"), path == "/healthz", path == "/readyz", path == "/metrics":
			interfaces.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

type workerCommand struct {
	connection
	mail
}

func (c *workerCommand) Run(env *environment) error {
	post, err := c.post()
	if err != nil {
		return err
	}
	s, err := c.open(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if s.clock.IsReal() {
		post.Spread = spread
	}
	if post.Mail == nil {
		env.log.InfoContext(env.ctx, "no mail server is set up: nobody gets mail")
	}
	return worker.Run(env.ctx, s.temporal, &activities.Activities{
		Store: s.store, Clock: s.clock, Engine: s.engine(), Log: env.log, Post: post,
	}, env.log)
}

type migrateCommand struct {
	connection
	Down *int64 `help:"Go back to this version of the schema instead; 0 removes everything."`
}

func (c *migrateCommand) Run(env *environment) error {
	s, at, err := c.openDatabase(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if c.Down != nil {
		return s.store.MigrateDown(env.ctx, *c.Down)
	}
	if err := s.store.Migrate(env.ctx); err != nil {
		return err
	}
	if s.temporal, err = dialTemporal(env.ctx, at); err != nil {
		return err
	}
	namespace := client.DefaultNamespace
	if at.TemporalAddress == "" {
		options, err := envconfig.LoadDefaultClientOptions()
		if err != nil {
			return fmt.Errorf("temporal environment: %w", err)
		}
		if options.Namespace != "" {
			namespace = options.Namespace
		}
	}
	return addSearchAttributes(env.ctx, s.temporal, namespace)
}
