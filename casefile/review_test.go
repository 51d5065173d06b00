package casefile_test

import (
	"maps"
	"slices"
	"testing"

	. "shuangze/casefile"
)

// The review belongs to the organ exactly one level above the one that handled the case,
// the recheck to the one above that; both have 30 days from the day they were asked.
func TestArticles35And36ReviewAndRecheck(t *testing.T) {
	d := newDesk(t).reach("served")
	d.at("2026-09-10 09:00")
	for _, unit := range []string{"C-zr", "P", "C-xf", "nowhere"} {
		ask := d.command(AskReview)
		ask.Unit = unit
		d.refuse("clerk", ask, "invalid_fields")
	}
	d.moves("clerk ask_review")
	d.want("REVIEW-DO", "2026-09-10", "2026-10-10", "2026-10-10")
	d.want("REVIEW-ACC", "2026-09-10", "2026-09-15", "2026-09-15")
	if k := d.clock("REVIEW-DO"); k.Who != "C" {
		t.Errorf("the review is the duty of %s", k.Who)
	}
	if d.clock("CLOSE").Running() {
		t.Error("the case is to be closed while it is reviewed")
	}
	d.refuse("county-supervisor", d.command(ConcludeReview), "review_not_accepted")
	d.moves("county-supervisor accept_review", "county-supervisor conclude_review")
	if d.c.Stage != Served || d.c.Final || !d.clock("CLOSE").Running() {
		t.Errorf("upheld: stage %s, final %v", d.c.Stage, d.c.Final)
	}
	ask := d.command(AskReview)
	ask.Unit = "C"
	same(t, "fields", []string{"unit wrong_level"}, problems(d.refuse("clerk", ask, "invalid_fields")))
	d.moves("clerk ask_review")
	d.want("RECHECK-DO", "2026-09-10", "2026-10-10", "2026-10-10")
	d.moves("supervisor accept_review", "supervisor conclude_review")
	if !d.c.Final {
		t.Error("after the recheck the case is not final")
	}
	d.refuse("clerk", d.command(AskReview), "final")
	d.refuse("supervisor", d.command(Reopen), "final")
	// Whoever is dissatisfied then is heard, but the matter stays as it is.
	rate := d.command(Rate)
	rate.UnitRating = "dissatisfied"
	d.do("clerk", rate)
	if d.c.Stage != Served {
		t.Errorf("a final case was reopened: %s", d.c.Stage)
	}
}

// The petitioner's 30 days are shown, and start anew with the reply to the review. They
// are never anybody's lateness, and a late request is for the reviewing organ to refuse.
func TestArticles35And36Rights(t *testing.T) {
	d := newDesk(t).reach("served")
	rights := Rights(d.c, d.rules)
	if len(rights) != 1 || rights[0].ID != "REVIEW-REQ" || rights[0].Until.Statutory.String() != "2026-10-08" { // 10-01 is a holiday, and so are the days after
		t.Errorf("%s", show(rights))
	}
	d.moves("supervisor close").at("2027-01-20 10:00").moves("clerk ask_review")
	if len(Rights(d.c, d.rules)) != 0 {
		t.Error("a right is open while it is used")
	}
	d.moves("county-supervisor decline_review")
	if d.c.Stage != Closed || d.c.ClosedAt.IsZero() || len(d.c.Late) != 0 {
		t.Errorf("declined: %s", show(d.c))
	}
	d.moves("clerk ask_review", "county-supervisor accept_review", "county-supervisor conclude_review")
	if d.c.Stage != Closed {
		t.Errorf("upheld, the case that was closed is %s", d.c.Stage)
	}
	rights = Rights(d.c, d.rules)
	if len(rights) != 1 || rights[0].ID != "RECHECK-REQ" {
		t.Errorf("%s", show(rights))
	}
}

// An opinion that a review changed needs both leaders' signatures before the case ends,
// and is carried out if it supports the claim.
func TestReviewChanges(t *testing.T) {
	d := newDesk(t).reach("reviewing")
	change := d.command(ConcludeReview)
	change.Outcome = "change"
	same(t, "fields", []string{"result required"}, problems(d.refuse("county-supervisor", change, "invalid_fields")))
	change.Result, change.Days = "support", 20
	d.do("county-supervisor", change)
	if d.c.Opinion.Version != 2 || d.c.Opinion.Document.ID != "reply" || d.clock("OPINION-EXEC").Length != 20 {
		t.Errorf("%s", show(d.c.Opinion))
	}
	d.refuse("supervisor", d.command(Close), "not_signed")
	d.moves("lower sign", "upper sign")
	d.refuse("supervisor", d.command(Close), "not_executed")
	d.moves("officer execute", "supervisor close")
}

// Set aside, the matter is handled anew: opinion, both signatures, service; and the new
// opinion can be reviewed in its turn.
func TestReviewSetsAside(t *testing.T) {
	for _, outcome := range []string{"set_aside", "redo"} {
		d := newDesk(t).reach("reviewing")
		cmd := d.command(ConcludeReview)
		cmd.Outcome = outcome
		d.do("county-supervisor", cmd)
		if d.c.Stage != Handling || d.c.Served != nil || !d.clock("REDO").Running() {
			t.Fatalf("%s: %s", outcome, show(d.c))
		}
		d.moves("officer opine", "lower sign", "upper sign", "officer serve")
		if d.clock("REDO").Running() || d.c.Opinion.Version != 2 {
			t.Errorf("%s: %s", outcome, show(d.c.Opinion))
		}
		d.moves("clerk ask_review")
		if round := d.c.Review().Round; round != ReviewRound {
			t.Errorf("after %s the next round is a %s", outcome, round)
		}
	}
}

// What is corrected refers to the new record, and moves no clock; what is the same is none.
func TestCorrect(t *testing.T) {
	d := newDesk(t).reach("handling")
	before, clocks := d.c, show(d.c.Clocks)
	cmd := d.command(Correct)
	cmd.Corrected, cmd.Reachable = []string{"title", "phone"}, true
	d.do("clerk", cmd)
	if d.c.Petitioner != cmd.Petitioner || d.c.Titled != cmd.Text.ID || !d.c.Reachable || d.c.Petition != before.Petition || show(d.c.Clocks) != clocks {
		t.Errorf("corrected: %s", show(d.c))
	}
	cmd = d.command(Correct)
	cmd.Petitioner, cmd.Corrected = "", []string{"title"}
	was := d.c.Petitioner
	d.do("supervisor", cmd)
	if d.c.Petitioner != was || !d.c.Reachable {
		t.Errorf("a title changed the petitioner to %q", d.c.Petitioner)
	}
	cmd = d.command(Correct)
	cmd.Corrected = nil
	d.refuse("clerk", cmd, "nothing_corrected")
}

// A case that is taken up again gets a new answer: what was upheld was the old one, so the
// new one is reviewed first, by the level above the unit, and rechecked after that.
func TestReviewAfterReopening(t *testing.T) {
	d := newDesk(t).reach("reviewing").moves("county-supervisor conclude_review", "supervisor reopen", "officer opine", "lower sign", "upper sign", "officer serve")
	if rights := Rights(d.c, d.rules); len(rights) != 1 || rights[0].ID != "REVIEW-REQ" {
		t.Errorf("rights: %s", show(rights))
	}
	d.moves("clerk ask_review")
	if r := d.c.Review(); r.Round != ReviewRound || r.Unit != "C" {
		t.Errorf("asked for %s", show(r))
	}
	d.moves("county-supervisor accept_review", "county-supervisor conclude_review", "clerk ask_review")
	if r := d.c.Review(); r.Round != RecheckRound || r.Unit != "P" {
		t.Errorf("then for %s", show(r))
	}
}

// Who is dissatisfied with the unit sends the case back once, as a second supervision.
func TestReopenOnDissatisfaction(t *testing.T) {
	d := newDesk(t).reach("acknowledged").until("2026-12-20 09:00") // long overdue, supervised twice over
	if d.c.Supervision() != Dual {
		t.Fatalf("supervision is %s", d.c.Supervision())
	}
	d.moves("officer opine", "lower sign", "upper sign", "officer serve", "supervisor release", "inspector release", "supervisor close")
	late := show(d.c.Late)
	letters := d.c.OnChannel(PetitionOffice).Letters
	rate := d.command(Rate)
	rate.UnitRating = "dissatisfied"
	d.do("clerk", rate)
	if d.c.Stage != Handling || d.c.OnChannel(PetitionOffice).Letters != letters+1 || !d.c.OnChannel(PetitionOffice).Open() || !d.clock("SUP-1").Running() {
		t.Fatalf("not reopened: %s", show(d.c.Channels))
	}
	if show(d.c.Late) != late {
		t.Errorf("reopening changed the lateness %s to %s", late, show(d.c.Late))
	}
	d.moves("officer opine", "lower sign", "upper sign", "officer serve")
	d.do("clerk", rate)
	if d.c.Stage != Served {
		t.Error("reopened by itself a second time")
	}
	d.refuse("clerk", rate, "already_rated")
	d.moves("supervisor reopen")
	if d.c.Reopened != 2 {
		t.Errorf("reopened %d times", d.c.Reopened)
	}
}

// A supported opinion has a term of its own to be carried out in; the case waits for it.
func TestArticle32ExecutionOfAnOpinion(t *testing.T) {
	d := newDesk(t).reach("supported")
	d.want("OPINION-EXEC", "2026-09-01", "2026-10-11", "2026-10-12")
	if _, ok := d.c.Clock("CLOSE"); ok {
		t.Error("to be closed before it is carried out")
	}
	d.refuse("supervisor", d.command(Close), "not_executed")
	d.until("2026-10-14 09:00")
	if got := d.log("OPINION-EXEC"); !slices.Contains(got, "2026-10-13 08:30 urged OPINION-EXEC URGE-0") {
		t.Errorf("nobody was urged: %q", got)
	}
	d.moves("officer execute")
	if len(d.c.Late) != 1 || d.c.Late[0].Clock != "OPINION-EXEC" || d.c.Late[0].Who != "C-rs" {
		t.Errorf("late: %s", show(d.c.Late))
	}
	d.moves("supervisor close")
}

// A case whose unit was merged or abolished after it ended comes, taken up again, to whoever
// took over; new ones and forwarded ones are refused (撤并).
func TestEndedUnitGetsNoCase(t *testing.T) {
	d := newDesk(t)
	end := func(successor string) {
		rules := *d.rules.Directory
		rules.Units = maps.Clone(rules.Units)
		u := rules.Units["C-rs"]
		u.EndedOn, u.Successor = day("2026-09-01"), successor
		rules.Units["C-rs"] = u
		d.rules.Directory = &rules
	}
	standing := d.rules.Directory
	for successor, heir := range map[string]string{"C-zr": "C-zr", "": "C"} {
		d = newDesk(t).reach("closed")
		end(successor)
		d.moves("supervisor reopen")
		if d.c.Unit != heir || d.c.UnitLevel != d.rules.Directory.Units[heir].Level || d.c.Stage != Handling {
			t.Errorf("with the successor %q the reopened case is of %s (%s)", successor, d.c.Unit, d.c.UnitLevel)
		}
		if successor != "" {
			d.moves("other-officer opine")
		}
	}
	d = newDesk(t).reach("reviewing")
	end("C-zr")
	cmd := d.command(ConcludeReview)
	cmd.Outcome = "redo"
	d.do("county-supervisor", cmd)
	if d.c.Unit != "C-zr" {
		t.Errorf("set aside, the case is of %s", d.c.Unit)
	}
	d = newDesk(t)
	end("C-zr")
	for _, kind := range []Kind{Register, Forward} {
		if kind == Forward {
			d.rules.Directory = standing
			d.reach("registered")
			end("C-zr")
		}
		_, refusal := d.try("clerk", d.command(kind))
		if refusal == nil || !slices.Contains(problems(refusal), "unit unit_ended") {
			t.Errorf("%s: %s", kind, show(refusal))
		}
	}
}
