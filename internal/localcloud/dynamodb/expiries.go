package dynamodb

import (
	"container/heap"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxExpiries bounds the items of a table that are remembered, those that expire soonest. When they
	// have, the table is scanned for the others.
	maxExpiries = 200_000
	// maxRemovals bounds the expired items that streams still have to tell of.
	maxRemovals = 100_000
	// removalAge is how long stream records are kept (DynamoDB Developer Guide, "Change data capture for
	// DynamoDB Streams").
	removalAge = 24 * time.Hour
	// creationSlack is how exact the engine's ApproximateCreationDateTime is: it cuts off the seconds.
	creationSlack = 2 * time.Minute
	// noHorizon stands for the end of time.
	noHorizon = int64(1) << 62
)

// expiries are the times at which items of a table expire, as far as they were learned from writes and
// scans, and the items that did. The zero value knows nothing and wants a scan.
type expiries struct {
	mu sync.Mutex
	// known items by their id, and a heap of their times, in which those that changed since are stale.
	known map[string]expiring
	due   expiryHeap
	// unread are the keys of items whose times have to be read, by id.
	unread map[string]string
	// scanned says that no scan is wanted; at the horizon one is.
	scanned  bool
	horizon  int64
	scanning bool
	// nextScan is the earliest time of another scan.
	nextScan time.Time
	// removals by id.
	removals map[string][]removal
	oldest   []string
}

// expiring is an item that expires: its key as JSON, and the time in seconds since 1970.
type expiring struct {
	key string
	at  int64
}

// removal is the deletion of an expired item.
type removal struct {
	attribute, value string
	from, to         time.Time
}

type expiryTime struct {
	at int64
	id string
}

type expiryHeap []expiryTime

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h expiryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *expiryHeap) Push(x any)        { *h = append(*h, x.(expiryTime)) }
func (h *expiryHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// itemKey is the id of an item by its key attributes, whatever their order and form, and its key as JSON.
func itemKey(s *schema, item *node) (id, key string, ok bool) {
	partition := item.get(s.partition)
	p, err := readKeyValue(partition)
	if err != nil {
		return "", "", false
	}
	id = p.id()
	b := append(append(appendJSON([]byte{'{'}, s.partition), ':'), partition.raw...)
	if s.sort != "" {
		sort := item.get(s.sort)
		v, err := readKeyValue(sort)
		if err != nil {
			return "", "", false
		}
		id += "\x00" + v.id()
		b = append(append(appendJSON(append(b, ','), s.sort), ':'), sort.raw...)
	}
	return id, string(append(b, '}')), true
}

// expiryOf reads when an item expires: the attribute is a number of seconds since 1970. Other values
// expire nothing (DynamoDB Developer Guide, "Using time to live (TTL) in DynamoDB").
func expiryOf(item *node, attribute string) (at int64, ok bool) {
	text, ok := item.get(attribute).get("N").text()
	if !ok {
		return 0, false
	}
	number, err := canonicalNumber(text)
	if err != nil {
		return 0, false
	}
	whole, _, _ := strings.Cut(number, ".")
	at, err = strconv.ParseInt(whole, 10, 64)
	return at, err == nil
}

// follow learns from a write that succeeded.
func (e *expiries) follow(w write, ttl string) {
	if strings.HasPrefix(w.action, "PartiQL") {
		if w.action != partiqlActions["DELETE"] && slices.Contains(w.attributes, ttl) {
			e.rescan()
		}
		return
	}
	if w.action == updateItem.action && !slices.Contains(w.attributes, ttl) {
		return
	}
	id, key, ok := itemKey(w.schema, w.item)
	if !ok {
		e.rescan()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if w.action == updateItem.action {
		if e.unread == nil {
			e.unread = map[string]string{}
		}
		e.unread[id] = key
		return
	}
	if at, ok := expiryOf(w.item, ttl); ok && w.action == putItem.action {
		e.schedule(id, key, at)
	} else {
		delete(e.known, id)
	}
}

// learn remembers when an item expires, or that it does not.
func (e *expiries) learn(s *schema, item *node, ttl string) {
	id, key, ok := itemKey(s, item)
	if !ok {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if at, ok := expiryOf(item, ttl); ok {
		e.schedule(id, key, at)
	} else {
		delete(e.known, id)
	}
}

// schedule remembers an item. e.mu is held.
func (e *expiries) schedule(id, key string, at int64) {
	if e.known == nil {
		e.known, e.horizon = map[string]expiring{}, noHorizon
	}
	if at >= e.horizon {
		delete(e.known, id)
		return
	}
	e.known[id] = expiring{key, at}
	heap.Push(&e.due, expiryTime{at, id})
	if len(e.due) > 2*len(e.known)+1000 || len(e.known) > maxExpiries {
		e.rebuild()
	}
}

// rebuild forgets stale times, and of too many items those that expire last. e.mu is held.
func (e *expiries) rebuild() {
	e.due = e.due[:0]
	for id, k := range e.known {
		e.due = append(e.due, expiryTime{k.at, id})
	}
	if len(e.known) > maxExpiries {
		slices.SortFunc(e.due, func(a, b expiryTime) int { return int(max(-1, min(1, a.at-b.at))) })
		keep := len(e.due) / 2
		e.horizon = e.due[keep].at
		for _, t := range e.due[keep:] {
			delete(e.known, t.id)
		}
		e.due = e.due[:keep]
	}
	heap.Init(&e.due)
}

// rescan wants the table to be scanned, since a write cannot be followed.
func (e *expiries) rescan() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scanned = false
}

// clear forgets everything.
func (e *expiries) clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known, e.due, e.unread, e.scanned = nil, nil, nil, false
}

// take is what is to be done now: items that have expired, and keys whose times have to be read.
func (e *expiries) take(now int64, most int) (expired, unread []expiring, ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.due) > 0 && e.due[0].at <= now && len(expired) < most {
		t := heap.Pop(&e.due).(expiryTime)
		if k, ok := e.known[t.id]; ok && k.at == t.at {
			delete(e.known, t.id)
			expired, ids = append(expired, k), append(ids, t.id)
		}
	}
	for id, key := range e.unread {
		if len(unread) == most {
			break
		}
		unread = append(unread, expiring{key: key})
		delete(e.unread, id)
	}
	if e.known != nil && e.horizon <= now {
		e.scanned, e.horizon = false, noHorizon
	}
	return expired, unread, ids
}

// wantsScan says that a scan is to begin now.
func (e *expiries) wantsScan(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.scanned || e.scanning || now.Before(e.nextScan) {
		return false
	}
	e.scanned, e.scanning = true, true
	return true
}

// didScan ends a scan. The longer it took, the later comes another.
func (e *expiries) didScan(now time.Time, took time.Duration, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.scanning, e.nextScan = false, now.Add(max(500*time.Millisecond, 20*took))
	if !ok {
		e.scanned = false
	}
}

// removing notes that an expired item is being deleted, before its stream record can be read.
func (e *expiries) removing(id string, r removal) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.removals == nil {
		e.removals = map[string][]removal{}
	}
	for len(e.oldest) > 0 {
		first := e.removals[e.oldest[0]]
		if len(e.oldest) < maxRemovals && (len(first) == 0 || r.from.Sub(first[0].from) < removalAge) {
			break
		}
		if len(first) > 1 {
			e.removals[e.oldest[0]] = first[1:]
		} else {
			delete(e.removals, e.oldest[0])
		}
		e.oldest = e.oldest[1:]
	}
	e.removals[id] = append(e.removals[id], r)
	e.oldest = append(e.oldest, id)
}

// removedAt ends removing: ok is false if the item was not deleted.
func (e *expiries) removedAt(id string, to time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.removals[id]
	if len(list) == 0 {
		return
	}
	if last := &list[len(list)-1]; ok {
		last.to = to
	} else {
		last.value = "" // its place in the order of ages stays
	}
}

// removed says whether a record of a stream is of the removal of an expired item.
func (e *expiries) removed(s *schema, change *node) bool {
	id, _, ok := itemKey(s, change.get("Keys"))
	if !ok {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.removals[id] {
		if r.value == "" || !r.around(change.get("ApproximateCreationDateTime")) {
			continue
		}
		old := change.get("OldImage")
		if old == nil {
			return true
		}
		if at, ok := expiryOf(old, r.attribute); ok && strconv.FormatInt(at, 10) == r.value {
			return true
		}
	}
	return false
}

// around says whether a record was made when the item was removed.
func (r removal) around(created *node) bool {
	if created == nil {
		return true
	}
	seconds, err := strconv.ParseFloat(string(created.raw), 64)
	if err != nil {
		return false
	}
	at := time.Unix(int64(seconds), 0)
	to := r.to
	if to.IsZero() {
		to = time.Now()
	}
	return at.After(r.from.Add(-creationSlack)) && at.Before(to.Add(creationSlack))
}
