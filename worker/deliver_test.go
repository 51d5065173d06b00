package worker_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"shuangze/activities"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/notify/notifytest"
	"shuangze/worker"
	"shuangze/workflows"
)

// byMail gives the office a mail server.
func (o *office) byMail() *notifytest.Post {
	o.t.Helper()
	post := (&notifytest.Post{}).Open(o.t, false, false)
	mailer, err := notify.NewMailer("smtp://"+post.Address, "office@shuangze.example")
	if err != nil {
		o.t.Fatal(err)
	}
	o.acts.Post = activities.Post{Mail: mailer}
	return post
}

func (o *office) startDeliver() client.WorkflowRun {
	o.t.Helper()
	run, err := o.temporal.ExecuteWorkflow(o.t.Context(), client.StartWorkflowOptions{ID: workflows.DeliverID, TaskQueue: workflows.TaskQueue}, workflows.DeliverType)
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

// A worker keeps the schedules in place, and a run of Deliver's sends what is to be
// told.
func TestDeliverRuns(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	post := o.byMail()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx, o.temporal, o.acts, slog.New(slog.DiscardHandler)) }()
	o.onTheSpot("case")
	for _, id := range []string{workflows.ReconcileID, workflows.DeliverID} {
		d, err := o.temporal.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
		if err != nil || len(d.Schedule.Spec.Intervals) != 1 || d.Schedule.Spec.Intervals[0].Every != time.Minute {
			t.Errorf("schedule %s: %+v, %v", id, d, err)
		}
		// Otherwise a run that lasts a minute would leave people untold until the minute after.
		if err == nil && d.Schedule.Policy.Overlap != enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE {
			t.Errorf("schedule %s: a run that falls into another %s", id, d.Schedule.Policy.Overlap)
		}
	}
	if err := o.startDeliver().Get(t.Context(), nil); err != nil {
		t.Error(err)
	}
	o.until("the leaders are told", func() bool { // by this run or the schedule's
		return len(post.To("o038@shuangze.example")) > 0 && len(post.To("o043@shuangze.example")) > 0
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// In a rehearsal a run's minute is many days: of each working day there is a daily
// letter, at its hour, of the days between none.
func TestDeliverInRehearsal(t *testing.T) {
	t.Parallel()
	o := rehearse(t, 2*time.Second)
	post := o.byMail()
	o.staff()
	o.do("case", clerk, o.registration())
	o.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	o.startDeliver()
	daily := func() map[calendar.Date]int {
		days := map[calendar.Date]int{}
		for _, m := range post.To("o044@shuangze.example") {
			at, err := m.Header.Date()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(m.Subject, "待办") {
				days[calendar.DateOf(at)]++
				if hour := at.In(calendar.Zone).Hour(); hour < 8 || hour > 17 {
					t.Errorf("a daily letter at %v", at.In(calendar.Zone))
				}
			}
		}
		return days
	}
	o.until("daily letters of six days", func() bool { return len(daily()) >= 6 })
	for day, n := range daily() {
		if n != 1 || !calendar.Default().Day(day).Work {
			t.Errorf("%d daily letters on %s", n, day)
		}
	}
}
