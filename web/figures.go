package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// figures are the API's numbers of a span.
type figures struct {
	From        calendar.Date `json:"from"`
	Until       calendar.Date `json:"until"`
	AsOf        calendar.Date `json:"as_of"`
	Lamps       []lampPoint   `json:"lamps"`
	Open        openFigures   `json:"open"`
	Punctuality []ruleKept    `json:"punctuality"`
	Petitions   struct {
		Before struct {
			From  calendar.Date `json:"from"`
			Until calendar.Date `json:"until"`
		} `json:"before"`
		Kinds []petitionKind `json:"kinds"`
	} `json:"petitions"`
	Satisfaction []satisfied `json:"satisfaction"`
}

type lampSum struct {
	Green  int64 `json:"green"`
	Yellow int64 `json:"yellow"`
	Red    int64 `json:"red"`
}

func (l lampSum) Sum() int64 { return l.Green + l.Yellow + l.Red }

type lampPoint struct {
	Day calendar.Date `json:"day"`
	lampSum
}

type openFigures struct {
	Stages []struct {
		Stage casefile.Stage `json:"stage"`
		lampSum
	} `json:"stages"`
	Ages []struct {
		From int  `json:"from_days"`
		To   *int `json:"to_days"`
		lampSum
	} `json:"ages"`
}

// kept is how terms were kept; Share is nil where there were none.
type kept struct {
	OnTime  int64                `json:"on_time"`
	Late    int64                `json:"late"`
	Running int64                `json:"running_late"`
	Judged  int64                `json:"judged"`
	Share   *casefile.Hundredths `json:"share"`
}

type ruleKept struct {
	Rule   string        `json:"rule"`
	Name   string        `json:"name"`
	Source string        `json:"source"`
	Whose  policy.Bearer `json:"whose"`
	kept
	Units []struct {
		Unit string `json:"unit"`
		Name string `json:"name"`
		kept
	} `json:"units"`
}

type petitionKind struct {
	Channel string               `json:"channel"`
	Purpose string               `json:"purpose"`
	Units   []casefile.CountUnit `json:"units"`
	Now     petitionSum          `json:"now"`
	Before  petitionSum          `json:"before"`
}

type petitionSum struct {
	Registered        int64 `json:"registered"`
	RegisteredPersons int64 `json:"registered_persons"`
	Closed            int64 `json:"closed"`
	ClosedPersons     int64 `json:"closed_persons"`
	Settled           kept  `json:"settled"`
}

func (s petitionSum) add(o petitionSum) petitionSum {
	p := casefile.Punctuality{OnTime: s.Settled.OnTime + o.Settled.OnTime, Late: s.Settled.Late + o.Settled.Late, Running: s.Settled.Running + o.Settled.Running}
	k := kept{OnTime: p.OnTime, Late: p.Late, Running: p.Running, Judged: p.Judged()}
	if share, ok := p.Share(); ok {
		k.Share = &share
	}
	return petitionSum{s.Registered + o.Registered, s.RegisteredPersons + o.RegisteredPersons, s.Closed + o.Closed, s.ClosedPersons + o.ClosedPersons, k}
}

// in says how many were registered and closed, in one of the units that the channel has.
func (s petitionSum) in(u casefile.CountUnit) (registered, closed int64) {
	if u == casefile.Persons {
		return s.RegisteredPersons, s.ClosedPersons
	}
	return s.Registered, s.Closed
}

type satisfied struct {
	Whose        policy.Bearer        `json:"whose"`
	Unit         string               `json:"unit"`
	Name         string               `json:"name"`
	Satisfied    int64                `json:"satisfied"`
	Basically    int64                `json:"basically_satisfied"`
	Dissatisfied int64                `json:"dissatisfied"`
	Rated        int64                `json:"rated"`
	Share        *casefile.Hundredths `json:"share"`
}

type figuresPage struct {
	page
	Figures     figures
	From, Until string // as they were asked for
	Filters     []field
	Spans       []link
	Narrow      bool
	Fields      []fieldProblem
	Empty       bool // nothing was ever counted
	Lamps       areas
	Stages      bars
	Ages        bars
	Bearers     []bars // the rules of each kind of bearer
	Rule        string // whose units are shown
	Units       bars
	Channels    bars
	Ratings     []bars
	MoreUnits   string // address of the units that come after; empty: none do
	MoreRatings string
	Tables      map[string]table
}

// figureLines is how many units a chart has, with its table; their files have all.
const figureLines = 40

// figureNames are the parameters that figures pass on to the API; rule is the page's own.
var figureNames = []string{"from", "until", "unit", "origin"}

// asked reads the address of figures: what the API is asked for, and what else belongs to
// the page's address.
func asked(query url.Values) (api, all url.Values) {
	api, all = url.Values{}, url.Values{}
	for _, name := range append([]string{"rule"}, figureNames...) {
		if v := query.Get(name); v != "" {
			all.Set(name, v)
			if name != "rule" {
				api.Set(name, v)
			}
		}
	}
	return api, all
}

// getFigures shows what is counted of the cases, and how it came about over time.
func (s *console) getFigures(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := figuresPage{page: s.page(r, by.lang.t("统计", "Figures")), From: query.Get("from"), Until: query.Get("until")}
	p.At = "figures"
	api, all := asked(query)
	status := http.StatusOK
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	if p.Figures, err = s.figures(by, words, api, query.Get("rule")); err != nil {
		refused, ok := invalid(err)
		if !ok {
			return err
		}
		p.Fields, status = refused.Fields, refused.Status
	} else {
		p.From, p.Until = p.Figures.From.String(), p.Figures.Until.String()
		units, ratings := p.cut(query)
		p.draw(words, query.Get("rule"), all)
		p.MoreUnits, p.MoreRatings = further(all, "units", offset(query, "units"), units[p.Rule]), further(all, "ratings", offset(query, "ratings"), ratings)
	}
	p.Narrow = len(all) > 0
	p.Filters = []field{
		words.filterAmong("unit", words.t("单位", "Unit"), query, among("/units")),
		words.filter("origin", words.t("来源", "Origin"), query, words.choices(words.rules.Origins)...),
		words.filter("rule", words.t("分单位的期限", "Time limit by unit"), query, words.ruleChoices()...),
	}
	p.Filters[2].Value = cmp.Or(p.Filters[2].Value, p.Rule)
	if err := s.offerAll(by, p.Filters); err != nil {
		return err
	}
	p.Fields = words.clarified(p.Fields, p.Filters)
	p.Spans = words.spans(p.Today, all)
	return s.show(w, r, status, "figures", p)
}

// usualRule is the one whose units are shown unless another is asked for.
const usualRule = "HANDLE"

// figures asks for the figures with the units of one rule: those of all are thousands.
func (s *console) figures(by caller, w wording, ask url.Values, rule string) (f figures, err error) {
	of := maps.Clone(ask)
	if of == nil {
		of = url.Values{}
	}
	known := cmp.Or(rule, usualRule)
	if _, ok := w.rules.Clock(known); ok {
		of.Set("units_of", known)
	}
	err = s.api.get(by, "/figures?"+of.Encode(), &f)
	if others := f.Punctuality; err == nil && rule == "" && len(others) > 0 && !slices.ContainsFunc(others, func(r ruleKept) bool { return r.Rule == usualRule }) {
		of.Set("units_of", others[0].Rule)
		f = figures{}
		err = s.api.get(by, "/figures?"+of.Encode(), &f)
	}
	return f, err
}

// cut leaves of the units what the page shows, and says how many there were, by rule, and
// how many were rated.
func (p *figuresPage) cut(query url.Values) (units map[string]int, ratings int) {
	units = map[string]int{}
	from := offset(query, "units")
	for i, r := range p.Figures.Punctuality {
		units[r.Rule] = len(r.Units)
		p.Figures.Punctuality[i].Units = r.Units[min(from, len(r.Units)):min(from+figureLines, len(r.Units))]
	}
	ratings, from = len(p.Figures.Satisfaction), offset(query, "ratings")
	p.Figures.Satisfaction = p.Figures.Satisfaction[min(from, ratings):min(from+figureLines, ratings)]
	return units, ratings
}

// further is the address of what comes after in a part of the page.
func further(all url.Values, part string, from, total int) string {
	if from+figureLines >= total {
		return ""
	}
	next := maps.Clone(all)
	next.Set(part, itoa(from+figureLines))
	return "/figures?" + next.Encode() + "#" + part + "-chart"
}

// getFigureFile sends one of the page's tables as a file.
func (s *console) getFigureFile(w http.ResponseWriter, r *http.Request) error {
	by := callerOf(r)
	api, all := asked(r.URL.Query())
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	id := chi.URLParam(r, "table")
	var p figuresPage
	if t, ok := (work{}).tables(words)[id]; ok { // of the report
		var done work
		if err := s.api.get(by, "/figures/work?"+api.Encode(), &done); err != nil {
			return err
		}
		return writeCSV(w, "shuangze-"+id+"-"+done.From.String()+"-"+done.AsOf.String(), done.tables(words)[t.ID])
	}
	if p.Figures, err = s.figures(by, words, api, r.URL.Query().Get("rule")); err != nil {
		return err
	}
	p.draw(words, r.URL.Query().Get("rule"), all)
	t, ok := p.Tables[id]
	if !ok {
		return errNoPage
	}
	return writeCSV(w, "shuangze-"+id+"-"+p.Figures.From.String()+"-"+p.Figures.AsOf.String(), t)
}

func (w wording) choices(list []policy.Code) (all []choice) {
	for _, c := range list {
		all = append(all, choice{c.ID, w.of(c.Name)})
	}
	return all
}

func (w wording) ruleChoices() (all []choice) {
	for _, k := range w.rules.Clocks {
		all = append(all, choice{k.ID, w.bearer(k.Bearer) + w.t("：", ": ") + w.of(k.Name)})
	}
	slices.SortStableFunc(all, func(a, b choice) int { return cmp.Compare(w.bearerOf(a.Value), w.bearerOf(b.Value)) })
	return all
}

// bearers are the kinds of bearers, in the order in which their rules are shown.
var bearers = []policy.Bearer{policy.OfUnit, policy.OfLeader, policy.OfPetitionOffice, policy.OfSupervisionOffice, policy.OfReviewer, policy.OfAddressee}

func (w wording) bearerOf(rule string) int {
	k, _ := w.rules.Clock(rule)
	return slices.Index(bearers, k.Bearer)
}

func (l lang) bearer(b policy.Bearer) string { return l.of(casefile.BearerName(b)) }

// counted is what a number of petitions is in.
func (l lang) counted(u casefile.CountUnit) string { return l.of(u.Name()) }

// short writes a day where there is little room.
func (l lang) short(d calendar.Date) string {
	if l == english {
		return strconv.Itoa(d.Day) + " " + d.Month.String()[:3]
	}
	return strconv.Itoa(int(d.Month)) + "月" + strconv.Itoa(d.Day) + "日"
}

// spans are the periods that people ask for most.
func (w wording) spans(today calendar.Date, all url.Values) []link {
	month := calendar.Date{Year: today.Year, Month: today.Month, Day: 1}
	year := calendar.Date{Year: today.Year, Month: 1, Day: 1}
	last := calendar.Date{Year: today.Year - 1, Month: 1, Day: 1}
	to := func(from, until calendar.Date) string {
		q := url.Values{}
		for _, name := range []string{"unit", "origin", "rule"} {
			if v := all.Get(name); v != "" {
				q.Set(name, v)
			}
		}
		q.Set("from", from.String())
		q.Set("until", until.String())
		return "/figures?" + q.Encode()
	}
	return []link{
		{to(month, today), w.t("本月", "this month")},
		{to(year, today), w.t("今年", "this year")},
		{to(last, year.AddDays(-1)), w.t("去年全年", "last year")},
	}
}

func perCent(h *casefile.Hundredths) string {
	if h == nil {
		return "—"
	}
	return h.String() + "%"
}

// changed writes by how much a number has changed against the year before.
func changed(now, before int64) string {
	tenths, ok := casefile.Change(now, before)
	switch {
	case !ok:
		return "—"
	case tenths == 0:
		return "0%"
	}
	sign := "+"
	if tenths < 0 {
		sign, tenths = "-", -tenths
	}
	return sign + strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10) + "%"
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// draw makes the page's charts and tables, each chart with the table of its numbers.
func (p *figuresPage) draw(w wording, rule string, all url.Values) {
	p.Tables = map[string]table{}
	p.lamps(w, all)
	p.open(w, all)
	p.punctuality(w, rule, all)
	p.petitions(w, all)
	p.satisfaction(w, all)
	p.Empty = len(p.Figures.Punctuality) == 0 && len(p.Figures.Petitions.Kinds) == 0 && p.Lamps.High == 1 && len(p.Lamps.Paths) == 0
}

func (p *figuresPage) keep(t table, all url.Values) {
	t.File = "/figures/files/" + t.ID + ".csv"
	if len(all) > 0 {
		t.File += "?" + all.Encode()
	}
	p.Tables[t.ID] = t
}

func (p *figuresPage) lamps(w wording, all url.Values) {
	points := p.Figures.Lamps
	p.Lamps = lampAreas(points, w.lang)
	p.Lamps.Title = w.t("亮灯变化", "Lamps over time")
	last := points[len(points)-1]
	for i, n := range []int64{last.Green, last.Yellow, last.Red} {
		p.Lamps.Key[i].Label += " " + num(n)
	}
	p.Lamps.About = w.t("未办结事项在每日（期间较长时为每周）结束时的亮灯。", "Open cases by lamp at the end of each day or, of a longer span, of each week. ") +
		w.day(last.Day) + w.t("：", ": ") + p.Lamps.Key[0].Label + w.t("，", ", ") + p.Lamps.Key[1].Label + w.t("，", ", ") + p.Lamps.Key[2].Label
	t := table{ID: "lamps", Title: p.Lamps.Title, Head: []string{w.t("日期", "Day"), w.of(casefile.Green.Name()), w.of(casefile.Yellow.Name()), w.of(casefile.Red.Name()), w.t("合计", "All")}}
	for _, pt := range points {
		t.Rows = append(t.Rows, tableRow{Name: pt.Day.String(), Cells: []string{num(pt.Green), num(pt.Yellow), num(pt.Red), num(pt.Sum())}})
	}
	p.keep(t, all)
}

func (w wording) lampLine(label string, l lampSum, whole int64) barLine {
	value := num(l.Sum())
	if l.Yellow > 0 {
		value += w.t("，黄灯"+num(l.Yellow), ", "+num(l.Yellow)+" yellow")
	}
	if l.Red > 0 {
		value += w.t("，红灯"+num(l.Red), ", "+num(l.Red)+" red")
	}
	return barOf(label, value, whole,
		amount{"fill-red", w.of(casefile.Red.Name()), l.Red}, amount{"fill-yellow", w.of(casefile.Yellow.Name()), l.Yellow}, amount{"fill-green", w.of(casefile.Green.Name()), l.Green})
}

func (p *figuresPage) open(w wording, all url.Values) {
	head := []string{w.of(casefile.Green.Name()), w.of(casefile.Yellow.Name()), w.of(casefile.Red.Name()), w.t("合计", "All")}
	cells := func(l lampSum) []string { return []string{num(l.Green), num(l.Yellow), num(l.Red), num(l.Sum())} }
	p.Stages = bars{ID: "stages", Title: w.t("目前环节", "Stages now"), Key: lampKey(w.lang)}
	p.Ages = bars{ID: "ages", Title: w.t("在办时长", "Age of open cases"), Key: lampKey(w.lang), About: w.t("从收到信访事项之日起算。", "From the day of receipt.")}
	stages := table{ID: "stages", Title: p.Stages.Title, Head: append([]string{w.t("环节", "Stage")}, head...)}
	ages := table{ID: "ages", Title: p.Ages.Title, Head: append([]string{w.t("时长", "Age")}, head...)}
	var whole int64
	for _, s := range p.Figures.Open.Stages {
		whole = max(whole, s.Sum())
	}
	for _, s := range p.Figures.Open.Stages {
		name := w.of(s.Stage.Name())
		p.Stages.Lines = append(p.Stages.Lines, w.lampLine(name, s.lampSum, whole))
		stages.Rows = append(stages.Rows, tableRow{Name: name, Cells: cells(s.lampSum)})
	}
	whole = 0
	for _, a := range p.Figures.Open.Ages {
		whole = max(whole, a.Sum())
	}
	for _, a := range p.Figures.Open.Ages {
		name := w.t("超过"+strconv.Itoa(a.From-1)+"天", "over "+strconv.Itoa(a.From-1)+" days")
		if a.To != nil {
			name = strconv.Itoa(a.From) + w.t("至", "–") + strconv.Itoa(*a.To) + w.t("天", " days")
		}
		p.Ages.Lines = append(p.Ages.Lines, w.lampLine(name, a.lampSum, whole))
		ages.Rows = append(ages.Rows, tableRow{Name: name, Cells: cells(a.lampSum)})
	}
	p.keep(stages, all)
	p.keep(ages, all)
}

func (w wording) keptKey() []keyed {
	return []keyed{{"green", w.t("按期", "on time")}, {"yellow", w.t("逾期完成或终止", "late, over since")}, {"red", w.t("逾期未完成", "late, still running")}}
}

func (w wording) keptHead(first ...string) []string {
	return append(first, w.t("按期", "On time"), w.t("逾期完成或终止", "Late, over"), w.t("逾期未完成", "Running late"), w.t("合计", "Judged"), w.t("按期率", "Share on time"))
}

func keptCells(k kept) []string {
	return []string{num(k.OnTime), num(k.Late), num(k.Running), num(k.Judged), perCent(k.Share)}
}

// keptLine is a bar of which the whole are the terms that were judged: it shows the share,
// never how many there were.
func (w wording) keptLine(label string, k kept) barLine {
	value := perCent(k.Share) + w.t("（", " (") + num(k.OnTime) + "/" + num(k.Judged) + w.t("）", ")")
	if k.Running > 0 {
		value += w.t("，"+num(k.Running)+"项未完成", ", "+num(k.Running)+" running")
	}
	return barOf(label, value, k.Judged,
		amount{"fill-green", w.t("按期", "on time"), k.OnTime}, amount{"fill-yellow", w.t("逾期完成或终止", "late, over since"), k.Late}, amount{"fill-red", w.t("逾期未完成", "late, still running"), k.Running})
}

// punctuality shows each rule by itself, the rules of one kind of bearer together, and the
// units of the rule that is asked for.
func (p *figuresPage) punctuality(w wording, rule string, all url.Values) {
	rules := table{ID: "rules", Title: w.t("各项期限的按期率", "Punctuality by time limit"), Head: w.keptHead(w.t("期限", "Time limit"), w.t("承担者", "Borne by"), w.t("依据", "Source"))}
	units := table{ID: "units", Title: w.t("各单位的按期率", "Punctuality by unit"), Head: w.keptHead(w.t("单位", "Unit"), w.t("期限", "Time limit"))}
	found := p.Figures.Punctuality
	p.Rule = rule
	if rule == "" {
		p.Rule = usualRule
		if !slices.ContainsFunc(found, func(r ruleKept) bool { return r.Rule == p.Rule }) && len(found) > 0 {
			p.Rule = found[0].Rule
		}
	}
	for _, b := range bearers {
		chart := bars{ID: "rules-" + string(b), Title: w.bearer(b), Key: w.keptKey()}
		for _, r := range found {
			if r.Whose == b {
				chart.Lines = append(chart.Lines, w.keptLine(r.Name, r.kept))
				rules.Rows = append(rules.Rows, tableRow{Name: r.Name, Words: 2, Cells: append([]string{w.bearer(b), r.Source}, keptCells(r.kept)...)})
			}
		}
		if len(chart.Lines) > 0 {
			p.Bearers = append(p.Bearers, chart)
		}
	}
	for _, r := range found {
		if r.Rule != p.Rule {
			continue
		}
		p.Units = bars{ID: "units", Title: w.bearer(r.Whose) + w.t("：", ": ") + r.Name, Key: w.keptKey(), About: w.t("按名录顺序排列，不排名。", "In the directory's order; no ranking.")}
		for _, u := range r.Units {
			p.Units.Lines = append(p.Units.Lines, w.keptLine(cmp.Or(u.Name, u.Unit), u.kept))
			units.Rows = append(units.Rows, tableRow{Name: cmp.Or(u.Name, u.Unit), Words: 1, Cells: append([]string{r.Name}, keptCells(u.kept)...)})
		}
	}
	p.keep(rules, all)
	p.keep(units, all)
}

// petitions shows what came in and was settled, against the year before. Each line has its
// unit, and each pair of bars its own scale: numbers in different units are not compared.
func (p *figuresPage) petitions(w wording, all url.Values) {
	head := []string{
		w.t("计数单位", "Counted in"), w.t("登记", "Registered"), w.t("上年同期", "Year before"), w.t("同比", "Change"), w.t("办结", "Closed"), w.t("上年同期", "Year before"), w.t("同比", "Change"),
		w.t("按期办结率", "Settled on time"), w.t("上年同期", "Year before"),
	}
	p.Channels = bars{ID: "channels", Title: w.t("登记数，与上年同期相比", "Registered, against the year before"), Key: []keyed{{"now", w.t("本期", "this span")}, {"before", w.t("上年同期", "the year before")}}}
	channels := table{ID: "channels", Title: w.t("按信访形式", "By channel"), Head: append([]string{w.t("信访形式", "Channel")}, head...)}
	purposes := table{ID: "purposes", Title: w.t("按信访目的", "By purpose"), Head: append([]string{w.t("信访目的", "Purpose"), w.t("信访形式", "Channel")}, head...)}
	row := func(name string, words []string, u casefile.CountUnit, now, before petitionSum) tableRow {
		in, was := now, before
		r0, c0 := in.in(u)
		r1, c1 := was.in(u)
		onTime, onTimeBefore := perCent(now.Settled.Share), perCent(before.Settled.Share)
		if u == casefile.Persons {
			onTime, onTimeBefore = "", "" // terms are of cases
		}
		return tableRow{Name: name, Words: len(words) + 1, Cells: append(slices.Clone(words), w.counted(u), num(r0), num(r1), changed(r0, r1), num(c0), num(c1), changed(c0, c1), onTime, onTimeBefore)}
	}
	for _, code := range w.rules.Channels {
		var now, before petitionSum
		var units []casefile.CountUnit
		for _, k := range p.Figures.Petitions.Kinds {
			if k.Channel == code.ID {
				now, before, units = now.add(k.Now), before.add(k.Before), k.Units
			}
		}
		name := w.of(code.Name)
		for _, u := range units {
			channels.Rows = append(channels.Rows, row(name, nil, u, now, before))
			r0, _ := now.in(u)
			r1, _ := before.in(u)
			whole := max(r0, r1)
			p.Channels.Lines = append(p.Channels.Lines,
				barOf(name, num(r0)+" "+w.counted(u), whole, amount{"fill-now", w.t("本期", "this span"), r0}),
				barOf(w.t("上年同期", "the year before"), num(r1)+" "+w.counted(u)+w.t("（同比", " (")+changed(r0, r1)+w.t("）", ")"), whole, amount{"fill-before", w.t("上年同期", "the year before"), r1}))
		}
	}
	for _, purpose := range w.rules.Purposes {
		for _, channel := range w.rules.Channels {
			for _, k := range p.Figures.Petitions.Kinds {
				if k.Purpose == purpose.ID && k.Channel == channel.ID {
					for _, u := range k.Units {
						purposes.Rows = append(purposes.Rows, row(w.of(purpose.Name), []string{w.of(channel.Name)}, u, k.Now, k.Before))
					}
				}
			}
		}
	}
	p.keep(channels, all)
	p.keep(purposes, all)
}

// satisfaction shows what was rated, offices and units apart, in the directory's order.
func (p *figuresPage) satisfaction(w wording, all url.Values) {
	t := table{ID: "satisfaction", Title: w.t("群众满意度", "Satisfaction"), Head: []string{
		w.t("单位", "Unit"), w.t("评价对象", "Of whom"), w.t("满意", "Satisfied"), w.t("基本满意", "Basically satisfied"), w.t("不满意", "Dissatisfied"), w.t("评价数", "Rated"), w.t("满意率", "Share content"),
	}}
	for _, b := range []policy.Bearer{policy.OfPetitionOffice, policy.OfUnit} {
		chart := bars{ID: "satisfaction-" + string(b), Title: w.bearer(b), Key: []keyed{{"green", w.t("满意", "satisfied")}, {"yellow", w.t("基本满意", "basically satisfied")}, {"red", w.t("不满意", "dissatisfied")}}}
		for _, s := range p.Figures.Satisfaction {
			if s.Whose != b {
				continue
			}
			name := cmp.Or(s.Name, s.Unit)
			chart.Lines = append(chart.Lines, barOf(name, perCent(s.Share)+w.t("（", " (")+num(s.Rated)+w.t("件评价）", " rated)"), s.Rated,
				amount{"fill-green", w.t("满意", "satisfied"), s.Satisfied}, amount{"fill-yellow", w.t("基本满意", "basically satisfied"), s.Basically}, amount{"fill-red", w.t("不满意", "dissatisfied"), s.Dissatisfied}))
			t.Rows = append(t.Rows, tableRow{Name: name, Words: 1, Cells: []string{w.bearer(b), num(s.Satisfied), num(s.Basically), num(s.Dissatisfied), num(s.Rated), perCent(s.Share)}})
		}
		if len(chart.Lines) > 0 {
			p.Ratings = append(p.Ratings, chart)
		}
	}
	p.keep(t, all)
}
