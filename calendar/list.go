package calendar

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed data/*.json
var embedded embed.FS

// embeddedLists are read once. They are part of the program, so a fault in them is a fault in it.
var embeddedLists = sync.OnceValue(func() map[int]list {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		panic(err)
	}
	lists, errs := readLists(data, "data")
	if err := errors.Join(errs...); err != nil {
		panic(fmt.Errorf("embedded calendar: %w", err))
	}
	return lists
})

var defaultCalendar = sync.OnceValue(func() *Calendar { return newCalendar(embeddedLists()) })

// Default returns the calendar of the embedded years.
func Default() *Calendar { return defaultCalendar() }

// Load returns the embedded years together with the lists in dir, one file YYYY.json a year. A file
// takes the place of the embedded list of its year as a whole. dir = "" means none.
//
// A file has the shape of the embedded ones:
//
//	{
//	  "year": 2027,
//	  "source": "title, number and address of the State Council's notice",
//	  "off":  [{"date": "2027-01-01", "name": "元旦"}, …],
//	  "work": [{"date": "2027-01-31", "name": "春节"}, …]
//	}
//
// off has every rest day the notice names, the weekends inside a holiday too; work has the make-up
// working days. Dates lie in the year or, because a notice can reach back, in the last days of
// December before it. Loading a list makes its year final, so a list that is obviously cut short
// is refused.
//
// Other JSON files are refused as misnamed; hidden files and files of other types are left alone. The
// error joins all problems of all files, each a [*FileError].
func Load(dir string) (*Calendar, error) {
	if dir == "" {
		return Default(), nil
	}
	lists := maps.Clone(embeddedLists())
	own, errs := readLists(os.DirFS(dir), dir)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("load calendar from %s:\n%w", dir, err)
	}
	maps.Copy(lists, own)
	return newCalendar(lists), nil
}

// With returns the embedded years together with these lists, each of the shape of a file
// that [Load] reads, and takes the place of its year's embedded one as Load does. Of two
// lists of one year the later one holds. The error joins all problems, each a
// [*FileError] that names the list by its year.
func With(own ...[]byte) (*Calendar, error) {
	if len(own) == 0 {
		return Default(), nil
	}
	lists := maps.Clone(embeddedLists())
	var errs []error
	for _, data := range own {
		var of struct {
			Year json.RawMessage `json:"year"`
		}
		_ = json.Unmarshal(data, &of) // the parser says what is wrong
		l, problems := parseList(string(of.Year)+".json", data)
		errs = append(errs, problems...)
		lists[l.year] = l
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newCalendar(lists), nil
}

// FileError is one thing wrong with a file of rest days.
type FileError struct {
	File    string
	Line    int // 0: the file as a whole
	Column  int // 0 where only the line is known
	Err     error
	Chinese string // Err, for people; empty where the file could not even be opened
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

func (e *FileError) Unwrap() error { return e.Err }

// list is one year's file.
type list struct {
	year    int
	source  string
	entries []entry
}

type entry struct {
	date Date
	mark
}

var listName = regexp.MustCompile(`^[0-9]{4}\.json$`)

// readLists reads the files of fsys, which lies at dir.
func readLists(fsys fs.FS, dir string) (map[int]list, []error) {
	files, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, []error{err}
	}
	lists := make(map[int]list)
	var errs []error
	for _, f := range files {
		name := f.Name()
		if strings.HasPrefix(name, ".") || !strings.EqualFold(filepath.Ext(name), ".json") {
			continue
		}
		path := filepath.Join(dir, name)
		if !listName.MatchString(name) {
			// It was meant for us; leaving it out would leave a year provisional without a word.
			errs = append(errs, &FileError{File: path, Err: errors.New("not named after its year, as 2027.json is")})
			continue
		}
		data, err := readFile(fsys, name)
		if err != nil {
			errs = append(errs, &FileError{File: path, Err: err})
			continue
		}
		l, problems := parseList(path, data)
		errs = append(errs, problems...)
		lists[l.year] = l
	}
	return lists, errs
}

// maxFile is far above any real list (3 KB) and keeps a wrong file from filling the memory.
const maxFile = 64 << 10

func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // opening a pipe would wait for ever
		return nil, errors.New("not a regular file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%d bytes, want at most %d", info.Size(), maxFile)
	}
	return fs.ReadFile(fsys, name)
}

// The years a list is accepted for: from the first after the holidays took their present shape
// (放假办法 of 2007-12-14) to one no typing slip reaches.
const (
	minYear = 2008
	maxYear = 2199
)

// maxOff bounds the rest days of a list, about three times those of a real one. A feed that has all
// weekends as well is not a list of holidays.
const maxOff = 100

// parseList reads and checks the list in the file at path. The problems are *FileError.
func parseList(path string, data []byte) (list, []error) {
	p := &listParser{file: path, data: bytes.TrimPrefix(data, []byte("\ufeff"))}
	p.parse()
	return p.list, p.errs
}

// listParser walks a file by tokens, and not with one Unmarshal, to know each day's line and to go
// on after a problem.
type listParser struct {
	file string
	data []byte
	list list
	errs []error
	seen map[Date]int // the line of each date
}

// fail notes a problem on a line, in both languages with the same arguments; 0 stands for
// the file as a whole.
func (p *listParser) fail(line int, zh, en string, args ...any) {
	e := &FileError{File: p.file, Line: line, Err: errors.New(en), Chinese: zh}
	if len(args) > 0 {
		e.Err, e.Chinese = fmt.Errorf(en, args...), fmt.Sprintf(zh, args...)
	}
	p.errs = append(p.errs, e)
}

// line returns the line of an offset in the file.
func (p *listParser) line(offset int) int {
	return 1 + bytes.Count(p.data[:min(offset, len(p.data))], []byte("\n"))
}

func (p *listParser) parse() {
	if !utf8.Valid(p.data) {
		p.fail(0, "不是UTF-8编码的文本", "not UTF-8 text")
		return
	}
	// Once the syntax is known to be right, the walk below has none of its own errors to report.
	if err := json.Unmarshal(p.data, new(json.RawMessage)); err != nil {
		offset, said := len(p.data), "内容不完整，请核对结尾的引号和括号"
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && !strings.Contains(syntax.Error(), "unexpected end") {
			offset = int(syntax.Offset) - 1 // the byte that was read last
			r, _ := utf8.DecodeRune(p.data[offset:])
			said = fmt.Sprintf("“%c”不应出现在这里，请核对它前面的逗号、冒号、引号和括号", r)
		}
		p.fail(p.line(offset), "不是有效的JSON：%[2]s", "%[1]w", err, said)
		p.errs[len(p.errs)-1].(*FileError).Column = 1 + utf8.RuneCount(p.data[1+bytes.LastIndexByte(p.data[:offset], '\n'):offset]) //nolint:errorlint // the one just made
		return
	}
	dec := json.NewDecoder(bytes.NewReader(p.data))
	if open, _ := dec.Token(); open != json.Delim('{') {
		p.fail(1, `应为一个含有 "year"、"source"、"off"、"work" 的对象`, `want an object with "year", "source", "off" and "work"`)
		return
	}
	p.seen = make(map[Date]int)
	keys := make(map[string]bool)
	for dec.More() {
		token, _ := dec.Token()
		key, _ := token.(string)
		var raw json.RawMessage
		_ = dec.Decode(&raw)
		at := int(dec.InputOffset()) - len(raw)
		line := p.line(at)
		if keys[key] {
			p.fail(line, "%q 重复出现", "%q is there twice", key)
			continue
		}
		keys[key] = true
		switch key {
		case "year":
			p.year(line, raw)
		case "source":
			if json.Unmarshal(raw, &p.list.source) != nil || strings.TrimSpace(p.list.source) == "" {
				p.fail(line, "来源：应写明依据的放假通知", "source: want the notice the days are taken from")
			}
		case "off", "work":
			p.days(at, raw, key)
		default:
			p.fail(line, "没有 %q 这一项", "unknown field %q", key)
		}
	}
	for _, key := range []string{"year", "source", "off", "work"} {
		if !keys[key] {
			p.fail(0, "缺少 %q", "%q is missing", key)
		}
	}
	p.checkDates()
}

func (p *listParser) year(line int, raw json.RawMessage) {
	var year int
	switch want := strings.TrimSuffix(filepath.Base(p.file), ".json"); {
	case json.Unmarshal(raw, &year) != nil:
		p.fail(line, "年度：应为数字，而不是 %.80s", "year: want a number, got %.80s", raw)
	case strconv.Itoa(year) != want:
		p.fail(line, "年度：%d 与文件名不符", "year: %d does not go with the name of the file", year)
	case year < minYear || year > maxYear:
		p.fail(line, "年度：%d 不在%d至%d之间", "year: %d is not in %d to %d", year, minYear, maxYear)
	default:
		p.list.year = year
	}
}

// days reads the array off or work, whose first byte is at offset base.
func (p *listParser) days(base int, raw json.RawMessage, key string) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, _ := dec.Token(); open != json.Delim('[') {
		p.fail(p.line(base), `%s：应为 {"date": …, "name": …} 的列表`, `%s: want a list of {"date": …, "name": …}`, key)
		return
	}
	for dec.More() {
		var item json.RawMessage
		_ = dec.Decode(&item)
		p.day(p.line(base+int(dec.InputOffset())-len(item)), item, key)
	}
}

func (p *listParser) day(line int, raw json.RawMessage, key string) {
	var in struct{ Date, Name *string }
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil || in.Date == nil || in.Name == nil {
		p.fail(line, `%s：应为 {"date": "2006-01-02", "name": "国庆节"}，而不是 %.80s`, `%s: want {"date": "2006-01-02", "name": "国庆节"}, got %.80s`, key, raw)
		return
	}
	if !plainName(*in.Name) {
		p.fail(line, "%s：名称 %q 不是节假日的名称", "%s: name %q: want the name of a holiday", key, *in.Name)
	}
	d, err := ParseDate(*in.Date)
	if err != nil {
		p.fail(line, "%[1]s：日期有误，应为确有的一天，写作 2006-01-02", "%s: %w", key, err)
		return
	}
	if w := d.Weekday(); key == "work" && w != time.Saturday && w != time.Sunday {
		p.fail(line, "work：%[1]v 不是周六或周日，只有周末才能调为工作日", "work: %v is a %v, and only a Saturday or Sunday can be made a working day", d, w)
	}
	if first, ok := p.seen[d]; ok {
		p.fail(line, "%s：%v 已在第%d行列出", "%s: %v is already on line %d", key, d, first)
		return
	}
	p.seen[d] = line
	p.list.entries = append(p.list.entries, entry{d, mark{work: key == "work", name: *in.Name}})
}

// plainName keeps out what would spoil the sentences a name appears in.
func plainName(s string) bool {
	return s != "" && s == strings.TrimSpace(s) && utf8.RuneCountInString(s) <= 20 &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// checkDates checks the days against the year and the law.
func (p *listParser) checkDates() {
	year := p.list.year
	if year == 0 {
		return
	}
	off := 0
	marks := make(map[Date]mark)
	for _, e := range p.list.entries {
		if e.date.Year != year && (e.date.Year != year-1 || !settledByNextYear(e.date)) {
			p.fail(p.seen[e.date], "%v 既不在%d年，也不在上年12月%d日以后", "%v is neither in %d nor in the December before, from the %dst on",
				e.date, year, lastSettledDecember+1)
		}
		marks[e.date] = e.mark
		if !e.work {
			off++
		}
	}
	for _, d := range fixedHolidays(year) {
		if m, ok := marks[d]; !ok || m.work {
			p.fail(0, "缺少法定假日 %v（%s）", "off: %v (%s) is missing, a rest day by law", d, fixedHoliday(d))
		}
	}
	if least := statutoryDays(year); off < least {
		p.fail(0, "只列了%d个休息日，少于法定的%d天", "off: %d days, but the law gives %d", off, least)
	}
	if off > maxOff {
		p.fail(0, "列了%d个休息日，最多%d个：只列节假日，不列平常的周末", "off: %d days, want at most %d: the holidays, not every weekend", off, maxOff)
	}
}

// revised is the first year under the 放假办法 as revised on 2024-11-10, which added a day to 春节
// and one to 劳动节.
const revised = 2025

// fixedHolidays returns the days that every list of the year must have.
func fixedHolidays(year int) []Date {
	days := []Date{{year, time.January, 1}, {year, time.May, 1}}
	if year >= revised {
		days = append(days, Date{year, time.May, 2})
	}
	return append(days, Date{year, time.October, 1}, Date{year, time.October, 2}, Date{year, time.October, 3})
}

// statutoryDays returns how many rest days the law gives in a year, weekends and 调休 apart (放假办法
// Art 2); a day that falls on a weekend is made up for, so no list has fewer.
func statutoryDays(year int) int {
	if year >= revised {
		return 13
	}
	return 11
}
