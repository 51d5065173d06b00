package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"shuangze/casefile"
	"shuangze/store"
)

type officialKey struct{}

type asKey struct{}

// As makes the requests of a context those of an official whom this process has let in
// itself: the console, of whom is signed in. Nobody outside can make such a context.
func As(ctx context.Context, official casefile.Official) context.Context {
	return context.WithValue(ctx, asKey{}, official)
}

// officialOf is who calls, known after authenticate.
func officialOf(r *http.Request) casefile.Official {
	o, _ := r.Context().Value(officialKey{}).(casefile.Official)
	return o
}

func actorOf(r *http.Request) casefile.Actor {
	o := officialOf(r)
	return casefile.Actor{ID: o.ID, Role: o.Role, Unit: o.Unit}
}

// authenticate lets in whoever has a valid token, or is let in already. Tokens run by the
// real time, in a rehearsal too.
func (a *api) authenticate(next http.Handler) http.Handler {
	enter := func(w http.ResponseWriter, r *http.Request, official casefile.Official, limited string) error {
		noteCaller(r, official.ID)
		if a.requests.OnLimit(w, r, limited) {
			return errTooMany
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), officialKey{}, official)))
		return nil
	}
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if official, ok := r.Context().Value(asKey{}).(casefile.Official); ok {
			return enter(w, r, official, "official "+official.ID)
		}
		token, ok := bearer(r)
		if !ok {
			return a.reject(w, r)
		}
		official, err := a.Store.Holder(r.Context(), token, time.Now())
		switch {
		case errors.Is(err, store.ErrNotFound):
			return a.reject(w, r)
		case err != nil:
			return err
		}
		return enter(w, r, official, token)
	})
}

// reject refuses a caller without a valid token. The limit holds for failures alone:
// behind a proxy all callers have one address, and one of them must not lock out the
// others.
func (a *api) reject(w http.ResponseWriter, r *http.Request) error {
	if a.failures.OnLimit(w, r, a.address(r)) {
		return errTooMany
	}
	return errUnauthenticated
}

// limitPublic bounds what one address asks for without a token. Officials at the console
// share an address with the hall's visitors and are counted by themselves.
func (a *api) limitPublic(next http.Handler) http.Handler {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		limit, whose := a.public, a.address(r)
		if official, ok := r.Context().Value(asKey{}).(casefile.Official); ok {
			limit, whose = a.requests, "official "+official.ID
		}
		if limit.OnLimit(w, r, whose) {
			return errTooMany
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

func (a *api) address(r *http.Request) string { return Address(r, a.BehindProxy) }

// Address is from where a request comes, of an IPv6 network as a whole. Behind a proxy it
// is the last that X-Forwarded-For names: what the proxy itself has added. Whatever stands
// before it the caller may have made up.
func Address(r *http.Request, behindProxy bool) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if lines := r.Header.Values("X-Forwarded-For"); behindProxy && len(lines) > 0 {
		all := strings.Split(lines[len(lines)-1], ",")
		if last, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil {
			host = last.Unmap().String()
		}
	}
	return httprate.CanonicalizeIP(host)
}

// bearer is the token of a request: "sz_" and letters and digits.
func bearer(r *http.Request) (token string, ok bool) {
	if values := r.Header.Values("Authorization"); len(values) == 1 {
		scheme, token, _ := strings.Cut(values[0], " ")
		return token, strings.EqualFold(scheme, "Bearer") && strings.HasPrefix(token, "sz_") && len(token) <= 100
	}
	return "", false
}
