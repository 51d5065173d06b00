package casefile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"shuangze/calendar"
	. "shuangze/casefile"
	"shuangze/policy"
)

// town is the directory of the tests: a prefecture P with its two offices, its county
// C with a petition office and two bureaus. Officials are named after their part.
func town() *Directory {
	d := &Directory{Units: map[string]Unit{}, Officials: map[string]Official{}, Load: map[string]int{}}
	for _, u := range []Unit{
		{Code: "P", Name: "地区", Kind: Authority, Level: "prefecture"},
		{Code: "P-xf", Name: "地区信访局", Kind: PetitionOfficeKind, Level: "county", Parent: "P"},
		{Code: "P-dc", Name: "地委督查室", Kind: SupervisionOfficeKind, Level: "county", Parent: "P"},
		{Code: "C", Name: "县", Kind: Authority, Level: "county", Parent: "P"},
		{Code: "C-xf", Name: "县信访局", Kind: PetitionOfficeKind, Level: "section", Parent: "C"},
		{Code: "C-rs", Name: "县人社局", Kind: Department, Level: "section", Parent: "C"},
		{Code: "C-zr", Name: "县自然资源局", Kind: Department, Level: "section", Parent: "C"},
	} {
		d.Units[u.Code] = u
	}
	for _, o := range []Official{
		{ID: "clerk", Unit: "P-xf", Role: Registrar, Level: "staff"},
		{ID: "supervisor", Unit: "P-xf", Role: Supervisor, Level: "section"},
		{ID: "inspector", Unit: "P-dc", Role: Inspector, Level: "section"},
		{ID: "county-clerk", Unit: "C-xf", Role: Registrar, Level: "staff"},
		{ID: "county-supervisor", Unit: "C-xf", Role: Supervisor, Level: "staff"},
		{ID: "officer", Unit: "C-rs", Role: Officer, Level: "staff"},
		{ID: "colleague", Unit: "C-rs", Role: Officer, Level: "staff"},
		{ID: "head", Unit: "C-rs", Role: Leader, Level: "section", Post: "局长"},
		{ID: "other-officer", Unit: "C-zr", Role: Officer, Level: "staff"},
		{ID: "other-head", Unit: "C-zr", Role: Leader, Level: "section", Post: "局长"},
		{ID: "upper", Unit: "C", Role: Leader, Level: "county", Post: "副县长", Portfolio: "人社、民政"},
		{ID: "other-upper", Unit: "C", Role: Leader, Level: "county", Post: "副县长", Portfolio: "自然资源"},
		{ID: "lower", Unit: "C", Role: Leader, Level: "section", Post: "县府办主任"},
		{ID: "convener", Unit: "P", Role: Leader, Level: "prefecture", Post: "地委副书记", Portfolio: "信访、政法"},
		{ID: "commissioner", Unit: "P", Role: Leader, Level: "prefecture", Post: "行署副专员", Portfolio: "人社"},
		{ID: "admin", Unit: "P-xf", Role: Admin, Level: "staff"},
		{ID: "auditor", Unit: "P-xf", Role: Auditor, Level: "staff"},
	} {
		d.Officials[o.ID] = o
	}
	d.Campaigns = map[string]Campaign{
		"drive":        {ID: "drive", Name: "积案化解会战", Office: "P-xf", Start: day("2026-08-31"), End: day("2026-12-31")},
		"county-drive": {ID: "county-drive", Name: "县积案化解会战", Office: "C-xf", Start: day("2026-08-31"), End: day("2026-12-31")},
		"past":         {ID: "past", Name: "去年会战", Office: "P-xf", Start: day("2025-03-01"), End: day("2025-11-30")},
		"ended":        {ID: "ended", Name: "提前结束的会战", Office: "P-xf", Start: day("2026-03-01"), End: day("2026-12-31"), EndedBy: "supervisor", EndedAt: moment("2026-08-31 17:00")},
	}
	return d
}

// desk takes one case through its life by real commands, as the people of the town
// would. Its policy is the built-in one without the spread, so that steps are taken at
// half past eight to the second.
type desk struct {
	t      rapid.TB // of a test or a property
	rules  Rules
	now    time.Time
	c      Case
	events []Event
	last   Outcome // of the last command that was taken
	given  int     // commands
}

var builtin = sync.OnceValue(policy.Default)

func newDesk(t rapid.TB) *desk {
	p := *builtin() // its lists are shared: clone one before changing it
	p.Day.Spread = 0
	d := &desk{t: t, rules: Rules{Policy: &p, Calendar: calendar.Default(), Directory: town()}, c: Case{ID: "case-1"}}
	d.at("2026-09-01 10:00") // a Tuesday
	return d
}

// at sets the clock on the wall, in China; nothing happens meanwhile.
func (d *desk) at(s string) *desk {
	d.now = moment(s)
	return d
}

// until lets the case's own clock run up to a time, a tick at each planned step.
func (d *desk) until(s string) *desk {
	d.t.Helper()
	wanted := moment(s)
	for range 10_000 {
		next := NextStep(d.c, d.rules, d.now)
		if next.At.IsZero() || next.At.After(wanted) {
			d.now = wanted
			return d
		}
		if next.At.After(d.now) {
			d.now = next.At
		}
		d.do("clock", Command{Kind: Tick})
	}
	d.t.Fatalf("the clock does not come to %s", s)
	return nil
}

func (d *desk) actor(who string) Actor {
	if who == "clock" {
		return Clockwork
	}
	o, ok := d.rules.Directory.Officials[who]
	if !ok {
		d.t.Fatalf("there is no %s in town", who)
	}
	return Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
}

// from is the command as this actor gives it.
func (d *desk) from(who string, cmd Command) Command {
	cmd.Actor, cmd.ID = d.actor(who), fmt.Sprintf("command-%d", d.given+1)
	return cmd
}

// try gives a command and keeps nothing.
func (d *desk) try(who string, cmd Command) (Outcome, *Error) {
	d.t.Helper()
	out, err := Decide(d.c, d.from(who, cmd), d.rules, d.now)
	if err == nil {
		return out, nil
	}
	var refusal *Error
	if !errors.As(err, &refusal) {
		d.t.Fatalf("%s by %s: %v is not a refusal", cmd.Kind, who, err)
	}
	return out, refusal
}

// do gives a command that must be taken.
func (d *desk) do(who string, cmd Command) *desk {
	d.t.Helper()
	out, refusal := d.try(who, cmd)
	if refusal != nil {
		d.t.Fatalf("%s by %s at %s in stage %q: %s", cmd.Kind, who, clock(d.now), d.c.Stage, show(refusal))
	}
	d.given++
	d.c, d.events, d.last = Fold(d.c, out.Events), append(d.events, out.Events...), out
	return d
}

// refuse gives a command that must be refused with this code, and returns the refusal.
func (d *desk) refuse(who string, cmd Command, code string) *Error {
	d.t.Helper()
	_, refusal := d.try(who, cmd)
	if refusal == nil {
		d.t.Fatalf("%s by %s in stage %q was taken, want %s", cmd.Kind, who, d.c.Stage, code)
	}
	if refusal.Code != code {
		d.t.Fatalf("%s by %s in stage %q: %s, want %s", cmd.Kind, who, d.c.Stage, show(refusal), code)
	}
	return refusal
}

// moves gives well-formed commands, each written "officer accept".
func (d *desk) moves(moves ...string) *desk {
	d.t.Helper()
	for _, m := range moves {
		who, kind, _ := strings.Cut(m, " ")
		if kind == "support" { // an opinion that is to be carried out
			cmd := d.command(Opine)
			cmd.Result, cmd.Days = "support", 40
			d.do(who, cmd)
			continue
		}
		if kind == "duty" { // accepts what the law asks the unit to do
			cmd := d.command(Accept)
			cmd.Route = Duty
			d.do(who, cmd)
			continue
		}
		if kind == "quick" { // on the simple track
			cmd := d.command(Register)
			cmd.Registration.Simple = true
			d.do(who, cmd)
			continue
		}
		d.do(who, d.command(Kind(kind)))
	}
	return d
}

// command is a well-formed command of this kind for the case as it is.
func (d *desk) command(kind Kind) Command {
	cmd := Command{Kind: kind}
	switch kind {
	case Register:
		cmd.Text, cmd.Registration = doc("petition"), &Registration{
			Number: "地信〔2026〕1号", Origin: "self_found", Channel: "visit", Purpose: "appeal", Category: "labour",
			Headcount: 1, Reachable: true, ReceivedAt: d.now, Unit: "C-rs",
		}
	case Assign:
		cmd.Upper, cmd.Lower = "upper", "lower"
	case Act:
		cmd.Act, cmd.Text = "meet", doc("act")
	case Extend:
		cmd.Days, cmd.ToldOn, cmd.ToldBy, cmd.Text = 30, calendar.DateOf(d.now), "direct", doc("why")
		cmd.RequestedBy = d.first("officer", func(o Official) bool { return o.Unit == d.c.Unit && o.Role == Officer })
	case Opine:
		cmd.Result, cmd.Text = "explain", doc("opinion")
	case Sign:
		cmd.Hash = "no opinion yet"
		if d.c.Opinion != nil {
			cmd.Hash = d.c.Opinion.Hash()
		}
	case Serve:
		cmd.Means = "direct"
	case Supervise:
		cmd.Reason, cmd.Text = "shirking", doc("letter")
	case Escalate:
		cmd.Ground, cmd.Text = "key", doc("decision")
		cmd.DecidedBy = d.first("convener", func(o Official) bool {
			return o.Unit == d.rules.Directory.Area(d.c.Office) && o.Role == Leader && o.ID != d.c.AccusedOfficial
		})
	case Forward:
		for _, unit := range []string{"C", "C-rs", "C-zr"} { // the unit itself has a direct one already
			if d.c.Direct && unit != d.c.Unit && (d.c.AccusedUnit == "" || !d.rules.Directory.Under(unit, d.c.AccusedUnit)) {
				cmd.Unit = unit
			}
		}
	case Receive:
		cmd.Reception, cmd.Text = fmt.Sprintf("day-%d", len(d.c.Receptions)), doc("visit")
		leader := d.c.Receiver
		if d.c.Led() {
			leader = d.c.Upper.Official
		}
		if leader == "" {
			level := map[bool]string{true: "prefecture", false: "county"}[d.c.Origin == "province"]
			leader = d.first("upper", func(o Official) bool {
				return o.Role == Leader && o.Level == level && o.ID != d.c.AccusedOfficial && d.rules.Directory.Under(d.c.Unit, o.Unit)
			})
		}
		d.rules.Reception = &Reception{ID: cmd.Reception, Office: d.c.Office, Leader: leader, From: d.now.Add(-time.Hour), Until: d.now.Add(time.Hour)}
	case Divert:
		cmd.Route, cmd.Organ, cmd.Text = "judicial", "县人民法院", doc("notice")
	case HandOver:
		cmd.From, cmd.Reason, cmd.Text = d.c.Upper.Official, "left_office", doc("memo")
		cmd.To = d.first("other-upper", func(o Official) bool {
			return o.Role == Leader && o.Level == d.c.Upper.Level && o.ID != d.c.Upper.Official && o.ID != d.c.AccusedOfficial &&
				d.rules.Directory.Under(d.c.Unit, o.Unit) && !slices.Contains(d.c.Recused, o.ID)
		})
		cmd.DecidedBy = d.command(Escalate).DecidedBy
	case Suspend:
		cmd.Reason, cmd.Days, cmd.Text = "expertise", 20, doc("order")
		if d.c.Stage == Reviewing {
			cmd.Reason = "hearing"
		}
		cmd.DecidedBy = d.first("convener", func(o Official) bool {
			return o.Role == Leader && o.Unit == "P" && o.ID != d.c.AccusedOfficial
		})
	case Mediate:
		cmd.Outcome, cmd.Text = "agreement", doc("record")
	case Submit:
		cmd.Meeting, cmd.Text = "executive", doc("submission")
	case Resolve:
		cmd.Money, cmd.Text = 4_380_000, doc("minutes")
	case AskReview:
		level := d.c.UnitLevel
		for _, r := range d.c.Reviews[d.c.Outdated:] {
			switch r.Outcome {
			case "uphold", "change":
				level = r.Level
			case "set_aside", "redo":
				level = d.c.UnitLevel
			}
		}
		cmd.Unit, cmd.Text = map[string]string{"section": "C", "county": "P"}[level], doc("request")
		if cmd.Unit == "" {
			cmd.Organ = "省人民政府"
		}
	case ConcludeReview:
		cmd.Outcome, cmd.Means, cmd.Text = "uphold", "direct", doc("reply")
	case Rate:
		cmd.OfficeRating, cmd.UnitRating = "satisfied", "basically_satisfied"
	case Reopen:
		cmd.Reason, cmd.Text = "not_executed", doc("finding")
	case Commission:
		cmd = d.command(Forward)
		cmd.Kind, cmd.Days, cmd.Text = Commission, 45, doc("order")
	case Correct:
		cmd.Corrected, cmd.Petitioner, cmd.Text = []string{"name"}, "sealed-anew", doc("reason")
	case Link:
		cmd.Earlier = fmt.Sprintf("case-0-%d", len(d.c.Earlier))
	case DecideObjection:
		cmd.Outcome, cmd.Text = "upheld", doc("decision")
	case Join:
		for _, unit := range []string{"P", "C", "C-rs", "C-zr"} {
			if unit != d.c.Unit && !slices.Contains(d.c.CoUnits, unit) && (d.c.AccusedUnit == "" || !d.rules.Directory.Under(unit, d.c.AccusedUnit)) {
				cmd.Unit = unit
			}
		}
	case FeedBack:
		cmd.Channel, cmd.Text = PetitionOffice, doc("feedback")
		for _, ch := range d.c.Channels {
			if ch.Open() {
				cmd.Channel = ch.Name
			}
		}
	case AskTerm:
		cmd.Days, cmd.Text = 10, doc("reason")
		for _, k := range d.c.Clocks {
			if k.Grantor != "" && k.Extended == 0 && k.Ticking() && !k.Overdue(d.now) {
				cmd.Clock = k.ID
			}
		}
	case Order:
		cmd.Days, cmd.Text = 15, doc("order")
	case Suggest:
		cmd.Suggestion, cmd.Unit, cmd.Text = "improvement", "C-rs", doc("suggestion")
	case AnswerSuggestion:
		cmd.Outcome, cmd.Text = "not_adopted", doc("reasons")
		for _, s := range d.c.Suggestions {
			if s.Outcome == "" {
				cmd.Number = s.Number
			}
		}
	case MarkUrgent:
		cmd.KnownAt = d.now
	case ReportUrgent:
		cmd.Organs, cmd.Text = UrgentOrgans, doc("urgent report")
	case Reroute:
		cmd.Route, cmd.Text = Duty, doc("correction")
		if d.c.Route == Duty {
			cmd.Route = "petition"
		}
	case Enlist:
		for _, id := range slices.Sorted(maps.Keys(d.rules.Directory.Campaigns)) {
			if c := d.rules.Directory.Campaigns[id]; c.Office == d.c.Office && !c.Over(d.now) {
				cmd.Campaign, cmd.Text = id, doc("plan")
			}
		}
	case Decline:
		cmd.Reason, cmd.Text = "not_competent", doc("notice")
	case Report, Return, Urge, Release, Resume, Hear, Execute, DeclineReview, Object, FallBack, Instruct, RefuseTerm, Talk, Circulate, List, Delist, MakePlan:
		cmd.Text = doc(string(kind))
	case Accept, Acknowledge, Close, AcceptReview, GrantTerm, Tick:
	}
	return cmd
}

// first is this official if they fit, else the first who does.
func (d *desk) first(wanted string, fits func(Official) bool) string {
	found := d.rules.Directory.Find(fits)
	if len(found) == 0 || slices.ContainsFunc(found, func(o Official) bool { return o.ID == wanted }) {
		return wanted
	}
	return found[0].ID
}

func doc(name string) Document { return Document{ID: name, Hash: "hash of " + name} }

// states are the states that make a difference to what is possible, each by the moves
// that lead to it from another.
var states = []struct {
	name, from string
	moves      []string
	stage      Stage
}{
	{"new", "", nil, New},
	{"registered", "new", []string{"clerk register"}, Registered},
	{"direct", "new", []string{"officer register"}, Registered},
	{"forwarded", "registered", []string{"clerk forward"}, Forwarded},
	{"handling", "forwarded", []string{"officer accept"}, Handling},
	{"led", "handling", []string{"supervisor assign"}, Handling},
	{"acknowledged", "led", []string{"upper acknowledge", "lower acknowledge"}, Handling},
	{"extended", "acknowledged", []string{"head extend"}, Handling},
	{"supervised", "acknowledged", []string{"supervisor supervise"}, Handling},
	{"dual", "supervised", []string{"supervisor escalate"}, Handling},
	{"opined", "acknowledged", []string{"officer opine"}, Opined},
	{"opined-unread", "led", []string{"officer opine"}, Opined},
	{"half-signed", "opined", []string{"lower sign"}, Opined},
	{"signed", "half-signed", []string{"upper sign"}, Signed},
	{"served", "signed", []string{"officer serve"}, Served},
	{"served-dual", "served", []string{"supervisor supervise", "supervisor escalate"}, Served},
	{"closed", "served", []string{"supervisor close"}, Closed},
	{"supported", "acknowledged", []string{"officer support", "lower sign", "upper sign", "officer serve"}, Served},
	{"commissioned", "registered", []string{"clerk commission"}, Forwarded},
	{"objected", "forwarded", []string{"officer object"}, Forwarded},
	{"sent-back", "objected", []string{"clerk decide_objection"}, Registered},
	{"term-asked", "supervised", []string{"head ask_term"}, Handling},
	{"listed", "supervised", []string{"convener list"}, Handling},
	{"suggested", "acknowledged", []string{"supervisor suggest"}, Handling},
	{"joined", "acknowledged", []string{"supervisor join"}, Handling},
	{"enlisted", "acknowledged", []string{"supervisor enlist"}, Handling},
	{"simple", "new", []string{"clerk quick", "clerk forward", "officer accept"}, Handling},
	{"urgent", "registered", []string{"clerk mark_urgent"}, Registered},
	{"unit-urgent", "handling", []string{"officer mark_urgent"}, Handling},
	{"duty", "forwarded", []string{"officer duty"}, Handling},
	{"suspended", "supervised", []string{"officer suspend"}, Handling},
	{"submitted", "acknowledged", []string{"upper submit"}, Handling},
	{"asked", "served", []string{"clerk ask_review"}, Reviewing},
	{"reviewing", "asked", []string{"county-supervisor accept_review"}, Reviewing},
	{"reviewed", "reviewing", []string{"county-supervisor conclude_review"}, Served},
	{"rechecking", "reviewed", []string{"clerk ask_review", "supervisor accept_review"}, Reviewing},
	{"final", "rechecking", []string{"supervisor conclude_review"}, Served},
	{"rated", "closed", []string{"clerk rate"}, Closed},
	{"reopened", "closed", []string{"supervisor reopen"}, Handling},
	{"diverted", "registered", []string{"clerk divert"}, Diverted},
	{"declined", "registered", []string{"clerk decline"}, Declined},
}

// reach brings a new case into one of the states.
func (d *desk) reach(name string) *desk {
	d.t.Helper()
	for _, s := range states {
		if s.name != name {
			continue
		}
		if s.from != "" {
			d.reach(s.from)
		}
		d.moves(s.moves...)
		if d.c.Stage != s.stage {
			d.t.Fatalf("%s: in stage %q, want %q", name, d.c.Stage, s.stage)
		}
		return d
	}
	d.t.Fatalf("no such state: %s", name)
	return nil
}

func (d *desk) clock(id string) Clock {
	d.t.Helper()
	k, ok := d.c.Clock(id)
	if !ok {
		d.t.Fatalf("the case has no clock %s", id)
	}
	return k
}

// log writes the events that belong to these clocks, one a line.
func (d *desk) log(clocks ...string) []string {
	var lines []string
	for _, e := range d.events {
		if slices.Contains(clocks, e.Clock) {
			line := fmt.Sprintf("%s %s %s %s", clock(e.At), e.Kind, e.Clock, e.Step)
			if e.Kind == EventSuppressed {
				line += ": " + e.Reason
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// told lists whom the last command's events of this kind, about this clock, were told
// to, in order.
func (d *desk) told(kind EventKind, clock string) []string {
	var to []string
	for _, n := range d.last.Notices {
		if e := d.last.Events[n.Seq-d.last.Events[0].Seq]; e.Kind == kind && e.Clock == clock {
			to = append(to, n.To)
		}
	}
	slices.Sort(to)
	return to
}

// want compares a clock's dates: day 0, the internal and the statutory due date.
func (d *desk) want(id, from, internal, statutory string) {
	d.t.Helper()
	k := d.clock(id)
	got := []string{k.From.String(), k.Due.Internal.String(), k.Due.Statutory.String()}
	if diff := cmp.Diff([]string{from, internal, statutory}, got); diff != "" {
		d.t.Errorf("%s (-want +got: day 0, internal, statutory):\n%s", id, diff)
	}
}

// moment reads "2026-09-01 10:00" in China.
func moment(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Zone)
	if err != nil {
		panic(err)
	}
	return t
}

func day(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// clock writes an instant as a clock in China shows it.
func clock(t time.Time) string { return t.In(calendar.Zone).Format("2006-01-02 15:04") }

func show(x any) string {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func same(t rapid.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// withYear2027 is the embedded calendar and a list for 2027, made up for the tests: the
// Spring Festival holiday is from 5 to 12 February, 13 February is worked for it.
func withYear2027(t testing.TB) *calendar.Calendar {
	t.Helper()
	off := `{"date": "2027-01-01", "name": "元旦"}, {"date": "2027-05-01", "name": "劳动节"}, {"date": "2027-05-02", "name": "劳动节"},
		{"date": "2027-10-01", "name": "国庆节"}, {"date": "2027-10-02", "name": "国庆节"}, {"date": "2027-10-03", "name": "国庆节"}`
	for d := day("2027-02-05"); d != day("2027-02-13"); d = d.AddDays(1) {
		off += fmt.Sprintf(`, {"date": "%s", "name": "春节"}`, d)
	}
	list := `{"year": 2027, "source": "made up", "off": [` + off + `], "work": [{"date": "2027-02-13", "name": "春节"}]}`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "2027.json"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	cal, err := calendar.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}
