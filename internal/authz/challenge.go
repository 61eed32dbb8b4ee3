package authz

import (
	"slices"
	"strings"
)

// maxChallenge bounds a challenge in bytes, below what proxies commonly take for all headers of an answer.
const maxChallenge = 4096

// insufficientScope is the challenge to a token that has not all scopes (RFC 6750 section 3.1): it names the
// scopes that are necessary, those of the operation and the account's. Of an operation that takes any of
// several lists it names the one of which the token lacks fewest, since the attribute can state no
// alternatives; the first of equals, so that the answer is always the same. Scopes of an operation that is not
// known are none. The values are scope-tokens, which need no escaping between quotes (RFC 6749 section 3.3).
func (a *Authorizer) insufficientScope(granted []string, lists [][]string) string {
	var nearest []string
	least := -1
	for _, list := range lists {
		missing := 0
		for _, scope := range list {
			if !slices.Contains(granted, scope) {
				missing++
			}
		}
		if least < 0 || missing < least {
			nearest, least = list, missing
		}
	}
	const challenge = `Bearer error="insufficient_scope"`
	scopes := strings.Join(append(slices.Clone(nearest), accountScopePrefix+a.config.Account), " ")
	if len(challenge)+len(scopes) > maxChallenge {
		return challenge // the attribute is optional
	}
	return challenge + `, scope="` + scopes + `"`
}
