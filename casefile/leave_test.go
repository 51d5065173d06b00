package casefile_test

import (
	"testing"
	"time"

	. "shuangze/casefile"
)

// leave puts an official of the town on leave.
func (d *desk) leave(official, deputy, from, until string) *desk {
	d.t.Helper()
	if d.rules.Directory.Leaves == nil {
		d.rules.Directory.Leaves = map[string][]Leave{}
	}
	l := Leave{Official: official, Deputy: deputy, From: moment(from), Until: moment(until)}
	d.rules.Directory.Leaves[official] = append(d.rules.Directory.Leaves[official], l)
	return d
}

// The interval is half-open: a leave that begins when another ends does not meet it.
func TestDeputyInTheInterval(t *testing.T) {
	dir := newDesk(t).leave("upper", "other-upper", "2026-09-07 00:00", "2026-09-14 00:00").
		leave("upper", "lower", "2026-09-14 00:00", "2026-09-16 12:00").rules.Directory
	for at, want := range map[string]string{
		"2026-09-06 23:59": "",
		"2026-09-07 00:00": "other-upper",
		"2026-09-13 23:59": "other-upper",
		"2026-09-14 00:00": "lower",
		"2026-09-16 11:59": "lower",
		"2026-09-16 12:00": "",
	} {
		if o, ok := dir.Deputy("upper", moment(at)); o.ID != want || ok != (want != "") {
			t.Errorf("%s: %q stands in, want %q", at, o.ID, want)
		}
	}
	if o, ok := dir.Deputy("upper", moment("2026-09-14 00:00").Add(-time.Microsecond)); !ok || o.ID != "other-upper" {
		t.Errorf("in the last instant %q stands in", o.ID)
	}
	same(t, "principals", []string{"upper"}, dir.Principals("other-upper", moment("2026-09-08 10:00")))
	same(t, "principals", []string{}, dir.Principals("other-upper", moment("2026-09-14 00:00")))
	same(t, "principals", []string{}, dir.Principals("upper", moment("2026-09-08 10:00")))
}

// No chains: a deputy who is away counts as none, and so does one who leads no more.
func TestDeputyOnLeaveIsNone(t *testing.T) {
	dir := newDesk(t).leave("upper", "other-upper", "2026-09-07 00:00", "2026-09-14 00:00").
		leave("other-upper", "lower", "2026-09-09 00:00", "2026-09-10 00:00").rules.Directory
	for at, want := range map[string]string{"2026-09-08 10:00": "other-upper", "2026-09-09 10:00": "", "2026-09-10 00:00": "other-upper"} {
		if o, _ := dir.Deputy("upper", moment(at)); o.ID != want {
			t.Errorf("%s: %q stands in, want %q", at, o.ID, want)
		}
	}
	moved := dir.Officials["other-upper"]
	moved.Role = Officer
	dir.Officials["other-upper"] = moved
	if o, ok := dir.Deputy("upper", moment("2026-09-08 10:00")); ok {
		t.Errorf("%s stands in and leads nothing", o.ID)
	}
}

func TestEnterLeave(t *testing.T) {
	for _, test := range []struct {
		name, by string
		leave    Leave
		want     []string // the refused fields, or one code; none when it is entered
	}{
		{"own", "upper", Leave{Official: "upper", Deputy: "other-upper"}, nil},
		{"by the supervisor of the area", "county-supervisor", Leave{Official: "upper", Deputy: "other-upper"}, nil},
		{"by the supervisor above", "supervisor", Leave{Official: "upper", Deputy: "other-upper"}, nil},
		{"by the administrator", "admin", Leave{Official: "upper", Deputy: "lower"}, nil},
		{"one level above", "lower", Leave{Official: "lower", Deputy: "upper"}, nil},
		{"a head's deputy of another bureau", "county-supervisor", Leave{Official: "head", Deputy: "other-head"}, nil},
		{"a head's deputy of the authority", "county-supervisor", Leave{Official: "head", Deputy: "upper"}, nil},
		{"of somebody else", "upper", Leave{Official: "lower", Deputy: "upper"}, []string{"leave_not_permitted"}},
		{"by a clerk", "clerk", Leave{Official: "upper", Deputy: "other-upper"}, []string{"leave_not_permitted"}},
		{"by an auditor", "auditor", Leave{Official: "upper", Deputy: "other-upper"}, []string{"leave_not_permitted"}},
		{"outside the area", "county-supervisor", Leave{Official: "convener", Deputy: "commissioner"}, []string{"leave_not_permitted"}},
		{"of nobody", "admin", Leave{Deputy: "upper"}, []string{"official required"}},
		{"of a stranger", "admin", Leave{Official: "x", Deputy: "y"}, []string{"official unknown_official", "deputy unknown_official"}},
		{"of an officer", "admin", Leave{Official: "officer", Deputy: "head"}, []string{"official not_a_leader"}},
		{"without a deputy", "upper", Leave{Official: "upper"}, []string{"deputy required"}},
		{"with an officer", "admin", Leave{Official: "head", Deputy: "officer"}, []string{"deputy not_a_leader"}},
		{"with oneself", "upper", Leave{Official: "upper", Deputy: "upper"}, []string{"deputy same_person"}},
		{"two levels apart", "admin", Leave{Official: "head", Deputy: "convener"}, []string{"deputy wrong_level"}},
		{"of another unit, but no head", "admin", Leave{Official: "lower", Deputy: "head"}, []string{"deputy not_in_unit"}},
		{"of another authority", "admin", Leave{Official: "upper", Deputy: "convener"}, []string{"deputy not_in_unit"}},
		{"of another unit, by oneself", "head", Leave{Official: "head", Deputy: "other-head"}, []string{"deputy office_names"}},
		{"without a reason", "upper", Leave{Official: "upper", Deputy: "other-upper", Reason: "-"}, []string{"reason not_in_list"}},
		{"yesterday", "upper", Leave{Official: "upper", Deputy: "other-upper", From: moment("2026-08-31 23:59")}, []string{"from in_past"}},
		{"this morning", "upper", Leave{Official: "upper", Deputy: "other-upper", From: moment("2026-09-01 00:00")}, nil},
		{
			"over already", "upper",
			Leave{Official: "upper", Deputy: "other-upper", From: moment("2026-09-01 08:00"), Until: moment("2026-09-01 10:00")},
			[]string{"until in_past"},
		},
		{
			"of no length", "upper",
			Leave{Official: "upper", Deputy: "other-upper", From: moment("2026-09-03 08:00"), Until: moment("2026-09-03 08:00")},
			[]string{"until not_after_from"},
		},
		{"for too long", "upper", Leave{Official: "upper", Deputy: "other-upper", Until: moment("2027-09-10 00:00")}, []string{"until out_of_range"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			d.rules.Now = d.now
			l := test.leave
			if l.From.IsZero() {
				l.From = moment("2026-09-07 00:00")
			}
			if l.Until.IsZero() {
				l.Until = moment("2026-09-14 00:00")
			}
			if l.Reason == "" {
				l.Reason = "holiday"
			}
			got, refusal := EnterLeave(l, d.actor(test.by), d.rules)
			same(t, "refused", test.want, refused(refusal))
			if refusal == nil && (got.EnteredBy != test.by || !got.EnteredAt.Equal(d.now) || !got.Planned.Equal(l.Until) || got.Cancelled()) {
				t.Errorf("entered as %s", show(got))
			}
		})
	}
}

// refused lists what a refusal says: its fields, or its code.
func refused(e *Error) []string {
	switch {
	case e == nil:
		return nil
	case e.Reason == Invalid:
		return problems(e)
	}
	return []string{e.Code}
}

// Leaves of one leader don't overlap, and nobody on leave stands in for anybody.
func TestLeavesThatMeet(t *testing.T) {
	for _, test := range []struct {
		name, official, deputy, from, until string
		want                                []string
	}{
		{"after it", "upper", "other-upper", "2026-09-14 00:00", "2026-09-20 00:00", nil},
		{"before it", "upper", "other-upper", "2026-09-02 00:00", "2026-09-07 00:00", nil},
		{"within it", "upper", "lower", "2026-09-08 00:00", "2026-09-09 00:00", []string{"from overlapping_leave"}},
		{"around it", "upper", "lower", "2026-09-02 00:00", "2026-09-30 00:00", []string{"from overlapping_leave"}},
		{"the deputy goes too", "other-upper", "lower", "2026-09-13 23:59", "2026-09-20 00:00", []string{"from is_deputy"}},
		{"the deputy goes after", "other-upper", "lower", "2026-09-14 00:00", "2026-09-20 00:00", nil},
		{"with one who is away", "lower", "upper", "2026-09-02 00:00", "2026-09-07 00:01", []string{"deputy deputy_on_leave"}},
		{"each other's", "other-upper", "upper", "2026-09-10 00:00", "2026-09-11 00:00", []string{"from is_deputy", "deputy deputy_on_leave"}},
		{"one deputy for two", "lower", "other-upper", "2026-09-08 00:00", "2026-09-20 00:00", nil},
		{"a cancelled one counts for nothing", "lower", "other-upper", "2026-09-22 00:00", "2026-09-23 00:00", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).leave("upper", "other-upper", "2026-09-07 00:00", "2026-09-14 00:00")
			gone := Leave{Official: "lower", Deputy: "upper", From: moment("2026-09-22 10:00"), Until: moment("2026-09-22 10:00"), EndedBy: "admin"}
			d.rules.Directory.Leaves["lower"] = []Leave{gone}
			d.rules.Now = d.now
			_, refusal := EnterLeave(Leave{
				Official: test.official, Deputy: test.deputy, From: moment(test.from), Until: moment(test.until), Reason: "training",
			}, d.actor("supervisor"), d.rules)
			same(t, "refused", test.want, refused(refusal))
		})
	}
}

func TestEndLeave(t *testing.T) {
	for _, test := range []struct {
		name, at, by, want, until string
	}{
		{"before it begins", "2026-09-06 10:00", "upper", "", "2026-09-07 00:00"},
		{"while it runs", "2026-09-09 10:00", "county-supervisor", "", "2026-09-09 10:00"},
		{"when it is over", "2026-09-14 00:00", "upper", "leave_over", ""},
		{"by the deputy", "2026-09-09 10:00", "other-upper", "leave_not_permitted", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t).at(test.at)
			d.rules.Now = d.now
			l := Leave{Official: "upper", Deputy: "other-upper", From: moment("2026-09-07 00:00"), Until: moment("2026-09-14 00:00"), Planned: moment("2026-09-14 00:00")}
			ended, refusal := EndLeave(l, d.actor(test.by), d.rules)
			if test.want != "" {
				if refusal == nil || refusal.Code != test.want {
					t.Errorf("refused with %s, want %s", show(refusal), test.want)
				}
				return
			}
			if refusal != nil || clock(ended.Until) != test.until || !ended.Planned.Equal(l.Planned) || ended.EndedBy != test.by || !ended.EndedAt.Equal(d.now) {
				t.Fatalf("ended as %s, %s", show(ended), show(refusal))
			}
			if ended.Cancelled() != (test.until == "2026-09-07 00:00") || ended.Covers(d.now) {
				t.Errorf("ended as %s", show(ended))
			}
			if _, again := EndLeave(ended, d.actor(test.by), d.rules); again == nil || again.Code != "leave_over" {
				t.Errorf("ended twice: %s", show(again))
			}
		})
	}
}
