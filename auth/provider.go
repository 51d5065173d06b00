package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var (
	// ErrProviderAway says that the identity provider did not answer, or not in time.
	ErrProviderAway = errors.New("the identity provider does not answer")
	// ErrNotVouched says that what came back from the provider vouches for nobody.
	ErrNotVouched = errors.New("the identity provider did not vouch for anybody")
	// ErrStays says that the provider can't be told that somebody signs out.
	ErrStays = errors.New("the identity provider keeps people signed in")
)

// Provider is an OpenID Connect provider that vouches for officials, by the authorization
// code flow with PKCE.
type Provider struct {
	Issuer, ClientID, ClientSecret string
	// Claim is the one whose value is the official's id; empty: "sub".
	Claim string
	// Name is what the sign-in page calls it.
	Name string
	// Return is the address, known to the provider, to which browsers come back, and Left the
	// one to which they do after signing out there; empty: they stay there.
	Return, Left string

	mu    sync.Mutex
	found *oidc.Provider // as it described itself; asked once, when somebody first signs in
}

// Handshake is what the browser keeps while it is away at the provider.
type Handshake struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Next     string `json:"next"` // where to go on to
}

const patience = 10 * time.Second

// discovered asks the provider to describe itself. That it is away when this program
// starts, or for a while, stops nobody from signing in with a password.
func (p *Provider) discovered() (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// Its keys are fetched again and again, long after this request.
	ctx := oidc.ClientContext(context.Background(), &http.Client{Timeout: patience})
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProviderAway, err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) config(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.Return,
		Scopes: []string{oidc.ScopeOpenID, "profile"},
	}
}

// Begin is the provider's address to which a browser goes, and what it keeps meanwhile.
// Errors: ErrProviderAway.
func (p *Provider) Begin(next string) (address string, h Handshake, err error) {
	found, err := p.discovered()
	if err != nil {
		return "", h, err
	}
	h = Handshake{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
	return p.config(found).AuthCodeURL(h.State, oidc.Nonce(h.Nonce), oauth2.S256ChallengeOption(h.Verifier)), h, nil
}

// Finish is the id of the official whom the provider vouches for, and the id token in which
// it does, by what the browser kept and what it brought back. Whether there is such an
// official is not asked. Errors: ErrProviderAway, ErrNotVouched.
func (p *Provider) Finish(ctx context.Context, h Handshake, state, code string) (official, idToken string, err error) {
	if h.State == "" || subtle.ConstantTimeCompare([]byte(h.State), []byte(state)) != 1 {
		return "", "", fmt.Errorf("%w: another state than was sent", ErrNotVouched)
	}
	found, err := p.discovered()
	if err != nil {
		return "", "", err
	}
	token, err := p.config(found).Exchange(oidc.ClientContext(ctx, &http.Client{Timeout: patience}), code, oauth2.VerifierOption(h.Verifier))
	if err != nil {
		if refused := new(oauth2.RetrieveError); errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
			return "", "", fmt.Errorf("%w: %w", ErrNotVouched, err)
		}
		return "", "", fmt.Errorf("%w: %w", ErrProviderAway, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotVouched, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(h.Nonce)) != 1 {
		return "", "", fmt.Errorf("%w: another nonce than was sent", ErrNotVouched)
	}
	if p.Claim == "" || p.Claim == "sub" {
		return id.Subject, raw, nil
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrNotVouched, err)
	}
	official, ok := claims[p.Claim].(string)
	if !ok || official == "" {
		return "", "", fmt.Errorf("%w: the token has no claim %q", ErrNotVouched, p.Claim)
	}
	return official, raw, nil
}

// SignOut is the address of the provider at which a browser, that signed in with this id
// token, signs out there too and then comes back. Errors: ErrProviderAway; ErrStays when the
// provider has no such address.
func (p *Provider) SignOut(idToken string) (address string, err error) {
	found, err := p.discovered()
	if err != nil {
		return "", err
	}
	var described struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&described); err != nil {
		return "", fmt.Errorf("%w: %w", ErrProviderAway, err)
	}
	if described.EndSession == "" {
		return "", ErrStays
	}
	end, err := url.Parse(described.EndSession)
	if err != nil || end.Host == "" {
		return "", fmt.Errorf("%w: its end_session_endpoint is no address", ErrStays)
	}
	query := end.Query()
	query.Set("id_token_hint", idToken)
	query.Set("client_id", p.ClientID)
	if p.Left != "" {
		query.Set("post_logout_redirect_uri", p.Left)
	}
	end.RawQuery = query.Encode()
	return end.String(), nil
}
