package web

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

// registerPage is the form with which somebody registers what a petitioner brings.
type registerPage struct {
	page
	Draft   string // under which it is kept, and sent: the same form twice does one thing
	Parts   []formPart
	Hidden  []field
	Earlier earlierCases
	Drafts  []draft
	Began   *time.Time // when the draft shown was saved
	Problem *problem
}

// formPart is a part of a long form.
type formPart struct {
	ID, Title string
	Fields    []placed
}

// placed is a field with its place: Size is third, half, whole or row, and When says with what in
// another field it applies, for the script to hide it otherwise.
type placed struct {
	Field      field
	Size, When string
}

// Wrong are the fields that must be corrected.
func (p registerPage) Wrong() (wrong []field) {
	for _, part := range p.Parts {
		for _, f := range part.Fields {
			if f.Field.Wrong != "" {
				wrong = append(wrong, f.Field)
			}
		}
	}
	return wrong
}

// earlierCases are those that may be the same matter.
type earlierCases struct {
	Cases    []earlierCase
	Searched bool
}

type earlierCase struct {
	Case   summary  `json:"case"`
	By     []string `json:"by"`
	Linked bool     // to be linked with the registration
}

// maxEarlier is how many the API shows, and how many can be linked with a registration.
const maxEarlier = 20

// Same reports whether it is the same person's.
func (c earlierCase) Same() bool {
	return slices.Contains(c.By, "phone") || slices.Contains(c.By, "identity")
}

type draft struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	SavedAt time.Time         `json:"saved_at"`
	Fields  map[string]string `json:"fields"`
}

// getRegistration shows the form: empty, with a draft, or for a visit on a reception day.
func (s *console) getRegistration(w http.ResponseWriter, r *http.Request) error {
	if typed, again := typedAgain(r); again {
		if typed.Get("draft") == "" {
			typed.Set("draft", rand.Text())
		}
		p, err := s.registerPage(r, typed)
		if err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, "register", p)
	}
	by, query := callerOf(r), r.URL.Query()
	typed, id := url.Values{}, rand.Text()
	for _, name := range []string{"channel", "origin"} { // as in the registration before
		if v := query.Get(name); v != "" {
			typed.Set(name, v)
		}
	}
	var begun *draft
	if begunID := query.Get("draft"); begunID != "" {
		begun = &draft{}
		if err := s.api.get(by, "/me/drafts/"+url.PathEscape(begunID), begun); err != nil {
			return err
		}
		id, typed = begun.ID, url.Values{"draft": {begun.ID}}
		for name, value := range begun.Fields {
			typed.Set(name, value)
		}
		typed["earlier"] = strings.Fields(begun.Fields["earlier"])
	}
	if err := s.visit(by, query.Get("reception"), query.Get("appointment"), typed); err != nil {
		return err
	}
	p, err := s.registerPage(r, typed)
	if err != nil {
		return err
	}
	p.Draft = id
	if begun != nil {
		p.Began = &begun.SavedAt
	}
	return s.show(w, r, http.StatusOK, "register", p)
}

// visit fills in what is known of a visit on a reception day: the day, and who had an
// appointment.
func (s *console) visit(by caller, reception, appointment string, typed url.Values) error {
	if reception == "" {
		return nil
	}
	var day struct {
		On calendar.Date `json:"on"`
	}
	if err := s.api.get(by, "/receptions/"+url.PathEscape(reception), &day); err != nil {
		return err
	}
	typed.Set("channel", "reception")
	typed.Set("reception", reception)
	typed.Set("received_at", day.On.String())
	if appointment == "" {
		return nil
	}
	var booked struct {
		Appointments []struct {
			ID      string `json:"id"`
			Name    string `json:"name"`
			Phone   string `json:"phone"`
			Address string `json:"address"`
			Topic   string `json:"topic"`
		} `json:"appointments"`
	}
	if err := s.api.get(by, "/receptions/"+url.PathEscape(reception)+"/appointments", &booked); err != nil {
		return err
	}
	for _, a := range booked.Appointments {
		if a.ID == appointment {
			typed.Set("appointment", a.ID)
			typed.Set("petitioner.name", a.Name)
			typed.Set("petitioner.phone", a.Phone)
			typed.Set("petitioner.address", a.Address)
			typed.Set("text", a.Topic)
		}
	}
	return nil
}

// postRegistration registers, saves the draft or looks for earlier cases, whichever button
// was pressed. What was typed comes back in any case.
func (s *console) postRegistration(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	if form.Get("draft") == "" {
		form.Set("draft", rand.Text())
	}
	switch form.Get("do") {
	case "draft":
		return s.saveDraft(w, r)
	case "earlier":
		p, err := s.registerPage(r, form)
		if err != nil {
			return err
		}
		if p.Earlier, err = s.earlier(callerOf(r), form); err != nil {
			return s.refused(w, r, p, err)
		}
		return s.show(w, r, http.StatusOK, "register", p)
	}
	return s.register(w, r)
}

// register does it and, with the same form, links the earlier cases that were ticked.
func (s *console) register(w http.ResponseWriter, r *http.Request) error {
	by, form := callerOf(r), r.PostForm
	key := form.Get("draft")
	var c summary
	if _, err := s.api.call(by, http.MethodPost, "/cases", key, registration(form), &c); err != nil {
		p, made := s.registerPage(r, form)
		if made != nil {
			return made
		}
		return s.refused(w, r, p, err)
	}
	next := url.Values{"done": {string(casefile.Register)}}
	for _, id := range form["earlier"][:min(len(form["earlier"]), maxEarlier)] {
		_, err := s.api.call(by, http.MethodPost, "/cases/"+url.PathEscape(c.ID)+"/commands/link", key+"-"+id, map[string]any{"earlier": id}, nil)
		var refused *problem
		switch {
		case errors.As(err, &refused):
			next.Set("unlinked", "yes") // it is registered all the same; the page says so
		case err != nil:
			return err
		}
	}
	if err := s.endDraft(by, key); err != nil {
		return err
	}
	http.Redirect(w, r, "/cases/"+url.PathEscape(c.ID)+"/receipt?"+next.Encode(), http.StatusSeeOther)
	return nil
}

// refused shows the form again with what is wrong.
func (s *console) refused(w http.ResponseWriter, r *http.Request, p registerPage, err error) error {
	var refused *problem
	if !errors.As(err, &refused) || refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound {
		return err
	}
	p.Problem = refused
	if refused.Code == "idempotency_key_reused" {
		p.Draft = rand.Text()
	}
	place(refused, p.field)
	return s.show(w, r, refused.Status, "register", p)
}

func (p registerPage) field(name string) *field {
	for _, part := range p.Parts {
		for i := range part.Fields {
			if part.Fields[i].Field.Name == name {
				return &part.Fields[i].Field
			}
		}
	}
	return nil
}

// registration is what a form says, as the API takes it. What is no number is left for the
// API to refuse.
func registration(form url.Values) map[string]any {
	body := map[string]any{}
	fields, _ := casefile.Fields(casefile.Register)
	for _, f := range fields {
		value := strings.TrimSpace(form.Get(f.Name))
		if value == "" {
			continue
		}
		body[f.Name] = value
		switch f.Name {
		case "headcount", "representatives":
			body[f.Name] = counted(value)
		case "repeated", "key", "difficult", "urgent", "simple", "on_the_spot":
			body[f.Name] = value == "true"
		case "known_at": // by the clocks on the walls in China
			if at, err := time.ParseInLocation("2006-01-02T15:04", value, calendar.Zone); err == nil {
				body[f.Name] = at.Format(time.RFC3339)
			}
		}
	}
	if who := petitioner(form, false); len(who) > 0 {
		body["petitioner"] = who
	}
	return body
}

// petitioner is who complained as a form says it, with what is empty or without.
func petitioner(form url.Values, empty bool) map[string]any {
	who := map[string]any{}
	for _, name := range []string{"name", "phone", "identity", "address"} {
		if value := strings.TrimSpace(form.Get("petitioner." + name)); value != "" || empty {
			who[name] = value
		}
	}
	return who
}

// saveDraft keeps what was typed so far. Where it was saved by the script, nobody follows
// the way back to it.
func (s *console) saveDraft(w http.ResponseWriter, r *http.Request) error {
	by, form := callerOf(r), r.PostForm
	fields := map[string]string{"earlier": strings.Join(form["earlier"], " ")}
	known, _ := casefile.Fields(casefile.Register)
	for name := range form {
		if strings.HasPrefix(name, "petitioner.") || slices.ContainsFunc(known, func(f casefile.Field) bool { return f.Name == name }) {
			fields[name] = form.Get(name)
		}
	}
	_, err := s.api.call(by, http.MethodPut, "/me/drafts/"+url.PathEscape(form.Get("draft")), "", map[string]any{"fields": fields}, nil)
	if err != nil {
		p, made := s.registerPage(r, form)
		if made != nil {
			return made
		}
		return s.refused(w, r, p, err)
	}
	http.Redirect(w, r, "/cases/new?draft="+url.QueryEscape(form.Get("draft")), http.StatusSeeOther)
	return nil
}

func (s *console) endDraft(by caller, id string) error {
	_, err := s.api.call(by, http.MethodDelete, "/me/drafts/"+url.PathEscape(id), "", nil, nil)
	return err
}

// postDraftEnd deletes a draft.
func (s *console) postDraftEnd(w http.ResponseWriter, r *http.Request) error {
	if err := s.endDraft(callerOf(r), r.PostForm.Get("draft")); err != nil {
		return err
	}
	http.Redirect(w, r, "/cases/new", http.StatusSeeOther)
	return nil
}

// postEarlier is the part of the form that shows likely earlier cases, for the script. By
// POST: telephone and identity numbers stand in no address.
func (s *console) postEarlier(w http.ResponseWriter, r *http.Request) error {
	found, err := s.earlier(callerOf(r), r.PostForm)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := s.pages[langOf(r)].byName["register"].ExecuteTemplate(&b, "earlier", found); err != nil {
		return fmt.Errorf("earlier cases: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a reader who has gone is no error of ours
	return nil
}

// earlier looks for likely earlier cases. Those that are ticked already come first.
func (s *console) earlier(by caller, form url.Values) (earlierCases, error) {
	kept, err := s.ticked(by, form["earlier"])
	if err != nil {
		return kept, err
	}
	asked := map[string]any{}
	for name, from := range map[string]string{"phone": "petitioner.phone", "identity": "petitioner.identity", "title": "title"} {
		if value := strings.TrimSpace(form.Get(from)); value != "" {
			asked[name] = value
		}
	}
	if len(asked) == 0 {
		return kept, nil
	}
	var found struct {
		Cases []earlierCase `json:"cases"`
	}
	if _, err := s.api.call(by, http.MethodPost, "/cases/earlier", "", asked, &found); err != nil {
		if refused, ok := invalid(err); ok {
			for i, f := range refused.Fields {
				if f.Field != "title" {
					refused.Fields[i].Field = "petitioner." + f.Field
				}
			}
		}
		return kept, err
	}
	kept.Searched = true
	for _, c := range found.Cases {
		i := slices.IndexFunc(kept.Cases, func(k earlierCase) bool { return k.Case.ID == c.Case.ID })
		if i >= 0 {
			kept.Cases[i].By = c.By
		} else {
			kept.Cases = append(kept.Cases, c)
		}
	}
	return kept, nil
}

// ticked are the cases that are to be linked. They are read, not searched for.
func (s *console) ticked(by caller, ids []string) (earlierCases, error) {
	var kept earlierCases
	for _, id := range ids[:min(len(ids), maxEarlier)] {
		c := earlierCase{Linked: true}
		switch err := s.api.get(by, "/cases/"+url.PathEscape(id), &c.Case); {
		case err == nil:
			kept.Cases = append(kept.Cases, c)
		case !errors.As(err, new(*problem)):
			return kept, err
		}
	}
	return kept, nil
}

// registerPage prepares the form, filled in with what was typed.
func (s *console) registerPage(r *http.Request, typed url.Values) (registerPage, error) {
	by := callerOf(r)
	l := by.lang
	p := registerPage{page: s.page(r, l.t("登记信访事项", "Register a petition")), Draft: typed.Get("draft")}
	p.At = "cases/new"
	rules, err := s.api.policy(by)
	if err != nil {
		return p, err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	var begun struct {
		Drafts []draft `json:"drafts"`
	}
	if err := s.api.get(by, "/me/drafts", &begun); err != nil {
		return p, err // who may not register is told so here
	}
	p.Drafts = slices.DeleteFunc(begun.Drafts, func(d draft) bool { return d.ID == p.Draft })
	if p.Earlier, err = s.ticked(by, typed["earlier"]); err != nil {
		return p, err
	}
	b := registrationMaker{formMaker: formMaker{wording{l, rules, names}, caseView{}, casefile.Register, by}, typed: typed, today: p.Today}
	if by.who.Role != casefile.Officer {
		if b.days, err = s.daysFor(by, p.Today, typed.Get("reception")); err != nil {
			return p, err
		}
	}
	if by.who.Role == casefile.Supervisor {
		if b.running, err = s.running(by); err != nil {
			return p, err
		}
	}
	p.Parts = []formPart{b.who(), b.what(), b.where()}
	for _, part := range p.Parts {
		for i := range part.Fields {
			if err := s.offer(by, b.wording, &part.Fields[i].Field); err != nil {
				return p, err
			}
		}
	}
	p.Hidden = []field{{Name: "appointment", Control: "hidden", Value: typed.Get("appointment")}}
	return p, nil
}

// daysFor are the reception days of the last month and the one asked for, whenever it is.
func (s *console) daysFor(by caller, today calendar.Date, asked string) ([]choice, error) {
	days, err := s.receptionDays(by, today)
	if err != nil || asked == "" || slices.ContainsFunc(days, func(c choice) bool { return c.Value == asked }) {
		return days, err
	}
	var day struct {
		On    calendar.Date `json:"on"`
		Name  string        `json:"name"`
		Place string        `json:"place"`
	}
	switch err := s.api.get(by, "/receptions/"+url.PathEscape(asked), &day); {
	case err == nil:
		days = append(days, choice{asked, by.lang.day(day.On) + " " + day.Name + " " + day.Place})
	case !errors.As(err, new(*problem)):
		return nil, err
	}
	return days, nil // one that is unknown is the API's to refuse
}
