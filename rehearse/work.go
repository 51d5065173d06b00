package rehearse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shuangze/calendar"
	"shuangze/importer"
)

// register enters a case as a clerk of the highest office would.
func (p *People) register(ctx context.Context, c importer.Case) error {
	r := c.Registration
	body := map[string]any{
		"reference": r.Reference, "origin": r.Origin, "channel": r.Channel, "purpose": r.Purpose, "category": r.Category, "campaign": r.Campaign,
		"unit": r.Unit, "received_at": r.ReceivedAt.Format(time.RFC3339), "headcount": r.Headcount, "repeated": r.Repeated, "key": r.Key, "difficult": r.Difficult,
		"title": c.Title, "text": c.Text, "petitioner": c.Petitioner,
	}
	return p.tolerate(ctx, p.api.post(ctx, p.accounts[p.first("registrar")].Token, "/cases", r.Reference, body, nil))
}

// first is the first account of a role.
func (p *People) first(role string) string {
	var ids []string
	for id, a := range p.accounts {
		if a.Role == role {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return slices.Min(ids)
}

// do does one task.
func (p *People) do(ctx context.Context, id string, t task, hurried bool) error {
	command, body := t.Do, map[string]any{}
	switch t.Do {
	case "forward", "assign", "acknowledge":
	case "accept":
		if hurried {
			body["on"] = p.earlier(t.Case.ReceivedOn)
		}
	case "act":
		body["act"] = []string{"read_file", "receive", "meet", "site_visit", "meeting"}[p.dice("act", id, t.Case.ID).IntN(5)]
		body["text"] = "阅看卷宗并听取承办人汇报，要求依法依规尽快答复信访人。"
	case "feed_back":
		full, err := p.api.get(ctx, p.accounts[id].Token, t.Case.ID)
		if err != nil {
			return err
		}
		for _, ch := range full.Channels {
			if ch.ReleasedAt == nil && ch.FedBackAt == nil {
				body["channel"] = ch.Channel
			}
		}
		body["text"] = "已按督办要求逐项核查，情况反馈如下，预计按期办结。"
	case "report":
		body["text"] = "已到现场核实，正在会同有关部门研究处理方案。"
	case "opine":
		body["result"] = []string{"support", "explain", "reject"}[p.dice("result", t.Case.ID).IntN(3)]
		body["text"] = "经调查核实，依据有关法律法规和政策，对信访人的请求作出如下处理意见。不服本意见的，可自收到之日起30日内申请复查。"
	case "sign":
		full, err := p.api.get(ctx, p.accounts[id].Token, t.Case.ID)
		if err != nil {
			return err
		}
		if full.Opinion.Version == 1 && p.dice("return", id, t.Case.ID).IntN(8) == 0 {
			command, body["text"] = "return", "事实部分不够清楚，请补充调查后重新拟稿。"
		} else {
			body["hash"] = full.Opinion.Hash
		}
	case "serve":
		body["means"] = []string{"direct", "mail", "electronic"}[p.dice("means", t.Case.ID).IntN(3)]
	case "execute":
		body["text"] = "已按处理意见落实到位，信访人签字确认。"
	case "release":
		if t.Case.Stage != "served" {
			return nil // the matter is not settled yet
		}
		body["text"] = "处理意见已送达并落实，督办事项解除。"
	case "close":
		body["text"] = "程序完备，予以结案。"
	default:
		return fmt.Errorf("nobody knows how to %s", t.Do)
	}
	if t.Do == "opine" && !hurried && p.temperOf(id) == slow && p.dice("extend", t.Case.ID).IntN(2) == 0 && t.Case.Lamp != "red" {
		if err := p.extend(ctx, id, t); err != nil {
			return err
		}
	}
	return p.api.post(ctx, p.accounts[id].Token, "/cases/"+t.Case.ID+"/commands/"+command, "", body, nil)
}

// earlier is some day between the receipt and today, as a paper may bear it.
func (p *People) earlier(received calendar.Date) calendar.Date {
	today := calendar.DateOf(p.clock.Now())
	return received.AddDays(min(10, today.DaysSince(received)))
}

// extend has the head of the officer's unit grant a slow officer more time.
func (p *People) extend(ctx context.Context, officer string, t task) error {
	unit := p.accounts[officer].Unit
	var heads []string
	for id, a := range p.accounts {
		if a.Role == "leader" && a.Unit == unit {
			heads = append(heads, id)
		}
	}
	if len(heads) == 0 {
		return nil
	}
	return p.api.post(ctx, p.accounts[slices.Min(heads)].Token, "/cases/"+t.Case.ID+"/commands/extend", "", map[string]any{
		"days": 30, "requested_by": officer, "told_on": calendar.DateOf(p.clock.Now()).String(), "told_by": "mail", "text": "案情复杂，需补充鉴定材料。",
	}, nil)
}

// decide plays the leaders' decision on what is both key and difficult: supervised by
// the petition office, and by the supervision office as well.
func (p *People) decide(ctx context.Context) error {
	supervisor := p.first("supervisor")
	if supervisor == "" {
		return nil
	}
	token := p.accounts[supervisor].Token
	list, err := p.api.list(ctx, token, "?stage=handling&limit=200")
	if err != nil {
		return p.tolerate(ctx, err)
	}
	for _, c := range list.Cases {
		if !c.Key || !c.Difficult || c.Supervision == "dual" {
			continue
		}
		path := "/cases/" + c.ID + "/commands/"
		if c.Supervision == "none" {
			err := p.api.post(ctx, token, path+"supervise", "", map[string]any{"reason": "other", "text": "重点疑难案件，请认真办理并按期反馈。"}, nil)
			if err := p.tolerate(ctx, err); err != nil {
				return err
			}
		}
		err := p.api.post(ctx, token, path+"escalate", "", map[string]any{
			"ground": "key", "decided_by": p.convener(), "text": "经领导研究决定，移交党委督查室双重督办。",
		}, nil)
		if err := p.tolerate(ctx, err); err != nil {
			return err
		}
	}
	return nil
}

// convener is a leader of the supervisor's own authority.
func (p *People) convener() string {
	var ids []string
	for id, a := range p.accounts {
		if a.Role == "leader" && len(a.Unit) == 4 { // the prefecture's own code
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return slices.Max(ids[:min(3, len(ids))])
}
