package store_test

import (
	"errors"
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

// open opens a campaign of the second half of the year by the core's rules, as the API
// does.
func (d *desk) open(id, name, by string, change ...func(*casefile.Campaign)) casefile.Campaign {
	d.t.Helper()
	c := casefile.Campaign{
		ID: id, Name: name, About: "化解积案", Start: calendar.Date{Year: 2026, Month: time.July, Day: 1}, End: calendar.Date{Year: 2026, Month: time.December, Day: 31},
	}
	for _, f := range change {
		f(&c)
	}
	d.campaigns(func(tx *store.CampaignsTx, rules casefile.Rules) error {
		opened, refusal := casefile.OpenCampaign(c, d.actor(by), rules)
		if refusal != nil {
			return refusal
		}
		c = opened
		return tx.Open(d.t.Context(), c, "fingerprint of "+id)
	})
	return c
}

// campaigns does something with the directory locked, and reads it anew.
func (d *desk) campaigns(fn func(*store.CampaignsTx, casefile.Rules) error) {
	d.t.Helper()
	rules := d.rules
	rules.Now = d.now
	err := d.store.InCampaigns(d.t.Context(), func(tx *store.CampaignsTx) error {
		rules.Directory = tx.Directory
		return fn(tx, rules)
	})
	if err == nil {
		d.rules.Directory, err = d.store.Directory(d.t.Context())
	}
	if err != nil {
		var refusal *casefile.Error
		if errors.As(err, &refusal) {
			d.t.Fatal(refusal, refusal.Fields)
		}
		d.t.Fatal(err)
	}
}

func (d *desk) endCampaign(id string) {
	d.t.Helper()
	d.campaigns(func(tx *store.CampaignsTx, rules casefile.Rules) error {
		c, refusal := casefile.EndCampaign(tx.Directory.Campaigns[id], d.actor(super), rules)
		if refusal != nil {
			return refusal
		}
		return tx.End(d.t.Context(), c, "end of "+id)
	})
}

// catchUp lets the case's own clock run up to now.
func (d *desk) catchUp(id string) {
	d.t.Helper()
	now := d.now
	for {
		row, err := d.store.Case(d.t.Context(), id)
		if err != nil {
			d.t.Fatal(err)
		}
		next := casefile.NextStep(row.Case, d.rules, d.now)
		if next.At.IsZero() || next.At.After(now) {
			d.now = now
			return
		}
		if d.now = next.At; d.now.Before(row.Case.LastAt) {
			d.now = row.Case.LastAt
		}
		d.do(id, "", casefile.Command{Kind: casefile.Tick})
	}
}

func (d *desk) progress(by, id string) store.CampaignProgress {
	d.t.Helper()
	rules := d.rules
	rules.Now = d.now
	c, err := d.store.Campaign(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := d.store.CampaignProgress(d.t.Context(), d.actor(by), c, rules)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func on(month time.Month, day, hour int) time.Time {
	return calendar.Date{Year: 2026, Month: month, Day: day}.At(hour, 0)
}

func monday(month time.Month, day int) calendar.Date {
	return calendar.Date{Year: 2026, Month: month, Day: day}
}

// A campaign is opened, seen by every process, changed and ended, and never gone; what
// was opened is answered as it was.
func TestCampaigns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	before := d.rules.Directory
	first := []casefile.Target{{Kind: casefile.TargetConcluded, Value: 50}}
	want := d.open("drive", "会战", super, func(c *casefile.Campaign) { c.Targets = first })
	got, err := d.store.Campaign(ctx, "drive")
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); diff != "" || err != nil {
		t.Errorf("%v (-opened +read):\n%s", err, diff)
	}
	if d.rules.Directory == before || d.rules.Directory.Campaigns["drive"].Name != "会战" {
		t.Error("the directory is not read anew")
	}
	if _, err := d.store.Campaign(ctx, "other"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a campaign that isn't there: %v", err)
	}

	second := []casefile.Target{{Kind: casefile.TargetShare, Origin: "province", Value: 90}}
	d.now = d.now.Add(time.Hour)
	d.campaigns(func(tx *store.CampaignsTx, rules casefile.Rules) error {
		if done, err := tx.TargetsSet(ctx, "drive", "request", "asked"); done || err != nil {
			t.Errorf("set before it was: %v, %v", done, err)
		}
		return tx.SetTargets(ctx, "drive", store.TargetChange{Targets: second, Reason: "增加案件", By: super, At: rules.Now}, "request", "asked")
	})
	d.campaigns(func(tx *store.CampaignsTx, _ casefile.Rules) error {
		if done, err := tx.TargetsSet(ctx, "drive", "request", "asked"); !done || err != nil {
			t.Errorf("the same request: %v, %v", done, err)
		}
		if _, err := tx.TargetsSet(ctx, "drive", "request", "something else"); !errors.Is(err, store.ErrOtherRequest) {
			t.Errorf("another request of that id: %v", err)
		}
		return nil
	})
	changes, err := d.store.TargetChanges(ctx, "drive")
	if err != nil || len(changes) != 2 || !slices.Equal(changes[0].Targets, first) || changes[0].Reason != "" || !slices.Equal(changes[1].Targets, second) || changes[1].Reason != "增加案件" || changes[1].By != super {
		t.Errorf("changes of targets: %+v, %v", changes, err)
	}

	d.now = d.now.Add(time.Hour)
	d.endCampaign("drive")
	if c := d.rules.Directory.Campaigns["drive"]; c.EndedBy != super || !c.EndedAt.Equal(d.now) || !slices.Equal(c.Targets, second) || !c.Over(d.now) {
		t.Errorf("ended: %+v", c)
	}
	d.campaigns(func(tx *store.CampaignsTx, _ casefile.Rules) error {
		again, err := tx.Opened(ctx, "drive", "fingerprint of drive")
		if diff := cmp.Diff(want, again, cmpopts.EquateApproxTime(0)); diff != "" || err != nil {
			t.Errorf("opened again: %v\n%s", err, diff)
		}
		if _, err := tx.Opened(ctx, "drive", "another"); !errors.Is(err, store.ErrOtherRequest) {
			t.Errorf("another request of that id: %v", err)
		}
		if _, err := tx.Opened(ctx, "other", "another"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("not opened: %v", err)
		}
		if by, err := tx.Ended(ctx, "drive"); by != "end of drive" || err != nil {
			t.Errorf("ended by %q, %v", by, err)
		}
		return nil
	})
	for _, sql := range []string{
		`DELETE FROM campaigns`, `UPDATE campaigns SET name = 'x'`, `UPDATE campaigns SET ended_at = now()`, `DELETE FROM campaign_targets`, `UPDATE campaign_targets SET reason = 'x'`,
		`TRUNCATE campaign_targets`, `TRUNCATE campaigns CASCADE`,
		`INSERT INTO campaign_targets SELECT campaign, 9, targets, '', set_by, set_at, 'x', 'x' FROM campaign_targets LIMIT 1`,
	} {
		if _, err := d.store.Pool().Exec(ctx, sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

// CAMP: progress after everything that can happen to a case on a list. The campaign runs
// from Thursday 2026-09-10; the weeks are those of China, Monday to Sunday.
func TestCAMPProgress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.open("drive", "会战", super, func(c *casefile.Campaign) {
		c.Start, c.End = monday(time.September, 10), monday(time.September, 30)
	})
	enlist := func(id string) {
		t.Helper()
		d.do(id, super, casefile.Command{Kind: casefile.Enlist, Campaign: "drive", Text: d.text("方案")})
	}
	reopen := func(id string) {
		t.Helper()
		d.do(id, super, casefile.Command{Kind: casefile.Reopen, Reason: "not_executed", Text: d.text("发现问题")})
	}
	report := func(id string) {
		t.Helper()
		d.do(id, handling, casefile.Command{Kind: casefile.Report, Text: d.text("进展")})
	}
	register := func(id string, change func(*casefile.Registration)) {
		t.Helper()
		cmd := d.registration()
		change(cmd.Registration)
		d.do(id, super, cmd)
	}

	d.now = on(time.September, 7, 9)
	for _, id := range []string{"steady", "late", "early", "delisted", "reopened", "again", "after"} {
		d.onTheSpot(id)
	}
	d.now = on(time.September, 7, 10)
	for _, id := range []string{"steady", "late", "early", "delisted", "reopened", "again"} {
		enlist(id)
	}
	register("province", func(r *casefile.Registration) { r.Origin, r.Campaign = "province", "会战" }) // no leaders, no plan, not with the unit
	register("accusing", func(r *casefile.Registration) {
		r.Campaign, r.Purpose, r.AccusedOfficial = "会战", "accusation", "o012"
	})
	d.onTheSpot("elsewhere") // on no list

	d.now = on(time.September, 8, 10)
	d.close("early") // before the campaign begins
	d.close("after") // concluded before it is enlisted, and taken up again
	d.now = on(time.September, 13, 23)
	d.close("delisted")
	d.close("reopened") // on a Sunday, the last hour of the week
	d.close("again")
	report("steady")
	d.now = on(time.September, 14, 0)
	d.do("delisted", super, casefile.Command{Kind: casefile.Delist, Text: d.text("不属于积案")})
	reopen("reopened")
	reopen("again")
	reopen("after")
	enlist("after")
	d.now = on(time.September, 14, 1) // a Monday in China, a Sunday in UTC
	d.do("again", super, casefile.Command{Kind: casefile.Release, Text: d.text("已整改")})
	d.do("steady", super, casefile.Command{Kind: casefile.Submit, Meeting: "executive", Text: d.text("提请研究")})
	d.do("late", super, casefile.Command{Kind: casefile.Submit, Meeting: "executive", Text: d.text("提请研究")})
	d.now = on(time.September, 15, 10)
	d.do("steady", super, casefile.Command{Kind: casefile.Resolve, Money: 4_380_000, Text: d.text("决定")})
	for _, id := range []string{"again"} {
		d.closeAgain(id)
	}
	// The first reports were due on the 17th, a week after the beginning: "steady" made its
	// own on the 13th, and so owes the next on the 20th. Those of "reopened" and "after"
	// were due on the 21st, that of "again" is not owed any more.
	d.now = on(time.September, 22, 10)
	report("late")

	got := d.progress(super, "drive")
	want := store.CampaignProgress{
		Standings: []store.Standing{
			{Origin: "province", Stage: casefile.Registered, Cases: 1, Unled: 1, Unplanned: 1},
			{Origin: "self_found", Stage: casefile.Closed, Cases: 2, Concluded: 1, Before: 1},
			{Origin: "self_found", Stage: casefile.Handling, Cases: 4, Submitted: 2, Decided: 1, Money: 4_380_000},
			{Origin: "self_found", Stage: casefile.Registered, Cases: 1, Unled: 1, Unplanned: 1},
		},
		Weeks: []store.Week{
			{Monday: monday(time.September, 7)},
			{Monday: monday(time.September, 14), Concluded: 1, Due: 3, InTime: 1, Late: 1, Missing: 1},
			{Monday: monday(time.September, 21), Due: 2, Missing: 2},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b store.Standing) bool { return a.Origin+string(a.Stage) < b.Origin+string(b.Stage) })); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}

	// What accuses the reader is left out, from every figure and from the list.
	d.do("accusing", super, casefile.Command{Kind: casefile.Forward})
	cases := func(by string) (ids []string) {
		t.Helper()
		rules := d.rules
		rules.Now = d.now
		for cursor := ""; ; {
			page, total, next, err := d.store.CampaignCases(ctx, d.actor(by), "drive", cursor, 3, rules)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				if c.Enlistment.Campaign != "drive" {
					t.Errorf("%s is on the list of %s", c.Case.ID, c.Enlistment.Campaign)
				}
				ids = append(ids, c.Case.ID)
			}
			if cursor = next; next == "" {
				if total != len(ids) {
					t.Errorf("%s: %d of %d cases", by, len(ids), total)
				}
				return ids
			}
		}
	}
	all := []string{"accusing", "again", "early", "late", "province", "reopened", "steady", "after"}
	for by, want := range map[string][]string{
		super: all, "o162": all, inspect: slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == "accusing" }),
		upper: {"again", "early", "late", "reopened", "steady", "after"}, "o039": nil, handling: nil,
	} {
		got := cases(by)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s sees (-want +got):\n%s", by, diff)
		}
		n := 0
		for _, s := range d.progress(by, "drive").Standings {
			n += s.Cases
		}
		if n != len(want) {
			t.Errorf("%s: the progress is of %d cases, want %d", by, n, len(want))
		}
	}

	// At its end nothing moves any more: what is open stays listed, what is closed or taken
	// up again later is the next campaign's.
	d.now = on(time.October, 9, 12)
	for _, id := range []string{"steady", "late", "after", "reopened"} {
		d.catchUp(id)
	}
	over := d.progress(super, "drive")
	if n := len(over.Weeks); n != 4 || over.Weeks[n-1].Monday != monday(time.September, 28) {
		t.Errorf("weeks: %+v", over.Weeks)
	}
	d.now = on(time.October, 10, 12)
	reopen("again")
	d.close("steady")
	concluded := func(p store.CampaignProgress) (n int) {
		for _, s := range p.Standings {
			n += s.Concluded
		}
		return n
	}
	if p := d.progress(super, "drive"); concluded(p) != 1 || !cmp.Equal(p.Weeks, over.Weeks) {
		t.Errorf("after the end: %+v, was %+v", p, over)
	}
	for _, id := range append(all, "delisted") {
		if _, differences, err := d.store.Audit(ctx, id); err != nil || len(differences) > 0 {
			t.Errorf("%s: %v, %v", id, differences, err)
		}
	}
}

// closeAgain takes a case that was taken up again to its end.
func (d *desk) closeAgain(id string) {
	d.t.Helper()
	opinion := d.text("重新办理的处理意见")
	d.do(id, handling, casefile.Command{Kind: casefile.Opine, Result: "explain", Text: opinion})
	d.do(id, lower, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	d.do(id, upper, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: "explain"}.Hash()})
	d.do(id, handling, casefile.Command{Kind: casefile.Serve, Means: "direct"})
	d.do(id, super, casefile.Command{Kind: casefile.Close})
}

// Who knows of which campaign.
func TestListOfCampaigns(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.open("prefecture", "会战", super)
	d.now = d.now.Add(time.Minute)
	d.open("county", "县会战", "o040")
	d.now = d.now.Add(time.Minute)
	d.open("second", "第二会战", super)
	d.onTheSpot("case")
	d.do("case", super, casefile.Command{Kind: casefile.Enlist, Campaign: "prefecture"})
	deputies := casefile.Leave{ID: "leave", Official: upper, Deputy: deputy, From: d.now.AddDate(0, 0, 1), Until: d.now.AddDate(0, 0, 7), Reason: "holiday"}
	if _, err := d.enter(deputies, super); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.rules.Directory, err = d.store.Directory(ctx); err != nil {
		t.Fatal(err)
	}
	list := func(by string) string {
		t.Helper()
		rules := d.rules
		rules.Now = d.now
		var ids []string
		for cursor := ""; ; {
			page, next, err := d.store.Campaigns(ctx, d.actor(by), calendar.Date{}, cursor, 2, rules)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				ids = append(ids, c.ID)
				if carries, err := d.store.CarriesIn(ctx, d.actor(by), c.ID, rules); err != nil || d.actor(by).Role == casefile.Leader && !carries {
					t.Errorf("%s carries nothing in %s: %v", by, c.ID, err)
				}
			}
			if cursor = next; next == "" {
				return strings.Join(ids, " ")
			}
		}
	}
	for by, want := range map[string]string{
		super: "second county prefecture", clerk: "second county prefecture", inspect: "second county prefecture", "o162": "second county prefecture",
		"o040": "county", upper: "prefecture", lower: "prefecture", deputy: "", handling: "", "o161": "",
	} {
		if got := list(by); got != want {
			t.Errorf("%s: %q, want %q", by, got, want)
		}
	}
	d.now = d.now.AddDate(0, 0, 2)
	if got := list(deputy); got != "prefecture" {
		t.Errorf("the deputy: %q", got)
	}
	d.do("case", super, casefile.Command{Kind: casefile.Delist, Text: d.text("移出")})
	if got := list(upper); got != "" {
		t.Errorf("who carries nothing any more: %q", got)
	}
	lastDay := calendar.Date{Year: 2026, Month: time.December, Day: 31}
	for day, want := range map[calendar.Date]int{lastDay: 3, lastDay.AddDays(1): 0} {
		if page, _, err := d.store.Campaigns(ctx, d.actor(super), day, "", 9, d.rules); err != nil || len(page) != want {
			t.Errorf("%d campaigns go on on %s, want %d: %v", len(page), day, want, err)
		}
	}
	for _, cursor := range []string{"x", "ZHVlIGluZmluaXR5IG9uZQ"} {
		if _, _, err := d.store.Campaigns(ctx, d.actor(super), calendar.Date{}, cursor, 2, d.rules); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %s: %v", cursor, err)
		}
		if _, _, _, err := d.store.CampaignCases(ctx, d.actor(super), "county", cursor, 2, d.rules); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %s: %v", cursor, err)
		}
	}
}

// Progress is what the cases themselves say, for everybody.
func TestProgressIsWhatTheCasesSay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	ids := d.crowd(150, rand.New(rand.NewPCG(26, 17)))
	rules := d.rules
	rules.Now = d.now
	listed := 0
	for _, who := range []string{super, clerk, inspect, upper, lower, "o003", "o040", "o162"} {
		by := d.actor(who)
		want := map[string]int{}
		for _, id := range ids {
			row, err := d.store.Case(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			c := row.Case
			list, on := c.Enlisted()
			_, carries := c.SeatOf(who)
			if !on || !casefile.Sees(c, by, rules) || by.Role == casefile.Leader && !carries {
				continue
			}
			listed++
			want[c.Origin+" "+string(c.Stage)]++
			for _, r := range list.Reports {
				if !r.MadeAt.IsZero() && r.MadeAt.Before(r.Due.End()) {
					want["in time"]++
				}
				if r.MadeAt.IsZero() && !d.now.Before(r.Due.End()) {
					want["missing"]++
				}
			}
			if c.Stage == casefile.Closed && !c.ClosedAt.After(d.now) {
				want["concluded"]++
			}
		}
		got := map[string]int{}
		count := func(what string, n int) {
			if n > 0 {
				got[what] += n
			}
		}
		p := d.progress(who, "drive")
		for _, s := range p.Standings {
			count(s.Origin+" "+string(s.Stage), s.Cases)
		}
		for _, w := range p.Weeks {
			count("concluded", w.Concluded)
			count("in time", w.InTime)
			count("missing", w.Missing)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-cases +progress):\n%s", who, diff)
		}
	}
	if listed < 100 {
		t.Errorf("only %d cases seen on the list: %s", listed, fmt.Sprint(ids))
	}
}
