package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

// An endpoint's address and secrets lie sealed; a rotation keeps the secret before for a
// while.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	line := store.Line{Address: "https://oa.example/hook?key=secret-key", Secret: "whsec_one"}
	id, err := d.store.AddEndpoint(ctx, store.Endpoint{Kind: "webhook", Name: "OA", Language: "zh", Host: "oa.example", CreatedAt: d.now}, line, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sealed []byte
	if err := d.store.Pool().QueryRow(ctx, `SELECT sealed FROM endpoints`).Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("key")) || bytes.Contains(sealed, []byte("whsec")) {
		t.Errorf("it lies open: %q, %v", sealed, err)
	}
	e, got, err := d.store.Endpoint(ctx, id)
	if err != nil || got != line || e.Name != "OA" || e.ID != id || e.DisabledAt != nil {
		t.Errorf("%+v %+v, %v", e, got, err)
	}
	until := d.now.Add(time.Hour)
	if err := d.store.Rotate(ctx, id, "whsec_two", until, nil); err != nil {
		t.Fatal(err)
	}
	if e, got, err = d.store.Endpoint(ctx, id); err != nil || got.Secret != "whsec_two" || got.Previous != "whsec_one" || len(e.Secrets(got, d.now)) != 2 || len(e.Secrets(got, until)) != 1 || !e.PreviousUntil.Equal(until) {
		t.Errorf("rotated: %+v %+v, %v", e, got, err)
	}
	if err := d.store.Rotate(ctx, id, "whsec_three", time.Time{}, nil); err != nil {
		t.Fatal(err)
	}
	if e, got, err = d.store.Endpoint(ctx, id); err != nil || got.Secret != "whsec_three" || got.Previous != "" || e.PreviousUntil != nil || got.Address != line.Address {
		t.Errorf("rotated at once: %+v %+v, %v", e, got, err)
	}
	if list, err := d.store.Endpoints(ctx); err != nil || len(list) != 1 || list[0].ID != id {
		t.Errorf("%+v, %v", list, err)
	}
	for range 2 {
		err = d.store.RemoveEndpoint(ctx, id, d.now, nil)
	}
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if _, _, err := d.store.Endpoint(ctx, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed: %v", err)
	}
	if err := d.store.Rotate(ctx, id, "x", time.Time{}, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed, rotated: %v", err)
	}
}

// An endpoint that fails for long is switched off, with all that waits for it, and every
// administrator is told; what works again is on again.
func TestEndpointFails(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.sql(`INSERT INTO officials VALUES ('root', '陶某', '系统管理员', 'staff', '2327', 'admin', '', 'root@shuangze.example'), ('mute', '陶某', '系统管理员', 'staff', '2327', 'admin', '', '')`)
	id, err := d.store.AddEndpoint(ctx, store.Endpoint{Kind: "wecom", Language: "zh", Host: "x", CreatedAt: d.now}, store.Line{Address: "https://x/"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.do("a", clerk, d.registration())
	d.do("a", clerk, casefile.Command{Kind: casefile.Forward})
	_, err = d.store.PlanNotices(ctx, 100, func(told []store.Told) []store.Delivery {
		now, later := told[0], told[0]
		now.Official, later.Official, later.Seq = "", "", later.Seq-1
		return []store.Delivery{{Told: now, Channel: id, PlannedAt: d.now}, {Told: later, Channel: id, PlannedAt: d.now.AddDate(0, 1, 0)}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := d.store.Gather(ctx, d.now); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	fail := func(after time.Duration) bool {
		t.Helper()
		now := d.now.Add(after)
		off, err := d.store.EndpointFailed(ctx, id, "500", now, now.Add(-72*time.Hour), true)
		if err != nil {
			t.Fatal(err)
		}
		return off
	}
	if fail(0) || fail(71*time.Hour) {
		t.Error("off too early")
	}
	if err := d.store.EndpointWorked(ctx, id); err != nil {
		t.Fatal(err)
	}
	if fail(80*time.Hour) || fail(100*time.Hour) {
		t.Error("what worked in between is off")
	}
	if !fail(152*time.Hour) || fail(153*time.Hour) {
		t.Error("it is not switched off, or twice")
	}
	e, _, err := d.store.Endpoint(ctx, id)
	if err != nil || e.DisabledAt == nil || !e.FailingSince.Equal(d.now.Add(80*time.Hour)) || e.Error != "500" {
		t.Errorf("%+v, %v", e, err)
	}
	list, err := d.store.Deliveries(ctx, "a")
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, x := range list {
		if x.State != store.DeliverySuppressed || x.Reason != "endpoint_disabled" {
			t.Errorf("%+v", x)
		}
	}
	d.now = d.now.AddDate(0, 0, 30)
	told := map[string]bool{}
	for _, m := range d.due() {
		told[m.Recipient] = m.Kind == "endpoint_off" && m.About == id && m.Channel == store.Mail
	}
	if !told["root"] || !told["o161"] || len(told) != 2 {
		t.Errorf("administrators are told: %v", told)
	}
	if err := d.store.EndpointWorked(ctx, id); err != nil {
		t.Fatal(err)
	}
	if e, _, err = d.store.Endpoint(ctx, id); err != nil || e.DisabledAt != nil || e.FailingSince != nil || e.Error != "" {
		t.Errorf("well again: %+v, %v", e, err)
	}
}

// Of a feed's secret only the hash is kept; a new one ends the one before.
func TestFeeds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	first, err := d.store.NewFeed(ctx, upper, "zh", d.now)
	if err != nil {
		t.Fatal(err)
	}
	if who, language, err := d.store.FeedOf(ctx, first); who != upper || language != "zh" || err != nil || len(first) < 50 {
		t.Errorf("%s %s, %v", who, language, err)
	}
	second, err := d.store.NewFeed(ctx, upper, "en", d.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.store.FeedOf(ctx, first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the one before: %v", err)
	}
	if _, language, err := d.store.FeedOf(ctx, second); language != "en" || err != nil {
		t.Errorf("%s, %v", language, err)
	}
	for range 2 {
		if err := d.store.EndFeed(ctx, upper); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := d.store.FeedOf(ctx, second); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ended: %v", err)
	}
}
