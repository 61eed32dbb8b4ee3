package cloudfront

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// How long an answer is kept, by the origin's headers and the policy's times.
func TestFreshness(t *testing.T) {
	for _, test := range []struct {
		name          string
		min, def, max int
		status        int
		header        map[string]string
		want          int // seconds
	}{
		{"default", 0, 100, 1000, 200, nil, 100},
		{"max-age", 0, 100, 1000, 200, map[string]string{"Cache-Control": "max-age=50"}, 50},
		{"s-maxage first", 0, 100, 1000, 200, map[string]string{"Cache-Control": "max-age=50, s-maxage=60"}, 60},
		{"more than the maximum", 0, 100, 1000, 200, map[string]string{"Cache-Control": "max-age=5000"}, 1000},
		{"less than the minimum", 10, 100, 1000, 200, map[string]string{"Cache-Control": "max-age=1"}, 10},
		{"no-store", 0, 100, 1000, 200, map[string]string{"Cache-Control": "no-store"}, 0},
		{"no-store with a minimum", 10, 100, 1000, 200, map[string]string{"Cache-Control": "No-Store"}, 10},
		{"private", 0, 100, 1000, 200, map[string]string{"Cache-Control": "private, max-age=50"}, 0},
		{"Expires", 0, 100, 1000, 200, map[string]string{"Expires": "Wed, 25 Nov 2026 12:00:30 GMT"}, 30},
		{"Expires that is no time", 0, 100, 1000, 200, map[string]string{"Expires": "0"}, 0},
		{"permanent redirect", 0, 100, 1000, 301, nil, 100},
		{"temporary redirect", 0, 100, 1000, 302, nil, 0},
		{"temporary redirect with max-age", 0, 100, 1000, 302, map[string]string{"Cache-Control": "max-age=50"}, 50},
		{"not found", 0, 100, 1000, 404, nil, 10},
		{"forbidden", 0, 100, 1000, 403, nil, 0},
		{"forbidden with max-age", 0, 100, 1000, 403, map[string]string{"Cache-Control": "max-age=50"}, 50},
		{"server error", 0, 100, 1000, 503, nil, 10},
		{"nothing is kept", 0, 0, 0, 200, map[string]string{"Cache-Control": "max-age=50"}, 0},
		{"no error is kept", 0, 0, 0, 404, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.put("AWS::CloudFront::CachePolicy", "p", nil, fmt.Sprintf(`{"CachePolicyConfig":{"MinTTL":%d,"DefaultTTL":%d,"MaxTTL":%d,"ParametersInCacheKeyAndForwardedToOrigin":{"EnableAcceptEncodingGzip":"false",
				"HeadersConfig":{"HeaderBehavior":"none"},"CookiesConfig":{"CookieBehavior":"none"},"QueryStringsConfig":{"QueryStringBehavior":"none"}}}}`, test.min, test.def, test.max))
			asked := 0
			w.api = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				asked++
				for name, value := range test.header {
					rw.Header().Set(name, value)
				}
				rw.WriteHeader(test.status)
				_, _ = rw.Write([]byte("x"))
			})
			w.distribution(optimized, `"CacheBehaviors":[{"PathPattern":"/api/*","TargetOriginId":"api","CachePolicyId":"p"}]`)
			w.get("/api/x")
			if test.want > 0 {
				w.now = w.now.Add(time.Duration(test.want)*time.Second - 1)
				if resp, body := w.get("/api/x"); asked != 1 || resp.StatusCode != test.status || body != "x" {
					t.Errorf("just before %d s the origin was asked %d times, the answer is %d %q", test.want, asked, resp.StatusCode, body)
				}
				w.now = w.now.Add(1)
			}
			if w.get("/api/x"); asked != 2 {
				t.Errorf("after %d s the origin was asked %d times, want 2", test.want, asked)
			}
		})
	}
}

func TestHit(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, "")
	w.buckets.set("/a", object{body: "0123456789", header: map[string]string{"ETag": `"v1"`, "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT", "Set-Cookie": "a=1"}})
	if resp, body := w.get("/a"); body != "0123456789" || resp.Header.Get("X-Cache") != "Miss from cloudfront" || resp.Header.Get("Set-Cookie") != "" {
		t.Errorf("got %q %v", body, resp.Header)
	}
	w.now = w.now.Add(7 * time.Second)
	for _, test := range []struct {
		name, method string
		headers      []string
		status       int
		body         string
	}{
		{"GET", "GET", nil, 200, "0123456789"},
		{"with a query and cookies", "GET", []string{"Cookie", "x=1", "Authorization", "y"}, 200, "0123456789"},
		{"HEAD", "HEAD", nil, 200, ""},
		{"range", "GET", []string{"Range", "bytes=2-4"}, 206, "234"},
		{"range that is none", "GET", []string{"Range", "bytes=20-"}, 416, "invalid range: failed to overlap\n"},
		{"If-None-Match", "GET", []string{"If-None-Match", `"v1"`}, 304, ""},
		{"If-None-Match of another", "GET", []string{"If-None-Match", `"v0"`}, 200, "0123456789"},
		{"If-Modified-Since", "GET", []string{"If-Modified-Since", "Wed, 25 Nov 2026 10:00:00 GMT"}, 304, ""},
	} {
		resp, body := w.ask(test.method, "/a?q="+strconv.Itoa(len(test.name)), "", test.headers...)
		if resp.StatusCode != test.status || body != test.body || resp.Header.Get("X-Cache") != "Hit from cloudfront" || resp.Header.Get("Age") != "7" && test.status != 416 {
			t.Errorf("%s: got %d %q %v, want %d %q", test.name, resp.StatusCode, body, resp.Header, test.status, test.body)
		}
	}
	if n := w.buckets.count(); n != 1 {
		t.Errorf("the origin was asked %d times, want 1", n)
	}
}

func TestRevalidation(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, "")
	w.buckets.set("/a", object{body: "one", header: map[string]string{"ETag": `"v1"`, "Cache-Control": "max-age=10"}})
	w.get("/a")
	w.now = w.now.Add(11 * time.Second)
	resp, body := w.get("/a", "If-None-Match", `"other"`, "Range", "bytes=0-0")
	if body != "o" || resp.Header.Get("X-Cache") != "RefreshHit from cloudfront" {
		t.Errorf("got %q %v", body, resp.Header)
	}
	if r := w.buckets.requests[1]; r.Header.Get("If-None-Match") != `"v1"` || r.Header.Get("Range") != "" {
		t.Errorf("the origin was asked with %v", r.Header)
	}
	if resp, _ := w.get("/a"); resp.Header.Get("X-Cache") != "Hit from cloudfront" {
		t.Errorf("after it was refreshed: %v", resp.Header)
	}
	w.now = w.now.Add(11 * time.Second)
	w.buckets.fail = 503
	if resp, body := w.get("/a"); resp.StatusCode != 200 || body != "one" {
		t.Errorf("while the origin fails: got %d %q, want what it answered last", resp.StatusCode, body)
	}
	w.buckets.fail = 0
	w.buckets.set("/a", object{body: "two", header: map[string]string{"ETag": `"v2"`}})
	if resp, body := w.get("/a"); body != "two" || resp.Header.Get("X-Cache") != "Miss from cloudfront" {
		t.Errorf("after a change: got %q %v", body, resp.Header)
	}
}

// The parts of a request that the policy names make different objects.
func TestKey(t *testing.T) {
	w := newWorld(t)
	w.put("AWS::CloudFront::CachePolicy", "p", nil, `{"CachePolicyConfig":{"MinTTL":1,"DefaultTTL":100,"MaxTTL":100,"ParametersInCacheKeyAndForwardedToOrigin":{"EnableAcceptEncodingGzip":false,
		"HeadersConfig":{"HeaderBehavior":"whitelist","Headers":["x-tenant","authorization"]},"CookiesConfig":{"CookieBehavior":"whitelist","Cookies":["s"]},"QueryStringsConfig":{"QueryStringBehavior":"whitelist","QueryStrings":["v"]}}}}`)
	asked := 0
	w.api = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		fmt.Fprint(rw, r.RequestURI, r.Header.Get("X-Tenant"), r.Header.Get("Authorization"), r.Header.Get("Cookie"))
	})
	w.distribution(optimized, `"CacheBehaviors":[{"PathPattern":"/api/*","TargetOriginId":"api","CachePolicyId":"p"}]`)
	for _, test := range []struct {
		target  string
		headers []string
		isNew   bool
		body    string
	}{
		{"/api/x", nil, true, "/api/x"}, {"/api/x?other=1", []string{"X-Other", "1", "Cookie", "t=1"}, false, "/api/x"}, {"/api/x?v=1&w=2", nil, true, "/api/x?v=1"}, {"/api/x?v=2", nil, true, "/api/x?v=2"},
		{"/api/x", []string{"X-Tenant", "a"}, true, "/api/xa"}, {"/api/x", []string{"X-Tenant", "b"}, true, "/api/xb"}, {"/api/x", []string{"X-Tenant", "a"}, false, "/api/xa"},
		{"/api/x", []string{"Authorization", "a"}, true, "/api/xa"}, {"/api/x", []string{"Cookie", "t=1; s=1"}, true, "/api/xs=1"}, {"/api/X", nil, true, "/api/X"},
	} {
		before := asked
		_, body := w.get(test.target, test.headers...)
		if body != test.body || (asked > before) != test.isNew {
			t.Errorf("%s with %v: got %q, the origin was asked: %v, want %q, %v", test.target, test.headers, body, asked > before, test.body, test.isNew)
		}
	}
}

func TestInterruptedIsNotKept(t *testing.T) {
	w := newWorld(t)
	w.api = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "10")
		_, _ = rw.Write([]byte("half"))
	})
	w.distribution(optimized, `"CacheBehaviors":[{"PathPattern":"/api/*","TargetOriginId":"api",`+optimized+`}]`)
	for range 2 {
		if resp, _ := w.get("/api/x"); resp.Header.Get("X-Cache") != "Miss from cloudfront" {
			t.Errorf("half an object came out of the cache: %v", resp.Header)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache()
	for i := range 2 * maxCache / maxObject {
		c.put(&entry{key: strconv.Itoa(i), body: make([]byte, maxObject)})
	}
	if c.size > maxCache || c.get("0") != nil || c.get(strconv.Itoa(2*maxCache/maxObject-1)) == nil || len(c.entries) != c.order.Len() {
		t.Errorf("the cache has %d bytes in %d entries", c.size, len(c.entries))
	}
	c.put(&entry{key: "x", body: make([]byte, 10)})
	c.put(&entry{key: "x", body: make([]byte, 20)})
	if string(c.get("x").body) != string(make([]byte, 20)) {
		t.Error("a new object did not replace the old one")
	}
}

func TestCompression(t *testing.T) {
	large := strings.Repeat("compress me ", 500)
	decode := func(resp *http.Response, body string) string {
		var r io.Reader = strings.NewReader(body)
		switch resp.Header.Get("Content-Encoding") {
		case "br":
			r = brotli.NewReader(r)
		case "gzip":
			g, err := gzip.NewReader(r)
			if err != nil {
				t.Fatal(err)
			}
			r = g
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	w := newWorld(t)
	w.distribution(optimized+`,"Compress":true`, `"CacheBehaviors":[{"PathPattern":"/plain/*","TargetOriginId":"web",`+optimized+`},
		{"PathPattern":"/nocache/*","TargetOriginId":"web","Compress":true,"CachePolicyId":"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}]`)
	for _, test := range []struct {
		name, path, body, accept, want string
		header                         map[string]string
	}{
		{"brotli first", "/a", large, "gzip, br", "br", nil},
		{"gzip", "/b", large, "gzip", "gzip", nil},
		{"gzip since br is refused", "/c", large, "br;q=0, gzip;q=0.5", "gzip", nil},
		{"not accepted", "/d", large, "", "", nil},
		{"too small", "/e", "small", "gzip", "", nil},
		{"a type that is not compressed", "/f", large, "gzip", "", map[string]string{"Content-Type": "image/png"}},
		{"compressed already", "/g", large, "gzip", "zstd", map[string]string{"Content-Encoding": "zstd"}},
		{"no-transform", "/h", large, "gzip", "", map[string]string{"Cache-Control": "no-transform"}},
		{"not configured", "/plain/a", large, "gzip", "", nil},
		{"not cached", "/nocache/a", large, "gzip", "", nil},
	} {
		header := map[string]string{"ETag": `"e"`}
		for k, v := range test.header {
			header[k] = v
		}
		w.buckets.set(test.path, object{body: test.body, header: header})
		for range 2 { // from the origin, and from the cache
			resp, body := w.get(test.path, "Accept-Encoding", test.accept)
			if got := resp.Header.Get("Content-Encoding"); got != test.want {
				t.Errorf("%s: Content-Encoding is %q, want %q", test.name, got, test.want)
			} else if got := decode(resp, body); got != test.body {
				t.Errorf("%s: the body is another: %d bytes, want %d", test.name, len(got), len(test.body))
			}
			if compressed := test.want == "br" || test.want == "gzip"; compressed != (resp.Header.Get("ETag") == `W/"e"`) {
				t.Errorf("%s: ETag is %s", test.name, resp.Header.Get("ETag"))
			}
		}
	}
	w.now = w.now.Add(48 * time.Hour)
	if resp, body := w.get("/a", "Accept-Encoding", "br"); decode(resp, body) != large {
		t.Error("a compressed object is another after it was refreshed")
	}
}
