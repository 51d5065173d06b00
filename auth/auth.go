// Package auth knows who is at the browser: passwords, and sessions that a cookie carries.
// Programs show a token instead, which is the API's own business.
package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

// Errors of signing in. They say no more than the person may know.
var (
	// ErrWrong: no such account, or not its password.
	ErrWrong = errors.New("the account or its password is wrong")
	// ErrSignedOut: no session, or one that has ended.
	ErrSignedOut = errors.New("not signed in")
)

// BlockedError says that an account, or whoever comes from an address, waits after wrong
// passwords or secrets.
type BlockedError struct {
	Until   time.Time
	Address bool // it is the address that waits
}

func (e *BlockedError) Error() string {
	return "too many wrong passwords; wait until " + e.Until.Format(time.RFC3339)
}

// How often a password may be wrong before the account waits, and how long it waits then:
// each further one twice as long, an hour at most. A session lasts a working day.
const (
	freeTries = 5
	firstWait = time.Minute
	lifetime  = 12 * time.Hour
	// signInsFrom bounds wrong passwords from one address within triesWithin: an office
	// shares one, and only what is wrong counts.
	signInsFrom = 100
)

// Auth signs people in and out. It lives by real time, in a rehearsal too.
type Auth struct {
	Store *store.Store
	// Now is the time; nil: the machine's.
	Now func() time.Time

	// compared is called for each comparison of a password or secret; nil: nobody counts.
	compared func()
}

func (a *Auth) matches(ctx context.Context, password, hash string) (bool, error) {
	if a.compared != nil {
		a.compared()
	}
	return matches(ctx, password, hash)
}

func (a *Auth) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// SignIn checks a password and begins a session in a browser, which comes from an address.
// secret is what the browser keeps. Errors: as Check has them; too many wrong passwords
// from one address are a *BlockedError with Address, whosever they were.
func (a *Auth) SignIn(ctx context.Context, official, password, agent, from string) (secret string, err error) {
	limit := store.Tries{Key: []string{"sign-in", from}, Most: signInsFrom}
	wait, err := a.Store.Try(ctx, a.now(), triesWithin, limit)
	switch {
	case err != nil:
		return "", err
	case !wait.IsZero():
		return "", &BlockedError{Until: wait, Address: true}
	}
	if err := a.Check(ctx, official, password); err != nil {
		return "", err
	}
	if err := a.Store.Forgive(ctx, a.now(), limit); err != nil {
		return "", err
	}
	return a.Begin(ctx, official, agent)
}

// Check compares a password with the account's; each try counts. Errors: ErrWrong,
// *BlockedError. An unknown account takes as long as a known one.
func (a *Auth) Check(ctx context.Context, official, password string) error {
	account, blocked, err := a.Store.TryPassword(ctx, official, a.now(), freeTries, firstWait)
	unknown := errors.Is(err, store.ErrNotFound)
	switch {
	case err != nil && !unknown:
		return err
	case blocked:
		return &BlockedError{Until: *account.BlockedUntil}
	}
	right, err := a.matches(ctx, password, account.Password)
	switch {
	case err != nil:
		return err
	case unknown || !right:
		return ErrWrong
	}
	return a.Store.PasswordRight(ctx, official)
}

// Begin begins a session without a password: for a trial's sample accounts, and for whom
// another provider has vouched.
func (a *Auth) Begin(ctx context.Context, official, agent string) (secret string, err error) {
	if r := []rune(agent); len(r) > 200 {
		agent = string(r[:200])
	}
	_, secret, err = a.Store.NewSession(ctx, official, agent, a.now(), lifetime)
	return secret, err
}

// Who is whoever holds a session's secret. ErrSignedOut when nobody does.
func (a *Auth) Who(ctx context.Context, secret string) (store.Session, casefile.Official, error) {
	if secret == "" || len(secret) > 100 {
		return store.Session{}, casefile.Official{}, ErrSignedOut
	}
	session, o, err := a.Store.Signed(ctx, secret, a.now())
	if errors.Is(err, store.ErrNotFound) {
		err = ErrSignedOut
	}
	return session, o, err
}

// Sessions lists where an official is signed in, the newest first.
func (a *Auth) Sessions(ctx context.Context, official string) ([]store.Session, error) {
	return a.Store.Sessions(ctx, official, a.now())
}

// SignOut ends a session of an official; with an empty id all of them.
func (a *Auth) SignOut(ctx context.Context, official, session string) error {
	return a.Store.EndSession(ctx, official, session)
}

// SetPassword gives an official a password and signs them out everywhere. Errors:
// *WeakError, store.ErrNotFound for an unknown official.
func (a *Auth) SetPassword(ctx context.Context, official, password string) error {
	if err := strong(official, password); err != nil {
		return err
	}
	return a.setPassword(ctx, official, password, false)
}

func (a *Auth) setPassword(ctx context.Context, official, password string, temporary bool) error {
	hash, err := hashed(ctx, password)
	if err != nil {
		return err
	}
	return a.Store.SavePassword(ctx, official, hash, temporary, a.now())
}

// SetTemporary gives an official a password to sign in with once and change, and signs them
// out everywhere. store.ErrNotFound when there is no such official, or they have left.
func (a *Auth) SetTemporary(ctx context.Context, official string) (password string, err error) {
	const groups, each = 4, 5 // 100 bits, that people can read to each other
	random := strings.ToLower(rand.Text())
	var parts []string
	for i := range groups {
		parts = append(parts, random[i*each:(i+1)*each])
	}
	password = strings.Join(parts, "-")
	return password, a.setPassword(ctx, official, password, true)
}

// Account is the official with this id, to sign in without a password in a trial.
// store.ErrNotFound when there is none.
func (a *Auth) Account(ctx context.Context, official string) (casefile.Official, error) {
	d, err := a.Directory(ctx)
	if err != nil {
		return casefile.Official{}, err
	}
	o, ok := d.Officials[official]
	if !ok {
		return o, store.ErrNotFound
	}
	return o, nil
}

// Directory is everybody, for a trial's sign-in page.
func (a *Auth) Directory(ctx context.Context) (*casefile.Directory, error) {
	return a.Store.Directory(ctx)
}
