package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// expireInterval is how often it is looked whether items have expired. AWS takes up to a few days
	// (docs/aws-differences.md, 58).
	expireInterval = 200 * time.Millisecond
	// maxExpired is the age in years beyond which AWS expires an item no more (DynamoDB Developer Guide,
	// "Using time to live (TTL) in DynamoDB").
	maxExpired = 5
	// expireAtOnce bounds the items of a table that are looked at in a row, and expireWorkers how many
	// are deleted at the same time.
	expireAtOnce, expireWorkers = 2000, 4
	// expireRetry is the pause after the engine did not answer.
	expireRetry = time.Second
)

// The engine could expire items by itself, but it scans tables by 20 items every 10 ms, over and over.
// So items are deleted here when their time has come, and their stream records are marked.

// expire deletes expired items until ctx ends.
func (s *Service) expire(ctx context.Context) {
	var scans sync.WaitGroup
	defer close(s.done)
	defer scans.Wait()
	s.wake(ctx)
	tick := time.NewTicker(expireInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, t := range s.expiring() {
			if t.expiries.wantsScan(time.Now()) {
				scans.Go(func() { s.scanExpiries(ctx, t) })
			}
			if err := s.expireTable(ctx, t); err != nil && ctx.Err() == nil {
				s.problemf("expiring items of table %s: %v", t.id.name, err)
				select {
				case <-ctx.Done():
				case <-time.After(expireRetry):
				}
			}
		}
	}
}

// wake looks up the tables whose items expired in an earlier run, which nobody may ask for in this one.
func (s *Service) wake(ctx context.Context) {
	for _, id := range s.state.withTimeToLive() {
		for {
			if _, err := s.table(ctx, id); err == nil || ctx.Err() != nil {
				break
			}
			select {
			case <-ctx.Done():
			case <-time.After(expireRetry):
			}
		}
	}
}

// expiring are the tables whose items expire.
func (s *Service) expiring() []*table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*table
	for _, t := range s.tables {
		if t.schema.Load() != nil && t.settings.Load().ttl != "" {
			out = append(out, t)
		}
	}
	return out
}

func (s *Service) expireTable(ctx context.Context, t *table) error {
	schema, ttl := t.schema.Load(), t.settings.Load().ttl
	if schema == nil || ttl == "" {
		return nil
	}
	expired, unread, ids := t.expiries.take(s.now().Unix(), expireAtOnce)
	if len(expired) == 0 && len(unread) == 0 {
		return nil
	}
	var group errgroup.Group
	group.SetLimit(expireWorkers)
	for _, k := range unread {
		group.Go(func() error { return s.readExpiry(ctx, t, schema, ttl, k.key) })
	}
	for i, k := range expired {
		group.Go(func() error { return s.remove(ctx, t, schema, ttl, ids[i], k) })
	}
	err := group.Wait()
	if err != nil {
		t.expiries.rescan()
	}
	if len(expired) > 0 && schema.stream {
		t.changed.notify()
	}
	return err
}

// readExpiry reads when an item expires.
func (s *Service) readExpiry(ctx context.Context, t *table, schema *schema, ttl, key string) error {
	var out struct{ Item json.RawMessage }
	err := s.engine.call(ctx, t.id.home, dataTarget+"GetItem", fields{"TableName": t.id.name, "Key": json.RawMessage(key), "ConsistentRead": true,
		"ProjectionExpression": "#t", "ExpressionAttributeNames": map[string]string{"#t": ttl}}, &out)
	if err != nil || out.Item == nil {
		return ignoreGone(err)
	}
	item, err := parseJSON(out.Item)
	if err != nil {
		return err
	}
	id, _, ok := parsedKey(schema, key)
	if at, expires := expiryOf(item, ttl); ok && expires {
		t.expiries.mu.Lock()
		t.expiries.schedule(id, key, at)
		t.expiries.mu.Unlock()
	}
	return nil
}

func parsedKey(s *schema, key string) (id, text string, ok bool) {
	n, err := parseJSON([]byte(key))
	if err != nil {
		return "", "", false
	}
	return itemKey(s, n)
}

// ignoreGone is nil for the error that a table is not there any more.
func ignoreGone(err error) error {
	if is(err, "ResourceNotFoundException") {
		return nil
	}
	return err
}

// remove deletes an item if its time has come, whatever was written since it was learned.
func (s *Service) remove(ctx context.Context, t *table, schema *schema, ttl, id string, k expiring) error {
	now := s.now()
	from := now.AddDate(-maxExpired, 0, 0).Unix()
	if k.at < from {
		return nil
	}
	value := strconv.FormatInt(k.at, 10)
	t.expiries.removing(id, removal{attribute: ttl, value: value, from: time.Now()})
	number := func(n int64) map[string]string { return map[string]string{"N": strconv.FormatInt(n, 10)} }
	// A fraction of the second in which the item expires does not keep it.
	err := s.engine.call(ctx, t.id.home, dataTarget+"DeleteItem", fields{"TableName": t.id.name, "Key": json.RawMessage(k.key),
		"ConditionExpression": "#t >= :at AND #t < :next", "ExpressionAttributeNames": map[string]string{"#t": ttl},
		"ExpressionAttributeValues": fields{":at": number(k.at), ":next": number(k.at + 1)}}, nil)
	if is(err, "ConditionalCheckFailedException") {
		t.expiries.removedAt(id, time.Now(), false)
		return s.readExpiry(ctx, t, schema, ttl, k.key)
	}
	t.expiries.removedAt(id, time.Now(), true)
	return ignoreGone(err)
}

// scanExpiries learns when the items of a table expire.
func (s *Service) scanExpiries(ctx context.Context, t *table) {
	began := time.Now()
	err := s.scanPages(ctx, t)
	t.expiries.didScan(time.Now(), time.Since(began), err == nil)
	if err != nil && ctx.Err() == nil {
		s.problemf("reading when items of table %s expire: %v", t.id.name, err)
	}
}

func (s *Service) scanPages(ctx context.Context, t *table) error {
	schema, ttl := t.schema.Load(), t.settings.Load().ttl
	if schema == nil || ttl == "" {
		return nil
	}
	names, projection := map[string]string{"#t": ttl, "#p": schema.partition}, "#t, #p"
	if schema.sort != "" {
		names["#s"], projection = schema.sort, projection+", #s"
	}
	in := fields{"TableName": t.id.name, "ProjectionExpression": projection, "ExpressionAttributeNames": names,
		"FilterExpression": "attribute_type(#t, :n)", "ExpressionAttributeValues": fields{":n": map[string]string{"S": "N"}}}
	for {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		out, err := s.engine.do(ctx, t.id.home, dataTarget+"Scan", body)
		if err != nil {
			return err
		}
		page, err := parseJSON(out.body)
		if err != nil || out.status != http.StatusOK {
			return fmt.Errorf("scanning: status %d: %.200s", out.status, out.body)
		}
		if items := page.get("Items"); items != nil {
			for i := range items.list {
				t.expiries.learn(schema, &items.list[i], ttl)
			}
		}
		last := page.get("LastEvaluatedKey")
		if last == nil {
			return nil
		}
		in["ExclusiveStartKey"] = json.RawMessage(last.raw)
	}
}
