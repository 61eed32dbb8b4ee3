package eventsource

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

func mappingOf(properties map[string]any) resource.Resource {
	return resource.Resource{
		Stack: "cell", LogicalID: "Stream", Type: "AWS::Lambda::EventSourceMapping", Account: "111111111111", Region: "eu-central-1",
		Name: "uuid-1", Properties: properties,
	}
}

func TestSettings(t *testing.T) {
	got, err := readSettings(mappingOf(map[string]any{
		"EventSourceArn": fakeStream, "FunctionName": "indexer", "StartingPosition": "TRIM_HORIZON", "Tags": []any{},
		"DestinationConfig": toQueue, "BatchSize": json.Number("500"), "BisectBatchOnFunctionError": true,
		"FunctionResponseTypes": []any{"ReportBatchItemFailures"}, "MaximumBatchingWindowInSeconds": json.Number("0"),
		"MaximumRecordAgeInSeconds": json.Number("3600"), "MaximumRetryAttempts": "10", "ParallelizationFactor": json.Number("2"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := settings{
		uuid: "uuid-1", source: fakeStream, region: "eu-central-1", function: testFunction, functionName: "indexer", enabled: true,
		batchSize: 500, bisect: true, partial: true, maxAge: time.Hour, maxRetries: 10, lanes: 2, destination: testQueue,
	}
	if !got.same(want) {
		t.Errorf("settings = %+v, want %+v", got, want)
	}
	got, err = readSettings(mappingOf(map[string]any{"EventSourceArn": fakeStream, "FunctionName": "f", "StartingPosition": "LATEST"}))
	if err != nil || got.batchSize != 100 || got.maxRetries != -1 || got.maxAge != 0 || got.lanes != 1 || !got.latest {
		t.Errorf("defaults = %+v, %v", got, err)
	}
	got, err = readSettings(mappingOf(map[string]any{"EventSourceArn": testQueue, "FunctionName": "f"}))
	if err != nil || got.batchSize != 10 || !got.isQueue || got.maxInvokes != defaultInvokes {
		t.Errorf("defaults of a queue = %+v, %v", got, err)
	}
}

func TestFunctionNames(t *testing.T) {
	const own = "arn:aws:lambda:eu-central-1:111111111111:function:"
	for name, want := range map[string]string{
		"f": own + "f", "f:live": own + "f:live", "f:$LATEST": own + "f:$LATEST", "222222222222:function:f": "arn:aws:lambda:eu-central-1:222222222222:function:f",
		"arn:aws:lambda:us-east-1:222222222222:function:f":   "arn:aws:lambda:us-east-1:222222222222:function:f",
		"arn:aws:lambda:us-east-1:222222222222:function:f:7": "arn:aws:lambda:us-east-1:222222222222:function:f:7",
	} {
		s, err := readSettings(mappingOf(map[string]any{"EventSourceArn": fakeStream, "FunctionName": name, "StartingPosition": "LATEST"}))
		if err != nil || s.function != want {
			t.Errorf("%s: %s, %v, want %s", name, s.function, err, want)
		}
	}
}

func TestRefusedSettings(t *testing.T) {
	destination := func(arn string) map[string]any {
		return map[string]any{"OnFailure": map[string]any{"Destination": arn}}
	}
	tests := []struct {
		name  string
		value any
		want  string // part of the error
		queue bool
	}{
		{"TumblingWindowInSeconds", 5, "no tumbling windows", false},
		{"StartingPosition", "AT_TIMESTAMP", "Lambda does not take", false},
		{"StartingPosition", "", `StartingPosition is ""`, false},
		{"BatchSize", 0, "BatchSize is 0, want 1 to 10000", false},
		{"BatchSize", 10_001, "BatchSize is 10001", false},
		{"ParallelizationFactor", 11, "ParallelizationFactor is 11", false},
		{"MaximumRetryAttempts", -2, "MaximumRetryAttempts is -2", false},
		{"MaximumRecordAgeInSeconds", 59, "MaximumRecordAgeInSeconds is 59", false},
		{"MaximumRecordAgeInSeconds", 604_801, "MaximumRecordAgeInSeconds is 604801", false},
		{"MaximumBatchingWindowInSeconds", 301, "MaximumBatchingWindowInSeconds is 301", false},
		{"FunctionResponseTypes", []any{"Other"}, `holds "Other"`, false},
		{"FilterCriteria", map[string]any{"Filters": []any{map[string]any{"Pattern": "{}"}}}, "invalid filter pattern", false},
		{"DestinationConfig", destination("arn:aws:sns:eu-central-1:111111111111:topic"), "SQS queues alone", false},
		{"DestinationConfig", destination("arn:aws:s3:::bucket"), "SQS queues alone", false},
		{"DestinationConfig", destination("letters"), "want the ARN of a standard SQS queue", false},
		{"DestinationConfig", destination(testQueue + ".fifo"), "want the ARN of a standard SQS queue", false},
		{"DestinationConfig", map[string]any{"OnSuccess": map[string]any{"Destination": testQueue}}, "OnFailure alone", false},
		{"ScalingConfig", map[string]any{"MaximumConcurrency": 2}, "for queues", false},
		{"FunctionName", "no name", "want the name or the ARN", false},
		{"EventSourceArn", "arn:aws:kinesis:eu-central-1:111111111111:stream/s", "want the ARN of a DynamoDB stream", false},
		{"EventSourceArn", "arn:aws:dynamodb:eu-central-1:111111111111:table/../stream/1", "want the ARN of a DynamoDB stream", false},
		{"SelfManagedEventSource", map[string]any{}, "not supported", false},
		{"StartingPosition", "LATEST", "for streams", true},
		{"DestinationConfig", destination(testQueue), "for streams", true},
		{"BatchSize", 11, "greater than 10", true},
		{"ScalingConfig", map[string]any{"MaximumConcurrency": 1}, "MaximumConcurrency is 1", true},
	}
	for _, test := range tests {
		properties := map[string]any{"EventSourceArn": fakeStream, "FunctionName": "f", "StartingPosition": "LATEST"}
		if test.queue {
			properties = map[string]any{"EventSourceArn": testQueue, "FunctionName": "f"}
		}
		properties[test.name] = test.value
		_, err := readSettings(mappingOf(properties))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %v: %v, want an error with %q", test.name, test.value, err, test.want)
		}
	}
	r := mappingOf(map[string]any{"EventSourceArn": fakeStream, "FunctionName": "f", "StartingPosition": "LATEST"})
	for _, id := range []string{"", "../x", "a/b", "."} {
		r.Name = id
		if _, err := readSettings(r); err == nil {
			t.Errorf("the id %q is taken", id)
		}
	}
}

func TestQueueURL(t *testing.T) {
	for arn, want := range map[string]string{
		testQueue: "https://sqs.eu-central-1.amazonaws.com/111111111111/letters",
		"arn:aws-cn:sqs:cn-north-1:111111111111:q.fifo": "https://sqs.cn-north-1.amazonaws.com.cn/111111111111/q.fifo",
	} {
		if got := queueURL(arn); got != want {
			t.Errorf("%s: %s, want %s", arn, got, want)
		}
	}
}
