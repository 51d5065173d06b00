package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"

	"shuangze/casefile"
	"shuangze/policy"
)

// section is a part of the administration, under the address /admin/At.
type section struct {
	At   string
	Name policy.Text
	For  []casefile.Role
}

// sections are the administration, what is used most first. Who may read or do what is the
// API's to say; these are where each role has something to look for.
var sections = []section{
	{"rules", policy.Text{Chinese: "规则", English: "Rules"}, []casefile.Role{casefile.Admin, casefile.Auditor}},
}

// administrators are the roles that have a section.
func administrators() (roles []casefile.Role) {
	for _, section := range sections {
		roles = append(roles, section.For...)
	}
	return roles
}

// adminPage is what every page of the administration has.
type adminPage struct {
	page
	Section string
}

// Sections lists those for the reader.
func (p adminPage) Sections() []section {
	return slices.DeleteFunc(slices.Clone(sections), func(s section) bool { return !slices.Contains(s.For, p.Who.Role) })
}

func (s *console) adminPage(r *http.Request, section, title string) adminPage {
	p := adminPage{s.page(r, title), section}
	p.At = "admin"
	return p
}

// getAdmin leads to the first section for the reader.
func (s *console) getAdmin(w http.ResponseWriter, r *http.Request) error {
	for _, section := range sections {
		if slices.Contains(section.For, visitorOf(r).Role) {
			http.Redirect(w, r, "/admin/"+section.At, http.StatusSeeOther)
			return nil
		}
	}
	return errNoPage
}

// form is a form that is not a command's: its controls, what was wrong with it, and the key
// with which it is sent.
type form struct {
	Fields  []field
	Problem *problem
	Key     string
}

func newForm(typed url.Values, fields ...field) form {
	f := form{Fields: fields, Key: typed.Get("key")}
	if f.Key == "" {
		f.Key = rand.Text()
	}
	for i := range f.Fields {
		made := &f.Fields[i]
		made.ID = "f-" + made.Name
		if v, ok := typed[made.Name]; ok {
			made.Value = v[0]
		}
	}
	return f
}

// refuse puts a refusal into the form: what concerns a field beside it.
func (f *form) refuse(p *problem) {
	f.Problem = p
	if p.Code == "idempotency_key_reused" {
		f.Key = rand.Text()
	}
	for _, wrong := range p.Fields {
		i := slices.IndexFunc(f.Fields, func(shown field) bool { return shown.Name == wrong.Field })
		if i < 0 || f.Fields[i].Control == "hidden" {
			p.Detail += " " + wrong.Message
			continue
		}
		f.Fields[i].Wrong = wrong.Message
	}
}

// Wrong are the fields that must be corrected.
func (f form) Wrong() []field {
	return slices.DeleteFunc(slices.Clone(f.Fields), func(f field) bool { return f.Wrong == "" })
}
