package cloudfront

import (
	"net/http"
	"strings"
	"testing"
)

func TestResponseHeadersPolicy(t *testing.T) {
	const cors = `{"ResponseHeadersPolicyConfig":{"Name":"n","CorsConfig":{"AccessControlAllowCredentials":true,"AccessControlAllowHeaders":{"Items":["X-A"]},"AccessControlAllowMethods":{"Items":["GET","PUT"]},
		"AccessControlAllowOrigins":{"Items":["https://*.example.com"]},"AccessControlExposeHeaders":{"Items":["ETag"]},"AccessControlMaxAgeSec":600,"OriginOverride":OVERRIDE}}}`
	for _, test := range []struct {
		name, policy string
		method       string
		origin       map[string]string // headers of the origin's answer
		viewer       []string
		want         map[string]string
	}{
		{"override", `{"ResponseHeadersPolicyConfig":{"CustomHeadersConfig":{"Items":[{"Header":"x-a","Value":"p","Override":true},{"Header":"x-b","Value":"p","Override":false},{"Header":"x-c","Value":"p","Override":"false"}]}}}`, "GET",
			map[string]string{"X-A": "o", "X-B": "o"}, nil, map[string]string{"X-A": "p", "X-B": "o", "X-C": "p"}},
		{"remove", `{"ResponseHeadersPolicyConfig":{"RemoveHeadersConfig":{"Items":[{"Header":"server"},{"Header":"X-Powered-By"}]}}}`, "GET", map[string]string{"Server": "o", "X-Powered-By": "o"}, nil, map[string]string{"Server": "", "X-Powered-By": ""}},
		{"security", `{"ResponseHeadersPolicyConfig":{"SecurityHeadersConfig":{"StrictTransportSecurity":{"AccessControlMaxAgeSec":"5","IncludeSubdomains":true,"Preload":true,"Override":true},"XSSProtection":{"Protection":true,"ModeBlock":true,"Override":true}}}}`, "GET",
			nil, nil, map[string]string{"Strict-Transport-Security": "max-age=5; includeSubDomains; preload", "X-Xss-Protection": "1; mode=block"}},
		{"managed", "67f7725c-6f97-4210-82d7-5512b31e9d03", "GET", map[string]string{"X-Content-Type-Options": "o", "X-Frame-Options": "o"}, nil,
			map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "o", "Referrer-Policy": "strict-origin-when-cross-origin"}},
		{"CORS", strings.Replace(cors, "OVERRIDE", "false", 1), "GET", nil, []string{"Origin", "https://a.example.com"},
			map[string]string{"Access-Control-Allow-Origin": "https://a.example.com", "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "ETag", "Access-Control-Allow-Methods": "", "Vary": "Origin"}},
		{"CORS preflight", strings.Replace(cors, "OVERRIDE", "false", 1), "OPTIONS", nil, []string{"Origin", "https://a.example.com", "Access-Control-Request-Method", "PUT"},
			map[string]string{"Access-Control-Allow-Methods": "GET, PUT", "Access-Control-Allow-Headers": "X-A", "Access-Control-Max-Age": "600"}},
		{"CORS of another origin", strings.Replace(cors, "OVERRIDE", "false", 1), "GET", nil, []string{"Origin", "https://example.com.evil.org"}, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"CORS of an origin with a path", strings.Replace(cors, "OVERRIDE", "false", 1), "GET", nil, []string{"Origin", "https://evil.org/.example.com"}, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"CORS of the origin stays", strings.Replace(cors, "OVERRIDE", "false", 1), "GET", map[string]string{"Access-Control-Max-Age": "1"}, []string{"Origin", "https://a.example.com"}, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Max-Age": "1"}},
		{"CORS overrides the origin's", strings.Replace(cors, "OVERRIDE", "true", 1), "GET", map[string]string{"Access-Control-Allow-Origin": "*"}, []string{"Origin", "https://evil.org"}, map[string]string{"Access-Control-Allow-Origin": ""}},
		{"no CORS request", strings.Replace(cors, "OVERRIDE", "true", 1), "GET", map[string]string{"Access-Control-Allow-Origin": "*"}, nil, map[string]string{"Access-Control-Allow-Origin": "*"}},
		{"server timing", `{"ResponseHeadersPolicyConfig":{"ServerTimingHeadersConfig":{"Enabled":true,"SamplingRate":100}}}`, "GET", nil, nil, map[string]string{"Server-Timing": `cdn-cache-miss,cdn-pop;desc="` + pop + `"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			id := test.policy
			if strings.HasPrefix(id, "{") {
				id = "policy"
				w.put("AWS::CloudFront::ResponseHeadersPolicy", id, nil, test.policy)
			}
			w.api = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				for name, value := range test.origin {
					rw.Header().Set(name, value)
				}
			})
			w.distribution(optimized, strings.Replace(apiBehavior, `"PathPattern"`, `"ResponseHeadersPolicyId":"`+id+`","PathPattern"`, 1))
			resp, _ := w.ask(test.method, "/api/x", "", test.viewer...)
			for name, want := range test.want {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}
