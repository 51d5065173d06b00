package api

import (
	"net/http"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

// mine reads who asks for a list of their own and how much of it.
func (a *api) mine(r *http.Request) (v viewer, limit int, err error) {
	if v, err = a.viewer(r); err != nil {
		return v, 0, err
	}
	q := readQuery(r)
	limit = q.number("limit", defaultPage, maxPage)
	q.done()
	return v, limit, q.err()
}

// getInbox shows what waits for the caller, the most pressing first, and what the
// caller was told last.
func (a *api) getInbox(w http.ResponseWriter, r *http.Request) error {
	v, limit, err := a.mine(r)
	if err != nil {
		return err
	}
	waiting, total, err := a.Store.Inbox(r.Context(), v.by, v.rules.Policy.Deputies, v.now, limit)
	if err != nil {
		return err
	}
	told, err := a.Store.Notices(r.Context(), v.by, limit)
	if err != nil {
		return err
	}

	type task struct {
		Do    casefile.Kind  `json:"do"`
		For   *string        `json:"for"`
		Due   *calendar.Date `json:"due"`
		DueAt *time.Time     `json:"due_at"`
		Clock *string        `json:"clock"`
		Lamp  casefile.Lamp  `json:"lamp"`
		Case  summary        `json:"case"`
	}
	type notice struct {
		Case   string    `json:"case"`
		Number string    `json:"number"`
		Title  string    `json:"title"`
		Kind   string    `json:"kind"`
		Step   *string   `json:"step"`
		For    *string   `json:"for"`
		At     time.Time `json:"at"`
	}
	inbox := struct {
		Tasks   []task   `json:"tasks"`
		Total   int      `json:"total"`
		Notices []notice `json:"notices"`
	}{[]task{}, total, []notice{}}
	for _, t := range waiting {
		shown := task{Do: t.Do, For: text(t.For), Lamp: casefile.Green, Case: v.summary(t.Row)}
		if t.Due != nil {
			due := calendar.DayBefore(*t.Due)
			shown.Due = &due
			if k, ok := t.Case.DueBy(*t.Due, v.now); ok {
				shown.DueAt, shown.Clock, shown.Lamp = instant(k.Due.At), &k.ID, k.Lamp(v.now)
			}
		}
		inbox.Tasks = append(inbox.Tasks, shown)
	}
	for _, n := range told {
		inbox.Notices = append(inbox.Notices, notice{n.Case, n.Number, n.Title, n.Kind, text(n.Step), text(n.For), n.At.UTC()})
	}
	return writeJSON(w, r, http.StatusOK, inbox)
}

// getDuties is the board on which one's own lateness shows: the running clocks that
// the caller, or the caller's office or unit, bears.
func (a *api) getDuties(w http.ResponseWriter, r *http.Request) error {
	v, limit, err := a.mine(r)
	if err != nil {
		return err
	}
	duties, total, red, err := a.Store.Duties(r.Context(), v.by, v.now, limit)
	if err != nil {
		return err
	}
	type duty struct {
		Clock clockView `json:"clock"`
		Case  summary   `json:"case"`
	}
	board := struct {
		Duties []duty `json:"duties"`
		Total  int    `json:"total"`
		Red    int    `json:"red"`
	}{[]duty{}, total, red}
	for _, d := range duties {
		k, _ := d.Case.Clock(d.Clock) // written with the case row
		board.Duties = append(board.Duties, duty{v.clock(k), v.summary(d.Row)})
	}
	return writeJSON(w, r, http.StatusOK, board)
}
