package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/functions/internal/rest"
	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// pageRows is how many rows, or documents, a step of a reindex takes.
const pageRows = 200

// kittens is the table that is indexed. Rows are read as they are now: see package search.
var kittens = store.Schema{Table: "kittens", SortKey: "kittenId", Sharded: true, Consistent: true}

// errRead says that the rows could not be read, in difference to the index.
var errRead = errors.New("reading rows for the index")

// errRetry says that a part of a page was not written and may be written later.
var errRetry = errors.New("rows are not indexed yet")

// errNoIndex says that the account has rows and no index, even after one of them changed.
var errNoIndex = errors.New("the indexer has not made the index")

// prepare brings the index's mapping up to date.
func (w worker) prepare(ctx context.Context, t *task) error {
	err := w.index.Map(ctx)
	if errors.Is(err, search.ErrNoIndex) {
		err = w.provoke(ctx)
	}
	t.Ready = err == nil
	return err
}

// provoke writes a row as it is, one version on, so that its change makes the indexer create the
// index: a function of the tenant may not. Without rows there is nothing to index. Errors: errNoIndex,
// until the step is repeated and finds the index.
func (w worker) provoke(ctx context.Context) error {
	page, err := w.kittens.List(ctx, 1, "")
	if err != nil {
		return fmt.Errorf("%w: %w", errRead, err)
	}
	if len(page.Rows) == 0 {
		return nil
	}
	row := page.Rows[0]
	action, err := document(row)
	if err != nil {
		return err
	}
	id := row[kittens.SortKey].(*types.AttributeValueMemberS).Value // document has seen that it is one
	if _, err := w.kittens.Replace(ctx, id, action.Version, row); err != nil && !errors.Is(err, store.ErrVersion) {
		return err
	}
	return errNoIndex
}

// page indexes the next rows.
func (w worker) page(ctx context.Context, t *task) error {
	page, err := w.kittens.List(ctx, pageRows, t.Cursor)
	if err != nil {
		return fmt.Errorf("%w: %w", errRead, err)
	}
	var actions []search.Action
	var keys []string
	refused := 0
	for _, item := range page.Rows {
		action, err := document(item)
		if err != nil {
			refused++
			continue
		}
		actions, keys = append(actions, action), append(keys, item[kittens.SortKey].(*types.AttributeValueMemberS).Value)
	}
	outcomes, err := w.index.Bulk(ctx, actions)
	if err != nil {
		return err
	}
	var created, stale []string
	for i, outcome := range outcomes {
		switch {
		case outcome.Result == search.Retry:
			return fmt.Errorf("%w: %s", errRetry, outcome.Type)
		case outcome.Result == search.Poison:
			refused++
		case outcome.Result == search.Stale:
			stale = append(stale, keys[i])
		case outcome.Created:
			created = append(created, keys[i])
		}
	}
	if err := w.readAgain(ctx, created, stale); err != nil {
		return err
	}
	t.Done += len(page.Rows)
	t.Refused += refused
	t.Cursor, t.Walked = page.Next, page.Next == ""
	return nil
}

// readAgain finds the rows that were deleted after they were read, and the documents that the index would not take:
// package search says what becomes of them.
func (w worker) readAgain(ctx context.Context, created, stale []string) error {
	there, err := w.rows(ctx, created)
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(created, func(id string) bool { _, ok := there[id]; return ok })
	doubtful := append(gone, stale...)
	if len(doubtful) == 0 {
		return nil
	}
	return w.index.Settle(ctx, kittens.Table, doubtful, func(ctx context.Context, ids []string, _ []search.Stored) (map[string]search.Row, error) {
		return w.rows(ctx, ids)
	})
}

// check compares the next documents with their rows and removes those without one. After the last, the task is done.
func (w worker) check(ctx context.Context, t *task) error {
	docs, next, err := w.index.Walk(ctx, kittens.Table, t.Cursor, pageRows)
	if err != nil {
		return err
	}
	removed, err := w.index.RemoveGone(ctx, kittens.Table, docs, w.exist)
	if removed > 0 {
		rest.Log(ctx).Info("removed documents without a row", "table", kittens.Table, "documents", removed)
	}
	if err != nil {
		return err
	}
	if t.Cursor = next; next != "" {
		return nil
	}
	message := ""
	if t.Refused > 0 {
		message = fmt.Sprintf("%d rows cannot be indexed.", t.Refused)
		rest.Log(ctx).Error("task failed", "error", message)
	}
	*t = t.end(w.now(), message)
	return nil
}

// exist reports whether documents have a row.
func (w worker) exist(ctx context.Context, docs []search.Stored) ([]bool, error) {
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.Key
	}
	rows, err := w.rows(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(docs))
	for i, d := range docs {
		_, out[i] = rows[d.Key]
	}
	return out, nil
}

// rows are those of the ids that are there.
func (w worker) rows(ctx context.Context, ids []string) (map[string]search.Row, error) {
	items, err := w.kittens.BatchGet(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRead, err)
	}
	rows := map[string]search.Row{}
	for _, item := range items {
		if id, ok := item[kittens.SortKey].(*types.AttributeValueMemberS); ok {
			rows[id.Value] = search.RowOf(item)
		}
	}
	return rows, nil
}

// document is what the stream's indexer makes of the row too. It is written even if the
// index has the row's version already, as after a change of the mapping.
func document(item store.Item) (search.Action, error) {
	id, ok := item[kittens.SortKey].(*types.AttributeValueMemberS)
	if !ok {
		return search.Action{}, search.ErrDocument
	}
	return search.Document(kittens.Table, id.Value, search.RowOf(item))
}
