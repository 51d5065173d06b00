package web_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"shuangze/casefile"
	"shuangze/embedded/embeddedtest"
)

// big is the directory of a large prefecture: three thousand units and ten thousand
// officials beside those of the small one.
var big = embeddedtest.Template{SetUp: func(ctx context.Context, url string) error {
	if err := directory.SetUp(ctx, url); err != nil {
		return err
	}
	s, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer s.Close()
	units, officials := prefecture()
	if _, err := s.SaveUnits(ctx, units); err != nil {
		return err
	}
	_, err = s.SaveOfficials(ctx, officials)
	return err
}}

// prefecture makes the rest of a large prefecture.
func prefecture() (units []casefile.Unit, officials []casefile.Official) {
	given, families := []rune("伟芳娜敏静强磊军洋勇艳杰涛明超霞平刚华"), []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林")
	staff := func(u casefile.Unit, roles ...casefile.Role) {
		for i, role := range roles {
			n := len(officials)
			officials = append(officials, casefile.Official{
				ID: fmt.Sprintf("%s-%d", u.Code, i), Name: string(families[n%16]) + string(given[n/16%19]) + string(given[n/7%19]),
				Post: u.Name + []string{"局长", "副局长", "科长", "承办人"}[i%4], Level: u.Level, Unit: u.Code, Role: role,
			})
		}
	}
	add := func(parent, code, name, kind, level string, roles ...casefile.Role) string {
		u := casefile.Unit{Code: parent + "-" + code, Name: name, Kind: kind, Level: level, Parent: parent}
		units = append(units, u)
		staff(u, roles...)
		return u.Code
	}
	desk := []casefile.Role{casefile.Leader, casefile.Leader, casefile.Officer, casefile.Officer}
	for i := range 150 { // right below the prefecture and below the small county
		add("p", fmt.Sprintf("w%03d", i), fmt.Sprintf("地区第%d企业改制职工安置与社会保险接续工作领导小组办公室", i), casefile.Department, "prefecture", desk[:3]...)
		add("a", fmt.Sprintf("w%03d", i), fmt.Sprintf("甲县第%d历史遗留问题处理工作领导小组办公室", i), casefile.Department, "section", desk[:3]...)
	}
	for c := range 12 {
		name := fmt.Sprintf("第%d县", c)
		county := add("p", fmt.Sprintf("x%02d", c), name+"党委政府", casefile.Authority, "county", casefile.Leader, casefile.Leader, casefile.Leader, casefile.Leader)
		add(county, "xf", name+"信访局", casefile.PetitionOfficeKind, "county", casefile.Supervisor, casefile.Registrar, casefile.Registrar)
		add(county, "dc", name+"委督查室", casefile.SupervisionOfficeKind, "county", casefile.Inspector)
		for d := range 60 {
			add(county, fmt.Sprintf("d%02d", d), fmt.Sprintf("%s第%d局", name, d), casefile.Department, "section", desk...)
		}
		for t := range 18 {
			town := add(county, fmt.Sprintf("t%02d", t), fmt.Sprintf("%s第%d乡镇党委政府", name, t), casefile.Authority, "section", desk...)
			for o := range 8 {
				add(town, fmt.Sprintf("s%d", o), fmt.Sprintf("%s第%d乡镇第%d所", name, t, o), casefile.Department, "section", desk...)
			}
		}
	}
	return units, officials
}

// With the directory of a large prefecture, and cases in hundreds of its units, every page
// that a link leads to is as small as every other, and no page offers thousands.
func TestEveryPageOfALargePrefecture(t *testing.T) {
	t.Parallel()
	units, people := prefecture()
	if len(units) < 2800 || len(people) < 10_000 {
		t.Fatalf("%d units, %d officials", len(units), len(people))
	}
	w := emptySite(t, &big)
	t.Cleanup(w.start(begin, nil))
	w.peopled()
	for i := range 120 {
		for _, unit := range []string{"a-w", "p-w"} {
			unit := fmt.Sprintf("%s%03d", unit, i)
			var c struct {
				ID string `json:"id"`
			}
			w.give("clerk", "/cases", map[string]any{
				"origin": "petition", "channel": "letter", "purpose": "appeal", "category": "labour", "unit": unit, "received_at": "2026-08-03",
				"title": title, "text": "请求补缴养老保险。", "petitioner": map[string]any{"name": petitionerName},
			}, &c)
			w.do("clerk", c.ID, "forward", nil)
			w.do(unit+"-2", c.ID, "accept", map[string]any{"text": "予以受理"})
		}
	}
	for _, who := range everybody {
		w.browse(who.official).walk(who.from)
	}
	b := w.browse("supervisor")
	for path, words := range map[string][]string{
		"/figures?rule=ACC-TRANSFER":           {"甲县第38历史遗留问题", `href="/figures?rule=ACC-TRANSFER&amp;units=40#units-chart"`},
		"/figures?rule=ACC-TRANSFER&units=240": {"地区第119企业改制职工安置"},
		"/board?unit=a":                        {`href="/board?unit=a&amp;units=50#units"`},
		"/board?unit=a&units=100":              {"a-w119"},
		"/admin/directory?unit=a":              {"152", "后面的单位", `units=50#units`},
		"/admin/directory?q=第3县":               {"后面的单位", "后面的人员"},
	} {
		b.get(path).want(200, words...)
	}
}

// namesakes are a leader's name that several leaders have, and the ids of these.
func namesakes() (name string, ids []string) {
	_, people := prefecture()
	byName := map[string][]string{}
	for _, o := range people {
		if o.Role == casefile.Leader {
			byName[o.Name] = append(byName[o.Name], o.ID)
		}
	}
	for _, o := range people {
		if n := len(byName[o.Name]); n > 1 && n < 10 {
			return o.Name, byName[o.Name]
		}
	}
	return "", nil
}

// Out of thousands somebody is chosen by a line: by a suggestion, a whole name or an id. A
// name that several have comes back with these; what was typed stays. It needs no script.
func TestChoosingOutOfThousands(t *testing.T) {
	t.Parallel()
	w := emptySite(t, &big)
	t.Cleanup(w.start(begin, nil))
	id := w.register(title)
	b, at := w.browse("supervisor"), "/cases/"+id+"/do/hand_over"
	hand := func(to url.Values) url.Values {
		form := url.Values{"from": {"lower"}, "reason": {"transfer"}, "decided_by": {"何甲 行署副专员，地委行署（upper）"}, "text": {"因工作调动"}}
		for name, values := range to {
			form[name] = values
		}
		return b.get(at).want(200, `list="to-list"`, `data-near="a-nc"`, `<option value="金壬 农业农村局长，`+longName+`（head）"></option>`).form(at, form)
	}
	name, ids := namesakes()
	got := b.post(at, hand(url.Values{"to": {name}})).want(422, "请确认“"+name+"”指的是哪一个", `id="to-wrong"`, `value="`+name+`"`, `type="radio" name="to" value="`+ids[0]+`"`, `value="`+ids[1]+`"`, "因工作调动", `value="何甲 行署副专员，地委行署（upper）"`)
	if strings.Contains(got.body, `id="decided_by-wrong"`) {
		t.Error("who was told by a suggestion is asked for again")
	}
	// Whoever is chosen of these is told by id: the refusal is the core's, about that leader.
	got = b.post(at, got.form(at, url.Values{"from": {"lower"}, "reason": {"transfer"}, "to": {name, ids[1]}, "decided_by": {"upper"}, "text": {"因工作调动"}})).want(422, "（"+ids[1]+"）", `id="to-wrong"`)
	if strings.Contains(got.body, "指的是哪一个") {
		t.Error("it is asked again who is meant")
	}
	// What is typed anew counts more than what was chosen before.
	again := b.post(at, hand(url.Values{"to": {name}}))
	b.post(at, again.form(at, url.Values{"from": {"lower"}, "reason": {"transfer"}, "to": {"没有此人", ids[1]}, "text": {"因工作调动"}, "decided_by": {"upper"}})).want(422, "名录中没有“没有此人”可选")
	// A part of a name is confirmed, though one only has it.
	b.post(at, hand(url.Values{"to": {"施"}})).want(422, `value="deputy" checked`)
	b.post(at, hand(url.Values{"to": {"施癸"}})).want(200, "已完成：")

	// A list's address has ids, whatever was typed.
	got = b.get("/cases?"+url.Values{"unit": {"甲县自然资源局"}, "among.unit": {"/units"}, "leader": {""}, "among.leader": {"/officials?role=leader"}}.Encode()).want(200, `value="甲县自然资源局（a-zr）"`)
	if got.at != "/cases?unit=a-zr" {
		t.Errorf("ended up at %s", got.at)
	}
	b.get("/cases?"+url.Values{"leader": {name}, "among.leader": {"/officials?role=leader"}}.Encode()).want(422, `name="leader" value="`+ids[0]+`"`, "<li>包案领导：请确认“"+name+"”指的是哪一个</li>")
	b.get("/receptions?"+url.Values{"leader": {"没有此人"}, "among.leader": {"/officials?role=leader"}}.Encode()).want(422, "名录中没有“没有此人”可选")

	// The script is told the nearest.
	suggest := func(within, q string) shown {
		return b.post("/directory/suggestions", url.Values{"within": {within}, "near": {"a"}, "q": {q}}).want(200)
	}
	if got := suggest("/units", "甲县 资源"); strings.TrimSpace(got.body) != `<option value="甲县自然资源局（a-zr）"></option>` {
		t.Error(got.body)
	}
	for _, within := range []string{"/audit", "/officials?q=王", "//evil.example/units", "", "%"} {
		if got := suggest(within, "王"); strings.TrimSpace(got.body) != "" {
			t.Errorf("%q: %s", within, got.body)
		}
	}
	if got := w.browse("").post("/directory/suggestions", url.Values{"within": {"/units"}}); got.status != 401 {
		t.Errorf("anybody is told who there is: %d", got.status)
	}
}

// In a real browser a line suggests whom it may mean while one types, and its list's
// address has the id.
func TestSuggestionsWhileTyping(t *testing.T) {
	t.Parallel()
	w := emptySite(t, &big)
	t.Cleanup(w.start(begin, nil))
	b := openChrome(t, 1440, 900)
	b.signIn(w, "supervisor")
	b.run(chromedp.Navigate(w.url+"/cases"), chromedp.SendKeys("#f-unit", "甲县 资源", chromedp.ByQuery))
	b.until(`document.getElementById("f-unit").list.options.length === 1`)
	var suggested, at string
	b.run(chromedp.Evaluate(`document.getElementById("f-unit").list.options[0].value`, &suggested),
		chromedp.SetValue("#f-unit", "甲县自然资源局（a-zr）", chromedp.ByQuery), chromedp.Submit("#f-unit", chromedp.ByQuery))
	b.until(`location.search !== ""`)
	b.run(chromedp.Evaluate(`location.pathname + location.search`, &at))
	if suggested != "甲县自然资源局（a-zr）" || at != "/cases?unit=a-zr" {
		t.Errorf("%q is suggested, the list is at %s", suggested, at)
	}
}

// On a telephone many parts of the site are behind a menu that says where one is; few stand
// beside each other.
func TestMenuOnTelephone(t *testing.T) {
	t.Parallel()
	w := newSite(t, nil)
	b := openChrome(t, 375, 812)
	seen := func(selector string) (seen bool) {
		b.run(chromedp.Evaluate(`document.querySelector('`+selector+`').checkVisibility()`, &seen))
		return seen
	}
	b.signIn(w, "officer")
	if !seen(`.parts a[href="/cases"]`) {
		t.Error("few parts are hidden")
	}
	b.run(network.ClearBrowserCookies())
	b.signIn(w, "supervisor")
	b.fits()
	if board := `.menu a[href="/board"]`; seen(board) {
		t.Error("the menu is open at first")
	}
	b.run(chromedp.Click(`.menu summary`, chromedp.ByQuery), chromedp.Click(`.menu a[href="/board"]`, chromedp.ByQuery))
	b.until(`location.pathname === "/board" && document.querySelector(".menu summary b").textContent === "看板"`)
	b.fits()
	b.run(chromedp.Click(`.menu summary`, chromedp.ByQuery), chromedp.WaitVisible(`.menu a[aria-current]`, chromedp.ByQuery), chromedp.KeyEvent(kb.Escape))
	b.until(`!document.querySelector(".menu").open && document.activeElement.matches(".menu summary")`)
}
