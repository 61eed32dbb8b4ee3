package search

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// An index agrees with its rows, whatever happened before, if whoever writes it keeps to this:
//
//  1. A document is made of its row, read with ConsistentRead, and not of what a record says of the row: records come
//     twice, late, and long after the row is gone. OpIndex refuses a version that is older than the document's. Where
//     the row is absent, OpDelete deletes the document, unless there is a newer one.
//  2. When that has made a document, or removed one, the row is read again: it may have been deleted, and its document
//     with it, between the first reading and the write. OpenSearch would refuse the write by the version of the
//     deletion, but has forgotten that if the shard moved meanwhile. Likewise a row may have been made anew.
//  3. Where an outcome is Stale or the second reading differs, Settle looks at the document and the row.
//
// A write that replaced a document needs no second reading: the deletion of that document is still to come, or whoever
// made it takes it out. Whoever is ended between the steps repeats all of them.
//
// A reindex writes every row that way, then reads every document with Walk, and takes out by RemoveGone those without a
// row. The stream's indexer goes on meanwhile.

// Stored is a document as it is in the index.
type Stored struct {
	// Key is the value of the row's sort key.
	Key string
	// Partition is the value of the partition key of the row that the document was made of; empty if it does not say.
	Partition string

	// id and sort are the document's id and sort key, seqNo and primaryTerm name the write that made it what it is.
	id, sort           string
	seqNo, primaryTerm int64
	// doc is there if it was asked for.
	doc json.RawMessage
}

// partitionAttribute is the partition key of every table.
const partitionAttribute = "billingAccount"

// ErrBusy says that documents were written each time they were looked at. Trying again later may succeed.
var ErrBusy = errors.New("documents are being written")

// rounds is how often Settle and RemoveGone look at documents that were written meanwhile.
const rounds = 5

// Settle makes a table's documents with these keys agree with their rows, without regard to versions. read reads rows,
// by consistent reads, and returns those that are there, by key; docs are the documents that there are, and may say of
// another partition. A row that cannot be made a document keeps the one that it has. Errors: ErrBusy, those of read,
// an Error.
func (c *Client) Settle(ctx context.Context, table string, keys []string, read func(ctx context.Context, keys []string, docs []Stored) (map[string]Row, error)) error {
	const what = "settling documents of index"
	for range rounds {
		docs, err := c.find(ctx, table, keys, true)
		if err != nil {
			return err
		}
		rows, err := read(ctx, keys, docs)
		if err != nil {
			return err
		}
		var actions []Action
		var acting []string
		for _, key := range keys {
			if a, ok := settling(table, key, rows, docs); ok {
				actions, acting = append(actions, a), append(acting, key)
			}
		}
		outcomes, err := c.Bulk(ctx, actions)
		if err != nil {
			return err
		}
		keys = nil
		for i, o := range outcomes {
			switch {
			case o.Result == Stale, o.Created, o.Deleted:
				keys = append(keys, acting[i])
			case !o.Result.OK():
				return fmt.Errorf("%s %s: %s: %w", what, c.index, o.Type, ErrUnavailable)
			}
		}
		if len(keys) == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s %s: %w", what, c.index, ErrBusy)
}

// settling is what has to be done to the document of a row; it is not ok if nothing is.
func settling(table, key string, rows map[string]Row, docs []Stored) (a Action, ok bool) {
	i := slices.IndexFunc(docs, func(d Stored) bool { return d.Key == key })
	row, there := rows[key]
	switch {
	case !there && i < 0:
		return Action{}, false
	case !there:
		return docs[i].remove(), true
	}
	a, err := Document(table, key, row)
	switch {
	case err != nil, i >= 0 && same(docs[i].doc, a.Doc):
		return Action{}, false
	case i < 0:
		a.Op = OpCreate
	default:
		a.Op, a.seqNo, a.primaryTerm = OpReplace, docs[i].seqNo, docs[i].primaryTerm
	}
	return a, true
}

func (d Stored) remove() Action {
	return Action{Op: OpRemove, ID: d.id, seqNo: d.seqNo, primaryTerm: d.primaryTerm}
}

// same reports whether two documents say the same.
func same(a, b json.RawMessage) bool {
	decode := func(text json.RawMessage) (v any) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return nil
		}
		return v
	}
	return reflect.DeepEqual(decode(a), decode(b))
}

// RemoveGone removes those of a table's documents whose row is absent, and returns their number. exists
// reads the rows of documents, by consistent reads, and reports of each whether it is there. A document that is
// written meanwhile is not removed but looked at again. Errors: ErrBusy, those of exists, an Error.
func (c *Client) RemoveGone(ctx context.Context, table string, docs []Stored, exists func(context.Context, []Stored) ([]bool, error)) (int, error) {
	const what = "removing documents of index"
	removed := 0
	for range rounds {
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
				actions, keys = append(actions, d.remove()), append(keys, d.Key)
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
				return removed, fmt.Errorf("%s %s: %s: %w", what, c.index, o.Type, ErrUnavailable)
			}
		}
		if docs, err = c.find(ctx, table, again, false); err != nil {
			return removed, err
		}
	}
	if len(docs) > 0 {
		return removed, fmt.Errorf("%s %s: %w", what, c.index, ErrBusy)
	}
	return removed, nil
}
