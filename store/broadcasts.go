package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// BroadcastState is how far a broadcast has come.
type BroadcastState string

// The states of a broadcast.
const (
	BroadcastRunning   BroadcastState = "running"
	BroadcastDone      BroadcastState = "done"
	BroadcastCancelled BroadcastState = "cancelled"
)

// BroadcastStates lists them.
var BroadcastStates = []BroadcastState{BroadcastRunning, BroadcastDone, BroadcastCancelled}

// BroadcastResult is what became of one case of a broadcast.
type BroadcastResult string

// The results: every case of a broadcast that has ended has one of those after the first.
const (
	Pending BroadcastResult = "pending"
	Done    BroadcastResult = "done"
	Refused BroadcastResult = "refused" // by the rules
	Failed  BroadcastResult = "failed"  // the case gave no answer
	Skipped BroadcastResult = "skipped" // the broadcast was cancelled before its turn
)

// BroadcastResults lists them.
var BroadcastResults = []BroadcastResult{Pending, Done, Refused, Failed, Skipped}

// Broadcast is one command ordered for many cases.
type Broadcast struct {
	ID          string
	Command     casefile.Command // without ID; Text is the document that each case gets a copy of
	Words       string           // of that document
	Selection   json.RawMessage  // how the cases were chosen
	Total       int
	State       BroadcastState
	CreatedAt   time.Time
	EndedAt     time.Time
	CancelledBy string // an official
	CancelledAt time.Time
	Results     map[BroadcastResult]int
}

// BroadcastCase is one case of a broadcast, and what became of it.
type BroadcastCase struct {
	Position int
	Case     string
	Number   string
	Title    string
	Command  string // id of the command in the case's ledger
	Result   BroadcastResult
	Attempts int             // to which no answer came
	Seq      int64           // of the case after it; 0 unless done, or if nothing was left to do
	Refusal  *casefile.Error // of Refused and Failed
	At       time.Time       // of the result
}

// broadcastSpace is the namespace of the ids of broadcasts' commands and texts.
var broadcastSpace = uuid.MustParse("0b6d4e0c-7a43-4d0f-9d5a-5d1c7f3a2e90")

// BroadcastCommandID is the id under which a case gets a broadcast's command: always the
// same, so that no retry does it twice.
func BroadcastCommandID(broadcast, caseID string) string {
	return uuid.NewSHA1(broadcastSpace, []byte(broadcast+"\x00"+caseID)).String()
}

// CreateBroadcast writes a broadcast with its text and the cases it is for, in this
// order. created is false when one with this id is there already; nothing is then
// written.
func (s *Store) CreateBroadcast(ctx context.Context, b Broadcast, cases []string) (created bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		created, err = createBroadcast(ctx, tx, b, cases)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write broadcast %s: %w", b.ID, err)
	}
	return created, nil
}

func createBroadcast(ctx context.Context, tx pgx.Tx, b Broadcast, cases []string) (created bool, err error) {
	cmd := b.Command
	by, fingerprint := cmd.Actor, cmd.Fingerprint
	cmd.ID, cmd.Actor, cmd.Fingerprint, cmd.Text = "", casefile.Actor{}, "", casefile.Document{}
	fields, err := json.Marshal(cmd)
	if err != nil {
		return false, err
	}
	document := ""
	if b.Words != "" {
		document = uuid.NewString()
	}
	const sql = `
		INSERT INTO broadcasts (id, kind, command, document, actor, role, unit, fingerprint, selection, total, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING`
	tag, err := tx.Exec(ctx, sql, b.ID, string(cmd.Kind), string(fields), document, by.ID, string(by.Role), by.Unit, fingerprint,
		string(b.Selection), len(cases), b.CreatedAt)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	if document != "" {
		hash := sha256.Sum256([]byte(b.Words))
		_, err := tx.Exec(ctx, `INSERT INTO documents (id, body, hash, author) VALUES ($1, $2, $3, $4)`, document, b.Words, hex.EncodeToString(hash[:]), by.ID)
		if err != nil {
			return false, err
		}
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"broadcast_cases"}, []string{"broadcast", "position", "case_id", "command"},
		pgx.CopyFromSlice(len(cases), func(i int) ([]any, error) {
			return []any{b.ID, i + 1, cases[i], BroadcastCommandID(b.ID, cases[i])}, nil
		}))
	return true, err
}

const selectBroadcast = `
	SELECT b.id, b.command, b.document, coalesce(d.body, ''), coalesce(d.hash, ''), b.actor, b.role, b.unit, b.fingerprint, b.selection, b.total, b.state,
		b.created_at, b.ended_at, b.cancelled_by, b.cancelled_at
	FROM broadcasts b LEFT JOIN documents d ON d.id = b.document AND b.document <> ''`

func scanBroadcast(row pgx.CollectableRow) (Broadcast, error) {
	var b Broadcast
	var fields []byte
	var by casefile.Actor
	var text casefile.Document
	var fingerprint string
	var ended, cancelled *time.Time
	err := row.Scan(&b.ID, &fields, &text.ID, &b.Words, &text.Hash, &by.ID, &by.Role, &by.Unit, &fingerprint, &b.Selection, &b.Total, &b.State,
		&b.CreatedAt, &ended, &b.CancelledBy, &cancelled)
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(fields, &b.Command); err != nil {
		return b, fmt.Errorf("decode command of broadcast %s: %w", b.ID, err)
	}
	b.Command.Actor, b.Command.Text, b.Command.Fingerprint = by, text, fingerprint
	if ended != nil {
		b.EndedAt = *ended
	}
	if cancelled != nil {
		b.CancelledAt = *cancelled
	}
	return b, nil
}

// Broadcast returns a broadcast, without its results. ErrNotFound when there is none.
func (s *Store) Broadcast(ctx context.Context, id string) (Broadcast, error) {
	rows, err := s.pool.Query(ctx, selectBroadcast+` WHERE b.id = $1`, id)
	if err != nil {
		return Broadcast{}, fmt.Errorf("read broadcast %s: %w", id, err)
	}
	b, err := pgx.CollectExactlyOneRow(rows, scanBroadcast)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, ErrNotFound
	}
	if err != nil {
		return b, fmt.Errorf("read broadcast %s: %w", id, err)
	}
	return b, nil
}

// RunningBroadcasts lists the broadcasts that have not ended.
func (s *Store) RunningBroadcasts(ctx context.Context) ([]Broadcast, error) {
	rows, err := s.pool.Query(ctx, selectBroadcast+` WHERE b.state = 'running' ORDER BY b.created_at, b.id`)
	if err != nil {
		return nil, fmt.Errorf("list running broadcasts: %w", err)
	}
	running, err := pgx.CollectRows(rows, scanBroadcast)
	if err != nil {
		return nil, fmt.Errorf("list running broadcasts: %w", err)
	}
	return running, nil
}

// NextOfBroadcast returns the case whose turn it is, those that gave no answer last.
// ErrNotFound when there is none any more, or the broadcast is cancelled.
func (s *Store) NextOfBroadcast(ctx context.Context, id string) (next BroadcastCase, err error) {
	const sql = `
		SELECT c.position, c.case_id, c.command, c.attempts
		FROM broadcast_cases c JOIN broadcasts b ON b.id = c.broadcast
		WHERE c.broadcast = $1 AND c.result = 'pending' AND b.cancelled_at IS NULL ORDER BY c.attempts, c.position LIMIT 1`
	err = s.pool.QueryRow(ctx, sql, id).Scan(&next.Position, &next.Case, &next.Command, &next.Attempts)
	if errors.Is(err, pgx.ErrNoRows) {
		return next, ErrNotFound
	}
	if err != nil {
		return next, fmt.Errorf("next case of broadcast %s: %w", id, err)
	}
	return next, nil
}

// CopyText gives a case its own copy of a broadcast's text, under the id of the case's
// command; a second call finds the first one's.
func (s *Store) CopyText(ctx context.Context, from casefile.Document, command string) (casefile.Document, error) {
	if from == (casefile.Document{}) {
		return from, nil
	}
	// Looked at again, a copy that no event refers to yet is not swept as old.
	const sql = `
		INSERT INTO documents (id, body, hash, author) SELECT $2, body, hash, author FROM documents WHERE id = $1
		ON CONFLICT (id) DO UPDATE SET created_at = CASE WHEN documents.case_id = '' THEN clock_timestamp() ELSE documents.created_at END`
	tag, err := s.pool.Exec(ctx, sql, from.ID, command)
	if err != nil {
		return casefile.Document{}, fmt.Errorf("copy text %s: %w", from.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return casefile.Document{}, fmt.Errorf("%w: the text of a broadcast is gone", ErrBroken)
	}
	return casefile.Document{ID: command, Hash: from.Hash}, nil
}

// AnswerBroadcast records what became of a case. The ledger has the last word: a command
// that stands there is done, whatever the caller was told.
func (s *Store) AnswerBroadcast(ctx context.Context, id string, c BroadcastCase) error {
	refusal := any(nil)
	if c.Refusal != nil {
		encoded, err := json.Marshal(c.Refusal)
		if err != nil {
			return err
		}
		refusal = string(encoded)
	}
	const sql = `
		UPDATE broadcast_cases SET
			result  = CASE WHEN l.seq IS NULL THEN $3 ELSE 'done' END,
			refusal = CASE WHEN l.seq IS NULL THEN $4::jsonb END,
			seq     = l.seq, at = $5
		FROM (SELECT max(l.seq) AS seq FROM broadcast_cases c LEFT JOIN ledger l ON l.case_id = c.case_id AND l.command = c.command
			WHERE c.broadcast = $1 AND c.position = $2) AS l
		WHERE broadcast = $1 AND position = $2 AND (result = 'pending' OR result <> 'done' AND l.seq IS NOT NULL)`
	if _, err := s.pool.Exec(ctx, sql, id, c.Position, string(c.Result), refusal, c.At); err != nil {
		return fmt.Errorf("record answer of %s to broadcast %s: %w", c.Case, id, err)
	}
	return nil
}

// MissBroadcast counts an attempt to which no answer came: the case's turn comes again
// after the others'.
func (s *Store) MissBroadcast(ctx context.Context, id string, position int) error {
	const sql = `UPDATE broadcast_cases SET attempts = attempts + 1 WHERE broadcast = $1 AND position = $2 AND result = 'pending'`
	if _, err := s.pool.Exec(ctx, sql, id, position); err != nil {
		return fmt.Errorf("count attempt of broadcast %s: %w", id, err)
	}
	return nil
}

// CancelBroadcast notes that a broadcast is to give no further command. It changes
// nothing of one that has ended or is cancelled already.
func (s *Store) CancelBroadcast(ctx context.Context, id, by string, at time.Time) error {
	const sql = `UPDATE broadcasts SET cancelled_by = $2, cancelled_at = $3 WHERE id = $1 AND state = 'running' AND cancelled_at IS NULL`
	if _, err := s.pool.Exec(ctx, sql, id, by, at); err != nil {
		return fmt.Errorf("cancel broadcast %s: %w", id, err)
	}
	return nil
}

// FinishBroadcast ends a broadcast of which no case is pending, or which is cancelled:
// what is pending then is skipped. Otherwise it changes nothing.
func (s *Store) FinishBroadcast(ctx context.Context, id string, at time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		const skip = `
			UPDATE broadcast_cases c SET result = CASE WHEN l.seq IS NULL THEN 'skipped' ELSE 'done' END, seq = l.seq, at = $2
			FROM (SELECT p.position, max(l.seq) AS seq FROM broadcast_cases p LEFT JOIN ledger l ON l.case_id = p.case_id AND l.command = p.command
				WHERE p.broadcast = $1 AND p.result = 'pending' GROUP BY p.position) AS l
			WHERE c.broadcast = $1 AND c.position = l.position AND c.result = 'pending'
				AND EXISTS (SELECT 1 FROM broadcasts WHERE id = $1 AND cancelled_at IS NOT NULL)`
		if _, err := tx.Exec(ctx, skip, id, at); err != nil {
			return err
		}
		const end = `
			UPDATE broadcasts SET state = CASE WHEN cancelled_at IS NULL THEN 'done' ELSE 'cancelled' END, ended_at = $2
			WHERE id = $1 AND state = 'running' AND NOT EXISTS (SELECT 1 FROM broadcast_cases WHERE broadcast = $1 AND result = 'pending')`
		_, err := tx.Exec(ctx, end, id, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish broadcast %s: %w", id, err)
	}
	return nil
}

// mine narrows to the broadcasts that casefile.SeesBroadcast lets the actor know of.
func mine(by casefile.Actor, d *casefile.Directory) (condition string, args pgx.NamedArgs) {
	args = pgx.NamedArgs{"me": by.ID, "above_me": above(d, by.Unit)}
	switch by.Role {
	case casefile.Auditor:
		return `true`, args
	case casefile.Supervisor:
		args["my_area"] = area(d, d.Area(by.Unit))
		return `b.unit = ANY(@my_area)`, args
	default:
		return `b.actor = @me`, args
	}
}

// Broadcasts lists the broadcasts that the actor may know of, the newest first, with
// their results. next is the cursor of the following page, "" on the last.
func (s *Store) Broadcasts(ctx context.Context, by casefile.Actor, cursor string, limit int) (page []Broadcast, next string, err error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, "", err
	}
	condition, args := mine(by, d)
	args["limit"] = limit + 1
	if cursor != "" {
		// The same form as that of the cases' list.
		at, id, err := parseCursor(cursor, "broadcasts")
		if err != nil || at == infinity {
			return nil, "", ErrCursor
		}
		args["at"], args["id"] = at, id
		condition += ` AND (b.created_at, b.id) < (@at::timestamptz, @id)`
	}
	rows, err := s.pool.Query(ctx, selectBroadcast+` WHERE `+condition+` ORDER BY b.created_at DESC, b.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, "", fmt.Errorf("list broadcasts: %w", err)
	}
	if page, err = pgx.CollectRows(rows, scanBroadcast); err != nil {
		return nil, "", fmt.Errorf("list broadcasts: %w", err)
	}
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte("broadcasts " + last.CreatedAt.Format(time.RFC3339Nano) + " " + last.ID))
	}
	listed := make([]string, len(page))
	for i, b := range page {
		listed[i] = b.ID
	}
	results, err := s.broadcastResults(ctx, by, d, listed)
	if err != nil {
		return nil, "", err
	}
	for i := range page {
		page[i].Results = results[page[i].ID]
	}
	return page, next, nil
}

// BroadcastResults counts the results of a broadcast, without the cases that accuse the
// actor.
func (s *Store) BroadcastResults(ctx context.Context, by casefile.Actor, id string) (map[BroadcastResult]int, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	results, err := s.broadcastResults(ctx, by, d, []string{id})
	return results[id], err
}

func (s *Store) broadcastResults(ctx context.Context, by casefile.Actor, d *casefile.Directory, broadcasts []string) (map[string]map[BroadcastResult]int, error) {
	type count struct {
		Broadcast string
		Result    BroadcastResult
		Cases     int
	}
	const sql = `
		SELECT broadcast, result, count(*)::int FROM broadcast_cases
		WHERE broadcast = ANY(@broadcasts) AND case_id NOT IN ` + accusing + ` GROUP BY broadcast, result`
	counts, err := collect[count](ctx, s.pool, sql, pgx.NamedArgs{"me": by.ID, "above_me": above(d, by.Unit), "broadcasts": broadcasts})
	if err != nil {
		return nil, fmt.Errorf("count results of broadcasts: %w", err)
	}
	results := map[string]map[BroadcastResult]int{}
	for _, id := range broadcasts {
		results[id] = map[BroadcastResult]int{}
	}
	for _, c := range counts {
		results[c.Broadcast][c.Result] = c.Cases
	}
	return results, nil
}

// BroadcastCases lists the cases of a broadcast that have come to a result ("" for any)
// in their order, after a position: those that the actor may see.
func (s *Store) BroadcastCases(ctx context.Context, by casefile.Actor, id string, result BroadcastResult, after, limit int, now time.Time) ([]BroadcastCase, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	w := where{args: pgx.NamedArgs{"broadcast": id, "after": after, "result": string(result), "limit": limit}}
	w.sees(by, d, now)
	sql := `
		SELECT b.position, b.case_id, c.number, c.title, b.command, b.result, b.attempts, coalesce(b.seq, 0), b.refusal, coalesce(b.at, 'epoch')
		FROM broadcast_cases b JOIN cases c ON c.id = b.case_id
		WHERE b.broadcast = @broadcast AND b.position > @after AND (@result = '' OR b.result = @result)
			AND b.case_id IN (SELECT id FROM cases` + w.String() + `)
		ORDER BY b.position LIMIT @limit`
	rows, err := s.pool.Query(ctx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("list cases of broadcast %s: %w", id, err)
	}
	cases, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BroadcastCase])
	if err != nil {
		return nil, fmt.Errorf("list cases of broadcast %s: %w", id, err)
	}
	for i := range cases {
		if cases[i].Result == Pending {
			cases[i].At = time.Time{}
		}
	}
	return cases, nil
}
