package search

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// A reindex makes an account's index agree with its rows, whatever happened before:
//
//  1. Mark notes where the index stands.
//  2. Every row of the table, read with ConsistentRead after that, goes through Document and, with
//     OpReindex, through Bulk, until no outcome is Retry or Poison.
//  3. DeleteStale removes documents that nothing has written since Mark: those without a row.
//
// The stream's indexer goes on meanwhile. What it writes has a sequence number above the mark,
// so it survives the third step; and a row that the reindex read too early to see its latest change
// is refused by the document's higher version. Sequence numbers are OpenSearch's own and need no clock.

// Mark returns the present state of the index for DeleteStale. It can be kept while a reindex goes
// through several invocations.
func (c *Client) Mark(ctx context.Context) (string, error) {
	const what = "marking index"
	if err := c.Refresh(ctx); err != nil {
		if isType(err, indexNotFound) {
			return "-1", nil
		}
		return "", err
	}
	var out struct {
		Shards struct {
			Total int `json:"total"`
		} `json:"_shards"`
		Hits struct {
			Hits []struct {
				SeqNo *int64 `json:"_seq_no"`
			} `json:"hits"`
		} `json:"hits"`
	}
	body := encode(object{
		"size": 1, "_source": false, "track_total_hits": false,
		"sort":                list{object{"_seq_no": "desc"}},
		"seq_no_primary_term": true,
	})
	if err := c.call(ctx, what, c.patience, http.MethodPost, "/_search?allow_partial_search_results=false", body, &out); err != nil {
		return "", err
	}
	if out.Shards.Total != 1 {
		return "", fmt.Errorf("%s %s: it has %d shards, where sequence numbers order the writes of one", what, c.index, out.Shards.Total)
	}
	if len(out.Hits.Hits) == 0 || out.Hits.Hits[0].SeqNo == nil {
		return "-1", nil
	}
	return strconv.FormatInt(*out.Hits.Hits[0].SeqNo, 10), nil
}

// sweepSize is how many documents one request removes at most, which keeps it short.
const sweepSize = 2000

// DeleteStale removes a table's documents that were last written before the mark was taken, and
// returns their number. A document that is written while this goes on stays.
func (c *Client) DeleteStale(ctx context.Context, table, mark string) (int, error) {
	const what = "removing stale documents of index"
	seqNo, err := strconv.ParseInt(mark, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %s: mark %q is none of Mark's", what, c.index, mark)
	}
	body := encode(object{"query": object{"bool": object{"filter": list{
		object{"term": object{"table": table}},
		object{"range": object{"_seq_no": object{"lte": seqNo}}},
	}}}})
	path := fmt.Sprintf("/_delete_by_query?conflicts=proceed&refresh=true&max_docs=%d", sweepSize)
	total := 0
	for {
		if err := c.Refresh(ctx); err != nil {
			if isType(err, indexNotFound) {
				return total, nil
			}
			return total, err
		}
		var out struct {
			Deleted  int  `json:"deleted"`
			Failures list `json:"failures"`
			TimedOut bool `json:"timed_out"`
		}
		if err := c.call(ctx, what, sweepTimeout, http.MethodPost, path, body, &out); err != nil {
			return total, err
		}
		total += out.Deleted
		if len(out.Failures) > 0 || out.TimedOut {
			return total, fmt.Errorf("%s %s: %d failures: %w", what, c.index, len(out.Failures), ErrUnavailable)
		}
		if out.Deleted == 0 {
			return total, nil
		}
	}
}
