package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"strings"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

// alphabet is what query codes are written in: no 0, O, 1, I or L, which are read for each
// other. That it has a prime number of signs makes the check sign see every single wrong
// sign and every two that changed places.
const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

const (
	codeLen   = 12 // the check sign among them: 54 random bits
	secretLen = 8  // decimal digits
)

// randomOf picks n signs of a set, each equally likely.
func randomOf(set string, n int) string {
	signs := make([]byte, n)
	for i := range signs {
		k, _ := rand.Int(rand.Reader, big.NewInt(int64(len(set)))) // never fails
		signs[i] = set[k.Int64()]
	}
	return string(signs)
}

// checkSign is the sign that makes the sum of all, each weighed by its place, a multiple
// of the alphabet's length.
func checkSign(body string) byte {
	sum := 0
	for i := range len(body) {
		sum += (i + 2) * strings.IndexByte(alphabet, body[i])
	}
	return alphabet[(len(alphabet)-sum%len(alphabet))%len(alphabet)]
}

func newCode() string {
	body := randomOf(alphabet, codeLen-1)
	return body + string(checkSign(body))
}

// ParseCode reads a query code as people type it: in small or capital letters, full-width
// ones too, with spaces or dashes anywhere. ok is false when it is none, which can only be
// a slip of the pen: it says nothing of which codes there are.
func ParseCode(typed string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch {
		case r == ' ', r == '　', r == '-', r == '–', r == '—', r == '_', r == '.', r == '\t':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, typed)
	if len(code) != codeLen || strings.Trim(code, alphabet) != "" {
		return "", false
	}
	return code, checkSign(code[:codeLen-1]) == code[codeLen-1]
}

// GroupCode writes a query code in groups of four: 7KQM-3XPA-N4DV.
func GroupCode(code string) string {
	var groups []string
	for ; len(code) > 4; code = code[4:] {
		groups = append(groups, code[:4])
	}
	return strings.Join(append(groups, code), "-")
}

// ParseSecret reads a query secret as people type it; ok is false when it has not eight
// digits.
func ParseSecret(typed string) (secret string, ok bool) {
	secret = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ', r == '　', r == '-':
			return -1
		}
		return r
	}, typed)
	return secret, len(secret) == secretLen && strings.Trim(secret, "0123456789") == ""
}

// IssueReceipt makes a receipt for a case, with a new secret, which is shown this once.
// again ends the secret of the receipt before. Errors: store.ErrIssued, store.ErrNotFound.
func (a *Auth) IssueReceipt(ctx context.Context, c casefile.Case, by string, now time.Time, again bool) (r store.Receipt, secret string, err error) {
	secret = randomOf("0123456789", secretLen)
	hash, err := hashed(ctx, secret)
	if err != nil {
		return r, "", err
	}
	r, err = a.Store.IssueReceipt(ctx, store.Receipt{Case: c.ID, Code: newCode(), IssuedBy: by, IssuedAt: now.UTC().Truncate(time.Microsecond)}, hash, again)
	if err != nil {
		return r, "", err
	}
	return r, secret, nil
}

// How often receipts may be tried from one address, and there at one code: wide enough for
// a village that shares an address and for a slip of the pen, far too narrow to guess eight
// digits. Nobody else's tries at a code count against its petitioner's.
const (
	triesWithin  = 15 * time.Minute
	triesFrom    = 60
	triesAtCode  = 10
	passLifetime = 15 * time.Minute
)

// LookUp returns the receipt of a code and its secret, as ParseCode and ParseSecret read
// them; from is the address it is tried from. Errors: ErrWrong, *BlockedError. An unknown
// code is as much work as a known one, and counts as much.
func (a *Auth) LookUp(ctx context.Context, code, secret, from string) (store.Receipt, error) {
	limits := []store.Tries{
		{Key: []string{"receipt", from}, Most: triesFrom},
		{Key: []string{"receipt", from, code}, Most: triesAtCode},
	}
	wait, err := a.Store.Try(ctx, a.now(), triesWithin, limits...)
	switch {
	case err != nil:
		return store.Receipt{}, err
	case !wait.IsZero():
		return store.Receipt{}, &BlockedError{Until: wait, Address: true}
	}
	r, hash, err := a.Store.Receipt(ctx, code)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.Receipt{}, err
	}
	right, err := a.matches(ctx, secret, hash) // of an unknown code there is no hash: the work is done all the same
	switch {
	case err != nil:
		return store.Receipt{}, err
	case !right:
		return store.Receipt{}, ErrWrong
	}
	return r, a.Store.Forgive(ctx, a.now(), limits...)
}

// Pass lets a browser show a receipt for a quarter of an hour without code and secret.
func (a *Auth) Pass(r store.Receipt) (pass string, lifetime time.Duration, err error) {
	pass, err = a.Store.Pass(r, a.now().Add(passLifetime))
	return pass, passLifetime, err
}

// Passed returns the receipt of a pass. ErrSignedOut when it is over, or another receipt
// was given meanwhile.
func (a *Auth) Passed(ctx context.Context, pass string) (store.Receipt, error) {
	if pass == "" || len(pass) > 1000 {
		return store.Receipt{}, ErrSignedOut
	}
	r, err := a.Store.Passed(ctx, pass, a.now())
	if errors.Is(err, store.ErrNotFound) {
		err = ErrSignedOut
	}
	return r, err
}
