package web

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"shuangze/casefile"
)

// Whoever or whatever of the directory is to be chosen is chosen in one way everywhere. A
// field says among whom, as an address of the API. Where they are few it is a select; where
// they are many it is a line into which a name or code is typed, with those nearest as
// suggestions. What was typed is settled into an id before any page sees it; where it can
// mean several, the form comes back with these to choose from.

const (
	mostOffered = 60 // choices of a select
	mostNear    = 20 // suggestions
	mostLike    = 12 // of those who may be meant
)

// scopes are what a choice can be among, with what it can be narrowed by.
var scopes = map[string][]string{
	"/units":     {"kind", "under", "standing"},
	"/officials": {"unit", "under", "role", "level", "serving"},
}

// among is the address of all who can be chosen; what is empty narrows nothing.
func among(list string, narrow ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(narrow); i += 2 {
		if narrow[i+1] != "" {
			values.Set(narrow[i], narrow[i+1])
		}
	}
	if len(values) == 0 {
		return list
	}
	return list + "?" + values.Encode()
}

// amongLeaders are all leaders who have not left.
var amongLeaders = among("/officials", "role", string(casefile.Leader))

// responsible are the kinds of units that can be responsible for a case: no offices.
const responsible = casefile.Authority + "," + casefile.Department + "," + casefile.Enterprise

// amongResponsible are the units that a case can be given to.
var amongResponsible = among("/units", "kind", responsible, "standing", "true")

// amongStanding are all units that were not ended.
var amongStanding = among("/units", "standing", "true")

// amongAll are all officials who have not left.
var amongAll = among("/officials", "serving", "true")

// scope reads such an address, which a browser may have made up.
func scope(among string) (list string, narrow url.Values, ok bool) {
	u, err := url.Parse(among)
	if err != nil || u.Host != "" || scopes[u.Path] == nil {
		return "", nil, false
	}
	narrow = u.Query()
	for name := range narrow {
		if !slices.Contains(scopes[u.Path], name) {
			return "", nil, false
		}
	}
	return u.Path, narrow, true
}

// pick is somebody, or a unit, that can be chosen.
type pick struct {
	ID, Name string
	Group    string // under which it stands in a list
	Short    string // in that list
	Whole    string // by itself: nobody else is called so
}

func (w wording) pickUnit(u unit) pick {
	name := u.Name
	if u.Ended() {
		name += w.t("（已撤并）", " (ended)")
	}
	return pick{u.Code, u.Name, w.of(casefile.UnitKindName(u.Kind)), name, name + "（" + u.Code + "）"}
}

func (w wording) pickOfficial(o official) pick {
	p := pick{ID: o.ID, Name: o.Name, Group: w.Name(o.Unit), Short: strings.TrimSpace(o.Name + " " + o.Post)}
	p.Whole = p.Short + "，" + p.Group + "（" + o.ID + "）"
	if o.Portfolio != "" {
		p.Short += w.t("（分管"+o.Portfolio+"）", " ("+o.Portfolio+")")
	}
	return p
}

// known is who or what has an id, in a list of the directory.
func (w wording) known(list, id string) (pick, bool) {
	if list == "/units" {
		u, ok := w.units[id]
		return w.pickUnit(u), ok
	}
	o, ok := w.officials[id]
	return w.pickOfficial(o), ok
}

// picks asks the API for those among whom one can choose, the nearest to a unit first.
func (s *console) picks(by caller, w wording, scoped, near, words string, most int) (found []pick, total int, err error) {
	list, narrow, ok := scope(scoped)
	if !ok {
		return nil, 0, nil
	}
	narrow.Set("limit", itoa(most))
	for name, value := range map[string]string{"near": near, "q": words} {
		if value != "" {
			narrow.Set(name, value)
		}
	}
	var page struct {
		Units     []unit     `json:"units"`
		Officials []official `json:"officials"`
		Total     int        `json:"total"`
	}
	if err := s.api.get(by, list+"?"+narrow.Encode(), &page); err != nil {
		if _, refused := invalid(err); refused {
			return nil, 0, nil // whoever is meant by something of that kind
		}
		return nil, 0, err
	}
	for _, u := range page.Units {
		found = append(found, w.pickUnit(u))
	}
	for _, o := range page.Officials {
		found = append(found, w.pickOfficial(o))
	}
	return found, page.Total, nil
}

var (
	lastBrackets = regexp.MustCompile(`[（(]([^（）()]+)[）)]\s*$`)
	apart        = strings.NewReplacer("，", " ", ",", " ", "（", " ", "）", " ", "(", " ", ")", " ")
)

// meant is the id of whoever is meant by what was typed: an id, a suggestion, or a whole
// name that only one of them has, with words of post and unit or without. Otherwise like
// are those whom it may mean, of so many in all.
func (s *console) meant(by caller, w wording, scoped, near, typed string) (id string, like []pick, total int, err error) {
	list, _, ok := scope(scoped)
	if typed = strings.TrimSpace(typed); !ok || typed == "" {
		return typed, nil, 0, nil
	}
	if p, ok := w.known(list, typed); ok {
		return p.ID, nil, 0, nil
	}
	if m := lastBrackets.FindStringSubmatch(typed); m != nil {
		if p, ok := w.known(list, m[1]); ok {
			return p.ID, nil, 0, nil
		}
	}
	words := strings.Join(strings.Fields(apart.Replace(typed)), " ")
	like, total, err = s.picks(by, w, scoped, near, words, mostLike)
	var exact []pick
	for _, p := range like {
		if p.Name == typed || slices.Contains(strings.Fields(words), p.Name) {
			exact = append(exact, p)
		}
	}
	if len(exact) == 1 {
		return exact[0].ID, nil, 0, err
	}
	return "", like, total, err
}

// settle puts ids in the place of what was typed into a form's lines of that kind. What
// can't be settled is left as it is: it is nobody's id, so the API refuses it.
func (s *console) settle(r *http.Request, form url.Values) error {
	names := toSettle(form)
	if len(names) == 0 {
		return nil
	}
	by := callerOf(r)
	w, err := s.wording(by)
	if err != nil {
		return err
	}
	for _, name := range names {
		typed := slices.DeleteFunc(slices.Clone(form[name]), func(v string) bool { return strings.TrimSpace(v) == "" })
		if n := len(typed); n > 1 && typed[0] == form.Get("like."+name) {
			typed = typed[n-1:] // chosen from those whom it may mean
		}
		if len(typed) > 0 {
			id, _, _, err := s.meant(by, w, form.Get("among."+name), "", typed[0])
			if err != nil {
				return err
			}
			form[name] = []string{cmp.Or(id, strings.TrimSpace(typed[0]))}
		}
		form.Del("among." + name)
		form.Del("like." + name)
	}
	return nil
}

// toSettle are the names of a form's lines whose text is to become an id.
func toSettle(form url.Values) (names []string) {
	for name := range form {
		if name, ok := strings.CutPrefix(name, "among."); ok {
			names = append(names, name)
		}
	}
	return names
}

// settled is the address of a list as it is to be kept, where a form has sent lines that
// are settled first; empty where there is nothing to settle.
func (s *console) settled(r *http.Request) (string, error) {
	query := r.URL.Query()
	if len(toSettle(query)) == 0 {
		return "", nil
	}
	if err := s.settle(r, query); err != nil {
		return "", err
	}
	for name, values := range query {
		if len(values) == 1 && values[0] == "" {
			query.Del(name)
		}
	}
	if len(query) == 0 {
		return r.URL.Path, nil
	}
	return r.URL.Path + "?" + query.Encode(), nil
}

// offerAll gives the fields of a form that choose out of the directory somebody to choose.
func (s *console) offerAll(by caller, fields []field) error {
	if !slices.ContainsFunc(fields, field.chooses) {
		return nil
	}
	w, err := s.wording(by)
	if err != nil {
		return err
	}
	for i := range fields {
		if err := s.offer(by, w, &fields[i]); err != nil {
			return err
		}
	}
	return nil
}

// chooses reports whether the field is a choice out of the directory.
func (f field) chooses() bool { return f.Among != "" && f.Control != "hidden" }

// clarified are the problems of a list's conditions: what a filter itself says of what was
// typed says more than that it is nobody's id, and its choices more than their codes.
func (l lang) clarified(wrong []fieldProblem, filters []field) []fieldProblem {
	for i, p := range wrong {
		at := slices.IndexFunc(filters, func(f field) bool { return f.Name == p.Field })
		if at < 0 {
			continue
		}
		f := filters[at]
		var names []string
		for _, g := range f.Groups {
			for _, c := range g.Choices {
				names = append(names, c.Label)
			}
		}
		switch {
		case f.Wrong != "":
			wrong[i].Message = f.Wrong
		case p.Code == "not_in_list" && len(names) > 0:
			wrong[i].Message = l.t("没有“"+f.Value+"”这一项，可选："+strings.Join(names, "、"), "there is no “"+f.Value+"”; choose one of: "+strings.Join(names, ", "))
		}
	}
	return wrong
}

// status is that of a page whose list this field narrows.
func (f field) status() int {
	if f.Wrong != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// offer gives a field its choices: as a select, or as a line with suggestions.
func (s *console) offer(by caller, w wording, f *field) error {
	if !f.chooses() {
		return nil
	}
	f.Near = cmp.Or(f.Near, by.who.Unit)
	list, _, _ := scope(f.Among)
	id, like, total, err := s.meant(by, w, f.Among, f.Near, f.Value)
	if err != nil {
		return err
	}
	chosen, known := w.known(list, id)
	if known {
		f.Value = id
	}
	near, all, err := s.picks(by, w, f.Among, f.Near, "", mostOffered+1)
	if err != nil {
		return err
	}
	var found []pick // the proposed ones first
	for _, id := range f.First {
		if p, ok := w.known(list, id); ok {
			found = append(found, p)
		}
	}
	for _, p := range near {
		if p.ID != f.Except && !slices.Contains(f.First, p.ID) {
			found = append(found, p)
		}
	}
	if all <= mostOffered {
		if known && !slices.ContainsFunc(found, func(p pick) bool { return p.ID == f.Value }) {
			found = append(found, chosen) // it is in force, though nobody would be offered it
		}
		f.Control, f.Groups = "select", grouped(found)
		return nil
	}
	f.Control, f.Text = "find", f.Value
	if known {
		f.Text = chosen.Whole
	} else if f.Value != "" {
		f.Wrong, f.Like = w.unclear(f.Value, len(like), total), like
	}
	for _, p := range found[:mostNear] {
		f.Suggested = append(f.Suggested, p.Whole)
	}
	return nil
}

// grouped are choices under their headings, in the order in which these come first.
func grouped(found []pick) (groups []group) {
	for _, p := range found {
		i := slices.IndexFunc(groups, func(g group) bool { return g.Label == p.Group })
		if i < 0 {
			i, groups = len(groups), append(groups, group{Label: p.Group})
		}
		groups[i].Choices = append(groups[i].Choices, choice{p.ID, p.Short})
	}
	return groups
}

// unclear says why nobody can be told from what was typed.
func (l lang) unclear(typed string, shown, total int) string {
	switch {
	case total == 0:
		return l.t("名录中没有“"+typed+"”可选，请填姓名、职务、单位名称或编号", "nobody that can be chosen is called “"+typed+"”: give a name, post, unit or code")
	case total > shown:
		return l.t("“"+typed+"”可能指"+itoa(total)+"个，以下是最近的"+itoa(shown)+"个；可从中选择，也可写得更全", "“"+typed+"” may mean "+itoa(total)+"; these are the "+itoa(shown)+" nearest: choose one, or type more")
	}
	return l.t("请确认“"+typed+"”指的是哪一个", "which one does “"+typed+"” mean?")
}

// suggestions are options for a line, for the script.
var suggestions = template.Must(template.New("suggestions").Parse(`{{range .}}<option value="{{.Whole}}"></option>{{end}}`))

// postSuggest answers the script with those who may be meant by what is being typed. By
// POST, as who is looked for stands in no address: it may be somebody accused.
func (s *console) postSuggest(w http.ResponseWriter, r *http.Request) error {
	by, form := callerOf(r), r.PostForm
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	found, _, err := s.picks(by, words, form.Get("within"), form.Get("near"), strings.Join(strings.Fields(apart.Replace(form.Get("q"))), " "), mostNear)
	if err != nil && !errors.As(err, new(*problem)) {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return suggestions.Execute(w, found)
}
