package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"shuangze/auth"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// lookupPage is the form in which a petitioner shows code and secret.
type lookupPage struct {
	page
	Code    string
	Wrong   map[string]string
	Refused string
	Ended   string // why there is nothing to see any more
	// What was typed when a look-up had ended: for which page, and of whose case, sealed.
	Next   string
	Author string
	Typed  []typed
}

func (s *console) lookupPage(r *http.Request) lookupPage {
	p := lookupPage{page: s.page(r, langOf(r).t("信访事项查询", "Look up your petition")), Wrong: map[string]string{}}
	p.Public = true
	if kept := brought(r.PostForm); len(kept) > 0 {
		p.Next, p.Author, p.Typed = r.PostForm.Get("next"), r.PostForm.Get("author"), carried(kept)
	}
	return p
}

func (s *console) getLookup(w http.ResponseWriter, r *http.Request) error {
	p, query := s.lookupPage(r), r.URL.Query()
	if code, ok := auth.ParseCode(query.Get("code")); ok {
		p.Code = auth.GroupCode(code)
	}
	switch query.Get("ended") {
	case "time":
		p.Ended = p.Lang.t("为保护您的信息，查询15分钟后自动结束。请重新输入。", "To protect you a look-up ends after 15 minutes. Please enter both again.")
	case "yes":
		p.Ended = p.Lang.t("查询已结束，此设备上未留下您的信息。", "The look-up has ended; nothing of yours is left on this device.")
	}
	return s.show(w, r, http.StatusOK, "lookup", p)
}

// postLookup lets a petitioner in for a quarter of an hour.
func (s *console) postLookup(w http.ResponseWriter, r *http.Request) error {
	p := s.lookupPage(r)
	p.Code = strings.TrimSpace(r.PostForm.Get("code"))
	code, ok := auth.ParseCode(p.Code)
	if !ok {
		p.Wrong["code"] = p.Lang.t("查询码有误：应为12位字母和数字，请对照凭证看是否抄错", "This is no query code: it has 12 letters and digits, and one of them is mistaken")
	}
	secret, ok := auth.ParseSecret(r.PostForm.Get("secret"))
	if !ok {
		p.Wrong["secret"] = p.Lang.t("查询密码应为8位数字", "The query secret has 8 digits")
	}
	if len(p.Wrong) > 0 {
		return s.show(w, r, http.StatusUnprocessableEntity, "lookup", p)
	}
	receipt, err := s.Auth.LookUp(r.Context(), code, secret, r.RemoteAddr)
	var blocked *auth.BlockedError
	switch {
	case errors.Is(err, auth.ErrWrong):
		p.Refused = p.Lang.t("查询码或查询密码不正确，请对照查询凭证重新输入。", "The query code or the query secret is wrong. Compare them with your receipt.")
		return s.show(w, r, http.StatusForbidden, "lookup", p)
	case errors.As(err, &blocked):
		p.Refused = p.Lang.t("输入错误次数过多，请于"+p.Lang.moment(blocked.Until)+"后再试。", "Too many wrong tries. Try again after "+p.Lang.moment(blocked.Until)+".")
		retryAfter(w, blocked.Until)
		return s.show(w, r, http.StatusTooManyRequests, "lookup", p)
	case store.Unavailable(err) && len(p.Typed) > 0:
		s.Log.ErrorContext(r.Context(), "internal error", "error", err)
		p.Refused = errAway.detail(p.Lang)
		return s.show(w, r, errAway.Status, "lookup", p)
	case err != nil:
		return err
	}
	pass, lifetime, err := s.Auth.Pass(receipt)
	if err != nil {
		return err
	}
	http.SetCookie(w, s.passCookie(r, pass, int(lifetime.Seconds())))
	if len(p.Typed) > 0 && s.Auth.Store.Author(p.Author) == caseAuthor+receipt.Case {
		return s.typedBefore(w, r, receipt.Case, p.Next, brought(r.PostForm))
	}
	http.Redirect(w, r, "/lookup/case", http.StatusSeeOther)
	return nil
}

// typedBefore shows a petitioner's form with what they had typed before their look-up ended.
func (s *console) typedBefore(w http.ResponseWriter, r *http.Request, of, next string, kept url.Values) error {
	by, l := callerOf(r), langOf(r)
	by.who, by.complainant = nil, of
	name, title := "review", l.t("申请复查、复核", "Ask for a review")
	if next == "/lookup/rate" {
		name, title = "rate", l.t("满意度评价", "Rate how it was handled")
	}
	p, err := s.standingPage(r, by, title)
	if err != nil {
		return err
	}
	for field := range kept {
		p.Typed[field] = kept.Get(field)
	}
	p.Key, p.Back = keyOf(kept, nil), ""
	p.Done = l.t("您填写的内容都在，请核对后再次提交。", "What you had typed is all here: check it and send it once more.")
	return s.show(w, r, http.StatusOK, name, p)
}

// again asks for code and secret once more and takes along what was typed meanwhile.
func (s *console) again(w http.ResponseWriter, r *http.Request, status int, refused string) error {
	p := s.lookupPage(r)
	p.Next, p.Author, p.Typed, p.Back, p.Refused = r.URL.Path, r.PostForm.Get("author"), carried(r.PostForm), "", refused
	if refused == "" {
		p.Ended = p.Lang.t("为保护您的信息，查询15分钟后自动结束，刚才的内容没有提交。", "To protect you a look-up ends after 15 minutes. Nothing was sent.")
	}
	return s.show(w, r, status, "lookup", p)
}

// passCookie carries a petitioner's pass. It goes to the pages under /lookup alone, and
// never with a request from another site.
func (s *console) passCookie(r *http.Request, pass string, seconds int) *http.Cookie {
	name := "receipt"
	if s.byTLS(r) {
		name = "__Secure-receipt"
	}
	return &http.Cookie{
		Name: name, Value: pass, Path: "/lookup", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.byTLS(r),
	}
}

func (s *console) postLookupEnd(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, s.passCookie(r, "", -1))
	http.Redirect(w, r, "/lookup?ended=yes", http.StatusSeeOther)
	return nil
}

// admitted is handle for pages of who has shown a receipt. The others show it first.
func (s *console) admitted(fn func(http.ResponseWriter, *http.Request, caller) error) http.HandlerFunc {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		var pass string
		if cookie, err := r.Cookie(s.passCookie(r, "", 0).Name); err == nil {
			pass = cookie.Value
		}
		receipt, err := s.Auth.Passed(r.Context(), pass)
		switch {
		case errors.Is(err, auth.ErrSignedOut) && r.Method == http.MethodPost:
			return s.again(w, r, http.StatusUnauthorized, "")
		case store.Unavailable(err) && r.Method == http.MethodPost:
			s.Log.ErrorContext(r.Context(), "internal error", "error", err)
			return s.again(w, r, errAway.Status, errAway.detail(langOf(r)))
		case errors.Is(err, auth.ErrSignedOut):
			http.Redirect(w, r, "/lookup?ended=time", http.StatusSeeOther)
			return nil
		}
		if err != nil {
			return err
		}
		by := callerOf(r)
		by.who, by.complainant = nil, receipt.Case // whoever may be signed in beside it
		return fn(w, r, by)
	})
}

// publicCase is what the API tells a petitioner.
type publicCase struct {
	Number     string               `json:"number"`
	ReceivedOn calendar.Date        `json:"received_on"`
	Stage      casefile.PublicStage `json:"stage"`
	Now        string               `json:"now"`
	Office     string               `json:"office"`
	Unit       *string              `json:"unit"`
	Milestones []struct {
		Kind casefile.EventKind `json:"kind"`
		On   calendar.Date      `json:"on"`
		Text string             `json:"text"`
	} `json:"milestones"`
	Next []struct {
		By          string        `json:"by"`
		Text        string        `json:"text"`
		Due         calendar.Date `json:"due"`
		Provisional string        `json:"provisional_why"`
		Overdue     bool          `json:"overdue"`
		LateDays    int           `json:"late_days"`
		Paused      bool          `json:"paused"`
		Missed      string        `json:"missed"`
		Source      string        `json:"source"`
	} `json:"next"`
	Rights []struct {
		Name        string        `json:"name"`
		Text        string        `json:"text"`
		Until       calendar.Date `json:"until"`
		Provisional string        `json:"provisional_why"`
		Open        bool          `json:"open"`
		Source      string        `json:"source"`
	} `json:"rights"`
	NoRights string `json:"no_rights"`
	MayRate  bool   `json:"may_rate"`
	IfNot    string `json:"if_dissatisfied"`
	MayAsk   bool   `json:"may_ask_review"`
}

// standingPage is how the case stands; the forms of a petitioner have it at hand.
type standingPage struct {
	page
	Case    publicCase
	Key     string
	Author  string   // whose case it is, sealed: what is typed is given back to nobody else
	Choices []choice // of satisfaction
	Typed   map[string]string
	Wrong   map[string]string
	Refused string
	Confirm bool // what was typed is shown once more before it is sent
}

func (s *console) standingPage(r *http.Request, by caller, title string) (standingPage, error) {
	p := standingPage{page: s.page(r, title), Key: rand.Text(), Typed: map[string]string{}, Wrong: map[string]string{}}
	p.Public = true
	for _, c := range casefile.Choices(casefile.Rate, "unit_rating", nil) {
		p.Choices = append(p.Choices, choice{c.ID, p.Lang.of(c.Name)})
	}
	var err error
	if p.Author, err = s.Auth.Store.SealAuthor(caseAuthor + by.complainant); err != nil {
		return p, err
	}
	_, err = s.api.call(by, http.MethodPost, "/public/lookup", "", struct{}{}, &p.Case)
	return p, err
}

func (s *console) getStanding(w http.ResponseWriter, r *http.Request, by caller) error {
	p, err := s.standingPage(r, by, langOf(r).t("办理情况", "How your petition stands"))
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("done") {
	case "rate":
		p.Done = p.Lang.t("已收到您的评价，谢谢。", "Your rating was received. Thank you.")
	case "review":
		p.Done = p.Lang.t("已收到您的申请，办理情况见下。", "Your request was received; how it stands is below.")
	}
	return s.show(w, r, http.StatusOK, "standing", p)
}

func (s *console) getRate(w http.ResponseWriter, r *http.Request, by caller) error {
	p, err := s.standingPage(r, by, langOf(r).t("满意度评价", "Rate how it was handled"))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "rate", p)
}

func (s *console) postRate(w http.ResponseWriter, r *http.Request, by caller) error {
	return s.complain(w, r, by, "rate", "/public/lookup/rating", langOf(r).t("满意度评价", "Rate how it was handled"), "office_rating", "unit_rating", "text")
}

func (s *console) getReview(w http.ResponseWriter, r *http.Request, by caller) error {
	p, err := s.standingPage(r, by, langOf(r).t("申请复查、复核", "Ask for a review"))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "review", p)
}

// postReview shows the request once more before it is sent.
func (s *console) postReview(w http.ResponseWriter, r *http.Request, by caller) error {
	title := langOf(r).t("申请复查、复核", "Ask for a review")
	if r.PostForm.Get("confirmed") == "yes" {
		return s.complain(w, r, by, "review", "/public/lookup/review", title, "text")
	}
	p, err := s.standingPage(r, by, title)
	if refused := new(problem); errors.As(err, &refused) {
		p.Case.MayAsk = true
		return s.notTaken(w, r, p, "review", map[string]string{"text": r.PostForm.Get("text")}, refused)
	} else if err != nil {
		return err
	}
	status := http.StatusOK
	p.Typed["text"], p.Back, p.Key = r.PostForm.Get("text"), "", keyOf(r.PostForm, nil)
	switch {
	case r.PostForm.Get("change") == "yes":
	case strings.TrimSpace(p.Typed["text"]) == "":
		p.Wrong["text"], status = p.Lang.t("请写明您的理由", "Please give your reasons"), http.StatusUnprocessableEntity
	default:
		p.Confirm = true
	}
	return s.show(w, r, status, "review", p)
}

// complain sends a petitioner's form to the API; refused, it comes back as it was.
func (s *console) complain(w http.ResponseWriter, r *http.Request, by caller, name, path, title string, fields ...string) error {
	body, typed := map[string]any{}, map[string]string{}
	for _, field := range fields {
		if typed[field] = r.PostForm.Get(field); typed[field] != "" {
			body[field] = typed[field]
		}
	}
	_, err := s.api.call(by, http.MethodPost, path, r.PostForm.Get("key"), body, nil)
	if err == nil {
		http.Redirect(w, r, "/lookup/case?done="+name, http.StatusSeeOther)
		return nil
	}
	var refused *problem
	if !errors.As(err, &refused) {
		return err
	}
	p, err := s.standingPage(r, by, title)
	if err != nil {
		if !errors.As(err, new(*problem)) {
			return err
		}
		p.Case.MayRate, p.Case.MayAsk = true, true // how it stands can't be read now, but the form is there again
	}
	return s.notTaken(w, r, p, name, typed, refused)
}

// notTaken shows a petitioner's form again, with what was typed and the key that it has.
func (s *console) notTaken(w http.ResponseWriter, r *http.Request, p standingPage, name string, typed map[string]string, refused *problem) error {
	p.Typed, p.Key, p.Back = typed, keyOf(r.PostForm, refused), ""
	if refused.after != "" {
		w.Header().Set("Retry-After", refused.after)
	}
	for _, f := range refused.Fields {
		p.Wrong[f.Field] = f.Message
	}
	if len(refused.Fields) == 0 {
		p.Refused = refused.detail(p.Lang)
	}
	return s.show(w, r, refused.Status, name, p)
}
