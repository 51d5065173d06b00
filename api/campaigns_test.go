package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const campaigns = "/api/v1/campaigns"

// drive is a body by which a supervisor opens a campaign.
func drive(changes ...m) m {
	body := m{
		"name": "积案化解会战", "about": "省交办17件、自查45件积案，包案化解。", "start": "2026-08-31", "end": "2026-12-31",
		"targets": []m{{"kind": "concluded_share", "value": 50}, {"kind": "concluded", "origin": "province", "value": 2}},
	}
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

// campaign opens a campaign of the prefecture and returns its id.
func (w *world) campaign(name string) string {
	w.t.Helper()
	return w.do("p-supervisor", "POST", campaigns, drive(m{"name": name})).want(w.t, 201, "").str("id")
}

// CAMP over the real engine: a campaign from its opening to its end.
func TestCAMPWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opened := w.do("p-supervisor", "POST", campaigns, drive(), "Idempotency-Key", "drive").want(t, 201, "")
	id := opened.str("id")
	if opened.header.Get("Location") != campaigns+"/"+id || opened.str("state") != "running" || opened.str("office") != "p-xf" {
		t.Errorf("opened: %s", opened.body)
	}
	again := w.do("p-supervisor", "POST", campaigns, drive(), "Idempotency-Key", "drive").want(t, 201, "")
	if again.header.Get("Idempotent-Replay") != "true" || string(again.body) != string(opened.body) {
		t.Errorf("the same again: %s", again.body)
	}
	w.do("p-supervisor", "POST", campaigns, drive(m{"name": "另一会战"}), "Idempotency-Key", "drive").want(t, 422, "idempotency_key_reused")

	// One comes with its registration, two by a broadcast, of which one leaves again.
	first := w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"campaign": "积案化解会战"})).want(t, 201, "")
	if first.str("campaign.id") != id || first.str("campaign.name") != "积案化解会战" {
		t.Errorf("registered: %s", first.body)
	}
	second, third := w.register(m{"origin": "self_found"}), w.register()
	order := m{"command": "enlist", "body": m{"campaign": id, "text": "逐案制定方案，限期化解。"}, "cases": []string{second, third, first.str("id")}}
	ordered := w.do("p-supervisor", "POST", broadcasts, order).want(t, 202, "")
	_, results := w.over("p-supervisor", ordered.str("id"))
	if diff := cmp.Diff(map[string]string{second: "done", third: "done", first.str("id"): "refused already_enlisted"}, results); diff != "" {
		t.Errorf("enlisted (-want +got):\n%s", diff)
	}
	w.do("p-supervisor", "POST", "/api/v1/cases/"+second+"/commands/enlist", m{"campaign": id}).want(t, 409, "already_enlisted")
	w.command("p-supervisor", third, "delist", m{"text": "不属于积案"})

	// The unit has the second, and reports every week.
	for _, c := range []struct{ who, command string }{{"p-registrar", "forward"}, {"a-nc-officer", "accept"}} {
		w.command(c.who, second, c.command, nil)
	}
	w.command("p-supervisor", second, "assign", m{"upper": "a-vice", "lower": "a-nc-head"})
	w.command("a-nc-officer", second, "report", m{"text": "已约见信访人。"})
	planned := w.command("a-nc-officer", second, "plan", m{"text": "分三步化解。"})
	lists, _ := planned.get("enlistments").([]any)
	if len(lists) != 1 || lists[0].(m)["plan"] != "分三步化解。" || len(lists[0].(m)["reports"].([]any)) != 2 {
		t.Errorf("planned: %s", planned.body)
	}

	progress := w.do("p-supervisor", "GET", campaigns+"/"+id, nil).want(t, 200, "")
	for path, want := range map[string]any{
		"progress.cases": 2.0, "progress.open": 2.0, "progress.without_plan": 1.0, "progress.without_leaders": 1.0, "progress.concluded": 0.0, "progress.own_cases": false,
	} {
		if got := progress.get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	targets := progress.get("progress.targets").([]any)
	if province := targets[0].(m); province["kind"] != "concluded" || province["origin"] != "province" || province["cases"] != 1.0 || province["needed"] != 2.0 || province["state"] != "open" {
		t.Errorf("targets: %v", targets)
	}
	if share := targets[1].(m); share["needed"] != 1.0 || share["state"] != "open" {
		t.Errorf("targets: %v", targets)
	}
	listed := func(who string) (ids []string) {
		t.Helper()
		for _, c := range w.do(who, "GET", campaigns+"/"+id+"/cases", nil).want(t, 200, "").get("cases").([]any) {
			ids = append(ids, c.(m)["id"].(string))
		}
		return ids
	}
	if got := listed("p-supervisor"); !slices.Equal(got, []string{first.str("id"), second}) {
		t.Errorf("the list is %v", got)
	}
	for _, query := range []string{id, "%E7%A7%AF%E6%A1%88%E5%8C%96%E8%A7%A3%E4%BC%9A%E6%88%98"} {
		if found := w.do("p-supervisor", "GET", "/api/v1/cases?campaign="+query, nil).want(t, 200, ""); found.get("total") != 2.0 {
			t.Errorf("the list of cases by %s: %s", query, found.body)
		}
	}

	// A leader sees the own case alone, and no target by it.
	own := w.do("a-vice", "GET", campaigns+"/"+id, nil).want(t, 200, "")
	if own.get("progress.cases") != 1.0 || own.get("progress.own_cases") != true || len(own.get("progress.targets").([]any)) != 0 {
		t.Errorf("a leader sees %s", own.body)
	}
	if got := listed("a-vice"); !slices.Equal(got, []string{second}) {
		t.Errorf("a leader's list is %v", got)
	}

	// The targets change with a reason, and both versions stay.
	set := m{"targets": []m{{"kind": "concluded_share", "value": 80}}, "reason": "名单调整"}
	w.do("p-registrar", "POST", campaigns+"/"+id+"/targets", set).want(t, 403, "campaign_not_permitted")
	w.do("p-supervisor", "POST", campaigns+"/"+id+"/targets", set, "Idempotency-Key", "set").want(t, 200, "")
	if again := w.do("p-supervisor", "POST", campaigns+"/"+id+"/targets", set, "Idempotency-Key", "set").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Error("the same change is made twice")
	}
	w.do("p-supervisor", "POST", campaigns+"/"+id+"/targets", set).want(t, 409, "same_targets")
	changes, _ := w.do("auditor", "GET", campaigns+"/"+id, nil).want(t, 200, "").get("target_changes").([]any)
	if len(changes) != 2 || changes[0].(m)["reason"] != nil || changes[1].(m)["reason"] != "名单调整" || changes[1].(m)["by"] != "p-supervisor" {
		t.Errorf("changes: %v", changes)
	}

	// At its end what is open stays listed, and nothing more happens to the list.
	end := campaigns + "/" + id + "/end"
	open := func() int {
		return len(w.do("p-supervisor", "GET", campaigns+"?open=true", nil).want(t, 200, "").get("campaigns").([]any))
	}
	if open() != 1 {
		t.Error("a campaign that goes on is not found as that")
	}
	w.do("p-inspector", "POST", end, m{}).want(t, 403, "campaign_not_permitted")
	ended := w.do("p-supervisor", "POST", end, m{}, "Idempotency-Key", "end").want(t, 200, "")
	if ended.str("state") != "ended" || ended.str("ended_by") != "p-supervisor" {
		t.Errorf("ended: %s", ended.body)
	}
	if open() != 0 {
		t.Error("a campaign that was ended goes on")
	}
	if again := w.do("p-supervisor", "POST", end, m{}, "Idempotency-Key", "end").want(t, 200, ""); again.header.Get("Idempotent-Replay") != "true" {
		t.Error("it is ended twice")
	}
	w.do("p-supervisor", "POST", end, m{}).want(t, 409, "campaign_over")
	w.do("p-supervisor", "POST", campaigns+"/"+id+"/targets", drive(m{"name": nil, "about": nil, "start": nil, "end": nil, "reason": "结束后调整"})).want(t, 409, "campaign_over")
	w.do("p-supervisor", "POST", "/api/v1/cases/"+second+"/commands/delist", m{"text": "移出"}).want(t, 409, "campaign_over")
	if got := w.do("p-supervisor", "POST", "/api/v1/cases/"+third+"/commands/enlist", m{"campaign": id}).want(t, 422, "invalid_fields").fields(); !slices.Equal(got, []string{"campaign:campaign_over"}) {
		t.Errorf("enlisted after the end: %v", got)
	}
	after := w.do("p-supervisor", "GET", campaigns+"/"+id, nil).want(t, 200, "")
	if after.get("progress.open") != 2.0 || after.get("progress.targets").([]any)[0].(m)["state"] != "missed" {
		t.Errorf("after the end: %s", after.body)
	}
	// The case takes note of it with whatever comes next.
	noted := w.command("a-nc-officer", second, "report", m{"text": "继续办理。"})
	for _, k := range noted.get("clocks").([]any) {
		if k.(m)["id"] == "CAMP-REPORT" && k.(m)["met_at"] == nil {
			t.Errorf("its weekly report still runs: %v", k)
		}
	}
}

// What is wrong with a campaign is said at once, field by field.
func TestCampaignInput(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	for name, c := range map[string]struct {
		body m
		want []string
	}{
		"nothing":        {m{}, []string{"about:required", "end:required", "name:required", "start:required"}},
		"another type":   {drive(m{"name": 1, "targets": "many"}), []string{"name:wrong_type", "targets:wrong_type"}},
		"no dates":       {drive(m{"start": "soon", "end": "later"}), []string{"end:not_a_date", "start:not_a_date"}},
		"a target of no": {drive(m{"targets": []any{1}}), []string{"targets:wrong_type"}},
		"an odd target":  {drive(m{"targets": []m{{"kind": "concluded", "value": 1, "weight": 2}}}), []string{"targets.0.weight:unknown_field"}},
		"visits":         {drive(m{"targets": []m{{"kind": "visits", "value": 1}}}), []string{"targets:red_line"}},
		"who opened it":  {drive(m{"office": "a-xf"}), []string{"office:unknown_field"}},
	} {
		got := w.do("p-supervisor", "POST", campaigns, c.body).want(t, 422, "invalid_fields").fields()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	w.do("p-registrar", "POST", campaigns, drive()).want(t, 403, "campaign_not_permitted")
	id := w.campaign("会战")
	if got := w.do("p-supervisor", "POST", campaigns+"/"+id+"/targets", m{}).want(t, 422, "invalid_fields").fields(); !slices.Equal(got, []string{"reason:required", "targets:required"}) {
		t.Errorf("no targets: %v", got)
	}
	for query, want := range map[string]string{"?cursor=x": "cursor:not_a_cursor", "?limit=0": "limit:out_of_range", "?state=over": "state:unknown_field"} {
		for _, address := range []string{campaigns, campaigns + "/" + id + "/cases"} {
			if got := w.do("p-supervisor", "GET", address+query, nil).want(t, 422, "invalid_fields").fields(); !slices.Equal(got, []string{want}) {
				t.Errorf("%s%s: %v", address, query, got)
			}
		}
	}
}

// Who may know of a campaign; for the others it does not exist.
func TestWhoSeesCampaigns(t *testing.T) {
	t.Parallel()
	w := newStoreWorld(t)
	prefecture := w.campaign("会战")
	county := w.do("a-supervisor", "POST", campaigns, drive(m{"name": "甲县会战"})).want(t, 201, "").str("id")
	for who, want := range map[string][]string{
		"p-supervisor": {county, prefecture}, "p-registrar": {county, prefecture}, "p-inspector": {county, prefecture}, "auditor": {county, prefecture},
		"a-supervisor": {county}, "a-inspector": {county}, "b-supervisor": {}, "a-vice": {}, "a-nc-officer": {}, "p-leader": {}, "admin": {},
	} {
		got := []string{}
		for _, c := range w.do(who, "GET", campaigns, nil).want(t, 200, "").get("campaigns").([]any) {
			got = append(got, c.(m)["id"].(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who, diff)
		}
		for _, id := range []string{prefecture, county} {
			status, code := http.StatusOK, ""
			if !slices.Contains(want, id) {
				status, code = http.StatusNotFound, "campaign_not_found"
			}
			w.do(who, "GET", campaigns+"/"+id, nil).want(t, status, code)
			w.do(who, "GET", campaigns+"/"+id+"/cases", nil).want(t, status, code)
			if status == http.StatusNotFound {
				w.do(who, "POST", campaigns+"/"+id+"/end", m{}).want(t, 404, "campaign_not_found")
				w.do(who, "POST", campaigns+"/"+id+"/targets", m{"targets": []m{}, "reason": "x"}).want(t, 404, "campaign_not_found")
			}
		}
	}
	for _, id := range []string{"none", "a'b", "会战"} {
		w.do("auditor", "GET", campaigns+"/"+id, nil).want(t, 404, "campaign_not_found")
	}
}
