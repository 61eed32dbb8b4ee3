package cloudfront

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// freshFor is how long an answer of the origin may be kept; 0 is not at all (CloudFront Developer
// Guide, "Managing how long content stays in the cache" and "Controlling how long CloudFront
// caches errors").
func (x *exchange) freshFor(status int, h http.Header) time.Duration {
	if !x.caching.caches() || !x.cacheable() {
		return 0
	}
	if status >= 400 {
		return x.errorFreshFor(status, h)
	}
	switch status {
	case http.StatusOK, http.StatusNoContent, http.StatusMovedPermanently, http.StatusPermanentRedirect, http.StatusNonAuthoritativeInfo, http.StatusMultipleChoices:
	case http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
		if _, ok := maxAge(h, x.s.o.Now()); !ok {
			return 0
		}
	default:
		return 0
	}
	p := x.caching
	directives := cacheControl(h)
	for _, d := range []string{"no-store", "no-cache", "private"} {
		if _, ok := directives[d]; ok {
			return p.minTTL
		}
	}
	if age, ok := maxAge(h, x.s.o.Now()); ok {
		return min(max(age, p.minTTL), p.maxTTL)
	}
	return max(p.defaultTTL, p.minTTL)
}

// alwaysCachedErrors are kept also without Cache-Control; others only with it, or when the
// distribution says for how long.
var alwaysCachedErrors = []int{404, 414, 500, 501, 502, 503, 504}

func (x *exchange) errorFreshFor(status int, h http.Header) time.Duration {
	age, hasAge := maxAge(h, x.s.o.Now())
	custom, configured := x.distribution.errors[status]
	if !hasAge && !configured && !slices.Contains(alwaysCachedErrors, status) {
		return 0
	}
	minimum := defaultErrorTTL
	if configured {
		minimum = custom.ttl
	}
	return min(max(age, minimum), max(x.caching.maxTTL, minimum))
}

// cacheControl are the directives of Cache-Control in lower case with their values.
func cacheControl(h http.Header) map[string]string {
	directives := map[string]string{}
	for _, line := range h["Cache-Control"] {
		for item := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
			directives[strings.ToLower(name)] = strings.Trim(value, `"`)
		}
	}
	return directives
}

// maxAge is how long the origin says that its answer is fresh: s-maxage before max-age before Expires.
func maxAge(h http.Header, now time.Time) (time.Duration, bool) {
	directives := cacheControl(h)
	for _, name := range []string{"s-maxage", "max-age"} {
		if n, err := strconv.ParseInt(directives[name], 10, 32); err == nil {
			return time.Duration(max(n, 0)) * time.Second, true
		}
	}
	if expires := h.Get("Expires"); expires != "" {
		at, err := http.ParseTime(expires)
		if err != nil {
			return 0, true // such as Expires: 0, which means in the past
		}
		return max(at.Sub(now), 0), true
	}
	return 0, false
}
