package main

import (
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuangze/embedded"
)

// A year in some minutes: everything that can happen to a case does; a leader leaves,
// deputies sign, rules change and rest days are published; nobody is late by that, no case
// falls silent, and nobody is told twice. On a slow machine the people fall behind; that
// alone must break nothing.
func TestYear(t *testing.T) {
	data := t.TempDir()
	p := launch(t, "dev", "--data", data, "--listen", "127.0.0.1:0", "--rehearse", "1d=350ms", "--year", "2026", "--cases", "60")
	select {
	case <-p.done:
	case <-time.After(12 * time.Minute):
		t.Fatalf("the year does not end:\n%s", p.out)
	}
	table := p.out.String()
	if code := p.cmd.ProcessState.ExitCode(); code != 0 || !strings.Contains(table, " cases checked, 0 differences") {
		t.Errorf("the year ends with %d:\n%s", code, table)
	}
	// A machine so slow that the people come once a week at best shows that nothing breaks,
	// not that everything happens.
	days := regexp.MustCompile(`(?m)^days +played +(\d+)`).FindStringSubmatch(table)
	if days == nil {
		t.Fatalf("how many days were played?\n%s", table)
	}
	if n, err := strconv.Atoi(days[1]); err != nil || n < 75 {
		t.Logf("the people came on %s days only", days[1])
	} else {
		everythingHappened(t, table)
	}
	for _, bad := range []string{"internal_error", "unreadable", "hand_over refused", "failed"} {
		if strings.Contains(table, bad) {
			t.Errorf("the table has %q", bad)
		}
	}
	if t.Failed() {
		t.Log(table)
	}
	toldOnce(t, filepath.Join(data, "mail"))
	yearLedger(t, data)
}

// everythingHappened checks that the table has everything that can happen to a case. Some
// of it happens to one case in sixty, and days that the people missed leave out this or that.
func everythingHappened(t *testing.T, table string) {
	t.Helper()
	var missing []string
	for _, row := range []string{
		`event +(registered|accepted|declined|forwarded|commissioned|diverted|linked|joined|fell_back|objected|objection_decided)`,
		`event +(assigned|acknowledged|acted|instructed|handed_over|reported|extended|heard|mediated|submitted|resolved|suspended|resumed)`,
		`event +(opined|returned|signed|served|executed|rated|reopened|closed)`,
		`event +(review_asked|review_accepted|review_declined|reviewed)`,
		`event +(reminded|urged|supervised|escalated|reported_up|fed_back|term_asked|term_granted|term_refused|released)`,
		`event +(talked|circulated|listed|ordered|suggested|suggestion_answered|suppressed|recalculated)`,
		`review +(uphold|change|set_aside|redo)`, `broadcast +(hand_over done|urge done|replan done)`,
		`deputy +(signed|acknowledged)`, `late +(unit HANDLE|leader DUAL-ACT)`, `letter +(notices sent|digest sent|board sent)`,
	} {
		prefix, names, _ := strings.Cut(row, "(")
		for name := range strings.SplitSeq(strings.TrimSuffix(names, ")"), "|") {
			if !regexp.MustCompile(`(?m)^` + prefix + name + ` +[1-9]`).MatchString(table) {
				missing = append(missing, name)
			}
		}
	}
	t.Logf("not in the table: %q", missing)
	if len(missing) > 5 {
		t.Error("too little happened")
	}
}

// toldOnce checks that each message was sent at most once: the attempts of one have one id.
func toldOnce(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.eml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	seen := map[string]string{}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(f)
		_ = f.Close() // only read
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		id := m.Header.Get("Message-Id")
		if seen[id] != "" || id == "" {
			t.Errorf("%s and %s are one message, %q", seen[id], name, id)
		}
		seen[id] = name
	}
	t.Logf("%d mails", len(files))
}

// yearLedger asks the database that the year has left behind.
func yearLedger(t *testing.T, data string) {
	t.Helper()
	pg, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Dir: filepath.Join(data, "postgres"), LogFile: filepath.Join(data, "logs", "after.log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop(t.Context()) })
	conn, err := pgx.Connect(t.Context(), pg.URL("shuangze"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const handedOver = `SELECT min(at) AS at, body::jsonb ->> 'from' AS leaver FROM ledger WHERE kind = 'handed_over' AND body::jsonb ->> 'reason' = 'transfer' GROUP BY 2`
	for _, q := range []struct {
		what, sql string
		want      func(n int) bool
	}{
		{"personal acts by deputies", `SELECT count(*) FROM ledger WHERE kind = 'acted' AND body::jsonb ? 'for'`, none},
		{"leaders who left", `SELECT count(DISTINCT leaver) FROM (` + handedOver + `) h`, func(n int) bool { return n == 1 }},
		{"open cases still led by whoever left", `SELECT count(*) FROM cases c, (` + handedOver + `) h
			WHERE c.open AND (c.upper = h.leaver AND (c.state #>> '{upper,assigned_at}')::timestamptz < h.at OR c.lower = h.leaver)`, none},
		{"dates moved by the policy", `SELECT count(*) FROM ledger WHERE kind = 'recalculated' AND at < '2026-10-01'`, func(n int) bool { return n > 0 }},
		{"publications of rules and rest days", `SELECT count(*) FROM rules WHERE version > 0`, func(n int) bool { return n == 2 }},
		{"lateness by new rules", `SELECT count(*) FROM ledger WHERE kind = 'recalculated' AND body::jsonb ? 'late'`, none},
		{"clocks that new rules put into the past", `SELECT count(*) FROM ledger l, jsonb_array_elements(body::jsonb -> 'clocks') k
			WHERE kind = 'recalculated' AND NOT k ? 'met_at' AND NOT k ? 'ended_at' AND (k #>> '{due,statutory}')::date < (l.at AT TIME ZONE 'Asia/Shanghai')::date
			AND NOT EXISTS (SELECT 1 FROM ledger b, jsonb_array_elements(b.body::jsonb -> 'clocks') was WHERE b.case_id = l.case_id AND b.seq < l.seq
				AND was ->> 'id' = k ->> 'id' AND was #>> '{due,statutory}' = k #>> '{due,statutory}')`, none},
		{"messages sent twice", `SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'sent' GROUP BY case_id, seq, official, channel HAVING count(*) > 1) d`, none},
		{"digests twice a day", `SELECT count(*) FROM (SELECT 1 FROM messages WHERE kind IN ('digest', 'board') AND state = 'sent' GROUP BY kind, recipient, day HAVING count(*) > 1) d`, none},
		{"notices to those accused", `SELECT count(*) FROM cases c JOIN notices n ON n.case_id = c.id WHERE n.official = c.accused_official`, none},
	} {
		var n int
		if err := conn.QueryRow(t.Context(), q.sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", q.what, err)
		}
		if !q.want(n) {
			t.Errorf("%s: %d", q.what, n)
		}
	}
}

func none(n int) bool { return n == 0 }
