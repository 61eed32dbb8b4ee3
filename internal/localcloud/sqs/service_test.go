package sqs

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

var ctx = context.Background()

var tracing = types.MessageSystemAttributeNameForSendsAWSTraceHeader

func text(v string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &v}
}

func send(t *testing.T, client *sqs.Client, url, body string) *sqs.SendMessageOutput {
	t.Helper()
	return must[*sqs.SendMessageOutput](t)(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}))
}

// receive receives up to ten messages without waiting.
func receive(t *testing.T, client *sqs.Client, url string) []types.Message {
	t.Helper()
	out := must[*sqs.ReceiveMessageOutput](t)(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"}}))
	return out.Messages
}

func bodies(messages []types.Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, *m.Body)
	}
	return strings.Join(out, " ")
}

func TestMessage(t *testing.T) {
	c := newCloud(t)
	c.put(deadARN, map[string]any{"VisibilityTimeout": 360, "MessageRetentionPeriod": "1209600", "SqsManagedSseEnabled": true})
	client := c.client(indexer)
	body := "a <b> & \"c\" ünï\t\r\n"
	sent := must[*sqs.SendMessageOutput](t)(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(deadURL), MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"kind": text("x"), "n": {DataType: aws.String("Number.int"), StringValue: aws.String("42")}, "raw": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}}},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{string(tracing): {DataType: aws.String("String"), StringValue: aws.String("Root=1")}}}))
	if *sent.MD5OfMessageBody != md5Of(body) || *sent.MD5OfMessageAttributes == "" || *sent.MD5OfMessageSystemAttributes == "" {
		t.Errorf("SendMessage = %+v", sent)
	}
	got := receive(t, client, deadURL)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	m := got[0]
	if *m.Body != body || *m.MessageId != *sent.MessageId || *m.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes || string(m.MessageAttributes["raw"].BinaryValue) != "\x00\x01\xff" {
		t.Errorf("message = %+v", m)
	}
	if a := m.Attributes; a["ApproximateReceiveCount"] != "1" || a["AWSTraceHeader"] != "Root=1" || !strings.HasSuffix(a["SenderId"], ":test") || a["SentTimestamp"] == "" || a["ApproximateFirstReceiveTimestamp"] == "" {
		t.Errorf("attributes = %v", a)
	}
	if visible, inFlight := c.service.Depth(deadARN); visible != 0 || inFlight != 1 {
		t.Errorf("Depth = %d, %d", visible, inFlight)
	}
	if more := receive(t, client, deadURL); len(more) != 0 {
		t.Errorf("a message in flight is received: %v", more)
	}
	c.pass(361 * time.Second)
	again := receive(t, client, deadURL)
	if len(again) != 1 || again[0].Attributes["ApproximateReceiveCount"] != "2" || *again[0].ReceiptHandle == *m.ReceiptHandle {
		t.Fatalf("received again: %+v", again)
	}
	// The handle of the first receive deletes nothing.
	must[*sqs.DeleteMessageOutput](t)(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(deadURL), ReceiptHandle: m.ReceiptHandle}))
	if _, inFlight := c.service.Depth(deadARN); inFlight != 1 {
		t.Error("an old handle deletes")
	}
	must[*sqs.ChangeMessageVisibilityOutput](t)(client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(deadURL), ReceiptHandle: again[0].ReceiptHandle, VisibilityTimeout: 0}))
	third := receive(t, client, deadURL)
	if len(third) != 1 {
		t.Fatalf("visibility 0: %v", third)
	}
	if p := c.service.Peek(deadARN, 5); len(p) != 1 || p[0].Body != body || p[0].Receives != 3 || p[0].Attributes["kind"].StringValue != "x" {
		t.Errorf("Peek = %+v", p)
	}
	must[*sqs.DeleteMessageOutput](t)(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(deadURL), ReceiptHandle: third[0].ReceiptHandle}))
	c.pass(time.Hour)
	if left := receive(t, client, deadURL); len(left) != 0 {
		t.Errorf("deleted and received: %v", left)
	}
}

func TestAnyHost(t *testing.T) {
	c := newCloud(t)
	c.put(deadARN, nil)
	client := c.client("")
	url := *must[*sqs.GetQueueUrlOutput](t)(client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("kittens_cell_eu-1_IndexerDeadLetters")})).QueueUrl
	if url != deadURL {
		t.Errorf("URL = %s", url)
	}
	send(t, client, c.front.URL+"/111111111111/kittens_cell_eu-1_IndexerDeadLetters", "x")
	if got := bodies(receive(t, client, deadURL)); got != "x" {
		t.Errorf("received %q", got)
	}
}

func TestLongPoll(t *testing.T) {
	c := newCloud(t)
	c.put(deadARN, map[string]any{"ReceiveMessageWaitTimeSeconds": 20})
	client := c.client(indexer)
	received := make(chan string)
	go func() {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(deadURL), WaitTimeSeconds: 20})
		if err != nil {
			received <- err.Error()
			return
		}
		received <- bodies(out.Messages)
	}()
	send(t, client, deadURL, "late")
	if got := <-received; got != "late" {
		t.Errorf("received %q", got)
	}
	// Whoever waits is not in the way of closing.
	go func() {
		_, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(deadURL)})
		received <- fmt.Sprint(err)
	}()
	if err := c.service.Close(); err != nil {
		t.Error(err)
	}
	<-received
}

func TestPermissions(t *testing.T) {
	c := newCloud(t)
	c.put(deadARN, nil)
	client, foreign := c.client(indexer), c.client(stranger)
	denied := func(what string, err error) {
		t.Helper()
		if codeOf(err) != "AccessDenied" && codeOf(err) != "AccessDeniedException" {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: aws.String(deadURL)})
	denied("PurgeQueue", err)
	_, err = client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(deadURL), AttributeNames: []types.QueueAttributeName{"All"}})
	denied("GetQueueAttributes", err)
	_, err = client.ListQueues(ctx, &sqs.ListQueuesInput{})
	denied("ListQueues", err)
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("mine")})
	denied("CreateQueue", err)
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(deadURL + "2"), MessageBody: aws.String("x")})
	denied("another queue", err)
	_, err = foreign.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(deadURL), MessageBody: aws.String("x")})
	denied("another account", err)

	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"sqs:*","Resource":"` + deadARN + `"},
		{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	if err := c.service.Put(ctx, policyResource(deadURL, policy)); err != nil {
		t.Fatal(err)
	}
	send(t, foreign, deadURL, "x")
	_, err = foreign.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(deadURL)})
	denied("another account without its own permission", err)
	c.put(deadARN, map[string]any{"VisibilityTimeout": 5}) // keeps the policy
	send(t, foreign, deadURL, "x")
	if err := c.service.Delete(ctx, policyResource(deadURL, policy)); err != nil {
		t.Fatal(err)
	}
	_, err = foreign.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(deadURL), MessageBody: aws.String("x")})
	denied("without the policy", err)
	if err := c.service.Put(ctx, policyResource(deadURL, `{"Version":"2012-10-17","Statement":[{"Effect":"Permit"}]}`)); err == nil {
		t.Error("a broken policy is taken")
	}
	if err := c.service.Put(ctx, policyResource(deadURL+"2", policy)); err == nil {
		t.Error("a policy of a queue that does not exist is taken")
	}
}

func TestOldProtocolIsRefused(t *testing.T) {
	c := newCloud(t)
	c.put(deadARN, nil)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=SendMessage&MessageBody=x"))
	w := httptest.NewRecorder()
	_, caller, err := c.gate.ServiceSession("lambda.amazonaws.com", indexer, "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c.service.Serve(w, &gate.Call{HTTP: r, Caller: caller, Region: region})
	if w.Code != 400 || !strings.Contains(w.Body.String(), "<Code>InvalidAction</Code>") || !strings.Contains(w.Body.String(), "JSON") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
