package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
)

// The longest that texts may be, in characters, and a body, in bytes.
const (
	maxText    = 20_000
	maxTitle   = 200
	maxLine    = 100 // codes, names, references
	maxPhone   = 50
	maxAddress = 300
	maxBody    = 1 << 20
)

// body is a request's JSON object. Its fields are read one by one, and what is wrong
// with them is gathered, so that the caller learns all of it at once.
type body struct {
	bytes    []byte
	prefix   string // of the fields' names, in an inner object
	fields   map[string]json.RawMessage
	problems []casefile.FieldError
}

// readBody reads a request's body, of which only these fields are known. An empty one
// is an empty object.
func readBody(w http.ResponseWriter, r *http.Request, known []casefile.Field) (*body, error) {
	if err := checkMediaType(r); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, errTooLarge
		}
		return nil, refuse(http.StatusBadRequest, "incomplete_body", "请求内容不完整", "the body came in incomplete")
	}
	b := &body{bytes: raw}
	if len(bytes.TrimSpace(raw)) == 0 {
		return b, nil
	}
	if !utf8.Valid(raw) {
		return nil, malformed("请求内容不是 UTF-8 编码", "the body is not UTF-8")
	}
	if err := b.open(raw); err != nil {
		return nil, err
	}
	b.know(known)
	return b, nil
}

func malformed(zh, en string) *problem {
	return refuse(http.StatusBadRequest, "malformed_json", zh, en)
}

// checkMediaType refuses what says of itself that it is not plain JSON in UTF-8.
func checkMediaType(r *http.Request) error {
	wrong := refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "请求内容须为 application/json（UTF-8）", "the body must be application/json in UTF-8")
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return wrong
	}
	header := r.Header.Get("Content-Type")
	if header == "" {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(header)
	charset, given := params["charset"]
	if err != nil || mediaType != "application/json" || given && !strings.EqualFold(charset, "utf-8") {
		return wrong
	}
	return nil
}

// open takes an object apart. Only what is no JSON object at all is an error.
func (b *body) open(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	bad := func(err error) error {
		before := raw[:min(int(dec.InputOffset()), len(raw))]
		line, column := 1+bytes.Count(before, []byte("\n")), 1+utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
		return malformed(fmt.Sprintf("请求内容不是有效的 JSON：请核对第%d行第%d个字符附近的逗号、冒号、引号和括号", line, column),
			fmt.Sprintf("the body is not valid JSON, near line %d, character %d: %v", line, column, err))
	}
	start, err := dec.Token()
	if err != nil {
		return bad(err)
	}
	if start != json.Delim('{') {
		return malformed("请求内容须为一个 JSON 对象", "the body must be a JSON object")
	}
	b.fields = map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return bad(err)
		}
		name := key.(string) // the decoder takes nothing else here
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return bad(err)
		}
		if _, twice := b.fields[name]; twice {
			b.wrong(name, "duplicate_field", "此项重复出现", "this field is given twice")
		}
		b.fields[name] = value
	}
	if _, err := dec.Token(); err != nil {
		return bad(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return malformed("JSON 对象之后还有其他内容", "something follows the JSON object")
	}
	return nil
}

// know notes the fields that don't belong here.
func (b *body) know(known []casefile.Field) {
	var unknown []string
	for name := range b.fields {
		if !slices.ContainsFunc(known, func(f casefile.Field) bool { return f.Name == name }) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		b.wrong(name, "unknown_field", "没有这一项", "there is no such field")
	}
}

func (b *body) wrong(name, code, zh, en string) {
	const longest = 64 // what a caller makes up as a name is not repeated at any length
	if r := []rune(name); len(r) > longest {
		name = string(r[:longest]) + "…"
	}
	b.problems = append(b.problems, casefile.FieldError{Field: b.prefix + name, Code: code, Chinese: zh, English: en})
}

// check notes what a check of a field has found, nil where nothing is wrong.
func (b *body) check(found ...*casefile.FieldError) {
	for _, f := range found {
		if f != nil {
			b.wrong(f.Field, f.Code, f.Chinese, f.English)
		}
	}
}

// wrongAt notes what is wrong at a place of a file that a field has; the line 0 is the whole
// file, the column 0 a whole line.
func (b *body) wrongAt(name, code string, line, column int, zh, en string) {
	b.wrong(name, code, zh, en)
	p := &b.problems[len(b.problems)-1]
	p.Line, p.Column = line, column
}

// err is the problem of the fields read so far, with those the core found beside
// them; nil when all is well.
func (b *body) err(core error) error {
	var refusal *casefile.Error
	if core != nil && (!errors.As(core, &refusal) || refusal.Reason != casefile.Invalid) {
		return core
	}
	fields := slices.Clone(b.problems)
	if refusal != nil {
		for _, f := range refusal.Fields {
			if !slices.ContainsFunc(b.problems, func(p casefile.FieldError) bool { return p.Field == f.Field }) {
				fields = append(fields, f)
			}
		}
	}
	if len(fields) == 0 {
		return core
	}
	return invalidFields(fields...)
}

// value decodes a field; ok is false when it is absent or null, or of another type.
func (b *body) value(name string, to any, zh, en string) (ok bool) {
	raw, ok := b.fields[name]
	if !ok || string(raw) == "null" {
		return false
	}
	if json.Unmarshal(raw, to) != nil {
		b.wrong(name, "wrong_type", zh, en)
		return false
	}
	return true
}

// line reads a string without line breaks, trimmed, of at most limit characters.
func (b *body) line(name string, limit int) string { return b.string(name, limit, false) }

// words reads a text of several lines.
func (b *body) words(name string) string { return b.string(name, maxText, true) }

func (b *body) string(name string, limit int, lines bool) string {
	var s string
	if !b.value(name, &s, "应为字符串", "must be a string") {
		return ""
	}
	s, why := clean(s, limit, lines)
	if why != nil {
		b.wrong(name, why.Code, why.Chinese, why.English)
		return ""
	}
	return s
}

// clean trims a string and says what is wrong with it, if anything is.
func clean(s string, limit int, lines bool) (string, *casefile.FieldError) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	for _, c := range s {
		switch {
		case lines && (c == '\n' || c == '\t'):
		case unicode.IsControl(c):
			return "", &casefile.FieldError{Code: "invalid_character", Chinese: "含有不允许的控制字符", English: "contains a control character"}
		case c == utf8.RuneError:
			// What came in could not be read whole: kept, it would be lost for good.
			return "", &casefile.FieldError{Code: "invalid_character", Chinese: "含有无法识别的字符", English: "contains a character that could not be read"}
		}
	}
	if utf8.RuneCountInString(s) > limit {
		return "", &casefile.FieldError{
			Code: "too_long", Chinese: fmt.Sprintf("不得超过%d字", limit), English: fmt.Sprintf("must not be longer than %d characters", limit),
		}
	}
	return s, nil
}

// list reads an array of at most so many codes.
func (b *body) list(name string, most int) []string {
	var items []string
	if !b.value(name, &items, "应为字符串数组", "must be an array of strings") {
		return nil
	}
	if len(items) > most {
		b.wrong(name, "too_many", fmt.Sprintf("不得超过%d项", most), fmt.Sprintf("must not be more than %d", most))
		return nil
	}
	for i, s := range items {
		var why *casefile.FieldError
		if items[i], why = clean(s, maxLine, false); why != nil {
			b.wrong(name, why.Code, why.Chinese, why.English)
			return nil
		}
	}
	return items
}

func (b *body) notInList(name string, list []string) {
	all := strings.Join(list, ", ")
	b.wrong(name, "not_in_list", "不在可选范围内："+all, "is none of: "+all)
}

// has reports whether something is wrong with a field already.
func (b *body) has(name string) bool {
	for _, p := range b.problems {
		if p.Field == name {
			return true
		}
	}
	return false
}

func (b *body) number(name string, absent int) int {
	n := absent
	b.value(name, &n, "应为整数", "must be a whole number")
	return n
}

func (b *body) flag(name string) bool {
	var v bool
	b.value(name, &v, "应为 true 或 false", "must be true or false")
	return v
}

// day reads a date.
func (b *body) day(name string) calendar.Date {
	s := b.line(name, maxLine)
	if s == "" {
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		b.wrong(name, "not_a_date", "应为日期，如 2026-11-23", "must be a date such as 2026-11-23")
	}
	return d
}

// timeOfDay reads a time on the clocks in China.
func (b *body) timeOfDay(name string) policy.TimeOfDay {
	s := b.line(name, maxLine)
	var t policy.TimeOfDay
	if s != "" && t.UnmarshalText([]byte(s)) != nil {
		b.wrong(name, "not_a_time", "应为时刻，如 09:00", "must be a time of day such as 09:00")
	}
	return t
}

// instant reads a time with its zone, or a date, which is the beginning of that day in
// China.
func (b *body) instant(name string) time.Time {
	s := b.line(name, maxLine)
	if s == "" {
		return time.Time{}
	}
	if d, err := calendar.ParseDate(s); err == nil {
		return d.Start()
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		b.wrong(name, "not_a_time", "应为带时区的时间，如 2026-11-23T09:30:00+08:00，或日期", "must be a time with its zone, such as 2026-11-23T09:30:00+08:00, or a date")
		return time.Time{}
	}
	return t.UTC()
}

// object reads an inner object of which these fields are known.
func (b *body) object(name string, read func(*body), known ...casefile.Field) {
	raw, ok := b.fields[name]
	if !ok || string(raw) == "null" {
		return
	}
	inner := &body{prefix: b.prefix + name + "."}
	if inner.open(raw) != nil {
		b.wrong(name, "wrong_type", "应为一个对象", "must be an object")
		return
	}
	inner.know(known)
	read(inner)
	b.problems = append(b.problems, inner.problems...)
}
