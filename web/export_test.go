package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// Routes lists every page of the console, as "GET /cases/{id}".
func Routes() (list []string) {
	_ = chi.Walk((&console{}).routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error { // it never fails
		list = append(list, method+" "+route)
		return nil
	})
	return list
}
