package opensearch

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// asAdmin calls a domain as somebody who is allowed everything.
func (c *cloud) asAdmin(arn string) func(method, path, body string) answer {
	return func(method, path, body string) answer {
		c.t.Helper()
		return c.call(arn, adminARN, method, path, body)
	}
}

// clean removes everything that the tests make.
func clean(call func(method, path, body string) answer) {
	for _, path := range []string{"/_data_stream/*", "/*", "/_index_template/*", "/_template/*", "/_component_template/*", "/_ingest/pipeline/*"} {
		call("DELETE", path, "")
	}
}

// TestTwoDomains has the same names on two domains of one node, in every place that takes names.
func TestTwoDomains(t *testing.T) {
	c := newCloud(t, enginetest.OpenSearch(t))
	one, two := c.asAdmin(cellARN), c.asAdmin(otherARN)
	t.Cleanup(func() { clean(one); clean(two) })
	both := func(method, path, body string) {
		t.Helper()
		for i, call := range []func(string, string, string) answer{one, two} {
			if a := call(method, path, strings.ReplaceAll(body, "$owner", fmt.Sprint("domain", i+1))); a.status/100 != 2 {
				t.Fatalf("%s %s = %d %s", method, path, a.status, a.body)
			}
		}
	}
	both("PUT", "/_component_template/base", `{"template":{"mappings":{"properties":{"owner":{"type":"keyword"}}}}}`)
	both("PUT", "/_index_template/all", `{"index_patterns":["cats*"],"composed_of":["base"],"template":{"aliases":{"felines":{}}}}`)
	both("PUT", "/_index_template/streams", `{"index_patterns":["logs"],"data_stream":{},"priority":7}`)
	both("PUT", "/_template/old", `{"index_patterns":["old*"],"settings":{"number_of_replicas":0}}`)
	both("PUT", "/_ingest/pipeline/inner", `{"processors":[{"set":{"field":"stamp","value":"$owner"}}]}`)
	both("PUT", "/_ingest/pipeline/stamp", `{"processors":[{"pipeline":{"name":"inner"}}]}`)
	both("PUT", "/cats/_doc/1?refresh=true", `{"owner":"$owner","friends":["x"]}`)
	both("PUT", "/dogs", `{"aliases":{"canines":{"filter":{"term":{"owner":"$owner"}}}}}`)
	both("PUT", "/dogs/_doc/1?refresh=true", `{"owner":"$owner"}`)
	both("POST", "/logs/_doc?refresh=true", `{"@timestamp":"2026-01-01T00:00:00Z","owner":"$owner"}`)
	both("POST", "/_aliases", `{"actions":[{"add":{"index":"cats","alias":"pets"}},{"add":{"indices":["dogs"],"aliases":["pets"]}}]}`)
	both("PUT", "/cats/_alias/whiskers", ``)
	both("POST", "/_reindex?refresh=true", `{"source":{"index":"cats","query":{"match_all":{}}},"dest":{"index":"copies"}}`)
	both("POST", "/_reindex?refresh=true", `{"source":{"index":["cats","dogs"]},"dest":{"index":"copies2"}}`)
	both("POST", "/dogs/_bulk?refresh=true", "{\"index\":{\"_id\":\"2\"}}\n{\"owner\":\"$owner\"}\n")

	reads := []struct{ method, path, body string }{
		{"GET", "/", ""},
		{"GET", "/_search", ""},
		{"POST", "/_search", `{"query":{"match_all":{}},"aggs":{"i":{"terms":{"field":"_index"}}}}`},
		{"GET", "/_all/_search", ""},
		{"GET", "/*/_search", ""},
		{"GET", "/c*,dogs/_search", ""},
		{"GET", "/cats/_search?q=owner:*&pretty", ""},
		{"GET", "/pets/_search", ""}, {"GET", "/felines/_search", ""}, {"GET", "/canines/_search", ""}, {"GET", "/whiskers/_search", ""},
		{"GET", "/logs/_search", ""},
		{"GET", "/.ds-logs-000001/_search", ""},
		{"GET", "/_count", ""},
		{"POST", "/cats/_search", `{"query":{"terms":{"owner":{"index":"dogs","id":"1","path":"owner"}}}}`},
		{"POST", "/_search", `{"query":{"term":{"_index":"cats"}},"indices_boost":[{"cats":2},{"dog*":1}]}`},
		{"POST", "/_search", `{"query":{"terms":{"_index":["cats","dogs"]}}}`},
		{"POST", "/cats/_search", `{"query":{"more_like_this":{"fields":["owner"],"like":[{"_index":"dogs","_id":"1"}],"min_term_freq":1,"min_doc_freq":1}}}`},
		{"POST", "/_msearch", "{}\n{\"query\":{\"match_all\":{}}}\n"},
		{"POST", "/cats/_msearch", "{}\n{\"query\":{\"terms\":{\"owner\":{\"index\":\"dogs\",\"id\":\"1\",\"path\":\"owner\"}}}}\n"},
		{"GET", "/cats/_search?source=" + url.QueryEscape(`{"query":{"match_all":{}}}`) + "&source_content_type=application/json", ""},
		{"GET", "/cats/_doc/1", ""}, {"GET", "/cats/_source/1", ""}, {"POST", "/cats/_mget", `{"ids":["1"]}`},
		{"POST", "/_mtermvectors", `{"docs":[{"_index":"cats","_id":"1","fields":["owner"]}]}`},
		{"GET", "/cats/_explain/1?q=owner:*", ""},
		{"GET", "/cats", ""}, {"GET", "/_all", ""}, {"GET", "/_mapping", ""}, {"GET", "/cats/_settings", ""}, {"GET", "/_settings?flat_settings=true", ""},
		{"GET", "/_alias", ""}, {"GET", "/_alias/pets", ""}, {"GET", "/cats/_alias/p*", ""},
		{"GET", "/_template", ""}, {"GET", "/_index_template", ""}, {"GET", "/_component_template/base", ""}, {"GET", "/_ingest/pipeline", ""}, {"GET", "/_data_stream", ""},
		{"GET", "/_cat/indices?v", ""}, {"GET", "/_cat/indices/cats?format=json", ""}, {"GET", "/_cat/aliases", ""}, {"GET", "/_cat/shards", ""}, {"GET", "/_cat/count", ""}, {"GET", "/_cat/templates", ""}, {"GET", "/_cat/segments", ""},
		{"GET", "/_list/indices", ""},
		{"GET", "/_stats", ""}, {"GET", "/_segments", ""}, {"GET", "/_cluster/health?level=indices", ""}, {"GET", "/_resolve/index/*", ""}, {"GET", "/_field_caps?fields=*", ""},
		{"GET", "/nothing/_search", ""}, {"GET", "/cats/_doc/nothing", ""}, {"PUT", "/cats", "{}"}, {"POST", "/_bulk", "{\"index\":{\"_index\":\"cats\"}}\n{}\n"},
	}
	prefixes := []string{c.domain(cellARN).prefix, c.domain(otherARN).prefix}
	for _, r := range reads {
		for i, call := range []func(string, string, string) answer{one, two} {
			a := call(r.method, r.path, r.body)
			text := string(a.body)
			if a.status/100 != 2 && a.status != 404 && a.status != 400 {
				t.Errorf("%s %s = %d %s", r.method, r.path, a.status, text)
			}
			if a.status == 404 && !strings.Contains(r.path, "nothing") || a.status == 400 && r.path != "/_bulk" && r.method != "PUT" {
				t.Errorf("%s %s = %d %s", r.method, r.path, a.status, text)
			}
			other := fmt.Sprint("domain", 2-i)
			for _, secret := range []string{prefixes[0], prefixes[1], prefixes[0][:10], prefixes[1][:10], other} {
				if strings.Contains(text, secret) {
					t.Errorf("%s %s of domain %d shows %s: %s", r.method, r.path, i+1, secret, text)
				}
			}
		}
	}
	var found struct {
		Hits struct {
			Hits []struct {
				Index  string         `json:"_index"`
				Source map[string]any `json:"_source"`
			}
		}
	}
	one("POST", "/cats/_search", `{"query":{"terms":{"owner":{"index":"dogs","id":"1","path":"owner"}}}}`).decode(&found)
	if len(found.Hits.Hits) != 1 || found.Hits.Hits[0].Index != "cats" || found.Hits.Hits[0].Source["owner"] != "domain1" {
		t.Errorf("a terms lookup in another index of the domain finds %+v", found.Hits.Hits)
	}
	// Names that stand for everything stay with the domain.
	if a := one("DELETE", "/*", ""); a.status != 200 {
		t.Errorf("DELETE /* = %d %s", a.status, a.body)
	}
	one("DELETE", "/_index_template/*", "")
	if a := two("GET", "/cats/_doc/1", ""); a.status != 200 {
		t.Errorf("deleting everything of one domain took from the other: %d %s", a.status, a.body)
	}
	if a := two("GET", "/_index_template/all", ""); a.status != 200 {
		t.Errorf("deleting all templates of one domain took from the other: %d %s", a.status, a.body)
	}
}

// TestNamesOfOthers uses another domain's names on the node, as if they had leaked.
func TestNamesOfOthers(t *testing.T) {
	c := newCloud(t, enginetest.OpenSearch(t))
	one, two := c.asAdmin(cellARN), c.asAdmin(otherARN)
	t.Cleanup(func() { clean(one); clean(two) })
	two("PUT", "/leaked/_doc/1?refresh=true", `{"owner":"domain2"}`)
	one("PUT", "/mine/_doc/1?refresh=true", `{"owner":"domain2"}`)
	name := c.domain(otherARN).prefix + "leaked"
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/" + name + "/_search", ""}, {"GET", "/" + name + "/_doc/1", ""}, {"GET", "/_cat/indices/" + name, ""}, {"GET", "/_resolve/index/" + name, ""},
		{"GET", "/t*/_search", ""},
		{"POST", "/mine/_search", `{"query":{"terms":{"owner":{"index":"` + name + `","id":"1","path":"owner"}}}}`},
		{"POST", "/_reindex", `{"source":{"index":"` + name + `"},"dest":{"index":"stolen"}}`},
		{"POST", "/_mtermvectors", `{"docs":[{"_index":"` + name + `","_id":"1"}]}`},
		{"POST", "/_aliases", `{"actions":[{"add":{"index":"` + name + `","alias":"stolen"}}]}`},
		{"POST", "/mine/_mget", `{"docs":[{"_index":"` + name + `","_id":"1"}]}`},
		{"POST", "/mine/_bulk", `{"index":{"_index":"` + name + `"}}` + "\n{}\n"},
		{"POST", "/mine/_msearch", `{"index":"` + name + `"}` + "\n{}\n"},
	} {
		a := one(r.method, r.path, r.body)
		if strings.Contains(string(a.body), "domain2") || strings.Contains(string(a.body), `"found":true`) || strings.Contains(string(a.body), `"created":1`) {
			t.Errorf("%s %s %s reaches another domain: %s", r.method, r.path, r.body, a.body)
		}
	}
	if a := one("GET", "/_cat/count/stolen", ""); a.status != 404 {
		t.Errorf("there is an index of another domain's documents: %s", a.body)
	}
}

func TestHandlesStayWithTheirDomain(t *testing.T) {
	c := newCloud(t, enginetest.OpenSearch(t))
	one, two := c.asAdmin(cellARN), c.asAdmin(otherARN)
	t.Cleanup(func() { clean(one) })
	for i := range 3 {
		one("PUT", fmt.Sprintf("/cats/_doc/%d?refresh=true", i), `{"owner":"domain1"}`)
	}
	var scroll struct {
		ID   string `json:"_scroll_id"`
		Hits struct{ Hits []any }
	}
	one("POST", "/cats/_search?scroll=1m&size=1&pretty", `{}`).decode(&scroll)
	if scroll.ID == "" || len(scroll.Hits.Hits) != 1 {
		t.Fatalf("scroll = %+v", scroll)
	}
	for _, target := range []struct{ method, path, body string }{
		{"POST", "/_search/scroll", `{"scroll":"1m","scroll_id":"` + scroll.ID + `"}`},
		{"GET", "/_search/scroll?scroll=1m&scroll_id=" + url.QueryEscape(scroll.ID), ``},
		{"GET", "/_search/scroll/" + strings.ReplaceAll(scroll.ID, "=", "%3D"), ``},
	} {
		if a := two(target.method, target.path, target.body); a.status != 400 || strings.Contains(string(a.body), "domain1") {
			t.Errorf("%s %s on another domain = %d %s", target.method, target.path, a.status, a.body)
		}
		if target.path[len("/_search/scroll"):] == "" || strings.Contains(target.path, "?") {
			if one(target.method, target.path, target.body).decode(&scroll); len(scroll.Hits.Hits) != 1 {
				t.Errorf("%s %s = %+v", target.method, target.path, scroll)
			}
		}
	}
	if a := two("DELETE", "/_search/scroll", `{"scroll_id":["`+scroll.ID+`"]}`); a.status != 400 {
		t.Errorf("ending another domain's scroll = %d %s", a.status, a.body)
	}
	if a := one("DELETE", "/_search/scroll", `{"scroll_id":["`+scroll.ID+`"]}`); a.status != 200 {
		t.Errorf("ending a scroll = %d %s", a.status, a.body)
	}
	var pit struct {
		ID   string `json:"pit_id"`
		Hits struct{ Hits []any }
	}
	one("POST", "/cats/_search/point_in_time?keep_alive=1m", "").decode(&pit)
	body := `{"pit":{"id":"` + pit.ID + `","keep_alive":"1m"},"query":{"match_all":{}}}`
	if a := two("POST", "/_search", body); a.status != 400 {
		t.Errorf("another domain's point in time = %d %s", a.status, a.body)
	}
	first := pit.ID
	one("POST", "/_search", body).decode(&pit)
	if len(pit.Hits.Hits) != 3 || pit.ID != first {
		t.Errorf("a point in time finds %+v", pit)
	}
	a := one("DELETE", "/_search/point_in_time", `{"pit_id":["`+pit.ID+`"]}`)
	if a.status != http.StatusOK || !strings.Contains(string(a.body), pit.ID) {
		t.Errorf("ending a point in time = %d %s", a.status, a.body)
	}
}
