package casefile

import (
	"slices"

	"shuangze/policy"
)

// Metric is something that a target sheet can ask for: how much of what had to be done was
// done, and in time. None of them says how many petitions there were (TARGET-NO).
type Metric struct {
	ID   string
	Name policy.Text
	// Formula says what is counted, over what.
	Formula policy.Text
	Unit    MetricUnit
	Source  string
	Basis   policy.Basis

	Counts Counts
	// Clocks, of Terms: those whose runs are judged. Of Stock: those of which one must have
	// run out before an open case counts as unsettled.
	Clocks []string
	Done   []string // of Terms: the events that fulfil the duty; what else stops it takes it away
	// HandedDown, of Terms: only what came from above the unit.
	HandedDown bool
	Stock      Stock
	Office     bool // of Ratings: the petition office's, not the responsible unit's
}

// MetricUnit is what a metric's value is in.
type MetricUnit string

// The units of metrics: of a percentage more is better, of a count less.
const (
	Percent MetricUnit = "percent"
	Count   MetricUnit = "count"
)

// MetricUnits lists them.
var MetricUnits = []MetricUnit{Percent, Count}

// Counts is what a metric judges.
type Counts string

// What metrics judge.
const (
	CountsTerms   Counts = "terms"   // runs of clocks: done in time or missed
	CountsStock   Counts = "stock"   // cases: closed, or open past their time
	CountsReviews Counts = "reviews" // replies to reviews and rechecks: upheld or not
	CountsRatings Counts = "ratings" // ratings: content or not
	CountsRated   Counts = "rated"   // closed cases: rated or not
)

// Stock is a kind of cases. Each case is of exactly one.
type Stock string

// The stocks.
const (
	Backlog  Stock = "backlog"  // 历史积案: past its time when the year began, or of a campaign
	First    Stock = "first"    // 初信初访
	Repeated Stock = "repeated" // 重信重访
)

var (
	acceptance = []string{"ACC-DIRECT", "ACC-TRANSFER", "SIMPLE-ACC", "SIMPLE-ACC-DIRECT"}
	settlement = []string{"HANDLE", "SIMPLE-HANDLE", "REDO"}
	// unsettled are the unit's own terms between receiving a case and its end.
	unsettled = slices.Concat(acceptance, settlement, []string{"ASSIGN-RESULT", "OPINION-EXEC"})
)

// SupervisionTerms are the clocks that the unit's answer (督办反馈) on a channel meets,
// whether or not it stops them.
var SupervisionTerms = map[ChannelName][]string{
	PetitionOffice:    {"SUP-1"},
	SupervisionOffice: {"SUP-2"},
	JointMeeting:      {"LISTED", "ORDER"},
}

// HandedDownOrigins are the origins of cases that came from above the prefecture's
// units: 国家（信访局）交办、省交办、地区督查. The first is an origin of a profile.
var HandedDownOrigins = []string{"national", "province", "prefecture"}

const (
	beijing   = "北京市房山区住建委信访工作目标责任办法"
	responded = "信访统计通行做法（及时受理率、按期答复率）"
)

// Metrics are all that a target can be about.
var Metrics = []Metric{
	{
		ID: "first_settled", Name: policy.Text{Chinese: "初信初访化解率", English: "settled: raised for the first time"},
		Formula: policy.Text{
			Chinese: "已结案 ÷（已结案＋逾期未结）；初次的申诉求决，不含历史积案",
			English: "closed ÷ (closed + open past their time); appeals raised for the first time, without the backlog",
		},
		Unit: Percent, Source: beijing, Basis: policy.Local, Counts: CountsStock, Clocks: unsettled, Stock: First,
	},
	{
		ID: "repeated_settled", Name: policy.Text{Chinese: "重信重访化解率", English: "settled: raised again"},
		Formula: policy.Text{
			Chinese: "已结案 ÷（已结案＋逾期未结）；重复的申诉求决，不含历史积案",
			English: "closed ÷ (closed + open past their time); appeals raised again, without the backlog",
		},
		Unit: Percent, Source: beijing, Basis: policy.Local, Counts: CountsStock, Clocks: unsettled, Stock: Repeated,
	},
	{
		ID: "backlog_settled", Name: policy.Text{Chinese: "历史积案化解率", English: "settled: backlog"},
		Formula: policy.Text{
			Chinese: "本年已结案 ÷ 历史积案；历史积案为年初已逾期未结的申诉求决，以及列入会战、已结案或已逾期的申诉求决",
			English: "closed in the year ÷ backlog; the backlog are appeals past their time when the year began, and those of a campaign that are closed or past their time",
		},
		Unit: Percent, Source: beijing, Basis: policy.Local, Counts: CountsStock, Clocks: unsettled, Stock: Backlog,
	},
	{
		ID: "handed_down_on_time", Name: policy.Text{Chinese: "上级交办按期办结率", English: "handed down: settled in time"},
		Formula: policy.Text{
			Chinese: "按期送达 ÷（送达＋到期）；上级信访部门交办的期限，以及国家、省交办和地区督查事项的办理期限",
			English: "served in time ÷ (served + fallen due); the terms of what a petition office above commissioned, and the terms to settle of what the state, the province or the prefecture handed down",
		},
		Unit: Percent, Source: beijing, Basis: policy.Local, Counts: CountsTerms,
		Clocks: slices.Concat(settlement, []string{"ASSIGN-RESULT"}), Done: []string{"served"}, HandedDown: true,
	},
	{
		ID: "forwarded_on_time", Name: policy.Text{Chinese: "信访部门按期转送交办率", English: "forwarded in time by the petition office"},
		Formula: policy.Text{
			Chinese: "按期转送、交办、受理或书面告知 ÷（已作出＋到期）",
			English: "forwarded, commissioned, accepted or declined in time ÷ (done + fallen due)",
		},
		Unit: Percent, Source: responded, Basis: policy.Practice, Counts: CountsTerms,
		Clocks: []string{"REG-FORWARD", "SIMPLE-PASS"}, Done: []string{"forwarded", "commissioned", "accepted", "declined", "diverted"},
	},
	{
		ID: "accepted_on_time", Name: policy.Text{Chinese: "按期受理率", English: "accepted in time"},
		Formula: policy.Text{
			Chinese: "按期书面告知（受理、不予受理、导入法定途径）÷（已告知＋到期）",
			English: "told in time (accepted, declined, diverted) ÷ (told + fallen due)",
		},
		Unit: Percent, Source: responded, Basis: policy.Practice, Counts: CountsTerms,
		Clocks: acceptance, Done: []string{"accepted", "declined", "diverted"},
	},
	{
		ID: "settled_on_time", Name: policy.Text{Chinese: "按期办结率", English: "settled in time"},
		Formula: policy.Text{
			Chinese: "按期送达 ÷（送达＋到期）；含重新办理",
			English: "served in time ÷ (served + fallen due); handling again too",
		},
		Unit: Percent, Source: responded, Basis: policy.Practice, Counts: CountsTerms, Clocks: settlement, Done: []string{"served"},
	},
	{
		ID: "overturned", Name: policy.Text{Chinese: "复查复核被撤销、变更", English: "overturned by review or recheck"},
		Formula: policy.Text{
			Chinese: "被撤销、变更、责令重新办理的件数；本年没有复查复核意见的不计分",
			English: "how many were set aside, changed or sent back; not scored when no review was concluded",
		},
		Unit: Count, Source: beijing, Basis: policy.Local, Counts: CountsReviews,
	},
	{
		ID: "executed", Name: policy.Text{Chinese: "处理意见执行率", English: "opinions carried out"},
		Formula: policy.Text{
			Chinese: "按期执行 ÷（执行＋到期）；支持信访请求的处理意见",
			English: "carried out in time ÷ (carried out + fallen due); opinions that support the claim",
		},
		Unit: Percent, Source: "《信访工作条例》第三十二条第二款；公式为自定", Basis: policy.OurOwn, Counts: CountsTerms,
		Clocks: []string{"OPINION-EXEC"}, Done: []string{"executed"},
	},
	{
		ID: "supervision_fed_back", Name: policy.Text{Chinese: "督办按期反馈率", English: "supervision answered in time"},
		Formula: policy.Text{
			Chinese: "督办期限内反馈、办结或解除督办 ÷（已反馈、办结、解除＋到期）；含双重督办、挂牌督办、责令整改",
			English: "answered, served or released within the term ÷ (answered, served, released + fallen due); dual and listed supervision and orders too",
		},
		Unit: Percent, Source: "《信访工作条例》第四十条；公式为自定", Basis: policy.OurOwn, Counts: CountsTerms,
		Clocks: []string{"SUP-1", "SUP-2", "LISTED", "ORDER"},
		Done:   []string{"served", "released/petition_office", "released/supervision_office", "released/joint_meeting", "fed_back/joint_meeting"},
	},
	{
		ID: "leaders_acted", Name: policy.Text{Chinese: "包案领导亲自办理按期率", English: "leaders' personal acts in time"},
		Formula: policy.Text{
			Chinese: "按期亲自办理 ÷（亲自办理＋到期）；本单位及下属单位的包案领导，代理人所办不计",
			English: "acted in person in time ÷ (acted + fallen due); leaders of the unit and below, what deputies do doesn't count",
		},
		Unit: Percent, Source: "一案双责制度（亲自办理）；公式为自定", Basis: policy.OurOwn, Counts: CountsTerms,
		Clocks: []string{"DUAL-ACT"}, Done: []string{"acted", "signed", "returned"},
	},
	{
		ID: "unit_satisfaction", Name: policy.Text{Chinese: "满意率（责任单位）", English: "satisfaction with the responsible unit"},
		Formula: policy.Text{
			Chinese: "（满意＋基本满意）÷ 评价；对责任单位的评价",
			English: "(satisfied + basically satisfied) ÷ rated; ratings of the responsible unit",
		},
		Unit: Percent, Source: "信访事项办理群众满意度评价工作办法", Basis: policy.National, Counts: CountsRatings,
	},
	{
		ID: "office_satisfaction", Name: policy.Text{Chinese: "满意率（信访部门）", English: "satisfaction with the petition office"},
		Formula: policy.Text{
			Chinese: "（满意＋基本满意）÷ 评价；对信访部门的评价",
			English: "(satisfied + basically satisfied) ÷ rated; ratings of the petition office",
		},
		Unit: Percent, Source: "信访事项办理群众满意度评价工作办法", Basis: policy.National, Counts: CountsRatings, Office: true,
	},
	{
		ID: "participation", Name: policy.Text{Chinese: "参评率", English: "share that was rated"},
		Formula: policy.Text{
			Chinese: "已评价 ÷ 本年结案；由信访部门请信访人评价",
			English: "rated ÷ closed in the year; it is for the petition office to ask for the rating",
		},
		Unit: Percent, Source: "信访事项办理群众满意度评价工作办法；公式为自定", Basis: policy.OurOwn, Counts: CountsRated, Office: true,
	},
}

// MetricOf returns the metric with this id.
func MetricOf(id string) (Metric, bool) {
	i := slices.IndexFunc(Metrics, func(m Metric) bool { return m.ID == id })
	if i < 0 {
		return Metric{}, false
	}
	return Metrics[i], true
}

// MetricIDs lists the ids of all metrics.
func MetricIDs() []string {
	ids := make([]string, len(Metrics))
	for i, m := range Metrics {
		ids[i] = m.ID
	}
	return ids
}
