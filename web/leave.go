package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
)

type leavesPage struct {
	adminPage
	Leaves []leaveLine
	Total  int
	On     string
	Fields []fieldProblem
}

// leaveLine is a leave in a list.
type leaveLine struct {
	ID           string    `json:"id"`
	Official     string    `json:"official"`
	OfficialName string    `json:"official_name"`
	Deputy       string    `json:"deputy"`
	DeputyName   string    `json:"deputy_name"`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until"`
	State        string    `json:"state"`
	Reason       string    `json:"reason"` // empty: none of the reader's business
	ReasonName   string    `json:"-"`
	Keeps        bool      `json:"-"` // the reader may end it
}

// Last is the last day of a leave that ends with a day; else the day on which it ends.
func (l leaveLine) Last() calendar.Date {
	if d := calendar.DateOf(l.Until); l.Until.Equal(d.Start()) && l.Until.After(l.From) {
		return d.AddDays(-1)
	}
	return calendar.DateOf(l.Until)
}

// Open reports whether the leave can still be ended.
func (l leaveLine) Open() bool { return l.State == "current" || l.State == "planned" }

// leaves asks for leaves. Whoever is told the reason keeps the leave, or audits it.
func (s *console) leaves(by caller, query string) ([]leaveLine, int, error) {
	var list struct {
		Leaves []leaveLine `json:"leaves"`
		Total  int         `json:"total"`
	}
	if err := s.api.get(by, "/leaves?limit=200&"+query, &list); err != nil {
		return nil, 0, err
	}
	for i := range list.Leaves {
		line := &list.Leaves[i]
		for _, c := range casefile.LeaveReasonCodes() {
			if c.ID == line.Reason {
				line.ReasonName = by.lang.of(c.Name)
			}
		}
		line.Keeps = line.Reason != "" && by.who.Role != casefile.Auditor && line.Open()
	}
	return list.Leaves, list.Total, nil
}

// getLeaves lists who is, was or will be away, and who stands in.
func (s *console) getLeaves(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := leavesPage{adminPage: s.adminPage(r, "leaves", by.lang.t("请假", "Leave")), On: query.Get("on")}
	asked := url.Values{}
	if p.On != "" {
		asked.Set("on", p.On)
	}
	if by.who.Role == casefile.Leader {
		asked.Set("official", by.who.ID)
	}
	var err error
	status := http.StatusOK
	if p.Leaves, p.Total, err = s.leaves(by, asked.Encode()); err != nil {
		refused, ok := invalid(err)
		if !ok {
			return err
		}
		p.Fields, status = refused.Fields, refused.Status
	}
	p.Done = doneText(by.lang, query.Get("done"))
	return s.show(w, r, status, "leaves", p)
}

// Enters reports whether the reader enters leaves at all.
func (p leavesPage) Enters() bool {
	return p.Who.Role == casefile.Admin || p.Who.Role == casefile.Supervisor || p.Who.Role == casefile.Leader
}

func (s *console) leaveForm(r *http.Request) (formPage, error) {
	by := callerOf(r)
	l := by.lang
	names, err := s.api.directory(by)
	if err != nil {
		return formPage{}, err
	}
	who := field{Name: "official", Label: l.t("请假的领导", "Leader on leave"), Control: "select", Value: r.URL.Query().Get("official"), Required: true, Among: amongLeaders}
	colleagues, near := amongLeaders, names.officials[cmp.Or(typedIn(r).Get("official"), who.Value)].Unit
	p := s.entry(r, l.t("登记请假", "Enter a leave"), link{"/admin/leaves", l.t("请假", "Leave")})
	p.Submit = l.t("登记", "Enter")
	if by.who.Role == casefile.Leader {
		who.Control, who.Value = "hidden", by.who.ID
		p.Lead = by.who.Name + " · " + by.who.Post
		colleagues = among("/officials", "role", string(casefile.Leader), "unit", by.who.Unit)
	}
	var reasons group
	for _, c := range casefile.LeaveReasonCodes() {
		reasons.Choices = append(reasons.Choices, choice{c.ID, l.of(c.Name)})
	}
	p.Fields = []field{
		who,
		{Name: "deputy", Label: l.t("代理人", "Deputy"), Control: "select", Required: true, Hint: l.t("本单位同级或相邻级别的领导；单位负责人可由信访部门指定同一党委政府其他单位的领导", "a leader of the same unit, of the same level or the next; for the head of a unit the office may name one of another unit of the same authority"), Among: colleagues, Near: near, Except: who.Value},
		{Name: "from", Label: l.t("第一天", "First day"), Control: "date", Required: true},
		{Name: "until", Label: l.t("最后一天", "Last day"), Control: "date", Required: true},
		{Name: "reason", Label: l.t("事由", "Reason"), Control: "radio", Required: true, Groups: []group{reasons}, Hint: l.t("只有登记请假的人和审计人员可以看到", "seen only by those who keep leaves and the auditor")},
	}
	return p, nil
}

func (s *console) getLeaveForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.leaveForm(r)
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

// postLeave enters a leave; it lasts to the end of its last day.
func (s *console) postLeave(w http.ResponseWriter, r *http.Request) error {
	p, err := s.leaveForm(r)
	if err != nil {
		return err
	}
	body := filled(r, p)
	if last, err := calendar.ParseDate(r.PostForm.Get("until")); err == nil {
		body["until"] = last.AddDays(1).String()
	}
	return s.sent(w, r, p, "/leaves", body, "/admin/leaves?done=leave")
}

// postLeaveEnd ends a leave now, or cancels one that has not begun.
func (s *console) postLeaveEnd(w http.ResponseWriter, r *http.Request) error {
	_, err := s.api.call(callerOf(r), http.MethodPost, "/leaves/"+url.PathEscape(chi.URLParam(r, "id"))+"/end", r.PostForm.Get("key"), nil, nil)
	var refused *problem
	if errors.As(err, &refused) && refused.Code == "leave_over" {
		err = nil // as it was to be
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/leaves?done=leave_ended", http.StatusSeeOther)
	return nil
}
