package notify

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Mailer sends messages by an SMTP server, each over a connection of its own: one that
// is slow or dropped concerns one message.
type Mailer struct {
	// TLS is how the server's certificate is judged; nil: by the system's roots. A
	// certificate that isn't trusted is never accepted.
	TLS *tls.Config
	// Timeout bounds one message, from the dialling to the server's last word.
	Timeout time.Duration

	host     string
	port     int
	implicit bool // TLS from the start
	user     *url.Userinfo
	from     *mail.Address
}

// NewMailer reads a server's address, smtp://user:password@host:port or smtps://… for
// TLS from the start, and the sender's. Ports may be left out (587 with a user, else
// 25; 465 with smtps). With smtp, TLS is begun when the server offers it; without it no
// password is sent in the clear.
func NewMailer(address, from string) (*Mailer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the mail server's address can't be read") // it may hold a password
	}
	m := &Mailer{Timeout: time.Minute, host: u.Hostname(), implicit: u.Scheme == "smtps", user: u.User}
	switch {
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return nil, errors.New("the mail server's address must begin with smtp:// or smtps://")
	case m.host == "":
		return nil, errors.New("the mail server's address names no host")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the mail server's address must end after host and port")
	case u.Port() != "":
		m.port, err = strconv.Atoi(u.Port())
		if err != nil || m.port < 1 || m.port > 65535 {
			return nil, errors.New("the mail server's port must be 1 to 65535")
		}
	case m.implicit:
		m.port = 465
	case m.user != nil:
		m.port = 587
	default:
		m.port = 25
	}
	if m.from, err = mail.ParseAddress(from); err != nil {
		return nil, fmt.Errorf("the mail's sender %q: %w", from, err)
	}
	return m, nil
}

// Send sends a message to its person. A message that the server has taken is sent,
// whatever becomes of the connection after.
func (m *Mailer) Send(ctx context.Context, message Message) error {
	to, err := mail.ParseAddress(message.To.Email)
	if err != nil {
		return permanent("the address is none")
	}
	to.Name = message.To.Name
	ctx, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	var line net.Conn
	client, err := m.client(func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := m.dial(dialling, network, address)
		if err == nil {
			line = conn
			context.AfterFunc(ctx, func() { _ = conn.Close() }) // the library minds it only while it dials
		}
		return conn, err
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	letter := m.compose(message, to)
	err = client.DialAndSendWithContext(ctx, letter)
	timedOut := ctx.Err()
	if line != nil {
		_ = line.Close() // the library leaves it open when a server won't let us in
	}
	var refused *gomail.SendError
	switch {
	case err == nil, letter.IsDelivered():
		return nil
	case timedOut != nil:
		return fmt.Errorf("send mail: %w", timedOut)
	case !errors.As(err, &refused):
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	said := reply(refused, to.Address)
	// Who may send is a matter between us and the server, and can be mended.
	if code := refused.ErrorCode(); code >= 500 && code < 600 && refused.Reason != gomail.ErrSMTPMailFrom {
		return permanent("%s", said)
	}
	return fmt.Errorf("send mail: %s", said)
}

// reply is what the server said, without anybody's address.
func reply(refused *gomail.SendError, address string) string {
	said, _, _ := strings.Cut(refused.Error(), ", affected ")
	return strings.ReplaceAll(said, address, "…")
}

func (m *Mailer) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(m.port), gomail.WithTimeout(m.Timeout), gomail.WithTLSConfig(m.config()), gomail.WithTLSPolicy(gomail.TLSOpportunistic),
		gomail.WithDialContextFunc(dial),
	}
	if m.user != nil {
		password, _ := m.user.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.user.Username()), gomail.WithPassword(password))
	}
	return gomail.NewClient(m.host, options...)
}

func (m *Mailer) config() *tls.Config {
	c := m.TLS.Clone()
	if c == nil {
		c = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	c.ServerName = cmp.Or(c.ServerName, m.host)
	return c
}

// compose writes the mail itself: text first, HTML for those who can show it.
func (m *Mailer) compose(message Message, to *mail.Address) *gomail.Msg {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingB64))
	letter.FromMailAddress(m.from)
	letter.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to)
	letter.Subject(message.Subject)
	letter.SetDateWithValue(message.At)
	letter.SetMessageIDWithValue(message.ID + "@" + domain(m.from.Address))
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // no answer by a machine, please
	letter.SetBodyString(gomail.TypeTextPlain, message.Text)
	letter.AddAlternativeString(gomail.TypeTextHTML, message.HTML)
	return letter
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func (m *Mailer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if m.implicit {
		return (&tls.Dialer{Config: m.config()}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}
