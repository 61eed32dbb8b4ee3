package eventsource

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

const fakeStream = "arn:aws:dynamodb:eu-central-1:111111111111:table/kittens/stream/2026-03-01T09:12:44.318"

// fakeStreams is a stream of which a test can do what DynamoDB Local cannot: split shards, trim
// records, let iterators expire and lose the stream.
type fakeStreams struct {
	mu     sync.Mutex
	order  []string
	shards map[string]*fakeShard
	next   int
	now    func() time.Time
	// generation of iterators that are valid.
	generation int
	// fail is asked before each request.
	fail     func(operation string) error
	requests map[string]int
	changed  chan struct{}
}

type fakeShard struct {
	parent  string
	records []types.Record
	trimmed int // records that are gone
	closed  bool
}

func newFakeStreams(shards ...string) *fakeStreams {
	f := &fakeStreams{shards: map[string]*fakeShard{}, requests: map[string]int{}, now: time.Now, changed: make(chan struct{})}
	for _, id := range shards {
		f.add(id, "")
	}
	return f
}

func (f *fakeStreams) add(id, parent string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.order = append(f.order, id)
	f.shards[id] = &fakeShard{parent: parent}
}

// write adds a record of an item and returns its sequence number.
func (f *fakeStreams) write(shard, id string, n int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	sequence := fmt.Sprintf("%021d", f.next)
	s := f.shards[shard]
	s.records = append(s.records, types.Record{
		EventID: aws.String(fmt.Sprintf("id-%d", f.next)), EventName: types.OperationTypeInsert,
		EventVersion: aws.String("1.1"), EventSource: aws.String("aws:dynamodb"), AwsRegion: aws.String("ddblocal"),
		Dynamodb: &types.StreamRecord{
			ApproximateCreationDateTime: aws.Time(f.now()), SequenceNumber: &sequence, SizeBytes: aws.Int64(10),
			StreamViewType: types.StreamViewTypeNewImage,
			Keys:           map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
			NewImage: map[string]types.AttributeValue{
				"id": &types.AttributeValueMemberS{Value: id}, "n": &types.AttributeValueMemberN{Value: strconv.Itoa(n)},
			},
		},
	})
	close(f.changed)
	f.changed = make(chan struct{})
	return sequence
}

func (f *fakeStreams) notify(string) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// change does something to a shard.
func (f *fakeStreams) change(id string, do func(*fakeShard)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f.shards[id])
}

func (f *fakeStreams) expireIterators() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.generation++
}

func (f *fakeStreams) request(operation string) error {
	f.requests[operation]++
	if f.fail != nil {
		return f.fail(operation)
	}
	return nil
}

// DescribeStream returns one shard a page.
func (f *fakeStreams) DescribeStream(_ context.Context, in *dynamodbstreams.DescribeStreamInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.request("DescribeStream"); err != nil {
		return nil, err
	}
	at := 0
	for i, id := range f.order {
		if id == aws.ToString(in.ExclusiveStartShardId) {
			at = i + 1
		}
	}
	d := &types.StreamDescription{}
	if at < len(f.order) {
		id := f.order[at]
		s := types.Shard{ShardId: aws.String(id)}
		if p := f.shards[id].parent; p != "" {
			s.ParentShardId = &p
		}
		d.Shards = []types.Shard{s}
		if at+1 < len(f.order) {
			d.LastEvaluatedShardId = &id
		}
	}
	return &dynamodbstreams.DescribeStreamOutput{StreamDescription: d}, nil
}

func (f *fakeStreams) GetShardIterator(_ context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.request("GetShardIterator"); err != nil {
		return nil, err
	}
	s := f.shards[*in.ShardId]
	if s == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Shard does not exist")}
	}
	at := s.trimmed
	if in.ShardIteratorType == types.ShardIteratorTypeAfterSequenceNumber {
		at = -1
		for i, r := range s.records {
			if *r.Dynamodb.SequenceNumber == *in.SequenceNumber {
				at = i + 1
			}
		}
		if at < 0 || at < s.trimmed {
			return nil, &types.TrimmedDataAccessException{}
		}
	}
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: aws.String(fmt.Sprintf("%s|%d|%d", *in.ShardId, at, f.generation))}, nil
}

func (f *fakeStreams) GetRecords(_ context.Context, in *dynamodbstreams.GetRecordsInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.request("GetRecords"); err != nil {
		return nil, err
	}
	parts := strings.Split(*in.ShardIterator, "|")
	at, _ := strconv.Atoi(parts[1])
	s := f.shards[parts[0]]
	switch {
	case s == nil:
		return nil, &types.ResourceNotFoundException{}
	case parts[2] != strconv.Itoa(f.generation):
		return nil, &types.ExpiredIteratorException{}
	case at < s.trimmed:
		return nil, &types.TrimmedDataAccessException{}
	}
	to := min(len(s.records), at+int(aws.ToInt32(in.Limit)))
	if in.Limit == nil {
		to = len(s.records)
	}
	out := &dynamodbstreams.GetRecordsOutput{Records: s.records[at:to]}
	if to < len(s.records) || !s.closed {
		out.NextShardIterator = aws.String(fmt.Sprintf("%s|%d|%d", parts[0], to, f.generation))
	}
	return out, nil
}
