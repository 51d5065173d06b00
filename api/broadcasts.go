package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/workflows"
)

// postBroadcast orders a command for many cases, or tries out what would come of it.
func (a *api) postBroadcast(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	may := func(kind casefile.Kind) bool { return casefile.PermitBroadcast(kind, v.by) == nil }
	if !slices.ContainsFunc(casefile.Broadcasts(), may) {
		return casefile.PermitBroadcast(casefile.Urge, v.by)
	}
	b, err := readBody(w, r, orderFields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	// Before the cases are looked for: by now it may have changed which the filter finds.
	id := sub.id(broadcastSpace, v.by)
	if done, err := a.replayBroadcast(w, r, v, sub, id); done || err != nil {
		return err
	}
	o, err := a.order(ctx, v, b)
	if err != nil {
		return err
	}
	if o.dryRun {
		return a.tryOut(w, r, v, o)
	}
	if err := a.someTakeIt(ctx, v, o); err != nil {
		return err
	}
	o.cmd.Fingerprint = sub.fingerprint
	created, err := a.Store.CreateBroadcast(ctx, store.Broadcast{
		ID: id, Command: o.cmd, Words: o.words, Selection: o.filter, CreatedAt: v.now,
	}, o.cases)
	if err != nil {
		return err
	}
	if !created { // the same request came twice at once
		_, err := a.replayBroadcast(w, r, v, sub, id)
		return err
	}
	// It stands in the store: when the engine is away, the net under the timers starts it.
	if err := a.Engine.Broadcast(ctx, workflows.BroadcastInput{ID: id, Kind: o.cmd.Kind, Total: len(o.cases)}); err != nil {
		a.Log.WarnContext(ctx, "broadcast will start later", "broadcast", id, "error", err)
	}
	return a.showBroadcast(w, r, v, id, http.StatusAccepted)
}

// broadcastSpace is the namespace of the ids of broadcasts that are made of keys.
var broadcastSpace = uuid.MustParse("5b0f4c36-9f0c-4a34-8c55-0d5f4a1f5e37")

// replayBroadcast answers a request that was made before. done is false when it is new.
func (a *api) replayBroadcast(w http.ResponseWriter, r *http.Request, v viewer, s submission, id string) (done bool, err error) {
	b, err := a.Store.Broadcast(r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case b.Command.Fingerprint != s.fingerprint:
		return false, errKeyReused
	}
	w.Header().Set("Idempotent-Replay", "true")
	return true, a.showBroadcast(w, r, v, id, http.StatusAccepted)
}

// caseRef is a case in short.
type caseRef struct {
	Case   string `json:"case"`
	Number string `json:"number"`
	Title  string `json:"title"`
}

// refusalView is why a case did not take a command; null where it did.
type refusalView struct {
	Code   *string        `json:"code"`
	Detail *string        `json:"detail"`
	Rule   *string        `json:"rule"`
	Fields []problemField `json:"fields"`
}

func (v viewer) refusal(e *casefile.Error) refusalView {
	view := refusalView{Fields: []problemField{}}
	if e == nil {
		return view
	}
	view.Code, view.Rule = text(e.Code), text(e.Rule)
	view.Detail = text(v.lang.of(policy.Text{Chinese: e.Chinese, English: e.English}))
	for _, f := range e.Fields {
		view.Fields = append(view.Fields, problemField{f.Field, f.Code, v.lang.of(policy.Text{Chinese: f.Chinese, English: f.English}), f.Line, f.Column})
	}
	return view
}

// broadcastView is a broadcast. Its counts leave out the cases that accuse the caller.
type broadcastView struct {
	ID          string               `json:"id"`
	Command     casefile.Kind        `json:"command"`
	Body        map[string]any       `json:"body"`
	Text        *string              `json:"text"`
	Filter      json.RawMessage      `json:"filter"`
	OrderedBy   personView           `json:"ordered_by"`
	CreatedAt   time.Time            `json:"created_at"`
	State       store.BroadcastState `json:"state"`
	EndedAt     *time.Time           `json:"ended_at"`
	CancelledBy *string              `json:"cancelled_by"`
	CancelledAt *time.Time           `json:"cancelled_at"`
	Total       int                  `json:"total"`
	Results     resultsView          `json:"results"`
}

type personView struct {
	Official string        `json:"official"`
	Name     string        `json:"name"`
	Role     casefile.Role `json:"role"`
	Unit     string        `json:"unit"`
}

type resultsView struct {
	Pending int `json:"pending"`
	Done    int `json:"done"`
	Refused int `json:"refused"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
}

func (v viewer) broadcast(b store.Broadcast) (broadcastView, error) {
	by := b.Command.Actor
	n := resultsView{b.Results[store.Pending], b.Results[store.Done], b.Results[store.Refused], b.Results[store.Failed], b.Results[store.Skipped]}
	view := broadcastView{
		ID: b.ID, Command: b.Command.Kind, Body: map[string]any{}, Text: text(b.Words), Filter: b.Selection,
		OrderedBy: personView{by.ID, v.rules.Directory.Officials[by.ID].Name, by.Role, by.Unit}, CreatedAt: b.CreatedAt.UTC(),
		State: b.State, EndedAt: instant(b.EndedAt), CancelledBy: text(b.CancelledBy), CancelledAt: instant(b.CancelledAt),
		Total: n.Pending + n.Done + n.Refused + n.Failed + n.Skipped, Results: n,
	}
	raw, err := json.Marshal(b.Command)
	if err != nil {
		return view, err
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return view, err
	}
	fields, _ := casefile.Fields(b.Command.Kind)
	for _, f := range fields {
		if value, ok := all[f.Name]; ok && f.Name != "text" {
			view.Body[f.Name] = value
		}
	}
	return view, nil
}

// broadcastCaseView is what became of one case of a broadcast.
type broadcastCaseView struct {
	caseRef
	Result    store.BroadcastResult `json:"result"`
	CommandID string                `json:"command_id"`
	Seq       *int64                `json:"seq"`
	refusalView
	At *time.Time `json:"at"`
}

func (v viewer) broadcastCase(c store.BroadcastCase) broadcastCaseView {
	view := broadcastCaseView{
		caseRef: caseRef{c.Case, c.Number, c.Title}, Result: c.Result, CommandID: c.Command, refusalView: v.refusal(c.Refusal), At: instant(c.At),
	}
	if c.Seq > 0 {
		view.Seq = &c.Seq
	}
	return view
}

// seenBroadcast reads the broadcast that the address names, for those who may know of it.
func (a *api) seenBroadcast(r *http.Request) (viewer, store.Broadcast, error) {
	v, err := a.viewer(r)
	if err != nil {
		return v, store.Broadcast{}, err
	}
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return v, store.Broadcast{}, errNoBroadcast
	}
	b, err := a.Store.Broadcast(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !casefile.SeesBroadcast(b.Command.Actor, v.by, v.rules.Directory) {
		return v, store.Broadcast{}, errNoBroadcast
	}
	if err != nil {
		return v, b, err
	}
	b.Results, err = a.Store.BroadcastResults(r.Context(), v.by, id)
	return v, b, err
}

// showBroadcast answers with a broadcast as it is now.
func (a *api) showBroadcast(w http.ResponseWriter, r *http.Request, v viewer, id string, status int) error {
	b, err := a.Store.Broadcast(r.Context(), id)
	if err != nil {
		return err
	}
	if b.Results, err = a.Store.BroadcastResults(r.Context(), v.by, id); err != nil {
		return err
	}
	view, err := v.broadcast(b)
	if err != nil {
		return err
	}
	if status == http.StatusAccepted {
		w.Header().Set("Location", "/api/v1/broadcasts/"+id)
	}
	return writeJSON(w, r, status, view)
}

// getBroadcasts lists the broadcasts that the caller may know of, the newest first.
func (a *api) getBroadcasts(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	cursor, limit := q.text("cursor", 500), q.number("limit", defaultPage, maxPage)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	page, next, err := a.Store.Broadcasts(r.Context(), v.by, cursor, limit)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	list := struct {
		Broadcasts []broadcastView `json:"broadcasts"`
		NextCursor *string         `json:"next_cursor"`
	}{make([]broadcastView, len(page)), text(next)}
	for i, b := range page {
		if list.Broadcasts[i], err = v.broadcast(b); err != nil {
			return err
		}
	}
	return writeJSON(w, r, http.StatusOK, list)
}

// getBroadcast shows a broadcast with a page of its cases.
func (a *api) getBroadcast(w http.ResponseWriter, r *http.Request) error {
	v, b, err := a.seenBroadcast(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	result := store.BroadcastResult(q.oneOf("result", names(store.BroadcastResults)...))
	cursor, limit := q.text("cursor", 20), q.number("limit", defaultPage, maxPage)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	after := 0
	if cursor != "" {
		if after, err = strconv.Atoi(cursor); err != nil || after < 1 || after > maxBroadcast {
			return notACursor()
		}
	}
	rows, err := a.Store.BroadcastCases(r.Context(), v.by, b.ID, result, after, limit+1, v.now)
	if err != nil {
		return err
	}
	view := struct {
		broadcastView
		Cases      []broadcastCaseView `json:"cases"`
		NextCursor *string             `json:"next_cursor"`
	}{Cases: []broadcastCaseView{}}
	if view.broadcastView, err = v.broadcast(b); err != nil {
		return err
	}
	for i, row := range rows {
		if i == limit {
			view.NextCursor = text(strconv.Itoa(rows[i-1].Position))
			break
		}
		view.Cases = append(view.Cases, v.broadcastCase(row))
	}
	return writeJSON(w, r, http.StatusOK, view)
}

func notACursor() error {
	return invalidFields(casefile.FieldError{
		Field: "cursor", Code: "not_a_cursor", Chinese: "不是本列表给出的游标（排序须与之前一致）", English: "not a cursor of this list in this order",
	})
}

// postCancel stops a broadcast. What was given stays given.
func (a *api) postCancel(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, b, err := a.seenBroadcast(r)
	if err != nil {
		return err
	}
	if refusal := casefile.PermitCancel(b.Command.Actor, v.by, v.rules.Directory); refusal != nil {
		return refusal
	}
	body, err := readBody(w, r, nil)
	if err != nil {
		return err
	}
	if _, err := a.submit(r, body); err != nil {
		return err
	}
	if err := body.err(nil); err != nil {
		return err
	}
	if b.State == store.BroadcastRunning {
		err := a.Engine.CancelBroadcast(ctx, b.ID, v.by.ID)
		if errors.Is(err, workflows.ErrNoWorkflow) {
			err = a.cancelUnstarted(ctx, b, v.by)
		}
		if err != nil {
			return err
		}
		if b, err = a.Store.Broadcast(ctx, b.ID); err != nil {
			return err
		}
	}
	if b.State == store.BroadcastDone {
		return errBroadcastEnded
	}
	return a.showBroadcast(w, r, v, b.ID, http.StatusOK)
}

// cancelUnstarted cancels a broadcast without a workflow: one that has ended meanwhile
// stays as it is, one that could not be started so far is started for it.
func (a *api) cancelUnstarted(ctx context.Context, b store.Broadcast, by casefile.Actor) error {
	now, err := a.Store.Broadcast(ctx, b.ID)
	if err != nil || now.State != store.BroadcastRunning {
		return err
	}
	if err := a.Engine.Broadcast(ctx, workflows.BroadcastInput{ID: b.ID, Kind: b.Command.Kind, Total: b.Total}); err != nil {
		return err
	}
	return a.Engine.CancelBroadcast(ctx, b.ID, by.ID)
}
