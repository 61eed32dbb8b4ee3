package authz

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// attack is a request that must be denied, for this reason when there is one.
type attack struct {
	name    string
	reason  Reason
	request Request
}

// family is a rule that makes attacks.
type family struct {
	name    string
	attacks func() []attack
}

// families of the corpus; each is a rule, in attacks_*_test.go.
var families = []family{
	{"unsigned", unsignedTokens},
	{"shared secrets", sharedSecretTokens},
	{"wrong keys", wrongKeyTokens},
	{"psychic signatures", psychicSignatures},
	{"damaged signatures", damagedSignatures},
	{"encodings", encodings},
	{"serializations", serializations},
	{"header parameters", headerParameters},
	{"header types", headerTypes},
	{"header JSON", headerJSON},
	{"key ids", keyIDs},
	{"claims JSON", claimsJSON},
	{"claim names", claimNames},
	{"issuers", issuers},
	{"audiences", audiences},
	{"token uses", tokenUses},
	{"times", times},
	{"identities", identities},
	{"scope grammar", scopeGrammar},
	{"accounts", accounts},
	{"operation scopes", operationScopes},
	{"requests", requests},
	{"authorization headers", authorizationHeaders},
}

// minAttacks and minVariants keep a rule from silently generating nothing.
const (
	minAttacks  = 300
	minVariants = 60
)

func TestHostileCorpus(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	total := 0
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			attacks := f.attacks()
			if len(attacks) == 0 {
				t.Fatal("the rule generates no attack")
			}
			total += len(attacks)
			for _, attack := range attacks {
				checkDenied(t, attack, decide(a, attack.request))
			}
		})
	}
	if total < minAttacks {
		t.Errorf("the corpus has %d attacks, fewer than %d", total, minAttacks)
	}
	t.Logf("%d hostile requests of %d families", total, len(families))
}

func checkDenied(t *testing.T, attack attack, d Decision) {
	t.Helper()
	switch {
	case d.Allow:
		t.Errorf("%s: allowed", attack.name)
	case d.Status != http.StatusUnauthorized && d.Status != http.StatusForbidden:
		t.Errorf("%s: status %d", attack.name, d.Status)
	case d.Subject != "" || d.ClientID != "" || d.Scopes != nil:
		t.Errorf("%s: a denial reveals the token's content", attack.name)
	case attack.reason != "" && d.Reason != attack.reason:
		t.Errorf("%s: denied for %s, not for %s", attack.name, d.Reason, attack.reason)
	}
}

func TestValidVariants(t *testing.T) {
	a := newTestAuthorizer(t, ours().jwks())
	variants := validVariants()
	for _, v := range variants {
		if d := decide(a, v.request); !d.Allow {
			t.Errorf("%s: denied for %s", v.name, d.Reason)
		} else if d.Status != http.StatusOK || d.Reason != Allowed || d.Operation == "" {
			t.Errorf("%s: decision is %+v", v.name, d)
		}
	}
	if len(variants) < minVariants {
		t.Errorf("%d valid variants, fewer than %d", len(variants), minVariants)
	}
	t.Logf("%d valid variants", len(variants))
}

type variant struct {
	name    string
	request Request
}

func validVariants() []variant {
	var out []variant
	add := func(name, token string) { out = append(out, variant{name, goodRequest(token)}) }
	for _, alg := range allAlgorithms {
		h := goodHeader(alg)
		add(alg+" without typ", good(alg, h.without("typ").json(), goodClaims().json()))
		for _, typ := range []string{"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"} {
			add(alg+" typ "+typ, good(alg, h.with("typ", quote(typ)).json(), goodClaims().json()))
		}
	}
	for _, header := range []fields{
		goodHeader("RS256").with("x5t", `"AAAA"`).with("x5t#S256", `"BBBB"`),
		goodHeader("RS256").with("nonce", `"n"`).with("unknown", `{"a":[1,2.5e3,null]}`),
		{{"kid", `"rsa"`}, {"typ", `"JWT"`}, {"alg", `"RS256"`}},
		goodHeader("RS256").with("kid", `"\u0072sa"`),
	} {
		add("header "+header.json(), good("RS256", header.json(), goodClaims().json()))
	}
	add("spaces in header and claims", good("ES256",
		" { \"alg\" : \"ES256\" ,\r\n\t\"kid\":\"p256\" } \n", strings.ReplaceAll(goodClaims().json(), ",", " ,\n\t")))
	for _, claims := range validClaims() {
		add("claims "+claims.json(), good("EdDSA", goodHeader("EdDSA").json(), claims.json()))
	}
	return append(out, validRequests()...)
}

func validClaims() []fields {
	base := goodClaims()
	reversed := slices.Clone(base)
	slices.Reverse(reversed)
	nested := strings.Repeat("[", maxDepth-2) + strings.Repeat("]", maxDepth-2)
	return []fields{
		reversed,
		base.without("nbf").without("iat").without("jti"),
		base.without("sub"), base.without("client_id"), base.without("sub").without("client_id"),
		base.with("aud", `["`+testAudience+`"]`),
		base.with("aud", `["https://other.example.com/","`+testAudience+`"]`),
		base.with("iss", `"https:\/\/id.example.com\/"`),
		base.with("exp", at(0)+".5"), base.with("exp", "1.8e9"), base.with("exp", "253402300799"),
		base.with("exp", at(-29e9)), base.with("nbf", at(30e9)), base.with("iat", at(30e9)),
		base.with("iat", "0"), base.with("nbf", "1"),
		base.with("sub", `"auth0|5f\u00e9-日本"`),
		base.with("name", `"Zo\u00eb \ud83d\ude3a"`).with("Äx", `"\u0000"`),
		base.with("roles", `["a","a"]`).with("acr", "null").with("amr", `["pwd"]`).with("auth_time", "-1"),
		base.with("huge", "1e999").with("deep", nested),
		base.with("scopes", `"x  y"`).with("scp", `["account:999"]`).with("EXPIRES", "0"),
		base.with("scope", `"kittens:read account:12345"`),
		base.with("scope", `"openid kittens:read account:999 account:12345 account:1"`),
		base.with("scope", `"account:12345 account:12345 kittens:read"`),
		base.with("scope", `"account:12345 !#[]~ kittens:read"`),
		base.with("token_use", `"access"`), base.with("token_use", `"acc\u0065ss"`),
		base.with("token-use", `"id"`).with("tokenUse", `"id"`).with("use", `"id"`).with("data", `{"token_use":"id"}`),
		base.with("act", `{"sub":"support-7","exp":1}`).with("azp", `"kittens-web"`),
	}
}

func validRequests() []variant {
	var out []variant
	add := func(name, scheme, scope, method, path string) {
		r := goodRequest("")
		claims := goodClaims().with("scope", quote(scope)).json()
		r.Authorization = []string{scheme + " " + good("ES256", goodHeader("ES256").json(), claims)}
		r.Method, r.ResourcePath = method, path
		out = append(out, variant{name, r})
	}
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEaReR"} {
		add("scheme "+scheme, scheme, "account:12345 kittens:read", "GET", "/kittens")
	}
	add("first alternative", "Bearer", "account:12345 kittens:write", "POST", "/kittens")
	add("second alternative", "Bearer", "account:12345 kittens:admin", "POST", "/kittens")
	add("both of a list", "Bearer", "kittens:write account:12345 kittens:read", "DELETE", "/kittens/{kittenId}")
	r := goodRequest(goodToken("EdDSA"))
	r.Accounts = map[string]string{SourceStage: testAccount, SourceHost: testAccount, SourcePath: testAccount}
	return append(out, variant{"sources beyond the required ones agree", r}, variant{"largest token", goodRequest(largestToken())})
}

// largestToken has exactly MaxTokenSize bytes. Base64url has no values whose length
// is 1 modulo 4, so the header is padded too.
func largestToken() string {
	pad := func(f fields, n int) string { return f.with("pad", quote(strings.Repeat("x", n))).json() }
	for inHeader := range 4 {
		empty := len(good("EdDSA", pad(goodHeader("EdDSA"), inHeader), pad(goodClaims(), 0)))
		for n := (MaxTokenSize-empty)/4*3 - 4; ; n++ {
			t := good("EdDSA", pad(goodHeader("EdDSA"), inHeader), pad(goodClaims(), n))
			if len(t) == MaxTokenSize {
				return t
			}
			if len(t) > MaxTokenSize {
				break
			}
		}
	}
	panic("no token has the size")
}
