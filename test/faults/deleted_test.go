//go:build unix

package faults

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// deletedRow holds that a row that was deleted stays out of the index: a dead letter of its write is replayed after the engine
// has started again, and so has forgotten the deletion. Every step has the rights of its role and no others.
func deletedRow(t *testing.T, c *localtest.Cloud) {
	id := write(t, c, 1, 1)[0]
	kept := write(t, c, 1, 1)[0]
	localtest.Eventually(t, "both kittens are indexed", func() bool { d := indexed(t, c); return d[id] && d[kept] })
	letter := letterOf(t, c, id)

	tenant := c.Tenant(tenantID)
	url := tenant.API + "/kittens/" + id
	got := c.Do(localtest.Request{Method: "GET", URL: url, Token: c.Token(tenantID, "editor")})
	a := c.Do(localtest.Request{Method: "DELETE", URL: url, Token: c.Token(tenantID, "editor"), Header: map[string]string{"If-Match": got.Header.Get("ETag")}})
	if a.Status != http.StatusNoContent {
		t.Fatalf("DELETE: %d %s", a.Status, a.Body)
	}
	localtest.Eventually(t, "the deletion is indexed", func() bool { return !indexed(t, c)[id] })
	before := engine(t, c, "OpenSearch")
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	localtest.Eventually(t, "OpenSearch runs again", func() bool {
		e := engine(t, c, "OpenSearch")
		return e.Restarts > before.Restarts && e.State == control.Ready
	})
	letters := deadLettersOf(t, c)
	if _, err := sqs.NewFromConfig(letters.operator).SendMessage(context.Background(), &sqs.SendMessageInput{QueueUrl: &letters.queue, MessageBody: &letter}); err != nil {
		t.Fatal(err)
	}
	localtest.Eventually(t, "the dead letter is replayed", func() bool { return letters.replay(t) == 0 })
	if d := indexed(t, c); d[id] || !d[kept] {
		t.Errorf("the deleted kitten is indexed: %v; the other one: %v", d[id], d[kept])
	}
}

// indexed are the ids of the tenant's kittens that its index has, as the operator of the account sees it.
func indexed(t *testing.T, c *localtest.Cloud) map[string]bool {
	t.Helper()
	tenant := c.Tenant(tenantID)
	operator := c.AWS(tenant.Account, "", tenant.Region)
	endpoint := "http://" + find(t, c, "AWS::OpenSearchService::Domain", "kittens-eu-1").Attributes["DomainEndpoint"] + "/" + tenant.BillingAccount
	request := func(path, body string) []byte {
		req, err := http.NewRequest(http.MethodPost, endpoint+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		sum := sha256.Sum256([]byte(body))
		hash := hex.EncodeToString(sum[:])
		req.Header.Set("X-Amz-Content-Sha256", hash)
		credentials, err := operator.Credentials.Retrieve(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := v4.NewSigner().SignHTTP(context.Background(), credentials, req, hash, "es", operator.Region, time.Now()); err != nil {
			t.Fatal(err)
		}
		resp, err := c.HTTP.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode == http.StatusForbidden {
			t.Fatalf("POST %s: %s %s %v", path, resp.Status, text, err)
		}
		return text
	}
	request("/_refresh", "")
	var out struct {
		Hits struct {
			Hits []struct {
				ID string `json:"_id"`
			}
		}
	}
	if err := json.Unmarshal(request("/_search?size=10000", `{"_source":false}`), &out); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, h := range out.Hits.Hits {
		ids[strings.TrimPrefix(h.ID, "kittens/")] = true
	}
	return ids
}

// letterOf is what Lambda sends for the first record of a kitten that it gives up.
func letterOf(t *testing.T, c *localtest.Cloud, id string) string {
	t.Helper()
	ctx := context.Background()
	tenant := c.Tenant(tenantID)
	operator := c.AWS(tenant.Account, "", tenant.Region)
	table, err := dynamodb.NewFromConfig(operator).DescribeTable(ctx, &dynamodb.DescribeTableInput{
		TableName: aws.String(find(t, c, "AWS::DynamoDB::Table", "kittens_cell_eu-1_kittens").Name),
	})
	if err != nil {
		t.Fatal(err)
	}
	arn, client := table.Table.LatestStreamArn, dynamodbstreams.NewFromConfig(operator)
	stream, err := client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stream.StreamDescription.Shards {
		it, err := client.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
			StreamArn: arn, ShardId: s.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			t.Fatal(err)
		}
		for iterator := it.ShardIterator; iterator != nil; {
			page, err := client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				if key, ok := r.Dynamodb.Keys["kittenId"].(*streamtypes.AttributeValueMemberS); !ok || key.Value != id {
					continue
				}
				body, err := json.Marshal(map[string]any{"DDBStreamBatchInfo": map[string]any{
					"shardId": s.ShardId, "streamArn": arn, "batchSize": 1,
					"startSequenceNumber": r.Dynamodb.SequenceNumber, "endSequenceNumber": r.Dynamodb.SequenceNumber,
				}})
				if err != nil {
					t.Fatal(err)
				}
				return string(body)
			}
			if iterator = page.NextShardIterator; len(page.Records) == 0 {
				break
			}
		}
	}
	t.Fatalf("the stream has no record of kitten %s", id)
	return ""
}
