package api_test

import (
	"net/http"
	"testing"
)

// TestMainWay takes a case from registration to closure by HTTP alone.
func TestMainWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.register()
	w.command("p-registrar", id, "forward", nil)
	a := w.command("a-nc-officer", id, "accept", nil)
	t.Logf("%s", a.body)
	_ = http.StatusOK
}
