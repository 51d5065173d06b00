package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Text is a document with its words.
type Text struct {
	ID        string
	Title     string
	Body      string
	Hash      string
	Author    string
	CreatedAt time.Time
}

// WriteText keeps a text before the command that refers to it is given. title is
// only a petition's, and that of a correction which gives the case another.
func (s *Store) WriteText(ctx context.Context, title, body, author string) (casefile.Document, error) {
	hash := sha256.Sum256([]byte(body))
	doc := casefile.Document{ID: uuid.NewString(), Hash: hex.EncodeToString(hash[:])}
	_, err := s.pool.Exec(ctx, `INSERT INTO documents (id, title, body, hash, author) VALUES ($1, $2, $3, $4, $5)`, doc.ID, title, body, doc.Hash, author)
	if err != nil {
		return casefile.Document{}, fmt.Errorf("write text: %w", err)
	}
	return doc, nil
}

// Texts reads the texts that a case's events refer to, by id.
func (s *Store) Texts(ctx context.Context, caseID string) (map[string]Text, error) {
	texts, err := collect[Text](ctx, s.pool, `SELECT id, title, body, hash, author, created_at FROM documents WHERE case_id = $1 AND case_id <> ''`, caseID)
	if err != nil {
		return nil, fmt.Errorf("read texts of %s: %w", caseID, err)
	}
	byID := make(map[string]Text, len(texts))
	for _, t := range texts {
		byID[t.ID] = t
	}
	return byID, nil
}

// Petitioner is who complained; all a case needs, nothing else.
type Petitioner struct {
	Name    string `json:"name,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Address string `json:"address,omitempty"`
	// Identity is the identity number, where the petitioner has given it.
	Identity string `json:"identity,omitempty"`
}

// Reachable reports whether name and address, or a way to call, are known: a written
// notice can be given (条例第23条第2款).
func (p Petitioner) Reachable() bool { return p.Name != "" && (p.Phone != "" || p.Address != "") }

// WritePetitioner seals who complained before the case is registered, and returns
// the key under which the case will refer to it.
func (s *Store) WritePetitioner(ctx context.Context, p Petitioner) (string, error) {
	id := uuid.NewString()
	plain, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sealed, err := s.keys.seal(plain, id)
	if err != nil {
		return "", fmt.Errorf("seal petitioner: %w", err)
	}
	_, err = s.pool.Exec(ctx, `INSERT INTO petitioners (id, sealed, phone_index, identity_index) VALUES ($1, $2, $3, $4)`,
		id, sealed, first(s.keys.blindPhone(p.Phone)), first(s.keys.blindIdentity(p.Identity)))
	if err != nil {
		return "", fmt.Errorf("write petitioner: %w", err)
	}
	return id, nil
}

// ReadPetitioner opens who complained, and logs who looked when the case is an
// accusation. ErrNotFound when nothing was recorded, ErrSealed when no
// key opens it.
func (s *Store) ReadPetitioner(ctx context.Context, c casefile.Case, reader string, now time.Time) (Petitioner, error) {
	var p Petitioner
	var sealed []byte
	err := s.pool.QueryRow(ctx, `SELECT sealed FROM petitioners WHERE id = $1`, c.Petitioner).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, ErrNotFound
	}
	if err != nil {
		return p, fmt.Errorf("read petitioner of %s: %w", c.ID, err)
	}
	if c.Purpose == "accusation" {
		if _, err := s.pool.Exec(ctx, `INSERT INTO petitioner_reads (case_id, official, at) VALUES ($1, $2, $3)`, c.ID, reader, now); err != nil {
			return p, fmt.Errorf("log reading of petitioner: %w", err)
		}
	}
	plain, err := s.keys.open(sealed, c.Petitioner)
	if err != nil {
		return p, fmt.Errorf("%w: petitioner of %s: %w", ErrSealed, c.ID, err)
	}
	return p, json.Unmarshal(plain, &p)
}

// Sweep removes texts and petitioners older than a day that no event refers to:
// what commands left behind that were refused. The texts of broadcasts and the topics of
// appointments stay. Drafts go two weeks after they were last saved, and of appointments
// who comes and why two weeks after the day, by the time that cases live in.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	const visitors = `
		UPDATE appointments a SET sealed = NULL, topic = NULL FROM receptions r
		WHERE r.id = a.reception AND a.sealed IS NOT NULL AND r.until_at < $1`
	if _, err := s.pool.Exec(ctx, visitors, now.AddDate(0, 0, -casefile.DaysVisitorsAreKept)); err != nil {
		return fmt.Errorf("sweep visitors: %w", err)
	}
	for table, needed := range map[string]string{
		"documents": ` AND NOT EXISTS (SELECT 1 FROM broadcasts WHERE document = documents.id AND document <> '')
			AND NOT EXISTS (SELECT 1 FROM appointments WHERE topic = documents.id)`,
		"petitioners": ``,
	} {
		sql := `DELETE FROM ` + table + ` WHERE case_id = '' AND created_at < clock_timestamp() - interval '1 day'` + needed
		if _, err := s.pool.Exec(ctx, sql); err != nil {
			return fmt.Errorf("sweep %s: %w", table, err)
		}
	}
	if _, err := s.pool.Exec(ctx, `DELETE FROM drafts WHERE saved_at < clock_timestamp() - interval '14 days'`); err != nil {
		return fmt.Errorf("sweep drafts: %w", err)
	}
	return nil
}
