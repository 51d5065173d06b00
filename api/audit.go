package api

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

// actView is one thing that somebody did.
type actView struct {
	Source   string    `json:"source"`
	At       time.Time `json:"at"`
	Official string    `json:"official"`
	What     string    `json:"what"`
	Case     *string   `json:"case"`
	Number   *string   `json:"number"`
	Subject  *string   `json:"subject"`
	Fields   []string  `json:"fields"`
}

// auditDays is how far back a search goes that names neither a case nor a first day.
const auditDays = 30

// getAudit searches who did what when. The auditor sees all of it, the administrator what
// concerns the administration alone: of cases they see nothing anywhere.
func (a *api) getAudit(w http.ResponseWriter, r *http.Request) error {
	v, err := a.inspected(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	f := store.ActFilter{
		Official: q.line("official"), Case: q.line("case"), What: q.line("what"), From: q.instant("from"), Until: q.instant("until"),
		Sources: store.ActSources, Limit: q.number("limit", defaultPage, maxPage),
	}
	if !casefile.InspectsCases(v.by) {
		f.Sources = []string{store.InAdministration}
	}
	if source := q.oneOf("source", store.ActSources...); source != "" {
		f.Sources = slices.DeleteFunc(slices.Clone(f.Sources), func(s string) bool { return s != source })
	}
	if f.From.IsZero() && f.Case == "" {
		until := f.Until
		if until.IsZero() {
			until = v.now
		}
		f.From = until.AddDate(0, 0, -auditDays)
	}
	if cursor := q.text("cursor", 500); cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		at, ref, ok := strings.Cut(string(raw), " ")
		instant, wrong := time.Parse(time.RFC3339Nano, at)
		if err != nil || !ok || wrong != nil {
			q.wrong("cursor", "not_a_cursor", "不是本列表给出的游标", "not a cursor of this list")
		}
		f.Before = store.Act{At: instant, Ref: ref}
	}
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	acts, err := a.Store.Acts(r.Context(), v.by, v.rules.Directory, f)
	if err != nil {
		return err
	}
	answer := struct {
		Acts       []actView `json:"acts"`
		NextCursor *string   `json:"next_cursor"`
	}{Acts: make([]actView, len(acts))}
	for i, act := range acts {
		answer.Acts[i] = actView{act.Source, act.At.UTC(), act.Official, act.What, text(act.Case), text(act.Number), text(act.Subject), act.Fields}
	}
	if len(acts) == f.Limit {
		last := acts[len(acts)-1]
		answer.NextCursor = text(base64.RawURLEncoding.EncodeToString([]byte(last.At.UTC().Format(time.RFC3339Nano) + " " + last.Ref)))
	}
	return writeJSON(w, r, http.StatusOK, answer)
}
