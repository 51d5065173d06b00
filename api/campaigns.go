package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// campaignRef is the campaign on whose list a case is. Of a case registered before
// campaigns were kept only the name is on record.
type campaignRef struct {
	ID   *string `json:"id"`
	Name string  `json:"name"`
}

func (v viewer) campaignOf(c casefile.Case) *campaignRef {
	code := c.CampaignCode()
	if _, on := c.Enlisted(); on {
		return &campaignRef{&code, v.rules.Directory.Campaigns[code].Name}
	}
	if code == "" {
		return nil
	}
	return &campaignRef{nil, code}
}

// enlistmentView is a case's time on a campaign's list.
type enlistmentView struct {
	Campaign   string       `json:"campaign"`
	Name       string       `json:"name"`
	EnlistedAt time.Time    `json:"enlisted_at"`
	DelistedAt *time.Time   `json:"delisted_at"`
	Plan       *string      `json:"plan"`
	Reports    []reportView `json:"reports"`
}

// reportView is a weekly report that is or was due.
type reportView struct {
	Due    calendar.Date `json:"due"`
	MadeAt *time.Time    `json:"made_at"`
	Late   bool          `json:"late"`
}

func (v viewer) reports(e casefile.Enlistment) []reportView {
	views := make([]reportView, len(e.Reports))
	for i, r := range e.Reports {
		made := r.MadeAt
		if made.IsZero() {
			made = v.now
		}
		views[i] = reportView{r.Due, instant(r.MadeAt), !made.Before(r.Due.End())}
	}
	return views
}

func (v viewer) enlistment(e casefile.Enlistment, texts map[string]store.Text) enlistmentView {
	return enlistmentView{
		e.Campaign, v.rules.Directory.Campaigns[e.Campaign].Name, e.At.UTC(), instant(e.DelistedAt), words(texts, e.Plan), v.reports(e),
	}
}

type targetView struct {
	Kind   string  `json:"kind"`
	Origin *string `json:"origin"`
	Value  int     `json:"value"`
}

func targetViews(targets []casefile.Target) []targetView {
	views := make([]targetView, len(targets))
	for i, t := range targets {
		views[i] = targetView{t.Kind, text(t.Origin), t.Value}
	}
	return views
}

// campaignView is a campaign.
type campaignView struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	About      string        `json:"about"`
	Office     string        `json:"office"`
	OfficeName string        `json:"office_name"`
	Start      calendar.Date `json:"start"`
	End        calendar.Date `json:"end"`
	State      string        `json:"state"`
	Targets    []targetView  `json:"targets"`
	OpenedBy   string        `json:"opened_by"`
	OpenedAt   time.Time     `json:"opened_at"`
	EndedBy    *string       `json:"ended_by"`
	EndedAt    *time.Time    `json:"ended_at"`
	Commands   []string      `json:"commands"`
}

func (v viewer) campaign(c casefile.Campaign) campaignView {
	view := campaignView{
		ID: c.ID, Name: c.Name, About: c.About, Office: c.Office, OfficeName: v.rules.Directory.Units[c.Office].Name,
		Start: c.Start, End: c.End, State: "running", Targets: targetViews(c.Targets),
		OpenedBy: c.OpenedBy, OpenedAt: c.OpenedAt.UTC(), EndedBy: text(c.EndedBy), EndedAt: instant(c.EndedAt),
		Commands: casefile.CampaignCommands(c, v.by, v.rules),
	}
	switch {
	case c.EndedBy != "":
		view.State = "ended"
	case c.Over(v.now):
		view.State = "over"
	case calendar.DateOf(v.now).Before(c.Start):
		view.State = "planned"
	}
	return view
}

var campaignSpace = uuid.MustParse("0f4d0b9a-3c1e-4b57-9b0e-6a3c0e7d52b4")

// campaignFields are the fields of a campaign's body.
var campaignFields = []casefile.Field{
	{Name: "name", Required: true},
	{Name: "about", Required: true},
	{Name: "start", Required: true},
	{Name: "end", Required: true},
	{Name: "targets"},
}

// maxAbout is the longest that the words about a campaign, or for a change of its
// targets, may be, in characters.
const maxAbout = 1000

// targets reads a list of targets.
func (b *body) targets() []casefile.Target {
	var list []json.RawMessage
	if !b.value("targets", &list, "应为目标的数组", "must be a list of targets") {
		return nil
	}
	targets := make([]casefile.Target, len(list))
	for i, raw := range list {
		in := &body{prefix: fmt.Sprintf("%stargets.%d.", b.prefix, i)}
		if in.open(raw) != nil {
			b.wrong("targets", "wrong_type", "每项目标应为一个对象", "each target must be an object")
			continue
		}
		in.know([]casefile.Field{{Name: "kind"}, {Name: "origin"}, {Name: "value"}})
		targets[i] = casefile.Target{Kind: in.line("kind", maxLine), Origin: in.line("origin", maxLine), Value: in.number("value", 0)}
		b.problems = append(b.problems, in.problems...)
	}
	return targets
}

// postCampaign opens a campaign. The directory is locked from the check to the commit.
func (a *api) postCampaign(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, campaignFields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	asked := casefile.Campaign{
		ID: sub.id(campaignSpace, v.by), Name: b.line("name", maxLine), About: b.string("about", maxAbout, true),
		Start: b.day("start"), End: b.day("end"), Targets: b.targets(),
	}
	var opened casefile.Campaign
	again := false
	err = a.Store.InCampaigns(ctx, func(tx *store.CampaignsTx) error {
		var err error
		if opened, again, err = asBefore(tx.Opened(ctx, asked.ID, sub.fingerprint)); again || err != nil {
			return err
		}
		v.rules.Directory = tx.Directory
		c, refusal := casefile.OpenCampaign(asked, v.by, v.rules)
		if refusal != nil {
			return b.err(refusal)
		}
		if err := b.err(nil); err != nil {
			return err
		}
		opened = c
		return tx.Open(ctx, c, sub.fingerprint)
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	w.Header().Set("Location", "/api/v1/campaigns/"+opened.ID)
	return writeJSON(w, r, http.StatusCreated, v.campaign(opened))
}

// changeCampaign changes the campaign that the address names by change, unless the
// request has done so already, and answers with it as it is then.
func (a *api) changeCampaign(w http.ResponseWriter, r *http.Request, v viewer, command string, change func(*store.CampaignsTx, casefile.Campaign) (again bool, err error)) error {
	ctx := r.Context()
	c, err := a.seenCampaign(r, v)
	if err != nil {
		return err
	}
	again := false
	err = a.Store.InCampaigns(ctx, func(tx *store.CampaignsTx) (err error) {
		again, err = change(tx, tx.Directory.Campaigns[c.ID])
		return err
	})
	if err != nil {
		return err
	}
	if c, err = a.Store.Campaign(ctx, c.ID); err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return writeJSON(w, r, http.StatusOK, v.campaign(c))
}

// postTargets gives a campaign other targets, with the reason.
func (a *api) postTargets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "targets", Required: true}, {Name: "reason", Required: true}})
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	if !b.given("targets") {
		b.wrong("targets", "required", "此项必填", "this field is required")
	}
	targets, reason := b.targets(), b.string("reason", maxAbout, true)
	command := sub.commandID(v.by, chi.URLParam(r, "id"))
	return a.changeCampaign(w, r, v, command, func(tx *store.CampaignsTx, c casefile.Campaign) (again bool, err error) {
		if done, err := tx.TargetsSet(ctx, c.ID, command, sub.fingerprint); done || err != nil {
			return done, err
		}
		rules := v.rules
		rules.Directory = tx.Directory
		changed, refusal := casefile.ChangeTargets(c, targets, reason, v.by, rules)
		if refusal != nil {
			return false, b.err(refusal)
		}
		if err := b.err(nil); err != nil {
			return false, err
		}
		return false, tx.SetTargets(ctx, c.ID, store.TargetChange{Targets: changed, Reason: reason, By: v.by.ID, At: v.now}, command, sub.fingerprint)
	})
}

// postCampaignEnd ends a campaign.
func (a *api) postCampaignEnd(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
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
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	command := sub.commandID(v.by, chi.URLParam(r, "id"))
	return a.changeCampaign(w, r, v, command, func(tx *store.CampaignsTx, c casefile.Campaign) (again bool, err error) {
		by, err := tx.Ended(ctx, c.ID)
		if err != nil || by == command {
			return by == command, err
		}
		rules := v.rules
		rules.Directory = tx.Directory
		ended, refusal := casefile.EndCampaign(c, v.by, rules)
		if refusal != nil {
			return false, refusal
		}
		return false, tx.End(ctx, ended, command)
	})
}

// seenCampaign reads the campaign that the address names, for those who may know of it.
func (a *api) seenCampaign(r *http.Request, v viewer) (casefile.Campaign, error) {
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return casefile.Campaign{}, errNoCampaign
	}
	c, err := a.Store.Campaign(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return c, errNoCampaign
	}
	if err != nil || casefile.SeesCampaigns(c.Office, v.by, v.rules) {
		return c, err
	}
	if v.by.Role != casefile.Leader {
		return c, errNoCampaign
	}
	carries, err := a.Store.CarriesIn(r.Context(), v.by, id, v.rules)
	if err == nil && !carries {
		err = errNoCampaign
	}
	return c, err
}

// getCampaigns lists the campaigns that the caller may know of, the newest first.
func (a *api) getCampaigns(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	q := readQuery(r)
	cursor, limit := q.text("cursor", 500), q.number("limit", defaultPage, maxPage)
	var goingOn calendar.Date
	if q.oneOf("open", "true") != "" {
		goingOn = calendar.DateOf(a.Clock.Now())
	}
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	page, next, err := a.Store.Campaigns(r.Context(), v.by, goingOn, cursor, limit, v.rules)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	list := struct {
		Campaigns  []campaignView `json:"campaigns"`
		NextCursor *string        `json:"next_cursor"`
	}{make([]campaignView, len(page)), text(next)}
	for i, c := range page {
		list.Campaigns[i] = v.campaign(c)
	}
	return writeJSON(w, r, http.StatusOK, list)
}

// progressView is how a campaign stands, by the cases that the caller may see; of a
// leader only those that they carry.
type progressView struct {
	AsOf      time.Time         `json:"as_of"`
	OwnCases  bool              `json:"own_cases"`
	Cases     int               `json:"cases"`
	Concluded int               `json:"concluded"`
	Before    int               `json:"concluded_before"`
	Open      int               `json:"open"`
	Unled     int               `json:"without_leaders"`
	Unplanned int               `json:"without_plan"`
	Submitted int               `json:"submitted"`
	Decided   int               `json:"decided"`
	Money     int64             `json:"money"`
	Standings []standingView    `json:"standings"`
	Weeks     []weekView        `json:"weeks"`
	Targets   []targetStateView `json:"targets"`
}

type standingView struct {
	Origin string         `json:"origin"`
	Stage  casefile.Stage `json:"stage"`
	Cases  int            `json:"cases"`
}

type weekView struct {
	Monday    calendar.Date `json:"monday"`
	Sunday    calendar.Date `json:"sunday"`
	Concluded int           `json:"concluded"`
	Total     int           `json:"total"` // concluded up to the end of that week
	Reports   weekReports   `json:"reports"`
}

type weekReports struct {
	Due     int `json:"due"`
	InTime  int `json:"in_time"`
	Late    int `json:"late"`
	Missing int `json:"missing"`
}

type targetStateView struct {
	targetView
	Cases     int                  `json:"cases"`
	Concluded int                  `json:"concluded"`
	Needed    int                  `json:"needed"`
	State     casefile.TargetState `json:"state"`
}

func (v viewer) progress(c casefile.Campaign, p store.CampaignProgress) progressView {
	view := progressView{
		AsOf: v.now.UTC(), OwnCases: v.by.Role == casefile.Leader,
		Standings: []standingView{}, Weeks: make([]weekView, len(p.Weeks)), Targets: []targetStateView{},
	}
	over := c.Over(v.now)
	if over {
		view.AsOf = c.OverAt().UTC()
	}
	for _, s := range p.Standings {
		view.Standings = append(view.Standings, standingView{s.Origin, s.Stage, s.Cases})
		view.Cases, view.Concluded, view.Before = view.Cases+s.Cases, view.Concluded+s.Concluded, view.Before+s.Before
		view.Unled, view.Unplanned = view.Unled+s.Unled, view.Unplanned+s.Unplanned
		view.Submitted, view.Decided, view.Money = view.Submitted+s.Submitted, view.Decided+s.Decided, view.Money+s.Money
		if s.Stage.Open() {
			view.Open += s.Cases
		}
	}
	total := 0
	for i, w := range p.Weeks {
		total += w.Concluded
		view.Weeks[i] = weekView{w.Monday, w.Monday.AddDays(6), w.Concluded, total, weekReports{w.Due, w.InTime, w.Late, w.Missing}}
	}
	if view.OwnCases {
		return view // a target is of all cases; a leader sees some
	}
	for i, t := range c.Targets {
		state := targetStateView{targetView: targetViews(c.Targets)[i]}
		for _, s := range p.Standings {
			if t.Origin == "" || t.Origin == s.Origin {
				state.Cases, state.Concluded = state.Cases+s.Cases-s.Before, state.Concluded+s.Concluded
			}
		}
		state.Needed, state.State = t.Need(state.Cases), t.Judge(state.Cases, state.Concluded, over)
		view.Targets = append(view.Targets, state)
	}
	return view
}

// targetChangeView is one version of a campaign's targets.
type targetChangeView struct {
	Targets []targetView `json:"targets"`
	Reason  *string      `json:"reason"`
	By      string       `json:"by"`
	At      time.Time    `json:"at"`
}

// getCampaign shows a campaign with its progress.
func (a *api) getCampaign(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	c, err := a.seenCampaign(r, v)
	if err != nil {
		return err
	}
	p, err := a.Store.CampaignProgress(ctx, v.by, c, v.rules)
	if err != nil {
		return err
	}
	changes, err := a.Store.TargetChanges(ctx, c.ID)
	if err != nil {
		return err
	}
	view := struct {
		campaignView
		TargetChanges []targetChangeView `json:"target_changes"`
		Progress      progressView       `json:"progress"`
	}{v.campaign(c), []targetChangeView{}, v.progress(c, p)}
	for _, change := range changes {
		view.TargetChanges = append(view.TargetChanges, targetChangeView{targetViews(change.Targets), text(change.Reason), change.By, change.At.UTC()})
	}
	return writeJSON(w, r, http.StatusOK, view)
}

// getCampaignCases lists the cases on a campaign's list, in the order in which they came.
func (a *api) getCampaignCases(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	c, err := a.seenCampaign(r, v)
	if err != nil {
		return err
	}
	q := readQuery(r)
	cursor, limit := q.text("cursor", 500), q.number("limit", defaultPage, maxPage)
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	page, total, next, err := a.Store.CampaignCases(r.Context(), v.by, c.ID, cursor, limit, v.rules)
	if errors.Is(err, store.ErrCursor) {
		return notACursor()
	}
	if err != nil {
		return err
	}
	type listed struct {
		summary
		EnlistedAt time.Time    `json:"enlisted_at"`
		Planned    bool         `json:"planned"`
		Reports    []reportView `json:"reports"`
		Meetings   int          `json:"meetings"`
	}
	list := struct {
		Cases      []listed `json:"cases"`
		Total      int      `json:"total"`
		NextCursor *string  `json:"next_cursor"`
	}{make([]listed, len(page)), total, text(next)}
	for i, row := range page {
		e := row.Enlistment
		list.Cases[i] = listed{v.summary(row.Row), e.At.UTC(), e.Plan != nil, v.reports(e), len(row.Case.Meetings)}
	}
	return writeJSON(w, r, http.StatusOK, list)
}
