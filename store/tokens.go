package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Token is what is known of a bearer token; the token itself is not kept.
type Token struct {
	ID        string
	Official  string
	CreatedAt time.Time
	ExpiresAt time.Time
	RevokedAt *time.Time
}

// NewToken makes a token for an official and returns it: "sz_" and 256 random
// bits. It is shown this once. ErrNotFound when there is no such official.
func (s *Store) NewToken(ctx context.Context, official string, now time.Time, lifetime time.Duration, by *Administered) (Token, string, error) {
	t, secret, _, err := s.TokenOnce(ctx, "", official, now, lifetime, by)
	return t, secret, err
}

// TokenOnce is NewToken for a request that can come twice: under the same key it gives the
// same token, and says that it was there before. ErrOtherRequest when the key was for another.
func (s *Store) TokenOnce(ctx context.Context, key, official string, now time.Time, lifetime time.Duration, by *Administered) (t Token, secret string, again bool, err error) {
	t, secret = Token{ID: rand.Text()[:10], Official: official, CreatedAt: now, ExpiresAt: now.Add(lifetime)}, "sz_"+rand.Text()+rand.Text()
	if key != "" {
		t.ID, secret = s.Fingerprint([]byte("token's id"), []byte(key))[:10], "sz_"+s.Fingerprint([]byte("token"), []byte(key))
	}
	hash := sha256.Sum256([]byte(secret))
	if by != nil {
		by.Fields = []string{t.ID}
	}
	err = s.administer(ctx, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO tokens (id, hash, official, created_at, expires_at) SELECT $1, $2, id, $4, $5 FROM officials WHERE id = $3 ON CONFLICT (id) DO NOTHING`,
			t.ID, hash[:], official, t.CreatedAt, t.ExpiresAt)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
	if errors.Is(err, ErrNotFound) && key != "" {
		before, err := collect[Token](ctx, s.pool, `SELECT id, official, created_at, expires_at, revoked_at FROM tokens WHERE id = $1`, t.ID)
		switch {
		case err != nil:
			return Token{}, "", false, fmt.Errorf("read token: %w", err)
		case len(before) == 1 && (before[0].Official != official || before[0].ExpiresAt.Sub(before[0].CreatedAt) != lifetime):
			return Token{}, "", false, ErrOtherRequest
		case len(before) == 1:
			return before[0], secret, true, nil
		}
	}
	if err != nil {
		return Token{}, "", false, fmt.Errorf("create token: %w", err)
	}
	return t, secret, false, nil
}

// Holder returns who a token belongs to. ErrNotFound when it is unknown, expired or
// revoked: the caller learns no more than that.
func (s *Store) Holder(ctx context.Context, secret string, now time.Time) (casefile.Official, error) {
	hash := sha256.Sum256([]byte(secret))
	rows, err := s.pool.Query(ctx, `
		SELECT o.id, o.name, o.post, o.level, o.unit, o.role, o.portfolio, o.email
		FROM tokens t JOIN officials o ON o.id = t.official
		WHERE t.hash = $1 AND t.expires_at > $2 AND t.revoked_at IS NULL AND o.role <> 'former'`, hash[:], now)
	if err != nil {
		return casefile.Official{}, fmt.Errorf("look up token: %w", err)
	}
	o, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[casefile.Official])
	if errors.Is(err, pgx.ErrNoRows) {
		return o, ErrNotFound
	}
	if err != nil {
		return o, fmt.Errorf("look up token: %w", err)
	}
	return o, nil
}

// Tokens lists all tokens, the newest first.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	return collect[Token](ctx, s.pool, `SELECT id, official, created_at, expires_at, revoked_at FROM tokens ORDER BY created_at DESC, id`)
}

// RevokeToken ends a token. ErrNotFound when there is none with this id that is
// not revoked yet.
func (s *Store) RevokeToken(ctx context.Context, id string, now time.Time, by *Administered) error {
	err := s.administer(ctx, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, id, now)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

// Setting returns a named setting of this installation; empty when it was never set.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	var value string
	err := s.pool.QueryRow(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&value)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read setting %s: %w", name, err)
	}
	return value, nil
}

// SaveSetting sets a named setting.
func (s *Store) SaveSetting(ctx context.Context, name, value string) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2`, name, value)
	if err != nil {
		return fmt.Errorf("save setting %s: %w", name, err)
	}
	return nil
}
