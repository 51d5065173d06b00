package api

import (
	"net/http"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// workView is what came in and what was done in a span, beside the same span a year before
// (条例41). Codes have their words beside them only where the caller can't have them from
// the policy.
type workView struct {
	From        calendar.Date     `json:"from"`
	Until       calendar.Date     `json:"until"`
	AsOf        calendar.Date     `json:"as_of"`
	Before      spanView          `json:"before"`
	Unit        *string           `json:"unit"`
	Origin      *string           `json:"origin"`
	Categories  []categoryView    `json:"categories"`
	Units       []unitCountView   `json:"units"`
	Accused     []unitCountView   `json:"accused"`
	Repeated    casefile.Compared `json:"repeated"`
	Collective  collectiveView    `json:"collective"`
	Measures    []measureView     `json:"measures"`
	Suggestions []suggestedView   `json:"suggestions"`
	Meetings    []metView         `json:"meetings"`
	Money       casefile.Compared `json:"money"`
}

type categoryView struct {
	Category string            `json:"category"`
	Cases    casefile.Compared `json:"cases"`
}

type unitCountView struct {
	Unit  string            `json:"unit"`
	Name  string            `json:"name"`
	Cases casefile.Compared `json:"cases"`
}

// collectiveView has groups and their persons, which are never added up.
type collectiveView struct {
	Groups  casefile.Compared `json:"groups"`
	Persons casefile.Compared `json:"persons"`
}

// measureView is how often something was done, and to how many cases.
type measureView struct {
	Kind  casefile.EventKind `json:"kind"`
	Name  string             `json:"name"`
	Times casefile.Compared  `json:"times"`
	Cases casefile.Compared  `json:"cases"`
}

// suggestedView is what was suggested in the span, and what organs have answered in it.
type suggestedView struct {
	Suggestion string            `json:"suggestion"`
	Name       string            `json:"name"`
	Made       casefile.Compared `json:"made"`
	Adopted    casefile.Compared `json:"adopted"`
	Partly     casefile.Compared `json:"partly_adopted"`
	Not        casefile.Compared `json:"not_adopted"`
}

type metView struct {
	Meeting   string            `json:"meeting"`
	Submitted casefile.Compared `json:"submitted"`
	Decided   casefile.Compared `json:"decided"`
}

// getWork counts what came in and what was done, of what the caller may know of, in a span.
func (a *api) getWork(w http.ResponseWriter, r *http.Request) error {
	v, f, err := a.span(r, func(*query, *store.FigureFilter, *policy.Policy) {})
	if err != nil {
		return err
	}
	work, err := a.Store.Work(r.Context(), v.by, f, v.rules)
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, v.work(f, work))
}

func (v viewer) work(f store.FigureFilter, work store.Work) workView {
	points, before := f.Span.Points(v.now), f.Span.YearBefore()
	view := workView{
		From: f.Span.From, Until: f.Span.Until, AsOf: points[len(points)-1].Day, Before: spanView{before.From, before.Until}, Unit: text(f.Unit), Origin: text(f.Origin),
		Categories: []categoryView{}, Units: v.countedUnits(work.Units), Accused: v.countedUnits(work.Accused), Repeated: work.Repeated,
		Collective: collectiveView{work.Groups, work.Persons}, Measures: []measureView{}, Suggestions: []suggestedView{}, Meetings: []metView{}, Money: work.Money,
	}
	for _, c := range work.Categories {
		view.Categories = append(view.Categories, categoryView{c.ID, c.Compared})
	}
	find := func(kind casefile.EventKind, what string) (m store.Measure) {
		for _, m := range work.Measures {
			if m.Kind == kind && m.What == what {
				return m
			}
		}
		return m
	}
	for _, kind := range casefile.Measures {
		m := find(kind, "")
		view.Measures = append(view.Measures, measureView{kind, v.lang.of(kind.Name()), m.Times, m.Cases})
	}
	for _, s := range casefile.Choices(casefile.Suggest, "suggestion", v.rules.Policy) {
		answered := func(outcome string) casefile.Compared {
			return find(casefile.EventSuggestionAnswered, s.ID+"/"+outcome).Times
		}
		view.Suggestions = append(view.Suggestions, suggestedView{
			s.ID, v.lang.of(s.Name), find(casefile.EventSuggested, s.ID).Times, answered("adopted"), answered("partly_adopted"), answered("not_adopted"),
		})
	}
	for _, m := range v.rules.Policy.Meetings {
		view.Meetings = append(view.Meetings, metView{m.ID, find(casefile.EventSubmitted, m.ID).Times, find(casefile.EventResolved, m.ID).Times})
	}
	return view
}

func (v viewer) countedUnits(counted []store.Counted) []unitCountView {
	views := make([]unitCountView, len(counted))
	for i, c := range counted {
		views[i] = unitCountView{c.ID, v.rules.Directory.Units[c.ID].Name, c.Compared}
	}
	return views
}
