package main

import (
	"encoding/hex"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuangze/embedded"
)

// A trial installation from its first start to its second: the sample, the accounts,
// a case from registration to closure, the same cases after a restart.
func TestTrialInstallation(t *testing.T) {
	data := t.TempDir()
	if err := os.Chmod(data, 0o700); err != nil {
		t.Fatal(err)
	}
	p := startDev(t, data, "--sample")
	o := enter(t, data)
	if got := o.total("o010", ""); got != 62 {
		t.Errorf("%d cases of the sample, want 62", got)
	}
	for query, want := range map[string]int{"&origin=province": 17, "&origin=self_found": 45} {
		if got := o.total("o010", query); got != want {
			t.Errorf("%s: %d cases, want %d", query, got, want)
		}
	}
	roles := map[string]int{}
	for id, a := range o.accounts {
		roles[a.Role]++
		if a.Token == "" || a.Name == "" {
			t.Errorf("account %s is %+v", id, a)
		}
	}
	for _, role := range []string{"registrar", "supervisor", "inspector", "officer", "leader", "admin", "auditor"} {
		if roles[role] == 0 {
			t.Errorf("no account of role %s", role)
		}
	}
	if ignored, err := os.ReadFile(filepath.Join(data, ".gitignore")); string(ignored) != "*\n" {
		t.Errorf("git is told %q, %v", ignored, err)
	}
	for _, name := range []string{tokensFile, runningFile, keyFile} {
		info, err := os.Stat(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s can be read by others: %s", name, info.Mode())
		}
	}

	id := settle(o)
	o.nowhere(id)
	if out, code := shuangze(t, "verify", "--data", data); code != 0 || !strings.Contains(out, "63 cases checked, 0 differences") {
		t.Errorf("verify: %d\n%s", code, out)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, p.out)
	}

	p = startDev(t, data, "--sample")
	o = enter(t, data)
	if got := o.total("o010", ""); got != 63 {
		t.Errorf("%d cases after the restart, want 63", got)
	}
	if c := o.call(http.StatusOK, "o010", http.MethodGet, "/api/v1/cases/"+id, nil); c["stage"] != "closed" {
		t.Errorf("the case is %v after the restart, want closed", c["stage"])
	}
	if out, code := shuangze(t, "verify", "--data", data); code != 0 {
		t.Errorf("verify after the restart: %d\n%s", code, out)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, p.out)
	}
	if out, code := shuangze(t, "dev", "--data", data, "--listen", "127.0.0.1:0", "--rehearse", "1d=2s"); code == 0 || !strings.Contains(out, "holds real cases") {
		t.Errorf("a rehearsal of real cases: %d\n%s", code, out)
	}
}

// The petitioner of settle, whom nothing but the sealed table may know.
const (
	secretName    = "欧阳保密甲"
	secretPhone   = "13711122233"
	secretAddress = "漠河市保密胡同七十七号"
	secretText    = "信访人请求补缴一九九一年至一九九五年的养老保险"
)

// settle takes a case from registration to closure as its users would.
func settle(o *office) string {
	o.t.Helper()
	c := o.call(http.StatusCreated, "o007", http.MethodPost, "/api/v1/cases", map[string]any{
		"origin": "self_found", "channel": "visit", "purpose": "appeal", "category": "labour", "unit": "232701-rs",
		"received_at": "2026-01-05", "title": "养老保险补缴", "text": secretText,
		"petitioner": map[string]any{"name": secretName, "phone": secretPhone, "address": secretAddress},
	})
	id := c["id"].(string)
	o.command("o007", id, "forward", nil)
	o.command("o044", id, "accept", nil)
	c = o.command("o010", id, "assign", nil)
	leaders := c["leaders"].(map[string]any)
	upper := leaders["upper"].(map[string]any)["official"].(string)
	lower := leaders["lower"].(map[string]any)["official"].(string)
	o.command(upper, id, "acknowledge", nil)
	o.command(lower, id, "acknowledge", nil)
	o.command(lower, id, "act", map[string]any{"act": "meet", "text": "约见了" + secretName})
	c = o.command("o044", id, "opine", map[string]any{"result": "explain", "text": "支持" + secretName + "的请求"})
	hash := c["opinion"].(map[string]any)["hash"]
	o.command(lower, id, "sign", map[string]any{"hash": hash})
	o.command(upper, id, "sign", map[string]any{"hash": hash})
	o.command("o044", id, "serve", map[string]any{"means": "direct"})
	c = o.command("o010", id, "close", nil)
	if c["stage"] != "closed" {
		o.t.Errorf("stage = %v, want closed", c["stage"])
	}
	return id
}

// nowhere fails the test if the petitioner can be read anywhere but through the API:
// in Temporal's databases, in the ledger and the case rows, in logs or metrics.
func (o *office) nowhere(id string) {
	o.t.Helper()
	seen := o.call(http.StatusOK, "o010", http.MethodGet, "/api/v1/cases/"+id, nil)["petitioner"].(map[string]any)
	if seen["name"] != secretName {
		o.t.Fatalf("the petition office sees %v, want the petitioner", seen)
	}
	secrets := []string{secretName, secretPhone, secretAddress}
	metrics := o.call(http.StatusOK, "o010", http.MethodGet, "/metrics", nil)["text"].(string)
	places := map[string]string{"metrics": metrics}
	err := filepath.WalkDir(filepath.Join(o.data, "logs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			raw, err := os.ReadFile(path)
			places[path] = string(raw)
			return err
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	for place, text := range places {
		for _, s := range append(secrets, secretText) {
			if strings.Contains(text, s) {
				o.t.Errorf("%s has %q", place, s)
			}
		}
	}
	var at running
	o.load(runningFile, &at)
	// A text may name the petitioner: it lies in documents, sealed off from the rest.
	for _, database := range []string{"temporal", "temporal_visibility", "shuangze"} {
		for _, s := range append(secrets, secretText) {
			o.search(strings.Replace(at.DatabaseURL, "/shuangze", "/"+database, 1), database, s)
		}
	}
}

// search looks for a secret in every text and binary column of a database.
func (o *office) search(url, database, secret string) {
	o.t.Helper()
	ctx := o.t.Context()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'character', 'bytea', 'jsonb', 'json')`)
	if err != nil {
		o.t.Fatal(err)
	}
	type column struct{ Table, Name, Type string }
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		o.t.Fatal(err)
	}
	if len(columns) < 10 {
		o.t.Fatalf("%s has only %d columns to search", database, len(columns))
	}
	for _, c := range columns {
		if database == "shuangze" && c.Table == "documents" {
			continue
		}
		condition := fmt.Sprintf(`%q::text LIKE '%%' || $1 || '%%'`, c.Name)
		arg := secret
		if c.Type == "bytea" {
			condition, arg = fmt.Sprintf(`position(decode($1, 'hex') IN %q) > 0`, c.Name), hex.EncodeToString([]byte(secret))
		}
		var found int
		if err := conn.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM %q WHERE %s`, c.Table, condition), arg).Scan(&found); err != nil {
			o.t.Fatal(err)
		}
		if found > 0 {
			o.t.Errorf("%s.%s.%s has %q", database, c.Table, c.Name, secret)
		}
	}
}

func TestSideBySide(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	startDev(t, first)
	startDev(t, second)
	if a, b := enter(t, first), enter(t, second); a.api == b.api {
		t.Errorf("both listen on %s", a.api)
	}
	if out, code := shuangze(t, "dev", "--data", first, "--listen", "127.0.0.1:0"); code == 0 || !strings.Contains(out, "another 'shuangze dev' is running") {
		t.Errorf("a second one in the same folder: %d\n%s", code, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if out, code := shuangze(t, "dev", "--data", t.TempDir(), "--listen", l.Addr().String()); code == 0 || !strings.Contains(out, "is not free") {
		t.Errorf("a taken port: %d\n%s", code, out)
	}
	for _, wrong := range []string{"nonsense", "127.0.0.1:99999"} {
		folder := filepath.Join(t.TempDir(), "data")
		if out, code := shuangze(t, "dev", "--data", folder, "--listen", wrong); code == 0 || !strings.Contains(out, "no address to listen on") {
			t.Errorf("--listen %s: %d\n%s", wrong, code, out)
		}
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("--listen %s leaves a folder", wrong)
		}
	}
}

// A process that dies is noticed and said, and ends everything with a code.
func TestChildDies(t *testing.T) {
	for _, name := range []string{"worker", "api"} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			p := startDev(t, data)
			pid := childOf(t, p.cmd.Process.Pid, name)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if code := p.wait(); code != 128+int(syscall.SIGKILL) {
				t.Errorf("ends with %d after its %s was killed", code, name)
			}
			if !strings.Contains(p.out.String(), name+" died") {
				t.Errorf("does not say that its %s died:\n%s", name, p.out)
			}
		})
	}
}

// childOf finds the child of a process that runs one of the program's commands.
func childOf(t *testing.T, parent int, command string) int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err != nil {
			continue
		}
		status, err := os.ReadFile(filepath.Join("/proc", e.Name(), "status"))
		if err != nil || !strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", parent)) {
			continue
		}
		args, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if words := strings.Split(string(args), "\x00"); err == nil && len(words) > 1 && words[1] == command {
			return pid
		}
	}
	t.Fatalf("no child runs %s", command)
	return 0
}

// Without a data folder the same commands run beside servers that exist already.
func TestBesideExistingServers(t *testing.T) {
	dir := t.TempDir()
	pg, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Stop(t.Context())
	temporal, err := embedded.StartTemporal(t.Context(), embedded.TemporalOptions{PostgresURL: pg.URL("postgres")})
	if err != nil {
		t.Fatal(err)
	}
	defer temporal.Stop(t.Context())
	if err := pg.CreateDatabase(t.Context(), "office"); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "office.key")
	if err := ensureKey(key); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SHUANGZE_KEY_FILE", key)
	t.Setenv("TEMPORAL_ADDRESS", temporal.Address)
	database := "--database-url=" + pg.URL("office")
	if out, code := shuangze(t, "api", database); code == 0 || !strings.Contains(out, "migrate") {
		t.Errorf("api before migrate: %d\n%s", code, out)
	}
	for range 2 { // the second finds nothing to do
		if out, code := shuangze(t, "migrate", database); code != 0 {
			t.Fatalf("migrate: %d\n%s", code, out)
		}
	}
	root := filepath.Join("..", "..", "sample")
	for _, what := range []string{"units", "officials"} {
		if out, code := shuangze(t, "import", what, filepath.Join(root, what+".csv"), database); code != 0 {
			t.Fatalf("import %s: %d\n%s", what, code, out)
		}
	}
	for range 2 {
		launch(t, "worker", database).until("worker is polling")
	}
	launch(t, "api", database, "--listen", "127.0.0.1:0").until("api is listening")
	out, code := shuangze(t, "import", "cases", filepath.Join(root, "cases.csv"), database, "--campaign", "会战", "--until", "2027-12-31")
	if code != 0 || !strings.Contains(out, "62 new") {
		t.Errorf("import cases: %d\n%s", code, out)
	}
	out, code = shuangze(t, "import", "cases", filepath.Join(root, "cases.csv"), database, "--campaign", "会战", "--until", "2027-12-31")
	if code != 0 || !strings.Contains(out, "0 new or changed, 62 as they were") {
		t.Errorf("second import of the cases: %d\n%s", code, out)
	}
	if out, code := shuangze(t, "verify", database); code != 0 || !strings.Contains(out, "62 cases checked, 0 differences") {
		t.Errorf("verify: %d\n%s", code, out)
	}
}
