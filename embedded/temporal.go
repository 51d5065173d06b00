package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// TemporalOptions say how StartTemporal runs a server.
type TemporalOptions struct {
	// Binary is the temporal-server program; what FindTemporalServer finds when empty.
	Binary string
	// PostgresURL is the Postgres server that keeps Temporal's two databases; they are
	// created when missing.
	PostgresURL string
	// SearchAttributes are the custom ones of namespace default: name to type, which is
	// Text, Keyword, Int, Double, Bool, Datetime or KeywordList. They are added when
	// missing and never removed.
	SearchAttributes map[string]string
	// FrontendPort and UIPort are the loopback ports to listen on; 0 takes a free one.
	FrontendPort, UIPort int
	// LogFile is what the server appends its warnings and errors to. When empty they go to
	// a temporary file that is removed when the server ends.
	LogFile string
}

// Temporal is a running server. Its methods are safe for concurrent use.
type Temporal struct {
	*process

	Address   string // host:port of the frontend
	UIAddress string // host:port of the web UI
	ClusterID string // what GetClusterInfo answers; the same at each start on the same databases
}

const temporalStartTimeout = 60 * time.Second

// StartTemporal runs the temporal-server program and returns when clients can use its
// namespace default, with the search attributes. ctx bounds the start only.
func StartTemporal(ctx context.Context, opts TemporalOptions) (*Temporal, error) {
	binary := opts.Binary
	if binary == "" {
		var err error
		if binary, err = FindTemporalServer(); err != nil {
			return nil, err
		}
	}
	args := []string{
		"--frontend-port", strconv.Itoa(opts.FrontendPort),
		"--ui-port", strconv.Itoa(opts.UIPort),
	}
	for name, t := range opts.SearchAttributes {
		args = append(args, "--search-attribute", name+"="+t)
	}
	cmd := exec.Command(binary, args...)
	// In the environment, not on the command line, which every user of the machine can
	// read. Variables that change what a Postgres URL means are left out.
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "PG") }),
		"TEMPORAL_SERVER_POSTGRES="+opts.PostgresURL)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}

	log, atExit, err := temporalLog(opts.LogFile)
	if err != nil {
		return nil, err
	}
	// SIGTERM makes it stop its services one after the other, within 5 s.
	proc, err := startProcess("Temporal", cmd, syscall.SIGTERM, log, atExit)
	if err != nil {
		atExit()
		return nil, err
	}
	return awaitReady(ctx, proc, stdout)
}

// awaitReady waits for the line by which the server says that it can be used.
func awaitReady(ctx context.Context, proc *process, stdout io.Reader) (*Temporal, error) {
	type line struct {
		Ready     bool   `json:"ready"`
		Frontend  string `json:"frontend"`
		UI        string `json:"ui"`
		ClusterID string `json:"cluster_id"`
	}
	lines := make(chan []byte, 1)
	go func() {
		b, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			lines <- b
		}
	}()

	ctx, cancel := context.WithTimeout(ctx, temporalStartTimeout)
	defer cancel()
	select {
	case b := <-lines:
		var l line
		if err := json.Unmarshal(b, &l); err != nil || !l.Ready {
			proc.abandon()
			return nil, fmt.Errorf("start Temporal: it says %q instead of being ready", b)
		}
		return &Temporal{process: proc, Address: l.Frontend, UIAddress: l.UI, ClusterID: l.ClusterID}, nil
	case <-proc.done:
		return nil, fmt.Errorf("start Temporal: %w%s", proc.err, proc.lastLines())
	case <-ctx.Done():
		tail := proc.lastLines()
		proc.abandon()
		return nil, fmt.Errorf("start Temporal: it doesn't become ready: %w%s", ctx.Err(), tail)
	}
}

// temporalLog opens the server's log. atExit is to be called when it has ended.
func temporalLog(path string) (log *os.File, atExit func(), err error) {
	if path == "" {
		log, err = os.CreateTemp("", "temporal-*.log")
		if err != nil {
			return nil, nil, fmt.Errorf("create a log for Temporal: %w", err)
		}
		return log, func() { _ = log.Close(); _ = os.Remove(log.Name()) }, nil
	}
	if log, err = openLog(path); err != nil {
		return nil, nil, err
	}
	return log, func() { _ = log.Close() }, nil
}

// FindTemporalServer looks for the temporal-server program: where SHUANGZE_TEMPORAL_SERVER
// says, beside the running program, and in bin of the module that the working folder is
// in, where make build puts it.
func FindTemporalServer() (string, error) {
	const name = "temporal-server"
	if path := os.Getenv("SHUANGZE_TEMPORAL_SERVER"); path != "" {
		if !isProgram(path) {
			return "", fmt.Errorf("SHUANGZE_TEMPORAL_SERVER: %s is no program", path)
		}
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		if path := filepath.Join(filepath.Dir(self), name); isProgram(path) {
			return path, nil
		}
	}
	dir, err := os.Getwd()
	for err == nil {
		if path := filepath.Join(dir, "bin", name); isProgram(path) {
			return path, nil
		}
		_, err = os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir, err = filepath.Dir(dir), nil
	}
	return "", errors.New("no temporal-server program found; run make build first")
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
