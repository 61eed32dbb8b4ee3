package authz

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Token is what a verified access token says.
type Token struct {
	// Subject is sub, or empty when the token has none. It is personal data.
	Subject string
	// ClientID is client_id, or empty when the token has none.
	ClientID string
	// Expires is exp, without leeway.
	Expires time.Time

	scope    jsonValue
	hasScope bool
}

// scopes are those of the scope claim; without one there are none. A claim that
// is no string of the grammar makes the token worth nothing, not invalid: the
// token is authentic, so the denial is a 403. The claim scp, which some identity
// providers write instead, is not read.
func (t Token) scopes() ([]string, error) {
	if !t.hasScope {
		return nil, nil
	}
	scopes, ok := parseScope(t.scope.text)
	if t.scope.kind != jsonString || !ok {
		return nil, forbidden(ScopeMalformed)
	}
	return scopes, nil
}

// registeredClaims are the claims that are interpreted, or would be by others
// (RFC 7519 section 4.1, RFC 8693 section 4, RFC 7800, Amazon Cognito).
var registeredClaims = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "client_id", "azp", "cnf", tokenUse,
}

// tokenUse says what Amazon Cognito made a token for (Amazon Cognito Developer Guide, "Verifying JSON web
// tokens": an API that takes access tokens has to find accessUse there).
const (
	tokenUse  = "token_use"
	accessUse = "access"
)

// maxIdentifierSize bounds sub and client_id in bytes.
const maxIdentifierSize = 1024

// parseClaims reads a JWT claims set strictly.
func parseClaims(payload []byte) (jsonValue, error) {
	v, err := parseJSON(payload, maxDepth)
	if err != nil || v.kind != jsonObject || v.unclear || v.disguised(registeredClaims) {
		return jsonValue{}, unauthenticated(ClaimsMalformed)
	}
	// The proof of possession that cnf asks for cannot be checked behind a bearer
	// header (RFC 7800 section 3.1, RFC 9449 section 7.2).
	if _, bound := v.member("cnf"); bound {
		return jsonValue{}, unauthenticated(TokenBound)
	}
	return v, nil
}

// checkIssuer compares byte for byte (RFC 9068 section 4).
func checkIssuer(claims jsonValue, issuer string) error {
	if iss, _ := claims.member("iss"); iss.kind != jsonString || iss.text != issuer {
		return unauthenticated(IssuerMismatch)
	}
	return nil
}

// checkAudience takes a string or an array of strings (RFC 7519 section 4.1.3).
func checkAudience(claims jsonValue, audience string) error {
	aud, _ := claims.member("aud")
	values := []jsonValue{aud}
	if aud.kind == jsonArray {
		values = aud.items
	}
	found := false
	for i := range values {
		if values[i].kind != jsonString {
			return unauthenticated(AudienceMismatch)
		}
		found = found || values[i].text == audience
	}
	if !found {
		return unauthenticated(AudienceMismatch)
	}
	return nil
}

// checkUse lets only access tokens pass where the identity provider says what a token is for. An ID token
// can have the right audience and scopes, and its signature is of the same key.
func checkUse(claims jsonValue) error {
	if use, present := claims.member(tokenUse); present && (use.kind != jsonString || use.text != accessUse) {
		return unauthenticated(TokenUseNotAllowed)
	}
	return nil
}

// checkTimes requires exp and checks nbf and iat when present, each with the leeway.
func checkTimes(claims jsonValue, now time.Time, leeway time.Duration) (expires time.Time, err error) {
	exp, present := claims.member("exp")
	if !present {
		return time.Time{}, unauthenticated(ExpiryMissing)
	}
	expires, ok := numericDate(exp)
	if !ok {
		return time.Time{}, unauthenticated(ClaimsMalformed)
	}
	if !now.Before(expires.Add(leeway)) {
		return time.Time{}, unauthenticated(TokenExpired)
	}
	if err := checkNotAfter(claims, "nbf", now.Add(leeway), TokenNotYetValid); err != nil {
		return time.Time{}, err
	}
	return expires, checkNotAfter(claims, "iat", now.Add(leeway), IssuedInFuture)
}

// checkNotAfter denies for the reason when the claim is a later time than the limit.
func checkNotAfter(claims jsonValue, name string, limit time.Time, reason Reason) error {
	v, present := claims.member(name)
	if !present {
		return nil
	}
	t, ok := numericDate(v)
	if !ok {
		return unauthenticated(ClaimsMalformed)
	}
	if t.After(limit) {
		return unauthenticated(reason)
	}
	return nil
}

// maxNumericDate is the end of the year 9999, the last that RFC 3339 can write.
const maxNumericDate = 253402300799

// numericDate reads seconds since the epoch, fractions allowed (RFC 7519 section 2).
func numericDate(v jsonValue) (time.Time, bool) {
	if v.kind != jsonNumber || len(v.text) > 64 || strings.HasPrefix(v.text, "-") {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(v.text, 64)
	if err != nil || !(seconds >= 0 && seconds <= maxNumericDate) {
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), true
}

// identity takes sub and client_id, and checks jti, which only have to be sound.
func identity(claims jsonValue) (subject, client string, err error) {
	for _, name := range []string{"sub", "client_id", "jti"} {
		v, present := claims.member(name)
		if !present {
			continue
		}
		if !isIdentifier(v) {
			return "", "", unauthenticated(ClaimsMalformed)
		}
		switch name {
		case "sub":
			subject = v.text
		case "client_id":
			client = v.text
		}
	}
	return subject, client, nil
}

// isIdentifier keeps out what could break a log line, a header or a mapping template behind the authorizer.
func isIdentifier(v jsonValue) bool {
	return v.kind == jsonString && v.text != "" && len(v.text) <= maxIdentifierSize &&
		!strings.ContainsFunc(v.text, unicode.IsControl)
}
