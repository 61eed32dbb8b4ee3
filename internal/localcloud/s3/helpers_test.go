package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

const (
	account = "111111111111"
	other   = "222222222222"
	region  = "eu-central-1"
)

// clock is real time, moved on.
type clock struct {
	mu   sync.Mutex
	plus time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.plus)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plus += d
}

// cloud is a service behind a front, as the local cloud has it.
type cloud struct {
	t       testing.TB
	gate    *gate.Gate
	service *Service
	server  *httptest.Server
	clock   *clock

	mu     sync.Mutex
	events []Event
}

func newCloud(t testing.TB) *cloud { return newCloudIn(t, t.TempDir()) }

func newCloudIn(t testing.TB, dir string) *cloud {
	t.Helper()
	c := &cloud{t: t, clock: &clock{}}
	var err error
	if c.gate, err = gate.New(gate.Options{Key: []byte(strings.Repeat("k", 32)), Now: c.clock.now}); err != nil {
		t.Fatal(err)
	}
	c.service, err = New(context.Background(), Options{
		Gate: c.gate, Dir: dir, Now: c.clock.now, Endpoint: func() string { return c.server.URL }, Log: func(message string) { t.Log(message) },
		Localize: func(origin string) string {
			return strings.Replace(origin, "http://tenant.localhost:4566", "https://tenant.example.com", 1)
		},
		OnObject: func(e Event) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.events = append(c.events, e)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	front := gate.NewFront(c.gate)
	front.HandleS3(c.service)
	c.server = httptest.NewServer(front)
	t.Cleanup(c.close)
	return c
}

func (c *cloud) close() {
	c.server.Close()
	if c.service != nil {
		if err := c.service.Close(); err != nil {
			c.t.Error(err)
		}
	}
	c.service = nil
}

// bucket creates a bucket with properties from a template.
func (c *cloud) bucket(name string, properties map[string]any) {
	c.t.Helper()
	c.bucketOf(account, name, properties)
}

func (c *cloud) bucketOf(account, name string, properties map[string]any) {
	c.t.Helper()
	r := resource.Resource{Stack: "stack", LogicalID: "Bucket", Type: bucketType, Account: account, Region: region, Name: name, Properties: properties}
	if err := c.service.Put(context.Background(), r); err != nil {
		c.t.Fatal(err)
	}
}

// policy sets the bucket policy from a template.
func (c *cloud) policy(bucket string, statements ...map[string]any) {
	c.t.Helper()
	if err := c.tryPolicy(bucket, statements...); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cloud) tryPolicy(bucket string, statements ...map[string]any) error {
	var list []any
	for _, s := range statements {
		list = append(list, s)
	}
	return c.service.Put(context.Background(), resource.Resource{
		Stack: "stack", LogicalID: "Policy", Type: policyType, Account: c.service.buckets.get(bucket).Account, Region: region,
		Properties: map[string]any{"Bucket": bucket, "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": list}},
	})
}

// notPublic lets a bucket have a public policy.
var openBucket = map[string]any{"PublicAccessBlockConfiguration": map[string]any{"BlockPublicPolicy": false}}

// role is a session of a role with a policy.
func (c *cloud) role(account, name string, statements ...iam.Statement) gate.Credentials {
	c.t.Helper()
	arn := "arn:aws:iam::" + account + ":role/" + name
	c.gate.PutRole(gate.Role{
		ARN: arn, Name: name, Account: account, Identity: []iam.Document{iam.NewDocument(statements...)},
		Trust: iam.NewDocument(iam.Statement{Effect: iam.Allow, Principal: map[string][]string{"Service": {"lambda.amazonaws.com"}}, Action: []string{"sts:AssumeRole"}}),
	})
	credentials, _, err := c.gate.ServiceSession("lambda.amazonaws.com", arn, "session", time.Hour)
	if err != nil {
		c.t.Fatal(err)
	}
	return credentials
}

func allow(actions []string, resources ...string) iam.Statement {
	return iam.Statement{Effect: iam.Allow, Action: actions, Resource: resources}
}

// client is the SDK with credentials.
func (c *cloud) client(k gate.Credentials, options ...func(*awss3.Options)) *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: aws.String(c.server.URL), UsePathStyle: true, Region: region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken),
	}, options...)
}

func (c *cloud) operator(options ...func(*awss3.Options)) *awss3.Client {
	return c.client(c.gate.Operator(account), options...)
}

// put stores an object.
func put(t testing.TB, client *awss3.Client, bucket, key, body string) *awss3.PutObjectOutput {
	t.Helper()
	out, err := client.PutObject(context.Background(), &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)})
	if err != nil {
		t.Fatalf("putting %q: %v", key, err)
	}
	return out
}

func get(client *awss3.Client, bucket, key string) (string, error) {
	out, err := client.GetObject(context.Background(), &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return "", err
	}
	defer func() { _ = out.Body.Close() }()
	body, err := io.ReadAll(out.Body)
	return string(body), err
}

// code of an error, its status if the answer has none, empty if there is no error.
func code(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api):
		return api.ErrorCode()
	}
	return err.Error()
}

func wantCode(t testing.TB, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("error %q (%v), want %q", got, err, want)
	}
}

// do sends a request and reads the answer.
func do(t testing.TB, r *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func request(t testing.TB, method, url, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// unquery decodes encoding-type=url.
func unquery(s string) (string, error) { return url.QueryUnescape(s) }
