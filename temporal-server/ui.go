package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	ui "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves Temporal's web UI on a loopback port, and returns once it answers.
func startUI(ctx context.Context, frontendAddress string, port int) (*ui.Server, error) {
	server := ui.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: frontendAddress,
		Host:                loopback,
		Port:                port,
		EnableUI:            true,
		DefaultNamespace:    defaultNamespace,
		DisableNewsFetch:    true, // nothing here calls the outside
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain HTTP, on loopback
	}))
	// Start ends the process when it can't listen.
	go func() { _ = server.Start() }()

	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort(loopback, strconv.Itoa(port)) + "/healthz"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			return server, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			server.Stop()
			return nil, fmt.Errorf("start the web UI: %w", err)
		}
	}
}
