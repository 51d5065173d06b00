package api

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"shuangze/casefile"
)

// countsView is how many open cases are in what state.
type countsView struct {
	Open       int `json:"open"`
	Red        int `json:"red"`
	Yellow     int `json:"yellow"`
	Green      int `json:"green"`
	Overdue    int `json:"overdue"`
	Supervised int `json:"supervised"`
	Dual       int `json:"dual"`
}

// pressing puts what is late first.
func (n countsView) pressing(than countsView) int {
	return cmp.Or(cmp.Compare(than.Overdue, n.Overdue), cmp.Compare(than.Red, n.Red), cmp.Compare(than.Yellow, n.Yellow), cmp.Compare(than.Open, n.Open))
}

// getBoard counts the open cases that the caller may see, by unit and by leader.
func (a *api) getBoard(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	if refusal := casefile.PermitBoard(v.by); refusal != nil {
		return refusal
	}
	q := readQuery(r)
	unit := q.unit("unit", v.rules.Directory)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	b, err := a.Store.Board(r.Context(), v.by, unit, v.now)
	if err != nil {
		return err
	}
	type unitView struct {
		Unit   string  `json:"unit"`
		Name   string  `json:"name"`
		Parent *string `json:"parent"`
		countsView
	}
	type leaderView struct {
		Official string `json:"official"`
		Name     string `json:"name"`
		Post     string `json:"post"`
		Unit     string `json:"unit"`
		countsView
	}
	board := struct {
		At      time.Time    `json:"at"`
		Unit    *string      `json:"unit"`
		All     countsView   `json:"all"`
		Units   []unitView   `json:"units"`
		Leaders []leaderView `json:"leaders"`
	}{v.now.UTC(), text(unit), countsView(b.All), []unitView{}, []leaderView{}}
	d := v.rules.Directory
	for code, n := range b.Units {
		board.Units = append(board.Units, unitView{code, d.Units[code].Name, text(d.Units[code].Parent), countsView(n)})
	}
	for id, n := range b.Leaders {
		if o := d.Officials[id]; casefile.Compares(o, v.by, v.rules) {
			board.Leaders = append(board.Leaders, leaderView{id, o.Name, o.Post, o.Unit, countsView(n)})
		}
	}
	slices.SortFunc(board.Units, func(x, y unitView) int {
		return cmp.Or(x.pressing(y.countsView), strings.Compare(x.Unit, y.Unit))
	})
	slices.SortFunc(board.Leaders, func(x, y leaderView) int {
		return cmp.Or(x.pressing(y.countsView), strings.Compare(x.Official, y.Official))
	})
	return writeJSON(w, r, http.StatusOK, board)
}
