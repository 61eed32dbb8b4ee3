package idp

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Tenant is a customer whose users sign in.
type Tenant struct {
	// ID such as acme.
	ID string
	// Name for people. Optional; the ID by default.
	Name string
	// Account is the billing account, which the scope account:<Account> stands for.
	Account string
	// Audience of access tokens.
	Audience string
	// Origins of the tenant's pages, such as http://acme.localhost:4566.
	Origins []string
	// WebClientID is the public client that the pages use. Optional; that of the provider by default.
	WebClientID string
	// Scopes are all scopes of the tenant's API.
	Scopes []string
}

// accountScope lets a token act for the tenant's billing account.
func (t *Tenant) accountScope() string { return "account:" + t.Account }

// SetTenants replaces the tenants, their users and clients. Sessions and refresh tokens of users
// that are gone stop working.
func (p *Provider) SetTenants(tenants []Tenant) {
	p.directory.Store(newDirectory(tenants, p.webClientID))
}

// directory is an immutable view of the tenants.
type directory struct {
	tenants []*Tenant
	users   map[string]*user
	clients map[string]*client
	// sites are the tenants by the origins of their pages.
	sites map[string]*Tenant
}

func newDirectory(tenants []Tenant, webClientID string) *directory {
	d := &directory{users: map[string]*user{}, clients: map[string]*client{}, sites: map[string]*Tenant{}}
	for i := range tenants {
		t := tenants[i] // a copy, so that the caller's stays its own
		t.Name = cmp.Or(t.Name, t.ID)
		t.WebClientID = cmp.Or(t.WebClientID, webClientID)
		t.Scopes = validScopes(t.Scopes)
		t.Origins = validOrigins(t.Origins)
		d.tenants = append(d.tenants, &t)
	}
	slices.SortFunc(d.tenants, func(a, b *Tenant) int { return strings.Compare(a.ID, b.ID) })
	for _, t := range d.tenants {
		for _, r := range roles {
			u := newUser(t, r)
			d.users[u.name] = u
		}
		for _, origin := range t.Origins {
			if d.sites[origin] == nil {
				d.sites[origin] = t
			}
		}
		d.addClients(t)
	}
	return d
}

// addClients adds the tenant to the clients of its pages, and its machine client.
func (d *directory) addClients(t *Tenant) {
	machine := &client{id: machineID(t), kind: machineClient, tenants: []*Tenant{t}}
	if d.clients[machine.id] == nil {
		d.clients[machine.id] = machine
	}
	for id, kind := range map[string]clientKind{t.WebClientID: webClient, t.WebClientID + "-implicit": implicitClient} {
		c := d.clients[id]
		if c == nil || c.kind != kind {
			c = &client{id: id, kind: kind}
			d.clients[id] = c
		}
		c.tenants = append(c.tenants, t)
	}
}

func (d *directory) tenant(id string) *Tenant {
	i, found := slices.BinarySearchFunc(d.tenants, id, func(t *Tenant, id string) int { return strings.Compare(t.ID, id) })
	if !found {
		return nil
	}
	return d.tenants[i]
}

// site is the tenant whose page a redirect URI is.
func (d *directory) site(redirectURI string) *Tenant {
	origin, ok := originOf(redirectURI)
	if !ok {
		return nil
	}
	return d.sites[origin]
}

// originOf is the origin of a redirect URI, if the URI has one clear reading: no user
// information, no fragment (RFC 6749 section 3.1.2), no dot segments and nothing that browsers
// and servers read differently.
func originOf(uri string) (string, bool) {
	if strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) || strings.Contains(uri, "#") {
		return "", false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || u.User != nil || u.Host == "" {
		return "", false
	}
	if p := strings.TrimSuffix(u.Path, "/"); p != "" && path.Clean(p) != p {
		return "", false
	}
	origin := u.Scheme + "://" + u.Host
	if rest, ok := strings.CutPrefix(uri, origin); !ok || rest != "" && rest[0] != '/' && rest[0] != '?' {
		return "", false
	}
	return origin, true
}

func validOrigins(origins []string) []string {
	var valid []string
	for _, o := range origins {
		o = strings.ToLower(strings.TrimSuffix(o, "/"))
		if origin, ok := originOf(o); ok && origin == o {
			valid = append(valid, o)
		}
	}
	return valid
}

// validScopes are those of the grammar of RFC 6749 section 3.3, sorted; what is not can be in no token.
func validScopes(scopes []string) []string {
	valid := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return !isScopeToken(s) })
	slices.Sort(valid)
	return slices.Compact(valid)
}

func isScopeToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '"' || c == '\\' || c > '~' {
			return false
		}
	}
	return s != ""
}

func machineID(t *Tenant) string { return t.ID + "-machine" }

// Machine is the client of a tenant's other services.
type Machine struct {
	// ClientID and ClientSecret authenticate it at the token endpoint.
	ClientID, ClientSecret string
}

// Machine returns the machine client of a tenant; false if there is no such tenant.
func (p *Provider) Machine(tenant string) (Machine, bool) {
	t := p.directory.Load().tenant(tenant)
	if t == nil {
		return Machine{}, false
	}
	return Machine{ClientID: machineID(t), ClientSecret: p.clientSecret(machineID(t))}, true
}

// clientSecret is derived, so that it is the same after a restart and kept nowhere.
func (p *Provider) clientSecret(clientID string) string {
	mac := hmac.New(sha256.New, p.secret)
	mac.Write([]byte("client secret\x00" + clientID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
