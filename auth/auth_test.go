package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/embedded/embeddedtest"
	"shuangze/store"
)

func TestMain(m *testing.M) { embeddedtest.Main(m, embeddedtest.Options{}) }

var migrated = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	if _, err := s.SaveUnits(ctx, []casefile.Unit{{Code: "p", Name: "地委行署", Kind: casefile.Authority, Level: "prefecture"}}); err != nil {
		return err
	}
	_, err = s.SaveOfficials(ctx, []casefile.Official{
		{ID: "o001", Name: "施乙", Post: "地委书记", Level: "prefecture", Unit: "p", Role: casefile.Leader},
		{ID: "o002", Name: "陶辛", Post: "行署专员", Level: "prefecture", Unit: "p", Role: casefile.Leader},
	})
	return err
}}

const password = "每天一案双责 not a secret"

// door is an Auth whose time the test sets, with an account for o001.
type door struct {
	*auth.Auth
	t   *testing.T
	now time.Time
}

func newDoor(t *testing.T) *door {
	t.Helper()
	s, err := store.Open(t.Context(), migrated.Database(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	d := &door{t: t, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	d.Auth = &auth.Auth{Store: s, Now: func() time.Time { return d.now }}
	if err := d.SetPassword(t.Context(), "o001", password); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *door) try(official, password string) (string, error) {
	return d.SignIn(d.t.Context(), official, password, "a browser", "192.0.2.1")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	secret, err := d.try("o001", password)
	if err != nil {
		t.Fatal(err)
	}
	session, who, err := d.Who(t.Context(), secret)
	if err != nil || who.ID != "o001" || who.Name != "施乙" || session.Agent != "a browser" {
		t.Errorf("%+v %+v, %v", session, who, err)
	}
	for _, bad := range []struct{ official, password string }{{"o001", "another one"}, {"o001", ""}, {"o002", password}, {"nobody", password}, {"", ""}, {"o001", strings.Repeat("长", 10_000)}} {
		if _, err := d.try(bad.official, bad.password); !errors.Is(err, auth.ErrWrong) {
			t.Errorf("%.20v: %v", bad, err)
		}
	}
	for _, secret := range []string{"", "x", secret + "x", strings.Repeat("x", 1000)} {
		if _, _, err := d.Who(t.Context(), secret); !errors.Is(err, auth.ErrSignedOut) {
			t.Errorf("%.20q: %v", secret, err)
		}
	}
	d.now = d.now.Add(13 * time.Hour)
	if _, _, err := d.Who(t.Context(), secret); !errors.Is(err, auth.ErrSignedOut) {
		t.Errorf("after a day: %v", err)
	}
}

// Five wrong passwords make the account wait, longer each time; the right one doesn't help
// meanwhile, and afterwards makes all good.
func TestWrongPasswords(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for range 5 {
		if _, err := d.try("o001", "wrong"); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	for _, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		var blocked *auth.BlockedError
		if _, err := d.try("o001", password); !errors.As(err, &blocked) || !blocked.Until.Equal(d.now.Add(wait)) {
			t.Fatalf("%v, want it blocked for %s", err, wait)
		}
		d.now = d.now.Add(wait)
		if _, err := d.try("o001", "wrong"); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	d.now = d.now.Add(time.Hour)
	if _, err := d.try("o001", password); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := d.try("o001", "wrong"); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	if _, err := d.try("o001", password); err != nil {
		t.Error("four more after the right one:", err)
	}
}

// However many try at once, no more than five are compared.
func TestWrongPasswordsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var compared atomic.Int64
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			switch _, err := d.try("o001", "wrong"); {
			case errors.Is(err, auth.ErrWrong):
				compared.Add(1)
			case !errors.As(err, new(*auth.BlockedError)):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := compared.Load(); n != 5 {
		t.Errorf("%d were compared, want 5", n)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var secrets []string
	for range 3 {
		secret, err := d.try("o001", password)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, secret)
		d.now = d.now.Add(time.Minute)
	}
	in := func(secret string) bool {
		_, _, err := d.Who(t.Context(), secret)
		return err == nil
	}
	list, err := d.Sessions(t.Context(), "o001")
	if err != nil || len(list) != 3 || !list[0].CreatedAt.After(list[2].CreatedAt) {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := errors.Join(d.SignOut(t.Context(), "o002", list[0].ID), d.SignOut(t.Context(), "o001", list[2].ID)); err != nil {
		t.Fatal(err)
	}
	if in(secrets[0]) || !in(secrets[1]) || !in(secrets[2]) {
		t.Error("one session ends, and only by whose it is")
	}
	if err := d.SetPassword(t.Context(), "o001", "a new password"); err != nil {
		t.Fatal(err)
	}
	if in(secrets[1]) || in(secrets[2]) {
		t.Error("a new password signs out everywhere")
	}
	secret, err := d.Begin(t.Context(), "o002", "b")
	if err != nil || !in(secret) {
		t.Error(err)
	}
	if err := d.SignOut(t.Context(), "o002", ""); err != nil || in(secret) {
		t.Error("signed out everywhere:", err)
	}
}

func TestPasswordsThatAreNone(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, weak := range []string{"", "short", "xxxxxxxxxxxxx", "my-o001-password", strings.Repeat("长", 201)} {
		var refused *auth.WeakError
		if err := d.SetPassword(t.Context(), "o001", weak); !errors.As(err, &refused) || refused.Text.Chinese == "" || refused.Text.English == "" {
			t.Errorf("%.20q: %v", weak, err)
		}
	}
	if err := d.SetPassword(t.Context(), "nobody", password); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}
