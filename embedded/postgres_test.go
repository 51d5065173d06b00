package embedded

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPostgresKeepsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(publicTemp(t), "new", "postgres")

	first := startIn(t, dir)
	note(t, first)
	requireLoopback(t, first.PID())
	select {
	case <-first.Done():
		t.Error("Done is closed while the server runs")
	default:
	}
	if err := first.CreateDatabase(t.Context(), `odd "name`); err != nil {
		t.Error(err)
	}
	if err := first.CreateDatabase(t.Context(), `odd "name`); err != nil {
		t.Errorf("the second time: %v", err)
	}
	stop(t, first)
	<-first.Done()
	if err := first.Err(); err != nil {
		t.Errorf("Err() = %v after Stop", err)
	}
	if code := first.ExitCode(); code != 0 {
		t.Errorf("ExitCode() = %d after Stop", code)
	}
	stop(t, first) // does nothing

	second := startIn(t, dir)
	if n := notes(t, second); n != 1 {
		t.Errorf("%d notes after the restart, want 1", n)
	}
	if info, err := os.Stat(filepath.Join(dir, "password")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file: %v, %v; want mode 0600", info.Mode(), err)
	}
}

func TestPostgresDurable(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{false, true} {
		p, err := StartPostgres(t.Context(), PostgresOptions{Dir: t.TempDir(), Durable: durable})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stop(t, p) })
		for _, setting := range []string{"fsync", "full_page_writes"} {
			var got string
			if err := connect(t, p).QueryRow(t.Context(), "SHOW "+setting).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != map[bool]string{true: "on", false: "off"}[durable] {
				t.Errorf("durable %t: %s = %s", durable, setting, got)
			}
		}
	}
}

func TestPostgresSideBySide(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	a, b := startIn(t, filepath.Join(dir, "a")), startIn(t, filepath.Join(dir, "b"))
	note(t, a)
	note(t, a)
	note(t, b)
	if na, nb := notes(t, a), notes(t, b); na != 2 || nb != 1 {
		t.Errorf("%d and %d notes, want 2 and 1", na, nb)
	}

	_, err := StartPostgres(t.Context(), PostgresOptions{Dir: filepath.Join(dir, "a")})
	if err == nil || !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())+" is using") {
		t.Errorf("a second server in one folder: %v", err)
	}
	if n := notes(t, a); n != 2 {
		t.Errorf("%d notes after that, want 2", n)
	}
}

// Root's own folders are closed to every other user, also to the one that would run the
// server.
func TestPostgresPrivateFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "private", "postgres")
	if err := os.Mkdir(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	first := startIn(t, dir)
	note(t, first)
	stop(t, first)
	if n := notes(t, startIn(t, dir)); n != 1 {
		t.Errorf("%d notes after the restart, want 1", n)
	}
}

func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	first := startIn(t, dir)
	note(t, first)
	kill(t, first.process)
	if n := notes(t, startIn(t, dir)); n != 1 {
		t.Errorf("%d notes after the restart, want 1", n)
	}
}

func TestPostgresParentKilled(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	helper, pid := startHelper(t, dir)
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the server of a killed process ends", func() bool { return !alive(pid) })
	startIn(t, dir)
}

// The kernel ends the server of a killed process; should it fail to, the next start does.
func TestPostgresLeftover(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	first := startIn(t, dir)
	note(t, first)
	stop(t, first)

	// Nobody's child, as good as: started past all that this package does.
	s := server{dir: dir, data: filepath.Join(dir, "data")}
	var err error
	if s.bin, err = findPostgres(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if s.account, err = chooseAccount(s); err != nil {
		t.Fatal(err)
	}
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	leftover := s.command("postgres", "-D", s.data, "-c", "port="+strconv.Itoa(port), "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1")
	if err := leftover.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = leftover.Wait(); close(ended) }()
	waitUntil(t, "the leftover server writes its pid file", func() bool {
		return postmasterPID(filepath.Join(s.data, "postmaster.pid")) == leftover.Process.Pid
	})

	second := startIn(t, dir)
	select {
	case <-ended:
	case <-time.After(time.Second):
		_ = leftover.Process.Kill()
		t.Error("the leftover server still runs")
	}
	if n := notes(t, second); n != 1 {
		t.Errorf("%d notes, want 1", n)
	}
}

// After a power cut the process id in postmaster.pid may be anybody's.
func TestPostgresReusedPID(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	stop(t, startIn(t, dir))
	sleep := exec.Command("sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleep.Process.Kill(); _ = sleep.Wait() })
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(sleep.Process.Pid)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	startIn(t, dir)
	if err := sleep.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the start has ended a stranger's process: %v", err)
	}
}

func TestPostgresUnfinishedSetUp(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	startIn(t, dir)
}

func TestPostgresPort(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	_, err := StartPostgres(t.Context(), PostgresOptions{Dir: dir, Port: takenPort(t)})
	if !errors.Is(err, errPortTaken) {
		t.Errorf("on a taken port: %v", err)
	}
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	p, err := StartPostgres(t.Context(), PostgresOptions{Dir: dir, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, p)
	if !strings.Contains(p.URL("x"), ":"+strconv.Itoa(port)+"/x?") {
		t.Errorf("URL = %s, want port %d", p.URL("x"), port)
	}
}

func TestPostgresLostPassword(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	stop(t, startIn(t, dir))
	if err := os.Remove(filepath.Join(dir, "password")); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(t.Context(), PostgresOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "is lost") {
		t.Errorf("without the password: %v", err)
	}
}

func TestPostgresStartCancelled(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := StartPostgres(ctx, PostgresOptions{Dir: dir}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled start: %v", err)
	}
	startIn(t, dir)
}

func TestPostgresOtherVersion(t *testing.T) {
	t.Parallel()
	dir := publicTemp(t)
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("8\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(t.Context(), PostgresOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "created by PostgreSQL 8, but only ") {
		t.Errorf("data of another version: %v", err)
	}
}
