// Package importer reads units, officials and cases from CSV files and writes them
// through the same core as everybody else. A file is checked whole before anything
// of it is imported.
package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

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

// FileError is what is wrong with a file as a whole, in both languages.
type FileError policy.Text

func (e *FileError) Error() string { return e.English }

// decoded is a file's text in UTF-8. Excel in China saves a CSV file in GBK unless told
// otherwise. A file that is UTF-8 but for some bytes is left as it is: taken for GBK it would
// be read as other words than were written.
func decoded(file []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xfe")), bytes.HasPrefix(file, []byte("\xfe\xff")):
		return nil, &FileError{Chinese: "文件是UTF-16编码（Excel的“Unicode文本”），请另存为CSV（UTF-8或GBK均可）", English: "the file is in UTF-16 (Excel's “Unicode text”); save it as CSV, in UTF-8 or GBK"}
	case utf8.Valid(file):
		return bytes.TrimPrefix(file, []byte("\ufeff")), nil
	}
	runes, strays := 0, 0
	for rest := file; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			strays++
		case n > 1:
			runes++
		}
		rest = rest[n:]
	}
	if 4*runes > strays { // GBK has hardly any runes of UTF-8 by chance
		return bytes.TrimPrefix(file, []byte("\ufeff")), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(file)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, &FileError{Chinese: "文件既不是UTF-8编码，也不是GBK编码的文本", English: "the file is text neither in UTF-8 nor in GBK"}
	}
	return text, nil
}

// unreadable says where a file breaks the rules of CSV.
func unreadable(err error) error {
	var at *csv.ParseError
	if !errors.As(err, &at) {
		return err
	}
	return &FileError{
		Chinese: fmt.Sprintf("第%d行第%d个字节：引号不成对，或没有把整个值括起来", at.Line, at.Column),
		English: fmt.Sprintf("line %d, byte %d: a quotation mark has no other, or does not enclose the whole value", at.Line, at.Column),
	}
}

// read reads a CSV file in UTF-8, with or without a byte order mark, or in GBK. Columns that
// are missing, unknown or there twice are errors, rows of the wrong length are
// problems.
func read(r io.Reader, required, optional []string) (table, []Problem, error) {
	file, err := io.ReadAll(r)
	if err != nil {
		return table{}, nil, err
	}
	if file, err = decoded(file); err != nil {
		return table{}, nil, err
	}
	reader := csv.NewReader(bytes.NewReader(file))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return table{}, nil, &FileError{Chinese: "文件是空的", English: "the file is empty"}
	}
	if err != nil {
		return table{}, nil, unreadable(err)
	}
	t := table{}
	for _, name := range header {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(required, name) && !slices.Contains(optional, name):
			known := strings.Join(slices.Concat(required, optional), ", ")
			return table{}, nil, &FileError{Chinese: fmt.Sprintf("没有“%s”这一列；可用的列：%s", name, known), English: fmt.Sprintf("unknown column %q; known are %s", name, known)}
		case slices.Contains(t.columns, name):
			return table{}, nil, &FileError{Chinese: fmt.Sprintf("“%s”列出现两次", name), English: fmt.Sprintf("column %q stands twice", name)}
		}
		t.columns = append(t.columns, name)
	}
	for _, name := range required {
		if !slices.Contains(t.columns, name) {
			return table{}, nil, &FileError{Chinese: fmt.Sprintf("缺少“%s”列", name), English: fmt.Sprintf("column %q is missing", name)}
		}
	}
	var problems []Problem
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t, problems, nil
		}
		if err != nil {
			return table{}, nil, unreadable(err)
		}
		if len(t.rows) == maxRows {
			return table{}, nil, &FileError{Chinese: fmt.Sprintf("超过%d行", maxRows), English: fmt.Sprintf("more than %d rows", maxRows)}
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
