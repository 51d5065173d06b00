package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuangze/casefile"
)

// ErrAppointment says that a visit can't be of an appointment: it is of another day, has
// ended, or has become a case already.
var ErrAppointment = errors.New("no open appointment of this reception day")

// Visitor is an appointment with who comes, and why; both are empty when they are not
// needed any more.
type Visitor struct {
	casefile.Appointment
	Petitioner
	Topic string
}

// Taken counts the appointments of a day that were not cancelled.
func (t *ReceptionsTx) Taken(ctx context.Context, reception string) (n int, err error) {
	err = t.tx.QueryRow(ctx, `SELECT count(*) FROM appointments WHERE reception = $1 AND state <> 'cancelled'`, reception).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count appointments: %w", err)
	}
	return n, nil
}

// Waiting counts the appointments of a day of which nobody has recorded yet what became.
func (t *ReceptionsTx) Waiting(ctx context.Context, reception string) (n int, err error) {
	err = t.tx.QueryRow(ctx, `SELECT count(*) FROM appointments WHERE reception = $1 AND state = 'booked'`, reception).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count appointments: %w", err)
	}
	return n, nil
}

// Booked finds an appointment that was made under this id before. ErrNotFound when there
// is none, ErrOtherRequest when another request did.
func (t *ReceptionsTx) Booked(ctx context.Context, id, fingerprint string) (casefile.Appointment, error) {
	if err := madeBy(ctx, t.tx, fingerprint, `SELECT fingerprint FROM appointments WHERE id = $1`, id); err != nil {
		return casefile.Appointment{}, err
	}
	return t.Appointment(ctx, id)
}

// Book writes a new appointment and seals who comes.
func (t *ReceptionsTx) Book(ctx context.Context, a casefile.Appointment, who Petitioner, fingerprint string) error {
	plain, err := json.Marshal(who)
	if err != nil {
		return err
	}
	sealed, err := t.s.keys.seal(plain, a.ID)
	if err != nil {
		return fmt.Errorf("seal visitor: %w", err)
	}
	const sql = `INSERT INTO appointments (id, reception, topic, sealed, state, booked_by, booked_at, fingerprint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	_, err = t.tx.Exec(ctx, sql, a.ID, a.Reception, a.Topic.ID, sealed, string(a.State), a.BookedBy, a.BookedAt, fingerprint)
	if err != nil {
		return fmt.Errorf("book appointment: %w", err)
	}
	return nil
}

// EndAppointment writes what became of an appointment. Unless the visitor came, who they
// are and why they wanted to come is not kept.
func (t *ReceptionsTx) EndAppointment(ctx context.Context, a casefile.Appointment) error {
	const sql = `
		UPDATE appointments SET state = $2, done_by = $3, done_at = $4,
			sealed = CASE WHEN $2 = 'came' THEN sealed END, topic = CASE WHEN $2 = 'came' THEN topic END
		WHERE id = $1 AND state = 'booked'`
	if _, err := t.tx.Exec(ctx, sql, a.ID, string(a.State), a.DoneBy, a.DoneAt); err != nil {
		return fmt.Errorf("end appointment: %w", err)
	}
	return nil
}

// Appointment returns an appointment. ErrNotFound when there is none.
func (t *ReceptionsTx) Appointment(ctx context.Context, id string) (casefile.Appointment, error) {
	return appointment(ctx, t.tx, id)
}

// Appointment returns an appointment. ErrNotFound when there is none.
func (s *Store) Appointment(ctx context.Context, id string) (casefile.Appointment, error) {
	return appointment(ctx, s.pool, id)
}

func appointment(ctx context.Context, q querier, id string) (casefile.Appointment, error) {
	list, err := visitorsIn(ctx, q, ` WHERE a.id = $1`, id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return casefile.Appointment{}, err
	}
	return list[0].Appointment, nil
}

// Visitors lists the appointments of a day in the order in which they were made, with who
// comes. ErrSealed when no key opens that.
func (s *Store) Visitors(ctx context.Context, reception string) ([]Visitor, error) {
	list, err := visitorsIn(ctx, s.pool, ` WHERE a.reception = $1 ORDER BY a.booked_at, a.id`, reception)
	if err != nil {
		return nil, err
	}
	visitors := make([]Visitor, len(list))
	for i := range list {
		if err := s.open(&list[i]); err != nil {
			return nil, err
		}
		visitors[i] = list[i].Visitor
	}
	return visitors, nil
}

// Visitor returns one appointment with who comes. ErrNotFound when there is none,
// ErrSealed when no key opens it.
func (s *Store) Visitor(ctx context.Context, id string) (Visitor, error) {
	list, err := visitorsIn(ctx, s.pool, ` WHERE a.id = $1`, id)
	switch {
	case err != nil:
		return Visitor{}, err
	case len(list) == 0:
		return Visitor{}, ErrNotFound
	}
	err = s.open(&list[0])
	return list[0].Visitor, err
}

// sealedVisitor is a visitor whose person is still sealed.
type sealedVisitor struct {
	Visitor
	sealed []byte
}

func (s *Store) open(v *sealedVisitor) error {
	if v.sealed == nil {
		return nil
	}
	plain, err := s.keys.open(v.sealed, v.ID)
	if err != nil {
		return fmt.Errorf("%w: appointment %s: %w", ErrSealed, v.ID, err)
	}
	return json.Unmarshal(plain, &v.Petitioner)
}

func visitorsIn(ctx context.Context, q querier, rest string, args ...any) ([]sealedVisitor, error) {
	rows, err := q.Query(ctx, `
		SELECT a.id, a.reception, coalesce(a.topic, ''), coalesce(t.hash, ''), coalesce(t.body, ''), a.sealed, a.state, a.case_id,
			a.booked_by, a.booked_at, coalesce(a.done_by, ''), a.done_at FROM appointments a LEFT JOIN documents t ON t.id = a.topic`+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read appointments: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v sealedVisitor, err error) {
		var done *time.Time
		err = row.Scan(&v.ID, &v.Reception, &v.Appointment.Topic.ID, &v.Appointment.Topic.Hash, &v.Topic, &v.sealed, &v.State, &v.Case,
			&v.BookedBy, &v.BookedAt, &v.DoneBy, &done)
		if done != nil {
			v.DoneAt = *done
		}
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("read appointments: %w", err)
	}
	return list, nil
}

// queueVisit ties an appointment to the case that the visit became; who came is the
// case's petitioner from then on.
func queueVisit(batch *pgx.Batch, caseID string, e casefile.Event) {
	const sql = `
		UPDATE appointments SET state = 'came', case_id = $2, done_by = coalesce(done_by, $4), done_at = coalesce(done_at, $5), sealed = NULL, topic = NULL
		WHERE id = $1 AND reception = $3 AND state IN ('booked', 'came') AND case_id = ''`
	batch.Queue(sql, e.Appointment, caseID, e.Reception, e.Actor.ID, e.At).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != 1 {
			return ErrAppointment
		}
		return nil
	})
}
