package web

import (
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// change is a piece of a text: kept, gone or new.
type change struct{ How, Text string }

// compare tells how one text became another, in pieces that people can read. It is empty
// when nothing has changed.
func compare(before, after string) []change {
	if before == after {
		return nil
	}
	d := diffmatchpatch.New()
	// Runs of characters that happen to be the same in both are worth less than clauses.
	pieces := d.DiffCleanupSemantic(d.DiffMainRunes([]rune(before), []rune(after), false))
	var all []change
	for _, p := range pieces {
		how := map[diffmatchpatch.Operation]string{diffmatchpatch.DiffEqual: "kept", diffmatchpatch.DiffDelete: "gone", diffmatchpatch.DiffInsert: "new"}[p.Type]
		if strings.TrimSpace(p.Text) == "" && how != "kept" {
			p.Text = strings.ReplaceAll(p.Text, "\n", "↵\n") // else nobody sees it
		}
		all = append(all, change{how, p.Text})
	}
	return all
}
