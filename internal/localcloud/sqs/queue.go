package sqs

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/tenantstack/tenantstack/iam"
	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// state is what a queue is, apart from its messages.
type state struct {
	// Attributes as SetQueueAttributes takes them.
	Attributes map[string]string `json:"attributes,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	// Created and Modified in Unix seconds.
	Created  int64 `json:"created"`
	Modified int64 `json:"modified"`
	// Template says that a template made the queue: it exists as long as that has it.
	Template bool `json:"template,omitempty"`
	// Sequence is the last number of a queue with order.
	Sequence uint64 `json:"sequence,omitempty"`
}

// queue with its messages. All methods lock unless they say otherwise.
type queue struct {
	arn, region, account, name string

	mu      sync.Mutex
	present bool
	state   state
	policy  []iam.Document
	journal *journal
	// order has the messages as they were sent, with some that are gone; byID those that are not.
	order []*message
	byID  map[string]*message
	// sent are the deduplication ids of the last five minutes.
	sent map[string]sent
	// told is the dead-letter queue whose absence was told of.
	told string
	// changed is closed when a message may have become visible.
	changed chan struct{}
}

func newQueue(arn, region, account, name string) *queue {
	return &queue{arn: arn, region: region, account: account, name: name, byID: map[string]*message{}, sent: map[string]sent{}, changed: make(chan struct{})}
}

func (q *queue) exists() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.present
}

// replay applies a record of the journal. It does not lock.
func (q *queue) replay(r record) {
	switch {
	case r.Queue != nil:
		q.state = *r.Queue
		// A template's queue is not there until the template has it again.
		q.present = !r.Queue.Template
		q.policy = policyOf(q.state.Attributes)
	case r.Message != nil:
		q.insert(r.Message)
	case r.Sent != nil:
		q.sent[r.Sent.Key] = *r.Sent
	case r.Purged:
		q.clear()
	}
	for _, receipt := range r.Received {
		if m := q.byID[receipt.ID]; m != nil {
			m.take(receipt)
		}
	}
	for _, id := range r.Deleted {
		q.remove(id)
	}
}

// records make the present state. It does not lock.
func (q *queue) records() []record {
	current := q.state
	out := []record{{Queue: &current}}
	for _, key := range slices.Sorted(maps.Keys(q.sent)) {
		s := q.sent[key]
		out = append(out, record{Sent: &s})
	}
	for _, m := range q.order {
		if !m.gone {
			out = append(out, record{Message: m})
		}
	}
	return out
}

// insert, remove and clear change memory alone and do not lock.
func (q *queue) insert(m *message) {
	q.order = append(q.order, m)
	q.byID[m.ID] = m
	if m.Dedup != "" {
		key := q.dedupKey(m.Group, m.Dedup)
		q.sent[key] = sent{Key: key, ID: m.ID, Sequence: m.Sequence, At: m.Sent}
	}
	if n, err := parseSequence(m.Sequence); err == nil {
		q.state.Sequence = max(q.state.Sequence, n)
	}
}

func (q *queue) remove(id string) {
	if m := q.byID[id]; m != nil {
		m.gone = true
		delete(q.byID, id)
	}
	if len(q.order) > 64 && len(q.order) > 2*len(q.byID) {
		q.order = slices.DeleteFunc(q.order, func(m *message) bool { return m.gone })
	}
}

func (q *queue) clear() {
	q.order, q.byID = nil, map[string]*message{}
}

// write notes changes that are made in memory already, and keeps the journal short. It does not lock.
func (q *queue) write(records ...record) *gate.Error {
	err := q.journal.write(records...)
	if err == nil && q.journal.tooLong() {
		err = q.journal.compact()
	}
	if err != nil {
		return internalError(err)
	}
	return nil
}

// wake lets waiting receivers look again. It does not lock.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// expire forgets what is older than the queue keeps. It does not lock.
func (q *queue) expire(now time.Time) {
	oldest := millis(now.Add(-q.seconds(attrRetention)))
	n := 0
	for n < len(q.order) && (q.order[n].gone || q.order[n].Sent <= oldest) {
		delete(q.byID, q.order[n].ID)
		n++
	}
	q.order = q.order[n:]
	for key, s := range q.sent {
		if s.At <= millis(now.Add(-dedupInterval)) {
			delete(q.sent, key)
		}
	}
}

// count counts messages by whether they can be received now, are in flight, or are delayed.
func (q *queue) count(now time.Time) (visible, inFlight, delayed int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expire(now)
	ms := millis(now)
	for _, m := range q.order {
		switch {
		case m.gone:
		case m.Visible <= ms:
			visible++
		case m.Received != 0:
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

// purge removes all messages.
func (q *queue) purge() *gate.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.clear()
	return q.write(record{Purged: true})
}

// configure makes the queue exist, or changes it. change gets the present state.
func (q *queue) configure(now time.Time, change func(*state)) *gate.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	next := q.state
	next.Attributes, next.Tags = maps.Clone(q.state.Attributes), maps.Clone(q.state.Tags)
	change(&next)
	next.Created = cmp.Or(q.state.Created, now.Unix())
	next.Modified = now.Unix()
	if q.present && next.Template == q.state.Template && maps.Equal(next.Attributes, q.state.Attributes) && maps.Equal(next.Tags, q.state.Tags) {
		return nil
	}
	q.state, q.present = next, true
	q.policy = policyOf(next.Attributes)
	q.wake()
	return q.write(record{Queue: &next})
}

// leave makes the queue not exist and keeps its messages.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.present = false
	q.wake()
}

// destroy removes the queue with its messages.
func (q *queue) destroy() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.present = false
	q.wake()
	q.clear()
	if err := q.journal.file.Close(); err != nil {
		return err
	}
	return os.Remove(q.journal.path)
}

func (q *queue) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.journal.file.Close()
}

func internalError(err error) *gate.Error {
	return &gate.Error{Status: 500, Code: "InternalFailure", Message: fmt.Sprintf("keeping the queue: %v", err)}
}
