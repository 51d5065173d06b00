package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"shuangze/casefile"
	"shuangze/store"
	"shuangze/workflows"
)

// postCommand gives a command to a case.
func (a *api) postCommand(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	kind := casefile.Kind(chi.URLParam(r, "command"))
	fields, ok := casefile.Fields(kind)
	if !ok || kind == casefile.Register {
		return errNoCommand
	}
	if refusal := casefile.Permit(row.Case, kind, v.by, v.rules); refusal != nil {
		return refusal
	}
	b, err := readBody(w, r, fields)
	if err != nil {
		return err
	}
	return a.give(w, r, v, row, kind, b, fields)
}

// getCommand says whether the caller can give a command to a case now: what a form asks
// before it is filled in. Where they can't, the refusal is that of the command itself.
func (a *api) getCommand(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	kind := casefile.Kind(chi.URLParam(r, "command"))
	if _, ok := casefile.Fields(kind); !ok || kind == casefile.Register {
		return errNoCommand
	}
	if refusal := casefile.Refusal(row.Case, kind, v.by, v.rules, v.now); refusal != nil {
		return a.explain(r.Context(), v, row.Case.ID, kind, refusal)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"command": kind, "name": v.lang.of(kind.Name()), "for": casefile.StandsInFor(row.Case, kind, v.by, v.rules)})
}

// give gives a command to a case, as a body says it.
func (a *api) give(w http.ResponseWriter, r *http.Request, v viewer, row store.Row, kind casefile.Kind, b *body, fields []casefile.Field) error {
	ctx := r.Context()
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	id := row.Case.ID
	cmd := casefile.Command{ID: sub.commandID(v.by, id), Kind: kind, Actor: v.by, Fingerprint: sub.fingerprint, Seen: row.Case.Seq}
	if done, err := a.replay(w, r, v, sub, id, cmd.ID, http.StatusOK); done || err != nil {
		return err
	}

	words := b.command(&cmd, fields)
	if kind == casefile.Link && cmd.Earlier != "" {
		if err := a.linkable(r, v, cmd.Earlier); err != nil {
			return err
		}
	}
	if _, err := a.visit(r, &v, b, cmd); err != nil {
		return err
	}
	var title string
	var who store.Petitioner
	if kind == casefile.Correct {
		if title, who, err = a.corrections(ctx, v, row, b, &cmd); err != nil {
			return err
		}
	}
	trial := cmd
	trial.Text = previewOf(words)
	_, refusal := casefile.Decide(row.Case, trial, v.rules, v.now)
	if err := b.err(refusal); err != nil {
		return a.explain(ctx, v, id, kind, err)
	}
	if cmd.Petitioner != "" {
		if cmd.Petitioner, err = a.Store.WritePetitioner(ctx, who); err != nil {
			return err
		}
	}
	if words != "" {
		if cmd.Text, err = a.Store.WriteText(ctx, title, words, v.by.ID); err != nil {
			return err
		}
	}
	attempt := cmd
	attempt.ID = sub.attempt(cmd.ID, row.Case.Seq)
	answer, err := a.Engine.Command(ctx, id, attempt)
	if errors.Is(err, workflows.ErrNoWorkflow) {
		answer, err = a.resume(ctx, id, attempt)
	}
	return a.answer(w, r, v, sub, id, cmd, answer, err, http.StatusOK)
}

// resume gives a command to a case without a workflow: one that has ended refuses it,
// one that should have a workflow gets it back from the ledger.
func (a *api) resume(ctx context.Context, id string, cmd casefile.Command) (workflows.Answer, error) {
	row, err := a.Store.Case(ctx, id)
	if err != nil {
		return workflows.Answer{}, err
	}
	if refusal := casefile.Admit(row.Case, cmd); refusal != nil {
		return workflows.Answer{}, refusal
	}
	return a.Engine.Resume(ctx, row.Case, cmd)
}

// setters read the fields that commands have, by their names in JSON. The text is not
// among them: its words go to the store.
var setters = map[string]func(*casefile.Command, *body, string){
	"on":            func(c *casefile.Command, b *body, name string) { c.On = b.day(name) },
	"unit":          func(c *casefile.Command, b *body, name string) { c.Unit = b.line(name, maxLine) },
	"organ":         func(c *casefile.Command, b *body, name string) { c.Organ = b.line(name, maxLine) },
	"upper":         func(c *casefile.Command, b *body, name string) { c.Upper = b.line(name, maxLine) },
	"lower":         func(c *casefile.Command, b *body, name string) { c.Lower = b.line(name, maxLine) },
	"act":           func(c *casefile.Command, b *body, name string) { c.Act = b.line(name, maxLine) },
	"days":          func(c *casefile.Command, b *body, name string) { c.Days = b.number(name, 0) },
	"requested_by":  func(c *casefile.Command, b *body, name string) { c.RequestedBy = b.line(name, maxLine) },
	"told_on":       func(c *casefile.Command, b *body, name string) { c.ToldOn = b.day(name) },
	"told_by":       func(c *casefile.Command, b *body, name string) { c.ToldBy = b.line(name, maxLine) },
	"result":        func(c *casefile.Command, b *body, name string) { c.Result = b.line(name, maxLine) },
	"hash":          func(c *casefile.Command, b *body, name string) { c.Hash = b.line(name, maxLine) },
	"means":         func(c *casefile.Command, b *body, name string) { c.Means = b.line(name, maxLine) },
	"reason":        func(c *casefile.Command, b *body, name string) { c.Reason = b.line(name, maxLine) },
	"ground":        func(c *casefile.Command, b *body, name string) { c.Ground = b.line(name, maxLine) },
	"from":          func(c *casefile.Command, b *body, name string) { c.From = b.line(name, maxLine) },
	"to":            func(c *casefile.Command, b *body, name string) { c.To = b.line(name, maxLine) },
	"route":         func(c *casefile.Command, b *body, name string) { c.Route = b.line(name, maxLine) },
	"outcome":       func(c *casefile.Command, b *body, name string) { c.Outcome = b.line(name, maxLine) },
	"meeting":       func(c *casefile.Command, b *body, name string) { c.Meeting = b.line(name, maxLine) },
	"money":         func(c *casefile.Command, b *body, name string) { c.Money = int64(b.number(name, 0)) },
	"office_rating": func(c *casefile.Command, b *body, name string) { c.OfficeRating = b.line(name, maxLine) },
	"unit_rating":   func(c *casefile.Command, b *body, name string) { c.UnitRating = b.line(name, maxLine) },
	"for":           func(c *casefile.Command, b *body, name string) { c.For = b.line(name, maxLine) },
	"channel": func(c *casefile.Command, b *body, name string) {
		c.Channel = casefile.ChannelName(b.line(name, maxLine))
	},
	"clock":       func(c *casefile.Command, b *body, name string) { c.Clock = b.line(name, maxLine) },
	"suggestion":  func(c *casefile.Command, b *body, name string) { c.Suggestion = b.line(name, maxLine) },
	"number":      func(c *casefile.Command, b *body, name string) { c.Number = b.number(name, 0) },
	"earlier":     func(c *casefile.Command, b *body, name string) { c.Earlier = b.line(name, maxLine) },
	"decided_by":  func(c *casefile.Command, b *body, name string) { c.DecidedBy = b.line(name, maxLine) },
	"known_at":    func(c *casefile.Command, b *body, name string) { c.KnownAt = b.instant(name) },
	"organs":      func(c *casefile.Command, b *body, name string) { c.Organs = b.list(name, len(casefile.UrgentOrgans)) },
	"campaign":    func(c *casefile.Command, b *body, name string) { c.Campaign = b.line(name, maxLine) },
	"reception":   func(c *casefile.Command, b *body, name string) { c.Reception = b.line(name, maxLine) },
	"appointment": func(c *casefile.Command, b *body, name string) { c.Appointment = b.line(name, maxLine) },
}

// command reads a command's fields into it and returns the words of its text.
func (b *body) command(cmd *casefile.Command, fields []casefile.Field) (words string) {
	for _, f := range fields {
		if set, ok := setters[f.Name]; ok {
			set(cmd, b, f.Name)
		}
	}
	if slices.ContainsFunc(fields, func(f casefile.Field) bool { return f.Name == "text" }) {
		words = b.words("text")
	}
	return words
}

// previewOf stands for a text that has not been written yet.
func previewOf(words string) casefile.Document {
	if words == "" {
		return casefile.Document{}
	}
	hash := sha256.Sum256([]byte(words))
	return casefile.Document{ID: "preview", Hash: hex.EncodeToString(hash[:])}
}

// submission is one request to change something: under which key it came and what it
// asked.
type submission struct {
	key         string // "" when the caller gave none
	fingerprint string
}

// asBefore takes what a request made before; again says that there is such a thing, and that
// nothing is to be made anew.
func asBefore[T any](made T, err error) (before T, again bool, _ error) {
	if errors.Is(err, store.ErrNotFound) {
		return made, false, nil
	}
	return made, err == nil, err
}

// submit reads the Idempotency-Key header.
func (a *api) submit(r *http.Request, b *body) (submission, error) {
	s := submission{fingerprint: a.Store.Fingerprint([]byte(r.Method), []byte(r.URL.Path), b.bytes)}
	values := r.Header.Values("Idempotency-Key")
	if len(values) == 0 {
		return s, nil
	}
	s.key = values[0]
	visible := !slices.ContainsFunc([]byte(s.key), func(c byte) bool { return c <= ' ' || c > '~' })
	if len(values) > 1 || s.key == "" || len(s.key) > 200 || !visible {
		return s, invalidFields(casefile.FieldError{
			Field: "Idempotency-Key", Code: "invalid_key",
			Chinese: "应为1至200个可见的ASCII字符，且只出现一次", English: "must be 1 to 200 visible ASCII characters, given once",
		})
	}
	return s, nil
}

// The namespaces of the ids that are made of keys.
var (
	caseSpace    = uuid.MustParse("7d0c4b1e-6a55-4b43-9b0f-8a2a6b0c5e11")
	commandSpace = uuid.MustParse("c1f2a7de-3e0b-4f6f-8d3e-51d3f6a0e922")
)

// id is the id of what a request makes, in the namespace of its kind: the same for the same
// key of the same person, about the same thing.
func (s submission) id(space uuid.UUID, by casefile.Actor, about ...string) string {
	if s.key == "" {
		return uuid.NewString()
	}
	return uuid.NewSHA1(space, []byte(strings.Join(append([]string{by.ID, s.key}, about...), "\x00"))).String()
}

// once is the key of the same person's request, for secrets that are the same when it comes
// twice; empty: it had none.
func (s submission) once(by casefile.Actor) string {
	if s.key == "" {
		return ""
	}
	return by.ID + "\x00" + s.key
}

// commandID is the id of the command in the ledger; a registration has no case before
// it.
func (s submission) commandID(by casefile.Actor, caseID string) string {
	return s.id(commandSpace, by, caseID)
}

// attempt is the id under which the engine gets a command. Temporal answers an id it
// knows as it did before, which is right for what was done, but not for a refusal:
// corrected, or when the case has moved on, it must be decided anew.
func (s submission) attempt(commandID string, seq int64) string {
	if s.key == "" {
		return commandID
	}
	return fmt.Sprintf("%s@%d-%s", commandID, seq, s.fingerprint[:8])
}

// recorded says with which seq a command ended that was given before, under the same
// key. done is false when it is new.
func (a *api) recorded(ctx context.Context, s submission, caseID, commandID string) (seq int64, done bool, err error) {
	if s.key == "" {
		return 0, false, nil
	}
	seq, fingerprint, err := a.Store.Command(ctx, caseID, commandID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	case fingerprint != s.fingerprint:
		return 0, false, errKeyReused
	}
	return seq, true, nil
}

// replay answers a command that was given before as it was answered then. done is
// false when it is new.
func (a *api) replay(w http.ResponseWriter, r *http.Request, v viewer, s submission, caseID, commandID string, status int) (done bool, err error) {
	seq, done, err := a.recorded(r.Context(), s, caseID, commandID)
	if err != nil || !done {
		return false, err
	}
	w.Header().Set("Idempotent-Replay", "true")
	return true, a.show(w, r, v, caseID, seq, status)
}

// answer shows the case as a command left it, or why it was refused. The ledger has
// the last word: the same command may have come twice at once, and of two different
// ones under one key only one was carried out.
func (a *api) answer(w http.ResponseWriter, r *http.Request, v viewer, s submission, caseID string, cmd casefile.Command, got workflows.Answer, err error, status int) error {
	var refusal *casefile.Error
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	seq, done, err := a.recorded(r.Context(), s, caseID, cmd.ID)
	switch {
	case err != nil:
		return err
	case done:
		return a.show(w, r, v, caseID, seq, status)
	case refusal != nil:
		return a.explain(r.Context(), v, caseID, cmd.Kind, refusal)
	}
	return a.show(w, r, v, caseID, got.Seq, status)
}

// show answers with the case as of seq.
func (a *api) show(w http.ResponseWriter, r *http.Request, v viewer, caseID string, seq int64, status int) error {
	row, err := a.Store.Case(r.Context(), caseID)
	if err != nil {
		return err
	}
	if row.Case.Seq != seq {
		if row.Case, err = a.Store.CaseAt(r.Context(), caseID, seq); err != nil {
			return err
		}
	}
	if v.by.Role == casefile.Complainant {
		return a.showStanding(w, r, v, row)
	}
	if !casefile.Sees(row.Case, v.by, v.rules) {
		return errNoCase
	}
	view, err := a.whole(r.Context(), v, row)
	if err != nil {
		return err
	}
	if status == http.StatusCreated {
		w.Header().Set("Location", "/api/v1/cases/"+caseID)
	}
	return writeJSON(w, r, status, view)
}
