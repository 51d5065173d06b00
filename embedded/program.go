package embedded

import (
	"os/exec"
	"syscall"
)

// Program is a running child process that is no server of this package. Its methods
// are safe for concurrent use.
type Program struct{ *process }

// StartProgram runs a program that stops on SIGTERM and logs to stderr, which goes to
// logFile. It returns when the process runs, not when it is ready.
func StartProgram(name, logFile, path string, args, env []string) (*Program, error) {
	log, err := openLog(logFile)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = env
	p, err := startProcess(name, cmd, syscall.SIGTERM, log, func() { _ = log.Close() }) // nobody writes to it any more
	if err != nil {
		return nil, err
	}
	return &Program{p}, nil
}
