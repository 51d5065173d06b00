// Package importer reads units, officials and cases from CSV files and writes them
// through the same core as everybody else. A file is checked whole before anything
// of it is imported.
package importer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"shuangze/policy"
)

// Problem is what is wrong with one value of a file.
type Problem struct {
	Line    int
	Column  string // empty when the whole row is meant
	Message policy.Text
}

// table is a CSV file read whole.
type table struct {
	columns []string
	rows    []row
}

type row struct {
	line   int
	values map[string]string
}

// maxRows bounds a file; a prefecture registers some thousands of cases a year.
const maxRows = 200_000

// read reads a CSV file in UTF-8, with or without a byte order mark. Columns that
// are missing, unknown or there twice are errors, rows of the wrong length are
// problems.
func read(r io.Reader, required, optional []string) (table, []Problem, error) {
	buffered := bufio.NewReader(r)
	if bom, err := buffered.Peek(3); err == nil && string(bom) == "\ufeff" {
		_, _ = buffered.Discard(3) // just peeked
	}
	reader := csv.NewReader(buffered)
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return table{}, nil, errors.New("the file is empty")
	}
	if err != nil {
		return table{}, nil, fmt.Errorf("read the heading: %w", err)
	}
	t := table{}
	for _, name := range header {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(required, name) && !slices.Contains(optional, name):
			return table{}, nil, fmt.Errorf("unknown column %q; known are %s", name, strings.Join(append(slices.Clone(required), optional...), ", "))
		case slices.Contains(t.columns, name):
			return table{}, nil, fmt.Errorf("column %q stands twice", name)
		}
		t.columns = append(t.columns, name)
	}
	for _, name := range required {
		if !slices.Contains(t.columns, name) {
			return table{}, nil, fmt.Errorf("column %q is missing", name)
		}
	}
	var problems []Problem
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t, problems, nil
		}
		if err != nil {
			return table{}, nil, fmt.Errorf("read: %w", err)
		}
		if len(t.rows) == maxRows {
			return table{}, nil, fmt.Errorf("more than %d rows", maxRows)
		}
		line, _ := reader.FieldPos(0)
		if len(record) != len(t.columns) {
			problems = append(problems, Problem{line, "", policy.Text{
				Chinese: fmt.Sprintf("有%d列，应为%d列", len(record), len(t.columns)),
				English: fmt.Sprintf("has %d columns instead of %d", len(record), len(t.columns)),
			}})
			continue
		}
		values := make(map[string]string, len(record))
		for i, v := range record {
			if !utf8.ValidString(v) {
				problems = append(problems, Problem{line, t.columns[i], policy.Text{Chinese: "不是UTF-8编码", English: "is not UTF-8"}})
			}
			values[t.columns[i]] = strings.TrimSpace(v)
		}
		t.rows = append(t.rows, row{line, values})
	}
}

// checker gathers the problems of a file.
type checker struct{ problems []Problem }

func (c *checker) add(r row, column, zh, en string) {
	c.problems = append(c.problems, Problem{r.line, column, policy.Text{Chinese: zh, English: en}})
}

func (c *checker) required(r row, columns ...string) {
	for _, column := range columns {
		if r.values[column] == "" {
			c.add(r, column, "此项必填", "this field is required")
		}
	}
}

func (c *checker) oneOf(r row, column string, list []string) {
	if v := r.values[column]; v != "" && !slices.Contains(list, v) {
		c.add(r, column, "不在可选范围内："+strings.Join(list, ", "), "is none of: "+strings.Join(list, ", "))
	}
}

func (c *checker) unique(r row, column string, seen map[string]int) {
	v := r.values[column]
	if v == "" {
		return
	}
	if first, ok := seen[v]; ok {
		c.add(r, column, fmt.Sprintf("与第%d行重复", first), fmt.Sprintf("stands in line %d already", first))
		return
	}
	seen[v] = r.line
}

func (c *checker) short(r row, column string, limit int) {
	if utf8.RuneCountInString(r.values[column]) > limit {
		c.add(r, column, fmt.Sprintf("不得超过%d字", limit), fmt.Sprintf("must not be longer than %d characters", limit))
	}
}

// bad lists the lines that have a problem.
func bad(problems []Problem) map[int]bool {
	lines := map[int]bool{}
	for _, p := range problems {
		lines[p.Line] = true
	}
	return lines
}
