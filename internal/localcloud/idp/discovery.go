package idp

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// discovery answers with the library's document, without what is not offered here (OpenID Connect
// Discovery 1.0 section 3).
func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	url := func(path string) string { return strings.TrimSuffix(p.issuer, "/") + path }
	scopes := map[string]bool{}
	for _, t := range p.directory.Load().tenants {
		for _, s := range t.Scopes {
			scopes[s] = true
		}
	}
	c := op.CreateDiscoveryConfig(r.Context(), p.op, storage{p})
	c.AuthorizationEndpoint, c.TokenEndpoint, c.UserinfoEndpoint = url(authorizePath), url(tokenPath), url(userinfoPath)
	c.RevocationEndpoint, c.EndSessionEndpoint, c.JwksURI = url(revocationPath), url(endSessionPath), url(keysPath)
	c.IntrospectionEndpoint, c.DeviceAuthorizationEndpoint, c.CheckSessionIframe = "", "", ""
	c.IntrospectionEndpointAuthMethodsSupported, c.IntrospectionEndpointAuthSigningAlgValuesSupported = nil, nil
	c.RevocationEndpointAuthSigningAlgValuesSupported = nil
	c.ScopesSupported = slices.Concat(userScopes, slices.Sorted(maps.Keys(scopes)))
	c.ResponseTypesSupported = []string{string(oidc.ResponseTypeCode), string(responseToken), string(oidc.ResponseTypeIDTokenOnly), string(oidc.ResponseTypeIDToken)}
	c.ResponseModesSupported = []string{string(oidc.ResponseModeQuery), string(oidc.ResponseModeFragment)}
	c.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeImplicit, oidc.GrantTypeRefreshToken, oidc.GrantTypeClientCredentials}
	c.ClaimsSupported = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "azp", "at_hash", "name", "preferred_username", "email", "email_verified"}
	w.Header().Set("Cache-Control", "no-cache")
	answerJSON(w, http.StatusOK, c)
}

// cors lets the pages of the tenants read the answers of an endpoint (Fetch Standard, "HTTP CORS
// protocol"). Credentials are not among what they send.
func (p *Provider) cors(methods string, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		allowed := p.directory.Load().sites[r.Header.Get("Origin")] != nil
		if allowed {
			h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
		}
		if r.Method != http.MethodOptions {
			next(w, r)
			return
		}
		h.Set("Allow", methods)
		if allowed {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			h.Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
