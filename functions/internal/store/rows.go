package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// Get reads the row id with a consistent read, so that it shows every write that
// was answered before. Errors: ErrNotFound.
func (t *Table[T]) Get(ctx context.Context, id string) (T, error) {
	var none T
	if !validID(id) {
		return none, fmt.Errorf("reading row of table %s: %w", t.schema.Table, ErrNotFound)
	}
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &t.name,
		Key:            t.key(id),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return none, fmt.Errorf("reading row of table %s: %w", t.schema.Table, err)
	}
	if out.Item == nil {
		return none, fmt.Errorf("reading row of table %s: %w", t.schema.Table, ErrNotFound)
	}
	return t.row(out.Item)
}

// Create writes a new row with version 1 and returns it as stored.
// Errors: ErrExists, ErrTooLarge.
//
// When the answer to a write is lost, the SDK repeats the write and meets the row that
// it wrote itself. A stored row equal to the new one in every attribute is therefore a success.
func (t *Table[T]) Create(ctx context.Context, id string, row T) (T, error) {
	item, err := t.item(id, row, 1)
	if err != nil {
		return row, err
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &t.name,
		Item:                                item,
		ConditionExpression:                 aws.String("attribute_not_exists(#pk)"),
		ExpressionAttributeNames:            map[string]string{"#pk": PartitionKey},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if refused, ok := conditionFailed(err); ok {
		if reflect.DeepEqual(refused.Item, item) {
			return t.row(item)
		}
		err = ErrExists
	}
	if err != nil {
		return row, fmt.Errorf("creating row of table %s: %w", t.schema.Table, tooLarge(err))
	}
	return t.row(item)
}

// Replace writes row over the one of that version, which becomes version+1, and
// returns it as stored. Errors: ErrVersion, ErrTooLarge.
//
// Of several writers that replace the same version exactly one succeeds. A writer
// whose successful answer was lost and whose write the SDK repeated is told ErrVersion.
func (t *Table[T]) Replace(ctx context.Context, id string, version int64, row T) (T, error) {
	item, err := t.item(id, row, version+1)
	if err != nil {
		return row, err
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 &t.name,
		Item:                      item,
		ConditionExpression:       aws.String("#version = :version"),
		ExpressionAttributeNames:  map[string]string{"#version": Version},
		ExpressionAttributeValues: map[string]types.AttributeValue{":version": number(version)},
	})
	if _, ok := conditionFailed(err); ok {
		err = ErrVersion
	}
	if err != nil {
		return row, fmt.Errorf("replacing row of table %s: %w", t.schema.Table, tooLarge(err))
	}
	return t.row(item)
}

// Delete removes the row id of that version. Errors: ErrVersion, also when there is no row.
func (t *Table[T]) Delete(ctx context.Context, id string, version int64) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 &t.name,
		Key:                       t.key(id),
		ConditionExpression:       aws.String("#version = :version"),
		ExpressionAttributeNames:  map[string]string{"#version": Version},
		ExpressionAttributeValues: map[string]types.AttributeValue{":version": number(version)},
	})
	if _, ok := conditionFailed(err); ok {
		err = ErrVersion
	}
	if err != nil {
		return fmt.Errorf("deleting row of table %s: %w", t.schema.Table, err)
	}
	return nil
}

// conditionFailed says whether err is DynamoDB's refusal of a condition.
func conditionFailed(err error) (*types.ConditionalCheckFailedException, bool) {
	var refused *types.ConditionalCheckFailedException
	return refused, errors.As(err, &refused)
}

// tooLarge turns DynamoDB's refusal of a row over 400 KB, which is one of many
// meanings of ValidationException, into ErrTooLarge.
func tooLarge(err error) error {
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "ValidationException" &&
		strings.Contains(refused.ErrorMessage(), "Item size") {
		return ErrTooLarge
	}
	return err
}
