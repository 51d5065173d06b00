package api

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"shuangze/casefile"
)

// search is what a list of the directory is narrowed, ordered and cut by. The directory is
// in memory: ten thousand officials are looked through in some milliseconds.
type search struct {
	words     []string // all of which must be found
	directory *casefile.Directory
	near      []string // a unit and those above it; nearer comes first
	from      int
	limit     int // 0: all
	hits      []hit
}

// search reads the rest of a query; what it has beside is a mistake.
func (q *query) search(d *casefile.Directory) *search {
	s := &search{words: strings.Fields(strings.ToLower(q.line("q"))), directory: d}
	for up := q.unit("near", d); up != "" && len(s.near) <= len(d.Units); up = d.Units[up].Parent {
		s.near = append(s.near, up)
	}
	if s.limit = q.number("limit", 0, maxPage); s.limit > 0 {
		cursor := q.text("cursor", 20)
		from, err := strconv.Atoi(cursor)
		if cursor != "" && (err != nil || from < 1) {
			q.wrong("cursor", "not_a_cursor", "不是本列表给出的游标", "not a cursor of this list")
		}
		s.from = from
	}
	q.done()
	return s
}

// hit is what a search has found. The smaller its numbers, the earlier it comes.
type hit struct {
	id              string
	words, up, down int
}

// add notes somebody or something of a unit, if all words are in its id, its name or what
// else is said of it. One whose id or name is just what was asked for comes first, then
// those that begin with it.
func (s *search) add(unit, id, name string, about ...string) {
	h := hit{id: id}
	if len(s.words) > 0 {
		code, called := strings.ToLower(id), strings.ToLower(name)
		whole := strings.ToLower(strings.Join(append([]string{code, called}, about...), "\n"))
		for _, word := range s.words {
			if !strings.Contains(whole, word) {
				return
			}
		}
		switch asked := strings.Join(s.words, " "); {
		case code == asked || called == asked:
		case strings.HasPrefix(code, asked) || strings.HasPrefix(called, asked):
			h.words = 1
		default:
			h.words = 2
		}
	}
	if len(s.near) > 0 {
		h.up, h.down = s.apart(unit)
	}
	s.hits = append(s.hits, h)
}

// apart is how far up from the unit that is near one has to go to reach another, and how
// far down from there.
func (s *search) apart(unit string) (up, down int) {
	for range len(s.directory.Units) + 1 { // bounded, as everywhere
		if up := slices.Index(s.near, unit); up >= 0 {
			return up, down
		}
		unit = s.directory.Units[unit].Parent
		down++
	}
	return len(s.near), 0
}

// page orders what was found and cuts the page that was asked for out of it. next is the
// cursor of the one after, nil when there is none.
func (s *search) page() (ids []string, next *string) {
	slices.SortFunc(s.hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.words, b.words), cmp.Compare(a.up, b.up), cmp.Compare(a.down, b.down), cmp.Compare(a.id, b.id))
	})
	from, until := min(s.from, len(s.hits)), len(s.hits)
	if s.limit > 0 && from+s.limit < until {
		until = from + s.limit
		next = text(strconv.Itoa(until))
	}
	for _, h := range s.hits[from:until] {
		ids = append(ids, h.id)
	}
	return ids, next
}

// unchanged answers a caller who has the directory as it is now. It says so by the tag of
// the last answer, as caches do; administrators are told more than others, so theirs is
// another.
func unchanged(w http.ResponseWriter, r *http.Request, v viewer) bool {
	tag := `"` + v.rules.Directory.Version + `"`
	if v.by.Role == casefile.Admin {
		tag = `"` + v.rules.Directory.Version + `-full"`
	}
	w.Header().Set("ETag", tag)
	for _, known := range r.Header.Values("If-None-Match") {
		if slices.Contains(strings.FieldsFunc(known, func(c rune) bool { return c == ',' || c == ' ' }), tag) {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}
