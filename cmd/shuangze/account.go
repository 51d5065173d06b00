package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"shuangze/auth"
	"shuangze/store"
)

type accountCommand struct {
	SetPassword setPassword `cmd:"" help:"Set an official's password, read from standard input, and sign them out everywhere."`
}

type setPassword struct {
	connection
	Official string `arg:"" help:"Official's id."`
}

func (c *setPassword) Run(env *environment) error { return c.run(env, os.Stdin) }

// longestPassword is in bytes, far above what a password can have in characters.
const longestPassword = 4096

func (c *setPassword) run(env *environment, in io.Reader) error {
	given, err := io.ReadAll(io.LimitReader(in, longestPassword))
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	s, _, err := c.openDatabase(env.ctx)
	if err != nil {
		return err
	}
	defer s.close()
	err = (&auth.Auth{Store: s.store}).SetPassword(env.ctx, c.Official, strings.TrimRight(string(given), "\r\n"))
	var weak *auth.WeakError
	switch {
	case errors.As(err, &weak):
		return errors.New(say(weak.Text))
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no official %q", c.Official)
	case err != nil:
		return err
	}
	fmt.Fprintf(env.stderr, "%s has a new password and is signed out everywhere\n", c.Official)
	return nil
}
