package store_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"shuangze/casefile"
	"shuangze/store"
)

func keys(t *testing.T, lines ...string) store.Keys {
	t.Helper()
	ks, err := store.ParseKeys(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

func TestKeys(t *testing.T) {
	t.Parallel()
	old, next, other := store.NewKey(), store.NewKey(), store.NewKey()
	plain := []byte(`{"name":"彭某"}`)
	sealed, err := store.Seal(keys(t, old), plain, "petitioner-1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("彭某")) {
		t.Error("what is sealed can be read")
	}
	again, err := store.Seal(keys(t, old), plain, "petitioner-1")
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("the same is sealed the same way twice: %v", err)
	}
	for name, c := range map[string]struct {
		keys    store.Keys
		sealed  []byte
		context string
		opens   bool
	}{
		"its key":               {keys(t, old), sealed, "petitioner-1", true},
		"a new key in front":    {keys(t, next, old), sealed, "petitioner-1", true},
		"the old key retired":   {keys(t, next), sealed, "petitioner-1", false},
		"another key":           {keys(t, other), sealed, "petitioner-1", false},
		"no key":                {nil, sealed, "petitioner-1", false},
		"another's context":     {keys(t, old), sealed, "petitioner-2", false},
		"cut":                   {keys(t, old), sealed[:len(sealed)-1], "petitioner-1", false},
		"hardly anything":       {keys(t, old), sealed[:3], "petitioner-1", false},
		"the key's id, no more": {keys(t, old), sealed[:4], "petitioner-1", false},
		"a bit turned":          {keys(t, old), turned(sealed), "petitioner-1", false},
	} {
		opened, err := store.Unseal(c.keys, c.sealed, c.context)
		if (err == nil) != c.opens || c.opens && !bytes.Equal(opened, plain) {
			t.Errorf("%s: opened %q, %v", name, opened, err)
		}
	}
	// After a rotation the new key seals.
	sealed, err = store.Seal(keys(t, next, old), plain, "petitioner-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Unseal(keys(t, next), sealed, "petitioner-1"); err != nil {
		t.Errorf("the first of two keys does not seal: %v", err)
	}
	if _, err := store.Seal(nil, plain, ""); err == nil {
		t.Error("sealed without a key")
	}
	for _, text := range []string{"", "  \n", "short", store.NewKey() + "\nnot base64!", "AAAA"} {
		if _, err := store.ParseKeys(text); err == nil {
			t.Errorf("%q passes for keys", text)
		}
	}
}

func turned(sealed []byte) []byte {
	b := bytes.Clone(sealed)
	b[len(b)-1] ^= 1
	return b
}

func TestPetitioner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	person := store.Petitioner{Name: "彭某", Phone: "13900000001", Address: "漠河市第9委26号"}
	key, err := d.store.WritePetitioner(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	cmd := d.registration()
	cmd.Registration.Petitioner = key
	open := d.do("appeal", clerk, cmd)
	if got, err := d.store.ReadPetitioner(t.Context(), open, clerk, d.now); err != nil || got != person {
		t.Errorf("read %+v, %v", got, err)
	}
	reads := func() (n int) {
		t.Helper()
		if err := d.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM petitioner_reads`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := reads(); n != 0 {
		t.Errorf("%d readings of an appeal are logged", n)
	}
	// Of an accusation it is kept who looked, even if what is there can't be opened.
	accusation := open
	accusation.ID, accusation.Purpose = "accusation", "accusation"
	if _, err := d.store.ReadPetitioner(t.Context(), accusation, clerk, d.now); err != nil || reads() != 1 {
		t.Errorf("%d readings are logged, %v", reads(), err)
	}
	d.sql(`UPDATE petitioners SET sealed = sealed || 'x'`)
	if p, err := d.store.ReadPetitioner(t.Context(), accusation, clerk, d.now); err == nil || reads() != 2 {
		t.Errorf("read %+v from changed data; %d readings are logged", p, reads())
	}
	if _, err := d.store.ReadPetitioner(t.Context(), casefile.Case{ID: "none"}, clerk, d.now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a case without a petitioner: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s, now := d.store, d.now
	token, secret, err := s.NewToken(t.Context(), clerk, now, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, "sz_") || len(secret) < 40 || strings.Contains(secret, token.ID) {
		t.Errorf("token %q with id %q", secret, token.ID)
	}
	var kept string
	if err := s.Pool().QueryRow(t.Context(), `SELECT row_to_json(tokens)::text FROM tokens`).Scan(&kept); err != nil || strings.Contains(kept, secret[3:]) {
		t.Errorf("the database keeps %s, %v", kept, err)
	}
	for _, c := range []struct {
		name, secret string
		at           time.Time
		valid        bool
	}{
		{"fresh", secret, now, true},
		{"just before its end", secret, now.Add(time.Hour - time.Second), true},
		{"expired", secret, now.Add(time.Hour), false},
		{"another", secret + "x", now, false},
		{"none", "", now, false},
	} {
		holder, err := s.Holder(t.Context(), c.secret, c.at)
		if c.valid && (err != nil || holder.ID != clerk || holder.Role != casefile.Registrar) || !c.valid && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %+v, %v", c.name, holder, err)
		}
	}
	_, second, err := s.NewToken(t.Context(), super, now.Add(time.Minute), time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(t.Context(), token.ID, now, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(t.Context(), token.ID, now, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	if _, err := s.Holder(t.Context(), secret, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a revoked token: %v", err)
	}
	if holder, err := s.Holder(t.Context(), second, now); err != nil || holder.ID != super {
		t.Errorf("the other token: %+v, %v", holder, err)
	}
	list, err := s.Tokens(t.Context())
	if err != nil || len(list) != 2 || list[0].Official != super || list[0].RevokedAt != nil || list[1].RevokedAt == nil {
		t.Errorf("tokens %+v, %v", list, err)
	}
	if _, _, err := s.NewToken(t.Context(), "nobody", now, time.Hour, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a token for nobody: %v", err)
	}
}
