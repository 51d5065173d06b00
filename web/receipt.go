package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"rsc.io/qr"

	"shuangze/calendar"
	"shuangze/casefile"
)

// receiptPage is the receipt (回执) that a petitioner takes home.
type receiptPage struct {
	page
	Case     caseView
	Office   string
	Facts    []fact
	Promises []promise
	Given    *receipt // with its secret: this once
	Before   []receipt
	Address  string // where the petitioner looks the case up
	Picture  *picture
	Problem  *problem
}

// promise is what happens next, and by when.
type promise struct{ By, What, Source string }

type receipt struct {
	Number   int       `json:"number"`
	Code     string    `json:"code"`
	Secret   string    `json:"secret"`
	Address  *string   `json:"address"`
	IssuedAt time.Time `json:"issued_at"`
	IssuedBy string    `json:"issued_by"`
}

// Again is with what in the address the next one is begun: as this one came.
func (p receiptPage) Again() string {
	return "/cases/new?" + url.Values{"channel": {p.Case.Channel}, "origin": {p.Case.Origin}}.Encode()
}

// getReceipt shows what a receipt would have, and whether there is one.
func (s *console) getReceipt(w http.ResponseWriter, r *http.Request) error {
	p, err := s.receiptPage(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	p.Back = r.URL.Path // not what was done
	if query.Get("done") == string(casefile.Register) {
		p.Done = p.Lang.t("已登记，编号 ", "Registered: ") + p.Case.Number
	}
	if query.Has("unlinked") {
		p.Done += p.Lang.t("。有此前事项未能关联，请在事项页“关联此前事项”中办理", ". An earlier case could not be linked: use “Link to an earlier case” on the case's page")
	}
	return s.show(w, r, http.StatusOK, "receipt", p)
}

// postReceipt issues the receipt. Its secret is in this answer and nowhere else, so there
// is nothing to be led on to.
func (s *console) postReceipt(w http.ResponseWriter, r *http.Request) error {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	var given receipt
	_, err := s.api.call(by, http.MethodPost, "/cases/"+id+"/receipt", "", map[string]any{"reissue": r.PostForm.Get("reissue") != ""}, &given)
	var refused *problem
	if err != nil && (!errors.As(err, &refused) || refused.Status != http.StatusConflict) {
		return err
	}
	p, err := s.receiptPage(r)
	if err != nil {
		return err
	}
	if p.Problem = refused; refused != nil {
		return s.show(w, r, refused.Status, "receipt", p)
	}
	p.Given = &given
	if given.Address != nil {
		p.Address = *given.Address
	} else {
		p.Address = s.site(r) + "/lookup?code=" + url.QueryEscape(given.Code)
	}
	if p.Picture, err = draw(p.Address); err != nil {
		return err
	}
	return s.show(w, r, http.StatusCreated, "receipt", p)
}

// site is the address by which the browser came.
func (s *console) site(r *http.Request) string {
	if s.byTLS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *console) receiptPage(r *http.Request) (receiptPage, error) {
	by, id := callerOf(r), url.PathEscape(chi.URLParam(r, "id"))
	var p receiptPage
	var given struct {
		Receipts []receipt `json:"receipts"`
	}
	if err := s.api.get(by, "/cases/"+id+"/receipt", &given); err != nil {
		return p, err // who may not give one, is told so here
	}
	if err := s.api.get(by, "/cases/"+id, &p.Case); err != nil {
		return p, err
	}
	rules, err := s.api.policy(by)
	if err != nil {
		return p, err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	p.page = s.page(r, by.lang.t("回执 ", "Receipt ")+p.Case.Number)
	p.At = "cases"
	p.Before = given.Receipts
	for i := range p.Before {
		p.Before[i].IssuedBy = names.Name(p.Before[i].IssuedBy)
	}
	words := wording{by.lang, rules, names}
	p.Office = names.Name(p.Case.Office)
	if p.Case.Direct {
		p.Office = p.Case.UnitName
	}
	p.Facts, p.Promises = words.receipt(p.Case), words.promises(p.Case)
	return p, nil
}

// receipt is what was received, in words.
func (w wording) receipt(c caseView) []fact {
	var facts []fact
	if c.Petitioner != nil && c.Petitioner.Name != "" {
		facts = append(facts, fact{w.t("信访人", "Petitioner"), c.Petitioner.Name})
	}
	facts = append(facts, fact{w.t("事项", "Matter"), c.Title},
		fact{w.t("收到", "Received"), w.day(c.ReceivedOn) + w.t("，", ", ") + w.code(w.rules.Channels, c.Channel)},
		fact{w.t("类别", "Class"), w.code(w.rules.Purposes, c.Purpose) + " · " + w.category(c.Category)})
	if c.Headcount > 1 {
		facts = append(facts, fact{w.t("人数", "Persons"), itoa(c.Headcount)})
	}
	return facts
}

// promises says in plain words what the law promises next: with its day where that is
// known, else with its length. What limits the officials among themselves is left out.
func (w wording) promises(c caseView) []promise {
	var all []promise
	simple := c.Track == casefile.Simple
	say := func(id, zh, en, zhLater, enLater string) {
		for _, k := range c.Clocks {
			if k.ID == id && k.Running() && k.SuspendedSince == nil {
				by := w.t("最迟", "by ") + w.day(k.StatutoryDue)
				if k.Provisional {
					by += w.t("（暂定）", " (provisional)")
				}
				all = append(all, promise{by, w.t(zh, en), k.Source})
				return
			}
		}
		if rule, ok := w.rules.Clock(id); ok && zhLater != "" {
			all = append(all, promise{w.t(w.length(rule.Length, rule.Unit)+"内", "within "+w.length(rule.Length, rule.Unit)), w.t(zhLater, enLater), rule.Source})
		}
	}
	took := func(zh, en string) { all = append(all, promise{w.t("已受理", "accepted"), w.t(zh, en), ""}) }
	accepted := c.Stage != casefile.Registered && c.Stage != casefile.Forwarded
	switch {
	case accepted:
		took("您反映的事项已受理。", "The matter has been accepted.")
	case c.Direct && simple:
		say("SIMPLE-ACC-DIRECT", "决定是否受理并告知您。", "You are told whether it is accepted.", "", "")
	case c.Direct:
		say("ACC-DIRECT", "书面告知您是否受理。", "You are told in writing whether it is accepted.", "", "")
	default:
		say("REG-FORWARD", "本机关将其转送、交办有权处理的机关、单位。", "This office passes it on to whoever is competent.", "", "")
		if simple {
			say("SIMPLE-ACC", "该机关、单位决定是否受理并告知您。", "They tell you whether it is accepted.", "该机关、单位收到后，决定是否受理并告知您。", "Once they have it, they tell you whether it is accepted.")
		} else {
			say("ACC-TRANSFER", "该机关、单位书面告知您是否受理。", "They tell you in writing whether it is accepted.", "该机关、单位收到后，书面告知您是否受理。", "Once they have it, they tell you in writing whether it is accepted.")
		}
	}
	if c.Purpose != "appeal" {
		return all
	}
	switch {
	case simple:
		say("SIMPLE-HANDLE", "作出处理意见。", "You get their opinion.", "自受理之日起，作出处理意见。", "From its acceptance, for their opinion.")
	case c.Route == casefile.Duty:
		say("DUTY-PERFORM", "履行职责或者答复您。", "They perform their duty or answer you.", "自收到之日起，履行职责或者答复您。", "Once they have it, they perform their duty or answer you.")
	default:
		say("HANDLE", "办结并向您出具处理意见书；情况复杂的可以延长，并告知您理由。", "It is settled, and you get their opinion. A complex matter may take longer; you are told why.",
			"自受理之日起，办结并向您出具处理意见书；情况复杂的可以延长，并告知您理由。", "From its acceptance, it is settled and you get their opinion. A complex matter may take longer; you are told why.")
	}
	for _, window := range w.rules.Windows {
		if window.ID == "REVIEW-REQ" {
			all = append(all, promise{
				w.t(w.length(window.Length, window.Unit)+"内", "within "+w.length(window.Length, window.Unit)),
				w.t("收到处理意见书后不服的，您可以请求上一级机关复查。", "From getting the opinion, you can ask the organ above for a review."), window.Source,
			})
		}
	}
	return all
}

// picture is a QR code: a square of so many modules, and the dark ones as an SVG path.
type picture struct {
	Size int
	Path string
}

// Box is the view box, with the four light modules around the code that readers need.
func (p picture) Box() string { return fmt.Sprintf("-4 -4 %d %d", p.Size+8, p.Size+8) }

func draw(text string) (*picture, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return &picture{code.Size, path.String()}, nil
}

// Date is the day that stands on the receipt.
func (p receiptPage) Date() calendar.Date {
	if p.Given != nil {
		return calendar.DateOf(p.Given.IssuedAt)
	}
	return p.Today
}
