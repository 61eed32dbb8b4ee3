package localcloud

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func named(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) })
}

func TestHosts(t *testing.T) {
	sites := map[string]bool{"acme.example.com": true, "beta.one.org": true, "beta.two.org": true, "d123.cloudfront.net": true}
	h := &hosts{console: named("console"), idp: named("idp"), front: named("aws"),
		site: func(name string) (http.Handler, bool) { return named("site " + name), sites[name] },
		api:  func(id string) (http.Handler, bool) { return named("api " + id), id == "abc" }}
	h.setSites([]string{"acme.example.com", "beta.two.org", "beta.one.org"})
	for host, want := range map[string]string{
		"localhost:4566":                             "console",
		"LOCALHOST.":                                 "console",
		"id.localhost:4566":                          "idp",
		"127.0.0.1:4566":                             "aws",
		"[::1]:4566":                                 "aws",
		"aws.localhost:4566":                         "aws",
		"bucket.aws.localhost":                       "aws",
		"b.s3.eu-central-1.amazonaws.com":            "aws",
		"acme.localhost:4566":                        "site acme.example.com",
		"Acme.Example.Com":                           "site acme.example.com",
		"acme.example.com.localhost:1":               "site acme.example.com",
		"beta.one.org.localhost":                     "site beta.one.org",
		"beta.two.org.localhost":                     "site beta.two.org",
		"d123.cloudfront.net":                        "site d123.cloudfront.net",
		"abc.execute-api.localhost:4566":             "api abc",
		"abc.execute-api.eu-central-1.amazonaws.com": "api abc",
		"none.execute-api.localhost":                 "{\"message\":\"Forbidden\"}\n",
		"beta.localhost":                             "The local cloud has no host beta.localhost. The console at http://localhost lists all.\n",
		"evil.example":                               "The local cloud has no host evil.example. The console at http://localhost lists all.\n",
		"":                                           "The local cloud has no host . The console at http://localhost lists all.\n",
		"execute-api.localhost":                      "The local cloud has no host execute-api.localhost. The console at http://localhost lists all.\n",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
	for origin, want := range map[string]string{
		"http://acme.localhost:4566": "https://acme.example.com", "https://acme.example.com": "https://acme.example.com",
		"http://beta.localhost:4566": "http://beta.localhost:4566", "null": "null",
	} {
		if got := h.canonicalOrigin(origin); got != want {
			t.Errorf("canonicalOrigin(%q) = %q, want %q", origin, got, want)
		}
	}
}
