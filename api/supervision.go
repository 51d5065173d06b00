package api

import (
	"errors"
	"net/http"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

// supervisedView is a supervised case with its channels side by side.
type supervisedView struct {
	summary
	Channels     []channelView     `json:"channels"`
	Instructions []instructionView `json:"instructions"`
}

// instructionView is a leader's written instruction (批示).
type instructionView struct {
	By   string    `json:"by"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	Text *string   `json:"text"`
}

// getSupervision lists the supervised cases that the caller may see, with what the two
// offices and the joint meeting have asked for and heard.
func (a *api) getSupervision(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	filter := q.filter(v.rules)
	filter.Supervised = true
	if filter.Supervision == casefile.NotSupervised {
		q.notInList("supervision", names(casefile.Supervisions))
	}
	if err := q.err(); err != nil {
		return err
	}
	page, err := a.Store.Cases(ctx, v.by, filter, v.now)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	ids := make([]string, len(page.Rows))
	for i, row := range page.Rows {
		ids[i] = row.Case.ID
	}
	instructed, err := a.Store.Instructions(ctx, ids)
	if err != nil {
		return err
	}
	var documents []string
	for _, row := range page.Rows {
		for _, ch := range row.Case.Channels {
			if ch.Document != nil {
				documents = append(documents, ch.Document.ID)
			}
		}
		for _, e := range instructed[row.Case.ID] {
			documents = append(documents, e.Document.ID)
		}
	}
	texts, err := a.Store.Documents(ctx, documents)
	if err != nil {
		return err
	}
	list := struct {
		Cases      []supervisedView `json:"cases"`
		Total      int              `json:"total"`
		NextCursor *string          `json:"next_cursor"`
	}{make([]supervisedView, len(page.Rows)), page.Total, text(page.Next)}
	for i, row := range page.Rows {
		view := supervisedView{v.summary(row), []channelView{}, []instructionView{}}
		for _, ch := range row.Case.Channels {
			view.Channels = append(view.Channels, v.channel(row.Case, ch, texts))
		}
		for _, e := range instructed[row.Case.ID] {
			view.Instructions = append(view.Instructions, instructionView{e.Actor.ID, v.rules.Directory.Officials[e.Actor.ID].Name, e.At.UTC(), words(texts, e.Document)})
		}
		list.Cases[i] = view
	}
	return writeJSON(w, r, http.StatusOK, list)
}
