package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// schedule enters a reception day by the core's rules, as the API does: of the vice head
// of 漠河市, in two weeks.
func (d *desk) schedule(id string, change func(*casefile.Schedule)) (casefile.Reception, error) {
	s := casefile.Schedule{
		ID: id, Leader: upper, On: calendar.DateOf(d.now).AddDays(14), From: policy.TimeOfDay{Hour: 9}, Until: policy.TimeOfDay{Hour: 12},
		Place: "接待室", Form: "fixed", Publish: true,
	}
	if change != nil {
		change(&s)
	}
	rules := d.rules
	rules.Now = d.now
	var day casefile.Reception
	err := d.store.InReceptions(context.Background(), func(tx *store.ReceptionsTx) error {
		rules.Directory = tx.Directory
		standing, err := tx.Standing(context.Background(), d.now, s.Leader)
		if err != nil {
			return err
		}
		days, refusal := casefile.ScheduleReceptions(s, d.actor(super), rules, standing)
		if refusal != nil {
			return refusal
		}
		day = days[0]
		return tx.Enter(context.Background(), days, "request of "+id, "fingerprint of "+id)
	})
	return day, err
}

// scheduled is schedule where it can't be refused.
func (d *desk) scheduled(id string, change func(*casefile.Schedule)) casefile.Reception {
	d.t.Helper()
	day, err := d.schedule(id, change)
	if err != nil {
		d.t.Fatal(err)
	}
	return day
}

// A reception day is entered, published, held or swapped, and what was written stays.
func TestReceptions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	first := d.scheduled("first", nil)
	later := d.scheduled("later", func(s *casefile.Schedule) { s.On, s.Publish = s.On.AddDays(7), false })
	other := d.scheduled("other", func(s *casefile.Schedule) { s.Leader = deputy })
	rules := d.rules
	rules.Now = d.now

	err := d.store.InReceptions(ctx, func(tx *store.ReceptionsTx) error {
		again, err := tx.Entered(ctx, "request of first", "fingerprint of first")
		if diff := cmp.Diff([]casefile.Reception{first}, again); diff != "" || err != nil {
			t.Errorf("again: %v\n%s", err, diff)
		}
		if _, err := tx.Entered(ctx, "request of first", "another"); !errors.Is(err, store.ErrOtherRequest) {
			t.Errorf("another request: %v", err)
		}
		if _, err := tx.Entered(ctx, "nothing", "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("no request: %v", err)
		}
		ended, instead, refusal := casefile.SwapReception(first, casefile.Swap{ID: "new", Reason: "duty", On: later.On().AddDays(1)}, d.actor(upper), rules, nil)
		if refusal != nil {
			return refusal
		}
		return errors.Join(tx.End(ctx, "swap", "what", ended...), tx.Enter(ctx, instead, "swap", "x"), tx.Move(ctx, "first", "new"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = d.store.InReceptions(ctx, func(tx *store.ReceptionsTx) error {
		day, command, fingerprint, err := tx.Reception(ctx, "first")
		if err != nil || command != "swap" || fingerprint != "what" || day.State(d.now) != casefile.ReceptionSwapped || day.EndedBy != upper || day.Reason != "duty" {
			t.Errorf("swapped as %+v by %q, %v", day, command, err)
		}
		if instead, err := tx.Instead(ctx, "swap"); err != nil || len(instead) != 1 || instead[0].Instead != "first" || instead[0].PublishedBy != upper {
			t.Errorf("instead %+v, %v", instead, err)
		}
		if standing, err := tx.Standing(ctx, d.now, upper, deputy); err != nil || len(standing) != 3 || standing[0].ID != "other" {
			t.Errorf("standing are %+v, %v", standing, err)
		}
		d.now = other.From.Add(time.Hour)
		rules.Now = d.now
		held, refusal := casefile.HoldReception(other, d.actor(super), rules)
		if refusal != nil {
			return refusal
		}
		return tx.Note(ctx, held)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter store.ReceptionFilter
		want   []string
	}{
		"all":              {store.ReceptionFilter{}, []string{"first", "other", "later", "new"}},
		"public":           {store.ReceptionFilter{Public: true}, []string{"other", "new"}},
		"published":        {store.ReceptionFilter{Published: true, Visible: []string{}}, []string{"first", "other", "new"}},
		"and the leader's": {store.ReceptionFilter{Published: true, Visible: []string{upper}}, []string{"first", "other", "later", "new"}},
		"of a leader":      {store.ReceptionFilter{Leader: deputy}, []string{"other"}},
		"of leaders":       {store.ReceptionFilter{Leaders: []string{deputy}}, []string{"other"}},
		"of none":          {store.ReceptionFilter{Leaders: []string{}}, []string{}},
		"of an office":     {store.ReceptionFilter{Office: "nowhere"}, []string{}},
		"from on":          {store.ReceptionFilter{From: later.From}, []string{"later", "new"}},
		"until":            {store.ReceptionFilter{Until: later.From}, []string{"first", "other"}},
	} {
		got := []string{}
		days, _, err := d.store.Receptions(ctx, test.filter)
		for _, day := range days {
			got = append(got, day.ID)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		paged := []string{}
		for test.filter.Limit = 1; ; {
			page, next, err := d.store.Receptions(ctx, test.filter)
			if err != nil {
				t.Fatal(err)
			}
			for _, day := range page {
				paged = append(paged, day.ID)
			}
			if test.filter.Cursor = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(test.want, paged); diff != "" {
			t.Errorf("%s, page by page (-want +got):\n%s", name, diff)
		}
	}
	if _, _, err := d.store.Receptions(ctx, store.ReceptionFilter{Cursor: "nonsense"}); !errors.Is(err, store.ErrCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}
	if _, err := d.store.Reception(ctx, "nothing"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no day: %v", err)
	}
	for _, sql := range []string{
		`DELETE FROM receptions`, `TRUNCATE receptions CASCADE`, `UPDATE receptions SET place = 'x'`, `UPDATE receptions SET from_at = from_at - interval '1 day' WHERE id = 'new'`,
		`UPDATE receptions SET ended_by = NULL, ended_at = NULL, end_command = NULL WHERE id = 'first'`, `UPDATE receptions SET reason = 'other' WHERE id = 'first'`,
		`UPDATE receptions SET published_at = now() WHERE id = 'new'`, `UPDATE receptions SET published_by = NULL, published_at = NULL WHERE id = 'new'`,
		`UPDATE receptions SET held_at = now() WHERE id = 'other'`,
	} {
		if _, err := d.store.Pool().Exec(ctx, sql); err == nil || !strings.Contains(err.Error(), "never deleted") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// However many enter at once, a leader is never in two places, and whatever the program
// does, the database takes none such.
func TestReceptionsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	results := make(chan error)
	for i := range 6 {
		go func() {
			_, err := d.schedule(fmt.Sprint("day-", i), func(s *casefile.Schedule) { s.From.Minute = i })
			results <- err
		}()
	}
	entered := 0
	for range 6 {
		var refusal *casefile.Error
		switch err := <-results; {
		case err == nil:
			entered++
		case !errors.As(err, &refusal) || refusal.Fields[0].Code != "two_places":
			t.Error(err)
		}
	}
	if entered != 1 {
		t.Errorf("%d were entered", entered)
	}
	_, err := d.store.Pool().Exec(t.Context(), `
		INSERT INTO receptions (id, office, leader, from_at, until_at, place, form, slots, entered_by, entered_at, request, fingerprint)
		SELECT 'twice', office, leader, from_at + interval '1 hour', until_at + interval '1 hour', place, form, slots, entered_by, entered_at, request, fingerprint FROM receptions`)
	if err == nil || !strings.Contains(err.Error(), "receptions_one_place") {
		t.Errorf("two places: %v", err)
	}
}

// Who comes is sealed, and goes with the appointment's end or when the visit is a case; a
// visit takes each appointment once, and the topic is not swept while it is needed.
func TestAppointments(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	day := d.scheduled("day", func(s *casefile.Schedule) {
		s.On, s.Slots = calendar.DateOf(d.now), 3
		s.From.Hour = 11
		s.Until.Hour = 17
	})
	rules := d.rules
	rules.Now = d.now
	book := func(id string) error {
		topic, err := d.store.WriteText(ctx, "", "topic of "+id, super)
		if err != nil {
			t.Fatal(err)
		}
		return d.store.InReceptions(context.Background(), func(tx *store.ReceptionsTx) error {
			taken, err := tx.Taken(context.Background(), day.ID)
			if err != nil {
				return err
			}
			a, refusal := casefile.BookAppointment(casefile.Appointment{ID: id, Topic: topic}, day, taken, d.actor(super), rules)
			if refusal != nil {
				return refusal
			}
			return tx.Book(context.Background(), a, store.Petitioner{Name: "张某", Phone: "13900000000"}, "fingerprint of "+id)
		})
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := book(id); err != nil {
			t.Fatal(err)
		}
	}
	var refusal *casefile.Error
	if err := book("d"); !errors.As(err, &refusal) || refusal.Code != "reception_full" {
		t.Errorf("one too many: %v", err)
	}
	var raw string
	if err := d.store.Pool().QueryRow(ctx, `SELECT string_agg(encode(sealed, 'escape'), ' ') FROM appointments`).Scan(&raw); err != nil || strings.Contains(raw, "1390000") {
		t.Errorf("not sealed: %q, %v", raw, err)
	}
	visitors, err := d.store.Visitors(ctx, "day")
	if err != nil || len(visitors) != 3 || visitors[0].Name != "张某" || visitors[0].Topic != "topic of a" || visitors[0].State != casefile.Booked {
		t.Fatalf("%+v, %v", visitors, err)
	}
	d.sql(`UPDATE documents SET created_at = created_at - interval '2 days'`)
	if err := d.store.Sweep(ctx, d.now); err != nil {
		t.Fatal(err)
	}
	if v, err := d.store.Visitor(ctx, "a"); err != nil || v.Topic != "topic of a" {
		t.Errorf("a topic was swept: %+v, %v", v, err)
	}
	if err := d.store.InReceptions(ctx, func(tx *store.ReceptionsTx) error {
		if _, err := tx.Booked(ctx, "a", "another"); !errors.Is(err, store.ErrOtherRequest) {
			t.Errorf("another request: %v", err)
		}
		if n, err := tx.Waiting(ctx, "day"); n != 3 || err != nil {
			t.Errorf("%d are open, %v", n, err)
		}
		c, err := tx.Appointment(ctx, "c")
		if err != nil {
			return err
		}
		c, refusal := casefile.EndAppointment(c, day, casefile.Cancelled, d.actor(super), rules)
		if refusal != nil {
			return refusal
		}
		return tx.EndAppointment(ctx, c)
	}); err != nil {
		t.Fatal(err)
	}
	if v, err := d.store.Visitor(ctx, "c"); err != nil || v.Name != "" || v.Topic != "" || v.State != casefile.Cancelled {
		t.Errorf("of a cancelled one is kept %+v, %v", v, err)
	}

	d.now = day.From.Add(time.Hour)
	d.rules.Reception = &day
	visit := d.registration()
	visit.Reception, visit.Appointment, visit.Registration.Channel, visit.Registration.ReceivedAt = "day", "a", "reception", d.now
	d.do("case", super, visit)
	if v, err := d.store.Visitor(ctx, "a"); err != nil || v.Name != "" || v.Topic != "" || v.Case != "case" || v.State != casefile.Came || v.DoneBy != super {
		t.Errorf("of one whose visit is a case is kept %+v, %v", v, err)
	}
	for _, appointment := range []string{"a", "c", "nothing"} {
		again := d.registration()
		again.Reception, again.Appointment, again.Registration.Channel, again.Registration.ReceivedAt = "day", appointment, "reception", d.now
		if err := d.try("again "+appointment, super, again); !errors.Is(err, store.ErrAppointment) {
			t.Errorf("a second case of %s: %v", appointment, err)
		}
	}
	if p, err := d.store.Progress(ctx, d.actor(super), "day"); err != nil || p != (store.Progress{Visits: 1, Open: 1, Booked: 1, Taken: 2}) {
		t.Errorf("progress %+v, %v", p, err)
	}
	page, err := d.store.Cases(ctx, d.actor(super), store.Filter{Reception: "day", Sort: "due", Limit: 10}, d.now)
	if err != nil || page.Total != 1 || page.Rows[0].Case.ID != "case" {
		t.Errorf("the day's cases: %+v, %v", page, err)
	}
	if _, differences, err := d.store.Audit(ctx, "case"); err != nil || len(differences) > 0 {
		t.Errorf("audit: %v, %v", differences, err)
	}
	d.sql(`UPDATE cases SET receptions = '{}' WHERE id = 'case'`)
	if _, differences, _ := d.store.Audit(ctx, "case"); len(differences) != 1 || !strings.Contains(differences[0], "receptions") {
		t.Errorf("a lost reception day: %v", differences)
	}
}

// Nobody's name, telephone or reason to come stays because nobody said what became of the
// appointment: two weeks after the day they go by themselves, and nothing else does.
func TestVisitorsAreNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	day := d.scheduled("day", nil)
	later := d.scheduled("later", func(s *casefile.Schedule) { s.On = s.On.AddDays(1) })
	rules := d.rules
	rules.Now = d.now
	book := func(id string, day casefile.Reception) {
		t.Helper()
		topic, err := d.store.WriteText(ctx, "", "topic of "+id, super)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.store.InReceptions(ctx, func(tx *store.ReceptionsTx) error {
			a, refusal := casefile.BookAppointment(casefile.Appointment{ID: id, Topic: topic}, day, 0, d.actor(super), rules)
			if refusal != nil {
				return refusal
			}
			return tx.Book(ctx, a, store.Petitioner{Name: "张某", Phone: "13900000000"}, "x")
		}); err != nil {
			t.Fatal(err)
		}
	}
	book("unmarked", day)
	book("came", day)
	book("next day", later)
	end := func(id string, to casefile.AppointmentState, at time.Time) error {
		return d.store.InReceptions(ctx, func(tx *store.ReceptionsTx) error {
			a, err := tx.Appointment(ctx, id)
			if err != nil {
				return err
			}
			rules.Now = at
			a, refusal := casefile.EndAppointment(a, day, to, d.actor(super), rules)
			if refusal != nil {
				return refusal
			}
			return tx.EndAppointment(ctx, a)
		})
	}
	if err := end("came", casefile.Came, day.From); err != nil {
		t.Fatal(err)
	}
	d.sql(`UPDATE documents SET created_at = created_at - interval '2 days'`)
	kept := func(when string, now time.Time, want ...string) {
		t.Helper()
		if err := d.store.Sweep(ctx, now); err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, id := range []string{"came", "next day", "unmarked"} {
			v, err := d.store.Visitor(ctx, id)
			if err != nil || (v.Name == "") != (v.Topic == "") || (v.Name == "") != (v.Phone == "") {
				t.Fatalf("%s: %+v, %v", when, v, err)
			}
			if v.Name != "" {
				got = append(got, id)
			}
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("%s these are kept (-want +got):\n%s", when, diff)
		}
	}
	gone := day.Until.AddDate(0, 0, casefile.DaysVisitorsAreKept)
	kept("to the last moment", gone, "came", "next day", "unmarked")
	kept("after two weeks", gone.Add(time.Second), "next day")
	kept("a day later", gone.AddDate(0, 0, 1).Add(time.Second))
	var n int
	if err := d.store.Pool().QueryRow(ctx, `SELECT count(*) FROM documents WHERE body LIKE 'topic of %'`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d topics are left, %v", n, err)
	}
	// What nobody has said can still be said; nobody's name comes back by it.
	if p, err := d.store.Progress(ctx, d.actor(super), "day"); err != nil || p.Booked != 1 || p.Came != 1 {
		t.Errorf("progress %+v, %v", p, err)
	}
	for id, to := range map[string]casefile.AppointmentState{"unmarked": casefile.Came, "next day": casefile.Absent} {
		if err := end(id, to, gone.AddDate(0, 1, 0)); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if v, err := d.store.Visitor(ctx, "unmarked"); err != nil || v.State != casefile.Came || v.Name != "" {
		t.Errorf("%+v, %v", v, err)
	}
}
