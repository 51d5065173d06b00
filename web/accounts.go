package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

type accountsPage struct {
	adminPage
	Accounts []accountLine
	Query    string
	Total    int
	Next     string // address of those that come after; empty: none do
}

// accountLine is how somebody's account stands.
type accountLine struct {
	Official     string     `json:"official"`
	Password     bool       `json:"password"`
	Temporary    bool       `json:"temporary"`
	ChangedAt    *time.Time `json:"changed_at"`
	SignedInAt   *time.Time `json:"signed_in_at"`
	BlockedUntil *time.Time `json:"blocked_until"`
	Sessions     int        `json:"sessions"`
	Tokens       int        `json:"tokens"`
	Who          official   `json:"-"`
	UnitName     string     `json:"-"`
}

// getAccounts lists who can sign in, and where.
func (s *console) getAccounts(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := accountsPage{adminPage: s.adminPage(r, "accounts", by.lang.t("账号", "Accounts")), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	query := r.URL.Query()
	asked := url.Values{"limit": {itoa(directoryLength)}, "cursor": query["cursor"]}
	if p.Query != "" {
		asked.Set("q", p.Query)
	}
	var found struct {
		Accounts   []accountLine `json:"accounts"`
		Total      int           `json:"total"`
		NextCursor *string       `json:"next_cursor"`
	}
	if err := s.api.get(by, "/accounts?"+asked.Encode(), &found); err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	for _, line := range found.Accounts {
		line.Who = names.officials[line.Official]
		line.UnitName = names.Name(line.Who.Unit)
		p.Accounts = append(p.Accounts, line)
	}
	p.Total = found.Total
	if found.NextCursor != nil {
		next := url.Values{"cursor": {*found.NextCursor}}
		if p.Query != "" {
			next.Set("q", p.Query)
		}
		p.Next = "/admin/accounts?" + next.Encode()
	}
	p.Done = doneText(by.lang, r.URL.Query().Get("done"))
	return s.show(w, r, http.StatusOK, "accounts", p)
}

type secretPage struct {
	adminPage
	Lead   string
	Label  string
	Secret string
	Note   string
	Return string
}

// postPasswordOf sets a temporary password; it stands on the answer alone.
func (s *console) postPasswordOf(w http.ResponseWriter, r *http.Request) error {
	by, id := callerOf(r), chi.URLParam(r, "official")
	var set struct {
		Password string `json:"password"`
	}
	if _, err := s.api.call(by, http.MethodPost, "/accounts/"+url.PathEscape(id)+"/password", "", nil, &set); err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "secret", secretPage{
		adminPage: s.adminPage(r, "accounts", by.lang.t("临时口令", "Temporary password")), Lead: names.Name(id) + " · " + id, Label: by.lang.t("临时口令", "Temporary password"), Secret: set.Password,
		Note: by.lang.t("请当面或通过电话告知本人。首次登录后须立即更改；此人已在所有地方退出登录。", "Tell it to them in person or by telephone. It must be changed at once after signing in; they are signed out everywhere."), Return: "/admin/accounts",
	})
}

func (s *console) postSignOutOf(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/accounts/"+url.PathEscape(chi.URLParam(r, "official"))+"/sign-out", "", nil, nil); err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/accounts?done=signed_out", http.StatusSeeOther)
	return nil
}

type tokensPage struct {
	adminPage
	Tokens []tokenLine
}

type tokenLine struct {
	ID        string     `json:"id"`
	Official  string     `json:"official"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at"`
	Name      string     `json:"-"`
	Expired   bool       `json:"-"`
}

// getTokens lists the tokens with which programs act, never what they are.
func (s *console) getTokens(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	p := tokensPage{adminPage: s.adminPage(r, "tokens", by.lang.t("令牌", "Tokens"))}
	var all struct {
		Tokens []tokenLine `json:"tokens"`
	}
	if err := s.api.get(by, "/tokens", &all); err != nil {
		return err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	for _, t := range all.Tokens {
		t.Name, t.Expired = names.Name(t.Official), !t.ExpiresAt.After(time.Now()) // tokens live by real time
		p.Tokens = append(p.Tokens, t)
	}
	p.Done = doneText(by.lang, r.URL.Query().Get("done"))
	return s.show(w, r, http.StatusOK, "tokens", p)
}

func (s *console) tokenForm(r *http.Request) (formPage, error) {
	words, err := s.administered(r)
	if err != nil {
		return formPage{}, err
	}
	p := s.entry(r, words.t("签发令牌", "Issue a token"), link{"/admin/tokens", words.t("令牌", "Tokens")})
	p.Submit = words.t("签发", "Issue")
	p.Lead = words.t("程序凭令牌以此人的身份调用接口，权限与本人相同。", "With a token a program calls the API as this official, with the same rights.")
	p.Fields = []field{
		{Name: "official", Label: words.t("人员", "Official"), Control: "select", Required: true, Among: amongAll},
		{Name: "days", Label: words.t("有效天数", "Valid for days"), Control: "number", Value: "90", Required: true, Hint: words.t("1至366天", "1 to 366")},
	}
	return p, nil
}

func (s *console) getTokenForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.tokenForm(r)
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

// postToken issues a token; it stands on the answer alone.
func (s *console) postToken(w http.ResponseWriter, r *http.Request) error {
	p, err := s.tokenForm(r)
	if err != nil {
		return err
	}
	by, typed := callerOf(r), r.PostForm
	body := bodyOf(typed, "official")
	body["days"] = counted(line(typed, "days"))
	var issued struct {
		tokenLine
		Token string `json:"token"`
	}
	if _, err := s.api.call(by, http.MethodPost, "/tokens", typed.Get("key"), body, &issued); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.form(w, r, p, refused)
	}
	names, err := s.api.directory(by)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "secret", secretPage{
		adminPage: s.adminPage(r, "tokens", by.lang.t("令牌", "Token")), Lead: names.Name(issued.Official) + " · " + by.lang.t("有效至", "valid until ") + by.lang.moment(issued.ExpiresAt),
		Label: by.lang.t("令牌", "Token"), Secret: issued.Token, Note: by.lang.t("请立即存入使用它的程序；遗失可吊销后重新签发。", "Put it into the program that uses it now; a lost one is revoked and issued anew."), Return: "/admin/tokens",
	})
}

func (s *console) postTokenRevoke(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.api.call(callerOf(r), http.MethodDelete, "/tokens/"+url.PathEscape(chi.URLParam(r, "id")), "", nil, nil); err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/tokens?done=revoked", http.StatusSeeOther)
	return nil
}

// mustChange sends whoever has a temporary password to change it before anything else.
func mustChange(v *visitor, path string) bool {
	return v.session.Temporary && path != "/account" && !strings.HasPrefix(path, "/account/")
}
