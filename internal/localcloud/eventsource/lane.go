package eventsource

import (
	"context"
	"time"
)

// maxPayload of an invocation, in bytes (Lambda Developer Guide, "Lambda quotas": 6 MB). A record
// that alone is larger is sent alone.
const maxPayload = 6 << 20

// lane works on the records of some items of a shard, one batch after the other.
type lane struct {
	s    *shard
	wake chan struct{}

	// queue and since, when its first record came, are under s.mu.
	queue []*record
	since time.Time
}

// push adds a record; s.mu is held.
func (l *lane) push(r *record) {
	if len(l.queue) == 0 {
		l.since = time.Now()
	}
	l.queue = append(l.queue, r)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *lane) run(ctx context.Context) {
	for {
		batch := l.collect(ctx)
		if batch == nil {
			return
		}
		l.work(ctx, batch)
	}
}

// collect waits for a batch that is full, as large as a payload may be, or whose window is over;
// nil when the mapping is stopped (Lambda Developer Guide, "Batching behavior").
func (l *lane) collect(ctx context.Context) []*record {
	window := l.s.m.settings.window
	for ctx.Err() == nil {
		l.s.mu.Lock()
		n, full := fit(l.queue, l.s.m.settings.batchSize)
		left := window - time.Since(l.since)
		if n > 0 && (full || left <= 0) {
			batch := l.queue[:n:n]
			if l.queue = l.queue[n:]; len(l.queue) == 0 {
				l.queue = nil
			}
			l.since = time.Now()
			l.s.mu.Unlock()
			return batch
		}
		l.s.mu.Unlock()
		if n == 0 {
			select {
			case <-l.wake:
			case <-ctx.Done():
			}
			continue
		}
		timer := time.NewTimer(left)
		select {
		case <-l.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

// fit is how many records of a queue go into one batch, and whether no more do.
func fit(queue []*record, most int) (n int, full bool) {
	size := len(payloadHead) + len(payloadTail)
	for n < len(queue) && n < most {
		size += len(queue[n].event) + 1
		if n > 0 && size > maxPayload {
			return n, true
		}
		n++
	}
	return n, n == most
}
