package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/store"
)

// leaveView is a leave as everybody in the system may see it: they must know who stands
// in. Why somebody is away is for those who keep the leaves.
type leaveView struct {
	ID           string     `json:"id"`
	Official     string     `json:"official"`
	OfficialName string     `json:"official_name"`
	Deputy       string     `json:"deputy"`
	DeputyName   string     `json:"deputy_name"`
	From         time.Time  `json:"from"`
	Until        time.Time  `json:"until"`
	PlannedUntil time.Time  `json:"planned_until"`
	State        string     `json:"state"`
	Reason       *string    `json:"reason"`
	EnteredBy    string     `json:"entered_by"`
	EnteredAt    time.Time  `json:"entered_at"`
	EndedBy      *string    `json:"ended_by"`
	EndedAt      *time.Time `json:"ended_at"`
}

func (v viewer) leave(l casefile.Leave) leaveView {
	d := v.rules.Directory
	view := leaveView{
		ID: l.ID, Official: l.Official, OfficialName: d.Officials[l.Official].Name, Deputy: l.Deputy, DeputyName: d.Officials[l.Deputy].Name,
		From: l.From.UTC(), Until: l.Until.UTC(), PlannedUntil: l.Planned.UTC(), State: "over",
		EnteredBy: l.EnteredBy, EnteredAt: l.EnteredAt.UTC(), EndedBy: text(l.EndedBy), EndedAt: instant(l.EndedAt),
	}
	switch {
	case l.Cancelled():
		view.State = "cancelled"
	case v.now.Before(l.From):
		view.State = "planned"
	case l.Covers(v.now):
		view.State = "current"
	}
	if v.by.Role == casefile.Auditor || casefile.KeepsLeaves(d.Officials[l.Official], v.by, d) {
		view.Reason = text(l.Reason)
	}
	return view
}

var leaveSpace = uuid.MustParse("3f3f0a52-7c0e-4b6b-8a53-0b8f4f0a7d19")

// postLeave enters a leave. The directory is locked from the check to the commit, so
// two people can't enter what does not go together.
func (a *api) postLeave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, leaveFields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	asked := casefile.Leave{
		ID: sub.id(leaveSpace, v.by), Official: b.line("official", maxLine), Deputy: b.line("deputy", maxLine),
		From: b.instant("from"), Until: b.instant("until"), Reason: b.line("reason", maxLine),
	}
	var entered casefile.Leave
	again := false
	err = a.Store.InLeaves(ctx, func(tx *store.LeavesTx) error {
		var err error
		if entered, again, err = asBefore(tx.Entered(ctx, asked.ID, sub.fingerprint)); again || err != nil {
			return err
		}
		v.rules.Directory = tx.Directory
		l, refusal := casefile.EnterLeave(asked, v.by, v.rules)
		if refusal != nil {
			return b.err(refusal)
		}
		if err := b.err(nil); err != nil {
			return err
		}
		entered = l
		return tx.Enter(ctx, l, sub.fingerprint)
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	w.Header().Set("Location", "/api/v1/leaves/"+entered.ID)
	return writeJSON(w, r, http.StatusCreated, v.leave(entered))
}

// leaveFields are the fields of a leave's body.
var leaveFields = []casefile.Field{
	{Name: "official", Required: true},
	{Name: "deputy", Required: true},
	{Name: "from", Required: true},
	{Name: "until", Required: true},
	{Name: "reason", Required: true},
}

// postLeaveEnd ends a leave now, or cancels one that has not begun.
func (a *api) postLeaveEnd(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, nil)
	if err != nil {
		return err
	}
	if err := b.err(nil); err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return errNoLeave
	}
	command := sub.commandID(v.by, id)
	var ended casefile.Leave
	again := false
	err = a.Store.InLeaves(ctx, func(tx *store.LeavesTx) error {
		l, by, err := tx.Leave(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return errNoLeave
		case err != nil:
			return err
		case by == command:
			ended, again = l, true
			return nil
		}
		v.rules.Directory = tx.Directory
		l, refusal := casefile.EndLeave(l, v.by, v.rules)
		if refusal != nil {
			return refusal
		}
		ended = l
		return tx.End(ctx, l, command)
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return writeJSON(w, r, http.StatusOK, v.leave(ended))
}

func (a *api) getLeave(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return errNoLeave
	}
	l, err := a.Store.Leave(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return errNoLeave
	}
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, v.leave(l))
}

// getLeaves lists leaves, the latest first: an official's, as leader or as deputy, or
// those of a day.
func (a *api) getLeaves(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	filter := store.LeaveFilter{Official: q.official("official", v.rules.Directory), Limit: q.number("limit", defaultPage, maxPage)}
	if on := q.day("on"); !on.IsZero() {
		filter.From, filter.Until = on.Start(), on.End()
	}
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	leaves, total, err := a.Store.Leaves(r.Context(), filter)
	if err != nil {
		return err
	}
	list := struct {
		Leaves []leaveView `json:"leaves"`
		Total  int         `json:"total"`
	}{make([]leaveView, len(leaves)), total}
	for i, l := range leaves {
		list.Leaves[i] = v.leave(l)
	}
	return writeJSON(w, r, http.StatusOK, list)
}
