package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Page is a part of a list.
type Page[T any] struct {
	// Rows in the order of the list; never nil.
	Rows []T
	// Next is the cursor of the page that follows, or empty after the last row.
	Next string
}

// List reads at most limit rows (at least 1) after cursor, or from the beginning when
// cursor is empty. The order is that of the sort keys' bytes, whatever the number of
// shards. A row that exists while all pages are read is seen exactly once; one that is
// created meanwhile is seen if its key comes later. Unless the schema says otherwise
// reads are eventually consistent.
// Errors: ErrCursor.
func (t *Table[T]) List(ctx context.Context, limit int, cursor string) (Page[T], error) {
	page := Page[T]{Rows: []T{}}
	after := ""
	if cursor != "" {
		var err error
		if after, err = decodeCursor(t.schema.Table, cursor); err != nil {
			return page, err
		}
	}
	runs := make([]*run, len(t.parts))
	for i, part := range t.parts {
		runs[i] = &run{partition: part, after: after, more: true}
	}
	// One row beyond the page tells whether another page follows.
	want := limit + 1
	for last := after; ; {
		if err := t.fill(ctx, runs, want-len(page.Rows)); err != nil {
			return Page[T]{}, err
		}
		next := t.least(runs)
		if next == nil {
			return page, nil
		}
		if len(page.Rows) == limit {
			page.Next = encodeCursor(t.schema.Table, last)
			return page, nil
		}
		var item map[string]types.AttributeValue
		item, last = next.take()
		row, err := t.row(item)
		if err != nil {
			return Page[T]{}, err
		}
		page.Rows = append(page.Rows, row)
	}
}

// run is one shard's rows in order, read a few at a time.
type run struct {
	partition string
	// after is the sort key of the last row that was read, or empty.
	after string
	// rows that were read and not taken, and their sort keys.
	rows []map[string]types.AttributeValue
	keys []string
	// more says that there may be rows after those that were read.
	more bool
}

// take removes the first row.
func (r *run) take() (map[string]types.AttributeValue, string) {
	item, key := r.rows[0], r.keys[0]
	r.rows, r.keys = r.rows[1:], r.keys[1:]
	return item, key
}

// least is the run whose first row comes first in the list, or nil when all have ended.
func (t *Table[T]) least(runs []*run) *run {
	var least *run
	for _, r := range runs {
		if len(r.rows) == 0 {
			continue
		}
		if least == nil || (r.keys[0] < least.keys[0]) != t.schema.Descending {
			least = r
		}
	}
	return least
}

// fill reads on every run that is empty and has not ended, all at the same time. The
// hash spreads rows evenly, so that a run gives about its share of the rows wanted.
func (t *Table[T]) fill(ctx context.Context, runs []*run, want int) error {
	share := want
	if len(runs) > 1 {
		share = want/len(runs) + 3
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan error, len(runs))
	started := 0
	for _, r := range runs {
		if len(r.rows) > 0 || !r.more {
			continue
		}
		started++
		go func() { results <- t.read(ctx, r, share) }()
	}
	var first error
	for range started {
		if err := <-results; err != nil && first == nil {
			first = err
			cancel() // the other reads are of no use
		}
	}
	return first
}

// read appends the next rows of a run: at least one unless it has ended.
func (t *Table[T]) read(ctx context.Context, r *run, limit int) error {
	for r.more && len(r.rows) == 0 {
		in := &dynamodb.QueryInput{
			TableName:                 &t.name,
			KeyConditionExpression:    aws.String("#pk = :pk"),
			ExpressionAttributeNames:  map[string]string{"#pk": PartitionKey},
			ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: r.partition}},
			Limit:                     aws.Int32(int32(limit)),
			ScanIndexForward:          aws.Bool(!t.schema.Descending),
			ConsistentRead:            aws.Bool(t.schema.Consistent),
		}
		if r.after != "" {
			in.ExclusiveStartKey = map[string]types.AttributeValue{
				PartitionKey:     &types.AttributeValueMemberS{Value: r.partition},
				t.schema.SortKey: &types.AttributeValueMemberS{Value: r.after},
			}
		}
		out, err := t.client.Query(ctx, in)
		if err != nil {
			return fmt.Errorf("listing rows of table %s: %w", t.schema.Table, err)
		}
		for _, item := range out.Items {
			key, ok := item[t.schema.SortKey].(*types.AttributeValueMemberS)
			if !ok {
				return fmt.Errorf("listing rows of table %s: a row has no sort key %s", t.schema.Table, t.schema.SortKey)
			}
			r.rows, r.keys = append(r.rows, item), append(r.keys, key.Value)
		}
		last, ok := out.LastEvaluatedKey[t.schema.SortKey].(*types.AttributeValueMemberS)
		if r.more = ok; ok {
			r.after = last.Value
		}
	}
	return nil
}
