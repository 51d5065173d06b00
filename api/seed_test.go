package api_test

import (
	"fmt"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/store"
)

// as is an official of the fixture as an actor.
func as(id string) casefile.Actor {
	for _, o := range officials {
		if o.ID == id {
			return casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
		}
	}
	panic("there is no official " + id)
}

// given is a command at a time.
type given struct {
	at  time.Time
	cmd casefile.Command
}

// seed writes a case as commands lead to it, without the engine. The case's id is
// its title, for the tests to read.
func (w *world) seed(title string, commands ...given) casefile.Case {
	w.t.Helper()
	ctx := w.t.Context()
	rules := w.rules()
	c := casefile.Case{ID: title}
	for i, g := range commands {
		cmd := g.cmd
		cmd.ID = fmt.Sprintf("%s-%d", title, i)
		err := w.store.InCase(ctx, c.ID, func(tx *store.CaseTx) error {
			_, _, err := tx.EventsAfter(ctx, c.Seq, cmd.ID)
			if err != nil {
				return err
			}
			if cmd.Registration != nil {
				r := *cmd.Registration
				number, err := tx.Number(ctx, casefile.RegisteringOffice(cmd, rules.Directory), calendar.DateOf(g.at).Year)
				if err != nil {
					return err
				}
				r.Number, cmd.Registration = number, &r
				if r.Reachable {
					if r.Petitioner, err = w.store.WritePetitioner(ctx, store.Petitioner{Name: "贺某某", Phone: "13900000002"}); err != nil {
						return err
					}
				}
				if cmd.Text, err = w.store.WriteText(ctx, title, "信访内容", cmd.Actor.ID); err != nil {
					return err
				}
			}
			if cmd.Registration == nil && cmd.Text != (casefile.Document{}) {
				if cmd.Text, err = w.store.WriteText(ctx, "", title, cmd.Actor.ID); err != nil {
					return err
				}
			}
			if cmd.Kind == casefile.Sign {
				cmd.Hash = c.Opinion.Hash()
			}
			out, err := casefile.Decide(c, cmd, rules, g.at)
			if err != nil {
				return err
			}
			c = casefile.Fold(c, out.Events)
			return tx.Append(ctx, c, out, "")
		})
		if err != nil {
			w.t.Fatalf("seed %s, %s: %v", title, cmd.Kind, err)
		}
	}
	return c
}

// opening registers a case at a time; change may alter the registration.
func opening(at time.Time, by string, change func(*casefile.Registration)) given {
	r := &casefile.Registration{
		Origin: "petition", Channel: "visit", Purpose: "appeal", Category: "agriculture", Headcount: 1, ReceivedAt: at, Unit: "a-nc", Reachable: true,
	}
	if change != nil {
		change(r)
	}
	return given{at, casefile.Command{Kind: casefile.Register, Actor: as(by), Registration: r}}
}

func then(at time.Time, by string, kind casefile.Kind, change func(*casefile.Command)) given {
	cmd := casefile.Command{Kind: kind, Actor: as(by)}
	if change != nil {
		change(&cmd)
	}
	return given{at, cmd}
}

// page reads a list whole, page by page, and checks that total never changes.
func (w *world) list(official, query string, limit int) (ids []string) {
	w.t.Helper()
	cursor, total := "", -1.0
	for {
		a := w.do(official, "GET", fmt.Sprintf("/api/v1/cases?limit=%d&%s&cursor=%s", limit, query, cursor), nil).want(w.t, 200, "")
		if n := a.get("total").(float64); total < 0 {
			total = n
		} else if n != total {
			w.t.Fatalf("total went from %v to %v between pages", total, n)
		}
		for _, c := range a.get("cases").([]any) {
			ids = append(ids, c.(m)["id"].(string))
		}
		if a.get("next_cursor") == nil {
			break
		}
		cursor = a.str("next_cursor")
	}
	if int(total) != len(ids) {
		w.t.Fatalf("total %v, but %d cases in the pages", total, len(ids))
	}
	return ids
}
