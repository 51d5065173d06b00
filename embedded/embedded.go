// Package embedded runs a private Postgres and a private Temporal server as child
// processes, for `shuangze dev` and for tests.
//
// Everything listens on 127.0.0.1 alone, on ports that were free at the start, so that
// nobody attaches to a stranger's server by dialling a well-known port. The children die
// with this process, however it ends. Linux only.
package embedded

import (
	"fmt"
	"net"
)

// FreePort returns a loopback TCP port that nothing listens on at the moment. Someone
// else may take it before the caller does; the servers here are prepared for that.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
