package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"shuangze/activities"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded/embeddedtest"
	"shuangze/store"
	"shuangze/worker"
	"shuangze/workflows"
)

// processVariable makes this test program a worker, and says of which office.
const processVariable = "SHUANGZE_TEST_WORKER"

type processOptions struct{ URL, Key, Temporal, Namespace, Clock string }

// workerProcess is what `shuangze worker` does, until it is killed.
func workerProcess() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := work(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func work(ctx context.Context) error {
	var o processOptions
	if err := json.Unmarshal([]byte(os.Getenv(processVariable)), &o); err != nil {
		return err
	}
	keys, err := store.ParseKeys(o.Key)
	if err != nil {
		return err
	}
	clock, err := casetime.Parse(o.Clock)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, o.URL, keys)
	if err != nil {
		return err
	}
	defer s.Close()
	c, err := client.Dial(client.Options{HostPort: o.Temporal, Namespace: o.Namespace, Logger: nolog{}})
	if err != nil {
		return err
	}
	defer c.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return worker.Run(ctx, c, &activities.Activities{
		Store: s, Clock: clock, Engine: workflows.Engine{Temporal: c}, Log: log,
	}, log)
}

// process is a worker in a process of its own.
type process struct {
	cmd    *exec.Cmd
	output bytes.Buffer // read after the end
}

func (o *office) startProcess() *process {
	o.t.Helper()
	options, err := json.Marshal(processOptions{o.url, o.key, embeddedtest.Temporal(o.t).Address, o.namespace, o.acts.Clock.String()})
	if err != nil {
		o.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		o.t.Fatal(err)
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), processVariable+"="+string(options))
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	return p
}

// kill ends the process as a power cut would.
func (p *process) kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Errorf("kill the worker: %v", err) // it must not have ended by itself
	}
	_ = p.cmd.Wait() // says that it was killed
	if p.output.Len() > 0 {
		t.Logf("the worker said:\n%s", p.output.String())
	}
}

// act is a command and who gives it.
type act struct {
	by  string
	cmd casefile.Command
}

// life is all that is done with each case of TestKill, and lifeEvents what that leaves.
func (o *office) life() []act {
	register, opinion := o.registration(), o.text("支持信访人的请求")
	register.Registration.OnTheSpot = true
	register.Upper, register.Lower = upper, lower
	life := []act{
		{super, register},
		{lower, casefile.Command{Kind: casefile.Acknowledge}},
		{upper, casefile.Command{Kind: casefile.Acknowledge}},
		{handling, o.report("正在核实")},
		{upper, casefile.Command{Kind: casefile.Act, Act: "receive", Text: opinion}},
		{handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion}},
		{lower, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()}},
		{upper, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()}},
		{handling, casefile.Command{Kind: casefile.Serve, Means: "direct"}},
		{super, casefile.Command{Kind: casefile.Close}},
	}
	for i := range life {
		life[i].cmd.ID = fmt.Sprintf("%d-%s", i, life[i].cmd.Kind)
	}
	return life
}

var lifeEvents = []casefile.EventKind{
	casefile.EventRegistered, casefile.EventAccepted, casefile.EventAssigned, casefile.EventAcknowledged, casefile.EventAcknowledged,
	casefile.EventReported, casefile.EventActed, casefile.EventOpined, casefile.EventSigned, casefile.EventSigned, casefile.EventServed, casefile.EventClosed,
}

// live gives a case's commands one after the other, each again and again under the same
// id until it is known to be done, as a caller that is told 503 does.
func (o *office) live(ctx context.Context, id string, life []act, done func()) error {
	for _, a := range life {
		for {
			err := o.try(id, a.by, a.cmd)
			if errors.Is(err, workflows.ErrNoWorkflow) {
				// Closed meanwhile, perhaps by this very command.
				_, _, err = o.store.Command(ctx, id, a.cmd.ID)
			}
			if err == nil {
				done()
				break
			}
			if !errors.Is(err, workflows.ErrUnavailable) || ctx.Err() != nil {
				return fmt.Errorf("case %s: %s: %w", id, a.cmd.ID, err)
			}
		}
	}
	return nil
}

// TestKill kills the worker again and again while it works on a hundred cases, and holds
// the ledger against what was asked: each command once, in order, and all of it.
func TestKill(t *testing.T) {
	const (
		cases = 100
		kills = 3
		seed  = 2026
	)
	o := open(t, casetime.Clock{})
	o.engine.Patience = 5 * time.Second
	lives := make([][]act, cases)
	for n := range lives {
		lives[n] = o.life()
	}
	var asked []string
	for _, a := range lives[0] {
		asked = append(asked, a.cmd.ID)
	}

	// Each kill comes at some moment of its own share of the work.
	dice := rand.New(rand.NewPCG(seed, 0))
	total := cases * len(asked)
	var moments []int64
	for n := range kills {
		moments = append(moments, int64(total*(n+1)/(kills+1)+dice.IntN(total/(2*kills))))
	}
	t.Logf("of %d commands, the worker is killed after %v", total, moments)

	w := o.startProcess()
	defer func() { w.kill(t) }()
	var given atomic.Int64
	finished := make(chan error, 1)
	go func() {
		g, ctx := errgroup.WithContext(t.Context())
		g.SetLimit(cases) // all at once: whatever the worker has in hand, it has of many
		for n, life := range lives {
			g.Go(func() error { return o.live(ctx, fmt.Sprintf("case-%03d", n), life, func() { given.Add(1) }) })
		}
		finished <- g.Wait()
	}()
	for _, moment := range moments {
		o.until(fmt.Sprintf("%d commands are done", moment), func() bool { return given.Load() >= moment })
		w.kill(t)
		w = o.startProcess()
	}
	if err := <-finished; err != nil {
		t.Fatal(err)
	}

	for n := range cases {
		id := fmt.Sprintf("case-%03d", n)
		if c := o.read(id); c.Stage != casefile.Closed {
			t.Errorf("%s is %s", id, c.Stage)
		}
		// A command's events stand together: what is doubled or out of place shows.
		var commands []string
		var kinds []casefile.EventKind
		for _, e := range o.events(id) {
			if len(commands) == 0 || commands[len(commands)-1] != e.Command {
				commands = append(commands, e.Command)
			}
			kinds = append(kinds, e.Kind)
		}
		if !slices.Equal(commands, asked) || !slices.Equal(kinds, lifeEvents) {
			t.Errorf("%s: %v\nof %v; want %v\nof %v", id, kinds, commands, lifeEvents, asked)
		}
	}
	o.verified()
}
