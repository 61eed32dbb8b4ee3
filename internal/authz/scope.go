package authz

import (
	"slices"
	"strings"
)

// accountScopePrefix begins the scope that lets a token act for a billing account.
const accountScopePrefix = "account:"

// parseScope splits the scope claim at single spaces (RFC 6749 section 3.3). A
// leading, trailing or doubled space makes an empty scope-token, which the
// grammar does not have.
func parseScope(scope string) ([]string, bool) {
	tokens := strings.Split(scope, " ")
	for _, token := range tokens {
		if !isScopeToken(token) {
			return nil, false
		}
	}
	return tokens, true
}

// isScopeToken is scope-token of RFC 6749 section 3.3: 1*( %x21 / %x23-5B / %x5D-7E ).
func isScopeToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '"' || c == '\\' || c > '~' {
			return false
		}
	}
	return s != ""
}

// satisfies reports whether the token has all scopes of any one list.
func satisfies(granted []string, lists [][]string) bool {
	return slices.ContainsFunc(lists, func(list []string) bool {
		return len(list) > 0 && !slices.ContainsFunc(list, func(scope string) bool {
			return !slices.Contains(granted, scope)
		})
	})
}
