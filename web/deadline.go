package web

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

type deadlinePage struct {
	page
	Rules  []choice
	Rule   string
	From   string
	Answer *deadline
	Wrong  map[string]string
}

type deadline struct {
	Name         string        `json:"name"`
	From         calendar.Date `json:"from"`
	Length       int           `json:"length"`
	Unit         calendar.Unit `json:"unit"`
	InternalDue  calendar.Date `json:"internal_due"`
	StatutoryDue calendar.Date `json:"statutory_due"`
	DueAt        *time.Time    `json:"due_at"`
	Provisional  bool          `json:"provisional"`
	Explanation  string        `json:"explanation"`
	Source       string        `json:"source"`
	Basis        policy.Basis  `json:"basis"`
}

// getDeadline counts a time limit for anybody.
func (s *console) getDeadline(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := deadlinePage{page: s.page(r, by.lang.t("期限计算", "Deadline calculator")), Rule: query.Get("rule"), From: query.Get("from"), Wrong: map[string]string{}}
	p.At = "deadline"
	rules, err := s.api.policy(by)
	if err != nil {
		return err
	}
	for _, k := range rules.Clocks {
		p.Rules = append(p.Rules, choice{k.ID, by.lang.of(k.Name) + " · " + k.Source})
		if k.Extend != nil {
			p.Rules = append(p.Rules, choice{k.Extend.ID, by.lang.of(k.Name) + by.lang.t("（延期）", " (extension)") + " · " + cmp.Or(k.Extend.Source, k.Source)})
		}
	}
	if !query.Has("rule") && !query.Has("from") {
		p.Rule, p.From = "HANDLE", p.Today.String()
		return s.show(w, r, http.StatusOK, "deadline", p)
	}
	status := http.StatusOK
	p.Answer = &deadline{}
	if err := s.api.get(by, "/deadline?"+url.Values{"rule": {p.Rule}, "from": {p.From}}.Encode(), p.Answer); err != nil {
		refused, ok := invalid(err)
		if !ok {
			return err
		}
		p.Answer, status = nil, refused.Status
		for _, f := range refused.Fields {
			p.Wrong[f.Field] = f.Message
		}
	}
	return s.show(w, r, status, "deadline", p)
}
