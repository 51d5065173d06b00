package casefile_test

import (
	"slices"
	"testing"

	"shuangze/casefile"
)

// Who may order which command for many cases: nobody who could not give it to one.
func TestPermitBroadcast(t *testing.T) {
	t.Parallel()
	may := map[casefile.Kind][]casefile.Role{
		casefile.Assign:    {casefile.Supervisor},
		casefile.HandOver:  {casefile.Supervisor},
		casefile.Urge:      {casefile.Supervisor, casefile.Inspector},
		casefile.Supervise: {casefile.Supervisor},
		casefile.Enlist:    {casefile.Supervisor},
	}
	for _, kind := range append(casefile.Kinds(), casefile.Tick, "unknown") {
		if slices.Contains(casefile.Broadcasts(), kind) != (may[kind] != nil) {
			t.Errorf("%s is among the commands for many cases: %t", kind, may[kind] == nil)
		}
		for _, role := range append(casefile.Roles, casefile.System) {
			err := casefile.PermitBroadcast(kind, casefile.Actor{ID: "x", Role: role, Unit: "p-xf"})
			if (err == nil) != slices.Contains(may[kind], role) {
				t.Errorf("%s by a %s: %v", kind, role, err)
			}
			if err != nil && err.Reason != casefile.Forbidden {
				t.Errorf("%s by a %s is %s", kind, role, err.Reason)
			}
		}
	}
}
