package opensearch

import (
	"net/http"
	"strings"
	"testing"
)

// hostile requests are refused whoever of a tenant's roles signs them, before the node sees anything.
var hostile = []struct{ role, method, target, body string }{
	// Another tenant's index, plainly.
	{readerARN, "POST", "/12345/_search", `{}`},
	{readerARN, "POST", "/12345/_count", `{}`},
	{writerARN, "POST", "/12345/_bulk", "{\"delete\":{\"_id\":\"1\"}}\n"},
	{writerARN, "PUT", "/12345", `{}`},
	{writerARN, "PUT", "/12345/_mapping", `{}`},
	{wideARN, "GET", "/12345/_doc/1", ``},
	{wideARN, "DELETE", "/12345", ``},
	// More than the role may do with its own index.
	{readerARN, "GET", "/ww-7/_search", ``},
	{readerARN, "POST", "/ww-7/_bulk", "{}\n"},
	{readerARN, "POST", "/ww-7/_search/point_in_time?keep_alive=1m", ``},
	{readerARN, "POST", "/ww-7/_search/template", `{"source":{}}`},
	{readerARN, "POST", "/ww-7/_msearch", "{}\n{}\n"},
	{readerARN, "PATCH", "/ww-7/_search", `{}`},
	{readerARN, "PUT", "/ww-7", `{"aliases":{"x":{}}}`},
	{writerARN, "DELETE", "/ww-7", ``},
	{writerARN, "PUT", "/ww-7/_settings", `{}`},
	{writerARN, "PUT", "/ww-7/_alias/12345", ``},
	// Lists, patterns and everything.
	{readerARN, "POST", "/ww-7,12345/_search", `{}`},
	{readerARN, "POST", "/12345,ww-7/_search", `{}`},
	{readerARN, "POST", "/*/_search", `{}`},
	{readerARN, "POST", "/ww-*/_search", `{}`},
	{readerARN, "POST", "/ww-7*/_search", `{}`},
	{readerARN, "POST", "/_all/_search", `{}`},
	{readerARN, "POST", "/_search", `{}`},
	{readerARN, "POST", "/_search?index=12345", `{}`},
	{readerARN, "POST", "/ww-7/_search?index=12345", `{}`},
	{wideARN, "POST", "/ww-7,/_search", `{}`},
	{wideARN, "POST", "/ww-7,-ww-7,*/_search", `{}`},
	{wideARN, "POST", "/ww-7/_search,/12345/_search", `{}`},
	{readerARN, "POST", "/-ww-7/_search", `{}`},
	{readerARN, "POST", "/+ww-7/_search", `{}`},
	{readerARN, "POST", "/<ww-{now/d}>/_search", `{}`},
	{readerARN, "POST", "/%3Cww-%7Bnow%2Fd%7D%3E/_search", `{}`},
	{readerARN, "POST", "/ww-7:12345/_search", `{}`},
	{readerARN, "POST", "/remote:ww-7/_search", `{}`},
	// Encodings of separators and of what needs none.
	{readerARN, "POST", "/ww-7%2C12345/_search", `{}`},
	{readerARN, "POST", "/ww-7%2c12345/_search", `{}`},
	{readerARN, "POST", "/ww-7%2F_search", `{}`},
	{readerARN, "POST", "/12345%2F..%2Fww-7/_search", `{}`},
	{readerARN, "POST", "/%2A/_search", `{}`},
	{readerARN, "POST", "/%5Fall/_search", `{}`},
	{readerARN, "POST", "/ww%2D7/_search", `{}`},
	{readerARN, "POST", "/%77w-7/_search", `{}`},
	{readerARN, "POST", "/ww-7/%5Fsearch", `{}`},
	{readerARN, "POST", "/ww-7/_sea%72ch", `{}`},
	{readerARN, "POST", "/ww-7%252C12345/_search", `{}`},
	{readerARN, "POST", "/ww-7%00/_search", `{}`},
	{readerARN, "POST", "/ww-7%0A/_search", `{}`},
	{readerARN, "POST", "/ww-7%7F/_search", `{}`},
	{readerARN, "POST", "/ww-7%C0%AF12345/_search", `{}`},
	{readerARN, "POST", "/ww-7%E2%80%8B/_search", `{}`},
	{readerARN, "POST", "/ww-7%/_search", `{}`},
	{readerARN, "POST", "/ww-7%zz/_search", `{}`},
	{readerARN, "POST", "/ww-7%5C..%5C12345/_search", `{}`},
	// Segments.
	{readerARN, "POST", "/12345/../ww-7/_search", `{}`},
	{readerARN, "POST", "/ww-7/_search/../../12345/_search", `{}`},
	{readerARN, "POST", "/ww-7/./_search", `{}`},
	{readerARN, "POST", "//ww-7/_search", `{}`},
	{readerARN, "POST", "/ww-7//_search", `{}`},
	{readerARN, "POST", "/ww-7/_search//", `{}`},
	{readerARN, "POST", "/%2e%2e/ww-7/_search", `{}`},
	{readerARN, "POST", "/ww-7/..;/12345/_search", `{}`},
	{readerARN, "POST", "/ww-7;a=b/_search", `{}`},
	{readerARN, "POST", "/ww-7/_search/_all", `{}`},
	{readerARN, "POST", "/ww-7/_doc/_search", `{}`},
	{readerARN, "POST", "/" + strings.Repeat("a", 5000) + "/_search", `{}`},
	{wideARN, "GET", "/ww-7/type/1", ``},
	{wideARN, "POST", "/ww-7/type/_search", `{}`},
	// The query.
	{readerARN, "POST", "/ww-7/_search?a=1;index=12345", `{}`},
	{readerARN, "POST", "/ww-7/_search?source=%7B%7D&source_content_type=application/json", `{}`},
	{readerARN, "POST", "/ww-7/_search?source=%7B%22pit%22:%7B%22id%22:%22x%22%7D%7D&source_content_type=application/json", ``},
	{readerARN, "POST", "/ww-7/_search?source=x&source_content_type=application/yaml", ``},
	{readerARN, "POST", "/ww-7/_search?routing=1&routing=2", `{}`},
	{readerARN, "POST", "/ww-7/_search?format=cbor", `{}`},
	{wideARN, "POST", "/ww-7/_bulk?pipeline=a,b", "{}\n"},
	{wideARN, "POST", "/ww-7/_delete_by_query?wait_for_completion=false", `{}`},
	// Bodies.
	{readerARN, "POST", "/ww-7/_search", `{"pit":{"id":"69qFQQEFdDEtLWEWNHB2Y241TWhUWm1MSjNrTEZMUVRVQQAW"}}`},
	{readerARN, "POST", "/ww-7/_search", `{"\u0070it":{"id":"x"}}`},
	{readerARN, "POST", "/ww-7/_search", `{"pit":{"id":"x","id":"y"}}`},
	{readerARN, "POST", "/ww-7/_search", `{/* */"query":{"match_all":{}}}`},
	{readerARN, "POST", "/ww-7/_search", `{} {"pit":{"id":"x"}}`},
	{readerARN, "POST", "/ww-7/_search", `{"query":{"terms":{"a":{"index":"*","id":"1","path":"p"}}},"indices_boost":[{"a,*":2}]}`},
	{readerARN, "POST", "/ww-7/_search", `{"query":{"terms":{"a":{"index":"<x-{now}>","id":"1","path":"p"}}}}`},
	{readerARN, "POST", "/ww-7/_search", strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)},
	{writerARN, "POST", "/ww-7/_delete_by_query", `{"pit":{"id":"x"},"query":{"match_all":{}}}`},
	{writerARN, "POST", "/ww-7/_count", `{"pit":{"id":"x"}}`},
	{writerARN, "POST", "http://127.0.0.1/ww-7/_count", `{}`},
	{adminARN, "POST", "/_reindex", `{"source":{"index":"x","pit":{"id":"x"}},"dest":{"index":"y"}}`},
	{adminARN, "POST", "/ww-7/_msearch", "{}\n{\"pit\":{\"id\":\"x\"}}\n"},
	{wideARN, "PUT", "/ww-7", `{"aliases":{"a,b":{}}}`},
	{wideARN, "PUT", "/ww-7/_alias/x", `{"index":"*,-x"}`},
	// What shows or changes more than an index.
	{wideARN, "GET", "/", ``},
	{wideARN, "GET", "/_cat/indices", ``},
	{wideARN, "GET", "/_cat/indices/ww-7", ``},
	{wideARN, "POST", "/_reindex", `{"source":{"index":"12345"},"dest":{"index":"ww-7"}}`},
	{wideARN, "POST", "/_aliases", `{"actions":[]}`},
	{wideARN, "POST", "/_bulk", "{}\n"},
	{wideARN, "POST", "/_search/scroll", `{"scroll_id":"x"}`},
	{adminARN, "POST", "/_search/scroll", `{"scroll_id":"FGluY2x1ZGVfY29udGV4dF91dWlkDXF1ZXJ5QW5kRmV0Y2gBFm9IX3d6bmx1U2dTMEJaN05zd2tiVkEAAAAAAAAAAhZ"}`},
	{adminARN, "DELETE", "/_search/scroll/_all", ``},
	{adminARN, "DELETE", "/_search/point_in_time/_all", ``},
	{adminARN, "GET", "/_search/point_in_time/_all", ``},
	{adminARN, "GET", "/_nodes", ``},
	{adminARN, "GET", "/_tasks", ``},
	{adminARN, "GET", "/_cluster/state", ``},
	{adminARN, "PUT", "/_cluster/settings", `{}`},
	{adminARN, "PUT", "/_snapshot/x", `{"type":"fs"}`},
	{adminARN, "PUT", "/_scripts/x", `{}`},
	{adminARN, "POST", "/_reindex", `{"source":{"index":"x","remote":{"host":"http://169.254.169.254"}},"dest":{"index":"y"}}`},
	{adminARN, "POST", "/_reindex", `{"source":{"index":"x,<y-{now}>"},"dest":{"index":"y"}}`},
	{adminARN, "PUT", "/_index_template/x", `{"index_patterns":["a,*"]}`},
	{adminARN, "TRACE", "/ww-7", ``},
	{adminARN, "OPTIONS", "/ww-7", ``},
	// Nobody.
	{"", "GET", "/", ``},
	{"", "POST", "/ww-7/_search", `{}`},
	{"", "PUT", "/ww-7", `{}`},
}

func TestHostileRequestsAreRefused(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	for _, h := range hostile {
		a := c.call(cellARN, h.role, h.method, h.target, h.body)
		if a.status/100 != 4 {
			t.Errorf("%s %.200s %.200s = %d %s", h.method, h.target, h.body, a.status, a.body)
		}
		if strings.Contains(strings.ToLower(string(a.body)), "signature") {
			t.Errorf("%s %.200s is refused for its signature: %s", h.method, h.target, a.body)
		}
		if n := node.seen.Swap(0); n != 0 {
			t.Errorf("%s %.200s %.200s reached the node as %v", h.method, h.target, h.body, *node.last.Load())
		}
	}
	if len(hostile) < 60 {
		t.Errorf("%d hostile requests", len(hostile))
	}
}

func TestOtherSignaturesAreRefused(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	for name, change := range map[string]func(*http.Request){
		"basic":             func(r *http.Request) { r.Header.Set("Authorization", "Basic YWRtaW46YWRtaW4=") },
		"garbage":           func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") },
		"body of two types": func(r *http.Request) { r.Header["Content-Type"] = []string{"application/json", "application/yaml"} },
		"yaml":              func(r *http.Request) { r.Header.Set("Content-Type", "application/yaml") },
		"cbor":              func(r *http.Request) { r.Header.Set("Content-Type", "application/cbor") },
		"UTF-16":            func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-16") },
		"no type":           func(r *http.Request) { r.Header.Del("Content-Type") },
		"deflate":           func(r *http.Request) { r.Header.Set("Content-Encoding", "deflate") },
		"gzip that is none": func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") },
		"twice encoded":     func(r *http.Request) { r.Header["Content-Encoding"] = []string{"gzip", "gzip"} },
	} {
		role := readerARN
		if name == "basic" || name == "garbage" {
			role = ""
		}
		a := c.call(cellARN, role, "POST", "/ww-7/_search", "{}", change)
		if a.status/100 != 4 || node.seen.Load() != 0 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	// Another domain of the same gate is another resource.
	if a := c.call(otherARN, readerARN, "POST", "/ww-7/_search", "{}"); a.status != 403 {
		t.Errorf("another domain: %d %s", a.status, a.body)
	}
}

func TestDenialIsShapedAsOnAWS(t *testing.T) {
	c := newCloud(t, newSpy(t).URL)
	a := c.call(cellARN, "", "GET", "/ww-7/_search", "")
	var body struct{ Message string }
	a.decode(&body)
	if want := "User: anonymous is not authorized to perform: es:ESHttpGet on resource: " + cellARN + "/ww-7/_search"; a.status != 403 || !strings.HasPrefix(body.Message, want) {
		t.Errorf("%d %q", a.status, body.Message)
	}
	a = c.call(cellARN, readerARN, "POST", "/12345/_search", "{}")
	a.decode(&body)
	if want := "User: arn:aws:sts::111111111111:assumed-role/kittens_tenant_whisker-world_Reader_eu-central-1/test is not authorized to perform: es:ESHttpPost on resource: " + cellARN + "/12345/_search because no identity-based policy allows the es:ESHttpPost action"; a.status != 403 || body.Message != want {
		t.Errorf("%d %q", a.status, body.Message)
	}
	a = c.call(cellARN, adminARN, "GET", "/_nodes/stats", "")
	a.decode(&body)
	if a.status != 401 || body.Message != "Your request: '/_nodes/stats' is not allowed." {
		t.Errorf("%d %q", a.status, body.Message)
	}
}
