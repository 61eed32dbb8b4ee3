package idp

import (
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// role is a kind of user that every tenant has one of.
type role struct {
	// name is the first part of the user name, and the password.
	name string
	// title for people.
	title string
	// allows says whether the role may have a scope of the API.
	allows func(scope string) bool
}

var roles = []role{
	{"reader", "Reader", func(s string) bool { return strings.HasSuffix(s, ":read") }},
	{"editor", "Editor", func(s string) bool { return strings.HasSuffix(s, ":read") || strings.HasSuffix(s, ":write") }},
	{"admin", "Admin", func(string) bool { return true }},
}

// userScopes are about the user alone and say nothing of the API.
var userScopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopeOfflineAccess}

// user of a tenant, or its machine client.
type user struct {
	// name is the subject of tokens: editor@acme, or the id of a machine client.
	name   string
	role   role
	tenant *Tenant
	// scopes are all that a token of the user may have.
	scopes []string
}

func newUser(t *Tenant, r role) *user {
	u := &user{name: r.name + "@" + t.ID, role: r, tenant: t, scopes: slices.Clone(userScopes)}
	u.addScopes(r.allows)
	return u
}

// newMachine is the machine client of a tenant as the subject of its tokens (RFC 9068 section 2.2).
func newMachine(t *Tenant) *user {
	u := &user{name: machineID(t), role: role{name: "machine", title: "Machine"}, tenant: t}
	u.addScopes(func(string) bool { return true })
	return u
}

// addScopes adds those of the API and the tenant's own account. The scope of an account is never one
// of the API's, so that no role gets another tenant's.
func (u *user) addScopes(allows func(string) bool) {
	for _, s := range u.tenant.Scopes {
		if allows(s) && !strings.HasPrefix(s, "account:") {
			u.scopes = append(u.scopes, s)
		}
	}
	if scope := u.tenant.accountScope(); u.tenant.Account != "" && isScopeToken(scope) {
		u.scopes = append(u.scopes, scope)
	}
}

// grant keeps those of the wanted scopes that the user may have, each once. The others are left out
// (RFC 6749 section 3.3).
func (u *user) grant(wanted []string) []string {
	var granted []string
	for _, s := range wanted {
		if slices.Contains(u.scopes, s) && !slices.Contains(granted, s) {
			granted = append(granted, s)
		}
	}
	return granted
}

// apiScopes are the scopes without those about the user alone.
func apiScopes(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(userScopes, s) })
}

// info is what the scopes let a client know of the user (OpenID Connect Core 1.0 section 5.4).
func (u *user) info(scopes []string) *oidc.UserInfo {
	info := &oidc.UserInfo{Subject: u.name}
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name = u.role.title + " of " + u.tenant.Name
		info.PreferredUsername = u.name
	}
	if slices.Contains(scopes, oidc.ScopeEmail) {
		info.Email = u.name + ".localhost"
		info.EmailVerified = true
	}
	return info
}

// subject finds who a session, a grant or a token is of; nil if it is gone.
func (d *directory) subject(name string) *user {
	if u := d.users[name]; u != nil {
		return u
	}
	if c := d.clients[name]; c != nil && c.kind == machineClient {
		return newMachine(c.tenants[0])
	}
	return nil
}
