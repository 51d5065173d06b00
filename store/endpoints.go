package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Endpoint is where machines or groups are told, without its address and secrets.
type Endpoint struct {
	ID            string
	Kind          string
	Name          string
	Unit          string // whose people's notices it gets; empty: all
	Language      string
	Host          string
	CreatedAt     time.Time
	PreviousUntil *time.Time // how long the secret before signs too
	FailingSince  *time.Time
	Error         string // of the last failure
	DisabledAt    *time.Time
}

// Line is an endpoint's address and what signs there: sealed, for an address can be a
// secret as well.
type Line struct {
	Address  string `json:"address"`
	Secret   string `json:"secret,omitempty"`
	Previous string `json:"previous,omitempty"`
}

// Secrets are those that sign now, the newest first.
func (e Endpoint) Secrets(l Line, now time.Time) []string {
	if l.Previous != "" && e.PreviousUntil != nil && now.Before(*e.PreviousUntil) {
		return []string{l.Secret, l.Previous}
	}
	return []string{l.Secret}
}

const selectEndpoint = `SELECT id, kind, name, unit, language, host, created_at, previous_until, failing_since, error, disabled_at FROM endpoints`

// AddEndpoint keeps an endpoint under a new id, which it returns.
func (s *Store) AddEndpoint(ctx context.Context, e Endpoint, l Line, by *Administered) (string, error) {
	id, _, err := s.EndpointOnce(ctx, "", e, l, by)
	return id, err
}

// EndpointOnce is AddEndpoint for a request that can come twice: under the same key it is the
// endpoint that was added before. ErrOtherRequest when the key was for another.
func (s *Store) EndpointOnce(ctx context.Context, key string, e Endpoint, l Line, by *Administered) (id string, again bool, err error) {
	e.ID = "ep_" + rand.Text()[:12]
	if key != "" {
		e.ID = "ep_" + strings.ToUpper(s.Fingerprint([]byte("endpoint's id"), []byte(key))[:12])
	}
	sealed, err := s.sealLine(e.ID, l)
	if err != nil {
		return "", false, err
	}
	if by != nil {
		by.Subject = e.ID
	}
	err = s.administer(ctx, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO endpoints (id, kind, name, unit, language, host, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
			e.ID, e.Kind, e.Name, e.Unit, e.Language, e.Host, sealed, e.CreatedAt)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrOtherRequest // or the same one
		}
		return err
	})
	if errors.Is(err, ErrOtherRequest) {
		before, line, err := s.Endpoint(ctx, e.ID)
		switch {
		case err != nil:
			return "", false, err
		case before.Kind != e.Kind || before.Name != e.Name || before.Unit != e.Unit || before.Language != e.Language || line.Address != l.Address || line.Secret != l.Secret:
			return "", false, ErrOtherRequest
		}
		return e.ID, true, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("add endpoint: %w", err)
	}
	return e.ID, false, nil
}

func (s *Store) sealLine(id string, l Line) ([]byte, error) {
	plain, err := json.Marshal(l) //nolint:gosec // sealed below
	if err != nil {
		return nil, err
	}
	sealed, err := s.keys.seal(plain, id)
	if err != nil {
		return nil, fmt.Errorf("seal endpoint: %w", err)
	}
	return sealed, nil
}

// Endpoints lists all endpoints, the oldest first.
func (s *Store) Endpoints(ctx context.Context) ([]Endpoint, error) {
	list, err := collect[Endpoint](ctx, s.pool, selectEndpoint+` ORDER BY created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list endpoints: %w", err)
	}
	return list, nil
}

// Endpoint opens an endpoint. ErrNotFound when there is none, ErrSealed when no key
// opens it.
func (s *Store) Endpoint(ctx context.Context, id string) (Endpoint, Line, error) {
	return s.endpoint(ctx, s.pool, id, "")
}

func (s *Store) endpoint(ctx context.Context, q querier, id, lock string) (e Endpoint, l Line, err error) {
	rows, err := q.Query(ctx, selectEndpoint+` WHERE id = $1`+lock, id)
	if err != nil {
		return e, l, fmt.Errorf("read endpoint: %w", err)
	}
	e, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Endpoint])
	if errors.Is(err, pgx.ErrNoRows) {
		return e, l, ErrNotFound
	}
	if err != nil {
		return e, l, fmt.Errorf("read endpoint: %w", err)
	}
	var sealed []byte
	if err := q.QueryRow(ctx, `SELECT sealed FROM endpoints WHERE id = $1`, id).Scan(&sealed); err != nil {
		return e, l, fmt.Errorf("read endpoint: %w", err)
	}
	plain, err := s.keys.open(sealed, id)
	if err != nil {
		return e, l, fmt.Errorf("%w: endpoint %s: %w", ErrSealed, id, err)
	}
	return e, l, json.Unmarshal(plain, &l)
}

// Rotate gives an endpoint a new secret. Until previousUntil the one before signs too;
// zero: it is forgotten at once. ErrNotFound when there is no such endpoint.
func (s *Store) Rotate(ctx context.Context, id, secret string, previousUntil time.Time, by *Administered) error {
	return s.administer(ctx, by, func(tx pgx.Tx) error {
		_, l, err := s.endpoint(ctx, tx, id, ` FOR UPDATE`)
		if err != nil {
			return err
		}
		l.Previous, l.Secret = l.Secret, secret
		var until *time.Time
		if previousUntil.IsZero() {
			l.Previous = ""
		} else {
			until = &previousUntil
		}
		sealed, err := s.sealLine(id, l)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE endpoints SET sealed = $2, previous_until = $3 WHERE id = $1`, id, sealed, until); err != nil {
			return fmt.Errorf("rotate secret: %w", err)
		}
		return nil
	})
}

// RemoveEndpoint removes an endpoint; what was planned for it is suppressed. ErrNotFound
// when there is no such endpoint.
func (s *Store) RemoveEndpoint(ctx context.Context, id string, now time.Time, by *Administered) error {
	return s.administer(ctx, by, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM endpoints WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("remove endpoint: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return abandon(ctx, tx, id, "endpoint_removed", now)
	})
}

// abandon suppresses all that is planned for a channel.
func abandon(ctx context.Context, tx pgx.Tx, channel, why string, now time.Time) error {
	if err := finish(ctx, tx, `channel = $4`, DeliverySuppressed, why, now, channel); err != nil {
		return fmt.Errorf("abandon messages: %w", err)
	}
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = 'suppressed', reason = $2, done_at = $3 WHERE channel = $1 AND state = 'planned'`, channel, why, now)
	if err != nil {
		return fmt.Errorf("abandon deliveries: %w", err)
	}
	return nil
}

// EndpointWorked records that an endpoint was reached: it is well again, and on.
func (s *Store) EndpointWorked(ctx context.Context, id string) error {
	_, err := s.pool.Exec(ctx, `UPDATE endpoints SET failing_since = NULL, error = '', disabled_at = NULL WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("record endpoint: %w", err)
	}
	return nil
}

// EndpointFailed records that an endpoint was not reached and switches it off when that
// has been so since before the given time: what was planned for it is suppressed, and
// every administrator gets a letter.
func (s *Store) EndpointFailed(ctx context.Context, id, why string, now, before time.Time, mail bool) (off bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var since time.Time
		err := tx.QueryRow(ctx, `
			UPDATE endpoints SET error = $2, failing_since = coalesce(failing_since, $3) WHERE id = $1 AND disabled_at IS NULL RETURNING failing_since`,
			id, why, now).Scan(&since)
		if errors.Is(err, pgx.ErrNoRows) { // removed, or off already
			return nil
		}
		if err != nil || since.After(before) {
			return err
		}
		off = true
		if _, err := tx.Exec(ctx, `UPDATE endpoints SET disabled_at = $2 WHERE id = $1`, id, now); err != nil {
			return err
		}
		if err := abandon(ctx, tx, id, "endpoint_disabled", now); err != nil || !mail {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO messages (id, kind, channel, recipient, about, urgent, planned_at, next_at)
			SELECT 'endpoint_off-' || $1 || '-' || extract(epoch FROM $2::timestamptz)::bigint || '-' || id, 'endpoint_off', '`+Mail+`', id, $1, true, $2, $2
			FROM officials WHERE role = $3 AND email <> '' ON CONFLICT DO NOTHING`, id, now, string(casefile.Admin))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record endpoint's failure: %w", err)
	}
	return off, nil
}

// NewFeed makes a secret for an official's calendar feed and returns it, this once. The
// one before ends.
func (s *Store) NewFeed(ctx context.Context, official, language string, now time.Time) (string, error) {
	secret := rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(secret))
	_, err := s.pool.Exec(ctx, `
		INSERT INTO feeds (official, hash, language, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (official) DO UPDATE SET hash = $2, language = $3, created_at = $4`, official, hash[:], language, now)
	if err != nil {
		return "", fmt.Errorf("create feed: %w", err)
	}
	return secret, nil
}

// EndFeed ends an official's calendar feed, if there is one.
func (s *Store) EndFeed(ctx context.Context, official string) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM feeds WHERE official = $1`, official); err != nil {
		return fmt.Errorf("end feed: %w", err)
	}
	return nil
}

// FeedOf says whose feed a secret opens, and in which language. ErrNotFound when it opens
// none.
func (s *Store) FeedOf(ctx context.Context, secret string) (official, language string, err error) {
	hash := sha256.Sum256([]byte(secret))
	err = s.pool.QueryRow(ctx, `SELECT official, language FROM feeds WHERE hash = $1`, hash[:]).Scan(&official, &language)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", ErrNotFound
	}
	if err != nil {
		return "", "", fmt.Errorf("look up feed: %w", err)
	}
	return official, language, nil
}
