package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// What holds a unit: open cases that it handles, is in charge of or has a part in, those that
// it supervises, and its reception days. What has ended or was released holds nothing.
func TestBurden(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.scheduled("day", nil)
	c := d.onTheSpot("open")
	d.onTheSpot("closed")
	d.close("closed")
	d.do("open", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办函")})
	d.do("open", super, casefile.Command{Kind: casefile.Escalate, Ground: "key", DecidedBy: "o003", Text: d.text("提请双重督办")})
	burden := func(unit string, at time.Time) (b casefile.Burden) {
		t.Helper()
		if err := d.store.ChangeDirectory(ctx, func(tx *store.DirectoryTx) (err error) {
			b, err = tx.Burden(ctx, unit, at)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return b
	}
	inspecting := d.actor(inspect).Unit
	for unit, want := range map[string]casefile.Burden{
		c.Unit: {Cases: 1}, c.Office: {Cases: 1, Receptions: 1}, inspecting: {Supervised: 1}, "232701-zj": {},
	} {
		if diff := cmp.Diff(want, burden(unit, d.now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", unit, diff)
		}
	}
	d.do("open", inspect, casefile.Command{Kind: casefile.Release, Text: d.text("已落实")})
	if got := burden(inspecting, d.now); got != (casefile.Burden{}) {
		t.Errorf("released, it still has %+v", got)
	}
	if got := burden(c.Office, d.now.AddDate(0, 1, 0)); got != (casefile.Burden{Cases: 1}) {
		t.Errorf("after the day it has %+v", got)
	}
}

// A unit that has ended is written with its day and successor, and read so by every process;
// written without them it stands again.
func TestEndedUnitIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	u := d.rules.Directory.Units["232701-zj"]
	u.EndedOn, u.Successor = calendar.Date{Year: 2026, Month: time.August, Day: 31}, "232701-rs"
	for _, ended := range []bool{true, false} {
		if !ended {
			u.EndedOn, u.Successor = calendar.Date{}, ""
		}
		err := d.store.ChangeDirectory(ctx, func(tx *store.DirectoryTx) error {
			return tx.SaveUnit(ctx, u, store.Administered{At: d.now, By: super, Act: store.UnitEnded, Subject: u.Code})
		})
		if err != nil {
			t.Fatal(err)
		}
		now, err := d.store.Directory(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(u, now.Units[u.Code]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if changed, err := d.store.SaveUnits(ctx, []casefile.Unit{u}); changed != 0 || err != nil {
			t.Errorf("the same again changes %d units, %v", changed, err)
		}
	}
}

// What an administrator does and its record are one: where the record can't be kept, nothing
// was done.
func TestNoActWithoutItsRecord(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	by := func(act string) *store.Administered {
		return &store.Administered{At: d.now, By: "o161", Act: act, Subject: clerk}
	}
	token, _, err := d.store.NewToken(ctx, clerk, d.now, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := d.store.AddEndpoint(ctx, store.Endpoint{Kind: "webhook", Host: "oa.example", Language: "zh", CreatedAt: d.now}, store.Line{Address: "https://oa.example/", Secret: "one"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.store.NewSession(ctx, clerk, "browser", "", d.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	acts := map[string]func() error{
		store.PasswordSet: func() error {
			return d.store.SavePassword(ctx, clerk, "$argon2id$new", true, d.now, by(store.PasswordSet))
		},
		store.SignedOut: func() error { return d.store.EndSession(ctx, clerk, "", by(store.SignedOut)) },
		store.TokenIssued: func() error {
			_, _, err := d.store.NewToken(ctx, clerk, d.now, time.Hour, by(store.TokenIssued))
			return err
		},
		store.TokenRevoked: func() error { return d.store.RevokeToken(ctx, token.ID, d.now, by(store.TokenRevoked)) },
		store.EndpointAdded: func() error {
			_, err := d.store.AddEndpoint(ctx, store.Endpoint{Kind: "wecom", Host: "x", Language: "zh", CreatedAt: d.now}, store.Line{Address: "https://x/"}, by(store.EndpointAdded))
			return err
		},
		store.EndpointRotated: func() error { return d.store.Rotate(ctx, endpoint, "two", time.Time{}, by(store.EndpointRotated)) },
		store.EndpointRemoved: func() error { return d.store.RemoveEndpoint(ctx, endpoint, d.now, by(store.EndpointRemoved)) },
	}
	state := func() (all []any) {
		t.Helper()
		var password string
		var sessions, recorded int
		if err := d.store.Pool().QueryRow(ctx, `SELECT coalesce((SELECT password FROM accounts WHERE official = $1), ''), (SELECT count(*) FROM sessions WHERE official = $1), (SELECT count(*) FROM administration)`, clerk).
			Scan(&password, &sessions, &recorded); err != nil {
			t.Fatal(err)
		}
		tokens, err := d.store.Tokens(ctx)
		if err != nil {
			t.Fatal(err)
		}
		revoked := 0
		for _, k := range tokens {
			if k.RevokedAt != nil {
				revoked++
			}
		}
		endpoints, err := d.store.Endpoints(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, line, err := d.store.Endpoint(ctx, endpoint)
		return []any{password, sessions, recorded, len(tokens), revoked, len(endpoints), line.Secret, err == nil}
	}
	before := state()
	d.sql(`ALTER TABLE administration ADD CONSTRAINT full_up CHECK (false) NOT VALID`)
	for act, do := range acts {
		if err := do(); err == nil {
			t.Errorf("%s was done without its record", act)
		}
		if diff := cmp.Diff(before, state()); diff != "" {
			t.Errorf("%s was done without its record:\n%s", act, diff)
		}
	}
	d.sql(`ALTER TABLE administration DROP CONSTRAINT full_up`)
	for _, act := range []string{store.PasswordSet, store.SignedOut, store.TokenIssued, store.TokenRevoked, store.EndpointAdded, store.EndpointRotated, store.EndpointRemoved} {
		if err := acts[act](); err != nil {
			t.Errorf("%s: %v", act, err)
		}
	}
	if got := state(); got[2] != before[2].(int)+len(acts) {
		t.Errorf("%v on record, want %d more than %v", got[2], len(acts), before[2])
	}
}
