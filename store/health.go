package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Unavailable reports whether an error means that the database is away or has no
// connection to spare, so that the same may succeed in a moment.
func Unavailable(err error) bool {
	var (
		connect *pgconn.ConnectError
		network *net.OpError
		pg      *pgconn.PgError
	)
	switch {
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return true
	case errors.As(err, &pg):
		// Connection exceptions, insufficient resources, and a server that shuts down,
		// starts up or lost its peer.
		class := pg.Code[:min(3, len(pg.Code))]
		return strings.HasPrefix(class, "08") || strings.HasPrefix(class, "53") || class == "57P"
	}
	return false
}

// CountOpen counts the open cases, and those of them that are past a statutory due
// date at this instant.
func (s *Store) CountOpen(ctx context.Context, now time.Time) (open, overdue int, err error) {
	const sql = `SELECT (SELECT count(*) FROM cases WHERE open), (SELECT count(*) FROM cases WHERE overdue_at <= $1)`
	if err := s.pool.QueryRow(ctx, sql, now).Scan(&open, &overdue); err != nil {
		return 0, 0, fmt.Errorf("count open cases: %w", err)
	}
	return open, overdue, nil
}

// Health is how the database does, and what waits in it.
type Health struct {
	Server    string // Postgres's version
	Schema    int64  // version of the schema
	Unplanned int    // notices of which no delivery is planned yet
	Waiting   int    // messages that are to be sent
	Due       int    // of these, those whose time has come
	Failing   int    // of these, those that have failed at least once
	Failed    int    // that were given up within the last seven days
}

// Health looks at the database at an instant of case time.
func (s *Store) Health(ctx context.Context, now time.Time) (h Health, err error) {
	const sql = `
		SELECT current_setting('server_version'), (SELECT max(version_id) FROM goose_db_version WHERE is_applied),
			(SELECT count(*) FROM notices WHERE NOT planned),
			(SELECT count(*) FROM messages WHERE state = 'planned'),
			(SELECT count(*) FROM messages WHERE state = 'planned' AND next_at <= $1),
			(SELECT count(*) FROM messages WHERE state = 'planned' AND error <> ''),
			(SELECT count(*) FROM messages WHERE state = 'failed' AND done_at > $1 - interval '7 days')`
	if err := s.pool.QueryRow(ctx, sql, now).Scan(&h.Server, &h.Schema, &h.Unplanned, &h.Waiting, &h.Due, &h.Failing, &h.Failed); err != nil {
		return h, fmt.Errorf("look at the database: %w", err)
	}
	return h, nil
}
