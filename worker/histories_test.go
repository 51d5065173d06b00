package worker_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"shuangze/casefile"
	"shuangze/workflows"
)

var update = flag.Bool("update", false, "record the histories under testdata anew, on a real server")

// shapes are the ways that cases go, each with what plays it and returns the histories
// it left. A released version's histories are never recorded anew: they are what its
// open cases look like.
var shapes = []struct {
	name string
	play func(*testing.T) map[string][]*history.HistoryEvent
}{
	{"settled", playSettled},
	{"on-the-spot", playOnTheSpot},
	{"declined", playDeclined},
	{"refused", playRefused},
	{"extended", playExtended},
	{"returned", playReturned},
	{"silent", playSilent},
	{"dual-by-decision", playDual},
	{"postgres-away", playOutage},
	{"continued", playContinued},
	{"reconciled", playReconciled},
	{"broadcast-done", playBroadcast},
	{"broadcast-cancelled", playBroadcastCancelled},
	{"delivered", playDelivered},
	{"campaign", playCampaign},
	{"verified", playVerified},
}

// TestReplay holds today's workflow code against every recorded history. No activity
// is known to the replayer, so no rule of today's can have a part in it.
func TestReplay(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			if *update {
				record(t, shape.name, shape.play(t))
			}
			files := recorded(t, shape.name+"*")
			if len(files) == 0 {
				t.Fatal("no history of this shape is recorded: go test ./worker -run TestReplay -update")
			}
			for _, file := range files {
				if err := replay(t, workflows.Case, file); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		})
	}
}

// TestReplayNotices: a workflow that does something else than what was recorded fails.
func TestReplayNotices(t *testing.T) {
	t.Parallel()
	changed := func(ctx workflow.Context, in workflows.CaseInput) (casefile.Stage, error) {
		workflow.NewTimer(ctx, time.Hour)
		return workflows.Case(ctx, in)
	}
	for _, shape := range []string{"settled", "silent", "continued-1"} {
		for _, file := range recorded(t, shape) {
			if err := replay(t, changed, file); err == nil {
				t.Errorf("%s: a workflow with one timer more replays it", file)
			}
		}
	}
}

const histories = "testdata/histories"

// recorded finds histories by name; "*" stands for anything.
func recorded(t *testing.T, name string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(histories, name+".json*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func replay(t *testing.T, code any, file string) error {
	t.Helper()
	h, err := load(file)
	if err != nil {
		t.Fatal(err)
	}
	r := sdkworker.NewWorkflowReplayer()
	r.RegisterWorkflowWithOptions(code, workflow.RegisterOptions{Name: workflows.CaseType})
	r.RegisterWorkflowWithOptions(workflows.Deliver, workflow.RegisterOptions{Name: workflows.DeliverType})
	r.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: workflows.ReconcileType})
	r.RegisterWorkflowWithOptions(workflows.Verify, workflow.RegisterOptions{Name: workflows.VerifyType})
	r.RegisterWorkflowWithOptions(workflows.Broadcast, workflow.RegisterOptions{Name: workflows.BroadcastType})
	return r.ReplayWorkflowHistory(nolog{}, h)
}

// record writes the histories of a shape, one file for each run.
func record(t *testing.T, shape string, runs map[string][]*history.HistoryEvent) {
	t.Helper()
	for _, old := range recorded(t, shape+"*") {
		if err := os.Remove(old); err != nil {
			t.Fatal(err)
		}
	}
	for name, events := range runs {
		raw, err := protojson.Marshal(&history.History{Events: events})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := json.Indent(&out, raw, "", " "); err != nil { // protojson's own blanks differ from day to day
			t.Fatal(err)
		}
		file := filepath.Join(histories, shape+name+".json")
		if out.Len() > 1<<20 {
			file += ".gz"
			out = zipped(t, out.Bytes())
		}
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d events", file, len(events))
	}
}

func zipped(t *testing.T, plain []byte) (packed bytes.Buffer) {
	t.Helper()
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return packed
}

// one is a shape with a single run.
func one(events []*history.HistoryEvent) map[string][]*history.HistoryEvent {
	return map[string][]*history.HistoryEvent{"": events}
}

// The plays.

func playSettled(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.do("settled", clerk, o.registration())
	o.do("settled", clerk, casefile.Command{Kind: casefile.Forward})
	o.do("settled", handling, casefile.Command{Kind: casefile.Accept, Text: o.text("受理告知书")})
	o.do("settled", super, casefile.Command{Kind: casefile.Assign})
	c := o.read("settled")
	for _, leader := range []string{c.Lower.Official, c.Upper.Official} {
		o.do("settled", leader, casefile.Command{Kind: casefile.Acknowledge})
		o.do("settled", leader, casefile.Command{Kind: casefile.Act, Act: "read_file", Text: o.text("已阅卷")})
	}
	o.do("settled", handling, o.report("已到现场核实"))
	opinion := o.text("支持信访人的请求")
	o.do("settled", handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	o.do("settled", c.Lower.Official, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	o.do("settled", c.Upper.Official, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	o.do("settled", handling, casefile.Command{Kind: casefile.Serve, Means: "mail"})
	o.close("settled")
	return one(o.history("settled"))
}

// playCampaign puts a case on a campaign's list, and takes it off once it is closed.
func playCampaign(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	id := o.campaign("积案化解会战")
	o.onTheSpot("campaign")
	o.do("campaign", super, casefile.Command{Kind: casefile.Enlist, Campaign: id, Text: o.text("化解方案")})
	o.refused("already_enlisted", "campaign", super, casefile.Command{Kind: casefile.Enlist, Campaign: id})
	o.do("campaign", handling, casefile.Command{Kind: casefile.MakePlan, Text: o.text("分三步化解")})
	o.do("campaign", handling, o.report("已约见信访人"))
	o.settle("campaign")
	o.close("campaign")
	events := o.history("campaign")
	// For what follows its workflow comes back.
	delist := casefile.Command{ID: uuid.NewString(), Kind: casefile.Delist, Actor: o.actor(super), Text: o.text("不属于积案")}
	if _, err := o.engine.Resume(t.Context(), o.read("campaign"), delist); err != nil {
		t.Fatal(err)
	}
	o.verified()
	return one(events)
}

func playOnTheSpot(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("spot")
	o.settle("spot")
	o.close("spot")
	return one(o.history("spot"))
}

func playDeclined(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.do("declined", clerk, o.registration())
	o.do("declined", clerk, casefile.Command{Kind: casefile.Decline, Reason: "legal_route", Organ: "人民法院", Text: o.text("应依法通过诉讼解决")})
	return one(o.history("declined"))
}

func playRefused(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	cmd := o.registration()
	cmd.Registration.Unit = "nowhere"
	o.refused("invalid_fields", "refused", clerk, cmd)
	o.until("the workflow of a refused registration ends", func() bool {
		running, err := o.engine.Running(t.Context(), "refused")
		return err == nil && !running
	})
	return one(o.history("refused"))
}

func playExtended(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	c := o.onTheSpot("extended")
	o.do("extended", lower, casefile.Command{
		Kind: casefile.Extend, Days: 30, RequestedBy: handling, ToldOn: c.ReceivedOn, ToldBy: "mail", Text: o.text("需补充鉴定材料"),
	})
	o.settle("extended")
	o.close("extended")
	return one(o.history("extended"))
}

func playReturned(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("returned")
	opinion := o.text("不予支持")
	o.do("returned", handling, casefile.Command{Kind: casefile.Opine, Result: "reject", Text: opinion})
	o.do("returned", lower, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "reject"}.Hash()})
	o.do("returned", upper, casefile.Command{Kind: casefile.Return, Text: o.text("事实不清，请补充调查")})
	o.refused("wrong_stage", "returned", lower, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "reject"}.Hash()})
	o.settle("returned")
	o.close("returned")
	return one(o.history("returned"))
}

func playSilent(t *testing.T) map[string][]*history.HistoryEvent {
	o := rehearse(t, ladderDay)
	o.hurried()
	o.staff()
	o.silence("silent")
	return one(o.history("silent"))
}

func playDual(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("dual")
	o.do("dual", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: o.text("督办函")})
	o.do("dual", super, casefile.Command{Kind: casefile.Escalate, Ground: "key", DecidedBy: convener, Text: o.text("移交党委督查室")})
	o.settle("dual")
	o.refused("still_supervised", "dual", super, casefile.Command{Kind: casefile.Close})
	o.do("dual", super, casefile.Command{Kind: casefile.Release, Text: o.text("已落实")})
	o.do("dual", inspect, casefile.Command{Kind: casefile.Release, Text: o.text("已核查")})
	o.close("dual")
	return one(o.history("dual"))
}

func playOutage(t *testing.T) map[string][]*history.HistoryEvent {
	o, db := openApart(t)
	o.staff()
	o.onTheSpot("outage")
	o.throughOutage(db, "outage")
	o.settle("outage")
	o.close("outage")
	return one(o.history("outage"))
}

// A history of the size at which the server suggests a new run, in few events: what is
// refused for a field that is far too long lies in it all the same.
func playContinued(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.do("continued", clerk, o.registration())
	first := o.run("continued")
	for range 6 {
		o.refused("invalid_fields", "continued", clerk, casefile.Command{
			Kind: casefile.Decline, Reason: "legal_route", Organ: strings.Repeat("长", 300_000), Text: o.text("应依法通过诉讼解决"),
		})
	}
	o.until("the case goes on in a new run", func() bool { return o.run("continued") != first })
	o.do("continued", super, casefile.Command{Kind: casefile.Assign})
	o.do("continued", clerk, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: o.text("应依法通过诉讼解决")})
	return map[string][]*history.HistoryEvent{
		"-1": o.historyOf(workflows.CaseWorkflowID("continued"), first),
		"-2": o.history("continued"),
	}
}

// A case that got its workflow back from the ledger, and the run that gave it back.
func playReconciled(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.onTheSpot("lost")
	o.lose("lost")
	if woken := o.reconcile(); woken != 1 {
		t.Fatalf("%d cases woken, want 1", woken)
	}
	o.settle("lost")
	o.close("lost")
	return map[string][]*history.HistoryEvent{"-case": o.history("lost"), "-net": o.historyOf(workflows.ReconcileID, "")}
}

// A broadcast of two batches.
func playBroadcast(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	id := o.order(super, urge, "请抓紧办理", o.received(52))
	o.over(id)
	return one(o.historyOf(workflows.BroadcastWorkflowID(id), ""))
}

// A broadcast that is cancelled in the middle of a batch.
func playBroadcastCancelled(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	id := o.order(super, urge, "请抓紧办理", o.received(20))
	o.under(id, 2)
	if err := o.engine.CancelBroadcast(t.Context(), id, super); err != nil {
		t.Fatal(err)
	}
	return one(o.historyOf(workflows.BroadcastWorkflowID(id), ""))
}

// A run that told people something.
func playDelivered(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.byMail()
	o.staff()
	o.onTheSpot("told")
	if err := o.startDeliver().Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return one(o.historyOf(workflows.DeliverID, ""))
}

// A night's verification of two cases.
func playVerified(t *testing.T) map[string][]*history.HistoryEvent {
	o := open(t, autumn())
	o.staff()
	o.do("a", clerk, o.registration())
	o.do("b", clerk, o.registration())
	o.verifyNow()
	return one(o.historyOf(workflows.VerifyID, ""))
}

// lose ends a case's workflow without its knowing, and lets its planned step pass.
func (o *office) lose(id string) {
	o.t.Helper()
	if err := o.temporal.TerminateWorkflow(o.t.Context(), workflows.CaseWorkflowID(id), "", "a test"); err != nil {
		o.t.Fatal(err)
	}
	o.sql(`UPDATE cases SET wake_at = '2020-01-01' WHERE id = $1`, id)
}

// The recorded histories have what they are named for: the replay of a history in which
// nothing happened proves nothing.
func TestRecordedShapes(t *testing.T) {
	t.Parallel()
	const (
		continued = enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
		completed = enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	)
	ends := func(kind enums.EventType) func([]*history.HistoryEvent) bool {
		return func(h []*history.HistoryEvent) bool { return h[len(h)-1].GetEventType() == kind }
	}
	for name, has := range map[string]func([]*history.HistoryEvent) bool{
		"settled":         ends(completed),
		"refused":         ends(completed),
		"continued-1":     ends(continued),
		"continued-2":     ends(completed),
		"reconciled-case": ends(completed),
		"broadcast-done": func(h []*history.HistoryEvent) bool {
			return ends(completed)(h) && count(h, enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == 3
		},
		"broadcast-cancelled": func(h []*history.HistoryEvent) bool {
			return ends(completed)(h) && count(h, enums.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED) == 1
		},
		"silent":        func(h []*history.HistoryEvent) bool { return count(h, enums.EVENT_TYPE_TIMER_FIRED) >= 4 },
		"postgres-away": func(h []*history.HistoryEvent) bool { return count(h, enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) > 0 },
	} {
		files := recorded(t, name)
		if len(files) != 1 {
			t.Errorf("%s: %d files", name, len(files))
			continue
		}
		if h, err := load(files[0]); err != nil {
			t.Error(err)
		} else if !has(h.GetEvents()) {
			t.Errorf("%s does not have what it was recorded for", name)
		}
	}
}

func load(file string) (h *history.History, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	}
	return client.HistoryFromJSON(r, client.HistoryJSONOptions{})
}
