package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
	"shuangze/workflows"
)

// postCase registers a case. Everything is checked before anything is written: what
// the core refuses leaves no text and no workflow behind.
func (a *api) postCase(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	if refusal := casefile.Permit(casefile.Case{}, casefile.Register, v.by, v.rules); refusal != nil {
		return refusal
	}
	fields, _ := casefile.Fields(casefile.Register)
	b, err := readBody(w, r, fields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	id := sub.id(caseSpace, v.by)
	cmd := casefile.Command{ID: sub.commandID(v.by, ""), Kind: casefile.Register, Actor: v.by, Fingerprint: sub.fingerprint}
	if done, err := a.replay(w, r, v, sub, id, cmd.ID, http.StatusCreated); done || err != nil {
		return err
	}

	in := b.registration(&cmd)
	visitor, err := a.visit(r, &v, b, cmd)
	if err != nil {
		return err
	}
	if in.petitioner == (store.Petitioner{}) {
		in.petitioner, cmd.Registration.Reachable = visitor, visitor.Reachable()
	}
	trial := cmd
	trial.Text = previewOf(in.text)
	_, refusal := casefile.Decide(casefile.Case{ID: id}, trial, v.rules, v.now)
	if err := b.err(refusal); err != nil {
		return err
	}
	if in.petitioner != (store.Petitioner{}) {
		if cmd.Registration.Petitioner, err = a.Store.WritePetitioner(ctx, in.petitioner); err != nil {
			return err
		}
	}
	if cmd.Text, err = a.Store.WriteText(ctx, in.title, in.text, v.by.ID); err != nil {
		return err
	}
	attempt := cmd
	attempt.ID = sub.attempt(cmd.ID, 0)
	answer, err := a.Engine.Register(ctx, id, attempt)
	return a.answer(w, r, v, sub, id, cmd, answer, err, http.StatusCreated)
}

// registered is what a registration brings beside the command.
type registered struct {
	title, text string
	petitioner  store.Petitioner
}

// registration reads a registration into its command.
func (b *body) registration(cmd *casefile.Command) registered {
	in := registered{title: b.line("title", maxTitle), text: b.words("text")}
	if in.title == "" && !slices.ContainsFunc(b.problems, func(p casefile.FieldError) bool { return p.Field == "title" }) {
		b.wrong("title", "required", "此项必填", "this field is required")
	}
	in.petitioner, _ = b.petitioner()
	cmd.Upper, cmd.Lower = b.line("upper", maxLine), b.line("lower", maxLine)
	cmd.Reception, cmd.Appointment = b.line("reception", maxLine), b.line("appointment", maxLine)
	cmd.KnownAt, cmd.Route = b.instant("known_at"), b.line("route", maxLine)
	cmd.Registration = &casefile.Registration{
		Reference: b.line("reference", maxLine), Origin: b.line("origin", maxLine), Channel: b.line("channel", maxLine),
		Purpose: b.line("purpose", maxLine), Category: b.line("category", maxLine), Campaign: b.line("campaign", maxLine),
		Headcount: b.number("headcount", 1), Repeated: b.flag("repeated"), Key: b.flag("key"), Difficult: b.flag("difficult"), Urgent: b.flag("urgent"),
		Reachable:  in.petitioner.Reachable(),
		ReceivedAt: b.instant("received_at"), Unit: b.line("unit", maxLine),
		AccusedUnit: b.line("accused_unit", maxLine), AccusedOfficial: b.line("accused_official", maxLine), OnTheSpot: b.flag("on_the_spot"), Simple: b.flag("simple"), Representatives: b.number("representatives", 0),
	}
	return in
}

// petitioner reads who complained; given is false where nothing is said of it.
func (b *body) petitioner() (who store.Petitioner, given bool) {
	b.object("petitioner", func(p *body) {
		who, given = store.Petitioner{Name: p.line("name", maxLine), Phone: p.line("phone", maxPhone), Address: p.line("address", maxAddress), Identity: p.line("identity", maxPhone)}, true
		p.check(casefile.CheckPhone("phone", who.Phone), casefile.CheckIdentity("identity", who.Identity))
	}, casefile.Field{Name: "name"}, casefile.Field{Name: "phone"}, casefile.Field{Name: "address"}, casefile.Field{Name: "identity"})
	return who, given
}

// corrections reads what is to be put right of a registration, and says to the command which
// of it differs from what is registered. Where the title or the petitioner stays, it is empty.
func (a *api) corrections(ctx context.Context, v viewer, row store.Row, b *body, cmd *casefile.Command) (title string, who store.Petitioner, err error) {
	raw, said := b.fields["title"]
	if title = b.line("title", maxTitle); title == row.Title {
		title, said = "", false
	}
	if said && title == "" && string(raw) != "null" && !b.has("title") {
		b.wrong("title", "required", "此项必填", "this field is required")
	}
	if b.has("title") || title != "" {
		cmd.Corrected = append(cmd.Corrected, "title")
	}
	who, given := b.petitioner()
	if !given {
		return title, store.Petitioner{}, nil
	}
	if !casefile.SeesPetitioner(row.Case, v.by, v.rules) {
		b.wrong("petitioner", "not_permitted", "您不能查看本案的信访人信息，也就不能更正", "the petitioner of this case is not shown to you, so you can't correct it")
		return title, who, nil
	}
	var was store.Petitioner
	if row.Case.Petitioner != "" {
		if was, err = a.Store.ReadPetitioner(ctx, row.Case, v.by.ID, v.now); err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", who, err
		}
	}
	if who == was {
		return title, store.Petitioner{}, nil
	}
	for _, part := range []struct{ name, was, is string }{
		{"name", was.Name, who.Name}, {"phone", was.Phone, who.Phone}, {"identity", was.Identity, who.Identity}, {"address", was.Address, who.Address},
	} {
		if part.was != part.is {
			cmd.Corrected = append(cmd.Corrected, part.name)
		}
	}
	cmd.Petitioner, cmd.Reachable = "preview", who.Reachable()
	return title, who, nil
}

// caseID is what ids in an address may look like; anything else is nothing's.
var caseID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// seen reads the case that the address names, for those who may know of it.
func (a *api) seen(r *http.Request) (viewer, store.Row, error) {
	v, err := a.viewer(r)
	if err != nil {
		return v, store.Row{}, err
	}
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return v, store.Row{}, errNoCase
	}
	row, err := a.Store.Case(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !casefile.Sees(row.Case, v.by, v.rules) {
		return v, store.Row{}, errNoCase
	}
	return v, row, err
}

func (a *api) getCase(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	view, err := a.whole(r.Context(), v, row)
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, view)
}

func (a *api) getEvents(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	ledger, err := a.Store.Ledger(r.Context(), row.Case.ID)
	if err != nil {
		return err
	}
	texts, err := a.Store.Texts(r.Context(), row.Case.ID)
	if err != nil {
		return err
	}
	events := make([]eventView, len(ledger))
	for i, recorded := range ledger {
		e, err := recorded.Event()
		if err != nil {
			return err
		}
		events[i] = v.event(recorded, e, texts)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"events": events})
}

// getWorkflow shows the state as the running workflow has it: the way to see that
// engine and ledger agree.
func (a *api) getWorkflow(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	if !row.Case.Stage.Open() {
		return errNotRunning
	}
	state, err := a.Engine.State(r.Context(), row.Case.ID)
	if errors.Is(err, workflows.ErrNoWorkflow) {
		return errNotRunning
	}
	if err != nil {
		return err
	}
	row.Case = state.Case
	view, err := a.whole(r.Context(), v, row)
	if err != nil {
		return err
	}
	type alarm struct {
		At  time.Time `json:"at"`
		For string    `json:"for"`
	}
	answer := struct {
		Seq   int64    `json:"seq"`
		Alarm *alarm   `json:"alarm"`
		Case  caseView `json:"case"`
	}{Seq: state.Case.Seq, Case: view}
	if !state.Alarm.At.IsZero() {
		answer.Alarm = &alarm{state.Alarm.At.UTC(), state.Alarm.For}
	}
	return writeJSON(w, r, http.StatusOK, answer)
}

// getProposal shows which two leaders assign would name, and why, before it is done.
func (a *api) getProposal(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	if refusal := casefile.Permit(row.Case, casefile.Assign, v.by, v.rules); refusal != nil {
		return refusal
	}
	if refusal := casefile.Admit(row.Case, casefile.Command{Kind: casefile.Assign, Actor: v.by}); refusal != nil {
		return a.explain(r.Context(), v, row.Case.ID, casefile.Assign, refusal)
	}
	if v.rules.Directory, err = a.Store.WithLoad(r.Context(), v.rules.Directory); err != nil {
		return err
	}
	pair, refusal := casefile.Propose(row.Case, v.rules)
	if refusal != nil {
		return a.explain(r.Context(), v, row.Case.ID, casefile.Assign, refusal)
	}
	type candidate struct {
		Official  string `json:"official"`
		Name      string `json:"name"`
		Post      string `json:"post"`
		Level     string `json:"level"`
		Unit      string `json:"unit"`
		OpenCases int    `json:"open_cases"`
	}
	of := func(o casefile.Official) candidate {
		return candidate{o.ID, o.Name, o.Post, o.Level, o.Unit, v.rules.Directory.Load[o.ID]}
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"upper": of(pair.Upper), "lower": of(pair.Lower), "why": v.lang.of(pair.Why)})
}

func (a *api) getCases(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	filter := q.filter(v.rules)
	if err := q.err(); err != nil {
		return err
	}
	page, err := a.Store.Cases(r.Context(), v.by, filter, v.now)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	list := struct {
		Cases      []summary `json:"cases"`
		Total      int       `json:"total"`
		NextCursor *string   `json:"next_cursor"`
	}{Cases: make([]summary, len(page.Rows)), Total: page.Total, NextCursor: text(page.Next)}
	for i, row := range page.Rows {
		list.Cases[i] = v.summary(row)
	}
	return writeJSON(w, r, http.StatusOK, list)
}

// filter reads what a list is to be about.
func (q *query) filter(rules casefile.Rules) store.Filter {
	f := q.narrow(rules)
	f.Sort = q.sort()
	f.Cursor = q.text("cursor", 500)
	f.Limit = q.number("limit", defaultPage, maxPage)
	q.done()
	return f
}

// sort reads the order of a list.
func (q *query) sort() string {
	return cmp.Or(q.oneOf("sort", store.Sorts...), store.Sorts[0])
}

// narrow reads which cases are meant.
func (q *query) narrow(rules casefile.Rules) store.Filter {
	return store.Filter{
		Stage:       casefile.Stage(q.oneOf("stage", names(casefile.Stages)...)),
		Lamp:        casefile.Lamp(q.oneOf("lamp", string(casefile.Green), string(casefile.Yellow), string(casefile.Red))),
		Open:        q.oneOf("open", "true") != "",
		Overdue:     q.oneOf("overdue", "true") != "",
		Supervised:  q.oneOf("supervised", "true") != "",
		Origin:      q.oneOf("origin", policy.IDs(rules.Policy.Origins)...),
		Unit:        q.unit("unit", rules.Directory),
		Leader:      q.official("leader", rules.Directory),
		Supervision: casefile.Supervision(q.oneOf("supervision", string(casefile.NotSupervised), string(casefile.ByPetitionOffice), string(casefile.Dual), string(casefile.ByJointMeeting))),
		Campaign:    q.line("campaign"),
		Reception:   q.line("reception"),
		Urgent:      q.oneOf("urgent", "true") != "",
		DueBefore:   q.day("due_before"),
		Query:       q.line("q"),
	}
}

// The length of a list's page.
const (
	defaultPage = 50
	maxPage     = 200
)

func names[T ~string](list []T) []string {
	s := make([]string, len(list))
	for i, v := range list {
		s[i] = string(v)
	}
	return s
}

// explain fills in, where a command is not possible now, what happened meanwhile and what
// the caller can do instead.
func (a *api) explain(ctx context.Context, v viewer, id string, kind casefile.Kind, err error) error {
	var refusal *casefile.Error
	if !errors.As(err, &refusal) || refusal.Reason != casefile.Conflict {
		return err
	}
	full := *refusal
	full.Commands = []casefile.Kind{}
	row, err := a.Store.Case(ctx, id)
	if err != nil || !casefile.Sees(row.Case, v.by, v.rules) {
		return &full
	}
	full.Commands = casefile.Available(row.Case, v.by, v.rules, v.now)
	events, err := a.story(ctx, row.Case)
	if err != nil {
		return err
	}
	if e, ok := casefile.Overtook(events, kind, v.by); ok {
		said := e.Said(v.rules.Directory)
		full.Chinese += "；" + said.Chinese
		full.English += "; " + said.English
	}
	return &full
}

// story is what has happened to a case, up to where it stands.
func (a *api) story(ctx context.Context, c casefile.Case) ([]casefile.Event, error) {
	ledger, err := a.Store.Ledger(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var events []casefile.Event
	for _, recorded := range ledger {
		if recorded.Seq > c.Seq {
			break // came since
		}
		e, err := recorded.Event()
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}
