package operations

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/tenantstack/tenantstack/test/localtest"
)

// item of a table.
type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

// table is the one that a statement names, with a key that the role may use.
type table struct {
	name, partition, sort, value string
	role, operator               *dynamodb.Client
}

func (x *try) table() table {
	x.Helper()
	arn, _, _, _ := x.resource()
	t := table{name: arn[strings.LastIndexByte(arn, '/')+1:], role: dynamodb.NewFromConfig(x.role()), operator: dynamodb.NewFromConfig(x.operator())}
	d, err := t.operator.DescribeTable(x.ctx, &dynamodb.DescribeTableInput{TableName: &t.name})
	x.ok(err)
	for _, k := range d.Table.KeySchema {
		if k.KeyType == types.KeyTypeHash {
			t.partition = *k.AttributeName
		} else {
			t.sort = *k.AttributeName
		}
	}
	t.value = x.grant.statement.Condition["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"][0]
	return t
}

// key of an item of the tenant.
func (t table) key(id string) item { return item{t.partition: str(t.value), t.sort: str(id)} }

// seed has the operator put an item, which is removed when the case ends.
func (x *try) seed(t table, id string, more item) {
	x.Helper()
	one := t.key(id)
	for name, value := range more {
		one[name] = value
	}
	_, err := t.operator.PutItem(x.ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: one})
	x.ok(err)
	x.forget(t, id)
}

func (x *try) forget(t table, id string) {
	x.Cleanup(func() {
		if _, err := t.operator.DeleteItem(x.ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: t.key(id)}); err != nil {
			x.Error(err)
		}
	})
}

// GetItem returns no item where there is none (DynamoDB API Reference, "GetItem"); a key has all attributes of the schema.
func getItem(x *try) {
	t, id := x.table(), unique()
	x.seed(t, id, item{"n": num("7.0")})
	out, err := t.role.GetItem(x.ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: t.key(id), ConsistentRead: aws.Bool(true)})
	x.ok(err)
	if n, ok := out.Item["n"].(*types.AttributeValueMemberN); !ok || n.Value != "7" {
		x.Errorf("read %+v", out.Item)
	}
	out, err = t.role.GetItem(x.ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: t.key("none")})
	if err != nil || out.Item != nil {
		x.Errorf("an item that is not there: %+v, %v", out, err)
	}
	_, err = t.role.GetItem(x.ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: item{t.partition: str(t.value)}})
	x.wants(err, "ValidationException", "The provided key element does not match the schema")
}

// BatchGetItem returns the items that are there (DynamoDB API Reference, "BatchGetItem"), and takes each key once.
func batchGetItem(x *try) {
	t, id := x.table(), unique()
	x.seed(t, id, nil)
	get := func(keys ...map[string]types.AttributeValue) (*dynamodb.BatchGetItemOutput, error) {
		return t.role.BatchGetItem(x.ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: {Keys: keys}}})
	}
	out, err := get(t.key(id), t.key("none"))
	x.ok(err)
	if len(out.Responses[t.name]) != 1 || len(out.UnprocessedKeys) != 0 {
		x.Errorf("read %+v", out)
	}
	_, err = get(t.key(id), t.key(id))
	x.wants(err, "ValidationException", "Provided list of item keys contains duplicates")
}

// Query returns items in the order of the sort key, and asks for one partition key (DynamoDB API Reference, "Query").
func query(x *try) {
	t, id := x.table(), unique()
	x.seed(t, id+"b", nil)
	x.seed(t, id+"a", nil)
	names := map[string]string{"#p": t.partition, "#s": t.sort}
	out, err := t.role.Query(x.ctx, &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("#p = :p AND begins_with(#s, :s)"), ExpressionAttributeNames: names, ExpressionAttributeValues: item{":p": str(t.value), ":s": str(id)}})
	x.ok(err)
	if out.Count != 2 || out.Items[0][t.sort].(*types.AttributeValueMemberS).Value != id+"a" {
		x.Errorf("found %+v", out.Items)
	}
	_, err = t.role.Query(x.ctx, &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("#p = :p"), FilterExpression: aws.String("#s = :s"), ExpressionAttributeNames: names, ExpressionAttributeValues: item{":p": str(t.value), ":s": str(id)}})
	x.wants(err, "ValidationException", "Filter Expression can only contain non-primary key attributes")
}

// PutItem replaces an item and returns the one before, if its condition holds (DynamoDB API Reference, "PutItem").
func putItem(x *try) {
	t, id := x.table(), unique()
	x.forget(t, id)
	put := func(n, condition string) (*dynamodb.PutItemOutput, error) {
		one, in := t.key(id), &dynamodb.PutItemInput{TableName: &t.name, ReturnValues: types.ReturnValueAllOld}
		one["list"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{num(n)}}
		if in.Item = one; condition != "" {
			in.ConditionExpression, in.ExpressionAttributeNames = &condition, map[string]string{"#p": t.partition}
		}
		return t.role.PutItem(x.ctx, in)
	}
	out, err := put("1.50", "attribute_not_exists(#p)")
	if err != nil || out.Attributes != nil {
		x.Fatalf("the first: %+v, %v", out, err)
	}
	out, err = put("2", "")
	x.ok(err)
	if list, ok := out.Attributes["list"].(*types.AttributeValueMemberL); !ok || list.Value[0].(*types.AttributeValueMemberN).Value != "1.5" {
		x.Errorf("the one before is %+v", out.Attributes)
	}
	_, err = put("3", "attribute_not_exists(#p)")
	x.wants(err, "ConditionalCheckFailedException", "The conditional request failed")
}

// UpdateItem adds to numbers, and refuses to add to a text (DynamoDB API Reference, "UpdateItem").
func updateItem(x *try) {
	t, id := x.table(), unique()
	x.forget(t, id)
	update := func(expression string, values item) (*dynamodb.UpdateItemOutput, error) {
		return t.role.UpdateItem(x.ctx, &dynamodb.UpdateItemInput{TableName: &t.name, Key: t.key(id), UpdateExpression: &expression, ExpressionAttributeValues: values, ReturnValues: types.ReturnValueUpdatedNew})
	}
	_, err := update("SET n = :n, #t = :t", nil)
	x.wants(err, "ValidationException", "An expression attribute name used in the document path is not defined")
	_, err = update("SET n = :n, words = :t", item{":n": num("1.5"), ":t": str("x")})
	x.ok(err)
	out, err := update("ADD n :n", item{":n": num("1.5")})
	if err != nil || out.Attributes["n"].(*types.AttributeValueMemberN).Value != "3" {
		x.Errorf("the sum is %+v, %v", out, err)
	}
	_, err = update("ADD words :n", item{":n": num("1")})
	x.wants(err, "ValidationException", "An operand in the update expression has an incorrect data type")
}

// DeleteItem returns the item, and nothing if there is none (DynamoDB API Reference, "DeleteItem").
func deleteItem(x *try) {
	t, id := x.table(), unique()
	x.seed(t, id, nil)
	remove := func(condition *string) (*dynamodb.DeleteItemOutput, error) {
		return t.role.DeleteItem(x.ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: t.key(id), ConditionExpression: condition, ReturnValues: types.ReturnValueAllOld})
	}
	_, err := remove(aws.String("attribute_exists(nothing)"))
	x.wants(err, "ConditionalCheckFailedException", "The conditional request failed")
	if out, err := remove(nil); err != nil || len(out.Attributes) != 2 {
		x.Errorf("%+v, %v", out, err)
	}
	if out, err := remove(nil); err != nil || out.Attributes != nil {
		x.Errorf("once more: %+v, %v", out, err)
	}
}

// BatchWriteItem puts and deletes, each item once (DynamoDB API Reference, "BatchWriteItem").
func batchWriteItem(x *try) {
	t, id := x.table(), unique()
	x.seed(t, id+"a", nil)
	x.forget(t, id+"b")
	write := func(list ...types.WriteRequest) (*dynamodb.BatchWriteItemOutput, error) {
		return t.role.BatchWriteItem(x.ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{t.name: list}})
	}
	put := types.WriteRequest{PutRequest: &types.PutRequest{Item: t.key(id + "b")}}
	out, err := write(types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: t.key(id + "a")}}, put)
	if err != nil || len(out.UnprocessedItems) != 0 {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = write(put, put)
	x.wants(err, "ValidationException", "Provided list of item keys contains duplicates")
}

// ConditionCheckItem is an action of transactions alone, which it cancels with a reason (DynamoDB API Reference,
// "TransactWriteItems").
func conditionCheckItem(x *try) {
	t, id := x.table(), unique()
	x.seed(t, id, nil)
	check := func(condition string) error {
		_, err := t.role.TransactWriteItems(x.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: t.key(id), ConditionExpression: &condition, ExpressionAttributeNames: map[string]string{"#s": t.sort}}}}})
		return err
	}
	x.ok(check("attribute_exists(#s)"))
	var cancelled *types.TransactionCanceledException
	if err := check("attribute_not_exists(#s)"); !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 1 ||
		aws.ToString(cancelled.CancellationReasons[0].Code) != "ConditionalCheckFailed" || aws.ToString(cancelled.CancellationReasons[0].Message) != "The conditional request failed" {
		x.Errorf("a condition that does not hold: %v", err)
	}
}

// streams reads streams as the role; the ARN is that of the stream of the table that the statement names.
func (x *try) streams() (client *dynamodbstreams.Client, name, arn string) {
	x.Helper()
	pattern, _, _, _ := x.resource()
	name = strings.Split(pattern, "/")[1]
	client = dynamodbstreams.NewFromConfig(x.role())
	out, err := client.ListStreams(x.ctx, &dynamodbstreams.ListStreamsInput{TableName: &name})
	x.ok(err)
	if len(out.Streams) != 1 || *out.Streams[0].TableName != name || !strings.HasPrefix(*out.Streams[0].StreamArn, strings.TrimSuffix(pattern, "*")) {
		x.Fatalf("the streams of %s are %+v", name, out.Streams)
	}
	return client, name, *out.Streams[0].StreamArn
}

func listStreams(x *try) {
	client, _, _ := x.streams()
	_, err := client.ListStreams(x.ctx, &dynamodbstreams.ListStreamsInput{TableName: aws.String("a/b")})
	x.wants(err, "ValidationException", "")
}

func describeStream(x *try) {
	client, name, arn := x.streams()
	out, err := client.DescribeStream(x.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	x.ok(err)
	if d := out.StreamDescription; *d.TableName != name || d.StreamViewType != streamtypes.StreamViewTypeNewAndOldImages || d.StreamStatus != streamtypes.StreamStatusEnabled || len(d.Shards) == 0 {
		x.Errorf("%+v", d)
	}
	_, err = client.DescribeStream(x.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(arn[:strings.LastIndexByte(arn, '/')+1] + "2001-01-01T00:00:00.000")})
	x.wants(err, "ResourceNotFoundException", "Requested resource not found")
}

func getShardIterator(x *try) {
	client, _, arn := x.streams()
	x.iterators(client, arn, streamtypes.ShardIteratorTypeLatest)
	_, err := client.GetShardIterator(x.ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &arn, ShardId: aws.String("shardId-00000000000000000001-00000000"), ShardIteratorType: streamtypes.ShardIteratorTypeLatest})
	x.wants(err, "ResourceNotFoundException", "")
}

func (x *try) iterators(client *dynamodbstreams.Client, arn string, from streamtypes.ShardIteratorType) []*string {
	x.Helper()
	d, err := client.DescribeStream(x.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &arn})
	x.ok(err)
	var out []*string
	for _, shard := range d.StreamDescription.Shards {
		it, err := client.GetShardIterator(x.ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: &arn, ShardId: shard.ShardId, ShardIteratorType: from})
		x.ok(err)
		out = append(out, it.ShardIterator)
	}
	return out
}

// GetRecords has the images of a change, numbers as DynamoDB writes them (DynamoDB Streams API Reference, "GetRecords").
func getRecords(x *try) {
	client, name, arn := x.streams()
	t := table{name: name, partition: "billingAccount", sort: "kittenId", value: unique(), operator: dynamodb.NewFromConfig(x.operator())}
	iterators := x.iterators(client, arn, streamtypes.ShardIteratorTypeTrimHorizon)
	x.seed(t, "1", item{"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("7.0")}}})
	localtest.Eventually(x, "the stream has the new item", func() bool {
		for i, it := range iterators {
			if it == nil {
				continue
			}
			out, err := client.GetRecords(x.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it})
			x.ok(err)
			iterators[i] = out.NextShardIterator
			for _, r := range out.Records {
				if k, ok := r.Dynamodb.Keys[t.partition].(*streamtypes.AttributeValueMemberS); !ok || k.Value != t.value {
					continue
				}
				list, ok := r.Dynamodb.NewImage["list"].(*streamtypes.AttributeValueMemberL)
				if !ok || list.Value[0].(*streamtypes.AttributeValueMemberN).Value != "7" || r.EventName != streamtypes.OperationTypeInsert || aws.ToString(r.AwsRegion) != x.region() {
					x.Errorf("the record is %+v", r)
				}
				return true
			}
		}
		return false
	})
	_, err := client.GetRecords(x.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: aws.String("nobody's")})
	x.wants(err, "ValidationException", "Invalid ShardIterator")
}
