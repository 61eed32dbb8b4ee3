package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// ring remembers the latest values.
type ring[T any] struct {
	mu     sync.Mutex
	values []T
	size   int
	// added counts all values that ever were.
	added   uint64
	changed chan struct{}
}

func newRing[T any](size int) *ring[T] {
	return &ring[T]{size: size, changed: make(chan struct{})}
}

func (r *ring[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.values) < r.size {
		r.values = append(r.values, v)
	} else {
		r.values[int(r.added)%r.size] = v
	}
	r.added++
	close(r.changed)
	r.changed = make(chan struct{})
}

// all are the remembered values, the oldest first.
func (r *ring[T]) all() []T {
	values, _, _ := r.since(0)
	return values
}

// since are the values after the first n that ever were, how many there are now, and what is closed
// when there are more.
func (r *ring[T]) since(n uint64) (values []T, now uint64, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := r.added - uint64(len(r.values))
	if n > r.added {
		n = oldest // the page is of an earlier run
	}
	values = []T{}
	for i := max(n, oldest); i < r.added; i++ {
		values = append(values, r.values[int(i)%r.size])
	}
	return values, r.added, r.changed
}

const (
	// batch is how long events are collected before they are sent.
	batch = 100 * time.Millisecond
	// statusInterval is how often the status is sent.
	statusInterval = 2 * time.Second
)

// events sends requests, denials and the status as they change (HTML Standard, "Server-sent events").
func (c *Console) events(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "this connection cannot stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(name string, v any) {
		data, err := json.Marshal(v)
		if err == nil {
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
		}
	}
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	var requests, denials uint64
	status := true
	for {
		newRequests, countRequests, moreRequests := c.requests.since(requests)
		newDenials, countDenials, moreDenials := c.denials.since(denials)
		requests, denials = countRequests, countDenials
		if len(newRequests) > 0 {
			send("requests", newRequests)
		}
		if len(newDenials) > 0 {
			send("denials", newDenials)
		}
		if status {
			send("status", c.source.Status())
		}
		flusher.Flush()
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			status = true
			continue
		case <-moreRequests:
		case <-moreDenials:
		}
		status = false
		select {
		case <-r.Context().Done():
			return
		case <-time.After(batch):
		}
	}
}
