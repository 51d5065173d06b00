package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// metricView is something that a target can be about.
type metricView struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Formula string              `json:"formula"`
	Unit    casefile.MetricUnit `json:"unit"`
	Source  string              `json:"source"`
	Basis   policy.Basis        `json:"basis"`
}

func (a *api) getTargetMetrics(w http.ResponseWriter, r *http.Request) error {
	lang := languageOf(r)
	list := struct {
		Metrics []metricView `json:"metrics"`
	}{}
	for _, m := range casefile.Metrics {
		list.Metrics = append(list.Metrics, metricView{m.ID, lang.of(m.Name), lang.of(m.Formula), m.Unit, m.Source, m.Basis})
	}
	return writeJSON(w, r, http.StatusOK, list)
}

// sheetView is a target sheet without its figures, as lists show it.
type sheetView struct {
	ID       string        `json:"id"`
	Year     int           `json:"year"`
	Unit     string        `json:"unit"`
	UnitName string        `json:"unit_name"`
	Office   string        `json:"office"`
	State    string        `json:"state"`
	InForce  *int          `json:"in_force"`
	ClosedBy *string       `json:"closed_by"`
	ClosedAt *time.Time    `json:"closed_at"`
	Versions []versionView `json:"versions"`
	Commands []string      `json:"commands"`
}

type versionView struct {
	Version   int            `json:"version"`
	Hash      string         `json:"hash"`
	DraftedBy string         `json:"drafted_by"`
	DraftedAt time.Time      `json:"drafted_at"`
	Upper     *signatureView `json:"upper"`
	Head      *signatureView `json:"head"`
	Items     []itemView     `json:"items"`
}

type signatureView struct {
	Official string    `json:"official"`
	Name     string    `json:"name"`
	At       time.Time `json:"at"`
}

type itemView struct {
	Number int                 `json:"number"`
	Metric string              `json:"metric"`
	Name   string              `json:"name"`
	Target casefile.Hundredths `json:"target"`
	Weight casefile.Hundredths `json:"weight"`
}

func (v viewer) sheet(s casefile.TargetSheet) sheetView {
	view := sheetView{
		ID: s.ID, Year: s.Year, Unit: s.Unit, UnitName: v.rules.Directory.Units[s.Unit].Name, Office: s.Office, State: "draft",
		ClosedBy: text(s.ClosedBy), ClosedAt: instant(s.ClosedAt), Commands: casefile.TargetCommands(s, v.by, v.rules),
	}
	latest := s.Latest()
	inForce, ok := s.InForce()
	switch {
	case s.ClosedBy != "":
		view.State = "closed"
	case ok:
		view.State = "in_force"
	case latest.Upper.Official != "" || latest.Head.Official != "":
		view.State = "half_signed"
	}
	if ok {
		view.InForce = &inForce.Number
	}
	for _, version := range s.Versions {
		of := versionView{
			Version: version.Number, Hash: version.Hash, DraftedBy: version.DraftedBy, DraftedAt: version.DraftedAt.UTC(),
			Upper: v.signature(version.Upper), Head: v.signature(version.Head),
		}
		for i, item := range version.Items {
			of.Items = append(of.Items, v.item(i+1, item))
		}
		view.Versions = append(view.Versions, of)
	}
	return view
}

func (v viewer) signature(s casefile.Signature) *signatureView {
	if s.Official == "" {
		return nil
	}
	return &signatureView{s.Official, v.rules.Directory.Officials[s.Official].Name, s.At.UTC()}
}

func (v viewer) item(number int, item casefile.TargetItem) itemView {
	view := itemView{number, item.Metric, item.Name, item.Target, item.Weight}
	if view.Name == "" {
		m, _ := casefile.MetricOf(item.Metric)
		view.Name = v.lang.of(m.Name)
	}
	return view
}

// scoreView is what a sheet's version has come to.
type scoreView struct {
	Version int                  `json:"version"`
	AsOf    time.Time            `json:"as_of"`
	Score   *casefile.Hundredths `json:"score"`
	Items   []pointsView         `json:"items"`
}

type pointsView struct {
	itemView
	Numerator   int64                `json:"numerator"`
	Denominator int64                `json:"denominator"`
	Value       *casefile.Hundredths `json:"value"`
	Met         *bool                `json:"met"`
	Points      *casefile.Hundredths `json:"points"`
}

// scored is the version that a sheet's figures are of.
func scored(s casefile.TargetSheet) casefile.TargetVersion {
	if s.ClosedBy != "" {
		i := slices.IndexFunc(s.Versions, func(v casefile.TargetVersion) bool { return v.Number == s.Closed })
		return s.Versions[i]
	}
	return s.Scored()
}

// score counts a sheet, or reads what its closing act recorded.
func (a *api) score(r *http.Request, v viewer, s casefile.TargetSheet) (scoreView, error) {
	version := scored(s)
	_, until := s.Span(v.now)
	view := scoreView{Version: version.Number, AsOf: until.UTC()}
	var points []casefile.Points
	var total casefile.Hundredths
	var ok bool
	var err error
	if s.ClosedBy != "" {
		points, total, ok, err = a.Store.ClosedScore(r.Context(), s, version.Items)
	} else {
		var counted []casefile.Tally
		counted, err = a.Store.TargetTallies(r.Context(), s, version.Items, v.now)
		for i, t := range counted {
			points = append(points, casefile.PointsOf(version.Items[i], t))
		}
		total, ok = casefile.Score(version.Items, points)
	}
	if err != nil {
		return view, err
	}
	if ok {
		view.Score = &total
	}
	for i, p := range points {
		of := pointsView{itemView: v.item(i+1, version.Items[i]), Numerator: p.Numerator, Denominator: p.Denominator}
		if p.Scored() {
			of.Value, of.Met, of.Points = &p.Value, &p.Met, &p.Points
		}
		view.Items = append(view.Items, of)
	}
	return view, nil
}

// showSheet answers with a sheet and its figures.
func (a *api) showSheet(w http.ResponseWriter, r *http.Request, v viewer, s casefile.TargetSheet, status int) error {
	score, err := a.score(r, v, s)
	if err != nil {
		return err
	}
	if status == http.StatusCreated {
		w.Header().Set("Location", "/api/v1/target-sheets/"+s.ID)
	}
	return writeJSON(w, r, status, struct {
		sheetView
		Score scoreView `json:"score"`
	}{v.sheet(s), score})
}

// seenSheet reads the sheet that the address names, for those who may know of it.
func (a *api) seenSheet(r *http.Request) (viewer, casefile.TargetSheet, error) {
	v, err := a.viewer(r)
	if err != nil {
		return v, casefile.TargetSheet{}, err
	}
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return v, casefile.TargetSheet{}, casefile.NoSuchTargets()
	}
	s, err := a.Store.TargetSheet(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !casefile.SeesTargets(s, v.by, v.rules.Directory) {
		return v, casefile.TargetSheet{}, casefile.NoSuchTargets()
	}
	return v, s, err
}

func (a *api) getTargetSheet(w http.ResponseWriter, r *http.Request) error {
	v, s, err := a.seenSheet(r)
	if err != nil {
		return err
	}
	return a.showSheet(w, r, v, s, http.StatusOK)
}

// getTargetSheets lists the sheets of a year that the caller may read, without figures.
func (a *api) getTargetSheets(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	year := q.number("year", calendar.DateOf(v.now).Year, 9999)
	unit := q.unit("unit", v.rules.Directory)
	cursor, limit := q.text("cursor", 20), q.number("limit", defaultPage, maxPage)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	offset := 0
	if cursor != "" {
		if offset, err = strconv.Atoi(cursor); err != nil || offset < 1 {
			return notACursor()
		}
	}
	sheets, err := a.Store.TargetSheets(r.Context(), year)
	if err != nil {
		return err
	}
	sheets = slices.DeleteFunc(sheets, func(s casefile.TargetSheet) bool {
		return !casefile.SeesTargets(s, v.by, v.rules.Directory) || unit != "" && s.Unit != unit
	})
	list := struct {
		Sheets     []sheetView `json:"target_sheets"`
		Total      int         `json:"total"`
		NextCursor *string     `json:"next_cursor"`
	}{[]sheetView{}, len(sheets), nil}
	from, until := min(offset, len(sheets)), min(offset+limit, len(sheets))
	for _, s := range sheets[from:until] {
		list.Sheets = append(list.Sheets, v.sheet(s))
	}
	if until < len(sheets) {
		list.NextCursor = text(strconv.Itoa(until))
	}
	return writeJSON(w, r, http.StatusOK, list)
}

// targetItems reads a sheet's items.
func (b *body) targetItems() []casefile.TargetItem {
	var raw []json.RawMessage
	b.value("items", &raw, "应为目标列表", "must be a list of targets")
	if len(raw) > casefile.MostTargets {
		raw = raw[:casefile.MostTargets+1] // enough to be told that they are too many
	}
	items := make([]casefile.TargetItem, len(raw))
	for i, one := range raw {
		inner := &body{prefix: "items." + strconv.Itoa(i) + "."}
		if inner.open(one) != nil {
			b.wrong("items."+strconv.Itoa(i), "wrong_type", "应为一个对象", "must be an object")
			continue
		}
		inner.know([]casefile.Field{{Name: "metric"}, {Name: "name"}, {Name: "target"}, {Name: "weight"}})
		items[i] = casefile.TargetItem{
			Metric: inner.line("metric", maxLine), Name: inner.line("name", maxLine), Target: inner.hundredths("target"), Weight: inner.hundredths("weight"),
		}
		b.problems = append(b.problems, inner.problems...)
	}
	return items
}

func (b *body) hundredths(name string) (h casefile.Hundredths) {
	b.value(name, &h, "应为至多两位小数的非负数", "must be a number, not negative, with two decimals at most")
	return h
}

var targetSpace = uuid.MustParse("86a9b0d1-52a9-4d58-9d3b-0f6f27a7c1e4")

// postTargetSheet drafts a sheet.
func (a *api) postTargetSheet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "year", Required: true}, {Name: "unit", Required: true}, {Name: "items", Required: true}})
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	s := casefile.TargetSheet{ID: sub.id(targetSpace, v.by), Year: b.number("year", 0), Unit: b.line("unit", maxLine)}
	items := b.targetItems()
	again := false
	err = a.Store.InTargets(ctx, s.ID, func(tx *store.TargetsTx) error {
		before, found, err := asBefore(tx.Drafted(ctx, s.ID, sub.fingerprint))
		if found {
			s, again = before, true
		}
		if found || err != nil {
			return err
		}
		drafted, refusal := casefile.DraftTargets(s, items, v.by, v.rules)
		if refusal != nil {
			return b.err(refusal)
		}
		if err := b.err(nil); err != nil {
			return err
		}
		s = drafted
		created, err := tx.Draft(ctx, s, sub.fingerprint, sub.commandID(v.by, s.ID))
		if err != nil || created {
			return err
		}
		if s, err = tx.Drafted(ctx, s.ID, sub.fingerprint); errors.Is(err, store.ErrNotFound) {
			return casefile.SheetExists()
		}
		again = true // the same request came twice at once
		return err
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return a.showSheet(w, r, v, s, http.StatusCreated)
}

// changeSheet carries out one request on a sheet, once for each key, and answers with the
// sheet.
func (a *api) changeSheet(w http.ResponseWriter, r *http.Request, known []casefile.Field,
	change func(*store.TargetsTx, viewer, *body, casefile.TargetSheet, string) error,
) error {
	ctx := r.Context()
	v, s, err := a.seenSheet(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, known)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	command := store.TargetCommand(sub.commandID(v.by, s.ID), sub.fingerprint)
	again := false
	err = a.Store.InTargets(ctx, s.ID, func(tx *store.TargetsTx) error {
		if again, err = tx.Done(ctx, s.ID, command); again || err != nil {
			return err
		}
		if s, err = tx.Sheet(ctx, s.ID); err != nil {
			return err
		}
		return change(tx, v, b, s, command)
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	if s, err = a.Store.TargetSheet(ctx, s.ID); err != nil {
		return err
	}
	return a.showSheet(w, r, v, s, http.StatusOK)
}

// postTargetVersion drafts a new version of a sheet.
func (a *api) postTargetVersion(w http.ResponseWriter, r *http.Request) error {
	known := []casefile.Field{{Name: "items", Required: true}}
	return a.changeSheet(w, r, known, func(tx *store.TargetsTx, v viewer, b *body, s casefile.TargetSheet, command string) error {
		version, refusal := casefile.ReviseTargets(s, b.targetItems(), v.by, v.rules)
		if refusal != nil {
			return b.err(refusal)
		}
		if err := b.err(nil); err != nil {
			return err
		}
		return tx.Revise(r.Context(), s.ID, version, command)
	})
}

// postTargetSign signs a sheet's latest version.
func (a *api) postTargetSign(w http.ResponseWriter, r *http.Request) error {
	known := []casefile.Field{{Name: "hash", Required: true}}
	return a.changeSheet(w, r, known, func(tx *store.TargetsTx, v viewer, b *body, s casefile.TargetSheet, command string) error {
		seat, refusal := casefile.SignTargets(s, b.line("hash", maxLine), v.by, v.rules)
		if refusal != nil {
			return b.err(refusal)
		}
		if err := b.err(nil); err != nil {
			return err
		}
		return tx.Sign(r.Context(), s.ID, s.Latest().Number, seat, v.by.ID, v.now, command)
	})
}

// postTargetClose records a sheet's figures for good.
func (a *api) postTargetClose(w http.ResponseWriter, r *http.Request) error {
	return a.changeSheet(w, r, nil, func(tx *store.TargetsTx, v viewer, b *body, s casefile.TargetSheet, command string) error {
		version, refusal := casefile.CloseTargets(s, v.by, v.rules)
		if refusal != nil {
			return refusal
		}
		if err := b.err(nil); err != nil {
			return err
		}
		return tx.Close(r.Context(), s, version, v.by.ID, v.now, command)
	})
}

// targetCaseView is one thing that was judged for an item.
type targetCaseView struct {
	caseRef
	Term     *string        `json:"term"`
	JudgedAt time.Time      `json:"judged_at"`
	Due      *calendar.Date `json:"due"`
	Good     bool           `json:"good"`
}

var errNoItem = refuse(http.StatusNotFound, "item_not_found", "该目标责任状没有这一项", "the sheet has no such item")

// getTargetCases lists the cases behind an item's figures, those that the caller may see.
func (a *api) getTargetCases(w http.ResponseWriter, r *http.Request) error {
	v, s, err := a.seenSheet(r)
	if err != nil {
		return err
	}
	items := scored(s).Items
	number, err := strconv.Atoi(chi.URLParam(r, "item"))
	if err != nil || number < 1 || number > len(items) {
		return errNoItem
	}
	q := readQuery(r)
	good := q.oneOf("good", "true", "false")
	cursor, limit := q.text("cursor", 20), q.number("limit", defaultPage, maxPage)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	f := store.TargetFilter{Limit: limit + 1}
	if good != "" {
		wanted := good == "true"
		f.Good = &wanted
	}
	if cursor != "" {
		if f.Offset, err = strconv.Atoi(cursor); err != nil || f.Offset < 1 {
			return notACursor()
		}
	}
	found, total, err := a.Store.TargetCases(r.Context(), s, number, items[number-1], v.by, f, v.now)
	if err != nil {
		return err
	}
	list := struct {
		Cases      []targetCaseView `json:"cases"`
		Total      int              `json:"total"`
		NextCursor *string          `json:"next_cursor"`
	}{[]targetCaseView{}, total, nil}
	for i, c := range found {
		if i == limit {
			list.NextCursor = text(strconv.Itoa(f.Offset + limit))
			break
		}
		view := targetCaseView{caseRef: caseRef{c.Case, c.Number, c.Title}, Term: text(c.Term), JudgedAt: c.JudgedAt.UTC(), Good: c.Good}
		if c.DueAt != nil {
			view.Due = day(calendar.DateOf(c.DueAt.Add(-time.Microsecond)))
		}
		list.Cases = append(list.Cases, view)
	}
	return writeJSON(w, r, http.StatusOK, list)
}
