package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Both offices see a supervised case with both channels and the leaders' instructions;
// nobody sees more cases than in the list.
func TestSupervisionList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register()
	id, accuses := w.register(), w.register(m{"purpose": "accusation", "accused_unit": "a-dc"})
	w.command("p-supervisor", id, "assign", nil)
	for _, each := range []string{id, accuses} {
		w.command("p-registrar", each, "forward", nil)
		w.command("p-supervisor", each, "supervise", m{"reason": "overdue", "days": 15, "text": "请于十五日内反馈。"})
	}
	w.command("p-supervisor", id, "escalate", m{"ground": "key", "decided_by": "p-leader", "days": 30, "text": "重点事项。"})
	w.command("a-nc-officer", id, "feed_back", m{"channel": "petition_office", "text": "正在核实。"})
	w.command("p-vice", id, "instruct", m{"text": "请抓紧办理。"})

	got := w.do("p-inspector", "GET", "/api/v1/supervision?supervision=dual", nil).want(t, 200, "")
	first := got.json["cases"].([]any)[0].(map[string]any)
	channels := first["channels"].([]any)
	petition, office := channels[0].(map[string]any), channels[1].(map[string]any)
	if got.get("total") != 1.0 || first["id"] != id || len(channels) != 2 || petition["channel"] != "petition_office" || office["channel"] != "supervision_office" {
		t.Fatalf("%s", got.body)
	}
	if petition["reason"] != "overdue" || petition["text"] != "请于十五日内反馈。" || petition["fed_back_at"] == nil || petition["due"] != "2026-09-16" || office["text"] != "重点事项。" || office["fed_back_at"] != nil || office["due"] != "2026-10-01" {
		t.Errorf("%v\n%v", petition, office)
	}
	instruction := first["instructions"].([]any)[0].(map[string]any)
	if instruction["name"] != "何甲" || instruction["text"] != "请抓紧办理。" {
		t.Errorf("%v", instruction)
	}
	listed := func(official string) []string {
		t.Helper()
		ids := []string{}
		for _, c := range w.do(official, "GET", "/api/v1/supervision?sort=registered", nil).want(t, 200, "").json["cases"].([]any) {
			ids = append(ids, c.(map[string]any)["id"].(string))
		}
		return ids
	}
	for official, want := range map[string][]string{
		"p-supervisor": {id, accuses}, "p-inspector": {id, accuses}, "auditor": {id, accuses}, "a-supervisor": {id, accuses}, "a-leader": {id, accuses},
		"a-inspector": {id}, "b-supervisor": {}, "b-leader": {}, "a-zr-officer": {}, "admin": {},
	} {
		if diff := cmp.Diff(want, listed(official)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", official, diff)
		}
	}
	w.do("p-inspector", "GET", "/api/v1/supervision?supervision=none&lamp=blue&nope=1", nil).want(t, 422, "invalid_fields")
	w.do("", "GET", "/api/v1/supervision", nil).want(t, 401, "unauthenticated")

	w.command("p-inspector", id, "release", m{"text": "已核查，予以解除。"})
	after := w.do("p-inspector", "GET", "/api/v1/supervision?supervision=petition_office&q=%E7%94%B2%E5%8E%BF&limit=1", nil).want(t, 200, "")
	if after.get("total") != 2.0 {
		t.Errorf("%s", after.body)
	}
}
