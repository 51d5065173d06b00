package store_test

import (
	"testing"
	"time"

	"shuangze/store"
)

// An author is who was sealed as one; a pass is none.
func TestAuthor(t *testing.T) {
	t.Parallel()
	s := newDesk(t).store
	sealed, err := s.SealAuthor("official:o007")
	if err != nil {
		t.Fatal(err)
	}
	pass, err := s.Pass(store.Receipt{Case: "c", Number: 1}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{sealed: "official:o007", pass: "", "official:o007": "", "": ""} {
		if got := s.Author(text); got != want {
			t.Errorf("%.20s: %q, want %q", text, got, want)
		}
	}
}
