package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// Publication is a version of what is in force over the program's own rules: whole, not
// a change to the one before.
type Publication struct {
	Version     int    // from 1 on
	ID          string // of the request that made it
	Policy      string // a local policy file; empty: none
	Years       []string
	Reason      string
	By          string // official; empty: who set up the installation
	At          time.Time
	Fingerprint string // of what was asked
	Broadcast   string // by which it goes to the open cases; empty: it touched none
}

// Rulebook reads the rules as they would be with this publication in force. The error
// joins everything that is wrong with it: policy.FileError and *calendar.FileError.
func (p Publication) Rulebook() (casefile.Rules, error) {
	local, policyErr := policy.Parse("policy.yaml", []byte(p.Policy))
	lists := make([][]byte, len(p.Years))
	for i, year := range p.Years {
		lists[i] = []byte(year)
	}
	cal, calendarErr := calendar.With(lists...)
	return casefile.Rules{Version: p.Version, Since: p.At, Policy: local, Calendar: cal}, errors.Join(policyErr, calendarErr)
}

// Rules are those in force, with the directory. They must not be changed, and are read
// anew only when a publication, an import or a leave has changed them.
func (s *Store) Rules(ctx context.Context) (casefile.Rules, error) { return s.rulesIn(ctx, s.pool) }

func (s *Store) rulesIn(ctx context.Context, q querier) (casefile.Rules, error) {
	var version, directory string
	const sql = `
		SELECT (SELECT value FROM settings WHERE name = 'rules_version'), (SELECT value FROM settings WHERE name = 'directory_version')`
	if err := q.QueryRow(ctx, sql).Scan(&version, &directory); err != nil {
		return casefile.Rules{}, fmt.Errorf("read versions of the rules: %w", err)
	}
	var rules casefile.Rules
	if kept := s.rulebook.at(version); kept != nil {
		rules = *kept
	} else {
		var published Publication
		if version != "0" {
			var err error
			if published, err = publicationIn(ctx, q, `version = $1::int`, version); err != nil {
				return rules, err
			}
		}
		var err error
		if rules, err = published.Rulebook(); err != nil {
			return rules, fmt.Errorf("rules %s can't be read by this program: %w", version, err)
		}
		s.rulebook.keep(version, &rules)
	}
	var err error
	rules.Directory, err = s.directoryAt(ctx, q, directory)
	return rules, err
}

const selectPublication = `SELECT version, id, policy, years, reason, by_official, at, fingerprint, coalesce(broadcast, '') FROM rules`

func publicationIn(ctx context.Context, q querier, where string, args ...any) (Publication, error) {
	found, err := collect[Publication](ctx, q, selectPublication+` WHERE `+where, args...)
	if err != nil {
		return Publication{}, fmt.Errorf("read rules: %w", err)
	}
	if len(found) == 0 {
		return Publication{}, ErrNotFound
	}
	return found[0], nil
}

// Publications lists what has been in force over the program's own rules, the newest
// first, without the rules themselves.
func (s *Store) Publications(ctx context.Context) ([]Publication, error) {
	const sql = `SELECT version, id, '', '{}'::text[], reason, by_official, at, fingerprint, coalesce(broadcast, '') FROM rules ORDER BY version DESC`
	list, err := collect[Publication](ctx, s.pool, sql)
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return list, nil
}

// Publication finds the one that a request made. ErrNotFound when there is none.
func (s *Store) Publication(ctx context.Context, id string) (Publication, error) {
	return publicationIn(ctx, s.pool, `id = $1`, id)
}

// PublicationOf returns a version. ErrNotFound when there is none.
func (s *Store) PublicationOf(ctx context.Context, version int) (Publication, error) {
	return publicationIn(ctx, s.pool, `version = $1`, version)
}

// InForce is the publication in force; the zero Publication where the program's own rules
// are.
func (s *Store) InForce(ctx context.Context) (Publication, error) { return inForce(ctx, s.pool) }

func inForce(ctx context.Context, q querier) (Publication, error) {
	p, err := publicationIn(ctx, q, `version = (SELECT value::int FROM settings WHERE name = 'rules_version')`)
	if errors.Is(err, ErrNotFound) {
		return Publication{}, nil
	}
	return p, err
}

// EachOpen gives every open case to fn, in the order of their ids.
func (s *Store) EachOpen(ctx context.Context, fn func(Row)) error { return eachOpen(ctx, s.pool, fn) }

func eachOpen(ctx context.Context, q querier, fn func(Row)) error {
	rows, err := q.Query(ctx, `
		SELECT c.state, c.title, CASE WHEN c.wake_at < 'infinity' THEN c.wake_at END FROM cases c WHERE open ORDER BY id`)
	if err != nil {
		return fmt.Errorf("read open cases: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return fmt.Errorf("read open cases: %w", err)
		}
		fn(r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read open cases: %w", err)
	}
	return nil
}

// PublishTx is the rules, locked, in one transaction: nobody else publishes any.
type PublishTx struct {
	s  *Store
	tx pgx.Tx
}

// publishing is the advisory lock that commands share and a publication has alone: none is
// decided by the rules before while the cases are looked through.
const publishing = 0x73686775

// InPublication runs fn with the rules locked: no command is under way, and none begins.
// What fn wrote is committed when it returns nil, and every process reads the rules anew;
// otherwise it is undone.
func (s *Store) InPublication(ctx context.Context, fn func(*PublishTx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM settings WHERE name = 'rules_version' FOR UPDATE`); err != nil {
			return fmt.Errorf("lock rules: %w", err)
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, publishing); err != nil {
			return fmt.Errorf("wait for commands under way: %w", err)
		}
		return fn(&PublishTx{s, tx})
	})
}

// Publication is Store.Publication as of this transaction.
func (t *PublishTx) Publication(ctx context.Context, id string) (Publication, error) {
	return publicationIn(ctx, t.tx, `id = $1`, id)
}

// InForce is Store.InForce as of this transaction.
func (t *PublishTx) InForce(ctx context.Context) (Publication, error) { return inForce(ctx, t.tx) }

// Rules are those in force until now.
func (t *PublishTx) Rules(ctx context.Context) (casefile.Rules, error) { return t.s.rulesIn(ctx, t.tx) }

// EachOpen is Store.EachOpen as of this transaction.
func (t *PublishTx) EachOpen(ctx context.Context, fn func(Row)) error { return eachOpen(ctx, t.tx, fn) }

// Publish puts a publication in force. It goes to these cases by a broadcast of the same
// id, ordered by whoever publishes; it stands in what Publish returns.
func (t *PublishTx) Publish(ctx context.Context, p Publication, by casefile.Actor, cases []string) (Publication, error) {
	if len(cases) > 0 {
		_, err := createBroadcast(ctx, t.tx, Broadcast{
			ID: p.ID, Command: casefile.Command{Kind: casefile.Replan, Actor: by, Fingerprint: p.Fingerprint}, Words: p.Reason,
			Selection: fmt.Appendf(nil, `{"rules": %d}`, p.Version), CreatedAt: p.At,
		}, cases)
		if err != nil {
			return p, fmt.Errorf("write broadcast of rules %d: %w", p.Version, err)
		}
		p.Broadcast = p.ID
	}
	const sql = `
		INSERT INTO rules (version, id, policy, years, reason, by_official, at, fingerprint, broadcast)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, ''))`
	if _, err := t.tx.Exec(ctx, sql, p.Version, p.ID, p.Policy, append([]string{}, p.Years...), p.Reason, p.By, p.At, p.Fingerprint, p.Broadcast); err != nil {
		return p, fmt.Errorf("write rules %d: %w", p.Version, err)
	}
	if _, err := t.tx.Exec(ctx, `UPDATE settings SET value = $1::int::text WHERE name = 'rules_version'`, p.Version); err != nil {
		return p, fmt.Errorf("put rules %d in force: %w", p.Version, err)
	}
	return p, nil
}
