package policy

import (
	"cmp"
	"encoding"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"shuangze/calendar"
)

// fromYAML reads a value that knows its own text. Left to itself the YAML library
// gives up at the first one that fails and drops its line; as a TypeError it
// joins the file's other errors.
func fromYAML(n *yaml.Node, v encoding.TextUnmarshaler) error {
	if err := v.UnmarshalText([]byte(n.Value)); err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %v", n.Line, err)}}
	}
	return nil
}

// Offset is how long before (negative) or after a due date: "-7wd" (working days), "+1d"
// (calendar days) or, of a clock in hours, "-30m" and "+1h" (minutes, hours).
type Offset struct {
	Days int           // in Unit
	Unit calendar.Unit // calendar.Hour where Time counts, whole minutes
	Time time.Duration
}

var offsetForm = regexp.MustCompile(`^([+-]?)(\d{1,3})(wd|d|h|m)$`)

// ParseOffset reads "-7wd", "+1d", "0d", "-30m", "+1h".
func ParseOffset(s string) (Offset, error) {
	m := offsetForm.FindStringSubmatch(s)
	if m == nil {
		return Offset{}, fmt.Errorf("%q is not an offset such as -7wd or +1d, or in hours -30m or +1h", s)
	}
	n, _ := strconv.Atoi(m[2]) // three digits at most: it can't fail
	if m[1] == "-" {
		n = -n
	}
	switch m[3] {
	case "wd":
		return Offset{Days: n, Unit: calendar.WorkingDay}, nil
	case "h":
		return Offset{Unit: calendar.Hour, Time: time.Duration(n) * time.Hour}, nil
	case "m":
		return Offset{Unit: calendar.Hour, Time: time.Duration(n) * time.Minute}, nil
	}
	return Offset{Days: n, Unit: calendar.CalendarDay}, nil
}

// IsZero reports whether the offset was left out.
func (o Offset) IsZero() bool { return o == Offset{} }

// InHours reports whether the offset belongs to clocks in hours.
func (o Offset) InHours() bool { return o.Unit == calendar.Hour }

// Sign is -1 before the due date, 0 on it, +1 after it.
func (o Offset) Sign() int { return cmp.Or(cmp.Compare(o.Days, 0), cmp.Compare(o.Time, 0)) }

func (o Offset) String() string {
	switch {
	case o.IsZero():
		return ""
	case o.InHours() && o.Time%time.Hour == 0:
		return fmt.Sprintf("%+dh", o.Time/time.Hour)
	case o.InHours():
		return fmt.Sprintf("%+dm", o.Time/time.Minute)
	case o.Unit == calendar.WorkingDay:
		return fmt.Sprintf("%+dwd", o.Days)
	}
	return fmt.Sprintf("%+dd", o.Days)
}

// MarshalText writes the form that ParseOffset reads.
func (o Offset) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the form that String writes.
func (o *Offset) UnmarshalText(b []byte) (err error) {
	*o, err = ParseOffset(string(b))
	return err
}

// UnmarshalYAML is UnmarshalText for a policy file.
func (o *Offset) UnmarshalYAML(n *yaml.Node) error { return fromYAML(n, o) }

// From applies an offset in days to a day.
func (o Offset) From(d calendar.Date, cal *calendar.Calendar) calendar.Date {
	if o.Unit == calendar.WorkingDay {
		day, _ := cal.AddWorkingDays(d, o.Days)
		return day
	}
	return d.AddDays(o.Days)
}

// TimeOfDay is a wall-clock time in China, written "08:30".
type TimeOfDay struct{ Hour, Minute int }

func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

func (t TimeOfDay) before(u TimeOfDay) bool {
	return t.Hour < u.Hour || t.Hour == u.Hour && t.Minute < u.Minute
}

// MarshalText writes "08:30".
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads "08:30".
func (t *TimeOfDay) UnmarshalText(b []byte) error {
	at, err := time.Parse("15:04", string(b))
	if err != nil {
		return fmt.Errorf("%q is not a time of day such as 08:30", b)
	}
	t.Hour, t.Minute = at.Hour(), at.Minute()
	return nil
}

// UnmarshalYAML is UnmarshalText for a policy file.
func (t *TimeOfDay) UnmarshalYAML(n *yaml.Node) error { return fromYAML(n, t) }

// Duration is a time.Duration written "30m".
type Duration time.Duration

// MarshalText writes Go's form of a duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads Go's form of a duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 30m", b)
	}
	*d = Duration(v)
	return nil
}

// UnmarshalYAML is UnmarshalText for a policy file.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error { return fromYAML(n, d) }
