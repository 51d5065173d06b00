package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/casetime"
	"shuangze/embedded"
	"shuangze/rehearse"
	"shuangze/rules"
	"shuangze/sample"
	"shuangze/store"
	"shuangze/workflows"
)

type devCommand struct {
	Listen   string `help:"Address of the API." default:"127.0.0.1:8080"`
	Data     string `help:"Folder for everything that is kept." default:"data" type:"path"`
	Sample   bool   `help:"Load the sample prefecture into an empty data folder."`
	Rehearse string `help:"Run faster than real time, as 1d=2s; only in a data folder without real cases." placeholder:"1d=2s"`
	Seed     uint64 `help:"Seed of the rehearsal's people." default:"1"`
	Year     int    `help:"Rehearse a whole year with the sample prefecture, check what became of it, and end. Without --rehearse at 1d=2s." placeholder:"2026"`
	Cases    int    `help:"How many cases --year makes up beside the sample's." default:"400"`
	Mails    string `help:"Folder in which a rehearsal keeps the mails that people would get, where no mail server is given; by default 'mail' in the data folder." type:"path" placeholder:"FOLDER"`
	draftFiles
	mail
}

// child is a process that dev watches over.
type child interface {
	Done() <-chan struct{}
	Err() error
	ExitCode() int
	Stop(context.Context) error
}

// installation is a trial installation: its children in the order they were started.
type installation struct {
	names    []string
	children []child
	post     *rehearse.Post // takes the mails of a rehearsal, as long as a worker sends any; or nil
}

func (in *installation) add(name string, c child) {
	in.names = append(in.names, name)
	in.children = append(in.children, c)
}

// stop stops the children, the last started first, within half a minute.
func (in *installation) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	for i := len(in.children) - 1; i >= 0; i-- {
		errs = append(errs, in.children[i].Stop(ctx))
	}
	if in.post != nil {
		in.post.Close()
	}
	return errors.Join(errs...)
}

// died waits until a child ends by itself, or ctx ends.
func (in *installation) died(ctx context.Context) error {
	ended := make(chan int, len(in.children))
	for i, c := range in.children {
		go func() {
			select {
			case <-c.Done():
				ended <- i
			case <-ctx.Done():
			}
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case i := <-ended:
		return diedError{in.names[i], in.children[i].ExitCode(), in.children[i].Err()}
	}
}

// diedError ends dev with the exit code of the child that died.
type diedError struct {
	name string
	code int
	err  error
}

// exit is the child's own exit code or, killed by a signal, 128 and the signal, as a
// shell has it.
func (e diedError) exit() int {
	var exited *exec.ExitError
	if errors.As(e.err, &exited) {
		if status, ok := exited.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal())
		}
	}
	return max(e.code, 1) // even one that ended well ended too early
}

func (e diedError) Error() string { return fmt.Sprintf("%s died: %v", e.name, errors.Unwrap(e.err)) }

func (c *devCommand) Run(env *environment) error {
	if _, err := c.draft(); err != nil {
		return err // before anything is started
	}
	if _, err := c.post(); err != nil {
		return err
	}
	if _, err := net.ResolveTCPAddr("tcp", c.Listen); err != nil {
		return fmt.Errorf("--listen %q is no address to listen on, such as 127.0.0.1:8080: %w", c.Listen, err)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	unlock, err := lockFolder(c.Data)
	if err != nil {
		return err
	}
	defer unlock()
	if err := ignoreFolder(c.Data); err != nil {
		return err
	}
	if c.Year != 0 {
		if c.Year < 2000 || c.Year > 9998 {
			return fmt.Errorf("%d is no year to rehearse", c.Year)
		}
		c.Sample, c.Rehearse = true, cmp.Or(c.Rehearse, "1d=2s")
	}
	if err := c.checkListen(env.ctx); err != nil {
		return err
	}
	in := &installation{}
	err = c.run(env, in)
	if env.ctx.Err() != nil {
		fmt.Fprintln(env.stdout, "\nstopping …")
		err = nil
	}
	if stopErr := in.stop(); err == nil {
		err = stopErr
	}
	_ = os.Remove(filepath.Join(c.Data, runningFile)) // what it says is over
	var died diedError
	if errors.As(err, &died) {
		fmt.Fprintln(env.stderr, "shuangze:", died)
		return exitError(died.exit())
	}
	return err
}

// checkListen fails early and clearly where the port is taken.
func (c *devCommand) checkListen(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("%s is not free: choose another address with --listen: %w", c.Listen, err)
	}
	c.Listen = l.Addr().String() // with port 0 a free one
	return l.Close()
}

func (c *devCommand) run(env *environment, in *installation) error {
	ctx := env.ctx
	say := func(what string) { fmt.Fprintln(env.stdout, what) }
	logs := filepath.Join(c.Data, "logs")

	say("starting Postgres …")
	pg, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{Dir: filepath.Join(c.Data, "postgres"), Durable: true, LogFile: filepath.Join(logs, "postgres.log")})
	if err != nil {
		return err
	}
	in.add("Postgres", pg)
	if err := pg.CreateDatabase(ctx, "shuangze"); err != nil {
		return err
	}
	say("starting Temporal …")
	temporal, err := embedded.StartTemporal(ctx, embedded.TemporalOptions{
		PostgresURL: pg.URL("postgres"), SearchAttributes: attributeNames(), LogFile: filepath.Join(logs, "temporal.log"),
	})
	if err != nil {
		return err
	}
	in.add("Temporal", temporal)

	at := running{
		DatabaseURL: pg.URL("shuangze"), TemporalAddress: temporal.Address, TemporalCluster: temporal.ClusterID, API: "http://" + c.Listen, PID: os.Getpid(),
	}
	if err := ensureKey(filepath.Join(c.Data, keyFile)); err != nil {
		return err
	}
	if err := writePrivate(filepath.Join(c.Data, runningFile), at); err != nil {
		return err
	}
	conn := connection{Data: c.Data}
	s, fresh, err := c.prepare(env, &conn, at)
	if err != nil {
		return err
	}
	defer s.close()
	if c.Year != 0 && !fresh {
		return fmt.Errorf("%s is in use: a year is rehearsed in an empty data folder", c.Data)
	}
	if in.post, err = c.openPost(ctx, s); err != nil {
		return err
	}

	say("starting worker and API …")
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	flags := []string{"--data", c.Data}
	trial, err := s.trial(ctx)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		args []string
	}{{"worker", slices.Concat(flags, c.flags())}, {"api", slices.Concat([]string{"--listen", c.Listen}, flags, c.letters.flags(), trial)}} {
		p, err := embedded.StartProgram(part.name, filepath.Join(logs, part.name+".log"), program, append([]string{part.name}, part.args...), append(withoutServers(os.Environ()), c.environ()...))
		if err != nil {
			return err
		}
		in.add(part.name, p)
	}
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(in.died(ctx)) }()
	err = c.live(watched, env, s, at, temporal.UIAddress, fresh)
	if cause := context.Cause(watched); cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}

// live waits until everything answers, tells where things are, and stays until the
// end.
func (c *devCommand) live(ctx context.Context, env *environment, s *servers, at running, ui string, fresh bool) error {
	if err := c.ready(ctx, s, at.API); err != nil {
		return err
	}
	tokens, err := c.tokens(ctx, s)
	if err != nil {
		return err
	}
	people := rehearse.New(at.API, tokens, c.Seed, s.clock)
	if fresh && c.Sample && s.clock.IsReal() {
		if err := c.settle(ctx, env, s, people); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.stdout, "\nready\n  console       %[1]s\n  API           %[1]s/api/v1 (documentation: %s/api/v1/docs)\n  Temporal UI   http://%s\n  accounts      %d, with their tokens in %s%s\n  data          %s\n",
		at.API, at.API, ui, len(tokens), filepath.Join(c.Data, tokensFile), examples(tokens), c.Data)
	if !s.clock.IsReal() {
		fmt.Fprintf(env.stdout, "  rehearsal     it is %s; a day takes %s\n", calendar.DateOf(s.clock.Now()), time.Duration(float64(24*time.Hour)/s.clock.Rate).Round(time.Millisecond))
	}
	fmt.Fprintln(env.stdout, "\nCtrl-C stops everything; nothing is lost.")
	switch {
	case c.Year != 0:
		return c.playYear(ctx, env, s, people)
	case fresh && c.Sample && !s.clock.IsReal():
		if err := play(ctx, env, s, people, rehearsalDays); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// prepare brings the schema up, loads an empty folder's directory, and settles which
// time cases live in. fresh reports whether the folder had no directory.
func (c *devCommand) prepare(env *environment, conn *connection, at running) (s *servers, fresh bool, err error) {
	s, _, err = conn.openDatabase(env.ctx)
	if err != nil {
		return nil, false, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.store.Migrate(env.ctx); err != nil {
		return s, false, err
	}
	directory, err := s.store.Directory(env.ctx)
	if err != nil {
		return s, false, err
	}
	loaded, err := s.store.Setting(env.ctx, sampleSetting)
	if err != nil {
		return s, false, err
	}
	// A first start that was interrupted is made good: loading again changes nothing.
	fresh = len(directory.Units) == 0 || loaded == sampleLoading
	if err := c.settleTime(env.ctx, s.store); err != nil {
		return s, fresh, err
	}
	if err := s.prepare(env.ctx, at); err != nil {
		return s, fresh, err
	}
	if err := c.settleRules(env.ctx, s); err != nil {
		return s, fresh, err
	}
	if fresh && c.Sample {
		if err := s.store.SaveSetting(env.ctx, sampleSetting, sampleLoading); err != nil {
			return s, fresh, err
		}
		for _, part := range []struct {
			what string
			data []byte
		}{{"units", sample.Units}, {"officials", sample.Officials}} {
			if err := (&importCommand{What: part.what, File: "sample " + part.what}).run(env, s, part.data); err != nil {
				return s, fresh, err
			}
		}
	}
	return s, fresh, nil
}

// trial is the API's flag where the directory is the sample's: its accounts belong to
// nobody, and are offered without a password.
func (s *servers) trial(ctx context.Context) ([]string, error) {
	loaded, err := s.store.Setting(ctx, sampleSetting)
	if err != nil || loaded == "" {
		return nil, err
	}
	return []string{"--trial"}, nil
}

// settleRules puts the files' rules in force in a new database. Later they are published,
// by somebody and after a preview.
func (c *devCommand) settleRules(ctx context.Context, s *servers) error {
	d, err := c.draft()
	if err != nil {
		return err
	}
	cases, err := s.store.LedgerCases(ctx, "", 1)
	if err != nil {
		return err
	}
	if len(cases) > 0 {
		p, err := rules.Try(ctx, s.store, d, s.clock.Now(), 0)
		if err == nil && p.Differs() {
			err = fmt.Errorf("other rules are in force in %s: look at what these would do with 'shuangze rules preview', and put them in force with 'shuangze rules publish'", c.Data)
		}
		return err
	}
	_, err = rules.Publish(ctx, s.store, s.engine(), d, uuid.NewString(), "", casefile.Actor{}, s.clock.Now())
	if errors.Is(err, rules.ErrUnchanged) {
		return nil
	}
	return err
}

// settleTime makes a new database a rehearsal where that is wanted, and refuses to
// mix a rehearsal with real cases.
func (c *devCommand) settleTime(ctx context.Context, s *store.Store) error {
	recorded, err := s.Setting(ctx, rehearsalSetting)
	if err != nil {
		return err
	}
	switch {
	case c.Rehearse == "" && recorded != "":
		return fmt.Errorf("%s holds a rehearsal, whose time runs faster: give --rehearse to go on with it, or another --data", c.Data)
	case c.Rehearse == "" || recorded != "":
		return nil
	}
	rate, err := casetime.ParseRate(c.Rehearse)
	if err != nil {
		return err
	}
	cases, err := s.LedgerCases(ctx, "", 1)
	if err != nil {
		return err
	}
	if len(cases) > 0 {
		return fmt.Errorf("%s holds real cases; a rehearsal needs an empty data folder", c.Data)
	}
	start := time.Now()
	switch {
	case c.Year != 0:
		start = rehearse.NewYear(c.Year)
	case c.Sample:
		if start, err = rehearse.Start(sample.Cases); err != nil {
			return err
		}
	}
	return s.SaveSetting(ctx, rehearsalSetting, casetime.Rehearsal(start, rate).String())
}

// settle registers the sample's cases and lets its officials work on them for a
// morning, so that the first look shows a living office.
func (c *devCommand) settle(ctx context.Context, env *environment, s *servers, people *rehearse.People) error {
	sub := *env
	sub.ctx = ctx
	until := calendar.DateOf(s.clock.Now()).AddDays(campaignDays)
	load := &importCommand{What: "cases", File: "sample cases", Campaign: sample.Campaign, Until: until.String()}
	if err := load.run(&sub, s, sample.Cases); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "the sample's officials are at work …")
	if err := people.Morning(ctx); err != nil {
		return err
	}
	return s.store.SaveSetting(ctx, sampleSetting, sampleLoaded)
}

// The setting that says how far the sample was loaded.
const (
	sampleSetting = "sample"
	sampleLoading = "loading"
	sampleLoaded  = "loaded"
)

// ready waits until the API and a worker answer.
func (c *devCommand) ready(ctx context.Context, s *servers, api string) error {
	deadline := time.Now().Add(time.Minute)
	for {
		err := probe(ctx, api+"/readyz")
		if err == nil {
			d, describeErr := s.temporal.DescribeTaskQueue(ctx, workflows.TaskQueue, enums.TASK_QUEUE_TYPE_WORKFLOW)
			if err = describeErr; err == nil && len(d.GetPollers()) == 0 {
				err = errors.New("no worker is polling yet")
			}
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("not ready after a minute: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return nil
}

func attributeNames() map[string]string {
	names := map[string]string{}
	for name, kind := range searchAttributes() {
		names[name] = kind.String()
	}
	return names
}

// withoutServers drops what would lead a child to other servers than dev's own.
func withoutServers(environ []string) []string {
	var kept []string
	for _, v := range environ {
		switch name := variable(v); name {
		case "DATABASE_URL", "SHUANGZE_KEY", "SHUANGZE_KEY_FILE", "SHUANGZE_LISTEN":
		default:
			kept = append(kept, v)
		}
	}
	return kept
}

func variable(v string) string {
	for i := range v {
		if v[i] == '=' {
			return v[:i]
		}
	}
	return v
}
