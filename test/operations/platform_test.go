package operations

import (
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tenantstack/tenantstack/test/localtest"
)

// Invoke answers 204 to a dry run, and 400 to a payload that is no JSON (Lambda API Reference, "Invoke").
func invokeFunction(x *try) {
	arn, _, _, _ := x.resource()
	client, name := lambda.NewFromConfig(x.role()), arn[strings.LastIndexByte(arn, ':')+1:]
	if prefix, pattern := strings.CutSuffix(name, "*"); pattern {
		for _, r := range x.cloud.Resources() {
			if r.Type == "AWS::Lambda::Function" && strings.HasPrefix(r.Name, prefix) {
				name = r.Name
			}
		}
	}
	out, err := client.Invoke(x.ctx, &lambda.InvokeInput{FunctionName: &name, InvocationType: lambdatypes.InvocationTypeDryRun})
	if err != nil || out.StatusCode != http.StatusNoContent {
		x.Errorf("a dry run: %+v, %v", out, err)
	}
	_, err = client.Invoke(x.ctx, &lambda.InvokeInput{FunctionName: &name, Payload: []byte("{")})
	x.wants(err, "InvalidRequestContentException", "Could not parse request body into json")
}

// logs is a client as the role, and the group that the statement names.
func (x *try) logs() (*cloudwatchlogs.Client, string) {
	x.Helper()
	arn, _, _, rest := x.resource()
	if arn == "*" {
		group := "/operations/" + unique()
		operator := cloudwatchlogs.NewFromConfig(x.operator())
		_, err := operator.CreateLogGroup(x.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
		x.ok(err)
		x.Cleanup(func() {
			if _, err := operator.DeleteLogGroup(x.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &group}); err != nil {
				x.Error(err)
			}
		})
		return cloudwatchlogs.NewFromConfig(x.role()), group
	}
	return cloudwatchlogs.NewFromConfig(x.role()), strings.TrimSuffix(strings.TrimPrefix(rest, "log-group:"), ":*")
}

// Errors are those of the CloudWatch Logs API Reference.

func createLogGroup(x *try) {
	client, group := x.logs()
	_, err := client.CreateLogGroup(x.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group})
	x.wants(err, "ResourceAlreadyExistsException", "already exists")
	other := group + "-other"
	_, err = client.CreateLogGroup(x.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &other})
	x.ok(err)
	_, err = cloudwatchlogs.NewFromConfig(x.operator()).DeleteLogGroup(x.ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &other})
	x.ok(err)
}

func describeLogGroups(x *try) {
	client, group := x.logs()
	out, err := client.DescribeLogGroups(x.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
	if err != nil || len(out.LogGroups) != 1 || aws.ToString(out.LogGroups[0].LogGroupName) != group || !strings.HasSuffix(aws.ToString(out.LogGroups[0].Arn), ":"+group+":*") {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = client.DescribeLogGroups(x.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group, Limit: aws.Int32(51)})
	x.wants(err, "InvalidParameterException", "at 'limit' failed to satisfy constraint")
}

// stream is a new log stream of the group.
func (x *try) stream(group string) string {
	x.Helper()
	name := unique()
	_, err := cloudwatchlogs.NewFromConfig(x.operator()).CreateLogStream(x.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &name})
	x.ok(err)
	return name
}

func createLogStream(x *try) {
	client, group := x.logs()
	name := unique()
	create := func() error {
		_, err := client.CreateLogStream(x.ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &name})
		return err
	}
	x.ok(create())
	x.wants(create(), "ResourceAlreadyExistsException", "already exists")
}

func describeLogStreams(x *try) {
	client, group := x.logs()
	name := x.stream(group)
	out, err := client.DescribeLogStreams(x.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: &group, LogStreamNamePrefix: &name})
	if err != nil || len(out.LogStreams) != 1 || aws.ToString(out.LogStreams[0].LogStreamName) != name {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = client.DescribeLogStreams(x.ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String(group + "-none")})
	x.wants(err, "ResourceNotFoundException", "does not exist")
}

// put writes a line and returns it.
func (x *try) put(client *cloudwatchlogs.Client, group, stream string) (string, error) {
	line := "{\"line\":\"" + unique() + "\"}"
	_, err := client.PutLogEvents(x.ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream,
		LogEvents: []logtypes.InputLogEvent{{Message: &line, Timestamp: aws.Int64(time.Now().UnixMilli())}}})
	return line, err
}

func putLogEvents(x *try) {
	client, group := x.logs()
	_, err := x.put(client, group, x.stream(group))
	x.ok(err)
	_, err = x.put(client, group, "none")
	x.wants(err, "ResourceNotFoundException", "The specified log stream does not exist")
}

func getLogEvents(x *try) {
	client, group := x.logs()
	stream := x.stream(group)
	line, err := x.put(client, group, stream)
	x.ok(err)
	out, err := client.GetLogEvents(x.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, StartFromHead: aws.Bool(true)})
	if err != nil || len(out.Events) != 1 || aws.ToString(out.Events[0].Message) != line {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = client.GetLogEvents(x.ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: aws.String("none")})
	x.wants(err, "ResourceNotFoundException", "The specified log stream does not exist")
}

func filterLogEvents(x *try) {
	client, group := x.logs()
	line, err := x.put(client, group, x.stream(group))
	x.ok(err)
	out, err := client.FilterLogEvents(x.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String(`{ $.line = "operations-*" }`)})
	if err != nil || len(out.Events) != 1 || aws.ToString(out.Events[0].Message) != line {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = client.FilterLogEvents(x.ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String("{ $.line = ")})
	x.wants(err, "InvalidParameterException", "Invalid filter pattern")
}

// queue is a client as the role, and the queue that the statement names.
func (x *try) queue() (*sqs.Client, string) {
	x.Helper()
	_, _, _, name := x.resource()
	out, err := sqs.NewFromConfig(x.operator()).GetQueueUrl(x.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	x.ok(err)
	return sqs.NewFromConfig(x.role()), *out.QueueUrl
}

// receive waits for the message that the operator sent.
func (x *try) receive() (client *sqs.Client, url string, m sqstypes.Message) {
	x.Helper()
	client, url = x.queue()
	body := unique()
	_, err := sqs.NewFromConfig(x.operator()).SendMessage(x.ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
	x.ok(err)
	localtest.Eventually(x, "the queue gives the message", func() bool {
		out, err := client.ReceiveMessage(x.ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		x.ok(err)
		for _, one := range out.Messages {
			if aws.ToString(one.Body) == body {
				m = one
				return true
			}
		}
		return false
	})
	x.Cleanup(func() { // of a message that is gone, this succeeds
		if _, err := sqs.NewFromConfig(x.operator()).DeleteMessage(x.ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			x.Error(err)
		}
	})
	return client, url, m
}

// Errors are those of the Amazon SQS API Reference.

func sendMessage(x *try) {
	client, url := x.queue()
	body := unique()
	out, err := client.SendMessage(x.ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
	if err != nil || len(aws.ToString(out.MD5OfMessageBody)) != 32 || aws.ToString(out.MessageId) == "" {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = client.SendMessage(x.ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("\x01")})
	x.wants(err, "InvalidMessageContents", "")
}

func receiveMessage(x *try) {
	client, url, m := x.receive()
	if aws.ToString(m.ReceiptHandle) == "" || aws.ToString(m.MD5OfBody) == "" {
		x.Errorf("%+v", m)
	}
	_, err := client.ReceiveMessage(x.ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 11})
	x.wants(err, "InvalidParameterValue", "MaxNumberOfMessages")
}

func deleteMessage(x *try) {
	client, url, m := x.receive()
	_, err := client.DeleteMessage(x.ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
	x.ok(err)
	_, err = client.DeleteMessage(x.ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: aws.String("nobody's")})
	x.wants(err, "ReceiptHandleIsInvalid", "")
}

func changeMessageVisibility(x *try) {
	client, url, m := x.receive()
	change := func(seconds int32) error {
		_, err := client.ChangeMessageVisibility(x.ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
		return err
	}
	x.ok(change(60))
	x.wants(change(43_201), "InvalidParameterValue", "VisibilityTimeout")
}

// GetParameter (Systems Manager API Reference).
func getParameter(x *try) {
	arn, _, _, _ := x.resource()
	prefix := strings.TrimSuffix(arn[strings.Index(arn, ":parameter/")+len(":parameter"):], "*")
	client := ssm.NewFromConfig(x.role())
	found := ""
	for _, r := range x.cloud.Resources() {
		if r.Type == "AWS::SSM::Parameter" && strings.HasPrefix(r.Name, prefix) && r.Region == x.region() && r.Account == x.account() {
			found = r.Name
		}
	}
	if found == "" {
		// The shipped cell has its domain's endpoint in its environment and no parameter: the operator makes one.
		found = prefix + unique()
		_, err := ssm.NewFromConfig(x.operator()).PutParameter(x.ctx, &ssm.PutParameterInput{Name: &found, Value: aws.String("x"), Type: "String"})
		x.ok(err)
	}
	out, err := client.GetParameter(x.ctx, &ssm.GetParameterInput{Name: &found})
	if err != nil || aws.ToString(out.Parameter.Name) != found || aws.ToString(out.Parameter.Value) == "" || out.Parameter.Version < 1 {
		x.Errorf("%+v, %v", out, err)
	}
	_, err = client.GetParameter(x.ctx, &ssm.GetParameterInput{Name: aws.String(prefix + "none")})
	x.wants(err, "ParameterNotFound", "")
}

// AssumeRole (STS API Reference): sessions last from 900 seconds on, and a role that the policy does not name is denied.
func assumeRole(x *try) {
	pattern := x.grant.statement.Resource[0]
	target := ""
	for _, r := range x.cloud.Resources() {
		if r.Type == "AWS::IAM::Role" && strings.HasPrefix(r.ARN, strings.TrimSuffix(pattern, "*")) {
			target = r.ARN
		}
	}
	assume := func(role string, seconds int32) (*sts.AssumeRoleOutput, error) {
		return sts.NewFromConfig(x.role()).AssumeRole(x.ctx, &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("operations"), DurationSeconds: &seconds})
	}
	out, err := assume(target, 900)
	x.ok(err)
	if aws.ToString(out.Credentials.SessionToken) == "" || !strings.HasSuffix(aws.ToString(out.AssumedRoleUser.Arn), "/operations") {
		x.Errorf("%+v", out)
	}
	_, err = assume(target, 899)
	x.wants(err, "ValidationError", "durationSeconds")
	_, err = assume(x.grant.role.Arn, 900)
	x.wants(err, "AccessDenied", "is not authorized to perform: sts:AssumeRole")
}

// traces are taken by nobody here, which the local cloud says (docs/aws-differences.md, 138).
func traces(target string) operation {
	return func(x *try) {
		status, body := x.send("POST", x.cloud.Status().Endpoint+"/"+target, "xray", `{"TraceSegmentDocuments":[]}`)
		if status != http.StatusNotImplemented || !strings.Contains(body, "The local cloud has no service xray") {
			x.Errorf("%d %s", status, body)
		}
	}
}

// searchEndpoint is that of the functions of the role's stack.
func (x *try) searchEndpoint() string {
	x.Helper()
	stack := ""
	for _, r := range x.cloud.Resources() {
		if r.Type == "AWS::IAM::Role" && r.ARN == x.grant.role.Arn {
			stack = r.Stack
		}
	}
	for _, r := range x.cloud.Resources() {
		if r.Type == "AWS::Lambda::Function" && r.Stack == stack {
			environment, _ := r.Properties["Environment"].(map[string]any)
			variables, _ := environment["Variables"].(map[string]any)
			if endpoint, _ := variables["SEARCH_ENDPOINT"].(string); endpoint != "" {
				return strings.Replace(endpoint, "https://", "http://", 1)
			}
		}
	}
	x.Fatalf("no function of the stack %s knows a search endpoint", stack)
	return ""
}

// paths are those of an index that the statement names, the index first.
func (x *try) paths() (endpoint, index string, paths []string) {
	x.Helper()
	for _, arn := range x.grant.statement.Resource {
		parts := strings.SplitN(arn[strings.Index(arn, ":domain/")+len(":domain/"):], "/", 3)
		index = parts[1]
		path := ""
		if len(parts) == 3 {
			path = parts[2]
		}
		paths = append(paths, path)
	}
	endpoint = x.searchEndpoint()
	// Whatever the index has been, there is one.
	if status, body := x.as(x.operator(), "PUT", endpoint+"/"+index, "es", "{}"); status != http.StatusOK && !strings.Contains(body, "resource_already_exists_exception") {
		x.Fatalf("creating the index %s: %d %s", index, status, body)
	}
	return endpoint, index, paths
}

// answers sends a request and holds the status and a member of the answer.
func (x *try) answers(method, url, body string, status int, part string) {
	x.Helper()
	got, answer := x.send(method, url, "es", body)
	if got != status || !strings.Contains(strings.ReplaceAll(answer, " ", ""), part) {
		x.Errorf("%s %s: %d %.300s, want %d …%s…", method, url, got, answer, status, part)
	}
}

// searchPost tries every path that may be posted to (OpenSearch, "REST API reference").
func searchPost(x *try) {
	endpoint, index, paths := x.paths()
	for _, path := range paths {
		url := endpoint + "/" + index + "/" + path
		switch path {
		case "_bulk":
			x.answers("POST", url, "{\"index\":{\"_id\":\"operations\"}}\n{\"name\":\"Minka\"}\n", http.StatusOK, `"errors":false`)
			x.answers("POST", url, "{\"index\":", http.StatusBadRequest, "")
		case "_count":
			x.answers("POST", url, `{"query":{"match_all":{}}}`, http.StatusOK, `"count":`)
			x.answers("POST", url, `{"query":{"none":{}}}`, http.StatusBadRequest, "unknownquery[none]")
		case "_search":
			x.answers("POST", url, `{"query":{"match_all":{}},"size":1}`, http.StatusOK, `"hits":`)
			x.answers("POST", url, `{"query":{"none":{}}}`, http.StatusBadRequest, "unknownquery[none]")
		case "_refresh":
			x.answers("POST", url, "", http.StatusOK, `"_shards":`)
		default:
			x.Errorf("%s may post to %s, and no case does: add one", x.grant.role.Name, path)
		}
	}
	x.answers("POST", endpoint+"/"+index+"/_close", "", http.StatusForbidden, "isnotauthorizedtoperform:es:ESHttpPost")
}

// searchPut tries every path that may be put to.
func searchPut(x *try) {
	endpoint, index, paths := x.paths()
	for _, path := range paths {
		url := strings.TrimSuffix(endpoint+"/"+index+"/"+path, "/")
		switch path {
		case "_mapping":
			x.answers("PUT", url, `{"properties":{"operations":{"type":"keyword"}}}`, http.StatusOK, `"acknowledged":true`)
			x.answers("PUT", url, `{"properties":{"operations":{"type":"integer"}}}`, http.StatusBadRequest, "illegal_argument_exception")
		case "":
			if status, body := x.as(x.operator(), "DELETE", url, "es", ""); status != http.StatusOK {
				x.Fatalf("removing the index: %d %s", status, body)
			}
			x.answers("PUT", url, "{}", http.StatusOK, `"acknowledged":true`)
			x.answers("PUT", url, "{}", http.StatusBadRequest, "resource_already_exists_exception")
		default:
			x.Errorf("%s may put to %s, and no case does: add one", x.grant.role.Name, path)
		}
	}
	x.answers("PUT", endpoint+"/"+index+"/_settings", "{}", http.StatusForbidden, "isnotauthorizedtoperform:es:ESHttpPut")
}
