package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// What an administrator does, as it is kept on record.
const (
	UnitAdded       = "unit_added"
	UnitChanged     = "unit_changed"
	UnitEnded       = "unit_ended"
	OfficialAdded   = "official_added"
	OfficialChanged = "official_changed"
	OfficialEnded   = "official_ended"
	PasswordSet     = "password_set"
	SignedOut       = "signed_out"
	TokenIssued     = "token_issued"
	TokenRevoked    = "token_revoked"
	EndpointAdded   = "endpoint_added"
	EndpointRotated = "endpoint_rotated"
	EndpointRemoved = "endpoint_removed"
)

// AdministrationActs lists them.
var AdministrationActs = []string{
	UnitAdded, UnitChanged, UnitEnded, OfficialAdded, OfficialChanged, OfficialEnded, PasswordSet, SignedOut, TokenIssued, TokenRevoked, EndpointAdded, EndpointRotated, EndpointRemoved,
}

// Administered is one thing that an administrator did: to what, and which of its fields,
// never what they were or became.
type Administered struct {
	At      time.Time
	By      string
	Act     string
	Subject string
	Fields  []string
}

const recordAdministered = `INSERT INTO administration (at, by_official, act, subject, fields) VALUES ($1, $2, $3, $4, $5)`

// administer does something and keeps it on record: both hold, or neither. by is nil where
// nobody does it for another: people their own, or who runs the installation.
func (s *Store) administer(ctx context.Context, by *Administered, act func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := act(tx); err != nil || by == nil {
			return err
		}
		if _, err := tx.Exec(ctx, recordAdministered, by.At, by.By, by.Act, by.Subject, append([]string{}, by.Fields...)); err != nil {
			return fmt.Errorf("record %s: %w", by.Act, err)
		}
		return nil
	})
}

// DirectoryTx is the directory, locked, in one transaction, with the number of open cases
// that each leader carries. No command is under way, so that nobody is given a case while
// they leave.
type DirectoryTx struct {
	tx        pgx.Tx
	Directory *casefile.Directory
}

// ChangeDirectory runs fn with the directory locked. What fn wrote is committed when it
// returns nil, and every process reads the directory anew; otherwise it is undone.
func (s *Store) ChangeDirectory(ctx context.Context, fn func(*DirectoryTx) error) error {
	return s.inDirectory(ctx, func(tx pgx.Tx, d *casefile.Directory) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, publishing); err != nil {
			return fmt.Errorf("wait for commands under way: %w", err)
		}
		loaded, err := withLoad(ctx, tx, d)
		if err != nil {
			return err
		}
		return fn(&DirectoryTx{tx, loaded})
	})
}

// Burden counts what there is to do for a unit at a moment.
func (t *DirectoryTx) Burden(ctx context.Context, unit string, now time.Time) (b casefile.Burden, err error) {
	const sql = `
		WITH mine AS (
			SELECT unit = @unit OR office = @unit OR parties @> ARRAY[@unit] AS party,
				supervision <> 'none' AND jsonb_path_exists(state, '$.channels[*] ? (@.office == $unit && !exists(@.released_at))', jsonb_build_object('unit', @unit::text)) AS supervised
			FROM cases WHERE open
		)
		SELECT count(*) FILTER (WHERE party), count(*) FILTER (WHERE supervised AND NOT party),
			(SELECT count(*) FROM receptions WHERE office = @unit AND ended_at IS NULL AND until_at > @now) FROM mine`
	if err := t.tx.QueryRow(ctx, sql, pgx.NamedArgs{"unit": unit, "now": now}).Scan(&b.Cases, &b.Supervised, &b.Receptions); err != nil {
		return b, fmt.Errorf("count what is left to do for unit %s: %w", unit, err)
	}
	return b, nil
}

// SaveUnit writes a unit, new, changed or ended, and who did.
func (t *DirectoryTx) SaveUnit(ctx context.Context, u casefile.Unit, done Administered) error {
	return t.save(ctx, done, saveUnit, unitValues(u))
}

// SaveOfficial writes an official, new or changed, and who did. Who has left is signed out
// everywhere and has neither password nor token any more.
func (t *DirectoryTx) SaveOfficial(ctx context.Context, o casefile.Official, done Administered) error {
	if err := t.save(ctx, done, saveOfficial, officialValues(o)); err != nil || o.Role != casefile.Former {
		return err
	}
	for _, sql := range []string{`DELETE FROM sessions WHERE official = $1`, `DELETE FROM accounts WHERE official = $1`, `DELETE FROM feeds WHERE official = $1`} {
		if _, err := t.tx.Exec(ctx, sql, o.ID); err != nil {
			return fmt.Errorf("end account: %w", err)
		}
	}
	if _, err := t.tx.Exec(ctx, `UPDATE tokens SET revoked_at = $2 WHERE official = $1 AND revoked_at IS NULL`, o.ID, time.Now()); err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

func (t *DirectoryTx) save(ctx context.Context, done Administered, sql string, values []any) error {
	if _, err := t.tx.Exec(ctx, sql, values...); err != nil {
		return fmt.Errorf("save directory: %w", err)
	}
	if _, err := t.tx.Exec(ctx, recordAdministered, done.At, done.By, done.Act, done.Subject, append([]string{}, done.Fields...)); err != nil {
		return fmt.Errorf("record %s: %w", done.Act, err)
	}
	return countUp(ctx, t.tx)
}
