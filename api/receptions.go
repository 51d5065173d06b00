package api

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

var (
	errNoReception   = refuse(http.StatusNotFound, "reception_not_found", "没有这个接待日", "there is no such reception day")
	errNoAppointment = refuse(http.StatusNotFound, "appointment_not_found", "该接待日没有这个预约", "the reception day has no such appointment")
)

// receptionView is a reception day as everybody in the system may see it. Why a leader
// does not come is for those who oversee it.
type receptionView struct {
	ID          string                  `json:"id"`
	Office      string                  `json:"office"`
	Leader      string                  `json:"leader"`
	Name        string                  `json:"name"`
	Post        string                  `json:"post"`
	Portfolio   string                  `json:"portfolio"`
	On          calendar.Date           `json:"on"`
	From        time.Time               `json:"from"`
	Until       time.Time               `json:"until"`
	RestDay     bool                    `json:"rest_day"`    // by the calendar as it is now
	Provisional bool                    `json:"provisional"` // the rest days of that time are not published yet
	Place       string                  `json:"place"`
	Form        string                  `json:"form"`
	FormName    string                  `json:"form_name"`
	Slots       int                     `json:"slots"`
	State       casefile.ReceptionState `json:"state"`
	Publication casefile.Publication    `json:"publication"`
	PublishedBy *string                 `json:"published_by"`
	PublishedAt *time.Time              `json:"published_at"`
	Instead     *string                 `json:"instead"`
	EnteredBy   string                  `json:"entered_by"`
	EnteredAt   time.Time               `json:"entered_at"`
	HeldBy      *string                 `json:"held_by"`
	HeldAt      *time.Time              `json:"held_at"`
	HeldLate    bool                    `json:"held_late"` // that was recorded on a later day
	EndedBy     *string                 `json:"ended_by"`
	EndedAt     *time.Time              `json:"ended_at"`
	Reason      *string                 `json:"reason"`
	ShortNotice bool                    `json:"short_notice"`
	Commands    []string                `json:"commands"`
}

// publicReception is what the public learns of a day (公示), and nothing else.
type publicReception struct {
	Name      string        `json:"name"`
	Post      string        `json:"post"`
	Portfolio string        `json:"portfolio"`
	On        calendar.Date `json:"on"`
	From      time.Time     `json:"from"`
	Until     time.Time     `json:"until"`
	Place     string        `json:"place"`
	Form      string        `json:"form"`
}

// who is the leader of a day: as they stood on it or, before it, as they stand.
func who(r casefile.Reception, d *casefile.Directory) casefile.Official {
	o := d.Officials[r.Leader]
	if r.Name != "" {
		o.Name, o.Post, o.Portfolio = r.Name, r.Post, r.Portfolio
	}
	return o
}

func formName(form string, p *policy.Policy) policy.Text {
	for _, f := range p.Forms {
		if f.ID == form {
			return f.Name
		}
	}
	return policy.Text{Chinese: form, English: form} // a local one that was dropped since
}

func (v viewer) oversees(r casefile.Reception) bool {
	return casefile.SeesReception(v.rules.Directory.Officials[r.Leader], v.by, v.rules.Directory)
}

func (v viewer) reception(r casefile.Reception) receptionView {
	o, day := who(r, v.rules.Directory), v.rules.Calendar.Day(r.On())
	view := receptionView{
		ID: r.ID, Office: r.Office, Leader: r.Leader, Name: o.Name, Post: o.Post, Portfolio: o.Portfolio,
		On: r.On(), From: r.From.UTC(), Until: r.Until.UTC(), RestDay: !day.Work, Provisional: day.Provisional, Place: r.Place,
		Form: r.Form, FormName: v.lang.of(formName(r.Form, v.rules.Policy)), Slots: casefile.SlotsOf(r, v.rules.Policy),
		State: r.State(v.now), Publication: casefile.Published(r, v.rules), PublishedBy: text(r.PublishedBy), PublishedAt: instant(r.PublishedAt),
		Instead: text(r.Instead), EnteredBy: r.EnteredBy, EnteredAt: r.EnteredAt.UTC(), HeldBy: text(r.HeldBy), HeldAt: instant(r.HeldAt), HeldLate: r.HeldLate(),
		EndedBy: text(r.EndedBy), EndedAt: instant(r.EndedAt), ShortNotice: r.Short, Commands: casefile.ReceptionCommands(r, v.by, v.rules),
	}
	if v.oversees(r) {
		view.Reason = text(r.Reason)
	}
	return view
}

func (v viewer) receptions(days []casefile.Reception) []receptionView {
	views := make([]receptionView, len(days))
	for i, r := range days {
		views[i] = v.reception(r)
	}
	return views
}

var receptionSpace = uuid.MustParse("5b1e8f5e-9d43-4f1b-8c70-2f5e3f9a4d61")

// receptionFields are the fields of a schedule's body.
var receptionFields = []casefile.Field{
	{Name: "leader", Required: true},
	{Name: "on"},
	{Name: "series"},
	{Name: "from", Required: true},
	{Name: "until", Required: true},
	{Name: "place", Required: true},
	{Name: "form", Required: true},
	{Name: "slots"},
	{Name: "publish"},
}

// postReceptions enters one reception day or a series of them.
func (a *api) postReceptions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, receptionFields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	asked := casefile.Schedule{
		ID: sub.id(receptionSpace, v.by), Leader: b.line("leader", maxLine), On: b.day("on"), From: b.timeOfDay("from"), Until: b.timeOfDay("until"),
		Place: b.line("place", maxLine), Form: b.line("form", maxLine), Slots: b.number("slots", 0), Publish: b.flag("publish"),
	}
	b.object("series", func(s *body) {
		asked.Series = &casefile.Series{
			Every: s.line("every", maxLine), Step: s.number("step", 1), Day: s.number("day", 0), First: s.day("first"), Last: s.day("last"),
		}
	}, casefile.Field{Name: "every"}, casefile.Field{Name: "step"}, casefile.Field{Name: "day"}, casefile.Field{Name: "first"}, casefile.Field{Name: "last"})
	var entered []casefile.Reception
	again := false
	err = a.Store.InReceptions(ctx, func(tx *store.ReceptionsTx) error {
		var err error
		if entered, again, err = asBefore(tx.Entered(ctx, asked.ID, sub.fingerprint)); again || err != nil {
			return err
		}
		v.rules.Directory = tx.Directory
		standing, err := tx.Standing(ctx, v.now, asked.Leader)
		if err != nil {
			return err
		}
		days, refusal := casefile.ScheduleReceptions(asked, v.by, v.rules, standing)
		if err := b.err(asError(refusal)); err != nil {
			return err
		}
		entered = days
		return tx.Enter(ctx, days, asked.ID, sub.fingerprint)
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return writeJSON(w, r, http.StatusCreated, map[string]any{"receptions": v.receptions(entered)})
}

// asError keeps a refusal that is none from becoming an error that is nil and not nil.
func asError(refusal *casefile.Error) error {
	if refusal == nil {
		return nil
	}
	return refusal
}

// receptionOf reads the day that the address names, for those who may know of it.
func (v viewer) receptionOf(r *http.Request, read func(id string) (casefile.Reception, error)) (casefile.Reception, error) {
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return casefile.Reception{}, errNoReception
	}
	day, err := read(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && day.PublishedAt.IsZero() && !v.oversees(day) {
		return casefile.Reception{}, errNoReception
	}
	return day, err
}

// inReception changes a day: it is locked, with the whole schedule, while change decides
// and writes.
func (a *api) inReception(r *http.Request, v *viewer, change func(tx *store.ReceptionsTx, day casefile.Reception, endedBy request) error) error {
	return a.Store.InReceptions(r.Context(), func(tx *store.ReceptionsTx) error {
		v.rules.Directory = tx.Directory
		var endedBy request
		day, err := v.receptionOf(r, func(id string) (day casefile.Reception, err error) {
			day, endedBy.command, endedBy.fingerprint, err = tx.Reception(r.Context(), id)
			return day, err
		})
		if err != nil {
			return err
		}
		return change(tx, day, endedBy)
	})
}

// request is one that ended a day: the id made of its key, and what it asked.
type request struct{ command, fingerprint string }

// same reports whether a request is this one, given again; the key may not come with
// another.
func (r request) same(command, fingerprint string) (bool, error) {
	if r.command == command && r.fingerprint != fingerprint {
		return false, errKeyReused
	}
	return r.command == command, nil
}

// note is a handler that publishes a day, or records that it was held. Either is once and
// for all; the same again changes nothing.
func (a *api) note(decide func(casefile.Reception, casefile.Actor, casefile.Rules) (casefile.Reception, *casefile.Error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := a.viewer(r)
		if err != nil {
			return err
		}
		b, err := readBody(w, r, nil)
		if err != nil {
			return err
		}
		if err := b.err(nil); err != nil {
			return err
		}
		var noted casefile.Reception
		err = a.inReception(r, &v, func(tx *store.ReceptionsTx, day casefile.Reception, _ request) error {
			after, refusal := decide(day, v.by, v.rules)
			if refusal != nil {
				return refusal
			}
			noted = after
			return tx.Note(r.Context(), after)
		})
		if err != nil {
			return err
		}
		return writeJSON(w, r, http.StatusOK, v.reception(noted))
	}
}

// postReceptionCancel ends a day without another in its place.
func (a *api) postReceptionCancel(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "reason", Required: true}})
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	command, reason := sub.commandID(v.by, chi.URLParam(r, "id")), b.line("reason", maxLine)
	var ended casefile.Reception
	err = a.inReception(r, &v, func(tx *store.ReceptionsTx, day casefile.Reception, endedBy request) error {
		if again, err := endedBy.same(command, sub.fingerprint); err != nil {
			return err
		} else if again {
			ended = day
			w.Header().Set("Idempotent-Replay", "true")
			return nil
		}
		booked, err := tx.Waiting(ctx, day.ID)
		if err != nil {
			return err
		}
		day, refusal := casefile.CancelReception(day, reason, booked, v.by, v.rules)
		if err := b.err(asError(refusal)); err != nil {
			return err
		}
		ended = day
		return tx.End(ctx, command, sub.fingerprint, day)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, v.reception(ended))
}

// swapFields are the fields of a swap's body.
var swapFields = []casefile.Field{
	{Name: "reason", Required: true},
	{Name: "leader"},
	{Name: "on"},
	{Name: "from"},
	{Name: "until"},
	{Name: "place"},
	{Name: "with"},
}

// postReceptionSwap puts another day, or two that change places, in the place of one.
func (a *api) postReceptionSwap(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, swapFields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	command := sub.commandID(v.by, chi.URLParam(r, "id"))
	swap := casefile.Swap{
		ID: command, Reason: b.line("reason", maxLine), Leader: b.line("leader", maxLine), On: b.day("on"),
		From: b.timeOfDay("from"), Until: b.timeOfDay("until"), Place: b.line("place", maxLine),
	}
	with := b.line("with", maxLine)
	var instead []casefile.Reception
	err = a.inReception(r, &v, func(tx *store.ReceptionsTx, day casefile.Reception, endedBy request) error {
		if again, err := endedBy.same(command, sub.fingerprint); err != nil {
			return err
		} else if again {
			w.Header().Set("Idempotent-Replay", "true")
			instead, err = tx.Instead(ctx, command)
			return err
		}
		leaders := []string{day.Leader, swap.Leader}
		if with != "" {
			other, _, _, err := tx.Reception(ctx, with)
			switch {
			case err == nil && (!other.PublishedAt.IsZero() || v.oversees(other)):
				swap.With = &other
				leaders = append(leaders, other.Leader)
			case err == nil || errors.Is(err, store.ErrNotFound):
				b.wrong("with", "unknown_reception", "没有这个接待日", "there is no such reception day")
			default:
				return err
			}
		}
		standing, err := tx.Standing(ctx, v.now, leaders...)
		if err != nil {
			return err
		}
		ended, next, refusal := casefile.SwapReception(day, swap, v.by, v.rules, standing)
		if (b.has("on") || b.has("with")) && (refusal == nil || refusal.Reason == casefile.Invalid) {
			return b.err(nil) // whom or what it is swapped for can't be told
		}
		if err := b.err(asError(refusal)); err != nil {
			return err
		}
		instead = next
		if err := tx.End(ctx, command, sub.fingerprint, ended...); err != nil {
			return err
		}
		if err := tx.Enter(ctx, next, command, sub.fingerprint); err != nil {
			return err
		}
		for i := range ended {
			if err := tx.Move(ctx, ended[i].ID, next[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"receptions": v.receptions(instead)})
}

// span reads from which day to which a list is to reach, both counted; without them from
// today on, and for most days at most.
func (q *query) span(today calendar.Date, most int) (from, until calendar.Date) {
	from, until = q.day("from"), q.day("until")
	if from.IsZero() {
		from = today
	}
	if until.IsZero() {
		until = from.AddDays(most - 1)
	}
	if until.Before(from) {
		q.wrong("until", "not_after_from", "不得早于开始日期", "must not lie before the first day")
	} else if until.DaysSince(from) >= most {
		q.wrong("until", "out_of_range", "时间跨度过长", "the span is too long")
	}
	return from, until
}

// longestSpan is how many days a list of reception days reaches over at most.
const longestSpan = 366

// getReceptions lists reception days, the earliest first: those that are public, and to
// whoever oversees a leader all of that leader's.
func (a *api) getReceptions(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	from, until := q.span(calendar.DateOf(v.now), longestSpan)
	filter := store.ReceptionFilter{
		Office: q.unit("office", v.rules.Directory), Leader: q.official("leader", v.rules.Directory), From: from.Start(), Until: until.End(),
		Published: true, Visible: []string{}, Cursor: q.text("cursor", 500), Limit: q.number("limit", defaultPage, maxPage),
	}
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	for _, o := range v.overseen() {
		filter.Visible = append(filter.Visible, o.ID)
	}
	days, next, err := a.Store.Receptions(r.Context(), filter)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"receptions": v.receptions(days), "next_cursor": text(next)})
}

// overseen lists the leaders of whose reception days the viewer may know everything.
func (v viewer) overseen() []casefile.Official {
	d := v.rules.Directory
	return d.Find(func(o casefile.Official) bool { return o.Role == casefile.Leader && casefile.SeesReception(o, v.by, d) })
}

// getPublicReceptions is the schedule as the public reads it (条例第18条): without a token,
// and with nothing in it but who receives, when, where and how.
func (a *api) getPublicReceptions(w http.ResponseWriter, r *http.Request) error {
	rules, err := a.rules(r.Context())
	if err != nil {
		return err
	}
	q := readQuery(r)
	from, until := q.span(calendar.DateOf(rules.Now), longestSpan)
	filter := store.ReceptionFilter{
		Office: q.unit("office", rules.Directory), From: from.Start(), Until: until.End(), Public: true,
		Cursor: q.text("cursor", 500), Limit: q.number("limit", defaultPage, maxPage),
	}
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	days, next, err := a.Store.Receptions(r.Context(), filter)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	list := make([]publicReception, len(days))
	for i, day := range days {
		o := who(day, rules.Directory)
		list[i] = publicReception{
			Name: o.Name, Post: o.Post, Portfolio: o.Portfolio, On: day.On(), From: day.From.UTC(), Until: day.Until.UTC(), Place: day.Place,
			Form: languageOf(r).of(formName(day.Form, rules.Policy)),
		}
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"receptions": list, "next_cursor": text(next)})
}

// followUp is what became of a day's visits. It counts cases and appointments, never
// anybody's.
type followUp struct {
	// Done: the day is over, it is on record who came, and each visit has its result.
	Done    bool      `json:"done"`
	Visits  int       `json:"visits"`
	Open    int       `json:"open"`   // visits without a final result
	Booked  int       `json:"booked"` // appointments of which nobody has recorded what became
	Came    int       `json:"came"`   // visitors with an appointment whose visit is no case yet
	Taken   int       `json:"taken"`  // appointments in all, of slots
	Cases   []summary `json:"cases"`  // those that the viewer may see
	HasMore bool      `json:"has_more"`
}

// getReception shows a day and, to those who oversee it, its follow-up.
func (a *api) getReception(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	day, err := v.receptionOf(r, func(id string) (casefile.Reception, error) { return a.Store.Reception(ctx, id) })
	if err != nil {
		return err
	}
	view := struct {
		receptionView
		FollowUp *followUp `json:"follow_up"`
	}{v.reception(day), nil}
	if v.oversees(day) {
		p, err := a.Store.Progress(ctx, v.by, day.ID)
		if err != nil {
			return err
		}
		page, err := a.Store.Cases(ctx, v.by, store.Filter{Reception: day.ID, Sort: store.Sorts[0], Limit: maxPage}, v.now)
		if err != nil {
			return err
		}
		over := !day.Stands() || !day.HeldAt.IsZero()
		view.FollowUp = &followUp{
			Done: over && p.Open+p.Booked+p.Came == 0, Visits: p.Visits, Open: p.Open, Booked: p.Booked, Came: p.Came, Taken: p.Taken,
			Cases: make([]summary, len(page.Rows)), HasMore: page.Next != "",
		}
		for i, row := range page.Rows {
			view.FollowUp.Cases[i] = v.summary(row)
		}
	}
	return writeJSON(w, r, http.StatusOK, view)
}

// getReceptionDuties shows how leaders keep to the days that they must receive on: those
// whom the viewer oversees, by period.
func (a *api) getReceptionDuties(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	today := calendar.DateOf(v.now)
	from, until := q.day("from"), q.day("until")
	from = cmp.Or(from, today)
	until = cmp.Or(until, from)
	switch {
	case until.Before(from):
		q.wrong("until", "not_after_from", "不得早于开始日期", "must not lie before the first day")
	case until.DaysSince(from) >= longestSpan:
		q.wrong("until", "out_of_range", "时间跨度过长", "the span is too long")
	}
	unit, leader := q.unit("unit", v.rules.Directory), q.official("leader", v.rules.Directory)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	leaders := slices.DeleteFunc(v.overseen(), func(o casefile.Official) bool {
		return unit != "" && !v.rules.Directory.Under(o.Unit, unit) || leader != "" && o.ID != leader
	})
	ids := make([]string, len(leaders))
	for i, o := range leaders {
		ids[i] = o.ID
	}
	// A period reaches at most a year beyond what is asked for.
	days, _, err := a.Store.Receptions(r.Context(), store.ReceptionFilter{Leaders: ids, From: from.AddDays(-366).Start(), Until: until.AddDays(366).End()})
	if err != nil {
		return err
	}
	type duty struct {
		Leader  string        `json:"leader"`
		Name    string        `json:"name"`
		Post    string        `json:"post"`
		Level   string        `json:"level"`
		Unit    string        `json:"unit"`
		Rule    string        `json:"rule"`
		Source  string        `json:"source"`
		Basis   policy.Basis  `json:"basis"`
		Per     policy.Period `json:"per"`
		From    calendar.Date `json:"from"`
		Until   calendar.Date `json:"until"`
		Due     int           `json:"due"`
		Planned int           `json:"planned"`
		Held    int           `json:"held"`
		Missed  int           `json:"missed"`
		Lamp    casefile.Lamp `json:"lamp"`
	}
	duties := []duty{}
	for _, u := range casefile.ReceptionDuties(leaders, days, from, until, v.rules) {
		duties = append(duties, duty{
			u.Leader.ID, u.Leader.Name, u.Leader.Post, u.Leader.Level, u.Leader.Unit, u.Rule.ID, u.Rule.Source, u.Rule.Basis, u.Rule.Per,
			u.From, u.Until, u.Rule.Days, u.Planned, u.Held, u.Missed, u.Lamp(v.now),
		})
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"duties": duties})
}
