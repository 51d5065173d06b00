package store_test

import (
	"strings"
	"testing"

	"shuangze/embedded/embeddedtest"
)

// Up, down to nothing, and up again.
func TestMigrations(t *testing.T) {
	t.Parallel()
	s := open(t, embeddedtest.Database(t))
	if err := s.Ping(t.Context()); err == nil {
		t.Error("Ping is content with an empty database")
	}
	tables := func() (n int) {
		t.Helper()
		const sql = `SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'`
		if err := s.Pool().QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	functions := func() (n int) {
		t.Helper()
		const sql = `SELECT count(*) FROM pg_proc WHERE proname = 'ledger_is_append_only'`
		if err := s.Pool().QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var all int
	for round := range 2 {
		for range 2 { // the second time changes nothing
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if round == 0 {
			all = tables()
		}
		if n := tables(); n == 0 || n != all || functions() != 1 {
			t.Errorf("round %d: %d tables and %d functions, want %d and 1", round, n, functions(), all)
		}
		if d, err := s.Directory(t.Context()); err != nil || len(d.Units) != 0 {
			t.Errorf("the directory of a new database: %v, %v", d, err)
		}
		if err := s.MigrateDown(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if n := tables(); n != 0 || functions() != 0 {
			t.Errorf("round %d: %d tables and %d functions are left", round, n, functions())
		}
		if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "run shuangze migrate") {
			t.Errorf("Ping after the way down: %v, want a hint", err)
		}
	}
}

// Several processes may start at once on an empty database.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := embeddedtest.Database(t)
	errs := make(chan error)
	for range 3 {
		s := open(t, url)
		go func() { errs <- s.Migrate(t.Context()) }()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
