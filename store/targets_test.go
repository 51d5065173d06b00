package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// on moves the desk's clock.
func (d *desk) on(day string) *desk {
	d.t.Helper()
	date, err := calendar.ParseDate(day)
	if err != nil {
		d.t.Fatal(err)
	}
	d.now = date.At(10, 0)
	return d
}

// tick lets the case's own clock take what is due.
func (d *desk) tick(id string) { d.do(id, "", casefile.Command{Kind: casefile.Tick}) }

// tally counts a metric of 漠河市 in a year, as of the desk's now.
func (d *desk) tally(metric string, year int) casefile.Tally {
	return d.tallyOf("232701", metric, year)
}

func (d *desk) tallyOf(unit, metric string, year int) casefile.Tally {
	d.t.Helper()
	sheet := casefile.TargetSheet{Year: year, Unit: unit}
	counted, err := d.store.TargetTallies(d.t.Context(), sheet, []casefile.TargetItem{{Metric: metric}}, d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	return counted[0]
}

// wants checks a metric of 漠河市 in 2026, as of now.
func (d *desk) wants(when, metric string, numerator, denominator int64) {
	d.t.Helper()
	if got, want := d.tally(metric, 2026), (casefile.Tally{Numerator: numerator, Denominator: denominator}); got != want {
		d.t.Errorf("%s: %s is %d of %d, want %d of %d", when, metric, got.Numerator, got.Denominator, want.Numerator, want.Denominator)
	}
}

// opine brings a case with leaders to the service of its opinion.
func (d *desk) serve(id, result string) casefile.Case {
	d.t.Helper()
	opinion := d.text("处理意见" + id)
	row, err := d.store.Case(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, leader := range []string{row.Case.Lower.Official, row.Case.Upper.Official} {
		if seat, _ := row.Case.SeatOf(leader); row.Case.Seat(seat).AcknowledgedAt.IsZero() {
			d.do(id, leader, casefile.Command{Kind: casefile.Acknowledge})
		}
	}
	d.do(id, d.officer(row.Case.Unit), casefile.Command{Kind: casefile.Opine, Result: result, Text: opinion})
	for _, leader := range []string{row.Case.Lower.Official, row.Case.Upper.Official} {
		d.do(id, leader, casefile.Command{Kind: casefile.Sign, Hash: casefile.Opinion{Document: opinion, Result: result}.Hash()})
	}
	return d.do(id, d.officer(row.Case.Unit), casefile.Command{Kind: casefile.Serve, Means: "direct"})
}

// A term is judged once, on the day it is met or has passed; until then it is on its way.
func TestTargetSettledOnTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-09-01")
	d.onTheSpot("in time") // due 31 October, a Saturday: 2 November
	d.onTheSpot("late")
	d.wants("at the beginning", "settled_on_time", 0, 0)
	d.on("2026-10-09").serve("in time", "explain")
	d.wants("one is served", "settled_on_time", 1, 1)
	d.on("2026-11-02")
	d.wants("on the last day", "settled_on_time", 1, 1)
	d.now = calendar.Date{Year: 2026, Month: time.November, Day: 3}.Start()
	d.wants("the moment it has passed", "settled_on_time", 1, 2)
	d.on("2026-11-20").tick("late")
	d.wants("with nothing done", "settled_on_time", 1, 2)
	d.on("2026-12-10").serve("late", "explain")
	d.wants("served too late", "settled_on_time", 1, 2)
	// Reopening takes no lateness away; what is handled again has a term of its own.
	d.do("late", super, casefile.Command{Kind: casefile.Reopen, Reason: "false_report", Text: d.text("核查发现问题")})
	d.wants("reopened", "settled_on_time", 1, 2)
	d.on("2026-12-20").serve("late", "explain")
	d.wants("handled again in time", "settled_on_time", 2, 3)
	// The year is over: later events don't change it, and the next begins with nothing.
	d.on("2027-02-01")
	d.wants("in the next year", "settled_on_time", 2, 3)
	if got := d.tally("settled_on_time", 2027); got.Denominator != 0 {
		t.Errorf("the next year has %v", got)
	}
	if got := d.tallyOf("232701-rs", "settled_on_time", 2026); got != (casefile.Tally{Numerator: 2, Denominator: 3}) {
		t.Errorf("the bureau has %v", got)
	}
	if got := d.tallyOf("232701-zr", "settled_on_time", 2026); got.Denominator != 0 {
		t.Errorf("another bureau has %v", got)
	}
}

// What is due on 31 December and missed belongs to the old year; what is due on 1 January
// to the new one.
func TestTargetYearsEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-11-01")
	d.onTheSpot("old") // due 31 December
	d.on("2026-11-03").onTheSpot("new")
	d.on("2027-01-20").tick("old")
	d.tick("new")
	d.wants("missed", "settled_on_time", 0, 1)
	if got := d.tally("settled_on_time", 2027); got != (casefile.Tally{Denominator: 1}) {
		t.Errorf("the new year has %v", got)
	}
	// The old one is backlog of the new year, the new one is not.
	for metric, want := range map[string]casefile.Tally{"backlog_settled": {Denominator: 1}, "first_settled": {Denominator: 1}} {
		if got := d.tally(metric, 2027); got != want {
			t.Errorf("%s of the new year is %v, want %v", metric, got, want)
		}
	}
	d.close("old")
	if got := d.tally("backlog_settled", 2027); got != (casefile.Tally{Numerator: 1, Denominator: 1}) {
		t.Errorf("settled, the backlog is %v", got)
	}
	d.wants("closed in the new year", "first_settled", 0, 1)
}

// Closed, or open past its time: everything else is on its way. Each case is of one stock.
func TestTargetStocks(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	register := func(id string, change func(*casefile.Registration)) {
		cmd := d.registration()
		change(cmd.Registration)
		cmd.Registration.OnTheSpot = true
		d.do(id, super, cmd)
		d.do(id, super, casefile.Command{Kind: casefile.Assign})
	}
	register("first", func(*casefile.Registration) {})
	register("again", func(r *casefile.Registration) { r.Repeated = true })
	d.open("drive", "会战", super)
	register("campaign", func(r *casefile.Registration) { r.Campaign = "会战" })
	register("suggestion", func(r *casefile.Registration) { r.Purpose = "suggestion" })
	register("elsewhere", func(r *casefile.Registration) { r.Unit = "232721-rs" })
	all := func(when string, first, again, backlog [2]int64) {
		t.Helper()
		d.wants(when, "first_settled", first[0], first[1])
		d.wants(when, "repeated_settled", again[0], again[1])
		d.wants(when, "backlog_settled", backlog[0], backlog[1])
	}
	all("on their way", [2]int64{}, [2]int64{}, [2]int64{})
	d.on("2026-04-01").close("first")
	d.close("suggestion")
	all("one closed", [2]int64{1, 1}, [2]int64{}, [2]int64{})
	d.on("2026-06-01").tick("again")
	d.tick("campaign")
	all("past their time", [2]int64{1, 1}, [2]int64{0, 1}, [2]int64{0, 1})
	d.close("campaign")
	all("the campaign's closed, if late", [2]int64{1, 1}, [2]int64{0, 1}, [2]int64{1, 1})
	d.on("2027-01-05")
	d.wants("in the next year", "repeated_settled", 0, 1)
	if got := d.tally("backlog_settled", 2027); got != (casefile.Tally{Denominator: 1}) {
		t.Errorf("what was not settled is backlog of the new year: %v", got)
	}
}

// What goes another legal way is neither settled nor unsettled.
func TestTargetDiverted(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	d.onTheSpot("case")
	d.on("2026-05-08")
	d.wants("past its time", "first_settled", 0, 1)
	d.do("case", super, casefile.Command{Kind: casefile.Divert, Route: "judicial", Organ: "法院", Text: d.text("导入法定途径")})
	d.wants("diverted", "first_settled", 0, 0)
	d.wants("its lateness stays", "settled_on_time", 0, 1)
}

// A term that was forwarded away late stays with the unit that let it pass.
func TestTargetForwardedAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	d.do("case", clerk, d.registration())
	d.do("case", clerk, casefile.Command{Kind: casefile.Forward})
	d.do("case", handling, casefile.Command{Kind: casefile.Object, Text: d.text("不属于本单位")})
	d.on("2026-03-19")
	d.do("case", clerk, casefile.Command{Kind: casefile.DecideObjection, Outcome: "upheld", Text: d.text("同意退回")})
	d.do("case", clerk, casefile.Command{Kind: casefile.Forward, Unit: "232701-zr"})
	d.do("case", d.officer("232701-zr"), casefile.Command{Kind: casefile.Accept})
	for unit, want := range map[string]casefile.Tally{"232701-rs": {Denominator: 1}, "232701-zr": {Numerator: 1, Denominator: 1}} {
		if got := d.tallyOf(unit, "accepted_on_time", 2026); got != want {
			t.Errorf("%s has %v, want %v", unit, got, want)
		}
	}
}

// A review that is asked for doesn't undo what was settled; one that sets the opinion aside
// does, and is counted.
func TestTargetReviews(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	review := func(id, outcome string) {
		t.Helper()
		d.onTheSpot(id)
		d.close(id)
		d.do(id, super, casefile.Command{Kind: casefile.AskReview, Organ: "漠河市政府", Text: d.text("申请复查")})
		d.do(id, super, casefile.Command{Kind: casefile.AcceptReview})
		d.wants(id+" under review", "first_settled", 1, 1)
		d.do(id, super, casefile.Command{Kind: casefile.ConcludeReview, Outcome: outcome, Means: "direct", Text: d.text("复查意见")})
	}
	d.wants("no review", "overturned", 0, 0)
	review("upheld", "uphold")
	d.wants("upheld", "overturned", 0, 1)
	d.wants("upheld", "first_settled", 1, 1)
	d.do("upheld", super, casefile.Command{Kind: casefile.Reopen, Reason: "wrong_opinion", Text: d.text("重新办理")})
	d.wants("reopened", "first_settled", 0, 0)
	review("set aside", "set_aside")
	d.wants("set aside", "overturned", 1, 2)
	d.wants("set aside", "first_settled", 0, 0)
}

// The other terms, each by its own scenario.
func TestTargetTerms(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")

	// Acceptance: told in time, objected to rightly (no duty), and silent.
	for _, id := range []string{"told", "declined", "not theirs", "silent"} {
		d.do(id, clerk, d.registration())
		d.do(id, clerk, casefile.Command{Kind: casefile.Forward})
	}
	d.do("told", handling, casefile.Command{Kind: casefile.Accept})
	d.do("declined", clerk, casefile.Command{Kind: casefile.Decline, Reason: "unclear", Text: d.text("不清楚")})
	d.do("not theirs", handling, casefile.Command{Kind: casefile.Object, Text: d.text("不属于本单位")})
	d.now = d.now.Add(time.Minute)
	d.do("not theirs", clerk, casefile.Command{Kind: casefile.DecideObjection, Outcome: "upheld", Text: d.text("同意退回")})
	d.wants("told at once", "accepted_on_time", 2, 2)
	d.do("not theirs", clerk, casefile.Command{Kind: casefile.Forward, Unit: "232701-zr"})
	if got := d.tallyOf("232701-rs", "accepted_on_time", 2026); got != (casefile.Tally{Numerator: 2, Denominator: 2}) {
		t.Errorf("the bureau that objected has %v", got)
	}
	d.on("2026-03-20").tick("silent")
	d.wants("silent", "accepted_on_time", 2, 4) // and 自然资源局 is silent too
	// Done at last, it stays late.
	d.do("silent", handling, casefile.Command{Kind: casefile.Accept})
	d.wants("accepted too late", "accepted_on_time", 2, 4)
	if got := d.tallyOf("2327-xf", "forwarded_on_time", 2026); got != (casefile.Tally{Numerator: 5, Denominator: 5}) {
		t.Errorf("the prefecture's office has forwarded %v", got)
	}
	d.wants("the county's office had none", "forwarded_on_time", 0, 0)

	// Execution: within the opinion's term.
	d.on("2026-04-01").onTheSpot("carried out")
	d.onTheSpot("promised")
	d.serve("carried out", "support")
	d.serve("promised", "support")
	d.wants("served", "executed", 0, 0)
	d.on("2026-04-20").do("carried out", handling, casefile.Command{Kind: casefile.Execute, Text: d.text("已执行")})
	d.wants("one carried out", "executed", 1, 1)
	d.on("2026-05-20").tick("promised")
	d.wants("one not", "executed", 1, 2)
}

// The unit's answer in time counts, though the term of the supervision runs on.
func TestTargetSupervisionFedBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-06-01")
	for _, id := range []string{"answered", "ignored", "lifted"} {
		d.onTheSpot(id)
		d.do(id, super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办函")})
	}
	d.wants("on their way", "supervision_fed_back", 0, 0)
	d.do("answered", handling, casefile.Command{Kind: casefile.FeedBack, Channel: casefile.PetitionOffice, Text: d.text("督办反馈")})
	d.do("lifted", super, casefile.Command{Kind: casefile.Release, Text: d.text("已落实")})
	d.wants("answered", "supervision_fed_back", 2, 2)
	d.on("2026-06-17")
	d.wants("ignored", "supervision_fed_back", 2, 3)
	d.do("ignored", handling, casefile.Command{Kind: casefile.FeedBack, Channel: casefile.PetitionOffice, Text: d.text("督办反馈")})
	d.wants("answered too late", "supervision_fed_back", 2, 3)
}

// Handed down: what a petition office above commissioned by its own term, what the province
// handed down by the term to settle; what the county commissions itself is not.
func TestTargetHandedDown(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	commissioned := func(id, by, origin string) {
		cmd := d.registration()
		cmd.Registration.Origin = origin
		d.do(id, by, cmd)
		d.do(id, by, casefile.Command{Kind: casefile.Commission, Days: 20, Text: d.text("交办函")})
	}
	commissioned("above", clerk, "petition")
	commissioned("own", "o041", "petition") // 漠河市信访局
	d.on("2026-03-30")
	d.wants("commissioned above, and late", "handed_down_on_time", 0, 1)
	if got := d.tallyOf("232701-rs", "handed_down_on_time", 2026); got != (casefile.Tally{Denominator: 2}) {
		t.Errorf("to the bureau both were handed down: %v", got)
	}
	cmd := d.registration()
	cmd.Registration.Origin, cmd.Registration.OnTheSpot = "province", true
	d.do("province", super, cmd)
	d.do("province", super, casefile.Command{Kind: casefile.Assign})
	d.serve("province", "explain")
	d.wants("the province's, settled", "handed_down_on_time", 1, 2)
}

// Personal acts are the leaders' own, and stay with the unit that they worked in.
func TestTargetLeadersActed(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	d.onTheSpot("case")
	for _, leader := range []string{upper, lower} {
		d.do("case", leader, casefile.Command{Kind: casefile.Acknowledge})
	}
	d.wants("nothing is due", "leaders_acted", 0, 0)
	d.on("2026-03-20").do("case", upper, casefile.Command{Kind: casefile.Act, Act: "meet", Text: d.text("约见")})
	d.wants("one has acted", "leaders_acted", 1, 1)
	d.on("2026-04-10")
	d.wants("one has not", "leaders_acted", 1, 2)
	d.reorganise() // the upper leader goes to another county
	d.wants("moved", "leaders_acted", 1, 2)
	// Who hands the case over has met nothing by that.
	d.do("case", super, casefile.Command{Kind: casefile.HandOver, From: upper, To: "o037", Reason: "transfer", DecidedBy: "o003", Text: d.text("移交")})
	d.wants("handed over", "leaders_acted", 1, 2)
	d.on("2026-04-20").do("case", lower, casefile.Command{Kind: casefile.Act, Act: "meet", Text: d.text("约见")})
	d.wants("acted too late", "leaders_acted", 1, 2)
	d.on("2026-04-25").do("case", lower, casefile.Command{Kind: casefile.Act, Act: "meet", Text: d.text("约见")})
	d.wants("and again in time", "leaders_acted", 2, 3)
}

// Suspended, a term is on its way; it goes on with the days it had left.
func TestTargetSuspended(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	d.onTheSpot("case")
	d.do("case", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办函")})
	d.on("2026-03-10").do("case", handling, casefile.Command{
		Kind: casefile.Suspend, Reason: "expertise", Days: 60, DecidedBy: lower, Text: d.text("委托鉴定"),
	})
	d.on("2026-04-10")
	d.wants("suspended", "supervision_fed_back", 0, 0)
	d.do("case", handling, casefile.Command{Kind: casefile.Resume, Text: d.text("鉴定完成")})
	d.on("2026-04-15")
	d.wants("goes on", "supervision_fed_back", 0, 0)
	d.on("2026-04-30")
	d.wants("has passed", "supervision_fed_back", 0, 1)
}

// Satisfaction is judged for the unit and for the office, and both say how many were asked.
func TestTargetRatings(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	for id, rated := range map[string][2]string{"a": {"satisfied", "basically_satisfied"}, "b": {"dissatisfied", "satisfied"}, "c": {}} {
		d.onTheSpot(id)
		d.close(id)
		if rated[0] != "" {
			d.do(id, super, casefile.Command{Kind: casefile.Rate, OfficeRating: rated[0], UnitRating: rated[1]})
		}
	}
	d.wants("rated", "unit_satisfaction", 2, 2)
	office := map[string]casefile.Tally{"office_satisfaction": {Numerator: 1, Denominator: 2}, "participation": {Numerator: 2, Denominator: 3}}
	for metric, want := range office {
		if got := d.tallyOf("2327-xf", metric, 2026); got != want {
			t.Errorf("%s of the office is %v, want %v", metric, got, want)
		}
		d.wants("the county's office has none", metric, 0, 0)
	}
}

// dump is all that is recorded beside the case rows for being counted.
func (d *desk) dump() (lines []string) {
	d.t.Helper()
	for _, table := range []string{"terms", "endings", "ratings", "registrations", "standings", "lamps"} {
		sql := `SELECT t::text FROM ` + table + ` t ORDER BY 1`
		rows, err := d.store.Pool().Query(d.t.Context(), sql)
		if err != nil {
			d.t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				d.t.Fatal(err)
			}
			lines = append(lines, line)
		}
		if rows.Err() != nil {
			d.t.Fatal(rows.Err())
		}
	}
	return lines
}

// judgement is a run of a clock, as the oracle finds it in the ledger.
type judgement struct {
	rule, who string
	due       time.Time
	stopped   time.Time
	stop      string
}

// read finds the runs of a case's clocks in its ledger, by the core's own words.
func read(events []casefile.Event) (runs []*judgement) {
	open := map[string]*judgement{}
	var c casefile.Case
	for _, e := range events {
		before := c
		c = casefile.Apply(c, e)
		triggers := e.Triggers()
		for _, k := range e.Clocks {
			was, known := before.Clock(k.ID)
			run := open[k.ID]
			if run == nil || !known || !was.StartedAt.Equal(k.StartedAt) {
				if run != nil {
					run.stopped, run.stop = e.At, triggers[len(triggers)-1]
				}
				run = &judgement{rule: k.Rule, who: k.Who}
				runs, open[k.ID] = append(runs, run), run
			}
			run.due = k.Due.StatutoryEnd()
			switch {
			case !k.MetAt.IsZero():
				run.stopped, run.stop = k.MetAt, triggers[len(triggers)-1]
			case !k.EndedAt.IsZero():
				run.stopped, run.stop = k.EndedAt, "ended"
			}
			if !k.Running() {
				delete(open, k.ID)
			}
		}
	}
	return runs
}

// TestTargetOracle fills a desk with cases of every kind and counts the metrics of several
// units, as of several days, from each case's ledger alone. The tables say the same, as
// they were written and as they are when the ledger is read anew.
func TestTargetOracle(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	written := d.crowd(120, rand.New(rand.NewPCG(11, 4)))
	end := d.now
	for i, id := range written {
		d.now = end.AddDate(0, 0, i%60)
		_ = d.try(id, "", casefile.Command{Kind: casefile.Tick}) // an ended one refuses
		if i%3 == 0 {
			_ = d.try(id, super, casefile.Command{Kind: casefile.Reopen, Reason: "false_report", Text: d.text("重新办理")})
		}
	}
	now := end.AddDate(0, 0, 70)
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
	dir := d.rules.Directory
	count := func(unit string, m casefile.Metric, from, until time.Time) (tally casefile.Tally) {
		within := func(at time.Time) bool { return at.After(from) && !at.After(until) }
		judge := func(good bool) {
			tally.Denominator++
			if good {
				tally.Numerator++
			}
		}
		for _, events := range ledger {
			runs := read(events)
			var c casefile.Case // as of until
			closedAt := time.Time{}
			for _, e := range events {
				if e.At.After(until) {
					break
				}
				was := c.Stage
				if c = casefile.Apply(c, e); c.Stage == casefile.Closed && was != casefile.Closed {
					closedAt = e.At
				}
			}
			missed := func(at time.Time) bool {
				return slices.ContainsFunc(runs, func(r *judgement) bool {
					return slices.Contains(m.Clocks, r.rule) && !r.due.After(at) && (r.stopped.IsZero() || r.stopped.After(at))
				})
			}
			switch m.Counts {
			case casefile.CountsTerms:
				for _, r := range runs {
					who := r.who
					if o, ok := dir.Officials[who]; ok {
						who = o.Unit
					}
					if !slices.Contains(m.Clocks, r.rule) || !dir.Under(who, unit) {
						continue
					}
					if m.HandedDown && c.Origin != "province" { // nothing was commissioned
						continue
					}
					inTime := !r.stopped.IsZero() && r.stopped.Before(r.due)
					switch {
					case inTime && within(r.stopped) && slices.Contains(m.Done, r.stop):
						judge(true)
					case !inTime && within(r.due):
						judge(false)
					}
				}
			case casefile.CountsStock:
				if c.Stage == casefile.New || c.Purpose != "appeal" || !dir.Under(c.Unit, unit) {
					continue
				}
				old := missed(from)
				stock := casefile.First
				switch {
				case old || c.CampaignCode() != "":
					stock = casefile.Backlog
				case c.Repeated:
					stock = casefile.Repeated
				}
				closed := c.Stage == casefile.Closed && within(closedAt)
				gone := c.Stage == casefile.Declined || c.Stage == casefile.Diverted
				if stock == m.Stock && !gone && (closed || missed(until) || old) {
					judge(closed)
				}
			default:
			}
		}
		return tally
	}
	compare := func() {
		t.Helper()
		judged := int64(0)
		for _, unit := range []string{"2327", "232701", "232721", "232701-rs", "2327-xf"} {
			for _, m := range casefile.Metrics {
				if m.Counts != casefile.CountsTerms && m.Counts != casefile.CountsStock {
					continue
				}
				for year, at := range map[int]time.Time{2026: now, 2027: now, 20260: end.AddDate(0, 0, -40)} {
					if year == 20260 {
						year = 2026
					}
					d.now = at
					sheet := casefile.TargetSheet{Year: year, Unit: unit}
					from, until := sheet.Span(at)
					got, want := d.tallyOf(unit, m.ID, year), count(unit, m, from, until)
					if got != want {
						t.Errorf("%s of %s in %d at %s: %v, the ledger says %v", m.ID, unit, year, at, got, want)
					}
					judged += want.Denominator
				}
			}
		}
		if judged < 1000 {
			t.Errorf("only %d were judged: the test shows nothing", judged)
		}
	}
	compare()
	before := d.dump()
	if err := d.store.MigrateDown(ctx, 12); err != nil {
		t.Fatal(err)
	}
	if err := d.store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, d.dump()); diff != "" {
		t.Errorf("the ledger read anew (-written +read):\n%s", diff)
	}
}

// sheet is a sheet of 漠河市 for 2026, signed by both.
func (d *desk) sheet(id string, items ...casefile.TargetItem) casefile.TargetSheet {
	d.t.Helper()
	ctx := d.t.Context()
	rules := d.rules
	rules.Now = d.now
	s, refusal := casefile.DraftTargets(casefile.TargetSheet{ID: id, Year: 2026, Unit: "232701"}, items, d.actor(super), rules)
	if refusal != nil {
		d.t.Fatal(refusal, refusal.Fields)
	}
	err := d.store.InTargets(ctx, id, func(tx *store.TargetsTx) error {
		if created, err := tx.Draft(ctx, s, "fingerprint", "draft"); err != nil || !created {
			return fmt.Errorf("created %v: %w", created, err)
		}
		if err := tx.Sign(ctx, id, 1, casefile.UpperSeat, "o003", d.now, "upper signs"); err != nil {
			return err
		}
		return tx.Sign(ctx, id, 1, casefile.HeadSeat, "o035", d.now, "head signs")
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return d.read(id)
}

func (d *desk) read(id string) casefile.TargetSheet {
	d.t.Helper()
	s, err := d.store.TargetSheet(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

// The closing act records the figures and the cases behind them: nothing that comes later
// changes them, and nothing of a sheet is ever changed or deleted.
func TestTargetSheetIsClosed(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	ctx := t.Context()
	items := []casefile.TargetItem{
		{Metric: "settled_on_time", Target: 100_00, Weight: 60_00},
		{Metric: "overturned", Target: 0, Weight: 40_00},
	}
	s := d.sheet("sheet", items...)
	if v, ok := s.InForce(); !ok || v.Number != 1 || cmp.Diff(items, v.Items) != "" || v.Upper.Official != "o003" || v.Head.Official != "o035" || v.Hash == "" {
		t.Fatalf("in force is %+v", v)
	}
	d.onTheSpot("in time")
	d.onTheSpot("late")
	d.on("2026-04-01").close("in time")
	d.on("2026-06-01").tick("late")
	d.on("2027-01-05")
	err := d.store.InTargets(ctx, "sheet", func(tx *store.TargetsTx) error {
		return tx.Close(ctx, s, s.Latest(), super, d.now, "close")
	})
	if err != nil {
		t.Fatal(err)
	}
	s = d.read("sheet")
	if s.ClosedBy != super || !s.ClosedAt.Equal(d.now) || s.Closed != 1 {
		t.Errorf("closed as %+v", s)
	}
	d.on("2027-03-01")
	d.do("in time", super, casefile.Command{Kind: casefile.Reopen, Reason: "wrong_opinion", Text: d.text("重新办理")})
	d.sql(`UPDATE terms SET due_at = due_at - interval '90 days' WHERE case_id = 'in time'`)
	points, score, ok, err := d.store.ClosedScore(ctx, s, items)
	if err != nil || !ok || score != 50_00 || points[0].Points != 30_00 || points[0].Tally != (casefile.Tally{Numerator: 1, Denominator: 2}) || points[1].Scored() {
		t.Errorf("recorded are %+v, %s, %v, %v", points, score, ok, err)
	}
	found, total, err := d.store.TargetCases(ctx, s, 1, items[0], d.actor(super), store.TargetFilter{Limit: 10}, d.now)
	if err != nil || total != 2 || len(found) != 2 || found[0].Case != "late" || found[0].Good || found[0].Term != "HANDLE" || found[1].Case != "in time" || !found[1].Good {
		t.Errorf("the cases behind it are %+v of %d, %v", found, total, err)
	}
	for _, sql := range []string{
		`DELETE FROM target_sheets`, `DELETE FROM target_versions`, `DELETE FROM target_results`, `DELETE FROM target_cases`,
		`UPDATE target_sheets SET score = 10000`, `UPDATE target_versions SET items = '[]'`, `UPDATE target_versions SET upper_by = 'o004'`,
		`UPDATE target_results SET numerator = 2`, `UPDATE target_cases SET good = true`, `TRUNCATE target_cases`,
	} {
		if _, err := d.store.Pool().Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), "never changed or deleted") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// What accuses the reader is counted, and never listed.
func TestTargetCasesAreSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t).on("2026-03-02")
	for _, id := range []string{"accuses", "plain"} {
		cmd := d.registration()
		if id == "accuses" {
			cmd.Registration.Purpose, cmd.Registration.AccusedOfficial = "accusation", "o036"
		}
		d.do(id, clerk, cmd)
		d.do(id, clerk, casefile.Command{Kind: casefile.Forward})
		d.do(id, handling, casefile.Command{Kind: casefile.Accept})
	}
	sheet := casefile.TargetSheet{Year: 2026, Unit: "232701"}
	item := casefile.TargetItem{Metric: "accepted_on_time"}
	good, bad := true, false
	for _, test := range []struct {
		who   string
		f     store.TargetFilter
		total int
		want  []string
	}{
		{"o036", store.TargetFilter{Limit: 10}, 2, []string{"plain"}},
		{"o035", store.TargetFilter{Limit: 10}, 2, []string{"accuses", "plain"}},
		{"o035", store.TargetFilter{Limit: 10, Good: &good}, 2, []string{"accuses", "plain"}},
		{"o035", store.TargetFilter{Limit: 10, Good: &bad}, 0, []string{}},
		{"o035", store.TargetFilter{Limit: 1}, 2, []string{"accuses"}},
		{"o035", store.TargetFilter{Limit: 1, Offset: 1}, 2, []string{"plain"}},
	} {
		found, total, err := d.store.TargetCases(t.Context(), sheet, 1, item, d.actor(test.who), test.f, d.now)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, c := range found {
			got = append(got, c.Case)
		}
		slices.Sort(got)
		if total != test.total || cmp.Diff(test.want, got) != "" {
			t.Errorf("%s with %+v: %v of %d, want %v of %d", test.who, test.f, got, total, test.want, test.total)
		}
	}
}
