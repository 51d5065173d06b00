// Package store keeps everything in Postgres: the ledger, the case rows folded
// from it, the directory, texts, petitioners and tokens. It decides nothing.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"shuangze/casefile"
)

// Errors a caller can act on. Anything else is internal.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrBroken: what is in the store does not go with the command, and trying again
	// won't help.
	ErrBroken = errors.New("the store is not what it should be")
	// ErrSealed: no key opens the record.
	ErrSealed = errors.New("sealed with another key")
	// ErrReference: another case has this reference.
	ErrReference = errors.New("a case with this reference exists")
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is a database and the key that opens the petitioners' data in it. It is
// safe for concurrent use.
type Store struct {
	pool      *pgxpool.Pool
	keys      Keys
	directory cache[casefile.Directory]
	rulebook  cache[casefile.Rules]
}

// Open connects to the database at url and checks that it answers. keys may be
// nil where no petitioner's data is read or written.
func Open(ctx context.Context, url string, keys Keys) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach database: %w", err)
	}
	return &Store{pool: pool, keys: keys}, nil
}

// Close waits for running queries and closes every connection.
func (s *Store) Close() { s.pool.Close() }

// Ping checks that the database answers and its schema is the program's.
func (s *Store) Ping(ctx context.Context) error {
	var version int64
	err := s.pool.QueryRow(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	var pg *pgconn.PgError
	if err != nil && (!errors.As(err, &pg) || pg.Code != undefinedTable) { // no table is version 0
		return fmt.Errorf("read schema version: %w", err)
	}
	if want := latestMigration(); version != want {
		return fmt.Errorf("the schema is at version %d, this program needs %d: run shuangze migrate", version, want)
	}
	return nil
}

// Migrate brings the schema up to date. Several processes may call it at once.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.migrate(func(p *goose.Provider) error { _, err := p.Up(ctx); return err }); err != nil {
		return err
	}
	return s.fillTerms(ctx)
}

// MigrateDown takes the schema back to a version; 0 removes everything.
func (s *Store) MigrateDown(ctx context.Context, version int64) error {
	return s.migrate(func(p *goose.Provider) error { _, err := p.DownTo(ctx, version); return err })
}

func (s *Store) migrate(run func(*goose.Provider) error) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithSlog(slog.Default()))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if err := run(p); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

const undefinedTable = "42P01"

// latestMigration is the number of the last file; their names start with it.
func latestMigration() (latest int64) {
	files, _ := fs.Glob(migrations, "migrations/*.sql") // the pattern is fixed
	for _, file := range files {
		number, _, _ := strings.Cut(path.Base(file), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			latest = max(latest, n)
		}
	}
	return latest
}
