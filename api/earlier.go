package api

import (
	"errors"
	"net/http"

	"shuangze/casefile"
	"shuangze/store"
)

// earlierCase is an earlier case that may be the same matter.
type earlierCase struct {
	Case summary  `json:"case"`
	By   []string `json:"by"`
}

// postEarlier shows the clerk who registers likely earlier cases: by a telephone or
// identity number, or by a like title. Each search is logged.
func (a *api) postEarlier(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	if refusal := casefile.Permit(casefile.Case{}, casefile.Register, v.by, v.rules); refusal != nil {
		return refusal
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "phone"}, {Name: "identity"}, {Name: "title"}})
	if err != nil {
		return err
	}
	like := store.Likeness{Phone: b.line("phone", maxPhone), Identity: b.line("identity", maxPhone), Title: b.line("title", maxTitle)}
	if like == (store.Likeness{}) {
		b.wrong("phone", "required", "电话、身份证号、标题至少填一项", "give a telephone number, an identity number or a title")
	}
	if err := b.err(nil); err != nil {
		return err
	}
	found, err := a.Store.Earlier(r.Context(), v.by, like, v.now)
	if err != nil {
		return err
	}
	views := []earlierCase{}
	for _, m := range found {
		views = append(views, earlierCase{v.summary(m.Row), m.By})
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"cases": views})
}

// linkable says whether there is an earlier case of this id that the caller may know of.
func (a *api) linkable(r *http.Request, v viewer, id string) error {
	row, err := a.Store.Case(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !casefile.Sees(row.Case, v.by, v.rules) {
		return invalidFields(casefile.FieldError{
			Field: "earlier", Code: "unknown_case", Chinese: "没有这个信访事项", English: "there is no such case",
		})
	}
	return err
}
