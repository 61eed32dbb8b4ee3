package cloudfront

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// headersPolicy is a response headers policy.
type headersPolicy struct {
	remove       []string
	cors         *corsHeaders
	set          []setHeader
	serverTiming float64 // percentage of answers that have Server-Timing
}

type setHeader struct {
	name, value string
	override    bool
}

type corsHeaders struct {
	origins, methods, headers, expose []string
	credentials, override             bool
	maxAge                            int
	hasMaxAge                         bool
}

var allMethods = []string{"GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

type headersPolicyConfig struct {
	CorsConfig *struct {
		AccessControlAllowCredentials                         bool
		AccessControlAllowHeaders, AccessControlAllowMethods  struct{ Items []string }
		AccessControlAllowOrigins, AccessControlExposeHeaders struct{ Items []string }
		AccessControlMaxAgeSec                                *int
		OriginOverride                                        bool
	}
	CustomHeadersConfig struct {
		Items []struct {
			Header, Value string
			Override      bool
		}
	}
	RemoveHeadersConfig struct {
		Items []struct{ Header string }
	}
	SecurityHeadersConfig struct {
		ContentSecurityPolicy *struct {
			ContentSecurityPolicy string
			Override              bool
		}
		ContentTypeOptions *struct{ Override bool }
		FrameOptions       *struct {
			FrameOption string
			Override    bool
		}
		ReferrerPolicy *struct {
			ReferrerPolicy string
			Override       bool
		}
		StrictTransportSecurity *struct {
			AccessControlMaxAgeSec               int
			IncludeSubdomains, Preload, Override bool
		}
		XSSProtection *struct {
			Protection, ModeBlock, Override bool
			ReportUri                       string
		}
	}
	ServerTimingHeadersConfig struct {
		Enabled      bool
		SamplingRate float64
	}
}

func readHeadersPolicy(r resource.Resource) (*headersPolicy, error) {
	var p struct{ ResponseHeadersPolicyConfig headersPolicyConfig }
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	c := p.ResponseHeadersPolicyConfig
	out := &headersPolicy{set: c.security()}
	for _, h := range c.RemoveHeadersConfig.Items {
		out.remove = append(out.remove, h.Header)
	}
	for _, h := range c.CustomHeadersConfig.Items {
		if h.Header == "" {
			return nil, fmt.Errorf("creating response headers policy %s: a custom header has no name", r)
		}
		out.set = append(out.set, setHeader{h.Header, h.Value, h.Override})
	}
	if c.ServerTimingHeadersConfig.Enabled {
		out.serverTiming = c.ServerTimingHeadersConfig.SamplingRate
	}
	if cors := c.CorsConfig; cors != nil {
		out.cors = &corsHeaders{
			origins: cors.AccessControlAllowOrigins.Items, methods: cors.AccessControlAllowMethods.Items, headers: cors.AccessControlAllowHeaders.Items,
			expose: cors.AccessControlExposeHeaders.Items, credentials: cors.AccessControlAllowCredentials, override: cors.OriginOverride,
		}
		if slices.Contains(out.cors.methods, "ALL") {
			out.cors.methods = allMethods
		}
		if cors.AccessControlMaxAgeSec != nil {
			out.cors.maxAge, out.cors.hasMaxAge = *cors.AccessControlMaxAgeSec, true
		}
	}
	return out, nil
}

func (c headersPolicyConfig) security() []setHeader {
	s := c.SecurityHeadersConfig
	var out []setHeader
	if h := s.ContentSecurityPolicy; h != nil {
		out = append(out, setHeader{"Content-Security-Policy", h.ContentSecurityPolicy, h.Override})
	}
	if h := s.ContentTypeOptions; h != nil {
		out = append(out, setHeader{"X-Content-Type-Options", "nosniff", h.Override})
	}
	if h := s.FrameOptions; h != nil {
		out = append(out, setHeader{"X-Frame-Options", h.FrameOption, h.Override})
	}
	if h := s.ReferrerPolicy; h != nil {
		out = append(out, setHeader{"Referrer-Policy", h.ReferrerPolicy, h.Override})
	}
	if h := s.StrictTransportSecurity; h != nil {
		value := "max-age=" + strconv.Itoa(h.AccessControlMaxAgeSec)
		if h.IncludeSubdomains {
			value += "; includeSubDomains"
		}
		if h.Preload {
			value += "; preload"
		}
		out = append(out, setHeader{"Strict-Transport-Security", value, h.Override})
	}
	if h := s.XSSProtection; h != nil {
		value := "0"
		if h.Protection {
			value = "1"
			if h.ModeBlock {
				value += "; mode=block"
			} else if h.ReportUri != "" {
				value += "; report=" + h.ReportUri
			}
		}
		out = append(out, setHeader{"X-XSS-Protection", value, h.Override})
	}
	return out
}

// apply changes the headers of a response to a viewer (CloudFront Developer Guide, "Understand
// response headers policies"). localize makes the configured origins those of the laptop.
func (p *headersPolicy) apply(h http.Header, viewer *http.Request, result string, localize func(string, string) string) {
	for _, name := range p.remove {
		h.Del(name)
	}
	if p.cors != nil {
		p.cors.apply(h, viewer, localize)
	}
	for _, s := range p.set {
		if s.override || h.Get(s.name) == "" {
			h.Set(s.name, s.value)
		}
	}
	if p.serverTiming > 0 && rand.Float64()*100 < p.serverTiming {
		metric := "cdn-cache-miss"
		if strings.HasPrefix(result, "Hit") {
			metric = "cdn-cache-hit"
		} else if strings.HasPrefix(result, "RefreshHit") {
			metric = "cdn-cache-refresh"
		}
		h.Add("Server-Timing", metric+`,cdn-pop;desc="`+pop+`"`)
	}
}

var corsNames = []string{
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers",
	"Access-Control-Allow-Methods", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
}

func (c *corsHeaders) apply(h http.Header, viewer *http.Request, localize func(string, string) string) {
	origin := viewer.Header.Get("Origin")
	if origin == "" {
		return
	}
	// Without override one header of the origin's keeps out all of the policy's.
	for _, name := range corsNames {
		if h.Get(name) == "" {
			continue
		}
		if !c.override {
			return
		}
		h.Del(name)
	}
	allowed := c.allows(origin, localize)
	if allowed == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", allowed)
	if allowed != "*" {
		h.Add("Vary", "Origin")
	}
	if c.credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	if viewer.Method == http.MethodOptions && viewer.Header.Get("Access-Control-Request-Method") != "" {
		setList(h, "Access-Control-Allow-Methods", c.methods)
		setList(h, "Access-Control-Allow-Headers", c.headers)
		if c.hasMaxAge {
			h.Set("Access-Control-Max-Age", strconv.Itoa(c.maxAge))
		}
		return
	}
	setList(h, "Access-Control-Expose-Headers", c.expose)
}

func setList(h http.Header, name string, values []string) {
	if len(values) > 0 {
		h.Set(name, strings.Join(values, ", "))
	}
}

// allows is the value of Access-Control-Allow-Origin for an origin; empty if it is not allowed.
func (c *corsHeaders) allows(origin string, localize func(string, string) string) string {
	for _, allowed := range c.origins {
		if allowed == "*" {
			return "*"
		}
		for _, pattern := range []string{allowed, localize("Access-Control-Allow-Origin", allowed)} {
			if !strings.Contains(pattern, "://") {
				pattern = "*://" + pattern
			}
			if matchOrigin(strings.ToLower(pattern), strings.ToLower(origin)) {
				return origin
			}
		}
	}
	return ""
}

// matchOrigin lets an asterisk stand for one scheme or for labels of a host, never for a slash.
func matchOrigin(pattern, origin string) bool {
	scheme, host, ok := strings.Cut(origin, "://")
	patternScheme, patternHost, _ := strings.Cut(pattern, "://")
	return ok && !strings.Contains(host, "/") && match(patternScheme, scheme) && matchLiteral(patternHost, host)
}

// matchLiteral is match without the question mark.
func matchLiteral(pattern, s string) bool {
	return !strings.Contains(s, "?") && match(strings.ReplaceAll(pattern, "?", "\x00"), s)
}
