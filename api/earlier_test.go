package api_test

import (
	"slices"
	"testing"
)

// A clerk who registers is shown likely earlier cases and links one; nobody else can
// search, and nobody finds what they may not see.
func TestEarlierCases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := m{"petitioner": m{"name": "贺某某", "phone": "139-0000-0002", "identity": "110101199001011237"}}
	first := w.register(person)
	other := w.register(m{"petitioner": m{"name": "另一人", "phone": "13911112222"}, "title": "反映河道采砂破坏堤防"})
	again := w.register(person, m{"headcount": 6, "representatives": 5})

	find := func(who string, body m) []string {
		t.Helper()
		var ids []string
		for _, c := range w.do(who, "POST", "/api/v1/cases/earlier", body).want(t, 200, "").get("cases").([]any) {
			ids = append(ids, c.(m)["case"].(m)["id"].(string))
		}
		slices.Sort(ids)
		return ids
	}
	both := []string{first, again}
	slices.Sort(both)
	for _, body := range []m{{"phone": "+86 139 0000 0002"}, {"phone": "１３９０００００００２"}, {"identity": "110101199001011237"}} {
		if got := find("p-registrar", body); !slices.Equal(got, both) {
			t.Errorf("%v finds %v, want %v", body, got, both)
		}
	}
	if got := find("p-registrar", m{"title": "反映河道采砂破坏堤防问题"}); !slices.Contains(got, other) {
		t.Errorf("a like title finds %v", got)
	}
	short := w.register(m{"title": "测试电话"})
	long := w.register(m{"title": "某镇某村村民反映某建筑公司在工地长期不按月支付报酬 😀 拖欠工资"})
	for title, want := range map[string]string{"电话": short, "拖欠工资": long} {
		if got := find("p-registrar", m{"title": title}); !slices.Equal(got, []string{want}) {
			t.Errorf("%s finds %v, want %s", title, got, want)
		}
	}
	for name, body := range map[string]m{"an identity number is no telephone number": {"phone": "110101199001011237"}, "part of a number": {"phone": "1390000"}} {
		if got := find("p-registrar", body); len(got) > 0 {
			t.Errorf("%s finds %v", name, got)
		}
	}
	if got := find("b-registrar", m{"phone": "13900000002"}); len(got) > 0 {
		t.Errorf("the clerk of another county finds %v", got)
	}
	w.do("p-registrar", "POST", "/api/v1/cases/earlier", m{}).want(t, 422, "invalid_fields")
	for _, who := range []string{"p-inspector", "a-leader", "auditor"} {
		w.do(who, "POST", "/api/v1/cases/earlier", m{"phone": "13900000002"}).want(t, 403, "not_permitted")
	}
	w.do("p-registrar", "POST", "/api/v1/cases/"+again+"/commands/link", m{"earlier": "nowhere"}).want(t, 422, "invalid_fields")
	a := w.command("p-registrar", again, "link", m{"earlier": first})
	if a.get("repeated") != true || a.get("collective") != true || !slices.Equal(a.strings("earlier"), []string{first}) {
		t.Errorf("%s", a.body)
	}
}
