package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// Health is how the engine does, as it says of itself.
type Health struct {
	Server    string // its version
	Cases     int64  // workflows of cases that run; Temporal's lists lag by some seconds
	Schedules []ScheduleHealth
}

// ScheduleHealth is when a schedule has run last and will run next; zero: not yet, not again.
type ScheduleHealth struct {
	ID     string
	LastAt time.Time
	NextAt time.Time
	Paused bool
}

// Health asks the engine how it does.
func (e Engine) Health(ctx context.Context) (h Health, err error) {
	ctx, cancel := e.patient(ctx)
	defer cancel()
	info, err := e.Temporal.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return h, classify(ctx, fmt.Errorf("ask the engine's version: %w", err))
	}
	h.Server = info.GetServerVersion()
	count, err := e.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: `WorkflowType = "` + CaseType + `" AND ExecutionStatus = "Running"`})
	if err != nil {
		return h, classify(ctx, fmt.Errorf("count workflows: %w", err))
	}
	h.Cases = count.GetCount()
	for _, id := range []string{ReconcileID, DeliverID, VerifyID} {
		d, err := e.Temporal.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
		if missing := new(serviceerror.NotFound); errors.As(err, &missing) {
			continue // the first worker makes it
		}
		if err != nil {
			return h, classify(ctx, fmt.Errorf("look at schedule %s: %w", id, err))
		}
		s := ScheduleHealth{ID: id}
		for _, run := range d.Info.RecentActions {
			if run.ActualTime.After(s.LastAt) {
				s.LastAt = run.ActualTime
			}
		}
		if len(d.Info.NextActionTimes) > 0 {
			s.NextAt = d.Info.NextActionTimes[0]
		}
		if d.Schedule.State != nil {
			s.Paused = d.Schedule.State.Paused
		}
		h.Schedules = append(h.Schedules, s)
	}
	return h, nil
}
