package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockFolder makes sure that no other living process runs a server in the folder. The
// lock is gone when the file is closed or this process ends.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the folder of Postgres: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder := "another process"
		if b, err := os.ReadFile(f.Name()); err == nil && len(b) > 0 {
			holder = "process " + strings.TrimSpace(string(b))
		}
		_ = f.Close()
		return nil, fmt.Errorf("%s is using %s; stop it, or choose another folder", holder, dir)
	}
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock the folder of Postgres: %w", err)
	}
	return f, nil
}

// endLeftovers stops the server processes that a killed parent left behind on a data
// folder. Whoever calls it holds the folder's lock, so they have no parent that lives.
func endLeftovers(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*leftoverTimeout)
	defer cancel()
	kill := time.After(leftoverTimeout)
	pidFile := filepath.Join(data, "postmaster.pid")

	pids := processesIn(data)
	for _, pid := range pids {
		if pid == postmasterPID(pidFile) {
			_ = syscall.Kill(pid, syscall.SIGINT) // fast shutdown; the others end with it
		}
	}
	for len(pids) > 0 {
		select {
		case <-kill:
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		case <-ctx.Done():
			return fmt.Errorf("stop the Postgres processes left over in %s (%v): %w", data, pids, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
		pids = processesIn(data)
	}
	// Postgres refuses to start over the file if its process id belongs to someone again.
	// Now that nothing uses the data, the file says nothing.
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what a killed Postgres left behind: %w", err)
	}
	return nil
}

// processesIn returns the Postgres processes on a data folder: each has it as its working
// folder.
func processesIn(data string) []int {
	if real, err := filepath.EvalSymlinks(data); err == nil {
		data = real
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		cwd, err := os.Readlink(filepath.Join("/proc", e.Name(), "cwd"))
		if err != nil || cwd != data {
			continue // gone, or another user's
		}
		comm, err := os.ReadFile(filepath.Join("/proc", e.Name(), "comm"))
		if err != nil || !strings.HasPrefix(string(comm), "postgres") {
			continue // a shell that stands there
		}
		pids = append(pids, pid)
	}
	return pids
}

// postmasterPID reads the id of the server's first process, 0 when there is none.
func postmasterPID(pidFile string) int {
	b, err := os.ReadFile(pidFile)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(first))
	return pid
}
