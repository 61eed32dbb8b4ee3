package authz

import (
	"encoding/base64"
	"strings"
)

// MaxTokenSize is the size in bytes of the largest token that is looked at.
const MaxTokenSize = 16 << 10

// maxDepth is how deep a header, the claims, a key set or a discovery document may nest.
const maxDepth = 16

// maxKeyIDSize bounds a key id in bytes.
const maxKeyIDSize = 256

// compactJWS is a token in compact serialization (RFC 7515 section 3.1), decoded and not verified.
type compactJWS struct {
	token string
	// signed is what the signature covers.
	signed            []byte
	header, signature []byte
}

// splitCompact takes a token of three non-empty parts. Five parts would be a JWE,
// a brace the JSON serialization.
func splitCompact(token string) (compactJWS, error) {
	if len(token) > MaxTokenSize {
		return compactJWS{}, unauthenticated(TokenTooLarge)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return compactJWS{}, unauthenticated(TokenMalformed)
	}
	var decoded [3][]byte
	for i, part := range parts {
		bytes, ok := decodeBase64URL(part)
		if !ok || len(bytes) == 0 {
			return compactJWS{}, unauthenticated(TokenMalformed)
		}
		decoded[i] = bytes
	}
	return compactJWS{
		token:     token,
		signed:    []byte(token[:len(parts[0])+1+len(parts[1])]),
		header:    decoded[0],
		signature: decoded[2],
	}, nil
}

var canonicalBase64URL = base64.RawURLEncoding.Strict()

// decodeBase64URL takes the one canonical spelling of RFC 7515 section 2: no
// padding, no unused bits set, and no line breaks, which encoding/base64 skips.
func decodeBase64URL(s string) ([]byte, bool) {
	for i := range len(s) {
		if !isBase64URL(s[i]) {
			return nil, false
		}
	}
	decoded, err := canonicalBase64URL.DecodeString(s)
	return decoded, err == nil
}

func isBase64URL(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || isDigit(c) || c == '-' || c == '_'
}

// joseHeader is what is used of a JOSE header.
type joseHeader struct {
	algorithm algorithm
	keyID     string
	hasKeyID  bool
}

// registeredHeaders are the parameters of RFC 7515, RFC 7516 and RFC 7797.
var registeredHeaders = []string{
	"alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit",
	"b64", "enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
}

// refusedHeaders change how a token is to be read (crit, b64, zip, enc, cty) or
// bring a key along (jwk, jku, x5u, x5c). No issuer of access tokens needs them,
// so their presence is refused instead of ignored.
var refusedHeaders = []string{"crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c"}

// tokenTypes are the values of typ that an access token has, in lower case
// (RFC 7519 section 5.1, RFC 9068 section 2.1). Those of ID tokens, logout
// tokens, DPoP proofs and security events that have a typ are others.
var tokenTypes = map[string]bool{"jwt": true, "at+jwt": true, "application/at+jwt": true}

func parseHeader(data []byte) (joseHeader, error) {
	v, err := parseJSON(data, maxDepth)
	if err != nil || v.kind != jsonObject || v.unclear || v.disguised(registeredHeaders) {
		return joseHeader{}, unauthenticated(HeaderMalformed)
	}
	for _, name := range refusedHeaders {
		if _, present := v.member(name); present {
			return joseHeader{}, unauthenticated(HeaderNotAllowed)
		}
	}
	var h joseHeader
	alg, _ := v.member("alg")
	h.algorithm = algorithm(alg.text)
	if alg.kind != jsonString || alg.escaped || !h.algorithm.allowed() {
		return joseHeader{}, unauthenticated(AlgorithmNotAllowed)
	}
	if typ, present := v.member("typ"); present {
		if typ.kind != jsonString || typ.escaped || !tokenTypes[asciiLower(typ.text)] {
			return joseHeader{}, unauthenticated(TypeNotAllowed)
		}
	}
	if kid, present := v.member("kid"); present {
		if !isKeyID(kid) {
			return joseHeader{}, unauthenticated(HeaderMalformed)
		}
		h.keyID, h.hasKeyID = kid.text, true
	}
	return h, nil
}

// isKeyID bounds what is compared with the ids of the key set; the value is used for nothing else.
func isKeyID(v jsonValue) bool {
	return v.kind == jsonString && v.text != "" && len(v.text) <= maxKeyIDSize
}
