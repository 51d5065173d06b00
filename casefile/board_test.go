package casefile_test

import (
	"slices"
	"testing"
	"time"

	. "shuangze/casefile"
)

func TestPermitBoard(t *testing.T) {
	t.Parallel()
	may := []Role{Registrar, Supervisor, Inspector, Leader, Auditor}
	for _, role := range append(Roles, System) {
		err := PermitBoard(Actor{ID: "x", Role: role, Unit: "P-xf"})
		if (err == nil) != slices.Contains(may, role) {
			t.Errorf("%s: %v", role, err)
		}
		if err != nil && err.Reason != Forbidden {
			t.Errorf("%s: %s", role, err.Reason)
		}
	}
}

// Offices compare all leaders; a leader is compared with nobody beside or above them.
func TestCompares(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	everybody := []string{"convener", "commissioner", "upper", "other-upper", "lower", "head", "other-head"}
	sees := map[string][]string{
		"clerk": everybody, "supervisor": everybody, "county-supervisor": everybody, "inspector": everybody, "auditor": everybody,
		"convener":     {"convener", "upper", "other-upper", "lower", "head", "other-head"},
		"commissioner": {"commissioner", "upper", "other-upper", "lower", "head", "other-head"},
		"upper":        {"upper", "lower", "head", "other-head"},
		"lower":        {"lower", "head", "other-head"},
		"head":         {"head"},
		"officer":      nil,
		"admin":        nil,
	}
	check := func() {
		t.Helper()
		for who, want := range sees {
			for _, leader := range everybody {
				if got := Compares(d.rules.Directory.Officials[leader], d.actor(who), d.rules); got != slices.Contains(want, leader) {
					t.Errorf("%s sees how %s stands: %v", who, leader, got)
				}
			}
		}
	}
	d.rules.Now = d.now
	check()
	// For the time of a leave the deputy sees the colleague's cases, and that they are late.
	d.rules.Directory.Leaves = map[string][]Leave{"upper": {{ID: "l", Official: "upper", Deputy: "other-upper", From: d.now, Until: d.now.Add(time.Hour)}}}
	sees["other-upper"] = []string{"upper", "other-upper", "lower", "head", "other-head"}
	check()
	d.rules.Now = d.now.Add(time.Hour)
	sees["other-upper"] = []string{"other-upper", "lower", "head", "other-head"}
	check()
}
