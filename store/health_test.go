package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"shuangze/store"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	d := newDesk(t)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	if _, err := store.Open(t.Context(), "postgres://x:y@"+nobody+"/z?sslmode=disable", nil); !store.Unavailable(err) {
		t.Errorf("nobody listens: %v", err)
	}

	// A connection that is cut while somebody has it.
	var pid int
	conn, err := d.store.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := conn.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	d.sql(`SELECT pg_terminate_backend($1)`, pid)
	if _, err := conn.Exec(t.Context(), `SELECT 1`); !store.Unavailable(fmt.Errorf("wrapped: %w", err)) {
		t.Errorf("the connection was cut: %v", err)
	}

	_, syntax := d.store.Pool().Exec(t.Context(), `SELEKT`)
	_, none := d.store.Case(t.Context(), "none")
	for _, err := range []error{nil, syntax, none, store.ErrReference, errors.New("x"), context.Canceled} {
		if store.Unavailable(err) {
			t.Errorf("%v passes for a database that is away", err)
		}
	}
}

func TestCountOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 3 {
		d.do(fmt.Sprintf("case-%d", i), clerk, d.registration())
	}
	d.onTheSpot("closed")
	d.close("closed")
	if open, overdue, err := d.store.CountOpen(t.Context(), d.now); open != 3 || overdue != 0 || err != nil {
		t.Errorf("%d open and %d overdue, %v; want 3 and none", open, overdue, err)
	}
	if open, overdue, err := d.store.CountOpen(t.Context(), d.now.AddDate(1, 0, 0)); open != 3 || overdue != 3 || err != nil {
		t.Errorf("a year on: %d open and %d overdue, %v; want 3 and 3", open, overdue, err)
	}
}
