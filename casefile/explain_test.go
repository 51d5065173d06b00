package casefile_test

import (
	"strings"
	"testing"

	. "shuangze/casefile"
)

// Whatever moves a clock, its story ends with the date that is on record.
func TestStoryOfAClock(t *testing.T) {
	d := newDesk(t).reach("extended")
	s, ok := TellClock(d.events, "HANDLE", d.rules)
	if !ok || s.Started.Kind != EventAccepted || len(s.Moves) != 1 || s.Moves[0].Kind != EventExtended || s.Moves[0].By != "head" || s.Days.Due != s.Clock.Due {
		t.Fatalf("%s", show(s))
	}
	for _, want := range []string{"第三十四条", "批准延期30日", "2026年11月30日"} {
		if !strings.Contains(s.Text.Chinese, want) {
			t.Errorf("%q does not say %q", s.Text.Chinese, want)
		}
	}
	if !strings.Contains(s.Text.English, "extended by 30 days") {
		t.Error(s.Text.English)
	}

	d = newDesk(t).reach("suspended").until("2026-09-22 10:00")
	s, _ = TellClock(d.events, "SUP-1", d.rules)
	if len(s.Moves) != 2 || s.Days.Due.Statutory != s.Clock.Due.Statutory || s.Moves[0].By != "convener" || s.Moves[1].Kind != EventResumed {
		t.Errorf("%s", show(s))
	}
	if !strings.Contains(s.Text.Chinese, "2026年9月1日（周二）的次日至2026年9月21日（周一）不计算在内") {
		t.Error(s.Text.Chinese)
	}

	// A clock that was started anew tells only of its present run.
	d = newDesk(t).reach("acknowledged").at("2026-09-20 10:00").moves("upper act")
	s, _ = TellClock(d.events, "DUAL-ACT/upper", d.rules)
	if s.Started.Kind != EventActed || len(s.Moves) != 0 {
		t.Errorf("%s", show(s))
	}
	if _, ok := TellClock(d.events, "NONE", d.rules); ok {
		t.Error("a clock that is none has a story")
	}
}

// The date that the story counts out is the recorded one, for every clock of every state.
func TestStoriesAgreeWithTheRecord(t *testing.T) {
	for _, state := range states {
		d := newDesk(t).reach(state.name)
		for _, k := range d.c.Clocks {
			s, ok := TellClock(d.events, k.ID, d.rules)
			if !ok || show(s.Clock) != show(k) || s.Days.Due != k.Due {
				t.Errorf("%s: %s is told as %s", state.name, show(k), show(s.Days.Due))
			}
		}
	}
}
