package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/auth"
	"shuangze/casefile"
	"shuangze/store"
)

// The problems of the directory, of accounts and of tokens.
var (
	errNoUnit     = refuse(http.StatusNotFound, "unit_not_found", "没有这个单位", "there is no such unit")
	errNoOfficial = refuse(http.StatusNotFound, "official_not_found", "没有此人", "there is no such official")
	errNoToken    = refuse(http.StatusNotFound, "token_not_found", "没有这个有效的令牌", "there is no such token that is valid")
)

var unitFields = []casefile.Field{{Name: "name", Required: true}, {Name: "kind", Required: true}, {Name: "level", Required: true}, {Name: "parent"}}

// postUnit adds a unit.
func (a *api) postUnit(w http.ResponseWriter, r *http.Request) error {
	return a.saveUnit(w, r, "", append([]casefile.Field{{Name: "code", Required: true}}, unitFields...))
}

// postUnitChange changes a unit; one that was ended stands again by it.
func (a *api) postUnitChange(w http.ResponseWriter, r *http.Request) error {
	return a.saveUnit(w, r, chi.URLParam(r, "code"), unitFields)
}

func (a *api) saveUnit(w http.ResponseWriter, r *http.Request, code string, fields []casefile.Field) error {
	v, b, err := a.administered(w, r, fields)
	if err != nil {
		return err
	}
	u := casefile.Unit{Code: cmp.Or(code, b.line("code", maxLine)), Name: b.line("name", maxLine), Kind: b.line("kind", maxLine), Level: b.line("level", maxLine), Parent: b.line("parent", maxLine)}
	e := entry[casefile.Unit]{
		value: u, id: u.Code, isNew: code == "", added: store.UnitAdded, changed: store.UnitChanged, missing: errNoUnit,
		in: func(d *casefile.Directory) map[string]casefile.Unit { return d.Units }, check: casefile.EnterUnit, save: (*store.DirectoryTx).SaveUnit,
	}
	_, again, err := enter(a, r, v, b, e)
	if err != nil {
		return err
	}
	return written(w, r, e.isNew, again, "/api/v1/units/"+u.Code, u)
}

// entry is a unit or an official that somebody wants to add to the directory or to change.
type entry[T comparable] struct {
	value          T
	id             string
	isNew          bool
	added, changed string // what is put on record
	missing        error  // there is none to change
	in             func(*casefile.Directory) map[string]T
	check          func(value T, isNew bool, by casefile.Actor, r casefile.Rules) *casefile.Error
	save           func(*store.DirectoryTx, context.Context, T, store.Administered) error
}

// enter writes an entry with the directory locked, and returns that as it was before. again
// says that it is so already, by this request or another.
func enter[T comparable](a *api, r *http.Request, v viewer, b *body, e entry[T]) (d *casefile.Directory, again bool, err error) {
	err = a.Store.ChangeDirectory(r.Context(), func(tx *store.DirectoryTx) error {
		d, v.rules.Directory = tx.Directory, tx.Directory
		before, known := e.in(d)[e.id]
		switch {
		case !e.isNew && !known:
			return e.missing
		case known && before == e.value && b.err(nil) == nil:
			again = true
			return nil
		}
		if err := b.err(errorOf(e.check(e.value, e.isNew, v.by, v.rules))); err != nil {
			return err
		}
		done := store.Administered{At: v.now, By: v.by.ID, Act: e.added, Subject: e.id}
		if !e.isNew {
			done.Act, done.Fields = e.changed, changed(before, e.value)
		}
		return e.save(tx, r.Context(), e.value, done)
	})
	return d, again, err
}

// postUnitEnd makes a unit one that was merged or abolished.
func (a *api) postUnitEnd(w http.ResponseWriter, r *http.Request) error {
	v, b, err := a.administered(w, r, []casefile.Field{{Name: "on", Required: true}, {Name: "successor"}})
	if err != nil {
		return err
	}
	code, on, successor := chi.URLParam(r, "code"), b.day("on"), b.line("successor", maxLine)
	var ended casefile.Unit
	err = a.Store.ChangeDirectory(r.Context(), func(tx *store.DirectoryTx) error {
		v.rules.Directory = tx.Directory
		u, ok := tx.Directory.Units[code]
		if !ok {
			return errNoUnit
		}
		left, err := tx.Burden(r.Context(), code, v.now)
		if err != nil {
			return err
		}
		u, refusal := casefile.EndUnit(u, on, successor, left, v.by, v.rules)
		if err := b.err(errorOf(refusal)); err != nil {
			return err
		}
		ended = u
		return tx.SaveUnit(r.Context(), u, store.Administered{At: v.now, By: v.by.ID, Act: store.UnitEnded, Subject: code})
	})
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, ended)
}

// errorOf is a refusal as an error; nil stays nil.
func errorOf(refusal *casefile.Error) error {
	if refusal == nil {
		return nil
	}
	return refusal
}

// administered reads what an administrator sends.
func (a *api) administered(w http.ResponseWriter, r *http.Request, fields []casefile.Field) (viewer, *body, error) {
	v, err := a.viewer(r)
	if err == nil {
		err = errorOf(casefile.PermitAdministration(v.by))
	}
	if err != nil {
		return v, nil, err
	}
	b, err := readBody(w, r, fields)
	return v, b, err
}

// inspected is who may see what administrators do.
func (a *api) inspected(r *http.Request) (viewer, error) {
	v, err := a.viewer(r)
	if err == nil {
		err = errorOf(casefile.PermitInspection(v.by))
	}
	return v, err
}

// written answers with what was added or changed.
func written(w http.ResponseWriter, r *http.Request, isNew, again bool, at string, v any) error {
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
		w.Header().Set("Location", at)
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return writeJSON(w, r, status, v)
}

// changed names the fields in which two entries of the directory differ, as JSON has them.
func changed[T any](before, after T) (fields []string) {
	x, y := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range x.NumField() {
		if !x.Field(i).Equal(y.Field(i)) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
		}
	}
	return fields
}

var officialFields = []casefile.Field{
	{Name: "name", Required: true}, {Name: "post", Required: true}, {Name: "level", Required: true}, {Name: "unit", Required: true}, {Name: "role", Required: true}, {Name: "portfolio"}, {Name: "email"},
}

// oneOfficial is an official with the cases that they carry, for those who look after the
// directory or hand cases over.
type oneOfficial struct {
	officialView
	OpenCases *int `json:"open_cases"`
}

func (v viewer) one(o casefile.Official, d *casefile.Directory) oneOfficial {
	view := oneOfficial{officialView: v.official(o)}
	if v.by.Role == casefile.Admin || v.by.Role == casefile.Auditor || v.by.Role == casefile.Supervisor && d.Under(o.Unit, d.Area(v.by.Unit)) {
		n := d.Load[o.ID]
		view.OpenCases = &n
	}
	return view
}

func (a *api) getOfficial(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	o, ok := v.rules.Directory.Officials[chi.URLParam(r, "id")]
	if !ok {
		return errNoOfficial
	}
	d, err := a.Store.WithLoad(r.Context(), v.rules.Directory)
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, v.one(o, d))
}

// postOfficial adds an official.
func (a *api) postOfficial(w http.ResponseWriter, r *http.Request) error {
	return a.saveOfficial(w, r, "", append([]casefile.Field{{Name: "id", Required: true}}, officialFields...))
}

// postOfficialChange changes an official; one who has left is back by it.
func (a *api) postOfficialChange(w http.ResponseWriter, r *http.Request) error {
	return a.saveOfficial(w, r, chi.URLParam(r, "id"), officialFields)
}

func (a *api) saveOfficial(w http.ResponseWriter, r *http.Request, id string, fields []casefile.Field) error {
	v, b, err := a.administered(w, r, fields)
	if err != nil {
		return err
	}
	o := casefile.Official{
		ID: cmp.Or(id, b.line("id", maxLine)), Name: b.line("name", maxLine), Post: b.line("post", maxLine), Level: b.line("level", maxLine), Unit: b.line("unit", maxLine),
		Role: casefile.Role(b.line("role", maxLine)), Portfolio: b.line("portfolio", maxLine), Email: b.line("email", maxLine),
	}
	e := entry[casefile.Official]{
		value: o, id: o.ID, isNew: id == "", added: store.OfficialAdded, changed: store.OfficialChanged, missing: errNoOfficial,
		in: func(d *casefile.Directory) map[string]casefile.Official { return d.Officials }, check: casefile.EnterOfficial, save: (*store.DirectoryTx).SaveOfficial,
	}
	d, again, err := enter(a, r, v, b, e)
	if err != nil {
		return err
	}
	return written(w, r, e.isNew, again, "/api/v1/officials/"+o.ID, v.one(o, d))
}

// postOfficialEnd makes an official a former one.
func (a *api) postOfficialEnd(w http.ResponseWriter, r *http.Request) error {
	v, b, err := a.administered(w, r, nil)
	if err == nil {
		err = b.err(nil)
	}
	if err != nil {
		return err
	}
	var view oneOfficial
	err = a.Store.ChangeDirectory(r.Context(), func(tx *store.DirectoryTx) error {
		v.rules.Directory = tx.Directory
		o, ok := tx.Directory.Officials[chi.URLParam(r, "id")]
		if !ok {
			return errNoOfficial
		}
		o, refusal := casefile.EndOfficial(o, v.by, v.rules)
		if refusal != nil {
			return refusal
		}
		view = v.one(o, tx.Directory)
		return tx.SaveOfficial(r.Context(), o, store.Administered{At: v.now, By: v.by.ID, Act: store.OfficialEnded, Subject: o.ID})
	})
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, view)
}

type accountView struct {
	Official     string     `json:"official"`
	Password     bool       `json:"password"`
	Temporary    bool       `json:"temporary"`
	ChangedAt    *time.Time `json:"changed_at"`
	SignedInAt   *time.Time `json:"signed_in_at"`
	BlockedUntil *time.Time `json:"blocked_until"`
	Sessions     int        `json:"sessions"`
	Tokens       int        `json:"tokens"`
}

// getAccounts lists how everybody's account stands. Accounts live by real time, in a
// rehearsal too.
func (a *api) getAccounts(w http.ResponseWriter, r *http.Request) error {
	v, err := a.inspected(r)
	if err != nil {
		return err
	}
	q, d := readQuery(r), v.rules.Directory
	s := q.search(d)
	if err := q.err(); err != nil {
		return err
	}
	for id, o := range d.Officials {
		if o.Role != casefile.Former {
			s.add(o.Unit, id, o.Name, o.Post, d.Units[o.Unit].Name)
		}
	}
	ids, next := s.page()
	list, err := a.Store.Accounts(r.Context(), ids, time.Now())
	if err != nil {
		return err
	}
	accounts := make([]accountView, len(list))
	for i, l := range list {
		accounts[i] = accountView{l.Official, l.Password, l.Temporary, utc(l.ChangedAt), utc(l.SignedInAt), utc(l.BlockedUntil), l.Sessions, l.Tokens}
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"accounts": accounts, "total": len(s.hits), "next_cursor": next})
}

// postAccountPassword sets a temporary password, shown this once.
func (a *api) postAccountPassword(w http.ResponseWriter, r *http.Request) error {
	v, b, err := a.administered(w, r, nil)
	if err == nil {
		err = b.err(nil)
	}
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "official")
	if _, ok := v.rules.Directory.Officials[id]; !ok {
		return errNoOfficial
	}
	password, err := (&auth.Auth{Store: a.Store}).SetTemporary(r.Context(), id, &store.Administered{At: v.now, By: v.by.ID, Act: store.PasswordSet, Subject: id})
	if errors.Is(err, store.ErrNotFound) {
		return errNoOfficial
	}
	if err != nil {
		return err
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"official": id, "password": password})
}

// postSignOut ends every session of an official.
func (a *api) postSignOut(w http.ResponseWriter, r *http.Request) error {
	v, b, err := a.administered(w, r, nil)
	if err == nil {
		err = b.err(nil)
	}
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "official")
	if _, ok := v.rules.Directory.Officials[id]; !ok {
		return errNoOfficial
	}
	if err := a.Store.EndSession(r.Context(), id, "", &store.Administered{At: v.now, By: v.by.ID, Act: store.SignedOut, Subject: id}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type tokenView struct {
	ID        string     `json:"id"`
	Official  string     `json:"official"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at"`
}

func viewToken(t store.Token) tokenView {
	return tokenView{t.ID, t.Official, t.CreatedAt.UTC(), t.ExpiresAt.UTC(), utc(t.RevokedAt)}
}

func (a *api) getTokens(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.inspected(r); err != nil {
		return err
	}
	list, err := a.Store.Tokens(r.Context())
	if err != nil {
		return err
	}
	tokens := make([]tokenView, len(list))
	for i, t := range list {
		tokens[i] = viewToken(t)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"tokens": tokens})
}

// longestToken is in days; whoever needs one for longer takes a new one in time.
const (
	longestToken = 366
	usualToken   = 90
)

// postToken issues a token, shown this once.
func (a *api) postToken(w http.ResponseWriter, r *http.Request) error {
	v, b, err := a.administered(w, r, []casefile.Field{{Name: "official", Required: true}, {Name: "days"}})
	if err != nil {
		return err
	}
	id, days := b.line("official", maxLine), b.number("days", usualToken)
	switch o, ok := v.rules.Directory.Officials[id]; {
	case b.has("official"): // has been said
	case id == "":
		b.wrong("official", "required", "此项必填", "this field is required")
	case !ok || o.Role == casefile.Former:
		b.wrong("official", "unknown_official", "名录中没有此人", "there is no such official")
	}
	if days < 1 || days > longestToken {
		b.wrong("days", "out_of_range", "应为1至366日", "must be 1 to 366 days")
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	if err := b.err(nil); err != nil {
		return err
	}
	t, secret, again, err := a.Store.TokenOnce(r.Context(), sub.once(v.by), id, time.Now(), time.Duration(days)*24*time.Hour,
		&store.Administered{At: v.now, By: v.by.ID, Act: store.TokenIssued, Subject: id})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return writeJSON(w, r, http.StatusCreated, struct {
		tokenView
		Token string `json:"token"`
	}{viewToken(t), secret})
}

// deleteToken revokes a token at once.
func (a *api) deleteToken(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err == nil {
		err = errorOf(casefile.PermitAdministration(v.by))
	}
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "id")
	if !caseID.MatchString(id) {
		return errNoToken
	}
	switch err := a.Store.RevokeToken(r.Context(), id, time.Now(), &store.Administered{At: v.now, By: v.by.ID, Act: store.TokenRevoked, Subject: id}); {
	case errors.Is(err, store.ErrNotFound):
		return errNoToken
	case err != nil:
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
