package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

var visit = auth.Visit{Address: "192.0.2.1", Agent: "a browser"}

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
	secret, _, err := d.SignIn(d.t.Context(), official, password, visit)
	return secret, err
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
	secret, err := d.Begin(t.Context(), "o002", "b", "")
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

// An account that there is not waits after as many wrong passwords, as long, and is as much
// work: nobody learns which there are.
func TestUnknownAccountsWaitLikeKnownOnes(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	compared := 0
	d.Count(func() { compared++ })
	said := func(official string) (list []string) {
		compared = 0
		for range 8 {
			_, err := d.try(official, "wrong")
			list = append(list, err.Error())
		}
		return list
	}
	known := said("o001")
	for _, unknown := range []string{"nobody", "o002"} { // o002 has no password
		work := compared
		if got := said(unknown); !slices.Equal(got, known) || compared != work {
			t.Errorf("%s: %q and %d comparisons, want %q and %d", unknown, got, compared, known, work)
		}
	}
	accounts, err := d.Store.Accounts(t.Context(), []string{"o001", "o002"}, d.now)
	if err != nil || accounts[0].BlockedUntil == nil || accounts[1].BlockedUntil != nil {
		t.Errorf("%+v, %v", accounts, err)
	}
}

// Whatever strangers try, whoever has signed in in a browser before goes on doing so there.
// That browser's own tries are few, too, and it is known for its account alone.
func TestNobodyIsLockedOutByOthers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	if err := d.SetPassword(t.Context(), "o002", password); err != nil {
		t.Fatal(err)
	}
	secret, known, err := d.SignIn(t.Context(), "o001", password, visit)
	if err != nil || known == "" || strings.Contains(known, "o001") || secret == known {
		t.Fatalf("%q, %v", known, err)
	}
	for range 5 {
		if _, err := d.try("o001", "wrong"); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	at := func(official, password, known string) error {
		_, _, err := d.SignIn(t.Context(), official, password, auth.Visit{Address: "192.0.2.9", Known: known})
		return err
	}
	blocked := new(*auth.BlockedError)
	if err := at("o001", password, ""); !errors.As(err, blocked) {
		t.Errorf("in another browser: %v", err)
	}
	for _, forged := range []string{"x", ".", known + "x", "x." + known, strings.Replace(known, ".", "", 1)} {
		if err := at("o001", password, forged); !errors.As(err, blocked) {
			t.Errorf("with %q: %v", forged, err)
		}
	}
	for range 3 {
		if err := at("o001", password, known); err != nil {
			t.Errorf("in the known browser: %v", err)
		}
	}
	for i := range 100 { // from the same office
		if err := at(fmt.Sprintf("nobody-%d", i), "wrong", ""); err == nil {
			t.Fatal("no error")
		}
	}
	if err := at("o001", password, known); err != nil {
		t.Errorf("in the known browser, after what others at its address tried: %v", err)
	}
	if err := at("o001", password, ""); !errors.As(err, blocked) {
		t.Errorf("that the owner signed in frees strangers: %v", err)
	}
	for range 5 {
		if err := at("o001", "wrong", known); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	if err := at("o001", password, known); !errors.As(err, blocked) {
		t.Errorf("the known browser guesses without an end: %v", err)
	}
	if err := at("o002", password, known); !errors.As(err, blocked) || !(*blocked).Address {
		t.Errorf("another's browser is known: %v", err)
	}
}

// Whoever is signed in has few tries at the old password, and at a trial's accounts; what is
// wrong there keeps nobody from signing in elsewhere.
func TestOtherTriesAreCounted(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for range 2 {
		if err := d.Confirm(t.Context(), "o001", password, visit); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		if err := d.Confirm(t.Context(), "o001", "wrong", visit); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	blocked := new(auth.BlockedError)
	if err := d.Confirm(t.Context(), "o001", password, visit); !errors.As(err, &blocked) || blocked.Address || !blocked.Until.Equal(d.now.Add(15*time.Minute)) {
		t.Errorf("%v", err)
	}
	if _, err := d.try("o001", password); err != nil {
		t.Errorf("signing in: %v", err)
	}

	elsewhere := auth.Visit{Address: "192.0.2.7"}
	for range 150 {
		if _, err := d.SignInTrial(t.Context(), "o002", elsewhere); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		if _, err := d.SignInTrial(t.Context(), "nobody", elsewhere); !errors.Is(err, auth.ErrWrong) {
			t.Fatal(err)
		}
	}
	for name, try := range map[string]func() error{
		"a trial's account": func() error { _, err := d.SignInTrial(t.Context(), "o002", elsewhere); return err },
		"the old password":  func() error { return d.Confirm(t.Context(), "o001", password, elsewhere) },
		"sign-in":           func() error { _, _, err := d.SignIn(t.Context(), "o001", password, elsewhere); return err },
	} {
		if err := try(); !errors.As(err, &blocked) || !blocked.Address {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who has left signs in by no way, with whatever they still have.
func TestWhoHasLeft(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	secret, known, err := d.SignIn(t.Context(), "o001", password, visit)
	if err != nil {
		t.Fatal(err)
	}
	// By import the account stays.
	if _, err := d.Store.SaveOfficials(t.Context(), []casefile.Official{{ID: "o001", Name: "施乙", Post: "地委书记", Level: "prefecture", Unit: "p", Role: casefile.Former}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Who(t.Context(), secret); !errors.Is(err, auth.ErrSignedOut) {
		t.Error(err)
	}
	for _, known := range []string{"", known} {
		if _, _, err := d.SignIn(t.Context(), "o001", password, auth.Visit{Known: known}); !errors.Is(err, auth.ErrWrong) {
			t.Error(err)
		}
	}
	if _, err := d.SignInTrial(t.Context(), "o001", visit); !errors.Is(err, auth.ErrWrong) {
		t.Error(err)
	}
	if _, err := d.Account(t.Context(), "o001"); !errors.Is(err, store.ErrNotFound) { // whom a provider vouches for
		t.Error(err)
	}
}
