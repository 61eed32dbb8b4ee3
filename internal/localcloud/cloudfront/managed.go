package cloudfront

import "time"

// The policies that CloudFront has by itself, by id (CloudFront Developer Guide, "Use managed cache
// policies", "Use managed origin request policies", "Use managed response headers policies").

const (
	year = 365 * 24 * time.Hour
	day  = 24 * time.Hour
)

func managedCachePolicies() map[string]*cachePolicy {
	methodOverrides := []string{"host", "origin", "x-http-method-override", "x-http-method", "x-method-override"}
	return map[string]*cachePolicy{
		// Amplify
		"2e54312d-136d-493c-8eb9-b001f22f67d2": {minTTL: 2 * time.Second, maxTTL: 10 * time.Minute, defaultTTL: 2 * time.Second,
			headers: listedHeaders("authorization", "cloudfront-viewer-country", "host"), cookies: all, query: all, gzip: true, brotli: true},
		// CachingDisabled
		"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": {headers: none, cookies: none, query: none},
		// CachingOptimized
		"658327ea-f89d-4fab-a63d-7e88639e58f6": {minTTL: time.Second, maxTTL: year, defaultTTL: day, headers: none, cookies: none, query: none, gzip: true, brotli: true},
		// CachingOptimizedForUncompressedObjects
		"b2884449-e4de-46a7-ac36-70bc7f1ddd6d": {minTTL: time.Second, maxTTL: year, defaultTTL: day, headers: none, cookies: none, query: none},
		// Elemental-MediaPackage
		"08627262-05a9-4f76-9ded-b50ca2e3a84f": {maxTTL: year, defaultTTL: day, headers: listedHeaders("origin"), cookies: none,
			query: listed("aws.manifestfilter", "start", "end", "m"), gzip: true},
		// UseOriginCacheControlHeaders
		"83da9c7e-98b4-4e11-a168-04f0df8e2c65": {maxTTL: year, headers: listedHeaders(methodOverrides...), cookies: all, query: none, gzip: true, brotli: true},
		// UseOriginCacheControlHeaders-QueryStrings
		"4cc15a8a-d715-48a4-82b8-cc0b614638fe": {maxTTL: year, headers: listedHeaders(methodOverrides...), cookies: all, query: all, gzip: true, brotli: true},
	}
}

func managedOriginRequestPolicies() map[string]*originRequestPolicy {
	return map[string]*originRequestPolicy{
		// AllViewer
		"216adef6-5c7f-47e4-b989-5492eafa07d3": {headers: all, cookies: all, query: all},
		// AllViewerAndCloudFrontHeaders-2022-06
		"33f36d7e-f396-46d9-90e0-52428a34d9dc": {headers: all, cookies: all, query: all, added: generatedHeaders},
		// AllViewerExceptHostHeader
		"b689b0a8-53d0-40ab-baf2-68738e2966ac": {headers: selection{modeAllExcept, set([]string{"Host"})}, cookies: all, query: all},
		// CORS-CustomOrigin
		"59781a5b-3903-41f3-afcb-af62929ccde1": {headers: listedHeaders("origin"), cookies: none, query: none},
		// CORS-S3Origin
		"88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": {headers: listedHeaders("origin", "access-control-request-headers", "access-control-request-method"), cookies: none, query: none},
		// Elemental-MediaTailor-PersonalizedManifests
		"775133bc-15f2-49f9-abea-afb2e0bf67d2": {headers: listedHeaders("origin", "access-control-request-headers", "access-control-request-method", "user-agent", "x-forwarded-for"), cookies: none, query: all},
		// HostHeaderOnly
		"bf0718e1-ba1e-49d1-88b1-f726733018ae": {headers: listedHeaders("host"), cookies: none, query: none},
		// UserAgentRefererHeaders
		"acba4595-bd28-49b8-b9fe-13317c0390fa": {headers: listedHeaders("user-agent", "referer"), cookies: none, query: none},
	}
}

func managedHeadersPolicies() map[string]*headersPolicy {
	simple := &corsHeaders{origins: []string{"*"}}
	preflight := &corsHeaders{origins: []string{"*"}, methods: allMethods, expose: []string{"*"}}
	security := []setHeader{
		{"X-Xss-Protection", "1; mode=block", false}, {"X-Frame-Options", "SAMEORIGIN", false},
		{"Referrer-Policy", "strict-origin-when-cross-origin", false}, {"X-Content-Type-Options", "nosniff", true},
		{"Strict-Transport-Security", "max-age=31536000", false},
	}
	return map[string]*headersPolicy{
		// SimpleCORS
		"60669652-455b-4ae9-85a4-c4c02393f86c": {cors: simple},
		// CORS-With-Preflight
		"5cc3b908-e619-4b99-88e5-2cf7f45965bd": {cors: preflight},
		// SecurityHeadersPolicy
		"67f7725c-6f97-4210-82d7-5512b31e9d03": {set: security},
		// CORS-and-SecurityHeadersPolicy
		"e61eb60c-9c35-4d20-a928-2b84e02af89c": {cors: simple, set: security},
		// CORS-with-preflight-and-SecurityHeadersPolicy
		"eaab4381-ed33-4a86-88ca-d9558dc6cd63": {cors: preflight, set: security},
	}
}
