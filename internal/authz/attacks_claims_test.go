package authz

import (
	"fmt"
	"strings"
	"time"
)

// claimsTokens sign payloads well and attack with them.
func claimsTokens(reason Reason, payloads ...string) []attack {
	var out []attack
	for _, payload := range payloads {
		out = append(out, attack{fmt.Sprintf("claims %.200q", payload), reason, goodRequest(good("EdDSA", goodHeader("EdDSA").json(), payload))})
	}
	return out
}

// valued gives a claim each of the values.
func valued(reason Reason, claim string, values ...string) []attack {
	var payloads []string
	for _, value := range values {
		payloads = append(payloads, goodClaims().with(claim, value).json())
	}
	return claimsTokens(reason, payloads...)
}

// claimsJSON is text that readers of JSON understand differently, or no object.
func claimsJSON() []attack {
	c := goodClaims()
	text := c.json()
	return claimsTokens(ClaimsMalformed,
		"{", "null", "true", "0", `"x"`, "[]", "["+text+"]", "x", " ",
		text+"x", text+"{}", text+text, text+"\x00", text+",", text+"]", "\ufeff"+text, "\x00"+text, "\u2028"+text,
		text[:len(text)-1], text[:len(text)-1]+",}", "{,"+text[1:], "//\n"+text, strings.ReplaceAll(text, `"`, `'`),
		c.also("x", "NaN").json(), c.also("x", "Infinity").json(), c.also("x", "-").json(), c.also("x", "1e").json(), c.also("x", ".5").json(), c.also("x", "0x10").json(),
		c.also("x", "\"\xff\"").json(), c.also("x", "\"\xc0\x80\"").json(), c.also("\xff", "1").json(), c.also("x", `"\ud83d"`).json(), c.also("x", `"\ud83d\u0041"`).json(),
		c.also("x", "\"\t\"").json(), c.also("x", `"\'"`).json(), c.also("x", `"\U00000041"`).json(),
		c.also("x", nest(maxDepth)).json(), c.also("x", nest(4000)).json(), strings.Repeat(`{"a":`, 1500)+"1"+strings.Repeat("}", 1500), strings.Repeat("[", 8000),
		c.also("x", `{"a":1,"a":1}`).json(), c.also("x", `[[{"a":{"b":1,"\u0062":2}}]]`).json(), c.also("x", "1").also("x", "1").json(),
		"\xff\xfe"+strings.Join(strings.Split(text, ""), "\x00")+"\x00",
	)
}

// claimNames repeat a registered claim or write its name so that only some readers find it.
func claimNames() []attack {
	c := goodClaims()
	var payloads []string
	for _, m := range c {
		name, value := m[0], m[1]
		payloads = append(payloads,
			c.also(name, value).json(), c.first(name, value).json(), c.also(name, "null").json(), c.first(name, `"x"`).json(),
			c.also(escapeName(name), value).json(), c.renamed(name, escapeName(name)).json(),
			c.renamed(name, strings.ToUpper(name)).json(), c.renamed(name, strings.ToUpper(name[:1])+name[1:]).json(),
			c.also(strings.ToUpper(name), value).json(), c.first(strings.ToUpper(name[:1])+name[1:], value).json())
	}
	payloads = append(payloads,
		c.also("i\u017fs", quote(testIssuer)).json(), c.renamed("iss", "is\u017f").json(), // the long s folds to s
		c.also("\u017fcope", `"account:12345 kittens:write"`).json(), c.also("Client_ID", `"x"`).json(), c.also("Cnf", "{}").json(), c.also("AZP", `"x"`).json())
	return claimsTokens(ClaimsMalformed, payloads...)
}

func issuers() []attack {
	out := valued(IssuerMismatch, "iss",
		"null", "0", "true", "[]", "{}", `""`, `["`+testIssuer+`"]`, `{"iss":"`+testIssuer+`"}`,
		quote("https://id.example.com"), quote(testIssuer+"/"), quote(testIssuer+" "), quote(" "+testIssuer), quote(testIssuer+"?"), quote(testIssuer+"#"),
		quote("HTTPS://ID.EXAMPLE.COM/"), quote("https://ID.example.com/"), quote("http://id.example.com/"), quote("https://id.example.com:443/"),
		quote("https://id.example.com./"), quote("https://id.example.com.evil.example.org/"), quote("https://evil.example.org/?"+testIssuer),
		quote("https://id.example.com@evil.example.org/"), quote("https://іd.example.com/"), quote("https://id.example.com/\\u0000"), quote("https://id.example.com/%2F"))
	return append(out, claimsTokens(IssuerMismatch, goodClaims().without("iss").json(), "{}")...)
}

func audiences() []attack {
	out := valued(AudienceMismatch, "aud",
		"null", "0", "true", "[]", "{}", `""`, `[""]`, "[null]", `{"aud":"`+testAudience+`"}`,
		`["`+testAudience+`",1]`, `[null,"`+testAudience+`"]`, `[["`+testAudience+`"]]`, `["`+testAudience+`",["x"]]`, `{"0":"`+testAudience+`"}`,
		quote("https://api.example.com"), quote(testAudience+"x"), quote(testAudience+" "), quote("HTTPS://API.EXAMPLE.COM/"),
		quote("https://other.example.com/ "+testAudience), quote("https://other.example.com/,"+testAudience), quote(testIssuer), quote("kittens-web"), quote("*"),
		`["https://other.example.com/","https://api.example.com"]`)
	return append(out, claimsTokens(AudienceMismatch, goodClaims().without("aud").json())...)
}

// tokenUses are everything that is no access token for an identity provider that says so. The
// scopes and the audience are right, and so is the signature.
func tokenUses() []attack {
	out := valued(TokenUseNotAllowed, "token_use",
		`"id"`, `"refresh"`, `""`, `" access"`, `"access "`, `"Access"`, `"ACCESS"`, `"accesses"`, `"acces"`, `"access id"`, `"id access"`, `"access,id"`,
		`"access\u0000"`, `"\u0430ccess"`, `"access_token"`, `"at+jwt"`, `"null"`, `"true"`,
		"null", "true", "false", "0", "1", "[]", "{}", `["access"]`, `["access","id"]`, `{"access":true}`, `{"token_use":"access"}`)
	c := goodClaims()
	return append(out, claimsTokens(ClaimsMalformed,
		c.also("Token_Use", `"access"`).json(), c.also("TOKEN_USE", `"access"`).json(), c.also("to\u212Aen_use", `"access"`).json(),
		c.also("to\u212Aen_use", `"id"`).json(), c.also(escapeName("token_use"), `"access"`).json(),
		c.with("token_use", `"access"`).also("token_use", `"id"`).json(), c.with("token_use", `"id"`).also("token_use", `"access"`).json(),
		c.with("token_use", `"access"`).also("token_use", `"access"`).json(), c.with("token_use", `"access"`).also("Token_use", `"id"`).json())...)
}

func times() []attack {
	malformed := []string{
		"null", "true", "[]", "{}", `""`, quote(at(time.Hour)), `"2099-01-01T00:00:00Z"`, "-1", "-0", "-0.0", "-1e9", "-1e-9", "1e300", "1e400", "-1e400", "1E+400",
		"253402300800", "1e17", "99999999999999999999999999999999", at(time.Hour) + "000", "[" + at(time.Hour) + "]", at(time.Hour) + "." + strings.Repeat("0", 60),
		"9223372036854775807", "9223372036854775808", "18446744073709551616", "1.7976931348623157e308",
	}
	var out []attack
	for _, claim := range []string{"exp", "nbf", "iat"} {
		out = append(out, valued(ClaimsMalformed, claim, malformed...)...)
	}
	out = append(out, valued(TokenExpired, "exp", "0", "1", "1e-300", "1e9", "0.5", at(-time.Hour), at(-time.Minute), at(-30*time.Second), at(-31*time.Second)+".999", "1767225600")...)
	out = append(out, valued(TokenNotYetValid, "nbf", at(31*time.Second), at(30*time.Second)+".5", at(time.Hour), "253402300799")...)
	out = append(out, valued(IssuedInFuture, "iat", at(31*time.Second), at(30*time.Second)+".5", at(time.Hour), "253402300799")...)
	return append(out, claimsTokens(ExpiryMissing, goodClaims().without("exp").json(), goodClaims().renamed("exp", "expires").json())...)
}

func identities() []attack {
	var out []attack
	for _, claim := range []string{"sub", "client_id", "jti"} {
		out = append(out, valued(ClaimsMalformed, claim, "null", "0", "true", "[]", "{}", `""`, `["user-1"]`,
			`"a\u0000b"`, `"a\r\nX-Injected: 1"`, `"a\u007f"`, `"\u0085"`, quote(strings.Repeat("a", maxIdentifierSize+1)))...)
	}
	return append(out, valued(TokenBound, "cnf", "null", "{}", `{"jkt":"AAAA"}`, `{"x5t#S256":"AAAA"}`)...)
}

func scopeGrammar() []attack {
	out := valued(ScopeMalformed, "scope",
		"null", "0", "true", "[]", "{}", `["account:12345","kittens:read"]`, `{"account:12345":1}`, `""`, `" "`,
		`"account:12345  kittens:read"`, `" account:12345 kittens:read"`, `"account:12345 kittens:read "`, `"account:12345\tkittens:read"`,
		`"account:12345\nkittens:read"`, `"account:12345\r\nkittens:read"`, `"account:12345\u00a0kittens:read"`, `"account:12345\u2003kittens:read"`,
		`"account:12345\u0000kittens:read"`, `"account:12345\u000bkittens:read"`, `"account:12345 kittens:read\n"`, `"account:12345 kittens:read \"x\""`,
		`"account:12345 kittens:read \\"`, `"account:12345 kittens:read é"`, `"account:12345 kittens:read \u007f"`, `"account:12345\u3000kittens:read"`, `"\ufeffaccount:12345 kittens:read"`)
	out = append(out, valued(AccountScopeMissing, "scope",
		`"account:12345,kittens:read"`, `"account:12345;kittens:read"`, `"account:12345+kittens:read"`, `"account:12345%20kittens:read"`, `"account:12345|kittens:read"`)...)
	none := goodClaims().without("scope")
	return append(out, claimsTokens(AccountScopeMissing,
		none.json(), none.with("scp", `"account:12345 kittens:read"`).json(), none.with("scp", `["account:12345","kittens:read"]`).json(),
		none.with("scopes", `"account:12345 kittens:read"`).json(), none.with("permissions", `["account:12345","kittens:read"]`).json(),
		none.with("roles", `["account:12345"]`).json(), none.with("data", `{"scope":"account:12345 kittens:read"}`).json())...)
}

func accounts() []attack {
	var values []string
	for _, account := range []string{
		"", "kittens:admin", "account:", "account", "account:1", "account:123", "account:1234", "account:123456", "account:12345x", "account:x12345", "account:012345",
		"account:12345/", "account:12345:", "account:12345:read", "account:12345#0", "account:12345*", "account:*", "account:1234?", "account:.*", "account:12345.0",
		"ACCOUNT:12345", "Account:12345", "account=12345", "account::12345", "accounts:12345", "xaccount:12345", "account:account:12345", "billing:12345", "tenant:12345", "12345",
		"account:54321", "account:99999 account:123 account:1234567", "account:%31%32%33%34%35", "account:0x3039", "account:12345&x", "account:1e4+2345", "account:-12345", "account:12345-",
	} {
		values = append(values, quote(strings.TrimSpace(account+" kittens:read")))
	}
	return valued(AccountScopeMissing, "scope", values...)
}

func operationScopes() []attack {
	return append(
		valued(ScopeInsufficient, "scope",
			`"account:12345"`, `"account:12345 openid profile"`, `"account:12345 kittens:write"`, `"account:12345 kittens:admin"`, `"account:12345 kittens:rea"`, `"account:12345 kittens:reads"`,
			`"account:12345 kittens:read:own"`, `"account:12345 kittens:*"`, `"account:12345 *"`, `"account:12345 Kittens:read"`, `"account:12345 kittens:READ"`, `"account:12345 kittens"`,
			`"account:12345 read"`, `"account:12345 kittens:read,"`, `"account:12345 xkittens:read"`, `"account:12345 kittens.read"`, `"account:12345 kittens:read/"`, `"account:12345 account:kittens:read"`),
		partialScopes()...)
}

// partialScopes have one scope of a list that needs two.
func partialScopes() []attack {
	var out []attack
	for _, scope := range []string{"kittens:read", "kittens:write", "kittens:admin", "kittens:read kittens:admin"} {
		claims := goodClaims().with("scope", quote("account:12345 "+scope)).json()
		r := goodRequest(good("EdDSA", goodHeader("EdDSA").json(), claims))
		r.Method, r.ResourcePath = "DELETE", "/kittens/{kittenId}"
		out = append(out, attack{"delete with " + scope, ScopeInsufficient, r})
	}
	return out
}
