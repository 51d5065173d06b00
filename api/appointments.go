package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/store"
)

// appointmentView is an appointment as the office's staff and the receiving leader see
// it: who comes and why, until that is not needed any more.
type appointmentView struct {
	ID       string                    `json:"id"`
	Name     *string                   `json:"name"`
	Phone    *string                   `json:"phone"`
	Address  *string                   `json:"address"`
	Topic    *string                   `json:"topic"`
	State    casefile.AppointmentState `json:"state"`
	Case     *string                   `json:"case"`
	BookedBy string                    `json:"booked_by"`
	BookedAt time.Time                 `json:"booked_at"`
	DoneBy   *string                   `json:"done_by"`
	DoneAt   *time.Time                `json:"done_at"`
}

func appointmentOf(a store.Visitor) appointmentView {
	return appointmentView{
		ID: a.ID, Name: text(a.Name), Phone: text(a.Phone), Address: text(a.Address), Topic: text(a.Topic), State: a.State, Case: text(a.Case),
		BookedBy: a.BookedBy, BookedAt: a.BookedAt.UTC(), DoneBy: text(a.DoneBy), DoneAt: instant(a.DoneAt),
	}
}

// appointmentFields are the fields of an appointment's body: name, contact and topic, and
// nothing else of a visitor.
var appointmentFields = []casefile.Field{
	{Name: "name", Required: true},
	{Name: "phone"},
	{Name: "address"},
	{Name: "topic", Required: true},
}

// postAppointment makes an appointment. The day is locked from the count to the commit,
// so that it is never overbooked.
func (a *api) postAppointment(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, appointmentFields)
	if err != nil {
		return err
	}
	sub, err := a.submit(r, b)
	if err != nil {
		return err
	}
	visitor := store.Petitioner{Name: b.line("name", maxLine), Phone: b.line("phone", maxPhone), Address: b.line("address", maxAddress)}
	b.check(casefile.CheckPhone("phone", visitor.Phone))
	topic := b.words("topic")
	asked := casefile.Appointment{ID: sub.id(receptionSpace, v.by), Topic: previewOf(topic)}
	if visitor.Name == "" && !b.has("name") {
		b.wrong("name", "required", "此项必填", "this field is required")
	}
	// The text is written before the schedule is locked, as a command's is; what is then
	// refused leaves it to the sweep.
	day, err := v.receptionOf(r, func(id string) (casefile.Reception, error) { return a.Store.Reception(ctx, id) })
	if err != nil {
		return err
	}
	_, err = a.Store.Appointment(ctx, asked.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		_, refusal := casefile.BookAppointment(asked, day, 0, v.by, v.rules)
		if err := b.err(asError(refusal)); err != nil {
			return err
		}
		if asked.Topic, err = a.Store.WriteText(ctx, "", topic, v.by.ID); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	var booked casefile.Appointment
	again := false
	err = a.inReception(r, &v, func(tx *store.ReceptionsTx, day casefile.Reception, _ request) error {
		var err error
		if booked, again, err = asBefore(tx.Booked(ctx, asked.ID, sub.fingerprint)); again || err != nil {
			return err
		}
		taken, err := tx.Taken(ctx, day.ID)
		if err != nil {
			return err
		}
		appointment, refusal := casefile.BookAppointment(asked, day, taken, v.by, v.rules)
		if refusal != nil {
			return refusal
		}
		booked = appointment
		return tx.Book(ctx, appointment, visitor, sub.fingerprint)
	})
	if err != nil {
		return err
	}
	if again {
		w.Header().Set("Idempotent-Replay", "true")
	}
	return a.showAppointment(w, r, v, booked.ID, http.StatusCreated)
}

func (a *api) showAppointment(w http.ResponseWriter, r *http.Request, v viewer, id string, status int) error {
	visitor, err := a.Store.Visitor(r.Context(), id)
	if err != nil {
		return err
	}
	shown, err := a.notAccusing(r.Context(), v, []store.Visitor{visitor})
	if err == nil && len(shown) == 0 {
		err = errNoAppointment
	}
	if err != nil {
		return err
	}
	return writeJSON(w, r, status, appointmentOf(visitor))
}

// postAppointmentEnd cancels an appointment, or records whether the visitor came.
func (a *api) postAppointmentEnd(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	b, err := readBody(w, r, []casefile.Field{{Name: "state", Required: true}})
	if err != nil {
		return err
	}
	state := b.line("state", maxLine)
	if ends := names(casefile.AppointmentStates[1:]); state == "" && !b.has("state") {
		b.wrong("state", "required", "此项必填", "this field is required")
	} else if state != "" && !slices.Contains(ends, state) {
		b.notInList("state", ends)
	}
	id := chi.URLParam(r, "appointment")
	err = a.inReception(r, &v, func(tx *store.ReceptionsTx, day casefile.Reception, _ request) error {
		if refusal := casefile.SeeAppointments(day, v.by); refusal != nil {
			return refusal
		}
		before, err := tx.Appointment(ctx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && before.Reception != day.ID {
			return errNoAppointment
		}
		if err != nil {
			return err
		}
		after, refusal := casefile.EndAppointment(before, day, casefile.AppointmentState(state), v.by, v.rules)
		if wrong := b.err(nil); wrong != nil && (refusal == nil || refusal.Reason != casefile.Forbidden) {
			return wrong
		}
		if refusal != nil {
			return refusal
		}
		if after == before {
			return nil
		}
		return tx.EndAppointment(ctx, after)
	})
	if err != nil {
		return err
	}
	return a.showAppointment(w, r, v, id, http.StatusOK)
}

// getAppointments lists a day's appointments to those who may see who comes.
func (a *api) getAppointments(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	day, err := v.receptionOf(r, func(id string) (casefile.Reception, error) { return a.Store.Reception(ctx, id) })
	if err != nil {
		return err
	}
	if refusal := casefile.SeeAppointments(day, v.by); refusal != nil {
		return refusal
	}
	visitors, err := a.Store.Visitors(ctx, day.ID)
	if err != nil {
		return err
	}
	if visitors, err = a.notAccusing(ctx, v, visitors); err != nil {
		return err
	}
	list := make([]appointmentView, len(visitors))
	for i, visitor := range visitors {
		list[i] = appointmentOf(visitor)
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"appointments": list})
}

// notAccusing leaves out the appointments whose visit became a case that the viewer may not
// know of, as one who is accused in it (条例第30条第3款).
func (a *api) notAccusing(ctx context.Context, v viewer, visitors []store.Visitor) ([]store.Visitor, error) {
	var cases []string
	for _, visitor := range visitors {
		if visitor.Case != "" {
			cases = append(cases, visitor.Case)
		}
	}
	seen, err := a.Store.Seen(ctx, v.by, cases, v.now)
	return slices.DeleteFunc(visitors, func(visitor store.Visitor) bool {
		return visitor.Case != "" && !slices.Contains(seen, visitor.Case)
	}), err
}

// visit reads the reception day of a visit into the rules, and who came where there was
// an appointment. Only whoever may see appointments can register the visit of one.
func (a *api) visit(r *http.Request, v *viewer, b *body, cmd casefile.Command) (visitor store.Petitioner, err error) {
	if cmd.Reception == "" {
		return visitor, nil
	}
	day, err := a.Store.Reception(r.Context(), cmd.Reception)
	if err == nil {
		v.rules.Reception = &day
	} else if !errors.Is(err, store.ErrNotFound) {
		return visitor, err
	}
	if cmd.Appointment == "" || v.rules.Reception == nil {
		return visitor, nil
	}
	appointment, err := a.Store.Visitor(r.Context(), cmd.Appointment)
	waits := appointment.Case == "" && (appointment.State == casefile.Booked || appointment.State == casefile.Came)
	switch {
	case err == nil && appointment.Reception == day.ID && waits && casefile.KeepsAppointments(day, v.by):
		return appointment.Petitioner, nil
	case err == nil || errors.Is(err, store.ErrNotFound):
		b.wrong("appointment", "unknown_appointment", "该接待日没有这个可以登记的预约", "the reception day has no such appointment that could become a case")
		return visitor, nil
	}
	return visitor, err
}
