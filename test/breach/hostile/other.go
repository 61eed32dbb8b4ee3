package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	functions "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const group4 = "STS, Lambda, SQS, logs"

// with is the same request with other credentials.
func with(c *clients, provider aws.CredentialsProvider) *clients {
	cfg := c.cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(provider)
	return newClients(cfg)
}

func getItem(ctx context.Context, c *clients, b Target) error {
	_, err := c.dynamo.GetItem(ctx, &dynamodb.GetItemInput{TableName: &b.KittensTable, Key: key(b)})
	return err
}

var otherAttempts = []attempt{
	{"AssumeRole of every role", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		for _, role := range b.RoleARNs {
			if _, err := c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("hostile")}); err == nil {
				return nil
			} else if err := reached(err); err != nil && role == b.RoleARNs[len(b.RoleARNs)-1] {
				return err
			}
		}
		return errors.New("no roles")
	}},
	{"AssumeRole with session tags of the other", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(b.RoleARNs[0]), RoleSessionName: aws.String("hostile"),
			Tags: []ststypes.Tag{{Key: aws.String("billing-account"), Value: aws.String(b.BillingAccount)}}})
		return err
	}},
	{"Invoke", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.lambda.Invoke(ctx, &functions.InvokeInput{FunctionName: &b.FunctionARN, Payload: []byte("{}")})
		return err
	}},
	{"GetFunction", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.lambda.GetFunction(ctx, &functions.GetFunctionInput{FunctionName: &b.FunctionARN})
		return err
	}},
	{"UpdateFunctionConfiguration", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.lambda.UpdateFunctionConfiguration(ctx, &functions.UpdateFunctionConfigurationInput{FunctionName: &b.FunctionARN, Timeout: aws.Int32(1)})
		return err
	}},
	{"FilterLogEvents", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &b.LogGroup})
		return err
	}},
	{"DescribeLogStreams", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &b.LogGroup})
		return err
	}},
	{"PutLogEvents", group4, true, func(ctx context.Context, c *clients, _, b Target) error {
		stream := aws.String("hostile-" + time.Now().Format("150405.000000000"))
		if _, err := c.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &b.LogGroup, LogStreamName: stream}); err != nil {
			return err
		}
		_, err := c.logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &b.LogGroup, LogStreamName: stream,
			LogEvents: []logtypes.InputLogEvent{{Message: aws.String("forged"), Timestamp: aws.Int64(time.Now().UnixMilli())}}})
		return err
	}},
	{"ReceiveMessage from the dead letters", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &b.QueueURL})
		return err
	}},
	{"SendMessage to the dead letters", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &b.QueueURL, MessageBody: aws.String("{}")})
		return err
	}},
	{"GetParameter", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &b.Parameter})
		return reached(err, "ParameterNotFound")
	}},
	{"PutParameter that moves the search endpoint", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		_, err := c.ssm.PutParameter(ctx, &ssm.PutParameterInput{Name: &b.Parameter, Value: aws.String("https://evil.example"), Overwrite: aws.Bool(true)})
		return err
	}},
	{"a call without credentials", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		return getItem(ctx, with(c, aws.AnonymousCredentials{}), b)
	}},
	{"a call with the access key but without its session token", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		return getItem(ctx, with(c, credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), "")), b)
	}},
	{"a call with a made-up key", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		return getItem(ctx, with(c, credentials.NewStaticCredentialsProvider("AKIA"+b.AWSAccount+"AAAA", strings.Repeat("a", 40), "")), b)
	}},
	{"a call with a changed session token", group4, false, func(ctx context.Context, c *clients, _, b Target) error {
		token := []byte(os.Getenv("AWS_SESSION_TOKEN"))
		token[len(token)/2] ^= 1
		return getItem(ctx, with(c, credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), string(token))), b)
	}},
	{"the control API of the local cloud", group4, false, func(ctx context.Context, c *clients, _, _ Target) error {
		url := strings.Replace(os.Getenv("AWS_ENDPOINT_URL"), "127.0.0.1", "localhost", 1) + "/_control/credentials"
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		return send(c, req)
	}},
}
