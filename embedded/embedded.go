// Package embedded runs a private Postgres and a private Temporal server as child
// processes, for `shuangze dev` and for tests.
//
// Everything listens on 127.0.0.1 alone, on ports that were free at the start, so that
// nobody attaches to a stranger's server by dialling a well-known port. The children die
// with this process, however it ends. Linux only.
package embedded

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreePort returns a loopback TCP port that nothing listens on at the moment, from below
// those that the kernel gives to outgoing connections. Someone else may take it before the
// caller does; the servers here are prepared for that.
func FreePort() (int, error) {
	const from, to, tries = 15_000, 32_000, 100
	var err error
	for range tries {
		port := from + rand.IntN(to-from) //nolint:gosec // any port will do
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}
