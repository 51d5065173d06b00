package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// MaxDrafts is how many registrations somebody can have begun at a time.
const MaxDrafts = 10

// ErrTooManyDrafts says that somebody has begun as many registrations as can be kept.
var ErrTooManyDrafts = errors.New("there are too many drafts")

// Draft is a registration that somebody has begun: its fields as they were typed, right or
// wrong. Nil fields can't be opened: they were sealed with a key that is gone.
type Draft struct {
	ID      string
	SavedAt time.Time // by the real clock
	Fields  map[string]string
}

// SaveDraft keeps what an official has typed, in place of what was saved under this id
// before. ErrTooManyDrafts when it would be one more than MaxDrafts.
func (s *Store) SaveDraft(ctx context.Context, official, id string, fields map[string]string) (Draft, error) {
	plain, err := json.Marshal(fields)
	if err != nil {
		return Draft{}, err
	}
	sealed, err := s.keys.seal(plain, draftContext(official, id))
	if err != nil {
		return Draft{}, fmt.Errorf("seal draft: %w", err)
	}
	d := Draft{ID: id, Fields: fields}
	const sql = `
		INSERT INTO drafts (official, id, sealed)
		SELECT $1, $2, $3 WHERE (SELECT count(*) FROM drafts WHERE official = $1 AND id <> $2) < $4
		ON CONFLICT (official, id) DO UPDATE SET sealed = excluded.sealed, saved_at = excluded.saved_at
		RETURNING saved_at`
	err = s.pool.QueryRow(ctx, sql, official, id, sealed, MaxDrafts).Scan(&d.SavedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return Draft{}, ErrTooManyDrafts
	}
	if err != nil {
		return Draft{}, fmt.Errorf("save draft: %w", err)
	}
	return d, nil
}

// Drafts lists what an official has begun, the latest first.
func (s *Store) Drafts(ctx context.Context, official string) ([]Draft, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, saved_at, sealed FROM drafts WHERE official = $1 ORDER BY saved_at DESC, id`, official)
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	drafts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Draft, err error) {
		var sealed []byte
		if err := row.Scan(&d.ID, &d.SavedAt, &sealed); err != nil {
			return d, err
		}
		if plain, err := s.keys.open(sealed, draftContext(official, d.ID)); err == nil {
			return d, json.Unmarshal(plain, &d.Fields)
		}
		return d, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return drafts, nil
}

// EndDraft deletes a draft; it is no mistake when there is none.
func (s *Store) EndDraft(ctx context.Context, official, id string) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM drafts WHERE official = $1 AND id = $2`, official, id); err != nil {
		return fmt.Errorf("delete draft: %w", err)
	}
	return nil
}

func draftContext(official, id string) string { return "draft " + official + "\x00" + id }
