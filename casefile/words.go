package casefile

import (
	"strings"

	"shuangze/calendar"
	"shuangze/policy"
)

// The words for what the program calls by codes, as docs/words.md has them: for letters and
// pages alike.

var stageNames = map[Stage]policy.Text{
	Registered: {Chinese: "已登记", English: "registered"},
	Forwarded:  {Chinese: "已转送、交办", English: "forwarded"},
	Handling:   {Chinese: "办理中", English: "being handled"},
	Opined:     {Chinese: "待签批", English: "opinion to be signed"},
	Signed:     {Chinese: "已签批，待送达", English: "signed, to be served"},
	Served:     {Chinese: "已送达，待结案", English: "served, to be closed"},
	Reviewing:  {Chinese: "复查、复核中", English: "under review"},
	Closed:     {Chinese: "已结案", English: "closed"},
	Declined:   {Chinese: "不予受理", English: "declined"},
	Diverted:   {Chinese: "已导入法定途径", English: "diverted to the legal route"},
}

// events are all that can happen to a case, in the order in which people look for it.
var events = []struct {
	kind EventKind
	name policy.Text
}{
	{EventRegistered, policy.Text{Chinese: "登记", English: "registered"}},
	{EventAccepted, policy.Text{Chinese: "受理", English: "accepted"}},
	{EventDeclined, policy.Text{Chinese: "不予受理", English: "declined"}},
	{EventForwarded, policy.Text{Chinese: "转送", English: "forwarded"}},
	{EventAssigned, policy.Text{Chinese: "确定包案领导", English: "leaders assigned"}},
	{EventAcknowledged, policy.Text{Chinese: "签收", English: "acknowledged"}},
	{EventActed, policy.Text{Chinese: "亲自办理", English: "personal act"}},
	{EventReported, policy.Text{Chinese: "报告进展", English: "progress reported"}},
	{EventExtended, policy.Text{Chinese: "延期", English: "extended"}},
	{EventOpined, policy.Text{Chinese: "拟出处理意见书", English: "opinion drafted"}},
	{EventSigned, policy.Text{Chinese: "签批", English: "signed"}},
	{EventReturned, policy.Text{Chinese: "退回", English: "returned"}},
	{EventServed, policy.Text{Chinese: "送达", English: "served"}},
	{EventClosed, policy.Text{Chinese: "结案", English: "closed"}},
	{EventSupervised, policy.Text{Chinese: "督办", English: "supervised"}},
	{EventEscalated, policy.Text{Chinese: "双重督办", English: "dual supervision"}},
	{EventReleased, policy.Text{Chinese: "解除督办", English: "supervision released"}},
	{EventDiverted, policy.Text{Chinese: "导入法定途径", English: "diverted to the legal route"}},
	{EventHandedOver, policy.Text{Chinese: "移交", English: "handed over"}},
	{EventReceived, policy.Text{Chinese: "领导接访", English: "received by a leader"}},
	{EventSuspended, policy.Text{Chinese: "中止计时", English: "clocks suspended"}},
	{EventResumed, policy.Text{Chinese: "恢复计时", English: "clocks resumed"}},
	{EventHeard, policy.Text{Chinese: "听证", English: "hearing held"}},
	{EventMediated, policy.Text{Chinese: "调解", English: "mediated"}},
	{EventSubmitted, policy.Text{Chinese: "提请集体研究", English: "submitted to a decision meeting"}},
	{EventResolved, policy.Text{Chinese: "集体研究决定", English: "decided by a meeting"}},
	{EventExecuted, policy.Text{Chinese: "执行处理意见", English: "opinion carried out"}},
	{EventReviewAsked, policy.Text{Chinese: "申请复查、复核", English: "review asked for"}},
	{EventReviewAccepted, policy.Text{Chinese: "受理复查、复核", English: "review accepted"}},
	{EventReviewDeclined, policy.Text{Chinese: "不予受理复查、复核", English: "review declined"}},
	{EventReviewed, policy.Text{Chinese: "复查、复核意见", English: "reviewed"}},
	{EventRated, policy.Text{Chinese: "满意度评价", English: "rated"}},
	{EventReopened, policy.Text{Chinese: "重新办理", English: "reopened"}},
	{EventCorrected, policy.Text{Chinese: "更正登记", English: "registration corrected"}},
	{EventLinked, policy.Text{Chinese: "已关联此前信访事项", English: "linked to an earlier case"}},
	{EventCommissioned, policy.Text{Chinese: "交办", English: "commissioned"}},
	{EventObjected, policy.Text{Chinese: "提出异议", English: "objected to"}},
	{EventObjectionDecided, policy.Text{Chinese: "异议决定", English: "objection decided"}},
	{EventJoined, policy.Text{Chinese: "增加协办单位", English: "another unit joined"}},
	{EventFellBack, policy.Text{Chinese: "转为普通程序", English: "back to the ordinary track"}},
	{EventInstructed, policy.Text{Chinese: "批示", English: "instructed"}},
	{EventFedBack, policy.Text{Chinese: "督办反馈", English: "feedback to the supervision"}},
	{EventTermAsked, policy.Text{Chinese: "申请督办延期", English: "longer term asked for"}},
	{EventTermGranted, policy.Text{Chinese: "同意督办延期", English: "longer term granted"}},
	{EventTermRefused, policy.Text{Chinese: "不同意督办延期", English: "longer term refused"}},
	{EventTalked, policy.Text{Chinese: "约谈", English: "called in to talk"}},
	{EventCirculated, policy.Text{Chinese: "通报", English: "circulated"}},
	{EventListed, policy.Text{Chinese: "挂牌督办", English: "listed for supervision"}},
	{EventOrdered, policy.Text{Chinese: "责令限期整改", English: "ordered to correct"}},
	{EventSuggested, policy.Text{Chinese: "提出建议", English: "suggestion made"}},
	{EventSuggestionAnswered, policy.Text{Chinese: "建议反馈", English: "suggestion answered"}},
	{EventMarkedUrgent, policy.Text{Chinese: "标明重大紧急", English: "marked as grave and urgent"}},
	{EventUrgentReported, policy.Text{Chinese: "已报告重大紧急事项", English: "urgent matter reported"}},
	{EventRerouted, policy.Text{Chinese: "更正办理途径", English: "route corrected"}},
	{EventEnlisted, policy.Text{Chinese: "列入会战", English: "put on a campaign's list"}},
	{EventDelisted, policy.Text{Chinese: "移出会战", English: "taken off a campaign's list"}},
	{EventPlanned, policy.Text{Chinese: "制定化解方案", English: "plan made"}},
	{EventCampaignOver, policy.Text{Chinese: "会战结束", English: "the campaign is over"}},
	{EventReminded, policy.Text{Chinese: "提醒", English: "reminder"}},
	{EventUrged, policy.Text{Chinese: "催办", English: "urged"}},
	{EventReportedUp, policy.Text{Chinese: "上报", English: "reported upward"}},
	{EventSuppressed, policy.Text{Chinese: "略过一步", English: "a step was left out"}},
	{EventRecalculated, policy.Text{Chinese: "期限重新计算", English: "due date computed anew"}},
}

var commandNames = map[Kind]policy.Text{
	Register:         {Chinese: "登记", English: "Register"},
	Accept:           {Chinese: "受理", English: "Accept"},
	Decline:          {Chinese: "不予受理", English: "Decline"},
	Forward:          {Chinese: "转送", English: "Forward"},
	Assign:           {Chinese: "确定包案领导", English: "Name the two leaders"},
	Acknowledge:      {Chinese: "签收", English: "Acknowledge"},
	Act:              {Chinese: "亲自办理记录", English: "Record a personal act"},
	Report:           {Chinese: "报告进展", English: "Report progress"},
	Extend:           {Chinese: "延期", English: "Extend"},
	Opine:            {Chinese: "拟处理意见书", English: "Draft the opinion"},
	Sign:             {Chinese: "签批", English: "Sign"},
	Return:           {Chinese: "退回", English: "Return"},
	Serve:            {Chinese: "送达", English: "Serve"},
	Close:            {Chinese: "结案", English: "Close"},
	Supervise:        {Chinese: "督办", English: "Supervise"},
	Escalate:         {Chinese: "双重督办", English: "Put under dual supervision"},
	Release:          {Chinese: "解除督办", English: "Release the supervision"},
	Urge:             {Chinese: "催办", English: "Urge"},
	Divert:           {Chinese: "导入法定途径", English: "Divert to the legal route"},
	HandOver:         {Chinese: "移交", English: "Hand over"},
	Receive:          {Chinese: "登记接访", English: "Record a reception"},
	Suspend:          {Chinese: "中止计时", English: "Suspend the clocks"},
	Resume:           {Chinese: "恢复计时", English: "Resume the clocks"},
	Hear:             {Chinese: "听证", English: "Record a hearing"},
	Mediate:          {Chinese: "调解", English: "Record a mediation"},
	Submit:           {Chinese: "提请集体研究", English: "Submit to a decision meeting"},
	Resolve:          {Chinese: "登记集体研究决定", English: "Record the meeting's decision"},
	Execute:          {Chinese: "登记执行情况", English: "Record that it was carried out"},
	AskReview:        {Chinese: "登记复查、复核申请", English: "Record a request for review"},
	AcceptReview:     {Chinese: "受理复查、复核", English: "Accept the review"},
	DeclineReview:    {Chinese: "不予受理复查、复核", English: "Decline the review"},
	ConcludeReview:   {Chinese: "复查、复核意见", English: "Conclude the review"},
	Rate:             {Chinese: "登记满意度评价", English: "Record the rating"},
	Reopen:           {Chinese: "重新办理", English: "Reopen"},
	Correct:          {Chinese: "更正登记", English: "Correct the registration"},
	Link:             {Chinese: "关联此前事项", English: "Link to an earlier case"},
	Commission:       {Chinese: "交办", English: "Commission"},
	Object:           {Chinese: "提出异议", English: "Object"},
	DecideObjection:  {Chinese: "异议决定", English: "Decide the objection"},
	Join:             {Chinese: "增加协办单位", English: "Add another unit"},
	FallBack:         {Chinese: "转为普通程序", English: "Go back to the ordinary track"},
	Instruct:         {Chinese: "批示", English: "Instruct"},
	FeedBack:         {Chinese: "督办反馈", English: "Feed back to the supervision"},
	AskTerm:          {Chinese: "申请督办延期", English: "Ask for a longer term"},
	GrantTerm:        {Chinese: "同意督办延期", English: "Grant the longer term"},
	RefuseTerm:       {Chinese: "不同意督办延期", English: "Refuse the longer term"},
	Talk:             {Chinese: "约谈", English: "Call in to talk"},
	Circulate:        {Chinese: "通报", English: "Circulate"},
	List:             {Chinese: "挂牌督办", English: "List for supervision"},
	Order:            {Chinese: "责令限期整改", English: "Order to correct"},
	Suggest:          {Chinese: "提出建议", English: "Make a suggestion"},
	AnswerSuggestion: {Chinese: "登记建议反馈", English: "Record the answer to a suggestion"},
	MarkUrgent:       {Chinese: "标明重大紧急", English: "Mark as grave and urgent"},
	ReportUrgent:     {Chinese: "报告重大紧急事项", English: "Report the urgent matter"},
	Enlist:           {Chinese: "列入会战", English: "Put on a campaign's list"},
	Delist:           {Chinese: "移出会战", English: "Take off the campaign's list"},
	MakePlan:         {Chinese: "制定化解方案", English: "Make a plan"},
	Reroute:          {Chinese: "更正办理途径", English: "Correct the route"},
}

// duties are the words for what a case can wait for.
var duties = map[Kind]policy.Text{
	Forward:          {Chinese: "转送、交办", English: "forward"},
	Accept:           {Chinese: "受理告知", English: "accept and tell the petitioner"},
	Assign:           {Chinese: "确定包案领导", English: "name the two leaders"},
	Acknowledge:      {Chinese: "签收", English: "acknowledge"},
	Act:              {Chinese: "亲自办理", English: "act in person"},
	Opine:            {Chinese: "拟处理意见书", English: "draft the opinion"},
	Sign:             {Chinese: "签批处理意见书", English: "sign the opinion"},
	Serve:            {Chinese: "送达处理意见书", English: "serve the opinion"},
	Report:           {Chinese: "报告进展", English: "report progress"},
	Release:          {Chinese: "核查、解除督办", English: "check and release the supervision"},
	Execute:          {Chinese: "执行处理意见", English: "carry out the opinion"},
	AcceptReview:     {Chinese: "决定是否受理复查、复核", English: "accept the review"},
	ConcludeReview:   {Chinese: "作出复查、复核意见", English: "conclude the review"},
	Resolve:          {Chinese: "登记集体研究决定", English: "record the meeting's decision"},
	DecideObjection:  {Chinese: "决定是否同意异议", English: "decide the objection"},
	AnswerSuggestion: {Chinese: "登记建议反馈", English: "record the answer to the suggestion"},
	GrantTerm:        {Chinese: "答复督办延期申请", English: "answer the request for a longer term"},
	FeedBack:         {Chinese: "反馈督办情况", English: "feed back to the supervision"},
	ReportUrgent:     {Chinese: "报告重大紧急事项", English: "report the urgent matter"},
	Close:            {Chinese: "审核结案", English: "examine and close"},
}

var lampNames = map[Lamp]policy.Text{
	Green:  {Chinese: "绿灯", English: "green"},
	Yellow: {Chinese: "黄灯", English: "yellow"},
	Red:    {Chinese: "红灯", English: "red"},
}

var supervisionNames = map[Supervision]policy.Text{
	NotSupervised:    {Chinese: "未督办", English: "not supervised"},
	ByPetitionOffice: {Chinese: "督办中", English: "supervised"},
	Dual:             {Chinese: "双重督办中", English: "under dual supervision"},
	ByJointMeeting:   {Chinese: "联席会议挂牌督办中", English: "listed by the joint meeting"},
}

var channelNames = map[ChannelName]policy.Text{
	PetitionOffice:    {Chinese: "信访部门督办", English: "the petition office's supervision"},
	SupervisionOffice: {Chinese: "督查室督办", English: "the supervision office's supervision"},
	JointMeeting:      {Chinese: "联席会议挂牌督办", English: "listed by the joint meeting"},
}

var roleNames = map[Role]policy.Text{
	Registrar:  {Chinese: "登记员", English: "clerk"},
	Supervisor: {Chinese: "督办员", English: "supervisor"},
	Inspector:  {Chinese: "督查员", English: "inspector"},
	Officer:    {Chinese: "承办人", English: "officer"},
	Leader:     {Chinese: "领导", English: "leader"},
	Admin:      {Chinese: "管理员", English: "administrator"},
	Auditor:    {Chinese: "审计员", English: "auditor"},
	System:     {Chinese: "系统", English: "the system"},
	Former:     {Chinese: "已离任", English: "has left"},

	Complainant: {Chinese: "信访人", English: "the petitioner"},
}

var unitKindNames = map[string]policy.Text{
	Authority:             {Chinese: "党委政府", English: "authorities"},
	PetitionOfficeKind:    {Chinese: "信访部门", English: "petition offices"},
	SupervisionOfficeKind: {Chinese: "督查室", English: "supervision offices"},
	Department:            {Chinese: "部门", English: "departments"},
	Enterprise:            {Chinese: "企业", English: "enterprises"},
}

// UnitKindName is what units of a kind are called together.
func UnitKindName(kind string) policy.Text { return named(unitKindNames, kind) }

// named is the word for a code; of one without a word, the code itself.
func named[T ~string](words map[T]policy.Text, code T) policy.Text {
	if t, ok := words[code]; ok {
		return t
	}
	return policy.Text{Chinese: string(code), English: string(code)}
}

// Name is what the stage is called.
func (s Stage) Name() policy.Text { return named(stageNames, s) }

// Name is what the event is called.
func (k EventKind) Name() policy.Text {
	for _, e := range events {
		if e.kind == k {
			return e.name
		}
	}
	return policy.Text{Chinese: string(k), English: string(k)}
}

// Said is the event in a sentence: who did it and when, in China's time.
func (e Event) Said(d *Directory) policy.Text {
	who := e.Actor.Role.Name()
	if o, ok := d.Officials[e.Actor.ID]; ok {
		who = policy.Text{Chinese: o.Name, English: o.Name}
	}
	at, name := e.At.In(calendar.Zone), e.Kind.Name()
	return policy.Text{
		Chinese: "已由" + who.Chinese + "于" + at.Format("2006年1月2日15:04") + strings.TrimPrefix(name.Chinese, "已"),
		English: name.English + " by " + who.English + " on " + at.Format("2006-01-02 at 15:04"),
	}
}

// EventKinds lists all that can happen to a case.
func EventKinds() []EventKind {
	kinds := make([]EventKind, len(events))
	for i, e := range events {
		kinds[i] = e.kind
	}
	return kinds
}

// Name is what the command is called.
func (k Kind) Name() policy.Text { return named(commandNames, k) }

// Duty is what a case is said to wait for, when it waits for this command.
func (k Kind) Duty() policy.Text { return named(duties, k) }

// Name is what the lamp is called.
func (l Lamp) Name() policy.Text { return named(lampNames, l) }

// Name is what the supervision is called.
func (s Supervision) Name() policy.Text { return named(supervisionNames, s) }

// Name is what the channel of supervision is called.
func (c ChannelName) Name() policy.Text { return named(channelNames, c) }

// Name is what the role is called.
func (r Role) Name() policy.Text { return named(roleNames, r) }

// LeaveReasonCodes are LeaveReasons with their words.
func LeaveReasonCodes() []policy.Code { return leaveReasonCodes }

// coded is one list of codes that the program has itself, with its words.
func coded(list []string, names ...policy.Text) []policy.Code {
	codes := make([]policy.Code, len(list))
	for i, id := range list {
		codes[i] = policy.Code{ID: id, Name: names[i]}
	}
	return codes
}

var (
	resultCodes = coded(Results, policy.Text{Chinese: "支持诉求", English: "the claim is supported"},
		policy.Text{Chinese: "解释说明", English: "explained"}, policy.Text{Chinese: "不予支持", English: "the claim is not supported"})
	meansCodes = coded(Means, policy.Text{Chinese: "直接送达（当面）", English: "in person"},
		policy.Text{Chinese: "邮寄", English: "by mail"}, policy.Text{Chinese: "电子送达", English: "electronically"})
	groundCodes = coded(Grounds, policy.Text{Chinese: "重点事项", English: "a key case"}, policy.Text{Chinese: "难点事项", English: "a difficult case"},
		policy.Text{Chinese: "督办期满未果", English: "the term of supervision has passed"}, policy.Text{Chinese: "重复信访", English: "raised again"})
	routeCodes = coded(Routes, policy.Text{Chinese: "诉讼、司法程序", English: "courts"}, policy.Text{Chinese: "仲裁", English: "arbitration"},
		policy.Text{Chinese: "党纪政务处分等党内程序", English: "procedures of the party"}, policy.Text{Chinese: "行政复议、行政裁决等行政程序", English: "administrative procedures"})
	handlingCodes = coded(HandlingRoutes, policy.Text{Chinese: "信访程序（出具处理意见书）", English: "an opinion"},
		policy.Text{Chinese: "查处违法或者履行保护职责", English: "the unit performs its duty"})
	leaveReasonCodes = coded(LeaveReasons, policy.Text{Chinese: "休假", English: "holiday"}, policy.Text{Chinese: "出差", English: "business trip"},
		policy.Text{Chinese: "学习培训", English: "training"}, policy.Text{Chinese: "病假", English: "illness"}, policy.Text{Chinese: "其他", English: "other"})
	handoverCodes = coded(HandoverReasons, policy.Text{Chinese: "工作调动", English: "transfer"}, policy.Text{Chinese: "离任", English: "left office"},
		policy.Text{Chinese: "回避", English: "recusal"}, policy.Text{Chinese: "因病", English: "illness"}, policy.Text{Chinese: "其他", English: "other"})
	reopenCodes = coded(ReopenReasons, policy.Text{Chinese: "信访人不满意", English: "the petitioner is dissatisfied"}, policy.Text{Chinese: "处理意见未执行", English: "the opinion was not carried out"},
		policy.Text{Chinese: "虚报结果", English: "false report"}, policy.Text{Chinese: "处理意见明显错误", English: "the opinion is plainly wrong"})
	satisfactionCodes = coded(Satisfaction, policy.Text{Chinese: "满意", English: "satisfied"},
		policy.Text{Chinese: "基本满意", English: "basically satisfied"}, policy.Text{Chinese: "不满意", English: "dissatisfied"})
	objectionCodes = coded(ObjectionOutcomes, policy.Text{Chinese: "同意退回", English: "upheld: it comes back"}, policy.Text{Chinese: "不同意", English: "rejected: it stays"})
	mediationCodes = coded(MediationOutcomes, policy.Text{Chinese: "达成协议", English: "an agreement"}, policy.Text{Chinese: "部分达成", English: "in part"}, policy.Text{Chinese: "未达成", English: "none"})
	reviewCodes    = coded(ReviewOutcomes, policy.Text{Chinese: "维持", English: "upheld"}, policy.Text{Chinese: "变更", English: "changed"},
		policy.Text{Chinese: "撤销", English: "set aside"}, policy.Text{Chinese: "责令重新办理", English: "to be handled anew"})
	suggestionCodes = coded(SuggestionKinds, policy.Text{Chinese: "改进工作", English: "improve the work"},
		policy.Text{Chinese: "完善政策", English: "improve the policy"}, policy.Text{Chinese: "追究责任", English: "hold to account"})
	answerCodes = coded(SuggestionOutcomes, policy.Text{Chinese: "采纳", English: "adopted"},
		policy.Text{Chinese: "部分采纳", English: "adopted in part"}, policy.Text{Chinese: "未采纳", English: "not adopted"})
)

// Choices are the codes that a command takes in a field, with their words, of this policy;
// nil for a field that is no code.
func Choices(kind Kind, field string, p *policy.Policy) []policy.Code {
	switch field {
	case "result":
		return resultCodes
	case "means", "told_by":
		return meansCodes
	case "ground":
		return groundCodes
	case "route":
		if kind == Divert {
			return routeCodes
		}
		return handlingCodes
	case "organs":
		codes := make([]policy.Code, len(UrgentOrgans))
		for i, id := range UrgentOrgans {
			codes[i] = policy.Code{ID: id, Name: organNames[id]}
		}
		return codes
	case "office_rating", "unit_rating":
		return satisfactionCodes
	case "suggestion":
		return suggestionCodes
	case "act":
		return p.Acts
	case "meeting":
		return p.Meetings
	case "reason":
		return reasonsOf(kind, p)
	case "outcome":
		return map[Kind][]policy.Code{Mediate: mediationCodes, ConcludeReview: reviewCodes, DecideObjection: objectionCodes, AnswerSuggestion: answerCodes}[kind]
	}
	return nil
}

func reasonsOf(kind Kind, p *policy.Policy) []policy.Code {
	switch kind {
	case Decline:
		return p.DeclineReasons
	case HandOver:
		return handoverCodes
	case Reopen:
		return reopenCodes
	case Suspend:
		codes := make([]policy.Code, len(p.Suspensions))
		for i, s := range p.Suspensions {
			codes[i] = policy.Code{ID: s.ID, Name: s.Name}
		}
		return codes
	default:
		return p.Reasons
	}
}

var leftOutNames = map[string]policy.Text{
	Superseded:        {Chinese: "后一步骤同时到期", English: "a later step was due too"},
	Explained:         {Chinese: "责任单位此前已报告", English: "the unit had reported by then"},
	AlreadySupervised: {Chinese: "已在督办中", English: "it was under supervision already"},
	NoOffice:          {Chinese: "名录中没有党委督查室", English: "the directory has no supervision office"},
}

// LeftOutName is why the clock left a step out.
func LeftOutName(reason string) policy.Text { return named(leftOutNames, reason) }

var targetKindNames = map[string]policy.Text{
	TargetConcluded: {Chinese: "化解件数", English: "cases concluded"},
	TargetShare:     {Chinese: "化解率", English: "share concluded"},
}

// TargetKindName is what a kind of a campaign's target is called.
func TargetKindName(kind string) policy.Text { return named(targetKindNames, kind) }

var targetStateNames = map[TargetState]policy.Text{
	TargetMet:    {Chinese: "已完成", English: "met"},
	TargetOpen:   {Chinese: "进行中", English: "open"},
	TargetMissed: {Chinese: "未完成", English: "missed"},
}

// Name is what the state is called.
func (s TargetState) Name() policy.Text { return named(targetStateNames, s) }

var campaignStateNames = map[string]policy.Text{
	"planned": {Chinese: "未开始", English: "not begun"},
	"running": {Chinese: "进行中", English: "running"},
	"over":    {Chinese: "期满", English: "over"},
	"ended":   {Chinese: "已结束", English: "ended"},
}

// CampaignStateName is what the state of a campaign is called.
func CampaignStateName(state string) policy.Text { return named(campaignStateNames, state) }

var receptionStateNames = map[ReceptionState]policy.Text{
	ReceptionPlanned:   {Chinese: "待接访", English: "to come"},
	ReceptionCurrent:   {Chinese: "接访中", English: "now"},
	ReceptionHeld:      {Chinese: "已接访", English: "held"},
	ReceptionMissed:    {Chinese: "未登记接访", English: "not recorded as held"},
	ReceptionCancelled: {Chinese: "已取消", English: "cancelled"},
	ReceptionSwapped:   {Chinese: "已调换", English: "swapped"},
}

// Name is what the state is called.
func (s ReceptionState) Name() policy.Text { return named(receptionStateNames, s) }

var publicationNames = map[Publication]policy.Text{
	PublishedInTime: {Chinese: "已公示", English: "published"},
	PublishedLate:   {Chinese: "公示晚于规定", English: "published late"},
	NotYetPublished: {Chinese: "待公示", English: "to be published"},
	NotPublished:    {Chinese: "应公示未公示", English: "should be public"},
}

// Name is what the publication is called.
func (p Publication) Name() policy.Text { return named(publicationNames, p) }

var appointmentStateNames = map[AppointmentState]policy.Text{
	Booked:    {Chinese: "已预约", English: "booked"},
	Cancelled: {Chinese: "已取消", English: "cancelled"},
	Came:      {Chinese: "已到场", English: "came"},
	Absent:    {Chinese: "未到场", English: "did not come"},
}

// Name is what the state is called.
func (s AppointmentState) Name() policy.Text { return named(appointmentStateNames, s) }

// AbsenceCodes are AbsenceReasons with their words.
var AbsenceCodes = coded(AbsenceReasons, policy.Text{Chinese: "公务", English: "other duties"}, policy.Text{Chinese: "出差", English: "business trip"},
	policy.Text{Chinese: "请假", English: "leave"}, policy.Text{Chinese: "因病", English: "illness"}, policy.Text{Chinese: "突发事件", English: "an emergency"},
	policy.Text{Chinese: "登记有误", English: "entered by mistake"}, policy.Text{Chinese: "其他", English: "other"})

var sheetStateNames = map[string]policy.Text{
	"draft":       {Chinese: "起草", English: "draft"},
	"half_signed": {Chinese: "一方已签", English: "signed by one"},
	"in_force":    {Chinese: "已签订", English: "in force"},
	"closed":      {Chinese: "已考核", English: "closed"},
}

// SheetStateName is what the state of a target sheet is called.
func SheetStateName(state string) policy.Text { return named(sheetStateNames, state) }

var bearerNames = map[policy.Bearer]policy.Text{
	policy.OfUnit:              {Chinese: "责任单位", English: "Responsible units"},
	policy.OfLeader:            {Chinese: "包案领导", English: "Leaders"},
	policy.OfPetitionOffice:    {Chinese: "信访部门", English: "Petition offices"},
	policy.OfSupervisionOffice: {Chinese: "督查室", English: "Supervision offices"},
	policy.OfReviewer:          {Chinese: "复查复核机关", English: "Reviewing organs"},
	policy.OfAddressee:         {Chinese: "被建议单位", English: "Addressees of suggestions"},
}

// BearerName is what those are called who bear a rule's time limit, as a heading.
func BearerName(b policy.Bearer) policy.Text { return named(bearerNames, b) }

var countUnitNames = map[CountUnit]policy.Text{
	Items:   {Chinese: "件次", English: "items"},
	Groups:  {Chinese: "批次", English: "groups"},
	Persons: {Chinese: "人次", English: "persons"},
}

// Name is what a counting unit is called after a number.
func (u CountUnit) Name() policy.Text { return named(countUnitNames, u) }
