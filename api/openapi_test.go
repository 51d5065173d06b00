package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"shuangze/api"
	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/notify"
	"shuangze/policy"
	"shuangze/store"
)

// contractFile is openapi.yaml, as much of it as the tests below ask for.
func contractFile(t *testing.T) (c struct {
	Paths      map[string]map[string]any
	Components struct{ Schemas map[string]schema }
	Problems   []struct {
		Code   string
		Status int
		ZH, EN string
	} `yaml:"x-problems"`
},
) {
	t.Helper()
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

type schema struct {
	Enum       []string
	Required   []string
	Properties map[string]any
	Additional *bool `yaml:"additionalProperties"`
}

func TestContractIsOpenAPI(t *testing.T) {
	t.Parallel()
	if ok, problems := contract().ValidateDocument(); !ok {
		for _, p := range problems {
			t.Errorf("%s: %s", p.Message, p.Reason)
			for _, s := range p.SchemaValidationErrors {
				t.Errorf("  %s: %s", s.KeywordLocation, s.Reason)
			}
		}
	}
}

func TestContractHasTheRoutes(t *testing.T) {
	t.Parallel()
	handler := api.New(api.Config{Store: &store.Store{}, Registry: prometheus.NewRegistry()})
	var routes, documented []string
	err := chi.Walk(handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, method+" "+route)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, methods := range contractFile(t).Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if diff := cmp.Diff(routes, documented); diff != "" {
		t.Errorf("routes and openapi.yaml differ (-routes +document):\n%s", diff)
	}
}

func TestContractHasTheCommands(t *testing.T) {
	t.Parallel()
	c := contractFile(t)
	for _, kind := range casefile.Kinds() {
		name := strings.ToUpper(string(kind[:1])) + string(kind[1:]) + "Command"
		if kind == casefile.Register {
			name = "Registration"
		}
		s, ok := c.Components.Schemas[name]
		if !ok {
			t.Errorf("there is no schema %s", name)
			continue
		}
		if s.Additional == nil || *s.Additional {
			t.Errorf("%s takes other fields", name)
		}
		fields, _ := casefile.Fields(kind)
		var all, required []string
		for _, f := range fields {
			all = append(all, f.Name)
			if f.Required {
				required = append(required, f.Name)
			}
		}
		var documented []string
		for field := range s.Properties {
			documented = append(documented, field)
		}
		for _, list := range [][]string{all, required, documented, s.Required} {
			slices.Sort(list)
		}
		if diff := cmp.Diff(all, documented); diff != "" {
			t.Errorf("%s (-casefile +document):\n%s", name, diff)
		}
		if diff := cmp.Diff(required, s.Required); diff != "" {
			t.Errorf("%s, required (-casefile +document):\n%s", name, diff)
		}
	}
}

func TestContractHasTheLists(t *testing.T) {
	t.Parallel()
	p := policy.Default()
	commands := texts(casefile.Kinds())
	commands = slices.DeleteFunc(commands, func(c string) bool { return c == string(casefile.Register) })
	categories := []string{}
	for _, c := range p.Categories {
		categories = append(categories, c.ID)
	}
	levels := []string{}
	for _, l := range p.Levels {
		levels = append(levels, l.ID)
	}
	schemas := contractFile(t).Components.Schemas
	for name, want := range map[string][]string{
		"Origin": codeIDs(p.Origins), "EntryChannel": codeIDs(p.Channels), "Purpose": codeIDs(p.Purposes), "Category": categories,
		"Reason": codeIDs(p.Reasons), "Act": codeIDs(p.Acts), "Level": levels, "Stage": texts(casefile.Stages), "PublicStage": texts(casefile.PublicStages), "Command": commands,
		"Result": casefile.Results, "SuggestionKind": casefile.SuggestionKinds, "SuggestionOutcome": casefile.SuggestionOutcomes, "DeclineReason": codeIDs(p.DeclineReasons),
		"MediationOutcome": casefile.MediationOutcomes, "MeetingKind": codeIDs(p.Meetings), "ReviewOutcome": casefile.ReviewOutcomes,
		"Satisfaction": casefile.Satisfaction, "HandlingRoute": casefile.HandlingRoutes, "UrgentOrgan": casefile.UrgentOrgans, "ReopenReason": casefile.ReopenReasons, "Means": casefile.Means, "Ground": casefile.Grounds, "Role": texts(casefile.Roles), "UnitKind": casefile.UnitKinds, "LeaveReason": casefile.LeaveReasons, "TargetKind": casefile.TargetKinds, "TargetMetricID": casefile.MetricIDs(), "MetricUnit": texts(casefile.MetricUnits),
		"AbsenceReason": casefile.AbsenceReasons, "ReceptionState": texts(casefile.ReceptionStates), "ReceptionPublication": texts(casefile.Publications),
		"Recurrence": casefile.Recurrences, "AppointmentState": texts(casefile.AppointmentStates), "ReceptionForm": codeIDs(p.Forms),
		"Period":           {string(policy.Weekly), string(policy.Monthly), string(policy.Quarterly), string(policy.Yearly)},
		"BroadcastCommand": texts(casefile.Broadcasts()), "BroadcastState": texts(store.BroadcastStates), "BroadcastResult": texts(store.BroadcastResults),
		"EndpointKind": texts(notify.EndpointKinds), "Language": texts(notify.Languages), "DeliveryState": texts(store.DeliveryStates), "ActSource": store.ActSources,
		"Lamp":        {string(casefile.Green), string(casefile.Yellow), string(casefile.Red)},
		"Supervision": {string(casefile.NotSupervised), string(casefile.ByPetitionOffice), string(casefile.Dual), string(casefile.ByJointMeeting)},
		"DayUnit":     texts(calendar.Units),
		"Bearer":      {string(policy.OfUnit), string(policy.OfPetitionOffice), string(policy.OfSupervisionOffice), string(policy.OfLeader), string(policy.OfReviewer), string(policy.OfAddressee)},
		"Basis":       {string(policy.Statute), string(policy.National), string(policy.Local), string(policy.Practice), string(policy.OurOwn)},
	} {
		if diff := cmp.Diff(want, schemas[name].Enum); diff != "" {
			t.Errorf("%s (-code +document):\n%s", name, diff)
		}
	}
	var kinds []string
	for _, match := range regexp.MustCompile(`Event\w+ +EventKind = "(\w+)"`).FindAllStringSubmatch(source(t, "../casefile/event.go"), -1) {
		kinds = append(kinds, match[1])
	}
	if diff := cmp.Diff(kinds, schemas["EventKind"].Enum); diff != "" {
		t.Errorf("EventKind (-code +document):\n%s", diff)
	}
	terms := []string{}
	for _, k := range p.Clocks {
		terms = append(terms, k.ID)
		if k.Extend != nil {
			terms = append(terms, k.Extend.ID)
		}
	}
	raw := source(t, "openapi.yaml")
	for _, list := range []string{"[" + strings.Join(terms, ", ") + "]", "[" + strings.Join(store.Sorts, ", ") + "]"} {
		if !strings.Contains(raw, "enum: "+list) {
			t.Errorf("openapi.yaml has no enum: %s", list)
		}
	}
}

// TestContractHasTheProblems reads the codes out of the sources: nobody can be refused
// with one that isn't explained.
func TestContractHasTheProblems(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	for _, pattern := range []string{"../casefile/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				sources.WriteString(source(t, file))
			}
		}
	}
	found := func(patterns ...string) []string {
		var codes []string
		for _, p := range patterns {
			for _, match := range regexp.MustCompile(p).FindAllStringSubmatch(sources.String(), -1) {
				codes = append(codes, match[1])
			}
		}
		slices.Sort(codes)
		return slices.Compact(codes)
	}
	c := contractFile(t)
	problems := found(`(?:conflict|forbidden)\("(\w+)"`, `Reason: \w+(?:\.\w+)?, Code: "(\w+)"`, `refuse\(http\.\w+, "(\w+)"`, `away\("(\w+)"`, `status: http\.\w+, code: "(\w+)"`)
	problems = append(problems, "malformed_json")
	slices.Sort(problems)
	problems = slices.Compact(problems)
	documented := slices.Sorted(slices.Values(c.Components.Schemas["ProblemCode"].Enum))
	if diff := cmp.Diff(problems, documented); diff != "" {
		t.Errorf("problems (-code +document):\n%s", diff)
	}
	var explained []string
	for _, p := range c.Problems {
		explained = append(explained, p.Code)
		if p.ZH == "" || p.EN == "" || p.Status < 400 || p.Status > 599 {
			t.Errorf("%s is not explained: %+v", p.Code, p)
		}
	}
	if diff := cmp.Diff(c.Components.Schemas["ProblemCode"].Enum, explained); diff != "" {
		t.Errorf("explained problems (-enumerated +explained):\n%s", diff)
	}
	fields := found(`v\.add\([^,]+, "(\w+)"`, `wrong(?:At)?\([^,]+, "(\w+)"`, `FieldError\{"\w*", "(\w+)"`, `FieldError\{\s*(?:Field: ["\w-]+, )?Code: "(\w+)"`)
	if diff := cmp.Diff(fields, slices.Sorted(slices.Values(c.Components.Schemas["FieldCode"].Enum))); diff != "" {
		t.Errorf("field codes (-code +document):\n%s", diff)
	}
}

func source(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func texts[T ~string](list []T) []string {
	s := []string{}
	for _, v := range list {
		s = append(s, string(v))
	}
	return s
}

func codeIDs(list []policy.Code) []string {
	s := []string{}
	for _, c := range list {
		s = append(s, c.ID)
	}
	return s
}

// TestContractIsWhole: a comma in an unquoted text cuts it off, and YAML takes the
// rest for a key.
func TestContractIsWhole(t *testing.T) {
	t.Parallel()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(source(t, "openapi.yaml")), &root); err != nil {
		t.Fatal(err)
	}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && strings.ContainsAny(child.Value, " `，。") {
				t.Errorf("line %d: %q is no key", child.Line, child.Value)
			}
			walk(child)
		}
	}
	walk(&root)
}
