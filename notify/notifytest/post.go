// Package notifytest gives tests a real mail server on this machine.
package notifytest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Post is a mail server. Its fields say how it behaves; they are set before it is opened
// and may be nil.
type Post struct {
	Rcpt  func(to string, attempt int) error // attempts count mails begun, from 1
	Data  func(attempt int) error            // once a mail has come whole
	After func(*smtp.Conn)                   // once a mail was taken
	// User and Password are wanted, over TLS alone.
	User, Password string

	Address string         // host:port
	Roots   *x509.CertPool // by which its certificate is trusted

	mu       sync.Mutex
	attempts int
	mails    []Mail
}

// Mail is a mail that the server has taken.
type Mail struct {
	Raw     string
	Header  mail.Header
	To      *mail.Address
	Subject string
	Text    string
	HTML    string
	Secured bool   // it came over TLS
	User    string // who had signed in
}

// Open starts the server until the test's end. offer says whether TLS is offered,
// implicit whether it is spoken from the start.
func (p *Post) Open(t testing.TB, offer, implicit bool) *Post {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	p.Roots = x509.NewCertPool()
	p.Roots.AddCert(web.Certificate())
	s := smtp.NewServer(backend{p})
	s.Domain, s.ErrorLog = "127.0.0.1", quiet{}
	config := &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	if offer {
		s.TLSConfig = config
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Address = l.Addr().String()
	if implicit {
		l = tls.NewListener(l, config)
	}
	go func() { _ = s.Serve(l) }() // until it is closed
	t.Cleanup(func() { _ = s.Close() })
	return p
}

// Mails are those taken so far.
func (p *Post) Mails() []Mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Mail{}, p.mails...)
}

// To are those taken for an address.
func (p *Post) To(address string) []Mail {
	var found []Mail
	for _, m := range p.Mails() {
		if m.To.Address == address {
			found = append(found, m)
		}
	}
	return found
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type backend struct{ post *Post }

func (b backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{post: b.post, conn: c}, nil
}

type session struct {
	post    *Post
	conn    *smtp.Conn
	attempt int
	user    string
	took    bool
}

func (s *session) AuthMechanisms() []string {
	if s.post.User != "" {
		return []string{sasl.Plain}
	}
	return nil
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.post.User || password != s.post.Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.post.User != s.user {
		return smtp.ErrAuthRequired
	}
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.attempts++
	s.attempt = s.post.attempts
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.post.Rcpt == nil {
		return nil
	}
	return s.post.Rcpt(to, s.attempt)
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.post.Data != nil {
		if err := s.post.Data(s.attempt); err != nil {
			return err
		}
	}
	m, err := read(raw)
	if err != nil {
		return err
	}
	_, m.Secured = s.conn.TLSConnectionState()
	m.User = s.user
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.mails = append(s.post.mails, m)
	s.took = true
	return nil
}

func (s *session) Reset() {
	if s.took && s.post.After != nil {
		s.post.After(s.conn)
	}
}

func (s *session) Logout() error { return nil }

// read takes a mail apart as a reader's program does.
func read(raw []byte) (Mail, error) {
	m := Mail{Raw: string(raw)}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m.Header = message.Header
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 {
		return m, errors.New("it is not to one person")
	}
	m.To = to[0]
	if m.Subject, err = (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return m, err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return m, errors.New("it has not two forms")
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	for _, part := range []struct {
		kind string
		to   *string
	}{{"text/plain", &m.Text}, {"text/html", &m.HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			return m, err
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil || kind != part.kind || params["charset"] != "UTF-8" || p.Header.Get("Content-Transfer-Encoding") != "base64" {
			return m, errors.New("a part is not " + part.kind + " in UTF-8 and base64")
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			return m, err
		}
		*part.to = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); !errors.Is(err, io.EOF) {
		return m, errors.New("it has more than two parts")
	}
	return m, nil
}
