package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/store"
)

var (
	errNoDraft       = refuse(http.StatusNotFound, "draft_not_found", "没有这份草稿，可能已登记、已删除或已过期", "there is no such draft: it was registered, deleted or has expired")
	errTooManyDrafts = refuse(http.StatusConflict, "too_many_drafts", "草稿最多保存10份，请先登记或删除已有的草稿", "10 drafts can be kept; register or delete one first")
)

// typedFields are what a draft can have: the fields of a registration, the petitioner's
// with their prefix, and the earlier cases that it is to be linked to.
var typedFields = func() (fields []casefile.Field) {
	all, _ := casefile.Fields(casefile.Register)
	names := []string{"petitioner.name", "petitioner.phone", "petitioner.identity", "petitioner.address", "earlier"}
	for _, f := range all {
		if f.Name != "petitioner" {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fields = append(fields, casefile.Field{Name: name})
	}
	return fields
}()

type draftView struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	SavedAt time.Time         `json:"saved_at"`
	Fields  map[string]string `json:"fields,omitempty"`
}

func draftOf(d store.Draft, whole bool) draftView {
	view := draftView{ID: d.ID, Title: strings.TrimSpace(d.Fields["title"]), SavedAt: d.SavedAt.UTC()}
	if whole {
		view.Fields = d.Fields
	}
	return view
}

// author is who calls, if they may register: only then is there anything to begin.
func (a *api) author(r *http.Request) (string, error) {
	v, err := a.viewer(r)
	if err != nil {
		return "", err
	}
	if refusal := casefile.Permit(casefile.Case{}, casefile.Register, v.by, v.rules); refusal != nil {
		return "", refusal
	}
	if id := chi.URLParam(r, "id"); id != "" && !caseID.MatchString(id) {
		return "", errNoDraft
	}
	return v.by.ID, nil
}

func (a *api) getDrafts(w http.ResponseWriter, r *http.Request) error {
	author, err := a.author(r)
	if err != nil {
		return err
	}
	drafts, err := a.Store.Drafts(r.Context(), author)
	if err != nil {
		return err
	}
	views := make([]draftView, len(drafts))
	for i, d := range drafts {
		views[i] = draftOf(d, false)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"drafts": views})
}

func (a *api) getDraft(w http.ResponseWriter, r *http.Request) error {
	author, err := a.author(r)
	if err != nil {
		return err
	}
	drafts, err := a.Store.Drafts(r.Context(), author)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(drafts, func(d store.Draft) bool { return d.ID == chi.URLParam(r, "id") && d.Fields != nil })
	if i < 0 {
		return errNoDraft
	}
	return writeJSON(w, r, http.StatusOK, draftOf(drafts[i], true))
}

// putDraft keeps what was typed, right or wrong: a registration is checked when it is
// registered.
func (a *api) putDraft(w http.ResponseWriter, r *http.Request) error {
	author, err := a.author(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "fields", Required: true}})
	if err != nil {
		return err
	}
	fields := map[string]string{}
	b.object("fields", func(in *body) {
		for _, f := range typedFields {
			var typed string
			switch {
			case !in.value(f.Name, &typed, "应为字符串", "must be a string"):
			case utf8.RuneCountInString(typed) > 2*maxText:
				in.wrong(f.Name, "too_long", "过长", "is too long")
			case typed != "":
				fields[f.Name] = typed
			}
		}
	}, typedFields...)
	if len(fields) == 0 && len(b.problems) == 0 {
		b.wrong("fields", "required", "此项必填", "this field is required")
	}
	if err := b.err(nil); err != nil {
		return err
	}
	d, err := a.Store.SaveDraft(r.Context(), author, chi.URLParam(r, "id"), fields)
	if errors.Is(err, store.ErrTooManyDrafts) {
		return errTooManyDrafts
	}
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, draftOf(d, false))
}

func (a *api) deleteDraft(w http.ResponseWriter, r *http.Request) error {
	author, err := a.author(r)
	if err != nil {
		return err
	}
	if err := a.Store.EndDraft(r.Context(), author, chi.URLParam(r, "id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
