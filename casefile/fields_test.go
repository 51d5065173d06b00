package casefile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuangze/calendar"
	. "shuangze/casefile"
)

// problems writes a refusal's fields, each "field code".
func problems(e *Error) []string {
	var list []string
	for _, f := range e.Fields {
		list = append(list, f.Field+" "+f.Code)
	}
	return list
}

// ready is a state in which, and an actor by whom, a command is taken.
var ready = map[Kind]struct{ state, who string }{
	Register:    {"new", "clerk"},
	Accept:      {"forwarded", "officer"},
	Decline:     {"forwarded", "clerk"},
	Forward:     {"registered", "clerk"},
	Assign:      {"handling", "supervisor"},
	Acknowledge: {"led", "upper"},
	Act:         {"acknowledged", "upper"},
	Report:      {"handling", "officer"},
	Extend:      {"acknowledged", "head"},
	Opine:       {"acknowledged", "officer"},
	Sign:        {"opined", "lower"},
	Return:      {"opined", "lower"},
	Serve:       {"signed", "officer"},
	Close:       {"served", "supervisor"},
	Supervise:   {"handling", "supervisor"},
	Escalate:    {"supervised", "supervisor"},
	Release:     {"supervised", "supervisor"},
	Divert:      {"handling", "supervisor"},
	HandOver:    {"acknowledged", "supervisor"},
	Urge:        {"handling", "supervisor"},
	Receive:     {"handling", "clerk"},

	Commission:       {"registered", "clerk"},
	Link:             {"registered", "clerk"},
	Correct:          {"registered", "clerk"},
	Object:           {"forwarded", "officer"},
	DecideObjection:  {"objected", "clerk"},
	Join:             {"handling", "clerk"},
	FallBack:         {"simple", "officer"},
	Instruct:         {"acknowledged", "upper"},
	FeedBack:         {"supervised", "officer"},
	AskTerm:          {"supervised", "head"},
	GrantTerm:        {"term-asked", "supervisor"},
	RefuseTerm:       {"term-asked", "supervisor"},
	Talk:             {"supervised", "convener"},
	Circulate:        {"supervised", "convener"},
	List:             {"supervised", "convener"},
	Order:            {"supervised", "convener"},
	Suggest:          {"handling", "supervisor"},
	AnswerSuggestion: {"suggested", "supervisor"},

	MarkUrgent:   {"handling", "officer"},
	ReportUrgent: {"urgent", "clerk"},
	Reroute:      {"handling", "clerk"},

	Suspend:        {"supervised", "officer"},
	Resume:         {"suspended", "officer"},
	Hear:           {"handling", "officer"},
	Mediate:        {"handling", "officer"},
	Submit:         {"acknowledged", "upper"},
	Resolve:        {"submitted", "supervisor"},
	Execute:        {"supported", "officer"},
	AskReview:      {"served", "clerk"},
	AcceptReview:   {"asked", "county-supervisor"},
	DeclineReview:  {"asked", "county-supervisor"},
	ConcludeReview: {"reviewing", "county-supervisor"},
	Rate:           {"served", "clerk"},
	Reopen:         {"closed", "supervisor"},

	Enlist:   {"handling", "supervisor"},
	Delist:   {"enlisted", "supervisor"},
	MakePlan: {"enlisted", "officer"},
}

// blank empties one field of a command's body.
var blank = map[string]func(*Command){
	"origin": func(c *Command) { c.Registration.Origin = "" },
	"channel": func(c *Command) {
		c.Channel = ""
		if c.Registration != nil {
			c.Registration.Channel = ""
		}
	},
	"purpose":     func(c *Command) { c.Registration.Purpose = "" },
	"category":    func(c *Command) { c.Registration.Category = "" },
	"received_at": func(c *Command) { c.Registration.ReceivedAt = time.Time{} },
	"reference":   func(c *Command) { c.Registration.Reference = "" },
	"campaign": func(c *Command) {
		c.Campaign = ""
		if c.Registration != nil {
			c.Registration.Campaign = ""
		}
	},
	"repeated":         func(c *Command) { c.Registration.Repeated = false },
	"key":              func(c *Command) { c.Registration.Key = false },
	"difficult":        func(c *Command) { c.Registration.Difficult = false },
	"petitioner":       func(c *Command) { c.Registration.Petitioner = "" },
	"accused_unit":     func(c *Command) { c.Registration.AccusedUnit = "" },
	"accused_official": func(c *Command) { c.Registration.AccusedOfficial = "" },
	"on_the_spot":      func(c *Command) { c.Registration.OnTheSpot = false },
	"text":             func(c *Command) { c.Text = Document{} },
	"on":               func(c *Command) { c.On = calendar.Date{} },
	"organ":            func(c *Command) { c.Organ = "" },
	"act":              func(c *Command) { c.Act = "" },
	"days":             func(c *Command) { c.Days = 0 },
	"requested_by":     func(c *Command) { c.RequestedBy = "" },
	"told_on":          func(c *Command) { c.ToldOn = calendar.Date{} },
	"told_by":          func(c *Command) { c.ToldBy = "" },
	"result":           func(c *Command) { c.Result = "" },
	"hash":             func(c *Command) { c.Hash = "" },
	"means":            func(c *Command) { c.Means = "" },
	"reason":           func(c *Command) { c.Reason = "" },
	"ground":           func(c *Command) { c.Ground = "" },
	"from":             func(c *Command) { c.From = "" },
	"to":               func(c *Command) { c.To = "" },
	"route":            func(c *Command) { c.Route = "" },
	"for":              func(c *Command) { c.For = "" },
	"urgent":           func(c *Command) { c.Registration.Urgent = false },
	"known_at":         func(c *Command) { c.KnownAt = time.Time{} },
	"organs":           func(c *Command) { c.Organs = nil },
	"decided_by":       func(c *Command) { c.DecidedBy = "" },
	"earlier":          func(c *Command) { c.Earlier = "" },
	"representatives":  func(c *Command) { c.Registration.Representatives = 0 },
	"clock":            func(c *Command) { c.Clock = "" },
	"suggestion":       func(c *Command) { c.Suggestion = "" },
	"number":           func(c *Command) { c.Number = 0 },
	"simple":           func(c *Command) { c.Registration.Simple = false },
	"reception":        func(c *Command) { c.Reception = "" },
	"appointment":      func(c *Command) { c.Appointment = "" },
	"outcome":          func(c *Command) { c.Outcome = "" },
	"meeting":          func(c *Command) { c.Meeting = "" },
	"money":            func(c *Command) { c.Money = 0 },
	"office_rating":    func(c *Command) { c.OfficeRating = "" },
	"unit_rating":      func(c *Command) { c.UnitRating = "" },
	"unit": func(c *Command) {
		c.Unit = ""
		if c.Registration != nil {
			c.Registration.Unit = ""
		}
	},
}

// Every field of the command table: without a required one the command is refused for
// that field alone, without another it is taken.
func TestEachField(t *testing.T) {
	// What the store sees to, or what only goes together.
	elsewhere := []string{"register title", "correct title", "correct petitioner", "register headcount", "register upper", "register lower", "assign upper", "assign lower", "ask_review unit", "ask_review organ", "suggest unit", "suggest organ"}
	for _, kind := range Kinds() {
		at, ok := ready[kind]
		if !ok {
			t.Errorf("say here when %s is taken", kind)
			continue
		}
		d := newDesk(t).reach(at.state)
		fields, ok := Fields(kind)
		if !ok {
			t.Errorf("%s has no fields", kind)
		}
		for _, f := range fields {
			if slices.Contains(elsewhere, string(kind)+" "+f.Name) {
				continue
			}
			empty, ok := blank[f.Name]
			if !ok {
				t.Errorf("%s: say here how to empty %s", kind, f.Name)
				continue
			}
			cmd := d.command(kind)
			empty(&cmd)
			_, refusal := d.try(at.who, cmd)
			switch {
			case !f.Required && refusal != nil:
				t.Errorf("%s without %s, which may be left out: %s", kind, f.Name, show(refusal))
			case f.Required && (refusal == nil || refusal.Reason != Invalid || refusal.Code != "invalid_fields"):
				t.Errorf("%s without %s: %s", kind, f.Name, show(refusal))
			case f.Required:
				code := f.Name + " required"
				switch f.Name {
				case "days":
					code = "days out_of_range" // 0 is a number too
				case "number":
					code = "number not_in_list"
				}
				same(t, string(kind)+" without "+f.Name, []string{code}, problems(refusal))
			}
		}
	}
}

// Wrong fields are refused by name, all of them at once.
func TestWrongFields(t *testing.T) {
	registration := func(change func(*Registration)) func(*Command) {
		return func(c *Command) { change(c.Registration) }
	}
	for _, test := range []struct {
		name   string
		kind   Kind
		change func(*Command)
		want   []string
	}{
		{"nothing at all", Register, func(c *Command) { *c = Command{Kind: Register} }, []string{
			"origin required", "channel required", "purpose required", "category required", "text required",
			"headcount out_of_range", "received_at required", "unit required",
		}},
		{"words that are none", Register, registration(func(r *Registration) {
			r.Origin, r.Channel, r.Purpose, r.Category = "moon", "pigeon", "fun", "weather"
		}), []string{"origin not_in_list", "channel not_in_list", "purpose not_in_list", "category not_in_list"}},
		{"nobody came", Register, registration(func(r *Registration) { r.Headcount = 0 }), []string{"headcount out_of_range"}},
		{"more representatives than the law lets come", Register, registration(func(r *Registration) { r.Headcount, r.Representatives = 30, 6 }), []string{"representatives out_of_range"}},
		{"more representatives than people", Register, registration(func(r *Registration) { r.Headcount, r.Representatives = 2, 3 }), []string{"representatives more_than_headcount"}},
		{"a campaign that is none", Register, registration(func(r *Registration) { r.Campaign, r.Origin = "会战", "moon" }), []string{"origin not_in_list", "campaign unknown_campaign"}},
		{"no such campaign", Enlist, func(c *Command) { c.Campaign = "积案" }, []string{"campaign unknown_campaign"}},
		{"last year's campaign", Enlist, func(c *Command) { c.Campaign = "past" }, []string{"campaign campaign_over"}},
		{"last year's campaign by its name", Enlist, func(c *Command) { c.Campaign = "去年会战" }, []string{"campaign unknown_campaign"}},
		{"a campaign that was ended", Enlist, func(c *Command) { c.Campaign = "ended" }, []string{"campaign campaign_over"}},
		{"fewer than nobody", Register, registration(func(r *Registration) { r.Headcount = -1 }), []string{"headcount out_of_range"}},
		{"too many", Register, registration(func(r *Registration) { r.Headcount = 100_001 }), []string{"headcount out_of_range"}},
		{"received tomorrow", Register, registration(func(r *Registration) { r.ReceivedAt = r.ReceivedAt.Add(time.Second) }), []string{"received_at in_future"}},
		{"received long ago", Register, registration(func(r *Registration) { r.ReceivedAt = r.ReceivedAt.AddDate(-20, 0, -1) }), []string{"received_at too_old"}},
		{"no such unit", Register, registration(func(r *Registration) { r.Unit = "X" }), []string{"unit unknown_unit"}},
		{"a petition office as unit", Register, registration(func(r *Registration) { r.Unit = "C-xf" }), []string{"unit not_responsible"}},
		{"the supervision office as unit", Register, registration(func(r *Registration) { r.Unit = "P-dc" }), []string{"unit not_responsible"}},
		{"accused of nowhere", Register, registration(func(r *Registration) { r.AccusedUnit, r.AccusedOfficial = "X", "nobody" }), []string{
			"accused_unit unknown_unit", "accused_official unknown_official",
		}},
		{"one leader only", Register, func(c *Command) { c.Upper = "upper" }, nil}, // a clerk can't name leaders at all

		{"tomorrow", Accept, func(c *Command) { c.On = day("2026-09-02") }, []string{"on in_future"}},
		{"before it came", Accept, func(c *Command) { c.On = day("2026-08-31") }, []string{"on before_receipt"}},
		{"organ with a long name", Decline, func(c *Command) { c.Organ = strings.Repeat("某", 101) }, []string{"organ too_long"}},
		{"organ, no text", Decline, func(c *Command) { c.Organ, c.Text = strings.Repeat("某", 101), Document{} }, []string{"text required", "organ too_long"}},
		{"forwarded tomorrow to nowhere", Forward, func(c *Command) { c.On, c.Unit = day("2026-09-02"), "X" }, []string{
			"unit unknown_unit", "on in_future",
		}},
		{"forwarded to an office", Forward, func(c *Command) { c.Unit = "C-xf" }, []string{"unit not_responsible"}},

		{"upper alone", Assign, func(c *Command) { c.Lower = "" }, []string{"lower required"}},
		{"lower alone", Assign, func(c *Command) { c.Upper = "" }, []string{"upper required"}},
		{"strangers", Assign, func(c *Command) { c.Upper, c.Lower = "nobody", "officer" }, []string{"upper unknown_official", "lower not_a_leader"}},
		{"seats exchanged", Assign, func(c *Command) { c.Upper, c.Lower = "lower", "upper" }, []string{"upper wrong_level", "lower wrong_level"}},
		{"two levels apart", Assign, func(c *Command) { c.Upper = "convener" }, []string{"upper wrong_level"}},
		{"one for both", Assign, func(c *Command) { c.Lower = "upper" }, []string{"lower wrong_level", "lower same_person"}},
		{"of another bureau", Assign, func(c *Command) { c.Lower = "other-head" }, []string{"lower out_of_area"}},

		{"no such act, no text, tomorrow", Act, func(c *Command) { c.Act, c.Text, c.On = "sleep", Document{}, day("2026-09-02") }, []string{
			"act not_in_list", "text required", "on in_future",
		}},
		{"too long", Extend, func(c *Command) { c.Days = 31 }, []string{"days out_of_range"}},
		{"shortened", Extend, func(c *Command) { c.Days = -1 }, []string{"days out_of_range"}},
		{"asked for by the head", Extend, func(c *Command) { c.RequestedBy = "head" }, []string{"requested_by same_person"}},
		{"asked for by a stranger", Extend, func(c *Command) { c.RequestedBy = "other-officer" }, []string{"requested_by not_in_unit"}},
		{"asked for by nobody", Extend, func(c *Command) { c.RequestedBy = "nobody" }, []string{"requested_by not_in_unit"}},
		{"petitioner to be told tomorrow", Extend, func(c *Command) { c.ToldOn = day("2026-09-02") }, []string{"told_on in_future"}},
		{"petitioner told before there was one", Extend, func(c *Command) { c.ToldOn = day("2026-08-31") }, []string{"told_on before_receipt"}},
		{"told by rumour", Extend, func(c *Command) { c.ToldBy = "rumour" }, []string{"told_by not_in_list"}},
		{"everything wrong", Extend, func(c *Command) { *c = Command{Kind: Extend} }, []string{
			"days out_of_range", "requested_by required", "told_by required", "told_on required", "text required",
		}},

		{"no such result", Opine, func(c *Command) { c.Result = "perhaps" }, []string{"result not_in_list"}},
		{"no such means", Serve, func(c *Command) { c.Means = "pigeon" }, []string{"means not_in_list"}},
		{"served tomorrow", Serve, func(c *Command) { c.On = day("2026-09-02") }, []string{"on in_future"}},
		{"served before it came", Serve, func(c *Command) { c.On = day("2026-08-31") }, []string{"on before_receipt"}},
		{"no such reason", Supervise, func(c *Command) { c.Reason = "mood" }, []string{"reason not_in_list"}},
		{"a term longer than the rule's", Supervise, func(c *Command) { c.Days = 16 }, []string{"days out_of_range"}},
		{"a term of less than nothing", Supervise, func(c *Command) { c.Days = -1 }, []string{"days out_of_range"}},
		{"no such ground", Escalate, func(c *Command) { c.Ground = "mood" }, []string{"ground not_in_list"}},
		{"a term longer than the rule's", Escalate, func(c *Command) { c.Days = 31 }, []string{"days out_of_range"}},
		{"decided by a county leader", Escalate, func(c *Command) { c.DecidedBy = "upper" }, []string{"decided_by not_entitled"}},
		{"decided by the supervisor", Escalate, func(c *Command) { c.DecidedBy = "supervisor" }, []string{"decided_by not_entitled"}},
		{"everything wrong", Escalate, func(c *Command) { *c = Command{Kind: Escalate, Days: -1} }, []string{
			"ground required", "text required", "days out_of_range", "decided_by required",
		}},
	} {
		t.Run(string(test.kind)+" "+test.name, func(t *testing.T) {
			at := ready[test.kind]
			d := newDesk(t).reach(at.state)
			cmd := d.command(test.kind)
			test.change(&cmd)
			if test.want == nil {
				d.refuse(at.who, cmd, "not_permitted")
				return
			}
			refusal := d.refuse(at.who, cmd, "invalid_fields")
			same(t, "fields", test.want, problems(refusal))
			for _, f := range refusal.Fields {
				if f.Chinese == "" || f.English == "" || strings.Contains(f.Chinese+f.English, "%!") {
					t.Errorf("%+v does not say what is wrong", f)
				}
			}
		})
	}
}

// The outermost values that are still right.
func TestRightFields(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   Kind
		change func(*Command)
	}{
		{"received twenty years ago", Register, func(c *Command) { c.Registration.ReceivedAt = c.Registration.ReceivedAt.AddDate(-20, 0, 0) }},
		{"a hundred thousand", Register, func(c *Command) { c.Registration.Headcount = 100_000 }},
		{"an enterprise or authority as unit", Register, func(c *Command) { c.Registration.Unit = "C" }},
		{"accepted on the day it came", Accept, func(c *Command) { c.On = day("2026-09-01") }},
		{"an organ of a hundred characters", Decline, func(c *Command) { c.Organ = strings.Repeat("某", 100) }},
		{"forwarded to another bureau", Forward, func(c *Command) { c.Unit = "C-zr" }},
		{"proposed pair", Assign, func(c *Command) { c.Upper, c.Lower = "", "" }},
		{"an extension of one day", Extend, func(c *Command) { c.Days = 1 }},
		{"a term of a day", Supervise, func(c *Command) { c.Days = 1 }},
		{"the rule's own term", Supervise, func(c *Command) { c.Days = 15 }},
		{"the rule's own term", Escalate, func(c *Command) { c.Days = 30 }},
	} {
		t.Run(string(test.kind)+" "+test.name, func(t *testing.T) {
			at := ready[test.kind]
			d := newDesk(t).reach(at.state)
			cmd := d.command(test.kind)
			test.change(&cmd)
			d.do(at.who, cmd)
		})
	}
}

func TestDuplicateReference(t *testing.T) {
	e := DuplicateReference()
	same(t, "fields", []string{"reference duplicate"}, problems(e))
	if e.Reason != Invalid {
		t.Errorf("%s", show(e))
	}
}
