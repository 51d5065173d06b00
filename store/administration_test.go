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
