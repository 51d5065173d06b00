package rehearse

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"shuangze/calendar"
	"shuangze/casetime"
)

// Post is a mail server on this machine that keeps every mail as a file and sends none
// on, so that a rehearsal's mails can be looked at.
type Post struct {
	URL string // smtp://host:port

	dir    string
	clock  casetime.Clock
	server *smtp.Server

	mu   sync.Mutex
	last int
}

// OpenPost starts a mail server that writes into a folder, by days of case time:
// 2026-03-05/000123-o044.eml. The folder may exist and goes on to be filled.
func OpenPost(ctx context.Context, dir string, clock casetime.Clock) (*Post, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mails of the rehearsal: %w", err)
	}
	p := &Post{URL: "smtp://" + l.Addr().String(), dir: dir, clock: clock}
	there, err := filepath.Glob(filepath.Join(dir, "*", "*.eml"))
	if err != nil {
		return nil, fmt.Errorf("mails of the rehearsal: %w", err)
	}
	p.last = len(there)
	p.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &visit{post: p}, nil }))
	p.server.Domain, p.server.ReadTimeout, p.server.WriteTimeout = "localhost", time.Minute, time.Minute
	p.server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a worker that stops hangs up
	go func() { _ = p.server.Serve(l) }()                                       // until it is closed
	return p, nil
}

// Close stops the server at once.
func (p *Post) Close() { _ = p.server.Close() }

// keep writes a mail to its file.
func (p *Post) keep(to string, raw []byte) error {
	p.mu.Lock()
	p.last++
	n := p.last
	p.mu.Unlock()
	day := filepath.Join(p.dir, calendar.DateOf(p.clock.Now()).String())
	if err := os.MkdirAll(day, 0o700); err != nil {
		return err
	}
	reader, _, _ := strings.Cut(filepath.Base(to), "@")
	return os.WriteFile(filepath.Join(day, fmt.Sprintf("%06d-%s.eml", n, reader)), raw, 0o600)
}

// visit is one connection of a sender.
type visit struct {
	post *Post
	to   string
}

func (*visit) Mail(string, *smtp.MailOptions) error { return nil }

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.to = to
	return nil
}

func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return v.post.keep(v.to, raw)
}

func (v *visit) Reset() { v.to = "" }

func (*visit) Logout() error { return nil }
