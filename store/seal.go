package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Keys seal the petitioners' data with AES-256-GCM. The first key seals, all of
// them open, so that a new one can be put in front and the old ones retired later.
type Keys []key

type key struct {
	id   [4]byte // of its hash; stands before what it sealed
	aead cipher.AEAD
	mac  [32]byte // for fingerprints
}

// NewKey makes a key in the form that ParseKeys reads: 32 random bytes in base64.
func NewKey() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails (crypto/rand)
	return base64.StdEncoding.EncodeToString(b)
}

// ParseKeys reads keys, one a line.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	for i, line := range strings.Fields(text) {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != 32 {
			return nil, fmt.Errorf("key %d is not 32 bytes in base64", i+1)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		hash := sha256.Sum256(raw)
		keys = append(keys, key{[4]byte(hash[:4]), aead, sha256.Sum256(append([]byte("fingerprint"), raw...))})
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key")
	}
	return keys, nil
}

// seal encrypts; what it belongs to (context) must be given again to open it.
func (ks Keys) seal(plain []byte, context string) ([]byte, error) {
	if len(ks) == 0 {
		return nil, errors.New("no key to seal with")
	}
	return ks[0].aead.Seal(ks[0].id[:], nil, plain, []byte(context)), nil
}

// Fingerprint tells one request from another without telling anything of what was in
// it, not even to who can guess.
func (s *Store) Fingerprint(parts ...[]byte) string {
	var mac []byte
	if len(s.keys) > 0 {
		mac = s.keys[0].mac[:]
	}
	h := hmac.New(sha256.New, mac)
	for _, p := range parts {
		h.Write(p)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (ks Keys) open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < 4 {
		return nil, errors.New("sealed data is too short")
	}
	for _, k := range ks {
		if k.id == [4]byte(sealed[:4]) {
			return k.aead.Open(nil, nil, sealed[4:], []byte(context))
		}
	}
	return nil, errors.New("no key opens this: it was sealed with another")
}
