package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// OpenPool is Open with a pool of the test's own making.
func OpenPool(ctx context.Context, config *pgxpool.Config) (*Store, error) {
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return &Store{pool: pool}, err
}

// What keys do, and what lies in the database.
var (
	Seal   = Keys.seal
	Unseal = Keys.open
)

func (s *Store) Pool() *pgxpool.Pool { return s.pool }
