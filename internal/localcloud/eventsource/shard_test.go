package eventsource

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/smithy-go"
)

// TestParentsBeforeChildren splits a shard while its records still fail.
func TestParentsBeforeChildren(t *testing.T) {
	streams := newFakeStreams("parent")
	var open atomic.Bool
	f := newFunction(func(records []events.DynamoDBEventRecord) (string, string, error) {
		if !open.Load() {
			return "", "Unhandled", nil
		}
		return "", "", nil
	})
	s := newSetup(t, streams, fakeStream, f, nil)
	streams.write("parent", "a", 1)
	s.start()
	<-f.called
	streams.change("parent", func(p *fakeShard) { p.closed = true })
	streams.add("left", "parent")
	streams.add("right", "parent")
	streams.write("left", "a", 2)
	streams.write("right", "b", 1)
	<-f.called
	open.Store(true)
	until(t, "all is done", func() bool {
		m := s.status()
		return m.Checkpoints["parent"] == "SHARD_END" && len(m.Checkpoints) == 3 && m.LagRecords == 0 && len(distinct(f.batches())) == 2
	})
	for _, b := range f.batches()[:2] {
		if fmt.Sprint(b) != "[a]" {
			t.Errorf("batch %v came before the parent was done", b)
		}
	}
	if n := len(distinct(f.batches())); n != 2 {
		t.Errorf("%d items came, want 2", n)
	}
}

func TestExpiredIterators(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, nil)
	s.start()
	for i := range 5 {
		streams.write("shard-1", fmt.Sprint(i), i)
		<-f.called
		streams.expireIterators()
	}
	if got := fmt.Sprint(slices.Concat(f.batches()...)); got != "[0 1 2 3 4]" {
		t.Errorf("records = %s", got)
	}
}

func TestTrimmed(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, nil)
	streams.write("shard-1", "a", 1)
	s.start()
	until(t, "a is done", func() bool { return s.status().Checkpoints["shard-1"] != "" })
	s.service.Close()
	streams.write("shard-1", "lost", 2)
	streams.write("shard-1", "b", 3)
	streams.change("shard-1", func(s *fakeShard) { s.trimmed = 2 })
	s.start()
	until(t, "b came", func() bool { return slices.Contains(distinct(f.batches()), "b") })
	if got := fmt.Sprint(f.batches()); got != "[[a] [b]]" {
		t.Errorf("batches = %s", got)
	}
}

// TestStreamThatWasCreatedAnew has the same ARN and other shards, as after the data were removed.
func TestStreamThatWasCreatedAnew(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("running %t", running), func(t *testing.T) {
			streams := newFakeStreams("old")
			f := newFunction(nil)
			s := newSetup(t, streams, fakeStream, f, map[string]any{"StartingPosition": "LATEST"})
			s.start()
			until(t, "the mapping is enabled", func() bool { return s.status().State == "Enabled" })
			streams.write("old", "a", 1)
			<-f.called
			until(t, "a is done", func() bool { return s.status().LagRecords == 0 })
			if !running {
				s.service.Close()
			}
			streams.mu.Lock()
			delete(streams.shards, "old")
			streams.order = nil
			streams.mu.Unlock()
			streams.add("new", "")
			streams.write("new", "b", 1)
			if !running {
				s.start()
			}
			<-f.called
			until(t, "the old shard is forgotten", func() bool { _, old := s.status().Checkpoints["old"]; return !old })
			if got := fmt.Sprint(f.batches()); got != "[[a] [b]]" {
				t.Errorf("batches = %s", got)
			}
		})
	}
}

// TestDenied shows what the role lacks and goes on once it has it.
func TestDenied(t *testing.T) {
	for _, operation := range []string{"DescribeStream", "GetShardIterator", "GetRecords"} {
		t.Run(operation, func(t *testing.T) {
			streams := newFakeStreams("shard-1")
			var denied atomic.Bool
			denied.Store(true)
			streams.fail = func(o string) error {
				if o == operation && denied.Load() {
					return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized to perform: dynamodb:" + o}
				}
				return nil
			}
			f := newFunction(nil)
			s := newSetup(t, streams, fakeStream, f, nil)
			streams.write("shard-1", "a", 1)
			s.start()
			until(t, "the problem is shown", func() bool {
				state := s.status().State
				return strings.HasPrefix(state, "Problem: ") && strings.HasSuffix(state, "AccessDeniedException: not authorized to perform: dynamodb:"+operation)
			})
			denied.Store(false)
			<-f.called
			until(t, "the state is Enabled", func() bool { return s.status().State == "Enabled" })
		})
	}
}

func TestFunctionThatIsNotThere(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	f.gone = true
	s := newSetup(t, streams, fakeStream, f, nil)
	streams.write("shard-1", "a", 1)
	s.start()
	until(t, "the problem is shown", func() bool {
		return s.status().State == "Problem: stream: finding the role of "+testFunction+": there is no such function"
	})
	f.mu.Lock()
	f.gone = false
	f.mu.Unlock()
	<-f.called
}

// TestNotified polls so rarely that only a notification can be the cause.
func TestNotified(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, nil)
	s.options.Notify, s.options.PollInterval = streams.notify, time.Hour
	s.start()
	idle := func() int {
		streams.mu.Lock()
		defer streams.mu.Unlock()
		return streams.requests["GetRecords"]
	}
	// One read and those that follow it soon; then none until something is written.
	until(t, "the mapping waits", func() bool { return idle() == len(soon)+1 })
	for i := range 3 {
		streams.write("shard-1", fmt.Sprint(i), i)
		<-f.called
	}
	if got := fmt.Sprint(f.batches()); got != "[[0] [1] [2]]" {
		t.Errorf("batches = %s", got)
	}
}

func TestPutChangesAndDelete(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, nil)
	s.start()
	first := s.service.mappings[s.mapping.Name]
	s.mapping.Properties["FilterCriteria"] = map[string]any{"Filters": []any{map[string]any{"Pattern": `{"eventName":["INSERT"]}`}}}
	s.put()
	second := s.service.mappings[s.mapping.Name]
	s.put()
	if first == second || second != s.service.mappings[s.mapping.Name] {
		t.Error("Put replaces a mapping whose settings changed, and no other")
	}
	streams.write("shard-1", "a", 1)
	<-f.called
	until(t, "a is done", func() bool { return s.status().LagRecords == 0 })
	if err := s.service.Delete(t.Context(), s.mapping); err != nil {
		t.Fatal(err)
	}
	if all := s.service.Status(); len(all) != 0 {
		t.Errorf("status = %+v, want nothing", all)
	}
	streams.write("shard-1", "b", 1)
	s.mapping.Properties["Enabled"] = "false"
	s.put()
	if m := s.status(); m.State != "Disabled" {
		t.Errorf("state = %s, want Disabled", m.State)
	}
	s.mapping.Properties["Enabled"] = true
	s.put()
	<-f.called
	if got := fmt.Sprint(f.batches()); got != "[[a] [b]]" {
		t.Errorf("batches = %s", got)
	}
	s.service.Close()
	if err := s.service.Put(t.Context(), s.mapping); err == nil {
		t.Error("Put after Close succeeds")
	}
}

func TestNoSuchRecordInTheEngine(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, nil)
	streams.write("shard-1", "a", 1)
	s.start()
	<-f.called
	until(t, "a is done", func() bool { return s.status().LagRecords == 0 })
	s.service.Close()
	var once atomic.Bool
	streams.fail = func(o string) error {
		if o == "GetShardIterator" && once.CompareAndSwap(false, true) {
			return &smithy.OperationError{ServiceID: "DynamoDB Streams", OperationName: o, Err: &smithy.GenericAPIError{Code: "InternalFailure"}}
		}
		return nil
	}
	s.start()
	<-f.called
	if got := fmt.Sprint(f.batches()); got != "[[a] [a]]" {
		t.Errorf("batches = %s, want all from the beginning", got)
	}
}
