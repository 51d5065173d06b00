package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

type auditPage struct {
	adminPage
	Acts    []actLine
	Filters []field
	Case    string
	From    string
	Until   string
	Next    string
	Later   bool
	Cases   bool // the reader sees what was done in cases
	Fields  []fieldProblem
}

// actLine is one thing that somebody did.
type actLine struct {
	Source   string    `json:"source"`
	At       time.Time `json:"at"`
	Official string    `json:"official"`
	What     string    `json:"what"`
	Case     string    `json:"case"`
	Number   string    `json:"number"`
	Subject  string    `json:"subject"`
	Fields   []string  `json:"fields"`
	Name     string    `json:"-"`
	Words    string    `json:"-"`
	About    string    `json:"-"`
	Detail   string    `json:"-"` // the fields, in words
}

// detail says what the fields of an act are.
func (l lang) detail(act actLine) string {
	fields := slices.Clone(act.Fields)
	if len(fields) == 0 {
		return ""
	}
	what := l.t("改了", "changed")
	switch {
	case act.Source == "exports":
		what = l.t("条件", "conditions")
		for i, f := range fields {
			if plain, err := url.QueryUnescape(f); err == nil {
				fields[i] = plain
			}
		}
	case act.Source == "searches":
		what = l.t("按", "by")
		for i, f := range fields {
			fields[i] = map[string]string{"phone": l.t("电话", "telephone"), "identity": l.t("身份证号", "identity number"), "title": l.t("标题", "title")}[f]
		}
	case act.What == "token_issued":
		what = l.t("令牌", "token")
	}
	return what + " " + strings.Join(fields, l.t("、", ", "))
}

// acts are what is no event of a case, each with its words and where it is on record.
var acts = []struct {
	source, what string
	name         policy.Text
}{
	{"administration", "unit_added", policy.Text{Chinese: "新增单位", English: "added a unit"}},
	{"administration", "unit_changed", policy.Text{Chinese: "变更单位", English: "changed a unit"}},
	{"administration", "unit_ended", policy.Text{Chinese: "撤并单位", English: "ended a unit"}},
	{"administration", "official_added", policy.Text{Chinese: "新增人员", English: "added an official"}},
	{"administration", "official_changed", policy.Text{Chinese: "变更人员", English: "changed an official"}},
	{"administration", "official_ended", policy.Text{Chinese: "办理离任", English: "ended an official"}},
	{"administration", "password_set", policy.Text{Chinese: "设置临时口令", English: "set a temporary password"}},
	{"administration", "signed_out", policy.Text{Chinese: "令其全部退出", English: "signed somebody out"}},
	{"administration", "token_issued", policy.Text{Chinese: "签发令牌", English: "issued a token"}},
	{"administration", "token_revoked", policy.Text{Chinese: "吊销令牌", English: "revoked a token"}},
	{"administration", "endpoint_added", policy.Text{Chinese: "添加推送", English: "added a channel"}},
	{"administration", "endpoint_rotated", policy.Text{Chinese: "更换推送密钥", English: "changed a channel's secret"}},
	{"administration", "endpoint_removed", policy.Text{Chinese: "删除推送", English: "removed a channel"}},
	{"administration", "rules_published", policy.Text{Chinese: "发布规则", English: "published rules"}},
	{"administration", "leave_entered", policy.Text{Chinese: "登记请假", English: "entered a leave"}},
	{"administration", "leave_ended", policy.Text{Chinese: "结束请假", English: "ended a leave"}},
	{"reads", "petitioner_read", policy.Text{Chinese: "查阅检举控告人信息", English: "looked up the petitioner of an accusation"}},
	{"searches", "petitioner_searched", policy.Text{Chinese: "查找同一信访人的事项", English: "looked for cases of the same person"}},
	{"exports", "exported", policy.Text{Chinese: "导出清单", English: "took a list out as a table"}},
}

// actName is what an act is called.
func actName(what string) policy.Text {
	for _, act := range acts {
		if act.what == what {
			return act.name
		}
	}
	return casefile.EventKind(what).Name()
}

// whats are what can be searched for; what was done in cases only for who sees it.
func (l lang) whats(cases bool) []group {
	ofCases, administration := group{Label: l.t("信访事项", "cases")}, group{Label: l.t("系统管理", "administration")}
	for _, kind := range casefile.EventKinds() {
		ofCases.Choices = append(ofCases.Choices, choice{string(kind), l.of(kind.Name())})
	}
	for _, act := range acts {
		to := &ofCases
		if act.source == "administration" {
			to = &administration
		}
		to.Choices = append(to.Choices, choice{act.what, l.of(act.name)})
	}
	if !cases {
		return []group{administration}
	}
	return []group{ofCases, administration}
}

// getAudit searches who did what when.
func (s *console) getAudit(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	l := by.lang
	p := auditPage{adminPage: s.adminPage(r, "audit", l.t("操作记录", "Who did what")), Case: strings.TrimSpace(query.Get("case")), From: query.Get("from"), Until: query.Get("until"), Later: query.Get("cursor") != ""}
	p.Cases = casefile.InspectsCases(casefile.Actor{ID: by.who.ID, Role: by.who.Role, Unit: by.who.Unit})
	asked := url.Values{"limit": {"50"}}
	for _, name := range []string{"official", "case", "what", "source", "from", "until", "cursor"} {
		if v := strings.TrimSpace(query.Get(name)); v != "" {
			asked.Set(name, v)
		}
	}
	if last, err := calendar.ParseDate(p.Until); err == nil {
		asked.Set("until", last.AddDays(1).String()) // people name the last day
	}
	var found struct {
		Acts       []actLine `json:"acts"`
		NextCursor string    `json:"next_cursor"`
	}
	status := http.StatusOK
	if err := s.api.get(by, "/audit?"+asked.Encode(), &found); err != nil {
		refused, ok := invalid(err)
		if !ok {
			return err
		}
		p.Fields, status = refused.Fields, refused.Status
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	for _, act := range found.Acts {
		act.Name = names.Name(act.Official)
		switch act.Official {
		case "":
			act.Name = l.t("安装人员", "who set it up")
		case casefile.Clockwork.ID:
			act.Official, act.Name = "", l.t("系统计时", "the clock")
		}
		act.Words = l.of(actName(act.What))
		act.Detail = l.detail(act)
		switch act.Source {
		case "exports", "searches":
			act.About = l.t(act.Subject+"件", act.Subject+" cases")
		case "administration":
			if act.About = names.Name(act.Subject); act.About != act.Subject {
				act.About += " " + act.Subject
			}
		}
		p.Acts = append(p.Acts, act)
	}
	if found.NextCursor != "" {
		next := url.Values{}
		for name, v := range query {
			next.Set(name, v[0])
		}
		next.Set("cursor", found.NextCursor)
		p.Next = "/admin/audit?" + next.Encode()
	}
	p.Filters = []field{l.filterAmong("official", l.t("何人", "Who"), query, among("/officials"))}
	if p.Cases {
		p.Filters = append(p.Filters, l.filter("source", l.t("哪里", "Where"), query,
			choice{"cases", l.t("信访事项台账", "cases")}, choice{"reads", l.t("查阅记录", "look-ups")}, choice{"searches", l.t("查找记录", "searches")}, choice{"exports", l.t("导出记录", "exports")}, choice{"administration", l.t("系统管理", "administration")}))
	}
	what := l.filter("what", l.t("做了什么", "What"), query)
	what.Groups = l.whats(p.Cases)
	p.Filters = append(p.Filters, what)
	if err := s.offerAll(by, p.Filters); err != nil {
		return err
	}
	p.Fields = l.clarified(p.Fields, p.Filters)
	return s.show(w, r, status, "audit", p)
}
