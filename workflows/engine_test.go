package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"shuangze/casefile"
	"shuangze/workflows"
)

// dropping is a server that drops the first updates, as the real one does where a
// workflow's last task fails because something came in the same moment.
type dropping struct {
	client.Client
	drops int
	ids   []string // of the updates that came
}

func (d *dropping) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	if d.ids = append(d.ids, o.UpdateID); len(d.ids) <= d.drops {
		return nil, serviceerror.NewWorkflowNotReady("Unable to perform workflow execution update due to unexpected workflow task failure.")
	}
	return taken{}, nil
}

type taken struct{ client.WorkflowUpdateHandle }

func (taken) Get(_ context.Context, answer any) error {
	*answer.(*workflows.Answer) = workflows.Answer{Seq: 7}
	return nil
}

// A command that the engine has dropped is given again, under the same id; one that it
// drops for longer than anybody waits has an unknown outcome.
func TestDroppedCommandIsGivenAgain(t *testing.T) {
	t.Parallel()
	server := &dropping{drops: 2}
	answer, err := workflows.Engine{Temporal: server}.Command(t.Context(), "c1", casefile.Command{ID: "k1", Kind: casefile.Close})
	if err != nil || answer.Seq != 7 {
		t.Errorf("answered %+v, %v", answer, err)
	}
	for _, id := range server.ids {
		if id != "k1" {
			t.Errorf("it came as %q", id)
		}
	}
	server = &dropping{drops: 1000}
	if _, err := (workflows.Engine{Temporal: server, Patience: 50 * time.Millisecond}).Command(t.Context(), "c1", casefile.Command{ID: "k1"}); !errors.Is(err, workflows.ErrUnavailable) {
		t.Errorf("dropped on and on: %v", err)
	}
}
