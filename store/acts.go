package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/casefile"
)

// Where an act is on record.
const (
	InCases          = "cases"          // the ledger
	InReads          = "reads"          // who looked up the petitioner of an accusation
	InSearches       = "searches"       // who looked for earlier cases of the same person, by what
	InExports        = "exports"        // lists taken out as tables
	InAdministration = "administration" // directory, accounts, tokens, endpoints, rules, leaves
)

// ActSources lists them.
var ActSources = []string{InCases, InReads, InSearches, InExports, InAdministration}

// Act is one thing that somebody did: codes and ids, never a text or a petitioner.
type Act struct {
	Source   string
	At       time.Time
	Official string
	What     string
	Case     string
	Number   string
	Subject  string   // of the administration: the unit, official, token, endpoint or version; else how many cases were found or taken
	Fields   []string // what was changed, searched by, or asked for
	Ref      string   // with At it tells an act from every other
}

// ActFilter narrows a search for acts; zero fields don't.
type ActFilter struct {
	Official string
	Case     string // id or registration number
	What     string
	Sources  []string
	From     time.Time
	Until    time.Time // exclusive
	Before   Act       // At and Ref of the last one seen
	Limit    int
}

// branches are the records, one query each.
var branches = map[string]string{
	InCases: `
		SELECT 'cases', l.at, l.body::jsonb->'actor'->>'id' AS official, l.kind AS what, l.case_id, c.number, '', '{}'::text[], l.case_id || '/' || lpad(l.seq::text, 12, '0') AS ref
		FROM ledger l JOIN cases c ON c.id = l.case_id`,
	InReads: `
		SELECT 'reads', r.at, r.official, 'petitioner_read' AS what, r.case_id, c.number, '', '{}'::text[], r.case_id || '/' || r.official AS ref
		FROM petitioner_reads r JOIN cases c ON c.id = r.case_id`,
	InExports: `
		SELECT 'exports', at, official, 'exported' AS what, '', '', cases::text, CASE WHEN query = '' THEN '{}' ELSE string_to_array(query, '&') END, official AS ref FROM exports`,
	InSearches: `
		SELECT 'searches', at, official, 'petitioner_searched' AS what, '', '', found::text, string_to_array(by_what, ' '), official AS ref FROM petitioner_searches`,
	InAdministration: `
		SELECT * FROM (
			SELECT 'administration', at, by_official AS official, act AS what, '', '', subject, fields, lpad(id::text, 12, '0') AS ref FROM administration
			UNION ALL SELECT 'administration', at, by_official, 'rules_published', '', '', version::text, '{}'::text[], id FROM rules
			UNION ALL SELECT 'administration', entered_at, entered_by, 'leave_entered', '', '', official, '{}'::text[], id || '/1' FROM leaves
			UNION ALL SELECT 'administration', ended_at, ended_by, 'leave_ended', '', '', official, '{}'::text[], id || '/2' FROM leaves WHERE ended_at IS NOT NULL
		) AS acts`,
}

// Acts searches what was done, the latest first, at most Limit. Cases that accuse the actor
// are left out.
func (s *Store) Acts(ctx context.Context, by casefile.Actor, d *casefile.Directory, f ActFilter) ([]Act, error) {
	args := pgx.NamedArgs{"me": by.ID, "above_me": above(d, by.Unit), "official": f.Official, "case": f.Case, "what": f.What, "from": f.From, "until": f.Until, "at": f.Before.At, "ref": f.Before.Ref, "limit": f.Limit}
	var parts []string
	for _, source := range f.Sources {
		ofCase := source == InCases || source == InReads
		if f.Case != "" && !ofCase {
			continue
		}
		conditions := []string{`true`}
		if ofCase {
			conditions = append(conditions, `c.accused_official <> @me`, `c.accused_unit <> ALL(@above_me)`)
		}
		if f.Case != "" {
			conditions = append(conditions, `(c.id = @case OR c.number = @case)`)
		}
		at := map[string]string{InCases: `l.at`, InReads: `r.at`}[source]
		if at == "" {
			at = `at`
		}
		if !f.From.IsZero() {
			conditions = append(conditions, at+` >= @from`)
		}
		if !f.Until.IsZero() {
			conditions = append(conditions, at+` < @until`)
		}
		if !f.Before.At.IsZero() {
			conditions = append(conditions, at+` <= @at`)
		}
		outer := []string{`true`}
		if f.Official != "" {
			outer = append(outer, `official = @official`)
		}
		if f.What != "" {
			outer = append(outer, `what = @what`)
		}
		if !f.Before.At.IsZero() {
			outer = append(outer, `(at, ref) < (@at, @ref)`)
		}
		parts = append(parts, `(SELECT * FROM (`+branches[source]+` WHERE `+strings.Join(conditions, ` AND `)+`) AS a (source, at, official, what, case_id, number, subject, fields, ref)
			WHERE `+strings.Join(outer, ` AND `)+` ORDER BY at DESC, ref DESC LIMIT @limit)`)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	acts, err := collect[Act](ctx, s.pool, `SELECT * FROM (`+strings.Join(parts, ` UNION ALL `)+`) AS acts ORDER BY at DESC, ref DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("search what was done: %w", err)
	}
	return acts, nil
}
