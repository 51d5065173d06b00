package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/workflows"
)

// state brings a case to where its pages differ from others'. It does so on one or more
// days of 2026, before the first of September.
type state struct {
	name string
	on   map[string]func(c *stated)
	// That the case is in its state: what its page shows on the first of September, and what
	// the petitioner is told.
	shows, tells []string
}

// stated is a case on its way into a state.
type stated struct {
	*site
	id string
}

func (c *stated) does(who, command string, body map[string]any) {
	c.t.Helper()
	c.do(who, c.id, command, body)
}

// led registers and forwards the case, with both leaders at work.
func (c *stated) led(title string, more ...any) {
	c.t.Helper()
	c.id = c.registerWith(title, more...)
	c.does("clerk", "forward", nil)
	c.does("supervisor", "assign", map[string]any{"upper": "upper", "lower": "lower"})
	c.does("upper", "acknowledge", nil)
	c.does("lower", "acknowledge", nil)
}

func (c *stated) accepted(title string, more ...any) {
	c.t.Helper()
	c.led(title, more...)
	c.does("officer", "accept", said("予以受理。"))
}

// answered serves an opinion that both leaders have signed.
func (c *stated) answered(title string) {
	c.t.Helper()
	c.accepted(title)
	c.answer()
}

func (c *stated) answer() {
	c.t.Helper()
	c.does("officer", "opine", said("经查属实，支持信访人的请求。\n\n三十日内补发。", "result", "support", "days", 30))
	for _, leader := range []string{"lower", "upper"} {
		c.sign(leader, c.id)
	}
	c.does("officer", "serve", map[string]any{"means": "direct"})
}

// review has the opinion looked at again by the county, which upholds it.
func (c *stated) review() {
	c.t.Helper()
	c.does("clerk", "ask_review", said("不服处理意见，请求复查。", "unit", "a"))
	c.does("supervisor", "accept_review", nil)
	c.does("supervisor", "conclude_review", said("维持原处理意见。", "outcome", "uphold", "means", "mail"))
}

// dual puts the case under both channels' supervision, with letters, feedback and terms.
func (c *stated) dual() {
	c.t.Helper()
	c.does("supervisor", "supervise", said("请于十五日内查清并反馈。", "reason", "overdue", "days", 15))
	c.does("supervisor", "escalate", said("重点事项，双重督办。", "ground", "key", "decided_by", "upper", "days", 30))
	c.does("officer", "feed_back", said("正在核实。", "channel", "petition_office"))
	c.does("head", "ask_term", said("尚待鉴定，申请延期。", "clock", "SUP-1", "days", 10))
}

// A title and a text in which no line can be broken.
var endlessTitle, endless = strings.Repeat("W", 40), strings.Repeat("x", 200)

var states = []state{
	{"words without end", map[string]func(*stated){"08-12": func(c *stated) {
		c.led(endlessTitle, "text", endless, "reference", endlessTitle, "petitioner", map[string]any{"name": petitionerName, "phone": petitionerPhone, "address": endless})
		c.does("officer", "accept", said(endless))
		c.does("supervisor", "supervise", said(endless, "reason", "overdue", "days", 15))
		c.does("upper", "instruct", said(endless))
		c.does("supervisor", "suggest", said(endless, "suggestion", "policy", "organ", endlessTitle))
		c.does("officer", "opine", said(endless, "result", "explain"))
	}}, []string{"待签批", "处理意见书 第1稿", "建议反馈 " + endlessTitle}, []string{"已受理，正在办理"}},
	{"extended", map[string]func(*stated){
		"07-20": func(c *stated) { c.accepted("反映草场补贴面积认定有误") },
		"08-12": func(c *stated) {
			c.does("head", "extend", said("情况复杂，需实地测量。", "days", 30, "requested_by", "officer", "told_on", "2026-08-12", "told_by", "mail"))
		},
	}, []string{"2026年10月19日 周一 30 日 绿灯 剩余47天"}, []string{"办理期限延长30日，至2026年10月19日（周一），理由已书面告知您。"}},
	{"five days late", map[string]func(*stated){"06-28": func(c *stated) { c.accepted("反映养殖场污水外排影响农田") }}, []string{"60日 2026年8月27日 周四 红灯 逾期5天"}, []string{"逾期5天 应于 2026年8月27日 周四"}},
	{"due today", map[string]func(*stated){"07-03": func(c *stated) { c.accepted("要求退还多收取的水费") }}, []string{"60日 2026年9月1日 周二 黄灯 今天到期"}, []string{"最迟 2026年9月1日 周二"}},
	{"suspended", map[string]func(*stated){"08-12": func(c *stated) {
		c.accepted("要求鉴定种子质量并赔偿损失")
		c.dual()
		c.does("supervisor", "grant_term", said("同意延期。", "days", 10))
		c.does("officer", "suspend", said("委托种子质量鉴定。", "reason", "expertise", "days", 30, "decided_by", "head"))
	}}, []string{"双重督办中 中止计时 重点", "2026年9月11日 周五 绿灯 中止计时"}, []string{"已受理，正在办理"}},
	{"in review", map[string]func(*stated){
		"07-20": func(c *stated) { c.answered("不服土地承包合同纠纷的处理意见") },
		"08-12": func(c *stated) {
			c.does("clerk", "ask_review", said("不服处理意见，请求复查。", "unit", "a"))
			c.does("supervisor", "accept_review", nil)
		},
	}, []string{"复查、复核中", "复查 甲县党委政府 2026年8月12日 周三 30日 2026年9月11日 周五 绿灯 剩余10天"}, []string{"正在复查。"}},
	{"in recheck", map[string]func(*stated){
		"07-20": func(c *stated) { c.answered("不服补助标准的处理意见"); c.review() },
		"08-12": func(c *stated) {
			c.does("clerk", "ask_review", said("不服复查意见，请求复核。", "unit", "p"))
			c.does("supervisor", "accept_review", nil)
			c.does("supervisor", "hear", said("举行听证，双方到场陈述。"))
			c.does("supervisor", "suspend", said("听证所需时间不计算。", "reason", "hearing", "days", 25, "decided_by", "upper"))
		},
	}, []string{"复核 地委行署 2026年8月12日 周三 30日 2026年9月11日 周五 绿灯 中止计时", "举行听证，双方到场陈述。"}, []string{"正在复核。", "期限暂停计算 地委行署"}},
	{"reopened", map[string]func(*stated){
		"07-20": func(c *stated) {
			c.answered("反映扶贫牛羊发放不公")
			c.does("officer", "execute", said("已补发到位。"))
			c.does("supervisor", "close", nil)
		},
		"08-12": func(c *stated) {
			c.does("clerk", "rate", said("补发的数量不对。", "office_rating", "satisfied", "unit_rating", "dissatisfied"))
		},
	}, []string{"双重督办中", "重新办理"}, []string{"本事项正在重新办理"}},
	{"executed and closed", map[string]func(*stated){
		"07-20": func(c *stated) { c.answered("要求支付二〇二四年护林工资") },
		"08-12": func(c *stated) {
			c.does("officer", "execute", said("工资已全部支付。"))
			c.does("supervisor", "close", said("同意结案。"))
			c.does("clerk", "rate", map[string]any{"office_rating": "satisfied", "unit_rating": "basically_satisfied"})
		},
	}, []string{"已结案", "基本满意"}, []string{"已办结。", "收到满意度评价。"}},
	{"opinion not carried out", map[string]func(*stated){"07-03": func(c *stated) { c.answered("要求兑现征地补偿协议") }}, []string{"已送达，待结案", "2026年8月2日 周日 顺延至 2026年8月3日 周一 红灯 逾期29天"}, []string{"逾期29天 应于 2026年8月3日 周一"}},
	{"declined", map[string]func(*stated){"08-12": func(c *stated) {
		c.id = c.registerWith("要求改判已生效的民事判决")
		c.does("clerk", "decline", said("应通过审判监督程序提出。", "reason", "legal_route", "organ", "甲县人民法院"))
	}}, []string{"不予受理", "已经或者依法应当通过法定途径解决"}, []string{"未予受理", "请向甲县人民法院提出。"}},
	{"diverted", map[string]func(*stated){"08-12": func(c *stated) {
		c.id = c.registerWith("与村委会的土地承包仲裁争议")
		c.does("clerk", "divert", said("依法应先行仲裁。", "route", "arbitration", "organ", "甲县农村土地承包仲裁委员会"))
	}}, []string{"已导入法定途径"}, []string{"应通过仲裁处理，请向甲县农村土地承包仲裁委员会提出。"}},
	{"commissioned, of a group, helped by another unit", map[string]func(*stated){"08-12": func(c *stated) {
		c.id = c.registerWith("十二户村民反映灌渠改道后无水灌溉", "headcount", 12, "representatives", 3, "key", true, "difficult", true)
		c.does("clerk", "commission", said("请查清并报结果。", "days", 40))
		c.does("supervisor", "assign", nil)
		c.does("clerk", "join", said("灌渠用地由你局核实。", "unit", "a-zr"))
	}}, []string{"已转送、交办 重点 难点 集体访", "交办结果", "40日", "增加协办单位"}, []string{"逾期5天 应于 2026年8月27日 周四"}},
	{"objected to", map[string]func(*stated){"08-31": func(c *stated) {
		c.id = c.registerWith("反映集体林地被占用")
		c.does("clerk", "forward", nil)
		c.does("officer", "object", said("林地由自然资源部门主管。", "organ", "甲县自然资源局"))
	}}, []string{"提出异议", "异议决定 地区信访局 2026年8月31日 周一 3个工作日 2026年9月3日 周四 绿灯 剩余2天"}, []string{"等待其告知是否受理"}},
	{"urgent, before a meeting, suggested upon", map[string]func(*stated){"08-31": func(c *stated) {
		c.accepted("反映水库大坝渗漏威胁下游村庄")
		c.does("clerk", "mark_urgent", said("已有渗漏，须立即报告。", "known_at", "2026-08-31T09:00:00+08:00"))
		c.does("clerk", "report_urgent", said("已电话并书面报告。", "organs", casefile.UrgentOrgans))
		c.does("upper", "submit", said("提请研究除险加固资金。", "meeting", "executive"))
		c.does("officer", "mediate", said("双方同意先行转移。", "outcome", "agreement"))
		c.does("supervisor", "suggest", said("建议建立水库巡查制度。", "suggestion", "improvement", "unit", "a-nc"))
		c.does("upper", "instruct", said("务必保证群众安全。"))
	}}, []string{"重大紧急", "登记集体研究决定", "重大紧急事项报告 地区信访局 2026年8月31日 09:00 2小时 2026年8月31日 11:00 绿灯 按期完成", "双方同意先行转移。"}, []string{"已受理，正在办理"}},
	{"listed by the joint meeting", map[string]func(*stated){"08-12": func(c *stated) {
		c.accepted("历史遗留企业改制职工要求接续社保关系的积案")
		c.dual()
		c.does("convener", "talk", said("约谈责任单位负责人。"))
		c.does("convener", "circulate", said("在全区通报。"))
		c.does("convener", "list", said("挂牌督办，九十日内化解。", "days", 90))
		c.does("convener", "order", said("限期整改。", "days", 30))
	}}, []string{"约谈", "通报", "责令限期整改", "挂牌督办期限", "90日 2026年11月10日 周二 绿灯 剩余70天", "同意督办延期"}, []string{"已受理，正在办理"}},
	{"released", map[string]func(*stated){"08-12": func(c *stated) {
		c.accepted("反映村务财务不公开")
		c.does("supervisor", "supervise", said("请公开账目。", "reason", "procedure", "days", 15))
		c.does("officer", "feed_back", said("账目已公开。", "channel", "petition_office"))
		c.does("supervisor", "release", said("已核实，予以解除。"))
	}}, []string{"账目已公开。", "已核实，予以解除。"}, []string{"已受理，正在办理"}},
	{"an accusation against another unit, on its way", map[string]func(*stated){"08-31": func(c *stated) {
		c.id = c.registerWith("检举基层站所乱收费", "purpose", "accusation", "accused_unit", "a-zr")
	}}, []string{"已登记", "检举控告"}, []string{"正在转送有权处理的机关"}},
	{"urgent, not reported in time", map[string]func(*stated){"08-31": func(c *stated) {
		c.accepted("反映学校围墙倾斜")
		c.does("clerk", "mark_urgent", said("围墙已有裂缝。", "known_at", "2026-08-31T09:00:00+08:00"))
	}}, []string{"2小时 2026年8月31日 11:00 红灯 逾期24小时"}, []string{"已受理，正在办理"}},
	{"forwarded by nobody", map[string]func(*stated){"08-12": func(c *stated) { c.id = c.registerWith("反映乡村客运班线停运") }}, []string{"登记并转送交办 地区信访局 2026年8月12日 周三 15日 2026年8月27日 周四 红灯 逾期5天"}, []string{"逾期5天 应于 2026年8月27日 周四 地区信访局"}},
	{"at a unit that ended", map[string]func(*stated){"08-12": func(c *stated) {
		c.give("admin", "/units", map[string]any{"code": "a-nj", "name": "甲县农机局", "kind": "department", "level": "section", "parent": "a"}, nil)
		c.id = c.registerWith("反映农机补贴核验不公", "unit", "a-nj")
		c.does("clerk", "decline", said("已在办理。", "reason", "in_hand"))
		c.give("admin", "/units/a-nj/end", map[string]any{"on": "2026-08-12", "successor": "a-nc"}, nil)
	}}, []string{"甲县农机局（已撤并）", "正在办理期限内又提出同一事项"}, []string{"不予受理：正在办理期限内又提出同一事项。"}},
	{"on the simple track, handed over", map[string]func(*stated){"08-12": func(c *stated) {
		c.led("咨询并要求补办农机购置补贴", "simple", true)
		c.does("supervisor", "hand_over", said("工作调动。", "from", "lower", "to", "deputy", "reason", "transfer", "decided_by", "upper"))
	}}, []string{"简易办理受理", "3个工作日 2026年8月17日 周一 红灯 逾期15天", "施癸 甲县副书记 未签收"}, []string{"逾期15天 应于 2026年8月17日 周一"}},
}

// registerWith registers a case as the clerk, with more fields than the others have.
func (w *site) registerWith(title string, more ...any) string {
	w.t.Helper()
	body := map[string]any{
		"origin": "province", "channel": "visit", "purpose": "appeal", "category": "agriculture", "unit": "a-nc",
		"received_at": calendar.DateOf(w.clock.Now()).String(), "title": title, "text": "信访人反映：" + title + "。",
		"petitioner": map[string]any{"name": petitionerName, "phone": petitionerPhone},
	}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	var c struct {
		ID string `json:"id"`
	}
	w.give("clerk", "/cases", body, &c)
	return c.ID
}

// sign signs the opinion as it is.
func (w *site) sign(leader, id string) {
	w.t.Helper()
	var c struct {
		Opinion struct {
			Hash string `json:"hash"`
		} `json:"opinion"`
	}
	w.read(leader, "/cases/"+id, &c)
	w.do(leader, id, "sign", map[string]any{"hash": c.Opinion.Hash})
}

// lived lets a site that stands still live through what takes more than a day: cases in
// every state, a campaign whose reports are missing, reception days held and missed, a
// leader who goes on leave, a target sheet in force. It returns the cases' addresses.
func (w *site) lived() (addresses []string) {
	w.t.Helper()
	cases := make([]stated, len(states))
	var campaign, held, booked identified
	reception := func(on string) identified {
		w.t.Helper()
		var entered struct {
			Receptions []identified `json:"receptions"`
		}
		w.give("clerk", "/receptions", map[string]any{
			"leader": "upper", "on": on, "from": "09:00", "until": "11:30", "place": "地区信访局一楼接待大厅", "form": "fixed", "slots": 5, "publish": true,
		}, &entered)
		return entered.Receptions[0]
	}
	for _, day := range []string{"06-28", "07-03", "07-20", "08-12", "08-31"} {
		stop := w.start(moment(w.t, day), nil)
		for i, s := range states {
			c := &cases[i]
			c.site = w
			if c.id != "" {
				tick := casefile.Command{ID: "tick-" + day, Kind: casefile.Tick, Actor: casefile.Clockwork}
				if _, err := w.engine.Command(w.t.Context(), c.id, tick); err != nil && !errors.Is(err, workflows.ErrNoWorkflow) {
					w.t.Fatalf("%s, %s: %v", s.name, day, err)
				}
			}
			if then := s.on[day]; then != nil {
				then(c)
			}
		}
		switch day {
		case "07-20":
			w.give("supervisor", "/campaigns", map[string]any{
				"name": "积案化解百日会战", "about": "省交办和自查的历史遗留积案，包案化解。", "start": "2026-07-20", "end": "2026-12-31",
				"targets": []map[string]any{{"kind": "concluded_share", "value": 90}, {"kind": "concluded", "value": 5}},
			}, &campaign)
			for i, s := range states {
				if slices.Contains([]string{"extended", "five days late", "executed and closed"}, s.name) {
					w.do("supervisor", cases[i].id, "enlist", said("分步化解。", "campaign", campaign.ID))
				}
			}
			held = reception("2026-08-12")
			reception("2026-08-19")
		case "08-12":
			w.give("clerk", "/receptions/"+held.ID+"/hold", map[string]any{}, nil)
			booked = reception("2026-09-02")
			w.give("clerk", "/receptions/"+booked.ID+"/appointments", map[string]any{"name": petitionerName, "phone": petitionerPhone, "topic": "补贴发放"}, nil)
			w.give("supervisor", "/leaves", map[string]any{"official": "lower", "deputy": "deputy", "from": "2026-09-01", "until": "2026-09-08", "reason": "training"}, nil)
			w.give("supervisor", "/leaves", map[string]any{"official": "deputy", "deputy": "lower", "from": "2026-09-20", "until": "2026-09-25", "reason": "holiday"}, nil)
			var sheet identified
			w.give("supervisor", "/target-sheets", map[string]any{"unit": "a-nc", "year": 2026, "items": []map[string]any{
				{"metric": "accepted_on_time", "target": 95, "weight": 60}, {"metric": "settled_on_time", "name": "历史遗留积案按期办结", "target": 90, "weight": 40},
			}}, &sheet)
			for _, leader := range []string{"upper", "head"} {
				var read struct {
					Versions []struct {
						Hash string `json:"hash"`
					} `json:"versions"`
				}
				w.read(leader, "/target-sheets/"+sheet.ID, &read)
				w.give(leader, "/target-sheets/"+sheet.ID+"/sign", map[string]any{"hash": read.Versions[0].Hash}, nil)
			}
		}
		stop()
	}
	for _, c := range cases {
		addresses = append(addresses, "/cases/"+c.id)
	}
	return addresses
}

// identified is what has an id.
type identified struct {
	ID string `json:"id"`
}

// petitioner is the browser of whoever has a case's receipt.
func (w *site) petitioner(id string) *browser {
	w.t.Helper()
	var receipt struct{ Code, Secret string }
	w.give("clerk", "/cases/"+id+"/receipt", map[string]any{}, &receipt)
	b := w.browse("")
	b.post("/lookup", url.Values{"code": {receipt.Code}, "secret": {receipt.Secret}}).want(http.StatusOK)
	return b
}
