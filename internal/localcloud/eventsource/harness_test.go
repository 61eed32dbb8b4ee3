package eventsource

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tenantstack/tenantstack/internal/localcloud/engine/enginetest"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	testFunction = "arn:aws:lambda:eu-central-1:111111111111:function:indexer"
	testRole     = "arn:aws:iam::111111111111:role/indexer"
	testQueue    = "arn:aws:sqs:eu-central-1:111111111111:letters"
)

// function is an Invoker whose behaviour a test gives; it keeps what it was called with.
type function struct {
	mu    sync.Mutex
	calls [][]events.DynamoDBEventRecord
	// answer decides of a call; nil takes all.
	answer func(records []events.DynamoDBEventRecord) (answer, functionError string, err error)
	// called gets a value after each call.
	called chan struct{}
	gone   bool
	role   string
}

func newFunction(answer func([]events.DynamoDBEventRecord) (string, string, error)) *function {
	return &function{answer: answer, called: make(chan struct{}, 100_000), role: testRole}
}

func (f *function) RoleOf(string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.role, !f.gone
}

func (f *function) Invoke(ctx context.Context, _ string, payload []byte) ([]byte, string, error) {
	var e events.DynamoDBEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, "", err
	}
	f.mu.Lock()
	f.calls = append(f.calls, e.Records)
	decide := f.answer
	f.mu.Unlock()
	defer func() { f.called <- struct{}{} }()
	if decide == nil {
		return []byte("null"), "", ctx.Err()
	}
	answer, functionError, err := decide(e.Records)
	return []byte(answer), functionError, err
}

// batches are what it was called with so far, as the sort keys of the records.
func (f *function) batches() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([][]string, len(f.calls))
	for i, call := range f.calls {
		out[i] = idsOf(call)
	}
	return out
}

func idsOf(records []events.DynamoDBEventRecord) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = r.Change.Keys["id"].String()
	}
	return out
}

// letters is an SQS queue that takes what is sent, unless it is told to fail.
type letters struct {
	Queue
	mu     sync.Mutex
	fail   error
	bodies []string
	urls   []string
}

func (l *letters) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return nil, l.fail
	}
	l.bodies, l.urls = append(l.bodies, *in.MessageBody), append(l.urls, *in.QueueUrl)
	return &sqs.SendMessageOutput{}, nil
}

func (l *letters) all(t *testing.T) []failureRecord {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []failureRecord
	for _, b := range l.bodies {
		var f failureRecord
		if err := json.Unmarshal([]byte(b), &f); err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// table is a table of DynamoDB Local with a stream; its keys are p and id.
type table struct {
	t         testing.TB
	client    *dynamodb.Client
	streams   *dynamodbstreams.Client
	name, arn string
}

func newTable(t testing.TB) *table {
	t.Helper()
	endpoint := enginetest.DynamoDB(t)
	cfg := enginetest.Config()
	k := &table{
		t: t, name: enginetest.Unique("table"),
		client:  dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &endpoint }),
		streams: dynamodbstreams.NewFromConfig(cfg, func(o *dynamodbstreams.Options) { o.BaseEndpoint = &endpoint; o.RetryMaxAttempts = 1 }),
	}
	out, err := k.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &k.name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("id"), KeyType: types.KeyTypeRange},
		},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		t.Fatal(err)
	}
	k.arn = *out.TableDescription.LatestStreamArn
	return k
}

// put writes an item whose attribute n is a number.
func (k *table) put(id string, n int) {
	k.t.Helper()
	_, err := k.client.PutItem(k.t.Context(), &dynamodb.PutItemInput{TableName: &k.name, Item: map[string]types.AttributeValue{
		"p": &types.AttributeValueMemberS{Value: "p"}, "id": &types.AttributeValueMemberS{Value: id},
		"n": &types.AttributeValueMemberN{Value: fmt.Sprint(n)},
	}})
	if err != nil {
		k.t.Fatal(err)
	}
}

// setup is a service with a mapping from a stream to a function.
type setup struct {
	t        *testing.T
	service  *Service
	options  Options
	function *function
	letters  *letters
	mapping  resource.Resource
}

func newSetup(t *testing.T, streams Streams, source string, f *function, properties map[string]any) *setup {
	t.Helper()
	s := &setup{t: t, function: f, letters: &letters{}}
	all := map[string]any{
		"EventSourceArn": source, "FunctionName": "indexer", "StartingPosition": "TRIM_HORIZON",
		"BatchSize": json.Number("10"),
	}
	for name, v := range properties {
		all[name] = v
	}
	s.mapping = resource.Resource{
		Stack: "cell", LogicalID: "Stream", Type: "AWS::Lambda::EventSourceMapping", Account: "111111111111", Region: "eu-central-1",
		Name: "11111111-2222-3333-4444-555555555555", Properties: all,
	}
	s.options = Options{
		Functions: f, Dir: t.TempDir(), PollInterval: 20 * time.Millisecond, RetryDelay: time.Millisecond, MaxRetryDelay: 5 * time.Millisecond,
		Connect: func(string, string) (Streams, Queue) { return streams, s.letters },
		Log:     func(line string) { t.Log(line) },
	}
	return s
}

// start makes the service and puts the mapping.
func (s *setup) start() {
	s.t.Helper()
	var err error
	if s.service, err = New(s.options); err != nil {
		s.t.Fatal(err)
	}
	s.put()
	service := s.service
	s.t.Cleanup(func() { service.Close() })
}

func (s *setup) put() {
	s.t.Helper()
	if err := s.service.Put(s.t.Context(), s.mapping); err != nil {
		s.t.Fatal(err)
	}
}

func (s *setup) status() Mapping {
	s.t.Helper()
	all := s.service.Status()
	if len(all) != 1 {
		s.t.Fatalf("status = %+v, want one mapping", all)
	}
	return all[0]
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waiting until %s: it did not happen", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func copyDir(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
