package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
)

// process is a server that runs as a child of this process.
type process struct {
	name     string
	cmd      *exec.Cmd
	signal   syscall.Signal // asks the server to stop
	log      *os.File       // where its stderr goes
	logStart int64          // size of log before the server wrote to it

	stopping atomic.Bool
	done     chan struct{}
	err      error  // see Err; set before done is closed, as is tail
	tail     string // what lastLines returns then: atExit may remove the log
}

// startProcess starts a server. signal is what makes it stop in good order; it is sent by
// stop, and by the kernel when this process ends. The process owns log from here on;
// atExit runs when the server has ended, before anyone is told.
func startProcess(name string, cmd *exec.Cmd, signal syscall.Signal, log *os.File, atExit func()) (*process, error) {
	p := &process{name: name, cmd: cmd, signal: signal, log: log, done: make(chan struct{})}
	if info, err := log.Stat(); err == nil {
		p.logStart = info.Size()
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = signal
	// A Ctrl-C at the terminal is for this process, which stops its servers in the right
	// order; they must not see it.
	cmd.SysProcAttr.Setpgid = true
	cmd.Stderr = log

	started := make(chan error, 1)
	go func() {
		// The kernel sends Pdeathsig when the thread that forked ends, not the process, so
		// this thread stays with the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		err := cmd.Wait()
		if !p.stopping.Load() {
			if err == nil {
				err = errors.New("exit status 0")
			}
			p.err = fmt.Errorf("%s ended by itself: %w", name, err)
		}
		p.tail = p.readTail()
		atExit()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// PID is the server's process id.
func (p *process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the server has ended.
func (p *process) Done() <-chan struct{} { return p.done }

// Err says why the server ended by itself. It is nil while it runs and after Stop.
func (p *process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// ExitCode is the server's exit code, or -1 while it runs and when a signal ended it.
func (p *process) ExitCode() int {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	default:
		return -1
	}
}

// Stop stops the server and returns when it has ended. When ctx ends first the server is
// killed and the error wraps ctx's; its data survive that. Stopping a server that has
// ended does nothing.
func (p *process) Stop(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	p.stopping.Store(true)
	_ = p.cmd.Process.Signal(p.signal) // fails only if it has just ended
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("stop %s: killed: %w", p.name, ctx.Err())
	}
}

// abandon kills a server that has not started as it should.
func (p *process) abandon() {
	p.stopping.Store(true)
	_ = p.cmd.Process.Kill()
	<-p.done
}

// lastLines returns the end of what the server has logged since it was started, indented
// as a part of an error message, or "" when it has logged nothing.
func (p *process) lastLines() string {
	select {
	case <-p.done:
		return p.tail
	default:
		return p.readTail()
	}
}

func (p *process) readTail() string {
	const most = 2048
	f, err := os.Open(p.log.Name())
	if err != nil {
		return ""
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size <= p.logStart {
		return ""
	}
	from := max(p.logStart, size-most)
	tail := make([]byte, size-from)
	if n, err := f.ReadAt(tail, from); err != nil {
		tail = tail[:n]
	}
	if from > p.logStart { // begin with a whole line
		_, tail, _ = bytes.Cut(tail, []byte("\n"))
	}
	return "\n\t" + strings.ReplaceAll(strings.TrimSpace(string(tail)), "\n", "\n\t")
}

// openLog opens a server's log for appending.
func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of a log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	return f, nil
}
