package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const group2 = "OpenSearch"

// request sends a signed request to a search domain, its path as it is written.
func request(ctx context.Context, c *clients, b Target, method, path, body string, sign bool) error {
	req, err := http.NewRequestWithContext(ctx, method, b.SearchEndpoint, strings.NewReader(body))
	if err != nil {
		return err
	}
	raw, query, _ := strings.Cut(path, "?")
	if req.URL.Path, err = url.PathUnescape(raw); err != nil {
		return err
	}
	req.URL.RawPath, req.URL.RawQuery = raw, query
	req.Header.Set("Content-Type", "application/json")
	if sign {
		credentials, err := c.cfg.Credentials.Retrieve(ctx)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(body))
		if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "es", b.Region, time.Now()); err != nil {
			return err
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 == 2 {
		return itemErrors(answer)
	}
	message := strings.TrimSpace(string(answer))
	var e struct{ Message string }
	if json.Unmarshal(answer, &e) == nil && e.Message != "" {
		message = e.Message
	}
	return refusal{fmt.Sprint(resp.StatusCode), message}
}

// itemErrors finds the refusals in the answer to _bulk, _mget and _msearch, which is 200 as a whole.
func itemErrors(answer []byte) error {
	var out struct {
		Items     []map[string]struct{ Error json.RawMessage }
		Docs      []struct{ Error json.RawMessage }
		Responses []struct{ Error json.RawMessage }
	}
	if json.Unmarshal(answer, &out) != nil {
		return nil
	}
	for _, i := range out.Items {
		for _, action := range i {
			if len(action.Error) > 0 {
				return refusal{"400", string(action.Error)}
			}
		}
	}
	for _, list := range [][]struct{ Error json.RawMessage }{out.Docs, out.Responses} {
		for _, r := range list {
			if len(r.Error) > 0 {
				return refusal{"400", string(r.Error)}
			}
		}
	}
	return nil
}

// to makes an attempt of a path and a body in which {v} is the index aimed at and {o} the own one.
func to(name string, own bool, method, path, body string) attempt {
	return attempt{name, group2, own, func(ctx context.Context, c *clients, a, b Target) error {
		r := strings.NewReplacer("{v}", b.BillingAccount, "{o}", a.BillingAccount)
		return request(ctx, c, b, method, r.Replace(path), r.Replace(body), true)
	}}
}

const all = `{"query":{"match_all":{}}}`

var searchAttempts = []attempt{
	to("_search", true, "POST", "/{v}/_search", all),
	to("_search by GET", false, "GET", "/{v}/_search", ""),
	to("_search of two indices", false, "POST", "/{o},{v}/_search", all),
	to("_search of two indices, comma encoded", false, "POST", "/{o}%2C{v}/_search", all),
	to("_search of a pattern", false, "POST", "/*/_search", all),
	to("_search of a pattern with the own prefix", false, "POST", "/{o}*,*/_search", all),
	to("_search of all but the own", false, "POST", "/*,-{o}/_search", all),
	to("_search of _all", false, "POST", "/_all/_search", all),
	to("_search of every index", false, "POST", "/_search", all),
	to("_search by dots in the path", false, "POST", "/{o}/../{v}/_search", all),
	to("_search by encoded dots", false, "POST", "/{o}/%2e%2e/{v}/_search", all),
	to("_search by a doubly encoded slash", false, "POST", "/{o}%252f..%252f{v}/_search", all),
	to("_search by an encoded slash", false, "POST", "/{o}%2f..%2f{v}/_search", all),
	to("_search with an empty segment", false, "POST", "//{v}/_search", all),
	to("_search by date math", false, "POST", "/%3C{v}%3E/_search", all),
	to("_count", true, "POST", "/{v}/_count", all),
	to("_doc by GET", false, "GET", "/{v}/_doc/1", ""),
	to("_doc by PUT", false, "PUT", "/{v}/_doc/hostile", `{"x":1}`),
	to("_delete_by_query", false, "POST", "/{v}/_delete_by_query", `{"query":{"match_none":{}}}`),
	to("_update_by_query", false, "POST", "/{v}/_update_by_query", `{"query":{"match_none":{}}}`),
	to("_bulk of an index", false, "POST", "/{v}/_bulk", `{"index":{"_id":"hostile"}}`+"\n{}\n"),
	to("_bulk of everything", false, "POST", "/_bulk", `{"index":{"_index":"{v}","_id":"hostile"}}`+"\n{}\n"),
	to("_msearch of everything", false, "POST", "/_msearch", `{"index":"{v}"}`+"\n"+all+"\n"),
	to("_msearch through the own index", false, "POST", "/{o}/_msearch", `{"index":"{v}"}`+"\n"+all+"\n"),
	to("_mget of everything", false, "POST", "/_mget", `{"docs":[{"_index":"{v}","_id":"1"}]}`),
	to("_mget through the own index", false, "POST", "/{o}/_mget", `{"docs":[{"_index":"{v}","_id":"1"}]}`),
	to("_reindex into the own", false, "POST", "/_reindex", `{"source":{"index":"{v}"},"dest":{"index":"{o}"}}`),
	to("_aliases", false, "POST", "/_aliases", `{"actions":[{"add":{"index":"{v}","alias":"{o}-x"}}]}`),
	to("_alias of an index", false, "PUT", "/{v}/_alias/hostile", ""),
	to("_mapping by GET", false, "GET", "/{v}/_mapping", ""),
	to("_settings", false, "PUT", "/{v}/_settings", `{"index":{"number_of_replicas":0}}`),
	to("delete the index", false, "DELETE", "/{v}", ""),
	to("_cat/indices", false, "GET", "/_cat/indices", ""),
	to("_cluster/state", false, "GET", "/_cluster/state", ""),
	to("_snapshot", false, "GET", "/_snapshot", ""),
	to("scroll", false, "POST", "/_search/scroll", `{"scroll_id":"x"}`),
	to("point in time", false, "POST", "/{v}/_search/point_in_time?keep_alive=1m", ""),
	to("a template for all indices", false, "PUT", "/_index_template/hostile", `{"index_patterns":["*"]}`),
	to("an ingest pipeline", false, "PUT", "/_ingest/pipeline/hostile", `{"processors":[]}`),
	{"_search without a signature", group2, false, func(ctx context.Context, c *clients, _, b Target) error {
		return request(ctx, c, b, "POST", "/"+b.BillingAccount+"/_search", all, false)
	}},
}
