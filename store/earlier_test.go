package store_test

import (
	"strings"
	"testing"

	"shuangze/store"
)

// Each search for earlier cases is on record, with by what was searched, never for what;
// and nothing in the database is the number itself.
func TestSearchesAreOnRecord(t *testing.T) {
	d := newDesk(t)
	cmd := d.registration()
	var err error
	cmd.Registration.Petitioner, err = d.store.WritePetitioner(t.Context(), store.Petitioner{Name: "贺某某", Phone: "139 0000 0002", Identity: "11010119900101123x"})
	if err != nil {
		t.Fatal(err)
	}
	d.do("first", clerk, cmd)
	for want, like := range map[string]store.Likeness{
		"phone":          {Phone: "+8613900000002"},
		"identity":       {Identity: "11010119900101123X"},
		"phone identity": {Phone: "0086-139-0000-0002", Identity: "11010119900101123X"},
	} {
		found, err := d.store.Earlier(t.Context(), d.actor(clerk), like, d.now)
		if err != nil || len(found) != 1 || strings.Join(found[0].By, " ") != want {
			t.Errorf("%s: %v, %v", want, found, err)
		}
	}
	if found, err := d.store.Earlier(t.Context(), d.actor(clerk), store.Likeness{Phone: "-"}, d.now); err != nil || len(found) > 0 {
		t.Errorf("no number at all finds %v, %v", found, err)
	}
	var searches int
	var written string
	row := d.store.Pool().QueryRow(t.Context(), `SELECT count(*), string_agg(official || by_what || found, ' ') FROM petitioner_searches WHERE official = $1 AND found = 1`, clerk)
	if err := row.Scan(&searches, &written); err != nil || searches != 3 || strings.Contains(written, "139") {
		t.Errorf("%d searches on record: %s, %v", searches, written, err)
	}
	row = d.store.Pool().QueryRow(t.Context(), `SELECT string_agg(petitioners::text, ' ') FROM petitioners`)
	if err := row.Scan(&written); err != nil || strings.Contains(written, "13900000002") || strings.Contains(written, "贺") {
		t.Errorf("the database shows %s (%v)", written, err)
	}
}
