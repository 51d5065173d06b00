package notify

import (
	"fmt"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// happenings are the words for what happens to a case, as docs/words.md has them.
var happenings = map[casefile.EventKind]policy.Text{
	casefile.EventRegistered:         {Chinese: "登记", English: "registered"},
	casefile.EventAccepted:           {Chinese: "受理", English: "accepted"},
	casefile.EventDeclined:           {Chinese: "不予受理", English: "declined"},
	casefile.EventForwarded:          {Chinese: "转送", English: "forwarded"},
	casefile.EventAssigned:           {Chinese: "确定包案领导", English: "leaders assigned"},
	casefile.EventAcknowledged:       {Chinese: "签收", English: "acknowledged"},
	casefile.EventActed:              {Chinese: "亲自办理", English: "personal act"},
	casefile.EventReported:           {Chinese: "报告进展", English: "progress reported"},
	casefile.EventExtended:           {Chinese: "延期", English: "extended"},
	casefile.EventOpined:             {Chinese: "拟出处理意见书", English: "opinion drafted"},
	casefile.EventSigned:             {Chinese: "签批", English: "signed"},
	casefile.EventReturned:           {Chinese: "退回", English: "returned"},
	casefile.EventServed:             {Chinese: "送达", English: "served"},
	casefile.EventClosed:             {Chinese: "结案", English: "closed"},
	casefile.EventSupervised:         {Chinese: "督办", English: "supervised"},
	casefile.EventEscalated:          {Chinese: "双重督办", English: "dual supervision"},
	casefile.EventReleased:           {Chinese: "解除督办", English: "supervision released"},
	casefile.EventDiverted:           {Chinese: "导入法定途径", English: "diverted to the legal route"},
	casefile.EventHandedOver:         {Chinese: "移交", English: "handed over"},
	casefile.EventReceived:           {Chinese: "领导接访", English: "received by a leader"},
	casefile.EventSuspended:          {Chinese: "中止计时", English: "clocks suspended"},
	casefile.EventResumed:            {Chinese: "恢复计时", English: "clocks resumed"},
	casefile.EventHeard:              {Chinese: "听证", English: "hearing held"},
	casefile.EventMediated:           {Chinese: "调解", English: "mediated"},
	casefile.EventSubmitted:          {Chinese: "提请集体研究", English: "submitted to a decision meeting"},
	casefile.EventResolved:           {Chinese: "集体研究决定", English: "decided by a meeting"},
	casefile.EventExecuted:           {Chinese: "执行处理意见", English: "opinion carried out"},
	casefile.EventReviewAsked:        {Chinese: "申请复查、复核", English: "review asked for"},
	casefile.EventReviewAccepted:     {Chinese: "受理复查、复核", English: "review accepted"},
	casefile.EventReviewDeclined:     {Chinese: "不予受理复查、复核", English: "review declined"},
	casefile.EventReviewed:           {Chinese: "复查、复核意见", English: "reviewed"},
	casefile.EventRated:              {Chinese: "满意度评价", English: "rated"},
	casefile.EventReopened:           {Chinese: "重新办理", English: "reopened"},
	casefile.EventLinked:             {Chinese: "已关联此前信访事项", English: "linked to an earlier case"},
	casefile.EventCommissioned:       {Chinese: "交办", English: "commissioned"},
	casefile.EventObjected:           {Chinese: "提出异议", English: "objected to"},
	casefile.EventObjectionDecided:   {Chinese: "异议决定", English: "objection decided"},
	casefile.EventJoined:             {Chinese: "增加协办单位", English: "another unit joined"},
	casefile.EventFellBack:           {Chinese: "转为普通程序", English: "back to the ordinary track"},
	casefile.EventInstructed:         {Chinese: "批示", English: "instructed"},
	casefile.EventFedBack:            {Chinese: "督办反馈", English: "feedback to the supervision"},
	casefile.EventTermAsked:          {Chinese: "申请督办延期", English: "longer term asked for"},
	casefile.EventTermGranted:        {Chinese: "同意督办延期", English: "longer term granted"},
	casefile.EventTermRefused:        {Chinese: "不同意督办延期", English: "longer term refused"},
	casefile.EventTalked:             {Chinese: "约谈", English: "called in to talk"},
	casefile.EventCirculated:         {Chinese: "通报", English: "circulated"},
	casefile.EventListed:             {Chinese: "挂牌督办", English: "listed for supervision"},
	casefile.EventOrdered:            {Chinese: "责令限期整改", English: "ordered to correct"},
	casefile.EventSuggested:          {Chinese: "提出建议", English: "suggestion made"},
	casefile.EventSuggestionAnswered: {Chinese: "建议反馈", English: "suggestion answered"},
	casefile.EventMarkedUrgent:       {Chinese: "标明重大紧急", English: "marked as grave and urgent"},
	casefile.EventUrgentReported:     {Chinese: "已报告重大紧急事项", English: "urgent matter reported"},
	casefile.EventRerouted:           {Chinese: "更正办理途径", English: "route corrected"},
	casefile.EventEnlisted:           {Chinese: "列入会战", English: "put on a campaign's list"},
	casefile.EventDelisted:           {Chinese: "移出会战", English: "taken off a campaign's list"},
	casefile.EventPlanned:            {Chinese: "制定化解方案", English: "plan made"},
	casefile.EventCampaignOver:       {Chinese: "会战结束", English: "the campaign is over"},
	casefile.EventReminded:           {Chinese: "提醒", English: "reminder"},
	casefile.EventUrged:              {Chinese: "催办", English: "urged"},
	casefile.EventReportedUp:         {Chinese: "上报", English: "reported upward"},
	casefile.EventSuppressed:         {Chinese: "略过一步", English: "a step was left out"},
	casefile.EventRecalculated:       {Chinese: "期限重新计算", English: "due date computed anew"},
}

// doings are the words for what a case can wait for.
var doings = map[casefile.Kind]policy.Text{
	casefile.Forward:          {Chinese: "转送、交办", English: "forward"},
	casefile.Accept:           {Chinese: "受理告知", English: "accept and tell the petitioner"},
	casefile.Assign:           {Chinese: "确定包案领导", English: "name the two leaders"},
	casefile.Acknowledge:      {Chinese: "签收", English: "acknowledge"},
	casefile.Act:              {Chinese: "亲自办理", English: "act in person"},
	casefile.Opine:            {Chinese: "拟处理意见书", English: "draft the opinion"},
	casefile.Sign:             {Chinese: "签批处理意见书", English: "sign the opinion"},
	casefile.Serve:            {Chinese: "送达处理意见书", English: "serve the opinion"},
	casefile.Report:           {Chinese: "报告进展", English: "report progress"},
	casefile.Release:          {Chinese: "核查、解除督办", English: "check and release the supervision"},
	casefile.Execute:          {Chinese: "执行处理意见", English: "carry out the opinion"},
	casefile.AcceptReview:     {Chinese: "决定是否受理复查、复核", English: "accept the review"},
	casefile.ConcludeReview:   {Chinese: "作出复查、复核意见", English: "conclude the review"},
	casefile.Resolve:          {Chinese: "登记集体研究决定", English: "record the meeting's decision"},
	casefile.DecideObjection:  {Chinese: "决定是否同意异议", English: "decide the objection"},
	casefile.AnswerSuggestion: {Chinese: "登记建议反馈", English: "record the answer to the suggestion"},
	casefile.GrantTerm:        {Chinese: "答复督办延期申请", English: "answer the request for a longer term"},
	casefile.FeedBack:         {Chinese: "反馈督办情况", English: "feed back to the supervision"},
	casefile.ReportUrgent:     {Chinese: "报告重大紧急事项", English: "report the urgent matter"},
	casefile.Close:            {Chinese: "审核结案", English: "examine and close"},
}

var lamps = map[casefile.Lamp]policy.Text{
	casefile.Green:  {Chinese: "绿灯", English: "green"},
	casefile.Yellow: {Chinese: "黄灯", English: "yellow"},
	casefile.Red:    {Chinese: "红灯", English: "red"},
}

var supervisions = map[casefile.Supervision]policy.Text{
	casefile.ByPetitionOffice: {Chinese: "督办中", English: "supervised"},
	casefile.Dual:             {Chinese: "双重督办中", English: "under dual supervision"},
	casefile.ByJointMeeting:   {Chinese: "联席会议挂牌督办中", English: "listed by the joint meeting"},
}

// roles are the words for whom a task waits for, after the unit's name.
var roles = map[casefile.Role]policy.Text{
	casefile.Registrar:  {Chinese: "登记员", English: "clerk"},
	casefile.Supervisor: {Chinese: "督办员", English: "supervisor"},
	casefile.Inspector:  {Chinese: "督查员", English: "inspector"},
	casefile.Officer:    {Chinese: "承办人", English: "officer"},
}

// Staff names whoever holds a role in a unit.
func Staff(unit string, role casefile.Role) policy.Text {
	word, ok := roles[role]
	if !ok {
		return policy.Text{Chinese: unit, English: unit}
	}
	return policy.Text{Chinese: unit + word.Chinese, English: unit + ", " + word.English}
}

// wordOf is what an event is called in a letter; of a kind without a word, its code.
func wordOf(kind casefile.EventKind) policy.Text {
	if t, ok := happenings[kind]; ok {
		return t
	}
	return policy.Text{Chinese: string(kind), English: string(kind)}
}

func doing(kind casefile.Kind) policy.Text {
	if t, ok := doings[kind]; ok {
		return t
	}
	return policy.Text{Chinese: string(kind), English: string(kind)}
}

// day writes a day as people do.
func (l Language) day(d calendar.Date) string {
	switch {
	case d.IsZero():
		return ""
	case l == English:
		return fmt.Sprintf("%s %d %s %d", d.Weekday().String()[:3], d.Day, d.Month.String()[:3], d.Year)
	}
	return d.Chinese()
}

// due writes by when something is due: a day or, where there is an instant, that.
func (l Language) due(d calendar.Date, at time.Time) string {
	if at.IsZero() {
		return l.day(d)
	}
	return l.day(calendar.DateOf(at)) + " " + at.In(calendar.Zone).Format("15:04")
}

// by is due without the year.
func (l Language) by(d calendar.Date, at time.Time) string {
	if at.IsZero() {
		return l.short(d)
	}
	return l.moment(at)
}

// short writes a day without its year.
func (l Language) short(d calendar.Date) string {
	if l == English {
		return fmt.Sprintf("%d %s", d.Day, d.Month.String()[:3])
	}
	return fmt.Sprintf("%d月%d日", int(d.Month), d.Day)
}

// moment writes an instant in China's time.
func (l Language) moment(t time.Time) string {
	return l.short(calendar.DateOf(t)) + " " + t.In(calendar.Zone).Format("15:04")
}

// what says what has happened: the step's name where there is one, and the word before
// it unless the name says it already.
func (l Language) what(h Happening) string {
	word, step := l.Of(wordOf(h.Kind)), l.Of(h.Step)
	switch {
	case step == "":
		return word
	case strings.Contains(step, word):
		return step
	case l == English:
		return word + ": " + step
	}
	return word + "：" + step
}

// plural picks the form of an English word that goes with a number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
