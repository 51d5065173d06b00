package casefile_test

import (
	"slices"
	"testing"

	"shuangze/casefile"
	"shuangze/policy"
)

// Everything that people can be shown has a word in both languages.
func TestWords(t *testing.T) {
	check := func(code string, text policy.Text) {
		t.Helper()
		if text.Chinese == "" || text.English == "" || text.Chinese == code {
			t.Errorf("%q is called %+v", code, text)
		}
	}
	for _, v := range casefile.Stages {
		check(string(v), v.Name())
	}
	for _, v := range casefile.Kinds() {
		check(string(v), v.Name())
	}
	for _, v := range casefile.EventKinds() {
		check(string(v), v.Name())
	}
	for _, v := range casefile.Roles {
		check(string(v), v.Name())
	}
	for _, v := range casefile.UnitKinds {
		check(v, casefile.UnitKindName(v))
	}
	for _, v := range []casefile.Lamp{casefile.Green, casefile.Yellow, casefile.Red} {
		check(string(v), v.Name())
	}
	for _, v := range []casefile.Supervision{casefile.NotSupervised, casefile.ByPetitionOffice, casefile.Dual, casefile.ByJointMeeting} {
		check(string(v), v.Name())
	}
	for _, v := range []casefile.ChannelName{casefile.PetitionOffice, casefile.SupervisionOffice, casefile.JointMeeting} {
		check(string(v), v.Name())
	}
	for _, clock := range policy.Default().Clocks {
		check(string(clock.Bearer), casefile.BearerName(clock.Bearer))
	}
	for _, v := range []casefile.CountUnit{casefile.Items, casefile.Groups, casefile.Persons} {
		check(string(v), v.Name())
	}
}

// A field that takes codes offers them, each with its words; the core's own lists whole.
func TestChoices(t *testing.T) {
	p := policy.Default()
	coded := []string{"result", "means", "told_by", "ground", "route", "organs", "office_rating", "unit_rating", "suggestion", "act", "meeting", "reason", "outcome"}
	for _, kind := range casefile.Kinds() {
		fields, _ := casefile.Fields(kind)
		for _, f := range fields {
			choices := casefile.Choices(kind, f.Name, p)
			if slices.Contains(coded, f.Name) != (len(choices) > 0) {
				t.Errorf("%s %s: %d choices", kind, f.Name, len(choices))
			}
			for _, c := range choices {
				if c.ID == "" || c.Name.Chinese == "" || c.Name.English == "" {
					t.Errorf("%s %s: %+v", kind, f.Name, c)
				}
			}
		}
	}
}
