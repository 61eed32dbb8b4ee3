package dynamodb

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// expireInterval is how often items are looked at whose time to live may have ended.
	expireInterval = 250 * time.Millisecond
	// maxExpired is the age in years beyond which AWS does not expire an item (DynamoDB Developer
	// Guide, "Using time to live (TTL)").
	maxExpired = 5
	// maxMarked bounds the keys of deletions that streams still have to name as expirations.
	maxMarked = 10_000
	// maxChecks bounds the keys that are looked up in one round.
	maxChecks = 500
)

// expiries are the items of a table that expire. The service's mutex guards them.
type expiries struct {
	// pending are keys whose time is to be read, by their canonical JSON.
	pending map[string]bool
	due     expiryHeap
	// marked are keys that were deleted since they expired.
	marked map[string]bool
}

type expiry struct {
	at  int64
	key string
}

type expiryHeap []expiry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h expiryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *expiryHeap) Push(x any)        { *h = append(*h, x.(expiry)) }
func (h *expiryHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// dirty remembers a key, or the key of an item, to be looked at. The caller holds the mutex.
func (t *table) dirty(item json.RawMessage) {
	key, ok := t.canonicalKey(item)
	if !ok {
		return
	}
	if t.pending == nil {
		t.pending = map[string]bool{}
	}
	t.pending[key] = true
}

// canonicalKey is the key of an item as JSON, always written in the same way.
func (t *table) canonicalKey(item json.RawMessage) (string, bool) {
	var attributes map[string]map[string]string
	var raw object
	if json.Unmarshal(item, &raw) != nil {
		return "", false
	}
	attributes = map[string]map[string]string{}
	for _, name := range []string{t.partitionKey, t.sortKey} {
		if name == "" {
			continue
		}
		var value map[string]string
		if json.Unmarshal(raw[name], &value) != nil {
			return "", false
		}
		attributes[name] = value
	}
	key, err := json.Marshal(attributes)
	return string(key), err == nil
}

// expire deletes items whose time to live has ended until ctx ends. AWS takes up to days
// (docs/aws-differences.md, 58).
func (s *Service) expire(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(expireInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		ids := slices.Collect(maps.Keys(s.tables))
		s.mu.Unlock()
		for _, id := range ids {
			if err := s.expireTable(ctx, id); err != nil && ctx.Err() == nil {
				s.log(fmt.Sprintf("expiring items of %s: %v", id.name, err))
			}
		}
	}
}

func (s *Service) expireTable(ctx context.Context, id tableID) error {
	now := s.now().Unix()
	s.mu.Lock()
	t := s.tables[id]
	if t == nil || t.ttl == "" {
		s.mu.Unlock()
		return nil
	}
	ttl := t.ttl
	var check []string
	for key := range t.pending {
		if len(check) == maxChecks {
			break
		}
		check = append(check, key)
		delete(t.pending, key)
	}
	var expired []expiry
	for t.due.Len() > 0 && t.due[0].at <= now {
		expired = append(expired, heap.Pop(&t.due).(expiry))
	}
	s.mu.Unlock()
	for _, key := range check {
		if err := s.readExpiry(ctx, id, ttl, key); err != nil {
			return err
		}
	}
	for _, e := range expired {
		if err := s.deleteExpired(ctx, id, ttl, e); err != nil {
			return err
		}
	}
	return nil
}

// readExpiry reads when an item expires.
func (s *Service) readExpiry(ctx context.Context, id tableID, ttl, key string) error {
	out, err := s.engineCall(ctx, home{id.account, id.region}, "GetItem", map[string]any{"TableName": id.name, "Key": json.RawMessage(key),
		"ProjectionExpression": "#t", "ExpressionAttributeNames": map[string]string{"#t": ttl}, "ConsistentRead": true})
	if err != nil {
		return err
	}
	var found struct{ Item object }
	if err := json.Unmarshal(out, &found); err != nil {
		return err
	}
	s.schedule(id, key, found.Item[ttl])
	return nil
}

// schedule remembers when an item expires: a number of seconds, and not more than five years ago.
func (s *Service) schedule(id tableID, key string, value json.RawMessage) {
	var number struct{ N string }
	if json.Unmarshal(value, &number) != nil {
		return
	}
	at, err := strconv.ParseFloat(number.N, 64)
	if err != nil || time.Unix(int64(at), 0).Before(s.now().AddDate(-maxExpired, 0, 0)) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[id]; t != nil {
		heap.Push(&t.due, expiry{int64(at), key})
	}
}

// deleteExpired deletes an item if it still expires when it did.
func (s *Service) deleteExpired(ctx context.Context, id tableID, ttl string, e expiry) error {
	s.mu.Lock()
	if t := s.tables[id]; t != nil {
		if t.marked == nil || len(t.marked) > maxMarked {
			t.marked = map[string]bool{}
		}
		t.marked[e.key] = true
	}
	s.mu.Unlock()
	_, err := s.engineCall(ctx, home{id.account, id.region}, "DeleteItem", map[string]any{"TableName": id.name, "Key": json.RawMessage(e.key),
		"ConditionExpression": "#t < :next", "ExpressionAttributeNames": map[string]string{"#t": ttl},
		"ExpressionAttributeValues": map[string]any{":next": map[string]string{"N": strconv.FormatInt(e.at+1, 10)}}})
	var refused *engineError
	if errors.As(err, &refused) && strings.HasSuffix(refused.Type, "ConditionalCheckFailedException") {
		s.mu.Lock()
		if t := s.tables[id]; t != nil {
			delete(t.marked, e.key)
		}
		s.mu.Unlock()
		return nil
	}
	if err != nil {
		return err
	}
	s.touched(id, nil)
	return nil
}

// scanExpiries reads when the items of a table expire, once.
func (s *Service) scanExpiries(ctx context.Context, id tableID) error {
	t := s.known(id)
	if t == nil {
		return nil
	}
	names := map[string]string{"#t": t.ttl, "#p": t.partitionKey}
	projection := "#t, #p"
	if t.sortKey != "" {
		names["#s"], projection = t.sortKey, projection+", #s"
	}
	var start json.RawMessage
	for {
		in := map[string]any{"TableName": id.name, "ProjectionExpression": projection, "ExpressionAttributeNames": names, "FilterExpression": "attribute_exists(#t)"}
		if start != nil {
			in["ExclusiveStartKey"] = start
		}
		out, err := s.engineCall(ctx, home{id.account, id.region}, "Scan", in)
		if err != nil {
			return fmt.Errorf("reading when items of %s expire: %w", id.name, err)
		}
		var page struct {
			Items            []json.RawMessage
			LastEvaluatedKey json.RawMessage
		}
		if err := json.Unmarshal(out, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			var attributes object
			if key, ok := t.canonicalKey(item); ok && json.Unmarshal(item, &attributes) == nil {
				s.schedule(id, key, attributes[t.ttl])
			}
		}
		if start = page.LastEvaluatedKey; start == nil {
			return nil
		}
	}
}

// markExpired names the service as the one that removed expired items, as AWS does (DynamoDB
// Developer Guide, "DynamoDB Streams and Time to Live").
func (s *Service) markExpired(id tableID, body []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[id]
	if t == nil || len(t.marked) == 0 || !bytes.Contains(body, []byte(`"REMOVE"`)) {
		return body
	}
	var answer object
	if json.Unmarshal(body, &answer) != nil {
		return body
	}
	records, ok := answer.list("Records")
	if !ok {
		return body
	}
	for _, r := range records {
		key, ok := t.canonicalKey(r.object("dynamodb")["Keys"])
		if ok && r.text("eventName") == "REMOVE" && t.marked[key] {
			r["userIdentity"] = json.RawMessage(`{"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"}`)
		}
	}
	list, err := json.Marshal(records)
	if err != nil {
		return body
	}
	answer["Records"] = list
	if out, err := json.Marshal(answer); err == nil {
		return out
	}
	return body
}
