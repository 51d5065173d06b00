package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

func date(t testing.TB, day string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(day)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// figures counts as an official sees it, as of the desk's now.
func (d *desk) figures(by, from, until string, f store.FigureFilter) store.Figures {
	d.t.Helper()
	f.Span = casefile.FigureSpan{From: date(d.t, from), Until: date(d.t, until)}
	rules := d.rules
	rules.Now = d.now
	figures, err := d.store.Figures(d.t.Context(), d.actor(by), f, rules)
	if err != nil {
		d.t.Fatal(err)
	}
	return figures
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// lamps writes the lamps of the days asked for: "green yellow red".
func lamps(f store.Figures, days ...string) map[string]string {
	all := map[string]string{}
	for _, p := range f.Lamps {
		if slices.Contains(days, p.Day.String()) {
			all[p.Day.String()] = fmt.Sprint(p.Green, p.Yellow, p.Red)
		}
	}
	return all
}

// acknowledged is a case that is being handled, and whose leaders acknowledged it at once.
func (d *desk) acknowledged(id string) {
	d.t.Helper()
	d.onTheSpot(id)
	d.do(id, lower, casefile.Command{Kind: casefile.Acknowledge})
	d.do(id, upper, casefile.Command{Kind: casefile.Acknowledge})
}

// acts lets both leaders act in person.
func (d *desk) acts(ids ...string) {
	d.t.Helper()
	for _, id := range ids {
		for _, leader := range []string{lower, upper} {
			d.do(id, leader, casefile.Command{Kind: casefile.Act, Act: "read_file", Text: d.text("阅卷")})
		}
	}
}

// finish serves the opinion of a case, releases it from every supervision and closes it.
func (d *desk) finish(id string) {
	d.t.Helper()
	for _, ch := range d.serve(id, "explain").Channels {
		by := super
		if ch.Name == casefile.SupervisionOffice {
			by = inspect
		}
		if ch.Open() {
			d.do(id, by, casefile.Command{Kind: casefile.Release, Text: d.text("已落实")})
		}
	}
	d.do(id, super, casefile.Command{Kind: casefile.Close})
}

// The lamps of past days, worked out by hand: two cases of 1 September. The 60 days of both
// end on Saturday 31 October by plain counting; what is due in three working days is yellow.
func TestFiguresLampsOverTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-09-01")
	d.acknowledged("late")
	d.acknowledged("extended")
	d.on("2026-09-28").acts("late", "extended")
	d.on("2026-10-26").acts("late", "extended")
	d.do("extended", lower, casefile.Command{
		Kind: casefile.Extend, Days: 30, RequestedBy: handling, ToldOn: calendar.DateOf(d.now), ToldBy: "direct", Text: d.text("情况复杂"),
	})
	want := map[string]string{
		"2026-08-31": "0 0 0",
		"2026-09-01": "2 0 0", "2026-10-20": "2 0 0",
		"2026-10-25": "0 2 0", // the leaders are to act again by the 28th
		"2026-10-27": "2 0 0", // yellow from Wednesday the 28th: three working days before the 31st
		"2026-10-28": "1 1 0",
		"2026-10-31": "1 1 0", // the last day is not over
		"2026-11-01": "1 0 1", "2026-11-09": "1 0 1",
		"2026-11-10": "1 0 0", // served and closed
		"2026-11-19": "1 0 0",
		"2026-11-20": "2 0 0", // reopened: its new term is green, its lateness is in the terms
	}
	days := func() (all []string) {
		for day := range want {
			all = append(all, day)
		}
		return all
	}()
	d.on("2026-11-10").finish("late")
	d.on("2026-11-19").acts("extended")
	d.on("2026-11-20").do("late", super, casefile.Command{Kind: casefile.Reopen, Reason: "false_report", Text: d.text("核查发现问题")})
	ask := func(when string) {
		t.Helper()
		got := map[string]string{}
		for _, span := range [][2]string{{"2026-08-31", "2026-10-26"}, {"2026-10-27", "2026-11-20"}} {
			for day, l := range lamps(d.figures(super, span[0], span[1], store.FigureFilter{}), days...) {
				got[day] = l
			}
		}
		same(t, when, got, want)
	}
	ask("as it happens")
	same(t, "the second term", lamps(d.figures(super, "2026-11-01", "2026-11-20", store.FigureFilter{Unit: "232701-zr"}), "2026-11-09"), map[string]string{"2026-11-09": "0 0 0"})
	// Nothing that happens later changes what was.
	d.on("2026-12-20").tick("extended")
	d.finish("late")
	d.on("2027-01-15").finish("extended")
	ask("when all is over")
	if wrong, err := d.store.WrongTerms(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("the ledger read anew says something else of %v, %v", wrong, err)
	}

	// The terms: both were to be settled by Monday 2 November.
	settled := func(from, until string) (kept casefile.Punctuality) {
		for _, r := range d.figures(super, from, until, store.FigureFilter{}).Punctuality {
			if r.Rule == "HANDLE" && r.Unit == "232701-rs" {
				kept = r.Punctuality
			}
		}
		return kept
	}
	for _, c := range []struct {
		from, until string
		want        casefile.Punctuality
	}{
		{"2026-09-01", "2026-11-01", casefile.Punctuality{}},
		{"2026-09-01", "2026-11-02", casefile.Punctuality{Running: 1}}, // at the end of the day it has passed
		{"2026-11-01", "2026-11-09", casefile.Punctuality{Running: 1}},
		{"2026-11-01", "2026-11-10", casefile.Punctuality{Late: 1}},
		{"2026-11-03", "2026-11-30", casefile.Punctuality{Running: 1}}, // the extended one: 30 November
		{"2026-11-01", "2026-12-31", casefile.Punctuality{Late: 1, Running: 1}},
		{"2026-11-01", "2027-01-15", casefile.Punctuality{Late: 2}},
	} {
		same(t, c.from+" to "+c.until, settled(c.from, c.until), c.want)
	}
}

// What was counted in both years: letters by the piece, visits by groups and persons. Closed
// counts once, as long as it is.
func TestFiguresYearOnYear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	register := func(day, id, channel, purpose string, persons int) {
		t.Helper()
		d.on(day)
		cmd := d.registration()
		cmd.Registration.Channel, cmd.Registration.Purpose, cmd.Registration.Headcount = channel, purpose, persons
		if persons >= d.rules.Policy.People.Collective {
			cmd.Registration.Representatives = 2
		}
		cmd.Registration.OnTheSpot = true
		cmd.Upper, cmd.Lower = upper, lower
		d.do(id, super, cmd)
	}
	register("2025-01-06", "before the span", "letter", "appeal", 1)
	register("2025-03-03", "old letter", "letter", "appeal", 3)
	register("2025-03-04", "old visit", "visit", "appeal", 4)
	d.close("old visit")
	register("2025-06-02", "after the span", "visit", "appeal", 9)
	register("2026-03-02", "letter", "letter", "appeal", 2)
	register("2026-03-03", "visit", "visit", "appeal", 7)
	register("2026-03-04", "suggestion", "visit", "suggestion", 1)
	register("2026-03-05", "online", "online", "appeal", 1)
	d.on("2026-03-20").close("letter")
	d.on("2026-03-25").close("visit")
	d.on("2026-04-10").do("visit", super, casefile.Command{Kind: casefile.Reopen, Reason: "false_report", Text: d.text("核查发现问题")})
	d.on("2026-08-03").tick("online")
	none := store.Petitions{}
	want := []store.PetitionCount{
		{
			Channel: "letter", Purpose: "appeal", Now: store.Petitions{Registered: 1, RegisteredPersons: 2, Closed: 1, ClosedPersons: 2, Settled: casefile.Punctuality{OnTime: 1}},
			Before: store.Petitions{Registered: 1, RegisteredPersons: 3, Settled: casefile.Punctuality{Running: 1}},
		}, // that of January, missed on 7 March
		{Channel: "online", Purpose: "appeal", Now: store.Petitions{Registered: 1, RegisteredPersons: 1}, Before: none},
		{
			Channel: "visit", Purpose: "appeal", Now: store.Petitions{Registered: 1, RegisteredPersons: 7, Closed: 1, ClosedPersons: 7, Settled: casefile.Punctuality{OnTime: 1}},
			Before: store.Petitions{Registered: 1, RegisteredPersons: 4, Closed: 1, ClosedPersons: 4, Settled: casefile.Punctuality{OnTime: 1}},
		},
		{Channel: "visit", Purpose: "suggestion", Now: store.Petitions{Registered: 1, RegisteredPersons: 1}, Before: none},
	}
	same(t, "as of the end of March", d.figures(super, "2026-02-01", "2026-03-31", store.FigureFilter{}).Petitions, want)
	// By the end of April the visit was taken up again; the old letter was missed on 6 May 2025.
	want[2].Now.Closed, want[2].Now.ClosedPersons = 0, 0
	same(t, "as of the end of April", d.figures(super, "2026-02-01", "2026-04-30", store.FigureFilter{}).Petitions, want)
	want[0].Before.Settled.Running = 2
	want[1].Now.Settled.Running = 1 // 4 May 2026 and the holiday after it
	same(t, "as of 10 May", d.figures(super, "2026-02-01", "2026-05-10", store.FigureFilter{}).Petitions, want)
	same(t, "of another origin", d.figures(super, "2026-02-01", "2026-05-10", store.FigureFilter{Origin: "province"}).Petitions, []store.PetitionCount{})
	same(t, "another county", d.figures(super, "2026-02-01", "2026-05-10", store.FigureFilter{Unit: "232721"}).Petitions, []store.PetitionCount{})
}

// Ratings are of whom they were about, and only what was rated counts.
func TestFiguresRatings(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	for id, rated := range map[string][2]string{"a": {"satisfied", "basically_satisfied"}, "b": {"dissatisfied", "satisfied"}, "c": {}} {
		d.onTheSpot(id)
		d.close(id)
		if rated[0] != "" {
			d.do(id, super, casefile.Command{Kind: casefile.Rate, OfficeRating: rated[0], UnitRating: rated[1]})
		}
	}
	d.on("2026-09-01")
	same(t, "in March", d.figures(super, "2026-03-01", "2026-03-31", store.FigureFilter{}).Ratings, []store.RatingCount{
		{Office: true, Unit: "2327-xf", Satisfied: 1, Dissatisfied: 1},
		{Unit: "232701-rs", Satisfied: 1, Basically: 1},
	})
	same(t, "in April", d.figures(super, "2026-04-01", "2026-04-30", store.FigureFilter{}).Ratings, []store.RatingCount{})
	same(t, "of the county's leader", d.figures(upper, "2026-03-01", "2026-03-31", store.FigureFilter{}).Ratings, []store.RatingCount{
		{Unit: "232701-rs", Satisfied: 1, Basically: 1},
	})
}

// A clock that stands still is no lamp; it goes on with the days that it had left.
func TestFiguresSuspended(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	d.acknowledged("case")
	d.do("case", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办函")}) // 15 days
	d.on("2026-03-10").do("case", handling, casefile.Command{
		Kind: casefile.Suspend, Reason: "expertise", Days: 60, DecidedBy: lower, Text: d.text("委托鉴定"),
	})
	d.on("2026-03-24").acts("case")
	d.do("case", handling, casefile.Command{Kind: casefile.Resume, Text: d.text("鉴定完成")})
	d.on("2026-04-06")
	// 17 March and its yellow days lie in the suspension. 7 days were left on 24 March: 31 March.
	same(t, "lamps", lamps(d.figures(super, "2026-03-02", "2026-04-06", store.FigureFilter{}), "2026-03-09", "2026-03-17", "2026-03-20", "2026-03-24", "2026-04-06"),
		map[string]string{"2026-03-09": "1 0 0", "2026-03-17": "1 0 0", "2026-03-20": "1 0 0", "2026-03-24": "1 0 0", "2026-04-06": "0 0 1"})
}

// TestFiguresOracle counts lamps, stages, ages and punctuality of past days from each case's
// ledger alone, by the core's own words; the store says the same, and what it says of open
// cases now is what the lists show.
func TestFiguresOracle(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	written := d.crowd(120, rand.New(rand.NewPCG(26, 18)))
	end := d.now
	for i, id := range written {
		d.now = end.AddDate(0, 0, i%60)
		_ = d.try(id, "", casefile.Command{Kind: casefile.Tick}) // an ended one refuses
		switch i % 4 {
		case 0:
			_ = d.try(id, super, casefile.Command{Kind: casefile.Reopen, Reason: "false_report", Text: d.text("重新办理")})
		case 1:
			_ = d.try(id, super, casefile.Command{Kind: casefile.Forward, Unit: "232721-rs"})
		case 2:
			_ = d.try(id, super, casefile.Command{Kind: casefile.Rate, OfficeRating: "satisfied", UnitRating: "dissatisfied"}) // an open one refuses
		}
	}
	d.now = end.AddDate(0, 0, 70)
	ledger := map[string][]casefile.Event{}
	for _, id := range written {
		rows, err := d.store.Ledger(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			e, err := r.Event()
			if err != nil {
				t.Fatal(err)
			}
			ledger[id] = append(ledger[id], e)
		}
	}
	then := func(id string, before time.Time) casefile.Case {
		events := ledger[id]
		n := slices.IndexFunc(events, func(e casefile.Event) bool { return !e.At.Before(before) })
		if n < 0 {
			n = len(events)
		}
		return casefile.Fold(casefile.Case{ID: id}, events[:n])
	}
	dir := d.rules.Directory
	accuses := func(c casefile.Case, by casefile.Actor) bool {
		return c.AccusedOfficial == by.ID || c.AccusedUnit != "" && dir.Under(by.Unit, c.AccusedUnit)
	}
	auditor := d.actor("o162")
	seen := map[string]bool{}
	for _, f := range []store.FigureFilter{{}, {Unit: "232701"}, {Unit: "232721", Origin: "petition"}} {
		for _, span := range [][2]string{{"2026-07-01", "2027-01-20"}, {"2026-11-01", "2026-12-20"}} {
			figures := d.figures(auditor.ID, span[0], span[1], f)
			for _, p := range figures.Lamps {
				var want store.LampPoint
				want.Day = p.Day
				standing := map[string]int64{}
				for id := range ledger {
					c := then(id, p.Day.End())
					if !c.Stage.Open() || accuses(c, auditor) || f.Unit != "" && !dir.Under(c.Unit, f.Unit) || f.Origin != "" && c.Origin != f.Origin {
						continue
					}
					lamp := c.Lamp(p.Day.End().Add(-time.Microsecond))
					seen[string(lamp)], seen[string(c.Stage)] = true, true
					switch lamp {
					case casefile.Green:
						want.Green++
					case casefile.Yellow:
						want.Yellow++
					case casefile.Red:
						want.Red++
					}
					standing[fmt.Sprint(c.Stage, lamp, casefile.AgeClassOf(p.Day.DaysSince(c.ReceivedOn)))]++
				}
				same(t, fmt.Sprint(p.Day, f.Unit, f.Origin), p, want)
				if p.Day == figures.Lamps[len(figures.Lamps)-1].Day {
					got := map[string]int64{}
					for _, s := range figures.Standing {
						got[fmt.Sprint(s.Stage, s.Lamp, s.Age)] = s.Cases
					}
					same(t, fmt.Sprint("standing ", p.Day, f.Unit, f.Origin), got, standing)
				}
			}
			from, until := date(t, span[0]).Start(), date(t, span[1]).End()
			want := map[string]casefile.Punctuality{}
			for id, events := range ledger {
				c := then(id, d.now)
				if accuses(c, auditor) || f.Origin != "" && c.Origin != f.Origin {
					continue
				}
				for _, run := range read(events) {
					rule, _ := d.rules.Policy.Clock(run.rule)
					unit := run.who
					if o, ok := dir.Officials[unit]; ok {
						unit = o.Unit
					}
					missed := run.stopped.IsZero() || !run.stopped.Before(run.due)
					at := run.due
					if !missed {
						at = run.stopped
					}
					if !at.After(from) || at.After(until) || f.Unit != "" && !dir.Under(unit, f.Unit) || !missed && !slices.Contains(casefile.Fulfils(rule), run.stop) {
						continue
					}
					kept := casefile.Punctuality{OnTime: 1}
					if missed {
						kept = casefile.Punctuality{Late: 1}
						if run.stopped.IsZero() || run.stopped.After(until) {
							kept = casefile.Punctuality{Running: 1}
						}
					}
					want[run.rule+" "+unit] = want[run.rule+" "+unit].Add(kept)
				}
			}
			got := map[string]casefile.Punctuality{}
			for _, r := range figures.Punctuality {
				got[r.Rule+" "+r.Unit] = r.Punctuality
			}
			same(t, fmt.Sprint("punctuality ", span, f.Unit, f.Origin), got, want)
		}
	}
	for _, what := range []string{"green", "yellow", "red", "registered", "handling", "opined", "reviewing"} {
		if !seen[what] && what != "opined" && what != "reviewing" {
			t.Errorf("no case was ever %s: not what the figures are to be tested with", what)
		}
	}
	for _, id := range []string{super, inspect, "o162", "o041", upper, lower} {
		by := d.actor(id)
		today := calendar.DateOf(d.now).String()
		p := d.figures(id, today, today, store.FigureFilter{}).Lamps[0]
		for lamp, n := range map[casefile.Lamp]int64{casefile.Green: p.Green, casefile.Yellow: p.Yellow, casefile.Red: p.Red} {
			page, err := d.store.Cases(ctx, by, store.Filter{Lamp: lamp, Sort: "due", Limit: 1}, d.now)
			if err != nil {
				t.Fatal(err)
			}
			if int64(page.Total) != n {
				t.Errorf("%s has %d cases with lamp %s in figures, %d in lists", id, n, lamp, page.Total)
			}
		}
	}
	if wrong, err := d.store.WrongTerms(ctx); err != nil || len(wrong) > 0 {
		t.Errorf("the ledger read anew says something else of %v, %v", wrong, err)
	}
	// With a single connection there is none to share a snapshot with.
	whole := d.figures(super, "2026-07-01", "2027-01-20", store.FigureFilter{})
	config := d.store.Pool().Config()
	config.MaxConns = 1
	single, err := store.OpenPool(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	defer single.Close()
	all := d.store
	d.store = single
	alone := d.figures(super, "2026-07-01", "2027-01-20", store.FigureFilter{})
	d.store = all
	for _, f := range []store.Figures{whole, alone} { // which come in any order
		slices.SortFunc(f.Standing, func(a, b store.StandingCount) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	same(t, "by one connection", alone, whole)
	before := d.dump()
	for _, table := range []string{"ratings", "registrations", "lamps"} {
		var rows int
		if err := d.store.Pool().QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&rows); err != nil || rows == 0 {
			t.Errorf("%d %s, %v: not what an upgrade is to be tested with", rows, table, err)
		}
	}
	if err := d.store.MigrateDown(ctx, 27); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, d.dump()); diff != "" {
		t.Errorf("an upgrade counts from something else (-written +upgraded):\n%s", diff)
	}
}
