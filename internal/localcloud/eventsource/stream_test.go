package eventsource

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestStreamToFunction(t *testing.T) {
	k := newTable(t)
	f := newFunction(nil)
	s := newSetup(t, k.streams, k.arn, f, nil)
	k.put("before", 1)
	s.start()
	<-f.called
	k.put("after", 2)
	<-f.called
	if got, want := fmt.Sprint(f.batches()), "[[before] [after]]"; got != want {
		t.Errorf("batches = %s, want %s", got, want)
	}
	until(t, "the state is Enabled", func() bool { m := s.status(); return m.State == "Enabled" && m.LastResult == "OK" })
}

func TestLatestBeginsBehindWhatIsThere(t *testing.T) {
	k := newTable(t)
	f := newFunction(nil)
	s := newSetup(t, k.streams, k.arn, f, map[string]any{"StartingPosition": "LATEST"})
	k.put("before", 1)
	s.start()
	until(t, "the mapping is enabled", func() bool { return s.status().State == "Enabled" })
	s.service.Close()
	k.put("while down", 2)
	s.start()
	<-f.called
	if got, want := fmt.Sprint(f.batches()), "[[while down]]"; got != want {
		t.Errorf("batches = %s, want %s", got, want)
	}
}

func TestRestartGoesOnFromTheCheckpoint(t *testing.T) {
	k := newTable(t)
	f := newFunction(nil)
	s := newSetup(t, k.streams, k.arn, f, map[string]any{"BatchSize": 5})
	for i := range 20 {
		k.put(fmt.Sprintf("k%02d", i), i)
	}
	s.start()
	until(t, "20 records are done", func() bool { m := s.status(); return m.LagRecords == 0 && len(f.batches()) >= 4 })
	s.service.Close()
	before := len(f.batches())
	k.put("new", 1)
	s.start()
	<-f.called
	until(t, "the new record came", func() bool { return len(f.batches()) > before })
	if got := f.batches()[before:]; fmt.Sprint(got) != "[[new]]" {
		t.Errorf("after the restart: %v, want [[new]]", got)
	}
}

// TestKill takes the files of a service that goes on, as a killed process leaves them.
func TestKill(t *testing.T) {
	k := newTable(t)
	f := newFunction(nil)
	s := newSetup(t, k.streams, k.arn, f, map[string]any{"BatchSize": 1, "ParallelizationFactor": 4})
	s.start()
	const n = 200
	for i := range n / 2 {
		k.put(fmt.Sprintf("k%03d", i), i)
	}
	until(t, "some are done", func() bool { return len(f.batches()) > n/4 })
	killed := s.service
	s.options.Dir = copyDir(t, s.options.Dir)
	killed.Close()
	for i := n / 2; i < n; i++ {
		k.put(fmt.Sprintf("k%03d", i), i)
	}
	s.start()
	until(t, "all have come", func() bool { return len(distinct(f.batches())) == n })
}

func distinct(batches [][]string) []string {
	all := slices.Concat(batches...)
	slices.Sort(all)
	return slices.Compact(all)
}

func TestOrderOfAnItemHoldsInLanes(t *testing.T) {
	k := newTable(t)
	seen := map[string][]string{}
	f := newFunction(nil)
	s := newSetup(t, k.streams, k.arn, f, map[string]any{"BatchSize": 3, "ParallelizationFactor": 5})
	const items, versions = 10, 12
	for v := range versions {
		for i := range items {
			k.put(fmt.Sprintf("k%d", i), v)
		}
	}
	s.start()
	until(t, "all have come", func() bool { return len(slices.Concat(f.batches()...)) >= items*versions })
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, call := range f.calls {
		for _, r := range call {
			id := r.Change.Keys["id"].String()
			seen[id] = append(seen[id], r.Change.NewImage["n"].Number())
		}
	}
	for id, got := range seen {
		for i, v := range got {
			if v != fmt.Sprint(i) {
				t.Fatalf("%s came in the order %v", id, got)
			}
		}
	}
}

// TestPoison has one record that always fails among others: it alone becomes a dead letter.
func TestPoison(t *testing.T) {
	for _, partial := range []bool{false, true} {
		t.Run(fmt.Sprintf("reports failures %t", partial), func(t *testing.T) {
			k := newTable(t)
			f := newFunction(func(records []events.DynamoDBEventRecord) (string, string, error) {
				for _, r := range records {
					if r.Change.Keys["id"].String() == "k13" {
						if !partial {
							return `{"errorMessage":"poison"}`, "Unhandled", nil
						}
						return fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":%q}]}`, r.Change.SequenceNumber), "", nil
					}
				}
				return `{"batchItemFailures":[]}`, "", nil
			})
			properties := map[string]any{
				"BatchSize": 30, "MaximumRetryAttempts": 3, "BisectBatchOnFunctionError": true, "ParallelizationFactor": json.Number("2"),
				"DestinationConfig": map[string]any{"OnFailure": map[string]any{"Destination": testQueue}},
			}
			if partial {
				properties["FunctionResponseTypes"] = []any{"ReportBatchItemFailures"}
			}
			s := newSetup(t, k.streams, k.arn, f, properties)
			for i := range 30 {
				k.put(fmt.Sprintf("k%02d", i), i)
			}
			s.start()
			until(t, "there is a dead letter", func() bool { return len(s.letters.all(t)) > 0 })
			until(t, "the rest is done", func() bool { return s.status().LagRecords == 0 })
			if n := len(distinct(f.batches())); n != 30 {
				t.Errorf("%d records came, want 30", n)
			}
			all := s.letters.all(t)
			if len(all) != 1 {
				t.Fatalf("dead letters = %+v, want one", all)
			}
			checkLetter(t, s, all[0], partial)
		})
	}
}

func checkLetter(t *testing.T, s *setup, got failureRecord, partial bool) {
	t.Helper()
	sequence := ""
	for _, call := range s.function.calls {
		for _, r := range call {
			if r.Change.Keys["id"].String() == "k13" {
				sequence = r.Change.SequenceNumber
			}
		}
	}
	b := got.Batch
	if b.Size != 1 || b.Start != sequence || b.End != sequence || b.StreamARN != s.mapping.Properties["EventSourceArn"] {
		t.Errorf("batch = %+v, want the record %s alone", b, sequence)
	}
	if c := got.RequestContext; c.Condition != "RetryAttemptsExhausted" || c.ApproximateInvokeCount != 4 || c.FunctionARN != testFunction {
		t.Errorf("request context = %+v", c)
	}
	if e := got.ResponseContext.FunctionError; partial != (e == nil) || e != nil && *e != "Unhandled" {
		t.Errorf("function error = %v", e)
	}
	if got := s.letters.urls[0]; got != "https://sqs.eu-central-1.amazonaws.com/111111111111/letters" {
		t.Errorf("sent to %s", got)
	}
}
