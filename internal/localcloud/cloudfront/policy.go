package cloudfront

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// selection is which headers, cookies or query parameters are meant.
type selection struct {
	mode  string // none, whitelist, allExcept or all
	names map[string]bool
}

const (
	modeNone      = "none"
	modeListed    = "whitelist"
	modeAllExcept = "allExcept"
	modeAll       = "all"
)

func listed(names ...string) selection {
	return selection{modeListed, set(names)}
}

func listedHeaders(names ...string) selection {
	return selection{modeListed, set(canonical(names))}
}

// canonical are header names as http.Header has them.
func canonical(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = http.CanonicalHeaderKey(n)
	}
	return out
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

var all, none = selection{mode: modeAll}, selection{mode: modeNone}

// has says whether a name is selected. Header names are canonical.
func (s selection) has(name string) bool {
	switch s.mode {
	case modeAll:
		return true
	case modeAllExcept:
		return !s.names[name]
	case modeListed:
		return s.names[name]
	}
	return false
}

// sorted are the names of a list, in an order that is always the same.
func (s selection) sorted() []string {
	if s.mode != modeListed {
		return nil
	}
	return slices.Sorted(maps.Keys(s.names))
}

// cachePolicy says what makes the cache key, and how long an object is kept.
type cachePolicy struct {
	minTTL, maxTTL, defaultTTL time.Duration
	headers, cookies, query    selection
	gzip, brotli               bool
}

// caches says whether anything can be kept (CloudFront Developer Guide, "Managing how long content
// stays in the cache": with a maximum TTL of 0 every request goes to the origin).
func (p *cachePolicy) caches() bool { return p.maxTTL > 0 }

// originRequestPolicy says what goes to the origin in addition to the cache key.
type originRequestPolicy struct {
	headers, cookies, query selection
	added                   []string // CloudFront-… headers in addition to the viewer's
}

// readSelection reads one of HeadersConfig, CookiesConfig and QueryStringsConfig.
func readSelection(what, mode string, names []string, isHeaders bool) (selection, error) {
	if isHeaders {
		names = canonical(names)
	}
	switch mode {
	case modeNone, "":
		return none, nil
	case modeAll:
		return all, nil
	case modeListed, modeAllExcept:
		if len(names) == 0 {
			return none, fmt.Errorf("the %s are %s without names", what, mode)
		}
		return selection{mode, set(names)}, nil
	}
	return none, fmt.Errorf("the %s are %q, want none, whitelist, allExcept or all", what, mode)
}

type keyConfig struct {
	EnableAcceptEncodingGzip, EnableAcceptEncodingBrotli bool
	HeadersConfig                                        struct {
		HeaderBehavior string
		Headers        []string
	}
	CookiesConfig struct {
		CookieBehavior string
		Cookies        []string
	}
	QueryStringsConfig struct {
		QueryStringBehavior string
		QueryStrings        []string
	}
}

func (c keyConfig) selections() (headers, cookies, query selection, err error) {
	if headers, err = readSelection("headers", c.HeadersConfig.HeaderBehavior, c.HeadersConfig.Headers, true); err != nil {
		return
	}
	if cookies, err = readSelection("cookies", c.CookiesConfig.CookieBehavior, c.CookiesConfig.Cookies, false); err != nil {
		return
	}
	query, err = readSelection("query strings", c.QueryStringsConfig.QueryStringBehavior, c.QueryStringsConfig.QueryStrings, false)
	return
}

func readCachePolicy(r resource.Resource) (*cachePolicy, error) {
	var p struct {
		CachePolicyConfig struct {
			MinTTL, MaxTTL, DefaultTTL               float64
			ParametersInCacheKeyAndForwardedToOrigin keyConfig
		}
	}
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	c := p.CachePolicyConfig
	headers, cookies, query, err := c.ParametersInCacheKeyAndForwardedToOrigin.selections()
	if err != nil {
		return nil, fmt.Errorf("creating cache policy %s: %w", r, err)
	}
	if headers.mode != modeNone && headers.mode != modeListed {
		return nil, fmt.Errorf("creating cache policy %s: HeaderBehavior is %q, want none or whitelist", r, headers.mode)
	}
	return &cachePolicy{
		minTTL: seconds(c.MinTTL), maxTTL: seconds(max(c.MaxTTL, c.MinTTL)), defaultTTL: seconds(c.DefaultTTL),
		headers: headers, cookies: cookies, query: query,
		gzip:   c.ParametersInCacheKeyAndForwardedToOrigin.EnableAcceptEncodingGzip,
		brotli: c.ParametersInCacheKeyAndForwardedToOrigin.EnableAcceptEncodingBrotli,
	}, nil
}

func readOriginRequestPolicy(r resource.Resource) (*originRequestPolicy, error) {
	var p struct{ OriginRequestPolicyConfig keyConfig }
	if err := r.Decode(&p); err != nil {
		return nil, err
	}
	c := p.OriginRequestPolicyConfig
	out := &originRequestPolicy{}
	switch c.HeadersConfig.HeaderBehavior {
	case "allViewer":
		c.HeadersConfig.HeaderBehavior = modeAll
	case "allViewerAndWhitelistCloudFront":
		c.HeadersConfig.HeaderBehavior = modeAll
		out.added = canonical(c.HeadersConfig.Headers)
	case modeAll:
		return nil, fmt.Errorf("creating origin request policy %s: HeaderBehavior is all, want none, whitelist, allExcept, allViewer or allViewerAndWhitelistCloudFront", r)
	}
	var err error
	if out.headers, out.cookies, out.query, err = c.selections(); err != nil {
		return nil, fmt.Errorf("creating origin request policy %s: %w", r, err)
	}
	return out, nil
}

// forwardedValues are the settings of a behavior without a cache policy.
type forwardedValues struct {
	QueryString bool
	Cookies     struct {
		Forward          string
		WhitelistedNames []string
	}
	Headers              []string
	QueryStringCacheKeys []string
}

// legacySettings are the policies that such settings stand for.
type legacySettings struct {
	cache      *cachePolicy
	forwarding *originRequestPolicy
}

func readLegacy(c behaviorConfig) *legacySettings {
	f := c.ForwardedValues
	if f == nil {
		f = &forwardedValues{}
	}
	p := &cachePolicy{minTTL: ttl(c.MinTTL, 0), maxTTL: ttl(c.MaxTTL, 31536000), defaultTTL: ttl(c.DefaultTTL, 86400), headers: none, cookies: none, query: none, gzip: c.Compress, brotli: c.Compress}
	forward := &originRequestPolicy{headers: none, cookies: none, query: none}
	if len(f.Headers) == 1 && f.Headers[0] == "*" {
		forward.headers = all
		p.minTTL, p.maxTTL, p.defaultTTL = 0, 0, 0 // all headers in the key: nothing is cached
	} else if len(f.Headers) > 0 {
		p.headers, _ = readSelection("headers", modeListed, f.Headers, true)
	}
	switch f.Cookies.Forward {
	case modeAll:
		p.cookies = all
	case modeListed:
		p.cookies = listed(f.Cookies.WhitelistedNames...)
	}
	if f.QueryString {
		p.query, forward.query = all, all
		if len(f.QueryStringCacheKeys) > 0 {
			p.query = listed(f.QueryStringCacheKeys...)
		}
	}
	return &legacySettings{p, forward}
}

func ttl(n *float64, def float64) time.Duration {
	if n == nil {
		return seconds(def)
	}
	return seconds(*n)
}
