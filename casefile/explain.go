package casefile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/policy"
)

// Story is how a clock's due date came about, for somebody who doubts it: the event that
// started it, everything that moved it since, and each day on the way.
type Story struct {
	Clock   Clock
	Name    policy.Text
	Source  string
	Started Event
	Moves   []Move
	Days    calendar.Explanation // with the calendar that is in force now
	Text    policy.Text          // all of it as one paragraph
}

// Move is something that changed a clock's due date, or let it stand still.
type Move struct {
	Seq  int64         `json:"seq"`
	At   time.Time     `json:"at"`
	Kind EventKind     `json:"kind"`
	By   string        `json:"by"`             // who did it, or decided it
	Days int           `json:"days,omitempty"` // calendar days granted
	Due  calendar.Date `json:"due"`            // the statutory due date after it
}

// movers are the events that change a due date, as they are called in the paragraph.
var movers = map[EventKind]policy.Text{
	EventExtended:     {Chinese: "批准延期", English: "extended"},
	EventTermGranted:  {Chinese: "同意延期", English: "lengthened"},
	EventSuspended:    {Chinese: "中止计时", English: "suspended"},
	EventResumed:      {Chinese: "恢复计时", English: "resumed"},
	EventRecalculated: {Chinese: "按新公布的节假日安排或规则重新计算", English: "computed anew by the rest days or rules then published"},
}

// TellClock tells a clock's story from the case's events; ok is false for a clock that the
// case does not have.
func TellClock(events []Event, id string, r Rules) (s Story, ok bool) {
	for _, e := range events {
		i := slices.IndexFunc(e.Clocks, func(k Clock) bool { return k.ID == id })
		if i < 0 {
			continue
		}
		k := e.Clocks[i]
		_, moves := movers[e.Kind]
		switch {
		case !ok || !k.StartedAt.Equal(s.Clock.StartedAt) || k.From != s.Clock.From || !s.Clock.Running() && k.Running():
			s.Started, s.Moves = e, nil // it began, or began anew
		case moves:
			by := e.Actor.ID
			if e.DecidedBy != "" {
				by = e.DecidedBy
			}
			s.Moves = append(s.Moves, Move{e.Seq, e.At, e.Kind, by, e.Days, k.Due.Statutory})
		}
		s.Clock, ok = k, true
	}
	if !ok {
		return s, false
	}
	rule, _ := r.Policy.Clock(s.Clock.Rule)
	s.Name, s.Source = rule.Name, rule.Source
	k := s.Clock
	s.Days = r.Calendar.ExplainEnd(k.StartedAt, k.period(r.Calendar))
	s.Text = policy.Text{Chinese: s.chinese(r), English: s.english(r)}
	return s, true
}

func (s *Story) chinese(r Rules) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s（%s，%s）自%s第%d号记录起算。", s.Name.Chinese, s.Clock.Rule, s.Source, calendar.DateOf(s.Started.At).Chinese(), s.Started.Seq)
	for _, m := range s.Moves {
		fmt.Fprintf(&b, "%s%s", calendar.DateOf(m.At).Chinese(), movers[m.Kind].Chinese)
		if m.Days > 0 {
			fmt.Fprintf(&b, "%d日", m.Days)
		}
		if name := r.Directory.Officials[m.By].Name; name != "" {
			fmt.Fprintf(&b, "（%s）", name)
		}
		fmt.Fprintf(&b, "，到期日为%s。", m.Due.Chinese())
	}
	for _, span := range s.Clock.Spans {
		fmt.Fprintf(&b, "%s的次日至%s不计算在内。", span.From.Chinese(), span.Until.Chinese())
	}
	b.WriteString(s.Days.Chinese)
	if s.differs() {
		fmt.Fprintf(&b, "本期限按起算时的节假日安排（%s）计算，到期日仍为%s。", s.Clock.Due.Calendar, s.Clock.Due.Statutory.Chinese())
	}
	return b.String()
}

func (s *Story) english(r Rules) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s, %s) was started by event %d on %s. ", s.Name.English, s.Clock.Rule, s.Source, s.Started.Seq, calendar.DateOf(s.Started.At))
	for _, m := range s.Moves {
		fmt.Fprintf(&b, "On %s it was %s", calendar.DateOf(m.At), movers[m.Kind].English)
		if m.Days > 0 {
			fmt.Fprintf(&b, " by %d days", m.Days)
		}
		if name := r.Directory.Officials[m.By].Name; name != "" {
			fmt.Fprintf(&b, " (%s)", name)
		}
		fmt.Fprintf(&b, ", due on %s. ", m.Due)
	}
	for _, span := range s.Clock.Spans {
		fmt.Fprintf(&b, "The days after %s up to %s do not count. ", span.From, span.Until)
	}
	b.WriteString(s.Days.English)
	if s.differs() {
		fmt.Fprintf(&b, " This clock was computed with the calendar of its time (%s) and stays due on %s.", s.Clock.Due.Calendar, s.Clock.Due.Statutory)
	}
	return b.String()
}

// differs reports whether today's calendar would give another date than the recorded one.
func (s *Story) differs() bool {
	now, then := s.Days.Due, s.Clock.Due
	return !now.StatutoryEnd().Equal(then.StatutoryEnd()) || !now.InternalEnd().Equal(then.InternalEnd())
}
