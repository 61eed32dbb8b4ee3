package eventsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// describeEvery is how often shards are looked for that no closed one led to.
const describeEvery = time.Minute

func (m *mapping) log(format string, args ...any) {
	m.service.options.Log(fmt.Sprintf("event source mapping %s of %s: ", m.settings.uuid, m.settings.functionName) + fmt.Sprintf(format, args...))
}

// runStream finds the shards and keeps a reader on each that may be read.
func (m *mapping) runStream(ctx context.Context) {
	var readers sync.WaitGroup
	defer readers.Wait()
	ended := make(chan struct{}, 1)
	for failed := 0; ; {
		err := m.followShards(ctx, &readers, ended)
		if ctx.Err() != nil {
			return
		}
		m.outcome("stream", err)
		wait := describeEvery
		if failed++; err == nil {
			failed = 0
			m.enabled()
			if m.readsNothing() {
				wait = m.service.options.PollInterval
			}
		} else {
			m.renew(err)
			wait = m.delay(failed)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-ended:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// readsNothing says that no shard is open: the next one is to be found soon.
func (m *mapping) readsNothing() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.shards) == 0
}

// followShards starts readers. A shard is read once its parent is done, so that what was written
// to an item is seen in order when a partition splits (DynamoDB Developer Guide, "Change data
// capture for DynamoDB Streams", shards).
func (m *mapping) followShards(ctx context.Context, readers *sync.WaitGroup, ended chan<- struct{}) error {
	c, err := m.clients()
	if err != nil {
		return err
	}
	listed, err := m.describe(ctx, c.streams)
	if err != nil {
		return err
	}
	if err := m.findStart(ctx, c.streams, listed); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(listed)
	for id, parent := range listed {
		p := m.checkpoint.Shards[id]
		_, parentListed := listed[parent]
		if m.shards[id] != nil || p.Done || parentListed && !m.checkpoint.Shards[parent].Done {
			continue
		}
		s := newShard(m, id, p)
		m.shards[id] = s
		readers.Go(func() {
			s.run(ctx)
			m.mu.Lock()
			delete(m.shards, id)
			m.mu.Unlock()
			select {
			case ended <- struct{}{}:
			default:
			}
		})
	}
	return nil
}

// describe lists the parents of all shards, which are empty where there is none.
func (m *mapping) describe(ctx context.Context, streams Streams) (map[string]string, error) {
	listed := map[string]string{}
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &m.settings.source}
	for {
		out, err := streams.DescribeStream(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, s := range out.StreamDescription.Shards {
			listed[aws.ToString(s.ShardId)] = aws.ToString(s.ParentShardId)
		}
		next := out.StreamDescription.LastEvaluatedShardId
		if next == nil || aws.ToString(next) == aws.ToString(in.ExclusiveStartShardId) {
			return listed, nil
		}
		in.ExclusiveStartShardId = next
	}
}

// forget drops checkpoints of shards that the stream has no longer. If it has none of them it was
// created anew, and all of it is read. m.mu is held.
func (m *mapping) forget(listed map[string]string) {
	before := len(m.checkpoint.Shards)
	if len(listed) == 0 {
		return // a stream that is being created lists none yet
	}
	for id := range m.checkpoint.Shards {
		if _, ok := listed[id]; !ok && m.shards[id] == nil {
			delete(m.checkpoint.Shards, id)
		}
	}
	if before == len(m.checkpoint.Shards) {
		return
	}
	if len(m.checkpoint.Shards) == 0 {
		m.log("the stream was created anew: it is read from its beginning")
	}
	m.saveSoon()
}

// findStart finds where LATEST is, once in the life of a mapping: the end of every shard at that
// moment is kept as a checkpoint, so that what is written while the local cloud is down is not lost.
func (m *mapping) findStart(ctx context.Context, streams Streams, listed map[string]string) error {
	m.mu.Lock()
	started := m.checkpoint.Started
	m.mu.Unlock()
	if started {
		return nil
	}
	found := map[string]position{}
	if m.settings.latest {
		for _, id := range slices.Sorted(maps.Keys(listed)) {
			p, err := m.end(ctx, streams, id)
			if err != nil {
				return fmt.Errorf("finding the end of shard %s: %w", id, err)
			}
			found[id] = p
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.checkpoint.Shards, found)
	m.checkpoint.Started = true
	return m.save()
}

// end reads a shard to where it is empty now. An iterator of type LATEST would not do: it cannot
// be kept, and has no sequence number to come back to.
func (m *mapping) end(ctx context.Context, streams Streams, shardID string) (position, error) {
	var p position
	iterator, err := m.iterator(ctx, streams, shardID, p)
	for err == nil {
		var page *dynamodbstreams.GetRecordsOutput
		if page, err = streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator}); err != nil {
			break
		}
		for _, r := range page.Records {
			p.After = sequenceOf(r)
		}
		if iterator = page.NextShardIterator; iterator == nil {
			p.Done = true
			return p, nil
		}
		if len(page.Records) == 0 {
			return p, nil
		}
	}
	return p, err
}

// iterator begins behind a position.
func (m *mapping) iterator(ctx context.Context, streams Streams, shardID string, p position) (*string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &m.settings.source, ShardId: &shardID, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	}
	if p.After != "" {
		in.ShardIteratorType, in.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &p.After
	}
	out, err := streams.GetShardIterator(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.ShardIterator, nil
}

// trouble is what an error of the stream asks a reader to do.
type trouble int

const (
	troubleOther   trouble = iota // wait and try again
	troubleExpired                // take a new iterator
	troubleTrimmed                // the position is gone: read from the beginning
	troubleGone                   // the shard is gone
)

func troubleOf(err error) trouble {
	var expired *types.ExpiredIteratorException
	var trimmed *types.TrimmedDataAccessException
	var gone *types.ResourceNotFoundException
	switch {
	case errors.As(err, &expired):
		return troubleExpired
	case errors.As(err, &trimmed):
		return troubleTrimmed
	case errors.As(err, &gone):
		return troubleGone
	}
	return troubleOther
}

func sequenceOf(r types.Record) string {
	if r.Dynamodb == nil {
		return ""
	}
	return aws.ToString(r.Dynamodb.SequenceNumber)
}
