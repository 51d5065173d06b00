package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

// The two databases, and the folder of each one's schema in the server's embedded files.
const (
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"
	mainSchema         = "postgresql/v12/temporal"
	visibilitySchema   = "postgresql/v12/visibility"
)

// Connections of each of the four services to each database. Together at most 80, well
// below the 200 that an embedded Postgres accepts.
const (
	mainConns       = 15
	visibilityConns = 5
)

// lockKey is the advisory lock that the one server using these databases holds.
const lockKey = 0x74656d706f72616c // "temporal"

// lock keeps every other temporal-server off the databases while this process lives: two
// servers that don't know of each other would fight for every shard. It waits a moment,
// because Postgres may not yet have noticed the end of a server killed just before.
//
// The lock is gone when the returned connection is closed.
func lock(ctx context.Context, postgres *url.URL) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, maintenanceURL(postgres))
	if err != nil {
		return nil, fmt.Errorf("connect to Postgres: %w", err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		var locked bool
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockKey)).Scan(&locked)
		if err == nil && !locked && time.Now().After(deadline) {
			err = errors.New("another temporal-server is using them")
		}
		if err != nil {
			_ = conn.Close(ctx)
			return nil, fmt.Errorf("take the Temporal databases: %w", err)
		}
		if locked {
			return conn, nil
		}
	}
}

// setUpDatabase creates the database when it is missing and brings its schema to the
// version that this server wants. The caller holds the lock on conn.
//
// Upstream's set-up is many statements in no transaction (some may not run in one), and
// fails over its own remains if it was once interrupted. So the first set-up happens in
// a database that gets its final name only when it is complete.
func setUpDatabase(ctx context.Context, conn *pgx.Conn, postgres *url.URL, name, schemaName string, logger log.Logger) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		db, err := openDatabase(postgres, name, schemaName, logger)
		if err != nil {
			return err
		}
		db.Close()
		return nil
	}

	staging := name + "_setup"
	for _, stmt := range []string{"DROP DATABASE IF EXISTS " + staging, "CREATE DATABASE " + staging + " TEMPLATE template0"} {
		if _, err := conn.Exec(ctx, stmt); err != nil {
			return fmt.Errorf("create database %s: %w", staging, err)
		}
	}
	db, err := openDatabase(postgres, staging, schemaName, logger)
	if err != nil {
		return err
	}
	// The server looks its schema's version up by the database's name.
	err = db.Exec("UPDATE schema_version SET db_name = $1", name)
	db.Close()
	if err == nil {
		_, err = conn.Exec(ctx, "ALTER DATABASE "+staging+" RENAME TO "+name)
	}
	if err != nil {
		return fmt.Errorf("rename database %s to %s: %w", staging, name, err)
	}
	return nil
}

// openDatabase connects to a database, with its schema at the version this server wants.
func openDatabase(postgres *url.URL, name, schemaName string, logger log.Logger) (*sql.Connection, error) {
	conn, err := sql.NewConnection(storeConfig(postgres, name, 1), logger)
	if err != nil {
		return nil, fmt.Errorf("connect to database %s: %w", name, err)
	}
	if _, err := conn.ReadSchemaVersion(); err != nil {
		first := &schema.SetupConfig{InitialVersion: "0.0"}
		if err := schema.NewSetupSchemaTask(conn, first, logger).Run(); err != nil {
			conn.Close()
			return nil, fmt.Errorf("set up the schema of %s: %w", name, err)
		}
	}
	newest := &schema.UpdateConfig{SchemaName: schemaName}
	if err := schema.NewUpdateSchemaTask(conn, newest, logger).Run(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("update the schema of %s: %w", name, err)
	}
	return conn, nil
}

// storeConfig says how the server reaches one of its databases. What follows the ? of the
// URL (sslmode, host=/socket/folder and the like) is passed on as it is.
func storeConfig(postgres *url.URL, database string, conns int) *config.SQL {
	password, _ := postgres.User.Password()
	cfg := &config.SQL{
		PluginName:        postgresql.PluginNamePGX,
		ConnectProtocol:   "tcp",
		ConnectAddr:       postgres.Host,
		User:              postgres.User.Username(),
		Password:          password,
		DatabaseName:      database,
		ConnectAttributes: map[string]string{},
		MaxConns:          conns,
		MaxIdleConns:      conns,
		MaxConnLifetime:   time.Hour,
	}
	if cfg.ConnectAddr == "" {
		cfg.ConnectAddr = "127.0.0.1:5432"
	}
	for name, values := range postgres.Query() {
		cfg.ConnectAttributes[name] = values[0]
	}
	return cfg
}

// maintenanceURL is the database for work on the Postgres server as a whole.
func maintenanceURL(postgres *url.URL) string {
	u := *postgres
	if u.Host == "" {
		u.Host = "127.0.0.1:5432"
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/postgres"
	}
	return u.String()
}
