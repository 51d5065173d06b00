package web

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"

	"shuangze/api"
)

// table is one of a page's tables: what is shown is what its file holds.
type table struct {
	ID, Title string
	Head      []string
	Rows      []tableRow
	File      string // the address of its CSV file
}

// IsNumber reports whether a column has numbers: its head stands to the right as they do.
func (t table) IsNumber(i int) bool { return i > 0 && len(t.Rows) > 0 && !t.Rows[0].IsWord(i-1) }

// Blank reports whether there is nothing in it to be read: no number but naught.
func (t table) Blank() bool {
	for _, r := range t.Rows {
		if slices.ContainsFunc(r.Cells[r.Words:], func(cell string) bool { return cell != "0" && cell != "—" }) {
			return false
		}
	}
	return true
}

// tableRow has a name, words and numbers. The number is written as it is read.
type tableRow struct {
	Name  string
	Cells []string
	Words int // how many of the cells are words; the others are numbers
}

// IsWord reports whether a cell is a word: it stands to the left.
func (r tableRow) IsWord(i int) bool { return i < r.Words }

// writeCSV sends a table as a file that a spreadsheet opens: with the mark that says it is
// UTF-8, and with nothing in it that a spreadsheet would take for a formula.
func writeCSV(w http.ResponseWriter, name string, t table) error {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	var b strings.Builder
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	lines := [][]string{t.Head}
	for _, r := range t.Rows {
		line := []string{api.Plain(r.Name)}
		for i, cell := range r.Cells {
			if r.IsWord(i) {
				cell = api.Plain(cell)
			}
			line = append(line, cell)
		}
		lines = append(lines, line)
	}
	if err := out.WriteAll(lines); err != nil {
		return err
	}
	_, _ = w.Write([]byte(b.String())) // a reader who has gone is no error of ours
	return nil
}
