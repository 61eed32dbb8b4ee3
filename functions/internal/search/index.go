package search

import (
	"context"
	"net/http"
)

// EnsureIndex creates the index with its settings and mapping. Where it exists, fields that were added
// to the mapping since then are added to it. It needs es:ESHttpPut on the index.
func (c *Client) EnsureIndex(ctx context.Context) error {
	const what = "creating index"
	err := c.call(ctx, what, writeTimeout, http.MethodPut, "", indexBody(), nil)
	if err == nil || !isType(err, indexExists) {
		return err
	}
	return c.call(ctx, what, writeTimeout, http.MethodPut, "/_mapping", mappingBody(), nil)
}

// Refresh makes everything that was written visible to queries; without it that takes a second.
func (c *Client) Refresh(ctx context.Context) error {
	return c.call(ctx, "refreshing index", writeTimeout, http.MethodPost, "/_refresh", nil, nil)
}

// Count is the number of a table's documents that queries see. An index that does not exist has none.
func (c *Client) Count(ctx context.Context, table string) (int, error) {
	var out struct {
		Count int `json:"count"`
	}
	body := encode(object{"query": object{"term": object{"table": table}}})
	err := c.call(ctx, "counting documents of index", c.patience, http.MethodPost, "/_count", body, &out)
	if isType(err, indexNotFound) {
		return 0, nil
	}
	return out.Count, err
}
