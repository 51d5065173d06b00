package store

import (
	"context"
	"fmt"

	"shuangze/casefile"
)

// Instructions lists the events by which leaders gave instructions (批示) on these cases, in
// order, by case.
func (s *Store) Instructions(ctx context.Context, of []string) (map[string][]casefile.Event, error) {
	type row struct{ Case, Body string }
	const sql = `SELECT case_id, body FROM ledger WHERE case_id = ANY($1) AND kind = $2 ORDER BY case_id, seq`
	rows, err := collect[row](ctx, s.pool, sql, of, string(casefile.EventInstructed))
	if err != nil {
		return nil, fmt.Errorf("read instructions: %w", err)
	}
	byCase := map[string][]casefile.Event{}
	for _, r := range rows {
		e, err := Recorded{Body: r.Body}.Event()
		if err != nil {
			return nil, err
		}
		byCase[r.Case] = append(byCase[r.Case], e)
	}
	return byCase, nil
}

// Documents reads texts by their ids; those that are gone are left out.
func (s *Store) Documents(ctx context.Context, of []string) (map[string]Text, error) {
	texts, err := collect[Text](ctx, s.pool, `SELECT id, title, body, hash, author, created_at FROM documents WHERE id = ANY($1)`, of)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	byID := make(map[string]Text, len(texts))
	for _, t := range texts {
		byID[t.ID] = t
	}
	return byID, nil
}
