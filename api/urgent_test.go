package api_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An urgent matter from its registration to the report (条例第25条), as a clerk meets it.
func TestUrgentMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := begin.Add(-10 * time.Minute)
	bad := w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"urgent": true, "known_at": "soon"})).want(t, 422, "invalid_fields")
	if diff := cmp.Diff([]string{"known_at:not_a_time"}, bad.fields()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a := w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"urgent": true, "known_at": known.Format(time.RFC3339)})).want(t, 201, "")
	id, due := a.str("id"), known.Add(2*time.Hour).Format(time.RFC3339)
	if a.get("urgent") != true || a.str("urgency.known_at") != known.Format(time.RFC3339) || a.get("urgency.unit") != nil {
		t.Errorf("%s", a.body)
	}
	clock := func(a answer, id string) m {
		t.Helper()
		list := a.get("clocks").([]any)
		i := slices.IndexFunc(list, func(k any) bool { return k.(m)["id"] == id })
		if i < 0 {
			t.Fatalf("no clock %s in %s", id, a.body)
		}
		return list[i].(m)
	}
	if k := clock(a, "URGENT-REPORT"); k["due_at"] != due || k["unit"] != "hour" || k["length"] != 2.0 {
		t.Errorf("%v", k)
	}

	// It stands in both inboxes of the office, by its instant, and in the list.
	for _, who := range []string{"p-registrar", "p-supervisor"} {
		tasks := w.do(who, "GET", "/api/v1/me/inbox", nil).want(t, 200, "").get("tasks").([]any)
		if !slices.ContainsFunc(tasks, func(task any) bool {
			return task.(m)["do"] == "report_urgent" && task.(m)["due_at"] == due && task.(m)["case"].(m)["id"] == id
		}) {
			t.Errorf("%s has no such task: %v", who, tasks)
		}
	}
	if got := w.list("p-registrar", "urgent=true", 10); !slices.Contains(got, id) {
		t.Errorf("urgent cases: %v", got)
	}
	w.do("p-registrar", "GET", "/api/v1/cases?urgent=yes", nil).want(t, 422, "invalid_fields")

	// Its story, and its place in the office's calendar.
	story := w.do("p-registrar", "GET", "/api/v1/cases/"+id+"/clocks/URGENT-REPORT", nil, "Accept-Language", "en").want(t, 200, "")
	if !strings.Contains(story.str("explanation"), "A period of 2 hours from") {
		t.Error(story.str("explanation"))
	}
	feed := w.do("p-registrar", "POST", "/api/v1/me/feed", nil).want(t, 201, "").str("address")
	at, err := url.Parse(feed)
	if err != nil {
		t.Fatal(err)
	}
	if entries := w.do("", "GET", at.Path, nil); !strings.Contains(string(entries.body), "DTSTART:"+known.Add(2*time.Hour).Format("20060102T150405Z")) {
		t.Errorf("the feed:\n%s", entries.body)
	}

	w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/decline", m{"reason": "unclear", "text": "不具体"}).want(t, 409, "urgent_unreported")
	for _, test := range []struct {
		body m
		want []string
	}{
		{m{}, []string{"organs:required", "text:required"}},
		{m{"organs": "authority", "text": "x"}, []string{"organs:wrong_type"}},
		{m{"organs": []string{"authority"}, "text": "x"}, []string{"organs:incomplete"}},
		{m{"organs": []string{"authority", "newspaper"}, "text": "x"}, []string{"organs:not_in_list"}},
		{m{"organs": slices.Repeat([]string{"authority"}, 6), "text": "x"}, []string{"organs:too_many"}},
	} {
		a := w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/report_urgent", test.body).want(t, 422, "invalid_fields")
		if diff := cmp.Diff(test.want, a.fields()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.body, diff)
		}
	}
	a = w.command("p-registrar", id, "report_urgent", m{
		"organs": []string{"authority", "departments", "joint_meeting", "upper_office", "national_bureau"}, "text": "已报告地委行署并通报。",
	})
	report := a.get("urgency.reports").([]any)[0].(m)
	if k := clock(a, "URGENT-REPORT"); k["met_at"] == nil || k["late_days"] != 0.0 || report["text"] != "已报告地委行署并通报。" || len(a.get("urgency.waits_for").([]any)) != 0 {
		t.Errorf("%v, %v", k, report)
	}
	w.do("a-nc-officer", "POST", "/api/v1/cases/"+id+"/commands/report_urgent", m{}).want(t, 403, "not_permitted")
}

// The route of a duty, stated at acceptance and corrected by the office.
func TestDutyRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	w.command("p-registrar", id, "forward", nil)
	a := w.command("a-nc-officer", id, "accept", m{"route": "duty"})
	if a.str("route") != "duty" || !strings.Contains(string(a.body), `"unit":"month"`) || strings.Contains(string(a.body), `"id":"HANDLE"`) {
		t.Errorf("%s", a.body)
	}
	w.do("a-nc-officer", "POST", "/api/v1/cases/"+id+"/commands/reroute", m{"route": "petition", "text": "更正"}).want(t, 403, "not_permitted")
	if a = w.command("p-registrar", id, "reroute", m{"route": "petition", "text": "更正"}); a.str("route") != "petition" || !strings.Contains(string(a.body), `"id":"HANDLE"`) {
		t.Errorf("%s", a.body)
	}
}
