package api

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/policy"
	"shuangze/store"
)

var errNoFeed = refuse(http.StatusNotFound, "feed_not_found", "没有这个日历订阅", "there is no such feed")

// postFeed makes the secret address of the caller's calendar feed and shows it this
// once. The one before ends. The feed is in the language of this request.
func (a *api) postFeed(w http.ResponseWriter, r *http.Request) error {
	l := notify.Chinese
	if languageOf(r) == english {
		l = notify.English
	}
	secret, err := a.Store.NewFeed(r.Context(), officialOf(r).ID, string(l), a.Clock.Now())
	if err != nil {
		return err
	}
	site := strings.TrimSuffix(a.PublicURL, "/")
	if site == "" {
		site = "http://" + r.Host
		if r.TLS != nil {
			site = "https://" + r.Host
		}
	}
	return writeJSON(w, r, http.StatusCreated, map[string]string{"address": site + "/api/v1/feeds/" + secret + ".ics"})
}

func (a *api) deleteFeed(w http.ResponseWriter, r *http.Request) error {
	if err := a.Store.EndFeed(r.Context(), officialOf(r).ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getFeed shows the deadlines of whose secret it is to a calendar program, which knows
// no tokens.
func (a *api) getFeed(w http.ResponseWriter, r *http.Request) error {
	official, language, err := a.Store.FeedOf(r.Context(), chi.URLParam(r, "secret"))
	if errors.Is(err, store.ErrNotFound) {
		if limited := a.reject(w, r); errors.Is(limited, errTooMany) {
			return limited
		}
		return errNoFeed
	}
	if err != nil {
		return err
	}
	rules, err := a.rules(r.Context())
	if err != nil {
		return err
	}
	o, ok := rules.Directory.Officials[official]
	if !ok {
		return errNoFeed
	}
	entries, err := a.entries(r, rules, o)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	_, _ = w.Write(notify.Feed(notify.Language(language), entries)) // a caller that has gone is no error of ours
	return nil
}

// entries are the deadlines of an official: of the clocks that the official or the own
// unit or office bears, and of the cases carried.
func (a *api) entries(r *http.Request, rules casefile.Rules, o casefile.Official) ([]notify.Entry, error) {
	const most = 500
	now, by := a.Clock.Now(), casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
	duties, _, _, err := a.Store.Duties(r.Context(), by, now, most)
	if err != nil {
		return nil, err
	}
	entries := map[string]notify.Entry{}
	add := func(c casefile.Case, k casefile.Clock) {
		rule, _ := rules.Policy.Clock(k.Rule)
		category, _ := rules.Policy.Category(c.Category)
		e := notify.Entry{
			Case: c.ID, Clock: k.ID, Seq: c.Seq, Changed: c.LastAt, Number: c.Number, About: category.Name, Unit: rules.Directory.Units[c.Unit].Name,
			Name: rule.Name, Due: k.Due.Internal, At: k.Due.At, Lamp: k.Lamp(now),
		}
		if a.PublicURL != "" {
			e.Link = strings.TrimSuffix(a.PublicURL, "/") + "/cases/" + c.ID
		}
		entries[c.ID+"/"+k.ID] = e
	}
	for _, d := range duties {
		if k, ok := d.Case.Clock(d.Clock); ok {
			add(d.Case, k)
		}
	}
	if o.Role == casefile.Leader {
		page, err := a.Store.Cases(r.Context(), by, store.Filter{Leader: o.ID, Sort: store.Sorts[0], Limit: maxPage}, now)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			for _, k := range row.Case.Clocks {
				if k.Ticking() && k.Whose != "leader" { // the other leader's own are not this one's
					add(row.Case, k)
				}
			}
		}
	}
	list := make([]notify.Entry, 0, len(entries))
	for _, e := range entries {
		list = append(list, e)
	}
	days, err := a.receptionEntries(r, rules, o, now)
	if err != nil {
		return nil, err
	}
	list = append(list, days...)
	slices.SortFunc(list, func(x, y notify.Entry) int {
		return cmp.Or(x.Due.Compare(y.Due), x.At.Compare(y.At), strings.Compare(x.Case, y.Case), strings.Compare(x.Clock, y.Clock))
	})
	return list, nil
}

// receptionEntries are the days on which a leader receives that stand, from a month ago
// on.
func (a *api) receptionEntries(r *http.Request, rules casefile.Rules, o casefile.Official, now time.Time) ([]notify.Entry, error) {
	days, _, err := a.Store.Receptions(r.Context(), store.ReceptionFilter{Leader: o.ID, From: now.AddDate(0, -1, 0)})
	if err != nil {
		return nil, err
	}
	var entries []notify.Entry
	for _, day := range days {
		if !day.Stands() {
			continue
		}
		e := notify.Entry{
			Case: "reception", Clock: day.ID, Changed: day.EnteredAt, Name: policy.Text{Chinese: "领导接待日", English: "Reception day"},
			About: formName(day.Form, rules.Policy), Unit: rules.Directory.Units[day.Office].Name, Place: day.Place, Due: day.On(), From: day.From, Until: day.Until,
		}
		if a.PublicURL != "" {
			e.Link = strings.TrimSuffix(a.PublicURL, "/") + "/receptions/" + day.ID
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// getDeliveries shows how far each notice of a case has come, to those who answer for
// people being told.
func (a *api) getDeliveries(w http.ResponseWriter, r *http.Request) error {
	v, row, err := a.seen(r)
	if err != nil {
		return err
	}
	if v.by.Role != casefile.Supervisor && v.by.Role != casefile.Auditor {
		return &casefile.Error{
			Reason: casefile.Forbidden, Code: "not_permitted", Chinese: "只有督办员和审计员可以查看送达情况", English: "only a supervisor or an auditor sees who was told",
			Rule: "《信访工作条例》第四十条：信访部门督办",
		}
	}
	list, err := a.Store.Deliveries(r.Context(), row.Case.ID)
	if err != nil {
		return err
	}
	type delivery struct {
		Seq       int64               `json:"seq"`
		Kind      string              `json:"kind"`
		Step      *string             `json:"step"`
		At        time.Time           `json:"at"`
		Official  *string             `json:"official"`
		Channel   string              `json:"channel"`
		Recipient *string             `json:"recipient"`
		For       *string             `json:"for"`
		PlannedAt time.Time           `json:"planned_at"`
		State     store.DeliveryState `json:"state"`
		Reason    *string             `json:"reason"`
		DoneAt    *time.Time          `json:"done_at"`
		Message   *string             `json:"message"`
		Attempts  int                 `json:"attempts"`
		NextAt    *time.Time          `json:"next_at"`
		Error     *string             `json:"error"`
	}
	deliveries := make([]delivery, len(list))
	for i, d := range list {
		deliveries[i] = delivery{
			d.Seq, d.Kind, text(d.Step), d.At.UTC(), text(d.Official), d.Channel, text(d.Recipient), text(d.For), d.PlannedAt.UTC(), d.State, text(d.Reason),
			utc(d.DoneAt), text(d.Message), d.Attempts, utc(d.NextAt), text(d.Error),
		}
	}
	return writeJSON(w, r, http.StatusOK, map[string]any{"deliveries": deliveries})
}
