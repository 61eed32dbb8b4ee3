package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func replayed(t *testing.T, ix *indexer, request string) replaySummary {
	t.Helper()
	out, err := ix.handle(context.Background(), json.RawMessage(request))
	if err != nil {
		t.Fatal(err)
	}
	return out.(replaySummary)
}

func TestReplay(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	for i, id := range []string{"a", "b", "c", "d", "e", "f"} {
		k.put(account, id, i+1, "kitten "+id)
	}
	k.remove(account, "c")
	s := k.shards()[0]
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	c.deadLetter(k, s.id, s.records[1:4]) // b, c, d; neither a nor what follows. There is no c any more.
	sum := replayed(t, ix, `{"replay":{}}`)
	if sum.Replayed != 1 || sum.Failed != 0 || sum.Trimmed != 0 || sum.Records != 3 {
		t.Errorf("summary = %+v: %s", sum, log)
	}
	if got := keys(documents(t, account)); !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("index has %q", got)
	}
	if len(c.messages) != 0 {
		t.Errorf("%d messages left", len(c.messages))
	}
	// The deletion comes before the records that it deletes.
	c.deadLetter(k, s.id, s.records[6:])
	c.deadLetter(k, s.id, s.records)
	if sum := replayed(t, ix, `{"replay":{"max":100}}`); sum.Replayed != 2 || sum.Records != 8 {
		t.Errorf("summary = %+v: %s", sum, log)
	}
	if got := keys(documents(t, account)); !slices.Equal(got, []string{"a", "b", "d", "e", "f"}) {
		t.Errorf("index has %q", got)
	}
}

func TestReplayLeavesWhatFails(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	account := c.account("12345")
	k.put(account, "good", 1, "x")
	k.put(account, "poison", 0, "x")
	k.put(account, "behind", 1, "x")
	s := k.shards()[0]
	ix, log := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	c.deadLetter(k, s.id, s.records[:1])
	c.deadLetter(k, s.id, s.records[1:])
	c.send("no JSON")
	c.send(`{"DDBStreamBatchInfo":{"streamArn":"` + k.arn + `","shardId":"x","startSequenceNumber":"1","endSequenceNumber":"x"}}`)
	sum := replayed(t, ix, `{"replay":{"max":10}}`)
	if sum.Replayed != 1 || sum.Failed != 3 || sum.Trimmed != 0 {
		t.Errorf("summary = %+v: %s", sum, log)
	}
	if got := keys(documents(t, account)); !slices.Equal(got, []string{"behind", "good"}) {
		t.Errorf("index has %q", got)
	}
	if c.waiting() != 3 {
		t.Errorf("%d messages are in sight, want the 3 that failed", c.waiting())
	}
	if !strings.Contains(log.String(), `"poison":true`) || strings.Contains(log.String(), "no JSON") {
		t.Errorf("log = %s", log)
	}
}

func TestReplayOfLostRecords(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	k.put(c.account("12345"), "a", 1, "x")
	s := k.shards()[0]
	ix, _ := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	c.deadLetter(k, s.id, s.records)
	c.trimmed[s.id] = true
	sum := replayed(t, ix, `{"replay":{"max":5}}`)
	if sum.Replayed != 0 || sum.Failed != 0 || sum.Trimmed != 1 || len(sum.Lost) != 1 || c.waiting() != 1 {
		t.Errorf("summary = %+v, %d messages", sum, c.waiting())
	}
	text, _ := json.Marshal(sum)
	for _, want := range []string{`"trimmed":1`, `"streamArn":"` + k.arn, `"shardId":"` + s.id, "reindex the account"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("summary = %s, want %s in it", text, want)
		}
	}
	sum = replayed(t, ix, `{"replay":{"discardTrimmed":true}}`)
	if sum.Trimmed != 1 || len(c.messages) != 0 {
		t.Errorf("summary = %+v, %d messages", sum, len(c.messages))
	}
}

func TestReplayIsBounded(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	k.put(c.account("12345"), "a", 1, "x")
	s := k.shards()[0]
	ix, _ := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	for range 25 {
		c.deadLetter(k, s.id, s.records)
	}
	if sum := replayed(t, ix, `{"replay":{"max":12}}`); sum.Replayed != 12 || len(c.messages) != 13 {
		t.Errorf("summary = %+v, %d messages", sum, len(c.messages))
	}
	ctx, cancel := context.WithTimeout(context.Background(), replayMargin)
	defer cancel()
	out, err := ix.handle(ctx, json.RawMessage(`{"replay":{"max":12}}`))
	if err != nil || out.(replaySummary).Replayed != 0 || len(c.messages) != 13 {
		t.Errorf("with no time left: %+v, %v, %d messages", out, err, len(c.messages))
	}
}

func TestReplayWithoutQueue(t *testing.T) {
	c := newCloud(t)
	ix, _ := c.shared(map[string]string{"DEAD_LETTER_QUEUE_URL": ""})
	if _, err := ix.handle(context.Background(), json.RawMessage(`{"replay":{}}`)); err == nil || !strings.Contains(err.Error(), "DEAD_LETTER_QUEUE_URL") {
		t.Errorf("error = %v", err)
	}
}

func TestReplayWhileTheDomainIsDown(t *testing.T) {
	c := newCloud(t)
	k := c.table()
	k.put(c.account("12345"), "a", 1, "x")
	s := k.shards()[0]
	ix, _ := c.shared(map[string]string{"TABLES": k.name + "=kittens"})
	c.deadLetter(k, s.id, s.records)
	c.fault = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	if sum := replayed(t, ix, `{"replay":{}}`); sum.Failed != 1 || c.waiting() != 1 {
		t.Errorf("summary = %+v, %d messages", sum, c.waiting())
	}
	c.mu.Lock()
	c.fault = nil
	c.mu.Unlock()
	if sum := replayed(t, ix, `{"replay":{}}`); sum.Replayed != 1 || len(c.messages) != 0 {
		t.Errorf("summary = %+v, %d messages", sum, len(c.messages))
	}
}

func TestCompareSequences(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"1", "1", 0}, {"1", "2", -1}, {"10", "9", 1}, {"0010", "10", 0}, {"99999999999999999999999", "100000000000000000000000", -1}, {"0", "", 0},
	}
	for _, tt := range tests {
		got := compareSequences(tt.a, tt.b)
		if got < 0 && tt.want >= 0 || got > 0 && tt.want <= 0 || got == 0 && tt.want != 0 {
			t.Errorf("compareSequences(%s, %s) = %d, want the sign of %d", tt.a, tt.b, got, tt.want)
		}
	}
}
