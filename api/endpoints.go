package api

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/store"
)

// The problems of endpoints and feeds.
var (
	errNoEndpoint = refuse(http.StatusNotFound, "endpoint_not_found", "没有这个推送端点", "there is no such endpoint")
	errNoSecret   = refuse(http.StatusConflict, "no_secret", "企业微信群机器人没有签名密钥；如需更换，请删除后用新地址重新添加", "a WeCom robot has no secret to sign with; remove it and add it with its new address")
)

// bothSign is how long after a rotation the secret before signs too.
const bothSign = 7 * 24 * time.Hour

// endpointView is an endpoint without its address and secrets.
type endpointView struct {
	ID            string     `json:"id"`
	Kind          string     `json:"kind"`
	Name          *string    `json:"name"`
	Unit          *string    `json:"unit"`
	Language      string     `json:"language"`
	Host          string     `json:"host"`
	CreatedAt     time.Time  `json:"created_at"`
	PreviousUntil *time.Time `json:"previous_until"`
	FailingSince  *time.Time `json:"failing_since"`
	Error         *string    `json:"error"`
	DisabledAt    *time.Time `json:"disabled_at"`
}

func viewEndpoint(e store.Endpoint) endpointView {
	return endpointView{
		ID: e.ID, Kind: e.Kind, Name: text(e.Name), Unit: text(e.Unit), Language: e.Language, Host: e.Host, CreatedAt: e.CreatedAt.UTC(),
		PreviousUntil: utc(e.PreviousUntil), FailingSince: utc(e.FailingSince), Error: text(e.Error), DisabledAt: utc(e.DisabledAt),
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return instant(*t)
}

// administrator refuses everybody else.
func (a *api) administrator(r *http.Request) (viewer, error) {
	v, err := a.viewer(r)
	if err == nil {
		err = errorOf(casefile.PermitAdministration(v.by))
	}
	return v, err
}

func (a *api) getEndpoints(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.administrator(r); err != nil {
		return err
	}
	list, err := a.Store.Endpoints(r.Context())
	if err != nil {
		return err
	}
	endpoints := make([]endpointView, len(list))
	for i, e := range list {
		endpoints[i] = viewEndpoint(e)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"endpoints": endpoints})
}

// postEndpoint adds an endpoint. A webhook's secret is made here and shown this once; a
// robot's is the platform's.
func (a *api) postEndpoint(w http.ResponseWriter, r *http.Request) error {
	v, err := a.administrator(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "kind", Required: true}, {Name: "url", Required: true}, {Name: "name"}, {Name: "unit"}, {Name: "language"}, {Name: "secret"}})
	if err != nil {
		return err
	}
	const maxURL, maxSecret = 1000, 200
	e := store.Endpoint{
		Kind: b.line("kind", maxLine), Name: b.line("name", maxLine), Unit: b.line("unit", maxLine),
		Language: cmp.Or(b.line("language", maxLine), string(notify.Chinese)), CreatedAt: v.now,
	}
	line := store.Line{Address: b.line("url", maxURL), Secret: b.line("secret", maxSecret)}
	kind := notify.EndpointKind(e.Kind)
	switch {
	case kind == "":
		b.wrong("kind", "required", "此项必填", "this field is required")
	case !slices.Contains(notify.EndpointKinds, kind):
		b.notInList("kind", names(notify.EndpointKinds))
	}
	if !slices.Contains(notify.Languages, notify.Language(e.Language)) {
		b.notInList("language", names(notify.Languages))
	}
	if e.Unit != "" && !v.rules.Directory.Stands(e.Unit) {
		b.wrong("unit", "unknown_unit", "名录中没有这个单位，或该单位已撤并", "there is no such unit, or it was ended")
	}
	switch err := notify.CheckAddress(line.Address); {
	case b.has("url"): // has been said
	case line.Address == "":
		b.wrong("url", "required", "此项必填", "this field is required")
	case err != nil:
		b.wrong("url", "not_an_address", "应为 http 或 https 地址，且不含用户名和密码", "is no address to post to: "+err.Error())
	}
	if line.Secret != "" && (kind == notify.WebhookEndpoint || !kind.Signs()) {
		b.wrong("secret", "not_taken", "这类端点的密钥不由您填写", "this kind of endpoint takes no secret from you")
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	if err := b.err(nil); err != nil {
		return err
	}
	if u, err := url.Parse(line.Address); err == nil { // it was checked
		e.Host = u.Host
	}
	once := sub.once(v.by)
	if kind == notify.WebhookEndpoint {
		line.Secret = notify.NewSecret()
		if once != "" {
			sum := sha256.Sum256([]byte(a.Store.Fingerprint([]byte("endpoint"), []byte(once))))
			line.Secret = notify.SecretOf(sum[:])
		}
	}
	var again bool
	if e.ID, again, err = a.Store.EndpointOnce(r.Context(), once, e, line, &store.Administered{At: v.now, By: v.by.ID, Act: store.EndpointAdded}); err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	answer := struct {
		endpointView
		Secret *string `json:"secret"`
	}{endpointView: viewEndpoint(e)}
	if kind == notify.WebhookEndpoint {
		answer.Secret = &line.Secret
	}
	w.Header().Set("Location", "/api/v1/endpoints/"+e.ID)
	return writeJSON(w, r, http.StatusCreated, answer)
}

var endpointID = regexp.MustCompile(`^ep_[A-Z0-9]{12}$`)

// endpoint opens the endpoint that the address names.
func (a *api) endpoint(r *http.Request) (viewer, store.Endpoint, store.Line, error) {
	v, err := a.administrator(r)
	if err != nil {
		return v, store.Endpoint{}, store.Line{}, err
	}
	id := chi.URLParam(r, "id")
	if !endpointID.MatchString(id) {
		return v, store.Endpoint{}, store.Line{}, errNoEndpoint
	}
	e, line, err := a.Store.Endpoint(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		err = errNoEndpoint
	}
	return v, e, line, err
}

func (a *api) deleteEndpoint(w http.ResponseWriter, r *http.Request) error {
	v, err := a.administrator(r)
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "id")
	if !endpointID.MatchString(id) {
		return errNoEndpoint
	}
	err = a.Store.RemoveEndpoint(r.Context(), id, v.now, &store.Administered{At: v.now, By: v.by.ID, Act: store.EndpointRemoved, Subject: id})
	if errors.Is(err, store.ErrNotFound) {
		return errNoEndpoint
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// postRotate gives an endpoint a new secret. A webhook's is made here, and for a while
// both sign; a robot's was changed at the platform, and the one before is of no use.
func (a *api) postRotate(w http.ResponseWriter, r *http.Request) error {
	v, e, _, err := a.endpoint(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "secret"}})
	if err != nil {
		return err
	}
	secret, kind := b.line("secret", 200), notify.EndpointKind(e.Kind)
	switch {
	case !kind.Signs():
		return errNoSecret
	case kind == notify.WebhookEndpoint && secret != "":
		b.wrong("secret", "not_taken", "这类端点的密钥不由您填写", "this kind of endpoint takes no secret from you")
	case kind != notify.WebhookEndpoint && secret == "":
		b.wrong("secret", "required", "此项必填", "this field is required")
	}
	if err := b.err(nil); err != nil {
		return err
	}
	answer := struct {
		Secret        *string    `json:"secret"`
		PreviousUntil *time.Time `json:"previous_until"`
	}{}
	var until time.Time
	if kind == notify.WebhookEndpoint {
		secret, until = notify.NewSecret(), v.now.Add(bothSign)
		answer.Secret, answer.PreviousUntil = &secret, instant(until)
	}
	if err := a.Store.Rotate(r.Context(), e.ID, secret, until, &store.Administered{At: v.now, By: v.by.ID, Act: store.EndpointRotated, Subject: e.ID}); err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, answer)
}

// postTest says something without content to an endpoint, at once. When it is reached it
// counts as well again, and is on.
func (a *api) postTest(w http.ResponseWriter, r *http.Request) error {
	v, e, line, err := a.endpoint(r)
	if err != nil {
		return err
	}
	letter := notify.Letter{
		ID: "test-" + e.ID + "-" + v.now.Format("20060102T150405.000000Z"), Kind: notify.Test, At: v.now,
		To: notify.Person{Language: notify.Language(e.Language)}, Rehearsal: !a.Clock.IsReal(),
	}
	answer := struct {
		Reached bool    `json:"reached"`
		Error   *string `json:"error"`
	}{}
	err = a.Poster.Say(r.Context(), notify.EndpointKind(e.Kind), line.Address, e.Secrets(line, v.now), letter, a.Templates)
	if err != nil {
		answer.Error = text(err.Error())
		return writeJSON(w, r, http.StatusOK, answer)
	}
	answer.Reached = true
	if err := a.Store.EndpointWorked(r.Context(), e.ID); err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, answer)
}
