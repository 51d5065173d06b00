package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/embedded/embeddedtest"
	"shuangze/policy"
	"shuangze/sample/sampletest"
	"shuangze/store"
)

func TestMain(m *testing.M) { embeddedtest.Main(m, embeddedtest.Options{}) }

// migrated is a database with the schema and the sample's directory.
var migrated = embeddedtest.Template{SetUp: sampletest.SetUp}

// desk writes cases to a store as the Execute activity does.
type desk struct {
	t     testing.TB
	store *store.Store
	rules casefile.Rules
	now   time.Time
	given int // commands
}

func open(t testing.TB, url string) *store.Store {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), url, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// newDesk opens a desk on a Tuesday morning of 2026.
func newDesk(t testing.TB) *desk {
	t.Helper()
	s := open(t, migrated.Database(t))
	d, err := s.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &desk{
		t: t, store: s, now: calendar.Date{Year: 2026, Month: time.September, Day: 1}.At(10, 0),
		rules: casefile.Rules{Policy: policy.Default(), Calendar: calendar.Default(), Directory: d},
	}
}

func (d *desk) actor(id string) casefile.Actor {
	o, ok := d.rules.Directory.Officials[id]
	if !ok {
		d.t.Fatalf("there is no %s", id)
	}
	return casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
}

// text writes a text; the title is a petition's.
func (d *desk) text(title string) casefile.Document {
	d.t.Helper()
	doc, err := d.store.WriteText(d.t.Context(), title, "信访人反映："+title, "test")
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

// try gives a command to a case.
func (d *desk) try(id, by string, cmd casefile.Command) error {
	d.given++
	if cmd.ID == "" {
		cmd.ID = fmt.Sprintf("command-%d", d.given)
	}
	cmd.Actor = casefile.Clockwork
	if by != "" {
		cmd.Actor = d.actor(by)
	}
	ctx := d.t.Context()
	return d.store.InCase(ctx, id, func(tx *store.CaseTx) error {
		events, done, err := tx.EventsAfter(ctx, 0, cmd.ID)
		if err != nil || done {
			return err
		}
		c := casefile.Fold(casefile.Case{ID: id}, events)
		if cmd.Kind == casefile.Register {
			r := *cmd.Registration
			if r.Number, err = tx.Number(ctx, casefile.RegisteringOffice(cmd, d.rules.Directory), calendar.DateOf(d.now).Year); err != nil {
				return err
			}
			cmd.Registration = &r
		}
		out, err := casefile.Decide(c, cmd, d.rules, d.now)
		if err != nil {
			return err
		}
		if len(out.Events) == 0 {
			return tx.Reschedule(ctx, c, out)
		}
		return tx.Append(ctx, casefile.Fold(c, out.Events), out, cmd.Fingerprint)
	})
}

// do gives a command that must not be refused.
func (d *desk) do(id, by string, cmd casefile.Command) casefile.Case {
	d.t.Helper()
	if err := d.try(id, by, cmd); err != nil {
		var refusal *casefile.Error
		if errors.As(err, &refusal) {
			d.t.Fatalf("%s by %s: %v %v", cmd.Kind, by, refusal, refusal.Fields)
		}
		d.t.Fatalf("%s by %s: %v", cmd.Kind, by, err)
	}
	row, err := d.store.Case(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return row.Case
}

// registration is a case of 漠河市人社局.
func (d *desk) registration() casefile.Command {
	return casefile.Command{Kind: casefile.Register, Text: d.text("养老保险补缴"), Registration: &casefile.Registration{
		Origin: "self_found", Channel: "visit", Purpose: "appeal", Category: "labour", Headcount: 1, Reachable: true,
		ReceivedAt: d.now.Add(-time.Hour), Unit: "232701-rs",
	}}
}

// onTheSpot registers a case that is accepted at once and has its leaders.
func (d *desk) onTheSpot(id string) casefile.Case {
	d.t.Helper()
	cmd := d.registration()
	cmd.Registration.OnTheSpot = true
	cmd.Upper, cmd.Lower = upper, lower
	return d.do(id, super, cmd)
}

// close takes a case with leaders to its end.
func (d *desk) close(id string) casefile.Case {
	d.t.Helper()
	row, err := d.store.Case(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	c, opinion := row.Case, d.text("处理意见")
	officer := d.officer(c.Unit)
	for _, leader := range []string{c.Lower.Official, c.Upper.Official} {
		d.do(id, leader, casefile.Command{Kind: casefile.Acknowledge})
	}
	d.do(id, officer, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	for _, leader := range []string{c.Lower.Official, c.Upper.Official} {
		d.do(id, leader, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	}
	c = d.do(id, officer, casefile.Command{Kind: casefile.Serve, Means: "direct"})
	for _, ch := range c.Channels {
		by := super
		if ch.Name == casefile.SupervisionOffice {
			by = inspect
		}
		if ch.Open() {
			d.do(id, by, casefile.Command{Kind: casefile.Release, Text: d.text("已落实")})
		}
	}
	return d.do(id, super, casefile.Command{Kind: casefile.Close})
}

func (d *desk) officer(unit string) string {
	d.t.Helper()
	found := d.rules.Directory.Find(func(o casefile.Official) bool { return o.Unit == unit && o.Role == casefile.Officer })
	if len(found) == 0 {
		d.t.Fatalf("%s has no officer", unit)
	}
	return found[0].ID
}

// sql does what no part of the program does.
// connection is one of the store's own.
func (d *desk) connection() *pgx.Conn {
	d.t.Helper()
	c, err := d.store.Pool().Acquire(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Release)
	return c.Conn()
}

func (d *desk) sql(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.store.Pool().Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
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
