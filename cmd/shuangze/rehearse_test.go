package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The sample's four months in half a minute: everything that can happen on the main way
// does, and ledger, rows and workflows agree on it.
func TestRehearsal(t *testing.T) {
	data := t.TempDir()
	p := launch(t, "dev", "--data", data, "--listen", "127.0.0.1:0", "--rehearse", "1d=300ms", "--sample")
	p.until("What happened")
	p.until("supervision  ") // the table's last part
	table := p.out.String()
	for _, name := range []string{
		"registered", "forwarded", "accepted", "assigned", "acknowledged", "acted", "reported", "extended", "opined", "signed", "returned", "served", "closed",
		"reminded", "urged", "reported_up", "supervised", "escalated", "released",
	} {
		m := regexp.MustCompile(`(?m)^event +` + name + ` +(\d+)`).FindStringSubmatch(table)
		if m == nil {
			t.Errorf("nothing was %s:\n%s", name, table)
			continue
		}
		if n, err := strconv.Atoi(m[1]); err != nil || n < 1 {
			t.Errorf("%s %s times", name, m[1])
		}
	}
	if out, code := shuangze(t, "verify", "--data", data); code != 0 || !strings.Contains(out, "62 cases checked, 0 differences") {
		t.Errorf("verify: %d\n%s", code, out)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("Ctrl-C ends with %d:\n%s", code, p.out.String())
	}
	if out, code := shuangze(t, "dev", "--data", data, "--listen", "127.0.0.1:0"); code == 0 || !strings.Contains(out, "holds a rehearsal") {
		t.Errorf("a rehearsal's folder in real time: %d\n%s", code, out)
	}
}
