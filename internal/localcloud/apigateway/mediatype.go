package apigateway

import "strings"

// mediaTypes are those that are binary (API Gateway Developer Guide, "Binary media types for REST APIs").
type mediaTypes []string

// match says whether a header value such as image/png;q=0.9 is of one of the types. */* covers
// everything, also a request that names no type.
func (m mediaTypes) match(value string) bool {
	if len(m) == 0 {
		return false
	}
	value = mediaType(value)
	for _, t := range m {
		if t == "*/*" || strings.EqualFold(t, value) && value != "" {
			return true
		}
		if prefix, ok := strings.CutSuffix(t, "/*"); ok && len(value) > len(prefix)+1 && strings.EqualFold(value[:len(prefix)+1], prefix+"/") {
			return true
		}
	}
	return false
}

// mediaType is the first type of a header value without parameters, in lower case.
func mediaType(value string) string {
	value, _, _ = strings.Cut(value, ",")
	value, _, _ = strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(value))
}
