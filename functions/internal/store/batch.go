package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// batchSize is the most keys that one BatchGetItem takes.
	batchSize = 100
	// firstBackoff and lastBackoff bound the wait before keys that DynamoDB left
	// unprocessed are asked for again (BatchGetItem, "exponential backoff").
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 2 * time.Second
	// batchAttempts in a row that bring no row are the end.
	batchAttempts = 6
)

// ErrUnprocessed says that DynamoDB kept leaving keys of a batch unprocessed: it throttles.
var ErrUnprocessed = errors.New("keys left unprocessed")

// BatchGet reads the rows with those ids by consistent reads, in the order of ids.
// An id without a row is left out; an id that occurs twice gives its row once, at its
// first place. Errors: ErrUnprocessed.
func (t *Table[T]) BatchGet(ctx context.Context, ids []string) ([]T, error) {
	var order []string
	seen := map[string]bool{}
	for _, id := range ids {
		if validID(id) && !seen[id] {
			seen[id] = true
			order = append(order, id)
		}
	}
	items := map[string]map[string]types.AttributeValue{}
	for rest := order; len(rest) > 0; {
		n := min(batchSize, len(rest))
		if err := t.batch(ctx, rest[:n], items); err != nil {
			return nil, fmt.Errorf("reading rows of table %s: %w", t.schema.Table, err)
		}
		rest = rest[n:]
	}
	rows := []T{}
	for _, id := range order {
		if item, ok := items[id]; ok {
			row, err := t.row(item)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// batch adds the items of at most batchSize different ids to items.
func (t *Table[T]) batch(ctx context.Context, ids []string, items map[string]map[string]types.AttributeValue) error {
	keys := make([]map[string]types.AttributeValue, len(ids))
	for i, id := range ids {
		keys[i] = t.key(id)
	}
	request := map[string]types.KeysAndAttributes{t.name: {Keys: keys, ConsistentRead: aws.Bool(true)}}
	return batchGet(ctx, t.client, request, t.jitter, func(_ string, item map[string]types.AttributeValue) {
		if id, ok := item[t.schema.SortKey].(*types.AttributeValueMemberS); ok {
			items[id.Value] = item
		}
	})
}

// batchGet gives every item of at most batchSize keys to found, with the name of its table. Errors: ErrUnprocessed.
func batchGet(ctx context.Context, client API, request map[string]types.KeysAndAttributes,
	jitter func(time.Duration) time.Duration, found func(table string, item map[string]types.AttributeValue)) error {
	backoff := firstBackoff
	for failed := 0; len(request) > 0; {
		out, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return err
		}
		for table, items := range out.Responses {
			for _, item := range items {
				found(table, item)
			}
		}
		if keysOf(out.UnprocessedKeys) < keysOf(request) {
			failed, backoff = 0, firstBackoff
		}
		if request = out.UnprocessedKeys; len(request) == 0 {
			break
		}
		if failed++; failed == batchAttempts {
			return ErrUnprocessed
		}
		if err := wait(ctx, jitter(backoff)); err != nil {
			return err
		}
		backoff = min(2*backoff, lastBackoff)
	}
	return nil
}

// keysOf is the number of keys in a request.
func keysOf(request map[string]types.KeysAndAttributes) int {
	n := 0
	for _, table := range request {
		n += len(table.Keys)
	}
	return n
}

// wait returns after d, or with the context's error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
