package eventsource

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// TestEveryRecordOnceAtLeast writes to shards that split, while iterators expire, requests and the
// function fail at random, settings change and the service is killed. Every record has to be taken, and none before all
// earlier ones of its item. The first seed is EVENTSOURCE_TEST_SEED, if it is set.
func TestEveryRecordOnceAtLeast(t *testing.T) {
	seed := uint64(1)
	if s := os.Getenv("EVENTSOURCE_TEST_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	for range 6 {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { everyRecord(t, rand.New(rand.NewPCG(seed, 0))) })
		seed++
	}
}

// ledger is what a function took.
type ledger struct {
	mu     sync.Mutex
	random *rand.Rand
	report bool
	faults bool
	// taken is the greatest number of each item such that all up to it were taken.
	taken    map[string]int
	problems []string
}

func (l *ledger) answer(records []events.DynamoDBEventRecord) (string, string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken, answer, functionError, err := len(records), `{"batchItemFailures":[]}`, "", error(nil)
	if l.faults {
		switch l.random.IntN(8) {
		case 0:
			return "", "", errors.New("throttled")
		case 1:
			taken, functionError = 0, "Unhandled"
		case 2, 3:
			if l.report {
				taken = l.random.IntN(len(records))
				answer = fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":%q}]}`, records[taken].Change.SequenceNumber)
			}
		}
	}
	for _, r := range records[:taken] {
		id := r.Change.Keys["id"].String()
		n, _ := r.Change.NewImage["n"].Integer()
		switch {
		case int(n) > l.taken[id]+1:
			l.problems = append(l.problems, fmt.Sprintf("%s: %d was taken after %d", id, n, l.taken[id]))
		case int(n) == l.taken[id]+1:
			l.taken[id]++
		}
	}
	return answer, functionError, err
}

func everyRecord(t *testing.T, random *rand.Rand) {
	l := &ledger{random: rand.New(rand.NewPCG(random.Uint64(), 0)), report: random.IntN(2) == 0, faults: true, taken: map[string]int{}}
	streams := newFakeStreams("shard-0")
	faults := rand.New(rand.NewPCG(random.Uint64(), 0))
	streams.fail = func(string) error {
		if faults != nil && faults.IntN(15) == 0 {
			return errors.New("connection reset")
		}
		return nil
	}
	s := newSetup(t, streams, fakeStream, newFunction(l.answer), map[string]any{
		"BatchSize": 1 + random.IntN(8), "ParallelizationFactor": 1 + random.IntN(4), "BisectBatchOnFunctionError": random.IntN(2) == 0,
	})
	s.options.Notify, s.options.PollInterval = streams.notify, 5*time.Millisecond
	s.options.Log = func(string) {}
	if l.report {
		s.mapping.Properties["FunctionResponseTypes"] = []any{"ReportBatchItemFailures"}
	}
	s.start()
	written := s.havoc(streams, random)
	streams.mu.Lock()
	faults = nil
	streams.mu.Unlock()
	l.mu.Lock()
	l.faults = false
	l.mu.Unlock()
	until(t, "all is taken", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for id, n := range written {
			if l.taken[id] != n {
				return len(l.problems) > 0
			}
		}
		return true
	})
	for _, p := range l.problems {
		t.Error(p)
	}
	until(t, "the checkpoint is at the end", func() bool { return s.status().LagRecords == 0 })
}

// havoc writes at random, and now and then does what happens to streams and mappings. It returns
// how often each item was written.
func (s *setup) havoc(streams *fakeStreams, random *rand.Rand) map[string]int {
	s.t.Helper()
	const items, rounds = 12, 25
	written := map[string]int{}
	shard := "shard-0"
	for round := range rounds {
		for range random.IntN(40) {
			id := fmt.Sprint("i", random.IntN(items))
			written[id]++
			streams.write(shard, id, written[id])
		}
		switch random.IntN(6) {
		case 0:
			streams.expireIterators()
		case 1:
			streams.change(shard, func(f *fakeShard) { f.closed = true })
			next := fmt.Sprint("shard-", round+1)
			streams.add(next, shard)
			shard = next
		case 2:
			s.mapping.Properties["BatchSize"] = 1 + random.IntN(8)
			s.mapping.Properties["ParallelizationFactor"] = 1 + random.IntN(4)
			s.put()
		case 3: // killed: what the next one finds is as old as the last write of the file
			old := s.service
			s.options.Dir = copyDir(s.t, s.options.Dir)
			old.Close()
			s.start()
		case 4:
			s.service.Close()
			s.start()
		}
	}
	return written
}
