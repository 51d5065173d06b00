package store_test

import (
	"errors"
	"strings"
	"testing"

	"shuangze/casefile"
	"shuangze/store"
)

// A case with something in every column, a clock of each kind of bearer, tasks of
// persons and of roles.
func (d *desk) rich(id string) casefile.Case {
	d.open("drive-"+id, "会战-"+id, super)
	cmd := d.registration()
	r := cmd.Registration
	r.Reference, r.Campaign, r.Purpose, r.OnTheSpot = "来文-"+id, "会战-"+id, "accusation", true
	r.AccusedUnit, r.AccusedOfficial = "232701-zj", "o045"
	cmd.Upper, cmd.Lower = upper, lower
	d.do(id, super, cmd)
	d.do(id, super, casefile.Command{Kind: casefile.Supervise, Reason: "shirking", Text: d.text("督办函")})
	return d.do(id, handling, casefile.Command{Kind: casefile.Report, Text: d.text("正在核实")})
}

func TestAudit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := d.rich("case")
	d.onTheSpot("closed")
	d.close("closed")
	for _, id := range []string{"case", "closed"} {
		if c, differences, err := d.store.Audit(t.Context(), id); err != nil || len(differences) > 0 || id == "case" && !casefile.Equal(c, want) {
			t.Errorf("%s is well, but: %v, %v", id, differences, err)
		}
	}
	if _, _, err := d.store.Audit(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a case that isn't there: %v", err)
	}

	for name, c := range map[string]struct{ sql, want string }{
		"seq":              {`UPDATE cases SET seq = seq + 1 WHERE id = $case`, "seq is 7"},
		"number":           {`UPDATE cases SET number = '2327-xf-2026-000099' WHERE id = $case`, "number is"},
		"reference":        {`UPDATE cases SET reference = NULL WHERE id = $case`, "reference is"},
		"origin":           {`UPDATE cases SET origin = 'province' WHERE id = $case`, "origin is"},
		"campaign":         {`UPDATE cases SET campaign = '' WHERE id = $case`, "campaign is"},
		"office":           {`UPDATE cases SET office = '232701-xf' WHERE id = $case`, "office is"},
		"unit":             {`UPDATE cases SET unit = '232701-zj' WHERE id = $case`, "unit is"},
		"accused unit":     {`UPDATE cases SET accused_unit = '' WHERE id = $case`, "accusedunit is"},
		"accused official": {`UPDATE cases SET accused_official = '' WHERE id = $case`, "accusedofficial is"},
		"stage":            {`UPDATE cases SET stage = 'closed' WHERE id = $case`, "stage is"},
		"open":             {`UPDATE cases SET open = false WHERE id = $case`, "open is"},
		"supervision":      {`UPDATE cases SET supervision = 'none' WHERE id = $case`, "supervision is"},
		"upper":            {`UPDATE cases SET upper = 'o039' WHERE id = $case`, "upper is"},
		"lower":            {`UPDATE cases SET lower = '' WHERE id = $case`, "lower is"},
		"registered_at":    {`UPDATE cases SET registered_at = registered_at + interval '1 day' WHERE id = $case`, "registered is"},
		"yellow_at":        {`UPDATE cases SET yellow_at = yellow_at + interval '1 day' WHERE id = $case`, "yellow is"},
		"red_at":           {`UPDATE cases SET red_at = 'infinity' WHERE id = $case`, "red is"},
		"overdue_at":       {`UPDATE cases SET overdue_at = overdue_at + interval '1 day' WHERE id = $case`, "overdue is"},
		"final_lamp":       {`UPDATE cases SET final_lamp = 'green' WHERE id = $case`, "finallamp is"},
		"urgent":           {`UPDATE cases SET urgent = true WHERE id = $case`, "urgent is"},
		"calendar":         {`UPDATE cases SET calendar = 'old' WHERE id = $case`, "calendar is"},
		"state":            {`UPDATE cases SET state = jsonb_set(state, '{headcount}', '7') WHERE id = $case`, "state is"},
		"state of no case": {`UPDATE cases SET state = '"?"' WHERE id = $case`, "state is"},
		"silent":           {`UPDATE cases SET wake_at = 'infinity' WHERE id = $case`, "silent"},
		"no row":           {`DELETE FROM cases WHERE id = $case`, "seq is 0"},
		"task missing":     {`DELETE FROM tasks WHERE case_id = $case AND do_what = 'feed_back'`, "tasks is"},
		"task moved":       {`UPDATE tasks SET official = 'o039' WHERE case_id = $case AND official = 'o038'`, "tasks is"},
		"task hidden":      {`UPDATE tasks SET from_at = 'infinity' WHERE case_id = $case`, "tasks is"},
		"task put off":     {`UPDATE tasks SET due = due + interval '1 day' WHERE case_id = $case AND due IS NOT NULL`, "tasks is"},
		"clock missing":    {`DELETE FROM clocks WHERE case_id = $case AND id = 'SUP-1'`, "clocks is"},
		"clock of another": {`UPDATE clocks SET who = 'o039' WHERE case_id = $case AND who = 'o038'`, "clocks is"},
		"clock put off":    {`UPDATE clocks SET red_at = red_at + interval '1 day' WHERE case_id = $case`, "clocks is"},
		"list missing":     {`DELETE FROM enlistments WHERE case_id = $case`, "enlistments is"},
		"list left":        {`UPDATE enlistments SET delisted_at = now() WHERE case_id = $case`, "enlistments is"},
		"list of another":  {`UPDATE enlistments SET campaign = 'other' WHERE case_id = $case`, "enlistments is"},
		"report made":      {`UPDATE enlistments SET report_made = ARRAY[now(), now()] WHERE case_id = $case`, "enlistments is"},
		"concluded":        {`UPDATE enlistments SET concluded_at = ARRAY[now()], concluded_until = ARRAY['infinity'::timestamptz] WHERE case_id = $case`, "enlistments is"},
		"text changed":     {`UPDATE documents SET body = body || '!' WHERE case_id = $case`, "has been changed"},
		"text rehashed":    {`UPDATE documents SET body = '!', hash = encode(sha256('!'), 'hex') WHERE case_id = $case`, "has been changed"},
		"text missing":     {`DELETE FROM documents WHERE case_id = $case AND title = '督办函'`, "is missing"},
		"event changed":    {tampered(`UPDATE ledger SET body = replace(body, 'shirking', 'overdue') WHERE case_id = $case`), "row 5 has been changed"},
		"event missing":    {tampered(`DELETE FROM ledger WHERE case_id = $case AND seq = 2`), "row 3 stands where row 2 should"},
		"events swapped":   {tampered(`UPDATE ledger SET seq = -seq WHERE case_id = $case AND seq IN (2, 3); UPDATE ledger SET seq = 5 + seq WHERE case_id = $case AND seq < 0`), "row 2 does not follow"},
		"tail cut off":     {tampered(`DELETE FROM ledger WHERE case_id = $case AND seq = 6`), "seq is 6 where the ledger folds to 5"},
		"event refiled":    {tampered(`UPDATE ledger SET command = 'another' WHERE case_id = $case AND seq = 4`), "row 4 is filed under another command"},
		"other request":    {tampered(`UPDATE ledger SET fingerprint = 'another' WHERE case_id = $case AND seq = 1`), "row 1 has been changed"},
		"event unreadable": {tampered(`UPDATE ledger SET body = '?' WHERE case_id = $case AND seq = 5`), "decode event 5"},
	} {
		d.rich(name)
		d.sql(strings.ReplaceAll(c.sql, "$case", "'"+name+"'"))
		_, differences, err := d.store.Audit(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(differences, "\n"), c.want) {
			t.Errorf("%s: Audit finds %q, want %q", name, differences, c.want)
		}
	}
	// No harm done to one case shows in another.
	if _, differences, err := d.store.Audit(t.Context(), "case"); err != nil || len(differences) > 0 {
		t.Errorf("the case that is well: %v, %v", differences, err)
	}
}

// tampered is done by somebody who owns the database and can go round its guard.
func tampered(sql string) string {
	return `ALTER TABLE ledger DISABLE TRIGGER ALL; ALTER TABLE ledger DROP CONSTRAINT IF EXISTS ledger_seq_check; ` + sql + `; ALTER TABLE ledger ENABLE TRIGGER ALL`
}

func TestGaps(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, id := range []string{"a", "b", "c"} {
		d.do(id, clerk, d.registration())
	}
	if gaps, err := d.store.Gaps(t.Context()); err != nil || len(gaps) > 0 {
		t.Fatalf("gaps %v, %v", gaps, err)
	}
	d.sql(`DELETE FROM cases WHERE id = 'b'`)
	d.sql(tampered(`DELETE FROM ledger WHERE case_id = 'c'`))
	gaps, err := d.store.Gaps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(gaps, "\n")
	for _, want := range []string{"last number is 3, but 2 cases have one", "case c: has a row but no ledger"} {
		if !strings.Contains(all, want) {
			t.Errorf("gaps %q, want %q", gaps, want)
		}
	}
}

// A text belongs to the case that first referred to it; no other takes it away, and
// none is registered without its text.
func TestTextStaysWithItsCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cmd := d.registration()
	d.do("mine", clerk, cmd)
	cmd.ID = "other"
	if err := d.try("other", clerk, cmd); !errors.Is(err, store.ErrBroken) {
		t.Errorf("another case with the same text: %v", err)
	}
	cmd.Text.ID, cmd.ID = "swept", "swept"
	if err := d.try("swept", clerk, cmd); !errors.Is(err, store.ErrBroken) {
		t.Errorf("a case without its text: %v", err)
	}
	if _, differences, err := d.store.Audit(t.Context(), "mine"); err != nil || len(differences) > 0 {
		t.Errorf("the first case: %v, %v", differences, err)
	}
	// Its own text it may refer to again.
	text := d.text("正在核实")
	d.do("mine", clerk, casefile.Command{Kind: casefile.Forward, Text: text})
	d.do("mine", handling, casefile.Command{Kind: casefile.Report, Text: text})
}
