package idp

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// userinfo answers who the user of an access token is (OpenID Connect Core 1.0 section 5.3).
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "the userinfo endpoint takes GET and POST", http.StatusMethodNotAllowed)
		return
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "an access token is needed", http.StatusUnauthorized)
		return
	}
	subject, scopes, ok := p.verify(token)
	u := p.directory.Load().users[subject]
	switch {
	case !ok || u == nil:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		http.Error(w, "the access token is not valid", http.StatusUnauthorized)
	case !slices.Contains(scopes, oidc.ScopeOpenID):
		w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="openid"`)
		http.Error(w, "the access token lacks the scope openid", http.StatusForbidden)
	default:
		answerJSON(w, http.StatusOK, u.info(scopes))
	}
}

// verify takes access tokens of this provider alone: an ID token has another type.
func (p *Provider) verify(token string) (subject string, scopes []string, ok bool) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil || len(parsed.Headers) != 1 || parsed.Headers[0].ExtraHeaders[jose.HeaderType] != "at+jwt" {
		return "", nil, false
	}
	for _, k := range p.keys.verifying() {
		if k.kid != parsed.Headers[0].KeyID {
			continue
		}
		var claims jwt.Claims
		var scope struct {
			Scope string `json:"scope"`
		}
		if parsed.Claims(k.private.Public(), &claims, &scope) != nil || claims.Expiry == nil ||
			claims.ValidateWithLeeway(jwt.Expected{Issuer: p.issuer, Time: p.now()}, 0) != nil {
			return "", nil, false
		}
		return claims.Subject, strings.Fields(scope.Scope), true
	}
	return "", nil, false
}
