// Package worker assembles and runs a worker: the workflows, the activities and what
// they need.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"shuangze/activities"
	"shuangze/workflows"
)

// Run polls until ctx ends, then lets running work finish for up to five seconds.
// It keeps the schedules of Reconcile, Deliver and Verify in place.
func Run(ctx context.Context, c client.Client, a *activities.Activities, log *slog.Logger) error {
	for _, options := range []client.ScheduleOptions{
		everyMinute(workflows.ReconcileID, workflows.ReconcileType), everyMinute(workflows.DeliverID, workflows.DeliverType), nightly(),
	} {
		if err := schedule(ctx, c, options); err != nil {
			return err
		}
	}
	auto := sdkworker.NewPollerBehaviorAutoscaling(sdkworker.PollerBehaviorAutoscalingOptions{})
	fatal := make(chan error, 1)
	w := sdkworker.New(c, workflows.TaskQueue, sdkworker.Options{
		WorkflowTaskPollerBehavior: auto,
		ActivityTaskPollerBehavior: auto,
		WorkerStopTimeout:          5 * time.Second,
		OnFatalError: func(err error) {
			select {
			case fatal <- err:
			default:
			}
		},
	})
	Register(w, a)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	defer w.Stop()
	log.InfoContext(ctx, "worker is polling", "task_queue", workflows.TaskQueue)
	select {
	case <-ctx.Done():
		return nil
	case err := <-fatal:
		return fmt.Errorf("worker: %w", err)
	}
}

// Register makes the workflows and activities known under their names.
func Register(w sdkworker.Registry, a *activities.Activities) {
	w.RegisterWorkflowWithOptions(workflows.Case, workflow.RegisterOptions{Name: workflows.CaseType})
	w.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: workflows.ReconcileType})
	w.RegisterWorkflowWithOptions(workflows.Broadcast, workflow.RegisterOptions{Name: workflows.BroadcastType})
	w.RegisterActivityWithOptions(a.Execute, activity.RegisterOptions{Name: workflows.ExecuteActivity})
	w.RegisterActivityWithOptions(a.Reconcile, activity.RegisterOptions{Name: workflows.ReconcileActivity})
	w.RegisterActivityWithOptions(a.BroadcastBatch, activity.RegisterOptions{Name: workflows.BroadcastBatchActivity})
	w.RegisterActivityWithOptions(a.BroadcastCancel, activity.RegisterOptions{Name: workflows.BroadcastCancelActivity})
	w.RegisterActivityWithOptions(a.BroadcastFinish, activity.RegisterOptions{Name: workflows.BroadcastFinishActivity})
	w.RegisterWorkflowWithOptions(workflows.Deliver, workflow.RegisterOptions{Name: workflows.DeliverType})
	w.RegisterActivityWithOptions(a.Deliver, activity.RegisterOptions{Name: workflows.DeliverActivity})
	w.RegisterWorkflowWithOptions(workflows.Verify, workflow.RegisterOptions{Name: workflows.VerifyType})
	w.RegisterActivityWithOptions(a.VerifyPart, activity.RegisterOptions{Name: workflows.VerifyPartActivity})
	w.RegisterActivityWithOptions(a.VerifyEnd, activity.RegisterOptions{Name: workflows.VerifyEndActivity})
}

// everyMinute runs a workflow at once and then every minute. While a run goes on the next
// waits for it and then follows at once; no more than one waits. A run that was missed is
// not made up for: the next finds all that is to be found.
func everyMinute(id, workflow string) client.ScheduleOptions {
	return client.ScheduleOptions{
		ID:   id,
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Minute}}, TimeZoneName: china},
		Action: &client.ScheduleWorkflowAction{
			ID: id, Workflow: workflow, TaskQueue: workflows.TaskQueue,
			WorkflowRunTimeout: 15 * time.Minute,
		},
		CatchupWindow:      time.Minute,
		Overlap:            enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
		TriggerImmediately: true,
	}
}

// nightly runs Verify at half past two, when nobody waits for the database. A night in which
// everything stood still is made up for, and one that a run outlasts is left out.
func nightly() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID: workflows.VerifyID,
		Spec: client.ScheduleSpec{
			Calendars:    []client.ScheduleCalendarSpec{{Hour: []client.ScheduleRange{{Start: 2}}, Minute: []client.ScheduleRange{{Start: 30}}}},
			TimeZoneName: china,
		},
		Action: &client.ScheduleWorkflowAction{
			ID: workflows.VerifyID, Workflow: workflows.VerifyType, TaskQueue: workflows.TaskQueue, Args: []any{workflows.VerifyState{}},
			WorkflowExecutionTimeout: 20 * time.Hour,
		},
		CatchupWindow: 24 * time.Hour,
		Overlap:       enums.SCHEDULE_OVERLAP_POLICY_SKIP,
	}
}

const china = "Asia/Shanghai"

// schedule puts a schedule in place, unless it is.
func schedule(ctx context.Context, c client.Client, options client.ScheduleOptions) error {
	_, err := c.ScheduleClient().Create(ctx, options)
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.Is(err, temporal.ErrScheduleAlreadyRunning) && !errors.As(err, &exists) {
		return fmt.Errorf("create schedule %s: %w", options.ID, err)
	}
	return nil
}
