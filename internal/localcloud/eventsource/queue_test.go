package eventsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// fakeQueue shows what was received and not deleted again after a visibility timeout.
type fakeQueue struct {
	Queue
	mu         sync.Mutex
	messages   []*fakeMessage
	visibility time.Duration
	// failDelete makes that many deletions fail.
	failDelete int
	denied     error
	sent       chan struct{}
}

type fakeMessage struct {
	id, body string
	visible  time.Time
	received int
	deleted  bool
}

func newFakeQueue(bodies ...string) *fakeQueue {
	q := &fakeQueue{visibility: 30 * time.Millisecond, sent: make(chan struct{}, 1)}
	q.send(bodies...)
	return q
}

func (q *fakeQueue) send(bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range bodies {
		q.messages = append(q.messages, &fakeMessage{id: fmt.Sprintf("id-%d", len(q.messages)), body: b})
	}
	select {
	case q.sent <- struct{}{}:
	default:
	}
}

func (q *fakeQueue) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	out, err := q.receive(in)
	if err != nil || len(out.Messages) > 0 || in.WaitTimeSeconds == 0 {
		return out, err
	}
	select {
	case <-q.sent:
	case <-time.After(q.visibility):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return q.receive(in)
}

func (q *fakeQueue) receive(in *sqs.ReceiveMessageInput) (*sqs.ReceiveMessageOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.denied != nil {
		return nil, q.denied
	}
	out := &sqs.ReceiveMessageOutput{}
	for _, m := range q.messages {
		if m.deleted || time.Now().Before(m.visible) || len(out.Messages) == int(in.MaxNumberOfMessages) {
			continue
		}
		m.visible = time.Now().Add(q.visibility)
		m.received++
		out.Messages = append(out.Messages, types.Message{
			MessageId: &m.id, Body: &m.body, ReceiptHandle: aws.String("receipt-" + m.id), MD5OfBody: aws.String("md5"),
			Attributes:        map[string]string{"ApproximateReceiveCount": fmt.Sprint(m.received), "SentTimestamp": "1545082649183"},
			MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("a")}},
		})
	}
	return out, nil
}

func (q *fakeQueue) DeleteMessageBatch(_ context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(in.Entries) == 0 || len(in.Entries) > 10 {
		return nil, fmt.Errorf("%d entries", len(in.Entries))
	}
	out := &sqs.DeleteMessageBatchOutput{}
	for _, e := range in.Entries {
		if q.failDelete > 0 {
			q.failDelete--
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{Id: e.Id, Code: aws.String("InternalError")})
			continue
		}
		for _, m := range q.messages {
			if "receipt-"+m.id == *e.ReceiptHandle {
				m.deleted = true
			}
		}
	}
	return out, nil
}

func (q *fakeQueue) left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, m := range q.messages {
		if !m.deleted {
			n++
		}
	}
	return n
}

// consumer is an Invoker of a queue's function.
type consumer struct {
	mu      sync.Mutex
	batches [][]string
	now     int
	most    int
	last    []byte
	answer  func(e events.SQSEvent) (answer, functionError string, err error)
}

// atOnce is the most invocations that ran at the same time.
func (c *consumer) atOnce() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most
}

func (c *consumer) RoleOf(string) (string, bool) { return testRole, true }

func (c *consumer) Invoke(_ context.Context, _ string, payload []byte) ([]byte, string, error) {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, "", err
	}
	bodies := []string{}
	for _, m := range e.Records {
		bodies = append(bodies, m.Body)
	}
	c.mu.Lock()
	c.batches, c.last = append(c.batches, bodies), payload
	c.now++
	c.most = max(c.most, c.now)
	c.mu.Unlock()
	answer, functionError, err := "", "", error(nil)
	if c.answer != nil {
		answer, functionError, err = c.answer(e)
	}
	c.mu.Lock()
	c.now--
	c.mu.Unlock()
	return []byte(answer), functionError, err
}

func (c *consumer) came() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return distinct(c.batches)
}

func startQueue(t *testing.T, q *fakeQueue, c *consumer, properties map[string]any) *Service {
	t.Helper()
	s, err := New(Options{
		Functions: c, Dir: t.TempDir(), RetryDelay: time.Millisecond, MaxRetryDelay: 5 * time.Millisecond, Log: func(line string) { t.Log(line) },
		Connect: func(string, string) (Streams, Queue) { return nil, q },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	all := map[string]any{"EventSourceArn": testQueue, "FunctionName": "indexer"}
	for k, v := range properties {
		all[k] = v
	}
	if err := s.Put(t.Context(), resource.Resource{Stack: "s", LogicalID: "l", Account: "111111111111", Region: "eu-central-1", Name: "u", Properties: all}); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestQueueToFunction(t *testing.T) {
	q := newFakeQueue("a")
	c := &consumer{}
	s := startQueue(t, q, c, nil)
	until(t, "the message is deleted", func() bool { return q.left() == 0 })
	const want = `{"Records":[{"messageId":"id-0","receiptHandle":"receipt-id-0","body":"a","attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183"},` +
		`"messageAttributes":{"kind":{"stringValue":"a","stringListValues":[],"binaryListValues":[],"dataType":"String"}},"md5OfBody":"md5",` +
		`"eventSource":"aws:sqs","eventSourceARN":"` + testQueue + `","awsRegion":"eu-central-1"}]}`
	if string(c.last) != want {
		t.Errorf("payload = %s, want %s", c.last, want)
	}
	until(t, "the state is Enabled", func() bool {
		m := s.Status()[0]
		return m.State == "Enabled" && m.LastResult == "OK" && m.LagRecords == 0 && m.InFlight == 0
	})
}

// TestQueueFailures has a message that fails twice, in the ways that a function can fail.
func TestQueueFailures(t *testing.T) {
	for _, way := range []string{"error", "report", "not called"} {
		t.Run(way, func(t *testing.T) {
			q := newFakeQueue("a", "bad", "c")
			q.failDelete = 1
			var mu sync.Mutex
			failed := 0
			c := &consumer{answer: func(e events.SQSEvent) (string, string, error) {
				mu.Lock()
				defer mu.Unlock()
				i := slices.IndexFunc(e.Records, func(m events.SQSMessage) bool { return m.Body == "bad" })
				if i < 0 || failed == 2 {
					return `{"batchItemFailures":[]}`, "", nil
				}
				failed++
				switch way {
				case "error":
					return "", "Unhandled", nil
				case "report":
					return fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":%q}]}`, e.Records[i].MessageId), "", nil
				}
				return "", "", errors.New("throttled")
			}}
			properties := map[string]any{}
			if way == "report" {
				properties["FunctionResponseTypes"] = []any{"ReportBatchItemFailures"}
			}
			startQueue(t, q, c, properties)
			until(t, "all are deleted", func() bool { return q.left() == 0 })
			if got := fmt.Sprint(c.came()); got != "[a bad c]" {
				t.Errorf("came: %s", got)
			}
			if n := q.messages[0].received; way == "report" && n != 1 {
				t.Errorf("a was received %d times, want once", n)
			}
		})
	}
}

func TestQueueFilters(t *testing.T) {
	q := newFakeQueue(`{"kind":"yes"}`, `{"kind":"no"}`, "text")
	c := &consumer{}
	startQueue(t, q, c, map[string]any{"FilterCriteria": map[string]any{"Filters": []any{map[string]any{"Pattern": `{"body":{"kind":["yes"]}}`}}}})
	until(t, "all are deleted", func() bool { return q.left() == 0 })
	if got := fmt.Sprint(c.came()); got != `[{"kind":"yes"}]` {
		t.Errorf("came: %s", got)
	}
}

func TestQueueConcurrency(t *testing.T) {
	var bodies []string
	for i := range 60 {
		bodies = append(bodies, fmt.Sprintf("m%02d", i))
	}
	q := newFakeQueue(bodies...)
	q.visibility = time.Minute
	release := make(chan struct{})
	c := &consumer{answer: func(events.SQSEvent) (string, string, error) { <-release; return "", "", nil }}
	startQueue(t, q, c, map[string]any{"BatchSize": 1, "ScalingConfig": map[string]any{"MaximumConcurrency": 3}})
	until(t, "three invocations wait", func() bool { return c.atOnce() == 3 })
	for range bodies {
		release <- struct{}{}
	}
	until(t, "all are deleted", func() bool { return q.left() == 0 })
	if c.atOnce() != 3 {
		t.Errorf("%d invocations at the same time, want 3", c.atOnce())
	}
}

func TestQueueWindow(t *testing.T) {
	q := newFakeQueue("a", "b")
	q.visibility = time.Minute
	c := &consumer{}
	startQueue(t, q, c, map[string]any{"BatchSize": 20, "MaximumBatchingWindowInSeconds": 1})
	q.send("c")
	until(t, "all are deleted", func() bool { return q.left() == 0 })
	if got := fmt.Sprint(c.batches); got != "[[a b c]]" {
		t.Errorf("batches = %s", got)
	}
}

func TestQueueDenied(t *testing.T) {
	q := newFakeQueue("a")
	q.denied = errors.New("not authorized to perform: sqs:ReceiveMessage")
	s := startQueue(t, q, &consumer{}, nil)
	until(t, "the problem is shown", func() bool {
		return s.Status()[0].State == "Problem: queue: not authorized to perform: sqs:ReceiveMessage"
	})
	q.mu.Lock()
	q.denied = nil
	q.mu.Unlock()
	until(t, "the message is deleted", func() bool { return q.left() == 0 })
}
