package logs

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

const (
	account = "111111111111"
	region  = "eu-central-1"
	roleARN = "arn:aws:iam::111111111111:role/Writer"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} }

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// cloud is a front with the logs in it.
type cloud struct {
	*Service
	clock *clock
	gate  *gate.Gate
	url   string
}

func newCloud(t *testing.T, dir string) *cloud {
	t.Helper()
	g, err := gate.New(gate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	parse := func(kind iam.Kind, text string) iam.Document {
		d, err := iam.Parse([]byte(text), kind)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	g.PutRole(gate.Role{ARN: roleARN, Name: "Writer", Account: account,
		Trust: parse(iam.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Identity: []iam.Document{parse(iam.Identity, `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:FilterLogEvents"],"Resource":"arn:aws:logs:eu-central-1:111111111111:log-group:/app/a:*"},
			{"Effect":"Allow","Action":["logs:GetLogEvents","logs:TagResource"],"Resource":"arn:aws:logs:eu-central-1:111111111111:log-group:/app/a"}]}`)}})
	c := newClock()
	s, err := New(Options{Gate: g, Dir: dir, Now: c.read, Log: func(m string) { t.Error(m) }})
	if err != nil {
		t.Fatal(err)
	}
	front := gate.NewFront(g)
	front.Handle("logs", s)
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	return &cloud{s, c, g, server.URL}
}

func (c *cloud) client(k gate.Credentials) *cloudwatchlogs.Client {
	return cloudwatchlogs.New(cloudwatchlogs.Options{Region: region, BaseEndpoint: &c.url,
		Credentials: credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken)})
}

func (c *cloud) operator() *cloudwatchlogs.Client { return c.client(c.gate.Operator(account)) }

func (c *cloud) writer(t *testing.T) *cloudwatchlogs.Client {
	t.Helper()
	k, _, err := c.gate.ServiceSession("lambda.amazonaws.com", roleARN, "fn", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c.client(k)
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}
