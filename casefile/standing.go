package casefile

import (
	"cmp"
	"fmt"
	"slices"

	"shuangze/calendar"
	"shuangze/policy"
)

// Standing is all that the petitioner is told of a case (条例第18条第1款、第21条第2款): what has
// happened, what comes next and by when, and what they can do. Organs are named, persons
// never; nobody's words are repeated; of supervision, leaders, drafts, reports and whom an
// accusation accuses there is nothing in it.
type Standing struct {
	Number     string
	ReceivedOn calendar.Date
	Stage      PublicStage
	Now        policy.Text // where it stands, in a sentence
	Office     string      // name of the petition office in charge
	Unit       string      // name of the unit that handles it; empty while none has it
	Milestones []Milestone // the earliest first
	Next       []Awaited   // the earliest due first
	Rights     []Claim
	NoRights   policy.Text // why there is none where there was one; empty: that needs no word
	MayRate    bool
	// Dissatisfied says what a rating of dissatisfied with the unit leads to, and what then
	// becomes of the right to a review; empty where there is nothing to rate.
	Dissatisfied policy.Text
	MayAsk       bool // for a review or recheck
}

// PublicStage is a case's stage as far as it shows from outside: drafting, signing and
// serving an opinion are all handling.
type PublicStage string

// The public stages.
const (
	InRegistration PublicStage = "registered"
	InForwarding   PublicStage = "forwarded"
	InHandling     PublicStage = "handling"
	Answered       PublicStage = "answered"
	InReview       PublicStage = "reviewing"
	Ended          PublicStage = "closed"
	NotAccepted    PublicStage = "declined"
	Elsewhere      PublicStage = "diverted"
)

// PublicStages lists the public stages, in the order of the main way.
var PublicStages = []PublicStage{InRegistration, InForwarding, InHandling, Answered, InReview, Ended, NotAccepted, Elsewhere}

// Milestone is something that has happened, on a day, in a sentence.
type Milestone struct {
	Kind EventKind
	On   calendar.Date
	Text policy.Text
}

// Awaited is what somebody must do for the petitioner by a day, and what the petitioner
// can do if they don't.
type Awaited struct {
	Clock       string // the rule
	By          string // name of the unit or office
	Text        policy.Text
	Due         calendar.Date // the legal one, past rest days
	Provisional policy.Text   // by which rest days the date can still change; empty: by none
	Overdue     bool
	LateDays    int
	Paused      bool // the time stands still
	Missed      policy.Text
	Source      string
}

// Claim is a right of the petitioner that is open until a day.
type Claim struct {
	ID     string // of the policy's windows
	Name   policy.Text
	Text   policy.Text
	Until  calendar.Date
	Open   bool
	Source string

	Provisional policy.Text // as of Awaited
}

func said(zh, en string, args ...any) policy.Text {
	return policy.Text{Chinese: fmt.Sprintf(zh, args...), English: fmt.Sprintf(en, args...)}
}

// StandingOf is a case as its petitioner may see it.
func StandingOf(c Case, events []Event, r Rules) Standing {
	s := Standing{
		Number: c.Number, ReceivedOn: c.ReceivedOn, Office: r.Directory.Units[c.Office].Name,
		Milestones: []Milestone{}, Next: []Awaited{}, Rights: []Claim{},
	}
	if !c.unforwarded() {
		s.Unit = r.Directory.Units[c.Unit].Name
	}
	s.Stage, s.Now = s.where(c)
	was := Case{ID: c.ID}
	for _, e := range events {
		was = Apply(was, e)
		if text, ok := milestone(was, e, r); ok {
			on := e.On
			if on.IsZero() {
				on = calendar.DateOf(e.At)
			}
			s.Milestones = append(s.Milestones, Milestone{e.Kind, on, text})
		}
	}
	for _, k := range c.Clocks {
		rule, _ := r.Policy.Clock(k.Rule)
		if rule.Petitioner != nil && k.Running() {
			s.Next = append(s.Next, awaited(k, rule, s.Office, r))
		}
	}
	slices.SortStableFunc(s.Next, func(a, b Awaited) int { return a.Due.DaysSince(b.Due) })
	for _, right := range Rights(c, r) {
		w, _ := r.Policy.Window(right.ID)
		s.Rights = append(s.Rights, Claim{
			ID: right.ID, Name: w.Name, Until: right.Until.Statutory, Source: w.Source,
			Provisional: provisional(right.Until, r.Calendar.Explain(right.From, w.Length, w.Unit)),
			Open:        right.Until.Provisional || r.Now.Before(right.Until.StatutoryEnd()),
			Text: policy.Text{
				Chinese: fmt.Sprintf("对书面答复不服的，可以自收到之日起%d日内%s，由上一级机关重新审查。", w.Length, w.Name.Chinese),
				English: fmt.Sprintf("If you do not accept the written reply you can, within %d days of receiving it, %s: the organ one level up looks at it again.", w.Length, w.Name.English),
			},
		})
	}
	can := Available(c, PetitionerOf(c.ID), r, r.Now)
	s.NoRights = noRights(c, r)
	if s.MayRate = slices.Contains(can, Rate); s.MayRate {
		s.Dissatisfied = dissatisfied(c, r)
	}
	s.MayAsk = slices.Contains(can, AskReview) && inTime(c, r) == nil
	return s
}

// provisional says by which rest days a date can still change.
func provisional(due calendar.Due, x calendar.Explanation) policy.Text {
	switch {
	case !due.Provisional:
		return policy.Text{}
	case x.WhyProvisional == "": // published since
		return said("暂定日期：将按新公布的节假日安排重新计算。", "Provisional: it will be computed again by the rest days published since.")
	}
	return policy.Text{Chinese: x.WhyProvisional, English: x.WhyProvisionalEnglish}
}

// newReply says when an answer that is made anew can be reviewed.
func newReply(c Case, r Rules) policy.Text {
	w, ok := r.Policy.Window("REVIEW-REQ")
	if round, _ := c.nextRound(); !ok || round != ReviewRound {
		return said("新的书面答复送达后，您还可以行使的权利会在查询页写明。", "What you can still do will stand in the look-up when the new written reply has come.")
	}
	return policy.Text{
		Chinese: fmt.Sprintf("新的书面答复送达后，您可以自收到之日起%d日内对它%s。", w.Length, w.Name.Chinese),
		English: fmt.Sprintf("When the new written reply has come you can, within %d days of receiving it, %s.", w.Length, w.Name.English),
	}
}

// noRights says why the right to a review is gone while a case is handled again.
func noRights(c Case, r Rules) policy.Text {
	again := c.Reopened > 0 || slices.ContainsFunc(c.Reviews, func(r Review) bool { return r.Outcome == "set_aside" || r.Outcome == "redo" })
	if !again || c.Served != nil || !slices.Contains([]Stage{Handling, Opined, Signed}, c.Stage) {
		return policy.Text{}
	}
	next := newReply(c, r)
	return policy.Text{
		Chinese: "本事项正在重新办理，原书面答复不再适用，因此现在不能对它申请复查、复核。" + next.Chinese,
		English: "The matter is handled again. The former written reply no longer holds, so no review of it can be asked for now. " + next.English,
	}
}

// dissatisfied says what a rating of dissatisfied leads to.
func dissatisfied(c Case, r Rules) policy.Text {
	switch next := newReply(c, r); {
	case c.ratingReopens():
		return policy.Text{
			Chinese: "对办理单位选择“不满意”的，本事项将退回重新办理一次。重新办理期间原书面答复不再适用，不能对它申请复查、复核。" + next.Chinese + "如果您希望由上一级机关审查现在的答复，请先申请复查、复核，再作评价。",
			English: "If you are dissatisfied with the unit the matter goes back to be handled once more. The former written reply then no longer holds, and no review of it can be asked for. " + next.English + " If you want the organ one level up to look at the present reply, ask for the review first and rate afterwards.",
		}
	case c.Final:
		return said("复核意见已经作出，评价“不满意”不再引起重新办理。", "It has been rechecked: being dissatisfied no longer has it handled again.")
	}
	return said("本事项已经重新办理过一次。再次选择“不满意”的，不再自动重新办理，由信访部门核查后决定；您申请复查、复核的权利不受影响。",
		"It has been handled again once already. Dissatisfied a second time, it is for the petition office to decide; your right to a review stays.")
}

// where is the stage from outside and what it means.
func (s Standing) where(c Case) (PublicStage, policy.Text) {
	switch c.Stage {
	case Registered:
		if c.Direct {
			return InRegistration, said("%s已登记您的信访事项，正在审核是否受理。", "%s has registered your petition and is examining whether to accept it.", s.Unit)
		}
		return InRegistration, said("%s已登记您的信访事项，正在转送有权处理的机关。", "%s has registered your petition and is forwarding it to the organ that can deal with it.", s.Office)
	case Forwarded:
		return InForwarding, said("已转交%s，等待其告知是否受理。", "It was passed to %s, which will tell you whether it is accepted.", s.Unit)
	case Handling, Opined, Signed:
		return InHandling, said("%s已受理，正在办理。", "%s has accepted it and is dealing with it.", s.Unit)
	case Served:
		return Answered, said("%s已作出书面答复。", "%s has given its written reply.", s.Unit)
	case Reviewing:
		if c.Review().Round == RecheckRound {
			return InReview, said("正在复核。", "It is being rechecked.")
		}
		return InReview, said("正在复查。", "It is being reviewed.")
	case Closed:
		return Ended, said("已办结。", "It has been settled.")
	case Declined:
		return NotAccepted, said("未予受理，原因和去向见下。", "It was not accepted; the reason and where to go instead are below.")
	case Diverted:
		return Elsewhere, said("已告知您通过其他法定途径处理，见下。", "You were told of the legal route that it belongs to; see below.")
	case New:
	}
	return "", policy.Text{}
}

// milestone says an event in the petitioner's words; ok is false for what is none of
// theirs. c is the case after the event.
func milestone(c Case, e Event, r Rules) (text policy.Text, ok bool) {
	unit, office := r.Directory.Units[c.Unit].Name, r.Directory.Units[c.Office].Name
	organ := func() string { return cmp.Or(r.Directory.Units[c.Review().Unit].Name, c.Review().Organ) }
	round := said("复查", "review")
	if c.Review().Round == RecheckRound {
		round = said("复核", "recheck")
	}
	both := func(zh, en string) (policy.Text, bool) { return policy.Text{Chinese: zh, English: en}, true }
	switch e.Kind {
	case EventRegistered:
		if c.Direct {
			office = unit
		}
		return said("%s收到您的信访事项。", "%s received your petition.", office), true
	case EventForwarded, EventCommissioned:
		return said("%s转交%s办理。", "%s passed it to %s.", office, unit), true
	case EventAccepted:
		return said("%s受理。", "%s accepted it.", unit), true
	case EventDeclined:
		why := codeName(r.Policy.DeclineReasons, e.Reason)
		zh, en := "不予受理："+why.Chinese+"。", "It was not accepted: "+why.English+"."
		if e.Organ != "" {
			zh, en = zh+"请向"+e.Organ+"提出。", en+" Please turn to "+e.Organ+"."
		}
		return both(zh, en)
	case EventDiverted:
		route := codeName(routeCodes, e.Route)
		return both("应通过"+route.Chinese+"处理，请向"+e.Organ+"提出。", "It belongs to "+route.English+"; please turn to "+e.Organ+".")
	case EventRerouted:
		route := codeName(handlingCodes, e.Route)
		return both("办理途径更正为："+route.Chinese+"。", "The route was corrected: "+route.English+".")
	case EventFellBack:
		return both("由简易办理转为普通程序。", "It went from the simple track to the ordinary one.")
	case EventExtended:
		due := calendar.Date{}
		for _, k := range e.Clocks {
			if k.ID == e.Clock {
				due = k.Due.Statutory
			}
		}
		zh, en := fmt.Sprintf("办理期限延长%d日，至%s，理由已书面告知您。", e.Days, due.Chinese()), fmt.Sprintf("The time limit was extended by %d days, to %s; you were told the reasons in writing.", e.Days, due)
		return both(zh, en)
	case EventServed:
		result := codeName(resultCodes, c.Opinion.Result)
		return both("处理意见书送达（"+result.Chinese+"）。", "The written opinion was served ("+result.English+").")
	case EventExecuted:
		return both("处理意见已执行。", "The opinion was carried out.")
	case EventReviewAsked:
		return both("申请"+round.Chinese+"，由"+organ()+"审查。", "A "+round.English+" was asked for; "+organ()+" looks at it.")
	case EventReviewAccepted:
		return both(organ()+"受理"+round.Chinese+"申请。", organ()+" accepted the request for a "+round.English+".")
	case EventReviewDeclined:
		return both(organ()+"对"+round.Chinese+"申请不予受理，理由已书面告知您。", organ()+" did not accept the request for a "+round.English+"; you were told why in writing.")
	case EventReviewed:
		outcome := codeName(reviewCodes, e.Outcome)
		return both(round.Chinese+"意见送达（"+outcome.Chinese+"）。", "The reply to the "+round.English+" was served ("+outcome.English+").")
	case EventReopened:
		return both("重新办理。", "It was taken up again.")
	case EventRated:
		return both("收到满意度评价。", "Your rating was received.")
	case EventClosed:
		return both("办结。", "It was settled.")
	default:
		return policy.Text{}, false
	}
}

func codeName(list []policy.Code, id string) policy.Text {
	for _, c := range list {
		if c.ID == id {
			return c.Name
		}
	}
	return policy.Text{Chinese: id, English: id} // a local one that was dropped since
}

// awaited says a running clock in the petitioner's words.
func awaited(k Clock, rule policy.Clock, office string, r Rules) Awaited {
	a := Awaited{
		Clock: k.Rule, By: cmp.Or(r.Directory.Units[k.Who].Name, k.Who), Text: rule.Petitioner.Next, Due: k.Due.Statutory,
		Provisional: provisional(k.Due, r.Calendar.ExplainEnd(k.StartedAt, k.period(r.Calendar))),
		Overdue:     k.Overdue(r.Now), Paused: !k.SuspendedSince.IsZero(), Source: rule.Source,
	}
	if a.Overdue {
		a.LateDays = max(calendar.DateOf(r.Now).DaysSince(a.Due), 0)
	}
	switch rule.Bearer {
	case policy.OfPetitionOffice:
		a.Missed = said("到期未办的，您可以向上一级信访部门反映，由其督促改正（《信访工作条例》第四十三条）。",
			"If that is missed you can tell the petition office one level up, which sees to it (Regulations, article 43).")
	case policy.OfReviewer:
		a.Missed = said("到期未答复的，您可以向%s反映，由其督促（《信访工作条例》第四十条、第四十五条）。",
			"If there is no reply by then you can tell %s, which sees to it (Regulations, articles 40 and 45).", office)
	default: // the unit: the policy lets the petitioner know of no others
		a.Missed = said("到期未办的，您可以向%s反映，由其及时督办（《信访工作条例》第四十条、第四十五条）。",
			"If that is missed you can tell %s, which has to see to it (Regulations, articles 40 and 45).", office)
	}
	a.Missed.Chinese += rule.Petitioner.Missed.Chinese
	if more := rule.Petitioner.Missed.English; more != "" {
		a.Missed.English += " " + more
	}
	return a
}
