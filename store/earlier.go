package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Likeness says what a clerk knows of a petition that may have come before; empty fields
// are not looked for.
type Likeness struct {
	Phone    string
	Identity string // identity number
	Title    string
}

// Match is an earlier case that may be the same matter, and by what it was found.
type Match struct {
	Row Row
	By  []string // phone, identity, title
}

// maxMatches bounds what a search for earlier cases gives.
const maxMatches = 20

// blindPhone and blindIdentity hash a number with each key, for the index that only the
// key's holder can read.
func (ks Keys) blindPhone(number string) [][]byte {
	return ks.blind("phone", casefile.PlainPhone(number))
}

func (ks Keys) blindIdentity(number string) [][]byte {
	return ks.blind("identity", casefile.PlainIdentity(number))
}

// kind keeps a telephone number from matching an identity number.
func (ks Keys) blind(kind, value string) [][]byte {
	if value == "" {
		return nil
	}
	var hashes [][]byte
	for _, k := range ks {
		h := hmac.New(sha256.New, k.mac[:])
		h.Write([]byte("index " + kind + "\x00" + value))
		hashes = append(hashes, h.Sum(nil))
	}
	return hashes
}

// first is the present key's hash, nil when there is nothing to hash.
func first(hashes [][]byte) []byte {
	if len(hashes) == 0 {
		return nil
	}
	return hashes[0]
}

// Earlier finds cases that may be the same matter as one being registered, among those
// that the actor may see. The search is logged, without what was searched for: it is for
// the registering clerk alone, against registering a matter twice, never to follow a
// person about.
func (s *Store) Earlier(ctx context.Context, by casefile.Actor, like Likeness, now time.Time) ([]Match, error) {
	d, err := s.Directory(ctx)
	if err != nil {
		return nil, err
	}
	w := where{args: pgx.NamedArgs{"title": like.Title, "limit": maxMatches}}
	w.sees(by, d, now)
	var alternatives, what []string
	add := func(name, condition string, value any) {
		w.args[name] = value
		alternatives, what = append(alternatives, condition), append(what, name)
	}
	if hashes := s.keys.blindPhone(like.Phone); hashes != nil {
		add("phone", `id = ANY(ARRAY(SELECT case_id FROM petitioners WHERE phone_index = ANY(@phone)))`, hashes)
	}
	if hashes := s.keys.blindIdentity(like.Identity); hashes != nil {
		add("identity", `id = ANY(ARRAY(SELECT case_id FROM petitioners WHERE identity_index = ANY(@identity)))`, hashes)
	}
	if like.Title != "" {
		w.args["title_within"] = within(like.Title)
		condition := `(title % @title OR title ILIKE @title_within)`
		if utf8.RuneCountInString(like.Title) == 2 {
			// Two characters are in no trigram, one says too little.
			condition = `(title % @title OR pairs(title) @> ARRAY[lower(@title::text)])`
		}
		if utf8.RuneCountInString(like.Title) < 2 {
			condition = `title % @title`
		}
		add("title", condition, like.Title)
	}
	if len(alternatives) == 0 {
		return nil, nil
	}
	w.either = append(w.either, alternatives)
	var found []string
	for i, name := range what {
		found = append(found, `CASE WHEN `+alternatives[i]+` THEN '`+name+`' END`)
	}
	sql := `SELECT state, title, CASE WHEN wake_at < 'infinity' THEN wake_at END, array_remove(ARRAY[` + strings.Join(found, `, `) + `], NULL) FROM cases` +
		w.String() + ` ORDER BY similarity(title, @title) DESC, registered_at DESC, id LIMIT @limit`
	rows, err := s.pool.Query(ctx, sql, w.args)
	if err != nil {
		return nil, fmt.Errorf("look for earlier cases: %w", err)
	}
	matches, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m Match, err error) {
		m.Row, err = scanRow(trailing{row, []any{&m.By}})
		return m, err
	})
	if err != nil {
		return nil, fmt.Errorf("look for earlier cases: %w", err)
	}
	// Whoever is the same person comes before what reads alike.
	slices.SortStableFunc(matches, func(a, b Match) int { return len(b.By) - len(a.By) })
	_, err = s.pool.Exec(ctx, `INSERT INTO petitioner_searches (official, at, by_what, found) VALUES ($1, $2, $3, $4)`, by.ID, now, strings.Join(what, " "), len(matches))
	if err != nil {
		return nil, fmt.Errorf("log the search: %w", err)
	}
	return matches, nil
}
