package sqs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	plainARN = "arn:aws:sqs:eu-central-1:111111111111:plain"
	plainURL = "https://sqs.eu-central-1.amazonaws.com/111111111111/plain"
	fifoARN  = "arn:aws:sqs:eu-central-1:111111111111:ordered.fifo"
	fifoURL  = "https://sqs.eu-central-1.amazonaws.com/111111111111/ordered.fifo"
)

func TestBatches(t *testing.T) {
	c := newCloud(t)
	c.put(plainARN, nil)
	client := c.client("")
	sent := must[*sqs.SendMessageBatchOutput](t)(client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(plainURL), Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("1"), MessageAttributes: map[string]types.MessageAttributeValue{"k": text("v")}},
		{Id: aws.String("b"), MessageBody: aws.String("bad\x00")},
		{Id: aws.String("c"), MessageBody: aws.String("2"), DelaySeconds: 60},
	}}))
	if len(sent.Successful) != 2 || len(sent.Failed) != 1 || *sent.Failed[0].Id != "b" || *sent.Failed[0].Code != "InvalidMessageContents" || !sent.Failed[0].SenderFault {
		t.Errorf("SendMessageBatch = %+v %+v", sent.Successful, sent.Failed)
	}
	got := receive(t, client, plainURL)
	if bodies(got) != "1" {
		t.Errorf("received %q, the second is delayed", bodies(got))
	}
	c.pass(61 * time.Second)
	got = receive(t, client, plainURL)
	if bodies(got) != "1 2" {
		t.Fatalf("received %q", bodies(got))
	}
	changed := must[*sqs.ChangeMessageVisibilityBatchOutput](t)(client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: aws.String(plainURL), Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
		{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 0}, {Id: aws.String("b"), ReceiptHandle: aws.String("nonsense"), VisibilityTimeout: 0}}}))
	if len(changed.Successful) != 1 || len(changed.Failed) != 1 || *changed.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("ChangeMessageVisibilityBatch = %+v", changed)
	}
	deleted := must[*sqs.DeleteMessageBatchOutput](t)(client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(plainURL), Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle}, {Id: aws.String("b"), ReceiptHandle: got[1].ReceiptHandle}}}))
	if len(deleted.Successful) != 2 {
		t.Errorf("DeleteMessageBatch = %+v", deleted)
	}
	if visible, inFlight := c.service.Depth(plainARN); visible+inFlight != 0 {
		t.Errorf("%d, %d messages are left", visible, inFlight)
	}
}

func TestRefused(t *testing.T) {
	c := newCloud(t)
	c.put(plainARN, nil)
	c.put(fifoARN, map[string]any{"FifoQueue": true})
	client := c.client("")
	sendTo := func(change func(*sqs.SendMessageInput)) error {
		in := &sqs.SendMessageInput{QueueUrl: aws.String(plainURL), MessageBody: aws.String("x")}
		change(in)
		_, err := client.SendMessage(ctx, in)
		return err
	}
	attribute := func(name string, v types.MessageAttributeValue) error {
		return sendTo(func(in *sqs.SendMessageInput) { in.MessageAttributes = map[string]types.MessageAttributeValue{name: v} })
	}
	entries := make([]types.SendMessageBatchRequestEntry, 11)
	for i := range entries {
		entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(strings.Repeat("x", 200_000))}
	}
	batch := func(entries []types.SendMessageBatchRequestEntry) error {
		_, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(plainURL), Entries: entries})
		return err
	}
	set := func(url, name, value string) error {
		_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{name: value}})
		return err
	}
	create := func(name string, attributes map[string]string) error {
		_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		return err
	}
	receiveWith := func(in sqs.ReceiveMessageInput) error {
		in.QueueUrl = aws.String(plainURL)
		_, err := client.ReceiveMessage(ctx, &in)
		return err
	}
	_, noHandle := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(plainURL), ReceiptHandle: aws.String("%")})
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"no such queue", sendTo(func(in *sqs.SendMessageInput) { in.QueueUrl = aws.String(plainURL + "x") }), "AWS.SimpleQueueService.NonExistentQueue"},
		{"a URL of nothing", sendTo(func(in *sqs.SendMessageInput) { in.QueueUrl = aws.String("https://x/../plain") }), "InvalidAddress"},
		{"an encoded URL", sendTo(func(in *sqs.SendMessageInput) { in.QueueUrl = aws.String("https://x/111111111111/pl%61in") }), "InvalidAddress"},
		{"body too large", sendTo(func(in *sqs.SendMessageInput) { in.MessageBody = aws.String(strings.Repeat("x", 1<<20+1)) }), "InvalidParameterValue"},
		{"body of no characters", sendTo(func(in *sqs.SendMessageInput) { in.MessageBody = aws.String("\x01") }), "InvalidMessageContents"},
		{"delay", sendTo(func(in *sqs.SendMessageInput) { in.DelaySeconds = 901 }), "InvalidParameterValue"},
		{"deduplication without order", sendTo(func(in *sqs.SendMessageInput) { in.MessageDeduplicationId = aws.String("x") }), "InvalidParameterValue"},
		{"no group", sendTo(func(in *sqs.SendMessageInput) { in.QueueUrl = aws.String(fifoURL) }), "MissingParameter"},
		{"no deduplication", sendTo(func(in *sqs.SendMessageInput) { in.QueueUrl, in.MessageGroupId = aws.String(fifoURL), aws.String("g") }), "InvalidParameterValue"},
		{"attribute name", attribute("AWS.x", text("v")), "InvalidParameterValue"},
		{"attribute type", attribute("x", types.MessageAttributeValue{DataType: aws.String("Text"), StringValue: aws.String("v")}), "InvalidParameterValue"},
		{"no number", attribute("x", types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String("v")}), "InvalidParameterValue"},
		{"empty attribute", attribute("x", types.MessageAttributeValue{DataType: aws.String("String")}), "InvalidParameterValue"},
		{"empty batch", batch([]types.SendMessageBatchRequestEntry{}), "AWS.SimpleQueueService.EmptyBatchRequest"},
		{"large batch", batch(entries), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
		{"long batch", batch(entries[:6]), "AWS.SimpleQueueService.BatchRequestTooLong"},
		{"same ids", batch([]types.SendMessageBatchRequestEntry{entries[0], entries[0]}), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
		{"bad id", batch([]types.SendMessageBatchRequestEntry{{Id: aws.String("a b"), MessageBody: aws.String("x")}}), "AWS.SimpleQueueService.InvalidBatchEntryId"},
		{"visibility", set(plainURL, "VisibilityTimeout", "43201"), "InvalidAttributeValue"},
		{"unknown attribute", set(plainURL, "Colour", "red"), "InvalidAttributeName"},
		{"policy", set(plainURL, "Policy", `{"Statement":[]}`), "InvalidAttributeValue"},
		{"order where there is none", set(plainURL, "ContentBasedDeduplication", "true"), "InvalidAttributeName"},
		{"another type", set(plainURL, "FifoQueue", "true"), "InvalidAttributeName"},
		{"dead letters of another region", set(plainURL, "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111111111111:x","maxReceiveCount":1}`), "InvalidAttributeValue"},
		{"dead letters after 0", set(plainURL, "RedrivePolicy", `{"deadLetterTargetArn":"`+plainARN+`","maxReceiveCount":0}`), "InvalidAttributeValue"},
		{"name", create("a/../b", nil), "InvalidParameterValue"},
		{"name without order", create("x.fifo", nil), "InvalidParameterValue"},
		{"existing with another value", create("plain", map[string]string{"DelaySeconds": "5"}), "QueueAlreadyExists"},
		{"many", receiveWith(sqs.ReceiveMessageInput{MaxNumberOfMessages: 11}), "InvalidParameterValue"},
		{"long wait", receiveWith(sqs.ReceiveMessageInput{WaitTimeSeconds: 21}), "InvalidParameterValue"},
		{"handle", noHandle, "ReceiptHandleIsInvalid"},
	}
	for _, tt := range tests {
		if got := codeOf(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, tt.err, tt.want)
		}
	}
	if visible, _ := c.service.Depth(plainARN); visible != 0 {
		t.Errorf("%d refused messages were sent", visible)
	}
}

func TestDeadLetters(t *testing.T) {
	c := newCloud(t)
	c.put(deadARN, nil)
	c.put(plainARN, map[string]any{"VisibilityTimeout": 1, "RedrivePolicy": map[string]any{"deadLetterTargetArn": deadARN, "maxReceiveCount": "2"}})
	client := c.client("")
	sent := send(t, client, plainURL, "poison")
	for range 2 {
		if got := bodies(receive(t, client, plainURL)); got != "poison" {
			t.Fatalf("received %q", got)
		}
		c.pass(2 * time.Second)
	}
	if got := receive(t, client, plainURL); len(got) != 0 {
		t.Errorf("received a third time: %v", got)
	}
	c.kill()
	client = c.client("")
	c.put(deadARN, nil)
	c.put(plainARN, nil)
	got := receive(t, client, deadURL)
	if bodies(got) != "poison" || *got[0].MessageId != *sent.MessageId || got[0].Attributes["DeadLetterQueueSourceArn"] != plainARN || got[0].Attributes["ApproximateReceiveCount"] != "3" {
		t.Errorf("dead letters: %+v", got)
	}
	if visible, inFlight := c.service.Depth(plainARN); visible+inFlight != 0 {
		t.Errorf("%d, %d messages stayed", visible, inFlight)
	}
}

func TestOrder(t *testing.T) {
	c := newCloud(t)
	c.put(fifoARN, map[string]any{"FifoQueue": "true", "ContentBasedDeduplication": true})
	client := c.client("")
	put := func(group, body string) *sqs.SendMessageOutput {
		return must[*sqs.SendMessageOutput](t)(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(fifoURL), MessageBody: &body, MessageGroupId: &group}))
	}
	first := put("a", "a1")
	second := put("a", "a2")
	put("b", "b1")
	if again := put("a", "a1"); *again.MessageId != *first.MessageId || *again.SequenceNumber != *first.SequenceNumber || *second.SequenceNumber <= *first.SequenceNumber {
		t.Errorf("sent again: %+v, first %+v", again, first)
	}
	one := func() types.Message {
		t.Helper()
		out := must[*sqs.ReceiveMessageOutput](t)(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(fifoURL)}))
		if len(out.Messages) == 0 {
			return types.Message{Body: aws.String("")}
		}
		return out.Messages[0]
	}
	a1 := one()
	if b1 := one(); *a1.Body != "a1" || *b1.Body != "b1" {
		t.Errorf("received %q, %q: a group waits for its message in flight", *a1.Body, *b1.Body)
	}
	if m := one(); *m.Body != "" {
		t.Errorf("received %q", *m.Body)
	}
	c.kill()
	client = c.client("")
	c.put(fifoARN, map[string]any{"FifoQueue": "true", "ContentBasedDeduplication": true})
	must[*sqs.DeleteMessageOutput](t)(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(fifoURL), ReceiptHandle: a1.ReceiptHandle}))
	if m := one(); *m.Body != "a2" {
		t.Errorf("received %q, want a2", *m.Body)
	}
	put("a", "a1")
	if m := one(); *m.Body != "" {
		t.Errorf("deduplicated message is received: %q", *m.Body)
	}
	c.pass(6 * time.Minute)
	if later := put("a", "a1"); *later.MessageId == *first.MessageId {
		t.Error("deduplicated after five minutes")
	}
	c.put(fifoARN, map[string]any{"FifoQueue": "true", "ContentBasedDeduplication": true})
	if got := bodies(receive(t, client, fifoURL)); got != "a2 b1 a1" {
		t.Errorf("received %q", got)
	}
}

func TestSurvivesKill(t *testing.T) {
	c := newCloud(t)
	c.put(plainARN, map[string]any{"VisibilityTimeout": 30})
	client := c.client("")
	for i := range 20 {
		send(t, client, plainURL, fmt.Sprint(i))
	}
	got := receive(t, client, plainURL)
	must[*sqs.DeleteMessageOutput](t)(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(plainURL), ReceiptHandle: got[0].ReceiptHandle}))
	c.service.queue(plainARN).journal.file.Close()
	file := filepath.Join(c.dir, account, region, "plain.log")
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	// The process was killed while it wrote.
	if _, err := f.WriteString(`{"m":{"id":"torn","b":"to`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	c.kill()
	if visible, inFlight := c.service.Depth(plainARN); visible+inFlight != 0 {
		t.Error("a queue exists that no template has")
	}
	c.put(plainARN, map[string]any{"VisibilityTimeout": 30})
	client = c.client("")
	if visible, inFlight := c.service.Depth(plainARN); visible != 10 || inFlight != 9 {
		t.Errorf("Depth = %d, %d, want 10, 9", visible, inFlight)
	}
	// A handle from before is still good.
	must[*sqs.DeleteMessageOutput](t)(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(plainURL), ReceiptHandle: got[1].ReceiptHandle}))
	send(t, client, plainURL, "after")
	c.kill()
	c.put(plainARN, nil)
	if visible, inFlight := c.service.Depth(plainARN); visible != 11 || inFlight != 8 {
		t.Errorf("Depth = %d, %d, want 11, 8", visible, inFlight)
	}
	if err := os.WriteFile(file, []byte("garbage\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: c.dir}); err == nil || !strings.Contains(err.Error(), "line 1 of ") {
		t.Errorf("a broken journal: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func TestJournalStaysShort(t *testing.T) {
	c := newCloud(t)
	c.put(plainARN, nil)
	q := c.service.queue(plainARN)
	now := c.Now()
	for range 12_000 {
		if _, problem := q.send(now, "x", []outgoing{{MessageBody: "x"}}); problem != nil {
			t.Fatal(problem)
		}
		taken, _, _, _, problem := q.take(now, 1, time.Hour)
		if problem != nil || len(taken) != 1 {
			t.Fatal(taken, problem)
		}
		if problem := q.delete(taken[0].handle()); problem != nil {
			t.Fatal(problem)
		}
	}
	if q.journal.lines > 10_001 || len(q.order) > 64 {
		t.Errorf("%d lines, %d messages for an empty queue", q.journal.lines, len(q.order))
	}
	if _, err := New(Options{Dir: c.dir}); err != nil {
		t.Error(err)
	}
}

func TestQueues(t *testing.T) {
	c := newCloud(t)
	client := c.client("")
	for _, name := range []string{"b", "a", "c"} {
		must[*sqs.CreateQueueOutput](t)(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"DelaySeconds": "3"}, Tags: map[string]string{"team": "x"}}))
	}
	must[*sqs.CreateQueueOutput](t)(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("a"), Attributes: map[string]string{"DelaySeconds": "3"}}))
	var names []string
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page := must[*sqs.ListQueuesOutput](t)(pages.NextPage(ctx))
		for _, url := range page.QueueUrls {
			names = append(names, url[strings.LastIndex(url, "/")+1:])
		}
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Errorf("ListQueues = %q", names)
	}
	url := aws.String("https://sqs.eu-central-1.amazonaws.com/111111111111/a")
	must[*sqs.SetQueueAttributesOutput](t)(client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "7",
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:111111111111:b","maxReceiveCount":3}`}}))
	attributes := must[*sqs.GetQueueAttributesOutput](t)(client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})).Attributes
	for name, want := range map[string]string{"VisibilityTimeout": "7", "DelaySeconds": "3", "MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:eu-central-1:111111111111:a", "ApproximateNumberOfMessages": "0"} {
		if attributes[name] != want {
			t.Errorf("%s = %q, want %q", name, attributes[name], want)
		}
	}
	sources := must[*sqs.ListDeadLetterSourceQueuesOutput](t)(client.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: aws.String(strings.TrimSuffix(*url, "a") + "b")}))
	if len(sources.QueueUrls) != 1 || sources.QueueUrls[0] != *url {
		t.Errorf("ListDeadLetterSourceQueues = %q", sources.QueueUrls)
	}
	must[*sqs.TagQueueOutput](t)(client.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"new": "y"}}))
	must[*sqs.UntagQueueOutput](t)(client.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"team"}}))
	c.kill()
	client = c.client("")
	if tags := must[*sqs.ListQueueTagsOutput](t)(client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: url})).Tags; len(tags) != 1 || tags["new"] != "y" {
		t.Errorf("tags = %v", tags)
	}
	send(t, client, *url, "x")
	must[*sqs.PurgeQueueOutput](t)(client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url}))
	must[*sqs.DeleteQueueOutput](t)(client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url}))
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}); codeOf(err) != "AWS.SimpleQueueService.NonExistentQueue" {
		t.Errorf("sending to a deleted queue: %v", err)
	}
	if got := c.service.Queues(); len(got) != 2 {
		t.Errorf("Queues = %q", got)
	}
}

func TestRetention(t *testing.T) {
	c := newCloud(t)
	c.put(plainARN, map[string]any{"MessageRetentionPeriod": 60})
	client := c.client("")
	send(t, client, plainURL, "old")
	c.pass(40 * time.Second)
	send(t, client, plainURL, "new")
	c.pass(21 * time.Second)
	if got := bodies(receive(t, client, plainURL)); got != "new" {
		t.Errorf("received %q", got)
	}
}

func TestTemplates(t *testing.T) {
	c := newCloud(t)
	c.put(plainARN, nil)
	client := c.client("")
	send(t, client, plainURL, "kept")
	r := resource.Resource{Stack: "cell", LogicalID: "plain", Type: "AWS::SQS::Queue", Account: account, Region: region, ARN: plainARN}
	if err := c.service.Delete(ctx, r); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(plainURL), MessageBody: aws.String("x")}); codeOf(err) != "AWS.SimpleQueueService.NonExistentQueue" {
		t.Errorf("sending to a queue that left: %v", err)
	}
	c.put(plainARN, nil)
	if got := bodies(receive(t, client, plainURL)); got != "kept" {
		t.Errorf("received %q", got)
	}
	for name, properties := range map[string]map[string]any{
		"too long":           {"VisibilityTimeout": 43201},
		"not the name of it": {"FifoQueue": true},
		"no dead letters":    {"RedrivePolicy": map[string]any{"maxReceiveCount": 3}},
	} {
		r.Properties = properties
		if err := c.service.Put(ctx, r); err == nil || !strings.HasPrefix(err.Error(), "creating queue ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.ARN = "arn:aws:sqs:eu-central-1:111111111111:../../x"
	if err := c.service.Put(ctx, r); err == nil {
		t.Error("a queue outside of the directory")
	}
}
