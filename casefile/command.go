package casefile

import (
	"slices"
	"time"

	"shuangze/calendar"
)

// Kind names a command.
type Kind string

// The commands of a case's main way.
const (
	Register    Kind = "register"    // 登记
	Accept      Kind = "accept"      // 受理
	Decline     Kind = "decline"     // 不予受理
	Forward     Kind = "forward"     // 转送
	Assign      Kind = "assign"      // 确定包案领导
	Acknowledge Kind = "acknowledge" // 签收
	Act         Kind = "act"         // 亲自办理记录
	Report      Kind = "report"      // 报告进展
	Extend      Kind = "extend"      // 延期
	Opine       Kind = "opine"       // 拟处理意见书
	Sign        Kind = "sign"        // 签批
	Return      Kind = "return"      // 退回
	Serve       Kind = "serve"       // 送达
	Close       Kind = "close"       // 结案
	Supervise   Kind = "supervise"   // 督办
	Escalate    Kind = "escalate"    // 双重督办
	Release     Kind = "release"     // 解除督办（销号）
	Urge        Kind = "urge"        // 催办
	Divert      Kind = "divert"      // 导入法定途径
	HandOver    Kind = "hand_over"   // 移交
	Receive     Kind = "receive"     // 接访
	Tick        Kind = "tick"        // the clock's own
	Replan      Kind = "replan"      // 按新规则重新计算期限: of whoever has published them
)

// The commands beside the main way, and after it.
const (
	Suspend        Kind = "suspend"         // 中止计时
	Resume         Kind = "resume"          // 恢复计时
	Hear           Kind = "hear"            // 听证
	Mediate        Kind = "mediate"         // 调解
	Submit         Kind = "submit"          // 提请集体研究
	Resolve        Kind = "resolve"         // 集体研究决定
	Execute        Kind = "execute"         // 执行
	AskReview      Kind = "ask_review"      // 申请复查、复核
	AcceptReview   Kind = "accept_review"   // 受理复查、复核
	DeclineReview  Kind = "decline_review"  // 不予受理复查、复核
	ConcludeReview Kind = "conclude_review" // 复查、复核意见
	Rate           Kind = "rate"            // 满意度评价
	Reopen         Kind = "reopen"          // 重新办理
	Link           Kind = "link"            // 关联
	Correct        Kind = "correct"         // 更正登记
)

// The further ways to the responsible unit, and of supervising it.
const (
	Commission       Kind = "commission"        // 交办
	Object           Kind = "object"            // 提出异议
	DecideObjection  Kind = "decide_objection"  // 异议决定
	Join             Kind = "join"              // 增加协办单位
	FallBack         Kind = "fall_back"         // 转为普通程序
	Instruct         Kind = "instruct"          // 批示
	FeedBack         Kind = "feed_back"         // 督办反馈
	AskTerm          Kind = "ask_term"          // 申请督办延期
	GrantTerm        Kind = "grant_term"        // 同意督办延期
	RefuseTerm       Kind = "refuse_term"       // 不同意督办延期
	Talk             Kind = "talk"              // 约谈
	Circulate        Kind = "circulate"         // 通报
	List             Kind = "list"              // 挂牌督办
	Order            Kind = "order"             // 责令限期整改
	Suggest          Kind = "suggest"           // 提出建议
	AnswerSuggestion Kind = "answer_suggestion" // 建议反馈
)

// Urgent matters, and by which route a case is handled.
const (
	MarkUrgent   Kind = "mark_urgent"   // 标明重大紧急
	ReportUrgent Kind = "report_urgent" // 报告重大紧急事项
	Reroute      Kind = "reroute"       // 更正办理途径
)

// The commands of a case in a campaign (会战).
const (
	Enlist   Kind = "enlist" // 列入会战
	Delist   Kind = "delist" // 移出会战
	MakePlan Kind = "plan"   // 化解方案
)

// Actor is who gives a command, as the directory knew them when they gave it.
type Actor struct {
	ID   string `json:"id"`
	Role Role   `json:"role"`
	Unit string `json:"unit,omitempty"`
}

// Clockwork is the actor behind everything that happens by itself.
var Clockwork = Actor{ID: "clock", Role: System}

// PetitionerOf is the actor of whoever has shown the receipt of a case. The id is the
// case's: who the petitioner is, is no part of it.
func PetitionerOf(caseID string) Actor { return Actor{ID: caseID, Role: Complainant} }

// Command is what somebody wants done with a case. Fields says which of the
// fields below belong to which kind.
type Command struct {
	ID          string `json:"id"` // unique within the case; repeating it gives the first answer
	Kind        Kind   `json:"kind"`
	Actor       Actor  `json:"actor"`
	Fingerprint string `json:"fingerprint,omitempty"` // of what was asked, to tell a repetition from a reuse of the id
	Seen        int64  `json:"seen,omitempty"`        // seq of the case that the sender saw; the ledger is at least there
	For         string `json:"for,omitempty"`         // the leader on leave for whom a deputy acts; may be left out where it can only be one

	Registration *Registration `json:"registration,omitempty"`
	Text         Document      `json:"text,omitzero"`

	On          calendar.Date `json:"on,omitzero"` // when it was done on paper, if earlier
	Unit        string        `json:"unit,omitempty"`
	Organ       string        `json:"organ,omitempty"` // where the petitioner is directed instead
	Upper       string        `json:"upper,omitempty"`
	Lower       string        `json:"lower,omitempty"`
	Act         string        `json:"act,omitempty"`
	Days        int           `json:"days,omitempty"` // calendar days
	RequestedBy string        `json:"requested_by,omitempty"`
	ToldOn      calendar.Date `json:"told_on,omitzero"`
	ToldBy      string        `json:"told_by,omitempty"`
	Result      string        `json:"result,omitempty"`
	Hash        string        `json:"hash,omitempty"`
	Means       string        `json:"means,omitempty"`
	Reason      string        `json:"reason,omitempty"`
	Ground      string        `json:"ground,omitempty"`
	DecidedBy   string        `json:"decided_by,omitempty"`
	From        string        `json:"from,omitempty"`    // the leader who gives a seat up
	To          string        `json:"to,omitempty"`      // the leader who takes it
	Route       string        `json:"route,omitempty"`   // of 条例第31条
	KnownAt     time.Time     `json:"known_at,omitzero"` // when an urgent matter became known
	Organs      []string      `json:"organs,omitempty"`  // told of an urgent matter

	Outcome      string `json:"outcome,omitempty"`
	Meeting      string `json:"meeting,omitempty"`
	Money        int64  `json:"money,omitempty"` // yuan
	OfficeRating string `json:"office_rating,omitempty"`
	UnitRating   string `json:"unit_rating,omitempty"`

	Channel    ChannelName `json:"channel,omitempty"`
	Clock      string      `json:"clock,omitempty"`
	Suggestion string      `json:"suggestion,omitempty"`
	Number     int         `json:"number,omitempty"`   // of a suggestion
	Earlier    string      `json:"earlier,omitempty"`  // id of the earlier case
	Campaign   string      `json:"campaign,omitempty"` // id, or the name of one that is not over

	// Of correct: which of Corrections change, and the key of the sealed record in the store
	// that takes the former one's place.
	Corrected  []string `json:"corrected,omitempty"`
	Petitioner string   `json:"petitioner,omitempty"`
	Reachable  bool     `json:"reachable,omitempty"`

	Reception   string `json:"reception,omitempty"`   // id of the reception day of a visit
	Appointment string `json:"appointment,omitempty"` // id of the visitor's, if they had one
}

// Registration is what a clerk enters of a new case. Who complained is not among
// it: that lies in the store alone.
type Registration struct {
	Number          string    `json:"number"` // given by the store, in the transaction that registers
	Reference       string    `json:"reference,omitempty"`
	Origin          string    `json:"origin"`
	Channel         string    `json:"channel"`
	Purpose         string    `json:"purpose"`
	Category        string    `json:"category"`
	Campaign        string    `json:"campaign,omitempty"` // id, or the name of one that is not over
	Headcount       int       `json:"headcount"`
	Repeated        bool      `json:"repeated,omitempty"`
	Key             bool      `json:"key,omitempty"`
	Difficult       bool      `json:"difficult,omitempty"`
	Petitioner      string    `json:"petitioner,omitempty"` // key of the sealed record in the store
	Reachable       bool      `json:"reachable"`
	ReceivedAt      time.Time `json:"received_at"`
	Unit            string    `json:"unit"`
	AccusedUnit     string    `json:"accused_unit,omitempty"`
	AccusedOfficial string    `json:"accused_official,omitempty"`
	// OnTheSpot: the written notice of acceptance was given at once (当场受理).
	OnTheSpot bool `json:"on_the_spot,omitempty"`
	Simple    bool `json:"simple,omitempty"` // 简易办理
	Urgent    bool `json:"urgent,omitempty"` // 重大紧急; Command.KnownAt says since when it is known
	// Representatives are how many came for a collective petition.
	Representatives int `json:"representatives,omitempty"`
}

// Field is one field of a command's body.
type Field struct {
	Name     string
	Required bool
}

// Grounds on which a case comes under dual supervision by decision.
var Grounds = []string{"key", "difficult", "term_passed", "repeated"}

// spec is one row of the command table: in which stages, by whom, with which
// fields, under which conditions, and what then happens.
type spec struct {
	kind   Kind
	from   []Stage
	by     []relation
	rule   string // why nobody else may
	fields []Field
	// ready says why the case is not ready for it, whatever the fields say.
	ready  func(Case, Actor, time.Time) *Error
	decide func(*decision) *Error
}

var (
	handled  = []Stage{Registered, Forwarded, Handling}
	open     = []Stage{Registered, Forwarded, Handling, Opined, Signed, Served, Reviewing}
	answered = []Stage{Served, Closed}
	counted  = append(slices.Clone(open), Closed)
)

func need(name string) Field { return Field{name, true} }
func may(name string) Field  { return Field{name, false} }

// table is the command table: read it to know who can do what, when.
var table = []spec{
	{
		Register,
		[]Stage{New},
		[]relation{anyClerk, anySupervisor, anyOfficer},
		"《信访工作条例》第二十二条、第二十三条：收到信访事项的机关登记",
		[]Field{
			need("origin"), need("channel"), need("purpose"), need("category"), need("unit"), need("received_at"), need("title"), need("text"),
			may("reference"), may("campaign"), may("headcount"), may("repeated"), may("key"), may("difficult"), may("petitioner"),
			may("accused_unit"), may("accused_official"), may("on_the_spot"), may("simple"), may("representatives"), may("urgent"), may("known_at"), may("route"), may("upper"), may("lower"),
			may("reception"), may("appointment"),
		},
		nil, register,
	},
	{
		Accept,
		[]Stage{Registered, Forwarded},
		[]relation{clerk, supervisor, officer},
		"《信访工作条例》第二十三条：有权处理的机关受理",
		[]Field{may("on"), may("route"), may("text")},
		withUnit, accept,
	},
	{
		Decline,
		[]Stage{Registered, Forwarded},
		[]relation{clerk, supervisor, receivingOfficer},
		"《信访工作条例》第二十三条：收到信访事项的机关告知；转送的事项经转送机关同意方可退回",
		[]Field{need("reason"), need("text"), may("organ")},
		mayEnd, decline,
	},
	{
		Forward,
		[]Stage{Registered},
		[]relation{clerk, supervisor},
		"《信访工作条例》第二十二条：信访部门转送、交办",
		[]Field{may("unit"), may("on"), may("text")},
		notTied, forward,
	},
	{
		Assign, handled,
		[]relation{supervisor},
		"一案双责：由信访部门提请确定包案领导",
		[]Field{may("upper"), may("lower"), may("text")},
		notLed, assign,
	},
	{
		Receive, open,
		[]relation{clerk, supervisor},
		"《信访工作条例》第十八条：领导接待日的来访由信访部门登记",
		[]Field{need("reception"), need("text"), may("appointment")},
		nil, received,
	},
	{
		Acknowledge, open,
		[]relation{seated},
		"一案双责：由包案领导本人签收",
		[]Field{may("for")},
		notAcknowledged, acknowledge,
	},
	{
		Act, open,
		[]relation{seated},
		"一案双责：由包案领导亲自办理",
		[]Field{need("act"), need("text"), may("on")},
		acknowledged, act,
	},
	{
		Report, open,
		[]relation{officer, coOfficer},
		"责任单位、协办单位报告办理进展",
		[]Field{need("text")},
		nil, report,
	},
	{
		Extend,
		[]Stage{Handling, Opined},
		[]relation{head},
		"《信访工作条例》第三十四条：经本机关、单位负责人批准",
		[]Field{need("days"), need("requested_by"), need("told_on"), need("told_by"), need("text")},
		notExtended, extend,
	},
	{
		Opine,
		[]Stage{Handling, Opined},
		[]relation{officer},
		"《信访工作条例》第三十二条：有权处理的机关出具处理意见书",
		[]Field{need("result"), need("text"), may("days")},
		led, opine,
	},
	{
		Sign,
		[]Stage{Opined, Served}, // served: what a review has changed
		[]relation{seated},
		"一案双责：由包案领导本人签批",
		[]Field{need("hash"), may("for")},
		mySignature, sign,
	},
	{
		Return,
		[]Stage{Opined},
		[]relation{seated},
		"一案双责：由包案领导本人退回",
		[]Field{need("text"), may("for")},
		acknowledged, returnOpinion,
	},
	{
		Serve,
		[]Stage{Signed},
		[]relation{officer, clerk},
		"《信访工作条例》第三十二条：处理意见书送达信访人",
		[]Field{need("means"), may("on")},
		nil, serve,
	},
	{
		Close,
		[]Stage{Served},
		[]relation{supervisor, clerk},
		"由信访部门审核结案",
		[]Field{may("text")},
		toClose, closeCase,
	},
	{
		Divert,
		[]Stage{Registered, Forwarded, Handling},
		[]relation{clerk, supervisor, receivingOfficer},
		"《信访工作条例》第三十一条第一项至第四项：依照法定途径处理",
		[]Field{need("route"), need("organ"), need("text")},
		mayEnd, divert,
	},
	{
		HandOver, open,
		[]relation{supervisor},
		"一案双责：包案领导直至最终结果，更换须由任命的领导决定并办理移交",
		[]Field{need("from"), need("to"), need("reason"), need("decided_by"), need("text"), may("on")},
		ledOrReceived, handOver,
	},
	{
		Urge, open,
		[]relation{supervisor, inspector},
		"《信访工作条例》第四十条：信访部门、督查部门催办",
		[]Field{need("text")},
		withSomebody, urge,
	},
	{
		Supervise, open,
		[]relation{supervisor},
		"《信访工作条例》第四十条：信访部门督办",
		[]Field{need("reason"), need("text"), may("days")},
		notYetSupervised, supervise,
	},
	{
		Escalate, open,
		[]relation{supervisor},
		"双重督办：由信访部门提出、领导决定，移交党委督查室",
		[]Field{need("ground"), need("decided_by"), need("text"), may("days")},
		onlySupervised, escalate,
	},
	{
		Release, open,
		[]relation{supervisor, inspector, convener},
		"双重督办：由开出督办的部门各自解除",
		[]Field{need("text")},
		myChannelOpen, release,
	},
	{
		Suspend,
		[]Stage{Handling, Opined, Signed, Served, Reviewing},
		[]relation{officer, reviewing, supervisor},
		"《信访工作条例》第三十六条：听证所需时间不计算在内；其他中止依政策",
		[]Field{need("reason"), need("days"), need("decided_by"), need("text")},
		notSuspended, suspend,
	},
	{
		Resume, open,
		[]relation{officer, reviewing, supervisor},
		"中止原因消除后恢复计时",
		[]Field{need("text")},
		suspended, resume,
	},
	{
		Hear,
		[]Stage{Handling, Opined, Reviewing},
		[]relation{officer, reviewing},
		"《信访工作条例》第三十一条、第三十六条：由办理、复核机关听证",
		[]Field{need("text"), may("on")},
		nil, hear,
	},
	{
		Mediate,
		[]Stage{Handling, Opined, Signed, Served, Reviewing},
		[]relation{officer, clerk, supervisor},
		"《信访工作条例》第三十三条：办理中可以调解",
		[]Field{need("outcome"), need("text"), may("on")},
		nil, mediate,
	},
	{
		Submit,
		[]Stage{Handling, Opined, Signed, Served, Reviewing},
		[]relation{seated, supervisor},
		"一案双责：由包案领导或信访部门提请集体研究",
		[]Field{need("meeting"), need("text")},
		notSubmitted, submit,
	},
	{
		Resolve, open,
		[]relation{seated, supervisor},
		"一案双责：由包案领导或信访部门记录集体研究决定",
		[]Field{need("text"), may("on"), may("money")},
		submitted, resolve,
	},
	{
		Execute,
		[]Stage{Served, Reviewing},
		[]relation{officer},
		"《信访工作条例》第三十二条第二款：有权处理的机关督促执行",
		[]Field{need("text"), may("on")},
		toExecute, execute,
	},
	{
		AskReview, answered,
		[]relation{clerk, supervisor, petitioner},
		"《信访工作条例》第三十五条、第三十六条：由信访人提出，或由信访部门登记复查、复核申请",
		[]Field{may("unit"), may("organ"), need("text"), may("on")},
		notFinal, askReview,
	},
	{
		AcceptReview,
		[]Stage{Reviewing},
		[]relation{reviewing},
		"《信访工作条例》第三十五条、第三十六条：由复查、复核机关受理",
		[]Field{may("text")},
		reviewPending, acceptReview,
	},
	{
		DeclineReview,
		[]Stage{Reviewing},
		[]relation{reviewing},
		"《信访工作条例》第三十五条、第三十六条：由复查、复核机关书面告知不予受理及理由",
		[]Field{need("text")},
		reviewPending, declineReview,
	},
	{
		ConcludeReview,
		[]Stage{Reviewing},
		[]relation{reviewing},
		"《信访工作条例》第三十五条、第三十六条：由复查、复核机关提出意见并书面答复",
		[]Field{need("outcome"), need("means"), need("text"), may("result"), may("days"), may("on")},
		reviewAccepted, concludeReview,
	},
	{
		Rate, answered,
		[]relation{clerk, supervisor, petitioner},
		"满意度评价由信访人作出，或由信访部门登记，对信访部门与责任单位分别评价",
		[]Field{need("office_rating"), need("unit_rating"), may("text")},
		notRated, rate,
	},
	{
		Reopen, answered,
		[]relation{supervisor},
		"《信访工作条例》第四十条：信访部门发现问题的，督促重新办理",
		[]Field{need("reason"), need("text")},
		notFinal, reopenCase,
	},
	{
		Link, open,
		[]relation{clerk, supervisor, receivingOfficer},
		"《信访工作条例》第二十二条：登记时核对是否重复，由登记机关关联",
		[]Field{need("earlier"), may("text")},
		fewLinks, link,
	},
	{
		Correct, open,
		[]relation{clerk, supervisor, receivingOfficer},
		"《信访工作条例》第二十二条：登记机关如实登记，登记有误的由其更正",
		[]Field{may("title"), may("petitioner"), need("text")},
		nil, correct,
	},
	{
		Commission,
		[]Stage{Registered},
		[]relation{clerk, supervisor},
		"《信访工作条例》第二十二条：信访部门交办，限期报告结果",
		[]Field{need("days"), need("text"), may("unit"), may("on")},
		notTied, commission,
	},
	{
		Object,
		[]Stage{Forwarded},
		[]relation{officer},
		"《信访工作条例》第二十三条第三款：收到转送、交办的机关、单位提出异议",
		[]Field{need("text"), may("organ")},
		canObject, object,
	},
	{
		DecideObjection,
		[]Stage{Forwarded},
		[]relation{clerk, supervisor},
		"《信访工作条例》第二十三条第三款：经转送、交办的信访部门同意方可退回",
		[]Field{need("outcome"), need("text")},
		objected, decideObjection,
	},
	{
		Join,
		[]Stage{Forwarded, Handling, Opined},
		[]relation{clerk, supervisor},
		"《信访工作条例》第二十二条：涉及多个单位的，由信访部门协调，确定主办、协办单位",
		[]Field{need("unit"), may("text")},
		nil, join,
	},
	{
		FallBack,
		[]Stage{Registered, Forwarded, Handling, Opined},
		[]relation{clerk, supervisor, officer},
		"信访事项简易办理办法：不适宜简易办理的转为普通程序",
		[]Field{need("text")},
		onSimpleTrack, fallBack,
	},
	{
		Instruct, open,
		[]relation{seated, convener},
		"一案双责：由包案领导或联席会议召集人批示",
		[]Field{need("text")},
		nil, instruct,
	},
	{
		FeedBack, open,
		[]relation{officer},
		"《信访工作条例》第四十条：收到督办的机关、单位书面反馈",
		[]Field{need("channel"), need("text")},
		anyChannelOpen, feedBack,
	},
	{
		AskTerm, open,
		[]relation{head},
		"督查通行做法：期限届满前由单位负责人申请延期",
		[]Field{need("clock"), need("days"), need("text")},
		canAskTerm, askTerm,
	},
	{
		GrantTerm, open,
		[]relation{supervisor, inspector, convener},
		"督查通行做法：由开出督办、交办的部门答复延期申请",
		[]Field{may("days"), may("text")},
		termAsked, grantTerm,
	},
	{
		RefuseTerm, open,
		[]relation{supervisor, inspector, convener},
		"督查通行做法：由开出督办、交办的部门答复延期申请",
		[]Field{need("text")},
		termAsked, refuseTerm,
	},
	{
		Talk, open,
		[]relation{convener},
		"《信访工作条例》第三十九条第三款：由信访工作联席会议约谈",
		[]Field{need("text")},
		unitSupervised, talk,
	},
	{
		Circulate, open,
		[]relation{convener},
		"《信访工作条例》第三十九条第三款：由信访工作联席会议通报",
		[]Field{need("text")},
		unitSupervised, circulate,
	},
	{
		List, open,
		[]relation{convener},
		"《信访工作条例》第三十九条第三款：由信访工作联席会议挂牌督办",
		[]Field{need("text"), may("days")},
		notListed, list,
	},
	{
		Order, open,
		[]relation{convener},
		"《信访工作条例》第三十九条第三款：由信访工作联席会议责令限期整改",
		[]Field{need("days"), need("text")},
		unitSupervised, order,
	},
	{
		Suggest, open,
		[]relation{supervisor},
		"《信访工作条例》第四十条：由信访部门提出改进工作、完善政策、追究责任的建议",
		[]Field{need("suggestion"), need("text"), may("unit"), may("organ")},
		nil, suggest,
	},
	{
		AnswerSuggestion, open,
		[]relation{supervisor},
		"《信访工作条例》第四十条第四款：收到建议的机关、单位书面反馈，由信访部门登记",
		[]Field{need("number"), need("outcome"), need("text")},
		suggested, answerSuggestion,
	},
	{
		MarkUrgent, open,
		[]relation{clerk, supervisor, officer},
		"《信访工作条例》第二十五条：由获知重大、紧急信访事项的机关、单位标明",
		[]Field{need("known_at"), may("text")},
		noReportPending, markUrgent,
	},
	{
		ReportUrgent, open,
		[]relation{clerk, supervisor, urgentOfficer},
		"《信访工作条例》第二十五条：由获知的机关、单位报告党委政府并通报，信访部门同时向上级报告",
		[]Field{need("organs"), need("text")},
		reportPending, reportUrgent,
	},
	{
		Reroute,
		[]Stage{Registered, Forwarded, Handling, Opined, Signed},
		[]relation{clerk, supervisor},
		"《信访工作条例》第二十二条、第三十一条：办理途径由信访部门更正",
		[]Field{need("route"), need("text")},
		notAnswered, reroute,
	},
	{
		Enlist, open,
		[]relation{clerk, supervisor},
		"会战名单由组织会战的信访部门管理",
		[]Field{need("campaign"), may("text")},
		notInCampaign, enlist,
	},
	{
		Delist, counted,
		[]relation{campaigner},
		"会战名单由组织会战的信访部门管理",
		[]Field{need("text")},
		nowInCampaign, delist,
	},
	{
		MakePlan, open,
		[]relation{officer, seated, supervisor},
		"会战：一案一方案，由责任单位、包案领导或信访部门制定",
		[]Field{need("text")},
		nowInCampaign, makePlan,
	},
	{Tick, open, []relation{clockwork}, "计时器", nil, nil, nil},
	{Replan, open, []relation{publisher}, "公布节假日安排或政策新版本后，对在办信访事项重新计算期限", []Field{may("text")}, nil, nil},
}

func specOf(kind Kind) (spec, bool) {
	i := slices.IndexFunc(table, func(s spec) bool { return s.kind == kind })
	if i < 0 {
		return spec{}, false
	}
	return table[i], true
}

// given reports whether people give the command to a case that they see. The others come
// by themselves, with the time or with new rules; in them advance does all there is to do.
func (k Kind) given() bool { return k != Tick && k != Replan }

// Kinds lists the commands that people can give, in the order of the main way.
func Kinds() []Kind {
	var kinds []Kind
	for _, s := range table {
		if s.kind.given() {
			kinds = append(kinds, s.kind)
		}
	}
	return kinds
}

// Fields lists the fields of a command's body; ok is false for an unknown command.
func Fields(kind Kind) (fields []Field, ok bool) {
	s, ok := specOf(kind)
	return s.fields, ok && kind.given()
}

// The conditions of the table's ready column.

func notLed(c Case, _ Actor, _ time.Time) *Error {
	if c.Led() {
		return conflict("already_assigned", "已确定两名包案领导，更换须办理移交", "both leaders are named already; a change needs a handover")
	}
	return nil
}

// withUnit leaves acceptance of what was forwarded to the unit that has it.
func withUnit(c Case, by Actor, _ time.Time) *Error {
	if c.Stage == Forwarded && by.Role != Officer {
		return conflict("with_unit", "已转送责任单位，由责任单位受理", "the case was forwarded: its unit accepts it")
	}
	return nil
}

// notTied refuses to forward what its own unit has already and can't be taken from any
// more.
func notTied(c Case, _ Actor, _ time.Time) *Error {
	if c.Direct && c.Led() {
		return conflict("already_led", "责任单位直接收到且已确定包案领导，不再转送", "the unit received it itself and its leaders are named; it is not forwarded any more")
	}
	return nil
}

// ledOrReceived lets a case be handed over that has its leaders or, before it has, one
// who received it.
func ledOrReceived(c Case, by Actor, now time.Time) *Error {
	if c.Receiver != "" {
		return nil
	}
	return led(c, by, now)
}

func led(c Case, _ Actor, _ time.Time) *Error {
	if !c.Led() {
		return conflict("no_leaders", "尚未确定两名包案领导", "the two leaders have not been named yet")
	}
	return nil
}

func notAcknowledged(c Case, by Actor, _ time.Time) *Error {
	name, _ := c.SeatOf(by.ID)
	if !c.Seat(name).AcknowledgedAt.IsZero() {
		return conflict("already_acknowledged", "您已签收本案", "you have acknowledged this case already")
	}
	return nil
}

func acknowledged(c Case, by Actor, _ time.Time) *Error {
	name, _ := c.SeatOf(by.ID)
	if c.Seat(name).AcknowledgedAt.IsZero() {
		return conflict("not_acknowledged", "请先签收本案", "acknowledge the case first")
	}
	return nil
}

func mySignature(c Case, by Actor, now time.Time) *Error {
	if err := acknowledged(c, by, now); err != nil {
		return err
	}
	name, _ := c.SeatOf(by.ID)
	switch {
	case !c.Seat(name).SignedAt.IsZero():
		return conflict("already_signed", "您已签批这一版处理意见", "you have signed this version already")
	case name == Upper && c.Lower.SignedAt.IsZero():
		return conflict("lower_signs_first", "须由下级包案领导先签批", "the lower leader signs first")
	}
	return nil
}

func notExtended(c Case, _ Actor, now time.Time) *Error {
	for _, k := range c.Clocks {
		switch {
		case k.Extendable > 0 && k.Extended > 0:
			return conflict("already_extended", "办理期限只能延长一次", "the time limit can be extended only once")
		case k.Extendable > 0 && k.Running() && k.Overdue(now):
			return conflict("overdue", "期限已过，不能再延长", "the time limit has passed; it can't be extended any more")
		case k.Extendable > 0 && k.Running():
			return nil
		}
	}
	return conflict("nothing_to_extend", "本案没有可以延长的期限", "the case has no time limit that can be extended")
}

// mayEnd keeps a case open while somebody supervises it or an urgent report is missing.
func mayEnd(c Case, _ Actor, _ time.Time) *Error {
	if len(c.Urgent.WaitsFor()) > 0 {
		return unreported()
	}
	if c.Supervision() != NotSupervised {
		return conflict("still_supervised", "督办尚未全部解除，不能结束本案", "a channel of supervision has not been released; the case can't be ended")
	}
	return nil
}

func unreported() *Error {
	return conflict("urgent_unreported", "重大紧急事项尚未报告，不能结束本案", "the urgent matter has not been reported; the case can't be ended")
}

// withSomebody keeps a unit from being urged or supervised for what it never got: until a
// case is forwarded its delay is the petition office's own (条例第22条, 第43条).
func withSomebody(c Case, _ Actor, _ time.Time) *Error {
	if c.unforwarded() {
		return conflict("not_forwarded", "该事项尚未转送责任单位，应先转送", "the case has not been forwarded to its unit yet; forward it first")
	}
	return nil
}

func notYetSupervised(c Case, by Actor, now time.Time) *Error {
	if c.OnChannel(PetitionOffice).Open() {
		return conflict("already_supervised", "本案已在督办中", "the case is under supervision already")
	}
	return withSomebody(c, by, now)
}

func onlySupervised(c Case, by Actor, now time.Time) *Error {
	switch {
	case c.OnChannel(SupervisionOffice).Open():
		return conflict("already_dual", "本案已在双重督办中", "the case is under dual supervision already")
	case c.SupervisionOffice == "":
		return conflict("no_supervision_office", "名录中没有党委督查室", "the directory has no supervision office")
	case !c.OnChannel(PetitionOffice).Open():
		return conflict("not_supervised", "双重督办须以信访部门正在督办为前提", "dual supervision comes on top of the petition office's; supervise first")
	}
	return withSomebody(c, by, now)
}

func myChannelOpen(c Case, by Actor, _ time.Time) *Error {
	if !c.OnChannel(channelOf(by)).Open() {
		return conflict("no_open_channel", "您所在部门没有正在进行的督办", "your office is not supervising this case")
	}
	return nil
}

// channelOf is the channel an actor's role stands for.
func channelOf(by Actor) ChannelName {
	if by.Role == Inspector {
		return SupervisionOffice
	}
	if by.Role == Leader {
		return JointMeeting
	}
	return PetitionOffice
}
