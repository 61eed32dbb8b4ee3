package idp

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// clientKind says what a client may do.
type clientKind int

const (
	// webClient are single-page applications: authorization code with PKCE.
	webClient clientKind = iota
	// implicitClient are those that still use the implicit grant (deprecated by RFC 9700 section 2.1.2).
	implicitClient
	// machineClient have a secret and no user.
	machineClient
)

// responseToken is response_type=token, which OpenID Connect does not have and OAuth does (RFC 6749 section 4.2.1).
const responseToken oidc.ResponseType = "token"

// client implements op.Client.
type client struct {
	id      string
	kind    clientKind
	tenants []*Tenant
}

// site is the tenant whose page the URI is, if this client is of that tenant.
func (c *client) site(d *directory, uri string) *Tenant {
	if t := d.site(uri); t != nil && c.kind != machineClient && slices.Contains(c.tenants, t) {
		return t
	}
	return nil
}

// GetID implements op.Client.
func (c *client) GetID() string { return c.id }

// RedirectURIs implements op.Client. It has none: pages are allowed by their origin, in
// ValidateAuthRequest and endSession.
func (c *client) RedirectURIs() []string { return nil }

// PostLogoutRedirectURIs implements op.Client, as RedirectURIs.
func (c *client) PostLogoutRedirectURIs() []string { return nil }

// ApplicationType implements op.Client.
func (c *client) ApplicationType() op.ApplicationType {
	if c.kind == machineClient {
		return op.ApplicationTypeWeb
	}
	return op.ApplicationTypeUserAgent
}

// AuthMethod implements op.Client.
func (c *client) AuthMethod() oidc.AuthMethod {
	if c.kind == machineClient {
		return oidc.AuthMethodBasic
	}
	return oidc.AuthMethodNone
}

// ResponseTypes implements op.Client.
func (c *client) ResponseTypes() []oidc.ResponseType {
	switch c.kind {
	case webClient:
		return []oidc.ResponseType{oidc.ResponseTypeCode}
	case implicitClient:
		return []oidc.ResponseType{responseToken, oidc.ResponseTypeIDToken, oidc.ResponseTypeIDTokenOnly}
	}
	return nil
}

// GrantTypes implements op.Client.
func (c *client) GrantTypes() []oidc.GrantType {
	switch c.kind {
	case webClient:
		return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	case implicitClient:
		return []oidc.GrantType{oidc.GrantTypeImplicit}
	case machineClient:
		return []oidc.GrantType{oidc.GrantTypeClientCredentials}
	}
	return nil
}

// LoginURL implements op.Client.
func (c *client) LoginURL(id string) string { return loginPath + "?id=" + url.QueryEscape(id) }

// AccessTokenType implements op.Client.
func (c *client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// IDTokenLifetime implements op.Client.
func (c *client) IDTokenLifetime() time.Duration { return idTokenLifetime }

// DevMode implements op.Client: pages of this machine have no TLS.
func (c *client) DevMode() bool { return true }

// RestrictAdditionalIdTokenScopes implements op.Client.
func (c *client) RestrictAdditionalIdTokenScopes() func([]string) []string { return allScopes }

// RestrictAdditionalAccessTokenScopes implements op.Client.
func (c *client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return allScopes }

func allScopes(scopes []string) []string { return scopes }

// IsScopeAllowed implements op.Client: scopes that some tenant has. What the user may have is
// decided when it is known who it is.
func (c *client) IsScopeAllowed(scope string) bool {
	return strings.HasPrefix(scope, "account:") || slices.ContainsFunc(c.tenants, func(t *Tenant) bool { return slices.Contains(t.Scopes, scope) })
}

// IDTokenUserinfoClaimsAssertion implements op.Client.
func (c *client) IDTokenUserinfoClaimsAssertion() bool { return true }

// ClockSkew implements op.Client.
func (c *client) ClockSkew() time.Duration { return 0 }
