package api

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

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
	if err != nil {
		return err
	}
	q := readQuery(r)
	kind := q.oneOf("kind", casefile.UnitKinds...)
	under := q.unit("under", v.rules.Directory)
	words := q.line("q")
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	units := []casefile.Unit{}
	for _, u := range v.rules.Directory.Units {
		if (kind == "" || u.Kind == kind) && (under == "" || v.rules.Directory.Under(u.Code, under)) && holds(words, u.Code, u.Name) {
			units = append(units, u)
		}
	}
	slices.SortFunc(units, func(a, b casefile.Unit) int { return cmp.Compare(a.Code, b.Code) })
	return writeJSON(w, r, http.StatusOK, map[string]any{"units": units, "total": len(units)})
}

func (a *api) getOfficials(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	unit := q.unit("unit", v.rules.Directory)
	role := casefile.Role(q.oneOf("role", names(append(slices.Clone(casefile.Roles), casefile.Former))...))
	words := q.line("q")
	level := q.oneOf("level", v.rules.Policy.LevelIDs()...)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	officials := []officialView{}
	for _, id := range slices.Sorted(maps.Keys(v.rules.Directory.Officials)) {
		o := v.rules.Directory.Officials[id]
		if (unit == "" || o.Unit == unit) && (role == "" || o.Role == role) && (level == "" || o.Level == level) && holds(words, o.ID, o.Name, o.Post) {
			officials = append(officials, v.official(o))
		}
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"officials": officials, "total": len(officials)})
}

// holds reports whether one of the texts has the words in it; no words are in all.
func holds(words string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(words)) })
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
