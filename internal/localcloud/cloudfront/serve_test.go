package cloudfront

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

func TestHosts(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, "")
	if got := w.Hosts(); len(got) != 1 || got[0] != (Site{alias, distID, "stack"}) {
		t.Errorf("got sites %+v", got)
	}
	for host, want := range map[string]bool{alias: true, strings.ToUpper(alias): true, alias + ".": true, domain: true, distID: true, "other.example.com": false, "": false} {
		if _, ok := w.Handler(host); ok != want {
			t.Errorf("Handler(%q) is %v, want %v", host, ok, want)
		}
	}
	// A record alone does not make the distribution answer to the name.
	w.put("AWS::Route53::RecordSetGroup", "Group", nil, `{"RecordSets":[{"Name":"stranger.example.com","Type":"CNAME","ResourceRecords":["`+domain+`"]}]}`)
	h, ok := w.Handler("stranger.example.com")
	if !ok {
		t.Fatal("the record is not known")
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != http.StatusForbidden {
		t.Errorf("a name that is no alias: got %d, want 403", rec.Code)
	}
	ctx := context.Background()
	if err := w.Delete(ctx, resource.Resource{Type: "AWS::CloudFront::Distribution", Name: distID}); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Handler(alias); ok || len(w.Hosts()) != 0 {
		t.Error("a deleted distribution still answers")
	}
	w.distribution(optimized, "")
	if _, ok := w.Handler(alias); !ok {
		t.Error("a distribution that came after its record does not answer")
	}
}

func TestBucketOrigin(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, "")
	w.buckets.set("/index.html", object{body: "root"})
	w.buckets.set("/sub/", object{body: "sub"})
	w.buckets.set("/a%2Fb", object{body: "escaped"})
	for _, test := range []struct {
		target string
		status int
		body   string
	}{
		{"/", 200, "root"}, {"/index.html", 200, "root"}, {"/?a=b", 200, "root"}, {"/sub/", 200, "sub"}, {"/none", 403, ""}, {"/a%2Fb", 200, "escaped"},
		{"/a/b", 403, ""}, {"/../index.html", 403, ""}, {"//index.html", 403, ""}, {"/..%2f..%2fetc/passwd", 403, ""}, {"http://evil.example/index.html", 200, "root"},
	} {
		resp, body := w.get(test.target)
		if resp.StatusCode != test.status || test.body != "" && body != test.body {
			t.Errorf("%s: got %d %q, want %d %q", test.target, resp.StatusCode, body, test.status, test.body)
		}
	}
	r := w.buckets.requests[0]
	if r.Host != "web.bucket.s3.eu-central-1.amazonaws.com" || r.Header.Get("User-Agent") != "Amazon CloudFront" || r.Header.Get("X-Forwarded-For") != "192.0.2.1" || r.Header.Get("X-Amz-Cf-Id") == "" {
		t.Errorf("the origin got host %s and headers %v", r.Host, r.Header)
	}
	// Another identity than the bucket's.
	w.buckets.user = CanonicalUser("EOTHER")
	if resp, _ := w.get("/sub/?fresh", "X", "y"); resp.StatusCode != 200 {
		t.Errorf("a kept object: got %d", resp.StatusCode)
	}
	w.Invalidate(distID, []string{"/*"})
	if resp, _ := w.get("/sub/"); resp.StatusCode != 403 || resp.Header.Get("X-Cache") != "Error from cloudfront" {
		t.Errorf("another identity: got %d %s, want 403", resp.StatusCode, resp.Header.Get("X-Cache"))
	}
}

type echo struct {
	Host, URI, Path, Method, Body string
	Header                        http.Header
}

func (w *world) echo(method, target, body string, headers ...string) echo {
	w.t.Helper()
	resp, text := w.ask(method, target, body, headers...)
	var e echo
	if err := json.Unmarshal([]byte(text), &e); err != nil || resp.StatusCode != 200 {
		w.t.Fatalf("%s %s: %d %s", method, target, resp.StatusCode, text)
	}
	return e
}

func TestAPIOrigin(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, apiBehavior)
	e := w.echo("POST", "/api/kittens//..%2fx?a=1&b=%20", "body", "Authorization", "Bearer t", "Cookie", "a=1; b=2", "X-Custom", "v", "User-Agent", "agent", "Content-Type", "text/plain",
		"X-Forwarded-For", "10.0.0.1", "X-Amz-Cf-Id", "forged", "CloudFront-Viewer-Country", "XX", "X-Forwarded-Proto", "ftp", "Connection", "X-Hop", "X-Hop", "1", "Accept-Encoding", "zstd")
	if e.Host != "api1.execute-api.eu-central-1.amazonaws.com" || e.URI != "/api/kittens//..%2fx?a=1&b=%20" || e.Body != "body" || e.Method != "POST" {
		t.Errorf("the API got %+v", e)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer t", "Cookie": "a=1; b=2", "X-Custom": "v", "User-Agent": "agent", "Content-Type": "text/plain", "X-Forwarded-For": "10.0.0.1, 192.0.2.1",
		"Cloudfront-Viewer-Country": "", "X-Forwarded-Proto": "", "X-Hop": "", "Connection": "", "Accept-Encoding": "zstd", "Via": "1.1 " + domain + " (CloudFront)", "Host": "",
	} {
		if got := e.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if id := e.Header.Get("X-Amz-Cf-Id"); id == "forged" || id == "" {
		t.Errorf("X-Amz-Cf-Id is %q", id)
	}
	// Nothing of it is kept.
	for range 2 {
		if resp, _ := w.get("/api/kittens"); resp.Header.Get("X-Cache") != "Miss from cloudfront" {
			t.Errorf("X-Cache is %q", resp.Header.Get("X-Cache"))
		}
	}
	if w.last.Host != alias || w.last.Path != "/api/kittens" || w.last.Status != 200 || w.last.Bytes == 0 {
		t.Errorf("OnRequest was told %+v", w.last)
	}
}

// What no policy names does not reach the origin.
func TestForwarding(t *testing.T) {
	w := newWorld(t)
	policy := func(name, headers, cookies, query string) {
		w.put("AWS::CloudFront::OriginRequestPolicy", name, nil, `{"OriginRequestPolicyConfig":{"Name":"n","HeadersConfig":`+headers+`,"CookiesConfig":`+cookies+`,"QueryStringsConfig":`+query+`}}`)
	}
	nothing := `{"HeaderBehavior":"none","CookieBehavior":"none","QueryStringBehavior":"none"}`
	policy("none", nothing, nothing, nothing)
	policy("listed", `{"HeaderBehavior":"whitelist","Headers":["x-a","CloudFront-Is-Desktop-Viewer","cloudfront-forwarded-proto"]}`, `{"CookieBehavior":"whitelist","Cookies":["a"]}`, `{"QueryStringBehavior":"whitelist","QueryStrings":["a"]}`)
	policy("except", `{"HeaderBehavior":"allExcept","Headers":["X-A","Host"]}`, `{"CookieBehavior":"allExcept","Cookies":["a"]}`, `{"QueryStringBehavior":"allExcept","QueryStrings":["a"]}`)
	policy("viewer", `{"HeaderBehavior":"allViewerAndWhitelistCloudFront","Headers":["CloudFront-Viewer-Address"]}`, `{"CookieBehavior":"all"}`, `{"QueryStringBehavior":"all"}`)
	for _, test := range []struct {
		policy, uri, host, cookie string
		header                    map[string]string
	}{
		{"none", "/api/x", "api1.execute-api.eu-central-1.amazonaws.com", "", map[string]string{"X-A": "", "X-B": "", "Authorization": "", "User-Agent": "Amazon CloudFront"}},
		{"listed", "/api/x?a=1&a=2", "api1.execute-api.eu-central-1.amazonaws.com", "a=1", map[string]string{"X-A": "1", "X-B": "", "Authorization": "", "Cloudfront-Is-Desktop-Viewer": "true", "Cloudfront-Forwarded-Proto": "https", "Cloudfront-Viewer-Address": ""}},
		{"except", "/api/x?b=3", "api1.execute-api.eu-central-1.amazonaws.com", "b=2", map[string]string{"X-A": "", "X-B": "2", "Authorization": "z", "User-Agent": "agent"}},
		{"viewer", "/api/x?a=1&b=3&a=2&%61=4", alias, "a=1; b=2", map[string]string{"X-A": "1", "X-B": "2", "Cloudfront-Viewer-Address": "192.0.2.1:1234", "Cloudfront-Is-Desktop-Viewer": ""}},
	} {
		w.distribution(optimized, strings.Replace(apiBehavior, "b689b0a8-53d0-40ab-baf2-68738e2966ac", test.policy, 1))
		e := w.echo("GET", "/api/x?a=1&b=3&a=2&%61=4", "", "X-A", "1", "X-B", "2", "Authorization", "z", "Cookie", "a=1; b=2", "User-Agent", "agent")
		if e.URI != test.uri || e.Host != test.host || e.Header.Get("Cookie") != test.cookie {
			t.Errorf("%s: got %s of %s with cookies %q, want %s of %s with %q", test.policy, e.URI, e.Host, e.Header.Get("Cookie"), test.uri, test.host, test.cookie)
		}
		for name, want := range test.header {
			if got := e.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", test.policy, name, got, want)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, strings.TrimSuffix(apiBehavior, "]")+`,{"PathPattern":"/private/*","TargetOriginId":"web",`+optimized+`,"TrustedKeyGroups":["k"]},{"PathPattern":"/broken","TargetOriginId":"web","CachePolicyId":"none"},{"PathPattern":"/broken2","TargetOriginId":"web",`+optimized+`,"ResponseHeadersPolicyId":"none"}]`)
	w.buckets.set("/private/x", object{body: "secret"})
	for _, test := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
	}{
		{"method of the default behavior", "POST", "/", "x", nil, 403},
		{"TRACE", "TRACE", "/", "", nil, 405},
		{"GET with a body", "GET", "/api/x", "x", nil, 403},
		{"private", "GET", "/private/x", "", nil, 403},
		{"private by another spelling", "GET", "/x/../%70rivate//x", "", nil, 403},
		{"unknown cache policy", "GET", "/broken", "", nil, 500},
		{"unknown response headers policy", "GET", "/broken2", "", nil, 500},
		{"long URL", "GET", "/" + strings.Repeat("a", 9000), "", nil, 413},
		{"huge headers", "GET", "/", "", []string{"X", strings.Repeat("a", 40000)}, 413},
		{"loop", "GET", "/", "", []string{"Via", "1.1 x, 1.1 " + domain + " (CloudFront)"}, 403},
	} {
		before := w.buckets.count()
		resp, body := w.ask(test.method, test.target, test.body, test.headers...)
		if resp.StatusCode != test.status || !strings.Contains(body, "Generated by cloudfront") || strings.Contains(body, "secret") || w.buckets.count() != before {
			t.Errorf("%s: got %d %s, want %d without asking the origin", test.name, resp.StatusCode, body, test.status)
		}
	}
	w.distribution(optimized, `"Enabled":false`)
	if resp, _ := w.get("/"); resp.StatusCode != 403 {
		t.Errorf("a disabled distribution: got %d", resp.StatusCode)
	}
}

func TestErrorPages(t *testing.T) {
	w := newWorld(t)
	w.distribution(optimized, `"CustomErrorResponses":[{"ErrorCode":403,"ResponseCode":404,"ResponsePagePath":"/404.html","ErrorCachingMinTTL":5},{"ErrorCode":500,"ResponseCode":200,"ResponsePagePath":"/missing.html"}]`)
	if resp, body := w.get("/none"); resp.StatusCode != 403 || !strings.Contains(body, "AccessDenied") {
		t.Errorf("without the page: got %d %s", resp.StatusCode, body)
	}
	w.Invalidate(distID, []string{"/*"})
	w.buckets.set("/404.html", object{body: "not here"})
	resp, body := w.get("/none")
	if resp.StatusCode != 404 || body != "not here" || resp.Header.Get("X-Cache") != "Error from cloudfront" || resp.Header.Get("Content-Type") != "text/html" {
		t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
	asked := w.buckets.count()
	if resp, body := w.get("/none"); resp.StatusCode != 404 || body != "not here" || w.buckets.count() != asked {
		t.Errorf("within the error caching TTL: got %d %q, asked the origin %d times", resp.StatusCode, body, w.buckets.count()-asked)
	}
	w.now = w.now.Add(6 * 1e9)
	if w.get("/none"); w.buckets.count() != asked+1 {
		t.Errorf("after the error caching TTL the origin was asked %d times, want 1", w.buckets.count()-asked)
	}
	w.buckets.fail = 500
	if resp, _ := w.get("/other"); resp.StatusCode != 500 {
		t.Errorf("while the page fails too: got %d", resp.StatusCode)
	}
	if resp, body := w.ask("HEAD", "/another", ""); resp.StatusCode != 500 || body != "" {
		t.Errorf("HEAD: got %d %q", resp.StatusCode, body)
	}
}

func TestBadDistributions(t *testing.T) {
	w := newWorld(t)
	for name, properties := range map[string]string{
		"unknown origin":  distributionJSON(optimized, `"CacheBehaviors":[{"PathPattern":"/x","TargetOriginId":"none"}]`),
		"event type":      distributionJSON(optimized+`,"FunctionAssociations":[{"EventType":"origin-request","FunctionARN":"a"}]`, ""),
		"error page":      distributionJSON(optimized, `"CustomErrorResponses":[{"ErrorCode":404,"ResponsePagePath":"x"}]`),
		"origin":          strings.Replace(distributionJSON(optimized, ""), `"CustomOriginConfig":{"OriginProtocolPolicy":"https-only"}`, `"S3OriginConfig":{}`, 1),
		"identity":        strings.Replace(distributionJSON(optimized, ""), "origin-access-identity/cloudfront/", "", 1),
		"protocol policy": strings.Replace(strings.Replace(distributionJSON(optimized, ""), "https-only", "ftp", 1), "api1.execute-api.eu-central-1.amazonaws.com", "x.example.com", 1),
	} {
		if err := w.tryPut("AWS::CloudFront::Distribution", "E1", nil, properties); err == nil {
			t.Errorf("%s: the distribution was created", name)
		}
	}
}

func TestCustomOrigin(t *testing.T) {
	w := newWorld(t)
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got = r
		rw.Header().Set("Location", "https://"+alias+"/there")
		rw.WriteHeader(302)
	}))
	defer server.Close()
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	w.o.Localize = func(name, value string) string {
		return strings.ReplaceAll(value, "https://"+alias, "http://acme.localhost")
	}
	w.distribution(optimized, `"CacheBehaviors":[{"PathPattern":"/x/*","TargetOriginId":"api",`+optimized+`}],"Origins":[
		{"Id":"web","DomainName":"b.s3.amazonaws.com","S3OriginConfig":{}},
		{"Id":"api","DomainName":"`+host+`","OriginPath":"/base","CustomOriginConfig":{"OriginProtocolPolicy":"http-only","HTTPPort":`+port+`},"OriginCustomHeaders":[{"HeaderName":"x-secret","HeaderValue":"s"}]}]`)
	resp, _ := w.get("/x//a%2Fb?q", "X-Secret", "forged")
	if resp.StatusCode != 302 || resp.Header.Get("Location") != "http://acme.localhost/there" {
		t.Errorf("got %d %v", resp.StatusCode, resp.Header)
	}
	if got.RequestURI != "/base/x//a%2Fb" || got.Host != host || got.Header.Get("X-Secret") != "s" || got.Header.Get("X-Forwarded-For") != "192.0.2.1" {
		t.Errorf("the origin got %s %s %v", got.Host, got.RequestURI, got.Header)
	}
	server.Close()
	if resp, _ := w.get("/x/y"); resp.StatusCode != 502 {
		t.Errorf("without the server: got %d, want 502", resp.StatusCode)
	}
}
