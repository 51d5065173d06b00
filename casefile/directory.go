package casefile

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Kinds of units.
const (
	Authority             = "authority" // 党委政府
	PetitionOfficeKind    = "petition_office"
	SupervisionOfficeKind = "supervision_office"
	Department            = "department"
	Enterprise            = "enterprise"
)

// UnitKinds lists the kinds of units there are.
var UnitKinds = []string{Authority, PetitionOfficeKind, SupervisionOfficeKind, Department, Enterprise}

// Unit is an organisation in the directory. One that was merged or abolished (撤并) stays in
// it: lists and figures of the past have it, and nothing new comes to it.
type Unit struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Level  string `json:"level"`
	Parent string `json:"parent,omitempty"`

	EndedOn   calendar.Date `json:"ended_on,omitzero"`   // zero while it stands
	Successor string        `json:"successor,omitempty"` // that took over, "" where none was named
}

// Ended reports whether the unit was merged or abolished.
func (u Unit) Ended() bool { return !u.EndedOn.IsZero() }

// Role is what an official may be in the system.
type Role string

// The roles.
const (
	Registrar  Role = "registrar"  // clerk of a petition office
	Supervisor Role = "supervisor" // of a petition office
	Inspector  Role = "inspector"  // of a supervision office
	Officer    Role = "officer"    // 承办人 of a responsible unit
	Leader     Role = "leader"
	Admin      Role = "admin"
	Auditor    Role = "auditor"
	System     Role = "system" // the case's own clock; nobody signs in as it
	Former     Role = "former" // who has left: a name on record, nothing more
	// Complainant (信访人) is the petitioner of one case, who has shown its query code and
	// secret; no official has it.
	Complainant Role = "petitioner"
)

// Roles lists the roles an official can have.
var Roles = []Role{Registrar, Supervisor, Inspector, Officer, Leader, Admin, Auditor}

// Official is a person in the directory.
type Official struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Post      string `json:"post"`
	Level     string `json:"level"`
	Unit      string `json:"unit"`
	Role      Role   `json:"role"`
	Portfolio string `json:"portfolio,omitempty"`
	Email     string `json:"email,omitempty"`
}

// Leave is a leader's absence from From until before Until, and who stands in for that
// time. Only the store makes one; it stays when it is over. One that was cancelled
// before it began has Until at From: it covers nobody.
type Leave struct {
	ID       string
	Official string
	Deputy   string
	From     time.Time
	Until    time.Time // planned, until it is ended early
	Planned  time.Time // Until as it was entered
	Reason   string    // one of LeaveReasons

	EnteredBy string
	EnteredAt time.Time
	EndedBy   string    // who ended or cancelled it early; "" when nobody did
	EndedAt   time.Time // when; zero when nobody did
}

// Covers reports whether the leader is on leave at that instant.
func (l Leave) Covers(at time.Time) bool { return !at.Before(l.From) && at.Before(l.Until) }

// Cancelled reports whether the leave was ended before it began.
func (l Leave) Cancelled() bool { return l.EndedBy != "" && l.Until.Equal(l.From) }

// Directory is the units and officials at one moment, with every leave that was ever
// entered, by the leader's id. Version tells one moment's from another's. Load counts the open cases each leader carries; it is
// only filled where a pair may be proposed.
type Directory struct {
	Version   string
	Units     map[string]Unit
	Officials map[string]Official
	Leaves    map[string][]Leave
	Campaigns map[string]Campaign // every one that there ever was, by id
	Load      map[string]int
}

// onLeave finds the leave that an official is on at an instant.
func (d *Directory) onLeave(official string, at time.Time) (Leave, bool) {
	i := slices.IndexFunc(d.Leaves[official], func(l Leave) bool { return l.Covers(at) })
	if i < 0 {
		return Leave{}, false
	}
	return d.Leaves[official][i], true
}

// Deputy is who stands in for an official at an instant; ok is false when the official
// is not on leave. There are no chains: a deputy who is on leave too, or is no leader
// any more, counts as none.
func (d *Directory) Deputy(official string, at time.Time) (deputy Official, ok bool) {
	l, away := d.onLeave(official, at)
	if !away || l.Deputy == official {
		return Official{}, false
	}
	if _, away := d.onLeave(l.Deputy, at); away || d.Officials[l.Deputy].Role != Leader {
		return Official{}, false
	}
	return d.Officials[l.Deputy], true
}

// Principals lists for whom an official stands in at an instant, by id.
func (d *Directory) Principals(deputy string, at time.Time) []string {
	found := []string{}
	for official := range d.Leaves {
		if o, ok := d.Deputy(official, at); ok && o.ID == deputy {
			found = append(found, official)
		}
	}
	slices.Sort(found)
	return found
}

// Under reports whether unit is area or lies somewhere below it.
func (d *Directory) Under(unit, area string) bool {
	for range len(d.Units) + 1 { // bounded: a circle in the directory must not hang us
		if unit == "" {
			return false
		}
		if unit == area {
			return true
		}
		unit = d.Units[unit].Parent
	}
	return false
}

// Stands reports whether there is such a unit, and it was not merged or abolished.
func (d *Directory) Stands(unit string) bool {
	u, known := d.Units[unit]
	return known && !u.Ended()
}

// Heir is who does now what was a unit's to do: the unit itself while it stands, then its
// successor or, where none was named, the unit above it.
func (d *Directory) Heir(unit string) string {
	for range len(d.Units) + 1 {
		u := d.Units[unit]
		if !u.Ended() {
			return unit
		}
		unit = cmp.Or(u.Successor, u.Parent)
	}
	return ""
}

// Area is the authority that an office or unit belongs to: itself or the nearest
// one above it.
func (d *Directory) Area(unit string) string {
	for range len(d.Units) + 1 {
		u, ok := d.Units[unit]
		if !ok {
			return ""
		}
		if u.Kind == Authority {
			return u.Code
		}
		unit = u.Parent
	}
	return ""
}

// Office finds the office of this kind that serves a unit: a child of its area,
// or of the nearest area above that has one.
func (d *Directory) Office(unit, kind string) string {
	area := d.Area(unit)
	for n := 0; area != "" && n < len(d.Units); n++ { // bounded, as above
		var found []string
		for _, u := range d.Units {
			if u.Kind == kind && u.Parent == area && !u.Ended() {
				found = append(found, u.Code)
			}
		}
		if len(found) > 0 {
			return slices.Min(found)
		}
		area = d.Area(d.Units[area].Parent)
	}
	return ""
}

// Find lists the officials for which keep is true, by id.
func (d *Directory) Find(keep func(Official) bool) []Official {
	var found []Official
	for _, o := range d.Officials {
		if keep(o) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b Official) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// Heads lists the heads of a unit: its leaders of the highest level.
func (d *Directory) Heads(unit string, p *policy.Policy) []Official {
	leaders := d.Find(func(o Official) bool { return o.Unit == unit && o.Role == Leader })
	top := 0
	for _, o := range leaders {
		top = max(top, p.Rank(o.Level))
	}
	return slices.DeleteFunc(leaders, func(o Official) bool { return p.Rank(o.Level) < top })
}

// staff lists who works in a unit in one of these roles.
func (d *Directory) staff(unit string, roles ...Role) []Official {
	return d.Find(func(o Official) bool { return o.Unit == unit && slices.Contains(roles, o.Role) })
}

// conveners lists the leaders in charge of petition work (信访) in an office's area.
func (d *Directory) conveners(office string) []Official {
	area := d.Area(office)
	return d.Find(func(o Official) bool {
		return o.Unit == area && o.Role == Leader && strings.Contains(o.Portfolio, "信访")
	})
}
