package s3

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// corsRule lets pages of other origins in (S3 User Guide, "Elements of a CORS configuration").
type corsRule struct {
	ID             string   `xml:",omitempty" json:",omitempty"`
	AllowedOrigins []string `xml:"AllowedOrigin"`
	AllowedMethods []string `xml:"AllowedMethod"`
	AllowedHeaders []string `xml:"AllowedHeader"`
	ExposeHeaders  []string `xml:"ExposeHeader"`
	MaxAgeSeconds  int      `xml:",omitempty" json:",omitempty"`
}

// corsProperties is CorsRule of a template.
type corsProperties struct {
	Id                                                             string
	AllowedOrigins, AllowedMethods, AllowedHeaders, ExposedHeaders []string
	MaxAge                                                         int
}

func (p corsProperties) rule() corsRule {
	return corsRule{p.Id, p.AllowedOrigins, p.AllowedMethods, p.AllowedHeaders, p.ExposedHeaders, p.MaxAge}
}

var corsMethods = []string{"GET", "PUT", "POST", "DELETE", "HEAD"}

// check refuses what S3 refuses.
func (r corsRule) check() error {
	if len(r.AllowedOrigins) == 0 || len(r.AllowedMethods) == 0 {
		return fmt.Errorf("a CORS rule needs AllowedOrigins and AllowedMethods, and has %q and %q", r.AllowedOrigins, r.AllowedMethods)
	}
	for _, method := range r.AllowedMethods {
		if !slices.Contains(corsMethods, method) {
			return fmt.Errorf("found unsupported HTTP method in CORS config. Unsupported method is %s", method)
		}
	}
	for _, pattern := range append(slices.Clip(r.AllowedOrigins), r.AllowedHeaders...) {
		if strings.Count(pattern, "*") > 1 {
			return fmt.Errorf("%q can not have more than one wildcard", pattern)
		}
	}
	return nil
}

// matches says whether a pattern with at most one asterisk matches.
func matches(pattern, value string) bool {
	head, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == value
	}
	return len(value) >= len(head)+len(rest) && strings.HasPrefix(value, head) && strings.HasSuffix(value, rest)
}

// origin is the pattern that matches an origin, empty if none does.
func (r corsRule) origin(origin string) string {
	for _, pattern := range r.AllowedOrigins {
		if matches(pattern, origin) {
			return pattern
		}
	}
	return ""
}

func (r corsRule) allowsHeaders(headers []string) bool {
	for _, header := range headers {
		if !slices.ContainsFunc(r.AllowedHeaders, func(pattern string) bool { return matches(lower(pattern), header) }) {
			return false
		}
	}
	return true
}

// corsRule is the first rule of the bucket that matches.
func (c *call) corsRule(origin, method string, headers []string) (corsRule, bool) {
	if c.bucket == nil || origin == "" {
		return corsRule{}, false
	}
	canonical := c.s.localize(origin)
	for _, rule := range c.bucket.CORS {
		if rule.origin(canonical) != "" && slices.Contains(rule.AllowedMethods, method) && rule.allowsHeaders(headers) {
			return rule, true
		}
	}
	return corsRule{}, false
}

// allowOrigin lets the page read the answer. It comes before everything else is known of the request.
func (c *call) allowOrigin() {
	origin := c.http.Header.Get("Origin")
	if rule, ok := c.corsRule(origin, c.http.Method, nil); ok {
		c.setOrigin(rule, origin)
	}
}

func (c *call) setOrigin(rule corsRule, origin string) {
	h := c.w.Header()
	if rule.origin(c.s.localize(origin)) == "*" {
		h.Set("Access-Control-Allow-Origin", "*")
	} else {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(rule.AllowedMethods, ", "))
	if len(rule.ExposeHeaders) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(rule.ExposeHeaders, ", "))
	}
	if rule.MaxAgeSeconds > 0 {
		h.Set("Access-Control-Max-Age", strconv.Itoa(rule.MaxAgeSeconds))
	}
	h.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
}

// preflight answers what browsers ask before a request (S3 API Reference, "OPTIONS object").
func (c *call) preflight() *gate.Error {
	c.bucket = c.s.buckets.get(c.target.bucket)
	h := c.http.Header
	origin, method := h.Get("Origin"), h.Get("Access-Control-Request-Method")
	switch {
	case origin == "":
		return fault(http.StatusBadRequest, "BadRequest", "Insufficient information. Origin request header needed.")
	case method == "":
		return fault(http.StatusBadRequest, "BadRequest", "Invalid Access-Control-Request-Method: null")
	}
	var headers []string
	for header := range strings.SplitSeq(h.Get("Access-Control-Request-Headers"), ",") {
		if header = lower(header); header != "" {
			headers = append(headers, header)
		}
	}
	rule, ok := c.corsRule(origin, method, headers)
	if !ok {
		return errCORS
	}
	c.setOrigin(rule, origin)
	if len(headers) > 0 {
		c.w.Header().Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	}
	return c.writeStatus(http.StatusOK)
}
