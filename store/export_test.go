package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuangze/casefile"
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

// InMemory are the settings that figures are counted with.
const InMemory = inMemory

// FigureParts are the queries of Figures, each by itself, to be measured.
func (s *Store) FigureParts(by casefile.Actor, f FigureFilter, r casefile.Rules) map[string]func(context.Context) error {
	var c counter
	in := func(part func(context.Context, pgx.Tx) error) func(context.Context) error {
		return func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, inMemory); err != nil {
					return err
				}
				var err error
				if c, err = count(ctx, tx, by, f, r); err != nil {
					return err
				}
				return part(ctx, tx)
			})
		}
	}
	return map[string]func(context.Context) error{
		"lamps":       in(func(ctx context.Context, tx pgx.Tx) error { _, err := c.lamps(ctx, tx); return err }),
		"standing":    in(func(ctx context.Context, tx pgx.Tx) error { _, err := c.standing(ctx, tx); return err }),
		"punctuality": in(func(ctx context.Context, tx pgx.Tx) error { _, err := c.punctuality(ctx, tx); return err }),
		"petitions":   in(func(ctx context.Context, tx pgx.Tx) error { _, err := c.petitions(ctx, tx); return err }),
		"ratings":     in(func(ctx context.Context, tx pgx.Tx) error { _, err := c.ratings(ctx, tx); return err }),
	}
}
