package idp

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// token is the token endpoint (RFC 6749 section 3.2).
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "the token endpoint takes POST", http.StatusMethodNotAllowed)
		return
	}
	answer, err := p.exchange(r)
	if err != nil {
		tokenError(w, r, err)
		return
	}
	answerJSON(w, http.StatusOK, answer)
}

func (p *Provider) exchange(r *http.Request) (*oidc.AccessTokenResponse, error) {
	if r.URL.RawQuery != "" {
		return nil, oidc.ErrInvalidRequest().WithDescription("parameters are in the body, never in the query")
	}
	if _, _, basic := r.BasicAuth(); basic && r.PostForm.Has("client_secret") {
		return nil, oidc.ErrInvalidRequest().WithDescription("the client authenticates in two ways")
	}
	switch grantType := oidc.GrantType(r.PostForm.Get("grant_type")); grantType {
	case oidc.GrantTypeCode:
		return p.exchangeCode(r)
	case oidc.GrantTypeRefreshToken:
		return p.refresh(r)
	case oidc.GrantTypeClientCredentials:
		return p.clientCredentials(r)
	case "":
		return nil, oidc.ErrInvalidRequest().WithDescription("the grant_type is missing")
	}
	return nil, oidc.ErrUnsupportedGrantType().WithDescription("the grant_type is not supported")
}

// verifierPattern is the grammar of RFC 7636 section 4.1.
var verifierPattern = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

func (p *Provider) exchangeCode(r *http.Request) (*oidc.AccessTokenResponse, error) {
	in, err := op.ParseAccessTokenRequest(r, p.op.Decoder())
	if err != nil {
		return nil, err
	}
	if in.Code == "" {
		return nil, oidc.ErrInvalidRequest().WithDescription("the code is missing")
	}
	if in.CodeVerifier != "" && !verifierPattern.MatchString(in.CodeVerifier) {
		return nil, oidc.ErrInvalidRequest().WithDescription("the code_verifier is not 43 to 128 unreserved characters")
	}
	valid, _, err := op.ValidateAccessTokenRequest(r.Context(), in, p.op)
	if err != nil {
		return nil, err
	}
	req, ok := valid.(*authRequest)
	if !ok {
		return nil, oidc.ErrServerError()
	}
	u := p.directory.Load().subject(req.grant.Subject)
	if u == nil {
		return nil, oidc.ErrInvalidGrant().WithDescription("the user is gone")
	}
	if err := p.requests.use(req.id); err != nil {
		return nil, oidc.ErrInvalidGrant().WithDescription("invalid code").WithParent(err)
	}
	answer, err := p.mint(u, req.grant, tokensOf{access: true, id: true})
	if err != nil || !slices.Contains(answer.Scope, oidc.ScopeOfflineAccess) {
		return answer, err
	}
	id, refresh, err := p.state.addGrant(req.grant)
	if err != nil {
		return nil, err
	}
	p.requests.led(req.id, id)
	answer.RefreshToken = refresh
	return answer, nil
}

// refresh replaces a refresh token with every use (RFC 9700 section 4.14.2).
func (p *Provider) refresh(r *http.Request) (*oidc.AccessTokenResponse, error) {
	in, err := op.ParseRefreshTokenRequest(r, p.op.Decoder())
	if err != nil {
		return nil, err
	}
	valid, _, err := op.ValidateRefreshTokenRequest(r.Context(), in, p.op)
	if err != nil {
		return nil, err
	}
	req, ok := valid.(*refreshRequest)
	if !ok {
		return nil, oidc.ErrServerError()
	}
	u := p.directory.Load().subject(req.Subject)
	if u == nil {
		return nil, oidc.ErrInvalidGrant().WithDescription("the user is gone")
	}
	g := req.grant
	g.Scopes = req.current
	answer, err := p.mint(u, g, tokensOf{access: true, id: true})
	if err != nil {
		return nil, err
	}
	if answer.RefreshToken, err = p.state.rotate(in.RefreshToken); err != nil {
		return nil, oidc.ErrInvalidGrant().WithDescription("invalid refresh_token").WithParent(err)
	}
	return answer, nil
}

func (p *Provider) clientCredentials(r *http.Request) (*oidc.AccessTokenResponse, error) {
	in, err := op.ParseClientCredentialsRequest(r, p.op.Decoder())
	if err != nil {
		return nil, err
	}
	valid, c, err := op.ValidateClientCredentialsRequest(r.Context(), in, p.op)
	if err != nil {
		return nil, err
	}
	u := p.directory.Load().subject(c.GetID())
	if u == nil {
		return nil, oidc.ErrInvalidClient()
	}
	return p.mint(u, grant{Subject: u.name, Client: c.GetID(), Scopes: valid.GetScopes(), AuthTime: p.now()}, tokensOf{access: true})
}

// revoke ends refresh tokens (RFC 7009).
func (p *Provider) revoke(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "the revocation endpoint takes POST", http.StatusMethodNotAllowed)
		return
	}
	op.Revoke(w, r, p.op)
}

// tokenError answers as RFC 6749 section 5.2 says. Errors that are no client's say nothing of their cause.
func tokenError(w http.ResponseWriter, r *http.Request, err error) {
	e := &oidc.Error{}
	if !errors.As(err, &e) {
		e = oidc.ErrServerError()
	}
	status := http.StatusBadRequest
	switch e.ErrorType {
	case oidc.InvalidClient:
		status = http.StatusUnauthorized
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="token endpoint"`)
		}
	case oidc.ServerError:
		status = http.StatusInternalServerError
	}
	answerJSON(w, status, e)
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client went away
}
