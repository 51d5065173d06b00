package web

import (
	"cmp"
	"strings"

	"shuangze/calendar"
	"shuangze/casefile"
)

// work is what came in and what was done in a span, as the API counts it.
type work struct {
	From       calendar.Date `json:"from"`
	AsOf       calendar.Date `json:"as_of"`
	Categories []struct {
		Category string            `json:"category"`
		Cases    casefile.Compared `json:"cases"`
	} `json:"categories"`
	Units      []unitCount       `json:"units"`
	Accused    []unitCount       `json:"accused"`
	Repeated   casefile.Compared `json:"repeated"`
	Collective struct {
		Groups  casefile.Compared `json:"groups"`
		Persons casefile.Compared `json:"persons"`
	} `json:"collective"`
	Measures []struct {
		Kind  casefile.EventKind `json:"kind"`
		Name  string             `json:"name"`
		Times casefile.Compared  `json:"times"`
		Cases casefile.Compared  `json:"cases"`
	} `json:"measures"`
	Suggestions []struct {
		Name    string            `json:"name"`
		Made    casefile.Compared `json:"made"`
		Adopted casefile.Compared `json:"adopted"`
		Partly  casefile.Compared `json:"partly_adopted"`
		Not     casefile.Compared `json:"not_adopted"`
	} `json:"suggestions"`
	Meetings []struct {
		Meeting   string            `json:"meeting"`
		Submitted casefile.Compared `json:"submitted"`
		Decided   casefile.Compared `json:"decided"`
	} `json:"meetings"`
	Money casefile.Compared `json:"money"`
}

type unitCount struct {
	Unit  string            `json:"unit"`
	Name  string            `json:"name"`
	Cases casefile.Compared `json:"cases"`
}

// tables are what the report shows of the work, by their ids.
func (k work) tables(w wording) map[string]table {
	before, change := w.t("上年同期", "Year before"), w.t("同比", "Change")
	cells := func(n casefile.Compared) []string {
		return []string{num(n.Now), num(n.Before), changed(n.Now, n.Before)}
	}
	cases := []string{w.t("登记（件）", "Cases registered"), before, change}
	all := map[string]table{}
	add := func(id, title, first string, head []string, rows []tableRow) {
		all[id] = table{ID: id, Title: title, Head: append([]string{first}, head...), Rows: rows}
	}
	var rows []tableRow
	for _, c := range k.Categories {
		rows = append(rows, tableRow{Name: w.category(c.Category), Cells: cells(c.Cases)})
	}
	add("categories", w.t("涉及领域", "What they are about"), w.t("领域", "Field"), cases, rows)
	for _, list := range []struct {
		id, title string
		units     []unitCount
	}{
		{"matters", w.t("涉及较多的责任单位", "Units most often responsible"), k.Units},
		{"accused", w.t("被检举控告的单位", "Units accused"), k.Accused},
	} {
		rows = nil
		for _, u := range list.units {
			rows = append(rows, tableRow{Name: cmp.Or(u.Name, u.Unit), Cells: cells(u.Cases)})
		}
		add(list.id, list.title, w.t("单位", "Unit"), cases, rows)
	}
	rows = nil
	for _, m := range k.Measures {
		rows = append(rows, tableRow{Name: m.Name, Cells: append(cells(m.Times), cells(m.Cases)...)})
	}
	add("measures", w.t("转送、交办和督办", "Forwarded, commissioned, supervised"), w.t("措施", "Measure"),
		[]string{w.t("次数", "Times"), before, change, w.t("涉及件数", "Cases"), before, change}, rows)
	rows = nil
	for _, s := range k.Suggestions {
		rows = append(rows, tableRow{Name: s.Name, Cells: append(cells(s.Made), num(s.Adopted.Now), num(s.Partly.Now), num(s.Not.Now))})
	}
	add("suggestions", w.t("三项建议", "The three suggestions"), w.t("建议", "Suggestion"),
		[]string{w.t("提出", "Made"), before, change, w.t("采纳", "Adopted"), w.t("部分采纳", "In part"), w.t("未采纳", "Not adopted")}, rows)
	rows = nil
	for _, m := range k.Meetings {
		rows = append(rows, tableRow{Name: w.code(w.rules.Meetings, m.Meeting), Cells: append(cells(m.Submitted), cells(m.Decided)...)})
	}
	add("meetings", w.t("集体研究", "Submitted for decision"), w.t("会议", "Meeting"),
		[]string{w.t("提请（次）", "Submitted"), before, change, w.t("作出决定（次）", "Decided"), before, change}, rows)
	return all
}

// came tells of collective visits and of matters that were raised before.
func (k work) came(w wording) (sentences []string) {
	if groups, persons := k.Collective.Groups, k.Collective.Persons; groups.Some() {
		sentences = append(sentences, w.t("其中集体来访：", "Collective visits among them: ")+w.compared(groups.Now, groups.Before, casefile.Groups)+w.t("；", "; ")+
			w.compared(persons.Now, persons.Before, casefile.Persons)+w.t("。", "."))
	}
	if k.Repeated.Some() {
		sentences = append(sentences, w.t("其中重复信访事项："+num(k.Repeated.Now)+"件，上年同期"+num(k.Repeated.Before)+"件。",
			"Raised before: "+num(k.Repeated.Now)+", "+num(k.Repeated.Before)+" the year before."))
	}
	return sentences
}

// done tells what was forwarded, commissioned and supervised.
func (k work) done(w wording) string {
	var all []string
	for _, m := range k.Measures {
		if m.Times.Now > 0 {
			all = append(all, w.t(m.Name+num(m.Times.Now)+"次、涉及"+num(m.Cases.Now)+"件", m.Name+" "+num(m.Times.Now)+" "+plural(int(m.Times.Now), "time", "times")+" of "+num(m.Cases.Now)+" "+plural(int(m.Cases.Now), "case", "cases")))
		}
	}
	if len(all) == 0 {
		return w.t("本年没有转送、交办和督办。", "Nothing was forwarded, commissioned or supervised in the year.")
	}
	return strings.Join(all, w.t("；", "; ")) + w.t("。", ".")
}

// suggested tells what was suggested and what became of it.
func (k work) suggested(w wording) string {
	var made, adopted, partly, not casefile.Compared
	for _, s := range k.Suggestions {
		made, adopted, partly, not = made.Add(s.Made), adopted.Add(s.Adopted), partly.Add(s.Partly), not.Add(s.Not)
	}
	answered := adopted.Now + partly.Now + not.Now
	if made.Now == 0 && answered == 0 {
		return w.t("本年没有提出建议，也没有收到反馈。", "Nothing was suggested in the year, nor answered.")
	}
	return w.t(
		"提出改进工作、完善政策、追究责任的建议"+num(made.Now)+"项（上年同期"+num(made.Before)+"项）；收到反馈"+num(answered)+"项，其中采纳"+num(adopted.Now)+"项、部分采纳"+num(partly.Now)+"项、未采纳"+num(not.Now)+"项。",
		num(made.Now)+" made ("+num(made.Before)+" the year before); "+num(answered)+" answered: "+num(adopted.Now)+" adopted, "+num(partly.Now)+" in part, "+num(not.Now)+" not.")
}

// met tells what meetings decided.
func (k work) met(w wording) string {
	var submitted, decided casefile.Compared
	for _, m := range k.Meetings {
		submitted, decided = submitted.Add(m.Submitted), decided.Add(m.Decided)
	}
	if submitted.Now == 0 && decided.Now == 0 {
		return w.t("本年没有提请集体研究。", "Nothing was submitted for collective decision in the year.")
	}
	return w.t(
		"提请集体研究"+num(submitted.Now)+"次，作出决定"+num(decided.Now)+"次，落实资金"+num(k.Money.Now)+"元（上年同期"+num(k.Money.Before)+"元）。",
		"Submitted "+num(submitted.Now)+" "+plural(int(submitted.Now), "time", "times")+", decided "+num(decided.Now)+" "+plural(int(decided.Now), "time", "times")+", with "+num(k.Money.Now)+" yuan ("+num(k.Money.Before)+" the year before).")
}
