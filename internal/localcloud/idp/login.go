package idp

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// loginPage answers an authorization request at once if the user is signed in, and shows the
// login page if not.
func (p *Provider) loginPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	req, site, ok := p.pending(w, r.FormValue("id"))
	if !ok {
		return
	}
	u, authTime := p.signedIn(r, req, site)
	asked := slices.ContainsFunc(req.in.Prompt, func(s string) bool { return s == oidc.PromptLogin || s == oidc.PromptSelectAccount })
	switch {
	case u != nil && !asked:
		p.complete(w, r, req, u, authTime, sessionOf(r))
	case slices.Contains(req.in.Prompt, oidc.PromptNone):
		p.requests.remove(req.id)
		op.AuthRequestError(w, r, req, oidc.ErrLoginRequired().WithDescription("nobody is signed in"), p.authorizer())
	default:
		p.showLogin(w, http.StatusOK, req, site, "", req.in.LoginHint)
	}
}

// pending finds the request that a login is for, or answers that there is none.
func (p *Provider) pending(w http.ResponseWriter, id string) (*authRequest, *Tenant, bool) {
	req, err := p.requests.get(id)
	if err == nil && req.done {
		err = errNoRequest
	}
	if err != nil {
		p.problem(w, http.StatusBadRequest, err.Error())
		return nil, nil, false
	}
	d := p.directory.Load()
	if c := d.clients[req.in.ClientID]; c != nil {
		if site := c.site(d, req.in.RedirectURI); site != nil {
			return req, site, true
		}
	}
	p.problem(w, http.StatusBadRequest, "The tenant of this sign-in is not there any more.")
	return nil, nil, false
}

// login signs a user in, whom the page names by a button or by name and password.
func (p *Provider) login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	req, site, ok := p.pending(w, r.PostForm.Get("id"))
	if !ok {
		return
	}
	name, password := strings.TrimSpace(r.PostForm.Get("username")), r.PostForm.Get("password")
	users := p.directory.Load().users
	u := users[r.PostForm.Get("user")]
	if u == nil && !r.PostForm.Has("user") {
		u = users[name]
		if u != nil && subtle.ConstantTimeCompare([]byte(password), []byte(u.role.name)) != 1 {
			u = nil
		}
	}
	if u == nil {
		p.showLogin(w, http.StatusUnauthorized, req, site, "User name or password is wrong. The password is the role's name.", name)
		return
	}
	now := p.now()
	key := p.startSession(w)
	if err := p.state.signIn(sessionOf(r), key, site.ID, signIn{Subject: u.name, Time: now}); err != nil {
		p.problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	p.complete(w, r, req, u, now, key)
}

// loginData is what the login page shows.
type loginData struct {
	ID         string
	Site       *Tenant
	Host       string
	ClientID   string
	Deprecated bool
	Problem    string
	Name       string
	Own        []userData
	Others     []tenantData
}

type tenantData struct {
	Tenant *Tenant
	Users  []userData
}

type userData struct {
	Name, Title, Initial string
	// Gets are the scopes of the request that the user may have; Lacks are the others.
	Gets, Lacks []string
}

func (p *Provider) showLogin(w http.ResponseWriter, status int, req *authRequest, site *Tenant, problem, name string) {
	d := p.directory.Load()
	c := d.clients[req.in.ClientID]
	data := loginData{ID: req.id, Site: site, ClientID: req.in.ClientID, Deprecated: c != nil && c.kind == implicitClient, Problem: problem, Name: name}
	formTargets := []string{"'self'"}
	if to, err := url.Parse(req.in.RedirectURI); err == nil {
		data.Host = to.Host
		// Chromium applies form-action to where a form's answer redirects to.
		formTargets = append(formTargets, to.Scheme+"://"+to.Host)
	}
	for _, t := range d.tenants {
		if users := usersOf(d, t, req.in.Scopes); t.ID == site.ID {
			data.Own = users
		} else {
			data.Others = append(data.Others, tenantData{t, users})
		}
	}
	p.page(w, status, "login", data, formTargets)
}

// usersOf are the users of a tenant and what of the scopes each would get.
func usersOf(d *directory, t *Tenant, wanted []string) []userData {
	var users []userData
	for _, role := range roles {
		u := d.users[role.name+"@"+t.ID]
		if u == nil || u.tenant != t {
			continue
		}
		v := userData{Name: u.name, Title: role.title, Initial: role.title[:1]}
		for _, s := range apiScopes(wanted) {
			if slices.Contains(u.scopes, s) {
				v.Gets = append(v.Gets, s)
			} else {
				v.Lacks = append(v.Lacks, s)
			}
		}
		users = append(users, v)
	}
	return users
}

// home says what this is to whoever opens the issuer in a browser.
func (p *Provider) home(w http.ResponseWriter, _ *http.Request) {
	d := p.directory.Load()
	var tenants []tenantData
	for _, t := range d.tenants {
		tenants = append(tenants, tenantData{t, usersOf(d, t, nil)})
	}
	p.page(w, http.StatusOK, "home", struct {
		Issuer  string
		Tenants []tenantData
	}{p.issuer, tenants}, nil)
}
