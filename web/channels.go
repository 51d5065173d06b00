package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/notify"
	"shuangze/policy"
)

type channelsPage struct {
	adminPage
	Channels []channelLine
	Tested   *channelTest
}

type channelLine struct {
	ID            string     `json:"id"`
	Kind          string     `json:"kind"`
	Name          string     `json:"name"`
	Unit          string     `json:"unit"`
	Language      string     `json:"language"`
	Host          string     `json:"host"`
	CreatedAt     time.Time  `json:"created_at"`
	PreviousUntil *time.Time `json:"previous_until"`
	FailingSince  *time.Time `json:"failing_since"`
	Error         string     `json:"error"`
	DisabledAt    *time.Time `json:"disabled_at"`
	KindName      string     `json:"-"`
	UnitName      string     `json:"-"`
}

// Called is what people call the channel.
func (c channelLine) Called() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Host
}

// Rotates reports whether there is a secret that can be changed.
func (c channelLine) Rotates() bool { return notify.EndpointKind(c.Kind).Signs() }

// channelTest is what came of a test.
type channelTest struct {
	Channel string `json:"-"`
	Reached bool   `json:"reached"`
	Error   string `json:"error"`
}

// kindNames are the kinds of channels.
var channelKinds = map[notify.EndpointKind]policy.Text{
	notify.WebhookEndpoint: {Chinese: "网络钩子（Webhook）", English: "webhook"},
	notify.WeCom:           {Chinese: "企业微信群机器人", English: "WeCom group robot"},
	notify.DingTalk:        {Chinese: "钉钉群机器人", English: "DingTalk group robot"},
	notify.Lark:            {Chinese: "飞书群机器人", English: "Lark group robot"},
}

func (s *console) channelsPage(r *http.Request) (channelsPage, error) {
	by := callerOf(r)
	p := channelsPage{adminPage: s.adminPage(r, "channels", by.lang.t("推送", "Channels"))}
	var all struct {
		Endpoints []channelLine `json:"endpoints"`
	}
	if err := s.api.get(by, "/endpoints", &all); err != nil {
		return p, err
	}
	names, err := s.api.directory(by)
	if err != nil {
		return p, err
	}
	for _, c := range all.Endpoints {
		c.KindName = by.lang.of(channelKinds[notify.EndpointKind(c.Kind)])
		if c.Unit != "" {
			c.UnitName = names.Name(c.Unit)
		}
		p.Channels = append(p.Channels, c)
	}
	return p, nil
}

// getChannels lists where notices go beside mail, and how each does.
func (s *console) getChannels(w http.ResponseWriter, r *http.Request) error {
	p, err := s.channelsPage(r)
	if err != nil {
		return err
	}
	p.Done = doneText(p.Lang, r.URL.Query().Get("done"))
	return s.show(w, r, http.StatusOK, "channels", p)
}

func (s *console) channelForm(r *http.Request) (formPage, error) {
	words, err := s.administered(r)
	if err != nil {
		return formPage{}, err
	}
	var kinds, languages group
	for _, kind := range notify.EndpointKinds {
		kinds.Choices = append(kinds.Choices, choice{string(kind), words.of(channelKinds[kind])})
	}
	for _, l := range notify.Languages {
		languages.Choices = append(languages.Choices, choice{string(l), map[notify.Language]string{notify.Chinese: "中文"}[l]})
		if l != notify.Chinese {
			languages.Choices[len(languages.Choices)-1].Label = "English"
		}
	}
	p := s.entry(r, words.t("添加推送", "Add a channel"), link{"/admin/channels", words.t("推送", "Channels")})
	p.Submit, p.Notes = words.t("添加", "Add"), []string{words.t("检举控告类事项不会推送到群里。", "A group is never told of an accusation.")}
	p.Fields = []field{
		{Name: "kind", Label: words.t("种类", "Kind"), Control: "radio", Required: true, Groups: []group{kinds}},
		{Name: "url", Label: words.t("地址", "Address"), Control: "address", Required: true, Hint: words.t("http 或 https 地址，加密保存，不再显示", "http or https; it is kept sealed and not shown again")},
		{Name: "secret", Label: words.t("签名密钥", "Secret"), Control: "line", Hint: words.t("仅钉钉、飞书机器人需要，由其平台提供；Webhook 的密钥由本系统生成", "of DingTalk and Lark robots, from their platform; a webhook's is made here")},
		{Name: "name", Label: words.t("名称", "Name"), Control: "line"},
		{Name: "unit", Label: words.t("只推送此单位人员的通知", "Only the notices of this unit's people"), Control: "select", Among: amongStanding, Hint: words.t("不选即推送全部", "none: of everybody")},
		{Name: "language", Label: words.t("语言", "Language"), Control: "radio", Value: string(notify.Chinese), Groups: []group{languages}},
	}
	return p, nil
}

func (s *console) getChannelForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.channelForm(r)
	if err != nil {
		return err
	}
	return s.form(w, r, p, nil)
}

// postChannel adds a channel; a webhook's secret stands on the answer alone.
func (s *console) postChannel(w http.ResponseWriter, r *http.Request) error {
	p, err := s.channelForm(r)
	if err != nil {
		return err
	}
	by := callerOf(r)
	var added struct {
		channelLine
		Secret string `json:"secret"`
	}
	if _, err := s.api.call(by, http.MethodPost, "/endpoints", r.PostForm.Get("key"), bodyOf(r.PostForm, "kind", "url", "secret", "name", "unit", "language"), &added); err != nil {
		refused, err := refusal(err)
		if err != nil {
			return err
		}
		return s.form(w, r, p, refused)
	}
	if added.Secret == "" {
		http.Redirect(w, r, "/admin/channels?done=added", http.StatusSeeOther)
		return nil
	}
	return s.channelSecret(w, r, added.Called(), added.Secret, by.lang.t("接收方用它核对签名。", "The receiver checks signatures with it."))
}

func (s *console) channelSecret(w http.ResponseWriter, r *http.Request, called, secret, note string) error {
	l := langOf(r)
	return s.show(w, r, http.StatusOK, "secret", secretPage{
		adminPage: s.adminPage(r, "channels", l.t("签名密钥", "Secret")), Lead: called, Label: l.t("签名密钥", "Secret"), Secret: secret, Note: note, Return: "/admin/channels",
	})
}

// postChannelTest says something without content to a channel, at once.
func (s *console) postChannelTest(w http.ResponseWriter, r *http.Request) error {
	id := chi.URLParam(r, "id")
	var tested channelTest
	if _, err := s.api.call(callerOf(r), http.MethodPost, "/endpoints/"+url.PathEscape(id)+"/test", "", nil, &tested); err != nil {
		return err
	}
	p, err := s.channelsPage(r)
	if err != nil {
		return err
	}
	for _, c := range p.Channels {
		if c.ID == id {
			tested.Channel = c.Called()
		}
	}
	p.Tested = &tested
	return s.show(w, r, http.StatusOK, "channels", p)
}

// postChannelRotate gives a webhook a new secret. A robot's is changed at its platform
// first, and typed here.
func (s *console) postChannelRotate(w http.ResponseWriter, r *http.Request) error {
	by, id := callerOf(r), chi.URLParam(r, "id")
	p, err := s.channelsPage(r)
	if err != nil {
		return err
	}
	var channel channelLine
	for _, c := range p.Channels {
		if c.ID == id {
			channel = c
		}
	}
	if channel.ID == "" {
		return errNoPage
	}
	form := s.entry(r, by.lang.t("更换签名密钥", "Change the secret"), link{"/admin/channels", by.lang.t("推送", "Channels")})
	form.Lead, form.Submit = channel.Called(), by.lang.t("更换", "Change it")
	form.Fields = []field{{Name: "secret", Label: by.lang.t("平台给出的新密钥", "New secret, from the platform"), Control: "line", Required: true}}
	webhook := notify.EndpointKind(channel.Kind) == notify.WebhookEndpoint
	if !webhook && !r.PostForm.Has("secret") {
		return s.form(w, r, form, nil)
	}
	var rotated struct {
		Secret        string     `json:"secret"`
		PreviousUntil *time.Time `json:"previous_until"`
	}
	_, err = s.api.call(by, http.MethodPost, "/endpoints/"+url.PathEscape(id)+"/rotate", "", bodyOf(r.PostForm, "secret"), &rotated)
	var refused *problem
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity && !webhook:
		return s.form(w, r, form, refused)
	case err != nil:
		return err
	case rotated.Secret == "":
		http.Redirect(w, r, "/admin/channels?done=changed", http.StatusSeeOther)
		return nil
	}
	return s.channelSecret(w, r, channel.Called(), rotated.Secret, by.lang.t("七天之内新旧密钥同时签名，请在此期间更换接收方的密钥。", "For seven days both the new and the old one sign: change the receiver's in that time."))
}

func (s *console) postChannelRemove(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.api.call(callerOf(r), http.MethodDelete, "/endpoints/"+url.PathEscape(chi.URLParam(r, "id")), "", nil, nil); err != nil {
		return err
	}
	http.Redirect(w, r, "/admin/channels?done=removed", http.StatusSeeOther)
	return nil
}
