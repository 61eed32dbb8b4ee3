package idp

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// logoutData is what the page shows that asks whether to sign out.
type logoutData struct {
	ClientID, RedirectURI, State string
}

// endSession signs out at the wish of a client (OpenID Connect RP-Initiated Logout 1.0). Without an
// ID token that says who it is about, the user is asked, as section 6 demands.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	in, err := op.ParseEndSessionRequest(r, p.op.Decoder())
	if err != nil {
		p.problem(w, http.StatusBadRequest, "The request to sign out cannot be read.")
		return
	}
	subject := ""
	if in.IdTokenHint != "" {
		ctx := op.ContextWithIssuer(r.Context(), p.issuer)
		claims, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](ctx, in.IdTokenHint, p.op.IDTokenHintVerifier(ctx))
		if err != nil && !errors.As(err, &op.IDTokenHintExpiredError{}) {
			p.problem(w, http.StatusBadRequest, "The id_token_hint is not valid.")
			return
		}
		if in.ClientID != "" && in.ClientID != claims.GetAuthorizedParty() {
			p.problem(w, http.StatusBadRequest, "The client_id is not that of the id_token_hint.")
			return
		}
		subject, in.ClientID = claims.GetSubject(), claims.GetAuthorizedParty()
	}
	data := logoutData{ClientID: in.ClientID, RedirectURI: in.PostLogoutRedirectURI, State: in.State}
	if !p.mayReturn(data) {
		p.problem(w, http.StatusBadRequest, "The post_logout_redirect_uri is not below an origin of a tenant of the client.")
		return
	}
	if subject == "" {
		p.page(w, http.StatusOK, "logout", data, p.logoutTargets(data))
		return
	}
	if err := p.state.signOut(sessionOf(r), subject); err != nil {
		p.problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	p.signedOut(w, r, data)
}

// logout signs out everywhere, as the user wished on the page.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	data := logoutData{ClientID: r.PostForm.Get("client_id"), RedirectURI: r.PostForm.Get("post_logout_redirect_uri"), State: r.PostForm.Get("state")}
	if !p.mayReturn(data) {
		p.problem(w, http.StatusBadRequest, "The post_logout_redirect_uri is not below an origin of a tenant of the client.")
		return
	}
	if err := p.state.signOut(sessionOf(r), ""); err != nil {
		p.problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	endSessionCookies(w)
	p.signedOut(w, r, data)
}

// mayReturn says whether the client may have the browser sent to where it wants; nowhere is fine.
func (p *Provider) mayReturn(data logoutData) bool {
	if data.RedirectURI == "" {
		return true
	}
	d := p.directory.Load()
	c := d.clients[data.ClientID]
	return c != nil && c.site(d, data.RedirectURI) != nil
}

func (p *Provider) logoutTargets(data logoutData) []string {
	targets := []string{"'self'"}
	if origin, ok := originOf(data.RedirectURI); ok {
		targets = append(targets, origin)
	}
	return targets
}

// signedOut sends the browser back, if the client said where to.
func (p *Provider) signedOut(w http.ResponseWriter, r *http.Request, data logoutData) {
	to, err := url.Parse(data.RedirectURI)
	if err != nil || data.RedirectURI == "" {
		p.page(w, http.StatusOK, "signed-out", nil, nil)
		return
	}
	if data.State != "" {
		q := to.Query()
		q.Set("state", data.State)
		to.RawQuery = q.Encode()
	}
	http.Redirect(w, r, to.String(), http.StatusFound)
}
