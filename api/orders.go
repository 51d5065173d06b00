package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"shuangze/casefile"
	"shuangze/store"
)

// maxBroadcast is how many cases one broadcast may have.
const maxBroadcast = 10_000

// order is what somebody wants done with many cases.
type order struct {
	cmd    casefile.Command
	words  string
	cases  []string
	filter json.RawMessage // by which they were chosen; null where they were named
	dryRun bool
}

// orderFields are those of an order's body.
var orderFields = []casefile.Field{
	{Name: "command", Required: true},
	{Name: "body"},
	{Name: "cases"},
	{Name: "filter"},
	{Name: "dry_run"},
	{Name: "total"},
}

// order reads an order and finds its cases.
func (a *api) order(ctx context.Context, v viewer, b *body) (order, error) {
	o := order{filter: json.RawMessage("null"), dryRun: b.flag("dry_run")}
	kind := casefile.Kind(b.line("command", maxLine))
	switch {
	case kind == "":
		b.wrong("command", "required", "此项必填", "this field is required")
	case !slices.Contains(casefile.Broadcasts(), kind):
		all := strings.Join(names(casefile.Broadcasts()), ", ")
		b.wrong("command", "not_in_list", "不在可选范围内："+all, "is none of: "+all)
	default:
		if refusal := casefile.PermitBroadcast(kind, v.by); refusal != nil {
			return o, refusal
		}
	}
	o.cmd = casefile.Command{Kind: kind, Actor: v.by}
	b.commandOf(&o)
	named, filter := b.given("cases"), b.given("filter")
	var err error
	switch {
	case named && filter:
		b.wrong("filter", "not_both", "cases 与 filter 只能填写一项", "give cases or filter, not both")
	case named:
		err = a.named(ctx, v, b, &o)
	case filter:
		err = a.filtered(ctx, v, b, &o)
	default:
		b.wrong("cases", "required", "cases 与 filter 须填写一项", "give cases or filter")
	}
	if err != nil {
		return o, err
	}
	total := b.number("total", len(o.cases))
	if err := b.err(nil); err != nil {
		return o, err
	}
	if total != len(o.cases) {
		return o, errSelectionMoved
	}
	return o, nil
}

// given reports whether a field is there.
func (b *body) given(name string) bool {
	raw, ok := b.fields[name]
	return ok && string(raw) != "null"
}

// commandOf reads the fields of the command that each case is to get.
func (b *body) commandOf(o *order) {
	fields, ok := casefile.Fields(o.cmd.Kind)
	if !ok || !slices.Contains(casefile.Broadcasts(), o.cmd.Kind) {
		return // what belongs into it can't be told
	}
	read := func(in *body) {
		o.words = in.command(&o.cmd, fields)
		for _, f := range fields {
			if f.Required && (!in.given(f.Name) || string(in.fields[f.Name]) == `""`) {
				in.wrong(f.Name, "required", "此项必填", "this field is required")
			}
		}
	}
	if b.given("body") {
		b.object("body", read, fields...)
		return
	}
	none := &body{prefix: "body."}
	read(none)
	b.problems = append(b.problems, none.problems...)
}

// named reads the cases that an order names; one that the caller may not see is none.
func (a *api) named(ctx context.Context, v viewer, b *body, o *order) error {
	var list []string
	if !b.value("cases", &list, "应为信访事项标识的数组", "must be a list of case ids") {
		return nil
	}
	if !b.count("cases", len(list)) {
		return nil
	}
	chosen := map[string]bool{}
	for _, id := range list {
		if !chosen[id] {
			o.cases = append(o.cases, id)
		}
		chosen[id] = true
	}
	seen, err := a.Store.Seen(ctx, v.by, o.cases, v.now)
	if err != nil {
		return err
	}
	for _, id := range seen {
		delete(chosen, id)
	}
	if n := len(chosen); n > 0 {
		id := slices.Min(slices.Collect(maps.Keys(chosen)))
		if !caseID.MatchString(id) {
			id = "…" // what a caller makes up is not repeated
		}
		b.wrong("cases", "unknown_case", "没有这些信访事项："+id+"等"+strconv.Itoa(n)+"件", "there are no such cases: "+id+", "+strconv.Itoa(n)+" in all")
	}
	return nil
}

// count notes a number of cases that can't be.
func (b *body) count(field string, n int) bool {
	switch {
	case n == 0:
		b.wrong(field, "no_cases", "没有选中任何未结信访事项", "no open case is chosen")
	case n > maxBroadcast:
		b.wrong(field, "too_many_cases", "选中"+strconv.Itoa(n)+"件，一次不得超过"+strconv.Itoa(maxBroadcast)+"件",
			strconv.Itoa(n)+" cases are chosen; one broadcast may have at most "+strconv.Itoa(maxBroadcast))
	default:
		return true
	}
	return false
}

// narrowing are the parameters of GET /cases that say which cases are meant.
var narrowing = []casefile.Field{
	{Name: "stage"},
	{Name: "lamp"},
	{Name: "open"},
	{Name: "overdue"},
	{Name: "supervised"},
	{Name: "urgent"},
	{Name: "origin"},
	{Name: "unit"},
	{Name: "leader"},
	{Name: "supervision"},
	{Name: "campaign"},
	{Name: "reception"},
	{Name: "due_before"},
	{Name: "q"},
}

// flags are those of them that are true or not given.
var flags = []string{"open", "overdue", "supervised", "urgent"}

// filtered finds the open cases that an order's filter is about, as they are now.
func (a *api) filtered(ctx context.Context, v viewer, b *body, o *order) error {
	q := &query{body: body{prefix: b.prefix + "filter."}, values: map[string][]string{}}
	before := len(b.problems)
	b.object("filter", func(in *body) {
		for _, f := range narrowing {
			switch {
			case !slices.Contains(flags, f.Name):
				if s := in.line(f.Name, maxLine); s != "" {
					q.values[f.Name] = []string{s}
				}
			case in.flag(f.Name):
				q.values[f.Name] = []string{"true"}
			}
		}
		delete(q.values, "open") // as all are: it narrows nothing
		if len(q.values) == 0 && len(in.problems) == 0 {
			b.wrong("filter", "required", "至少填写一项条件", "give at least one condition")
		}
	}, narrowing...)
	filter := q.narrow(v.rules)
	b.problems = append(b.problems, q.problems...)
	if len(b.problems) > before {
		return nil
	}
	found, total, err := a.Store.Select(ctx, v.by, filter, v.now, maxBroadcast)
	if err != nil {
		return err
	}
	b.count("filter", total)
	o.cases, o.filter = found, b.fields["filter"]
	return nil
}

// trial is how a case would take an order.
type trial struct {
	row     store.Row
	refusal *casefile.Error // nil: it would
}

// try decides an order for its cases one by one, as they are now, without giving it to
// any, until more returns false.
func (a *api) try(ctx context.Context, v viewer, o order, more func(trial) bool) (err error) {
	cmd, rules := o.cmd, v.rules
	cmd.ID, cmd.Text = "trial", previewOf(o.words)
	if cmd.Kind == casefile.Assign {
		if rules.Directory, err = a.Store.WithLoad(ctx, rules.Directory); err != nil {
			return err
		}
	}
	return a.Store.EachCase(ctx, o.cases, func(row store.Row) bool {
		t := trial{row: row}
		_, err := casefile.Decide(row.Case, cmd, rules, v.now)
		errors.As(err, &t.refusal) // Decide has no other errors
		return more(t)
	})
}

// someTakeIt refuses an order that no case would take. What is wrong with the order
// itself is then said by its fields.
func (a *api) someTakeIt(ctx context.Context, v viewer, o order) error {
	taken := false
	var wrong *casefile.Error
	err := a.try(ctx, v, o, func(t trial) bool {
		taken = t.refusal == nil
		if !taken && wrong == nil && len(t.refusal.Fields) > 0 {
			wrong = t.refusal
		}
		return !taken
	})
	switch {
	case err != nil || taken:
		return err
	case wrong == nil:
		return errNoCaseTakesIt
	}
	fields := slices.Clone(wrong.Fields)
	for i := range fields {
		fields[i].Field = "body." + fields[i].Field
	}
	return invalidFields(fields...)
}

// tryOut answers what would come of an order: how many cases would take it, and which
// would not, and why.
func (a *api) tryOut(w http.ResponseWriter, r *http.Request, v viewer, o order) error {
	type refused struct {
		caseRef
		refusalView
	}
	answer := struct {
		DryRun   bool          `json:"dry_run"`
		Command  casefile.Kind `json:"command"`
		Total    int           `json:"total"`
		Accepted int           `json:"accepted"`
		Refused  int           `json:"refused"`
		Refusals []refused     `json:"refusals"`
	}{DryRun: true, Command: o.cmd.Kind, Refusals: []refused{}}
	err := a.try(r.Context(), v, o, func(t trial) bool {
		answer.Total++
		if t.refusal == nil {
			answer.Accepted++
			return true
		}
		answer.Refused++
		if len(answer.Refusals) < maxPage {
			answer.Refusals = append(answer.Refusals, refused{caseRef{t.row.Case.ID, t.row.Case.Number, t.row.Title}, v.refusal(t.refusal)})
		}
		return true
	})
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, answer)
}
