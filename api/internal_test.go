package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"shuangze/casefile"
	"shuangze/store"
	"shuangze/workflows"
)

// TestSetters: every field of every command is read, and none that no command has.
func TestSetters(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, kind := range casefile.Kinds() {
		fields, _ := casefile.Fields(kind)
		for _, f := range fields {
			if kind == casefile.Register || kind == casefile.Correct || f.Name == "text" { // whose words go to the store
				continue
			}
			used[f.Name] = true
			if setters[f.Name] == nil {
				t.Errorf("%s of %s is never read", f.Name, kind)
			}
		}
	}
	for name := range setters {
		if !used[name] {
			t.Errorf("no command has %s", name)
		}
	}
}

// TestRegistrationReadsItsFields: a field of the table that is not read would be lost
// without a word; one of a wrong type shows that it is looked at.
func TestRegistrationReadsItsFields(t *testing.T) {
	t.Parallel()
	fields, _ := casefile.Fields(casefile.Register)
	for _, f := range fields {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"`+f.Name+`": [[]]}`))
		b, err := readBody(httptest.NewRecorder(), r, fields)
		if err != nil {
			t.Fatal(err)
		}
		b.registration(&casefile.Command{})
		if !slices.ContainsFunc(b.problems, func(p casefile.FieldError) bool { return p.Field == f.Name && p.Code == "wrong_type" }) {
			t.Errorf("%s is never read", f.Name)
		}
	}
}

// inside answers one request with a handler of its own.
func inside(t *testing.T, fn func(http.ResponseWriter, *http.Request) error) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	a := &api{Config: Config{Log: slog.New(slog.NewJSONHandler(&log, nil))}}
	r := chi.NewRouter()
	r.Get("/thing/{id}", a.handle(fn))
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/thing/secret-id", nil))
	return w, log.String()
}

func TestInternalErrorsAreLoggedOnceAndNotShown(t *testing.T) {
	t.Parallel()
	for name, fn := range map[string]func(http.ResponseWriter, *http.Request) error{
		"error": func(http.ResponseWriter, *http.Request) error { return errors.New("password=hunter2") },
		"panic": func(http.ResponseWriter, *http.Request) error { panic("password=hunter2") },
		"encoding": func(w http.ResponseWriter, r *http.Request) error {
			return writeJSON(w, r, http.StatusOK, map[string]any{"password=hunter2": func() {}})
		},
		"core error of no known group": func(http.ResponseWriter, *http.Request) error {
			return &casefile.Error{Reason: "new", Code: "x", English: "password=hunter2"}
		},
	} {
		w, log := inside(t, fn)
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"code":"internal_error"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s is shown: %s", name, w.Body)
		}
		if n := strings.Count(log, "\n"); n != 1 || strings.Contains(log, "secret-id") {
			t.Errorf("%s is logged in %d lines: %s", name, n, log)
		}
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]*problem{
		fmt.Errorf("give: %w", workflows.ErrUnavailable): errEngineAway,
		fmt.Errorf("give: %w", workflows.ErrNoWorkflow):  errEngineAway,
		fmt.Errorf("read: %w", context.DeadlineExceeded): errDatabaseAway,
		fmt.Errorf("read: %w", store.ErrNotFound):        errInternal, // where it is an answer, the handler says so
		unready{errDatabaseAway, errors.New("schema")}:   errDatabaseAway,
		fmt.Errorf("handler: %w", errUnauthenticated):    errUnauthenticated,
		fmt.Errorf("handler: %w", errors.ErrUnsupported): errInternal,
	} {
		if got := problemOf(err); got != want {
			t.Errorf("%v is %v, want %v", err, got, want)
		}
	}
}

func TestCallerThatLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	a := &api{Config: Config{Log: slog.New(slog.NewJSONHandler(&log, nil))}}
	w := httptest.NewRecorder()
	a.handle(func(http.ResponseWriter, *http.Request) error { return ctx.Err() })(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	if w.Code != statusGone || log.Len() != 0 {
		t.Errorf("answered %d, logged %s", w.Code, log.String())
	}
}
