package casefile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shuangze/calendar"
	. "shuangze/casefile"
	"shuangze/policy"
)

var nine, noon = policy.TimeOfDay{Hour: 9}, policy.TimeOfDay{Hour: 12}

// schedule is a day of the vice head of the county, on the 15th.
func schedule(change func(*Schedule)) Schedule {
	s := Schedule{ID: "day", Leader: "upper", On: day("2026-09-15"), From: nine, Until: noon, Place: "县信访局接待室", Form: "fixed"}
	if change != nil {
		change(&s)
	}
	return s
}

// reception is such a day once it was entered.
func (d *desk) reception(change func(*Schedule)) Reception {
	d.t.Helper()
	d.rules.Now = d.now
	days, refusal := ScheduleReceptions(schedule(change), d.actor("county-clerk"), d.rules, nil)
	if refusal != nil || len(days) != 1 {
		d.t.Fatalf("%d days, %s", len(days), show(refusal))
	}
	return days[0]
}

// RECV-PUB: a reception day has a leader, time, place and form, and is entered by the
// clerks and supervisors of the petition office for the leaders of its area.
func TestScheduleReceptions(t *testing.T) {
	for _, test := range []struct {
		name, by string
		change   func(*Schedule)
		want     []string
	}{
		{"by the county's clerk", "county-clerk", nil, nil},
		{"by its supervisor", "county-supervisor", nil, nil},
		{"by the prefecture's clerk", "clerk", nil, nil},
		{"of a head of a bureau", "county-clerk", func(s *Schedule) { s.Leader = "head" }, nil},
		{"of a leader above", "county-clerk", func(s *Schedule) { s.Leader = "convener" }, []string{"reception_not_permitted"}},
		{"by the leader", "upper", nil, []string{"reception_not_permitted"}},
		{"by an inspector", "inspector", nil, []string{"reception_not_permitted"}},
		{"by the administrator", "admin", nil, []string{"reception_not_permitted"}},
		{"by an auditor", "auditor", nil, []string{"reception_not_permitted"}},
		{"by an officer", "officer", nil, []string{"reception_not_permitted"}},
		{"nothing at all", "clerk", func(s *Schedule) { *s = Schedule{} }, []string{
			"leader required", "form required", "place required", "from required", "until required", "on required",
		}},
		{"of an officer", "clerk", func(s *Schedule) { s.Leader = "officer" }, []string{"leader not_a_leader"}},
		{"of a stranger", "clerk", func(s *Schedule) { s.Leader = "nobody" }, []string{"leader unknown_official"}},
		{"in a form that is none", "clerk", func(s *Schedule) { s.Form = "dance" }, []string{"form not_in_list"}},
		{"backwards", "clerk", func(s *Schedule) { s.From, s.Until = noon, nine }, []string{"until not_after_from"}},
		{"for too many", "clerk", func(s *Schedule) { s.Slots = 201 }, []string{"slots out_of_range"}},
		{"earlier today", "clerk", func(s *Schedule) { s.On = day("2026-09-01") }, []string{"on in_past"}},
		{"later today", "clerk", func(s *Schedule) { s.On, s.From = day("2026-09-01"), policy.TimeOfDay{Hour: 11} }, nil},
		{"years ahead", "clerk", func(s *Schedule) { s.On = day("2028-09-15") }, []string{"on out_of_range"}},
		{"on leave", "clerk", func(s *Schedule) { s.On = day("2026-10-20") }, []string{"leader on_leave"}},
		{"the day after it", "clerk", func(s *Schedule) { s.On = day("2026-10-21") }, nil},
		{"both a day and a series", "clerk", func(s *Schedule) {
			s.Series = &Series{Every: "month", Step: 1, Day: 15, First: day("2026-09-01"), Last: day("2026-12-31")}
		}, []string{"on not_here"}},
		{"a series that is none", "clerk", func(s *Schedule) { s.On, s.Series = calendar.Date{}, &Series{} }, []string{
			"series.every required", "series.day out_of_range", "series.step out_of_range", "series.first required", "series.last required",
		}},
		{"a series backwards", "clerk", func(s *Schedule) {
			s.On, s.Series = calendar.Date{}, &Series{Every: "week", Step: 1, Day: 8, First: day("2026-09-30"), Last: day("2026-09-01")}
		}, []string{"series.day out_of_range", "series.last not_after_from"}},
		{"a series too long", "clerk", func(s *Schedule) {
			s.On, s.Series = calendar.Date{}, &Series{Every: "week", Step: 1, Day: 1, First: day("2026-09-30"), Last: day("2027-10-02")}
		}, []string{"series.last out_of_range"}},
		{"a series without a day", "clerk", func(s *Schedule) {
			s.On, s.Series = calendar.Date{}, &Series{Every: "month", Step: 1, Day: 15, First: day("2026-09-16"), Last: day("2026-10-14")}
		}, []string{"series out_of_range"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).leave("upper", "other-upper", "2026-10-19 00:00", "2026-10-20 10:00")
			d.rules.Now = d.now
			days, refusal := ScheduleReceptions(schedule(test.change), d.actor(test.by), d.rules, nil)
			same(t, "refused", test.want, refused(refusal))
			if refusal == nil && (days[0].Office != d.actor(test.by).Unit || days[0].EnteredBy != test.by || !days[0].Stands() || !days[0].PublishedAt.IsZero()) {
				t.Errorf("entered as %s", show(days[0]))
			}
		})
	}
}

// Nobody is in two places at once, be it by a day that stands or within a series.
func TestReceptionTwoPlaces(t *testing.T) {
	d := newDesk(t)
	standing := []Reception{d.reception(nil)}
	for _, test := range []struct {
		name        string
		leader      string
		from, until policy.TimeOfDay
		want        []string
	}{
		{"within it", "upper", policy.TimeOfDay{Hour: 10}, policy.TimeOfDay{Hour: 11}, []string{"leader two_places"}},
		{"around it", "upper", policy.TimeOfDay{Hour: 8}, policy.TimeOfDay{Hour: 13}, []string{"leader two_places"}},
		{"after it", "upper", noon, policy.TimeOfDay{Hour: 17}, nil},
		{"before it", "upper", policy.TimeOfDay{Hour: 8}, nine, nil},
		{"another leader", "other-upper", nine, noon, nil},
	} {
		_, refusal := ScheduleReceptions(schedule(func(s *Schedule) { s.Leader, s.From, s.Until = test.leader, test.from, test.until }),
			d.actor("clerk"), d.rules, standing)
		same(t, test.name, test.want, refused(refusal))
	}
	standing[0].EndedBy = "clerk"
	if _, refusal := ScheduleReceptions(schedule(nil), d.actor("clerk"), d.rules, standing); refusal != nil {
		t.Errorf("a cancelled day takes no place: %s", show(refusal))
	}
}

// RECV-ROLL: a day that falls on a rest day is put off to the next working day; make-up
// days are worked. Two that fall together are one.
func TestReceptionSeries(t *testing.T) {
	cal := calendar.Default()
	for name, test := range map[string]struct {
		series Series
		want   string
	}{
		"day 15 of each month": {
			Series{Every: "month", Step: 1, Day: 15, First: day("2026-01-01"), Last: day("2026-08-31")},
			// 15 February is in the Spring Festival, 15 March and 15 August fall on weekends.
			"2026-01-15 2026-02-24 2026-03-16 2026-04-15 2026-05-15 2026-06-15 2026-07-15 2026-08-17",
		},
		"the last of each month": {
			Series{Every: "month", Step: 1, Day: 31, First: day("2026-01-31"), Last: day("2026-06-30")},
			// 28 February is a make-up working day, 31 January and 31 May are not.
			"2026-02-02 2026-02-28 2026-03-31 2026-04-30 2026-06-01 2026-06-30",
		},
		"once a quarter": {
			Series{Every: "month", Step: 3, Day: 10, First: day("2026-01-11"), Last: day("2026-12-31")},
			"2026-04-10 2026-07-10 2026-10-10", // a make-up Saturday
		},
		"each Monday": {
			Series{Every: "week", Step: 1, Day: 1, First: day("2026-09-23"), Last: day("2026-10-13")},
			"2026-09-28 2026-10-08 2026-10-12",
		},
		"each Thursday, of which the National Day is one": {
			Series{Every: "week", Step: 1, Day: 4, First: day("2026-09-24"), Last: day("2026-10-15")},
			"2026-09-24 2026-10-08 2026-10-15",
		},
		"every other Sunday": {
			Series{Every: "week", Step: 2, Day: 7, First: day("2026-08-31"), Last: day("2026-09-30")},
			"2026-09-07 2026-09-20", // the 20th is a make-up working day
		},
	} {
		var got []string
		for _, on := range test.series.Dates(cal) {
			got = append(got, on.String())
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, s, test.want)
		}
	}
}

// Whatever the rule, every day of a series is worked, none comes twice or out of order.
func TestReceptionSeriesHolds(t *testing.T) {
	cal := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		s := Series{Every: rapid.SampledFrom(Recurrences).Draw(t, "every"), Step: rapid.IntRange(1, 12).Draw(t, "step")}
		s.Day = rapid.IntRange(1, map[string]int{"week": 7, "month": 31}[s.Every]).Draw(t, "day")
		s.First = day("2025-01-01").AddDays(rapid.IntRange(0, 600).Draw(t, "first"))
		s.Last = s.First.AddDays(rapid.IntRange(0, 366).Draw(t, "length"))
		dates := s.Dates(cal)
		for i, on := range dates {
			if !cal.Day(on).Work || on.Before(s.First) || i > 0 && !dates[i-1].Before(on) {
				t.Fatalf("%s gives %s", show(s), show(dates))
			}
		}
	})
}

// RECV-NOTIFY: who can't come says so five days before, and another day or leader takes
// the place; what comes later is recorded as late.
func TestSwapReception(t *testing.T) {
	third := func(d *desk) *Reception {
		day := d.reception(func(s *Schedule) { s.ID, s.Leader, s.On, s.Place = "other", "other-upper", day("2026-09-22"), "乡镇" })
		return &day
	}
	for _, test := range []struct {
		name, at, by string
		strict       bool
		swap         func(*desk, *Swap)
		want         []string // of a refusal
		short        bool
		instead      string
	}{
		{
			"another day, by the leader", "2026-09-10 23:59", "upper", true, func(_ *desk, s *Swap) { s.On = day("2026-09-17") }, nil, false,
			"upper 2026-09-17 09:00 县信访局接待室",
		},
		{
			"a day too late", "2026-09-11 00:00", "upper", false, func(_ *desk, s *Swap) { s.On = day("2026-09-17") }, nil, true,
			"upper 2026-09-17 09:00 县信访局接待室",
		},
		{"too late where that is strict", "2026-09-11 00:00", "upper", true, func(_ *desk, s *Swap) { s.On = day("2026-09-17") }, []string{"notice_too_short"}, false, ""},
		{
			"recorded by the office then", "2026-09-15 08:00", "county-clerk", true, func(_ *desk, s *Swap) { s.Leader = "other-upper" }, nil, true,
			"other-upper 2026-09-15 09:00 县信访局接待室",
		},
		{
			"somebody else, at another time and place", "2026-09-02 08:00", "county-supervisor", false, func(_ *desk, s *Swap) {
				s.Leader, s.From, s.Until, s.Place = "other-upper", policy.TimeOfDay{Hour: 14}, policy.TimeOfDay{Hour: 17}, "二楼"
			}, nil, false,
			"other-upper 2026-09-15 14:00 二楼",
		},
		{
			"two days change places", "2026-09-02 08:00", "upper", false, func(d *desk, s *Swap) { s.With = third(d) }, nil, false,
			"other-upper 2026-09-15 09:00 县信访局接待室; upper 2026-09-22 09:00 乡镇",
		},
		{"by another leader", "2026-09-02 08:00", "other-upper", false, func(_ *desk, s *Swap) { s.On = day("2026-09-17") }, []string{"reception_not_permitted"}, false, ""},
		{"by an inspector", "2026-09-02 08:00", "inspector", false, func(_ *desk, s *Swap) { s.On = day("2026-09-17") }, []string{"reception_not_permitted"}, false, ""},
		{"when it is over", "2026-09-15 12:00", "upper", false, func(_ *desk, s *Swap) { s.On = day("2026-09-17") }, []string{"reception_ended"}, false, ""},
		{"for nothing", "2026-09-02 08:00", "upper", false, nil, []string{"leader required"}, false, ""},
		{"without a reason", "2026-09-02 08:00", "upper", false, func(_ *desk, s *Swap) { s.On, s.Reason = day("2026-09-17"), "" }, []string{"reason required"}, false, ""},
		{"handed down", "2026-09-02 08:00", "upper", false, func(_ *desk, s *Swap) { s.Leader = "lower" }, []string{"leader wrong_level"}, false, ""},
		{"to an officer", "2026-09-02 08:00", "upper", false, func(_ *desk, s *Swap) { s.Leader = "officer" }, []string{"leader not_a_leader"}, false, ""},
		{"to yesterday", "2026-09-02 08:00", "upper", false, func(_ *desk, s *Swap) { s.On = day("2026-09-01") }, []string{"on in_past"}, false, ""},
		{"to who is away", "2026-09-02 08:00", "upper", false, func(d *desk, s *Swap) {
			d.leave("other-upper", "upper", "2026-09-15 00:00", "2026-09-16 00:00")
			s.Leader = "other-upper"
		}, []string{"leader on_leave"}, false, ""},
		{"to where they receive already", "2026-09-02 08:00", "upper", false, func(_ *desk, s *Swap) { s.On = day("2026-09-29") }, []string{"leader two_places"}, false, ""},
		{"with a day and a date", "2026-09-02 08:00", "upper", false, func(d *desk, s *Swap) { s.With, s.On = third(d), day("2026-09-17") }, []string{"with not_here"}, false, ""},
		{"with a day that is over", "2026-09-02 08:00", "upper", false, func(d *desk, s *Swap) {
			s.With = third(d)
			s.With.EndedBy = "clerk"
		}, []string{"with not_the_case"}, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			first := d.reception(nil)
			first, _ = PublishReception(first, d.actor("county-clerk"), d.rules)
			standing := []Reception{first, d.reception(func(s *Schedule) { s.ID, s.On = "later", day("2026-09-29") })}
			p := *d.rules.Policy
			p.Reception.Strict = test.strict
			d.rules.Policy = &p
			s := Swap{ID: "new", Reason: "business_trip"}
			if test.swap != nil {
				test.swap(d, &s)
			}
			d.at(test.at).rules.Now = d.now
			ended, instead, refusal := SwapReception(first, s, d.actor(test.by), d.rules, standing)
			same(t, "refused", test.want, refused(refusal))
			if refusal != nil {
				return
			}
			var got []string
			for i, day := range instead {
				got = append(got, day.Leader+" "+clock(day.From)+" "+day.Place)
				if day.Instead != ended[i].ID || !ended[i].Swapped || ended[i].EndedBy != test.by || !ended[i].EndedAt.Equal(d.now) || ended[i].Reason != "business_trip" {
					t.Errorf("%s takes the place of %s", show(day), show(ended[i]))
				}
			}
			same(t, "instead", test.instead, strings.Join(got, "; "))
			if ended[0].Short != test.short || instead[0].PublishedAt.IsZero() {
				t.Errorf("short notice: %v; %s", ended[0].Short, show(instead[0]))
			}
		})
	}
}

func TestCancelReception(t *testing.T) {
	d := newDesk(t)
	first := d.reception(nil)
	by := d.actor("county-clerk")
	if _, refusal := CancelReception(first, "illness", 2, by, d.rules); refusal == nil || refusal.Code != "appointments_open" {
		t.Errorf("cancelled over the visitors' heads: %s", show(refusal))
	}
	if _, refusal := CancelReception(first, "mood", 0, by, d.rules); refusal == nil || !slices.Equal(problems(refusal), []string{"reason not_in_list"}) {
		t.Errorf("%s", show(refusal))
	}
	// What is offered is what the rule allows: a day with a visit is neither cancelled nor
	// swapped, nor changes it places with another.
	visited := first
	visited.Visits = 1
	if _, refusal := CancelReception(visited, "mistake", 0, by, d.rules); refusal == nil || refusal.Code != "reception_visited" {
		t.Errorf("a day with a visit: %v", refusal)
	}
	if _, _, refusal := SwapReception(visited, Swap{ID: "new", Reason: "duty", On: first.On().AddDays(1)}, by, d.rules, nil); refusal == nil || refusal.Code != "reception_visited" {
		t.Errorf("a day with a visit, swapped: %v", refusal)
	}
	if _, _, refusal := SwapReception(first, Swap{ID: "new", Reason: "duty", With: &visited}, by, d.rules, nil); refusal == nil || refusal.Code != "reception_visited" {
		t.Errorf("swapped with a day with a visit: %v", refusal)
	}
	for day, want := range map[*Reception]bool{&first: true, &visited: false} {
		for _, command := range []string{"cancel", "swap"} {
			if can := slices.Contains(ReceptionCommands(*day, by, d.rules), command); can != want {
				t.Errorf("with %d visits %s is offered: %v", day.Visits, command, can)
			}
		}
	}
	ended, refusal := CancelReception(first, "mistake", 0, by, d.rules)
	if refusal != nil || ended.State(d.now) != ReceptionCancelled || ended.Stands() {
		t.Fatalf("%s, %s", show(ended), show(refusal))
	}
	for _, again := range []func() *Error{
		func() *Error { _, e := CancelReception(ended, "mistake", 0, by, d.rules); return e },
		func() *Error { _, e := PublishReception(ended, by, d.rules); return e },
		func() *Error { _, e := HoldReception(ended, by, d.rules); return e },
		func() *Error {
			_, e := BookAppointment(Appointment{Topic: doc("topic")}, ended, 0, by, d.rules)
			return e
		},
	} {
		if e := again(); e == nil || e.Code != "reception_ended" {
			t.Errorf("of a cancelled day: %s", show(e))
		}
	}
}

// RECV-PUB: a day is published before it. What comes late, or not at all, shows.
func TestReceptionPublication(t *testing.T) {
	for at, want := range map[string][2]Publication{ // published then, and looked at then without being so
		"2026-09-14 23:59": {PublishedInTime, NotYetPublished},
		"2026-09-15 00:00": {PublishedLate, NotPublished},
		"2026-09-20 10:00": {PublishedLate, NotPublished},
	} {
		d := newDesk(t)
		day := d.reception(nil)
		d.at(at).rules.Now = d.now
		if got := Published(day, d.rules); got != want[1] {
			t.Errorf("%s: not published is %s", at, got)
		}
		if _, refusal := PublishReception(day, d.actor("upper"), d.rules); refusal == nil || refusal.Code != "reception_not_permitted" {
			t.Errorf("published by the leader: %s", show(refusal))
		}
		day, refusal := PublishReception(day, d.actor("clerk"), d.rules)
		if got := Published(day, d.rules); refusal != nil || got != want[0] || day.PublishedBy != "clerk" {
			t.Errorf("%s: published %s, %s", at, got, show(refusal))
		}
		was := day.PublishedAt
		d.at("2026-09-21 10:00").rules.Now = d.now
		if day, refusal = PublishReception(day, d.actor("county-clerk"), d.rules); refusal != nil || !day.PublishedAt.Equal(was) {
			t.Errorf("published twice: %s %s", show(day), show(refusal))
		}
	}
}

// RECV-NOTIFY: what would be told on a rest day is told on the working day before.
func TestReceptionTellOn(t *testing.T) {
	for on, want := range map[string][2]string{ // five days before, one day before
		"2026-09-15": {"2026-09-10", "2026-09-14"},
		"2026-09-21": {"2026-09-16", "2026-09-20"}, // a make-up Sunday
		"2026-10-08": {"2026-09-30", "2026-09-30"},
		"2026-09-07": {"2026-09-02", "2026-09-04"},
	} {
		r := Reception{From: day(on).At(9, 0)}
		rule := policy.Default().Reception
		got := [2]string{TellOn(r, rule.Tell, calendar.Default()).String(), TellOn(r, rule.List, calendar.Default()).String()}
		same(t, on, want, got)
	}
}

// A day counts as held when the office has recorded it, and as missed when it is over
// without that.
func TestHoldReception(t *testing.T) {
	d := newDesk(t)
	r := d.reception(nil)
	hold := func(at, by string) (Reception, *Error) {
		d.at(at).rules.Now = d.now
		return HoldReception(r, d.actor(by), d.rules)
	}
	if _, refusal := hold("2026-09-15 08:59", "county-clerk"); refusal == nil || refusal.Code != "reception_not_begun" {
		t.Errorf("before it: %s", show(refusal))
	}
	if _, refusal := hold("2026-09-15 09:00", "upper"); refusal == nil || refusal.Code != "reception_not_permitted" {
		t.Errorf("by the leader: %s", show(refusal))
	}
	for at, want := range map[string]ReceptionState{
		"2026-09-15 08:59": ReceptionPlanned, "2026-09-15 09:00": ReceptionCurrent, "2026-09-15 11:59": ReceptionCurrent, "2026-09-15 12:00": ReceptionMissed,
	} {
		if got := r.State(moment(at)); got != want {
			t.Errorf("at %s it is %s", at, got)
		}
	}
	held, refusal := hold("2026-09-16 10:00", "county-supervisor")
	if refusal != nil || held.State(d.now) != ReceptionHeld || held.HeldBy != "county-supervisor" {
		t.Errorf("%s, %s", show(held), show(refusal))
	}
}

// RECV-FREQ: leaders of a prefecture receive on a day of each quarter, those of a county
// on one of each month, heads of bureaus and those below at any time.
func TestReceptionDuties(t *testing.T) {
	d := newDesk(t).at("2026-09-20 10:00")
	d.rules.Now = d.now
	on := func(leader, s string, held bool) Reception {
		r := Reception{Leader: leader, From: day(s).At(9, 0), Until: day(s).At(12, 0)}
		if held {
			r.HeldAt = r.Until
		}
		return r
	}
	gone := on("upper", "2026-09-10", true)
	gone.EndedBy, gone.Swapped = "clerk", true
	days := []Reception{
		on("upper", "2026-07-15", true), on("upper", "2026-08-14", false), on("upper", "2026-09-22", false), gone,
		on("convener", "2026-07-01", true), on("commissioner", "2026-08-01", false), on("other-upper", "2026-08-31", true),
	}
	var leaders []Official
	for _, id := range []string{"commissioner", "convener", "upper", "head", "lower", "clerk"} {
		leaders = append(leaders, d.rules.Directory.Officials[id])
	}
	var got []string
	for _, u := range ReceptionDuties(leaders, days, day("2026-07-31"), day("2026-10-01"), d.rules) {
		got = append(got, strings.Join([]string{u.Leader.ID, u.From.String(), u.Until.String(), show(u.Planned), show(u.Held), show(u.Missed), string(u.Lamp(d.now))}, " "))
	}
	same(t, "duties", []string{
		"commissioner 2026-07-01 2026-09-30 1 0 1 yellow", "convener 2026-07-01 2026-09-30 1 1 0 green", "upper 2026-07-01 2026-07-31 1 1 0 green",
		"upper 2026-08-01 2026-08-31 1 0 1 red", "upper 2026-09-01 2026-09-30 1 0 0 green",
		"commissioner 2026-10-01 2026-12-31 0 0 0 yellow", "convener 2026-10-01 2026-12-31 0 0 0 yellow", "upper 2026-10-01 2026-10-31 0 0 0 yellow",
	}, got)
	p := *d.rules.Policy
	p.Frequencies = []policy.Frequency{{ID: "x", Level: "county", Days: 2, Per: policy.Weekly}, {ID: "y", Level: "prefecture", Days: 12, Per: policy.Yearly}}
	d.rules.Policy = &p
	got = nil
	for _, u := range ReceptionDuties(leaders[1:3], days, day("2026-09-14"), day("2026-09-21"), d.rules) {
		got = append(got, u.Leader.ID+" "+u.From.String()+" "+u.Until.String())
	}
	same(t, "periods", []string{"convener 2026-01-01 2026-12-31", "upper 2026-09-14 2026-09-20", "upper 2026-09-21 2026-09-27"}, got)
}

// Only the office that keeps the day and the leader who receives see who comes.
func TestAppointments(t *testing.T) {
	d := newDesk(t)
	r := d.reception(func(s *Schedule) { s.Slots = 2 })
	for _, who := range cast {
		sees, keeps := SeesAppointments(r, d.actor(who)), KeepsAppointments(r, d.actor(who))
		if sees != slices.Contains([]string{"county-clerk", "county-supervisor", "upper"}, who) || keeps != slices.Contains([]string{"county-clerk", "county-supervisor"}, who) {
			t.Errorf("%s sees them: %v, keeps them: %v", who, sees, keeps)
		}
		if refusal := SeeAppointments(r, d.actor(who)); (refusal == nil) != sees {
			t.Errorf("%s: %s", who, show(refusal))
		}
	}
	by := d.actor("county-clerk")
	if SlotsOf(r, d.rules.Policy) != 2 || SlotsOf(Reception{}, d.rules.Policy) != 10 {
		t.Error("the day's own number, or else the policy's")
	}
	if _, refusal := BookAppointment(Appointment{}, r, 0, by, d.rules); refusal == nil || !slices.Equal(problems(refusal), []string{"topic required"}) {
		t.Errorf("about nothing: %s", show(refusal))
	}
	a, refusal := BookAppointment(Appointment{ID: "a", Topic: doc("topic")}, r, 1, by, d.rules)
	if refusal != nil || a.State != Booked || a.Reception != r.ID || a.BookedBy != "county-clerk" {
		t.Fatalf("%s, %s", show(a), show(refusal))
	}
	if _, refusal := BookAppointment(a, r, 2, by, d.rules); refusal == nil || refusal.Code != "reception_full" {
		t.Errorf("one too many: %s", show(refusal))
	}
	if _, refusal := BookAppointment(a, r, 0, d.actor("upper"), d.rules); refusal == nil || refusal.Code != "appointment_not_permitted" {
		t.Errorf("by the leader: %s", show(refusal))
	}
	if _, refusal := EndAppointment(a, r, Came, by, d.rules); refusal == nil || refusal.Code != "reception_not_begun" {
		t.Errorf("came before the day: %s", show(refusal))
	}
	if cancelled, refusal := EndAppointment(a, r, Cancelled, by, d.rules); refusal != nil || cancelled.State != Cancelled || cancelled.DoneBy != "county-clerk" {
		t.Errorf("%s, %s", show(cancelled), show(refusal))
	}
	d.at("2026-09-15 09:30").rules.Now = d.now
	came, refusal := EndAppointment(a, r, Came, by, d.rules)
	if refusal != nil || came.State != Came {
		t.Fatalf("%s, %s", show(came), show(refusal))
	}
	if same, refusal := EndAppointment(came, r, Came, by, d.rules); refusal != nil || same != came {
		t.Errorf("again: %s, %s", show(same), show(refusal))
	}
	if _, refusal := EndAppointment(came, r, Absent, by, d.rules); refusal == nil || refusal.Code != "appointment_over" {
		t.Errorf("came and did not: %s", show(refusal))
	}
	d.at("2026-09-15 12:00").rules.Now = d.now
	if _, refusal := BookAppointment(a, r, 0, by, d.rules); refusal == nil || refusal.Code != "reception_ended" {
		t.Errorf("when it is over: %s", show(refusal))
	}
}

// RECV-NOTIFY: the leader is told of the day; who is on leave is not, the deputy is, and
// for a day on which the leader will be away the office too: somebody must swap it.
func TestReceptionTold(t *testing.T) {
	for _, test := range []struct{ name, now, from, until, want string }{
		{"nobody is away", "2026-09-10 08:30", "2026-10-01 00:00", "2026-10-02 00:00", "upper"},
		{"away now, back by then", "2026-09-10 08:30", "2026-09-09 00:00", "2026-09-12 00:00", "other-upper"},
		{"away then", "2026-09-10 08:30", "2026-09-14 00:00", "2026-09-16 00:00", "upper other-upper county-clerk county-supervisor"},
		{"away from noon on", "2026-09-10 08:30", "2026-09-15 11:00", "2026-09-16 00:00", "upper county-clerk county-supervisor"},
		{"away all the time", "2026-09-10 08:30", "2026-09-09 00:00", "2026-09-16 00:00", "other-upper county-clerk county-supervisor"},
	} {
		d := newDesk(t)
		r := d.reception(nil)
		d.leave("upper", "other-upper", test.from, test.until).at(test.now).rules.Now = moment(test.now)
		same(t, test.name, test.want, strings.Join(ReceptionTold(r, d.rules), " "))
	}
}

// Recorded on the day is in time, however late on it; on a later day in China it is late.
func TestHeldLate(t *testing.T) {
	d := newDesk(t)
	day := d.reception(nil)
	for _, test := range []struct {
		at   time.Time
		late bool
	}{{time.Time{}, false}, {day.From, false}, {day.On().End().Add(-time.Second), false}, {day.On().End(), true}, {day.On().End().AddDate(0, 1, 0), true}} {
		day.HeldAt = test.at
		if day.HeldLate() != test.late {
			t.Errorf("recorded at %s: %v", test.at, day.HeldLate())
		}
	}
}
