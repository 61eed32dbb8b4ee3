package search

import (
	"context"
	"fmt"
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

// Map adds fields to the mapping of an index that exists, as EnsureIndex does. It needs no more than
// es:ESHttpPut on the index's _mapping, which a function of a tenant has: the request that creates an
// index may name aliases, so only the platform's indexer may send it. Errors: ErrNoIndex.
func (c *Client) Map(ctx context.Context) error {
	err := c.call(ctx, "mapping index", writeTimeout, http.MethodPut, "/_mapping", mappingBody(), nil)
	if isType(err, indexNotFound) {
		return fmt.Errorf("%w: %w", ErrNoIndex, err)
	}
	return err
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
