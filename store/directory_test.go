package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuangze/casefile"
	"shuangze/store"
)

// An import by one process is seen by every other at its next look; without one the
// directory is not read again.
func TestDirectoryCache(t *testing.T) {
	t.Parallel()
	url := migrated.Database(t)
	s, other := open(t, url), open(t, url)
	first, err := s.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Units) != 66 || len(first.Officials) != 162 {
		t.Errorf("%d units and %d officials, want 66 and 162", len(first.Units), len(first.Officials))
	}
	if again, err := s.Directory(t.Context()); err != nil || again != first {
		t.Errorf("read anew although nothing changed: %v", err)
	}
	// The same once more changes nothing.
	unit := first.Units["232701-rs"]
	if n, err := other.SaveUnits(t.Context(), []casefile.Unit{unit}); n != 0 || err != nil {
		t.Errorf("%d changed by what is there already, %v", n, err)
	}
	if again, err := s.Directory(t.Context()); err != nil || again != first {
		t.Errorf("read anew after an import that changed nothing: %v", err)
	}
	unit.Name = "漠河市人社局"
	fresh := casefile.Unit{Code: "232701-ls", Name: "漠河市临时办", Kind: casefile.Department, Level: "section", Parent: "232701"}
	if n, err := other.SaveUnits(t.Context(), []casefile.Unit{unit, fresh, first.Units["2327"]}); n != 2 || err != nil {
		t.Errorf("%d changed, want 2: %v", n, err)
	}
	official := first.Officials[handling]
	official.Email = ""
	if n, err := other.SaveOfficials(t.Context(), []casefile.Official{official, first.Officials[clerk]}); n != 1 || err != nil {
		t.Errorf("%d changed, want 1: %v", n, err)
	}
	second, err := s.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if second.Units["232701-rs"].Name != unit.Name || second.Units["232701-ls"] != fresh || second.Officials[handling].Email != "" || len(second.Units) != 67 {
		t.Errorf("another's import is not seen")
	}
	if first.Units["232701-rs"].Name == unit.Name {
		t.Error("the directory read first has changed under its reader")
	}
	// All or nothing.
	orphan := casefile.Official{ID: "o999", Name: "无名", Unit: "nowhere", Level: "staff", Role: casefile.Officer}
	official.Email = "changed@shuangze.example"
	if _, err := other.SaveOfficials(t.Context(), []casefile.Official{official, orphan}); err == nil {
		t.Error("an official of no unit is saved")
	}
	if d, err := s.Directory(t.Context()); err != nil || d != second {
		t.Errorf("an import that failed has changed something: %v", err)
	}
}

// After an import everybody reads the directory anew, inside and outside of
// transactions, with few connections: nobody may wait for one that waits for him.
func TestDirectoryUnderLoad(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(migrated.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 2
	s, err := store.OpenPool(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	d, err := s.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unit := d.Units["232701-rs"]
	for round := range 20 {
		unit.Name = fmt.Sprintf("第%d个名字", round)
		if _, err := s.SaveUnits(t.Context(), []casefile.Unit{unit}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		look := func(d *casefile.Directory, err error) {
			if err != nil || d.Units["232701-rs"].Name != unit.Name {
				t.Errorf("round %d: %q, %v", round, d.Units["232701-rs"].Name, err)
			}
		}
		for range 8 {
			wg.Go(func() { look(s.Directory(t.Context())) })
			wg.Go(func() {
				err := s.InCase(t.Context(), "case", func(tx *store.CaseTx) error {
					rules, err := tx.Rules(t.Context(), false)
					look(rules.Directory, err)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

// The load of the leaders counts their open cases, for the proposal of a pair.
func TestLoad(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.onTheSpot("a")
	d.onTheSpot("b")
	d.onTheSpot("c")
	d.close("c")
	got, err := d.store.WithLoad(t.Context(), d.rules.Directory)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Load) != 2 || got.Load[upper] != 2 || got.Load[lower] != 2 {
		t.Errorf("load %v, want 2 open cases for %s and %s", got.Load, upper, lower)
	}
	if len(d.rules.Directory.Load) != 0 {
		t.Error("the shared directory has a load now")
	}
}
