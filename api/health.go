package api

import (
	"context"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"
)

// getHealth says that the process answers.
func (a *api) getHealth(w http.ResponseWriter, r *http.Request) error {
	return writeJSON(w, r, http.StatusOK, map[string]string{"status": "ok"})
}

// getReady says whether commands can be taken: the database and the engine answer.
func (a *api) getReady(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.Store.Ping(ctx); err != nil {
		return unready{errDatabaseAway, err}
	}
	if _, err := a.Engine.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return unready{errEngineAway, err}
	}
	return writeJSON(w, r, http.StatusOK, map[string]string{"status": "ready"})
}

// unready is a part that is away, with the reason for the log.
type unready struct {
	*problem
	reason error
}

func (u unready) Error() string { return u.code + ": " + u.reason.Error() }
func (u unready) Unwrap() error { return u.problem }
