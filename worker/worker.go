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
// It keeps the schedules of Reconcile and Deliver in place.
func Run(ctx context.Context, c client.Client, a *activities.Activities, log *slog.Logger) error {
	for id, workflow := range map[string]string{workflows.ReconcileID: workflows.ReconcileType, workflows.DeliverID: workflows.DeliverType} {
		if err := schedule(ctx, c, id, workflow); err != nil {
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
}

// schedule runs a workflow at once and then every minute. While a run goes on the next
// waits for it and then follows at once; no more than one waits. A run that was missed is
// not made up for: the next finds all that is to be found.
func schedule(ctx context.Context, c client.Client, id, workflow string) error {
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:   id,
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Minute}}, TimeZoneName: "Asia/Shanghai"},
		Action: &client.ScheduleWorkflowAction{
			ID: id, Workflow: workflow, TaskQueue: workflows.TaskQueue,
			WorkflowRunTimeout: 15 * time.Minute,
		},
		CatchupWindow:      time.Minute,
		Overlap:            enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
		TriggerImmediately: true,
	})
	var exists *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.Is(err, temporal.ErrScheduleAlreadyRunning) && !errors.As(err, &exists) {
		return fmt.Errorf("create schedule %s: %w", id, err)
	}
	return nil
}
