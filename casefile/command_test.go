package casefile_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	. "shuangze/casefile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// cast is one of each kind of actor.
var cast = []string{
	"clerk", "supervisor", "county-clerk", "county-supervisor", "inspector", "officer", "other-officer",
	"head", "upper", "lower", "other-head", "convener", "admin", "auditor", "clock",
}

// answer is what a well-formed command gets: ok or the refusal's code.
func answer(d *desk, who string, kind Kind) string {
	if _, refusal := d.try(who, d.command(kind)); refusal != nil {
		return refusal.Code
	}
	return "ok"
}

// TestCommands asks, in every state, for every command by every kind of actor. A line
// of the golden file reads: state command actors → answer. Left out are those who get
// case_not_found to everything, named on the state's first line, and not_permitted.
func TestCommands(t *testing.T) {
	var b strings.Builder
	for _, s := range states {
		d := newDesk(t).reach(s.name)
		blind := func(who string) bool {
			return !slices.ContainsFunc(append(Kinds(), Tick), func(k Kind) bool { return answer(d, who, k) != "case_not_found" })
		}
		fmt.Fprintf(&b, "%s (not seen by %s)\n", s.name, strings.Join(slices.DeleteFunc(slices.Clone(cast), func(who string) bool { return !blind(who) }), ","))
		for _, kind := range append(Kinds(), Tick) {
			var order []string
			actors := map[string][]string{}
			for _, who := range cast {
				code := answer(d, who, kind)
				if code == "not_permitted" || blind(who) {
					continue
				}
				if actors[code] == nil {
					order = append(order, code)
				}
				actors[code] = append(actors[code], who)
			}
			for _, code := range order {
				fmt.Fprintf(&b, "%s %s %s → %s\n", s.name, kind, strings.Join(actors[code], ","), code)
			}
		}
	}
	const golden = "testdata/commands.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	same(t, golden, strings.Split(string(want), "\n"), strings.Split(b.String(), "\n"))
}

// The golden file says what is; these say what must be.

// Who may ever give a command, in any state; nobody else.
func TestWhoMay(t *testing.T) {
	allowed := map[Kind][]string{
		Register:    {"clerk", "supervisor", "county-clerk", "county-supervisor", "officer"},
		Accept:      {"clerk", "supervisor", "officer"},
		Decline:     {"clerk", "supervisor", "officer"}, // the officer of what the unit received itself
		Forward:     {"clerk", "supervisor"},
		Divert:      {"clerk", "supervisor", "officer"}, // as with decline
		HandOver:    {"supervisor"},
		Urge:        {"supervisor", "inspector"},
		Receive:     {"clerk", "supervisor", "county-clerk", "county-supervisor"},
		Assign:      {"supervisor"},
		Acknowledge: {"upper", "lower"},
		Act:         {"upper", "lower"},
		Report:      {"officer", "other-officer"}, // the other one where the unit has joined
		Extend:      {"head"},
		Opine:       {"officer"},
		Sign:        {"upper", "lower"},
		Return:      {"upper", "lower"},
		Serve:       {"officer", "clerk"},
		Close:       {"supervisor", "clerk"},
		Supervise:   {"supervisor"},
		Escalate:    {"supervisor"},
		Release:     {"supervisor", "inspector", "convener"},
		Tick:        {"clock"},

		Commission:       {"clerk", "supervisor"},
		Link:             {"clerk", "supervisor", "officer"},
		Correct:          {"clerk", "supervisor", "officer"},
		Object:           {"officer"},
		DecideObjection:  {"clerk", "supervisor"},
		Join:             {"clerk", "supervisor"},
		FallBack:         {"clerk", "supervisor", "officer"},
		Instruct:         {"upper", "lower", "convener"},
		FeedBack:         {"officer"},
		AskTerm:          {"head"},
		GrantTerm:        {"supervisor"},
		RefuseTerm:       {"supervisor"},
		Talk:             {"convener"},
		Circulate:        {"convener"},
		List:             {"convener"},
		Order:            {"convener"},
		Suggest:          {"supervisor"},
		AnswerSuggestion: {"supervisor"},

		MarkUrgent:   {"clerk", "supervisor", "officer"},
		ReportUrgent: {"clerk", "supervisor", "officer"}, // the officer of the unit that marked it
		Reroute:      {"clerk", "supervisor"},

		Suspend:        {"officer", "supervisor", "clerk"},
		Resume:         {"officer", "supervisor"},
		Hear:           {"officer", "clerk", "supervisor", "county-clerk", "county-supervisor"},
		Mediate:        {"officer", "clerk", "supervisor"},
		Submit:         {"upper", "lower", "supervisor"},
		Resolve:        {"upper", "lower", "supervisor"},
		Execute:        {"officer"},
		AskReview:      {"clerk", "supervisor"},
		AcceptReview:   {"clerk", "supervisor", "county-clerk", "county-supervisor"},
		DeclineReview:  {"clerk", "supervisor", "county-clerk", "county-supervisor"},
		ConcludeReview: {"clerk", "supervisor", "county-clerk", "county-supervisor"},
		Rate:           {"clerk", "supervisor"},
		Reopen:         {"supervisor"},

		Enlist:   {"clerk", "supervisor"},
		Delist:   {"supervisor"},
		MakePlan: {"officer", "upper", "lower", "supervisor"},
	}
	took := map[Kind][]string{}
	for _, s := range states {
		d := newDesk(t).reach(s.name)
		for _, kind := range append(Kinds(), Tick) {
			if _, ok := allowed[kind]; !ok {
				t.Fatalf("say here who may %s", kind)
			}
			for _, who := range cast {
				if answer(d, who, kind) != "ok" {
					continue
				}
				// A case that the unit itself received is in the hands of the county's office.
				local := s.name == "direct" && slices.Contains(allowed[kind], strings.TrimPrefix(who, "county-"))
				if !slices.Contains(allowed[kind], who) && !local {
					t.Errorf("%s: %s by %s was taken", s.name, kind, who)
				}
				if !slices.Contains(took[kind], who) {
					took[kind] = append(took[kind], who)
				}
			}
		}
	}
	for kind, who := range allowed {
		for _, w := range who {
			if !slices.Contains(took[kind], w) {
				t.Errorf("%s may %s, but in none of the states", w, kind)
			}
		}
	}
}

// In which states a command can be taken at all; in no others.
func TestWhen(t *testing.T) {
	registered := []string{"registered", "direct", "sent-back", "urgent"}
	office := []string{"registered", "sent-back", "urgent"} // has not forwarded them yet
	urgent := []string{"urgent", "unit-urgent"}             // not reported yet
	forwarded := []string{"forwarded", "commissioned", "objected"}
	handling := []string{"handling", "simple", "unit-urgent", "duty"}
	unled := slices.Concat(registered, forwarded, handling)
	supervised := []string{"supervised", "suspended", "reopened", "term-asked", "listed"} // by the petition office alone
	led := slices.Concat([]string{"led", "acknowledged", "extended", "dual", "submitted", "suggested", "joined", "enlisted"}, supervised)
	review := []string{"asked", "reviewing", "rechecking"}
	served := []string{"served", "served-dual", "supported", "reviewed", "final"}
	after := slices.Concat([]string{"opined", "opined-unread", "half-signed", "signed"}, served, review)
	opened := slices.Concat(unled, led, after)
	but := func(list []string, not ...string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(not, s) })
	}
	acknowledged := but(slices.Concat(led, after), "led", "opined-unread")
	for kind, want := range map[Kind][]string{
		Register:    {"new"},
		Accept:      slices.Concat(registered, forwarded),
		Decline:     but(slices.Concat(registered, forwarded), urgent...),
		Forward:     registered,
		Commission:  registered,
		Assign:      unled,
		Acknowledge: {"led", "opined-unread"},
		Act:         acknowledged,
		Report:      opened,
		Extend:      slices.Concat([]string{"handling", "unit-urgent"}, but(led, "extended", "reopened"), []string{"opined", "opined-unread", "half-signed"}),
		Opine:       slices.Concat(led, []string{"opined", "opined-unread", "half-signed"}),
		Sign:        {"opined", "half-signed"},
		Return:      {"opined", "half-signed"},
		Serve:       {"signed"},
		Close:       {"served", "reviewed", "final"},
		Divert:      slices.Concat(but(unled, urgent...), []string{"led", "acknowledged", "extended", "submitted", "suggested", "joined", "enlisted"}),
		HandOver:    slices.Concat(led, after),
		Urge:        but(opened, office...),
		Supervise:   but(opened, slices.Concat(office, supervised, []string{"dual", "served-dual"})...),
		Escalate:    supervised,
		Release:     slices.Concat(supervised, []string{"dual", "served-dual"}),
		Tick:        opened,

		Link:             opened,
		Correct:          opened,
		Object:           {"forwarded", "commissioned"},
		DecideObjection:  {"objected"},
		Join:             slices.Concat(forwarded, handling, led, []string{"opined", "opined-unread", "half-signed"}),
		FallBack:         {"simple"},
		Instruct:         but(opened, "direct"), // whose office has no convener
		FeedBack:         slices.Concat(supervised, []string{"dual", "served-dual"}),
		AskTerm:          slices.Concat(but(supervised, "term-asked", "suspended"), []string{"dual", "served-dual", "commissioned"}),
		GrantTerm:        {"term-asked"},
		RefuseTerm:       {"term-asked"},
		Talk:             slices.Concat(supervised, []string{"dual", "served-dual"}),
		Circulate:        slices.Concat(supervised, []string{"dual", "served-dual"}),
		List:             but(slices.Concat(supervised, []string{"dual", "served-dual"}), "listed"),
		Order:            slices.Concat(supervised, []string{"dual", "served-dual"}),
		Suggest:          opened,
		AnswerSuggestion: {"suggested"},

		MarkUrgent:   but(opened, urgent...),
		ReportUrgent: urgent,
		Reroute:      slices.Concat(but(unled, "simple"), but(led, "reopened"), []string{"opined", "opined-unread", "half-signed", "signed"}),

		Suspend:        {"supervised", "dual", "reopened", "rechecking", "served-dual", "supported", "term-asked", "listed"},
		Resume:         {"suspended"},
		Hear:           slices.Concat(handling, led, []string{"opined", "opined-unread", "half-signed"}, review),
		Mediate:        slices.Concat(handling, led, after),
		Submit:         slices.Concat(handling, but(led, "submitted"), after),
		Resolve:        {"submitted"},
		Execute:        {"supported"},
		AskReview:      slices.Concat(but(served, "final"), []string{"closed", "rated"}),
		AcceptReview:   {"asked"},
		DeclineReview:  {"asked"},
		ConcludeReview: {"reviewing", "rechecking"},
		Rate:           slices.Concat(served, []string{"closed"}),
		Reopen:         slices.Concat(but(served, "final"), []string{"closed", "rated"}),

		Enlist:   but(opened, "enlisted"),
		Delist:   {"enlisted"},
		MakePlan: {"enlisted"},
	} {
		for _, s := range states {
			d := newDesk(t).reach(s.name)
			got := slices.ContainsFunc(cast, func(who string) bool { return answer(d, who, kind) == "ok" })
			if got != slices.Contains(want, s.name) {
				t.Errorf("%s in state %s: possible %v", kind, s.name, got)
			}
		}
	}
}

func TestEndedCaseAdmitsNothing(t *testing.T) {
	for _, state := range []string{"declined", "diverted"} {
		d := newDesk(t).reach(state)
		for _, who := range cast {
			for _, kind := range append(Kinds(), Tick) {
				if got := answer(d, who, kind); got == "ok" {
					t.Errorf("%s: %s by %s was taken", state, kind, who)
				}
			}
			if got := Available(d.c, d.actor(who), d.rules, d.now); len(got) > 0 {
				t.Errorf("%s: available to %s: %v", state, who, got)
			}
		}
	}
}

// Available is what the console offers: each of it, and nothing else, is taken when its
// fields are right.
func TestAvailable(t *testing.T) {
	for _, s := range states {
		d := newDesk(t).reach(s.name)
		for _, who := range append([]string{"colleague", "other-upper", "commissioner"}, cast...) {
			var want []Kind
			for _, kind := range Kinds() {
				if kind != Register && answer(d, who, kind) == "ok" {
					want = append(want, kind)
				}
			}
			if got := Available(d.c, d.actor(who), d.rules, d.now); !slices.Equal(got, want) {
				t.Errorf("%s: available to %s: %v, but what is taken is %v", s.name, who, got, want)
			}
		}
	}
}

// A refusal says what the person could do instead, in both languages, and which rule
// keeps it to others.
func TestRefusalsExplainThemselves(t *testing.T) {
	for _, s := range states {
		d := newDesk(t).reach(s.name)
		for _, who := range cast {
			for _, kind := range append(Kinds(), Tick) {
				_, refusal := d.try(who, d.command(kind))
				if refusal == nil {
					continue
				}
				where := fmt.Sprintf("%s: %s by %s: %s", s.name, kind, who, show(refusal))
				if refusal.Chinese == "" || refusal.English == "" || refusal.Error() == "" {
					t.Errorf("%s: lacks a sentence", where)
				}
				switch refusal.Reason {
				case Forbidden:
					if refusal.Code != "not_permitted" || refusal.Rule == "" {
						t.Errorf("%s: names no rule", where)
					}
				case Conflict:
					if refusal.Commands == nil || !slices.Equal(refusal.Commands, Available(d.c, d.actor(who), d.rules, d.now)) {
						t.Errorf("%s: does not say what can be done instead", where)
					}
				case NotFound:
					if refusal.Code != "case_not_found" || Sees(d.c, d.actor(who), d.rules) {
						t.Errorf("%s: but this actor sees the case", where)
					}
				case Invalid:
					if len(refusal.Fields) == 0 {
						t.Errorf("%s: names no field", where)
					}
				default:
					t.Errorf("%s: unknown reason", where)
				}
			}
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	d := newDesk(t).reach("handling")
	for _, kind := range []Kind{"", "delete", "Accept"} {
		d.refuse("officer", Command{Kind: kind}, "unknown_command")
		if refusal := Admit(d.c, Command{Kind: kind}); refusal == nil || refusal.Code != "unknown_command" {
			t.Errorf("Admit %q: %v", kind, refusal)
		}
		if _, ok := Fields(kind); ok {
			t.Errorf("%q has fields", kind)
		}
	}
	if _, ok := Fields(Tick); ok {
		t.Error("people can't give the clock's command, so it has no form")
	}
}

// Admit never refuses what Decide takes.
func TestAdmitIsNoStricterThanDecide(t *testing.T) {
	for _, s := range states {
		d := newDesk(t).reach(s.name)
		for _, who := range cast {
			for _, kind := range append(Kinds(), Tick) {
				cmd := d.command(kind)
				cmd.Actor = d.actor(who)
				if refusal := Admit(d.c, cmd); refusal != nil && answer(d, who, kind) == "ok" {
					t.Errorf("%s: %s by %s: %s", s.name, kind, who, show(refusal))
				}
			}
		}
	}
}
