package worker_test

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/embedded"
	"shuangze/sample/sampletest"
	"shuangze/workflows"
)

// database is a Postgres of one test's own, which it can take away.
type database struct {
	t       testing.TB
	options embedded.PostgresOptions
	server  *embedded.Postgres
}

// openApart opens an office whose database has a server of its own.
func openApart(t *testing.T) (*office, *database) {
	t.Helper()
	db := &database{t: t, options: embedded.PostgresOptions{Dir: filepath.Join(t.TempDir(), "postgres")}}
	db.start()
	t.Cleanup(func() { db.stop() })
	if err := db.server.CreateDatabase(t.Context(), "shuangze"); err != nil {
		t.Fatal(err)
	}
	at := db.server.URL("shuangze")
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	if db.options.Port, err = strconv.Atoi(u.Port()); err != nil { // where it must come back
		t.Fatal(err)
	}
	if err := sampletest.SetUp(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	return openAt(t, at, autumn()), db
}

func (db *database) start() {
	db.t.Helper()
	var err error
	if db.server, err = embedded.StartPostgres(db.t.Context(), db.options); err != nil {
		db.t.Fatal(err)
	}
}

func (db *database) stop() {
	db.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := db.server.Stop(ctx); err != nil {
		db.t.Error(err)
	}
}

// throughOutage has a report given while the database is away; it lands when the
// database is back.
func (o *office) throughOutage(db *database, id string) casefile.Command {
	o.t.Helper()
	report := o.report("已到现场核实")
	report.ID = uuid.NewString()
	db.stop()
	impatient := *o
	impatient.engine.Patience = 3 * time.Second // the local attempts fail within one
	if err := impatient.try(id, handling, report); !errors.Is(err, workflows.ErrUnavailable) {
		o.t.Fatalf("without a database: %v, want %v", err, workflows.ErrUnavailable)
	}
	db.start()
	o.until("the report lands", func() bool { return kinds(o.events(id))[casefile.EventReported] == 1 })
	return report
}

func TestOutage(t *testing.T) {
	t.Parallel()
	o, db := openApart(t)
	o.staff()
	o.onTheSpot("case")
	before := len(o.history("case"))
	report := o.throughOutage(db, "case")
	if err := o.try("case", handling, report); err != nil {
		t.Errorf("the same command after the outage: %v", err)
	}
	if n := kinds(o.events("case"))[casefile.EventReported]; n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
	// One failed local activity and one ordinary, however often it was tried.
	if grown := len(o.history("case")) - before; grown > 16 {
		t.Errorf("the outage left %d history events", grown)
	}
	o.settle("case")
	o.close("case")
	o.verified()
}

func TestRegisterInOutage(t *testing.T) {
	t.Parallel()
	o, db := openApart(t)
	o.staff()
	first := o.registration()
	first.ID = uuid.NewString()
	db.stop()
	impatient := *o
	impatient.engine.Patience = 3 * time.Second
	for range 2 { // the caller may ask again at any time
		if err := impatient.try("new", clerk, first); !errors.Is(err, workflows.ErrUnavailable) {
			t.Fatalf("without a database: %v, want %v", err, workflows.ErrUnavailable)
		}
	}
	db.start()
	c := o.do("new", clerk, first)
	if c.Number != "2327-xf-2026-000001" || c.Seq != 1 {
		t.Errorf("number %s at event %d, want the first number at the first event", c.Number, c.Seq)
	}
	o.verified()
}
