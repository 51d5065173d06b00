package web

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jba/templatecheck"
	"pgregory.net/rapid"

	"shuangze/casefile"
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
		"signin": signInPage{}, "signedout": signedOutPage{}, "register": registerPage{}, "receipt": receiptPage{}, "account": accountPage{}, "desk": deskPage{}, "cases": listPage{}, "case": casePage{}, "print": printPage{}, "event": eventPage{},
		"clock": clockPage{}, "command": commandPage{}, "deadline": deadlinePage{}, "problem": problemPage{},
		"lookup": lookupPage{}, "standing": standingPage{}, "rate": standingPage{}, "review": standingPage{},
		"rules": rulesPage{}, "publication": publicationPage{}, "draft": draftPage{}, "preview": previewPage{},
		"supervision": supervisionPage{}, "campaigns": campaignsPage{}, "campaign": campaignPage{}, "form": formPage{}, "rows": rowsPage{},
		"receptions": receptionsPage{}, "reception": receptionPage{}, "schedule": schedulePage{},
		"targets": targetsPage{}, "target": targetSheetPage{}, "target-act": targetActPage{}, "target-cases": targetCasesPage{},
		"board": boardPage{}, "bulk": bulkPage{}, "broadcasts": broadcastsPage{}, "broadcast": broadcastPage{},
		"accounts": accountsPage{}, "secret": secretPage{}, "tokens": tokensPage{}, "channels": channelsPage{}, "engine": enginePage{}, "audit": auditPage{},
		"directory": directoryPage{}, "official": officialPage{}, "leaves": leavesPage{},
		"figures": figuresPage{}, "report": reportPage{},
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

// A list is read over all its pages.
func TestListed(t *testing.T) {
	answers := map[string]string{"": `{"days": [1, 2], "next_cursor": "a&b"}`, "a&b": `{"days": [3], "next_cursor": null}`}
	c := newClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("of") != "one" {
			t.Errorf("asked %s", r.URL)
		}
		_, _ = io.WriteString(w, answers[r.FormValue("cursor")])
	}))
	if all, err := listed[int](c, caller{ctx: t.Context()}, "/days?of=one", "days"); err != nil || !slices.Equal(all, []int{1, 2, 3}) {
		t.Error(all, err)
	}
}

// What is kept and what is gone was the text before; what is kept and what is new is the
// text now.
func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("经查，补贴错发三五百元。\n x")))
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		var was, is strings.Builder
		for _, c := range compare(before, after) {
			piece := strings.ReplaceAll(c.Text, "↵", "")
			if c.How != "new" {
				was.WriteString(piece)
			}
			if c.How != "gone" {
				is.WriteString(piece)
			}
		}
		if before == after && was.Len() == 0 {
			return // nothing to show
		}
		if was.String() != before || is.String() != after {
			t.Fatalf("%q to %q", was.String(), is.String())
		}
	})
}

// More and less are told apart, by tenths of a per cent (the seed: 173 after 142, 69 after 78).
func TestCompared(t *testing.T) {
	for _, c := range []struct {
		now, before int64
		unit        casefile.CountUnit
		zh, en      string
	}{
		{173, 142, casefile.Items, "173件次，比上年同期的142件次增加21.8%", "173 items, against 142 the year before, up 21.8%"},
		{69, 78, casefile.Groups, "69批次，比上年同期的78批次减少11.5%", "69 groups, against 78 the year before, down 11.5%"},
		{5, 5, casefile.Persons, "5人次，与上年同期持平", "5 persons, as many as the year before"},
		{5, 0, casefile.Persons, "5人次（上年同期无）", "5 persons (none the year before)"},
	} {
		if zh, en := chinese.compared(c.now, c.before, c.unit), english.compared(c.now, c.before, c.unit); zh != c.zh || en != c.en {
			t.Errorf("%s / %s", zh, en)
		}
	}
}
