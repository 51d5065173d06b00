package api

import (
	"net/http"
	"slices"

	"shuangze/casefile"
	"shuangze/policy"
)

// officialView is an official as everybody in the system may see them. The address is
// for the administrator alone.
type officialView struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Post      string        `json:"post"`
	Level     string        `json:"level"`
	Unit      string        `json:"unit"`
	Role      casefile.Role `json:"role"`
	Portfolio string        `json:"portfolio"`
	Email     string        `json:"email,omitempty"`
}

func (v viewer) official(o casefile.Official) officialView {
	view := officialView{ID: o.ID, Name: o.Name, Post: o.Post, Level: o.Level, Unit: o.Unit, Role: o.Role, Portfolio: o.Portfolio}
	if v.by.Role == casefile.Admin {
		view.Email = o.Email
	}
	return view
}

func (a *api) getMe(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	o := officialOf(r)
	return writeJSON(w, r, http.StatusOK, map[string]any{"official": v.official(o), "unit": v.rules.Directory.Units[o.Unit]})
}

func (a *api) getUnits(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil || unchanged(w, r, v) {
		return err
	}
	q, d := readQuery(r), v.rules.Directory
	kinds, under := q.someOf("kind", casefile.UnitKinds...), q.unit("under", d)
	standing := q.oneOf("standing", "true") != ""
	s := q.search(d)
	if err := q.err(); err != nil {
		return err
	}
	for code, u := range d.Units {
		if (kinds == nil || slices.Contains(kinds, u.Kind)) && (under == "" || d.Under(code, under)) && (!standing || !u.Ended()) {
			s.add(code, code, u.Name)
		}
	}
	codes, next := s.page()
	units := make([]casefile.Unit, len(codes))
	for i, code := range codes {
		units[i] = d.Units[code]
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"units": units, "total": len(s.hits), "next_cursor": next})
}

func (a *api) getOfficials(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil || unchanged(w, r, v) {
		return err
	}
	q, d := readQuery(r), v.rules.Directory
	unit, under := q.unit("unit", d), q.unit("under", d)
	role := casefile.Role(q.oneOf("role", names(append(slices.Clone(casefile.Roles), casefile.Former))...))
	level := q.oneOf("level", v.rules.Policy.LevelIDs()...)
	serving := q.oneOf("serving", "true") != ""
	s := q.search(d)
	if err := q.err(); err != nil {
		return err
	}
	for id, o := range d.Officials {
		if (unit == "" || o.Unit == unit) && (under == "" || d.Under(o.Unit, under)) && (role == "" || o.Role == role) && (level == "" || o.Level == level) && (!serving || o.Role != casefile.Former) {
			s.add(o.Unit, id, o.Name, o.Post, d.Units[o.Unit].Name)
		}
	}
	ids, next := s.page()
	officials := make([]officialView, len(ids))
	for i, id := range ids {
		officials[i] = v.official(d.Officials[id])
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"officials": officials, "total": len(s.hits), "next_cursor": next})
}

// getPolicy shows the rules that are in force and the calendar they are counted by.
func (a *api) getPolicy(w http.ResponseWriter, r *http.Request) error {
	type year struct {
		Year   int    `json:"year"`
		Source string `json:"source"`
	}
	type calendarView struct {
		Version string `json:"version"`
		Years   []year `json:"years"`
	}
	rules, err := a.rules(r.Context())
	if err != nil {
		return err
	}
	answer := struct {
		*policy.Policy
		Calendar calendarView `json:"calendar"`
	}{rules.Policy, calendarView{Version: rules.Calendar.Version()}}
	for _, y := range rules.Calendar.Years() {
		answer.Calendar.Years = append(answer.Calendar.Years, year{y, rules.Calendar.Source(y)})
	}
	return writeJSON(w, r, http.StatusOK, answer)
}
