package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/store"
)

// The filters that a person keeps under a name: how many, and how long a name is, in
// characters.
const (
	maxFilters    = 20
	maxFilterName = 30
)

var (
	errNoFilter    = refuse(http.StatusNotFound, "filter_not_found", "没有这个已存条件", "there is no such saved filter")
	errManyFilters = refuse(http.StatusConflict, "too_many_filters", "最多保存"+strconv.Itoa(maxFilters)+"个条件，请先删除不用的",
		"at most "+strconv.Itoa(maxFilters)+" filters can be saved; delete one first")
)

type filterView struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Query string `json:"query"`
}

// getFilters lists the filters that the caller has saved.
func (a *api) getFilters(w http.ResponseWriter, r *http.Request) error {
	saved, err := a.Store.SavedFilters(r.Context(), officialOf(r).ID)
	if err != nil {
		return err
	}
	list := make([]filterView, len(saved))
	for i, f := range saved {
		list[i] = filterView(f)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"filters": list})
}

// postFilter keeps a filter under a name; the one that had the name gives way.
func (a *api) postFilter(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "name", Required: true}, {Name: "query", Required: true}})
	if err != nil {
		return err
	}
	f := store.SavedFilter{ID: uuid.NewString(), Name: b.line("name", maxFilterName), Query: b.conditions("query", v.rules)}
	if f.Name == "" && !b.has("name") {
		b.wrong("name", "required", "此项必填", "this field is required")
	}
	if err := b.err(nil); err != nil {
		return err
	}
	saved, ok, err := a.Store.SaveFilter(r.Context(), v.by.ID, f, maxFilters, v.now)
	switch {
	case err != nil:
		return err
	case !ok:
		return errManyFilters
	}
	return writeJSON(w, r, http.StatusCreated, filterView(saved))
}

// conditions reads the part of a list's address that says which cases it shows and how.
func (b *body) conditions(name string, rules casefile.Rules) string {
	s := b.line(name, 1000)
	values, err := url.ParseQuery(s)
	if err != nil {
		b.wrong(name, "malformed_query", "查询参数无法读取", "the parameters can't be read")
		return ""
	}
	q := &query{body: body{prefix: b.prefix + name + "."}, values: values}
	q.narrow(rules)
	q.sort()
	q.columns("columns")
	q.done()
	b.problems = append(b.problems, q.problems...)
	for given := range values {
		if values.Get(given) == "" {
			values.Del(given)
		}
	}
	if len(values) == 0 && !b.has(name) {
		b.wrong(name, "required", "至少填写一项条件", "give at least one condition")
	}
	return values.Encode()
}

// deleteFilter forgets a filter of the caller's.
func (a *api) deleteFilter(w http.ResponseWriter, r *http.Request) error {
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return errNoFilter
	}
	err := a.Store.DropFilter(r.Context(), officialOf(r).ID, id)
	if errors.Is(err, store.ErrNotFound) {
		return errNoFilter
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
