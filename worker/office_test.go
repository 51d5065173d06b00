package worker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"shuangze/activities"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded/embeddedtest"
	"shuangze/importer"
	"shuangze/policy"
	"shuangze/sample"
	"shuangze/store"
	"shuangze/verify"
	"shuangze/worker"
	"shuangze/workflows"
)

func TestMain(m *testing.M) {
	embeddedtest.Main(m, embeddedtest.Options{SearchAttributes: map[string]string{
		"CaseStage": "Keyword", "CaseUnit": "Keyword", "CaseSupervision": "Keyword",
	}})
}

// office is a petition office with its own database, namespace and worker.
type office struct {
	t        *testing.T
	store    *store.Store
	temporal client.Client
	engine   workflows.Engine
	acts     *activities.Activities
	people   map[string]casefile.Official
}

// migrated is a database with the schema and the sample's directory.
var migrated = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	none := &casefile.Directory{Units: map[string]casefile.Unit{}}
	units, _, err := importer.Units(bytes.NewReader(sample.Units), policy.Default(), none)
	if err != nil {
		return err
	}
	if _, err := s.SaveUnits(ctx, units); err != nil {
		return err
	}
	d, err := s.Directory(ctx)
	if err != nil {
		return err
	}
	officials, _, err := importer.Officials(bytes.NewReader(sample.Officials), policy.Default(), d)
	if err != nil {
		return err
	}
	_, err = s.SaveOfficials(ctx, officials)
	return err
}}

// open opens an office whose time is clock's.
func open(t *testing.T, clock casetime.Clock) *office {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), migrated.Database(t), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c, err := client.Dial(client.Options{HostPort: embeddedtest.Temporal(t).Address, Namespace: embeddedtest.Namespace(t), Logger: nolog{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d, err := s.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, store: s, temporal: c, engine: workflows.Engine{Temporal: c}, people: d.Officials}
	o.acts = &activities.Activities{
		Store: s, Policy: policy.Default(), Calendar: calendar.Default(), Clock: clock, Engine: o.engine, Log: slog.New(slog.DiscardHandler),
	}
	return o
}

// staff starts a worker that stops at the end of the test.
func (o *office) staff() sdkworker.Worker {
	o.t.Helper()
	w := sdkworker.New(o.temporal, workflows.TaskQueue, sdkworker.Options{})
	worker.Register(w, o.acts)
	if err := w.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(w.Stop)
	return w
}

type nolog struct{}

func (nolog) Debug(string, ...any) {}
func (nolog) Info(string, ...any)  {}
func (nolog) Warn(string, ...any)  {}
func (nolog) Error(string, ...any) {}

func (o *office) actor(id string) casefile.Actor {
	p := o.people[id]
	return casefile.Actor{ID: p.ID, Role: p.Role, Unit: p.Unit}
}

func (o *office) text(words string) casefile.Document {
	o.t.Helper()
	doc, err := o.store.WriteText(o.t.Context(), "", words, "test")
	if err != nil {
		o.t.Fatal(err)
	}
	return doc
}

// do gives a command and fails the test when it is refused.
func (o *office) do(id, by string, cmd casefile.Command) casefile.Case {
	o.t.Helper()
	if err := o.try(id, by, cmd); err != nil {
		var refusal *casefile.Error
		if errors.As(err, &refusal) {
			o.t.Fatalf("%s by %s: %v %v", cmd.Kind, by, refusal, refusal.Fields)
		}
		o.t.Fatalf("%s by %s: %v", cmd.Kind, by, err)
	}
	return o.read(id)
}

func (o *office) try(id, by string, cmd casefile.Command) (err error) {
	cmd.Actor = o.actor(by)
	if cmd.ID == "" {
		cmd.ID = uuid.NewString()
	}
	if cmd.Kind == casefile.Register {
		_, err = o.engine.Register(o.t.Context(), id, cmd)
	} else {
		_, err = o.engine.Command(o.t.Context(), id, cmd)
	}
	return err
}

func (o *office) read(id string) casefile.Case {
	o.t.Helper()
	row, err := o.store.Case(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return row.Case
}

// registration is a case of 漠河市人社局, found by own screening.
func (o *office) registration() casefile.Command {
	return casefile.Command{Kind: casefile.Register, Text: o.text("养老保险补缴"), Registration: &casefile.Registration{
		Origin: "self_found", Channel: "visit", Purpose: "appeal", Category: "labour", Headcount: 1, Reachable: true,
		ReceivedAt: o.acts.Clock.Now().Add(-time.Minute), Unit: "232701-rs",
	}}
}

// verified fails the test unless ledger, rows and workflows agree.
func (o *office) verified() {
	o.t.Helper()
	_, _, err := verify.All(o.t.Context(), o.store, o.engine, o.acts.Clock.Now(), func(d verify.Difference) { o.t.Errorf("verify: %+v", d) })
	if err != nil {
		o.t.Fatal(err)
	}
}

// The officials of the sample whom the tests play.
const (
	clerk    = "o007" // 地区信访局
	super    = "o010"
	inspect  = "o012" // 地区督查室
	upper    = "o038" // 漠河市副市长，人社
	lower    = "o043" // 漠河市人社局局长
	handling = "o044" // 承办人
)
