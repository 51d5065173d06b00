package main

import (
	"errors"
	"strings"

	"shuangze/auth"
)

// provider is the identity provider that vouches for officials, if there is one.
type provider struct {
	Issuer       string `help:"OpenID Connect provider that vouches for officials, by its issuer address. Needs --public-url; the provider sends browsers back to /sign-in/provider/return there, and after signing out to /sign-in." env:"SHUANGZE_OIDC_ISSUER" name:"oidc-issuer" placeholder:"https://…"`
	ClientID     string `help:"This installation's client id at the provider." env:"SHUANGZE_OIDC_CLIENT_ID" name:"oidc-client-id"`
	ClientSecret string `help:"Its secret." env:"SHUANGZE_OIDC_CLIENT_SECRET" name:"oidc-client-secret"`
	Claim        string `help:"Claim of the id token whose value is the official's id." default:"sub" env:"SHUANGZE_OIDC_CLAIM" name:"oidc-claim"`
	Name         string `help:"What the sign-in page calls the provider." default:"统一身份平台" env:"SHUANGZE_OIDC_NAME" name:"oidc-name"`
}

func (p provider) vouching(publicURL string) (*auth.Provider, error) {
	switch {
	case p.Issuer == "":
		return nil, nil //nolint:nilnil // there is none
	case p.ClientID == "" || publicURL == "":
		return nil, errors.New("--oidc-issuer needs --oidc-client-id and --public-url")
	}
	site := strings.TrimRight(publicURL, "/")
	return &auth.Provider{
		Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.ClientSecret, Claim: p.Claim, Name: p.Name,
		Return: site + "/sign-in/provider/return", Left: site + "/sign-in",
	}, nil
}
