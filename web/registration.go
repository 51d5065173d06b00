package web

import (
	"net/url"
	"strings"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// registrationMaker makes the form's fields in the order in which a clerk asks for them:
// how it came and from whom, what it is, where it goes.
type registrationMaker struct {
	formMaker
	typed   url.Values
	today   calendar.Date
	days    []choice // reception days
	running []choice // campaigns
}

// value is what was typed or, in a form that is still empty, the default.
func (b registrationMaker) value(name, usual string) string {
	if b.typed.Has(name) || b.typed.Has("draft") {
		return b.typed.Get(name)
	}
	return usual
}

func (b registrationMaker) ask(control, name, label, hint string) placed {
	fields, _ := casefile.Fields(casefile.Register)
	f := field{ID: strings.ReplaceAll(name, ".", "-"), Name: name, Label: label, Hint: hint, Control: control, Value: b.value(name, "")}
	for _, known := range fields {
		f.Required = f.Required || known.Name == name && known.Required
	}
	return placed{Field: f, Size: "whole"}
}

// of gives a field something to choose from.
func (p placed) of(groups ...group) placed {
	p.Field.Groups = groups
	return p
}

// among gives it somebody or a unit of the directory to choose.
func (p placed) among(all string) placed {
	p.Field.Among = all
	return p
}

func (p placed) usual(b registrationMaker, value string) placed {
	p.Field.Value = b.value(p.Field.Name, value)
	return p
}

func (p placed) half() placed { p.Size = "half"; return p }

func (p placed) third() placed { p.Size = "third"; return p }

// must says that a field is needed where it applies.
func (p placed) must() placed { p.Field.Required = true; return p }

// inRow lets the choices stand beside each other.
func (p placed) inRow() placed { p.Size = "row"; return p }

func (p placed) when(condition string) placed { p.When = condition; return p }

func (p placed) most(characters int) placed { p.Field.Most = characters; return p }

func (b registrationMaker) codes(list []policy.Code) (g group) {
	for _, c := range list {
		g.Choices = append(g.Choices, choice{c.ID, b.of(c.Name)})
	}
	return g
}

func (b registrationMaker) who() formPart {
	people := b.rules.People
	channels := b.codes(b.rules.Channels)
	if b.by.who.Role == casefile.Officer { // reception days are the petition offices'
		for i, c := range channels.Choices {
			if c.Value == "reception" {
				channels.Choices = append(channels.Choices[:i:i], channels.Choices[i+1:]...)
				break
			}
		}
	}
	return formPart{"who", b.t("来源和信访人", "How it came, and from whom"), []placed{
		b.ask("radio", "channel", b.t("信访渠道", "How it came in"), "").of(channels).usual(b, "visit").inRow(),
		b.ask("select", "reception", b.t("接待日", "Reception day"), b.t("领导接访时填写", "If it came on a leader's reception day")).of(group{Choices: b.days}).when("channel=reception").must(),
		b.ask("date", "received_at", b.t("收到日期", "Received on"), "").usual(b, b.today.String()).half(),
		b.ask("number", "headcount", b.t("人数", "Number of persons"), b.t(itoa(people.Collective)+"人以上为集体信访", itoa(people.Collective)+" or more are a collective petition")).usual(b, "1").half().must(),
		b.ask("number", "representatives", b.t("代表人数", "Representatives"), b.t("集体走访应推选代表，不超过"+itoa(people.Representatives)+"人", "Of a collective visit, "+itoa(people.Representatives)+" at most")).when("headcount>=" + itoa(people.Collective)),
		b.ask("radio", "origin", b.t("来源", "Origin"), "").of(b.codes(b.rules.Origins)).usual(b, "petition").inRow(),
		b.ask("line", "reference", b.t("来文编号", "Reference"), b.t("上级交办时填写", "The number of whoever handed it down")).when("origin!=petition"),
		b.ask("line", "petitioner.name", b.t("姓名", "Name"), b.t("不愿具名可不填", "May be left empty")).half(),
		b.ask("line", "petitioner.phone", b.t("电话", "Telephone"), b.t("离开此项即查找此前事项", "Used to look for earlier cases")).half().most(50),
		b.ask("line", "petitioner.identity", b.t("身份证号", "Identity number"), b.t("本人愿意提供时填写，只用于查重；也可填护照、通行证号", "If given, or a passport's or permit's; only to find earlier cases")).half().most(50),
		b.ask("line", "petitioner.address", b.t("住址", "Address"), b.t("书面告知寄往此处", "For written notices")).half().most(300),
	}}
}

func (b registrationMaker) what() formPart {
	purposes, categories := b.codes(b.rules.Purposes), group{}
	for _, c := range b.rules.Categories {
		categories.Choices = append(categories.Choices, choice{c.ID, b.of(c.Name)})
	}
	return formPart{"what", b.t("信访内容", "What it is about"), []placed{
		b.ask("line", "title", b.t("标题", "Title"), b.t("一句话说明诉求，不写信访人姓名", "The matter in one sentence, without the petitioner's name")).most(200),
		b.ask("lines", "text", b.t("信访内容", "The petition"), b.t("请求、事实和理由，如实记录", "What is asked for, the facts and the reasons, as told")),
		b.ask("radio", "purpose", b.t("目的", "Purpose"), "").of(purposes).usual(b, "appeal").inRow(),
		b.ask("select", "category", b.t("内容类别", "Class"), "").of(categories).half(),
		b.ask("select", "route", b.t("办理途径", "Route"), b.t("申诉求决事项；不选即为信访程序", "Of an appeal; left empty: an opinion")).of(b.codes(casefile.Choices(casefile.Register, "route", b.rules))).half().when("purpose=appeal"),
		b.ask("select", "accused_unit", b.t("被检举控告的单位", "Accused unit"), b.t("检举控告事项填写，对其保密", "Of an accusation; kept from them")).among(among("/units")).half().when("purpose=accusation"),
		b.ask("select", "accused_official", b.t("被检举控告的人员", "Accused official"), b.t("检举控告事项填写，对其保密", "Of an accusation; kept from them")).among(amongAll).half().when("purpose=accusation"),
		b.ask("check", "simple", b.t("简易办理", "Simple track"), b.t("初次提出、事实清楚、争议不大的申诉求决", "An appeal raised for the first time, clear and hardly disputed")).when("purpose=appeal"),
		b.ask("check", "urgent", b.t("重大紧急", "Grave and urgent"), b.t("须及时报告党委政府（条例第二十五条）", "To be reported to party committee and government at once")),
		b.ask("moment", "known_at", b.t("获知时间", "When it became known"), b.t("重大紧急事项填写，报告时限由此起算", "Of an urgent matter: the hours for its report count from then")).half().when("urgent=true").must(),
		b.ask("check", "repeated", b.t("重复信访", "Repeated"), b.t("同一事项此前提出过", "Raised before")).third(),
		b.ask("check", "key", b.t("重点事项", "Key matter"), "").third(),
		b.ask("check", "difficult", b.t("难点事项", "Difficult matter"), "").third(),
	}}
}

func (b registrationMaker) where() formPart {
	hint := b.t("有权处理的机关、单位", "Who is competent for it")
	f := b.ask("select", "unit", b.t("责任单位", "Unit responsible"), hint)
	if own := b.units[b.by.who.Unit]; b.by.who.Role == casefile.Officer { // registers what the own unit received
		f = f.of(group{Choices: []choice{{own.Code, own.Name}}}).usual(b, own.Code)
	} else {
		f = f.among(amongResponsible + "&" + url.Values{"under": {own.Parent}}.Encode())
	}
	part := formPart{"where", b.t("去向", "Where it goes"), []placed{f}}
	part.Fields = append(part.Fields, b.ask("check", "on_the_spot", b.t("当场受理", "Accepted on the spot"), b.t("已当场出具书面受理告知，60日自今天起算", "The written notice of acceptance was given at once; the 60 days count from today")))
	if b.by.who.Role != casefile.Supervisor {
		return part
	}
	both := b.t("两名一并确定，或都不选", "Both, or neither")
	part.Fields = append(part.Fields,
		b.ask("select", "upper", b.t("上级包案领导", "Upper leader"), both).among(amongLeaders).half(),
		b.ask("select", "lower", b.t("下级包案领导", "Lower leader"), both).among(amongLeaders).half(),
		b.ask("select", "campaign", b.t("会战", "Campaign"), b.t("同时列入会战", "Put on its list at once")).of(group{Choices: b.running}))
	return part
}
