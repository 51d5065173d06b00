package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"shuangze/activities"
	"shuangze/notify"
)

// letters says how letters look and what they lead to.
type letters struct {
	Templates string `help:"Folder with templates of letters that replace built-in ones." env:"SHUANGZE_TEMPLATES" type:"path"`
	PublicURL string `help:"This installation's address for people, for links in letters." env:"SHUANGZE_PUBLIC_URL" name:"public-url" placeholder:"https://…"`
}

func (l letters) load() (*notify.Templates, error) {
	if l.PublicURL != "" {
		if u, err := url.Parse(l.PublicURL); err != nil || notify.CheckAddress(l.PublicURL) != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("public url: %q is not an address such as https://xf.example", l.PublicURL)
		}
	}
	t, err := loadTemplates(l.Templates)
	if err != nil {
		return nil, fmt.Errorf("templates:\n%w", err)
	}
	return t, nil
}

// flags pass the letters' looks on to a child process.
func (l letters) flags() []string {
	return given("--templates", l.Templates, "--public-url", l.PublicURL)
}

// given lists the flags, of pairs of name and value, that have a value.
func given(pairs ...string) []string {
	var flags []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			flags = append(flags, pairs[i], pairs[i+1])
		}
	}
	return flags
}

// loadTemplates loads a folder's templates; an empty name is no folder.
func loadTemplates(folder string) (*notify.Templates, error) {
	var overlay fs.FS
	if folder != "" {
		info, err := os.Stat(folder)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%s is no folder", folder)
		}
		overlay = os.DirFS(folder)
	}
	return notify.LoadTemplates(overlay)
}

// mail says by which server people get mail. Without a server nobody does.
type mail struct {
	letters
	SMTPURL      string `help:"Mail server, as smtp://user:password@host:port or smtps://…; without one no mail is sent." env:"SHUANGZE_SMTP_URL" name:"smtp-url" hidden:""`
	SMTPURLFile  string `help:"File with the mail server's address, as smtp://user:password@host:port or smtps://…; without one no mail is sent." env:"SHUANGZE_SMTP_URL_FILE" name:"smtp-url-file" type:"path"`
	MailFrom     string `help:"Sender of mails, as 'name <address>'." env:"SHUANGZE_MAIL_FROM"`
	MailLanguage string `help:"Language of mails: zh or en." enum:"zh,en" default:"zh" env:"SHUANGZE_MAIL_LANGUAGE"`
}

// spread is over how much of a minute a worker spreads the messages of one run, by real
// time; a rehearsal has no time for that.
const spread = 45 * time.Second

// post is what a worker tells people by.
func (m mail) post() (activities.Post, error) {
	templates, err := m.load()
	if err != nil {
		return activities.Post{}, err
	}
	p := activities.Post{Templates: templates, Site: strings.TrimSuffix(m.PublicURL, "/"), Language: notify.Language(m.MailLanguage)}
	address := m.SMTPURL
	if address == "" && m.SMTPURLFile != "" {
		raw, err := os.ReadFile(m.SMTPURLFile)
		if err != nil {
			return p, fmt.Errorf("read mail server's address: %w", err)
		}
		address = strings.TrimSpace(string(raw))
	}
	if address == "" {
		return p, nil
	}
	if m.MailFrom == "" {
		return p, errors.New("who sends the mails? give SHUANGZE_MAIL_FROM")
	}
	mailer, err := notify.NewMailer(address, m.MailFrom)
	if err != nil {
		return p, err
	}
	p.Mail = mailer
	return p, nil
}

// flags pass the mail server on to a child process; its address, which may hold a
// password, goes by the environment.
func (m mail) flags() []string {
	return append(m.letters.flags(), given("--smtp-url-file", m.SMTPURLFile, "--mail-from", m.MailFrom, "--mail-language", m.MailLanguage)...)
}

func (m mail) environ() []string {
	if m.SMTPURL == "" {
		return nil
	}
	return []string{"SHUANGZE_SMTP_URL=" + m.SMTPURL}
}

type noticesCommand struct {
	Preview previewCommand `cmd:"" help:"Print a letter with made-up content, as people would get it; it needs no server."`
}

type previewCommand struct {
	letters
	Kind     string `help:"What the letter is about: notices, digest, board, reception, endpoint_off, verification, or group for what a robot says." enum:"notices,digest,board,reception,endpoint_off,verification,group" default:"notices"`
	Language string `help:"zh or en." enum:"zh,en" default:"zh"`
	Format   string `help:"text, with the subject, or html." enum:"text,html" default:"text"`
}

func (c *previewCommand) Run(env *environment) error {
	templates, err := c.load()
	if err != nil {
		return err
	}
	kind, language := notify.Kind(c.Kind), notify.Language(c.Language)
	if c.Kind == "group" {
		kind = notify.Notices
	}
	letter := notify.Samples(kind, language)[0]
	if c.PublicURL != "" {
		letter.Site = c.PublicURL
	}
	if c.Kind == "group" {
		const longest = 2048 // of the shortest platform's
		m, err := templates.Group(letter, longest)
		if err != nil {
			return err
		}
		fmt.Fprint(env.stdout, m.Text)
		return nil
	}
	m, err := templates.Compose(letter)
	if err != nil {
		return err
	}
	if c.Format == "html" {
		fmt.Fprint(env.stdout, m.HTML)
		return nil
	}
	fmt.Fprintf(env.stdout, "%s\n\n%s", m.Subject, m.Text)
	return nil
}
