package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func key(t Target) item { return item{"billingAccount": text(t.Key), "kittenId": text(t.KittenID)} }

// row of nobody else's: writes leave no trace in what tests compare.
func row(t Target) item {
	return item{"billingAccount": text(t.Key), "kittenId": text("hostile"), "note": text("was here")}
}

// conditional takes a failed condition for success: who is told of it was let through.
func conditional(err error) error {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return nil
	}
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		for _, r := range canceled.CancellationReasons {
			if aws.ToString(r.Code) == "ConditionalCheckFailed" {
				return nil
			}
		}
	}
	return err
}

// reached takes "not found" for a success of whoever was not refused.
func reached(err error, codes ...string) error {
	if _, code := outcome(err); slices.Contains(codes, code) {
		return nil
	}
	return err
}

const group1 = "DynamoDB"

var dynamoAttempts = []attempt{
	{"GetItem", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.GetItem(ctx, &dynamodb.GetItemInput{TableName: &b.KittensTable, Key: key(b)})
		return err
	}},
	{"GetItem by the table's ARN", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.GetItem(ctx, &dynamodb.GetItemInput{TableName: &b.KittensARN, Key: key(b)})
		return err
	}},
	{"GetItem of a breed", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.GetItem(ctx, &dynamodb.GetItemInput{TableName: &b.BreedsTable, Key: item{"billingAccount": text(b.Key), "breedId": text("x")}})
		return err
	}},
	{"BatchGetItem", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{b.KittensTable: {Keys: []item{key(b)}}}})
		return err
	}},
	{"BatchGetItem with own and foreign keys", group1, true, func(ctx context.Context, c *clients, a, b Target) error {
		other := key(a)
		other["kittenId"] = text("another")
		keys := map[string]types.KeysAndAttributes{a.KittensTable: {Keys: []item{other}}}
		k := keys[b.KittensTable]
		k.Keys = append(k.Keys, key(b))
		keys[b.KittensTable] = k
		_, err := c.dynamo.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: keys})
		return err
	}},
	{"Query", group1, true, query("billingAccount = :k", nil)},
	{"Query with names for attributes", group1, true, query("#k = :k", map[string]string{"#k": "billingAccount"})},
	{"Query with operands turned around", group1, true, query(":k = billingAccount", nil)},
	{"Query with a range", group1, true, query("(billingAccount = :k) AND kittenId >= :r", nil)},
	{"Query with legacy conditions", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.Query(ctx, &dynamodb.QueryInput{TableName: &b.KittensTable, KeyConditions: map[string]types.Condition{
			"billingAccount": {ComparisonOperator: types.ComparisonOperatorEq, AttributeValueList: []types.AttributeValue{text(b.Key)}}}})
		return err
	}},
	{"Scan", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.Scan(ctx, &dynamodb.ScanInput{TableName: &b.KittensTable})
		return err
	}},
	{"Scan filtered to the own key", group1, false, func(ctx context.Context, c *clients, a, b Target) error {
		_, err := c.dynamo.Scan(ctx, &dynamodb.ScanInput{TableName: &b.KittensTable, FilterExpression: aws.String("billingAccount = :k"), ExpressionAttributeValues: item{":k": text(a.Key)}})
		return err
	}},
	{"PutItem", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.PutItem(ctx, &dynamodb.PutItemInput{TableName: &b.KittensTable, Item: row(b), ConditionExpression: aws.String("attribute_exists(nothing)")})
		return conditional(err)
	}},
	{"UpdateItem", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &b.KittensTable, Key: key(b), UpdateExpression: aws.String("SET x = :x"),
			ConditionExpression: aws.String("attribute_exists(nothing)"), ExpressionAttributeValues: item{":x": text("x")}})
		return conditional(err)
	}},
	{"DeleteItem", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &b.KittensTable, Key: key(b), ConditionExpression: aws.String("attribute_exists(nothing)")})
		return conditional(err)
	}},
	{"BatchWriteItem", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			b.KittensTable: {{DeleteRequest: &types.DeleteRequest{Key: item{"billingAccount": text(b.Key), "kittenId": text("hostile")}}}}}})
		return err
	}},
	{"TransactGetItems", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: &b.KittensTable, Key: key(b)}}}})
		return err
	}},
	{"TransactGetItems with own and foreign keys", group1, true, func(ctx context.Context, c *clients, a, b Target) error {
		other := key(a)
		other["kittenId"] = text("another")
		_, err := c.dynamo.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: &a.KittensTable, Key: other}}, {Get: &types.Get{TableName: &b.KittensTable, Key: key(b)}}}})
		return err
	}},
	{"TransactWriteItems with a foreign put", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: &b.KittensTable, Item: row(b), ConditionExpression: aws.String("attribute_exists(nothing)")}}}})
		return conditional(err)
	}},
	{"TransactWriteItems that checks a foreign row", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{ConditionCheck: &types.ConditionCheck{TableName: &b.KittensTable, Key: key(b), ConditionExpression: aws.String("attribute_exists(nothing)")}}}})
		return conditional(err)
	}},
	{"TransactWriteItems that deletes", group1, true, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Delete: &types.Delete{TableName: &b.KittensTable, Key: item{"billingAccount": text(b.Key), "kittenId": text("hostile")}}}}})
		return err
	}},
	{"PartiQL SELECT by key", group1, false, partiql(func(b Target) string {
		return `SELECT * FROM "` + b.KittensTable + `" WHERE billingAccount = '` + b.Key + `'`
	})},
	{"PartiQL SELECT of everything", group1, false, partiql(func(b Target) string { return `SELECT * FROM "` + b.KittensTable + `"` })},
	{"PartiQL INSERT", group1, false, partiql(func(b Target) string {
		return `INSERT INTO "` + b.KittensTable + `" VALUE {'billingAccount': '` + b.Key + `', 'kittenId': 'hostile'}`
	})},
	{"PartiQL UPDATE", group1, false, partiql(func(b Target) string {
		return `UPDATE "` + b.KittensTable + `" SET x = 'x' WHERE billingAccount = '` + b.Key + `' AND kittenId = 'hostile'`
	})},
	{"PartiQL DELETE", group1, false, partiql(func(b Target) string {
		return `DELETE FROM "` + b.KittensTable + `" WHERE billingAccount = '` + b.Key + `' AND kittenId = 'hostile'`
	})},
	{"BatchExecuteStatement", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		out, err := c.dynamo.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{
			{Statement: aws.String(`SELECT * FROM "` + b.KittensTable + `" WHERE billingAccount = '` + b.Key + `' AND kittenId = '` + b.KittenID + `'`)}}})
		if err == nil && len(out.Responses) > 0 && out.Responses[0].Error != nil {
			e := out.Responses[0].Error
			return refusal{string(e.Code), aws.ToString(e.Message)}
		}
		return err
	}},
	{"ExecuteTransaction", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.ExecuteTransaction(ctx, &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{
			{Statement: aws.String(`SELECT * FROM "` + b.KittensTable + `" WHERE billingAccount = '` + b.Key + `' AND kittenId = '` + b.KittenID + `'`)}}})
		return err
	}},
	{"DescribeTable", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &b.KittensTable})
		return err
	}},
	{"ListTables", group1, false, func(ctx context.Context, c *clients, _, _ Target) error {
		_, err := c.dynamo.ListTables(ctx, &dynamodb.ListTablesInput{})
		return err
	}},
	{"DeleteTable", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &b.KittensTable})
		return err
	}},
	{"PutResourcePolicy on the table", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{ResourceArn: &b.KittensARN, Policy: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"dynamodb:*","Resource":"*"}]}`)})
		return err
	}},
	{"ExportTableToPointInTime into the own bucket", group1, false, func(ctx context.Context, c *clients, a, b Target) error {
		_, err := c.dynamo.ExportTableToPointInTime(ctx, &dynamodb.ExportTableToPointInTimeInput{TableArn: &b.KittensARN, S3Bucket: &a.Bucket})
		return err
	}},
	{"ListStreams", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.streams.ListStreams(ctx, &dynamodbstreams.ListStreamsInput{TableName: &b.KittensTable})
		return err
	}},
	{"DescribeStream", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &b.StreamARN})
		return err
	}},
	{"GetShardIterator", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &b.StreamARN,
			ShardId: aws.String("shardId-00000000000000000000-00000000"), ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
		return err
	}},
	{"GetRecords with a made-up iterator", group1, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: aws.String(b.StreamARN + "|1|" + strings.Repeat("A", 40))})
		return err
	}},
}

func query(condition string, names map[string]string) func(context.Context, *clients, Target, Target) error {
	return func(ctx context.Context, c *clients, _, b Target) error {
		values := item{":k": text(b.Key)}
		if strings.Contains(condition, ":r") {
			values[":r"] = text("0")
		}
		_, err := c.dynamo.Query(ctx, &dynamodb.QueryInput{TableName: &b.KittensTable, KeyConditionExpression: &condition,
			ExpressionAttributeNames: names, ExpressionAttributeValues: values})
		return err
	}
}

func partiql(statement func(Target) string) func(context.Context, *clients, Target, Target) error {
	return func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.dynamo.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String(statement(b))})
		return conditional(err)
	}
}
