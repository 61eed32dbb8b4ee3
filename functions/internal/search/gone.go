package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// An index agrees with its rows, whatever happened before, if whoever writes it keeps to this:
//
//  1. A document is made of its row, read with ConsistentRead, and not of what a record says of the row: records come
//     twice, late, and long after the row is gone. OpIndex refuses a version that is older than the document.
//  2. Where a row is absent its document is deleted. OpDelete refuses if there is a newer one; then RemoveGone decides.
//  3. When a write has created a document, its row is read again: it may have been deleted, and its document with it,
//     between the first reading and the write. OpenSearch would know by the version of the deletion, and has forgotten
//     it if the shard moved meanwhile. If the row is absent, RemoveGone takes the document out.
//
// A write that replaced a document needs no third step: the deletion of that document is still to come, or whoever
// created it takes it out. Whoever is ended between the steps repeats all of them.
//
// A reindex writes every row that way, with OpReindex, then reads every document with Walk, and takes out by
// RemoveGone those without a row. The stream's indexer goes on meanwhile.

// Stored is a document as it is in the index.
type Stored struct {
	// Key is the value of the row's sort key.
	Key string
	// Partition is the value of the partition key of the row that the document was made of; empty if it does not say.
	Partition string

	// id and sort are the document's id and sort key, seqNo and primaryTerm name the write that made it what it is.
	id, sort           string
	seqNo, primaryTerm int64
}

// partitionAttribute is the partition key of every table.
const partitionAttribute = "billingAccount"

// ErrBusy says that documents were written each time they were to be removed. Trying again later may succeed.
var ErrBusy = errors.New("documents are being written")

// removeRounds is how often RemoveGone looks at documents that were written meanwhile.
const removeRounds = 4

// RemoveGone removes those of a table's documents whose row is absent, and returns their number. exists
// reads the rows of documents, by consistent reads, and reports of each whether it is there. A document that is
// written meanwhile is not removed but looked at again. Errors: ErrBusy, those of exists, an Error.
func (c *Client) RemoveGone(ctx context.Context, table string, docs []Stored, exists func(context.Context, []Stored) ([]bool, error)) (int, error) {
	removed := 0
	for range removeRounds {
		if len(docs) == 0 {
			return removed, nil
		}
		there, err := exists(ctx, docs)
		if err != nil {
			return removed, err
		}
		var actions []Action
		var keys []string
		for i, d := range docs {
			if !there[i] {
				actions = append(actions, Action{Op: OpRemove, ID: d.id, seqNo: d.seqNo, primaryTerm: d.primaryTerm})
				keys = append(keys, d.Key)
			}
		}
		outcomes, err := c.Bulk(ctx, actions)
		if err != nil {
			return removed, err
		}
		var again []string
		for i, o := range outcomes {
			switch o.Result {
			case Done:
				removed++
			case Stale:
				again = append(again, keys[i])
			default:
				return removed, fmt.Errorf("removing documents of index %s: %s: %w", c.index, o.Type, ErrUnavailable)
			}
		}
		if docs, err = c.Find(ctx, table, again); err != nil {
			return removed, err
		}
	}
	if len(docs) > 0 {
		return removed, fmt.Errorf("removing documents of index %s: %w", c.index, ErrBusy)
	}
	return removed, nil
}

// findSize is how many documents one request of Find looks for.
const findSize = 500

// Find returns those of a table's documents with these keys that are in the index now.
func (c *Client) Find(ctx context.Context, table string, keys []string) ([]Stored, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if err := c.Refresh(ctx); err != nil {
		return nil, noIndex(err)
	}
	var found []Stored
	for len(keys) > 0 {
		n := min(findSize, len(keys))
		ids := make(list, n)
		for i, key := range keys[:n] {
			ids[i] = table + "/" + key
		}
		docs, err := c.stored(ctx, table, object{"size": n, "query": object{"ids": object{"values": ids}}})
		if err != nil {
			return nil, noIndex(err)
		}
		found, keys = append(found, docs...), keys[n:]
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
	docs, err = c.stored(ctx, table, body)
	if len(docs) == n && n > 0 {
		next = docs[n-1].sort
	}
	return docs, next, noIndex(err)
}

// Sample returns n of a table's documents, picked at random; all if there are fewer.
func (c *Client) Sample(ctx context.Context, table string, n int) ([]Stored, error) {
	docs, err := c.stored(ctx, table, object{"size": n, "query": object{"function_score": object{
		"query": object{"term": object{"table": table}}, "random_score": object{}, "boost_mode": "replace",
	}}})
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
func (c *Client) stored(ctx context.Context, table string, body object) ([]Stored, error) {
	body["_source"], body["seq_no_primary_term"], body["track_total_hits"] = list{"row." + partitionAttribute}, true, false
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
