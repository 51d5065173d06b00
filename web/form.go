package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/width"
)

// formPage is a page with one form. It is made of what was typed; where the API refuses it,
// it comes back with that and with what is wrong beside each field.
type formPage struct {
	page
	Crumbs  []link
	Lead    string
	Notes   []string
	Action  string // where the form goes
	Submit  string
	Cancel  string
	Confirm string // asked once more where there is a script
	Key     string // with which it is sent: the same form twice does one thing
	Fields  []field
	Problem *problem
}

// link is an address with its words.
type link struct{ To, Label string }

// Wrong are the fields that must be corrected.
func (p formPage) Wrong() []field { return wrongOf(p.Fields) }

func wrongOf(fields []field) (wrong []field) {
	for _, f := range fields {
		if f.Wrong != "" {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

// signedInAgain is said over a form whose sender had to sign in once more.
func (l lang) signedInAgain() string {
	return l.t("已重新登录。您填写的内容都在，请核对后再次提交。", "You are signed in again. What you had typed is all here: check it and send it once more.")
}

// keepsTyped reports whether the page at an address shows its form with what was typed,
// after its sender had to sign in again.
func (s *console) keepsTyped(path string) bool {
	if path == "/cases/new" || formOfCommand.MatchString(path) {
		return true
	}
	form := slices.ContainsFunc([]string{"/admin/", "/campaigns/", "/receptions/", "/targets/", "/broadcasts/"}, func(p string) bool { return strings.HasPrefix(path, p) })
	return form && s.mux.Match(chi.NewRouteContext(), http.MethodGet, path)
}

var formOfCommand = regexp.MustCompile(`^/cases/[^/]+/do/[^/]+$`)

// formOf is the address of the form that was sent to another, which shows no page of its own.
func formOf(path string) string {
	if strings.HasPrefix(path, "/admin/rules/draft/") {
		return strings.TrimSuffix(path, "/publish")
	}
	return path
}

type typedKey struct{}

// refilled asks for the page of a form, to be filled with what was typed.
func refilled(r *http.Request, path string, typed url.Values) *http.Request {
	ctx := context.WithValue(context.WithValue(r.Context(), typedKey{}, typed), chi.RouteCtxKey, (*chi.Context)(nil))
	again := r.Clone(ctx)
	again.Method, again.URL, again.RequestURI = http.MethodGet, &url.URL{Path: path}, path
	return again
}

// typedAgain is what was typed before somebody had to sign in again.
func typedAgain(r *http.Request) (url.Values, bool) {
	typed, ok := r.Context().Value(typedKey{}).(url.Values)
	return typed, ok
}

// typedIn is what fills a form: what was sent. Of the address a form takes only what it asks
// for by name: whoever makes up a link fills in nothing else.
func typedIn(r *http.Request) url.Values {
	if typed, ok := typedAgain(r); ok {
		return typed
	}
	return r.PostForm
}

// texts are the names of the fields that take more than one line.
var texts = []string{"text", "about", "reason", "topic", "off", "work", "policy"}

// noText is what a field of such a name has where it is a choice.
var noText = regexp.MustCompile(`^[a-z_]*$`)

// textsIn are the texts that came with a form, whatever became of it.
func textsIn(r *http.Request) (all []string) {
	typed, again := typedAgain(r)
	if !again {
		typed = url.Values{}
		for name, values := range r.PostForm {
			typed[strings.TrimPrefix(name, typedPrefix)] = values
		}
	}
	typed = drafted(typed)
	for _, name := range texts {
		for _, value := range typed[name] {
			if value = strings.TrimSpace(value); !noText.MatchString(value) {
				all = append(all, value)
			}
		}
	}
	return all
}

// fill puts what was typed into the fields.
func fill(fields []field, typed url.Values) []field {
	for i := range fields {
		f := &fields[i]
		f.ID = cmp.Or(f.ID, f.Name)
		if values, ok := typed[f.Name]; ok {
			f.Value, f.Values = values[0], values
		}
	}
	return fields
}

// refusal is why a form is shown again; the rest of err is no refusal of the form.
func refusal(err error) (*problem, error) {
	var refused *problem
	if !errors.As(err, &refused) || refused.Status == http.StatusNotFound || refused.Status == http.StatusForbidden {
		return nil, err
	}
	return refused, nil
}

// place puts each field's problem beside its field; what has no field of its own joins the
// sentence above the form.
func place(refused *problem, field func(name string) *field) {
	for _, wrong := range refused.Fields {
		f := field(wrong.Field)
		if f == nil || f.Control == "hidden" {
			refused.Detail += " " + wrong.Message
			continue
		}
		f.Wrong = cmp.Or(f.Wrong, wrong.Message) // who it may mean says more than that it is nobody's id
	}
}

// in finds a field of a list by its name; nil: none is called so.
func in(fields []field) func(name string) *field {
	return func(name string) *field {
		i := slices.IndexFunc(fields, func(f field) bool { return f.Name == name })
		if i < 0 {
			return nil
		}
		return &fields[i]
	}
}

// keyOf is the key of a form: the one that it was sent with, unless that was used for
// something else.
func keyOf(typed url.Values, refused *problem) string {
	if key := typed.Get("key"); key != "" && (refused == nil || refused.Code != "idempotency_key_reused") {
		return key
	}
	return rand.Text()
}

// form shows a form, or shows it again after a refusal.
func (s *console) form(w http.ResponseWriter, r *http.Request, p formPage, refused *problem) error {
	typed, status := typedIn(r), http.StatusOK
	p.Fields, p.Key = fill(p.Fields, typed), keyOf(typed, refused)
	if err := s.offerAll(callerOf(r), p.Fields); err != nil {
		return err
	}
	if p.Problem = refused; refused != nil {
		status = refused.Status
		place(refused, in(p.Fields))
	}
	return s.show(w, r, status, "form", p)
}

// line is a text of one line that was typed, without blanks around it.
func line(typed url.Values, name string) string { return strings.TrimSpace(typed.Get(name)) }

// bodyOf takes the fields that were filled in, as they are: the API says what is wrong with
// them.
func bodyOf(typed url.Values, names ...string) map[string]any {
	body := map[string]any{}
	for _, name := range names {
		if v := line(typed, name); v != "" {
			body[name] = v
		}
	}
	return body
}

// counted is a number that was typed, with an input method's full-width digits too; what
// is none stays as it is, for the API to refuse.
func counted(typed string) any {
	if n, err := strconv.Atoi(width.Fold.String(typed)); err == nil {
		return n
	}
	return typed
}
