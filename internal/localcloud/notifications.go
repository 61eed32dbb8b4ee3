package localcloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
	"github.com/tenantstack/tenantstack/internal/localcloud/lambda"
	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
	"github.com/tenantstack/tenantstack/internal/localcloud/s3"
)

// objectChanged invokes the functions that a bucket's notifications name, if their policies let S3
// (Amazon S3 User Guide, "Granting permissions to publish event notification messages to a destination").
func (s *services) objectChanged(say func(string)) func(s3.Event) {
	return func(e s3.Event) {
		for _, function := range e.Functions {
			access := s.lambda.InvokeAccess(function)
			access.Context = iam.Context{"aws:SourceArn": {"arn:aws:s3:::" + e.Bucket}, "aws:SourceAccount": {e.Account},
				"aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {"s3.amazonaws.com"}}
			if denied := s.gate.Authorize(&gate.Caller{ARN: "s3.amazonaws.com", Account: e.Account}, nil, access); denied != nil {
				say(fmt.Sprintf("telling %s of an object in %s: %s", function, e.Bucket, denied.Message))
				continue
			}
			if _, err := s.lambda.Invoke(context.Background(), lambda.Input{FunctionARN: function, Payload: s3Event(e), Async: true}); err != nil {
				say(fmt.Sprintf("telling %s of an object in %s: %v", function, e.Bucket, err))
			}
		}
	}
}

// s3Event is the message of a notification (Amazon S3 User Guide, "Event message structure"). Keys are
// encoded as in a query.
func s3Event(e s3.Event) []byte {
	record := events.S3EventRecord{
		EventVersion: "2.1", EventSource: "aws:s3", AWSRegion: e.Region, EventTime: e.Time.UTC(), EventName: e.Name,
		PrincipalID:      events.S3UserIdentity{PrincipalID: "AWS:" + e.Principal},
		ResponseElements: map[string]string{"x-amz-request-id": e.RequestID},
		S3: events.S3Entity{
			SchemaVersion: "1.0",
			Bucket:        events.S3Bucket{Name: e.Bucket, Arn: "arn:aws:s3:::" + e.Bucket, OwnerIdentity: events.S3UserIdentity{PrincipalID: e.Account}},
			Object: events.S3Object{Key: url.QueryEscape(e.Key), Size: e.Size, ETag: strings.Trim(e.ETag, `"`), VersionID: e.VersionID,
				Sequencer: fmt.Sprintf("%016X", e.Time.UnixNano())},
		},
	}
	payload, err := json.Marshal(events.S3Event{Records: []events.S3EventRecord{record}})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return payload
}

// unheard names buckets whose notifications go to something else than functions, which is not run.
func unheard(resources []resource.Resource) []string {
	var lines []string
	for _, r := range ofType(resources, "AWS::S3::Bucket") {
		n, _ := r.Properties["NotificationConfiguration"].(map[string]any)
		for _, kind := range []string{"QueueConfigurations", "TopicConfigurations", "EventBridgeConfiguration"} {
			if n[kind] != nil {
				lines = append(lines, kind+" of "+r.String()+": nothing is told of objects; only functions are")
			}
		}
	}
	return lines
}
