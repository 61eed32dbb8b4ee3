package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
)

// kittens is a table of a real engine with its stream.
type kittens struct {
	t         *testing.T
	client    *dynamodb.Client
	streams   *dynamodbstreams.Client
	name, arn string
}

// table makes a table.
func (c *cloud) table() *kittens {
	c.t.Helper()
	endpoint := enginetest.DynamoDB(c.t)
	cfg := enginetest.Config()
	k := &kittens{
		t: c.t, name: enginetest.Unique("kittens"),
		client:  dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &endpoint }),
		streams: dynamodbstreams.NewFromConfig(cfg, func(o *dynamodbstreams.Options) { o.BaseEndpoint = &endpoint }),
	}
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS}
	}
	out, err := k.client.CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: aws.String(k.name), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{attribute(partitionKey), attribute("kittenId")},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partitionKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("kittenId"), KeyType: types.KeyTypeRange},
		},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	k.arn = aws.ToString(out.TableDescription.LatestStreamArn)
	return k
}

func (k *kittens) put(partition, id string, version int, name string) {
	k.t.Helper()
	item := map[string]types.AttributeValue{
		partitionKey: &types.AttributeValueMemberS{Value: partition},
		"kittenId":   &types.AttributeValueMemberS{Value: id},
		"name":       &types.AttributeValueMemberS{Value: name},
	}
	if version > 0 {
		item["version"] = &types.AttributeValueMemberN{Value: strconv.Itoa(version)}
	}
	if _, err := k.client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &k.name, Item: item}); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kittens) remove(partition, id string) {
	k.t.Helper()
	_, err := k.client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &k.name, Key: map[string]types.AttributeValue{
		partitionKey: &types.AttributeValueMemberS{Value: partition}, "kittenId": &types.AttributeValueMemberS{Value: id},
	}})
	if err != nil {
		k.t.Fatal(err)
	}
}

// rows are names and versions of an account's rows by sort key.
func (k *kittens) rows(account string) map[string]string {
	k.t.Helper()
	rows := map[string]string{}
	pages := dynamodb.NewScanPaginator(k.client, &dynamodb.ScanInput{TableName: &k.name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			k.t.Fatal(err)
		}
		for _, item := range page.Items {
			partition := item[partitionKey].(*types.AttributeValueMemberS).Value
			if owner, _ := accountOf(partition); owner != account {
				continue
			}
			id := item["kittenId"].(*types.AttributeValueMemberS).Value
			rows[id] = fmt.Sprintf("%s %s", item["name"].(*types.AttributeValueMemberS).Value, item["version"].(*types.AttributeValueMemberN).Value)
		}
	}
	return rows
}

// shard is all records of one shard.
type shard struct {
	id      string
	records []streamtypes.Record
}

func (k *kittens) shards() []shard {
	k.t.Helper()
	ctx := context.Background()
	stream, err := k.streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &k.arn})
	if err != nil {
		k.t.Fatal(err)
	}
	var out []shard
	for _, s := range stream.StreamDescription.Shards {
		it, err := k.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
			StreamArn: &k.arn, ShardId: s.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			k.t.Fatal(err)
		}
		all := shard{id: *s.ShardId}
		for iterator := it.ShardIterator; iterator != nil; {
			page, err := k.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
			if err != nil {
				k.t.Fatal(err)
			}
			if len(page.Records) == 0 {
				break
			}
			all.records = append(all.records, page.Records...)
			iterator = page.NextShardIterator
		}
		out = append(out, all)
	}
	return out
}

// payload is what Lambda passes for records.
func (k *kittens) payload(records []streamtypes.Record) []byte {
	k.t.Helper()
	var e events.DynamoDBEvent
	for _, r := range records {
		e.Records = append(e.Records, events.DynamoDBEventRecord{
			EventID: aws.ToString(r.EventID), EventName: string(r.EventName), EventSource: "aws:dynamodb", EventSourceArn: k.arn,
			Change: events.DynamoDBStreamRecord{
				ApproximateCreationDateTime: events.SecondsEpochTime{Time: *r.Dynamodb.ApproximateCreationDateTime},
				SequenceNumber:              *r.Dynamodb.SequenceNumber, StreamViewType: string(r.Dynamodb.StreamViewType),
				Keys: eventImage(r.Dynamodb.Keys), OldImage: eventImage(r.Dynamodb.OldImage), NewImage: eventImage(r.Dynamodb.NewImage),
			},
		})
	}
	text, err := json.Marshal(e)
	if err != nil {
		k.t.Fatal(err)
	}
	return text
}

func eventImage(image map[string]streamtypes.AttributeValue) map[string]events.DynamoDBAttributeValue {
	out := map[string]events.DynamoDBAttributeValue{}
	for name, v := range image {
		switch v := v.(type) {
		case *streamtypes.AttributeValueMemberS:
			out[name] = events.NewStringAttribute(v.Value)
		case *streamtypes.AttributeValueMemberN:
			out[name] = events.NewNumberAttribute(v.Value)
		}
	}
	return out
}

// deadLetter puts what Lambda sends for a batch that it gave up into the queue.
func (c *cloud) deadLetter(k *kittens, shardID string, batch []streamtypes.Record) {
	first, last := batch[0].Dynamodb, batch[len(batch)-1].Dynamodb
	body, err := json.Marshal(map[string]any{
		"requestContext": map[string]any{
			"requestId": "12a8a0fa-f8d2-4d42-a6e3-72bae7d1e2f9", "functionArn": "arn:aws:lambda:eu-central-1:111111111111:function:indexer",
			"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 4,
		},
		"responseContext": map[string]any{"statusCode": 200, "executedVersion": "$LATEST", "functionError": nil},
		"version":         "1.0", "timestamp": "2026-03-01T09:22:44.318Z",
		"DDBStreamBatchInfo": map[string]any{
			"shardId": shardID, "startSequenceNumber": *first.SequenceNumber, "endSequenceNumber": *last.SequenceNumber,
			"approximateArrivalOfFirstRecord": first.ApproximateCreationDateTime.UTC().Format(time.RFC3339),
			"approximateArrivalOfLastRecord":  last.ApproximateCreationDateTime.UTC().Format(time.RFC3339),
			"batchSize":                       len(batch), "streamArn": k.arn,
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(string(body))
}

func (c *cloud) send(body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages = append(c.messages, &message{id: fmt.Sprintf("message-%d", len(c.messages)), body: body})
}

// waiting are the messages that the next replay would receive.
func (c *cloud) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, m := range c.messages {
		if !m.hidden {
			n++
		}
	}
	return n
}

// elapse ends the time for which messages that were received are hidden.
func (c *cloud) elapse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.messages {
		m.hidden = false
	}
}
