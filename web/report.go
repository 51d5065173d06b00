package web

import (
	"net/http"
	"net/url"
	"strconv"

	"shuangze/casefile"
)

// reportPage is the yearly report (条例 41), to be printed: the year's figures in sentences
// and tables.
type reportPage struct {
	figuresPage
	Year     int
	Over     bool // the year is
	Came     []string
	Taken    string // forwarded, commissioned, supervised
	Made     string // suggestions
	Met      string // decisions of meetings
	More     int    // units responsible that are not shown
	Open     string
	Duties   []borne
	Before   string // address of the year before's report
	UnitName string
}

// borne is what the report says of one kind of bearers.
type borne struct {
	Bearer    string
	Sentences []string
}

// mostComplained is how many units the report names as those complained of most; the files
// have all.
const mostComplained = 10

// firstReport is the earliest year that a report can be asked for.
const firstReport = 2000

// getReport shows a year's report, of all that the reader may know of or of one unit.
func (s *console) getReport(w http.ResponseWriter, r *http.Request) error {
	by, query := callerOf(r), r.URL.Query()
	p := reportPage{figuresPage: figuresPage{page: s.page(r, "")}, Year: 0}
	p.At = "figures"
	p.Year = p.Today.Year
	if typed := query.Get("year"); typed != "" {
		year, err := strconv.Atoi(typed)
		if err != nil || year < firstReport || year > p.Today.Year {
			return errNoPage
		}
		p.Year = year
	}
	p.Over = p.Year < p.Today.Year
	year := strconv.Itoa(p.Year)
	p.Title = by.lang.t(year+"年信访工作报告", "Report on petition work in "+year)
	words, err := s.wording(by)
	if err != nil {
		return err
	}
	ask := url.Values{"from": {year + "-01-01"}, "until": {year + "-12-31"}}
	before := url.Values{"year": {strconv.Itoa(p.Year - 1)}}
	if unit := query.Get("unit"); unit != "" {
		ask.Set("unit", unit)
		before.Set("unit", unit)
		p.UnitName = words.Name(unit)
	}
	if p.Figures, err = s.figures(by, words, ask, usualRule); err != nil { // the report has the sums alone
		return err
	}
	var done work
	if err := s.api.get(by, "/figures/work?"+ask.Encode(), &done); err != nil {
		return err
	}
	p.Before = "/figures/report?" + before.Encode()
	p.draw(words, "", ask)
	p.tell(words)
	p.Came = append(p.Came, done.came(words)...)
	p.Taken, p.Made, p.Met = done.done(words), done.suggested(words), done.met(words)
	for id, t := range done.tables(words) {
		switch {
		case id == "matters" || id == "accused":
			p.More += max(len(t.Rows)-mostComplained, 0)
			t.Rows = t.Rows[:min(len(t.Rows), mostComplained)]
		case t.Blank(): // the sentence says it
			t.Rows = nil
		}
		p.keep(t, ask)
	}
	return s.show(w, r, http.StatusOK, "report", p)
}

// tell puts the year's figures into sentences.
func (p *reportPage) tell(w wording) {
	for _, code := range w.rules.Channels {
		var now, before petitionSum
		var units []casefile.CountUnit
		for _, k := range p.Figures.Petitions.Kinds {
			if k.Channel == code.ID {
				now, before, units = now.add(k.Now), before.add(k.Before), k.Units
			}
		}
		for _, u := range units {
			registered, closed := now.in(u)
			was, wasClosed := before.in(u)
			p.Came = append(p.Came, w.t(
				w.of(code.Name)+"：登记"+w.compared(registered, was, u)+"；办结"+w.compared(closed, wasClosed, u)+"。",
				w.of(code.Name)+": registered "+w.compared(registered, was, u)+"; closed "+w.compared(closed, wasClosed, u)+"."))
		}
	}
	last := p.Figures.Lamps[len(p.Figures.Lamps)-1]
	p.Open = w.t("未办结"+num(last.Sum())+"件，其中绿灯"+num(last.Green)+"件、黄灯"+num(last.Yellow)+"件、红灯"+num(last.Red)+"件。",
		num(last.Sum())+" cases were open: "+num(last.Green)+" green, "+num(last.Yellow)+" yellow, "+num(last.Red)+" red.")
	for _, b := range bearers {
		d := borne{Bearer: w.bearer(b)}
		for _, r := range p.Figures.Punctuality {
			if r.Whose == b {
				d.Sentences = append(d.Sentences, w.kept(r))
			}
		}
		if len(d.Sentences) > 0 {
			p.Duties = append(p.Duties, d)
		}
	}
}

// compared says how many there were, and whether that is more or less than the year before.
func (l lang) compared(now, before int64, u casefile.CountUnit) string {
	said := num(now) + l.t("", " ") + l.counted(u)
	if l == english && now == 1 {
		said = "1 " + string(u)
	}
	tenths, ok := casefile.Change(now, before)
	switch {
	case !ok:
		return said + l.t("（上年同期无）", " (none the year before)")
	case tenths == 0 && now == before:
		return said + l.t("，与上年同期持平", ", as many as the year before")
	}
	was := l.t("，比上年同期的"+num(before)+l.counted(u), ", against "+num(before)+" the year before, ")
	by := num(max(tenths, -tenths)/10) + "." + num(max(tenths, -tenths)%10) + "%"
	if now > before {
		return said + was + l.t("增加", "up ") + by
	}
	return said + was + l.t("减少", "down ") + by
}

// kept says how a rule was kept.
func (w wording) kept(r ruleKept) string {
	return w.t(
		r.Name+"应完成"+num(r.Judged)+"项，按期"+num(r.OnTime)+"项，按期率"+perCent(r.Share)+"；逾期完成或终止"+num(r.Late)+"项，逾期未完成"+num(r.Running)+"项。依据："+r.Source+"。",
		r.Name+": of "+num(r.Judged)+" due, "+num(r.OnTime)+" on time ("+perCent(r.Share)+"), "+num(r.Late)+" late and over since, "+num(r.Running)+" late and still running. Source: "+r.Source+".")
}
