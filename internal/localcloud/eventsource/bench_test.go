package eventsource

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/resource"
)

// counter is a function that does nothing but count its batches.
type counter struct {
	batches atomic.Int64
}

func (c *counter) RoleOf(string) (string, bool) { return testRole, true }

func (c *counter) Invoke(context.Context, string, []byte) ([]byte, string, error) {
	c.batches.Add(1)
	return nil, "", nil
}

// BenchmarkRecords is the way of a record from the stream through a function that does nothing; the
// stream is in memory, so that the time is the mapping's own.
func BenchmarkRecords(b *testing.B) {
	for _, lanes := range []int{1, 2, 10} {
		b.Run(fmt.Sprintf("lanes=%d", lanes), func(b *testing.B) {
			streams := newFakeStreams("shard-1")
			last := ""
			for i := range b.N {
				last = streams.write("shard-1", fmt.Sprint("item-", i%1000), i)
			}
			s := benchmarkService(b, streams, fakeStream, map[string]any{"BatchSize": 500, "ParallelizationFactor": lanes})
			b.ReportAllocs()
			b.ResetTimer()
			for s.Status()[0].Checkpoints["shard-1"] != last {
				time.Sleep(100 * time.Microsecond)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkWriteToInvoke is the time from a write that DynamoDB Local has taken to the function.
func BenchmarkWriteToInvoke(b *testing.B) {
	k := newTable(b)
	written := make(chan chan struct{}, 1)
	written <- make(chan struct{})
	f := newFunction(nil)
	f.called = make(chan struct{}, b.N+1)
	s, err := New(Options{
		Functions: f, Dir: b.TempDir(), Connect: func(string, string) (Streams, Queue) { return k.streams, nil },
		Notify: func(string) <-chan struct{} { c := <-written; written <- c; return c },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	put(b, s, k.arn, nil)
	i := 0
	for b.Loop() {
		k.put("a", i)
		c := <-written
		close(c)
		written <- make(chan struct{})
		<-f.called
		i++
	}
}

func benchmarkService(b *testing.B, streams Streams, source string, properties map[string]any) *Service {
	b.Helper()
	s, err := New(Options{
		Functions: &counter{}, Dir: b.TempDir(), PollInterval: time.Millisecond,
		Connect: func(string, string) (Streams, Queue) { return streams, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	put(b, s, source, properties)
	return s
}

func put(b *testing.B, s *Service, source string, properties map[string]any) {
	b.Helper()
	all := map[string]any{"EventSourceArn": source, "FunctionName": "indexer", "StartingPosition": "TRIM_HORIZON"}
	for name, v := range properties {
		all[name] = v
	}
	if err := s.Put(b.Context(), resource.Resource{Account: "111111111111", Region: "eu-central-1", Name: "u", Properties: all}); err != nil {
		b.Fatal(err)
	}
}
