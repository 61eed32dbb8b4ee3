package eventsource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// Streams is the part of DynamoDB Streams that a mapping uses.
type Streams interface {
	DescribeStream(context.Context, *dynamodbstreams.DescribeStreamInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
}

// Queue is the part of SQS that a mapping uses.
type Queue interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
}

// clients act with the role of a mapping's function.
type clients struct {
	role, endpoint string
	streams        Streams
	queue          Queue
}

const (
	// service assumes the roles of functions.
	service = "lambda.amazonaws.com"
	// sessionDuration is the longest session that any role allows.
	sessionDuration = time.Hour
	// sessionMargin is how long before its end a session is renewed.
	sessionMargin = 5 * time.Minute
	// requestTimeout is longer than the longest poll of a queue, 20 s.
	requestTimeout = time.Minute
)

func newHTTPClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 512
	return &http.Client{Transport: t, Timeout: requestTimeout}
}

// clients are made anew when the function has another role or the local cloud another address.
func (m *mapping) clients() (*clients, error) {
	role, ok := m.service.options.Functions.RoleOf(m.settings.function)
	if !ok {
		return nil, fmt.Errorf("finding the role of %s: there is no such function", m.settings.function)
	}
	endpoint := ""
	if m.service.options.Endpoint != nil {
		endpoint = m.service.options.Endpoint()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.client; c != nil && c.role == role && c.endpoint == endpoint {
		return c, nil
	}
	c := &clients{role: role, endpoint: endpoint}
	if connect := m.service.options.Connect; connect != nil {
		c.streams, c.queue = connect(role, m.settings.region)
	} else {
		c.streams, c.queue = m.connect(role, endpoint)
	}
	m.client = c
	return c, nil
}

// connect makes clients that sign with sessions of the role. They do not retry: a mapping knows
// better when to read again.
func (m *mapping) connect(role, endpoint string) (Streams, Queue) {
	name := "awslambda_" + m.settings.uuid
	if len(name) > 64 {
		name = name[:64]
	}
	g := m.service.options.Gate
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c, _, err := g.ServiceSession(service, role, name, sessionDuration)
		if err != nil {
			return aws.Credentials{}, err
		}
		return aws.Credentials{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			CanExpire: true, Expires: c.Expiration, Source: "event source mapping",
		}, nil
	})
	cfg := aws.Config{
		Region: m.settings.region, HTTPClient: m.service.http, BaseEndpoint: &endpoint,
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) {
			o.ExpiryWindow = sessionMargin
		}),
	}
	return dynamodbstreams.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
}

// refused are the codes after which a new session is asked for: the role may have changed.
var refused = map[string]bool{
	"AccessDeniedException": true, "AccessDenied": true, "UnrecognizedClientException": true,
	"ExpiredTokenException": true, "InvalidClientTokenId": true, "ExpiredToken": true,
}

// renew drops the clients if an error says that their session is of no use.
func (m *mapping) renew(err error) {
	var api smithy.APIError
	if errors.As(err, &api) && refused[api.ErrorCode()] {
		m.mu.Lock()
		m.client = nil
		m.mu.Unlock()
	}
}

// short is an error without what the SDK says of the HTTP request.
func short(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return err.Error()
}
