package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuangze/calendar"
	"shuangze/casefile"
)

// reception is the body of a day that a clerk of the county can enter.
func reception(changes ...m) m {
	body := m{"leader": "a-vice", "on": "2026-09-15", "from": "09:00", "until": "11:30", "place": "甲县信访局接待室", "form": "fixed"}
	for _, change := range changes {
		for name, v := range change {
			if v == nil {
				delete(body, name)
			} else {
				body[name] = v
			}
		}
	}
	return body
}

// receive enters a day and returns its id.
func (w *world) receive(who string, changes ...m) string {
	w.t.Helper()
	days := w.do(who, "POST", "/api/v1/receptions", reception(changes...)).want(w.t, 201, "").get("receptions").([]any)
	return days[0].(m)["id"].(string)
}

// days lists the values of a field of a list of reception days.
func (a answer) days(field string) []string {
	list := []string{}
	days, _ := a.get("receptions").([]any)
	for _, day := range days {
		s, _ := day.(m)[field].(string)
		list = append(list, s)
	}
	return list
}

// on is an instant of a day of September 2026.
func on(day, hour int) time.Time {
	return calendar.Date{Year: 2026, Month: time.September, Day: day}.At(hour, 0)
}

func wanted(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// RECV-PUB: reception days are entered by the petition office of the area, singly or as a
// series, once for each request, and are public when they are published; the public sees
// name, post, portfolio, time, place and form, and nothing else.
func TestReceptions(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	const address, public = "/api/v1/receptions", "/api/v1/public/receptions"
	w.do("", "POST", address, reception()).want(t, 401, "unauthenticated")
	for _, who := range []string{"a-vice", "a-inspector", "b-registrar", "auditor", "admin", "a-nc-officer"} {
		w.do(who, "POST", address, reception()).want(t, 403, "reception_not_permitted")
	}
	for name, test := range map[string]struct {
		body m
		want []string
	}{
		"nothing":      {m{}, []string{"form:required", "from:required", "leader:required", "on:required", "place:required", "until:required"}},
		"wrong fields": {reception(m{"on": "soon", "from": "nine", "days": 3}), []string{"days:unknown_field", "from:not_a_time", "on:not_a_date"}},
		"wrong series": {reception(m{"on": nil, "series": m{"every": "year", "size": 2}}), []string{
			"series.day:out_of_range", "series.every:not_in_list", "series.first:required", "series.last:required", "series.size:unknown_field",
		}},
	} {
		wanted(t, name, test.want, w.do("a-registrar", "POST", address, test.body).want(t, 422, "invalid_fields").fields())
	}

	series := reception(m{"on": nil, "series": m{"every": "month", "day": 15, "first": "2026-09-01", "last": "2026-12-31"}, "slots": 3})
	entered := w.do("a-registrar", "POST", address, series, "Idempotency-Key", "series").want(t, 201, "")
	wanted(t, "days", []string{"2026-09-15", "2026-10-15", "2026-11-16", "2026-12-15"}, entered.days("on"))
	again := w.do("a-registrar", "POST", address, series, "Idempotency-Key", "series").want(t, 201, "")
	if again.header.Get("Idempotent-Replay") != "true" || cmp.Diff(entered.json, again.json) != "" {
		t.Errorf("the same again is answered %s", again.body)
	}
	w.do("a-registrar", "POST", address, reception(), "Idempotency-Key", "series").want(t, 422, "idempotency_key_reused")
	wanted(t, "twice", []string{"leader:two_places"}, w.do("a-supervisor", "POST", address, reception()).want(t, 422, "invalid_fields").fields())

	// Not public yet: only those who oversee the leader know of it.
	id := entered.days("id")[0]
	for who, status := range map[string]int{
		"a-registrar": 200, "a-supervisor": 200, "p-supervisor": 200, "a-inspector": 200, "a-vice": 200, "a-leader": 200, "p-leader": 200, "auditor": 200,
		"b-registrar": 404, "b-leader": 404, "a-nc-officer": 404, "a-nc-head": 404, "admin": 404,
	} {
		if got := w.do(who, "GET", address+"/"+id, nil); got.status != status {
			t.Errorf("%s gets %d", who, got.status)
		}
		if n := len(w.do(who, "GET", address, nil).want(t, 200, "").days("id")); (n == 4) != (status == 200) || n != 0 && n != 4 {
			t.Errorf("%s is shown %d days", who, n)
		}
	}
	wanted(t, "public", []string{}, w.do("", "GET", public, nil).want(t, 200, "").days("on"))
	w.do("a-vice", "POST", address+"/"+id+"/publish", nil).want(t, 403, "reception_not_permitted")
	w.do("b-registrar", "POST", address+"/"+id+"/publish", nil).want(t, 404, "reception_not_found")
	w.do("a-registrar", "POST", address+"/nothing/publish", nil).want(t, 404, "reception_not_found")
	w.do("a-registrar", "POST", address+"/"+id+"/publish", m{"on": 1}).want(t, 422, "invalid_fields")
	published := w.do("a-registrar", "POST", address+"/"+id+"/publish", nil).want(t, 200, "")
	if published.str("publication") != "in_time" || published.str("published_by") != "a-registrar" {
		t.Errorf("published as %s", published.body)
	}
	if again := w.do("a-supervisor", "POST", address+"/"+id+"/publish", m{}).want(t, 200, ""); cmp.Diff(published.json, again.json) != "" {
		t.Errorf("published again as %s", again.body)
	}
	late := w.at(on(30, 10).AddDate(0, 0, 16)).do("a-supervisor", "POST", address+"/"+entered.days("id")[1]+"/publish", m{}).want(t, 200, "")
	if late.str("publication") != "late" {
		t.Errorf("after the day it is published %s", late.str("publication"))
	}

	shown := w.do("", "GET", public, nil, "Accept-Language", "en").want(t, 200, "")
	wanted(t, "the public is shown", []any{m{
		"name": "马己", "post": "甲县副县长", "portfolio": "农业、自然资源", "on": "2026-09-15", "from": "2026-09-15T01:00:00Z", "until": "2026-09-15T03:30:00Z",
		"place": "甲县信访局接待室", "form": "at a fixed place",
	}, m{
		"name": "马己", "post": "甲县副县长", "portfolio": "农业、自然资源", "on": "2026-10-15", "from": "2026-10-15T01:00:00Z", "until": "2026-10-15T03:30:00Z",
		"place": "甲县信访局接待室", "form": "at a fixed place",
	}}, shown.get("receptions"))
	first := w.do("", "GET", public+"?limit=1", nil).want(t, 200, "")
	second := w.do("", "GET", public+"?limit=1&cursor="+first.str("next_cursor"), nil).want(t, 200, "")
	wanted(t, "page by page", []string{"2026-09-15", "2026-10-15"}, append(first.days("on"), second.days("on")...))
	if second.get("next_cursor") != nil {
		t.Errorf("a third page: %s", second.body)
	}
	for query, want := range map[string][]string{
		"?office=a-xf": {"2026-09-15", "2026-10-15"}, "?office=b-xf": {}, "?from=2026-09-16": {"2026-10-15"}, "?until=2026-09-15": {"2026-09-15"},
		"?from=2026-10-15&until=2026-10-15": {"2026-10-15"},
	} {
		wanted(t, query, want, w.do("", "GET", public+query, nil).want(t, 200, "").days("on"))
	}
	for query, want := range map[string]string{
		"?office=x": "office:unknown_unit", "?from=soon": "from:not_a_date", "?from=2026-09-02&until=2026-09-01": "until:not_after_from",
		"?from=2026-09-01&until=2027-09-02": "until:out_of_range", "?leader=a-vice": "leader:unknown_field", "?cursor=x": "cursor:not_a_cursor",
	} {
		wanted(t, query, []string{want}, w.do("", "GET", public+query, nil).want(t, 422, "invalid_fields").fields())
	}
}

// What is shown of a leader is what they are until the day, and stays what they were on it.
func TestReceptionAsOnTheDay(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	w.receive("a-registrar", m{"publish": true})
	become := func(post string) {
		t.Helper()
		if _, err := w.store.SaveOfficials(t.Context(), []casefile.Official{
			{ID: "a-vice", Name: "马己", Post: post, Level: "county", Unit: "a", Role: casefile.Leader, Portfolio: "农业"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	posts := func() []string {
		return w.do("", "GET", "/api/v1/public/receptions", nil).want(t, 200, "").days("post")
	}
	become("甲县常务副县长")
	wanted(t, "before the day", []string{"甲县常务副县长"}, posts())
	if err := w.store.FixReceptions(t.Context(), calendar.DateOf(on(14, 23))); err != nil {
		t.Fatal(err)
	}
	become("甲县县长")
	wanted(t, "still before it", []string{"甲县县长"}, posts())
	if err := w.store.FixReceptions(t.Context(), calendar.DateOf(on(15, 0))); err != nil {
		t.Fatal(err)
	}
	become("甲县县委书记")
	wanted(t, "after it", []string{"甲县县长"}, posts())
}

// RECV-NOTIFY: a swap leaves both days on record, with who, why and when; the public
// sees the new ones, and appointments go along.
func TestReceptionSwap(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	address := func(id string) string { return "/api/v1/receptions/" + id }
	id := w.receive("a-registrar", m{"publish": true})
	other := w.receive("a-registrar", m{"publish": true, "leader": "a-leader", "on": "2026-09-22", "form": "invited"})
	foreign := w.receive("b-registrar", m{"leader": "b-leader"})
	w.do("a-registrar", "POST", address(id)+"/appointments", m{"name": "张某", "topic": "补贴"}).want(t, 201, "")

	w.do("a-leader", "POST", address(id)+"/swap", m{"reason": "duty", "on": "2026-09-17"}).want(t, 403, "reception_not_permitted")
	for name, test := range map[string]struct {
		body m
		want []string
	}{
		"nothing":       {m{}, []string{"leader:required", "reason:required"}},
		"wrong":         {m{"reason": "duty", "on": "soon", "with": "nothing"}, []string{"on:not_a_date", "with:unknown_reception"}},
		"another's day": {m{"reason": "duty", "with": foreign}, []string{"with:unknown_reception"}},
		"two places":    {m{"reason": "duty", "leader": "a-leader", "on": "2026-09-22"}, []string{"leader:two_places"}},
		"handed down":   {m{"reason": "duty", "leader": "a-nc-head"}, []string{"leader:wrong_level"}},
	} {
		wanted(t, name, test.want, w.do("a-vice", "POST", address(id)+"/swap", test.body).want(t, 422, "invalid_fields").fields())
	}
	swapped := w.do("a-vice", "POST", address(id)+"/swap", m{"reason": "business_trip", "with": other}, "Idempotency-Key", "swap").want(t, 200, "")
	wanted(t, "leaders", []string{"a-leader", "a-vice"}, swapped.days("leader"))
	wanted(t, "days", []string{"2026-09-15", "2026-09-22"}, swapped.days("on"))
	wanted(t, "in place of", []string{id, other}, swapped.days("instead"))
	wanted(t, "forms", []string{"fixed", "invited"}, swapped.days("form"))
	again := w.do("a-vice", "POST", address(id)+"/swap", m{"reason": "business_trip", "with": other}, "Idempotency-Key", "swap").want(t, 200, "")
	if again.header.Get("Idempotent-Replay") != "true" || cmp.Diff(swapped.json, again.json) != "" {
		t.Errorf("the same again is answered %s", again.body)
	}
	w.do("a-vice", "POST", address(id)+"/swap", m{"reason": "duty", "on": "2026-09-17"}).want(t, 409, "reception_ended")
	old := w.do("a-registrar", "GET", address(id), nil).want(t, 200, "")
	if old.str("state") != "swapped" || old.str("ended_by") != "a-vice" || old.str("reason") != "business_trip" || old.get("short_notice") != false || old.str("ended_at") == "" {
		t.Errorf("on record is %s", old.body)
	}
	if reason := w.do("b-registrar", "GET", address(id), nil).want(t, 200, "").get("reason"); reason != nil {
		t.Errorf("why a leader can't come is told to everybody: %v", reason)
	}
	wanted(t, "public", []string{"施癸 2026-09-15", "马己 2026-09-22"}, func() (list []string) {
		days := w.do("", "GET", "/api/v1/public/receptions", nil).want(t, 200, "")
		for i, name := range days.days("name") {
			list = append(list, name+" "+days.days("on")[i])
		}
		return list
	}())
	moved := w.do("a-leader", "GET", address(swapped.days("id")[0])+"/appointments", nil).want(t, 200, "").get("appointments").([]any)
	if len(moved) != 1 || moved[0].(m)["name"] != "张某" {
		t.Errorf("the appointments are %v", moved)
	}

	// Too late, and recorded as that.
	next := swapped.days("id")[1]
	short := w.at(on(18, 10)).do("a-registrar", "POST", address(next)+"/swap", m{"reason": "illness", "on": "2026-09-29", "from": "14:00", "until": "16:00", "place": "甲县二楼"}).want(t, 200, "")
	wanted(t, "from", []string{"2026-09-29T06:00:00Z"}, short.days("from"))
	if w.do("a-registrar", "GET", address(next), nil).get("short_notice") != true {
		t.Error("a short notice is not recorded")
	}
	// Cancelled, not gone.
	last := short.days("id")[0]
	w.do("a-vice", "POST", address(last)+"/cancel", m{}).want(t, 422, "invalid_fields")
	cancelled := w.do("a-vice", "POST", address(last)+"/cancel", m{"reason": "emergency"}, "Idempotency-Key", "x").want(t, 200, "")
	if cancelled.str("state") != "cancelled" || cancelled.str("ended_by") != "a-vice" {
		t.Errorf("cancelled as %s", cancelled.body)
	}
	if again := w.do("a-vice", "POST", address(last)+"/cancel", m{"reason": "emergency"}, "Idempotency-Key", "x").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Errorf("again: %s", again.body)
	}
	w.do("a-vice", "POST", address(last)+"/cancel", m{"reason": "emergency"}).want(t, 409, "reception_ended")
	w.do("a-registrar", "POST", address(last)+"/hold", nil).want(t, 409, "reception_ended")
}

// A leader's calendar feed has the own reception days that stand, with their hours.
func TestReceptionInTheFeed(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	gone := w.receive("a-registrar")
	w.receive("a-registrar", m{"on": "2026-09-16"})
	w.receive("a-registrar", m{"on": "2026-09-17", "leader": "a-leader"})
	w.do("a-vice", "POST", "/api/v1/receptions/"+gone+"/cancel", m{"reason": "duty"}).want(t, 200, "")
	_, path, _ := strings.Cut(w.do("a-vice", "POST", "/api/v1/me/feed", nil).want(t, 201, "").str("address"), "/api/")
	feed := string(w.do("", "GET", "/api/"+path, nil).body)
	if strings.Count(feed, "BEGIN:VEVENT") != 1 || !strings.Contains(feed, "DTSTART:20260916T010000Z") || !strings.Contains(feed, "SUMMARY:领导接待日") {
		t.Errorf("the feed is\n%s", feed)
	}
}

// RECV-FREQ: who receives often enough, by leader and period.
func TestReceptionDuties(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	held, missed := w.receive("a-registrar"), w.receive("a-registrar", m{"leader": "a-leader", "on": "2026-09-16"})
	w.receive("p-registrar", m{"leader": "p-vice", "on": "2026-09-24"})
	w.do("a-registrar", "POST", "/api/v1/receptions/"+held+"/hold", nil).want(t, 409, "reception_not_begun")
	later := w.at(on(20, 10))
	later.do("a-vice", "POST", "/api/v1/receptions/"+held+"/hold", nil).want(t, 403, "reception_not_permitted")
	if late := later.do("a-registrar", "POST", "/api/v1/receptions/"+held+"/hold", nil).want(t, 200, ""); late.str("state") != "held" || late.get("held_late") != true {
		t.Errorf("a day that was held, recorded five days later: %s", late.body)
	}
	if state := later.do("a-registrar", "GET", "/api/v1/receptions/"+missed, nil).want(t, 200, "").str("state"); state != "missed" {
		t.Errorf("a day that nobody held is %s", state)
	}
	duties := func(w *world, who, query string) []string {
		t.Helper()
		list := []string{}
		for _, u := range w.do(who, "GET", "/api/v1/receptions/duties"+query, nil).want(t, 200, "").get("duties").([]any) {
			d := u.(m)
			line := []string{d["leader"].(string), d["until"].(string)}
			for _, n := range []string{"due", "planned", "held", "missed"} {
				line = append(line, string('0'+rune(d[n].(float64))))
			}
			list = append(list, strings.Join(append(line, d["lamp"].(string)), " "))
		}
		return list
	}
	vice, leader, prefecture := "a-vice 2026-09-30 1 1 1 0 green", "a-leader 2026-09-30 1 1 0 1 yellow", "p-vice 2026-09-30 1 1 0 0 green"
	b, convener := "b-leader 2026-09-30 1 0 0 0 yellow", "p-leader 2026-09-30 1 0 0 0 yellow"
	for who, want := range map[string][]string{
		"auditor": {convener, prefecture, leader, vice, b}, "p-inspector": {convener, prefecture, leader, vice, b}, "a-registrar": {leader, vice},
		"a-vice": {leader, vice}, "b-registrar": {b}, "a-nc-head": {}, "a-nc-officer": {}, "admin": {},
	} {
		got := duties(later, who, "")
		slices.Sort(got)
		slices.Sort(want)
		wanted(t, who, want, got)
	}
	wanted(t, "of one", []string{vice}, duties(later, "auditor", "?leader=a-vice"))
	wanted(t, "of a unit", []string{leader, vice}, duties(later, "auditor", "?unit=a"))
	wanted(t, "when the month is over", []string{"a-leader 2026-09-30 1 1 0 1 red"}, duties(w.at(on(30, 10).AddDate(0, 0, 1)), "a-leader", "?leader=a-leader&from=2026-09-30"))
	for query, want := range map[string]string{
		"?from=2026-09-02&until=2026-09-01": "until:not_after_from", "?until=2027-09-21": "until:out_of_range", "?unit=x": "unit:unknown_unit", "?on=2026-09-01": "on:unknown_field",
	} {
		wanted(t, query, []string{want}, later.do("auditor", "GET", "/api/v1/receptions/duties"+query, nil).want(t, 422, "invalid_fields").fields())
	}
}

// Appointments: name, contact and topic, seen by the office's staff and the receiving
// leader alone, limited, and not kept when they are not needed any more.
func TestAppointments(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	id := w.receive("a-registrar", m{"publish": true, "slots": 2})
	address := "/api/v1/receptions/" + id + "/appointments"
	body := m{"name": "张某", "phone": "13900000000", "topic": "养老保险补缴"}
	for _, who := range []string{"a-vice", "p-registrar", "b-registrar", "a-inspector", "auditor", "admin", "a-nc-officer"} {
		w.do(who, "POST", address, body).want(t, 403, "appointment_not_permitted")
	}
	wanted(t, "nothing", []string{"name:required", "topic:required"}, w.do("a-registrar", "POST", address, m{}).want(t, 422, "invalid_fields").fields())
	wanted(t, "no number", []string{"phone:not_a_phone"}, w.do("a-registrar", "POST", address, m{"name": "张某", "topic": "x", "phone": "没有"}).want(t, 422, "invalid_fields").fields())
	wanted(t, "too much", []string{"identity:unknown_field", "photo:unknown_field"},
		w.do("a-registrar", "POST", address, m{"name": "张某", "topic": "x", "identity": "1", "photo": "y"}).want(t, 422, "invalid_fields").fields())
	first := w.do("a-registrar", "POST", address, body, "Idempotency-Key", "first").want(t, 201, "")
	again := w.do("a-registrar", "POST", address, body, "Idempotency-Key", "first").want(t, 201, "")
	if again.header.Get("Idempotent-Replay") != "true" || cmp.Diff(first.json, again.json) != "" {
		t.Errorf("the same again is answered %s", again.body)
	}
	w.do("a-registrar", "POST", address, m{"name": "李某", "topic": "x"}, "Idempotency-Key", "first").want(t, 422, "idempotency_key_reused")
	second := w.do("a-supervisor", "POST", address, m{"name": "李某", "address": "甲县", "topic": "征地"}).want(t, 201, "")
	w.do("a-registrar", "POST", address, m{"name": "王某", "topic": "x"}).want(t, 409, "reception_full")

	for who, code := range map[string]string{
		"a-registrar": "", "a-supervisor": "", "a-vice": "",
		"a-leader": "appointment_not_permitted", "p-supervisor": "appointment_not_permitted", "p-leader": "appointment_not_permitted", "a-inspector": "appointment_not_permitted",
		"auditor": "appointment_not_permitted", "admin": "appointment_not_permitted", "b-registrar": "appointment_not_permitted", "a-nc-officer": "appointment_not_permitted",
	} {
		got := w.do(who, "GET", address, nil)
		if got.str("code") != code || code == "" && got.get("appointments").([]any)[0].(m)["phone"] != "13900000000" {
			t.Errorf("%s is answered %s", who, got.body)
		}
	}

	end := func(w *world, who string, a answer, state string) answer {
		return w.do(who, "POST", address+"/"+a.str("id")+"/end", m{"state": state})
	}
	end(w, "a-vice", first, "cancelled").want(t, 403, "appointment_not_permitted")
	end(w, "b-registrar", first, "cancelled").want(t, 403, "appointment_not_permitted")
	end(w, "a-registrar", first, "came").want(t, 409, "reception_not_begun")
	wanted(t, "to what", []string{"state:not_in_list"}, end(w, "a-registrar", first, "booked").want(t, 422, "invalid_fields").fields())
	wanted(t, "to nothing", []string{"state:required"}, end(w, "a-registrar", first, "").want(t, 422, "invalid_fields").fields())
	w.do("a-registrar", "POST", address+"/nothing/end", m{"state": "came"}).want(t, 404, "appointment_not_found")
	w.do("a-registrar", "POST", "/api/v1/receptions/"+id+"/cancel", m{"reason": "illness"}).want(t, 409, "appointments_open")
	cancelled := end(w, "a-registrar", second, "cancelled").want(t, 200, "")
	if cancelled.str("state") != "cancelled" || cancelled.get("name") != nil || cancelled.get("address") != nil || cancelled.get("topic") != nil || cancelled.str("done_by") != "a-registrar" {
		t.Errorf("of who does not come is kept %s", cancelled.body)
	}
	third := w.do("a-registrar", "POST", address, m{"name": "王某", "topic": "x"}).want(t, 201, "") // in the place of the cancelled one
	day := w.at(on(15, 9).Add(30 * time.Minute))
	if absent := end(day, "a-registrar", third, "absent").want(t, 200, ""); absent.get("name") != nil || absent.str("state") != "absent" {
		t.Errorf("of who did not come is kept %s", absent.body)
	}
	came := end(day, "a-registrar", first, "came").want(t, 200, "")
	if came.str("name") != "张某" || came.str("state") != "came" {
		t.Errorf("who came is %s", came.body)
	}
	end(day, "a-registrar", first, "absent").want(t, 409, "appointment_over")
	day.do("a-registrar", "POST", "/api/v1/receptions/"+id+"/hold", nil).want(t, 200, "")
	follow := day.do("a-inspector", "GET", "/api/v1/receptions/"+id, nil).want(t, 200, "")
	if follow.get("follow_up.done") != false || follow.get("follow_up.came") != 1.0 || follow.get("follow_up.taken") != 2.0 || follow.get("follow_up.booked") != 0.0 {
		t.Errorf("a visitor without a case is followed up as %s", follow.body)
	}
	if strings.Contains(w.logged(), "张某") || strings.Contains(w.logged(), "13900000000") {
		t.Error("the log names a visitor")
	}
}

// A day of a year whose rest days are not published is marked as provisional.
func TestReceptionProvisional(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for on, want := range map[string]bool{"2026-09-16": false, "2027-03-10": true} {
		id := w.receive("a-registrar", m{"on": on})
		if got := w.do("a-registrar", "GET", "/api/v1/receptions/"+id, nil).want(t, 200, "").get("provisional"); got != want {
			t.Errorf("%s is provisional: %v", on, got)
		}
	}
}

// RECV-CASE: a visit on the day becomes a case that the receiving leader answers for; the
// day is done when every visit has its result.
func TestReceptionVisits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.at(on(1, 7)) // the engine lives at ten
	id := before.receive("p-registrar", m{"leader": "a-leader", "on": "2026-09-01", "publish": true})
	address := "/api/v1/receptions/" + id
	appointment := before.do("p-registrar", "POST", address+"/appointments", m{"name": "张某", "phone": "13900000000", "topic": "补贴"}).want(t, 201, "").str("id")

	visit := func(changes ...m) m {
		return registration(append([]m{{
			"origin": "petition", "channel": "reception", "reception": id, "received_at": "2026-09-01T09:30:00+08:00", "petitioner": nil,
		}}, changes...)...)
	}
	for name, test := range map[string]struct {
		who  string
		body m
		want []string
	}{
		"without its day":     {"p-registrar", visit(m{"reception": nil}), []string{"reception:required"}},
		"of no day":           {"p-registrar", visit(m{"reception": "nothing"}), []string{"reception:unknown_reception"}},
		"by another office":   {"a-registrar", visit(), []string{"reception:unknown_reception"}},
		"not on the day":      {"p-registrar", visit(m{"received_at": "2026-08-31T10:30:00+08:00"}), []string{"received_at:not_on_the_day"}},
		"of no appointment":   {"p-registrar", visit(m{"appointment": "nothing"}), []string{"appointment:unknown_appointment"}},
		"accusing the leader": {"p-registrar", visit(m{"purpose": "accusation", "accused_official": "a-leader"}), []string{"reception:receiver_unsuited"}},
	} {
		wanted(t, name, test.want, w.do(test.who, "POST", "/api/v1/cases", test.body).want(t, 422, "invalid_fields").fields())
	}
	early := before.do("p-registrar", "POST", "/api/v1/cases", visit(m{"appointment": appointment}))
	wanted(t, "before the day", []string{"received_at:in_future", "reception:in_future"}, early.want(t, 422, "invalid_fields").fields())

	filed := w.do("p-registrar", "POST", "/api/v1/cases", visit(m{"appointment": appointment}), "Idempotency-Key", "visit").want(t, 201, "")
	again := w.do("p-registrar", "POST", "/api/v1/cases", visit(m{"appointment": appointment}), "Idempotency-Key", "visit").want(t, 201, "")
	if again.str("id") != filed.str("id") || again.header.Get("Idempotent-Replay") != "true" {
		t.Errorf("the same again is answered %s", again.body)
	}
	if filed.str("receiver") != "a-leader" || !slices.Equal(filed.strings("receptions"), []string{id}) || filed.str("petitioner.name") != "张某" || filed.str("petitioner.phone") != "13900000000" {
		t.Errorf("filed as %s", filed.body)
	}
	kept := w.do("p-registrar", "GET", address+"/appointments", nil).want(t, 200, "").get("appointments").([]any)[0].(m)
	if kept["case"] != filed.str("id") || kept["name"] != nil || kept["topic"] != nil || kept["state"] != "came" {
		t.Errorf("of the appointment is kept %v", kept)
	}
	wanted(t, "twice", []string{"appointment:unknown_appointment"}, w.do("p-registrar", "POST", "/api/v1/cases", visit(m{"appointment": appointment})).want(t, 422, "invalid_fields").fields())
	caseID := filed.str("id")
	if e := w.last("p-registrar", caseID); e["kind"] != "registered" || e["reception"] != id || e["receiver"] != "a-leader" || e["appointment"] != appointment {
		t.Errorf("on record is %v", e)
	}

	refused := w.do("p-supervisor", "POST", "/api/v1/cases/"+caseID+"/commands/assign", m{"upper": "a-vice", "lower": "a-nc-head"}).want(t, 422, "invalid_fields")
	wanted(t, "put aside", []string{"upper:not_the_receiver"}, refused.fields())
	proposed := w.do("p-supervisor", "GET", "/api/v1/cases/"+caseID+"/proposal", nil).want(t, 200, "")
	if proposed.str("upper.official") != "a-leader" || !strings.Contains(proposed.str("why"), "接访领导") {
		t.Errorf("proposed are %s", proposed.body)
	}
	assigned := w.command("p-supervisor", caseID, "assign", nil)
	if assigned.str("leaders.upper.official") != "a-leader" || assigned.str("leaders.lower.official") != "a-nc-head" {
		t.Errorf("assigned are %v", assigned.get("leaders"))
	}

	// A case that is open already, and is led by others.
	open := w.register(m{"origin": "petition", "received_at": "2026-08-31"})
	w.command("p-supervisor", open, "assign", m{"upper": "a-vice", "lower": "a-nc-head"})
	w.do("p-registrar", "POST", "/api/v1/cases/"+open+"/commands/receive", m{"reception": id, "text": "来访"}).want(t, 409, "others_lead")
	w.command("p-supervisor", open, "hand_over", m{"from": "a-vice", "to": "a-leader", "reason": "other", "decided_by": "p-leader", "text": "接访领导包案。"})
	received := w.command("p-registrar", open, "receive", m{"reception": id, "text": "来访"})
	if !slices.Equal(received.strings("receptions"), []string{id}) {
		t.Errorf("received as %s", received.body)
	}
	w.do("p-registrar", "POST", "/api/v1/cases/"+open+"/commands/receive", m{"reception": id, "text": "来访"}).want(t, 409, "already_received")

	// Nobody undoes a day on which people were received, nor is it offered.
	for _, who := range []string{"a-leader", "p-registrar"} {
		if can := w.do(who, "GET", address, nil).want(t, 200, "").strings("commands"); slices.Contains(can, "cancel") || slices.Contains(can, "swap") {
			t.Errorf("%s is offered %v", who, can)
		}
	}
	w.do("a-leader", "POST", address+"/cancel", m{"reason": "mistake"}).want(t, 409, "reception_visited")
	w.do("p-registrar", "POST", address+"/swap", m{"reason": "duty", "on": "2026-09-17"}).want(t, 409, "reception_visited")

	// The follow-up, until every visit has its result.
	if held := w.do("p-registrar", "POST", address+"/hold", nil).want(t, 200, ""); held.get("held_late") != false {
		t.Errorf("held on the day: %s", held.body)
	}
	follow := w.do("a-leader", "GET", address, nil).want(t, 200, "")
	if follow.get("follow_up.done") != false || follow.get("follow_up.open") != 2.0 || len(follow.get("follow_up.cases").([]any)) != 2 {
		t.Errorf("followed up as %s", follow.body)
	}
	for _, of := range follow.get("follow_up.cases").([]any) {
		if of.(m)["stage"] != "registered" || of.(m)["lamp"] == nil {
			t.Errorf("shown is %v", of)
		}
	}
	if n := w.do("p-registrar", "GET", "/api/v1/cases?reception="+id, nil).want(t, 200, "").get("total"); n != 2.0 {
		t.Errorf("%v cases of the day", n)
	}
	for _, c := range []string{caseID, open} {
		w.command("p-registrar", c, "decline", m{"reason": "legal_route", "text": "已由法院受理。"})
	}
	if done := w.do("a-registrar", "GET", address, nil).want(t, 200, "").get("follow_up.done"); done != true {
		t.Error("every visit has its result, and the day is not done")
	}
}

// Nothing of an accusation reaches whom it accuses, though they saw the appointment that
// it came of (条例第30条第3款).
func TestReceptionOfAnAccusation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.at(on(1, 7))
	id := before.receive("p-registrar", m{"leader": "a-leader", "on": "2026-09-01", "publish": true})
	address := "/api/v1/receptions/" + id
	book := func(name string) string {
		return before.do("p-registrar", "POST", address+"/appointments", m{"name": name, "phone": "13900000000", "topic": "反映问题"}).want(t, 201, "").str("id")
	}
	accusing := book("张某")
	book("李某")
	seen := func(who string) (appointments int, visits any) {
		list := w.do(who, "GET", address+"/appointments", nil).want(t, 200, "").get("appointments").([]any)
		return len(list), w.do(who, "GET", address, nil).want(t, 200, "").get("follow_up.visits")
	}
	if n, _ := seen("p-supervisor"); n != 2 {
		t.Fatalf("%d appointments", n)
	}
	w.register(m{
		"origin": "petition", "channel": "reception", "reception": id, "received_at": "2026-09-01T09:30:00+08:00", "petitioner": nil, "appointment": accusing,
		"purpose": "accusation", "accused_official": "p-supervisor",
	})
	if n, visits := seen("p-registrar"); n != 2 || visits != 1.0 {
		t.Errorf("the clerk sees %d appointments and %v visits", n, visits)
	}
	if n, visits := seen("p-supervisor"); n != 1 || visits != 0.0 {
		t.Errorf("the accused sees %d appointments and %v visits", n, visits)
	}
	w.do("p-supervisor", "POST", address+"/appointments/"+accusing+"/end", m{"state": "came"}).want(t, 404, "appointment_not_found")
}
