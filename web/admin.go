package web

import (
	"net/http"
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
	{"directory", policy.Text{Chinese: "名录", English: "Directory"}, []casefile.Role{casefile.Admin, casefile.Supervisor}},
	{"leaves", policy.Text{Chinese: "请假", English: "Leave"}, []casefile.Role{casefile.Admin, casefile.Supervisor, casefile.Auditor}},
	{"accounts", policy.Text{Chinese: "账号", English: "Accounts"}, []casefile.Role{casefile.Admin, casefile.Auditor}},
	{"tokens", policy.Text{Chinese: "令牌", English: "Tokens"}, []casefile.Role{casefile.Admin, casefile.Auditor}},
	{"rules", policy.Text{Chinese: "规则", English: "Rules"}, []casefile.Role{casefile.Admin, casefile.Auditor}},
	{"channels", policy.Text{Chinese: "推送", English: "Channels"}, []casefile.Role{casefile.Admin}},
	{"engine", policy.Text{Chinese: "运行", English: "Engine"}, []casefile.Role{casefile.Admin, casefile.Auditor}},
	{"audit", policy.Text{Chinese: "操作记录", English: "Audit"}, []casefile.Role{casefile.Admin, casefile.Auditor}},
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

// Administers reports whether the reader can change the directory, accounts and rules.
func (p adminPage) Administers() bool { return p.Who != nil && p.Who.Role == casefile.Admin }

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
