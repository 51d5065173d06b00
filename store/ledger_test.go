package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// The database itself refuses to change what is in the ledger.
func TestLedgerIsAppendOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do("case", clerk, d.registration())
	for _, sql := range []string{
		`UPDATE ledger SET body = '{}'`,
		`UPDATE ledger SET body = '{}' WHERE case_id = 'none'`,
		`DELETE FROM ledger`,
		`TRUNCATE ledger`,
		`INSERT INTO ledger SELECT * FROM ledger ON CONFLICT (case_id, seq) DO UPDATE SET body = '{}'`,
	} {
		if _, err := d.store.Pool().Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "the ledger is append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if rows, err := d.store.Ledger(t.Context(), "case"); err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestCheckChain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.onTheSpot("case") // three events
	d.do("case", handling, casefile.Command{Kind: casefile.Report, Text: d.text("正在核实")})
	rows, err := d.store.Ledger(t.Context(), "case")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows, want 4", len(rows))
	}
	for name, c := range map[string]struct {
		harm func([]store.Recorded) []store.Recorded
		want string // part of the error; empty: the chain can't tell
	}{
		"nothing": {func(r []store.Recorded) []store.Recorded { return r }, ""},
		"body": {func(r []store.Recorded) []store.Recorded {
			r[1].Body = strings.Replace(r[1].Body, "o010", "o011", 1)
			return r
		}, "row 2 has been changed"},
		"missing in the middle": {func(r []store.Recorded) []store.Recorded { return slices.Delete(r, 1, 2) }, "row 3 stands where row 2 should"},
		"missing and renumbered": {func(r []store.Recorded) []store.Recorded {
			r = slices.Delete(r, 1, 2)
			r[1].Seq, r[2].Seq = 2, 3
			return r
		}, "row 2 does not follow the row before it"},
		"swapped": {func(r []store.Recorded) []store.Recorded {
			r[1], r[2] = r[2], r[1]
			return r
		}, "row 3 stands where row 2 should"},
		"swapped and renumbered": {func(r []store.Recorded) []store.Recorded {
			r[1], r[2] = r[2], r[1]
			r[1].Seq, r[2].Seq = 2, 3
			return r
		}, "row 2 does not follow the row before it"},
		"first row missing": {func(r []store.Recorded) []store.Recorded { return r[1:] }, "row 2 stands where row 1 should"},
		// The newest rows can be cut off without a trace in the chain. That the case is
		// further on is seen by its row: TestAudit.
		"cut tail": {func(r []store.Recorded) []store.Recorded { return r[:3] }, ""},
	} {
		err := store.CheckChain("case", c.harm(slices.Clone(rows)))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := store.CheckChain("another case", rows); err == nil {
		t.Error("the rows pass for another case's")
	}
}

// A command's events are found by its id, whenever it was given.
func TestEventsAfter(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	register := d.registration()
	register.ID, register.Fingerprint = "first", "what was asked"
	d.do("case", clerk, register)
	d.do("case", clerk, casefile.Command{ID: "second", Kind: casefile.Forward})
	c := d.do("case", handling, casefile.Command{ID: "third", Kind: casefile.Accept})
	for _, w := range []struct {
		seq     int64
		command string
		events  int
		done    bool
	}{
		{0, "first", 3, true},
		{0, "fourth", 3, false},
		{1, "second", 2, true},
		{2, "fourth", 1, false},
		{3, "third", 0, true},
		{3, "first", 0, true}, // long ago
		{3, "fourth", 0, false},
	} {
		err := d.store.InCase(t.Context(), "case", func(tx *store.CaseTx) error {
			events, done, err := tx.EventsAfter(t.Context(), w.seq, w.command)
			if len(events) != w.events || done != w.done {
				t.Errorf("after %d, command %s: %d events, done %t; want %d, %t", w.seq, w.command, len(events), done, w.events, w.done)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if seq, fingerprint, err := d.store.Command(t.Context(), "case", "first"); err != nil || seq != 1 || fingerprint != "what was asked" {
		t.Errorf("the first command: event %d, %q, %v", seq, fingerprint, err)
	}
	if _, _, err := d.store.Command(t.Context(), "case", "fourth"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a command never given: %v", err)
	}
	if was, err := d.store.CaseAt(t.Context(), "case", 2); err != nil || was.Stage != casefile.Forwarded {
		t.Errorf("at event 2: %s, %v", was.Stage, err)
	}
	if was, err := d.store.CaseAt(t.Context(), "case", 99); err != nil || !casefile.Equal(was, c) {
		t.Errorf("at its end: %+v, %v", was, err)
	}
	// The next row is chained to the last, whatever old rows were read beside it.
	rows, err := d.store.Ledger(t.Context(), "case")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CheckChain("case", rows); err != nil {
		t.Error(err)
	}
}

// What is refused, or fails, leaves nothing behind.
func TestInCaseUndoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	boom := errors.New("boom")
	for range 3 {
		err := d.store.InCase(t.Context(), "case", func(tx *store.CaseTx) error {
			if _, err := tx.Number(t.Context(), "2327-xf", 2026); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
	}
	if c := d.do("case", clerk, d.registration()); c.Number != "2327-xf-2026-000001" {
		t.Errorf("number %s after three that were taken back", c.Number)
	}
	// The same registration in another transaction at the same time: one is undone.
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		cmd := d.registration()
		cmd.ID = fmt.Sprintf("racer-%d", i)
		racer := *d // each counts its own commands
		wg.Go(func() { errs[i] = racer.try("raced", clerk, cmd) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	if rows, err := d.store.Ledger(t.Context(), "raced"); won != 1 || len(rows) != 1 || err != nil {
		t.Errorf("%d of 8 registrations of one case came through, %d rows, %v", won, len(rows), err)
	}
	if gaps, err := d.store.Gaps(t.Context()); err != nil || len(gaps) > 0 {
		t.Errorf("gaps %v, %v", gaps, err)
	}
}

// Each office has its own numbers, and each year begins with the first.
func TestNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var got []string
	for i, when := range []struct {
		by  string
		day calendar.Date
	}{
		{clerk, calendar.Date{Year: 2026, Month: 12, Day: 31}},
		{clerk, calendar.Date{Year: 2026, Month: 12, Day: 31}},
		{"o041", calendar.Date{Year: 2026, Month: 12, Day: 31}},
		{clerk, calendar.Date{Year: 2027, Month: 1, Day: 1}},
		{"o041", calendar.Date{Year: 2027, Month: 1, Day: 1}},
		{"o041", calendar.Date{Year: 2027, Month: 1, Day: 1}},
	} {
		d.now = when.day.At(0, 0) // the year turns in China, not in Greenwich
		got = append(got, d.do(fmt.Sprintf("case-%d", i), when.by, d.registration()).Number)
	}
	want := []string{
		"2327-xf-2026-000001", "2327-xf-2026-000002", "232701-xf-2026-000001",
		"2327-xf-2027-000001", "232701-xf-2027-000001", "232701-xf-2027-000002",
	}
	if !slices.Equal(got, want) {
		t.Errorf("numbers %v, want %v", got, want)
	}
}

func TestReferenceIsUnique(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cmd := d.registration()
	cmd.Registration.Reference = "来文1号"
	d.do("one", clerk, cmd)
	cmd.Text = d.text("另一件")
	if err := d.try("two", clerk, cmd); !errors.Is(err, store.ErrReference) {
		t.Errorf("the same reference again: %v", err)
	}
	if _, err := d.store.Case(t.Context(), "two"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the second case: %v", err)
	}
	if known, err := d.store.HasReference(t.Context(), "来文1号"); err != nil || !known {
		t.Errorf("known %t, %v", known, err)
	}
	if known, err := d.store.HasReference(t.Context(), "来文2号"); err != nil || known {
		t.Errorf("known %t, %v", known, err)
	}
	// Cases without a reference don't meet each other.
	d.do("three", clerk, d.registration())
	d.do("four", clerk, d.registration())
}
