package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"shuangze/rehearse"
	"shuangze/store"
)

// What a trial installation keeps in its data folder beside its servers' own.
const (
	runningFile = "running.json" // where its servers are, while it runs
	keyFile     = "key"          // seals the petitioners' data
	tokensFile  = "tokens.json"  // of its accounts
	lockFile    = "lock"
)

// lockFolder keeps two installations from sharing a data folder.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, fmt.Errorf("another 'shuangze dev' is running in %s", dir)
	}
	return func() { _ = f.Close() }, nil // closing unlocks
}

// ignoreFolder keeps git from ever taking up the folder: there are keys in it.
func ignoreFolder(dir string) error {
	path := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return writeWhole(path, []byte("*\n"))
}

// tokens makes a token for every official that has none yet and keeps them where the
// owner alone can read them.
func (c *devCommand) tokens(ctx context.Context, s *servers) (map[string]rehearse.Account, error) {
	path := filepath.Join(c.Data, tokensFile)
	accounts := map[string]rehearse.Account{}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &accounts)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", tokensFile, err)
	}
	directory, err := s.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	const lifetime = 365 * 24 * time.Hour
	for id, o := range directory.Officials {
		if _, has := accounts[id]; has || !c.Sample {
			continue // a token that was revoked stays revoked; real officials get theirs by 'token create'
		}
		_, secret, err := s.store.NewToken(ctx, id, time.Now(), lifetime, nil)
		if err != nil {
			return nil, err
		}
		accounts[id] = rehearse.Account{Token: secret, Role: string(o.Role), Name: o.Name, Post: o.Post, Level: o.Level, Unit: o.Unit, Portfolio: o.Portfolio}
	}
	return accounts, writePrivate(path, accounts)
}

func ensureKey(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return writeWhole(path, []byte(store.NewKey()+"\n"))
}

// writePrivate writes JSON that its owner alone can read, whole or not at all.
func writePrivate(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(path, append(raw, '\n'))
}

// writeWhole writes a file that its owner alone can read, whole or not at all.
func writeWhole(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // 0600, and never one that stands there
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return os.Rename(f.Name(), path)
}

// examples names an account of each role, for a first look.
func examples(accounts map[string]rehearse.Account) string {
	first := map[string]string{}
	for id, a := range accounts {
		if first[a.Role] == "" || id < first[a.Role] {
			first[a.Role] = id
		}
	}
	var b strings.Builder
	for _, role := range slices.Sorted(maps.Keys(first)) {
		fmt.Fprintf(&b, "\n                %-11s %s %s", role, first[role], accounts[first[role]].Name)
	}
	return b.String()
}
