package auth

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever one sign is mistaken for, and whichever two change places, a code shows it.
func TestCodeShowsSlips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := newCode()
		if got, ok := ParseCode(strings.ToLower(GroupCode(code))); !ok || got != code {
			t.Fatalf("%s is not read: %s", code, got)
		}
		i, j := rapid.IntRange(0, codeLen-1).Draw(t, "i"), rapid.IntRange(0, codeLen-1).Draw(t, "j")
		wrong := []byte(code)
		wrong[i] = rapid.SampledFrom([]byte(alphabet)).Draw(t, "sign")
		if _, ok := ParseCode(string(wrong)); ok != (string(wrong) == code) {
			t.Fatalf("%s for %s", wrong, code)
		}
		swapped := []byte(code)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		if _, ok := ParseCode(string(swapped)); ok != (string(swapped) == code) {
			t.Fatalf("%s for %s", swapped, code)
		}
	})
}

func TestCodesAsTyped(t *testing.T) {
	t.Parallel()
	code := newCode()
	for _, typed := range []string{code, GroupCode(code), " " + strings.ToLower(code) + " ", code[:4] + "　" + code[4:8] + "—" + code[8:], full(code)} {
		if got, ok := ParseCode(typed); !ok || got != code {
			t.Errorf("%q is read as %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", code[1:], code + "2", "0" + code[1:], "查询码", "\x00" + code} {
		if _, ok := ParseCode(typed); ok {
			t.Errorf("%q is read as a code", typed)
		}
	}
	for typed, want := range map[string]bool{"12345678": true, "1234 5678": true, "１２３４５６７８": true, "1234567": false, "": false, "1234567a": false, "123456789": false} {
		if secret, ok := ParseSecret(typed); ok != want || ok && secret != "12345678" {
			t.Errorf("%q is read as %q, %v", typed, secret, ok)
		}
	}
}

// full writes signs in full width, as a Chinese keyboard may.
func full(s string) string {
	return strings.Map(func(r rune) rune { return r - '!' + '！' }, s)
}
