// Package storetest makes tables for tests, as the stacks make them.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tenantstack/tenantstack/functions/internal/store"
)

// tableTimeout is how long a table may take to become active.
const tableTimeout = time.Minute

// Client calls the DynamoDB at endpoint.
func Client(config aws.Config, endpoint string) *dynamodb.Client {
	return dynamodb.NewFromConfig(config, func(o *dynamodb.Options) { o.BaseEndpoint = &endpoint })
}

// Table creates a table keyed by the billing account and sortKey.
func Table(t testing.TB, client *dynamodb.Client, name, sortKey string) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(store.PartitionKey), KeyType: types.KeyTypeHash},
			{AttributeName: &sortKey, KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(store.PartitionKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: &sortKey, AttributeType: types.ScalarAttributeTypeS},
		},
	})
	if err != nil {
		t.Fatalf("creating table %s: %v", name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 10 * time.Millisecond
	})
	if err := waiter.Wait(context.Background(), &dynamodb.DescribeTableInput{TableName: &name}, tableTimeout); err != nil {
		t.Fatalf("awaiting table %s: %v", name, err)
	}
}

// Item is an item whose attributes are strings.
func Item(attributes map[string]string) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{}
	for name, value := range attributes {
		item[name] = &types.AttributeValueMemberS{Value: value}
	}
	return item
}
