package web

import (
	"net/http"
	"net/url"
	"time"
)

// mostLeaders is how many leaders the board lists; those who have most that is late.
const mostLeaders = 40

// boardLength is how many units the board has on a page.
const boardLength = 50

type boardPage struct {
	page
	Counts  []countLink
	Top     *boardRow  // the unit that is looked at
	Up      string     // address of the unit above it
	Units   []boardRow // those right below
	More    string     // address of those that come after them; empty: none do
	Leaders []boardRow
	Others  int // leaders who are not listed
	Overdue []summary
	All     string // address of all overdue cases
	Saved   []savedFilter
	Counted time.Time
	Live    bool
	On, Off string // addresses with and without its being drawn anew by itself
}

// boardRow is a unit or a leader with the numbers of their open cases.
type boardRow struct {
	Name, About string
	To          string // the units below, or the list
	Counts      []countLink
	Red, Both   int // of a hundred, for the bar: red, and red or yellow
}

// countLink is a number that leads to the list of what it counts.
type countLink struct {
	Label, Class string
	N            int
	To           string
}

type counts struct {
	Open       int `json:"open"`
	Red        int `json:"red"`
	Yellow     int `json:"yellow"`
	Green      int `json:"green"`
	Overdue    int `json:"overdue"`
	Supervised int `json:"supervised"`
	Dual       int `json:"dual"`
}

type board struct {
	At    time.Time `json:"at"`
	All   counts    `json:"all"`
	Units []struct {
		Unit   string  `json:"unit"`
		Name   string  `json:"name"`
		Parent *string `json:"parent"`
		counts
	} `json:"units"`
	Leaders []struct {
		Official string `json:"official"`
		Name     string `json:"name"`
		Post     string `json:"post"`
		counts
	} `json:"leaders"`
}

// links are the numbers as links into the list by these conditions.
func (l lang) links(n counts, by url.Values) []countLink {
	var all []countLink
	for _, c := range []struct {
		label, class string
		n            int
		name, value  string
	}{
		{l.t("未结", "Open"), "", n.Open, "open", "true"},
		{l.t("红灯", "Red"), "red", n.Red, "lamp", "red"},
		{l.t("黄灯", "Yellow"), "yellow", n.Yellow, "lamp", "yellow"},
		{l.t("绿灯", "Green"), "green", n.Green, "lamp", "green"},
		{l.t("已逾期", "Overdue"), "red", n.Overdue, "overdue", "true"},
		{l.t("在督", "Supervised"), "", n.Supervised, "supervised", "true"},
		{l.t("双重督办", "Dual"), "", n.Dual, "supervision", "dual"},
	} {
		to := url.Values{"open": {"true"}, c.name: {c.value}}
		for name := range by {
			to.Set(name, by.Get(name))
		}
		all = append(all, countLink{c.label, c.class, c.n, listAt(to)})
	}
	return all
}

// getBoard shows how many cases stand how, by unit and by leader, and what is late.
func (s *console) getBoard(w http.ResponseWriter, r *http.Request) error {
	by, unit := callerOf(r), r.URL.Query().Get("unit")
	l := by.lang
	p := boardPage{page: s.page(r, l.t("看板", "Board"))}
	p.At, p.Live = "board", r.URL.Query().Get("live") != "off"
	within := url.Values{}
	if unit != "" {
		within.Set("unit", unit)
	}
	var b board
	if err := s.api.get(by, "/board?"+within.Encode(), &b); err != nil {
		if wrong, ok := invalid(err); ok {
			for i, f := range wrong.Fields {
				if f.Field == "unit" {
					wrong.Fields[i].Message = l.t("名录中没有“"+unit+"”这个单位，请从看板上的单位中选择", "the directory has no unit “"+unit+"”; choose one of those on the board")
				}
			}
		}
		return err
	}
	p.Counted = b.At
	at := func(unit string, live bool, from int) string {
		q := url.Values{}
		if unit != "" {
			q.Set("unit", unit)
		}
		if !live {
			q.Set("live", "off")
		}
		if from > 0 {
			q.Set("units", itoa(from))
		}
		if len(q) == 0 {
			return "/board"
		}
		return "/board?" + q.Encode()
	}
	from := offset(r.URL.Query(), "units")
	p.On, p.Off = at(unit, true, from), at(unit, false, from)
	p.Counts = l.links(b.All, within)
	p.units(b, unit, func(unit string) string { return at(unit, p.Live, 0) })
	from = min(from, len(p.Units))
	if until := from + boardLength; until < len(p.Units) {
		p.More = at(unit, p.Live, until) + "#units"
		p.Units = p.Units[:until]
	}
	p.Units = p.Units[from:]
	for i, o := range b.Leaders {
		if i == mostLeaders {
			p.Others = len(b.Leaders) - i
			break
		}
		to := url.Values{"leader": {o.Official}}
		if unit != "" {
			to.Set("unit", unit)
		}
		row := boardRow{Name: o.Name, About: o.Post, Counts: l.links(o.counts, to)}
		row.To = row.Counts[0].To
		row.share(o.counts)
		p.Leaders = append(p.Leaders, row)
	}
	overdue := url.Values{"overdue": {"true"}}
	if unit != "" {
		overdue.Set("unit", unit)
	}
	p.All = listAt(overdue)
	if b.All.Overdue > 0 {
		overdue.Set("limit", "5")
		var late list
		if err := s.api.get(by, "/cases?"+overdue.Encode(), &late); err != nil {
			return err
		}
		p.Overdue = late.Cases
	}
	var err error
	if p.Saved, err = s.saved(by); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "board", p)
}

// units arranges the units: the one that is looked at, and those right below it. Without
// one it is the first that has more than one below.
func (p *boardPage) units(b board, unit string, at func(string) string) {
	below := map[string][]int{} // by parent; what is late first, as they came
	here := -1
	known := map[string]bool{}
	for _, u := range b.Units {
		known[u.Unit] = true
	}
	for i, u := range b.Units {
		parent := ""
		if u.Parent != nil && known[*u.Parent] {
			parent = *u.Parent
		}
		below[parent] = append(below[parent], i)
		if u.Unit == unit {
			here = i
		}
	}
	if unit == "" && len(below[""]) == 1 {
		here = below[""][0]
		for next := below[b.Units[here].Unit]; len(next) == 1 && b.Units[next[0]].counts == b.Units[here].counts; next = below[b.Units[here].Unit] {
			here = next[0]
		}
	}
	row := func(i int) boardRow {
		u := b.Units[i]
		made := boardRow{Name: u.Name, Counts: p.Lang.links(u.counts, url.Values{"unit": {u.Unit}})}
		made.To = made.Counts[0].To
		if len(below[u.Unit]) > 0 {
			made.To = at(u.Unit)
		}
		made.share(u.counts)
		return made
	}
	top := ""
	if here >= 0 {
		made := row(here)
		p.Top, top = &made, b.Units[here].Unit
		if parent := b.Units[here].Parent; unit != "" {
			p.Up = at("")
			if parent != nil && *parent != "" {
				p.Up = at(*parent)
			}
		}
	}
	for _, i := range below[top] {
		p.Units = append(p.Units, row(i))
	}
}

// share is how much of a row's cases is red, and how much red or yellow.
func (r *boardRow) share(n counts) {
	if n.Open > 0 {
		r.Red, r.Both = n.Red*100/n.Open, (n.Red+n.Yellow)*100/n.Open
	}
}

// Since is the day and time of the numbers.
func (p boardPage) Since() string { return p.Lang.moment(p.Counted) }
