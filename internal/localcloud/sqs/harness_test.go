package sqs

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	account  = "111111111111"
	region   = "eu-central-1"
	deadARN  = "arn:aws:sqs:eu-central-1:111111111111:kittens_cell_eu-1_IndexerDeadLetters"
	deadURL  = "https://sqs.eu-central-1.amazonaws.com/111111111111/kittens_cell_eu-1_IndexerDeadLetters"
	indexer  = "arn:aws:iam::111111111111:role/kittens/cell/eu-1/kittens_cell_eu-1_Indexer_eu-central-1"
	stranger = "arn:aws:iam::222222222222:role/stranger"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// cloud is a gate with a front and the service behind it.
type cloud struct {
	*clock
	t       *testing.T
	gate    *gate.Gate
	dir     string
	service *Service
	front   *httptest.Server
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{clock: &clock{now: time.Now()}, t: t, dir: t.TempDir()}
	// The SDK signs with the real time.
	g, err := gate.New(gate.Options{Key: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	c.gate = g
	trust := document(t, iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	g.PutRole(gate.Role{ARN: indexer, Name: "kittens_cell_eu-1_Indexer_eu-central-1", Account: account, Trust: trust, Identity: []iam.Document{document(t, iam.Identity,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ChangeMessageVisibility","sqs:DeleteMessage","sqs:ReceiveMessage","sqs:SendMessage"],"Resource":"`+deadARN+`"}]}`)}})
	g.PutRole(gate.Role{ARN: stranger, Name: "stranger", Account: "222222222222", Trust: trust, Identity: []iam.Document{document(t, iam.Identity,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}`)}})
	c.open()
	t.Cleanup(c.close)
	return c
}

func document(t *testing.T, kind iam.Kind, text string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (c *cloud) open() {
	c.t.Helper()
	s, err := New(Options{Dir: c.dir, Now: c.Now, Log: func(line string) { c.t.Log(line) }})
	if err != nil {
		c.t.Fatal(err)
	}
	c.service = s
	front := gate.NewFront(c.gate)
	front.Handle("sqs", s)
	c.front = httptest.NewServer(front)
}

func (c *cloud) close() {
	if err := c.service.Close(); err != nil {
		c.t.Error(err)
	}
	c.front.Close()
}

// kill opens the files of the service again as they are, without closing it first.
func (c *cloud) kill() {
	c.t.Helper()
	c.front.Close()
	c.open()
}

func (c *cloud) put(arn string, properties map[string]any) {
	c.t.Helper()
	r := resource.Resource{Stack: "cell", LogicalID: arn[strings.LastIndex(arn, ":")+1:], Type: "AWS::SQS::Queue", Account: account, Region: region, ARN: arn, Properties: properties}
	if err := c.service.Put(context.Background(), r); err != nil {
		c.t.Fatal(err)
	}
}

func policyResource(queueURL string, document any) resource.Resource {
	return resource.Resource{Stack: "cell", LogicalID: "Policy", Type: "AWS::SQS::QueuePolicy", Account: account, Region: region,
		Properties: map[string]any{"Queues": []any{queueURL}, "PolicyDocument": document}}
}

// client is the SDK with a role's session, or as the operator if role is empty.
func (c *cloud) client(role string) *sqs.Client {
	c.t.Helper()
	keys := c.gate.Operator(account)
	if role != "" {
		var err error
		if keys, _, err = c.gate.ServiceSession("lambda.amazonaws.com", role, "test", time.Hour); err != nil {
			c.t.Fatal(err)
		}
	}
	return sqs.NewFromConfig(aws.Config{
		Region: region, Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken),
		BaseEndpoint: aws.String(c.front.URL), RetryMaxAttempts: 1,
	})
}

// must fails the test where err is not nil.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// codeOf is the code of an error of AWS; empty for none.
func codeOf(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}
