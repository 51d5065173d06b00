package api

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

// storyView is how a clock's due date came about.
type storyView struct {
	Clock       clockView       `json:"clock"`
	Started     startedView     `json:"started"`
	Moves       []casefile.Move `json:"moves"`
	RestDays    []calendar.Day  `json:"rest_days"`
	MakeUpDays  []calendar.Day  `json:"make_up_days"`
	Calendar    string          `json:"calendar"`
	Explanation string          `json:"explanation"`
}

type startedView struct {
	Seq  int64              `json:"seq"`
	Kind casefile.EventKind `json:"kind"`
	On   calendar.Date      `json:"on"`
}

// getClock tells how a clock's due date came about: for the unit that disputes it.
func (a *api) getClock(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	id, err := url.PathUnescape(chi.URLParam(r, "clock"))
	if err != nil {
		return errNoClock
	}
	ledger, err := a.Store.Ledger(r.Context(), row.Case.ID)
	if err != nil {
		return err
	}
	events := make([]casefile.Event, len(ledger))
	for i, recorded := range ledger {
		if events[i], err = recorded.Event(); err != nil {
			return err
		}
	}
	s, ok := casefile.TellClock(events, id, v.rules)
	if !ok {
		return errNoClock
	}
	return writeJSON(w, r, http.StatusOK, storyView{
		Clock: v.clock(s.Clock), Started: startedView{s.Started.Seq, s.Started.Kind, s.Clock.From}, Moves: append([]casefile.Move{}, s.Moves...),
		RestDays: append([]calendar.Day{}, s.Days.Skipped...), MakeUpDays: append([]calendar.Day{}, s.Days.MakeUp...),
		Calendar: s.Clock.Due.Calendar, Explanation: v.lang.of(s.Text),
	})
}

// stepView is something that a clock planned, and what became of it.
type stepView struct {
	Clock string        `json:"clock"`
	Step  string        `json:"step"`
	Due   calendar.Date `json:"due"`
	At    time.Time     `json:"at"`
	State string        `json:"state"`
	Why   *string       `json:"why"`
	Seq   *int64        `json:"seq"`
}

// getSteps lists what the case's clocks have done, left out and planned.
func (a *api) getSteps(w http.ResponseWriter, r *http.Request) error {
	_, row, err := a.seen(r)
	if err != nil {
		return err
	}
	steps, err := a.Store.Steps(r.Context(), row.Case.ID)
	if err != nil {
		return err
	}
	views := []stepView{}
	for _, s := range steps {
		views = append(views, stepView{s.Clock, s.Step, calendar.DayBefore(s.Due), s.At.UTC(), s.State, text(s.Why), s.Seq})
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"steps": views})
}
