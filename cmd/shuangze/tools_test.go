package main

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The operator's tools beside a running installation.
func TestTools(t *testing.T) {
	data := t.TempDir()
	startDev(t, data, "--sample")
	o := enter(t, data)
	t.Run("import", func(t *testing.T) { testImport(t, o, data) })
	t.Run("token", func(t *testing.T) { testTokens(t, o, data) })
	t.Run("account", func(t *testing.T) { testSetPassword(t, o, data) })
	t.Run("verify", func(t *testing.T) { testVerify(t, o, data) })
}

// A password comes from standard input, without the line's end; what is wrong with it is
// said, and the one before holds.
func testSetPassword(t *testing.T, o *office, data string) {
	set := func(official, given string) (string, int) {
		t.Helper()
		cmd := command(t, "account", "set-password", official, "--data", data)
		cmd.Stdin = strings.NewReader(given)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	signIn := func(password string) int {
		t.Helper()
		browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := browser.PostForm(o.api+"/sign-in", url.Values{"account": {"o010"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	const first, second = "the first of them", "两个词 和 空格 以及更多的词 "
	if out, code := set("o010", first+"\r\n"); code != 0 || !strings.Contains(out, "o010 has a new password") || strings.Contains(out, first) {
		t.Errorf("%d: %s", code, out)
	}
	if got := signIn(first); got != http.StatusSeeOther {
		t.Errorf("signed in: %d", got)
	}
	for given, want := range map[string]string{"short\n": "10 to 200 characters", "": "10 to 200 characters", "this is o010 indeed": "must not contain the account", strings.Repeat("x", 5000): "10 to 200 characters"} {
		if out, code := set("o010", given); code == 0 || !strings.Contains(out, want) {
			t.Errorf("%.20q: %d: %s", given, code, out)
		}
	}
	if out, code := set("nobody", first); code == 0 || !strings.Contains(out, `there is no official "nobody"`) {
		t.Errorf("%d: %s", code, out)
	}
	if got := signIn(first); got != http.StatusSeeOther {
		t.Errorf("after what was refused: %d", got)
	}
	if out, code := set("o010", second+"\n"); code != 0 { // blanks belong to it
		t.Errorf("%d: %s", code, out)
	}
	if old, now := signIn(first), signIn(second); old != http.StatusUnprocessableEntity || now != http.StatusSeeOther {
		t.Errorf("the old one: %d, the new one: %d", old, now)
	}
}

// What verify found stands where those look who watch over the engine.
func testVerify(t *testing.T, o *office, data string) {
	if out, code := shuangze(t, "verify", "--data", data); code != 0 {
		t.Fatalf("%d: %s", code, out)
	}
	last, _ := o.call(http.StatusOK, "o161", http.MethodGet, "/api/v1/engine", nil)["verification"].(map[string]any)
	if last["differences"] != 0.0 || last["cases"] == 0.0 || last["cases"] == nil {
		t.Errorf("%v", last)
	}
}

func testImport(t *testing.T, o *office, data string) {
	root := filepath.Join("..", "..", "sample")

	for _, what := range []string{"units", "officials", "cases"} {
		if out, code := shuangze(t, "import", what, filepath.Join(root, what+".csv"), "--data", data); code != 0 || !strings.Contains(out, ": 0 new or changed") {
			t.Errorf("second import of the %s: %d\n%s", what, code, out)
		}
	}

	const head = "reference,origin,received_at,channel,unit,category,purpose,headcount,title,text\n"
	bad := filepath.Join(t.TempDir(), "bad.csv")
	rows := "甲1,省交办,2026-11-01,来访,232701-rs,民政,求决,1,题目,内容\n" +
		"甲2,nowhere,2026-11-31,来访,no-such-unit,民政,求决,x,题目,内容\n"
	if err := os.WriteFile(bad, []byte("\ufeff"+head+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := shuangze(t, "import", "cases", bad, "--data", data)
	if code == 0 {
		t.Errorf("a bad file was imported:\n%s", out)
	}
	for _, want := range []string{":3: origin: ", ":3: received_at: ", ":3: headcount: ", "nothing was imported"} {
		if !strings.Contains(out, want) {
			t.Errorf("the bad file's problems lack %q:\n%s", want, out)
		}
	}
	if got := o.total("o010", ""); got != 62 {
		t.Errorf("%d cases after the refused import, want 62", got)
	}
	if out, code := shuangze(t, "import", "cases", bad, "--data", data, "--skip-bad"); code != 0 || !strings.Contains(out, "cases: 1 new") {
		t.Errorf("--skip-bad: %d\n%s", code, out)
	}
	if got := o.total("o010", ""); got != 63 {
		t.Errorf("%d cases after --skip-bad, want 63", got)
	}
}

func testTokens(t *testing.T, o *office, data string) {
	cmd := command(t, "token", "create", "o010", "--data", data)
	secret, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	a := o.accounts["o010"]
	a.Token = strings.TrimSpace(string(secret))
	o.accounts["new"] = a
	if me := o.call(http.StatusOK, "new", http.MethodGet, "/api/v1/me", nil)["official"].(map[string]any); me["id"] != "o010" {
		t.Errorf("the new token is %v's", me["id"])
	}
	list, code := shuangze(t, "token", "list", "--data", data)
	if code != 0 || strings.Contains(list, a.Token) {
		t.Errorf("token list: %d, or it shows the token", code)
	}
	newest := strings.Fields(strings.Split(list, "\n")[1])[0]
	if out, code := shuangze(t, "token", "revoke", newest, "--data", data); code != 0 {
		t.Errorf("revoke: %d\n%s", code, out)
	}
	o.call(http.StatusUnauthorized, "new", http.MethodGet, "/api/v1/me", nil)
	if _, code := shuangze(t, "token", "revoke", newest, "--data", data); code == 0 {
		t.Error("a revoked token can be revoked again")
	}
	if out, code := shuangze(t, "token", "create", "nobody", "--data", data); code == 0 || !strings.Contains(out, "no official") {
		t.Errorf("a token for nobody: %d\n%s", code, out)
	}
}

func TestPolicy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "local.yaml")
	const local = `clocks:
  - {id: HANDLE, name: {zh: 办结, en: settle}, source: 本地规定, basis: local, bearer: unit, starts: [accepted, fell_back, rerouted/petition], when: [ordinary, accepted, petition], stops: [served, rerouted/duty],
     purposes: [appeal], length: 61, unit: calendar_day, yellow: 3, steps: [REM-T7, URGE-9]}
colour: red
`
	if err := os.WriteFile(file, []byte(local), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := shuangze(t, "policy", file)
	for _, want := range []string{"local.yaml:4: field colour", "local.yaml:3: HANDLE: length: 61 is longer", "URGE-9"} {
		if code == 0 || !strings.Contains(out, want) {
			t.Errorf("all errors at once: no %q: %d\n%s", want, code, out)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Replace(local, "colour: red\n", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code = shuangze(t, "policy", file)
	if code == 0 || !strings.Contains(out, "local.yaml:3: HANDLE: length: 61 is longer") || !strings.Contains(out, "URGE-9") {
		t.Errorf("a longer limit and an unknown step: %d\n%s", code, out)
	}
	if out, code := shuangze(t, "dev", "--data", t.TempDir(), "--policy", file, "--listen", "127.0.0.1:0"); code == 0 || !strings.Contains(out, "61 is longer") {
		t.Errorf("dev with a bad policy: %d\n%s", code, out)
	}
	if out, code := shuangze(t, "policy", "reg-forward-split"); code != 0 || !strings.Contains(out, "REG-FORWARD-COUNTY") {
		t.Errorf("a profile: %d\n%s", code, out)
	}
	if out, code := shuangze(t, "policy"); code != 0 || !strings.Contains(out, `"HANDLE"`) {
		t.Errorf("the built-in policy: %d\n%s", code, out)
	}
}

// Rules are tried out and put in force from the command line, by the administrator alone;
// a later start with other files than those in force says so.
func TestRules(t *testing.T) {
	t.Parallel()
	data, files := t.TempDir(), t.TempDir()
	local, years := filepath.Join(files, "local.yaml"), filepath.Join(files, "years")
	list, err := os.ReadFile("../../calendar/testdata/2027.json")
	if err := errors.Join(err, os.Mkdir(years, 0o700), os.WriteFile(filepath.Join(years, "2027.json"), list, 0o600),
		os.WriteFile(local, []byte("day: {starts: \"09:00\", spread: 10m}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	p := startDev(t, data, "--sample", "--policy", local)
	show := func() string {
		out, code := shuangze(t, "rules", "show", "--data", data)
		if code != 0 {
			t.Fatalf("show: %d\n%s", code, out)
		}
		return out
	}
	if out := show(); !strings.HasPrefix(out, "1: policy 2026.1+local, calendar 2024-2026-") {
		t.Errorf("a new installation has the rules of its files: %s", out)
	}
	out, code := shuangze(t, "rules", "preview", "--data", data, "--calendar", years)
	for _, want := range []string{"2027-02-", " open cases: dates of ", "people would be told"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("preview has no %q: %d\n%s", want, code, out)
		}
	}
	if out, code := shuangze(t, "rules", "publish", "--data", data, "--calendar", years, "--as", "o010", "--text", "已公布"); code == 0 || !strings.Contains(out, "only the administrator") {
		t.Errorf("by a supervisor: %d\n%s", code, out)
	}
	if out, code := shuangze(t, "rules", "publish", "--data", data, "--calendar", years, "--as", "o161", "--text", "已公布"); code != 0 || !strings.Contains(out, "rules 2 are in force") {
		t.Errorf("publish: %d\n%s", code, out)
	}
	if out := show(); !strings.HasPrefix(out, "2: policy 2026.1+local, calendar 2024-2027-") || !strings.Contains(out, "o161") || !strings.Contains(out, "已公布") {
		t.Errorf("after publication: %s", out)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("Ctrl-C: %d\n%s", code, p.out)
	}
	startDev(t, data, "--policy", local).stop()
	if err := os.WriteFile(local, []byte("day: {starts: \"10:00\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := shuangze(t, "dev", "--data", data, "--listen", "127.0.0.1:0", "--policy", local); code == 0 || !strings.Contains(out, "shuangze rules preview") {
		t.Errorf("another policy at a later start: %d\n%s", code, out)
	}
}
