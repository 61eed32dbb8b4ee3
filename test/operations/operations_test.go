package operations

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"github.com/tenantstack/tenantstack/internal/localcloud"
	"github.com/tenantstack/tenantstack/test/localtest"
)

// operation does an action as a role, and holds what AWS documents of its answer and of an error.
type operation func(*try)

// operations by the action that they need.
var operations = map[string]operation{
	"dynamodb:BatchGetItem": batchGetItem, "dynamodb:BatchWriteItem": batchWriteItem, "dynamodb:ConditionCheckItem": conditionCheckItem,
	"dynamodb:DeleteItem": deleteItem, "dynamodb:GetItem": getItem, "dynamodb:PutItem": putItem, "dynamodb:Query": query, "dynamodb:UpdateItem": updateItem,
	"dynamodb:DescribeStream": describeStream, "dynamodb:GetRecords": getRecords, "dynamodb:GetShardIterator": getShardIterator, "dynamodb:ListStreams": listStreams,
	"es:ESHttpPost": searchPost, "es:ESHttpPut": searchPut,
	"lambda:InvokeFunction": invokeFunction,
	"logs:CreateLogGroup":   createLogGroup, "logs:CreateLogStream": createLogStream, "logs:DescribeLogGroups": describeLogGroups,
	"logs:DescribeLogStreams": describeLogStreams, "logs:FilterLogEvents": filterLogEvents, "logs:GetLogEvents": getLogEvents, "logs:PutLogEvents": putLogEvents,
	"s3:DeleteObject": deleteObject, "s3:GetObject": getObject, "s3:PutObject": putObject,
	"sqs:ChangeMessageVisibility": changeMessageVisibility, "sqs:DeleteMessage": deleteMessage, "sqs:ReceiveMessage": receiveMessage, "sqs:SendMessage": sendMessage,
	"ssm:GetParameter": getParameter, "sts:AssumeRole": assumeRole,
	"xray:PutTelemetryRecords": traces("TelemetryRecords"), "xray:PutTraceSegments": traces("TraceSegments"),
}

// try is one grant that is used.
type try struct {
	*testing.T
	cloud *localtest.Cloud
	grant grant
	ctx   context.Context
}

// stacks whose roles are tried: one that shares tables and search with others, with several keys, one that has its own in
// an account of its own, and a cell.
var stacks = []string{"whisker-world", "acme", "eu-1"}

func TestOperations(t *testing.T) {
	granted := grants(t)
	c := localtest.Start(t, localcloud.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	for _, action := range slices.Sorted(maps.Keys(granted)) {
		do := operations[action]
		if do == nil {
			continue // which TestEveryActionHasACase says
		}
		// Of statements that are alike, one is tried in a stack.
		tried := map[string]bool{}
		for _, g := range granted[action] {
			for _, stack := range stacks {
				kind := stack + " " + g.statement.Sid
				if tried[kind] || !strings.Contains(g.role.Name+"_"+strings.ReplaceAll(g.role.Path, "/", "_"), "_"+stack+"_") {
					continue
				}
				tried[kind] = true
				t.Run(action+"/"+g.String(), func(t *testing.T) { do(&try{t, c, g, ctx}) })
			}
		}
		if len(tried) == 0 {
			t.Errorf("no role of %q may do %s: %v", stacks, action, granted[action])
		}
	}
}

// resource is the first that the statement names, in the parts of an ARN.
func (x *try) resource() (arn, account, region, rest string) {
	x.Helper()
	arn = x.grant.statement.Resource[0]
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return arn, x.account(), x.region(), arn
	}
	return arn, parts[4], parts[3], parts[5]
}

// account of the role, and the region of its stack.
func (x *try) account() string { return strings.Split(x.grant.role.Arn, ":")[4] }

func (x *try) region() string {
	x.Helper()
	for _, r := range x.cloud.Resources() {
		if r.Type == "AWS::IAM::Role" && r.ARN == x.grant.role.Arn {
			return r.Region
		}
	}
	x.Fatalf("no stack has the role %s", x.grant.role.Arn)
	return ""
}

// role is a configuration of the SDK as the role, without attempts to try again.
func (x *try) role() aws.Config { return once(x.cloud.AWS("", x.grant.role.Arn, x.region())) }

// operator is one of whoever may do everything in the role's account.
func (x *try) operator() aws.Config { return once(x.cloud.AWS(x.account(), "", x.region())) }

func once(c aws.Config) aws.Config {
	c.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return c
}

// ok ends the case with an error.
func (x *try) ok(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// code of an error, empty if there is none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// wants holds the code of an error and a part of its text.
func (x *try) wants(err error, want, text string) {
	x.Helper()
	if code(err) != want || !strings.Contains(err.Error(), text) {
		x.Errorf("error %v, want %s: …%s…", err, want, text)
	}
}

// send sends a signed request to a service that has no client here, and reads the answer.
func (x *try) send(method, url, service, body string) (int, string) {
	x.Helper()
	return x.as(x.role(), method, url, service, body)
}

func (x *try) as(config aws.Config, method, url, service, body string) (int, string) {
	x.Helper()
	r, err := http.NewRequestWithContext(x.ctx, method, url, bytes.NewReader([]byte(body)))
	x.ok(err)
	r.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256([]byte(body))
	who, err := config.Credentials.Retrieve(x.ctx)
	x.ok(err)
	x.ok(v4.NewSigner().SignHTTP(x.ctx, who, r, hex.EncodeToString(sum[:]), service, config.Region, time.Now()))
	answer, err := x.cloud.HTTP.Do(r)
	x.ok(err)
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	x.ok(err)
	return answer.StatusCode, string(data)
}

// unique is a name that no earlier run of a test has used.
func unique() string { return fmt.Sprintf("operations-%d", time.Now().UnixNano()) }
