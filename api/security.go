package api

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// scopeToken is RFC 6749 section 3.3.
var scopeToken = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+$`)

// accountScope begins the scopes that name a token's billing account. They come with the
// stack, never from the contract.
const accountScope = "account:"

// scopesOf reads the security requirement of an operation: its own, or the document's.
// Whatever is not a list of scopes of one scheme is reported.
func (r *reader) scopesOf(operation *node) [][]string {
	const fix = `add security: [{oauth2: ["<scope>"]}]`
	requirement := operation.get("security")
	if requirement == nil {
		requirement = r.root.get("security")
	}
	switch {
	case requirement == nil:
		r.report(operation, fix, "the operation has no security requirement")
		return nil
	case requirement.kind != arrayKind:
		return nil
	case len(requirement.items) == 0:
		r.report(r.placeFor(requirement, operation), fix, "security: [] opens the operation to everyone")
		return nil
	}
	var alternatives [][]string
	for _, alternative := range requirement.items {
		scopes := r.alternative(alternative, operation)
		if scopes == nil {
			continue
		}
		if slices.ContainsFunc(alternatives, func(other []string) bool { return sameScopes(other, scopes) }) {
			r.report(r.placeFor(alternative, operation), "remove one of the two", "the alternative %s is there already", strings.Join(scopes, ", "))
			continue
		}
		alternatives = append(alternatives, scopes)
	}
	return alternatives
}

// sameScopes reports whether two lists, without repetitions, have the same scopes.
func sameScopes(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(scope string) bool { return !slices.Contains(b, scope) })
}

// placeFor is n, or the operation when n is the document's and so belongs to no operation.
func (r *reader) placeFor(n, operation *node) *node {
	if n.parent == r.root || n.parent != nil && n.parent.parent == r.root {
		return operation
	}
	return n
}

// alternative reads one Security Requirement Object.
func (r *reader) alternative(n, operation *node) []string {
	place := r.placeFor(n, operation)
	if n.kind != objectKind {
		return nil
	}
	switch {
	case len(n.items) == 0:
		r.report(place, "remove the {}", "the alternative {} opens the operation to everyone")
		return nil
	case len(n.items) > 1:
		r.report(place, "name one scheme", "a security requirement names %d schemes; a request carries one token", len(n.items))
		return nil
	}
	list := n.items[0]
	if !r.checkScheme(list.token, place) || list.kind != arrayKind {
		return nil
	}
	if len(list.items) == 0 {
		r.report(place, "name the scopes that the operation needs", "the security requirement %s has no scope: any valid token would do", list.token)
		return nil
	}
	declared, complete := r.declaredScopes(list.token)
	var scopes []string
	for _, item := range list.items {
		if item.kind != stringKind {
			continue
		}
		scope := item.text
		at := item
		if place == operation {
			at = operation
		}
		switch {
		case !scopeToken.MatchString(scope):
			r.report(at, "use printable ASCII without spaces, quotes and backslashes", "the scope %s is no scope-token of RFC 6749", quoted(scope))
		case strings.HasPrefix(strings.ToLower(scope), accountScope):
			r.report(at, "remove it: every token must carry its account's anyway", "the scope %s is the platform's", quoted(scope))
		case complete && !slices.Contains(declared, scope):
			r.report(at, choose(scope, declared), "the scope %s is not declared by the scheme %s", quoted(scope), list.token)
		case slices.Contains(scopes, scope):
			r.report(at, "name it once", "the scope %s is named twice", quoted(scope))
		default:
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// checkScheme reports schemes that the authorizer cannot check.
func (r *reader) checkScheme(name string, place *node) bool {
	schemes := r.root.at("components", "securitySchemes")
	var names []string
	if schemes.isObject() {
		for _, item := range schemes.items {
			names = append(names, item.token)
		}
	}
	if !slices.Contains(names, name) {
		fix := choose(name, names)
		if fix == "" {
			fix = "add it to components.securitySchemes"
		}
		r.report(place, fix, "the security scheme %s is not declared", quoted(name))
		return false
	}
	scheme := r.resolve(schemes.get(name))
	if scheme == nil || !scheme.isObject() {
		return false
	}
	if t := scheme.get("type").str(); t != "oauth2" && t != "openIdConnect" {
		r.report(place, "use a scheme of type oauth2 or openIdConnect", "the security scheme %s is of type %s, which carries no scopes", name, quoted(t))
		return false
	}
	if r.scheme == "" {
		r.scheme = name
	}
	if r.scheme != name {
		r.report(place, "use "+r.scheme+" for all operations", "the security scheme %s is the second beside %s; the authorizer trusts one", name, r.scheme)
		return false
	}
	return true
}

// declaredScopes are the scopes of all flows of a scheme. Without flows, as for
// openIdConnect, the list is not complete.
func (r *reader) declaredScopes(name string) (scopes []string, complete bool) {
	scheme := r.resolve(r.root.at("components", "securitySchemes", name))
	if scheme.get("type").str() != "oauth2" {
		return nil, false
	}
	declared := make(map[string]bool)
	if flows := scheme.get("flows"); flows.isObject() {
		for _, flow := range flows.items {
			if list := flow.get("scopes"); list.isObject() {
				for _, item := range list.items {
					declared[item.token] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(declared)), true
}
