package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// How rows are keyed is itself a row of the table, under a partition key of its own: no list of rows has it.
const (
	layoutPartition = "#layout"
	layoutID        = "layout"
	layoutAttribute = "layout"
)

// ErrLayout says that a table's rows are keyed otherwise than the function was deployed for. It would find few
// or none of them.
var ErrLayout = errors.New("layout differs")

// Layout is how the rows of an account are keyed in one table.
type Layout struct {
	// Table is the name in x-tables, Name that in DynamoDB.
	Table, Name string
	// SortKey is the attribute with a row's id.
	SortKey string
	// Digest identifies the keys' form. It comes from the plan and has no meaning here.
	Digest string
	// Writes says that the function may store the layout where there is none yet.
	Writes bool
}

// CheckLayouts compares layouts with the ones stored in their tables, by consistent reads, and stores those that
// are missing. Errors: ErrLayout, which names each table, and ErrUnprocessed.
func CheckLayouts(ctx context.Context, client API, account string, layouts []Layout) error {
	stored, err := storedLayouts(ctx, client, account, layouts)
	if err != nil {
		return fmt.Errorf("reading layouts: %w", err)
	}
	var problems []error
	for _, l := range layouts {
		got, ok := stored[l.Name]
		if !ok && l.Writes {
			if got, err = l.store(ctx, client, account); err != nil {
				return fmt.Errorf("storing the layout of table %s: %w", l.Table, err)
			}
			ok = true
		}
		if ok && got != l.Digest {
			problems = append(problems, fmt.Errorf("table %s: %w: its rows are keyed as %s says, the function was deployed for %s",
				l.Table, ErrLayout, got, l.Digest))
		}
	}
	return errors.Join(problems...)
}

// key is the primary key of the layout's row.
func (l Layout) key(account string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		PartitionKey: &types.AttributeValueMemberS{Value: account + layoutPartition},
		l.SortKey:    &types.AttributeValueMemberS{Value: layoutID},
	}
}

// storedLayouts are digests by the tables' names in DynamoDB.
func storedLayouts(ctx context.Context, client API, account string, layouts []Layout) (map[string]string, error) {
	want := map[string]types.KeysAndAttributes{}
	for _, l := range layouts {
		want[l.Name] = types.KeysAndAttributes{
			Keys: []map[string]types.AttributeValue{l.key(account)}, ConsistentRead: aws.Bool(true),
		}
	}
	found := map[string]string{}
	err := batchGet(ctx, client, want, jitter, func(table string, item map[string]types.AttributeValue) {
		found[table] = digestOf(item)
	})
	return found, err
}

func digestOf(item map[string]types.AttributeValue) string {
	digest, _ := item[layoutAttribute].(*types.AttributeValueMemberS)
	if digest == nil {
		return ""
	}
	return digest.Value
}

// store puts the layout where there is none, and returns the one that is there then.
func (l Layout) store(ctx context.Context, client API, account string) (string, error) {
	item := l.key(account)
	item[layoutAttribute] = &types.AttributeValueMemberS{Value: l.Digest}
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &l.Name, Item: item,
		ConditionExpression:                 aws.String("attribute_not_exists(" + PartitionKey + ")"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var exists *types.ConditionalCheckFailedException
	if errors.As(err, &exists) {
		return digestOf(exists.Item), nil // another process was first
	}
	return l.Digest, err
}
