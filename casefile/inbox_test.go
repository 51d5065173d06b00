package casefile_test

import (
	"fmt"
	"slices"
	"testing"

	. "shuangze/casefile"
)

// What each state waits for: the command, who is to give it, and by when. Personal acts
// are shown from when their lamp turns yellow; an office's release waits only when the
// matter is settled, for until then it is the unit's turn.
func TestWaiting(t *testing.T) {
	acts := []string{"act upper 2026-10-01", "act lower 2026-10-01"}
	for state, want := range map[string][]string{
		"new":           nil,
		"registered":    {"forward registrar P-xf 2026-09-16", "assign supervisor P-xf 2026-09-04"},
		"direct":        {"accept officer C-rs 2026-09-16", "assign supervisor C-xf 2026-09-04"},
		"forwarded":     {"accept officer C-rs 2026-09-16", "assign supervisor P-xf 2026-09-04"},
		"handling":      {"assign supervisor P-xf 2026-09-04"},
		"led":           {"opine officer C-rs 2026-10-31", "acknowledge upper 2026-09-04", "acknowledge lower 2026-09-04"},
		"acknowledged":  append([]string{"opine officer C-rs 2026-10-31"}, acts...),
		"extended":      append([]string{"opine officer C-rs 2026-11-30"}, acts...),
		"opined":        append([]string{"sign lower 2026-10-31"}, acts...),
		"opined-unread": {"acknowledge upper 2026-09-04", "acknowledge lower 2026-09-04"},
		"half-signed":   append([]string{"sign upper 2026-10-31"}, acts...),
		"signed":        append([]string{"serve officer C-rs 2026-10-31"}, acts...),
		"served":        {"close supervisor P-xf 2026-09-15"},
		"supervised": {
			"opine officer C-rs 2026-10-31", acts[0], acts[1], "feed_back officer C-rs 2026-09-16",
		},
		"dual": {
			"opine officer C-rs 2026-10-31", acts[0], acts[1],
			"feed_back officer C-rs 2026-09-16", "feed_back officer C-rs 2026-10-01",
		},
		"served-dual": {
			"feed_back officer C-rs 2026-09-16", "release supervisor P-xf 2026-09-16",
			"feed_back officer C-rs 2026-10-01", "release inspector P-dc 2026-10-01",
		},
		"urgent": {
			"forward registrar P-xf 2026-09-16", "report_urgent registrar P-xf 2026-09-01", "report_urgent supervisor P-xf 2026-09-01", "assign supervisor P-xf 2026-09-04",
		},
		"unit-urgent": {
			"report_urgent registrar P-xf 2026-09-01", "report_urgent supervisor P-xf 2026-09-01", "report_urgent officer C-rs 2026-09-01", "assign supervisor P-xf 2026-09-04",
		},
		"duty":     {"assign supervisor P-xf 2026-09-04"},
		"closed":   nil,
		"declined": nil,
	} {
		d := newDesk(t).reach(state)
		var got []string
		for _, task := range Waiting(d.c) {
			who := task.Official
			if who == "" {
				who = fmt.Sprint(task.Role, " ", task.Unit)
			}
			got = append(got, fmt.Sprintf("%s %s %s", task.Do, who, task.Due.Internal))
			from := d.now
			if task.Do == Act {
				from = moment("2026-09-28 00:00")
			}
			if !task.From.Equal(from) {
				t.Errorf("%s: %s from %s", state, show(task), clock(task.From))
			}
		}
		same(t, state, want, got)
	}
}

// A unit that was urged is asked for a report, one that is supervised for its answer to
// the letter, until it gives one.
func TestReportWaits(t *testing.T) {
	waits := func(d *desk) bool {
		for _, task := range Waiting(d.c) {
			if task.Do == Report || task.Do == FeedBack {
				return true
			}
		}
		return false
	}
	d := newDesk(t).reach("acknowledged")
	for _, step := range []struct {
		at, move string
		want     bool
	}{
		{"2026-11-03 08:00", "", false},
		{"2026-11-03 09:00", "", true},                // urged
		{"2026-11-03 10:00", "officer report", false}, // explained
		{"2026-11-05 09:00", "", true},                // supervised
		{"2026-11-05 10:00", "officer feed_back", false},
		{"2026-11-16 08:00", "", false},
		{"2026-11-16 09:00", "", true}, // urged again: one report explains one circular
		{"2026-11-16 10:00", "officer report", false},
		{"2026-11-21 09:00", "", true}, // supervised by both
		{"2026-11-21 10:00", "officer feed_back", false},
	} {
		if d.until(step.at); step.move != "" {
			d.moves(step.move)
		}
		if waits(d) != step.want {
			t.Errorf("%s: a report waits: %v", step.at, !step.want)
		}
	}
}

// What the case waits for is what the desk says, for whoever looks: never what could be done
// in its place. A clerk who accepts for a unit would set its 60 days running unforwarded.
func TestWaitsFor(t *testing.T) {
	for _, test := range []struct {
		state, who string
		want       []Kind
	}{
		{"registered", "clerk", []Kind{Forward}},
		{"registered", "supervisor", []Kind{Assign, Forward}}, // naming leaders is their own
		{"registered", "officer", nil},
		{"direct", "officer", []Kind{Accept}},
		{"forwarded", "officer", []Kind{Accept}},
		{"forwarded", "clerk", nil},
		{"led", "lower", []Kind{Acknowledge}},
		{"opined", "upper", nil}, // the lower leader signs first
		{"opined", "lower", []Kind{Sign}},
		{"supported", "supervisor", nil}, // first it is carried out
		{"served", "clerk", []Kind{Close}},
		{"served", "auditor", nil},
		{"closed", "supervisor", nil},
	} {
		d := newDesk(t).reach(test.state)
		got := WaitsFor(d.c, d.actor(test.who), d.rules, d.now)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s, %s: %v, want %v", test.state, test.who, got, test.want)
		}
		for _, task := range Waiting(d.c) { // each task of theirs that they can do is there
			can := slices.Contains(Available(d.c, d.actor(test.who), d.rules, d.now), task.Do)
			if task.Official == test.who && can && !task.From.After(d.now) && !slices.Contains(got, task.Do) {
				t.Errorf("%s, %s: %s is on the desk", test.state, test.who, task.Do)
			}
		}
	}
}
