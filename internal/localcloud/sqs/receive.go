package sqs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/tenantstack/tenantstack/internal/localcloud/gate"
)

// maxInFlight are received and not yet deleted messages (SQS Developer Guide, "Amazon SQS message quotas").
const (
	maxInFlight     = 120_000
	maxVisibility   = 12 * time.Hour
	maxReceiveBatch = 10
)

// receive takes up to limit messages, waiting for the first until the wait is over, the caller is
// gone, or the service closes.
func (s *Service) receive(ctx context.Context, q *queue, limit int, visibility, wait time.Duration) ([]message, *gate.Error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		taken, dead, next, changed, problem := q.take(s.now(), limit, visibility)
		if problem == nil {
			problem = s.bury(q, dead)
		}
		if problem != nil || len(taken) > 0 || wait <= 0 {
			return taken, problem
		}
		again := make(<-chan time.Time)
		if !next.IsZero() {
			timer := time.NewTimer(max(next.Sub(s.now()), time.Millisecond))
			defer timer.Stop()
			again = timer.C
		}
		select {
		case <-changed:
		case <-again:
		case <-deadline.C:
			return nil, nil
		case <-ctx.Done():
			return nil, nil
		case <-s.closed:
			return nil, nil
		}
		if !q.exists() {
			return nil, nonExistent()
		}
	}
}

// take takes messages that are visible, in their order; those of one group only as long as none
// before them is in flight. It also returns messages that were received too often, when the next
// becomes visible, and what is closed when something changed.
func (q *queue) take(now time.Time, limit int, visibility time.Duration) (taken []message, dead []*message, next time.Time, changed <-chan struct{}, problem *gate.Error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.expire(now)
	target, most := q.redrive()
	ms, blocked, flying := millis(now), map[string]bool{}, 0
	oldest := millis(now.Add(-q.seconds(attrRetention)))
	var receipts []receipt
	for _, m := range q.order {
		if len(taken) == limit {
			break
		}
		switch {
		case m.gone || m.Sent <= oldest || q.fifo() && blocked[m.Group]:
			continue
		case m.Visible > ms:
			blocked[m.Group] = true
			flying++
			if at := fromMillis(m.Visible); next.IsZero() || at.Before(next) {
				next = at
			}
			continue
		case target != "" && m.Receives >= most:
			dead = append(dead, m)
			continue
		}
		if flying >= maxInFlight && len(taken) == 0 && !q.fifo() {
			return nil, nil, next, q.changed, fail("OverLimit", "The maximum number of in flight messages is reached.")
		}
		m.Receives, m.Received, m.Visible, m.Nonce = m.Receives+1, ms, millis(now.Add(visibility)), nonce()
		if m.First == 0 {
			m.First = ms
		}
		taken = append(taken, *m)
		receipts = append(receipts, m.receipt())
	}
	if len(receipts) > 0 {
		problem = q.write(record{Received: receipts})
	}
	return taken, dead, next, q.changed, problem
}

func nonce() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// bury moves messages to the dead-letter queue. It has them before they leave this one, so that none is
// lost when the process is killed in between.
func (s *Service) bury(q *queue, dead []*message) *gate.Error {
	if len(dead) == 0 {
		return nil
	}
	q.mu.Lock()
	target, _ := q.redrive()
	told := q.told == target
	q.mu.Unlock()
	grave := s.queue(target)
	if grave == nil || grave == q {
		if told {
			return nil
		}
		q.mu.Lock()
		q.told = target
		q.mu.Unlock()
		s.log("messages of queue " + q.name + " were received too often and stay there: there is no dead-letter queue " + target)
		return nil
	}
	for _, m := range dead {
		q.mu.Lock()
		claimed := q.byID[m.ID] == m
		q.remove(m.ID)
		q.mu.Unlock()
		if !claimed {
			continue // another receiver moves it
		}
		if problem := grave.accept(s.now(), m, q.arn); problem != nil {
			return problem
		}
		q.mu.Lock()
		problem := q.write(record{Deleted: []string{m.ID}})
		q.mu.Unlock()
		if problem != nil {
			return problem
		}
	}
	return nil
}

// delete deletes the message of a receipt. A receipt that is not the last one deletes nothing, and
// that is no error (SQS API Reference, "DeleteMessage").
func (q *queue) delete(handle string) *gate.Error {
	id, nonce, ok := parseHandle(handle)
	if !ok {
		return fail("ReceiptHandleIsInvalid", "The input receipt handle \"%s\" is not a valid receipt handle.", handle)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.byID[id]
	if m == nil || m.Nonce != nonce {
		return nil
	}
	q.remove(id)
	if q.fifo() {
		q.wake() // the next of the group
	}
	return q.write(record{Deleted: []string{id}})
}

// setVisibility changes until when a message in flight is hidden, at most twelve hours after it was received.
func (q *queue) setVisibility(now time.Time, handle string, seconds int) *gate.Error {
	id, nonce, ok := parseHandle(handle)
	switch {
	case !ok:
		return fail("ReceiptHandleIsInvalid", "The input receipt handle \"%s\" is not a valid receipt handle.", handle)
	case seconds < 0 || seconds > numbers[attrVisibility].most:
		return fail("InvalidParameterValue", "Value %d for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", seconds)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.byID[id]
	switch {
	case m == nil || m.Nonce != nonce:
		return fail("InvalidParameterValue", "Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", handle)
	case m.Visible <= millis(now):
		return fail("MessageNotInflight", "The message referred to is not in flight.")
	}
	until := now.Add(time.Duration(seconds) * time.Second)
	if until.After(fromMillis(m.Received).Add(maxVisibility)) {
		return fail("InvalidParameterValue", "Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].", seconds)
	}
	m.Visible = millis(until)
	q.wake()
	return q.write(record{Received: []receipt{m.receipt()}})
}
