package opensearch

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// maxTarget is the length limit of path and query in bytes, that of the node's request line
// (http.max_initial_line_length).
const maxTarget = 4096

// target is what a request names, in the one form in which it is decided, routed and forwarded.
type target struct {
	// segments of the path, decoded; none for /.
	segments []string
	// query parameters, decoded, in the order in which they were sent, each once.
	query []parameter
}

type parameter struct{ name, value string }

// path is what stands behind the domain in the ARN of the request.
func (t target) path() string { return "/" + strings.Join(t.segments, "/") }

// parseTarget reads the request target of a request line. It refuses everything that the node,
// IAM and whatever stands between could read in different ways.
func parseTarget(requestURI string) (target, *gate.Error) {
	if len(requestURI) > maxTarget {
		return target{}, &gate.Error{Status: http.StatusRequestURITooLong, Code: "RequestURITooLong", Message: fmt.Sprintf("The request target has %d characters, the limit is %d.", len(requestURI), maxTarget)}
	}
	path, query, _ := strings.Cut(requestURI, "?")
	segments, err := parsePath(path)
	if err != nil {
		return target{}, malformed("reading path %q: %v", path, err)
	}
	parameters, err := parseQuery(query)
	if err != nil {
		return target{}, malformed("reading query %q: %v", query, err)
	}
	return target{segments: segments, query: parameters}, nil
}

// malformed is the answer to a request that cannot be understood in one way only.
func malformed(format string, args ...any) *gate.Error {
	return &gate.Error{Status: http.StatusBadRequest, Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// parsePath refuses what could be read in two ways (docs/aws-differences.md, 61).
func parsePath(path string) ([]string, error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, fmt.Errorf("it does not begin with a slash")
	}
	if rest == "" {
		return nil, nil
	}
	// The node ignores one slash at the end; it is no part of what is decided.
	rest = strings.TrimSuffix(rest, "/")
	raw := strings.Split(rest, "/")
	for i, segment := range raw {
		decoded, err := decodeSegment(segment)
		if err != nil {
			return nil, fmt.Errorf("segment %q: %w", segment, err)
		}
		raw[i] = decoded
	}
	return raw, nil
}

// literal characters of a path: those of RFC 3986 without the semicolon, which some servers take
// for the beginning of parameters, and without the plus, which some take for a space.
const literal = "!$&'()*,=:@"

func decodeSegment(segment string) (string, error) {
	switch segment {
	case "":
		return "", fmt.Errorf("it is empty")
	case ".", "..":
		return "", fmt.Errorf("it is a dot segment")
	}
	var b strings.Builder
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		switch {
		case unreserved(c) || strings.IndexByte(literal, c) >= 0:
			b.WriteByte(c)
		case c == '%' && i+2 < len(segment):
			high, low := unhex(segment[i+1]), unhex(segment[i+2])
			if high > 15 || low > 15 {
				return "", fmt.Errorf("%q is no percent-encoding", segment[i:i+3])
			}
			c = high<<4 | low
			if c <= 0x1f || c >= 0x7f || unreserved(c) || strings.IndexByte(`/,*<>%\`, c) >= 0 {
				return "", fmt.Errorf("character %q must not be percent-encoded", segment[i:i+3])
			}
			b.WriteByte(c)
			i += 2
		default:
			return "", fmt.Errorf("character %q is not allowed", c)
		}
	}
	return b.String(), nil
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// encodeSegment is the canonical form of a segment: what parsePath reads as the segment itself.
func encodeSegment(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; unreserved(c) || c == ',' || c == '*' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

func parseQuery(query string) ([]parameter, error) {
	if query == "" {
		return nil, nil
	}
	var out []parameter
	seen := map[string]bool{}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, err := decodeQuery(rawName)
		if err != nil {
			return nil, err
		}
		value, err := decodeQuery(rawValue)
		if err != nil {
			return nil, err
		}
		if name == "" || seen[name] {
			return nil, fmt.Errorf("parameter %q is there twice or has no name", name)
		}
		seen[name] = true
		out = append(out, parameter{name, value})
	}
	return out, nil
}

func decodeQuery(raw string) (string, error) {
	// The node takes a semicolon for an ampersand.
	if strings.ContainsAny(raw, ";?#") {
		return "", fmt.Errorf("one of ;?# is not encoded in %q", raw)
	}
	s, err := url.QueryUnescape(raw)
	if err != nil || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		return "", fmt.Errorf("%q is not a percent-encoded text", raw)
	}
	return s, nil
}

func encodeQuery(parameters []parameter) string {
	var b strings.Builder
	for _, p := range parameters {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.name))
		if p.value != "" {
			b.WriteByte('=')
			b.WriteString(url.QueryEscape(p.value))
		}
	}
	return b.String()
}
