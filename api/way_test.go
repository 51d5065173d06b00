package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMainWay takes a case from registration to closure by HTTP alone.
func TestMainWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	register := func() answer {
		return w.do("p-registrar", "POST", "/api/v1/cases", registration(m{"reference": "省交办〔2026〕001号", "key": true}), "Idempotency-Key", "main-way")
	}
	a := register().want(t, http.StatusCreated, "")
	id := a.str("id")
	if location := a.header.Get("Location"); location != "/api/v1/cases/"+id {
		t.Errorf("Location = %q", location)
	}
	golden(t, "registered", a.body)
	again := register().want(t, http.StatusCreated, "")
	if again.header.Get("Idempotent-Replay") != "true" {
		t.Error("the same registration again is not marked as a replay")
	}
	if diff := cmp.Diff(string(a.body), string(again.body)); diff != "" {
		t.Errorf("the same registration again is answered otherwise:\n%s", diff)
	}
	if got := w.do("p-registrar", "GET", "/api/v1/cases/"+id, nil); !bytes.Equal(got.body, a.body) {
		t.Errorf("GET differs from the answer to POST:\n%s\n%s", got.body, a.body)
	}

	step := func(official, command string, body m) answer {
		t.Helper()
		if body == nil {
			body = m{}
		}
		return w.do(official, "POST", "/api/v1/cases/"+id+"/commands/"+command, body, "Idempotency-Key", official+"-"+command).want(t, http.StatusOK, "")
	}
	step("p-registrar", "forward", nil)
	golden(t, "proposal", w.do("p-supervisor", "GET", "/api/v1/cases/"+id+"/proposal", nil).want(t, 200, "").body)
	a = step("p-supervisor", "assign", nil)
	if a.str("leaders.upper.official") != "p-vice" || a.str("leaders.lower.official") != "a-vice" {
		t.Fatalf("led by %v", a.get("leaders"))
	}
	golden(t, "inbox", w.do("p-vice", "GET", "/api/v1/me/inbox", nil).want(t, 200, "").body)
	step("p-vice", "acknowledge", nil)
	step("a-vice", "acknowledge", nil)
	if tasks := w.do("p-vice", "GET", "/api/v1/me/inbox", nil).get("tasks"); len(tasks.([]any)) != 0 {
		t.Errorf("after the acknowledgement there still waits %v", tasks)
	}
	step("a-nc-officer", "accept", m{"text": "予以受理"})
	step("a-vice", "act", m{"act": "site_visit", "text": "到现场查看", "on": "2026-09-01"})
	step("a-nc-officer", "report", m{"text": "正在核实"})
	a = step("a-nc-head", "extend", m{"days": 30, "requested_by": "a-nc-officer", "told_on": "2026-09-01", "told_by": "direct", "text": "情况复杂"})
	if got := clockOf(a, "HANDLE")["internal_due"]; got != "2026-11-30" {
		t.Errorf("90 days from 2026-09-01 end on %v", got)
	}
	story := w.do("a-nc-officer", "GET", "/api/v1/cases/"+id+"/clocks/HANDLE", nil).want(t, 200, "")
	if moves := story.get("moves").([]any); len(moves) != 1 || moves[0].(m)["by"] != "a-nc-head" || !strings.Contains(story.str("explanation"), "批准延期30日（金壬）") {
		t.Errorf("%s", story.body)
	}
	w.do("a-vice", "GET", "/api/v1/cases/"+id+"/clocks/DUAL-ACT%2Flower", nil, "Accept-Language", "en").want(t, 200, "")
	w.do("a-nc-officer", "GET", "/api/v1/cases/"+id+"/clocks/NONE", nil).want(t, 404, "no_such_clock")
	a = step("a-nc-officer", "opine", m{"result": "explain", "text": "第一稿"})
	first := a.str("opinion.hash")
	step("a-vice", "return", m{"text": "请补充依据"})
	a = w.command("a-nc-officer", id, "opine", m{"result": "explain", "text": "第二稿"})
	hash := a.str("opinion.hash")

	golden(t, "lower_signs_first", w.do("p-vice", "POST", "/api/v1/cases/"+id+"/commands/sign", m{"hash": hash}).want(t, 409, "lower_signs_first").body)
	w.do("a-vice", "POST", "/api/v1/cases/"+id+"/commands/sign", m{"hash": first}).want(t, 409, "opinion_changed")
	step("a-vice", "sign", m{"hash": hash})
	golden(t, "workflow", w.do("auditor", "GET", "/api/v1/cases/"+id+"/workflow", nil).want(t, 200, "").body)
	a = step("p-vice", "sign", m{"hash": hash})
	if a.str("stage") != "signed" {
		t.Fatalf("stage %q after both signatures", a.str("stage"))
	}
	step("a-nc-officer", "serve", m{"means": "mail"})
	a = step("p-supervisor", "close", nil)
	golden(t, "closed", a.body)
	golden(t, "events", w.do("p-supervisor", "GET", "/api/v1/cases/"+id+"/events", nil).want(t, 200, "").body)
	golden(t, "listed", w.do("p-supervisor", "GET", "/api/v1/cases", nil, "Accept-Language", "en").want(t, 200, "").body)

	for _, s := range w.do("auditor", "GET", "/api/v1/cases/"+id+"/steps", nil).want(t, 200, "").get("steps").([]any) {
		if s.(m)["state"] != "cancelled" {
			t.Errorf("a case that was closed in time has the step %v", s)
		}
	}
	w.do("p-supervisor", "GET", "/api/v1/cases/"+id+"/workflow", nil).want(t, 404, "workflow_not_running")
	over := w.do("a-nc-officer", "POST", "/api/v1/cases/"+id+"/commands/report", m{"text": "还有"}).want(t, 409, "wrong_stage")
	if got, ok := over.json["commands"].([]any); !ok || len(got) != 0 {
		t.Errorf("commands of an ended case = %v, want none", over.json["commands"])
	}
	// A command of long ago, given again, is answered as it was then.
	late := step("p-registrar", "forward", nil)
	if late.header.Get("Idempotent-Replay") != "true" || late.str("stage") != "forwarded" {
		t.Errorf("replay after closing: %v, stage %q", late.header.Get("Idempotent-Replay"), late.str("stage"))
	}
}

// TestSupervision takes a case into dual supervision and out again.
func TestSupervision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.do("p-supervisor", "POST", "/api/v1/cases", registration(m{"upper": "p-leader", "lower": "a-leader"})).want(t, 201, "").str("id")
	w.command("p-registrar", id, "forward", nil)
	w.command("a-nc-officer", id, "accept", nil)
	w.command("p-supervisor", id, "supervise", m{"reason": "shirking", "text": "限期办理", "days": 10})
	a := w.command("p-supervisor", id, "escalate", m{"ground": "difficult", "decided_by": "p-leader", "text": "移交督查"})
	if a.str("supervision") != "dual" || a.get("difficult") != true {
		t.Fatalf("supervision %q, difficult %v", a.str("supervision"), a.get("difficult"))
	}
	golden(t, "channels", encode(t, a.get("channels")))
	w.do("a-supervisor", "POST", "/api/v1/cases/"+id+"/commands/release", m{"text": "已办"}).want(t, 403, "not_permitted")
	for _, leader := range []string{"p-leader", "a-leader"} {
		w.command(leader, id, "acknowledge", nil)
	}
	a = w.command("a-nc-officer", id, "opine", m{"result": "explain", "text": "处理意见"})
	for _, leader := range []string{"a-leader", "p-leader"} {
		w.command(leader, id, "sign", m{"hash": a.str("opinion.hash")})
	}
	w.command("a-nc-officer", id, "serve", m{"means": "direct"})
	w.do("p-supervisor", "POST", "/api/v1/cases/"+id+"/commands/close", nil).want(t, 409, "still_supervised")
	a = w.command("p-supervisor", id, "release", m{"text": "信访部门销号"})
	if a.str("supervision") != "dual" {
		t.Errorf("supervision %q with the supervision office's channel open", a.str("supervision"))
	}
	a = w.command("p-inspector", id, "release", m{"text": "督查室销号"})
	if a.str("supervision") != "none" {
		t.Errorf("supervision %q after both releases", a.str("supervision"))
	}
	w.command("p-supervisor", id, "close", m{"text": "同意结案"})
}

// TestBackFromTheLedger gives a command to a case whose workflow is gone.
func TestBackFromTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	if err := w.config.Engine.Temporal.TerminateWorkflow(t.Context(), "case-"+id, "", "lost"); err != nil {
		t.Fatal(err)
	}
	if a := w.command("p-registrar", id, "forward", nil); a.str("stage") != "forwarded" {
		t.Errorf("stage %q", a.str("stage"))
	}
	w.do("p-registrar", "GET", "/api/v1/cases/"+id+"/workflow", nil).want(t, 200, "")
}

func clockOf(a answer, id string) m {
	clocks, _ := a.get("clocks").([]any)
	for _, c := range clocks {
		if c.(m)["id"] == id {
			return c.(m)
		}
	}
	return m{}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden compares JSON with testdata/name.json, with what differs from run to run
// replaced: instants of the run, and hashes of rows that contain them.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(settle("", v)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

var anyID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func settle(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Collect(maps.Keys(v)) {
			v[k] = settle(k, v[k])
		}
	case []any:
		for i := range v {
			v[i] = settle(name, v[i])
		}
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil && !at.Before(begin) && at.Before(begin.Add(time.Hour)) {
			return "just now"
		}
		if name == "hash" && len(v) == 64 {
			return "64 hex digits"
		}
		if name == "at" { // of a workflow's alarm: a real instant
			if at, err := time.Parse(time.RFC3339, v); err == nil && at.Nanosecond() != 0 {
				return "a real instant"
			}
		}
		if name == "command" && anyID.MatchString(v) {
			return "a command's id"
		}
	}
	return v
}

// TestAfterTheEnd takes closed cases up again: rated, reviewed, to be done again, opened
// by dissatisfaction. Each time the workflow comes back from the ledger, and goes when
// nothing is left to do.
func TestAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settle := func(id string) {
		a := w.command("a-nc-officer", id, "opine", m{"result": "support", "days": 20, "text": "处理意见"})
		for _, leader := range []string{"a-vice", "p-vice"} {
			w.command(leader, id, "sign", m{"hash": a.str("opinion.hash")})
		}
		w.command("a-nc-officer", id, "serve", m{"means": "direct"})
		w.do("p-supervisor", "POST", "/api/v1/cases/"+id+"/commands/close", nil).want(t, 409, "not_executed")
		w.command("a-nc-officer", id, "execute", m{"text": "已兑付"})
	}
	ended := func(id string) {
		t.Helper()
		for range 100 {
			if a := w.do("p-supervisor", "GET", "/api/v1/cases/"+id+"/workflow", nil); a.status == 404 {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the workflow of the ended case %s still runs", id)
	}
	id := w.do("p-supervisor", "POST", "/api/v1/cases", registration(m{"upper": "p-vice", "lower": "a-vice"})).want(t, 201, "").str("id")
	w.command("p-registrar", id, "forward", nil)
	w.command("a-nc-officer", id, "accept", nil)
	for _, leader := range []string{"a-vice", "p-vice"} {
		w.command(leader, id, "acknowledge", nil)
	}
	w.command("a-vice", id, "submit", m{"meeting": "executive", "text": "提请常务会研究"})
	a := w.command("p-supervisor", id, "resolve", m{"text": "同意化解方案", "money": 120000})
	if a.get("meetings").([]any)[0].(m)["money"] != 120000.0 {
		t.Errorf("meetings: %v", a.get("meetings"))
	}
	settle(id)
	w.command("p-supervisor", id, "close", nil)
	ended(id)

	a = w.command("p-registrar", id, "rate", m{"office_rating": "satisfied", "unit_rating": "basically_satisfied"})
	if a.str("stage") != "closed" {
		t.Errorf("rated, the case is %s", a.str("stage"))
	}
	ended(id)
	w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/rate", m{"office_rating": "satisfied", "unit_rating": "satisfied"}).want(t, 409, "already_rated")
	ended(id)

	w.do("p-registrar", "POST", "/api/v1/cases/"+id+"/commands/ask_review", m{"unit": "p", "text": "不服"}).want(t, 422, "invalid_fields")
	a = w.command("p-registrar", id, "ask_review", m{"unit": "a", "text": "不服处理意见"})
	if a.str("stage") != "reviewing" || clockOf(a, "REVIEW-DO")["bearer"].(m)["who"] != "a" {
		t.Fatalf("%s %v", a.str("stage"), clockOf(a, "REVIEW-DO"))
	}
	w.command("a-supervisor", id, "accept_review", nil)
	w.command("a-supervisor", id, "conclude_review", m{"outcome": "redo", "means": "mail", "text": "责令重新办理"})
	settle(id)
	w.command("p-supervisor", id, "close", nil)
	ended(id)

	a = w.command("p-registrar", id, "rate", m{"office_rating": "satisfied", "unit_rating": "dissatisfied"})
	if a.str("stage") != "handling" || a.str("supervision") != "petition_office" {
		t.Errorf("dissatisfied, the case is %s, supervised by %s", a.str("stage"), a.str("supervision"))
	}
	w.do("p-supervisor", "GET", "/api/v1/cases/"+id+"/workflow", nil).want(t, 200, "")
}

// A refusal says what is missing, or who did what meanwhile: of a command as of the question
// whether it is possible, and to whoever was a moment too late.
func TestRefusalsSayWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	path := "/api/v1/cases/" + id + "/commands/"
	if a := w.do("p-registrar", "GET", path+"forward", nil).want(t, 200, ""); a.str("command") != "forward" || a.str("name") != "转送" {
		t.Errorf("%s", a.body)
	}
	w.do("a-nc-officer", "GET", path+"forward", nil).want(t, 403, "not_permitted")
	w.do("b-registrar", "GET", path+"forward", nil).want(t, 404, "case_not_found")
	w.do("p-registrar", "GET", path+"register", nil).want(t, 404, "unknown_command")
	w.do("p-registrar", "GET", path+"tick", nil).want(t, 404, "unknown_command")
	both := func(who, command string, body m, code, want string) {
		t.Helper()
		for _, a := range []answer{w.do(who, "GET", path+command, nil).want(t, 409, code), w.do(who, "POST", path+command, body).want(t, 409, code)} {
			if !strings.Contains(a.str("detail"), want) || a.get("commands") == nil {
				t.Errorf("%s by %s: %q, want %q", command, who, a.str("detail"), want)
			}
		}
	}
	both("p-supervisor", "urge", m{"text": "请抓紧"}, "not_forwarded", "该事项尚未转送责任单位，应先转送")
	answers := atOnce(2, func(i int) answer {
		return w.do([]string{"p-registrar", "p-supervisor"}[i], "POST", path+"forward", m{})
	})
	late := slices.IndexFunc(answers, func(a answer) bool { return a.status == 409 })
	if late < 0 || answers[1-late].status != 200 || !strings.Contains(answers[late].str("detail"), "不能再转送；已由") || !strings.Contains(answers[late].str("detail"), "2026年9月1日10:0") {
		t.Errorf("two clerks at once: %s\n%s", answers[0].body, answers[1].body)
	}
	both("p-registrar", "close", m{}, "wrong_stage", "本案现在是“已转送、交办”，到“已送达，待结案”时才能结案")
	w.command("a-nc-officer", id, "accept", nil)
	w.command("p-supervisor", id, "assign", m{"upper": "p-vice", "lower": "a-vice"})
	both("p-supervisor", "assign", m{}, "already_assigned", "；已由章己于2026年9月1日10:0")
	w.command("p-vice", id, "acknowledge", nil)
	w.command("a-vice", id, "acknowledge", nil)
	hash := w.command("a-nc-officer", id, "opine", m{"result": "support", "days": 30, "text": "予以补发。"}).str("opinion.hash")
	both("p-vice", "sign", m{"hash": hash}, "lower_signs_first", "须由下级包案领导先签批")
	w.command("a-vice", id, "sign", m{"hash": hash})
	w.command("p-vice", id, "sign", m{"hash": hash})
	w.command("a-nc-officer", id, "serve", m{"means": "direct"})
	both("p-registrar", "close", m{}, "not_executed", "执行完毕后方可结案")
	a := w.do("p-registrar", "GET", path+"forward", nil, "Accept-Language", "en").want(t, 409, "wrong_stage")
	if !strings.Contains(a.str("detail"), "not possible any more; forwarded by ") {
		t.Errorf("%s", a.body)
	}
}

// What the case waits for is what stands on the desk, not all that could be done.
func TestWaitsFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	for who, want := range map[string][]string{"p-registrar": {"forward"}, "p-supervisor": {"assign", "forward"}, "a-nc-officer": {}} {
		if diff := cmp.Diff(want, append([]string{}, w.do(who, "GET", "/api/v1/cases/"+id, nil).want(t, 200, "").strings("waits_for")...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", who, diff)
		}
	}
}
