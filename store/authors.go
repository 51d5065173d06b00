package store

import (
	"encoding/base64"
	"fmt"
)

// authorContext binds a sealed author to its use: it is no pass, and no pass is an author.
const authorContext = "author"

// SealAuthor seals who typed something, for a browser to keep beside it.
func (s *Store) SealAuthor(author string) (string, error) {
	sealed, err := s.keys.seal([]byte(author), authorContext)
	if err != nil {
		return "", fmt.Errorf("seal author: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Author is who SealAuthor sealed; empty for anything else.
func (s *Store) Author(text string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	plain, err := s.keys.open(sealed, authorContext)
	if err != nil {
		return ""
	}
	return string(plain)
}
