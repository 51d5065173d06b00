package api

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// figuresView are the numbers of a span. Codes have their words beside them only where the
// caller can't have them from the policy.
type figuresView struct {
	From         calendar.Date      `json:"from"`
	Until        calendar.Date      `json:"until"`
	AsOf         calendar.Date      `json:"as_of"`
	Unit         *string            `json:"unit"`
	Origin       *string            `json:"origin"`
	Lamps        []lampPointView    `json:"lamps"`
	Open         openView           `json:"open"`
	Punctuality  []punctualityView  `json:"punctuality"`
	Petitions    petitionsView      `json:"petitions"`
	Satisfaction []satisfactionView `json:"satisfaction"`
}

type lampPointView struct {
	Day calendar.Date `json:"day"`
	lampsView
}

// lampsView is a number of open cases by lamp.
type lampsView struct {
	Green  int64 `json:"green"`
	Yellow int64 `json:"yellow"`
	Red    int64 `json:"red"`
}

func (l *lampsView) add(lamp casefile.Lamp, cases int64) {
	switch lamp {
	case casefile.Green:
		l.Green += cases
	case casefile.Yellow:
		l.Yellow += cases
	case casefile.Red:
		l.Red += cases
	}
}

type openView struct {
	Stages []stageView `json:"stages"`
	Ages   []ageView   `json:"ages"`
}

type stageView struct {
	Stage casefile.Stage `json:"stage"`
	lampsView
}

type ageView struct {
	From int  `json:"from_days"`
	To   *int `json:"to_days"`
	lampsView
}

// keptView is how terms were kept. The share is null where there were none.
type keptView struct {
	OnTime  int64                `json:"on_time"`
	Late    int64                `json:"late"`
	Running int64                `json:"running_late"`
	Judged  int64                `json:"judged"`
	Share   *casefile.Hundredths `json:"share"`
}

func kept(p casefile.Punctuality) keptView {
	v := keptView{OnTime: p.OnTime, Late: p.Late, Running: p.Running, Judged: p.Judged()}
	if share, ok := p.Share(); ok {
		v.Share = &share
	}
	return v
}

// punctualityView is a rule with the units that bear it. Rules are never added up: each is
// of one kind of bearer.
type punctualityView struct {
	Rule   string        `json:"rule"`
	Name   string        `json:"name"`
	Source string        `json:"source"`
	Basis  policy.Basis  `json:"basis"`
	Whose  policy.Bearer `json:"whose"`
	keptView
	Units []unitKeptView `json:"units"`
}

type unitKeptView struct {
	Unit string `json:"unit"`
	Name string `json:"name"`
	keptView
}

type petitionsView struct {
	Before spanView   `json:"before"`
	Kinds  []kindView `json:"kinds"`
}

type spanView struct {
	From  calendar.Date `json:"from"`
	Until calendar.Date `json:"until"`
}

// kindView is what came in by one channel with one purpose. Its units say what the numbers
// of cases are; persons are null where they are not counted.
type kindView struct {
	Channel string               `json:"channel"`
	Purpose string               `json:"purpose"`
	Units   []casefile.CountUnit `json:"units"`
	Now     petitionView         `json:"now"`
	Before  petitionView         `json:"before"`
}

type petitionView struct {
	Registered        int64    `json:"registered"`
	RegisteredPersons *int64   `json:"registered_persons"`
	Closed            int64    `json:"closed"`
	ClosedPersons     *int64   `json:"closed_persons"`
	Settled           keptView `json:"settled"`
}

func petitions(p store.Petitions, persons bool) petitionView {
	v := petitionView{Registered: p.Registered, Closed: p.Closed, Settled: kept(p.Settled)}
	if persons {
		v.RegisteredPersons, v.ClosedPersons = &p.RegisteredPersons, &p.ClosedPersons
	}
	return v
}

// satisfactionView is what petitioners said of an office or of a unit.
type satisfactionView struct {
	Whose        policy.Bearer        `json:"whose"`
	Unit         string               `json:"unit"`
	Name         string               `json:"name"`
	Satisfied    int64                `json:"satisfied"`
	Basically    int64                `json:"basically_satisfied"`
	Dissatisfied int64                `json:"dissatisfied"`
	Rated        int64                `json:"rated"`
	Share        *casefile.Hundredths `json:"share"`
}

// span reads of what and of which days figures are asked for, and what else there is to read.
func (a *api) span(r *http.Request, more func(q *query, f *store.FigureFilter, p *policy.Policy)) (v viewer, f store.FigureFilter, err error) {
	if v, err = a.viewer(r); err != nil {
		return v, f, err
	}
	if refusal := casefile.ReadsFigures(v.by); refusal != nil {
		return v, f, refusal
	}
	q := readQuery(r)
	today := calendar.DateOf(v.now)
	f = store.FigureFilter{Unit: q.unit("unit", v.rules.Directory), Origin: q.oneOf("origin", policy.IDs(v.rules.Policy.Origins)...)}
	f.Span.From, f.Span.Until = q.day("from"), q.day("until")
	f.Span.Until = cmp.Or(f.Span.Until, today)
	f.Span.From = cmp.Or(f.Span.From, calendar.Date{Year: f.Span.Until.Year, Month: time.January, Day: 1})
	more(q, &f, v.rules.Policy)
	q.done()
	if err := q.err(); err != nil {
		return v, f, err
	}
	if refusal := f.Span.Check(today); refusal != nil {
		return v, f, refusal
	}
	return v, f, nil
}

// getFigures counts what the caller may know of, in a span.
func (a *api) getFigures(w http.ResponseWriter, r *http.Request) error {
	v, f, err := a.span(r, func(q *query, f *store.FigureFilter, p *policy.Policy) {
		rules := make([]string, len(p.Clocks))
		for i, k := range p.Clocks {
			rules[i] = k.ID
		}
		f.UnitsOf = q.oneOf("units_of", rules...)
	})
	if err != nil {
		return err
	}
	figures, err := a.Store.Figures(r.Context(), v.by, f, v.rules)
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, v.figures(f, figures))
}

func (v viewer) figures(f store.FigureFilter, figures store.Figures) figuresView {
	points := f.Span.Points(v.now)
	before := f.Span.YearBefore()
	view := figuresView{
		From: f.Span.From, Until: f.Span.Until, AsOf: points[len(points)-1].Day, Unit: text(f.Unit), Origin: text(f.Origin),
		Lamps: []lampPointView{}, Punctuality: v.punctuality(figures.Punctuality, f.UnitsOf), Satisfaction: []satisfactionView{},
		Petitions: petitionsView{spanView{before.From, before.Until}, []kindView{}},
	}
	for _, p := range figures.Lamps {
		view.Lamps = append(view.Lamps, lampPointView{p.Day, lampsView{p.Green, p.Yellow, p.Red}})
	}
	view.Open = open(figures.Standing)
	for _, p := range figures.Petitions {
		units := casefile.CountedIn(p.Channel)
		persons := slices.Contains(units, casefile.Persons)
		view.Petitions.Kinds = append(view.Petitions.Kinds, kindView{p.Channel, p.Purpose, units, petitions(p.Now, persons), petitions(p.Before, persons)})
	}
	for _, s := range figures.Ratings {
		whose := policy.OfUnit
		if s.Office {
			whose = policy.OfPetitionOffice
		}
		rated := s.Satisfied + s.Basically + s.Dissatisfied
		line := satisfactionView{whose, s.Unit, v.rules.Directory.Units[s.Unit].Name, s.Satisfied, s.Basically, s.Dissatisfied, rated, nil}
		if share, ok := casefile.ShareOf(s.Satisfied+s.Basically, rated); ok {
			line.Share = &share
		}
		view.Satisfaction = append(view.Satisfaction, line)
	}
	return view
}

// open adds up the open cases by stage, in the order of the main way, and by age.
func open(standing []store.StandingCount) openView {
	var view openView
	for _, stage := range casefile.Stages {
		if stage.Open() {
			view.Stages = append(view.Stages, stageView{Stage: stage})
		}
	}
	for _, age := range casefile.AgeClasses {
		line := ageView{From: age.From}
		if age.To >= 0 {
			line.To = &age.To
		}
		view.Ages = append(view.Ages, line)
	}
	for _, s := range standing {
		if i := slices.IndexFunc(view.Stages, func(line stageView) bool { return line.Stage == s.Stage }); i >= 0 {
			view.Stages[i].add(s.Lamp, s.Cases)
		}
		view.Ages[s.Age].add(s.Lamp, s.Cases)
	}
	return view
}

// punctuality lists the rules in the policy's order and the units in the directory's: never
// by their numbers.
func (v viewer) punctuality(found []store.RuleKept, unitsOf string) []punctualityView {
	views := []punctualityView{}
	for _, rule := range v.rules.Policy.Clocks {
		line := punctualityView{Rule: rule.ID, Name: v.lang.of(rule.Name), Source: rule.Source, Basis: rule.Basis, Whose: rule.Bearer, Units: []unitKeptView{}}
		var all casefile.Punctuality
		for _, k := range found {
			if k.Rule == rule.ID {
				all = all.Add(k.Punctuality)
				if unitsOf != "" && rule.ID != unitsOf {
					continue
				}
				line.Units = append(line.Units, unitKeptView{k.Unit, v.rules.Directory.Units[k.Unit].Name, kept(k.Punctuality)})
			}
		}
		if line.keptView = kept(all); line.Judged > 0 {
			views = append(views, line)
		}
	}
	return views
}
