package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuangze/calendar"
	"shuangze/casefile"
)

// query is the part of an address after the question mark, read like a body.
type query struct {
	body
	values map[string][]string
	read   []string
}

func readQuery(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.wrong("query", "malformed_query", "网址中的查询参数无法读取", "the parameters after the question mark can't be read")
	}
	return q
}

func (q *query) text(name string, limit int) string {
	q.read = append(q.read, name)
	values := q.values[name]
	switch {
	case len(values) == 0:
		return ""
	case len(values) > 1:
		q.wrong(name, "duplicate_field", "此项重复出现", "this parameter is given twice")
		return ""
	}
	s, why := clean(values[0], limit, false)
	if why != nil {
		q.wrong(name, why.Code, why.Chinese, why.English)
	}
	return s
}

func (q *query) line(name string) string { return q.text(name, maxLine) }

func (q *query) oneOf(name string, list ...string) string {
	s := q.line(name)
	if s == "" || slices.Contains(list, s) {
		return s
	}
	q.notInList(name, list)
	return ""
}

// someOf reads several of a list, with commas between them.
func (q *query) someOf(name string, list ...string) []string {
	s := q.line(name)
	if s == "" {
		return nil
	}
	some := strings.Split(s, ",")
	if slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(list, s) }) {
		q.notInList(name, list)
	}
	return some
}

func (q *query) unit(name string, d *casefile.Directory) string {
	code := q.line(name)
	if _, ok := d.Units[code]; !ok && code != "" {
		q.wrong(name, "unknown_unit", "名录中没有这个单位", "there is no such unit")
	}
	return code
}

func (q *query) official(name string, d *casefile.Directory) string {
	id := q.line(name)
	if _, ok := d.Officials[id]; !ok && id != "" {
		q.wrong(name, "unknown_official", "名录中没有此人", "there is no such official")
	}
	return id
}

func (q *query) day(name string) calendar.Date {
	s := q.line(name)
	d, err := calendar.ParseDate(s)
	if err != nil && s != "" {
		q.wrong(name, "not_a_date", "应为日期，如 2026-11-23", "must be a date such as 2026-11-23")
	}
	return d
}

// instant reads a time with its zone, or a date, which is the beginning of that day in
// China. An unescaped "+" of the zone comes in as a blank.
func (q *query) instant(name string) time.Time {
	s := q.line(name)
	if s == "" {
		return time.Time{}
	}
	if d, err := calendar.ParseDate(s); err == nil {
		return d.Start()
	}
	t, err := time.Parse(time.RFC3339, strings.ReplaceAll(s, " ", "+"))
	if err != nil {
		q.wrong(name, "not_a_date", "应为日期，如 2026-11-23，或带时区的时间，如 2026-11-23T09:30:00+08:00", "must be a date such as 2026-11-23, or a time with its zone such as 2026-11-23T09:30:00+08:00")
		return time.Time{}
	}
	return t.UTC()
}

// number reads a count from 1 to most.
func (q *query) number(name string, absent, most int) int {
	s := q.line(name)
	if s == "" {
		return absent
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		q.wrong(name, "out_of_range", "应为1至"+strconv.Itoa(most)+"的整数", "must be a whole number from 1 to "+strconv.Itoa(most))
		return absent
	}
	return n
}

// done notes the parameters that nobody has asked for: one that is mistyped must not
// silently give another list.
func (q *query) done() {
	var unknown []string
	for name := range q.values {
		if !slices.Contains(q.read, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		q.wrong(name, "unknown_field", "没有这个参数", "there is no such parameter")
	}
}

func (q *query) err() error { return q.body.err(nil) }
