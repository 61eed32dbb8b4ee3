package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/functions/internal/search"
	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// pageRows is how many rows a step of a reindex takes.
const pageRows = 200

// kittens is the table that is indexed. What is read must not be older than the index's
// mark: see package search.
var kittens = store.Schema{Table: "kittens", SortKey: "kittenId", Sharded: true, Consistent: true}

// errRead says that the rows could not be read, in difference to the index.
var errRead = errors.New("reading rows for the index")

// errRetry says that a part of a page was not written and may be written later.
var errRetry = errors.New("rows are not indexed yet")

// errNoIndex says that the account has rows and no index, even after one of them changed.
var errNoIndex = errors.New("the indexer has not made the index")

// mark brings the index's mapping up to date and notes where the index stands.
func (w worker) mark(ctx context.Context, t *task) error {
	err := w.index.Map(ctx)
	if errors.Is(err, search.ErrNoIndex) {
		err = w.provoke(ctx)
	}
	if err == nil {
		t.Mark, err = w.index.Mark(ctx)
	}
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
	refused := 0
	for _, item := range page.Rows {
		action, err := document(item)
		if err != nil {
			refused++
			continue
		}
		actions = append(actions, action)
	}
	outcomes, err := w.index.Bulk(ctx, actions)
	if err != nil {
		return err
	}
	for _, outcome := range outcomes {
		switch outcome.Result {
		case search.Retry:
			return fmt.Errorf("%w: %s", errRetry, outcome.Type)
		case search.Poison:
			refused++
		}
	}
	t.Done += len(page.Rows)
	t.Refused += refused
	t.Cursor, t.Walked = page.Next, page.Next == ""
	return nil
}

// document is what the stream's indexer makes of the row too; it is written even if the
// index has the row's version already, as after a change of the mapping.
func document(item store.Item) (search.Action, error) {
	id, ok := item[kittens.SortKey].(*types.AttributeValueMemberS)
	if !ok {
		return search.Action{}, search.ErrDocument
	}
	action, err := search.Document(kittens.Table, id.Value, search.RowOf(item))
	action.Op = search.OpReindex
	return action, err
}

// sweep removes documents without a row, and the task is done.
func (w worker) sweep(ctx context.Context, t *task) error {
	if _, err := w.index.DeleteStale(ctx, kittens.Table, t.Mark); err != nil {
		return err
	}
	*t = t.end(w.now(), "")
	return nil
}
