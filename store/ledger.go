package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuangze/casefile"
)

// CaseTx is one case, locked, in one transaction: what a command reads before it
// is decided and writes after.
type CaseTx struct {
	s    *Store
	tx   pgx.Tx
	id   string
	head []byte // hash of the ledger's last row
}

// InCase runs fn with the case locked. What fn wrote is committed when it returns
// nil and is undone otherwise.
func (s *Store) InCase(ctx context.Context, id string, fn func(*CaseTx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// A case that isn't there yet has no row to lock; its first ledger row is
		// guarded by the primary key.
		if _, err := tx.Exec(ctx, `SELECT 1 FROM cases WHERE id = $1 FOR UPDATE`, id); err != nil {
			return fmt.Errorf("lock case %s: %w", id, err)
		}
		return fn(&CaseTx{s: s, tx: tx, id: id})
	})
}

// Recorded is a ledger row.
type Recorded struct {
	Seq         int64
	Command     string
	Fingerprint string
	Body        string
	Prev        []byte
	Hash        []byte
}

const selectLedger = `SELECT seq, command, fingerprint, body, prev, hash FROM ledger WHERE case_id = $1 AND seq > $2 ORDER BY seq`

// EventsAfter reads the events after a seq: those a workflow has not heard of, if
// its worker died between the commit and the answer. It also says whether the
// command is among the case's, however long ago: Temporal knows only those of the
// present run.
func (t *CaseTx) EventsAfter(ctx context.Context, seq int64, command string) (events []casefile.Event, done bool, err error) {
	const sql = `
		SELECT seq, command, fingerprint, body, prev, hash FROM ledger
		WHERE case_id = $1 AND (seq > $2 OR command = $3) ORDER BY seq`
	// From seq itself on, for the hash the next row is chained to.
	rows, err := collect[Recorded](ctx, t.tx, sql, t.id, max(seq-1, 0), command)
	if err != nil {
		return nil, false, fmt.Errorf("read ledger of %s: %w", t.id, err)
	}
	for _, r := range rows {
		t.head = r.Hash
		done = done || r.Command == command
		if r.Seq > seq {
			e, err := r.Event()
			if err != nil {
				return nil, false, err
			}
			events = append(events, e)
		}
	}
	if seq > 0 && (len(rows) == 0 || rows[len(rows)-1].Seq < seq) {
		return nil, false, fmt.Errorf("%w: the ledger of %s ends before event %d, which Temporal has: was an older database restored?", ErrBroken, t.id, seq)
	}
	return events, done, nil
}

// Event decodes the row's event.
func (r Recorded) Event() (casefile.Event, error) {
	var e casefile.Event
	if err := json.Unmarshal([]byte(r.Body), &e); err != nil {
		return e, fmt.Errorf("decode event %d: %w", r.Seq, err)
	}
	return e, nil
}

// Rules are Store.Rules as of this transaction, with leaders' loads where asked for.
func (t *CaseTx) Rules(ctx context.Context, loads bool) (casefile.Rules, error) {
	if _, err := t.tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, publishing); err != nil {
		return casefile.Rules{}, fmt.Errorf("wait for a publication of rules: %w", err)
	}
	rules, err := t.s.rulesIn(ctx, t.tx)
	if err != nil || !loads {
		return rules, err
	}
	rules.Directory, err = withLoad(ctx, t.tx, rules.Directory)
	return rules, err
}

// Number gives the next registration number of an office in a year. The office's
// register stays locked until the transaction ends, so that no number is ever
// left out.
func (t *CaseTx) Number(ctx context.Context, office string, year int) (string, error) {
	const sql = `
		INSERT INTO registers (office, year, last) VALUES ($1, $2, 1)
		ON CONFLICT (office, year) DO UPDATE SET last = registers.last + 1 RETURNING last`
	var n int
	if err := t.tx.QueryRow(ctx, sql, office, year).Scan(&n); err != nil {
		return "", fmt.Errorf("next number of %s in %d: %w", office, year, err)
	}
	return fmt.Sprintf("%s-%d-%06d", office, year, n), nil
}

// Append writes what a command led to: the events, the case as it is after them,
// what now waits for whom, and the notices. c is the case with the events folded in.
// ErrReference when another case has its reference, ErrAppointment when the visit is of
// an appointment that can't become a case.
func (t *CaseTx) Append(ctx context.Context, c casefile.Case, out casefile.Outcome, fingerprint string) error {
	batch := &pgx.Batch{}
	var documents []string
	prev := t.head
	if prev == nil {
		prev = make([]byte, sha256.Size)
	}
	for _, e := range out.Events {
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		hash := chain(prev, t.id, fingerprint, body)
		batch.Queue(`INSERT INTO ledger (case_id, seq, at, kind, command, fingerprint, body, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			t.id, e.Seq, e.At, string(e.Kind), e.Command, fingerprint, string(body), prev, hash)
		prev = hash
		if e.Document != nil {
			documents = append(documents, e.Document.ID)
		}
		if e.Case != nil {
			documents = append(documents, e.Case.Petition.ID)
			batch.Queue(`UPDATE petitioners SET case_id = $1 WHERE id = $2 AND case_id = ''`, t.id, e.Case.Petitioner)
		}
		if e.Petitioner != "" {
			batch.Queue(`UPDATE petitioners SET case_id = $1 WHERE id = $2 AND case_id = ''`, t.id, e.Petitioner)
			// What was wrong is kept sealed, and finds nothing any more.
			batch.Queue(`UPDATE petitioners SET phone_index = NULL, identity_index = NULL WHERE case_id = $1 AND id <> $2`, t.id, e.Petitioner)
		}
		if e.Appointment != "" {
			queueVisit(batch, t.id, e)
		}
	}
	if len(documents) > 0 {
		// Never another case's: it would lose its text.
		batch.Queue(`UPDATE documents SET case_id = $1 WHERE id = ANY($2) AND case_id IN ('', $1)`, t.id, documents).Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() != int64(len(documents)) {
				return fmt.Errorf("%w: a text that the command refers to is gone", ErrBroken)
			}
			return nil
		})
	}
	queueCase(batch, c, out.Next)
	queueSteps(batch, c, out.Events, out.Plan)
	queueTerms(batch, c, out.Events)
	queueStanding(batch, c, out.Events)
	for _, n := range out.Notices {
		batch.Queue(`INSERT INTO notices (case_id, seq, official, for_official, kind, step, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			t.id, n.Seq, n.To, n.For, string(n.Kind), n.Step, out.Events[len(out.Events)-1].At)
	}
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.ConstraintName == "cases_reference_key" {
			return ErrReference
		}
		if errors.Is(err, ErrAppointment) {
			return ErrAppointment
		}
		return fmt.Errorf("append to %s: %w", t.id, err)
	}
	return nil
}

// chain is the hash of a ledger row: of the row before it, the case, the command's
// fingerprint and the event.
func chain(prev []byte, caseID, fingerprint string, body []byte) []byte {
	h := sha256.New()
	h.Write(prev)
	h.Write([]byte(caseID))
	h.Write([]byte{0})
	h.Write([]byte(fingerprint))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}

// Ledger reads all rows of a case in order. ErrNotFound when there are none.
func (s *Store) Ledger(ctx context.Context, id string) ([]Recorded, error) {
	rows, err := collect[Recorded](ctx, s.pool, selectLedger, id, 0)
	if err != nil {
		return nil, fmt.Errorf("read ledger of %s: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, ErrNotFound
	}
	return rows, nil
}

// CheckChain verifies a case's rows: contiguous, and each hash that of the row
// before it, the case and the event. The error says which row breaks the chain.
func CheckChain(caseID string, rows []Recorded) error {
	prev := make([]byte, sha256.Size)
	for i, r := range rows {
		switch {
		case r.Seq != int64(i+1):
			return fmt.Errorf("row %d stands where row %d should", r.Seq, i+1)
		case !bytes.Equal(r.Prev, prev):
			return fmt.Errorf("row %d does not follow the row before it", r.Seq)
		case !bytes.Equal(r.Hash, chain(prev, caseID, r.Fingerprint, []byte(r.Body))):
			return fmt.Errorf("row %d has been changed", r.Seq)
		}
		prev = r.Hash
	}
	return nil
}

// Command says with which seq a command of the case ended, and its fingerprint.
// ErrNotFound when the case has no such command.
func (s *Store) Command(ctx context.Context, id, command string) (seq int64, fingerprint string, err error) {
	const sql = `SELECT seq, fingerprint FROM ledger WHERE case_id = $1 AND command = $2 ORDER BY seq DESC LIMIT 1`
	err = s.pool.QueryRow(ctx, sql, id, command).Scan(&seq, &fingerprint)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", ErrNotFound
	}
	if err != nil {
		return 0, "", fmt.Errorf("look up command of %s: %w", id, err)
	}
	return seq, fingerprint, nil
}

// CaseAt returns the case folded from its first events up to seq.
func (s *Store) CaseAt(ctx context.Context, id string, seq int64) (casefile.Case, error) {
	rows, err := s.Ledger(ctx, id)
	if err != nil {
		return casefile.Case{}, err
	}
	if seq < int64(len(rows)) {
		rows = rows[:seq]
	}
	return Fold(rows)
}

// Fold folds a case's rows into the case.
func Fold(rows []Recorded) (casefile.Case, error) {
	var c casefile.Case
	for _, r := range rows {
		e, err := r.Event()
		if err != nil {
			return c, err
		}
		c = casefile.Apply(c, e)
	}
	return c, nil
}

// infinity is later than every deadline.
const infinity = "infinity"

// instant is a time as a column takes it; the zero time is infinity.
func instant(t time.Time) any {
	if t.IsZero() {
		return infinity
	}
	return t
}

// Reschedule moves the case's wake-up and what it has planned where a command that comes
// by itself left no event. c is the case.
func (t *CaseTx) Reschedule(ctx context.Context, c casefile.Case, out casefile.Outcome) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE cases SET wake_at = $2 WHERE id = $1`, t.id, instant(out.Next.At))
	queueSteps(batch, c, nil, out.Plan)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("reschedule %s: %w", t.id, err)
	}
	return nil
}
