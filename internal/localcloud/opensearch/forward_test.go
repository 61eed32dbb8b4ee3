package opensearch

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tenantstack/tenantstack/iam"
)

// TestForwarded holds what the node gets for what was sent; P stands for the prefix.
func TestForwarded(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	tests := []struct{ method, target, body, wantTarget, wantBody string }{
		{"GET", "/", ``, "/", ``},
		{"GET", "/a/", ``, "/Pa", ``},
		{"HEAD", "/a", ``, "/Pa", ``},
		{"GET", "/a-b_c.1/_doc/x%20y%3A@z", ``, "/Pa-b_c.1/_doc/x%20y%3A%40z", ``},
		{"GET", "/a/_doc/(1)!$", ``, "/Pa/_doc/%281%29%21%24", ``},
		{"GET", "/a,b*,_all/_search", ``, "/Pa,Pb*,P*/_search", ``},
		{"GET", "/_all/_search", ``, "/P*/_search", ``},
		{"GET", "/_search?q=a%3Ab&routing=x+y", ``, "/P*/_search?q=a%3Ab&routing=x+y", ``},
		{"GET", "/a/_search?pretty&human=true", ``, "/Pa/_search?pretty&human=true", ``},
		{"GET", "/.ds-logs-000001/_search", ``, "/.ds-Plogs-000001/_search", ``},
		{"POST", "/a/_bulk?pipeline=p", "{\"index\":{}}\n{ \"index\" : \"b\" }\n", "/Pa/_bulk?pipeline=Pp", "{\"index\":{}}\n{ \"index\" : \"b\" }\n"},
		{"POST", "/a/_bulk?pipeline=_none", "{}\n", "/Pa/_bulk?pipeline=_none", "{}\n"},
		{"PUT", "/a/_doc/1", `{"query":{"terms":{"x":{"index":"b","path":"p"}}},"_index":"c"}`, "/Pa/_doc/1", `{"query":{"terms":{"x":{"index":"b","path":"p"}}},"_index":"c"}`},
		// Nothing but names changes in a body.
		{"POST", "/a/_search", ` { "size" : 1.0e1, "sort":[{"b":"asc"}, {"a":"desc"}], "query":{"terms":{"f":{"index":"b","id":"1","path":"p"}}} } `,
			"/Pa/_search", ` { "size" : 1.0e1, "sort":[{"b":"asc"}, {"a":"desc"}], "query":{"terms":{"f":{"index":"Pb","id":"1","path":"p"}}} } `},
		{"POST", "/a/_search", `{"query":{"match":{"index":"b"}},"aggs":{"index":{"terms":{"field":"index","order":{"index":"asc"}}}}}`, "/Pa/_search", `{"query":{"match":{"index":"b"}},"aggs":{"index":{"terms":{"field":"index","order":{"index":"asc"}}}}}`},
		{"POST", "/a/_search", `{"query":{"geo_shape":{"l":{"indexed_shape":{"\u0069ndex":"b","id":"1"}}}}}`, "/Pa/_search", `{"query":{"geo_shape":{"l":{"indexed_shape":{"\u0069ndex":"Pb","id":"1"}}}}}`},
		{"POST", "/a/_search", `{"query":{"percolate":{"field":"q","index":"b","id":"1"}}}`, "/Pa/_search", `{"query":{"percolate":{"field":"q","index":"Pb","id":"1"}}}`},
		{"POST", "/a/_search", `{"query":{"percolate":{"field":"q","document":{"indexed_shape":{"index":"b"}}}}}`, "/Pa/_search", `{"query":{"percolate":{"field":"q","document":{"indexed_shape":{"index":"b"}}}}}`},
		{"POST", "/a/_search", `{"query":{"more_like_this":{"like":{"_index":"b","_id":"1"},"unlike":[{"_index":"c"},"text"]}}}`, "/Pa/_search", `{"query":{"more_like_this":{"like":{"_index":"Pb","_id":"1"},"unlike":[{"_index":"Pc"},"text"]}}}`},
		{"POST", "/a/_search", `{"query":{"bool":{"should":[{"term":{"_index":{"value":"b"}}},{"prefix":{"_index":"c"}},{"wildcard":{"_index":{"wildcard":"d*"}}}]}}}`,
			"/Pa/_search", `{"query":{"bool":{"should":[{"term":{"_index":{"value":"Pb"}}},{"prefix":{"_index":"Pc"}},{"wildcard":{"_index":{"wildcard":"Pd*"}}}]}}}`},
		{"POST", "/a/_search", `{"indices_boost":{"b":1.5},"query":{"script_score":{"script":{"source":"1","params":{"terms":{"x":{"index":"b","path":"p"}}}}}}}`,
			"/Pa/_search", `{"indices_boost":{"Pb":1.5},"query":{"script_score":{"script":{"source":"1","params":{"terms":{"x":{"index":"b","path":"p"}}}}}}}`},
		{"PUT", "/a", `{"aliases":{"b":{"filter":{"terms":{"x":{"index":"c","id":"1","path":"p"}}}}},"settings":{"index":{"default_pipeline":"p","final_pipeline":"_none"}},"mappings":{"properties":{"aliases":{"type":"keyword"}}}}`,
			"/Pa", `{"aliases":{"Pb":{"filter":{"terms":{"x":{"index":"Pc","id":"1","path":"p"}}}}},"settings":{"index":{"default_pipeline":"Pp","final_pipeline":"_none"}},"mappings":{"properties":{"aliases":{"type":"keyword"}}}}`},
		{"PUT", "/a/_settings", `{"index.default_pipeline":"p"}`, "/Pa/_settings", `{"index.default_pipeline":"Pp"}`},
		{"POST", "/a/_shrink/b", `{"aliases":{"c":{}}}`, "/Pa/_shrink/Pb", `{"aliases":{"Pc":{}}}`},
		{"POST", "/a/_rollover", `{"conditions":{"max_docs":1},"aliases":{"c":{}}}`, "/Pa/_rollover", `{"conditions":{"max_docs":1},"aliases":{"Pc":{}}}`},
		{"POST", "/_aliases", `{"actions":[{"add":{"index":"a,b","alias":"c","filter":{"term":{"_index":"d"}}}},{"remove":{"indices":["a"],"aliases":["*"]}},{"remove_index":{"index":"z"}}]}`,
			"/_aliases", `{"actions":[{"add":{"index":"Pa,Pb","alias":"Pc","filter":{"term":{"_index":"Pd"}}}},{"remove":{"indices":["Pa"],"aliases":["P*"]}},{"remove_index":{"index":"Pz"}}]}`},
		{"PUT", "/_template/a", `{"template":"b*","order":1}`, "/_template/Pa", `{"template":"Pb*","order":1}`},
		{"PUT", "/_index_template/a", `{"index_patterns":["b*","*"],"composed_of":["c"],"template":{"aliases":{"d":{}}},"priority":9}`,
			"/_index_template/Pa", `{"index_patterns":["Pb*","P*"],"composed_of":["Pc"],"template":{"aliases":{"Pd":{}}},"priority":9}`},
		{"GET", "/_index_template", ``, "/_index_template/P*", ``},
		{"PUT", "/_ingest/pipeline/a", `{"processors":[{"pipeline":{"name":"b"}},{"set":{"field":"_index","value":"c"}},{"set":{"field":"x","value":"c"}},{"date_index_name":{"field":"d","index_name_prefix":"e-","date_rounding":"M"}}]}`,
			"/_ingest/pipeline/Pa", `{"processors":[{"pipeline":{"name":"Pb"}},{"set":{"field":"_index","value":"Pc"}},{"set":{"field":"x","value":"c"}},{"date_index_name":{"field":"d","index_name_prefix":"Pe-","date_rounding":"M"}}]}`},
		{"POST", "/_reindex", `{"source":{"index":["a"],"query":{"terms":{"x":{"index":"b","id":"1","path":"p"}}}},"dest":{"index":"c","pipeline":"d"}}`,
			"/_reindex", `{"source":{"index":["Pa"],"query":{"terms":{"x":{"index":"Pb","id":"1","path":"p"}}}},"dest":{"index":"Pc","pipeline":"Pd"}}`},
		{"GET", "/_cluster/health", ``, "/_cluster/health/P*", ``},
		{"GET", "/_cat/indices?v&h=index", ``, "/_cat/indices/P*?v&h=index", ``},
		{"POST", "/_msearch", "{}\n{\"query\":{\"term\":{\"_index\":\"b\"}}}\n\n{}\n", "/P*/_msearch", "{}\n{\"query\":{\"term\":{\"_index\":\"Pb\"}}}\n\n{}\n"},
	}
	prefix := c.domain(cellARN).prefix
	for _, tt := range tests {
		a := c.call(cellARN, adminARN, tt.method, tt.target, tt.body)
		got := node.last.Swap(nil)
		if a.status != 200 || got == nil {
			t.Errorf("%s %s = %d %s", tt.method, tt.target, a.status, a.body)
			continue
		}
		wantTarget, wantBody := strings.ReplaceAll(tt.wantTarget, "P", prefix), strings.ReplaceAll(tt.wantBody, "P", prefix)
		if got.method != tt.method || got.uri != wantTarget || got.body != wantBody {
			t.Errorf("%s %s %s\nforwarded as %s %s %s", tt.method, tt.target, tt.body, got.method, strings.ReplaceAll(got.uri, prefix, "P"), strings.ReplaceAll(got.body, prefix, "P"))
		}
	}
}

// TestPatterns need permission for whatever they may match.
func TestPatterns(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	const role = "arn:aws:iam::111111111111:role/patterns"
	r, _ := c.gate.Role(adminARN)
	r.ARN, r.Name = role, "patterns"
	r.Identity = []iam.Document{document(t, iam.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"es:ESHttpGet","Resource":[
		"`+cellARN+`/ww-7-*/_search","`+cellARN+`/one/_search","`+cellARN+`/two/_search","`+cellARN+`/one,two/_search","`+cellARN+`/one,three/_search","`+cellARN+`/o*/_count","`+cellARN+`/?*/_stats"]}]}`)}
	c.gate.PutRole(r)
	for target, want := range map[string]int{
		"/ww-7-a/_search": 200, "/ww-7-*/_search": 200, "/ww-7-a*b/_search": 200, "/ww-7-a,ww-7-b/_search": 200, "/ww-*/_search": 403, "/*/_search": 403, "/_all/_search": 403,
		"/one,two/_search": 200, "/two,one/_search": 403, "/one,three/_search": 403, "/one,ww-7-a/_search": 403, "/o*/_count": 200, "/o*,p/_count": 403,
		"/*/_stats": 200, "/_all/_stats": 200,
	} {
		if a := c.call(cellARN, role, "GET", target, ""); a.status != want {
			t.Errorf("GET %s = %d %s, want %d", target, a.status, a.body, want)
		}
	}
}

func TestCompressedBodies(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, `{"query":{"term":{"_index":"b"}}}`)
	z.Close()
	a := c.call(cellARN, adminARN, "POST", "/a/_search", b.String(), func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
	want := strings.ReplaceAll(`{"query":{"term":{"_index":"Pb"}}}`, "P", c.domain(cellARN).prefix)
	if got := node.last.Load(); a.status != 200 || got.body != want {
		t.Errorf("%d, forwarded %v", a.status, got)
	}
}

func TestAnswersLoseThePrefix(t *testing.T) {
	node := newSpy(t)
	c := newCloud(t, node.URL)
	prefix := c.domain(cellARN).prefix
	for _, size := range []int{1, 1000, maxBuffered} {
		want := `{"x":"` + strings.Repeat(`index `, size) + `"}`
		node.reply = strings.ReplaceAll(want, "index", prefix+"index")
		if a := c.call(cellARN, adminARN, "GET", "/a", ""); string(a.body) != want {
			t.Errorf("answer of %d bytes: %d bytes", len(want), len(a.body))
		}
	}
}

func TestCopyWithout(t *testing.T) {
	text := []byte("abab--")
	for _, in := range []string{"", "abab--", "xabab--y", "ababab--", "aabab--abab--b", "abab-", "abab-abab--", "ab", strings.Repeat("xabab--abab-", 20_000)} {
		want := strings.ReplaceAll(in, string(text), "")
		for name, reader := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "with EOF": iotest.DataErrReader} {
			var out bytes.Buffer
			if err := copyWithout(&out, reader(strings.NewReader(in)), text); err != nil || out.String() != want {
				t.Errorf("%s of %.40q: %d bytes, want %d, %v", name, in, out.Len(), len(want), err)
			}
		}
	}
	if err := copyWithout(io.Discard, iotest.ErrReader(io.ErrUnexpectedEOF), text); err != io.ErrUnexpectedEOF {
		t.Errorf("a broken answer: %v", err)
	}
}
