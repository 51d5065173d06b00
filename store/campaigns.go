package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// CampaignsTx is the directory, locked, in one transaction: no other campaign is opened,
// changed or ended until it is over, so what was checked still holds when it is written.
type CampaignsTx struct {
	tx        pgx.Tx
	Directory *casefile.Directory
}

// InCampaigns runs fn with the directory locked. What fn wrote is committed when it
// returns nil, and every process reads the directory anew; otherwise it is undone.
func (s *Store) InCampaigns(ctx context.Context, fn func(*CampaignsTx) error) error {
	return s.inDirectory(ctx, func(tx pgx.Tx, d *casefile.Directory) error { return fn(&CampaignsTx{tx, d}) })
}

// Opened finds a campaign that was opened under this id before, as it was then.
// ErrNotFound when there is none, ErrOtherRequest when another request did.
func (t *CampaignsTx) Opened(ctx context.Context, id, fingerprint string) (casefile.Campaign, error) {
	if err := madeBy(ctx, t.tx, fingerprint, `SELECT fingerprint FROM campaigns WHERE id = $1`, id); err != nil {
		return casefile.Campaign{}, err
	}
	c, err := campaign(ctx, t.tx, id)
	if err != nil {
		return c, err
	}
	c.EndedBy, c.EndedAt, c.Targets = "", time.Time{}, nil
	if err := t.tx.QueryRow(ctx, `SELECT targets FROM campaign_targets WHERE campaign = $1 AND version = 1`, id).Scan(&c.Targets); err != nil {
		return c, fmt.Errorf("read targets of campaign: %w", err)
	}
	return c, nil
}

// Open writes a new campaign.
func (t *CampaignsTx) Open(ctx context.Context, c casefile.Campaign, fingerprint string) error {
	const sql = `
		INSERT INTO campaigns (id, name, about, office, start_on, end_on, opened_by, opened_at, fingerprint)
		VALUES ($1, $2, $3, $4, $5::text::date, $6::text::date, $7, $8, $9)`
	if _, err := t.tx.Exec(ctx, sql, c.ID, c.Name, c.About, c.Office, c.Start.String(), c.End.String(), c.OpenedBy, c.OpenedAt, fingerprint); err != nil {
		return fmt.Errorf("open campaign: %w", err)
	}
	return t.SetTargets(ctx, c.ID, TargetChange{Targets: c.Targets, By: c.OpenedBy, At: c.OpenedAt}, c.ID, fingerprint)
}

// TargetChange is one version of a campaign's targets.
type TargetChange struct {
	Targets []casefile.Target
	Reason  string // empty: the campaign was opened with them
	By      string
	At      time.Time
}

// SetTargets writes the next version of a campaign's targets; command is the id of the
// request.
func (t *CampaignsTx) SetTargets(ctx context.Context, id string, change TargetChange, command, fingerprint string) error {
	targets, err := json.Marshal(append([]casefile.Target{}, change.Targets...))
	if err != nil {
		return fmt.Errorf("encode targets: %w", err)
	}
	const sql = `
		INSERT INTO campaign_targets (campaign, version, targets, reason, set_by, set_at, command, fingerprint)
		SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7 FROM campaign_targets WHERE campaign = $1`
	if _, err := t.tx.Exec(ctx, sql, id, string(targets), change.Reason, change.By, change.At, command, fingerprint); err != nil {
		return fmt.Errorf("set targets: %w", err)
	}
	return countUp(ctx, t.tx)
}

// TargetsSet reports whether a request has set a campaign's targets already.
// ErrOtherRequest when another request had this id.
func (t *CampaignsTx) TargetsSet(ctx context.Context, id, command, fingerprint string) (bool, error) {
	return done(madeBy(ctx, t.tx, fingerprint, `SELECT fingerprint FROM campaign_targets WHERE campaign = $1 AND command = $2`, id, command))
}

// Ended is the id of the request that ended a campaign, "" when none has.
func (t *CampaignsTx) Ended(ctx context.Context, id string) (command string, err error) {
	if err := t.tx.QueryRow(ctx, `SELECT coalesce(end_command, '') FROM campaigns WHERE id = $1`, id).Scan(&command); err != nil {
		return "", fmt.Errorf("look up campaign: %w", err)
	}
	return command, nil
}

// End writes that a campaign was ended; command is the id of the request that did it.
func (t *CampaignsTx) End(ctx context.Context, c casefile.Campaign, command string) error {
	const sql = `UPDATE campaigns SET ended_by = $2, ended_at = $3, end_command = $4 WHERE id = $1`
	if _, err := t.tx.Exec(ctx, sql, c.ID, c.EndedBy, c.EndedAt, command); err != nil {
		return fmt.Errorf("end campaign: %w", err)
	}
	return countUp(ctx, t.tx)
}

// Campaign returns a campaign. ErrNotFound when there is none.
func (s *Store) Campaign(ctx context.Context, id string) (casefile.Campaign, error) {
	return campaign(ctx, s.pool, id)
}

func campaign(ctx context.Context, q querier, id string) (casefile.Campaign, error) {
	found, err := campaignsIn(ctx, q, ` WHERE c.id = $1`, id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return casefile.Campaign{}, err
	}
	return found[0], nil
}

// TargetChanges lists every version of a campaign's targets, the first one first.
func (s *Store) TargetChanges(ctx context.Context, id string) ([]TargetChange, error) {
	changes, err := collect[TargetChange](ctx, s.pool, `SELECT targets, reason, set_by, set_at FROM campaign_targets WHERE campaign = $1 ORDER BY version`, id)
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	return changes, nil
}

func campaignsIn(ctx context.Context, q querier, rest string, args ...any) ([]casefile.Campaign, error) {
	const sql = `
		SELECT c.id, c.name, c.about, c.office, c.start_on, c.end_on,
			(SELECT targets FROM campaign_targets WHERE campaign = c.id ORDER BY version DESC LIMIT 1),
			c.opened_by, c.opened_at, coalesce(c.ended_by, ''), c.ended_at
		FROM campaigns c`
	rows, err := q.Query(ctx, sql+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c casefile.Campaign, err error) {
		var start, end time.Time
		var ended *time.Time
		err = row.Scan(&c.ID, &c.Name, &c.About, &c.Office, &start, &end, &c.Targets, &c.OpenedBy, &c.OpenedAt, &c.EndedBy, &ended)
		c.Start, c.End = calendar.DateOf(start), calendar.DateOf(end) // midnight in UTC is the same day in China
		if ended != nil {
			c.EndedAt = *ended
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	return found, nil
}

// Campaigns lists the campaigns that the actor may know of, the newest first. next is the
// cursor of the following page, "" on the last.
func (s *Store) Campaigns(ctx context.Context, by casefile.Actor, goingOn calendar.Date, cursor string, limit int, r casefile.Rules) (page []casefile.Campaign, next string, err error) {
	args := pgx.NamedArgs{"limit": limit + 1, "offices": offices(by, r)}
	condition := `c.office = ANY(@offices)`
	if by.Role == casefile.Leader {
		w := lists(by, r)
		condition = `c.id IN (SELECT campaign FROM enlistments` + w.String() + `)`
		for name, value := range w.args {
			args[name] = value
		}
	}
	if !goingOn.IsZero() {
		condition += ` AND c.ended_at IS NULL AND c.end_on >= @going_on`
		args["going_on"] = goingOn.String()
	}
	if cursor != "" {
		// The same form as that of the cases' list.
		at, id, err := parseCursor(cursor, "campaigns")
		if err != nil || at == infinity {
			return nil, "", ErrCursor
		}
		args["at"], args["id"] = at, id
		condition += ` AND (c.opened_at, c.id) < (@at::timestamptz, @id)`
	}
	if page, err = campaignsIn(ctx, s.pool, ` WHERE `+condition+` ORDER BY c.opened_at DESC, c.id DESC LIMIT @limit`, args); err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte("campaigns " + last.OpenedAt.Format(time.RFC3339Nano) + " " + last.ID))
	}
	return page, next, nil
}

// offices are those whose campaigns the actor sees whole.
func offices(by casefile.Actor, r casefile.Rules) []string {
	seen := []string{}
	for code, u := range r.Directory.Units {
		if u.Kind == casefile.PetitionOfficeKind && casefile.SeesCampaigns(code, by, r) {
			seen = append(seen, code)
		}
	}
	return seen
}

// CarriesIn reports whether a leader carries a case on a campaign's list, or stands in
// for who does.
func (s *Store) CarriesIn(ctx context.Context, by casefile.Actor, id string, r casefile.Rules) (bool, error) {
	w := lists(by, r)
	w.add(`campaign = @campaign`, "campaign", id)
	var carries bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM enlistments`+w.String()+`)`, w.args).Scan(&carries); err != nil {
		return false, fmt.Errorf("look for own cases: %w", err)
	}
	return carries, nil
}

// lists narrows enlistments to the cases now on a list of which the actor may know: for a
// leader those that they carry, for the others what casefile.Sees allows, and for nobody
// what accuses them.
func lists(by casefile.Actor, r casefile.Rules) where {
	w := where{args: pgx.NamedArgs{}}
	w.add(`delisted_at = 'infinity'`, "", nil)
	switch by.Role {
	case casefile.Auditor, casefile.Supervisor, casefile.Registrar, casefile.Inspector:
		w.sees(by, r.Directory, r.Now)
		return w
	case casefile.Leader:
	case casefile.Officer, casefile.Admin, casefile.System, casefile.Former, casefile.Complainant:
		w.add(`false`, "", nil)
	}
	w.args["me"] = by.ID
	mine := []string{`(upper = @me AND upper <> '')`, `(lower = @me AND lower <> '')`} // as the indexes have it
	if principals := r.Directory.Principals(by.ID, r.Now); len(principals) > 0 {
		w.args["principals"] = principals
		mine = append(mine, `case_id IN (SELECT id FROM cases WHERE `+asUpper+`)`, `case_id IN (SELECT id FROM cases WHERE `+asLower+`)`)
	}
	w.either = append(w.either, mine)
	w.unaccused(by, r.Directory)
	return w
}

// CampaignProgress is how a campaign stands, by the cases on its list that the actor may see.
type CampaignProgress struct {
	Standings []Standing
	Weeks     []Week // all of them up to now or, of a campaign that is over, to its end
}

// Standing counts the cases of an origin that are in a stage.
type Standing struct {
	Origin string
	Stage  casefile.Stage
	Cases  int
	// Concluded are closed, as of now or of the campaign's end; Before were closed before
	// it began and have not been taken up again since: they count for no target.
	Concluded, Before int
	Unled, Unplanned  int   // open, without two leaders, without a plan
	Submitted         int   // cases that were before a meeting since they were put on the list
	Decided           int   // those of them in which a meeting has decided
	Money             int64 // yuan granted by these decisions
}

// Week is a campaign's week from Monday to Sunday.
type Week struct {
	Monday    calendar.Date
	Concluded int // cases that have stood closed since that week
	Due       int // weekly reports due in that week, in time or late or not made yet
	InTime    int
	Late      int
	Missing   int // not made, and overdue
}

// standsSince is since when a case has stood closed at an instant; NULL when it does not.
const standsSince = `(SELECT began FROM unnest(concluded_at, concluded_until) AS x (began, until) WHERE began <= @at AND until > @at LIMIT 1)`

// CampaignProgress reads how a campaign stands, with one query each for the standings, the
// conclusions and the reports by week.
func (s *Store) CampaignProgress(ctx context.Context, by casefile.Actor, c casefile.Campaign, r casefile.Rules) (p CampaignProgress, err error) {
	at := r.Now
	if c.Over(at) {
		at = c.OverAt().Add(-time.Microsecond)
	}
	w := lists(by, r)
	w.add(`campaign = @campaign`, "campaign", c.ID)
	w.args["at"], w.args["start"] = at, c.Start.Start()
	const standings = `
		SELECT origin, stage, count(*)::int, (count(*) FILTER (WHERE since >= @start))::int, (count(*) FILTER (WHERE since < @start))::int,
			(count(*) FILTER (WHERE open AND (upper = '' OR lower = '')))::int, (count(*) FILTER (WHERE open AND NOT planned))::int,
			(count(*) FILTER (WHERE submitted > 0))::int, (count(*) FILTER (WHERE decided > 0))::int, sum(money)::bigint
		FROM (SELECT *, ` + standsSince + ` AS since, stage NOT IN ('closed', 'declined', 'diverted') AS open FROM enlistments`
	if p.Standings, err = collect[Standing](ctx, s.pool, standings+w.String()+`) AS listed GROUP BY origin, stage ORDER BY origin, stage`, w.args); err != nil {
		return p, fmt.Errorf("count cases of campaign: %w", err)
	}

	today := calendar.DateOf(at)
	for monday := mondayOf(c.Start); !monday.After(today); monday = monday.AddDays(7) {
		p.Weeks = append(p.Weeks, Week{Monday: monday})
	}
	week := func(monday time.Time) *Week {
		i := slices.IndexFunc(p.Weeks, func(w Week) bool { return w.Monday == calendar.DateOf(monday) })
		if i < 0 {
			return &Week{} // before it began, or still to come
		}
		return &p.Weeks[i]
	}
	const concluded = `
		SELECT date_trunc('week', since AT TIME ZONE 'Asia/Shanghai')::date, count(*)::int FROM (SELECT ` + standsSince + ` AS since FROM enlistments`
	type conclusions struct {
		Monday time.Time
		Cases  int
	}
	byWeek, err := collect[conclusions](ctx, s.pool, concluded+w.String()+`) AS listed WHERE since >= @start GROUP BY 1`, w.args)
	if err != nil {
		return p, fmt.Errorf("count conclusions of campaign: %w", err)
	}
	for _, c := range byWeek {
		week(c.Monday).Concluded = c.Cases
	}
	const reports = `
		SELECT date_trunc('week', due::timestamp)::date, count(*)::int, (count(*) FILTER (WHERE made < past))::int,
			(count(*) FILTER (WHERE made >= past AND made < 'infinity'))::int, (count(*) FILTER (WHERE made = 'infinity' AND past <= @at))::int
		FROM (SELECT due, made, (due + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS past FROM enlistments, unnest(report_due, report_made) AS x (due, made)`
	type weekly struct {
		Monday                     time.Time
		Due, InTime, Late, Missing int
	}
	dues, err := collect[weekly](ctx, s.pool, reports+w.String()+`) AS listed GROUP BY 1`, w.args)
	if err != nil {
		return p, fmt.Errorf("count reports of campaign: %w", err)
	}
	for _, d := range dues {
		w := week(d.Monday)
		w.Due, w.InTime, w.Late, w.Missing = d.Due, d.InTime, d.Late, d.Missing
	}
	return p, nil
}

// mondayOf is the Monday of a day's week.
func mondayOf(d calendar.Date) calendar.Date {
	return d.AddDays(-(int(d.Weekday()) + 6) % 7)
}

// CampaignCase is a case on a campaign's list.
type CampaignCase struct {
	Row
	Enlistment casefile.Enlistment
}

// CampaignCases lists the cases on a campaign's list that the actor may see, in the order
// in which they came. next is the cursor of the following page, "" on the last.
func (s *Store) CampaignCases(ctx context.Context, by casefile.Actor, id, cursor string, limit int, r casefile.Rules) (page []CampaignCase, total int, next string, err error) {
	w := lists(by, r)
	w.add(`campaign = @campaign`, "campaign", id)
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM enlistments`+w.String(), w.args).Scan(&total); err != nil {
		return nil, 0, "", fmt.Errorf("count cases of campaign: %w", err)
	}
	if cursor != "" {
		at, last, err := parseCursor(cursor, "enlisted")
		if err != nil || at == infinity {
			return nil, 0, "", ErrCursor
		}
		w.add(`(enlisted_at, case_id) > (@cursor_at::timestamptz, @cursor_id)`, "cursor_at", at)
		w.args["cursor_id"] = last
	}
	w.args["limit"] = limit + 1
	sql := `
		SELECT c.state, c.title, CASE WHEN c.wake_at < 'infinity' THEN c.wake_at END
		FROM (SELECT case_id, enlisted_at FROM enlistments` + w.String() + ` ORDER BY enlisted_at, case_id LIMIT @limit) AS l
		JOIN cases c ON c.id = l.case_id ORDER BY l.enlisted_at, l.case_id`
	rows, err := s.pool.Query(ctx, sql, w.args)
	if err != nil {
		return nil, 0, "", fmt.Errorf("list cases of campaign: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanRow)
	if err != nil {
		return nil, 0, "", fmt.Errorf("list cases of campaign: %w", err)
	}
	for _, row := range found {
		listed := row.Case.Enlistments
		i := slices.IndexFunc(listed, func(e casefile.Enlistment) bool { return e.Campaign == id && e.DelistedAt.IsZero() })
		if i < 0 {
			return nil, 0, "", fmt.Errorf("%w: case %s is on the list of campaign %s by its row alone", ErrBroken, row.Case.ID, id)
		}
		page = append(page, CampaignCase{row, listed[i]})
	}
	if len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte("enlisted " + last.Enlistment.At.Format(time.RFC3339Nano) + " " + last.Case.ID))
	}
	return page, total, next, nil
}

// enlistment is a row of enlistments; zero times are never.
type enlistment struct {
	campaign                  string
	enlisted, delisted        time.Time
	planned                   bool
	concluded, concludedUntil []time.Time
	due                       []calendar.Date
	made                      []time.Time
	submitted, decided        int
	money                     int64
}

func enlistments(c casefile.Case) []enlistment {
	var rows []enlistment
	for _, e := range c.Enlistments {
		row := enlistment{campaign: e.Campaign, enlisted: e.At, delisted: e.DelistedAt, planned: e.Plan != nil}
		for _, x := range e.Concluded {
			row.concluded, row.concludedUntil = append(row.concluded, x.At), append(row.concludedUntil, x.Until)
		}
		for _, x := range e.Reports {
			row.due, row.made = append(row.due, x.Due), append(row.made, x.MadeAt)
		}
		for _, m := range c.Meetings {
			if m.SubmittedAt.Before(e.At) && (m.On.IsZero() || m.On.Before(calendar.DateOf(e.At))) {
				continue // it was decided before the campaign
			}
			row.submitted++
			if !m.On.IsZero() {
				row.decided++
				row.money += m.Money
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// queueEnlistments writes a case's times on campaigns' lists. There are never fewer than
// before.
func queueEnlistments(batch *pgx.Batch, c casefile.Case) {
	const upsert = `
		INSERT INTO enlistments (case_id, n, campaign, enlisted_at, delisted_at, planned, concluded_at, concluded_until, report_due, report_made,
			submitted, decided, money, origin, stage, office, unit, accused_unit, accused_official, upper, lower)
		VALUES (@case, @n, @campaign, @enlisted_at, @delisted_at, @planned, @concluded_at::timestamptz[], @concluded_until::timestamptz[], @report_due::date[], @report_made::timestamptz[],
			@submitted, @decided, @money, @origin, @stage, @office, @unit, @accused_unit, @accused_official, @upper, @lower)
		ON CONFLICT (case_id, n) DO UPDATE SET delisted_at = @delisted_at, planned = @planned, concluded_at = @concluded_at::timestamptz[], concluded_until = @concluded_until::timestamptz[],
			report_due = @report_due::date[], report_made = @report_made::timestamptz[], submitted = @submitted, decided = @decided, money = @money,
			stage = @stage, unit = @unit, upper = @upper, lower = @lower`
	for i, e := range enlistments(c) {
		batch.Queue(upsert, pgx.NamedArgs{
			"case": c.ID, "n": i + 1, "campaign": e.campaign, "enlisted_at": e.enlisted, "delisted_at": instant(e.delisted), "planned": e.planned,
			"concluded_at": instants(e.concluded), "concluded_until": instants(e.concludedUntil), "report_due": days(e.due), "report_made": instants(e.made),
			"submitted": e.submitted, "decided": e.decided, "money": e.money,
			"origin": c.Origin, "stage": string(c.Stage), "office": c.Office, "unit": c.Unit,
			"accused_unit": c.AccusedUnit, "accused_official": c.AccusedOfficial, "upper": c.Upper.Official, "lower": c.Lower.Official,
		})
	}
}

// instants are times as an array column takes them; the zero time is infinity.
func instants(times []time.Time) []string {
	list := make([]string, len(times))
	for i, t := range times {
		list[i] = infinity
		if !t.IsZero() {
			list[i] = t.UTC().Format(time.RFC3339Nano)
		}
	}
	return list
}

func days(dates []calendar.Date) []string {
	list := make([]string, len(dates))
	for i, d := range dates {
		list[i] = d.String()
	}
	return list
}

// line writes a row of enlistments as enlistmentLines does.
func (e enlistment) line(c casefile.Case) string {
	stamps := func(times []time.Time) string {
		list := make([]string, len(times))
		for i, t := range times {
			if !t.IsZero() {
				list[i] = stamp(t)
			}
		}
		return strings.Join(list, ",")
	}
	delisted := ""
	if !e.delisted.IsZero() {
		delisted = stamp(e.delisted)
	}
	return strings.Join([]string{
		e.campaign, stamp(e.enlisted), delisted, strconv.FormatBool(e.planned), stamps(e.concluded), stamps(e.concludedUntil), strings.Join(days(e.due), ","), stamps(e.made),
		strconv.Itoa(e.submitted), strconv.Itoa(e.decided), strconv.FormatInt(e.money, 10),
		c.Origin, string(c.Stage), c.Office, c.Unit, c.AccusedUnit, c.AccusedOfficial, c.Upper.Official, c.Lower.Official,
	}, "|")
}

// enlistmentLines reads the rows of enlistments of the case, one a line.
const enlistmentLines = `ARRAY(SELECT concat_ws('|', campaign, to_char(enlisted_at` + stampFormat + `, coalesce(to_char(delisted_at` + stampFormat + `, ''), CASE WHEN planned THEN 'true' ELSE 'false' END,
	array_to_string(ARRAY(SELECT to_char(x` + stampFormat + ` FROM unnest(concluded_at) AS x), ',', ''), array_to_string(ARRAY(SELECT to_char(x` + stampFormat + ` FROM unnest(concluded_until) AS x), ',', ''),
	array_to_string(report_due, ','), array_to_string(ARRAY(SELECT to_char(x` + stampFormat + ` FROM unnest(report_made) AS x), ',', ''),
	submitted, decided, money, e.origin, e.stage, e.office, e.unit, e.accused_unit, e.accused_official, e.upper, e.lower) FROM enlistments e WHERE case_id = cases.id ORDER BY n)`

// CampaignCodes are what cases are found by that belong to a campaign, by its id or its
// name: the ids of those of that name and, of old, the name itself.
func campaignCodes(named string, d *casefile.Directory) []string {
	codes := []string{named}
	for id, c := range d.Campaigns {
		if c.Name == named {
			codes = append(codes, id)
		}
	}
	slices.SortFunc(codes, cmp.Compare)
	return codes
}
