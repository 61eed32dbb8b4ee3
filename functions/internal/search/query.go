package search

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// MaxText is the length limit of a query's text in characters.
	MaxText = 256
	// MaxLimit is the greatest number of hits of a page.
	MaxLimit = 100
	// DefaultLimit is the number of hits of a page whose query sets no limit.
	DefaultLimit = 20
)

// Query is what to search for.
type Query struct {
	// Table is the name in x-tables of the table whose rows are searched.
	Table string
	// Text is words to find, all of them, in any of the searched fields: in any grammatical form, with a
	// typing error, or, in some of the fields, by their beginning. No character of it has a meaning of its own.
	Text string
	// Limit is the greatest number of hits, at most MaxLimit. Optional; DefaultLimit by default.
	Limit int
	// Cursor is Next of the page before. Optional; the first page by default.
	Cursor string
}

// Page is the best hits of a query that come after those of earlier pages.
type Page struct {
	Hits []Hit
	// Next is the Cursor of the page after this one; empty after the last.
	Next string
	// Total is the number of hits of all pages.
	Total int
	// Gone is how many hits SearchRows has left out.
	Gone int
}

// Hit is a row that was found.
type Hit struct {
	// ID is the value of the row's sort key.
	ID string
	// Score grows with how well the row fits.
	Score float64
	// Highlights are excerpts by attribute name: HTML, escaped but for <em> around what was found.
	Highlights map[string][]string
	// Cursor of a query that goes on behind this hit.
	Cursor string
}

// Search finds rows by their text, the best first. Rows that change between two pages may be in both or
// in neither. An index that does not exist yet has no rows. Errors are ErrText, ErrCursor, or an Error.
func (c *Client) Search(ctx context.Context, q Query) (Page, error) {
	if err := c.check(&q); err != nil {
		return Page{}, err
	}
	return c.search(ctx, q)
}

// check refuses what is no query, and sets its limit.
func (c *Client) check(q *Query) error {
	if n := utf8.RuneCountInString(q.Text); n > MaxText || strings.TrimSpace(q.Text) == "" {
		return fmt.Errorf("%s %s: text of %d characters, want 1 to %d: %w", searching, c.index, n, MaxText, ErrText)
	}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return fmt.Errorf("%s %s: limit %d, want 1 to %d", searching, c.index, q.Limit, MaxLimit)
	}
	return nil
}

const searching = "searching index"

// search is a page of a query that was checked.
func (c *Client) search(ctx context.Context, q Query) (Page, error) {
	after, err := decodeCursor(q)
	if err != nil {
		return Page{}, fmt.Errorf("%s %s: %w", searching, c.index, err)
	}
	var out response
	// The preference sends all pages to one copy of the shard: scores differ between copies.
	err = c.call(ctx, searching, c.patience, http.MethodPost,
		"/_search?allow_partial_search_results=false&preference=pages", searchBody(q, after, c.patience*2/3), &out)
	switch {
	case isType(err, indexNotFound):
		return Page{}, nil
	case err != nil:
		return Page{}, err
	case out.TimedOut:
		return Page{}, fmt.Errorf("%s %s: the query timed out: %w", searching, c.index, ErrUnavailable)
	}
	return out.page(q)
}

// response is what is read of a _search response.
type response struct {
	TimedOut bool `json:"timed_out"`
	Hits     struct {
		Total struct {
			Value int `json:"value"`
		} `json:"total"`
		Hits []struct {
			Score     float64             `json:"_score"`
			Sort      []json.RawMessage   `json:"sort"`
			Highlight map[string][]string `json:"highlight"`
		} `json:"hits"`
	} `json:"hits"`
}

func (r response) page(q Query) (Page, error) {
	p := Page{Total: r.Hits.Total.Value}
	hits := r.Hits.Hits
	// One hit more than the limit was asked for, to know whether there is another page.
	more := len(hits) > q.Limit
	if more {
		hits = hits[:q.Limit]
	}
	for _, h := range hits {
		var id string
		if len(h.Sort) != 2 || json.Unmarshal(h.Sort[1], &id) != nil {
			return Page{}, fmt.Errorf("decoding a hit: its sort values are not a score and a key")
		}
		p.Hits = append(p.Hits, Hit{ID: id, Score: h.Score, Highlights: highlights(h.Highlight), Cursor: encodeCursor(q, h.Sort)})
	}
	if more {
		p.Next = p.Hits[len(hits)-1].Cursor
	}
	return p, nil
}

// highlights takes those of a field's prefixes where the field itself has none.
func highlights(found map[string][]string) map[string][]string {
	out := map[string][]string{}
	for _, f := range fields {
		if h := found[f.name]; len(h) > 0 {
			out[f.name] = h
		} else if h := found[f.name+prefixField]; len(h) > 0 {
			out[f.name] = h
		}
	}
	return out
}

const prefixField = ".prefix"

// searchBody gives the query less time than the request, so that a slow one ends with a response.
func searchBody(q Query, after list, timeout time.Duration) []byte {
	body := object{
		"size":             q.Limit + 1,
		"_source":          false,
		"timeout":          strconv.FormatInt(timeout.Milliseconds(), 10) + "ms",
		"track_total_hits": true,
		"track_scores":     true,
		"sort":             list{object{"_score": "desc"}, object{"key": "asc"}},
		"query": object{"bool": object{
			"filter":               object{"term": object{"table": q.Table}},
			"should":               matches(q.Text),
			"minimum_should_match": 1,
		}},
		"highlight": highlight(),
	}
	if after != nil {
		body["search_after"] = after
	}
	return encode(body)
}

// matches are the ways in which a text is found. match queries analyze their text and parse no syntax.
func matches(text string) list {
	var words, prefixes []string
	for _, f := range fields {
		words = append(words, f.name+f.boost)
		if f.prefix {
			prefixes = append(prefixes, f.name+prefixField+f.boost)
		}
	}
	return list{
		// All words, each in any field.
		object{"multi_match": object{"query": text, "type": "cross_fields", "operator": "and", "fields": words, "boost": 2}},
		// All words in one field, with a typing error in each.
		object{"multi_match": object{"query": text, "type": "best_fields", "operator": "and", "fields": words,
			"fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 10, "boost": 0.5}},
		// The beginnings of all words, each in any field.
		object{"multi_match": object{"query": text, "type": "cross_fields", "operator": "and", "fields": prefixes}},
	}
}

func highlight() object {
	marked := object{}
	for _, f := range fields {
		marked[f.name] = object{}
		if f.prefix {
			marked[f.name+prefixField] = object{}
		}
	}
	return object{
		"encoder": "html", "pre_tags": list{"<em>"}, "post_tags": list{"</em>"},
		"number_of_fragments": 3, "fragment_size": 150,
		"require_field_match": false,
		"fields":              marked,
	}
}
