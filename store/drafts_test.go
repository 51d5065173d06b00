package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuangze/store"
)

// A draft is its author's alone, sealed, one of few, and gone after two weeks.
func TestDrafts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, s := t.Context(), d.store
	typed := map[string]string{"petitioner.name": "彭某某", "petitioner.phone": "13900000009", "title": "反映河道采砂", "headcount": "许多"}
	if _, err := s.SaveDraft(ctx, "o007", "one", map[string]string{"title": "反"}); err != nil {
		t.Fatal(err)
	}
	saved, err := s.SaveDraft(ctx, "o007", "one", typed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveDraft(ctx, "o008", "one", map[string]string{"title": "另一件"}); err != nil {
		t.Fatal(err)
	}
	drafts, err := s.Drafts(ctx, "o007")
	if err != nil || len(drafts) != 1 {
		t.Fatalf("%v, %v", drafts, err)
	}
	if diff := cmp.Diff(saved, drafts[0]); diff != "" {
		t.Error(diff)
	}
	var stored string
	if err := s.Pool().QueryRow(ctx, `SELECT encode(sealed, 'escape') FROM drafts WHERE official = 'o007'`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"petitioner", "13900000009", "title"} {
		if strings.Contains(stored, secret) {
			t.Errorf("%s can be read in the database", secret)
		}
	}
	// Put into another's place it can't be opened: it is there, to be deleted.
	if _, err := s.Pool().Exec(ctx, `UPDATE drafts SET sealed = (SELECT sealed FROM drafts WHERE official = 'o007') WHERE official = 'o008'`); err != nil {
		t.Fatal(err)
	}
	if drafts, err = s.Drafts(ctx, "o008"); err != nil || len(drafts) != 1 || drafts[0].Fields != nil {
		t.Errorf("%v, %v", drafts, err)
	}
	for i := 1; i < store.MaxDrafts; i++ {
		if _, err := s.SaveDraft(ctx, "o007", fmt.Sprint("more-", i), typed); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.SaveDraft(ctx, "o007", "last", typed); !errors.Is(err, store.ErrTooManyDrafts) {
		t.Errorf("one more than %d: %v", store.MaxDrafts, err)
	}
	if _, err := s.SaveDraft(ctx, "o007", "one", typed); err != nil {
		t.Errorf("one that is there can be saved again: %v", err)
	}
	for range 2 {
		if err := s.EndDraft(ctx, "o007", "more-1"); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Pool().Exec(ctx, `UPDATE drafts SET saved_at = clock_timestamp() - CASE id WHEN 'one' THEN interval '15 days' ELSE interval '13 days' END`); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(ctx, d.now); err != nil {
		t.Fatal(err)
	}
	for official, want := range map[string]int{"o007": store.MaxDrafts - 2, "o008": 0} {
		if drafts, err := s.Drafts(ctx, official); err != nil || len(drafts) != want {
			t.Errorf("%s has %d drafts after the sweep, want %d; %v", official, len(drafts), want, err)
		}
	}
}
