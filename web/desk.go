package web

import (
	"net/http"
	"slices"

	"shuangze/casefile"
)

type deskPage struct {
	page
	Inbox  inbox
	Duties duties
}

// Pressing are the duties that were missed or soon will be and stand among no task. The
// others, of an office, are many.
func (p deskPage) Pressing() []duty {
	return slices.DeleteFunc(slices.Clone(p.Duties.Duties), func(d duty) bool {
		return d.Clock.Lamp == casefile.Green || slices.ContainsFunc(p.Inbox.Tasks, func(t task) bool { return t.Case.ID == d.Case.ID && t.Clock == d.Clock.ID })
	})
}

// Below is how many of the missed duties stand among no task.
func (p deskPage) Below() (n int) {
	for _, d := range p.Pressing() {
		if d.Clock.Lamp == casefile.Red {
			n++
		}
	}
	return n
}

// Missed are the duties that were not done in time.
func (p deskPage) Missed() int { return p.Duties.Red }

// getDesk shows what waits for somebody, what their office owes, and what they were told.
func (s *console) getDesk(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := deskPage{page: s.page(r, by.lang.t("我的待办", "My desk"))}
	p.At = "desk"
	if err := s.api.get(by, "/me/inbox?limit="+itoa(pageLength), &p.Inbox); err != nil {
		return err
	}
	if err := s.api.get(by, "/me/duties?limit="+itoa(pageLength), &p.Duties); err != nil {
		return err
	}
	p.Inbox.Notices = p.Inbox.Notices[:min(len(p.Inbox.Notices), 10)]
	return s.show(w, r, http.StatusOK, "desk", p)
}

// Offered reports whether the task's command can be given at once. Some wait for something
// else first: then the case is where to look.
func (t task) Offered() bool {
	for _, k := range t.Case.Commands {
		if k == t.Do {
			return true
		}
	}
	return false
}
