package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// streams is the part of DynamoDB Streams that is used.
type streams interface {
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
}

// queue is the part of SQS that is used.
type queue interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// replayRequest asks for dead letters to be worked on again: {"replay": {"max": 100}}.
type replayRequest struct {
	// Max is the greatest number of messages, 1 to 1,000. Optional; 100 by default.
	Max int `json:"max"`
	// DiscardTrimmed deletes messages whose records are lost, once the accounts are reindexed. Optional.
	DiscardTrimmed bool `json:"discardTrimmed"`
}

// replaySummary is the answer to a replayRequest. Counts are of messages, each of which stands for a batch.
type replaySummary struct {
	// Replayed are indexed now, and deleted from the queue.
	Replayed int `json:"replayed"`
	// Failed are still in the queue; the log says why.
	Failed int `json:"failed"`
	// Trimmed are those whose records the stream keeps no longer.
	Trimmed int `json:"trimmed"`
	// Records that were read from streams.
	Records int `json:"records"`
	// Lost says where the records of the trimmed messages were.
	Lost []deadLetter `json:"lost,omitempty"`
	// Advice says what to do about lost records.
	Advice string `json:"advice,omitempty"`
}

// deadLetter is the part of a message that says which records failed (Lambda Developer Guide,
// "Retaining discarded batches", the record that goes to an on-failure destination).
type deadLetter struct {
	Stream  string    `json:"streamArn"`
	Shard   string    `json:"shardId"`
	Start   string    `json:"startSequenceNumber"`
	End     string    `json:"endSequenceNumber"`
	Arrival time.Time `json:"approximateArrivalOfFirstRecord"`
}

const (
	defaultReplay = 100
	maxReplay     = 1000
	// hiddenSeconds hides a message from other replays for as long as an invocation can last.
	hiddenSeconds = 900
	// replayMargin of an invocation's time is not begun another message in.
	replayMargin = 20 * time.Second
	// emptyPages bounds the calls for records that return none, of which a stream needs some
	// (DynamoDB Streams API Reference, GetRecords).
	emptyPages = 100

	lostAdvice = "the stream keeps records for 24 hours and these are older: reindex the accounts that the log names for their sequence numbers, or all accounts of the table; then replay with discardTrimmed"
)

// errTrimmed says that the stream has a dead letter's records no longer.
var errTrimmed = errors.New("the stream keeps the records no longer")

// replay works on dead letters until the queue is empty, the maximum is reached or time is short. It
// can be repeated and can overlap with itself and with the stream: versions decide what the index takes.
func (ix *indexer) replay(ctx context.Context, req replayRequest, began time.Time) (any, error) {
	if req.Max == 0 {
		req.Max = defaultReplay
	}
	if req.Max < 1 || req.Max > maxReplay {
		return nil, fmt.Errorf("replaying dead letters: max is %d, want 1 to %d", req.Max, maxReplay)
	}
	if ix.settings.deadLetters == "" {
		return nil, errors.New("replaying dead letters: DEAD_LETTER_QUEUE_URL is not set")
	}
	var sum replaySummary
	var left []sqstypes.Message
	// What was left is shown again only at the end, so that one replay sees no message twice.
	defer func() { ix.show(ctx, left) }()
	for seen := 0; seen < req.Max && enoughTime(ctx); {
		messages, err := ix.receive(ctx, req.Max-seen)
		if err != nil {
			return nil, err
		}
		if len(messages) == 0 {
			break
		}
		seen += len(messages)
		for _, m := range messages {
			if !enoughTime(ctx) || !ix.replayMessage(ctx, m, req, &sum) {
				left = append(left, m)
			}
		}
	}
	if len(sum.Lost) > 0 {
		sum.Advice = lostAdvice
	}
	ix.log.InfoContext(ctx, "replayed dead letters", "replayed", sum.Replayed, "failed", sum.Failed, "trimmed", sum.Trimmed,
		"records", sum.Records, "durationMs", time.Since(began).Milliseconds())
	return sum, nil
}

func enoughTime(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > replayMargin
}

func (ix *indexer) receive(ctx context.Context, most int) ([]sqstypes.Message, error) {
	out, err := ix.queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:            aws.String(ix.settings.deadLetters),
		MaxNumberOfMessages: int32(min(most, 10)),
		VisibilityTimeout:   hiddenSeconds,
		WaitTimeSeconds:     1, // a long poll asks all of SQS's servers, so that an empty answer is one
	})
	if err != nil {
		return nil, fmt.Errorf("receiving dead letters: %w", err)
	}
	return out.Messages, nil
}

// show makes messages visible to the next replay at once. Failing that they are visible after a while.
func (ix *indexer) show(ctx context.Context, messages []sqstypes.Message) {
	for _, m := range messages {
		_, err := ix.queue.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(ix.settings.deadLetters), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0,
		})
		if err != nil {
			ix.log.WarnContext(ctx, "showing a dead letter again failed", "messageId", aws.ToString(m.MessageId), "error", err.Error())
		}
	}
}

// replayMessage reports whether it deleted the message.
func (ix *indexer) replayMessage(ctx context.Context, m sqstypes.Message, req replayRequest, sum *replaySummary) bool {
	letter, err := readDeadLetter(aws.ToString(m.Body))
	records := 0
	if err == nil {
		records, err = ix.replayRange(ctx, letter)
	}
	sum.Records += records
	remove := err == nil
	if errors.Is(err, errTrimmed) {
		sum.Trimmed++
		sum.Lost = append(sum.Lost, letter)
		remove = req.DiscardTrimmed
	}
	if remove {
		_, deleteErr := ix.queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(ix.settings.deadLetters), ReceiptHandle: m.ReceiptHandle})
		if deleteErr != nil {
			err, remove = fmt.Errorf("deleting the message: %w", deleteErr), false
		}
	}
	switch {
	case err == nil:
		sum.Replayed++
		return true
	case !errors.Is(err, errTrimmed):
		sum.Failed++
	}
	ix.log.ErrorContext(ctx, "replaying a dead letter failed", "messageId", aws.ToString(m.MessageId), "error", err.Error(),
		"streamArn", letter.Stream, "shardId", letter.Shard, "startSequenceNumber", letter.Start, "endSequenceNumber", letter.End)
	return remove
}

func readDeadLetter(body string) (deadLetter, error) {
	var message struct {
		Batch deadLetter `json:"DDBStreamBatchInfo"`
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		return deadLetter{}, errors.New("reading the message: it is not of the expected form")
	}
	if l := message.Batch; l.Stream == "" || l.Shard == "" || !isSequence(l.Start) || !isSequence(l.End) {
		return deadLetter{}, errors.New("reading the message: it names no records of a stream")
	}
	return message.Batch, nil
}

// replayRange indexes the records from the letter's first to its last, and returns how many there were.
func (ix *indexer) replayRange(ctx context.Context, l deadLetter) (int, error) {
	it, err := ix.streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: aws.String(l.Stream), ShardId: aws.String(l.Shard), SequenceNumber: aws.String(l.Start),
		ShardIteratorType: streamtypes.ShardIteratorTypeAtSequenceNumber,
	})
	if err != nil {
		return 0, streamError(err)
	}
	total, failed, empty, reached, iterator := 0, 0, 0, false, it.ShardIterator
	for iterator != nil && empty < emptyPages {
		page, err := ix.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return total, streamError(err)
		}
		changes, end := ix.changesOf(page.Records, l)
		if total == 0 && len(changes) > 0 && compareSequences(changes[0].sequence, l.Start) != 0 {
			return 0, errTrimmed
		}
		ix.index(ctx, changes)
		total += len(changes)
		if n := failures(changes); n > 0 {
			failed += n
			ix.reportFailures(ctx, changes)
		}
		if reached = end; reached {
			break
		}
		empty++
		if len(page.Records) > 0 {
			empty = 0
		}
		iterator = page.NextShardIterator
	}
	switch {
	case failed > 0:
		return total, fmt.Errorf("indexing the records: %d of %d failed", failed, total)
	case !reached:
		return total, fmt.Errorf("reading the stream: it ended before sequence number %s", l.End)
	default:
		return total, nil
	}
}

// changesOf reads records up to the letter's last, and says whether that was reached.
func (ix *indexer) changesOf(records []streamtypes.Record, l deadLetter) (changes []change, end bool) {
	for _, r := range records {
		rec := recordOfStream(r, l.Stream)
		order := compareSequences(rec.sequence, l.End)
		if order <= 0 {
			changes = append(changes, ix.settings.change(rec))
		}
		if order >= 0 {
			return changes, true
		}
	}
	return changes, false
}

func streamError(err error) error {
	var trimmed *streamtypes.TrimmedDataAccessException
	var gone *streamtypes.ResourceNotFoundException
	if errors.As(err, &trimmed) || errors.As(err, &gone) {
		return fmt.Errorf("%w: %v", errTrimmed, err)
	}
	return fmt.Errorf("reading the stream: %w", err)
}

func isSequence(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "0123456789") == ""
}

// compareSequences compares decimal numbers of any length.
func compareSequences(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
