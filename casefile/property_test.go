package casefile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shuangze/calendar"
	. "shuangze/casefile"
	"shuangze/policy"
)

// TestInvariants leads cases through random lives: commands right and wrong, by people
// who may and may not, minutes or months apart, with new rules in between. After each
// step everything that must hold is checked.
func TestInvariants(t *testing.T) {
	next := withYear2027(t)
	rapid.Check(t, func(t *rapid.T) {
		l := &life{desk: newDesk(t), t: t, stopped: map[string]Clock{}, known: map[string]bool{}}
		p := *builtin()
		p.Deputies = rapid.SliceOfDistinct(rapid.SampledFrom(p.Deputies), rapid.ID).Draw(t, "deputies")
		l.rules.Policy = &p
		l.campaigns()
		l.now = calendar.Date{Year: 2024, Month: 3, Day: 1}.At(10, 0).Add(time.Duration(rapid.IntRange(0, 1000*24*60).Draw(t, "starts"))*time.Minute + 123456789)
		for i := range rapid.IntRange(2, 60).Draw(t, "steps") {
			if i > 0 {
				l.wait()
			}
			if rapid.IntRange(0, 40).Draw(t, "calendar") == 0 {
				l.rules.Calendar = next
			}
			if rapid.IntRange(0, 20).Draw(t, "policy") == 0 {
				l.rules.Policy = l.otherLengths()
			}
			if rapid.IntRange(0, 5).Draw(t, "leave") == 0 {
				l.goOnLeave()
			}
			l.step()
		}
		l.checkHistory()
	})
}

// TestTwoSeatsAreTwoPersons keeps the leaders of a case busy while they go on leave,
// stand in for each other and hand over: nobody ever acts in both seats.
func TestTwoSeatsAreTwoPersons(t *testing.T) {
	deputies := 0
	rapid.Check(t, func(t *rapid.T) {
		l := &life{desk: newDesk(t), t: t, stopped: map[string]Clock{}, known: map[string]bool{}}
		l.reach("led")
		for range rapid.IntRange(10, 40).Draw(t, "steps") {
			switch kind := rapid.SampledFrom([]Kind{Tick, Tick, Acknowledge, Acknowledge, Act, Opine, Sign, Sign, Return, HandOver}).Draw(t, "kind"); kind {
			case Tick:
				l.goOnLeave()
				l.now = l.now.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour)
				l.tick()
			case Opine:
				l.give("officer", l.command(Opine))
			case HandOver:
				cmd := l.command(HandOver)
				cmd.From = rapid.SampledFrom([]string{l.c.Upper.Official, l.c.Lower.Official}).Draw(t, "from")
				cmd.To = rapid.SampledFrom(leaders).Draw(t, "to")
				cmd.Reason = rapid.SampledFrom(HandoverReasons).Draw(t, "reason")
				l.give("supervisor", cmd)
			default:
				cmd := l.command(kind)
				who := rapid.SampledFrom(append([]string{l.c.Upper.Official, l.c.Lower.Official}, leaders...)).Draw(t, "who")
				if rapid.Bool().Draw(t, "as deputy") {
					cmd.For = rapid.SampledFrom([]string{l.c.Upper.Official, l.c.Lower.Official}).Draw(t, "for")
					if o, ok := l.rules.Directory.Deputy(cmd.For, l.now); ok {
						who = o.ID
					}
				}
				l.give(who, cmd)
			}
		}
		l.checkHistory()
		deputies += l.deputies
	})
	if deputies == 0 {
		t.Error("no deputy ever acted: this tests less than it says")
	}
}

// leaders are those of the town who could come to sit in a case of the county.
var leaders = []string{"upper", "other-upper", "lower", "head", "other-head", "convener"}

// life is a case with what must be remembered of it to judge it.
type life struct {
	*desk
	t        *rapid.T
	past     []Case           // every state it was in,
	written  []string         // and what that state was
	stopped  map[string]Clock // by id: the clocks that were stopped
	known    map[string]bool  // the ids of clocks it ever had
	deputies int              // times that a deputy acted
}

// goOnLeave puts a leader on leave from about now on, or ends every leave. The leaves
// are more than anybody could enter: they overlap and make chains.
func (l *life) goOnLeave() {
	if rapid.IntRange(0, 9).Draw(l.t, "all back") == 0 {
		l.rules.Directory.Leaves = nil
		return
	}
	likely := leaders
	if l.c.Led() {
		likely = append([]string{l.c.Upper.Official, l.c.Lower.Official}, leaders...)
	}
	who := rapid.SampledFrom(likely).Draw(l.t, "on leave")
	deputy := rapid.SampledFrom(append([]string{"officer", "other-head", "other-head", "other-head"}, leaders...)).Draw(l.t, "deputy")
	hours := func(name string, least, most int) time.Duration {
		return time.Duration(rapid.IntRange(least, most).Draw(l.t, name)) * time.Hour
	}
	from := l.now.Add(hours("from", -24, 12)).Truncate(time.Microsecond)
	leave := Leave{Official: who, Deputy: deputy, From: from, Until: from.Add(hours("hours", 1, 40*24))}
	leaves := map[string][]Leave{who: {leave}} // a new map: what was decided by the old one stays so
	for official, others := range l.rules.Directory.Leaves {
		leaves[official] = append(slices.Clone(others), leaves[official]...)
	}
	directory := *l.rules.Directory
	directory.Leaves = leaves
	l.rules.Directory = &directory
}

// wait lets time pass: none, minutes, days, months, or until the next planned step.
func (l *life) wait() {
	switch rapid.IntRange(0, 5).Draw(l.t, "wait") {
	case 0:
	case 1:
		l.now = l.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(l.t, "minutes")) * time.Minute)
	case 2:
		l.now = l.now.Add(time.Duration(rapid.IntRange(1, 20*24).Draw(l.t, "hours")) * time.Hour)
	case 3:
		l.now = l.now.AddDate(0, 0, rapid.IntRange(1, 200).Draw(l.t, "days"))
	default:
		if next := NextStep(l.c, l.rules, l.now); next.At.After(l.now) {
			l.now = next.At
		}
	}
}

func (l *life) step() {
	if l.c.Stage == New {
		l.give(rapid.SampledFrom([]string{"clerk", "supervisor", "officer", "county-clerk"}).Draw(l.t, "who"), l.registration())
		return
	}
	everybody := l.rules.Directory.Find(func(Official) bool { return true })
	switch rapid.IntRange(0, 9).Draw(l.t, "what") {
	case 0, 1: // a random command by anybody
		kind := rapid.SampledFrom(append(Kinds(), Tick)).Draw(l.t, "kind")
		who := rapid.SampledFrom(everybody).Draw(l.t, "who").ID
		l.give(who, l.distort(l.command(kind)))
	case 2:
		l.tick()
	case 3: // what comes of new rules' broadcast
		if rapid.Bool().Draw(l.t, "replan") && l.c.Stage.Open() {
			if refusal := l.give("admin", Command{Kind: Replan}); refusal != nil {
				l.t.Fatalf("replan: %s", show(refusal))
			}
		}
		l.tick()
	default: // what somebody really can do, more often than not what brings the case on
		on := []Kind{ReportUrgent, Forward, Commission, Accept, Assign, Acknowledge, Sign, Serve, Release, Execute, Close, AskReview, AcceptReview, ConcludeReview, Rate}
		if l.c.Stage == Handling {
			on = append(on, Opine)
		}
		choosy := rapid.IntRange(0, 2).Draw(l.t, "choosy") > 0
		var moves []string
		for _, o := range everybody {
			for _, kind := range Available(l.c, l.actor(o.ID), l.rules, l.now) {
				if !choosy || slices.Contains(on, kind) {
					moves = append(moves, o.ID+" "+string(kind))
				}
			}
		}
		if len(moves) == 0 {
			l.tick()
			return
		}
		var who, kind string
		if _, err := fmt.Sscan(rapid.SampledFrom(moves).Draw(l.t, "move"), &who, &kind); err != nil {
			l.t.Fatal(err)
		}
		cmd := l.command(Kind(kind))
		l.vary(&cmd)
		if cmd.Text != (Document{}) {
			cmd.Text = doc(fmt.Sprintf("text %d", l.given))
		}
		if cmd.Kind == HandOver {
			cmd.From = rapid.SampledFrom([]string{l.c.Upper.Official, l.c.Lower.Official, l.c.Receiver}).Draw(l.t, "from")
			cmd.To = rapid.SampledFrom(everybody).Draw(l.t, "to").ID
			cmd.Reason = rapid.SampledFrom(HandoverReasons).Draw(l.t, "reason")
		}
		if cmd.Kind == Assign {
			cmd.Upper, cmd.Lower = "", "" // the pair that suits, whatever the origin
		}
		quiet := NextStep(l.c, l.rules, l.now).At.After(l.now) && !l.recalculates()
		refusal := l.give(who, cmd)
		if refusal != nil && refusal.Code == "invalid_fields" && refusal.Fields[0].Field == "for" {
			// They stand in for both leaders, and it is possible for one at least.
			for _, cmd.For = range []string{l.c.Upper.Official, l.c.Lower.Official} {
				if refusal = l.give(who, cmd); refusal == nil {
					break
				}
			}
		}
		// Some refusals depend on more than the case's state; see Available.
		if refusal != nil && quiet && cmd.Kind != HandOver && cmd.Kind != Receive && (cmd.Kind != Join || cmd.Unit != "") && (cmd.Kind != Enlist || cmd.Campaign != "") &&
			!slices.Contains([]string{"nothing_to_extend", "overdue", "receiver_unsuited", "campaign_over"}, refusal.Code) {
			l.t.Fatalf("%s is available to %s, but: %s", kind, who, show(refusal))
		}
	}
}

// vary chooses among the values that a command's fields can take.
func (l *life) vary(cmd *Command) {
	choose := func(field *string, among []string) { *field = rapid.SampledFrom(among).Draw(l.t, "value") }
	switch cmd.Kind {
	case Opine:
		choose(&cmd.Result, Results)
	case ConcludeReview:
		if choose(&cmd.Outcome, ReviewOutcomes); cmd.Outcome == "change" {
			choose(&cmd.Result, Results)
		}
	case Rate:
		choose(&cmd.UnitRating, Satisfaction)
	case DecideObjection:
		choose(&cmd.Outcome, ObjectionOutcomes)
	case Suggest:
		choose(&cmd.Suggestion, SuggestionKinds)
	case AnswerSuggestion:
		choose(&cmd.Outcome, SuggestionOutcomes)
	case Mediate:
		choose(&cmd.Outcome, MediationOutcomes)
	case Accept:
		if l.c.Purpose == "appeal" && l.c.Track != Simple {
			choose(&cmd.Route, append([]string{""}, HandlingRoutes...))
		}
	case MarkUrgent:
		if before := l.now.Add(-time.Duration(rapid.IntRange(0, 300).Draw(l.t, "known before")) * time.Minute); !calendar.DateOf(before).Before(l.c.ReceivedOn) {
			cmd.KnownAt = before
		}
	case Reopen:
		choose(&cmd.Reason, ReopenReasons)
	case Suspend:
		for _, k := range l.c.Clocks {
			if len(k.Suspendable) > 0 && k.Ticking() && !k.Overdue(l.now) {
				cmd.Reason = k.Suspendable[0]
			}
		}
	default:
	}
}

// channelOf is the channel that somebody of this role releases.
func channelOf(by Actor) ChannelName {
	return map[Role]ChannelName{Supervisor: PetitionOffice, Inspector: SupervisionOffice, Leader: JointMeeting}[by.Role]
}

// campaigns are some of each office, at all times, that end in time or early.
func (l *life) campaigns() {
	l.rules.Directory.Campaigns = map[string]Campaign{}
	for year := 2024; year < 2045; year++ {
		for _, office := range []string{"P-xf", "C-xf"} {
			c := Campaign{ID: fmt.Sprintf("%s-%d", office, year), Name: "会战", Office: office, Start: calendar.Date{Year: year, Month: 2, Day: 1}}
			c.End = c.Start.AddDays(rapid.IntRange(30, 400).Draw(l.t, "lasts"))
			if rapid.Bool().Draw(l.t, "early") {
				c.EndedBy, c.EndedAt = "supervisor", c.Start.AddDays(rapid.IntRange(1, 500).Draw(l.t, "ended")).At(11, 0)
			}
			l.rules.Directory.Campaigns[c.ID] = c
		}
	}
}

// recalculates reports whether the next tick has more to note than steps: other rules, or
// a campaign that is over.
func (l *life) recalculates() bool {
	list, ok := l.c.Enlisted()
	over := ok && list.OverAt.IsZero() && l.rules.Directory.Campaigns[list.Campaign].Over(l.now)
	return over || PreviewRules(l.c, l.rules, l.rules, l.now).Touched
}

// otherLengths is the policy with some clocks shorter or longer.
func (l *life) otherLengths() *policy.Policy {
	p := *l.rules.Policy
	p.Clocks = slices.Clone(p.Clocks)
	for range 3 {
		i := rapid.IntRange(0, len(p.Clocks)-1).Draw(l.t, "clock")
		most := 20
		if p.Clocks[i].Basis == policy.Statute {
			most = 0 // which the loader sees to
		}
		p.Clocks[i].Length = max(1, builtin().Clocks[i].Length+rapid.IntRange(-20, most).Draw(l.t, "longer"))
	}
	return &p
}

func (l *life) registration() Command {
	cmd := l.command(Register)
	r := cmd.Registration
	p := l.rules.Policy
	code := func(name string, list []policy.Code) string { return rapid.SampledFrom(list).Draw(l.t, name).ID }
	r.Origin, r.Channel, r.Purpose = code("origin", p.Origins), code("channel", p.Channels), code("purpose", p.Purposes)
	r.Category = rapid.SampledFrom(p.Categories).Draw(l.t, "category").ID
	r.Reachable, r.OnTheSpot = rapid.Bool().Draw(l.t, "reachable"), rapid.IntRange(0, 4).Draw(l.t, "spot") == 0
	r.ReceivedAt = l.now.Add(-time.Duration(rapid.SampledFrom([]int{0, 1, 30, 400, 24 * 20, 24 * 100, 24 * 365 * 5}).Draw(l.t, "received")) * time.Hour)
	r.Simple = r.Purpose == "appeal" && rapid.IntRange(0, 3).Draw(l.t, "simple") == 0
	if r.Purpose == "appeal" && !r.Simple {
		cmd.Route = rapid.SampledFrom(append([]string{""}, HandlingRoutes...)).Draw(l.t, "route")
	}
	if r.Urgent = rapid.IntRange(0, 3).Draw(l.t, "urgent") == 0; r.Urgent {
		cmd.KnownAt = l.now.Add(-min(l.now.Sub(r.ReceivedAt), time.Duration(rapid.IntRange(0, 300).Draw(l.t, "known before"))*time.Minute))
	}
	if r.Purpose == "accusation" {
		r.AccusedUnit = rapid.SampledFrom([]string{"", "C-zr", "C-xf"}).Draw(l.t, "accused unit")
		r.AccusedOfficial = rapid.SampledFrom([]string{"", "head", "upper", "colleague", "county-supervisor"}).Draw(l.t, "accused")
	}
	if r.Channel == "reception" {
		cmd.Reception = "first-day"
		l.rules.Reception = &Reception{
			ID: "first-day", Office: rapid.SampledFrom([]string{"P-xf", "C-xf"}).Draw(l.t, "of"), Leader: rapid.SampledFrom(leaders).Draw(l.t, "receives"),
			From: r.ReceivedAt, Until: r.ReceivedAt.Add(time.Hour),
		}
	}
	if rapid.IntRange(0, 3).Draw(l.t, "campaign") == 0 {
		r.Campaign = fmt.Sprintf("P-xf-%d", l.now.Year())
	}
	if rapid.IntRange(0, 4).Draw(l.t, "leaders") == 0 {
		cmd.Upper, cmd.Lower = "upper", "lower"
	}
	return cmd
}

// distort changes fields of a well-formed command, most often to something wrong.
func (l *life) distort(cmd Command) Command {
	someone := func() string { return rapid.SampledFrom(append([]string{"", "nobody"}, cast...)).Draw(l.t, "someone") }
	if rapid.Bool().Draw(l.t, "dates") {
		cmd.On = calendar.DateOf(l.now).AddDays(rapid.IntRange(-100, 1).Draw(l.t, "on"))
		cmd.ToldOn = cmd.On
	}
	if rapid.IntRange(0, 9).Draw(l.t, "for") == 0 {
		cmd.For = rapid.SampledFrom([]string{"nobody", l.c.Upper.Official, l.c.Lower.Official}).Draw(l.t, "whom")
	}
	if rapid.IntRange(0, 3).Draw(l.t, "urgency") == 0 {
		cmd.KnownAt = l.now.Add(time.Duration(rapid.IntRange(-5000, 5).Draw(l.t, "known")) * time.Hour)
		cmd.Organs = rapid.SliceOfN(rapid.SampledFrom(append([]string{"", "newspaper"}, UrgentOrgans...)), 0, 6).Draw(l.t, "organs")
		cmd.Route = rapid.SampledFrom([]string{"", "duty", "petition", "judicial"}).Draw(l.t, "route")
	}
	if rapid.Bool().Draw(l.t, "numbers") {
		cmd.Days = rapid.IntRange(-1, 40).Draw(l.t, "days")
	}
	if rapid.Bool().Draw(l.t, "people") {
		cmd.RequestedBy, cmd.DecidedBy, cmd.Upper, cmd.Lower = someone(), someone(), someone(), someone()
	}
	if rapid.Bool().Draw(l.t, "words") {
		cmd.Ground = rapid.SampledFrom(append([]string{"", "mood"}, Grounds...)).Draw(l.t, "ground")
		cmd.Result = rapid.SampledFrom(append([]string{"", "perhaps"}, Results...)).Draw(l.t, "result")
		cmd.Hash = rapid.SampledFrom([]string{"", "another", cmd.Hash}).Draw(l.t, "hash")
		cmd.Unit = rapid.SampledFrom([]string{"", "C-rs", "C-zr", "C-xf", "X"}).Draw(l.t, "unit")
	}
	return cmd
}

// tick is the clock's own command: it takes what is due, and only that.
func (l *life) tick() {
	if !l.c.Stage.Open() {
		return
	}
	planned := NextStep(l.c, l.rules, l.now)
	due := !planned.At.After(l.now) || l.recalculates()
	if refusal := l.give("clock", Command{Kind: Tick}); refusal != nil {
		l.t.Fatalf("tick: %s", show(refusal))
	}
	if due != (len(l.last.Events) > 0) {
		l.t.Fatalf("planned %s at %s, but the tick gave %d events", show(planned), clock(l.now), len(l.last.Events))
	}
	// Whatever was missed, the next wake-up lies ahead.
	if !l.last.Next.At.After(l.now) {
		l.t.Fatalf("after a tick at %s the next step is %s", clock(l.now), show(l.last.Next))
	}
	l.give("clock", Command{Kind: Tick})
	if len(l.last.Events) > 0 {
		l.t.Fatalf("a second tick gave %s", show(l.last.Events))
	}
}

// give gives a command and checks everything about what came of it.
func (l *life) give(who string, cmd Command) *Error {
	cmd = l.from(who, cmd)
	before, asked := show(l.c), show(cmd)
	out, err := Decide(l.c, cmd, l.rules, l.now)

	// The same input gives the same outcome, also from a case that was stored meanwhile.
	var stored Case
	if err := json.Unmarshal([]byte(before), &stored); err != nil {
		l.t.Fatal(err)
	}
	again, errAgain := Decide(stored, cmd, l.rules, l.now)
	if show(out) != show(again) || show(err) != show(errAgain) {
		l.t.Fatalf("%s first gives\n%s %s, then\n%s %s", asked, show(out), show(err), show(again), show(errAgain))
	}
	if show(l.c) != before || show(cmd) != asked {
		l.t.Fatalf("deciding %s changed what it was given", asked)
	}
	if err != nil {
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code == "" || refusal.Reason == "" || refusal.Chinese == "" || refusal.English == "" {
			l.t.Fatalf("%s: %#v explains nothing", asked, err)
		}
		if len(out.Events) > 0 || len(out.Notices) > 0 || out.Next != (Next{}) {
			l.t.Fatalf("%s was refused, but gave %s", asked, show(out))
		}
		return refusal
	}

	l.given++
	l.last = out
	l.past, l.written = append(l.past, l.c), append(l.written, before)
	for _, e := range out.Events {
		l.checkEvent(cmd, e)
		was := show(l.c)
		after := Apply(l.c, e)
		if show(Apply(l.c, e)) != show(after) || show(l.c) != was {
			l.t.Fatalf("applying %s is not the same twice", show(e))
		}
		l.checkClocks(l.c, after, e)
		l.c = after
		l.checkCase()
	}
	l.events = append(l.events, out.Events...)
	l.checkNotices(out)
	if next := NextStep(l.c, l.rules, l.now); show(next) != show(out.Next) {
		l.t.Fatalf("next %s, the outcome says %s", show(next), show(out.Next))
	}
	if l.c.Stage.Open() == out.Next.At.IsZero() {
		l.t.Fatalf("a case in stage %s has the next step %s", l.c.Stage, show(out.Next))
	}
	l.checkWaiting()
	return nil
}

// checkEvent checks an event by itself and against the case before it.
func (l *life) checkEvent(cmd Command, e Event) {
	switch {
	case e.Seq != l.c.Seq+1:
		l.t.Fatalf("event %d follows %d", e.Seq, l.c.Seq)
	case e.Kind == "" || e.Actor.ID == "" || e.Actor.Role == "" || e.Rule == "" || e.Command != cmd.ID:
		l.t.Fatalf("nobody or nothing stands behind %s", show(e))
	case !e.At.Equal(l.now.Truncate(time.Microsecond)) || e.At.Location() != time.UTC:
		l.t.Fatalf("%s at %v", show(e), l.now)
	case e.Actor != cmd.Actor && e.Actor != Clockwork:
		l.t.Fatalf("%s gave %s", show(cmd.Actor), show(e))
	case (e.Step != "") != (e.Clock != "" && !slices.Contains([]EventKind{EventExtended, EventTermAsked, EventTermGranted, EventTermRefused}, e.Kind)):
		l.t.Fatalf("a step without its clock: %s", show(e))
	}
	if n := len(l.events); n > 0 && e.At.Before(l.events[n-1].At) {
		l.t.Fatalf("time goes back: %s", show(e))
	}
	l.checkSeat(e)
	switch e.Kind {
	case EventSigned:
		if e.Hash != l.c.Opinion.Hash() {
			l.t.Fatalf("signed something else: %s", show(e))
		}
	case EventServed:
		hash := l.c.Opinion.Hash()
		if l.c.Upper.SignedHash != hash || l.c.Lower.SignedHash != hash {
			l.t.Fatalf("served unsigned: %s", show(l.c))
		}
	case EventExtended:
		heads := l.rules.Directory.Heads(l.c.Unit, l.rules.Policy)
		isHead := slices.ContainsFunc(heads, func(o Official) bool { return o.ID == e.Actor.ID })
		if !isHead || e.Actor.ID == e.RequestedBy || e.ToldOn.IsZero() || e.Document == nil || l.clock(e.Clock).Overdue(e.At) || l.clock(e.Clock).Extended > 0 {
			l.t.Fatalf("extended against the rules: %s", show(e))
		}
	case EventEscalated:
		if !l.c.OnChannel(PetitionOffice).Open() || l.c.OnChannel(SupervisionOffice).Open() {
			l.t.Fatalf("dual supervision not on top of the first channel alone: %s", show(l.c.Channels))
		}
	case EventClosed:
		hash := l.c.Opinion.Hash()
		if l.c.Supervision() != NotSupervised || l.c.Served == nil || l.c.Upper.SignedHash != hash || l.c.Lower.SignedHash != hash ||
			l.c.Opinion.Result == "support" && l.c.ExecutedAt.IsZero() {
			l.t.Fatalf("closed too early: %s", show(l.c))
		}
	case EventTermGranted:
		k := l.clock(e.Clock)
		if k.Extended > 0 || channelOf(e.Actor) != k.Grantor || e.Days > l.c.TermRequest.Days {
			l.t.Fatalf("lengthened against the rules: %s", show(e))
		}
	case EventListed, EventOrdered, EventTalked, EventCirculated:
		if e.Actor.Role != Leader || l.c.Supervision() == NotSupervised {
			l.t.Fatalf("not the joint meeting's: %s", show(e))
		}
	case EventObjectionDecided:
		if e.Actor.Role == Officer || l.c.ObjectedAt.IsZero() {
			l.t.Fatalf("sent back without the sender's consent: %s", show(e))
		}
	case EventMarkedUrgent:
		if e.Since.IsZero() || e.Since.After(e.At) || calendar.DateOf(e.Since).Before(l.c.ReceivedOn) || len(l.c.Urgent.WaitsFor()) > 0 {
			l.t.Fatalf("marked against the rules: %s", show(e))
		}
	case EventUrgentReported:
		told := []string{"authority", "departments", "joint_meeting", "upper_office", "national_bureau"}
		switch {
		case e.Actor.Role == Officer:
			told = told[:3]
		case l.c.Urgent.Unit != "":
			told = told[3:]
		}
		if slices.ContainsFunc(told, func(organ string) bool { return !slices.Contains(e.Organs, organ) }) || e.Document == nil {
			l.t.Fatalf("reported to too few: %s", show(e))
		}
	case EventRerouted:
		if e.Actor.Role != Registrar && e.Actor.Role != Supervisor || l.c.Track == Simple {
			l.t.Fatalf("%s", show(e))
		}
	case EventReviewAsked:
		rank := l.rules.Policy.Rank
		above := rank(l.c.UnitLevel)
		for _, r := range l.c.Reviews {
			if e.Review.Round == RecheckRound && (r.Outcome == "uphold" || r.Outcome == "change") {
				above = rank(r.Level)
			}
		}
		if l.c.Final || rank(e.Review.Level) != above+1 {
			l.t.Fatalf("reviewed by the wrong organ: %s", show(e))
		}
	case EventReopened:
		if l.c.Final || e.Actor == Clockwork {
			l.t.Fatalf("a final case is taken up again: %s", show(e))
		}
	case EventSuspended:
		for _, k := range e.Clocks {
			if !k.SuspendedSince.IsZero() && (len(k.Suspendable) == 0 || k.Overdue(e.At)) {
				l.t.Fatalf("suspended against the rules: %s", show(k))
			}
		}
	case EventAssigned:
		if r := l.c.Receiver; r != "" && r != e.Upper.Official && r != e.Lower.Official {
			l.t.Fatalf("%s received, and was put aside: %s", r, show(e))
		}
	case EventReceived:
		if _, sits := l.c.SeatOf(e.Receiver); sits != l.c.Led() || !sits && l.c.Receiver != "" && l.c.Receiver != e.Receiver || slices.Contains(l.c.Recused, e.Receiver) {
			l.t.Fatalf("received by one who can't answer for it: %s", show(e))
		}
	case EventHandedOver:
		name, sits := l.c.SeatOf(e.From)
		if !l.c.Led() {
			if e.Seat != "" || e.From != l.c.Receiver || e.To == e.From || slices.Contains(l.c.Recused, e.To) {
				l.t.Fatalf("a visit was handed over against the rules: %s", show(e))
			}
			return
		}
		other := l.c.Upper
		if name == Upper {
			other = l.c.Lower
		}
		if !sits || name != e.Seat || e.To == e.From || e.To == other.Official || slices.Contains(other.Hands, e.To) || slices.Contains(l.c.Recused, e.To) {
			l.t.Fatalf("handed over against the rules: %s", show(e))
		}
	case EventUrged:
		if e.Actor != Clockwork && e.Actor.Role != Supervisor && e.Actor.Role != Inspector {
			l.t.Fatalf("%s", show(e))
		}
	case EventEnlisted:
		list, on := l.c.Enlisted()
		c := l.rules.Directory.Campaigns[e.Campaign]
		if on && list.OverAt.IsZero() || c.Over(e.At) || !l.rules.Directory.Under(l.c.Unit, l.rules.Directory.Area(c.Office)) {
			l.t.Fatalf("enlisted against the rules: %s", show(e))
		}
	case EventReminded, EventReportedUp, EventSuppressed, EventCampaignOver:
		if e.Actor != Clockwork {
			l.t.Fatalf("%s", show(e))
		}
	case EventRecalculated:
		if e.Actor != Clockwork && e.Actor.Role != Admin {
			l.t.Fatalf("%s", show(e))
		}
	default:
	}
}

// checkSeat checks that what is done in a seat is done by its leader or, in the leave's
// time and within the policy, by a deputy who has no part in the other seat.
func (l *life) checkSeat(e Event) {
	inSeat := map[EventKind]Kind{EventAcknowledged: Acknowledge, EventActed: Act, EventSigned: Sign, EventReturned: Return}
	kind, ok := inSeat[e.Kind]
	seat, other := l.c.Upper, l.c.Lower
	if e.Seat == Lower {
		seat, other = other, seat
	}
	switch {
	case !ok:
		if e.For != "" {
			l.t.Fatalf("nobody acts for another in %s", show(e))
		}
		return
	case e.For == "":
		if e.Actor.ID != seat.Official {
			l.t.Fatalf("%s acts in the seat of %s: %s", e.Actor.ID, seat.Official, show(e))
		}
		return
	}
	covers := func(leave Leave) bool { return !e.At.Before(leave.From) && e.At.Before(leave.Until) }
	leaves := l.rules.Directory.Leaves
	named := slices.ContainsFunc(leaves[e.For], func(leave Leave) bool { return covers(leave) && leave.Deputy == e.Actor.ID })
	switch {
	case e.For != seat.Official || !named || kind == Act || !slices.Contains(l.rules.Policy.Deputies, string(kind)):
		l.t.Fatalf("no deputy may do this at %s: %s with %s", clock(e.At), show(e), show(leaves))
	case slices.ContainsFunc(leaves[e.Actor.ID], covers):
		l.t.Fatalf("a deputy on leave: %s with %s", show(e), show(leaves))
	case e.Actor.Role != Leader || e.Actor.ID == other.Official || slices.Contains(other.Hands, e.Actor.ID) || slices.Contains(l.c.Recused, e.Actor.ID):
		l.t.Fatalf("not fit to be deputy: %s in %s", show(e), show(l.c))
	case e.Actor.ID == l.c.AccusedOfficial || l.c.AccusedUnit != "" && l.rules.Directory.Under(e.Actor.Unit, l.c.AccusedUnit):
		l.t.Fatalf("the accused is a deputy: %s", show(e))
	}
	l.deputies++
}

// checkLate checks that what is late when it ends is on record, once, and for ever.
func (l *life) checkLate(before, after Case, e Event) {
	if show(after.Late) != show(slices.Concat(before.Late, e.Late)) {
		l.t.Fatalf("%s rewrote lateness: %s, then %s", show(e), show(before.Late), show(after.Late))
	}
	for _, k := range before.Clocks {
		now, _ := after.Clock(k.ID)
		if e.Kind == EventRecalculated {
			was, is := k.Overdue(l.now), now.Overdue(l.now)
			if len(e.Late) > 0 || !was && is || was && !is && !k.Due.Provisional || was && !k.Due.Provisional && show(now) != show(k) {
				l.t.Fatalf("new rules made or unmade lateness: %s, before %s", show(e), show(k))
			}
			continue
		}
		goesOn := now.Running() && now.Due.Equal(k.Due) && now.Who == k.Who
		facts := 0
		for _, fact := range e.Late {
			if fact.Clock == k.ID && fact.Who == k.Who && fact.From == k.Due.Statutory {
				facts++
			}
		}
		ended := k.Running() && k.Overdue(l.now) && !goesOn && (now.Running() || now.Overdue(l.now)) && now.Extended <= k.Extended
		if ended && facts != 1 || !ended && facts != 0 {
			l.t.Fatalf("%s left %d facts of lateness of %s", show(e), facts, show(k))
		}
	}
}

// checkClocks checks that no clock gets lost between two states.
func (l *life) checkClocks(before, after Case, e Event) {
	l.checkLate(before, after, e)
	for _, k := range before.Clocks {
		now, ok := after.Clock(k.ID)
		if !ok {
			l.t.Fatalf("%s lost the clock %s", show(e), k.ID)
		}
		restarted := now.Running() && (now.StartedAt != k.StartedAt || now.From != k.From || slices.ContainsFunc(e.Clocks, func(x Clock) bool { return x.ID == k.ID }))
		if e.For != "" && k.Rule == "DUAL-ACT" && show(now) != show(k) {
			l.t.Fatalf("a deputy did the leader's own act: %s changed %s", show(e), show(k))
		}
		if !k.Running() && !restarted && show(now) != show(k) {
			l.t.Fatalf("%s changed the stopped clock %s", show(e), show(k))
		}
		if show(now) != show(k) && !slices.ContainsFunc(e.Clocks, func(x Clock) bool { return show(x) == show(now) }) {
			l.t.Fatalf("%s changed %s without saying so", show(e), k.ID)
		}
	}
	for _, k := range after.Clocks {
		l.known[k.ID] = true
		// A clock that has stopped is judged by the day it stopped, for ever.
		if was, ok := l.stopped[k.ID]; ok && show(was) == show(k) {
			for _, later := range []time.Time{l.now, l.now.AddDate(7, 0, 0)} {
				at := k.MetAt
				if at.IsZero() {
					at = k.EndedAt
				}
				red := !at.Before(k.Due.InternalEnd())
				late := !at.Before(k.Due.StatutoryEnd())
				if (k.Lamp(later) == Red) != red || k.Lamp(later) == Yellow || k.Overdue(later) != late || (k.LateDays(later) > 0) != late {
					l.t.Fatalf("on %s the stopped clock %s is %s", clock(later), show(k), k.Lamp(later))
				}
			}
		}
		if !k.Running() {
			l.stopped[k.ID] = k
		}
	}
	for id := range l.known {
		if _, ok := after.Clock(id); !ok {
			l.t.Fatalf("the clock %s is gone", id)
		}
	}
}

// lent says whether a clock has the dates of the one that a corrected route stopped.
func (l *life) lent(k Clock) bool {
	return slices.ContainsFunc(l.events, func(e Event) bool {
		return slices.ContainsFunc(e.Clocks, func(old Clock) bool {
			return old.Rule != k.Rule && old.Due.Internal == k.Due.Internal && old.Due.Statutory == k.Due.Statutory
		})
	})
}

// checkCase checks what must hold of a case at any time.
func (l *life) checkCase() {
	c, p := l.c, l.rules.Policy
	for _, k := range c.Clocks {
		length := k.Due.Internal.DaysSince(k.From)
		switch {
		case k.Due.IsZero() || k.Due.StatutoryEnd().Before(k.Due.InternalEnd()) || k.From != calendar.DateOf(k.StartedAt) || k.Who == "":
			l.t.Fatalf("%s", show(k))
		case k.Unit == calendar.Hour && (k.Due.At.Sub(k.StartedAt) != time.Duration(k.Length)*time.Hour || k.Extended > 0 || len(k.Spans) > 0 || len(k.Suspendable) > 0):
			l.t.Fatalf("%d hours are not %d: %s", k.Due.At.Sub(k.StartedAt)/time.Hour, k.Length, show(k))
		case k.Rule == "DUTY-PERFORM" && (k.Due.Internal != k.From.AddMonths(k.Length) && !l.lent(k) || k.Length > 2):
			l.t.Fatalf("two months: %s", show(k))
		case !k.SuspendedSince.IsZero() && (c.Suspension == nil || len(k.Suspendable) == 0):
			l.t.Fatalf("stands still for no reason: %s", show(k))
		case k.Rule == "HANDLE" && (length != k.Length+k.Extended && !l.lent(k) || k.Length > 60 || k.Extended < 0 || k.Extended > 30):
			l.t.Fatalf("HANDLE runs %d days: %s", length, show(k))
		case !c.Stage.Open() && k.Running():
			l.t.Fatalf("a case in stage %s has the running clock %s", c.Stage, k.ID)
		case !k.MetAt.IsZero() && !k.EndedAt.IsZero():
			l.t.Fatalf("met and ended: %s", show(k))
		}
	}
	runs := func(id string) bool { k, ok := c.Clock(id); return ok && k.Running() }
	if runs("HANDLE") && c.Route == Duty || runs("DUTY-PERFORM") && c.Route != Duty {
		l.t.Fatalf("the clock of another route than %q runs: %s", c.Route, show(c.Clocks))
	}
	for _, whose := range c.Urgent.WaitsFor() {
		if !slices.ContainsFunc(c.Clocks, func(k Clock) bool {
			return k.Running() && k.Unit == calendar.Hour && k.Whose == whose
		}) && c.Stage.Open() {
			l.t.Fatalf("nobody is timed to report an urgent matter: %s", show(c))
		}
	}
	if len(c.Urgent.WaitsFor()) > 0 && !c.Stage.Open() {
		l.t.Fatalf("ended without the report of an urgent matter: %s", show(c))
	}
	if (c.Upper.Official == "") != (c.Lower.Official == "") {
		l.t.Fatalf("one leader only: %s", show(c))
	}
	if c.Led() {
		if c.Upper.Official == c.Lower.Official || p.Rank(c.Upper.Level)-p.Rank(c.Lower.Level) != 1 {
			l.t.Fatalf("leaders %s and %s", show(c.Upper), show(c.Lower))
		}
		for _, seat := range []Seat{c.Upper, c.Lower} {
			o := l.rules.Directory.Officials[seat.Official]
			if o.ID == c.AccusedOfficial || c.AccusedUnit != "" && l.rules.Directory.Under(o.Unit, c.AccusedUnit) || o.Level != seat.Level {
				l.t.Fatalf("%s leads a case that accuses %s, %s", seat.Official, c.AccusedOfficial, c.AccusedUnit)
			}
		}
	} else if slices.Contains([]Stage{Opined, Signed, Served, Reviewing, Closed}, c.Stage) {
		l.t.Fatalf("in stage %s without leaders", c.Stage)
	}
	for _, id := range c.Upper.Hands {
		if slices.Contains(c.Lower.Hands, id) || id == c.Lower.Official {
			l.t.Fatalf("%s has acted in both seats: %s, %s", id, show(c.Upper), show(c.Lower))
		}
	}
	if slices.Contains(c.Lower.Hands, c.Upper.Official) {
		l.t.Fatalf("%s has acted in the lower seat before", c.Upper.Official)
	}
	l.checkLists()
	handed := slices.ContainsFunc(l.last.Events, func(e Event) bool { return e.Kind == EventHandedOver })
	if n := len(l.past); n > 0 && !handed && l.past[n-1].Led() && (l.past[n-1].Upper.Official != c.Upper.Official || l.past[n-1].Lower.Official != c.Lower.Official) {
		l.t.Fatalf("the leaders changed from %s to %s", show(l.past[n-1].Upper), show(c.Upper))
	}
	for _, seat := range []Seat{c.Upper, c.Lower} {
		if !seat.SignedAt.IsZero() && (seat.SignedHash != c.Opinion.Hash() || seat.SignedAt.Before(c.Opinion.At)) {
			l.t.Fatalf("a signature on another text: %s", show(c))
		}
	}
	for later, last := l.now, l.c.Lamp(l.now); !c.Stage.Open() && later.Before(l.now.AddDate(3, 0, 0)); later = later.AddDate(1, 0, 0) {
		if c.Lamp(later) != last {
			l.t.Fatalf("an ended case turned from %s to %s", last, c.Lamp(later))
		}
	}
}

// checkLists checks the case's times on campaigns' lists: one at a time, with the weekly
// reports that were due, and concluded just when the case is closed.
func (l *life) checkLists() {
	k, _ := l.c.Clock("CAMP-REPORT")
	on := false
	for i, list := range l.c.Enlistments {
		last := i == len(l.c.Enlistments)-1
		goesOn := list.DelistedAt.IsZero() && list.OverAt.IsZero()
		on = on || goesOn
		n, m := len(list.Concluded), len(list.Reports)
		switch {
		case goesOn && !last:
			l.t.Fatalf("on two lists: %s", show(l.c.Enlistments))
		case goesOn && (l.c.Stage == Closed) != (n > 0 && list.Concluded[n-1].Until.IsZero()):
			l.t.Fatalf("in stage %s, but %s", l.c.Stage, show(list))
		case goesOn && k.ID != "" && k.Running() && (m == 0 || list.Reports[m-1].Due != k.Due.Statutory || !list.Reports[m-1].MadeAt.IsZero()):
			l.t.Fatalf("%s runs, but the reports are %s", show(k), show(list.Reports))
		}
		for j, r := range list.Reports {
			owed := goesOn && k.Running() && j == m-1
			if r.MadeAt.IsZero() && !owed && l.now.Before(r.Due.End()) {
				l.t.Fatalf("a report is due that nobody owes: %s", show(list))
			}
		}
	}
	if !on && k.ID != "" && k.Running() {
		l.t.Fatalf("reports to no campaign: %s", show(l.c))
	}
}

// checkNotices checks that everybody is told once, nobody of their own doing, and never
// the accused.
func (l *life) checkNotices(out Outcome) {
	type once struct {
		seq int64
		to  string
	}
	seen := map[once]bool{}
	rules := l.rules
	rules.Now = l.now
	for _, n := range out.Notices {
		i := slices.IndexFunc(out.Events, func(e Event) bool { return e.Seq == n.Seq && e.Kind == n.Kind && e.Step == n.Step })
		o, ok := l.rules.Directory.Officials[n.To]
		switch {
		case i < 0 || !ok || seen[once{n.Seq, n.To}]:
			l.t.Fatalf("%s of %s", show(n), show(out.Events))
		case out.Events[i].Actor.ID == n.To:
			l.t.Fatalf("%s is told what they did: %s", n.To, show(out.Events[i]))
		case o.ID == l.c.AccusedOfficial || l.c.AccusedUnit != "" && l.rules.Directory.Under(o.Unit, l.c.AccusedUnit):
			l.t.Fatalf("the accused is told: %s", show(n))
		}
		seen[once{n.Seq, n.To}] = true
		principal, onOwn := n.For, n.For == ""
		if onOwn {
			principal = n.To
		}
		deputy, away := l.rules.Directory.Deputy(principal, l.now)
		sees := away && Sees(l.c, l.actor(deputy.ID), rules)
		switch {
		case !onOwn && deputy.ID != n.To:
			l.t.Fatalf("%s stands in for %s: %s", deputy.ID, n.For, show(n))
		case len(out.Events) > 1: // later events may have changed who may know what
		case !onOwn && !sees:
			l.t.Fatalf("told of what %s can't see: %s", n.To, show(n))
		case onOwn && sees && deputy.ID != out.Events[i].Actor.ID && !slices.Contains(append(l.c.Upper.Hands, l.c.Lower.Hands...), deputy.ID):
			if _, sits := l.c.SeatOf(deputy.ID); !sits && !slices.Contains(l.c.Recused, deputy.ID) {
				l.t.Fatalf("%s is on leave, but %s is not told: %s", n.To, deputy.ID, show(n))
			}
		}
	}
}

// checkWaiting checks that what waits for somebody can be done by them.
func (l *life) checkWaiting() {
	for _, task := range Waiting(l.c) {
		if task.From.IsZero() {
			l.t.Fatalf("waits since ever: %s", show(task))
		}
		if task.From.After(l.now) {
			continue
		}
		doers := 0
		for _, o := range l.rules.Directory.Officials {
			if o.ID != task.Official && (task.Official != "" || o.Role != task.Role || o.Unit != task.Unit) || !Sees(l.c, l.actor(o.ID), l.rules) {
				continue
			}
			doers++
			if !slices.Contains(Available(l.c, l.actor(o.ID), l.rules, l.now), task.Do) {
				l.t.Fatalf("in stage %s %s waits for %s, who can only %v", l.c.Stage, show(task), o.ID, Available(l.c, l.actor(o.ID), l.rules, l.now))
			}
		}
		if doers == 0 && l.c.AccusedOfficial == "" && l.c.AccusedUnit == "" {
			l.t.Fatalf("in stage %s %s waits for nobody", l.c.Stage, show(task))
		}
	}
}

// checkHistory folds the whole ledger anew and looks back at every state there was.
func (l *life) checkHistory() {
	var ledger []Event
	if err := json.Unmarshal([]byte(show(l.events)), &ledger); err != nil {
		l.t.Fatal(err)
	}
	folded := Fold(Case{ID: l.c.ID}, ledger)
	if !Equal(folded, l.c) || show(folded) != show(l.c) {
		l.t.Fatalf("the ledger gives\n%s, not\n%s", show(folded), show(l.c))
	}
	for i, c := range l.past {
		if show(c) != l.written[i] {
			l.t.Fatalf("state %d was changed afterwards from\n%s to\n%s", i, l.written[i], show(c))
		}
	}
}
