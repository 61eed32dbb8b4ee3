package eventsource

import (
	"context"
	"encoding/json"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// failureRecord is what goes to an on-failure destination (Lambda Developer Guide, "Retain
// discarded records for a DynamoDB event source in Lambda", example).
type failureRecord struct {
	RequestContext  requestContext   `json:"requestContext"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Batch           batchInfo        `json:"DDBStreamBatchInfo"`
}

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

// responseContext is absent of records that no invocation had.
type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	// FunctionError is null where the function succeeded and reported failures.
	FunctionError *string `json:"functionError"`
}

type batchInfo struct {
	ShardID       string `json:"shardId"`
	Start         string `json:"startSequenceNumber"`
	End           string `json:"endSequenceNumber"`
	FirstArrival  string `json:"approximateArrivalOfFirstRecord"`
	LatestArrival string `json:"approximateArrivalOfLastRecord"`
	Size          int    `json:"batchSize"`
	StreamARN     string `json:"streamArn"`
}

const (
	timestampForm = "2006-01-02T15:04:05.000Z"
	arrivalForm   = "2006-01-02T15:04:05Z"
)

var versionForm = regexp.MustCompile(`^[0-9]+$`)

func (m *mapping) failureRecord(shardID string, p *part, records []*record, condition string) string {
	first, last := records[0], records[len(records)-1]
	out := failureRecord{
		RequestContext: requestContext{
			RequestID: gate.NewRequestID(), FunctionARN: m.settings.function, Condition: condition, ApproximateInvokeCount: p.invokes,
		},
		Version: "1.0", Timestamp: m.service.options.Now().UTC().Format(timestampForm),
		Batch: batchInfo{
			ShardID: shardID, Start: first.sequence, End: last.sequence, Size: len(records), StreamARN: m.settings.source,
			FirstArrival: arrivalText(first.created), LatestArrival: arrivalText(last.created),
		},
	}
	if p.answered {
		out.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: m.settings.executedVersion()}
		if p.last != "" {
			out.ResponseContext.FunctionError = &p.last
		}
	}
	text, _ := json.Marshal(out) // strings and numbers always have a JSON form
	return string(text)
}

func arrivalText(t time.Time) string { return t.UTC().Format(arrivalForm) }

// executedVersion is the version that the mapping names. What an alias stands for is not known here.
func (s *settings) executedVersion() string {
	if versionForm.MatchString(s.qualifier) {
		return s.qualifier
	}
	return "$LATEST"
}

// send puts a message into the destination with the role of the function, which has to allow
// sqs:SendMessage.
func (m *mapping) send(ctx context.Context, body string) error {
	c, err := m.clients()
	if err != nil {
		return err
	}
	_, err = c.queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queueURL(m.settings.destination)), MessageBody: &body})
	return err
}
