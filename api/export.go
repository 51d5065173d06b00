package api

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"shuangze/calendar"
	"shuangze/casefile"
	"shuangze/policy"
	"shuangze/store"
)

// columns reads which columns a table is to have; without any it has all.
func (q *query) columns(name string) []string {
	all := policy.IDs(casefile.Columns)
	asked := q.text(name, 500)
	if asked == "" {
		return all
	}
	chosen := strings.Split(asked, ",")
	if slices.ContainsFunc(chosen, func(c string) bool { return !slices.Contains(all, c) }) {
		q.notInList(name, all)
		return all
	}
	return slices.DeleteFunc(all, func(c string) bool { return !slices.Contains(chosen, c) })
}

// getTable writes a list whole, as a table for a spreadsheet. Nothing of the petitioners is
// in it; who took it, and by which conditions, is logged.
func (a *api) getTable(w http.ResponseWriter, r *http.Request) error {
	v, err := a.viewer(r)
	if err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(tablePatience))
	q := readQuery(r)
	filter, columns := q.narrow(v.rules), q.columns("columns")
	filter.Sort = q.sort()
	q.done()
	if err := q.err(); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	begun := false
	begin := func() {
		begun = true
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Language", v.lang.tag())
		h.Set("Content-Disposition", `attachment; filename="cases-`+calendar.DateOf(v.now).String()+`.csv"`)
		_, _ = w.Write([]byte("\ufeff")) // by which Excel knows that it is UTF-8
		var head []string
		for _, c := range casefile.Columns {
			if slices.Contains(columns, c.ID) {
				head = append(head, v.lang.of(c.Name))
			}
		}
		_ = out.Write(head) // Flush tells
	}
	err = a.Store.Export(r.Context(), v.by, filter, url.Values(q.values).Encode(), v.now, func(row store.Row) error {
		if !begun {
			begin()
		}
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = Plain(v.cell(c, row))
		}
		return out.Write(line)
	})
	switch {
	case err == nil && !begun:
		begin() // a list of nothing has its head
	case err != nil && begun:
		// A part must not be taken for the whole: the connection breaks off.
		if !errors.Is(err, context.Canceled) {
			a.Log.ErrorContext(r.Context(), "export broke off", "route", routeOf(r), "error", err)
		}
		panic(http.ErrAbortHandler)
	case err != nil:
		return err
	}
	out.Flush()
	return nil
}

// Plain is a word that no spreadsheet takes for a formula, whatever blanks stand before it.
func Plain(word string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(word))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + word
	}
	return word
}

// cell is what a column shows of a case.
func (v viewer) cell(column string, row store.Row) string {
	c, d := row.Case, v.rules.Directory
	code := func(list []policy.Code, id string) string {
		if i := slices.IndexFunc(list, func(c policy.Code) bool { return c.ID == id }); i >= 0 {
			return v.lang.of(list[i].Name)
		}
		return id
	}
	switch column {
	case "number":
		return c.Number
	case "title":
		return row.Title
	case "lamp":
		return v.lang.of(c.Lamp(v.now).Name())
	case "due":
		return v.due(c)
	case "stage":
		return v.lang.of(c.Stage.Name())
	case "supervision":
		if c.Supervision() == casefile.NotSupervised {
			return ""
		}
		return v.lang.of(c.Supervision().Name())
	case "unit":
		return d.Units[c.Unit].Name
	case "upper":
		return d.Officials[c.Upper.Official].Name
	case "lower":
		return d.Officials[c.Lower.Official].Name
	case "office":
		return d.Units[c.Office].Name
	case "received":
		return c.ReceivedOn.String()
	case "origin":
		return code(v.rules.Policy.Origins, c.Origin)
	case "category":
		category, _ := v.rules.Policy.Category(c.Category)
		return v.lang.of(category.Name)
	case "campaign":
		if ref := v.campaignOf(c); ref != nil {
			return ref.Name
		}
	case "reference":
		return c.Reference
	case "marks":
		var marks []string
		for _, m := range c.Marks() {
			marks = append(marks, v.lang.of(m))
		}
		return strings.Join(marks, v.lang.of(policy.Text{Chinese: "、", English: ", "}))
	}
	return ""
}

// due is the day on which the first running clock of a case is due; empty when none runs.
func (v viewer) due(c casefile.Case) string {
	var first calendar.Date
	for _, k := range c.Clocks {
		if k.Ticking() && (first.IsZero() || k.Due.Internal.Before(first)) {
			first = k.Due.Internal
		}
	}
	if first.IsZero() {
		return ""
	}
	return first.String()
}
