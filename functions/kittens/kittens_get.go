package main

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

const (
	// unfilteredMark begins the cursor of a list that stands in for a search, so that its
	// next page goes on in the list. No cursor of a list or a search begins with it.
	unfilteredMark = "-"

	unavailableMessage = "Search is not available at the moment. The list is not filtered."
	retryAfter         = 2 * time.Second
)

var cursorLetters = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// list is the contract's KittenList.
type list struct {
	Items  []item       `json:"items"`
	Cursor string       `json:"cursor,omitempty"`
	Search *searchState `json:"search,omitempty"`
}

// item is the contract's KittenItem.
type item struct {
	kitten
	ThumbnailURL string              `json:"thumbnailUrl,omitempty"`
	Highlights   map[string][]string `json:"highlights,omitempty"`
}

// searchState is the contract's SearchState.
type searchState struct {
	Available bool   `json:"available"`
	Message   string `json:"message,omitempty"`
}

// lister lists and searches kittens.
type lister struct {
	kittens *store.Table[kitten]
	index   *search.Client
	files   photoFiles
}

var _ = rest.Handle("kittensGet", func(d *rest.Deps) rest.Handler {
	index, err := search.New(d.AWS(), d.Env("SEARCH_ENDPOINT"), d.Env("SEARCH_INDEX"))
	d.Fail(err)
	l := lister{kittens: rest.Table[kitten](d, table), index: index, files: photoFiles{openUploads(d)}}
	return func(ctx context.Context, r *rest.Request) (*rest.Response, error) {
		in := r.Input()
		limit := in.QueryInt("limit", 1, 100, 25)
		cursor, _ := in.Query("cursor", rest.Length(1, 2048), rest.Pattern(cursorLetters, "the cursor of an earlier answer"))
		text, searching := in.Query("q", rest.Length(1, 200))
		if err := in.Err(); err != nil {
			return nil, err
		}
		var page list
		var err error
		if searching {
			page, err = l.search(ctx, text, limit, cursor)
		} else {
			page, err = l.list(ctx, limit, cursor)
		}
		if err == nil {
			err = l.showThumbnails(ctx, page.Items)
		}
		if err != nil {
			return nil, err
		}
		return rest.JSON(http.StatusOK, page), nil
	}
})

// list is a page of all kittens, in the order of their ids.
func (l lister) list(ctx context.Context, limit int, cursor string) (list, error) {
	page, err := l.kittens.List(ctx, limit, cursor)
	if err != nil {
		return list{}, err
	}
	out := list{Items: []item{}, Cursor: page.Next}
	for _, k := range page.Rows {
		out.Items = append(out.Items, item{kitten: k})
	}
	return out, nil
}

// unfiltered is the list that stands in for a search.
func (l lister) unfiltered(ctx context.Context, limit int, cursor string) (list, error) {
	out, err := l.list(ctx, limit, cursor)
	if out.Cursor != "" {
		out.Cursor = unfilteredMark + out.Cursor
	}
	out.Search = &searchState{Message: unavailableMessage}
	return out, err
}

// search is a page of the kittens that match text, best first. The index says which; what
// is shown comes from the table, so that a kitten that is gone is never shown.
func (l lister) search(ctx context.Context, text string, limit int, cursor string) (list, error) {
	if rest, ok := strings.CutPrefix(cursor, unfilteredMark); ok {
		return l.unfiltered(ctx, limit, rest)
	}
	out := list{Items: []item{}, Search: &searchState{Available: true}}
	if strings.TrimSpace(text) == "" {
		return out, nil // no word, no match
	}
	kittens := map[string]kitten{}
	page, err := l.index.SearchRows(ctx, search.Query{Table: table.Table, Text: text, Limit: limit, Cursor: cursor},
		func(ctx context.Context, hits []search.Hit) ([]bool, error) { return l.rows(ctx, hits, kittens) })
	switch {
	case errors.Is(err, search.ErrCursor):
		return list{}, rest.NewProblem(http.StatusBadRequest, "The query parameter cursor was not made by this search.")
	case errors.Is(err, search.ErrUnavailable):
		rest.Log(ctx).Warn("search is unavailable", "error", err.Error())
		if cursor != "" {
			// The pages before were filtered; one that is not would not go on with them.
			return list{}, rest.NewProblem(http.StatusServiceUnavailable, "Search is not available at the moment.").RetryAfter(retryAfter)
		}
		return l.unfiltered(ctx, limit, "")
	case err != nil:
		return list{}, err
	}
	if page.Gone > 0 {
		// A kitten that was deleted a moment ago, or a document that the indexer has to remove.
		rest.Log(ctx).Info("search found documents without a row", "table", table.Table, "documents", page.Gone)
	}
	for _, hit := range page.Hits {
		out.Items = append(out.Items, item{kitten: kittens[hit.ID], Highlights: hit.Highlights})
	}
	out.Cursor = page.Next
	return out, nil
}

// rows reads the kittens of hits into found, and reports of each hit whether it has one.
func (l lister) rows(ctx context.Context, hits []search.Hit, found map[string]kitten) ([]bool, error) {
	ids := make([]string, len(hits))
	for i, hit := range hits {
		ids[i] = hit.ID
	}
	kittens, err := l.kittens.BatchGet(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, k := range kittens {
		found[k.ID] = k
	}
	there := make([]bool, len(hits))
	for i, id := range ids {
		_, there[i] = found[id]
	}
	return there, nil
}

// showThumbnails signs the thumbnails of a page, so that whoever shows it need not ask for each.
func (l lister) showThumbnails(ctx context.Context, items []item) (err error) {
	for i := range items {
		if items[i].hasPhoto() && err == nil {
			items[i].ThumbnailURL, err = l.files.signThumbnail(ctx, items[i].ID, *items[i].Photo)
		}
	}
	return err
}
