package authz

import "strings"

// bearer takes the token out of the Authorization header (RFC 6750 section 2.1):
// exactly one value, the scheme in any case, one space, one b64token. A comma is
// in no b64token, so a list of credentials folded into one value is refused too.
func bearer(values []string) (string, error) {
	switch len(values) {
	case 0:
		return "", unauthenticated(TokenMissing)
	case 1:
	default:
		return "", unauthenticated(AuthorizationRepeated)
	}
	const scheme = "Bearer "
	value := values[0]
	if value == "" {
		return "", unauthenticated(TokenMissing)
	}
	if len(value) < len(scheme) || !equalFoldASCII(value[:len(scheme)], scheme) {
		return "", unauthenticated(AuthorizationMalformed)
	}
	token := value[len(scheme):]
	if len(token) > MaxTokenSize {
		return "", unauthenticated(TokenTooLarge)
	}
	if !isB64Token(token) {
		return "", unauthenticated(AuthorizationMalformed)
	}
	return token, nil
}

// equalFoldASCII does not fold letters beyond ASCII, unlike strings.EqualFold.
func equalFoldASCII(a, b string) bool {
	return len(a) == len(b) && asciiLower(a) == asciiLower(b)
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		if c := s[i]; !isBase64URL(c) && !strings.ContainsRune("._~+/-", rune(c)) {
			return false
		}
	}
	return s != ""
}
