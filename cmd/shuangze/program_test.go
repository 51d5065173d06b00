package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"shuangze/rehearse"
)

// The tests run the program as a process: this very binary, told so by the
// environment, which its own children inherit.
func TestMain(m *testing.M) {
	if os.Getenv("SHUANGZE_TEST_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is the program, running.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *lines
	done chan struct{}
}

// lines is what a program printed so far.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), "SHUANGZE_TEST_PROGRAM=1", "LANG=C", "LC_ALL=C", "DATABASE_URL=")
	return cmd
}

// shuangze runs the program to its end and returns what it printed and its exit code.
func shuangze(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, err := command(t, args...).CombinedOutput()
	code := 0
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return string(out), code
}

// startDev starts a trial installation on a free port and waits until it is ready.
func startDev(t *testing.T, data string, args ...string) *program {
	t.Helper()
	p := launch(t, append([]string{"dev", "--data", data, "--listen", "127.0.0.1:0"}, args...)...)
	p.until("\nready")
	return p
}

func launch(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: command(t, args...), out: &lines{}, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // ExitCode tells
		close(p.done)
	}()
	t.Cleanup(func() {
		select {
		case <-p.done:
		default:
			p.stop()
		}
	})
	return p
}

// until waits for words in what the program prints.
func (p *program) until(words string) {
	p.t.Helper()
	deadline := time.Now().Add(8 * time.Minute) // of a machine that does much else
	for !strings.Contains(p.out.String(), words) {
		select {
		case <-p.done:
			p.t.Fatalf("ended (%d) before it said %q:\n%s", p.cmd.ProcessState.ExitCode(), words, p.out)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("never said %q:\n%s", words, p.out)
		}
	}
}

// stop presses Ctrl-C and returns the exit code.
func (p *program) stop() int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGINT) // it may just have ended
	return p.wait()
}

func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		p.t.Fatalf("did not end:\n%s", p.out)
	}
	return p.cmd.ProcessState.ExitCode()
}

// office is a running installation as its users reach it.
type office struct {
	t        *testing.T
	data     string
	api      string
	accounts map[string]rehearse.Account
}

func enter(t *testing.T, data string) *office {
	t.Helper()
	o := &office{t: t, data: data}
	var at running
	o.load(runningFile, &at)
	o.load(tokensFile, &o.accounts)
	o.api = at.API
	return o
}

func (o *office) load(name string, v any) {
	o.t.Helper()
	raw, err := os.ReadFile(filepath.Join(o.data, name))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		o.t.Fatal(err)
	}
}

// call asks the API as an official and decodes the answer, whose status must be want.
func (o *office) call(want int, as, method, path string, body any) map[string]any {
	o.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, o.api+path, bytes.NewReader(raw))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.accounts[as].Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	if res.StatusCode != want {
		o.t.Fatalf("%s %s as %s: %s, want %d: %s", method, path, as, res.Status, want, raw)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return map[string]any{"text": string(raw)}
	}
	return answer
}

func (o *office) command(as, id, name string, body map[string]any) map[string]any {
	o.t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	return o.call(http.StatusOK, as, http.MethodPost, fmt.Sprintf("/api/v1/cases/%s/commands/%s", id, name), body)
}

func (o *office) total(as, query string) int {
	o.t.Helper()
	return int(o.call(http.StatusOK, as, http.MethodGet, "/api/v1/cases?limit=1"+query, nil)["total"].(float64))
}
