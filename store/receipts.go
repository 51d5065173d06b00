package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Receipt is what a petitioner was given to look up a case with. Its secret is not kept.
type Receipt struct {
	Case     string
	Number   int    // counts the case's receipts; the last one is in force
	Code     string // the query code, as auth makes it; the same for every receipt of a case
	IssuedBy string
	IssuedAt time.Time
}

// ErrIssued says that the case has a receipt already.
var ErrIssued = errors.New("the case has a receipt already")

// IssueReceipt writes a receipt for a case. Case, IssuedBy and IssuedAt must be set, and
// Code for the case's first receipt; hash is argon2id's of the secret. again lets it end
// the secret of the receipt before; otherwise that is ErrIssued.
func (s *Store) IssueReceipt(ctx context.Context, r Receipt, hash string, again bool) (Receipt, error) {
	sealed, err := s.keys.seal([]byte(hash), "receipt "+r.Case)
	if err != nil {
		return r, fmt.Errorf("seal secret: %w", err)
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// The case's row makes two who issue at once come one after the other.
		err := tx.QueryRow(ctx, `SELECT id FROM cases WHERE id = $1 FOR NO KEY UPDATE`, r.Case).Scan(&r.Case)
		if err == nil {
			const last = `SELECT coalesce(max(number), 0), coalesce(max(code), $2) FROM receipts WHERE case_id = $1`
			err = tx.QueryRow(ctx, last, r.Case, r.Code).Scan(&r.Number, &r.Code)
		}
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case r.Number > 0 && !again:
			return ErrIssued
		}
		r.Number++
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE receipts SET secret = NULL WHERE case_id = $1 AND secret IS NOT NULL`, r.Case)
		batch.Queue(`INSERT INTO receipts (case_id, number, code, secret, issued_by, issued_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			r.Case, r.Number, r.Code, sealed, r.IssuedBy, r.IssuedAt)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrIssued) {
		err = fmt.Errorf("issue receipt: %w", err)
	}
	return r, err
}

// Receipts lists the receipts of a case, the one in force first.
func (s *Store) Receipts(ctx context.Context, caseID string) ([]Receipt, error) {
	list, err := collect[Receipt](ctx, s.pool, `SELECT case_id, number, code, issued_by, issued_at FROM receipts WHERE case_id = $1 ORDER BY number DESC`, caseID)
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	return list, nil
}

// Receipt finds the receipt in force of a code, with the hash of its secret. ErrNotFound
// when there is none, ErrSealed when its key is lost.
func (s *Store) Receipt(ctx context.Context, code string) (r Receipt, hash string, err error) {
	var sealed []byte
	const sql = `SELECT case_id, number, code, issued_by, issued_at, secret FROM receipts WHERE code = $1 AND secret IS NOT NULL`
	err = s.pool.QueryRow(ctx, sql, code).Scan(&r.Case, &r.Number, &r.Code, &r.IssuedBy, &r.IssuedAt, &sealed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, "", ErrNotFound
	case err != nil:
		return r, "", fmt.Errorf("look up receipt: %w", err)
	}
	plain, err := s.keys.open(sealed, "receipt "+r.Case)
	if err != nil {
		return r, "", fmt.Errorf("%w: receipt of %s: %w", ErrSealed, r.Case, err)
	}
	return r, string(plain), nil
}

// pass is what a browser holds after a petitioner has shown a receipt.
type pass struct {
	Case   string    `json:"case"`
	Number int       `json:"number"`
	Until  time.Time `json:"until"`
}

const passContext = "pass of a receipt" //nolint:gosec // no credential: what the seal is bound to

// Pass makes a receipt's pass: sealed, so that any process can open it and nobody make one.
func (s *Store) Pass(r Receipt, until time.Time) (string, error) {
	plain, err := json.Marshal(pass{r.Case, r.Number, until})
	if err != nil {
		return "", fmt.Errorf("encode pass: %w", err)
	}
	sealed, err := s.keys.seal(plain, passContext)
	if err != nil {
		return "", fmt.Errorf("seal pass: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Passed returns the receipt of a pass. ErrNotFound when it is none of ours, is over, or
// its receipt is not in force any more.
func (s *Store) Passed(ctx context.Context, text string, now time.Time) (r Receipt, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return r, ErrNotFound
	}
	plain, err := s.keys.open(sealed, passContext)
	if err != nil {
		return r, ErrNotFound
	}
	var p pass
	if json.Unmarshal(plain, &p) != nil || !now.Before(p.Until) {
		return r, ErrNotFound
	}
	const sql = `SELECT case_id, number, code, issued_by, issued_at FROM receipts WHERE case_id = $1 AND number = $2 AND secret IS NOT NULL`
	err = s.pool.QueryRow(ctx, sql, p.Case, p.Number).Scan(&r.Case, &r.Number, &r.Code, &r.IssuedBy, &r.IssuedAt)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, ErrNotFound
	case err != nil:
		return r, fmt.Errorf("look up pass: %w", err)
	}
	return r, nil
}
