package notify_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"shuangze/notify"
)

// post is a mail server on this machine. Its fields say how it behaves; they are set
// before the first mail comes.
type post struct {
	rcpt  func(to string, attempt int) error
	data  func(attempt int) error
	after func(*smtp.Conn) // once a mail was taken
	auth  bool             // a password is wanted, and asked for over TLS alone

	address string
	roots   *x509.CertPool

	mu       sync.Mutex
	attempts int
	taken    []string
	secured  bool // the last came over TLS
	user     string
}

// open starts the server; offer says whether TLS is offered, implicit whether it is
// spoken from the start.
func (p *post) open(t *testing.T, offer, implicit bool) *post {
	t.Helper()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	p.roots = x509.NewCertPool()
	p.roots.AddCert(web.Certificate())
	s := smtp.NewServer(p)
	s.Domain, s.ErrorLog = "127.0.0.1", quiet{}
	config := &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	if offer {
		s.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = l.Addr().String()
	if implicit {
		l = tls.NewListener(l, config)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) { return &session{post: p, conn: c}, nil }

func (p *post) received() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.taken...)
}

type session struct {
	*post
	conn    *smtp.Conn
	attempt int
}

func (s *session) AuthMechanisms() []string {
	if s.auth {
		return []string{sasl.Plain}
	}
	return nil
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "office" || password != "a/b:c" {
			return smtp.ErrAuthFailed
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts++
	s.attempt = s.attempts
	_, s.secured = s.conn.TLSConnectionState()
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.rcpt == nil {
		return nil
	}
	return s.rcpt(to, s.attempt)
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.data != nil {
		if err := s.data(s.attempt); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, string(raw))
	return nil
}

func (s *session) Reset() {
	if s.after != nil && len(s.received()) > 0 {
		s.after(s.conn)
	}
}

func (s *session) Logout() error { return nil }

// mailer sends to the server; user is "" or "office:password@".
func (p *post) mailer(t *testing.T, scheme, user string) *notify.Mailer {
	t.Helper()
	m, err := notify.NewMailer(scheme+"://"+user+p.address, "信访督办 <office@shuangze.example>")
	if err != nil {
		t.Fatal(err)
	}
	m.TLS = &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12}
	return m
}

// letter is a composed message.
func letter(t *testing.T) notify.Message {
	t.Helper()
	m, err := notify.DefaultTemplates().Compose(notify.Samples(notify.Notices, notify.Chinese)[0])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A mail arrives as it was written, in both forms, and says that a machine sent it.
func TestMailArrives(t *testing.T) {
	t.Parallel()
	p := (&post{}).open(t, false, false)
	sent := letter(t)
	for range 2 {
		if err := p.mailer(t, "smtp", "").Send(t.Context(), sent); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, raw := range p.received() {
		m, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.Header.Get("Message-ID"))
		subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || subject != sent.Subject {
			t.Errorf("subject %q, %v, want %q", subject, err, sent.Subject)
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Name != "马某" || to[0].Address != "o038@shuangze.example" {
			t.Errorf("to %v, %v", to, err)
		}
		if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "信访督办" || from[0].Address != "office@shuangze.example" {
			t.Errorf("from %v, %v", from, err)
		}
		if at, err := m.Header.Date(); err != nil || !at.Equal(sent.At) {
			t.Errorf("date %v, %v, want %v", at, err, sent.At)
		}
		if m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Error("it does not say that a machine wrote it")
		}
		for i, part := range parts(t, m) {
			if want := []string{sent.Text, sent.HTML}[i]; strings.ReplaceAll(part, "\r\n", "\n") != want {
				t.Errorf("part %d is\n%s\nwant\n%s", i, part, want)
			}
		}
	}
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] != "<sample-notices@shuangze.example>" {
		t.Errorf("ids of one message sent twice: %v", ids)
	}
}

// parts decodes a mail's parts: the text, then the HTML.
func parts(t *testing.T, m *mail.Message) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %s: %v", kind, err)
	}
	var found []string
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if kind, params, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); !strings.HasPrefix(kind, "text/") || params["charset"] != "UTF-8" {
			t.Errorf("a part is %s in %s", kind, params["charset"])
		}
		var body io.Reader = quotedprintable.NewReader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(body); err != nil {
			t.Fatal(err)
		}
		found = append(found, b.String())
	}
}
