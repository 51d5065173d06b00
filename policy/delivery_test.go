package policy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"shuangze/calendar"
	"shuangze/policy"
)

// When people are told, around rest days and make-up days of 2026.
func TestDeliveryWhen(t *testing.T) {
	t.Parallel()
	at := func(month time.Month, day, hour, minute int) time.Time {
		return calendar.Date{Year: 2026, Month: month, Day: day}.At(hour, minute)
	}
	d := policy.Default().Delivery
	for _, c := range []struct {
		name, kind, step string
		at, want         time.Time
	}{
		{"in working hours", "urged", "", at(time.September, 1, 10, 0), at(time.September, 1, 10, 0)},
		{"early", "urged", "", at(time.September, 1, 8, 29), at(time.September, 1, 8, 30)},
		{"at the first minute", "urged", "", at(time.September, 1, 8, 30), at(time.September, 1, 8, 30)},
		{"after work", "urged", "", at(time.September, 1, 18, 0), at(time.September, 2, 8, 30)},
		{"on a Friday night", "urged", "", at(time.September, 4, 23, 0), at(time.September, 7, 8, 30)},
		{"on a Saturday that is worked", "urged", "", at(time.October, 10, 11, 0), at(time.October, 10, 11, 0)},
		{"over Golden Week", "urged", "", at(time.September, 30, 19, 0), at(time.October, 8, 8, 30)},
		{"an urgent matter, at night", "marked_urgent", "", at(time.October, 3, 3, 0), at(time.October, 3, 3, 0)},
		{"a step that is urgent, at night", "reminded", "REM-URGENT", at(time.October, 3, 3, 0), at(time.October, 3, 3, 0)},
		{"another reminder", "reminded", "REM-T1", at(time.October, 3, 3, 0), at(time.October, 8, 8, 30)},
		{"urgent, at night", "escalated", "SUP-2", at(time.October, 3, 3, 0), at(time.October, 3, 3, 0)},
	} {
		if got := d.When(c.kind, c.step, c.at, calendar.Default()); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got.In(calendar.Zone), c.want.In(calendar.Zone))
		}
	}
}

// It is the first minute of working hours that is not earlier, for any hours.
func TestDeliveryWhenIsTheFirst(t *testing.T) {
	t.Parallel()
	cal := calendar.Default()
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, 22).Draw(t, "from")
		d := policy.Delivery{From: policy.TimeOfDay{Hour: from, Minute: 10}, Until: policy.TimeOfDay{Hour: rapid.IntRange(from+1, 23).Draw(t, "until")}}
		at := calendar.Date{Year: 2026, Month: time.January, Day: 1}.Start().Add(time.Duration(rapid.IntRange(0, 360*24*60).Draw(t, "minute")) * time.Minute)
		want := at
		for !d.Hours(want, cal) {
			want = want.Add(time.Minute)
		}
		if got := d.When("urged", "", at, cal); !got.Equal(want) {
			t.Fatalf("told at %v, want %v", got, want)
		}
	})
}
