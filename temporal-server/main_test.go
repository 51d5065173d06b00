package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
)

func TestParse(t *testing.T) {
	opts, err := parse([]string{
		"--postgres", "postgres://u:p@127.0.0.1:5433/", "--frontend-port", "7", "--retention", "48h",
		"--search-attribute", "Unit=Keyword", "--search-attribute", "Seq=Int",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if opts.postgres.Host != "127.0.0.1:5433" || opts.frontendPort != 7 || opts.uiPort != 0 || opts.historyShards != 4 ||
		opts.retention != 48*time.Hour || opts.logLevel != "warn" {
		t.Errorf("parse = %+v", opts)
	}
	if len(opts.attributes) != 2 || opts.attributes["Unit"] != enumspb.INDEXED_VALUE_TYPE_KEYWORD || opts.attributes["Seq"] != enumspb.INDEXED_VALUE_TYPE_INT {
		t.Errorf("search attributes = %v", opts.attributes)
	}
}

func TestParseEnvironment(t *testing.T) {
	t.Setenv(postgresEnv, "postgres://env:p@/?host=/run/postgresql")
	opts, err := parse(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if user := opts.postgres.User.Username(); user != "env" {
		t.Errorf("user = %q", user)
	}
	if opts, err = parse([]string{"--postgres", "postgres://flag:p@h/"}, nil); err != nil {
		t.Fatal(err)
	}
	if user := opts.postgres.User.Username(); user != "flag" {
		t.Errorf("user = %q, want the flag's", user)
	}
}

func TestParseRefuses(t *testing.T) {
	const postgres = "--postgres=postgres://u:secret@h/"
	for _, args := range [][]string{
		{},
		{"--postgres", "mysql://u:secret@h/"},
		{"--postgres", "postgres://u:secret@h:port/"},
		{postgres, "extra"},
		{postgres, "--unknown"},
		{postgres, "--log-level", "loud"},
		{postgres, "--history-shards", "0"},
		{postgres, "--retention", "1m"},
		{postgres, "--frontend-port", "x"},
		{postgres, "--search-attribute", "Unit"},
		{postgres, "--search-attribute", "=Keyword"},
		{postgres, "--search-attribute", "Unit=Colour"},
	} {
		_, err := parse(args, nil)
		if err == nil || strings.ContainsAny(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("parse(%q) = %v; want an error of one line without the password", args, err)
		}
	}
}

func TestParseAnswers(t *testing.T) {
	for arg, want := range map[string]string{"--version": "temporal-server 1.", "--help": "-search-attribute Name=Type"} {
		var out bytes.Buffer
		if _, err := parse([]string{arg}, &out); !errors.Is(err, errAnswered) || !strings.Contains(out.String(), want) {
			t.Errorf("parse(%s) = %v, %q", arg, err, out.String())
		}
	}
}

// A port that the kernel may give to an outgoing connection could be gone when the server
// opens it.
func TestFreePortsAreNotForOutgoingConnections(t *testing.T) {
	p, err := reservePorts(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.release(frontend, history, matching, worker, webUI)
	for s := range p {
		if n := p.number(s); n >= 32_768 {
			t.Errorf("%s has port %d", s, n)
		}
	}
}
