package casefile

import (
	"slices"
	"strings"

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

// Unit is an organisation in the directory.
type Unit struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Level  string `json:"level"`
	Parent string `json:"parent,omitempty"`
}

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

// Directory is the units and officials at one moment. Load counts the open cases
// each leader carries; it is only filled where a pair may be proposed.
type Directory struct {
	Units     map[string]Unit
	Officials map[string]Official
	Load      map[string]int
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
			if u.Kind == kind && u.Parent == area {
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
