package search

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// findSize is how many documents one request of find looks for, and wholeSize how many if they come whole.
const (
	findSize  = 500
	wholeSize = 20
)

// find returns those of a table's documents with these keys that are in the index now, whole if doc is true.
func (c *Client) find(ctx context.Context, table string, keys []string, doc bool) ([]Stored, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if err := c.Refresh(ctx); err != nil {
		return nil, noIndex(err)
	}
	most := findSize
	if doc {
		most = wholeSize
	}
	var found []Stored
	for some := range slices.Chunk(keys, most) {
		ids := make(list, len(some))
		for i, key := range some {
			ids[i] = table + "/" + key
		}
		docs, err := c.stored(ctx, table, object{"size": len(some), "query": object{"ids": object{"values": ids}}}, doc)
		if err != nil {
			return nil, noIndex(err)
		}
		found = append(found, docs...)
	}
	return found, nil
}

// Walk returns at most n of a table's documents, in the order of their keys, and where to go on: the next call's
// after, empty behind the last document. The first call's is empty. What was written before the call is seen.
func (c *Client) Walk(ctx context.Context, table, after string, n int) (docs []Stored, next string, err error) {
	if err := c.Refresh(ctx); err != nil {
		return nil, "", noIndex(err)
	}
	body := object{"size": n, "sort": list{object{"key": "asc"}}, "query": object{"term": object{"table": table}}}
	if after != "" {
		body["search_after"] = list{after}
	}
	docs, err = c.stored(ctx, table, body, false)
	if len(docs) == n && n > 0 {
		next = docs[n-1].sort
	}
	return docs, next, noIndex(err)
}

// Sample returns n of a table's documents, picked at random; all if there are fewer.
func (c *Client) Sample(ctx context.Context, table string, n int) ([]Stored, error) {
	docs, err := c.stored(ctx, table, object{"size": n, "query": object{"function_score": object{
		"query": object{"term": object{"table": table}}, "random_score": object{}, "boost_mode": "replace",
	}}}, false)
	return docs, noIndex(err)
}

// noIndex is nil for the error of an index that does not exist: it has no documents.
func noIndex(err error) error {
	if isType(err, indexNotFound) {
		return nil
	}
	return err
}

// stored sends a search and reads where its hits come from. A hit that is not as Document makes them is of no row.
func (c *Client) stored(ctx context.Context, table string, body object, doc bool) ([]Stored, error) {
	body["seq_no_primary_term"], body["track_total_hits"] = true, false
	if !doc {
		body["_source"] = list{"row." + partitionAttribute}
	}
	var out struct {
		Hits struct {
			Hits []struct {
				ID          string            `json:"_id"`
				SeqNo       *int64            `json:"_seq_no"`
				PrimaryTerm *int64            `json:"_primary_term"`
				Sort        []json.RawMessage `json:"sort"`
				Source      json.RawMessage   `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	const what = "reading documents of index"
	if err := c.call(ctx, what, writeTimeout, http.MethodPost, "/_search?allow_partial_search_results=false", encode(body), &out); err != nil {
		return nil, err
	}
	var docs []Stored
	for _, h := range out.Hits.Hits {
		if h.SeqNo == nil || h.PrimaryTerm == nil {
			return nil, fmt.Errorf("%s %s: a hit has no sequence number", what, c.index)
		}
		d := Stored{Key: h.ID, id: h.ID, seqNo: *h.SeqNo, primaryTerm: *h.PrimaryTerm}
		if key, ok := strings.CutPrefix(h.ID, table+"/"); ok {
			d.Key, d.Partition = key, partitionOf(h.Source)
		}
		if doc {
			d.doc = h.Source
		}
		if len(h.Sort) == 1 {
			_ = json.Unmarshal(h.Sort[0], &d.sort) // null where the document has no key; those are the last
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// partitionOf is the partition key of a document's row, empty where it has none.
func partitionOf(source json.RawMessage) string {
	var doc struct {
		Row map[string]any `json:"row"`
	}
	_ = json.Unmarshal(source, &doc)
	partition, _ := doc.Row[partitionAttribute].(string)
	return partition
}
