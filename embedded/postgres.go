package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PostgresOptions say how StartPostgres runs a server.
type PostgresOptions struct {
	// Dir is the server's own folder: its data, password, log and a lock. It is created
	// when missing; a later start with the same folder finds the same data. Started by
	// root, the server runs as another user, who then owns the data.
	Dir string
	// Durable makes every commit reach the disk, as on a production server. Without it the
	// data survive a crash of the server, but not of the machine: right for tests, and
	// several times faster.
	Durable bool
	// Port is the loopback port to listen on; 0 takes a free one.
	Port int
	// LogFile is what the server logs to; postgres.log in Dir when empty.
	LogFile string
}

// Postgres is a running server. Its methods Done, Err, ExitCode, PID and Stop are safe
// for concurrent use.
type Postgres struct {
	*process
	port     int
	password string
}

// superuser is the role that StartPostgres creates and connects with.
const superuser = "postgres"

// How long a server may take to accept connections (it may have a crash to recover from),
// and one left over from a killed process to go away.
const (
	postgresStartTimeout = 60 * time.Second
	leftoverTimeout      = 10 * time.Second
)

// StartPostgres starts a private Postgres server, from binaries found on the machine, and
// returns when it accepts connections. The first start in a folder sets it up. ctx bounds
// the start only.
//
// Servers that a killed process left behind on the folder are stopped first. It is an
// error if another living process is using the folder.
func StartPostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	for attempt := 1; ; attempt++ {
		p, err := startPostgres(ctx, opts)
		if errors.Is(err, errPortTaken) && opts.Port == 0 && attempt < 3 {
			continue // someone was faster
		}
		return p, err
	}
}

// errPortTaken says that the server could not listen on its port.
var errPortTaken = errors.New("the port is taken")

func startPostgres(ctx context.Context, opts PostgresOptions) (_ *Postgres, err error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of Postgres: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()

	s := server{
		dir:     dir,
		data:    filepath.Join(dir, "data"),
		durable: opts.Durable,
		port:    opts.Port,
		logFile: opts.LogFile,
	}
	if s.logFile == "" {
		s.logFile = filepath.Join(dir, "postgres.log")
	}
	version, err := os.ReadFile(filepath.Join(s.data, "PG_VERSION"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for data in %s: %w", dir, err)
	}
	exists := err == nil
	if s.bin, err = findPostgres(ctx, strings.TrimSpace(string(version))); err != nil {
		return nil, err
	}
	if s.account, err = chooseAccount(s); err != nil {
		return nil, err
	}
	if s.password, err = s.ensurePassword(exists); err != nil {
		return nil, err
	}
	if exists {
		err = endLeftovers(ctx, s.data)
	} else {
		err = s.initData(ctx)
	}
	if err != nil {
		return nil, err
	}
	return s.start(ctx, lock)
}

// server is what is known of a server before it runs.
type server struct {
	dir, data string // data is below dir
	bin       string // folder of initdb and postgres
	account   account
	password  string
	durable   bool
	port      int
	logFile   string
}

func (s server) passwordFile() string { return filepath.Join(s.dir, "password") }

// command prepares one of Postgres's programs.
func (s server) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")} // no PGDATA, PGPORT and the like
	cmd.SysProcAttr = s.account.sysProcAttr()
	return cmd
}

// ensurePassword returns the superuser's password, made up at the first start. Loopback is
// open to every user of the machine, so it is not left without one.
func (s server) ensurePassword(exists bool) (string, error) {
	b, err := os.ReadFile(s.passwordFile())
	switch {
	case err == nil && len(b) > 0:
		return strings.TrimSpace(string(b)), nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the password of Postgres: %w", err)
	case exists:
		return "", fmt.Errorf("the password of the Postgres in %s is lost: no file %s", s.dir, s.passwordFile())
	}
	password := rand.Text()
	if err := os.WriteFile(s.passwordFile(), []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the password of Postgres: %w", err)
	}
	if err := s.account.own(s.passwordFile()); err != nil {
		return "", err
	}
	return password, nil
}

// initData creates an empty cluster of databases. It gets its name when it is complete, so
// that an interrupted first start is simply made again.
func (s server) initData(ctx context.Context) error {
	unfinished := s.data + ".new"
	if err := endLeftovers(ctx, unfinished); err != nil {
		return err
	}
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("remove an unfinished set-up of Postgres: %w", err)
	}
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return fmt.Errorf("create the data folder of Postgres: %w", err)
	}
	if err := s.account.own(unfinished); err != nil {
		return err
	}
	log, err := openLog(s.logFile)
	if err != nil {
		return err
	}
	args := []string{
		"-D", unfinished, "--username=" + superuser, "--pwfile=" + s.passwordFile(),
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
	}
	if !s.durable {
		args = append(args, "--no-sync")
	}
	cmd := s.command("initdb", args...)
	cmd.Stdout = log
	p, err := startProcess("initdb", cmd, syscall.SIGTERM, log, func() { _ = log.Close() })
	if err != nil {
		_ = log.Close()
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.abandon()
		return fmt.Errorf("set up Postgres in %s: %w", s.dir, ctx.Err())
	}
	if p.ExitCode() != 0 {
		return fmt.Errorf("set up Postgres in %s: %w%s", s.dir, p.err, p.lastLines())
	}
	if err := os.Rename(unfinished, s.data); err != nil {
		return fmt.Errorf("set up Postgres: %w", err)
	}
	return nil
}

// start runs the server and returns when it accepts connections. It closes lock when the
// server has ended.
func (s server) start(ctx context.Context, lock *os.File) (*Postgres, error) {
	port := s.port
	if port == 0 {
		var err error
		if port, err = FreePort(); err != nil {
			return nil, err
		}
	}
	log, err := openLog(s.logFile)
	if err != nil {
		return nil, err
	}
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // a socket's path may have 107 bytes only
		"max_connections=200",
		"shared_buffers=256MB",
		"timezone=UTC",
		"log_timezone=UTC",
		"lc_messages=C", // errPortTaken is read from them
		"log_checkpoints=off",
		"logging_collector=off",
	}
	if !s.durable {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-D", s.data}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	// SIGINT is a fast shutdown: clients are disconnected, and nothing needs recovery.
	proc, err := startProcess("Postgres", s.command("postgres", args...), syscall.SIGINT, log, func() {
		_ = log.Close()
		_ = lock.Close()
	})
	if err != nil {
		_ = log.Close()
		return nil, err
	}
	p := &Postgres{process: proc, port: port, password: s.password}

	ctx, cancel := context.WithTimeout(ctx, postgresStartTimeout)
	defer cancel()
	for {
		// No stranger's server can pass for ours, as the password check is mutual; but it
		// may never answer.
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		err := p.connect(attempt, func(*pgx.Conn) error { return nil })
		cancel()
		if err == nil {
			return p, nil
		}
		select {
		case <-p.done:
			tail := p.lastLines()
			if strings.Contains(tail, "could not bind") {
				return nil, fmt.Errorf("start Postgres on port %d: %w", port, errPortTaken)
			}
			return nil, fmt.Errorf("start Postgres: %w%s", p.err, tail)
		case <-ctx.Done():
			p.abandon()
			return nil, fmt.Errorf("start Postgres: it accepts no connections: %w%s", err, p.lastLines())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL returns where to connect to a database, as the superuser.
func (p *Postgres) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, p.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase creates an empty database. One that exists is left as it is.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) error {
	err := p.connect(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0")
		return err
	})
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42P04" { // duplicate_database
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// connect runs f on a connection for work on the server as a whole.
func (p *Postgres) connect(ctx context.Context, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return f(conn)
}
