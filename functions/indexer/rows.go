package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/functions/internal/search"
)

// rows reads rows of one account.
type rows interface {
	// get reads rows as they are now. Those that are absent are not in the answer.
	get(ctx context.Context, keys []rowKey) (map[rowKey]search.Row, error)
}

// rowReader reads from DynamoDB. The role that it has is for rows of one account: IAM compares every partition key
// of a request (dynamodb:LeadingKeys), so that a wrong record cannot read what is another's.
type rowReader struct {
	client *dynamodb.Client
	// names in DynamoDB by names in x-tables.
	names map[string]string
}

func newRowReader(s settings, cfg aws.Config) *rowReader {
	names := map[string]string{}
	for name, table := range s.tables {
		names[table] = name
	}
	return &rowReader{client: dynamodb.NewFromConfig(cfg), names: names}
}

const (
	// batchRows is the most keys that BatchGetItem takes (DynamoDB API Reference, "BatchGetItem").
	batchRows = 100
	// rowAttempts in a row that bring nothing are the end; firstWait doubles with each.
	rowAttempts = 5
	firstWait   = 50 * time.Millisecond
)

// errThrottled says that DynamoDB left keys unprocessed again and again.
var errThrottled = errors.New("keys are left unprocessed")

// isDenied reports whether IAM refused a reading.
func isDenied(err error) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && refused.ErrorCode() == "AccessDeniedException"
}

func (r *rowReader) get(ctx context.Context, keys []rowKey) (map[rowKey]search.Row, error) {
	found := map[rowKey]search.Row{}
	for batch := range slices.Chunk(keys, batchRows) {
		if err := r.batch(ctx, batch, found); err != nil {
			return nil, fmt.Errorf("reading rows: %w", err)
		}
	}
	return found, nil
}

// batch adds the rows of at most batchRows different keys to found.
func (r *rowReader) batch(ctx context.Context, keys []rowKey, found map[rowKey]search.Row) error {
	// attributes are the sort keys' names by table.
	attributes := map[string]string{}
	requests := map[string]types.KeysAndAttributes{}
	for _, k := range keys {
		name := r.names[k.table]
		request := requests[name]
		request.ConsistentRead = aws.Bool(true)
		request.Keys = append(request.Keys, map[string]types.AttributeValue{
			partitionKey: &types.AttributeValueMemberS{Value: k.partition}, k.attribute: &types.AttributeValueMemberS{Value: k.key},
		})
		requests[name], attributes[k.table] = request, k.attribute
	}
	tables := slices.Sorted(maps.Keys(attributes))
	pause := firstWait
	for failed := 0; len(requests) > 0; {
		out, err := r.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: requests})
		if err != nil {
			return err
		}
		read := 0
		for _, table := range tables {
			for _, item := range out.Responses[r.names[table]] {
				row := search.RowOf(item)
				k := rowKey{table: table, attribute: attributes[table]}
				k.partition, _ = row[partitionKey].(string)
				k.key, _ = row[k.attribute].(string)
				found[k] = row
				read++
			}
		}
		if requests = out.UnprocessedKeys; len(requests) == 0 {
			return nil
		}
		if failed++; read > 0 {
			failed, pause = 0, firstWait
		}
		if failed == rowAttempts {
			return errThrottled
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause *= 2
	}
	return nil
}
