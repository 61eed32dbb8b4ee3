package plan

import (
	"slices"
	"strings"
)

// WebConfig is what the single page application reads from /config.json: all that differs
// between tenants, so that one build serves every one of them. Nothing of it is secret.
type WebConfig struct {
	// Version of this format; 1 is the only one.
	Version int `json:"version"`
	// Tenant that the page is of.
	Tenant WebTenant `json:"tenant"`
	// Issuer signs people in (OpenID Connect Discovery 1.0).
	Issuer string `json:"issuer"`
	// ClientID is the application's OAuth 2.0 client.
	ClientID string `json:"clientId"`
	// Scope that the application asks for (RFC 6749 section 3.3): every scope of the API and the
	// tenant's account. Which of them a user gets is the identity provider's to say.
	Scope string `json:"scope"`
	// AuthorizationParameters go into every authorization request.
	AuthorizationParameters map[string]string `json:"authorizationParameters,omitempty"`
	// API is the path that those of the contract are below.
	API string `json:"api"`
}

// WebTenant is what the page shows of its tenant.
type WebTenant struct {
	// ID and Name of the tenant.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Color of the logo as #rrggbb; empty for the application's own.
	Color string `json:"color,omitempty"`
}

// openIDScopes are asked for beside the API's: an ID token, the name of the user, and a
// refresh token, so that nobody has to sign in again every hour (OpenID Connect Core 1.0
// sections 5.4 and 11).
var openIDScopes = []string{"openid", "profile", "offline_access"}

func (b *tenantBuilder) webConfig() WebConfig {
	idp := b.file.Platform.IdentityProvider
	c := WebConfig{
		Version: 1, Tenant: WebTenant{ID: b.tenant.ID, Name: b.tenant.Name, Color: b.tenant.Color},
		Issuer: idp.Issuer, ClientID: idp.WebClientID, AuthorizationParameters: idp.AuthorizationParameters,
		API: "/" + stageName,
	}
	if b.pathPrefix() != "" {
		c.API += "/" + b.tenant.BillingAccount
	}
	var scopes []string
	for _, o := range b.contract.Operations {
		for _, alternative := range o.Scopes {
			scopes = append(scopes, alternative...)
		}
	}
	slices.Sort(scopes)
	c.Scope = strings.Join(append(slices.Concat(openIDScopes, slices.Compact(scopes)), "account:"+b.tenant.BillingAccount), " ")
	return c
}
