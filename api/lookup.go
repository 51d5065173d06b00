package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"shuangze/auth"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

var errWrongReceipt = refuse(http.StatusForbidden, "receipt_wrong", "查询码或查询密码不正确，请对照查询凭证重新输入", "the query code or the query secret is wrong; compare them with the receipt")

// standing is a case as its petitioner may see it.
type standing struct {
	Number     string               `json:"number"`
	ReceivedOn calendar.Date        `json:"received_on"`
	Stage      casefile.PublicStage `json:"stage"`
	Now        string               `json:"now"`
	Office     string               `json:"office"`
	Unit       *string              `json:"unit"`
	Milestones []milestoneView      `json:"milestones"`
	Next       []awaitedView        `json:"next"`
	Rights     []claimView          `json:"rights"`
	NoRights   *string              `json:"no_rights"`
	MayRate    bool                 `json:"may_rate"`
	IfNot      *string              `json:"if_dissatisfied"`
	MayAsk     bool                 `json:"may_ask_review"`
}

type milestoneView struct {
	Kind casefile.EventKind `json:"kind"`
	On   calendar.Date      `json:"on"`
	Text string             `json:"text"`
}

type awaitedView struct {
	Clock       string        `json:"clock"`
	By          string        `json:"by"`
	Text        string        `json:"text"`
	Due         calendar.Date `json:"due"`
	Provisional bool          `json:"provisional"`
	Why         *string       `json:"provisional_why"`
	Overdue     bool          `json:"overdue"`
	LateDays    int           `json:"late_days"`
	Paused      bool          `json:"paused"`
	Missed      string        `json:"missed"`
	Source      string        `json:"source"`
}

type claimView struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Text        string        `json:"text"`
	Until       calendar.Date `json:"until"`
	Provisional bool          `json:"provisional"`
	Why         *string       `json:"provisional_why"`
	Open        bool          `json:"open"`
	Source      string        `json:"source"`
}

func (v viewer) standing(s casefile.Standing) standing {
	view := standing{
		Number: s.Number, ReceivedOn: s.ReceivedOn, Stage: s.Stage, Now: v.lang.of(s.Now), Office: s.Office, Unit: text(s.Unit),
		Milestones: []milestoneView{}, Next: []awaitedView{}, Rights: []claimView{},
		NoRights: text(v.lang.of(s.NoRights)), MayRate: s.MayRate, IfNot: text(v.lang.of(s.Dissatisfied)), MayAsk: s.MayAsk,
	}
	for _, m := range s.Milestones {
		view.Milestones = append(view.Milestones, milestoneView{m.Kind, m.On, v.lang.of(m.Text)})
	}
	for _, n := range s.Next {
		view.Next = append(view.Next, awaitedView{n.Clock, n.By, v.lang.of(n.Text), n.Due, n.Provisional.Chinese != "", text(v.lang.of(n.Provisional)), n.Overdue, n.LateDays, n.Paused, v.lang.of(n.Missed), n.Source})
	}
	for _, r := range s.Rights {
		view.Rights = append(view.Rights, claimView{r.ID, v.lang.of(r.Name), v.lang.of(r.Text), r.Until, r.Provisional.Chinese != "", text(v.lang.of(r.Provisional)), r.Open, r.Source})
	}
	return view
}

type petitionerKey struct{}

// AsPetitioner makes the requests of a context those of a case's petitioner, whom this
// process has let in itself: the console, of who has shown a receipt. Nobody outside can
// make such a context.
func AsPetitioner(ctx context.Context, caseID string) context.Context {
	return context.WithValue(ctx, petitionerKey{}, caseID)
}

// receiptFields are what every request of a petitioner shows.
var receiptFields = []casefile.Field{{Name: "code"}, {Name: "secret"}}

// complainant finds out whose case it is, by code and secret.
func (a *api) complainant(r *http.Request, b *body) (viewer, store.Row, error) {
	ctx := r.Context()
	id, ok := ctx.Value(petitionerKey{}).(string)
	if !ok {
		receipt, err := a.tryReceipt(r, b)
		if err != nil {
			return viewer{}, store.Row{}, err
		}
		id = receipt.Case
	}
	v, err := a.viewer(r)
	if err != nil {
		return v, store.Row{}, err
	}
	v.by = casefile.PetitionerOf(id)
	row, err := a.Store.Case(ctx, id)
	return v, row, err
}

// tryReceipt looks a receipt up. What can only be a slip of the pen is said to be one, and
// is no try; it says nothing of which codes there are.
func (a *api) tryReceipt(r *http.Request, b *body) (store.Receipt, error) {
	code, ok := auth.ParseCode(b.line("code", maxLine))
	if !ok && !b.has("code") {
		b.wrong("code", "not_a_code", "查询码有误：应为12位字母和数字，请核对是否抄错", "this is not a query code: it has 12 letters and digits, and one of them is mistaken")
	}
	secret, ok := auth.ParseSecret(b.line("secret", maxLine))
	if !ok && !b.has("secret") {
		b.wrong("secret", "not_a_secret", "查询密码应为8位数字", "the query secret has 8 digits")
	}
	if err := b.err(nil); err != nil {
		return store.Receipt{}, err
	}
	receipt, err := a.auth.LookUp(r.Context(), code, secret, a.address(r))
	var blocked *auth.BlockedError
	switch {
	case errors.Is(err, auth.ErrWrong):
		return receipt, errWrongReceipt
	case errors.As(err, &blocked):
		return receipt, errTriedOften(time.Until(blocked.Until))
	}
	return receipt, err
}

// errTriedOften is 429 with the time to wait.
func errTriedOften(wait time.Duration) error {
	seconds := max(int(wait.Seconds())+1, 1)
	p := *errTooMany
	minutes := (seconds + 59) / 60
	p.detail = policy.Text{
		Chinese: "输入错误次数过多，请" + strconv.Itoa(minutes) + "分钟后再试",
		English: "too many wrong tries; try again in " + strconv.Itoa(minutes) + " minutes",
	}
	p.header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	return &p
}

// postLookup tells the petitioner how the case stands. Code and secret come in the body:
// an address would be kept by browsers and proxies.
func (a *api) postLookup(w http.ResponseWriter, r *http.Request) error {
	b, err := readBody(w, r, receiptFields)
	if err != nil {
		return err
	}
	v, row, err := a.complainant(r, b)
	if err != nil {
		return err
	}
	if err := b.err(nil); err != nil {
		return err
	}
	return a.showStanding(w, r, v, row)
}

func (a *api) showStanding(w http.ResponseWriter, r *http.Request, v viewer, row store.Row) error {
	events, err := a.story(r.Context(), row.Case)
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, v.standing(casefile.StandingOf(row.Case, events, v.rules)))
}

// postRating takes the petitioner's rating (满意度评价), postReview their request for a
// review or recheck.
func (a *api) postRating(w http.ResponseWriter, r *http.Request) error {
	return a.complain(w, r, casefile.Rate, "office_rating", "unit_rating", "text")
}

func (a *api) postReview(w http.ResponseWriter, r *http.Request) error {
	return a.complain(w, r, casefile.AskReview, "text")
}

// complain gives a petitioner's command, of which these fields are theirs.
func (a *api) complain(w http.ResponseWriter, r *http.Request, kind casefile.Kind, names ...string) error {
	all, _ := casefile.Fields(kind)
	var fields []casefile.Field
	for _, f := range all {
		for _, name := range names {
			if f.Name == name {
				fields = append(fields, f)
			}
		}
	}
	b, err := readBody(w, r, append(fields, receiptFields...))
	if err != nil {
		return err
	}
	v, row, err := a.complainant(r, b)
	if err != nil {
		return err
	}
	return a.give(w, r, v, row, kind, b, fields)
}
