package notify_test

import (
	"crypto/tls"
	"net/mail"
	"testing"

	"shuangze/notify"
	"shuangze/notify/notifytest"
)

// mailer sends to the server; user is "" or "office:password@".
func mailer(t *testing.T, p *notifytest.Post, scheme, user string) *notify.Mailer {
	t.Helper()
	m, err := notify.NewMailer(scheme+"://"+user+p.Address, "信访督办 <office@shuangze.example>")
	if err != nil {
		t.Fatal(err)
	}
	m.TLS = &tls.Config{RootCAs: p.Roots, MinVersion: tls.VersionTLS12}
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

// A mail arrives as it was written, in both forms, and says that a machine sent it. The
// same message has the same id every time.
func TestMailArrives(t *testing.T) {
	t.Parallel()
	p := (&notifytest.Post{}).Open(t, false, false)
	sent := letter(t)
	for range 2 {
		if err := mailer(t, p, "smtp", "").Send(t.Context(), sent); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.Mails()) != 2 {
		t.Fatalf("%d mails", len(p.Mails()))
	}
	for _, m := range p.Mails() {
		if m.Subject != sent.Subject || m.Text != sent.Text || m.HTML != sent.HTML {
			t.Errorf("%q\n%s\n%s", m.Subject, m.Text, m.HTML)
		}
		if *m.To != (mail.Address{Name: "马某", Address: "o038@shuangze.example"}) {
			t.Errorf("to %v", m.To)
		}
		if from, err := m.Header.AddressList("From"); err != nil || *from[0] != (mail.Address{Name: "信访督办", Address: "office@shuangze.example"}) {
			t.Errorf("from %v, %v", from, err)
		}
		if at, err := m.Header.Date(); err != nil || !at.Equal(sent.At) {
			t.Errorf("date %v, %v, want %v", at, err, sent.At)
		}
		if id := m.Header.Get("Message-ID"); id != "<sample-notices@shuangze.example>" || m.Header.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("id %s, headers %v", id, m.Header)
		}
	}
}
