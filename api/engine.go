package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"shuangze/store"
	"shuangze/verify"
	"shuangze/workflows"
)

// engineView is how everything behind the API does. Real times, but for what waits.
type engineView struct {
	Versions     versionsView      `json:"versions"`
	Cases        casesRunning      `json:"cases"`
	Notices      noticesWaiting    `json:"notices"`
	Schedules    []scheduleView    `json:"schedules"`
	Verification *verificationView `json:"verification"`
	Overdue      bool              `json:"verification_overdue"`
	EngineAway   bool              `json:"engine_away"`
}

type versionsView struct {
	Program  string  `json:"program"`
	Postgres string  `json:"postgres"`
	Schema   int64   `json:"schema"`
	Temporal *string `json:"temporal"`
}

type casesRunning struct {
	Open      int    `json:"open"`
	Overdue   int    `json:"overdue"`
	Workflows *int64 `json:"workflows"`
}

type noticesWaiting struct {
	Unplanned int `json:"unplanned"`
	Waiting   int `json:"waiting"`
	Due       int `json:"due"`
	Failing   int `json:"failing"`
	Failed    int `json:"failed"`
}

type scheduleView struct {
	ID     string     `json:"id"`
	LastAt *time.Time `json:"last_at"`
	NextAt *time.Time `json:"next_at"`
	Paused bool       `json:"paused"`
}

type verificationView struct {
	BeganAt     time.Time        `json:"began_at"`
	EndedAt     time.Time        `json:"ended_at"`
	Cases       int              `json:"cases"`
	Differences int              `json:"differences"`
	Found       []differenceView `json:"found"`
}

// differenceView is where something differs, not what: administrators know no case.
type differenceView struct {
	Case    *string   `json:"case"`
	Place   string    `json:"place"`
	About   string    `json:"about"`
	FoundAt time.Time `json:"found_at"`
}

// getEngine says how the database and the engine do. While the engine is away the rest is
// said all the same: that is when somebody looks.
func (a *api) getEngine(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.inspected(r)
	if err != nil {
		return err
	}
	db, err := a.Store.Health(ctx, v.now)
	if err != nil {
		return err
	}
	open, overdue, err := a.Store.CountOpen(ctx, v.now)
	if err != nil {
		return err
	}
	view := engineView{
		Versions: versionsView{Program: a.Version, Postgres: db.Server, Schema: db.Schema}, Cases: casesRunning{Open: open, Overdue: overdue},
		Notices: noticesWaiting{db.Unplanned, db.Waiting, db.Due, db.Failing, db.Failed}, Schedules: []scheduleView{},
	}
	if view.Verification, view.Overdue, err = a.verification(ctx); err != nil {
		return err
	}
	switch h, err := a.Engine.Health(ctx); {
	case err == nil:
		view.Versions.Temporal, view.Cases.Workflows = &h.Server, &h.Cases
		for _, s := range h.Schedules {
			view.Schedules = append(view.Schedules, scheduleView{s.ID, instant(s.LastAt), instant(s.NextAt), s.Paused})
		}
	case errors.Is(err, workflows.ErrUnavailable), errors.Is(err, workflows.ErrNoWorkflow):
		view.EngineAway = true
	default:
		return err
	}
	return writeJSON(w, r, http.StatusOK, view)
}

// verification is what verify has found last, nil when it never ran, and whether it is
// overdue.
func (a *api) verification(ctx context.Context) (*verificationView, bool, error) {
	const most = 50
	now, err := a.Store.Now(ctx)
	if err != nil {
		return nil, false, err
	}
	since, err := a.Store.UnverifiedSince(ctx)
	if err != nil {
		return nil, false, err
	}
	overdue := verify.Overdue(since, now)
	last, err := a.Store.LastVerification(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil, overdue, nil
	}
	if err != nil {
		return nil, false, err
	}
	v := &verificationView{last.BeganAt.UTC(), last.EndedAt.UTC(), last.Cases, last.Differences, []differenceView{}}
	if last.Differences == 0 {
		return v, overdue, nil
	}
	found, err := a.Store.Differences(ctx, last.BeganAt, most)
	if err != nil {
		return nil, false, err
	}
	for _, d := range found {
		view := differenceView{Place: d.Place, About: d.About, FoundAt: d.FoundAt.UTC()}
		if d.Case != "" {
			view.Case = &d.Case
		}
		v.Found = append(v.Found, view)
	}
	return v, overdue, nil
}
