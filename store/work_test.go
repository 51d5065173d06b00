package store_test

import (
	"testing"

	"shuangze/casefile"
	"shuangze/store"
)

func (d *desk) work(by, from, until string, f store.FigureFilter) store.Work {
	d.t.Helper()
	f.Span = casefile.FigureSpan{From: date(d.t, from), Until: date(d.t, until)}
	rules := d.rules
	rules.Now = d.now
	work, err := d.store.Work(d.t.Context(), d.actor(by), f, rules)
	if err != nil {
		d.t.Fatal(err)
	}
	return work
}

// Two years worked out by hand: each thing in its year, nothing of the days between.
func TestWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	register := func(day, id string, change func(*casefile.Registration)) {
		t.Helper()
		d.on(day)
		cmd := d.registration()
		cmd.Upper, cmd.Lower, cmd.Registration.OnTheSpot = upper, lower, true
		if change != nil {
			change(cmd.Registration)
		}
		d.do(id, super, cmd)
	}
	many := func(persons int) func(r *casefile.Registration) {
		return func(r *casefile.Registration) {
			r.Channel, r.Headcount, r.Representatives = "visit", persons, min(persons, 2)
		}
	}
	register("2025-03-03", "old", func(r *casefile.Registration) { r.Category, r.Channel, r.Repeated = "land", "letter", true })
	d.do("old", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办")})
	d.do("old", super, casefile.Command{Kind: casefile.Suggest, Suggestion: "policy", Organ: "省人社厅", Text: d.text("完善政策")})
	register("2025-08-04", "after the span", many(9))
	register("2026-03-02", "five", many(5))
	register("2026-03-03", "seven", many(7))
	register("2026-03-04", "four", many(4)) // no collective visit
	register("2026-03-05", "list", func(r *casefile.Registration) { r.Channel, r.Headcount, r.Representatives = "letter", 12, 1 })
	d.on("2026-03-10")
	d.do("five", super, casefile.Command{Kind: casefile.Urge, Text: d.text("催办")})
	d.do("five", super, casefile.Command{Kind: casefile.Urge, Text: d.text("再次催办")})
	d.do("seven", super, casefile.Command{Kind: casefile.Urge, Text: d.text("催办")})
	d.do("five", super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办")})
	d.do("five", super, casefile.Command{Kind: casefile.Suggest, Suggestion: "improvement", Organ: "县人社局", Text: d.text("改进工作")})
	d.do("five", super, casefile.Command{Kind: casefile.Suggest, Suggestion: "improvement", Organ: "县人社局", Text: d.text("再改进")})
	d.do("five", super, casefile.Command{Kind: casefile.AnswerSuggestion, Number: 2, Outcome: "partly_adopted", Text: d.text("已部分采纳")})
	d.do("old", super, casefile.Command{Kind: casefile.AnswerSuggestion, Number: 1, Outcome: "adopted", Text: d.text("已采纳")}) // made a year before
	d.do("seven", upper, casefile.Command{Kind: casefile.Submit, Meeting: "executive", Text: d.text("提请研究")})
	d.do("seven", super, casefile.Command{Kind: casefile.Resolve, Money: 120_000, Text: d.text("同意解决")})
	d.do("four", upper, casefile.Command{Kind: casefile.Submit, Meeting: "executive", Text: d.text("提请研究")})

	got := d.work(super, "2026-01-01", "2026-04-30", store.FigureFilter{})
	same(t, "fields", got.Categories, []store.Counted{{ID: "land", Compared: casefile.Compared{Before: 1}}, {ID: "labour", Compared: casefile.Compared{Now: 4}}})
	same(t, "units", got.Units, []store.Counted{{ID: "232701-rs", Compared: casefile.Compared{Now: 4, Before: 1}}})
	same(t, "repeated", got.Repeated, casefile.Compared{Before: 1})
	same(t, "groups", got.Groups, casefile.Compared{Now: 2})
	same(t, "persons", got.Persons, casefile.Compared{Now: 12})
	same(t, "money", got.Money, casefile.Compared{Now: 120_000})
	counted := map[string][4]int64{}
	for _, m := range got.Measures {
		counted[string(m.Kind)+" "+m.What] = [4]int64{m.Times.Now, m.Cases.Now, m.Times.Before, m.Cases.Before}
	}
	same(t, "measures", counted, map[string][4]int64{
		"urged ":                             {5, 3, 0, 0}, // two by the clock, of the old one, when it was taken up again; and its second channel
		"escalated ":                         {1, 1, 0, 0},
		"supervised ":                        {1, 1, 1, 1},
		"suggested policy":                   {0, 0, 1, 1},
		"suggested improvement":              {2, 1, 0, 0},
		"suggestion_answered policy/adopted": {1, 1, 0, 0},
		"suggestion_answered improvement/partly_adopted": {1, 1, 0, 0},
		"submitted executive":                            {2, 2, 0, 0},
		"resolved executive":                             {1, 1, 0, 0},
	})
	same(t, "another county", d.work(super, "2026-01-01", "2026-04-30", store.FigureFilter{Unit: "232721"}), store.Work{})
	same(t, "another origin", d.work(super, "2026-01-01", "2026-04-30", store.FigureFilter{Origin: "province"}), store.Work{})

	// The whole of both years: the clock has urged and supervised by itself meanwhile; what a
	// person did stays, and August's visit is there.
	same(t, "both years whole", d.work(super, "2026-01-01", "2026-12-31", store.FigureFilter{}).Groups, casefile.Compared{Now: 2})
	d.on("2026-12-31")
	same(t, "at the year's end", d.work(super, "2026-01-01", "2026-12-31", store.FigureFilter{}).Groups, casefile.Compared{Now: 2, Before: 1})
}
