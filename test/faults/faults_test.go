//go:build unix

// Package faults breaks parts of the local cloud while it is in use.
package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/internal/localcloud/control"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/test/localtest"
)

const tenantID = "tabby-cafe"

func kitten(n int) map[string]any {
	return map[string]any{"name": fmt.Sprintf("Kitten %d", n), "breed": "maine-coon", "birthDate": "2024-01-01", "description": "one of the litter"}
}

// write adds kittens until stop is closed and returns the ids of those that were acknowledged.
func write(t *testing.T, c *localtest.Cloud, writers, each int) []string {
	t.Helper()
	api, token := c.Tenant(tenantID).API, c.Token(tenantID, "editor")
	var mu sync.Mutex
	var ids []string
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range each {
				a := c.Do(localtest.Request{Method: "POST", URL: api + "/kittens", Token: token, Body: kitten(w*each + n)})
				if a.Status != http.StatusCreated {
					t.Errorf("POST /kittens: %d %s", a.Status, a.Body)
					return
				}
				var k struct{ KittenID string }
				if err := json.Unmarshal(a.Body, &k); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				ids = append(ids, k.KittenID)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return ids
}

// all lists the ids of all pages of a list, or of a search.
func all(t *testing.T, c *localtest.Cloud, q string) (ids map[string]int, available bool) {
	t.Helper()
	api, token := c.Tenant(tenantID).API, c.Token(tenantID, "reader")
	ids, cursor := map[string]int{}, ""
	for {
		query := url.Values{"limit": {"100"}}
		if q != "" {
			query.Set("q", q)
		}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		a := c.Do(localtest.Request{Method: "GET", URL: api + "/kittens?" + query.Encode(), Token: token})
		if a.Status == http.StatusTooManyRequests {
			continue
		}
		if a.Status != http.StatusOK {
			return nil, false
		}
		var page struct {
			Items  []struct{ KittenID string }
			Cursor string
			Search *struct{ Available bool }
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Fatal(err)
		}
		if q != "" && (page.Search == nil || !page.Search.Available) {
			return nil, false
		}
		for _, i := range page.Items {
			ids[i.KittenID]++
		}
		if page.Cursor == "" {
			return ids, true
		}
		cursor = page.Cursor
	}
}

func engine(t *testing.T, c *localtest.Cloud, name string) control.Engine {
	t.Helper()
	for _, e := range c.Status().Engines {
		if strings.HasPrefix(e.Name, name) {
			return e
		}
	}
	t.Fatalf("no engine %s", name)
	return control.Engine{}
}

// TestFaults breaks what can be broken without ending the local cloud.
func TestFaults(t *testing.T) {
	c := localtest.Start(t, localcloud.Options{})
	t.Run("OpenSearch killed under writes", func(t *testing.T) { searchKilled(t, c) })
	t.Run("OpenSearch killed between a deletion and a dead letter", func(t *testing.T) { deletedRow(t, c) })
	t.Run("DynamoDB killed", func(t *testing.T) { databaseKilled(t, c) })
	t.Run("poison record", func(t *testing.T) { poison(t, c) })
}

// searchKilled holds that the index equals the table after the engine was killed in the middle of writes.
func searchKilled(t *testing.T, c *localtest.Cloud) {
	written := write(t, c, 2, 5)
	localtest.Eventually(t, "the first kittens are found", func() bool {
		ids, ok := all(t, c, "litter")
		return ok && len(ids) == len(written)
	})
	done := make(chan []string)
	go func() { done <- write(t, c, 4, 15) }()
	if err := syscall.Kill(engine(t, c, "OpenSearch").PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	written = append(written, <-done...)
	localtest.Eventually(t, "OpenSearch runs again", func() bool {
		e := engine(t, c, "OpenSearch")
		return e.Restarts > 0 && e.State == control.Ready
	})
	table, _ := all(t, c, "")
	for _, id := range written {
		if table[id] != 1 {
			t.Errorf("kitten %s is %d times in the table", id, table[id])
		}
	}
	// On a slow machine OpenSearch may take longer to start than ten retries do.
	letters := deadLettersOf(t, c)
	localtest.Eventually(t, "the index equals the table", func() bool {
		letters.replay(t)
		index, ok := all(t, c, "litter")
		if !ok || len(index) != len(written) {
			return false
		}
		for _, id := range written {
			if index[id] != 1 {
				return false
			}
		}
		return true
	})
}

// deadLetters are those of the cell's indexer.
type deadLetters struct {
	operator        aws.Config
	queue, function string
}

func deadLettersOf(t *testing.T, c *localtest.Cloud) deadLetters {
	t.Helper()
	tenant := c.Tenant(tenantID)
	return deadLetters{
		operator: c.AWS(tenant.Account, "", tenant.Region),
		queue:    find(t, c, "AWS::SQS::Queue", "kittens_cell_eu-1_IndexerDeadLetters").Name,
		function: find(t, c, "AWS::Lambda::Function", "kittens_cell_eu-1_IndexerFn").Name,
	}
}

// replay has the indexer work on them again, if there are any, as docs/guide.md says. It returns how many there were.
func (d deadLetters) replay(t *testing.T) int {
	t.Helper()
	out, err := sqs.NewFromConfig(d.operator).GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{
		QueueUrl: &d.queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		t.Fatal(err)
	}
	count, err := strconv.Atoi(out.Attributes[string(sqstypes.QueueAttributeNameApproximateNumberOfMessages)])
	if err != nil {
		t.Fatal(err)
	}
	if count == 0 {
		return 0
	}
	answer, err := lambda.NewFromConfig(d.operator).Invoke(context.Background(), &lambda.InvokeInput{FunctionName: &d.function, Payload: []byte(`{"replay":{"max":100}}`)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("dead letters were worked on again: %s", answer.Payload)
	return count
}

// databaseKilled holds that the table is there again with all that was acknowledged.
func databaseKilled(t *testing.T, c *localtest.Cloud) {
	written := write(t, c, 2, 5)
	if err := syscall.Kill(engine(t, c, "DynamoDB").PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	localtest.Eventually(t, "the table is there again", func() bool {
		table, ok := all(t, c, "")
		if !ok {
			return false
		}
		for _, id := range written {
			if table[id] != 1 {
				return false
			}
		}
		return true
	})
	written = append(written, write(t, c, 1, 3)...)
	localtest.Eventually(t, "what is written afterwards is found", func() bool {
		index, ok := all(t, c, "litter")
		return ok && index[written[len(written)-1]] == 1
	})
}

func find(t *testing.T, c *localtest.Cloud, resourceType, part string) resource.Resource {
	t.Helper()
	for _, r := range c.Resources() {
		if r.Type == resourceType && strings.Contains(r.Name, part) {
			return r
		}
	}
	t.Fatalf("no %s like %s", resourceType, part)
	return resource.Resource{}
}

// poison holds that a row that no index takes ends in the dead-letter queue and holds up no other.
func poison(t *testing.T, c *localtest.Cloud) {
	tenant := c.Tenant(tenantID)
	table := find(t, c, "AWS::DynamoDB::Table", "kittens_cell_eu-1_kittens")
	queue := find(t, c, "AWS::SQS::Queue", "kittens_cell_eu-1_IndexerDeadLetters")
	operator := c.AWS(tenant.Account, "", tenant.Region)
	const id = "99999999-6d1b-4c52-9a57-1d2f8a6b7c01"
	_, err := dynamodb.NewFromConfig(operator).PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table.Name, Item: map[string]types.AttributeValue{
		"billingAccount": &types.AttributeValueMemberS{Value: tenant.BillingAccount}, "kittenId": &types.AttributeValueMemberS{Value: id},
		"name": &types.AttributeValueMemberS{Value: "Poison"}, "version": &types.AttributeValueMemberS{Value: "not a number"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	written := write(t, c, 2, 10)
	localtest.Eventually(t, "the other kittens are found", func() bool {
		index, ok := all(t, c, "litter")
		for _, id := range written {
			if index[id] != 1 {
				return false
			}
		}
		return ok
	})
	messages := sqs.NewFromConfig(operator)
	var body string
	localtest.Eventually(t, "the record is in the dead-letter queue", func() bool {
		out, err := messages.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: &queue.Name, VisibilityTimeout: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) > 0 {
			body = aws.ToString(out.Messages[0].Body)
		}
		return len(out.Messages) > 0
	})
	var m struct {
		DDBStreamBatchInfo struct {
			StreamArn string
			BatchSize int
		}
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || m.DDBStreamBatchInfo.BatchSize != 1 || !strings.HasPrefix(m.DDBStreamBatchInfo.StreamArn, table.ARN) {
		t.Errorf("dead letter %s, want one record of %s", body, table.ARN)
	}
	if _, err := dynamodb.NewFromConfig(operator).DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &table.Name, Key: map[string]types.AttributeValue{
		"billingAccount": &types.AttributeValueMemberS{Value: tenant.BillingAccount}, "kittenId": &types.AttributeValueMemberS{Value: id}}}); err != nil {
		t.Error(err)
	}
}
