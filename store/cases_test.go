package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// crowd fills a desk with cases of every kind, some months old to some hours, and leaves
// the clock at the end of November.
func (d *desk) crowd(n int, dice *rand.Rand) (ids []string) {
	d.t.Helper()
	d.open("drive", "会战", super)
	dir := d.rules.Directory
	var units []string
	for _, u := range dir.Units {
		if u.Kind == casefile.Department {
			units = append(units, u.Code)
		}
	}
	slices.Sort(units)
	end := calendar.Date{Year: 2026, Month: time.November, Day: 30}
	for i := range n {
		id := fmt.Sprintf("case-%04d", i)
		d.now = end.AddDays(-dice.IntN(150)).At(8+dice.IntN(10), dice.IntN(60))
		cmd := d.registration()
		r := cmd.Registration
		r.Unit = pick(dice, units...)
		r.Origin = pick(dice, "province", "self_found", "petition")
		r.Campaign = pick(dice, "", "", "会战")
		cmd.Text = d.text(pick(dice, "养老保险补缴", "宅基地确权争议", "50%_\\折扣 Subsidy") + r.Unit)
		if dice.IntN(3) == 0 {
			r.Reference = fmt.Sprintf("来文%d号", i)
		}
		if dice.IntN(6) == 0 {
			r.Purpose = "accusation"
			if other := pick(dice, units...); other != r.Unit {
				r.AccusedUnit = other
			}
			if dice.IntN(2) == 0 {
				r.AccusedOfficial = pick(dice, "o038", "o043", "o044", "o012", "o040")
			}
		}
		by := pick(dice, clerk, super)
		if local := dir.Office(r.Unit, casefile.PetitionOfficeKind); dice.IntN(3) == 0 {
			by = dir.Find(func(o casefile.Official) bool { return o.Unit == local && o.Role == casefile.Registrar })[0].ID
			r.Campaign = "" // which the prefecture runs
		}
		r.OnTheSpot = dice.IntN(3) > 0
		ids = append(ids, id)
		d.do(id, by, cmd)
		d.grow(id, dice)
	}
	d.now = end.At(12, 0)
	return ids
}

// grow takes a case some of its way.
func (d *desk) grow(id string, dice *rand.Rand) {
	d.t.Helper()
	later := func() { d.now = d.now.Add(time.Duration(dice.IntN(72)) * time.Hour) }
	if later(); dice.IntN(10) == 0 {
		if d.try(id, super, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: d.text("不属于受理范围")}) == nil {
			return
		}
	}
	var refusal *casefile.Error
	if err := d.try(id, super, casefile.Command{Kind: casefile.Assign}); err != nil && !errors.As(err, &refusal) {
		d.t.Fatal(err)
	}
	if later(); dice.IntN(3) == 0 {
		if err := d.try(id, super, casefile.Command{Kind: casefile.Forward}); err != nil && !errors.As(err, &refusal) {
			d.t.Fatal(err)
		}
		d.do(id, super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办函")})
		if dice.IntN(2) == 0 {
			_ = d.try(id, super, casefile.Command{Kind: casefile.Escalate, Ground: "key", DecidedBy: "o003", Text: d.text("移交督查室")}) // not if the leader is accused
		}
	}
	later()
	row, err := d.store.Case(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	if c := row.Case; c.Stage == casefile.Handling && c.Led() && c.AccusedUnit == "" && c.AccusedOfficial == "" && dice.IntN(2) == 0 {
		d.close(id)
	}
}

// reorganise moves a leader to another county and a bureau to another yet: they keep
// their cases.
func (d *desk) reorganise() {
	d.t.Helper()
	ctx := d.t.Context()
	leader, bureau := d.rules.Directory.Officials[upper], d.rules.Directory.Units["232721-rs"]
	leader.Unit, bureau.Parent = "232722", "232761"
	if n, err := d.store.SaveOfficials(ctx, []casefile.Official{leader}); n != 1 || err != nil {
		d.t.Fatal(n, err)
	}
	if n, err := d.store.SaveUnits(ctx, []casefile.Unit{bureau}); n != 1 || err != nil {
		d.t.Fatal(n, err)
	}
	var err error
	if d.rules.Directory, err = d.store.Directory(ctx); err != nil {
		d.t.Fatal(err)
	}
}

func pick[T any](dice *rand.Rand, from ...T) T { return from[dice.IntN(len(from))] }

// oracle answers a list from all cases in memory, by the core's own words.
type oracle struct {
	rules casefile.Rules
	rows  []store.Row
	now   time.Time
}

func (o oracle) list(by casefile.Actor, f store.Filter) (ids []string) {
	var found []store.Row
	for _, r := range o.rows {
		if casefile.Sees(r.Case, by, o.rules) && o.matches(r, f) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b store.Row) int {
		n := cmp.Or(o.key(a.Case, f.Sort).Compare(o.key(b.Case, f.Sort)), strings.Compare(a.Case.ID, b.Case.ID))
		if strings.HasPrefix(f.Sort, "-") {
			return -n
		}
		return n
	})
	for _, r := range found {
		ids = append(ids, r.Case.ID)
	}
	return ids
}

// due is the earliest statutory due date of the clocks that run.
func due(c casefile.Case) (first calendar.Date, runs bool) {
	for _, k := range c.Clocks {
		if k.Running() && (!runs || k.Due.Statutory.Before(first)) {
			first, runs = k.Due.Statutory, true
		}
	}
	return first, runs
}

func (o oracle) key(c casefile.Case, sort string) time.Time {
	if strings.HasSuffix(sort, "registered") {
		return c.RegisteredAt
	}
	if first, runs := due(c); runs {
		return first.End()
	}
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
}

func (o oracle) matches(r store.Row, f store.Filter) bool {
	c := r.Case
	first, runs := due(c)
	ended := f.Stage == casefile.Closed || f.Stage == casefile.Declined
	_, leads := c.SeatOf(f.Leader)
	words := strings.Contains(strings.ToLower(r.Title), strings.ToLower(f.Query)) || c.Number == f.Query || c.Reference == f.Query
	return (f.Stage == "" || c.Stage == f.Stage) &&
		(f.Lamp == "" || c.Lamp(o.now) == f.Lamp && c.Stage.Open() != ended) &&
		(!f.Open || c.Stage.Open()) && (!f.Supervised || c.Supervision() != casefile.NotSupervised) &&
		(!f.Overdue || slices.ContainsFunc(c.Clocks, func(k casefile.Clock) bool { return k.Running() && k.Overdue(o.now) })) &&
		(f.Origin == "" || c.Origin == f.Origin) &&
		(f.Unit == "" || o.rules.Directory.Under(c.Unit, f.Unit)) &&
		(f.Leader == "" || leads) &&
		(f.Supervision == "" || c.Supervision() == f.Supervision) &&
		(f.Campaign == "" || c.CampaignCode() == f.Campaign || c.CampaignCode() == "drive" && f.Campaign == "会战") &&
		(f.DueBefore.IsZero() || runs && first.Before(f.DueBefore)) &&
		(f.Query == "" || words)
}

// Lists are what the core says they are: for everybody, under every filter, in every
// order, page after page.
func TestCases(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(26, 11))
	d := newDesk(t)
	ids := d.crowd(300, dice)
	d.reorganise()
	o := oracle{rules: d.rules}
	for _, id := range ids {
		row, err := d.store.Case(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		o.rows = append(o.rows, row)
	}
	o.now = d.now
	viewers := []string{clerk, super, inspect, "o001", "o003", upper, lower, handling, "o040", "o041", "o042", "o045", "o046", "o058", "o059", "o161", "o162"}

	seen := map[string]int{} // how many lists were not empty, by what they show
	for range 400 {
		by := d.actor(pick(dice, viewers...))
		f := store.Filter{Sort: pick(dice, append(slices.Clone(store.Sorts), "")...)}
		for _, set := range []func(){
			func() { f.Stage = pick(dice, append(slices.Clone(casefile.Stages), "never")...) },
			func() { f.Lamp = pick(dice, casefile.Green, casefile.Yellow, casefile.Red) },
			func() { f.Overdue = true },
			func() { f.Open = true },
			func() { f.Supervised = true },
			func() { f.Origin = pick(dice, "province", "self_found") },
			func() { f.Unit = pick(dice, "2327", "232701", "232721", "232701-rs", "nowhere") },
			func() { f.Leader = pick(dice, upper, lower, "o003", "o056", "nobody") },
			func() { f.Supervision = pick(dice, casefile.NotSupervised, casefile.ByPetitionOffice, casefile.Dual) },
			func() { f.Campaign = pick(dice, "会战", "其他", "drive") },
			func() { f.DueBefore = calendar.DateOf(d.now).AddDays(dice.IntN(90) - 45) },
			func() {
				some := pick(dice, o.rows...).Case
				f.Query = pick(dice, "养老", "%_\\", "subsidy", "%", "_", some.Number, some.Reference)
			},
		} {
			if dice.IntN(5) == 0 {
				set()
			}
		}
		want := o.list(by, f)
		var got []string
		f.Limit = 1 + dice.IntN(60)
		for page := 0; ; page++ {
			p, err := d.store.Cases(t.Context(), by, f, d.now)
			if err != nil {
				t.Fatal(err)
			}
			if f.Cursor == "" && p.Total != len(want) {
				t.Errorf("%s, %+v: total %d, want %d", by.ID, f, p.Total, len(want))
			}
			for _, r := range p.Rows {
				got = append(got, r.Case.ID)
			}
			if f.Cursor = p.Next; f.Cursor == "" || page > len(o.rows) {
				break
			}
			if len(p.Rows) != f.Limit {
				t.Errorf("%s, %+v: a page of %d before the last", by.ID, f, len(p.Rows))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s, %+v:\n got %v\nwant %v", by.ID, f, got, want)
		}
		var exported []string
		if err := d.store.Export(t.Context(), by, f, "", d.now, func(r store.Row) error {
			exported = append(exported, r.Case.ID)
			return nil
		}); err != nil || !slices.Equal(exported, want) {
			t.Fatalf("%s, %+v: exported %v, %v\nwant %v", by.ID, f, exported, err, want)
		}
		if len(got) > 0 {
			seen[string(f.Lamp)]++
			seen[string(f.Stage)]++
			seen[string(f.Supervision)]++
			seen[string(by.Role)]++
			if f.Overdue {
				seen["overdue"]++
			}
		}
	}
	for _, what := range []string{"green", "yellow", "red", "registered", "closed", "declined", "dual", "none", "overdue", "officer", "leader", "auditor", "inspector"} {
		if seen[what] == 0 {
			t.Errorf("no list showed anything of %s: the cases prove too little", what)
		}
	}
	if seen["admin"] > 0 {
		t.Error("the administrator sees cases")
	}
}

// The rest of total belongs to the first page alone: a cursor doesn't change it.
func TestCursors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 5 {
		d.do(fmt.Sprintf("case-%d", i), clerk, d.registration())
	}
	by := d.actor(clerk)
	first, err := d.store.Cases(t.Context(), by, store.Filter{Sort: "due", Limit: 2}, d.now)
	if err != nil || first.Next == "" || first.Total != 5 {
		t.Fatalf("first page: %+v, %v", first, err)
	}
	second, err := d.store.Cases(t.Context(), by, store.Filter{Sort: "due", Limit: 2, Cursor: first.Next}, d.now)
	if err != nil || second.Total != 5 || len(second.Rows) != 2 {
		t.Errorf("second page: total %d, %d rows, %v", second.Total, len(second.Rows), err)
	}
	for name, f := range map[string]store.Filter{
		"of another order": {Sort: "registered", Cursor: first.Next},
		"cut":              {Sort: "due", Cursor: first.Next[:8]},
		"made up":          {Sort: "due", Cursor: "ZHVlIHllc3RlcmRheSBjYXNlLTE"}, // due yesterday case-1
		"no base64":        {Sort: "due", Cursor: "?"},
	} {
		f.Limit = 2
		if _, err := d.store.Cases(t.Context(), by, f, d.now); !errors.Is(err, store.ErrCursor) {
			t.Errorf("a cursor %s: %v", name, err)
		}
	}
}

// What waits for somebody, and the clocks somebody bears, are what the core says.
func TestInboxAndDuties(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(26, 12))
	d := newDesk(t)
	var rows []store.Row
	for _, id := range d.crowd(120, dice) {
		row, err := d.store.Case(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	inboxes, boards := 0, 0
	for _, id := range []string{clerk, super, inspect, upper, lower, handling, "o003", "o046", "o040", "o041", "o058", "o162"} {
		by := d.actor(id)
		var tasks, clocks []string
		red := 0
		for _, r := range rows {
			if c := r.Case; c.AccusedOfficial == by.ID || d.rules.Directory.Under(by.Unit, c.AccusedUnit) {
				continue // nothing is shown to the accused, though they may work where it is handled
			}
			for _, w := range casefile.Waiting(r.Case) {
				mine := w.Official == by.ID || w.Official == "" && w.Unit == by.Unit && w.Role == by.Role
				if mine && !w.From.After(d.now) {
					tasks = append(tasks, fmt.Sprint(r.Case.ID, " ", w.Do))
				}
			}
			for _, k := range r.Case.Clocks {
				bearer := map[casefile.Role]string{
					casefile.Registrar: "petition_office", casefile.Supervisor: "petition_office", casefile.Inspector: "supervision_office",
					casefile.Officer: "unit", casefile.Leader: "leader",
				}[by.Role]
				who := by.Unit
				if by.Role == casefile.Leader {
					who = by.ID
				}
				if k.Running() && string(k.Whose) == bearer && k.Who == who {
					clocks = append(clocks, r.Case.ID+" "+k.ID)
					if k.Lamp(d.now) == casefile.Red {
						red++
					}
				}
			}
		}

		waiting, total, err := d.store.Inbox(t.Context(), by, d.rules.Policy.Deputies, d.now, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, w := range waiting {
			got = append(got, fmt.Sprint(w.Case.ID, " ", w.Do))
			if i > 0 && w.Due != nil && (waiting[i-1].Due == nil || w.Due.Before(*waiting[i-1].Due)) {
				t.Errorf("inbox of %s: task %d is more pressing than the one before", id, i)
			}
		}
		if !sameSet(got, tasks) || total != len(tasks) {
			t.Errorf("inbox of %s: %d of %v, want %v", id, total, got, tasks)
		}
		if few, total, err := d.store.Inbox(t.Context(), by, d.rules.Policy.Deputies, d.now, 2); err != nil || len(few) != min(2, len(tasks)) || total != len(tasks) {
			t.Errorf("inbox of %s, two at most: %d of %d, %v", id, len(few), total, err)
		}

		duties, total, late, err := d.store.Duties(t.Context(), by, d.now, 1000)
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, duty := range duties {
			got = append(got, duty.Case.ID+" "+duty.Clock)
		}
		if !sameSet(got, clocks) || total != len(clocks) || late != red {
			t.Errorf("duties of %s: %d, %d red, %v; want %d red, %v", id, total, late, got, red, clocks)
		}
		inboxes, boards = inboxes+len(tasks), boards+len(clocks)
	}
	if inboxes == 0 || boards == 0 {
		t.Errorf("%d tasks and %d duties: the cases prove too little", inboxes, boards)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// What the net must wake, the longest overdue first.
func TestStalled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 6 {
		d.do(fmt.Sprintf("case-%d", i), clerk, d.registration())
	}
	d.do("ended", clerk, d.registration())
	d.do("ended", clerk, casefile.Command{Kind: casefile.Decline, Reason: "not_competent", Text: d.text("不属于受理范围")})
	d.sql(`UPDATE cases SET wake_at = '2020-01-03' WHERE id = 'case-1'`)
	d.sql(`UPDATE cases SET wake_at = '2020-01-01' WHERE id = 'case-4'`)
	d.sql(`UPDATE cases SET wake_at = '2020-01-02', calendar = 'a' WHERE id = 'case-2'`)
	d.sql(`UPDATE cases SET calendar = 'b', wake_at = '2030-01-01' WHERE id = 'case-5'`)
	d.sql(`UPDATE cases SET calendar = 'c', wake_at = '2031-01-01' WHERE id = 'case-0'`)
	for _, c := range []struct {
		calendar string
		limit    int
		want     []string
	}{
		{"", 10, []string{"case-4", "case-2", "case-1"}},
		{"b", 10, []string{"case-4", "case-2", "case-1", "case-0"}},
		{"a", 10, []string{"case-4", "case-2", "case-1", "case-5", "case-0"}},
		{"b", 2, []string{"case-4", "case-2"}},
	} {
		got, err := d.store.Stalled(t.Context(), d.now, c.calendar, c.limit)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("calendar %q, at most %d: %v, %v; want %v", c.calendar, c.limit, got, err, c.want)
		}
	}
}
