package eventsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// failing answers that the items named fail for ever: by an error, or by a report.
func failing(report bool, ids ...string) func([]events.DynamoDBEventRecord) (string, string, error) {
	bad := map[string]bool{}
	for _, id := range ids {
		bad[id] = true
	}
	return func(records []events.DynamoDBEventRecord) (string, string, error) {
		answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
		for _, r := range records {
			if bad[r.Change.Keys["id"].String()] {
				answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: r.Change.SequenceNumber})
			}
		}
		if len(answer.BatchItemFailures) > 0 && !report {
			return "{}", "Unhandled", nil
		}
		text, err := json.Marshal(answer)
		return string(text), "", err
	}
}

var toQueue = map[string]any{"OnFailure": map[string]any{"Destination": testQueue}}

// TestRetries writes a, b, c, d as one batch.
func TestRetries(t *testing.T) {
	reports := []any{"ReportBatchItemFailures"}
	tests := []struct {
		name       string
		properties map[string]any
		answer     func([]events.DynamoDBEventRecord) (string, string, error)
		batches    string
		letters    string // batch size, invocations and condition of each
	}{
		{"no failure", nil, nil, "[[a b c d]]", "[]"},
		{"report is ignored without the response type", nil, failing(true, "b"), "[[a b c d]]", "[]"},
		{"retries are exhausted", map[string]any{"MaximumRetryAttempts": 2}, failing(false, "b"),
			"[[a b c d] [a b c d] [a b c d]]", "[4 3 RetryAttemptsExhausted]"},
		{"no retry", map[string]any{"MaximumRetryAttempts": 0}, failing(false, "b"),
			"[[a b c d]]", "[4 1 RetryAttemptsExhausted]"},
		{"bisect costs no attempts", map[string]any{"MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true}, failing(false, "c"),
			"[[a b c d] [a b] [c d] [c] [c] [d]]", "[1 2 RetryAttemptsExhausted]"},
		{"from the reported record on, with all its attempts", map[string]any{"MaximumRetryAttempts": 1, "FunctionResponseTypes": reports}, failing(true, "b"),
			"[[a b c d] [b c d] [b c d]]", "[3 2 RetryAttemptsExhausted]"},
		{"lowest of the reported", map[string]any{"MaximumRetryAttempts": 0, "FunctionResponseTypes": reports}, failing(true, "d", "c"),
			"[[a b c d] [c d]]", "[2 1 RetryAttemptsExhausted]"},
		{"bisect at the reported record", map[string]any{"MaximumRetryAttempts": 1, "FunctionResponseTypes": reports, "BisectBatchOnFunctionError": true}, failing(true, "b"),
			"[[a b c d] [b c d] [b] [b] [c d]]", "[1 2 RetryAttemptsExhausted]"},
		{"an answer of another form fails all", map[string]any{"MaximumRetryAttempts": 0, "FunctionResponseTypes": reports},
			func([]events.DynamoDBEventRecord) (string, string, error) {
				return `{"batchItemFailures":[{"id":"1"}]}`, "", nil
			},
			"[[a b c d]]", "[4 1 RetryAttemptsExhausted]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			streams := newFakeStreams("shard-1")
			f := newFunction(test.answer)
			s := newSetup(t, streams, fakeStream, f, test.properties)
			s.mapping.Properties["DestinationConfig"] = toQueue
			for i, id := range []string{"a", "b", "c", "d"} {
				streams.write("shard-1", id, i)
			}
			s.start()
			until(t, "all is done", func() bool { return s.status().Checkpoints["shard-1"] == fmt.Sprintf("%021d", 4) })
			if got := fmt.Sprint(f.batches()); got != test.batches {
				t.Errorf("batches = %s, want %s", got, test.batches)
			}
			letters := []any{}
			for _, l := range s.letters.all(t) {
				letters = append(letters, l.Batch.Size, l.RequestContext.ApproximateInvokeCount, l.RequestContext.Condition)
			}
			if got := fmt.Sprint(letters); got != test.letters {
				t.Errorf("dead letters = %s, want %s", got, test.letters)
			}
		})
	}
}

// TestNotCalled has a function that cannot be called for a while, which costs no attempt.
func TestNotCalled(t *testing.T) {
	streams := newFakeStreams("shard-1")
	var n atomic.Int64
	f := newFunction(func([]events.DynamoDBEventRecord) (string, string, error) {
		if n.Add(1) <= 5 {
			return "", "", errors.New("throttled")
		}
		return "", "", nil
	})
	s := newSetup(t, streams, fakeStream, f, map[string]any{"MaximumRetryAttempts": 0, "DestinationConfig": toQueue})
	streams.write("shard-1", "a", 1)
	s.start()
	until(t, "the problem is shown", func() bool { return n.Load() > 5 || s.status().State == "Problem: function: throttled" })
	until(t, "all is done", func() bool { m := s.status(); return m.Checkpoints["shard-1"] == fmt.Sprintf("%021d", 1) })
	until(t, "the problem is over", func() bool { m := s.status(); return m.State == "Enabled" && m.LastResult == "OK" })
	if l := s.letters.all(t); len(l) != 0 {
		t.Errorf("dead letters = %+v, want none", l)
	}
}

// TestAge has records that are too old before they are sent, and such as become it while they fail.
func TestAge(t *testing.T) {
	streams := newFakeStreams("shard-1")
	var clock atomic.Int64
	start := time.Date(2026, 3, 1, 10, 0, 30, 0, time.UTC)
	now := func() time.Time { return start.Add(time.Duration(clock.Load())) }
	streams.now = now
	f := newFunction(failing(false, "b"))
	s := newSetup(t, streams, fakeStream, f, map[string]any{"MaximumRecordAgeInSeconds": 60, "DestinationConfig": toQueue})
	s.options.Now = now
	streams.write("shard-1", "a", 1)
	clock.Add(int64(61 * time.Second))
	streams.write("shard-1", "b", 2)
	s.start()
	until(t, "b has failed some times", func() bool { return len(f.batches()) > 3 })
	clock.Add(int64(61 * time.Second))
	streams.write("shard-1", "c", 3)
	until(t, "all is done", func() bool { return s.status().Checkpoints["shard-1"] == fmt.Sprintf("%021d", 3) })
	all := s.letters.all(t)
	if len(all) != 2 {
		t.Fatalf("dead letters = %+v, want two", all)
	}
	for i, l := range all {
		if l.RequestContext.Condition != "RecordAgeExceeded" || l.Batch.Size != 1 || l.Batch.Start != fmt.Sprintf("%021d", i+1) {
			t.Errorf("dead letter %d = %+v", i, l)
		}
		if (l.ResponseContext == nil) != (i == 0) || (l.RequestContext.ApproximateInvokeCount == 0) != (i == 0) {
			t.Errorf("dead letter %d = %+v: the first was never sent, the second was", i, l)
		}
	}
	if got := all[0].Batch.FirstArrival; got != "2026-03-01T10:00:30Z" {
		t.Errorf("arrival = %s", got)
	}
}

// TestDestinationThatFails keeps the records until the destination takes the report.
func TestDestinationThatFails(t *testing.T) {
	streams := newFakeStreams("shard-1")
	s := newSetup(t, streams, fakeStream, newFunction(failing(false, "a")), map[string]any{"MaximumRetryAttempts": 0, "DestinationConfig": toQueue})
	s.letters.fail = errors.New("no permission for sqs:SendMessage")
	streams.write("shard-1", "a", 1)
	streams.write("shard-1", "b", 2)
	s.start()
	until(t, "the problem is shown", func() bool { return s.status().State == "Problem: destination: no permission for sqs:SendMessage" })
	if at := s.status().Checkpoints["shard-1"]; at != "" {
		t.Errorf("checkpoint = %s, want none", at)
	}
	s.letters.mu.Lock()
	s.letters.fail = nil
	s.letters.mu.Unlock()
	until(t, "the state is Enabled", func() bool { return s.status().State == "Enabled" && len(s.letters.all(t)) == 1 })
}

func TestWindow(t *testing.T) {
	streams := newFakeStreams("shard-1")
	f := newFunction(nil)
	s := newSetup(t, streams, fakeStream, f, map[string]any{"MaximumBatchingWindowInSeconds": 1, "BatchSize": 3})
	s.options.Notify = streams.notify
	began := time.Now()
	s.start()
	for _, id := range []string{"a", "b", "c", "d"} {
		streams.write("shard-1", id, 1)
	}
	<-f.called // full
	<-f.called // its window is over
	if got := fmt.Sprint(f.batches()); got != "[[a b c] [d]]" {
		t.Errorf("batches = %s", got)
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("the window of a second was over after %s", took)
	}
}

func TestPayloadIsBounded(t *testing.T) {
	queue := func(sizes ...int) (out []*record) {
		for _, n := range sizes {
			out = append(out, &record{event: make([]byte, n)})
		}
		return out
	}
	const mb = 1 << 20
	tests := []struct {
		queue []*record
		most  int
		n     int
		full  bool
	}{
		{queue(), 10, 0, false},
		{queue(1, 1), 10, 2, false},
		{queue(1, 1, 1), 2, 2, true},
		{queue(4*mb, 4*mb), 10, 1, true},
		{queue(7*mb, 1), 10, 1, true},
		{queue(3*mb, 2*mb), 10, 2, false},
	}
	for i, test := range tests {
		if n, full := fit(test.queue, test.most); n != test.n || full != test.full {
			t.Errorf("%d: fit = %d, %t, want %d, %t", i, n, full, test.n, test.full)
		}
	}
}

// TestFailures are the answers that AWS's guide lists, and what else a function may return.
func TestFailures(t *testing.T) {
	tests := []struct {
		answer string
		ids    []string
		all    bool
	}{
		{"", nil, false}, {"null", nil, false}, {" \n", nil, false}, {`""`, nil, false}, {"[]", nil, false}, {"{}", nil, false},
		{`{"batchItemFailures":null}`, nil, false}, {`{"batchItemFailures":[]}`, nil, false}, {`{"other":1}`, nil, false},
		{`{"batchItemFailures":[{"itemIdentifier":"1"}]}`, []string{"1"}, false},
		{`{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"1"}]}`, []string{"2", "1"}, false},
		{`{"batchItemFailures":[{"itemIdentifier":""}]}`, nil, true},
		{`{"batchItemFailures":[{"itemIdentifier":null}]}`, nil, true},
		{`{"batchItemFailures":[{"itemIdentifier":123}]}`, nil, true},
		{`{"batchItemFailures":[{"itemidentifier":"1"}]}`, nil, true},
		{`{"batchItemFailures":[{"foo":"1"}]}`, nil, true}, {`{"batchItemFailures":[{"foo":null}]}`, nil, true},
		{`{"batchItemFailures":[null]}`, nil, true},
		{`{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"unknown"}]}`, nil, true},
		{`{"batchItemFailures":{}}`, nil, true}, {`{"batchItemFailures":"1"}`, nil, true},
		{`"done"`, nil, true}, {"5", nil, true}, {"[1]", nil, true}, {"{", nil, true}, {"true", nil, true},
	}
	for _, test := range tests {
		ids, all := failures([]byte(test.answer), func(id string) bool { return id == "1" || id == "2" })
		if !reflect.DeepEqual(ids, test.ids) || all != test.all {
			t.Errorf("%s: %v, %t, want %v, %t", test.answer, ids, all, test.ids, test.all)
		}
	}
}
