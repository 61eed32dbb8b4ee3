package idp

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// authorizer has the library validate authorization requests by the rules below.
type authorizer struct {
	*op.Provider
	p *Provider
}

var _ op.AuthorizeValidator = authorizer{}

func (p *Provider) authorizer() authorizer { return authorizer{p.op, p} }

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	op.Authorize(w, r, p.authorizer())
}

// ValidateAuthRequest implements op.AuthorizeValidator. Until client and redirect URI are known to
// belong together, errors are shown here and go to nobody else (RFC 6749 section 4.1.2.1).
func (a authorizer) ValidateAuthRequest(ctx context.Context, in *oidc.AuthRequest, _ op.Storage, verifier *op.IDTokenHintVerifier) (string, error) {
	d := a.p.directory.Load()
	c := d.clients[in.ClientID]
	if c == nil || c.kind == machineClient {
		return "", oidc.ErrInvalidRequestRedirectURI().WithDescription("There is no client %q that signs in users.", in.ClientID)
	}
	if c.site(d, in.RedirectURI) == nil {
		return "", oidc.ErrInvalidRequestRedirectURI().WithDescription("The redirect_uri %q is not below an origin of a tenant whose client is %q.", in.RedirectURI, in.ClientID)
	}
	if err := checkResponse(c, in); err != nil {
		return "", err
	}
	var err error
	if in.MaxAge, err = op.ValidateAuthReqPrompt(in.Prompt, in.MaxAge); err != nil {
		return "", err
	}
	if in.Scopes, err = op.ValidateAuthReqScopes(c, in.Scopes); err != nil {
		return "", err
	}
	if len(in.Scopes) == 0 {
		return "", oidc.ErrInvalidScope().WithDescription("no scope that was asked for exists")
	}
	if err := checkImplicit(in); err != nil {
		return "", err
	}
	if err := checkChallenge(c, in); err != nil {
		return "", err
	}
	return op.ValidateAuthReqIDTokenHint(ctx, in.IDTokenHint, verifier)
}

// checkResponse settles the response type, whose words have no order, and the mode: tokens are
// never in a query (OAuth 2.0 Multiple Response Type Encoding Practices, sections 3 and 5).
func checkResponse(c *client, in *oidc.AuthRequest) error {
	words := strings.Fields(string(in.ResponseType))
	slices.Sort(words)
	in.ResponseType = oidc.ResponseType(strings.Join(words, " "))
	mode := in.ResponseMode
	if in.ResponseMode = ""; in.ResponseType != oidc.ResponseTypeCode {
		in.ResponseMode = oidc.ResponseModeFragment
	}
	switch {
	case mode == "":
	case mode == oidc.ResponseModeFragment, mode == oidc.ResponseModeQuery && in.ResponseType == oidc.ResponseTypeCode:
		in.ResponseMode = mode
	default:
		return oidc.ErrInvalidRequest().WithDescription("the response_mode is not possible for the response_type")
	}
	return op.ValidateAuthReqResponseType(c, in.ResponseType)
}

// checkImplicit asks for what ID tokens from the authorization endpoint need (OpenID Connect
// Core 1.0 section 3.2.2.1).
func checkImplicit(in *oidc.AuthRequest) error {
	if !strings.Contains(string(in.ResponseType), "id_token") {
		return nil
	}
	if !slices.Contains(in.Scopes, oidc.ScopeOpenID) {
		return oidc.ErrInvalidScope().WithDescription("an ID token needs the scope openid")
	}
	if in.Nonce == "" {
		return oidc.ErrInvalidRequest().WithDescription("an ID token from the authorization endpoint needs a nonce")
	}
	return nil
}

// challengePattern is a SHA-256 in base64url (RFC 7636 section 4.2).
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// checkChallenge demands PKCE with S256 of public clients (RFC 9700 section 2.1.1).
func checkChallenge(c *client, in *oidc.AuthRequest) error {
	switch {
	case c.kind != webClient:
		return nil
	case in.CodeChallenge == "":
		return oidc.ErrInvalidRequest().WithDescription("a code_challenge is required (PKCE)")
	case in.CodeChallengeMethod != oidc.CodeChallengeMethodS256:
		return oidc.ErrInvalidRequest().WithDescription("the code_challenge_method has to be S256")
	case !challengePattern.MatchString(in.CodeChallenge):
		return oidc.ErrInvalidRequest().WithDescription("the code_challenge is no SHA-256 in base64url")
	}
	return nil
}

// signedIn is the user who is signed in at the pages of the request, if that is enough for it.
func (p *Provider) signedIn(r *http.Request, req *authRequest, site *Tenant) (*user, time.Time) {
	in, ok := p.state.signedIn(sessionOf(r), site.ID)
	if !ok {
		return nil, time.Time{}
	}
	u := p.directory.Load().users[in.Subject]
	stale := req.in.MaxAge != nil && p.now().Sub(in.Time) >= time.Duration(*req.in.MaxAge)*time.Second
	switch {
	case u == nil, stale:
		return nil, time.Time{}
	case req.hint != "" && req.hint != u.name, req.in.LoginHint != "" && req.in.LoginHint != u.name:
		return nil, time.Time{}
	}
	return u, in.Time
}

// complete answers an authorization request whose user is known.
func (p *Provider) complete(w http.ResponseWriter, r *http.Request, req *authRequest, u *user, authTime time.Time, sessionKey string) {
	g := grant{Subject: u.name, Client: req.in.ClientID, Scopes: u.grant(req.in.Scopes), AuthTime: authTime, Session: sessionKey, Nonce: req.in.Nonce}
	if len(g.Scopes) == 0 {
		p.requests.remove(req.id)
		op.AuthRequestError(w, r, req, oidc.ErrInvalidScope().WithDescription("the user may have none of the scopes"), p.authorizer())
		return
	}
	done, err := p.requests.finish(req.id, g)
	if err != nil {
		p.problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if done.in.ResponseType == oidc.ResponseTypeCode {
		op.AuthResponseCode(w, r, done, p.authorizer())
		return
	}
	p.requests.remove(req.id)
	p.answerImplicit(w, r, done, u)
}

// answerImplicit hands tokens to the page itself (RFC 6749 section 4.2.2).
func (p *Provider) answerImplicit(w http.ResponseWriter, r *http.Request, req *authRequest, u *user) {
	answer, err := p.mint(u, req.grant, tokensOf{access: req.in.ResponseType != oidc.ResponseTypeIDTokenOnly, id: req.in.ResponseType != responseToken})
	if err != nil {
		op.AuthRequestError(w, r, req, err, p.authorizer())
		return
	}
	answer.State = req.in.State
	to, err := op.AuthResponseURL(req.in.RedirectURI, req.in.ResponseType, req.in.ResponseMode, answer, p.op.Encoder())
	if err != nil {
		op.AuthRequestError(w, r, req, err, p.authorizer())
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}
