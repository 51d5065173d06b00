package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/text/language"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// lang is one of the two languages of the product.
type lang string

const (
	chinese lang = "zh" // the default
	english lang = "en"
)

var spoken = language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English})

// langOf is the language that the reader chose or, before that, their browser's.
func langOf(r *http.Request) lang {
	if c, err := r.Cookie("language"); err == nil {
		switch l := lang(c.Value); l {
		case chinese, english:
			return l
		}
	}
	if _, i := language.MatchStrings(spoken, r.Header.Get("Accept-Language")); i == 1 {
		return english
	}
	return chinese
}

func (l lang) tag() string {
	if l == english {
		return "en"
	}
	return "zh-CN"
}

func (l lang) of(t policy.Text) string { return l.t(t.Chinese, t.English) }

func (l lang) t(zh, en string) string {
	if l == english {
		return en
	}
	return zh
}

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// day writes a day as people do.
func (l lang) day(d calendar.Date) string {
	switch {
	case d.IsZero():
		return ""
	case l == english:
		return fmt.Sprintf("%s %d %s %d", d.Weekday().String()[:3], d.Day, d.Month.String()[:3], d.Year)
	}
	return fmt.Sprintf("%d年%d月%d日 %s", d.Year, int(d.Month), d.Day, weekdays[d.Weekday()])
}

// month writes the month, or the months, of a span.
func (l lang) month(from, until calendar.Date) string {
	write := func(d calendar.Date) string {
		return l.t(fmt.Sprintf("%d年%d月", d.Year, int(d.Month)), fmt.Sprintf("%s %d", d.Month, d.Year))
	}
	if from.Month == until.Month {
		return write(from)
	}
	return write(from) + " — " + write(until)
}

// span writes from which day until which: as months, if it is of whole ones.
func (l lang) span(from, until calendar.Date) string {
	if from.Day == 1 && until.AddDays(1).Day == 1 {
		return l.month(from, until)
	}
	return l.day(from) + " — " + l.day(until)
}

// moment writes an instant in China's time.
func (l lang) moment(t time.Time) string {
	d := calendar.DateOf(t)
	clock := t.In(calendar.Zone).Format("15:04")
	if l == english {
		return fmt.Sprintf("%d %s %d, %s", d.Day, d.Month.String()[:3], d.Year, clock)
	}
	return fmt.Sprintf("%d年%d月%d日 %s", d.Year, int(d.Month), d.Day, clock)
}

// left says how many days are left from one day until a due date.
func (l lang) left(today, due calendar.Date) string {
	n := due.DaysSince(today)
	switch {
	case n > 0 && l == english:
		return fmt.Sprintf("%d %s left", n, plural(n, "day", "days"))
	case n > 0:
		return fmt.Sprintf("剩余%d天", n)
	case n == 0:
		return l.t("今天到期", "due today")
	}
	return l.late(-n)
}

func (l lang) late(n int) string {
	if l == english {
		return fmt.Sprintf("%d %s late", n, plural(n, "day", "days"))
	}
	return fmt.Sprintf("逾期%d天", n)
}

// stands says how much time a clock has left, or by how much it is late. Late is what the
// law calls so, as in figures and letters; before that the internal date may have passed.
func (l lang) stands(k clock, today calendar.Date) string {
	switch n := today.DaysSince(k.InternalDue); {
	case k.SuspendedSince != nil:
		return l.t("中止计时", "suspended")
	case k.LateHours > 0:
		return l.t(fmt.Sprintf("逾期%d小时", k.LateHours), fmt.Sprintf("%d %s late", k.LateHours, plural(k.LateHours, "hour", "hours")))
	case k.LateDays > 0:
		return l.late(k.LateDays)
	case n > 0:
		return l.t(fmt.Sprintf("超内部期限%d天", n), fmt.Sprintf("%d %s past the internal date", n, plural(n, "day", "days")))
	}
	return l.left(today, k.InternalDue)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// named is whatever has a word of its own.
type named interface{ Name() policy.Text }

// functions are what the templates of a language can call.
func (l lang) functions() template.FuncMap {
	return template.FuncMap{
		"t":      l.t,
		"name":   func(v named) string { return l.of(v.Name()) },
		"duty":   func(k casefile.Kind) string { return l.of(k.Duty()) },
		"words":  l.of,
		"day":    l.day,
		"moment": l.moment,
		"clock":  func(t time.Time) string { return t.In(calendar.Zone).Format("15:04") },
		"month":  l.month,
		"span":   l.span,
		"due":    l.due,
		"left":   l.left,
		"late":   l.late,
		"stands": l.stands,
		"length": l.length,
		"basis":  l.basis,
		"date":   calendar.DateOf,
		"asked":  l.asked,
	}
}

// due writes by when something is due: a day or, where there is an instant, that.
func (l lang) due(d calendar.Date, at *time.Time) string {
	if at == nil {
		return l.day(d)
	}
	return l.moment(*at)
}

// length writes how long a time limit is.
func (l lang) length(n int, u calendar.Unit) string {
	zh, one, many := "日", "day", "days"
	switch u {
	case calendar.WorkingDay:
		zh, one, many = "个工作日", "working day", "working days"
	case calendar.Month:
		zh, one, many = "个月", "month", "months"
	case calendar.Hour:
		zh, one, many = "小时", "hour", "hours"
	case calendar.CalendarDay:
	}
	return l.t(itoa(n)+zh, itoa(n)+" "+plural(n, one, many))
}

var askedNames = map[string]policy.Text{
	"q":           {Chinese: "编号或标题", English: "Number or title"},
	"lamp":        {Chinese: "灯", English: "Lamp"},
	"stage":       {Chinese: "环节", English: "Stage"},
	"supervision": {Chinese: "督办", English: "Supervision"},
	"unit":        {Chinese: "责任单位", English: "Unit"},
	"leader":      {Chinese: "包案领导", English: "Leader"},
	"origin":      {Chinese: "来源", English: "Origin"},
	"due_before":  {Chinese: "法定期限早于", English: "Due before"},
	"from":        {Chinese: "起始日期", English: "From"},
	"until":       {Chinese: "截止日期", English: "Until"},
	"rule":        {Chinese: "期限", English: "Time limit"},
	"sort":        {Chinese: "排序", English: "Order"},
	"open":        {Chinese: "未结", English: "Open"},
	"overdue":     {Chinese: "已逾期", English: "Overdue"},
	"supervised":  {Chinese: "在督", English: "Supervised"},
	"urgent":      {Chinese: "重大紧急", English: "Urgent"},
	"campaign":    {Chinese: "会战", English: "Campaign"},
	"reception":   {Chinese: "接待日", English: "Reception day"},
	"cursor":      {Chinese: "页码", English: "Page"},
}

// asked is what a condition of a list is called.
func (l lang) asked(name string) string {
	if t, ok := askedNames[name]; ok {
		return l.of(t)
	}
	return name
}

func (l lang) basis(b policy.Basis) string {
	switch b {
	case policy.Statute:
		return l.t("法定", "statute")
	case policy.National:
		return l.t("国家文件", "national document")
	case policy.Local:
		return l.t("地方规定", "local rule")
	case policy.Practice:
		return l.t("通行做法", "practice")
	case policy.OurOwn:
	}
	return l.t("内部时限", "internal")
}

//go:embed templates/*.html
var templateFiles embed.FS

// shared are the templates that are parts of every page.
var shared = []string{"layout", "controls", "charts"}

// pages are the templates of one language, by the page's name.
type pages struct{ byName map[string]*template.Template }

func loadPages(a assets) (map[lang]*pages, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	all := map[lang]*pages{}
	for _, l := range []lang{chinese, english} {
		all[l] = &pages{map[string]*template.Template{}}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if slices.Contains(shared, name) {
				continue
			}
			t, err := template.New("layout.html").Option("missingkey=zero").Funcs(l.functions()).Funcs(template.FuncMap{"asset": a.address}).
				ParseFS(templateFiles, "templates/layout.html", "templates/controls.html", "templates/charts.html", file)
			if err != nil {
				return nil, fmt.Errorf("template %s: %w", name, err)
			}
			all[l].byName[name] = t
		}
	}
	return all, nil
}

// page is what every page has.
type page struct {
	Lang   lang
	Title  string
	Who    *visitor
	Back   string // where to go after a change of language; empty: no switch, something typed would be lost
	At     string // the part of the site that it belongs to
	Done   string // what has just been done
	Onward string // where the page leads by itself, elsewhere; empty: nowhere
	Trial  bool
	Today  calendar.Date
	// Public: a page for petitioners, whose head leads to nothing of the officials'.
	Public bool
}

// part is a part of the site, under the address /At.
type part struct {
	At   string
	Name policy.Text
	For  []casefile.Role // nobody named: everybody who is signed in
}

// parts are what the head of each page leads to.
var parts = []part{
	{"desk", policy.Text{Chinese: "待办", English: "Desk"}, nil},
	{"board", policy.Text{Chinese: "看板", English: "Board"}, []casefile.Role{casefile.Registrar, casefile.Supervisor, casefile.Inspector, casefile.Leader, casefile.Auditor}},
	{"cases/new", policy.Text{Chinese: "登记", English: "Register"}, []casefile.Role{casefile.Registrar, casefile.Supervisor, casefile.Officer}},
	{"cases", policy.Text{Chinese: "事项", English: "Cases"}, nil},
	{"supervision", policy.Text{Chinese: "督查", English: "Supervision"}, []casefile.Role{casefile.Supervisor, casefile.Inspector, casefile.Auditor}},
	{"campaigns", policy.Text{Chinese: "会战", English: "Campaigns"}, []casefile.Role{casefile.Registrar, casefile.Supervisor, casefile.Inspector, casefile.Leader, casefile.Auditor}},
	{"receptions", policy.Text{Chinese: "接待日", English: "Receptions"}, []casefile.Role{casefile.Registrar, casefile.Supervisor, casefile.Inspector, casefile.Leader, casefile.Auditor}},
	{"targets", policy.Text{Chinese: "责任状", English: "Targets"}, []casefile.Role{casefile.Supervisor, casefile.Leader, casefile.Officer, casefile.Auditor}},
	{"figures", policy.Text{Chinese: "统计", English: "Figures"}, []casefile.Role{casefile.Supervisor, casefile.Inspector, casefile.Leader, casefile.Auditor}},
	{"admin", policy.Text{Chinese: "管理", English: "Admin"}, administrators()},
}

// Nav lists the parts of the site that are for the reader.
func (p page) Nav() []part {
	return slices.DeleteFunc(slices.Clone(parts), func(part part) bool { return len(part.For) > 0 && !slices.Contains(part.For, p.Who.Role) })
}

// Many reports whether there are more parts than a telephone shows beside each other.
func (p page) Many() bool { return len(p.Nav()) > 4 }

// Part is the part of the site that the page belongs to; nil where it is none that the
// head leads to.
func (p page) Part() *part {
	for _, part := range p.Nav() {
		if part.At == p.At {
			return &part
		}
	}
	return nil
}

func (s *console) page(r *http.Request, title string) page {
	p := page{Lang: langOf(r), Title: title, Who: visitorOf(r), Trial: s.Trial, Today: calendar.DateOf(s.Clock.Now())}
	if (r.Method == http.MethodGet || r.Method == http.MethodHead) && len(r.URL.RequestURI()) <= longestAddress {
		p.Back = r.URL.RequestURI()
	}
	if _, ok := typedAgain(r); ok {
		p.Back, p.Done = "", p.Lang.signedInAgain()
	}
	return p
}

// show writes a page. It is drawn whole first, so that half of one is never sent.
func (s *console) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	l := langOf(r)
	var b bytes.Buffer
	if err := s.pages[l].byName[name].Execute(&b, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", l.tag())
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b.Bytes()) // a reader who has gone is no error of ours
	}
	return nil
}

//go:embed assets
var assetFiles embed.FS

// assets are files that never change under their address: it has their hash.
type assets struct {
	content map[string][]byte // by hashed name
	hashed  map[string]string
}

func loadAssets() (assets, error) {
	a := assets{map[string][]byte{}, map[string]string{}}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return a, fmt.Errorf("list assets: %w", err)
	}
	for _, e := range entries {
		b, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return a, fmt.Errorf("read asset: %w", err)
		}
		sum := sha256.Sum256(b)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.content[name], a.hashed[e.Name()] = b, name
	}
	return a, nil
}

// address is where an asset lies.
func (a assets) address(name string) (string, error) {
	hashed, ok := a.hashed[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return "/assets/" + hashed, nil
}

func (s *console) getAsset(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "name")
	b, ok := s.assets.content[name]
	if !ok {
		return errNoPage
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	_, _ = w.Write(b)
	return nil
}
