// Package auth knows who is at the browser: passwords, and sessions that a cookie carries.
// Programs show a token instead, which is the API's own business.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
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

// Visit is how somebody comes to the door.
type Visit struct {
	Address string
	Agent   string // the browser, as it calls itself
	// Known is what a browser keeps in which the account has signed in before; empty: none.
	Known string
}

// SignIn checks a password and begins a session in a browser. secret is what the browser
// keeps, known what it shows with the next Visit. Errors: ErrWrong, *BlockedError.
func (a *Auth) SignIn(ctx context.Context, official, password string, by Visit) (secret, known string, err error) {
	if a.knows(official, by.Known) {
		err = a.checkKnown(ctx, official, password, by.Known)
	} else {
		err = a.checkStranger(ctx, official, password, by)
	}
	if err != nil {
		return "", "", err
	}
	secret, err = a.Begin(ctx, official, by.Agent, "")
	return secret, a.know(official), err
}

// SignInTrial begins a session without a password, for a trial's sample accounts. Errors:
// ErrWrong, *BlockedError.
func (a *Auth) SignInTrial(ctx context.Context, official string, by Visit) (secret string, err error) {
	limit := fromAddress(by)
	if err := a.try(ctx, true, limit); err != nil {
		return "", err
	}
	switch _, err := a.Account(ctx, official); {
	case errors.Is(err, store.ErrNotFound):
		return "", ErrWrong
	case err != nil:
		return "", err
	}
	if err := a.Store.Forgive(ctx, a.now(), limit); err != nil {
		return "", err
	}
	return a.Begin(ctx, official, by.Agent, "")
}

// Confirm asks somebody who is signed in for their password once more. What is wrong counts
// for the address, and for the account apart from its sign-in: whoever sits at a session that
// was left open keeps nobody from signing in elsewhere. Errors: ErrWrong, *BlockedError.
func (a *Auth) Confirm(ctx context.Context, official, password string, by Visit) error {
	address, account := fromAddress(by), store.Tries{Key: []string{"confirm", official}, Most: freeTries}
	if err := a.try(ctx, true, address); err != nil {
		return err
	}
	if err := a.try(ctx, false, account); err != nil {
		return err
	}
	hash, err := a.Store.Password(ctx, official)
	if err != nil {
		return err
	}
	if err := a.compare(ctx, password, hash); err != nil {
		return err
	}
	return a.Store.Forgive(ctx, a.now(), address, account)
}

func fromAddress(by Visit) store.Tries {
	return store.Tries{Key: []string{"sign-in", by.Address}, Most: signInsFrom}
}

// try counts a try. *BlockedError when there were too many.
func (a *Auth) try(ctx context.Context, address bool, limit store.Tries) error {
	wait, err := a.Store.Try(ctx, a.now(), triesWithin, limit)
	if err == nil && !wait.IsZero() {
		err = &BlockedError{Until: wait, Address: address}
	}
	return err
}

// checkKnown compares a password in a browser in which the account has signed in before. It
// has tries of its own: what others try, at the account or from the same address, makes
// strangers wait, never its owner at their own desk.
func (a *Auth) checkKnown(ctx context.Context, official, password, known string) error {
	limit := store.Tries{Key: []string{"password", official, known}, Most: freeTries}
	if err := a.try(ctx, false, limit); err != nil {
		return err
	}
	hash, err := a.Store.Password(ctx, official)
	if err == nil {
		err = a.compare(ctx, password, hash)
	}
	if err != nil {
		return err
	}
	return a.Store.Forgive(ctx, a.now(), limit)
}

// checkStranger compares a password; each try counts for the account and for the address,
// whosever the others from there were. An unknown account waits, and is as much work, as one
// that there is.
func (a *Auth) checkStranger(ctx context.Context, official, password string, by Visit) error {
	limit := fromAddress(by)
	if err := a.try(ctx, true, limit); err != nil {
		return err
	}
	hash, blocked, err := a.Store.TryPassword(ctx, official, a.now(), freeTries, firstWait)
	switch {
	case err != nil:
		return err
	case !blocked.IsZero():
		return &BlockedError{Until: blocked}
	}
	if err := a.compare(ctx, password, hash); err != nil {
		return err
	}
	return errors.Join(a.Store.PasswordRight(ctx, official, a.now()), a.Store.Forgive(ctx, a.now(), limit))
}

// compare says whether a password is right; ErrWrong when it is not.
func (a *Auth) compare(ctx context.Context, password, hash string) error {
	right, err := a.matches(ctx, password, hash)
	if err == nil && !right {
		err = ErrWrong
	}
	return err
}

// know is what a browser keeps in which an account has signed in: a name of its own, and a
// sign that only this installation can make of it and the account. It opens nothing.
func (a *Auth) know(official string) string {
	name := rand.Text()
	return name + "." + a.vouch(official, name)
}

func (a *Auth) knows(official, known string) bool {
	name, sign, _ := strings.Cut(known, ".")
	return sign != "" && subtle.ConstantTimeCompare([]byte(sign), []byte(a.vouch(official, name))) == 1
}

func (a *Auth) vouch(official, name string) string {
	return a.Store.Fingerprint([]byte("known browser"), []byte(official), []byte(name))
}

// Begin begins a session without a password, for whom another provider has vouched by an id
// token; empty: it was no provider.
//
// The token is kept, sealed, as long as the session: the provider wants it back as a hint
// when they sign out, and asks people whether they mean it otherwise. It opens nothing here.
func (a *Auth) Begin(ctx context.Context, official, agent, idToken string) (secret string, err error) {
	if r := []rune(strings.ToValidUTF8(agent, "�")); len(r) > 200 {
		agent = string(r[:200])
	} else {
		agent = string(r)
	}
	_, secret, err = a.Store.NewSession(ctx, official, agent, idToken, a.now(), lifetime)
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
	return a.Store.EndSession(ctx, official, session, nil)
}

// Leave ends a session, or all of whose it is, and returns the id token with which it began,
// if it did with one.
func (a *Auth) Leave(ctx context.Context, session store.Session, everywhere bool) (idToken string, err error) {
	idToken, err = a.Store.IDToken(ctx, session.ID)
	ended := session.ID
	if everywhere {
		ended = ""
	}
	return idToken, errors.Join(a.SignOut(ctx, session.Official, ended), err)
}

// SetPassword gives an official a password and signs them out everywhere. Errors:
// *WeakError, store.ErrNotFound for an unknown official.
func (a *Auth) SetPassword(ctx context.Context, official, password string) error {
	if err := strong(official, password); err != nil {
		return err
	}
	return a.setPassword(ctx, official, password, false, nil)
}

func (a *Auth) setPassword(ctx context.Context, official, password string, temporary bool, by *store.Administered) error {
	hash, err := hashed(ctx, password)
	if err != nil {
		return err
	}
	return a.Store.SavePassword(ctx, official, hash, temporary, a.now(), by)
}

// SetTemporary gives an official a password to sign in with once and change, and signs them
// out everywhere; by is the administrator's record of it. store.ErrNotFound when there is no such
// official, or they have left.
func (a *Auth) SetTemporary(ctx context.Context, official string, by *store.Administered) (password string, err error) {
	const groups, each = 4, 5 // 100 bits, that people can read to each other
	random := strings.ToLower(rand.Text())
	var parts []string
	for i := range groups {
		parts = append(parts, random[i*each:(i+1)*each])
	}
	password = strings.Join(parts, "-")
	return password, a.setPassword(ctx, official, password, true, by)
}

// Account is the official with this id, to sign in without a password. store.ErrNotFound
// when there is none, or they have left.
func (a *Auth) Account(ctx context.Context, official string) (casefile.Official, error) {
	d, err := a.Directory(ctx)
	if err != nil {
		return casefile.Official{}, err
	}
	o, ok := d.Officials[official]
	if !ok || o.Role == casefile.Former {
		return o, store.ErrNotFound
	}
	return o, nil
}

// Directory is everybody, for a trial's sign-in page.
func (a *Auth) Directory(ctx context.Context) (*casefile.Directory, error) {
	return a.Store.Directory(ctx)
}
