package store

import (
	"context"
	"fmt"
	"time"
)

// Tries is how often something may be tried within a while, by whom and at what: Key
// says that in words, of which only a keyed hash is kept.
type Tries struct {
	Key  []string
	Most int
}

// Try counts a try under each key in turn, as long as the ones before had any left. The
// time that it returns is when there will be some again; zero: it may be tried. Counted
// before it is made, no number of tries at once, in however many processes, gets past.
func (s *Store) Try(ctx context.Context, now time.Time, within time.Duration, limits ...Tries) (wait time.Time, err error) {
	const count = `
		INSERT INTO tries (key, count, ends_at) VALUES ($1, 1, $3)
		ON CONFLICT (key) DO UPDATE SET
			count   = CASE WHEN tries.ends_at <= $2 THEN 1 ELSE least(tries.count + 1, 1000000) END,
			ends_at = CASE WHEN tries.ends_at <= $2 THEN $3 ELSE tries.ends_at END
		RETURNING count, ends_at`
	for _, l := range limits {
		var n int
		var ends time.Time
		if err := s.pool.QueryRow(ctx, count, s.tried(l), now, now.Add(within)).Scan(&n, &ends); err != nil {
			return time.Time{}, fmt.Errorf("count try: %w", err)
		}
		if n > l.Most {
			return ends, nil
		}
	}
	return time.Time{}, nil
}

// Forgive takes one try back under each key: it was right. What is long over is swept.
func (s *Store) Forgive(ctx context.Context, now time.Time, limits ...Tries) error {
	for _, l := range limits {
		if _, err := s.pool.Exec(ctx, `UPDATE tries SET count = count - 1 WHERE key = $1 AND count > 0`, s.tried(l)); err != nil {
			return fmt.Errorf("forgive try: %w", err)
		}
	}
	const sweep = `DELETE FROM tries WHERE key IN (SELECT key FROM tries WHERE ends_at <= $1 LIMIT 1000 FOR UPDATE SKIP LOCKED)`
	if _, err := s.pool.Exec(ctx, sweep, now); err != nil {
		return fmt.Errorf("sweep tries: %w", err)
	}
	return nil
}

func (s *Store) tried(l Tries) []byte {
	parts := [][]byte{[]byte("tries")}
	for _, k := range l.Key {
		parts = append(parts, []byte(k))
	}
	return []byte(s.Fingerprint(parts...))
}
