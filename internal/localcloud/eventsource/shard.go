package eventsource

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"
)

const (
	// readAhead bounds what is read and not done, beside what one batch of each lane needs.
	readAhead      = 1000
	readAheadBytes = 32 << 20
	// pageRecords is the most that GetRecords returns.
	pageRecords = 1000
)

// soon are the delays of the reads after one that a write led to, or that found records. A write
// is usually in the stream at once; an engine that is busy may take some hundredths of a second.
var soon = []time.Duration{
	3 * time.Millisecond, 5 * time.Millisecond, 8 * time.Millisecond, 12 * time.Millisecond,
	20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond, 200 * time.Millisecond,
}

// record of a stream on its way.
type record struct {
	sequence string
	// event is the record as the function gets it; nil for one that filters held back.
	event []byte
	// created is when the stream says that it was written, arrived our better guess.
	created, arrived time.Time
	done             bool
}

// shard is read in order, and worked on in lanes: all records of an item are in one lane, in
// order (Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", ParallelizationFactor).
type shard struct {
	m     *mapping
	id    string
	lanes []*lane
	// room is signalled when records are done.
	room chan struct{}

	mu sync.Mutex
	// open records are those since the first that is not done, in the stream's order.
	open  []*record
	bytes int
	at    position
}

func newShard(m *mapping, id string, p position) *shard {
	s := &shard{m: m, id: id, at: p, room: make(chan struct{}, 1)}
	for range m.settings.lanes {
		s.lanes = append(s.lanes, &lane{s: s, wake: make(chan struct{}, 1)})
	}
	return s
}

// run reads the shard until it is closed and all is done, it is gone, or the mapping is stopped.
func (s *shard) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var lanes sync.WaitGroup
	for _, l := range s.lanes {
		lanes.Go(func() { l.run(ctx) })
	}
	if s.read(ctx) && s.drained(ctx) {
		s.mu.Lock()
		s.at.Done = true
		s.m.move(s.id, s.at)
		s.mu.Unlock()
	}
	cancel()
	lanes.Wait()
}

// read says whether it came to the end of a closed shard.
func (s *shard) read(ctx context.Context) bool {
	var iterator *string
	at, empty, failed := s.at, 0, 0
	for s.hasRoom(ctx) {
		changed := s.changed()
		page, err := s.page(ctx, iterator, at)
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			iterator = nil
			switch s.trouble(err, &at) {
			case troubleGone:
				// Whoever lists the shards decides what to do; not at once, in case they still have it.
				s.m.outcome("shard "+s.id, nil)
				sleep(ctx, s.m.service.options.RetryDelay)
				return false
			case troubleOther:
				failed++
				s.m.outcome("shard "+s.id, err)
				s.m.renew(err)
				sleep(ctx, s.m.delay(failed))
			}
			continue
		}
		if failed > 0 {
			failed = 0
			s.m.outcome("shard "+s.id, nil)
		}
		if iterator = page.NextShardIterator; len(page.Records) > 0 {
			at.After = sequenceOf(page.Records[len(page.Records)-1])
			s.add(page.Records)
			empty = 0
		}
		if iterator == nil {
			return true
		}
		if len(page.Records) == 0 {
			if s.wait(ctx, changed, empty) {
				empty = 0
			} else {
				empty++
			}
		}
	}
	return false
}

func (s *shard) page(ctx context.Context, iterator *string, at position) (*dynamodbstreams.GetRecordsOutput, error) {
	c, err := s.m.clients()
	if err != nil {
		return nil, err
	}
	if iterator == nil {
		if iterator, err = s.m.iterator(ctx, c.streams, s.id, at); err != nil {
			return nil, err
		}
	}
	return c.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(pageRecords)})
}

// trouble moves the position to the beginning of the shard where it is not in the stream any more.
func (s *shard) trouble(err error, at *position) trouble {
	kind := troubleOf(err)
	if kind == troubleOther && at.After != "" && lost(err) {
		kind = troubleTrimmed
	}
	if kind == troubleTrimmed {
		if at.After != "" {
			s.m.log("shard %s: the stream has no record %s any more, it is read from its beginning", s.id, at.After)
		}
		at.After = ""
	}
	return kind
}

// lost says whether the engine does not know a sequence number that the checkpoint has, because
// its data are older: DynamoDB Local then fails with an internal error.
func lost(err error) bool {
	var operation *smithy.OperationError
	var api smithy.APIError
	return errors.As(err, &operation) && operation.Operation() == "GetShardIterator" &&
		errors.As(err, &api) && api.ErrorCode() == "InternalFailure"
}

func (s *shard) changed() <-chan struct{} {
	if s.m.service.options.Notify == nil {
		return nil
	}
	return s.m.service.options.Notify(s.m.settings.source)
}

// wait says whether a write ended it.
func (s *shard) wait(ctx context.Context, changed <-chan struct{}, empty int) bool {
	d := s.m.service.options.PollInterval
	if empty < len(soon) {
		d = min(d, soon[empty])
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-changed:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// add hands records to the lanes.
func (s *shard) add(records []types.Record) {
	now := s.m.service.options.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range records {
		r := &record{sequence: sequenceOf(records[i])}
		r.created, r.arrived = arrival(&records[i], now)
		event := s.m.event(&records[i])
		if s.m.settings.filters.matchEvent(event) {
			r.event = event
			s.bytes += len(event)
			s.lanes[s.laneOf(&records[i])].push(r)
		} else {
			r.done = true
		}
		s.open = append(s.open, r)
	}
	s.advance()
}

func (s *shard) laneOf(r *types.Record) int {
	if len(s.lanes) == 1 || r.Dynamodb == nil {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write(appendImage(nil, r.Dynamodb.Keys))
	return int(h.Sum32() % uint32(len(s.lanes)))
}

// arrival is when a record was written. DynamoDB Local says it by the minute, by which a record
// would be up to a minute too old: a time without seconds is taken as late as it may have been.
func arrival(r *types.Record, now time.Time) (created, arrived time.Time) {
	created = now
	if r.Dynamodb != nil && r.Dynamodb.ApproximateCreationDateTime != nil {
		created = *r.Dynamodb.ApproximateCreationDateTime
	}
	arrived = created
	if created.Equal(created.Truncate(time.Minute)) {
		if arrived = created.Add(time.Minute); arrived.After(now) {
			arrived = now
		}
	}
	return created, arrived
}

// complete marks records as done and moves the checkpoint.
func (s *shard) complete(records []*record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		r.done = true
		s.bytes -= len(r.event)
		r.event = nil
	}
	s.advance()
	select {
	case s.room <- struct{}{}:
	default:
	}
}

// advance moves the checkpoint behind the last record before which all are done. s.mu is held.
func (s *shard) advance() {
	n := 0
	for n < len(s.open) && s.open[n].done {
		n++
	}
	if n == 0 {
		return
	}
	s.at.After = s.open[n-1].sequence
	clear(s.open[:n])
	s.open = s.open[n:]
	s.m.move(s.id, s.at)
}

// hasRoom waits until more may be read; false if the mapping was stopped.
func (s *shard) hasRoom(ctx context.Context) bool {
	most := readAhead + len(s.lanes)*s.m.settings.batchSize
	return s.await(ctx, func() bool { return len(s.open) < most && s.bytes < readAheadBytes })
}

// drained waits until all that was read is done; false if the mapping was stopped before.
func (s *shard) drained(ctx context.Context) bool {
	return s.await(ctx, func() bool { return len(s.open) == 0 })
}

func (s *shard) await(ctx context.Context, condition func() bool) bool {
	for ctx.Err() == nil {
		s.mu.Lock()
		ok := condition()
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-s.room:
		case <-ctx.Done():
		}
	}
	return false
}

// lag is the number of records that are not done, and when the oldest was written.
func (s *shard) lag() (n int, oldest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.open {
		if !r.done {
			n++
			if oldest.IsZero() {
				oldest = r.arrived
			}
		}
	}
	return n, oldest
}
