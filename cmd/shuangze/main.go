// Command shuangze sees to it that petitions are dealt with in time, by two named
// leaders who answer for it. One binary: the API, the worker, a trial installation
// and the tools of an operator.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "dev"

// exitError ends the program with a code of its own after the message was printed.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

type grammar struct {
	Dev      devCommand      `cmd:"" help:"Run everything on this machine: Postgres, Temporal, worker, API and console, with its data in one folder."`
	API      apiCommand      `cmd:"" name:"api" help:"Run the API and the console beside existing servers."`
	Worker   workerCommand   `cmd:"" help:"Run a worker beside existing servers."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database schema and Temporal's search attributes up to date."`
	Import   importCommand   `cmd:"" help:"Import units, officials or cases from CSV."`
	Token    tokenCommand    `cmd:"" help:"Create, list and revoke access tokens."`
	Account  accountCommand  `cmd:"" help:"Give officials a password for the console."`
	Verify   verifyCommand   `cmd:"" help:"Compare ledger, case rows and workflows; change nothing."`
	Policy   policyCommand   `cmd:"" help:"Check a policy file and print the rules in force."`
	Rules    rulesCommand    `cmd:"" help:"Try out rules and put them in force: local policy, rest days of years."`
	Notices  noticesCommand  `cmd:"" help:"Look at the letters that people get."`
	Rehearse rehearseCommand `cmd:"" help:"Play the officials of a rehearsal that 'dev --rehearse' runs."`

	Version kong.VersionFlag `help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	var code exitError
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "shuangze:", err)
		os.Exit(1)
	}
}

// run parses the arguments and runs the command they name.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var g grammar
	exited := exitError(-1)
	parser, err := kong.New(&g, kong.Name("shuangze"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("信访督办：一案双责 · Petition supervision: two leaders answer for each case."),
		kong.Vars{"version": version}, kong.Exit(func(code int) { exited = exitError(code) }))
	if err != nil {
		return err
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help or --version
		if exited == 0 {
			return nil
		}
		return exited
	}
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	slog.SetDefault(log)
	return k.Run(&environment{ctx: ctx, stdout: stdout, stderr: stderr, log: log})
}

// environment is what every command runs in.
type environment struct {
	ctx            context.Context
	stdout, stderr io.Writer
	log            *slog.Logger
}
