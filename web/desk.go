package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"shuangze/casefile"
)

type deskPage struct {
	page
	Inbox  inbox
	Duties duties
	Led    led
	Place  int // of the first task shown, from 1
	Before string
	After  string
}

// led are the open cases that a leader carries.
type led struct {
	Total int
	Red   list // those with a red lamp, the most pressing of them
	All   string
	Reds  string // where they are listed
}

// mostLed is how many of them the desk lists.
const mostLed = 5

// farthest is how many tasks can be paged through; what lies behind comes up as others are done.
const farthest = 200

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
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		n = 1
	}
	n = min(max(n, 1), farthest/pageLength)
	if err := s.api.get(by, "/me/inbox?limit="+itoa(n*pageLength), &p.Inbox); err != nil {
		return err
	}
	p.turn(n)
	if err := s.api.get(by, "/me/duties?limit="+itoa(pageLength), &p.Duties); err != nil {
		return err
	}
	p.Inbox.Notices = p.Inbox.Notices[:min(len(p.Inbox.Notices), 10)]
	if by.who.Role == casefile.Leader {
		if err := s.led(by, &p.Led); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusOK, "desk", p)
}

// turn leaves of the tasks those of a page.
func (p *deskPage) turn(n int) {
	first := min((n-1)*pageLength, len(p.Inbox.Tasks))
	p.Inbox.Tasks = p.Inbox.Tasks[first:]
	p.Place = first + 1
	if n > 1 {
		p.Before = "/desk?page=" + itoa(n-1)
	}
	if first+len(p.Inbox.Tasks) < p.Inbox.Total && n < farthest/pageLength {
		p.After = "/desk?page=" + itoa(n+1)
	}
}

// led finds what a leader carries: to answer for it they must see it, whether or not anything
// in it waits for them now.
func (s *console) led(by caller, l *led) error {
	mine := "leader=" + url.QueryEscape(by.who.ID) + "&open=true"
	l.All, l.Reds = "/cases?"+mine, "/cases?"+mine+"&lamp=red"
	var all list
	if err := s.api.get(by, l.All+"&limit=1", &all); err != nil {
		return err
	}
	l.Total = all.Total
	return s.api.get(by, l.Reds+"&sort=due&limit="+itoa(mostLed), &l.Red)
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
