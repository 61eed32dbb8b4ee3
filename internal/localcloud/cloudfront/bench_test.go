package cloudfront

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkServe is what a distribution adds to its origins: for an API, and for an object out of the cache.
func BenchmarkServe(b *testing.B) {
	s := New(Options{
		Buckets: &buckets{user: CanonicalUser(identity), objects: map[string]object{webBucket + "/a": {body: "x"}}},
		APIs: func(string) (http.Handler, bool) {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }), true
		},
	})
	t := &testing.T{}
	w := &world{Service: s, t: t}
	w.distribution(optimized, apiBehavior)
	h, _ := w.Handler(domain)
	for _, target := range []string{"/api/x", "/a"} {
		b.Run(target[1:], func(b *testing.B) {
			r := httptest.NewRequest("GET", target, nil)
			for b.Loop() {
				h.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}
