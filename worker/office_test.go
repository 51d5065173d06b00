package worker_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"shuangze/activities"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded/embeddedtest"
	"shuangze/sample/sampletest"
	"shuangze/store"
	"shuangze/verify"
	"shuangze/worker"
	"shuangze/workflows"
)

func TestMain(m *testing.M) {
	if os.Getenv(processVariable) != "" {
		os.Exit(workerProcess())
	}
	embeddedtest.Main(m, embeddedtest.Options{SearchAttributes: map[string]string{
		"CaseStage": "Keyword", "CaseUnit": "Keyword", "CaseSupervision": "Keyword",
	}})
}

// office is a petition office with its own database, namespace and worker.
type office struct {
	t         testing.TB
	url       string // of the database
	key       string
	namespace string
	store     *store.Store
	temporal  client.Client
	engine    workflows.Engine
	acts      *activities.Activities
	people    map[string]casefile.Official
	workers   int // staffed so far
}

// migrated is a database with the schema and the sample's directory.
var migrated = embeddedtest.Template{SetUp: sampletest.SetUp}

// open opens an office whose time is clock's.
func open(t testing.TB, clock casetime.Clock) *office {
	t.Helper()
	return openAt(t, migrated.Database(t), clock)
}

// openAt opens an office on a database that is set up.
func openAt(t testing.TB, url string, clock casetime.Clock) *office {
	t.Helper()
	key := store.NewKey()
	keys, err := store.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), url, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	namespace := embeddedtest.Namespace(t)
	c, err := client.Dial(client.Options{HostPort: embeddedtest.Temporal(t).Address, Namespace: namespace, Identity: "test", Logger: nolog{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d, err := s.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The machine may be busy: nothing here is about how long an answer takes.
	o := &office{t: t, url: url, key: key, namespace: namespace, store: s, temporal: c, engine: workflows.Engine{Temporal: c, Patience: time.Minute}, people: d.Officials}
	o.acts = &activities.Activities{
		Store: s, Clock: clock, Engine: o.engine, Log: slog.New(slog.DiscardHandler),
	}
	return o
}

// autumn is real in speed, but always starts on a Tuesday morning of 2026.
func autumn() casetime.Clock { return casetime.Rehearsal(september(1, 10), 1) }

// rehearse opens an office where a day of cases, from the same morning on, passes in so
// long. Its time starts when everything else is ready.
func rehearse(t testing.TB, day time.Duration) *office {
	t.Helper()
	o := open(t, casetime.Clock{})
	o.acts.Clock = casetime.Rehearsal(september(1, 10), float64(24*time.Hour)/float64(day))
	return o
}

func september(day, hour int) time.Time {
	return calendar.Date{Year: 2026, Month: time.September, Day: day}.At(hour, 0)
}

// staff starts a worker that stops at the end of the test.
func (o *office) staff() sdkworker.Worker {
	o.t.Helper()
	o.workers++
	w := sdkworker.New(o.temporal, workflows.TaskQueue, sdkworker.Options{Identity: fmt.Sprintf("test worker %d", o.workers)})
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

// refused gives a command that must be refused with this code.
func (o *office) refused(code, id, by string, cmd casefile.Command) *casefile.Error {
	o.t.Helper()
	err := o.try(id, by, cmd)
	var refusal *casefile.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		o.t.Fatalf("%s by %s: %v, want it refused with %s", cmd.Kind, by, err, code)
	}
	return refusal
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

// onTheSpot registers a case that is accepted at once and has its leaders, who have
// acknowledged it.
func (o *office) onTheSpot(id string) casefile.Case {
	o.t.Helper()
	cmd := o.registration()
	cmd.Registration.OnTheSpot = true
	cmd.Upper, cmd.Lower = upper, lower
	o.do(id, super, cmd)
	o.do(id, lower, casefile.Command{Kind: casefile.Acknowledge})
	return o.do(id, upper, casefile.Command{Kind: casefile.Acknowledge})
}

// settle takes a case in handling to its service, which both leaders have signed.
func (o *office) settle(id string) casefile.Case {
	o.t.Helper()
	opinion := o.text("支持信访人的请求")
	o.do(id, handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	o.do(id, lower, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	o.do(id, upper, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	return o.do(id, handling, casefile.Command{Kind: casefile.Serve, Means: "direct"})
}

// closed is the last command of a case's life.
func (o *office) close(id string) {
	o.t.Helper()
	if c := o.do(id, super, casefile.Command{Kind: casefile.Close}); c.Stage != casefile.Closed {
		o.t.Fatalf("stage = %s, want closed", c.Stage)
	}
}

func (o *office) report(words string) casefile.Command {
	return casefile.Command{Kind: casefile.Report, Text: o.text(words)}
}

// events reads a case's ledger.
func (o *office) events(id string) []casefile.Event {
	o.t.Helper()
	rows, err := o.store.Ledger(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	events := make([]casefile.Event, len(rows))
	for i, r := range rows {
		if events[i], err = r.Event(); err != nil {
			o.t.Fatal(err)
		}
	}
	return events
}

// kinds counts a case's events by kind.
func kinds(events []casefile.Event) map[casefile.EventKind]int {
	n := map[casefile.EventKind]int{}
	for _, e := range events {
		n[e.Kind]++
	}
	return n
}

// state asks the case's workflow.
func (o *office) state(id string) workflows.State {
	o.t.Helper()
	state, err := o.engine.State(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return state
}

// history reads the whole history of a case's latest run.
func (o *office) history(id string) []*history.HistoryEvent {
	o.t.Helper()
	return o.historyOf(workflows.CaseWorkflowID(id), "")
}

func (o *office) historyOf(workflow, run string) []*history.HistoryEvent {
	o.t.Helper()
	var events []*history.HistoryEvent
	it := o.temporal.GetWorkflowHistory(o.t.Context(), workflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			o.t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// count counts the events of a type.
func count(events []*history.HistoryEvent, kind enums.EventType) int {
	n := 0
	for _, e := range events {
		if e.GetEventType() == kind {
			n++
		}
	}
	return n
}

// run is the id of a case's latest run.
func (o *office) run(id string) string {
	o.t.Helper()
	d, err := o.temporal.DescribeWorkflowExecution(o.t.Context(), workflows.CaseWorkflowID(id), "")
	if err != nil {
		o.t.Fatal(err)
	}
	return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

// until waits for something that must happen, however long the machine takes for it.
func (o *office) until(what string, happened func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("still not: %s", what)
		}
	}
}

// sql does what no part of the program does, and returns how many rows it changed.
func (o *office) sql(sql string, args ...any) int {
	o.t.Helper()
	conn, err := pgx.Connect(o.t.Context(), o.url)
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close(o.t.Context())
	tag, err := conn.Exec(o.t.Context(), sql, args...)
	if err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
	return int(tag.RowsAffected())
}

// columns are those of a case's row that are written.
func (o *office) columns() (list string) {
	o.t.Helper()
	conn, err := pgx.Connect(o.t.Context(), o.url)
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close(o.t.Context())
	const sql = `
		SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
		WHERE table_name = 'cases' AND table_schema = 'public' AND is_generated = 'NEVER'`
	if err := conn.QueryRow(o.t.Context(), sql).Scan(&list); err != nil {
		o.t.Fatal(err)
	}
	return list
}

// reconcile runs the net under the timers, as its Schedule would, and returns how many
// cases it woke.
func (o *office) reconcile() (woken int) {
	o.t.Helper()
	run, err := o.temporal.ExecuteWorkflow(o.t.Context(), client.StartWorkflowOptions{ID: workflows.ReconcileID, TaskQueue: workflows.TaskQueue}, workflows.ReconcileType)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := run.Get(o.t.Context(), &woken); err != nil {
		o.t.Fatal(err)
	}
	return woken
}

// differences is what verify finds.
func (o *office) differences() (found []verify.Difference) {
	o.t.Helper()
	v := &verify.Verifier{Store: o.store, Engine: o.engine, Clock: o.acts.Clock, Report: func(d verify.Difference) { found = append(found, d) }}
	if _, err := v.All(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	return found
}

// verified fails the test unless ledger, rows and workflows agree.
func (o *office) verified() {
	o.t.Helper()
	for _, d := range o.differences() {
		o.t.Errorf("verify: %+v", d)
	}
}

// The officials of the sample whom the tests play.
const (
	convener    = "o003" // 地委副书记，信访
	clerk       = "o007" // 地区信访局
	super       = "o010"
	inspect     = "o012" // 地区督查室
	upper       = "o038" // 漠河市副市长，人社
	countyClerk = "o041" // 漠河市信访局
	lower       = "o043" // 漠河市人社局局长
	handling    = "o044" // 承办人
)

// campaign opens a campaign of the prefecture that lasts to the end of next year, and
// returns its id.
func (o *office) campaign(name string) string {
	o.t.Helper()
	rules := o.rules()
	rules.Now = o.acts.Clock.Now()
	c, refusal := casefile.OpenCampaign(casefile.Campaign{
		ID: uuid.NewString(), Name: name, About: "化解积案", Start: calendar.DateOf(rules.Now), End: calendar.Date{Year: 2027, Month: time.December, Day: 31},
	}, o.actor(super), rules)
	if refusal != nil {
		o.t.Fatal(refusal, refusal.Fields)
	}
	if err := o.store.InCampaigns(o.t.Context(), func(tx *store.CampaignsTx) error { return tx.Open(o.t.Context(), c, "test") }); err != nil {
		o.t.Fatal(err)
	}
	return c.ID
}
