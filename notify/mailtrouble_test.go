package notify_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"shuangze/notify"
	"shuangze/notify/notifytest"
)

// The password goes over TLS alone, be it begun on offer or from the start.
func TestMailSigningIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scheme, user string
		offer              bool
		trusted            bool
		arrives            bool
	}{
		{"on offer", "smtp", "office:a%2Fb%3Ac@", true, true, true},
		{"from the start", "smtps", "office:a%2Fb%3Ac@", false, true, true},
		{"wrong password", "smtp", "office:no@", true, true, false},
		{"no TLS", "smtp", "office:a%2Fb%3Ac@", false, true, false},
		{"a stranger's certificate", "smtps", "office:a%2Fb%3Ac@", false, false, false},
		{"a stranger's certificate on offer", "smtp", "office:a%2Fb%3Ac@", true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := (&notifytest.Post{User: "office", Password: "a/b:c"}).Open(t, c.offer, c.scheme == "smtps")
			m := mailer(t, p, c.scheme, c.user)
			if !c.trusted {
				m.TLS = nil
			}
			err := m.Send(t.Context(), letter(t))
			if c.arrives {
				if mails := p.Mails(); err != nil || len(mails) != 1 || !mails[0].Secured || mails[0].User != "office" {
					t.Errorf("%v; mails %+v", err, mails)
				}
				return
			}
			if !errors.Is(err, notify.ErrUnreachable) || errors.Is(err, notify.ErrPermanent) || len(p.Mails()) != 0 {
				t.Errorf("%v; %d mails", err, len(p.Mails()))
			}
			if strings.Contains(err.Error(), "a/b:c") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// What a server that knows nobody, doesn't know us yet, or thinks long answers, and what
// follows for trying again.
func TestMailRefused(t *testing.T) {
	t.Parallel()
	said := func(code int, words string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: words}
	}
	hung := make(chan struct{})
	t.Cleanup(func() { close(hung) })
	for _, c := range []struct {
		name      string
		post      *notifytest.Post
		permanent bool
		second    bool // the next attempt succeeds
	}{
		{"greylisting", &notifytest.Post{Rcpt: func(_ string, attempt int) error {
			if attempt == 1 {
				return said(451, "greylisted, try again")
			}
			return nil
		}}, false, true},
		{"no such person", &notifytest.Post{Rcpt: func(to string, _ int) error { return said(550, to+" is unknown") }}, true, false},
		{"content refused", &notifytest.Post{Data: func(int) error { return said(554, "no thanks") }}, true, false},
		{"mailbox full", &notifytest.Post{Data: func(int) error { return said(452, "full") }}, false, false},
		{"slow", &notifytest.Post{Data: func(attempt int) error {
			if attempt == 1 {
				<-hung
			}
			return nil
		}}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := c.post.Open(t, false, false)
			m := mailer(t, p, "smtp", "")
			if c.name == "slow" {
				m.Timeout = time.Second
			}
			err := m.Send(t.Context(), letter(t))
			if err == nil || errors.Is(err, notify.ErrPermanent) != c.permanent || errors.Is(err, notify.ErrUnreachable) {
				t.Errorf("the first attempt: %v, permanent should be %t", err, c.permanent)
			}
			if err != nil && strings.Contains(err.Error(), "o038") {
				t.Errorf("the error shows an address: %v", err)
			}
			m.Timeout = time.Minute
			if err := m.Send(t.Context(), letter(t)); (err == nil) != c.second {
				t.Errorf("the second attempt: %v", err)
			}
		})
	}
}

// A connection that is dropped before the mail was taken is an error, one dropped after
// is none: the mail would come twice.
func TestMailDropped(t *testing.T) {
	t.Parallel()
	before := &notifytest.Post{Data: func(int) error { panic("dropped") }} // the server closes the connection
	before.Open(t, false, false)
	if err := mailer(t, before, "smtp", "").Send(t.Context(), letter(t)); err == nil || errors.Is(err, notify.ErrPermanent) {
		t.Errorf("dropped before: %v", err)
	}
	after := (&notifytest.Post{After: func(c *smtp.Conn) { c.Conn().Close() }}).Open(t, false, false)
	if err := mailer(t, after, "smtp", "").Send(t.Context(), letter(t)); err != nil || len(after.Mails()) != 1 {
		t.Errorf("dropped after: %v, %d mails", err, len(after.Mails()))
	}
}

func TestMailServerAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &notifytest.Post{Address: l.Addr().String()}
	l.Close()
	if err := mailer(t, p, "smtp", "").Send(t.Context(), letter(t)); !errors.Is(err, notify.ErrUnreachable) {
		t.Errorf("nobody listens: %v", err)
	}
	nobody := letter(t)
	nobody.To.Email = "not an address"
	if err := mailer(t, p, "smtp", "").Send(t.Context(), nobody); !errors.Is(err, notify.ErrPermanent) {
		t.Errorf("no address: %v", err)
	}
}

func TestNewMailer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"smtp://mail.example":                  "",
		"smtp://u:p@mail.example:2525":         "",
		"smtps://mail.example/":                "",
		"http://mail.example":                  "smtp://",
		"mail.example:25":                      "smtp://",
		"smtp://":                              "no host",
		"smtp://mail.example:0":                "1 to 65535",
		"smtp://mail.example/inbox":            "must end",
		"smtp://u:secret@mail.example:25%":     "can't be read",
		"smtp://u:secret@mail.example?tls=yes": "must end",
	} {
		_, err := notify.NewMailer(address, "office@shuangze.example")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	if _, err := notify.NewMailer("smtp://mail.example", "信访"); err == nil {
		t.Error("a sender without an address is taken")
	}
}
