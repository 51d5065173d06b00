package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// account is the user that Postgres's programs run as: they refuse to run as root.
type account struct {
	kind     accountKind
	name     string
	uid, gid int
}

type accountKind int

const (
	// sameUser: whoever runs us, who is not root.
	sameUser accountKind = iota
	// otherUser: an unprivileged user of the machine, who owns the data.
	otherUser
	// namespaced: root, whom a user namespace makes appear as another user. For folders
	// below one that no other user may enter.
	namespaced
)

func (a account) String() string {
	switch a.kind {
	case otherUser:
		return "as user " + a.name
	case namespaced:
		return "as root in a user namespace"
	default:
		return "as this user"
	}
}

func (a account) sysProcAttr() *syscall.SysProcAttr {
	switch a.kind {
	case otherUser:
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
	case namespaced:
		return &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: a.uid, HostID: 0, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: a.gid, HostID: 0, Size: 1}},
		}
	default:
		return &syscall.SysProcAttr{}
	}
}

// own gives a file of root's to the account.
func (a account) own(path string) error {
	if a.kind == sameUser {
		return nil
	}
	uid, gid := a.uid, a.gid
	if a.kind == namespaced {
		uid, gid = 0, 0
	}
	if err := os.Chown(path, uid, gid); err != nil {
		return fmt.Errorf("give %s to the user that runs Postgres: %w", path, err)
	}
	return nil
}

// chooseAccount finds an account that can run Postgres in its folder. Data that exist
// belong to the account that created them, so there is no choice then.
func chooseAccount(s server) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	candidates, err := accounts(s.data)
	if err != nil {
		return account{}, err
	}
	// dir stays root's, who writes there; the others need only pass.
	if err := os.Chmod(s.dir, 0o711); err != nil {
		return account{}, fmt.Errorf("let the user that runs Postgres into its folder: %w", err)
	}
	var reasons []error
	for _, a := range candidates {
		s.account = a
		// Its working folder is dir, so it fails where the account can't enter that.
		if err := s.command("postgres", "--version").Run(); err != nil {
			reasons = append(reasons, fmt.Errorf("%s: %w", a, err))
			continue
		}
		return a, nil
	}
	return account{}, fmt.Errorf("no user but root can enter %s, and Postgres refuses to run as root; choose another data folder, below folders that everybody may enter: %w", s.dir, errors.Join(reasons...))
}

// accounts lists what root may run Postgres as, best first.
func accounts(data string) ([]account, error) {
	var users, namespaces []account
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 != nil || err2 != nil {
			continue
		}
		users = append(users, account{kind: otherUser, name: name, uid: uid, gid: gid})
		// initdb wants to know the name of its user, so it must be one that exists.
		namespaces = append(namespaces, account{kind: namespaced, name: name, uid: uid, gid: gid})
	}

	info, err := os.Stat(data)
	if errors.Is(err, os.ErrNotExist) {
		return slices.Concat(users, namespaces), nil
	}
	if err != nil {
		return nil, fmt.Errorf("look who owns the data of Postgres: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if owner.Uid == 0 {
		return namespaces, nil
	}
	return []account{{kind: otherUser, name: strconv.Itoa(int(owner.Uid)), uid: int(owner.Uid), gid: int(owner.Gid)}}, nil
}

// findPostgres returns the folder of Postgres's programs: of that major version when one is
// given, else the one in PATH, else the newest that Debian's packages have put there.
func findPostgres(ctx context.Context, version string) (string, error) {
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debian, func(a, b string) int { return debianVersion(b) - debianVersion(a) })
	folders = append(folders, debian...)

	var found []string
	for _, folder := range folders {
		if _, err := exec.LookPath(filepath.Join(folder, "initdb")); err != nil {
			continue
		}
		// postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
		out, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
		words := strings.Fields(string(out))
		if err != nil || len(words) < 3 {
			continue
		}
		major, _, _ := strings.Cut(words[2], ".")
		if version == "" || version == major {
			return folder, nil
		}
		found = append(found, major)
	}
	if len(found) > 0 {
		return "", fmt.Errorf("the data were created by PostgreSQL %s, but only %s is installed", version, strings.Join(found, ", "))
	}
	return "", errors.New("no PostgreSQL server found: neither initdb and postgres in PATH nor Debian's package postgresql is installed")
}

// debianVersion is the 15 of /usr/lib/postgresql/15/bin.
func debianVersion(bin string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return v
}
