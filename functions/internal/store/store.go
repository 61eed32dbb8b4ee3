// Package store reads and writes the rows of one billing account in DynamoDB.
//
// The partition key of every table is the billing account. A sharded table of an
// account with n > 1 key shards spreads its rows over the partition key values
// <account>#0 … <account>#n-1; the shard of a row is the 64-bit FNV-1a hash of its
// sort key modulo n. Every key is built here, from the account the function was
// deployed for: nothing a caller sends can name another account's partition.
//
// Changing the number of shards moves rows: a row is looked up only in the shard
// that the current number gives. Rows are copied to their new partition keys while
// the account is not writing, before its functions get the new number. Cursors stay
// valid, because the order of a list does not depend on shards.
package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is a row that is read as it is stored, with all its attributes: a T of Table.
type Item map[string]types.AttributeValue

// UnmarshalDynamoDBAttributeValue implements attributevalue.Unmarshaler.
func (i *Item) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	m, ok := value.(*types.AttributeValueMemberM)
	if !ok {
		return fmt.Errorf("decoding item: it is a %T", value)
	}
	*i = m.Value
	return nil
}

// MarshalDynamoDBAttributeValue implements attributevalue.Marshaler.
func (i Item) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return &types.AttributeValueMemberM{Value: maps.Clone(i)}, nil
}

const (
	// PartitionKey is the partition key attribute of every table.
	PartitionKey = "billingAccount"
	// Version is the attribute that counts the writes of a row, beginning with 1.
	Version = "version"
	// MaxKey is the size limit of a sort key in bytes
	// (DynamoDB Developer Guide, "Quotas": sort key values).
	MaxKey = 1024
)

var (
	// ErrNotFound says that there is no row with that id.
	ErrNotFound = errors.New("row not found")
	// ErrExists says that there is a row with that id already.
	ErrExists = errors.New("row exists already")
	// ErrVersion says that the row has another version than the caller's, or is gone.
	ErrVersion = errors.New("row has another version")
	// ErrCursor says that a cursor was not made by List of the same table.
	ErrCursor = errors.New("cursor is not valid")
	// ErrTooLarge says that a row exceeds DynamoDB's 400 KB.
	ErrTooLarge = errors.New("row is too large")
)

// API is the part of a DynamoDB client that a Table uses.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
}

// Schema is what a package knows of its table: the entry in x-tables of the contract.
type Schema struct {
	// Table is the name in x-tables.
	Table string
	// SortKey is the attribute with a row's id.
	SortKey string
	// Sharded says that rows spread over the account's key shards.
	Sharded bool
	// Descending lists the greatest sort key first.
	Descending bool
	// Consistent lists by consistent reads, which cost twice as much and show every write
	// that was answered before.
	Consistent bool
}

// Config says where the rows are.
type Config struct {
	// Client calls DynamoDB.
	Client API
	// Name of the table in DynamoDB.
	Name string
	// Account is the billing account that owns the rows.
	Account string
	// Shards of the account: 1 or more. A table that is not sharded ignores it.
	Shards int
}

// Table holds the rows of one billing account as values of T, a struct with
// dynamodbav tags. T has fields for the sort key and for the version, which the
// table sets, and none for the partition key.
type Table[T any] struct {
	client API
	schema Schema
	name   string
	parts  []string
	jitter func(time.Duration) time.Duration
}

// New is the table that config and schema describe. It makes no call.
func New[T any](config Config, schema Schema) *Table[T] {
	parts := []string{config.Account}
	if schema.Sharded && config.Shards > 1 {
		parts = parts[:0]
		for i := range config.Shards {
			parts = append(parts, config.Account+"#"+strconv.Itoa(i))
		}
	}
	return &Table[T]{client: config.Client, schema: schema, name: config.Name, parts: parts, jitter: jitter}
}

// jitter is a random part of d, at least a tenth ("Exponential backoff and jitter",
// AWS Architecture Blog).
func jitter(d time.Duration) time.Duration {
	return d/10 + rand.N(d-d/10)
}

// Shard is the shard of a row among n: the 64-bit FNV-1a hash of its sort key, modulo n.
func Shard(id string, n int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return int(h.Sum64() % uint64(n))
}

// key is the primary key of the row id.
func (t *Table[T]) key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		PartitionKey:     &types.AttributeValueMemberS{Value: t.parts[Shard(id, len(t.parts))]},
		t.schema.SortKey: &types.AttributeValueMemberS{Value: id},
	}
}

// item is row with the keys and the version that it is stored with.
func (t *Table[T]) item(id string, row T, version int64) (map[string]types.AttributeValue, error) {
	item, err := attributevalue.MarshalMap(row)
	if err != nil {
		return nil, fmt.Errorf("encoding row of table %s: %w", t.schema.Table, err)
	}
	for name, value := range t.key(id) {
		item[name] = value
	}
	item[Version] = number(version)
	return item, nil
}

// row decodes an item.
func (t *Table[T]) row(item map[string]types.AttributeValue) (T, error) {
	var row T
	if err := attributevalue.UnmarshalMap(item, &row); err != nil {
		return row, fmt.Errorf("decoding row of table %s: %w", t.schema.Table, err)
	}
	return row, nil
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
