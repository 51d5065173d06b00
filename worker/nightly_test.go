package worker_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"shuangze/casetime"
	"shuangze/worker"
	"shuangze/workflows"
)

func (o *office) startVerify() client.WorkflowRun {
	o.t.Helper()
	run, err := o.temporal.ExecuteWorkflow(o.t.Context(), client.StartWorkflowOptions{ID: workflows.VerifyID, TaskQueue: workflows.TaskQueue}, workflows.VerifyType, workflows.VerifyState{})
	if err != nil {
		o.t.Fatal(err)
	}
	return run
}

// verifyNow is what the schedule does at night.
func (o *office) verifyNow() (state workflows.VerifyState) {
	o.t.Helper()
	if err := o.startVerify().Get(o.t.Context(), &state); err != nil {
		o.t.Fatal(err)
	}
	return state
}

// Two workers make one schedule, of a run each night, that makes up for a night in which
// everything stood still.
func TestVerifyIsScheduled(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Clock{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- worker.Run(ctx, o.temporal, o.acts, slog.New(slog.DiscardHandler)) }()
	}
	found := map[string]int{}
	o.until("the schedules are listed", func() bool {
		clear(found)
		list, err := o.temporal.ScheduleClient().List(ctx, client.ScheduleListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for list.HasNext() {
			s, err := list.Next()
			if err != nil {
				t.Fatal(err)
			}
			found[s.ID]++
		}
		return len(found) == 3
	})
	if found[workflows.VerifyID] != 1 {
		t.Errorf("%v", found)
	}
	d, err := o.temporal.ScheduleClient().GetHandle(ctx, workflows.VerifyID).Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if p := d.Schedule.Policy; p.Overlap != enums.SCHEDULE_OVERLAP_POLICY_SKIP || p.CatchupWindow != 24*time.Hour {
		t.Errorf("%+v", p)
	}
	shanghai := time.FixedZone("", 8*60*60)
	for i, next := range d.Info.NextActionTimes {
		if clock := next.In(shanghai).Format("15:04"); clock != "02:30" {
			t.Errorf("run %d at %s", i, next)
		}
		if i > 0 && next.Sub(d.Info.NextActionTimes[i-1]) != 24*time.Hour {
			t.Errorf("%s follows %s", next, d.Info.NextActionTimes[i-1])
		}
	}
	if h, err := o.engine.Health(ctx); err != nil || len(h.Schedules) != 3 {
		t.Errorf("%+v, %v", h, err)
	}
	stop()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// What a night finds is kept, and administrators are told of each difference once, as long
// as every night finds it again.
func TestVerifyTellsOnce(t *testing.T) {
	t.Parallel()
	o := open(t, autumn())
	post := o.byMail()
	o.staff()
	o.do("good", clerk, o.registration())
	o.do("bad", clerk, o.registration())
	night := func(differences, letters int) {
		t.Helper()
		if state := o.verifyNow(); state.Cases != 2 || state.Differences != differences {
			t.Errorf("%+v, want %d differences", state, differences)
		}
		last, err := o.store.LastVerification(t.Context())
		if err != nil || last.Cases != 2 || last.Differences != differences || last.EndedAt.Before(last.BeganAt) {
			t.Errorf("kept: %+v, %v", last, err)
		}
		found, err := o.store.Differences(t.Context(), last.BeganAt, 10)
		if err != nil || len(found) != differences {
			t.Errorf("kept: %+v, %v", found, err)
		}
		for range 2 {
			if err := o.startDeliver().Get(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		told := 0
		for _, m := range post.To("o161@shuangze.example") {
			if strings.Contains(m.Subject, "核验发现") {
				told++
			}
		}
		if told != letters {
			t.Errorf("the administrator has %d letters, want %d", told, letters)
		}
	}
	night(0, 0)
	o.sql(`UPDATE cases SET unit = '232701-zj' WHERE id = 'bad'`)
	night(1, 1)
	night(1, 1)
	o.sql(`UPDATE terms SET due_at = due_at + interval '1 day' WHERE case_id = 'good' AND clock = 'REG-FORWARD'`)
	night(2, 2)
	o.sql(`UPDATE cases SET unit = '232701-rs' WHERE id = 'bad'`)
	o.sql(`UPDATE terms SET due_at = due_at - interval '1 day' WHERE case_id = 'good' AND clock = 'REG-FORWARD'`)
	night(0, 2)
	o.sql(`UPDATE cases SET unit = '232701-zj' WHERE id = 'bad'`)
	night(1, 3)

	// After more than 26 hours without a run they are told of that, once.
	overdue := func(letters int) {
		t.Helper()
		o.sql(`UPDATE verifications SET began_at = began_at - interval '27 hours', ended_at = ended_at - interval '27 hours'`)
		night := len(post.To("o161@shuangze.example"))
		for range 2 {
			if err := o.startDeliver().Get(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(post.To("o161@shuangze.example")) - night; n != letters {
			t.Errorf("%d letters that it is overdue, want %d", n, letters)
		}
	}
	overdue(1)
	overdue(0)
	o.verifyNow()
	overdue(1)
}

// A worker that is killed in the middle of a part costs nothing: another goes on.
func TestVerifyKilled(t *testing.T) {
	t.Parallel()
	o := open(t, casetime.Clock{})
	w := o.startProcess()
	for _, id := range []string{"a", "b", "c"} {
		o.do(id, clerk, o.registration())
	}
	conn, err := pgx.Connect(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	hold, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Exec(t.Context(), `LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	run := o.startVerify()
	o.until("a part is under way", func() bool {
		d, err := o.temporal.DescribeWorkflowExecution(t.Context(), workflows.VerifyID, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(d.GetPendingActivities()) == 1 && d.GetPendingActivities()[0].GetState() == enums.PENDING_ACTIVITY_STATE_STARTED
	})
	w.kill(t)
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.staff()
	var state workflows.VerifyState
	if err := run.Get(t.Context(), &state); err != nil || state.Cases != 3 || state.Differences != 0 {
		t.Errorf("%+v, %v", state, err)
	}
	if last, err := o.store.LastVerification(t.Context()); err != nil || last.Cases != 3 {
		t.Errorf("%+v, %v", last, err)
	}
}
