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
