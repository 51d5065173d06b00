package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"shuangze/policy"
)

// What argon2id costs: 19 MiB and two passes. The least that is recommended where
// many sign in at once.
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	threads = 1
	saltLen = 16
	keyLen  = 32
)

// slots bound how many passwords are hashed at once: a flood of them must not take all
// memory.
var slots = make(chan struct{}, 4)

func key(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, passes, memory, threads, keyLen), nil
}

// hashed makes the hash to keep of a password, in argon2's usual form.
func hashed(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	sum, err := key(ctx, password, salt)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, b64(salt), b64(sum)), nil
}

// matches compares a password with a hash. An empty hash costs as much, and never does.
func matches(ctx context.Context, password, hash string) (bool, error) {
	if utf8.RuneCountInString(password) > longest {
		return false, nil
	}
	salt, want := make([]byte, saltLen), []byte(nil)
	if hash != "" {
		parts := strings.Split(hash, "$")
		var errSalt, errSum error
		if len(parts) != 6 {
			return false, fmt.Errorf("not a hash of argon2id: %d parts", len(parts))
		}
		salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
		want, errSum = base64.RawStdEncoding.DecodeString(parts[5])
		if params := fmt.Sprintf("v=%d$m=%d,t=%d,p=%d", argon2.Version, memory, passes, threads); parts[2]+"$"+parts[3] != params || errSalt != nil || errSum != nil {
			return false, errors.New("not a hash as this program makes them")
		}
	}
	got, err := key(ctx, password, salt)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// The lengths that a password can have, in characters.
const (
	shortest = 10
	longest  = 200
)

// WeakError says what is wrong with a new password.
type WeakError struct{ Text policy.Text }

func (e *WeakError) Error() string { return e.Text.English }

// strong refuses what is guessed first. Length is what counts; no signs are asked for.
func strong(official, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < shortest || n > longest:
		return &WeakError{policy.Text{
			Chinese: fmt.Sprintf("口令应为%d至%d个字符", shortest, longest), English: fmt.Sprintf("a password has %d to %d characters", shortest, longest),
		}}
	case strings.Contains(strings.ToLower(password), strings.ToLower(official)):
		return &WeakError{policy.Text{Chinese: "口令不能包含账号", English: "a password must not contain the account"}}
	case strings.Count(password, password[:1]) == len(password):
		return &WeakError{policy.Text{Chinese: "口令不能只有一种字符", English: "a password must not be one character again and again"}}
	}
	return nil
}
