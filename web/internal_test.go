package web

import (
	"testing"

	"github.com/jba/templatecheck"
)

// The templates fit the pages that they are given, in both languages.
func TestTemplates(t *testing.T) {
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	all, err := loadPages(a)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]any{
		"signin": signInPage{}, "account": accountPage{}, "desk": deskPage{}, "cases": listPage{}, "case": casePage{},
		"clock": clockPage{}, "command": commandPage{}, "deadline": deadlinePage{}, "problem": problemPage{},
	}
	for l, pages := range all {
		if len(pages.byName) != len(given) {
			t.Errorf("%s: %d templates, %d pages", l, len(pages.byName), len(given))
		}
		for name, data := range given {
			if err := templatecheck.CheckHTML(pages.byName[name], data); err != nil {
				t.Errorf("%s %s: %v", l, name, err)
			}
		}
	}
}
