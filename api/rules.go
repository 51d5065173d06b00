package api

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/rules"
	"shuangze/store"
)

// maxMoves is how many clocks a preview shows.
const maxMoves = 200

// draftFields are those of rules that somebody wants in force.
var draftFields = []casefile.Field{{Name: "policy"}, {Name: "years"}, {Name: "text"}, {Name: "after"}}

// draft reads rules that somebody wants in force.
func (b *body) draft() rules.Draft {
	var d rules.Draft
	if b.given("policy") {
		local := ""
		if b.value("policy", &local, "应为文本", "must be text") {
			d.Policy = &local
		}
	}
	if b.given("years") {
		var lists []json.RawMessage
		b.value("years", &lists, "应为年度节假日安排的数组", "must be a list of years' rest days")
		for _, list := range lists {
			d.Years = append(d.Years, string(list))
		}
	}
	d.Reason = b.words("text")
	if b.given("after") {
		after := 0
		if b.value("after", &after, "应为整数", "must be a whole number") {
			d.After = &after
		}
	}
	return d
}

// wrongRules notes what is wrong with a draft: each problem of the policy and of the
// calendars. It returns any other error.
func (b *body) wrongRules(err error) error {
	var several interface{ Unwrap() []error }
	var inPolicy policy.FileError
	var inYear *calendar.FileError
	switch {
	case err == nil:
	case errors.As(err, &several):
		for _, one := range several.Unwrap() {
			if other := b.wrongRules(one); other != nil {
				return other
			}
		}
	case errors.As(err, &inPolicy):
		b.wrongAt("policy", "bad_policy", inPolicy.Line, inPolicy.Column, inPolicy.Chinese, inPolicy.Message)
	case errors.As(err, &inYear):
		b.wrongAt("years", "bad_calendar", inYear.Line, inYear.Column, inYear.Chinese, inYear.Err.Error())
	default:
		return err
	}
	return nil
}

// publicationLine is who put what in force when, without what it was.
type publicationLine struct {
	Version   int       `json:"version"`
	Text      *string   `json:"text"`
	By        *string   `json:"by"`
	At        time.Time `json:"at"`
	Broadcast *string   `json:"broadcast"`
}

func lineOf(p store.Publication) publicationLine {
	return publicationLine{p.Version, text(p.Reason), text(p.By), p.At.UTC(), text(p.Broadcast)}
}

// publicationView is what was put in force, and when.
type publicationView struct {
	publicationLine
	Policy string            `json:"policy"` // the local file; empty: none
	Years  []json.RawMessage `json:"years"`
}

func publicationOf(p store.Publication) publicationView {
	view := publicationView{lineOf(p), p.Policy, []json.RawMessage{}}
	for _, year := range p.Years {
		view.Years = append(view.Years, json.RawMessage(year))
	}
	return view
}

// rulesView names rules.
type rulesView struct {
	Version  int    `json:"version"`
	Policy   string `json:"policy"`
	Calendar string `json:"calendar"`
}

func rulesOf(r casefile.Rules) rulesView {
	return rulesView{r.Version, r.Policy.Version, r.Calendar.Version()}
}

// getRules shows which rules are in force, and what has been.
func (a *api) getRules(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	list, err := a.Store.Publications(r.Context())
	if err != nil {
		return err
	}
	answer := struct {
		rulesView
		Publications []publicationLine `json:"publications"`
	}{rulesOf(v.rules), make([]publicationLine, len(list))}
	for i, p := range list {
		answer.Publications[i] = lineOf(p)
	}
	return writeJSON(w, r, http.StatusOK, answer)
}

// getPublication shows one publication with the whole of its rules.
func (a *api) getPublication(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.Atoi(chi.URLParam(r, "version"))
	if err != nil || version < 1 || version > math.MaxInt32 {
		return errNoPublication
	}
	p, err := a.Store.PublicationOf(r.Context(), version)
	if errors.Is(err, store.ErrNotFound) {
		return errNoPublication
	}
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, publicationOf(p))
}

// previewView is what rules would do to the open cases.
type previewView struct {
	InForce   rulesView       `json:"in_force"`
	Next      rulesView       `json:"next"`
	Changes   []policy.Change `json:"changes"`
	Days      []calendar.Day  `json:"days"`
	Cases     casesMoved      `json:"cases"`
	Clocks    clocksMoved     `json:"clocks"`
	Told      []string        `json:"told"`
	Moves     []moveView      `json:"moves"`
	MoreMoves int             `json:"more_moves"`
}

type casesMoved struct {
	Open    int `json:"open"`
	Touched int `json:"touched"`
	Moved   int `json:"moved"`
}

type clocksMoved struct {
	Earlier int `json:"earlier"`
	Later   int `json:"later"`
	Kept    int `json:"kept"`
}

type moveView struct {
	Case   string       `json:"case"`
	Number string       `json:"number"`
	Clock  string       `json:"clock"`
	Rule   string       `json:"rule"`
	From   calendar.Due `json:"from"`
	To     calendar.Due `json:"to"`
	Days   int          `json:"days"`
	Kept   *string      `json:"kept"`
	Told   []string     `json:"told"`
}

func previewOfRules(p rules.Preview) previewView {
	view := previewView{
		InForce: rulesOf(p.Before), Next: rulesOf(p.After), Changes: policy.Changes(p.Before.Policy, p.After.Policy), Days: calendar.Changes(p.Before.Calendar, p.After.Calendar),
		Cases: casesMoved{p.Open, len(p.Touched), p.Moved}, Clocks: clocksMoved{p.Earlier, p.Later, p.Kept},
		Told: append([]string{}, p.Told...), Moves: make([]moveView, len(p.Shifts)), MoreMoves: p.Total - len(p.Shifts),
	}
	for i, s := range p.Shifts {
		view.Moves[i] = moveView{s.Case, s.Number, s.Clock, s.Rule, s.From, s.To, s.Days(), text(s.Kept), append([]string{}, s.Told...)}
	}
	return view
}

// readDraft reads rules from whoever may put some in force.
func (a *api) readDraft(w http.ResponseWriter, r *http.Request) (viewer, *body, rules.Draft, error) {
	v, err := a.viewer(r)
	if err != nil {
		return v, nil, rules.Draft{}, err
	}
	if refusal := casefile.PermitPublish(v.by); refusal != nil {
		return v, nil, rules.Draft{}, refusal
	}
	b, err := readBody(w, r, draftFields)
	if err != nil {
		return v, b, rules.Draft{}, err
	}
	return v, b, b.draft(), nil
}

// postRulesPreview shows what rules would do to the open cases, and changes nothing.
func (a *api) postRulesPreview(w http.ResponseWriter, r *http.Request) error {
	v, b, d, err := a.readDraft(w, r)
	if err != nil {
		return err
	}
	if err := b.err(nil); err != nil {
		return err
	}
	p, err := rules.Try(r.Context(), a.Store, d, v.now, maxMoves)
	if err := errors.Join(b.wrongRules(err), b.err(nil)); err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, previewOfRules(p))
}

var publicationSpace = uuid.MustParse("0e0f5a0c-3a5e-4f5b-9d3d-6a6c6b7d2f41")

// postRules puts rules in force and orders the broadcast that takes them to the open cases.
func (a *api) postRules(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, b, d, err := a.readDraft(w, r)
	if err != nil {
		return err
	}
	if d.Reason == "" && !b.has("text") {
		b.wrong("text", "required", "此项必填", "this field is required")
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	id := sub.id(publicationSpace, v.by)
	before, err := a.Store.Publication(ctx, id)
	switch {
	case err == nil && before.Fingerprint != sub.fingerprint:
		return errKeyReused
	case err == nil:
		w.Header().Set("Idempotent-Replay", "true")
		return writeJSON(w, r, http.StatusCreated, publicationOf(before))
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	if err := b.err(nil); err != nil {
		return err
	}
	p, err := rules.Publish(ctx, a.Store, a.Engine, d, id, sub.fingerprint, v.by, v.now)
	if errors.Is(err, rules.ErrUnchanged) {
		return errRulesInForce
	}
	if errors.Is(err, rules.ErrMoved) {
		return errRulesMoved
	}
	if err := errors.Join(b.wrongRules(err), b.err(nil)); err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusCreated, publicationOf(p))
}
