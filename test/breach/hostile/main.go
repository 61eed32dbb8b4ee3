// Command hostile is a Lambda function that does what an attacker would do who runs code in a
// tenant's function: with the function's ordinary credentials it tries to reach what belongs to
// another tenant. It tells what became of every attempt. It is a test fixture.
package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	functions "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/test/breach/target"
)

// Target, Event and Outcome are what the function and its caller tell each other.
type (
	Target  = target.Target
	Event   = target.Event
	Outcome = target.Outcome
)

// attempt is one way to reach data.
type attempt struct {
	name, group string
	// own says that the function's role may do it with its own data. Calls without it are
	// refused for everything.
	own bool
	// do tries it on b with what else is a's.
	do func(ctx context.Context, c *clients, a, b Target) error
}

// clients of the services, with the function's credentials.
type clients struct {
	cfg     aws.Config
	http    *http.Client
	dynamo  *dynamodb.Client
	streams *dynamodbstreams.Client
	s3      *s3.Client
	sqs     *sqs.Client
	ssm     *ssm.Client
	sts     *sts.Client
	lambda  *functions.Client
	logs    *cloudwatchlogs.Client
}

func newClients(cfg aws.Config) *clients {
	// Refusals are not tried again.
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return &clients{
		cfg: cfg, http: &http.Client{Timeout: 5 * time.Second}, dynamo: dynamodb.NewFromConfig(cfg), streams: dynamodbstreams.NewFromConfig(cfg),
		s3: s3.NewFromConfig(cfg), sqs: sqs.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg),
		lambda: functions.NewFromConfig(cfg), logs: cloudwatchlogs.NewFromConfig(cfg),
	}
}

func main() { lambda.Start(handle) }

func handle(ctx context.Context, e Event) ([]Outcome, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	c := newClients(cfg)
	var outcomes []Outcome
	for _, list := range [][]attempt{dynamoAttempts, searchAttempts, s3Attempts, otherAttempts} {
		for _, a := range list {
			o := Outcome{Name: a.name, Group: a.group, OwnAllowed: a.own}
			o.Victim, o.VictimCode = outcome(a.do(ctx, c, e.Own, e.Victim))
			o.Own, o.OwnCode = outcome(a.do(ctx, c, e.Own, e.Own))
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, nil
}

// refusal is an answer of a service that is no API error of the SDK.
type refusal struct {
	code, message string
}

func (r refusal) Error() string { return r.code + ": " + r.message }

func outcome(err error) (text, code string) {
	var api smithy.APIError
	var refused refusal
	switch {
	case err == nil:
		return "ok", ""
	case errors.As(err, &api):
		return api.ErrorCode() + ": " + api.ErrorMessage(), api.ErrorCode()
	case errors.As(err, &refused):
		return refused.Error(), refused.code
	default:
		return err.Error(), "?"
	}
}
