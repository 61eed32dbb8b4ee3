package opensearch

import (
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// index is what functions/internal/search creates, in short.
const index = `{"settings":{"index":{"number_of_shards":1,"auto_expand_replicas":"0-1","gc_deletes":"25h"}},
	"mappings":{"dynamic":false,"properties":{"table":{"type":"keyword"},"key":{"type":"keyword"},"name":{"type":"text"}}}}`

// TestSearchClient makes the calls of functions/internal/search.
func TestSearchClient(t *testing.T) {
	c := newCloud(t, enginetest.OpenSearch(t))
	ok := func(role, method, path, body string) answer {
		t.Helper()
		a := c.call(cellARN, role, method, path, body)
		if a.status/100 != 2 {
			t.Fatalf("%s %s = %d %s", method, path, a.status, a.body)
		}
		if strings.Contains(string(a.body), c.domain(cellARN).prefix) {
			t.Errorf("%s %s answers with the prefix: %s", method, path, a.body)
		}
		return a
	}
	a := ok(writerARN, "PUT", "/ww-7", index)
	if !strings.Contains(string(a.body), `"index":"ww-7"`) {
		t.Errorf("PUT /ww-7 = %s", a.body)
	}
	a = c.call(cellARN, writerARN, "PUT", "/ww-7", index)
	var failed struct {
		Error struct{ Type, Reason string }
	}
	if a.decode(&failed); a.status != 400 || failed.Error.Type != "resource_already_exists_exception" || !strings.HasPrefix(failed.Error.Reason, "index [ww-7/") {
		t.Errorf("PUT /ww-7 again = %d %s", a.status, a.body)
	}
	ok(writerARN, "PUT", "/ww-7/_mapping", `{"properties":{"breed":{"type":"text"}}}`)
	bulk := `{"index":{"_id":"kittens/1","version":1,"version_type":"external"}}` + "\n" + `{"table":"kittens","key":"1","name":"Luna runs"}` + "\n" +
		`{"index":{"_id":"kittens/2","version":1,"version_type":"external"}}` + "\n" + `{"table":"kittens","key":"2","name":"Milo"}` + "\n" +
		`{"delete":{"_id":"kittens/2","version":2,"version_type":"external_gte"}}` + "\n"
	a = ok(writerARN, "POST", "/ww-7/_bulk", bulk)
	if !strings.Contains(string(a.body), `"_index":"ww-7"`) || !strings.Contains(string(a.body), `"errors":false`) {
		t.Errorf("_bulk = %s", a.body)
	}
	ok(writerARN, "POST", "/ww-7/_refresh", "")
	search := `{"size":21,"_source":false,"track_total_hits":true,"sort":[{"_score":"desc"},{"key":"asc"}],
		"query":{"bool":{"filter":{"term":{"table":"kittens"}},"must":{"match":{"name":"luna"}}}},"highlight":{"encoder":"html","fields":{"name":{}}}}`
	a = ok(readerARN, "POST", "/ww-7/_search?allow_partial_search_results=false&preference=pages", search)
	if !strings.Contains(string(a.body), `"name":["<em>Luna</em> runs"]`) || !strings.Contains(string(a.body), `"_index":"ww-7"`) {
		t.Errorf("_search = %s", a.body)
	}
	a = ok(readerARN, "POST", "/ww-7/_count", `{"query":{"term":{"table":"kittens"}}}`)
	if !strings.Contains(string(a.body), `"count":1`) {
		t.Errorf("_count = %s", a.body)
	}
	a = ok(writerARN, "POST", "/ww-7/_delete_by_query?conflicts=proceed&refresh=true", `{"query":{"term":{"table":"kittens"}}}`)
	if !strings.Contains(string(a.body), `"deleted":1`) {
		t.Errorf("_delete_by_query = %s", a.body)
	}
	a = c.call(cellARN, wideARN, "POST", "/ww-7/_search?index=x", "{}")
	if a.status != 400 {
		t.Errorf("a search with index in the query = %d %s", a.status, a.body)
	}
}

func (c *cloud) domain(arn string) *domain {
	c.service.mu.Lock()
	defer c.service.mu.Unlock()
	return c.service.domains[arn]
}
