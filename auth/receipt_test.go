package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"shuangze/auth"
)

// An unknown code is as much work as a known one, and each of them is one comparison.
func TestReceiptsUnknownAndWrongAreOne(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var compared atomic.Int64
	d.Count(func() { compared.Add(1) })
	for i, code := range []string{"222222222222", "ZZZZZZZZZZZZ", "", "no code at all"} {
		if _, err := d.LookUp(t.Context(), code, "12345678", "192.0.2.1"); !errors.Is(err, auth.ErrWrong) {
			t.Errorf("%q: %v", code, err)
		}
		if n := compared.Load(); n != int64(i+1) {
			t.Errorf("%q: %d comparisons, want %d", code, n, i+1)
		}
	}
}

// Ten wrong secrets at a code from one address, then that address waits; others do not.
func TestReceiptTriesAreCountedByAddress(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	var compared atomic.Int64
	d.Count(func() { compared.Add(1) })
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			_, err := d.LookUp(t.Context(), "222222222222", "12345678", "192.0.2.1")
			if blocked := new(auth.BlockedError); !errors.Is(err, auth.ErrWrong) && (!errors.As(err, &blocked) || !blocked.Until.Equal(d.now.Add(15*time.Minute))) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := compared.Load(); n != 10 {
		t.Errorf("%d were compared, want 10", n)
	}
	if _, err := d.LookUp(t.Context(), "222222222222", "12345678", "192.0.2.2"); !errors.Is(err, auth.ErrWrong) {
		t.Errorf("another address: %v", err)
	}
	// Over many codes the address as a whole waits.
	compared.Store(0)
	for i := range 100 {
		_, _ = d.LookUp(t.Context(), fmt.Sprintf("code %d", i), "12345678", "192.0.2.3")
	}
	if n := compared.Load(); n != 60 {
		t.Errorf("%d codes were compared from one address, want 60", n)
	}
	d.now = d.now.Add(15 * time.Minute)
	if _, err := d.LookUp(t.Context(), "222222222222", "12345678", "192.0.2.1"); !errors.Is(err, auth.ErrWrong) {
		t.Errorf("after the wait: %v", err)
	}
}

// Wrong passwords from one address, whosever they are, make it wait; right ones don't
// count, and nobody elsewhere is kept out.
func TestSignInsAreCountedByAddress(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for range 3 {
		if _, err := d.try("o001", password); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if _, err := d.try(fmt.Sprintf("nobody-%d", i), "wrong"); !errors.Is(err, auth.ErrWrong) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	var blocked *auth.BlockedError
	if _, err := d.try("o001", password); !errors.As(err, &blocked) || !blocked.Address || !blocked.Until.Equal(d.now.Add(15*time.Minute)) {
		t.Errorf("%v", err)
	}
	if _, _, err := d.SignIn(t.Context(), "o001", password, auth.Visit{Address: "192.0.2.2"}); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	d.now = d.now.Add(15 * time.Minute)
	if _, err := d.try("o001", password); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}
