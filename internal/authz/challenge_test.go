package authz

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// challengePattern is a challenge with auth-params of RFC 6750 section 3 alone; the scope attribute has scope-tokens with
// one space between them (RFC 6749 section 3.3).
var challengePattern = regexp.MustCompile(`^Bearer error="insufficient_scope", scope="([!#-\[\]-~]+(?: [!#-\[\]-~]+)*)"$`)

// A denial for want of scopes names the scopes that a token needs, and a token that has them is allowed. Others carry no challenge.
func TestChallenge(t *testing.T) {
	for name, test := range map[string]struct{ scope, method, path, want string }{
		"the operation's is missing":  {"account:12345", "GET", "/kittens", "kittens:read account:12345"},
		"the account's is missing":    {"kittens:read", "GET", "/kittens", "kittens:read account:12345"},
		"both are missing":            {"openid", "GET", "/kittens", "kittens:read account:12345"},
		"one of two":                  {"account:12345 kittens:read", "DELETE", "/kittens/{kittenId}", "kittens:read kittens:write account:12345"},
		"the account of another":      {"account:1 kittens:read", "GET", "/kittens", "kittens:read account:12345"},
		"none of two alternatives":    {"account:12345", "POST", "/kittens", "kittens:write account:12345"},
		"unknown, of another account": {"account:1", "GET", "/none", "account:12345"},
		"an unknown operation":        {"account:12345 kittens:read", "GET", "/none", ""},
		"everything":                  {"account:12345 kittens:read", "GET", "/kittens", ""},
	} {
		r := goodRequest(good("EdDSA", goodHeader("EdDSA").json(), goodClaims().with("scope", quote(test.scope)).json()))
		r.Method, r.ResourcePath = test.method, test.path
		want := ""
		if test.want != "" {
			want = `Bearer error="insufficient_scope", scope="` + test.want + `"`
		}
		if d := decide(newTestAuthorizer(t, ours().jwks()), r); d.Challenge != want {
			t.Errorf("%s: denied for %s with %q, want %q", name, d.Reason, d.Challenge, want)
		}
	}
	a := newTestAuthorizer(t, ours().jwks())
	scopes := []Reason{AccountScopeMissing, ScopeInsufficient, ScopeMalformed}
	for _, f := range families {
		for _, attack := range f.attacks() {
			d := decide(a, attack.request)
			if got, want := d.Challenge != "", slices.Contains(scopes, d.Reason); got != want || got && !challengePattern.MatchString(d.Challenge) {
				t.Errorf("%s: denied for %s with %q", attack.name, d.Reason, d.Challenge)
			}
		}
	}
}

// Whatever the contract asks for, a token with the scopes of the challenge is allowed, and no alternative lacks fewer.
func TestChallengeIsEnough(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	// Scopes with every character that a scope may have.
	var all []string
	for c := byte('!'); c <= '~'; c++ {
		if c != '"' && c != '\\' {
			all = append(all, string(c), fmt.Sprintf("x%c:%c", c, c))
		}
	}
	pick := func(n int) []string {
		var out []string
		for _, i := range random.Perm(len(all))[:n] {
			out = append(out, all[i])
		}
		return out
	}
	for range 60 {
		var lists [][]string
		for range 1 + random.IntN(4) {
			list := pick(1 + random.IntN(4))
			if !slices.ContainsFunc(lists, func(l []string) bool { return len(l) == len(list) && satisfies(l, [][]string{list}) }) {
				lists = append(lists, list)
			}
		}
		a := newTestAuthorizer(t, ours().jwks(), func(c *Config) {
			c.Table = Table{Operations: []Operation{{ID: "op", Method: "GET", Path: "/kittens", Scopes: lists}}}
		})
		granted := append(pick(random.IntN(6)), "account:1")
		if random.IntN(2) == 0 {
			granted = append(granted, "account:12345")
		}
		ask := func(scopes []string) Decision {
			quoted := strings.NewReplacer(`\`, `\\`).Replace(strings.Join(scopes, " "))
			return decide(a, goodRequest(good("EdDSA", goodHeader("EdDSA").json(), goodClaims().with("scope", quote(quoted)).json())))
		}
		d := ask(granted)
		if d.Allow {
			continue
		}
		m := challengePattern.FindStringSubmatch(d.Challenge)
		if d.Status != http.StatusForbidden || m == nil {
			t.Fatalf("%v with %v: %+v", lists, granted, d)
		}
		asked := strings.Split(m[1], " ")
		if again := ask(asked); !again.Allow {
			t.Errorf("%v: a token with %v is denied for %s", lists, asked, again.Reason)
		}
		lacking := func(list []string) (n int) {
			for _, scope := range list {
				if !slices.Contains(granted, scope) {
					n++
				}
			}
			return n
		}
		for _, list := range lists {
			if lacking(append(slices.Clone(list), "account:12345")) < lacking(asked) {
				t.Errorf("%v with %v: asked for %v, and %v lacks fewer", lists, granted, asked, list)
			}
		}
	}
}

// A list that would make the header too long is left out.
func TestLongChallenge(t *testing.T) {
	var list []string
	for i := range 200 {
		list = append(list, fmt.Sprintf("kittens:%s:%d", strings.Repeat("x", 20), i))
	}
	a := newTestAuthorizer(t, ours().jwks(), func(c *Config) {
		c.Table = Table{Operations: []Operation{{ID: "op", Method: "GET", Path: "/kittens", Scopes: [][]string{list}}}}
	})
	if d := decide(a, goodRequest(goodToken("EdDSA"))); d.Challenge != `Bearer error="insufficient_scope"` {
		t.Errorf("the challenge has %d bytes: %.80s", len(d.Challenge), d.Challenge)
	}
}
