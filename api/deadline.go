package api

import (
	"net/http"
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// The first and last day that a deadline is counted from.
var (
	earliest = calendar.Date{Year: 1990, Month: time.January, Day: 1}
	latest   = calendar.Date{Year: 2100, Month: time.December, Day: 31}
)

// getDeadline counts a rule's time limit from a day, hours from an instant, and says how it
// was counted. An extension is counted from the internal due date that it extends.
func (a *api) getDeadline(w http.ResponseWriter, r *http.Request) error {
	rules, err := a.rules(r.Context())
	if err != nil {
		return err
	}
	q := readQuery(r)
	term, found := termOf(rules.Policy, q.line("rule"))
	at := q.instant("from")
	from := calendar.DateOf(at)
	q.done()
	switch {
	case q.has("rule"):
	case len(q.values["rule"]) == 0 || q.values["rule"][0] == "":
		q.wrong("rule", "required", "此项必填", "this parameter is required")
	case !found:
		q.notInList("rule", terms(rules.Policy))
	}
	switch {
	case q.has("from"):
	case from.IsZero():
		q.wrong("from", "required", "此项必填", "this parameter is required")
	case from.Before(earliest) || from.After(latest):
		q.wrong("from", "out_of_range", "应在1990年至2100年之间", "must lie between 1990 and 2100")
	}
	if err := q.err(); err != nil {
		return err
	}
	x := rules.Calendar.ExplainEnd(at, calendar.Period{Length: term.Length, Unit: term.Unit})
	l := languageOf(r)
	return writeJSON(w, r, http.StatusOK, deadlineView{
		Rule: term.ID, Name: l.of(term.Name), From: from, FromAt: instant(x.FromAt), Length: x.Length, Unit: x.Unit,
		InternalDue: x.Due.Internal, StatutoryDue: x.Due.Statutory, DueAt: instant(x.Due.At), Provisional: x.Due.Provisional,
		Explanation: l.of(policy.Text{Chinese: x.Chinese, English: x.English}), Source: term.Source, Basis: term.Basis, Calendar: x.Due.Calendar,
	})
}

type deadlineView struct {
	Rule         string        `json:"rule"`
	Name         string        `json:"name"`
	From         calendar.Date `json:"from"`
	FromAt       *time.Time    `json:"from_at"`
	Length       int           `json:"length"`
	Unit         calendar.Unit `json:"unit"`
	InternalDue  calendar.Date `json:"internal_due"`
	StatutoryDue calendar.Date `json:"statutory_due"`
	DueAt        *time.Time    `json:"due_at"`
	Provisional  bool          `json:"provisional"`
	Explanation  string        `json:"explanation"`
	Source       string        `json:"source"`
	Basis        policy.Basis  `json:"basis"`
	Calendar     string        `json:"calendar"`
}

// termOf finds the clock with this id, or the extension, as a clock of its own.
func termOf(p *policy.Policy, id string) (policy.Clock, bool) {
	if k, ok := p.Clock(id); ok {
		return k, true
	}
	extend, k, ok := p.Extension(id)
	if !ok {
		return k, false
	}
	k.Name = policy.Text{Chinese: k.Name.Chinese + "（延期）", English: k.Name.English + " (extension)"}
	k.ID, k.Length, k.Unit, k.Source, k.Basis = id, extend.Days, calendar.CalendarDay, extend.Source, extend.Basis
	return k, true
}

// terms lists what termOf knows.
func terms(p *policy.Policy) []string {
	var ids []string
	for _, k := range p.Clocks {
		ids = append(ids, k.ID)
		if k.Extend != nil {
			ids = append(ids, k.Extend.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
