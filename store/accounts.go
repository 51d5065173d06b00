package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// TryPassword counts a try at the password of an account, as it was typed, and returns
// argon2id's hash to compare it with: empty when there is no such account, of which tries
// count all the same. One that was right is then forgotten by PasswordRight. From the free
// tries on the account waits, each time twice as long, from wait to at most an hour. blocked
// is until when it waits already: then nothing is counted and there is no hash.
//
// Counted before it is compared, no number of tries at once gets past the limit.
func (s *Store) TryPassword(ctx context.Context, account string, now time.Time, free int, wait time.Duration) (hash string, blocked time.Time, err error) {
	const try = `
		INSERT INTO password_tries AS t (key, failures, at) VALUES ($1, 1, $2)
		ON CONFLICT (key) DO UPDATE SET failures = t.failures + 1, at = $2,
			blocked_until = CASE WHEN t.failures + 1 >= $3 THEN $2 + least(interval '1 hour', $4::interval * 2 ^ least(t.failures + 1 - $3, 20)) END
		WHERE t.blocked_until IS NULL OR t.blocked_until <= $2`
	tag, err := s.pool.Exec(ctx, try, s.triedAt(account), now, free, wait)
	if err != nil {
		return "", blocked, fmt.Errorf("try password: %w", err)
	}
	if tag.RowsAffected() == 0 {
		err := s.pool.QueryRow(ctx, `SELECT blocked_until FROM password_tries WHERE key = $1`, s.triedAt(account)).Scan(&blocked)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) { // just made good: the next try finds that
			return "", blocked, fmt.Errorf("try password: %w", err)
		}
		if blocked.IsZero() {
			blocked = now
		}
		return "", blocked, nil
	}
	hash, err = s.Password(ctx, account)
	return hash, time.Time{}, err
}

func (s *Store) triedAt(account string) []byte {
	return []byte(s.Fingerprint([]byte("password"), []byte(account)))
}

// Password is argon2id's hash of an account's password; empty when there is no such account,
// or who had it has left.
func (s *Store) Password(ctx context.Context, account string) (hash string, err error) {
	if !utf8.ValidString(account) || strings.ContainsRune(account, 0) {
		return "", nil // Postgres takes it for no text at all
	}
	const sql = `SELECT a.password FROM accounts a JOIN officials o ON o.id = a.official WHERE a.official = $1 AND o.role <> 'former'`
	if err := s.pool.QueryRow(ctx, sql, account).Scan(&hash); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return hash, nil
}

// SavePassword gives an official a password, as argon2id's hash, and signs them out
// everywhere. One that is temporary must be changed before anything else is done. ErrNotFound
// when there is no such official, or they have left.
func (s *Store) SavePassword(ctx context.Context, official, hash string, temporary bool, now time.Time, by *Administered) error {
	return s.administer(ctx, by, func(tx pgx.Tx) error {
		const sql = `
			INSERT INTO accounts (official, password, changed_at, temporary) SELECT id, $2, $3, $4 FROM officials WHERE id = $1 AND role <> 'former'
			ON CONFLICT (official) DO UPDATE SET password = $2, changed_at = $3, temporary = $4`
		tag, err := tx.Exec(ctx, sql, official, hash, now, temporary)
		if err != nil {
			return fmt.Errorf("save password: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE official = $1`, official); err != nil {
			return fmt.Errorf("sign out everywhere: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM password_tries WHERE key = $1`, s.triedAt(official)); err != nil {
			return fmt.Errorf("forget tries: %w", err)
		}
		return nil
	})
}

// PasswordRight forgets the tries before. Those at other accounts are swept when they are
// long over.
func (s *Store) PasswordRight(ctx context.Context, official string, now time.Time) error {
	const sql = `DELETE FROM password_tries WHERE key = $1 OR key IN (SELECT key FROM password_tries WHERE at < $2 LIMIT 1000 FOR UPDATE SKIP LOCKED)`
	if _, err := s.pool.Exec(ctx, sql, s.triedAt(official), now.Add(-24*time.Hour)); err != nil {
		return fmt.Errorf("forget tries: %w", err)
	}
	return nil
}

// Session is a browser in which an official is signed in; its secret is not kept.
type Session struct {
	ID        string
	Official  string
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	Temporary bool // the password is one that must be changed first
}

// NewSession signs an official in and returns the secret that the browser keeps: 256
// random bits, shown this once. idToken is what an identity provider said of them; empty:
// none did. Sessions that have expired are swept.
func (s *Store) NewSession(ctx context.Context, official, agent, idToken string, now time.Time, lifetime time.Duration) (Session, string, error) {
	secret := rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(secret))
	session := Session{ID: rand.Text()[:10], Official: official, Agent: agent, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(lifetime)}
	var sealed []byte
	if idToken != "" {
		var err error
		if sealed, err = s.keys.seal([]byte(idToken), idTokenContext+session.ID); err != nil {
			return Session{}, "", fmt.Errorf("seal id token: %w", err)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM sessions WHERE expires_at <= $1`, now)
	batch.Queue(`INSERT INTO sessions (id, hash, official, agent, created_at, seen_at, expires_at, id_token) VALUES ($1, $2, $3, $4, $5, $5, $6, $7)`,
		session.ID, hash[:], official, agent, now, session.ExpiresAt, sealed)
	batch.Queue(`UPDATE accounts SET signed_in_at = $2 WHERE official = $1`, official, now)
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return Session{}, "", fmt.Errorf("sign in: %w", err)
	}
	return session, secret, nil
}

// Signed returns the session of a secret and whose it is. ErrNotFound when it is unknown,
// has expired or was ended. When it was last seen is noted to the minute.
func (s *Store) Signed(ctx context.Context, secret string, now time.Time) (Session, casefile.Official, error) {
	hash := sha256.Sum256([]byte(secret))
	var session Session
	var o casefile.Official
	const sql = `
		SELECT s.id, s.official, s.agent, s.created_at, s.seen_at, s.expires_at, coalesce(a.temporary, false),
			o.id, o.name, o.post, o.level, o.unit, o.role, o.portfolio, o.email
		FROM sessions s JOIN officials o ON o.id = s.official LEFT JOIN accounts a ON a.official = s.official
		WHERE s.hash = $1 AND s.expires_at > $2 AND o.role <> 'former'`
	err := s.pool.QueryRow(ctx, sql, hash[:], now).Scan(&session.ID, &session.Official, &session.Agent, &session.CreatedAt, &session.SeenAt, &session.ExpiresAt, &session.Temporary,
		&o.ID, &o.Name, &o.Post, &o.Level, &o.Unit, &o.Role, &o.Portfolio, &o.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		return session, o, ErrNotFound
	}
	if err == nil && now.Sub(session.SeenAt) > time.Minute {
		_, err = s.pool.Exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE id = $1`, session.ID, now)
	}
	if err != nil {
		return session, o, fmt.Errorf("look up session: %w", err)
	}
	return session, o, nil
}

// Sessions lists where an official is signed in, the newest first.
func (s *Store) Sessions(ctx context.Context, official string, now time.Time) ([]Session, error) {
	list, err := collect[Session](ctx, s.pool, `
		SELECT id, official, agent, created_at, seen_at, expires_at, false FROM sessions WHERE official = $1 AND expires_at > $2 ORDER BY created_at DESC, id`, official, now)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// EndSession ends one of an official's sessions; with an empty id all of them. It is no
// mistake when there is none.
func (s *Store) EndSession(ctx context.Context, official, id string, by *Administered) error {
	return s.administer(ctx, by, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE official = $1 AND ($2 = '' OR id = $2)`, official, id); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return nil
	})
}

const idTokenContext = "id token "

// IDToken is what an identity provider said of who began a session; empty when none did, or
// its key is gone.
func (s *Store) IDToken(ctx context.Context, session string) (string, error) {
	var sealed []byte
	err := s.pool.QueryRow(ctx, `SELECT id_token FROM sessions WHERE id = $1`, session).Scan(&sealed)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("read id token: %w", err)
	}
	plain, err := s.keys.open(sealed, idTokenContext+session)
	if err != nil {
		return "", nil //nolint:nilerr // a hint: without it the provider asks
	}
	return string(plain), nil
}

// AccountState is how an official's account stands.
type AccountState struct {
	Official     string
	Password     bool // there is one
	Temporary    bool // and it must be changed first
	ChangedAt    *time.Time
	SignedInAt   *time.Time
	BlockedUntil *time.Time
	Sessions     int // browsers in which they are signed in
	Tokens       int // that are valid
}

// Accounts lists how the accounts of some officials stand, in the order in which they are
// named.
func (s *Store) Accounts(ctx context.Context, officials []string, now time.Time) ([]AccountState, error) {
	const sql = `
		SELECT o.id, a.official IS NOT NULL, coalesce(a.temporary, false), a.changed_at, a.signed_in_at, NULL::timestamptz,
			(SELECT count(*)::int FROM sessions s WHERE s.official = o.id AND s.expires_at > $1),
			(SELECT count(*)::int FROM tokens t WHERE t.official = o.id AND t.expires_at > $1 AND t.revoked_at IS NULL)
		FROM unnest($2::text[]) WITH ORDINALITY AS named (id, n) JOIN officials o USING (id) LEFT JOIN accounts a ON a.official = o.id ORDER BY named.n`
	list, err := collect[AccountState](ctx, s.pool, sql, now, officials)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	type block struct {
		Key   []byte
		Until time.Time
	}
	keys := make([][]byte, len(officials))
	for i, o := range officials {
		keys[i] = s.triedAt(o)
	}
	blocks, err := collect[block](ctx, s.pool, `SELECT key, blocked_until FROM password_tries WHERE key = ANY($2) AND blocked_until > $1`, now, keys)
	if err != nil {
		return nil, fmt.Errorf("list accounts that wait: %w", err)
	}
	until := map[string]*time.Time{}
	for _, b := range blocks {
		until[string(b.Key)] = &b.Until
	}
	for i := range list {
		if list[i].Password {
			list[i].BlockedUntil = until[string(s.triedAt(list[i].Official))]
		}
	}
	return list, nil
}
